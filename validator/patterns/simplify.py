"""Equal, smaller trees: what the parser builds with, and the pass that fits a tree to whole-value matching."""

from __future__ import annotations

from collections.abc import Iterable

from validator.patterns.charset import intersect, union
from validator.patterns.tree import (
    EMPTY,
    NOTHING,
    Backreference,
    Boundary,
    Chars,
    Choice,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    first,
    nullable,
    sample_lengths,
    walk,
)
from validator.patterns.unicode import LINE_TERMINATORS
from validator.patterns.words import settled

# Nodes whose meaning hangs on what surrounds them.
_PLACED = (Look, Boundary, Group, Backreference)


def sequence(items: Iterable[Node]) -> Node:
    """The items one after the other: nested sequences opened, neighbours such as `x x*` made one repetition."""
    flat: list[Node] = []
    for item in items:
        for part in item.items if isinstance(item, Sequence) else (item,):
            repeats = flat and (isinstance(part, Repeat) or isinstance(flat[-1], Repeat))
            joined = _join(flat[-1], part) if repeats else None
            if joined is None:
                flat.append(part)
            else:
                flat[-1] = joined
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def _join(left: Node, right: Node) -> Node | None:
    first = left if isinstance(left, Repeat) else Repeat(left, 1, 1)
    second = right if isinstance(right, Repeat) else Repeat(right, 1, 1)
    if first.item != second.item or isinstance(first.item, Group):
        return None
    high = None if first.max is None or second.max is None else first.max + second.max
    return Repeat(first.item, first.min + second.min, high)


def choice(options: Iterable[Node]) -> Node:
    """Any of the options: nested choices opened, doubles dropped, single characters made one class."""
    flat: list[Node] = []
    chars_at: int | None = None
    for option in options:
        for part in option.options if isinstance(option, Choice) else (option,):
            if isinstance(part, Chars):
                if chars_at is None:
                    chars_at = len(flat)
                    flat.append(part)
                else:
                    earlier = flat[chars_at]
                    assert isinstance(earlier, Chars)
                    flat[chars_at] = Chars(union(earlier.ranges, part.ranges))
            elif part not in flat:
                flat.append(part)
    if EMPTY in flat and len(flat) > 1:
        rest = [option for option in flat if option != EMPTY]
        return repeat(choice(rest), 0, 1)
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


def repeat(item: Node, low: int, high: int | None) -> Node:
    """The item that many times: repetitions of repetitions made one where no count is lost."""
    if high == 0 or item == EMPTY:
        return EMPTY
    if isinstance(item, (Look, Boundary)):
        return item if low else EMPTY
    if isinstance(item, Choice) and high is None and low <= 1:
        # (a|b+)* takes what (a|b)* takes, without two ways to take it.
        # Only an option that is itself a star says that nothing need be taken; a look may say no.
        low = (
            0
            if any(isinstance(option, Repeat) and (option.min, option.max) == (0, None) for option in item.options)
            else low
        )
        item = choice([_opened(option) for option in item.options])
    if isinstance(item, Repeat):
        if item.min == item.max and low == high:
            assert high is not None
            return Repeat(item.item, item.min * high, item.min * high)
        if high is None and low <= 1 and item.min <= 1:
            return repeat(item.item, low * item.min, None)
        if (item.min, low) == (0, 0) and (item.max, high) == (1, 1):
            return item
        if item.min <= 1 and item.max is None:
            return Repeat(item.item, item.min * low, None)
        if (item.min, item.max) == (0, 1):
            return Repeat(item.item, 0, high)
    return item if (low, high) == (1, 1) else Repeat(item, low, high)


def _opened(option: Node) -> Node:
    if isinstance(option, Repeat) and option.max is None and option.min <= 1:
        return option.item
    return option


def possessive(item: Chars, low: int, high: int | None) -> Node:
    """A repetition that gives nothing back: where it stops short, none of its class may follow."""
    if low == high:
        return repeat(item, low, high)
    stop = Look(item, ahead=True, negative=True)
    if high is None:
        return sequence([repeat(item, low, None), stop])
    return choice([sequence([repeat(item, low, high), stop]), repeat(item, high, high)])


def whole(node: Node) -> Node:
    """The tree without the anchors and word boundaries that matching the whole value settles."""
    node = _edges(node, left=True, right=True)
    kinds = {part.kind for part in walk(node) if isinstance(part, Boundary)}
    if kinds:
        node = _edges(node, left=True, right=True, pull=True)
    if kinds & {r"\b", r"\B"}:
        node = rebuilt(settled(node))
    return node


def rebuilt(node: Node, referenced: frozenset[int] | None = None) -> Node:
    """The tree built anew, simplified; given the numbers of `referenced` groups, without the other groups."""
    if isinstance(node, Group):
        item = rebuilt(node.item, referenced)
        return Group(item, node.number) if referenced is None or node.number in referenced else item
    if isinstance(node, Sequence):
        return sequence(rebuilt(item, referenced) for item in node.items)
    if isinstance(node, Choice):
        return choice(rebuilt(option, referenced) for option in node.options)
    if isinstance(node, Repeat):
        return repeat(rebuilt(node.item, referenced), node.min, node.max)
    if isinstance(node, Look):
        return Look(rebuilt(node.item, referenced), node.ahead, node.negative)
    return node


def _edges(node: Node, *, left: bool, right: bool, pull: bool = False) -> Node:
    """Drop `^` where nothing can come before and `$`, `\\z` where nothing can come after."""
    if not left and not right:
        return node
    if isinstance(node, Boundary):
        dropped = (left and node.kind == "^") or (right and node.kind in ("$", r"\z"))
        return EMPTY if dropped else node
    if isinstance(node, Choice):
        return choice(_edges(option, left=left, right=right, pull=pull) for option in node.options)
    if isinstance(node, Group):
        return Group(_edges(node.item, left=left, right=right, pull=pull), node.number)
    if isinstance(node, Look):
        return Look(
            _edges(node.item, left=left and node.ahead, right=right and not node.ahead, pull=pull),
            node.ahead,
            node.negative,
        )
    if isinstance(node, Repeat) and node.max == 1:
        return repeat(_edges(node.item, left=left, right=right, pull=pull), node.min, node.max)
    if isinstance(node, Sequence):
        items = list(node.items)
        lefts, rights = _reach(items), _reach(items[::-1])[::-1]
        reduced = sequence(
            _edges(item, left=left and lefts[index], right=right and rights[index], pull=pull)
            for index, item in enumerate(items)
        )
        return _pulled(reduced, left=left, right=right) if pull else reduced
    return node


def _pulled(node: Node, *, left: bool, right: bool) -> Node:
    """`x*(^a|b)` at the left edge is `a|x*b`, and `(a$|b)x*` at the right edge is `a|bx*`."""
    if not isinstance(node, Sequence):
        return node
    items = node.items
    for index in range(1, len(items)) if left else ():
        anchored, free = _split(items[index], ("^",), 0)
        before, rest = Sequence(items[:index]), items[index + 1 :]
        if anchored == NOTHING or any(isinstance(part, _PLACED) for part in walk(before)):
            continue
        options = [sequence([anchored, *rest])] if nullable(before) else []
        options += [] if free == NOTHING else [sequence([*items[:index], free, *rest])]
        return _edges(choice(options) if options else NOTHING, left=left, right=right, pull=True)
    for index in range(len(items) - 1) if right else ():
        # Java's `$` also holds before a last line terminator, so nothing behind it may take one.
        after = Sequence(items[index + 1 :])
        kinds = (r"\z",) if intersect(first(after), LINE_TERMINATORS) else ("$", r"\z")
        anchored, free = _split(items[index], kinds, -1)
        if anchored == NOTHING or any(isinstance(part, _PLACED) for part in walk(after)):
            continue
        options = [sequence([*items[:index], anchored])] if nullable(after) else []
        options += [] if free == NOTHING else [sequence([*items[:index], free, *after.items])]
        return _edges(choice(options) if options else NOTHING, left=left, right=right, pull=True)
    return node


def _split(node: Node, kinds: tuple[str, ...], end: int) -> tuple[Node, Node]:
    """The node as two: the part that has one of the anchors at that end (without it), and the part that has not."""
    if isinstance(node, Boundary) and node.kind in kinds:
        return EMPTY, NOTHING
    if isinstance(node, Choice):
        parts = [_split(option, kinds, end) for option in node.options]
        return _either(part[0] for part in parts), _either(part[1] for part in parts)
    if isinstance(node, Sequence) and node.items:
        outer = node.items[end]
        rest = node.items[1:] if end == 0 else node.items[:-1]
        anchored, free = _split(outer, kinds, end)
        if anchored == NOTHING:
            return NOTHING, node
        joined = [
            part if part == NOTHING else sequence([part, *rest] if end == 0 else [*rest, part])
            for part in (anchored, free)
        ]
        return joined[0], joined[1]
    return NOTHING, node


def _either(options: Iterable[Node]) -> Node:
    kept = [option for option in options if option != NOTHING]
    return choice(kept) if kept else NOTHING


def _reach(items: list[Node]) -> list[bool]:
    """For each item, whether everything before it takes no text at all."""
    reached, answer = True, []
    for item in items:
        answer.append(reached)
        reached = reached and sample_lengths(item)[1] == 0
    return answer
