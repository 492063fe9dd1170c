"""Every keyword a violation can name: what it demands, with the smallest schema and values that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword: the demand in a sentence, a schema that makes it, a value that keeps it and one that breaks it."""

    demand: str
    schema: Mapping[str, Any]
    passes: Any
    fails: Any
    boto3: str


_SENT = "boto3 sends it"
_STOPPED = "boto3 stops it"
_TEXT = {"type": "string"}

# The examples are run through the validator by the tests, and printed by `explain` and the reference pages.
KEYWORDS: Mapping[str, Keyword] = {
    "type": Keyword(
        "The value has the JSON type its shape has; a boolean is not a number, and NaN and the infinities "
        "are no JSON at all.",
        {"type": "integer"},
        5,
        True,
        "boto3 stops most, but takes True for an integer",
    ),
    "required": Keyword(
        "The member is there. An idempotency token that botocore fills in is never demanded.",
        {"type": "object", "required": ["name"]},
        {"name": "a"},
        {},
        _STOPPED,
    ),
    "enum": Keyword(
        "The text is one of the listed ones, in exactly that case.",
        {**_TEXT, "enum": ["FULL", "INCREMENTAL"]},
        "FULL",
        "full",
        _SENT,
    ),
    "pattern": Keyword(
        "The whole text matches the regular expression, whatever anchors it carries; \\d, \\w and \\s are ASCII.",
        {**_TEXT, "x-aws-pattern": "[a-z]+"},
        "abc",
        "abc\n",
        _SENT,
    ),
    "minLength": Keyword(
        "The text has at least so many code points, or the blob so many bytes.",
        {**_TEXT, "minLength": 1},
        "a",
        "",
        _STOPPED,
    ),
    "maxLength": Keyword(
        "The text has at most so many code points, or the blob so many bytes.",
        {**_TEXT, "maxLength": 3},
        "abc",
        "abcd",
        _SENT,
    ),
    "minItems": Keyword("The list has at least so many elements.", {"type": "array", "minItems": 1}, [1], [], _STOPPED),
    "maxItems": Keyword("The list has at most so many elements.", {"type": "array", "maxItems": 1}, [1], [1, 2], _SENT),
    "minProperties": Keyword(
        "The map has at least so many entries.", {"type": "object", "minProperties": 1}, {"a": 1}, {}, _SENT
    ),
    "maxProperties": Keyword(
        "The map has at most so many entries.",
        {"type": "object", "maxProperties": 1},
        {"a": 1},
        {"a": 1, "b": 2},
        _SENT,
    ),
    "minimum": Keyword(
        "The number is at least this; an integer also fits its 32 or 64 bits.",
        {"type": "integer", "minimum": 1},
        1,
        0,
        _STOPPED,
    ),
    "maximum": Keyword(
        "The number is at most this; an integer also fits its 32 or 64 bits.",
        {"type": "integer", "maximum": 100},
        100,
        101,
        _SENT,
    ),
    "additionalProperties": Keyword(
        "The structure has only members that the contract knows.",
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        {"a": 1},
        {"b": 1},
        _STOPPED,
    ),
    "oneOf": Keyword(
        "Exactly one member of the union is set.",
        {
            "type": "object",
            "properties": {"a": {}, "b": {}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            "additionalProperties": False,
        },
        {"a": 1},
        {"a": 1, "b": 2},
        _STOPPED,
    ),
    "format": Keyword(
        "The text has the form its shape says: base64 for a blob.",
        {**_TEXT, "contentEncoding": "base64"},
        "YQ==",
        "a!",
        "boto3 encodes bytes itself",
    ),
}
