"""quota_holds: no more is under way at once than the documented quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding, Severity


@check(
    "quota_holds",
    "No more resources are pending at once than the documented default quota.",
    severity=Severity.WARNING,
    scope="exchange",
)
def quota_holds(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One warning for each page that shows more pending resources than the quota, which may have been raised."""
    for exchange in exchanges:
        found = family_of(contract, exchange.operation)
        if found is None or found[1] != "list" or found[0].pending_quota is None or found[0].lifecycle is None:
            continue
        family, rules = found[0], found[0].lifecycle
        states = [summary.get(rules.member) for _, summary in family.listed(exchange.response)]
        pending = sum(isinstance(state, str) and state in rules.pending for state in states)
        if pending > (family.pending_quota or 0):
            message = f"{pending} {family.name}s are pending at once; the documented quota is {family.pending_quota}"
            yield verdict("quota_holds", (exchange,), (0,), "exceeded", message, severity=Severity.WARNING)
