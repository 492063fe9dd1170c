"""Sequences of calls put together by chance: the deeds of the stories in any order, on whatever lives by then."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from validator.families import Family
from validator.fuzzing.bounds import walk
from validator.fuzzing.stories import Teller, ghost_of
from validator.fuzzing.world import Held, World


class Play:
    """Deeds in random order on whatever lives by then."""

    def __init__(self, world: World, mine: Sequence[Family], chance: random.Random) -> None:
        self.world, self.mine, self.chance = (
            world,
            [family for family in mine if world.offers(family, "create")],
            chance,
        )
        self.held: list[Held] = []
        self.dead: list[Held] = []

    def play(self, steps: int) -> None:
        """So many deeds, one after the other."""
        if not self.mine:
            return
        deeds = (
            self.create,
            self.create,
            self.look,
            self.look,
            self.look,
            self.list,
            self.page,
            self.delete,
            self.delete_early,
            self.again,
            self.haunt,
            self.abroad,
            self.wait,
        )
        for _ in range(steps):
            self.chance.choice(deeds)()
        for held in self.held[:5]:
            self.world.describe(held)
        for family in self.mine:
            Teller(self.world, family).list()

    def create(self) -> None:
        """Something new."""
        family = self.chance.choice(self.mine)
        self._kept(self.world.create(family, settle=self.chance.random() < 0.5))

    def _kept(self, held: Held | None) -> None:
        if held is not None:
            self.held.append(held)

    def look(self) -> None:
        """At something that lives."""
        if self.held:
            self.world.describe(self.chance.choice(self.held))

    def wait(self) -> None:
        """For something to be done."""
        if self.held:
            self.world.settle(self.chance.choice(self.held))

    def list(self) -> None:
        """Everything of one kind, or what a filter leaves of it."""
        family = self.chance.choice(self.mine)
        request: dict[str, Any] = {}
        if family.filters and self.world.offers(family, "list"):
            name, attribute = self.chance.choice(sorted(family.filters.items()))
            operation = self.world.contract.operation(family.operations["list"])
            members = self.world.contract.define(operation.input or "").get("properties", {})
            values = sorted(
                {
                    str(held.request[attribute])
                    for held in self.held
                    if held.family.name == family.name and attribute in held.request
                }
            )
            if values and name in members:
                request = {name: self.chance.choice(values)}
        Teller(self.world, family).list(request)

    def page(self) -> None:
        """Through one kind in small pages."""
        family = self.chance.choice(self.mine)
        if self.world.offers(family, "list"):
            operation = self.world.contract.operation(family.operations["list"])
            limit = (operation.pagination or {}).get("limitKey")
            if limit:
                walk(self.world.journal, operation, {limit: self.chance.randint(1, 3)}, family, most=20)

    def delete(self) -> None:
        """Something that is done."""
        if self.held:
            held = self.chance.choice(self.held)
            self.world.settle(held)
            self._deleted(held)

    def delete_early(self) -> None:
        """Something as it is."""
        if self.held:
            self._deleted(self.chance.choice(self.held))

    def _deleted(self, held: Held) -> None:
        exchange = self.world.delete(held)
        self.world.describe(held)
        if exchange is not None and exchange.accepted:
            self.held.remove(held)
            self.dead.append(held)

    def again(self) -> None:
        """The name of something that lives, or of something that is gone."""
        former = self.dead + self.held
        if former:
            held = self.chance.choice(former)
            exchange = self.world.journal.send(
                self.world.contract.operation(held.family.operations["create"]), dict(held.request)
            )
            made = self.world.adopt(held.family, exchange)
            if made is not None and all(other.identifier != made.identifier for other in self.held):
                self.held.append(made)

    def haunt(self) -> None:
        """What was deleted, and what never was."""
        if self.dead:
            self.world.describe(self.chance.choice(self.dead))
        elif self.held:
            held = self.chance.choice(self.held)
            Teller(self.world, held.family).about("describe", ghost_of(held.identifier))

    def abroad(self) -> None:
        """Something that lives, from another account or region."""
        if self.held:
            held = self.chance.choice(self.held)
            tell = Teller(self.world, held.family)
            for scope in tell.elsewhere:
                tell.about("describe", held.identifier, scope)
