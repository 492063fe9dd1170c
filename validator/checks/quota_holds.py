"""quota_holds: no more is under way at once than the documented quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding, Severity


@check(
    "quota_holds", "No more resources are pending at once than the documented default quota.", severity=Severity.WARNING
)
def quota_holds(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding where more creates than the quota are accepted one after another, with nothing in between.

    A quota may have been raised for an account: a warning. Creates in direct succession leave no time to finish.
    """
    listed = exchanges if isinstance(exchanges, list) else list(exchanges)
    run: list[int] = []
    reported: set[str] = set()
    for index, exchange in enumerate(listed):
        found = family_of(contract, exchange.operation)
        quota = found[0].pending_quota if found is not None and found[1] == "create" else None
        if found is None or quota is None:
            run = []
            continue
        if run and (
            listed[run[-1]].operation != exchange.operation or past.scope_of(listed[run[-1]]) != past.scope_of(exchange)
        ):
            run = []
        if exchange.accepted:
            run.append(index)
        if len(run) > quota and found[0].name not in reported:
            reported.add(found[0].name)
            yield verdict(
                "quota_holds",
                listed,
                run,
                "exceeded",
                severity=Severity.WARNING,
                direction="request",
                message=f"{len(run)} {found[0].name}s are accepted in direct succession; the quota is {quota} at once",
            )
