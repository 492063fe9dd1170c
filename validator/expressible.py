"""What boto3 and the AWS CLI can send: botocore's own validator and serializer are asked, one request at a time."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from validator import instances
from validator.contract import Operation
from validator.transport.wire import encode

_LONGEST = 160


def refusal(operation: Operation, request: Any, *, validated: bool) -> str | None:
    """Why a canonical request cannot be sent as it is, in a few words; None where it can.

    With `validated` botocore's validation is on, as it always is in the AWS CLI; without it, only what the serializer
    refuses or changes is told.
    """
    if not isinstance(request, Mapping):
        return "a request has members"
    try:
        serializer, model = _botocore(operation.service, operation.contract.api_version)
        known = model.operation_model(operation.name)
    except Exception:
        return "the installed botocore does not know it"
    shape = known.input_shape
    # Whoever leaves one out finds it filled in, which only matters where it must be there.
    for name in getattr(known, "idempotent_members", ()):
        if name not in request and shape is not None and name in shape.required_members:
            return f"{name} would be filled in"
    if validated and shape is not None:
        from botocore.validate import ParamValidator

        report = ParamValidator().validate(dict(request), shape)
        if report.has_errors():
            return _short("; ".join(report.generate_report().splitlines()))
    try:
        params = instances.to_boto3(operation, dict(request))
    except Exception:
        params = dict(request)
    try:
        made = serializer.serialize_to_request(params, known)
        if operation.contract.protocol != "json":
            return None
        wanted = encode(operation, request)
        same = _same(json.loads(made["body"]), json.loads(getattr(wanted, "body", b"null")))
    except Exception as error:
        # Whatever a serializer raises that was fed with wrong types means the same.
        return _short(f"its serializer raises {type(error).__name__}: {' '.join(str(error).split())}")
    return None if same else "its serializer changes the request"


@functools.lru_cache(maxsize=32)
def endpoint(service: str, region: str) -> str:
    """The URL of AWS's own endpoint."""
    import botocore.session

    client = botocore.session.Session().create_client(
        service, region_name=region, aws_access_key_id="none", aws_secret_access_key="none"
    )
    url = str(client.meta.endpoint_url)
    client.close()
    return url


@functools.lru_cache(maxsize=32)
def _botocore(service: str, api_version: str) -> tuple[Any, Any]:
    import botocore.serialize
    import botocore.session

    model = botocore.session.get_session().get_service_model(service, api_version)
    return botocore.serialize.create_serializer(model.metadata["protocol"], include_validation=False), model


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one to a reader: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
