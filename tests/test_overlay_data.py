"""The overlay entries this package ships: that each is needed, does what it says, and is in the committed contracts."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
from pathlib import Path
from typing import Any

import jsonpatch
import jsonschema
import pytest
import yaml

from validator import contract as contracts
from validator import derive, drift, overlay, patterns, sources
from validator.commands import explain
from validator.contract import Contract, from_models
from validator.validate import iter_violations

CASES = Path(__file__).parent / "overlay"
OVERLAYS = contracts.schemas_folder() / "overlays"
SERVICES = overlay.services(OVERLAYS)
# The models these entries were written against; with others the entries may rightly have expired.
KNOWN = ("1.43.11", "1.44.5")
VERSION = sources.installed_version()
with_known_models = pytest.mark.skipif(VERSION not in KNOWN, reason=f"botocore is {VERSION}, not {' or '.join(KNOWN)}")
with_committed_models = pytest.mark.skipif(KNOWN[0] != VERSION, reason=f"botocore is {VERSION}, not {KNOWN[0]}")


@functools.cache
def model(service: str) -> Contract:
    return from_models(sources.installed(), service, entries=(), judge=iter_violations)


@functools.cache
def corrected(service: str) -> Contract:
    return from_models(sources.installed(), service, judge=iter_violations)


def read(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load((CASES / name).read_text("utf-8"))
    return cases


def repeated(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"times", "of"}:
            return [value["of"]] * value["times"]
        return "a" * value["repeat"] if "repeat" in value else {name: repeated(part) for name, part in value.items()}
    return [repeated(part) for part in value] if isinstance(value, list) else value


@with_known_models
@pytest.mark.parametrize("case", read("facts.yaml"), ids=lambda case: f"{case['call']} {case['breaks']}"[:90])
def test_payloads_are_judged_by_the_corrected_contract(case: dict[str, Any]) -> None:
    call, direction = case["call"].split()
    service, _, name = call.partition(".")
    for contract, expected in ((corrected(service), case["breaks"]), (model(service), case["model"])):
        found = contract.operation(name).iter_violations(repeated(case["value"]), direction)
        assert sorted(f"{violation.keyword} {violation.instance_path}" for violation in found) == sorted(expected)


@with_known_models
@pytest.mark.parametrize("case", read("patterns.yaml"), ids=lambda case: case["entry"])
def test_a_corrected_pattern_takes_what_the_models_rejects(case: dict[str, Any]) -> None:
    service = case["entry"].partition("/")[0]
    before, after = model(service).define(case["shape"]), corrected(service).define(case["shape"])
    for value in case["right"]:
        assert not takes(before, value), "the model takes it: the entry is not needed"
        assert takes(after, value)
    for value in case["wrong"]:
        assert not takes(after, value)


def takes(schema: dict[str, Any], value: str) -> bool:
    pattern = schema.get("x-aws-pattern")
    fits = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return fits and (pattern is None or patterns.compile(pattern).fullmatch(value))


def test_every_erratum_of_a_pattern_has_a_case() -> None:
    replacing = {
        f"{service}/{entry.id}"
        for service in SERVICES
        for entry in overlay.load(OVERLAYS, service)
        for patch in entry.patches
        for operation in patch
        if operation["op"] in ("replace", "remove") and operation["path"].endswith("/x-aws-pattern")
    }
    assert replacing == {case["entry"] for case in read("patterns.yaml")}


def outdated(entry: overlay.Entry) -> overlay.Entry:
    """The entry, were all that it tests to change."""
    patch = tuple({**step, "value": {"other": 1}} if step["op"] == "test" else step for step in entry.patch)
    return dataclasses.replace(entry, patch=patch, alternatives=())


@with_known_models
@pytest.mark.parametrize("service", SERVICES)
def test_every_erratum_leaves_its_place_unjudged_when_the_model_changes(service: str) -> None:
    for entry in overlay.load(OVERLAYS, service):
        contract = from_models(sources.installed(), service, entry.api_version, entries=[outdated(entry)])
        shapes = {name for section, name in entry.touches if section == "$defs" and name in contract.shapes}
        assert {target for name in shapes for target in derive.references(contract.define(name))} <= set(
            contract.shapes
        )
        assert ("expired" in contract.entries.get(entry.id, {})) is (entry.layer == "errata"), entry.id


@with_known_models
@pytest.mark.parametrize("case", read("patterns.yaml"), ids=lambda case: case["entry"])
def test_an_expired_erratum_rejects_no_right_value(case: dict[str, Any]) -> None:
    service, _, name = case["entry"].partition("/")
    [entry] = [entry for entry in overlay.load(OVERLAYS, service) if entry.id == name]
    contract = from_models(sources.installed(), service, entry.api_version, entries=[outdated(entry)])
    assert all(takes(contract.define(case["shape"]), value) for value in case["right"])


@with_known_models
def test_no_entry_has_expired() -> None:
    models = sources.installed()
    assert [change.message for service in SERVICES for change in drift.expired(models, service)] == []


@with_known_models
@pytest.mark.parametrize("service", SERVICES)
def test_entries_are_applied_as_plain_json_patch_applies_them(service: str) -> None:
    files = sources.installed().load(service)
    derived = derive.derive(files.model, service=service, paginators=files.paginators, botocore=files.botocore)
    derived.setdefault("x-aws-resources", {})
    entries = overlay.load(OVERLAYS, service)
    document, expired = overlay.apply(derived, entries, botocore=files.botocore)
    assert expired == []
    plain = derived
    for entry in entries:
        for patch in entry.patches:
            with contextlib.suppress(jsonpatch.JsonPatchTestFailed):
                plain = jsonpatch.apply_patch(plain, patch)
                break
    assert {name: document[name] for name in plain} == plain
    assert document["x-aws-overlays"].keys() == {entry.id for entry in entries}
    assert set(document["x-aws-provenance"].values()) <= {entry.id for entry in entries}


@with_known_models
@pytest.mark.parametrize("service", SERVICES)
def test_no_correction_leaves_a_reference_to_nothing(service: str) -> None:
    contract = corrected(service)
    shapes = set(contract.shapes)
    assert {target for shape in shapes for target in derive.references(contract.define(shape))} <= shapes


@with_known_models
@pytest.mark.parametrize("service", ["forecast", "personalize"])
def test_a_part_asked_for_alone_has_the_same_corrections(service: str) -> None:
    whole = corrected(service)
    files = sources.installed().load(service)
    for shape in whole.shapes:
        assert contracts.from_model_files(files).define(shape) == whole.define(shape)
    for name in whole.operations:
        assert contracts.from_model_files(files).operation(name).entry == whole.operation(name).entry


@pytest.mark.parametrize("service", SERVICES)
def test_entries_say_why_in_one_sentence_and_say_where(service: str) -> None:
    for entry in overlay.load(OVERLAYS, service):
        assert re.fullmatch(r"[A-Z][^\n]{20,400}\.", entry.reason), entry.id
        assert ". " not in entry.reason, entry.id
        assert all(source.startswith("https://") for source in entry.evidence), entry.id


@with_committed_models
@pytest.mark.parametrize("service", sorted(contracts.committed()))
def test_the_committed_contract_is_what_the_models_and_the_overlays_give(service: str) -> None:
    for version in contracts.committed()[service]:
        derived = contracts.dumps(from_models(sources.installed(), service, version).document)
        committed = (contracts.schemas_folder() / service / f"{version}.json").read_text("ascii")
        assert committed == derived, f"schemas/{service}/{version}.json is stale"


@pytest.mark.parametrize("service", sorted(contracts.committed()))
def test_the_committed_contract_says_who_set_each_corrected_keyword(service: str) -> None:
    contract = contracts.load(service, origin="committed")
    document = contract.document
    for pointer, entry in document["x-aws-provenance"].items():
        found: Any = document
        for part in pointer.split("/")[1:]:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        layer, source = contract.source_of(pointer)
        assert layer == document["x-aws-overlays"][entry]["layer"]
        assert entry in source


def test_a_violation_names_the_entry_and_what_the_model_would_allow() -> None:
    contract = contracts.load("personalize", origin="committed", judge=iter_violations)
    [violation] = contract.operation("ListDatasetImportJobs").iter_violations({"nextToken": "a" * 1301})
    assert (violation.keyword, violation.limit, violation.layer) == ("maxLength", 1300, "documented")
    assert "dataset-import-jobs-token" in violation.source
    assert "1500" in violation.message + violation.note


def test_a_part_with_an_expired_erratum_is_whole_and_takes_what_it_was_for() -> None:
    files = sources.ModelFiles("x", "2020-01-01", MODEL, {}, "9.9.9", "")
    test = {"op": "test", "path": "/$defs/Arn/x-aws-pattern", "value": "x"}
    patch = (
        test,
        {"op": "replace", "path": "/$defs/Arn/x-aws-pattern", "value": "y"},
        {"op": "replace", "path": "/$defs/In/properties/role/$ref", "value": "#/$defs/Text"},
    )
    late = overlay.Entry("late", "x", "errata", patch, "why", ("https://example.org/",))
    contract = contracts.from_model_files(files, entries=[late], judge=iter_violations)
    request = {"arn": "1", "role": "12", "text": "long"}
    found = contract.operation("Do").iter_violations(request)
    assert [(each.keyword, each.instance_path) for each in found] == [("maxLength", "/text")]
    whole = contracts.from_model_files(files, entries=[late]).document
    assert whole["$defs"]["InroleUnjudged"] == {"type": "string"}
    assert {target for schema in whole["$defs"].values() for target in derive.references(schema)} <= whole[
        "$defs"
    ].keys()
    assert whole["x-aws-overlays"]["late"]["expired"] == contract.entries["late"]["expired"]
    plain = contracts.from_model_files(files, entries=(), judge=iter_violations)
    assert len(list(plain.operation("Do").iter_violations(request))) == 3
    shown = "\n".join(explain._layers(contract, contract.define("Arn"), "/$defs/Arn"))
    assert "not judged   pattern /d" in shown
    assert "overlay entry late has expired: /$defs/Arn/x-aws-pattern is '/d', not 'x'" in shown
    schema = contracts.read_document(contracts.schemas_folder() / "aws-contract.schema.json")
    jsonschema.Draft202012Validator(schema).validate(whole)


MODEL: dict[str, Any] = {
    "metadata": {"apiVersion": "2020-01-01", "protocol": "json", "serviceId": "X"},
    "operations": {"Do": {"name": "Do", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}},
    "shapes": {
        "In": {
            "type": "structure",
            "members": {"arn": {"shape": "Arn"}, "role": {"shape": "Role"}, "text": {"shape": "Text"}},
        },
        "Arn": {"type": "string", "pattern": "/d"},
        "Role": {"type": "string", "pattern": "/d"},
        "Text": {"type": "string", "max": 3},
    },
}
