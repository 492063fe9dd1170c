"""The outputs: a table of renderers by name, each `render(report, page) -> str`, loaded on use."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from validator.errors import UnknownNameError
from validator.results import Report


@dataclass(frozen=True, slots=True)
class Page:
    """What a report is written onto: `color` when escape codes are welcome, `width` in columns, `quiet` for less."""

    color: bool = False
    width: int = 100
    quiet: bool = False


Render = Callable[[Report, Page], str]

# name -> the sentence the documentation says of it; the function is `render` in the module of the same name.
FORMATS: Mapping[str, str] = {
    "terminal": "Blocks and tables to read, in colour on a terminal.",
    "json": "The whole report as one JSON document; its schema is schemas/report.schema.json.",
    "junit": "JUnit XML, a test case per operation and check.",
    "sarif": "SARIF 2.1.0, for code scanning.",
    "github": "Workflow commands that annotate files in GitHub Actions.",
    "html": "One self-contained page.",
}


def renderer(name: str) -> Render:
    """The renderer of that name; UnknownNameError when there is none."""
    if name not in FORMATS:
        raise UnknownNameError("report format", name, FORMATS)
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
