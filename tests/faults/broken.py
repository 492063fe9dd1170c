"""A fault: one decision of the emulator made otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from validator.emulator import Emulator
from validator.emulator.resources import Resources

# `(itself, usual, *arguments)`: what the method of that name does instead; `usual` is the method as it was.
Instead = Callable[..., Any]


@dataclass(frozen=True)
class Fault:
    """What is wrong, the checks that may find it, and the methods that make it so."""

    name: str
    sentence: str
    checks: frozenset[str] = frozenset()
    resources: Mapping[str, Instead] = field(default_factory=dict)
    emulator: Mapping[str, Instead] | Callable[[], Mapping[str, Instead]] = field(default_factory=dict)

    def build(self) -> Emulator:
        """An emulator with this fault and no other."""
        play = _with(Resources, self.resources)
        emulator = self.emulator() if callable(self.emulator) else self.emulator
        return _with(Emulator, emulator, play=play)(seed=0)


def _with(kind: type, instead: Mapping[str, Instead], **more: Any) -> Any:
    for name in instead:
        # A renamed method must not turn a fault into a right emulator.
        assert callable(getattr(kind, name, None)), f"{kind.__name__} has no method {name}"
    methods = {name: _method(getattr(kind, name), function) for name, function in instead.items()}
    return type(f"Faulty{kind.__name__}", (kind,), {**methods, **more})


def _method(usual: Callable[..., Any], function: Instead) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, lambda *a, **k: usual(self, *a, **k), *args, **kwargs)

    return method


def answers(change: Callable[[str, Any, Any], Any]) -> Mapping[str, Instead]:
    """An `exchange` whose successful answers are changed: `change(operation, request, answer)` gives the new one."""

    def exchange(self: Any, usual: Any, service: str, operation: str, body: bytes, **scope: Any) -> Any:
        status, headers, answer = usual(service, operation, body, **scope)
        if status == 200 and answer:
            answer = json.dumps(change(operation, json.loads(body or b"{}"), json.loads(answer))).encode()
        return status, headers, answer

    return {"exchange": exchange}


def errors(change: Callable[[str, dict[str, Any]], tuple[int, Any]]) -> Mapping[str, Instead]:
    """An `exchange` whose errors are changed: `change(operation, body)` gives the new status and body."""

    def exchange(self: Any, usual: Any, service: str, operation: str, body: bytes, **scope: Any) -> Any:
        status, headers, answer = usual(service, operation, body, **scope)
        if 400 <= status < 500:
            status, changed = change(operation, json.loads(answer))
            answer = json.dumps(changed).encode()
        return status, headers, answer

    return {"exchange": exchange}


def shape(operation: str, answer: Any) -> tuple[list[Any], str | None]:
    """The list on a page, and the name of its token member when there is a token; an empty list for other answers."""
    if not operation.startswith("List") or not isinstance(answer, dict):
        return [], None
    items = next((value for value in answer.values() if isinstance(value, list)), [])
    return items, next((name for name in answer if name.lower() == "nexttoken"), None)


def description(operation: str, answer: Any) -> dict[str, Any] | None:
    """What a describe shows, whether wrapped or not."""
    if not operation.startswith("Describe"):
        return None
    inner = next(iter(answer.values())) if len(answer) == 1 else answer
    return inner if isinstance(inner, dict) else answer
