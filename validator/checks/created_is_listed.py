"""created_is_listed: what was created is in the list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from validator import history as past
from validator.checks import check
from validator.checks.filter_holds import conditions
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding


@check("created_is_listed", "What was created and not deleted is in every complete list that it belongs to.")
def created_is_listed(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each complete walk that lacks something created before it and not deleted before its end."""
    read = past.read(contract, exchanges)
    for walk in read.walks:
        found = family_of(contract, walk.operation)
        if found is None or found[1] != "list" or not walk.complete:
            continue
        family, first, last = found[0], walk.pages[0].index, walk.pages[-1].index
        asked = list(conditions(family, walk.request))
        if len(asked) != _wanted(walk.request):
            continue
        there = {name for page in walk.pages for name, _ in family.listed(read.exchanges[page.index].response)}
        for life in read.of(family, walk.scope):
            if life.born is None or life.born > first or (life.deleted is not None and life.deleted < last):
                continue
            if (
                life.identifier not in there
                and life.request is not None
                and all(
                    (life.request.get(attribute) == value) is equal if attribute in life.request else False
                    for attribute, value, equal in asked
                )
            ):
                yield verdict(
                    "created_is_listed",
                    read.exchanges,
                    [life.born, *(page.index for page in walk.pages)],
                    "not-listed",
                    f"{walk.operation} does not list {shown(life.identifier)}, created before and not deleted",
                )
                break


def _wanted(request: Mapping[str, object]) -> int:
    """How many conditions a request states; one we cannot read makes the list unfit to judge by."""
    return sum(
        len(value) if isinstance(value, list) else 1
        for value in json.loads(json.dumps(request)).values()
        if value is not None
    )
