"""Each check alone catches the history that breaks what it demands, and none finds fault with a right one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from histories import CASES, GROUP, Case, call, create, describe, drop_group, group, listed, refused

from validator import checks, validate
from validator import history as past
from validator.checks.rejections import keeps
from validator.exchange import ErrorReply, Exchange
from validator.results import Severity


def found(case_history: tuple, **only: object) -> list:
    contract = validate.load(case_history[0].service)
    return [each for each in checks.run(contract, list(case_history), **only) if each.severity > Severity.INFO]


# What the fuzzer sends is broken on purpose; a request that breaks its contract and is accepted is two faults.
_SENT = [each for each in checks.table() if each != "request_conformance"]
_BOTH = {"request_conformance": {"invalid_rejected"}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_wrong_history_is_caught_by_its_check_alone(case: Case) -> None:
    judged = list(checks.table()) if case.check == "request_conformance" else _SENT
    named = {finding.check for finding in found(case.wrong, only=judged)}
    assert named == {case.check} | _BOTH.get(case.check, set())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_right_history_is_not_blamed(case: Case) -> None:
    assert [finding.message for finding in found(case.right, only=_SENT)] == []


def test_every_check_has_a_case() -> None:
    assert {case.check for case in CASES} == set(checks.table())


def test_every_check_says_what_it_demands() -> None:
    for check in checks.table().values():
        assert check.sentence.endswith("."), check.id
        assert check.run.__doc__, check.id


def test_a_finding_names_the_calls_that_show_it() -> None:
    history = (create("b"), describe("a", "ACTIVE"), listed("b"), describe("a", "CREATE IN_PROGRESS"))
    (finding,) = found(history)
    assert [call["operation"] for call in finding.calls] == ["DescribeDatasetImportJob"] * 2
    assert finding.check == "lifecycle"
    assert finding.message == "DatasetImportJob goes from 'ACTIVE' to 'CREATE IN_PROGRESS'"


def test_states_between_two_looks_may_be_missed() -> None:
    assert not found((create(), describe(status="ACTIVE")))


def test_lists_in_a_row_say_nothing_of_how_long_a_deletion_takes() -> None:
    summary = {"datasetGroupArn": f"{GROUP}/g", "name": "g", "status": "DELETE PENDING"}
    page = call("ListDatasetGroups", {}, {"datasetGroups": [summary]})
    assert not found((group("g"), drop_group("g"), *[page] * 200), only=["deleted_is_gone"])
    assert not found(
        (group("g"), drop_group("g"), *[page, group("g", "DELETE PENDING")] * 20), only=["deleted_is_gone"]
    )
    assert found((group("g"), drop_group("g"), *[page, group("g", "DELETE PENDING")] * 21), only=["deleted_is_gone"])


def test_what_was_there_before_is_unknown_not_absent() -> None:
    # A recording may begin in the middle of a life: a list may lack what is unknown, and a describe is no ghost.
    assert not found(
        (describe("old", "ACTIVE"), listed(), listed("old")), only=["created_is_listed", "missing_is_not_found"]
    )


def test_a_token_from_before_a_recording_began_is_not_forged() -> None:
    assert not found((call("ListDatasetImportJobs", {"nextToken": "older"}, phase=None),))


def test_duplicates_across_a_write_are_not_judged() -> None:
    paged = {"maxResults": 1}
    history = (listed("a", request=paged, token="t"), create("b"), listed("a", request={**paged, "nextToken": "t"}))
    assert not found(history, only=["page_disjoint"])


def test_reserved_tag_keys_are_the_targets_own_affair() -> None:
    tagged = {"resourceArn": create().response["datasetImportJobArn"], "tags": [{"tagKey": "aws:a", "tagValue": "1"}]}
    assert not found((call("TagResource", tagged),), only=["invalid_rejected"])


def test_a_number_cut_to_an_integer_is_accepted() -> None:
    assert not found((call("ListDatasetImportJobs", {"maxResults": 1.5}),), only=["invalid_rejected"])


def test_throttling_is_no_rejection_of_a_valid_list() -> None:
    assert not found((refused("ListDatasetImportJobs", {}, "ThrottlingException"),))


NOT_NULL = "Member must not be null"


def test_a_condition_that_only_prose_knows_is_no_error() -> None:
    """A model says nothing of "required when": a complaint about it in the service's own words may be right."""
    request = {"Name": "a", "Value": "b"}
    for message, severity in (
        ("A parameter type is required when you create a parameter.", "warning"),
        (f"1 validation error detected: Value null at 'type' failed to satisfy constraint: {NOT_NULL}", "error"),
    ):
        refused = Exchange("ssm", "PutParameter", request, error=ErrorReply("ValidationException", message), status=400)
        (finding,) = checks.run(validate.load("ssm"), [refused], only=["valid_accepted"])
        assert str(finding.severity) == severity


def test_tags_that_are_none_are_not_compared() -> None:
    # That they are malformed is for the conformance checks to say.
    odd = {"resourceArn": create().response["datasetImportJobArn"], "tags": ["a", {"tagKey": 5, "tagValue": "1"}]}
    shown = call("ListTagsForResource", {"resourceArn": odd["resourceArn"]}, {"tags": []})
    assert not found((call("TagResource", odd), shown), only=["tags_agree"])


def test_a_state_that_nothing_documents_is_told_and_not_followed() -> None:
    history = (describe(status="CREATE IN_PROGRESS"), describe(status="SLEEPING"), describe(status="ACTIVE"))
    (finding,) = found(history, only=["lifecycle"])
    assert finding.message == "DatasetImportJob is 'SLEEPING', which is no documented state"


@pytest.mark.parametrize("request_", [{"schema": "{}"}, {"name": None, "schema": "{}"}, {"name": True}, None])
def test_what_has_no_name_or_is_broken_otherwise_is_no_second_holder(request_: Any) -> None:
    """That it is accepted is a fault, which `invalid_rejected` tells; but it is no name given twice."""
    arn = "arn:aws:personalize:us-east-1:123456789012:schema/"
    whole = {"name": "one", "schema": "{}"}
    for first, second, count in (
        (request_, request_, 0),
        (whole, {"name": "one"}, 0),
        ({"name": "one", "schema": 5}, whole, 0),
        (whole, whole, 1),
    ):
        asked = [
            call("CreateSchema", first, {"schemaArn": arn + "1"}),
            call("CreateSchema", second, {"schemaArn": arn + "2"}),
        ]
        assert len(found(tuple(asked), only=["name_unique"])) == count


def test_where_an_account_is_unknown_nothing_is_foreign() -> None:
    assert not found((create("a"), listed("a", account=None)), only=["account_isolated"])


def test_a_token_of_another_operation_is_not_judged_where_nothing_is_declared() -> None:
    first = call("ListApplications", {}, {"applications": [], "nextToken": "t"}, service="codedeploy")
    assert not found(
        (first, call("ListDeploymentConfigs", {"nextToken": "t"}, service="codedeploy")), only=["token_rejected"]
    )
    (finding,) = found(
        (first, call("ListDeploymentConfigs", {"nextToken": "u"}, service="codedeploy")), only=["token_rejected"]
    )
    assert "forged" in finding.message


def test_a_filter_by_what_nothing_shows_is_not_judged() -> None:
    job = "arn:aws:forecast:us-east-1:123456789012:dataset-import-job/a"
    page = {"DatasetImportJobs": [{"DatasetImportJobArn": job, "Status": "ACTIVE"}]}

    def asked(key: str, value: str, condition: str = "IS") -> Exchange:
        filters = [{"Key": key, "Value": value, "Condition": condition}]
        return call("ListDatasetImportJobs", {"Filters": filters}, page, service="forecast")

    for filtered, wrong in (
        (asked("Status", "ACTIVE"), False),
        (asked("Status", "ACTIVE", "IS_NOT"), True),
        (asked("Status", "CREATE_FAILED"), True),
        (asked("DatasetArn", "arn:x"), False),
        (asked("Nothing", "x"), False),
    ):
        assert bool(found((filtered,), only=["filter_holds"])) is wrong


def test_a_request_that_is_no_json_keeps_nothing() -> None:
    operation = validate.load("personalize").operation("ListSchemas")
    assert keeps(operation, {"maxResults": 5})
    assert not keeps(operation, {"maxResults": 5, "nextToken": object()})
    assert not keeps(operation, {1: 5})


def test_another_resource_than_the_one_asked_for_is_told_and_what_a_life_begins_with_is_kept() -> None:
    asked = dict(describe("a").request or {})
    other = call("DescribeDatasetImportJob", asked, describe("b").response)
    (finding,) = found((create("a"), other), only=["describe_agrees"])
    assert "asked for" in finding.message
    assert "/b" in finding.message
    # What a target makes of a request it should have rejected is no further fault.
    broken = call("CreateDatasetImportJob", {**(create("a").request or {}), "importMode": "SOME"}, create("a").response)
    assert not found((broken, describe("a", importMode="FULL")), only=["describe_agrees"])


APP = {"appId": "d1", "name": "n"}
MADE = call("CreateApp", {"name": "n"}, {"app": APP}, service="amplify")
SHOWN = call("GetApp", {"appId": "d1"}, {"app": APP}, service="amplify")
HOOK = {"webhookId": "w", "appId": "d1"}
HOOKED = call("CreateWebhook", {"appId": "d1", "branchName": "b"}, {"webhook": HOOK}, service="amplify")


def test_what_deletes_a_part_does_not_delete_the_whole() -> None:
    sequence = ["deleted_is_gone", "created_is_listed", "closure", "missing_is_not_found"]
    branch = call("DeleteBranch", {"appId": "d1", "branchName": "b"}, service="amplify")
    assert not found((MADE, branch, SHOWN), only=sequence)
    # Nor is it sure that the whole is still there, or what stands on it.
    gone = refused("GetApp", {"appId": "d1"}, "NotFoundException", service="amplify")
    unhooked = refused("GetWebhook", {"webhookId": "w"}, "NotFoundException", service="amplify")
    assert not found((MADE, HOOKED, branch, gone, unhooked), only=sequence)
    assert found((MADE, HOOKED, gone), only=["closure"])
    assert found((MADE, HOOKED, unhooked), only=["closure"])
    dropped = call("DeleteApp", {"appId": "d1"}, service="amplify")
    assert found((MADE, branch, dropped, SHOWN), only=["deleted_is_gone"])


def test_an_answer_that_is_no_page_is_no_page() -> None:
    for page in (None, "x", [], {"datasetImportJobs": "x"}):
        odd = dataclasses.replace(listed("a"), response=page)
        assert not found((listed("a"), odd), only=["page_size", "page_complete", "page_progress", "page_disjoint"])


def test_a_change_of_what_nobody_has_seen_is_no_life() -> None:
    changed = call("UpdateApp", {"appId": "d1", "name": "m"}, {"app": APP}, service="amplify")
    history = past.read(validate.load("amplify"), [changed])
    assert not history.lives
    history = past.read(validate.load("amplify"), [SHOWN, changed])
    assert [life.changed for life in history.lives.values()] == [[1]]


def test_a_secret_need_not_come_back_as_it_was_given() -> None:
    contract = validate.load("ssm")

    def calls(**described: str) -> list[Exchange]:
        asked = {"Name": "n", "Value": "secret", "Type": "SecureString", "DataType": "text"}
        return [
            Exchange("ssm", "PutParameter", asked, {"Version": 1, "Tier": "Standard"}, status=200),
            Exchange("ssm", "GetParameter", {"Name": "n"}, {"Parameter": {**asked, **described}}, status=200),
        ]

    assert not list(checks.run(contract, calls(Value="AQICAHh"), only=["describe_agrees"]))
    (finding,) = checks.run(contract, calls(DataType="aws:ec2:image"), only=["describe_agrees"])
    assert "DataType" in finding.message
