# ruff: noqa: D103
"""Does `failed_imports` survive whatever Personalize may answer? Run: pytest docs/examples"""

import boto3
import pytest
from failed_imports import failed_imports, failed_imports_first_try, failed_imports_second_try
from hypothesis import given, settings
from hypothesis import strategies as st

from validator import strategies

CLIENT = boto3.client("personalize", region_name="eu-west-1")
DATASET = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/INTERACTIONS"
STATUS = st.sampled_from(["ACTIVE", "CREATE PENDING", "CREATE FAILED"])


def survives(consumer):
    @settings(derandomize=True, database=None, deadline=None, report_multiple_bugs=False)
    @given(st.data())
    def check(data):
        with strategies.stub(CLIENT, data, given={"status": STATUS}) as calls:
            found = consumer(CLIENT, DATASET)
        sent = [job for call in calls for job in call.response.get("datasetImportJobs", [])]
        assert len(found) == sum(job.get("status") == "CREATE FAILED" for job in sent)
        assert "nextToken" not in calls[-1].response, "stopped before the last page"

    check()


def test_the_first_try_falls_over_members_that_are_absent():
    with pytest.raises(KeyError):
        survives(failed_imports_first_try)


def test_the_second_try_stops_at_an_empty_page():
    with pytest.raises(AssertionError, match="stopped before the last page"):
        survives(failed_imports_second_try)


def test_the_last_one_survives():
    survives(failed_imports)
