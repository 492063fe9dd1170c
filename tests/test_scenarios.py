"""The emulator's documented behaviour: `fixtures/scenarios/*.yaml`, each played in process and over HTTP.

A step calls an operation `with` a request, `as` another account or region, and expects what it `gives` (every member
named, lists whole; `"*"` any value, `absent` none, `nothing` an empty body) or the code it is `refused` with,
`saying` some text. `$name` and `${name}` stand for what an earlier step has `save`d. Every answer must keep the
contract, strictly.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from validator import validate
from validator.emulator import Emulator
from validator.emulator.server import Server

FOLDER = Path(__file__).parent.parent / "fixtures" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))
Door = Callable[[str, str, bytes, str, str], tuple[int, bytes]]


@pytest.fixture(params=["in process", "over HTTP"])
def door(request: pytest.FixtureRequest) -> Callable[[Emulator], Any]:
    return _in_process if request.param == "in process" else _over_http


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, door: Callable[[Emulator], Iterator[Door]]) -> None:
    scenario = yaml.safe_load(path.read_text("utf-8"))
    begin = yaml.safe_load((FOLDER / "begin" / f"{scenario['begin']}.yaml").read_text()) if "begin" in scenario else []
    saved: dict[str, Any] = {}
    with Emulator(seed=1, **scenario.get("emulator", {})) as emulator:
        opened = door(emulator)
        try:
            send = next(opened)
            for number, step in enumerate([*begin, *scenario["steps"]]):
                _step(emulator, send, scenario["service"], step, saved, f"step {number - len(begin) + 1}")
        finally:
            opened.close()


def test_every_played_operation_is_in_a_scenario() -> None:
    called = {(s["service"], step.get("call")) for s in map(_read, SCENARIOS) for step in s["steps"]}
    called |= {("personalize", n) for n in ("CreateDataset", "CreateSchema")}
    played = {(service, name) for service, routes in Emulator().routes.items() for name in routes}
    assert played <= called


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8"))


def _step(
    emulator: Emulator, send: Door, service: str, step: dict[str, Any], saved: dict[str, Any], where: str
) -> None:
    if "advance" in step:
        return emulator.advance(step["advance"])
    if "pass" in step:
        return emulator.pass_time(step["pass"])
    if "later" in step:
        earlier, later = (saved[name] for name in step["later"])
        assert later - earlier > 59, where
        return None
    who = {"account": emulator.account, "region": emulator.region, **step.get("as", {})}
    body = json.dumps(_filled(step.get("with", {}), saved)).encode()
    status, content = send(service, step["call"], body, who["account"], who["region"])
    answer = json.loads(content) if content else {}
    where = f"{where} {step['call']}: {status} {answer}"
    if "refused" in step:
        assert answer.get("__type") == step["refused"], where
        assert status == step.get("status", 400), where
        assert step.get("saying", "") in (answer.get("message") or answer.get("Message") or ""), where
        _holds(service, step["call"], answer, "error", where)
        return None
    assert status == 200, where
    assert (content == b"") is (step.get("gives") == "nothing" or not _gives(service, step["call"])), where
    _holds(service, step["call"], answer, "response", where)
    if step.get("gives", "nothing") != "nothing":
        _same(answer, _filled(step["gives"], saved), where)
    for name, place in step.get("save", {}).items():
        found = answer
        for part in place.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
        saved[name] = found
    return None


def _gives(service: str, operation: str) -> bool:
    return validate.load(service).operation(operation).output is not None


def _holds(service: str, name: str, answer: dict[str, Any], direction: str, where: str) -> None:
    contract = validate.load(service)
    if name not in contract.operations:
        return
    operation, code = contract.operation(name), answer.get("__type")
    if direction == "error":
        if code not in operation.errors:
            assert code in ("ValidationException", "SerializationException", "NotEmulatedException"), where
            return
        answer = {member: value for member, value in answer.items() if member != "__type"}
    assert list(operation.iter_violations(answer, direction, code=code if direction == "error" else None)) == [], where


def _same(found: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        for name, value in expected.items():
            if value == "absent":
                assert name not in found, where
            else:
                assert name in found, where
                _same(found[name], value, where)
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), where
        for one, other in zip(found, expected, strict=True):
            _same(one, other, where)
    elif expected != "*":
        assert found == expected, where


def _filled(value: Any, saved: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, saved) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, saved) for each in value]
    if isinstance(value, str) and re.fullmatch(r"\$\w+", value):
        return saved[value[1:]]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda match: str(saved[match[1]]), value)
    return value


def _in_process(emulator: Emulator) -> Iterator[Door]:
    def send(service: str, operation: str, body: bytes, account: str, region: str) -> tuple[int, bytes]:
        status, _headers, content = emulator.exchange(service, operation, body, account=account, region=region)
        return status, content

    yield send


def _over_http(emulator: Emulator) -> Iterator[Door]:
    server = Server(emulator, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)

    def send(service: str, operation: str, body: bytes, account: str, region: str) -> tuple[int, bytes]:
        prefix = validate.load(service).info["targetPrefix"]
        signed = f"Credential={account}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{prefix}.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 {signed}",
        }
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        assert answer.getheader("x-amzn-RequestId")
        assert answer.getheader("Content-Type") == "application/x-amz-json-1.1"
        return answer.status, answer.read()

    try:
        yield send
    finally:
        connection.close()
        server.stop()
        thread.join(10)
