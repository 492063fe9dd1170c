"""A fuzz run: phases that drive a target, checks that judge what came back, findings made small."""

from __future__ import annotations

import collections
import contextlib
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from validator import checks, reproduce, stateful
from validator.contract import Contract, Operation
from validator.coverage import Coverage
from validator.errors import EnvironmentFailedError
from validator.exchange import Exchange
from validator.fuzzing import bounds, drawn, examples, paging
from validator.fuzzing.journal import Journal, Listener, Tally
from validator.fuzzing.picture import Picture
from validator.fuzzing.shrink import Allowance, Shrinker
from validator.fuzzing.stage import Options, Stage, share
from validator.fuzzing.trail import Trail
from validator.fuzzing.world import World
from validator.results import Finding, Report, Severity, Unchecked
from validator.transport.interrupts import InsistedError
from validator.transport.target import UNSUPPORTED, BudgetSpentError, Target

Told = Callable[[Finding], None]
Phase = Callable[[Stage, Sequence[Operation]], None]
StoppedBy = Literal["budget", "target", "user"]
# Who can end a run early, in the order in which it matters where one process says this and another that.
ENDERS: tuple[StoppedBy, ...] = ("budget", "target", "user")

# In the order in which they run. Each phase opens chapters, sends, and leaves the judging to the chapter's end.
PHASES: dict[str, Phase] = {
    "examples": examples.run,
    "boundary": bounds.run,
    "positive": drawn.positive,
    "negative": drawn.negative,
    "pagination": paging.run,
    "stateful": stateful.run,
}
# What the fuzzer sends is broken on purpose, so that what it sends is not judged.
JUDGED = tuple(id for id in checks.table() if id != "request_conformance")


class Run(Stage):
    """One run: its target, its counts, its findings."""

    def __init__(
        self, target: Target, options: Options, listener: Listener | None = None, told: Told | None = None
    ) -> None:
        self.picture = Picture()
        super().__init__(Journal(target, Coverage(), _both(self.picture.hear, listener)), options)
        self._told = told
        self._place = reproduce.place(target.name, options.profile)
        self.findings: dict[tuple[str, str, str, str], Finding] = {}
        # On a target that cannot forget, names that an earlier run took would be refused: these are nobody's.
        self._mark = secrets.token_hex(4)
        # Findings that could be smaller, had there been calls and time left to try.
        self.unshrunk: set[str] = set()
        self._allowance = Allowance(until=getattr(target, "deadline", None))
        # Why nothing can be sent any more, when that came out while a finding was made small.
        self.lost: EnvironmentFailedError | None = None

    @contextlib.contextmanager
    def chapter(self, contract: Contract, phase: str) -> Iterator[World]:
        """A fresh target, where it can be had, and a world to refer to; judged when it closes, however it closes."""
        target = self.journal.target
        fresh = target.owned and target.reset()
        opened = self.journal.open(contract, phase)
        self.chapters += 1
        salt = "" if fresh else f"{self._mark}x{self.chapters}x"
        chance = random.Random(f"{self.options.seed} {contract.service} {phase} {self.chapters}")
        try:
            yield World(self.journal, contract, self.options.given, chance, salt, writes=self.options.writes)
        except InsistedError:
            opened.exchanges.clear()
            raise
        except (KeyboardInterrupt, EnvironmentFailedError):
            self.hurried = True
            raise
        finally:
            self._judge(contract, opened.exchanges)

    def note(self, contract: Contract, findings: Iterable[Finding], exchanges: Sequence[Exchange]) -> None:
        """Keep each problem once, as small as it can be made; interrupted, keep the rest as they came."""
        listed, trail = list(findings), Trail(exchanges)
        self._once_more(lambda: self._note(contract, listed, trail))

    def _once_more(self, work: Callable[[], None]) -> None:
        """Do what may be done twice; interrupted, do it again in a hurry; interrupted again, give up."""
        try:
            work()
        except InsistedError:
            raise
        except KeyboardInterrupt:
            if self.hurried:
                raise InsistedError from None
            self.hurried = True
            try:
                work()
            except KeyboardInterrupt:
                raise InsistedError from None
            raise

    def _note(self, contract: Contract, findings: Iterable[Finding], trail: Trail) -> None:
        for finding in findings:
            if finding.group in self.findings:
                continue
            small, done = self._small(contract, finding, trail)
            if small.group != finding.group and small.group in self.findings:
                self.findings[finding.group] = self.findings[small.group]
                continue
            kept = self.findings[finding.group] = reproduce.with_lines(small, contract, self._place)
            if not done:
                self.unshrunk.add(kept.id)
            if self._told is not None:
                self._told(kept)

    def _small(self, contract: Contract, finding: Finding, trail: Trail) -> tuple[Finding, bool]:
        """The finding as small as it can be made, and whether it can be no smaller."""
        target = self.journal.target
        # Infos are many and plain; making them small is not worth the calls.
        if not self.options.shrink or not target.owned or finding.severity <= Severity.INFO:
            return finding, True
        inner = _inner(target)
        if not self.hurried:
            try:
                if not target.reset():
                    return finding, True
                return Shrinker(inner, contract, self._allowance).shrink(finding, trail)
            except BudgetSpentError:
                pass
            except EnvironmentFailedError as lost:
                self.lost, self.hurried = lost, True
        return Shrinker(inner, contract, Allowance(calls=0)).shrink(finding, trail)

    def _judge(self, contract: Contract, exchanges: list[Exchange]) -> None:
        self.picture.chapter(contract, exchanges, JUDGED)
        self._once_more(lambda: self._note(contract, _found(contract, exchanges), Trail(exchanges)))


def _found(contract: Contract, exchanges: list[Exchange]) -> list[Finding]:
    return sorted(checks.run(contract, exchanges, only=JUDGED), key=lambda finding: len(finding.calls))


def _both(first: Listener, second: Listener | None) -> Listener:
    if second is None:
        return first

    def hear(exchange: Exchange) -> None:
        first(exchange)
        second(exchange)

    return hear


def _inner(target: Target) -> Target:
    """The target beneath a budget: making a finding small is not part of what was asked for."""
    inner: Target = getattr(target, "target", target)
    return inner


@dataclass(slots=True)
class Outcome:
    """What a run, or one process's share of it, has to say: plain data that can be sent and added up.

    `stopped` says why it ended early, `stopped_by` who ended it.
    """

    findings: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    unchecked: dict[Unchecked, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    covered: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    picture: Picture = field(default_factory=Picture)
    unshrunk: set[str] = field(default_factory=set)
    stopped: str | None = None
    stopped_by: StoppedBy = "budget"

    def add(self, other: Outcome) -> None:
        """Take in another share."""
        for group, finding in other.findings.items():
            known = self.findings.get(group)
            if known is None or len(finding.calls) < len(known.calls):
                self.findings[group] = finding
        for key, tally in other.tallies.items():
            self.tallies.setdefault(key, Tally()).add(tally)
        for entry, count in other.unchecked.items():
            self.unchecked[entry] = self.unchecked.get(entry, 0) + count
        for phase, count in other.requests.items():
            self.requests[phase] = self.requests.get(phase, 0) + count
        for phase, spent in other.seconds.items():
            self.seconds[phase] = max(self.seconds.get(phase, 0.0), spent)
        for key, sides in other.covered.items():
            mine = self.covered.setdefault(key, {side: [] for side in sides})
            for side, ids in sides.items():
                mine[side] = sorted({*mine[side], *ids})
        self.picture.add(other.picture)
        self.unshrunk |= other.unshrunk
        if other.stopped and (not self.stopped or ENDERS.index(other.stopped_by) > ENDERS.index(self.stopped_by)):
            self.stop(other.stopped, other.stopped_by)

    def stop(self, why: str, by: StoppedBy) -> None:
        """Note why it ended early."""
        self.stopped, self.stopped_by = why, by


def run(
    target: Target,
    operations: Sequence[Operation],
    options: Options,
    *,
    listener: Listener | None = None,
    told: Told | None = None,
) -> Report:
    """Drive a target through the phases and report what the checks found.

    `listener` hears every exchange, `told` every finding as soon as it is kept; either may raise BudgetSpentError.
    Ends early then, as when the target's budget is spent, with what was found so far; also when the target is lost in
    the middle, and on KeyboardInterrupt, of which a second one ends it at once. `stopped_by` in the details tells.
    EnvironmentFailedError when the target cannot be reached from the beginning.
    """
    started = time.perf_counter()
    outcome = drive(target, operations, options, listener, told)
    return report(outcome, operations, options, target.name, time.perf_counter() - started)


def drive(
    target: Target,
    operations: Sequence[Operation],
    options: Options,
    listener: Listener | None = None,
    told: Told | None = None,
) -> Outcome:
    """The phases, one after the other; `options.share` says which part of the work is this one's."""
    current = Run(target, options, listener, told)
    by_contract: dict[str, list[Operation]] = {}
    for operation in operations:
        by_contract.setdefault(operation.service, []).append(operation)
    outcome = Outcome(
        current.findings,
        current.journal.tallies,
        current.journal.unchecked,
        current.journal.phases,
        picture=current.picture,
        unshrunk=current.unshrunk,
    )
    try:
        for phase in options.phases:
            begun = time.perf_counter()
            try:
                for chosen in by_contract.values():
                    mine = chosen if phase == "stateful" else share(chosen, options.share)
                    if mine:
                        PHASES[phase](current, mine)
            finally:
                outcome.seconds[phase] = time.perf_counter() - begun
            if current.lost is not None:
                raise current.lost
    except BudgetSpentError as spent:
        outcome.stop(str(spent), "budget")
    except EnvironmentFailedError as lost:
        if not any(tally.requests for tally in outcome.tallies.values()):
            raise
        outcome.stop(str(lost), "target")
    except InsistedError:
        raise
    except KeyboardInterrupt:
        outcome.stop("stopped by you", "user")
    outcome.covered = current.coverage.export()
    return outcome


def report(outcome: Outcome, operations: Sequence[Operation], options: Options, target: str, seconds: float) -> Report:
    """A run as a report: findings worst first, coverage, and the table of operations in its details."""
    tallies = {
        (operation.service, operation.name): outcome.tallies.get((operation.service, operation.name), Tally())
        for operation in operations
    } | {key: tally for key, tally in outcome.tallies.items() if tally.requests}
    coverage = Coverage()
    coverage.watch(each for each in operations if not tallies[each.service, each.name].unsupported)
    coverage.merge(outcome.covered)
    unique = {finding.id: finding for finding in outcome.findings.values()}
    findings = sorted(unique.values(), key=lambda each: (-each.severity, each.service, each.operation, each.check))
    details: dict[str, Any] = {
        "target": target,
        "seed": options.seed,
        "phases": {
            phase: {"requests": count, "seconds": round(outcome.seconds.get(phase, 0.0), 3)}
            for phase, count in outcome.requests.items()
        },
        "operations": {
            f"{service}.{name}": {
                "requests": tally.requests,
                "accepted": tally.accepted,
                "rejected": tally.rejected,
                **({"unread": tally.unread} if tally.unread else {}),
                "unsupported": "not supported" if tally.unsupported else "",
            }
            for (service, name), tally in sorted(tallies.items())
        },
    }
    counts = collections.Counter((f"{each.service}.{each.operation}", each.check) for each in findings)
    details |= outcome.picture.details(counts)
    if outcome.stopped:
        details |= {"stopped": outcome.stopped, "stopped_by": outcome.stopped_by}
    if unshrunk := sum(finding.id in outcome.unshrunk for finding in findings):
        details["unshrunk"] = (
            f"{unshrunk} of {len(findings)} findings may show more calls and members than they need: "
            "neither time nor calls were left to try with less"
        )
    unchecked = [
        Unchecked(f"{each.reason} ({count} times)" if count > 1 else each.reason, each.service, each.operation)
        for each, count in sorted(
            outcome.unchecked.items(), key=lambda item: (str(item[0].service), str(item[0].operation))
        )
        if each.reason != UNSUPPORTED
    ]
    sent = sum(tally.requests for tally in tallies.values())
    return Report(
        "fuzz", findings, exchanges=sent, checked=sent, unchecked=unchecked, seconds=seconds,
        coverage=coverage.to_json(), details=details,
    )  # fmt: skip
