"""The emulator over HTTP/1.1, on the standard library's threading server: nothing to install, each connection a thread.

Measured through boto3 against uvicorn, granian, waitress, cheroot and werkzeug, it is among the fastest here, since the
work of a call is small and its client's large. For another server there are `web.wsgi_app` and `web.asgi_app`.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from validator.emulator.app import LARGEST_BODY, Answer, Emulator
from validator.emulator.web import Web
from validator.errors import EnvironmentFailedError

# How long a connection may be silent, and how long a stop waits for calls under way, in seconds.
_IDLE, _GRACE = 120.0, 10.0


class Server(ThreadingHTTPServer):
    """Serves one emulator; `port` 0 takes any free port. EnvironmentFailedError when the address cannot be had."""

    daemon_threads = True
    block_on_close = False
    # Many clients may connect at the same moment.
    request_queue_size = 256

    def __init__(
        self, emulator: Emulator, host: str = "127.0.0.1", port: int = 4570, *, web: Web | None = None
    ) -> None:
        self.emulator, self.web = emulator, web or Web(emulator)
        self.stopping, self._active, self._changed = False, 0, threading.Condition()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise EnvironmentFailedError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While inside, a call is under way, and a stop waits for it."""
        with self._changed:
            self._active += 1
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Take no more calls, and wait for those under way; not to be called from the thread that serves."""
        self.stopping = True
        self.shutdown()
        self.server_close()
        until = time.monotonic() + _GRACE
        with self._changed:
            while self._active and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM, then stop."""
        asked = threading.Event()
        before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            # With a timeout, since a wait without one cannot be interrupted everywhere.
            while not asked.wait(0.5):
                pass
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no event."""


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has it answered, writes the answer."""

    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = _IDLE

    def answer(self) -> None:
        """One request of any method."""
        with self.server.answering():
            given = self.headers.get("Content-Length", "0").strip()
            if "Transfer-Encoding" in self.headers or not given.isdecimal():
                self.close_connection = True
                self.write((411, {}, b""))
                return
            length = int(given)
            if length > LARGEST_BODY:
                # Answered by its size alone: the rest is never read.
                self.close_connection = True
                body = b" " * (LARGEST_BODY + 1)
            else:
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True
                    return
            self.write(self.server.web(self.command, self.path, dict(self.headers.items()), body))

    def handle_expect_100(self) -> bool:
        """Tell a client that waits to go on, at once: answers are buffered otherwise."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def write(self, answer: Answer) -> None:
        """Send an answer."""
        status, headers, content = answer
        if self.server.stopping:
            self.close_connection = True
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: calls are logged where they are understood."""
