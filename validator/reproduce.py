"""Lines that do a finding's last call by hand: Python, the AWS CLI, curl. They name no credential."""

from __future__ import annotations

import dataclasses
import json
import pprint
import re
import shlex
from collections.abc import Mapping
from typing import Any

from validator.contract import Contract
from validator.redaction import hidden
from validator.results import Finding


def with_lines(finding: Finding, contract: Contract, endpoint: str | None = None) -> Finding:
    """The finding with lines for its calls and with sensitive members hidden."""
    if not finding.calls:
        return finding
    calls = tuple(hidden(contract.operation(str(call["operation"])), call) for call in finding.calls)
    return dataclasses.replace(finding, calls=calls, reproduce=lines(contract, calls, endpoint))


def lines(contract: Contract, calls: tuple[Mapping[str, Any], ...], endpoint: str | None = None) -> dict[str, str]:
    """`python`, `cli` and, where the protocol is JSON, `curl` for a sequence of calls in the own recording form."""
    made = {"python": python(contract, calls, endpoint), "cli": cli(contract, calls, endpoint)}
    if contract.protocol == "json":
        made["curl"] = curl(contract, calls, endpoint)
    return made


def python(contract: Contract, calls: tuple[Mapping[str, Any], ...], endpoint: str | None) -> str:
    """A boto3 session; boto3's own validation is off, since it would stop what is broken on purpose."""
    where = f", endpoint_url={endpoint!r}" if endpoint else ""
    text = [
        "import boto3",
        "from botocore.config import Config",
        "",
        "config = Config(parameter_validation=False, retries={'total_max_attempts': 1})",
        f"client = boto3.client({contract.service!r}{where}, config=config)",
    ]
    scopes = {(call.get("account"), call.get("region")) for call in calls}
    for call in calls:
        if len(scopes) > 1:
            text.append(f"# as account {call.get('account')} in {call.get('region')}:")
        request = call.get("request")
        if isinstance(request, Mapping) and all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in request):
            arguments = ", ".join(f"{name}={_literal(value)}" for name, value in request.items())
        elif isinstance(request, Mapping):
            arguments = f"**{_literal(request)}"
        else:
            # boto3 knows requests with members only.
            text.append(f"# boto3 cannot send {call['operation']} with {_literal(request)}; curl can")
            continue
        text.append(f"client.{snake(str(call['operation']))}({arguments})")
    return "\n".join(text)


def cli(contract: Contract, calls: tuple[Mapping[str, Any], ...], endpoint: str | None) -> str:
    """AWS CLI commands; version 2 reads base64 for blobs as it stands here."""
    where = f" --endpoint-url {shlex.quote(endpoint)}" if endpoint else ""
    text = []
    for call in calls:
        request, name = call.get("request"), snake(str(call["operation"])).replace("_", "-")
        if request is None or isinstance(request, Mapping):
            shown = shlex.quote(json.dumps(request or {}))
            text.append(f"aws {contract.service} {name}{where} --no-cli-pager --cli-input-json {shown}")
        else:
            text.append(f"# the AWS CLI cannot send {name} with {json.dumps(request)}; curl can")
    return "\n".join(text)


def curl(contract: Contract, calls: tuple[Mapping[str, Any], ...], endpoint: str | None) -> str:
    """curl commands; curl signs with the credentials of the environment's variables."""
    info = contract.info
    url = endpoint or f"https://{info.get('endpointPrefix', contract.service)}.us-east-1.amazonaws.com"
    signing = info.get("signingName") or info.get("endpointPrefix") or contract.service
    return "\n".join(
        f"curl {shlex.quote(url)} --aws-sigv4 aws:amz:us-east-1:{signing} "
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
        f"-H {shlex.quote('Content-Type: application/x-amz-json-' + str(info.get('jsonVersion', '1.0')))} "
        f"-H {shlex.quote('X-Amz-Target: ' + str(info.get('targetPrefix', '')) + '.' + str(call['operation']))} "
        f"-d {shlex.quote(json.dumps(call.get('request')))}"
        for call in calls
    )


def snake(name: str) -> str:
    """An operation's name as boto3's method: `create_dataset_import_job`."""
    from botocore import xform_name

    return str(xform_name(name))


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=10_000, sort_dicts=False, compact=True)
