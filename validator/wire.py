"""HTTP messages of every AWS protocol, read into canonical instances.

JSON, CBOR, forms and request XML are read by the contract itself, so that members it does not know and values of
the wrong type are seen. Response XML goes through botocore's own parsers, which drop what they do not know.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from validator import routing
from validator.bodies import (
    CBOR,
    XML,
    botocore_model,
    iter_events,
    parse_by_botocore,
    protocol_of,
    read_cbor,
    read_json,
)
from validator.contract import Contract, Operation
from validator.errors import UnusableInputError
from validator.exchange import ErrorReply
from validator.formed import from_form, from_xml, parse_xml
from validator.replies import from_http
from validator.reshape import JSON, PYTHON, Schema, is_map, reshape, resolve, text_scalar


def parse_request(operation: Operation, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Any:
    """The canonical request that one HTTP request carries; UnusableInputError when its body cannot be read.

    `headers` have lower-case names, `body` is unpacked.
    """
    contract = operation.contract
    parts = urlsplit(url)
    content_type = headers.get("content-type", "")
    if "x-amz-target" in headers and contract.protocol not in ("rest-json", "rest-xml"):
        return _shaped(contract, operation.input, read_json(body), JSON)
    if "cbor" in content_type:
        return _shaped(contract, operation.input, read_cbor(body), PYTHON)
    if contract.protocol in ("rest-json", "rest-xml"):
        return _rest_request(operation, parts, headers, body)
    if contract.protocol in ("query", "ec2") or "form-urlencoded" in content_type:
        if contract.protocol not in ("query", "ec2") and "query" not in contract.info.get("protocols", ()):
            raise UnusableInputError(f"a form, but {contract.service} speaks {contract.protocol} in this contract")
        return from_form(operation, "&".join(filter(None, (parts.query, body.decode("utf-8", "replace")))))
    if contract.protocol == CBOR and not body:
        return {}
    return _shaped(contract, operation.input, read_json(body), JSON)


def parse_response(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes = b""
) -> tuple[Any, ErrorReply | None]:
    """The canonical response, or the error, that one HTTP response carries: exactly one of the two.

    An error whose code stands nowhere, as in a recording without headers, has the code "".

    `headers` have lower-case names, `body` is unpacked. UnusableInputError when the body cannot be read.
    """
    contract = operation.contract
    markup = body[:256].lstrip()[:1] == b"<"
    if status >= 300 and not (status == 304 and not body):
        return None, from_http(operation, status, headers, body, markup)
    if contract.protocol in XML or (
        markup and "query" in contract.info.get("protocols", ()) and _payload(operation) is None
    ):
        return _parsed_by_botocore(operation, status, headers, body, markup)
    if markup and contract.protocol in ("json", CBOR):
        raise UnusableInputError(f"an XML body, but {contract.service} speaks {contract.protocol} in this contract")
    if operation.output is None:
        return {}, None
    if events := _event_member(operation):
        return {
            **_headers_in(operation, "response", status, headers),
            events: list(iter_events(operation, events, body)),
        }, None
    if "cbor" in headers.get("content-type", "") or headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _shaped(contract, operation.output, read_cbor(body), PYTHON), None
    if contract.protocol == "rest-json":
        instance = _headers_in(operation, "response", status, headers)
        instance.update(_body_in(operation, "response", body))
        return instance, None
    return _shaped(contract, operation.output, read_json(body), JSON), None


def _shaped(contract: Contract, shape: str | None, value: Any, spelling: Any) -> Any:
    return value if shape is None else reshape(contract, contract.define(shape), value, spelling)


def _payload(operation: Operation, direction: str = "response") -> str | None:
    shape = operation.shape(direction)
    return None if shape is None else operation.contract.define(shape).get("x-aws-payload")


def _event_member(operation: Operation) -> str | None:
    properties = _properties(operation, "response")
    return next((name for name, member in properties.items() if member.get("x-aws-event-stream")), None)


def _properties(operation: Operation, direction: str) -> Mapping[str, Schema]:
    shape = operation.shape(direction)
    assert shape is not None
    properties: Mapping[str, Schema] = operation.contract.define(shape).get("properties", {})
    return properties


def _body_in(operation: Operation, direction: str, body: bytes) -> dict[str, Any]:
    """The members of a rest-json body, or its one payload member."""
    contract, shape = operation.contract, operation.shape(direction)
    assert shape is not None
    schema = contract.define(shape)
    payload = schema.get("x-aws-payload")
    if payload is None:
        value = read_json(body)
        if not isinstance(value, Mapping):
            raise UnusableInputError(f"the body is no JSON object but {type(value).__name__}")
        # A member bound to a header keeps the name that a body could have for something unknown.
        return dict(reshape(contract, schema, value, JSON))
    whole = resolve(contract, schema["properties"][payload])
    if whole.get("x-aws-event-stream"):
        return {}
    if whole.get("x-aws-streaming") or whole.get("contentEncoding"):
        # A streaming body is never looked into; its presence is all that a contract can say of it.
        value = "" if whole.get("x-aws-streaming") else base64.b64encode(body).decode()
        return {payload: value} if body or direction == "response" else {}
    if whole.get("type") == "string":
        return {payload: body.decode("utf-8", "replace")} if body else {}
    if not body.strip():
        return {}
    return {payload: reshape(contract, whole, read_json(body), JSON)}


def _headers_in(operation: Operation, direction: str, status: int | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """The members that stand in headers and in the status."""
    contract = operation.contract
    found: dict[str, Any] = {}
    for name, member in _properties(operation, direction).items():
        location = member.get("x-aws-location")
        spelled = member.get("x-aws-location-name", "" if location == "headers" else name)
        if location == "header" and (text := headers.get(spelled.casefold())) is not None:
            found[name] = _header_value(contract, member, text)
        elif location == "headers":
            prefix = spelled.casefold()
            entries = {
                key[len(prefix) :]: value for key, value in headers.items() if key.startswith(prefix) and key != prefix
            }
            if entries:
                found[name] = entries
        elif location == "statusCode" and status is not None:
            found[name] = status
    return found


def _header_value(contract: Contract, member: Schema, text: str) -> Any:
    schema = resolve(contract, member)
    if schema.get("x-aws-jsonvalue"):
        try:
            return read_json(base64.b64decode(text, validate=True))
        except (ValueError, UnusableInputError):
            return text
    if schema.get("type") == "array":
        items = resolve(contract, schema["items"])
        if items.get("x-aws-timestamp"):
            return [text_scalar(items, ",".join(pair)) for pair in zip(*[iter(text.split(","))] * 2, strict=False)]
        return [text_scalar(items, part.strip().strip('"')) for part in text.split(",")] if text else []
    return text_scalar(schema, text)


def _rest_request(operation: Operation, parts: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    contract = operation.contract
    if operation.input is None:
        return {}
    schema = contract.define(operation.input)
    instance = {
        **_labels_in(operation, schema, parts),
        **_query_in(operation, schema, parts.query),
        **_headers_in(operation, "request", None, headers),
    }
    if contract.protocol == "rest-json":
        instance.update(_body_in(operation, "request", body))
        return instance
    payload = schema.get("x-aws-payload")
    whole = resolve(contract, schema["properties"][payload]) if payload else schema
    if payload and whole.get("type") != "object":
        if body or "x-aws-streaming" in whole:
            text = (
                body.decode("utf-8", "replace") if "contentEncoding" not in whole else base64.b64encode(body).decode()
            )
            instance[payload] = "" if whole.get("x-aws-streaming") else text
    elif body.strip():
        found = from_xml(contract, whole, parse_xml(body))
        instance.update({payload: found} if payload else found)
    return instance


def _labels_in(operation: Operation, schema: Schema, parts: Any) -> dict[str, Any]:
    binding = routing.binding(operation)
    path = re.sub(r"(?<!^)/$", "", parts.path) or "/"
    bucket = routing.bucket(parts.hostname or "") if operation.service == "s3" else ""
    found = binding.path.fullmatch(f"/{bucket}{'' if path == '/' else path}" if bucket else path)
    if found is None:
        return {}
    by_label = {
        member.get("x-aws-location-name", name): name
        for name, member in schema["properties"].items()
        if member.get("x-aws-location") == "uri"
    }
    return {
        by_label[label]: text_scalar(resolve(operation.contract, schema["properties"][by_label[label]]), unquote(text))
        for label, text in zip(binding.labels, found.groups(), strict=True)
        if label in by_label
    }


def _query_in(operation: Operation, schema: Schema, query: str) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(text)
    found: dict[str, Any] = {}
    contract = operation.contract
    literal = {name for name, _ in parse_qsl(operation.http["requestUri"].partition("?")[2], keep_blank_values=True)}
    named = {
        member.get("x-aws-location-name", name): (name, member)
        for name, member in schema["properties"].items()
        if member.get("x-aws-location") == "querystring"
    }
    for spelled, (name, member) in named.items():
        whole = resolve(contract, member)
        if whole.get("type") == "object" and is_map(whole):
            left = {
                key: texts
                for key, texts in given.items()
                if key not in named and key not in literal and not key.startswith("X-Amz-")
            }
            single = resolve(contract, whole["additionalProperties"]).get("type") != "array"
            if left:
                found[name] = {key: texts[0] if single else texts for key, texts in left.items()}
        elif spelled in given and whole.get("type") == "array":
            found[name] = [text_scalar(resolve(contract, whole["items"]), text) for text in given[spelled]]
        elif spelled in given:
            found[name] = text_scalar(whole, given[spelled][0])
    return found


def _parsed_by_botocore(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes, markup: bool
) -> tuple[Any, ErrorReply | None]:
    contract = operation.contract
    if markup:
        parse_xml(body)
    if operation.output is None:
        return {}, None
    model = botocore_model(contract.service, contract.api_version).operation_model(operation.name)
    shape = model.output_shape
    streaming = model.has_streaming_output
    if streaming and not model.has_event_stream_output:
        body = b""
    if model.has_event_stream_output:
        member = _event_member(operation)
        assert member is not None
        return {
            **_headers_in(operation, "response", status, headers),
            member: list(iter_events(operation, member, body)),
        }, None
    parsed = dict(parse_by_botocore(protocol_of(operation, markup), status, headers, body, shape))
    parsed.pop("ResponseMetadata", None)
    if streaming:
        parsed[shape.serialization["payload"]] = ""
    return reshape(contract, contract.define(operation.output), parsed, PYTHON), None
