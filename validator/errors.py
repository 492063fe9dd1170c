"""The exceptions a caller may catch; every one is an `AwsContractError`.

Each kind knows the exit status the command line gives it: 2 when what was passed in cannot be used, 3 when the
target or the environment failed. A message is one line: what is wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from validator.results import Violation


def _one_line(text: str) -> str:
    return " ".join(text.split())


# Among more names than this only those that begin alike are looked at: EC2 has a thousand types of instance.
_MANY = 200


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` with the nearest of the known names, or an empty string when none is near."""
    near = _nearest(name, tuple(known))
    return f"; did you mean {near}?" if near else ""


# A list of answers may hold the same unknown value a hundred times.
@functools.lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    folded = name.casefold()
    by_fold = {candidate.casefold(): candidate for candidate in known}
    if folded in by_fold:
        return by_fold[folded]
    if len(by_fold) > _MANY:
        by_fold = {fold: candidate for fold, candidate in by_fold.items() if fold[:2] == folded[:2]}
    close = difflib.get_close_matches(folded, by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


class AwsContractError(Exception):
    """Anything this package raises on purpose."""

    exit_status: ClassVar[int] = 2


class UnusableInputError(AwsContractError, ValueError):
    """An argument, a file or a document that cannot be used; says what, where and what to do.

    >>> str(UnusableInputError("not JSON: line 3", where="list.json", fix="pass one JSON object"))
    'list.json: not JSON: line 3; pass one JSON object'
    """

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what, self.where, self.fix = _one_line(what), where, fix
        super().__init__(what, where, fix)

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses have constructors of their own; what they made of it is what travels between processes.
        return _rebuild, (type(self), self.what, self.where, self.fix), self.__dict__

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return place + self.what + (f"; {self.fix}" if self.fix else "")


def _rebuild(cls: type[UnusableInputError], what: str, where: str | None, fix: str | None) -> UnusableInputError:
    error = cls.__new__(cls)
    UnusableInputError.__init__(error, what, where=where, fix=fix)
    return error


class MalformedContractError(UnusableInputError):
    """A model, a contract document or an overlay that does not have the form it must have."""


class PatternError(UnusableInputError):
    """A regular expression that cannot be parsed; `position` is the offset in code points where reading stopped."""

    def __init__(self, pattern: str, position: int, reason: str) -> None:
        self.pattern, self.position, self.reason = pattern, position, reason
        shown = pattern if len(pattern) <= 80 else pattern[:77] + "..."
        super().__init__(f"pattern {shown!r} cannot be read at offset {position}: {reason}")


class UnknownNameError(UnusableInputError, LookupError):
    """A service, operation, error code, check or shape that does not exist; the message names the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str | None = None) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"no {kind} named {name!r}{did_you_mean(name, known)}", where=where)


class EnvironmentFailedError(AwsContractError):
    """The target or this machine failed: no connection, no credentials, a missing extra, a full disk."""

    exit_status: ClassVar[int] = 3


class MissingExtraError(EnvironmentFailedError):
    """A feature whose optional dependency is not installed; the message says which extra to install."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(feature, extra)

    def __str__(self) -> str:
        return (
            f"{self.feature} needs the extra {self.extra!r}; install it with: pip install 'aws-contract[{self.extra}]'"
        )


class ContractViolationError(AwsContractError):
    """A payload that breaks its contract; `violations` holds every one of them, worst first."""

    exit_status: ClassVar[int] = 1

    def __init__(self, service: str, operation: str, direction: str, violations: Sequence[Violation]) -> None:
        self.service, self.operation, self.direction = service, operation, direction
        self.violations = tuple(violations)
        super().__init__(service, operation, direction, self.violations)

    def __str__(self) -> str:
        heading = f"{self.service}.{self.operation} {self.direction} breaks its contract"
        return "\n".join([heading, *(f"  {violation.message}" for violation in self.violations)])
