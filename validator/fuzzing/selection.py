"""What was asked for on the command line, read: operations, phases, given values, rates."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Sequence
from typing import Any

from validator import services, validate
from validator.contract import Operation
from validator.errors import UnknownNameError, UnusableInputError
from validator.families import families

# The dataset import jobs of the flagship services with what they stand on, and the operations about any resource.
FLAGSHIP = ("personalize", "forecast")


def operations(selectors: Sequence[str]) -> list[Operation]:
    """The operations that selectors name, each once: `service`, or `service.Operation` with wildcards.

    Without selectors those of the flagship services' declared resources. UnknownNameError for a name that does not
    exist, UnusableInputError for wildcards that match nothing.
    """
    found: dict[tuple[str, str], Operation] = {}
    for selector in selectors:
        service, dot, pattern = selector.partition(".")
        contract = validate.load(services.require(service))
        names = fnmatch.filter(contract.operations, pattern) if dot else list(contract.operations)
        if not names:
            if not any(char in pattern for char in "*?["):
                raise UnknownNameError("operation", pattern, contract.operations, where=service)
            raise UnusableInputError(f"{selector!r} matches no operation")
        for name in names:
            found[service, name] = contract.operation(name)
    if not selectors:
        for service in FLAGSHIP:
            found.update(((service, each.name), each) for each in declared(service))
    return list(found.values())


def declared(service: str) -> Iterable[Operation]:
    """The operations of a service's declared resources, those about any resource last."""
    contract = validate.load(service)
    names: dict[str, None] = {}
    for family in families(contract).values():
        if family.declared:
            names.update(dict.fromkeys(family.operations.values()))
            names.update(dict.fromkeys(family.also))
    for resource in contract.resources.values():
        names.update(dict.fromkeys(resource.declared.get("tags", {}).get("operations", {}).values()))
    return [contract.operation(name) for name in sorted(names) if name in contract.operations]


def phases(text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """Phases by name, in their own order; all of them when none is named."""
    order = list(known)
    if text is None:
        return tuple(order)
    asked = [name.strip() for name in text.split(",") if name.strip()]
    for name in asked:
        if name not in order:
            raise UnknownNameError("phase", name, order, where="--phases")
    if not asked:
        raise UnusableInputError("no phase named", where="--phases", fix=f"name some of {', '.join(order)}")
    return tuple(name for name in order if name in asked)


def given(texts: Iterable[str]) -> dict[str, Any]:
    """`NAME=VALUE` read: a value that is JSON other than a string is taken as such, else the text itself."""
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UnusableInputError(f"cannot read {text!r}", where="--given", fix="write NAME=VALUE")
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        values[name] = read if isinstance(read, (dict, list, bool)) else value
    return values


def require_members(names: Iterable[str], operations: Iterable[Operation]) -> None:
    """UnknownNameError for a given value's name that no request of the operations' services has as a member.

    Of their services and not of the operations alone, since what an operation stands on is made by others.
    """
    known: set[str] = set()
    for contract in {operation.service: operation.contract for operation in operations}.values():
        for each in contract.operations:
            shape = contract.operation(each).input
            known.update(contract.define(shape).get("properties", {}) if shape else ())
        known.update(family.identifier for family in families(contract).values())
    for name in names:
        if name not in known:
            raise UnknownNameError("member", name, sorted(known), where="--given")


def rate(text: str | None) -> float | None:
    """`N/s` or plain `N`, in calls a second."""
    if text is None:
        return None
    number, slash, unit = text.partition("/")
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    seconds = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}.get(unit if slash else "")
    if seconds is None or not 0 < value < float("inf"):
        raise UnusableInputError(f"cannot read {text!r} as a rate", where="--rate", fix="write 5/s")
    return value / seconds
