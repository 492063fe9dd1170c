"""botocore's model of a service, turned into a contract document: the only reader of that format.

The document is JSON Schema 2020-12. `$defs` has one closed schema per shape; what standard keywords cannot say is
in `x-aws-*` keywords, which `schemas/aws-contract.schema.json` describes. A pattern is kept as AWS writes it, in
`x-aws-pattern`; `contract.publish` adds the `pattern` other tools read. No prose of the model is copied.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from validator.errors import MalformedContractError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Model = Mapping[str, Any]
Schema = dict[str, Any]

INTEGERS = {
    "byte": ("int8", 2**7),
    "short": ("int16", 2**15),
    "integer": ("int32", 2**31),
    "long": ("int64", 2**63),
}
_SERVICE_TRAITS = (
    "apiVersion",
    "serviceId",
    "protocol",
    "protocols",
    "jsonVersion",
    "targetPrefix",
    "endpointPrefix",
    "signingName",
    "signatureVersion",
    "globalEndpoint",
    "xmlNamespace",
    "awsQueryCompatible",
)
# How a service spells times in a body when a shape does not say; headers use rfc822 and query strings iso8601.
_TIMESTAMPS = {"json": "unixTimestamp", "rest-json": "unixTimestamp", "smithy-rpc-v2-cbor": "unixTimestamp"}
_LOCATED_TIMESTAMPS = {"header": "rfc822", "headers": "rfc822", "querystring": "iso8601", "uri": "iso8601"}
# Models mark few operations as read-only; for the rest the verb decides. Deliberately short: what is not surely
# a read counts as a write.
_READING = re.compile(r"(BatchDescribe|BatchGet|Describe|Get|Head|List|Lookup|Search)(?=[A-Z0-9]|$)")

_MEMBER_TRAITS = {
    "location": "x-aws-location",
    "locationName": "x-aws-location-name",
    "queryName": "x-aws-query-name",
    "idempotencyToken": "x-aws-idempotency-token",
    "hostLabel": "x-aws-host-label",
    "flattened": "x-aws-flattened",
    "xmlAttribute": "x-aws-xml-attribute",
    "xmlNamespace": "x-aws-xml-namespace",
    "eventpayload": "x-aws-event-payload",
    "eventheader": "x-aws-event-header",
    "streaming": "x-aws-streaming",
    "enum": "enum",
    "deprecated": "deprecated",
}
_SHAPE_TRAITS = {
    "sensitive": "x-aws-sensitive",
    "flattened": "x-aws-flattened",
    "deprecated": "deprecated",
    "payload": "x-aws-payload",
    "sparse": "x-aws-sparse",
    "event": "x-aws-event",
    "eventstream": "x-aws-event-stream",
    "union": "x-aws-union",
    "xmlNamespace": "x-aws-xml-namespace",
    "locationName": "x-aws-location-name",
    "wrapper": "x-aws-wrapper",
    "xmlOrder": "x-aws-xml-order",
}


def derive(model: Model, *, service: str, paginators: Model | None = None, botocore: str | None = None) -> Schema:
    """The contract document of a whole service, `$defs` and operations in alphabetical order.

    `model` is a parsed `service-2.json`, `paginators` a parsed `paginators-1.json`, `botocore` the version both come
    from. Raises MalformedContractError, naming the place, for a model that does not have the form.
    """
    shapes, operations = _section(model, "shapes", service), _section(model, "operations", service)
    document = heading(model, service=service, botocore=botocore)
    document["x-aws-operations"] = {
        name: derive_operation(model, name, paginators, service=service) for name in sorted(operations)
    }
    document["$defs"] = {name: derive_shape(model, name, service=service) for name in sorted(shapes)}
    return document


def heading(model: Model, *, service: str, botocore: str | None = None) -> Schema:
    """The part of the document that is about the service as a whole: its name, protocol, version and source."""
    metadata = _section(model, "metadata", service)
    for trait in ("apiVersion", "protocol"):
        if not isinstance(metadata.get(trait), str):
            raise MalformedContractError(f"metadata has no {trait}", where=service)
    traits = {name: metadata[name] for name in _SERVICE_TRAITS if name in metadata}
    document: Schema = {
        "$schema": DIALECT,
        "$id": f"urn:aws-contract:{service}:{metadata['apiVersion']}",
        "title": f"{service} {metadata['apiVersion']}",
        "x-aws-service": {"name": service, **traits},
    }
    if botocore:
        document["x-aws-service"]["botocore"] = botocore
    return document


@contextlib.contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turns what a model of another form makes go wrong anywhere inside it into one clear error."""
    try:
        yield
    except MalformedContractError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"not of the form of a botocore model: {type(error).__name__}: {error}"
        raise MalformedContractError(reason, where=where) from None


def _section(model: Model, name: str, where: str) -> Mapping[str, Any]:
    section = model.get(name) if isinstance(model, Mapping) else None
    if not isinstance(section, Mapping):
        raise MalformedContractError(f"not a botocore service model: it has no {name!r} object", where=where)
    return section


# Operations ----------------------------------------------------------------------------------------------------------


def derive_operation(model: Model, name: str, paginators: Model | None = None, *, service: str = "") -> Schema:
    """One entry of `x-aws-operations`: input, output, errors, pagination, traits and HTTP binding."""
    where = f"{service}.{name}"
    raw = _section(model["operations"], name, where)
    with _reading(where):
        return _operation(model, raw, name, paginators, where)


def _operation(model: Model, raw: Model, name: str, paginators: Model | None, where: str) -> Schema:
    entry: Schema = {}
    for side in ("input", "output"):
        if side in raw:
            entry[side] = {"$ref": _reference(model, raw[side], where)}
    wrapper = raw.get("output", {}).get("resultWrapper")
    if wrapper:
        entry["resultWrapper"] = wrapper
    entry["errors"] = [_error(model, error, where) for error in raw.get("errors", ())]
    http = raw.get("http") or {}
    entry["http"] = {
        "method": http.get("method", "POST"),
        "requestUri": http.get("requestUri", "/"),
        "responseCode": http.get("responseCode", 200),
    }
    pagination = ((paginators or {}).get("pagination") or {}).get(name)
    if pagination:
        entry["pagination"] = _pagination(pagination)
    entry["readonly"] = bool(raw.get("readonly")) or bool(_READING.match(name))
    for trait in ("idempotent", "deprecated"):
        if raw.get(trait):
            entry[trait] = True
    if raw.get("authtype") == "none" or raw.get("auth") == ["smithy.api#noAuth"]:
        entry["unsigned"] = True
    host = (raw.get("endpoint") or {}).get("hostPrefix")
    if host:
        entry["hostPrefix"] = host
    return entry


def _error(model: Model, reference: Model, where: str) -> Schema:
    entry: Schema = {"$ref": _reference(model, reference, where)}
    shape = model["shapes"][reference["shape"]]
    declared = {**shape.get("error", {}), **reference.get("error", {})}
    entry["code"] = declared.get("code", reference["shape"])
    if "httpStatusCode" in declared:
        entry["status"] = declared["httpStatusCode"]
    if shape.get("fault") or reference.get("fault") or declared.get("fault"):
        entry["fault"] = True
    if "retryable" in shape:
        entry["retryable"] = True
    return entry


def _pagination(raw: Model) -> Schema:
    names = {"input_token": "inputToken", "output_token": "outputToken", "result_key": "resultKey"}
    entry: Schema = {
        names[name]: [raw[name]] if isinstance(raw[name], str) else list(raw[name]) for name in names if name in raw
    }
    for name, spelled in (("limit_key", "limitKey"), ("more_results", "moreResults")):
        if name in raw:
            entry[spelled] = raw[name]
    return entry


def _reference(model: Model, raw: Any, where: str) -> str:
    name = raw.get("shape") if isinstance(raw, Mapping) else None
    if name not in model["shapes"]:
        raise MalformedContractError(f"refers to a shape {name!r} that the model does not have", where=where)
    return f"#/$defs/{name}"


# Shapes --------------------------------------------------------------------------------------------------------------


def derive_shape(model: Model, name: str, *, service: str = "") -> Schema:
    """The schema of one shape; other shapes appear in it as `$ref`."""
    where = f"{service} {name}"
    raw = _section(model["shapes"], name, where)
    kind = raw.get("type")
    build = _SHAPES.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise MalformedContractError(f"shape has an unknown type {kind!r}", where=where)
    with _reading(where):
        return _with_traits(build(model, raw, where), raw, name)


def _with_traits(schema: Schema, raw: Model, name: str) -> Schema:
    for trait, keyword in _SHAPE_TRAITS.items():
        if raw.get(trait):
            schema[keyword] = raw[trait]
    if raw.get("exception") or "error" in raw:
        error = raw.get("error", {})
        schema["x-aws-error"] = {"code": error.get("code", name)}
        if "httpStatusCode" in error:
            schema["x-aws-error"]["status"] = error["httpStatusCode"]
    return schema


def _structure(model: Model, raw: Model, where: str) -> Schema:
    if raw.get("document"):
        return {"x-aws-document": True}
    members = raw.get("members", {})
    properties = {name: _member(model, member, f"{where}.{name}") for name, member in members.items()}
    schema: Schema = {"type": "object", "properties": properties}
    model_required = [name for name in raw.get("required", ()) if name in members]
    # botocore fills a missing idempotency token in before it sends the call, so nobody has to pass one.
    required = [name for name in model_required if not members[name].get("idempotencyToken")]
    if required:
        schema["required"] = required
    if required != model_required:
        schema["x-aws-required-filled"] = [name for name in model_required if name not in required]
    if raw.get("union") or raw.get("eventstream"):
        schema["oneOf"] = [{"required": [name]} for name in members]
    schema["additionalProperties"] = False
    return schema


def _member(model: Model, raw: Model, where: str) -> Schema:
    reference = _reference(model, raw, where)
    target = model["shapes"][raw["shape"]]
    schema: Schema
    # JSON text is taken apart in headers only, as botocore does; in a body it is text like any other.
    parsed = raw.get("jsonvalue") and raw.get("location") == "header"
    if parsed:
        schema = {"x-aws-jsonvalue": True}
    elif target.get("eventstream"):
        schema = {"type": "array", "items": {"$ref": reference}, "x-aws-event-stream": True}
    else:
        schema = {"$ref": reference}
    for trait, keyword in _MEMBER_TRAITS.items():
        if raw.get(trait):
            schema[keyword] = raw[trait]
    located = _LOCATED_TIMESTAMPS.get(raw.get("location", ""))
    if located and target.get("type") == "timestamp" and "timestampFormat" not in target:
        schema["x-aws-timestamp"] = located
    if (parsed or target.get("type") in ("structure", "list", "map")) and target.get("sensitive"):
        schema["x-aws-sensitive"] = True
    return schema


def _list(model: Model, raw: Model, where: str) -> Schema:
    items = _member(model, raw["member"], f"{where}.member")
    if raw.get("sparse"):
        items = {"anyOf": [items, {"type": "null"}]}
    return {"type": "array", "items": items, **_bounds(raw, "minItems", "maxItems")}


def _map(model: Model, raw: Model, where: str) -> Schema:
    values = _member(model, raw["value"], f"{where}.value")
    if raw.get("sparse"):
        values = {"anyOf": [values, {"type": "null"}]}
    schema: Schema = {
        "type": "object",
        "propertyNames": _member(model, raw["key"], f"{where}.key"),
        "additionalProperties": values,
    }
    return {**schema, **_bounds(raw, "minProperties", "maxProperties")}


def _string(model: Model, raw: Model, where: str) -> Schema:
    schema: Schema = {"type": "string"}
    if raw.get("enum"):
        schema["enum"] = list(raw["enum"])
    schema.update(_bounds(raw, "minLength", "maxLength"))
    if raw.get("pattern"):
        schema["x-aws-pattern"] = raw["pattern"]
    return schema


def _integer(model: Model, raw: Model, where: str) -> Schema:
    name, reach = INTEGERS[raw["type"]]
    bounds = _bounds(raw, "minimum", "maximum")
    return {
        "type": "integer",
        "format": name,
        "minimum": max(bounds.get("minimum", -reach), -reach),
        "maximum": min(bounds.get("maximum", reach - 1), reach - 1),
    }


def _number(model: Model, raw: Model, where: str) -> Schema:
    return {"type": "number", "format": raw["type"], **_bounds(raw, "minimum", "maximum")}


def _blob(model: Model, raw: Model, where: str) -> Schema:
    schema: Schema = {"type": "string", "contentEncoding": "base64"}
    sizes = _bounds(raw, "x-aws-min-bytes", "x-aws-max-bytes")
    schema.update(sizes)
    if raw.get("streaming"):
        schema["x-aws-streaming"] = True
        return schema
    # Base64 spends four characters on every three bytes begun. The lengths are what other tools can check; the
    # byte counts are exact.
    for keyword, size in sizes.items():
        schema["minLength" if keyword == "x-aws-min-bytes" else "maxLength"] = -(-size // 3) * 4
    return schema


def _timestamp(model: Model, raw: Model, where: str) -> Schema:
    default = _TIMESTAMPS.get(model["metadata"].get("protocol", ""), "iso8601")
    return {"type": "number", "x-aws-timestamp": raw.get("timestampFormat", default)}


def _boolean(model: Model, raw: Model, where: str) -> Schema:
    return {"type": "boolean"}


def _bounds(raw: Model, lower: str, upper: str) -> Schema:
    return {keyword: _whole(raw[name]) for name, keyword in (("min", lower), ("max", upper)) if name in raw}


def _whole(number: Any) -> Any:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{number!r} is no number")
    return int(number) if isinstance(number, float) and number.is_integer() else number


_SHAPES: dict[str, Callable[[Model, Model, str], Schema]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "boolean": _boolean,
    "byte": _integer,
    "short": _integer,
    "integer": _integer,
    "long": _integer,
    "bigInteger": _number,
    "float": _number,
    "double": _number,
    "bigDecimal": _number,
    "blob": _blob,
    "timestamp": _timestamp,
}


def references(schema: Any) -> Iterable[str]:
    """The names of the `$defs` that a schema refers to directly, in order, possibly repeated."""
    if isinstance(schema, Mapping):
        for keyword, value in schema.items():
            if keyword == "$ref" and isinstance(value, str) and value.startswith("#/$defs/"):
                yield value[len("#/$defs/") :]
            elif isinstance(value, (Mapping, list)):
                yield from references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from references(item)
