"""What a sequence of exchanges says about resources: their lives, and the walks through pages of a list.

The checks that judge a whole sequence read it through here. Nothing is assumed that no exchange shows: what was
there before the sequence began is unknown, not absent.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import Family, family_of

# A part of a name that the fuzzer gives to identifiers of things that were never created.
GHOST = "never-created"
Scope = tuple[str | None, str | None]


@dataclass(slots=True)
class Sight:
    """One look at a resource: the exchange's index, how it was seen, and what was seen of it."""

    index: int
    how: str
    seen: Mapping[str, Any]


@dataclass(slots=True)
class Life:
    """All that a sequence shows of one resource in one account and region; indexes are those of exchanges.

    `deleted` is when it was asked to be deleted, or may have been: `surely_deleted` tells which.
    """

    family: Family
    identifier: str
    scope: Scope
    born: int | None = None
    request: Mapping[str, Any] | None = None
    sights: list[Sight] = field(default_factory=list)
    deleted: int | None = None
    surely_deleted: bool = False
    changed: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def status_before(self, index: int, member: str) -> tuple[int, str] | None:
        """The last status seen in that member before an exchange, and when."""
        for sight in reversed(self.sights):
            if sight.index < index and isinstance(status := sight.seen.get(member), str):
                return sight.index, status
        return None

    def alive_at(self, index: int) -> bool:
        """Whether it surely exists just before an exchange: born or seen earlier, and nobody asked to delete it."""
        begun = self.born is not None and self.born < index
        seen = any(sight.index < index for sight in self.sights)
        return (begun or seen) and not (self.deleted is not None and self.deleted < index)


@dataclass(slots=True)
class Page:
    """One page: the index of its exchange, its items as they stand, its tokens."""

    index: int
    items: list[Any]
    token: str | None
    next: str | None


@dataclass(slots=True)
class Walk:
    """Pages that follow one another: the same operation, scope and request but for token and page size."""

    operation: str
    scope: Scope
    key: str
    request: Mapping[str, Any]
    pages: list[Page] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether it began at the first page and reached the last."""
        return self.pages[0].token is None and self.pages[-1].next is None


@dataclass(slots=True)
class History:
    """A sequence read once: its exchanges, the lives in it, its walks, and which exchanges changed something."""

    contract: Contract
    exchanges: Sequence[Exchange]
    lives: dict[tuple[Scope, str, str], Life] = field(default_factory=dict)
    walks: list[Walk] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)

    def of(self, family: Family, scope: Scope) -> list[Life]:
        """The lives of one family in one account and region."""
        return [life for (where, name, _), life in self.lives.items() if where == scope and name == family.name]

    def wrote_between(self, first: int, last: int) -> bool:
        """Whether any accepted exchange after `first` and before `last` may have changed something."""
        return any(first < index < last for index in self.writes)


_latest: list[tuple[Contract, Any, int, History]] = []


def read(contract: Contract, exchanges: Iterable[Exchange]) -> History:
    """The history of a sequence, oldest first; the last one read is kept, since every check asks for the same."""
    if _latest and isinstance(exchanges, list):
        known, listed, length, history = _latest[0]
        if known is contract and listed is exchanges and length == len(exchanges):
            return history
    listed = exchanges if isinstance(exchanges, list) else list(exchanges)
    history = _read(contract, listed)
    _latest[:] = [(contract, listed, len(listed), history)]
    return history


def scope_of(exchange: Exchange) -> Scope:
    """Whose exchange it is: account and region, each None when unknown."""
    return exchange.account, exchange.region


@functools.lru_cache(maxsize=1024)
def not_found(code: str) -> bool:
    """Whether an error code says that the thing does not exist."""
    folded = code.lower()
    return any(part in folded for part in ("notfound", "doesnotexist", "nosuch", "nonexistent", "notexist"))


def _read(contract: Contract, exchanges: list[Exchange]) -> History:
    history = History(contract, exchanges)
    open_walks: dict[tuple[str, Scope, str, str], Walk] = {}
    readonly: dict[str, bool] = {}
    for index, exchange in enumerate(exchanges):
        name = exchange.operation
        if name not in readonly:
            readonly[name] = contract.operation(name).readonly
        # Whoever got no answer that can be read does not know what became of the request.
        perhaps = exchange.accepted or exchange.unread is not None
        if perhaps and not readonly[name]:
            history.writes.append(index)
        belongs = family_of(contract, name)
        if belongs is not None:
            _live(history, belongs[0], belongs[1], index, exchange)
        elif perhaps and not readonly[name]:
            _touch(history, index, exchange)
        if readonly[name] and exchange.accepted:
            _walk(history, open_walks, index, exchange)
    return history


def _life(history: History, family: Family, scope: Scope, identifier: str) -> Life:
    key = (scope, family.name, identifier)
    found = history.lives.get(key)
    if found is None:
        found = history.lives[key] = Life(family, identifier, scope)
    return found


def _live(history: History, family: Family, verb: str, index: int, exchange: Exchange) -> None:
    request = exchange.request if isinstance(exchange.request, Mapping) else {}
    scope, response = scope_of(exchange), exchange.response
    if verb == "create":
        if exchange.accepted and (identifier := family.created_as(request, response)) is not None:
            made = _life(history, family, scope, identifier)
            if made.born is not None and made.deleted is not None:
                # The identifier is used again: another life under the same name.
                history.lives[scope, family.name, f"{identifier}#{made.born}"] = made
                made = history.lives[scope, family.name, identifier] = Life(family, identifier, scope)
            if made.born is None:
                made.born, made.request = index, request
            else:
                made.changed.append(index)
        return
    if verb == "list":
        if exchange.accepted:
            for identifier, summary in family.listed(response):
                _life(history, family, scope, identifier).sights.append(Sight(index, "listed", summary))
        return
    identifier = request.get(family.takes.get(exchange.operation, ""))
    if not isinstance(identifier, str):
        return
    life: Life | None = history.lives.get((scope, family.name, identifier))
    if exchange.unread is not None:
        if life is not None and verb != "describe":
            life.changed.append(index)
            if verb == "delete" and life.deleted is None:
                life.deleted = index
    elif exchange.error is not None:
        if life is not None and not_found(exchange.error.code):
            life.missing.append(index)
        elif life is not None and verb == "delete":
            life.refused.append(index)
    elif exchange.accepted and verb == "describe":
        if (seen := family.described(response)) is not None:
            _life(history, family, scope, identifier).sights.append(Sight(index, "described", seen))
    elif exchange.accepted and verb == "delete":
        life = life or _life(history, family, scope, identifier)
        if not life.surely_deleted:
            life.deleted, life.surely_deleted = index, True
    elif exchange.accepted and life is not None:
        life.changed.append(index)


def _touch(history: History, index: int, exchange: Exchange) -> None:
    """An operation of no family that names known resources may have changed or deleted them."""
    named = set(_strings(exchange.request))
    deletes = exchange.operation.startswith("Delete")
    while True:
        reached = set()
        for life in history.lives.values():
            if life.identifier in named and index not in life.changed:
                life.changed.append(index)
                if deletes and life.deleted is None:
                    # Where nothing is declared it may as well be a part of it that goes: a branch of an app.
                    life.deleted, life.surely_deleted = index, life.family.declared and exchange.accepted
            elif deletes and life.identifier not in named and _stands_on(life, named):
                # Deleting a tree deletes what stands on what is named.
                reached.add(life.identifier)
        if not reached:
            return
        named |= reached


def _stands_on(life: Life, named: set[str]) -> bool:
    request = life.request or {}
    return any(named.intersection(_strings(request.get(member))) for member in life.family.parents)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _walk(
    history: History, open_walks: dict[tuple[str, Scope, str, str], Walk], index: int, exchange: Exchange
) -> None:
    pagination = history.contract.operation(exchange.operation).pagination
    if pagination is None or not isinstance(exchange.response, Mapping) or not isinstance(exchange.request, Mapping):
        return
    if len(pagination.get("inputToken", ())) != 1 or len(pagination.get("outputToken", ())) != 1:
        return
    token = exchange.request.get(pagination["inputToken"][0])
    following = exchange.response.get(pagination["outputToken"][0])
    items = exchange.response.get(pagination["resultKey"][0]) if pagination.get("resultKey") else None
    if not isinstance(items, list) or not (token is None or isinstance(token, str)):
        return
    asked = {
        name: value
        for name, value in exchange.request.items()
        if name not in (pagination["inputToken"][0], pagination.get("limitKey"))
    }
    scope, key = scope_of(exchange), json.dumps(asked, sort_keys=True)
    page = Page(index, items, token, following if isinstance(following, str) and following else None)
    walk = open_walks.pop((exchange.operation, scope, key, token), None) if token is not None else None
    if walk is None:
        walk = Walk(exchange.operation, scope, key, asked)
        history.walks.append(walk)
    walk.pages.append(page)
    if page.next is not None:
        open_walks[exchange.operation, scope, key, page.next] = walk
