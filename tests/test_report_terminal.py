"""The report to read: what stands first, what is said once, what is counted, and nothing that steers a terminal."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import report_sample
from validator.report import Page, renderer, terminal
from validator.results import Finding, Location, Report, Severity, Unchecked, Violation

HEADLINE = re.compile(r"^(error|warning|info)\[([^\]]+)\] (\S+)", re.MULTILINE)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
SAMPLES = {
    "full": report_sample.full(),
    "empty": report_sample.empty(),
    "adverse": report_sample.adverse(),
    "many": report_sample.many(300),
}


def render(report: Report, **page: Any) -> str:
    return renderer("terminal")(report, Page(**page))


def finding(number: int, severity: Severity = Severity.ERROR, **more: Any) -> Finding:
    """A finding that is the same problem as another only for the same number."""
    place = {"operation": "ListDatasets", "direction": "response", "code": f"kind-{number}", **more}
    return Finding("page_size", severity, "personalize", message=f"problem {number}", **place)


# Order and grouping --------------------------------------------------------------------------------------------------


def test_the_worst_stands_first_and_else_the_order_of_finding() -> None:
    levels = [Severity.INFO, Severity.ERROR, Severity.WARNING, Severity.ERROR, Severity.INFO]
    shown = render(Report("check", [finding(number, level) for number, level in enumerate(levels)]))
    assert re.findall(r"^(error|warning|info)\[.*\n  found (problem \d)", shown, re.MULTILINE) == [
        ("error", "problem 1"),
        ("error", "problem 3"),
        ("warning", "problem 2"),
        ("info", "problem 0"),
        ("info", "problem 4"),
    ]


@pytest.mark.parametrize(
    ("places", "row"),
    [
        ([], None),
        (["b.json"], "1 more place: b.json"),
        (["b.json", "b.json"], "2 more places: b.json"),
        (["b.json", "c.json", "d.json"], "3 more places: b.json, c.json, d.json"),
        (["b.json", "c.json", "d.json", "e.json"], "4 more places: b.json, c.json, d.json ..."),
        ([None, None], "2 more places"),
    ],
)
def test_the_same_problem_is_shown_once_with_its_places(places: list[str | None], row: str | None) -> None:
    found = [finding(1, location=Location(file)) for file in ["a.json", *places]]
    shown = render(Report("check", found))
    assert len(HEADLINE.findall(shown)) == 1
    assert "  at    a.json" in shown.splitlines()
    assert [line for line in shown.splitlines() if line.startswith("  also  ")] == ([f"  also  {row}"] if row else [])
    assert f"{len(found)} error" in shown.splitlines()[-1]


def test_the_same_problem_of_two_severities_is_two() -> None:
    shown = render(Report("check", [finding(1), finding(1, Severity.WARNING), finding(1)]))
    assert [head[0] for head in HEADLINE.findall(shown)] == ["error", "warning"]


@pytest.mark.parametrize("count", [49, 50, 51, 130])
def test_beyond_fifty_kinds_the_rest_is_counted(count: int) -> None:
    shown = render(Report("check", [finding(number) for number in range(count)]))
    assert len(HEADLINE.findall(shown)) == min(count, 50)
    more = re.findall(r"^\.\.\. and (\d+) more kinds of finding", shown, re.MULTILINE)
    assert more == ([str(count - 50)] if count > 50 else [])
    assert f"{count} errors" in shown.splitlines()[-1]


# One finding ---------------------------------------------------------------------------------------------------------


def test_a_block_says_what_where_and_how_to_do_it_again() -> None:
    violation = Violation(
        "maximum", "/maxResults", "/$defs/MaxResults/maximum", 100, 101, "model", "botocore 1", shape="MaxResults"
    )
    found = Finding(
        "request_conformance", Severity.ERROR, "personalize", "ListDatasets", "request", "maxResults is 101",
        (violation,), Location("a.yaml", 14, 3), reproduce={"python": "client.x(\n  y)", "cli": "aws personalize x"},
    )  # fmt: skip
    lines = terminal.block(found).splitlines()
    assert lines[0] == "error[maximum] personalize.ListDatasets request /maxResults"
    rows = {line[2:8].strip(): line[8:] for line in lines[1:] if line[2:8].strip()}
    assert rows["got"] == "101"
    assert rows["want"].startswith("1 to 100")
    assert (rows["at"], rows["id"]) == ("a.yaml:14", found.id)
    # What is to be copied stands at the margin under its label, as it was.
    assert lines[lines.index("  python") :] == ["  python", "client.x(", "  y)", "  cli", "aws personalize x"]


@pytest.mark.parametrize(("length", "whole"), [(2_000, True), (2_001, False)])
def test_lines_to_copy_are_whole_or_not_there(length: int, whole: bool) -> None:
    text = "a" * length
    lines = terminal.block(finding(1, reproduce={"python": text, "cli": "aws x"})).splitlines()
    shown = text if whole else "# 2,001 characters; --report json has them"
    assert lines[-4:] == ["  python", shown, "  cli", "aws x"]


def test_each_violation_has_its_headline_and_the_undecided_are_only_infos() -> None:
    broken = Violation("enum", "/status", "/$defs/Status/enum", ["A"], "B")
    undecided = Violation("pattern", "/name", "/$defs/Name/pattern", "(a+)+", "aaa", unchecked=True)
    found = Finding(
        "response_conformance", Severity.WARNING, "none", "Such", "response", "x", (broken, undecided, broken)
    )
    heads = HEADLINE.findall(terminal.block(found))
    assert [head[:2] for head in heads] == [("warning", "enum"), ("info", "pattern"), ("warning", "enum")]


@pytest.mark.parametrize(
    ("location", "row"),
    [
        (None, []),
        (Location(), []),
        (Location("standard input"), []),
        (Location("standard input", 2), ["  at    standard input:2"]),
        (Location("a.json", None, 7), ["  at    a.json#7"]),
        (Location("a.json", 9, 7), ["  at    a.json:9"]),
    ],
)
def test_the_place_is_named_where_it_says_something(location: Location | None, row: list[str]) -> None:
    lines = terminal.block(finding(1, location=location)).splitlines()
    assert [line for line in lines if line.startswith("  at ")] == row


# Tables and the closing line -----------------------------------------------------------------------------------------


def test_the_table_of_operations_is_aligned_and_says_what_was_not_offered() -> None:
    counts = {
        "personalize.ListDatasets": {"requests": 1200, "accepted": 7, "rejected": 1193},
        "forecast.ListDatasetImportJobs": {"requests": 3, "accepted": 3},
        "personalize.ListRecipes": {"unsupported": "not offered"},
        "personalize.ListSolutions": {"unsupported": "not offered"},
        "personalize.CreateDataset": {"requests": 0},
    }
    coverage = {"operations": {"personalize.ListDatasets": {
        "total": 9, "satisfied": 8, "satisfied_possible": 9, "violated": 5, "violated_possible": 7,
    }}}  # fmt: skip
    shown = render(Report("fuzz", [finding(1), finding(2)], details={"operations": counts}, coverage=coverage))
    (table,) = [part for part in shown.split("\n\n") if part.startswith("operation ")]
    head, first, second, last = table.splitlines()
    assert re.split(r"\s{2,}", head)[0] == "operation"
    assert re.split(r"\s{2,}", first) == ["forecast.ListDatasetImportJobs", "3", "3", "0", "-", "-", "0"]
    assert re.split(r"\s{2,}", second) == ["personalize.ListDatasets", "1200", "7", "1193", "8/9", "5/7", "2"]
    assert len(head) == len(first) == len(second)
    assert last == "not offered: personalize.ListRecipes, personalize.ListSolutions"
    assert "CreateDataset" not in table
    assert "13 of 16 sides of constraints met" in shown.splitlines()[-1]


def test_what_could_be_smaller_is_said_before_the_closing_line() -> None:
    said = "2 of 3 findings may show more calls and members than they need"
    parts = render(Report("fuzz", [finding(1)], details={"unshrunk": said})).split("\n\n")
    assert parts[-2] == said
    assert said not in render(Report("fuzz", [finding(1)]))


def test_what_was_not_judged_is_counted_by_reason_the_most_first() -> None:
    entries = [
        Unchecked("no contract", "mood", "ListMoods"),
        *(Unchecked("cut off", location=Location(f"{number}.json")) for number in range(5)),
        Unchecked("odd"),
    ]
    shown = render(Report("check", unchecked=entries, exchanges=9, checked=2))
    assert [line for line in shown.splitlines() if line.startswith("unchecked")] == [
        "unchecked     5  cut off (0.json, 1.json, 2.json ...)",
        "unchecked     1  no contract (mood.ListMoods)",
        "unchecked     1  odd",
    ]
    assert "2 of 9 exchanges checked" in shown.splitlines()[-1]


@pytest.mark.parametrize("command", ["check", "drift"])
@pytest.mark.parametrize("errors", [0, 1, 2])
@pytest.mark.parametrize("infos", [0, 1, 2])
def test_the_closing_line_counts_in_words(command: str, errors: int, infos: int) -> None:
    found = [finding(number) for number in range(errors)]
    found += [finding(10 + number, Severity.INFO) for number in range(infos)]
    closing = render(Report(command, found, seconds=1.26, details={"ignored": 3})).splitlines()[-1]
    words = (
        f"{errors} error{'' if errors == 1 else 's'}, 0 warnings, {infos} info; 0 of 0 exchanges checked"
        if command == "check"
        else f"{errors} breaking, 0 expired, {infos} safe; 0 changes"
    )
    assert closing == f"{words}; 3 left out by settings; 1.3 s"


def test_the_closing_line_has_the_colour_of_the_worst() -> None:
    for found, color in (
        ([], "green"),
        ([finding(1, Severity.INFO)], "cyan"),
        ([finding(1, Severity.INFO), finding(2, Severity.WARNING)], "yellow"),
        ([finding(1, Severity.WARNING), finding(2)], "red"),
    ):
        closing = render(Report("check", found), color=True).splitlines()[-1]
        assert closing.startswith(click.style("", fg=color, reset=False))


def test_drift_is_a_line_a_change_service_by_service() -> None:
    changes = [
        finding(1, Severity.INFO),
        finding(2),
        dataclasses.replace(finding(3, Severity.WARNING), service="forecast"),
    ]
    shown = render(Report("drift", changes, details={"changes": [{}, {}, {}]}))
    assert shown.splitlines()[:-1] == [
        "forecast",
        "  expired   problem 3",
        "",
        "personalize",
        "  breaking  problem 2",
        "  safe      problem 1",
        "",
    ]
    assert shown.splitlines()[-1] == "1 breaking, 1 expired, 1 safe; 3 changes; 0.0 s"
    assert "breaking," not in render(Report("drift", changes), quiet=True)


@pytest.mark.parametrize("sample", SAMPLES)
def test_quiet_is_the_findings_alone(sample: str) -> None:
    loud, quiet = render(SAMPLES[sample]), render(SAMPLES[sample], quiet=True)
    assert loud.startswith(quiet)
    assert HEADLINE.findall(quiet) == HEADLINE.findall(loud)
    assert "exchanges checked" not in quiet


def test_a_summary_counts_each_problem_once() -> None:
    report = Report(
        "pytest", [finding(1, Severity.INFO), *(finding(2) for _ in range(3)), finding(3)], exchanges=8, checked=8
    )
    assert list(terminal.summary(report)) == [
        "error[page_size] personalize.ListDatasets 3 x: problem 2",
        "error[page_size] personalize.ListDatasets 1 x: problem 3",
        "info[page_size] personalize.ListDatasets 1 x: problem 1",
        "4 errors, 0 warnings, 1 info; 8 of 8 exchanges checked; 0.0 s",
    ]


# Properties ----------------------------------------------------------------------------------------------------------

TEXT = st.text(st.sampled_from("ab\n\r\t\x00\x1b\x9b\u202e\u2028\ud800é[]m;1/~"), max_size=12)
FINDINGS = st.builds(
    Finding,
    TEXT,
    st.sampled_from(Severity),
    st.sampled_from(["personalize", "\x1b]0;x\x07", "a\nb"]),
    st.sampled_from(["ListDatasets", "\x1b[2J", "a\r\nb"]),
    st.sampled_from(["request", "response", "error", "service"]),
    TEXT,
    st.lists(
        st.builds(
            Violation, st.sampled_from(["enum", "type"]) | TEXT, TEXT.map("/".__add__), TEXT, TEXT, TEXT, note=TEXT
        ),
        max_size=2,
    ).map(tuple),
    st.none() | st.builds(Location, TEXT, st.none() | st.integers(1, 9)),
    reproduce=st.dictionaries(st.sampled_from(["python", "cli"]), TEXT, max_size=1),
)
REPORTS = st.builds(
    Report,
    st.sampled_from(["check", "drift", "validate", "fuzz"]),
    st.lists(FINDINGS, max_size=3),
    unchecked=st.lists(st.builds(Unchecked, TEXT, TEXT, st.none() | TEXT), max_size=2),
    details=st.fixed_dictionaries(
        {},
        optional={
            "subject": TEXT,
            "operations": st.dictionaries(
                TEXT, st.fixed_dictionaries({"requests": st.integers(0, 2)}, optional={"unsupported": TEXT}), max_size=2
            ),
        },
    ),
)


# Shrinking a report takes minutes and tells little more than what was drawn.
@settings(max_examples=40, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(REPORTS)
def test_nothing_from_outside_steers_a_terminal_and_colour_changes_no_word(report: Report) -> None:
    plain = render(report)
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert ESCAPES.sub("", render(report, color=True)) == plain
    lines = list(terminal.summary(report))
    assert all(char.isprintable() or char == "\n" for line in lines for char in line)


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_neither(sample: str) -> None:
    plain = render(SAMPLES[sample])
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert ESCAPES.sub("", render(SAMPLES[sample], color=True)) == plain
    # Every kind of finding, or the count of those left out, is there.
    kinds = {(each.severity, *each.group) for each in SAMPLES[sample].findings}
    more = re.search(r"^\.\.\. and (\d+) more kinds", plain, re.MULTILINE)
    shown = plain[: more.start()] if more else plain
    assert len(HEADLINE.findall(shown)) >= len(kinds) - (int(more[1]) if more else 0)
