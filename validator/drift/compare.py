"""Two contracts of a service, compared: every change named, per direction, breaking or safe."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator import overlay
from validator.contract import NOTHING, Contract, Operation
from validator.drift.differences import (
    FACETS,
    Difference,
    Effect,
    Schema,
    deprecation,
    facets,
    kind_of,
    members,
    narrowed,
    types,
    wire,
)
from validator.results import DIRECTIONS, Direction

# Places a message names; `Change.places` has them all.
_LISTED = 3
_SERVICE_TRAITS = ("protocol", "jsonVersion", "targetPrefix", "endpointPrefix", "signingName", "signatureVersion")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two contracts of a service.

    `pointer` is the place in the contract document (the older one for what is gone); `direction` None is about an
    operation or the service as a whole. `operations` names every operation it reaches and `places` the same with
    the nearest path to what changed (`ListDatasets.nextToken`), nearest first. `effect` is for callers in a
    request, and for readers in a response or an error.
    """

    kind: str
    service: str
    pointer: str
    effect: Effect
    message: str
    old: Any = None
    new: Any = None
    direction: Direction | None = None
    operations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The change as plain JSON data, absent parts left out."""
        names = ("kind", "service", "direction", "effect", "pointer", "message", "old", "new", "operations", "places")
        document = {name: getattr(self, name) for name in names}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in document.items()
            if value not in (None, ())
        }


def compare(old: Contract, new: Contract) -> Iterator[Change]:
    """Every change from one contract of a service to another: operations first, then shapes per direction.

    Shapes are met from the operations on and compared where they stand, so that a shape that was only renamed is
    no change, and each changed shape is named once per direction however many operations reach it.
    """
    service = new.service
    for trait in _SERVICE_TRAITS:
        if old.info.get(trait) != new.info.get(trait):
            pointer = f"/x-aws-service/{trait}"
            yield _change(Difference("service-changed", pointer, old.info.get(trait), new.info.get(trait)), service)
    for difference, operation in _operation_differences(old, new):
        direction: Direction | None = "error" if difference.kind in ("error-added", "error-removed") else None
        yield _change(difference, service, direction, [(operation, operation)])
    for direction in DIRECTIONS:
        walk = _Walk(old, new, direction)
        # The ways to a shape are known only when all of it has been walked.
        for pair, difference in list(walk.differences()):
            yield _change(difference, service, direction, walk.reached_from(pair))
    for difference in _resource_differences(old, new):
        yield _change(difference, service)


def came_or_went(contract: Contract, *, came: bool) -> Change:
    """The change of a whole service that only one side has."""
    if came:
        return _change(Difference("service-added", "", new=contract.service), contract.service)
    return _change(Difference("service-removed", "", old=contract.service), contract.service)


def overtaken(found: overlay.Expired) -> Change:
    """The change that an expired overlay entry is."""
    path = next(operation["path"] for operation in found.entry.patches[-1] if operation["op"] != "test")
    reason = found.reason
    if found.unjudged:
        reason += f"; until the entry is renewed, {', '.join(found.unjudged)} is not judged"
    return _change(Difference("overlay-expired", path, found.entry.id, reason), found.entry.service)


def _change(
    difference: Difference, service: str, direction: Direction | None = None, reached: Sequence[tuple[str, str]] = ()
) -> Change:
    operations, places = {name for name, _ in reached}, [place for _, place in reached]
    more = f" and {len(places) - _LISTED} more" if len(places) > _LISTED else ""
    where = ", ".join(places[:_LISTED]) + more if places else service
    message = f"{where} ({direction}): " if direction else f"{where}: "
    return Change(
        difference.kind,
        service,
        difference.pointer,
        difference.effect(direction),
        message + difference.sentence(),
        difference.old,
        difference.new,
        direction,
        tuple(sorted(operations)),
        tuple(places),
    )


# Operations and resources --------------------------------------------------------------------------------------------


def _operation_differences(old: Contract, new: Contract) -> Iterator[tuple[Difference, str]]:
    before, after = set(old.operations), set(new.operations)
    for name in sorted(before | after):
        pointer = f"/x-aws-operations/{name}"
        if name not in before:
            yield Difference("operation-added", pointer, new=name), name
        elif name not in after:
            yield Difference("operation-removed", pointer, old=name), name
        else:
            for difference in _within_operation(old.operation(name), new.operation(name), pointer):
                yield difference, name


def _within_operation(old: Operation, new: Operation, pointer: str) -> Iterator[Difference]:
    for code in sorted({*old.errors, *new.errors}):
        before, after = old.errors.get(code), new.errors.get(code)
        if before is None:
            yield Difference("error-added", f"{pointer}/errors", new=code)
        elif after is None:
            yield Difference("error-removed", f"{pointer}/errors", old=code)
        elif before.status != after.status:
            yield Difference("error-status-changed", f"{pointer}/errors", before.status, after.status)
    if old.pagination != new.pagination:
        kind = "added" if not old.pagination else "removed" if not new.pagination else "changed"
        yield Difference(f"pagination-{kind}", f"{pointer}/pagination", old.pagination, new.pagination)
    if old.http != new.http:
        changed = [name for name in {**old.http, **new.http} if old.http.get(name) != new.http.get(name)]
        before_http, after_http = ({name: side.get(name) for name in changed} for side in (old.http, new.http))
        yield Difference("http-changed", f"{pointer}/http", before_http, after_http)
    if old.readonly != new.readonly:
        yield Difference("readonly-changed", f"{pointer}/readonly", not old.readonly, not new.readonly)
    yield from deprecation(old.entry, new.entry, pointer)


def _resource_differences(old: Contract, new: Contract) -> Iterator[Difference]:
    for name in sorted({*old.resources, *new.resources}):
        pointer = f"/x-aws-resources/{name}"
        if name not in old.resources:
            yield Difference("resource-added", pointer, new=name)
        elif name not in new.resources:
            yield Difference("resource-removed", pointer, old=name)
        elif old.resources[name].declared != new.resources[name].declared:
            yield Difference("resource-changed", pointer, new=name)


# Shapes --------------------------------------------------------------------------------------------------------------

_Pair = tuple[str, str]


class _Walk:
    """All pairs of an old and a new shape that meet in one direction, with the ways that lead to each."""

    def __init__(self, old: Contract, new: Contract, direction: Direction) -> None:
        self._old, self._new = old, new
        self._operations: dict[_Pair, list[tuple[str, str]]] = {}
        self._parents: dict[_Pair, list[tuple[_Pair, str]]] = {}
        self._met: set[_Pair] = set()
        self._todo: deque[_Pair] = deque()
        kept = set(new.operations)
        for name in old.operations:
            if name in kept:
                for pair, label in _roots(old.operation(name), new.operation(name), direction):
                    self._operations.setdefault(pair, []).append((name, label))
                    self._meet(pair)

    def _meet(self, pair: _Pair) -> None:
        if pair not in self._met:
            self._met.add(pair)
            self._todo.append(pair)

    def differences(self) -> Iterator[tuple[_Pair, Difference]]:
        """Each pair of shapes once, with what differs between them."""
        while self._todo:
            pair = self._todo.popleft()
            old = self._old.define(pair[0]) if pair[0] else NOTHING
            new = self._new.define(pair[1]) if pair[1] else NOTHING
            for difference in self._within(pair, old, new):
                yield pair, difference

    def _within(self, pair: _Pair, old: Schema, new: Schema) -> Iterator[Difference]:
        pointer = f"/$defs/{pair[1] or pair[0]}"
        for compared in (types, facets, wire, deprecation):
            yield from compared(old, new, pointer)
        yield from members(old, new, pair)
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in [name for name in before if name in after]:
            yield from self._member(pair, before[name], after[name], f"{pointer}/properties/{name}", name)
        for keyword, label in (("items", "*"), ("propertyNames", "<key>"), ("additionalProperties", "*")):
            if isinstance(old.get(keyword), Mapping) and isinstance(new.get(keyword), Mapping):
                yield from self._member(pair, old[keyword], new[keyword], f"{pointer}/{keyword}", label)

    def _member(self, pair: _Pair, old: Schema, new: Schema, pointer: str, label: str) -> Iterator[Difference]:
        if ("anyOf" in old) != ("anyOf" in new):
            yield Difference("null-added" if "anyOf" in new else "null-removed", pointer)
        old, new = (side["anyOf"][0] if "anyOf" in side else side for side in (old, new))
        yield from wire(old, new, pointer)
        yield from deprecation(old, new, pointer)
        if "items" in old and "items" in new:
            yield from self._member(pair, old["items"], new["items"], f"{pointer}/items", label)
            return
        names = _target(old), _target(new)
        if not all(names):
            before = self._old.define(names[0]) if names[0] else old
            yield from types(before, self._new.define(names[1]) if names[1] else new, pointer)
            return
        targets = self._old.define(names[0]), self._new.define(names[1])
        scalar = kind_of(targets[0]) not in _CONTAINERS and kind_of(targets[1]) not in _CONTAINERS
        alone = any(old.get(keyword) != new.get(keyword) for keyword in FACETS)
        # What holds for one member only is named at the member; what its shape shares with others, at the shape.
        if alone or (scalar and names[0] != names[1]):
            if scalar:
                yield from types(*targets, pointer)
            yield from facets(narrowed(old, targets[0]), narrowed(new, targets[1]), pointer)
        if not scalar or not (alone or names[0] != names[1]):
            self._meet(names)
            self._parents.setdefault(names, []).append((pair, label))

    def reached_from(self, pair: _Pair) -> list[tuple[str, str]]:
        """(operation, nearest path from it) for every operation that reaches a pair of shapes, nearest first."""
        found: dict[str, str] = {}
        seen, todo = {pair}, deque[tuple[_Pair, tuple[str, ...]]]([(pair, ())])
        while todo:
            node, path = todo.popleft()
            for operation, label in self._operations.get(node, ()):
                found.setdefault(operation, ".".join((operation, *([label] if label else []), *path)))
            for parent, label in self._parents.get(node, ()):
                if parent not in seen:
                    seen.add(parent)
                    todo.append((parent, (label, *path)))
        return list(found.items())


_CONTAINERS = ("structure", "map", "array", "document")


def _roots(old: Operation, new: Operation, direction: Direction) -> Iterator[tuple[_Pair, str]]:
    if direction == "error":
        for code in sorted(old.errors.keys() & new.errors.keys()):
            yield (old.errors[code].shape, new.errors[code].shape), code
    else:
        pair = old.shape(direction) or "", new.shape(direction) or ""
        if any(pair):
            yield pair, ""


def _target(member: Schema) -> str:
    reference: str = member.get("$ref", "")
    return reference.rpartition("/")[2]
