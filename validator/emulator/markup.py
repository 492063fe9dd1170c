"""A canonical instance written as XML, as query, EC2 and rest-xml services do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.contract import Contract
from validator.emulator.scalars import text_of
from validator.reshape import resolve

Schema = Mapping[str, Any]
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


def element(contract: Contract, name: str, schema: Schema, value: Any) -> str:
    """One element, or several of the same name for a flattened list or map."""
    found = resolve(contract, schema)
    if isinstance(value, list):
        return _list(contract, name, found, value)
    if (
        isinstance(value, Mapping)
        and "properties" not in found
        and isinstance(found.get("additionalProperties"), Mapping)
    ):
        return _map(contract, name, found, value)
    if isinstance(value, Mapping):
        attributes, content = _structure(contract, found, value)
        return f"<{name}{_namespace(found)}{attributes}>{content}</{name}>"
    return f"<{name}>{escape(text_of(found, value, 'iso8601'))}</{name}>"


def members(contract: Contract, schema: Schema, value: Mapping[str, Any]) -> str:
    """A structure's members without an element around them."""
    return _structure(contract, resolve(contract, schema), value)[1]


def escape(text: str) -> str:
    """Text as it stands in XML, such that every reader gives it back unchanged."""
    return text.translate(_ESCAPES)


def carries(value: Any) -> bool:
    """Whether XML can express every text in an instance: it has no form for most control characters."""
    if isinstance(value, str):
        return all(
            letter in "\t\n\r" or " " <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter > "\uffff"
            for letter in value
        )
    if isinstance(value, Mapping):
        return all(carries(name) and carries(each) for name, each in value.items())
    return all(map(carries, value)) if isinstance(value, list) else True


def _structure(contract: Contract, schema: Schema, value: Mapping[str, Any]) -> tuple[str, str]:
    attributes, content = "", ""
    for name, member in schema.get("properties", {}).items():
        if name not in value or "x-aws-location" in member:
            continue
        known = resolve(contract, member)
        spelled = member.get("x-aws-location-name") or name
        if known.get("x-aws-flattened") and known.get("type") == "array":
            inner = known["items"].get("x-aws-location-name")
            spelled = inner or spelled
        if known.get("x-aws-xml-attribute") or member.get("x-aws-xml-attribute"):
            attributes += f' {spelled}="{escape(text_of(known, value[name], "iso8601"))}"'
        else:
            content += element(contract, spelled, member, value[name])
    return attributes, content


def _list(contract: Contract, name: str, schema: Schema, value: list[Any]) -> str:
    items = schema["items"]
    if schema.get("x-aws-flattened"):
        return "".join(element(contract, name, items, each) for each in value if each is not None)
    inner = items.get("x-aws-location-name") or "member"
    return f"<{name}>{''.join(element(contract, inner, items, each) for each in value if each is not None)}</{name}>"


def _map(contract: Contract, name: str, schema: Schema, value: Mapping[str, Any]) -> str:
    keys, values = schema.get("propertyNames", {}), schema["additionalProperties"]
    key, inner = keys.get("x-aws-location-name") or "key", values.get("x-aws-location-name") or "value"
    flat = schema.get("x-aws-flattened")
    entry = name if flat else "entry"
    written = "".join(
        f"<{entry}><{key}>{escape(each)}</{key}>{element(contract, inner, values, of)}</{entry}>"
        for each, of in value.items()
    )
    return written if flat else f"<{name}>{written}</{name}>"


def _namespace(schema: Schema) -> str:
    declared = schema.get("x-aws-xml-namespace")
    if not declared:
        return ""
    prefix = f":{declared['prefix']}" if declared.get("prefix") else ""
    return f' xmlns{prefix}="{escape(declared["uri"])}"'
