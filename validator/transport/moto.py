"""moto in this process, driven beneath boto3: its own dispatch, its own answers."""

from __future__ import annotations

import functools
import time
from typing import Any

from validator.contract import Operation
from validator.errors import MissingExtraError
from validator.exchange import ErrorReply, Exchange
from validator.results import Unchecked
from validator.transport.target import UNSUPPORTED, Answer
from validator.transport.wire import decode, encode


class MotoTarget:
    """moto's backends; an exception inside one is what its server would answer with status 500."""

    name, owned = "moto", True

    def __init__(self, *, regions: tuple[str, ...] = ("us-east-1", "eu-west-1")) -> None:
        try:
            from moto.core.base_backend import BackendDict
            from moto.core.botocore_stubber import BotocoreStubber
        except ImportError:
            raise MissingExtraError("the target moto", "moto") from None
        self._dispatch: Any = BotocoreStubber().process_request
        self._backends: Any = BackendDict
        self.accounts: tuple[str | None, ...] = ("123456789012", "210987654321")
        self.regions: tuple[str | None, ...] = regions
        self.reset()

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """One call, in process."""
        message = encode(operation, instance)
        if isinstance(message, Unchecked):
            return message
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders

        account, region = account or self.accounts[0], region or self.regions[0] or "us-east-1"
        url, authorization = _signed_for(operation.service, region)
        headers = HTTPHeaders()
        for name, value in {
            **message.headers,
            "Authorization": authorization,
            "x-moto-account-id": str(account),
        }.items():
            headers[name] = value
        request = AWSPreparedRequest(
            method=message.method, url=url + message.path, headers=headers, body=message.body, stream_output=False
        )
        where: dict[str, Any] = {"recorded_at": time.time(), "phase": phase, "account": account, "region": region}
        try:
            answer = self._dispatch(request)
        except NotImplementedError:
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        except Exception as error:
            reply = ErrorReply("InternalFailure", f"{type(error).__name__}: {error}"[:200])
            return Exchange(operation.service, operation.name, instance, None, reply, 500, **where)
        if answer is None or (answer[0] == 404 and answer[2] in ("Not yet implemented", b"Not yet implemented")):
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        status, answered, body = answer
        raw = body.encode() if isinstance(body, str) else bytes(body or b"")
        return decode(
            operation,
            instance,
            int(status),
            {str(name).lower(): str(value) for name, value in dict(answered).items()},
            raw,
            **where,
        )

    def reset(self) -> bool:
        """Forget everything in every backend."""
        self._backends.reset()
        return True

    def advance(self, seconds: float) -> bool:
        """moto takes the time of this machine."""
        return False

    def close(self) -> None:
        """Nothing is held."""


@functools.lru_cache(maxsize=128)
def _signed_for(service: str, region: str) -> tuple[str, str]:
    """Where botocore would send a call, and an Authorization header that names service and region."""
    import botocore.session

    session = botocore.session.Session()
    client = session.create_client(
        service, region_name=region, aws_access_key_id="AKIAEXAMPLEEXAMPLE00", aws_secret_access_key="not-a-secret"
    )
    signing = client.meta.service_model.signing_name
    url = client.meta.endpoint_url.rstrip("/")
    client.close()
    return url, (
        f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00/20260101/{region}/{signing}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
