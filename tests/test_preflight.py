"""The contract held at boto3's door: stopped before it is sent, told once, nothing changed, nothing read."""

from __future__ import annotations

import copy
import gc
import io
import json
import pickle
import threading
import warnings

import boto3
import botocore.session
import pytest
from boto3.dynamodb.conditions import Key
from botocore.awsrequest import AWSResponse
from botocore.client import Config
from botocore.exceptions import ClientError, ParamValidationError
from botocore.stub import Stubber

import validator
from validator import preflight
from validator.errors import ContractViolationError, UnusableInputError
from validator.preflight import ContractWarning, RequestViolationError

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
ROLE = "arn:aws:iam::123456789012:role/Import"
GOOD = {
    "jobName": "import-1",
    "datasetArn": "arn:aws:personalize:us-east-1:123456789012:dataset/shop/INTERACTIONS",
    "dataSource": {"dataLocation": "s3://bucket/key.csv"},
    "roleArn": ROLE,
}


class Wire:
    """Stands where the network is: keeps what is sent and answers with what it was given."""

    def __init__(self, body=b"{}", status=200, content_type="application/x-amz-json-1.1"):
        self.body, self.status, self.content_type = body, status, content_type
        self.sent = []

    def __call__(self, request, **_):
        content = request.body.read() if hasattr(request.body, "read") else request.body
        self.sent.append((request.method, request.url, content))
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"content-type": self.content_type}
        return AWSResponse(request.url, self.status, headers, _Raw(body))

    def join(self, client):
        client.meta.events.register("before-send", self)
        return self


class _Raw(io.BytesIO):
    def stream(self, *_, **__):
        yield self.read()


@pytest.fixture(autouse=True)
def _leave_nothing_attached():
    yield
    validator.detach()


@pytest.fixture
def client():
    return boto3.client("personalize", **KEYS)


def test_a_breach_is_stopped_before_it_is_sent(client):
    wire = Wire().join(client)
    assert validator.attach(client) is client
    with pytest.raises(ParamValidationError) as caught:
        client.create_dataset_import_job(**GOOD | {"jobName": "-bad name!", "importMode": "BOGUS"})
    assert wire.sent == []
    error = caught.value
    assert isinstance(error, ContractViolationError)
    assert [(v.keyword, v.instance_path) for v in error.violations] == [
        ("enum", "/importMode"),
        ("pattern", "/jobName"),
    ]
    assert 'importMode is "BOGUS"' in str(error)
    assert pickle.loads(pickle.dumps(error)).violations == error.violations
    client.create_dataset_import_job(**GOOD)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_the_error_surfaces_once_and_is_never_retried(mode):
    client = boto3.client("personalize", config=Config(retries={"mode": mode, "max_attempts": 5}), **KEYS)
    wire, seen = Wire({"datasetImportJobs": [{"jobName": 5}]}).join(client), []
    validator.attach(client, responses=True)
    client.meta.events.register("before-parameter-build.personalize", lambda **_: seen.append(1))
    with pytest.raises(RequestViolationError):
        client.list_dataset_import_jobs(maxResults=1000)
    assert (len(seen), len(wire.sent)) == (1, 0)
    with pytest.raises(ContractViolationError) as caught:
        client.list_dataset_import_jobs(maxResults=10)
    assert not isinstance(caught.value, ParamValidationError)
    assert caught.value.direction == "response"
    assert len(wire.sent) == 1


def test_what_is_sent_is_the_same_with_and_without(client):
    sent = []
    for attached in (False, True):
        s3, dynamodb = boto3.client("s3", **KEYS), boto3.client("dynamodb", **KEYS)
        wires = [Wire(b"").join(s3), Wire().join(dynamodb)]
        if attached:
            validator.attach(s3, responses=True)
            validator.attach(dynamodb, responses=True)
        body = io.BytesIO(b"content")
        s3.put_object(Bucket="bucket", Key="k/1", Body=body, Metadata={"a": "b"})
        item = {"id": {"S": "1"}, "blob": {"B": b"\x00\x01"}}
        kept = copy.deepcopy(item)
        dynamodb.put_item(TableName="table", Item=item)
        assert item == kept
        sent.append([call for wire in wires for call in wire.sent])
    assert sent[0] == sent[1]
    assert len(sent[0]) == 2


class Unreadable(io.RawIOBase):
    def __init__(self):
        super().__init__()
        self.reads = 0

    def read(self, *_):
        self.reads += 1
        return b""

    def seekable(self):
        return True

    def seek(self, *_):
        return 0

    def tell(self):
        return 0


def test_no_stream_is_read_by_the_check():
    client = boto3.client("s3", **KEYS)
    Wire(b"").join(client)
    reads = []
    for attached in (False, True):
        body = Unreadable()
        if attached:
            validator.attach(client, responses=True)
        client.put_object(Bucket="bucket", Key="key", Body=body)
        reads.append(body.reads)
    assert reads[0] == reads[1]


def test_a_streaming_answer_is_still_to_be_read():
    client = boto3.client("s3", **KEYS)
    Wire(b"content").join(client)
    seen = []
    validator.attach(client, responses=True, on_exchange=seen.append)
    assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
    assert seen[0].response["Body"] == ""


def test_final_parameters_are_what_is_held():
    # Filled in, encoded and rewritten by botocore and boto3 before the check: none of it a breach.
    validator.attach()
    lambda_client = boto3.client("lambda", **KEYS)
    Wire(b"{}").join(lambda_client)
    lambda_client.invoke(FunctionName="f", Payload=b"{}")
    route53 = boto3.client("route53", **KEYS)
    Wire(b"<ListResourceRecordSetsResponse/>", content_type="text/xml").join(route53)
    route53.list_resource_record_sets(HostedZoneId="/hostedzone/Z123456789")
    ec2 = boto3.client("ec2", **KEYS)
    Wire(b"<RunInstancesResponse/>", content_type="text/xml").join(ec2)
    ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData="#!/bin/sh")
    table = boto3.resource("dynamodb", **KEYS).Table("table")
    Wire(b"{}").join(table.meta.client)
    table.put_item(Item={"id": 1, "blob": b"x", "set": {"a", "b"}, "deep": {"list": [1, None, True]}})
    table.query(KeyConditionExpression=Key("id").eq(1))
    with pytest.raises(RequestViolationError):
        table.put_item(Item={"id": 1}, ReturnValues="BOGUS")


def test_the_check_stands_last_and_the_answer_first(client):
    validator.attach(client, responses=True)
    emitter = client.meta.events._emitter._handlers
    for event in ("before-parameter-build.personalize.CreateDatasetImportJob", "before-parameter-build.s3.PutObject"):
        assert emitter.prefix_search(event)[-1].__self__.__class__ is preflight._Watch
    client.meta.events.register("after-call.personalize.ListRecipes", lambda **_: None)
    assert emitter.prefix_search("after-call.personalize.ListRecipes")[0].__self__.__class__ is preflight._Watch


# Whom it is attached to -----------------------------------------------------------------------------------------------


def stopped(client) -> bool:
    Wire().join(client)
    try:
        client.list_dataset_import_jobs(maxResults=1000)
    except ContractViolationError:
        return True
    return False


def test_a_client_alone(client):
    other = boto3.client("personalize", **KEYS)
    validator.attach(client)
    assert (stopped(client), stopped(other)) == (True, False)
    assert validator.detach(client) is client
    assert not stopped(client)


@pytest.mark.parametrize("kind", [boto3.Session, botocore.session.Session])
def test_a_session_and_its_clients(kind):
    session = kind(**KEYS) if kind is boto3.Session else kind()
    make = session.client if kind is boto3.Session else session.create_client
    assert validator.attach(session) is session
    client = make("personalize", **KEYS)
    assert stopped(client)
    assert not stopped(boto3.client("personalize", **KEYS))
    validator.detach(session)
    assert not stopped(make("personalize", **KEYS))
    assert stopped(client)


def test_a_resource():
    bucket = boto3.resource("s3", **KEYS).Bucket("bucket")
    validator.attach(bucket)
    Wire(b"").join(bucket.meta.client)
    with pytest.raises(RequestViolationError):
        bucket.put_object(Key="key", StorageClass="BOGUS")


def test_the_whole_process(client):
    made = {}

    def make():
        made["before"] = boto3.Session().client("personalize", **KEYS)
        attached.wait(10)
        made["after"] = boto3.Session().client("personalize", **KEYS)

    attached = threading.Event()
    thread = threading.Thread(target=make)
    thread.start()
    while "before" not in made:
        thread.join(0.01)
    assert validator.attach() is None
    attached.set()
    thread.join(10)
    assert all(map(stopped, (client, made["before"], made["after"], boto3.client("personalize", **KEYS))))
    validator.detach()
    assert not any(map(stopped, (client, made["before"], made["after"], boto3.client("personalize", **KEYS))))


def test_attaching_again_replaces_the_settings_and_tells_once(client):
    first, second = [], []
    validator.attach(on_violation=first.append)
    validator.attach(client, on_violation=second.append)
    validator.attach(client, on_violation=second.append)
    Wire().join(client)
    client.list_dataset_import_jobs(maxResults=1000)
    assert (len(first), len(second)) == (0, 1)


def test_detaching_what_was_never_attached_does_nothing(client):
    validator.detach(client)
    validator.detach()
    assert not stopped(client)


def test_other_things_cannot_be_attached_to():
    for thing in (5, "personalize", object()):
        with pytest.raises(UnusableInputError, match="cannot attach"):
            validator.attach(thing)
    with pytest.raises(UnusableInputError, match="on_violation"):
        validator.attach(on_violation="shout")


def test_clients_are_let_go(client):
    import weakref

    validator.attach(client, responses=True)
    Wire().join(client)
    client.list_dataset_import_jobs()
    gone = weakref.ref(client)
    del client
    # The fixture of this test holds one still; a client of our own does not live on.
    own = boto3.client("personalize", **KEYS)
    validator.attach(own)
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None


# What is done with a breach -------------------------------------------------------------------------------------------


def test_warn(client):
    wire = Wire().join(client)
    validator.attach(client, on_violation="warn")
    with pytest.warns(ContractWarning, match="maxResults is 1000") as caught:
        client.list_dataset_import_jobs(maxResults=1000)
    assert caught[0].filename == __file__
    assert len(wire.sent) == 1


def test_collect(client):
    wire, found = Wire({"datasetImportJobs": [{"novelty": 1}]}).join(client), []
    validator.attach(client, on_violation=found.append, responses=True)
    client.list_dataset_import_jobs(maxResults=1000)
    assert len(wire.sent) == 1
    assert [(error.direction, error.violations[0].keyword) for error in found] == [
        ("request", "maximum"), ("response", "additionalProperties")]  # fmt: skip


def test_the_callers_own_exception_reaches_the_caller(client):
    Wire().join(client)

    def tell(error):
        raise KeyError(error.operation)

    validator.attach(client, on_violation=tell)
    with pytest.raises(KeyError, match="ListDatasetImportJobs"):
        client.list_dataset_import_jobs(maxResults=1000)


# Answers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "strict", "outcome"),
    [
        ({"datasetImportJobs": [{"status": "ACTIVE"}]}, False, None),
        ({"datasetImportJobs": [{"novelty": 1}]}, False, None),
        ({"datasetImportJobs": [{"novelty": 1}]}, True, "error"),
        ({"datasetImportJobs": [{"status": None, "jobName": None}]}, False, None),
        ({"datasetImportJobs": [{"jobName": "x" * 100}]}, False, "warning"),
        ({"datasetImportJobs": [{"jobName": "x" * 100}]}, True, "error"),
        ({"datasetImportJobs": [{"jobName": 5}]}, False, "error"),
    ],
)
def test_answers_are_held_at_wire_level(client, body, strict, outcome):
    Wire(body).join(client)
    validator.attach(client, responses=True, strict=strict)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if outcome == "error":
            with pytest.raises(ContractViolationError):
                client.list_dataset_import_jobs()
        elif outcome == "warning":
            with pytest.raises(ContractWarning):
                client.list_dataset_import_jobs()
        else:
            client.list_dataset_import_jobs()


def test_answers_are_not_held_unless_asked(client):
    Wire({"datasetImportJobs": [{"jobName": 5}]}).join(client)
    validator.attach(client)
    client.list_dataset_import_jobs()


def test_errors_are_held_to_their_shape_and_reach_the_caller(client):
    body = {"__type": "ResourceNotFoundException", "message": "no such job", "novelty": 1}
    wire, found, seen = Wire(body, 400).join(client), [], []
    validator.attach(client, responses=True, on_violation=found.append, on_exchange=seen.append)
    arn = GOOD["datasetArn"]
    with pytest.raises(ClientError, match="no such job"):
        client.describe_dataset_import_job(datasetImportJobArn=arn)
    assert [(v.keyword, v.instance_path) for v in found[0].violations] == [("additionalProperties", "/novelty")]
    (exchange,) = seen
    assert (exchange.error.code, exchange.status) == ("ResourceNotFoundException", 400)
    assert exchange.request == {"datasetImportJobArn": arn}
    wire.body = {"__type": "Unheard", "message": "what"}
    with pytest.raises(ClientError, match="Unheard"):
        client.describe_dataset_import_job(datasetImportJobArn=arn)


def test_answers_in_xml_are_held_as_boto3_parsed_them():
    client, found = boto3.client("iam", **KEYS), []
    body = b"""<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>
      <Path>/</Path><RoleName>r</RoleName><RoleId>AROA1234567890123456</RoleId><Arn>arn:aws:iam::123456789012:role/r</Arn>
      <CreateDate>2026-01-05T12:00:00Z</CreateDate>
      <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>
      </Role></GetRoleResult></GetRoleResponse>"""
    wire = Wire(body, content_type="text/xml").join(client)
    validator.attach(client, responses=True, on_violation=found.append)
    assert client.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == {"Version": "2012-10-17"}
    assert found == []
    wire.body = body.replace(b"AROA1234567890123456", b"short")
    client.get_role(RoleName="r")
    assert [(v.keyword, v.instance_path) for v in found[0].violations] == [("minLength", "/Role/RoleId")]


def test_a_stubber_is_held_too(client):
    found = []
    validator.attach(client, responses=True, on_violation=found.append)
    with Stubber(client) as stub:
        stub.add_response("list_dataset_import_jobs", {"datasetImportJobs": [{"jobName": "x" * 100}]})
        client.list_dataset_import_jobs()
        stub.add_client_error("list_dataset_import_jobs", "InvalidInputException", "m")
        with pytest.raises(ClientError):
            client.list_dataset_import_jobs()
    assert [v.keyword for v in found[0].violations] == ["maxLength"]
    assert len(found) == 1


def test_paginators_and_waiters_pass(client):
    wire = Wire({"datasetImportJobs": [], "nextToken": "t"}).join(client)
    validator.attach(client, responses=True)
    pages = client.get_paginator("list_dataset_import_jobs").paginate(PaginationConfig={"PageSize": 5, "MaxItems": 3})
    for number, _ in enumerate(pages):
        if number == 2:
            break
        wire.body = {"datasetImportJobs": [], "nextToken": f"t{number}"}
    assert len(wire.sent) == 3


# When the check itself fails ------------------------------------------------------------------------------------------


def test_a_failure_of_the_check_is_one_warning_and_no_broken_call(client, monkeypatch):
    wire = Wire({"datasetImportJobs": []}).join(client)
    validator.attach(client, responses=True)
    preflight._failed.clear()

    def fail(*_, **__):
        raise RuntimeError("out of order")

    monkeypatch.setattr(preflight, "_operation", fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            client.list_dataset_import_jobs(maxResults=5)
    assert [str(each.message) for each in caught] == [
        "personalize.ListDatasetImportJobs was not checked: RuntimeError: out of order"
    ]
    assert len(wire.sent) == 3


def test_a_service_with_a_malformed_model_is_a_warning(client, monkeypatch):
    wire = Wire().join(client)
    validator.attach(client)
    preflight._failed.clear()
    monkeypatch.setattr(preflight, "_contracts", {})
    monkeypatch.setattr(client.meta.service_model, "_service_description", {"metadata": {}})
    with pytest.warns(ContractWarning, match="was not checked: MalformedContractError"):
        client.list_dataset_import_jobs()
    assert len(wire.sent) == 1


def test_many_threads_at_once(client):
    validator.attach(on_violation="raise")
    outcomes = []

    def call(number):
        own = boto3.Session().client("dynamodb", **KEYS)
        Wire().join(own)
        for _ in range(20):
            own.put_item(TableName="table", Item={"a": {"N": str(number)}})
            try:
                own.put_item(TableName="t", Item={"a": {"N": str(number)}}, ReturnValues="BOGUS")
            except ContractViolationError as error:
                outcomes.append(len(error.violations))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 80
    assert set(outcomes) <= {1, 2}
