"""Both sides of every bound, judged by the engines and measured by hand."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from tests import odd_shapes
from validator import validate
from validator.boundary import Boundary, iter_boundary, plan, unexercisable
from validator.constraints import constraints
from validator.contract import Contract
from validator.demands import Part, resolve
from validator.smallest import NoInstanceError, keys
from validator.variations import UNKNOWN_MEMBER

FLAGSHIPS = [
    (service, name)
    for service in ("personalize", "forecast")
    for name in (
        "CreateDatasetImportJob",
        "DescribeDatasetImportJob",
        "ListDatasetImportJobs",
        "CreateSchema",
        "CreateDataset",
        "CreateDatasetGroup",
        "TagResource",
    )
    if name in validate.load(service).operations
]
SAMPLE = [
    ("sqs", "SendMessage"),
    ("kms", "Encrypt"),
    ("dynamodb", "PutItem"),
    ("s3", "PutObject"),
    ("lambda", "CreateFunction"),
    ("ssm", "PutParameter"),
    ("glue", "CreateConnection"),
    ("iot", "CreateTopicRule"),
    ("events", "PutRule"),
    ("sts", "GetCallerIdentity"),
    ("bedrock-runtime", "Converse"),
    ("quicksight", "CreateDataSource"),
]


def judged(operation: Any, instance: Any, direction: str = "request", engine: str = "auto") -> list[tuple[str, str]]:
    found = operation.iter_violations(instance, direction, engine=engine)
    return [(violation.keyword, violation.instance_path) for violation in found]


def values(items: Iterable[Boundary], name: str) -> list[Any]:
    """What a top-level member is in every instance that has it."""
    return [item.instance[name] for item in items if isinstance(item.instance, dict) and name in item.instance]


def due(item: Boundary) -> list[tuple[str, str]]:
    return [(item.violation.keyword, item.violation.instance_path)] if item.violation else []


@pytest.mark.parametrize("engine", ["jsonschema-rs", "jsonschema"])
@pytest.mark.parametrize(("service", "name"), FLAGSHIPS)
def test_each_instance_breaks_what_it_says_and_nothing_else(service: str, name: str, engine: str) -> None:
    operation = validate.load(service).operation(name)
    for item in iter_boundary(operation):
        assert judged(operation, item.instance, engine=engine) == due(item), item


@pytest.mark.parametrize(("service", "name"), SAMPLE)
def test_the_same_over_other_services_and_in_responses(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)
    for direction in ("request", "response"):
        for item in iter_boundary(operation, direction):
            assert judged(operation, item.instance, direction) == due(item), item
            json.dumps(item.instance, allow_nan=False)


@pytest.mark.parametrize(("service", "name"), FLAGSHIPS + SAMPLE)
def test_every_constraint_has_both_sides_or_a_reason(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)
    exercised = {
        (each.id, item.side)
        for item in iter_boundary(operation)
        for each in (item.constraint, *item.also)
        if each is not None
    }
    named = {(each.constraint.id, each.side) for each in unexercisable(operation)}
    for constraint in constraints(operation):
        for side in ("satisfied", "violated"):
            assert ((constraint.id, side) in exercised) != ((constraint.id, side) in named), (constraint, side)


def test_the_reasons_are_few_and_true() -> None:
    """What the flagship import jobs cannot exercise is the length that their patterns imply."""
    found = {}
    for service, name in (("personalize", "CreateDatasetImportJob"), ("forecast", "CreateDatasetImportJob")):
        for each in unexercisable(validate.load(service).operation(name)):
            found[f"{service} {each.constraint.member_path} {each.constraint.keyword} {each.side}"] = each.reason
    assert found == {
        # [a-zA-Z0-9][a-zA-Z0-9\-_]* and [a-zA-Z][a-zA-Z0-9_]*
        "personalize /jobName minLength violated": "the pattern takes no text of 0 characters",
        "forecast /DatasetImportJobName minLength violated": "the pattern takes no text of 0 characters",
        # CSV|PARQUET
        "forecast /Format maxLength violated": "the pattern takes no text of 8 characters",
        # s3://[a-z0-9].+ has at least seven characters
        "forecast /DataSource/S3Config/Path minLength violated": "the pattern takes no text of 6 characters",
    }


def test_the_values_lie_on_both_sides_of_the_bounds() -> None:
    create = list(iter_boundary(validate.load("personalize").operation("CreateDatasetImportJob")))
    names = {len(value) for value in values(create, "jobName") if isinstance(value, str)}
    assert {1, 2, 62, 63, 64} <= names
    assert 0 not in names
    assert max(names) == 64
    modes = values(create, "importMode")
    assert {"FULL", "INCREMENTAL", "full"} <= {mode for mode in modes if isinstance(mode, str)}
    assert {None, True, 1.5} <= {mode for mode in modes if isinstance(mode, (bool, float, type(None)))}
    assert {len(value) for value in values(create, "tags") if isinstance(value, list)} == {0, 1, 199, 200, 201}
    listing = iter_boundary(validate.load("personalize").operation("ListDatasetImportJobs"))
    asked = [item for item in listing if values([item], "maxResults") and type(item.instance["maxResults"]) is int]
    sides = {item.instance["maxResults"]: item.side for item in asked}
    assert sides == {0: "violated", 1: "satisfied", 2: "satisfied", 99: "satisfied", 100: "satisfied", 101: "violated"}


def test_near_misses_hold_what_careless_checks_let_through() -> None:
    """A newline at the end, another case, an alternative with more behind it: the whole pattern refuses each."""
    create = validate.load("forecast").operation("CreateDatasetImportJob")
    missed = [
        item.instance["Format"]
        for item in iter_boundary(create)
        if item.violation and item.violation.keyword == "pattern" and item.violation.instance_path == "/Format"
    ]
    assert missed
    assert not any(re.fullmatch("CSV|PARQUET", text) for text in missed)
    assert any(text.startswith("CSV") for text in missed), "^CSV|PARQUET$ would take it"
    assert "CSV\n" in missed
    assert "csv" in missed


@pytest.mark.parametrize(
    ("operation", "path", "first"),
    [("CreateSchema", "/name", " "), ("CreateDatasetImportJob", "/roleArn", " rn:a:iam::000000000000:rolea")],
)
def test_the_first_near_miss_can_be_seen_and_a_newline_is_among_them(operation: str, path: str, first: str) -> None:
    missed = [
        item.violation.value
        for item in iter_boundary(validate.load("personalize").operation(operation))
        if item.violation and item.violation.keyword == "pattern" and item.violation.instance_path == path
    ]
    assert missed[0] == first
    visible = [text.isprintable() for text in missed]
    assert visible == sorted(visible, reverse=True)
    assert any(text.endswith("\n") for text in missed)


def test_unknown_members_and_nulls_are_marked_as_possibly_accepted() -> None:
    create = validate.load("personalize").operation("CreateDatasetImportJob")
    lenient = [item for item in iter_boundary(create) if item.lenient]
    assert {item.violation.keyword for item in lenient if item.violation} == {"additionalProperties", "type"}
    for item in lenient:
        assert item.violation is not None
        assert item.violation.instance_path.endswith(f"/{UNKNOWN_MEMBER}") or item.note.startswith("null")
        assert item.violation.instance_path != "/jobName"


def test_given_values_stand_wherever_they_are_not_exercised() -> None:
    create = validate.load("personalize").operation("CreateDatasetImportJob")
    dataset = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/INTERACTIONS"
    location = "s3://films/interactions.csv"
    items = list(iter_boundary(create, given={"datasetArn": dataset, "dataLocation": location}))
    assert items[0].instance["datasetArn"] == dataset
    for item in items:
        if item.violation is None and not (item.constraint and item.constraint.member_path == "/datasetArn"):
            assert item.instance["datasetArn"] == dataset
            source = item.instance["dataSource"].get("dataLocation", location)
            assert source == location or (item.constraint and item.constraint.member_path == "/dataSource/dataLocation")
    # Nothing given stays behind for the next caller.
    assert next(iter_boundary(create)).instance["datasetArn"] != dataset


def test_a_caller_may_change_the_instance_it_got() -> None:
    create = validate.load("personalize").operation("CreateDatasetImportJob")
    before = digest(create)
    for item in iter_boundary(create):
        if isinstance(item.instance, dict):
            item.instance.clear()
    assert digest(create) == before


def digest(operation: Any) -> str:
    told = [(item.instance, item.side, item.note, due(item)) for item in iter_boundary(operation)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def test_the_order_is_the_same_in_every_process() -> None:
    script = (
        "from tests.test_boundary import digest; from validator import validate\n"
        "print(digest(validate.load('forecast').operation('CreateDatasetImportJob')))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {digest(validate.load("forecast").operation("CreateDatasetImportJob")) + "\n"}


DOCUMENT: dict[str, Any] = {
    "x-aws-service": {"name": "made", "apiVersion": "1", "protocol": "json"},
    "x-aws-operations": {
        "Put": {"input": {"$ref": "#/$defs/Put"}, "errors": [], "http": {"responseCode": 200}},
        "Loop": {"input": {"$ref": "#/$defs/Loop"}, "errors": [], "http": {"responseCode": 200}},
        "Never": {"input": {"$ref": "#/$defs/Never"}, "errors": [], "http": {"responseCode": 200}},
    },
    "$defs": {
        "Put": {
            "type": "object",
            "properties": {
                "name": {"$ref": "#/$defs/Name", "maxLength": 4},
                "either": {"$ref": "#/$defs/Either"},
                "labels": {"$ref": "#/$defs/Labels"},
                "raw": {"$ref": "#/$defs/Raw"},
                "sparse": {"$ref": "#/$defs/Sparse"},
                "ratio": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": ["either"],
            "additionalProperties": False,
        },
        "Name": {"type": "string", "maxLength": 9, "x-aws-pattern": "[a-z]+"},
        "Either": {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/Name"}, "b": {"type": "boolean"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            "additionalProperties": False,
            "x-aws-union": True,
        },
        "Labels": {
            "type": "object",
            "propertyNames": {"$ref": "#/$defs/Key"},
            "additionalProperties": {"$ref": "#/$defs/Name"},
            "minProperties": 1,
            "maxProperties": 3,
        },
        "Key": {"type": "string", "minLength": 2, "maxLength": 3, "x-aws-pattern": "[a-z0-9]*"},
        "Raw": {
            "type": "string",
            "contentEncoding": "base64",
            "x-aws-min-bytes": 2,
            "x-aws-max-bytes": 4,
            "minLength": 4,
            "maxLength": 8,
        },
        "Sparse": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Name"}, {"type": "null"}]}, "minItems": 2},
        "Loop": {
            "type": "object",
            "properties": {"next": {"$ref": "#/$defs/Loop"}, "name": {"$ref": "#/$defs/Name"}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "Never": {
            "type": "object",
            "properties": {"again": {"$ref": "#/$defs/Never"}},
            "required": ["again"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def made() -> Contract:
    return Contract.from_document(DOCUMENT, judge=validate.iter_violations)


@pytest.mark.parametrize("engine", ["jsonschema-rs", "jsonschema"])
def test_every_kind_of_shape(made: Contract, engine: str) -> None:
    operation = made.operation("Put")
    items = list(iter_boundary(operation))
    for item in items:
        assert judged(operation, item.instance, engine=engine) == due(item), item
    broken = {due(item)[0] for item in items if item.violation}
    assert {
        ("oneOf", "/either"),
        ("maxLength", "/name"),
        ("minLength", "/raw"),
        ("maxLength", "/raw"),
        ("format", "/raw"),
        ("minProperties", "/labels"),
        ("maxProperties", "/labels"),
        ("minItems", "/sparse"),
        ("minimum", "/ratio"),
        ("maximum", "/ratio"),
    } <= broken
    assert any(keyword == "minLength" and path.startswith("/labels/") for keyword, path in broken), "a key too short"
    assert any(keyword == "pattern" and path.startswith("/labels/") for keyword, path in broken), "a key out of pattern"
    assert {len(value) for value in values(items, "name") if isinstance(value, str)} >= {1, 3, 4, 5}
    conforming = values([item for item in items if not item.violation], "sparse")
    assert any(None in value for value in conforming), "null in a sparse list"


def test_a_shape_within_itself_ends_and_one_that_requires_itself_is_told(made: Contract) -> None:
    assert plan(made.operation("Loop")).edits
    with pytest.raises(NoInstanceError, match="Never requires another of itself without end"):
        plan(made.operation("Never"))


@pytest.mark.parametrize("engine", ["jsonschema-rs", "jsonschema"])
def test_shapes_with_few_instances_or_none(engine: str) -> None:
    operation = odd_shapes.operation()
    items = list(iter_boundary(operation))
    for item in items:
        assert judged(operation, item.instance, engine=engine) == due(item), item
    for name in odd_shapes.ABSENT:
        assert values(items, name) == [], name
    exercised = {(each.id, item.side) for item in items for each in (item.constraint, *item.also) if each}
    named = {(each.constraint.id, each.side): each for each in unexercisable(operation)}
    for constraint in constraints(operation):
        for side in ("satisfied", "violated"):
            assert ((constraint.id, side) in exercised) != ((constraint.id, side) in named), (constraint, side)
    reasons = {
        f"{each.constraint.member_path} {each.constraint.keyword} {each.side}": each.reason for each in named.values()
    }
    for place, reason in {
        "/never/again required satisfied": "never requires another of itself without end",
        "/large minItems violated": "2000000 is more than the 1100000 that are built",
        "/neither oneOf satisfied": "no member of the union neither can be built: never requires another of itself "
        "without end; 2000000 is more than the 1100000 that are built",
        "/hopeless pattern violated": "no text of hopeless was found: pattern '(?!a)a' "
        "with 0 to any number of characters",
        "/short pattern satisfied": "no text of short was found: pattern '[a-z]{5}' with 0 to 4 characters",
        "/unread pattern violated": "no text of unread was found: pattern '[z-a]' with 0 to any number of characters",
        "/maps/* minProperties satisfied": "hopelessKeys has only 0 different keys",
        "/only enum violated": "the pattern or the length takes nothing but the members",
        "/only pattern violated": "the enum allows nothing that the pattern refuses",
        "/twice maxLength satisfied": "no text of 100 characters that the pattern takes was found",
        "/some maxProperties violated": "some has only 3 different keys",
        "/wide maxItems satisfied": "2000000 is more than the 1100000 that are built",
        "/long maxLength violated": "2000001 is more than the 1100000 that are built",
    }.items():
        assert reasons.get(place) == reason
    # What can be exercised, beside all that cannot.
    assert values(items, "five")[0] == 5
    assert {5, 4, 6} <= {value for value in values(items, "five") if type(value) is int}
    assert {frozenset(value) for value in values(items, "either") if isinstance(value, dict)} >= {
        frozenset("a"), frozenset("b"), frozenset("ab"),
    }  # fmt: skip
    assert any("unknownMember_" in item.instance for item in items if isinstance(item.instance, dict))
    assert min(len(text) for text in values(items, "deep") if isinstance(text, str) and text.isalpha()) == 41


def test_a_minimum_that_no_map_reaches_is_told() -> None:
    contract = odd_shapes.operation().contract
    with pytest.raises(NoInstanceError, match=r"^some has only 3 different keys$"):
        keys(contract, resolve(contract, Part({"$ref": "#/$defs/some"}, "")), 4)
