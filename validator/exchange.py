"""The second narrow waist: one operation, its request, its answer, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from validator.results import Location

# What `Exchange.unread` says when a connection is closed, and how it begins when no answer came in time.
CLOSED = "the connection was closed without an answer"
LATE = "no answer within"


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An error a service answered with: its code, its message, and its body's members in canonical form."""

    code: str
    message: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One operation called once.

    `request`, `response` and `error` are canonical instances and may each be absent (`None`): a placebo pill has
    no request, a call that never returned has no answer. `status` is the HTTP status, `recorded_at` epoch
    seconds, `elapsed` seconds. `source` names where it came from in words (`tests/test_jobs.py:12`), `location`
    where it can be read again. `phase` is the part of a run that sent it; `account` and `region` tell whose it is.
    `unread` says in words why there is neither response nor error though the request was sent: no answer came (then
    there is no status either), or one that cannot be read.
    """

    service: str
    operation: str
    request: Any = None
    response: Any = None
    error: ErrorReply | None = None
    status: int | None = None
    recorded_at: float | None = None
    elapsed: float | None = None
    source: str | None = None
    location: Location | None = None
    phase: str | None = None
    account: str | None = None
    region: str | None = None
    unread: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the service carried the call out: it answered, and not with an error."""
        return self.error is None and self.unread is None and (self.status is None or self.status < 400)

    @property
    def late(self) -> bool:
        """Whether an answer was waited for in vain."""
        return self.status is None and self.unread is not None and self.unread.startswith(LATE)

    def to_json(self) -> dict[str, Any]:
        """The exchange in the own recording form, one object a line; absent parts are left out."""
        document: dict[str, Any] = {"service": self.service, "operation": self.operation}
        if self.request is not None:
            document["request"] = self.request
        if self.response is not None:
            document["response"] = self.response
        if self.error is not None:
            document["error"] = {"code": self.error.code, "message": self.error.message}
            if self.error.body:
                document["error"]["body"] = dict(self.error.body)
        for name in ("status", "recorded_at", "source", "phase", "account", "region", "unread"):
            if (value := getattr(self, name)) is not None:
                document[name] = value
        return document
