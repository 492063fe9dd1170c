"""A JSON value as numbered lines in which some stand out: the exchange, and the contract's line it breaks."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator.report.elements import Element, Node, h, hidden, plain
from validator.report.json import plain as jsonable

_DEEPEST = 24
_LONGEST = 240
_AROUND = 5
_MOST = 46
_READ = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line: how deep it stands, its text, and the JSON Pointer of the value that begins on it."""

    depth: int
    text: str
    pointer: str


def lines(value: Any, pointer: str = "", *, depth: int = 0, label: str = "", comma: str = "") -> Iterator[Line]:
    """The lines of a JSON value, lazily; long texts are cut and what lies too deep is left out."""
    opened, closed = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    if not isinstance(value, (Mapping, list, tuple)) or not value or depth >= _DEEPEST:
        cut = f"{opened}… too deep …{closed}" if isinstance(value, (Mapping, list, tuple)) and value else _scalar(value)
        yield Line(depth, f"{label}{cut}{comma}", pointer)
        return
    yield Line(depth, label + opened, pointer)
    entries = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))
    for number, (key, inner) in enumerate(entries, 1):
        named = f"{_scalar(str(key))}: " if isinstance(value, Mapping) else ""
        after = "," if number < len(entries) else ""
        yield from lines(inner, f"{pointer}/{_escaped(key)}", depth=depth + 1, label=named, comma=after)
    yield Line(depth, closed + comma, "")


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        cut = len(value) - _LONGEST
        shown = json.dumps(value[:_LONGEST], ensure_ascii=False)
        return f"{shown}… ({cut:,} more)" if cut > 0 else shown
    return plain(json.dumps(jsonable(value), ensure_ascii=False), _LONGEST)


def brief(value: Any) -> str:
    """A value on one line: a text as it stands, a list as its first items."""
    if isinstance(value, (list, tuple)):
        more = f" and {len(value) - 20} more" if len(value) > 20 else ""
        return ", ".join(brief(item) for item in value[:20]) + more
    if isinstance(value, str):
        return value
    try:
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    except (ValueError, RecursionError):
        # An integer too long to be written, or something nested too deeply.
        return f"a {type(value).__name__}"


def nearest(value: Any, pointer: str) -> str:
    """The longest leading part of a JSON Pointer that is there in the value."""
    found = ""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, (list, tuple)) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            break
        found += f"/{part}"
    return found


def listing(title: Node, value: Any, marks: Collection[str], *, label: str, start: str = "") -> Element:
    """The value as a figure, the lines at the marked JSON Pointers standing out and only their surroundings shown."""
    every: list[Line] = []
    for line in lines(value, start):
        every.append(line)
        if len(every) >= _READ:
            break
    chosen = {number for number, line in enumerate(every) if line.pointer in marks and (line.pointer or not number)}
    body = h("pre", class_="listing", tabindex="0", role="group", aria_label=label)
    before = -1
    for number in _shown(len(every), chosen):
        if number != before + 1:
            body.append(_left_out(number - before - 1))
        line = every[number]
        text = plain("  " * line.depth + line.text)
        if number in chosen:
            body.append(h("mark", text, hidden(" (this line)"), "\n"))
        else:
            body.append(h("span", text, "\n"))
        before = number
    if before + 1 < len(every):
        body.append(_left_out(len(every) - before - 1))
    return h("figure", h("figcaption", title), body)


def _left_out(count: int) -> Element:
    return h("i", f"… {count:,} line{'' if count == 1 else 's'} left out\n")


def _shown(total: int, chosen: Collection[int]) -> Sequence[int]:
    if total <= _MOST:
        return range(total)
    if not chosen:
        return range(_MOST)
    near = {each for mark in sorted(chosen)[:6] for each in range(mark - _AROUND, mark + _AROUND + 1)}
    return sorted(each for each in near | {0} if 0 <= each < total)
