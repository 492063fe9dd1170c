"""filter_holds: a filtered list holds what the filter says, on every page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import Family, family_of
from validator.results import Finding


@check("filter_holds", "Every item of a filtered list meets the filter.")
def filter_holds(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each page with an item that the filter excludes, as far as the sequence knows the item.

    What an item's summary does not show is taken from the request that created it or from an earlier description.
    """
    read = past.read(contract, exchanges)
    for index, exchange in enumerate(read.exchanges):
        found = family_of(contract, exchange.operation)
        if found is None or found[1] != "list" or not exchange.accepted or not isinstance(exchange.request, Mapping):
            continue
        family = found[0]
        for attribute, value, equal in conditions(family, exchange.request):
            for identifier, summary in family.listed(exchange.response):
                actual, known_at = _known(read, family, exchange, identifier, summary, attribute)
                if isinstance(actual, str) and (actual == value) is not equal:
                    yield verdict(
                        "filter_holds",
                        read.exchanges,
                        [*known_at, index],
                        "excluded",
                        f"{exchange.operation} filtered by {attribute} {'=' if equal else '!='} {shown(value)} "
                        f"lists {shown(identifier)}, whose {attribute} is {shown(actual)}",
                    )
                    break


def conditions(family: Family, request: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """What a list request filters by: attribute, value, and whether it must be equal or must not."""
    for name, value in request.items():
        if name in family.filters and isinstance(value, str):
            yield family.filters[name], value, True
        elif family.condition is not None and name == family.condition.member and isinstance(value, list):
            form = family.condition
            for each in value:
                if isinstance(each, Mapping) and each.get(form.key) in family.filters:
                    equal = each.get(form.condition) == form.equal
                    yield family.filters[each[form.key]], each.get(form.value, ""), equal


def _known(
    read: past.History, family: Family, exchange: Exchange, identifier: str, summary: Mapping[str, Any], attribute: str
) -> tuple[Any, list[int]]:
    if attribute in summary:
        return summary[attribute], []
    life = read.lives.get((past.scope_of(exchange), family.name, identifier))
    if life is None or (family.lifecycle is not None and attribute == family.lifecycle.member):
        return None, []
    if life.request is not None and attribute in life.request and life.born is not None:
        return life.request[attribute], [life.born]
    return next(
        ((sight.seen[attribute], [sight.index]) for sight in life.sights if attribute in sight.seen), (None, [])
    )
