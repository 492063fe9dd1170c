"""Values as the Java behind AWS services prints them: `1.0E10`, `[a, b]`, `{key=value}`, `Tag(key=a)`."""

from __future__ import annotations

import base64
import binascii
import decimal
from collections.abc import Mapping
from typing import Any

from validator.messages.paths import Schema, is_marked, resolve

_DEPTH = 32


def spell(value: Any, schema: Schema | None = None, root: Schema | None = None, *, depth: int = 0) -> str:
    """The text of a value.

    With its schema, a structure is printed as `Shape(member=value, ...)` with every member in the model's
    order, a number of a float shape as a double, a blob (base64 text) as the buffer that holds it. Without
    one, structures are printed like maps. Classes without a text of their own, which AWS prints as
    `com.amazonaws...@1a2b3c`, cannot be known from outside; they are printed like the others. Sensitive
    members inside are `***`.
    """
    node = resolve(schema, root)
    if value is None:
        return "null"
    if depth and is_marked(schema, node):
        return "***"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _buffer(value) if node is not None and node.get("contentEncoding") == "base64" else str(value)
    if isinstance(value, (bytes, bytearray)):
        return _heap(len(value))
    if isinstance(value, (int, float, decimal.Decimal)):
        return number(value, node)
    if depth >= _DEPTH:
        return "..."
    if isinstance(value, (list, tuple)):
        item = node.get("items") if node else None
        return "[" + ", ".join(spell(element, item, root, depth=depth + 1) for element in value) + "]"
    if isinstance(value, Mapping):
        return _object(value, schema, node, root, depth)
    return str(value)


def number(value: Any, schema: Schema | None = None) -> str:
    """A number as `Integer.toString` and `Double.toString` write it; a float shape makes each a double."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if schema is not None and schema.get("type") == "number" and isinstance(value, int):
        try:
            value = float(value)
        except OverflowError:
            return "Infinity" if value > 0 else "-Infinity"
    if not isinstance(value, float):
        # Integers beyond the interpreter's limit for decimal text come only from hostile input.
        return str(value) if not isinstance(value, int) or value.bit_length() < 10_000 else hex(value)
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, exponent = decimal.Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + int(exponent) - 1
    if value == 0:
        body = "0.0"
    elif -3 <= power < 7:
        padded = text.ljust(power + 1, "0") if power >= 0 else "0" * -power + text
        point = max(power, 0) + 1
        body = padded[:point] + "." + (padded[point:] or "0")
    else:
        body = text[0] + "." + (text[1:] or "0") + "E" + str(power)
    return "-" + body if sign else body


def _object(
    value: Mapping[str, Any], schema: Schema | None, node: Schema | None, root: Schema | None, depth: int
) -> str:
    properties = node.get("properties") if node else None
    if properties is not None and schema is not None:
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        members = ", ".join(
            f"{member[:1].lower()}{member[1:]}={spell(value.get(member), below, root, depth=depth + 1)}"
            for member, below in properties.items()
        )
        return f"{name}({members})" if name else "{" + members + "}"
    below = node.get("additionalProperties") if node else None
    below = below if isinstance(below, Mapping) else None
    entries = (f"{key}={spell(entry, below, root, depth=depth + 1)}" for key, entry in value.items())
    return "{" + ", ".join(entries) + "}"


def _buffer(text: str) -> str:
    try:
        return _heap(len(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError):
        return text


def _heap(size: int) -> str:
    return f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
