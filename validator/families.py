"""Families: the operations that create, describe, list and delete one kind of resource, declared or inferred.

A contract declares its resources in `x-aws-resources`. For services without any, names and members tell enough to
drive them: `CreateX` gives an identifier that `DescribeX` takes. What is inferred carries no lifecycle, no
uniqueness and no quota, since nothing documents them.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator.contract import Contract, Operation, Resource

_CREATE = ("Create", "Put", "Register", "Start", "Run", "Allocate", "Request")
_DESCRIBE = ("Describe", "Get")
_DELETE = ("Delete", "Deregister", "Terminate", "Release")
_LIST = ("List", "Describe", "Get")
_ID_ENDS = ("arn", "id", "name", "url")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a resource: `after` gives every state that may be seen later, transitively."""

    member: str
    initial: frozenset[str]
    after: Mapping[str, frozenset[str]]
    next: Mapping[str, frozenset[str]]
    pending: frozenset[str]
    failed: frozenset[str]
    reason: str | None = None
    deletable: frozenset[str] = frozenset()
    deleting: frozenset[str] = frozenset()

    def may_follow(self, earlier: str, later: str) -> bool:
        """Whether a later look may show this state; unknown states are not judged."""
        return earlier == later or earlier not in self.after or later not in self.after or later in self.after[earlier]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a list request writes a filter: the member with the filters, and in each of them key, value and condition."""

    member: str
    key: str
    value: str
    condition: str
    equal: str
    unequal: str


@dataclass(frozen=True, slots=True)
class Need:
    """Values of a create that make sense only after another of the family with the same `member`."""

    when: Mapping[str, Any]
    member: str

    def applies(self, request: Mapping[str, Any]) -> bool:
        """Whether a request has these values."""
        return all(request.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of resource and the operations about it.

    `identifier` is the member that names one: in the answer to create, in summaries and in descriptions. `takes` maps
    an operation to the request member that wants an identifier of this family. `wrapper` is the member of describe's
    response that holds the description (None: the response itself), `summaries` the list in list's response, `name`
    the request member of create that a caller chooses. `found_in` is where create's answer has the identifier;
    `chosen` says that the caller's own name is the identifier. `parents` maps a member of create to the family it
    refers to, `ready` to the states that one must be in, `holds` to the own states that keep that one from being
    deleted (None: all). `needs` are values that ask for an earlier one of the family. `filters` maps what a list can be
    filtered by to the member it is about; `condition` says how, where filters are a list. `also` maps operations about
    any resource to what they do to this one, `tagging` are those about its tags.
    """

    name: str
    operations: Mapping[str, str]
    identifier: str
    takes: Mapping[str, str]
    found_in: tuple[str, ...] = ()
    chosen: bool = False
    wrapper: str | None = None
    summaries: str | None = None
    name_member: str | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    ready: Mapping[str, frozenset[str]] = field(default_factory=dict)
    holds: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    lifecycle: Lifecycle | None = None
    unique: tuple[str, ...] | None = None
    created: str | None = None
    updated: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    condition: Condition | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    tagging: frozenset[str] = frozenset()
    declared: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    token_seconds: float | None = None
    pending_quota: int | None = None

    def created_as(self, request: Any, response: Any) -> str | None:
        """The identifier of what an accepted create made, or None when it cannot be told."""
        if self.chosen:
            value = request.get(self.identifier) if isinstance(request, Mapping) else None
        else:
            value = response
            for part in self.found_in:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else None

    def described(self, response: Any) -> Mapping[str, Any] | None:
        """The description in a response of describe."""
        found = response.get(self.wrapper) if self.wrapper and isinstance(response, Mapping) else response
        return found if isinstance(found, Mapping) else None

    def listed(self, response: Any) -> list[tuple[str, Mapping[str, Any]]]:
        """The identifier and the summary of everything on one page of a list, in its order."""
        entries = response.get(self.summaries) if self.summaries and isinstance(response, Mapping) else None
        if not isinstance(entries, list):
            return []
        rows = [
            (entry, {}) if isinstance(entry, str) else (entry.get(self.identifier), entry)
            for entry in entries
            if isinstance(entry, (str, Mapping))
        ]
        return [(identifier, summary) for identifier, summary in rows if isinstance(identifier, str)]


@functools.lru_cache(maxsize=64)
def families(contract: Contract) -> Mapping[str, Family]:
    """Every family of a contract by name: the declared ones, and those inferred where nothing is declared."""
    declared = {name: _declared(contract, resource) for name, resource in contract.resources.items()}
    taken = {operation for family in declared.values() for operation in family.operations.values()}
    inferred: dict[str, Family] = {}
    for family in _inferred(contract):
        if family.name not in declared and not taken.intersection(family.operations.values()):
            inferred.setdefault(family.name, family)
    return {**_with_parents(contract, inferred, declared), **declared}


def family_of(contract: Contract, operation: str) -> tuple[Family, str] | None:
    """The family an operation belongs to and what it does to it, or None."""
    return _by_operation(contract).get(operation)


@functools.lru_cache(maxsize=64)
def _by_operation(contract: Contract) -> Mapping[str, tuple[Family, str]]:
    return {
        operation: (family, verb)
        for family in families(contract).values()
        for verb, operation in family.operations.items()
    }


# Declaration ---------------------------------------------------------------------------------------------------------


def _declared(contract: Contract, resource: Resource) -> Family:
    said = resource.declared
    operations = {verb: name for verb, name in resource.operations.items() if name in contract.operations}
    takes = {
        name: said["identifier"]
        for verb, name in operations.items()
        if verb not in ("create", "list") and said["identifier"] in _members(contract, contract.operation(name).input)
    }
    times, unique = said.get("timestamps", {}), said.get("unique")
    filters, condition = _filters(said.get("filters", {}))
    lifecycle = _lifecycle(said["lifecycle"]) if "lifecycle" in said else None
    return Family(
        resource.name, operations, said["identifier"], takes, (said["identifier"],),
        wrapper=said.get("wrapper"), summaries=said.get("summaries"), name_member=said.get("name"),
        parents={parent["member"]: parent["resource"] for parent in said.get("parents", ())},
        ready={each["member"]: frozenset(each["states"]) for each in said.get("parents", ()) if "states" in each},
        holds={
            each["member"]: None if each["holds"] is True else frozenset(each["holds"])
            for each in said.get("parents", ()) if each.get("holds")
        },
        needs=tuple(Need(each["when"], each["same"][0]) for each in said.get("needs", ())),
        lifecycle=lifecycle, unique=tuple(unique["members"]) if unique else None,
        created=times.get("created"), updated=times.get("updated"), filters=filters, condition=condition, declared=True,
        defaults=said.get("defaults", {}), token_seconds=said.get("tokens", {}).get("expires"),
        pending_quota=_pending_quota(said.get("quotas", ()), lifecycle),
        tagging=frozenset(said.get("tags", {}).get("operations", {}).values()),
        also={name: entry["verb"] for name, entry in said.get("also", {}).items()},
    )  # fmt: skip


def _lifecycle(said: Mapping[str, Any]) -> Lifecycle:
    following = {state: frozenset(entry["next"]) for state, entry in said["states"].items()}
    after = {state: _reached(state, following) for state in following}
    deleting = frozenset({said["deleting"], *after.get(said["deleting"], ())}) if said.get("deleting") else frozenset()
    settled = {state for state, entry in said["states"].items() if entry.get("settled")}
    failed = frozenset(said.get("failed", ()))
    return Lifecycle(
        said["member"], frozenset({said["initial"]}) if said.get("initial") else frozenset(following), after, following,
        pending=frozenset(following) - settled - deleting, failed=failed, reason=said.get("reason"),
        deletable=frozenset(said.get("deletable", ())) | (failed & deleting),
        deleting=deleting - settled | (failed & deleting),
    )  # fmt: skip


def _reached(state: str, following: Mapping[str, frozenset[str]]) -> frozenset[str]:
    seen: set[str] = set()
    todo = [state]
    while todo:
        for later in following.get(todo.pop(), ()):
            if later not in seen:
                seen.add(later)
                todo.append(later)
    return frozenset(seen)


def _filters(said: Mapping[str, Any]) -> tuple[dict[str, str], Condition | None]:
    filters: dict[str, str] = {}
    condition = None
    for name, entry in said.items():
        if isinstance(entry, str):
            filters[name] = entry
        else:
            condition = Condition(name, entry["key"], entry["value"], entry["condition"], entry["is"], entry["isNot"])
            filters.update({member: member for member in entry["members"]})
    return filters, condition


def _pending_quota(quotas: Iterable[Mapping[str, Any]], lifecycle: Lifecycle | None) -> int | None:
    for quota in quotas:
        if lifecycle is not None and quota.get("states") and lifecycle.initial <= set(quota["states"]):
            return int(quota["limit"])
    return None


# Inference -----------------------------------------------------------------------------------------------------------


def _inferred(contract: Contract) -> Iterator[Family]:
    for operation in contract.operations:
        verb = next((verb for verb in _CREATE if re.match(verb + "[A-Z]", operation)), None)
        if verb is not None and (family := _infer(contract, operation, operation[len(verb) :])) is not None:
            yield family


def _infer(contract: Contract, create: str, noun: str) -> Family | None:
    known = set(contract.operations)
    operations = {"create": create}
    for verb, prefixes, nouns in (
        ("describe", _DESCRIBE, (noun,)),
        ("delete", _DELETE, (noun,)),
        ("list", _LIST, _plurals(noun)),
    ):
        found = next((prefix + each for prefix in prefixes for each in nouns if prefix + each in known), None)
        if found is not None and found not in operations.values():
            operations[verb] = found
    if "describe" not in operations:
        return None
    wanted = _identifying(contract, contract.operation(operations["describe"]))
    if wanted is None:
        return None
    found_in, chosen = _place(contract, contract.operation(create), wanted, noun)
    if found_in is None:
        return None
    takes = {operations["describe"]: wanted}
    if "delete" in operations:
        member = _identifying(contract, contract.operation(operations["delete"]), wanted)
        if member is None:
            del operations["delete"]
        else:
            takes[operations["delete"]] = member
    identifier = wanted if chosen else found_in[-1]
    summaries = (
        _summaries(contract, contract.operation(operations["list"]), identifier) if "list" in operations else None
    )
    if summaries is None:
        operations.pop("list", None)
    return Family(
        noun,
        operations,
        identifier,
        takes,
        found_in,
        chosen,
        wrapper=_wrapper(contract, contract.operation(operations["describe"]), identifier),
        summaries=summaries,
        name_member=wanted if chosen else _name_member(contract, contract.operation(create), noun),
    )


def _plurals(noun: str) -> tuple[str, ...]:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "es" if noun.endswith(("s", "x", "ch")) else noun + "s"
    return plural, noun + "s", noun


def _members(contract: Contract, shape: str | None) -> Mapping[str, Any]:
    return contract.define(shape).get("properties", {}) if shape else {}


def _target(contract: Contract, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = contract.define(schema["$ref"].rpartition("/")[2])
    return schema


def _identifying(contract: Contract, operation: Operation, like: str | None = None) -> str | None:
    """The one string member a request needs: what names the thing it is about."""
    if operation.input is None:
        return None
    schema = contract.define(operation.input)
    required = [
        name
        for name in schema.get("required", ())
        if _target(contract, schema["properties"][name]).get("type") == "string"
    ]
    if like is not None and like in required:
        return like
    if len(schema.get("required", ())) != 1 or not required:
        return None
    return required[0] if required[0].lower().endswith(_ID_ENDS) else None


def _place(contract: Contract, create: Operation, wanted: str, noun: str) -> tuple[tuple[str, ...] | None, bool]:
    """Where create's answer has the identifier: a path, or the caller's own choice in the request."""
    output = _members(contract, create.output)
    by_fold = {name.casefold(): name for name in output}
    names = (wanted.casefold(), f"{noun}{wanted}".casefold())
    for name in names:
        if name in by_fold and _target(contract, output[by_fold[name]]).get("type") == "string":
            return (by_fold[name],), False
    for outer, schema in output.items():
        inner = _target(contract, schema).get("properties", {})
        for member in inner:
            if member.casefold() in names:
                return (outer, member), False
    # A name that the caller gives is an identifier; another resource's id in a Put is not.
    if wanted in _members(contract, create.input) and wanted.casefold() in ("name", f"{noun}name".casefold()):
        return (), True
    return None, False


def _wrapper(contract: Contract, describe: Operation, identifier: str) -> str | None:
    members = _members(contract, describe.output)
    if identifier in members:
        return None
    holders = [
        name for name, schema in members.items() if identifier in _target(contract, schema).get("properties", {})
    ]
    return holders[0] if holders else None


def _summaries(contract: Contract, listing: Operation, identifier: str) -> str | None:
    if listing.input is not None and contract.define(listing.input).get("required"):
        return None
    for name, schema in _members(contract, listing.output).items():
        target = _target(contract, schema)
        if target.get("type") == "array":
            item = _target(contract, target["items"])
            if identifier in item.get("properties", {}) or item.get("type") == "string":
                return name
    return None


def _name_member(contract: Contract, create: Operation, noun: str) -> str | None:
    members = {name.casefold(): name for name in _members(contract, create.input)}
    named = next((members[name] for name in ("name", f"{noun}name".casefold()) if name in members), None)
    if named is None and create.input is not None:
        required = [name for name in contract.define(create.input).get("required", ()) if name.lower().endswith("name")]
        named = required[0] if len(required) == 1 else None
    return named


def _with_parents(
    contract: Contract, inferred: Mapping[str, Family], declared: Mapping[str, Family]
) -> dict[str, Family]:
    """Members of a create request that are called like another family's identifier refer to that family."""
    owners = {
        family.identifier: name
        for name, family in {**inferred, **declared}.items()
        if family.identifier.casefold() not in ("name", "id", "arn")
    }
    return {
        name: dataclasses.replace(
            family,
            parents={
                member: owners[member]
                for member in _members(contract, contract.operation(family.operations["create"]).input)
                if owners.get(member, name) != name
            },
        )
        for name, family in inferred.items()
    }
