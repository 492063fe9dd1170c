"""A run ends when its time is up, whatever it is doing then, and no phase or finding takes more than its share."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from faults.table import FAULTS

from validator import fuzz
from validator.contract import Contract
from validator.emulator import Emulator
from validator.exchange import ErrorReply, Exchange
from validator.fuzzing import drawn, selection, shrink
from validator.fuzzing.shrink import Allowance, Shrinker
from validator.fuzzing.stage import Options
from validator.fuzzing.trail import SHORTEST, TELLING, Trail, texts_of
from validator.results import Finding, Report
from validator.transport import Limited, MemoryTarget
from validator.transport.target import BudgetSpentError

_ALLOWANCE = Allowance.__init__
NAMED = {fault.name: fault for fault in FAULTS}


class Clock:
    """Time that passes only when something is sent."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow(MemoryTarget):
    """A target that takes its time for every call, in a time of its own."""

    def __init__(self, emulator: Emulator, clock: Clock, seconds: float) -> None:
        super().__init__(emulator)
        self.clock, self.seconds, self.calls, self.resets = clock, seconds, 0, 0

    def send(self, *arguments: Any, **named: Any) -> Any:
        self.clock.now += self.seconds
        self.calls += 1
        return super().send(*arguments, **named)

    def reset(self) -> bool:
        self.resets += 1
        return super().reset()


def slow(fault: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> Slow:
    clock = Clock()
    monkeypatch.setattr(Allowance, "__init__", lambda self, **named: _ALLOWANCE(self, **{**named, "clock": clock}))
    return Slow(NAMED[fault].build(), clock, seconds)


def run(target: Slow, *selectors: str, limit: float | None = None, **options: Any) -> Report:
    limited = target if limit is None else Limited(target, seconds=limit, clock=target.clock)
    return fuzz.run(limited, selection.operations(selectors), Options(**options))


# The time of the run -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [2.0, 20.0, 45.0])
def test_making_findings_small_is_within_the_time_of_the_run(limit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    target = slow("accepts-no-page-size", 0.1, monkeypatch)
    report = run(target, "personalize.List*", limit=limit, phases=("boundary", "pagination"))
    assert report.details["stopped"] == "the time is up"
    assert limit - 0.1 <= target.clock.now <= limit + 0.2


def test_what_was_found_when_the_time_is_up_is_reported_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ("personalize.ListSchemas",)
    whole = run(slow("overlapping", 0.0, monkeypatch), *one, phases=("pagination",))
    report = run(slow("overlapping", 0.1, monkeypatch), *one, limit=3.0, phases=("pagination",))
    assert report.findings
    assert {finding.id for finding in report.findings} <= {finding.id for finding in whole.findings}
    count = len(report.findings)
    assert report.details["unshrunk"].startswith(f"{count} of {count} findings may show more calls")
    assert "unshrunk" not in whole.details


def test_no_finding_takes_more_than_its_share_of_a_slow_target(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: dict[Slow, list[int]] = {}
    usual = Shrinker.shrink

    def counted(self: Shrinker, finding: Finding, trail: Trail) -> tuple[Finding, bool]:
        before = self.target.calls  # type: ignore[attr-defined]
        try:
            return usual(self, finding, trail)
        finally:
            spent.setdefault(self.target, []).append(self.target.calls - before)  # type: ignore[arg-type, attr-defined]

    monkeypatch.setattr(Shrinker, "shrink", counted)
    monkeypatch.setattr(shrink, "_SECONDS", 9.0)
    quick = slow("overlapping", 0.0, monkeypatch)
    easy = run(quick, "personalize.ListSchemas", phases=("pagination",))
    target = slow("overlapping", 1.0, monkeypatch)
    hard = run(target, "personalize.ListSchemas", phases=("pagination",))
    assert {finding.id for finding in hard.findings} & {finding.id for finding in easy.findings}
    assert max(spent[target]) == 9 < max(spent[quick])
    assert hard.details.get("unshrunk")
    assert "unshrunk" not in easy.details


def test_all_findings_together_have_a_share_too() -> None:
    clock = Clock()
    allowance = Allowance(calls=1000, seconds=8.0, clock=clock)
    assert allowance.share() == (600, 5.0)
    clock.now, allowance.seconds, allowance.calls = 4.0, 3.0, 100
    assert allowance.share() == (100, 7.0)
    assert Allowance(until=4.5, clock=clock).share() == (600, 4.5)


def test_a_pause_does_not_outlast_the_time() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    target = Limited(MemoryTarget(Emulator(seed=0)), seconds=10, rate=0.25, clock=clock, sleep=sleep)
    operation = selection.operations(("personalize.ListSchemas",))[0]
    for _ in range(3):
        target.send(operation, {})
    with pytest.raises(BudgetSpentError, match="the time is up"):
        target.send(operation, {})
    assert (target.sent, clock.now) == (3, 8.0)


# Drawn failures ------------------------------------------------------------------------------------------------------


def test_the_target_forgets_nothing_while_requests_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    target = slow("accepts-long-text", 0.0, monkeypatch)
    seen: list[tuple[int, str]] = []
    report = fuzz.run(
        target,
        selection.operations(("personalize.CreateDataset*", "personalize.DescribeDataset*")),
        Options(phases=("negative",), max_examples=40),
        listener=lambda exchange: seen.append((target.resets, exchange.operation)),
    )
    assert len({operation for _, operation in seen}) > 4
    assert len({resets for resets, _ in seen}) == 1
    assert any(finding.check == "invalid_rejected" for finding in report.findings)


def test_hypothesis_does_not_shrink_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(patience: float) -> Report:
        monkeypatch.setattr(drawn, "_PATIENCE", patience)
        target = MemoryTarget(NAMED["accepts-long-text"].build())
        return fuzz.run(
            target,
            selection.operations(("personalize.CreateSchema", "personalize.CreateDatasetGroup")),
            Options(phases=("negative",), max_examples=60),
        )

    patient, hasty = ended(10.0), ended(0.0)
    assert hasty.exchanges < patient.exchanges
    # Each operation is still tried, and what failed first is kept.
    found = {(finding.check, finding.operation) for finding in hasty.findings}
    assert {("invalid_rejected", "CreateSchema"), ("invalid_rejected", "CreateDatasetGroup")} <= found


# The trail -----------------------------------------------------------------------------------------------------------


def _history(chance: random.Random) -> list[Exchange]:
    names = [f"arn:aws:x:::thing/{number}" for number in range(12)] + ["ACTIVE", "token-10", "a-token-of-20-letters"]
    calls: list[Exchange] = []
    for _ in range(30):
        request = {"a": chance.choice(names) + chance.choice(["", "", "x"]), "b": [chance.choice(names)]}
        response = {"c": {"d": chance.choice(names)}} if chance.random() < 0.7 else None
        error = None if response else ErrorReply("Bad", chance.choice(["one", "two"]))
        calls.append(Exchange("x", chance.choice(["A", "B"]), request, response, error, 200 if response else 400))
    return calls


def _needed(calls: Sequence[Exchange], wanted: set[int], shown: bool) -> list[int]:
    """The definition, read aloud: slow and without an index."""

    def giver(text: str) -> int | None:
        for matches in (str.__eq__, lambda known, text: len(known) >= TELLING and known in text):
            for index, call in enumerate(calls):
                for known in texts_of(call.response):
                    if len(known) >= SHORTEST and matches(known, text):
                        return index
        return None

    keep, todo = set(wanted), sorted(wanted)
    while todo:
        last = todo.pop()
        texts = [*texts_of(calls[last].request)]
        if shown and last in wanted:
            texts += texts_of(calls[last].response)
        for text in texts:
            given = giver(text) if len(text) >= SHORTEST else None
            if given is not None and given < last and given not in keep:
                keep.add(given)
                todo.append(given)
    return sorted(keep)


def _cases() -> Iterator[tuple[list[Exchange], set[int]]]:
    chance = random.Random(5)
    for _ in range(200):
        calls = _history(chance)
        yield calls, set(chance.sample(range(len(calls)), chance.randint(1, 3)))


def test_a_trail_gives_what_its_definition_says() -> None:
    more = 0
    for calls, wanted in _cases():
        trail, last = Trail(calls), max(wanted)
        for shown in (False, True):
            found = trail.needed(wanted, shown=shown)
            assert found == _needed(calls, wanted, shown)
            more += len(found) - len(wanted)
        names = {text for index in wanted for text in texts_of(calls[index].response) if len(text) >= TELLING}
        users = {index for index in range(last) if names & set(texts_of(calls[index].request))}
        assert trail.about(wanted, last) == sorted(wanted | users)
        assert [trail.place(call.to_json()) for call in calls] == list(range(len(calls)))
    assert more > 200


def test_members_whose_lack_breaks_another_constraint_are_not_tried() -> None:
    operations = selection.operations(("personalize.CreateDatasetGroup",))
    target = Slow(NAMED["accepts-long-text"].build(), Clock(), 0.0)
    contract: Contract = operations[0].contract
    report = fuzz.run(target, operations, Options(phases=("boundary",), shrink=False))
    finding = next(each for each in report.findings if each.check == "invalid_rejected")
    (call,) = finding.calls
    request = {**call["request"], "domain": "ECOMMERCE"}
    sent = target.send(operations[0], request)
    (again,) = fuzz.checks.run(contract, [sent], only=["invalid_rejected"])
    target.calls = 0
    small, done = Shrinker(target, contract, Allowance()).shrink(again, Trail([sent]))
    # The call as it is, and without its domain; the name is the point and the only member that is required.
    assert done
    assert [set(each["request"]) for each in small.calls] == [set(call["request"])]
    assert target.calls == 2


def test_a_run_whose_time_is_up_before_it_began_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from validator.__main__ import run as main

    assert main(["fuzz", "personalize.ListSchemas", "--max-time", "0.000001"]) == 3
    assert "nothing was tested: the time is up" in capsys.readouterr().err


def test_real_time_is_kept_to() -> None:
    class Sleepy(MemoryTarget):
        def send(self, *arguments: Any, **named: Any) -> Any:
            time.sleep(0.005)
            return super().send(*arguments, **named)

    started = time.monotonic()
    target = Limited(Sleepy(NAMED["accepts-no-page-size"].build()), seconds=1.0)
    report = fuzz.run(target, selection.operations(("personalize.List*",)), Options())
    assert report.details["stopped"] == "the time is up"
    assert time.monotonic() - started < 4.0
