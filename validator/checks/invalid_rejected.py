"""invalid_rejected: what breaks the contract is not carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from validator.checks import check
from validator.checks.rejections import keeps
from validator.checks.verdict import verdict
from validator.constraints import forgiven, found
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding, Severity, Violation


@check("invalid_rejected", "A request that breaks the contract is rejected.", scope="exchange")
def invalid_rejected(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each request that breaks its contract and was accepted all the same.

    What AWS itself forgives (`constraints.forgiven`) is no fault; whether a target is generous about reserved tag keys
    is its own affair.
    """
    for exchange in exchanges:
        if not exchange.accepted or exchange.request is None or exchange.status is None:
            continue
        operation = contract.operation(exchange.operation)
        if keeps(operation, exchange.request):
            continue
        broken = tuple(
            violation
            for violation in operation.iter_violations(exchange.request)
            if _demanded(violation, exchange.request, contract.protocol)
        )
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


def _demanded(violation: Violation, request: Any, protocol: str) -> bool:
    if violation.severity("request") is not Severity.ERROR:
        return False
    # What is sensitive is not shown in the violation.
    value = found(request, violation.instance_path)[1] if violation.sensitive else violation.value
    if forgiven(protocol, violation.keyword, violation.limit, value):
        return False
    return not (
        violation.layer == "documented"
        and isinstance(violation.value, str)
        and violation.value.strip("'\"").lower().startswith("aws:")
    )
