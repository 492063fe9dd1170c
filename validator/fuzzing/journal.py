"""What a run has sent and what came back: one chapter at a time, counted per operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from validator.contract import Contract, Operation
from validator.coverage import Coverage
from validator.exchange import Exchange
from validator.results import Unchecked
from validator.transport.target import UNSUPPORTED, Target

Listener = Callable[[Exchange], None]
# So often an operation is waited for in vain before the rest of a phase goes on without it.
_PATIENCE = 8
_LEFT_OUT = f"no answer came in time to {_PATIENCE} requests before"


@dataclass(slots=True)
class Tally:
    """How often one operation was called, and what came of it; `unread` counts calls without an answer to read."""

    requests: int = 0
    accepted: int = 0
    rejected: int = 0
    unread: int = 0
    unwritable: int = 0
    unsupported: bool = False

    def add(self, other: Tally) -> None:
        """Take in another count of the same operation."""
        self.requests += other.requests
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.unread += other.unread
        self.unwritable += other.unwritable
        self.unsupported = self.unsupported or other.unsupported


@dataclass(slots=True)
class Chapter:
    """A sequence that is judged as a whole: one service, one phase, one state of the target from its beginning on."""

    contract: Contract
    phase: str
    exchanges: list[Exchange] = field(default_factory=list)


class Journal:
    """Sends to a target and keeps the exchanges of the chapter that is open, counting everything."""

    def __init__(self, target: Target, coverage: Coverage, listener: Listener | None = None) -> None:
        self.target, self.coverage, self.listener = target, coverage, listener
        self.tallies: dict[tuple[str, str], Tally] = {}
        self.unchecked: dict[Unchecked, int] = {}
        self.phases: dict[str, int] = {}
        self.chapter: Chapter | None = None
        # How often an operation of a phase has been waited for in vain.
        self._late: dict[tuple[str, str, str], int] = {}

    def open(self, contract: Contract, phase: str) -> Chapter:
        """Begin a chapter; what is sent from now on belongs to it."""
        self.chapter = Chapter(contract, phase)
        self.phases.setdefault(phase, 0)
        return self.chapter

    def send(
        self, operation: Operation, instance: Any, *, account: str | None = None, region: str | None = None
    ) -> Exchange | None:
        """Call once; None when the target does not offer the operation or the request cannot be written.

        None too for what is left of a phase when an operation has been waited for in vain a few times in it.
        """
        tally = self.tally(operation)
        assert self.chapter is not None
        if tally.unsupported:
            return None
        place = (self.chapter.phase, operation.service, operation.name)
        if self._late.get(place, 0) >= _PATIENCE:
            left = Unchecked(f"left out of the phase {self.chapter.phase}: {_LEFT_OUT}", *place[1:])
            self.unchecked[left] = self.unchecked.get(left, 0) + 1
            return None
        answer = self.target.send(operation, instance, account=account, region=region, phase=self.chapter.phase)
        if isinstance(answer, Unchecked):
            self.unchecked[answer] = self.unchecked.get(answer, 0) + 1
            if answer.reason == UNSUPPORTED:
                tally.unsupported = True
            else:
                tally.unwritable += 1
            return None
        tally.requests += 1
        self.phases[self.chapter.phase] += 1
        if answer.unread is not None:
            tally.unread += 1
            self._late[place] = self._late.get(place, 0) + answer.late
        elif answer.accepted:
            tally.accepted += 1
        else:
            tally.rejected += 1
        self.chapter.exchanges.append(answer)
        if self.listener is not None:
            self.listener(answer)
        return answer

    @property
    def exchanges(self) -> list[Exchange]:
        """Those of the open chapter so far."""
        return self.chapter.exchanges if self.chapter is not None else []

    def tally(self, operation: Operation) -> Tally:
        """The count of one operation."""
        key = (operation.service, operation.name)
        if key not in self.tallies:
            self.tallies[key] = Tally()
        return self.tallies[key]

    def supported(self, operation: Operation) -> bool:
        """Whether the target has not said that it lacks the operation."""
        return not self.tally(operation).unsupported
