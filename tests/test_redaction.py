"""What the contract calls sensitive reaches no report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from validator import redaction, report
from validator.__main__ import run
from validator.results import Finding, Report, Severity
from validator.validate import load

SECRET = "correct-horse-battery"
LOGIN = {"UserName": "bob", "Password": SECRET, "PasswordResetRequired": "yes"}


def finding() -> Finding:
    call = {"service": "iam", "operation": "CreateLoginProfile", "request": dict(LOGIN)}
    return Finding(
        "request_conformance", Severity.ERROR, "iam", "CreateLoginProfile", "request", "broken", calls=(call,)
    )


def test_sensitive_members_are_hidden_and_others_stay() -> None:
    (call,) = redaction.redacted(finding()).calls
    assert call["request"] == {"UserName": "bob", "Password": "***", "PasswordResetRequired": "yes"}


def test_what_no_contract_describes_is_left_out() -> None:
    unknown = Finding("c", Severity.ERROR, "nope", "Nope", "request", "m",
                      calls=({"service": "nope", "operation": "Nope", "request": SECRET},))  # fmt: skip
    assert SECRET not in json.dumps(redaction.redacted(unknown).to_json())


def test_an_error_body_is_hidden_as_its_shape_says() -> None:
    operation = load("personalize").operation("ListDatasetImportJobs")
    call = {"error": {"code": "InvalidInputException", "message": "m", "body": {"message": "m"}}}
    assert redaction.hidden(operation, call) == call
    unknown = {"error": {"code": "Other", "message": "m", "body": {"secret": SECRET}}}
    assert SECRET not in json.dumps(redaction.hidden(operation, unknown))


@pytest.mark.parametrize("name", [name for name in report.FORMATS if name != "html"])
def test_no_report_of_a_command_shows_a_password(
    name: str, tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "login.json").write_text(json.dumps(LOGIN))
    assert run(["validate", "iam", "CreateLoginProfile", "login.json", "--report", name]) == 1
    said = capsys.readouterr()
    assert "PasswordResetRequired" in said.out
    assert SECRET not in said.out + said.err


def test_html_shows_no_password() -> None:
    page = report.renderer("html")(Report("validate", [redaction.redacted(finding())]), report.Page())
    assert "bob" in page
    assert SECRET not in page


def test_below_a_depth_nothing_is_shown() -> None:
    operation = load("dynamodb").operation("PutItem")
    deep: Any = {"S": SECRET}
    for _ in range(40):
        deep = {"L": [deep]}
    call = {"request": {"TableName": "t", "Item": {"a": {"S": "shown"}, "b": deep}}}
    told = json.dumps(redaction.hidden(operation, call))
    assert "shown" in told
    assert SECRET not in told
    assert told.count('"L"') > 5
