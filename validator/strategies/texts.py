"""Hypothesis as the chooser that writes texts from a pattern's tree."""
from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from validator.demands import Demand
from validator.patterns import charset
from validator.smallest import NoInstanceError, why_none
from validator.spans import Spans
from validator.texts import Texts, nth

Draw = Callable[[st.SearchStrategy[Any]], Any]

_PRINTABLE: charset.Ranges = ((0x20, 0x7E),)
# Longer runs of characters are one drawn run over and over: Hypothesis has only so many bytes for an example.
_RUN = 48
_LONGEST = 4096


@lru_cache(maxsize=4096)
def integers(low: int, high: int) -> st.SearchStrategy[int]:
    """Kept `st.integers`; making one costs more than drawing from it."""
    return st.integers(low, high)


@lru_cache(maxsize=4096)
def spread(low: int, high: int) -> st.SearchStrategy[int]:
    """A size: mostly near the least, sometimes anywhere, now and then at the bound itself."""
    high = min(high, max(low, _LONGEST))
    if high - low <= 20:
        return integers(low, high)
    near = integers(low, low + 20)
    return st.one_of(near, near, near, st.sampled_from((low, high)), integers(low, high))


@lru_cache(maxsize=4096)
def _run(ranges: charset.Ranges, length: int) -> st.SearchStrategy[str]:
    plain = charset.intersect(ranges, _PRINTABLE)
    if plain:
        return st.text("".join(chr(code) for low, high in plain for code in range(low, high + 1)),
                       min_size=length, max_size=length)
    found = charset.subtract(ranges, charset.SURROGATES)
    letter = integers(0, charset.size(found) - 1).map(lambda index: nth(found, index))
    return st.lists(letter, min_size=length, max_size=length).map("".join)


@lru_cache(maxsize=4096)
def _strange(ranges: charset.Ranges) -> st.SearchStrategy[str | None] | None:
    """Seldom a character that is not printable ASCII, mostly None; None outright when the ranges have no such."""
    rest = charset.subtract(charset.subtract(ranges, charset.SURROGATES), _PRINTABLE)
    if not rest or not charset.intersect(ranges, _PRINTABLE):
        return None
    last = charset.size(rest) - 1
    near = min(last, 400)
    nothing = st.just(None)
    return st.one_of(nothing, nothing, nothing, nothing, integers(0, near).map(lambda index: nth(rest, index)),
                     integers(0, last).map(lambda index: nth(rest, index)))


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
        return int(self.draw(spread(low, high))) if high > low else low

    def text(self, ranges: charset.Ranges, length: int) -> str:
        """A run of characters, printable ASCII where there is any, with a stranger among them now and then."""
        if length == 0:
            return ""
        size = min(length, _RUN)
        run: str = self.draw(_run(ranges, size)) if charset.size(ranges) > 1 else chr(ranges[0][0]) * size
        strange = _strange(ranges)
        if strange is not None and (stranger := self.draw(strange)) is not None:
            run = run[:-1] + stranger
        return run if length == size else (run * (length // size + 1))[:length]


def text(draw: Draw, demand: Demand) -> str:
    """A text that keeps a demand's patterns and lengths; NoInstanceError when none was found."""
    source = demand.texts
    if not source.lengths:
        raise NoInstanceError(f"no text of {demand.shape}: {why_none(demand)}")
    chooser = Drawn(draw)
    written = source.write(chooser.length(source.lengths), chooser)
    # With conditions in the pattern some choices give nothing; the plain text keeps the example alive.
    return written if written is not None else plain(source, demand)


def plain(source: Texts, demand: Demand) -> str:
    """The shortest text of a demand; NoInstanceError when none was found."""
    if source.shortest is None:
        raise NoInstanceError(f"no text of {demand.shape}: {why_none(demand)}")
    return source.shortest
