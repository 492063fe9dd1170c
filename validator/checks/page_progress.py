"""page_progress: following the tokens comes to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding

# Empty pages that carry a token are legal; this many of them in a row is a walk that leads nowhere.
_EMPTY = 50


@check("page_progress", "Following the tokens never comes back to a page already seen.")
def page_progress(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each walk in which a token comes again, or which gives nothing but empty pages."""
    read = past.read(contract, exchanges)
    for walk in read.walks:
        seen: dict[str, int] = {}
        empty = 0
        for page in walk.pages:
            empty = 0 if page.items else empty + 1
            if page.token is not None:
                seen.setdefault(page.token, page.index)
            if page.next is not None and page.next in seen:
                yield verdict(
                    "page_progress",
                    read.exchanges,
                    (seen[page.next], page.index),
                    "token-again",
                    f"{walk.operation} gives a token that led here already: {shown(page.next, 40)}",
                )
                break
            if empty > _EMPTY:
                yield verdict(
                    "page_progress",
                    read.exchanges,
                    [page.index],
                    "only-empty",
                    f"{walk.operation} gives {empty} empty pages in a row, each with a token",
                )
                break
