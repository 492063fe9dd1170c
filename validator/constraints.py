"""The countable constraints of an operation: what can be broken in its request, response or error, each once.

A member's own limits count at every member; the contents of a structure, list or map count once, at the shallowest
place that reaches it, so that the number stays in proportion to the model however its shapes refer to each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from validator import demands, patterns
from validator.contract import Contract, Operation
from validator.demands import Demand
from validator.errors import PatternError
from validator.patterns.charset import EVERY
from validator.patterns.tree import Chars, Repeat
from validator.results import Layer

# Steps of a place that are not member names.
ITEM, VALUE, KEY = "*", "*", "<key>"
_NAMES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum")
_BYTES = {"minLength": "x-aws-min-bytes", "maxLength": "x-aws-max-bytes"}
_BY_KIND = {
    "string": _NAMES[:2],
    "blob": _NAMES[:2],
    "list": _NAMES[2:4],
    "map": _NAMES[4:6],
    "integer": _NAMES[6:],
    "number": _NAMES[6:],
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that one value can break.

    `pointer` is the keyword's JSON Pointer in the contract document, `member_path` the value's place in an instance,
    a JSON Pointer with `*` for any item or map value and `<key>` for any map key; of `required` it is the missing
    member's. `limit` is what the keyword demands: for `required` the member's name, for `pattern` the expression as AWS
    writes it.
    """

    pointer: str
    keyword: str
    member_path: str
    limit: Any
    shape: str
    layer: Layer = "model"
    source: str = ""
    sensitive: bool = False

    @property
    def id(self) -> str:
        """One text that tells it from every other constraint of the operation and direction."""
        return f"{self.member_path or '/'} {self.keyword} {self.pointer}"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A value an instance may hold: the steps to it, what is asked of it, and the constraints it can break.

    `via` is `member`, `item`, `value`, `key` or `root`. `optional` means that a minimal instance may lack it.
    """

    steps: tuple[str, ...]
    demand: Demand
    parent: Place | None
    via: str
    optional: bool
    sensitive: bool
    constraints: tuple[Constraint, ...] = ()

    @property
    def member_path(self) -> str:
        """The steps as a JSON Pointer template."""
        return escaped(self.steps)


# The protocols whose requests are JSON.
_JSON = ("json", "rest-json")


def forgiven(protocol: str, keyword: str, limit: Any, value: Any) -> bool:
    """Whether AWS takes a value all the same that breaks a constraint of a request.

    It passes over members that it does not know, and takes an explicit null for an absent member. Its parsers of JSON
    cut a fraction where an integer is wanted: 1.5 is 1. The emulator does the same (`emulator.lenient`).
    """
    if keyword == "type":
        return value is None or (limit == "integer" and isinstance(value, float) and protocol in _JSON)
    return keyword == "additionalProperties"


def escaped(steps: Iterable[Any]) -> str:
    """Steps as a JSON Pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def steps(pointer: str) -> tuple[str, ...]:
    """A JSON Pointer as steps."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def found(instance: Any, pointer: str) -> tuple[tuple[str | int, ...], Any]:
    """The steps of a pointer into an instance, an item's as its number, and the value there, None where none is."""
    path: list[str | int] = []
    for name in steps(pointer):
        if isinstance(instance, list):
            path.append(int(name))
            instance = instance[int(name)] if int(name) < len(instance) else None
        else:
            path.append(name)
            instance = instance.get(name) if isinstance(instance, dict) else None
    return tuple(path), instance


_KEPT: WeakKeyDictionary[Contract, dict[tuple[str, str, str | None], tuple[Place, ...]]] = WeakKeyDictionary()


def constraints(operation: Operation, direction: str = "request", code: str | None = None) -> tuple[Constraint, ...]:
    """Every constraint of one operation and direction that an instance can break, shallow ones first."""
    return tuple(constraint for place in places(operation, direction, code) for constraint in place.constraints)


def places(operation: Operation, direction: str = "request", code: str | None = None) -> tuple[Place, ...]:
    """Every place of an instance whose value is judged, shallow ones first, the whole instance foremost."""
    kept = _KEPT.setdefault(operation.contract, {})
    key = (operation.name, direction, code)
    if key not in kept:
        kept[key] = tuple(_walk(operation.contract, demands.root(operation.contract, operation.shape(direction, code))))
    return kept[key]


def _walk(contract: Contract, root: Demand) -> Iterator[Place]:
    todo = deque([Place((), root, None, "root", False, False)])
    opened: set[str] = set()
    while todo:
        place = todo.popleft()
        demand = place.demand
        fresh = not demand.shape or demand.shape not in opened
        found = tuple(_of(contract, place, whole=fresh))
        place = Place(place.steps, demand, place.parent, place.via, place.optional, place.sensitive, found)
        yield place
        if fresh and demand.kind in ("structure", "list", "map"):
            opened.add(demand.shape)
            todo.extend(_inside(contract, place))


def _inside(contract: Contract, place: Place) -> Iterator[Place]:
    demand = place.demand

    def inner(part: demands.Part, step: str, via: str, optional: bool) -> Place:
        found = demands.resolve(contract, part)
        return Place((*place.steps, step), found, place, via, optional, place.sensitive or found.sensitive)

    for name, part in demand.members.items():
        yield inner(part, name, "member", name not in demand.required)
    if demand.items is not None:
        yield inner(demand.items, ITEM, "item", demand.bound("minItems", 0) == 0)
    if demand.keys is not None:
        yield inner(demand.keys, KEY, "key", demand.bound("minProperties", 0) == 0)
    if demand.values is not None:
        yield inner(demand.values, VALUE, "value", demand.bound("minProperties", 0) == 0)


def _of(contract: Contract, place: Place, *, whole: bool) -> Iterator[Constraint]:
    demand = place.demand

    def made(keyword: str, limit: Any, pointer: str, member: str = "", secret: bool = False) -> Constraint:
        layer, source = contract.source_of(pointer, demand.shape)
        head = pointer.rpartition("/")[0]
        if place.via == "key" and place.parent is not None and place.parent.demand.keys is not None:
            head = place.parent.demand.keys.pointer
        spelled = keyword if keyword != "format" else "contentEncoding"
        # A limit beside a `$ref` is the referring shape's, not the referred one's.
        shape = pointer.split("/")[2] if pointer.count("/") > 2 else demand.shape
        return Constraint(
            f"{head}/{spelled}",
            keyword,
            place.member_path + member,
            limit,
            shape,
            layer,
            source,
            place.sensitive or secret,
        )

    if demand.kind == "any":
        return
    if "type" in demand.limits and place.via != "key":
        yield made("type", demand.limits["type"].value, demand.limits["type"].pointer)
    if demand.kind == "structure" and whole:
        for name in demand.required:
            secret = demands.resolve(contract, demand.members[name]).sensitive
            yield made("required", name, demand.limits["required"].pointer, escaped((name,)), secret)
        if demand.union:
            yield made("oneOf", list(demand.members), demand.limits["oneOf"].pointer)
        yield made("additionalProperties", False, demand.limits["additionalProperties"].pointer)
    if demand.kind == "blob":
        yield made("format", "base64", demand.limits["contentEncoding"].pointer)
    if "enum" in demand.limits:
        yield made("enum", demand.limits["enum"].value, demand.limits["enum"].pointer)
    for name in _BY_KIND.get(demand.kind, ()):
        spelled = _BYTES[name] if demand.kind == "blob" else name
        limit = demand.limits.get(spelled)
        if limit is not None and (limit.value > 0 or not name.startswith("min") or name == "minimum"):
            yield made(name, limit.value, limit.pointer)
    for pattern in demand.patterns:
        if demand.kind == "string" and not _takes_all(pattern.value):
            yield made("pattern", pattern.value, pattern.pointer)


def _takes_all(pattern: str) -> bool:
    try:
        tree = patterns.parse(pattern)
    except PatternError:
        return False
    return isinstance(tree, Repeat) and tree.min == 0 and tree.max is None and tree.item == Chars(EVERY)
