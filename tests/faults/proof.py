"""What a fuzz run reports of one faulty emulator, and what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.faults.broken import Fault
from validator import fuzz
from validator.fuzzing import selection
from validator.fuzzing.stage import Options
from validator.results import Finding, Severity
from validator.transport import MemoryTarget
from validator.transport.target import BudgetSpentError


@dataclass(frozen=True)
class Proof:
    """The findings that count, how many requests were sent before the run ended, and the CPU seconds it took."""

    fault: Fault
    findings: tuple[Finding, ...]
    requests: int
    seconds: float

    @property
    def named(self) -> tuple[str, ...]:
        """The checks that found something."""
        return tuple(sorted({finding.check for finding in self.findings}))

    @property
    def found(self) -> bool:
        """Whether a check that should has found it."""
        return bool(self.fault.checks & set(self.named))


def prove(fault: Fault, options: Options | None = None, selectors: tuple[str, ...] = ()) -> Proof:
    """Fuzz an emulator with one fault, with default settings unless others are given; infos do not count.

    Ends when a check that should find the fault has found it.
    """
    started = time.process_time()

    def told(finding: Finding) -> None:
        if finding.check in fault.checks and finding.severity > Severity.INFO:
            raise BudgetSpentError("found")

    options = options or Options(shrink=False)
    report = fuzz.run(MemoryTarget(fault.build()), selection.operations(selectors), options, told=told)
    counted = tuple(finding for finding in report.findings if finding.severity > Severity.INFO)
    return Proof(fault, counted, report.exchanges, time.process_time() - started)
