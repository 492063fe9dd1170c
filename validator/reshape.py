"""Any spelling of an instance brought into canonical form, guided by the contract: names, times, texts for numbers.

What a spelling says is a `Spelling`; the walk is the same for all. What the contract does not know is kept as it
stands, so that it can be judged, unless the spelling says otherwise. Nothing here judges.
"""

from __future__ import annotations

import base64
import datetime
import email.utils
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator.contract import Contract

Schema = Mapping[str, Any]
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_SECOND = datetime.timedelta(seconds=1)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?([eE][+-]?\d{1,2})?")


def _own_name(name: str, schema: Schema) -> Sequence[str]:
    return (name,)


def _as_is(schema: Schema, value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a form spells what a contract describes.

    `names` gives the names a member goes by; `fold` compares them without case. `scalar` brings a value that is no
    container into canonical form; `container` replaces a list or an object found where the contract has none.
    `items` unwraps a list. `unknown` says whether members the contract does not know are kept, `nulls` likewise.
    """

    name: str
    names: Callable[[str, Schema], Sequence[str]] = _own_name
    scalar: Callable[[Schema, Any], Any] = _as_is
    container: Callable[[Schema, Any], Any] = _as_is
    items: Callable[[Any], Any] | None = None
    fold: bool = False
    unknown: bool = True
    nulls: bool = False


def resolve(contract: Contract, schema: Schema) -> Schema:
    """A schema with its `$ref` put in its place; what stands beside the reference wins."""
    reference = schema.get("$ref")
    if reference is None:
        options = schema.get("anyOf")
        return resolve(contract, options[0]) if options else schema
    return {**contract.define(reference.rpartition("/")[2]), **schema}


def is_map(schema: Schema) -> bool:
    """Whether the schema of an object is that of a map: free keys, one kind of value."""
    return "propertyNames" in schema


def reshape(contract: Contract, schema: Schema, value: Any, spelling: Spelling) -> Any:
    """A value in the canonical form of its schema, as far as its spelling can be read; else as it stands."""
    if value is None:
        return None
    schema = resolve(contract, schema)
    if schema.get("x-aws-document") or schema.get("x-aws-jsonvalue"):
        return value
    kind = schema.get("type")
    if kind == "array":
        if spelling.items is not None:
            value = spelling.items(value)
        if not isinstance(value, (list, tuple)):
            return value
        return [reshape(contract, schema["items"], item, spelling) for item in value]
    if kind == "object":
        if not isinstance(value, Mapping):
            return value
        if is_map(schema):
            values = schema["additionalProperties"]
            sparse = "anyOf" in values
            return {
                key: reshape(contract, values, item, spelling)
                for key, item in value.items()
                if item is not None or sparse or spelling.nulls
            }
        return _structure(contract, schema, value, spelling)
    if isinstance(value, (Mapping, list, tuple)):
        return spelling.container(schema, value)
    return spelling.scalar(schema, value)


def _structure(contract: Contract, schema: Schema, value: Mapping[str, Any], spelling: Spelling) -> dict[str, Any]:
    spelled = _spelled(contract, schema, spelling)
    shaped: dict[str, Any] = {}
    for name, item in value.items():
        if item is None and not spelling.nulls:
            continue
        known = spelled.get(name.casefold() if spelling.fold else name)
        if known is not None:
            member, member_schema = known
            shaped[member] = reshape(contract, member_schema, item, spelling)
        elif spelling.unknown:
            shaped[name] = item
    return shaped


_SPELLED: dict[tuple[int, str], tuple[Any, dict[str, tuple[str, Schema]]]] = {}


def _spelled(contract: Contract, schema: Schema, spelling: Spelling) -> dict[str, tuple[str, Schema]]:
    properties = schema["properties"]
    kept = _SPELLED.get((id(properties), spelling.name))
    if kept is not None and kept[0] is properties:
        return kept[1]
    table: dict[str, tuple[str, Schema]] = {}
    for member, member_schema in properties.items():
        for name in spelling.names(member, member_schema):
            table.setdefault(name.casefold() if spelling.fold else name, (member, member_schema))
    if len(_SPELLED) > 20_000:
        _SPELLED.clear()
    _SPELLED[id(properties), spelling.name] = (properties, table)
    return table


# Scalars -------------------------------------------------------------------------------------------------------------


def is_timestamp(schema: Schema) -> bool:
    """Whether the schema is that of a point in time."""
    return schema.get("type") == "number" and "x-aws-timestamp" in schema


def to_epoch(value: Any) -> Any:
    """Epoch seconds from a datetime, or from ISO 8601, RFC 822 or a number as text; the value itself otherwise."""
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return _plain((moment - _EPOCH) / _SECOND)
    if not isinstance(value, str) or len(value) > 64:
        return value
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _plain(float(text))
    if (iso := _ISO.fullmatch(text)) is not None:
        return _from_iso(iso, value)
    for read in (email.utils.parsedate_to_datetime, _from_words):
        try:
            return to_epoch(read(text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return value


def _from_iso(found: re.Match[str], value: str) -> Any:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = int((found[7] or "0").ljust(9, "0")) / 1e9
    zone = found[8]
    offset = 0
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
    try:
        whole = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.timezone.utc)
    except ValueError:
        return value
    return _plain((whole - _EPOCH) / _SECOND + max(0, second - 59) - offset + fraction)


def _from_words(text: str) -> datetime.datetime:
    # CloudTrail writes `Jan 5, 2026, 10:00:00 AM` (older ones without the second comma).
    bare = re.sub(r"\s+", " ", text.replace(",", " "))
    return datetime.datetime.strptime(bare, "%b %d %Y %I:%M:%S %p")


def _plain(seconds: float) -> Any:
    return int(seconds) if seconds.is_integer() else round(seconds, 6)


def json_scalar(schema: Schema, value: Any) -> Any:
    """A value of a JSON body: times that stand as text become numbers, the names of no-numbers become floats."""
    if isinstance(value, str) and schema.get("type") == "number":
        if "x-aws-timestamp" in schema:
            return to_epoch(value)
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
    return value


def text_scalar(schema: Schema, value: Any) -> Any:
    """A value that stands as text (in a form, a header, an XML element) as the JSON type its schema has."""
    if not isinstance(value, str):
        return to_epoch(value) if is_timestamp(schema) else value
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.strip().casefold(), value)
    if kind == "integer" and re.fullmatch(r"\s*[+-]?\d{1,300}\s*", value):
        return int(value)
    if kind == "number":
        if "x-aws-timestamp" in schema:
            return to_epoch(value)
        try:
            number = float(value)
        except ValueError:
            return value
        return number if math.isfinite(number) else value
    return value


def python_scalar(schema: Schema, value: Any) -> Any:
    """A value as Python holds it (`datetime`, `bytes`) or as JSON text spells that."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.datetime, str)) and is_timestamp(schema):
        return to_epoch(value)
    return value


def wire_names(name: str, schema: Schema) -> Sequence[str]:
    """The name a member has in a JSON or XML body."""
    return (schema.get("x-aws-location-name", name),)


JSON = Spelling("json", wire_names, json_scalar)
PLAIN = Spelling("plain", scalar=json_scalar)
TEXT = Spelling("text", scalar=text_scalar)
PYTHON = Spelling("python", scalar=python_scalar)


def members(contract: Contract, shape: str | None) -> Iterator[tuple[str, Schema]]:
    """The members of a structure by name with their resolved schemas; none for no shape."""
    if shape is not None:
        for name, schema in contract.define(shape).get("properties", {}).items():
            yield name, resolve(contract, schema)


@functools.lru_cache(maxsize=4096)
def is_base64(text: str) -> bool:
    """Whether a text is base64 as AWS takes it."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True
