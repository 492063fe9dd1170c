"""The emulator's clocks: epoch seconds, and when a resource goes from one state to the next."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

# Where the step clock begins: 2026-01-01T00:00:00Z, so that the same calls give the same answers on any day.
BEGINNING = 1767225600.0


class Clock(Protocol):
    """What the emulator asks of a clock; `steps` says that a resource moves on when it is looked at again."""

    steps: bool

    def now(self) -> float:
        """Epoch seconds, to the millisecond."""

    def tick(self) -> None:
        """A call has come in."""

    def skip(self, seconds: float) -> None:
        """Let time pass."""

    def delay(self, state: str) -> float:
        """How many seconds a resource stays in a state that it leaves by itself."""


class StepClock:
    """A clock that goes on by a millisecond with every call, and otherwise only when told to."""

    steps = True

    def __init__(self, now: float = BEGINNING) -> None:
        self._milliseconds = round(now * 1000)

    def now(self) -> float:
        """Epoch seconds, to the millisecond."""
        return self._milliseconds / 1000

    def tick(self) -> None:
        """A millisecond passes."""
        self._milliseconds += 1

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self._milliseconds += round(seconds * 1000)

    def delay(self, state: str) -> float:
        """Forever: states change by looks and by `advance()`."""
        return float("inf")


class RealClock:
    """The time of this machine; a resource stays `default` seconds in a passing state, or as `delays` says by state."""

    steps = False

    def __init__(self, delays: Mapping[str, float] | None = None, default: float = 2.0) -> None:
        self._delays, self._default, self._ahead = dict(delays or {}), default, 0.0

    def now(self) -> float:
        """Epoch seconds, to the millisecond."""
        return round(time.time() + self._ahead, 3)

    def tick(self) -> None:
        """Time passes by itself."""

    def skip(self, seconds: float) -> None:
        """Go ahead of this machine's time."""
        self._ahead += seconds

    def delay(self, state: str) -> float:
        """How many seconds a resource stays in a passing state."""
        return self._delays.get(state, self._default)
