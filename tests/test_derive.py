"""Models against the contracts derived from them, over everything botocore ships."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from validator import contract as contracts
from validator import derive, sources
from validator.errors import MalformedContractError

META = json.loads((contracts.schemas_folder() / "aws-contract.schema.json").read_text("utf-8"))
# One constraint: what kind it is, where it stands, and what it says.
Constraint = tuple[str, str, Any]

BOUNDS = {
    "string": ("minLength", "maxLength"), "list": ("minItems", "maxItems"), "map": ("minProperties", "maxProperties"),
    "blob": ("x-aws-min-bytes", "x-aws-max-bytes"), "number": ("minimum", "maximum"),
}  # fmt: skip
NUMBERS = ("integer", "long", "short", "byte", "float", "double", "bigDecimal", "bigInteger")
# Traits of a member or a shape that are the same in both, by name.
MEMBER_TRAITS = (
    "location", "locationName", "queryName", "hostLabel", "idempotencyToken", "jsonvalue", "eventpayload",
    "eventheader", "flattened", "xmlAttribute", "xmlNamespace", "enum", "deprecated", "streaming",
)  # fmt: skip
SHAPE_TRAITS = (
    "sensitive", "deprecated", "union", "event", "eventstream", "payload", "flattened", "sparse", "document",
    "xmlNamespace", "xmlOrder", "wrapper", "locationName", "streaming",
)  # fmt: skip
KEBAB = {
    "locationName": "location-name", "queryName": "query-name", "hostLabel": "host-label",
    "idempotencyToken": "idempotency-token", "eventpayload": "event-payload", "eventheader": "event-header",
    "xmlAttribute": "xml-attribute", "xmlNamespace": "xml-namespace", "eventstream": "event-stream",
    "xmlOrder": "xml-order",
}  # fmt: skip
# Whatever else a model says is prose, or about how a client is built, and binds no caller and no answer. A trait
# that is new in botocore is in neither table and fails the test until somebody has looked at it.
NOT_CONSTRAINING = {
    "shape": {"documentation", "box", "deprecatedMessage", "deprecatedSince", "synthetic", "requiresLength"},
    "member": {"documentation", "box", "contextParam", "deprecatedMessage", "deprecatedSince"},
    "operation": {
        "name", "documentation", "documentationUrl", "deprecatedMessage", "deprecatedSince", "endpointdiscovery",
        "alias", "endpointoperation", "httpChecksum", "httpChecksumRequired", "operationContextParams",
        "requestcompression", "staticContextParams", "unsignedPayload",
    },
}  # fmt: skip
READ = {
    "shape": {
        "type", "members", "required", "member", "key", "value", "enum", "min", "max", "pattern", "timestampFormat",
        "error", "exception", "fault", "retryable", *SHAPE_TRAITS,
    },
    "member": {"shape", *MEMBER_TRAITS},
    "operation": {
        "input", "output", "errors", "http", "idempotent", "readonly", "deprecated", "authtype", "auth", "endpoint",
    },
}  # fmt: skip


def in_model(model: Mapping[str, Any]) -> Iterator[Constraint]:
    """What a raw model demands."""
    for name, shape in model["shapes"].items():
        kind = shape["type"]
        yield "type", name, kind
        family = "number" if kind in NUMBERS else kind
        for bound, keyword in zip(("min", "max"), BOUNDS.get(family, ("", "")), strict=True):
            if bound in shape:
                yield keyword, name, shape[bound]
        for trait in ("enum", "pattern"):
            if shape.get(trait):
                yield trait, name, repr(shape[trait])
        for member in shape.get("required", ()):
            yield "required", f"{name}.{member}", True
        if kind == "timestamp" and "timestampFormat" in shape:
            yield "timestampFormat", name, shape["timestampFormat"]
        if shape.get("exception"):
            yield "exception", name, shape.get("error", {}).get("httpStatusCode")
        for trait in SHAPE_TRAITS:
            if shape.get(trait):
                yield trait, name, repr(shape[trait])
        inner = {key: shape[key] for key in ("member", "key", "value") if isinstance(shape.get(key), Mapping)}
        for member, reference in {**shape.get("members", {}), **inner}.items():
            yield "member", f"{name}.{member}", reference["shape"]
            for trait in MEMBER_TRAITS:
                if reference.get(trait):
                    yield trait, f"{name}.{member}", repr(reference[trait])
    for name, operation in model["operations"].items():
        for side in ("input", "output"):
            yield side, name, operation.get(side, {}).get("shape")
        yield "errors", name, tuple(sorted(error["shape"] for error in operation.get("errors", ())))
        http = operation.get("http", {})
        yield "http", name, (http.get("method"), http.get("requestUri"))
        for trait in ("idempotent", "deprecated"):
            if operation.get(trait):
                yield f"operation {trait}", name, True
        yield "hostPrefix", name, operation.get("endpoint", {}).get("hostPrefix")


def in_contract(document: Mapping[str, Any]) -> Iterator[Constraint]:
    """What a contract document demands, in the model's words."""
    for name, schema in document["$defs"].items():
        kind = type_of(schema)
        yield "type", name, kind
        family = "number" if kind in NUMBERS else kind
        for keyword in BOUNDS.get(family, ()):
            if keyword in schema:
                yield keyword, name, schema[keyword]
        if "enum" in schema:
            yield "enum", name, repr(schema["enum"])
        if "x-aws-pattern" in schema:
            yield "pattern", name, repr(schema["x-aws-pattern"])
        for member in (*schema.get("required", ()), *schema.get("x-aws-required-filled", ())):
            yield "required", f"{name}.{member}", True
        if kind == "timestamp":
            yield "timestampFormat", name, schema["x-aws-timestamp"]
        if "x-aws-error" in schema:
            yield "exception", name, schema["x-aws-error"].get("status")
        for trait in SHAPE_TRAITS:
            keyword = trait if trait == "deprecated" else f"x-aws-{KEBAB.get(trait, trait)}"
            if keyword in schema:
                yield trait, name, repr(schema[keyword])
        inner = {
            "structure": {},
            "list": {"member": "items"},
            "map": {"key": "propertyNames", "value": "additionalProperties"},
        }
        members = {name: schema[keyword] for name, keyword in inner.get(kind, {}).items()}
        for member, reference in {**schema.get("properties", {}), **members}.items():
            reference = reference["anyOf"][0] if "anyOf" in reference else reference
            target = reference["items"] if "x-aws-event-stream" in reference else reference
            yield "member", f"{name}.{member}", target.get("$ref", "").rpartition("/")[2]
            for trait in MEMBER_TRAITS:
                keyword = trait if trait in ("enum", "deprecated") else f"x-aws-{KEBAB.get(trait, trait)}"
                if keyword in reference:
                    yield trait, f"{name}.{member}", repr(reference[keyword])
    for name, operation in document["x-aws-operations"].items():
        for side in ("input", "output"):
            yield side, name, operation[side]["$ref"].rpartition("/")[2] if side in operation else None
        yield "errors", name, tuple(sorted(error["$ref"].rpartition("/")[2] for error in operation["errors"]))
        yield "http", name, (operation["http"]["method"], operation["http"]["requestUri"])
        for trait in ("idempotent", "deprecated"):
            if operation.get(trait):
                yield f"operation {trait}", name, True
        yield "hostPrefix", name, operation.get("hostPrefix")


def type_of(schema: Mapping[str, Any]) -> str:
    if "x-aws-document" in schema:
        return "structure"
    if schema["type"] == "object":
        return "structure" if "properties" in schema else "map"
    if schema["type"] == "array":
        return "list"
    if "x-aws-timestamp" in schema:
        return "timestamp"
    widths = {"int8": "byte", "int16": "short", "int32": "integer", "int64": "long"}
    if "format" in schema:
        return widths.get(schema["format"], schema["format"])
    return "blob" if "contentEncoding" in schema else schema["type"]


def explained(service: str, difference: Constraint, side: str, model: Mapping[str, Any]) -> str | None:
    """Why a constraint is in the model or in the contract alone; None when there is no reason."""
    kind, place, value = difference
    shape = model["shapes"].get(place, {})
    if (
        side == "contract"
        and kind in ("minimum", "maximum")
        and abs(value) in {2**n - d for n in (7, 15, 31, 63) for d in (0, 1)}
    ):
        return "an integer has its type's range where the model gives none or a wider one"
    if (
        side == "model"
        and kind in ("minimum", "maximum")
        and shape.get("type") in ("integer", "long")
        and abs(value) >= 2**31
    ):
        return "an integer has its type's range where the model gives none or a wider one"
    if side == "contract" and kind == "timestampFormat" and "timestampFormat" not in shape:
        return "a time is spelled as the protocol has it where the model does not say"
    name, _, member = place.partition(".")
    reference = model["shapes"].get(name, {}).get("members", {}).get(member, {})
    if kind == "member" and reference.get("jsonvalue") and reference.get("location") == "header":
        return "JSON text in a header is taken apart, and holds any JSON value"
    if side == "model" and kind == "jsonvalue" and reference.get("location") != "header":
        return "JSON text in a body is text to every SDK"
    return None


@pytest.fixture(scope="module")
def models() -> sources.ModelFolder:
    return sources.installed()


def test_every_service_derives_keeps_every_constraint_and_fits_the_meta_schema(models: sources.ModelFolder) -> None:
    fits, valid = jsonschema_rs.validator_for(META), jsonschema_rs.Draft202012Validator({"$ref": derive.DIALECT})
    raw, kept, reasons = Counter[str](), Counter[str](), Counter[str]()
    for service in models.services:
        files = models.load(service)
        for kind, traits in looked_at(files.model):
            assert traits <= READ[kind] | NOT_CONSTRAINING[kind], f"{service}: traits nobody has looked at"
        document = derive.derive(files.model, service=service, paginators=files.paginators, botocore=files.botocore)
        before, after = Counter(in_model(files.model)), Counter(in_contract(document))
        raw.update(kind for kind, _, _ in before.elements())
        kept.update(kind for kind, _, _ in after.elements())
        for side, alone in (("model", before - after), ("contract", after - before)):
            for difference in alone:
                reason = explained(service, difference, side, files.model)
                assert reason, f"{service}: only the {side} has {difference}"
                reasons[reason] += alone[difference]
        assert [f"{service}{error.instance_path}: {error.message}" for error in fits.iter_errors(document)] == []
        assert [f"{service}{error.instance_path}: {error.message}" for error in valid.iter_errors(document)] == []
    differing = {kind: kept[kind] - raw[kind] for kind in {*raw, *kept} if kept[kind] != raw[kind]}
    assert set(differing) <= {"minimum", "maximum", "timestampFormat", "jsonvalue"}
    assert raw["required"] > 50_000
    assert raw["pattern"] > 5_000
    assert set(reasons) == {
        "an integer has its type's range where the model gives none or a wider one",
        "a time is spelled as the protocol has it where the model does not say",
        "JSON text in a header is taken apart, and holds any JSON value",
        "JSON text in a body is text to every SDK",
    }


def looked_at(model: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    yield "operation", {trait for operation in model["operations"].values() for trait in operation}
    yield "shape", {trait for shape in model["shapes"].values() for trait in shape}
    yield "member", {trait for shape in model["shapes"].values() for member in references(shape) for trait in member}


def references(shape: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from shape.get("members", {}).values()
    yield from (shape[key] for key in ("member", "key", "value") if isinstance(shape.get(key), Mapping))


@pytest.mark.parametrize("service", sorted(contracts.committed()))
def test_the_committed_contract_fits_the_meta_schema(service: str) -> None:
    jsonschema.Draft202012Validator.check_schema(META)
    for version in contracts.committed()[service]:
        document = json.loads((contracts.schemas_folder() / service / f"{version}.json").read_text("ascii"))
        # Without the format "regex": Python's own expressions lack \\p{...}, which JSON Schema's have.
        jsonschema.Draft202012Validator.check_schema(document, format_checker=jsonschema.FormatChecker(formats=()))
        assert [error.message for error in jsonschema.Draft202012Validator(META).iter_errors(document)] == []


def test_the_meta_schema_refuses_a_keyword_it_does_not_know() -> None:
    document = contracts.load("personalize", origin="committed").document
    misspelled = json.loads(json.dumps(document).replace('"x-aws-pattern"', '"x-aws-patern"'))
    assert jsonschema_rs.is_valid(META, document)
    assert not jsonschema_rs.is_valid(META, misspelled)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ([], "x: not a botocore service model: it has no 'shapes' object"),
        ({"shapes": {}}, "x: not a botocore service model: it has no 'operations' object"),
        ({"shapes": {}, "operations": {}}, "x: not a botocore service model: it has no 'metadata' object"),
        ({"shapes": {}, "operations": {}, "metadata": {"protocol": "json"}}, "x: metadata has no apiVersion"),
        ({"shapes": {"A": {"type": "odd"}}}, "x A: shape has an unknown type 'odd'"),
        ({"shapes": {"A": {"type": ["string"]}}}, "x A: shape has an unknown type ['string']"),
        ({"shapes": {"A": {"type": "list", "member": {"shape": "B"}}}}, "refers to a shape 'B'"),
        ({"shapes": {"A": {"type": "list"}}}, "x A"),
        ({"shapes": {"A": {"type": "map", "key": {"shape": "A"}}}}, "x A"),
        ({"shapes": {"A": {"type": "structure", "members": []}}}, "x A"),
        ({"shapes": {"A": {"type": "structure", "members": {"b": {"shape": ["C"]}}}}}, "x A: "),
        ({"shapes": {"A": []}}, "x A"),
        ({"operations": {"Op": {"input": {"shape": "B"}}}}, "x.Op: refers to a shape 'B'"),
        ({"operations": {"Op": []}}, "x.Op"),
        ({"operations": {"Op": {"http": ["GET"]}}}, "x.Op"),
        ({"shapes": {"A": {"type": "string", "max": "many"}}}, "x A"),
        ({"shapes": {"A": {"type": "string", "max": True}}}, "x A"),
        ({"operations": {"Op": {"errors": ["E"]}}}, "x.Op"),
        ({"shapes": {"A": {"type": "integer", "min": "low"}}}, "x A"),
        ({"shapes": {"A": {"type": "structure", "required": 3}}}, "x A"),
    ],
)  # fmt: skip
def test_a_malformed_model_is_one_clear_line(model: Any, reason: str) -> None:
    if isinstance(model, dict) and ("shapes" in model) != ("operations" in model) and model != {"shapes": {}}:
        model = {"shapes": {}, "operations": {}, "metadata": {"protocol": "json", "apiVersion": "2020-01-01"}, **model}
    with pytest.raises(MalformedContractError) as caught:
        derive.derive(model, service="x")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
