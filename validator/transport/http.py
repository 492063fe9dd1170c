"""A target at a URL: requests signed with made-up credentials and sent over a pool of connections."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from validator.contract import Operation
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.exchange import CLOSED, LATE, Exchange
from validator.results import Unchecked
from validator.transport import interrupts
from validator.transport.target import UNSUPPORTED, Answer, BudgetSpentError
from validator.transport.wire import Message, decode, encode, to_json

# Servers that stand in for AWS tell accounts apart by the access key; a key of twelve digits is taken for the account
# itself by most of them. No real credential is ever sent to a URL.
_SECRET = "not-a-secret"
_CONNECT = 5.0
# How long a control of our own server is waited for, and a call at least where time is short, in seconds.
_CONTROL, _LEAST = 5.0, 2.0
# A call that has already been waited for in vain is given so many times the longest time that an answer took.
_MARGIN = 10
# The pauses, in seconds, after which a server that was there and now refuses connections is asked again.
_PAUSES = (0.2, 0.8)
# So many calls without an answer, when there never was one, and there is nobody at the URL.
_NOBODY = 3


class _NoAnswerError(Exception):
    """A request was sent, and no answer came: why, in words."""


class HttpTarget:
    """A server that stands in for AWS, at a URL such as `http://127.0.0.1:4570`.

    An answer is waited for `timeout` seconds, but never beyond `until`, a moment of `time.monotonic`, nor much longer
    than `share` seconds; Limited sets the two. Once an operation has been waited for in vain, its next answers are
    waited for 2 seconds, or ten times as long as the longest answer took.

    A server that understands our own emulator's controls is emptied by `reset` when `resets` is true, and when it was
    empty the first time that it is asked; not when `resets` is false. `tell` hears why it is not.
    """

    owned = True

    def __init__(
        self,
        url: str,
        *,
        accounts: tuple[str, ...] = ("123456789012", "210987654321"),
        regions: tuple[str, ...] = ("us-east-1", "eu-west-1"),
        timeout: float = 30.0,
        pool: Any = None,
        resets: bool | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UnusableInputError(f"{url!r} is no URL of a server", where="--target", fix="write http://HOST:PORT")
        if parts.hostname.endswith((".amazonaws.com", ".amazonaws.com.cn", ".aws", ".api.aws")):
            raise UnusableInputError("AWS itself is not driven by URL", where="--target", fix="write --target aws")
        if parts.username or parts.query:
            raise UnusableInputError("the URL of a target has neither user nor query", where="--target")
        self.name, self.url = url.rstrip("/"), url.rstrip("/")
        self.accounts: tuple[str | None, ...] = accounts
        self.regions: tuple[str | None, ...] = regions
        self._pool = pool if pool is not None else _connections()
        self._resets, self._tell = resets, tell
        self._resettable: bool | None = False if resets is False else None
        self._timeout = timeout
        self.until: float | None = None
        self.share: float | None = None
        # How far the server's clock has been put on, so that what was recorded is as far apart as it was there.
        self._ahead = 0.0
        # Whether it ever answered, how often it did not before that, how long its longest answer took, what is late.
        self._answered, self._silent, self._longest, self._late = False, 0, 0.0, set[str]()
        self._lost, self._reuses = False, True

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """One signed call; EnvironmentFailedError when there is nobody at the URL, or nobody any more."""
        message = encode(operation, instance)
        if isinstance(message, Unchecked):
            return message
        account, region = account or self.accounts[0] or "", region or self.regions[0] or ""
        headers = self._signed(operation, message, account, region)
        where: dict[str, Any] = {"phase": phase, "account": account, "region": region}
        name = f"{operation.service}.{operation.name}"
        started = time.perf_counter()
        try:
            status, answered, body = self._call(
                message.method, self.url + message.path, headers, message.body, self._patience(name)
            )
        except _NoAnswerError as none:
            self._silent += 1
            if not self._answered and self._silent >= _NOBODY:
                raise EnvironmentFailedError(f"{self.url}: no answer: {none}") from None
            where |= {"recorded_at": time.time() + self._ahead, "elapsed": time.perf_counter() - started}
            silence = Exchange(operation.service, operation.name, instance, unread=str(none), **where)
            if silence.late:
                self._late.add(name)
            return silence
        elapsed = time.perf_counter() - started
        self._longest = max(self._longest, elapsed)
        if status == 501:
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        where |= {"recorded_at": time.time() + self._ahead, "elapsed": elapsed}
        return decode(operation, instance, status, answered, body, **where)

    def _patience(self, name: str) -> float:
        """How many seconds an answer of an operation is waited for."""
        bounds = [self._timeout]
        if self.share is not None:
            bounds.append(max(_LEAST, self.share, _MARGIN * self._longest))
        if name in self._late:
            bounds.append(max(_LEAST, _MARGIN * self._longest))
        return min(bounds)

    def _signed(self, operation: Operation, message: Message, account: str, region: str) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        info = operation.contract.info
        signing = str(info.get("signingName") or info.get("endpointPrefix") or operation.service)
        request = AWSRequest(
            method=message.method, url=self.url + message.path, headers=dict(message.headers), data=message.body
        )
        SigV4Auth(Credentials(account, _SECRET), signing, region).add_auth(request)
        return dict(request.headers.items())

    def _call(
        self, method: str, url: str, headers: dict[str, str], body: bytes, wait: float
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; _NoAnswerError when it was sent in vain, EnvironmentFailedError when it could not be sent."""
        import urllib3

        pauses = iter(_PAUSES if self._answered and not self._lost else ())
        while True:
            left = None if self.until is None else max(0.1, self.until - time.monotonic())
            read = wait if left is None else min(wait, left)
            limits = urllib3.Timeout(connect=min(_CONNECT, read), read=read)
            if not self._reuses:
                self._pool.clear()
                headers = {**headers, "Connection": "close"}
            host = self._pool.connection_from_url(url)
            opened = host.num_connections
            try:
                with interrupts.Waiting():
                    answer = self._pool.request(
                        method, url, body=body, headers=headers, redirect=False, retries=False, timeout=limits
                    )
            except urllib3.exceptions.HTTPError as error:
                if self.until is not None and time.monotonic() >= self.until:
                    raise BudgetSpentError("the time is up") from None
                why = _silence(error, read)
                if why is None:
                    if (pause := next(pauses, None)) is not None:
                        interrupts.sleep(pause)
                        continue
                    self._lost = self._answered
                    reason = str(error).rpartition(": ")[2]
                    raise EnvironmentFailedError(f"{self.url}: no answer{_ANY_MORE * self._lost}: {reason}") from None
                if why == CLOSED and host.num_connections == opened:
                    # A server may close a connection that was kept open, at any time and without a word. From now on
                    # each call gets a connection of its own, so that what is closed is closed on the call.
                    self._reuses = False
                    continue
                raise _NoAnswerError(why) from None
            self._answered, self._lost = True, False
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data

    def _control(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        headers, wait = {"Content-Type": "application/json"}, min(_CONTROL, self._timeout)
        try:
            status, _, answer = self._call(method, f"{self.url}/_aws-contract/{path}", headers, body, wait)
        except _NoAnswerError:
            return 0, b""
        return status, answer

    def reset(self) -> bool:
        """Ask the server to forget everything, which only our own emulator understands, and only where it may."""
        if self._resettable is None:
            self._resettable = self._resets or self._empty()
        if self._resettable:
            self._resettable = self._control("POST", "reset")[0] in (200, 204)
            if self._resets and not self._resettable:
                self._say("it knows no reset")
        return self._resettable

    def _empty(self) -> bool:
        """Whether the server says that it holds nothing."""
        status, body = self._control("GET", "health")
        try:
            health = json.loads(body) if status == 200 else {}
        except ValueError:
            return False
        held = health.get("resources") if isinstance(health, dict) else None
        if isinstance(held, int) and held:
            self._say(f"it holds {held} resource{'' if held == 1 else 's'}; --reset empties it before each part")
        return held == 0 and held is not False

    def _say(self, why: str) -> None:
        if self._tell is not None:
            self._tell(f"{self.url} is not reset: {why}")

    def advance(self, seconds: float) -> bool:
        """Ask the server to put its clock on, which only our own emulator understands."""
        done = bool(self._resettable) and self._control("POST", "advance", to_json({"seconds": seconds}))[0] == 200
        self._ahead += seconds if done else 0.0
        return done

    def close(self) -> None:
        """Leave a server empty that was, and close the connections."""
        self.until, self.share = None, None
        if self._resettable and not self._lost:
            with contextlib.suppress(EnvironmentFailedError):
                self._control("POST", "reset")
        self._pool.clear()


_ANY_MORE = " any more"


def _silence(error: Exception, waited: float) -> str | None:
    """Why no answer came to a request that was sent; None when it was not sent at all."""
    from http.client import IncompleteRead, RemoteDisconnected

    import urllib3.exceptions as failures

    if isinstance(error, (failures.NewConnectionError, failures.ConnectTimeoutError, failures.SSLError)):
        return None
    if isinstance(error, failures.ReadTimeoutError):
        return f"{LATE} {round(waited, 1):g} s"
    reasons = list(_reasons(error))
    if any(isinstance(reason, (IncompleteRead, failures.IncompleteRead)) for reason in reasons):
        return "the connection was closed in the middle of the answer"
    if any(isinstance(reason, (RemoteDisconnected, ConnectionError)) for reason in reasons):
        return CLOSED
    if isinstance(error, (failures.ProtocolError, failures.DecodeError, failures.InvalidChunkLength)):
        return "the answer is not HTTP"
    return None


def _reasons(error: BaseException) -> Iterator[BaseException]:
    yield error
    for reason in error.args:
        if isinstance(reason, BaseException):
            yield from _reasons(reason)


def _connections() -> Any:
    import urllib3

    return urllib3.PoolManager(num_pools=2, maxsize=4)
