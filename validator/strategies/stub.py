"""A boto3 client whose calls answer with drawn legal responses, for tests that code survives whatever AWS may send."""

from __future__ import annotations

import base64
import contextlib
import io
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hypothesis import strategies as st

from validator import demands, instances, validate
from validator.constraints import places
from validator.contract import Contract, Operation
from validator.demands import Demand
from validator.exchange import ErrorReply
from validator.strategies.draws import errors, responses

_PARAMS = "aws-contract-params"
_DEFAULT_PAGES = 3
_MOST_PAGES = 8


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the client: its parameters as passed, and the canonical answer: a response, or an error."""

    operation: str
    params: Mapping[str, Any]
    response: Any = None
    error: ErrorReply | None = None


@dataclass(slots=True)
class _Stub:
    contract: Contract
    data: st.DataObject
    tomorrow: bool
    errors: bool
    given: Mapping[str, Any]
    pages: int
    calls: list[Call] = field(default_factory=list)
    walked: Counter[str] = field(default_factory=Counter)

    def remember(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        context[_PARAMS] = params

    def answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, Any]:
        operation = self.contract.operation(model.name)
        params = context.get(_PARAMS, {})
        if self.errors and self.data.draw(st.booleans(), label=f"{operation.name} fails"):
            error = self.data.draw(errors(operation), label=f"{operation.name} fails with")
            self.calls.append(Call(operation.name, params, error=error))
            return _failed(operation, error)
        given = {**_echoed(operation, params), **self.given}
        strategy = responses(operation, tomorrow=self.tomorrow, given=given).map(
            lambda response: self.page(operation, params, response)
        )
        response = self.data.draw(strategy, label=f"{operation.name} answers")
        self.walked[operation.name] += 1
        self.calls.append(Call(operation.name, params, response=response))
        return _answered(operation, response)

    def page(self, operation: Operation, params: Any, response: Any) -> Any:
        """The response as a page: no more items than asked for, tokens that differ, and an end after a few pages."""
        pagination = operation.pagination
        if not pagination:
            return response
        page = dict(response)
        most = params.get(pagination.get("limitKey", ""))
        for key in pagination.get("resultKey", ()):
            if isinstance(most, int) and isinstance(page.get(key), list):
                page[key] = page[key][: max(most, 0)]
        walked = self.walked[operation.name]
        demand = demands.root(operation.contract, operation.output)
        more = walked + 1 < min(self.pages, _MOST_PAGES)
        for token in pagination.get("outputToken", ()):
            if token in page:
                fresh = _token(operation, demand, token, walked) if more else None
                page.pop(token) if fresh is None else page.update({token: fresh})
        flag = pagination.get("moreResults")
        if flag in demand.members:
            page[flag] = any(token in page for token in pagination.get("outputToken", ()))
        return page


@contextlib.contextmanager
def stub(
    client: Any,
    data: st.DataObject,
    *,
    tomorrow: bool = False,
    errors: bool = False,
    given: Mapping[str, Any] | None = None,
    pages: int = _DEFAULT_PAGES,
) -> Iterator[list[Call]]:
    """Within the block every call of a boto3 client answers with a legal response drawn from `data` (`st.data()`).

    Nothing is sent and no credentials are needed; boto3 checks the parameters as ever. Texts that a request names
    (an ARN, a name) come back in the response wherever it has a member of that name and shape; pages hold what was
    asked for at most, and end after `pages`. `errors` lets a call fail with any error it declares, `tomorrow` lets it
    answer what AWS may send next year. Gives the list of calls made so far. UnknownNameError for a client of a service
    that has no contract.
    """
    contract = validate.load(client.meta.service_model.service_name, client.meta.service_model.api_version)
    stubbed = _Stub(contract, data, tomorrow, errors, dict(given or {}), pages)
    service = client.meta.service_model.service_id.hyphenize()
    hooks = ((f"before-parameter-build.{service}", stubbed.remember), (f"before-call.{service}", stubbed.answer))
    events = client.meta.events
    for event, handler in hooks:
        events.register_last(event, handler, unique_id=f"aws-contract-stub-{id(stubbed)}-{event}")
    try:
        yield stubbed.calls
    finally:
        for event, handler in hooks:
            events.unregister(event, handler, unique_id=f"aws-contract-stub-{id(stubbed)}-{event}")


def _answered(operation: Operation, response: Any) -> tuple[Any, Any]:
    status = operation.http["responseCode"]
    demand = demands.root(operation.contract, operation.output)
    known = _known(operation.contract, demand, response)
    parsed = instances.to_boto3(operation, known, "response") if operation.output else {}
    for name, part in demand.members.items():
        found = demands.resolve(operation.contract, part)
        if found.kind == "any" and name in known and "contentEncoding" in found.limits:
            parsed = {**parsed, name: _stream(known[name])}
    return _reply(status, dict(parsed))


def _failed(operation: Operation, error: ErrorReply) -> tuple[Any, Any]:
    declared = operation.errors.get(error.code)
    status = (declared.status if declared else None) or (500 if declared and declared.fault else 400)
    members: dict[str, Any] = {}
    if declared is not None:
        demand = demands.root(operation.contract, declared.shape)
        known = _known(operation.contract, demand, error.body or {})
        members = dict(instances.to_boto3(operation, known, "error", error.code))
    return _reply(status, {**members, "Error": {"Code": error.code, "Message": error.message}})


def _reply(status: int, parsed: dict[str, Any]) -> tuple[Any, Any]:
    headers = {"x-amzn-requestid": "00000000-0000-0000-0000-000000000000"}
    parsed["ResponseMetadata"] = {
        "RequestId": headers["x-amzn-requestid"],
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
    return types.SimpleNamespace(status_code=status, headers=headers, content=b"", raw=None), parsed


def _stream(text: str) -> Any:
    # Only here, and only with a client that has loaded botocore already.
    from botocore.response import StreamingBody

    content = base64.b64decode(text)
    return StreamingBody(io.BytesIO(content), len(content))


def _known(contract: Contract, demand: Demand, value: Any) -> Any:
    """What boto3's parser leaves of an answer: members it does not know are gone, union variants named as such."""
    if demand.kind == "structure" and isinstance(value, dict):
        if demand.union and value and not value.keys() & demand.members.keys():
            return {"SDK_UNKNOWN_MEMBER": {"name": next(iter(value))}}
        return {
            name: _known(contract, demands.resolve(contract, part), value[name])
            for name, part in demand.members.items()
            if name in value
        }
    if demand.kind == "list" and demand.items is not None and isinstance(value, list):
        item = demands.resolve(contract, demand.items)
        return [_known(contract, item, each) for each in value]
    if demand.kind == "map" and demand.values is not None and isinstance(value, dict):
        held = demands.resolve(contract, demand.values)
        return {key: _known(contract, held, each) for key, each in value.items()}
    return value


def _echoed(operation: Operation, params: Any) -> dict[str, Any]:
    """The texts of a request that the response has members of the same name and shape for."""
    if operation.input is None or operation.output is None or not isinstance(params, Mapping):
        return {}
    asked = demands.root(operation.contract, operation.input)
    pagination = operation.pagination or {}
    aside = {*pagination.get("inputToken", ()), pagination.get("limitKey")}
    shapes: dict[str, set[str]] = {}
    for place in places(operation, "response"):
        if place.via == "member":
            shapes.setdefault(place.steps[-1], set()).add(place.demand.shape)
    echoed = {}
    for name, value in params.items():
        if isinstance(value, str) and name in asked.members and name not in aside:
            demand = demands.resolve(operation.contract, asked.members[name])
            if demand.kind == "string" and shapes.get(name) == {demand.shape} and demand.location is None:
                echoed[name] = value
    return echoed


def _token(operation: Operation, demand: Demand, name: str, index: int) -> str | None:
    """A token that no other page has, or None when the token is no text."""
    found = demands.resolve(operation.contract, demand.members[name])
    if found.kind != "string":
        return None
    plain = f"page{index + 2}"
    return plain if found.texts.accepts(plain) else next(islice(found.texts.iter_distinct(), index, None), None)
