"""What of the findings counts: ignores, strictness and baselines, held against plain sets and properties."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator import policy
from validator.errors import UnknownNameError, UnusableInputError
from validator.policy import Ignore, Policy
from validator.results import Finding, Location, Report, Severity, Violation

quick = settings(deadline=None)
CHECKS = ("request_conformance", "response_conformance", "lifecycle")
SERVICES = ("personalize", "forecast")
OPERATIONS = ("ListDatasets", "CreateDataset")
PATHS = ("/maxResults", "/jobs/0/name", "/jobs/1/name", "/jobs/0/status", "")


def violation(path: str, keyword: str = "maximum", **more: Any) -> Violation:
    return Violation(keyword, path, f"/$defs/X/{keyword}", 100, 101, message=f"{path} breaks {keyword}", **more)


def finding(
    check: str = "request_conformance", *paths: str, severity: Severity = Severity.ERROR, **more: Any
) -> Finding:
    place = {"service": "personalize", "operation": "ListDatasets", "direction": "request", **more}
    broken = tuple(violation(path) for path in paths)
    return Finding(check, severity, message=broken[0].message if broken else "as found", violations=broken, **place)


findings = st.builds(
    lambda check, severity, service, operation, paths, file: dataclasses.replace(
        finding(check, *paths, severity=severity, service=service, operation=operation), location=Location(file)
    ),
    st.sampled_from(CHECKS),
    st.sampled_from(Severity),
    st.sampled_from(SERVICES),
    st.sampled_from(OPERATIONS),
    st.lists(st.sampled_from(PATHS), unique=True, max_size=4),
    st.sampled_from(["a.json", "b.json"]),
)


# Ignores -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lifecycle", ("lifecycle", "*", "*", None)),
        ("*:personalize", ("*", "personalize", "*", None)),
        ("page_*:personalize.List*", ("page_*", "personalize", "List*", None)),
        ("lifecycle:personalize.ListDatasets.jobs.status", ("lifecycle", "personalize", "ListDatasets", "jobs.status")),
    ],
)
def test_an_ignore_is_read(text: str, parts: tuple[str, str, str, str | None]) -> None:
    read = Ignore.from_text(text, "because")
    assert (read.check, read.service, read.operation, read.member) == parts
    assert read.reason == "because"


@pytest.mark.parametrize(
    "text",
    ["", ":personalize", "lifecycle:", "lifecycle:.ListDatasets", "lifecycle:a.", "lifecycle:a.b.", "lifecycle:a..c"],
)
def test_what_is_no_ignore_is_one_line(text: str) -> None:
    with pytest.raises(UnusableInputError, match=r"^ignore: cannot read .*; write CHECK\[:service") as caught:
        Ignore.from_text(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("page_sise", "no check named 'page_sise'; did you mean page_size?"),
        ("lifecycle:personalise", "no service named 'personalise'; did you mean personalize?"),
        ("*:no-*.List*", "no service named 'no-*'"),
        ("*:personalize.ListSchema", "no operation named 'ListSchema'; did you mean ListSchemas?"),
        ("*:personalize.*Nothing*", "no operation named '*Nothing*'"),
    ],
)
def test_what_does_not_exist_cannot_be_ignored(text: str, said: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        Ignore.from_text(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["drift:my-service.Shape", "*:s*.Anything", "*:*.*", "*:personalize.List*.tags.*"])
def test_what_may_exist_can_be_ignored(text: str) -> None:
    assert Ignore.from_text(text)


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("request_conformance", None),
        ("request_*", None),
        ("response_conformance", ["/maxResults", "/jobs/0/name", "/jobs/1/status"]),
        ("*:forecast", ["/maxResults", "/jobs/0/name", "/jobs/1/status"]),
        ("*:personalize.List*", None),
        ("*:personalize.Create*", ["/maxResults", "/jobs/0/name", "/jobs/1/status"]),
        ("*:personalize.ListDatasets.maxResults", ["/jobs/0/name", "/jobs/1/status"]),
        ("*:personalize.ListDatasets.max", ["/maxResults", "/jobs/0/name", "/jobs/1/status"]),
        ("*:personalize.ListDatasets.jobs", ["/maxResults"]),
        ("*:personalize.ListDatasets.jobs.name", ["/maxResults", "/jobs/1/status"]),
        ("*:personalize.ListDatasets.*.status", ["/maxResults", "/jobs/0/name"]),
        ("*:personalize.ListDatasets.*", None),
    ],
)
def test_an_ignore_leaves_out_what_it_names(ignore: str, left: list[str] | None) -> None:
    found = finding("request_conformance", "/maxResults", "/jobs/0/name", "/jobs/1/status")
    rest = Ignore.from_text(ignore).remaining(found)
    assert (None if rest is None else [each.instance_path for each in rest.violations]) == left
    if rest is not None:
        assert rest.message == f"{rest.violations[0].instance_path} breaks maximum"


def test_a_finding_without_violations_is_not_ignored_by_a_member() -> None:
    found = finding("lifecycle")
    assert Ignore.from_text("lifecycle:personalize.ListDatasets.status").remaining(found) is found
    assert Ignore.from_text("lifecycle:personalize.ListDatasets").remaining(found) is None


ignores = st.builds(
    Ignore,
    st.sampled_from([*CHECKS, "*", "re*"]),
    st.sampled_from([*SERVICES, "*"]),
    st.sampled_from([*OPERATIONS, "*", "List*"]),
    st.none() | st.sampled_from(["maxResults", "jobs", "jobs.name", "*.status", "nothing"]),
)


@quick
@given(st.lists(findings, max_size=8), st.lists(ignores, max_size=4), st.randoms(use_true_random=False))
def test_ignores_only_take_away_and_in_any_order(
    found: list[Finding], chosen: list[Ignore], order: random.Random
) -> None:
    weighed = list(Policy(ignores=chosen).weigh(found))
    shuffled = order.sample(chosen, len(chosen))
    again = [[each.instance_path for each in one.violations] for one in Policy(ignores=shuffled).weigh(found)]
    assert [[each.instance_path for each in one.violations] for one in weighed] == again
    assert list(Policy(ignores=chosen).weigh(weighed)) == weighed
    assert {each.severity for each in weighed} <= {each.severity for each in found}
    assert sum(len(each.violations) for each in weighed) <= sum(len(each.violations) for each in found)


# Strictness ----------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(findings))
def test_strict_makes_everything_an_error_and_nothing_else(found: list[Finding]) -> None:
    lifted = list(Policy(strict=True).weigh(found))
    assert {each.severity for each in lifted} <= {Severity.ERROR}
    assert [dataclasses.replace(each, severity=Severity.INFO) for each in lifted] == [
        dataclasses.replace(each, severity=Severity.INFO) for each in found
    ]
    assert list(Policy().weigh(found)) == found


def test_strict_does_not_lift_what_the_target_refused() -> None:
    taken = dataclasses.replace(finding(severity=Severity.INFO), calls=({"request": {}, "response": {}},))
    refused = dataclasses.replace(taken, calls=({"request": {}, "error": {"code": "ValidationException"}},))
    assert [each.severity for each in Policy(strict=True).weigh([taken, refused])] == [Severity.ERROR, Severity.INFO]


def test_strict_does_not_lift_what_could_not_be_decided() -> None:
    undecided = dataclasses.replace(
        finding(severity=Severity.INFO), violations=(violation("/a", "pattern", unchecked=True),)
    )
    mixed = dataclasses.replace(undecided, violations=(*undecided.violations, violation("/b")))
    assert [each.severity for each in Policy(strict=True).weigh([undecided, mixed])] == [Severity.INFO, Severity.ERROR]


# Baselines -----------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(findings, max_size=8), st.lists(findings, max_size=8))
def test_a_baseline_accepts_exactly_what_it_was_made_of(old: list[Finding], new: list[Finding]) -> None:
    accepted = {each.id: each.message for each in old}
    left = list(Policy(accepted=accepted).weigh([*old, *new]))
    assert left == [each for each in new if each.id not in accepted]


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    found = [finding("lifecycle"), finding("request_conformance", "/maxResults"), finding("lifecycle")]
    assert policy.save_baseline(path, found) == 2
    assert policy.load_baseline(path) == {
        found[0].id: "lifecycle personalize.ListDatasets: as found",
        found[1].id: "request_conformance personalize.ListDatasets: /maxResults breaks maximum",
    }
    assert [each.name for each in tmp_path.iterdir()] == ["base.json"]
    first = path.read_text("utf-8")
    policy.save_baseline(path, reversed(found))
    assert path.read_text("utf-8") == first, "the order of the findings shows in the file"


def test_a_baseline_that_cannot_be_written_leaves_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    policy.save_baseline(path, [finding("lifecycle")])
    before = path.read_text("utf-8")
    lone = dataclasses.replace(finding("page_size"), message="\udc80")
    broken = dataclasses.replace(finding("page_size"), message=object())  # type: ignore[arg-type]
    policy.save_baseline(path, [lone])
    assert list(policy.load_baseline(path)) == [lone.id]
    path.write_text(before, "utf-8")

    def failing() -> Any:
        yield broken
        raise RuntimeError("the checks broke")

    with pytest.raises(RuntimeError):
        policy.save_baseline(path, failing())
    assert path.read_text("utf-8") == before
    assert [each.name for each in tmp_path.iterdir()] == ["base.json"]


def test_a_full_disk_leaves_the_old_baseline_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "base.json"
    policy.save_baseline(path, [finding("lifecycle")])
    before = path.read_text("utf-8")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space"):
        policy.save_baseline(path, [finding("page_size")])
    assert path.read_text("utf-8") == before
    assert [each.name for each in tmp_path.iterdir()] == ["base.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such baseline; make one with --update-baseline"),
        ("{", "not a baseline: "),
        ("[" * 100_000, "not a baseline: "),
        ("[]", "not a baseline: it has no 'accepted' of version 1"),
        ('{"version": 1}', "not a baseline: it has no 'accepted' of version 1"),
        ('{"version": 1, "accepted": ["A"]}', "not a baseline: it has no 'accepted' of version 1"),
        ('{"version": 2, "accepted": {}}', "not a baseline: it has no 'accepted' of version 1"),
        (b"\xff\xfe", "not a baseline: "),
    ],
)
def test_what_is_no_baseline_is_one_line(content: str | bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnusableInputError) as caught:
        policy.load_baseline(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


# Reports -------------------------------------------------------------------------------------------------------------


def test_a_report_says_how_many_were_left_out() -> None:
    found = [finding("lifecycle"), finding("page_size", severity=Severity.WARNING)]
    report = Report("check", found, exchanges=5, checked=5, details={"files": 2})
    kept = Policy(ignores=[Ignore("lifecycle")]).apply(report)
    assert kept.findings == (found[1],)
    assert kept.details == {"files": 2, "ignored": 1}
    assert (kept.exchanges, kept.checked) == (5, 5)
    assert Policy().apply(report).details == {"files": 2}
    assert Policy(strict=True).apply(report).fails(Severity.ERROR)
    assert not Policy(ignores=[Ignore("lifecycle")]).apply(report).fails(Severity.ERROR)
