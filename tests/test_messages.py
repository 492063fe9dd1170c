"""The grammar of AWS validation messages, held to sentences that services are reported to answer."""

from __future__ import annotations

import dataclasses
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from validator.messages import (
    ServiceViolation,
    complaints,
    parse,
    render,
    same_complaint,
)
from validator.messages.complaint import FAMILIES
from validator.messages.java import spell
from validator.messages.paths import MISSING, join, pointer_of, segments
from validator.results import Violation

CASES = Path(__file__).parent / "messages"
REAL = yaml.safe_load((CASES / "real.yaml").read_text(encoding="utf-8"))
WHOLE = [case for case in REAL if case.get("complete", True)]


def name_of(case: dict[str, Any]) -> str:
    return f"{case['service']}-{re.sub('[^A-Za-z0-9]+', '-', case['text'])[-48:]}"


def violation(keyword: str, path: str, limit: Any = None, value: Any = None) -> Violation:
    return Violation(keyword, path, "", limit, value)


def expected(said: Any) -> ServiceViolation:
    """One entry of `says` as the complaint it describes."""
    if isinstance(said, dict):
        among = tuple((keyword, tuple(limit) if isinstance(limit, list) else limit) for keyword, limit in said["among"])
        keyword, limit = among[0] if len(among) == 1 else (None, None)
        return ServiceViolation(keyword, said["path"], text_of(said.get("value")), limit, said["part"], among)
    keyword, path, limit, value = [*said, None, None][:4]
    return ServiceViolation(keyword, path, text_of(value), tuple(limit) if isinstance(limit, list) else limit)


def text_of(value: Any) -> str | None:
    return None if value is None else spell(value)


def sorted_sets(text: str) -> str:
    return re.sub(r"(?<=enum value set: \[)[^\]]*", lambda found: ", ".join(sorted(found[0].split(", "))), text)


def unordered(limit: Any) -> Any:
    return frozenset(limit) if isinstance(limit, tuple) and all(isinstance(each, str) for each in limit) else limit


# Real sentences


def test_the_case_file_is_wide_enough() -> None:
    assert {case.get("basis", "reported") for case in REAL} <= {"reported", "suite", "edited", "emulator", "framework"}
    seen = [case for case in REAL if case.get("basis", "reported") in ("reported", "suite")]
    assert len(seen) >= 60
    assert len({case["service"] for case in seen}) >= 15
    assert all(case["source"].startswith("https://") for case in REAL)
    assert len({(case["source"], case["text"]) for case in REAL}) == len(REAL)
    assert len(WHOLE) >= 60


@pytest.mark.parametrize("case", REAL, ids=name_of)
def test_a_real_sentence_says_what_a_person_reads_in_it(case: dict[str, Any]) -> None:
    found, wanted = parse(case["text"]), [expected(said) for said in case["says"]]
    assert [(one.path, one.value, one.part) for one in found] == [(one.path, one.value, one.part) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert other.keyword in (None, one.keyword)
        assert unordered(one.limit) == unordered(other.limit)
        assert [(keyword, unordered(limit)) for keyword, limit in one.among] == [
            (keyword, unordered(limit)) for keyword, limit in other.among
        ]


def rendered(case: dict[str, Any]) -> tuple[list[Violation], dict[str, Any]]:
    """The violations and the arguments of `render` that must give the text of a case again."""
    extra = case.get("render", {})
    given_violations = extra.get("violations") or case["says"]
    shown = case.get("form") != "smithy" and (" at '" in case["text"]) and not case["text"].count(": Value at '")
    arguments = {"form": case.get("form", "classic"), "values": shown, **extra.get("options", {})}
    if "instance" in extra:
        arguments["instance"] = extra["instance"]
    if "schema" in extra:
        arguments["schema"] = extra["schema"]
    return [violation(*said) for said in given_violations], arguments


@pytest.mark.parametrize("case", WHOLE, ids=name_of)
def test_a_whole_sentence_is_written_again_byte_for_byte(case: dict[str, Any]) -> None:
    violations, arguments = rendered(case)
    if case.get("form") != "smithy" and not arguments["values"]:
        # A sentence that shows nothing gives no value to start from; "null" is said of missing members only.
        violations = [one if one.keyword == "required" else dataclasses.replace(one, value="x") for one in violations]
    assert sorted_sets(render(violations, **arguments)) == sorted_sets(case["text"])


@pytest.mark.parametrize("case", WHOLE, ids=name_of)
def test_what_a_service_said_is_what_we_would_say(case: dict[str, Any]) -> None:
    violations, arguments = rendered(case)
    ours = complaints(violations, instance=arguments.get("instance", MISSING), schema=arguments.get("schema"))
    assert same_complaint(case["text"], ours)
    assert same_complaint(ours, case["text"])
    assert same_complaint(case["text"], case["text"])
    assert not same_complaint(case["text"], [])


def test_different_sentences_are_different_complaints() -> None:
    said = [case["text"] for case in REAL if len(case["says"]) == 1]
    same = {
        (one, other)
        for one in said
        for other in said
        if one < other and same_complaint(one, other) and not _alike(one, other)
    }
    assert same == set()


def _alike(one: str, other: str) -> bool:
    """By the texts alone: whether path and demand agree, which is all a comparison looks at."""

    def core(text: str) -> str:
        tail = sorted_sets(text).split(" at '", 1)[1]
        return re.split(r" \(Service|\n|\. ", tail)[0].replace("/", "")

    short = core(one), core(other)
    return short[0] == short[1] or any("enum value set" in each and "[" not in each for each in short)


# The grammar

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True).filter(lambda name: name != "member")
PATHS = st.tuples(NAMES, st.lists(NAMES | st.integers(0, 40).map(str), max_size=4)).map(lambda two: [two[0], *two[1]])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NASTY = st.sampled_from(["'", "; ", "; Value", "' at '", "Value 'x' at 'y'", "[a, b]", "{a=b}", "null", "a' at 'b"])
SIZES = st.integers(0, 10**6)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
PATTERNS = st.sampled_from([r"[a-z]+", r"^\S+$", r"arn:.*", r"(a|b); c", r"[\w.-]{1,3}"])
ENUM = st.lists(st.from_regex(r"[A-Za-z0-9_.]{1,8}", fullmatch=True), min_size=1, max_size=4, unique=True)


@st.composite
def violations(draw: st.DrawFn) -> Violation:
    path = join(draw(PATHS))
    text = draw(TEXTS | NASTY)
    return draw(
        st.one_of(
            st.builds(violation, st.just("required"), st.just(path)),
            st.builds(violation, st.just("enum"), st.just(path), ENUM, st.just(text)),
            st.builds(violation, st.just("pattern"), st.just(path), PATTERNS, st.just(text)),
            st.builds(violation, st.sampled_from(["minLength", "maxLength"]), st.just(path), SIZES, st.just(text)),
            st.builds(
                violation,
                st.sampled_from(["minItems", "maxItems"]),
                st.just(path),
                SIZES,
                st.lists(SIZES, max_size=3),
            ),
            st.builds(
                violation,
                st.sampled_from(["minProperties", "maxProperties"]),
                st.just(path),
                SIZES,
                st.dictionaries(NAMES, SIZES, max_size=3),
            ),
            st.builds(violation, st.sampled_from(["minimum", "maximum"]), st.just(path), NUMBERS, NUMBERS),
            st.builds(violation, st.just("uniqueItems"), st.just(path), st.just(True), st.lists(SIZES, max_size=3)),
        )
    )


def limit_of(one: Violation) -> Any:
    return frozenset(one.limit) if one.keyword == "enum" else one.limit


@given(st.lists(violations(), min_size=1, max_size=6), st.sampled_from(["classic", "smithy"]))
def test_what_is_written_reads_back(some: list[Violation], form: Any) -> None:
    text = render(some, form=form, path_style="verbatim")
    distinct = list({render([one], form=form, path_style="verbatim"): one for one in some}.values())
    found = parse(text)
    assert [FAMILIES[one.keyword] for one in found] == [FAMILIES[one.keyword] for one in distinct]
    assert [one.path for one in found] == [one.instance_path for one in distinct]
    assert [unordered(one.limit) for one in found] == [limit_of(one) for one in distinct]
    assert same_complaint(text, some)
    if form == "classic":
        assert [one.value for one in found] == [None if one.value is None else spell(one.value) for one in distinct]


@given(st.lists(violations(), min_size=1, max_size=4), st.randoms())
def test_both_forms_and_any_order_say_the_same(some: list[Violation], random: Any) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert same_complaint(render(some), render(shuffled, form="smithy"))
    assert same_complaint(render(shuffled), some)


@given(st.lists(violations(), min_size=1, max_size=4), st.data())
def test_a_missing_complaint_is_seen(some: list[Violation], data: Any) -> None:
    left_out = data.draw(st.sampled_from(some))
    others = [one for one in some if not same_complaint([one], [left_out])]
    assert not same_complaint(render(some), others)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "1 validation error detected: ",
                "2 validation errors detected. ",
                "Value",
                " 'x'",
                " null",
                " at '",
                "a.1.member",
                "/a/0",
                "' failed to satisfy constraint: ",
                "Member must not be null",
                "; ",
                "; Value",
                ", Member must ",
                "\n",
                "]",
                "Map keys must satisfy constraint: [",
                "Member must have length less than or equal to ",
                "9" * 50,
                " (Service: ",
                "Member must satisfy enum value set: [",
                "member",
                ".member.member",
            ]
        )
    ).map("".join)
)
@example("Value at '' failed to satisfy constraint: Member must not be null")
@example("Value at 'member.member' failed to satisfy constraint: Member must not be null")
def test_any_text_is_read_without_an_error(text: str) -> None:
    for one in parse(text):
        assert isinstance(one, ServiceViolation)
        segments(one.path)
    assert same_complaint(text, text)


@pytest.mark.parametrize(
    "unit",
    [
        "1 validation error detected: ",
        "Value 'a' at 'b' failed to satisfy constraint: Member must not be null; ",
        "' failed to satisfy constraint: ",
        "; Value",
        " at '",
        "' at 'x' failed to satisfy constraint: Member",
        "[",
        "9",
        "Map keys must satisfy constraint: [",
        ", Member must ",
        ".member",
        "Member must satisfy enum value set: [a, ",
        "'",
    ],
)
def test_hostile_text_is_read_quickly(unit: str) -> None:
    lead = "Value 'x' at 'y' failed to satisfy constraint: Member must satisfy constraint: ["
    started = time.perf_counter()
    for text in (unit * (1_000_000 // len(unit)), lead + unit * (1_000_000 // len(unit))):
        assert len(parse(text)) <= 1_000
    # A tracer, such as that of coverage, is paid for every line.
    assert time.perf_counter() - started < (2.0 if sys.gettrace() is None else 10.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The token is not valid.",
        "Parameter validation failed",
        "ValidationException",
        "Value",
        "Value null at 'x'",
        "1 validation error detected",
        "1 validation error detected: ",
        "Values at 'x' failed to satisfy constraint: no",
        "1 validation error detected: Value 'a' at 'b' failed to satisfy constraint: Member must be beautiful",
        "One or more parameter values were invalid: Missing the key id in the item",
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression 'a''",
    ],
)
def test_text_of_no_grammar_is_no_complaint(text: str) -> None:
    assert parse(text) == []


def test_parse_takes_anything() -> None:
    assert parse(None) == []  # type: ignore[arg-type]


def test_one_index_is_not_another() -> None:
    said = render([violation("required", "/tags/0/value")])
    assert same_complaint(said, [violation("required", "/Tags/0", "Value")])
    assert not same_complaint(said, [violation("required", "/Tags/1", "Value")])
    assert not same_complaint(said, [violation("required", "/Tags/0", "Key")])
    assert not same_complaint(render([violation("maximum", "/n", 100, 101)]), [violation("maximum", "/n", 50, 101)])
    assert not same_complaint(render([violation("maximum", "/n", 100, 101)]), [violation("maxLength", "/n", 100, 101)])


@given(st.lists(NAMES | st.sampled_from(["a/b", "~", "~1", "0", "10"]), max_size=4))
def test_pointers_round_trip(parts: list[str]) -> None:
    assert segments(join(parts)) == parts
    assert pointer_of(join(parts)) == join(parts)
