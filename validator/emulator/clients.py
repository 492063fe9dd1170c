"""Real boto3 clients answered by an emulator without a socket: retries, parsing and typed exceptions are botocore's."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from validator.emulator import protocol
from validator.errors import UnknownNameError

if TYPE_CHECKING:
    from validator.emulator.app import Emulator

Handler = Callable[..., Any]
_SECRET = "not-a-secret"
_UNIQUE = "aws-contract-emulator"


class Clients:
    """Makes clients of an emulator, all of one session."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator, self._lock = emulator, threading.Lock()
        self._session: Any = None
        self.answer = answering(emulator)

    def make(self, service: str, **kwargs: Any) -> Any:
        """A boto3 client; keyword arguments are boto3's own, credentials and region default to the emulator's."""
        import boto3

        emulator = self._emulator
        if not emulator.offers(service):
            raise UnknownNameError("emulated service", service, emulator.contracts)
        with self._lock:
            # Making clients from one session is not safe in threads.
            if self._session is None:
                self._session = boto3.session.Session(emulator.account, _SECRET, region_name=emulator.region)
                self._session._session.register_component("data_loader", _loader())
            client = self._session.client(service, **kwargs)
        client.meta.events.register_first("before-send", self.answer, unique_id=_UNIQUE)
        return client


@functools.cache
def _loader() -> Any:
    """One reader of botocore's data for all sessions: models and endpoints are parsed once in a process."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


def answering(emulator: Emulator) -> Handler:
    """A handler of botocore's `before-send` that answers in place of the network."""
    from botocore.awsrequest import AWSResponse, HeadersDict

    def answer(request: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        body = body.encode() if isinstance(body, str) else bytes(body or b"")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        asked = {"host": parts.netloc, **protocol.lowered(request.headers)}
        status, headers, content = emulator.handle_lowered(request.method, path, asked, body)
        response = AWSResponse(request.url, status, HeadersDict(headers), io.BytesIO(content))
        response._content = content
        return response

    return answer


# Clients that others make ---------------------------------------------------------------------------------------------

_lock = threading.RLock()
# The emulators that answer now, the latest last, and botocore's own method while any does.
_patched: list[tuple[Emulator, Handler]] = []
_original: list[Callable[..., Any]] = []


@contextlib.contextmanager
def patch(emulator: Emulator, handler: Handler) -> Iterator[Emulator]:
    """While inside, every botocore client of the process is answered by the emulator, for the services it offers.

    Clients made before and in other threads too. Where the environment has no credentials or region, made-up ones are
    set meanwhile; the key that it has is taken for the emulator's account.
    """
    from botocore.endpoint import Endpoint

    with _lock:
        if not _patched:
            _original.append(Endpoint.make_request)
            Endpoint.make_request = _make_request
        entry = (emulator, handler)
        _patched.append(entry)
        changed = _environment(emulator)
    try:
        yield emulator
    finally:
        with _lock:
            _patched.remove(entry)
            for name, before in changed.items():
                if before is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = before
            if not _patched:
                Endpoint.make_request = _original.pop()


def _make_request(endpoint: Any, operation_model: Any, request_dict: Any) -> Any:
    """In place of `Endpoint.make_request`: the same, with our answers before anybody else's."""
    endpoint._event_emitter.register_first("before-send", _dispatch, unique_id=f"{_UNIQUE}-patch")
    with _lock:
        original = _original[-1] if _original else type(endpoint).make_request
    return original(endpoint, operation_model, request_dict)


def _dispatch(request: Any, event_name: str = "", **kwargs: Any) -> Any:
    for emulator, handler in reversed(list(_patched)):
        if emulator.offers_request(request):
            return handler(request)
    return None


def _environment(emulator: Emulator) -> dict[str, str | None]:
    """Set what the environment lacks; gives what was there before."""
    import botocore.session

    wanted: dict[str, str] = {}
    if key := os.environ.get("AWS_ACCESS_KEY_ID"):
        emulator.accounts.setdefault(key, emulator.account)
    else:
        wanted |= {"AWS_ACCESS_KEY_ID": emulator.account, "AWS_SECRET_ACCESS_KEY": _SECRET}
    if botocore.session.Session().get_config_variable("region") is None:
        wanted["AWS_DEFAULT_REGION"] = emulator.region
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    return before
