"""A pattern as a tree: what the parser gives, what the renderings, the matcher and the generators read.

The tree describes whole values. Anchors that say nothing more than "the value begins or ends here" are gone from it,
and so are groups nobody refers to, lazy and possessive marks, flags and the spelling of character classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from validator.patterns.charset import EVERY, Ranges, union

BoundaryKind = Literal["^", "$", r"\z", r"\b", r"\B"]


@dataclass(frozen=True, slots=True)
class Chars:
    """One code point out of sorted, disjoint, inclusive ranges; no ranges: nothing matches."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """One item after the other; without items: the empty text."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the options."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The item, `min` to `max` times in a row; `max` None: no upper bound."""

    item: Node
    min: int
    max: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on what follows (`ahead`) or precedes; takes no text itself."""

    item: Node
    ahead: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""A condition on the place: `^` (also `\A`), `$` (also `\Z`: the end, or before a last line terminator),
    `\z` (the end), `\b`, `\B`. Kept only where it is not at the edge of the whole pattern."""

    kind: BoundaryKind


@dataclass(frozen=True, slots=True)
class Group:
    """A group that a backreference names; any other group is left out of the tree."""

    item: Node
    number: int


@dataclass(frozen=True, slots=True)
class Backreference:
    """The text that the group with this number took last."""

    group: int


Node = Chars | Sequence | Choice | Repeat | Look | Boundary | Group | Backreference

EMPTY = Sequence(())
NOTHING = Chars(())


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside a node."""
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Choice):
        return node.options
    if isinstance(node, (Repeat, Look, Group)):
        return (node.item,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything inside it, parents first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def sample_lengths(node: Node) -> tuple[int, int | None]:
    """The least and the greatest length, in code points, of a text the node can take; None: no upper bound.

    Conditions (looks, boundaries) are not weighed, so the real span may be narrower.
    """
    if isinstance(node, Chars):
        return 1, 1
    if isinstance(node, (Look, Boundary)):
        return 0, 0
    if isinstance(node, Backreference):
        return 0, None
    if isinstance(node, Group):
        return sample_lengths(node.item)
    if isinstance(node, Repeat):
        low, high = sample_lengths(node.item)
        if high == 0 or node.max == 0:
            return 0, 0
        return low * node.min, None if high is None or node.max is None else high * node.max
    spans = [sample_lengths(child) for child in children(node)]
    lows, highs = [low for low, _ in spans], [high for _, high in spans if high is not None]
    endless = len(highs) < len(spans)
    if isinstance(node, Sequence):
        return sum(lows), None if endless else sum(highs)
    return min(lows), None if endless else max(highs)


def nullable(node: Node) -> bool:
    """Whether the node can take the empty text."""
    return sample_lengths(node)[0] == 0


def first(node: Node) -> Ranges:
    """A set that holds every code point a non-empty text of the node can begin with."""
    return _outer(node, 1)


def last(node: Node) -> Ranges:
    """A set that holds every code point a non-empty text of the node can end with."""
    return _outer(node, -1)


def _outer(node: Node, step: int) -> Ranges:
    if isinstance(node, Chars):
        return node.ranges
    if isinstance(node, (Repeat, Group)):
        return _outer(node.item, step)
    if isinstance(node, Choice):
        return union(*(_outer(option, step) for option in node.options))
    if isinstance(node, Sequence):
        found: Ranges = ()
        for item in node.items[::step]:
            found = union(found, _outer(item, step))
            if not nullable(item):
                break
        return found
    return EVERY if isinstance(node, Backreference) else ()
