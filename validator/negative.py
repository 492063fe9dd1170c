"""Instances that break exactly one named constraint, one after the other, nothing drawn.

The names here are the door to the countable side of a contract: `constraints` lists what can be broken, `iter_broken`
breaks it, `iter_boundary` goes through both sides of every bound, `unexercisable` says what neither can reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from validator.boundary import Boundary, Unexercisable, iter_boundary, plan, unexercisable
from validator.constraints import Constraint, constraints, found, steps
from validator.contract import Operation
from validator.engines import blame
from validator.engines.breach import Breach
from validator.results import Violation
from validator.smallest import Given, NoInstanceError
from validator.variations import Edit

__all__ = [
    "Boundary",
    "Broken",
    "Constraint",
    "NoInstanceError",
    "Unexercisable",
    "constraints",
    "iter_boundary",
    "iter_broken",
    "unexercisable",
]


@dataclass(frozen=True, slots=True)
class Broken:
    """An instance and the one violation it has, as the validator tells it.

    `lenient` when a service may well accept it all the same: see `constraints.forgiven`.
    """

    instance: Any
    violation: Violation
    lenient: bool = False
    note: str = ""


def iter_broken(
    operation: Operation, direction: str = "request", *, code: str | None = None, given: Given | None = None
) -> Iterator[Broken]:
    """Every way the enumeration knows to break one constraint of an otherwise smallest instance, in a fixed order."""
    for edit in plan(operation, direction, code=code, given=given).edits:
        if edit.violation is not None:
            yield broken(operation, edit, edit.apply(), direction, code)


def broken(
    operation: Operation, edit: Edit, instance: Any, direction: str = "request", code: str | None = None
) -> Broken:
    """What an edit has made of an instance, with its violation in the words of the validator, which is not asked."""
    assert edit.violation is not None
    path, value = found(instance, edit.violation.instance_path)
    rule = steps(edit.violation.schema_path)
    is_key = "propertyNames" in rule[-2:-1]
    value = path[-1] if is_key else value
    breach = Breach(edit.violation.keyword, path, rule, value, is_key)
    (told,) = blame.violations(operation.contract, operation.shape(direction, code), (breach,), direction)
    return Broken(instance, told, edit.lenient, edit.note)
