"""closure: what one operation returns, the operations that take it accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from validator import history as past
from validator.checks import check
from validator.checks.rejections import CIRCUMSTANCE
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import family_of
from validator.results import Finding
from validator.validate import is_valid


@check("closure", "What one operation returns, the operations that take it accept: identifiers and page tokens.")
def closure(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for live identifiers that describe rejects, and for fresh tokens that their own list rejects."""
    read = past.read(contract, exchanges)
    yield from _identifiers(read)
    yield from _tokens(read)


def _identifiers(read: past.History) -> Iterator[Finding]:
    # Deleted, if only from another account: whose fault that is, is another check's business.
    deleted = {(life.family.name, life.identifier) for life in read.lives.values() if life.deleted is not None}
    for index, exchange in enumerate(read.exchanges):
        found = family_of(read.contract, exchange.operation)
        error = exchange.error
        if (
            found is None
            or found[1] != "describe"
            or error is None
            or error.code in CIRCUMSTANCE
            or (exchange.status or 0) >= 500
        ):
            continue
        family = found[0]
        member = family.takes.get(exchange.operation, "")
        identifier = exchange.request.get(member) if isinstance(exchange.request, Mapping) else None
        life = (
            read.lives.get((past.scope_of(exchange), family.name, identifier)) if isinstance(identifier, str) else None
        )
        if (
            life is None
            or not life.alive_at(index)
            or life.changed
            or life.refused
            or (family.name, identifier) in deleted
            or _breaks(read.contract, exchange, {member: identifier})
        ):
            continue
        origin = [life.born] if life.born is not None else [next(sight.index for sight in life.sights)]
        yield verdict(
            "closure",
            read.exchanges,
            [*origin, index],
            "identifier",
            direction="request",
            message=f"{exchange.operation} answers {error.code} for {shown(identifier)}, which "
            f"{read.exchanges[origin[0]].operation} gave and nobody deleted",
        )


def _breaks(contract: Contract, exchange: Exchange, plain: Mapping[str, object]) -> bool:
    """Whether the request as a whole is at fault, rather than the identifier in it."""
    operation = contract.operation(exchange.operation)
    return not is_valid(operation, exchange.request) and is_valid(operation, plain)


def _tokens(read: past.History) -> Iterator[Finding]:
    given: dict[tuple[str, past.Scope, str], tuple[int, str]] = {}
    for walk in read.walks:
        for page in walk.pages:
            if page.next is not None:
                given[walk.operation, walk.scope, page.next] = (page.index, walk.key)
    if not given:
        return
    for index, exchange in enumerate(read.exchanges):
        error, pages = exchange.error, read.contract.operation(exchange.operation).pagination
        if error is None or pages is None or not isinstance(exchange.request, Mapping) or (exchange.status or 0) >= 500:
            continue
        token = exchange.request.get(pages["inputToken"][0])
        origin = given.get((exchange.operation, past.scope_of(exchange), token)) if isinstance(token, str) else None
        if origin is None or origin[0] > index or error.code in CIRCUMSTANCE:
            continue
        first = read.exchanges[origin[0]].request
        if {**exchange.request, pages["inputToken"][0]: None} != {**first, pages["inputToken"][0]: None} or _old(
            read, origin[0], index
        ):
            continue
        yield verdict(
            "closure",
            read.exchanges,
            [origin[0], index],
            "token",
            direction="request",
            message=f"{exchange.operation} answers {error.code} for the token it gave: {shown(token, 40)}",
        )


def _old(read: past.History, given: int, sent: int) -> bool:
    """Whether enough time lies between for a token to have expired."""
    then, now = read.exchanges[given].recorded_at, read.exchanges[sent].recorded_at
    return then is not None and now is not None and now - then > 3600
