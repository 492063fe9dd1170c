"""What a report may not show: values that the contract calls sensitive, wherever they stand in a call."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from validator.contract import Contract, Operation
from validator.errors import AwsContractError
from validator.results import Finding
from validator.validate import load

HIDDEN = "***"
# Deeper than any shape that is not recursive; what lies below in a recursive one is hidden unseen.
_DEEPEST = 30


def redacted(finding: Finding) -> Finding:
    """The finding with its calls' sensitive members hidden; a call whose contract is unknown loses its messages."""
    if not finding.calls:
        return finding
    calls = []
    for call in finding.calls:
        try:
            operation = load(str(call["service"])).operation(str(call["operation"]))
        except (AwsContractError, KeyError):
            calls.append({name: call[name] for name in ("service", "operation", "status") if name in call})
        else:
            calls.append(dict(hidden(operation, call)))
    return dataclasses.replace(finding, calls=tuple(calls))


def hidden(operation: Operation, call: Mapping[str, Any]) -> Mapping[str, Any]:
    """A call in the own recording form without what its contract calls sensitive."""
    shown = dict(call)
    for direction in ("request", "response"):
        shape = operation.shape(direction)
        if call.get(direction) is not None and shape is not None:
            shown[direction] = without(operation.contract, shape, call[direction])
    error = call.get("error")
    if isinstance(error, Mapping) and error.get("body") is not None:
        declared = operation.errors.get(str(error.get("code")))
        body = without(operation.contract, declared.shape, error["body"]) if declared else HIDDEN
        shown["error"] = {**error, "body": body}
    return shown


def quotable(operation: Operation, request: Any, text: str) -> bool:
    """Whether an answer that cannot be read may be quoted: none of its members is sensitive, nor does it repeat one."""
    shape = operation.shape("request")
    if any(_sensitive(operation.contract, each) for each in (operation.shape("response"), *_errors(operation))):
        return False
    if shape is None or not _sensitive(operation.contract, shape):
        return True
    hidden = set(_texts(request)) - set(_texts(without(operation.contract, shape, request)))
    return not any(each and each in text for each in hidden)


def _errors(operation: Operation) -> set[str]:
    return {error.shape for error in operation.errors.values()}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ():
        yield from _texts(inner)


def _sensitive(contract: Contract, shape: str | None) -> bool:
    """Whether anything that a contract calls sensitive may stand in an instance of a shape."""
    todo: list[Any] = [] if shape is None else [{"$ref": f"#/$defs/{shape}"}]
    seen: set[str] = set()
    while todo:
        schema = todo.pop()
        if isinstance(schema, Mapping):
            if schema.get("x-aws-sensitive"):
                return True
            name = str(schema.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                todo.append(contract.define(name))
            todo += [schema[part] for part in ("items", "additionalProperties") if part in schema]
            todo += schema.get("properties", {}).values()
    return False


def without(contract: Contract, shape: str, value: Any) -> Any:
    """An instance of a shape with each sensitive value replaced by `***`."""
    return _without(contract, {"$ref": f"#/$defs/{shape}"}, value, 0)


def _without(contract: Contract, schema: Mapping[str, Any], value: Any, depth: int) -> Any:
    while True:
        if schema.get("x-aws-sensitive"):
            return HIDDEN
        if "$ref" not in schema:
            break
        schema = contract.define(schema["$ref"].rpartition("/")[2])
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, Mapping) else {}
        return {
            name: _without(contract, properties.get(name, others), inner, depth + 1) for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)) and isinstance(schema.get("items"), Mapping):
        return [_without(contract, schema["items"], inner, depth + 1) for inner in value]
    return value
