"""Constraint coverage as a map: operation, member, constraint, and on which sides of it values were seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from validator.constraints import constraints
from validator.errors import AwsContractError
from validator.report.demands import contract_of
from validator.report.elements import Element, Node, counted, h, hidden, quoted, section, table
from validator.report.listing import brief
from validator.results import Report

Constraints = Sequence[Mapping[str, Any]]

_SIDES = ("satisfied", "violated")
_WORDS = {"satisfied": "kept", "violated": "broken"}
_MOST_OPERATIONS = 400
_MOST_ROWS = 4000
_MOST_CELLS = 20_000
_SIZE, _GAP, _COLUMNS = 7, 3, 40


def coverage_map(report: Report) -> Element | None:
    """The section, or None when nothing was counted."""
    operations = report.coverage.get("operations")
    if not isinstance(operations, Mapping) or not operations:
        return None
    cells, rows = _MOST_CELLS, _MOST_ROWS
    body: list[Element] = []
    for name, row in list(operations.items())[:_MOST_OPERATIONS]:
        listed = [each for each in row.get("constraints") or _from_ids(name, row) if isinstance(each, Mapping)]
        drawn = listed if len(listed) <= cells else []
        told = listed if len(listed) <= rows else []
        cells, rows = cells - len(drawn), rows - len(told)
        body.append(_operation(name, row, drawn, told))
    left = len(operations) - len(body)
    return section(
        "coverage",
        "Constraint coverage",
        h("p", "Each square is a constraint: its upper half a value that kept it, its lower half one that broke it."),
        _legend(),
        h("div", *body, class_="map"),
        h("p", f"and {counted(left, 'more operation')}", class_="more") if left else None,
    )


def _from_ids(name: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The constraints of an operation, seen unless their ids are among those that were missed or cannot be."""
    service, _, operation = name.partition(".")
    contract = contract_of(service)
    try:
        every = constraints(contract.operation(operation)) if contract is not None else ()
    except AwsContractError:
        return []
    if not every or len(every) != row.get("total"):
        return []
    missing, beyond = {*row.get("missing", ())}, row.get("unexercisable") or {}
    rows: list[dict[str, Any]] = []
    for each in every:
        ids = {side: f"{each.id} ({side})" for side in _SIDES}
        seen = {side: id not in missing and id not in beyond for side, id in ids.items()}
        reasons = {side: beyond[id] for side, id in ids.items() if id in beyond}
        rows.append(
            {"member": each.member_path, "keyword": each.keyword, "limit": each.limit, **seen, "unexercisable": reasons}
        )
    return rows


def _legend() -> Element:
    kinds = (("seen", "seen"), ("never", "never seen"), ("beyond", "cannot be reached"))
    keys = (h("li", _svg("", 12, 12, [_path(kind, [(1, 1, 10, 10)])]), f" {words}") for kind, words in kinds)
    return h("ul", *keys, class_="legend")


def _operation(name: str, row: Mapping[str, Any], drawn: Constraints, told: Constraints) -> Element:
    total = int(row.get("total") or 0)
    bars: list[Node] = []
    for side in _SIDES:
        possible = int(row.get(f"{side}_possible", total) or 0)
        count = int(row.get(side) or 0)
        words = f"{count} of {possible} {_WORDS[side]}"
        bars.append(h("span", _bar(count, possible), f" {words}", class_="share"))
    summary = h("summary", h("h3", quoted(name, 120)), h("span", *bars, class_="shares"))
    if drawn:
        summary.append(_map(name, drawn))
    return h("details", summary, _members(name, told) if told else _missing(row), class_="operation")


def _state(constraint: Mapping[str, Any], side: str) -> str:
    if constraint.get(side):
        return "seen"
    reason = constraint.get("unexercisable")
    if isinstance(reason, Mapping):
        reason = reason.get(side)
    return "beyond" if reason else "never"


def _map(name: str, every: Constraints) -> Element:
    """A square per constraint, all squares of one state in one path, so that a thousand stay small."""
    halves: dict[str, list[tuple[int, int, int, int]]] = {}
    step_x, step_y = _SIZE + _GAP, 2 * _SIZE + 1 + _GAP
    for number, constraint in enumerate(every):
        x, y = number % _COLUMNS * step_x, number // _COLUMNS * step_y
        for place, side in enumerate(_SIDES):
            box = (x, y + place * (_SIZE + 1), _SIZE, _SIZE)
            halves.setdefault(_state(constraint, side), []).append(box)
    columns = min(len(every), _COLUMNS)
    height = ((len(every) - 1) // _COLUMNS + 1) * step_y
    counts = {side: sum(_state(each, side) == "seen" for each in every) for side in _SIDES}
    told = ", ".join(f"{count} of {len(every)} {_WORDS[side]}" for side, count in counts.items())
    paths = [_path(state, boxes) for state, boxes in halves.items()]
    return _svg(f"Constraints of {name}: {told}", columns * step_x, height, paths)


def _svg(label: str, width: int, height: int, parts: Iterable[Element]) -> Element:
    named: dict[str, str] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return h("svg", *parts, viewBox=f"0 0 {width} {height}", width=width, height=height, class_="cells", **named)


def _path(state: str, boxes: Iterable[tuple[int, int, int, int]]) -> Element:
    drawn = "".join(f"M{x} {y}h{width}v{height}h-{width}z" for x, y, width, height in boxes)
    return h("path", d=drawn, class_=state)


def _bar(count: int, total: int) -> Element:
    filled = round(60 * count / total) if total else 0
    return h(
        "svg",
        h("rect", x=0, y=0, width=60, height=8, rx=2, class_="never"),
        h("rect", x=0, y=0, width=min(filled, 60), height=8, rx=2, class_="seen") if filled else None,
        viewBox="0 0 60 8",
        width=60,
        height=8,
        class_="bar",
        aria_hidden="true",
    )


def _members(name: str, every: Constraints) -> Element:
    rows: list[list[Node]] = []
    for each in every:
        limit = each.get("limit")
        shown = "" if limit is None else quoted(brief(limit), 120)
        row: list[Node] = [quoted(str(each.get("member") or "/"), 160), h("code", str(each.get("keyword", ""))), shown]
        rows.append([*row, *(_side(each, side) for side in _SIDES)])
    heads = ["member", "constraint", "limit", "kept", "broken"]
    return table(f"Constraints of {name}", heads, rows, class_="constraints")


def _side(constraint: Mapping[str, Any], side: str) -> Node:
    state = _state(constraint, side)
    if state == "seen":
        count = constraint[side]
        return h("span", "✓" if count is True else f"✓ {count}", hidden(" seen"), class_="seen")
    if state == "never":
        return h("span", "never", class_="never")
    reason = constraint["unexercisable"]
    reason = reason.get(side) if isinstance(reason, Mapping) else reason
    if reason is True:
        return h("span", "cannot be", class_="beyond")
    return h("span", "cannot be: ", quoted(str(reason), 200), class_="beyond")


def _missing(row: Mapping[str, Any]) -> Element | None:
    """What is known when the constraints are not listed one by one: those that were missed."""
    missing = [str(each) for each in row.get("missing") or ()]
    if not missing:
        return h("p", "No constraint is listed as missed.")
    shown = missing[:200]
    return h(
        "div",
        h("p", f"{counted(len(missing), 'side')} never seen:"),
        h("ul", *(h("li", quoted(each, 200)) for each in shown)),
        h("p", f"and {len(missing) - len(shown):,} more", class_="more") if len(missing) > len(shown) else None,
    )
