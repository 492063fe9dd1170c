"""`aws-contract fuzz` and `replay` as a user types them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from faults.table import FAULTS

from validator.__main__ import run as main
from validator.cli import cli
from validator.commands import targets
from validator.emulator import Emulator
from validator.fuzzing import selection
from validator.transport import ClientTarget, MemoryTarget

NAMED = {fault.name: fault for fault in FAULTS}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=False, catch_exceptions=False)


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(list(arguments))
    return status, capsys.readouterr().err


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(name: str) -> None:
        monkeypatch.setattr(targets, "Emulator", lambda **named: NAMED[name].build())

    return use


def test_a_clean_run_says_what_it_did_and_exits_with_0() -> None:
    found = invoke("fuzz", "personalize.ListSchemas", "--phases", "boundary,pagination", "--report", "terminal")
    assert found.return_value == 0
    assert re.search(r"personalize\.ListSchemas +\d+ +\d+ +\d+ +8/8 +7/7 +0", found.output)
    assert "0 errors, 0 warnings" in found.output


@pytest.mark.parametrize(
    ("file", "asked", "status", "said"),
    [
        ("", (), 0, ""),
        ("", ("--fail-under", "10"), 0, ""),
        ("", ("--fail-under", "99.5"), 1, "coverage is 33.3 %, below 99.5 %\n"),
        ("fail-under = 99", (), 1, "coverage is 33.3 %, below 99 %\n"),
        ("fail-under = 99", ("--fail-under", "0"), 0, ""),
        ("fail-under = 101", (), 2, "fail-under is 101; write a number of percent from 0 to 100"),
        ("fail-under = nan", (), 2, "fail-under is nan"),
        ("", ("--fail-under", "101"), 2, "101.0 is not in the range"),
    ],
)
@pytest.mark.parametrize("name", ["aws-contract.toml", "pyproject.toml"])
def test_too_little_coverage_exits_with_1(
    file: str, asked: tuple[str, ...], status: int, said: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if file:
        table = "[tool.aws-contract]\n" if name == "pyproject.toml" else ""
        Path(name).write_text(f"{table}{file}\n")
    found, told = fails(capsys, "fuzz", "personalize.ListSchemas", "--phases", "examples", "--quiet", *asked)
    assert found == status
    assert said in told
    assert bool(said) == bool(told)


def test_findings_and_too_little_coverage_are_both_said(faulty: Any, capsys: pytest.CaptureFixture[str]) -> None:
    faulty("overlapping")
    asked = ("fuzz", "personalize.ListSchemas", "--phases", "pagination", "--fail-under", "100")
    assert main([*asked, "--report", "json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["findings"]
    assert re.fullmatch(r"coverage is \d+\.\d %, below 100 %\n", printed.err)


def test_findings_exit_with_1_and_name_the_calls(faulty: Any) -> None:
    faulty("accepts-too-large-page")
    found = invoke("fuzz", "personalize.ListSchemas", "--phases", "boundary")
    assert found.return_value == 1
    assert "list_schemas(maxResults=101)" in found.output
    assert "aws personalize list-schemas" in found.output


def test_the_json_report_and_the_recording(tmp_path: Path) -> None:
    found = invoke(
        "fuzz",
        "personalize.ListSchemas",
        "--phases",
        "boundary",
        "--seed",
        "7",
        "--report",
        "json=r.json",
        "--record",
        "calls.jsonl",
    )
    assert found.return_value == 0
    report = json.loads((tmp_path / "r.json").read_text())
    calls = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert (report["version"], report["command"], report["details"]["seed"]) == (1, "fuzz", 7)
    assert report["summary"]["exchanges"] == len(calls) > 30
    assert {call["service"] for call in calls} == {"personalize"}
    assert report["coverage"]["operations"]["personalize.ListSchemas"]["missing"] == []


def test_a_dry_run_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryTarget, "send", lambda *arguments, **named: pytest.fail("something was sent"))
    found = invoke("fuzz", "--dry-run")
    assert found.return_value == 0
    assert re.search(r"^requests +about [\d,]+: examples \d+, boundary", found.output, re.MULTILINE)
    assert "CreateDatasetImportJob" in found.output


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fuzz", "--target", "motto"], "no target named 'motto'; did you mean moto?"),
        (["fuzz", "personalise"], "no service named 'personalise'; did you mean personalize?"),
        (["fuzz", "--phases", "bound"], "no phase named 'bound'"),
        (["fuzz", "--given", "x"], "cannot read 'x'; write NAME=VALUE"),
        (["fuzz", "--given", "datasetArm=x"], "--given: no member named 'datasetArm'; did you mean datasetArn?"),
        (["fuzz", "--phases", "boundary,,positiv"], "no phase named 'positiv'; did you mean positive?"),
        (["fuzz", "--phases", ","], "no phase named; name some of examples, boundary"),
        (["fuzz", "--ignore", "page_sise"], "ignore: no check named 'page_sise'; did you mean page_size?"),
        (["fuzz", "--ignore", "page_size:personalise"], "no service named 'personalise'; did you mean personalize?"),
        (["fuzz", "--ignore", "page_size:person*ise"], "ignore: no service named 'person*ise'"),
        (
            ["fuzz", "--ignore", "*:personalize.ListSchema"],
            "no operation named 'ListSchema'; did you mean ListSchemas?",
        ),
        (["fuzz", "--ignore", "*:personalize.Lost*"], "ignore: personalize: no operation named 'Lost*'"),
        (["fuzz", "--rate", "fast"], "cannot read 'fast' as a rate"),
        (["fuzz", "--region", "us-east-1"], "are about --target aws"),
        (
            ["fuzz", "--target", "https://personalize.us-east-1.amazonaws.com"],
            "AWS itself is not driven by URL; write --target aws",
        ),
        (
            ["fuzz", "personalize.DeleteSchema", "--target", "aws"],
            "none of the operations only reads; add --allow-writes",
        ),
        (["replay", "nothing"], "no file named 'nothing'"),
    ],
)
def test_a_call_that_cannot_be_used_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    status, said = fails(capsys, *arguments)
    assert status == 2
    assert text in said
    assert said.count("\n") == 1


def test_a_target_that_is_not_there_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = fails(capsys, "fuzz", "personalize.ListSchemas", "--target", "http://127.0.0.1:9")
    assert status == 3
    assert "no answer" in said


# AWS -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    emulator = MemoryTarget(Emulator(seed=0))

    def send(self: Any, operation: Any, instance: Any, **where: Any) -> Any:
        sent.append(operation.name)
        return emulator.send(operation, instance)

    monkeypatch.setattr(ClientTarget, "send", send)
    monkeypatch.setattr(targets.Aws, "caller", lambda self: ("123456789012", "eu-west-1"))
    return sent


def test_on_aws_only_reads_are_sent_after_a_banner(aws: list[str]) -> None:
    found = invoke("fuzz", "--target", "aws", "--rate", "100000/s", "--max-examples", "2")
    assert found.return_value == 0
    assert re.search(r"account +123456789012\nregion +eu-west-1\noperations +\d+, only reading", found.stderr)
    assert aws
    assert {name for name in aws if not name.startswith(("List", "Describe"))} == set()


def test_on_aws_a_budget_and_a_rate_are_the_default(aws: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, Any] = {}

    class Watched(targets.ClientTarget):  # type: ignore[name-defined, misc]
        pass

    from validator.commands import fuzz as command

    limited = command.Limited

    def watching(target: Any, **limits: Any) -> Any:
        heard.update(limits)
        return limited(target, **{**limits, "rate": None})

    monkeypatch.setattr(command, "Limited", watching)
    invoke("fuzz", "personalize.ListSchemas", "--target", "aws", "--phases", "boundary")
    assert heard == {"requests": 1000, "seconds": None, "rate": 5.0, "reading": True}


def test_on_aws_writes_must_be_allowed(aws: list[str]) -> None:
    found = invoke(
        "fuzz",
        "personalize.CreateSchema",
        "--target",
        "aws",
        "--allow-writes",
        "--phases",
        "boundary",
        "--rate",
        "100000/s",
    )
    assert "reading and WRITING" in found.stderr
    assert "CreateSchema" in aws


def test_no_credentials_exits_with_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    status, said = fails(capsys, "fuzz", "--target", "aws", "--region", "us-east-1")
    assert status == 3
    assert "credentials" in said
    status, said = fails(capsys, "fuzz", "--target", "aws", "--profile", "nobody")
    assert status == 3
    assert "nobody" in said


def test_selected_operations_that_write_are_left_out_on_aws() -> None:
    kept = targets.Aws().allowed(selection.operations(("personalize",)))
    assert {operation.name for operation in kept} >= {"ListSchemas", "DescribeSchema", "GetSolutionMetrics"}
    assert not [
        operation.name
        for operation in kept
        if operation.name.startswith(("Create", "Delete", "Update", "Start", "Stop", "Tag"))
    ]


# Replay --------------------------------------------------------------------------------------------------------------


def test_a_finding_still_fails_and_is_then_fixed(faulty: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty("names-twice")
    invoke("fuzz", "personalize.*DatasetGroup*", "--phases", "stateful", "--report", "json=report.json")
    (finding,) = [
        each
        for each in json.loads((tmp_path / "report.json").read_text())["findings"]
        if each["check"] == "name_unique"
    ]
    found = invoke("replay", finding["id"])
    assert (found.return_value, found.output.split("  ")[0]) == (1, "STILL FAILS")
    assert invoke("replay", "report.json").return_value == 1
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    found = invoke("replay", finding["id"], "--from", "report.json")
    assert (found.return_value, found.output.split()[0]) == (0, "FIXED")


def test_a_recording_is_sent_again(tmp_path: Path) -> None:
    invoke("fuzz", "personalize.ListSchemas", "--phases", "pagination", "--record", "calls.jsonl")
    found = invoke("replay", "calls.jsonl")
    assert (found.return_value, found.output.split()[0]) == (0, "FIXED")


def test_what_cannot_be_told_is_an_error(tmp_path: Path) -> None:
    call = {"service": "personalize", "operation": "ListCampaigns", "request": {}}
    (tmp_path / "calls.jsonl").write_text(json.dumps(call) + "\n")
    found = invoke("replay", "calls.jsonl")
    assert (found.return_value, found.output.split()[0]) == (3, "ERROR")
    assert "does not offer" in found.output


def test_what_was_hidden_cannot_be_said_to_be_fixed(tmp_path: Path) -> None:
    tags = [{"Key": "***", "Value": "***"}]
    call = {
        "service": "forecast",
        "operation": "TagResource",
        "request": {"ResourceArn": "arn:aws:forecast:::a/b", "Tags": tags},
    }
    (tmp_path / "calls.jsonl").write_text(json.dumps(call) + "\n")
    found = invoke("replay", "calls.jsonl")
    assert (found.return_value, found.output.split()[0]) == (3, "ERROR")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"findings": [{}]}', "\x00", '{"service": 1}'])
def test_a_file_that_is_no_report_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "report.json").write_text(text)
    status, said = fails(capsys, "replay", "report.json")
    assert status == 2
    assert said.count("\n") == 1
