"""Whoever stops a run gets what it has found; whoever insists gets rid of it."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.table import FAULTS

from validator import fuzz
from validator.__main__ import run as main
from validator.commands import targets
from validator.emulator import Emulator
from validator.errors import EnvironmentFailedError
from validator.fuzzing import selection
from validator.fuzzing.many import _gathered
from validator.fuzzing.shrink import Shrinker
from validator.fuzzing.stage import Options
from validator.transport import Limited, MemoryTarget, interrupts

NAMED = {fault.name: fault for fault in FAULTS}


class Interrupted(MemoryTarget):
    """A target at whose calls somebody loses patience; what is sent to make findings small counts too."""

    at: tuple[int, ...] = ()
    only: Callable[[str | None], bool] = staticmethod(lambda phase: True)
    calls = 0

    def send(self, *arguments: Any, **named: Any) -> Any:
        Interrupted.calls += self.only(named.get("phase"))
        if Interrupted.calls in self.at:
            Interrupted.calls += 1
            raise KeyboardInterrupt
        return super().send(*arguments, **named)


@pytest.fixture
def interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr(targets, "MemoryTarget", Interrupted)
    monkeypatch.setattr(targets, "Emulator", lambda **named: NAMED["accepts-too-large-page"].build())

    def at(*calls: int, phase: str | None = None) -> None:
        monkeypatch.setattr(Interrupted, "calls", 0)
        monkeypatch.setattr(Interrupted, "at", calls)
        monkeypatch.setattr(Interrupted, "only", staticmethod(lambda seen: phase in (None, seen)))

    return at


@pytest.mark.parametrize(
    ("calls", "phase"),
    [
        (130, "boundary"),  # In the middle of a phase.
        (3, "negative"),  # While Hypothesis draws.
        (30, "pagination"),
    ],
)
def test_an_interrupt_keeps_what_was_found(
    interrupt: Any, capsys: pytest.CaptureFixture[str], calls: int, phase: str
) -> None:
    interrupt(calls, phase=phase)
    chosen = ["personalize.ListSchemas", "personalize.ListDatasets", "personalize.ListDatasetGroups"]
    phases = ["--phases", "boundary,negative,pagination", "--max-examples", "5"]
    assert main(["fuzz", *chosen, *phases, "--report", "json=r.json", "--report", "junit=r.xml"]) == 130
    assert capsys.readouterr().err == "aws-contract: stopped by you; what is not in the table was not tried\n"
    report = json.loads(Path("r.json").read_text())
    assert {finding["check"] for finding in report["findings"]} >= {"invalid_rejected"}
    assert all(finding["calls"] for finding in report["findings"])
    assert (report["details"]["stopped"], report["details"]["stopped_by"]) == ("stopped by you", "user")
    assert Path("r.xml").exists()


def test_an_interrupt_while_a_finding_is_made_small_keeps_it_and_the_others(
    interrupt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt()
    usual, times = Shrinker.shrink, [0]

    def shrink(self: Shrinker, *arguments: Any) -> Any:
        times[0] += 1
        if times[0] == 1:
            raise KeyboardInterrupt
        return usual(self, *arguments)

    chosen = ["fuzz", "personalize.ListSchemas", "personalize.ListDatasets", "--phases", "boundary", "--report"]
    assert main([*chosen, "json=whole.json"]) == 1
    monkeypatch.setattr(Shrinker, "shrink", shrink)
    assert main([*chosen, "json=r.json"]) == 130
    whole, half = (json.loads(Path(name).read_text())["findings"] for name in ("whole.json", "r.json"))
    assert [finding["id"] for finding in half] == [finding["id"] for finding in whole]
    assert len(whole) > 1


def test_a_second_interrupt_ends_it_at_once(
    interrupt: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(130)

    def impatient(*arguments: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz.checks, "run", impatient)
    chosen = ["personalize.ListSchemas", "personalize.ListDatasets"]
    assert main(["fuzz", *chosen, "--phases", "boundary", "--report", "json=r.json"]) == 130
    assert capsys.readouterr().err.strip() == "aws-contract: stopped"
    assert not Path("r.json").exists()


def test_nothing_is_sent_after_an_interrupt(interrupt: Any) -> None:
    interrupt(130)
    assert main(["fuzz", "personalize.List*", "--phases", "boundary", "--report", "json=r.json"]) == 130
    assert Interrupted.calls == 131


def test_a_target_that_is_lost_while_a_finding_is_made_small_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(self: Shrinker, *arguments: Any) -> Any:
        monkeypatch.setattr(Shrinker, "shrink", usual)
        raise EnvironmentFailedError("gone")

    usual = Shrinker.shrink
    monkeypatch.setattr(Shrinker, "shrink", lost)
    target = MemoryTarget(NAMED["accepts-too-large-page"].build())
    chosen = selection.operations(("personalize.ListSchemas", "personalize.ListDatasets"))
    report = fuzz.run(target, chosen, Options(phases=("boundary", "pagination")))
    assert (report.details["stopped"], report.details["stopped_by"]) == ("gone", "target")
    assert len({finding.id for finding in report.findings}) > 1
    assert list(report.details["phases"]) == ["boundary"]


# In processes --------------------------------------------------------------------------------------------------------


def test_shares_tell_who_ended_them() -> None:
    class Done:
        def __init__(self, result: Any) -> None:
            self._result = result

        def done(self) -> bool:
            return self._result is not None

        def result(self) -> Any:
            if isinstance(self._result, Exception):
                raise self._result
            return self._result

    def outcome(why: str | None = None, by: Any = "budget") -> tuple[str, fuzz.Outcome]:
        made = fuzz.Outcome()
        if why:
            made.stop(why, by)
        return "moto", made

    def ended(*results: Any) -> tuple[str | None, str]:
        target, whole = _gathered([Done(result) for result in results])  # type: ignore[misc]
        assert target == "moto"
        return whole.stopped, whole.stopped_by

    lost = EnvironmentFailedError("gone")
    assert ended(outcome(), outcome()) == (None, "budget")
    assert ended(outcome("time"), outcome()) == ("time", "budget")
    assert ended(outcome("you", "user"), outcome("time"), None) == ("you", "user")
    assert ended(outcome("time"), outcome("away", "target")) == ("away", "target")
    assert ended(outcome(), lost) == ("gone", "target")
    with pytest.raises(EnvironmentFailedError, match="gone"):
        _gathered([Done(lost), Done(lost)])  # type: ignore[misc]


def test_an_interrupt_is_heard_before_a_call_and_while_waiting_but_nowhere_else() -> None:
    target = Limited(MemoryTarget(Emulator(seed=0)))
    (operation,) = selection.operations(("personalize.ListSchemas",))
    before = signal.getsignal(signal.SIGINT)
    with interrupts.heeded():
        # Where it happens, an exception may be ignored.
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            target.send(operation, {})
        # Told once; what is still to be said to the target can be said.
        target.send(operation, {})
        with pytest.raises(interrupts.InsistedError):
            signal.raise_signal(signal.SIGINT)
    with interrupts.heeded(insist=False):
        with pytest.raises(KeyboardInterrupt), interrupts.Waiting():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_is_not_lost_in_the_garbage_collector() -> None:
    def collected(when: str, info: Any) -> None:
        if when == "start":
            signal.raise_signal(signal.SIGINT)

    def collect() -> None:
        # What is left from other tests may have callbacks of its own, which would hear it in place of this one.
        gc.collect()
        gc.callbacks.append(collected)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(collected)
        time.sleep(5)

    with interrupts.heeded():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(interrupts.InsistedError):
            collect()


def test_a_wait_is_not_begun_after_an_interrupt() -> None:
    with interrupts.heeded():
        signal.raise_signal(signal.SIGINT)
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            interrupts.sleep(5)
    assert time.monotonic() - started < 2


@pytest.mark.slow
@pytest.mark.parametrize("whole", [True, False], ids=["the group", "the first alone"])
def test_an_interrupt_reaches_every_process_and_none_survives(tmp_path: Path, whole: bool) -> None:
    command = [sys.executable, "-m", "validator", "fuzz", "--max-examples", "2000", "-n", "2"]
    with (tmp_path / "err").open("w") as err:
        run = subprocess.Popen([*command, "--report", "json=r.json"], cwd=tmp_path, stderr=err, start_new_session=True)
    time.sleep(12)
    (os.killpg if whole else os.kill)(run.pid, signal.SIGINT)
    assert run.wait(30) == 130
    assert (tmp_path / "err").read_text() == "aws-contract: stopped by you; what is not in the table was not tried\n"
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["summary"]["exchanges"] > 100
    assert report["details"]["stopped_by"] == "user"
    time.sleep(0.5)
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    alive = [line for line in listed.splitlines() if line.split()[0] == str(run.pid) and "Z" not in line.split()[1]]
    assert alive == []


def test_the_emulator_is_left_alone() -> None:
    """The interrupted target of these tests is the real one but for its interrupts."""
    assert Interrupted(Emulator(seed=0)).reset()
