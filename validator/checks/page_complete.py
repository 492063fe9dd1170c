"""page_complete: the pages together are the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.page_disjoint import identity
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check("page_complete", "The pages of a walk together hold what the unpaged list holds.")
def page_complete(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each walk whose pages differ from another walk of the same list with nothing written between.

    The longest walk is compared with the shortest, so that an unpaged list, where there is one, is the measure.
    """
    read = past.read(contract, exchanges)
    latest: dict[tuple[str, past.Scope, str], past.Walk] = {}
    for walk in read.walks:
        if not walk.complete:
            continue
        key = (walk.operation, walk.scope, walk.key)
        before, latest[key] = latest.get(key), walk
        if before is None or len(before.pages) == len(walk.pages):
            continue
        if read.wrote_between(before.pages[0].index, walk.pages[-1].index):
            continue
        whole, paged = sorted((before, walk), key=lambda each: len(each.pages))
        sets = [
            {identity(contract, walk.operation, item) for page in each.pages for item in page.items}
            for each in (whole, paged)
        ]
        # What is being deleted goes when it goes.
        leaving = {
            life.identifier for life in read.lives.values() if life.deleted is not None and life.scope == walk.scope
        }
        lost, extra = sorted(sets[0] - sets[1] - leaving), sorted(sets[1] - sets[0] - leaving)
        if lost or extra:
            what = (
                f"misses {len(lost)} of {len(sets[0])}, such as {shown(lost[0])}"
                if lost
                else f"has {shown(extra[0])} beyond them"
            )
            yield verdict(
                "page_complete",
                read.exchanges,
                [page.index for each in (before, walk) for page in each.pages],
                "not-the-whole",
                f"{walk.operation} in {len(paged.pages)} pages {what}",
            )
            latest[key] = whole
