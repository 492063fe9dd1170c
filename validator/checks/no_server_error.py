"""no_server_error: whatever is sent, the service itself does not break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator.checks import check
from validator.checks.rejections import CIRCUMSTANCE
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding

_BROKEN = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "InternalServerException", "ServerException"}
)


@check(
    "no_server_error",
    "No request makes the service fail: no status of 500 or above, and no answer missing.",
    scope="exchange",
)
def no_server_error(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each answer that blames the server, or never came; throttling is not a failure, nor is 501."""
    for exchange in exchanges:
        if exchange.unread is not None and exchange.status is None:
            kind = "late" if exchange.late else exchange.unread
            message = f"{exchange.operation}: {exchange.unread}"
            yield verdict("no_server_error", (exchange,), (0,), kind, message, direction="error")
            continue
        status, error = exchange.status or 0, exchange.error
        failed = status >= 500 or (error is not None and error.code in _BROKEN)
        if failed and status != 501 and not (error is not None and error.code in CIRCUMSTANCE):
            said = f"{error.code}: {error.message}" if error is not None else exchange.unread or "no error body"
            yield verdict(
                "no_server_error",
                (exchange,),
                (0,),
                error.code if error is not None else str(status),
                f"{exchange.operation} answers with status {status}: {said}"[:300],
                direction="error",
            )
