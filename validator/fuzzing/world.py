"""The resources a run has made or was given: what a request needs to refer to so that only its own form decides."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator import demands
from validator.contract import Contract, Operation
from validator.exchange import Exchange
from validator.families import Family, families, family_of
from validator.fuzzing.journal import Journal
from validator.smallest import NoInstanceError, smallest

# How often a pending resource is looked at before it is taken as it is.
PATIENCE = 30
Given = Mapping[str, Any]


@dataclass(slots=True)
class Held:
    """One live resource: its family, its identifier, whose it is, and the request that made it."""

    family: Family
    identifier: str
    account: str | None
    region: str | None
    request: Mapping[str, Any]
    ready: bool = False


class World:
    """Live resources by family, account and region, made when they are first needed.

    `given` are values for members by name that the target has already; nothing is created for those. `salt` keeps
    names apart from those of other runs on a target that cannot forget. Without `writes` nothing is made or deleted.
    """

    def __init__(
        self,
        journal: Journal,
        contract: Contract,
        given: Given,
        chance: random.Random,
        salt: str = "",
        *,
        writes: bool = True,
    ) -> None:
        self.writes = writes
        self.journal, self.contract, self.given, self.chance, self.salt = journal, contract, dict(given), chance, salt
        self.families = families(contract)
        self._held: dict[tuple[str, str | None, str | None], Held | None] = {}
        self._count = 0

    def name(self, like: str = "n") -> str:
        """A name nobody has used, in the letters that every AWS name takes."""
        self._count += 1
        return f"{like}{self.salt}{self._count}"

    def offers(self, family: Family, *verbs: str) -> bool:
        """Whether the contract and the target have all these operations of a family."""
        return all(
            verb in family.operations and self.journal.supported(self.contract.operation(family.operations[verb]))
            for verb in verbs
        )

    def live(self, family: Family, *, account: str | None = None, region: str | None = None) -> str | None:
        """The identifier of a ready resource of that family, made and waited for if need be; None if it cannot."""
        if family.identifier in self.given and account is None and region is None:
            return str(self.given[family.identifier])
        key = (family.name, account, region)
        if key not in self._held:
            self._held[key] = None
            self._held[key] = self.create(family, account=account, region=region, settle=True)
        held = self._held[key]
        return held.identifier if held is not None else None

    def gone(self, identifier: str) -> None:
        """Something was deleted: it is not to be referred to any more, nor is what stands on it."""
        for key, held in list(self._held.items()):
            if held is not None and (held.identifier == identifier or identifier in held.request.values()):
                del self._held[key]

    def request(
        self, family: Family, *, account: str | None = None, region: str | None = None, **values: Any
    ) -> dict[str, Any] | None:
        """The smallest create request for a new resource of a family on live parents; None when none can be built."""
        operation = self.contract.operation(family.operations["create"])
        crowded = [member for member in self.crowded(family) if member not in values]
        given = {**self.references(operation, account=account, region=region, without=crowded), **values}
        for member in crowded:
            # The name does not tell such resources apart: each gets a parent of its own.
            parent = self.create(self.families[family.parents[member]], account=account, region=region, settle=True)
            if parent is not None:
                given[member] = parent.identifier
        if family.name_member and family.name_member not in values:
            given[family.name_member] = self.name()
        try:
            built = smallest(self.contract, demands.root(self.contract, operation.input), given)
        except NoInstanceError:
            return None
        return dict(built)

    def crowded(self, family: Family) -> list[str]:
        """The members of create that refer to a parent which has room for only so many children of a family."""
        unique = [member.partition(":")[0] for member in family.unique or ()]
        return [] if family.name_member in unique else [member for member in unique if member in family.parents]

    def create(
        self,
        family: Family,
        *,
        account: str | None = None,
        region: str | None = None,
        settle: bool = False,
        **values: Any,
    ) -> Held | None:
        """Make one resource; None when the target refuses."""
        if not self.writes or not self.offers(family, "create"):
            return None
        request = self.request(family, account=account, region=region, **values)
        if request is None:
            return None
        exchange = self.journal.send(
            self.contract.operation(family.operations["create"]), request, account=account, region=region
        )
        return self.adopt(family, exchange, settle=settle)

    def adopt(self, family: Family, exchange: Exchange | None, *, settle: bool = False) -> Held | None:
        """What an accepted create has made; waited for until it is no longer pending if `settle`."""
        if exchange is None or not exchange.accepted:
            return None
        identifier = family.created_as(exchange.request, exchange.response)
        if identifier is None:
            return None
        held = Held(family, identifier, exchange.account, exchange.region, exchange.request)
        if settle:
            self.settle(held)
        return held

    def settle(self, held: Held) -> str | None:
        """Look at a resource until it is no longer pending; its last state."""
        rules, status = held.family.lifecycle, None
        for _ in range(PATIENCE if rules is not None else 1):
            exchange = self.describe(held)
            seen = held.family.described(exchange.response) if exchange is not None and exchange.accepted else None
            if seen is None:
                break
            status = seen.get(rules.member) if rules is not None else None
            if rules is None or status not in rules.pending:
                break
        held.ready = True
        return status

    def describe(self, held: Held) -> Exchange | None:
        """Look at a resource once."""
        if not self.offers(held.family, "describe"):
            return None
        operation = self.contract.operation(held.family.operations["describe"])
        return self.journal.send(
            operation, {held.family.takes[operation.name]: held.identifier}, account=held.account, region=held.region
        )

    def delete(self, held: Held) -> Exchange | None:
        """Ask for a resource to be deleted."""
        if not self.writes or not self.offers(held.family, "delete"):
            return None
        operation = self.contract.operation(held.family.operations["delete"])
        exchange = self.journal.send(
            operation, {held.family.takes[operation.name]: held.identifier}, account=held.account, region=held.region
        )
        if exchange is not None and exchange.accepted:
            self.gone(held.identifier)
        return exchange

    def discard(self, held: Held) -> None:
        """Delete what is not needed any more, and look until it is gone, so that quotas are not spent on it."""
        exchange = self.delete(held)
        if exchange is None or not exchange.accepted:
            return
        for _ in range(PATIENCE):
            seen = self.describe(held)
            if seen is None or not seen.accepted:
                return

    def references(
        self,
        operation: Operation,
        *,
        account: str | None = None,
        region: str | None = None,
        aside: Family | None = None,
        without: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Values for the members of a request that refer to something: what was given, and what lives.

        `aside` is a family of which a resource of its own is made for this, since the operation will consume it;
        members in `without` are left to the caller.
        """
        if operation.input is None:
            return {}
        members = self.contract.define(operation.input).get("properties", {})
        found = family_of(self.contract, operation.name)
        values: dict[str, Any] = {}
        for member in members:
            if member in without:
                continue
            if member in self.given:
                values[member] = self.given[member]
                continue
            family = self._referred(member, operation, found)
            if family is None:
                continue
            if aside is not None and family.name == aside.name:
                held = self.create(family, account=account, region=region, settle=True)
                identifier = held.identifier if held is not None else None
            else:
                identifier = self.live(family, account=account, region=region)
            if identifier is not None:
                values[member] = identifier if self._kind(members[member]) == "string" else [identifier]
        return {name: value for name, value in values.items() if self._fits(members[name], value)}

    def _referred(self, member: str, operation: Operation, found: tuple[Family, str] | None) -> Family | None:
        """The family whose identifier a member wants."""
        if found is not None:
            family, verb = found
            if verb == "create":
                parent = family.parents.get(member)
                return self.families.get(parent) if parent else None
            if family.takes.get(operation.name) == member:
                return family
        folded = member.casefold()
        for family in self.families.values():
            own = family.identifier.casefold()
            if own not in ("name", "id", "arn") and folded in (own, own + "s"):
                return family
        if folded == "resourcearn":
            able = [each for each in self.families.values() if self.offers(each, "create")]
            declared = [each for each in able if operation.name in each.also or operation.name in each.tagging]
            others = [each for each in able if not each.declared and each.identifier.lower().endswith("arn")]
            # The last is the one that stands on the others.
            return next(reversed(declared or others), None)
        return None

    def _kind(self, schema: Mapping[str, Any]) -> str:
        while "$ref" in schema:
            schema = self.contract.define(schema["$ref"].rpartition("/")[2])
        return "string" if schema.get("type") == "string" else "list" if schema.get("type") == "array" else "other"

    def _fits(self, schema: Mapping[str, Any], value: Any) -> bool:
        return (
            self._kind(schema)
            == ("string" if isinstance(value, str) else "list" if isinstance(value, list) else "other")
            or self._kind(schema) == "other"
        )
