"""HTTP requests as botocore's own serializers write them, for parameters that fill every member."""

from __future__ import annotations

import datetime
import functools
from typing import Any
from urllib.parse import urlencode

from botocore import serialize
from botocore.loaders import Loader
from botocore.model import ServiceModel

from validator.contract import Operation
from validator.reshape import is_map, resolve

TIME = datetime.datetime(2026, 1, 5, 10, 0, 0, tzinfo=datetime.timezone.utc)
DEPTH = 4


@functools.cache
def model(service: str, api_version: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2", api_version), service)


def full(operation: Operation, only: Any = None) -> Any:
    """boto3 parameters with every member that a few levels have; texts are short and differ from each other."""
    if operation.input is None:
        return {}
    counter = iter(range(10**9))
    return _full(operation.contract, operation.contract.define(operation.input), counter, 0, ())


def _full(contract: Any, schema: Any, counter: Any, depth: int, above: tuple[str, ...]) -> Any:
    reference = schema.get("$ref", "")
    if reference in above or depth > DEPTH:
        return None
    above = (*above, reference) if reference else above
    schema = resolve(contract, schema)
    kind = schema.get("type")
    if schema.get("x-aws-document") or schema.get("x-aws-jsonvalue") or schema.get("x-aws-event-stream"):
        return None
    if kind == "object" and is_map(schema):
        value = _full(contract, schema["additionalProperties"], counter, depth + 1, above)
        return None if value is None else {f"key{next(counter)}": value}
    if kind == "object":
        filled = {}
        for name, member in schema["properties"].items():
            value = _full(contract, member, counter, depth + 1, above)
            if value is not None:
                filled[name] = value
                if "oneOf" in schema:
                    break
        return filled or None
    if kind == "array":
        items = [_full(contract, schema["items"], counter, depth + 1, above) for _ in range(2)]
        return None if items[0] is None else items
    if kind == "boolean":
        return True
    if kind == "integer":
        return 7 + next(counter) % 50
    if kind == "number":
        return TIME if "x-aws-timestamp" in schema else 1.5
    if schema.get("contentEncoding"):
        return None if schema.get("x-aws-streaming") else b"bytes %d" % next(counter)
    return str(schema["enum"][0]) if schema.get("enum") else f"text{next(counter)}"


def serialized(
    operation: Operation, params: Any, host: str, protocol: str | None = None
) -> tuple[str, str, dict[str, str], bytes]:
    """Method, URL, lower-case headers and body of the request that botocore writes for parameters.

    `protocol` is one that the service speaks beside the one botocore chooses.
    """
    contract = operation.contract
    service = model(contract.service, contract.api_version)
    serializer = serialize.create_serializer(protocol or service.resolved_protocol, include_validation=False)
    found = serializer.serialize_to_request(params, service.operation_model(operation.name))
    query = found["query_string"]
    query = urlencode(query, doseq=True) if isinstance(query, dict) else str(query)
    path = found["url_path"]
    url = f"https://{host}{path}" + (("&" if "?" in path else "?") + query if query else "")
    headers = {str(name).lower(): _text(value) for name, value in found["headers"].items()}
    body = found["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    return found["method"], url, headers, body.encode() if isinstance(body, str) else bytes(body or b"")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
