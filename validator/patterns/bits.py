"""Match a tree against a text without going back: sets of places are the bits of one integer.

Bit p of a mask is the place before character p. A class shifts the mask, a choice unites masks, a star of a class is
one addition (its carry runs to the end of the run), a look is a mask of its own, found by going the other way. Every
step costs one pass over the text, sixty-four places at a time. Only the repetition of something longer than a class
steps as often as it can repeat; a budget bounds it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right

from validator.patterns.charset import Ranges, contains, union
from validator.patterns.tree import (
    Backreference,
    Boundary,
    Chars,
    Choice,
    Look,
    Node,
    Repeat,
    Sequence,
    walk,
)

# Steps over a short text (about 100 ns each) a single match may take; longer texts count more for each step.
BUDGET = 2_000_000
_PLACES_PER_STEP = 4000
_SHORT = 1000


class OutOfBudgetError(Exception):
    """The text needs more steps than the budget has."""


def matches(node: Node, text: str, budget: int = BUDGET) -> bool:
    """Whether the node takes the whole text; raises `OutOfBudgetError`. The tree has no backreferences."""
    places = _Places(node, text, budget)
    return bool(places.ends(node, 1) >> len(text) & 1)


class _Places:
    def __init__(self, node: Node, text: str, budget: int) -> None:
        self.text, self.size, self.budget = text, len(text), budget
        self.price = 1 + self.size // _PLACES_PER_STEP
        self.all = (1 << self.size + 1) - 1
        self.looks: dict[Look, int] = {}
        self.borders: dict[str, int] = {}
        self.masks: dict[Ranges, int] = {}
        self.distinct = sorted(set(text))
        self.codes = list(map(ord, self.distinct))
        self.places_of: dict[str, int] | None = None
        if self.size <= _SHORT:
            self.places_of = dict.fromkeys(self.distinct, 0)
            place = 1
            for char in text:
                self.places_of[char] |= place
                place <<= 1

    def spend(self, steps: int = 1) -> None:
        self.budget -= steps * self.price
        if self.budget < 0:
            raise OutOfBudgetError

    # --- masks -------------------------------------------------------------------------------------------------

    def mask(self, ranges: Ranges) -> int:
        """The places whose next character is in the class."""
        found = self.masks.get(ranges)
        if found is None:
            inside = self.inside(ranges)
            if len(inside) == len(self.distinct):
                found = self.all >> 1
            elif not inside:
                found = 0
            elif self.places_of is not None:
                found = 0
                for char in inside:
                    found |= self.places_of[char]
            else:
                self.spend()
                table = dict.fromkeys(self.codes, "0")
                table.update(dict.fromkeys(map(ord, inside), "1"))
                found = int(self.text.translate(table)[::-1], 2)
            self.masks[ranges] = found
        return found

    def inside(self, ranges: Ranges) -> list[str]:
        """The characters of the text that are in the class."""
        if len(ranges) > len(self.codes):
            return [char for char, code in zip(self.distinct, self.codes, strict=True) if contains(ranges, code)]
        found: list[str] = []
        for low, high in ranges:
            found += self.distinct[bisect_left(self.codes, low) : bisect_right(self.codes, high)]
        return found

    def run(self, mask: int, length: int) -> int:
        """The places from which `length` characters in a row are in the class."""
        covered = 1
        while covered < length and mask:
            step = min(covered, length - covered)
            mask &= mask >> step
            covered += step
            self.spend()
        return mask

    def border(self, kind: str) -> int:
        found = self.borders.get(kind)
        if found is None:
            self.spend(self.size if kind in (r"\b", r"\B") else 1)
            found = self.borders[kind] = borders(kind, self.text)
        return found

    def look(self, node: Look, places: int) -> int:
        """Those of the places where the condition holds."""
        if node.ahead and places & (places - 1) == 0:
            holds = places if self.ends(node.item, places) else 0
            return places & ~holds if node.negative else holds
        found = self.looks.get(node)
        if found is None:
            found = self.starts(node.item, self.all) if node.ahead else self.ends(node.item, self.all)
            found = self.looks[node] = self.all & ~found if node.negative else found
        return places & found

    # --- forwards ----------------------------------------------------------------------------------------------

    def ends(self, node: Node, places: int) -> int:
        """Where the node can end when it begins at any of the places."""
        self.spend()
        if not places:
            return 0
        if isinstance(node, Chars):
            return (places & self.mask(node.ranges)) << 1
        if isinstance(node, Sequence):
            for item in node.items:
                places = self.ends(item, places)
                if not places:
                    return 0
            return places
        if isinstance(node, Choice):
            found = 0
            for option in node.options:
                found |= self.ends(option, places)
            return found
        if isinstance(node, Repeat):
            if isinstance(node.item, Chars):
                return self.run_ends(self.mask(node.item.ranges), places, node.min, node.max)
            return self.repeated(node, places, forwards=True)
        return self.placed(node, places)

    def run_ends(self, mask: int, places: int, low: int, high: int | None) -> int:
        if low:
            if low > self.size:
                return 0
            places = (places & self.run(mask, low)) << low
        if high is None:
            return ((places & mask) + mask ^ mask) | places
        left, covered, reach = min(high - low, self.size), 0, mask
        while left and places:
            step = min(covered + 1, left)
            if step < covered + 1:
                reach = self.run(mask, step)
            places |= (places & reach) << step
            covered, left = covered + step, left - step
            reach &= reach >> step
            self.spend()
        return places

    # --- backwards ---------------------------------------------------------------------------------------------

    def starts(self, node: Node, places: int) -> int:
        """Where the node can begin when it ends at any of the places."""
        self.spend()
        if not places:
            return 0
        if isinstance(node, Chars):
            return places >> 1 & self.mask(node.ranges)
        if isinstance(node, Sequence):
            for item in reversed(node.items):
                places = self.starts(item, places)
                if not places:
                    return 0
            return places
        if isinstance(node, Choice):
            found = 0
            for option in node.options:
                found |= self.starts(option, places)
            return found
        if isinstance(node, Repeat):
            if isinstance(node.item, Chars):
                return self.run_starts(self.mask(node.item.ranges), places, node.min, node.max)
            return self.repeated(node, places, forwards=False)
        return self.placed(node, places)

    def run_starts(self, mask: int, places: int, low: int, high: int | None) -> int:
        if low:
            if low > self.size:
                return 0
            places = places >> low & self.run(mask, low)
        left, covered, reach = self.size if high is None else min(high - low, self.size), 0, mask
        while left and places:
            step = min(covered + 1, left)
            if step < covered + 1:
                reach = self.run(mask, step)
            places |= places >> step & reach
            covered, left = covered + step, left - step
            reach &= reach >> step
            self.spend()
        return places

    # --- both ways ---------------------------------------------------------------------------------------------

    def placed(self, node: Node, places: int) -> int:
        if isinstance(node, Look):
            return self.look(node, places)
        assert isinstance(node, Boundary), "a backreference is decided elsewhere, and groups are kept for it alone"
        return places & self.border(node.kind)

    def repeated(self, node: Repeat, places: int, *, forwards: bool) -> int:
        step = self.ends if forwards else self.starts
        for _ in range(node.min):
            before, places = places, step(node.item, places)
            if not places or places == before:
                break
        if not places:
            return 0
        if node.max is None and isinstance(node.item, Choice):
            return self.closure(node.item, places, forwards=forwards)
        left = self.size if node.max is None else node.max - node.min
        found = fresh = places
        while fresh and left > 0:
            fresh = step(node.item, fresh) & ~found
            found |= fresh
            left -= 1
        return found

    def closure(self, node: Choice, places: int, *, forwards: bool) -> int:
        """Any number of the options in a row; those that are classes are passed a whole run at a time."""
        step, along = (self.ends, self.run_ends) if forwards else (self.starts, self.run_starts)
        classes = [option.ranges for option in node.options if isinstance(option, Chars)]
        others = Choice(tuple(option for option in node.options if not isinstance(option, Chars)))
        mask = self.mask(union(*classes))
        found = fresh = along(mask, places, 0, None)
        while fresh:
            fresh = along(mask, step(others, fresh), 0, None) & ~found
            found |= fresh
        return found


def borders(kind: str, text: str) -> int:
    """The places of a text where a boundary of that kind holds, as bits."""
    if kind == "^":
        return 1
    if kind == r"\z":
        return 1 << len(text)
    if kind == "$":
        return sum(1 << place for place in _ends_of_value(text))
    words = _word_borders(text)
    return words if kind == r"\b" else ((1 << len(text) + 1) - 1) & ~words


def _ends_of_value(text: str) -> list[int]:
    """Where Java's `$` holds: at the end, and before a line terminator that ends the text."""
    size = len(text)
    if text.endswith("\r\n"):
        return [size, size - 2]
    return [size, size - 1] if text.endswith(("\n", "\r", "\x85", "\u2028", "\u2029")) else [size]


def _word_borders(text: str) -> int:
    r"""Where Java 17's `\b` holds: a word is letters, decimal digits, `_` and the marks on a letter or digit."""
    found, place, inside, base = 0, 1, False, False
    for char in text:
        if char.isascii():
            base = char.isalnum()
            word = base or char == "_"
        else:
            category = unicodedata.category(char)
            if category != "Mn":
                base = category[0] == "L" or category == "Nd"
            word = base
        if word != inside:
            found |= place
        inside = word
        place <<= 1
    return found | place if inside else found


def supported(node: Node) -> bool:
    """Whether `matches` can decide the tree: it has no backreference."""
    return not any(isinstance(part, Backreference) for part in walk(node))
