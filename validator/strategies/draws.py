"""Hypothesis strategies for the requests, responses and errors of any AWS operation.

An operation is named by service and operation (`"personalize", "CreateDatasetImportJob"`) or passed as an `Operation`.
Instances are canonical: boto3 member names, epoch seconds, base64 text. `given` maps a member's name, wherever it
occurs, to the value it must have, or to a strategy for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from validator import validate
from validator.boundary import plan
from validator.contract import Contract, Operation
from validator.demands import Demand, resolve, root
from validator.errors import UnusableInputError
from validator.exchange import ErrorReply
from validator.negative import Broken, broken
from validator.smallest import NoInstanceError, smallest
from validator.strategies.shapes import Drawing
from validator.strategies.texts import Draw, integers
from validator.variations import Edit


def requests(
    service: str | Operation, operation: str | None = None, *, given: Mapping[str, Any] | None = None
) -> st.SearchStrategy[Any]:
    """Requests that keep the contract; they shrink to required members only, shortest texts, nought and false."""
    return _instances(_found(service, operation), "request", given=given)


def responses(
    service: str | Operation,
    operation: str | None = None,
    *,
    tomorrow: bool = False,
    given: Mapping[str, Any] | None = None,
) -> st.SearchStrategy[Any]:
    """Responses that keep the contract.

    With `tomorrow`, what AWS may send next year without calling it a change: members and enum values nobody has seen,
    new variants of a union, empty pages that still carry a token, long lists.
    """
    found = _found(service, operation)
    drawn = _instances(found, "response", given=given, tomorrow=tomorrow)
    pages = (found.pagination or {}).get("resultKey", ())
    if not tomorrow or not pages:
        return drawn
    return st.tuples(drawn, st.integers(0, 3)).map(lambda pair: _emptied(found, pair[0]) if pair[1] == 3 else pair[0])


def errors(service: str | Operation, operation: str | None = None) -> st.SearchStrategy[ErrorReply]:
    """Errors that an operation declares, each with a body that keeps its shape; one common to AWS when it has none."""
    found = _found(service, operation)
    if not found.errors:
        return st.just(ErrorReply("ThrottlingException", "Rate exceeded", {"message": "Rate exceeded"}))
    return st.sampled_from(sorted(found.errors)).flatmap(
        lambda code: _instances(found, "error", code=code).map(lambda body: _reply(code, body))
    )


def invalid_requests(
    service: str | Operation, operation: str | None = None, *, given: Mapping[str, Any] | None = None
) -> st.SearchStrategy[Broken]:
    """Requests that break exactly one constraint, each with the violation that a validator must report of it."""
    found = _found(service, operation)
    concrete = {name: value for name, value in (given or {}).items() if not isinstance(value, st.SearchStrategy)}
    _smallest(found, "request", None)
    by_constraint: dict[str, list[Edit]] = {}
    for edit in plan(found, given=concrete or None).edits:
        if edit.violation is not None and edit.constraint is not None:
            by_constraint.setdefault(edit.constraint.id, []).append(edit)
    if not by_constraint:
        raise UnusableInputError("has no constraint that a request can break", where=f"{found.service}.{found.name}")
    around = None if root(found.contract, found.input).union else _instances(found, "request", given=given)
    return _broken(found, tuple(tuple(edits) for edits in by_constraint.values()), around)


@st.composite
def _broken(
    draw: Draw, operation: Operation, ways: tuple[tuple[Edit, ...], ...], around: st.SearchStrategy[Any] | None
) -> Broken:
    edits = ways[draw(integers(0, len(ways) - 1))]
    edit = edits[draw(integers(0, len(edits) - 1))] if len(edits) > 1 else edits[0]
    instance = edit.apply()
    if edit.path and around is not None:
        # Everything beside the broken member is drawn; the member itself is as the enumeration broke it.
        drawn, member = dict(draw(around)), edit.path[0]
        drawn.pop(member, None)
        instance = {**drawn, **({member: instance[member]} if member in instance else {})}
    return broken(operation, edit, instance)


def _found(service: str | Operation, operation: str | None) -> Operation:
    if isinstance(service, Operation):
        return service
    if operation is None:
        raise UnusableInputError("no operation named", where=service, fix="pass a service and an operation")
    return validate.load(service).operation(operation)


def _smallest(operation: Operation, direction: str, code: str | None) -> None:
    try:
        smallest(operation.contract, root(operation.contract, operation.shape(direction, code)))
    except NoInstanceError as error:
        raise UnusableInputError(
            f"no {direction} can be drawn: {error}", where=f"{operation.service}.{operation.name}"
        ) from None


def _instances(
    operation: Operation,
    direction: str,
    *,
    code: str | None = None,
    tomorrow: bool = False,
    given: Mapping[str, Any] | None = None,
) -> st.SearchStrategy[Any]:
    _smallest(operation, direction, code)
    demand = root(operation.contract, operation.shape(direction, code))
    return _drawn(operation.contract, demand, dict(given or {}), tomorrow)


# Composites are made here once: making one costs more than ten draws.
@st.composite
def _drawn(draw: Draw, contract: Contract, demand: Demand, given: Mapping[str, Any], tomorrow: bool) -> Any:
    now = {name: draw(value) if isinstance(value, st.SearchStrategy) else value for name, value in given.items()}
    return Drawing(contract, draw, now, tomorrow).instance(demand)


def _reply(code: str, body: Any) -> ErrorReply:
    spelled = (body.get(name) for name in ("message", "Message", "errorMessage"))
    message = next((text for text in spelled if isinstance(text, str)), "")
    return ErrorReply(code, message, body)


def _emptied(operation: Operation, response: Any) -> Any:
    """The page without its items but with a token, which is legal and which loops that stop at no items get wrong."""
    pagination = operation.pagination or {}
    demand = root(operation.contract, operation.output)
    held = {
        key: resolve(operation.contract, demand.members[key])
        for key in pagination.get("resultKey", ())
        if key in demand.members
    }
    keys = [key for key, found in held.items() if found.kind == "list" and not found.bound("minItems", 0)]
    tokens = [token for token in pagination.get("outputToken", ()) if token in demand.members]
    page = {**response, **{key: [] for key in keys}}
    return {**page, **{token: response.get(token) or _token(operation, demand, token) for token in tokens}}


def _token(operation: Operation, demand: Demand, name: str) -> Any:
    return smallest(operation.contract, resolve(operation.contract, demand.members[name]))
