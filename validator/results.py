"""What judging yields: severities, violations, findings and the report they end in, all frozen data."""

from __future__ import annotations

import base64
import dataclasses
import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["request", "response", "error"]
Layer = Literal["model", "errata", "documented"]
DIRECTIONS: tuple[Direction, ...] = ("request", "response", "error")


class Severity(enum.IntEnum):
    """How bad a violation or finding is; ordered, so that a threshold is a comparison."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def from_name(cls, name: str) -> Severity:
        """The severity called `error`, `warning` or `info`, in any case; KeyError for anything else."""
        return cls[name.upper()]


_STRUCTURE = ("type", "oneOf", "format", "dependentRequired")
_BOUNDS = (
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "propertyNames",
)

# keyword -> (severity in a request, severity in a response or an error body). Services omit members that their
# model calls required and return values outside its bounds, and they grow new members; callers do not.
SEVERITIES: Mapping[str, tuple[Severity, Severity]] = {
    **dict.fromkeys(_STRUCTURE, (Severity.ERROR, Severity.ERROR)),
    "required": (Severity.ERROR, Severity.WARNING),
    **dict.fromkeys(_BOUNDS, (Severity.ERROR, Severity.WARNING)),
    "additionalProperties": (Severity.ERROR, Severity.INFO),
}

# A minimum size is a demand on callers. Services say "none" with an empty list, map or text whatever the model has.
_LEAST = ("minItems", "minProperties", "minLength")
# As they are, and as a violation shows them.
_EMPTY: tuple[Any, ...] = ([], {}, "", "[0 items]", "{0 members}")


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint that one value breaks.

    `keyword` is the JSON Schema keyword; `instance_path` and `schema_path` are JSON Pointers (the latter into the
    contract document); `limit` is what the keyword demands (for `pattern` the expression as AWS publishes it);
    `value` is what was found, shortened, and `"***"` when the member is sensitive; `layer` and `source` say who
    demands it. `unchecked` marks a constraint that could not be decided within its bound: never a failure.
    """

    keyword: str
    instance_path: str
    schema_path: str
    limit: Any
    value: Any
    layer: Layer = "model"
    source: str = ""
    message: str = ""
    shape: str = ""
    sensitive: bool = False
    unchecked: bool = False
    note: str = ""

    def severity(self, direction: str, *, strict: bool = False) -> Severity:
        """How bad it is in a request, a response or an error body; `strict` lifts all but the unchecked to an error.

        An answer's list, map or text that is smaller than its minimum because it is empty is an info.
        """
        if self.unchecked:
            return Severity.INFO
        if strict:
            return Severity.ERROR
        request, answer = SEVERITIES.get(self.keyword, (Severity.ERROR, Severity.ERROR))
        if direction == "request":
            return request
        return Severity.INFO if self.keyword in _LEAST and self.value in _EMPTY else answer

    def to_json(self) -> dict[str, Any]:
        """The violation as the JSON report spells it."""
        document: dict[str, Any] = {
            "keyword": self.keyword,
            "instance_path": self.instance_path,
            "schema_path": self.schema_path,
            "limit": self.limit,
            "value": self.value,
            "layer": self.layer,
            "source": self.source,
        }
        for name in ("message", "note"):
            if getattr(self, name):
                document[name] = getattr(self, name)
        for name in ("sensitive", "unchecked"):
            if getattr(self, name):
                document[name] = True
        return document


@dataclass(frozen=True, slots=True)
class Location:
    """Where something was read: a file, a line counted from 1, and the index of the exchange in it from 0."""

    file: str | None = None
    line: int | None = None
    index: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return ""
        return self.file + (
            f":{self.line}" if self.line is not None else f"#{self.index}" if self.index is not None else ""
        )

    def to_json(self) -> dict[str, Any]:
        """Only the parts that are known."""
        return {name: value for name in ("file", "line", "index") if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Finding:
    """One reported problem: a check's verdict over one or more exchanges.

    `calls` holds the exchanges that lead to it, oldest first, in the own recording form, so that a finding can be
    sent again; `reproduce` maps `python`, `cli`, `curl` to a line that does the same by hand.
    """

    check: str
    severity: Severity
    service: str
    operation: str
    direction: str
    message: str
    violations: tuple[Violation, ...] = ()
    location: Location | None = None
    calls: tuple[Mapping[str, Any], ...] = ()
    reproduce: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None

    @property
    def group(self) -> tuple[str, str, str, str]:
        """What makes two findings the same problem in different places: check, service, operation, what is broken."""
        if self.violations:
            broken = "|".join(sorted({v.schema_path or v.keyword for v in self.violations}))
        else:
            broken = self.code or self.message
        return self.check, self.service, self.operation, f"{self.direction}:{broken}"

    @property
    def id(self) -> str:
        """Ten characters that stay the same for the same problem in the same place, run after run."""
        place = (self.location.file or "") if self.location else ""
        paths = "|".join(sorted({_without_indexes(v.instance_path) for v in self.violations}))
        digest = hashlib.sha256("\0".join((*self.group, place, paths)).encode("utf-8", "surrogatepass")).digest()
        return base64.b32encode(digest)[:10].decode()

    def to_json(self) -> dict[str, Any]:
        """The finding as the JSON report spells it."""
        document: dict[str, Any] = {
            "id": self.id,
            "check": self.check,
            "severity": str(self.severity),
            "service": self.service,
            "operation": self.operation,
            "direction": self.direction,
            "message": self.message,
            "violations": [violation.to_json() for violation in self.violations],
        }
        if self.code is not None:
            document["code"] = self.code
        if self.location is not None:
            document["location"] = self.location.to_json()
        if self.reproduce:
            document["reproduce"] = dict(self.reproduce)
        if self.calls:
            document["calls"] = [dict(call) for call in self.calls]
        return document


def at(finding: Finding, location: Location | None) -> Finding:
    """The finding at another place."""
    return dataclasses.replace(finding, location=location)


def _without_indexes(pointer: str) -> str:
    # Indexes, and keys of maps that are no names (ARNs, paths), differ from run to run for the same problem.
    return "/".join(part if not part or part.isidentifier() else "*" for part in pointer.split("/"))


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that was not judged, and why; counted and named so that silence never passes for a verdict."""

    reason: str
    service: str | None = None
    operation: str | None = None
    location: Location | None = None

    def to_json(self) -> dict[str, Any]:
        """Only the parts that are known."""
        document: dict[str, Any] = {"reason": self.reason}
        for name in ("service", "operation"):
            if getattr(self, name) is not None:
                document[name] = getattr(self, name)
        if self.location is not None:
            document["location"] = self.location.to_json()
        return document


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one command has to say; the rooms under `report/` turn it into text, JSON, JUnit, SARIF, HTML.

    `coverage` and `details` are plain JSON data: the former as in the JSON report, the latter what one command
    adds (per-operation tables, the target, the seed, a timeline).
    """

    command: str
    findings: Sequence[Finding] = ()
    exchanges: int = 0
    checked: int = 0
    unchecked: Sequence[Unchecked] = ()
    unchecked_count: int | None = None
    seconds: float = 0.0
    coverage: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def fails(self, fail_on: Severity) -> bool:
        """Whether any finding is at or above the threshold: what makes the exit status 1."""
        return any(finding.severity >= fail_on for finding in self.findings)

    @property
    def sides(self) -> tuple[int, int]:
        """How many sides of constraints were met, and how many can be: a bound has two, unless another implies one."""
        met = possible = 0
        for row in self.coverage.get("operations", {}).values():
            for side in ("satisfied", "violated"):
                met += row.get(side, 0)
                possible += row.get(f"{side}_possible", row.get("total", 0))
        return met, possible

    @property
    def covered(self) -> float | None:
        """The share of those sides that were met, in percent; None where there is none to meet."""
        met, possible = self.sides
        return 100 * met / possible if possible else None

    def summary(self) -> dict[str, Any]:
        """The `summary` object of the JSON report."""
        unchecked = len(self.unchecked) if self.unchecked_count is None else self.unchecked_count
        return {
            "exchanges": self.exchanges,
            "checked": self.checked,
            "unchecked": unchecked,
            **{str(severity): self.count(severity) for severity in sorted(Severity, reverse=True)},
            "seconds": round(self.seconds, 3),
        }

    def to_json(self) -> dict[str, Any]:
        """The whole JSON report, version 1."""
        coverage = {
            "operations": {},
            "constraints": {"total": 0, "satisfied": 0, "violated": 0},
            **self.coverage,
        }
        document = {
            "version": 1,
            "command": self.command,
            "summary": self.summary(),
            "findings": [finding.to_json() for finding in self.findings],
            "coverage": coverage,
        }
        if self.unchecked:
            document["unchecked"] = [entry.to_json() for entry in self.unchecked]
        if self.details:
            document["details"] = dict(self.details)
        return document
