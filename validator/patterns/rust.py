"""A tree as the JSON Schema fragment with which jsonschema-rs decides it exactly, in linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from validator.patterns.render import lacks_terminators, to_linear
from validator.patterns.simplify import sequence
from validator.patterns.tree import (
    Backreference,
    Boundary,
    Chars,
    Choice,
    Look,
    Node,
    Repeat,
    Sequence,
    children,
    sample_lengths,
    walk,
)

# What one pattern may cost to compile, in states of the byte automaton; one to three microseconds each.
LARGEST = 1000
_WORTH_SPLITTING = 100
_SHORT = ((0, None), (1, None), (0, 1))


@lru_cache(maxsize=8192)
def _fragment(node: Node) -> dict[str, Any] | None:
    items = list(node.items) if isinstance(node, Sequence) else [node]
    conditions: list[dict[str, Any]] = []
    while items and isinstance(items[0], Look) and items[0].ahead:
        conditions.append(_condition(items.pop(0), node, "^(?:{})"))
    while items and isinstance(items[-1], Look) and not items[-1].ahead:
        conditions.append(_condition(items.pop(), node, "(?:{})$"))
    if any(not condition for condition in conditions):
        return None
    body = items[0] if len(items) == 1 else Sequence(tuple(items))
    if conditions:
        inner = _fragment(body)
        return {"allOf": [*conditions, inner]} if inner else None
    if isinstance(body, Choice) and not _is_regular(body):
        options = [_fragment(option) for option in body.options]
        return {"anyOf": options} if all(options) else None
    if not _is_regular(body):
        return None
    split = _split(body)
    if split:
        return split
    return {"pattern": f"^(?:{to_linear(body)})$"} if _states(body) <= LARGEST else None


def _split(node: Node) -> dict[str, Any] | None:
    """A counted class among items of fixed length says how long the value is: a star and a length are cheaper."""
    items = node.items if isinstance(node, Sequence) else (node,)
    spans = [sample_lengths(item) for item in items]
    varying = [index for index, (low, high) in enumerate(spans) if low != high]
    if len(items) == 1 and isinstance(node, Repeat) and node.min == node.max:
        varying = [0]
    if len(varying) != 1:
        return None
    item = items[varying[0]]
    if not isinstance(item, Repeat) or not isinstance(item.item, Chars):
        return None
    if (len(items) > 1 and _states(item) < _WORTH_SPLITTING) or (item.min, item.max) in _SHORT:
        return None
    star = Repeat(item.item, 0, None)
    opened = Sequence((*items[: varying[0]], star, *items[varying[0] + 1 :]))
    if _states(opened) > LARGEST:
        return None
    low, high = sample_lengths(node)
    lengths = {"minLength": low} if high is None else {"minLength": low, "maxLength": high}
    pattern = to_linear(star if len(items) == 1 else opened)
    return {"pattern": f"^{pattern}$", **lengths}


def to_rust(node: Node) -> dict[str, Any] | None:
    """A JSON Schema fragment for jsonschema-rs with `pattern_options=RegexOptions()`; None: decide it in Python.

    Looks at the edges of the pattern become schemas of their own; a counted class that is the whole pattern becomes
    a length. None for backreferences, looks and boundaries inside, and for what would be slow to compile there.
    """
    fragment = _fragment(node)
    return None if fragment is None else dict(fragment)


def _condition(look: Node, whole: Node, frame: str) -> dict[str, Any]:
    assert isinstance(look, Look)
    item = look.item
    for part in walk(item):
        if isinstance(part, (Look, Backreference)):
            return {}
        if isinstance(part, Boundary) and not (
            part.kind == r"\z" or (part.kind == "$" and look.ahead and lacks_terminators(whole))
        ):
            return {}
    schema: dict[str, Any] | None = None
    counted = isinstance(item, Sequence) and item.items and isinstance(item.items[-1], Boundary)
    if counted and look.ahead and not look.negative:
        schema = _split(sequence(children(item)[:-1]))  # (?=.{1,256}$) is a length
    if schema is None:
        schema = {"pattern": frame.format(to_linear(item))} if _states(item) <= LARGEST else {}
    return {"not": schema} if look.negative and schema else schema


def _is_regular(node: Node) -> bool:
    return not any(isinstance(part, (Look, Boundary, Backreference)) for part in walk(node))


def _states(node: Node) -> int:
    """About how many states Rust's automaton over UTF-8 bytes will have."""
    if isinstance(node, Chars):
        return 1 + sum(2 for _, high in node.ranges if high > 0x7F)
    inner = sum(map(_states, children(node)))
    if isinstance(node, Repeat):
        return 1 + inner * max(1, node.min, node.max or 0)
    return 1 + inner
