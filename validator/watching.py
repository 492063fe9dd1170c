"""A test suite's boto3 calls, watched: each held to its contract, the test that made it failed by what is broken."""

from __future__ import annotations

import contextlib
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from validator import preflight, redaction, report, results
from validator.checks import conformance
from validator.coverage import Coverage
from validator.errors import ContractViolationError, UnusableInputError
from validator.exchange import Exchange
from validator.policy import Ignore, Policy
from validator.report import terminal
from validator.results import Finding, Location, Severity
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


class Watching:
    """The plugin object of a watched suite: fails tests, and closes with a summary; one per process of xdist."""

    def __init__(self, config: pytest.Config, mode: str) -> None:
        self.config, self.mode = config, mode
        self.started = time.perf_counter()
        self.ignores = [_ignore(line) for line in config.getini("aws_contract_ignore")]
        self.outputs = [_output(text) for text in config.getoption("--aws-contract-report")]
        self.fail_under: float | None = config.getoption("--aws-contract-fail-under")
        self.recorder = Recorder()
        self.findings: list[Finding] = []
        self.recorder.start()

    def stop(self) -> None:
        """Leave boto3 as it was."""
        self.recorder.stop()

    def of_test(self, nodeid: str) -> Seen:
        """What was seen of the current test."""
        return self.recorder.current

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give each test a sheet of its own."""
        ignores = [*self.ignores, *_marked(item)]
        file, line, _ = item.location
        place = Location(file, None if line is None else line + 1)
        self.recorder.current = seen = Seen(policy=Policy(self.mode == "strict", ignores), place=place)
        yield
        self.findings += seen.findings

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Fail the phase in which a call broke its contract, with the diagnostics."""
        outcome: Any = yield
        said = outcome.get_result()
        worst = [finding for finding in self.recorder.current.fresh() if finding.severity is Severity.ERROR]
        if not worst or self.mode == "warn":
            return
        text = "\n\n".join(terminal.blocks(worst))
        if said.outcome == "passed":
            said.outcome, said.longrepr = "failed", f"a boto3 call broke its contract\n\n{text}"
        else:
            said.sections.append(("aws-contract", text))

    # Across the processes of xdist -------------------------------------------------------------------------------

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand what a worker saw to the process that reports, or judge the coverage there."""
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[_KEY] = _packed(self)
        elif self.fail_under is not None and self._covered() < self.fail_under and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker saw."""
        if packed := getattr(node, "workeroutput", {}).get(_KEY):
            _unpack(self, packed)

    # The summary -------------------------------------------------------------------------------------------------

    def _covered(self) -> float:
        met, possible = self.report().sides
        return 100 * met / possible if possible else 100.0

    def report(self) -> results.Report:
        """Everything seen, as a report like any command's."""
        # Counted per operation: a test's own sheet keeps only its first exchanges.
        sent = sum(row["requests"] for row in self.recorder.counts.values())
        return results.Report(
            "pytest",
            [redaction.redacted(finding) for finding in self.findings],
            exchanges=sent,
            checked=sent,
            seconds=time.perf_counter() - self.started,
            coverage=self.recorder.coverage.to_json(),
            details={"operations": self.recorder.counts, "matrix": self.recorder.matrix},
        )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Operations seen, constraint coverage, findings by group; then the reports that were asked for."""
        if hasattr(self.config, "workerinput"):
            return
        seen = self.report()
        terminalreporter.section("aws-contract")
        for line in terminal.summary(seen):
            terminalreporter.write_line(line)
        if self.fail_under is not None and (covered := self._covered()) < self.fail_under:
            terminalreporter.write_line(f"constraint coverage {covered:.1f} % is under {self.fail_under:g} %", red=True)
        for name, path in self.outputs:
            path.write_text(report.renderer(name)(seen, report.Page()) + "\n", "utf-8", errors="backslashreplace")
            terminalreporter.write_line(f"wrote {path}")


_KEY = "aws_contract"


def _packed(watching: Watching) -> dict[str, Any]:
    import base64
    import pickle

    state = (
        watching.findings,
        watching.recorder.counts,
        watching.recorder.matrix,
        watching.recorder.coverage.export(),
    )
    return {"state": base64.b64encode(pickle.dumps(state)).decode()}


def _unpack(watching: Watching, packed: dict[str, Any]) -> None:
    import base64
    import pickle

    # From our own worker process, through execnet's private pipe: never from outside.
    findings, counts, matrix, coverage = pickle.loads(base64.b64decode(packed["state"]))
    watching.findings += findings
    recorder = watching.recorder
    for name, row in counts.items():
        mine = recorder.counts.setdefault(name, dict.fromkeys(row, 0))
        for key, count in row.items():
            mine[key] += count
    for name, checks in matrix.items():
        for check, row in checks.items():
            mine = recorder.matrix.setdefault(name, {}).setdefault(check, {"judged": 0, "findings": 0})
            for key, count in row.items():
                mine[key] += count
    recorder.coverage.watch(load(service).operation(operation) for service, operation in coverage)
    recorder.coverage.merge(coverage)


def _marked(item: pytest.Item) -> Iterator[Ignore]:
    for marker in item.iter_markers("aws_contract"):
        if unknown := sorted(set(marker.kwargs) - {"ignore", "reason"}) or marker.args:
            raise pytest.UsageError(
                f"{item.nodeid}: the marker aws_contract takes ignore= and reason=, not {unknown[0]!r}"
            )
        reason = marker.kwargs.get("reason", "")
        ignored = marker.kwargs.get("ignore", [])
        if ignored and not str(reason).strip():
            raise pytest.UsageError(f"{item.nodeid}: the marker aws_contract(ignore=...) needs a reason=...")
        for text in [ignored] if isinstance(ignored, str) else ignored:
            yield Ignore.from_text(text, str(reason))


def _ignore(line: str) -> Ignore:
    text, _, reason = line.partition("#")
    if not reason.strip():
        raise UnusableInputError(
            f"{line!r} has no reason", where="aws_contract_ignore", fix="write CHECK:place  # reason"
        )
    return Ignore.from_text(text.strip(), reason.strip())


def _output(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    report.renderer(name)
    if not equals or not path:
        raise UnusableInputError(f"{text!r} has no path", where="--aws-contract-report", fix="write FORMAT=PATH")
    return name, Path(path)
