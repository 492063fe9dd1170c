"""Instances held against contracts: every violation, or a fast verdict.

A missing member and an unknown one are told at the place where they would be, or are; a broken key of a map at its
entry, with a schema path through `propertyNames`. A union is broken (`oneOf`) by no member and by more than one that
the contract knows; an unknown member is `additionalProperties`. NaN and the infinities have no type in JSON.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from validator import cache, instances, sources
from validator import contract as contracts
from validator.contract import Contract, Operation, Origin
from validator.engines import blame, fast, plain, reference
from validator.engines.breach import Breach
from validator.errors import ContractViolationError, EnvironmentFailedError, UnknownNameError
from validator.results import Violation

ENGINES = ("auto", "jsonschema-rs", "jsonschema")
Verdict = Callable[[Any], bool]


def load(service: str, api_version: str | None = None, *, origin: Origin = "auto") -> Contract:
    """The contract of a service, able to judge: the committed one, else one derived from the installed botocore.

    Loaded once per process. `origin` insists on one of the two, `committed` or `botocore`; UnknownNameError when
    there is no such service or API version.
    """
    return _load(service, api_version, origin)


@functools.cache
def _load(service: str, api_version: str | None, origin: Origin) -> Contract:
    committed = () if origin == "botocore" else contracts.committed().get(service, ())
    if origin == "committed" or (committed and (api_version is None or api_version in committed)):
        return contracts.load(service, api_version, origin=origin, judge=iter_violations)
    return cache.load(sources.installed(), service, api_version, judge=iter_violations)


def iter_violations(
    operation: Operation, instance: Any, direction: str = "request", *, code: str | None = None, engine: str = "auto"
) -> Iterator[Violation]:
    """Every violation in a canonical instance: a request, a response, or the body of the error `code`.

    `engine` is `jsonschema-rs`, `jsonschema` (the reference, slower), or `auto`: the former where it is installed.
    Never raises for any instance: what is not JSON is a violation of `type`.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    if engine == "jsonschema-rs" and not fast.available():
        raise EnvironmentFailedError("the engine jsonschema-rs is not installed; pip install jsonschema-rs")
    shape = operation.shape(direction, code)
    found = _breaches(operation.contract, shape, instance, engine)
    return blame.violations(operation.contract, shape, found, direction) if found else iter(())


def _breaches(contract: Contract, shape: str | None, instance: Any, engine: str) -> list[Breach]:
    if engine == "jsonschema-rs" or (engine == "auto" and fast.available()):
        compiled = _compiled(contract, shape)
        for attempt in (instance, None):
            try:
                if attempt is None:
                    attempt = plain.plain(instance)
                    if attempt is instance:
                        break
                return [] if compiled.is_valid(attempt) else list(compiled.breaches(attempt))
            except fast.FOREIGN:
                continue
    try:
        return list(reference.breaches(contract, shape, instance))
    except RecursionError:
        return [Breach("type", (), ("$defs", shape, "type") if shape else ("type",), instance)]


_COMPILED: dict[tuple[int, str | None], fast.Compiled] = {}


def _compiled(contract: Contract, shape: str | None) -> fast.Compiled:
    # A Compiled keeps its contract alive, so its id stays its own.
    found = _COMPILED.get((id(contract), shape))
    if found is None:
        found = _COMPILED[id(contract), shape] = fast.Compiled(contract, shape)
    return found


def is_valid(operation: Operation, instance: Any, direction: str = "request", *, code: str | None = None) -> bool:
    """Whether a canonical instance keeps the contract; what cannot be decided counts as kept."""
    try:
        if operation.__dict__["_verdicts"][direction if code is None else (direction, code)](instance):
            return True
    except (KeyError, *fast.FOREIGN):
        verdict = verdict_of(operation, direction, code)
        try:
            if verdict(instance):
                return True
        except fast.FOREIGN:
            pass
    found = _breaches(operation.contract, operation.shape(direction, code), instance, "auto")
    return all(breach.undecided for breach in found)


def verdict_of(operation: Operation, direction: str = "request", code: str | None = None) -> Verdict:
    """A function that tells quickly whether an instance surely keeps the contract.

    When it says False or raises one of `engines.fast.FOREIGN`, `iter_violations` has the last word.
    """
    verdicts = operation.__dict__.setdefault("_verdicts", {})
    key = direction if code is None else (direction, code)
    found: Verdict | None = verdicts.get(key)
    if found is None:
        contract, shape = operation.contract, operation.shape(direction, code)
        if fast.available():
            found = _compiled(contract, shape).is_valid
        else:

            def found(instance: Any) -> bool:
                return not any(not breach.undecided for breach in _breaches(contract, shape, instance, "jsonschema"))

        verdicts[key] = found
    return found


def validate(
    service: str, operation: str, instance: Any, *, direction: str = "request", code: str | None = None
) -> None:
    """Raise ContractViolationError with every violation when an instance breaks its contract.

    Takes what boto3 takes: `datetime`, `bytes`, tuples. UnknownNameError for a name that does not exist.
    """
    found = load(service).operation(operation)
    canonical = instances.from_boto3(found, instance, direction, code)
    violations = [
        violation for violation in iter_violations(found, canonical, direction, code=code) if not violation.unchecked
    ]
    if violations:
        violations.sort(key=lambda violation: -violation.severity(direction))
        raise ContractViolationError(service, operation, direction, violations)


class _Callable(types.ModuleType):
    """This module, callable: `validator.validate` is both the room and the function, whichever was asked for first."""

    def __call__(
        self, service: str, operation: str, instance: Any, *, direction: str = "request", code: str | None = None
    ) -> None:
        validate(service, operation, instance, direction=direction, code=code)


sys.modules[__name__].__class__ = _Callable
