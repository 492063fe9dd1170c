"""Small histories for the checks: one that only the named check catches, and one like it that nothing is wrong with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from validator.exchange import ErrorReply, Exchange

ACCOUNT, REGION = "123456789012", "us-east-1"
JOBS = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset-import-job"
DATA = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset/group/ITEMS"
GROUP = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset-group"
FORECAST = f"arn:aws:forecast:{REGION}:{ACCOUNT}"


@dataclass(frozen=True)
class Case:
    """A check, a history that breaks what it demands, and one that keeps it."""

    check: str
    wrong: tuple[Exchange, ...]
    right: tuple[Exchange, ...]
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.check} {self.note}".strip()


def call(
    operation: str,
    request: Any = None,
    response: Any = None,
    *,
    service: str = "personalize",
    status: int | None = None,
    at: float | None = None,
    account: str = ACCOUNT,
    region: str = REGION,
    phase: str | None = "test",
) -> Exchange:
    return Exchange(
        service,
        operation,
        request or {},
        {} if response is None else response,
        None,
        status or 200,
        at,
        phase=phase,
        account=account,
        region=region,
    )


def refused(
    operation: str,
    request: Any,
    code: str,
    message: str = "No.",
    *,
    service: str = "personalize",
    status: int = 400,
    body: Any = None,
    account: str = ACCOUNT,
    region: str = REGION,
) -> Exchange:
    error = ErrorReply(code, message, body)
    return Exchange(service, operation, request, None, error, status, phase="test", account=account, region=region)


def job(
    name: str = "a", status: str = "CREATE PENDING", *, made: float = 10.0, changed: float = 10.0, **more: Any
) -> dict[str, Any]:
    found = {
        "jobName": name,
        "datasetImportJobArn": f"{JOBS}/{name}",
        "status": status,
        "creationDateTime": made,
        "lastUpdatedDateTime": changed,
        "importMode": "FULL",
        **more,
    }
    return {key: value for key, value in found.items() if value is not None}


def create(name: str = "a", dataset: str = DATA, **more: Any) -> Exchange:
    request = {"jobName": name, "datasetArn": dataset, "dataSource": {"dataLocation": "s3://bucket/a.csv"}, **more}
    return call("CreateDatasetImportJob", request, {"datasetImportJobArn": f"{JOBS}/{name}"})


def describe(name: str = "a", status: str = "CREATE PENDING", **more: Any) -> Exchange:
    scope = {key: more.pop(key) for key in ("account", "region") if key in more}
    shown = {"datasetImportJob": job(name, status, **more)}
    return call("DescribeDatasetImportJob", {"datasetImportJobArn": f"{JOBS}/{name}"}, shown, **scope)


def listed(*names: str, token: str | None = None, request: Any = None, **scope: Any) -> Exchange:
    page: dict[str, Any] = {"datasetImportJobs": [job(name) for name in names]}
    if token:
        page["nextToken"] = token
    return call("ListDatasetImportJobs", request or {}, page, **scope)


def group(name: str, status: str = "ACTIVE") -> Exchange:
    shown = {
        "name": name,
        "datasetGroupArn": f"{GROUP}/{name}",
        "status": status,
        "creationDateTime": 1.0,
        "lastUpdatedDateTime": 2.0,
    }
    return call("DescribeDatasetGroup", {"datasetGroupArn": f"{GROUP}/{name}"}, {"datasetGroup": shown})


def make_group(name: str) -> Exchange:
    return call("CreateDatasetGroup", {"name": name}, {"datasetGroupArn": f"{GROUP}/{name}"})


def drop_group(name: str) -> Exchange:
    return call("DeleteDatasetGroup", {"datasetGroupArn": f"{GROUP}/{name}"})


def no_group(name: str) -> Exchange:
    return refused("DescribeDatasetGroup", {"datasetGroupArn": f"{GROUP}/{name}"}, "ResourceNotFoundException")


def made_group(name: str) -> Exchange:
    return call("CreateDatasetGroup", {"name": name}, {"datasetGroupArn": f"{GROUP}/{name}"})


def dataset_arn(group: str) -> str:
    return DATA.replace("/group/", f"/{group}/")


def dataset_on(group: str = "group") -> Exchange:
    schema = f"arn:aws:personalize:{REGION}:{ACCOUNT}:schema/s"
    request = {"name": "d", "datasetGroupArn": f"{GROUP}/{group}", "datasetType": "ITEMS", "schemaArn": schema}
    return call("CreateDataset", request, {"datasetArn": dataset_arn(group)})


def drop_dataset(group: str = "group") -> Exchange:
    return call("DeleteDataset", {"datasetArn": dataset_arn(group)}, {})


def listed_groups(*names: str, token: str | None = None, after: str | None = None) -> Exchange:
    page: dict[str, Any] = {
        "datasetGroups": [{"datasetGroupArn": f"{GROUP}/{name}", "status": "DELETE PENDING"} for name in names]
    }
    request = {"maxResults": 1} if token or after else {}
    return call(
        "ListDatasetGroups",
        {**request, **({"nextToken": after} if after else {})},
        {**page, **({"nextToken": token} if token else {})},
    )


def empty_pages(count: int) -> tuple[Exchange, ...]:
    requests = ({"maxResults": 1, **({"nextToken": f"t{at}"} if at else {})} for at in range(count))
    return tuple(listed(request=request, token=f"t{at}") for at, request in enumerate(requests, 1))


def dataset(group_name: str, kind: str = "ITEMS") -> dict[str, str]:
    schema = f"arn:aws:personalize:{REGION}:{ACCOUNT}:schema/s"
    return {"name": "n", "schemaArn": schema, "datasetGroupArn": f"{GROUP}/{group_name}", "datasetType": kind}


def made_dataset(group_name: str) -> Exchange:
    return call("CreateDataset", dataset(group_name), {"datasetArn": DATA})


def queues(*urls: str, token: str | None = None, after: str | None = None) -> Exchange:
    request = {"MaxResults": 2, **({"NextToken": after} if after else {})}
    page = {"QueueUrls": [f"https://sqs/{url}" for url in urls], **({"NextToken": token} if token else {})}
    return call("ListQueues", request, page, service="sqs")


def elsewhere(exchange: Exchange) -> Exchange:
    return dataclasses.replace(exchange, account="210987654321")


PAGED = {"maxResults": 1}
TAGGED = {"resourceArn": f"{JOBS}/a"}
_LIST = "ListDatasetImportJobs"
_GHOST = f"{JOBS}/never-created"

CASES: tuple[Case, ...] = (
    Case(
        "request_conformance",
        (call(_LIST, {"maxResults": 101}, status=200, phase=None),),
        (listed(request={"maxResults": 100}),),
        "and invalid_rejected, since it was accepted",
    ),
    Case("response_conformance", (call(_LIST, {}, {"datasetImportJobs": "none"}),), (listed(),)),
    Case(
        "error_conformance",
        (refused(_LIST, {"nextToken": "x"}, "InvalidNextTokenException", body={"message": 5}),),
        (refused(_LIST, {"nextToken": "x"}, "InvalidNextTokenException", body={"message": "No."}),),
    ),
    Case(
        "error_declared",
        (refused(_LIST, {"nextToken": "x"}, "BadTokenException"),),
        (refused(_LIST, {"nextToken": "x"}, "ThrottlingException"),),
    ),
    Case(
        "error_status",
        (refused(_LIST, {"nextToken": "x"}, "InvalidNextTokenException", status=302),),
        (refused(_LIST, {"nextToken": "x"}, "InvalidNextTokenException"),),
    ),
    Case(
        "no_server_error",
        (refused(_LIST, {}, "InternalFailure", status=500),),
        (refused(_LIST, {}, "ServiceUnavailable", status=503),),
    ),
    Case(
        "valid_accepted",
        (refused(_LIST, {"maxResults": 100}, "ValidationException"),),
        (refused(_LIST, {"maxResults": 101}, "ValidationException"),),
    ),
    Case(
        "valid_accepted",
        (refused(_LIST, {"maxResults": 100}, "InvalidInputException"),),
        (refused(_LIST, {"nextToken": "x"}, "InvalidInputException"),),
        "a plain list",
    ),
    Case(
        "valid_accepted",
        (
            refused(
                "DescribeDatasetImportJob",
                {"datasetImportJobArn": _GHOST.replace("never", "ever")},
                "InvalidInputException",
                "1 validation error detected: Value 'x' at 'datasetImportJobArn' failed to satisfy constraint: "
                "Member must have length less than or equal to 9",
            ),
        ),
        (refused("DescribeDatasetImportJob", {"datasetImportJobArn": _GHOST}, "ResourceNotFoundException"),),
        "by its message",
    ),
    Case(
        "invalid_rejected",
        (call(_LIST, {"maxResults": 0}),),
        (refused(_LIST, {"maxResults": 0}, "ValidationException"),),
    ),
    Case(
        "invalid_rejected",
        (call(_LIST, {"maxResults": "1"}),),
        (call(_LIST, {"maxResults": None, "unknown": 1}),),
        "nulls and unknown members may pass",
    ),
    Case(
        "no_effect_after_rejection",
        (refused("CreateDatasetImportJob", {"jobName": "a"}, "ValidationException"), listed("a")),
        (refused("CreateDatasetImportJob", {"jobName": "b"}, "ValidationException"), listed("a")),
    ),
    Case(
        "no_effect_after_rejection",
        (
            group("g"),
            refused("DeleteDatasetGroup", {"datasetGroupArn": f"{GROUP}/g"}, "ResourceInUseException"),
            no_group("g"),
        ),
        (
            group("g"),
            refused("DeleteDatasetGroup", {"datasetGroupArn": f"{GROUP}/g"}, "ResourceInUseException"),
            group("g"),
        ),
        "of a delete",
    ),
    Case("page_size", (listed("a", "b", request=PAGED),), (listed("a", request=PAGED, token="t"),)),
    Case(
        "page_progress",
        (listed("a", request=PAGED, token="t"), listed("b", request={**PAGED, "nextToken": "t"}, token="t")),
        (
            listed("a", request=PAGED, token="t"),
            listed(request={**PAGED, "nextToken": "t"}, token="u"),
            listed("b", request={**PAGED, "nextToken": "u"}),
        ),
    ),
    Case(
        "page_disjoint",
        (listed("a", request=PAGED, token="t"), listed("a", request={**PAGED, "nextToken": "t"})),
        (listed("a", request=PAGED, token="t"), listed("b", request={**PAGED, "nextToken": "t"})),
    ),
    Case(
        "page_complete",
        (listed("a", "b"), listed("a", request=PAGED, token="t"), listed(request={**PAGED, "nextToken": "t"})),
        (listed("a", "b"), listed("b", request=PAGED, token="t"), listed("a", request={**PAGED, "nextToken": "t"})),
    ),
    Case(
        "page_complete",
        (listed_groups("g", "h"), listed_groups("g", token="t"), listed_groups(after="t")),
        (group("h"), drop_group("h"), listed_groups("g", "h"), listed_groups("g", token="t"), listed_groups(after="t")),
        "what is being deleted may go",
    ),
    Case(
        "token_rejected",
        (call(_LIST, {"nextToken": "forged"}),),
        (refused(_LIST, {"nextToken": "forged"}, "InvalidNextTokenException"),),
    ),
    Case(
        "token_rejected",
        (listed("a", request=PAGED, token="t"), listed("b", request={"nextToken": "t", "datasetArn": DATA})),
        (
            listed("a", request={"datasetArn": DATA}, token="t"),
            listed("b", request={"nextToken": "t", "datasetArn": DATA}),
        ),
        "of another filter",
    ),
    Case(
        "token_rejected",
        (
            listed("a", request=PAGED, token="t"),
            call(_LIST, {"nextToken": "t"}, {"datasetImportJobs": []}, account="210987654321"),
        ),
        (listed("a", request=PAGED, token="t"), call(_LIST, {"nextToken": "t"}, {"datasetImportJobs": []})),
        "of another account",
    ),
    Case(
        "token_rejected",
        (
            call("ListDatasets", {"MaxResults": 1}, {"Datasets": [], "NextToken": "t"}, service="forecast", at=0.0),
            call("ListDatasets", {"NextToken": "t"}, {"Datasets": []}, service="forecast", at=90000.0),
        ),
        (
            call("ListDatasets", {"MaxResults": 1}, {"Datasets": [], "NextToken": "t"}, service="forecast", at=0.0),
            call("ListDatasets", {"NextToken": "t"}, {"Datasets": []}, service="forecast", at=80000.0),
        ),
        "expired",
    ),
    Case(
        "filter_holds",
        (create("a"), listed("a", request={"datasetArn": DATA + "x"})),
        (create("a"), listed("a", request={"datasetArn": DATA})),
    ),
    Case(
        "lifecycle",
        (describe(status="ACTIVE"), describe(status="CREATE IN_PROGRESS")),
        (describe(), describe(status="ACTIVE")),
    ),
    Case(
        "lifecycle",
        (describe(status="ACTIVE", failureReason="none"),),
        (describe(status="CREATE FAILED", failureReason="No data."),),
        "reason",
    ),
    Case("lifecycle", (group("g", "CREATE PENDING"), drop_group("g")), (group("g"), drop_group("g")), "delete"),
    Case(
        "lifecycle",
        (dataset_on(), create(), describe(status="CREATE PENDING"), drop_dataset()),
        (dataset_on(), create(), describe(status="CREATE IN_PROGRESS"), drop_dataset()),
        "deleted beneath a job",
    ),
    Case(
        "lifecycle",
        (made_group("g"), dataset_on("g"), drop_group("g")),
        (made_group("g"), dataset_on("g"), drop_dataset("g"), drop_group("g")),
        "deleted beneath a dataset",
    ),
    Case(
        "lifecycle",
        (dataset_on(), create(importMode="INCREMENTAL")),
        (dataset_on(), create("b"), create(importMode="INCREMENTAL")),
        "nothing before",
    ),
    Case(
        "lifecycle",
        (dataset_on(), create("b", f"{DATA}2"), create(importMode="INCREMENTAL")),
        (create("b", f"{DATA}2"), create(importMode="INCREMENTAL")),
        "nothing before on this dataset",
    ),
    Case("timestamps_ordered", (describe(made=10.0, changed=9.0),), (describe(made=10.0, changed=10.0),)),
    Case(
        "timestamps_ordered",
        (describe(made=10.0), describe(made=11.0, changed=12.0)),
        (describe(), describe(changed=12.0)),
        "creation moves",
    ),
    Case(
        "timestamps_ordered",
        (describe(changed=20.0), describe(changed=15.0)),
        (describe(changed=20.0), describe(changed=20.0)),
        "update goes back",
    ),
    Case(
        "describe_agrees",
        (create(roleArn="arn:aws:iam::123456789012:role/a"), describe(roleArn="arn:aws:iam::123456789012:role/b")),
        (create(roleArn="arn:aws:iam::123456789012:role/a"), describe(roleArn="arn:aws:iam::123456789012:role/a")),
    ),
    Case(
        "describe_agrees",
        (create(), describe(importMode="INCREMENTAL")),
        (create(), describe(importMode=None)),
        "default",
    ),
    Case("created_is_listed", (create("a"), create("b"), listed("b")), (create("a"), listed("a"), create("b"))),
    Case(
        "created_is_listed",
        (create("a"), listed(request={"datasetArn": DATA})),
        (create("a"), listed(request={"datasetArn": DATA + "x"})),
        "filtered",
    ),
    Case(
        "deleted_is_gone",
        (group("g"), drop_group("g"), group("g")),
        (group("g"), drop_group("g"), group("g", "DELETE PENDING"), no_group("g")),
    ),
    Case(
        "deleted_is_gone",
        (group("g"), drop_group("g"), no_group("g"), group("g", "DELETE PENDING")),
        (group("g"), drop_group("g"), no_group("g"), no_group("g")),
        "comes back",
    ),
    Case(
        "name_unique",
        (create("a"), call("CreateDatasetImportJob", create("a").request, {"datasetImportJobArn": f"{JOBS}/a-2"})),
        (create("a"), refused("CreateDatasetImportJob", create("a").request, "ResourceAlreadyExistsException")),
    ),
    Case(
        "name_unique",
        (
            make_group("g"),
            group("g"),
            drop_group("g"),
            no_group("g"),
            refused("CreateDatasetGroup", {"name": "g"}, "ResourceAlreadyExistsException"),
        ),
        (
            make_group("g"),
            group("g"),
            drop_group("g"),
            refused("CreateDatasetGroup", {"name": "g"}, "ResourceAlreadyExistsException"),
        ),
        "not free again",
    ),
    Case(
        "missing_is_not_found",
        (call("ListTagsForResource", {"resourceArn": _GHOST}, {"tags": []}),),
        (refused("ListTagsForResource", {"resourceArn": _GHOST}, "ResourceNotFoundException"),),
    ),
    Case(
        "missing_is_not_found",
        (refused("DescribeDatasetImportJob", {"datasetImportJobArn": _GHOST}, "InvalidInputException"),),
        (refused("DescribeDatasetImportJob", {"datasetImportJobArn": _GHOST}, "ResourceNotFoundException"),),
        "another error",
    ),
    Case(
        "closure",
        (
            create("a"),
            refused("DescribeDatasetImportJob", {"datasetImportJobArn": f"{JOBS}/a"}, "ResourceNotFoundException"),
        ),
        (
            create("a"),
            refused("DescribeDatasetImportJob", {"datasetImportJobArn": f"{JOBS}/b"}, "ResourceNotFoundException"),
        ),
    ),
    Case(
        "closure",
        (
            listed("a", request=PAGED, token="t"),
            refused(_LIST, {**PAGED, "nextToken": "t"}, "InvalidNextTokenException"),
        ),
        (
            listed("a", request=PAGED, token="t"),
            refused(_LIST, {**PAGED, "nextToken": "u"}, "InvalidNextTokenException"),
        ),
        "token",
    ),
    Case(
        "account_isolated",
        (create("a"), listed("a", account="210987654321")),
        (create("a"), listed("a"), listed(account="210987654321")),
    ),
    Case(
        "account_isolated",
        (make_group("g"), elsewhere(drop_group("g")), no_group("g")),
        (make_group("g"), elsewhere(drop_group("g")), group("g")),
        "deleted",
    ),
    Case("account_isolated", (create("a"), describe("a", region="eu-west-1")), (create("a"), describe("a")), "region"),
    Case("quota_holds", (listed(*"abcdef"),), (listed(*"abcde"),)),
    Case(
        "tags_agree",
        (
            call("TagResource", {**TAGGED, "tags": [{"tagKey": "a", "tagValue": "1"}]}),
            call("ListTagsForResource", TAGGED, {"tags": []}),
        ),
        (
            call("TagResource", {**TAGGED, "tags": [{"tagKey": "a", "tagValue": "1"}]}),
            call("ListTagsForResource", TAGGED, {"tags": [{"tagKey": "a", "tagValue": "1"}]}),
        ),
    ),
    Case(
        "tags_agree",
        (
            call("UntagResource", {**TAGGED, "tagKeys": ["a"]}),
            call("ListTagsForResource", TAGGED, {"tags": [{"tagKey": "a", "tagValue": "1"}]}),
        ),
        (call("UntagResource", {**TAGGED, "tagKeys": ["a"]}), call("ListTagsForResource", TAGGED, {"tags": []})),
        "removed",
    ),
    Case(
        "tags_agree",
        (
            call("TagResource", {"resourceArn": "a", "tags": {"k": "1"}}, service="batch"),
            call("ListTagsForResource", {"resourceArn": "a"}, {"tags": {"k": "2"}}, service="batch"),
        ),
        (
            call("TagResource", {"resourceArn": "a", "tags": {"k": "1"}}, service="batch"),
            call("ListTagsForResource", {"resourceArn": "a"}, {"tags": {"k": "1", "l": "2"}}, service="batch"),
        ),
        "by key",
    ),
    Case(
        "deleted_is_gone",
        (group("g"), drop_group("g"), *[group("g", "DELETE IN_PROGRESS")] * 21),
        (group("g"), drop_group("g"), *[group("g", "DELETE IN_PROGRESS")] * 20, no_group("g")),
        "never gone",
    ),
    Case(
        "name_unique",
        (made_dataset("g"), refused("CreateDataset", dataset("h"), "ResourceAlreadyExistsException")),
        (made_dataset("g"), refused("CreateDataset", dataset("g", "items"), "ResourceAlreadyExistsException")),
        "of another scope",
    ),
    Case(
        "page_disjoint",
        (queues("a", "b", token="t"), queues("b", after="t")),
        (queues("a", "b", token="t"), queues("c", after="t")),
        "of plain texts",
    ),
    Case(
        "page_progress",
        empty_pages(51),
        (*empty_pages(50), listed("a", request={**PAGED, "nextToken": "t50"})),
        "only empty pages",
    ),
)
