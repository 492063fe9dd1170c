"""The command `check`, run as a person runs it: statuses, formats, baselines, times, standard input, processes."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from validator.__main__ import run
from validator.commands.check import moment
from validator.errors import UnusableInputError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "recordings"
BAD = '{"service": "personalize", "operation": "ListDatasetImportJobs", "request": {"maxResults": 101}}\n'
GOOD = '{"service": "personalize", "operation": "ListDatasetImportJobs", "request": {"maxResults": 100}}\n'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    status = run(["check", *arguments, "--report", "json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else {}, err


def test_all_fixtures(capsys: pytest.CaptureFixture[str]) -> None:
    status, found, err = report(capsys, str(FIXTURES))
    assert (status, err) == (1, "")
    assert found["command"] == "check"
    assert found["summary"]["exchanges"] == found["summary"]["checked"] + found["summary"]["unchecked"]
    # Eight recorders heard the service refuse the same request: one problem, and no failure.
    refused = [each for each in found["findings"] if each["violations"][0]["keyword"] == "maximum"]
    (group,) = (each for each in found["details"]["groups"] if each["example"] == refused[0]["id"])
    assert group == {
        "group": "personalize.ListDatasetImportJobs request maxResults maximum",
        "count": 8,
        "files": 8,
        "severity": "info",
        "example": refused[0]["id"],
    }
    assert [each["severity"] for each in refused] == ["info"] * 8
    for finding in found["findings"]:
        assert finding["location"]["file"].startswith(str(FIXTURES))
        assert "calls" not in finding
    assert {unchecked["reason"] for unchecked in found["unchecked"]} == set(found["details"]["reasons"])


@pytest.mark.parametrize(("text", "status"), [(GOOD, 0), (BAD, 1), (BAD + "{", 2), ("", 2)])
def test_status(text: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text(text)
    assert run(["check", "a.jsonl"]) == status
    assert (status == 2) == ("aws-contract: a.jsonl" in capsys.readouterr().err)


def test_terminal_groups_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        Path(f"{number}.jsonl").write_text(BAD * 3)
    assert run(["check", ".", "--no-color"]) == 1
    out = capsys.readouterr().out
    assert "maxResults" in out
    assert "90" in out or "30" in out
    assert len(out.splitlines()) < 250


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.json"], "nothing.json: cannot be read"),
        (["a.jsonl", "--format", "vhs"], "no format named 'vhs'"),
        (["a.jsonl", "--service", "personalise"], "no service named 'personalise'; did you mean personalize?"),
        (["a.jsonl", "--service", "personalize", "--operation", "ListDatasets2"], "no operation named 'ListDatasets2'"),
        (["a.jsonl", "--since", "soon"], "--since: cannot read 'soon' as a time; write 2026-01-31, or 7d"),
        (["a.jsonl", "--format", "har"], "a.jsonl: "),
        ([], "PATH"),
        (["a.jsonl", "-n", "0"], "0"),
        (["package.json"], "package.json: not recognised as a recording; looked for"),
    ],
)
def test_unusable_calls_are_one_line_and_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text(GOOD)
    Path("package.json").write_text('{"name": "x"}')
    assert run(["check", *arguments]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert said in err


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BufferedReader(io.BytesIO(BAD.encode()))  # type: ignore[arg-type]

    monkeypatch.setattr(sys, "stdin", Input)
    status, found, _ = report(capsys, "-")
    assert (status, found["summary"]["error"]) == (1, 1)
    assert found["findings"][0]["location"] == {"file": "standard input", "line": 1, "index": 0}


def test_what_a_format_does_not_say_is_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text('{"operation": "ListDatasetImportJobs", "request": {"maxResults": 101}}\n')
    assert report(capsys, "a.jsonl")[0] == 2
    assert report(capsys, "a.jsonl", "--service", "personalize")[0] == 1
    shutil.copy(FIXTURES / "cli_output" / "jobs.json", "out.json")
    assert report(capsys, "out.json")[0] == 2
    status, found, _ = report(capsys, "out.json", "--service", "personalize", "--operation", "list-dataset-import-jobs")
    assert (status, found["summary"]["checked"]) == (0, 1)


def test_baseline_accepts_today_and_fails_on_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.jsonl").write_text(BAD)
    assert run(["check", ".", "--baseline", "base.txt", "--update-baseline"]) == 0
    assert (
        run(["check", "old.jsonl", "--baseline", "base.txt"]) == 0 or run(["check", ".", "--baseline", "base.txt"]) == 0
    )
    Path("old.jsonl").write_text(GOOD * 5 + BAD * 2)
    assert run(["check", ".", "--baseline", "base.txt"]) == 0
    Path("new.jsonl").write_text(BAD)
    capsys.readouterr()
    status, found, _ = report(capsys, ".", "--baseline", "base.txt")
    assert (status, [finding["location"]["file"] for finding in found["findings"]]) == (1, ["new.jsonl"])


def test_since_leaves_out_what_is_older(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [BAD.replace("}}", f'}}, "recorded_at": "2026-01-0{day}T00:00:00Z"}}') for day in (1, 2, 3)]
    Path("a.jsonl").write_text("".join(lines))
    status, found, _ = report(capsys, "a.jsonl", "--since", "2026-01-02")
    assert (status, found["summary"]["exchanges"], found["details"]["older"]) == (1, 2, 1)
    assert report(capsys, "a.jsonl", "--since", "2026-02-01")[0] == 0


@pytest.mark.parametrize(
    ("text", "expected"), [("7d", 1000 - 604800), ("12h", 1000 - 43200), ("1970-01-01T00:00:05Z", 5), ("9", 9)]
)
def test_moments(text: str, expected: float) -> None:
    assert moment(text, 1000) == expected


@pytest.mark.parametrize("text", ["", "d", "7y", "-1d", "2026-13-01"])
def test_no_moments(text: str) -> None:
    with pytest.raises(UnusableInputError):
        moment(text, 1000)


def test_processes_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (report(capsys, str(FIXTURES), "-n", jobs)[1] for jobs in ("1", "2"))
    one["summary"].pop("seconds"), two["summary"].pop("seconds")
    assert one == two


@pytest.mark.parametrize("format", ["terminal", "junit", "sarif", "github"])
def test_every_report(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(FIXTURES / "vcr"), "--report", format, "--fail-on", "info"]) == 1
    out = capsys.readouterr().out
    assert "maxResults" in out
    assert "AKIA" not in out


def test_secrets_never_reach_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    cassette = json.loads((FIXTURES / "vcr" / "import_jobs.json").read_text())
    for interaction in cassette["interactions"]:
        interaction["request"]["headers"]["Authorization"] = [
            "AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/x, Signature=SeCrEt"
        ]
        interaction["request"]["headers"]["X-Amz-Security-Token"] = ["SeCrEt"]
        interaction["request"]["uri"] += "?X-Amz-Security-Token=SeCrEt"
    Path("a.json").write_text(json.dumps(cassette))
    for format in ("terminal", "json", "junit", "sarif", "github"):
        run(["check", "a.json", "--report", format])
    out, err = capsys.readouterr()
    assert "maxResults" in out
    assert "SeCrEt" not in out + err


def test_from_a_shell(tmp_path: Path) -> None:
    Path("a.jsonl").write_text(BAD)
    words = [sys.executable, "-m", "validator", "check", "a.jsonl", "-", "--report", "json"]
    made = subprocess.run(words, input=BAD, capture_output=True, text=True, cwd=tmp_path)
    assert (made.returncode, made.stderr) == (1, "")
    assert json.loads(made.stdout)["summary"]["error"] == 2


def test_without_yaml_the_rest_is_checked_and_the_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("yaml", "orjson") else find_spec(name)
    )
    shutil.copy(FIXTURES / "vcr" / "import_jobs.yaml", "a.yaml")
    shutil.copy(FIXTURES / "vcr" / "import_jobs.yaml", "b.yaml")
    Path("c.jsonl").write_text(BAD)
    status, found, err = report(capsys, ".")
    assert (status, found["summary"]["error"]) == (3, 1)
    assert err.splitlines() == [
        "aws-contract: reading YAML recordings needs the extra 'recordings'; "
        "install it with: pip install 'aws-contract[recordings]'"
    ]
