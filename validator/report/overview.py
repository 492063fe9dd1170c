"""The head of the page: the verdict, the numbers, what was driven, what was not judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from validator.report.elements import Element, Node, counted, h, hidden, plain, quoted, section, table
from validator.report.json import plain as jsonable
from validator.results import Report, Severity

_MOST = 300
_FACTS = ("subject", "target", "seed", "region", "stopped", "unshrunk", "ignored")
_TALLIES = ("requests", "accepted", "rejected")
# Drawn or told elsewhere on the page.
_TOLD = {*_FACTS, "matrix", "timeline", "lifecycles", "groups", "phases", "operations"}


def verdict(report: Report) -> str:
    """The outcome in one sentence."""
    counts = [counted(report.count(each), str(each)) for each in sorted(Severity, reverse=True) if report.count(each)]
    found = " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts) or "Nothing found"
    summary = report.summary()
    judged = f" in {counted(summary['checked'], 'exchange')}" if summary["exchanges"] else ""
    return f"{found}{judged}."


def overview(report: Report) -> Element:
    """The summary: the verdict, the numbers as tiles, and the facts of the run."""
    worst = max((finding.severity for finding in report.findings), default=None)
    return section(
        "summary",
        "Summary",
        h("p", verdict(report), class_=f"verdict {worst or 'good'}"),
        h("dl", *_tiles(report), class_="tiles"),
        _facts(report),
        _phases(report.details.get("phases")),
        _operations(report.details.get("operations")),
        _unchecked(report),
        _rest(report.details),
    )


def _tiles(report: Report) -> Iterator[Element]:
    summary = report.summary()
    tiles: list[tuple[str, Node, str | None]] = [
        (name, f"{summary[name]:,}", name if name in ("error", "warning", "info") and summary[name] else None)
        for name in ("error", "warning", "info", "exchanges", "checked", "unchecked")
    ]
    for side, words in (("satisfied", "constraints kept"), ("violated", "constraints broken")):
        rows = [*(report.coverage.get("operations") or {}).values()]
        # Of the sides that a value can be on: a pattern that implies a length leaves nothing to break there.
        possible = sum(row.get(f"{side}_possible", row.get("total", 0)) for row in rows)
        if possible:
            tiles.append((words, f"{100 * sum(row.get(side, 0) for row in rows) / possible:.0f} %", None))
    tiles.append(("seconds", f"{summary['seconds']:,}", None))
    for name, value, class_ in tiles:
        yield h("div", h("dt", name), h("dd", value), class_=class_)


def _facts(report: Report) -> Element | None:
    facts = [(name, report.details[name]) for name in _FACTS if report.details.get(name) not in (None, "")]
    if not facts:
        return None
    pairs = (h("div", h("dt", name), h("dd", quoted(str(value), 400))) for name, value in facts)
    return h("dl", *pairs, class_="facts")


def _phases(phases: Any) -> Element | None:
    if not isinstance(phases, Mapping) or not phases:
        return None
    rows: list[list[Node]] = [
        [quoted(str(name), 80), f"{row.get('requests', 0):,}", f"{row.get('seconds', 0):,}"]
        for name, row in list(phases.items())[:_MOST]
    ]
    return table("Phases of the run", ["phase", "requests", "seconds"], rows, class_="numbers")


def _operations(operations: Any) -> Element | None:
    if not isinstance(operations, Mapping) or not operations:
        return None
    rows: list[list[Node]] = []
    # Those that were called first; a service that the target hardly has would fill the table with the others.
    ordered = sorted(operations.items(), key=lambda item: not item[1].get("requests"))
    for name, row in ordered[:_MOST]:
        reason = row.get("unsupported")
        note = "" if not reason else "not offered" if reason is True else quoted(str(reason), 200)
        rows.append([quoted(name, 120), *(f"{row.get(each, 0):,}" for each in _TALLIES), note])
    driven = sum(bool(row.get("requests")) and not row.get("unsupported") for row in operations.values())
    lacking = sum(bool(row.get("unsupported")) for row in operations.values())
    left = len(operations) - driven - lacking
    words = [counted(driven, "operation") + " driven"]
    words += [f"{count:,} {what}" for count, what in ((lacking, "not supported"), (left, "not tried")) if count]
    shown = table("Operations", ["operation", *_TALLIES, "note"], rows, class_="numbers")
    return h(
        "details",
        h("summary", ", ".join(words)),
        shown,
        _more(len(operations) - len(rows), "operation"),
    )


def _unchecked(report: Report) -> Element | None:
    if not report.unchecked:
        return None
    reasons: Counter[str] = Counter()
    places: dict[str, str] = {}
    for entry in report.unchecked:
        reasons[entry.reason] += 1
        place = str(entry.location) if entry.location else ""
        places.setdefault(entry.reason, place or ".".join(filter(None, (entry.service, entry.operation))))
    rows: list[list[Node]] = [
        [quoted(reason, 300), f"{count:,}", quoted(places[reason], 200)] for reason, count in reasons.most_common(_MOST)
    ]
    total = report.summary()["unchecked"]
    return h(
        "details",
        h("summary", f"{total:,} not judged, and why"),
        table("Not judged, by reason", ["reason", "times", "for example"], rows),
        _more(len(reasons) - len(rows), "reason"),
    )


def _rest(details: Mapping[str, Any]) -> Element | None:
    rest = {name: value for name, value in details.items() if name not in _TOLD}
    if not rest:
        return None
    text = json.dumps(jsonable(rest), indent=2, ensure_ascii=False)
    return h(
        "details",
        h("summary", "Other details"),
        h("pre", plain(text, 20_000), class_="listing", tabindex="0", role="group", aria_label="Other details"),
    )


def _more(count: int, noun: str) -> Element | None:
    return h("p", f"and {counted(count, f'more {noun}')}", class_="more") if count > 0 else None


def groups(report: Report, anchors: Mapping[str, str]) -> Element | None:
    """The groups that a command counted itself, each linked to its example where the page shows it."""
    found = report.details.get("groups")
    if not isinstance(found, list) or not found:
        return None
    rows: list[list[Node]] = []
    for group in found[:_MOST]:
        example = str(group.get("example") or "")
        text = quoted(str(group.get("group", "")), 300)
        name = h("a", text, href=f"#{anchors[example]}") if example in anchors else text
        files: Node = f"{group['files']:,}" if "files" in group else hidden("unknown")
        rows.append([name, f"{group.get('count', 0):,}", files])
    return h(
        "div",
        table("Findings by group", ["group", "findings", "files"], rows, class_="numbers"),
        _more(len(found) - len(rows), "group"),
    )
