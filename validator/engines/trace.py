"""From the path of a value to the schemas that hold there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator.contract import Contract
from validator.engines.breach import Path, Schema

Spot = tuple[Path, Schema]


def spots(contract: Contract, shape: str | None, path: Iterable[str | int]) -> list[Spot]:
    """The schemas that hold at an instance path, outermost first: a member's own, then the shape it refers to.

    Each with its place in the contract document; empty where the contract knows nothing.
    """
    return list(trail(contract, shape, path))[-1]


def trail(contract: Contract, shape: str | None, path: Iterable[str | int]) -> Iterator[list[Spot]]:
    """`spots` of the whole instance, then of each step towards the path's end."""
    here = _resolved(contract, [((), {"$ref": f"#/$defs/{shape}"})])[1:] if shape else []
    yield here
    for step in path:
        here = _resolved(contract, [below for spot in here for below in _below(spot, step)])
        yield here


def _below(spot: Spot, step: str | int) -> Iterator[Spot]:
    path, schema = spot
    if isinstance(step, int):
        if "items" in schema:
            yield (*path, "items"), schema["items"]
    elif step in schema.get("properties", ()):
        yield (*path, "properties", step), schema["properties"][step]
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield (*path, "additionalProperties"), schema["additionalProperties"]


def _resolved(contract: Contract, spots: list[Spot]) -> list[Spot]:
    found: list[Spot] = []
    todo = list(spots)
    while todo:
        path, schema = todo.pop(0)
        found.append((path, schema))
        if "anyOf" in schema:
            todo += [
                ((*path, "anyOf", index), option)
                for index, option in enumerate(schema["anyOf"])
                if option != {"type": "null"}
            ]
        reference: Any = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            todo.append((("$defs", name), contract.define(name)))
    return found
