"""The report as one JSON document, as `schemas/report.schema.json` describes it."""

from __future__ import annotations

import json
import math
from typing import Any

from validator.report import Page
from validator.results import Report


def render(report: Report, page: Page) -> str:
    """The document, two spaces deep; what JSON cannot hold (NaN, an infinity, a lone surrogate) is spelled as text."""
    return json.dumps(_plain(report.to_json()), indent=2, default=str, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    return value
