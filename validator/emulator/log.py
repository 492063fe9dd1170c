"""A line of the request log, made only when written: no credentials, nothing that the contract calls sensitive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from validator.contract import Contract, Operation
from validator.emulator import protocol
from validator.emulator.accounts import account_of, signed

if TYPE_CHECKING:
    from validator.emulator.app import Answer, Emulator

MASK = "***"
_LONGEST = 400


class Line:
    """`POST personalize.ListSchemas 200 0.4ms 123456789012/us-east-1 {"maxResults": 5}`, with the code of an error."""

    def __init__(
        self,
        emulator: Emulator,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        answer: Answer,
        seconds: float,
    ) -> None:
        self._emulator, self._method, self._path, self._headers = emulator, method, path, headers
        self._body, self._answer, self._seconds = body, answer, seconds

    def __str__(self) -> str:
        status, _headers, content = self._answer
        lower = protocol.lowered(self._headers)
        operation = self._emulator.operation_of(lower)
        # A query string may hold a signature or a key.
        name = f"{operation.service}.{operation.name}" if operation else _printable(self._path.partition("?")[0])
        parts = [self._method, name, str(status)]
        if status >= 400 and (code := _code(content)):
            parts.append(code)
        parts.append(f"{self._seconds * 1000:.1f}ms")
        if operation is not None:
            if (who := signed(lower.get("authorization", ""))) is not None:
                parts.append(f"{account_of(who.key) or self._emulator.account}/{_printable(who.region)}")
            parts.append(_request(operation, self._body))
        return " ".join(parts)


def masked(contract: Contract, shape: str | None, value: Any) -> Any:
    """The value without what its shape, or a shape below, marks as sensitive, and without members nobody knows."""
    return _masked(contract, {"$ref": f"#/$defs/{shape}"} if shape else {"properties": {}}, value)


def _masked(contract: Contract, schema: Mapping[str, Any], value: Any) -> Any:
    sensitive = schema.get("x-aws-sensitive")
    while "$ref" in schema and "type" not in schema:
        schema = contract.define(schema["$ref"].rpartition("/")[2])
        sensitive = sensitive or schema.get("x-aws-sensitive")
    if sensitive:
        return MASK
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {
            name: _masked(contract, of, each) if isinstance(of := known.get(name, others), Mapping) else MASK
            for name, each in value.items()
        }
    if isinstance(value, list):
        items = schema.get("items")
        return [_masked(contract, items, each) if isinstance(items, Mapping) else MASK for each in value]
    return value


def _request(operation: Operation, body: bytes) -> str:
    try:
        request = json.loads(body) if body else {}
        text = json.dumps(masked(operation.contract, operation.input, request))
    except (ValueError, RecursionError):
        return f"({len(body)} bytes)"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content).get("__type", ""))
    except (ValueError, AttributeError):
        return ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:200])
