"""Answers in every protocol of AWS: a canonical response or error as status, headers and body."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from validator import instances
from validator.contract import Operation
from validator.emulator.markup import element, escape, members
from validator.emulator.scalars import text_of, to_cbor
from validator.reshape import resolve

Schema = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]
CBOR = "smithy-rpc-v2-cbor"
_CLEAN = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def protocol_of(operation: Operation, path: str, headers: Mapping[str, str]) -> str:
    """The protocol that a request speaks, of those its service does: the answer speaks the same."""
    if "x-amz-target" in headers:
        return "json"
    if path.startswith("/service/"):
        return CBOR
    protocol = operation.contract.protocol
    return "query" if "form-urlencoded" in headers.get("content-type", "") and protocol != "ec2" else protocol


def expressible(operation: Operation) -> bool:
    """Whether a response can be written: a stream of events cannot."""
    contract, shape = operation.contract, operation.output
    properties = contract.define(shape).get("properties", {}) if shape else {}
    return not any(resolve(contract, member).get("x-aws-event-stream") for member in properties.values())


def response(operation: Operation, protocol: str, instance: Mapping[str, Any], request_id: str) -> Answer:
    """A response's status, headers and body."""
    contract, shape = operation.contract, operation.output
    schema: Schema = contract.define(shape) if shape else {"type": "object", "properties": {}}
    headers = {"x-amzn-RequestId": request_id}
    status = operation.http.get("responseCode", 200)
    if protocol == "json":
        headers["Content-Type"] = f"application/x-amz-json-{contract.info.get('jsonVersion', '1.0')}"
        return status, headers, _json(instances.to_wire(operation, instance, "response")) if shape else b""
    if protocol == CBOR:
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return status, headers, to_cbor(contract, schema, instance)
    if protocol in ("query", "ec2"):
        headers["Content-Type"] = "text/xml"
        return status, headers, _enveloped(operation, schema, instance, request_id, protocol).encode()
    located, code = _located(operation, schema, instance)
    kind, body = _rest_body(operation, schema, instance, protocol)
    return code or status, {"Content-Type": kind, **headers, **located}, body


def error(operation: Operation, protocol: str, code: str, message: str, status: int, request_id: str) -> Answer:
    """An error's status, headers and body."""
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    if protocol in ("json", "rest-json"):
        kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
        return status, {**headers, "Content-Type": kind}, _json({"__type": code, "message": message})
    if protocol == CBOR:
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return status, headers, to_cbor(operation.contract, {}, {"__type": code, "message": message})
    said = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    identified = f"<RequestId>{request_id}</RequestId>"
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{said}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    elif operation.service == "s3":
        body = f"<Error>{said}{identified}</Error>"
    else:
        body = f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error>{identified}</ErrorResponse>"
    return status, {**headers, "Content-Type": "text/xml"}, body.encode()


def _enveloped(
    operation: Operation, schema: Schema, instance: Mapping[str, Any], request_id: str, protocol: str
) -> str:
    content = members(operation.contract, schema, instance)
    name = f"{operation.name}Response"
    if protocol == "ec2":
        return f"<{name}><requestId>{request_id}</requestId>{content}</{name}>"
    if wrapper := operation.entry.get("resultWrapper"):
        content = f"<{wrapper}>{content}</{wrapper}>"
    return f"<{name}>{content}<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}>"


def _rest_body(operation: Operation, schema: Schema, instance: Mapping[str, Any], protocol: str) -> tuple[str, bytes]:
    contract, payload = operation.contract, schema.get("x-aws-payload")
    kind = "application/json" if protocol == "rest-json" else "application/xml"
    if payload is not None:
        member = schema["properties"][payload]
        found, value = resolve(contract, member), instance.get(payload)
        if value is None:
            return kind, b""
        if found.get("contentEncoding") == "base64" or found.get("x-aws-streaming"):
            return "application/octet-stream", base64.b64decode(value)
        if isinstance(value, str):
            return "text/plain", value.encode()
        if protocol == "rest-xml":
            return kind, element(contract, _root(member, payload), member, value).encode()
    elif protocol == "rest-xml":
        body = {
            name: each for name, each in instance.items() if "x-aws-location" not in schema["properties"].get(name, {})
        }
        if operation.output is None or not body:
            return kind, b""
        return kind, f"<{operation.output}>{members(contract, schema, body)}</{operation.output}>".encode()
    return kind, _json(instances.to_wire(operation, instance, "response"))


def _root(member: Schema, name: str) -> str:
    return str(member.get("x-aws-location-name") or name)


def _located(operation: Operation, schema: Schema, instance: Mapping[str, Any]) -> tuple[dict[str, str], int | None]:
    """The members that travel as headers, without those that no header can carry, and the status if one says it."""
    headers: dict[str, str] = {}
    status = None
    for name, member in schema.get("properties", {}).items():
        place, spelled = member.get("x-aws-location"), member.get("x-aws-location-name") or name
        if name not in instance or place is None:
            continue
        found, value = resolve(operation.contract, member), instance[name]
        if place == "statusCode":
            status = value if 200 <= value < 300 else None
        elif place == "headers":
            headers |= {f"{spelled}{key}": text for key, text in value.items() if _CLEAN.fullmatch(key + "=" + text)}
        elif place == "header":
            text = _header(operation, found, value)
            headers |= {spelled: text} if _CLEAN.fullmatch(text) else {}
    return headers, status


def _header(operation: Operation, schema: Schema, value: Any) -> str:
    if schema.get("x-aws-jsonvalue"):
        return base64.b64encode(_json(value)).decode()
    if isinstance(value, list):
        items = resolve(operation.contract, schema["items"])
        return ", ".join(text_of(items, each, "rfc822") for each in value)
    return text_of(schema, value, "rfc822")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
