"""Which constraints were exercised, on both sides of each bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator import validate
from validator.boundary import unexercisable
from validator.constraints import Constraint, constraints, places
from validator.contract import Operation
from validator.smallest import NoInstanceError

SIDES = ("satisfied", "violated")


@dataclass(slots=True)
class Sides:
    """The constraints of one operation that were seen satisfied, and those seen violated, by their ids."""

    satisfied: set[str] = field(default_factory=set)
    violated: set[str] = field(default_factory=set)


class Coverage:
    """A count over any number of operations, of requests unless another direction is named."""

    def __init__(self, direction: str = "request") -> None:
        self.direction = direction
        self._seen: dict[tuple[str, str], tuple[Operation, Sides]] = {}
        self._indexes: dict[tuple[str, str], Mapping[str, list[Constraint]]] = {}

    def watch(self, operations: Iterable[Operation]) -> None:
        """Count these operations even if nothing of them is ever seen."""
        for operation in operations:
            self._of(operation)

    def note(self, operation: Operation, exercised: Iterable[Constraint], side: str) -> None:
        """A value stood on one side of these constraints."""
        getattr(self._of(operation), side).update(constraint.id for constraint in exercised)

    def observe(self, operation: Operation, instance: Any) -> None:
        """An instance was seen: every constraint of a value in it counts as satisfied or violated."""
        sides = self._of(operation)
        key = (operation.service, operation.name)
        if key not in self._indexes:
            self._indexes[key] = _index(operation, self.direction)
        index = self._indexes[key]
        broken: set[str] = set()
        if not validate.is_valid(operation, instance, self.direction):
            for violation in operation.iter_violations(instance, self.direction):
                for constraint in index.get(violation.keyword, ()):
                    if constraint.pointer == violation.schema_path or _stands_at(constraint, violation.instance_path):
                        broken.add(constraint.id)
        sides.violated |= broken
        for place in places(operation, self.direction):
            if place.constraints and _present(instance, place.steps):
                sides.satisfied.update(each.id for each in place.constraints if each.id not in broken)

    def merge(self, seen: Mapping[tuple[str, str], Mapping[str, Iterable[str]]]) -> None:
        """Add what another count of the same operations has seen, as `export` gives it."""
        for key, sides in seen.items():
            if key in self._seen:
                for side in SIDES:
                    getattr(self._seen[key][1], side).update(sides[side])

    def export(self) -> dict[tuple[str, str], dict[str, list[str]]]:
        """What was seen so far, as plain data by service and operation."""
        return {key: {side: sorted(getattr(sides, side)) for side in SIDES} for key, (_, sides) in self._seen.items()}

    def missing(self, operation: Operation) -> list[tuple[Constraint, str]]:
        """The sides of an operation's constraints that were not seen and could have been."""
        sides, out_of_reach = self._of(operation), _out_of_reach(operation, self.direction)
        return [
            (constraint, side)
            for constraint in constraints(operation, self.direction)
            for side in SIDES
            if constraint.id not in getattr(sides, side) and (constraint.id, side) not in out_of_reach
        ]

    def to_json(self) -> dict[str, Any]:
        """The `coverage` of the JSON report: per operation, and in sum.

        Sides that no request can be on (a pattern that implies a length) are named in `unexercisable`, not missed.
        """
        rows: dict[str, Any] = {}
        total = {"total": 0, "satisfied": 0, "violated": 0}
        for _, (operation, sides) in sorted(self._seen.items()):
            every = {constraint.id for constraint in constraints(operation, self.direction)}
            aside = _out_of_reach(operation, self.direction)
            row: dict[str, Any] = {"total": len(every)}
            for side in SIDES:
                row[side] = len(every & getattr(sides, side))
                row[f"{side}_possible"] = sum((each, side) not in aside for each in every)
            row["missing"] = [f"{constraint.id} ({side})" for constraint, side in self.missing(operation)]
            if aside:
                row["unexercisable"] = {f"{each} ({side})": reason for (each, side), reason in sorted(aside.items())}
            rows[f"{operation.service}.{operation.name}"] = row
            for name in total:
                total[name] += row[name]
        return {"operations": rows, "constraints": total}

    def _of(self, operation: Operation) -> Sides:
        key = (operation.service, operation.name)
        if key not in self._seen:
            self._seen[key] = (operation, Sides())
        return self._seen[key][1]


def _out_of_reach(operation: Operation, direction: str) -> Mapping[tuple[str, str], str]:
    try:
        return {(each.constraint.id, each.side): each.reason for each in unexercisable(operation, direction)}
    except NoInstanceError as error:
        return {(each.id, side): str(error) for each in constraints(operation, direction) for side in SIDES}


def _index(operation: Operation, direction: str) -> Mapping[str, list[Constraint]]:
    index: dict[str, list[Constraint]] = {}
    for constraint in constraints(operation, direction):
        index.setdefault(constraint.keyword, []).append(constraint)
    return index


def _stands_at(constraint: Constraint, pointer: str) -> bool:
    wanted, found = constraint.member_path.split("/"), pointer.split("/")
    return len(wanted) == len(found) and all(
        want in ("*", "<key>", part) for want, part in zip(wanted, found, strict=True)
    )


def _present(instance: Any, steps: tuple[str, ...]) -> bool:
    if not steps:
        return True
    step, rest = steps[0], steps[1:]
    if step == "<key>":
        return isinstance(instance, Mapping) and bool(instance)
    if step == "*":
        inside = (
            instance if isinstance(instance, list) else list(instance.values()) if isinstance(instance, Mapping) else []
        )
        return any(_present(item, rest) for item in inside)
    return isinstance(instance, Mapping) and step in instance and _present(instance[step], rest)
