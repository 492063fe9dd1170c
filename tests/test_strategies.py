"""What is drawn keeps its contract, what is drawn broken breaks what it names, and all of it shrinks to the obvious."""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from tests import odd_shapes
from tests.test_boundary import DOCUMENT
from validator import sources, strategies, validate
from validator.contract import Contract, Operation
from validator.errors import UnknownNameError, UnusableInputError

FLAGSHIPS = [
    (service, name)
    for service in ("personalize", "forecast")
    for name in ("CreateDatasetImportJob", "DescribeDatasetImportJob", "ListDatasetImportJobs", "CreateSchema")
    if name in validate.load(service).operations
]
# One operation of every twelfth service: other protocols, recursion, unions, maps, streams.
SERVICES = sources.installed().services[5::12]
ENGINES = ("jsonschema-rs", "jsonschema")


def drawing(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def each(strategy: st.SearchStrategy[Any], examples: int, judge: Callable[[Any], None]) -> None:
    """Draw that many examples and judge each."""

    @drawing(examples)
    @given(strategy)
    def run(drawn: Any) -> None:
        judge(drawn)

    run()


def picked(service: str) -> Operation:
    contract = validate.load(service)
    return contract.operation(random.Random(service).choice(contract.operations))


def broken(
    operation: Operation, instance: Any, direction: str = "request", engine: str = "auto"
) -> list[tuple[str, str]]:
    return [
        (each.keyword, each.instance_path) for each in operation.iter_violations(instance, direction, engine=engine)
    ]


@pytest.mark.parametrize(("service", "name"), FLAGSHIPS)
def test_flagships_keep_their_contract_for_both_engines(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)

    def judge(direction: str) -> Callable[[Any], None]:
        def judged(drawn: Any) -> None:
            for engine in ENGINES:
                assert broken(operation, drawn, direction, engine) == []

        return judged

    each(strategies.requests(service, name), 40, judge("request"))
    each(strategies.responses(service, name), 40, judge("response"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_sample_of_all_services_keeps_its_contract(service: str) -> None:
    operation = picked(service)

    def judge(direction: str) -> Callable[[Any], None]:
        def judged(drawn: Any) -> None:
            for engine in ENGINES:
                assert broken(operation, drawn, direction, engine) == []

        return judged

    each(strategies.requests(operation), 4, judge("request"))
    each(strategies.responses(operation), 4, judge("response"))


@pytest.mark.parametrize(
    ("service", "name"), [*FLAGSHIPS, ("sqs", "SendMessage"), ("kms", "Encrypt"), ("glue", "CreateJob")]
)
def test_invalid_requests_break_what_they_name_and_nothing_else(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)

    def judge(drawn: strategies.Broken) -> None:
        due = [(drawn.violation.keyword, drawn.violation.instance_path)]
        for engine in ENGINES:
            assert broken(operation, drawn.instance, "request", engine) == due, drawn

    each(strategies.invalid_requests(service, name), 40, judge)


def test_invalid_requests_reach_every_kind_of_constraint() -> None:
    found = set()
    each(
        strategies.invalid_requests("personalize", "CreateDatasetImportJob"),
        # More than ten draws for each way to break it, so that chance leaves none of them out.
        1500,
        lambda drawn: found.add((drawn.violation.keyword, drawn.violation.instance_path)),
    )
    keywords = {keyword for keyword, _ in found}
    assert {"type", "required", "enum", "pattern", "maxLength", "additionalProperties"} <= keywords
    assert {("required", f"/{name}") for name in ("jobName", "datasetArn", "dataSource")} <= found


def test_errors_are_declared_and_keep_their_shape() -> None:
    operation = validate.load("personalize").operation("CreateDatasetImportJob")
    codes = set()

    def judge(error: Any) -> None:
        codes.add(error.code)
        assert not list(operation.iter_violations(error.body, "error", code=error.code))
        assert error.message == error.body.get("message", "")

    each(strategies.errors(operation), 60, judge)
    assert codes == set(operation.errors)
    each(strategies.errors("s3", "ListBuckets"), 1, lambda error: codes.add(error.code))
    assert "ThrottlingException" in codes


def test_tomorrow_has_what_nobody_has_seen_and_nothing_worse() -> None:
    operation = validate.load("forecast").operation("ListDatasetImportJobs")
    seen: set[str] = set()
    empty, long = [], []

    def judge(page: Any) -> None:
        found = broken(operation, page, "response")
        seen.update(keyword for keyword, _ in found)
        jobs = page.get("DatasetImportJobs")
        empty.append(jobs == [] and "NextToken" in page)
        long.append(len(jobs or ()) > 100)

    each(strategies.responses(operation, tomorrow=True), 120, judge)
    assert seen == {"additionalProperties", "enum"}
    assert any(empty)
    assert any(long)


@pytest.mark.parametrize(
    ("service", "name"), [("s3files", "ListTagsForResource"), ("dynamodb", "Query"), ("s3", "ListObjectsV2")]
)
def test_tomorrow_bends_no_bound(service: str, name: str) -> None:
    operation = validate.load(service).operation(name)

    def judge(page: Any) -> None:
        assert {keyword for keyword, _ in broken(operation, page, "response")} <= {"additionalProperties", "enum"}

    each(strategies.responses(operation, tomorrow=True), 40, judge)


def test_responses_of_today_know_nothing_of_tomorrow() -> None:
    operation = validate.load("forecast").operation("ListDatasetImportJobs")
    each(strategies.responses(operation), 60, lambda page: _none(broken(operation, page, "response")))


def _none(found: list[Any]) -> None:
    assert found == []


NAME = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/INTERACTIONS"


@pytest.mark.parametrize(
    ("wanted", "smallest"),
    [
        (lambda request: True, {"jobName": "0", "datasetArn": "arn:0:personalize:::0", "dataSource": {}}),
        (
            lambda request: len(request["jobName"]) > 4,
            {"jobName": "00000", "datasetArn": "arn:0:personalize:::0", "dataSource": {}},
        ),
        (
            lambda request: "tags" in request,
            {"jobName": "0", "datasetArn": "arn:0:personalize:::0", "dataSource": {}, "tags": []},
        ),
        (
            lambda request: request.get("importMode") == "INCREMENTAL",
            {"jobName": "0", "datasetArn": "arn:0:personalize:::0", "dataSource": {}, "importMode": "INCREMENTAL"},
        ),
        (
            lambda request: "dataLocation" in request["dataSource"],
            {"jobName": "0", "datasetArn": "arn:0:personalize:::0", "dataSource": {"dataLocation": "s3://0"}},
        ),
    ],
)
def test_requests_shrink_to_the_smallest_obvious_one(wanted: Callable[[Any], bool], smallest: Any) -> None:
    found = find(
        strategies.requests("personalize", "CreateDatasetImportJob"),
        wanted,
        settings=settings(max_examples=300, database=None, derandomize=True),
    )
    assert found == smallest


def test_given_values_and_strategies_are_kept() -> None:
    drawn = strategies.requests(
        "personalize", "CreateDatasetImportJob", given={"datasetArn": NAME, "roleArn": st.sampled_from(["r1", "r2"])}
    )
    roles = set()

    def judge(request: Any) -> None:
        assert request["datasetArn"] == NAME
        roles.add(request["roleArn"])

    each(drawn, 20, judge)
    assert roles == {"r1", "r2"}
    each(
        strategies.invalid_requests("personalize", "CreateDatasetImportJob", given={"datasetArn": NAME}),
        60,
        lambda one: _keeps(one, "/datasetArn", "datasetArn", NAME),
    )


def _keeps(one: strategies.Broken, path: str, name: str, value: str) -> None:
    if one.violation.instance_path not in ("", path):
        assert one.instance[name] == value


def test_the_same_seed_draws_the_same_requests() -> None:
    def drawn() -> list[Any]:
        found: list[Any] = []

        @settings(max_examples=30, database=None, phases=[Phase.generate])
        @seed(7)
        @given(strategies.requests("forecast", "CreateDatasetImportJob"))
        def draw(request: Any) -> None:
            found.append(request)

        draw()
        return found

    assert drawn() == drawn()


def test_bad_arguments_are_told_at_the_door() -> None:
    with pytest.raises(UnknownNameError, match="did you mean CreateDatasetImportJob"):
        strategies.requests("personalize", "CreateDatasetImportJobs")
    with pytest.raises(UnusableInputError, match="no operation named"):
        strategies.requests("personalize")
    made = Contract.from_document(DOCUMENT, judge=validate.iter_violations)
    with pytest.raises(UnusableInputError, match="no request can be drawn: Never requires another of itself"):
        strategies.requests(made.operation("Never"))


@pytest.mark.parametrize("name", ["Put", "Loop"])
def test_every_kind_of_shape_draws(name: str) -> None:
    operation = Contract.from_document(DOCUMENT, judge=validate.iter_violations).operation(name)
    each(strategies.requests(operation), 100, lambda request: _none(broken(operation, request)))
    each(
        strategies.invalid_requests(operation),
        100,
        lambda one: _none(
            [
                pair
                for pair in broken(operation, one.instance)
                if pair != (one.violation.keyword, one.violation.instance_path)
            ]
        ),
    )


def test_shapes_with_few_instances_or_none_are_drawn_all_the_same() -> None:
    operation = odd_shapes.operation()
    seen: dict[str, list[Any]] = {}

    def judge(request: Any) -> None:
        for engine in ENGINES:
            assert broken(operation, request, engine=engine) == []
        for name, value in request.items():
            seen.setdefault(name, []).append(value)

    each(strategies.requests(operation), 150, judge)
    assert set(odd_shapes.SHAPES) - seen.keys() == odd_shapes.ABSENT
    for name in odd_shapes.EMPTY:
        assert not any(seen[name]), name
    assert all(set(value) == {"a", "b", "c"} for value in seen["full"])
    assert {4} < {len(value) for value in seen["mixed"]} <= {4, 6, 8}
    assert all(len(base64.b64decode(value)) >= 5000 for value in seen["bytes"])
    assert all(value == struct.unpack("<f", struct.pack("<f", value))[0] for value in seen["single"] if value % 1)


def test_tomorrow_adds_nothing_that_today_has() -> None:
    operation, added = odd_shapes.operation(), set()

    def judge(response: Any) -> None:
        added.update(response.keys() - odd_shapes.SHAPES.keys())
        for name in ("newMember", "x"):
            assert type(response.get(name, False)) is bool

    each(strategies.responses(operation, tomorrow=True), 200, judge)
    assert added == {"futureSetting"}


def test_documents_and_events_are_drawn() -> None:
    operation = validate.load("bedrock-runtime").operation("ConverseStream")
    documents = []

    def judge(request: Any) -> None:
        documents.append(request.get("additionalModelRequestFields"))

    each(strategies.requests(operation), 60, judge)
    assert any(documents)
    each(strategies.responses(operation), 5, lambda response: _none(response.get("stream", [])))


def test_what_no_request_can_break_is_told() -> None:
    free = {**DOCUMENT, "$defs": {"Put": {"x-aws-document": True}}}
    operation = Contract.from_document(free, judge=validate.iter_violations).operation("Put")
    with pytest.raises(UnusableInputError, match=r"made\.Put: has no constraint that a request can break"):
        strategies.invalid_requests(operation)


# (service, operation, direction) -> why it cannot be drawn; of 18,301 inputs and as many outputs there is none.
UNDRAWABLE: dict[tuple[str, str, str], str] = {}


@pytest.mark.slow
@pytest.mark.parametrize("service", sources.installed().services)
def test_every_operation_draws_and_keeps_its_contract(service: str) -> None:
    contract = validate.load(service)
    for name in contract.operations:
        operation = contract.operation(name)
        for direction, make in (("request", strategies.requests), ("response", strategies.responses)):
            if (reason := UNDRAWABLE.get((service, name, direction))) is not None:
                with pytest.raises(UnusableInputError, match=reason):
                    make(operation)
                continue
            strategy = make(operation)
            each(strategy, 2, lambda drawn, to=operation, way=direction: _none(broken(to, drawn, way)))
