"""The findings, grouped: what is broken, the exchange beside the contract's line, and the lines that do it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from validator import redaction
from validator.contract import Contract
from validator.errors import AwsContractError
from validator.report.demands import contract_of, demands
from validator.report.elements import Element, Node, counted, h, hidden, plain, quoted, section, table
from validator.report.listing import brief, listing, nearest
from validator.results import Finding, Report, Severity, Violation

_GROUPS, _PLACES, _VIOLATIONS, _CALLS = 200, 40, 30, 6
_LINES = {"python": "Python", "cli": "AWS CLI", "curl": "curl"}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that are one problem in different places, the worst of them first."""

    anchor: str
    findings: Sequence[Finding]

    @property
    def first(self) -> Finding:
        """The one that is shown in full."""
        return self.findings[0]


def grouped(report: Report) -> list[Group]:
    """The report's findings by group, the worst and most frequent first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault(finding.group, []).append(finding)
    ordered = [sorted(found, key=lambda finding: -finding.severity) for found in groups.values()]
    ordered.sort(key=lambda found: (-found[0].severity, -len(found)))
    return [Group(f"finding-{found[0].id}", found) for found in ordered]


def shown(groups: Sequence[Group]) -> Sequence[Group]:
    """The groups that the page has room for."""
    return groups[:_GROUPS]


def anchors(groups: Sequence[Group]) -> dict[str, str]:
    """Finding id -> the anchor where the page shows it or its group."""
    return {finding.id: group.anchor for group in shown(groups) for finding in group.findings}


def findings(groups: Sequence[Group], before: Element | None = None) -> Element:
    """The section; it says so when there is nothing to report."""
    if not groups:
        return section("findings", "Findings", h("p", "Nothing found.", class_="good"))
    bodies = [_group(group) for group in shown(groups)]
    left = groups[_GROUPS:]
    rest = sum(len(group.findings) for group in left)
    more = f"and {counted(rest, 'more finding')} in {counted(len(left), 'group')}; the JSON report has them all"
    return section(
        "findings",
        "Findings",
        before,
        _controls(groups),
        h("p", role="status", id="shown"),
        h("div", *bodies, id="groups"),
        h("p", more, class_="more") if left else None,
    )


def _controls(groups: Sequence[Group]) -> Element:
    boxes = []
    for severity in sorted(Severity, reverse=True):
        count = sum(group.first.severity is severity for group in groups)
        if count:
            box = h("input", type="checkbox", checked=True, value=str(severity), class_="level")
            boxes.append(h("label", box, f" {severity} ({count:,})"))
    search = h("label", "Contains ", h("input", type="search", id="wanted", autocomplete="off"))
    buttons = {"open-all": "Open all", "close-all": "Close all"}
    pressed = (h("button", text, type="button", id=id) for id, text in buttons.items())
    inside = h("fieldset", h("legend", "Show"), *boxes, search, *pressed)
    return h("form", inside, id="filter", hidden=True)


def _group(group: Group) -> Element:
    finding = group.first
    contract = contract_of(finding.service)
    times = h("b", f" {len(group.findings):,}×") if len(group.findings) > 1 else None
    subject = quoted(f"{finding.service}.{finding.operation}", 160)
    heading = h(
        "summary",
        h("span", str(finding.severity), class_=f"badge {finding.severity}"),
        h("h3", h("code", finding.check), " ", subject, times),
        h("span", quoted(finding.message, 300), class_="message"),
    )
    return h(
        "details",
        heading,
        h("p", quoted(finding.message)) if len(finding.message) > 300 else None,
        _facts(finding),
        _violations(finding.violations),
        _beside(finding, contract),
        _lines(finding),
        _places(group),
        class_=f"finding {finding.severity}",
        id=group.anchor,
        data_level=str(finding.severity),
    )


def _facts(finding: Finding) -> Element:
    facts: list[tuple[str, Node]] = [("id", h("code", finding.id)), ("direction", quoted(finding.direction, 40))]
    if finding.code is not None:
        facts.append(("code", quoted(finding.code, 200)))
    if finding.location is not None and str(finding.location):
        facts.append(("at", quoted(str(finding.location), 400)))
    return h("dl", *(h("div", h("dt", name), h("dd", value)) for name, value in facts), class_="facts")


def _violations(violations: Sequence[Violation]) -> Element | None:
    if not violations:
        return None
    rows: list[list[Node]] = []
    for each in violations[:_VIOLATIONS]:
        source: list[Node] = [h("b", each.layer), " ", quoted(each.source, 300)]
        if each.note:
            source += [h("br"), quoted(each.note, 400)]
        found = "***" if each.sensitive else brief(each.value)
        place, keyword = quoted(each.instance_path or "/", 200), h("code", each.keyword)
        rows.append([place, keyword, quoted(brief(each.limit), 400), quoted(found, 400), h("span", *source)])
    left = len(violations) - len(rows)
    heads = ["at", "constraint", "the contract has", "found", "who says so"]
    return h(
        "div",
        table("What is broken", heads, rows, class_="violations"),
        h("p", f"and {counted(left, 'more violation')}", class_="more") if left > 0 else None,
    )


def _beside(finding: Finding, contract: Contract | None) -> Element | None:
    """The exchange on one side, the contract's line on the other."""
    shown = finding.calls[-_CALLS:]
    left = [_call(finding, call, contract, last=call is shown[-1]) for call in shown]
    more = len(finding.calls) - len(left)
    if more > 0:
        left.insert(0, h("p", f"{counted(more, 'earlier call')} left out", class_="more"))
    right = list(demands(finding.violations, contract))
    if not left and not right:
        return None
    return h("div", h("div", *left), h("div", *right) if right else None, class_="beside" if left and right else None)


def _call(finding: Finding, call: Mapping[str, Any], contract: Contract | None, *, last: bool) -> Element:
    name = str(call.get("operation", "?"))
    shown: Mapping[str, Any] = call
    if contract is not None:
        try:
            shown = redaction.hidden(contract.operation(name), call)
        except AwsContractError:
            shown = call
    shown = {key: value for key, value in shown.items() if key not in ("service", "operation")}
    part = "error/body" if finding.direction == "error" else finding.direction
    for violation in finding.violations:
        if last and violation.sensitive:
            shown = _masked(shown, [*part.split("/"), *violation.instance_path.split("/")[1:]])
    marks = {nearest(shown, f"/{part}{violation.instance_path}") for violation in finding.violations} if last else set()
    title = h("span", "Exchange: ", quoted(name, 120))
    return listing(title, shown, marks - {""}, label=f"Exchange {plain(name, 120)}")


def _masked(value: Any, path: Sequence[str]) -> Any:
    if not path:
        return "***"
    name = path[0].replace("~1", "/").replace("~0", "~")
    if isinstance(value, Mapping) and name in value:
        return {**value, name: _masked(value[name], path[1:])}
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return [_masked(item, path[1:]) if number == int(name) else item for number, item in enumerate(value)]
    return value


def _lines(finding: Finding) -> Element | None:
    if not finding.reproduce:
        return None
    figures = []
    for name, line in finding.reproduce.items():
        label = _LINES.get(name, name)
        copy = h("button", "Copy", hidden(f" the {label} line"), type="button", class_="copy", hidden=True)
        told = f"{label} line of {finding.id}"
        body = h("pre", h("code", plain(line, 20_000)), tabindex="0", role="group", aria_label=told)
        figures.append(h("figure", h("figcaption", label, copy), body, class_="line"))
    return h("div", h("h4", "Reproduce"), *figures)


def _places(group: Group) -> Element | None:
    others = group.findings[1:]
    if not others:
        return None
    items = []
    for finding in others[:_PLACES]:
        place = str(finding.location) if finding.location else ""
        items.append(h("li", h("code", finding.id), " ", quoted(place or finding.message, 300)))
    left = len(others) - len(items)
    return h(
        "details",
        h("summary", f"{counted(len(others), 'more place')} of the same"),
        h("ul", *items),
        h("p", f"and {left:,} more", class_="more") if left > 0 else None,
    )
