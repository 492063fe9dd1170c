"""A contract looked up: what it knows by which name, and what it says of a name it does not know."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from validator import contract as contracts
from validator import patching, sources, times
from validator.contract import Contract
from validator.errors import AwsContractError, MalformedContractError, UnknownNameError, UnusableInputError
from validator.validate import load

HEADING = {"name": "made", "apiVersion": "1", "protocol": "json"}
PERSONALIZE = load("personalize")
LIST = PERSONALIZE.operation("ListSchemas")


@pytest.mark.parametrize("name", ["ListSchemas", "list_schemas", "list-schemas", "listschemas"])
def test_an_operation_goes_by_its_names_in_python_and_on_the_command_line(name: str) -> None:
    assert PERSONALIZE.operation(name) is LIST


def test_what_has_no_shape_is_an_object_without_members() -> None:
    schema = PERSONALIZE.operation("DeleteSchema").schema("response")
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({})
    assert not validator.is_valid({"a": 1})
    assert not validator.is_valid([])


@pytest.mark.parametrize(
    ("ask", "kind", "told"),
    [
        (lambda: LIST.shape("error"), UnusableInputError, "personalize.ListSchemas: an error body needs its code"),
        (lambda: LIST.shape("answer"), UnknownNameError, "no direction named 'answer'"),
        (lambda: LIST.shape("error", "Nope"), UnknownNameError, "no error named 'Nope'"),
        (lambda: PERSONALIZE.operation("ListSchemes"), UnknownNameError, "did you mean ListSchemas"),
        (lambda: PERSONALIZE.define("Schemes"), UnknownNameError, "no shape named 'Schemes'"),
        (lambda: contracts.load("iam", origin="committed"), UnknownNameError, "no committed contract named 'iam'"),
        (lambda: contracts.load("personalize", "1999-01-01"), UnknownNameError, "1999-01-01"),
        (lambda: Contract.from_document([]), MalformedContractError, "no complete x-aws-service"),
        (lambda: Contract.from_document({"x-aws-service": {"name": "a"}}), MalformedContractError, "x-aws-service"),
        (lambda: Contract.from_document({"x-aws-service": HEADING}), MalformedContractError, "it has no $defs object"),
        (
            lambda: Contract.from_document({"x-aws-service": HEADING, "$defs": {}, "x-aws-operations": []}),
            MalformedContractError,
            "it has no x-aws-operations object",
        ),
        (
            lambda: contracts.from_model_files(
                sources.ModelFiles("made", "1", {"metadata": {"apiVersion": "1", "protocol": "json"}}, {}, None, "")
            ),
            MalformedContractError,
            "it has no 'shapes' object",
        ),
    ],
)
def test_what_is_not_there_is_one_line(ask: Callable[[], Any], kind: type[AwsContractError], told: str) -> None:
    with pytest.raises(kind) as caught:
        ask()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_contract_without_a_judge_says_who_has_one() -> None:
    plain = contracts.load("personalize")
    assert repr(plain) == f"<Contract personalize {plain.api_version}, {len(plain.operations)} operations>"
    with pytest.raises(TypeError, match=r"validator\.load\(\)"):
        plain.operation("ListSchemas").iter_violations({})


@pytest.mark.parametrize(
    ("path", "value"),
    [("", {"a": [1, {"b/c": 2}]}), ("/a/0", 1), ("/a/1/b~1c", 2), ("/a/2", None), ("/a/x", None), ("/a/0/b", None)],
)
def test_values_at_pointers(path: str, value: Any) -> None:
    found = patching.value_at({"a": [1, {"b/c": 2}]}, path)
    assert found == value if value is not None else found is patching.ABSENT


def test_only_constraints_are_taken_away_where_a_patch_has_lapsed() -> None:
    before = {"$defs": {"A": {"type": "string", "maxLength": 5}}}
    patch: Any = [
        {"op": "replace", "path": "/$defs/A/type", "value": "integer"},
        {"op": "replace", "path": "/$defs/A/maxLength", "value": 7},
        {"op": "remove", "path": "/$defs/A/minLength"},
    ]
    after, former = patching.loosened(before, patch, lambda name: None)
    assert after == {"$defs": {"A": {"type": "string"}}}
    assert former == {"/$defs/A/maxLength": 5}


@pytest.mark.parametrize("seconds", [1e18, -1e18, float("nan"), float("inf"), "soon", None, True])
def test_what_is_no_time_of_the_calendar_stays(seconds: Any) -> None:
    assert times.to_datetime(seconds) is seconds
    assert times.spell(seconds, "iso8601") is seconds


def test_the_ends_of_the_calendar_are_counted() -> None:
    west, east = (datetime.timezone(hours * datetime.timedelta(hours=23, minutes=59)) for hours in (-1, 1))
    assert times.to_epoch(datetime.datetime.max.replace(tzinfo=west)) == 253402300799.999999 + 86340
    assert times.to_epoch(datetime.datetime.min.replace(tzinfo=east)) == -62135596800 - 86340
