"""The errors a caller may catch: one line each, and whole after a trip to another process."""

from __future__ import annotations

import difflib
import pickle
from typing import Any

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


def test_the_nearest_of_many_names_is_looked_for_among_those_that_begin_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [f"{family}{size}.{number}xlarge" for family in "abcdefgh" for size in range(9) for number in range(30)]
    assert errors.did_you_mean("c7.13xlarg", known) == "; did you mean c7.13xlarge?"
    assert errors.did_you_mean("C7.13XLARGE", known) == "; did you mean c7.13xlarge?"
    assert errors.did_you_mean("z0.3xlarge", known) == ""
    assert errors.did_you_mean("z0.3xlarge", known[:100]) == "; did you mean a0.3xlarge?"
    looked: list[int] = []
    usual = difflib.get_close_matches

    def counted(name: str, among: Any, **named: Any) -> list[str]:
        looked.append(len(among))
        return usual(name, among, **named)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    for _ in range(100):
        errors.did_you_mean("c8ib.12xlarge", known)
    assert looked == [30]
