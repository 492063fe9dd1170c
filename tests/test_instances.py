"""Every form an instance comes in, brought to the canonical one and back, with botocore as the oracle."""

from __future__ import annotations

import base64
import datetime
import decimal
import email.utils
import io
import json
import random

import botocore.serialize
import pytest
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st

from validator import instances, sources, times
from validator.validate import is_valid, load

UTC = datetime.timezone.utc
NOON = datetime.datetime(2026, 1, 5, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())


def operation_of(name):
    service, _, operation = name.partition(".")
    return load(service).operation(operation)


# Times --------------------------------------------------------------------------------------------------------------

TIMES = [
    (NOON, EPOCH),
    (NOON.replace(tzinfo=None), EPOCH),
    (NOON.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30))), EPOCH),
    (NOON.replace(microsecond=250_000), EPOCH + 0.25),
    (datetime.date(2026, 1, 5), EPOCH - 12 * 3600),
    ("2026-01-05T12:00:00Z", EPOCH),
    ("2026-01-05T12:00:00.250Z", EPOCH + 0.25),
    ("2026-01-05T13:00:00+01:00", EPOCH),
    ("2026-01-05T07:00:00-0500", EPOCH),
    ("2026-01-05 12:00", EPOCH),
    ("2026-01-05", EPOCH - 12 * 3600),
    ("Mon, 05 Jan 2026 12:00:00 GMT", EPOCH),
    ("1767614400", EPOCH),
    ("1767614400.25", EPOCH + 0.25),
    (EPOCH, EPOCH),
    (EPOCH + 0.5, EPOCH + 0.5),
    ("1969-12-31T23:59:59Z", -1),
]


@pytest.mark.parametrize(("spelled", "epoch"), TIMES)
def test_times(spelled, epoch):
    assert times.to_epoch(spelled) == epoch
    assert isinstance(times.to_epoch(spelled), type(epoch))


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "",
        "2026-13-01",
        "2026-01-05T25:00:00Z",
        "nan",
        "inf",
        None,
        True,
        [],
        {},
        b"x",
        "9" * 100,
        "2026-01-05T12:00:00Zx",
    ],
)
def test_what_is_no_time_stays_as_it_is(value):
    assert times.to_epoch(value) is value


@given(st.datetimes(min_value=datetime.datetime(1, 1, 2), max_value=datetime.datetime(9999, 12, 30)))
def test_every_datetime_goes_to_epoch_and_back(stamp):
    stamp = stamp.replace(tzinfo=UTC, microsecond=stamp.microsecond // 1000 * 1000)
    assert abs(times.to_datetime(times.to_epoch(stamp)) - stamp) < datetime.timedelta(milliseconds=1)
    assert times.to_epoch(stamp.isoformat()) == pytest.approx(stamp.timestamp(), abs=1e-4)
    if stamp.year > 1900:
        whole = stamp.replace(microsecond=0)
        assert times.to_epoch(email.utils.format_datetime(whole)) == times.to_epoch(whole)


@pytest.mark.parametrize("form", ["unixTimestamp", "iso8601", "rfc822"])
def test_times_are_spelled_as_they_are_read(form):
    assert times.to_epoch(times.spell(EPOCH, form)) == EPOCH


# boto3 --------------------------------------------------------------------------------------------------------------


def test_a_plain_request_is_handed_back_itself():
    operation = operation_of("personalize.CreateDatasetImportJob")
    params = {"jobName": "x", "dataSource": {"dataLocation": "s3://b"}, "tags": []}
    assert instances.from_boto3(operation, params) is params
    assert instances.stand_in_of(operation) is None


def test_only_what_changes_is_copied():
    operation = operation_of("dynamodb.PutItem")
    same, other = {"S": "x"}, {"B": b"x"}
    params = {"TableName": "t", "Item": {"a": same, "b": other}, "Expected": {}}
    found = instances.from_boto3(operation, params)
    assert found == {"TableName": "t", "Item": {"a": {"S": "x"}, "b": {"B": "eA=="}}, "Expected": {}}
    assert found["Item"]["a"] is same
    assert found["Expected"] is params["Expected"]
    assert other == {"B": b"x"}
    untouched = {"TableName": "t", "Item": {"a": same}}
    assert instances.from_boto3(operation, untouched) is untouched


class Binary:
    """As boto3's DynamoDB resource wraps bytes."""

    def __init__(self, value):
        self.value = value


class NeverRead(io.RawIOBase):
    def read(self, *_):
        raise AssertionError("a stream was read")

    readinto = readall = read


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"abc", "YWJj"),
        (bytearray(b"abc"), "YWJj"),
        (memoryview(b"abc"), "YWJj"),
        (Binary(b"abc"), "YWJj"),
        ("abc", "YWJj"),
        (b"", ""),
        (5, 5),
        (None, None),
        (["x"], ["x"]),
    ],
)
def test_blobs_of_requests(value, expected):
    operation = operation_of("kms.Encrypt")
    assert instances.from_boto3(operation, {"Plaintext": value})["Plaintext"] == expected


def test_a_text_in_a_response_is_base64_already():
    operation = operation_of("kms.Decrypt")
    assert instances.from_boto3(operation, {"Plaintext": "YWJj"}, "response") == {"Plaintext": "YWJj"}
    assert instances.from_boto3(operation, {"Plaintext": b"abc"}, "response") == {"Plaintext": "YWJj"}


@pytest.mark.parametrize("name", ["s3.PutObject", "lambda.Invoke"])
def test_streams_are_never_read(name):
    operation = operation_of(name)
    member = "Body" if name.startswith("s3") else "Payload"
    base = {"Bucket": "b", "Key": "k"} if name.startswith("s3") else {"FunctionName": "f"}
    found = instances.from_boto3(operation, {**base, member: NeverRead()})
    assert found == {**base, member: ""}
    assert is_valid(operation, found)


def test_a_response_loses_what_boto3_adds():
    operation = operation_of("personalize.DescribeDatasetImportJob")
    response = {"datasetImportJob": {"creationDateTime": NOON}, "ResponseMetadata": {"HTTPStatusCode": 200}}
    assert instances.from_boto3(operation, response, "response") == {"datasetImportJob": {"creationDateTime": EPOCH}}
    error = {"Error": {"Code": "ResourceNotFoundException", "Message": "m"}, "ResponseMetadata": {}, "message": "m"}
    code = "ResourceNotFoundException"
    assert instances.from_boto3(operation, error, "error", code) == {"message": "m"}
    head = {"ContentLength": 1, "ExpiresString": "0", "ResponseMetadata": {}}
    assert instances.from_boto3(operation_of("s3.HeadObject"), head, "response") == {"ContentLength": 1}
    assert instances.from_boto3(operation, {"ExpiresString": "0"}, "response") == {"ExpiresString": "0"}


def test_event_streams_are_left_alone():
    operation = operation_of("bedrock-runtime.ConverseStream")

    class Events:
        def __iter__(self):
            raise AssertionError("a stream was read")

    assert instances.from_boto3(operation, {"stream": Events()}, "response") == {"stream": []}


def test_tuples_decimals_and_mappings_pass():
    operation = operation_of("cloudwatch.PutMetricData")
    datum = {"MetricName": "m", "Timestamp": NOON, "Value": decimal.Decimal("1.5")}
    found = instances.from_boto3(operation, {"Namespace": "n", "MetricData": (datum,)})
    assert found["MetricData"][0]["Timestamp"] == EPOCH
    assert is_valid(operation, found)


def test_everything_drawn_goes_to_boto3_and_back():
    rng, changed = random.Random(8), 0
    for service in ("personalize", "dynamodb", "kms", "cloudwatch", "iam", "lambda", "iot", "kinesis", "sagemaker"):
        contract = load(service, origin="botocore")
        for _ in range(60):
            operation = contract.operation(rng.choice(contract.operations))
            direction = rng.choice(("request", "response"))
            if (shape := operation.shape(direction)) is None:
                continue
            instance = draw(rng, contract, shape, oddness=0)
            if '"x-aws-streaming"' in json.dumps([contract.define(name) for name in contract.closure(shape)]):
                continue
            params = instances.to_boto3(operation, instance, direction)
            back = instances.from_boto3(operation, params, direction)
            assert back == instance or not is_valid(operation, instance, direction), operation.name
            stand_in = instances.stand_in_of(operation, direction)
            if is_valid(operation, instance, direction) and stand_in is not None:
                changed += 1
                assert is_valid(operation, stand_in(params), direction)
    assert changed > 30


# The wire -----------------------------------------------------------------------------------------------------------


def _model(service):
    return ServiceModel(sources.installed().load(service).model, service)


def test_what_botocore_sends_is_read_back():
    rng, count = random.Random(2), 0
    for service in (
        "personalize",
        "dynamodb",
        "kms",
        "ecs",
        "glue",
        "iotwireless",
        "lambda",
        "chime-sdk-meetings",
        "mq",
    ):
        model, contract = _model(service), load(service, origin="botocore")
        serializer = botocore.serialize.create_serializer(model.metadata["protocol"], False)
        for _ in range(40):
            operation = contract.operation(rng.choice(contract.operations))
            if operation.input is None:
                continue
            instance = draw(rng, contract, operation.input, oddness=0)
            schema = contract.define(operation.input)
            payload = schema.get("x-aws-payload")
            if not is_valid(operation, instance) or (payload and payload not in instance):
                continue
            params = instances.to_boto3(operation, instance)
            try:
                body = serializer.serialize_to_request(params, model.operation_model(operation.name))["body"]
            except (botocore.exceptions.ParamValidationError, ValueError, OverflowError):
                continue
            if not body or not isinstance(body, (bytes, str)):
                continue
            try:
                parsed = json.loads(body)
            except ValueError:
                continue
            assert parsed == instances.to_wire(operation, instance, "request"), operation.name
            expected = {
                name: value
                for name, value in instance.items()
                if "x-aws-location" not in schema["properties"][name] and (not payload or name == payload)
            }
            assert instances.from_wire(operation, parsed, "request") == expected, operation.name
            count += 1
    assert count > 100


def test_what_botocore_parses_is_what_we_read():
    rng, count = random.Random(4), 0
    for service in ("personalize", "dynamodb", "kms", "ecs", "glue", "iotwireless", "mq", "chime-sdk-meetings"):
        model, contract = _model(service), load(service, origin="botocore")
        parser = create_parser(model.metadata["protocol"])
        for _ in range(40):
            operation = contract.operation(rng.choice(contract.operations))
            if operation.output is None:
                continue
            schema = contract.define(operation.output)
            instance = draw(rng, contract, operation.output, oddness=0)
            if "x-aws-payload" in schema or not is_valid(operation, instance, "response"):
                continue
            body = instances.to_wire(operation, instance, "response")
            # A service may say null for what is absent, and says its type in unions and errors.
            body = {**body, "__type": "x#Y"}
            raw = {"body": json.dumps(body).encode(), "headers": {}, "status_code": 200}
            parsed = parser.parse(raw, model.operation_model(operation.name).output_shape)
            located = {name for name, member in schema["properties"].items() if "x-aws-location" in member}
            ours = {
                name: value
                for name, value in instances.from_wire(operation, body, "response").items()
                if name not in located
            }
            theirs = {
                name: value
                for name, value in instances.from_boto3(operation, parsed, "response").items()
                if name not in located
            }
            assert ours == theirs, operation.name
            count += 1
    assert count > 100


def test_nulls_on_the_wire_are_absent_members():
    operation = operation_of("personalize.DescribeDatasetImportJob")
    body = {"datasetImportJob": {"jobName": None, "status": "ACTIVE", "dataSource": {"dataLocation": None}}}
    expected = {"datasetImportJob": {"status": "ACTIVE", "dataSource": {}}}
    assert instances.from_wire(operation, body, "response") == expected


def test_a_wire_body_that_is_canonical_is_handed_back_itself():
    operation = operation_of("personalize.ListDatasetImportJobs")
    body = {"datasetImportJobs": [{"creationDateTime": 5.5, "status": "ACTIVE"}]}
    assert instances.from_wire(operation, body, "response") is body


@pytest.mark.parametrize(
    "body", [{"__type": "x#ResourceNotFoundException", "message": "m"}, {"Message": "m", "code": "x"}, {"message": "m"}]
)
def test_error_bodies_as_services_spell_them(body):
    operation = operation_of("personalize.DescribeDatasetImportJob")
    assert instances.from_wire(operation, body, "error", "ResourceNotFoundException") == {"message": "m"}


@pytest.mark.parametrize(
    "body",
    [None, 5, "text", [1], {"datasetImportJobs": 5}, {"datasetImportJobs": [5, None]}, {"datasetImportJobs": {"a": 1}}],
)
def test_bodies_of_the_wrong_form_are_kept_to_be_judged(body):
    operation = operation_of("personalize.ListDatasetImportJobs")
    assert instances.from_wire(operation, body, "response") == body
    assert instances.from_boto3(operation, body, "response") == body
    assert instances.to_boto3(operation, body, "response") == body


# The AWS CLI --------------------------------------------------------------------------------------------------------


def test_cli_output():
    operation = operation_of("personalize.DescribeDatasetImportJob")
    output = {"datasetImportJob": {"jobName": "x", "creationDateTime": "2026-01-05T13:00:00+01:00"}}
    assert instances.from_cli(operation, output) == {"datasetImportJob": {"jobName": "x", "creationDateTime": EPOCH}}
    blob = base64.b64encode(b"abc").decode()
    assert instances.from_cli(operation_of("kms.Encrypt"), {"Plaintext": blob}, "request") == {"Plaintext": blob}


def test_cli_skeletons():
    operation = operation_of("cloudwatch.GetMetricStatistics")
    skeleton = {
        "Namespace": "",
        "MetricName": "",
        "Dimensions": [{"Name": "", "Value": ""}],
        "Period": 0,
        "StartTime": "1970-01-01T00:00:00",
        "EndTime": "1970-01-01T00:00:00",
        "Statistics": ["SampleCount"],
    }
    assert instances.from_cli(operation, skeleton, "request") == {**skeleton, "StartTime": 0, "EndTime": 0}
