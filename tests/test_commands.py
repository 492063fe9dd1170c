"""The command line as a person meets it: exit statuses, one line for what is wrong, and what each option does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import validator
from tests.faults.broken import Fault, answers
from validator import cli, contract, overlay, settings
from validator.__main__ import run
from validator.checks import table
from validator.commands import options, replay
from validator.commands import validate as validating
from validator.keywords import KEYWORDS
from validator.report import FORMATS
from validator.transport import MemoryTarget

LIST = ("personalize", "ListDatasetImportJobs")
ARN = "arn:aws:personalize:us-east-1:123456789012:dataset-import-job/j"
# A payload, the direction it is held against, and the worst severity the contract gives it.
GOOD = {"maxResults": 100}
BAD = {"maxResults": 101}
PAYLOADS: dict[str, tuple[str, Any, str | None]] = {
    "fine": ("--request", GOOD, None),
    "error": ("--request", BAD, "error"),
    "warning": ("--response", {"datasetImportJobs": [{"jobName": "no name"}]}, "warning"),
    "info": ("--response", {"datasetImportJobs": [], "grown": 1}, "info"),
}
LEVELS = ("info", "warning", "error")
Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "NO_COLOR", "AWS_CONTRACT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    settings.find.cache_clear()
    yield
    settings.find.cache_clear()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command line: its status, and what it wrote to standard output and standard error."""

    def said(*words: str | Path) -> Said:
        status = run([str(word) for word in words])
        return status, *capsys.readouterr()

    return said


def payload(name: str) -> list[str]:
    direction, instance, _ = PAYLOADS[name]
    Path(f"{name}.json").write_text(json.dumps(instance))
    return ["validate", *LIST, f"{name}.json", direction]


def typed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


# Ways in and ways out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--version"], ["--version", "--version"]])
def test_the_version(words: list[str], say: Callable[..., Said]) -> None:
    assert say(*words) == (0, f"aws-contract {validator.__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_help_names_every_command(words: list[str], say: Callable[..., Said]) -> None:
    status, out, err = say(*words)
    assert (status, err) == (0, "")
    found = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line[2:3].strip()]
    assert found == list(cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(name: str, say: Callable[..., Said]) -> None:
    status, out, err = say(name, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: aws-contract {name} ")


UNUSABLE = {
    "no such command": (["chek"], "no command named 'chek'; did you mean check?; see 'aws-contract --help'"),
    "a command like none": (["zzz"], "no command named 'zzz'; see 'aws-contract --help'"),
    "no such option": (["schema", "--requests"], "--requests"),
    "an argument lacks": (["validate", "personalize"], "Missing argument 'OPERATION'"),
    "no such service": (["schema", "personalise"], "no service named 'personalise'; did you mean personalize?"),
    "no such operation": (
        ["schema", "personalize", "ListDataset5"],
        "personalize: no operation named 'ListDataset5'; did you mean ListDatasets?",
    ),
    "no such error": (
        ["schema", *LIST, "--error", "InvalidNextToken"],
        "personalize.ListDatasetImportJobs: no error named 'InvalidNextToken'; did you mean InvalidNextTokenException?",
    ),
    "no such version": (["schema", "personalize", "--api-version", "2001-01-01"], "2001-01-01"),
    "two directions": (["schema", *LIST, "--request", "--error", "X"], "choose one of --request, --response and"),
    "a direction of nothing": (["schema", "personalize", "--request"], "need an OPERATION"),
    "an error of nothing": (["schema", "personalize", "--error", "X"], "need an OPERATION"),
    "validate both": (["validate", *LIST, "good.json", "--response", "--error", "X"], "choose one of --request"),
    "no such file": (["validate", *LIST, "nothing.json"], "nothing.json: cannot be read: No such file or directory"),
    "a folder": (["validate", *LIST, "."], ".: cannot be read: Is a directory"),
    "no such format": (["validate", *LIST, "good.json", "--report", "jnuit"], "'jnuit'; did you mean junit?"),
    "two on one output": (
        ["validate", *LIST, "good.json", "--report", "json", "--report", "sarif"],
        "--report: two reports cannot share standard output; give one of them =PATH",
    ),
    "no such level": (["validate", *LIST, "good.json", "--fail-on", "never"], "'never' is not one of 'error', "),
    "no ignore": (["validate", *LIST, "good.json", "--ignore", ":x"], "ignore: cannot read ':x'; write CHECK[:service"),
    "no baseline": (["validate", *LIST, "good.json", "--baseline", "b.json"], "b.json: no such baseline; make one"),
    "a baseline without a file": (["validate", *LIST, "good.json", "--update-baseline"], "add --baseline FILE"),
    "one side": (["drift", "--old", "."], "--old and --new go together"),
    "no place": (["drift", "--old", "good.json", "--new", "good.json"], "good.json: "),
    "no such name": (["explain", "page_sise"], "'page_sise'; did you mean page_size?"),
    "no such member": (["explain", "personalize.ListDatasets.maxResult"], "'maxResult'; did you mean maxResults?"),
    "no such shell": (["completion", "csh"], "'csh' is not one of 'bash', 'zsh', 'fish'"),
    "no such target": (["fuzz", "--target", "emulater"], "no target named 'emulater'; did you mean emulator?"),
    "no URL": (["fuzz", "--target", "ftp://x"], "'ftp://x' is no URL of a server; write http://HOST:PORT"),
    "AWS by URL": (["fuzz", "--target", "https://personalize.us-east-1.amazonaws.com"], "write --target aws"),
    "no such phase": (["fuzz", "--phases", "boundry"], "--phases: no phase named 'boundry'; did you mean boundary?"),
    "no phase": (["fuzz", "--phases", ","], "--phases: no phase named; name some of examples, boundary"),
    "no rate": (["fuzz", "--rate", "fast"], "--rate: cannot read 'fast' as a rate; write 5/s"),
    "no given": (["fuzz", "--given", "datasetArn"], "--given: cannot read 'datasetArn'; write NAME=VALUE"),
    "no selection": (["fuzz", "personalize.Frob*"], "'personalize.Frob*' matches no operation"),
    "a region of ours": (["fuzz", "--region", "eu-west-1"], "--target emulator: --region, --profile and"),
    "writes of ours": (["fuzz", "--allow-writes"], "--target emulator: --region, --profile and"),
    "only writes": (["fuzz", "personalize.CreateDataset", "--target", "aws"], "none of the operations only reads; add"),
    "shared recording": (
        ["fuzz", "personalize.ListDatasets", "-n", "2", "--record", "r.jsonl"],
        "--processes: --record writes one sequence; record with one process",
    ),
    "no finding": (["replay", "ABCDEFGHIJ"], "replay: no file named 'ABCDEFGHIJ', and no report to look for an id in"),
    "no such finding": (["replay", "ABCDEFGHIJ", "--from", "report-of-none.json"], "has no finding ABCDEFGHIJ"),
    "no calls": (["replay", "empty.jsonl"], "empty.jsonl: has no calls; pass a JSON report or the tool's own JSONL"),
    "no exchanges": (["replay", "lines.jsonl"], "lines.jsonl:2: not an exchange; pass the tool's own JSONL"),
    "no text": (["replay", "bytes.jsonl"], "bytes.jsonl: cannot be read: "),
    "half a finding": (["replay", "half.json"], "report: not a finding: it lacks 'service'"),
    "no account": (["serve", "--account", "123"], "an account is twelve digits"),
    "no quota": (["serve", "--quota", "personalize.Dataset"], "'personalize.Dataset' is not RESOURCE=N"),
    "no seed": (["serve", "--seed", "lines.txt", "--port", "0"], "lines.txt:1: not JSON: "),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_is_unusable_is_one_line_and_status_2(case: str, say: Callable[..., Said]) -> None:
    Path("good.json").write_text(json.dumps(GOOD))
    Path("report-of-none.json").write_text('{"version": 1, "findings": []}')
    Path("empty.jsonl").write_text("\n")
    Path("lines.jsonl").write_text('{"service": "personalize", "operation": "ListDatasets"}\n{"service": 1}\n')
    Path("lines.txt").write_text("{\n")
    Path("bytes.jsonl").write_bytes(b"\xff")
    Path("half.json").write_text('{"findings": [{"check": "lifecycle"}]}')
    words, expected = UNUSABLE[case]
    status, out, err = say(*words)
    assert (status, out) == (2, "")
    assert err.startswith("aws-contract: ")
    assert len(err.splitlines()) == 1, err
    assert expected in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON: "),
        (b"{", "not JSON: "),
        (b"{} {}", "not JSON: "),
        (b'{"maxResults": NaN}', "not JSON: NaN is no JSON number"),
        (b'{"maxResults": -Infinity}', "not JSON: -Infinity is no JSON number"),
        (b'{"a": 1, "b": 2, "b": 3}', "the member 'b' is there twice"),
        (b'{"nextToken": "\xff"}', "not UTF-8 at byte 15"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * 2000, "larger than"),
    ],
)
def test_a_payload_that_is_none_is_one_line_and_status_2(
    content: bytes, said: str, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    if content.isspace():
        monkeypatch.setattr(validating, "_LARGEST", 1000)
    Path("a.json").write_bytes(content)
    for file, name in (("a.json", "a.json"), ("-", "standard input")):
        typed(monkeypatch, content)
        status, out, err = say("validate", *LIST, file)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert err.startswith(f"aws-contract: {name}: {said}")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (validator.cli.click.Abort(), 130, "stopped"),
        (OSError(28, "No space left on device"), 3, "No space left on device"),
        (OSError(13, "Permission denied", "a.json"), 2, "a.json: Permission denied"),
        (OSError("odd"), 3, "odd"),
        (validator.cli.click.ClickException("two\nlines"), 2, "two lines"),
        (validator.ContractViolationError("s", "O", "request", ()), 2, "s.O request breaks its contract"),
        (validator.AwsContractError("odd"), 2, "odd"),
        (ZeroDivisionError("by\n\n0"), 3, "internal error: ZeroDivisionError: by 0; set AWS_CONTRACT_TRACEBACK=1"),
        (UnicodeEncodeError("ascii", "\udc80", 0, 1, "odd"), 3, "internal error: UnicodeEncodeError: "),
        (RuntimeError("x" * 5000), 3, "internal error: RuntimeError: xxx"),
        (FileNotFoundError(2, "No such file", "\udc80.json"), 2, "\\udc80.json: No such file"),
    ],
)  # fmt: skip
def test_no_way_out_shows_a_stack_trace(
    error: BaseException, status: int, said: str, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "main", fail)
    found, out, err = say("schema", "personalize")
    assert (found, out, len(err.splitlines())) == (status, "", 1)
    assert err.startswith(f"aws-contract: {said}")
    assert len(err) < 500


def test_a_developer_may_see_the_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTRACT_TRACEBACK", "1")
    monkeypatch.setattr(cli.cli, "main", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(["schema"])


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    words = [sys.executable, "-W", "error", "-m", "validator", "schema", "personalize"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(2) == b"{\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# What makes the status 1 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("fail_on", [None, *LEVELS])
@pytest.mark.parametrize("name", PAYLOADS)
def test_the_status_follows_severity_threshold_and_strictness(
    name: str, fail_on: str | None, strict: bool, say: Callable[..., Said]
) -> None:
    words = [*payload(name), *(["--fail-on", fail_on] if fail_on else []), *(["--strict"] if strict else [])]
    status, out, err = say(*words, "--report", "json")
    worst = PAYLOADS[name][2]
    counted = "error" if strict and worst else worst
    assert (status, err) == (int(counted is not None and LEVELS.index(counted) >= LEVELS.index(fail_on or "error")), "")
    report = json.loads(out)
    assert {level: report["summary"][level] for level in LEVELS if report["summary"][level]} == (
        {counted: len(report["findings"])} if counted else {}
    )


@pytest.mark.parametrize(
    ("ignore", "status"),
    [
        ("request_conformance", 0),
        ("*:personalize", 0),
        ("request_conformance:personalize.ListDatasetImportJobs.maxResults", 0),
        ("request_conformance:personalize.ListDatasetImportJobs.nextToken", 1),
        ("request_conformance:forecast", 1),
        ("response_conformance", 1),
    ],
)
def test_ignored_findings_do_not_fail(ignore: str, status: int, say: Callable[..., Said]) -> None:
    found, out, _ = say(*payload("error"), "--ignore", ignore, "--report", "json")
    assert found == status
    report = json.loads(out)
    assert (len(report["findings"]), report["details"].get("ignored", 0)) == (status, 1 - status)


def test_a_baseline_accepts_what_is_known_and_not_what_is_new(say: Callable[..., Said]) -> None:
    Path("a.json").write_text(json.dumps(BAD))
    words = ["validate", *LIST, "a.json", "--baseline", "base.json"]
    assert say(*words, "--update-baseline") == (0, "", "base.json: accepts 1 finding\n")
    assert say(*words)[0] == 0
    Path("a.json").write_text(json.dumps({"maxResults": 500}))
    assert say(*words)[0] == 0, "the same problem with another value is the same problem"
    Path("a.json").write_text(json.dumps({"maxResults": 0}))
    assert say(*words)[0] == 1
    Path("a.json").write_text(json.dumps({**BAD, "nextToken": 5}))
    assert say(*words)[0] == 1
    assert say(*words, "--update-baseline")[0] == 0
    assert say(*words)[0] == 0
    Path("a.json").write_text(json.dumps(GOOD))
    assert say(*words, "--update-baseline") == (0, "", "base.json: accepts 0 findings\n")


def test_a_baseline_that_is_none_is_one_line(say: Callable[..., Said]) -> None:
    Path("base.json").write_text("[]")
    status, out, err = say(*payload("error"), "--baseline", "base.json")
    assert (status, out) == (2, "")
    assert err == "aws-contract: base.json: not a baseline: it has no 'accepted' of version 1\n"
    assert say(*payload("error"), "--baseline", "base.json", "--update-baseline")[0] == 0, "it is written anew"


def test_a_baseline_that_cannot_be_written_is_one_line(say: Callable[..., Said]) -> None:
    status, out, err = say(*payload("error"), "--baseline", "no/folder/base.json", "--update-baseline")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "no/folder" in err


# Settings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        ("", [], 0),
        ("fail-on = 'info'", [], 1),
        ("fail-on = 'info'", ["--fail-on", "error"], 0),
        ("strict = true", [], 1),
        ("strict = false", ["--strict"], 1),
        ("strict = true\nignore = [{ check = 'response_*', reason = 'known' }]", [], 0),
        ("strict = true\nignore = [{ check = 'lifecycle', reason = 'known' }]", ["--ignore", "response_*"], 0),
        ("strict = true\nignore = [{ check = 'lifecycle', reason = 'known' }]", [], 1),
    ],
)
def test_settings_count_and_the_command_line_wins(
    text: str, words: list[str], status: int, say: Callable[..., Said]
) -> None:
    Path("pyproject.toml").write_text("[tool.aws-contract]\n" + text)
    assert say(*payload("info"), *words)[0] == status


def test_a_level_that_is_none_names_the_settings_file(say: Callable[..., Said]) -> None:
    Path("aws-contract.toml").write_text("fail-on = 'never'")
    status, out, err = say(*payload("fine"))
    assert (status, out) == (2, "")
    assert err.endswith("aws-contract.toml: fail-on is 'never'; write error, warning or info\n")


def test_settings_of_a_folder_above_find_their_baseline_beside_them(
    say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("aws-contract.toml").write_text('baseline = "known/base.json"\nreport = ["json=out.json"]')
    for folder in ("known", "inner"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert say(*payload("error"), "--update-baseline")[0] == 0
    assert list((tmp_path / "known").iterdir()) == [tmp_path / "known" / "base.json"]
    assert say(*payload("error")) == (0, "", "")
    assert json.loads(Path("out.json").read_text("utf-8"))["findings"] == []


def test_drift_looks_at_the_services_of_the_settings(say: Callable[..., Said]) -> None:
    Path("aws-contract.toml").write_text('services = ["personaliz"]')
    status, _, err = say("drift")
    assert (status, "personaliz" in err) == (2, True)


# Reports -------------------------------------------------------------------------------------------------------------


def test_reports_go_to_files_and_one_to_standard_output(say: Callable[..., Said]) -> None:
    files = [word for name in FORMATS for word in ("--report", f"{name}=out.{name}")]
    status, out, err = say(*payload("error"), *files, "--report", "json")
    assert (status, err) == (1, "")
    shown, kept = json.loads(out), json.loads(Path("out.json").read_text("utf-8"))
    assert shown == kept
    for name in FORMATS:
        assert "maxResults" in Path(f"out.{name}").read_text("utf-8"), name


def test_a_report_that_cannot_be_written_is_a_failed_environment(say: Callable[..., Said]) -> None:
    status, out, err = say(*payload("fine"), "--report", "json=no/out.json")
    assert (status, out) == (3, "")
    assert err == "aws-contract: no/out.json: the report cannot be written: No such file or directory\n"


def test_in_a_workflow_annotations_are_written_unless_somebody_reads(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert say(*payload("error"))[1].startswith("::error ")
    assert say(*payload("error"), "--report", "terminal")[1].startswith("error[maximum]")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "::error" not in say(*payload("error"))[1]


@pytest.mark.parametrize(
    ("terminal", "environment", "words", "colored"),
    [
        (True, "", [], True),
        (True, "1", [], False),
        (True, "", ["--no-color"], False),
        (False, "", [], False),
        (False, "1", ["--no-color"], False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool, environment: str, words: list[str], colored: bool, say: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("NO_COLOR", environment)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    status, out, _ = say(*payload("error"), *words)
    assert (status, "\x1b[" in out) == (1, colored)
    assert say(*payload("error"), *words, "--report", "terminal=out.txt")[1] == ""
    assert "\x1b[" not in Path("out.txt").read_text("utf-8"), "a file is no terminal"


def test_quiet_says_only_findings(say: Callable[..., Said]) -> None:
    assert say(*payload("fine"), "--quiet") == (0, "", "")
    loud, quiet = say(*payload("error"))[1], say(*payload("error"), "-q")[1]
    assert quiet.startswith("error[maximum]")
    assert loud.startswith(quiet.rstrip("\n"))
    closing = loud.removeprefix(quiet.rstrip("\n")).strip()
    assert closing.startswith("1 error, 0 warnings, 0 info; personalize.ListDatasetImportJobs request; ")


def test_the_width_of_a_report_is_that_of_the_terminal_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    for columns, expected in ((20, 60), (80, 80), (400, 160)):
        size = os.terminal_size((columns, 9))
        monkeypatch.setattr(os, "get_terminal_size", lambda *_, size=size: size)
        assert options._width(True) == expected
    assert options._width(False) == 120


# validate ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "content", "keywords"),
    [
        (["ListDatasetImportJobs"], b'{"maxResults": 5}', []),
        (["ListDatasetImportJobs"], b'\xef\xbb\xbf{"maxResults": 5}', []),
        (["ListDatasetImportJobs", "-"], b'{"maxResults": "5"}', ["type"]),
        (["ListDatasetImportJobs"], b"[]", ["type"]),
        (["ListDatasetImportJobs"], b"null", ["type"]),
        (["ListDatasetImportJobs", "-", "--error", "InvalidNextTokenException"], b'{"message": "no"}', []),
        (["ListDatasetImportJobs", "-", "--error", "InvalidNextTokenException"], b'{"message": 5}', ["type"]),
        (
            ["DescribeDatasetImportJob", "-", "--response"],
            b'{"datasetImportJob": {"creationDateTime": "2026-01-05T10:00:00Z", "failureReason": ""}}',
            [],
        ),
        (["DescribeDatasetImportJob", "-", "--response"], b'{"datasetImportJob": {"creationDateTime": "?"}}', ["type"]),
    ],
)  # fmt: skip
def test_a_payload_is_judged(
    words: list[str], content: bytes, keywords: list[str], say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, content)
    status, out, _ = say("validate", "personalize", *words, "--report", "json")
    report = json.loads(out)
    assert [each["keyword"] for finding in report["findings"] for each in finding["violations"]] == keywords
    assert status == bool(keywords)
    for finding in report["findings"]:
        assert finding["location"] == {"file": "standard input"}


# schema --------------------------------------------------------------------------------------------------------------


def test_a_service_s_schema_is_its_contract(say: Callable[..., Said]) -> None:
    status, out, _ = say("schema", "personalize")
    assert status == 0
    folder = contract.schemas_folder() / "personalize"
    assert json.loads(out) == json.loads(max(folder.glob("*.json")).read_text("utf-8"))


@pytest.mark.parametrize("origin", ["committed", "botocore"])
@pytest.mark.parametrize(
    ("words", "right", "wrong"),
    [
        ([], GOOD, BAD),
        (["--request"], {}, {"maxResult": 5}),
        (["--response"], {"datasetImportJobs": []}, {"datasetImportJobs": {}}),
        (["--error", "InvalidNextTokenException"], {"message": "no"}, {"message": 5}),
    ],
)
def test_an_operation_s_schema_serves_other_validators(
    words: list[str], right: Any, wrong: Any, origin: str, say: Callable[..., Said]
) -> None:
    status, out, _ = say("schema", *LIST, *words, "--from", origin)
    assert status == 0
    document = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(document)
    others = jsonschema.Draft202012Validator(document)
    assert others.is_valid(right)
    assert not others.is_valid(wrong)


# explain -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", table())
def test_every_check_is_explained(name: str, say: Callable[..., Said]) -> None:
    status, out, _ = say("explain", name)
    assert (status, out.splitlines()[0]) == (0, f"check {name}")
    assert table()[name].sentence in out
    assert str(table()[name].severity) in out
    assert table()[name].source in out


@pytest.mark.parametrize("name", KEYWORDS)
def test_every_keyword_is_explained(name: str, say: Callable[..., Said]) -> None:
    status, out, _ = say("explain", name)
    assert (status, out.splitlines()[0]) == (0, f"keyword {name}")
    rows = dict(line.split(None, 1) for line in out.splitlines()[1:])
    assert json.loads(rows["passes"]) == KEYWORDS[name].passes
    assert json.loads(rows["fails"]) == KEYWORDS[name].fails
    assert json.loads(rows["schema"]) == KEYWORDS[name].schema


def test_every_overlay_entry_is_explained_with_its_evidence(say: Callable[..., Said]) -> None:
    folder = contract.schemas_folder() / "overlays"
    entries = [entry for service in overlay.services(folder) for entry in overlay.load(folder, service)]
    assert len(entries) > 10
    for entry in entries[:: max(1, len(entries) // 25)]:
        status, out, _ = say("explain", entry.id)
        assert (status, out.splitlines()[0]) == (0, f"overlay entry {entry.id}")
        assert entry.reason.split()[0] in out
        assert all(url in out for url in entry.evidence)


# What AWS's reference says of a member, and the keywords of which a failing value is shown.
NAME = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*\Z"}
MEMBERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "personalize.ListDatasetImportJobs.maxResults": (
        {"type": "integer", "minimum": 1, "maximum": 100},
        {"type", "minimum", "maximum"},
    ),
    "personalize.CreateDatasetImportJob.importMode": ({"enum": ["FULL", "INCREMENTAL"]}, {"type", "enum"}),
    "personalize.CreateDatasetImportJob.jobName": (
        NAME,
        {"type", "minLength, and pattern", "maxLength", "pattern", "required"},
    ),
    "personalize.ListDatasetImportJobs.datasetImportJobs.jobName": (
        NAME,
        {"type", "minLength, and pattern", "maxLength", "pattern"},
    ),
    "personalize.CreateDatasetImportJob.tags": (
        {"type": "array", "maxItems": 200},
        {"type", "maxItems"},
    ),
    "personalize.CreateDatasetImportJob.tags.tagKey": (
        {"type": "string", "minLength": 1, "maxLength": 128},
        {"type", "minLength", "maxLength", "pattern", "required"},
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_is_explained_with_values_that_pass_and_fail(name: str, say: Callable[..., Said]) -> None:
    status, out, _ = say("explain", name)
    assert status == 0
    service, operation, path = name.split(".", 2)
    assert any(f"{service}.{operation} {direction} {path}" in out.splitlines() for direction in ("request", "response"))
    schema, keywords = MEMBERS[name]
    reference = jsonschema.Draft202012Validator(schema)
    rows = [line.split(None, 1) for line in out.splitlines() if line.startswith("  ")]
    (passes,) = (value for label, value in rows if label == "passes")
    if "...  (" not in passes:
        assert reference.is_valid(json.loads(passes))
    fails = {
        value.rpartition("  ")[2].strip("()"): value.rpartition("  ")[0] for label, value in rows if label == "fails"
    }
    assert set(fails) == keywords
    if schema is NAME:
        assert (passes, fails["minLength, and pattern"], fails["pattern"]) == ('"a"', '""', '" "')
    for keyword, value in ((each.partition(",")[0], value) for each, value in fails.items()):
        if value == "absent":
            assert keyword == "required"
        elif "...  (" not in value and keyword in schema:
            assert not reference.is_valid(json.loads(value)), keyword


def test_an_operation_is_explained_member_by_member(say: Callable[..., Said]) -> None:
    status, out, _ = say("explain", "personalize.CreateDatasetImportJob")
    assert status == 0
    operation = validator.load("personalize").operation("CreateDatasetImportJob")
    properties = operation.contract.define(operation.input or "")
    for member in properties["properties"]:
        assert f"  {'*' if member in properties['required'] else ' '} {member}: " in out
    assert all(code in out for code in operation.errors)


def test_what_takes_and_gives_nothing_is_explained_too(say: Callable[..., Said]) -> None:
    status, out, _ = say("explain", "personalize.DeleteDataset")
    assert (status, "response: nothing" in out.splitlines()) == (0, True)


# drift ---------------------------------------------------------------------------------------------------------------


def test_drift_names_a_change_and_for_whom_it_breaks(say: Callable[..., Said]) -> None:
    committed = max((contract.schemas_folder() / "personalize").glob("*.json"))
    status, out, err = say("drift", "--old", committed, "--new", committed)
    assert (status, err) == (0, "")
    assert out.startswith("0 breaking, 0 expired, 0 safe; 0 changes; ")
    document = json.loads(committed.read_text("utf-8"))
    document["x-aws-operations"]["ListMoods"] = document["x-aws-operations"].pop("ListDatasetImportJobs")
    Path("new.json").write_text(json.dumps(document))
    status, out, err = say("drift", "--old", committed, "--new", "new.json", "--report", "json")
    assert (status, err) == (1, "")
    report = json.loads(out)
    assert {finding["severity"] for finding in report["findings"] if "ListMoods" in finding["message"]} == {"info"}
    gone = [finding for finding in report["findings"] if "ListDatasetImportJobs" in finding["message"]]
    assert {finding["severity"] for finding in gone} == {"error"}
    assert report["details"]["effects"] == {"breaking": report["summary"]["error"], "safe": report["summary"]["info"]}


# fuzz and replay -----------------------------------------------------------------------------------------------------


def test_a_run_is_recorded_and_its_recording_holds_when_replayed(say: Callable[..., Said]) -> None:
    words = ["fuzz", "personalize.ListDatasets", "--phases", "boundary", "--record", "run.jsonl", "--report", "json"]
    status, out, err = say(*words)
    assert (status, err) == (0, "")
    report = json.loads(out)
    lines = [json.loads(line) for line in Path("run.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == report["summary"]["exchanges"] > 5
    listed = [line for line in lines if line["operation"] == "ListDatasets"]
    assert {line["status"] for line in listed} == {200, 400}
    assert len(listed) == report["details"]["operations"]["personalize.ListDatasets"]["requests"]
    status, out, err = say("check", "run.jsonl")
    assert (status, err) == (0, ""), "requests that broke the contract on purpose are no findings of a recording"
    broken = {name: value for name, value in listed[-1].items() if name in ("service", "operation")}
    Path("own.jsonl").write_text(json.dumps({**broken, "request": BAD}), "utf-8")
    assert say("check", "own.jsonl")[0] == 1
    status, out, err = say("replay", "run.jsonl")
    assert (status, err) == (0, "")
    assert out.startswith("FIXED ")


def test_a_dry_run_sends_nothing_and_says_what_would_be_sent(say: Callable[..., Said]) -> None:
    status, out, _ = say("fuzz", "personalize.ListDatasets", "--target", "http://127.0.0.1:9", "--dry-run")
    assert status == 0
    assert out.splitlines()[0] == "target      http://127.0.0.1:9"
    assert "personalize ListDatasets" in out
    status, out, _ = say("fuzz", "personalize", "--target", "aws", "--region", "eu-west-1", "--dry-run")
    assert status == 0
    assert {"account     not asked", "region      eu-west-1", "at most     1,000"} <= set(out.splitlines())
    assert "only reading" in out
    assert "CreateDataset" not in out
    status, out, _ = say("fuzz", "personalize", "--target", "aws", "--allow-writes", "--dry-run")
    assert ("reading and WRITING" in out, "CreateDataset" in out) == (True, True)


def test_a_target_that_is_not_there_is_a_failed_environment(say: Callable[..., Said]) -> None:
    status, out, err = say("fuzz", "personalize.ListDatasets", "--target", "http://127.0.0.1:9", "--max-requests", "3")
    assert (status, out, len(err.splitlines())) == (3, "", 1)
    assert err.startswith("aws-contract: http://127.0.0.1:9")


def test_aws_without_credentials_is_a_failed_environment(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    words = ["fuzz", "personalize.ListDatasets", "--target", "aws", "--region", "us-east-1"]
    status, out, err = say(*words)
    assert (status, out, err) == (3, "", "aws-contract: aws: Unable to locate credentials\n")
    status, out, err = say(*words, "--profile", "nobody")
    assert (status, out, len(err.splitlines())) == (3, "", 1)
    assert "nobody" in err


def test_a_recording_that_cannot_be_written_is_a_failed_environment(say: Callable[..., Said]) -> None:
    status, out, err = say("fuzz", "personalize.ListDatasets", "--record", "no/run.jsonl")
    assert (status, out) == (3, "")
    assert err == "aws-contract: no/run.jsonl: cannot be written: No such file or directory\n"


def _too_long(operation: str, request: Any, answer: Any) -> Any:
    return {**answer, "datasets": 5} if operation == "ListDatasets" else answer


FAULTY = Fault("no-list", "gives a number for a list", emulator=answers(_too_long))


def test_a_finding_fails_until_it_is_fixed(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: Any) -> MemoryTarget:
        return MemoryTarget(FAULTY.build())

    with monkeypatch.context() as broken:
        broken.setattr("validator.commands.fuzz.open_target", faulty)
        broken.setattr(replay, "open_target", faulty)
        status, out, _ = say(
            "fuzz",
            "personalize.ListDatasets",
            "--phases",
            "boundary",
            "--report",
            "json=report.json",
            "--max-time",
            "60",
        )
        assert (status, out) == (1, "")
        (finding,) = json.loads(Path("report.json").read_text("utf-8"))["findings"]
        assert finding["check"] == "response_conformance"
        assert [each["keyword"] for each in finding["violations"]] == ["type"]
        for words in ([finding["id"]], ["report.json"], [finding["id"], "--from", "report.json"]):
            status, out, err = say("replay", *words)
            assert (status, err) == (1, "")
            assert out.startswith(f"STILL FAILS  {finding['id']}  response_conformance  ")
        Path("one.json").write_text(json.dumps(finding))
        assert say("replay", "one.json")[0] == 1
    status, out, _ = say("replay", finding["id"])
    assert (status, out.split()[:2]) == (0, ["FIXED", finding["id"]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"calls": []}, "the finding has no calls"),
        ({"calls": [{"service": "personalize", "operation": "ListMoods"}]}, "no operation named 'ListMoods'"),
        ({"calls": [{"service": "mood", "operation": "ListMoods"}]}, "no service named 'mood'"),
        ({"calls": [{"service": "personalize", "operation": "ListCampaigns", "request": {}}]}, "does not offer every"),
    ],
)
def test_what_cannot_be_told_is_an_error_and_status_3(
    change: dict[str, Any], said: str, say: Callable[..., Said]
) -> None:
    finding = {
        "id": "ABCDEFGHIJ", "check": "no_server_error", "severity": "error", "service": "personalize",
        "operation": "ListDatasets", "direction": "response", "message": "status 500",
    }  # fmt: skip
    Path("report.json").write_text(json.dumps({"version": 1, "findings": [{**finding, **change}]}))
    status, out, err = say("replay", "ABCDEFGHIJ", "--target", "emulator")
    assert (status, err) == (3, "")
    first, why = out.splitlines()
    assert first.split()[:2] == ["ERROR", "ABCDEFGHIJ"]
    assert said in why


def test_what_writes_is_not_sent_to_aws_again_unasked() -> None:
    class Somebodys(MemoryTarget):
        owned = False

    target = Somebodys(FAULTY.build())
    call = replay.exchange({"service": "personalize", "operation": "DeleteDataset", "request": {"datasetArn": ARN}})
    case = replay.Case("A", "no_server_error", None, "x", (call,))
    assert replay.again(target, case) == ("ERROR", "DeleteDataset changes something; add --allow-writes")
    assert replay.again(target, case, writes=True)[0] == "FIXED"


# completion ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_asks_the_command(
    shell: str, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    if shell == "bash":
        # click asks the machine's bash for its version and warns where it is old.
        monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda *_: None)
    status, out, _ = say("completion", shell)
    assert status == 0
    assert "_AWS_CONTRACT_COMPLETE" in out
    assert "aws-contract" in out
