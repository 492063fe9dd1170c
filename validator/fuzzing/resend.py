"""Recorded calls sent again: what a target gives new names to is followed from answer to request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Unchecked
from validator.transport.target import Target

# Shorter texts are words of the contract (ACTIVE, USD) rather than names that an answer gave.
_SHORTEST = 8


def resend(
    target: Target, contract: Contract, calls: Sequence[Exchange], *, rename: Callable[[str], str] | None = None
) -> list[Exchange]:
    """Send the requests of recorded exchanges again, in order, and give the new exchanges.

    Wherever an answer differs from the recorded one in a text (an ARN, a page token), that text is replaced in the
    requests that follow. `rename` gives the callers' own names anew, for a target that still holds the old ones.
    """
    bound: dict[str, str] = {}
    sent: list[Exchange] = []
    if rename is not None:
        for call in calls:
            for name in _chosen(call.request):
                bound.setdefault(name, rename(name))
    for call in calls:
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
            if len(old) >= 2 * _SHORTEST and old in value:
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
        if old != new and len(old) >= _SHORTEST:
            yield old, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, value in old.items():
            if name in new:
                yield from differences(value, new[name])
    elif isinstance(old, list) and isinstance(new, list):
        for first, second in zip(old, new, strict=False):
            yield from differences(first, second)


def needed(calls: Sequence[Exchange], wanted: Iterable[int], *, shown: bool = False) -> list[int]:
    """The calls that others depend on, with these: those whose answers gave a text that a wanted request uses.

    With `shown` also those whose answers gave a text that a wanted answer shows.
    """
    first = set(wanted)
    todo, keep = sorted(first), set(first)
    origins = _origins(calls)
    while todo:
        last = todo.pop()
        texts = set(texts_of(calls[last].request))
        if shown and last in first:
            texts |= set(texts_of(calls[last].response))
        for text in texts:
            if len(text) < _SHORTEST:
                continue
            given = origins.get(text)
            if given is None:
                # Part of a text may have been given: a token that was changed on purpose.
                given = next(
                    (index for known, index in origins.items() if len(known) >= 2 * _SHORTEST and known in text), None
                )
            if given is not None and given < last and given not in keep:
                keep.add(given)
                todo.append(given)
    return sorted(keep)


def about(calls: Sequence[Exchange], wanted: Iterable[int], last: int) -> list[int]:
    """Some calls, and those up to `last` that name anything which these gave: looks that let time pass, mostly."""
    keep = set(wanted)
    names = {text for index in keep for text in texts_of(calls[index].response) if len(text) >= 2 * _SHORTEST}
    keep.update(index for index in range(last) if names.intersection(texts_of(calls[index].request)))
    return sorted(keep)


def _origins(calls: Sequence[Exchange]) -> dict[str, int]:
    """Every text that an answer gave, and the first call whose answer did; creates come before other answers."""
    origins: dict[str, int] = {}
    for index, call in enumerate(calls):
        if call.accepted:
            for text in texts_of(call.response):
                if len(text) >= _SHORTEST:
                    origins.setdefault(text, index)
    return origins


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def _chosen(request: Any) -> Iterator[str]:
    """The names a caller chose in a request: members that are called so."""
    if isinstance(request, Mapping):
        for member, value in request.items():
            if member.lower().endswith("name") and isinstance(value, str) and value and not value.startswith("arn:"):
                yield value
