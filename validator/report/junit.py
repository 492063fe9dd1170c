"""JUnit XML: a test suite per service, a test case per operation and check, a failure per finding."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from validator.report import Page
from validator.results import Finding, Report, Severity

# What XML 1.0 cannot hold, not even as a character reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, page: Page) -> str:
    """The document, indented; findings of severity error are failures, lesser ones are text of a passing case."""
    cases: dict[str, dict[tuple[str, str], list[Finding]]] = {}
    for name, checks in _matrix(report).items():
        service, _, operation = name.partition(".")
        for check in checks:
            cases.setdefault(service, {}).setdefault((operation, check), [])
    for finding in report.findings:
        cases.setdefault(finding.service, {}).setdefault((finding.operation, finding.check), []).append(finding)
    skipped: dict[str, list[str]] = {}
    for entry in report.unchecked:
        skipped.setdefault(entry.service or "unknown", []).append(entry.reason)

    root = ET.Element("testsuites", name=f"aws-contract {report.command}")
    for number, service in enumerate(sorted({*cases, *skipped})):
        _suite(root, number, service, cases.get(service, {}), skipped.get(service, ()), report)
    for total in ("tests", "failures", "errors"):
        root.set(total, str(sum(int(suite.get(total, 0)) for suite in root)))
    root.set("time", f"{report.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _matrix(report: Report) -> Mapping[str, Mapping[str, Any]]:
    matrix: Mapping[str, Mapping[str, Any]] = report.details.get("matrix", {})
    return matrix


def _suite(
    root: ET.Element,
    number: int,
    service: str,
    cases: Mapping[tuple[str, str], list[Finding]],
    reasons: Iterable[str],
    report: Report,
) -> None:
    reasons = sorted(set(reasons))
    failing = sum(_failed(findings) for findings in cases.values())
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_text(service),
        tests=str(len(cases) + len(reasons)),
        failures=str(failing),
        errors="0",
        skipped=str(len(reasons)),
        time=f"{report.seconds:.3f}",
        id=str(number),
        package="aws-contract",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
        hostname=socket.gethostname() or "localhost",
    )
    ET.SubElement(suite, "properties")
    for (operation, check), findings in sorted(cases.items()):
        case = ET.SubElement(
            suite, "testcase", classname=_text(f"{service}.{operation}"), name=_text(check), time="0.000"
        )
        if _failed(findings):
            worst = [finding for finding in findings if finding.severity is Severity.ERROR]
            failure = ET.SubElement(case, "failure", message=_text(worst[0].message), type=_text(check))
            failure.text = _text("\n\n".join(_block(finding) for finding in worst))
        lesser = [finding for finding in findings if finding.severity is not Severity.ERROR]
        if lesser:
            ET.SubElement(case, "system-out").text = _text("\n\n".join(_block(finding) for finding in lesser))
    for reason in reasons:
        case = ET.SubElement(
            suite, "testcase", classname=_text(service), name=_text(f"unchecked: {reason}"), time="0.000"
        )
        ET.SubElement(case, "skipped", message=_text(reason))
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")


def _failed(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _block(finding: Finding) -> str:
    lines = [
        f"{finding.severity}[{finding.check}] {finding.service}.{finding.operation} {finding.direction} ({finding.id})"
    ]
    lines.append(finding.message)
    if finding.location is not None and str(finding.location):
        lines.append(f"at {finding.location}")
    lines += [f"{v.instance_path or '/'}: {v.message or v.keyword} [{v.source}]" for v in finding.violations]
    lines += [f"{name}: {line}" for name, line in finding.reproduce.items()]
    return "\n".join(lines)


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
