"""Readers of what the reports write, none of them ours: each raises on what it cannot read and gives what it read."""

from __future__ import annotations

import functools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import orjson
import xmlschema
from pydantic_sarif import model as sarif

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE.parent / "schemas" / "report.schema.json").read_text("utf-8"))
VOID = {"br", "input", "meta"}
COMMAND = re.compile(r"::(error|warning|notice) (?P<properties>[^\x00-\x1f]*?)::(?P<data>[^\x00-\x1f]*)")


@functools.cache
def _junit() -> Any:
    return xmlschema.XMLSchema(HERE / "report" / "junit.xsd")


@functools.cache
def _report() -> Any:
    return jsonschema_rs.validator_for(SCHEMA)


def read_json(text: str) -> Any:
    document = orjson.loads(text.encode("utf-8"))
    _report().validate(document)
    return document


def read_sarif(text: str) -> Any:
    """Held against the models that were generated from the OASIS schema: closed, with all its bounds."""
    found = [name for name in dir(sarif) if name.startswith("StaticAnalysisResults")]
    getattr(sarif, found[0]).model_validate_json(text.encode("utf-8"))
    return json.loads(text)


def read_junit(text: str) -> ET.Element:
    root = ET.fromstring(text.encode("utf-8"))
    _junit().validate(text)
    return root


def read_github(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each command, as the runner unescapes them; the last line is for people."""
    *commands, closing = text.split("\n")
    assert not closing.startswith("::"), closing
    read = []
    for line in commands:
        found = COMMAND.fullmatch(line)
        assert found, line
        pairs = dict(pair.split("=", 1) for pair in found["properties"].split(","))
        read.append((found[1], {name: _unescaped(value) for name, value in pairs.items()}, _unescaped(found["data"])))
    return read


def _unescaped(text: str) -> str:
    for spelled, meant in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(spelled, meant)
    return text


class Html(HTMLParser):
    """A page's elements with their attributes, and the texts of what is asked for; wrong nesting is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        text.encode("utf-8")
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        opened, parts = self._open.pop()
        assert opened == tag, (opened, tag)
        self.texts.append((tag, parts))

    def handle_data(self, data: str) -> None:
        for _, parts in self._open:
            parts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return ["".join(parts) for name, parts in self.texts if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def read_html(text: str) -> Html:
    return Html(text)
