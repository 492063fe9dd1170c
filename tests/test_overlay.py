"""Overlay entries as a mechanism: loaded, refused, applied, aged, and named as the source of what they set."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from validator import overlay
from validator.errors import MalformedContractError
from validator.overlay import Entry

MALFORMED = Path(__file__).parent.parent / "fixtures" / "overlays"
DOCUMENT: dict[str, Any] = {
    "$defs": {
        "Token": {"type": "string", "maxLength": 1500, "x-aws-pattern": "a+"},
        "Mode": {"type": "string", "enum": ["FULL", "PART"]},
        "List": {"type": "object", "properties": {"token": {"$ref": "#/$defs/Token"}}, "required": ["token"]},
        "a/b~c": {"type": "string"},
    },
    "x-aws-operations": {"List": {"errors": [{"code": "A"}, {"code": "B"}]}},
}


def entry(*patch: dict[str, Any], name: str = "one", **more: Any) -> Entry:
    return Entry(name, "x", "documented", patch, "why", ("https://example.org/",), **more)


def op(kind: str, path: str, *value: Any) -> dict[str, Any]:
    return {"op": kind, "path": path, **({"value": value[0]} if value else {})}


@pytest.mark.parametrize("file", sorted(MALFORMED.glob("*.json")), ids=lambda file: file.stem)
def test_a_malformed_overlay_is_one_clear_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(file.read_bytes())
    with pytest.raises(MalformedContractError) as caught:
        overlay.load(tmp_path, "x")
    message = str(caught.value)
    assert "\n" not in message
    assert str(tmp_path / "x.json") in message
    expected = file.with_suffix(".error").read_text("utf-8").strip()
    assert message.endswith(expected) or (file.stem == "not-json" and expected in message)


def test_all_files_of_a_service_and_of_no_other_are_loaded_in_order(tmp_path: Path) -> None:
    def write(name: str, service: str, *ids: str) -> None:
        entries = [
            {"id": id, "layer": "documented", "reason": "r", "evidence": ["https://e.org"],
             "patch": [op("add", "/$defs/A/maxLength", 1)]} for id in ids
        ]  # fmt: skip
        (tmp_path / name).write_text(json.dumps({"service": service, "entries": entries}))

    write("lex.json", "lex", "b", "a")
    write("lex.resources.json", "lex", "c")
    write("lex-models.json", "lex-models", "d")
    assert [found.id for found in overlay.load(tmp_path, "lex")] == ["b", "a", "c"]
    assert overlay.load(tmp_path, "nothing") == ()
    assert overlay.services(tmp_path) == ("lex", "lex-models")


def test_an_id_must_be_unique_across_the_files_of_a_service(tmp_path: Path) -> None:
    text = (
        '{"service": "x", "entries": [{"id": "a", "layer": "documented", "reason": "r", "evidence": ["https://e.org"],'
    )
    text += ' "patch": [{"op": "remove", "path": "/$defs/A/maxLength"}]}]}'
    (tmp_path / "x.json").write_text(text)
    (tmp_path / "x.more.json").write_text(text)
    with pytest.raises(MalformedContractError, match=r"x\.more\.json: a: there is another entry of this id"):
        overlay.load(tmp_path, "x")


def test_applying_leaves_the_document_and_the_entry_alone() -> None:
    before = copy.deepcopy(DOCUMENT)
    value = {"type": "object", "properties": {}}
    changed = entry(op("add", "/$defs/New", value), op("replace", "/$defs/Token/maxLength", 1300))
    document, expired = overlay.apply(DOCUMENT, [changed])
    assert expired == []
    assert document["$defs"]["Token"]["maxLength"] == 1300
    document["$defs"]["New"]["properties"]["x"] = {}
    assert before == DOCUMENT
    assert value == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ([op("test", "/$defs/Token/maxLength", 1300), op("remove", "/$defs/Token/maxLength")], "is 1500, not 1300"),
        ([op("test", "/$defs/Token/minLength", 1), op("remove", "/$defs/Token/maxLength")], "is absent, not 1"),
        ([op("replace", "/$defs/Gone/maxLength", 1)], "there is no /$defs/Gone/maxLength any more"),
        ([op("remove", "/$defs/Token/minLength")], "there is no /$defs/Token/minLength any more"),
        ([op("add", "/$defs/Gone/maxLength", 1)], "there is no /$defs/Gone/maxLength any more"),
        ([op("add", "/$defs/Mode", {"type": "string"})], "the model has its own /$defs/Mode"),
        ([op("add", "/x-aws-operations/List/errors/9/status", 400)], "any more"),
    ],
)
def test_an_entry_that_no_longer_fits_is_left_out_whole_and_handed_back(patch: list[Any], reason: str) -> None:
    late = entry(op("replace", "/$defs/Mode/type", "number"), *patch, name="late")
    document, expired = overlay.apply(DOCUMENT, [late, entry(op("remove", "/$defs/Token/x-aws-pattern"))])
    assert [found.entry.id for found in expired] == ["late"]
    assert reason in expired[0].reason
    assert document["$defs"]["Mode"] == DOCUMENT["$defs"]["Mode"]
    assert list(document["x-aws-overlays"]) == ["one"]


def test_a_document_nothing_was_applied_to_names_no_overlays() -> None:
    document, expired = overlay.apply(DOCUMENT, [entry(op("remove", "/$defs/Gone"))])
    assert len(expired) == 1
    assert document == DOCUMENT


@pytest.mark.parametrize(
    ("since", "until", "version", "applies"),
    [
        (None, None, "1.43.11", True),
        ("1.9", None, "1.10.0", True),
        ("1.43.12", None, "1.43.11", False),
        ("1.43.11", None, "1.43.11", True),
        (None, "1.43.11", "1.43.11", True),
        (None, "1.43.10", "1.43.11", False),
        ("1.99", None, None, True),
    ],
)
def test_an_entry_holds_for_its_botocore_versions(
    since: str | None, until: str | None, version: str | None, applies: bool
) -> None:
    meant = entry(op("remove", "/$defs/Token/maxLength"), since=since, until=until)
    document, expired = overlay.apply(DOCUMENT, [meant], botocore=version)
    assert ("maxLength" not in document["$defs"]["Token"]) is applies
    assert expired == []
    described = document.get("x-aws-overlays", {}).get("one", {})
    assert {name: described[name] for name in ("since", "until") if name in described} == (
        {name: value for name, value in (("since", since), ("until", until)) if value} if applies else {}
    )


def test_what_was_set_is_named_with_what_the_model_has_there() -> None:
    applied = entry(
        op("add", "/$defs/List/properties/token/maxLength", 1300),
        op("test", "/$defs/Token/maxLength", 1500),
        op("replace", "/$defs/Token/x-aws-pattern", "b+"),
        op("add", "/$defs/Mode/enum/-", "NONE"),
        op("remove", "/$defs/List/required"),
        op("add", "/$defs/New", {"type": "string"}),
        op("add", "/x-aws-operations/List/errors/1/status", 400),
        op("add", "/$defs/a~1b~0c/maxLength", 1),
    )
    document, _ = overlay.apply(DOCUMENT, [applied])
    assert document["x-aws-provenance"] == dict.fromkeys(
        [
            "/$defs/List/properties/token/maxLength", "/$defs/Token/x-aws-pattern", "/$defs/Mode/enum", "/$defs/New",
            "/x-aws-operations/List/errors", "/$defs/a~1b~0c/maxLength",
        ],
        "one",
    )  # fmt: skip
    assert document["x-aws-overlays"]["one"]["former"] == {
        "/$defs/List/properties/token/maxLength": 1500,
        "/$defs/Token/x-aws-pattern": "a+",
        "/$defs/Mode/enum": ["FULL", "PART"],
        "/$defs/List/required": ["token"],
        "/x-aws-operations/List/errors": [{"code": "A"}, {"code": "B"}],
    }


def test_the_nearest_entry_is_found_from_a_schema_path() -> None:
    provenance = {"/$defs/New": "new", "/$defs/New/properties/x/maxLength": "inner", "/$defs/T/x-aws-pattern": "text"}
    found = {
        "/$defs/New": "new", "/$defs/New/properties/x": "new", "/$defs/New/properties/x/maxLength": "inner",
        "/$defs/New/properties/x/minLength": "new", "/$defs/Newer": None, "/$defs/T/pattern": "text",
        "/$defs/T/x-aws-pattern": "text", "/$defs/T/maxLength": None, "": None, "/": None,
    }  # fmt: skip
    assert {path: overlay.entry_at(provenance, path) for path in found} == found


def test_the_models_value_is_found_from_a_schema_path() -> None:
    document, _ = overlay.apply(DOCUMENT, [entry(op("replace", "/$defs/Token/x-aws-pattern", "b+"))])
    places = document["x-aws-overlays"], document["x-aws-provenance"]
    assert overlay.former_at(*places, "/$defs/Token/pattern") == "a+"
    assert overlay.former_at(*places, "/$defs/Token/maxLength") is None


def test_an_entry_touches_what_it_reads_and_what_it_writes() -> None:
    several = entry(op("test", "/$defs/a~1b~0c/type", "string"), op("add", "/x-aws-resources/Job", {}))
    assert several.touches == {("$defs", "a/b~c"), ("x-aws-resources", "Job")}


# What an expired erratum was to correct ----------------------------------------------------------------------------


def erratum(*patch: dict[str, Any], name: str = "one", **more: Any) -> Entry:
    return Entry(name, "x", "errata", patch, "why", ("https://example.org/",), **more)


PATTERN = "/$defs/Token/x-aws-pattern"


@pytest.mark.parametrize(
    ("change", "gone", "former"),
    [
        (
            [op("test", PATTERN, "a*"), op("replace", PATTERN, "b+")],
            {"type": "string", "maxLength": 1500},
            {PATTERN: "a+"},
        ),
        (
            [op("test", "/$defs/Token/maxLength", 3), op("remove", PATTERN)],
            {"type": "string", "maxLength": 1500},
            {PATTERN: "a+"},
        ),
        (
            [op("test", PATTERN, "a*"), op("replace", PATTERN, "b+"), op("replace", "/$defs/Token/maxLength", 1)],
            {"type": "string"},
            {PATTERN: "a+", "/$defs/Token/maxLength": 1500},
        ),
    ],
)
def test_what_an_expired_erratum_was_to_correct_is_not_demanded(
    change: list[Any], gone: dict[str, Any], former: dict[str, Any]
) -> None:
    before = copy.deepcopy(DOCUMENT)
    document, [expired] = overlay.apply(DOCUMENT, [erratum(*change)])
    assert before == DOCUMENT
    assert document["$defs"]["Token"] == gone
    assert expired.unjudged == former
    described = document["x-aws-overlays"]["one"]
    assert (described["expired"], described["former"]) == (expired.reason, former)
    assert document["x-aws-provenance"] == {}


@pytest.mark.parametrize(
    "late",
    [
        entry(op("test", PATTERN, "a*"), op("replace", PATTERN, "b+")),
        erratum(op("test", "/$defs/Token/minLength", 1), op("replace", PATTERN, "b+")),
        erratum(op("test", "/$defs/Gone/x-aws-pattern", "a"), op("replace", "/$defs/Gone/x-aws-pattern", "b")),
        erratum(op("test", PATTERN, "a*"), op("replace", PATTERN, "a+")),
        erratum(op("test", PATTERN, "a*"), op("add", "/$defs/New", {"type": "string"})),
    ],
    ids=["documented", "tested keyword is gone", "shape is gone", "model has the correction", "nothing was there"],
)
def test_an_entry_that_only_lapses_leaves_the_model(late: Entry) -> None:
    document, [expired] = overlay.apply(DOCUMENT, [late])
    assert document == DOCUMENT
    assert expired.unjudged == {}


def test_a_member_whose_shape_was_to_be_another_gets_an_unconstrained_one() -> None:
    place = "/$defs/List/properties/token/$ref"
    late = erratum(op("test", "/$defs/Token/maxLength", 3), op("replace", place, "#/$defs/Mode"))
    document, [expired] = overlay.apply(DOCUMENT, [late])
    assert document["$defs"]["Token"] == DOCUMENT["$defs"]["Token"]
    assert document["$defs"]["List"]["properties"]["token"] == {"$ref": "#/$defs/ListtokenUnjudged"}
    assert document["$defs"]["ListtokenUnjudged"] == {"type": "string"}
    assert expired.unjudged == {place: "#/$defs/Token"}
    in_time = erratum(op("test", "/$defs/Token/maxLength", 1500), op("replace", place, "#/$defs/Mode"))
    document, expired = overlay.apply(DOCUMENT, [in_time])
    assert (expired, "ListtokenUnjudged" in document["$defs"]) == ([], False)


def test_the_first_alternative_whose_tests_hold_is_applied() -> None:
    def renewed(pattern: str) -> tuple[dict[str, Any], ...]:
        return op("test", PATTERN, pattern), op("replace", PATTERN, pattern + "b")

    several = erratum(*renewed("x+"), alternatives=(renewed("a+"), renewed("a+")))
    document, expired = overlay.apply(DOCUMENT, [several])
    assert expired == []
    assert document["$defs"]["Token"]["x-aws-pattern"] == "a+b"
    assert document["x-aws-provenance"] == {PATTERN: "one"}
    document, [late] = overlay.apply(DOCUMENT, [erratum(*renewed("x+"), alternatives=(renewed("y+"),))])
    assert "'y+'" in late.reason
    assert "x-aws-pattern" not in document["$defs"]["Token"]


def test_the_reason_of_an_expired_entry_shows_where_long_values_differ() -> None:
    long = "a" * 300
    document = {"$defs": {"Token": {"type": "string", "x-aws-pattern": long + "new"}}}
    late = erratum(op("test", PATTERN, long + "old"), op("remove", PATTERN))
    [expired] = overlay.apply(document, [late])[1]
    assert "new" in expired.reason
    assert "old" in expired.reason
    assert len(expired.reason) < 250


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"alternatives": {}}, "alternatives must be a list of patches"),
        ({"alternatives": [[]]}, "alternatives: patch must be a list of JSON Patch operations"),
        ({"alternatives": [[op("test", "/$defs/A/type", "string")]]}, "alternatives: patch changes nothing"),
        ({"patch": []}, "patch must be a list of JSON Patch operations"),
        ({"patch": {}}, "patch must be a list of JSON Patch operations"),
        ({"patch": [5]}, "operation 0 of the patch must have an op of"),
        ({"api_version": 5}, "api_version must be text"),
    ],
)
def test_a_malformed_entry_says_what_it_must_have(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    right = {
        "id": "one", "layer": "documented", "reason": "why", "evidence": ["https://example.org/"],
        "patch": [op("add", "/$defs/A/maxLength", 5)],
    }  # fmt: skip
    given = [(right, ""), ({**right, **change}, told), (5, "an entry must be an object")]
    for number, (raw, expected) in enumerate(given):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "x.json").write_text(json.dumps({"service": "x", "entries": [raw]}))
        if not expected:
            assert [each.id for each in overlay.load(folder, "x")] == ["one"]
            continue
        with pytest.raises(MalformedContractError) as caught:
            overlay.load(folder, "x")
        assert expected in str(caught.value)
