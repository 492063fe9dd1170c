"""missing_is_not_found: what was never created is not found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from validator import history as past
from validator.checks import check
from validator.checks.rejections import CIRCUMSTANCE, keeps
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding


@check(
    "missing_is_not_found",
    "An identifier of something that never existed is answered with the declared not-found error.",
)
def missing_is_not_found(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for calls about things that were never created, which succeed or are rejected for another reason.

    Only identifiers that the fuzzer made up and marked as such are judged, and only where the operation declares an
    error that says not found. A request may be rejected for its form first.
    """
    listed = exchanges if isinstance(exchanges, list) else list(exchanges)
    for index, exchange in enumerate(listed):
        if not isinstance(exchange.request, Mapping) or (exchange.status or 0) >= 500:
            continue
        found = family_of(contract, exchange.operation)
        member = found[0].takes.get(exchange.operation) if found else _only_member(exchange.request)
        identifier = exchange.request.get(member or "")
        if not isinstance(identifier, str) or past.GHOST not in identifier:
            continue
        operation = contract.operation(exchange.operation)
        declared = [code for code in operation.errors if past.not_found(code)]
        if not declared:
            continue
        if exchange.accepted:
            yield verdict(
                "missing_is_not_found",
                listed,
                [index],
                "accepted",
                direction="request",
                message=f"{operation.name} succeeds for {shown(identifier)}, which was never created",
            )
        elif (
            exchange.error is not None
            and not past.not_found(exchange.error.code)
            and exchange.error.code not in CIRCUMSTANCE
            and keeps(operation, exchange.request)
        ):
            code = exchange.error.code
            message = f"{operation.name} answers {code} for {shown(identifier)}, which was never created"
            message += f"; it declares {' or '.join(declared)}"
            yield verdict("missing_is_not_found", listed, [index], code, message, direction="error")


def _only_member(request: Mapping[str, object]) -> str | None:
    marked = [name for name, value in request.items() if isinstance(value, str) and past.GHOST in value]
    return marked[0] if len(marked) == 1 else None
