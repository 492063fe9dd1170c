"""Every constraint of an operation on both sides of its bound: deterministic, one violation at a time, nothing drawn.

The smallest instance is built once; each further one differs from it in one place, and shares the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from validator.constraints import Constraint, places
from validator.contract import Contract, Operation
from validator.results import Violation
from validator.smallest import Given, NoInstanceError, Sites
from validator.variations import BY_KEYWORD, SIDES, Edit, Side, Spot, Unexercisable

__all__ = ["Boundary", "Plan", "Unexercisable", "iter_boundary", "plan", "unexercisable"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """One instance beside a bound.

    `constraint` is what it exercises, on which `side`; `violation` is what a validator must report of it, that alone,
    or None for a conforming instance. `also` are further constraints that the same value satisfies at their bound.
    `lenient`: a service may well accept it (an unknown member, a null for an optional one, a fraction for an integer).
    `note` says in words what was done. Instances share parts with each other: read them, do not change them.
    """

    instance: Any
    constraint: Constraint | None
    side: Side
    violation: Violation | None = None
    lenient: bool = False
    note: str = ""
    also: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the enumeration of one operation and direction yields, before the instances are made."""

    edits: tuple[Edit, ...]
    unexercisable: tuple[Unexercisable, ...]

    def __iter__(self) -> Iterator[Boundary]:
        for edit in self.edits:
            yield Boundary(edit.apply(), edit.constraint, edit.side, edit.violation, edit.lenient, edit.note, edit.also)


# The plan of a large operation takes ten megabytes.
_MOST_KEPT = 24
_KEPT: WeakKeyDictionary[Contract, dict[tuple[str, str, str | None], Plan]] = WeakKeyDictionary()


def iter_boundary(
    operation: Operation, direction: str = "request", *, code: str | None = None, given: Given | None = None
) -> Iterator[Boundary]:
    """Conforming and violating instances for every constraint, in a fixed order, each once.

    `given` maps a member's name to the value it has wherever it is not itself exercised. Raises NoInstanceError for an
    operation that has no conforming instance at all.
    """
    return iter(plan(operation, direction, code=code, given=given))


def unexercisable(
    operation: Operation, direction: str = "request", *, code: str | None = None, given: Given | None = None
) -> tuple[Unexercisable, ...]:
    """The sides of constraints that `iter_boundary` has no instance for, each with the reason."""
    return plan(operation, direction, code=code, given=given).unexercisable


def plan(
    operation: Operation, direction: str = "request", *, code: str | None = None, given: Given | None = None
) -> Plan:
    """The whole enumeration; kept, unless values are given."""
    kept = _KEPT.setdefault(operation.contract, {})
    key = (operation.name, direction, code)
    if given or key not in kept:
        made = _plan(operation, direction, code, given)
        if given:
            return made
        if len(kept) >= _MOST_KEPT:
            del kept[next(iter(kept))]
        kept[key] = made
    return kept[key]


def _plan(operation: Operation, direction: str, code: str | None, given: Given | None) -> Plan:
    found = places(operation, direction, code)
    sites = Sites(operation.contract, found[0].demand, given)
    plain = Edit(sites.base, None, None, None, "satisfied", note="required members only")
    edits, missing = [plain], list[Unexercisable]()
    for place in found:
        try:
            spot = Spot(operation.contract, place, *sites.of(place))
        except NoInstanceError as error:
            missing += [Unexercisable(each, side, str(error)) for each in place.constraints for side in SIDES]
            continue
        first = plain
        if spot.base is not sites.base:
            # An optional member, item or entry, present; its absence is in the smaller instances.
            first = Edit(spot.base, None, None, None, "satisfied", note=f"{place.member_path} present")
            edits.append(first)
        # A value that satisfies several constraints at their bounds is made once, and stands for them all.
        conforming = {"": first}
        for constraint in place.constraints:
            sides = set()
            for made in BY_KEYWORD[constraint.keyword](spot, constraint):
                sides.add(made.side)
                if isinstance(made, Unexercisable):
                    missing.append(made)
                elif made.side == "violated":
                    edits.append(made)
                else:
                    same = conforming.setdefault("" if made.path is None else repr(made.value), made)
                    if same is made:
                        edits.append(made)
                    elif constraint is not same.constraint and constraint not in same.also:
                        same.also += (constraint,)
            missing += [Unexercisable(constraint, side, "no value was found") for side in SIDES if side not in sides]
    return Plan(tuple(edits), tuple(missing))
