"""The pagination phase: lists walked in pages of several sizes, whole, filtered, with tokens that are not theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from validator.contract import Operation
from validator.exchange import Exchange
from validator.families import Family, family_of
from validator.fuzzing.bounds import walk
from validator.fuzzing.stage import Stage
from validator.fuzzing.world import Held, World

# Enough for several pages of every size tried, and for pages of one.
_ITEMS = 7
_SIZES = (1, 2, 3, _ITEMS, _ITEMS + 1)


def run(stage: Stage, operations: Sequence[Operation]) -> None:
    """Walk every list of one service; each in a chapter of its own, so that quotas are not shared."""
    for operation in operations:
        pages = operation.pagination
        if (
            pages is None
            or not operation.readonly
            or len(pages.get("inputToken", ())) != 1
            or not stage.journal.supported(operation)
        ):
            continue
        if operation.input is None or operation.contract.define(operation.input).get("required"):
            continue
        with stage.chapter(operation.contract, "pagination") as world:
            _Walks(stage, world, operation).run()


class _Walks:
    """All walks through one list."""

    def __init__(self, stage: Stage, world: World, operation: Operation) -> None:
        self.stage, self.world, self.operation = stage, world, operation
        found = family_of(world.contract, operation.name)
        self.family: Family | None = found[0] if found and found[1] == "list" else None
        pages = operation.pagination or {}
        self.limit: str | None = pages.get("limitKey")
        self.token_in, self.token_out = pages["inputToken"][0], pages["outputToken"][0]

    def run(self) -> None:
        """Fill the list, walk it, then try what must be rejected, then change it while walking."""
        held = self.fill()
        self.walks({})
        for filtered in self.filters(held):
            self.walks(filtered, sizes=(1, 3))
        self.tokens(held)
        self.changing()

    def fill(self) -> list[Held]:
        """Make things to list, where they can be made: on two parents, so that filters have something to leave out."""
        held: list[Held] = []
        family = self.family
        if family is None:
            return held
        second = self._second_parents(family) if family.parents and self.stage.options.writes else {}
        for number in range(_ITEMS if self.stage.options.writes else 0):
            made = self.world.create(family, settle=True, **(second if number % 3 == 2 else {}))
            if made is not None:
                held.append(made)
        return held

    def _second_parents(self, family: Family) -> dict[str, Any]:
        """Another live parent for each member that refers to one."""
        values: dict[str, Any] = {}
        for member, parent in family.parents.items():
            other = self.world.create(self.world.families[parent], settle=True)
            if other is not None:
                values[member] = other.identifier
        return values

    def send(self, request: dict[str, Any], **scope: str | None) -> Exchange | None:
        """One call of the list."""
        return self.stage.journal.send(self.operation, request, **scope)

    def walks(self, filtered: dict[str, Any], sizes: Sequence[int] = _SIZES) -> None:
        """The whole list at once and in pages."""
        walk(self.stage.journal, self.operation, filtered, self.family)
        if self.limit is not None:
            largest = self._largest()
            for size in sizes:
                walk(self.stage.journal, self.operation, {**filtered, self.limit: min(size, largest)}, self.family)
            walk(self.stage.journal, self.operation, {**filtered, self.limit: largest}, self.family)

    def _largest(self) -> int:
        schema = self.world.contract.define(self.operation.input or "")["properties"][self.limit]
        bound = 1000
        while True:
            bound = min(bound, schema.get("maximum", bound))
            if "$ref" not in schema:
                return int(bound)
            schema = self.world.contract.define(schema["$ref"].rpartition("/")[2])

    def filters(self, held: Sequence[Held]) -> list[dict[str, Any]]:
        """Requests that filter by what the items have."""
        family = self.family
        if family is None or not family.filters:
            return []
        members = self.world.contract.define(self.operation.input or "").get("properties", {})
        found: list[dict[str, Any]] = []
        for name, attribute in family.filters.items():
            values = {each.request.get(attribute) for each in held if isinstance(each.request.get(attribute), str)}
            if family.lifecycle is not None and attribute == family.lifecycle.member:
                values = {"ACTIVE", *sorted(family.lifecycle.failed)[:1]}
            for value in sorted(str(value) for value in values):
                if name in members:
                    found.append({name: value})
                elif (form := family.condition) is not None:
                    for condition in (form.equal, form.unequal):
                        one = {form.key: name, form.value: value, form.condition: condition}
                        found.append({form.member: [one]})
        return found

    def first_token(self, request: dict[str, Any]) -> str | None:
        """A token that the list gives for a page of one."""
        if self.limit is None:
            return None
        exchange = self.send({**request, self.limit: 1})
        if exchange is None or not isinstance(exchange.response, dict):
            return None
        token = exchange.response.get(self.token_out)
        return token if isinstance(token, str) and token else None

    def tokens(self, held: Sequence[Held]) -> None:
        """Tokens that were never given, given for something else, given to somebody else, and too old."""
        self.send({self.token_in: "forged-by-the-fuzzer"})
        token = self.first_token({})
        if token is None:
            return
        for forged in (
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[: len(token) // 2],
            token + "A",
            ("A" if token[0] != "A" else "B") + token[1:],
            token.swapcase(),
        ):
            if forged != token:
                self.send({self.token_in: forged})
        # A page may be asked for again.
        for _ in range(2):
            self.send({self.token_in: token, **({self.limit: 1} if self.limit else {})})
        for filtered in self.filters(held)[:2]:
            self.send({**filtered, self.token_in: token})
            other = self.first_token(filtered)
            if other is not None:
                self.send({self.token_in: other})
        for name in self.world.contract.operations:
            sibling = self.world.contract.operation(name)
            if (
                name != self.operation.name
                and sibling.pagination is not None
                and self.stage.journal.supported(sibling)
                and family_of(self.world.contract, name) is not None
                and self.world.families
                and self._declared(name)
            ):
                self.stage.journal.send(sibling, {sibling.pagination["inputToken"][0]: token})
        target = self.stage.journal.target
        for account in target.accounts[1:2]:
            self.send({self.token_in: token}, account=account)
        for region in target.regions[1:2]:
            self.send({self.token_in: token}, region=region)
        if self.family is not None and self.family.token_seconds:
            fresh = self.first_token({})
            if fresh is not None and target.advance(self.family.token_seconds + 60):
                self.send({self.token_in: fresh})

    def _declared(self, operation: str) -> bool:
        found = family_of(self.world.contract, operation)
        return found is not None and found[0].declared

    def changing(self) -> None:
        """A walk during which something is added; what was there before must come once all the same."""
        if self.family is None or self.limit is None or not self.stage.options.writes:
            return
        token = self.first_token({})
        if token is None:
            return
        self.world.create(self.family, settle=True)
        walked = 0
        while token and walked < 3 * _ITEMS:
            exchange = self.send({self.limit: 1, self.token_in: token})
            token = (
                exchange.response.get(self.token_out)
                if exchange is not None and isinstance(exchange.response, dict)
                else None
            )
            walked += 1
        self.walks({}, sizes=(2,))
