"""Hypothesis as the chooser that writes texts from a pattern's tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from validator import smallest
from validator.choosers import nth
from validator.demands import Demand
from validator.patterns import charset
from validator.spans import Spans

Draw = Callable[[st.SearchStrategy[Any]], Any]

_PRINTABLE: charset.Ranges = ((0x20, 0x7E),)
# Longer runs of characters are one drawn run over and over: Hypothesis has only so many bytes for an example.
_RUN = 48
_LONGEST = 4096
_NEAR = 24


@lru_cache(maxsize=4096)
def integers(low: int, high: int) -> st.SearchStrategy[int]:
    """Kept `st.integers`; making one costs more than drawing from it."""
    return st.integers(low, high)


def size(draw: Draw, low: int, high: int) -> int:
    """A size: mostly near the least, now and then the greatest or anywhere between; shrinks to the least."""
    high = min(high, max(low, _LONGEST))
    if high - low <= _NEAR:
        return draw(integers(low, high)) if low < high else low
    # One draw where it stays near: every draw costs, and most sizes are near.
    near: int = draw(integers(low, low + _NEAR))
    if near == low + _NEAR:
        return high
    return draw(integers(low, high)) if near == low + _NEAR - 1 else near


@lru_cache(maxsize=4096)
def _run(ranges: charset.Ranges, length: int) -> st.SearchStrategy[str]:
    plain = charset.intersect(ranges, _PRINTABLE)
    if plain:
        return st.text(
            "".join(chr(code) for low, high in plain for code in range(low, high + 1)), min_size=length, max_size=length
        )
    found = charset.subtract(ranges, charset.SURROGATES)
    letter = integers(0, charset.size(found) - 1).map(lambda index: nth(found, index))
    return st.lists(letter, min_size=length, max_size=length).map("".join)


@lru_cache(maxsize=4096)
def _strangers(ranges: charset.Ranges) -> st.SearchStrategy[str] | None:
    """Characters that are not printable ASCII, beside those that are; None when the ranges do not hold both."""
    rest = charset.subtract(charset.subtract(ranges, charset.SURROGATES), _PRINTABLE)
    if not rest or not charset.intersect(ranges, _PRINTABLE):
        return None
    last = charset.size(rest) - 1
    near = integers(0, min(last, 400))
    return st.one_of(near, integers(0, last)).map(lambda index: nth(rest, index))


class Drawn:
    """The `Chooser` whose choices are Hypothesis's."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def index(self, count: int) -> int:
        """A number below the count; shrinks to 0."""
        return int(self.draw(integers(0, count - 1)))

    def length(self, lengths: Spans) -> int:
        """One of the lengths; shrinks to the least."""
        low, high = lengths[self.index(min(len(lengths), 8)) if len(lengths) > 1 else 0]
        return size(self.draw, low, high)

    def text(self, ranges: charset.Ranges, length: int) -> str:
        """A run of characters, printable ASCII where there is any, with a stranger among them now and then."""
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return chr(ranges[0][0]) * length
        drawn = min(length, _RUN)
        run: str = self.draw(_run(ranges, drawn))
        strangers = _strangers(ranges)
        if strangers is not None and self.draw(_TWELVE) == 11:
            run = run[:-1] + self.draw(strangers)
        return run if length == drawn else (run * (length // drawn + 1))[:length]


_TWELVE = st.integers(0, 11)


def text(draw: Draw, demand: Demand) -> str:
    """A text that keeps a demand's patterns and lengths; NoInstanceError when none was found."""
    source = demand.texts
    if source.lengths:
        chooser = Drawn(draw)
        written = source.write(chooser.length(source.lengths), chooser)
        if written is not None:
            return written
    # With conditions in the pattern some choices give nothing; the plain text keeps the example alive.
    return smallest.text(demand)
