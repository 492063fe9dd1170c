"""Answers as boto3 hands them out: error dictionaries, response metadata, decoded policies, streaming bodies."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from validator.contract import Operation
from validator.exchange import ErrorReply
from validator.replies import declared
from validator.reshape import PYTHON, Schema, Spelling, members, python_scalar, reshape

# What boto3 puts into a response that the service did not send: member of the response -> the operations' services.
_ADDED = {"ResponseMetadata": None, "ExpiresString": "s3", "retries": None}
# Services whose text members boto3 decodes into objects (policies, templates).
_DECODED = frozenset(("iam", "cloudformation"))


def _as_text(schema: Schema, value: Any) -> Any:
    return quote(json.dumps(value)) if schema.get("type") == "string" else value


def _as_json(schema: Schema, value: Any) -> Any:
    return json.dumps(value) if schema.get("type") == "string" else value


_DECODING = Spelling("boto3-decoded", scalar=python_scalar, container=_as_text)
LOOSE = Spelling("boto3-loose", scalar=python_scalar, container=_as_json)


def from_answer(
    operation: Operation, data: Mapping[str, Any], spelling: Spelling | None = None
) -> tuple[Any, ErrorReply | None]:
    """The canonical response or the error in what a boto3 client returned or raised (`ClientError.response`)."""
    contract = operation.contract
    spelling = spelling or (_DECODING if contract.service in _DECODED else PYTHON)
    if is_error(data):
        return None, _error(operation, data, spelling)
    plain = {name: value for name, value in data.items() if not added(contract.service, name)}
    if operation.output is None:
        return plain, None
    for name, schema in members(contract, operation.output):
        if schema.get("x-aws-streaming") and name in plain:
            plain[name] = ""
    return reshape(contract, contract.define(operation.output), plain, spelling), None


def is_error(data: Mapping[str, Any]) -> bool:
    """Whether an answer is that of a ClientError."""
    error = data.get("Error")
    return (
        isinstance(error, Mapping)
        and isinstance(error.get("Code"), (str, int))
        and ("ResponseMetadata" in data or len(data) <= 3)
    )


def added(service: str, member: str) -> bool:
    """Whether boto3, not the service, put this member into a response."""
    return member in _ADDED and _ADDED[member] in (None, service)


def _error(operation: Operation, data: Mapping[str, Any], spelling: Spelling) -> ErrorReply:
    contract, raw = operation.contract, data["Error"]
    code, message = str(raw["Code"]), raw.get("Message") or ""
    shape = declared(operation, code)
    if shape is None:
        return ErrorReply(code, str(message))
    schema = contract.define(shape.shape)
    beside = {name: value for name, value in data.items() if name not in ("Error", "ResponseMetadata")}
    for name in ("message", "Message"):
        if name not in schema["properties"]:
            beside.pop(name, None)
    return ErrorReply(shape.code, str(message), reshape(contract, schema, beside, spelling))


def revive(value: Any) -> Any:
    """Placebo's objects for datetimes and streaming bodies turned into values; all else as it stands."""
    if isinstance(value, list):
        return [revive(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind = value.get("__class__")
    if kind == "datetime":
        parts = {name: part for name, part in value.items() if not name.startswith("__")}
        try:
            return datetime.datetime(**parts, tzinfo=datetime.timezone.utc)
        except (TypeError, ValueError, OverflowError):
            return dict(value)
    if kind == "StreamingBody":
        return ""
    return {name: revive(item) for name, item in value.items()}


def status_of(data: Mapping[str, Any], fallback: Any = None) -> int | None:
    """The HTTP status that the response metadata or the recorder tells."""
    metadata = data.get("ResponseMetadata")
    found = metadata.get("HTTPStatusCode") if isinstance(metadata, Mapping) else None
    status = found if isinstance(found, int) else fallback
    return status if isinstance(status, int) and not isinstance(status, bool) else None
