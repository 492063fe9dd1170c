"""Texts written from a pattern's tree: as long as wanted, taken by the pattern; and those that just miss it."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from validator import patterns, sources, spans
from validator.choosers import SIMPLEST, Seeded, plainest
from validator.spans import ENDLESS
from validator.texts import Texts, measure, write

quick = settings(
    max_examples=150, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


# Spans against plain sets --------------------------------------------------------------------------------------------

MOST = 24
SETS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=3).map(
    lambda pairs: spans.normal((low, low + more) for low, more in pairs)
)


def members(found: spans.Spans) -> set[int]:
    return {number for number in range(MOST + 1) if spans.contains(found, number)}


@quick
@given(SETS, SETS)
def test_sums_are_those_of_sets(left: spans.Spans, right: spans.Spans) -> None:
    sums = {a + b for a in members(left) for b in members(right)}
    assert members(spans.add(left, right)) == {number for number in sums if number <= MOST}
    assert members(spans.intersect(left, right)) == members(left) & members(right)


@quick
@given(SETS, st.integers(0, 4), st.one_of(st.none(), st.integers(0, 5)))
def test_repetitions_are_those_of_sets(once: spans.Spans, least: int, more: int | None) -> None:
    reached, power = set(), {0}
    for count in range(MOST + least + 2 if more is None else least + more + 1):
        if count >= least:
            reached |= power
        power = {a + b for a in power for b in members(once) if a + b <= MOST}
    found = spans.times(once, least, ENDLESS if more is None else least + more)
    assert members(found) == {number for number in reached if number <= MOST}


@quick
@given(st.integers(0, 12), SETS)
def test_what_is_left_makes_up_the_total(total: int, taken: spans.Spans) -> None:
    assert members(spans.difference_to(total, taken)) == {total - each for each in members(taken) if each <= total}


# Texts against `re` --------------------------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.sampled_from(["a", "b", "[a-c]", "[^x]", r"\d", "x", r"\.", r"[\w-]"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda options: f"(?:{'|'.join(options)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@quick
@given(PLAIN, st.integers(0, 9), st.integers(0, 50))
def test_a_text_of_any_reachable_length_matches(pattern: str, length: int, seed: int) -> None:
    piece = measure(patterns.parse(pattern))
    for chooser in (SIMPLEST, Seeded(seed)):
        if spans.contains(piece.lengths, length):
            text = write(piece, length, chooser, {})
            assert len(text) == length
            assert re.fullmatch(pattern, text, re.ASCII)


@quick
@given(PLAIN, st.text("abcx0.-", max_size=6))
def test_the_length_of_a_match_is_reachable(pattern: str, text: str) -> None:
    if re.fullmatch(pattern, text, re.ASCII):
        assert spans.contains(measure(patterns.parse(pattern)).lengths, len(text))


@quick
@given(PLAIN)
def test_near_misses_miss(pattern: str) -> None:
    found = Texts((pattern,), 0, 6)
    for text in found.near_misses():
        assert len(text) <= 6
        assert not re.fullmatch(pattern, text, re.ASCII)


@pytest.mark.parametrize(
    ("pattern", "low", "high", "shortest"),
    [
        ("", 0, 5, ""),
        ("[a-z]{3}-[0-9]+", 0, 9, "aaa-0"),
        ("(?!aws:)[a-z:]{4}", 0, 9, "aaaa"),
        ("(?=.{4,6}$)[a-z]+", 0, 99, "aaaa"),
        ("(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]+", 4, 8, None),
        (r"([a-z])\1", 0, 9, "aa"),
        (r"arn:(?=[^:]+:fsx:)([^:]+:){2}x", 0, 40, None),
        ("^CSV|PARQUET$", 0, 9, "CSV"),
        (r"[\uD800-\uDBFF][\uDC00-\uDFFF]|x", 0, 2, "x"),
        ("[\u4e00-\u4e10]", 0, 9, "\u4e00"),
    ],
)
def test_hard_patterns(pattern: str, low: int, high: int, shortest: str | None) -> None:
    found = Texts((pattern,), low, high).shortest
    assert found is not None
    assert low <= len(found) <= high
    assert patterns.compile(pattern).fullmatch(found)
    assert shortest is None or found == shortest


@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        ("(?:ab|cdef){2}", {4, 6, 8}),
        ("(?:|ab){3}", {0, 2, 4, 6}),
        ("(?:(?!a)|ab){2,3}", {0, 2, 4, 6}),
        ("(?:aa|bbbbb)*", {*range(2, 61, 2), *range(5, 61), 0} - {1, 3}),
        ("(?:aa|bbbbb)+x", {3, 5, *range(6, 61)} - {4}),
        ("(?:a|b{9}){4,}", {4, 5, 6, 7, 8, *range(9, 61)}),
    ],
)
def test_repetitions_of_several_lengths_are_written(pattern: str, lengths: set[int]) -> None:
    source = Texts((pattern,), 0, 2000)
    found = {length: source.of_length(length) for length in range(61)}
    assert {length for length, text in found.items() if text is not None} == lengths
    for length, text in found.items():
        assert text is None or (len(text) == length and re.fullmatch(pattern, text))


def test_where_too_many_repetitions_are_needed_nothing_wrong_is_written() -> None:
    # Eighty of one kind and one of the other are more than is tried.
    assert Texts(("(?:aa|b{101})*",), 0, 2000).of_length(261) is None


def test_the_longest_text_is_looked_for_near_the_bound() -> None:
    assert Texts((r"([a-z])\1",), 0, 9).longest(9) == "aa"
    assert Texts(("[a-z]{3}",), 0, 9).longest(9) == "aaa"
    assert Texts(("(?!a)a",), 0, 9).longest(9) is None


def test_a_pattern_that_cannot_be_decided_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Texts(("[a-z]+",), 0, 9)
    assert not source.matches("1")

    class Endless:
        def fullmatch(self, text: str) -> bool:
            raise patterns.Undecided("too long")

    monkeypatch.setattr(source, "_matchers", [Endless()])
    assert source.matches("1")
    assert source.near_misses() == []


def test_a_pattern_that_cannot_be_read_has_no_texts_and_refuses_nothing() -> None:
    source = Texts(("[z-a]", "[a-z]+"), 0, 9)
    assert source.matches("abc")
    assert not source.matches("1")
    assert source.shortest is None
    assert list(source.iter_distinct()) == []


def test_several_patterns_and_bounds_hold_together() -> None:
    found = Texts(("[a-z0-9]+", ".*[0-9]"), 3, 4)
    assert found.accepts(found.shortest or "")
    for text in found.near_misses():
        assert 3 <= len(text) <= 4
        assert not (re.fullmatch("[a-z0-9]+", text) and re.fullmatch(".*[0-9]", text))


def test_what_no_text_satisfies_has_none() -> None:
    assert Texts(("[a-z]{5}",), 0, 4).shortest is None
    assert Texts(("[a&&b]",), 0, 4).shortest is None
    assert Texts(("(?!a)a",), 0, 4).shortest is None
    assert Texts(("(?=[a&&b]$)a",), 0, 4).shortest is None
    assert list(Texts(("[a-z]{5}",), 0, 4).iter_distinct()) == []
    assert list(Texts(("a|b",), 0, 4).iter_distinct()) == ["a", "b"]
    assert Texts((r"[\s\S]*",), 0, 4).near_misses() == []


def test_the_plainest_character_is_one_a_person_would_take() -> None:
    assert [
        plainest(ranges)
        for ranges in (((0x30, 0x7A),), ((0x30, 0x39),), ((0x41, 0x5A),), ((0x2D, 0x2D),), ((0, 0x10FFFF),))
    ] == ["a", "0", "A", "-", "a"]


@functools.cache
def published() -> dict[str, tuple[int, int]]:
    """Every pattern of the installed models, with the least and greatest length of one shape that has it."""
    found: dict[str, tuple[int, int]] = {}

    def gather(shapes: dict[str, Any]) -> None:
        for shape in shapes.values():
            if shape.get("pattern") and shape["type"] == "string" and not shape.get("enum"):
                found.setdefault(shape["pattern"], (int(shape.get("min", 0)), int(shape.get("max", ENDLESS))))

    for service in sources.installed().services:
        gather(sources.installed().load(service).model["shapes"])  # type: ignore[arg-type]
    return found


# Patterns as published that no text satisfies, and why: they are mistakes of their models.
UNSATISFIABLE = {
    "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}": "36 long, not 32",
    r"/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[a-zA-Z\d\S]{8,64}$/": "a slash before the beginning",
    r".*/^[\d]{12}$/.*": "a slash before the beginning",
    r"^arn:aws([a-z-]+)?:ec2:[a-z\d-]+:\d{12}:placement-group/^.{1,255}$": "a beginning in the middle",
    r"^\\d{12}$": "a backslash and twelve d's: 13 characters, bounds say 12",
    r"\P{C}*$}": "a brace after the end",
}


@pytest.mark.slow
def test_every_published_pattern_has_texts_that_it_takes() -> None:
    assert len(published()) > 4000
    without = set()
    for pattern, (low, high) in published().items():
        found = Texts((pattern,), low, high)
        if found.shortest is None:
            without.add(pattern)
            continue
        matcher = patterns.compile(pattern)
        assert low <= len(found.shortest) <= high
        assert matcher.fullmatch(found.shortest)
        for text in found.near_misses():
            assert low <= len(text) <= high
            assert not matcher.fullmatch(text)
    assert without == set(UNSATISFIABLE)
