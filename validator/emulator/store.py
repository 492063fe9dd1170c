"""Where resources are kept: one `Shelf` for each kind, account and region, indexed by what lists filter by.

A page costs what it holds: records are numbered as they are made, and every index is a sorted list of numbers.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator.emulator.kinds import Kind

Scope = tuple[str, str]
Matches = Callable[[tuple[Any, ...]], bool]


@dataclass(slots=True, eq=False)
class Record:
    """One resource: its members in canonical form without state and times, and what the emulator knows besides.

    `number` orders records by when they were made. `shown` says that a describe has shown its present state; `doom`
    is the reason for which its work will fail. `views` caches what describe and list show of it.
    """

    kind: Kind
    scope: Scope
    identifier: str
    number: int
    members: dict[str, Any]
    created: float
    updated: float
    state: str | None = None
    shown: bool = False
    doom: str | None = None
    reason: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    views: dict[str, Any] = field(default_factory=dict)

    def value(self, member: str) -> Any:
        """A member that lists filter by."""
        life = self.kind.lifecycle
        return self.state if life is not None and member == life.member else self.members.get(member)


class Shelf:
    """The records of one kind in one account and region."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.by_identifier: dict[str, Record] = {}
        self.by_number: dict[int, Record] = {}
        self.by_key: dict[tuple[Any, ...], Record] = {}
        self.order: list[int] = []
        self.buckets: dict[tuple[Any, ...], list[int]] = {}
        # The buckets that hold a value of an indexed member, so that a filter looks at no others.
        self.holding: dict[tuple[int, Any], set[tuple[Any, ...]]] = {}
        self.children: dict[tuple[str, str], set[int]] = {}
        self.states: Counter[str | None] = Counter()

    def add(self, record: Record) -> None:
        """Put a record with a number above all others."""
        self.by_identifier[record.identifier] = self.by_number[record.number] = record
        if self.kind.unique:
            self.by_key[self.kind.key(record.members)] = record
        self.order.append(record.number)
        self._enter(record)
        for member, identifier in _references(record):
            self.children.setdefault((member, identifier), set()).add(record.number)

    def remove(self, record: Record) -> None:
        """Take a record out."""
        del self.by_identifier[record.identifier], self.by_number[record.number]
        if self.kind.unique:
            self.by_key.pop(self.kind.key(record.members), None)
        _drop(self.order, record.number)
        self._leave(record)
        for reference in _references(record):
            self.children[reference].discard(record.number)

    def change(self, record: Record, state: str | None, members: Mapping[str, Any] | None = None) -> None:
        """Give a record another state, and other members."""
        self._leave(record)
        if members:
            for reference in _references(record):
                self.children[reference].discard(record.number)
            record.members.update(members)
            for reference in _references(record):
                self.children.setdefault(reference, set()).add(record.number)
        record.state = state
        record.views.clear()
        self._enter(record)

    def after(self, number: int, matches: Matches | None, values: Mapping[int, Any]) -> Iterator[Record]:
        """The records with a number above one, in order: all, or those in the buckets that match.

        `values` are the values that indexed members must have, by place; `matches` decides by a bucket's whole key.
        """
        if matches is None:
            found = _above(self.order, number)
        else:
            keys: Iterable[tuple[Any, ...]] = self.buckets
            for place, value in values.items():
                held = self.holding.get((place, value), set())
                keys = held if keys is self.buckets else set(keys) & held
            found = _merged([self.buckets[key] for key in keys if matches(key)], number)
        return map(self.by_number.__getitem__, found)

    def _enter(self, record: Record) -> None:
        self.states[record.state] += 1
        if self.kind.indexed:
            key = tuple(map(record.value, self.kind.indexed))
            bucket = self.buckets.get(key)
            if bucket is None:
                bucket = self.buckets[key] = []
                for part in enumerate(key):
                    self.holding.setdefault(part, set()).add(key)
            insort(bucket, record.number)

    def _leave(self, record: Record) -> None:
        self.states[record.state] -= 1
        if self.kind.indexed:
            key = tuple(map(record.value, self.kind.indexed))
            bucket = self.buckets[key]
            _drop(bucket, record.number)
            if not bucket:
                del self.buckets[key]
                for part in enumerate(key):
                    self.holding[part].discard(key)


def _references(record: Record) -> Iterator[tuple[str, str]]:
    for parent in record.kind.parents:
        named = record.members.get(parent.member)
        for identifier in named if isinstance(named, list) else (named,):
            if isinstance(identifier, str):
                yield parent.member, identifier


def _drop(numbers: list[int], number: int) -> None:
    place = bisect_right(numbers, number) - 1
    if place >= 0 and numbers[place] == number:
        del numbers[place]


def _above(numbers: list[int], number: int) -> Iterator[int]:
    return _from(numbers, bisect_right(numbers, number)) if number else iter(numbers)


def _merged(lists: list[list[int]], number: int) -> Iterator[int]:
    parts = [_from(numbers, bisect_right(numbers, number)) for numbers in lists]
    return parts[0] if len(parts) == 1 else heapq.merge(*parts)


def _from(numbers: list[int], start: int) -> Iterator[int]:
    # Not islice: it would walk to the start.
    return map(numbers.__getitem__, range(start, len(numbers)))


class Store:
    """All shelves, the numbers that records get, and what has changed since it was last kept."""

    def __init__(self) -> None:
        self.shelves: dict[tuple[str, str, Scope], Shelf] = {}
        self.number = 0
        self.changed: dict[int, Record] = {}
        self.removed: dict[int, Record] = {}
        self.moving: dict[int, Record] = {}

    def shelf(self, kind: Kind, scope: Scope) -> Shelf:
        """The shelf of a kind in an account and region."""
        key = (kind.service, kind.name, scope)
        found = self.shelves.get(key)
        if found is None:
            found = self.shelves[key] = Shelf(kind)
        return found

    def add(self, record: Record) -> None:
        """Put a record."""
        self.number = max(self.number, record.number)
        self.shelf(record.kind, record.scope).add(record)
        self.touch(record)

    def remove(self, record: Record) -> None:
        """Take a record out."""
        self.shelf(record.kind, record.scope).remove(record)
        self.changed.pop(record.number, None)
        self.moving.pop(record.number, None)
        self.removed[record.number] = record

    def change(self, record: Record, state: str | None, members: Mapping[str, Any] | None = None) -> None:
        """Give a record another state, and other members."""
        self.shelf(record.kind, record.scope).change(record, state, members)
        self.touch(record)

    def touch(self, record: Record) -> None:
        """Note that a record has changed."""
        self.changed[record.number] = record
        life = record.kind.lifecycle
        if life is not None and record.state not in life.settled:
            self.moving[record.number] = record
        else:
            self.moving.pop(record.number, None)

    def count(self) -> int:
        """How many records there are."""
        return sum(len(shelf.by_number) for shelf in self.shelves.values())

    def clear(self) -> None:
        """Forget every record; numbers go on."""
        self.shelves.clear()
        for noted in (self.changed, self.removed, self.moving):
            noted.clear()
