"""One sentence for one breach, and the shortened value that is shown with it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from validator.engines.breach import Path, Schema, decoded_size
from validator.errors import did_you_mean

HIDDEN = "***"
_LONGEST = 80
_NATIVE = {"int8": 2**7, "int16": 2**15, "int32": 2**31, "int64": 2**63}
_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}
_BOUNDS = {
    "minimum": ("minimum", "maximum"),
    "minLength": ("minLength", "maxLength"),
    "minItems": ("minItems", "maxItems"),
    "minProperties": ("minProperties", "maxProperties"),
    "bytes": ("x-aws-min-bytes", "x-aws-max-bytes"),
}
_PAIRS = {name: pair for pair in _BOUNDS.values() for name in pair}
_UNITS = {"Length": ("character", "characters"), "Items": ("item", "items"), "Properties": ("entry", "entries")}


def shorten(value: Any) -> Any:
    """The value as JSON that fits a line: texts are cut, containers only counted, foreign objects named."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value[: _LONGEST + 1].encode("utf-8", "backslashreplace").decode("utf-8")
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if isinstance(value, int):
        return int(value) if abs(value) < 10**30 else shorten(_digits(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return f"{{{_count(len(value), 'member', 'members')}}}"
    if isinstance(value, (list, tuple)):
        return f"[{_count(len(value), 'item', 'items')}]"
    if isinstance(value, (bytes, bytearray)):
        return f"<{_count(len(value), 'byte', 'bytes')}>"
    if type(value).__name__ == "Decimal":
        return shorten(str(value))
    return f"<{type(value).__name__}>"


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:
        return "an integer of thousands of digits"


def dotted(path: Iterable[str | int], root: str = "it") -> str:
    """An instance path as people write one: `tags[3].tagKey`."""
    text = ""
    for step in path:
        if isinstance(step, int) or not step:
            text += f"[{json.dumps(step)}]"
        else:
            text += f".{step}" if text else step
    return shorten(text) if text else root


def sentence(
    keyword: str,
    path: Path,
    value: Any,
    schema: Schema,
    *,
    root: str,
    hidden: bool = False,
    key: bool = False,
    undecided: bool = False,
) -> str:
    """What is wrong in one sentence: `maxResults is 101; the contract allows 1 to 100`.

    `schema` is the one that has the keyword, `root` names the instance as a whole.
    """
    holder = dotted(path[:-1], root)
    subject = f"a key of {holder}" if key else dotted(path, root)
    if undecided:
        return f"{subject} was not held against its pattern: it cannot be decided within bounds"
    return _SENTENCES[keyword](subject, path, value, schema, HIDDEN if hidden else _spell(value), holder)


def _spell(value: Any) -> str:
    shown = shorten(value)
    if value is None:
        return "null"
    if isinstance(shown, str):
        return json.dumps(shown, ensure_ascii=False) if isinstance(value, str) else shown
    return json.dumps(shown)


def _type(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    demanded = _TYPES.get(schema.get("type", "string"), "a value of its type")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{subject} is {shown}, which JSON cannot say; the contract wants {demanded}"
    kind = _kind(value)
    return (
        f"{subject} is {kind} ({shown}); the contract wants {demanded}"
        if kind
        else (f"{subject} is {shown}; the contract wants {demanded}")
    )


def _kind(value: Any) -> str:
    if value is None:
        return ""
    for kind, name in (
        (bool, "a boolean"),
        (str, "a string"),
        (int, "an integer"),
        (float, "a number"),
        (Mapping, "an object"),
        ((list, tuple), "a list"),
        ((bytes, bytearray), "binary"),
    ):
        if isinstance(value, kind):
            return name
    return ""


def _required(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    return f"{subject} is missing; the contract requires it"


def _unknown(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    hint = did_you_mean(str(path[-1]), schema.get("properties", ()))
    return f"{subject} is not a member that the contract knows{hint}"


def _enum(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    allowed = [str(option) for option in schema["enum"]]
    listed = ", ".join(allowed[:12]) + (f" and {len(allowed) - 12} more" if len(allowed) > 12 else "")
    hint = did_you_mean(value, allowed) if isinstance(value, str) and shown != HIDDEN else ""
    return f"{subject} is {shown}; the contract allows {listed}{hint}"


def _pattern(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    return f"{subject} is {shown}; the contract wants it to match {schema.get('x-aws-pattern', schema.get('pattern'))}"


def _bound(keyword: str) -> Callable[..., str]:
    def say(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
        return f"{subject} is {shown}; the contract allows {interval(keyword, schema)}"

    return say


def _size(keyword: str) -> Callable[..., str]:
    units = next(units for name, units in _UNITS.items() if name in keyword)

    def say(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
        size = decoded_size(value) if "contentEncoding" in schema else len(value)
        named = ("byte", "bytes") if "contentEncoding" in schema else units
        return f"{subject} has {_count(size or 0, *named)}; the contract allows {interval(keyword, schema)}"

    return say


def interval(keyword: str, schema: Schema) -> str:
    """Both bounds of the kind that a keyword belongs to: `1 to 100`, `at most 100`, `at least 1`."""
    if "contentEncoding" in schema and "Length" in keyword:
        keyword = "x-aws-min-bytes"
    least, most = (schema.get(name) for name in _PAIRS[keyword])
    reach = _NATIVE.get(schema.get("format", ""))
    if reach is not None and keyword in ("minimum", "maximum") and (least, most) != (-reach, reach - 1):
        least, most = (None if least == -reach else least), (None if most == reach - 1 else most)
    if least is None or (least == 0 and keyword not in ("minimum", "maximum")):
        return f"at most {most}"
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least != most else f"exactly {least}"


def _union(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    names = list(schema["properties"])
    given = [name for name in names if name in value]
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    what = f"sets {', '.join(given)}" if given else "sets no member"
    return f"{subject} {what}; the contract wants exactly one of {listed}"


def _format(subject: str, path: Path, value: Any, schema: Schema, shown: str, holder: str) -> str:
    return f"{subject} is {shown}; the contract wants base64"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


_SENTENCES: dict[str, Callable[..., str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown,
    "enum": _enum,
    "pattern": _pattern,
    "oneOf": _union,
    "format": _format,
    **{keyword: _bound(keyword) for keyword in ("minimum", "maximum")},
    **{
        keyword: _size(keyword)
        for keyword in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
    },
}
