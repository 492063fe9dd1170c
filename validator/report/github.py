"""Workflow commands that annotate files in GitHub Actions, one line a finding."""

from __future__ import annotations

from collections.abc import Iterator

from validator.report import Page
from validator.results import Finding, Report, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
# GitHub shows at most ten annotations of a level for one step and drops the rest in silence; the closing line
# says how many there are.
_SHOWN = 10


def render(report: Report, page: Page) -> str:
    """The commands, the worst first, and a closing line that counts all."""
    lines: list[str] = []
    for severity in sorted(Severity, reverse=True):
        of_level = [finding for finding in report.findings if finding.severity is severity]
        lines.extend(_annotation(finding) for finding in of_level)
        if len(of_level) > _SHOWN:
            lines.append(
                f"::notice title=aws-contract::{len(of_level)} of level {severity}; GitHub shows the first {_SHOWN}"
            )
    summary = report.summary()
    counts = ", ".join(f"{summary[str(severity)]} {severity}" for severity in sorted(Severity, reverse=True))
    lines.append(
        f"aws-contract {report.command}: {counts}; {summary['checked']} of {summary['exchanges']} exchanges checked"
    )
    return "\n".join(lines)


def _annotation(finding: Finding) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(finding))
    message = finding.message
    for violation in finding.violations:
        message += f"\n{violation.instance_path or '/'}: {violation.message or violation.keyword} [{violation.source}]"
    return f"::{_LEVELS[finding.severity]} {properties}::{_data(message)}"


def _properties(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.location is not None and finding.location.file is not None:
        yield "file", finding.location.file
        if finding.location.line is not None:
            yield "line", str(finding.location.line)
    yield "title", f"{finding.check} {finding.service}.{finding.operation}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
