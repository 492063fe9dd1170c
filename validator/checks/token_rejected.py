"""token_rejected: a token opens only the door it was made for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract, Operation
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding


@check(
    "token_rejected",
    "A token that was never given, or was given for another list, filter or account, or has expired, is rejected.",
)
def token_rejected(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for accepted tokens that this sequence shows to be forged, foreign or expired.

    Only sequences that this tool sent itself are judged, since others may begin in the middle of a walk, and only
    operations that declare an error about tokens. Foreign and expired tokens are judged where the contract declares
    the resource: elsewhere nothing documents what they are bound to.
    """
    listed = exchanges if isinstance(exchanges, list) else list(exchanges)
    given: dict[str, list[tuple[str, past.Scope, str, int]]] = {}
    for index, exchange in enumerate(listed):
        if exchange.phase is None or not exchange.accepted:
            continue
        operation = contract.operation(exchange.operation)
        pages = operation.pagination
        if pages is None or not isinstance(exchange.request, Mapping):
            continue
        token = exchange.request.get(pages["inputToken"][0])
        key = json.dumps(
            {
                name: value
                for name, value in exchange.request.items()
                if name not in (pages["inputToken"][0], pages.get("limitKey"))
            },
            sort_keys=True,
        )
        scope = past.scope_of(exchange)
        wrong = None
        if isinstance(token, str) and token and _rejects_tokens(operation):
            wrong = _wrong(contract, operation, token, scope, key, exchange, given, listed)
        if wrong is not None:
            why, origin = wrong
            message = f"{operation.name} accepts a token that is {why}: {shown(token, 40)}"
            kind = why.partition(" ")[0]
            yield verdict("token_rejected", listed, [*origin, index], kind, message, direction="request")
        if isinstance(exchange.response, Mapping):
            following = exchange.response.get(pages["outputToken"][0])
            if isinstance(following, str) and following:
                given.setdefault(following, []).append((exchange.operation, scope, key, index))


def _rejects_tokens(operation: Operation) -> bool:
    return any("token" in code.lower() for code in operation.errors)


def _wrong(
    contract: Contract,
    operation: Operation,
    token: str,
    scope: past.Scope,
    key: str,
    exchange: Exchange,
    given: Mapping[str, list[tuple[str, past.Scope, str, int]]],
    listed: list[Exchange],
) -> tuple[str, list[int]] | None:
    origins = given.get(token)
    if origins is None:
        return "forged (never given by anyone)", []
    found = family_of(contract, operation.name)
    if found is None or not found[0].declared:
        return None
    first = [origins[0][3]]
    here = [origin for origin in origins if origin[0] == operation.name]
    if not here:
        return f"foreign (given by {origins[0][0]})", first
    here = [origin for origin in here if origin[1] == scope]
    if not here:
        return "foreign (given to another account or region)", first
    here = [origin for origin in here if origin[2] == key]
    if not here:
        return "foreign (given for another filter)", first
    expires, now, then = found[0].token_seconds, exchange.recorded_at, listed[here[-1][3]].recorded_at
    if expires and now is not None and then is not None and now - then > expires:
        return f"expired ({(now - then) / 3600:.1f} hours old; it lasts {expires / 3600:g})", [here[-1][3]]
    return None
