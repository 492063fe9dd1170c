"""What a phase works with: the journal, the options, and chapters to send in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from validator.contract import Contract
from validator.coverage import Coverage
from validator.exchange import Exchange
from validator.fuzzing.journal import Journal
from validator.fuzzing.world import World
from validator.results import Finding

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a run.

    `max_examples` is Hypothesis's number per operation and drawn phase, `sequences` the number of random call sequences
    per service, `database` Hypothesis's folder of failing examples, `examples` a recording whose requests are sent
    too, `profile` whose credentials on AWS lines for reproducing name. `share` is which part of how many of the work
    to do. Without `shrink` findings stay as they were found.
    """

    phases: Sequence[str] = ("examples", "boundary", "positive", "negative", "pagination", "stateful")
    max_examples: int = 25
    sequences: int = 20
    seed: int = 0
    given: Mapping[str, Any] = field(default_factory=dict)
    database: Path | None = None
    examples: Path | None = None
    profile: str | None = None
    writes: bool = True
    share: tuple[int, int] = (0, 1)
    shrink: bool = True


def share(items: Sequence[T], part: tuple[int, int]) -> list[T]:
    """One part of the items: every so many, beginning at its own."""
    return list(items[part[0] :: part[1]])


class Stage:
    """Where phases play."""

    def __init__(self, journal: Journal, options: Options) -> None:
        self.journal, self.options = journal, options
        self.chapters = 0
        # Whether the run is to end: what was found is still judged and kept, but nothing more is sent for it.
        self.hurried = False

    @property
    def coverage(self) -> Coverage:
        """The count of exercised constraints."""
        return self.journal.coverage

    @contextlib.contextmanager
    def chapter(self, contract: Contract, phase: str) -> Iterator[World]:
        """A sequence that is judged as a whole when it closes."""
        raise NotImplementedError
        yield

    def note(self, contract: Contract, findings: Iterable[Finding], exchanges: Sequence[Exchange]) -> None:
        """Keep findings."""
        raise NotImplementedError
