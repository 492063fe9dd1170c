"""How a check words what it found: one finding with the exchanges that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from validator.exchange import Exchange
from validator.results import Finding, Severity, Violation


def verdict(
    check: str,
    exchanges: Sequence[Exchange],
    indexes: Iterable[int],
    kind: str,
    message: str,
    *,
    direction: str = "response",
    severity: Severity = Severity.ERROR,
    violations: tuple[Violation, ...] = (),
) -> Finding:
    """A finding about the last of the exchanges named by `indexes`, which are its calls.

    `kind` is a word that is the same whenever the same thing is wrong, so that two sightings of one problem are one.
    """
    calls = [exchanges[index] for index in sorted(set(indexes))]
    last = calls[-1]
    return Finding(
        check,
        severity,
        last.service,
        last.operation,
        direction,
        message,
        violations,
        last.location,
        tuple(call.to_json() for call in calls),
        code=kind,
    )


def shown(value: Any, limit: int = 80) -> str:
    """A value as a message quotes it, shortened."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def differing(asked: Any, seen: Any) -> bool:
    """Whether a description contradicts what was asked: members it does not show contradict nothing."""
    if isinstance(asked, Mapping) and isinstance(seen, Mapping):
        return any(differing(value, seen[name]) for name, value in asked.items() if name in seen and value is not None)
    if isinstance(asked, bool) or isinstance(seen, bool):
        return asked is not seen
    if isinstance(asked, list) and isinstance(seen, list):
        return len(asked) != len(seen) or any(map(differing, asked, seen))
    return bool(asked != seen)
