"""The emulator as a web application: one function from HTTP to answers, its controls, and its WSGI and ASGI forms."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from validator import __version__
from validator.emulator.app import LARGEST_BODY, Answer, Emulator
from validator.emulator.log import Line

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
CONTROL = "/_aws-contract/"
# A little more than any request that is read: what is longer is answered without being read to its end.
_READ = LARGEST_BODY + 1
log = logging.getLogger("aws_contract.serve")


class Web:
    """Answers HTTP requests: those under `/_aws-contract/` itself, all others by the emulator; logs each one."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._controls: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
            "health": ("GET", self._health),
            "reset": ("POST", self._reset),
            "advance": ("POST", self._advance),
        }

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request; never raises: what goes wrong inside is an InternalFailure, and in the log."""
        started = time.perf_counter()
        try:
            if path.startswith(CONTROL):
                answer = self.control(method, path[len(CONTROL) :].partition("?")[0], body)
            else:
                answer = self.emulator.handle(method, path, headers, body)
        except Exception:
            log.exception("%s %s failed", method, path)
            answer = 500, self.emulator.headers(), b'{"__type":"InternalFailure"}'
        if log.isEnabledFor(logging.INFO):
            log.info("%s", Line(self.emulator, method, path, headers, body, answer, time.perf_counter() - started))
        return answer

    def control(self, method: str, name: str, body: bytes) -> Answer:
        """The answer of a control; what it needs is in a JSON body."""
        headers = {"Content-Type": "application/json"}
        if name not in self._controls:
            return 404, headers, _json({"error": f"no control named {name}", "controls": sorted(self._controls)})
        wanted, act = self._controls[name]
        if method != wanted and not (method == "HEAD" and wanted == "GET"):
            return 405, {**headers, "Allow": wanted}, _json({"error": f"{name} wants {wanted}"})
        try:
            given = json.loads(body) if body.strip() else {}
            if not isinstance(given, dict):
                raise ValueError("the body must be a JSON object")
            return 200, headers, _json(act(given))
        except ValueError as error:
            return 400, headers, _json({"error": str(error)})

    def _health(self, given: dict[str, Any]) -> dict[str, Any]:
        clock = "step" if self.emulator.clock.steps else "real"
        services = sorted(self.emulator.contracts)
        now, held = self.emulator.now(), self.emulator.held()
        return {
            "status": "ok",
            "version": __version__,
            "services": services,
            "clock": clock,
            "now": now,
            "resources": held,
        }

    def _reset(self, given: dict[str, Any]) -> dict[str, Any]:
        self.emulator.reset()
        return {"now": self.emulator.now()}

    def _advance(self, given: dict[str, Any]) -> dict[str, Any]:
        """`steps` states on, 1 unless given; `seconds` of the clock on, and then no step unless given."""
        seconds = _number(given, "seconds", 0)
        steps = _number(given, "steps", 0 if seconds else 1, whole=True)
        if seconds:
            self.emulator.pass_time(seconds)
        self.emulator.advance(int(steps))
        return {"now": self.emulator.now()}


# The two forms that servers know -------------------------------------------------------------------------------------


def wsgi_app(emulator: Emulator | None = None) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """An emulator, a new one unless given, as an application for any WSGI server."""
    web = Web(emulator or Emulator())

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = environ["wsgi.input"].read(min(int(length), _READ)) if length.isdigit() and length != "0" else b""
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        query = environ.get("QUERY_STRING")
        path = environ.get("PATH_INFO", "/") + (f"?{query}" if query else "")
        status, given, content = web(environ["REQUEST_METHOD"], path, headers, body)
        start_response(f"{status} {HTTPStatus(status).phrase}", [*given.items(), ("Content-Length", str(len(content)))])
        return [content]

    return app


def asgi_app(
    emulator: Emulator | None = None,
) -> Callable[[dict[str, Any], Receive, Send], Coroutine[Any, Any, None]]:
    """An emulator, a new one unless given, as an application for any ASGI server."""
    web = Web(emulator or Emulator())

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        if scope["type"] != "http" or (body := await _body(receive)) is None:
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        status, given, content = web(scope["method"], path, headers, body)
        pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
        pairs.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    return app


async def _body(receive: Receive) -> bytes | None:
    """The body, or as much of it as is read; None when the client has gone."""
    parts: list[bytes] = []
    size = 0
    while size < _READ:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if not event.get("more_body", False):
            break
    return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _number(given: dict[str, Any], name: str, usual: float, *, whole: bool = False) -> float:
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not 0 <= value <= 10**9:
        raise ValueError(f"{name} must be a {'whole ' if whole else ''}number that is not negative")
    return float(value)
