"""The errors services answer with, in every protocol, told apart from each other by what the operation declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.bodies import XML, botocore_model, parse_by_botocore, protocol_of, read_cbor, read_json
from validator.contract import Contract, ErrorShape, Operation
from validator.errors import UnusableInputError
from validator.exchange import ErrorReply
from validator.formed import parse_xml
from validator.reshape import JSON, PYTHON, Schema, reshape, resolve, text_scalar


def declared(operation: Operation, *names: str | None) -> ErrorShape | None:
    """The error the operation declares under one of these codes or shape names."""
    wanted = [name for name in names if name]
    for name in wanted:
        if name in operation.errors:
            return operation.errors[name]
    return next((error for error in operation.errors.values() if error.shape in wanted), None)


def from_http(operation: Operation, status: int, headers: Mapping[str, str], body: bytes, markup: bool) -> ErrorReply:
    """The error in an HTTP response; its code is empty when it stands nowhere."""
    contract = operation.contract
    if contract.protocol in XML or markup:
        return _xml_error(operation, status, headers, body)
    try:
        value = read_cbor(body) if "cbor" in headers.get("content-type", "") else read_json(body)
    except UnusableInputError:
        # What answers with prose is a proxy or a load balancer; its status is all there is to hold on to.
        return ErrorReply("", body[:200].decode("utf-8", "replace"))
    if not isinstance(value, Mapping):
        value = {}
    named = headers.get("x-amzn-errortype") or value.get("__type") or value.get("code") or value.get("Code") or ""
    code = str(named).split(":")[0].rpartition("#")[2]
    queried = headers.get("x-amzn-query-error", "").split(";")[0]
    shape = declared(operation, queried, code)
    message = next(
        (value[name] for name in ("message", "Message", "errorMessage") if isinstance(value.get(name), str)), ""
    )
    if shape is None:
        return ErrorReply(code or queried, message)
    schema = contract.define(shape.shape)
    # `message` and `code` are put beside the modelled members whatever the shape calls them.
    extra = {
        name for name in ("message", "Message", "code", "Code", "Type", "type") if name not in schema["properties"]
    }
    kept = {name: item for name, item in value.items() if name != "__type" and name not in extra}
    spelled = {member.get("x-aws-location-name", name) for name, member in schema["properties"].items()}
    if "message" in value and "message" not in spelled and "Message" in spelled:
        kept.setdefault("Message", value["message"])
    return ErrorReply(
        shape.code, message, {**_error_headers(contract, schema, headers), **reshape(contract, schema, kept, JSON)}
    )


def _error_headers(contract: Contract, schema: Schema, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: text_scalar(resolve(contract, member), headers[spelled])
        for name, member in schema["properties"].items()
        if member.get("x-aws-location") == "header"
        and (spelled := str(member.get("x-aws-location-name", name)).casefold()) in headers
    }


def _xml_error(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> ErrorReply:
    contract = operation.contract
    protocol = protocol_of(operation, True)
    if body.strip():
        try:
            parse_xml(body)
        except UnusableInputError:
            return ErrorReply("", body[:200].decode("utf-8", "replace"))
    service = botocore_model(contract.service, contract.api_version)
    shape = service.operation_model(operation.name).output_shape
    parsed = parse_by_botocore(protocol, max(status, 301), headers, body, shape)
    error = parsed.get("Error") or {}
    code, message = str(error.get("Code", status)), str(error.get("Message") or "")
    found = declared(operation, code)
    if found is None:
        return ErrorReply(code, message)
    modelled = dict(parse_by_botocore(protocol, max(status, 301), headers, body, service.shape_for(found.shape)))
    for name in ("ResponseMetadata", "Error"):
        modelled.pop(name, None)
    return ErrorReply(found.code, message, reshape(contract, contract.define(found.shape), modelled, PYTHON))
