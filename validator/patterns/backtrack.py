"""Match a tree that has backreferences: the only kind that needs to go back, so every step is counted."""

from __future__ import annotations

from collections.abc import Iterator

from validator.patterns.bits import OutOfBudgetError, borders
from validator.patterns.charset import contains
from validator.patterns.tree import (
    Backreference,
    Boundary,
    Chars,
    Choice,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    sample_lengths,
)

BUDGET = 200_000
_DEEPEST = 60

Groups = dict[int, str]


def matches(node: Node, text: str, budget: int = BUDGET) -> bool:
    """Whether the node takes the whole text; raises `OutOfBudgetError`."""
    attempt = _Attempt(text, budget)
    return any(end == len(text) for end, _ in attempt.ends(node, 0, {}, 0))


class _Attempt:
    def __init__(self, text: str, budget: int) -> None:
        self.text, self.budget = text, budget
        self.borders: dict[str, int] = {}

    def ends(self, node: Node, at: int, groups: Groups, depth: int) -> Iterator[tuple[int, Groups]]:
        """Where the node can end when it begins at a place, each with what the groups hold then."""
        self.budget -= 1
        if self.budget < 0 or depth > _DEEPEST:
            raise OutOfBudgetError
        if isinstance(node, Chars):
            if at < len(self.text) and contains(node.ranges, ord(self.text[at])):
                yield at + 1, groups
        elif isinstance(node, Sequence):
            yield from self.in_turn(node.items, at, groups, depth)
        elif isinstance(node, Choice):
            for option in node.options:
                yield from self.ends(option, at, groups, depth + 1)
        elif isinstance(node, Repeat):
            yield from self.repeated(node, at, groups, depth)
        elif isinstance(node, Look):
            yield from self.look(node, at, groups, depth)
        elif isinstance(node, Boundary):
            if node.kind not in self.borders:
                self.borders[node.kind] = borders(node.kind, self.text)
            if self.borders[node.kind] >> at & 1:
                yield at, groups
        elif isinstance(node, Group):
            for end, inner in self.ends(node.item, at, groups, depth + 1):
                self.budget -= (end - at) >> 4  # what a long text costs to copy
                yield end, {**inner, node.number: self.text[at:end]}
        elif isinstance(node, Backreference) and node.group in groups:
            taken = groups[node.group]
            self.budget -= len(taken) >> 4
            if self.text.startswith(taken, at):
                yield at + len(taken), groups

    def in_turn(
        self,
        items: tuple[Node, ...],
        at: int,
        groups: Groups,
        depth: int,
    ) -> Iterator[tuple[int, Groups]]:
        if not items:
            yield at, groups
            return
        for end, inner in self.ends(items[0], at, groups, depth + 1):
            yield from self.in_turn(items[1:], end, inner, depth + 1)

    def repeated(self, node: Repeat, at: int, groups: Groups, depth: int) -> Iterator[tuple[int, Groups]]:
        most = len(self.text) - at if node.max is None else node.max
        if isinstance(node.item, Chars):
            count = 0
            while (
                count < most and at + count < len(self.text) and contains(node.item.ranges, ord(self.text[at + count]))
            ):
                count += 1
                self.budget -= 1
            yield from ((at + length, groups) for length in range(count, node.min - 1, -1))
            return
        stack = [(at, groups, 0)]
        while stack:
            place, held, count = stack.pop()
            if count >= node.min:
                yield place, held
            if count < max(most, node.min):
                stack.extend(
                    (end, inner, count + 1)
                    for end, inner in self.ends(node.item, place, held, depth + 1)
                    if end > place or count < node.min
                )

    def look(self, node: Look, at: int, groups: Groups, depth: int) -> Iterator[tuple[int, Groups]]:
        found: Groups | None = None
        if node.ahead:
            found = next((inner for _, inner in self.ends(node.item, at, groups, depth + 1)), None)
        else:
            low, high = sample_lengths(node.item)
            for start in range(max(0, at - high) if high is not None else 0, at - low + 1):
                ends = self.ends(node.item, start, groups, depth + 1)
                found = next((inner for end, inner in ends if end == at), None)
                if found is not None:
                    break
        if node.negative:
            if found is None:
                yield at, groups
        elif found is not None:
            yield at, found
