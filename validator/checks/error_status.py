"""error_status: an error has the HTTP status that its shape declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check(
    "error_status",
    "An error answers with the status its shape declares: 4xx for the caller's faults, 5xx for the service's.",
    scope="exchange",
    source="https://smithy.io/2.0/spec/http-bindings.html#httperror-trait",
)
def error_status(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for errors with another status than declared, and for errors that call themselves a success."""
    for exchange in exchanges:
        error, status = exchange.error, exchange.status
        if error is None or status is None:
            continue
        shape = contract.operation(exchange.operation).errors.get(error.code)
        if shape is not None and shape.status is not None:
            wrong, wanted = status != shape.status, str(shape.status)
        else:
            # What says nothing else is a fault of the caller, or of the service where it is marked so.
            fault = shape is not None and shape.fault
            wrong, wanted = (
                status < 400 or (shape is not None and status >= 500 and not fault),
                "5xx" if fault else "4xx",
            )
        if wrong and status != 501:
            yield verdict(
                "error_status",
                (exchange,),
                (0,),
                error.code,
                direction="error",
                message=f"{error.code} comes with status {status}; the contract says {wanted}",
            )
