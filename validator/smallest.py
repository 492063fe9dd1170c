"""The smallest instance that keeps a contract, and the same with one more place in it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from validator import demands
from validator.constraints import Place
from validator.contract import Contract
from validator.demands import Demand, Part
from validator.spans import ENDLESS
from validator.texts import texts

Given = Mapping[str, Any]
# Longer texts and lists, and larger blobs, are not built: AWS takes no request that large.
LARGEST = 1_100_000


class NoInstanceError(Exception):
    """No instance of a demand can be built; the text says why."""


def smallest(contract: Contract, demand: Demand, given: Given | None = None) -> Any:
    """Required members only, shortest texts, nought, false, the first of an enum; a `given` member has its given value.

    `given` maps a member's name, wherever it occurs, to a value. Raises NoInstanceError.
    """
    return _smallest(contract, demand, given or {}, ())


def _smallest(contract: Contract, demand: Demand, given: Given, above: tuple[str, ...]) -> Any:
    kind = demand.kind
    if kind in ("structure", "list", "map") and demand.shape:
        if demand.shape in above:
            raise NoInstanceError(f"{demand.shape} requires another of itself without end")
        above = (*above, demand.shape)
    if kind == "structure":
        return _structure(contract, demand, given, above)
    if kind == "list":
        assert demand.items is not None
        count = demand.bound("minItems", 0)
        return [_part(contract, demand.items, given, above)] * _affordable(count) if count else []
    if kind == "map":
        assert demand.values is not None
        count = demand.bound("minProperties", 0)
        if not count:
            return {}
        value = _part(contract, demand.values, given, above)
        return dict.fromkeys(keys(contract, demand, count), value)
    return scalar(demand)


def _structure(contract: Contract, demand: Demand, given: Given, above: tuple[str, ...]) -> Any:
    if demand.union:
        named = [name for name in demand.members if name in given]
        reasons = []
        for name in named or demand.members:
            try:
                return {name: _member(contract, demand, name, given, above)}
            except NoInstanceError as error:
                reasons.append(str(error))
        why = "; ".join(reasons[:3]) or "it has none"
        raise NoInstanceError(f"no member of the union {demand.shape} can be built: {why}")
    return {
        name: _member(contract, demand, name, given, above)
        for name in demand.members
        if name in demand.required or (len(above) == 1 and name in given)
    }


def _member(contract: Contract, demand: Demand, name: str, given: Given, above: tuple[str, ...]) -> Any:
    return given[name] if name in given else _part(contract, demand.members[name], given, above)


def _part(contract: Contract, part: Part, given: Given, above: tuple[str, ...]) -> Any:
    return _smallest(contract, demands.resolve(contract, part), given, above)


def keys(contract: Contract, demand: Demand, count: int) -> list[str]:
    """That many different keys of a map; NoInstanceError when there are not as many."""
    assert demand.keys is not None
    key = demands.resolve(contract, demand.keys)
    source = iter(key.enum) if key.enum is not None else key.texts.iter_distinct()
    found = list(islice(source, _affordable(count)))
    if len(found) < count:
        raise NoInstanceError(f"{demand.shape} has only {len(found)} different keys")
    return found


def scalar(demand: Demand) -> Any:
    """The smallest value that is not a container."""
    kind = demand.kind
    if kind == "string":
        return text(demand)
    if kind == "blob":
        return demands.blob(_affordable(demand.bound("x-aws-min-bytes", 0)))
    if kind in ("integer", "number"):
        return min(max(0, demand.bound("minimum", -ENDLESS << 40)), demand.bound("maximum", ENDLESS << 40))
    if kind == "timestamp":
        return 0
    if kind == "boolean":
        return False
    streaming = demand.limits.keys() & {"x-aws-streaming", "contentEncoding"}
    return "" if streaming else [] if "x-aws-event-stream" in demand.limits else {}


def text(demand: Demand) -> str:
    """The first of an enum, else the shortest text that is not empty where one is allowed."""
    if demand.enum is not None:
        return str(demand.enum[0])
    _affordable(demand.bound("minLength", 0))
    found = demand.texts
    if found.low == 0 and found.lengths != ((0, 0),):
        found = texts(found.patterns, 1, found.high)
    plain = found.shortest
    if plain is None:
        plain = demand.texts.shortest
    if plain is None:
        raise NoInstanceError(f"no text of {demand.shape} was found: {_asked(demand)}")
    return plain


def _asked(demand: Demand) -> str:
    most = demand.limits["maxLength"].value if "maxLength" in demand.limits else "any number of"
    span = f"{demand.bound('minLength', 0)} to {most} characters"
    named = " and ".join(f"pattern {limit.value!r}" for limit in demand.patterns) or "no pattern"
    return f"{named} with {span}"


def _affordable(count: int) -> int:
    if count > LARGEST:
        raise NoInstanceError(f"{count} is more than the {LARGEST} that are built")
    return count


# Places --------------------------------------------------------------------------------------------------------------

Path = tuple[Any, ...]


def put(instance: Any, path: Path, value: Any) -> Any:
    """A copy of the containers along the path, with the value at its end; all else is shared with `instance`."""
    if not path:
        return value
    copied = instance.copy()
    copied[path[0]] = value if len(path) == 1 else put(instance[path[0]], path[1:], value)
    return copied


def get(instance: Any, path: Path) -> Any:
    """The value at the end of a path."""
    for step in path:
        instance = instance[step]
    return instance


class Sites:
    """Smallest whole instances in which a given place is present, each built once."""

    def __init__(self, contract: Contract, root: Demand, given: Given | None = None) -> None:
        self.contract, self.given = contract, given or {}
        self.base = smallest(contract, root, self.given)
        self._found: dict[int, tuple[Any, Path]] = {}

    def of(self, place: Place) -> tuple[Any, Path]:
        """An instance that has the place, and the path to it; for a map's key, to the value below it."""
        if place.parent is None:
            return self.base, ()
        found = self._found.get(id(place))
        if found is None:
            found = self._found[id(place)] = self._build(place, place.parent)
        return found

    def _build(self, place: Place, parent: Place) -> tuple[Any, Path]:
        instance, path = self.of(parent)
        held, demand = get(instance, path), parent.demand
        if place.via == "member":
            name = place.steps[-1]
            if name in held:
                return instance, (*path, name)
            value = self.given[name] if name in self.given else smallest(self.contract, place.demand, self.given)
            if demand.union:
                return put(instance, path, {name: value}), (*path, name)
            return put(instance, (*path, name), value), (*path, name)
        if place.via == "item":
            if held:
                return instance, (*path, 0)
            return put(instance, path, [smallest(self.contract, place.demand, self.given)]), (*path, 0)
        if not held:
            assert demand.values is not None
            value = smallest(self.contract, demands.resolve(self.contract, demand.values), self.given)
            held = {keys(self.contract, demand, 1)[0]: value}
            instance = put(instance, path, held)
        return instance, (*path, next(iter(held)))
