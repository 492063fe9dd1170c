"""Real boto3 clients answered in process: what botocore makes of the answers, and the patch for every client."""

from __future__ import annotations

import datetime
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.endpoint import Endpoint
from botocore.exceptions import ClientError, ParamValidationError

from validator.emulator import Emulator
from validator.errors import UnknownNameError

SCHEMA = {"name": "s", "schema": "{}"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", refuse)


def test_a_client_parses_raises_and_paginates_as_ever() -> None:
    with Emulator() as aws:
        client = aws.client("personalize")
        made = [client.create_schema(name=f"s{number}", schema="{}")["schemaArn"] for number in range(5)]
        described = client.describe_schema(schemaArn=made[0])
        assert described["schema"]["creationDateTime"].tzinfo is not None
        assert isinstance(described["schema"]["creationDateTime"], datetime.datetime)
        assert described["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert len(described["ResponseMetadata"]["RequestId"]) == 36
        with pytest.raises(client.exceptions.ResourceAlreadyExistsException) as raised:
            client.create_schema(name="s0", schema="{}")
        assert raised.value.response["Error"]["Message"]
        assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0
        pages = client.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 2})
        assert [entry["schemaArn"] for page in pages for entry in page["schemas"]] == made
        with pytest.raises(ParamValidationError):
            client.create_schema(name="x")


def test_an_operation_that_is_not_emulated_is_a_client_error_at_once() -> None:
    with Emulator() as aws, pytest.raises(ClientError) as raised:
        aws.client("forecast").list_predictors()
    assert raised.value.response["Error"]["Code"] == "NotEmulatedException"
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_client_of_another_service_is_refused_when_it_is_made() -> None:
    with Emulator() as aws, pytest.raises(UnknownNameError, match=r"personalise.*did you mean personalize"):
        aws.client("personalise")


def test_clients_of_two_emulators_do_not_meet() -> None:
    with Emulator() as one, Emulator() as other:
        one.client("personalize").create_schema(**SCHEMA)
        assert other.client("personalize").list_schemas()["schemas"] == []


def test_accounts_are_told_apart_by_key_and_regions_by_scope() -> None:
    with Emulator() as aws:
        keys = {"aws_secret_access_key": "x"}
        clients = [
            aws.client("personalize", aws_access_key_id=key, region_name=region, **keys)
            for key in ("111111111111", "AKIAONEONEONEONEONEA", "some-key")
            for region in ("us-east-1", "eu-west-1")
        ]
        arns = [client.create_schema(**SCHEMA)["schemaArn"] for client in clients]
        assert len(set(arns)) == len(arns)
        assert [len(client.list_schemas()["schemas"]) for client in clients] == [1] * len(clients)
        assert arns[0] == "arn:aws:personalize:us-east-1:111111111111:schema/s"


def test_a_waiter_of_ones_own_sees_a_job_through() -> None:
    with Emulator() as aws:
        forecast = aws.client("forecast")
        schema = {"Attributes": [{"AttributeName": "item_id", "AttributeType": "string"}]}
        arn = forecast.create_dataset(
            DatasetName="d", Domain="RETAIL", DatasetType="TARGET_TIME_SERIES", DataFrequency="D", Schema=schema
        )["DatasetArn"]
        seen = [forecast.describe_dataset(DatasetArn=arn)["Status"] for _ in range(4)]
        assert seen == ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE", "ACTIVE"]


# The patch -----------------------------------------------------------------------------------------------------------


def test_every_client_is_covered_whenever_and_wherever_it_was_made() -> None:
    keys = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    before = boto3.client("personalize", **keys)
    seen: list[str] = []
    with Emulator() as aws, aws.patch() as patched:
        assert patched is aws
        made = before.create_schema(**SCHEMA)["schemaArn"]
        inside = botocore.session.get_session().create_client("personalize", region_name="us-east-1")

        def look() -> None:
            session = boto3.session.Session()
            seen.append(session.client("personalize", **keys).list_schemas()["schemas"][0]["schemaArn"])

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert inside.list_schemas()["schemas"][0]["schemaArn"] == made == seen[0]
        assert aws.client("personalize").list_schemas()["schemas"][0]["schemaArn"] == made


def test_nothing_is_left_when_the_patch_ends() -> None:
    send, names = Endpoint.make_request, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    environment = {name: os.environ.get(name) for name in names}
    client = boto3.client("personalize", "us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="x")
    with pytest.raises(ZeroDivisionError), Emulator() as aws, aws.patch():
        1 / len(client.list_schemas()["schemas"])
    assert Endpoint.make_request is send
    assert {name: os.environ.get(name) for name in names} == environment
    with pytest.raises(AssertionError, match="the network was touched"):
        client.list_schemas()


def test_the_environments_own_key_is_the_emulators_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with Emulator(account="111122223333") as aws, aws.patch():
        arn = boto3.session.Session().client("personalize").create_schema(**SCHEMA)["schemaArn"]
        assert arn.split(":")[4] == "111122223333"
        assert aws.client("personalize").describe_schema(schemaArn=arn)


def test_other_services_are_left_alone_by_the_patch() -> None:
    with Emulator() as aws, aws.patch(), pytest.raises(AssertionError, match="the network was touched"):
        boto3.session.Session().client("sqs", region_name="us-east-1").list_queues()


def test_the_latest_patch_answers_and_the_earlier_after_it() -> None:
    with Emulator() as outer, Emulator() as inner, outer.patch():
        client = boto3.session.Session().client("personalize", region_name="us-east-1")
        with inner.patch():
            client.create_schema(**SCHEMA)
        assert client.list_schemas()["schemas"] == []
        assert len(inner.client("personalize").list_schemas()["schemas"]) == 1


def test_many_threads_lose_and_double_nothing() -> None:
    with Emulator() as aws:
        client = aws.client("personalize")
        with ThreadPoolExecutor(16) as pool:
            made = list(pool.map(lambda n: client.create_schema(name=f"s{n}", schema="{}")["schemaArn"], range(200)))
        pages = client.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 33})
        listed = [entry["schemaArn"] for page in pages for entry in page["schemas"]]
        assert sorted(listed) == sorted(made)
        assert len(set(made)) == 200


def test_a_name_is_given_once_however_many_ask_at_once() -> None:
    with Emulator() as aws:
        client = aws.client("personalize")

        def attempt(number: int) -> bool:
            try:
                client.create_schema(**SCHEMA)
            except client.exceptions.ResourceAlreadyExistsException:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(40))) == 1
