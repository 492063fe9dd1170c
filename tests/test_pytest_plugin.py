"""The pytest plugin, on suites that are run in a pytest of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CLIENT = """
import boto3, pytest, threading
from botocore.exceptions import ClientError
from botocore.stub import Stubber

@pytest.fixture
def client():
    return boto3.client("personalize", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")

def jobs(client, count, response=None, error=None):
    with Stubber(client) as stubber:
        if error:
            stubber.add_client_error("list_dataset_import_jobs", error)
        else:
            stubber.add_response("list_dataset_import_jobs", response or {"datasetImportJobs": []})
        return client.list_dataset_import_jobs(maxResults=count)
"""


def run(pytester: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_suite=CLIENT + body)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_a_call_that_breaks_its_contract_fails_its_test_with_the_line(pytester: pytest.Pytester) -> None:
    body = """
def test_long_page(client):
    jobs(client, 1000)

def test_right_page(client):
    jobs(client, 100)
"""
    result = run(pytester, body, "--aws-contract")
    result.assert_outcomes(failed=1, passed=1)
    line = next(n for n, text in enumerate(CLIENT.strip().splitlines(), 1) if "return client.list_dataset" in text)
    result.stdout.fnmatch_lines([
        "*error[[]maximum[]] personalize.ListDatasetImportJobs request /maxResults*", f"*at*test_suite.py:{line}",
        "*personalize.ListDatasetImportJobs * 2 *", "*1 error, 0 warnings, 0 info; 2 of 2 exchanges checked*",
    ])  # fmt: skip


def test_a_suite_that_does_not_ask_is_left_alone(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_long_page(client):\n    jobs(client, 1000)\n")
    result.assert_outcomes(passed=1)
    assert (
        "aws-contract"
        not in result.stdout.str().partition("test session starts")[2].partition("plugins:")[2].partition("\n")[2]
    )


def test_what_the_target_refuses_is_what_the_test_wanted(pytester: pytest.Pytester) -> None:
    body = """
def test_refused(client):
    with pytest.raises(ClientError):
        jobs(client, 1000, error="ValidationException")
"""
    run(pytester, body, "--aws-contract").assert_outcomes(passed=1)
    run(pytester, body, "--aws-contract=strict").assert_outcomes(failed=1)


def test_modes_and_ini(pytester: pytest.Pytester) -> None:
    body = """
def test_new_status(client):
    jobs(client, 10, {"datasetImportJobs": [{"status": "BOGUS"}]})

def test_long_page(client):
    jobs(client, 1000)
"""
    run(pytester, body, "--aws-contract=warn").assert_outcomes(passed=2)
    run(pytester, body, "--aws-contract").assert_outcomes(passed=1, failed=1)
    pytester.makeini("[pytest]\naws_contract = strict\n")
    run(pytester, body).assert_outcomes(failed=2)
    pytester.makeini(
        "[pytest]\naws_contract = strict\naws_contract_ignore =\n    *:personalize.ListDatasetImportJobs  # known\n"
    )
    run(pytester, body).assert_outcomes(passed=2)


def test_ignoring_needs_a_reason(pytester: pytest.Pytester) -> None:
    marked = """
@pytest.mark.aws_contract(ignore=["request_conformance:personalize.ListDatasetImportJobs.maxResults"]{reason})
def test_long_page(client):
    jobs(client, 1000)
"""
    run(pytester, marked.format(reason=', reason="the page size is what is tested"'), "--aws-contract").assert_outcomes(
        passed=1
    )
    assert run(pytester, marked.format(reason=""), "--aws-contract").ret != 0
    pytester.makeini("[pytest]\naws_contract_ignore = *:personalize.ListDatasetImportJobs\n")
    result = run(pytester, "", "--aws-contract")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*has no reason*"])


def test_threads_and_processes_are_seen(pytester: pytest.Pytester) -> None:
    body = """
def test_thread(client):
    thread = threading.Thread(target=jobs, args=(client, 1000))
    thread.start()
    thread.join()

@pytest.mark.parametrize("count", range(1, 9))
def test_many(client, count):
    jobs(client, count)
"""
    result = run(
        pytester, body, "-n", "2", "--aws-contract", "test_suite.py", "--aws-contract-report", "json=seen.json"
    )
    result.assert_outcomes(failed=1, passed=8)
    seen = json.loads((pytester.path / "seen.json").read_text())
    assert seen["summary"]["exchanges"] == 9
    assert seen["summary"]["error"] == 1
    assert seen["details"]["operations"]["personalize.ListDatasetImportJobs"] == {
        "requests": 9,
        "accepted": 9,
        "rejected": 0,
    }


def test_coverage_threshold(pytester: pytest.Pytester) -> None:
    body = "def test_page(client):\n    jobs(client, 100)\n"
    result = run(pytester, body, "--aws-contract", "--aws-contract-fail-under", "99")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*constraint coverage * is under 99 %*"])


def test_fixtures(pytester: pytest.Pytester) -> None:
    body = """
def test_emulator(aws_emulator, aws_contract, client):
    assert client.list_dataset_import_jobs()["datasetImportJobs"] == []
    assert [each.operation for each in aws_contract.exchanges] == ["ListDatasetImportJobs"]

def test_own_findings(aws_contract, client):
    jobs(client, 1000)
    assert [each.check for each in aws_contract.findings] == ["request_conformance"]

def test_left_as_it_was(client):
    jobs(client, 1000)
"""
    run(pytester, body).assert_outcomes(passed=3)


def test_an_unknown_mode_is_one_line(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--aws-contract=loud")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--aws-contract is 'loud'*"])


def test_the_entry_point_loads_nothing_heavy() -> None:
    code = (
        "import sys, pytest; old = set(sys.modules); import validator.pytest_plugin; print(*(set(sys.modules) - old))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    loaded = done.stdout
    for heavy in ("botocore", "jsonschema", "hypothesis", "click", "rich", "validator.contract"):
        assert heavy not in loaded.split()
