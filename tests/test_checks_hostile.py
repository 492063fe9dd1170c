"""Whatever a target answers, and whatever is sent to it, the checks judge without falling over."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from validator import checks, validate
from validator.exchange import ErrorReply, Exchange
from validator.families import families

_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["arn:aws:personalize:us-east-1:123456789012:dataset/a/ITEMS", "never-created", "ACTIVE", "t"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def _members(contract: Any) -> list[str]:
    names = {
        "nextToken",
        "maxResults",
        "NextToken",
        "Filters",
        "resourceArn",
        "ResourceArn",
        "tags",
        "tagKeys",
        "Tags",
        "TagKeys",
    }
    for family in families(contract).values():
        if family.declared:
            names |= {
                family.identifier,
                *(each for each in (family.wrapper, family.summaries, family.name_member) if each),
            }
            names |= set(family.parents)
    return sorted(names)


def _exchanges(service: str) -> st.SearchStrategy[list[Exchange]]:
    contract = validate.load(service)
    operations = sorted(
        {name for family in families(contract).values() if family.declared for name in family.operations.values()}
    )
    tags = [name for name in contract.operations if "Tag" in name]
    instance = st.dictionaries(st.sampled_from(_members(contract)), _ANY, max_size=4) | _ANY
    error = st.builds(
        ErrorReply,
        st.sampled_from(["ValidationException", "ResourceNotFoundException", "X", ""]),
        st.text(max_size=9),
        st.none() | st.dictionaries(st.sampled_from(["message", "Message"]), _ANY),
    )
    one = st.builds(
        lambda name, request, answer, error, status, account: Exchange(
            service, name, request, None if error else answer, error, status, phase="test", account=account, region="r"
        ),
        st.sampled_from(operations + tags),
        instance,
        instance,
        st.none() | error,
        st.sampled_from([None, 200, 400, 500]),
        st.sampled_from(["1", "2"]),
    )
    return st.lists(one, max_size=6)


@pytest.mark.parametrize("service", ["personalize", "forecast"])
def test_checks_judge_anything(service: str) -> None:
    contract = validate.load(service)

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[Phase.generate],
    )
    @given(_exchanges(service))
    def judged(exchanges: list[Exchange]) -> None:
        for finding in checks.run(contract, exchanges):
            json.dumps(finding.to_json())
            assert finding.check in checks.table()
            assert finding.message

    judged()


def test_a_long_history_is_judged_in_linear_time() -> None:
    contract = validate.load("personalize")
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g{}"

    def history(count: int) -> list[Exchange]:
        made = [
            Exchange(
                "personalize",
                "CreateDatasetGroup",
                {"name": f"g{n}"},
                {"datasetGroupArn": arn.format(n)},
                status=200,
                phase="test",
            )
            for n in range(count)
        ]
        looks = [
            Exchange(
                "personalize",
                "DescribeDatasetGroup",
                {"datasetGroupArn": arn.format(n)},
                {"datasetGroup": {"name": f"g{n}", "datasetGroupArn": arn.format(n), "status": "ACTIVE"}},
                status=200,
                phase="test",
            )
            for n in range(count)
        ]
        return made + looks

    def seconds(count: int) -> float:
        exchanges = history(count)
        started = time.process_time()
        assert not list(checks.run(contract, exchanges))
        return time.process_time() - started

    seconds(100)
    # Eight times as much may take at most sixteen times as long: far from the sixty-four of a square.
    assert seconds(4000) < 16 * max(seconds(500), 0.02)
