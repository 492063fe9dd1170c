"""Which of a dataset's import jobs have failed: a small consumer of Amazon Personalize, with a bug and without."""


def failed_imports_first_try(client, dataset_arn):
    """Take every member for granted."""
    failed, token = [], None
    while True:
        page = client.list_dataset_import_jobs(datasetArn=dataset_arn, **({"nextToken": token} if token else {}))
        if not page["datasetImportJobs"]:
            return failed
        failed += [job for job in page["datasetImportJobs"] if job["status"] == "CREATE FAILED"]
        token = page.get("nextToken")
        if not token:
            return failed


def failed_imports_second_try(client, dataset_arn):
    """Stop at the first page without jobs."""
    failed, token = [], None
    while True:
        page = client.list_dataset_import_jobs(datasetArn=dataset_arn, **({"nextToken": token} if token else {}))
        if not page.get("datasetImportJobs"):
            return failed
        failed += [job for job in page["datasetImportJobs"] if job.get("status") == "CREATE FAILED"]
        token = page.get("nextToken")
        if not token:
            return failed


def failed_imports(client, dataset_arn):
    """Read on until there is no token."""
    failed, token = [], None
    while True:
        page = client.list_dataset_import_jobs(datasetArn=dataset_arn, **({"nextToken": token} if token else {}))
        failed += [job for job in page.get("datasetImportJobs", []) if job.get("status") == "CREATE FAILED"]
        token = page.get("nextToken")
        if not token:
            return failed
