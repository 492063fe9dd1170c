"""Stories that every resource must survive: short scripts about one family, told with whatever lives.

Create it twice, delete it and look again, ask for it from another account. A story only sends; the checks judge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from validator.contract import Operation
from validator.exchange import Exchange
from validator.families import Family
from validator.fuzzing.bounds import walk
from validator.fuzzing.world import World
from validator.history import GHOST


class Teller:
    """The deeds that stories are made of, about one family in one world."""

    def __init__(self, world: World, family: Family) -> None:
        self.world, self.family, self.contract = world, family, world.contract
        target = world.journal.target
        self.elsewhere = [(account, None) for account in target.accounts[1:2]] + [
            (None, region) for region in target.regions[1:2]
        ]

    def can(self, *verbs: str) -> bool:
        """Whether the family has these verbs here."""
        return self.world.offers(self.family, *verbs)

    def operation(self, verb: str) -> Operation:
        """The family's operation for a verb."""
        return self.contract.operation(self.family.operations[verb])

    def send(
        self, operation: Operation, request: Any, scope: tuple[str | None, str | None] = (None, None)
    ) -> Exchange | None:
        """One call."""
        return self.world.journal.send(operation, request, account=scope[0], region=scope[1])

    def about(self, verb: str, identifier: str, scope: tuple[str | None, str | None] = (None, None)) -> Exchange | None:
        """One call of a verb about an identifier."""
        if not self.can(verb):
            return None
        operation = self.operation(verb)
        return self.send(operation, {self.family.takes[operation.name]: identifier}, scope)

    def list(self, request: dict[str, Any] | None = None, scope: tuple[str | None, str | None] = (None, None)) -> None:
        """The whole list, page by page as it comes."""
        if self.can("list"):
            walk(self.world.journal, self.operation("list"), request or {}, self.family, scope=scope)

    def ghost(self) -> str | None:
        """An identifier of the family's form for something that never was."""
        held = self.world.live(self.family)
        return None if held is None else ghost_of(held)


def ghost_of(identifier: str) -> str:
    """An identifier like this one whose last part was never created."""
    head, slash, last = identifier.rpartition("/")
    if identifier.startswith("arn:") and not slash:
        head, slash, last = identifier.rpartition(":")
    if len(last) == 36 and last.count("-") == 4:
        return f"{head}{slash}00000000-0000-4000-8000-000000000000"
    return f"{head}{slash}{GHOST}"


# Stories -------------------------------------------------------------------------------------------------------------


def life(tell: Teller) -> None:
    """From birth to end: looked at after every call, listed while it lives and when it is gone."""
    if not tell.can("create"):
        return
    held = tell.world.create(tell.family)
    if held is None:
        return
    tell.list()
    tell.world.settle(held)
    tell.list()
    tell.about("describe", held.identifier)
    refused = tell.world.request(tell.family)
    if refused is not None and tell.family.name_member:
        _refusals(tell, refused)
        tell.list()
    if tell.can("delete"):
        tell.world.discard(held)
        tell.list()
        tell.about("describe", held.identifier)
        tell.about("delete", held.identifier)
        again = tell.world.create(tell.family, **dict(held.request))
        if again is not None:
            tell.about("describe", again.identifier)
            tell.list()


def _refusals(tell: Teller, request: dict[str, Any]) -> None:
    """Creates that break one thing each and carry a name that can be looked for."""
    create, named = tell.operation("create"), tell.family.name_member or ""
    for member in list(request):
        if member != named:
            name = {named: tell.world.name("refused")}
            tell.send(create, {key: value for key, value in {**request, **name}.items() if key != member})
            tell.send(create, {**request, **name, member: 17})
            if isinstance(request[member], str) and request[member].startswith("arn:"):
                tell.send(create, {**request, **name, member: ghost_of(request[member])})


def twice(tell: Teller) -> None:
    """A name given twice in one scope, and once in each of two."""
    if not tell.can("create"):
        return
    held = tell.world.create(tell.family, settle=True)
    if held is None:
        return
    tell.send(tell.operation("create"), dict(held.request))
    tell.list()
    for parent in tell.family.parents.values():
        other = tell.world.create(tell.world.families[parent], settle=True)
        member = next(name for name, wanted in tell.family.parents.items() if wanted == parent)
        if other is not None and member in held.request:
            tell.send(tell.operation("create"), {**held.request, member: other.identifier})
    tell.list()


def hurried(tell: Teller) -> None:
    """Things done too early: deleted while pending, built upon while pending."""
    if not tell.can("create"):
        return
    held = tell.world.create(tell.family)
    if held is not None and tell.can("delete"):
        tell.world.describe(held)
        tell.about("delete", held.identifier)
        tell.world.settle(held)
        tell.list()
    for child in tell.world.families.values():
        members = [member for member, parent in child.parents.items() if parent == tell.family.name]
        if not members or not tell.world.offers(child, "create"):
            continue
        request = tell.world.request(child)
        early = tell.world.create(tell.family)
        if request is None or early is None:
            continue
        tell.world.describe(early)
        tell.send(tell.contract.operation(child.operations["create"]), {**request, members[0]: early.identifier})
        tell.world.describe(early)


def parents(tell: Teller) -> None:
    """A parent is deleted beneath what stands on it: while that is on its way, and when it is done."""
    if not tell.can("create"):
        return
    for member, parent in tell.family.parents.items():
        held = tell.world.create(tell.family)
        above = tell.world.families[parent]
        if held is None or not isinstance(held.request.get(member), str) or not tell.world.offers(above, "delete"):
            continue
        delete = tell.contract.operation(above.operations["delete"])
        if tell.family.lifecycle is not None and member in tell.family.holds:
            tell.world.describe(held)
            tell.send(delete, {above.takes[delete.name]: held.request[member]})
        tell.world.settle(held)
        tell.send(delete, {above.takes[delete.name]: held.request[member]})
        if tell.world.offers(above, "describe"):
            describe = tell.contract.operation(above.operations["describe"])
            tell.send(describe, {above.takes[describe.name]: held.request[member]})
        tell.about("describe", held.identifier)


def unfounded(tell: Teller) -> None:
    """What continues an earlier one, where there is none."""
    for need in tell.family.needs if tell.can("create") else ():
        above = tell.world.families.get(tell.family.parents.get(need.member, ""))
        fresh = tell.world.create(above, settle=True) if above is not None else None
        if fresh is not None:
            values: dict[str, Any] = {**need.when, need.member: fresh.identifier}
            made = tell.world.create(tell.family, **values)
            if made is not None:
                tell.world.describe(made)


def crowd(tell: Teller) -> None:
    """As many at once as the quota allows, and one more."""
    quota = tell.family.pending_quota
    if quota is None or not tell.can("create"):
        return
    tell.world.live(tell.family)
    requests = [tell.world.request(tell.family) for _ in range(quota + 2)]
    for request in requests:
        if request is not None:
            tell.send(tell.operation("create"), request)
    tell.list()


def elsewhere(tell: Teller) -> None:
    """Asked for from another account and from another region."""
    identifier = tell.world.live(tell.family)
    if identifier is None:
        return
    for scope in tell.elsewhere:
        tell.about("describe", identifier, scope)
        tell.about("delete", identifier, scope)
        tell.list(scope=scope)
    tell.about("describe", identifier)


def unknown(tell: Teller) -> None:
    """Identifiers of what never was: of this form, of another type, of another partition, and not of any form."""
    identifier = tell.world.live(tell.family)
    if identifier is None:
        return
    wrong = [ghost_of(identifier)]
    if identifier.startswith("arn:"):
        parts = identifier.split(":")
        wrong += [":".join([parts[0], "aws-cn", *parts[2:]]), ":".join([*parts[:2], "s3", *parts[3:]])]
        others = [
            other
            for name, family in tell.world.families.items()
            if name != tell.family.name and family.declared and (other := tell.world.live(family)) is not None
        ]
        wrong += others[:2]
    for verb in ("describe", "delete", "stop") if tell.world.journal.target.owned else ("describe",):
        for each in wrong:
            tell.about(verb, each)
    for name in ("TagResource", "UntagResource", "ListTagsForResource", "StopResource", "DeleteResourceTree"):
        if name in tell.contract.operations and tell.world.journal.target.owned:
            request = tag_request(tell, name, wrong[0])
            if request is not None:
                tell.send(tell.contract.operation(name), request)
    tell.about("describe", identifier)


def tags(tell: Teller) -> None:
    """Tags put, listed, replaced, removed."""
    if not {"TagResource", "UntagResource", "ListTagsForResource"} <= set(tell.contract.operations):
        return
    identifier = tell.world.live(tell.family)
    if identifier is None or not identifier.startswith("arn:"):
        return
    for name, values in (
        ("TagResource", {"colour": "red", "size": "s"}),
        ("ListTagsForResource", {}),
        ("TagResource", {"colour": "blue"}),
        ("ListTagsForResource", {}),
        ("UntagResource", {"colour": ""}),
        ("ListTagsForResource", {}),
    ):
        request = tag_request(tell, name, identifier, values)
        if request is not None:
            tell.send(tell.contract.operation(name), request)


def stopped(tell: Teller) -> None:
    """Stopped while it works, stopped again, stopped when done."""
    name = next((name for name, verb in tell.family.also.items() if verb == "stop"), None)
    if name is not None and tell.can("create"):
        stop = tell.contract.operation(name)
        held = tell.world.create(tell.family)
        if held is not None:
            for _ in range(2):
                request = tag_request(tell, name, held.identifier)
                if request is not None:
                    tell.send(stop, request)
                tell.world.describe(held)
            tell.world.settle(held)
            tell.list()


def tag_request(
    tell: Teller, operation: str, identifier: str, values: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """A request of an operation that takes any resource's ARN, in the service's own spelling; None if it cannot be."""
    contract = tell.contract
    members = {
        name.lower(): name for name in contract.define(contract.operation(operation).input or "").get("properties", {})
    }
    if "resourcearn" not in members:
        return None
    request: dict[str, Any] = {members["resourcearn"]: identifier}
    values = {"colour": "red"} if values is None else values
    if operation == "UntagResource" and "tagkeys" in members:
        request[members["tagkeys"]] = list(values)
    elif operation == "TagResource" and "tags" in members:
        schema = contract.define(
            contract.define(contract.operation(operation).input or "")["properties"][members["tags"]][
                "$ref"
            ].rpartition("/")[2]
        )
        if schema.get("type") == "array":
            spelled = list(contract.define(schema["items"]["$ref"].rpartition("/")[2])["properties"])
            request[members["tags"]] = [dict(zip(spelled, pair, strict=False)) for pair in values.items()]
        else:
            request[members["tags"]] = dict(values)
    return request


STORIES: tuple[Callable[[Teller], None], ...] = (
    life,
    twice,
    hurried,
    parents,
    unfounded,
    crowd,
    elsewhere,
    unknown,
    tags,
    stopped,
)
