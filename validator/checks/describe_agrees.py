"""describe_agrees: what was asked for, what is described and what is listed agree."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import history as past
from validator.checks import check
from validator.checks.verdict import differing, shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check("describe_agrees", "A description repeats what was created, and agrees with the summary in a list.")
def describe_agrees(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for members that differ between create's request, describe and list, unless something changed it between.

    State, its reason and the time of the last update move by themselves and are not compared here.
    """
    read = past.read(contract, exchanges)
    for life in read.lives.values():
        known: dict[str, tuple[int, Any]] = {}
        if life.request is not None and life.born is not None:
            asked = {**life.family.defaults, **life.request} if life.family.declared else _scalars(life.request)
            known = {name: (life.born, value) for name, value in asked.items() if value is not None}
            _also(known, life, read.exchanges[life.born].response)
        moving = {life.family.updated, *life.family.moving}
        if life.family.lifecycle is not None:
            moving |= {life.family.lifecycle.member, life.family.lifecycle.reason}
        for sight in life.sights:
            if sight.seen.get(life.family.identifier, life.identifier) != life.identifier:
                yield verdict("describe_agrees", read.exchanges, [sight.index], "another", f"{life.family.name}: asked for "
                              f"{shown(life.identifier)}, got {shown(sight.seen[life.family.identifier])}")
                break
            wrong = next((name for name, value in sight.seen.items() if name in known and name not in moving
                          and differing(known[name][1], value)
                          and not any(known[name][0] < index < sight.index for index in life.changed)), None)
            if wrong is not None:
                yield verdict("describe_agrees", read.exchanges, [known[wrong][0], sight.index], f"differs:{wrong}",
                              f"{life.family.name}: {wrong} was {shown(known[wrong][1])} and is {sight.how} as {shown(sight.seen[wrong])}")
                break
            for name, value in sight.seen.items():
                if life.family.declared or isinstance(value, (str, bool, int)):
                    known[name] = (sight.index, value) if name not in known else (known[name][0], known[name][1])


def _scalars(request: Mapping[str, Any]) -> dict[str, Any]:
    # Of a resource that nothing declares only what is plainly the same thing is compared.
    return {name: value for name, value in request.items() if isinstance(value, (str, bool, int))}


def _also(known: dict[str, tuple[int, Any]], life: past.Life, response: Any) -> None:
    if life.born is not None and isinstance(response, Mapping) and life.family.declared:
        for name, value in response.items():
            known.setdefault(name, (life.born, value))
