"""Lines that do a finding's calls by hand, on the target where they were made: Python, the AWS CLI, curl.

They name no credential of anybody's: AWS itself is called with those of the environment, everything else with made-up
ones. A request that boto3 or the AWS CLI would refuse, or change, is said to be so in a comment in its place.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import keyword
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator import expressible, instances
from validator.contract import Contract
from validator.redaction import hidden
from validator.results import Finding
from validator.transport.wire import encode

Call = Mapping[str, Any]
Calls = Sequence[Call]

_ACCOUNT, _REGION, _SECRET = "123456789012", "us-east-1", "not-a-secret"
# Commands of the AWS CLI that are called otherwise than the service in boto3.
_CLI_NAMES = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy"}
# Linux takes 128 KiB for one word of a command.
_WORD = 100_000
# Seconds between two calls that were let pass on purpose.
_LONG = 3600
# Texts of answers that are shorter than this occur by chance.
_TELLING = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target is for who calls it by hand.

    `kind` is emulator, moto, url or aws. `endpoint` is the URL that the AWS CLI and curl call, None for AWS's own;
    `start` is the command that brings it up; `profile` the profile with the credentials on AWS.
    """

    kind: str
    endpoint: str | None = None
    start: str | None = None
    profile: str | None = None


def place(target: str, profile: str | None = None) -> Place:
    """The place of the target of that name or at that URL; one of another name is an emulator in process."""
    if "://" in target:
        return Place("url", target)
    if target == "aws":
        return Place("aws", profile=profile)
    if target == "moto":
        return Place("moto", "http://127.0.0.1:5000", "moto_server -p 5000")
    return Place("emulator", "http://127.0.0.1:4570", "aws-contract serve")


def with_lines(finding: Finding, contract: Contract, where: Place) -> Finding:
    """The finding with lines for its calls and with sensitive members hidden."""
    if not finding.calls:
        return finding
    calls = tuple(hidden(contract.operation(str(call["operation"])), call) for call in finding.calls)
    return dataclasses.replace(finding, calls=calls, reproduce=lines(contract, calls, where))


def lines(contract: Contract, calls: Calls, where: Place) -> dict[str, str]:
    """`python`, `cli` and, where the protocol is JSON, `curl` for a sequence of calls in the own recording form."""
    made = {"python": python(contract, calls, where), "cli": cli(contract, calls, where)}
    if contract.protocol == "json":
        made["curl"] = curl(contract, calls, where)
    return made


# Python ---------------------------------------------------------------------------------------------------------------


def python(contract: Contract, calls: Calls, where: Place) -> str:
    """A boto3 session; boto3's own validation is off, since it would stop what is broken on purpose."""
    clients: dict[tuple[str, str], str] = {}
    known: dict[str, str] = {}
    told: set[str] = set()
    body: list[str] = []
    sends = False
    for number, call in enumerate(calls):
        body += _waiting(calls, number, where, "python")
        operation, request = contract.operation(str(call["operation"])), call.get("request")
        if reason := expressible.refusal(operation, request, validated=False):
            body.append(f"# boto3 cannot send {operation.name} as it was sent: {reason}; {_instead(contract)}")
            continue
        scope, sends = _scope(call), True
        if scope not in clients:
            clients[scope] = "client" if not clients else f"client{len(clients) + 1}"
            body += _client(contract.service, clients[scope], scope, where)
        client = clients[scope]
        said = f"{client}.{snake(operation.name)}({_arguments(_boto3(operation, request), known)})"
        told |= set(_texts(request))
        fresh = {text: path for text, path in _places(call.get("response")) if text not in told and text not in known}
        if call.get("error"):
            body += ["try:", f"    print({said})", "except Exception as error:", "    print(repr(error))"]
            # At a prompt of Python's a blank line ends what is indented; within another block it would end that too.
            body += [""] if where.kind in ("url", "aws") and number + 1 < len(calls) else []
        elif wanted := [text for text in fresh if text in _asked(calls[number + 1 :])]:
            body += [f"answer{number + 1} = {said}", f"print(answer{number + 1})"]
            known |= {text: f"answer{number + 1}{fresh[text]}" for text in wanted}
        else:
            body.append(f"print({said})")
    return "\n".join([*_opening(where), *body] if sends and where.kind in ("url", "aws") else
                     [*_opening(where), *(f"    {line}" for line in body)] if sends else body)  # fmt: skip


def _opening(where: Place) -> Iterator[str]:
    if where.kind != "emulator":
        yield "import boto3"
    yield "from botocore.config import Config"
    opener = {"emulator": ("from validator.emulator import Emulator", "with Emulator(seed=0) as aws:"),
              "moto": ("from moto import mock_aws", "with mock_aws():")}.get(where.kind)  # fmt: skip
    if opener:
        yield opener[0]
    yield ""
    yield "config = Config(parameter_validation=False, retries={'total_max_attempts': 1})"
    if opener:
        yield opener[1]


def _client(service: str, name: str, scope: tuple[str, str], where: Place) -> Iterator[str]:
    account, region = scope
    keys = f"aws_access_key_id={account!r}, aws_secret_access_key={_SECRET!r}"
    if where.kind == "emulator":
        other = f", region_name={region!r}, {keys}" if scope != (_ACCOUNT, _REGION) else ""
        yield f"{name} = aws.client({service!r}{other}, config=config)"
    elif where.kind == "moto":
        yield f"{name} = boto3.client({service!r}, region_name={region!r}, config=config)"
        if account != _ACCOUNT:
            header = f"lambda request, **_: request.headers.add_header('x-moto-account-id', {account!r})"
            yield f"{name}.meta.events.register('before-sign', {header})"
    elif where.kind == "url":
        yield (
            f"{name} = boto3.client({service!r}, region_name={region!r}, endpoint_url={where.endpoint!r}, {keys}, "
            "config=config)"
        )
    else:
        session = f"boto3.Session(profile_name={where.profile!r})" if where.profile else "boto3"
        yield f"{name} = {session}.client({service!r}, region_name={region!r}, config=config)"


def _boto3(operation: Any, request: Any) -> Any:
    try:
        return instances.to_boto3(operation, dict(request))
    except Exception:
        # Broken on purpose, and what boto3 sends of it as it stands was found to be right.
        return request


def _arguments(request: Mapping[str, Any], known: Mapping[str, str]) -> str:
    if all(name.isidentifier() and not keyword.iskeyword(name) for name in request):
        return ", ".join(f"{name}={_literal(value, known)}" for name, value in request.items())
    return f"**{_literal(request, known)}"


def _literal(value: Any, known: Mapping[str, str]) -> str:
    """A value as Python: what an earlier answer gave by its name, and what repeats itself by how often."""
    if isinstance(value, str):
        alike = len(value) > 40 and len(set(value)) == 1
        return known.get(value) or (f"{value[0]!r} * {len(value)}" if alike else repr(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name!r}: {_literal(inner, known)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        shown = [_literal(item, known) for item in value]
        alike = len(shown) > 3 and len(set(shown)) == 1
        return f"[{shown[0]}] * {len(shown)}" if alike else f"[{', '.join(shown)}]"
    # botocore takes epoch seconds for a time.
    return repr(value.timestamp()) if isinstance(value, datetime.datetime) else repr(value)


# The shell ------------------------------------------------------------------------------------------------------------


def cli(contract: Contract, calls: Calls, where: Place) -> str:
    """AWS CLI commands for a POSIX shell, for both versions; of blobs, version 2 alone reads base64 as it stands."""
    made: list[str] = []
    sends = False
    for number, call in enumerate(calls):
        made += _waiting(calls, number, where, "cli")
        operation, request = contract.operation(str(call["operation"])), call.get("request")
        request = {} if request is None and operation.input is None else request
        account, region = _scope(call)
        reason = expressible.refusal(operation, request, validated=True)
        body = shlex.quote(json.dumps(request))
        if reason is None and where.kind == "moto" and account != _ACCOUNT:
            reason = f"it cannot act as moto's account {account}"
        if reason is None and len(body) > _WORD:
            reason = f"{len(body):,} characters are too long for a word of a command"
        if reason is not None:
            made.append(f"# the AWS CLI refuses to send {operation.name}: {reason}; {_instead(contract)}")
            continue
        sends = True
        made += _from_before(calls, number)
        words = ["AWS_PAGER="]
        if where.endpoint:
            words += [f"AWS_ACCESS_KEY_ID={account}", f"AWS_SECRET_ACCESS_KEY={_SECRET}"]
        name = snake(operation.name).replace("_", "-")
        words += ["aws", _CLI_NAMES.get(contract.service, contract.service), name, "--region", region]
        words += ["--endpoint-url", shlex.quote(where.endpoint)] if where.endpoint else []
        words += ["--profile", shlex.quote(where.profile)] if where.profile else []
        # Else the CLI asks for page after page, and shows them as one.
        words += ["--no-paginate"] if operation.pagination else []
        made.append(" ".join([*words, "--cli-input-json", body]))
    return "\n".join([*_first(where), *made] if sends else made)


def curl(contract: Contract, calls: Calls, where: Place) -> str:
    """curl commands for a POSIX shell; curl signs, for AWS with the credentials of the environment's variables."""
    info = contract.info
    signing = info.get("signingName") or info.get("endpointPrefix") or contract.service
    made = list(_first(where))
    if where.profile:
        made.append(f'# first: eval "$(aws configure export-credentials --profile {where.profile} --format env)"')
    for number, call in enumerate(calls):
        made += [*_waiting(calls, number, where, "curl"), *_from_before(calls, number)]
        operation, (account, region) = contract.operation(str(call["operation"])), _scope(call)
        message = encode(operation, call.get("request"))
        headers = dict(getattr(message, "headers", {}))
        if where.endpoint is None:
            url = expressible.endpoint(contract.service, region)
            user = '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
            # Nothing at all without a token: curl would sign the empty header and not send it.
            user += ' ${AWS_SESSION_TOKEN:+-H} ${AWS_SESSION_TOKEN:+"X-Amz-Security-Token: $AWS_SESSION_TOKEN"}'
        else:
            url, user = where.endpoint, f"{account}:{_SECRET}"
            if where.kind == "moto" and account != _ACCOUNT:
                headers["x-moto-account-id"] = account
        shown = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
        # As ASCII, so that neither a terminal nor a shell changes anything.
        body = json.dumps(json.loads(getattr(message, "body", b"null")))
        line = f"curl {shlex.quote(url)} --aws-sigv4 aws:amz:{region}:{signing} --user {user} {shown} -d"
        long = len(body) > _WORD
        made.append(f"{line} @- <<'END'\n{body}\nEND" if long else f"{line} {shlex.quote(body)}")
    return "\n".join(made)


def _first(where: Place) -> Iterator[str]:
    if where.start:
        yield f"# first, in another terminal: {where.start}"


def _from_before(calls: Calls, number: int) -> Iterator[str]:
    """A remark on the values that an earlier answer gave, where another run of the target gives others."""
    asked, own = set(_texts(calls[number].get("request"))), _asked(calls[:number])
    for text, path in (each for call in calls[:number] for each in _places(call.get("response"))):
        # What ends in a name that the caller chose is the same every time.
        if text in asked and text not in own and not text.endswith(tuple(own)):
            shown = text if len(text) <= 60 else text[:57] + "..."
            yield f"# {json.dumps(shown)} came with an answer above (at {path}); put in what you got"
            own.add(text)


# Of a call ------------------------------------------------------------------------------------------------------------


def _instead(contract: Contract) -> str:
    return "use curl" if contract.protocol == "json" else "use aws-contract replay"


def _scope(call: Call) -> tuple[str, str]:
    return str(call.get("account") or _ACCOUNT), str(call.get("region") or _REGION)


def _waiting(calls: Calls, number: int, where: Place, form: str) -> Iterator[str]:
    """What lets the time pass that lay between a call and the one before, if it was long."""
    before, now = (calls[at].get("recorded_at") if at >= 0 else None for at in (number - 1, number))
    if not isinstance(before, (int, float)) or not isinstance(now, (int, float)) or now - before < _LONG:
        return
    seconds = round(now - before)
    if where.kind != "emulator":
        yield f"# {seconds:,} seconds later:"
    elif form == "python":
        yield f"aws.pass_time({seconds})"
    else:
        yield f"curl {where.endpoint}/_aws-contract/advance -d '{{\"seconds\": {seconds}}}'"


def _asked(calls: Calls) -> set[str]:
    return {text for call in calls for text in _texts(call.get("request"))}


def _texts(value: Any) -> Iterator[str]:
    for text, _ in _places(value):
        yield text


def _places(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text that tells something, and where it stands, as Python says it."""
    if isinstance(value, str):
        if len(value) >= _TELLING:
            yield value, path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(inner, f"{path}[{name!r}]")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, f"{path}[{number}]")


def snake(name: str) -> str:
    """An operation's name as boto3's method: `create_dataset_import_job`."""
    from botocore import xform_name

    return str(xform_name(name))
