"""Mocked services: botocore reads what was drawn, in every protocol; answers repeat and say that they are made up."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pytest
from botocore.config import Config

from validator import instances, validate
from validator.contract import Operation
from validator.demands import root
from validator.emulator import Emulator
from validator.emulator.mock import SYNTHETIC
from validator.emulator.scalars import to_cbor
from validator.smallest import smallest

# One service or more of each protocol, the REST ones with members in headers.
SERVICES = ["sqs", "dynamodb", "iam", "ec2", "lambda", "cloudwatch", "route53", "s3"]
LENIENT = Config(parameter_validation=False, retries={"total_max_attempts": 1})


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, datetime.datetime):
        # Some forms of time have whole seconds.
        return value.astimezone(datetime.timezone.utc).replace(microsecond=0)
    return value.read() if hasattr(value, "read") else value


def without_empty(value: Any) -> Any:
    """XML has no way to tell an empty container from an absent one, botocore either."""
    if isinstance(value, dict):
        kept = {name: without_empty(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in ({}, [], "", b"")}
    return [without_empty(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("service", SERVICES)
def test_botocore_reads_what_was_drawn(service: str) -> None:
    contract = validate.load(service)
    names = random.Random(service).sample(contract.operations, 4)
    with Emulator(mock=[service], seed=3) as aws:
        client = aws.client(service, config=LENIENT)
        for name in names:
            operation = contract.operation(name)
            answer = client._make_api_call(name, _params(operation))
            assert answer["ResponseMetadata"]["HTTPHeaders"][SYNTHETIC] == "seed=3"
            assert aws.mock is not None
            drawn = [plain(instances.to_boto3(operation, each, "response")) for each in aws.mock.drawn(operation)]
            expected = [_read(operation, each) for each in drawn] if operation.output else [{}]
            assert _read(operation, plain(answer)) in expected, name


def _read(operation: Operation, value: Any) -> Any:
    """What of a response can be compared: not what holds the HTTP status, nor texts that no header can carry."""
    schema = operation.contract.define(operation.output)["properties"] if operation.output else {}
    places = {name: member.get("x-aws-location") for name, member in schema.items()}
    kept = {name: each for name, each in value.items() if places[name] != "statusCode"}
    return without_empty({name: each for name, each in kept.items() if places[name] != "header" or _clean(each)})


def _clean(value: Any) -> bool:
    return not isinstance(value, str) or (value.isascii() and value.isprintable() and value.strip() == value != "")


def _params(operation: Operation) -> Any:
    if operation.input is None:
        return {}
    params = dict(
        instances.to_boto3(operation, smallest(operation.contract, root(operation.contract, operation.input)))
    )
    return {**params, "Bucket": "a-bucket"} if operation.service == "s3" and "Bucket" in params else params


def test_answers_depend_on_seed_and_request_alone() -> None:
    def answers(seed: int, order: list[str]) -> dict[str, Any]:
        with Emulator(mock=["sqs"], seed=seed) as aws:
            client = aws.client("sqs")
            return {url: plain(client.receive_message(QueueUrl=url)) for url in order}

    urls = [f"https://sqs/{number}" for number in range(6)]
    assert answers(1, urls) == answers(1, urls[::-1])
    assert answers(1, urls) != answers(2, urls)


def test_a_walk_through_pages_ends() -> None:
    with Emulator(mock=["dynamodb"], seed=1) as aws:
        assert len(list(aws.client("dynamodb").get_paginator("list_tables").paginate())) == 1


def test_a_broken_request_is_refused_in_the_services_own_protocol() -> None:
    with Emulator(mock=["sqs", "lambda", "ec2", "iam"], seed=1) as aws:
        for service, call, params in [
            ("lambda", "get_function", {"FunctionName": "no such name!"}),
            ("iam", "get_user", {"UserName": "a b"}),
        ]:
            client = aws.client(service, config=LENIENT)
            with pytest.raises(client.exceptions.ClientError, match="1 validation error detected") as raised:
                getattr(client, call)(**params)
            assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_mocked_service_that_is_emulated_keeps_its_emulated_operations() -> None:
    with Emulator(mock=["personalize"], seed=1) as aws:
        client = aws.client("personalize")
        arn = client.create_schema(name="s", schema="{}")["schemaArn"]
        assert client.describe_schema(schemaArn=arn)["schema"]["name"] == "s"
        listed = client.list_campaigns()
        assert SYNTHETIC in listed["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"), (23, "17"), (24, "1818"), (1000, "1903e8"), (1000000000000, "1b000000e8d4a51000"), (-1, "20"),
        (-1000, "3903e7"), (1.1, "fb3ff199999999999a"), (False, "f4"), (True, "f5"), (None, "f6"), ("", "60"),
        ("\u00fc", "62c3bc"), ("\u6c34", "63e6b0b4"), ([1, [2, 3]], "8201820203"),
        ({"a": 1, "b": [2]}, "a261610161628102"),
    ],
)  # fmt: skip
def test_cbor_as_in_the_examples_of_rfc_8949(value: Any, encoded: str) -> None:
    assert to_cbor(validate.load("cloudwatch"), {}, value).hex() == encoded
