"""How often a backtracking engine may try again: an upper bound from the tree and the length of the text."""

from __future__ import annotations

from validator.patterns.charset import EVERY, Ranges, disjoint, union
from validator.patterns.tree import Choice, Group, Look, Node, Repeat, Sequence, first, nullable, walk

# A bound above this is as good as endless; numbers are cut here so that they stay small.
ENDLESS = 1 << 40


def ways(node: Node, size: int, follow: Ranges = ()) -> int:
    """At most how many ways there are to lay the node over a text of `size` code points, dead ends included.

    `follow` holds what can come right after the node. Where the next character alone says which way to go
    (the node is LL(1) there), there is one way; elsewhere the ways of the parts multiply.
    """
    if isinstance(node, Sequence):
        total = 1
        for item in reversed(node.items):
            total = min(total * ways(item, size, follow), ENDLESS)
            follow = union(first(item), follow) if nullable(item) else first(item)
        return total
    if isinstance(node, Choice):
        each = [ways(option, size, follow) for option in node.options]
        seen: Ranges = ()
        for option in node.options:
            begins = union(first(option), follow) if nullable(option) else first(option)
            if not disjoint(seen, begins):
                return min(sum(each), ENDLESS)
            seen = union(seen, begins)
        return max(each)
    if isinstance(node, Repeat):
        return _repeated(node, size, follow)
    if isinstance(node, Look):
        return ways(node.item, size, EVERY)
    if isinstance(node, Group):
        return ways(node.item, size, follow)
    return 1


def steps(node: Node, size: int) -> int:
    """At most how many characters a backtracking engine looks at, over all its tries of a text of that length."""
    once = sum(isinstance(part, Look) for part in walk(node))
    repeats = [part for part in walk(node) if isinstance(part, Repeat)]
    again = sum(isinstance(part, Look) for outer in repeats for part in walk(outer.item))
    return min(ways(node, size) * (size + 1) * (1 + once + again * size), ENDLESS)


def _repeated(node: Repeat, size: int, follow: Ranges) -> int:
    begins = first(node.item)
    once = ways(node.item, size, union(begins, follow))
    most = size if node.max is None else min(node.max, size)
    total = 1
    if once > 1:
        if nullable(node.item):
            return ENDLESS
        total = once**most if most * once.bit_length() < 60 else ENDLESS
    if node.min != node.max and (nullable(node.item) or not disjoint(begins, follow)):
        total *= max(most - node.min, 0) + 1
    return min(total, ENDLESS)
