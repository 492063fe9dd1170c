"""Reports as the commands make them, for the tests of what is written from them: real findings of real exchanges."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import validator
from validator import reproduce
from validator.checks import conformance
from validator.constraints import constraints
from validator.exchange import ErrorReply, Exchange
from validator.results import Finding, Location, Report, Severity, Unchecked

ARN = "arn:aws:personalize:us-east-1:123456789012:dataset/g/INTERACTIONS"
OPERATIONS = (
    "CreateDatasetImportJob",
    "DescribeDatasetImportJob",
    "ListDatasetImportJobs",
    "ListDatasets",
    "DeleteDataset",
)
CHECKS = (
    "request_conformance",
    "response_conformance",
    "error_conformance",
    "error_declared",
    "no_server_error",
    "valid_accepted",
    "invalid_rejected",
    "page_size",
    "page_progress",
    "lifecycle",
    "missing_is_not_found",
)
ADVERSE = "</script><img src=x onerror=alert(1)>]]>\x00\x1b[31m\r\n\u202egnitirw\u2066\ud800\ufffe&amp;\"'`${x}"
# Three states in a row, with a way to fail and a way to go.
LIFECYCLE = {
    "declared": [
        ["CREATE PENDING", "CREATE IN_PROGRESS"],
        ["CREATE IN_PROGRESS", "ACTIVE"],
        ["CREATE PENDING", "CREATE FAILED"],
        ["CREATE IN_PROGRESS", "CREATE FAILED"],
        ["ACTIVE", "DELETE PENDING"],
        ["CREATE FAILED", "DELETE PENDING"],
        ["DELETE PENDING", "DELETE IN_PROGRESS"],
    ],
    "seen": [
        ["CREATE PENDING", "CREATE IN_PROGRESS", 41],
        ["CREATE IN_PROGRESS", "ACTIVE", 38],
        ["CREATE PENDING", "CREATE PENDING", 12],
        ["CREATE PENDING", "ACTIVE", 4],
        ["ACTIVE", "CREATE IN_PROGRESS", 2],
    ],
}


def findings(exchange: Exchange) -> list[Finding]:
    """What the conformance checks find in one exchange, with the lines that do it again."""
    contract = validator.load(exchange.service)
    found = list(conformance.request_conformance(contract, [exchange])) + list(
        conformance.response_conformance(contract, [exchange])
    )
    found += conformance.error_declared(contract, [exchange])
    return [reproduce.with_lines(finding, contract, reproduce.place("moto")) for finding in found]


def at(line: int, file: str = "cassettes/list.yaml") -> Location:
    return Location(file, line, line // 10)


def exchanges() -> list[Exchange]:
    """Exchanges that break the contract in a request, in a response, in an error, and on several levels."""
    summary = {
        "datasetImportJobArn": "arn:aws:personalize:us-east-1:123456789012:dataset-import-job/j",
        "jobName": "j",
        "status": "ACTIVE",
        "creationDateTime": 1767607200,
        "lastUpdatedDateTime": 1767607300,
    }
    return [
        Exchange(
            "personalize",
            "ListDatasetImportJobs",
            {"maxResults": 101},
            {"datasetImportJobs": []},
            status=200,
            location=at(14),
        ),
        Exchange(
            "personalize",
            "ListDatasetImportJobs",
            {"maxResults": 0, "nextToken": "x" * 1400},
            status=200,
            location=at(44),
        ),
        Exchange(
            "personalize",
            "CreateDatasetImportJob",
            {"jobName": "not a name", "datasetArn": 5, "colour": "blue"},
            error=ErrorReply("InvalidInputException", "1 validation error detected"),
            status=400,
            location=at(88, "cassettes/créer.yaml"),
        ),
        Exchange(
            "personalize",
            "ListDatasetImportJobs",
            {"maxResults": 60},
            {"datasetImportJobs": [summary] * 30 + [{**summary, "jobName": "no good", "grade": 7}] + [summary] * 20},
            status=200,
            location=at(120),
        ),
        Exchange(
            "personalize",
            "DeleteDataset",
            {"datasetArn": ARN},
            error=ErrorReply("TeapotException", "I am a teapot"),
            status=418,
            location=at(7, "har/session.har"),
        ),
    ]


def history_finding() -> Finding:
    """A finding over several calls that breaks no single constraint."""
    calls = tuple(
        {
            "service": "personalize",
            "operation": "DescribeDatasetImportJob",
            "request": {"datasetImportJobArn": ARN},
            "response": {"datasetImportJob": {"status": status}},
            "status": 200,
        }
        for status in ("CREATE PENDING", "ACTIVE", "CREATE IN_PROGRESS")
    )
    finding = Finding(
        "lifecycle",
        Severity.ERROR,
        "personalize",
        "DescribeDatasetImportJob",
        "response",
        "DatasetImportJob goes from 'ACTIVE' to 'CREATE IN_PROGRESS'",
        calls=calls,
        code="backward",
    )
    return reproduce.with_lines(finding, validator.load("personalize"), reproduce.place("http://127.0.0.1:4570"))


def coverage() -> dict[str, Any]:
    """The coverage of the sample's operations as the interfaces name it, the same in every run."""
    chance = random.Random(7)
    operations: dict[str, Any] = {}
    for name in OPERATIONS:
        rows = []
        for each in constraints(validator.load("personalize").operation(name)):
            row = {
                "member": each.member_path,
                "keyword": each.keyword,
                "limit": each.limit,
                "satisfied": int(chance.random() < 0.9) * chance.randint(1, 40),
                "violated": int(chance.random() < 0.7),
            }
            if each.keyword == "minLength":
                row |= {"violated": 0, "unexercisable": {"violated": "the pattern asks for a character"}}
            rows.append(row)
        operations[f"personalize.{name}"] = {
            "total": len(rows),
            "constraints": rows,
            **{side: sum(bool(row[side]) for row in rows) for side in ("satisfied", "violated")},
        }
    total = {name: sum(row[name] for row in operations.values()) for name in ("total", "satisfied", "violated")}
    return {"operations": operations, "constraints": total}


def full() -> Report:
    """A fuzz run's report with everything a page can show."""
    found = [finding for exchange in exchanges() for finding in findings(exchange)] + [history_finding()]
    found += [
        dataclasses.replace(found[0], location=at(200 + line, f"cassettes/more_{line}.yaml")) for line in range(60)
    ]
    chance = random.Random(5)
    timeline, t = [], 0.0
    for phase in ("examples", "boundary", "positive", "negative", "stateful"):
        for _ in range(160):
            t += chance.expovariate(90)
            status = chance.choices((200, 400, 404, 500, None), (60, 30, 8, 1, 1))[0]
            finding = chance.choice(found).id if chance.random() < 0.01 else None
            timeline.append(
                {
                    "t": round(t, 4),
                    "operation": f"personalize.{chance.choice(OPERATIONS)}",
                    "status": status,
                    "phase": phase,
                    "finding": finding,
                }
            )
    matrix = {
        f"personalize.{name}": {
            check: {"judged": chance.randint(0, 200), "findings": 0} for check in CHECKS if chance.random() < 0.85
        }
        for name in OPERATIONS
    }
    details = {
        "target": "emulator",
        "seed": 20260105,
        "matrix": matrix,
        "timeline": timeline,
        "phases": {
            name: {"requests": 160, "seconds": 1.5}
            for name in ("examples", "boundary", "positive", "negative", "stateful")
        },
        "operations": {
            f"personalize.{name}": {"requests": 160, "accepted": 100, "rejected": 60, "unsupported": False}
            for name in OPERATIONS
        },
        "lifecycles": {
            "personalize.DatasetImportJob": LIFECYCLE,
            "personalize.Dataset": {"declared": LIFECYCLE["declared"], "seen": []},
        },
        "groups": [{"group": f"{found[0].check} maxResults maximum", "count": 61, "files": 61, "example": found[0].id}],
    }
    unchecked = [Unchecked("no request is kept in this recording", "personalize", "ListDatasets", at(3))] * 2
    return Report("fuzz", found, 800, 798, unchecked, seconds=8.9, coverage=coverage(), details=details)


def empty(command: str = "check") -> Report:
    """A report of a run in which nothing was found, counted or drawn."""
    return Report(command, exchanges=3, checked=3, seconds=0.01)


def adverse() -> Report:
    """A report in which every text that can come from outside works against the page."""
    text = ADVERSE
    exchange = Exchange(
        "personalize",
        "ListDatasetImportJobs",
        {"maxResults": 101, text: text, "nextToken": text * 40},
        {"datasetImportJobs": [{text: [text, float("nan"), 10**400, b"\0"]}]},
        source=text,
        location=Location(text, 3, 1),
    )
    found = findings(exchange)
    found.append(
        dataclasses.replace(
            found[0],
            check=text,
            service=text,
            operation=text,
            direction=text,
            message=text * 20_000,
            code=text,
            reproduce={"python": text, "cli": text * 2000, "curl": text},
            calls=({"request": text, text: text},),
        )
    )
    details = {
        "target": text,
        "seed": text,
        "subject": text,
        text: text,
        "matrix": {text: {text: {"judged": 3, "findings": 1}}},
        "timeline": [
            {"t": 0.0, "operation": text, "status": 200, "phase": text, "finding": text},
            {"t": 1.0, "operation": None, "status": None},
        ],
        "lifecycles": {text: {"declared": [[text, "b"], ["b", text]], "seen": [[text, text, 3], ["b", "c", 1]]}},
        "groups": [{"group": text, "count": 1, "files": 1, "example": found[0].id}],
        "phases": {text: {"requests": 1, "seconds": 0.1}},
        "operations": {text: {"requests": 1, "unsupported": text}},
    }
    constraint = {
        "member": text,
        "keyword": text,
        "limit": [text],
        "satisfied": 1,
        "violated": 0,
        "unexercisable": text,
    }
    counted = {
        "operations": {
            text: {"total": 1, "satisfied": 1, "violated": 0, "constraints": [constraint]},
            "b": {"total": 1, "satisfied": 0, "violated": 0, "missing": [text]},
        },
        "constraints": {"total": 2, "satisfied": 1, "violated": 0},
    }
    return Report(
        "fuzz", found, 1, 1, [Unchecked(text, text, text, Location(text, 1, 1))], coverage=counted, details=details
    )


def many(count: int = 10_000) -> Report:
    """As many findings of as many groups and places."""
    one = findings(exchanges()[0])[0]
    found = [
        dataclasses.replace(
            one,
            operation=f"Operation{number % 400}",
            location=at(number, f"cassettes/{number}.yaml"),
            code=str(number % 700),
            violations=one.violations if number % 2 else (),
        )
        for number in range(count)
    ]
    return Report("check", found, count, count, seconds=3.0)
