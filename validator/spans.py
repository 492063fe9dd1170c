"""Sets of lengths as sorted, disjoint, inclusive spans: which lengths a pattern can take, exactly where it matters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

Spans = tuple[tuple[int, int], ...]

# Stands for "without end"; sums of it stay above every length that is ever asked for.
ENDLESS = 1 << 40
ZERO: Spans = ((0, 0),)
# A set with more gaps than this is cut off: the lengths beyond are not known to be reachable.
MOST = 512


def normal(spans: Iterable[tuple[int, int]]) -> Spans:
    """Any spans, in any order, sorted and merged; the ends brought down to ENDLESS."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        high = min(high, ENDLESS)
        if low > ENDLESS:
            continue
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged[:MOST])


def contains(spans: Spans, length: int) -> bool:
    """Whether the length is in the set."""
    return any(low <= length <= high for low, high in spans)


def add(left: Spans, right: Spans) -> Spans:
    """Every sum of a length of the one and a length of the other."""
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    return normal((a + c, b + d) for a, b in left for c, d in right)


def clip(spans: Spans, low: int, high: int) -> Spans:
    """The lengths from `low` to `high`."""
    return tuple((max(a, low), min(b, high)) for a, b in spans if b >= low and a <= high)


def difference_to(total: int, spans: Spans) -> Spans:
    """Every length that makes up `total` together with a length of the set."""
    return tuple((max(total - high, 0), total - low) for low, high in reversed(spans) if low <= total)


def intersect(left: Spans, right: Spans) -> Spans:
    """Lengths that are in both sets."""
    return normal((max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) <= min(b, d))


@lru_cache(maxsize=2048)
def times(spans: Spans, least: int, most: int) -> Spans:
    """Every sum of `least` to `most` lengths of the set; `most` may be ENDLESS."""
    if not spans:
        return ZERO if least == 0 else ()
    if len(spans) == 1:
        return _times_one(*spans[0], least, most)
    power = _exactly(spans, least)
    found, count = power, least
    while count < most and count - least < MOST // 2:
        power, count = add(power, spans), count + 1
        wider = normal((*found, *power))
        if wider == found:
            break
        found = wider
    return found


def _exactly(spans: Spans, count: int) -> Spans:
    total, doubled = ZERO, spans
    while count:
        if count & 1:
            total = add(total, doubled)
        doubled, count = add(doubled, doubled), count >> 1
    return total


def _times_one(low: int, high: int, least: int, most: int) -> Spans:
    if low == high:
        if low <= 1:
            return ((least * low, most * low),)
        return normal((count * low, count * low) for count in range(least, min(most, least + MOST) + 1))
    # From here on one count's span touches the next one's, and all further counts make one long span.
    touching = max(least, -(-max(low - 1, 0) // (high - low)))
    spans = [(count * low, count * high) for count in range(least, min(touching, most + 1, least + MOST))]
    if touching <= most:
        spans.append((touching * low, most * high))
    return normal(spans)
