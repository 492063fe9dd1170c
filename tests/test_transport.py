"""Requests, right and broken, reach a target as they are; whatever it answers becomes an exchange."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from validator import validate
from validator.boundary import iter_boundary
from validator.contract import Operation
from validator.emulator import Emulator
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.exchange import Exchange
from validator.results import Unchecked
from validator.transport import ClientTarget, HttpTarget, Limited, MemoryTarget, Message, decode, encode
from validator.transport.target import BudgetSpentError


def operation(service: str, name: str) -> Operation:
    return validate.load(service).operation(name)


LIST = operation("personalize", "ListDatasetImportJobs")


# On the wire ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "instance",
    [
        {"maxResults": "five"},
        {"maxResults": None},
        {"unknown": {"a": [1]}},
        [],
        "text",
        5,
        True,
        None,
        {"nextToken": "\ud800"},
    ],
)
def test_a_json_request_is_sent_as_it_is(instance: Any) -> None:
    message = encode(LIST, instance)
    assert isinstance(message, Message)
    assert json.loads(message.body) == instance
    assert message.headers["X-Amz-Target"] == "AmazonPersonalize.ListDatasetImportJobs"


@pytest.mark.parametrize(
    ("service", "name", "instance", "method", "path", "body"),
    [
        ("sqs", "SendMessage", {"QueueUrl": "http://q/1", "MessageBody": "x"}, "POST", "/", b'"MessageBody":"x"'),
        (
            "sns",
            "Publish",
            {"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": "hello"},
            "POST",
            "/",
            b"Message=hello",
        ),
        ("ec2", "DescribeInstances", {"MaxResults": 5}, "POST", "/", b"MaxResults=5"),
        ("lambda", "ListFunctions", {"MaxItems": 7}, "GET", "/2015-03-31/functions?MaxItems=7", b""),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": "aGk="}, "PUT", "/b/k", b"hi"),
        ("route53", "ListHostedZones", {"MaxItems": "3"}, "GET", "/2013-04-01/hostedzone?maxitems=3", b""),
    ],
)
def test_every_protocol_is_written(service: str, name: str, instance: Any, method: str, path: str, body: bytes) -> None:
    message = encode(operation(service, name), instance)
    assert isinstance(message, Message)
    assert message.method == method
    assert message.path.startswith(path)
    assert body in message.body


def test_what_botocore_would_refuse_is_written_all_the_same() -> None:
    message = encode(operation("sns", "Publish"), {"Message": 5})
    assert isinstance(message, Message)
    assert b"Message=5" in message.body


def test_what_a_protocol_cannot_write_is_named() -> None:
    found = encode(operation("sns", "CreateTopic"), {"Name": "a", "Tags": 5})
    assert isinstance(found, Unchecked)
    assert found.reason.startswith("cannot be written in the query protocol")
    assert isinstance(encode(operation("sns", "CreateTopic"), {"Name": "a", "Unknown": 1}), Unchecked)
    assert isinstance(encode(operation("sns", "CreateTopic"), [1]), Unchecked)


def test_most_broken_requests_can_be_written_in_every_protocol() -> None:
    for service, name in (
        ("sns", "CreateTopic"),
        ("lambda", "CreateFunction"),
        ("route53", "CreateHostedZone"),
        ("kms", "CreateKey"),
    ):
        found = operation(service, name)
        written = [isinstance(encode(found, each.instance), Message) for each in iter_boundary(found)]
        assert sum(written) > 0.6 * len(written), (service, name, sum(written), len(written))


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotFoundException",
        "com.amazonaws.personalize#ResourceNotFoundException",
        "ResourceNotFoundException:http://internal.amazon.com/",
    ],
)
def test_the_code_of_an_error_is_read_from_all_its_spellings(code: str) -> None:
    found = decode(LIST, {}, 400, {}, json.dumps({"__type": code, "message": "No."}).encode())
    assert found.error is not None
    assert (found.error.code, found.error.message, found.status) == ("ResourceNotFoundException", "No.", 400)
    assert not found.accepted


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"5", b'{"message": 5}', b"\xff\xfe", b'{"datasetImportJobs": 7}']
)
@pytest.mark.parametrize("status", [200, 400, 502])
def test_no_answer_is_too_strange_to_be_read(status: int, body: bytes) -> None:
    found = decode(LIST, {}, status, {}, body)
    assert isinstance(found, Exchange)
    assert found.accepted is (status == 200 and found.unread is None)
    assert (found.unread is None) is (
        body not in (b"<html>", b"\xff\xfe") and (status == 200 or body not in (b"[]", b"5"))
    )


def test_unknown_members_of_an_answer_are_kept() -> None:
    found = decode(LIST, {}, 200, {}, b'{"datasetImportJobs": [], "addedNextYear": 1}')
    assert found.response == {"datasetImportJobs": [], "addedNextYear": 1}


# In memory -----------------------------------------------------------------------------------------------------------


def test_the_emulator_answers_in_this_process() -> None:
    target = MemoryTarget(Emulator(seed=0))
    found = target.send(LIST, {"maxResults": 5}, phase="test")
    assert isinstance(found, Exchange)
    assert found.response == {"datasetImportJobs": []}
    assert (found.account, found.region, found.phase) == ("123456789012", "us-east-1", "test")
    refused = target.send(LIST, {"maxResults": "five"})
    assert isinstance(refused, Exchange)
    assert refused.error is not None
    assert refused.error.code == "SerializationException"


def test_an_operation_that_is_not_emulated_is_not_supported() -> None:
    found = MemoryTarget(Emulator(seed=0)).send(operation("personalize", "CreateCampaign"), {})
    assert isinstance(found, Unchecked)
    assert found.reason == "the target does not offer this operation"


def test_a_crash_in_the_emulator_is_an_answer_with_status_500() -> None:
    class Crashing(Emulator):
        def judge(self, operation: Any, request: Any) -> Any:
            raise KeyError("boom")

    found = MemoryTarget(Crashing(seed=0)).send(LIST, {"maxResults": 0})
    assert isinstance(found, Exchange)
    assert found.status == 500
    assert found.error is not None
    assert found.error.message == "KeyError: 'boom'"


def test_an_emulator_forgets_and_lets_time_pass() -> None:
    target = MemoryTarget(Emulator(seed=0))
    group = operation("forecast", "CreateDataset")
    request = {"DatasetName": "a", "Domain": "RETAIL", "DatasetType": "TARGET_TIME_SERIES", "Schema": {}}
    assert target.send(group, request).accepted  # type: ignore[union-attr]
    assert not target.send(group, request).accepted  # type: ignore[union-attr]
    assert target.reset()
    assert target.send(group, request).accepted  # type: ignore[union-attr]
    before = target.now()
    assert target.advance(86400)
    assert target.now() == pytest.approx(before + 86400)


# Over HTTP -----------------------------------------------------------------------------------------------------------


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, answer = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    found = HTTPServer(("127.0.0.1", 0), _Server)
    found.seen, found.answer = [], (200, b'{"datasetImportJobs": []}')  # type: ignore[attr-defined]
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def _url(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_a_url_is_called_signed_with_made_up_credentials(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    target = HttpTarget(_url(server))
    found = target.send(LIST, {"maxResults": "five"}, account="210987654321", region="eu-west-1")
    target.close()
    ((path, headers, body),) = server.seen  # type: ignore[attr-defined]
    assert isinstance(found, Exchange)
    assert found.accepted
    assert path == "/"
    assert json.loads(body) == {"maxResults": "five"}
    assert "Credential=210987654321/" in headers["Authorization"]
    assert "/eu-west-1/personalize/aws4_request" in headers["Authorization"]
    assert "REAL" not in json.dumps(headers)


@pytest.mark.parametrize(
    ("status", "body", "supported"), [(501, b"{}", False), (400, b'{"__type": "X"}', True), (500, b"boom", True)]
)
def test_what_a_server_lacks_is_no_fault(server: HTTPServer, status: int, body: bytes, supported: bool) -> None:
    server.answer = (status, body)  # type: ignore[attr-defined]
    target = HttpTarget(_url(server))
    found = target.send(LIST, {})
    target.close()
    assert isinstance(found, Exchange) is supported


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, b"", []),
        (200, b"", []),
        (200, b"<html>", []),
        (200, b"[]", []),
        (200, b'{"status": "ok"}', []),
        (200, b'{"status": "ok", "resources": "none"}', []),
        (200, b'{"status": "ok", "resources": false}', []),
        (200, b'{"status": "ok", "resources": 1}', ["it holds 1 resource; --reset empties it before each part"]),
        (200, b'{"status": "ok", "resources": 7}', ["it holds 7 resources; --reset empties it before each part"]),
    ],
)
def test_only_a_server_that_says_it_is_empty_is_reset(
    server: HTTPServer, status: int, body: bytes, told: list[str]
) -> None:
    server.answer = (status, body)  # type: ignore[attr-defined]
    heard: list[str] = []
    target = HttpTarget(_url(server), tell=heard.append)
    for _ in range(2):
        assert not target.reset()
    assert not target.advance(60)
    target.close()
    assert [path for path, _, _ in server.seen] == ["/_aws-contract/health"]  # type: ignore[attr-defined]
    assert heard == [f"{_url(server)} is not reset: {why}" for why in told]


def test_an_empty_server_is_reset_as_often_as_needed_and_left_empty(server: HTTPServer) -> None:
    server.answer = (200, b'{"status": "ok", "resources": 0}')  # type: ignore[attr-defined]
    target = HttpTarget(_url(server))
    assert target.reset()
    assert target.reset()
    target.close()
    paths = [path for path, _, _ in server.seen]  # type: ignore[attr-defined]
    assert paths == ["/_aws-contract/health", *["/_aws-contract/reset"] * 3]


def test_a_server_is_reset_unasked_when_that_was_said(server: HTTPServer) -> None:
    heard: list[str] = []
    target = HttpTarget(_url(server), resets=True, tell=heard.append)
    assert target.reset()
    server.answer = (404, b"")  # type: ignore[attr-defined]
    assert not target.reset()
    assert not target.reset()
    target.close()
    assert [path for path, _, _ in server.seen] == ["/_aws-contract/reset"] * 2  # type: ignore[attr-defined]
    assert heard == [f"{_url(server)} is not reset: it knows no reset"]


def test_one_of_many_processes_resets_nothing(server: HTTPServer) -> None:
    target = HttpTarget(_url(server), resets=False)
    assert not target.reset()
    target.close()
    assert server.seen == []  # type: ignore[attr-defined]


def test_nobody_at_the_url_is_one_clear_line() -> None:
    target = HttpTarget("http://127.0.0.1:9", timeout=1)
    with pytest.raises(EnvironmentFailedError, match=r"^http://127\.0\.0\.1:9: no answer"):
        target.send(LIST, {})
    target.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "ftp://host",
        "https://personalize.us-east-1.amazonaws.com",
        "http://user:pass@host",
        "http://host?x=1",
    ],
)
def test_a_url_that_cannot_be_a_target(url: str) -> None:
    with pytest.raises(UnusableInputError):
        HttpTarget(url)


# Through a client ----------------------------------------------------------------------------------------------------


def test_a_client_whose_answer_does_not_come_is_no_end() -> None:
    failures = {
        "the connection was closed without an answer": ConnectionClosedError(endpoint_url="https://a"),
        "no answer within 60 s": ReadTimeoutError(endpoint_url="https://a"),
    }
    for unread, error in failures.items():

        def fail(request: Any, error: Exception = error, **named: Any) -> None:
            raise error

        client = _client(200, b"{}", [])
        client.meta.events.register_first("before-send", fail)
        target = ClientTarget(lambda service, region, client=client: client)
        found = target.send(LIST, {})
        target.close()
        assert isinstance(found, Exchange)
        assert (found.unread, found.status, found.accepted) == (unread, None, False)


def _client(status: int, body: bytes, seen: list[Any]) -> Any:
    session = botocore.session.Session()
    client = session.create_client(
        "personalize",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )

    class Raw:
        def stream(self, *arguments: Any, **named: Any) -> Iterator[bytes]:
            yield body

        def read(self, *arguments: Any) -> bytes:
            return body

    def answer(request: Any, **named: Any) -> AWSResponse:
        seen.append(request)
        return AWSResponse(request.url, status, {"x-amzn-requestid": "1"}, Raw())

    client.meta.events.register_first("before-send", answer)
    return client


@pytest.mark.parametrize("instance", [{"maxResults": "five"}, {"maxResults": 0, "unknown": None}, [1], "text"])
def test_a_client_sends_what_boto3_would_stop(instance: Any) -> None:
    seen: list[Any] = []
    target = ClientTarget(lambda service, region: _client(200, b'{"datasetImportJobs": [], "new": 1}', seen))
    found = target.send(LIST, instance)
    target.close()
    assert isinstance(found, Exchange)
    assert found.response == {"datasetImportJobs": [], "new": 1}
    assert json.loads(seen[0].body) == instance
    assert "Signature=" in str(seen[0].headers["Authorization"])


def test_a_client_s_error_is_read_from_its_bytes() -> None:
    seen: list[Any] = []
    body = b'{"__type": "InvalidNextTokenException", "message": "No.", "more": 1}'
    target = ClientTarget(lambda service, region: _client(400, body, seen))
    found = target.send(LIST, {"nextToken": "x"})
    target.close()
    assert isinstance(found, Exchange)
    assert found.error is not None
    assert (found.status, found.error.code, found.error.body) == (
        400,
        "InvalidNextTokenException",
        {"message": "No.", "more": 1},
    )
    assert not target.reset()


def test_no_credentials_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    target = ClientTarget(
        lambda service, region: botocore.session.Session().create_client(service, region_name="us-east-1")
    )
    with pytest.raises(EnvironmentFailedError, match="credentials"):
        target.send(LIST, {})
    target.close()


# Limits --------------------------------------------------------------------------------------------------------------


class _Clock:
    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_a_budget_of_requests_is_kept() -> None:
    target = Limited(MemoryTarget(Emulator(seed=0)), requests=3)
    for _ in range(3):
        target.send(LIST, {})
    with pytest.raises(BudgetSpentError):
        target.send(LIST, {})
    assert target.sent == 3


def test_a_deadline_is_kept() -> None:
    clock = _Clock()
    target = Limited(MemoryTarget(Emulator(seed=0)), seconds=10, clock=clock, sleep=clock.sleep)
    target.send(LIST, {})
    clock.now = 10.0
    with pytest.raises(BudgetSpentError):
        target.send(LIST, {})


def test_a_rate_is_kept_and_time_not_used_is_not_saved_up() -> None:
    clock = _Clock()
    target = Limited(MemoryTarget(Emulator(seed=0)), rate=2, clock=clock, sleep=clock.sleep)
    for _ in range(3):
        target.send(LIST, {})
    assert clock.slept == [pytest.approx(0.5), pytest.approx(0.5)]
    clock.now += 60
    target.send(LIST, {})
    target.send(LIST, {})
    assert clock.slept[2:] == [pytest.approx(0.5)]


def test_what_only_reads_is_all_that_is_sent() -> None:
    target = Limited(MemoryTarget(Emulator(seed=0)), reading=True)
    assert isinstance(target.send(LIST, {}), Exchange)
    assert isinstance(target.send(operation("personalize", "DeleteSchema"), {"schemaArn": "a"}), Unchecked)
    assert target.sent == 1
