"""What `x-aws-resources` declares, made ready to be played: one `Kind` a resource, one `Route` an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator.contract import Contract, Operation

Members = Mapping[str, Any]
_FIELD = re.compile(r"\{([^{}:.]+)(?:\.([^{}:]+))?(?::(upper|lower))?\}")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a resource and the moves between them.

    `passing` maps a state that is left by itself to the one that follows it, `doomed` to the one that follows where
    the work fails. What is `last` is gone afterwards.
    """

    member: str
    reason: str | None
    initial: str
    passing: Mapping[str, str]
    doomed: Mapping[str, str]
    last: frozenset[str]
    settled: frozenset[str]
    failed: frozenset[str]
    deletable: frozenset[str]
    deleting: str | None
    stoppable: frozenset[str]
    stopping: str | None
    updating: str | None

    @classmethod
    def from_declared(cls, declared: Mapping[str, Any]) -> Lifecycle:
        """The lifecycle that a resource declares."""
        states, failed = declared["states"], frozenset(declared.get("failed", ()))
        passing: dict[str, str] = {}
        doomed: dict[str, str] = {}
        for state, entry in states.items():
            if entry.get("settled") or entry.get("last"):
                continue
            for following in entry["next"]:
                (doomed if following in failed else passing).setdefault(state, following)
        pick = {name: frozenset(declared.get(name, ())) for name in ("deletable", "stoppable")}
        marked = {mark: frozenset(s for s, entry in states.items() if entry.get(mark)) for mark in ("last", "settled")}
        return cls(
            declared["member"],
            declared.get("reason"),
            declared["initial"],
            passing,
            doomed,
            marked["last"],
            marked["settled"],
            failed,
            pick["deletable"],
            declared.get("deleting"),
            pick["stoppable"],
            declared.get("stopping"),
            declared.get("updating"),
        )


@dataclass(frozen=True, slots=True)
class Parent:
    """A resource that another one refers to: by which member, in which states it must be, what it is held by.

    `holds` has the states of the child that keep the parent from being deleted; None stands for all, `()` for none.
    """

    member: str
    kind: str
    states: frozenset[str] | None
    holds: frozenset[str] | None
    match: Mapping[str, str]
    tree: bool


@dataclass(frozen=True)
class Kind:
    """One declared resource of one service, with its members and templates taken apart."""

    service: str
    name: str
    declared: Mapping[str, Any]
    described: tuple[str, ...]
    summarized: tuple[str, ...]
    lifecycle: Lifecycle | None
    parents: tuple[Parent, ...]
    identifier: str
    created: str | None
    updated: str | None
    current: frozenset[str]
    indexed: tuple[str, ...]
    title: str
    unique: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, reason: str) -> str:
        """The code of the error for a reason: `missing`, `busy`, `invalid`, `token`."""
        return self.errors[reason]

    def arn(self, partition: str, region: str, account: str, members: Members, parents: Mapping[str, Members]) -> str:
        """The ARN of one with these members; `parents` has the members of what it refers to, by member."""
        places = {"partition": partition, "region": region, "account": account}

        def fill(found: re.Match[str]) -> str:
            name, inner, case = found.groups()
            value = str(parents[name][inner] if inner else places.get(name) or members[name])
            return getattr(value, case)() if case else value

        return _FIELD.sub(fill, self.declared["arn"])

    def key(self, members: Members) -> tuple[Any, ...]:
        """What no two of them may share."""
        return tuple(_cased(members.get(name.partition(":")[0]), name.partition(":")[2]) for name in self.unique)


def _cased(value: Any, case: str) -> Any:
    return getattr(value, case)() if case and isinstance(value, str) else value


def look_up(members: Any, path: str) -> Any:
    """The member at a path joined by dots, or None."""
    for part in path.split("."):
        members = members.get(part) if isinstance(members, Mapping) else None
    return members


@dataclass(frozen=True)
class Route:
    """What an operation does: a verb, to which kind (None: to whatever the identifier names), by which member."""

    operation: Operation
    verb: str
    kind: Kind | None
    takes: str
    gives: tuple[str, ...] | None

    @property
    def one_kind(self) -> Kind:
        """The kind; TypeError for an operation that is about any."""
        if self.kind is None:
            raise TypeError(f"{self.operation.name} is about no one kind of resource")
        return self.kind


def kinds_of(contract: Contract) -> dict[str, Kind]:
    """Every resource that a contract declares, by name."""
    return {name: _kind(contract, name, found.declared) for name, found in contract.resources.items()}


def routes_of(contract: Contract, kinds: Mapping[str, Kind]) -> dict[str, Route]:
    """Every operation of the declared resources, by name."""
    return {route.operation.name: route for kind in kinds.values() for route in _routes(contract, kind)}


def members_of(contract: Contract, shape: str | None) -> tuple[str, ...]:
    """The members of a structure, in the order of the model; () for none."""
    return tuple(contract.define(shape).get("properties", ())) if shape else ()


def _kind(contract: Contract, name: str, declared: Mapping[str, Any]) -> Kind:
    operations, times = declared["operations"], declared.get("timestamps", {})
    described = contract.operation(operations["describe"]).output
    if wrapper := declared.get("wrapper"):
        described = _shape_of(contract, described, wrapper)
    listed = _shape_of(contract, contract.operation(operations["list"]).output, declared["summaries"])
    summary = contract.define(listed or "")["items"]["$ref"].rpartition("/")[2]
    filters = declared.get("filters", {})
    indexed = [m for m, of in filters.items() if isinstance(of, str)]
    indexed += [m for of in filters.values() if not isinstance(of, str) for m in of["members"]]
    return Kind(
        contract.service,
        name,
        declared,
        members_of(contract, described),
        members_of(contract, summary),
        Lifecycle.from_declared(declared["lifecycle"]) if "lifecycle" in declared else None,
        tuple(map(_parent, declared.get("parents", ()))),
        declared["identifier"],
        times.get("created"),
        times.get("updated"),
        frozenset(times.get("current", ())),
        tuple(indexed),
        re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower(),
        tuple(declared.get("unique", {}).get("members", ())),
        declared.get("errors", {}),
    )


def _parent(declared: Mapping[str, Any]) -> Parent:
    states, holds = declared.get("states"), declared.get("holds", ())
    return Parent(
        declared["member"],
        declared["resource"],
        frozenset(states) if states else None,
        None if holds is True else frozenset(holds),
        declared.get("match", {}),
        declared.get("tree", False),
    )


def _shape_of(contract: Contract, shape: str | None, member: str) -> str:
    reference: str = contract.define(shape or "")["properties"][member]["$ref"]
    return reference.rpartition("/")[2]


def _routes(contract: Contract, kind: Kind) -> Iterator[Route]:
    declared = kind.declared
    for verb, name in declared["operations"].items():
        operation = contract.operation(name)
        takes = kind.identifier if verb not in ("create", "list") else ""
        yield _route(contract, operation, verb, kind, takes)
    for name, entry in declared.get("also", {}).items():
        yield _route(contract, contract.operation(name), entry["verb"], None, entry["identifier"])
    tags = declared.get("tags", {})
    for verb, name in tags.get("operations", {}).items():
        verb = "list-tags" if verb == "list" else verb
        yield _route(contract, contract.operation(name), verb, None, tags["identifier"])


def _route(contract: Contract, operation: Operation, verb: str, kind: Kind | None, takes: str) -> Route:
    gives = members_of(contract, operation.output) if operation.output else None
    return Route(operation, verb, kind, takes, gives)
