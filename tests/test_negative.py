"""The door to the countable side: what it names exists, and what it breaks is broken as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from validator import constraints, negative, validate
from validator.emulator import Emulator
from validator.exchange import Exchange
from validator.results import SEVERITIES
from validator.transport import MemoryTarget

OPERATIONS = [
    ("personalize", "CreateDatasetImportJob"),
    ("forecast", "CreateDatasetImportJob"),
    ("sqs", "SendMessage"),
    ("dynamodb", "PutItem"),
    ("s3", "PutBucketTagging"),
    ("events", "PutRule"),
]


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
@pytest.mark.parametrize("direction", ["request", "response"])
def test_each_breaks_one_constraint(service: str, name: str, direction: str) -> None:
    operation = validate.load(service).operation(name)
    for one in negative.iter_broken(operation, direction):
        found = list(operation.iter_violations(one.instance, direction))
        assert [(each.keyword, each.instance_path) for each in found] == [
            (one.violation.keyword, one.violation.instance_path)
        ], one
        # The violation foretold is the one told, down to who demands it.
        for field in ("limit", "layer", "source", "sensitive", "schema_path", "shape"):
            assert getattr(found[0], field) == getattr(one.violation, field), (field, one)
        assert one.violation.keyword in SEVERITIES


def test_error_bodies_are_broken_too() -> None:
    operation = validate.load("personalize").operation("CreateDatasetImportJob")
    code = "ResourceNotFoundException"
    broken = list(negative.iter_broken(operation, "error", code=code))
    assert {one.violation.keyword for one in broken} == {"type", "additionalProperties"}
    for one in broken:
        assert [each.keyword for each in operation.iter_violations(one.instance, "error", code=code)] == [
            one.violation.keyword
        ]


def test_a_sensitive_value_is_not_shown() -> None:
    operation = validate.load("kms").operation("Encrypt")
    shown = [
        one.violation.value for one in negative.iter_broken(operation) if one.violation.instance_path == "/Plaintext"
    ]
    assert shown
    assert set(shown) <= {"***", None}, "an absent value has nothing to hide"


def test_broken_and_boundary_are_the_same_violations() -> None:
    operation = validate.load("forecast").operation("CreateDatasetImportJob")

    def told(items: Any) -> list[str]:
        return [json.dumps(item.instance) for item in items]

    sides = [item for item in negative.iter_boundary(operation) if item.side == "violated"]
    assert told(negative.iter_broken(operation)) == told(sides)
    counted = {each.id for each in negative.constraints(operation)}
    assert {item.constraint.id for item in sides if item.constraint} <= counted
    assert {each.constraint.id for each in negative.unexercisable(operation)} <= counted


_TOLD = [("personalize", "CreateDatasetImportJob"), ("sqs", "SendMessage"), ("kms", "Encrypt"), ("s3", "PutObject")]


@pytest.mark.parametrize(("service", "name"), _TOLD)
@pytest.mark.parametrize("direction", ["request", "response"])
def test_the_violation_is_told_as_the_validator_tells_it(service: str, name: str, direction: str) -> None:
    operation = validate.load(service).operation(name)
    broken = list(negative.iter_broken(operation, direction))
    for one in broken:
        assert [one.violation] == list(operation.iter_violations(one.instance, direction))
        assert one.violation.message
    assert len(broken) > 10


@pytest.mark.parametrize("engine", ["auto", "jsonschema"])
def test_keys_items_and_unions_are_told_too(engine: str) -> None:
    kinds = set()
    for service, name in (("dynamodb", "PutItem"), ("bedrock-runtime", "ApplyGuardrail"), ("ssm", "SendCommand")):
        operation = validate.load(service).operation(name)
        for one in negative.iter_broken(operation):
            assert [one.violation] == list(operation.iter_violations(one.instance, engine=engine))
            kinds.add(one.violation.keyword)
    assert {"type", "required", "enum", "pattern", "minLength", "maxLength", "maxItems", "oneOf"} <= kinds


def test_the_violation_of_an_error_is_told() -> None:
    operation = validate.load("personalize").operation("CreateDatasetImportJob")
    for one in negative.iter_broken(operation, "error", code="LimitExceededException"):
        told = list(operation.iter_violations(one.instance, "error", code="LimitExceededException"))
        assert [one.violation] == told


# What the emulator takes all the same is what is called lenient, and nothing else.
_LISTS = [
    ("personalize", "ListDatasetImportJobs"),
    ("personalize", "ListSchemas"),
    ("forecast", "ListDatasetImportJobs"),
    ("forecast", "ListDatasets"),
]


@pytest.mark.parametrize(("service", "name"), _LISTS)
def test_the_emulator_takes_what_is_lenient_and_nothing_else(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)
    target = MemoryTarget(Emulator(seed=0))
    seen = set()
    for one in negative.iter_broken(operation):
        answer = target.send(operation, one.instance)
        assert isinstance(answer, Exchange)
        assert answer.accepted is one.lenient, one
        seen.add((one.violation.keyword, type(one.violation.value), one.lenient))
    assert {("type", float, True), ("type", type(None), True), ("additionalProperties", str, True)} <= seen
    assert ("type", str, False) in seen


@pytest.mark.parametrize(
    ("service", "lenient"), [("personalize", True), ("kafka", True), ("rds", False), ("s3", False)]
)
def test_only_parsers_of_json_cut_a_fraction(service: str, lenient: bool) -> None:
    contract = validate.load(service)
    name = {"personalize": "ListSchemas", "kafka": "CreateConfiguration", "rds": "DescribeDBInstances"}.get(service)
    operation = contract.operation(name or "ListObjectsV2")
    for one in negative.iter_broken(operation):
        if isinstance(one.violation.value, float):
            assert one.lenient is (lenient and one.violation.limit == "integer")
    assert constraints.forgiven(contract.protocol, "type", "integer", 1.5) is lenient
    assert not constraints.forgiven(contract.protocol, "type", "string", 1.5)
    assert not constraints.forgiven(contract.protocol, "type", "integer", "1")
