"""The matrix: a row per operation, a column per check, in each cell what was judged and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator import checks
from validator.report.elements import Element, Node, counted, h, hidden, quoted, region, section
from validator.results import Report, Severity

_MOST = 250
Cells = dict[str, dict[str, tuple[int, int]]]


def matrix(report: Report, anchors: Mapping[str, str]) -> Element | None:
    """The section, or None when nothing was judged by operation and check."""
    cells = _cells(report)
    if not cells:
        return None
    worst: dict[tuple[str, str], tuple[Severity, str]] = {}
    for finding in report.findings:
        key = (f"{finding.service}.{finding.operation}", finding.check)
        if key not in worst or finding.severity > worst[key][0]:
            worst[key] = (finding.severity, finding.id)
    named = {check for row in cells.values() for check in row}
    columns = [check for check in checks.table() if check in named]
    columns += sorted(named - {*columns})
    order = sorted(cells, key=lambda name: (-sum(found for _, found in cells[name].values()), name))
    shown = order[:_MOST]
    heads = (h("th", h("span", quoted(check, 40)), scope="col", class_="tall") for check in columns)
    head = h(
        "thead",
        h("tr", h("th", "operation", scope="col"), *heads),
    )
    body = h("tbody")
    for name in shown:
        row = h("tr", h("th", quoted(name, 120), scope="row"))
        for check in columns:
            row.append(_cell(cells[name].get(check), worst.get((name, check)), anchors, f"{check} of {name}"))
        body.append(row)
    caption = "Operations by checks: ✓ judged and nothing found, ✗ findings, · not judged"
    table = h("table", h("caption", caption), head, body, class_="matrix")
    rest = len(order) - len(shown)
    return section(
        "matrix",
        "Operations by checks",
        region("Operations by checks", table),
        h("p", f"and {counted(rest, 'more operation')}, with the fewest findings", class_="more") if rest else None,
    )


def _cells(report: Report) -> Cells:
    declared = report.details.get("matrix")
    cells: Cells = {}
    for name, row in (declared if isinstance(declared, Mapping) else {}).items():
        cells[name] = {check: (_count(cell, "judged"), _count(cell, "findings")) for check, cell in row.items()}
    counted_here: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        key = (f"{finding.service}.{finding.operation}", finding.check)
        counted_here[key] = counted_here.get(key, 0) + 1
    for (name, check), found in counted_here.items():
        judged, before = cells.setdefault(name, {}).get(check, (0, 0))
        cells[name][check] = (judged, max(before, found))
    return cells


def _count(cell: Any, name: str) -> int:
    return int(cell.get(name) or 0) if isinstance(cell, Mapping) else 0


def _cell(
    cell: tuple[int, int] | None, worst: tuple[Severity, str] | None, anchors: Mapping[str, str], label: str
) -> Element:
    judged, found = cell or (0, 0)
    if found:
        severity = str(worst[0]) if worst else "error"
        told = f"{counted(found, 'finding')}, {severity}" + (f", of {judged:,} judged" if judged else "")
        shown: Node = f"✗ {found:,}"
        if worst and worst[1] in anchors:
            shown = h("a", shown, href=f"#{anchors[worst[1]]}", aria_label=f"{label}: {told}")
        return h("td", shown, class_=severity, title=told)
    if judged:
        return h("td", "✓", hidden(f" {judged:,} judged"), class_="good", title=f"{judged:,} judged")
    return h("td", h("span", "·", aria_hidden="true"), hidden("not judged"), class_="none", title="not judged")
