"""Converters compiled from a contract's shapes, once per shape; None for a shape in which nothing ever changes.

A form says what happens to the leaves and to the names of members; the walk through structures, lists and maps is
the same for all. A converter hands back the very object it was given when nothing in it changed.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from validator.contract import Contract

Convert = Callable[[Any], Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to convert: `leaf(schema, member)` gives a leaf's converter or None; `rename` is `inside` (wire names
    to member names), `outside` (the reverse) or None; `drop_null` leaves out members that are null.
    """

    name: str
    leaf: Callable[[Schema, Schema], Convert | None]
    rename: str | None = None
    drop_null: bool = False


class Converters:
    """The converters of one contract and form, by shape."""

    def __init__(self, contract: Contract, form: Form) -> None:
        self.contract, self.form = contract, form
        self._table: dict[str, Convert | None] = {}
        self._changing: dict[str, bool] = {}

    def of(self, shape: str) -> Convert | None:
        """The converter of a shape, or None when its values are never changed."""
        if shape not in self._table:
            if shape not in self._changing:
                self._survey(shape)
            self._table[shape] = None
            if self._changing[shape]:
                # A shape that contains itself finds its own converter by then.
                self._table[shape] = lambda value: self._table[shape](value)  # type: ignore[misc]
                self._table[shape] = self._build(self.contract.define(shape), {})
        return self._table[shape]

    def _survey(self, shape: str) -> None:
        """Tell, for all shapes that this one reaches, whether anything in them can change."""
        above: dict[str, set[str]] = {}
        changing: list[str] = []
        seen, todo = {shape}, [shape]
        while todo:
            name = todo.pop()
            schema = self.contract.define(name)
            if self._changes(schema):
                changing.append(name)
            for member in _members(schema):
                if "$ref" in member:
                    below = member["$ref"].rpartition("/")[2]
                    above.setdefault(below, set()).add(name)
                    if self.form.leaf(self.contract.define(below), member) is not None:
                        changing.append(name)
                    if self._changing.get(below):
                        changing.append(below)
                    elif below not in seen and below not in self._changing:
                        seen.add(below)
                        todo.append(below)
        reached = set(changing)
        while changing:
            for name in above.get(changing.pop(), ()):
                if name not in reached:
                    reached.add(name)
                    changing.append(name)
        for name in seen | reached:
            self._changing[name] = name in reached

    def _changes(self, schema: Schema) -> bool:
        if self.form.leaf(schema, {}) is not None:
            return True
        if self.form.drop_null and "properties" in schema:
            return True
        return any(
            self.form.leaf({}, member) is not None or (self.form.rename and "x-aws-location-name" in member)
            for member in _members(schema)
        )

    def _member(self, member: Schema) -> Convert | None:
        direct = self.form.leaf({}, member)
        if direct is not None or "$ref" not in member:
            if "anyOf" in member:
                below = next((self._member(option) for option in member["anyOf"] if "$ref" in option), None)
                return None if below is None else _unless_null(below)
            return direct
        name = member["$ref"].rpartition("/")[2]
        schema = self.contract.define(name)
        leaf = self.form.leaf(schema, member)
        return leaf if leaf is not None or schema.get("type") not in ("object", "array") else self.of(name)

    def _build(self, schema: Schema, member: Schema) -> Convert | None:
        leaf = self.form.leaf(schema, member)
        if leaf is not None:
            return leaf
        if "properties" in schema:
            if self.form.rename or self.form.drop_null:
                return self._renaming(schema)
            converters = {
                name: convert
                for name, below in schema["properties"].items()
                if (convert := self._member(below)) is not None
            }
            return _structure(converters)
        if "items" in schema:
            below = self._member(schema["items"])
            return None if below is None else _list(below)
        if isinstance(schema.get("additionalProperties"), Mapping):
            below = self._member(schema["additionalProperties"])
            return None if below is None else _map(below)
        return None

    def _renaming(self, schema: Schema) -> Convert:
        table: dict[str, tuple[str, Convert | None]] = {}
        for name, below in schema["properties"].items():
            wire = below.get("x-aws-location-name", name)
            source, target = (wire, name) if self.form.rename != "outside" else (name, wire)
            table[source] = target, self._member(below)
        return _renaming_structure(table, bool(schema.get("oneOf")), self.form.drop_null)


def _members(schema: Schema) -> Iterator[Schema]:
    yield from schema.get("properties", {}).values()
    for keyword in ("items", "additionalProperties"):
        below = schema.get(keyword)
        if isinstance(below, Mapping):
            yield below
            yield from (option for option in below.get("anyOf", ()) if isinstance(option, Mapping))


# A structure's converter -> those of its members.
_CHANGING_MEMBERS: weakref.WeakKeyDictionary[Convert, Mapping[str, Convert]] = weakref.WeakKeyDictionary()


def _unless_null(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _structure(converters: Mapping[str, Convert]) -> Convert:
    get, size = converters.get, len(converters)

    def convert(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            return value
        fresh: dict[str, Any] | None = None
        if len(value) < size:
            for name, old in value.items():
                below = get(name)
                if below is not None:
                    new = below(old)
                    if new is not old:
                        if fresh is None:
                            fresh = dict(value)
                        fresh[name] = new
        else:
            for name, below in converters.items():
                if name in value:
                    old = value[name]
                    new = below(old)
                    if new is not old:
                        if fresh is None:
                            fresh = dict(value)
                        fresh[name] = new
        return value if fresh is None else fresh

    _CHANGING_MEMBERS[convert] = converters
    return convert


def _list(below: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        fresh = [below(item) for item in value]
        return value if all(map(operator.is_, fresh, value)) else fresh

    return convert


def _map(below: Convert) -> Convert:
    # Most maps hold unions: an entry of one member, often none that changes. Told here, without a call.
    members = _CHANGING_MEMBERS.get(below, {})
    untouched = frozenset(members).isdisjoint if members else None

    def convert(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            return value
        fresh: dict[Any, Any] | None = None
        for name, old in value.items():
            if untouched is not None and type(old) is dict:
                if untouched(old):
                    continue
                if len(old) == 1:
                    ((member, inner),) = old.items()
                    leaf = members[member](inner)
                    new = old if leaf is inner else {member: leaf}
                else:
                    new = below(old)
            else:
                new = below(old)
            if new is not old:
                if fresh is None:
                    fresh = dict(value)
                fresh[name] = new
        return value if fresh is None else fresh

    return convert


def _renaming_structure(table: Mapping[str, tuple[str, Convert | None]], union: bool, drop_null: bool) -> Convert:
    same = {name for name, (target, convert) in table.items() if name == target and convert is None}

    def convert(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if value.keys() <= same and not (drop_null and None in value.values()):
            return value
        fresh: dict[str, Any] = {}
        for name, old in value.items():
            if old is None and drop_null:
                continue
            if union and name == "__type" and name not in table:
                continue
            target, below = table.get(name, (name, None))
            fresh[target] = old if below is None else below(old)
        if len(fresh) == len(value) and all(map(operator.is_, fresh.values(), value.values())) and fresh == value:
            return value
        return fresh

    return convert
