"""Ruby VCR cassettes: `http_interactions`, in YAML or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.recordings import vcr
from validator.recordings.recording import Format, Read, Recording, View


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a cassette of Ruby's VCR."""
    return isinstance(document, Mapping) and isinstance(document.get("http_interactions"), list)


def read(document: Any, recording: Recording) -> Read:
    """Each interaction; the form of one is vcrpy's, with a base64 body beside the text."""
    return vcr.read({"interactions": document["http_interactions"]}, recording)


FORMAT = Format(
    "ruby_vcr", "Ruby VCR cassettes, YAML or JSON", "a list of `http_interactions`", fits, read, View(filters=True)
)
