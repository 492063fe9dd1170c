"""Single values as they stand on the wire: text for XML and headers, and CBOR."""

from __future__ import annotations

import base64
import datetime
import email.utils
import struct
from collections.abc import Mapping
from typing import Any

from validator.contract import Contract
from validator.reshape import is_timestamp, resolve

Schema = Mapping[str, Any]
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def text_of(schema: Schema, value: Any, times: str) -> str:
    """A canonical value as text; a time in the shape's own form, or else in `times`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_timestamp(schema) and isinstance(value, (int, float)):
        return time_of(value, schema.get("x-aws-timestamp") or times)
    return value if isinstance(value, str) else repr(value)


def time_of(seconds: float, form: str) -> str:
    """Epoch seconds as `iso8601`, `rfc822` or `unixTimestamp` text."""
    if form == "unixTimestamp":
        return repr(seconds)
    if form == "rfc822":
        return email.utils.format_datetime(_EPOCH + datetime.timedelta(seconds=int(seconds)), usegmt=True)
    moment = _EPOCH + datetime.timedelta(seconds=seconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def to_cbor(contract: Contract, schema: Schema, value: Any) -> bytes:
    """A canonical instance in CBOR (RFC 8949): times tagged as such, blobs as bytes."""
    found = resolve(contract, schema)
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, Mapping):
        properties, others = found.get("properties", {}), found.get("additionalProperties")
        parts = [
            _text(name)
            + to_cbor(contract, properties.get(name) or (others if isinstance(others, Mapping) else {}), each)
            for name, each in value.items()
        ]
        return _head(5, len(parts)) + b"".join(parts)
    if isinstance(value, list):
        items = found.get("items", {})
        return _head(4, len(value)) + b"".join(to_cbor(contract, items, each) for each in value)
    if isinstance(value, (int, float)) and is_timestamp(found):
        return b"\xc1\xfb" + struct.pack(">d", value)
    if isinstance(value, int) and -(2**64) <= value < 2**64 and found.get("type") != "number":
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, (int, float)):
        return b"\xfb" + struct.pack(">d", value)
    if found.get("contentEncoding") == "base64":
        content = base64.b64decode(value)
        return _head(2, len(content)) + content
    return _text(value)


def _text(text: str) -> bytes:
    encoded = text.encode("utf-8")
    return _head(3, len(encoded)) + encoded


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in range(4) if number < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size, "big")
