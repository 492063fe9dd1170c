"""invalid_rejected: what breaks the contract is not carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator.checks import check
from validator.checks.rejections import keeps
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding, Severity, Violation


@check("invalid_rejected", "A request that breaks the contract is rejected.", scope="exchange")
def invalid_rejected(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each request that breaks its contract and was accepted all the same.

    Unknown members may be ignored and an explicit null may stand for an absent member, as AWS itself does; whether
    a target is generous about reserved tag keys is its own affair.
    """
    for exchange in exchanges:
        if not exchange.accepted or exchange.request is None or exchange.status is None:
            continue
        operation = contract.operation(exchange.operation)
        if keeps(operation, exchange.request):
            continue
        broken = tuple(violation for violation in operation.iter_violations(exchange.request) if _demanded(violation))
        if broken:
            yield verdict(
                "invalid_rejected",
                (exchange,),
                (0,),
                broken[0].keyword,
                direction="request",
                violations=broken,
                message=f"{operation.name} accepts a request that breaks the contract: {broken[0].message}",
            )


def _demanded(violation: Violation) -> bool:
    if violation.severity("request") is not Severity.ERROR or violation.keyword == "additionalProperties":
        return False
    if violation.keyword == "type" and violation.value is None:
        return False
    # The JSON parsers of AWS cut 1.5 to 1 where an integer is wanted.
    if violation.keyword == "type" and violation.limit == "integer" and isinstance(violation.value, float):
        return False
    return not (
        violation.layer == "documented"
        and isinstance(violation.value, str)
        and violation.value.strip("'\"").lower().startswith("aws:")
    )
