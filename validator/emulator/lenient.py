"""What AWS makes of a request before it judges it: unknown members and explicit nulls are as if they were not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.contract import Contract


def tidy(contract: Contract, shape: str | None, value: Any) -> Any:
    """The value as the service takes it: no unknown member, no null for an absent one, integers cut to whole."""
    return _tidy(contract, {"$ref": f"#/$defs/{shape}"} if shape else {"type": "object", "properties": {}}, value)


def _tidy(contract: Contract, schema: Mapping[str, Any], value: Any) -> Any:
    while "$ref" in schema and "type" not in schema:
        schema = contract.define(schema["$ref"].rpartition("/")[2])
    kind = schema.get("type")
    if isinstance(value, dict):
        properties = schema.get("properties")
        if properties is not None and not schema.get("x-aws-document"):
            known = ((name, properties[name], each) for name, each in value.items() if name in properties)
            return {name: _tidy(contract, of, each) for name, of, each in known if each is not None}
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping):
            return {name: _tidy(contract, values, each) for name, each in value.items()}
    elif isinstance(value, list) and kind == "array":
        return [_tidy(contract, schema["items"], each) for each in value]
    elif isinstance(value, float) and kind == "integer" and abs(value) < 2**63:
        return int(value)
    return value


def expected_type(contract: Contract, shape: str | None, pointer: str) -> str:
    """The type, as AWS names types, that a contract has at a JSON Pointer into an instance."""
    schema: Mapping[str, Any] = {"$ref": f"#/$defs/{shape}"} if shape else {"type": "object", "properties": {}}
    for part in ["", *pointer.split("/")[1:]]:
        if part:
            name = part.replace("~1", "/").replace("~0", "~")
            under = schema.get("properties", {}).get(name) or schema.get("items") or schema.get("additionalProperties")
            schema = under if isinstance(under, Mapping) else {}
        while "$ref" in schema and "type" not in schema:
            schema = contract.define(schema["$ref"].rpartition("/")[2])
    found = schema.get("type", "structure")
    if found == "object":
        return "structure" if "properties" in schema else "map"
    named = {"array": "list", "number": "double"}
    if schema.get("x-aws-timestamp"):
        return "timestamp"
    return "blob" if schema.get("contentEncoding") else named.get(str(found), str(found))
