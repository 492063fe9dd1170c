"""The door to the countable side: what it names exists, and what it breaks is broken as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from validator import negative, validate
from validator.results import SEVERITIES

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
