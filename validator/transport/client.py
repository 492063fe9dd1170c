"""A botocore client as a target: AWS itself, or whatever a client is made for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from validator import instances
from validator.contract import Operation
from validator.errors import EnvironmentFailedError
from validator.exchange import CLOSED, LATE, Exchange
from validator.results import Unchecked
from validator.transport import interrupts
from validator.transport.target import UNSUPPORTED, Answer
from validator.transport.wire import decode, encode

ClientFactory = Callable[[str, str | None], Any]


class ClientTarget:
    """Calls through botocore's clients, without their validation and without retries.

    `client_for(service, region)` gives the client; it is asked once for each. Endpoints, signing and credentials are
    botocore's own affair; for the JSON protocols the body is replaced by the instance as it is, so that wrong types
    reach the service.
    """

    owned = False

    def __init__(
        self, client_for: ClientFactory, *, name: str = "aws", regions: tuple[str | None, ...] = (None,)
    ) -> None:
        self.name, self.regions = name, regions
        self.accounts: tuple[str | None, ...] = (None,)
        self._client_for = client_for
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._call = threading.local()

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """One call; EnvironmentFailedError for no credentials, no region or no connection."""
        import botocore.exceptions as failures

        message = encode(operation, instance)
        if isinstance(message, Unchecked):
            return message
        client = self._client(operation.service, region or self.regions[0])
        json_body = operation.contract.protocol == "json"
        params = {} if json_body else instances.to_boto3(operation, dict(instance))
        self._call.body, self._call.answer = (message.body if json_body else None), None
        started = time.perf_counter()
        try:
            with interrupts.Waiting():
                client._make_api_call(operation.name, params)
        except failures.ClientError:
            pass  # Read from the answer itself, below.
        except (failures.ConnectionClosedError, failures.ReadTimeoutError) as error:
            waited = client.meta.config.read_timeout
            late = isinstance(error, failures.ReadTimeoutError)
            return Exchange(
                operation.service,
                operation.name,
                instance,
                recorded_at=time.time(),
                elapsed=time.perf_counter() - started,
                phase=phase,
                region=client.meta.region_name,
                unread=f"{LATE} {waited:g} s" if late else CLOSED,
            )
        except (
            failures.NoCredentialsError,
            failures.PartialCredentialsError,
            failures.NoRegionError,
            failures.HTTPClientError,
            failures.TokenRetrievalError,
            failures.ProfileNotFound,
        ) as error:
            raise EnvironmentFailedError(f"{self.name}: {' '.join(str(error).split())}") from None
        except failures.UnsupportedSignatureVersionError as error:
            return Unchecked(str(error), operation.service, operation.name)
        except Exception as error:
            # What botocore cannot read is judged from the bytes; what it refuses to send was never sent.
            if self._call.answer is None:
                return Unchecked(
                    f"botocore does not send it: {type(error).__name__}: {error}"[:200],
                    operation.service,
                    operation.name,
                )
        if self._call.answer is None:
            return Unchecked("botocore gave no answer", operation.service, operation.name)
        status, headers, body = self._call.answer
        if status == 501:
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        return decode(
            operation,
            instance,
            status,
            headers,
            body,
            recorded_at=time.time(),
            elapsed=time.perf_counter() - started,
            phase=phase,
            region=client.meta.region_name,
        )

    def _client(self, service: str, region: str | None) -> Any:
        if (service, region) not in self._clients:
            client = self._clients[service, region] = self._client_for(service, region)
            client.meta.events.register_last("before-call", self._replace)
            client.meta.events.register_first("before-parse", self._keep)
        return self._clients[service, region]

    def _replace(self, params: dict[str, Any], **kwargs: Any) -> None:
        if self._call.body is not None:
            params["body"] = self._call.body

    def _keep(self, response_dict: Any = None, **kwargs: Any) -> None:
        if response_dict is not None:
            body = response_dict.get("body")
            headers = {name.lower(): value for name, value in response_dict.get("headers", {}).items()}
            self._call.answer = (response_dict["status_code"], headers, body if isinstance(body, bytes) else b"")

    def reset(self) -> bool:
        """Never: what lies behind a client is somebody's."""
        return False

    def advance(self, seconds: float) -> bool:
        """Time is what it is."""
        return False

    def close(self) -> None:
        """Close the clients' connections."""
        for client in self._clients.values():
            client.close()
