"""Contracts held at boto3's own door: a call that breaks its contract is stopped before it is sent.

The check sees the final parameters: it is registered last on the bare `before-parameter-build`, after everything that
fills tokens, encodes bodies and strips prefixes. It changes no call, reads no stream and sends nothing; a failure of
the check itself is a warning, never a broken call.
"""

from __future__ import annotations

import gc
import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import botocore
from botocore.exceptions import ParamValidationError
from botocore.hooks import HierarchicalEmitter

from validator import instances, sources
from validator.contract import Contract, Operation, from_model_files
from validator.engines.fast import FOREIGN
from validator.errors import ContractViolationError, UnusableInputError
from validator.exchange import ErrorReply, Exchange
from validator.results import Severity
from validator.validate import is_valid, iter_violations, verdict_of

Target = TypeVar("Target")
# Not None: a function that forgot to return its client must not switch the whole process on.
EVERYWHERE: Any = type("Everywhere", (), {"__repr__": lambda self: "EVERYWHERE"})()
OnViolation = Literal["raise", "warn"] | Callable[[ContractViolationError], Any]

_BEFORE, _AFTER = "before-parameter-build", "after-call.*.*"
_BEFORE_ID, _AFTER_ID = "aws-contract-request", "aws-contract-response"
_REMEMBERED = "aws_contract_request"


class ContractWarning(UserWarning):
    """A breach of contract that does not stop the call, or a check that failed by itself."""


class RequestViolationError(ContractViolationError, ParamValidationError):  # type: ignore[misc]
    """A request stopped before it was sent; caught by what catches botocore's ParamValidationError too."""

    def __init__(self, service: str, operation: str, direction: str, violations: Any) -> None:
        self.service, self.operation, self.direction = service, operation, direction
        self.violations = tuple(violations)
        self.kwargs = {"report": "\n".join(violation.message for violation in self.violations)}
        Exception.__init__(self, service, operation, direction, self.violations)

    def __str__(self) -> str:
        return ContractViolationError.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.service, self.operation, self.direction, self.violations)


def attach(
    target: Target = EVERYWHERE,
    *,
    on_violation: OnViolation = "raise",
    responses: bool = False,
    strict: bool = False,
    on_exchange: Callable[[Exchange], Any] | None = None,
) -> Target | None:
    """Hold every call of a client, of a session's future clients, or, without a target, of the whole process.

    `on_violation` is `raise`, `warn`, or a function that gets each ContractViolationError. `responses` holds the
    answers to their contract as well: what is wrong beyond doubt is raised, the rest warned of; what only shows that
    the API has grown goes to a function alone, unless `strict`. `on_exchange` gets every finished call. Gives the
    target back; attaching again replaces the settings. A client made from a session keeps what the session had then.
    """
    watch = _Watch(on_violation, responses, strict, on_exchange)
    if target is EVERYWHERE:
        _attach_everywhere(watch)
        return None
    _register(_emitter(target), watch)
    return target


def detach(target: Target = EVERYWHERE) -> Target | None:
    """Undo `attach`; without a target, for the whole process. Gives the target back.

    Clients made from a session while it was attached stay attached: detach them, or the whole process.
    """
    if target is EVERYWHERE:
        _detach_everywhere()
        return None
    _unregister(_emitter(target))
    return target


def _emitter(target: Any) -> Any:
    meta: Any = getattr(target, "meta", None)
    if hasattr(meta, "events"):  # a client
        return meta.events
    if hasattr(meta, "client"):  # a boto3 resource
        return meta.client.meta.events
    if hasattr(target, "get_component"):  # botocore's session
        return target.get_component("event_emitter")
    if hasattr(target, "events") and hasattr(target.events, "register_last"):  # boto3's session
        return target.events
    raise UnusableInputError(
        f"cannot attach to a {type(target).__name__}", fix="pass a boto3 client, resource or session, or nothing"
    )


def _register(emitter: Any, watch: _Watch) -> None:
    _unregister(emitter)
    emitter.register_last(_BEFORE, watch.before, unique_id=_BEFORE_ID)
    if watch.responses or watch.on_exchange:
        # The most specific handlers run first: ahead of those that rewrite what was parsed.
        emitter.register_first(_AFTER, watch.after, unique_id=_AFTER_ID)


def _unregister(emitter: Any) -> None:
    emitter.unregister(_BEFORE, unique_id=_BEFORE_ID)
    emitter.unregister(_AFTER, unique_id=_AFTER_ID)


# The whole process ---------------------------------------------------------------------------------------------------

_everywhere = threading.RLock()
_plain_init: Callable[..., None] | None = None


def _attach_everywhere(watch: _Watch) -> None:
    global _plain_init
    with _everywhere:
        _plain_init = plain = _plain_init or HierarchicalEmitter.__init__

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            plain(self, *args, **kwargs)
            _register(self, watch)

        # A session makes one emitter, which its clients copy with all that is registered.
        HierarchicalEmitter.__init__ = init
        for emitter in _emitters():
            _register(emitter, watch)


def _detach_everywhere() -> None:
    global _plain_init
    with _everywhere:
        if _plain_init is not None:
            HierarchicalEmitter.__init__ = _plain_init
            _plain_init = None
        for emitter in _emitters():
            _unregister(emitter)


def _emitters() -> Iterator[Any]:
    """Every emitter alive: of sessions and of clients, whichever thread made them."""
    # The type is asked and not the object: a lazy proxy would wake up.
    return (found for found in gc.get_objects() if issubclass(type(found), HierarchicalEmitter))


# One call ------------------------------------------------------------------------------------------------------------


class _Watch:
    """What is done with each call; one for each `attach`."""

    def __init__(
        self,
        on_violation: OnViolation,
        responses: bool,
        strict: bool,
        on_exchange: Callable[[Exchange], Any] | None,
    ) -> None:
        if not (callable(on_violation) or on_violation in ("raise", "warn")):
            raise UnusableInputError(
                f"on_violation is {on_violation!r}", fix='pass "raise", "warn" or a function of one argument'
            )
        self.on_violation, self.responses, self.strict, self.on_exchange = on_violation, responses, strict, on_exchange
        # By the name of the event, which has service and operation in it and is at hand.
        self._requests: dict[str, tuple[Any, Any, Operation]] = {}
        self._responses: dict[str, Callable[[Any], bool] | None] = {}

    def before(self, event_name: str, params: Any, model: Any, context: Any = None, **_: Any) -> None:
        """Hold the final parameters of a call against the contract."""
        try:
            try:
                convert, verdict, operation = self._requests[event_name]
            except KeyError:
                convert, verdict, operation = self._requests[event_name] = _prepared(model)
            if self.on_exchange is not None and context is not None:
                context[_REMEMBERED] = instances.from_boto3(operation, params)
            try:
                if verdict(params if convert is None else convert(params)):
                    return
            except FOREIGN:
                pass
            error = _judge(operation, instances.from_boto3(operation, params), "request", None, RequestViolationError)
        except Exception as failure:
            _warn_of_failure(model, failure)
            return
        if error is not None:
            self._deliver(error)

    def after(
        self, event_name: str, http_response: Any, parsed: Any, model: Any, context: Any = None, **_: Any
    ) -> None:
        """Hold an answer against the contract, as it came over the wire where that is JSON."""
        try:
            if self.on_exchange is None and self._surely_kept(event_name, http_response, model):
                return
            operation = _operation(model.service_model, model.name)
            exchange = _answered(operation, http_response, parsed, model, context)
            error = None
            if self.responses:
                if exchange.error is not None:
                    if exchange.error.body is not None:
                        error = _judge(operation, exchange.error.body, "error", exchange.error.code)
                else:
                    error = _judge(operation, exchange.response, "response", None)
        except Exception as failure:
            _warn_of_failure(model, failure)
            return
        if self.on_exchange is not None:
            self.on_exchange(exchange)
        if error is not None:
            self._deliver(error)

    def _surely_kept(self, event_name: str, http: Any, model: Any) -> bool:
        """A quick look at the body as it came: whether it is canonical already and keeps the contract."""
        try:
            verdict = self._responses[event_name]
        except KeyError:
            operation = _operation(model.service_model, model.name)
            verdict = self._responses[event_name] = _verdict_on_wire(operation, model)
        if verdict is None or http.status_code >= 300 or getattr(http, "raw", None) is None:
            return False
        try:
            return verdict(json.loads(http.content))
        except FOREIGN:
            return False

    def _deliver(self, error: ContractViolationError) -> None:
        if callable(self.on_violation):
            self.on_violation(error)
            return
        worst = max(violation.severity(error.direction, strict=self.strict) for violation in error.violations)
        if self.on_violation == "raise" and worst is Severity.ERROR:
            raise error
        if worst >= Severity.WARNING:
            warnings.warn(str(error), ContractWarning, stacklevel=_callers_level())


def _judge(
    operation: Operation,
    instance: Any,
    direction: str,
    code: str | None,
    kind: type[ContractViolationError] = ContractViolationError,
) -> ContractViolationError | None:
    if is_valid(operation, instance, direction, code=code):
        return None
    found = [v for v in iter_violations(operation, instance, direction, code=code) if not v.unchecked]
    found.sort(key=lambda violation: -violation.severity(direction))
    return kind(operation.service, operation.name, direction, found) if found else None


def _answered(operation: Operation, http: Any, parsed: Any, model: Any, context: Any) -> Exchange:
    status = getattr(http, "status_code", None)
    request = context.get(_REMEMBERED) if isinstance(context, Mapping) else None
    if status is not None and status >= 300:
        said = parsed.get("Error", {})
        code = said.get("Code", "")
        declared = operation.errors.get(code)
        body = _body(operation, http, parsed, model, "error", code) if declared else None
        reply = ErrorReply(code, said.get("Message", ""), body)
        return Exchange(operation.service, operation.name, request, error=reply, status=status)
    response = _body(operation, http, parsed, model, "response", None)
    return Exchange(operation.service, operation.name, request, response, status=status)


def _body(operation: Operation, http: Any, parsed: Any, model: Any, direction: str, code: str | None) -> Any:
    """The answer as a canonical instance: from the wire, where unknown members are seen; else as boto3 parsed it."""
    streams = model.has_streaming_output or model.has_event_stream_output
    if streams or operation.contract.protocol not in ("json", "rest-json"):
        return instances.from_boto3(operation, parsed, direction, code)
    # A stub has no wire; what botocore read of a real answer is kept there.
    content = http.content if getattr(http, "raw", None) is not None else None
    try:
        body = json.loads(content) if content else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return instances.from_boto3(operation, parsed, direction, code)
    shape = operation.shape(direction, code)
    schema = operation.contract.define(shape) if shape else {}
    if "x-aws-payload" in schema or any("x-aws-location" in member for member in schema.get("properties", {}).values()):
        elsewhere = instances.from_boto3(operation, parsed, direction, code)
        properties = schema["properties"]
        located = {name: elsewhere[name] for name in elsewhere if "x-aws-location" in properties.get(name, ())}
        return {**instances.from_wire(operation, body, direction, code), **located}
    return instances.from_wire(operation, body, direction, code)


def _verdict_on_wire(operation: Operation, model: Any) -> Callable[[Any], bool] | None:
    """The verdict on a JSON body that holds the whole response; None where part of it is elsewhere."""
    streams = model.has_streaming_output or model.has_event_stream_output
    if streams or operation.output is None or operation.contract.protocol not in ("json", "rest-json"):
        return None
    schema = operation.contract.define(operation.output)
    located = "x-aws-payload" in schema or any("x-aws-location" in each for each in schema["properties"].values())
    return None if located else verdict_of(operation, "response")


# Contracts -----------------------------------------------------------------------------------------------------------

_contracts: dict[tuple[str, str], Contract] = {}


def _operation(service_model: Any, name: str) -> Operation:
    key = service_model.service_name, service_model.api_version
    contract = _contracts.get(key)
    if contract is None:
        # The client's own model: it is in memory already, and of the botocore that will send the call.
        files = sources.ModelFiles(*key, service_model._service_description, {}, botocore.__version__, "")
        contract = _contracts[key] = from_model_files(files, judge=iter_violations)
    return contract.operation(name)


def _prepared(model: Any) -> tuple[Any, Any, Operation]:
    operation = _operation(model.service_model, model.name)
    return instances.stand_in_of(operation), verdict_of(operation), operation


# Warnings ------------------------------------------------------------------------------------------------------------

_failed: set[tuple[str, str]] = set()
_INSIDE = tuple(str(Path(module).parent) for module in (__file__, botocore.__file__))


def _warn_of_failure(model: Any, failure: Exception) -> None:
    """One warning for an operation; what went wrong is ours, so that nobody's call may suffer from it."""
    name = getattr(getattr(model, "service_model", None), "service_name", "?"), getattr(model, "name", "?")
    if name not in _failed:
        _failed.add(name)
        text = f"{'.'.join(name)} was not checked: {type(failure).__name__}: {failure}"
        warnings.warn(text, ContractWarning, stacklevel=_callers_level())


def _callers_level() -> int:
    """How far up the first frame stands that is neither ours nor botocore's nor boto3's."""
    import sys

    frame, level = sys._getframe(1), 1
    while frame is not None and (frame.f_code.co_filename.startswith(_INSIDE) or "boto3" in frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1  # type: ignore[assignment]
    return level
