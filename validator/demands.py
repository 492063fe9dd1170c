"""What a contract asks of the value at one place: the shape and the keywords beside its `$ref` brought together."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from weakref import WeakKeyDictionary

from validator.contract import Contract, Schema
from validator.spans import ENDLESS
from validator.texts import Texts, texts

Kind = Literal["structure", "map", "list", "string", "blob", "integer", "number", "timestamp", "boolean", "any"]

_LOWER = ("minLength", "minItems", "minProperties", "minimum", "x-aws-min-bytes")
_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum", "x-aws-max-bytes")


@dataclass(frozen=True, slots=True)
class Limit:
    """What one keyword demands, and the JSON Pointer of the keyword in the contract document."""

    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class Part:
    """A schema inside another, and its JSON Pointer in the contract document."""

    schema: Schema
    pointer: str


@dataclass(frozen=True, eq=False)
class Demand:
    """Everything asked of one value.

    `limits` has the tightest limit of each keyword. `patterns` are all of them. `members` and `required` are a
    structure's, `items` a list's, `keys` and `values` a map's. `location` is where HTTP carries the member.
    """

    kind: Kind
    shape: str
    limits: Mapping[str, Limit] = field(default_factory=dict)
    patterns: tuple[Limit, ...] = ()
    members: Mapping[str, Part] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    union: bool = False
    items: Part | None = None
    keys: Part | None = None
    values: Part | None = None
    nullable: bool = False
    sensitive: bool = False
    location: str | None = None

    def bound(self, keyword: str, default: int) -> Any:
        """The limit of a keyword, or the default where there is none."""
        found = self.limits.get(keyword)
        return default if found is None else found.value

    @cached_property
    def enum(self) -> tuple[Any, ...] | None:
        """The values a text may have, those that keep its other limits; None when it has no such list."""
        if "enum" not in self.limits:
            return None
        accepted = tuple(value for value in self.limits["enum"].value if not self._texts or self._texts.accepts(value))
        return accepted or tuple(self.limits["enum"].value)

    @cached_property
    def texts(self) -> Texts:
        """The texts that keep the patterns and lengths; a member of a URI path has one character at least."""
        low, high = self.bound("minLength", 0), self.bound("maxLength", ENDLESS)
        return texts(tuple(limit.value for limit in self.patterns), max(low, self.location == "uri"), high)

    @property
    def _texts(self) -> Texts | None:
        return self.texts if self.patterns or "minLength" in self.limits or "maxLength" in self.limits else None


_KEPT: WeakKeyDictionary[Contract, dict[str, Demand]] = WeakKeyDictionary()


def root(contract: Contract, shape: str | None) -> Demand:
    """The demand of a whole instance; without a shape, that of a structure with no members."""
    if shape is None:
        return Demand("structure", "", {"type": Limit("object", ""), "additionalProperties": Limit(False, "")})
    return resolve(contract, Part({"$ref": f"#/$defs/{shape}"}, ""))


def resolve(contract: Contract, part: Part) -> Demand:
    """The demand of a schema of the contract; kept, so that asking again costs nothing."""
    kept = _KEPT.setdefault(contract, {})
    key = part.pointer or part.schema["$ref"]
    found = kept.get(key)
    if found is None:
        found = kept[key] = _resolve(contract, part)
    return found


def _resolve(contract: Contract, part: Part) -> Demand:
    layers = list(_layers(contract, part, set()))
    limits: dict[str, Limit] = {}
    patterns: dict[str, Limit] = {}
    merged: dict[str, Any] = {}
    inner: dict[str, Part] = {}
    shape = ""
    for layer in layers:
        if layer.pointer.startswith("/$defs/") and layer.pointer.count("/") == 2:
            shape = layer.pointer.rpartition("/")[2]
        for keyword, value in layer.schema.items():
            limit = Limit(value, f"{layer.pointer}/{keyword}")
            if keyword in ("x-aws-pattern", "pattern"):
                if keyword == "x-aws-pattern" or "x-aws-pattern" not in layer.schema:
                    patterns.setdefault(value, limit)
            elif keyword not in limits or _tighter(keyword, value, limits[keyword].value):
                limits[keyword] = limit
            merged.setdefault(keyword, value)
            if isinstance(value, Mapping) and keyword in ("items", "propertyNames", "additionalProperties"):
                inner.setdefault(keyword, Part(value, limit.pointer))  # type: ignore[arg-type]
    pointer = next((layer.pointer for layer in layers if "properties" in layer.schema), "")
    members = {
        name: Part(schema, f"{pointer}/properties/{_escaped(name)}")
        for name, schema in merged.get("properties", {}).items()
    }
    union = bool(merged.get("oneOf"))
    return Demand(
        _kind(merged),
        shape,
        limits,
        tuple(patterns.values()),
        members,
        tuple(merged.get("required", ())),
        union,
        inner.get("items"),
        inner.get("propertyNames"),
        inner.get("additionalProperties"),
        bool(merged.get("nullable")),
        bool(merged.get("x-aws-sensitive")),
        merged.get("x-aws-location"),
    )


def _layers(contract: Contract, part: Part, seen: set[str]) -> Iterator[Part]:
    schema = part.schema
    if "anyOf" in schema:
        # The one use of it: a sparse list's or map's value, or null.
        yield Part({"nullable": True}, part.pointer)
        yield from _layers(contract, Part(schema["anyOf"][0], f"{part.pointer}/anyOf/0"), seen)
        return
    yield part
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        name = reference.rpartition("/")[2]
        yield from _layers(contract, Part(contract.define(name), f"/$defs/{name}"), seen | {reference})


def _tighter(keyword: str, value: Any, than: Any) -> bool:
    if keyword in _LOWER:
        return bool(value > than)
    if keyword in _UPPER:
        return bool(value < than)
    return keyword == "enum" and len(value) < len(than)


def _kind(schema: Mapping[str, Any]) -> Kind:
    if "x-aws-streaming" in schema or "x-aws-event-stream" in schema:
        return "any"
    kind = schema.get("type")
    if kind == "object":
        return "map" if "propertyNames" in schema else "structure"
    if kind == "array":
        return "list"
    if kind == "string":
        return "blob" if schema.get("contentEncoding") == "base64" else "string"
    if kind == "number":
        return "timestamp" if "x-aws-timestamp" in schema else "number"
    return kind if kind in ("integer", "boolean") else "any"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def blob(size: int) -> str:
    """That many bytes as a canonical instance holds them."""
    return base64.b64encode(b"a" * size).decode()
