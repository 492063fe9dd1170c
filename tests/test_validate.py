"""What the validator decides, held against cases, against a second engine and against botocore's own checks."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import random
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from drawing import draw

import validator
from validator import contract as contracts
from validator import instances, sources
from validator.contract import Contract
from validator.engines import fast
from validator.errors import ContractViolationError, EnvironmentFailedError, UnknownNameError
from validator.results import Severity
from validator.validate import ENGINES as EVERY_ENGINE
from validator.validate import is_valid, iter_violations, load, verdict_of

CASES = json.loads((Path(__file__).parent.parent / "fixtures/payloads/decided.json").read_text("utf-8"))
ENGINES = tuple(engine for engine in EVERY_ENGINE if engine != "jsonschema-rs" or fast.available())
needs_fast = pytest.mark.skipif(not fast.available(), reason="jsonschema-rs is not installed")


def broken(operation, instance, direction="request", *, code=None, engine="auto"):
    return [
        (v.keyword, v.instance_path) for v in iter_violations(operation, instance, direction, code=code, engine=engine)
    ]


def operation_of(name):
    service, _, operation = name.partition(".")
    return load(service).operation(operation)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_decides(case, engine):
    operation, direction, code = operation_of(case["operation"]), case.get("direction", "request"), case.get("code")
    expected = [tuple(pair) for pair in case["violations"]]
    assert broken(operation, case["instance"], direction, code=code, engine=engine) == expected
    assert is_valid(operation, case["instance"], direction, code=code) == (not expected)


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Mode(str, enum.Enum):
    FULL = "FULL"
    NONE = "NONE"


LIST = "personalize.ListDatasetImportJobs"
ODD = {
    "NaN": ({"maxResults": float("nan")}, [("type", "/maxResults")]),
    "infinity": ({"maxResults": float("-inf")}, [("type", "/maxResults")]),
    "decimal NaN": ({"maxResults": decimal.Decimal("NaN")}, [("type", "/maxResults")]),
    "decimal": ({"maxResults": decimal.Decimal("7")}, []),
    "decimal with a fraction": ({"maxResults": decimal.Decimal("7.5")}, [("type", "/maxResults")]),
    "huge": ({"maxResults": 10**5000}, [("maximum", "/maxResults")]),
    "huge float": ({"maxResults": 1e300}, [("maximum", "/maxResults")]),
    "int subclass": ({"maxResults": Number(7)}, []),
    "int subclass too large": ({"maxResults": Number(700)}, [("maximum", "/maxResults")]),
    "str subclass": ({"nextToken": Text("t")}, []),
    "lone surrogate": ({"nextToken": "\ud800"}, [("pattern", "/nextToken")]),
    "surrogate key": ({"\ud800": 1}, [("additionalProperties", "/\ud800")]),
    "key that is no text": ({5: 1}, [("additionalProperties", "/5")]),
    "key that is None": ({None: 1}, [("additionalProperties", "/None")]),
    "bytes": ({"nextToken": b"t"}, [("type", "/nextToken")]),
    "datetime": ({"nextToken": datetime.datetime(2026, 1, 1)}, [("type", "/nextToken")]),
    "object": ({"nextToken": object()}, [("type", "/nextToken")]),
    "set": ({"nextToken": {1}}, [("type", "/nextToken")]),
    "mapping": (OrderedDict(maxResults=7), []),
    "generator": (iter(()), [("type", "")]),
    "none": (None, [("type", "")]),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ODD)
def test_no_python_value_is_too_odd(name, engine):
    instance, expected = ODD[name]
    operation = operation_of(LIST)
    found = list(iter_violations(operation, instance, engine=engine))
    assert [(v.keyword, v.instance_path) for v in found] == expected
    assert is_valid(operation, instance) == (not expected)
    json.dumps([v.to_json() for v in found], allow_nan=False).encode()


@pytest.mark.parametrize("engine", ENGINES)
def test_enum_members_and_tuples_are_what_they_hold(engine):
    operation = operation_of("personalize.CreateDatasetImportJob")
    instance = dict(CASES[0]["instance"], importMode=Mode.FULL, tags=({"tagKey": Text("k"), "tagValue": "v"},))
    assert broken(operation, instance, engine=engine) == []
    assert broken(operation, dict(instance, importMode=Mode.NONE), engine=engine) == [("enum", "/importMode")]


@pytest.mark.parametrize("engine", ENGINES)
def test_map_keys_that_are_no_text(engine):
    operation = operation_of("sqs.CreateQueue")
    instance = {"QueueName": "q", "Attributes": {5: "x", "DelaySeconds": "1"}}
    assert broken(operation, instance, engine=engine) == [("type", "/Attributes/5")]


@pytest.mark.parametrize("engine", ENGINES)
def test_nesting_without_end_is_decided(engine):
    operation = operation_of("dynamodb.PutItem")
    value: dict = {"S": "x"}
    for _ in range(20_000):
        value = {"L": [value]}
    circle: dict = {}
    circle["M"] = {"x": circle, "y": {"S": 5}}
    for item in (value, circle):
        found = broken(operation, {"TableName": "table", "Item": {"a": item}}, engine=engine)
        assert all(keyword == "type" for keyword, _ in found)


# What boto3 sends today, from the public description of this tool's task: each must be stopped.
LET_THROUGH = [
    ("CreateDatasetImportJob", {"datasetArn": "not-an-arn"}, "pattern"),
    ("CreateDatasetImportJob", {"jobName": "n" * 100}, "maxLength"),
    ("CreateDatasetImportJob", {"jobName": "-bad name!"}, "pattern"),
    ("CreateDatasetImportJob", {"importMode": "BOGUS"}, "enum"),
    ("CreateDatasetImportJob", {"tags": [{"tagKey": f"k{i}", "tagValue": "v"} for i in range(500)]}, "maxItems"),
    ("CreateDatasetImportJob", {"roleArn": "role"}, "pattern"),
    ("ListDatasetImportJobs", {"maxResults": 1000}, "maximum"),
    ("ListDatasetImportJobs", {"maxResults": True}, "type"),
    ("ListDatasetImportJobs", {"nextToken": "t" * 5000}, "maxLength"),
]


@pytest.mark.parametrize(("name", "change", "keyword"), LET_THROUGH)
def test_stops_what_boto3_lets_through(name, change, keyword):
    base = CASES[0]["instance"] if name.startswith("Create") else {}
    params = {**base, **change}
    files = sources.installed().load("personalize")
    shape = ServiceModel(files.model, "personalize").operation_model(name).input_shape
    assert not ParamValidator().validate(params, shape).has_errors()
    (member,) = change
    with pytest.raises(ContractViolationError) as caught:
        validator.validate("personalize", name, params)
    assert [(v.keyword, v.instance_path) for v in caught.value.violations] == [(keyword, f"/{member}")]


# Example inputs of botocore that break their own model: what they break, by hand.
OFFENDERS = {
    ("cloud9", "CreateEnvironmentEC2"): {"required"},
    ("ec2", "ModifySpotFleetRequest"): {"enum"},
    ("ec2", "CreateImage"): {"type"},
    ("kms", "CreateCustomKeyStore"): {"pattern"},
    ("kms", "UpdateCustomKeyStore"): {"pattern"},
    ("polly", "GetLexicon"): {"pattern"},
    ("pricing", "GetProducts"): {"required"},
    ("s3", "CompleteMultipartUpload"): {"type"},
    ("s3", "ListMultipartUploads"): {"type"},
    ("s3", "ListObjects"): {"type"},
    ("s3", "ListObjectsV2"): {"type"},
    ("s3", "UploadPart"): {"type"},
    ("s3", "UploadPartCopy"): {"type"},
}


def test_every_example_of_botocore_passes_but_those_that_break_their_model():
    folder, count, found = sources.installed(), 0, {}
    for service in folder.services:
        for name, examples in folder.examples(service).items():
            operation = load(service, origin="botocore").operation(name)
            for example in examples:
                count += 1
                params = example.get("input") or {}
                for violation in iter_violations(operation, instances.from_boto3(operation, params)):
                    found.setdefault((service, name), set()).add(violation.keyword)
    assert count > 1000
    if folder.version == "1.43.11":
        assert found == OFFENDERS
    else:
        print(f"offenders are listed for botocore 1.43.11, not {folder.version}; {len(found)} of {count} break theirs")
        assert len(found) < count / 50


SAMPLE = ("personalize", "forecast", "dynamodb", "lambda", "s3", "sqs", "ec2", "bedrock-runtime", "iam", "kms", "sesv2",
          "route53", "chime-sdk-meetings", "cleanrooms", "cloudfront", "apigateway", "glue", "ds")  # fmt: skip


@needs_fast
@pytest.mark.parametrize("service", SAMPLE)
def test_both_engines_say_the_same(service):
    _engines_agree(service, random.Random(service), 25)


@needs_fast
@pytest.mark.slow
@pytest.mark.parametrize("service", sources.installed().services)
def test_both_engines_say_the_same_of_every_service(service):
    _engines_agree(service, random.Random(f"all {service}"), 60)


def _engines_agree(service: str, rng: random.Random, count: int) -> None:
    contract = load(service, origin="botocore")
    seen = {True: 0, False: 0}
    for _ in range(count):
        operation = contract.operation(rng.choice(contract.operations))
        direction = rng.choice(("request", "response"))
        if operation.shape(direction) is None:
            continue
        instance = draw(rng, contract, operation.shape(direction), oddness=rng.choice((0, 0.01, 0.05, 0.3)))
        first, second = (list(iter_violations(operation, instance, direction, engine=engine)) for engine in ENGINES[1:])
        assert sorted(map(repr, first)) == sorted(map(repr, second)), (operation.name, direction, instance)
        assert is_valid(operation, instance, direction) == (not first)
        assert len({(v.keyword, v.instance_path, v.schema_path) for v in first}) == len(first)
        seen[not first] += 1
    assert all(seen.values()) or service not in SAMPLE, "the generator draws only one kind"


# botocore decides types, required and unknown members, unions and lower bounds, as far as its own model has them.
def _botocore_decides(violation) -> bool:
    if violation.layer != "model":
        return False
    if violation.keyword == "type":
        return not (violation.value in (True, False) or str(violation.value) in ("nan", "inf", "True", "False"))
    if " byte" in violation.message:
        return False
    return violation.keyword in ("required", "additionalProperties", "oneOf", "minimum", "minLength", "minItems")


def test_botocore_rejects_what_we_reject_of_types_and_structure():
    rng, checked, rejected = random.Random(5), 0, 0
    for service in ("personalize", "dynamodb", "sqs", "kms", "bedrock-runtime", "lambda", "forecast", "ecs"):
        files = sources.installed().load(service)
        model = ServiceModel(files.model, service)
        contract = load(service, origin="botocore")
        for _ in range(60):
            name = rng.choice(contract.operations)
            operation = contract.operation(name)
            if operation.input is None or "x-aws-event-stream" in json.dumps(contract.define(operation.input)):
                continue
            instance = draw(rng, contract, operation.input, oddness=rng.choice((0, 0.03)))
            params = instances.to_boto3(operation, instance)
            if not isinstance(params, dict) or _has_odd_keys(params):
                continue
            canonical = instances.from_boto3(operation, params)
            found = list(iter_violations(operation, canonical))
            report = ParamValidator().validate(params, model.operation_model(name).input_shape)
            if any(_botocore_decides(violation) for violation in found):
                assert report.has_errors(), (name, params, found)
                rejected += 1
            if report.has_errors():
                assert found, (name, params, report.generate_report())
            checked += 1
    assert checked > 200
    assert rejected > 20


def _has_odd_keys(value) -> bool:
    if isinstance(value, dict):
        return any(not isinstance(key, str) or _has_odd_keys(below) for key, below in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(_has_odd_keys, value))
    return isinstance(value, float) and value.is_integer()


# What is told of a violation ----------------------------------------------------------------------------------------


def test_tells_limit_place_source_and_sentence():
    (violation,) = iter_violations(operation_of(LIST), {"maxResults": 101})
    assert violation.limit == 100
    assert violation.schema_path == "/$defs/MaxResults/maximum"
    assert violation.value == 101
    assert violation.layer == "model"
    assert violation.source.startswith("botocore ")
    assert violation.source.endswith("personalize-2018-05-22 MaxResults")
    assert violation.message == "maxResults is 101; the contract allows 1 to 100"
    assert violation.shape == "MaxResults"


def test_every_schema_path_leads_to_its_keyword():
    rng, seen = random.Random(3), set()
    for service in ("personalize", "lambda", "kms", "bedrock-runtime", "glue"):
        contract = load(service)
        document = contract.document
        for _ in range(40):
            operation = contract.operation(rng.choice(contract.operations))
            if operation.input is None:
                continue
            for violation in iter_violations(operation, draw(rng, contract, operation.input, oddness=0.1)):
                if "/propertyNames/" in violation.schema_path:
                    continue
                found = document
                for step in violation.schema_path.split("/")[1:]:
                    step = step.replace("~1", "/").replace("~0", "~")
                    found = found[int(step) if isinstance(found, list) else step]
                seen.add(violation.keyword)
    assert seen >= {"type", "required", "enum", "pattern", "minLength", "maxLength", "additionalProperties"}


def test_sensitive_values_are_never_shown():
    operation = operation_of("cognito-idp.AdminSetUserPassword")
    secret = "hunter2 "
    for instance in ({"UserPoolId": "a_b", "Username": "u", "Password": secret},
                     {"UserPoolId": "a_b", "Username": "u", "Password": {"deep": secret}},
                     {"UserPoolId": "a_b", "Username": "u", "Password": [secret]}):  # fmt: skip
        for engine in ENGINES:
            found = list(iter_violations(operation, instance, engine=engine))
            assert [v.instance_path for v in found] == ["/Password"]
            assert found[0].value == "***"
            assert found[0].sensitive
            assert "hunter2" not in repr(found)
            assert "hunter2" not in json.dumps([v.to_json() for v in found])


def test_containers_are_counted_and_never_spelled_out():
    (violation,) = iter_violations(operation_of(LIST), {"datasetArn": {"password": "hunter2"}})
    assert violation.value == "{1 member}"
    (violation,) = iter_violations(operation_of(LIST), {"datasetArn": "x" * 250})
    assert len(violation.value) == 80


def _contract(definitions: dict, **overlays) -> Contract:
    document = {
        "x-aws-service": {"name": "toy", "apiVersion": "2020-01-01", "protocol": "json", "botocore": "1"},
        "x-aws-operations": {"Do": {"input": {"$ref": "#/$defs/In"}, "errors": [],
                                    "http": {"method": "POST", "requestUri": "/", "responseCode": 200}}},
        "$defs": definitions, **overlays,
    }  # fmt: skip
    return Contract.from_document(document, judge=iter_violations)


def _structure(**members) -> dict:
    return {"type": "object", "properties": members, "additionalProperties": False}


@pytest.mark.parametrize("engine", ENGINES)
def test_of_two_demands_the_tighter_is_told_once(engine):
    contract = _contract(
        {"In": _structure(t={"$ref": "#/$defs/T", "maxLength": 13}),
         "T": {"type": "string", "maxLength": 15, "x-aws-pattern": "[a-z]*"}},
        **{"x-aws-overlays": {"tighter": {"layer": "documented", "reason": "r", "evidence": ["https://example.org"],
                                          "former": {"/$defs/In/properties/t/maxLength": 15}}},
           "x-aws-provenance": {"/$defs/In/properties/t/maxLength": "tighter"}},
    )  # fmt: skip
    for text in ("A" * 14, "A" * 16):
        (violation,) = contract.operation("Do").iter_violations({"t": text}, engine=engine)
        assert (violation.keyword, violation.limit, violation.layer) == ("maxLength", 13, "documented")
        assert "15" in violation.note
        assert violation.source == "documented tighter: https://example.org"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["a" * 40 + "!", "ab" * 5000])
def test_what_cannot_be_decided_is_told_and_no_failure(engine, text, monkeypatch):
    from validator import patterns

    def undecided(pattern):
        raise patterns.Undecided(pattern)

    monkeypatch.setattr(patterns, "compile", undecided)
    monkeypatch.setattr(patterns, "to_rust", lambda node: None)
    contract = _contract(
        {"In": _structure(t={"$ref": "#/$defs/T"}), "T": {"type": "string", "x-aws-pattern": "[a-z]*"}}
    )
    operation = contract.operation("Do")
    (violation,) = operation.iter_violations({"t": text}, engine=engine)
    assert (violation.keyword, violation.instance_path, violation.unchecked) == ("pattern", "/t", True)
    assert violation.severity("request", strict=True) is Severity.INFO
    assert is_valid(operation, {"t": text})


# jsonschema-rs takes the first as it stands, the second for ASCII texts alone, and the third not at all.
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("pattern", "kept", "not_kept"),
    [
        ("[a-z]+", ["abc"], ["é", "A", ""]),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", ["", "abc", "é ü", "漢字", "x" * 300], ["a!", "é!", "\n"]),
        (r"(?!aws:)([\p{L}]+)", ["abc", "é", "aws"], ["aws:", "aws:é", "1"]),
        (r"(.)\1", ["aa", "éé"], ["ab", "é", ""]),
        (r"(?=.*\d)(?=.*[^A-Za-z0-9\s]).{3,}", ["a1!", "é1!"], ["abc", "a1b", "1!"]),
        (
            r"^(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$",
            ["a.com"],
            ["-a.com", "a"],
        ),
    ],
)
def test_patterns_of_every_kind_are_decided(engine, pattern, kept, not_kept):
    contract = _contract(
        {
            "In": _structure(t={"$ref": "#/$defs/T"}, m={"$ref": "#/$defs/M"}),
            "T": {"type": "string", "x-aws-pattern": pattern},
            "M": {"type": "object", "propertyNames": {"$ref": "#/$defs/T"}, "additionalProperties": {}},
        }
    )
    operation = contract.operation("Do")
    for text in kept:
        assert broken(operation, {"t": text, "m": {text: 1}}, engine=engine) == [], text
        assert is_valid(operation, {"t": text, "m": {text: 1}}), text
    for text in not_kept:
        pointer = text.replace("~", "~0").replace("/", "~1")
        expected = [("pattern", f"/m/{pointer}"), ("pattern", "/t")]
        assert broken(operation, {"t": text, "m": {text: 1}}, engine=engine) == expected, text
        assert not is_valid(operation, {"t": text}), text


def _with_keys(size, deep):
    entry = {"k" * size: {"S": "x"}}
    return {"TableName": "table", "Item": {"id": {"M": {"inner": {"M": entry}}}} if deep else entry}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("padding", [0, 70_000])
def test_the_length_of_a_key_is_held_in_small_requests_and_in_large(engine, deep, padding):
    operation = load("dynamodb").operation("PutItem")
    for size, kept in [(1, True), (65_535, True), (65_536, False)]:
        request = {**_with_keys(size, deep), "ConditionExpression": "c" * padding}
        assert is_valid(operation, request) is kept
        keywords = [violation.keyword for violation in operation.iter_violations(request, engine=engine)]
        assert keywords == ([] if kept else ["maxLength"])


@pytest.mark.parametrize("engine", ENGINES)
def test_byte_counts_are_exact(engine):
    import base64

    for least, most in [(0, 0), (0, 1), (1, 1), (2, 2), (3, 3), (1, 4), (2, 5), (4, 7), (5, 5), (6, 9), (7, 8), (0, 2)]:
        blob = {"type": "string", "contentEncoding": "base64", "x-aws-min-bytes": least, "x-aws-max-bytes": most,
                "minLength": -(-least // 3) * 4, "maxLength": -(-most // 3) * 4}  # fmt: skip
        operation = _contract({"In": _structure(b={"$ref": "#/$defs/B"}), "B": blob}).operation("Do")
        for size in range(12):
            text = base64.b64encode(b"x" * size).decode()
            expected = [("minLength", "/b")] * (size < least) + [("maxLength", "/b")] * (size > most)
            assert broken(operation, {"b": text}, engine=engine) == expected, (least, most, size)
            if expected:
                (violation,) = operation.iter_violations({"b": text}, engine=engine)
                assert violation.limit == (least if size < least else most)
                assert f"{size} byte" in violation.message
        for wrong in ("YQ", "YQ=", "Y===", "====", "YQ==YQ==", "Y Q=", "YQ==\n", "é===", "YW_-"):
            assert broken(operation, {"b": wrong}, engine=engine) == [("format", "/b")], wrong


def test_a_verdict_may_be_taken_once_and_asked_often():
    verdict = verdict_of(operation_of(LIST))
    assert verdict({"maxResults": 5})
    assert not verdict({"maxResults": 500})


def test_unknown_names_are_told():
    with pytest.raises(UnknownNameError, match="did you mean jsonschema"):
        iter_violations(operation_of(LIST), {}, engine="jsonshema")
    with pytest.raises(UnknownNameError, match="direction"):
        iter_violations(operation_of(LIST), {}, "requst")
    with pytest.raises(UnknownNameError, match="did you mean personalize"):
        load("personalise")


def test_contracts_are_loaded_once():
    assert load("personalize") is load("personalize", origin="auto")
    assert load("personalize").operation("ListRecipes") is load("personalize").operation("ListRecipes")


@pytest.mark.parametrize("first", ["load", "validate"])
def test_the_public_function_is_callable_whichever_came_first(first):
    code = (
        f"import validator; validator.{first}; validator.validate('personalize', 'ListRecipes', {{}}); validator.load"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_works_without_the_fast_engine():
    code = """
import sys
sys.modules["jsonschema_rs"] = None
from validator.validate import is_valid, load, iter_violations
operation = load("personalize").operation("ListDatasetImportJobs")
assert is_valid(operation, {"maxResults": 5}) and not is_valid(operation, {"maxResults": 500})
assert [v.keyword for v in iter_violations(operation, {"maxResults": 500})] == ["maximum"]
try:
    list(iter_violations(operation, {}, engine="jsonschema-rs"))
except Exception as error:
    assert type(error).__name__ == "MissingExtraError" or "jsonschema-rs" in str(error), error
else:
    raise SystemExit("silently another engine")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_without_the_fast_engine_the_reference_decides(monkeypatch):
    monkeypatch.setattr(fast, "available", lambda: False)
    operation = contracts.load("personalize", judge=iter_violations).operation("ListDatasetImportJobs")
    verdict = verdict_of(operation)
    for instance, kept in (({"maxResults": 5}, True), ({"maxResults": 500}, False), ({"maxResults": object()}, False)):
        assert verdict(instance) is kept
        assert is_valid(operation, instance) is kept
    with pytest.raises(EnvironmentFailedError, match="pip install jsonschema-rs"):
        iter_violations(operation, {}, engine="jsonschema-rs")


def test_judging_imports_nothing_heavy():
    code = """
import sys
import validator.validate
heavy = {"botocore", "boto3", "jsonschema", "jsonschema_rs", "hypothesis", "rich", "yaml"} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
