"""CloudTrail log files: what CloudTrail wrote down of each call, in its own casing, with its own omissions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from validator import services
from validator import validate as validating
from validator.contract import Operation
from validator.errors import AwsContractError
from validator.exchange import ErrorReply, Exchange
from validator.recordings import naming
from validator.recordings.recording import Format, Read, Recording, View
from validator.replies import declared
from validator.reshape import Schema, Spelling, reshape, text_scalar, to_epoch
from validator.results import Unchecked


def _names(name: str, schema: Schema) -> Sequence[str]:
    return (name, schema.get("x-aws-location-name", name), schema.get("x-aws-query-name", name))


def _items(value: Any) -> Any:
    if value == {}:
        return []
    # EC2's lists stand as `{"items": [...]}`, those of other query services sometimes as `{"member": [...]}`.
    if isinstance(value, Mapping) and len(value) <= 1:
        return next((value[name] for name in ("items", "member") if isinstance(value.get(name), list)), value)
    return value


# CloudTrail writes first letters small, and names of its own beside those of the API; those are not the API's.
_SPELLING = Spelling("cloudtrail", _names, text_scalar, items=_items, fold=True, unknown=False)
# The version of the API that stands at the end of some event names: `CreateFunction20150331`, `GetFunction20150331v2`.
_VERSIONED = re.compile(r"(?<=[a-z])(20\d{6}|20\d\d_\d\d_\d\d)(v\d+)?$")
_SOURCES = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
    "tagging": "resourcegroupstaggingapi",
}


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a log file, or the answer of `lookup-events`."""
    events = _events(document)
    return bool(events) and all(
        isinstance(each, Mapping)
        and str(each.get("eventSource", "")).endswith(".amazonaws.com")
        and "eventName" in each
        for each in events[:20]
    )


def _events(document: Any) -> Sequence[Any]:
    if isinstance(document, Mapping):
        records = document.get("Records")
        if isinstance(records, list):
            return records
        if isinstance(document.get("Events"), list):
            return [_inner(each) for each in document["Events"]]
        if "eventSource" in document:
            return (document,)
    return document if isinstance(document, list) else ()


def _inner(event: Any) -> Any:
    try:
        return json.loads(event["CloudTrailEvent"])
    except (TypeError, KeyError, ValueError, RecursionError):
        return None


def read(document: Any, recording: Recording) -> Read:
    """Each API call that was logged."""
    for index, event in enumerate(_events(document)):
        if not isinstance(event, Mapping):
            yield recording.unchecked("not an event", index)
        else:
            yield _exchange(event, index, recording)


def _exchange(event: Mapping[str, Any], index: int, recording: Recording) -> Exchange | Unchecked:
    source, name = str(event.get("eventSource", "")), str(event.get("eventName", ""))
    if event.get("eventType") not in (None, "AwsApiCall"):
        return recording.unchecked(f"an {event['eventType']}, not a call of an API", index)
    operation = _operation(source.removesuffix(".amazonaws.com"), name, event, recording)
    if isinstance(operation, str):
        return recording.unchecked(operation, index)
    request, response = event.get("requestParameters"), event.get("responseElements")
    error = None
    if code := event.get("errorCode"):
        shape = declared(operation, str(code))
        error = ErrorReply(shape.code if shape else str(code), str(event.get("errorMessage") or ""))
        response = None
    recorded = to_epoch(event.get("eventTime"))
    return Exchange(
        operation.service,
        operation.name,
        _shaped(operation, request, "request"),
        _shaped(operation, response, "response"),
        error,
        recorded_at=recorded if isinstance(recorded, (int, float)) else None,
        location=recording.at(index),
        account=_text(event.get("recipientAccountId")),
        region=_text(event.get("awsRegion")),
    )


def _operation(prefix: str, name: str, event: Mapping[str, Any], recording: Recording) -> Operation | str:
    names = list(services.by_endpoint_prefix(prefix))
    if recording.service in names or (not names and recording.service):
        names = [recording.service]
    if not names and (found := _SOURCES.get(prefix) or services.by_label(prefix)):
        names = [found]
    if not names:
        return f"no service has the event source {prefix[:60]!r}"
    fitting = []
    version = event.get("apiVersion")
    for service in names:
        try:
            operation = naming.find_operation(service, name) or naming.find_operation(service, _VERSIONED.sub("", name))
        except AwsContractError:
            continue
        if operation:
            fitting.append(validating.load(service).operation(operation))
    if len(fitting) > 1 and version:
        fitting = [
            each for each in fitting if each.contract.api_version.replace("-", "_") == str(version).replace("-", "_")
        ] or fitting
    if not fitting:
        return f"no operation {name[:80]!r} in {' or '.join(names)}"
    if len(fitting) > 1:
        return (
            "could be "
            + " or ".join(f"{each.service}.{each.name}" for each in fitting)
            + "; name the service with --service"
        )
    return fitting[0]


def _shaped(operation: Operation, value: Any, direction: str) -> Any:
    shape = operation.shape(direction)
    if not isinstance(value, Mapping) or shape is None:
        return None
    return reshape(operation.contract, operation.contract.define(shape), value, _SPELLING)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


FORMAT = Format(
    "cloudtrail",
    "CloudTrail log files",
    "`Records` with `eventSource` and `eventName`",
    fits,
    read,
    # What CloudTrail leaves out was still sent, and what it writes beside is its own.
    View(forgives=frozenset(("required", "additionalProperties", "oneOf", "minProperties")), replaces=True),
)
