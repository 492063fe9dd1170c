"""The run on a line of time: a lane per operation, a mark per call, coloured by how it was answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator.report.elements import Element, Node, counted, h, plain, quoted, region, section, table
from validator.results import Report

_LANES = 24
_LEFT, _WIDTH, _LANE, _TOP, _BOTTOM = 230, 960, 20, 26, 26
_STEP = 3
_LINKS = 200
_KINDS = ("2xx", "4xx", "5xx", "none")
_OTHERS = "all other operations"


@dataclass(frozen=True, slots=True)
class _Point:
    t: float
    lane: str
    kind: str
    phase: str
    finding: str | None


def timeline(report: Report, anchors: Mapping[str, str]) -> Element | None:
    """The section, or None when no call was timed."""
    points = _points(report.details.get("timeline"))
    if not points:
        return None
    busiest = Counter(point.lane for point in points)
    lanes = [name for name, _ in busiest.most_common(_LANES)]
    if len(busiest) > len(lanes):
        lanes[-1:] = [_OTHERS]
        points = [p if p.lane in lanes else _Point(p.t, _OTHERS, p.kind, p.phase, p.finding) for p in points]
    lanes.sort(key=lambda name: (name == _OTHERS, min(point.t for point in points if point.lane == name)))
    return section(
        "timeline",
        "Timeline",
        h("ul", *(h("li", _key(kind), f" {words}") for kind, words in _words().items()), class_="legend"),
        region("Timeline of the run", _drawing(points, lanes, anchors)),
        h("details", h("summary", "The timeline in numbers"), _numbers(points, lanes)),
    )


def _words() -> Mapping[str, str]:
    return {"2xx": "accepted", "4xx": "refused", "5xx": "server error", "none": "no answer", "found": "a finding"}


def _points(raw: Any) -> list[_Point]:
    points: list[_Point] = []
    for entry in raw if isinstance(raw, (list, tuple)) else ():
        t = entry.get("t")
        if not isinstance(t, (int, float)) or not math.isfinite(t):
            continue
        finding = str(entry["finding"]) if entry.get("finding") else None
        name, phase = str(entry.get("operation") or "?"), str(entry.get("phase") or "")
        points.append(_Point(float(t), name, _kind(entry.get("status")), phase, finding))
    return sorted(points, key=lambda point: point.t)


def _kind(status: Any) -> str:
    if not isinstance(status, (int, float)):
        return "none"
    return "2xx" if status < 400 else "4xx" if status < 500 else "5xx"


def _key(kind: str) -> Element:
    shape = _diamond(6, 6) if kind == "found" else h("rect", x=4, y=1, width=4, height=10, class_=f"k{kind}")
    return h("svg", shape, viewBox="0 0 12 12", width=12, height=12, aria_hidden="true")


def _diamond(x: float, y: float) -> Element:
    return h("path", d=f"M{x} {y - 6}l6 6l-6 6l-6-6z", class_="kfound")


def _drawing(points: Sequence[_Point], lanes: Sequence[str], anchors: Mapping[str, str]) -> Element:
    start, end = points[0].t, points[-1].t
    scale = (_WIDTH - _LEFT - 12) / ((end - start) or 1.0)
    height = _TOP + _LANE * len(lanes) + _BOTTOM
    told = f"{counted(len(points), 'call')} in {end - start:.3g} seconds, on {counted(len(lanes), 'lane')}"
    # A group of graphics, not one image: the marks of findings in it are links.
    svg = h(
        "svg", h("title", "Timeline of the run"), h("desc", told), role="group", aria_label=f"Timeline: {told}",
        viewBox=f"0 0 {_WIDTH} {height}", width=_WIDTH, height=height, class_="timeline",
    )  # fmt: skip
    svg.extend(_phases(points, start, scale, height))
    rows = {name: _TOP + _LANE * number for number, name in enumerate(lanes)}
    services = {name.partition(".")[0] for name in lanes if name != _OTHERS}
    for name, y in rows.items():
        short = name.partition(".")[2] or name if len(services) == 1 else name
        svg.append(h("path", d=f"M{_LEFT} {y + _LANE / 2}H{_WIDTH}", class_="rail"))
        short = short if len(short) <= 32 else short[:31] + "…"
        svg.append(h("text", plain(short), x=_LEFT - 8, y=y + 14, class_="lane"))
    marks: dict[str, set[tuple[int, int]]] = {}
    found: dict[tuple[int, int], str] = {}
    for point in points:
        # Calls that would cover one another are one mark: the drawing stays as small as it is wide.
        x = _LEFT + round((point.t - start) * scale / _STEP) * _STEP
        marks.setdefault(point.kind, set()).add((x, rows[point.lane]))
        if point.finding:
            found.setdefault((x, rows[point.lane]), point.finding)
    for kind in _KINDS:
        drawn = "".join(f"M{x} {y + 4}h{_STEP - 1}v{_LANE - 8}h-{_STEP - 1}z" for x, y in sorted(marks.get(kind, ())))
        if drawn:
            svg.append(h("path", d=drawn, class_=f"k{kind}"))
    for (x, y), finding in sorted(found.items())[:_LINKS]:
        diamond = _diamond(x + 1, y + _LANE / 2)
        if finding in anchors:
            diamond = h("a", diamond, href=f"#{anchors[finding]}", aria_label=f"finding {finding}")
        svg.append(diamond)
    for share in (0, 0.25, 0.5, 0.75, 1):
        words = f"{(end - start) * share:.3g} s"
        place = _LEFT + share * (_WIDTH - _LEFT - 12)
        anchor = "end" if share == 1 else "middle" if share else "start"
        svg.append(h("text", words, x=place, y=height - 8, class_="tick", text_anchor=anchor))
    return svg


def _phases(points: Sequence[_Point], start: float, scale: float, height: int) -> list[Element]:
    """A band behind the stretch of each phase, with its name."""
    spans: list[tuple[str, float, float]] = []
    for point in points:
        if spans and spans[-1][0] == point.phase:
            spans[-1] = (point.phase, spans[-1][1], point.t)
        else:
            spans.append((point.phase, point.t, point.t))
    if len(spans) > 24 or not any(name for name, _, _ in spans):
        return []
    bands: list[Element] = []
    edge = -math.inf
    for number, (name, first, _) in enumerate(spans):
        last = spans[number + 1][1] if number + 1 < len(spans) else points[-1].t
        x, width = _LEFT + (first - start) * scale, max((last - first) * scale, 1)
        shade = "band" if number % 2 else "band odd"
        bands.append(h("rect", x=x, y=0, width=width, height=height - _BOTTOM, class_=shade))
        if x >= edge:
            bands.append(h("text", plain(name, 24), x=x + 4, y=15, class_="phase"))
            edge = x + 7.5 * min(len(name), 24) + 10
    return bands


def _numbers(points: Sequence[_Point], lanes: Sequence[str]) -> Element:
    rows: list[list[Node]] = []
    for lane in lanes:
        there = [point for point in points if point.lane == lane]
        kinds = Counter(point.kind for point in there)
        row: list[Node] = [quoted(lane, 120), f"{len(there):,}", *(f"{kinds[kind]:,}" for kind in _KINDS)]
        rows.append([*row, f"{sum(bool(point.finding) for point in there):,}"])
    heads = ["operation", "calls", "accepted", "refused", "server error", "no answer", "findings"]
    return table("Calls by operation and answer", heads, rows, class_="numbers")
