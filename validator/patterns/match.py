"""Decide whether a text as a whole matches a pattern, always within a bound."""

from __future__ import annotations

import re
from functools import lru_cache

from validator.errors import AwsContractError, PatternError
from validator.patterns import backtrack, bits
from validator.patterns.cost import steps
from validator.patterns.parse import parse
from validator.patterns.render import to_python
from validator.patterns.tree import Boundary, Chars, Node, walk

# Characters a backtracking engine may look at, all tries together: below, `re` answers in about a millisecond.
_CHEAP = 100_000
# A pattern without any choice to go back to is left to `re` up to this length.
_LONGEST = 4_000_000
# `re` takes longer to compile a pattern than the bits take to match one text: it is worth it from this use on.
_WORTH_COMPILING = 4


class Undecided(AwsContractError):  # noqa: N818 (it reads as what it says)
    """No answer within the bound; `pattern` says for which pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        super().__init__(pattern)

    def __str__(self) -> str:
        shown = self.pattern if len(self.pattern) <= 80 else self.pattern[:77] + "..."
        return f"whether the text matches {shown!r} cannot be decided within bounds"


class Matcher:
    """One pattern, ready to match whole texts."""

    __slots__ = ("_bits", "_re", "_steps", "_uses", "pattern", "tree")

    def __init__(self, pattern: str) -> None:
        self.pattern, self.tree = pattern, parse(pattern)
        self._bits = bits.supported(self.tree)
        self._re: re.Pattern[str] | None = None
        self._uses = 1 if _fits_python(self.tree) else 0
        self._steps: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"Matcher({self.pattern!r})"

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches; raises `Undecided` when the bound does not suffice to tell."""
        if self._uses:
            self._uses += 1
            if self._uses > _WORTH_COMPILING and self._is_cheap(len(text)):
                compiled = self._compiled()
                if compiled is not None:
                    return compiled.fullmatch(text) is not None
        try:
            return bits.matches(self.tree, text) if self._bits else backtrack.matches(self.tree, text)
        except bits.OutOfBudgetError:
            raise Undecided(self.pattern) from None

    def _compiled(self) -> re.Pattern[str] | None:
        """The pattern for `re`; None, from then on, where `re` has no way to say it."""
        if self._re is None and self._uses:
            try:
                self._re = re.compile(to_python(self.tree))
            except (PatternError, re.error, OverflowError, RecursionError):
                self._uses = 0
        return self._re

    def _is_cheap(self, size: int) -> bool:
        """Whether `re` is sure to be quick on a text of this length; lengths are taken in powers of two."""
        scale = size.bit_length()
        known = self._steps.get(scale)
        if known is None:
            known = self._steps[scale] = steps(self.tree, 1 << scale)
        return known <= _CHEAP or (known <= 8 << scale and size <= _LONGEST)


def _fits_python(node: Node) -> bool:
    r"""Whether `re` reads the tree as Java does and compiles it soon: no `\b`, no class as big as `\p{L}`."""
    parts = list(walk(node))
    if any(isinstance(part, Boundary) and part.kind in (r"\b", r"\B") for part in parts):
        return False
    return all(len(part.ranges) <= 24 for part in parts if isinstance(part, Chars))


@lru_cache(maxsize=8192)
def compile(pattern: str) -> Matcher:
    """The matcher of a pattern; raises `PatternError` for what cannot be read."""
    return Matcher(pattern)
