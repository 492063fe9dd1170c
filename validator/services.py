"""The services botocore has a model of, by the names that stand on the wire: hosts, targets, signing names.

Read from the heads of the model files alone, so that telling whose call a recording holds does not parse four
hundred models.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from validator import sources
from validator.errors import UnknownNameError

# A model's metadata stands before its operations, within the first few thousand characters.
_HEAD = 16384
# Hosts that models do not spell as their endpoint prefix.
_ALIASES: Mapping[str, str] = {"queue": "sqs", "s3-control": "s3control", "ddb": "dynamodb"}


@dataclass(frozen=True, slots=True)
class Service:
    """One service as its calls name it; `protocols` has the preferred one first."""

    name: str
    api_version: str
    protocol: str
    protocols: tuple[str, ...]
    endpoint_prefix: str
    signing_name: str
    target_prefix: str | None
    service_id: str


@functools.cache
def known() -> Mapping[str, Service]:
    """Every service of the installed botocore by name, its newest API version."""
    return {service.name: service for service in _read()}


def _read() -> Iterator[Service]:
    folder = sources.installed()
    for name in folder.services:
        metadata = _metadata(folder, name)
        if metadata is None:
            continue
        prefix = str(metadata.get("endpointPrefix", name))
        protocol = str(metadata.get("protocol", ""))
        protocols = metadata.get("protocols")
        yield Service(
            name,
            str(metadata.get("apiVersion", "")),
            protocol,
            tuple(protocols) if isinstance(protocols, list) else (protocol,),
            prefix,
            str(metadata.get("signingName", prefix)),
            metadata.get("targetPrefix"),
            str(metadata.get("serviceId", name)),
        )


def _metadata(folder: sources.ModelFolder, name: str) -> Mapping[str, Any] | None:
    place = folder.path(name)
    file = next(each for suffix in (".json.gz", ".json") if (each := place / f"service-2{suffix}").is_file())
    try:
        with file.open("rb") as raw:
            opened: Any = gzip.GzipFile(fileobj=raw) if file.name.endswith(".gz") else raw
            head = opened.read(_HEAD).decode("utf-8", "replace")
        start = head.index('"metadata"')
        found, _end = json.JSONDecoder().raw_decode(head, head.index("{", start))
    except (OSError, EOFError, ValueError, zlib.error):
        # Not where it is expected, or unreadable: the whole file says, with its own clear error when it is asked for.
        try:
            found = folder.load(name).model.get("metadata")
        except ValueError:
            return None
    return found if isinstance(found, Mapping) else None


@functools.cache
def _by(attribute: str) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for service in known().values():
        value = getattr(service, attribute)
        if value:
            index.setdefault(value.casefold(), []).append(service.name)
    return {value: tuple(names) for value, names in index.items()}


def by_target(prefix: str) -> tuple[str, ...]:
    """The services whose `X-Amz-Target` begins so."""
    return _by("target_prefix").get(prefix.casefold(), ())


def by_signing_name(name: str) -> tuple[str, ...]:
    """The services whose calls are signed for this name."""
    return _by("signing_name").get(name.casefold(), ())


def by_endpoint_prefix(prefix: str) -> tuple[str, ...]:
    """The services with this endpoint prefix, or else the service of this very name."""
    prefix = prefix.casefold()
    prefix = _ALIASES.get(prefix, prefix)
    found = _by("endpoint_prefix").get(prefix)
    return found or ((prefix,) if prefix in known() else ())


def by_label(label: str) -> str | None:
    """The service that a person, an SDK or the AWS CLI calls so, or None: `Step Functions`, `sfn`, `s3api`."""
    wanted = _squeezed(label)
    for name, service in known().items():
        if wanted in (_squeezed(name), _squeezed(service.service_id)):
            return name
    return _CLI_NAMES.get(label.casefold())


# The AWS CLI's own names of services, where they are not botocore's.
_CLI_NAMES: Mapping[str, str] = {
    "s3api": "s3",
    "deploy": "codedeploy",
    "configservice": "config",
    "stepfunctions": "stepfunctions",
    "sfn": "stepfunctions",
}


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def require(name: str) -> str:
    """The service of that name, or that endpoint prefix when only one has it; UnknownNameError for anything else."""
    if name in known():
        return name
    found = by_label(name)
    if found is not None:
        return found
    candidates = by_endpoint_prefix(name)
    if len(candidates) == 1:
        return candidates[0]
    raise UnknownNameError("service", name, known())
