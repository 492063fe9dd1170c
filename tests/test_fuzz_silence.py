"""A target that does not answer, or answers with what nobody can read: a finding each, and the run goes on."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from validator import checks, fuzz, history, redaction, validate
from validator.__main__ import run as main
from validator.batch import batch
from validator.commands.replay import exchange as reread
from validator.emulator import Emulator
from validator.emulator.web import Web
from validator.errors import EnvironmentFailedError
from validator.exchange import CLOSED, LATE, ErrorReply, Exchange
from validator.fuzzing import journal, selection
from validator.fuzzing.journal import Journal
from validator.fuzzing.stage import Options
from validator.recordings.jsonl import from_document
from validator.results import Location, Report, Severity, Unchecked
from validator.transport import HttpTarget, Limited, MemoryTarget, decode
from validator.transport import http as transport

CUT = "the connection was closed in the middle of the answer"
JOB = validate.load("personalize").operation("CreateDatasetImportJob")
SCHEMAS = validate.load("personalize").operation("ListSchemas")
# What a server does instead of answering: bytes to write before it closes, or a wait.
Instead = Callable[[str, bytes], bytes | float | None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        server: Any = self.server
        instead = server.instead(operation, body)
        if isinstance(instead, float):
            server.released.wait(instead)
        if instead is not None:
            self.close_connection = True
            if isinstance(instead, bytes):
                self.wfile.write(instead)
            return
        status, headers, content = server.web(self.command, self.path, dict(self.headers.items()), body)
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = answer  # noqa: N815


class Broken(ThreadingHTTPServer):
    """The emulator behind a server that at times does something else."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, instead: Instead) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.instead, self.web, self.released = instead, Web(Emulator(seed=0)), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self.released.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Instead], Broken]]:
    started: list[Broken] = []

    def start(instead: Instead) -> Broken:
        started.append(Broken(instead))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def nameless(answer: bytes | float) -> Instead:
    """Breaks on a job without a name."""
    return lambda operation, body: answer if operation == "CreateDatasetImportJob" and b"jobName" not in body else None


def drive(target: Any, *selectors: str, **options: Any) -> Report:
    try:
        return fuzz.run(target, selection.operations(selectors), Options(**options))
    finally:
        target.close()


def judged(exchange: Exchange) -> list[tuple[str, str]]:
    contract = validate.load(exchange.service)
    wanted = [each for each in checks.table() if each != "request_conformance"]
    return [(finding.check, finding.message) for finding in checks.run(contract, [exchange], only=wanted)]


# No answer -----------------------------------------------------------------------------------------------------------


def test_a_dropped_connection_is_a_finding_and_the_run_goes_on(
    serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    server = serve(nameless(b""))
    chosen = ["personalize.CreateDatasetImportJob", "--phases", "examples,boundary", "--target", server.url]
    assert main(["fuzz", *chosen, "--report", "json=r.json", "--record", "calls.jsonl"]) == 1
    report = json.loads(Path("r.json").read_text())
    (finding,) = report["findings"]
    assert (finding["check"], finding["message"]) == ("no_server_error", f"CreateDatasetImportJob: {CLOSED}")
    assert finding["calls"][-1]["unread"] == CLOSED
    assert {"response", "error", "status"} & finding["calls"][-1].keys() == set()
    assert set(finding["reproduce"]) == {"python", "cli", "curl"}
    row = report["details"]["operations"]["personalize.CreateDatasetImportJob"]
    assert row["unread"] >= 1
    assert row["requests"] == row["accepted"] + row["rejected"] + row["unread"] > 100
    missing = report["coverage"]["operations"]["personalize.CreateDatasetImportJob"]["missing"]
    # No request without a name was answered, whether it was an object or not.
    assert [each.partition(" /$defs")[0] for each in missing] == ["/ type", "/jobName required"]
    calls = [json.loads(line) for line in Path("calls.jsonl").read_text().splitlines()]
    assert sum(call.get("unread") == CLOSED for call in calls) == row["unread"]
    assert capsys.readouterr().err == ""
    assert main(["replay", "r.json"]) == 1
    server.instead = lambda operation, body: None
    assert main(["replay", "r.json"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == ["STILL FAILS", "FIXED"]


@pytest.mark.parametrize(
    ("sent", "unread"),
    [
        (b"", CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", CUT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", CUT),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "the answer is not HTTP"),
        (5.0, "no answer within 0.2 s"),
    ],
)  # fmt: skip
def test_what_came_instead_of_an_answer_is_named(serve: Any, sent: bytes | float, unread: str) -> None:
    server = serve(lambda operation, body: sent if body == b'{"maxResults":1}' else None)
    target = HttpTarget(server.url, timeout=0.2)
    found = [target.send(SCHEMAS, {"maxResults": number}) for number in (2, 1, 2)]
    target.close()
    assert [isinstance(each, Exchange) and each.unread for each in found] == [None, unread, None]
    assert judged(found[1]) == [("no_server_error", f"ListSchemas: {unread}")]  # type: ignore[arg-type]
    assert not found[1].accepted  # type: ignore[union-attr]


def test_a_kept_connection_may_be_closed_between_two_calls() -> None:
    """A server that closes each connection after its answer without saying so drops nobody's request."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + b'{"schemas":[]}'
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            for _ in range(20):
                connection, _ = listening.accept()
                with connection:
                    received = b""
                    while not received.endswith(b"{}"):
                        received += connection.recv(65536)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        target = HttpTarget(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=2)
        found = [target.send(SCHEMAS, {}) for _ in range(20)]
        target.close()
        thread.join(5)
    assert [each.unread for each in found if isinstance(each, Exchange)] == [None] * 20


def test_a_hanging_operation_is_given_up_and_the_others_are_not(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_LEAST", 0.1)
    server = serve(lambda operation, body: 5.0 if operation == "ListSchemas" else None)
    report = drive(HttpTarget(server.url, timeout=0.3), "personalize.*Schema*", phases=("examples", "boundary"))
    found = [(finding.check, finding.operation) for finding in report.findings]
    assert found == [("no_server_error", "ListSchemas")]
    assert re.fullmatch(r"ListSchemas: no answer within 0\.\d s", report.findings[0].message)
    rows = report.details["operations"]
    # Both examples, and eight on a boundary.
    assert rows["personalize.ListSchemas"]["unread"] == rows["personalize.ListSchemas"]["requests"] == 10
    assert rows["personalize.CreateSchema"]["accepted"] > 10
    left = [each for each in report.unchecked if each.operation == "ListSchemas"]
    assert [each.reason.partition(" (")[0] for each in left] == [
        "left out of the phase boundary: no answer came in time to 8 requests before"
    ]


def test_one_answer_does_not_take_all_the_time(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_LEAST", 0.1)
    server = serve(lambda operation, body: 5.0 if operation == "ListSchemas" else None)
    target = Limited(HttpTarget(server.url), seconds=4)
    started = time.monotonic()
    found = target.send(SCHEMAS, {})
    assert isinstance(found, Exchange)
    assert found.unread == f"{LATE} 0.4 s"
    target.send(SCHEMAS, {})
    assert time.monotonic() - started < 2
    assert isinstance(target.send(JOB, {}), Exchange)
    target.close()


def test_a_budget_of_a_moment_does_not_outlast_it(serve: Any) -> None:
    """Making a finding small has a budget of its own; the run's own holds again afterwards."""
    server = serve(lambda operation, body: 0.3 if body == b'{"maxResults":1}' else None)
    inner = HttpTarget(server.url, timeout=1)
    whole = Limited(inner, seconds=60)
    Limited(inner, seconds=0.0)
    found = whole.send(SCHEMAS, {"maxResults": 1})
    whole.close()
    assert isinstance(found, Exchange)
    assert found.unread == CLOSED


# Nobody there --------------------------------------------------------------------------------------------------------


def test_a_server_that_is_lost_ends_the_run_with_all_that_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transport, "_PAUSES", (0.01, 0.01))
    count = 0

    def instead(operation: str, body: bytes) -> bytes | None:
        nonlocal count
        count += operation == "ListSchemas"
        if count == 12:
            # It crashes for good: from now on nobody listens.
            server.socket.close()
        return b"" if count >= 12 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n" if count == 5 else None

    server = Broken(instead)
    try:
        chosen = ["personalize.*Schema*", "--phases", "boundary,negative", "--target", server.url]
        reports = ["--report", "json=r.json", "--report", "junit=r.xml", "--report", "terminal"]
        assert main(["fuzz", *chosen, *reports]) == 3
        said = capsys.readouterr()
        assert re.fullmatch(
            r"aws-contract: stopped before the end: http://\S+: no answer any more: .*refused; what is not .* tried\n",
            said.err,
        )
        report = json.loads(Path("r.json").read_text())
        assert {finding["check"] for finding in report["findings"]} == {"no_server_error"}
        assert {finding["message"].partition(": ")[2] for finding in report["findings"]} >= {CLOSED}
        assert report["details"]["stopped_by"] == "target"
        assert Path("r.xml").exists()
        assert CLOSED in said.out
    finally:
        server.released.set()
        server.shutdown()


def test_a_baseline_is_not_written_over_by_half_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.json").write_text("kept")

    def lost(self: Any, *arguments: Any, **named: Any) -> Any:
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls > 5:
            raise EnvironmentFailedError("gone")
        return whole(self, *arguments, **named)

    whole = MemoryTarget.send
    monkeypatch.setattr(MemoryTarget, "send", lost)
    assert main(["fuzz", "personalize.ListSchemas", "--baseline", "base.json", "--update-baseline"]) == 3
    assert "the baseline is left as it is" in capsys.readouterr().err
    assert Path("base.json").read_text() == "kept"


def test_who_never_answered_is_nobody(serve: Any) -> None:
    target = HttpTarget(serve(lambda operation, body: b"").url)
    for _ in range(2):
        assert isinstance(target.send(SCHEMAS, {}), Exchange)
    with pytest.raises(EnvironmentFailedError, match=f"no answer: {CLOSED}"):
        target.send(SCHEMAS, {})
    target.close()


# Answers that cannot be read -----------------------------------------------------------------------------------------

PAGE = b"<html>\n<head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"


@pytest.mark.parametrize(
    ("status", "body", "check", "message"),
    [
        (200, b"<<garbage", "response_conformance", 'the answer is not JSON: "<<garbage"'),
        (200, b"\xff\xfe", "response_conformance", 'the answer is not UTF-8: "\\xff\\xfe"'),
        (302, b"<html>", "response_conformance", 'the answer is not JSON: "<html>" (status 302)'),
        (404, PAGE, "error_conformance",
         'the answer is not JSON: "<html> <head><title>404 Not Found</title></head><body><h1>40..." (status 404)'),
        (400, b"[]", "error_conformance", 'the answer is not a JSON object: "[]" (status 400)'),
        (502, PAGE[:8], "no_server_error",
         'CreateDatasetImportJob answers with status 502: the answer is not JSON: "<html> <"'),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_one_finding(status: int, body: bytes, check: str, message: str) -> None:
    found = decode(JOB, {"jobName": "a"}, status, {}, body)
    assert (found.response, found.error, found.accepted) == (None, None, False)
    assert judged(found) == [(check, message)]
    # It says the same when it has been written down and read again.
    document = json.loads(json.dumps(found.to_json()))
    assert judged(reread(document)) == [(check, message)]
    again = from_document(document, Location("calls.jsonl", 1, 0))
    assert judged(again) == [(check, message)]
    # Of recordings, a service's failures are nobody's fault that could be mended.
    assert (check in {finding.check for finding in batch([again]).findings}) is (status < 500)


@pytest.mark.parametrize(
    ("service", "operation", "status", "check"),
    [
        ("s3", "ListBuckets", 200, "response_conformance"),
        ("s3", "ListBuckets", 403, "error_conformance"),
        ("sns", "ListTopics", 200, "response_conformance"),
        ("batch", "ListJobs", 404, "error_conformance"),
    ],
)
def test_so_it_is_in_every_protocol(service: str, operation: str, status: int, check: str) -> None:
    found = decode(validate.load(service).operation(operation), {}, status, {}, b"<<garbage")
    assert [each for each, _ in judged(found)] == [check]


def test_what_may_be_sensitive_is_not_quoted() -> None:
    secret = validate.load("secretsmanager").operation("GetSecretValue")
    assert "hush" not in str(decode(secret, {"SecretId": "a"}, 200, {}, b'{"SecretString": "hush').unread)
    tags = {"jobName": "a", "tags": [{"tagKey": "colour", "tagValue": "hush"}]}
    assert "hush" not in str(decode(JOB, tags, 200, {}, b"<<hush").unread)
    assert str(decode(JOB, tags, 200, {}, b"<<other").unread).endswith('"<<other"')
    assert redaction.quotable(SCHEMAS, {}, "anything")


def test_json_that_is_not_what_was_asked_for_is_judged_by_its_contract() -> None:
    found = decode(SCHEMAS, {}, 200, {}, b'{"schemas": 7}')
    assert found.unread is None
    assert [check for check, _ in judged(found)] == ["response_conformance"]


def test_a_server_that_answers_with_garbage_is_told_so_and_nothing_is_covered(serve: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<<garbage"
    server = serve(lambda operation, body: answer if operation == "CreateSchema" else None)
    report = drive(HttpTarget(server.url), "personalize.CreateSchema", phases=("examples", "boundary", "positive"),
                   max_examples=5)  # fmt: skip
    assert [(each.check, each.severity, each.message) for each in report.findings] == [
        ("response_conformance", Severity.ERROR, 'the answer is not JSON: "<<garbage"')
    ]
    row = report.details["operations"]["personalize.CreateSchema"]
    assert (row["accepted"], row["rejected"], row["unread"]) == (0, 0, row["requests"])
    covered = report.coverage["operations"]["personalize.CreateSchema"]
    assert (covered["satisfied"], covered["violated"]) == (0, 0)
    assert report.details["matrix"]["personalize.CreateSchema"]["response_conformance"]["findings"] == 1


# What became of it is not known ---------------------------------------------------------------------------------------


def _silent(operation: str, request: Any) -> Exchange:
    return Exchange("personalize", operation, request, phase="test", unread=CLOSED)


def _said(operation: str, request: Any, response: Any = None, code: str | None = None) -> Exchange:
    error = ErrorReply(code, "No.") if code else None
    return Exchange("personalize", operation, request, response, error, 400 if code else 200, phase="test")


_ARN = "arn:aws:personalize:us-east-1:123456789012:schema/a"
_MADE = _said("CreateSchema", {"name": "a", "schema": "{}"}, {"schemaArn": _ARN})
_SEEN = _said("DescribeSchema", {"schemaArn": _ARN}, {"schema": {"schemaArn": _ARN, "name": "a"}})
_LISTED = _said("ListSchemas", {}, {"schemas": [{"schemaArn": _ARN, "name": "a"}]})
_EMPTY = _said("ListSchemas", {}, {"schemas": []})
_GONE = _said("DescribeSchema", {"schemaArn": _ARN}, code="ResourceNotFoundException")


@pytest.mark.parametrize(
    "after",
    [
        [_MADE, _silent("DeleteSchema", {"schemaArn": _ARN}), _GONE, _EMPTY],
        [_MADE, _silent("DeleteSchema", {"schemaArn": _ARN}), _SEEN, _LISTED],
        [_silent("CreateSchema", {"name": "a", "schema": "{}"}),
         _said("CreateSchema", {"name": "a", "schema": "{}"}, code="InvalidInputException"), _LISTED],
        [_MADE, _silent("DescribeSchema", {"schemaArn": _ARN}), _SEEN, _LISTED],
    ],
)  # fmt: skip
def test_what_was_not_answered_may_have_been_done_or_not(after: list[Exchange]) -> None:
    contract = validate.load("personalize")
    found = [each for each in checks.run(contract, after) if each.severity > Severity.INFO]
    assert {each.check for each in found} == {"no_server_error"}


def test_without_the_silence_the_same_histories_are_wrong() -> None:
    contract = validate.load("personalize")
    assert {each.check for each in checks.run(contract, [_MADE, _GONE, _EMPTY])} >= {"closure", "created_is_listed"}
    refused = _said("CreateSchema", {"name": "a", "schema": "{}"}, code="InvalidInputException")
    assert {each.check for each in checks.run(contract, [refused, _LISTED])} >= {"no_effect_after_rejection"}


def test_tags_that_were_put_in_vain_may_be_there() -> None:
    put = {"resourceArn": _ARN, "tags": [{"tagKey": "a", "tagValue": "1"}]}
    other = {"resourceArn": _ARN, "tags": [{"tagKey": "a", "tagValue": "2"}]}
    listed = _said("ListTagsForResource", {"resourceArn": _ARN}, {"tags": other["tags"]})
    contract = validate.load("personalize")
    wrong = [_said("TagResource", put, {}), listed]
    assert [each.check for each in checks.run(contract, wrong, only=["tags_agree"])] == ["tags_agree"]
    unsure = [_said("TagResource", put, {}), _silent("TagResource", other), listed]
    assert list(checks.run(contract, unsure, only=["tags_agree"])) == []


def test_a_walk_is_not_held_against_a_write_that_was_not_answered() -> None:
    calls = [_MADE, _LISTED, _silent("DeleteSchema", {"schemaArn": _ARN}), _LISTED]
    read = history.read(validate.load("personalize"), calls)
    assert read.writes == [0, 2]
    assert not next(iter(read.lives.values())).surely_deleted


def test_patience_is_by_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_PATIENCE", 1)

    class Late(MemoryTarget):
        def send(self, operation: Any, instance: Any, **named: Any) -> Any:
            return Exchange(operation.service, operation.name, instance, unread=f"{LATE} 1 s")

    kept = Journal(Late(Emulator(seed=0)), fuzz.Coverage())
    for phase in ("boundary", "negative"):
        kept.open(SCHEMAS.contract, phase)
        assert kept.send(SCHEMAS, {}) is not None
        assert kept.send(SCHEMAS, {}) is None
    assert all(isinstance(each, Unchecked) for each in kept.unchecked)
    assert kept.tally(SCHEMAS).unread == 2
