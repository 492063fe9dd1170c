"""The pytest plugin, on suites that are run in a pytest of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import boto3  # noqa: F401 - see below
import pytest

# pytester forgets what a suite in this process was the first to import: what all of them need is here before.
import validator.suite  # noqa: F401
from validator import settings

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
    # Workers of xdist want a process of their own, and so does a suite that only settings hold, or nothing.
    apart = "-n" in options or not any(option.startswith("--aws-contract") for option in options)
    begin = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
    settings.find.cache_clear()
    return begin("-p", "no:cacheprovider", *options)


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
    run(pytester, body, "--aws-contract=strict").assert_outcomes(passed=1)


def test_calls_that_no_test_makes_count_too(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "def pytest_sessionstart(session):\n    from test_suite import jobs, make\n    jobs(make(), 1001)\n"
    )
    make = """
def make():
    return boto3.client("personalize", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
"""
    body = make + "\njobs(make(), 1000)\n\ndef test_right_page(client):\n    jobs(client, 100)\n"
    for more in ((), ("-n", "2")):
        result = run(pytester, body, "--aws-contract", *more)
        result.assert_outcomes(passed=1)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["outside of any test:", "*got   1000*", "*2 errors, 0 warnings*"])
    assert run(pytester, body, "--aws-contract=warn").ret == 0
    pytester.makeini("[pytest]\naws_contract_ignore = *:personalize  # known\n")
    assert run(pytester, body, "--aws-contract").ret == 0


def test_skipping_excuses_nothing_and_xfail_counts_as_ever(pytester: pytest.Pytester) -> None:
    body = """
def test_skipped(client):
    jobs(client, 1000)
    pytest.skip("too late")

@pytest.fixture
def broken(client):
    jobs(client, 1000)
    pytest.skip("too late")

def test_skipped_in_set_up(broken):
    pass

@pytest.fixture
def breaks_late(client):
    yield
    jobs(client, 1000)

def test_broken_in_teardown(breaks_late):
    pass

def test_skipped_in_time(client):
    pytest.skip("nothing sent")

@pytest.mark.xfail(reason="known")
def test_known(client):
    jobs(client, 1000)

@pytest.mark.xfail(strict=True)
def test_better_than_known(client):
    jobs(client, 10)

def test_wrong_by_itself_too(client):
    jobs(client, 1000)
    assert 1 == 2
"""
    result = run(pytester, body, "--aws-contract")
    # A test that is skipped in its set-up, or broken in its teardown, has an error; the latter has passed before.
    result.assert_outcomes(failed=3, errors=2, passed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["*then the test was skipped*", "*XPASS(strict)*", "*- aws-contract -*"])


def test_settings_hold_for_the_suite_too(pytester: pytest.Pytester) -> None:
    body = """
def test_new_status(client):
    jobs(client, 10, {"datasetImportJobs": [{"status": "B" * 300}]})

def test_long_page(client):
    jobs(client, 1000)
"""
    run(pytester, body, "--aws-contract").assert_outcomes(passed=1, failed=1)
    pytester.makepyprojecttoml("[tool.aws-contract]\nstrict = true\n")
    run(pytester, body, "--aws-contract").assert_outcomes(failed=2)
    run(pytester, body, "--aws-contract=warn").assert_outcomes(passed=2)
    ignore = "[[tool.aws-contract.ignore]]\ncheck = 'request_conformance:personalize'\nreason = 'known'\n"
    pytester.makepyprojecttoml("[tool.aws-contract]\nfail-under = 90\n" + ignore)
    result = run(pytester, body, "--aws-contract")
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    assert run(pytester, body, "--aws-contract", "--aws-contract-fail-under=1").ret == 0
    pytester.makepyprojecttoml("[tool.aws-contract]\nstrikt = true\n")
    result = run(pytester, body, "--aws-contract")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown setting 'strikt'*"])


@pytest.mark.parametrize(
    ("ini", "options", "said"),
    [
        ("aws_contract = true", [], "*the setting aws_contract is 'true'; write on, strict, warn or off*"),
        ("", ["--aws-contract", "--aws-contract-fail-under=101"], "*'101' is no number from 0 to 100*"),
        ("", ["--aws-contract", "--aws-contract-fail-under=many"], "*'many' is no number from 0 to 100*"),
        ("", ["--aws-contract", "--aws-contract-report=html=no/such/x.html"], "*there is no folder no/such*"),
        ("", ["--aws-contract", "--aws-contract-report=htm=x.html"], "*htm*html*"),
        ("aws_contract_ignore = request_conformance:personalise.ListJobs  # x", ["--aws-contract"], "*personalise*"),
    ],
)
def test_unusable_settings_are_one_line(ini: str, options: list[str], said: str, pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    result = run(pytester, "", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_an_empty_setting_asks_for_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naws_contract =\n")
    run(pytester, "def test_long_page(client):\n    jobs(client, 1000)\n").assert_outcomes(passed=1)


def test_a_report_that_cannot_be_written_is_told_after_the_summary(pytester: pytest.Pytester) -> None:
    (pytester.path / "taken").mkdir()
    result = run(pytester, "def test_page(client):\n    jobs(client, 1)\n", "--aws-contract",
                 "--aws-contract-report=json=taken")  # fmt: skip
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 of 1 exchanges checked*", "cannot write taken: Is a directory"])


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
    result = run(pytester, marked.format(reason=', reason="the page size is what is tested"'), "--aws-contract")
    result.assert_outcomes(passed=1)
    assert "without a reason" not in result.stdout.str()
    result = run(pytester, marked.format(reason=""), "--aws-contract")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["ignores without a reason: test_suite.py::test_long_page; say it with reason="])
    pytester.makeini("[pytest]\naws_contract_ignore = *:personalize.ListDatasetImportJobs\n")
    result = run(pytester, "", "--aws-contract")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*has no reason*"])


@pytest.mark.parametrize("more", [(), ("-n", "2")])
def test_a_marker_that_cannot_be_read_is_an_error_of_its_test(more: tuple[str, ...], pytester: pytest.Pytester) -> None:
    body = """
@pytest.mark.aws_contract(ignore=["request_conformanc"], reason="typo")
def test_of_an_unknown_check(client):
    jobs(client, 1)

@pytest.mark.aws_contract(ignored=["request_conformance"])
def test_of_an_unknown_argument(client):
    jobs(client, 1)

@pytest.mark.aws_contract("request_conformance")
def test_of_a_bare_argument(client):
    jobs(client, 1)

def test_next(client):
    jobs(client, 1)
"""
    result = run(pytester, body, "--aws-contract", *more)
    result.assert_outcomes(errors=3, passed=1)
    said = result.stdout.str()
    assert "no check named 'request_conformanc'; did you mean request_conformance?" in said
    assert "takes ignore= and reason=, not ignored" in said
    assert "takes ignore= and reason=, not 'request_conformance'" in said
    assert "INTERNALERROR" not in said + result.stderr.str()


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
