"""One self-contained page that opens from disk and asks nothing of any network.

The page is built as a tree and serialized by the standard library rather than filled into a template: escaping is
then a property of the builder instead of a habit of each template, the drawings are made with the same tool, and the
command line needs no template engine for one page. The sections are rooms of their own beside this one.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources

from validator import __version__
from validator.report import Page
from validator.report.automata import automata
from validator.report.coverage_map import coverage_map
from validator.report.elements import Element, h, verbatim, write
from validator.report.findings import anchors, findings, grouped
from validator.report.matrix import matrix
from validator.report.overview import groups, overview, verdict
from validator.report.timeline import timeline
from validator.results import Report


def render(report: Report, page: Page) -> str:
    """The page; sections for which the report has nothing are left out."""
    found = grouped(report)
    links = anchors(found)
    parts = [
        overview(report),
        findings(found, groups(report, links)),
        matrix(report, links),
        coverage_map(report),
        timeline(report, links),
        automata(report),
    ]
    sections = [part for part in parts if part is not None]
    theme = h("button", "Theme: auto", type="button", id="theme", hidden=True)
    body = h(
        "body",
        h("a", "Skip to the content", href="#content", class_="skip"),
        h("header", h("h1", f"aws-contract {report.command}"), theme),
        h("nav", h("ul", *(_entry(part) for part in sections)), aria_label="Sections"),
        h("main", *sections, id="content", tabindex="-1"),
        h("footer", h("p", f"aws-contract {__version__}")),
        verbatim("script", _asset("page.js")),
    )
    return "<!DOCTYPE html>\n" + write(h("html", _head(report), body, lang="en"))


def _entry(part: Element) -> Element:
    title = next(part.iter("h2")).text
    return h("li", h("a", title, href=f"#{part.get('id')}"))


def _head(report: Report) -> Element:
    policy = (
        f"default-src 'none'; style-src {_fingerprint('page.css')}; script-src {_fingerprint('page.js')}; "
        "base-uri 'none'; form-action 'none'"
    )
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="referrer", content="no-referrer"),
        h("meta", name="generator", content=f"aws-contract {__version__}"),
        h("title", f"aws-contract {report.command}: {verdict(report)}"),
        verbatim("style", _asset("page.css")),
    )


@functools.cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
