"""no_effect_after_rejection: a rejected call leaves everything as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding


@check("no_effect_after_rejection", "A rejected call creates nothing and deletes nothing.")
def no_effect_after_rejection(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for things whose creation was only ever rejected, and for things gone after a rejected delete."""
    read = past.read(contract, exchanges)
    yield from _created(read)
    yield from _deleted(read)


def _created(read: past.History) -> Iterator[Finding]:
    rejected: dict[tuple[past.Scope, str, str], int] = {}
    taken: set[tuple[past.Scope, str, str]] = set()
    for index, exchange in enumerate(read.exchanges):
        found = family_of(read.contract, exchange.operation)
        if found is None:
            continue
        family, verb = found
        scope = past.scope_of(exchange)
        if verb == "create" and family.name_member and isinstance(exchange.request, Mapping):
            name = exchange.request.get(family.name_member)
            if isinstance(name, str):
                key = (scope, family.name, name)
                said = exchange.error.code.lower() if exchange.error else ""
                # Where no answer came, or none that can be read, it may have been created.
                if exchange.accepted or exchange.unread is not None or "alreadyexists" in said:
                    taken.add(key)
                elif exchange.error is not None and key not in taken:
                    rejected.setdefault(key, index)
        elif verb == "list" and exchange.accepted and family.name_member:
            for identifier, summary in family.listed(exchange.response):
                name = summary.get(family.name_member, identifier if family.chosen else None)
                key = (scope, family.name, name)
                if key in rejected and key not in taken:
                    taken.add(key)
                    yield verdict(
                        "no_effect_after_rejection",
                        read.exchanges,
                        [rejected[key], index],
                        "created",
                        f"{family.name} {shown(name)} exists though the call to create it was rejected",
                    )
                else:
                    taken.add(key)


def _deleted(read: past.History) -> Iterator[Finding]:
    refused: dict[tuple[past.Scope, str, str], int] = {}
    for index, exchange in enumerate(read.exchanges):
        found = family_of(read.contract, exchange.operation)
        if found is None or found[1] != "delete" or exchange.error is None or past.not_found(exchange.error.code):
            continue
        identifier = (
            exchange.request.get(found[0].takes.get(exchange.operation, ""))
            if isinstance(exchange.request, Mapping)
            else None
        )
        if isinstance(identifier, str):
            refused.setdefault((past.scope_of(exchange), found[0].name, identifier), index)
    for key, index in refused.items():
        life = read.lives.get(key)
        if life is None or life.deleted is not None or not life.alive_at(index) or life.changed:
            continue
        gone = [at for at in life.missing if at > index]
        if gone and not any(sight.index > index for sight in life.sights if sight.index < gone[0]):
            yield verdict(
                "no_effect_after_rejection",
                read.exchanges,
                [index, gone[0]],
                "deleted",
                f"{life.family.name} {shown(life.identifier)} is gone though the call to delete it was rejected",
            )
