"""Values of subclasses as the plain JSON values they are."""

from __future__ import annotations

import decimal
import enum
from collections.abc import Mapping
from typing import Any

_EXACT = frozenset((str, int, float, bool, type(None), decimal.Decimal))


def plain(value: Any) -> Any:
    """The value with subclasses of text, numbers and containers replaced by plain ones; itself when there are none."""
    kind = type(value)
    if kind in _EXACT:
        return value
    if isinstance(value, Mapping):
        fresh = {plain(name): plain(member) for name, member in value.items()}
        unchanged = kind is dict and all(
            new is old
            for pair in zip(fresh.items(), value.items(), strict=False)
            for new, old in zip(*pair, strict=True)
        )
        return value if unchanged and len(fresh) == len(value) else fresh
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        same = kind in (list, tuple) and all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    if isinstance(value, enum.Enum) and isinstance(value, (str, int, float)):
        return plain(value.value)
    for base in (str, int, float):
        if isinstance(value, base):
            return base.__str__(value) if base is str else base(value)
    if isinstance(value, decimal.Decimal):
        return decimal.Decimal(value)
    return value
