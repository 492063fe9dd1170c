"""Declared resources, played: create, describe, list, update, delete, stop and tags for whatever a contract declares.

Every rule is a small method of `Resources`, so that what the emulator decides can be read, changed and broken one at
a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from validator.emulator.clock import Clock
from validator.emulator.kinds import Kind, Parent, Route, look_up
from validator.emulator.refusals import Refusal
from validator.emulator.store import Record, Scope, Shelf, Store
from validator.emulator.tokens import Tokens

Members = Mapping[str, Any]
# What a page holds where the request does not say; no reference documents it.
PAGE = 100


class Resources:
    """The declared resources of some services, over one store and one clock.

    `quotas` replaces declared limits by `service.Resource` (None: no limit); `missing` are S3 paths where nothing
    lies, `denied` the ARNs of roles without access: imports that need them fail.
    """

    def __init__(
        self,
        kinds: Mapping[str, Mapping[str, Kind]],
        store: Store,
        clock: Clock,
        tokens: Tokens,
        *,
        quotas: Mapping[str, int | None],
        missing: tuple[str, ...] = (),
        denied: tuple[str, ...] = (),
    ) -> None:
        self.kinds, self.store, self.clock, self.tokens = kinds, store, clock, tokens
        self.quotas, self.missing, self.denied = dict(quotas), missing, denied
        self.verbs: dict[str, Callable[[Route, Scope, Members], dict[str, Any]]] = {
            "create": self.create,
            "describe": self.describe,
            "list": self.list,
            "update": self.update,
            "delete": self.delete,
            "delete-tree": self.delete_tree,
            "stop": self.stop,
            "tag": self.tag,
            "untag": self.untag,
            "list-tags": self.list_tags,
        }

    def carry_out(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """The answer to a request that keeps the contract; Refusal where the state of things forbids it."""
        return self.verbs[route.verb](route, scope, request)

    # Create ----------------------------------------------------------------------------------------------------------

    def create(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Make a resource in its initial state."""
        kind = _kind(route)
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
                message = f"{own} is {request[own]}, but {theirs} of {record.identifier} is {record.members.get(theirs)}"
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

    # Look ------------------------------------------------------------------------------------------------------------

    def find(self, service: str, kind: str, scope: Scope, identifier: str) -> Record | None:
        """The resource of a kind with an identifier, in one account and region."""
        return self.store.shelf(self.kinds[service][kind], scope).by_identifier.get(identifier)

    def named(self, route: Route, scope: Scope, request: Members) -> Record:
        """The resource that a request names, of the route's kind or of any; refused when there is none."""
        identifier, service = request[route.takes], route.operation.service
        kinds = [route.kind] if route.kind is not None else self.kinds[service].values()
        for kind in kinds:
            found = self.find(service, kind.name, scope, identifier)
            if found is not None:
                return found
        any_kind = next(iter(kinds))
        title = any_kind.title if route.kind is not None else "resource"
        raise Refusal(any_kind.error("missing"), f"There is no {title} with the ARN {identifier}")

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

    def show(self, record: Record, names: tuple[str, ...], view: str) -> dict[str, Any]:
        """Those of a resource's members that are among the names and have a value."""
        found: dict[str, Any] | None = record.views.get(view)
        if found is None:
            members = self.members(record)
            found = record.views[view] = {name: members[name] for name in names if name in members}
        if record.state in record.kind.current and record.kind.updated in found:
            return {**found, record.kind.updated: self.clock.now()}
        return found

    def members(self, record: Record) -> dict[str, Any]:
        """All members that a resource has, with its identifier, its state and its times."""
        kind, life = record.kind, record.kind.lifecycle
        members = {**record.members, kind.identifier: record.identifier}
        if kind.created:
            members[kind.created] = record.created
        if kind.updated:
            members[kind.updated] = record.updated
        if life is not None:
            members[life.member] = record.state
            if life.reason and record.reason is not None:
                members[life.reason] = record.reason
        return members

    # List ------------------------------------------------------------------------------------------------------------

    def list(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """One page of summaries, and a token when there are more."""
        kind, pages = _kind(route), route.operation.pagination or {}
        token_in, token_out = pages["inputToken"][0], pages["outputToken"][0]
        filters = self.filters(kind, request)
        context = self.context(route, scope, filters)
        after = self.read_token(kind, context, request.get(token_in))
        size = self.page_size(request.get(pages.get("limitKey", "")))
        records = list(islice(self.matching(kind, scope, filters, after), size + 1))
        answer: dict[str, Any] = {
            kind.declared["summaries"]: [self.show(record, kind.summarized, "listed") for record in records[:size]]
        }
        if len(records) > size:
            answer[token_out] = self.tokens.give(context, records[size - 1].number, self.clock.now())
        return answer

    def page_size(self, asked: int | None) -> int:
        """How many summaries a page holds at most."""
        return PAGE if asked is None else asked

    def filters(self, kind: Kind, request: Members) -> tuple[tuple[str, bool, Any], ...]:
        """What the list is filtered by: (member, whether it must equal, value), in an order of their own."""
        found: list[tuple[str, bool, Any]] = []
        for name, of in kind.declared.get("filters", {}).items():
            if isinstance(of, str):
                if name in request:
                    found.append((of, True, request[name]))
                continue
            for each in request.get(name, ()):
                found.append((each[of["key"]], each[of["condition"]] == of["is"], each[of["value"]]))
        return tuple(sorted(set(found)))

    def matching(
        self, kind: Kind, scope: Scope, filters: tuple[tuple[str, bool, Any], ...], after: int
    ) -> Iterator[Record]:
        """The resources that pass every filter, oldest first, from a number on."""
        shelf = self.store.shelf(kind, scope)
        if not filters:
            return shelf.after(after, None, {})
        places = {member: place for place, member in enumerate(kind.indexed)}
        tests = [(places[member], equal, value) for member, equal, value in filters]
        wanted = {place: value for place, equal, value in tests if equal}

        def matches(key: tuple[Any, ...]) -> bool:
            return all((key[place] == value) is equal for place, equal, value in tests)

        return shelf.after(after, matches, wanted)

    def context(self, route: Route, scope: Scope, filters: tuple[tuple[str, bool, Any], ...]) -> str:
        """What a token is bound to."""
        return f"{route.operation.service}/{route.operation.name}/{scope[0]}/{scope[1]}/{json.dumps(filters)}"

    def read_token(self, kind: Kind, context: str, token: str | None) -> int:
        """The number that the page begins after; refused for a token that is not, or no longer, good here."""
        if token is None:
            return 0
        read = self.tokens.take(context, token)
        if read is None:
            raise Refusal(kind.error("token"), "The token is not valid.")
        expires = kind.declared.get("tokens", {}).get("expires")
        if expires is not None and self.clock.now() - read[1] > expires:
            raise Refusal(kind.error("token"), "The token has expired.")
        return read[0]

    # Change ----------------------------------------------------------------------------------------------------------

    def update(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Give a resource other members."""
        record, life = self.named(route, scope, request), _kind(route).lifecycle
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
                raise Refusal(
                    record.kind.error("busy"), f"{record.identifier} is in use by {child.identifier}{state}"
                )

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

    # Move ------------------------------------------------------------------------------------------------------------

    def enter(self, record: Record, state: str | None, at: float | None = None) -> None:
        """Put a resource into a state."""
        life = record.kind.lifecycle
        record.updated, record.shown = (self.clock.now() if at is None else at), False
        record.reason = record.doom if life is not None and state in life.failed else None
        self.store.change(record, state)

    def step(self, record: Record, at: float | None = None) -> None:
        """Move a resource on to the state that follows, or out."""
        life = record.kind.lifecycle
        if life is None or record.state is None:
            return
        if record.state in life.last:
            self.store.remove(record)
        elif (following := self.following(record)) is not None:
            self.enter(record, following, at)
            # The look that moved it shows it.
            record.shown = True

    def following(self, record: Record) -> str | None:
        """The state that a resource goes to by itself; None when it stays."""
        life, state = record.kind.lifecycle, record.state or ""
        if life is None:
            return None
        if record.doom is not None and state in life.doomed:
            return life.doomed[state]
        return life.passing.get(state)

    def settle(self, now: float) -> None:
        """Make every move that is due by a clock that runs by itself."""
        for record in list(self.store.moving.values()):
            while record.number in self.store.moving:
                due = record.updated + self.clock.delay(record.state or "")
                if due > now:
                    break
                self.step(record, due)

    def advance(self, steps: int = 1) -> None:
        """Move everything on that is on its way."""
        for _ in range(steps):
            for record in list(self.store.moving.values()):
                self.step(record)
                record.shown = False

    # Tags ------------------------------------------------------------------------------------------------------------

    def given_tags(self, kind: Kind, given: Any, before: Mapping[str, str] | None = None) -> dict[str, str]:
        """The tags after some more were given; refused where a key is reserved, given twice, or there are too many."""
        if not given:
            return dict(before or {})
        declared = kind.declared["tags"]
        keys = [tag[declared["key"]] for tag in given]
        self.check_tag_keys(kind, declared, keys)
        tags = {**(before or {}), **{tag[declared["key"]]: tag[declared["value"]] for tag in given}}
        if len(tags) > declared["limit"]:
            raise Refusal(declared["error"], f"A resource can have at most {declared['limit']} tags")
        return tags

    def check_tag_keys(self, kind: Kind, declared: Members, keys: list[str]) -> None:
        """Refuse keys that are reserved or repeated."""
        for key in keys:
            if key.lower().startswith(declared["reserved"]):
                raise Refusal(kind.error("invalid"), f"The prefix {declared['reserved']} is reserved: {key}")
        if len(set(keys)) < len(keys):
            raise Refusal(kind.error("invalid"), "A tag key is given more than once")

    def tag(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Put tags on a resource."""
        record = self.tagged(route, scope, request)
        declared = record.kind.declared["tags"]
        record.tags = self.given_tags(record.kind, request[declared["member"]], record.tags)
        self.store.touch(record)
        return {}

    def untag(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Take tags off a resource; keys it does not have are passed over."""
        record = self.tagged(route, scope, request)
        removed = set(request[record.kind.declared["tags"]["keys"]])
        record.tags = {key: value for key, value in record.tags.items() if key not in removed}
        self.store.touch(record)
        return {}

    def list_tags(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """The tags of a resource."""
        record = self.tagged(route, scope, request)
        declared = record.kind.declared["tags"]
        tags = [{declared["key"]: key, declared["value"]: value} for key, value in record.tags.items()]
        return {declared["member"]: tags}

    def tagged(self, route: Route, scope: Scope, request: Members) -> Record:
        """The resource that a request about tags names; refused for one that has none."""
        record = self.named(route, scope, request)
        if "tags" not in record.kind.declared:
            raise Refusal(record.kind.error("invalid"), f"A {record.kind.title} has no tags")
        return record


def partition(region: str) -> str:
    """The partition that a region lies in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _kind(route: Route) -> Kind:
    if route.kind is None:
        raise TypeError(f"{route.operation.name} is about no one kind of resource")
    return route.kind


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
