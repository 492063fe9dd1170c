"""HTTP messages of every AWS protocol, read into canonical instances.

JSON, CBOR, forms and request XML are read by the contract itself, so that members it does not know and values of
the wrong type are seen. Response XML goes through botocore's own parsers, which drop what they do not know.
"""
from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from validator import routing
from validator.contract import Contract, ErrorShape, Operation
from validator.errors import UnusableInputError
from validator.exchange import ErrorReply
from validator.formed import from_form, from_xml, parse_xml
from validator.reshape import JSON, PYTHON, Schema, is_map, resolve, reshape, text_scalar

_LOCATED = ("header", "headers", "querystring", "uri", "statusCode")
_XML = ("query", "ec2", "rest-xml")
_CBOR = "smithy-rpc-v2-cbor"


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
    if contract.protocol == _CBOR and not body:
        return {}
    return _shaped(contract, operation.input, read_json(body), JSON)


def parse_response(operation: Operation, status: int, headers: Mapping[str, str],
                   body: bytes = b"") -> tuple[Any, ErrorReply | None]:
    """The canonical response, or the error, that one HTTP response carries: exactly one of the two.

    `headers` have lower-case names, `body` is unpacked. UnusableInputError when the body cannot be read.
    """
    contract = operation.contract
    markup = body[:256].lstrip()[:1] == b"<"
    if status >= 300 and not (status == 304 and not body):
        return None, _error(operation, status, headers, body, markup)
    if contract.protocol in _XML or (markup and "query" in contract.info.get("protocols", ()) and _payload(operation) is None):
        return _parsed_by_botocore(operation, status, headers, body, markup)
    if markup and contract.protocol in ("json", _CBOR):
        raise UnusableInputError(f"an XML body, but {contract.service} speaks {contract.protocol} in this contract")
    if operation.output is None:
        return {}, None
    if events := _event_member(operation):
        return {**_headers_in(operation, "response", status, headers), events: list(iter_events(operation, events, body))}, None
    if "cbor" in headers.get("content-type", "") or headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _shaped(contract, operation.output, read_cbor(body), PYTHON), None
    if contract.protocol == "rest-json":
        instance = _headers_in(operation, "response", status, headers)
        instance.update(_body_in(operation, "response", body))
        return instance, None
    return _shaped(contract, operation.output, read_json(body), JSON), None


# Bodies --------------------------------------------------------------------------------------------------------------


def read_json(body: bytes) -> Any:
    """The JSON value of a body; an empty body is an empty object."""
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"the body is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise UnusableInputError("the body is nested too deeply") from None
    except ValueError as error:
        raise UnusableInputError(f"the body is not JSON: {error}") from None


def read_cbor(body: bytes) -> Any:
    """The value of a CBOR body as Python data, read by botocore's own parser; an empty body is an empty object."""
    if not body:
        return {}
    parser = _botocore_parser(_CBOR)
    try:
        return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except RecursionError:
        raise UnusableInputError("the body is nested too deeply") from None
    except Exception as error:
        raise UnusableInputError(f"the body is not CBOR: {str(error) or type(error).__name__}") from None


def _shaped(contract: Contract, shape: str | None, value: Any, spelling: Any) -> Any:
    return value if shape is None else reshape(contract, contract.define(shape), value, spelling)


def _payload(operation: Operation, direction: str = "response") -> str | None:
    shape = operation.shape(direction)
    return None if shape is None else operation.contract.define(shape).get("x-aws-payload")


def _event_member(operation: Operation) -> str | None:
    if operation.output is None:
        return None
    for name, member in operation.contract.define(operation.output).get("properties", {}).items():
        if member.get("x-aws-event-stream"):
            return str(name)
    return None


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
    contract, shape = operation.contract, operation.shape(direction)
    found: dict[str, Any] = {}
    if shape is None:
        return found
    for name, member in contract.define(shape).get("properties", {}).items():
        location = member.get("x-aws-location")
        spelled = member.get("x-aws-location-name", "" if location == "headers" else name)
        if location == "header" and (text := headers.get(spelled.casefold())) is not None:
            found[name] = _header_value(contract, member, text)
        elif location == "headers":
            prefix = spelled.casefold()
            entries = {key[len(prefix):]: value for key, value in headers.items() if key.startswith(prefix) and key != prefix}
            if entries and prefix:
                found[name] = entries
        elif location == "statusCode" and status is not None:
            found[name] = status
    return found


def _header_value(contract: Contract, member: Schema, text: str) -> Any:
    schema = resolve(contract, member)
    if schema.get("x-aws-jsonvalue"):
        return text
    if schema.get("type") == "array":
        items = resolve(contract, schema["items"])
        if items.get("x-aws-timestamp"):
            return [text_scalar(items, ",".join(pair)) for pair in zip(*[iter(text.split(","))] * 2)]
        return [text_scalar(items, part.strip().strip('"')) for part in text.split(",")] if text else []
    return text_scalar(schema, text)


def _rest_request(operation: Operation, parts: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    contract = operation.contract
    if operation.input is None:
        return {}
    schema = contract.define(operation.input)
    instance = {**_labels_in(operation, schema, parts), **_query_in(operation, schema, parts.query),
                **_headers_in(operation, "request", None, headers)}
    if contract.protocol == "rest-json":
        instance.update(_body_in(operation, "request", body))
        return instance
    payload = schema.get("x-aws-payload")
    whole = resolve(contract, schema["properties"][payload]) if payload else schema
    if payload and whole.get("type") != "object":
        if body or "x-aws-streaming" in whole:
            text = body.decode("utf-8", "replace") if "contentEncoding" not in whole else base64.b64encode(body).decode()
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
        member.get("x-aws-location-name", name): name for name, member in schema["properties"].items()
        if member.get("x-aws-location") == "uri"
    }
    return {
        by_label[label]: text_scalar(resolve(operation.contract, schema["properties"][by_label[label]]), unquote(text))
        for label, text in zip(binding.labels, found.groups()) if label in by_label
    }


def _query_in(operation: Operation, schema: Schema, query: str) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(text)
    found: dict[str, Any] = {}
    contract = operation.contract
    named = {member.get("x-aws-location-name", name): (name, member) for name, member in schema["properties"].items()
             if member.get("x-aws-location") == "querystring"}
    for spelled, (name, member) in named.items():
        whole = resolve(contract, member)
        if whole.get("type") == "object" and is_map(whole):
            left = {key: texts for key, texts in given.items() if key not in named and not key.startswith("X-Amz-")}
            single = resolve(contract, whole["additionalProperties"]).get("type") != "array"
            if left:
                found[name] = {key: texts[0] if single else texts for key, texts in left.items()}
        elif spelled in given and whole.get("type") == "array":
            found[name] = [text_scalar(resolve(contract, whole["items"]), text) for text in given[spelled]]
        elif spelled in given:
            found[name] = text_scalar(whole, given[spelled][0])
    return found


# Event streams -------------------------------------------------------------------------------------------------------


def iter_events(operation: Operation, member: str, body: bytes) -> Iterator[Any]:
    """The events of an `application/vnd.amazon.eventstream` body, each an object with the one member it is."""
    from botocore.eventstream import EventStreamBuffer, ParserError

    contract = operation.contract
    assert operation.output is not None
    union = resolve(contract, resolve(contract, contract.define(operation.output)["properties"][member])["items"])
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    try:
        for message in buffer:
            answer = message.to_response_dict()
            kind = answer["headers"].get(":event-type") or answer["headers"].get(":exception-type")
            if kind == "initial-response" or kind is None:
                continue
            event = union["properties"].get(kind)
            yield {kind: _event(contract, resolve(contract, event), answer) if event else read_json(answer["body"])}
    except (ParserError, ValueError, KeyError, UnicodeDecodeError) as error:
        if isinstance(error, UnusableInputError):
            raise
        raise UnusableInputError(f"the event stream is damaged: {error}") from None


def _event(contract: Contract, schema: Schema, answer: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    whole_body = True
    for name, member in schema.get("properties", {}).items():
        if member.get("x-aws-event-header"):
            if name in answer["headers"]:
                found[name] = reshape(contract, member, answer["headers"][name], PYTHON)
        elif member.get("x-aws-event-payload"):
            whole_body = False
            payload = resolve(contract, member)
            if payload.get("contentEncoding"):
                found[name] = base64.b64encode(answer["body"]).decode()
            elif payload.get("type") == "string":
                found[name] = answer["body"].decode("utf-8", "replace")
            else:
                found[name] = _event_body(contract, payload, answer)
    if whole_body and answer["body"]:
        found.update(_event_body(contract, schema, answer))
    return found


def _event_body(contract: Contract, schema: Schema, answer: Mapping[str, Any]) -> Any:
    content_type = str(answer["headers"].get(":content-type", ""))
    if "cbor" in content_type:
        return reshape(contract, schema, read_cbor(answer["body"]), PYTHON)
    if answer["body"][:1] == b"<":
        return from_xml(contract, schema, parse_xml(answer["body"]))
    return reshape(contract, schema, read_json(answer["body"]), JSON)


# Errors --------------------------------------------------------------------------------------------------------------


def declared(operation: Operation, *names: str | None) -> ErrorShape | None:
    """The error the operation declares under one of these codes or shape names."""
    wanted = [name for name in names if name]
    for name in wanted:
        if name in operation.errors:
            return operation.errors[name]
    return next((error for error in operation.errors.values() if error.shape in wanted), None)


def _error(operation: Operation, status: int, headers: Mapping[str, str], body: bytes, markup: bool) -> ErrorReply:
    contract = operation.contract
    if contract.protocol in _XML or markup:
        return _xml_error(operation, status, headers, body)
    try:
        value = read_cbor(body) if "cbor" in headers.get("content-type", "") else read_json(body)
    except UnusableInputError:
        # What answers with prose is a proxy or a load balancer; its status is all there is to hold on to.
        return ErrorReply(str(status), body[:200].decode("utf-8", "replace"))
    if not isinstance(value, Mapping):
        value = {}
    named = headers.get("x-amzn-errortype") or value.get("__type") or value.get("code") or value.get("Code") or ""
    code = str(named).split(":")[0].rpartition("#")[2]
    queried = headers.get("x-amzn-query-error", "").split(";")[0]
    shape = declared(operation, queried, code)
    message = next((value[name] for name in ("message", "Message", "errorMessage") if isinstance(value.get(name), str)), "")
    body_members = {name: item for name, item in value.items() if name != "__type"}
    if shape is None:
        return ErrorReply(code or queried or str(status), message)
    schema = contract.define(shape.shape)
    # `message` and `code` are put beside the modelled members whatever the shape calls them.
    extra = {name for name in ("message", "Message", "code", "Code", "Type", "type") if name not in schema["properties"]}
    kept = {name: item for name, item in body_members.items() if name not in extra}
    spelled = {member.get("x-aws-location-name", name) for name, member in schema["properties"].items()}
    if "message" in kept and "message" not in spelled and "Message" in spelled:
        kept["Message"] = kept.pop("message")
    return ErrorReply(shape.code, message, {**_error_headers(contract, schema, headers), **reshape(contract, schema, kept, JSON)})


def _error_headers(contract: Contract, schema: Schema, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: text_scalar(resolve(contract, member), headers[spelled]) for name, member in schema["properties"].items()
        if member.get("x-aws-location") == "header"
        and (spelled := str(member.get("x-aws-location-name", name)).casefold()) in headers
    }


# botocore's own parsers ----------------------------------------------------------------------------------------------


@functools.cache
def _botocore_parser(protocol: str) -> Any:
    from botocore import parsers

    return parsers.create_parser(protocol)


@functools.lru_cache(maxsize=16)
def _botocore_model(service: str, api_version: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2", api_version), service)


def _protocol_of(operation: Operation, markup: bool) -> str:
    protocol = operation.contract.protocol
    return protocol if protocol in _XML else "query" if markup else protocol


def _parse(protocol: str, status: int, headers: Mapping[str, str], body: bytes, shape: Any) -> Mapping[str, Any]:
    from botocore.utils import CaseInsensitiveDict

    parser = _botocore_parser(protocol)
    try:
        parsed: Mapping[str, Any] = parser.parse(
            {"status_code": status, "headers": CaseInsensitiveDict(headers), "body": body}, shape)
    except RecursionError:
        raise UnusableInputError("the body is nested too deeply") from None
    except Exception as error:
        raise UnusableInputError(f"botocore cannot parse the body: {' '.join(str(error).split())[:200]}") from None
    return parsed


def _parsed_by_botocore(operation: Operation, status: int, headers: Mapping[str, str], body: bytes,
                        markup: bool) -> tuple[Any, ErrorReply | None]:
    contract = operation.contract
    if markup:
        parse_xml(body)
    if operation.output is None:
        return {}, None
    model = _botocore_model(contract.service, contract.api_version).operation_model(operation.name)
    shape = model.output_shape
    streaming = model.has_streaming_output
    if streaming and not model.has_event_stream_output:
        body = b""
    if model.has_event_stream_output:
        member = _event_member(operation)
        assert member is not None
        return {**_headers_in(operation, "response", status, headers), member: list(iter_events(operation, member, body))}, None
    parsed = dict(_parse(_protocol_of(operation, markup), status, headers, body, shape))
    parsed.pop("ResponseMetadata", None)
    if streaming:
        parsed[shape.serialization["payload"]] = ""
    return reshape(contract, contract.define(operation.output), parsed, PYTHON), None


def _xml_error(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> ErrorReply:
    contract = operation.contract
    protocol = _protocol_of(operation, True)
    if body.strip():
        try:
            parse_xml(body)
        except UnusableInputError:
            return ErrorReply(str(status), body[:200].decode("utf-8", "replace"))
    service = _botocore_model(contract.service, contract.api_version)
    shape = service.operation_model(operation.name).output_shape
    parsed = _parse(protocol, max(status, 301), headers, body, shape)
    error = parsed.get("Error") or {}
    code, message = str(error.get("Code", status)), str(error.get("Message") or "")
    found = declared(operation, code)
    if found is None:
        return ErrorReply(code, message)
    modelled = dict(_parse(protocol, max(status, 301), headers, body, service.shape_for(found.shape)))
    for name in ("ResponseMetadata", "Error"):
        modelled.pop(name, None)
    return ErrorReply(found.code, message, reshape(contract, contract.define(found.shape), modelled, PYTHON))


