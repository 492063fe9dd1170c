"""SARIF 2.1.0: a rule per check, a result per finding, with file and line where a recording has them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from validator import __version__, checks
from validator.report import Page
from validator.results import Finding, Location, Report, Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report, page: Page) -> str:
    """The SARIF log as JSON text, paths relative to the current folder where they lie below it."""
    ids = sorted({finding.check for finding in report.findings})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "aws-contract",
                "semanticVersion": __version__,
                "rules": [_rule(id) for id in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": _folder_uri(Path.cwd())}},
        "results": [_result(finding, ids.index(finding.check)) for finding in report.findings],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_notes(report))}],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(id: str) -> dict[str, Any]:
    check = checks.table().get(id)
    rule: dict[str, Any] = {"id": id, "name": "".join(word.capitalize() for word in id.split("_"))}
    if check is not None:
        rule["shortDescription"] = {"text": check.sentence}
        rule["defaultConfiguration"] = {"level": _LEVELS[check.severity]}
        if check.source:
            rule["helpUri"] = check.source
    return rule


def _result(finding: Finding, index: int) -> dict[str, Any]:
    lines = [f"{finding.service}.{finding.operation} {finding.direction}: {finding.message}"]
    lines += [f"{v.instance_path or '/'}: {v.message or v.keyword} [{v.source}]" for v in finding.violations]
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(lines)},
        "partialFingerprints": {"awsContractFinding/v1": finding.id},
    }
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": f"{finding.service}.{finding.operation}", "kind": "function"}]
    }
    if finding.location is not None and finding.location.file is not None:
        location["physicalLocation"] = _physical(finding.location, finding.location.file)
    result["locations"] = [location]
    return result


def _physical(location: Location, file: str) -> dict[str, Any]:
    path = PurePath(file)
    if path.is_absolute() and PurePath(Path.cwd()) in path.parents:
        path = path.relative_to(Path.cwd())
    artifact: dict[str, Any] = {"uri": quote(path.as_posix())}
    if path.is_absolute():
        artifact["uri"] = "file://" + quote(path.as_posix())
    else:
        artifact["uriBaseId"] = "ROOT"
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if location.line is not None:
        physical["region"] = {"startLine": max(location.line, 1)}
    return physical


def _folder_uri(folder: Path) -> str:
    return folder.as_uri().rstrip("/") + "/"


def _notes(report: Report) -> Iterable[dict[str, Any]]:
    for entry in report.unchecked:
        note: dict[str, Any] = {"level": "note", "message": {"text": f"unchecked: {entry.reason}"}}
        if entry.location is not None and entry.location.file is not None:
            note["locations"] = [{"physicalLocation": _physical(entry.location, entry.location.file)}]
        yield note
