"""A finding made small: the fewest calls and members that still show it, by sending them to a target that forgets."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from validator import checks
from validator.contract import Contract, Operation
from validator.exchange import Exchange
from validator.fuzzing.resend import resend
from validator.fuzzing.trail import Trail
from validator.results import Finding
from validator.transport.target import BudgetSpentError, Limited, Target
from validator.validate import iter_violations

# Calls and seconds spent on making one finding small, and on all findings of a run. The calls are what a quick target
# comes up against, so that the same seed gives the same findings; the seconds are for one that makes RSA keys.
_CALLS, _SECONDS = 600, 5.0
_ALL_CALLS, _ALL_SECONDS = 12_000, 60.0
_KEPT = 50


class Allowance:
    """The calls and the seconds that a run may still spend on this, and the moment when the run itself must end."""

    def __init__(
        self,
        *,
        calls: int = _ALL_CALLS,
        seconds: float = _ALL_SECONDS,
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.calls, self.seconds, self._until, self.clock = calls, seconds, until, clock

    def share(self) -> tuple[int, float]:
        """The calls for one finding, and the moment when it must be done with."""
        end = self.clock() + min(_SECONDS, self.seconds)
        return min(_CALLS, self.calls), end if self._until is None else min(end, self._until)


class Shrinker:
    """Makes findings of one contract small on a target that can be reset."""

    def __init__(self, target: Target, contract: Contract, allowance: Allowance) -> None:
        self.target, self.contract, self._allowance = target, contract, allowance
        self._left, self._end = 0, 0.0
        self._best: Finding | None = None

    def shrink(self, finding: Finding, trail: Trail) -> tuple[Finding, bool]:
        """The same finding shown by fewer calls, and whether it is as small as can be.

        It is not when calls or seconds ran out before; then it is as small as it got, or as it came.
        """
        started = self._allowance.clock()
        self._left, self._end = self._allowance.share()
        self._best = None
        try:
            return self._shrink(finding, trail), not self._spent()
        finally:
            self._allowance.seconds -= self._allowance.clock() - started

    def _spent(self) -> bool:
        return self._left <= 0 or self._allowance.clock() >= self._end

    def _shrink(self, finding: Finding, trail: Trail) -> Finding:
        seeds = list(dict.fromkeys(index for call in finding.calls if (index := trail.place(call)) is not None))
        if not seeds:
            return finding
        # First what the calls refer to, then every call about the same things, then what they show, every call about
        # that, and at last everything before them.
        last = max(seeds)
        second = trail.needed(seeds, shown=True)
        wider = trail.about(second, last)
        if not self._spent():
            first = trail.needed(seeds)
            for indexes in (first, trail.about(first, last), second, wider, range(last + 1)):
                calls = [trail.calls[index] for index in indexes]
                if len(calls) <= self._left and self.shows(finding, calls):
                    self._smaller(finding, fewest(calls, lambda some: self.shows(finding, some)))
                    break
        if self._best is not None:
            return self._best
        # It does not show again, or nothing may be sent: the calls it seems to need, as they were sent.
        seeming = wider if len(wider) <= _KEPT else second[-_KEPT:]
        calls = [trail.calls[index] for index in seeming]
        return dataclasses.replace(finding, calls=tuple(call.to_json() for call in calls))

    def shows(self, finding: Finding, calls: Sequence[Exchange]) -> bool:
        """Whether these calls alone show the finding on a target that has forgotten everything; kept if so."""
        if self._spent():
            return False
        self._left -= len(calls)
        self._allowance.calls -= len(calls)
        self.target.reset()
        clock = self._allowance.clock
        try:
            sent = resend(Limited(self.target, seconds=self._end - clock(), clock=clock), self.contract, calls)
        except BudgetSpentError:
            return False
        for found in checks.run(self.contract, sent, only=[finding.check]):
            if _same(found, finding):
                self._best = dataclasses.replace(found, calls=tuple(call.to_json() for call in sent))
                return True
        return False

    def _smaller(self, finding: Finding, calls: list[Exchange]) -> None:
        """Without the members of each request that do not matter."""
        for at, call in enumerate(calls):
            if not isinstance(call.request, Mapping):
                continue
            for member in list(call.request):
                lesser = {name: value for name, value in calls[at].request.items() if name != member}
                operation = self.contract.operation(call.operation)
                if not _broken(operation, lesser) <= _broken(operation, calls[at].request):
                    # A request that is wrong in another way would show another fault.
                    continue
                attempt = [*calls[:at], dataclasses.replace(calls[at], request=lesser), *calls[at + 1 :]]
                if self.shows(finding, attempt):
                    calls = attempt


def _broken(operation: Operation, request: Any) -> set[str]:
    return {violation.schema_path for violation in iter_violations(operation, request)}


def _same(found: Finding, finding: Finding) -> bool:
    """Whether one finding is the other, or as much of it as fewer calls can show."""
    if (found.check, found.operation, found.direction) != (finding.check, finding.operation, finding.direction):
        return False
    if found.severity < finding.severity:
        return False
    if not finding.violations:
        return found.group == finding.group
    return {each.schema_path for each in found.violations} <= {each.schema_path for each in finding.violations}


def fewest(items: list[Any], holds: Callable[[list[Any]], bool]) -> list[Any]:
    """A smallest sublist for which `holds`, by halving what is left out; `holds(items)` is taken for granted."""
    parts = 2
    while len(items) >= 2:
        size = max(1, len(items) // parts)
        for start in range(0, len(items), size):
            lesser = items[:start] + items[start + size :]
            if lesser and holds(lesser):
                items, parts = lesser, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return items
            parts = min(parts * 2, len(items))
    return items
