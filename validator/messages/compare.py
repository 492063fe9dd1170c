"""Whether a service complains of what we complain of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from validator.messages.complaint import FAMILIES, Constraint, ServiceViolation, complaints
from validator.messages.parse import parse
from validator.messages.paths import lower_first, segments
from validator.results import Violation

Said = str | Iterable[ServiceViolation | Violation]


def same_complaint(said: Said, expected: Said) -> bool:
    """Whether both complain of the same constraints of the same values, in any order.

    Each may be a message, complaints, or violations of our own. Values are not compared (services shorten
    and mask them), nor the first letter of a member's case, nor how often a thing is said; every complaint
    on either side needs its partner on the other. Enum values are compared as sets. A sentence about all
    keys, values or elements of a container agrees with a complaint about one of them, a "between" with
    either of its bounds. Two empty sides are the same only when both are empty, so text that is not of the
    grammar never equals a complaint.
    """
    left, right = _read(said), _read(expected)
    return all(any(_agree(one, other) for other in right) for one in left) and all(
        any(_agree(one, other) for other in left) for one in right
    )


def _read(said: Said) -> list[ServiceViolation]:
    if isinstance(said, str):
        return parse(said)
    read: list[ServiceViolation] = []
    for one in said:
        read += [one] if isinstance(one, ServiceViolation) else complaints([one])
    return read


def _agree(one: ServiceViolation, other: ServiceViolation) -> bool:
    if one.part == other.part:
        return _path(one) == _path(other) and any(_same(a, b) for a in _said(one) for b in _said(other))
    if one.part == "member":
        one, other = other, one
    if other.part != "member":
        return False
    path, own = _path(one), _path(other)
    inside = own == path if one.part == "keys" else own[:-1] == path and bool(own)
    return inside and any(_same(a, b) for a in _said(one) for b in _said(other))


def _said(complaint: ServiceViolation) -> tuple[Constraint, ...]:
    return complaint.among or ((complaint.keyword, complaint.limit),)


def _path(complaint: ServiceViolation) -> tuple[str, ...]:
    return tuple(lower_first(part) for part in segments(complaint.path))


def _same(one: Constraint, other: Constraint) -> bool:
    (keyword, limit), (other_keyword, other_limit) = one, other
    family, other_family = FAMILIES.get(keyword, keyword), FAMILIES.get(other_keyword, other_keyword)
    for both, sides in (("length", ("shortest", "longest")), ("range", ("least", "greatest"))):
        if family == both and other_family in sides:
            return bool(limit[sides.index(other_family)] == other_limit)
        if other_family == both and family in sides:
            return bool(other_limit[sides.index(family)] == limit)
    return family == other_family and (family == "required" or _same_limit(family, limit, other_limit))


def _same_limit(family: str, limit: Any, other: Any) -> bool:
    if limit is None or other is None:
        return True
    if family == "enum":
        # A value may hold ", " itself, which a message does not tell from the next value.
        return _values(limit) == _values(other)
    return bool(limit == other)


def _values(limit: Iterable[Any]) -> list[str]:
    return sorted(set(", ".join(str(value) for value in limit).split(", ")))
