"""The emulator in this process: bytes in, bytes out, no socket and no boto3."""

from __future__ import annotations

import time
from typing import Any

from validator.contract import Operation
from validator.results import Unchecked
from validator.transport.target import UNSUPPORTED, Answer
from validator.transport.wire import decode, to_json


class MemoryTarget:
    """An emulator in this process, told apart by nothing but the calls made to it."""

    owned = True

    def __init__(self, emulator: Any, *, name: str = "emulator") -> None:
        self.emulator, self.name = emulator, name
        self.accounts: tuple[str | None, ...] = (emulator.account, "210987654321")
        self.regions: tuple[str | None, ...] = (emulator.region, "eu-west-1")

    def send(
        self,
        operation: Operation,
        instance: Any,
        *,
        account: str | None = None,
        region: str | None = None,
        phase: str | None = None,
    ) -> Answer:
        """One call; an operation that the emulator does not know is not supported."""
        account, region = account or self.accounts[0], region or self.regions[0]
        try:
            status, headers, body = self.emulator.exchange(
                operation.service, operation.name, to_json(instance), account=account, region=region
            )
        except Exception as error:
            # What a server would answer with status 500.
            status, headers = 500, {}
            body = to_json({"__type": "InternalFailure", "message": f"{type(error).__name__}: {error}"[:200]})
        if status == 501:
            return Unchecked(UNSUPPORTED, operation.service, operation.name)
        return decode(
            operation,
            instance,
            status,
            headers,
            body,
            recorded_at=self.now(),
            phase=phase,
            account=account,
            region=region,
        )

    def now(self) -> float:
        """The emulator's own time, epoch seconds."""
        clock = getattr(self.emulator, "now", None)
        return float(clock()) if clock is not None else time.time()

    def reset(self) -> bool:
        """Forget everything."""
        self.emulator.reset()
        return True

    def advance(self, seconds: float) -> bool:
        """Let the emulator's clock run."""
        skip = getattr(self.emulator, "pass_time", None)
        if skip is None:
            return False
        skip(seconds)
        return True

    def close(self) -> None:
        """Nothing is held."""
