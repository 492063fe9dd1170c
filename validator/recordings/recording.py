"""One file as it is read: its name, what the caller said of it, and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from validator.errors import UnusableInputError
from validator.exchange import Exchange
from validator.recordings.limits import DEFAULT, Limits
from validator.results import Location, Unchecked


class UnreadableLineError(UnusableInputError):
    """A line that cannot be used, in a file whose other lines can; `line` counts from 1."""

    def __init__(self, what: str, file: str, line: int) -> None:
        self.line = line
        super().__init__(what, where=f"{file}:{line}")


Read = Iterator["Exchange | Unchecked"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A file or a member of an archive: `name` as it is shown, `service` and `operation` as the caller said them.

    `modified` is the time of its last change in epoch seconds; `lines` where each exchange begins, when that is known;
    `beside` reads a small file that lies beside it.
    """

    name: str
    service: str | None = None
    operation: str | None = None
    modified: float | None = None
    limits: Limits = DEFAULT
    lines: tuple[int, ...] = ()
    beside: Callable[[str], str | None] = field(default=lambda name: None, repr=False, compare=False)

    @property
    def path(self) -> PurePosixPath:
        """The name as a path, whatever separators it was written with."""
        return PurePosixPath(self.name.replace("\\", "/").replace("!", "/"))

    def at(self, index: int | None = None, line: int | None = None) -> Location:
        """A place in this file."""
        if line is None and index is not None and index < len(self.lines):
            line = self.lines[index]
        return Location(self.name, line, index)

    def unchecked(
        self,
        reason: str,
        index: int | None = None,
        line: int | None = None,
        *,
        service: str | None = None,
        operation: str | None = None,
    ) -> Unchecked:
        """Something in this file that cannot be held against a contract, and why."""
        return Unchecked(reason, service, operation, self.at(index, line))


@dataclass(frozen=True, slots=True)
class View:
    """What a format cannot show, and so is not judged.

    `forgives` are keywords that its exchanges are not held to; `replaces` says that values were replaced by texts of
    any kind; `merged` that pages were put together, so that lists may be longer than a page; `filters` that headers
    are commonly left out.
    """

    forgives: frozenset[str] = frozenset()
    replaces: bool = False
    merged: bool = False
    filters: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, what it is, how it is recognised in words, and the functions that do both.

    `fits(document, recording)` tells from the parsed document; `read(document, recording)` yields what it holds.
    """

    name: str
    sentence: str
    sign: str
    fits: Callable[[Any, Recording], bool]
    read: Callable[[Any, Recording], Read]
    view: View = View()
