"""A sequence of calls with an index: which of them gave a text, which named one, which of them a finding shows."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from validator.exchange import Exchange

# Shorter texts are words of the contract (ACTIVE, USD) rather than names that an answer gave.
SHORTEST = 8
# A name that may be part of a longer text, or that a call is about.
TELLING = 2 * SHORTEST


class Trail:
    """The calls of a chapter as every finding in it needs them: read once, then looked up.

    A chapter has thousands of calls and may have hundreds of findings, so that reading it anew for each would take
    longer than the run itself.
    """

    def __init__(self, calls: Sequence[Exchange]) -> None:
        self.calls = calls

    def place(self, call: Mapping[str, Any]) -> int | None:
        """Which of the calls one of a finding's calls is."""
        return self._places.get(
            (
                call["operation"],
                id(call.get("request")),
                id(call.get("response")),
                call.get("account"),
                call.get("error", {}).get("message"),
            )
        )

    def needed(self, wanted: Iterable[int], *, shown: bool = False) -> list[int]:
        """The calls that others depend on, with these: those whose answers gave a text that a wanted request uses.

        With `shown` also those whose answers gave a text that a wanted answer shows.
        """
        first = set(wanted)
        todo, keep = sorted(first), set(first)
        while todo:
            last = todo.pop()
            texts = set(texts_of(self.calls[last].request))
            if shown and last in first:
                texts |= set(texts_of(self.calls[last].response))
            for text in texts:
                given = self._giver(text) if len(text) >= SHORTEST else None
                if given is not None and given < last and given not in keep:
                    keep.add(given)
                    todo.append(given)
        return sorted(keep)

    def about(self, wanted: Iterable[int], last: int) -> list[int]:
        """Some calls, and those before `last` that name anything which these gave: looks that let time pass, mostly."""
        keep = set(wanted)
        names = {text for index in keep for text in texts_of(self.calls[index].response) if len(text) >= TELLING}
        keep.update(index for name in names for index in self._users.get(name, ()) if index < last)
        return sorted(keep)

    def _giver(self, text: str) -> int | None:
        """The first call whose answer gave a text, or else a long part of it: a token that was changed on purpose."""
        if text not in self._known:
            parts = (index for known, index in self._long if known in text)
            self._known[text] = self._givers[text] if text in self._givers else next(parts, None)
        return self._known[text]

    @functools.cached_property
    def _known(self) -> dict[str, int | None]:
        return {}

    @functools.cached_property
    def _places(self) -> dict[tuple[Any, ...], int]:
        found: dict[tuple[Any, ...], int] = {}
        for index, each in enumerate(self.calls):
            message = each.error.message if each.error else None
            found.setdefault((each.operation, id(each.request), id(each.response), each.account, message), index)
        return found

    @functools.cached_property
    def _givers(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for index, call in enumerate(self.calls):
            if call.accepted:
                for text in texts_of(call.response):
                    if len(text) >= SHORTEST:
                        found.setdefault(text, index)
        return found

    @functools.cached_property
    def _long(self) -> list[tuple[str, int]]:
        return [(text, index) for text, index in self._givers.items() if len(text) >= TELLING]

    @functools.cached_property
    def _users(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, call in enumerate(self.calls):
            for text in texts_of(call.request):
                if len(text) >= TELLING:
                    found.setdefault(text, []).append(index)
        return found


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
