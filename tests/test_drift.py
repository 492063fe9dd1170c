"""Two contracts compared: what each change is called, whom it breaks, and that the verdict is sound."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from validator import contract as contracts
from validator import drift, overlay, sources
from validator.contract import Contract, from_model_files
from validator.drift import Change
from validator.errors import MalformedContractError, UnknownNameError, UnusableInputError

CASES = Path(__file__).parent / "drift"
SMALL = yaml.safe_load((CASES / "cases.yaml").read_text("utf-8"))
HISTORY = yaml.safe_load((CASES / "history.yaml").read_text("utf-8"))


def of_model(model: dict[str, Any]) -> Contract:
    return from_model_files(sources.ModelFiles("test", "2020-01-01", model, {}, None, ""), entries=())


def merged(base: Any, change: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    both = {**base, **{name: merged(base.get(name), value) for name, value in change.items()}}
    return {name: value for name, value in both.items() if value is not None}


def named(change: Change) -> str:
    return f"{change.effect} {change.kind} {change.direction or '-'} {change.pointer}"


@pytest.mark.parametrize("case", SMALL["cases"], ids=lambda case: case["name"])
def test_each_change_is_named_with_its_effect_in_each_direction(case: dict[str, Any]) -> None:
    before, after = of_model(SMALL["base"]), of_model(merged(SMALL["base"], case["change"]))
    assert sorted(map(named, drift.compare(before, after))) == sorted(case["there"])
    assert sorted(map(named, drift.compare(after, before))) == sorted(case["back"])


@pytest.mark.parametrize("case", HISTORY, ids=lambda case: f"{case['from']}-{case['to']}")
def test_what_really_changed_between_versions_of_botocore(case: dict[str, Any]) -> None:
    found = drift.between(CASES / "history" / case["from"], CASES / "history" / case["to"])
    assert [f"{named(change)} {change.old} -> {change.new} at {', '.join(change.places)}" for change in found] == case[
        "changes"
    ]


def test_a_change_says_where_what_and_whom_it_reaches() -> None:
    old, new = (of_model(merged(SMALL["base"], {"shapes": {"Text": {"max": limit}}})) for limit in (10, 20))
    request, response = drift.compare(old, new)
    assert request.message == "Put.text (request): maxLength raised from 10 to 20"
    assert (request.operations, request.places) == (("Put",), ("Put.text",))
    assert response.to_json() == {
        "kind": "maximum-raised", "service": "test", "direction": "response", "effect": "breaking",
        "pointer": "/$defs/Text/maxLength", "message": "Put.text (response): maxLength raised from 10 to 20",
        "old": 10, "new": 20, "operations": ["Put"], "places": ["Put.text"],
    }  # fmt: skip


def test_a_changed_shape_is_named_once_with_every_operation_that_reaches_it() -> None:
    inputs = {f"Op{index}": {"http": {}, "input": {"shape": "In"}} for index in range(5)}
    old, new = (
        of_model(merged(SMALL["base"], {"operations": inputs, "shapes": {"Mode": {"enum": values}}}))
        for values in (["A"], ["A", "B"])
    )
    request = next(drift.compare(old, new))
    assert request.operations == ("Op0", "Op1", "Op2", "Op3", "Op4", "Put")
    assert request.message == "Op0.mode, Op1.mode, Op2.mode and 3 more (request): has the new values B"


def _document(member: dict[str, Any], **resources: Any) -> Contract:
    document = json.loads(json.dumps(of_model(SMALL["base"]).document))
    document["$defs"]["In"]["properties"]["all"] = {"$ref": "#/$defs/Texts", **member}
    return Contract.from_document({**document, "x-aws-resources": resources})


def test_what_stands_beside_a_reference_narrows_its_shape_there_alone() -> None:
    old, new = _document({"maxItems": 4}), _document({"maxItems": 3, "minItems": 1})
    assert sorted(map(named, drift.compare(old, new))) == [
        "breaking maximum-lowered request /$defs/In/properties/all/maxItems",
        "breaking minimum-raised request /$defs/In/properties/all/minItems",
    ]
    # The shape has at most five: a wider bound beside it changes nothing.
    assert list(drift.compare(_document({}), _document({"maxItems": 9}))) == []


def test_resources_that_come_go_and_change() -> None:
    old = _document({}, Kept={"a": 1}, Gone={}, Other={"a": 1})
    new = _document({}, Kept={"a": 1}, Fresh={}, Other={"a": 2})
    assert [(change.kind, change.pointer) for change in drift.compare(old, new)] == [
        ("resource-added", "/x-aws-resources/Fresh"),
        ("resource-removed", "/x-aws-resources/Gone"),
        ("resource-changed", "/x-aws-resources/Other"),
    ]


def test_a_service_that_the_installed_botocore_has_not_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = sources.ModelFolder([tmp_path], "2.0.0")
    monkeypatch.setattr(sources, "installed", lambda: nothing)
    found = list(drift.against_installed(["personalize"]))
    assert found[0].kind == "service-removed"
    assert {change.kind for change in found[1:]} == {"overlay-expired"}
    assert all("any more" in change.message for change in found[1:])


@pytest.mark.parametrize("service", ["ec2", "lambda", "personalize", "s3", "lexv2-models", "dynamodb"])
def test_a_contract_is_no_change_from_itself(service: str) -> None:
    models = sources.installed()
    derived = contracts.from_models(models, service)
    written = Contract.from_document(json.loads(json.dumps(contracts.from_models(models, service).document)))
    assert list(drift.compare(derived, written)) == []


# The verdict against validity itself ---------------------------------------------------------------------------------


def variants(**choices: list[Any]) -> list[dict[str, Any]]:
    drawn = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    return [{name: value for name, value in variant.items() if value is not None} for variant in drawn]


WORDS = ["", "a", "ab", "abc", "abcd"]
FAMILIES: dict[str, tuple[list[dict[str, Any]], list[Any]]] = {
    "string": (variants(min=[None, 0, 1, 2], max=[None, 2, 3]), WORDS),
    "string with an enum": (variants(enum=[None, ["a"], ["a", "ab"], ["ab", "b"], ["b", "ab", "a"]]), [*WORDS, "b"]),
    "integer": (variants(min=[None, -1, 0, 1], max=[None, 1, 2]), [-(2**31), -2, -1, 0, 1, 2, 3, 2**31 - 1]),
    "float": (variants(min=[None, -1, 0.5], max=[None, 1, 2.5]), [-1e9, -1, 0.4, 0.5, 1, 2, 2.5, 1e9]),
    "blob": (
        variants(min=[None, 0, 3], max=[None, 6, 9]),
        [base64.b64encode(b"x" * size).decode() for size in range(0, 15, 3)],
    ),
    "list": (
        variants(min=[None, 0, 1], max=[None, 1, 2], sparse=[None, True]),
        [[], ["a"], ["a"] * 2, ["a"] * 3, [None]],
    ),
    "map": (
        variants(min=[None, 0, 1], max=[None, 1, 2], sparse=[None, True]),
        [{}, {"k": "a"}, {"k": "a", "l": "a"}, {"k": "a", "l": "a", "m": "a"}, {"k": None}],
    ),
    "structure": (
        [{"required": list(names)} for size in range(3) for names in itertools.combinations("ab", size)]
        + [{"union": True}],
        [{}, {"a": "x"}, {"b": "x"}, {"a": "x", "b": "x"}],
    ),
}
INNER = {
    "list": {"member": {"shape": "Free"}}, "map": {"key": {"shape": "Free"}, "value": {"shape": "Free"}},
    "structure": {"members": {"a": {"shape": "Free"}, "b": {"shape": "Free"}}},
}  # fmt: skip


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_change_breaks_whom_some_instance_breaks_and_nobody_else(kind: str) -> None:
    variants_of_kind, pool = FAMILIES[kind]
    operations = {"Op": {"http": {}, "input": {"shape": "S"}, "output": {"shape": "S"}}}
    sides = []
    for variant in variants_of_kind:
        shapes = {
            "S": {"type": "structure", "members": {"x": {"shape": "X"}}}, "Free": {"type": "string"},
            "X": {"type": kind.split()[0], **INNER.get(kind, {}), **variant},
        }  # fmt: skip
        contract = of_model({"metadata": SMALL["base"]["metadata"], "operations": operations, "shapes": shapes})
        judge = jsonschema.Draft202012Validator(contract.operation("Op").schema())
        sides.append((contract, [judge.is_valid({"x": value}) for value in pool]))
    for (old, before), (new, after) in itertools.product(sides, sides):
        effects = {(change.direction, change.effect) for change in drift.compare(old, new)}
        lost = any(was and not now for was, now in zip(before, after, strict=True))
        gained = any(now and not was for was, now in zip(before, after, strict=True))
        assert (("request", "breaking") in effects) == lost
        assert (("response", "breaking") in effects) == gained


# Places -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def old_model() -> Path:
    return CASES / "history" / "1.21.4" / "personalize" / "2018-05-22" / "service-2.json"


def places(folder: Path, old_model: Path) -> dict[str, Path]:
    """The same old model in every form that a place may have."""
    gzipped = folder / "service-2.json.gz"
    gzipped.write_bytes(gzip.compress(old_model.read_bytes()))
    data = folder / "site" / "botocore" / "data" / "personalize" / "2018-05-22"
    data.mkdir(parents=True)
    shutil.copy(old_model, data)
    (folder / "site" / "botocore" / "__init__.py").write_text("__version__ = '1.21.4'\n")
    wheel = folder / "botocore-1.21.4-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(old_model, "botocore/data/personalize/2018-05-22/service-2.json")
    return {
        "file": old_model,
        "gzipped": gzipped,
        "site": folder / "site",
        "package": folder / "site" / "botocore",
        "wheel": wheel,
    }


@pytest.mark.parametrize("form", ["file", "gzipped", "site", "package", "wheel"])
def test_an_old_model_is_read_in_every_form(form: str, old_model: Path, tmp_path: Path) -> None:
    place = places(tmp_path, old_model)[form]
    [found] = drift.open_contracts(place)
    assert (found.service, found.api_version) == ("personalize", "2018-05-22")
    changes = list(drift.between(place, CASES / "history" / "1.23.15"))
    assert {change.kind for change in changes} == {"maximum-raised"}


def test_a_contract_file_and_a_folder_of_them_are_places() -> None:
    folder = contracts.schemas_folder()
    assert [found.service for found in drift.open_contracts(folder)] == sorted(contracts.committed())
    [found] = drift.open_contracts(folder / "personalize" / "2018-05-22.json")
    assert found.service == "personalize"
    assert list(drift.between(folder, folder / "personalize" / "2018-05-22.json")) == []


def test_a_model_gets_the_overlays_that_a_contract_has_had() -> None:
    committed = contracts.schemas_folder() / "personalize" / "2018-05-22.json"
    changes = list(drift.between(CASES / "history" / "1.41.6", committed))
    # The model was cut down, so that much of the service is new; the token's documented maximum is on both sides.
    assert "operation-added" in {change.kind for change in changes}
    assert [change.message for change in changes if change.pointer.endswith("/maxLength")] == []


def test_services_that_come_and_go_are_changes(tmp_path: Path, old_model: Path) -> None:
    for folder, names in (("old", ("alpha", "gone")), ("new", ("alpha", "here"))):
        for name in names:
            (tmp_path / folder / name / "2018-05-22").mkdir(parents=True)
            shutil.copy(old_model, tmp_path / folder / name / "2018-05-22")
    changes = list(drift.between(tmp_path / "old", tmp_path / "new"))
    assert [(change.kind, change.service, change.effect) for change in changes] == [
        ("service-removed", "gone", "breaking"), ("service-added", "here", "safe"),
    ]  # fmt: skip
    assert list(drift.between(tmp_path / "old", tmp_path / "new", ["alpha"])) == []
    with pytest.raises(UnknownNameError, match="did you mean alpha"):
        list(drift.between(tmp_path / "old", tmp_path / "new", ["alpa"]))


@pytest.mark.parametrize(
    ("name", "content", "error", "reason"),
    [
        ("x.json", "{", MalformedContractError, "not JSON"),
        ("x.json", "[]", MalformedContractError, "neither a contract nor a service-2.json"),
        ("x.json", '{"openapi": "3.1.0"}', MalformedContractError, "neither a contract nor a service-2.json"),
        ("x.json", '{"x-aws-service": {"name": "x"}}', MalformedContractError, "no complete x-aws-service"),
        ("service-2.json.gz", "not gzip", UnusableInputError, "service-2.json.gz"),
        ("notes.txt", "hello", UnusableInputError, "no botocore models there"),
        ("missing.json", None, UnusableInputError, "no such file or folder"),
    ],
)
def test_a_place_that_is_none_is_one_clear_line(
    name: str, content: str | None, error: type[Exception], reason: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(error) as caught:
        list(drift.open_contracts(tmp_path / name))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


# Expired overlay entries ------------------------------------------------------------------------------------------


def test_an_entry_that_a_model_has_overtaken_is_a_change() -> None:
    folder = sources.open_models(CASES / "history" / "1.21.4")
    [token] = [
        entry for entry in overlay.load(contracts.schemas_folder() / "overlays", "personalize") if "token" in entry.id
    ]
    [change] = drift.expired(folder, "personalize", [token])
    assert (change.kind, change.effect) == ("overlay-expired", "safe")
    assert change.message == (
        "personalize: overlay entry dataset-import-jobs-token has expired: /$defs/NextToken/maxLength is 1300, not 1500"
    )
    assert list(drift.expired(sources.open_models(CASES / "history" / "1.23.15"), "personalize", [token])) == []


def test_an_expired_erratum_says_what_is_not_judged() -> None:
    test = {"op": "test", "path": "/$defs/NextToken/maxLength", "value": 1500}
    patch = (test, {"op": "replace", "path": "/$defs/NextToken/maxLength", "value": 2000})
    late = overlay.Entry("late", "personalize", "errata", patch, "r", ("https://e.org",))
    [change] = drift.expired(sources.open_models(CASES / "history" / "1.21.4"), "personalize", [late])
    assert change.message.endswith(
        "is 1300, not 1500; until the entry is renewed, /$defs/NextToken/maxLength is not judged"
    )


def test_an_entry_for_an_api_version_that_is_gone_has_expired() -> None:
    patch = ({"op": "remove", "path": "/$defs/A/maxLength"},)
    gone = overlay.Entry("gone", "personalize", "documented", patch, "r", ("https://e.org",), api_version="2001-01-01")
    [change] = drift.expired(sources.open_models(CASES / "history" / "1.21.4"), "personalize", [gone])
    assert "there is no personalize 2001-01-01 any more" in change.message


def test_the_committed_contracts_are_held_against_the_installed_models() -> None:
    changes = list(drift.against_installed(["personalize", "forecast"]))
    if sources.installed_version() == contracts.load("personalize", origin="committed").info["botocore"]:
        assert changes == []
    with pytest.raises(UnknownNameError, match="no committed contract named 'athena'"):
        list(drift.against_installed(["athena"]))
    with pytest.raises(UnknownNameError, match="did you mean personalize"):
        list(drift.against_installed(["personalise"]))
