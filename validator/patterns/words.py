"""Settle `\b` and `\\B` where the classes on both sides already say whether a word begins or ends there."""

from __future__ import annotations

from validator.patterns.charset import Ranges, subset, subtract
from validator.patterns.tree import (
    EMPTY,
    NOTHING,
    Boundary,
    Choice,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    first,
    last,
    nullable,
    sample_lengths,
)
from validator.patterns.unicode import POSIX, WORD

_SIGNS = subtract(POSIX["ASCII"], WORD)


def settled(node: Node, left: bool | None = False, right: bool | None = False) -> Node:
    """The tree with every boundary that is sure to hold, or sure to fail, replaced.

    `left` and `right` say whether the characters beside the node belong to a word; None: it depends. Outside the
    value there is no word. Only ASCII is judged: beyond it Java's notion of a word hangs on more than one character.
    """
    if isinstance(node, Boundary):
        if node.kind not in (r"\b", r"\B") or left is None or right is None:
            return node
        return EMPTY if (left != right) == (node.kind == r"\b") else NOTHING
    if isinstance(node, Choice):
        return Choice(tuple(settled(option, left, right) for option in node.options))
    if isinstance(node, Group):
        return Group(settled(node.item, left, right), node.number)
    if isinstance(node, Look):
        sides = (left, None) if node.ahead else (None, right)
        return Look(settled(node.item, *sides), node.ahead, node.negative)
    if isinstance(node, Repeat):
        if node.max != 1:
            left, right = _either(last(node.item), left), _either(first(node.item), right)
        return Repeat(settled(node.item, left, right), node.min, node.max)
    if isinstance(node, Sequence):
        rights: list[bool | None] = []
        for item in reversed(node.items):
            rights.append(right)
            right = _passed(item, first(item), right)
        items = []
        for item, beside in zip(node.items, reversed(rights), strict=True):
            items.append(settled(item, left, beside))
            left = _passed(item, last(item), left)
        return Sequence(tuple(items))
    return node


def _kind(ranges: Ranges) -> bool | None:
    return True if subset(ranges, WORD) else False if subset(ranges, _SIGNS) else None


def _either(edge: Ranges, outside: bool | None) -> bool | None:
    """What lies beside an item that repeats: another of its kind, or what is outside."""
    return outside if _kind(edge) == outside else None


def _passed(node: Node, edge: Ranges, outside: bool | None) -> bool | None:
    """What lies beside the next item once the reading has passed this one."""
    if sample_lengths(node)[1] == 0:
        return outside
    kind = _kind(edge)
    return kind if kind == outside or not nullable(node) else None
