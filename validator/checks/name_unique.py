"""name_unique: a name is given once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import history as past
from validator.checks import check
from validator.checks.rejections import keeps
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import Family, family_of
from validator.results import Finding


@check("name_unique", "A name is taken once in its documented scope, and free again when its holder is gone.")
def name_unique(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for names given twice while the first holder lives, and for names refused though nobody has them."""
    read = past.read(contract, exchanges)
    holders: dict[tuple[past.Scope, str, str], list[past.Life]] = {}
    named: dict[tuple[past.Scope, str, str], int] = {}
    by_birth = {life.born: life for life in read.lives.values() if life.born is not None}
    for index, exchange in enumerate(read.exchanges):
        found = family_of(contract, exchange.operation)
        if found is None or found[1] != "create" or found[0].unique is None or not _named(found[0], exchange.request):
            continue
        family, scope = found[0], past.scope_of(exchange)
        key = (scope, family.name, _key(family, exchange.request))
        held = holders.get(key, [])
        if exchange.accepted:
            # Where either is broken in another way, that it was taken at all is the fault.
            operation = contract.operation(exchange.operation)
            whole = [
                each for each in held if each.born is not None and keeps(operation, read.exchanges[each.born].request)
            ]
            for other in whole if whole and keeps(operation, exchange.request) else ():
                # A deletion that has only begun keeps the name; one that was asked for may have freed it.
                alive = other.deleted is None or other.deleted > index
                if alive and other.born is not None and other.born != index:
                    message = f"{family.name} {_words(family, exchange.request)} is created while another is there"
                    yield verdict(
                        "name_unique", read.exchanges, (other.born, index), "twice", message, direction="request"
                    )
                    break
            if index in by_birth:
                holders.setdefault(key, []).append(by_birth[index])
            named.setdefault((scope, family.name, str(exchange.request.get(family.name_member or ""))), index)
        elif exchange.error is not None and "alreadyexists" in exchange.error.code.lower():
            words = f"{family.name} {_words(family, exchange.request)}"
            other_scope = named.get((scope, family.name, str(exchange.request.get(family.name_member or ""))))
            if held:
                gone = _gone(held, index)
                if gone is not None:
                    message = f"{words} is refused though its holder is gone"
                    yield verdict(
                        "name_unique", read.exchanges, (*gone, index), "not-free", message, direction="request"
                    )
            elif exchange.phase is not None and other_scope is not None and len(family.unique or ()) > 1:
                message = f"{words} is refused though only another scope has the name"
                yield verdict(
                    "name_unique", read.exchanges, (other_scope, index), "too-wide", message, direction="request"
                )


def _gone(held: list[past.Life], index: int) -> tuple[int, int] | None:
    """When the last holder was deleted and seen to be gone; None while any may still be there."""
    last = held[-1]
    if last.deleted is None or any(other.deleted is None or other.deleted > index for other in held):
        return None
    seen = [at for at in last.missing if last.deleted < at < index]
    return (last.deleted, seen[0]) if seen else None


def _named(family: Family, request: Any) -> bool:
    """Whether the request says all that makes the name; one without it is broken in another way, and takes no name."""
    members = [member.partition(":")[0] for member in family.unique or ()]
    return isinstance(request, Mapping) and all(isinstance(request.get(member), str) for member in members)


def _key(family: Family, request: Mapping[str, Any]) -> str:
    return json.dumps([_value(request, member) for member in family.unique or ()], sort_keys=True)


def _value(request: Mapping[str, Any], member: str) -> Any:
    """What a member contributes: `datasetType:upper` is told without regard to case."""
    name, _, form = member.partition(":")
    value = request.get(name)
    return value.upper() if form == "upper" and isinstance(value, str) else value


def _words(family: Family, request: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{member.partition(':')[0]} {shown(_value(request, member), 60)}" for member in family.unique or ()
    )
