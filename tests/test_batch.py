"""Batches and shards: however the work is cut and whoever does it, the findings are the same, grouped and bounded."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import validator
from validator import batch as batches
from validator.batch import NOTES, PLACES, Judge, Tally
from validator.exchange import ErrorReply, Exchange
from validator.recordings.recording import View
from validator.results import Location, Severity, Unchecked
from validator.shards import Merger, Shard, check, check_all, cut

JOBS = [{"jobName": f"job-{n}", "status": "ACTIVE", "creationDateTime": 1767607200 + n} for n in range(10)]


def line(**changes: Any) -> dict[str, Any]:
    return {
        "service": "personalize",
        "operation": "ListDatasetImportJobs",
        "request": {"maxResults": 10},
        "response": {"datasetImportJobs": JOBS},
        **changes,
    }


# What may be wrong with a line, and the findings it has.
WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (line(request={"maxResults": 101}), [("error", "maximum")]),
    (line(response={"datasetImportJobs": [{"jobName": 1}, {"jobName": 2}]}), [("error", "type")]),
    (line(response={"new": 1}), [("info", "additionalProperties")]),
    (line(response={"datasetImportJobs": [{"jobName": ""}]}), [("info", "minLength"), ("warning", "pattern")]),
    (line(error={"code": "NoSuchThing", "message": ""}), [("warning", "NoSuchThing")]),
    (line(error={"code": "InvalidNextTokenException", "message": "x", "body": {"message": 5}}), [("error", "type")]),
    (line(), []),
    (line(request={"nextToken": "REDACTED " * 200}), []),
    (line(error={"code": "ValidationException", "message": ""}), []),
]


def exchange(document: dict[str, Any], number: int = 1) -> Exchange:
    error = document.get("error")
    reply = ErrorReply(error["code"], error["message"], error.get("body")) if error else None
    return Exchange(
        document["service"],
        document["operation"],
        document["request"],
        None if error else document["response"],
        reply,
        location=Location("a.jsonl", number, number - 1),
    )


@pytest.mark.parametrize(("document", "expected"), WRONG)
def test_each_wrong_line_has_exactly_its_findings(document: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    report = validator.batch([exchange(document)])
    found = sorted(
        (str(each.severity), each.violations[0].keyword if each.violations else each.code) for each in report.findings
    )
    assert found == sorted(expected)
    assert (report.exchanges, report.checked) == (1, 1)
    assert all(not finding.calls for finding in report.findings)


def test_the_room_and_the_function_are_one() -> None:
    assert batches([exchange(line())]).summary() == batches.batch([exchange(line())]).summary() | {
        "seconds": pytest.approx(0, abs=1)
    }


def archive(folder: Path, count: int = 400) -> Path:
    """A JSONL file with every kind of line, blank and broken ones among them."""
    draw = random.Random(7)
    lines = [json.dumps(draw.choice(WRONG)[0]) for _ in range(count)]
    for place in range(0, count, 37):
        lines[place] = ""
    lines[50] = "{"
    path = folder / "archive.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def essence(tally: Tally) -> Any:
    report = tally.report(seconds=0).to_json()
    return json.loads(json.dumps(report, sort_keys=True, default=str)), sorted(
        str(each).partition(": ")[2] for each in tally.problems
    )


@pytest.mark.parametrize("size", [1, 1000, 40_000, 10**9])
def test_shards_of_any_size_come_to_the_same(size: int, tmp_path: Path) -> None:
    path = archive(tmp_path)
    whole = check_all([Shard(str(path))], Tally())
    shards = list(cut([str(path)], size=size))
    assert (len(shards) > 1) == (size < 10**9)
    parts = check_all(shards, Tally())
    mine, theirs = essence(parts)[0], essence(whole)[0]
    assert mine == theirs
    assert parts.groups.keys() == whole.groups.keys()
    assert [group.count for group in parts.groups.values()] == [group.count for group in whole.groups.values()]


def test_processes_come_to_the_same(tmp_path: Path) -> None:
    path = archive(tmp_path)
    shards = list(cut([str(path)], size=60_000))
    assert len(shards) > 3
    assert essence(check_all(shards, Tally(), jobs=2))[0] == essence(check_all(shards, Tally()))[0]


def test_dask_comes_to_the_same(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    path = archive(tmp_path)
    shards = list(cut([str(path)], size=60_000))
    alone = check_all(shards, Tally())
    # As the documentation has it: one shard a task, results merged in the order of the shards.
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        merger = Merger(Tally())
        for shard, found in zip(shards, client.gather(client.map(check, shards, pure=False)), strict=True):
            merger.add(shard, found)
    assert essence(merger.tally)[0] == essence(alone)[0]


def many(count: int, files: int) -> Iterator[Exchange]:
    for number in range(count):
        at = Location(f"{number % files}.jsonl", number, number)
        yield Exchange("personalize", "ListDatasetImportJobs", {"maxResults": 101}, location=at)


def test_findings_are_grouped_and_bounded() -> None:
    report = validator.batch(many(3 * PLACES, 3))
    assert len(report.findings) == 3
    assert report.details["groups"] == [
        {
            "group": "personalize.ListDatasetImportJobs request maxResults maximum",
            "count": 3 * PLACES,
            "files": 3,
            "example": report.findings[0].id,
            "severity": "error",
        }
    ]
    report = validator.batch(many(3 * PLACES, 2 * PLACES))
    assert len(report.findings) == PLACES + 1
    assert report.findings[-1].location is None
    assert report.details["groups"][0]["files"] == 2 * PLACES
    notes = validator.batch(Unchecked("why", location=Location("a", n)) for n in range(2 * NOTES))
    assert (len(notes.unchecked), notes.unchecked_count, notes.details["reasons"]) == (
        NOTES,
        2 * NOTES,
        {"why": 2 * NOTES},
    )


def test_a_finding_keeps_its_id_when_lines_move() -> None:
    (first,), (second,) = (
        validator.batch([exchange(line(request={"maxResults": 101}), number)]).findings for number in (1, 900)
    )
    assert first.id == second.id
    assert first.location != second.location


@pytest.mark.parametrize(("phase", "count"), [("negative", 0), ("boundary", 0), ("positive", 1), (None, 1)])
def test_requests_that_a_fuzz_run_broke_on_purpose_are_not_judged(phase: str | None, count: int) -> None:
    broken = dataclasses.replace(exchange(line(request={"maxResults": 101})), phase=phase)
    assert len(validator.batch([broken]).findings) == count
    wrong = dataclasses.replace(exchange(line(response={"datasetImportJobs": 5})), phase=phase)
    assert len(validator.batch([wrong]).findings) == 1


@pytest.mark.parametrize(
    ("service", "operation", "code", "count"),
    [
        ("s3", "CopyObject", "NoSuchKey", 0),
        ("s3", "HeadObject", "404", 0),
        ("lambda", "GetFunction", "", 0),
        ("lambda", "GetFunction", "404", 0),
        ("lambda", "GetFunction", "ThrottlingException", 0),
        ("lambda", "GetFunction", "NoSuchFunction", 1),
    ],
)
def test_only_codes_that_can_be_declared_are_held_to_it(service: str, operation: str, code: str, count: int) -> None:
    assert len(validator.batch([Exchange(service, operation, error=ErrorReply(code))]).findings) == count


def test_names_that_do_not_exist_are_unchecked() -> None:
    report = validator.batch([Exchange("personalise", "X"), Exchange("personalize", "ListUnicorns"), Exchange("", "")])
    assert (report.exchanges, report.checked, report.unchecked_count) == (3, 0, 3)
    assert "did you mean personalize?" in report.unchecked[0].reason


def test_what_a_format_cannot_show_is_not_judged() -> None:
    tally = Tally()
    judge = Judge(tally, View(forgives=frozenset({"required", "maximum"})))
    judge.see([Exchange("personalize", "CreateDatasetImportJob", {}), exchange(line(request={"maxResults": 101}))])
    assert (tally.checked, tally.findings) == (2, {})


@pytest.mark.parametrize(
    "secret",
    [
        "https://x.s3.amazonaws.com/k?X-Amz-Security-Token=SeCrEt&a=b",
        "https://x.s3.amazonaws.com/k?X-Amz-Signature=SeCrEt",
        "Authorization: SeCrEt",
        "AWS4-HMAC-SHA256 SeCrEt",
        "Bearer SeCrEt",
    ],
)
def test_tokens_are_never_shown(secret: str) -> None:
    report = validator.batch([exchange(line(request={"nextToken": secret, "maxResults": secret}))])
    assert report.findings
    assert "SeCrEt" not in json.dumps(report.to_json(), default=str)


def test_sensitive_members_are_never_shown() -> None:
    request = {"UserPoolId": "eu-west-1_a", "Username": "u", "Password": "pass word " * 100, "Permanent": "SeCrEt"}
    report = validator.batch([Exchange("cognito-idp", "AdminSetUserPassword", request)])
    assert {finding.severity for finding in report.findings} == {Severity.ERROR}
    assert "pass word" not in json.dumps(report.to_json(), default=str)


def test_one_problem_of_two_severities_keeps_the_worse() -> None:
    """A request refused in one place and accepted in another is one problem, and an error."""
    broken = Exchange("personalize", "ListDatasets", {"maxResults": 101})
    refused = dataclasses.replace(broken, error=ErrorReply("InvalidInputException", "m"), status=400)
    accepted = dataclasses.replace(broken, response={"datasets": []}, status=200)
    for exchanges in ([refused, accepted], [accepted, refused]):
        report = validator.batch(exchanges)
        assert [str(finding.severity) for finding in report.findings] == ["error"]
    assert [str(finding.severity) for finding in validator.batch([refused]).findings] == ["info"]
