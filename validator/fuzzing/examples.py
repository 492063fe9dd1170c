"""The phase of examples: the smallest and the fullest request of each operation, botocore's own, and recorded ones."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from validator import demands, instances, validate
from validator.contract import Operation
from validator.errors import UnusableInputError
from validator.families import family_of
from validator.fuzzing.stage import Stage
from validator.fuzzing.world import World
from validator.smallest import NoInstanceError, smallest


def run(stage: Stage, operations: Sequence[Operation]) -> None:
    """Send every example of the operations of one service."""
    contract = operations[0].contract
    recorded = _recorded(stage.options.examples) if stage.options.examples else {}
    with stage.chapter(contract, "examples") as world:
        for operation in operations:
            if not stage.journal.supported(operation):
                continue
            for instance in (
                *_made(world, operation),
                *_shipped(operation),
                *recorded.get((contract.service, operation.name), ()),
            ):
                exchange = stage.journal.send(operation, instance)
                if exchange is None:
                    break
                if exchange.unread is None and validate.is_valid(operation, instance):
                    stage.coverage.observe(operation, instance)
                settle(world, operation, exchange)


def settle(world: World, operation: Operation, exchange: Any) -> None:
    """After an accepted create: look until it is done. After an accepted delete: forget it."""
    found = family_of(world.contract, operation.name)
    if found is None or not exchange.accepted:
        return
    family, verb = found
    if verb == "create":
        world.adopt(family, exchange, settle=True)
    elif verb == "delete":
        world.gone(exchange.request.get(family.takes[operation.name]))


def _made(world: World, operation: Operation) -> Iterator[Any]:
    """The smallest conforming request, and one with every optional member, on live references."""
    found = family_of(world.contract, operation.name)
    demand = demands.root(world.contract, operation.input)
    for full in (False, True):
        given = world.references(operation, aside=found[0] if found and found[1] == "delete" else None)
        if found and found[1] == "create" and found[0].name_member:
            given[found[0].name_member] = world.name("example")
        try:
            instance = smallest(world.contract, demand, given)
        except NoInstanceError:
            return
        if full and demand.kind == "structure" and not demand.union:
            for name, part in demand.members.items():
                if name not in instance and not _token(operation, name):
                    try:
                        instance[name] = smallest(world.contract, demands.resolve(world.contract, part), given)
                    except NoInstanceError:
                        continue
        yield instance


def _token(operation: Operation, name: str) -> bool:
    return operation.pagination is not None and name in operation.pagination["inputToken"]


def _shipped(operation: Operation) -> list[Any]:
    """botocore's own examples of the operation, those that keep its contract."""
    found = _botocore(operation.contract.service, operation.contract.api_version).get(operation.name, ())
    canonical = (instances.from_cli(operation, example.get("input", {}), "request") for example in found)
    return [instance for instance in canonical if validate.is_valid(operation, instance)]


@functools.lru_cache(maxsize=32)
def _botocore(service: str, api_version: str) -> dict[str, Any]:
    from botocore.exceptions import DataNotFoundError
    from botocore.loaders import Loader

    try:
        examples: dict[str, Any] = Loader().load_service_model(service, "examples-1", api_version).get("examples", {})
    except DataNotFoundError:
        return {}
    return examples


def _recorded(path: Path) -> dict[tuple[str, str], list[Any]]:
    """The requests of a recording in the own form, by service and operation."""
    found: dict[tuple[str, str], list[Any]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInputError(f"cannot be read: {error}", where=str(path)) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                entry = json.loads(line)
                name = (entry["service"], entry["operation"])
                if "request" in entry:
                    found.setdefault(name, []).append(entry["request"])
            except (ValueError, KeyError, TypeError, RecursionError):
                raise UnusableInputError(
                    "not an exchange", where=f"{path}:{number}", fix="pass the tool's own JSONL"
                ) from None
    return found
