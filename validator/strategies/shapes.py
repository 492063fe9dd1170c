"""Conforming instances drawn from a contract's demands, bounded in size however its shapes refer to each other."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from hypothesis import strategies as st

from validator import demands
from validator.contract import Contract
from validator.demands import Demand, Part
from validator.smallest import LARGEST, Given, NoInstanceError, keys, smallest
from validator.strategies.texts import Draw, integers, size, text

# How many values an example may hold, and how deep it may go, before the rest of it is the smallest there is.
_MOST_VALUES, _DEEPEST = 80, 7
_LONGEST_LIST, _LONGEST_BLOB = 5, 64
_DISTANT = 2**53
_YEAR_2100 = 4_102_444_800

_BUILDABLE: WeakKeyDictionary[Demand, tuple[str, ...]] = WeakKeyDictionary()


@dataclass(slots=True)
class Drawing:
    """One example being drawn; `tomorrow` lets in what a service may come to send."""

    contract: Contract
    draw: Draw
    given: Given
    tomorrow: bool = False
    left: int = _MOST_VALUES

    def instance(self, demand: Demand) -> Any:
        """A conforming instance; NoInstanceError when there is none."""
        return self.value(demand, 0)

    def value(self, demand: Demand, depth: int) -> Any:
        """A conforming value, the smallest when the example is large or deep already."""
        self.left -= 1
        if demand.kind in ("structure", "list", "map") and (self.left < 0 or depth > _DEEPEST):
            return smallest(self.contract, demand, self.given)
        return _BY_KIND[demand.kind](self, demand, depth)

    def part(self, part: Part, depth: int) -> Any:
        """A conforming value of a schema inside another."""
        demand = demands.resolve(self.contract, part)
        if demand.nullable and self.draw(_EIGHT) == 7:
            return None
        return self.value(demand, depth + 1)


def _chosen(draw: Draw, names: tuple[str, ...], most: int) -> list[str]:
    """Some of the names, at most `most`; shrinks to none."""
    if len(names) <= min(most, 10):
        # One number whose bits are the members, instead of a draw for each.
        bits: int = draw(integers(0, 2 ** len(names) - 1))
        return [name for place, name in enumerate(names) if bits >> place & 1]
    return draw(_subsets(names, most))  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _subsets(names: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=most)


_EIGHT = st.integers(0, 7)
_UNKNOWN = st.sampled_from(("newMember", "futureSetting", "x"))
_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-_DISTANT, _DISTANT), st.text(max_size=8), st.just([]), st.just({})
)
_DOCUMENTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), _ANYTHING, max_size=3)
_TIMESTAMPS = st.one_of(
    st.integers(0, _YEAR_2100), st.integers(0, _YEAR_2100 * 1000).map(lambda milliseconds: milliseconds / 1000)
)


def _buildable(drawing: Drawing, demand: Demand) -> tuple[str, ...]:
    """The optional members of a structure, or all of a union, that have a finite instance."""
    found = _BUILDABLE.get(demand)
    if found is None:
        names = []
        for name, part in demand.members.items():
            if demand.union or name not in demand.required:
                try:
                    smallest(drawing.contract, demands.resolve(drawing.contract, part))
                except NoInstanceError:
                    continue
                names.append(name)
        found = _BUILDABLE[demand] = tuple(names)
    return found


def _structure(drawing: Drawing, demand: Demand, depth: int) -> Any:
    possible, given = _buildable(drawing, demand), drawing.given
    if demand.union:
        if drawing.tomorrow and drawing.draw(_EIGHT) == 7:
            return {drawing.draw(_UNKNOWN): {}}
        named = tuple(name for name in demand.members if name in given) or possible
        if not named:
            smallest(drawing.contract, demand)
        chosen: set[str] = {drawing.draw(st.sampled_from(named))}
    else:
        # Wide and shallow rather than deep: the further down, the fewer optional members.
        most = min(len(possible), 12 if depth == 0 else max(1, 5 - depth))
        chosen = set(demand.required)
        if possible:
            chosen.update(_chosen(drawing.draw, possible, most))
        if depth == 0:
            chosen.update(name for name in demand.members if name in given)
    found = {
        name: given[name] if name in given else drawing.part(part, depth)
        for name, part in demand.members.items()
        if name in chosen
    }
    if drawing.tomorrow and not demand.union and drawing.draw(_EIGHT) == 7:
        name = drawing.draw(_UNKNOWN)
        if name not in demand.members:
            found[name] = drawing.draw(_ANYTHING)
    return found


def _list(drawing: Drawing, demand: Demand, depth: int) -> Any:
    assert demand.items is not None
    low, high = demand.bound("minItems", 0), demand.bound("maxItems", LARGEST)
    if low > LARGEST:
        raise NoInstanceError(f"{low} items are more than the {LARGEST} that are built")
    item = demands.resolve(drawing.contract, demand.items)
    try:
        if drawing.tomorrow and depth <= 1 and drawing.draw(_EIGHT) == 7:
            # A long page: one item drawn, over and over.
            return [drawing.value(item, depth + 1)] * min(high, max(low, 1000))
        length = drawing.draw(integers(low, max(low, min(high, low + _LONGEST_LIST))))
        items = [drawing.part(demand.items, depth) for _ in range(min(length, 20))]
    except NoInstanceError:
        if low:
            raise
        return []
    return items + items[-1:] * (length - len(items))


def _map(drawing: Drawing, demand: Demand, depth: int) -> Any:
    assert demand.keys is not None
    assert demand.values is not None
    low, high = demand.bound("minProperties", 0), demand.bound("maxProperties", LARGEST)
    key = demands.resolve(drawing.contract, demand.keys)
    count = drawing.draw(integers(low, max(low, min(high, low + _LONGEST_LIST))))
    try:
        found = {_string(drawing, key, depth): drawing.part(demand.values, depth) for _ in range(min(count, 20))}
        if len(found) < low:
            for name in keys(drawing.contract, demand, low):
                found.setdefault(name, drawing.part(demand.values, depth))
    except NoInstanceError:
        if low:
            raise
        return {}
    return dict(islice(found.items(), high))


def _string(drawing: Drawing, demand: Demand, depth: int) -> Any:
    enum = demand.enum
    if enum is None:
        return text(drawing.draw, demand)
    if drawing.tomorrow and drawing.draw(_EIGHT) == 7:
        return f"{enum[0]}_{'NEW' if str(enum[0]).isupper() else 'new'}"
    return drawing.draw(_sampled(enum))


@lru_cache(maxsize=4096)
def _sampled(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _blob(drawing: Drawing, demand: Demand, depth: int) -> Any:
    low = demand.bound("x-aws-min-bytes", 0)
    high = max(low, min(demand.bound("x-aws-max-bytes", LARGEST), low + _LONGEST_BLOB))
    if low > _LONGEST_BLOB:
        return demands.blob(size(drawing.draw, low, high))
    return base64.b64encode(drawing.draw(_bytes(low, high))).decode()


@lru_cache(maxsize=512)
def _bytes(low: int, high: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=low, max_size=high)


def _integer(drawing: Drawing, demand: Demand, depth: int) -> Any:
    return drawing.draw(integers(demand.bound("minimum", -_DISTANT), demand.bound("maximum", _DISTANT)))


def _number(drawing: Drawing, demand: Demand, depth: int) -> Any:
    low = demand.limits["minimum"].value if "minimum" in demand.limits else None
    high = demand.limits["maximum"].value if "maximum" in demand.limits else None
    return drawing.draw(_floats(low, high, demand.bound("format", 0) == "float"))


@lru_cache(maxsize=512)
def _floats(low: float | None, high: float | None, single: bool) -> st.SearchStrategy[float]:
    whole = st.integers(None if low is None else -int(-low // 1), None if high is None else int(high // 1))
    some = st.floats(low, high, allow_nan=False, allow_infinity=False)
    if single and low is None and high is None:
        some = st.floats(allow_nan=False, allow_infinity=False, width=32)
    return st.one_of(whole.filter(lambda number: abs(number) <= _DISTANT), some)


def _timestamp(drawing: Drawing, demand: Demand, depth: int) -> Any:
    return drawing.draw(_TIMESTAMPS)


def _boolean(drawing: Drawing, demand: Demand, depth: int) -> Any:
    return drawing.draw(_BOOLEANS)


_BOOLEANS = st.booleans()


def _any(drawing: Drawing, demand: Demand, depth: int) -> Any:
    if "x-aws-event-stream" in demand.limits:
        return []
    if demand.limits.keys() & {"x-aws-streaming", "contentEncoding"}:
        return base64.b64encode(drawing.draw(_bytes(0, _LONGEST_BLOB))).decode()
    return drawing.draw(_DOCUMENTS)


_BY_KIND: dict[str, Callable[[Drawing, Demand, int], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _blob,
    "integer": _integer,
    "number": _number,
    "timestamp": _timestamp,
    "boolean": _boolean,
    "any": _any,
}
