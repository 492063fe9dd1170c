"""A fuzz run: phases that drive a target, checks that judge what came back, findings made small."""
from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from validator import checks, reproduce, stateful
from validator.contract import Contract, Operation
from validator.coverage import Coverage
from validator.exchange import Exchange
from validator.fuzzing import bounds, drawn, examples, paging
from validator.fuzzing.journal import Journal, Listener
from validator.fuzzing.shrink import Shrinker
from validator.fuzzing.stage import Options, Stage
from validator.fuzzing.world import World
from validator.results import Finding, Report, Severity, Unchecked
from validator.transport.target import BudgetSpentError, Target

Phase = Callable[[Stage, Sequence[Operation]], None]

# In the order in which they run. Each phase opens chapters, sends, and leaves the judging to the chapter's end.
PHASES: dict[str, Phase] = {
    "examples": examples.run, "boundary": bounds.run, "positive": drawn.positive, "negative": drawn.negative,
    "pagination": paging.run, "stateful": stateful.run,
}
# What the fuzzer sends is broken on purpose, so that what it sends is not judged.
JUDGED = tuple(id for id in checks.table() if id != "request_conformance")


class Run(Stage):
    """One run: its target, its counts, its findings."""

    def __init__(self, target: Target, options: Options, listener: Listener | None = None) -> None:
        super().__init__(Journal(target, Coverage(), listener), options)
        self.findings: dict[tuple[str, str, str, str], Finding] = {}
        self.stopped: str | None = None

    @contextlib.contextmanager
    def chapter(self, contract: Contract, phase: str) -> Iterator[World]:
        """A fresh target, where it can be had, and a world to refer to; judged when it closes, however it closes."""
        target = self.journal.target
        if target.owned:
            target.reset()
        opened = self.journal.open(contract, phase)
        self.chapters += 1
        salt = "" if target.owned else f"{self.options.seed % 0xFFFF:x}x{self.chapters}x"
        chance = random.Random(f"{self.options.seed} {contract.service} {phase} {self.chapters}")
        try:
            yield World(self.journal, contract, self.options.given, chance, salt)
        finally:
            self._judge(contract, opened.exchanges)

    def note(self, contract: Contract, findings: Iterable[Finding], exchanges: Sequence[Exchange]) -> None:
        """Keep each problem once, as small as it can be made."""
        target = self.journal.target
        for finding in findings:
            if finding.group in self.findings:
                continue
            small = finding
            # Infos are many and plain; making them small is not worth the calls.
            if target.owned and finding.severity > Severity.INFO and target.reset():
                small = Shrinker(_inner(target), contract).shrink(finding, exchanges)
            self.findings[finding.group] = reproduce.with_lines(small, contract, self.options.endpoint)

    def _judge(self, contract: Contract, exchanges: list[Exchange]) -> None:
        found = sorted(checks.run(contract, exchanges, only=JUDGED), key=lambda finding: len(finding.calls))
        self.note(contract, found, exchanges)


def _inner(target: Target) -> Target:
    """The target beneath a budget: making a finding small is not part of what was asked for."""
    inner: Target = getattr(target, "target", target)
    return inner


def run(target: Target, operations: Sequence[Operation], options: Options, *, listener: Listener | None = None) -> Report:
    """Drive a target through the phases and report what the checks found.

    Ends early, with what was found so far, when the target's budget is spent. EnvironmentFailedError when the target
    cannot be reached.
    """
    started = time.perf_counter()
    current = Run(target, options, listener)
    current.coverage.watch(operations)
    by_contract: dict[str, list[Operation]] = {}
    for operation in operations:
        by_contract.setdefault(operation.service, []).append(operation)
    seconds: dict[str, float] = {}
    try:
        for phase in options.phases:
            begun = time.perf_counter()
            for chosen in by_contract.values():
                PHASES[phase](current, chosen)
            seconds[phase] = time.perf_counter() - begun
    except BudgetSpentError as spent:
        current.stopped = str(spent)
    return report(current, operations, seconds, time.perf_counter() - started)


def report(current: Run, operations: Sequence[Operation], seconds: Mapping[str, float], total: float) -> Report:
    """The run as a report: findings worst first, coverage, and the table of operations in its details."""
    journal = current.journal
    offered = [operation for operation in operations if journal.supported(operation)]
    counts = journal.coverage.to_json()
    for operation in operations:
        if operation not in offered:
            counts["operations"].pop(f"{operation.service}.{operation.name}", None)
    rows = counts["operations"].values()
    counts["constraints"] = {name: sum(row[name] for row in rows) for name in ("total", "satisfied", "violated")}
    findings = sorted(current.findings.values(), key=lambda each: (-each.severity, each.service, each.operation, each.check))
    sent = sum(tally.requests for tally in journal.tallies.values())
    details: dict[str, Any] = {
        "target": journal.target.name, "seed": current.options.seed,
        "phases": {phase: {"requests": count, "seconds": round(seconds.get(phase, 0.0), 3)} for phase, count in journal.phases.items()},
        "operations": {
            f"{service}.{name}": {
                "requests": tally.requests, "accepted": tally.accepted, "rejected": tally.rejected, "unsupported": tally.unsupported,
                "findings": sum(finding.service == service and finding.operation == name for finding in findings),
            } for (service, name), tally in sorted(journal.tallies.items())
        },
    }
    if current.stopped:
        details["stopped"] = current.stopped
    unchecked = [Unchecked(f"{each.reason} ({count} times)" if count > 1 else each.reason, each.service, each.operation)
                 for each, count in sorted(journal.unchecked.items(), key=lambda item: (item[0].service or "", item[0].operation or "", item[0].reason))]
    return Report("fuzz", findings, exchanges=sent, checked=sent, unchecked=unchecked, seconds=total, coverage=counts, details=details)
