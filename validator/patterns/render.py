"""A tree written as text again: for Python's `re`, for ECMA engines, for jsonschema-rs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from validator.errors import PatternError
from validator.patterns.charset import (
    EVERY,
    SURROGATES,
    Ranges,
    complement,
    intersect,
    size,
    subset,
    subtract,
    union,
)
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
    children,
    sample_lengths,
    walk,
)
from validator.patterns.unicode import LINE_TERMINATORS, alphabetic, general_categories

_NAMED = {9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r"}
_SYNTAX = frozenset(map(ord, r".*+?()[]{}|^$\\"))
_CLASS_SYNTAX = frozenset(map(ord, r"[]^\-"))
_ALPHANUMERIC: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A))
_MAJORS = ("L", "N", "P", "S", "Z", "M", "C")
_MINORS = (
    "Lu",
    "Ll",
    "Lt",
    "Lm",
    "Lo",
    "Nd",
    "Nl",
    "No",
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Pi",
    "Pf",
    "Po",
    "Sm",
    "Sc",
    "Sk",
    "So",
    "Zs",
    "Mn",
    "Mc",
    "Me",
    "Cc",
    "Cf",
    "Co",
    "Cn",
)
_TERMINATOR = r"(?:\r\n|[\n\r\u0085\u2028\u2029])"
_ANY = r"[\s\S]"
_NEVER = r"[^\s\S]"


def to_python(node: Node) -> str:
    r"""The tree for `re.fullmatch`, without flags.

    `\b` becomes Python's own, which differs from Java's beside combining marks and letter-like numbers. Raises
    `PatternError` for a look behind of varying length.
    """
    return _Writer(node, _python_class, _PYTHON_END).alternatives(node)


def to_ecma(node: Node) -> str:
    r"""The tree for ECMA with the `u` flag (ajv), anchored to the whole value: `^(?:...)$`.

    It behaves alike under Python's `re.search` unless it has a `\p{...}`. Lone surrogates, which no JSON text can
    hold, are left out of account; `\b` becomes ECMA's, which is ASCII.
    """
    end = r"$" if lacks_terminators(node) else f"(?={_TERMINATOR}?$)"
    return f"^(?:{_Writer(node, _ecma_class, end).alternatives(node)})$"


def to_linear(node: Node) -> str:
    """The tree, without anchors, for Rust's `regex`; the caller sees to it that it has no looks or boundaries."""
    return _Writer(node, _rust_class, "$").alternatives(node)


def lacks_terminators(node: Node) -> bool:
    """Whether no value the tree takes can end in a line terminator, so that `$` is the end and nothing else."""
    if isinstance(node, Choice):
        return all(map(lacks_terminators, node.options))
    if isinstance(node, Sequence):
        for item in reversed(node.items):
            if isinstance(item, (Look, Boundary)):
                continue
            if not lacks_terminators(item):
                return False
            if sample_lengths(item)[0]:
                return True
        return True
    if isinstance(node, Chars):
        return not intersect(node.ranges, LINE_TERMINATORS)
    return not isinstance(node, Backreference) and all(map(lacks_terminators, children(node)))


_PYTHON_END = r"(?:(?=(?:\r\n|[\r\u0085\u2028\u2029])?\Z)|(?<!\r)(?=\n\Z))"


class _Writer:
    """Writes one tree; `char_class` and `end` are what the dialects differ in."""

    def __init__(self, node: Node, char_class: Callable[[Ranges], str], end: str) -> None:
        self.char_class = char_class
        numbers = [part.number for part in walk(node) if isinstance(part, Group)]
        self.numbers = {number: index for index, number in enumerate(numbers, 1)}
        last = r"\Z" if char_class is _python_class else "$"
        self.boundaries = {"^": "^", "$": end, r"\z": last, r"\b": r"\b", r"\B": r"\B"}

    def alternatives(self, node: Node) -> str:
        if isinstance(node, Choice):
            return "|".join(map(self.run, node.options))
        return self.run(node)

    def run(self, node: Node) -> str:
        if isinstance(node, Sequence):
            return "".join(map(self.item, node.items))
        return self.item(node)

    def item(self, node: Node) -> str:
        if isinstance(node, Repeat):
            return self.atom(node.item) + _count(node.min, node.max)
        return self.atom(node)

    def atom(self, node: Node) -> str:
        if isinstance(node, Chars):
            return self.char_class(node.ranges)
        if isinstance(node, Boundary):
            return self.boundaries[node.kind]
        if isinstance(node, Look):
            return self.look(node)
        if isinstance(node, Group):
            return f"({self.alternatives(node.item)})"
        if isinstance(node, Backreference):
            # A group that was repeated zero times is gone, and what it took can never come again.
            return f"(?:\\{self.numbers[node.group]})" if node.group in self.numbers else _NEVER
        return f"(?:{self.alternatives(node)})"

    def look(self, node: Look) -> str:
        sign = ("" if node.ahead else "<") + ("!" if node.negative else "=")
        if node.ahead or self.char_class is not _python_class:
            return f"(?{sign}{self.alternatives(node.item)})"
        # Python looks behind only over texts of one length: one look for each option.
        options = node.item.options if isinstance(node.item, Choice) else (node.item,)
        looks = []
        for option in options:
            low, high = sample_lengths(option)
            if low != high:
                raise PatternError(self.run(option), 0, "Python cannot look behind over texts of varying length")
            looks.append(f"(?{sign}{self.run(option)})")
        return "".join(looks) if node.negative else f"(?:{'|'.join(looks)})"


def _count(low: int, high: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if short:
        return short
    return f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}"


# --- character classes: one function a dialect -----------------------------------------------------------------


def _escaped(code: int, syntax: frozenset[int], astral: Callable[[int], str]) -> str:
    if code in _NAMED:
        return _NAMED[code]
    if code in syntax:
        return "\\" + chr(code)
    if 0x20 <= code < 0x7F:
        return chr(code)
    if code < 0x80:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else astral(code)


def _items(ranges: Ranges, astral: Callable[[int], str]) -> Iterator[str]:
    """The members of a class in reading order: letters and digits, then signs, the hyphen last."""
    plain: list[tuple[int, int]] = []
    signs: list[tuple[int, int]] = []
    for low, high in ranges:
        groups = [group for group in _ALPHANUMERIC if low <= group[1] and high >= group[0]]
        if len(groups) != 1:
            (signs if not groups else plain).append((low, high))
            continue
        first, last = max(low, groups[0][0]), min(high, groups[0][1])
        plain.append((first, last))
        signs += [part for part in ((low, first - 1), (last + 1, high)) if part[0] <= part[1]]
    hyphen = False
    for low, high in plain + signs:
        if high - low < 4 and (low, high) in signs:
            hyphen = hyphen or low <= 0x2D <= high
            yield from (_escaped(code, _CLASS_SYNTAX, astral) for code in range(low, high + 1) if code != 0x2D)
            continue
        yield _escaped(low, _CLASS_SYNTAX, astral)
        if high > low:
            yield ("-" if high > low + 1 else "") + _escaped(high, _CLASS_SYNTAX, astral)
    if hyphen:
        yield "-"


def _written(ranges: Ranges, astral: Callable[[int], str], others: Ranges) -> str:
    """The class, or its opposite where that is shorter; `others` is what the opposite holds."""
    if not ranges:
        return _NEVER
    if not others:
        return _ANY
    if size(ranges) == 1:
        return _escaped(ranges[0][0], _SYNTAX, astral)
    plain = f"[{''.join(_items(ranges, astral))}]"
    opposite = f"[^{''.join(_items(others, astral))}]"
    return opposite if len(opposite) < len(plain) or ranges[-1][1] == EVERY[0][1] else plain


@lru_cache(maxsize=4096)
def _python_class(ranges: Ranges) -> str:
    return _written(ranges, lambda code: f"\\U{code:08X}", complement(ranges))


@lru_cache(maxsize=4096)
def _rust_class(ranges: Ranges) -> str:
    others = complement(union(ranges, SURROGATES))
    return _written(subtract(ranges, SURROGATES), lambda code: f"\\u{{{code:X}}}", others)


@lru_cache(maxsize=4096)
def _ecma_class(ranges: Ranges) -> str:
    if len(ranges) <= 24:
        return _written(subtract(ranges, SURROGATES), chr, complement(union(ranges, SURROGATES)))
    names, rest = _properties(ranges)
    others = complement(ranges)
    names_of_others, rest_of_others = _properties(others) if len(rest) > 8 or len(names) > 4 else ([], others)
    if len(names_of_others) + len(rest_of_others) < len(names) + len(rest):
        return f"[^{_named(names_of_others, rest_of_others)}]"
    inside = _named(names, rest)
    return inside if len(names) == 1 and not rest else f"[{inside}]"


def _properties(ranges: Ranges) -> tuple[list[str], Ranges]:
    """The categories that are in the set as a whole, and what they leave of it."""
    tables, rest, names = general_categories(), ranges, []
    for name in (*_MAJORS, "Alphabetic", *_MINORS):
        if len(rest) <= 8:
            break
        table = alphabetic() if name == "Alphabetic" else tables[name]
        if name[0] not in names and subset(table, ranges):
            names.append(name)
            rest = subtract(rest, table)
    return ([name for name in names if name not in ("L", "Nl")] if "Alphabetic" in names else names), rest


def _named(names: list[str], rest: Ranges) -> str:
    return "".join(f"\\p{{{name}}}" for name in names) + "".join(_items(subtract(rest, SURROGATES), chr))
