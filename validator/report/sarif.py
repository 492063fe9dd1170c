"""SARIF 2.1.0: a rule per check, a result per finding, with file and line where a recording has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from validator import __version__, checks
from validator.report import Page
from validator.report.json import plain
from validator.report.places import below_here, uri
from validator.results import Finding, Location, Report, Severity, Unchecked

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# The name code scanning services give to the root of what they have checked out. It has no URI here: where the
# checkout lies is nobody's business, and readers know it.
_ROOT = "%SRCROOT%"
_LONGEST, _NOTES = 8000, 1000
# In a message, [text](target) is a link and regular expressions look like one; a backslash makes it text.
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def render(report: Report, page: Page) -> str:
    """The SARIF log as JSON text, paths relative to the current folder where they lie below it."""
    ids = {id: number for number, id in enumerate(sorted({finding.check for finding in report.findings}))}
    driver = {"name": "aws-contract", "version": __version__, "semanticVersion": __version__}
    run: dict[str, Any] = {
        "tool": {"driver": {**driver, "rules": [_rule(id) for id in ids]}},
        "automationDetails": {"id": f"aws-contract/{report.command}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder the command was run in."}}},
        "results": [_result(finding, ids[finding.check]) for finding in report.findings],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_notes(report.unchecked))}],
    }
    return json.dumps(plain({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}), indent=2)


def _rule(id: str) -> dict[str, Any]:
    check = checks.table().get(id)
    # A name that only repeats the id is not wanted.
    rule: dict[str, Any] = {"id": id}
    if "_" in id:
        rule["name"] = "".join(word.capitalize() for word in id.split("_"))
    if check is not None:
        rule["shortDescription"] = {"text": check.sentence}
        rule["fullDescription"] = {"text": check.sentence}
        rule["defaultConfiguration"] = {"level": _LEVELS[check.severity]}
        if check.source:
            rule["helpUri"] = check.source
    return rule


def _result(finding: Finding, index: int) -> dict[str, Any]:
    lines = [f"{finding.service}.{finding.operation} {finding.direction}: {finding.message}"]
    lines += [f"{v.instance_path or '/'}: {v.message or v.keyword} [{v.source}]" for v in finding.violations]
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": f"{finding.service}.{finding.operation}", "kind": "function"}]
    }
    if finding.location is not None and finding.location.file:
        location["physicalLocation"] = _physical(finding.location, finding.location.file)
    return {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message("\n".join(lines))},
        "locations": [location],
        "partialFingerprints": {"awsContractFinding/v1": finding.id},
    }


def _message(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text) - _LONGEST} more characters)"
    return _LINK.sub(r"\\[", shown)


def _physical(location: Location, file: str) -> dict[str, Any]:
    path = below_here(file)
    artifact = {"uri": uri(path)}
    if not path.is_absolute():
        artifact["uriBaseId"] = _ROOT
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if location.line is not None:
        physical["region"] = {"startLine": max(location.line, 1)}
    return physical


def _notes(unchecked: Iterable[Unchecked]) -> Iterable[dict[str, Any]]:
    """What was not judged: each reason once, with the first place that has it."""
    first: dict[str, tuple[Unchecked, int]] = {}
    for entry in unchecked:
        kept, count = first.get(entry.reason, (entry, 0))
        first[entry.reason] = (kept, count + 1)
    for reason, (entry, count) in list(first.items())[:_NOTES]:
        times = f" ({count} times)" if count > 1 else ""
        note: dict[str, Any] = {"level": "note", "message": {"text": _message(f"unchecked: {reason}{times}")}}
        if entry.location is not None and entry.location.file:
            note["locations"] = [{"physicalLocation": _physical(entry.location, entry.location.file)}]
        yield note
