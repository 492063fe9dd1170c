"""Sets of code points as sorted, disjoint, inclusive ranges; every operation gives such a tuple again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
EVERY: Ranges = ((0, LAST),)
SURROGATES: Ranges = ((0xD800, 0xDFFF),)


def normal(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Any ranges, in any order, brought into sorted and merged form."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)


def of(text: str) -> Ranges:
    """The set of the characters of `text`."""
    return normal((ord(char), ord(char)) for char in text)


def union(*sets: Ranges) -> Ranges:
    """Code points that are in any of the sets."""
    return normal(pair for ranges in sets for pair in ranges)


def complement(ranges: Ranges) -> Ranges:
    """Code points that are not in the set."""
    gaps: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            gaps.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        gaps.append((start, LAST))
    return tuple(gaps)


def intersect(left: Ranges, right: Ranges) -> Ranges:
    """Code points that are in both sets."""
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            found.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(left: Ranges, right: Ranges) -> Ranges:
    """Code points of the first set that are not in the second."""
    return intersect(left, complement(right))


def disjoint(left: Ranges, right: Ranges) -> bool:
    """Whether the sets have no code point in common."""
    return not intersect(left, right)


def contains(ranges: Ranges, code: int) -> bool:
    """Whether the code point is in the set."""
    place = bisect_right(ranges, (code, LAST)) - 1
    return place >= 0 and ranges[place][1] >= code


def subset(part: Ranges, ranges: Ranges) -> bool:
    """Whether every code point of the first set is in the second."""
    place = 0
    for low, high in part:
        while place < len(ranges) and ranges[place][1] < low:
            place += 1
        if place == len(ranges) or ranges[place][0] > low or ranges[place][1] < high:
            return False
    return True


def size(ranges: Ranges) -> int:
    """How many code points the set has."""
    return sum(high - low + 1 for low, high in ranges)
