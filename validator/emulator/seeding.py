"""Calls made before the first client comes, so that an emulator begins with something in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from validator.emulator.app import Emulator
from validator.errors import UnusableInputError

# The longest way through any lifecycle is shorter.
_STEPS = 20


def plant(emulator: Emulator, calls: Iterable[Any], *, where: str) -> int:
    """Make the calls, each `{"service", "operation", "request"}` as in a recording; gives how many there were.

    After each everything on its way arrives, so that the next can build on it. UnusableInputError for a call that is
    refused. `account` and `region` may say whose it is.
    """
    number = 0
    for number, call in enumerate(calls, 1):
        place = f"{where}: call {number}"
        if not isinstance(call, dict) or not isinstance(call.get("service"), str):
            raise UnusableInputError("is no call: it has no service", where=place)
        body = json.dumps(call.get("request") or {}).encode()
        scope: dict[str, Any] = {name: call[name] for name in ("account", "region") if isinstance(call.get(name), str)}
        status, _headers, content = emulator.exchange(call["service"], str(call.get("operation")), body, **scope)
        if status >= 300:
            error = json.loads(content)
            said = error.get("message") or error.get("Message") or ""
            named = f"{call['service']}.{call.get('operation')}"
            raise UnusableInputError(f"{named} is refused: {error['__type']}: {said}", where=place)
        emulator.advance(_STEPS)
    return number
