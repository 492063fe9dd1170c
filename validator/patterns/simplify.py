"""Equal, smaller trees: what the parser builds with, and the pass that fits a tree to whole-value matching."""
from __future__ import annotations

from collections.abc import Iterable

from validator.patterns.charset import complement, union
from validator.patterns.tree import (
    EMPTY,
    Boundary,
    Chars,
    Choice,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    nullable,
    sample_lengths,
)


def sequence(items: Iterable[Node]) -> Node:
    """The items one after the other: nested sequences opened, neighbours such as `x x*` made one repetition."""
    flat: list[Node] = []
    for item in items:
        for part in item.items if isinstance(item, Sequence) else (item,):
            joined = _join(flat[-1], part) if flat else None
            if joined is None:
                flat.append(part)
            else:
                flat[-1] = joined
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def _join(left: Node, right: Node) -> Node | None:
    if not isinstance(left, Repeat) and not isinstance(right, Repeat):
        return None
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
        opened = [_opened(option) for option in item.options]
        low = 0 if any(nullable(option) for option in item.options) else low
        item = choice(opened)
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


def possessive(item: Node, low: int, high: int | None) -> Node:
    """A repetition that gives nothing back. A class that stops short must not be followed by one of its own."""
    if low == high or not isinstance(item, Chars):
        return repeat(item, low, high)
    stop = Look(item, ahead=True, negative=True)
    if high is None:
        return sequence([repeat(item, low, None), stop])
    return choice([sequence([repeat(item, low, high), stop]), repeat(item, high, high)])


def whole(node: Node, referenced: frozenset[int] = frozenset()) -> Node:
    """The tree without the groups nobody names and without the anchors that the whole value implies."""
    return _edges(_rebuilt(node, referenced), left=True, right=True)


def _rebuilt(node: Node, referenced: frozenset[int]) -> Node:
    if isinstance(node, Group):
        item = _rebuilt(node.item, referenced)
        return Group(item, node.number) if node.number in referenced else item
    if isinstance(node, Sequence):
        return sequence(_rebuilt(item, referenced) for item in node.items)
    if isinstance(node, Choice):
        return choice(_rebuilt(option, referenced) for option in node.options)
    if isinstance(node, Repeat):
        return repeat(_rebuilt(node.item, referenced), node.min, node.max)
    if isinstance(node, Look):
        return Look(_rebuilt(node.item, referenced), node.ahead, node.negative)
    return node


def _edges(node: Node, *, left: bool, right: bool) -> Node:
    """Drop `^` where nothing can come before and `$`, `\\z` where nothing can come after."""
    if not left and not right:
        return node
    if isinstance(node, Boundary):
        dropped = (left and node.kind == "^") or (right and node.kind in ("$", r"\z"))
        return EMPTY if dropped else node
    if isinstance(node, Choice):
        return choice(_edges(option, left=left, right=right) for option in node.options)
    if isinstance(node, Group):
        return Group(_edges(node.item, left=left, right=right), node.number)
    if isinstance(node, Look):
        return Look(_edges(node.item, left=left and node.ahead, right=right and not node.ahead),
                    node.ahead, node.negative)
    if isinstance(node, Repeat) and node.max == 1:
        return repeat(_edges(node.item, left=left, right=right), node.min, node.max)
    if isinstance(node, Sequence):
        items = list(node.items)
        lefts, rights = _reach(items), _reach(items[::-1])[::-1]
        return sequence(_edges(item, left=left and lefts[index], right=right and rights[index])
                        for index, item in enumerate(items))
    return node


def _reach(items: list[Node]) -> list[bool]:
    """For each item, whether everything before it takes no text at all."""
    reached, answer = True, []
    for item in items:
        answer.append(reached)
        reached = reached and sample_lengths(item)[1] == 0
    return answer


def negated(node: Chars) -> Chars:
    """The class of every other code point."""
    return Chars(complement(node.ranges))
