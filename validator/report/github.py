"""Workflow commands that annotate files in GitHub Actions, one line a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from validator.report import Page
from validator.report.places import below_here
from validator.results import Finding, Report, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
# GitHub shows at most ten annotations of a level for one step and drops the rest in silence; the closing line
# says how many there are.
_SHOWN = 10
# What is sent beyond those shown is for whoever reads the log; there has to be an end to it.
_SENT = 1000
_LONGEST, _LONGEST_PROPERTY = 4000, 250
# What a log cannot show, or what a terminal would obey.
_UNSHOWN = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def render(report: Report, page: Page) -> str:
    """The commands, the worst first, and a closing line that counts all."""
    lines: list[str] = []
    for severity in sorted(Severity, reverse=True):
        of_level = [finding for finding in report.findings if finding.severity is severity]
        lines.extend(_annotation(finding) for finding in of_level[:_SENT])
        if len(of_level) > _SHOWN:
            total = f"{len(of_level)} of level {severity}; GitHub shows the first {_SHOWN}"
            if len(of_level) > _SENT:
                total += f", this log the first {_SENT}"
            lines.append(f"::notice title=aws-contract::{total}")
    summary = report.summary()
    counts = ", ".join(f"{summary[str(severity)]} {severity}" for severity in sorted(Severity, reverse=True))
    command = _data(report.command, _LONGEST_PROPERTY)
    lines.append(f"aws-contract {command}: {counts}; {summary['checked']} of {summary['exchanges']} exchanges checked")
    return "\n".join(lines)


def _annotation(finding: Finding) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(finding))
    message = finding.message
    for violation in finding.violations:
        message += f"\n{violation.instance_path or '/'}: {violation.message or violation.keyword} [{violation.source}]"
        if len(message) > _LONGEST:
            break
    return f"::{_LEVELS[finding.severity]} {properties}::{_data(message, _LONGEST)}"


def _properties(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.location is not None and finding.location.file is not None:
        yield "file", str(below_here(finding.location.file).as_posix())
        if finding.location.line is not None:
            yield "line", str(finding.location.line)
    yield "title", f"{finding.check} {finding.service}.{finding.operation}"


def _data(text: str, most: int) -> str:
    shown = text if len(text) <= most else text[:most] + "..."
    shown = _UNSHOWN.sub(lambda found: f"\\u{ord(found.group()):04x}", shown)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text, _LONGEST_PROPERTY).replace(":", "%3A").replace(",", "%2C")
