"""Page tokens: opaque, signed, and good only for the list, the filter and the account they were given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

_PAYLOAD = struct.Struct(">Qd")
_SIGNATURE = 16


class Tokens:
    """Gives out tokens and takes them back; `secret` is what they are signed with."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    def give(self, context: str, after: int, now: float) -> str:
        """A token for the page that begins after a record's number."""
        payload = _PAYLOAD.pack(after, now)
        return base64.urlsafe_b64encode(payload + self.sign(context, payload)).decode().rstrip("=")

    def take(self, context: str, token: str) -> tuple[int, float] | None:
        """The record's number and the time it was given at; None for a token that was not given in this context."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        payload, signature = raw[: _PAYLOAD.size], raw[_PAYLOAD.size :]
        if len(raw) != _PAYLOAD.size + _SIGNATURE or not hmac.compare_digest(signature, self.sign(context, payload)):
            return None
        # Base64 has spare bits at the end: only the one spelling that was given out is taken back.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
            return None
        after, given = _PAYLOAD.unpack(payload)
        return after, given

    def sign(self, context: str, payload: bytes) -> bytes:
        """The signature over a context and a payload."""
        return hmac.digest(self.secret, payload + context.encode("utf-8", "surrogatepass"), hashlib.sha256)[:_SIGNATURE]
