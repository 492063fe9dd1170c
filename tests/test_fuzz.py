"""A run finds what is wrong, once and at its smallest, says what it did, and repeats itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from faults.broken import Fault, answers
from faults.proof import prove
from faults.table import FAULTS, VARIATIONS

from validator import checks, fuzz, validate
from validator.emulator import Emulator
from validator.errors import EnvironmentFailedError, UnknownNameError, UnusableInputError
from validator.exchange import Exchange
from validator.fuzzing import selection
from validator.fuzzing.many import run_many
from validator.fuzzing.stage import Options
from validator.results import Report, Severity, Unchecked
from validator.transport import Limited, MemoryTarget

JOBS = ("personalize.*DatasetImportJob*",)
NAMED = {fault.name: fault for fault in FAULTS}
QUICK = Options(phases=("pagination", "stateful"), sequences=4, shrink=False)


def run(*selectors: str, target: Any = None, listener: Any = None, **options: Any) -> Report:
    return fuzz.run(
        target or MemoryTarget(Emulator(seed=0)), selection.operations(selectors), Options(**options), listener=listener
    )


# A right target ------------------------------------------------------------------------------------------------------


def test_the_emulator_keeps_the_contract_and_every_constraint_is_tried_on_both_sides() -> None:
    report = run(phases=("examples", "boundary", "pagination", "stateful"), sequences=2)
    assert [(finding.check, finding.message) for finding in report.findings] == []
    for name, row in report.coverage["operations"].items():
        assert row["missing"] == [], name
        assert (row["satisfied"], row["violated"]) == (row["satisfied_possible"], row["violated_possible"]), name
    totals = report.coverage["constraints"]
    assert totals["total"] > 500
    assert totals["satisfied"] == sum(row["satisfied"] for row in report.coverage["operations"].values())
    rows = report.details["operations"].values()
    assert (
        report.exchanges
        == sum(row["requests"] for row in rows)
        == sum(phase["requests"] for phase in report.details["phases"].values())
    )
    assert all(row["accepted"] + row["rejected"] == row["requests"] > 0 for row in rows)
    assert not report.fails(Severity.INFO)


def test_drawn_requests_find_nothing_wrong_with_the_emulator() -> None:
    report = run(*JOBS, phases=("positive", "negative"), max_examples=15)
    assert [finding.message for finding in report.findings] == []
    counts = report.details["phases"]
    assert counts["positive"]["requests"] > 30
    assert counts["negative"]["requests"] > 30


# A faulty one --------------------------------------------------------------------------------------------------------

# One of each kind; the whole table is run when the slow tests are.
_SOME = [
    "one-too-many",
    "overlapping",
    "gap",
    "filter-ignored",
    "forged-token",
    "expired-token",
    "token-of-another-account",
    "relapse",
    "deletes-too-early",
    "deletes-what-is-in-use",
    "deletes-beneath-jobs",
    "increments-nothing",
    "builds-on-pending",
    "updated-before-created",
    "forgets-the-mode",
    "newest-missing",
    "deletes-nothing",
    "names-twice",
    "names-for-ever",
    "ghosts-described",
    "pending-not-found",
    "one-account",
    "finds-abroad",
    "no-quota",
    "tag-not-removed",
    "creates-what-is-invalid",
    "deletes-what-it-refuses",
    "wrong-status",
    "undeclared-error",
    "crashes-on-bad-token",
]
_FORM = [
    "accepts-long-text",
    "accepts-unknown-value",
    "accepts-too-large-page",
    "rejects-longest-name",
    "accepts-numbers-for-text",
]
_EDGES = ("forecast.*Dataset", "forecast.ListDatasets")


@pytest.mark.parametrize("name", _SOME)
def test_a_fault_of_behaviour_is_found(name: str) -> None:
    proof = prove(NAMED[name], QUICK)
    assert proof.found, proof.named


@pytest.mark.parametrize("name", _FORM)
def test_a_fault_of_form_is_found(name: str) -> None:
    proof = prove(NAMED[name], Options(phases=("boundary",), shrink=False), _EDGES)
    assert proof.found, proof.named


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: variation.name)
def test_a_harmless_variation_is_not_reported(variation: Fault) -> None:
    assert [(finding.check, finding.message) for finding in prove(variation, QUICK).findings] == []


def test_there_are_faults_for_every_check() -> None:
    assert len(FAULTS) >= 40
    assert len(VARIATIONS) >= 10
    assert len({fault.name for fault in FAULTS + VARIATIONS}) == len(FAULTS) + len(VARIATIONS)
    assert {check for fault in FAULTS for check in fault.checks} == set(checks.table()) - {"request_conformance"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_default_settings_find_every_fault(fault: Fault) -> None:
    assert prove(fault).found


@pytest.mark.slow
@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: variation.name)
def test_default_settings_report_no_variation(variation: Fault) -> None:
    assert [(finding.check, finding.message) for finding in prove(variation).findings] == []


# What a finding says -------------------------------------------------------------------------------------------------


def test_a_finding_is_reported_once_with_the_fewest_calls_that_show_it() -> None:
    target = MemoryTarget(NAMED["names-twice"].build())
    report = run("personalize.*DatasetGroup*", target=target, phases=("stateful",), sequences=3)
    (finding,) = [each for each in report.findings if each.check == "name_unique"]
    assert [call["operation"] for call in finding.calls] == ["CreateDatasetGroup", "CreateDatasetGroup"]
    assert [set(call["request"]) for call in finding.calls] == [{"name"}, {"name"}]
    assert finding.reproduce["python"].count("client.create_dataset_group(name=") == 2
    assert finding.reproduce["cli"].count("aws personalize create-dataset-group --region us-east-1 --endpoint-url") == 2
    assert finding.reproduce["curl"].count("X-Amz-Target: AmazonPersonalize.CreateDatasetGroup") == 2


def test_a_finding_of_one_call_needs_no_other() -> None:
    target = MemoryTarget(NAMED["accepts-too-large-page"].build())
    report = run("personalize.ListDatasetImportJobs", target=target, phases=("boundary",))
    (finding,) = [each for each in report.findings if each.check == "invalid_rejected"]
    assert [call["request"] for call in finding.calls] == [{"maxResults": 101}]
    assert finding.violations[0].keyword == "maximum"


def test_drawn_failures_are_shrunk() -> None:
    def change(operation: str, request: Any, answer: Any) -> Any:
        return (
            {**answer, "datasetGroupArn": "x"} if operation == "CreateDatasetGroup" and "domain" in request else answer
        )

    fault = Fault("domain", "a group with a domain has a broken ARN", frozenset(), emulator=answers(change))
    report = run(
        "personalize.CreateDatasetGroup", target=MemoryTarget(fault.build()), phases=("positive",), max_examples=60
    )
    (finding,) = report.findings
    assert finding.check == "response_conformance"
    assert set(finding.calls[-1]["request"]) == {"domain"} | ({"name"} & set(finding.calls[-1]["request"]))


def test_ids_stay_the_same_run_after_run() -> None:
    def ids() -> list[str]:
        report = run(
            "personalize.ListDatasets", target=MemoryTarget(NAMED["accepts-no-page-size"].build()), phases=("boundary",)
        )
        return [finding.id for finding in report.findings]

    assert ids() == ids() != []


# What a run does -----------------------------------------------------------------------------------------------------


def _sent(seed: int) -> list[str]:
    heard: list[str] = []
    run(
        *JOBS,
        phases=("examples", "positive", "negative", "pagination", "stateful"),
        max_examples=5,
        sequences=2,
        seed=seed,
        listener=lambda exchange: heard.append(json.dumps(exchange.to_json())),
    )
    return heard


def test_the_same_seed_sends_the_same_requests() -> None:
    assert _sent(1) == _sent(1)
    assert _sent(1) != _sent(2)


def test_each_phase_runs_alone() -> None:
    for phase in fuzz.PHASES:
        report = run(*JOBS, phases=(phase,), max_examples=3, sequences=1)
        assert list(report.details["phases"]) == [phase]
        assert report.details["phases"][phase]["requests"] == report.exchanges > 0


def test_a_spent_budget_ends_the_run_with_what_was_found() -> None:
    target = Limited(MemoryTarget(NAMED["accepts-no-page-size"].build()), requests=60)
    report = run("personalize.List*", target=target, phases=("boundary", "positive"), shrink=False)
    assert target.sent == 60
    assert report.details["stopped"] == "the budget of requests is spent"
    assert any(finding.check == "invalid_rejected" for finding in report.findings)


def test_a_budget_spent_while_drawing_is_no_finding() -> None:
    target = Limited(MemoryTarget(Emulator(seed=0)), requests=7)
    report = run("personalize.ListSchemas", target=target, phases=("positive",))
    assert (report.exchanges, report.findings, report.details["stopped"]) == (7, [], "the budget of requests is spent")


def test_what_the_target_lacks_is_not_supported() -> None:
    report = run("personalize.*Campaign*", phases=("boundary", "stateful"))
    rows = {name: row for name, row in report.details["operations"].items() if "Campaign" in name}
    assert {(row["unsupported"], row["requests"]) for row in rows.values()} == {("not supported", 0)}
    assert report.findings == []
    assert report.coverage["operations"] == {}


def test_a_target_that_cannot_be_reached_ends_the_run() -> None:
    class Unreachable(MemoryTarget):
        def send(self, *arguments: Any, **named: Any) -> Any:
            raise EnvironmentFailedError("nobody there")

    for phase in ("examples", "positive", "stateful"):
        with pytest.raises(EnvironmentFailedError, match="nobody there"):
            run(*JOBS, target=Unreachable(Emulator(seed=0)), phases=(phase,))


def test_given_values_are_used_and_nothing_is_made_in_their_place() -> None:
    heard: list[Exchange] = []
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset/mine/ITEMS"
    run("personalize.CreateDatasetImportJob", phases=("boundary",), given={"datasetArn": arn}, listener=heard.append)
    creates = [each for each in heard if each.operation == "CreateDatasetImportJob"]
    assert sum(each.request.get("datasetArn") == arn for each in creates if isinstance(each.request, dict)) > 0.7 * len(
        creates
    )
    assert not [each for each in heard if each.operation == "CreateDataset"]


def test_a_target_that_is_somebody_s_is_only_read() -> None:
    class Foreign(MemoryTarget):
        owned = False

        def reset(self) -> bool:
            return False

    heard: list[Exchange] = []
    operations = [each for each in selection.operations(()) if each.readonly]
    fuzz.run(Foreign(Emulator(seed=0)), operations, Options(writes=False, max_examples=3), listener=heard.append)
    assert heard
    assert {
        each.operation for each in heard if not validate.load(each.service).operation(each.operation).readonly
    } == set()


@pytest.mark.slow
def test_a_share_of_the_work_is_done_by_each_process() -> None:
    options = Options(phases=("boundary", "stateful"), sequences=2, shrink=False)
    operations = selection.operations(("personalize.List*",))
    whole = run_many(2, _faulty, operations, options, {"requests": None, "seconds": None, "rate": None})
    alone = fuzz.run(_faulty(), operations, options)
    assert {finding.id for finding in whole.findings} >= {
        finding.id for finding in alone.findings if finding.check == "invalid_rejected"
    }
    assert whole.coverage["constraints"] == alone.coverage["constraints"]
    assert whole.details["target"] == "emulator in 2 processes"


def _faulty() -> MemoryTarget:
    return MemoryTarget(NAMED["accepts-no-page-size"].build())


def test_recorded_requests_are_sent_too(tmp_path: Any) -> None:
    recording = tmp_path / "calls.jsonl"
    recording.write_text(
        json.dumps({"service": "personalize", "operation": "ListSchemas", "request": {"maxResults": 77}}) + "\n"
    )
    heard: list[Exchange] = []
    run("personalize.ListSchemas", phases=("examples",), examples=recording, listener=heard.append)
    assert {"maxResults": 77} in [each.request for each in heard]
    recording.write_text("{}\n")
    with pytest.raises(UnusableInputError, match=r"calls\.jsonl:1: not an exchange"):
        run("personalize.ListSchemas", phases=("examples",), examples=recording)


# What is asked for ---------------------------------------------------------------------------------------------------


def test_selectors() -> None:
    assert {each.name for each in selection.operations(("personalize.List*Jobs", "forecast.StopResource"))} >= {
        "ListDatasetImportJobs",
        "StopResource",
    }
    flagship = {f"{each.service}.{each.name}" for each in selection.operations(())}
    assert {"personalize.CreateSchema", "forecast.DeleteResourceTree", "forecast.TagResource"} <= flagship
    assert "personalize.CreateCampaign" not in flagship
    with pytest.raises(UnknownNameError, match="did you mean ListSchemas"):
        selection.operations(("personalize.ListSchema",))
    with pytest.raises(UnusableInputError, match="matches no operation"):
        selection.operations(("personalize.Nothing*",))
    with pytest.raises(UnknownNameError, match="did you mean personalize"):
        selection.operations(("personalise",))


def test_phases_given_values_and_rates() -> None:
    assert selection.phases("stateful, boundary", fuzz.PHASES) == ("boundary", "stateful")
    assert selection.phases(None, fuzz.PHASES) == tuple(fuzz.PHASES)
    with pytest.raises(UnknownNameError, match="did you mean stateful"):
        selection.phases("statefull", fuzz.PHASES)
    assert selection.given(("datasetArn=arn:x=y", "tags=[]", "name=5")) == {
        "datasetArn": "arn:x=y",
        "tags": [],
        "name": "5",
    }
    with pytest.raises(UnusableInputError):
        selection.given(("datasetArn",))
    assert [selection.rate(text) for text in (None, "5", "5/s", "30/m", "0.5/s")] == [None, 5.0, 5.0, 0.5, 0.5]
    for text in ("0", "-1/s", "x", "5/y", "inf", "nan"):
        with pytest.raises(UnusableInputError):
            selection.rate(text)


def test_unwritable_requests_are_named() -> None:
    class Picky(MemoryTarget):
        def send(self, operation: Any, instance: Any, **where: Any) -> Any:
            if not isinstance(instance, dict):
                return Unchecked("cannot be written", operation.service, operation.name)
            return super().send(operation, instance, **where)

    report = run("personalize.ListSchemas", target=Picky(Emulator(seed=0)), phases=("boundary",))
    assert [entry.reason for entry in report.unchecked] == ["cannot be written (6 times)"]
