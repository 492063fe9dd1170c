"""JUnit XML: a test suite per service, a test case per operation and check, a failure with what was found.

There is no one schema of this format. What is written here keeps to the strictest form in use, the one of Ant's tasks,
which the laxer ones of the continuous integration servers accept too: totals stand on the suites alone, a test case
holds a failure or nothing, and lesser findings and what was not judged are told in the suite's output.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from validator.report import Page
from validator.results import Finding, Report, Severity

# What XML 1.0 cannot hold, not even as a character reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_LINE, _LONGEST = 500, 20_000
_BLOCKS = 50
Cases = dict[tuple[str, str], list[Finding]]


def render(report: Report, page: Page) -> str:
    """The document, indented; findings of severity error are failures, lesser ones are told in the suite's output."""
    suites: dict[str, Cases] = {}
    for name, checks in _matrix(report).items():
        service, _, operation = name.partition(".")
        for check in checks:
            suites.setdefault(service, {}).setdefault((operation, check), [])
    for finding in report.findings:
        suites.setdefault(finding.service, {}).setdefault((finding.operation, finding.check), []).append(finding)
    unchecked: dict[str, Counter[str]] = {}
    for entry in report.unchecked:
        name = ".".join(filter(None, (entry.service, entry.operation)))
        line = f"{name}: {entry.reason}" if name else entry.reason
        unchecked.setdefault(entry.service or "", Counter())[line] += 1
    if not suites and not unchecked:
        suites[report.command] = {}

    root = ET.Element("testsuites")
    for number, service in enumerate(sorted({*suites, *unchecked})):
        _suite(root, number, service, suites.get(service, {}), unchecked.get(service, Counter()), report)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _matrix(report: Report) -> Mapping[str, Mapping[str, Any]]:
    matrix: Mapping[str, Mapping[str, Any]] = report.details.get("matrix") or {}
    return matrix


def _suite(
    root: ET.Element, number: int, service: str, cases: Cases, unchecked: Mapping[str, int], report: Report
) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_text(service, _LONGEST_LINE).strip() or "unknown",
        tests=str(len(cases)),
        failures=str(sum(bool(_worst(findings)) for findings in cases.values())),
        errors="0",
        time=f"{report.seconds:.3f}",
        id=str(number),
        package="aws-contract",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
        hostname="localhost",
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="command", value=_text(report.command, _LONGEST_LINE))
    out: list[str] = []
    for (operation, check), findings in sorted(cases.items()):
        name = {"classname": _text(f"{service}.{operation}", _LONGEST_LINE), "name": _text(check, _LONGEST_LINE)}
        case = ET.SubElement(suite, "testcase", name, time="0.000")
        if worst := _worst(findings):
            message = _text(worst[0].message, _LONGEST_LINE)
            failure = ET.SubElement(case, "failure", message=message, type=_text(check, _LONGEST_LINE))
            failure.text = _blocks(worst)
        if lesser := [finding for finding in findings if finding.severity is not Severity.ERROR]:
            out.append(_blocks(lesser))
    ET.SubElement(suite, "system-out").text = "\n\n".join(out)
    told = [f"not judged: {_text(line, _LONGEST_LINE)} ({count} times)" for line, count in sorted(unchecked.items())]
    ET.SubElement(suite, "system-err").text = "\n".join(told)


def _worst(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _blocks(findings: Sequence[Finding]) -> str:
    blocks = [_text(_block(finding), _LONGEST) for finding in findings[:_BLOCKS]]
    if len(findings) > _BLOCKS:
        blocks.append(f"and {len(findings) - _BLOCKS} more")
    return "\n\n".join(blocks)


def _block(finding: Finding) -> str:
    lines = [
        f"{finding.severity}[{finding.check}] {finding.service}.{finding.operation} {finding.direction} ({finding.id})"
    ]
    lines.append(finding.message)
    if finding.location is not None and str(finding.location):
        lines.append(f"at {finding.location}")
    lines += [f"{v.instance_path or '/'}: {v.message or v.keyword} [{v.source}]" for v in finding.violations]
    lines += [f"{name}:\n{line}" for name, line in finding.reproduce.items()]
    return "\n".join(lines)


def _text(text: str, most: int) -> str:
    cut = len(text) - most
    shown = _FORBIDDEN.sub("\ufffd", text[:most] if cut > 0 else text)
    return f"{shown}... ({cut} more characters)" if cut > 0 else shown
