"""Calls recorded by nock for Node.js: a JSON list of scopes with paths and replies."""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from typing import Any

from validator.errors import UnusableInputError
from validator.formed import flat
from validator.recordings.calls import Call, to_bytes, to_exchange
from validator.recordings.recording import Format, Read, Recording, View


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a list of nock's definitions."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(each, Mapping) and {"scope", "path"} <= each.keys() for each in document[:20])
    )


def read(document: Any, recording: Recording) -> Read:
    """Each definition."""
    for index, each in enumerate(document):
        try:
            call = to_call(each)
        except (UnusableInputError, KeyError, TypeError, AttributeError, ValueError) as error:
            what = error.what if isinstance(error, UnusableInputError) else f"it has no {error}"
            yield recording.unchecked(f"not a whole definition: {what}", index)
            continue
        yield to_exchange(call, recording, recording.at(index))


def to_call(each: Mapping[str, Any]) -> Call:
    """One definition as an HTTP call."""
    raw = each.get("rawHeaders") or each.get("headers") or {}
    answer_headers = flat(dict(zip(raw[::2], raw[1::2], strict=False)) if isinstance(raw, list) else raw)
    headers = flat(each.get("reqheaders") or {})
    body = each.get("body")
    status = each.get("status", 200)
    return Call(
        str(each.get("method", "GET")).upper(),
        str(each["scope"]).rstrip("/") + str(each["path"]),
        headers,
        json.dumps(body).encode() if isinstance(body, (Mapping, list)) else _text(body, False),
        status if isinstance(status, int) else None,
        answer_headers,
        _answer(each.get("response"), bool(each.get("responseIsBinary"))),
    )


def _answer(response: Any, binary: bool) -> bytes:
    # nock keeps an encoded body as a list of hexadecimal chunks.
    if isinstance(response, list) and response and all(_is_hex(chunk) for chunk in response):
        return b"".join(binascii.unhexlify(chunk) for chunk in response)
    if isinstance(response, (Mapping, list)):
        return json.dumps(response).encode()
    return _text(response, binary)


def _text(value: Any, binary: bool) -> bytes:
    if isinstance(value, str) and value and (binary or len(value) >= 16) and _is_hex(value):
        return binascii.unhexlify(value)
    return to_bytes(value)


def _is_hex(text: Any) -> bool:
    return isinstance(text, str) and len(text) % 2 == 0 and not set(text) - set("0123456789abcdef")


FORMAT = Format(
    "nock", "calls recorded by nock, JSON", "a list of objects with `scope` and `path`", fits, read, View(filters=True)
)
