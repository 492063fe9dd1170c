"""Texts that a pattern takes, of a wanted length, written from the pattern's tree; and texts that just miss it.

Nothing here is random: whoever asks brings the chooser. `SIMPLEST` writes the first text of each kind, Hypothesis
brings its own draws. Conditions in a pattern (looks, `\\b`) are not built in but tested, so a text is written again, by
other choices, until the pattern takes it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from validator import patterns, spans
from validator.choosers import SIMPLEST, Chooser, Seeded
from validator.errors import PatternError
from validator.patterns import charset
from validator.patterns.tree import Backreference, Boundary, Chars, Choice, Group, Look, Node, Repeat, Sequence, walk
from validator.spans import ENDLESS, Spans

_ALPHANUMERIC = charset.of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ATTEMPTS = 64
# Put into, in place of, and after the characters of a match to leave a pattern: what a careless check lets through.
_STRANGERS = (
    "\n",
    " ",
    "!",
    "/",
    "a",
    "A",
    "0",
    "-",
    "_",
    ".",
    "$",
    "\u00e9",
    "\u00b2",
    "\t",
    "\u2028",
    "\0",
    "\U0001f600",
    "\uffff",
)


@dataclass(eq=False, slots=True)
class Piece:
    """A node, the lengths it can take, its parts, and for a sequence the lengths of what follows each part.

    `literal` is set where the node takes one text alone.
    """

    node: Node
    lengths: Spans
    parts: tuple[Piece, ...] = ()
    rest: tuple[Spans, ...] = ()
    literal: str | None = None


def measure(node: Node) -> Piece:
    """The tree with the lengths of every part."""
    if isinstance(node, Chars):
        found = charset.subtract(node.ranges, charset.SURROGATES)
        literal = chr(found[0][0]) if len(found) == 1 and found[0][0] == found[0][1] else None
        return Piece(node, ((1, 1),) if found else (), literal=literal)
    if isinstance(node, (Look, Boundary)):
        return Piece(node, spans.ZERO)
    if isinstance(node, Backreference):
        return Piece(node, ((0, ENDLESS),))
    if isinstance(node, Group):
        inner = measure(node.item)
        return Piece(node, inner.lengths, (inner,))
    if isinstance(node, Repeat):
        inner = measure(node.item)
        return Piece(node, spans.times(inner.lengths, node.min, ENDLESS if node.max is None else node.max), (inner,))
    if isinstance(node, Choice):
        parts = tuple(measure(option) for option in node.options)
        return Piece(node, spans.normal(span for part in parts for span in part.lengths), parts)
    parts = tuple(_joined([measure(item) for item in node.items]))
    if len(parts) == 1 and parts[0].literal is not None:
        return parts[0]
    rest, following = [], spans.ZERO
    for part in reversed(parts):
        rest.append(following)
        following = spans.add(part.lengths, following) if part.lengths and following else ()
    return Piece(node, following, parts, tuple(reversed(rest)))


def _joined(parts: list[Piece]) -> Iterator[Piece]:
    """The parts of a sequence, neighbours that take one text alone made one."""
    for alone, group in itertools.groupby(parts, lambda part: part.literal is not None):
        if not alone:
            yield from group
            continue
        held = list(group)
        literal = "".join(part.literal or "" for part in held)
        yield Piece(held[0].node, ((len(literal), len(literal)),), literal=literal)


def write(piece: Piece, length: int, chooser: Chooser, groups: dict[int, str]) -> str:
    """A text of exactly `length` code points, which must be among the piece's lengths; of none if none was found."""
    if piece.literal is not None:
        return piece.literal
    node = piece.node
    if isinstance(node, Chars):
        return chooser.text(node.ranges, 1)
    if isinstance(node, Sequence):
        written = []
        for part, rest in zip(piece.parts, piece.rest, strict=True):
            possible = spans.intersect(part.lengths, spans.difference_to(length, rest))
            taken = possible[0][0] if possible[0][0] == possible[-1][1] else chooser.length(possible)
            written.append(write(part, taken, chooser, groups))
            length -= taken
        return "".join(written)
    if isinstance(node, Choice):
        fitting = [part for part in piece.parts if spans.contains(part.lengths, length)]
        return write(fitting[chooser.index(len(fitting)) if len(fitting) > 1 else 0], length, chooser, groups)
    if isinstance(node, Repeat):
        return _repeat(piece, node, length, chooser, groups)
    if isinstance(node, Group):
        groups[node.number] = text = write(piece.parts[0], length, chooser, groups)
        return text
    if isinstance(node, Backreference):
        return groups.get(node.group, "")
    return ""


def _repeat(piece: Piece, node: Repeat, length: int, chooser: Chooser, groups: dict[int, str]) -> str:
    inner = piece.parts[0]
    if isinstance(node.item, Chars):
        return chooser.text(node.item.ranges, length) if length else ""
    if length == 0 and node.min == 0:
        return ""
    most = ENDLESS if node.max is None else node.max
    # Items all of one span need only arithmetic; items of several are weighed where nothing else fits.
    alone = (((span,), _counts(span, length, max(node.min, 1), most)) for span in inner.lengths)
    ways: list[tuple[Spans, range]] = [way for way in alone if way[1]]
    if not ways:
        several = range(max(node.min, 1), min(most, max(node.min, 1) + 48) + 1)
        ways = [
            (inner.lengths, range(count, count + 1))
            for count in several
            if spans.contains(spans.times(inner.lengths, count, count), length)
        ]
    if not ways:
        return ""
    once, counts = ways[chooser.index(len(ways)) if len(ways) > 1 else 0]
    count = counts[chooser.index(min(len(counts), 48)) if len(counts) > 1 else 0]
    written = []
    for left in range(count - 1, -1, -1):
        possible = spans.intersect(once, spans.difference_to(length, spans.times(once, left, left)))
        taken = possible[0][0] if possible[0][0] == possible[-1][1] else chooser.length(possible)
        written.append(write(inner, taken, chooser, groups))
        length -= taken
    return "".join(written)


def _counts(span: tuple[int, int], length: int, least: int, most: int) -> range:
    """How many items, each as long as the span says, can make up the length."""
    low, high = span
    if high == 0:
        return range(least, least + 1) if length == 0 else range(0)
    return range(max(least, -(-length // high)), min(most, length // low if low else max(length, least)) + 1)


# Demands on one text -------------------------------------------------------------------------------------------------


class Texts:
    """All that is asked of one text: every one of `patterns`, and `low` to `high` code points."""

    def __init__(self, demanded: tuple[str, ...], low: int, high: int) -> None:
        self.patterns, self.low, self.high = demanded, low, high
        readable = [pattern for pattern in demanded if _is_readable(pattern)]
        self._matchers = [patterns.compile(pattern) for pattern in readable]
        trees = [patterns.parse(pattern) for pattern in readable]
        # The text is written from the first tree; the others, and conditions in it, are tests.
        self.piece = measure(trees[0] if trees else Repeat(Chars(charset.EVERY), 0, None))
        self.tested = len(trees) > 1 or any(
            isinstance(node, (Look, Boundary, Backreference)) for tree in trees[:1] for node in walk(tree)
        )
        self.others = [measure(other) for tree in trees[:1] for other in _told_by_looks(tree)]
        self.possible = self.piece.lengths
        for tree in trees[1:]:
            self.possible = spans.intersect(self.possible, measure(tree).lengths)
        for tree in trees:
            for low, most in _length_looks(tree):
                self.possible = spans.clip(self.possible, low, most)
        if len(readable) < len(demanded):
            # What cannot be read refuses nothing, but nothing can be written of which it is sure.
            self.possible = ()

    @cached_property
    def lengths(self) -> Spans:
        """The lengths that both the patterns and the bounds allow."""
        return spans.clip(self.possible, self.low, self.high)

    def matches(self, text: str) -> bool:
        """Whether every pattern takes the text, whatever its length; a pattern that cannot be decided does."""
        try:
            return all(matcher.fullmatch(text) for matcher in self._matchers)
        except patterns.Undecided:
            return True

    def accepts(self, text: str) -> bool:
        """Whether the text keeps the bounds and the patterns."""
        return self.low <= len(text) <= self.high and self.matches(text)

    def write(self, length: int, chooser: Chooser) -> str | None:
        """A text of that length, or None when these choices give none; the bounds are not weighed."""
        if not spans.contains(self.possible, length):
            return None
        text = write(self.piece, length, chooser, {})
        if len(text) == length and (not self.tested or self.matches(text)):
            return text
        for other in self.others:
            if spans.contains(other.lengths, length):
                text = write(other, length, chooser, {})
                if self.matches(text):
                    return text
        return None

    def of_length(self, length: int) -> str | None:
        """The plainest text of that length that every pattern takes, or None when none was found."""
        found = self.write(length, SIMPLEST)
        if found is None and self.tested and spans.contains(self.possible, length):
            for seed in range(_ATTEMPTS):
                if (found := self.write(length, Seeded(seed))) is not None:
                    break
        return found

    @cached_property
    def shortest(self) -> str | None:
        """The plainest text of the least length, or None when none was found."""
        for low, high in self.lengths[:8]:
            for length in range(low, min(high, low + 40) + 1):
                if (found := self.of_length(length)) is not None:
                    return found
        return None

    def longest(self, most: int) -> str | None:
        """The plainest text of the greatest length up to `most`, or None when none was found."""
        for low, high in reversed(spans.clip(self.lengths, 0, most)):
            for length in range(high, max(low, high - 8) - 1, -1):
                if (found := self.of_length(length)) is not None:
                    return found
        return None

    def iter_distinct(self) -> Iterator[str]:
        """Texts that keep everything, each once, plain ones first; as many as were found."""
        seen = set()
        for seed in itertools.count(-1) if self.lengths else ():
            chooser: Chooser = SIMPLEST if seed < 0 else Seeded(seed)
            length = self.lengths[0][0] if seed < 0 else chooser.length(self.lengths)
            text = self.write(length, chooser)
            if text is not None and text not in seen:
                seen.add(text)
                yield text
            elif seed > 4 * len(seen) + 200:
                return

    def near_misses(self, most: int = 8) -> list[str]:
        """Texts of an allowed length that some pattern refuses, one step from a match; empty when none was found.

        Those that can be seen for what they are stand before those with a control character in them, and of these
        those that are no longer than the match.
        """
        found: dict[str, None] = {}
        plainest = len(self.shortest or "")
        for match in self._matches():
            for kind in _mutations(match):
                for text in kind:
                    if text not in found and self.low <= len(text) <= self.high and self._refuses(text):
                        found[text] = None
                        break
                if len(found) >= most:
                    break
            if len(found) >= 3:
                break
        if not found:
            for length in {self.low, min(self.high, max(self.low, 1))}:
                for stranger in _STRANGERS:
                    if self._refuses(stranger * length):
                        return [stranger * length]
        return sorted(found, key=lambda text: (not text.isprintable(), len(text) > plainest))

    def _matches(self) -> Iterator[str]:
        if self.shortest is not None:
            yield self.shortest
            # Long enough that there is something to take away.
            for length in (len(self.shortest) + 2, self.low + 1, self.low + 8):
                if spans.contains(self.lengths, length) and (text := self.of_length(length)) is not None:
                    yield text

    def _refuses(self, text: str) -> bool:
        try:
            return not all(matcher.fullmatch(text) for matcher in self._matchers)
        except patterns.Undecided:
            return False


def _is_readable(pattern: str) -> bool:
    try:
        patterns.parse(pattern)
    except PatternError:
        return False
    return True


def _mutations(match: str) -> Iterator[Iterator[str]]:
    """Kinds of damage, each as the texts to try in turn; the first that leaves the pattern stands for its kind."""
    yield (match + stranger for stranger in _STRANGERS)
    yield iter((match + "\n",))
    yield (stranger + match for stranger in _STRANGERS[1:])
    places = sorted({0, len(match) // 2, len(match) - 1}) if match else []
    for place in places:
        yield (match[:place] + stranger + match[place + 1 :] for stranger in _STRANGERS[1:])
    yield (match[:place] + match[place + 1 :] for place in reversed(places))
    yield iter((match[:-1],) if match else ())
    yield iter((match[1:],) if match else ())
    yield iter((match.swapcase(),))


def _length_looks(tree: Node) -> Iterator[tuple[int, int]]:
    """The bounds of leading looks such as `(?=.{1,64}$)`, which say nothing but how long the text is."""
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    for item in items:
        if not isinstance(item, Look):
            return
        if not item.ahead or item.negative:
            continue
        inner = item.item.items if isinstance(item.item, Sequence) else (item.item,)
        if isinstance(inner[-1], Boundary) and all(isinstance(part, (Repeat, Chars, Boundary)) for part in inner):
            length = measure(Sequence(inner[:-1])).lengths
            if length:
                yield length[0][0], length[-1][1]


def _told_by_looks(tree: Node) -> Iterator[Node]:
    """Trees that write what a look demands, then anything plain, where the look says more than what follows it."""
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    for index, item in enumerate(items):
        if isinstance(item, Look) and item.ahead and not item.negative:
            wanted = item.item.items if isinstance(item.item, Sequence) else (item.item,)
            inner = tuple(part for part in wanted if not isinstance(part, Boundary))
            yield Sequence((*items[:index], *inner, Repeat(Chars(_ALPHANUMERIC), 0, None)))


@lru_cache(maxsize=8192)
def texts(demanded: tuple[str, ...], low: int, high: int) -> Texts:
    """The (kept) texts of these patterns and bounds."""
    return Texts(demanded, low, high)
