"""The bodies of HTTP messages: JSON, CBOR, event streams, and what only botocore's own parsers read."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from validator.contract import Contract, Operation
from validator.errors import UnusableInputError
from validator.formed import from_xml, parse_xml
from validator.reshape import JSON, PYTHON, Schema, is_timestamp, reshape, resolve

CBOR = "smithy-rpc-v2-cbor"
XML = ("query", "ec2", "rest-xml")


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
    parser = botocore_parser(CBOR)
    try:
        return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except RecursionError:
        raise UnusableInputError("the body is nested too deeply") from None
    except Exception as error:
        raise UnusableInputError(f"the body is not CBOR: {str(error) or type(error).__name__}") from None


# Event streams ------------------------------------------------------------------------------------------------------


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
    except UnusableInputError:
        raise
    except (ParserError, ValueError, KeyError) as error:
        raise UnusableInputError(f"the event stream is damaged: {error}") from None


def _event(contract: Contract, schema: Schema, answer: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    whole_body = True
    for name, member in schema.get("properties", {}).items():
        if member.get("x-aws-event-header"):
            if name in answer["headers"]:
                value = answer["headers"][name]
                # A time in the header of an event is in milliseconds.
                milliseconds = isinstance(value, int) and is_timestamp(resolve(contract, member))
                found[name] = value / 1000 if milliseconds else reshape(contract, member, value, PYTHON)
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


# botocore's own parsers --------------------------------------------------------------------------------------------


@functools.cache
def botocore_parser(protocol: str) -> Any:
    """botocore's parser of a protocol."""
    from botocore import parsers

    return parsers.create_parser(protocol)


@functools.lru_cache(maxsize=16)
def botocore_model(service: str, api_version: str) -> Any:
    """botocore's own model of a service, which its parsers need."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2", api_version), service)


def protocol_of(operation: Operation, markup: bool) -> str:
    """The protocol a message is in: the service\'s own, or query where XML comes from a service that speaks more."""
    protocol = operation.contract.protocol
    return protocol if protocol in XML else "query" if markup else protocol


def parse_by_botocore(
    protocol: str, status: int, headers: Mapping[str, str], body: bytes, shape: Any
) -> Mapping[str, Any]:
    """What botocore\'s parser makes of a response; UnusableInputError when it can make nothing of it."""
    from botocore.awsrequest import HeadersDict

    parser = botocore_parser(protocol)
    try:
        parsed: Mapping[str, Any] = parser.parse(
            {"status_code": status, "headers": HeadersDict(headers), "body": body}, shape
        )
    except Exception as error:
        raise UnusableInputError(f"botocore cannot parse the body: {' '.join(str(error).split())[:200]}") from None
    return parsed
