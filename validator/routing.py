"""Whose call an HTTP request is: candidates from its target, its action, or its host and path.

Nothing is guessed. Where two operations fit equally well both are given, and the caller settles it by shape or says
that it is ambiguous.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from validator import contract as contracts
from validator import services
from validator.contract import Contract, Operation

Load = Callable[[str], Contract]
_REST = ("rest-json", "rest-xml")
_SUFFIXES = (
    ".amazonaws.com.cn",
    ".amazonaws.com",
    ".api.amazonwebservices.com.cn",
    ".api.aws",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
)
_REGION = re.compile(r"(?:[a-z]{2}|us-gov|us-iso[a-z]?|eu-isoe|eusc)(?:-[a-z]+)+-\d+")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]*)/([^/]+)/aws4_request")
_SDK = re.compile(r"\bapi/([a-z0-9_-]+)[#/ ]", re.IGNORECASE)
# Operations that only one kind of host serves, where another has the same path.
_ONLY_AT: Mapping[tuple[str, str], str] = {("s3", "ListDirectoryBuckets"): "s3express"}
_RPC = re.compile(r"/service/([^/]+)/operation/([^/?]+)/?")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One operation that a request may be."""

    service: str
    operation: str


@functools.cache
def _load(service: str) -> Contract:
    return contracts.load(service)


def route(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    load: Load = _load,
    service: str | None = None,
) -> list[Candidate]:
    """The operations an HTTP request may be, all equally likely; empty when it is no call of any known operation.

    `headers` have lower-case names. `service` is what the caller knows already.
    """
    parts = urlsplit(url)
    named = (service,) if service else _named(parts.hostname or "", headers, parts.query)
    target = headers.get("x-amz-target", "")
    if "." in target:
        prefix, _, name = target.rpartition(".")
        found = services.by_target(prefix)
        return _having(_narrowed(found, named) or named, name, load)
    if (rpc := _RPC.fullmatch(parts.path)) and (found := _rpc_services(rpc[1], named)):
        return _having(found, rpc[2], load)
    form = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "form-urlencoded" in headers.get("content-type", "") or body[:7] == b"Action=":
        form.update(parse_qsl(body[: 1 << 20].decode("utf-8", "replace"), keep_blank_values=True))
    if action := form.get("Action"):
        version = form.get("Version")
        speaking = [
            each.name
            for each in services.known().values()
            if {"query", "ec2"} & set(each.protocols) and version in (None, each.api_version)
        ]
        found = _narrowed(tuple(speaking), named)
        if named and not found:
            found = tuple(name for name in named if version in (None, services.known()[name].api_version))
        if found and (candidates := _having(found, action, load)):
            return candidates
    prefix = bucket(parts.hostname or "")
    return _best(
        [
            scored
            for name in named
            if services.known()[name].protocol in _REST
            for scored in _rest(load(name), method, parts.path, parts.query, headers, prefix if name == "s3" else "")
            if _ONLY_AT.get((scored[1].service, scored[1].operation), "") in (parts.hostname or "")
        ],
        load,
    )


def _named(host: str, headers: Mapping[str, str], query: str) -> tuple[str, ...]:
    by_host = hosted(host)
    scope = _SCOPE.search(headers.get("authorization", "")) or _SCOPE.search(unquote(query).replace("X-Amz-", ""))
    by_scope = services.by_signing_name(scope[2]) if scope else ()
    sdk = _SDK.search(headers.get("x-amz-user-agent", "") + " " + headers.get("user-agent", "") + " ")
    by_sdk = services.by_label(sdk[1]) if sdk else None
    if by_host:
        narrowed = _narrowed(by_host, by_scope) or by_host
    else:
        narrowed = by_scope
    if by_sdk and (not narrowed or by_sdk in narrowed):
        return (by_sdk,)
    return narrowed


def _narrowed(these: Sequence[str], by: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in these if name in by) if by else tuple(these)


def _rpc_services(smithy_name: str, named: Sequence[str]) -> tuple[str, ...]:
    found = services.by_target(smithy_name)
    if found:
        return _narrowed(found, named) or found
    return tuple(name for name in named if "smithy-rpc-v2-cbor" in services.known()[name].protocols)


def _having(names: Sequence[str], operation: str, load: Load) -> list[Candidate]:
    return [Candidate(name, operation) for name in names if operation in load(name).operations]


# Hosts ---------------------------------------------------------------------------------------------------------------


def is_aws(host: str) -> bool:
    """Whether a host name is one of AWS's own."""
    return ("." + host.casefold()).endswith(_SUFFIXES)


def _labels(host: str) -> list[str]:
    host = host.casefold().rstrip(".")
    suffix = next((suffix for suffix in _SUFFIXES if host.endswith(suffix)), None)
    if suffix is None:
        return []
    labels = []
    for label in host[: -len(suffix)].split("."):
        label = re.sub(r"-fips$|^fips-", "", label)
        if (old := re.fullmatch(rf"(s3|s3-control)-(?:external-1|{_REGION.pattern})", label)) is not None:
            label = old[1]
        if label and label not in ("dualstack", "fips") and not _REGION.fullmatch(label):
            labels.append(label)
    return labels


@functools.lru_cache(maxsize=1024)
def hosted(host: str) -> tuple[str, ...]:
    """The services that answer at a host of AWS's; empty for any other host."""
    labels = _labels(host)
    for start in range(len(labels)):
        if found := services.by_endpoint_prefix(".".join(labels[start:])):
            return found
    return ()


def bucket(host: str) -> str:
    """The bucket a virtual-hosted S3 host names, or an empty string."""
    labels = _labels(host)
    return ".".join(labels[:-1]) if len(labels) > 1 and labels[-1] == "s3" else ""


# REST bindings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Binding:
    """How one operation stands in method, path and query; `asked` are the header and query names it requires."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    literal: int
    query: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str], ...]


_BINDINGS: dict[int, tuple[Contract, list[Binding]]] = {}


def bindings(contract: Contract) -> list[Binding]:
    """The bindings of all operations of a REST service."""
    kept = _BINDINGS.get(id(contract))
    if kept is None or kept[0] is not contract:
        kept = _BINDINGS[id(contract)] = (contract, [binding(contract.operation(name)) for name in contract.operations])
    return kept[1]


def binding(operation: Operation) -> Binding:
    """The binding of one operation, from its `requestUri` and the members it requires in headers and query."""
    uri, _, query = operation.http["requestUri"].partition("?")
    labels: list[str] = []
    expression, literal = "", 0
    for segment in uri.strip("/").split("/"):
        expression += "/"
        for piece in re.split(r"(\{[^}]+\})", segment):
            if piece.startswith("{"):
                greedy = piece.endswith("+}")
                labels.append(piece[1:-1].rstrip("+"))
                expression += "(.+)" if greedy else "([^/]+)"
            elif piece:
                literal += 1
                expression += re.escape(piece)
    pairs = tuple((name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "x-id")
    return Binding(
        operation.name,
        operation.http["method"],
        re.compile(expression + "/?"),
        tuple(labels),
        literal,
        pairs,
        tuple(_asked(operation)),
    )


def _asked(operation: Operation) -> list[tuple[str, str]]:
    if operation.input is None:
        return []
    schema = operation.contract.define(operation.input)
    found = []
    for name in schema.get("required", ()):
        member = schema["properties"][name]
        if member.get("x-aws-location") in ("header", "querystring"):
            found.append((member["x-aws-location"], member.get("x-aws-location-name", name)))
    return found


def _rest(
    contract: Contract, method: str, path: str, query: str, headers: Mapping[str, str], prefix: str
) -> list[tuple[tuple[int, ...], Candidate]]:
    if prefix:
        path = f"/{prefix}{path}"
    given = dict(parse_qsl(query, keep_blank_values=True))
    path = re.sub(r"(?<!^)/$", "", path) or "/"
    found: list[tuple[tuple[int, ...], Candidate]] = []
    for each in bindings(contract):
        if each.method != method or not each.path.fullmatch(path):
            continue
        if any(name not in given or (value and given[name] != value) for name, value in each.query):
            continue
        there = [name.casefold() in headers if place == "header" else name in given for place, name in each.asked]
        labels = len(each.labels)
        score = (len(each.query), -there.count(False), there.count(True), each.literal, -labels)
        found.append((score, Candidate(contract.service, each.operation)))
    return found


def _best(scored: list[tuple[tuple[int, ...], Candidate]], load: Load) -> list[Candidate]:
    if not scored:
        return []
    top = max(score for score, _ in scored)
    best = [candidate for score, candidate in scored if score == top]
    # An operation renamed stands on the same path under both names; the present one is meant.
    present = [each for each in best if not load(each.service).operation(each.operation).deprecated]
    return present or best
