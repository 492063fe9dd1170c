"""HTTP messages against botocore: what its serializers write is read back, what its parsers read is read alike."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from http_requests import full, model, serialized

from validator import instances, services
from validator.bodies import read_cbor
from validator.errors import UnusableInputError
from validator.reshape import to_epoch
from validator.routing import Candidate, bucket, hosted, route
from validator.validate import load
from validator.wire import parse_request, parse_response

# One or more services of each protocol; all 424 when `pytest -m slow`.
SAMPLE = [
    "personalize",
    "forecast",
    "sqs",
    "dynamodb",
    "iam",
    "sns",
    "cloudformation",
    "elbv2",
    "ec2",
    "s3",
    "s3control",
    "route53",
    "cloudfront",
    "lambda",
    "apigateway",
    "bedrock-runtime",
    "iot",
    "glacier",
    "cloudwatch",
    "arc-region-switch",
    "sdb",
]
# Two query lists in one structure have the same flattened name in the model, so what is written cannot be told apart.
SAME_NAME = {("s3", "PutBucketNotification")}
# What is asked of a host of its own, s3express-control, which the service's endpoint prefix does not tell.
OTHER_HOST = {("s3", "ListDirectoryBuckets")}
# The services that answer at one endpoint, with the same version and operations; nothing in a call tells them apart.
SAME_HOST = [
    {"docdb", "neptune", "rds"},
    {"greengrass", "greengrassv2"},
    {"lambda", "lambda-core", "lambda-microvms"},
    {"pinpoint-sms-voice", "sms-voice"},
    {"qconnect", "wisdom"},
]


def round_trip(service: str, protocol: str | None = None) -> list[str]:
    contract, known = load(service), services.known()[service]
    faults = []
    for name in contract.operations:
        operation = contract.operation(name)
        params = full(operation) or {}
        canonical = instances.from_boto3(operation, params)
        host = f"{known.endpoint_prefix}.us-east-1.amazonaws.com"
        method, url, headers, body = serialized(operation, params, host, protocol)
        found = parse_request(operation, method, url, headers, body)
        # A streaming body that was not sent, or an empty payload, reads as an empty one.
        found = {member: value for member, value in found.items() if member in canonical or value not in ("", {})}
        if found != canonical and (service, name) not in SAME_NAME:
            faults.append(f"{service}.{name}: {json.dumps(canonical)[:300]} read back as {json.dumps(found)[:300]}")
        routed = {(each.service, each.operation) for each in route(method, url, headers, body)}
        alike = next((group for group in SAME_HOST if service in group), {service})
        if (
            (service, name) not in OTHER_HOST
            and not operation.deprecated
            and not ((service, name) in routed and {each for each, _ in routed} <= alike)
        ):
            faults.append(f"{service}.{name} is taken for {sorted(routed)}")
    return faults


@pytest.mark.parametrize("service", SAMPLE)
def test_requests_as_botocore_writes_them(service: str) -> None:
    assert round_trip(service) == []


@pytest.mark.parametrize(
    ("service", "protocol"),
    [(name, protocol) for name in ("cloudwatch", "snowball") for protocol in services.known()[name].protocols],
)
def test_requests_in_every_protocol_that_a_service_speaks(service: str, protocol: str) -> None:
    assert round_trip(service, protocol) == []


@pytest.mark.slow
@pytest.mark.parametrize("service", sorted(services.known()))
def test_requests_of_every_service(service: str) -> None:
    assert round_trip(service) == []


ANSWERS: list[tuple[str, str, int, dict[str, str], bytes]] = [
    (
        "personalize",
        "ListDatasetImportJobs",
        200,
        {},
        b'{"datasetImportJobs": [{"jobName": "a", "creationDateTime": 1767607200.5}]}',
    ),
    ("lambda", "ListFunctions", 200, {}, b'{"Functions": [{"FunctionName": "a", "Timeout": 3}], "NextMarker": "b"}'),
    (
        "s3",
        "ListBuckets",
        200,
        {},
        b"<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>2026-01-05T10:00:00.000Z"
        b"</CreationDate></Bucket></Buckets><Owner><ID>1</ID></Owner></ListAllMyBucketsResult>",
    ),
    (
        "s3",
        "HeadObject",
        200,
        {
            "content-length": "3",
            "last-modified": "Mon, 05 Jan 2026 10:00:00 GMT",
            "x-amz-meta-k": "v",
            "x-amz-missing-meta": "2",
        },
        b"",
    ),
    (
        "iam",
        "ListUsers",
        200,
        {},
        b"<ListUsersResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'><ListUsersResult>"
        b"<IsTruncated>false</IsTruncated><Users><member><Path>/</Path><UserName>a</UserName><UserId>A</UserId><Arn>x</Arn>"
        b"<CreateDate>2026-01-05T10:00:00Z</CreateDate></member></Users></ListUsersResult></ListUsersResponse>",
    ),
    (
        "ec2",
        "DescribeKeyPairs",
        200,
        {},
        b"<DescribeKeyPairsResponse><keySet><item><keyName>a</keyName><createTime>"
        b"2026-01-05T10:00:00.000Z</createTime></item></keySet></DescribeKeyPairsResponse>",
    ),
    ("s3", "GetObject", 404, {}, b"<Error><Code>NoSuchKey</Code><Message>No.</Message><Key>k</Key></Error>"),
    (
        "iam",
        "GetUser",
        404,
        {},
        b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>No.</Message></Error>"
        b"</ErrorResponse>",
    ),
    ("personalize", "DescribeDatasetImportJob", 400, {}, b'{"__type": "ResourceNotFoundException", "message": "No."}'),
    (
        "lambda",
        "GetFunction",
        404,
        {"x-amzn-errortype": "ResourceNotFoundException:http://x/"},
        b'{"Type": "User", "Message": "No."}',
    ),
    (
        "sqs",
        "GetQueueUrl",
        400,
        {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
        b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "No."}',
    ),
    (
        "cloudwatch",
        "ListMetrics",
        200,
        {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"},
        b"\xa1gMetrics\x81\xa1jMetricNameaa",
    ),
]


@pytest.mark.parametrize(("service", "name", "status", "headers", "body"), ANSWERS)
def test_answers_as_botocore_reads_them(
    service: str, name: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    from botocore.awsrequest import HeadersDict
    from botocore.parsers import create_parser

    operation = load(service).operation(name)
    botocore = model(service, operation.contract.api_version)
    raw = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    protocol = "smithy-rpc-v2-cbor" if "cbor" in headers.get("content-type", "") else botocore.resolved_protocol
    expected = create_parser(protocol).parse(raw, botocore.operation_model(name).output_shape)
    response, error = parse_response(operation, status, headers, body)
    expected.pop("ResponseMetadata", None)
    if status < 300:
        assert error is None
        assert response == instances.from_boto3(operation, expected, "response")
    else:
        assert response is None
        assert error is not None
        assert error.message == expected["Error"]["Message"]
        code = expected["Error"]["Code"].rpartition("#")[2]
        # The query protocol's name of an error stands beside its present one.
        queried = headers.get("x-amzn-query-error", "").partition(";")[0]
        assert code in (error.code, operation.errors[error.code].shape, queried)


def test_unknown_members_and_wrong_types_are_seen() -> None:
    operation = load("personalize").operation("ListDatasetImportJobs")
    body = b'{"datasetImportJobs": [{"jobName": 7, "new": {"a": null}}], "nextToken": null}'
    response, _ = parse_response(operation, 200, {}, body)
    assert response == {"datasetImportJobs": [{"jobName": 7, "new": {"a": None}}]}
    assert sorted(each.keyword for each in operation.iter_violations(response, "response")) == [
        "additionalProperties",
        "type",
    ]


def test_events_of_a_stream() -> None:
    from botocore.eventstream import EventStreamBuffer

    def frame(headers: dict[str, str], payload: bytes) -> bytes:
        import binascii
        import struct

        packed = b"".join(
            bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
            for name, value in headers.items()
        )
        head = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
        whole = head + struct.pack(">I", binascii.crc32(head)) + packed + payload
        return whole + struct.pack(">I", binascii.crc32(whole))

    operation = load("bedrock-runtime").operation("ConverseStream")
    event = {":message-type": "event", ":content-type": "application/json"}
    body = frame({**event, ":event-type": "messageStart"}, b'{"role": "assistant"}')
    body += frame({**event, ":event-type": "messageStop"}, b'{"stopReason": "end_turn"}')
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    assert len(list(buffer)) == 2
    response, _ = parse_response(operation, 200, {}, body)
    assert response == {
        "stream": [{"messageStart": {"role": "assistant"}}, {"messageStop": {"stopReason": "end_turn"}}]
    }
    with pytest.raises(UnusableInputError, match="event stream is damaged"):
        parse_response(operation, 200, {}, body[:-1] + b"\x00")


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("personalize", "ListDatasetImportJobs", b"{"),
        ("personalize", "ListDatasetImportJobs", b"\xff"),
        ("personalize", "ListDatasetImportJobs", b"<a/>"),
        ("personalize", "ListDatasetImportJobs", b'{"a": ' + b"[" * 200_000),
        ("lambda", "ListFunctions", b"[]"),
        ("s3", "ListBuckets", b"<a>"),
        ("s3", "ListBuckets", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
        ("iam", "ListUsers", b"<a>" + b"<a>" * 100_000),
    ],
)
def test_unreadable_bodies_are_told_in_one_line(service: str, operation: str, body: bytes) -> None:
    with pytest.raises(UnusableInputError) as caught:
        parse_response(load(service).operation(operation), 200, {}, body)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("body", [b"\x9f" * 3000, b"\xa1", b"\xff", b"\x5f\x41"])
def test_damaged_cbor(body: bytes) -> None:
    with pytest.raises(UnusableInputError):
        read_cbor(body)


def test_an_error_without_a_code_has_none() -> None:
    _, error = parse_response(load("lambda").operation("GetFunction"), 404, {}, b'{"Message": "No."}')
    assert error is not None
    assert (error.code, error.message) == ("", "No.")


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("personalize.us-east-1.amazonaws.com", ("personalize",)),
        ("personalize-fips.us-east-1.amazonaws.com", ("personalize",)),
        ("bucket.s3.us-west-2.amazonaws.com", ("s3",)),
        ("s3-us-west-2.amazonaws.com", ("s3",)),
        ("my.dotted.bucket.s3.dualstack.eu-west-1.amazonaws.com", ("s3",)),
        ("123456789012.s3-control.us-east-1.amazonaws.com", ("s3control",)),
        ("iam.amazonaws.com", ("iam",)),
        ("sts.cn-north-1.amazonaws.com.cn", ("sts",)),
        ("queue.amazonaws.com", ("sqs",)),
        ("streams.dynamodb.us-east-1.amazonaws.com", ("dynamodbstreams",)),
        ("runtime.sagemaker.us-east-1.amazonaws.com", ("sagemaker-runtime",)),
        ("ec2.us-gov-west-1.api.aws", ("ec2",)),
        ("example.com", ()),
        ("amazonaws.com", ()),
        ("", ()),
        ("personalize.us-east-1.amazonaws.com.example.org", ()),
    ],
)
def test_hosts(host: str, found: Any) -> None:
    assert hosted(host) == found


def test_buckets_in_hosts() -> None:
    assert bucket("a.b.s3.us-west-2.amazonaws.com") == "a.b"
    assert bucket("s3.us-west-2.amazonaws.com") == ""
    operation = load("s3").operation("GetObject")
    for url in ("https://a.s3.amazonaws.com/k/l%20m?versionId=3", "https://s3.amazonaws.com/a/k/l%20m?versionId=3"):
        assert route("GET", url, {}) == [Candidate("s3", "GetObject")]
        assert parse_request(operation, "GET", url, {}) == {"Bucket": "a", "Key": "k/l m", "VersionId": "3"}


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "found"),
    [
        (
            "POST",
            "http://localhost:4566/",
            {"x-amz-target": "AmazonPersonalize.ListSchemas"},
            b"",
            [("personalize", "ListSchemas")],
        ),
        (
            "GET",
            "http://localhost:4566/2015-03-31/functions",
            {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/lambda/aws4_request, x"},
            b"",
            [("lambda", "ListFunctions")],
        ),
        ("GET", "http://localhost:4566/2015-03-31/functions", {}, b"", []),
        (
            "POST",
            "https://bedrock-agent-runtime.eu-west-1.amazonaws.com/knowledgebases/K/retrieve",
            {},
            b"",
            [("bedrock-agent-runtime", "Retrieve")],
        ),
        (
            "POST",
            "https://elasticloadbalancing.us-east-1.amazonaws.com/",
            {},
            b"Action=DescribeLoadBalancers&Version=2012-06-01",
            [("elb", "DescribeLoadBalancers")],
        ),
        (
            "GET",
            "https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            {},
            b"",
            [("sts", "GetCallerIdentity")],
        ),
        ("PUT", "https://s3.amazonaws.com/b/k", {"x-amz-copy-source": "c/d"}, b"", [("s3", "CopyObject")]),
        ("GET", "https://s3.amazonaws.com/", {}, b"", [("s3", "ListBuckets")]),
        ("POST", "https://x.us-east-1.amazonaws.com/", {"x-amz-target": "Nobody.Nothing"}, b"", []),
        # A form sent to a service that speaks none by its model still names its operation.
        (
            "POST",
            "https://sqs.us-east-1.amazonaws.com/",
            {},
            b"Action=ListQueues&Version=2012-11-05",
            [("sqs", "ListQueues")],
        ),
        ("POST", "https://sqs.us-east-1.amazonaws.com/", {}, b"Action=ListQueues&Version=1999-01-01", []),
        ("POST", "https://iam.amazonaws.com/", {}, b"Action=NobodyKnows&Version=2010-05-08", []),
        ("GET", "https://appconfig.us-east-1.amazonaws.com/settings", {}, b"", [("appconfig", "GetAccountSettings")]),
        (
            "POST",
            "https://monitoring.us-east-1.amazonaws.com/service/NameOfNobody/operation/ListMetrics",
            {},
            b"",
            [("cloudwatch", "ListMetrics")],
        ),
        ("POST", "https://sqs.us-east-1.amazonaws.com/service/NameOfNobody/operation/ListQueues", {}, b"", []),
        (
            "POST",
            "http://localhost:4566/",
            {"user-agent": "aws-cli/2.0 api/personalize#1.43 lang/python", "x-amz-target": "X.ListSchemas"},
            b"",
            [("personalize", "ListSchemas")],
        ),
    ],
)
def test_routes(method: str, url: str, headers: Any, body: bytes, found: Any) -> None:
    assert [(each.service, each.operation) for each in route(method, url, headers, body)] == found


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2026-01-05T10:00:00Z", 1767607200),
        ("2026-01-05T10:00:00.250Z", 1767607200.25),
        ("2026-01-05T12:00:00+02:00", 1767607200),
        ("2026-01-05 10:00:00.123456+00:00", 1767607200.123456),
        ("Mon, 05 Jan 2026 10:00:00 GMT", 1767607200),
        ("1767607200", 1767607200),
        ("Jan 5, 2026 10:00:00 AM", 1767607200),
        ("Jan 5, 2026, 10:00:00 AM", 1767607200),
        ("2026-01-05", 1767571200),
        ("2026-13-05", "2026-13-05"),
        ("soon", "soon"),
        ("9" * 60, "9" * 60),
        ("", ""),
    ],
)
def test_times(text: str, epoch: Any) -> None:
    assert to_epoch(text) == epoch


def test_blobs_are_base64_and_streams_are_not_read() -> None:
    operation = load("lambda").operation("Invoke")
    request = parse_request(
        operation, "POST", "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f/invocations", {}, b"{}"
    )
    assert request == {"FunctionName": "f", "Payload": base64.b64encode(b"{}").decode()}
    response, _ = parse_response(load("s3").operation("GetObject"), 200, {"content-length": "3"}, b"abc")
    assert response == {"Body": "", "ContentLength": 3, "Metadata": {}}
