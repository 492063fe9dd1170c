"""What a run looks like from afar: when it sent what, which states followed which, what each check had to judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator import families, history
from validator.checks.conformance import unreadable
from validator.contract import Contract, Operation
from validator.exchange import Exchange

# The timeline is a picture: with more points than this, every other one is dropped, and again.
_MOST = 3000

Counts = dict[str, dict[str, int]]
Edges = dict[str, dict[tuple[str, str], int]]


def _any(operation: Operation, exchange: Exchange) -> bool:
    return True


def _refused(operation: Operation, exchange: Exchange) -> bool:
    return exchange.error is not None


def _paged(operation: Operation, exchange: Exchange) -> bool:
    return operation.pagination is not None and exchange.response is not None


def _about(*verbs: str) -> Callable[[Operation, Exchange], bool]:
    def about(operation: Operation, exchange: Exchange) -> bool:
        found = families.family_of(operation.contract, operation.name)
        return found is not None and found[1] in verbs

    return about


_SEEING = _about("describe", "list")
# Which exchanges a check has anything to say of; a check that is not here judges them all.
_RELEVANT: Mapping[str, Callable[[Operation, Exchange], bool]] = {
    "response_conformance": lambda _, exchange: exchange.response is not None or unreadable(exchange) == "response",
    "error_conformance": lambda _, exchange: exchange.error is not None or unreadable(exchange) == "error",
    "error_declared": _refused, "error_status": _refused,
    "no_effect_after_rejection": _refused, "page_size": _paged, "page_progress": _paged, "page_disjoint": _paged,
    "page_complete": _paged, "token_rejected": lambda operation, _: operation.pagination is not None,
    "filter_holds": _paged, "lifecycle": _SEEING, "timestamps_ordered": _SEEING, "describe_agrees": _SEEING,
    "account_isolated": _SEEING, "created_is_listed": _about("create", "list"),
    "deleted_is_gone": _about("delete", "describe", "list"), "name_unique": _about("create"),
    "quota_holds": _about("create"), "missing_is_not_found": _about("describe", "delete", "stop"),
    "closure": _about("create", "describe", "list"),
    "tags_agree": lambda operation, _: "Tag" in operation.name,
}  # fmt: skip


@dataclass(slots=True)
class Picture:
    """The picture of one run, or of one process's share of it; plain data inside, so that shares can be added up."""

    points: list[tuple[float, str, int, str]] = field(default_factory=list)
    edges: Edges = field(default_factory=dict)
    declared: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    judged: Counts = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    _every: int = 1
    _heard: int = 0

    def hear(self, exchange: Exchange) -> None:
        """Note when an exchange ended."""
        self._heard += 1
        if self._heard % self._every:
            return
        name = f"{exchange.service}.{exchange.operation}"
        moment = time.perf_counter() - self.started
        self.points.append((round(moment, 4), name, exchange.status or 0, exchange.phase or ""))
        if len(self.points) > _MOST:
            self.points = self.points[::2]
            self._every *= 2

    def chapter(self, contract: Contract, exchanges: list[Exchange], checks: Iterable[str]) -> None:
        """Note what a chapter gave the checks to judge, and which states followed which in it."""
        # What is relevant depends on the operation and on whether it was taken: asked once for each kind of exchange.
        kinds: dict[tuple[str, bool, bool, str | None], tuple[Exchange, int]] = {}
        for exchange in exchanges:
            kind = exchange.operation, exchange.error is None, exchange.response is None, unreadable(exchange)
            kinds[kind] = exchange, kinds.get(kind, (exchange, 0))[1] + 1
        wanted = [(check, _RELEVANT.get(check, _any)) for check in checks]
        for exchange, count in kinds.values():
            operation = contract.operation(exchange.operation)
            row = self.judged.setdefault(f"{exchange.service}.{exchange.operation}", {})
            for check, relevant in wanted:
                if relevant(operation, exchange):
                    row[check] = row.get(check, 0) + count
        for life in history.read(contract, exchanges).lives.values():
            if (rules := life.family.lifecycle) is None:
                continue
            name = f"{contract.service}.{life.family.name}"
            self.declared.setdefault(
                name, [(state, then) for state, nexts in rules.next.items() for then in sorted(nexts)]
            )
            edges = self.edges.setdefault(name, {})
            before: str | None = None
            for sight in life.sights:
                status = sight.seen.get(rules.member)
                if isinstance(status, str):
                    if before is not None and before != status:
                        edges[before, status] = edges.get((before, status), 0) + 1
                    before = status

    def add(self, other: Picture) -> None:
        """Take in another share's picture."""
        self.points = sorted([*self.points, *other.points])[:: 2 if len(self.points) + len(other.points) > _MOST else 1]
        for name, edges in other.edges.items():
            mine = self.edges.setdefault(name, {})
            for edge, count in edges.items():
                mine[edge] = mine.get(edge, 0) + count
        self.declared.update(other.declared)
        for name, row in other.judged.items():
            counts = self.judged.setdefault(name, {})
            for check, count in row.items():
                counts[check] = counts.get(check, 0) + count

    def details(self, found: Mapping[tuple[str, str], int]) -> dict[str, Any]:
        """The `matrix`, `timeline` and `lifecycles` of a report; `found` counts findings by operation and check."""
        return {
            "matrix": {
                name: {
                    check: {"judged": count, "findings": found.get((name, check), 0)} for check, count in row.items()
                }
                for name, row in sorted(self.judged.items())
            },
            "timeline": [
                {"t": moment, "operation": name, "status": status, "phase": phase, "finding": None}
                for moment, name, status, phase in self.points
            ],
            "lifecycles": {
                name: {
                    "declared": [list(edge) for edge in declared],
                    "seen": [[start, end, count] for (start, end), count in sorted(self.edges.get(name, {}).items())],
                }
                for name, declared in sorted(self.declared.items())
            },
        }
