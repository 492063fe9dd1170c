"""A finding made small: the fewest calls and members that still show it, by sending them to a target that forgets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from validator import checks
from validator.contract import Contract
from validator.exchange import Exchange
from validator.fuzzing.resend import about, needed, resend
from validator.results import Finding
from validator.transport.target import Target
from validator.validate import is_valid

# Calls spent on making one finding small, and on all findings of a run.
_CALLS = 600
_ALL = 12_000
_KEPT = 50


class Allowance:
    """The calls that may still be spent in a run."""

    def __init__(self, calls: int = _ALL) -> None:
        self.left = calls


class Shrinker:
    """Makes findings of one contract small on a target that can be reset."""

    def __init__(self, target: Target, contract: Contract, allowance: Allowance) -> None:
        self.target, self.contract, self._left, self._allowance = target, contract, 0, allowance

    def shrink(self, finding: Finding, exchanges: Sequence[Exchange]) -> Finding:
        """The same finding shown by fewer calls; as it came when it does not show again."""
        self._left = min(_CALLS, self._allowance.left)
        seeds = list(dict.fromkeys(index for call in finding.calls if (index := place(call, exchanges)) is not None))
        if not seeds:
            return finding
        # First what the calls refer to, then every call about the same things, then also about those they show, and at
        # last everything before them.
        last = max(seeds)
        first, second = needed(exchanges, seeds), needed(exchanges, seeds, shown=True)
        for indexes in (first, about(exchanges, first, last), about(exchanges, second, last), range(last + 1)):
            calls = [exchanges[index] for index in indexes]
            found = self.shows(finding, calls) if len(calls) <= self._left else None
            if found is not None:
                calls = fewest(calls, lambda some: self.shows(finding, some) is not None)
                calls = self._smaller(finding, calls)
                return self.shows(finding, calls, force=True) or found
        # It does not show again, or the allowance is spent: the calls it seems to need, as they were sent.
        calls = [exchanges[index] for index in about(exchanges, second, last)][-_KEPT:]
        return dataclasses.replace(finding, calls=tuple(call.to_json() for call in calls))

    def shows(self, finding: Finding, calls: Sequence[Exchange], *, force: bool = False) -> Finding | None:
        """The finding, if these calls alone show it on a target that has forgotten everything."""
        if self._left <= 0 and not force:
            return None
        self._left -= len(calls)
        self._allowance.left -= len(calls)
        self.target.reset()
        sent = resend(self.target, self.contract, calls)
        for found in checks.run(self.contract, sent, only=[finding.check]):
            if _same(found, finding):
                return dataclasses.replace(found, calls=tuple(call.to_json() for call in sent))
        return None

    def _smaller(self, finding: Finding, calls: list[Exchange]) -> list[Exchange]:
        """Without the members of each request that do not matter."""
        for at, call in enumerate(calls):
            if not isinstance(call.request, Mapping):
                continue
            for member in list(call.request):
                lesser = {name: value for name, value in calls[at].request.items() if name != member}
                operation = self.contract.operation(call.operation)
                if is_valid(operation, calls[at].request) and not is_valid(operation, lesser):
                    # A right request made wrong would show another fault.
                    continue
                attempt = [*calls[:at], dataclasses.replace(calls[at], request=lesser), *calls[at + 1 :]]
                if self.shows(finding, attempt) is not None:
                    calls = attempt
        return calls


def _same(found: Finding, finding: Finding) -> bool:
    """Whether one finding is the other, or as much of it as fewer calls can show."""
    if (found.check, found.operation, found.direction) != (finding.check, finding.operation, finding.direction):
        return False
    if found.severity < finding.severity:
        return False
    if not finding.violations:
        return found.group == finding.group
    return {each.schema_path for each in found.violations} <= {each.schema_path for each in finding.violations}


def place(call: Mapping[str, Any], exchanges: Sequence[Exchange]) -> int | None:
    """Which of the exchanges a finding's call is."""
    for index, exchange in enumerate(exchanges):
        if (
            exchange.operation == call["operation"]
            and exchange.request is call.get("request")
            and exchange.response is call.get("response")
            and exchange.account == call.get("account")
            and (exchange.error.message if exchange.error else None) == call.get("error", {}).get("message")
        ):
            return index
    return None


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
