"""The errors a caller may catch: one line each, and whole after a trip to another process."""

from __future__ import annotations

import pickle

import pytest

from validator import errors

ERRORS = [
    errors.UnusableInputError("not  JSON:\nline 3", where="a.json", fix="pass one object"),
    errors.UnusableInputError("too large"),
    errors.MalformedContractError("no metadata", where="x"),
    errors.PatternError("a(" * 60, 3, "no closing bracket"),
    errors.UnknownNameError("service", "personalise", ["personalize", "forecast"], where="here"),
    errors.EnvironmentFailedError("no connection"),
    errors.MissingExtraError("YAML", "recordings"),
    errors.ContractViolationError("personalize", "ListSchemas", "request", ()),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_one_line_and_survives_a_trip(error: errors.AwsContractError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__
    assert "\n" not in str(error)


def test_the_nearest_name_is_named() -> None:
    assert str(ERRORS[4]) == "here: no service named 'personalise'; did you mean personalize?"
    assert str(errors.UnknownNameError("service", "zzz", ["personalize"])) == "no service named 'zzz'"
