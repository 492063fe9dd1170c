"""Declared resources, played: create, describe, list, update, delete, stop and tags for whatever a contract declares.

Every rule is a small method of `Resources`, so that what the emulator decides can be read, changed and broken one at
a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from validator.emulator.kinds import Kind, Parent, Route, look_up
from validator.emulator.lists import Lists
from validator.emulator.refusals import Refusal
from validator.emulator.store import Record, Scope, Shelf
from validator.emulator.tags import Tags

Members = Mapping[str, Any]
# Verb -> the method of `Resources` that carries it out.
VERBS: Mapping[str, str] = {
    "create": "create",
    "describe": "describe",
    "list": "list_page",
    "update": "update",
    "delete": "delete",
    "delete-tree": "delete_tree",
    "stop": "stop",
    "tag": "tag",
    "untag": "untag",
    "list-tags": "list_tags",
}


class Resources(Lists, Tags):
    """The verbs, each over whatever kind of resource an operation is about."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verbs: dict[str, Callable[[Route, Scope, Members], dict[str, Any]]] = {
            verb: getattr(self, method) for verb, method in VERBS.items()
        }

    def carry_out(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """The answer to a request that keeps the contract; Refusal where the state of things forbids it."""
        return self.verbs[route.verb](route, scope, request)

    # Create ----------------------------------------------------------------------------------------------------------

    def create(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Make a resource in its initial state."""
        kind = route.one_kind
        shelf = self.store.shelf(kind, scope)
        parents = self.parents(kind, scope, request)
        members = {**kind.declared.get("defaults", {}), **request}
        tags = self.given_tags(kind, members.pop(kind.declared.get("tags", {}).get("member"), None))
        self.check_unique(kind, shelf, members)
        self.check_needs(kind, shelf, members, parents)
        self.check_quota(kind, shelf)
        account, region = scope
        identifier = kind.arn(partition(region), region, account, members, {m: of.members for m, of in parents.items()})
        now, life = self.clock.now(), kind.lifecycle
        record = Record(kind, scope, identifier, self.store.number + 1, members, now, now, tags=tags)
        record.state, record.doom = (life.initial, self.doom(kind, members)) if life else (None, None)
        self.store.add(record)
        return self.show(record, route.gives or (), "created")

    def parents(self, kind: Kind, scope: Scope, request: Members) -> dict[str, Record]:
        """What the request refers to, by member; refused where one is missing, not ready or does not match."""
        found: dict[str, Record] = {}
        for parent in kind.parents:
            named = request.get(parent.member)
            for identifier in named if isinstance(named, list) else [] if named is None else [named]:
                record = self.find(kind.service, parent.kind, scope, identifier)
                if record is None:
                    raise Refusal(kind.error("missing"), f"There is no {_words(parent.kind)} with the ARN {identifier}")
                self.check_ready(kind, parent, record)
                self.check_match(kind, parent, record, request)
                found[parent.member] = record
        return found

    def check_ready(self, kind: Kind, parent: Parent, record: Record) -> None:
        """Refuse to build on what is not in a state to be built on."""
        if parent.states is not None and record.state not in parent.states:
            wanted = " or ".join(sorted(parent.states))
            message = f"The {record.kind.title} {record.identifier} is {record.state}; it must be {wanted}"
            raise Refusal(kind.error("busy"), message)

    def check_match(self, kind: Kind, parent: Parent, record: Record, request: Members) -> None:
        """Refuse members that must equal the parent's and do not."""
        for own, theirs in parent.match.items():
            if own in request and request[own] != record.members.get(theirs):
                there = record.members.get(theirs)
                message = f"{own} is {request[own]}, but {theirs} of {record.identifier} is {there}"
                raise Refusal(kind.error("invalid"), message)

    def check_unique(self, kind: Kind, shelf: Shelf, members: Members) -> None:
        """Refuse a second one of what may be there once."""
        if kind.unique and (there := shelf.by_key.get(kind.key(members))) is not None:
            message = f"Another {kind.title} with the ARN {there.identifier} already exists"
            raise Refusal(kind.declared["unique"]["error"], message)

    def check_needs(self, kind: Kind, shelf: Shelf, members: Members, parents: Mapping[str, Record]) -> None:
        """Refuse values that only make sense after something else of the kind has been done."""
        for need in kind.declared.get("needs", ()):
            if any(members.get(name) != value for name, value in need["when"].items()):
                continue
            member = need["same"][0]
            since = parents[member].number if member in parents else 0
            numbers = shelf.children.get((member, members[member]), ())
            if not any(number > since and shelf.by_number[number].state in need["states"] for number in numbers):
                given = ", ".join(f"{name} {value}" for name, value in need["when"].items())
                message = f"{given} needs an earlier {kind.title} of the same {member} that is {need['states'][0]}"
                raise Refusal(need["error"], message)

    def check_quota(self, kind: Kind, shelf: Shelf) -> None:
        """Refuse what is beyond a quota."""
        for quota in kind.declared.get("quotas", ()):
            limit = self.quotas.get(f"{kind.service}.{kind.name}", quota["limit"])
            if limit is not None and self.counted(shelf, quota) >= limit:
                usual = "More than {limit} resources are " + " or ".join(quota.get("states", ["there"])) + "."
                raise Refusal(quota["error"], quota.get("message", usual).format(limit=limit))

    def counted(self, shelf: Shelf, quota: Members) -> int:
        """How many there are that a quota counts."""
        states = quota.get("states")
        return len(shelf.order) if states is None else sum(shelf.states[state] for state in states)

    def doom(self, kind: Kind, members: Members) -> str | None:
        """The reason for which what is being made will fail; None when it will not."""
        for failure in kind.declared.get("failures", ()):
            value = look_up(members, failure["member"])
            if isinstance(value, str) and self.fails(failure["cause"], value):
                return str(failure["reason"])
        return None

    def fails(self, cause: str, value: str) -> bool:
        """Whether a path is missing or a role is denied."""
        if cause == "denied":
            return value in self.denied
        return any(value == path or value.startswith(path.rstrip("/") + "/") for path in self.missing)

    def describe(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Show a resource; by the step clock it moves on when it is looked at again."""
        record = self.named(route, scope, request)
        if self.clock.steps and record.number in self.store.moving:
            if record.shown:
                self.step(record)
                if record.number not in self.store.shelf(record.kind, scope).by_number:
                    record = self.named(route, scope, request)
            record.shown = True
        shown = self.show(record, record.kind.described, "described")
        wrapper = record.kind.declared.get("wrapper")
        return {wrapper: shown} if wrapper else shown

    # Change ----------------------------------------------------------------------------------------------------------

    def update(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Give a resource other members."""
        record, life = self.named(route, scope, request), route.one_kind.lifecycle
        if life is not None and record.state not in life.settled:
            raise Refusal(record.kind.error("busy"), f"{record.identifier} is {record.state}")
        self.parents_of_update(record, scope, request)
        given = {name: value for name, value in request.items() if name != route.takes}
        record.updated = self.clock.now()
        self.store.shelf(record.kind, scope).change(record, record.state, given)
        self.enter(record, life.updating if life and life.updating else record.state)
        return self.show(record, route.gives or (), "updated")

    def parents_of_update(self, record: Record, scope: Scope, request: Members) -> None:
        """The rules for what an update refers to: those of create, for the members given."""
        matched = {own for parent in record.kind.parents for own in parent.match}
        self.parents(record.kind, scope, {**{m: record.members[m] for m in matched if m in record.members}, **request})

    def delete(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Let a resource go, by way of the states that lead out."""
        record = self.named(route, scope, request)
        self.check_deletable(record)
        self.check_not_held(record)
        self.begin_deletion(record)
        return {}

    def check_deletable(self, record: Record) -> None:
        """Refuse to delete what is in a state that forbids it."""
        life = record.kind.lifecycle
        if life is not None and record.state not in life.deletable:
            wanted = " or ".join(sorted(life.deletable))
            raise Refusal(
                record.kind.error("busy"), f"{record.identifier} is {record.state}; only {wanted} can be deleted"
            )

    def check_not_held(self, record: Record) -> None:
        """Refuse to delete what others still need."""
        for parent, child in self.children(record):
            if parent.holds is None or child.state in parent.holds:
                state = f", which is {child.state}" if child.state else ""
                raise Refusal(record.kind.error("busy"), f"{record.identifier} is in use by {child.identifier}{state}")

    def children(self, record: Record) -> Iterator[tuple[Parent, Record]]:
        """What refers to a resource, and how."""
        for kind in self.kinds[record.kind.service].values():
            for parent in kind.parents:
                if parent.kind == record.kind.name:
                    shelf = self.store.shelf(kind, record.scope)
                    for number in sorted(shelf.children.get((parent.member, record.identifier), ())):
                        yield parent, shelf.by_number[number]

    def begin_deletion(self, record: Record) -> None:
        """The first step out, or at once where there are none."""
        life = record.kind.lifecycle
        if life is None or life.deleting is None:
            self.store.remove(record)
        else:
            self.enter(record, life.deleting)

    def delete_tree(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Let a resource go with everything that was made from it, or nothing at all."""
        record = self.named(route, scope, request)
        tree = [child for parent, child in self.children(record) if parent.tree]
        self.check_deletable(record)
        for child in tree:
            if child.kind.lifecycle is not None and child.state not in child.kind.lifecycle.settled:
                message = f"{child.identifier}, made from {record.identifier}, is {child.state}"
                raise Refusal(record.kind.error("busy"), message)
        for each in (*tree, record):
            self.begin_deletion(each)
        return {}

    def stop(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Stop what is being made."""
        record = self.named(route, scope, request)
        life = record.kind.lifecycle
        if life is None or life.stopping is None:
            raise Refusal(record.kind.error("invalid"), f"A {record.kind.title} cannot be stopped")
        if record.state not in life.stoppable:
            raise Refusal(record.kind.error("invalid"), f"{record.identifier} is {record.state} and cannot be stopped")
        self.enter(record, life.stopping)
        return {}


def partition(region: str) -> str:
    """The partition that a region lies in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
