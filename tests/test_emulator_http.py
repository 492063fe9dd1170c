"""The emulator over HTTP: its controls, its log, its stop, its store, and other people's SDKs against it."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from validator.__main__ import run
from validator.emulator import Emulator
from validator.emulator.log import Line
from validator.emulator.server import Server
from validator.emulator.web import asgi_app, wsgi_app
from validator.errors import EnvironmentFailedError, UnusableInputError

ROOT = Path(__file__).parent.parent
TARGET = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonPersonalize.CreateSchema"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Emulator(seed=1) as emulator:
        served = Server(emulator, port=0)
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield served
        served.stop()
        thread.join(10)


def ask(server: Server, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    try:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def client_of(url: str, key: str = "123456789012", service: str = "personalize") -> Any:
    return boto3.session.Session(key, "x", region_name="us-east-1").client(
        service, endpoint_url=url, config=Config(retries={"total_max_attempts": 1}, read_timeout=20)
    )


# Controls ------------------------------------------------------------------------------------------------------------


def test_health_says_what_is_served(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/_aws-contract/health")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert {"status": "ok", "services": ["forecast", "personalize"], "clock": "step"}.items() <= json.loads(
        body
    ).items()


def test_health_says_how_much_there_is(server: Server) -> None:
    def held() -> int:
        return int(json.loads(ask(server, "GET", "/_aws-contract/health")[2])["resources"])

    assert held() == 0
    arn = client_of(server.url).create_dataset_group(name="g")["datasetGroupArn"]
    client_of(server.url, "210987654321").create_dataset_group(name="g")
    client_of(server.url, service="forecast").create_dataset_group(DatasetGroupName="g", Domain="RETAIL")
    assert held() == 3
    client = client_of(server.url)
    for _ in range(3):
        client.describe_dataset_group(datasetGroupArn=arn)
    client.delete_dataset_group(datasetGroupArn=arn)
    ask(server, "POST", "/_aws-contract/advance", {"steps": 2})
    assert held() == 2
    assert ask(server, "POST", "/_aws-contract/reset")[0] == 200
    assert held() == 0


def test_advance_moves_states_and_reset_forgets(server: Server) -> None:
    client = client_of(server.url)
    arn = client.create_dataset_group(name="g")["datasetGroupArn"]
    assert ask(server, "POST", "/_aws-contract/advance")[0] == 200
    assert client.list_dataset_groups()["datasetGroups"][0]["status"] == "CREATE IN_PROGRESS"
    before = server.emulator.now()
    assert ask(server, "POST", "/_aws-contract/advance", {"seconds": 60})[0] == 200
    assert server.emulator.now() - before == pytest.approx(60)
    assert client.list_dataset_groups()["datasetGroups"][0]["status"] == "CREATE IN_PROGRESS"
    assert ask(server, "POST", "/_aws-contract/advance", {"steps": 1})[0] == 200
    assert client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"
    assert ask(server, "POST", "/_aws-contract/reset")[0] == 200
    assert client.list_dataset_groups()["datasetGroups"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_aws-contract/reset", None, 405),
        ("POST", "/_aws-contract/health", None, 405),
        ("POST", "/_aws-contract/explode", None, 404),
        ("POST", "/_aws-contract/advance", b"{", 400),
        ("POST", "/_aws-contract/advance", [1], 400),
        ("POST", "/_aws-contract/advance", {"steps": -1}, 400),
        ("POST", "/_aws-contract/advance", {"steps": 1.5}, 400),
        ("POST", "/_aws-contract/advance", {"seconds": "x"}, 400),
        ("HEAD", "/_aws-contract/health", None, 200),
        ("GET", "/", None, 404),
        ("DELETE", "/", None, 404),
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, method: str, path: str, body: Any, status: int) -> None:
    assert ask(server, method, path, body)[0] == status


def test_a_body_too_large_is_refused_unread(server: Server) -> None:
    with socket.create_connection(server.server_address[:2], timeout=10) as raw:
        head = "".join(f"{name}: {value}\r\n" for name, value in TARGET.items())
        raw.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 99999999\r\n\r\n".encode())
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"RequestEntityTooLargeException" in answer


def test_a_connection_is_kept_for_many_calls(server: Server) -> None:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    for number in range(3):
        connection.request("POST", "/", json.dumps({"name": f"s{number}", "schema": "{}"}), TARGET)
        answer = connection.getresponse()
        assert (answer.status, answer.version) == (200, 11)
        assert b"schemaArn" in answer.read()
    assert connection.sock is not None
    connection.close()


def test_a_port_that_is_taken_is_an_environment_failure(server: Server) -> None:
    with pytest.raises(EnvironmentFailedError, match="cannot listen on"):
        Server(server.emulator, port=int(server.server_address[1]))


def test_both_application_forms_answer_alike() -> None:
    body, answers = b'{"name": "s", "schema": "{}"}', []
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "CONTENT_LENGTH": str(len(body))}
    environ |= {"CONTENT_TYPE": TARGET["Content-Type"], "HTTP_X_AMZ_TARGET": TARGET["X-Amz-Target"]}
    started: list[Any] = []
    import io

    content = wsgi_app(Emulator(seed=1))({**environ, "wsgi.input": io.BytesIO(body)}, lambda *a: started.append(a))
    answers.append((started[0][0], dict(started[0][1]), b"".join(content)))

    import asyncio

    sent: list[Any] = []
    events = [{"type": "http.request", "body": body[:5], "more_body": True}, {"type": "http.request", "body": body[5:]}]

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [(name.lower().encode(), value.encode()) for name, value in TARGET.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(asgi_app(Emulator(seed=1))(scope, receive, send))
    assert answers[0][0] == "200 OK"
    assert sent[0]["status"] == 200
    assert {name.decode(): value.decode() for name, value in sent[0]["headers"]} == {
        name.lower(): value for name, value in answers[0][1].items()
    }
    assert sent[1]["body"] == answers[0][2]


# Log -----------------------------------------------------------------------------------------------------------------


def line(operation: str, body: bytes, **headers: str) -> str:
    emulator = Emulator()
    given = {**TARGET, "X-Amz-Target": f"AmazonPersonalize.{operation}", **headers}
    return str(
        Line(emulator, "POST", "/?X-Amz-Signature=abc", given, body, emulator.handle("POST", "/", given, body), 0.001)
    )


def test_the_log_names_the_call_and_no_secret() -> None:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/personalize/aws4_request, Signature=f00"
    )
    said = line("CreateSchema", b'{"name": "s", "schema": "{}"}', Authorization=authorization)
    assert said == 'POST personalize.CreateSchema 200 1.0ms 111111111111/eu-west-1 {"name": "s", "schema": "{}"}'


def test_the_log_masks_what_the_contract_calls_sensitive_and_what_it_does_not_know() -> None:
    said = line("CreateFilter", b'{"name": "f", "filterExpression": "EXCLUDE Items", "x": {"password": "p"}}')
    assert '"filterExpression": "***"' in said
    assert '"x": "***"' in said
    assert "EXCLUDE" not in said


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 3000, b'{"name": "\\u001b[31m\\nforged"}'])
def test_the_log_stays_one_line(body: bytes) -> None:
    said = line("CreateSchema", body)
    assert "\n" not in said
    assert "\x1b" not in said


def test_each_request_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "aws_contract.serve"):
        client_of(server.url).list_schemas()
        ask(server, "GET", "/favicon.ico?token=secret")
        time.sleep(0.05)
    assert "POST personalize.ListSchemas 200" in caplog.text
    assert "secret" not in caplog.text


# As a process --------------------------------------------------------------------------------------------------------


class Process:
    """`aws-contract serve` in a process of its own."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "validator", "serve", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found, said + self.process.communicate()[1]
        self.url = found[0]

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        _out, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def test_serve_plants_logs_and_stops_in_order(tmp_path: Path) -> None:
    seed = tmp_path / "seed.jsonl"
    arn = "arn:aws:personalize:us-east-1:123456789012"
    calls = [
        {"operation": "CreateSchema", "request": {"name": "s", "schema": "{}"}},
        {"operation": "CreateDatasetGroup", "request": {"name": "g"}},
        {
            "operation": "CreateDataset",
            "request": {
                "name": "d",
                "schemaArn": f"{arn}:schema/s",
                "datasetGroupArn": f"{arn}:dataset-group/g",
                "datasetType": "Users",
            },
        },
    ]
    seed.write_text("".join(json.dumps({"service": "personalize", **each}) + "\n\n" for each in calls))
    with Process("--seed", str(seed)) as served:
        described = client_of(served.url).describe_dataset(datasetArn=f"{arn}:dataset/g/USERS")
        assert described["dataset"]["status"] == "ACTIVE"
        status, errors = served.end(signal.SIGTERM)
    assert status == 0
    assert "POST personalize.DescribeDataset 200" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--seed", "seed.jsonl"], 2, "call 1: personalize.CreateSchema is refused: ValidationException"),
        (["--seed", "bad.jsonl"], 2, "bad.jsonl:1: not JSON"),
        (["--quota", "personalize.Nothing=1"], 2, "no resource named 'personalize.Nothing'"),
        (["--quota", "personalize.Dataset=many"], 2, "is not RESOURCE=N"),
        (["--account", "12"], 2, "an account is twelve digits"),
        (["--store", "seed.jsonl"], 2, "not a store of this emulator"),
        (["--mock", "nosuchservice"], 2, "nosuchservice"),
        (["--host", "192.0.2.1"], 3, "cannot listen on 192.0.2.1"),
    ],
)
def test_serve_says_in_one_line_what_is_wrong(
    options: list[str], status: int, said: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seed.jsonl").write_text('{"service": "personalize", "operation": "CreateSchema", "request": {"name": "-"}}\n')
    Path("bad.jsonl").write_text("{\n")
    assert run(["serve", "--port", "0", *options]) == status
    printed = capsys.readouterr().err
    assert said in printed
    assert len(printed.splitlines()) == 1


def test_a_client_that_waits_to_be_told_to_go_on_is_told(server: Server) -> None:
    body = b'{"name": "s", "schema": "{}"}'
    head = "".join(f"{name}: {value}\r\n" for name, value in TARGET.items())
    with socket.create_connection(server.server_address[:2], timeout=10) as raw:
        raw.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{head}Expect: 100-continue\r\nContent-Length: 29\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        raw.sendall(body)
        assert raw.recv(100).startswith(b"HTTP/1.1 200 ")


# Store ---------------------------------------------------------------------------------------------------------------


def test_nothing_acknowledged_is_lost_after_kill_9(tmp_path: Path) -> None:
    store, acknowledged = tmp_path / "state.sqlite", []
    with Process("--store", str(store), "--quiet") as served:
        clients = [client_of(served.url) for _ in range(4)]

        def write(number: int) -> None:
            index = 0
            while True:
                try:
                    made = clients[number].create_schema(name=f"s-{number}-{index}", schema="{}")["schemaArn"]
                except Exception:
                    return
                acknowledged.append(made)
                index += 1

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        served.end(signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    with Emulator(store=store) as again:
        kept = [found.identifier for shelf in again.store.shelves.values() for found in shelf.by_number.values()]
        assert len(acknowledged) > 8
        assert set(acknowledged) <= set(kept)
        assert len(kept) - len(acknowledged) <= 4


def test_state_tokens_and_tags_survive_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "state.sqlite"
    with Emulator(store=store) as emulator:
        client = emulator.client("personalize")
        for name in "abc":
            arn = client.create_dataset_group(name=name, tags=[{"tagKey": "k", "tagValue": name}])["datasetGroupArn"]
        emulator.advance(2)
        client.delete_dataset_group(datasetGroupArn=arn)
        token = client.list_dataset_groups(maxResults=1)["nextToken"]
        before = client.list_dataset_groups()["datasetGroups"]
    with Emulator(store=store) as emulator:
        client = emulator.client("personalize")
        assert client.list_dataset_groups()["datasetGroups"] == before
        assert [g["name"] for g in client.list_dataset_groups(nextToken=token)["datasetGroups"]] == ["b", "c"]
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "k", "tagValue": "c"}]
        emulator.advance(1)
        assert [g["name"] for g in client.list_dataset_groups()["datasetGroups"]] == ["a", "b"]
        emulator.reset()
    with Emulator(store=store) as emulator:
        assert emulator.client("personalize").list_dataset_groups()["datasetGroups"] == []


def test_a_store_is_held_by_one_emulator_and_is_no_other_file(tmp_path: Path) -> None:
    store = tmp_path / "state.sqlite"
    with Emulator(store=store), pytest.raises(EnvironmentFailedError, match="another emulator"):
        Emulator(store=store)
    other = tmp_path / "notes.txt"
    other.write_text("not a database, but long enough to be taken for one" * 40)
    with pytest.raises(UnusableInputError, match="not a store"):
        Emulator(store=other)
    with pytest.raises(EnvironmentFailedError):
        Emulator(store=tmp_path / "nowhere" / "state.sqlite")


def test_what_cannot_be_kept_is_not_acknowledged(tmp_path: Path) -> None:
    with Emulator(store=tmp_path / "state.sqlite") as emulator:
        assert emulator.keeper is not None
        emulator.keeper._connection.execute("PRAGMA query_only = ON")
        body = b'{"name": "s", "schema": "{}"}'
        status, _headers, content = emulator.exchange("personalize", "CreateSchema", body)
        assert (status, json.loads(content)["__type"]) == (500, "InternalFailure")


# Other people's SDKs -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_aws_cli_works_against_it(server: Server) -> None:
    aws = os.environ.get("AWS_CLI") or shutil.which("aws")
    if aws is None:
        pytest.skip("the AWS CLI is not installed; AWS_CLI names one that is not on the PATH")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PAGER": ""}

    def run(*words: str) -> Any:
        command = [
            aws,
            "--endpoint-url",
            server.url,
            "--region",
            "us-east-1",
            "--output",
            "json",
            "personalize",
            *words,
        ]
        ran = subprocess.run(command, capture_output=True, text=True, env=environment)
        return json.loads(ran.stdout) if ran.returncode == 0 else ran.stderr

    made = run("create-schema", "--name", "s", "--schema", "{}")
    assert run("describe-schema", "--schema-arn", made["schemaArn"])["schema"]["name"] == "s"
    assert "ResourceAlreadyExistsException" in run("create-schema", "--name", "s", "--schema", "{}")
    assert len(run("list-schemas", "--page-size", "1")["schemas"]) == 1


JAVASCRIPT = """
import * as sdk from "@aws-sdk/client-personalize";
const {PersonalizeClient, CreateSchemaCommand, DescribeSchemaCommand, paginateListSchemas} = sdk;
const credentials = {accessKeyId: "123456789012", secretAccessKey: "x"};
const client = new PersonalizeClient({endpoint: process.argv[2], region: "us-east-1", credentials});
const found = {arns: []};
for (const name of ["a", "b", "c"]) await client.send(new CreateSchemaCommand({name, schema: "{}"}));
for await (const page of paginateListSchemas({client, pageSize: 2}, {}))
  found.arns.push(...page.schemas.map(s => s.schemaArn));
const described = await client.send(new DescribeSchemaCommand({schemaArn: found.arns[0]}));
found.date = described.schema.creationDateTime instanceof Date;
const fails = (name) => client.send(new CreateSchemaCommand({name, schema: "{}"})).then(() => null, (error) => error);
found.error = (await fails("a")).name;
found.broken = (await fails("-")).message;
console.log(JSON.stringify(found));
"""


@pytest.mark.slow
def test_the_javascript_sdk_works_against_it(server: Server, tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not installed")
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--silent", "@aws-sdk/client-personalize"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if installed.returncode != 0:
        pytest.skip(f"the SDK cannot be installed: {installed.stderr.strip()[-200:]}")
    script = tmp_path / "calls.mjs"
    script.write_text(JAVASCRIPT)
    ran = subprocess.run([node, str(script), server.url], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    found = json.loads(ran.stdout)
    assert [arn.rpartition("/")[2] for arn in found["arns"]] == ["a", "b", "c"]
    assert found["date"] is True
    assert found["error"] == "ResourceAlreadyExistsException"
    assert "1 validation error detected" in found["broken"]
