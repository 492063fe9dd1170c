"""What a target is, and the limits that can be put on one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from validator.contract import Operation
from validator.exchange import Exchange
from validator.results import Unchecked
from validator.transport import interrupts

Answer = Exchange | Unchecked

UNSUPPORTED = "the target does not offer this operation"


class Target(Protocol):
    """Something that carries out operations.

    `accounts` and `regions` are those it can be called as, the usual one first; None stands for whatever the target
    takes without being told. `owned` says that nothing in it is worth keeping, so that a run may create and delete.
    """

    name: str
    accounts: tuple[str | None, ...]
    regions: tuple[str | None, ...]
    owned: bool

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """Call an operation once; EnvironmentFailedError when the target cannot be reached at all."""

    def reset(self) -> bool:
        """Forget everything; False when the target cannot."""

    def advance(self, seconds: float) -> bool:
        """Let time pass in the target; False when it cannot."""

    def close(self) -> None:
        """Give back what the target holds."""


class BudgetSpentError(Exception):
    """A target that may not be called any more: its budget of requests or of time is spent."""


class Limited:
    """A target with a budget of requests, a deadline and a rate; calls beyond them raise BudgetSpentError.

    With `reading` an operation that may change something is never sent, whoever asks. `rate` is in calls a second.
    `deadline` is when it ends, by `clock`; what the caller does beside calling must heed it too. `clock` and `sleep`
    are the seams for tests.
    """

    def __init__(
        self,
        target: Target,
        *,
        requests: int | None = None,
        seconds: float | None = None,
        rate: float | None = None,
        reading: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = interrupts.sleep,
    ) -> None:
        self.target, self.left, self._clock, self._sleep = target, requests, clock, sleep
        self._reading = reading
        self.name, self.accounts, self.regions, self.owned = target.name, target.accounts, target.regions, target.owned
        self.deadline = None if seconds is None else clock() + seconds
        self._pause, self._next = (1 / rate if rate else 0.0), clock()
        # One that waits for answers is not to wait longer than there is time, nor to spend it all on one answer.
        self._waits = hasattr(target, "until")
        self._share = None if seconds is None else seconds / 10
        self.sent = 0

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """Call an operation once, when and if the limits allow it; KeyboardInterrupt when an interrupt is due."""
        interrupts.heed()
        if self._reading and not operation.readonly:
            return Unchecked("only operations that read are allowed", operation.service, operation.name)
        if self.left is not None and self.left <= 0:
            raise BudgetSpentError("the budget of requests is spent")
        now = self._clock() if self.deadline is not None or self._pause else 0.0
        if self.deadline is not None and now >= self.deadline:
            raise BudgetSpentError("the time is up")
        if self._pause:
            if now < self._next:
                if self.deadline is not None and self._next >= self.deadline:
                    raise BudgetSpentError("the time is up")
                self._sleep(self._next - now)
            self._next = max(now, self._next) + self._pause
        if self.left is not None:
            self.left -= 1
        self.sent += 1
        self._heed()
        return self.target.send(operation, instance, account=account, region=region, phase=phase)

    def _heed(self) -> None:
        if self._waits:
            self.target.until, self.target.share = self.deadline, self._share  # type: ignore[attr-defined]

    def reset(self) -> bool:
        """As the target."""
        self._heed()
        return self.target.reset()

    def advance(self, seconds: float) -> bool:
        """As the target."""
        self._heed()
        return self.target.advance(seconds)

    def close(self) -> None:
        """As the target."""
        self.target.close()
