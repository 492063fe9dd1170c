"""The keywords' own examples, run through both engines: what passes passes, what fails fails by that keyword alone."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest

from validator import validate
from validator.contract import Contract
from validator.engines import fast
from validator.keywords import KEYWORDS
from validator.results import SEVERITIES

ENGINES = tuple(engine for engine in validate.ENGINES if engine != "jsonschema-rs" or fast.available())
# What our dialect says in a word of its own, or that JSON Schema leaves open: others pass the failing value.
OURS = {"pattern", "format", "type"}


def contract(name: str) -> Contract:
    """A contract whose one operation takes a structure with the keyword's example as its member `value`."""
    holder = {
        "type": "object",
        "properties": {"value": {"$ref": "#/$defs/Example"}},
        "additionalProperties": False,
    }
    document = {
        "x-aws-service": {"name": "example", "apiVersion": "2026-01-01", "protocol": "json"},
        "x-aws-operations": {
            "Try": {"http": {"method": "POST", "requestUri": "/"}, "input": {"$ref": "#/$defs/Holder"}}
        },
        "$defs": {"Holder": holder, "Example": copy.deepcopy(dict(KEYWORDS[name].schema))},
    }
    return Contract.from_document(document, judge=validate.iter_violations)


def broken(name: str, value: Any, engine: str) -> list[tuple[str, str]]:
    found = contract(name).operation("Try").iter_violations({"value": value}, engine=engine)
    return [(each.keyword, each.instance_path) for each in found]


def test_every_keyword_that_a_violation_can_name_is_explained() -> None:
    # Inner words of the engines: a broken key is told as the keyword it breaks, and no contract has dependencies.
    assert set(SEVERITIES) - set(KEYWORDS) == {"dependentRequired", "propertyNames"}
    assert set(KEYWORDS) <= set(SEVERITIES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", KEYWORDS)
def test_what_passes_passes(name: str, engine: str) -> None:
    assert broken(name, KEYWORDS[name].passes, engine) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", KEYWORDS)
def test_what_fails_fails_by_that_keyword_alone(name: str, engine: str) -> None:
    found = broken(name, KEYWORDS[name].fails, engine)
    assert [keyword for keyword, _ in found] == [name]
    assert all(path.startswith("/value") for _, path in found)


@pytest.mark.parametrize("name", [name for name in KEYWORDS if name not in OURS])
def test_standard_keywords_mean_what_they_mean_everywhere(name: str) -> None:
    keyword = KEYWORDS[name]
    others = jsonschema.Draft202012Validator(keyword.schema)
    assert others.is_valid(keyword.passes)
    assert name in {error.validator for error in others.iter_errors(keyword.fails)}


@pytest.mark.parametrize("name", KEYWORDS)
def test_the_words_are_there(name: str) -> None:
    keyword = KEYWORDS[name]
    assert keyword.demand.endswith(".")
    assert keyword.demand[0].isupper()
    assert keyword.boto3.startswith("boto3 ")
