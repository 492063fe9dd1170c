"""page_size: no page is longer than was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check("page_size", "A page has at most as many items as the request allows.", scope="exchange")
def page_size(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each page with more items than the request's limit."""
    for exchange in exchanges:
        pages = contract.operation(exchange.operation).pagination
        if pages is None or not pages.get("limitKey") or not pages.get("resultKey"):
            continue
        if not isinstance(exchange.request, Mapping) or not isinstance(exchange.response, Mapping):
            continue
        limit, items = exchange.request.get(pages["limitKey"]), exchange.response.get(pages["resultKey"][0])
        if (
            isinstance(limit, int)
            and not isinstance(limit, bool)
            and limit > 0
            and isinstance(items, list)
            and len(items) > limit
        ):
            yield verdict(
                "page_size",
                (exchange,),
                (0,),
                "too-long",
                f"{exchange.operation} gives {len(items)} {pages['resultKey'][0]} where {pages['limitKey']} is {limit}",
            )
