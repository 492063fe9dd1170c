"""How bad a violation is, by what is broken, by direction, and by what was found."""

from __future__ import annotations

from typing import Any

import pytest

from validator.results import Severity, Violation
from validator.validate import load

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR


@pytest.mark.parametrize(
    ("keyword", "value", "answer"),
    [
        ("minItems", [], INFO),
        ("minProperties", {}, INFO),
        ("minLength", "", INFO),
        ("minItems", [1], WARNING),
        ("minProperties", {"a": 1}, WARNING),
        ("minLength", "a", WARNING),
        ("minLength", "***", WARNING),
        ("minimum", 0, WARNING),
        ("pattern", "", WARNING),
        ("enum", "", WARNING),
        ("type", "", ERROR),
    ],
)
def test_an_empty_answer_is_no_more_than_noted(keyword: str, value: Any, answer: Severity) -> None:
    violation = Violation(keyword, "/a", "/$defs/A/" + keyword, 1, value)
    assert violation.severity("request") is ERROR
    assert violation.severity("response") is answer
    assert violation.severity("error") is answer
    assert violation.severity("response", strict=True) is ERROR


@pytest.mark.parametrize("engine", ["auto", "jsonschema"])
def test_what_a_service_leaves_empty_is_an_info(engine: str) -> None:
    operation = load("personalize").operation("DescribeDatasetImportJob")
    body = {"datasetImportJob": {"jobName": "", "datasetArn": "arn:aws:personalize:us-east-1:123456789012:dataset/a"}}
    [violation] = [
        each for each in operation.iter_violations(body, "response", engine=engine) if each.keyword != "pattern"
    ]
    assert (violation.keyword, violation.value, violation.severity("response")) == ("minLength", "", INFO)


@pytest.mark.parametrize("engine", ["auto", "jsonschema"])
@pytest.mark.parametrize(
    ("call", "body", "severity"),
    [
        ("ssm.DeleteParameters", {"DeletedParameters": []}, INFO),
        ("ssm.DeleteParameters", {"DeletedParameters": ["a"] * 11}, WARNING),
        ("dynamodb.BatchGetItem", {"ConsumedCapacity": [], "Responses": {}}, None),
        ("ssm.ListInventoryEntries", {"Entries": [{str(n): "a" for n in range(51)}]}, WARNING),
    ],
)
def test_an_empty_list_or_map_of_an_answer_is_an_info(engine: str, call: str, body: Any, severity: Any) -> None:
    service, _, name = call.partition(".")
    found = load(service).operation(name).iter_violations(body, "response", engine=engine)
    assert [violation.severity("response") for violation in found] == ([] if severity is None else [severity])
