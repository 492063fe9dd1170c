"""One recorded HTTP call into an exchange: whose call it is, what it asked, what came back."""

from __future__ import annotations

import base64
import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from validator import routing
from validator import validate as validating
from validator.contract import Operation
from validator.errors import UnusableInputError
from validator.exchange import Exchange
from validator.recordings.recording import Recording
from validator.recordings.settling import operation_of, settle
from validator.results import Location, Unchecked
from validator.wire import parse_request, parse_response

# A container that answers for credentials, not an AWS API.
_METADATA_HOSTS = ("169.254.169.254", "169.254.170.2", "metadata.google.internal")


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request and, unless the call failed, its response; headers have lower-case names, bodies are bytes."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer: bytes = b""
    recorded_at: float | None = None
    elapsed: float | None = None


def to_exchange(call: Call, recording: Recording, location: Location) -> Exchange | Unchecked:
    """The exchange an HTTP call is, or why it cannot be held against a contract."""
    try:
        host = urlsplit(call.url).hostname or ""
    except ValueError:
        return Unchecked("its URL cannot be read", location=location)
    if host in _METADATA_HOSTS:
        return Unchecked(f"a call for credentials to {host}, not to an AWS API", location=location)
    candidates = _candidates(call, recording)
    if not candidates:
        return Unchecked(_no_candidate(call, host), location=location)
    try:
        body = unpack(call.body, call.headers, recording)
        answer = unpack(call.answer, call.answer_headers, recording)
    except UnusableInputError as problem:
        return Unchecked(problem.what, location=location)

    def messages(operation: Operation) -> Any:
        yield "request", parse_request(operation, call.method, call.url, call.headers, body)
        if call.status is not None:
            yield "response", parse_response(operation, call.status, call.answer_headers, answer)[0]

    chosen = settle(candidates, messages)
    if isinstance(chosen, str):
        return Unchecked(chosen, location=location)
    operation = operation_of(chosen)
    response = error = None
    try:
        request = parse_request(operation, call.method, call.url, call.headers, body)
        if call.status is not None:
            response, error = parse_response(operation, call.status, call.answer_headers, answer)
    except UnusableInputError as problem:
        return Unchecked(problem.what, chosen.service, chosen.operation, location)
    return Exchange(
        chosen.service,
        chosen.operation,
        request,
        response,
        error,
        call.status,
        call.recorded_at,
        call.elapsed,
        location=location,
    )


def _candidates(call: Call, recording: Recording) -> list[routing.Candidate]:
    """What the call itself says; what the caller said decides where that is nothing or not enough."""
    found = routing.route(call.method, call.url, call.headers, call.body, load=validating.load)
    if recording.service is not None:
        narrowed = [each for each in found if each.service == recording.service]
        if not found:
            narrowed = routing.route(
                call.method, call.url, call.headers, call.body, load=validating.load, service=recording.service
            )
        found = narrowed or found
    if len(found) > 1 and recording.operation:
        found = [each for each in found if each.operation == recording.operation] or found
    return found


def _no_candidate(call: Call, host: str) -> str:
    if "x-amz-target" in call.headers:
        return f"no service has an operation {call.headers['x-amz-target'][:100]}"
    if not routing.is_aws(host) and not routing.hosted(host) and "authorization" not in call.headers:
        return f"not a call to AWS: {host[:100] or 'no host'}"
    path = urlsplit(call.url).path
    return f"no operation has the path {call.method} {path[:100]} at {host[:100]}"


def unpack(body: bytes, headers: Mapping[str, str], recording: Recording) -> bytes:
    """A body without its content encoding, whether or not the recorder took that off; bounded."""
    encoding = headers.get("content-encoding", "").casefold()
    limit = recording.limits.body
    try:
        if body[:2] == b"\x1f\x8b" and ("gzip" in encoding or "json" in headers.get("content-type", "")):
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
                unpacked = packed.read(limit + 1)
        elif encoding == "deflate":
            unpacked = zlib.decompressobj(-15 if body[:1] not in b"\x78" else 15).decompress(body, limit + 1)
        else:
            return body
    except (OSError, EOFError, zlib.error):
        return body
    if len(unpacked) > limit:
        raise UnusableInputError(f"a body unpacks to more than {limit >> 20} MiB", where=recording.name)
    return unpacked


def to_bytes(value: Any, *, base64_text: bool = False) -> bytes:
    """A recorded body as bytes: text, bytes, base64, or nothing."""
    if value is None:
        return b""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if not isinstance(value, str):
        raise UnusableInputError(f"a body is no text but {type(value).__name__}")
    if base64_text:
        try:
            return base64.b64decode(value, validate=False)
        except ValueError:
            raise UnusableInputError("a body is said to be base64 and is not") from None
    return value.encode("utf-8", "surrogatepass")
