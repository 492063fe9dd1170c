"""Requests spelled as forms (the query and ec2 protocols) and as XML, read into canonical form by the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from validator.contract import Contract, Operation
from validator.errors import UnusableInputError
from validator.reshape import Schema, is_map, resolve, text_scalar

Tree = dict[str, Any]
_ENVELOPE = ("Action", "Version", "AUTHPARAMS")
_SIGNING = (
    "AWSAccessKeyId",
    "SignatureVersion",
    "SignatureMethod",
    "Signature",
    "Timestamp",
    "SecurityToken",
    "Expires",
)
# A form holds no more pairs than this; AWS itself takes a megabyte.
_MOST_PAIRS = 100_000


def from_form(operation: Operation, text: str) -> Any:
    """The canonical request in a form body or a query string; members the contract does not know keep their names."""
    tree: Tree = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PAIRS)
    except ValueError:
        raise UnusableInputError("the form has too many fields") from None
    for name, value in pairs:
        if name in _ENVELOPE or name in _SIGNING or name.startswith("X-Amz-"):
            continue
        node = tree
        *path, last = name.split(".")
        for part in path[:64]:
            below = node.get(part)
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        if not isinstance(node.get(last), dict):
            node[last] = value
    if operation.input is None:
        return tree
    contract = operation.contract
    return _formed(contract, contract.define(operation.input), tree, contract.protocol == "ec2")


def _formed(contract: Contract, schema: Schema, tree: Any, ec2: bool) -> Any:
    schema = resolve(contract, schema)
    kind = schema.get("type")
    if kind == "array":
        return _formed_list(contract, schema, tree, ec2)
    if kind == "object" and is_map(schema):
        return _formed_map(contract, schema, tree, ec2)
    if kind == "object":
        return _formed_structure(contract, schema, tree, ec2)
    return text_scalar(schema, tree)


def _formed_structure(contract: Contract, schema: Schema, tree: Any, ec2: bool) -> Any:
    if not isinstance(tree, dict):
        return tree if tree else {}
    known = {_form_name(contract, name, member, ec2): name for name, member in schema["properties"].items()}
    return {
        known.get(spelled, spelled): _formed(contract, schema["properties"][known[spelled]], below, ec2)
        if spelled in known
        else below
        for spelled, below in tree.items()
    }


def _form_name(contract: Contract, name: str, member: Schema, ec2: bool) -> str:
    if ec2:
        if "x-aws-query-name" in member:
            return str(member["x-aws-query-name"])
        spelled = str(member.get("x-aws-location-name", name))
        return spelled[:1].upper() + spelled[1:]
    spelled = member.get("x-aws-location-name", name)
    whole = resolve(contract, member)
    flat = whole.get("type") == "array" and whole.get("x-aws-flattened")
    return str(whole["items"].get("x-aws-location-name", spelled) if flat else spelled)


def _formed_list(contract: Contract, schema: Schema, tree: Any, ec2: bool) -> Any:
    if not isinstance(tree, dict):
        return [] if tree == "" else tree
    if not ec2 and not schema.get("x-aws-flattened"):
        name = schema["items"].get("x-aws-location-name", "member")
        tree = tree.get(name, tree.get("member", tree))
        if not isinstance(tree, dict):
            return tree
    if not all(key.isdigit() for key in tree):
        return tree
    return [_formed(contract, schema["items"], tree[key], ec2) for key in sorted(tree, key=int)]


def _formed_map(contract: Contract, schema: Schema, tree: Any, ec2: bool) -> Any:
    if not isinstance(tree, dict):
        return {} if tree == "" else tree
    entries = tree if schema.get("x-aws-flattened") else tree.get("entry", tree)
    if not isinstance(entries, dict):
        return tree
    key_name = schema["propertyNames"].get("x-aws-location-name", "key")
    value_name = schema["additionalProperties"].get("x-aws-location-name", "value")
    found = {}
    for index in sorted(entries, key=lambda key: (len(key), key)):
        entry = entries[index]
        if not isinstance(entry, dict) or not isinstance(entry.get(key_name), str):
            return tree
        found[entry[key_name]] = _formed(contract, schema["additionalProperties"], entry.get(value_name, ""), ec2)
    return found


# XML -----------------------------------------------------------------------------------------------------------------


def parse_xml(body: bytes) -> ElementTree.Element:
    """The root of an XML document; one without a document type, since entities can make a small document huge."""
    if re.search(rb"<!(DOCTYPE|ENTITY)", body, re.IGNORECASE):
        raise UnusableInputError("the XML body declares a document type, which no AWS service sends")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnusableInputError(f"the body is not XML: {error}") from None


def from_xml(contract: Contract, schema: Schema, node: ElementTree.Element, depth: int = 0) -> Any:
    """The canonical instance an XML element holds."""
    if depth > 200:
        raise UnusableInputError("the XML body is nested too deeply")
    schema = resolve(contract, schema)
    kind = schema.get("type")
    if kind == "array":
        name = schema["items"].get("x-aws-location-name", "member")
        children = [child for child in node if _tag(child) == name] or list(node)
        return [from_xml(contract, schema["items"], child, depth + 1) for child in children]
    if kind == "object" and is_map(schema):
        return dict(_entry(contract, schema, child, depth) for child in node)
    if kind == "object":
        return _xml_structure(contract, schema, node, depth)
    return text_scalar(schema, node.text or "")


def _xml_structure(contract: Contract, schema: Schema, node: ElementTree.Element, depth: int) -> dict[str, Any]:
    by_tag: dict[str, list[ElementTree.Element]] = {}
    for child in node:
        by_tag.setdefault(_tag(child), []).append(child)
    attributes = {_local(name): value for name, value in node.attrib.items()}
    found: dict[str, Any] = {}
    for name, member in schema["properties"].items():
        whole = resolve(contract, member)
        spelled = member.get("x-aws-location-name", name)
        if member.get("x-aws-xml-attribute"):
            if (value := attributes.get(spelled.rpartition(":")[2])) is not None:
                found[name] = text_scalar(whole, value)
            continue
        if whole.get("x-aws-flattened"):
            if "items" in whole:
                spelled = whole["items"].get("x-aws-location-name", spelled)
            children = by_tag.pop(spelled, [])
            if children and "items" in whole:
                found[name] = [from_xml(contract, whole["items"], child, depth + 1) for child in children]
            elif children:
                found[name] = dict(_entry(contract, whole, child, depth) for child in children)
        elif children := by_tag.pop(spelled, []):
            found[name] = from_xml(contract, member, children[0], depth + 1)
    for tag, children in by_tag.items():
        found[tag] = children[0].text or ""
    return found


def _entry(contract: Contract, schema: Schema, node: ElementTree.Element, depth: int) -> tuple[str, Any]:
    key_name = schema["propertyNames"].get("x-aws-location-name", "key")
    value_name = schema["additionalProperties"].get("x-aws-location-name", "value")
    key, value = "", None
    for child in node:
        if _tag(child) == key_name:
            key = child.text or ""
        elif _tag(child) == value_name:
            value = from_xml(contract, schema["additionalProperties"], child, depth + 1)
    return key, value


def _tag(node: ElementTree.Element) -> str:
    return _local(node.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def flat(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers with lower-case names and one text each."""
    found = {}
    for name, value in headers.items():
        if isinstance(value, (list, tuple)):
            value = ", ".join(_text(item) for item in value)
        found[str(name).casefold()] = _text(value)
    return found


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else str(value)
