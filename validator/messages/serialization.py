"""What AWS JSON services answer for a value of the wrong JSON type: the text of a SerializationException."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Dialect = Literal["coral", "dynamodb"]

# Shape type -> its name in the sentence, with the article the services use.
# Seen in answers: String, Integer, Long, Boolean. The other names follow their pattern and were not seen.
_SCALARS: Mapping[str, str] = {
    "string": "a String",
    "character": "a String",
    "boolean": "a Boolean",
    "byte": "a Byte",
    "short": "a Short",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "bigInteger": "a BigInteger",
    "bigDecimal": "a BigDecimal",
    "blob": "a Blob",
    "timestamp": "milliseconds since epoch",
}
_NUMBERS = frozenset(_SCALARS) - {"string", "character", "boolean", "blob"}
_EXPECTED: Mapping[str, str] = {
    "list": "Expected list or null",
    "map": "Expected map or null",
    "structure": "Expected null",
    "union": "Expected null",
}
_JAVA_CLASSES: Mapping[str, str] = {
    "blob": "java.nio.ByteBuffer",
    "timestamp": "java.util.Date",
    "character": "java.lang.String",
}


def serialization_message(expected_type: str, value: Any, *, dialect: Dialect = "coral") -> str:
    """The sentence for a JSON value where the model has `expected_type`; empty when it is of that type.

    `expected_type` is a botocore shape type (`string`, `integer`, `list`, `structure`, ...). `coral` is what
    AWS JSON 1.1 services answer, `dynamodb` what DynamoDB does. A fraction for an integer shape is cut, not
    refused, and null is an absent member, so both give an empty text. KeyError for a type that is no shape
    type.
    """
    if expected_type not in _SCALARS and expected_type not in _EXPECTED:
        raise KeyError(expected_type)
    if value is None or _fits(expected_type, value):
        return ""
    return _dynamodb(expected_type, value) if dialect == "dynamodb" else _coral(expected_type, value)


def _fits(expected: str, value: Any) -> bool:
    if isinstance(value, bool):
        return expected == "boolean"
    if isinstance(value, (int, float)):
        return expected in _NUMBERS
    if isinstance(value, str):
        return expected in ("string", "character", "blob")
    if isinstance(value, (list, tuple)):
        return expected == "list"
    return expected in ("map", "structure", "union")


def _coral(expected: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "Start of list found where not expected"
    if isinstance(value, Mapping):
        return "Start of structure or map found where not expected."
    if expected in _EXPECTED:
        return _EXPECTED[expected]
    name = "an Boolean" if expected == "boolean" and isinstance(value, str) else _SCALARS[expected]
    return f"{_token(value)} can not be converted to {name}"


def _dynamodb(expected: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "Start of structure or map found where not expected"
    if isinstance(value, (list, tuple)):
        if expected not in _SCALARS:
            return "Unrecognized collection type"
        name = "java.lang." + _SCALARS[expected].rpartition(" ")[2]
        return f"Unrecognized collection type class {_JAVA_CLASSES.get(expected, name)}"
    if expected in _EXPECTED:
        return "Unexpected field type"
    if expected == "blob":
        return "only base-64-encoded strings are convertible to bytes"
    if expected == "boolean" and isinstance(value, str):
        return "Unexpected token received from parser"
    token = "DECIMAL_VALUE" if isinstance(value, float) else _token(value)
    return f"{token} cannot be converted to {_SCALARS[expected].partition(' ')[2]}"


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
