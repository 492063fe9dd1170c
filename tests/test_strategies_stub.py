"""A stubbed client: drawn answers reach the caller as boto3 would hand them over, and only within the block."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.stub import Stubber
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from validator import strategies, validate
from validator.instances import from_boto3

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
ARN = "arn:aws:personalize:eu-west-1:123456789012:dataset-import-job/films"
quick = settings(max_examples=25, database=None, deadline=None, derandomize=True, phases=[Phase.generate, Phase.shrink])


def client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


PERSONALIZE, S3, DYNAMODB = client("personalize"), client("s3"), client("dynamodb")
KINESIS, IAM, BEDROCK = client("kinesis"), client("iam"), client("bedrock-runtime")


@quick
@given(st.data())
def test_answers_are_what_botocore_s_own_stubber_would_accept(data: st.DataObject) -> None:
    with strategies.stub(PERSONALIZE, data) as calls:
        answer = PERSONALIZE.describe_dataset_import_job(datasetImportJobArn=ARN)
    assert calls[0].operation == "DescribeDatasetImportJob"
    assert calls[0].params == {"datasetImportJobArn": ARN}
    # botocore's Stubber checks a response against the service model with botocore's own validator.
    with Stubber(PERSONALIZE) as stubber:
        stubber.add_response("describe_dataset_import_job", answer)
    operation = validate.load("personalize").operation("DescribeDatasetImportJob")
    assert not list(operation.iter_violations(from_boto3(operation, answer, "response"), "response"))
    job = answer.get("datasetImportJob", {})
    assert job.get("datasetImportJobArn", ARN) == ARN, "the ARN asked for comes back"
    for name in ("creationDateTime", "lastUpdatedDateTime"):
        assert isinstance(job.get(name, datetime.datetime.now()), datetime.datetime)


@quick
@given(st.data())
def test_pages_end_and_hold_what_was_asked_for(data: st.DataObject) -> None:
    with strategies.stub(PERSONALIZE, data, tomorrow=True) as calls:
        pages = list(PERSONALIZE.get_paginator("list_dataset_import_jobs").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) == len(calls) <= 3
    assert all(len(page.get("datasetImportJobs", [])) <= 2 for page in pages)
    tokens = [call.response["nextToken"] for call in calls if "nextToken" in call.response]
    assert len(set(tokens)) == len(tokens) == len(pages) - 1


@quick
@given(st.data())
def test_unknown_members_never_reach_the_caller(data: st.DataObject) -> None:
    with strategies.stub(DYNAMODB, data, tomorrow=True):
        answer = DYNAMODB.get_item(TableName="films", Key={"id": {"S": "1"}})
    assert answer.keys() <= {"Item", "ConsumedCapacity", "ResponseMetadata"}


@quick
@given(st.data())
def test_streams_can_be_read(data: st.DataObject) -> None:
    with strategies.stub(S3, data):
        answer = S3.get_object(Bucket="films", Key="a")
    assert isinstance(answer["Body"].read() if "Body" in answer else b"", bytes)


def test_errors_are_the_declared_ones_and_are_raised_as_such() -> None:
    raised = set()

    @settings(quick, max_examples=80)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        told: botocore.exceptions.ClientError | None = None
        with strategies.stub(PERSONALIZE, data, errors=True) as calls:
            try:
                PERSONALIZE.create_dataset_import_job(
                    jobName="a",
                    datasetArn=ARN,
                    dataSource={"dataLocation": "s3://a"},
                    roleArn="arn:aws:iam::123456789012:role/a",
                )
            except botocore.exceptions.ClientError as error:
                told = error
        drawn = calls[-1].error
        assert (told is None) == (drawn is None)
        if told is not None and drawn is not None:
            assert type(told) is getattr(PERSONALIZE.exceptions, drawn.code)
            assert told.response["Error"] == {"Code": drawn.code, "Message": drawn.message}
            raised.add(drawn.code)

    draw()
    declared = validate.load("personalize").operation("CreateDatasetImportJob").errors
    assert raised == set(declared)


def test_nothing_stays_behind_and_parameters_are_checked() -> None:
    @quick
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        with pytest.raises(botocore.exceptions.ParamValidationError), strategies.stub(PERSONALIZE, data) as calls:
            PERSONALIZE.describe_dataset_import_job(datasetImportJobArn=1)
        assert calls == []

    draw()
    with Stubber(PERSONALIZE) as stubber:
        stubber.add_response("list_dataset_import_jobs", {"datasetImportJobs": [{"jobName": "kept"}]})
        assert PERSONALIZE.list_dataset_import_jobs()["datasetImportJobs"] == [{"jobName": "kept"}]


def test_the_example_of_the_documentation_finds_its_bugs(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(EXAMPLES),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


@quick
@given(st.data())
def test_what_says_whether_there_is_more_agrees_with_the_tokens(data: st.DataObject) -> None:
    with strategies.stub(KINESIS, data, tomorrow=True) as calls:
        pages = list(KINESIS.get_paginator("list_streams").paginate())
    assert len(pages) == len(calls) <= 3
    assert [page["HasMoreStreams"] for page in pages] == ["NextToken" in page for page in pages]
    assert not pages[-1]["HasMoreStreams"]


@quick
@given(st.data())
def test_a_page_whose_token_is_no_text_is_the_last(data: st.DataObject) -> None:
    with strategies.stub(DYNAMODB, data) as calls:
        pages = list(DYNAMODB.get_paginator("scan").paginate(TableName="films"))
    assert len(pages) == len(calls) == 1


@quick
@given(st.data())
def test_calls_without_an_answer_are_answered(data: st.DataObject) -> None:
    with strategies.stub(IAM, data) as calls:
        assert IAM.delete_user(UserName="bob").keys() == {"ResponseMetadata"}
    assert [call.operation for call in calls] == ["DeleteUser"]


def test_variants_that_nobody_knows_are_named_as_botocore_names_them() -> None:
    seen = set()

    @settings(quick, max_examples=100)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        with strategies.stub(BEDROCK, data, tomorrow=True):
            answer = BEDROCK.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "a"}]}])
        output = answer["output"]
        assert len(output) == 1
        seen.update(output)
        if "SDK_UNKNOWN_MEMBER" in output:
            assert output["SDK_UNKNOWN_MEMBER"]["name"] in ("newMember", "futureSetting", "x")

    draw()
    assert seen == {"message", "SDK_UNKNOWN_MEMBER"}


def test_what_declares_no_error_may_be_throttled() -> None:
    codes = set()

    @quick
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        with strategies.stub(S3, data, errors=True):
            try:
                S3.list_buckets()
            except botocore.exceptions.ClientError as error:
                codes.add((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]))

    draw()
    assert codes == {("ThrottlingException", 400)}
