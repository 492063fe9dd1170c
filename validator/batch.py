"""A batch of exchanges held against their contracts: findings grouped and bounded, the same whoever cuts the batches.

`validator.batch(exchanges)` is the plain function over exchanges; `validator.shards` cuts large recordings so that any
engine can run one shard a task.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import sys
import time
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator import checks
from validator import validate as validating
from validator.contract import Contract, Operation
from validator.errors import AwsContractError, UnusableInputError
from validator.exchange import ErrorReply, Exchange
from validator.recordings.placeholders import excuses
from validator.recordings.recording import UnreadableLineError, View
from validator.reshape import PLAIN, reshape, resolve
from validator.results import Finding, Report, Unchecked, Violation

# What recordings are held to: each exchange alone, since nothing says that a recording is whole or in order.
CHECKS = ("request_conformance", "response_conformance", "error_conformance", "error_declared")
# Phases of a fuzz run that break requests on purpose: what is told of these is the service's answer alone.
BREAKING = frozenset(("boundary", "negative"))
# Beyond so many places of one group, or notes on what was not checked, more are counted and not kept.
PLACES = 200
NOTES = 1000
_SECRET = re.compile(
    r"(?i)(X-Amz-(?:Security-Token|Signature|Credential)=|AWS4-HMAC-SHA256 |Bearer |Basic |Authorization[\"':= ]+)"
    r"[^\s&\"']+"
)
_KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b")
_ALL = View()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file, or one line of it, that cannot be used: why, and the exit status that follows from it."""

    file: str
    what: str
    line: int | None = None
    status: int = 2

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return f"{place}: {self.what}" if place else self.what


@dataclass(slots=True)
class Group:
    """One problem in many places: in words, how often, in which files, and its first places."""

    text: str = ""
    count: int = 0
    files: set[bytes] = field(default_factory=set)
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What a batch came to: counts, one finding for each problem and file, notes on what was not checked.

    `problems` are the files that could not be used, `skipped` those below folders that were not looked into, by suffix.
    `lines` and `indexes` count what a shard had of a file, so that the next one's can be numbered on.
    """

    exchanges: int = 0
    checked: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    unchecked: list[Unchecked] = field(default_factory=list)
    unchecked_count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    problems: list[Trouble] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    files: int = 0
    older: int = 0
    lines: int = 0
    indexes: int = 0

    def add(self, finding: Finding, contract: Contract) -> None:
        """Count a finding, and keep it when it is the first of its kind in its file."""
        key = (*finding.group, str(finding.severity))
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(describe(finding, contract))
        group.count += 1
        group.files.add(_digest(finding.location.file or "") if finding.location else b"")
        id = finding.id
        known = self.findings.get(id)
        if known is not None:
            # The same problem may come with two severities: refused here, accepted there. The worse one stands.
            if id not in group.ids:
                group.ids.append(id)
            if finding.severity > known.severity:
                self.findings[id] = finding
            return
        if len(group.ids) >= PLACES:
            # One finding without a place stands for all further ones, so that a baseline can accept them.
            finding = dataclasses.replace(finding, location=None, message=f"{finding.message} (and in further files)")
            id = finding.id
            if id in self.findings:
                return
        group.ids.append(id)
        self.findings[id] = finding

    def problem(self, error: AwsContractError) -> None:
        """Keep what is to be said of a file that cannot be used."""
        if not isinstance(error, UnusableInputError):
            self.problems.append(Trouble("", str(error), None, error.exit_status))
            return
        line = error.line if isinstance(error, UnreadableLineError) else None
        file = (error.where or "").removesuffix(f":{line}")
        what = error.what + (f"; {error.fix}" if error.fix else "")
        self.problems.append(Trouble(file, what, line, error.exit_status))

    def unrecognised(self, unchecked: Unchecked) -> None:
        """Note a file below a folder that is no recording."""
        self.files += 1
        self.formats["not recognised"] += 1
        self.note(unchecked)

    def note(self, unchecked: Unchecked) -> None:
        """Count something that was not checked."""
        self.unchecked_count += 1
        self.reasons[unchecked.reason] += 1
        if len(self.unchecked) < NOTES:
            self.unchecked.append(unchecked)

    def merge(self, other: Tally, lines: int = 0, indexes: int = 0) -> None:
        """Add what another batch came to; `lines` and `indexes` are how many of the same file came before it."""
        self.exchanges += other.exchanges
        self.checked += other.checked
        for key, group in other.groups.items():
            mine = self.groups.get(key)
            if mine is None:
                mine = self.groups[key] = Group(group.text)
            for id in group.ids:
                if id not in self.findings and len(mine.ids) < PLACES + 1:
                    self.findings[id] = _moved(other.findings[id], lines, indexes)
                    mine.ids.append(id)
            mine.count += group.count
            mine.files |= group.files
        self.unchecked_count += other.unchecked_count
        self.reasons.update(other.reasons)
        self.unchecked += [_moved(each, lines, indexes) for each in other.unchecked[: NOTES - len(self.unchecked)]]
        self.formats.update(other.formats)
        self.problems += [
            each if each.line is None else dataclasses.replace(each, line=each.line + lines) for each in other.problems
        ]
        self.skipped.update(other.skipped)
        self.files += other.files
        self.older += other.older

    def report(self, command: str = "check", seconds: float = 0.0, details: Mapping[str, Any] | None = None) -> Report:
        """The report of everything counted, the worst and most frequent first."""
        groups = sorted(self.groups.values(), key=lambda group: (-self._first(group).severity, -group.count))
        findings = [self.findings[id] for id in dict.fromkeys(id for group in groups for id in group.ids)]
        listed = [
            {
                "group": group.text,
                "count": group.count,
                "files": len(group.files),
                "example": group.ids[0],
                "severity": str(self._first(group).severity),
            }
            for group in groups
        ]
        extra: dict[str, Any] = {"groups": listed, **(details or {})}
        if self.formats:
            extra["formats"] = dict(sorted(self.formats.items()))
        if self.reasons:
            extra["reasons"] = dict(self.reasons.most_common(200))
        if self.skipped:
            extra["skipped"] = dict(self.skipped.most_common(50))
        if self.older:
            extra["older"] = self.older
        if self.problems:
            extra["problems"] = [str(problem) for problem in self.problems[:1000]]
        return Report(
            command, findings, self.exchanges, self.checked, self.unchecked, self.unchecked_count, seconds, {}, extra
        )

    def _first(self, group: Group) -> Finding:
        return self.findings[group.ids[0]]


def _moved(thing: Any, lines: int, indexes: int) -> Any:
    location = thing.location
    if not lines or location is None or location.line is None:
        return thing
    index = None if location.index is None else location.index + indexes
    return dataclasses.replace(thing, location=dataclasses.replace(location, line=location.line + lines, index=index))


@functools.lru_cache(maxsize=4096)
def _digest(file: str) -> bytes:
    # Python's own hash of a text differs from process to process.
    return hashlib.blake2b(file.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def describe(finding: Finding, contract: Contract) -> str:
    """A group in words: `events.ListTargetsByRule response Targets.*.Arn maxLength`."""
    name = f"{finding.service}.{finding.operation} {finding.direction}"
    if not finding.violations:
        return f"{name} {finding.code or finding.message}"
    violation = finding.violations[0]
    shape = contract.operation(finding.operation).shape(finding.direction, finding.code)
    schema: Mapping[str, Any] = contract.define(shape) if shape else {}
    places = []
    for part in violation.instance_path.split("/")[1:]:
        members = schema.get("properties", {})
        # Indexes and the keys of maps are one place.
        places.append("*" if not members else part)
        below = members.get(part) or schema.get("items") or schema.get("additionalProperties")
        schema = resolve(contract, below) if isinstance(below, Mapping) else {"properties": {part: {}}}
    return f"{name} {'.'.join(places) or 'the whole'} {violation.keyword}"


# Judging -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Known:
    operation: Operation
    request: Callable[[Any], bool]
    response: Callable[[Any], bool]

    def keeps(self, exchange: Exchange) -> bool:
        """Whether request and response surely keep the contract; what raises is told by the diagnosis."""
        try:
            request = exchange.request is None or exchange.phase in BREAKING or self.request(exchange.request)
            return request and (exchange.response is None or self.response(exchange.response))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False


class Judge:
    """Holds exchanges against their contracts, remembering each operation's verdicts."""

    def __init__(self, tally: Tally, view: View = _ALL) -> None:
        self.tally, self.view = tally, view
        self._known: dict[tuple[str, str], _Known | str] = {}

    def see(self, items: Iterable[Exchange | Unchecked]) -> None:
        """Judge or note each item."""
        tally, known = self.tally, self._known
        for item in items:
            if type(item) is Unchecked:
                tally.exchanges += 1
                tally.note(item)
                continue
            assert isinstance(item, Exchange)
            tally.exchanges += 1
            found = known.get((item.service, item.operation))
            if found is None:
                found = self._learn(item)
            if type(found) is str:
                tally.note(Unchecked(found, item.service, item.operation, item.location))
                continue
            assert isinstance(found, _Known)
            tally.checked += 1
            if item.error is None and item.unread is None and found.keeps(item):
                continue
            try:
                self._diagnose(item, found)
            except RecursionError:
                tally.checked -= 1
                tally.note(Unchecked("nested too deeply", item.service, item.operation, item.location))

    def _learn(self, exchange: Exchange) -> _Known | str:
        found: _Known | str
        try:
            operation = validating.load(exchange.service).operation(exchange.operation)
            found = _Known(
                operation, validating.verdict_of(operation, "request"), validating.verdict_of(operation, "response")
            )
        except (AwsContractError, TypeError, AttributeError) as error:
            found = str(error)[:200]
        if len(self._known) < 50_000:
            try:
                self._known[exchange.service, exchange.operation] = found
            except TypeError:
                found = "its service or operation is no text"
        return found

    def _diagnose(self, exchange: Exchange, known: _Known) -> None:
        operation = known.operation
        canonical = _canonical(exchange, operation)
        answered = exchange.error is None and exchange.unread is None
        if answered and canonical is not exchange and known.keeps(canonical):
            return
        exchange = canonical
        wanted = CHECKS[1:] if exchange.phase in BREAKING else CHECKS
        for finding in checks.run(operation.contract, (exchange,), only=wanted):
            for each in _split(finding, exchange, self.view, operation.contract):
                self.tally.add(each, operation.contract)


def _canonical(exchange: Exchange, operation: Operation) -> Exchange:
    """The exchange with times that stand as text made numbers, where the contract has times."""
    parts: dict[str, Any] = {}
    for direction in ("request", "response"):
        instance, shape = getattr(exchange, direction), operation.shape(direction)
        if instance is not None and shape is not None:
            parts[direction] = reshape(operation.contract, operation.contract.define(shape), instance, _KEPT)
    error = exchange.error
    if error is not None and error.body and error.code in operation.errors:
        schema = operation.contract.define(operation.errors[error.code].shape)
        parts["error"] = ErrorReply(error.code, error.message, reshape(operation.contract, schema, error.body, _KEPT))
    return dataclasses.replace(exchange, **parts) if parts else exchange


_KEPT = dataclasses.replace(PLAIN, name="kept", nulls=True)


def _split(finding: Finding, exchange: Exchange, view: View, contract: Contract) -> Iterator[Finding]:
    """A finding as one for each constraint it names, without what the recorder is to blame for and without secrets."""
    if not finding.violations:
        yield dataclasses.replace(finding, calls=(), message=_scrubbed(finding.message))
        return
    instance = (
        exchange.error.body
        if finding.direction == "error" and exchange.error
        else getattr(exchange, finding.direction, None)
    )
    by_constraint: dict[str, list[Violation]] = {}
    for violation in finding.violations:
        if not excuses(violation, instance, view, contract):
            by_constraint.setdefault(violation.schema_path or violation.keyword, []).append(violation)
    for violations in by_constraint.values():
        kept = tuple(_without_secrets(violation) for violation in violations[:3])
        message = kept[0].message + (f" (and {len(violations) - 1} more)" if len(violations) > 1 else "")
        yield dataclasses.replace(finding, violations=kept, message=message, calls=())


def _without_secrets(violation: Violation) -> Violation:
    value = _scrubbed(violation.value) if isinstance(violation.value, str) else violation.value
    message = _scrubbed(violation.message)
    if value == violation.value and message == violation.message:
        return violation
    return dataclasses.replace(violation, value=value, message=message)


def _scrubbed(text: str) -> str:
    return _KEY_ID.sub(r"\1***", _SECRET.sub(r"\1***", text))


def batch(exchanges: Iterable[Exchange | Unchecked], *, view: View = _ALL) -> Report:
    """What holding a batch of exchanges against their contracts finds: a report, grouped and bounded."""
    started, tally = time.perf_counter(), Tally()
    Judge(tally, view).see(exchanges)
    return tally.report(seconds=time.perf_counter() - started)


class _Callable(types.ModuleType):
    """This module, callable: `validator.batch` is both the room and the function, whichever was asked for first."""

    def __call__(self, exchanges: Iterable[Exchange | Unchecked], *, view: View = _ALL) -> Report:
        return batch(exchanges, view=view)


sys.modules[__name__].__class__ = _Callable
