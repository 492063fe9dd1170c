"""describe_agrees: what was asked for, what is described and what is listed agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import demands
from validator import history as past
from validator.checks import check
from validator.checks.rejections import keeps
from validator.checks.verdict import differing, shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import Family
from validator.results import Finding, Severity


@check("describe_agrees", "A description repeats what was created, and agrees with the summary in a list.")
def describe_agrees(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for members that differ between create, describe and list, unless something changed it in between.

    Compared are the members that create takes or gives. State and times move by themselves, and so may lists of what
    is attached: they are not compared here. Of a resource that nothing declares only plain values are.
    """
    read = past.read(contract, exchanges)
    stable_of: dict[str, set[str]] = {}
    for life in read.lives.values():
        family = life.family
        if (stable := stable_of.get(family.name)) is None:
            stable = stable_of[family.name] = _stable(contract, family)
        known = {name: (life.born or 0, value) for name, value in _created(read, life).items() if name in stable}
        for sight in life.sights:
            if sight.seen.get(family.identifier, life.identifier) != life.identifier:
                seen = shown(sight.seen[family.identifier])
                message = f"{family.name}: asked for {shown(life.identifier)}, got {seen}"
                yield verdict("describe_agrees", read.exchanges, [sight.index], "another", message)
                break
            wrong = next(
                (name for name in sight.seen if name in known and _differs(life, known[name], sight, name)), None
            )
            if wrong is not None:
                at, value = known[wrong]
                message = f"{family.name}: {wrong} was {shown(value)} and is {sight.how} as {shown(sight.seen[wrong])}"
                yield verdict(
                    "describe_agrees",
                    read.exchanges,
                    [at, sight.index],
                    f"differs:{wrong}",
                    message,
                    # Where nothing is declared, that members of one name are one thing is a guess.
                    severity=Severity.ERROR if family.declared else Severity.WARNING,
                )
                break
            for name, value in sight.seen.items():
                if name in stable and (family.declared or isinstance(value, (str, bool, int))):
                    known.setdefault(name, (sight.index, value))


def _stable(contract: Contract, family: Family) -> set[str]:
    create = contract.operation(family.operations["create"])
    members = [demands.root(contract, shape).members for shape in (create.input, create.output) if shape]
    # What is secret comes back encrypted or masked, as SSM's SecureString does.
    names = {name for each in members for name, part in each.items() if not demands.resolve(contract, part).sensitive}
    rules = family.lifecycle
    return names - {family.updated, rules.member if rules else None, rules.reason if rules else None}


def _created(read: past.History, life: past.Life) -> dict[str, Any]:
    if life.request is None or life.born is None:
        return {}
    if not keeps(read.contract.operation(life.family.operations["create"]), life.request):
        # What a target makes of a request that it should have rejected is no further fault.
        return {}
    if not life.family.declared:
        return {name: value for name, value in life.request.items() if isinstance(value, (str, bool, int))}
    response = read.exchanges[life.born].response
    asked = {**life.family.defaults, **(response if isinstance(response, Mapping) else {})}
    asked.update((name, value) for name, value in life.request.items() if value is not None)
    return {name: value for name, value in asked.items() if not isinstance(value, list)}


def _differs(life: past.Life, known: tuple[int, Any], sight: past.Sight, name: str) -> bool:
    if isinstance(known[1], list) or not differing(known[1], sight.seen[name]):
        return False
    return not any(known[0] < index < sight.index for index in life.changed)
