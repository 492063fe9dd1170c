"""Whose call it is: the account of an access key, and the scope that a request is signed for."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
from dataclasses import dataclass

# Keys that people put where any key will do: whoever uses them means no account in particular.
PLACEHOLDERS = frozenset({"", "test", "testing", "fake", "dummy", "mock", "local", "foobar_key", "foobarkey", "any"})
_CREDENTIAL = re.compile(r"\bCredential=([^/,\s]*)/\d+/([^/,\s]*)/([^/,\s]*)/aws4_request")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Signed:
    """The access key, region and signing name of a request."""

    key: str
    region: str
    service: str


@functools.lru_cache(maxsize=1024)
def signed(authorization: str) -> Signed | None:
    """What an `Authorization` header of signature version 4 says; None for any other."""
    found = _CREDENTIAL.search(authorization)
    return Signed(*found.groups()) if found else None


@functools.lru_cache(maxsize=1024)
def account_of(key: str) -> str | None:
    """The account of an access key; None for a placeholder.

    Twelve digits are the account itself. In a key of AWS's own form the account stands encoded. Any other key has an
    account of its own, always the same.
    """
    if key.lower() in PLACEHOLDERS:
        return None
    if _ACCOUNT.fullmatch(key):
        return key
    if len(key) == 20 and key[:4] in ("AKIA", "ASIA"):
        try:
            number = int.from_bytes(base64.b32decode(key[4:])[:6], "big")
        except binascii.Error:
            pass
        else:
            # The 41 bits after the first, as documented for real keys of today's form.
            return f"{(number & 0x7FFFFFFFFF80) >> 7:012d}"[-12:]
    return f"{int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], 'big') % 10**12:012d}"
