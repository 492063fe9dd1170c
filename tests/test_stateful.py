"""Stories and random sequences: what they send, what they rely on, and how a finding is made small."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from validator import families, fuzz, sources, validate
from validator.contract import from_model_files
from validator.coverage import Coverage
from validator.emulator import Emulator
from validator.exchange import Exchange
from validator.fuzzing import resend, selection, stories
from validator.fuzzing.journal import Journal
from validator.fuzzing.shrink import fewest
from validator.fuzzing.stage import Options
from validator.fuzzing.trail import Trail
from validator.fuzzing.world import World
from validator.history import GHOST
from validator.transport import MemoryTarget


def world(service: str = "personalize", **given: Any) -> World:
    contract = validate.load(service)
    journal = Journal(MemoryTarget(Emulator(seed=0)), Coverage())
    journal.open(contract, "test")
    return World(journal, contract, given, random.Random(0))


def sent(in_: World) -> list[Exchange]:
    assert in_.journal.chapter is not None
    return in_.journal.chapter.exchanges


def family(service: str, name: str) -> families.Family:
    return families.families(validate.load(service))[name]


# Families ------------------------------------------------------------------------------------------------------------


def test_declared_families_carry_what_is_documented() -> None:
    job = family("forecast", "DatasetImportJob")
    assert job.declared
    assert job.operations["list"] == "ListDatasetImportJobs"
    assert job.parents == {"DatasetArn": "Dataset"}
    assert job.unique == ("DatasetArn", "DatasetImportJobName")
    assert job.token_seconds == 86400
    assert job.pending_quota == 3
    assert job.lifecycle is not None
    assert job.lifecycle.may_follow("CREATE_PENDING", "ACTIVE")
    assert not job.lifecycle.may_follow("ACTIVE", "CREATE_PENDING")
    assert job.lifecycle.pending == {"CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_STOPPING"}
    assert {"DELETE_PENDING", "DELETE_IN_PROGRESS"} <= job.lifecycle.deleting


@pytest.mark.parametrize(
    ("service", "name", "operations", "identifier"),
    [
        (
            "stepfunctions",
            "StateMachine",
            {"CreateStateMachine", "DescribeStateMachine", "ListStateMachines", "DeleteStateMachine"},
            "stateMachineArn",
        ),
        ("kms", "Key", {"CreateKey", "DescribeKey", "ListKeys"}, "KeyId"),
        ("dynamodb", "Table", {"CreateTable", "DescribeTable", "ListTables", "DeleteTable"}, "TableName"),
        ("ssm", "Parameter", {"PutParameter", "GetParameter", "DescribeParameters", "DeleteParameter"}, "Name"),
        (
            "personalize",
            "Recommender",
            {"CreateRecommender", "DescribeRecommender", "ListRecommenders", "DeleteRecommender"},
            "recommenderArn",
        ),
    ],
)
def test_families_are_inferred_where_nothing_is_declared(
    service: str, name: str, operations: set[str], identifier: str
) -> None:
    found = family(service, name)
    assert not found.declared
    assert set(found.operations.values()) == operations
    assert found.identifier == identifier
    # What nothing documents is not assumed.
    assert (found.lifecycle, found.unique, found.pending_quota, found.token_seconds) == (None, None, None, None)


def test_identifiers_of_others_are_no_families() -> None:
    for service in ("kms", "secretsmanager", "dynamodb"):
        names = families.families(validate.load(service))
        assert not {"KeyPolicy", "ResourcePolicy", "SecretValue"} & set(names)


def _inferred() -> dict[str, families.Family]:
    def structure(**members: str) -> dict[str, Any]:
        shapes = {name: {"shape": shape} for name, shape in members.items()}
        return {"type": "structure", "required": list(members), "members": shapes}

    def operation(input: str | None = None, output: str | None = None) -> dict[str, Any]:
        shapes = {"input": {"shape": input}, "output": {"shape": output}}
        return {"http": {}, **{side: shape for side, shape in shapes.items() if shape["shape"]}}

    model = {
        "metadata": {"apiVersion": "2020-01-01", "protocol": "json", "serviceId": "Made"},
        "operations": {
            "CreateThing": operation("Named", "ThingId"), "DescribeThing": operation("ThingId", "Thing"),
            "DeleteThing": operation("Two"), "ListThings": operation(None, "Page"),
            "CreateBox": operation("Named"), "DescribeBox": operation("Named", "Thing"),
            "DeleteBox": operation("Named"), "ListBoxes": operation("Named", "Page"),
            "CreateMode": operation("Named"), "DescribeMode": operation(None, "Named"),
            "CreateLamp": operation("Named", "ThingId"), "DescribeLamp": operation("Two", "Thing"),
        },
        "shapes": {
            "Named": structure(Name="Text"), "ThingId": structure(ThingId="Text"), "Thing": structure(Inner="Inner"),
            "Inner": structure(ThingId="Text"), "Two": structure(Other="Text", Another="Text"),
            "Page": structure(Others="Others", Ids="Texts"), "Text": {"type": "string"},
            "Others": {"type": "list", "member": {"shape": "Named"}},
            "Texts": {"type": "list", "member": {"shape": "Text"}},
        },
    }  # fmt: skip
    files = sources.ModelFiles("made", "2020-01-01", model, {}, None, "")
    return dict(families.families(from_model_files(files, entries=())))


def test_what_cannot_be_told_of_a_family_is_left_out() -> None:
    found = _inferred()
    # Nothing names a mode, and two members name a lamp.
    assert set(found) == {"Thing", "Box"}
    thing, box = found["Thing"], found["Box"]
    # Which of its two members names what is deleted cannot be told.
    assert thing.operations == {"create": "CreateThing", "describe": "DescribeThing", "list": "ListThings"}
    assert thing.created_as({"Name": "n"}, {"ThingId": "t"}) == "t"
    assert thing.created_as({"Name": "n"}, {}) is None
    assert thing.described({"Inner": {"ThingId": "t"}}) == {"ThingId": "t"}
    assert thing.listed({"Others": [{"Name": "n"}], "Ids": ["t", "u", 5]}) == [("t", {}), ("u", {})]
    assert thing.listed({"Ids": None}) == thing.listed(None) == []
    # A box is named by who makes it; a list that needs a name lists something else.
    assert (box.chosen, box.identifier) == (True, "Name")
    assert box.operations == {"create": "CreateBox", "describe": "DescribeBox", "delete": "DeleteBox"}
    assert box.created_as({"Name": "b"}, {}) == "b"
    assert box.created_as(None, {}) is None


# The world -----------------------------------------------------------------------------------------------------------


def test_what_a_resource_stands_on_is_made_first_and_waited_for() -> None:
    here = world()
    arn = here.live(family("personalize", "DatasetImportJob"))
    assert arn is not None
    creates = [each.operation for each in sent(here) if each.operation.startswith("Create")]
    assert creates == ["CreateSchema", "CreateDatasetGroup", "CreateDataset", "CreateDatasetImportJob"]
    assert sent(here)[-1].response["datasetImportJob"]["status"] == "ACTIVE"
    assert all(each.accepted for each in sent(here))
    before = len(sent(here))
    assert here.live(family("personalize", "DatasetImportJob")) == arn
    assert len(sent(here)) == before


def test_what_is_given_is_not_made() -> None:
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset/mine/ITEMS"
    here = world(datasetArn=arn)
    assert here.live(family("personalize", "Dataset")) == arn
    assert sent(here) == []


def test_what_was_deleted_is_not_referred_to() -> None:
    here = world()
    group = family("personalize", "DatasetGroup")
    first = here.live(group)
    assert first is not None
    here.gone(first)
    second = here.live(group)
    assert second != first


def test_nothing_is_made_where_writing_is_not_allowed() -> None:
    here = world()
    here.writes = False
    assert here.live(family("personalize", "DatasetImportJob")) is None
    assert sent(here) == []


# Stories -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "ghost"),
    [
        ("arn:aws:personalize:us-east-1:1:schema/a", f"arn:aws:personalize:us-east-1:1:schema/{GHOST}"),
        ("arn:aws:states:us-east-1:1:activity:a", f"arn:aws:states:us-east-1:1:activity:{GHOST}"),
        (
            "arn:aws:kms:us-east-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:1:key/00000000-0000-4000-8000-000000000000",
        ),
        ("table", GHOST),
    ],
)
def test_a_ghost_has_the_form_of_what_lives(identifier: str, ghost: str) -> None:
    assert stories.ghost_of(identifier) == ghost


def test_stories_go_through_life_from_birth_to_end() -> None:
    here = world("forecast")
    stories.life(stories.Teller(here, family("forecast", "DatasetImportJob")))
    calls = sent(here)
    states = [
        each.response["Status"] for each in calls if each.operation == "DescribeDatasetImportJob" and each.accepted
    ]
    assert list(dict.fromkeys(states))[:3] == ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE"]
    assert "DeleteDatasetImportJob" in {each.operation for each in calls if each.accepted}
    assert any(each.error is not None and each.error.code == "ResourceNotFoundException" for each in calls)
    assert calls[-1].operation == "ListDatasetImportJobs"


def test_a_run_calls_every_operation_of_every_family() -> None:
    heard: list[Exchange] = []
    report = fuzz.run(
        MemoryTarget(Emulator(seed=0)),
        selection.operations(()),
        Options(phases=("stateful",), sequences=4),
        listener=heard.append,
    )
    accepted = Counter(f"{each.service}.{each.operation}" for each in heard if each.accepted)
    wanted = {
        f"{service}.{name}"
        for service in selection.FLAGSHIP
        for each in families.families(validate.load(service)).values()
        if each.declared
        for verb, name in each.operations.items()
        if verb != "update"
    }
    assert wanted <= set(accepted)
    assert {"forecast.StopResource", "forecast.TagResource", "personalize.UntagResource"} <= set(accepted)
    assert report.findings == []
    assert {each.account for each in heard} == {"123456789012", "210987654321"}
    assert {each.region for each in heard} == {"us-east-1", "eu-west-1"}


# Sending again -------------------------------------------------------------------------------------------------------


def test_calls_are_followed_through_new_names() -> None:
    contract = validate.load("personalize")
    arn = "arn:aws:personalize:us-east-1:123456789012:schema/old-name"
    calls = [
        Exchange("personalize", "CreateSchema", {"name": "old-name", "schema": "{}"}, {"schemaArn": arn}, status=200),
        Exchange("personalize", "DescribeSchema", {"schemaArn": arn}, {}, status=200),
    ]
    target = MemoryTarget(Emulator(seed=0))
    again = resend.resend(target, contract, calls, rename=lambda name: name + "-7")
    assert again[0].request["name"] == "old-name-7"
    assert again[1].request["schemaArn"].endswith("schema/old-name-7")
    assert again[1].accepted


def test_calls_that_others_need_are_found() -> None:
    made = [Exchange("s", "Create", {"name": f"n{n}"}, {"arn": f"arn:something:{n}"}, status=200) for n in range(5)]
    child = Exchange("s", "CreateChild", {"parent": "arn:something:3"}, {"arn": "arn:child:of:3"}, status=200)
    look = Exchange("s", "Describe", {"arn": "arn:child:of:3"}, {}, status=200)
    assert Trail([*made, child, look]).needed([6]) == [3, 5, 6]


def test_the_fewest_items_are_found() -> None:
    tried: list[int] = []

    def holds(items: list[int]) -> bool:
        tried.append(len(items))
        return {3, 17} <= set(items)

    assert fewest(list(range(40)), holds) == [3, 17]
    assert len(tried) < 60
