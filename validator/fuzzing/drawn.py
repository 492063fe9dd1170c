"""The phases that draw: Hypothesis makes requests that keep the contract, and requests that break one constraint."""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase
from hypothesis.errors import HypothesisWarning

from validator import checks, strategies, validate
from validator.contract import Operation
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.exchange import Exchange
from validator.families import family_of
from validator.fuzzing.stage import Stage
from validator.fuzzing.world import World
from validator.results import Finding, Severity
from validator.transport.target import BudgetSpentError

# Hypothesis's explain phase multiplies the calls of a failing request by three: not worth a target's time.
_PHASES = (Phase.reuse, Phase.generate, Phase.target, Phase.shrink)
# Seconds for an operation after its first failure. Hypothesis itself would try for five minutes, which no slow target
# is worth; a quick one is done long before.
_PATIENCE = 10.0

Group = tuple[str, str, str, str]
# The smallest failing request of each problem: its size, and the finding.
Smallest = dict[Group, tuple[int, Finding]]


class _EnoughError(BaseException):
    """Ends Hypothesis's search for smaller failures of one operation."""


class _StopError(BaseException):
    """Carries an end of the run through Hypothesis, which would take an Exception for a failing example."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason


def positive(stage: Stage, operations: Sequence[Operation]) -> None:
    """Requests that keep the contract, in all their combinations."""
    _phase(stage, operations, "positive", lambda operation, values: strategies.requests(operation, given=values))


def negative(stage: Stage, operations: Sequence[Operation]) -> None:
    """Requests that break one constraint in otherwise drawn surroundings."""
    _phase(
        stage,
        operations,
        "negative",
        lambda operation, values: strategies.invalid_requests(operation, given=values).map(
            lambda broken: broken.instance
        ),
    )


def _phase(
    stage: Stage,
    operations: Sequence[Operation],
    phase: str,
    strategy: Callable[[Operation, dict[str, Any]], st.SearchStrategy[Any]],
) -> None:
    smallest: Smallest = {}
    with stage.chapter(operations[0].contract, phase) as world:
        try:
            for operation in operations:
                if not stage.journal.supported(operation):
                    continue
                found = family_of(world.contract, operation.name)
                values = world.references(operation, aside=found[0] if found and found[1] == "delete" else None)
                try:
                    drawing = strategy(operation, values)
                except UnusableInputError:
                    continue
                _drive(stage, world, operation, phase, drawing, smallest)
        except (KeyboardInterrupt, EnvironmentFailedError):
            stage.hurried = True
            raise
        finally:
            # Only now: to make a finding smaller the target must forget what the other operations refer to.
            stage.note(world.contract, [finding for _, finding in smallest.values()], stage.journal.exchanges)


def _drive(
    stage: Stage, world: World, operation: Operation, phase: str, drawing: st.SearchStrategy[Any], smallest: Smallest
) -> None:
    """Draw, send and judge; what fails is shrunk by Hypothesis and kept at its smallest."""
    kinds: dict[Group, type[Exception]] = {}
    options = stage.options
    patience: float | None = None
    number = zlib.crc32(f"{options.seed} {operation.service}.{operation.name} {phase}".encode())

    @seed(number)
    @settings(
        max_examples=options.max_examples,
        deadline=None,
        database=_database(stage, operation, phase),
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        phases=_PHASES,
        report_multiple_bugs=True,
    )
    @given(drawing)
    def send(instance: Any) -> None:
        try:
            exchange = stage.journal.send(operation, instance)
            if exchange is None:
                return
            if phase == "positive" and exchange.unread is None and validate.is_valid(operation, instance):
                stage.coverage.observe(operation, instance)
            _tidy(world, operation, exchange)
        except (BudgetSpentError, EnvironmentFailedError) as reason:
            raise _StopError(reason) from None
        nonlocal patience
        if patience is not None and time.monotonic() > patience:
            raise _EnoughError
        for finding in _findings(exchange, operation):
            patience = patience or time.monotonic() + _PATIENCE
            size = len(repr(instance))
            if finding.group not in smallest or size < smallest[finding.group][0]:
                smallest[finding.group] = (size, finding)
            # One class for each problem: Hypothesis tells failures apart by it, and shrinks each by itself.
            raise kinds.setdefault(finding.group, type("ProblemError", (AssertionError,), {}))()

    try:
        with warnings.catch_warnings():
            # Of what failed, Hypothesis makes a text that nobody reads, and warns when it is long.
            warnings.simplefilter("ignore", HypothesisWarning)
            send()
    except _EnoughError:
        return
    except _StopError as stop:
        raise stop.reason from None
    except Exception:  # What failed is in `smallest`; a target that forgets or remembers may also look flaky.
        if not kinds:
            raise


def _findings(exchange: Exchange, operation: Operation) -> Iterable[Finding]:
    judged = [id for id, check in checks.table().items() if check.scope == "exchange" and id != "request_conformance"]
    return [
        finding
        for finding in checks.run(operation.contract, [exchange], only=judged)
        if finding.severity > Severity.INFO
    ]


def _tidy(world: World, operation: Operation, exchange: Exchange) -> None:
    """What was created is waited for and deleted again; what was deleted is forgotten."""
    found = family_of(world.contract, operation.name)
    if found is None or not exchange.accepted:
        return
    family, verb = found
    if verb == "create":
        held = world.adopt(family, exchange, settle=True)
        if held is not None:
            world.discard(held)
    elif verb == "delete" and isinstance(exchange.request, dict):
        world.gone(exchange.request.get(family.takes[operation.name], ""))


def _database(stage: Stage, operation: Operation, phase: str) -> ExampleDatabase | None:
    if stage.options.database is None:
        return None
    return _Shelf(
        DirectoryBasedExampleDatabase(stage.options.database), f"{operation.service}.{operation.name} {phase} ".encode()
    )


class _Shelf(ExampleDatabase):
    """One operation's part of a database: its keys, marked as its own."""

    def __init__(self, inner: ExampleDatabase, mark: bytes) -> None:
        super().__init__()
        self._inner, self._mark = inner, mark

    def save(self, key: bytes, value: bytes) -> None:
        self._inner.save(self._mark + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return self._inner.fetch(self._mark + key)

    def delete(self, key: bytes, value: bytes) -> None:
        self._inner.delete(self._mark + key, value)
