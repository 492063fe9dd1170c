"""Lifecycles as drawn automata: the declared transitions, and those that were seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from validator.report.elements import Element, Node, counted, h, plain, quoted, region, section, table
from validator.results import Report

_MOST_LIVES, _MOST_STATES, _MOST_EDGES = 40, 40, 200
_HIGH, _ACROSS, _APART, _EDGE = 30, 78, 22, 26
_LABEL = 22
_WORDS = {
    "seen": "declared and seen",
    "unseen": "declared, not seen",
    "skips": "seen, passing over declared states between",
    "breach": "seen, not declared",
}


@dataclass(frozen=True, slots=True)
class _Edge:
    start: str
    end: str
    kind: str
    count: int = 0


@dataclass(slots=True)
class _Plan:
    """Where each state stands: its layer from the left, its place in the layer, its box."""

    layers: list[list[str]]
    boxes: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    width: float = 0
    height: float = 0


def automata(report: Report) -> Element | None:
    """The section, or None when no lifecycle was held against a run."""
    lives = report.details.get("lifecycles")
    if not isinstance(lives, Mapping) or not lives:
        return None
    figures = [_figure(number, name, life) for number, (name, life) in enumerate(list(lives.items())[:_MOST_LIVES])]
    keys = (h("li", _key(kind), f" {words}") for kind, words in _WORDS.items())
    left = len(lives) - len(figures)
    return section(
        "lifecycles",
        "Lifecycles",
        h("ul", *keys, class_="legend"),
        *figures,
        h("p", f"and {counted(left, 'more resource')}", class_="more") if left else None,
    )


def _key(kind: str) -> Element:
    line = h("path", d="M0 6H26", class_=f"edge {kind}")
    return h("svg", line, viewBox="0 0 26 12", width=26, height=12, aria_hidden="true")


def edges(life: Mapping[str, Any]) -> list[_Edge]:
    """Every transition of a lifecycle with what became of it; the breaches first.

    A state seen twice is no transition. One that passes over states is no breach when declared ones lead the same way:
    whoever only looks now and then misses what lies between.
    """
    declared = [(str(a), str(b)) for a, b, *_ in life.get("declared") or ()]
    seen: dict[tuple[str, str], int] = {}
    for a, b, *count in life.get("seen") or ():
        seen[str(a), str(b)] = seen.get((str(a), str(b)), 0) + (int(count[0]) if count else 1)
    after: dict[str, set[str]] = {}
    for a, b in declared:
        after.setdefault(a, set()).add(b)
    made = [_Edge(*each, "seen" if each in seen else "unseen", seen.get(each, 0)) for each in dict.fromkeys(declared)]
    for (a, b), count in seen.items():
        if a != b and (a, b) not in declared:
            made.append(_Edge(a, b, "skips" if b in _reachable(after, a) else "breach", count))
    return sorted(made, key=lambda edge: ("breach", "skips", "seen", "unseen").index(edge.kind))


def _reachable(after: Mapping[str, Iterable[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for state in after.get(todo.pop(), ()):
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


def _figure(number: int, name: str, life: Mapping[str, Any]) -> Element:
    every = edges(life)
    told = ", ".join(
        f"{count} {words}" for kind, words in _WORDS.items() if (count := sum(edge.kind == kind for edge in every))
    )
    states = list(dict.fromkeys(state for edge in every for state in (edge.start, edge.end)))
    rows: list[list[Node]] = [
        [quoted(edge.start, 120), quoted(edge.end, 120), _WORDS[edge.kind], f"{edge.count:,}"]
        for edge in every[:_MOST_EDGES]
    ]
    listed = table(f"Transitions of {name}", ["from", "to", "kind", "times seen"], rows)
    listed.set("class", "scroll")
    drawn: Node = h("p", "Too many states to draw.") if every else None
    if every and len(states) <= _MOST_STATES and len(every) <= _MOST_EDGES:
        drawn = region(f"Lifecycle of {name}", _drawing(f"life{number}", name, told, every))
    return h(
        "article",
        h("h3", quoted(name, 160)),
        h("p", told or "no transition is known"),
        drawn,
        h("details", h("summary", "The transitions in words"), listed),
        class_="life",
    )


def _drawing(id: str, name: str, told: str, every: Sequence[_Edge]) -> Element:
    plan = _plan(every)
    low = plan.height
    title, words = h("title", f"Lifecycle of {name}", id=id), h("desc", told, id=f"{id}-told")
    svg = h("svg", title, words, role="img", class_="automaton")
    svg.set("aria-labelledby", f"{id} {id}-told")
    arrows = h("defs", *(_arrow(id, kind) for kind in _WORDS))
    svg.append(arrows)
    lines, times = [], []
    above = below = 0
    for edge in every:
        side = _side(plan, edge)
        if side == "over":
            above += 1
            path, x, y = _around(plan, edge, -_EDGE * above)
        elif side == "under":
            below += 1
            path, x, y = _around(plan, edge, low + _EDGE * below)
        else:
            path, x, y = _beside(plan, edge) if side == "beside" else _down(plan, edge)
        lines.append(h("path", d=path, class_=f"edge {edge.kind}", marker_end=f"url(#{id}-{edge.kind})"))
        if edge.count:
            times.append(h("text", f"{edge.count:,}×", x=round(x, 1), y=round(y - 4, 1), class_=f"times {edge.kind}"))
    svg.extend([*lines, *times])
    touched = {state for edge in every if edge.count for state in (edge.start, edge.end)}
    for state, (x, y, width) in plan.boxes.items():
        shown = plain(state if len(state) <= _LABEL else state[: _LABEL - 1] + "…")
        kind = "state seen" if state in touched else "state"
        svg.append(h("rect", x=x, y=y, width=width, height=_HIGH, rx=6, class_=kind))
        svg.append(h("text", shown, x=x + width / 2, y=y + 20, class_="name"))
    top, bottom = -_EDGE * above - 16, low + _EDGE * below + 12
    svg.set("viewBox", f"-4 {top} {plan.width + 8:.0f} {bottom - top:.0f}")
    svg.set("width", f"{plan.width + 8:.0f}")
    svg.set("height", f"{bottom - top:.0f}")
    return svg


def _arrow(id: str, kind: str) -> Element:
    box: dict[str, str | int] = {"viewBox": "0 0 8 8", "refX": 7, "refY": 4, "markerWidth": 8, "markerHeight": 8}
    head = h("path", d="M0 0L8 4L0 8z", class_=f"head {kind}")
    return h("marker", head, id=f"{id}-{kind}", orient="auto", markerUnits="userSpaceOnUse", **box)


def _plan(every: Sequence[_Edge]) -> _Plan:
    """Layers by the longest way from a state that nothing leads to; each layer sorted by its neighbours."""
    states = list(dict.fromkeys(state for edge in every for state in (edge.start, edge.end)))
    known = [edge for edge in every if edge.kind in ("seen", "unseen")] or list(every)
    depth = _depths(known)
    for state in states:
        depth.setdefault(state, max(depth.values()) + 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for state in states:
        layers[depth[state]].append(state)
    layers = [layer for layer in layers if layer]
    for before, layer in itertools.pairwise(layers):
        place = {state: number for number, state in enumerate(before)}
        layer.sort(key=lambda state: _middle([place[e.start] for e in known if e.end == state and e.start in place]))
    plan = _Plan(layers)
    plan.height = max(len(layer) for layer in layers) * (_HIGH + _APART) - _APART
    for layer in layers:
        widest = max(min(len(state), _LABEL) for state in layer) * 8 + 22
        top = (plan.height - len(layer) * (_HIGH + _APART) + _APART) / 2
        for number, state in enumerate(layer):
            plan.boxes[state] = (plan.width, top + number * (_HIGH + _APART), widest)
        plan.width += widest + _ACROSS
    plan.width -= _ACROSS
    return plan


def _depths(known: Sequence[_Edge]) -> dict[str, int]:
    """How far each state stands from the beginning, ways back left aside."""
    led_to = {edge.end for edge in known if edge.end != edge.start}
    order: list[str] = []
    on_way: set[str] = set()
    forward: list[_Edge] = []

    def walk(state: str) -> None:
        on_way.add(state)
        for edge in known:
            if edge.start == state and edge.end not in on_way:
                forward.append(edge)
                if edge.end not in order:
                    walk(edge.end)
        on_way.discard(state)
        order.append(state)

    for state in sorted({edge.start for edge in known}, key=lambda state: state in led_to):
        if state not in order:
            walk(state)
    depth = dict.fromkeys(reversed(order), 0)
    for state in depth:
        for edge in forward:
            if edge.start == state:
                depth[edge.end] = max(depth[edge.end], depth[state] + 1)
    return depth


def _side(plan: _Plan, edge: _Edge) -> str:
    """Which way an edge goes: beside to the next layer, down or up within one, else over or under the states."""
    start, end = _place(plan, edge.start), _place(plan, edge.end)
    far = end[0] - start[0]
    if far == 1:
        return "beside"
    if far == 0 and abs(start[1] - end[1]) == 1:
        return "down"
    if start[1] == end[1] == 0:
        return "over"
    last = all(number == len(plan.layers[layer]) - 1 for layer, number in (start, end))
    return "under" if last or far < 0 else "over"


def _middle(places: Sequence[int]) -> float:
    return sum(places) / len(places) if places else 0


def _place(plan: _Plan, state: str) -> tuple[int, int]:
    return next((number, layer.index(state)) for number, layer in enumerate(plan.layers) if state in layer)


def _beside(plan: _Plan, edge: _Edge) -> tuple[str, float, float]:
    """To the next layer: from side to side."""
    x1, y1, width = plan.boxes[edge.start]
    x2, y2, _ = plan.boxes[edge.end]
    x1, y1, y2 = x1 + width, y1 + _HIGH / 2, y2 + _HIGH / 2
    half = (x2 - x1) / 2
    path = f"M{x1:.1f} {y1:.1f}C{x1 + half:.1f} {y1:.1f} {x2 - half:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return path, x1 + half, (y1 + y2) / 2


def _down(plan: _Plan, edge: _Edge) -> tuple[str, float, float]:
    """To the neighbour in the same layer."""
    x1, y1, width1 = plan.boxes[edge.start]
    x2, y2, width2 = plan.boxes[edge.end]
    x1, x2 = x1 + width1 / 2, x2 + width2 / 2
    y1, y2 = (y1 + _HIGH, y2) if y2 > y1 else (y1, y2 + _HIGH)
    return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", x1 + 18, (y1 + y2) / 2 + 8


def _around(plan: _Plan, edge: _Edge, level: float) -> tuple[str, float, float]:
    """Over the states, or under them: out, along a level of its own, and in again."""
    x1, y1, width1 = plan.boxes[edge.start]
    x2, y2, width2 = plan.boxes[edge.end]
    x1, x2 = (x1 + width1 * 0.7, x2 + width2 * 0.3) if x2 > x1 else (x1 + width1 * 0.3, x2 + width2 * 0.7)
    if level > 0:
        y1, y2 = y1 + _HIGH, y2 + _HIGH
    bend = min(16, abs(x2 - x1) / 2) * (1 if x2 >= x1 else -1)
    path = (
        f"M{x1:.1f} {y1:.1f}C{x1:.1f} {level:.1f} {x1:.1f} {level:.1f} {x1 + bend:.1f} {level:.1f}"
        f"H{x2 - bend:.1f}C{x2:.1f} {level:.1f} {x2:.1f} {level:.1f} {x2:.1f} {y2:.1f}"
    )
    return path, (x1 + x2) / 2, level
