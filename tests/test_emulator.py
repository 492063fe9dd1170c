"""The emulator beneath HTTP: protocol, lenience, tokens, accounts, clocks, and its indexes against a plain model."""

from __future__ import annotations

import json
import random
import string
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.emulator import Emulator
from validator.emulator.accounts import account_of, signed
from validator.emulator.tokens import Tokens
from validator.errors import UnknownNameError, UnusableInputError

JSON = {"Content-Type": "application/x-amz-json-1.1"}
JOB = "DatasetImportJob"


def call(emulator: Emulator, operation: str, service: str = "personalize", **request: Any) -> dict[str, Any]:
    status, _headers, body = emulator.exchange(service, operation, json.dumps(request).encode())
    return {"status": status, **(json.loads(body) if body else {})}


def with_dataset(**options: Any) -> tuple[Emulator, str]:
    emulator = Emulator(seed=1, **options)
    schema = call(emulator, "CreateSchema", name="s", schema="{}")["schemaArn"]
    group = call(emulator, "CreateDatasetGroup", name="g")["datasetGroupArn"]
    emulator.advance(2)
    made = call(emulator, "CreateDataset", name="d", schemaArn=schema, datasetGroupArn=group, datasetType="Users")
    emulator.advance(2)
    return emulator, made["datasetArn"]


def job(emulator: Emulator, dataset: str, name: str, **more: Any) -> dict[str, Any]:
    source = {"dataLocation": "s3://bucket/key"}
    return call(emulator, "CreateDatasetImportJob", jobName=name, datasetArn=dataset, dataSource=source, **more)


# Protocol ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {**JSON, "X-Amz-Target": "AmazonPersonalize.ListSchemas"}),
        ("PUT", "/", {**JSON, "X-Amz-Target": "AmazonPersonalize.ListSchemas"}),
        ("POST", "/other", {**JSON, "X-Amz-Target": "AmazonPersonalize.ListSchemas"}),
        ("POST", "/", {"Content-Type": "application/json", "X-Amz-Target": "AmazonPersonalize.ListSchemas"}),
        ("POST", "/", {"X-Amz-Target": "AmazonPersonalize.ListSchemas"}),
        ("POST", "/", {**JSON}),
        ("POST", "/", {**JSON, "X-Amz-Target": "ListSchemas"}),
        ("POST", "/", {**JSON, "X-Amz-Target": "AmazonPersonalize."}),
    ],
)
def test_what_is_no_call_of_the_protocol_is_not_found(method: str, path: str, headers: dict[str, str]) -> None:
    status, answered, body = Emulator().handle(method, path, headers, b"{}")
    assert (status, body) == (404, b"<UnknownOperationException/>\n")
    assert "x-amzn-RequestId" in answered


@pytest.mark.parametrize("target", ["AmazonPersonalize.Nope", "Nope.ListSchemas", "AmazonPersonalize.listSchemas"])
def test_an_unknown_target_is_an_unknown_operation(target: str) -> None:
    status, _headers, body = Emulator().handle("POST", "/", {**JSON, "x-amz-target": target}, b"{}")
    assert status == 400
    assert json.loads(body)["__type"] == "UnknownOperationException"


@pytest.mark.parametrize("name", ["content-type", "CONTENT-TYPE"])
def test_headers_are_known_in_any_case_and_with_parameters(name: str) -> None:
    headers = {name: "Application/X-Amz-Json-1.1; charset=utf-8", "X-AMZ-TARGET": "AmazonPersonalize.ListSchemas"}
    assert Emulator().handle("POST", "/", headers, b"{}")[0] == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", ""),
        (b"\xff", ""),
        (b'{"maxResults": 1e400}', None),
        (b"[1]", "Start of list found where not expected"),
        (b'"x"', None),
        (b"5", None),
        (b'{"maxResults": "x"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"nextToken": 5}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"nextToken": {}}', "Start of structure or map found where not expected."),
        (b'{"maxResults": true}', None),
    ],
)
def test_what_cannot_be_read_is_a_serialization_exception(body: bytes, message: str | None) -> None:
    status, _headers, content = Emulator().exchange("personalize", "ListDatasetImportJobs", body)
    answer = json.loads(content)
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert message is None or answer.get("message", "") == message


@pytest.mark.parametrize("body", [b"", b"{}", b'{"maxResults": 5.0}', b'{"maxResults": 5.9}', b"  {}  "])
def test_what_aws_lets_pass_passes(body: bytes) -> None:
    assert Emulator().exchange("personalize", "ListDatasetImportJobs", body)[0] == 200


@pytest.mark.parametrize("depth", [200, 5000])
def test_deep_nesting_is_no_failure(depth: int) -> None:
    body = b'{"x": ' + b"[" * depth + b"]" * depth + b"}"
    assert Emulator().exchange("personalize", "ListSchemas", body)[0] in (200, 400)


def test_a_body_that_is_too_large_is_refused() -> None:
    status, _headers, content = Emulator().exchange("personalize", "ListSchemas", b" " * (1 << 20) + b"{}")
    assert (status, json.loads(content)["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(("service", "member"), [("personalize", "message"), ("forecast", "Message")])
def test_each_service_spells_its_message(service: str, member: str) -> None:
    answer = call(Emulator(), "ListDatasetImportJobs", service, maxResults=0, MaxResults=0)
    assert answer["__type"] == "ValidationException"
    assert answer[member].startswith("1 validation error detected: ")


def test_every_other_operation_says_that_it_is_not_emulated() -> None:
    emulator = Emulator()
    for service, contract in emulator.contracts.items():
        for name in set(contract.operations) - set(emulator.routes[service]):
            answer = call(emulator, name, service)
            assert (answer["status"], answer["__type"]) == (501, "NotEmulatedException")
            assert f"{service}.{name}" in answer["message"]


def test_the_same_seed_gives_the_same_bytes() -> None:
    def conversation(seed: int | None) -> list[Any]:
        emulator = Emulator(seed=seed)
        bodies = [b'{"name": "a", "schema": "{}"}', b'{"name": "b", "schema": "{}"}']
        made = [emulator.exchange("personalize", "CreateSchema", body) for body in bodies]
        return [*made, emulator.exchange("personalize", "ListSchemas", b'{"maxResults": 1}')]

    assert conversation(1) == conversation(1)
    assert conversation(1) != conversation(2)
    assert conversation(None) != conversation(None)


def test_without_the_fast_libraries_the_answers_are_the_same() -> None:
    """orjson and jsonschema-rs make it faster, not different."""
    bodies = [
        b'{"maxResults": 5}',
        b'{"maxResults": 500}',
        b"{",
        b"[" * 9000,
        b'{"nextToken": "\\ud800"}',
        b'{"x": NaN}',
    ]
    script = (
        "import sys, json\n"
        "if 'blocked' in sys.argv: sys.modules['orjson'] = sys.modules['jsonschema_rs'] = None\n"
        "from validator.emulator import Emulator\n"
        f"for body in {bodies}:\n"
        "    status, headers, content = Emulator(seed=1).exchange('personalize', 'ListDatasetImportJobs', body)\n"
        "    answer = json.loads(content)\n"
        "    print(status, json.dumps(answer))\n"
    )
    said = [
        subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True).stdout
        for words in ([], ["blocked"])
    ]
    rows = [text.splitlines() for text in said]
    # What orjson refuses to read, the standard library reads: the token is then no token, the unknown member ignored.
    assert rows[0][:4] == rows[1][:4]
    assert all(row.startswith(("200 ", "400 ")) for row in rows[1])


# Lenience ------------------------------------------------------------------------------------------------------------


def test_unknown_members_are_passed_over_without_a_trace() -> None:
    emulator, dataset = with_dataset()
    made = job(emulator, dataset, "j", datasetArnX=1)
    described = call(emulator, "DescribeDatasetImportJob", datasetImportJobArn=made["datasetImportJobArn"], extra=[{}])
    assert "datasetArnX" not in described["datasetImportJob"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.text(max_size=3)))
def test_members_nobody_knows_change_no_answer(extra: dict[str, Any]) -> None:
    known = {"nextToken", "maxResults", "datasetArn"}
    request = {"maxResults": 5, **{name: value for name, value in extra.items() if name not in known}}
    assert call(Emulator(seed=1), "ListDatasetImportJobs", **request) == {"status": 200, "datasetImportJobs": []}


@pytest.mark.parametrize("member", ["jobName", "datasetArn", "dataSource"])
def test_null_for_what_is_required_is_as_if_absent(member: str) -> None:
    emulator, dataset = with_dataset()
    request = {"jobName": "j", "datasetArn": dataset, "dataSource": {"dataLocation": "s3://b/k"}, member: None}
    absent = {name: value for name, value in request.items() if value is not None}
    answers = [call(emulator, "CreateDatasetImportJob", **each) for each in (request, absent)]
    assert answers[0] == answers[1]
    assert answers[0]["__type"] == "ValidationException"
    assert f"'{member}'" in answers[0]["message"]


# Tokens and accounts -------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**63), st.integers(0, 2**31), st.text(max_size=20), st.data())
def test_a_token_is_taken_back_as_it_was_given_and_no_other(after: int, at: int, context: str, data: Any) -> None:
    tokens = Tokens(b"secret")
    token = tokens.give(context, after, float(at))
    assert tokens.take(context, token) == (after, float(at))
    assert tokens.take(context + "x", token) is None
    assert Tokens(b"other").take(context, token) is None
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_+/= é"))
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or tokens.take(context, changed) is None
    assert tokens.take(context, token[:-1]) is None
    assert tokens.take(context, token + "A") is None


@pytest.mark.parametrize(
    ("key", "account"),
    [("123456789012", "123456789012"), ("test", None), ("", None), ("AKIAQYLPMN5HHHFPZAM2", "052310077262")],
)
def test_the_account_of_a_key(key: str, account: str | None) -> None:
    assert account_of(key) == account


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_other_keys_have_accounts_of_their_own(one: str, other: str) -> None:
    accounts = account_of(f"key-{one}"), account_of(f"key-{other}")
    assert all(account is not None and len(account) == 12 and account.isdecimal() for account in accounts)
    assert (accounts[0] == accounts[1]) is (one == other)


def test_an_authorization_header_is_read() -> None:
    header = "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/forecast/aws4_request, SignedHeaders=a, Signature=b"
    found = signed(header)
    assert found is not None
    assert (found.key, found.region, found.service) == ("KEY", "eu-west-1", "forecast")
    assert signed("Basic abc") is None


def test_an_unsigned_call_is_of_the_emulators_own_account() -> None:
    emulator = Emulator(account="999999999999", region="eu-north-1")
    headers = {**JSON, "X-Amz-Target": "AmazonPersonalize.CreateSchema"}
    body = emulator.handle("POST", "/", headers, b'{"name": "s", "schema": "{}"}')[2]
    assert json.loads(body)["schemaArn"] == "arn:aws:personalize:eu-north-1:999999999999:schema/s"


# Time and rules ------------------------------------------------------------------------------------------------------


def test_by_the_real_clock_states_pass_with_time() -> None:
    emulator, dataset = with_dataset(clock="real", delay=10, delays={"CREATE IN_PROGRESS": 5})
    arn = job(emulator, dataset, "j")["datasetImportJobArn"]

    def seen() -> tuple[str, float]:
        found = call(emulator, "DescribeDatasetImportJob", datasetImportJobArn=arn)[_lower(JOB)]
        return found["status"], found["lastUpdatedDateTime"] - found["creationDateTime"]

    assert seen() == ("CREATE PENDING", 0)
    assert seen() == ("CREATE PENDING", 0)
    emulator.pass_time(11)
    assert seen() == ("CREATE IN_PROGRESS", pytest.approx(10))
    emulator.pass_time(100)
    # Both moves are told at the times they were due, however late the look.
    assert seen() == ("ACTIVE", pytest.approx(15))


def test_by_the_real_clock_what_is_deleted_goes() -> None:
    emulator, dataset = with_dataset(clock="real", delay=10)
    assert call(emulator, "DeleteDataset", datasetArn=dataset)["status"] == 200
    emulator.pass_time(15)
    assert call(emulator, "DescribeDataset", datasetArn=dataset)["dataset"]["status"] == "DELETE IN_PROGRESS"
    emulator.pass_time(15)
    assert call(emulator, "DescribeDataset", datasetArn=dataset)["__type"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("service", "code"), [("personalize", "TooManyTagsException"), ("forecast", "LimitExceededException")]
)
def test_fifty_tags_and_no_more(service: str, code: str) -> None:
    emulator, dataset = with_dataset()
    names = ("resourceArn", "tags", "tagKey", "tagValue")
    if service == "forecast":
        names = ("ResourceArn", "Tags", "Key", "Value")
        schema = {"Attributes": [{"AttributeName": "a", "AttributeType": "string"}]}
        request = {"DatasetName": "d", "Domain": "CUSTOM", "DatasetType": "TARGET_TIME_SERIES", "Schema": schema}
        dataset = call(emulator, "CreateDataset", service, DataFrequency="D", **request)["DatasetArn"]

    def tag(first: int, last: int) -> dict[str, Any]:
        tags = [{names[2]: f"k{number}", names[3]: "v"} for number in range(first, last)]
        return call(emulator, "TagResource", service, **{names[0]: dataset, names[1]: tags})

    assert tag(0, 51)["__type"] == code
    assert tag(0, 50)["status"] == 200
    assert tag(0, 50)["status"] == 200
    assert tag(50, 51)["__type"] == code
    assert len(call(emulator, "ListTagsForResource", service, **{names[0]: dataset})[names[1]]) == 50


def test_an_incremental_import_needs_one_into_the_same_dataset_not_into_one_deleted_before() -> None:
    emulator, dataset = with_dataset()
    job(emulator, dataset, "first")
    emulator.advance(2)
    call(emulator, "DeleteDataset", datasetArn=dataset)
    emulator.advance(2)
    group = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"
    schema = "arn:aws:personalize:us-east-1:123456789012:schema/s"
    again = call(emulator, "CreateDataset", name="d", schemaArn=schema, datasetGroupArn=group, datasetType="Users")
    assert again["datasetArn"] == dataset
    emulator.advance(2)
    assert job(emulator, dataset, "second", importMode="INCREMENTAL")["__type"] == "InvalidInputException"


def test_reset_forgets_and_tokens_with_it() -> None:
    emulator, dataset = with_dataset()
    for name in "abc":
        job(emulator, dataset, name)
    emulator.reset()
    assert call(emulator, "ListDatasetImportJobs") == {"status": 200, "datasetImportJobs": []}
    assert call(emulator, "ListSchemas")["schemas"] == []


@pytest.mark.parametrize(
    "options",
    [{"clock": "fast"}, {"quotas": {"personalize.Nothing": 1}}, {"quotas": {"personalize.DatasetImportJob": -1}}],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises((UnknownNameError, UnusableInputError)):
        Emulator(**options)


# Indexes against a plain model ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_lists_agree_with_a_plain_model(seed: int) -> None:
    """Jobs come, move, stop and go at random; every list, page by page, is what filtering a plain list gives."""
    chance, emulator = random.Random(seed), Emulator(seed=seed, quotas={"forecast.DatasetImportJob": None})
    schema = {"Attributes": [{"AttributeName": "a", "AttributeType": "string"}]}
    request = {"Domain": "CUSTOM", "DatasetType": "TARGET_TIME_SERIES", "DataFrequency": "D", "Schema": schema}
    datasets = [call(emulator, "CreateDataset", "forecast", DatasetName=n, **request)["DatasetArn"] for n in "abc"]
    emulator.advance(2)
    jobs: dict[str, str] = {}
    states = ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE", "CREATE_STOPPING", "DELETE_PENDING"]
    source = {"S3Config": {"Path": "s3://b/k", "RoleArn": "arn:aws:iam::123456789012:role/r"}}
    for number in range(150):
        act = chance.choice(["create", "create", "step", "stop", "delete", "list", "list"])
        if act == "create":
            dataset = chance.choice(datasets)
            made = {"DatasetImportJobName": f"j{number}", "DatasetArn": dataset, "DataSource": source}
            jobs[call(emulator, "CreateDatasetImportJob", "forecast", **made)["DatasetImportJobArn"]] = dataset
        elif act == "list":
            filters = [
                {"Key": key, "Condition": chance.choice(["IS", "IS_NOT"]), "Value": chance.choice(values)}
                for key, values in [("DatasetArn", datasets), ("Status", states)]
                if chance.random() < 0.7
            ]
            assert _pages(emulator, filters, chance.randint(1, 7)) == _expected(emulator, jobs, filters)
        elif jobs:
            arn = chance.choice(list(jobs))
            if act == "step":
                call(emulator, "DescribeDatasetImportJob", "forecast", DatasetImportJobArn=arn)
            elif act == "stop":
                call(emulator, "StopResource", "forecast", ResourceArn=arn)
            else:
                call(emulator, "DeleteDatasetImportJob", "forecast", DatasetImportJobArn=arn)


def _pages(emulator: Emulator, filters: list[dict[str, str]], size: int) -> list[str]:
    found: list[str] = []
    request: dict[str, Any] = {"Filters": filters, "MaxResults": size}
    while True:
        page = call(emulator, "ListDatasetImportJobs", "forecast", **request)
        assert len(page["DatasetImportJobs"]) <= size
        found += [summary["DatasetImportJobArn"] for summary in page["DatasetImportJobs"]]
        if "NextToken" not in page:
            return found
        assert len(page["DatasetImportJobs"]) == size
        request["NextToken"] = page["NextToken"]


def _expected(emulator: Emulator, jobs: dict[str, str], filters: list[dict[str, str]]) -> list[str]:
    everything = call(emulator, "ListDatasetImportJobs", "forecast", MaxResults=100)["DatasetImportJobs"]
    rows = [
        {"DatasetArn": jobs[each["DatasetImportJobArn"]], "Status": each["Status"], "arn": each["DatasetImportJobArn"]}
        for each in everything
    ]
    return [
        row["arn"]
        for row in rows
        if all((row[each["Key"]] == each["Value"]) is (each["Condition"] == "IS") for each in filters)
    ]


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
