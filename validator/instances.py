"""Every outside form of an instance <-> the canonical one: boto3's, the wire's JSON, the AWS CLI's.

Canonical: boto3 member names, times as epoch seconds, blobs as base64 text. Nothing is copied that does not change,
and a stream is never read: a streaming body stands as the text it is, or as an empty one.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from validator import times
from validator.contract import Contract, Operation
from validator.conversion import Convert, Converters, Form, Schema

_ADDED = ("ResponseMetadata", "Error")
_ADDED_TO_S3 = (*_ADDED, "ExpiresString")


def from_boto3(operation: Operation, params: Any, direction: str = "request", code: str | None = None) -> Any:
    """What boto3 takes (request) or gives (response, error) as a canonical instance; the same object if it is one.

    A text for a blob is, in a request, the blob's content, as boto3 has it; in a response it is base64 already. The
    `ResponseMetadata` of a response, S3's `ExpiresString` and the `Error` of an error are left out: boto3 adds them.
    """
    if direction != "request" and isinstance(params, Mapping):
        known = operation.contract.define(shape)["properties"] if (shape := operation.shape(direction, code)) else {}
        added = _ADDED_TO_S3 if operation.service == "s3" else _ADDED
        aside = [name for name in added if name in params and name not in known]
        if aside:
            params = {name: value for name, value in params.items() if name not in aside}
    return _convert(operation, _REQUEST if direction == "request" else _RESPONSE, direction, code, params)


def to_boto3(operation: Operation, instance: Any, direction: str = "request", code: str | None = None) -> Any:
    """A canonical instance with `datetime` (aware, UTC) and `bytes` in it, as boto3 takes and gives them."""
    return _convert(operation, _TO_BOTO3, direction, code, instance)


def stand_in_of(operation: Operation, direction: str = "request", code: str | None = None) -> Convert | None:
    """A converter like `from_boto3` for a verdict alone: a time or blob that keeps its contract may become any other.

    None when an instance of boto3's is a canonical one as it stands.
    """
    shape = operation.shape(direction, code)
    form = _VERDICT_REQUEST if direction == "request" else _VERDICT_RESPONSE
    return None if shape is None else _converters(operation.contract, form).of(shape)


def from_wire(operation: Operation, body: Any, direction: str, code: str | None = None) -> Any:
    """The parsed JSON body of a `json` or `rest-json` message as a canonical instance, of its body's members only.

    Names on the wire become member names, times epoch seconds; members that are null are absent.
    """
    shape = operation.shape(direction, code)
    if shape is None:
        return {} if body is None else body
    schema = operation.contract.define(shape)
    if payload := schema.get("x-aws-payload"):
        inner = _converters(operation.contract, _FROM_WIRE)._member(schema["properties"][payload])
        return {} if body is None else {payload: inner(body) if inner else body}
    if direction == "error" and isinstance(body, Mapping):
        body = _error_members(body, schema)
    elif isinstance(body, Mapping) and "__type" in body and "__type" not in schema.get("properties", ()):
        body = {name: value for name, value in body.items() if name != "__type"}
    convert = _converters(operation.contract, _FROM_WIRE).of(shape)
    return convert(body) if convert else body


def _error_members(body: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    known = schema.get("properties", {})
    members = {name: value for name, value in body.items() if name in known or name not in ("__type", "code", "Code")}
    for given, wanted in (("message", "Message"), ("Message", "message")):
        if given in members and given not in known:
            value = members.pop(given)
            if wanted in known:
                members.setdefault(wanted, value)
    return members


def to_wire(operation: Operation, instance: Any, direction: str, code: str | None = None) -> Any:
    """A canonical instance as the JSON body of a `json` or `rest-json` message: the members that travel in the body."""
    shape = operation.shape(direction, code)
    if shape is None or not isinstance(instance, Mapping):
        return instance
    schema = operation.contract.define(shape)
    converters = _converters(operation.contract, _TO_WIRE)
    if payload := schema.get("x-aws-payload"):
        inner = converters._member(schema["properties"][payload])
        if (value := instance.get(payload)) is None:
            return {} if _type_of(operation, schema["properties"][payload]) == "object" else None
        return inner(value) if inner else value
    located = [name for name in instance if "x-aws-location" in schema["properties"].get(name, ())]
    if located:
        instance = {name: value for name, value in instance.items() if name not in located}
    convert = converters.of(shape)
    return convert(instance) if convert else instance


def _type_of(operation: Operation, member: Schema) -> str | None:
    """The JSON type of what a member refers to; None for a document."""
    name = member["$ref"].rpartition("/")[2] if "$ref" in member else None
    found: str | None = operation.contract.define(name).get("type") if name else member.get("type")
    return found


def from_cli(operation: Operation, output: Any, direction: str = "response", code: str | None = None) -> Any:
    """What the AWS CLI prints, or takes as `--cli-input-json`: ISO times and base64, boto3's member names."""
    return _convert(operation, _RESPONSE, direction, code, output)


# Forms ---------------------------------------------------------------------------------------------------------------


def _convert(operation: Operation, form: Form, direction: str, code: str | None, instance: Any) -> Any:
    shape = operation.shape(direction, code)
    if shape is None:
        return instance
    convert = _converters(operation.contract, form).of(shape)
    return instance if convert is None else convert(instance)


_TABLES: weakref.WeakKeyDictionary[Contract, dict[str, Converters]] = weakref.WeakKeyDictionary()


def _converters(contract: Contract, form: Form) -> Converters:
    tables = _TABLES.get(contract)
    if tables is None:
        tables = _TABLES.setdefault(contract, {})
    found = tables.get(form.name)
    if found is None:
        found = tables[form.name] = Converters(contract, form)
    return found


def _leaves(
    *,
    time: Callable[[Schema], Convert | None],
    blob: Callable[[Schema], Convert | None],
    stream: Convert | None,
    events: Convert | None = None,
) -> Callable[[Schema, Schema], Convert | None]:
    def leaf(schema: Schema, member: Schema) -> Convert | None:
        if "x-aws-event-stream" in member:
            return events
        if "x-aws-timestamp" in schema:
            return time({**schema, **member})
        if "contentEncoding" in schema:
            return stream if "x-aws-streaming" in schema or "x-aws-streaming" in member else blob(schema)
        return None

    return leaf


def _encode(content: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(content).decode("ascii")


def _content(value: Any) -> bytes | bytearray | memoryview | None:
    """The bytes that a blob's value is, or None; boto3's DynamoDB resource wraps them in `Binary`."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return value
    if type(value).__name__ == "Binary" and isinstance(getattr(value, "value", None), (bytes, bytearray)):
        content: bytes = value.value
        return content
    return None


def _filler(schema: Schema) -> str:
    """Some base64 text that keeps the bounds of a blob."""
    return _encode(bytes(schema.get("x-aws-min-bytes", 0)))


def _blob(schema: Schema, *, text_is_content: bool, exact: bool) -> Convert:
    least, most = schema.get("x-aws-min-bytes", 0), schema.get("x-aws-max-bytes")
    filler = _filler(schema)

    def convert(value: Any) -> Any:
        if type(value) is bytes:
            content: Any = value
        elif text_is_content and isinstance(value, str):
            try:
                content = value.encode("utf-8")
            except UnicodeEncodeError:
                return value
        else:
            content = _content(value)
            if content is None:
                return filler if not isinstance(value, str) and hasattr(value, "read") else value
        size = len(content)
        if not exact and size >= least and (most is None or size <= most):
            return filler
        return _encode(content)

    if not exact and not least and most is None:
        return lambda value: filler if type(value) is bytes else convert(value)
    return convert


def _decode(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return value
    return value


def _stream(value: Any) -> Any:
    return value if isinstance(value, str) else "" if _content(value) is not None or hasattr(value, "read") else value


def _events(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else []


def _any_time(value: Any) -> Any:
    """Enough for a verdict: whether it is a time; which one does not matter."""
    return 0 if isinstance(value, datetime.datetime) else times.to_epoch(value)


def _spelled(schema: Schema) -> Convert | None:
    form = schema["x-aws-timestamp"]
    return None if form == "unixTimestamp" else lambda value: times.spell(value, form)


_REQUEST = Form(
    "from boto3 request",
    _leaves(
        time=lambda _: times.to_epoch,
        blob=lambda schema: _blob(schema, text_is_content=True, exact=True),
        stream=_stream,
        events=_events,
    ),
)
_RESPONSE = Form(
    "from boto3 response",
    _leaves(
        time=lambda _: times.to_epoch,
        blob=lambda schema: _blob(schema, text_is_content=False, exact=True),
        stream=_stream,
        events=_events,
    ),
)
_VERDICT_REQUEST = Form(
    "verdict on a boto3 request",
    _leaves(
        time=lambda _: _any_time,
        blob=lambda schema: _blob(schema, text_is_content=True, exact=False),
        stream=_stream,
        events=_events,
    ),
)
_VERDICT_RESPONSE = Form(
    "verdict on a boto3 response",
    _leaves(
        time=lambda _: _any_time,
        blob=lambda schema: _blob(schema, text_is_content=False, exact=False),
        stream=_stream,
        events=_events,
    ),
)
_TO_BOTO3 = Form("to boto3", _leaves(time=lambda _: times.to_datetime, blob=lambda _: _decode, stream=_decode))
_FROM_WIRE = Form(
    "from wire",
    _leaves(time=lambda _: times.to_epoch, blob=lambda _: None, stream=None),
    rename="inside",
    drop_null=True,
)
_TO_WIRE = Form("to wire", _leaves(time=_spelled, blob=lambda _: None, stream=None), rename="outside")
