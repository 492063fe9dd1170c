"""valid_accepted: what keeps the contract is not rejected as if it broke it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from validator import messages
from validator.checks import check
from validator.checks.rejections import CIRCUMSTANCE, complains_of_form, keeps
from validator.checks.verdict import verdict
from validator.contract import Contract, Operation
from validator.exchange import ErrorReply, Exchange
from validator.results import Finding, Severity


@check("valid_accepted", "A request that keeps the contract is not rejected for its form.", scope="exchange")
def valid_accepted(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for requests that keep the contract and were answered with a complaint about a constraint.

    Errors about the state of things (not found, in use, too many) are no complaint. A plain list of everything has
    no state to complain about, so for it every error but those about the caller or the rate counts.
    """
    for exchange in exchanges:
        error = exchange.error
        if error is None or exchange.request is None or (exchange.status or 400) >= 500:
            continue
        operation = contract.operation(exchange.operation)
        of_form = complains_of_form(error, error.code in operation.errors)
        of_nothing = error.code not in CIRCUMSTANCE and _asks_for_everything(operation, exchange.request)
        if (of_form or of_nothing) and keeps(operation, exchange.request):
            message = f"{operation.name} rejects a request that keeps the contract: {error.code}: {error.message}"
            finding = verdict("valid_accepted", (exchange,), (0,), _kind(error), message, direction="request")
            yield finding if _is_certain(contract, error) else dataclasses.replace(finding, severity=Severity.WARNING)


def _is_certain(contract: Contract, error: ErrorReply) -> bool:
    """Whether the complaint can only be wrong.

    A model has no conditions ("a type is required when a parameter is created"): where nothing but the model is known
    of a service, a complaint in words of the service's own may be about one, and is a warning.
    """
    return bool(contract.resources) or error.code == "SerializationException" or bool(messages.parse(error.message))


def _kind(error: ErrorReply) -> str:
    """What it complains of, so that complaints about different constraints stay apart."""
    complaints = messages.parse(error.message)
    return " ".join(f"{each.path} {each.keyword}" for each in complaints) or error.code


def _asks_for_everything(operation: Operation, request: object) -> bool:
    pages = operation.pagination
    return (
        pages is not None
        and operation.readonly
        and isinstance(request, Mapping)
        and set(request) <= {pages.get("limitKey")}
    )
