"""Constraints count as exercised when a value stood on their side, whoever says so."""

from __future__ import annotations

import pytest

from tests.test_boundary import DOCUMENT
from validator import validate
from validator.boundary import iter_boundary
from validator.constraints import constraints
from validator.contract import Contract
from validator.coverage import Coverage

CREATE = validate.load("personalize").operation("CreateDatasetImportJob")
LIST = validate.load("personalize").operation("ListSchemas")
SMALL = {"jobName": "a", "datasetArn": "arn:aws:personalize:us-east-1:1:dataset/a/b", "dataSource": {}}


def row(coverage: Coverage, name: str = "personalize.CreateDatasetImportJob") -> dict:
    return coverage.to_json()["operations"][name]


def test_nothing_seen_is_nothing_covered() -> None:
    coverage = Coverage()
    coverage.watch([LIST])
    found = row(coverage, "personalize.ListSchemas")
    assert (found["total"], found["satisfied"], found["violated"]) == (len(constraints(LIST)), 0, 0)
    assert len(found["missing"]) == found["satisfied_possible"] + found["violated_possible"]


def test_an_observed_request_satisfies_what_its_members_are_held_to() -> None:
    coverage = Coverage()
    coverage.observe(CREATE, SMALL)
    seen = set(coverage.export()["personalize", "CreateDatasetImportJob"]["satisfied"])
    assert {each.id for each in constraints(CREATE) if each.member_path == "/jobName"} <= seen
    assert not {each.id for each in constraints(CREATE) if each.member_path.startswith("/tags")} & seen


@pytest.mark.parametrize(
    ("change", "member", "keyword"),
    [
        ({"jobName": "a" * 64}, "/jobName", "maxLength"),
        ({"jobName": "-"}, "/jobName", "pattern"),
        ({"importMode": "SOME"}, "/importMode", "enum"),
        ({"tags": [{"tagKey": "a"}]}, "/tags/*/tagValue", "required"),
        ({"dataSource": {"dataLocation": 5}}, "/dataSource/dataLocation", "type"),
        ({"new": 1}, "/", "additionalProperties"),
    ],
)
def test_an_observed_violation_counts_as_violated_and_not_as_satisfied(change: dict, member: str, keyword: str) -> None:
    coverage = Coverage()
    coverage.observe(CREATE, {**SMALL, **change})
    export = coverage.export()["personalize", "CreateDatasetImportJob"]
    wanted = {each.id for each in constraints(CREATE) if (each.member_path or "/", each.keyword) == (member, keyword)}
    assert wanted <= set(export["violated"])
    assert not wanted & set(export["satisfied"])


def test_the_enumeration_covers_everything_that_can_be() -> None:
    for observed in (True, False):
        coverage = Coverage()
        for boundary in iter_boundary(CREATE):
            if observed or boundary.violation is None:
                coverage.observe(CREATE, boundary.instance)
            if not observed and boundary.constraint is not None:
                coverage.note(CREATE, (boundary.constraint, *boundary.also), boundary.side)
        assert row(coverage)["missing"] == []


def test_what_cannot_be_exercised_is_named_with_its_reason() -> None:
    coverage = Coverage()
    coverage.watch([CREATE])
    aside = row(coverage)["unexercisable"]
    assert aside["/jobName minLength /$defs/Name/minLength (violated)"] == "the pattern takes no text of 0 characters"


def test_counts_of_several_processes_add_up() -> None:
    one, two, both = Coverage(), Coverage(), Coverage()
    every = list(constraints(LIST))
    one.note(LIST, every[:3], "satisfied")
    two.note(LIST, every[2:5], "satisfied")
    both.watch([LIST])
    both.merge(one.export())
    both.merge(two.export())
    assert row(both, "personalize.ListSchemas")["satisfied"] == 5


def test_responses_can_be_counted_too() -> None:
    coverage = Coverage("response")
    coverage.observe(LIST, {"schemas": []})
    assert row(coverage, "personalize.ListSchemas")["satisfied"] > 0


def test_what_others_counted_of_unknown_operations_is_left_out() -> None:
    coverage = Coverage()
    coverage.watch([LIST])
    before = coverage.export()
    coverage.merge({("nobody", "Nothing"): {"satisfied": ["x"], "violated": []}})
    assert coverage.export() == before


def test_an_operation_without_an_instance_has_nothing_to_miss() -> None:
    never = Contract.from_document(DOCUMENT, judge=validate.iter_violations).operation("Never")
    coverage = Coverage()
    coverage.watch([never])
    found = row(coverage, "made.Never")
    assert found["missing"] == []
    assert len(found["unexercisable"]) == 2 * found["total"]
    assert set(found["unexercisable"].values()) == {"Never requires another of itself without end"}


@pytest.mark.parametrize(("labels", "counts"), [({"ab": "c"}, True), ({}, False), ([], False)])
def test_a_key_is_seen_where_a_map_has_one(labels: object, counts: bool) -> None:
    put = Contract.from_document(DOCUMENT, judge=validate.iter_violations).operation("Put")
    coverage = Coverage()
    coverage.observe(put, {"either": {"b": True}, "labels": labels})
    seen = set(coverage.export()["made", "Put"]["satisfied"])
    keys = {each.id for each in constraints(put) if each.member_path == "/labels/<key>"}
    assert keys
    assert (keys <= seen) is counts
    assert bool(keys & seen) is counts
