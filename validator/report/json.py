"""The report as one JSON document, as `schemas/report.schema.json` describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from validator.report import Page
from validator.results import Report

# Deeper than any contract goes; beyond it the writers of JSON give up in ways of their own.
_DEEPEST = 100
# Beyond a double's range other readers refuse a number; beyond 4300 digits Python does not write it.
_DOUBLE_BITS, _MOST_BITS = 1023, 14_000


def render(report: Report, page: Page) -> str:
    """The document, two spaces deep; what JSON cannot hold (NaN, an infinity, a lone surrogate) is spelled as text."""
    return json.dumps(plain(report.to_json()), indent=2, allow_nan=False)


def plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON can hold it: bytes, numbers that are none, what is nested too deeply and the like as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if depth >= _DEEPEST and isinstance(value, (Mapping, Iterable)):
        return "<nested too deeply>"
    if isinstance(value, Mapping):
        return {_text(str(name)): plain(member, depth + 1) for name, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    return _text(str(value))


def _integer(value: int) -> int | str:
    bits = value.bit_length()
    return value if bits <= _DOUBLE_BITS else str(value) if bits < _MOST_BITS else f"<integer of {bits} bits>"


def _text(text: str) -> str:
    # JSON's grammar would let an escaped lone surrogate pass, its readers would not.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
