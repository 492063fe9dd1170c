"""What pre-flight adds to a boto3 call, and to a process.

    python benchmarks/bench_preflight.py           time of a whole call stubbed at `before-send`
    python benchmarks/bench_preflight.py --memory  memory of a process that attached to ten services

The calls with and without pre-flight take turns, call by call, in one run.
"""

from __future__ import annotations

import gc
import io
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

import validator

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
ARN = "arn:aws:personalize:us-east-1:123456789012:dataset/shop/INTERACTIONS"
JOB = {
    "jobName": "import-1",
    "datasetArn": ARN,
    "dataSource": {"dataLocation": "s3://bucket/key.csv"},
    "roleArn": "arn:aws:iam::123456789012:role/Import",
}
LISTED = [
    {"datasetImportJobArn": ARN, "jobName": f"job-{i}", "status": "ACTIVE", "creationDateTime": 1.5} for i in range(20)
]
PLAIN = {f"attribute{i}": ({"S": f"value {i}"}, {"N": str(i)}, {"BOOL": True})[i % 3] for i in range(20)}
BINARY = {f"attribute{i}": ({"S": f"value {i}"}, {"N": str(i)}, {"B": b"bytes %d" % i})[i % 3] for i in range(20)}
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/queue"

CALLS: list[tuple[str, str, str, dict[str, Any], Any]] = [
    ("personalize create", "personalize", "create_dataset_import_job", JOB, {"datasetImportJobArn": ARN}),
    (
        "personalize list 20",
        "personalize",
        "list_dataset_import_jobs",
        {"maxResults": 20},
        {"datasetImportJobs": LISTED},
    ),
    ("dynamodb put_item 20", "dynamodb", "put_item", {"TableName": "table", "Item": PLAIN}, {}),
    ("with binary", "dynamodb", "put_item", {"TableName": "table", "Item": BINARY}, {}),
    ("sqs send_message", "sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "x" * 500}, {"MessageId": "1"}),
    ("lambda invoke", "lambda", "invoke", {"FunctionName": "f", "Payload": b"{}"}, {}),
]


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


def _client(service: str, answer: Any, **attach: Any) -> Any:
    client = boto3.Session().client(service, **KEYS)
    body = json.dumps(answer).encode()
    headers = {"content-type": "application/x-amz-json-1.1"}
    client.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 200, headers, _Raw(body)))
    return validator.attach(client, **attach) if attach else client


def calls(rounds: int = 1500) -> None:
    print(f"{'call':24}{'plain':>10}{'request':>10}{'target':>8}{'both':>10}{'target':>8}")
    for label, service, method, params, answer in CALLS:
        plain = getattr(_client(service, answer), method)
        request = getattr(_client(service, answer, on_violation="raise"), method)
        both = getattr(_client(service, answer, on_violation="raise", responses=True), method)
        variants = [plain, request, both, plain, request, both]
        costs: list[list[float]] = [[], [], []]
        for variant in variants * 20:
            variant(**params)
        gc.collect()
        gc.disable()
        for number in range(rounds):
            shift = number % 3
            for place in range(3):
                which = (place + shift) % 3
                begun = time.thread_time()
                variants[which](**params)
                costs[which].append(time.thread_time() - begun)
            if number % 200 == 0:
                gc.collect()
        gc.enable()
        base = statistics.median(costs[0])
        # Of each round by itself: what slows the machine down for a while slows all three.
        one, two = (
            (statistics.median(cost / plain for cost, plain in zip(each, costs[0], strict=True)) - 1) * 100
            for each in costs[1:]
        )
        missed = "" if one <= 3 and two <= 10 else "   MISSED"
        print(f"{label:24}{base * 1e6:8.0f}us{one:9.1f}%{'3%':>8}{two:9.1f}%{'10%':>8}{missed}")


SERVICES = ("personalize", "forecast", "s3", "dynamodb", "lambda", "sqs", "iam", "ec2", "sts", "kms")
_XML = b"<Response><Result/></Response>"
USED: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "personalize": ("list_dataset_import_jobs", {}, b"{}"),
    "forecast": ("list_dataset_import_jobs", {}, b"{}"),
    "s3": ("list_objects_v2", {"Bucket": "bucket"}, _XML),
    "dynamodb": ("put_item", {"TableName": "table", "Item": {"a": {"S": "x"}}}, b"{}"),
    "lambda": ("list_functions", {}, b"{}"),
    "sqs": ("list_queues", {}, b"{}"),
    "iam": ("list_roles", {}, b"<R><ListRolesResult><Roles/><IsTruncated>false</IsTruncated></ListRolesResult></R>"),
    "ec2": ("describe_instances", {}, _XML),
    "sts": ("get_caller_identity", {}, b"<R><GetCallerIdentityResult/></R>"),
    "kms": ("list_keys", {}, b"{}"),
}


def one_process(attached: bool) -> None:
    """Make ten clients and call each; print the resident memory."""
    if attached:
        validator.attach(responses=True)
    session = boto3.Session()
    for service in SERVICES:
        client = session.client(service, **KEYS)
        method, params, body = USED[service]
        client.meta.events.register(
            "before-send", lambda request, body=body, **_: AWSResponse(request.url, 200, {}, _Raw(body))
        )
        getattr(client, method)(**params)
    gc.collect()
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def memory() -> None:
    sizes = {}
    for name in ("plain", "attached", "plain", "attached"):
        found = subprocess.run(
            [sys.executable, __file__, "--process", name],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[1:] or [""])},
        )
        sizes.setdefault(name, []).append(int(found.stdout.split()[-1]) / 1024)
    plain, attached = (min(sizes[name]) for name in ("plain", "attached"))
    added = f"{attached - plain:+.1f} MB, target 30 MB"
    print(f"plain {plain:.1f} MB, attached to {len(SERVICES)} services {attached:.1f} MB: {added}")


if __name__ == "__main__":
    if "--process" in sys.argv:
        one_process(sys.argv[-1] == "attached")
    elif "--memory" in sys.argv:
        memory()
    else:
        calls()
