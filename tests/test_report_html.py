"""The page as text: whole, self-contained, bounded, and saying what the report says."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import validator
from tests import report_sample
from tests.report_readers import Html, read_html
from validator import report
from validator.constraints import constraints
from validator.coverage import Coverage
from validator.exchange import Exchange
from validator.report import automata, coverage_map, elements, listing
from validator.results import Report

SECTIONS = ("summary", "findings", "matrix", "coverage", "timeline", "lifecycles")


def written(of: Report) -> str:
    return report.renderer("html")(of, report.Page())


def sections(page: Html) -> list[str]:
    return [attributes["id"] for attributes in page.all("section")]


@pytest.mark.parametrize("sample", ["full", "empty", "adverse"])
def test_asks_nothing_of_anybody(sample: str) -> None:
    text = written(getattr(report_sample, sample)())
    page = read_html(text)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "script",
        "header",
        "nav",
        "main",
        "footer",
        "section",
        "article",
    }
    allowed |= {
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "a",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "b",
        "i",
        "br",
        "bdi",
        "mark",
        "code",
    }
    allowed |= {
        "pre",
        "figure",
        "figcaption",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    allowed |= {"form", "fieldset", "legend", "label", "input", "button"}
    allowed |= {"svg", "path", "rect", "text", "title", "desc", "defs", "marker"}
    assert {tag for tag, _ in page.elements} <= allowed
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "src", "srcset", "action", "data", "xlink:href"), (tag, name)
            if name == "href":
                assert value.startswith("#"), value
    assert len(page.all("script")) == 1
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_runs_only_what_the_policy_names() -> None:
    text = written(report_sample.full())
    (policy,) = [each["content"] for each in read_html(text).all("meta") if each.get("http-equiv")]
    for tag in ("script", "style"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize("sample", ["full", "empty", "adverse"])
def test_every_reference_has_its_target(sample: str) -> None:
    page = read_html(written(getattr(report_sample, sample)()))
    assert len(page.ids) == len(set(page.ids))
    wanted = [value[1:] for _, attributes in page.elements for name, value in attributes.items() if name == "href"]
    wanted += [id for _, each in page.elements for id in each.get("aria-labelledby", "").split()]
    wanted += [each["marker-end"][5:-1] for _, each in page.elements if "marker-end" in each]
    assert wanted
    assert set(wanted) <= set(page.ids)


def test_hostile_texts_are_spelled() -> None:
    text = written(report_sample.adverse())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", text)
    page = read_html(text)
    assert not page.all("img")
    assert (
        "</script><img src=x onerror=alert(1)>]]>\\u0000\\u001b[31m\\u000d\n\\u202egnitirw\\u2066\\ud800\\ufffe"
        in page.text("bdi")[0]
    )


@given(st.text(st.characters(codec=None, exclude_categories=())))
@settings(max_examples=100)
def test_a_text_is_read_back_as_it_is_spelled(text: str) -> None:
    page = read_html(elements.write(elements.h("p", elements.plain(text), title=text)))
    assert page.text("p") == [elements.plain(text)]
    assert page.all("p") == [{"title": elements.plain(text)}]
    assert all(
        each in "\n\t" or each.isprintable() or each.isspace() or ord(each) > 0xA0 for each in elements.plain(text)
    )


def test_each_part_may_be_absent() -> None:
    full = report_sample.full()
    assert sections(read_html(written(full))) == list(SECTIONS)
    parts: dict[str, dict[str, Any]] = {
        "coverage": {"coverage": {}},
        "timeline": {"details": {name: value for name, value in full.details.items() if name != "timeline"}},
        "lifecycles": {"details": {name: value for name, value in full.details.items() if name != "lifecycles"}},
        "matrix": {
            "findings": (),
            "details": {name: value for name, value in full.details.items() if name != "matrix"},
        },
    }
    for part, change in parts.items():
        page = read_html(written(dataclasses.replace(full, **change)))
        assert sections(page) == [name for name in SECTIONS if name != part]
        assert [each["href"] for each in page.all("a")[1:] if each["href"][1:] in SECTIONS] == [
            f"#{name}" for name in sections(page)
        ]
    empty = read_html(written(report_sample.empty()))
    assert sections(empty) == ["summary", "findings"]
    assert "Nothing found in 3 exchanges." in empty.text("p")


def test_the_summary_says_the_numbers() -> None:
    page = read_html(written(report_sample.full()))
    assert "63 errors, 2 warnings and 2 infos in 798 exchanges." in page.text("p")
    tiles = dict(zip(page.text("dt"), page.text("dd"), strict=True))
    assert (tiles["exchanges"], tiles["checked"], tiles["unchecked"], tiles["seed"]) == ("800", "798", "2", "20260105")


def test_sides_that_cannot_be_are_not_counted_as_missed() -> None:
    row = {"total": 10, "satisfied": 9, "violated": 5, "violated_possible": 5}
    page = read_html(written(Report("fuzz", coverage={"operations": {"s.O": row}})))
    tiles = dict(zip(page.text("dt"), page.text("dd"), strict=True))
    assert (tiles["constraints kept"], tiles["constraints broken"]) == ("90 %", "100 %")
    assert any("5 of 5 broken" in text for text in page.text("summary"))


def test_the_exchange_stands_beside_the_line_it_breaks() -> None:
    page = read_html(written(Report("check", report_sample.findings(report_sample.exchanges()[0]))))
    assert [mark.replace(" (this line)", "").strip() for mark in page.text("mark")] == [
        '"maxResults": 101',
        '"maximum": 100',
    ]
    assert [text.partition("Copy")[0] for text in page.text("figcaption")] == [
        "Exchange: ListDatasetImportJobs", "Contract: MaxResults", "Python", "AWS CLI", "curl",
    ]  # fmt: skip
    assert "cassettes/list.yaml:14" in page.text("dd")


def test_a_line_to_copy_is_whole() -> None:
    line = "client.call(" + "x" * 15_000 + ")"
    found = dataclasses.replace(report_sample.history_finding(), reproduce={"python": line}, message="m" * 3000)
    page = read_html(written(Report("fuzz", [found])))
    assert line in page.text("code")
    assert "m" * 3000 in page.text("p")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"requests": 2}, {"requests": 1}], "2 operations driven"),
        (
            [{"requests": 2}, *[{"requests": 0, "unsupported": "not supported"}] * 67],
            "1 operation driven, 67 not supported",
        ),
        (
            [{"requests": 2, "unsupported": "not supported"}, {"requests": 0}],
            "0 operations driven, 1 not supported, 1 not tried",
        ),
    ],
)
def test_only_what_was_called_counts_as_driven(rows: list[dict[str, Any]], said: str) -> None:
    counts = {f"s.{number:03}": row for number, row in enumerate(reversed(rows))}
    page = written(Report("fuzz", details={"operations": counts}))
    assert f"<summary>{said}</summary>" in page
    # Those that were called stand first.
    called = [name for name, row in counts.items() if row["requests"]]
    first = [cell[:5] for cell in page.partition("<summary>" + said)[2].split(">s.")[1:]]
    assert [f"s.{name[:3]}" for name in first[: len(called)]] == called


def test_what_cannot_be_reached_is_told() -> None:
    page = read_html(written(report_sample.full()))
    told = [row for row in page.text("tr") if row.startswith("/jobNameminLength1")]
    assert [row.partition("cannot be: ")[2] for row in told] == ["the pattern asks for a character"]


def test_what_is_missing_is_marked_where_it_would_be() -> None:
    exchange = Exchange("personalize", "CreateDatasetImportJob", {"jobName": "a", "colour": 1})
    page = read_html(written(Report("check", report_sample.findings(exchange))))
    marks = [mark.replace(" (this line)", "").strip() for mark in page.text("mark")]
    assert '"request": {' in marks
    assert '"colour": 1' in marks
    assert '"required": [' in marks
    assert '"additionalProperties": false' in marks


def test_a_long_answer_is_cut_around_its_marks() -> None:
    page = read_html(written(Report("check", report_sample.findings(report_sample.exchanges()[3]))))
    exchange = next(text for text in page.text("pre") if "no good" in text)
    assert '"jobName": "no good"' in exchange
    assert "lines left out" in exchange
    assert len(exchange.split("\n")) < 30


def test_sensitive_members_are_not_shown() -> None:
    exchange = Exchange("iam", "CreateLoginProfile", {"UserName": "?", "Password": "correct horse", "Extra": 1})
    contract = validator.load("iam")
    found = [
        dataclasses.replace(finding, reproduce={})
        for finding in report_sample.conformance.request_conformance(contract, [exchange])
    ]
    assert "correct horse" in json.dumps([finding.to_json() for finding in found])
    text = written(Report("check", found))
    assert '"Password": "***"' in "".join(read_html(text).text("pre"))
    assert "correct horse" not in text


def test_ten_thousand_findings_give_a_page() -> None:
    text = written(report_sample.many(10_000))
    assert len(text) < 3_000_000
    page = read_html(text)
    assert "10,000 errors in 10,000 exchanges." in page.text("p")
    more = next(text for text in page.text("p") if "more findings in" in text)
    shown = sum(int(badge.rstrip("×").replace(",", "")) for badge in page.text("b") if badge.endswith("×"))
    single = sum("finding" in each.get("class", "").split() for each in page.all("details")) - len(
        [badge for badge in page.text("b") if badge.endswith("×")]
    )
    left = int(re.search(r"and ([\d,]+) more findings", more)[1].replace(",", ""))  # type: ignore[index]
    assert shown + single + left == 10_000


def test_a_long_run_gives_a_small_timeline() -> None:
    points = [
        {
            "t": number / 1000,
            "operation": f"s.Op{number % 90}",
            "status": 200 if number % 3 else 400,
            "phase": "positive",
        }
        for number in range(60_000)
    ]
    text = written(Report("fuzz", details={"timeline": points}))
    assert len(text) < 400_000
    assert "60,000 calls in 60 seconds, on 24 lanes" in text
    numbers = [row for row in read_html(text).text("tr") if row.startswith("all other operations")]
    assert len(numbers) == 1


@pytest.mark.parametrize("points", [[], None, [{"t": float("nan")}], [{}], "x"])
def test_a_timeline_without_times_is_left_out(points: Any) -> None:
    assert "timeline" not in sections(read_html(written(Report("fuzz", details={"timeline": points}))))


# The parts -----------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab/~é", max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=100)
def test_lines_are_those_of_pythons_own_json(value: Any) -> None:
    lines = list(listing.lines(value))
    assert "\n".join("  " * line.depth + line.text for line in lines) == json.dumps(value, indent=2, ensure_ascii=False)
    for line in lines:
        assert listing.nearest(value, line.pointer) == line.pointer
        assert listing.nearest(value, line.pointer + "/no such member") == line.pointer


def test_transitions_are_told_apart() -> None:
    kinds = {(edge.start, edge.end): (edge.kind, edge.count) for edge in automata.edges(report_sample.LIFECYCLE)}
    assert kinds == {
        ("CREATE PENDING", "CREATE IN_PROGRESS"): ("seen", 41),
        ("CREATE IN_PROGRESS", "ACTIVE"): ("seen", 38),
        ("CREATE PENDING", "ACTIVE"): ("skips", 4),
        ("ACTIVE", "CREATE IN_PROGRESS"): ("breach", 2),
        ("CREATE PENDING", "CREATE FAILED"): ("unseen", 0),
        ("CREATE IN_PROGRESS", "CREATE FAILED"): ("unseen", 0),
        ("ACTIVE", "DELETE PENDING"): ("unseen", 0),
        ("CREATE FAILED", "DELETE PENDING"): ("unseen", 0),
        ("DELETE PENDING", "DELETE IN_PROGRESS"): ("unseen", 0),
    }


STATES = st.sampled_from("abcdef")


@given(
    st.lists(st.tuples(STATES, STATES), max_size=12), st.lists(st.tuples(STATES, STATES, st.integers(1, 9)), max_size=8)
)
@settings(max_examples=60)
def test_any_automaton_is_drawn_within_its_frame(declared: list[Any], seen: list[Any]) -> None:
    drawn = automata.automata(Report("fuzz", details={"lifecycles": {"s.R": {"declared": declared, "seen": seen}}}))
    assert drawn is not None
    for svg in drawn.iter("svg"):
        if svg.get("class") != "automaton":
            continue
        left, top, width, height = map(float, svg.get("viewBox", "").split())
        boxes = [
            tuple(float(rect.get(name, "")) for name in ("x", "y", "width", "height")) for rect in svg.iter("rect")
        ]
        for x, y, wide, high in boxes:
            assert left <= x <= x + wide <= left + width
            assert top <= y <= y + high <= top + height
        for number, (x, y, wide, high) in enumerate(boxes):
            for other in boxes[:number]:
                assert (
                    x >= other[0] + other[2] or other[0] >= x + wide or y >= other[1] + other[3] or other[1] >= y + high
                )
        for path in svg.iter("path"):
            if path.get("marker-end"):
                for command, numbers in re.findall(r"([MCLH])([^MCLH]*)", path.get("d", "")):
                    heights = [float(each) for each in numbers.split()][1::2] if command != "H" else []
                    assert all(top <= each <= top + height for each in heights)


def test_coverage_is_drawn_from_what_was_missed() -> None:
    operation = validator.load("personalize").operation("ListDatasetImportJobs")
    coverage = Coverage()
    coverage.observe(operation, {"maxResults": 101})
    coverage.observe(operation, {"maxResults": 5})
    drawn = coverage_map.coverage_map(Report("check", coverage=coverage.to_json()))
    assert drawn is not None
    page = read_html(elements.write(drawn))
    rows = {tuple(row.split(" ")[0:1]): row for row in page.text("tr")}
    assert len(rows) > 3
    told = [row for row in page.text("tr") if row.startswith("/maxResultsmaximum100")]
    assert told == ["/maxResultsmaximum100✓ seen✓ seen"]
    token = [row for row in page.text("tr") if row.startswith("/nextTokenmaxLength")]
    assert token == ["/nextTokenmaxLength1300nevernever"]
    squares = sum(path.get("d", "").count("z") for path in drawn.iter("path")) - 3
    assert squares == 2 * len(constraints(operation))
