"""Who decides where a text can be written in more than one way: always the simplest, or by a seed."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Protocol

from validator.patterns import charset
from validator.spans import Spans

_PREFERRED = "a0A-_/.:"
_PRINTABLE: charset.Ranges = ((0x20, 0x7E),)
_ALPHANUMERIC = charset.of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Chooser(Protocol):
    """Whoever decides where a pattern leaves a choice."""

    def index(self, count: int) -> int:
        """A number from 0 to `count - 1`; 0 is the plainest."""

    def length(self, lengths: Spans) -> int:
        """One of the lengths, the least being the plainest."""

    def text(self, ranges: charset.Ranges, length: int) -> str:
        """A text of that many code points out of the ranges, none of them a surrogate."""


class Simplest:
    """Always the first option, the least length, the plainest character."""

    def index(self, count: int) -> int:
        """0."""
        return 0

    def length(self, lengths: Spans) -> int:
        """The least."""
        return lengths[0][0]

    def text(self, ranges: charset.Ranges, length: int) -> str:
        """The plainest character, over and over."""
        return plainest(ranges) * length


class Seeded:
    """Choices from a seeded generator, mostly plain ones; equal seeds give equal texts."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def index(self, count: int) -> int:
        """Any."""
        return self._random.randrange(count)

    def length(self, lengths: Spans) -> int:
        """Any, seldom one far above the least."""
        low, high = lengths[self._random.randrange(len(lengths))]
        return self._random.randint(low, min(high, low + 24))

    def text(self, ranges: charset.Ranges, length: int) -> str:
        """Letters and digits where there are any, else any printable, else any character."""
        for narrow in (_ALPHANUMERIC, _PRINTABLE):
            if len(found := charset.intersect(ranges, narrow)) and self._random.random() < 0.8:
                return "".join(nth(found, self._random.randrange(charset.size(found))) for _ in range(length))
        found = charset.subtract(ranges, charset.SURROGATES)
        return "".join(nth(found, self._random.randrange(charset.size(found))) for _ in range(length))


SIMPLEST = Simplest()


@lru_cache(maxsize=4096)
def plainest(ranges: charset.Ranges) -> str:
    """The character a person would take first out of the ranges."""
    for char in _PREFERRED:
        if charset.contains(ranges, ord(char)):
            return char
    for narrow in (_ALPHANUMERIC, _PRINTABLE):
        if found := charset.intersect(ranges, narrow):
            return chr(found[0][0])
    return nth(charset.subtract(ranges, charset.SURROGATES), 0)


def nth(ranges: charset.Ranges, index: int) -> str:
    """The character at a place of the ranges, counted from 0."""
    for low, high in ranges:
        if index <= high - low:
            return chr(low + index)
        index -= high - low + 1
    raise IndexError(index)


# Trees with their lengths ------------------------------------------------------------------------------------------
