"""boto3 calls watched: each held to its contract when it has ended, with the line of the user's code that made it."""

from __future__ import annotations

import contextlib
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator import preflight, results
from validator.checks import conformance
from validator.coverage import Coverage
from validator.errors import ContractViolationError
from validator.exchange import Exchange
from validator.policy import Policy
from validator.results import Finding, Location
from validator.validate import load

# Frames of these are not where a user made the call.
_INNER = ("boto3", "botocore", "s3transfer", "validator", "moto", "aioboto3", "aiobotocore", "placebo", "vcr")
_STANDARD = (sysconfig.get_path("stdlib"), "<frozen")
_MOST = 1000


@dataclass
class Seen:
    """What was seen of the calls of one test, or of one block: `exchanges`, and `findings` that count."""

    exchanges: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    place: Location | None = None
    # What is wrong with the test's own marker.
    wrong: str = ""
    reported: int = 0

    def fresh(self) -> list[Finding]:
        """The findings since this was last asked."""
        fresh, self.reported = self.findings[self.reported :], len(self.findings)
        return fresh


class Recorder:
    """Judges each finished call and hands what it finds to whoever is current; safe under threads."""

    def __init__(self) -> None:
        self.current = Seen()
        self.lock = threading.Lock()
        self.coverage = Coverage()
        self.counts: dict[str, dict[str, int]] = {}
        self.matrix: dict[str, dict[str, dict[str, int]]] = {}

    def start(self) -> None:
        """Attach to every client of the process."""
        preflight.attach(on_violation=self._unsent, on_exchange=self._finished)

    def stop(self) -> None:
        """Leave boto3 as it was."""
        preflight.detach()

    def _unsent(self, error: ContractViolationError) -> None:
        # Judged again when the call has been answered: only then is it known whether the target took it.
        pass

    def _finished(self, exchange: Exchange) -> None:
        operation = load(exchange.service).operation(exchange.operation)
        findings: list[Finding] = []
        judged: list[str] = []
        for direction, instance, code in _messages(exchange):
            judged.append(f"{direction}_conformance")
            findings += conformance.judge(operation.contract, exchange, direction, instance, code)
        if exchange.error is not None:
            judged.append("error_declared")
            findings += conformance.error_declared(operation.contract, [exchange])
        place = _user_line() or self.current.place
        findings = [_placed(finding, place) for finding in findings]
        with self.lock:
            name = f"{exchange.service}.{exchange.operation}"
            counts = self.counts.setdefault(name, {"requests": 0, "accepted": 0, "rejected": 0})
            counts["requests"] += 1
            counts["accepted" if exchange.accepted else "rejected"] += 1
            row = self.matrix.setdefault(name, {})
            for check in judged:
                row.setdefault(check, {"judged": 0, "findings": 0})["judged"] += 1
            if exchange.request is not None:
                self.coverage.observe(operation, exchange.request)
            current = self.current
            kept = list(current.policy.weigh(findings))
            for finding in kept:
                row.setdefault(finding.check, {"judged": 0, "findings": 0})["findings"] += 1
            current.findings.extend(kept)
            if len(current.exchanges) < _MOST:
                current.exchanges.append(exchange)


def _messages(exchange: Exchange) -> Iterator[tuple[str, Any, str | None]]:
    if exchange.request is not None:
        yield "request", exchange.request, None
    if exchange.error is not None:
        if exchange.error.body and exchange.error.code in load(exchange.service).operation(exchange.operation).errors:
            yield "error", exchange.error.body, exchange.error.code
    elif exchange.response is not None:
        yield "response", exchange.response, None


def _placed(finding: Finding, place: Location | None) -> Finding:
    return results.at(finding, place) if finding.location is None else finding


def _user_line() -> Location | None:
    frame = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _INNER and not frame.f_code.co_filename.startswith(_STANDARD):
            file = Path(frame.f_code.co_filename)
            with contextlib.suppress(ValueError):
                file = file.relative_to(Path.cwd())
            return Location(str(file), frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return None


@contextlib.contextmanager
def watched(policy: Policy | None = None) -> Iterator[Seen]:
    """Every boto3 call made inside, judged: for one test of a suite that is not watched as a whole."""
    recorder = Recorder()
    recorder.current = Seen(policy=policy or Policy())
    recorder.start()
    try:
        yield recorder.current
    finally:
        recorder.stop()
