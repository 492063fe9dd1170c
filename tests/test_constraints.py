"""What can be broken in an operation, held against botocore's own reading of its models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from validator import sources, validate
from validator.constraints import constraints, places
from validator.contract import from_models

SESSION = botocore.session.get_session()
SAMPLE = ("personalize", "forecast", "sqs", "dynamodb", "kms", "glue", "lexv2-models", "s3control", "wafv2")
_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "blob": ("minLength", "maxLength"),
    "list": ("minItems", "maxItems"),
    "map": ("minProperties", "maxProperties"),
}


def told_by_botocore(shape: Any, seen: set[str]) -> Iterator[tuple[str, str]]:
    """(shape, keyword) for everything botocore's model bounds below a shape, but what can be broken by no value."""
    if shape.name in seen or (shape.type_name == "structure" and getattr(shape, "is_document_type", False)):
        return
    seen.add(shape.name)
    low, high = _BOUNDS.get(shape.type_name, ("", ""))
    metadata = shape.metadata
    if low and metadata.get("min", 0) > 0:
        yield shape.name, low
    if low and "max" in metadata:
        yield shape.name, high
    if shape.type_name == "string" and "pattern" in metadata:
        yield shape.name, "pattern"
    if shape.type_name == "string" and metadata.get("enum"):
        yield shape.name, "enum"
    if shape.type_name == "structure":
        tokens = {name for name, member in shape.members.items() if member.metadata.get("idempotencyToken")}
        if set(shape.required_members) - tokens:
            yield shape.name, "required"
        if getattr(shape, "is_tagged_union", False):
            yield shape.name, "oneOf"
        for member in shape.members.values():
            if not (
                member.serialization.get("streaming")
                or member.serialization.get("jsonvalue")
                or member.serialization.get("eventstream")
                or getattr(member, "is_eventstream", False)
            ):
                yield from told_by_botocore(member, seen)
    elif shape.type_name == "list":
        yield from told_by_botocore(shape.member, seen)
    elif shape.type_name == "map":
        yield from told_by_botocore(shape.key, seen)
        yield from told_by_botocore(shape.value, seen)


@pytest.mark.parametrize("service", SAMPLE)
def test_every_bound_of_the_model_is_counted(service: str) -> None:
    contract = from_models(sources.installed(), service, entries=())
    model = SESSION.get_service_model(service)
    keywords = {
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "pattern",
        "enum",
        "required",
        "oneOf",
    }
    # A pattern that takes every text cannot be broken.
    every = {
        "^[\\s\\S]*$",
        "[\\s\\S]*",
        "^(?s).*$",
        "(?s).*",
        "^[\\S\\s]*$",
        "[\\S\\s]*",
        "([\\s\\S]*)",
        "^([\\s\\S]*)$",
    }
    for name in contract.operations:
        operation, shape = contract.operation(name), model.operation_model(name).input_shape
        told = set(told_by_botocore(shape, set())) if shape is not None else set()
        told -= {(each, "pattern") for each, _ in told if model.shape_for(each).metadata.get("pattern") in every}
        found = {(each.shape, each.keyword) for each in constraints(operation) if each.keyword in keywords}
        assert found == told, name


def test_every_member_is_a_place_and_every_constraint_is_one_of_a_kind() -> None:
    operation = validate.load("forecast").operation("CreateDatasetImportJob")
    found = {place.member_path for place in places(operation)}
    assert {"", "/DataSource", "/DataSource/S3Config", "/DataSource/S3Config/Path", "/Tags/*", "/Tags/*/Key"} <= found
    ids = [each.id for each in constraints(operation)]
    assert len(set(ids)) == len(ids)


def test_pointers_lead_to_the_keyword() -> None:
    for service, name in (("forecast", "CreateDatasetImportJob"), ("sqs", "SendMessage"), ("kms", "Encrypt")):
        operation = validate.load(service).operation(name)
        for each in constraints(operation):
            parts = each.pointer.split("/")[1:]
            node: Any = operation.contract.define(parts[1])
            *steps, keyword = parts[2:]
            for step in steps:
                node = node[step]
            if each.member_path.endswith("<key>"):
                continue
            assert keyword in node or f"x-aws-{keyword}" in node or "x-aws-max-bytes" in node, each


def test_a_shape_that_refers_to_itself_is_counted_once() -> None:
    operation = validate.load("wafv2").operation("CreateRuleGroup")
    assert 100 < len(constraints(operation)) < 2000


def test_an_operation_without_input_can_only_be_given_what_it_does_not_know() -> None:
    operation = validate.load("sts").operation("GetCallerIdentity")
    assert {each.keyword for each in constraints(operation)} == {"type", "additionalProperties"}


def test_counting_and_enumerating_need_no_hypothesis() -> None:
    script = (
        "import sys, validator.negative, validator.constraints, validator.boundary\n"
        "print([name for name in ('hypothesis', 'botocore', 'jsonschema') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
