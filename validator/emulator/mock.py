"""Mocked services: every operation answered with a drawn response that keeps the contract.

Answers depend on the seed, the operation and the request, and on nothing else, so they repeat. They hold nothing
together: what one call creates no other shows. A header marks each of them as synthetic.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import warnings
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import HypothesisException

from validator import messages, routing, services, strategies, validate, wire
from validator.contract import Contract, Operation
from validator.emulator import replies
from validator.emulator.accounts import signed
from validator.emulator.lenient import expected_type, tidy
from validator.emulator.markup import carries
from validator.errors import AwsContractError, UnusableInputError
from validator.results import Violation

SYNTHETIC = "x-aws-contract-synthetic"
# How many responses are drawn for an operation; a request picks one of them.
_DRAWN = 8


class Mock:
    """Answers for some services; `seed` is what the answers depend on."""

    def __init__(self, names: Iterable[str], seed: int) -> None:
        self.contracts: dict[str, Contract] = {name: validate.load(name) for name in names}
        self.seed = seed
        self._drawn: dict[tuple[str, str], list[Any]] = {}
        self._lock = threading.Lock()

    def signs(self, name: str) -> bool:
        """Whether requests for a mocked service are signed for this name."""
        return not self.contracts.keys().isdisjoint(services.by_signing_name(name))

    def route(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Operation | None:
        """The operation of a mocked service that a request is for, by lower-case headers; None for no such."""
        who = signed(headers.get("authorization", ""))
        named = services.by_signing_name(who.service) if who else ()
        for service in [name for name in self.contracts if name in named] or list(self.contracts):
            try:
                found = routing.route(
                    method, _url(headers, path), headers, body, load=self.contracts.__getitem__, service=service
                )
            except AwsContractError:
                continue
            if found:
                return self.contracts[found[0].service].operation(found[0].operation)
        return None

    def answer(
        self, operation: Operation, method: str, path: str, headers: Mapping[str, str], body: bytes, request_id: str
    ) -> replies.Answer:
        """The answer to a request for one of the operations; broken requests are refused as AWS does."""
        protocol = replies.protocol_of(operation, path, headers)
        refusal = self.refusal(operation, protocol, method, path, headers, body)
        if refusal is not None:
            answer = replies.error(operation, protocol, *refusal, 400, request_id)
        elif not replies.expressible(operation):
            said = f"{operation.service}.{operation.name} is not mocked: it answers with a stream of events"
            answer = replies.error(operation, protocol, "NotEmulatedException", said, 501, request_id)
        else:
            answer = replies.response(operation, protocol, self.pick(operation, protocol, path, body), request_id)
        answer[1][SYNTHETIC] = f"seed={self.seed}"
        return answer

    def refusal(
        self, operation: Operation, protocol: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, str] | None:
        """Code and message for a request that cannot be read or breaks its contract."""
        json_body = protocol in ("json", "rest-json", replies.CBOR)
        try:
            request = wire.parse_request(operation, method, _url(headers, path), headers, body)
        except UnusableInputError:
            # Bodies sent in signed chunks are not unpacked here: only where JSON is wanted is unreadable wrong.
            return ("SerializationException", "The request cannot be read.") if json_body else None
        if operation.input is None or validate.is_valid(operation, request):
            return None
        request = tidy(operation.contract, operation.input, request)
        broken = [
            each
            for each in operation.iter_violations(request)
            # A form and XML have no way to say that an empty structure is there.
            if not each.unchecked and (json_body or each.keyword != "required" or not _empty(operation, each))
        ]
        if not broken:
            return None
        said = messages.render(broken, instance=request, schema=operation.schema())
        return "ValidationException", said or "The request is not valid."

    def pick(self, operation: Operation, protocol: str, path: str, body: bytes) -> Any:
        """One of the drawn responses, by the request."""
        drawn = self.drawn(operation)
        if protocol in ("query", "ec2", "rest-xml"):
            drawn = [each for each in drawn if carries(each)] or drawn[:1]
        digest = hashlib.sha256(urlsplit(path).query.encode() + b"\0" + body).digest()
        return drawn[int.from_bytes(digest[:8], "big") % len(drawn)]

    def drawn(self, operation: Operation) -> list[Any]:
        """The responses drawn for an operation: without page tokens, so that every walk ends at its first page."""
        key = (operation.service, operation.name)
        with self._lock:
            if key not in self._drawn:
                self._drawn[key] = [_last_page(operation, each) for each in _draw(operation, self.seed)] or [{}]
            return self._drawn[key]


def _draw(operation: Operation, seed: int) -> list[Any]:
    found: list[Any] = []

    @hypothesis.seed(f"{seed} {operation.service} {operation.name}")
    @settings(
        max_examples=_DRAWN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategies.responses(operation))
    def collect(drawn: Any) -> None:
        found.append(drawn)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Where too little can be drawn, what there is will do.
        with contextlib.suppress(HypothesisException):
            collect()
    return found


def _url(headers: Mapping[str, str], path: str) -> str:
    return f"https://{headers.get('host') or 'localhost'}{path}"


def _empty(operation: Operation, violation: Violation) -> bool:
    return expected_type(operation.contract, operation.input, violation.instance_path) in ("structure", "list", "map")


def _last_page(operation: Operation, response: Any) -> Any:
    pages = operation.pagination
    if not pages or not isinstance(response, Mapping):
        return response
    required = operation.contract.define(operation.output or "").get("required", ())
    dropped = {name for name in pages.get("outputToken", ()) if name not in required}
    kept = {name: value for name, value in response.items() if name not in dropped}
    if pages.get("moreResults") in kept:
        kept[pages["moreResults"]] = False
    return kept
