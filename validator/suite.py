"""A test suite held to contracts: the test that made a call fails by what is broken, and a summary closes the run."""

from __future__ import annotations

import base64
import dataclasses
import pickle
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from validator import redaction, report, results, settings
from validator.errors import AwsContractError, UnusableInputError
from validator.policy import Ignore, Policy, load_baseline
from validator.report import terminal
from validator.results import Finding, Location, Severity
from validator.validate import load
from validator.watching import Recorder, Seen

_KEY = "aws_contract"
_BROKE = "a boto3 call broke its contract"


class Suite:
    """The plugin object of a suite that is held: fails tests, and closes with a summary; one per process of xdist."""

    def __init__(self, config: pytest.Config, mode: str) -> None:
        self.config = config
        found = settings.find(config.rootpath)
        self.mode = "strict" if mode == "on" and found.get("strict") else mode
        self.started = time.perf_counter()
        ignores = [Ignore.from_text(entry["check"], entry["reason"]) for entry in found.get("ignore", ())]
        ignores += [_ignore(line) for line in config.getini("aws_contract_ignore")]
        baseline = found.get("baseline")
        accepted = load_baseline(found.path.parent / baseline) if baseline and found.path is not None else {}
        self.policy = Policy(self.mode == "strict", ignores, accepted)
        self.outputs = [_output(text) for text in config.getoption("--aws-contract-report")]
        self.fail_under: float | None = config.getoption("--aws-contract-fail-under")
        if self.fail_under is None:
            self.fail_under = found.get("fail-under")
        self.recorder = Recorder()
        self.findings: list[Finding] = []
        # Of calls that no test made: of modules while they are imported, of the session's own hooks.
        self.outside = self.recorder.current = Seen(policy=self.policy)
        self.unreasoned: list[str] = []
        self.said: list[str] = []
        self.recorder.start()

    def stop(self) -> None:
        """Leave boto3 as it was."""
        self.recorder.stop()

    @property
    def current(self) -> Seen:
        """What was seen of the current test."""
        return self.recorder.current

    # Each test ------------------------------------------------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give each test a sheet of its own."""
        file, line, _ = item.location
        place = Location(file, None if line is None else line + 1)
        try:
            marked, wrong = list(_marked(item)), ""
        except AwsContractError as error:
            marked, wrong = [], str(error)
        if any(not ignore.reason for ignore in marked):
            self.unreasoned.append(item.nodeid)
        policy = dataclasses.replace(self.policy, ignores=[*self.policy.ignores, *marked])
        self.recorder.current = seen = Seen(policy=policy, place=place, wrong=wrong)
        yield
        self.findings += seen.findings
        self.recorder.current = self.outside

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, Any]:
        """Fail the set-up of a test whose marker cannot be read, or which breaks a contract."""
        if self.current.wrong:
            pytest.fail(self.current.wrong, pytrace=False)
        return (yield from self._held())

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Fail a test that breaks a contract, before anything else looks at it: `xfail` then counts as ever."""
        return (yield from self._held())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, Any]:
        """Fail a teardown that breaks a contract, when all of it is done."""
        return (yield from self._held())

    def _held(self) -> Generator[None, Any, Any]:
        try:
            result = yield
        except pytest.skip.Exception:
            # What was broken before the test was skipped is broken all the same.
            if text := self._broken():
                pytest.fail(f"{_BROKE}, then the test was skipped\n\n{text}", pytrace=False)
            raise
        if text := self._broken():
            pytest.fail(f"{_BROKE}\n\n{text}", pytrace=False)
        return result

    def _broken(self) -> str:
        """What the calls broke since this was last asked, as text; nothing in the mode `warn`."""
        worst = [finding for finding in self.current.fresh() if finding.severity is Severity.ERROR]
        return "" if self.mode == "warn" else "\n\n".join(terminal.blocks(worst))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """Add to a test that has failed by itself what its calls broke."""
        outcome: Any = yield
        if text := self._broken():
            outcome.get_result().sections.append(("aws-contract", text))

    # The whole session ----------------------------------------------------------------------------------------------

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand what a worker saw to the process that reports; there, write the reports and have the last word."""
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[_KEY] = _packed(self)
            return
        if any(finding.severity is Severity.ERROR for finding in self.outside.findings) and self.mode != "warn":
            self._fail(session)
        covered = self.report().covered
        if self.fail_under is not None and covered is not None and covered < self.fail_under:
            self.said.append(f"constraint coverage {covered:.1f} % is under {self.fail_under:g} %")
            self._fail(session)
        for name, path in self.outputs:
            try:
                text = report.renderer(name)(self.report(), report.Page()) + "\n"
                path.write_text(text, "utf-8", errors="backslashreplace")
                self.said.append(f"wrote {path}")
            except OSError as error:
                self.said.append(f"cannot write {path}: {error.strerror}")
                session.exitstatus = pytest.ExitCode.USAGE_ERROR

    @staticmethod
    def _fail(session: pytest.Session) -> None:
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker saw."""
        if packed := getattr(node, "workeroutput", {}).get(_KEY):
            _unpack(self, packed)

    def report(self) -> results.Report:
        """Everything seen, as a report like any command's."""
        # Counted per operation: a test's own sheet keeps only its first exchanges.
        sent = sum(row["requests"] for row in self.recorder.counts.values())
        return results.Report(
            "pytest",
            [redaction.redacted(finding) for finding in [*self.findings, *self.outside.findings]],
            exchanges=sent,
            checked=sent,
            seconds=time.perf_counter() - self.started,
            coverage=self.recorder.coverage.to_json(),
            details={"operations": self.recorder.counts, "matrix": self.recorder.matrix},
        )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Operations seen, constraint coverage, findings by group; what was broken outside of tests, in full."""
        if hasattr(self.config, "workerinput"):
            return
        terminalreporter.section("aws-contract")
        if outside := [finding for finding in self.outside.findings if finding.severity is Severity.ERROR]:
            terminalreporter.write_line("outside of any test:")
            terminalreporter.write_line("\n\n".join(terminal.blocks(outside)) + "\n")
        for line in terminal.summary(self.report()):
            terminalreporter.write_line(line)
        if self.unreasoned:
            more = f" and {len(self.unreasoned) - 1} more" if len(self.unreasoned) > 1 else ""
            terminalreporter.write_line(f"ignores without a reason: {self.unreasoned[0]}{more}; say it with reason=")
        for line in self.said:
            terminalreporter.write_line(line, red=not line.startswith("wrote"))


# Across the processes of xdist --------------------------------------------------------------------------------------


def _packed(suite: Suite) -> dict[str, Any]:
    state = (
        suite.findings,
        suite.outside.findings,
        suite.unreasoned,
        suite.recorder.counts,
        suite.recorder.matrix,
        suite.recorder.coverage.export(),
    )
    return {"state": base64.b64encode(pickle.dumps(state)).decode()}


def _unpack(suite: Suite, packed: dict[str, Any]) -> None:
    # From our own worker process, through execnet's private pipe: never from outside.
    findings, outside, unreasoned, counts, matrix, coverage = pickle.loads(base64.b64decode(packed["state"]))
    suite.findings += findings
    suite.unreasoned += unreasoned
    # Every worker imports every module, and so makes the calls that importing makes: they are told once.
    known = Counter((finding.id, finding.location) for finding in suite.outside.findings)
    for finding in outside:
        if known[finding.id, finding.location]:
            known[finding.id, finding.location] -= 1
        else:
            suite.outside.findings.append(finding)
    recorder = suite.recorder
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


# What is asked for --------------------------------------------------------------------------------------------------


def _marked(item: pytest.Item) -> Iterator[Ignore]:
    for marker in item.iter_markers("aws_contract"):
        if unknown := sorted(set(marker.kwargs) - {"ignore", "reason"}) or [repr(each) for each in marker.args]:
            raise UnusableInputError(f"the marker aws_contract takes ignore= and reason=, not {unknown[0]}")
        ignored: str | Sequence[str] = marker.kwargs.get("ignore", [])
        for text in [ignored] if isinstance(ignored, str) else ignored:
            place, _, reason = str(text).partition("#")
            yield Ignore.from_text(place.strip(), str(marker.kwargs.get("reason", reason)).strip())


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
    if not Path(path).parent.is_dir():
        raise UnusableInputError(f"there is no folder {Path(path).parent}", where="--aws-contract-report")
    return name, Path(path)
