"""Two schemas compared keyword by keyword: what differs, and whom it hurts in which direction.

Loosening what a request may be is safe and tightening it breaks callers; with what a service answers it is the
other way round. Members are the exception, as everywhere in this package: readers pass over members they do not
know, and miss those that are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from validator.results import Direction

Effect = Literal["breaking", "safe"]
Schema = Mapping[str, Any]

_LOWER = {"minLength": 0, "minItems": 0, "minProperties": 0, "x-aws-min-bytes": 0, "minimum": None}
_UPPER = ("maxLength", "maxItems", "maxProperties", "x-aws-max-bytes", "maximum")
# Keywords a member may have beside its `$ref`, and that then hold for this member alone.
FACETS = {*_LOWER, *_UPPER, "enum", "x-aws-pattern"}
# How a value goes over the wire; a change of any breaks both sides.
_WIRE = (
    "x-aws-location",
    "x-aws-location-name",
    "x-aws-query-name",
    "x-aws-payload",
    "x-aws-timestamp",
    "x-aws-flattened",
    "x-aws-streaming",
    "x-aws-event-stream",
    "x-aws-jsonvalue",
    "x-aws-host-label",
    "x-aws-xml-attribute",
    "x-aws-event-payload",
    "x-aws-event-header",
    "x-aws-wrapper",
)
_SENTENCES = {
    "service-added": "the service is new",
    "service-removed": "the service is gone",
    "service-changed": "{keyword} changed from {old} to {new}",
    "operation-added": "the operation is new",
    "operation-removed": "the operation is gone",
    "error-added": "may answer with {new}",
    "error-removed": "no longer answers with {old}",
    "error-status-changed": "HTTP status changed from {old} to {new}",
    "pagination-added": "has pages: {new}",
    "pagination-removed": "has no pages any more",
    "pagination-changed": "pages changed from {old} to {new}",
    "http-changed": "HTTP binding changed from {old} to {new}",
    "readonly-changed": "changes something: {old} became {new}",
    "member-added": "member {new} is new",
    "member-removed": "member {old} is gone",
    "required-added": "{new} is required now",
    "required-removed": "{old} is no longer required",
    "enum-added": "takes only {new} now",
    "enum-removed": "is no longer restricted to {old}",
    "enum-grown": "has the new values {new}",
    "enum-shrunk": "has lost the values {old}",
    "minimum-added": "{keyword} {new} is new",
    "minimum-removed": "{keyword} {old} is gone",
    "minimum-raised": "{keyword} raised from {old} to {new}",
    "minimum-lowered": "{keyword} lowered from {old} to {new}",
    "maximum-added": "{keyword} {new} is new",
    "maximum-removed": "{keyword} {old} is gone",
    "maximum-raised": "{keyword} raised from {old} to {new}",
    "maximum-lowered": "{keyword} lowered from {old} to {new}",
    "pattern-added": "must match {new} now",
    "pattern-removed": "need not match {old} any more",
    "pattern-changed": "pattern changed from {old} to {new}",
    "type-changed": "type changed from {old} to {new}",
    "union-added": "takes exactly one member now",
    "union-removed": "may have several members now",
    "null-added": "elements may be null now",
    "null-removed": "elements may not be null any more",
    "wire-changed": "{keyword} changed from {old} to {new}",
    "deprecated": "is deprecated now",
    "undeprecated": "is no longer deprecated",
    "resource-added": "resource {new} is declared",
    "resource-removed": "resource {old} is no longer declared",
    "resource-changed": "what is declared of the resource {new} changed",
    "overlay-expired": "overlay entry {old} has expired: {new}",
}
# Kinds that narrow what is valid; their opposites widen it.
_TIGHTENING = {
    "required-added",
    "enum-added",
    "enum-shrunk",
    "minimum-added",
    "minimum-raised",
    "maximum-added",
    "maximum-lowered",
    "pattern-added",
    "union-added",
    "null-removed",
}
_LOOSENING = {
    "required-removed",
    "enum-removed",
    "enum-grown",
    "minimum-removed",
    "minimum-lowered",
    "maximum-removed",
    "maximum-raised",
    "pattern-removed",
    "union-removed",
    "null-added",
    "error-added",
}
_ALWAYS_SAFE = {
    "service-added",
    "operation-added",
    "member-added",
    "deprecated",
    "undeprecated",
    "pagination-added",
    "error-removed",
    "resource-added",
    "resource-changed",
    "overlay-expired",
    "readonly-changed",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a new schema is not the old one, at a JSON Pointer; `union` where the two are unions."""

    kind: str
    pointer: str
    old: Any = None
    new: Any = None
    union: bool = False

    def effect(self, direction: Direction | None) -> Effect:
        """Whether it breaks callers (request) or readers (response, error)."""
        # A reader that knows every branch of a union meets one it does not know, as with an enum that has grown.
        if self.union and self.kind == "member-added" and direction != "request":
            return "breaking"
        if self.kind in _ALWAYS_SAFE:
            return "safe"
        if self.kind in _TIGHTENING or self.kind in _LOOSENING:
            return "breaking" if (self.kind in _TIGHTENING) == (direction == "request") else "safe"
        return "breaking"

    def sentence(self) -> str:
        """What differs, without where."""
        keyword = self.pointer.rpartition("/")[2]
        return _SENTENCES[self.kind].format(old=_shown(self.old), new=_shown(self.new), keyword=keyword)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        shown = ", ".join(map(str, value[:8]))
        return shown + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    text = "none" if value is None else str(value)
    return text if len(text) <= 120 else text[:117] + "..."


def deprecation(old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
    """Whether one of the two is marked as deprecated and the other is not."""
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        yield Difference("deprecated" if new.get("deprecated") else "undeprecated", f"{pointer}/deprecated")


def narrowed(member: Schema, target: Schema) -> Schema:
    """What holds for a member: its shape's keywords, and beside them the member's own where those are narrower."""
    narrowed = dict(target)
    for keyword in FACETS & member.keys():
        own, shared = member[keyword], target.get(keyword)
        if shared is None or keyword in ("enum", "x-aws-pattern"):
            narrowed[keyword] = own
        else:
            narrowed[keyword] = max(own, shared) if keyword in _LOWER else min(own, shared)
    return narrowed


def kind_of(schema: Schema) -> str:
    """What a shape is in AWS's words: structure, map, blob, timestamp, document ... or its JSON type."""
    if schema.get("x-aws-document"):
        return "document"
    if schema.get("x-aws-jsonvalue"):
        return "jsonvalue"
    kind: str = schema.get("type", "any")
    if kind == "object":
        return "structure" if "properties" in schema else "map"
    if kind == "string" and "contentEncoding" in schema:
        return "blob"
    return "timestamp" if kind == "number" and "x-aws-timestamp" in schema else kind


def types(old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
    """Whether the two are of different kinds."""
    if kind_of(old) != kind_of(new):
        yield Difference("type-changed", f"{pointer}/type", kind_of(old), kind_of(new))


def facets(old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
    """Bounds, enum and pattern of two schemas of the same kind."""
    if kind_of(old) != kind_of(new):
        return
    for keyword in (*_LOWER, *_UPPER):
        # A blob's length in base64 follows from its size in bytes, which is compared.
        if kind_of(old) == "blob" and keyword in ("minLength", "maxLength"):
            continue
        before, after = old.get(keyword, _LOWER.get(keyword)), new.get(keyword, _LOWER.get(keyword))
        if before == after:
            continue
        bound = "minimum" if keyword in _LOWER else "maximum"
        moved = "added" if before is None else "removed" if after is None else "raised" if after > before else "lowered"
        yield Difference(f"{bound}-{moved}", f"{pointer}/{keyword}", before, after)
    yield from _enum(old.get("enum"), new.get("enum"), f"{pointer}/enum")
    before, after = old.get("x-aws-pattern"), new.get("x-aws-pattern")
    if before != after:
        change = "added" if before is None else "removed" if after is None else "changed"
        yield Difference(f"pattern-{change}", f"{pointer}/x-aws-pattern", before, after)


def _enum(old: list[str] | None, new: list[str] | None, pointer: str) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            yield Difference("enum-added" if old is None else "enum-removed", pointer, old, new)
        return
    if fresh := [value for value in new if value not in old]:
        yield Difference("enum-grown", pointer, new=fresh)
    if gone := [value for value in old if value not in new]:
        yield Difference("enum-shrunk", pointer, old=gone)


def wire(old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
    """What differs in how a value goes over the wire."""
    for keyword in _WIRE:
        if old.get(keyword) != new.get(keyword):
            yield Difference("wire-changed", f"{pointer}/{keyword}", old.get(keyword), new.get(keyword))


def members(old: Schema, new: Schema, pair: tuple[str, str]) -> Iterator[Difference]:
    """Members and required members of two structures, whose names are `pair`; nothing for anything else."""
    if not (kind_of(old) == kind_of(new) == "structure"):
        return
    union = "oneOf" in old and "oneOf" in new
    if ("oneOf" in old) != ("oneOf" in new):
        yield Difference("union-added" if "oneOf" in new else "union-removed", f"/$defs/{pair[1]}/oneOf")
    for name in sorted(new["properties"].keys() - old["properties"].keys()):
        yield Difference("member-added", f"/$defs/{pair[1]}/properties/{name}", new=name, union=union)
    for name in sorted(old["properties"].keys() - new["properties"].keys()):
        yield Difference("member-removed", f"/$defs/{pair[0]}/properties/{name}", old=name)
    before, after = old.get("required", ()), new.get("required", ())
    for name in after:
        if name not in before:
            yield Difference("required-added", f"/$defs/{pair[1]}/required", new=name)
    for name in before:
        if name not in after and name in new["properties"]:
            yield Difference("required-removed", f"/$defs/{pair[1]}/required", old=name)
