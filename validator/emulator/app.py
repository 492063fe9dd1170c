"""The emulator: requests in, answers out, beneath any HTTP; what it knows of AWS it reads from contracts."""

from __future__ import annotations

import functools
import json
import math
import os
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validator import messages, validate
from validator.contract import Contract, Operation
from validator.emulator import protocol
from validator.emulator.accounts import account_of, signed
from validator.emulator.clients import Clients, patch
from validator.emulator.clock import Clock, RealClock, StepClock
from validator.emulator.keeper import Keeper
from validator.emulator.kinds import Kind, Route, kinds_of, routes_of
from validator.emulator.lenient import expected_type, tidy
from validator.emulator.refusals import Refusal
from validator.emulator.resources import Resources
from validator.emulator.store import Scope, Store
from validator.emulator.tokens import Tokens
from validator.errors import EnvironmentFailedError, UnknownNameError, UnusableInputError
from validator.results import Violation

if TYPE_CHECKING:
    from validator.emulator.mock import Mock

try:
    import orjson
except ImportError:  # The standard library does the same, slower.
    orjson = None  # type: ignore[assignment]

SERVICES = ("personalize", "forecast")
# No legal request comes near it.
LARGEST_BODY = 1 << 20
Answer = tuple[int, dict[str, str], bytes]


def dumps(value: Any) -> bytes:
    """JSON bytes, ASCII where orjson is missing or cannot write a value."""
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except TypeError:
            # Lone surrogates and whole numbers beyond 64 bits.
            pass
    return json.dumps(value, separators=(",", ":")).encode()


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of JSON")
    return number


def _loads(body: bytes) -> Any:
    # Python reads NaN, Infinity and 1e400, which JSON does not have.
    return json.loads(body, parse_constant=_finite, parse_float=_finite)


loads: Callable[[bytes], Any] = orjson.loads if orjson is not None else _loads


class Emulator:
    """Personalize and Forecast dataset import jobs and what they stand on, in this process.

    `clock` is `step` (a resource moves on when a describe looks at it again, or on `advance()`) or `real` (after
    `delay` seconds, `delays` by state). `seed` makes request ids and tokens repeat. `store` is a file that state is
    kept in. `quotas` replaces limits by `service.Resource`, None for no limit. Imports from an S3 path in `missing`,
    or with a role in `denied`, fail. `accounts` says whose an access key is. `mock` names services whose operations
    are answered with drawn responses.
    """

    def __init__(
        self,
        *,
        clock: str | Clock = "step",
        seed: int | None = None,
        store: str | Path | None = None,
        account: str = "123456789012",
        region: str = "us-east-1",
        quotas: Mapping[str, int | None] | None = None,
        missing: Iterable[str] = (),
        denied: Iterable[str] = (),
        delay: float = 2.0,
        delays: Mapping[str, float] | None = None,
        accounts: Mapping[str, str] | None = None,
        mock: Iterable[str] = (),
        services: Iterable[str] = SERVICES,
    ) -> None:
        self.account, self.region, self.accounts = account, region, dict(accounts or {})
        self.contracts: dict[str, Contract] = {service: validate.load(service) for service in services}
        self._prefixes: dict[Any, str] = {
            contract.info.get("targetPrefix"): name for name, contract in self.contracts.items()
        }
        self._lock = threading.RLock()
        self._schemas: dict[tuple[str, str], dict[str, Any]] = {}
        self._random = random.Random(seed)
        self.mock = _mock(tuple(mock), seed or 0)
        secret = os.urandom(32) if seed is None else random.Random(f"tokens {seed}").randbytes(32)
        self.clock = _clock(clock, delay, delays)
        self.store = Store()
        kinds = {service: kinds_of(contract) for service, contract in self.contracts.items()}
        self._check_quotas(quotas or {}, {f"{service}.{name}" for service, of in kinds.items() for name in of})
        self.routes: dict[str, dict[str, Route]] = {
            service: routes_of(self.contracts[service], of) for service, of in kinds.items()
        }
        self.keeper = Keeper(store) if store is not None else None
        if self.keeper is not None:
            try:
                secret = self._restore(self.keeper, kinds, secret)
            except BaseException:
                self.keeper.close()
                raise
        limits, lacking, refused = dict(quotas or {}), tuple(missing), tuple(denied)
        self.resources = self.play(
            kinds, self.store, self.clock, Tokens(secret), quotas=limits, missing=lacking, denied=refused
        )

    # The class that plays the resources: a seam for tests.
    play = Resources

    @staticmethod
    def _check_quotas(quotas: Mapping[str, int | None], known: Iterable[str]) -> None:
        for name, limit in quotas.items():
            if name not in known:
                raise UnknownNameError("resource", name, known, where="quotas")
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
                raise UnusableInputError(f"the quota of {name} must be a whole number or None, not {limit!r}")

    def _restore(self, keeper: Keeper, kinds: Mapping[str, Mapping[str, Kind]], secret: bytes) -> bytes:
        """Take up what was kept; gives the secret that tokens were signed with."""
        facts = keeper.facts()
        if not facts:
            keeper.save((), (), {"secret": secret, "number": 0, "now": self.clock.now()})
            return secret
        keeper.load(self.store, kinds)
        self.store.number = max(self.store.number, facts["number"])
        if self.clock.steps:
            self.clock.skip(max(0.0, facts["now"] - self.clock.now()))
        return bytes(facts["secret"])

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the store go; the state in memory stays."""
        if self.keeper is not None:
            self.keeper.close()

    # Time ------------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """The emulator's own time, epoch seconds."""
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let the emulator's clock run ahead."""
        with self._lock:
            self.clock.skip(seconds)

    def advance(self, n: int = 1) -> None:
        """Move everything that is on its way on by `n` states."""
        with self._lock:
            self.resources.advance(n)
            self.keep()

    def held(self) -> int:
        """How many resources there are, of all accounts and regions."""
        with self._lock:
            return self.store.count()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.store.clear()
            if self.keeper is not None:
                self.keeper.clear()

    def keep(self) -> None:
        """Write what has changed to where state is kept; what cannot be written is tried again with the next change."""
        if self.store.changed or self.store.removed:
            if self.keeper is not None:
                facts = {"number": self.store.number, "now": self.clock.now()}
                self.keeper.save(self.store.changed.values(), self.store.removed.values(), facts)
            self.store.changed.clear()
            self.store.removed.clear()

    # Clients ---------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def clients(self) -> Clients:
        """What makes clients."""
        return Clients(self)

    def client(self, service: str, **kwargs: Any) -> Any:
        """A real boto3 client answered in process; keyword arguments are boto3's own."""
        return self.clients.make(service, **kwargs)

    def patch(self) -> AbstractContextManager[Emulator]:
        """While inside, every botocore client of the process is answered here, for the services offered."""
        return patch(self, self.clients.answer)

    def offers_request(self, request: Any) -> bool:
        """Whether a request of botocore's is for a service that is answered here."""
        headers = protocol.lowered(request.headers)
        named = protocol.target(headers)
        if named is not None and named.prefix in self._prefixes:
            return True
        who = signed(headers.get("authorization", ""))
        return self.mock is not None and who is not None and self.mock.signs(who.service)

    def offers(self, service: str) -> bool:
        """Whether a service's calls are answered here."""
        return service in self.contracts or (self.mock is not None and service in self.mock.contracts)

    # One call --------------------------------------------------------------------------------------------------------

    def _plays(self, named: protocol.Target) -> bool:
        return named.operation in self.routes.get(self._prefixes.get(named.prefix, ""), ())

    def operation_of(self, headers: Mapping[str, str]) -> Operation | None:
        """The operation that a request's lower-case headers name; None when there is none of that name."""
        named = protocol.target(headers)
        service = self._prefixes.get(named.prefix) if named else None
        if named is None or service is None or named.operation not in self.contracts[service].operations:
            return None
        return self.contracts[service].operation(named.operation)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One HTTP request; the headers' names in any case."""
        return self.handle_lowered(method, path, protocol.lowered(headers), body)

    def handle_lowered(self, method: str, path: str, lower: Mapping[str, str], body: bytes) -> Answer:
        """One HTTP request, its headers by lower-case name."""
        named = protocol.target(lower)
        if self.mock is not None and not (named and self._plays(named)):
            mocked = self.mock.route(method, path, lower, body)
            if mocked is not None:
                return self.mock.answer(mocked, method, path, lower, body, self.request_id())
        if method != "POST" or path.partition("?")[0] != "/" or named is None or not protocol.speaks(lower):
            return 404, self.headers("text/xml"), protocol.NO_OPERATION
        service = self._prefixes.get(named.prefix)
        if service is None:
            return 400, self.headers(), dumps({"__type": "UnknownOperationException"})
        who = signed(lower.get("authorization", ""))
        account = (self.accounts.get(who.key) or account_of(who.key)) if who else None
        return self.exchange(service, named.operation, body, account=account, region=who.region if who else None)

    def exchange(
        self, service: str, operation: str, body: bytes, *, account: str | None = None, region: str | None = None
    ) -> Answer:
        """One call beneath HTTP: a JSON body in; status, headers and a JSON body out."""
        route = self.routes.get(service, {}).get(operation)
        if route is None:
            return self.unknown(service, operation)
        found = route.operation
        if len(body) > LARGEST_BODY:
            return self.fail(found, "RequestEntityTooLargeException", "The request is too large.", 413)
        try:
            request = loads(body) if body else {}
        except (ValueError, RecursionError):
            return self.fail(found, "SerializationException", "")
        try:
            valid = validate.verdict_of(found)(request)
        except Exception:  # What the engine cannot read at all is judged slowly, and so is what it says no to.
            valid = False
        if not valid:
            request, violations = self.judge(found, request)
            if violations:
                return self.complain(found, request, violations)
        scope = (account or self.account, region or self.region)
        with self._lock:
            self.clock.tick()
            if not self.clock.steps:
                self.resources.settle(self.clock.now())
            try:
                answer = 200, self.headers(), self.encode(route, self.resources.carry_out(route, scope, request))
            except Refusal as refusal:
                answer = self.refuse(found, refusal)
            try:
                self.keep()
            except EnvironmentFailedError as failure:
                return self.fail(found, "InternalFailure", str(failure), 500)
            return answer

    def encode(self, route: Route, answer: Any) -> bytes:
        """The body of an answer; empty for an operation that gives nothing."""
        return dumps(answer) if route.gives is not None else b""

    def judge(self, operation: Operation, request: Any) -> tuple[Any, list[Violation]]:
        """The request as the service takes it, and what is then still wrong with it."""
        request = tidy(operation.contract, operation.input, request)
        return request, [each for each in operation.iter_violations(request) if not each.unchecked]

    def complain(self, operation: Operation, request: Any, violations: list[Violation]) -> Answer:
        """The answer to a request that breaks its contract: wrong types first, then every broken constraint."""
        for violation in violations:
            if violation.keyword == "type":
                value = _at(request, violation.instance_path)
                expected = expected_type(operation.contract, operation.input, violation.instance_path)
                if message := messages.serialization_message(expected, value):
                    return self.fail(operation, "SerializationException", message)
        schema = self._schemas.get((operation.service, operation.name))
        if schema is None:
            # Publishing a schema costs more than all the rest of an answer.
            schema = self._schemas[operation.service, operation.name] = operation.schema()
        message = messages.render(violations, instance=request, schema=schema)
        return self.fail(operation, "ValidationException", message or "The request is not valid.")

    def refuse(self, operation: Operation, refusal: Refusal) -> Answer:
        """The answer to a request that the state of things forbids."""
        return self.fail(operation, refusal.code, refusal.message)

    def fail(self, operation: Operation, code: str, message: str, status: int | None = None) -> Answer:
        """An error's answer: status and the spelling of its message from its shape, 400 and the service's otherwise."""
        declared = operation.errors.get(code)
        if status is None:
            status = declared.status if declared is not None and declared.status else 400
        body = {"__type": code}
        if message:
            body[self.message_member(operation)] = message
        return status, self.headers(), dumps(body)

    def message_member(self, operation: Operation) -> str:
        """How the service spells the member with an error's message."""
        for error in operation.errors.values():
            for name in operation.contract.define(error.shape).get("properties", {}):
                if name.lower() == "message":
                    return str(name)
        return "message"

    def unknown(self, service: str, operation: str) -> Answer:
        """The answer to an operation that is not played, or does not exist."""
        contract = self.contracts.get(service)
        if contract is not None and operation not in contract.operations:
            return 400, self.headers(), dumps({"__type": "UnknownOperationException"})
        body = {"__type": "NotEmulatedException", "message": f"{service}.{operation} is not emulated"}
        return 501, self.headers(), dumps(body)

    def headers(self, content_type: str = protocol.CONTENT_TYPE) -> dict[str, str]:
        """The headers of every answer."""
        return {"Content-Type": content_type, "x-amzn-RequestId": self.request_id()}

    def request_id(self) -> str:
        """An id for one call, in the form of a UUID."""
        number = f"{self._random.getrandbits(128):032x}"
        return f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"


def _mock(names: tuple[str, ...], seed: int) -> Mock | None:
    if not names:
        return None
    # Hypothesis, which draws the answers, is slow to import: only who mocks pays for it.
    from validator.emulator.mock import Mock  # lazy: it draws, and Hypothesis takes its time to load

    return Mock(names, seed)


def _clock(clock: str | Clock, delay: float, delays: Mapping[str, float] | None) -> Clock:
    if clock == "step":
        return StepClock()
    if clock == "real":
        return RealClock(delays, delay)
    if isinstance(clock, str):
        raise UnknownNameError("clock", clock, ("step", "real"))
    return clock


def _at(instance: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        instance = instance[int(part)] if isinstance(instance, list) else instance.get(part)
    return instance


__all__ = ["Answer", "Emulator", "Scope"]
