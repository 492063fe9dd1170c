"""Values as Java spells them, and what services answer for a value of the wrong JSON type."""

from __future__ import annotations

import decimal
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from validator.messages import parse, render, serialization_message
from validator.messages.java import number, spell
from validator.results import Violation

CASES = Path(__file__).parent / "messages"
SERIALIZATION = yaml.safe_load((CASES / "serialization.yaml").read_text(encoding="utf-8"))
# Written by `java tests/messages/Doubles.java > fixtures/messages/doubles.json`: [a literal, Double.toString
# of it].
DOUBLES = json.loads((Path(__file__).parent.parent / "fixtures/messages/doubles.json").read_text(encoding="utf-8"))


def violation(keyword: str, path: str, limit: Any, value: Any) -> Violation:
    return Violation(keyword, path, "", limit, value)


# Before Java 19 `Double.toString` wrote more digits than it takes to tell these apart (JDK-4511638).
OLD_JAVA = {"637639686e11": "6.37639686E19", "-74091250e12": "-7.409125E19"}


def test_doubles_are_spelled_as_java_does() -> None:
    assert len(DOUBLES) > 200
    assert {value: number(float(value)) for value, _ in DOUBLES} == dict(DOUBLES) | OLD_JAVA
    for value, text in OLD_JAVA.items():
        assert float(dict(DOUBLES)[value]) == float(text)


@given(st.floats(allow_nan=False))
def test_a_spelled_double_is_the_double(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        ("", ""),
        ("x", "x"),
        ([], "[]"),
        ([1, "a"], "[1, a]"),
        ({"a": [None]}, "{a=[null]}"),
        ((1, 2), "[1, 2]"),
        (b"abc", "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]"),
        (decimal.Decimal("1.50"), "1.50"),
        (float("nan"), "NaN"),
    ],
)
def test_values_are_spelled_as_java_does(value: Any, text: str) -> None:
    assert spell(value) == text


def test_deep_and_huge_values_do_not_break_a_message() -> None:
    deep: Any = "end"
    for _ in range(3_000):
        deep = [deep]
    assert "..." in render([violation("maxItems", "/x", 0, deep)])
    assert parse(render([violation("maximum", "/x", 1, 10**6000)]))[0].keyword == "maximum"
    assert parse(render([violation("minLength", "/x", 9, "\ud800")]))[0].value == "\ud800"


# Wrong types


@pytest.mark.parametrize(
    ("dialect", "kind", "value", "text"),
    [(dialect, *case) for dialect, sources in SERIALIZATION.items() for source in sources for case in source["cases"]],
)
def test_wrong_types_are_answered_as_services_do(dialect: Any, kind: str, value: Any, text: str) -> None:
    assert serialization_message(kind, value, dialect=dialect) == text


FITTING = {
    "string": "x",
    "boolean": True,
    "integer": 1,
    "long": 2**40,
    "double": 1.5,
    "float": 1,
    "blob": "AAAA",
    "timestamp": 1.0,
    "list": [],
    "map": {},
    "structure": {},
    "byte": 1,
    "short": 1,
    "character": "x",
    "bigInteger": 1,
    "bigDecimal": 1.5,
}


@pytest.mark.parametrize("kind", FITTING)
@pytest.mark.parametrize("dialect", ["coral", "dynamodb"])
def test_a_value_of_the_type_has_no_sentence_and_every_other_one(kind: str, dialect: Any) -> None:
    assert serialization_message(kind, FITTING[kind], dialect=dialect) == ""
    assert serialization_message(kind, None, dialect=dialect) == ""
    fitting = {float: int}.get(type(FITTING[kind]), type(FITTING[kind]))
    for value in ("x", False, 3, [1], {"a": 1}):
        assert bool(serialization_message(kind, value, dialect=dialect)) == (type(value) is not fitting), value


def test_an_unknown_shape_type_is_refused() -> None:
    with pytest.raises(KeyError):
        serialization_message("strnig", "x")
