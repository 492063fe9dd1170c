"""Blocks and tables to read: what is wrong, where, who says so, and how to put it right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from validator import diagnose
from validator.report import Page
from validator.results import Finding, Report, Severity

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LABEL = 6
# Findings beyond this are counted, not printed: the other reports hold them all.
_SHOWN = 50
_SAME = 3
_NAMED = 6
# What is longer than this nobody copies from a terminal: the other reports have it.
_LONGEST = 2_000


def render(report: Report, page: Page) -> str:
    """The findings, the worst first and the same problem once with its places, then tables and a closing line."""
    if report.command == "drift":
        return "\n".join([*_changes(report, page), *(() if page.quiet else (_closing(report, page),))])
    parts = list(blocks(report.findings, page))
    if not page.quiet:
        parts += ["\n".join(lines) for lines in _tables(report, page) if lines]
        parts.append(_closing(report, page))
    return "\n\n".join(parts)


def blocks(findings: Iterable[Finding], page: Page | None = None) -> Iterator[str]:
    """A block for each kind of finding, the worst first, with the other places of the same one."""
    page = page or Page()
    shown = sorted(_groups(findings), key=lambda group: -group[0].severity)
    for group in shown[:_SHOWN]:
        text = block(group[0], page)
        if more := _places(group[1:]):
            text += "\n" + _row("also", more, page)
        yield text
    if len(shown) > _SHOWN:
        yield f"... and {len(shown) - _SHOWN} more kinds of finding; --report json has them all"


def block(finding: Finding, page: Page | None = None) -> str:
    """One finding as a block: a headline and labelled rows for each violation, then the lines that reproduce it."""
    page = page or Page()
    lines: list[str] = []
    # Where the target is at fault and not the message, advice about the message would be beside the point.
    of_message = finding.check.endswith("_conformance")
    for violation in finding.violations if of_message else ():
        headline = f"{finding.service}.{finding.operation} {finding.direction} {violation.instance_path or '/'}"
        severity = min(finding.severity, Severity.INFO) if violation.unchecked else finding.severity
        lines.append(_headline(severity, violation.keyword, headline, page))
        lines += [_row(label, text, page) for label, text in diagnose.rows(violation, finding)]
    if not finding.violations or not of_message:
        lines.append(_headline(finding.severity, finding.check, f"{finding.service}.{finding.operation}", page))
        lines.append(_row("found", finding.message, page))
    if not of_message:
        lines += [
            _row(label, text, page)
            for violation in finding.violations
            for label, text in diagnose.rows(violation, finding)
            if label in ("got", "want")
        ]
    if finding.location is not None and (place := str(finding.location)) and place != "standard input":
        lines.append(_row("at", place, page))
    if finding.direction != "service" and finding.reproduce:
        lines.append(_row("id", finding.id, page))
        # From the margin, so that they run as they are copied.
        for label, text in finding.reproduce.items():
            lines += [f"  {_paint(label, page, dim=True)}", _copied(text)]
    return "\n".join(lines)


def _copied(text: str) -> str:
    """Lines to copy; those that are too long to show are not cut, since half a line does nothing."""
    if len(text) <= _LONGEST:
        return _safe(text)
    return f"# {len(text):,} characters; --report json has them"


def _headline(severity: Severity, name: str, text: str, page: Page) -> str:
    kind = _paint(f"{severity}[{_inline(name)}]", page, fg=_COLORS[severity], bold=True)
    return f"{kind} {_paint(_inline(text), page, bold=True)}"


def _row(label: str, text: str, page: Page) -> str:
    head = _paint(f"{label:<{_LABEL}}", page, dim=True)
    # A label that fills its column stands on a line of its own.
    lines = [*([""] if len(label) >= _LABEL else ()), *_safe(text).split("\n")]
    return "\n".join(f"  {head if number == 0 else ' ' * _LABEL}{line}" for number, line in enumerate(lines))


def _safe(text: str) -> str:
    """Text from outside, without what would steer a terminal."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )


def _inline(text: str) -> str:
    """The same on one line."""
    return _safe(text).replace("\n", "\\n")


def _paint(text: str, page: Page, **style: Any) -> str:
    return click.style(text, **style) if page.color else text


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, *finding.group), []).append(finding)
    return list(groups.values())


def _places(others: list[Finding]) -> str:
    if not others:
        return ""
    named = list(dict.fromkeys(place for finding in others if (place := str(finding.location or ""))))
    text = f"{len(others)} more place{'' if len(others) == 1 else 's'}"
    return text + (": " + ", ".join(named[:_SAME]) + (" ..." if len(named) > _SAME else "") if named else "")


_EFFECTS = {Severity.ERROR: "breaking", Severity.WARNING: "expired", Severity.INFO: "safe"}


def _changes(report: Report, page: Page) -> Iterator[str]:
    """A line a change, service by service, what breaks first."""
    services = sorted({finding.service for finding in report.findings})
    for service in services:
        yield _paint(_inline(service), page, bold=True)
        of_service = [finding for finding in report.findings if finding.service == service]
        for finding in sorted(of_service, key=lambda each: -each.severity):
            effect = _paint(f"{_EFFECTS[finding.severity]:<8}", page, fg=_COLORS[finding.severity])
            yield f"  {effect}  {_safe(finding.message)}"
        yield ""


# Tables --------------------------------------------------------------------------------------------------------------


def _tables(report: Report, page: Page) -> Iterator[list[str]]:
    yield list(_operations(report))
    yield list(_unchecked(report))
    yield [_inline(str(text)) for text in (report.details.get("unshrunk"),) if text]


def _operations(report: Report) -> Iterator[str]:
    counts: Mapping[str, Mapping[str, Any]] = report.details.get("operations", {})
    if not counts:
        return
    covered = report.coverage.get("operations", {})
    found: dict[str, int] = {}
    for finding in report.findings:
        name = f"{finding.service}.{finding.operation}"
        found[name] = found.get(name, 0) + 1
    head = ("operation", "requests", "accepted", "rejected", "constraints met", "broken", "findings")
    rows: list[tuple[str, ...]] = [head]
    unsupported: dict[str, list[str]] = {}
    for name, row in sorted(counts.items()):
        if row.get("unsupported"):
            unsupported.setdefault(str(row["unsupported"]), []).append(name)
            continue
        if not row.get("requests"):
            continue
        cover = covered.get(name, {})
        rows.append((
            _inline(name), *(str(row.get(each, 0)) for each in ("requests", "accepted", "rejected")),
            *(_share(cover, side) for side in ("satisfied", "violated")), str(found.get(name, 0)),
        ))  # fmt: skip
    yield from _aligned(rows)
    for reason, names in unsupported.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield _inline(f"{reason}: {', '.join(names[:_NAMED])}{more}")


def _share(row: Mapping[str, Any], side: str) -> str:
    if not row:
        return "-"
    return f"{row.get(side, 0)}/{row.get(f'{side}_possible', row.get('total', 0))}"


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = row
        cells = [f"{first:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _unchecked(report: Report) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for entry in report.unchecked:
        name = ".".join(part for part in (entry.service, entry.operation) if part)
        place = str(entry.location or "") or name
        reasons.setdefault(entry.reason, []).append(place)
    for reason, places in sorted(reasons.items(), key=lambda item: -len(item[1])):
        some = [place for place in dict.fromkeys(places) if place][:_SAME]
        more = f" ({', '.join(some)}{' ...' if len(set(places)) > _SAME else ''})" if some else ""
        yield f"unchecked {len(places):>5}  {_safe(reason)}{_safe(more)}"


def summary(report: Report, page: Page | None = None) -> Iterator[str]:
    """A closing summary in lines: the operations, findings by group, what was not checked, and the verdict."""
    page = page or Page()
    yield from _operations(report)
    for group in sorted(_groups(report.findings), key=lambda each: (-each[0].severity, -len(each))):
        first = group[0]
        head = f"{first.severity}[{first.check}] {first.service}.{first.operation}"
        yield f"{_inline(head)} {len(group)} x: {_safe(first.message)}"
    yield from _unchecked(report)
    yield _closing(report, page)


def _closing(report: Report, page: Page) -> str:
    counts = report.summary()
    words = _EFFECTS if report.command == "drift" else {level: str(level) for level in Severity}
    levels = sorted(Severity, reverse=True)
    named = [f"{counts[str(level)]} {_plural(words[level], counts[str(level)])}" for level in levels]
    worst = max((finding.severity for finding in report.findings), default=None)
    broken = sum(len(finding.violations) for finding in report.findings)
    if broken > len(report.findings):
        named[-1] += f" ({broken} violations)"
    verdict = _paint(", ".join(named), page, fg=_COLORS[worst] if worst else "green", bold=True)
    parts = [verdict]
    if report.command == "drift":
        parts.append(f"{len(report.details.get('changes', ()))} changes")
    elif report.command == "validate" and (subject := report.details.get("subject")):
        parts.append(_inline(str(subject)))
    else:
        parts.append(f"{counts['checked']} of {counts['exchanges']} exchanges checked")
    met, possible = report.sides
    if possible:
        parts.append(f"{met} of {possible} sides of constraints met")
    if ignored := report.details.get("ignored"):
        parts.append(f"{ignored} left out by settings")
    parts.append(f"{report.seconds:.1f} s")
    return "; ".join(parts)


def _plural(word: str, count: int) -> str:
    return word + "s" if word in ("error", "warning") and count != 1 else word
