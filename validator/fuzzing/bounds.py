"""The boundary phase: every constraint on both sides of its bound, on live references, so that nothing else decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from validator.boundary import Boundary, plan
from validator.contract import Operation
from validator.families import Family, family_of
from validator.fuzzing.journal import Journal
from validator.fuzzing.stage import Stage
from validator.fuzzing.world import Held, World
from validator.history import Scope
from validator.smallest import NoInstanceError

__all__ = ["run", "survey"]

# Resources kept after they were made on a bound; more than these are deleted, so that no quota stands in the way.
_KEPT = 3


def run(stage: Stage, operations: Sequence[Operation]) -> None:
    """Enumerate the operations of one service."""
    contract = operations[0].contract
    with stage.chapter(contract, "boundary") as world:
        for operation in operations:
            if stage.journal.supported(operation):
                _Edge(stage, world, operation).walk()
        for family in {found.name: found for each in operations if (found := _family(each))}.values():
            survey(world, family)


def _family(operation: Operation) -> Family | None:
    found = family_of(operation.contract, operation.name)
    return found[0] if found else None


class _Edge:
    """The enumeration of one operation."""

    def __init__(self, stage: Stage, world: World, operation: Operation) -> None:
        self.stage, self.world, self.operation = stage, world, operation
        found = family_of(world.contract, operation.name)
        self.family: Family | None = found[0] if found else None
        self.verb: str | None = found[1] if found else None
        self.swapped: dict[str, tuple[Any, Any]] = {}
        self.kept: list[Held] = []
        self.consumes = operation.name.startswith(("Delete", "Stop"))

    def walk(self) -> None:
        """Send every instance of the plan."""
        self.given = self.world.references(self.operation, aside=self._aside())
        try:
            boundaries = plan(self.operation, given=self.given or None)
        except NoInstanceError:
            return
        for boundary in boundaries:
            if not self.stage.journal.supported(self.operation):
                return
            self._send(boundary)

    def _aside(self) -> Family | None:
        return self.family if self.verb == "delete" else None

    def _send(self, boundary: Boundary) -> None:
        instance = self._current(boundary)
        exchange = self.stage.journal.send(self.operation, instance)
        if exchange is None:
            return
        if exchange.unread is not None:
            # What the target thinks of the constraint it has not said.
            return
        coverage, constraint = self.stage.coverage, boundary.constraint
        if boundary.violation is None:
            coverage.observe(self.operation, instance)
        if constraint is not None:
            coverage.note(self.operation, (constraint, *boundary.also), boundary.side)
        if not exchange.accepted:
            return
        if self.verb == "create" and self.family is not None:
            held = self.world.adopt(self.family, exchange, settle=True)
            if held is not None:
                self.kept.append(held)
                if len(self.kept) > (0 if self.world.crowded(self.family) else _KEPT):
                    self.world.discard(self.kept.pop(0))
        elif self.consumes:
            self._replace(instance)

    def _current(self, boundary: Boundary) -> Any:
        """The instance with a fresh name and live references in place of consumed ones, where it is not about them."""
        instance = boundary.instance
        if not isinstance(instance, dict):
            return instance
        fresh: dict[str, Any] = {}
        if (
            self.verb == "create"
            and self.family is not None
            and (member := self.family.name_member) in instance
            and not _about(boundary, member or "")
        ):
            fresh[member or ""] = self.world.name("b")
        for member, (old, new) in self.swapped.items():
            if instance.get(member) == old:
                fresh[member] = new
        return {**instance, **fresh} if fresh else instance

    def _replace(self, instance: Any) -> None:
        """What an accepted call has consumed is replaced by a new one for the calls to come."""
        if not isinstance(instance, dict):
            return
        for member, old in self.given.items():
            now = self.swapped.get(member, (old, old))[1]
            if instance.get(member) == now and isinstance(now, str):
                self.world.gone(now)
                new = self.world.references(self.operation, aside=self._aside()).get(member)
                if new is not None:
                    self.swapped[member] = (old, new)


def _about(boundary: Boundary, member: str) -> bool:
    every = (boundary.constraint, *boundary.also) if boundary.constraint is not None else ()
    return any(each.member_path.split("/")[1:2] == [member] for each in every)


def survey(world: World, family: Family, scope: Scope = (None, None)) -> None:
    """List a family page by page and as a whole, and look at a few of its members: what there really is."""
    if not world.offers(family, "list"):
        return
    operation = world.contract.operation(family.operations["list"])
    identifiers = walk(world.journal, operation, {}, family, scope=scope)
    if world.offers(family, "describe"):
        describe = world.contract.operation(family.operations["describe"])
        for identifier in identifiers[:2] + identifiers[2:][-2:]:
            world.journal.send(describe, {family.takes[describe.name]: identifier}, account=scope[0], region=scope[1])


def walk(
    journal: Journal,
    operation: Operation,
    request: dict[str, Any],
    family: Family | None,
    *,
    scope: Scope = (None, None),
    most: int = 200,
) -> list[str]:
    """Follow the tokens of a list from its first page; the identifiers in the order in which they came."""
    found: list[str] = []
    pages = operation.pagination
    token: Any = None
    for _ in range(most):
        asked = dict(request) if token is None or pages is None else {**request, pages["inputToken"][0]: token}
        exchange = journal.send(operation, asked, account=scope[0], region=scope[1])
        if exchange is None or not exchange.accepted or not isinstance(exchange.response, dict):
            break
        if family is not None:
            found += [identifier for identifier, _ in family.listed(exchange.response)]
        following = exchange.response.get(pages["outputToken"][0]) if pages else None
        if not following or following == token:
            break
        token = following
    return found
