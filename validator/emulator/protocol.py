"""AWS JSON 1.1 over HTTP: which operation a request is for, and the answers to what is no such request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CONTENT_TYPE = "application/x-amz-json-1.1"
# What the services answer with when they cannot tell the operation: bytes, since it is not JSON.
NO_OPERATION = b"<UnknownOperationException/>\n"


@dataclass(frozen=True, slots=True)
class Target:
    """What `X-Amz-Target` names: a service's prefix and an operation."""

    prefix: str
    operation: str


def target(headers: Mapping[str, str]) -> Target | None:
    """The target of a request by its lower-case headers; None when it has none of the form."""
    prefix, dot, operation = headers.get("x-amz-target", "").rpartition(".")
    return Target(prefix, operation) if dot and prefix and operation else None


def speaks(headers: Mapping[str, str]) -> bool:
    """Whether the content type is that of AWS JSON 1.1."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == CONTENT_TYPE


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name, values as text."""
    # botocore's own mapping finds each value anew by a key of its own; what it holds is a plain one.
    plain = getattr(headers, "_dict", headers)
    found = {}
    for name, value in plain.items():
        text = value if type(value) is str else value.decode("latin-1") if isinstance(value, bytes) else str(value)
        found[(name if type(name) is str else str(getattr(name, "_key", name))).lower()] = text
    return found
