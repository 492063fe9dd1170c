"""Which of several operations an exchange is of, told by whose contract its messages have the shape of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from validator import validate as validating
from validator.contract import Operation
from validator.errors import AwsContractError
from validator.routing import Candidate

# Broken structure tells one operation from another; a value out of bounds does not.
_STRUCTURE = frozenset(("type", "additionalProperties", "oneOf"))
Messages = Iterable[tuple[str, Any]]


def operation_of(candidate: Candidate) -> Operation:
    """The operation a candidate names, with a contract that can judge."""
    return validating.load(candidate.service).operation(candidate.operation)


def misfit(operation: Operation, messages: Messages) -> int:
    """How many places of the messages do not have the structure the operation gives them."""
    count = 0
    for direction, instance in messages:
        if instance is not None:
            count += sum(
                violation.keyword in _STRUCTURE
                for violation in validating.iter_violations(operation, instance, direction)
            )
    return count


def settle(candidates: Sequence[Candidate], messages: Callable[[Operation], Messages]) -> Candidate | str:
    """The one candidate that fits best, or why none can be named."""
    if len(candidates) == 1:
        return candidates[0]
    named = " or ".join(f"{each.service}.{each.operation}" for each in candidates[:6])
    scored = []
    for candidate in candidates:
        operation = operation_of(candidate)
        try:
            scored.append((misfit(operation, messages(operation)), candidate))
        except AwsContractError:
            continue
    if not scored:
        return f"could be {named}, and can be read as none of them"
    scored.sort(key=lambda pair: pair[0])
    if len(scored) > 1 and scored[0][0] == scored[1][0]:
        return f"could be {named}; name the service with --service"
    return scored[0][1]
