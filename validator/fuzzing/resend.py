"""Recorded calls sent again: what a target gives new names to is followed from answer to request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from validator.contract import Contract
from validator.exchange import Exchange
from validator.fuzzing.trail import SHORTEST, TELLING
from validator.results import Unchecked
from validator.transport.target import Target

# Seconds between two calls that were let pass on purpose.
_LONG = 3600


def resend(
    target: Target, contract: Contract, calls: Sequence[Exchange], *, rename: Callable[[str], str] | None = None
) -> list[Exchange]:
    """Send the requests of recorded exchanges again, in order, and give the new exchanges.

    Wherever an answer differs from the recorded one in a text (an ARN, a page token), that text is replaced in the
    requests that follow. `rename` gives the callers' own names anew, for a target that still holds the old ones. Where
    an hour or more lay between two calls, it passes again, if the target can let it.
    """
    before: float | None = None
    bound: dict[str, str] = {}
    sent: list[Exchange] = []
    if rename is not None:
        for call in calls:
            for name in _chosen(call.request):
                bound.setdefault(name, rename(name))
    for call in calls:
        if before is not None and call.recorded_at is not None and call.recorded_at - before >= _LONG:
            target.advance(call.recorded_at - before)
        before = call.recorded_at
        request = replaced(call.request, bound) if bound else call.request
        answer = target.send(
            contract.operation(call.operation),
            request,
            account=call.account,
            region=call.region,
            phase=call.phase or "replay",
        )
        if isinstance(answer, Unchecked):
            continue
        sent.append(answer)
        if answer.response is not None and call.response is not None:
            for old, new in differences(call.response, answer.response):
                bound[old] = new
    return sent


def replaced(value: Any, bound: Mapping[str, str]) -> Any:
    """The value with every text, and every known name within a text, replaced."""
    if isinstance(value, str):
        if value in bound:
            return bound[value]
        for old, new in bound.items():
            if len(old) >= TELLING and old in value:
                return value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {name: replaced(inner, bound) for name, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, bound) for inner in value]
    return value


def differences(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    """Texts that stand at the same place of both and differ."""
    if isinstance(old, str) and isinstance(new, str):
        if old != new and len(old) >= SHORTEST:
            yield old, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, value in old.items():
            if name in new:
                yield from differences(value, new[name])
    elif isinstance(old, list) and isinstance(new, list):
        for first, second in zip(old, new, strict=False):
            yield from differences(first, second)


def _chosen(request: Any) -> Iterator[str]:
    """The names a caller chose in a request: members that are called so."""
    if isinstance(request, Mapping):
        for member, value in request.items():
            if member.lower().endswith("name") and isinstance(value, str) and value and not value.startswith("arn:"):
                yield value
