"""What an engine yields: one keyword broken at one place; and the judging of texts both engines leave to Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from validator import patterns
from validator.contract import Contract
from validator.errors import PatternError

Schema = Mapping[str, Any]
Path = tuple["str | int", ...]

PATTERN = "x-aws-pattern"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class Breach(NamedTuple):
    """One keyword that one value breaks: both places as tuples of steps, the schema's in the contract document.

    For a key of a map, `instance_path` ends in the key and `key` is true. `undecided` marks a pattern that could not
    be decided within its bound.
    """

    keyword: str
    instance_path: Path
    schema_path: Path
    value: Any
    key: bool = False
    undecided: bool = False


def matches(pattern: str, text: str) -> bool | None:
    """Whether the whole text matches an AWS pattern; None when that cannot be told within a bound."""
    try:
        return patterns.compile(pattern).fullmatch(text)
    except (patterns.Undecided, PatternError):
        return None


def decoded_size(text: str) -> int | None:
    """How many bytes a base64 text stands for; None when it is not base64."""
    if len(text) % 4 or not _BASE64.fullmatch(text):
        return None
    return len(text) // 4 * 3 - text[-2:].count("=")


def blob_faults(text: str, schema: Schema) -> Iterator[str]:
    """The keywords that a blob breaks: `format` for what is not base64, else its exact byte counts."""
    size = decoded_size(text)
    if size is None:
        yield "format"
        return
    if size < schema.get("x-aws-min-bytes", 0):
        yield "minLength"
    if size > schema.get("x-aws-max-bytes", size):
        yield "maxLength"


def text_faults(text: str, schema: Schema) -> Iterator[tuple[str, bool]]:
    """The keywords that a text breaks in the schema of a string, each with whether it is merely undecided.

    A text that is too long is not held against the pattern: services decide the length first.
    """
    if "enum" in schema and text not in schema["enum"]:
        yield "enum", False
    if len(text) < schema.get("minLength", 0):
        yield "minLength", False
    if len(text) > schema.get("maxLength", len(text)):
        yield "maxLength", False
    elif PATTERN in schema:
        verdict = matches(schema[PATTERN], text)
        if not verdict:
            yield "pattern", verdict is None


def key_breaches(
    contract: Contract, holder: Mapping[Any, Any], at: Path, names: Schema, schema_path: Path
) -> Iterator[Breach]:
    """What the keys of one map break; `names` is the `propertyNames` that stands at `schema_path`."""
    chain = [names]
    while "$ref" in chain[-1]:
        chain.append(contract.define(chain[-1]["$ref"].rpartition("/")[2]))
    for key in holder:
        if not isinstance(key, str):
            yield Breach("type", (*at, str(key)), (*schema_path, "type"), key, key=True)
            continue
        seen = set()
        for schema in chain:
            for keyword, undecided in text_faults(key, schema):
                if keyword not in seen:
                    seen.add(keyword)
                    yield Breach(keyword, (*at, key), (*schema_path, keyword), key, key=True, undecided=undecided)
