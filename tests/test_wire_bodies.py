"""Bodies and headers of every form a protocol has, against botocore's parsers; where it has none, by the protocol."""

from __future__ import annotations

import base64
import binascii
import io
import json
import struct
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStream
from botocore.exceptions import EventStreamError
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from http_requests import model

from validator import formed, instances, reshape, sources
from validator.contract import Contract, Operation, from_model_files
from validator.errors import UnusableInputError
from validator.validate import load
from validator.wire import parse_request, parse_response

Headers = dict[str, str]
FORM = {"content-type": "application/x-www-form-urlencoded"}
CBOR = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


# A small service of our own has what the protocols allow and no service of today uses.
OWN: dict[str, Any] = {
    "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "own", "protocol": "rest-json", "serviceId": "Own"},
    "operations": {
        "Put": {
            "name": "Put", "http": {"method": "PUT", "requestUri": "/things/{id}"},
            "input": {"shape": "Thing"}, "output": {"shape": "Thing"},
        },
        "Watch": {
            "name": "Watch", "http": {"method": "POST", "requestUri": "/watch"},
            "input": {"shape": "Nothing"}, "output": {"shape": "Watched"},
        },
    },
    "shapes": {
        "Thing": {
            "type": "structure",
            "members": {
                "id": {"shape": "Text", "location": "uri", "locationName": "id"},
                "days": {"shape": "Times", "location": "header", "locationName": "x-days"},
                "sizes": {"shape": "Sizes", "location": "header", "locationName": "x-sizes"},
                "ratio": {"shape": "Ratio"}, "labels": {"shape": "Labels"}, "next": {"shape": "Thing"},
                "kind": {"shape": "Text", "locationName": "xsi:kind", "xmlAttribute": True},
                "plain": {"shape": "Plain"},
            },
        },
        "Nothing": {"type": "structure", "members": {}},
        "Watched": {"type": "structure", "members": {"events": {"shape": "Events"}}, "payload": "events"},
        "Events": {
            "type": "structure", "eventstream": True,
            "members": {"said": {"shape": "Said"}, "counted": {"shape": "Counted"}, "late": {"shape": "Late"}},
        },
        "Said": {
            "type": "structure", "event": True,
            "members": {"by": {"shape": "Text", "eventheader": True}, "words": {"shape": "Text", "eventpayload": True}},
        },
        "Counted": {
            "type": "structure", "event": True,
            "members": {"at": {"shape": "Time", "eventheader": True}, "ratio": {"shape": "Ratio"}},
        },
        "Late": {"type": "structure", "exception": True, "members": {"message": {"shape": "Text"}}},
        "Text": {"type": "string"}, "Ratio": {"type": "double"}, "Time": {"type": "timestamp"},
        "Day": {"type": "timestamp", "timestampFormat": "rfc822"},
        "Times": {"type": "list", "member": {"shape": "Day"}},
        "Sizes": {"type": "list", "member": {"shape": "Size"}}, "Size": {"type": "integer"},
        "Labels": {
            "type": "map", "flattened": True,
            "key": {"shape": "Text", "locationName": "name"}, "value": {"shape": "Ratio", "locationName": "weight"},
        },
        "Plain": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    },
}  # fmt: skip


def own(name: str, **metadata: str) -> Operation:
    changed = {**OWN, "metadata": {**OWN["metadata"], **metadata}}
    files = sources.ModelFiles("own", "2020-01-01", changed, {}, None, "")
    return from_model_files(files, entries=()).operation(name)


# Requests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "name", "method", "url", "headers", "body", "found"),
    [
        ("snowball", "ListJobs", "POST", "/service/AWSIESnowballJobManagementService/operation/ListJobs",
         CBOR, b"", {}),
        ("snowball", "ListJobs", "POST", "/", {}, b"", {}),
        ("personalize", "DescribeSchema", "POST", "/", {}, b'{"schemaArn": "a"}', {"schemaArn": "a"}),
        ("appconfig", "GetAccountSettings", "GET", "/settings", {}, b"", {}),
        # A path that is not the operation's fills no label.
        ("lambda", "GetFunction", "GET", "/elsewhere?Qualifier=1", {}, b"", {"Qualifier": "1"}),
        ("apigateway", "GetExport", "GET", "/restapis/r/stages/s/exports/swagger?X-Amz-Date=1", {}, b"",
         {"restApiId": "r", "stageName": "s", "exportType": "swagger"}),
        ("apigateway", "GetExport", "GET", "/restapis/r/stages/s/exports/swagger?extensions=postman", {}, b"",
         {"restApiId": "r", "stageName": "s", "exportType": "swagger", "parameters": {"extensions": "postman"}}),
        ("dataexchange", "SendApiAsset", "POST", "/v1", {"x-amzn-dataexchange-header-x": "y"}, "für".encode(),
         {"Body": "für", "RequestHeaders": {"x": "y"}}),
        ("dataexchange", "SendApiAsset", "POST", "/v1", {}, b"", {}),
        ("amplifyuibuilder", "CreateForm", "POST", "/app/a/environment/e/forms", {}, b" ",
         {"appId": "a", "environmentName": "e"}),
        ("s3", "PutBucketPolicy", "PUT", "/b?policy", {}, b'{"Version": 1}',
         {"Bucket": "b", "Policy": '{"Version": 1}'}),
        ("s3", "PutBucketPolicy", "PUT", "/b?policy", {}, b"", {"Bucket": "b"}),
        ("lex-runtime", "PostContent", "POST", "/bot/b/alias/a/user/u/content",
         {"x-amz-lex-session-attributes": encoded({"a": "ü"}), "x-amz-lex-active-contexts": "no JSON"}, b"",
         {"botName": "b", "botAlias": "a", "userId": "u", "sessionAttributes": {"a": "ü"},
          "activeContexts": "no JSON"}),
        ("s3", "PutBucketAcl", "PUT", "/b?acl", {},
         b'<AccessControlPolicy xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><AccessControlList><Grant>'
         b'<Grantee xsi:type="CanonicalUser"><ID>1</ID></Grantee></Grant>'
         b'<Grant><Grantee><ID>2</ID><New>n</New></Grantee>'
         b'</Grant></AccessControlList></AccessControlPolicy>',
         {"Bucket": "b", "AccessControlPolicy": {"Grants": [
             {"Grantee": {"Type": "CanonicalUser", "ID": "1"}}, {"Grantee": {"ID": "2", "New": "n"}}]}}),
    ],
)  # fmt: skip
def test_requests(service: str, name: str, method: str, url: str, headers: Headers, body: bytes, found: Any) -> None:
    host = f"https://{service}.us-east-1.amazonaws.com"
    assert parse_request(load(service).operation(name), method, host + url, headers, body) == found


@pytest.mark.parametrize(
    ("service", "name", "form", "found"),
    [
        # What does not have the form of its type is kept as it stands, so that it can be judged.
        ("iam", "ListUsers", "MaxItems=ten&PathPrefix=/", {"MaxItems": "ten", "PathPrefix": "/"}),
        ("iam", "CreateUser", "UserName=u&Tags=", {"UserName": "u", "Tags": []}),
        ("iam", "CreateUser", "Tags=x", {"Tags": "x"}),
        ("iam", "CreateUser", "Tags.member=x", {"Tags": "x"}),
        ("iam", "CreateUser", "Tags.member.one.Key=x", {"Tags": {"one": {"Key": "x"}}}),
        ("iam", "CreateUser", "Tags.member.1=x", {"Tags": ["x"]}),
        ("iam", "CreateUser", "Tags.member.1=", {"Tags": [{}]}),
        ("iam", "CreateUser", "Tags.member.2.Key=b&Tags.member.1.Key=a", {"Tags": [{"Key": "a"}, {"Key": "b"}]}),
        ("iam", "CreateUser", "New.x=1&New=2", {"New": {"x": "1"}}),
        ("sns", "CreateTopic", "Name=t&Attributes=", {"Name": "t", "Attributes": {}}),
        ("sns", "CreateTopic", "Attributes=x", {"Attributes": "x"}),
        ("sns", "CreateTopic", "Attributes.entry=x", {"Attributes": {"entry": "x"}}),
        ("sns", "CreateTopic", "Attributes.entry.1.value=x", {"Attributes": {"entry": {"1": {"value": "x"}}}}),
        ("sns", "CreateTopic", "Attributes.entry.1.key=k", {"Attributes": {"k": ""}}),
        ("ec2", "DescribeKeyPairs", "KeyName.1=a&KeyName.2=b&DryRun=true", {"KeyNames": ["a", "b"], "DryRun": True}),
    ],
)  # fmt: skip
def test_forms(service: str, name: str, form: str, found: Any) -> None:
    body = f"Action={name}&Version=x&{form}".encode()
    assert parse_request(load(service).operation(name), "POST", f"https://{service}/", FORM, body) == found


def test_forms_that_cannot_be_are_told() -> None:
    with pytest.raises(UnusableInputError, match="a form, but personalize speaks json"):
        parse_request(load("personalize").operation("ListSchemas"), "POST", "https://x/", FORM, b"Action=ListSchemas")
    with pytest.raises(UnusableInputError, match="too many fields"):
        parse_request(load("iam").operation("ListUsers"), "POST", "https://x/", FORM, b"a=b&" * 100_001)


def test_request_xml_by_the_protocol() -> None:
    operation = own("Put", protocol="rest-xml")
    body = (
        b'<Thing xmlns:xsi="http://x" xsi:kind="k"><ratio>0.5</ratio><labels><name>a</name><weight>1</weight></labels>'
        b"<labels><note/><name>b</name><weight>2.5</weight></labels>"
        b"<plain><entry><key>k</key><value>v</value></entry></plain></Thing>"
    )
    found = parse_request(operation, "PUT", "https://own/things/7", {"x-sizes": '1, "2",x'}, body)
    assert found == {
        "id": "7", "sizes": [1, 2, "x"], "kind": "k", "ratio": 0.5, "labels": {"a": 1, "b": 2.5}, "plain": {"k": "v"},
    }  # fmt: skip
    days = "Mon, 05 Jan 2026 10:00:00 GMT, Tue, 06 Jan 2026 10:00:00 GMT"
    found = parse_request(operation, "PUT", "https://own/things/7", {"x-days": days, "x-sizes": ""}, b"")
    assert found == {"id": "7", "days": [1767607200, 1767693600], "sizes": []}
    with pytest.raises(UnusableInputError, match="nested too deeply"):
        parse_request(operation, "PUT", "https://own/things/7", {}, b"<next>" * 300 + b"</next>" * 300)


# Responses -----------------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[str, str, int, Headers, bytes]] = [
    ("lambda", "Invoke", 202, {"x-amz-executed-version": "$LATEST"}, b""),
    ("dataexchange", "SendApiAsset", 200, {"x-answer": "a"}, b"text"),
    ("lex-runtime", "PostContent", 200, {"x-amz-lex-slots": encoded({"a": [1]}), "x-amz-lex-intent-name": "i"}, b"ab"),
    ("personalize", "DeleteSchema", 200, {}, b""),
    ("iam", "DeleteUser", 200, {}, b"<DeleteUserResponse><ResponseMetadata/></DeleteUserResponse>"),
    ("ec2", "DeleteVpc", 200, {}, b"<DeleteVpcResponse><return>true</return></DeleteVpcResponse>"),
    ("s3", "DeleteBucket", 204, {}, b""),
    ("s3", "GetBucketPolicy", 200, {}, b'{"Version": "2012-10-17"}'),
    ("cloudwatch", "ListMetrics", 200, {}, b"<ListMetricsResponse><ListMetricsResult><NextToken>n</NextToken>"
     b"<Metrics><member><MetricName>m</MetricName></member></Metrics></ListMetricsResult></ListMetricsResponse>"),
    ("snowball", "DescribeJob", 200, CBOR, b"\xa1kJobMetadata\xa1eJobIdaa"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "name", "status", "headers", "body"), ANSWERS)
def test_answers_as_botocore_reads_them(service: str, name: str, status: int, headers: Headers, body: bytes) -> None:
    operation = load(service).operation(name)
    botocore = model(service, operation.contract.api_version)
    protocol = botocore.resolved_protocol
    if service in ("cloudwatch", "snowball"):
        protocol = "query" if body[:1] == b"<" else "smithy-rpc-v2-cbor"
    model_of = botocore.operation_model(name)
    given = io.BytesIO(body) if model_of.has_streaming_output else body
    parsed = create_parser(protocol).parse(
        {"status_code": status, "headers": HeadersDict(headers), "body": given}, model_of.output_shape
    )
    parsed.pop("ResponseMetadata", None)
    response, error = parse_response(operation, status, headers, body)
    assert error is None
    assert response == instances.from_boto3(operation, parsed, "response")


@pytest.mark.parametrize(
    ("service", "name", "status", "headers", "body", "code", "said", "members"),
    [
        ("personalize", "ListSchemas", 503, {}, b"Service Unavailable", "", "Service Unavailable", {}),
        ("personalize", "ListSchemas", 400, {}, b"[]", "", "", {}),
        ("personalize", "ListSchemas", 400, {}, b'{"__type": "a.b#NobodyKnows"}', "NobodyKnows", "", {}),
        ("acm", "DescribeCertificate", 400, {}, b'{"__type": "InvalidArnException", "message": "No."}',
         "InvalidArnException", "No.", {"message": "No."}),
        ("lambda", "GetFunction", 429, {"x-amzn-errortype": "TooManyRequestsException", "retry-after": "7"},
         b'{"message": "No.", "Reason": "R"}', "TooManyRequestsException", "No.",
         {"message": "No.", "Reason": "R", "retryAfterSeconds": "7"}),
        ("backup", "GetBackupPlan", 400, {}, b'{"code": "ResourceNotFoundException", "message": "No.", "Type": "t"}',
         "ResourceNotFoundException", "No.", {"Type": "t", "Message": "No."}),
        ("s3", "HeadObject", 404, {}, b"", "404", "Not Found", {}),
        ("s3", "GetObject", 502, {}, b"<html><p>Bad", "", "<html><p>Bad", {}),
        ("iam", "GetUser", 400, {}, b"<ErrorResponse><Error><Code>Throttling</Code><Message>Slow.</Message></Error>"
         b"</ErrorResponse>", "Throttling", "Slow.", {}),
    ],
)  # fmt: skip
def test_errors(
    service: str, name: str, status: int, headers: Headers, body: bytes, code: str, said: str, members: Any
) -> None:
    response, error = parse_response(load(service).operation(name), status, headers, body)
    assert response is None
    assert error is not None
    assert (error.code, error.message) == (code, said)
    assert (error.body or {}) == members


def test_payloads() -> None:
    assert parse_response(load("amplifyuibuilder").operation("CreateForm"), 200, {}, b" ") == ({}, None)
    # botocore leaves a payload unread; a recording has it whole.
    found = parse_response(load("apigateway").operation("GetExport"), 200, {"content-type": "text/plain"}, b"\x00")
    assert found == ({"contentType": "text/plain", "body": "AA=="}, None)


def test_what_botocore_cannot_parse_is_told_in_one_line() -> None:
    with pytest.raises(UnusableInputError, match="botocore cannot parse the body: ") as caught:
        parse_response(load("iam").operation("ListUsers"), 200, {}, b"<a/>")
    assert "\n" not in str(caught.value)


# Events --------------------------------------------------------------------------------------------------------------


def frame(headers: Mapping[str, str | int], payload: bytes = b"") -> bytes:
    """One message of an event stream: texts and times in its headers, its two checksums."""
    packed = b"".join(
        bytes([len(name)])
        + name.encode()
        + (
            b"\x08" + struct.pack(">q", value)
            if isinstance(value, int)
            else b"\x07" + struct.pack(">H", len(value)) + value.encode()
        )
        for name, value in headers.items()
    )
    head = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    whole = head + struct.pack(">I", binascii.crc32(head)) + packed + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def event(kind: str, payload: bytes = b"", **headers: str | int) -> bytes:
    return frame({":message-type": "event", ":event-type": kind, **headers}, payload)


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_ignored: Any) -> Any:
        return iter([self.body])

    def close(self) -> None:
        pass


def by_botocore(service: ServiceModel, name: str, member: str, body: bytes) -> list[Any]:
    shape = service.operation_model(name).output_shape
    assert shape is not None
    parser = create_parser(service.resolved_protocol)._event_stream_parser
    return list(EventStream(Raw(body), shape.members[member], parser, name))


STREAMS: list[tuple[str, str, str, bytes]] = [
    ("s3", "SelectObjectContent", "Payload", event("Records", b"a,b\n")
     + event("Stats", b"<Details><BytesScanned>3</BytesScanned></Details>") + event("Cont") + event("End")),
    ("polly", "StartSpeechSynthesisStream", "EventStream", event("AudioEvent", b"\x00\xff")
     + event("StreamClosedEvent", b'{"RequestCharacters": 3}')),
    ("kinesis", "SubscribeToShard", "EventStream", event("initial-response", b"{}") + event("SubscribeToShardEvent",
     b'{"Records": [], "ContinuationSequenceNumber": "1", "MillisBehindLatest": 0}')),
]  # fmt: skip


@pytest.mark.parametrize(("service", "name", "member", "body"), STREAMS)
def test_events_as_botocore_reads_them(service: str, name: str, member: str, body: bytes) -> None:
    operation = load(service).operation(name)
    events = [
        each
        for each in by_botocore(model(service, operation.contract.api_version), name, member, body)
        if "initial-response" not in each
    ]
    response, error = parse_response(operation, 200, {}, body)
    assert error is None
    for each in events:
        for inner in each.values():
            for key, value in inner.items():
                if isinstance(value, bytes):
                    inner[key] = base64.b64encode(value).decode()
    assert response == {member: events}


def test_events_of_the_protocol_that_no_service_sends() -> None:
    body = (
        event("said", "größer".encode(), by="me")
        + event("said", b"")
        + event("counted", b'{"ratio": 0.5}', at=1767607200_000)
        + event("new", b'{"a": 1}')
        + frame({":message-type": "error", ":error-code": "x"})
    )
    response, _ = parse_response(own("Watch"), 200, {}, body)
    said = [
        {"said": {"by": "me", "words": "größer"}},
        {"said": {"words": ""}},
        {"counted": {"at": 1767607200, "ratio": 0.5}},
        {"new": {"a": 1}},
    ]
    assert response == {"events": said}
    late = frame({":message-type": "exception", ":exception-type": "late"}, b'{"message": "No."}')
    response, _ = parse_response(own("Watch"), 200, {}, late)
    assert response == {"events": [{"late": {"message": "No."}}]}
    with pytest.raises(EventStreamError):
        by_botocore(ServiceModel(OWN, "own"), "Watch", "events", late)
    cbor = event("counted", b"\xa1eratio\xfb?\xe0" + bytes(6), **{":content-type": "application/cbor"})
    response, _ = parse_response(own("Watch"), 200, {}, cbor)
    assert response == {"events": [{"counted": {"ratio": 0.5}}]}
    with pytest.raises(UnusableInputError, match=r"^the body is not JSON"):
        parse_response(own("Watch"), 200, {}, event("counted", b"{"))


# Values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelling", "schema", "value", "found"),
    [
        (reshape.JSON, {"type": "number"}, "Infinity", float("inf")),
        (reshape.JSON, {"type": "number"}, "-Infinity", float("-inf")),
        (reshape.JSON, {"type": "number"}, "1", "1"),
        (reshape.JSON, {"type": "string"}, "NaN", "NaN"),
        (reshape.TEXT, {"type": "number"}, "1e3", 1000.0),
        (reshape.TEXT, {"type": "number"}, "much", "much"),
        (reshape.TEXT, {"type": "number"}, "nan", "nan"),
        (reshape.TEXT, {"type": "boolean"}, " True ", True),
        (reshape.TEXT, {"type": "boolean"}, "yes", "yes"),
        (reshape.TEXT, {"type": "integer"}, "+7", 7),
        (reshape.TEXT, {"type": "integer"}, "7.0", "7.0"),
        (reshape.TEXT, {"type": "number", "x-aws-timestamp": "iso8601"}, 5, 5),
        (reshape.PYTHON, {"type": "string", "contentEncoding": "base64"}, b"\xff", "/w=="),
        (reshape.PYTHON, {"type": "string"}, "text", "text"),
    ],
)
def test_values(spelling: reshape.Spelling, schema: Any, value: Any, found: Any) -> None:
    contract: Contract = load("personalize")
    assert reshape.reshape(contract, schema, value, spelling) == found


@pytest.mark.parametrize(("text", "is_base64"), [("", True), ("YQ==", True), ("YQ", False), ("a b=", False)])
def test_base64(text: str, is_base64: bool) -> None:
    assert reshape.is_base64(text) is is_base64


def test_header_names_are_told_without_case_and_values_joined() -> None:
    assert formed.flat({"Content-Type": ["a", b"b"], "X": 1, "Y": b"\xff"}) == {
        "content-type": "a, b", "x": "1", "y": "\ufffd",
    }  # fmt: skip
