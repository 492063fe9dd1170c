"""page_disjoint: nothing is on two pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding


@check("page_disjoint", "No item is on two pages of one walk, nor twice on one page.")
def page_disjoint(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each walk in which an item comes twice, unless something was written while it was under way."""
    read = past.read(contract, exchanges)
    for walk in read.walks:
        seen: dict[str, int] = {}
        for page in walk.pages:
            repeated = None
            for item in page.items:
                name = identity(contract, walk.operation, item)
                if name in seen and not read.wrote_between(seen[name], page.index):
                    repeated = name
                    break
                seen[name] = page.index
            if repeated is not None:
                yield verdict(
                    "page_disjoint",
                    read.exchanges,
                    (seen[repeated], page.index),
                    "item-again",
                    f"{walk.operation} lists {shown(repeated)} twice in one walk",
                )
                break


def identity(contract: Contract, operation: str, item: Any) -> str:
    """What tells an item of a list from another: its identifier where the contract knows one, else all of it."""
    found = family_of(contract, operation)
    if found is not None and isinstance(item, Mapping) and isinstance(name := item.get(found[0].identifier), str):
        return name
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True, default=str)
