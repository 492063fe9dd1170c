"""The fuzzer over HTTP: the own server is right, a faulty one is found out, a silent one does not hold it up."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.table import FAULTS

from validator import fuzz
from validator.__main__ import run as main
from validator.emulator import Emulator
from validator.emulator.server import Server
from validator.exchange import Exchange
from validator.fuzzing import selection
from validator.fuzzing.stage import Options
from validator.results import Report
from validator.transport import HttpTarget, Limited, MemoryTarget
from validator.transport.target import BudgetSpentError, Target

NAMED = {fault.name: fault for fault in FAULTS}
JOBS = ("personalize.*DatasetImportJob*", "forecast.*DatasetImportJob*")


@contextlib.contextmanager
def serving(emulator: Emulator) -> Iterator[str]:
    server = Server(emulator, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(10)


def drive(target: Target, *selectors: str, heard: list[Exchange] | None = None, **options: Any) -> Report:
    listener = heard.append if heard is not None else None
    try:
        return fuzz.run(target, selection.operations(selectors), Options(**options), listener=listener)
    finally:
        target.close()


def test_the_own_server_keeps_the_contract_over_http() -> None:
    with serving(Emulator(seed=0)) as url:
        report = drive(HttpTarget(url), *JOBS, max_examples=4, sequences=2)
    assert [(finding.check, finding.message) for finding in report.findings] == []
    assert list(report.details["phases"]) == list(fuzz.PHASES)
    assert all(phase["requests"] > 20 for phase in report.details["phases"].values())
    assert report.unchecked == []
    for name, row in report.coverage["operations"].items():
        assert row["missing"] == [], name


def test_the_same_requests_get_the_same_answers_over_http_and_in_process() -> None:
    direct: list[Exchange] = []
    remote: list[Exchange] = []
    some = {"phases": ("boundary", "pagination", "stateful"), "sequences": 1}
    drive(MemoryTarget(Emulator(seed=0)), "forecast.*DatasetGroup*", heard=direct, **some)
    with serving(Emulator(seed=0)) as url:
        drive(HttpTarget(url), "forecast.*DatasetGroup*", heard=remote, **some)
    assert len(direct) > 200
    for one, other in zip(direct, remote, strict=True):
        assert (one.operation, one.request) == (other.operation, other.request)
        assert (one.status, one.error, one.response) == (other.status, other.error, other.response)


@pytest.mark.parametrize(
    ("fault", "selector", "phase"),
    [
        ("accepts-too-large-page", "personalize.ListSchemas", "boundary"),
        ("overlapping", "personalize.ListSchemas", "pagination"),
        ("expired-token", "forecast.ListDatasetGroups", "pagination"),
        ("names-twice", "personalize.*DatasetGroup*", "stateful"),
        ("one-account", "personalize.*Schema*", "stateful"),
        ("finds-abroad", "personalize.*Schema*", "stateful"),
        ("crashes-on-bad-token", "personalize.ListSchemas", "pagination"),
        ("wrong-status", "personalize.DescribeSchema", "stateful"),
    ],
)
def test_a_fault_is_found_over_http_and_made_small(fault: str, selector: str, phase: str) -> None:
    with serving(NAMED[fault].build()) as url:
        report = drive(HttpTarget(url), selector, phases=(phase,), sequences=1)
    found = [finding for finding in report.findings if finding.check in NAMED[fault].checks]
    assert found, [finding.check for finding in report.findings]
    assert all(0 < len(finding.calls) <= 12 for finding in found)


# The commands --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_drives_the_command_that_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "validator", "serve", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            match = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
            assert match
            report = tmp_path / "report.json"
            chosen = ["personalize.*DatasetImportJob*", "--max-examples", "2"]
            status = main(["fuzz", *chosen, "--target", match.group(), "--report", f"json={report}"])
            assert (status, capsys.readouterr().err) == (0, "")
            read = json.loads(report.read_text())
            assert read["summary"]["exchanges"] > 300
            assert read["findings"] == []
            assert read["details"]["target"] == match.group()
        finally:
            server.terminate()


def test_the_command_finds_a_fault_over_http_and_replays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(NAMED["accepts-too-large-page"].build()) as url:
        chosen = ["personalize.ListSchemas", "--phases", "boundary", "--target", url]
        assert main(["fuzz", *chosen, "--report", "json=r.json", "--report", "terminal"]) == 1
        said = capsys.readouterr().out
        assert f"endpoint_url={url!r}" in said
        assert "list_schemas(maxResults=101)" in said
        assert main(["replay", "r.json", "--target", url]) == 1
    with serving(Emulator(seed=0)) as url:
        assert main(["replay", "r.json", "--target", url]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == ["STILL FAILS", "FIXED"]


# A server that does not answer ---------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_an_answer_that_never_comes_does_not_outlast_the_time(silent: str) -> None:
    operation = selection.operations(("personalize.ListSchemas",))[0]
    started = time.monotonic()
    target = Limited(HttpTarget(silent), seconds=0.3)
    with pytest.raises(BudgetSpentError, match="the time is up"):
        target.send(operation, {})
    target.close()
    assert time.monotonic() - started < 3


def test_a_silent_server_and_a_time_limit_are_one_clear_line(silent: str, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    assert main(["fuzz", "personalize.ListSchemas", "--target", silent, "--max-time", "0.5"]) == 3
    assert time.monotonic() - started < 5
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "aws-contract: nothing was tested: the time is up"
