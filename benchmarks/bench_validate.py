"""What a verdict costs, as ratios taken in one run: against botocore's own ParamValidator and bare jsonschema-rs.

    python benchmarks/bench_validate.py            the verdicts
    python benchmarks/bench_validate.py --first    the first call of every operation of every service

Each measurement of ours stands between two of the other side's, and the medians of many such rounds are compared.
"""

from __future__ import annotations

import datetime
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import botocore.session
import jsonschema_rs
from botocore.validate import ParamValidator

from validator import instances, sources
from validator.contract import from_model_files
from validator.engines.render import render
from validator.validate import is_valid, iter_violations, load, verdict_of

ROLE = "arn:aws:iam::123456789012:role/PersonalizeImport"
DATASET = "arn:aws:personalize:us-east-1:123456789012:dataset/shop/INTERACTIONS"
JOB = "arn:aws:personalize:us-east-1:123456789012:dataset-import-job/job-{}"


def _jobs(stamp: Callable[[int], Any]) -> dict[str, Any]:
    jobs = [
        {
            "datasetImportJobArn": JOB.format(i),
            "jobName": f"job-{i}",
            "status": "ACTIVE",
            "importMode": "FULL",
            "creationDateTime": stamp(i),
            "lastUpdatedDateTime": stamp(i + 1),
        }
        for i in range(100)
    ]
    return {"datasetImportJobs": jobs, "nextToken": "dG9rZW4="}


def _items() -> dict[str, Any]:
    item: dict[str, Any] = {"pk": {"S": "user#1"}}
    for i in range(49):
        item[f"attribute{i}"] = ({"S": f"value {i}"}, {"N": str(i)}, {"B": b"some bytes %d" % i}, {"BOOL": True})[i % 4]
    return {"TableName": "orders", "Item": item, "ReturnConsumedCapacity": "TOTAL"}


RUN_INSTANCES = {
    "ImageId": "ami-0abcdef1234567890",
    "InstanceType": "t3.micro",
    "MinCount": 1,
    "MaxCount": 2,
    "KeyName": "key",
    "SecurityGroupIds": ["sg-1", "sg-2"],
    "UserData": "IyEvYmluL3NoCg==",
    "EbsOptimized": True,
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 100, "VolumeType": "gp3", "Encrypted": True}}
    ],
    "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-1", "AssociatePublicIpAddress": True}],
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": [{"Key": f"k{i}", "Value": f"v{i}"} for i in range(10)]}
    ],
    "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
    "Monitoring": {"Enabled": True},
}

CASES: list[tuple[str, str, str, str, Any, float]] = [
    (
        "CreateDatasetImportJob request",
        "personalize",
        "CreateDatasetImportJob",
        "request",
        {
            "jobName": "import-2026-11",
            "datasetArn": DATASET,
            "roleArn": ROLE,
            "importMode": "FULL",
            "dataSource": {"dataLocation": "s3://bucket/interactions.csv"},
            "publishAttributionMetricsToS3": False,
            "tags": [{"tagKey": "team", "tagValue": "shop"}],
        },
        0.2,
    ),
    (
        "ListDatasetImportJobs request",
        "personalize",
        "ListDatasetImportJobs",
        "request",
        {"datasetArn": DATASET, "maxResults": 100},
        0.4,
    ),
    ("DynamoDB PutItem, 50 attributes", "dynamodb", "PutItem", "request", _items(), 0.3),
    ("EC2 RunInstances", "ec2", "RunInstances", "request", RUN_INSTANCES, 0.15),
    (
        "100-job list response, wire",
        "personalize",
        "ListDatasetImportJobs",
        "response",
        json.loads(json.dumps(_jobs(lambda i: 1_700_000_000.5 + i))),
        0.05,
    ),
    (
        "100-job list response, boto3",
        "personalize",
        "ListDatasetImportJobs",
        "response",
        _jobs(lambda i: datetime.datetime.fromtimestamp(1_700_000_000 + i, datetime.timezone.utc)),
        0.15,
    ),
]


def once(function: Callable[[], Any], repeat: int) -> float:
    begun = time.thread_time()
    for _ in range(repeat):
        function()
    return (time.thread_time() - begun) / repeat


def compare(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = 41) -> tuple[float, float]:
    """Median seconds of ours, and median ratio to the theirs before and after it."""
    repeat = max(1, int(0.004 / max(once(theirs, 3), 1e-7)))
    ours()
    gc.disable()
    mine, ratios = [], []
    for _ in range(rounds):
        before, own, after = once(theirs, repeat), once(ours, repeat), once(theirs, repeat)
        mine.append(own)
        ratios.append(own / ((before + after) / 2))
    gc.enable()
    return statistics.median(mine), statistics.median(ratios)


def verdicts() -> None:
    session = botocore.session.Session()
    print(f"{'case':36}{'ours':>10}{'ratio':>8}{'target':>8}   {'to bare jsonschema-rs':>22}{'target':>8}")
    for label, service, name, direction, instance, target in CASES:
        operation = load(service).operation(name)
        model = session.get_service_model(service).operation_model(name)
        shape = model.input_shape if direction == "request" else model.output_shape
        validator = ParamValidator()
        assert not validator.validate(instance, shape).has_errors(), label
        convert, verdict = instances.stand_in_of(operation, direction), verdict_of(operation, direction)
        canonical = instances.from_boto3(operation, instance, direction)
        assert verdict(instance if convert is None or "wire" in label else convert(instance)), label

        def ours(instance: Any = instance, convert: Any = convert, verdict: Any = verdict, label: str = label) -> Any:
            return verdict(instance if convert is None or "wire" in label else convert(instance))

        seconds, ratio = compare(ours, lambda v=validator, i=instance, s=shape: v.validate(i, s))
        bare = jsonschema_rs.Draft202012Validator(
            render(operation.contract, operation.shape(direction)).schema, pattern_options=jsonschema_rs.RegexOptions()
        )
        _, over = compare(
            lambda o=operation, c=canonical, d=direction: is_valid(o, c, d), lambda b=bare, c=canonical: b.is_valid(c)
        )
        print(
            f"{label:36}{seconds * 1e6:8.2f}us{ratio:8.3f}{target:8.2f}   {over:22.2f}{1.5:8.2f}"
            f"{'' if ratio <= target and over <= 1.5 else '   MISSED'}"
        )


def first_calls(every: int = 1) -> None:
    """The time from a loaded model to a first verdict, over all operations, each with nothing prepared."""
    folder, costs = sources.installed(), []
    warm = from_model_files(folder.load("sqs"), judge=iter_violations)
    verdict_of(warm.operation("CreateQueue"))
    for service in folder.services:
        files = folder.load(service)
        # The model is loaded, and no garbage of this loop is collected at the cost of a call.
        gc.collect()
        gc.freeze()
        for index, name in enumerate(sorted(files.model["operations"])):
            if index % every:
                continue
            contract = from_model_files(files, judge=iter_violations)
            begun = time.thread_time()
            operation = contract.operation(name)
            instances.stand_in_of(operation)
            verdict_of(operation)
            costs.append((time.thread_time() - begun, f"{service}.{name}"))
    costs.sort()
    for label, share, target in (("median", 0.5, 5), ("99th percentile", 0.99, 20), ("slowest", 1, None)):
        seconds, name = costs[min(int(len(costs) * share), len(costs) - 1)]
        print(f"{label:16} {seconds * 1e3:8.2f} ms  {name:50} {f'target {target} ms' if target else ''}")
    print(f"{len(costs)} operations; slowest:", ", ".join(f"{name} {s * 1e3:.0f}" for s, name in costs[-8:]))


if __name__ == "__main__":
    if "--first" in sys.argv:
        first_calls(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    else:
        verdicts()
