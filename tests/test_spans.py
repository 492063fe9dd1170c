"""Sets of lengths, held against plain sets of numbers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator import spans
from validator.spans import ENDLESS, MOST, ZERO, Spans

HIGHEST = 14
quick = settings(deadline=None)
RAW = st.lists(st.tuples(st.integers(0, HIGHEST), st.integers(0, 5)).map(lambda pair: (pair[0], sum(pair))), max_size=4)
SETS = RAW.map(spans.normal)


def numbers(found: Spans) -> set[int]:
    return {number for low, high in found for number in range(low, high + 1)}


def is_normal(found: Spans) -> bool:
    inside = all(low <= high for low, high in found)
    return inside and all(before[1] + 1 < after[0] for before, after in itertools.pairwise(found))


@quick
@given(RAW)
def test_normal_keeps_the_numbers(raw: list[tuple[int, int]]) -> None:
    found = spans.normal(raw)
    assert is_normal(found)
    assert numbers(found) == numbers(tuple(raw))
    assert spans.normal(reversed(raw)) == spans.normal(found) == found


@quick
@given(SETS, st.integers(-1, 25))
def test_contains(found: Spans, length: int) -> None:
    assert spans.contains(found, length) == (length in numbers(found))


@quick
@given(SETS, SETS)
def test_add_gives_every_sum(left: Spans, right: Spans) -> None:
    found = spans.add(left, right)
    assert is_normal(found)
    assert numbers(found) == {one + other for one in numbers(left) for other in numbers(right)}


@quick
@given(SETS, SETS)
def test_intersect(left: Spans, right: Spans) -> None:
    found = spans.intersect(left, right)
    assert is_normal(found)
    assert numbers(found) == numbers(left) & numbers(right)


@quick
@given(SETS, st.integers(0, 20), st.integers(0, 20))
def test_clip(found: Spans, low: int, high: int) -> None:
    assert numbers(spans.clip(found, low, high)) == numbers(found) & set(range(low, high + 1))


@quick
@given(st.integers(0, 25), SETS)
def test_difference_to_gives_what_is_lacking(total: int, found: Spans) -> None:
    assert numbers(spans.difference_to(total, found)) == {total - each for each in numbers(found) if each <= total}


@quick
@given(SETS, st.integers(0, 4), st.integers(0, 4))
def test_times_gives_every_sum_of_so_many(found: Spans, least: int, more: int) -> None:
    sums, expected = {0}, set()
    for count in range(least + more + 1):
        if count >= least:
            expected |= sums
        sums = {one + other for one in sums for other in numbers(found)}
    power = spans.times(found, least, least + more)
    assert is_normal(power)
    assert numbers(power) == expected


@quick
@given(SETS.filter(bool), st.integers(0, 3))
def test_times_without_end_is_right_as_far_as_one_looks(found: Spans, least: int) -> None:
    bound = 40
    reached = {0}
    for _ in range(least):
        reached = {one + other for one in reached for other in numbers(found) if one + other <= bound}
    while True:
        wider = reached | {one + other for one in reached for other in numbers(found) if one + other <= bound}
        if wider == reached:
            break
        reached = wider
    power = spans.times(found, least, ENDLESS)
    assert {number for number in range(bound + 1) if spans.contains(power, number)} == reached


def test_times_of_nothing() -> None:
    assert spans.times((), 0, 5) == ZERO
    assert spans.times((), 1, 5) == ()


@pytest.mark.parametrize("length", [1000, 10**6])
def test_what_lies_beyond_the_end_is_brought_down_to_it(length: int) -> None:
    assert spans.normal([(length, ENDLESS * 4), (ENDLESS + 1, ENDLESS * 2)]) == ((length, ENDLESS),)
    assert spans.times(((length, length * 2),), 1, ENDLESS)[-1][1] == ENDLESS


def test_a_set_with_too_many_gaps_is_cut_off_and_claims_nothing_beyond() -> None:
    found = spans.normal((3 * number, 3 * number) for number in range(MOST * 3))
    assert len(found) == MOST
    assert numbers(found) == {3 * number for number in range(MOST)}
    even = spans.times(((2, 2),), 0, ENDLESS)
    assert len(even) == MOST
    assert numbers(even) == {2 * number for number in range(MOST)}
