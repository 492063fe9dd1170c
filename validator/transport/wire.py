"""A canonical instance, right or broken, written as an HTTP request; an HTTP response read as an exchange.

The JSON protocols are written here, so that a wrong type reaches the target as it is. For the others botocore's own
serializers do it, without their validation; what they cannot express is refused by name.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from validator import instances, redaction
from validator import wire as protocols
from validator.bodies import XML
from validator.contract import Contract, Operation
from validator.exchange import ErrorReply, Exchange
from validator.results import Unchecked

try:
    import orjson
except ImportError:  # The standard library does the same, slower.
    orjson = None  # type: ignore[assignment]


# So many bytes of an answer that cannot be read are quoted.
_QUOTED = 60


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request before it is signed: `path` carries the query string."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def to_json(instance: Any) -> bytes:
    """An instance as JSON bytes; whatever Python's json writes, including lone surrogates, as escapes."""
    if orjson is not None:
        try:
            return orjson.dumps(instance)
        except TypeError:
            pass
    return json.dumps(instance).encode()


def from_json(body: bytes) -> Any:
    """Parsed JSON; ValueError when it is not."""
    if orjson is not None:
        return orjson.loads(body)
    return json.loads(body)


def encode(operation: Operation, instance: Any) -> Message | Unchecked:
    """The request as it goes over the wire, or the reason why it cannot be written."""
    contract = operation.contract
    if contract.protocol == "json":
        return Message("POST", "/", _json_headers(contract, operation.name), to_json(_on_wire(operation, instance)))
    if not isinstance(instance, Mapping):
        return Unchecked(
            f"the {contract.protocol} protocol cannot write a request that is no structure",
            contract.service,
            operation.name,
        )
    try:
        serializer, model = _botocore(contract.service, contract.api_version)
        raw = serializer.serialize_to_request(
            instances.to_boto3(operation, dict(instance)), model.operation_model(operation.name)
        )
    except Exception as error:
        # Any exception of a serializer fed with wrong types means the same: the protocol has no form for the value.
        return Unchecked(
            f"cannot be written in the {contract.protocol} protocol: {type(error).__name__}",
            contract.service,
            operation.name,
        )
    return _prepared(raw)


def _on_wire(operation: Operation, instance: Any) -> Any:
    try:
        return instances.to_wire(operation, instance, "request")
    except Exception:
        # A broken instance that the converter does not understand is sent as it stands: that is the point of it.
        return instance


@functools.lru_cache(maxsize=2048)
def _json_headers(contract: Contract, operation: str) -> Mapping[str, str]:
    return {
        "Content-Type": f"application/x-amz-json-{contract.info.get('jsonVersion', '1.0')}",
        "X-Amz-Target": f"{contract.info.get('targetPrefix', '')}.{operation}",
    }


@functools.lru_cache(maxsize=32)
def _botocore(service: str, api_version: str) -> tuple[Any, Any]:
    import botocore.serialize
    import botocore.session

    model = botocore.session.get_session().get_service_model(service, api_version)
    return botocore.serialize.create_serializer(model.metadata["protocol"], include_validation=False), model


def _prepared(raw: Mapping[str, Any]) -> Message:
    from botocore.awsrequest import AWSRequest

    prepared = AWSRequest(
        method=raw["method"],
        url="http://target" + raw["url_path"],
        headers=raw["headers"],
        data=raw["body"],
        params=raw["query_string"],
    ).prepare()
    body = prepared.body
    if hasattr(body, "read"):
        body = body.read()
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in prepared.headers.items()
    }
    headers.pop("Content-Length", None)
    return Message(
        raw["method"],
        prepared.url[len("http://target") :] or "/",
        headers,
        body.encode() if isinstance(body, str) else bytes(body or b""),
    )


def decode(
    operation: Operation, request: Any, status: int, headers: Mapping[str, str], body: bytes, **where: Any
) -> Exchange:
    """The exchange that a request and its HTTP response make; `where` is what else is known of it.

    An answer that is not of the protocol is neither a response nor an error: `unread` says what came instead.
    """
    name, service = operation.name, operation.service
    response: Any = None
    error: ErrorReply | None = None
    try:
        if operation.contract.protocol == "json":
            response, error = _json_answer(operation, status, headers, body)
        else:
            response, error = protocols.parse_response(operation, status, headers, body)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return Exchange(service, name, request, status=status, unread=_unread(operation, request, body), **where)
    if error is not None and not error.code and error.message and error.message == _prose(body):
        # No code, and the body itself for a message: that is how the wire hands on what is of no protocol at all.
        return Exchange(service, name, request, status=status, unread=_unread(operation, request, body), **where)
    return Exchange(service, name, request, response, error, status, **where)


def _prose(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace")


def _unread(operation: Operation, request: Any, body: bytes) -> str:
    """What came instead of an answer, in words and shortened."""
    protocol = operation.contract.protocol
    wanted = "XML" if protocol in XML else "CBOR" if "cbor" in protocol else "JSON"
    if wanted == "JSON":
        try:
            json.loads(body.decode())
            wanted = "a JSON object"
        except UnicodeDecodeError:
            wanted = "UTF-8"
        except (ValueError, RecursionError):
            pass
    if not redaction.quotable(operation, request, body.decode("utf-8", "replace")):
        # What cannot be read cannot be redacted.
        return f"the answer is not {wanted}; it is not shown, since it may hold what is sensitive"
    text = " ".join(body[:_QUOTED].decode("utf-8", "backslashreplace").split())
    return f'the answer is not {wanted}: "{text}{"..." if len(body) > _QUOTED else ""}"'


def _json_answer(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes
) -> tuple[Any, ErrorReply | None]:
    parsed = from_json(body) if body else {}
    if status < 300:
        return _canonical(operation, parsed, "response"), None
    if not isinstance(parsed, Mapping):
        raise ValueError("an error is an object")
    code = (
        parsed.get("__type")
        or parsed.get("code")
        or headers.get("x-amzn-errortype")
        or headers.get("X-Amzn-Errortype")
        or str(status)
    )
    code = str(code).partition(":")[0].rpartition("#")[2]
    message = parsed.get("message") or parsed.get("Message") or parsed.get("errorMessage") or ""
    members = {member: value for member, value in parsed.items() if member != "__type"}
    if code in operation.errors:
        members = _canonical(operation, members, "error", code)
    return None, ErrorReply(code, str(message), members)


def _canonical(operation: Operation, parsed: Any, direction: str, code: str | None = None) -> Any:
    try:
        return instances.from_wire(operation, parsed, direction, code)
    except (ValueError, TypeError, AttributeError, KeyError):
        # It is JSON, if not what was asked for: its contract says what is wrong with it.
        return parsed
