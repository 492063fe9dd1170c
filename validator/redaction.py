"""What a report may not show: values that the contract calls sensitive, wherever they stand in a call."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
