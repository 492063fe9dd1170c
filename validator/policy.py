"""What of the findings counts: strictness, what is ignored and why, and the baseline of what is accepted for now."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from validator import checks, sources
from validator.errors import UnknownNameError, UnusableInputError
from validator.results import Finding, Report, Severity, Violation
from validator.validate import load


@dataclass(frozen=True, slots=True)
class Ignore:
    """One thing to leave out: a check (glob), and where: `service.Operation.member`, each part a glob or absent."""

    check: str
    service: str = "*"
    operation: str = "*"
    member: str | None = None
    reason: str = ""

    @classmethod
    def from_text(cls, text: str, reason: str = "") -> Ignore:
        """`CHECK[:service.Operation[.member]]` read.

        UnusableInputError when it is not of that form; UnknownNameError for a check, a service or an operation that
        does not exist: a misspelled one would ignore nothing without a word. Each may be a glob.
        """
        check, colon, place = text.partition(":")
        parts = place.split(".", 2)
        known = [*checks.table(), "drift"]
        if check and not fnmatch.filter(known, check):
            raise UnknownNameError("check", check, known, where="ignore")
        if not check or (colon and not all(parts)):
            raise UnusableInputError(
                f"cannot read {text!r}", where="ignore", fix="write CHECK[:service.Operation[.member]]"
            )
        service, operation, member = [*parts, *("", "", "")][:3]
        if colon and check != "drift":
            # Of drift, what is compared may be files of services that are not installed.
            _exists(service, operation)
        return cls(check, service or "*", operation or "*", member or None, reason)

    def remaining(self, finding: Finding) -> Finding | None:
        """The finding without what this ignores: itself when nothing is, None when all of it is."""
        named = (
            (self.check, finding.check),
            (self.service, finding.service),
            (self.operation, finding.operation),
        )
        if not all(fnmatch.fnmatchcase(name, pattern) for pattern, name in named):
            return finding
        if self.member is None:
            return None
        left = tuple(violation for violation in finding.violations if not self._covers(violation))
        if len(left) == len(finding.violations):
            return finding
        return dataclasses.replace(finding, violations=left, message=left[0].message) if left else None

    def _covers(self, violation: Violation) -> bool:
        members = ".".join(part for part in violation.instance_path.split("/")[1:] if not part.isdigit())
        assert self.member is not None
        return (
            members == self.member or fnmatch.fnmatchcase(members, self.member) or members.startswith(self.member + ".")
        )


def _exists(service: str, operation: str) -> None:
    installed = sources.installed().services
    named = fnmatch.filter(installed, service)
    if not named:
        raise UnknownNameError("service", service, installed, where="ignore")
    # A glob of services may mean any operation of any of them: hundreds of contracts are not read to tell.
    if operation and named == [service]:
        operations = load(service).operations
        if not fnmatch.filter(operations, operation):
            raise UnknownNameError("operation", operation, operations, where=f"ignore: {service}")


@dataclass(frozen=True, slots=True)
class Policy:
    """How findings are weighed: all ignores, the ids a baseline accepts, and whether warnings and infos are errors."""

    strict: bool = False
    ignores: Sequence[Ignore] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)

    def weigh(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings that count, each with the severity that counts."""
        for finding in findings:
            left: Finding | None = finding
            for ignore in self.ignores:
                left = ignore.remaining(left) if left is not None else None
            if left is None or left.id in self.accepted:
                continue
            yield self._lifted(left)

    def apply(self, report: Report) -> Report:
        """The report with only the findings that count, and how many were left out."""
        findings = tuple(self.weigh(report.findings))
        details = dict(report.details)
        if len(findings) != len(report.findings):
            details["ignored"] = len(report.findings) - len(findings)
        return dataclasses.replace(report, findings=findings, details=details)

    def _lifted(self, finding: Finding) -> Finding:
        if not self.strict or finding.severity is Severity.ERROR:
            return finding
        if finding.check == "request_conformance" and any("error" in call for call in finding.calls):
            # The target refused it, which is what whoever sent it wanted to see, however strict they are.
            return finding
        if finding.violations and all(violation.unchecked for violation in finding.violations):
            return finding
        return dataclasses.replace(finding, severity=Severity.ERROR)


def load_baseline(path: Path) -> Mapping[str, str]:
    """The accepted findings of a baseline file: id -> what it was; UnusableInputError when it is not one."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UnusableInputError("no such baseline", where=str(path), fix="make one with --update-baseline") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableInputError(f"not a baseline: {error}", where=str(path)) from None
    accepted = document.get("accepted") if isinstance(document, dict) else None
    if not isinstance(accepted, dict) or document.get("version") != 1:
        raise UnusableInputError("not a baseline: it has no 'accepted' of version 1", where=str(path))
    return accepted


def save_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write the baseline that accepts exactly these findings; whole or not at all. Gives how many it accepts."""
    accepted = {
        finding.id: f"{finding.check} {finding.service}.{finding.operation}: {finding.message}" for finding in findings
    }
    document = {"version": 1, "accepted": dict(sorted(accepted.items(), key=lambda item: (item[1], item[0])))}
    handle, temporary = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return len(accepted)
