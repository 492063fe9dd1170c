"""One complaint of a service about one value: what a message says and what a violation amounts to."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from validator.messages.java import spell
from validator.messages.paths import (
    MISSING,
    Schema,
    Step,
    is_marked,
    is_sensitive,
    join,
    look_up,
    resolve,
    segments,
    steps,
)
from validator.results import Violation

Part = Literal["member", "keys", "values", "elements"]
Constraint = tuple[str, Any]

# What a message says of a keyword: the least or greatest length, the least or greatest value, or the keyword
# itself. Lists, maps and texts share their sentences, so a message alone does not tell `minItems` from
# `minLength`.
FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), "shortest"),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), "longest"),
    "minimum": "least",
    "maximum": "greatest",
    **{keyword: keyword for keyword in ("required", "enum", "pattern", "uniqueItems", "length", "range")},
}
# The applicator of each part, the keyword of a complaint that names several constraints and not which one is
# broken.
APPLICATORS: Mapping[Part, str] = {
    "keys": "propertyNames",
    "values": "additionalProperties",
    "elements": "items",
}
_TEXT_KEYWORDS = ("pattern", "minLength", "maxLength", "enum")
# The order in which Java services list the constraints of keys, values and elements.
_LISTED = (
    "enum",
    "maximum",
    "minimum",
    "maxProperties",
    "minProperties",
    "maxItems",
    "minItems",
    "maxLength",
    "minLength",
    "pattern",
)
# Where a schema keeps the limit as AWS has it, beside the keyword that other tools read.
_SPELLED = {"pattern": "x-aws-pattern", "minLength": "x-aws-min-bytes", "maxLength": "x-aws-max-bytes"}
_PART_OF_VALUE: Part = "member"
_NATIVE = {"int8": 2**7, "int16": 2**15, "int32": 2**31, "int64": 2**63}


@dataclass(frozen=True, slots=True)
class ServiceViolation:
    """One complaint: a JSON Schema keyword, the JSON Pointer of the value, its text and the limit.

    `value` is None when the message shows none or shows null. A sentence about the keys, values or elements
    of a container has its place in `path` and all that it lists in `among`; with one constraint listed
    `keyword` and `limit` are that one, with several the keyword is the applicator (`propertyNames`,
    `additionalProperties`, `items`) and the limit None. A "between" whose broken side is not said has the
    keyword `length` or `range` and a limit of both bounds. `length` is the length of the value where the
    message says it. The limit of an enum is a tuple of its values, None where the message is cut.
    """

    keyword: str
    path: str
    value: str | None = None
    limit: Any = None
    part: Part = "member"
    among: tuple[Constraint, ...] = ()
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A violation with all that a sentence about it needs: the steps to the value, its schema, the value."""

    keyword: str
    limit: Any
    path: tuple[Step, ...]
    value: Any
    shown: bool
    node: Schema | None
    reference: Schema | None
    part: Part = "member"

    @property
    def pointer(self) -> str:
        """The JSON Pointer of the value."""
        return join(step.name for step in self.path)

    @property
    def length(self) -> int | None:
        """Code points, elements, entries or bytes of the value; None for what has no length."""
        if isinstance(self.value, str) and (self.node or {}).get("contentEncoding") == "base64":
            try:
                return len(base64.b64decode(self.value, validate=True))
            except (binascii.Error, ValueError):
                return len(self.value)
        return len(self.value) if isinstance(self.value, (str, bytes, list, tuple, Mapping)) else None


def place(violations: Iterable[Violation], instance: Any = MISSING, schema: Schema | None = None) -> Iterator[Placed]:
    """The violations a service has a sentence for, placed; a missing member is placed where it would be.

    Unknown members, wrong types, unions and undecided constraints have none: AWS ignores the first and
    answers the second with a SerializationException (`serialization_message`).
    """
    for violation in violations:
        if violation.unchecked or violation.keyword not in (*FAMILIES, "propertyNames"):
            continue
        if violation.keyword == "required":
            yield from _missing(violation, instance, schema)
            continue
        path = tuple(steps(violation.instance_path, instance=instance, schema=schema))
        reference = path[-1].schema if path else schema
        node = resolve(reference, schema)
        found = look_up(instance, violation.instance_path)
        value = violation.value if found is MISSING else found
        keyword, limit, part = violation.keyword, violation.limit, _PART_OF_VALUE
        about_text = isinstance(found, Mapping) and keyword in _TEXT_KEYWORDS
        if about_text or keyword == "propertyNames" or "/propertyNames" in violation.schema_path:
            part, value = "keys", violation.value
            reference = node.get("propertyNames") if node else None
            node = resolve(reference, schema)
        if keyword == "propertyNames":
            broken = _broken(node, value)
            if broken is None:
                continue
            keyword, limit = broken
        if node is not None and keyword in ("minLength", "maxLength"):
            limit = node.get(_SPELLED[keyword], limit)
        on_the_way = [schema, *(step.schema for step in path if step.schema is not reference)]
        hidden = violation.sensitive or is_marked(reference, node)
        shown = not hidden and not any(is_sensitive(each, schema) for each in on_the_way)
        yield Placed(keyword, limit, path, value, shown, node, reference, part)


def _broken(node: Schema | None, key: Any) -> Constraint | None:
    """The constraint a key breaks: a bound or enum it is seen to break, else the pattern."""
    for keyword, limit in constraints(node):
        if keyword == "pattern" or not isinstance(key, str):
            return keyword, limit
        length = len(key)
        if (
            (keyword == "minLength" and length < limit)
            or (keyword == "maxLength" and length > limit)
            or (keyword == "enum" and key not in limit)
        ):
            return keyword, limit
    return None


def _missing(violation: Violation, instance: Any, schema: Schema | None) -> Iterator[Placed]:
    pointer, limit = violation.instance_path, violation.limit
    holder = look_up(instance, pointer)
    if isinstance(limit, str):
        there = isinstance(holder, Mapping) and limit not in holder
        own = not there and segments(pointer)[-1:] == [limit]
        missing = [pointer if own else pointer + join([limit])]
    elif isinstance(limit, Sequence) and limit:
        present = holder if isinstance(holder, Mapping) else violation.value
        present = present if isinstance(present, Mapping) else {}
        missing = [pointer + join([name]) for name in limit if present.get(name) is None]
    else:
        missing = [pointer]
    for place_of_it in missing:
        path = tuple(steps(place_of_it, instance=instance, schema=schema))
        yield Placed("required", None, path, None, True, None, None)


def constraints(node: Schema | None) -> list[Constraint]:
    """Every constraint of a schema that messages name, in the order in which Java services list them."""
    if node is None:
        return []
    reach = _NATIVE.get(node.get("format", ""))
    named: list[Constraint] = []
    for keyword in _LISTED:
        limit = node.get(_SPELLED.get(keyword, keyword), node.get(keyword))
        if limit is None or (reach is not None and limit in (-reach, reach - 1)):
            continue
        named.append((keyword, tuple(limit) if keyword == "enum" else limit))
    return named


def complaints(
    violations: Iterable[Violation], *, instance: Any = MISSING, schema: Schema | None = None
) -> list[ServiceViolation]:
    """Our violations in the form of a service's complaints, for comparison with what a service said."""
    found = []
    for placed in place(violations, instance, schema):
        hidden = placed.value is None or not placed.shown
        value = None if hidden else spell(placed.value, placed.reference, schema)
        limit = tuple(placed.limit) if placed.keyword == "enum" and placed.limit is not None else placed.limit
        among = ((placed.keyword, limit),) if placed.part != "member" else ()
        found.append(ServiceViolation(placed.keyword, placed.pointer, value, limit, placed.part, among))
    return found
