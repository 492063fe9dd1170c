"""What the emulator costs: beneath boto3, through boto3 in process, over HTTP, and under many clients at once.

    python benchmarks/bench_emulator.py              beneath boto3 and through it, in process
    python benchmarks/bench_emulator.py --http       over HTTP, beside moto_server where there is one
    python benchmarks/bench_emulator.py --soak 60    64 concurrent clients for that many seconds

Times are of CPU. What is compared is measured in turns of one run, and the medians of the turns are compared.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from validator.emulator import Emulator

KEYS = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "x", "region_name": "us-east-1"}
ONCE = Config(retries={"total_max_attempts": 1}, max_pool_connections=4)


def main() -> None:
    if "--soak" in sys.argv:
        soak(float(sys.argv[sys.argv.index("--soak") + 1]))
    elif "--http" in sys.argv:
        over_http()
    else:
        beneath()
        through_boto3()


def turns(actions: dict[str, Callable[[], object]], calls: int, rounds: int) -> dict[str, float]:
    """Median microseconds of CPU a call, each action measured in turn, round after round."""
    found: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        for name, action in actions.items():
            began = time.process_time_ns()
            for _ in range(calls):
                action()
            # The first round warms up.
            if number:
                found[name].append((time.process_time_ns() - began) / calls / 1e3)
    return {name: statistics.median(times) for name, times in found.items()}


def with_jobs(count: int) -> tuple[Emulator, str]:
    """An emulator with so many jobs of one dataset, and the dataset's ARN."""
    emulator = Emulator(seed=1, quotas={"personalize.DatasetImportJob": None})
    arn = "arn:aws:personalize:us-east-1:123456789012"
    for operation, request in [
        ("CreateSchema", {"name": "s", "schema": "{}"}),
        ("CreateDatasetGroup", {"name": "g"}),
        (
            "CreateDataset",
            {
                "name": "d",
                "schemaArn": f"{arn}:schema/s",
                "datasetGroupArn": f"{arn}:dataset-group/g",
                "datasetType": "Users",
            },
        ),
    ]:
        emulator.exchange("personalize", operation, json.dumps(request).encode())
        emulator.advance(2)
    dataset = f"{arn}:dataset/g/USERS"
    for number in range(count):
        request = {
            "jobName": f"job-{number}",
            "datasetArn": dataset,
            "dataSource": {"dataLocation": "s3://bucket/interactions.csv"},
            "roleArn": "arn:aws:iam::123456789012:role/PersonalizeImport",
        }
        status, _headers, body = emulator.exchange(
            "personalize", "CreateDatasetImportJob", json.dumps(request).encode()
        )
        assert status == 200, body
        if number == count // 2:
            emulator.advance(2)
    return emulator, dataset


def beneath() -> None:
    print("beneath boto3: request parsed and checked, answer encoded")
    few, dataset = with_jobs(100)
    began = time.process_time()
    many, _ = with_jobs(100_000)
    print(f"  create                         {(time.process_time() - began) / 1e5 * 1e6:8.1f} us")
    job = json.dumps({"datasetImportJobArn": dataset.replace("dataset/g/USERS", "dataset-import-job/job-7")}).encode()
    page = json.dumps({"datasetArn": dataset, "maxResults": 20}).encode()
    last = page_at(many, dataset, 90_000)

    def ask(emulator: Emulator, operation: str, body: bytes) -> Callable[[], object]:
        return lambda: emulator.exchange("personalize", operation, body)

    assert few.exchange("personalize", "DescribeDatasetImportJob", job)[0] == 200
    measured = turns(
        {
            "describe, of 100 jobs": ask(few, "DescribeDatasetImportJob", job),
            "describe, of 100,000 jobs": ask(many, "DescribeDatasetImportJob", job),
            "list 20, of 100 jobs": ask(few, "ListDatasetImportJobs", page),
            "list 20, of 100,000 jobs": ask(many, "ListDatasetImportJobs", page),
            "list 20, after 90,000": ask(many, "ListDatasetImportJobs", last),
        },
        calls=1000,
        rounds=9,
    )
    for name, cost in measured.items():
        print(f"  {name:30} {cost:8.1f} us")


def page_at(emulator: Emulator, dataset: str, after: int) -> bytes:
    """A request for 20 jobs after so many, found by walking there."""
    request: dict[str, Any] = {"datasetArn": dataset, "maxResults": 100}
    for _ in range(after // 100):
        body = emulator.exchange("personalize", "ListDatasetImportJobs", json.dumps(request).encode())[2]
        request["nextToken"] = json.loads(body)["nextToken"]
    return json.dumps({**request, "maxResults": 20}).encode()


def through_boto3() -> None:
    print("through boto3, in process")
    emulator = Emulator(seed=1)
    ours = emulator.client("personalize", config=ONCE)
    arn = ours.create_schema(name="s", schema="{}")["schemaArn"]
    body = json.dumps({"schemaArn": arn}).encode()
    _status, headers, content = emulator.exchange("personalize", "DescribeSchema", body)
    stub = boto3.session.Session(**KEYS).client("personalize", config=ONCE)

    def constant(request: Any, **kwargs: Any) -> Any:
        answer = AWSResponse(request.url, 200, HeadersDict(headers), io.BytesIO(content))
        answer._content = content
        return answer

    stub.meta.events.register("before-send", constant)
    actions: dict[str, Callable[[], object]] = {
        "stub with constant bytes": lambda: stub.describe_schema(schemaArn=arn),
        "emulator": lambda: ours.describe_schema(schemaArn=arn),
    }
    with contextlib.ExitStack() as stack:
        try:
            from moto import mock_aws
        except ImportError:
            print("  moto is not installed: not compared")
        else:
            stack.enter_context(mock_aws())
            theirs = boto3.session.Session(**KEYS).client("personalize", config=ONCE)
            known = theirs.create_schema(name="s", schema="{}")["schemaArn"]
            actions["moto"] = lambda: theirs.describe_schema(schemaArn=known)
        measured = turns(actions, calls=1, rounds=1000)
    base = measured["stub with constant bytes"]
    for name, cost in measured.items():
        print(f"  {name:30} {cost:8.1f} us   {cost / base:5.2f} x")


def over_http() -> None:
    print("over HTTP, describe_schema through one boto3 client")
    commands = {"emulator": [sys.executable, "-m", "validator", "serve", "--quiet", "--port"]}
    moto_server = os.environ.get("MOTO_SERVER") or shutil.which("moto_server")
    if moto_server is None:
        print("  no moto_server on the PATH (MOTO_SERVER names one elsewhere): not compared")
    else:
        commands["moto_server"] = [moto_server, "-p"]
    rates: dict[str, list[float]] = {name: [] for name in commands}
    with contextlib.ExitStack() as stack:
        clients = {name: stack.enter_context(_served(command)) for name, command in commands.items()}
        arns = {name: client.create_schema(name="s", schema="{}")["schemaArn"] for name, client in clients.items()}
        for number in range(10):
            for name, client in clients.items():
                began = time.perf_counter()
                for _ in range(60):
                    client.describe_schema(schemaArn=arns[name])
                if number:
                    rates[name].append(60 / (time.perf_counter() - began))
    base = statistics.median(rates.get("moto_server", [float("nan")]))
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"  {name:30} {median:8.0f} calls/s   {median / base:5.2f} x")


@contextlib.contextmanager
def _served(command: list[str]) -> Iterator[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(150):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.2)
        url = f"http://127.0.0.1:{port}"
        yield boto3.session.Session(**KEYS).client("personalize", endpoint_url=url, config=ONCE)
    finally:
        process.terminate()
        process.wait(20)


def soak(seconds: float) -> None:
    """64 clients at once: every schema that was acknowledged is there once, and nothing went wrong."""
    print(f"64 clients for {seconds:.0f} s")
    made: list[list[str]] = [[] for _ in range(64)]
    wrong: list[str] = []
    with _served([sys.executable, "-m", "validator", "serve", "--quiet", "--port"]) as first:
        url, until = first.meta.endpoint_url, time.monotonic() + seconds
        session = boto3.session.Session(**KEYS)
        clients = [session.client("personalize", endpoint_url=url, config=ONCE) for _ in made]
        calls = [0] * 64

        def work(number: int) -> None:
            client = clients[number]
            try:
                while time.monotonic() < until:
                    name = f"s-{number}-{len(made[number])}"
                    made[number].append(client.create_schema(name=name, schema="{}")["schemaArn"])
                    shown = client.describe_schema(schemaArn=made[number][-1])["schema"]["name"]
                    client.list_schemas(maxResults=20)
                    calls[number] += 3
                    if shown != name:
                        wrong.append(f"asked for {name}, got {shown}")
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {error}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pages = first.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 100})
        listed = [each["schemaArn"] for page in pages for each in page["schemas"]]
    acknowledged = [arn for arns in made for arn in arns]
    print(f"  calls                          {sum(calls):8d}   ({sum(calls) / seconds:.0f}/s)")
    print(f"  errors                         {len(wrong):8d}   {wrong[:2] or ''}")
    print(f"  lost                           {len(set(acknowledged) - set(listed)):8d}")
    print(f"  twice                          {len(listed) - len(set(listed)):8d}")


if __name__ == "__main__":
    main()
