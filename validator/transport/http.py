"""A target at a URL: requests signed with made-up credentials and sent over a pool of connections."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from validator.contract import Operation
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.results import Unchecked
from validator.transport.target import UNSUPPORTED, Answer, BudgetSpentError
from validator.transport.wire import Message, decode, encode, to_json

# Servers that stand in for AWS tell accounts apart by the access key; a key of twelve digits is taken for the account
# itself by most of them. No real credential is ever sent to a URL.
_SECRET = "not-a-secret"
_CONNECT = 5.0


class HttpTarget:
    """A server that stands in for AWS, at a URL such as `http://127.0.0.1:4570`.

    `timeout` is in seconds. An answer is not waited for beyond `until`, a moment of `time.monotonic`; Limited sets it.
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
        self._resettable: bool | None = None
        self._timeout = timeout
        self.until: float | None = None
        # How far the server's clock has been put on, so that what was recorded is as far apart as it was there.
        self._ahead = 0.0

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """One signed call; EnvironmentFailedError when there is nobody at the URL."""
        message = encode(operation, instance)
        if isinstance(message, Unchecked):
            return message
        account, region = account or self.accounts[0] or "", region or self.regions[0] or ""
        headers = self._signed(operation, message, account, region)
        started = time.perf_counter()
        status, answered, body = self._call(message.method, self.url + message.path, headers, message.body)
        elapsed = time.perf_counter() - started
        if status == 501:
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        return decode(
            operation,
            instance,
            status,
            answered,
            body,
            recorded_at=time.time() + self._ahead,
            elapsed=elapsed,
            phase=phase,
            account=account,
            region=region,
        )

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

    def _call(self, method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        import urllib3

        read = self._timeout if self.until is None else min(self._timeout, max(0.1, self.until - time.monotonic()))
        try:
            answer = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=min(_CONNECT, read), read=read),
            )
        except urllib3.exceptions.HTTPError as error:
            if self.until is not None and time.monotonic() >= self.until:
                raise BudgetSpentError("the time is up") from None
            reason = str(error).rpartition(": ")[2]
            raise EnvironmentFailedError(f"{self.url}: no answer: {reason}") from None
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data

    def _control(self, path: str, body: bytes = b"") -> bool:
        status, _, _ = self._call(
            "POST", f"{self.url}/_aws-contract/{path}", {"Content-Type": "application/json"}, body
        )
        return status in (200, 204)

    def reset(self) -> bool:
        """Ask the server to forget everything, which only our own emulator understands."""
        if self._resettable is None or self._resettable:
            self._resettable = self._control("reset")
        return self._resettable

    def advance(self, seconds: float) -> bool:
        """Ask the server to put its clock on, which only our own emulator understands."""
        done = bool(self._resettable) and self._control("advance", to_json({"seconds": seconds}))
        self._ahead += seconds if done else 0.0
        return done

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _connections() -> Any:
    import urllib3

    return urllib3.PoolManager(num_pools=2, maxsize=4)
