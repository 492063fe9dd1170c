"""A page's elements: built as a tree, escaped by the standard library's HTML serializer, every text made plain first.

Nothing here takes markup as text, so that what a recording holds can only ever be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Union
from xml.etree import ElementTree as ET

Element = ET.Element
# A union of a name in quotes has no `|` on Python 3.10.
Node = Union[Element, str, int, float, None, Iterable["Node"]]  # noqa: UP007

# What a page must not hold or would not show: control characters (a carriage return too, which a browser turns into
# a line feed), lone surrogates, noncharacters, and the marks that reorder or hide text, which could make a recording
# read as something else than it is.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    "\ud800-\udfff" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)) + "]"
)


class Plain(str):
    """A text that is fit to be shown and has the length it shall have."""

    __slots__ = ()


def plain(text: str, most: int = 4000) -> Plain:
    r"""The text with what cannot be shown spelled as `\uXXXX`, and cut beyond `most` characters with a count."""
    if isinstance(text, Plain):
        return text
    cut = len(text) - most
    if cut > 0:
        text = text[:most]
    text = _UNSHOWN.sub(lambda found: _spelled(ord(found.group())), text)
    return Plain(f"{text}… ({cut:,} more characters)" if cut > 0 else text)


def _spelled(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def h(tag: str, *children: Node, **attributes: str | int | float | bool | None) -> Element:
    """One element; `class_` is `class`, `_` in other names is `-`, True is an empty attribute, None and False none."""
    element = ET.Element(tag)
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        spelled = name.rstrip("_").replace("_", "-")
        # The way of a path is ours and has no bound; anything else may come from outside.
        element.set(spelled, "" if value is True else _text(value) if name == "d" else plain(_text(value), 2000))
    _fill(element, children)
    return element


def _fill(element: Element, children: Iterable[Node]) -> None:
    for child in children:
        if child is None:
            continue
        if isinstance(child, ET.Element):
            element.append(child)
        elif isinstance(child, (str, int, float)):
            _append_text(element, plain(_text(child)))
        else:
            _fill(element, child)


def _text(value: str | int | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def verbatim(tag: str, content: str) -> Element:
    """A `style` or `script` of this package's own; the serializer writes its content as it stands."""
    element = ET.Element(tag)
    element.text = content
    return element


def write(root: Element) -> str:
    """The element as HTML text."""
    return ET.tostring(root, encoding="unicode", method="html", short_empty_elements=False)


def hidden(text: str) -> Element:
    """Words for those who hear the page."""
    return h("span", text, class_="heard")


def quoted(text: str, most: int = 4000) -> Element:
    """Text from outside: set apart, so that its writing direction does not spill into ours."""
    return h("bdi", plain(text, most))


def region(label: str, *children: Node) -> Element:
    """A part that scrolls sideways by itself and can be scrolled with the keyboard."""
    return h("div", *children, class_="scroll", role="group", aria_label=label, tabindex="0")


def table(caption: str, heads: Iterable[Node], rows: Iterable[Iterable[Node]], *, class_: str | None = None) -> Element:
    """A table with a caption; the first cell of a row is its heading."""
    body = h("tbody")
    for row in rows:
        first, *rest = row
        body.append(h("tr", h("th", first, scope="row"), *(h("td", cell) for cell in rest)))
    head = h("thead", h("tr", *(h("th", name, scope="col") for name in heads)))
    return region(caption, h("table", h("caption", caption), head, body, class_=class_))


def counted(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def section(id: str, title: str, *children: Node) -> Element:
    """A landmark of the page with its heading."""
    return h("section", h("h2", title, id=f"{id}-title"), *children, id=id, aria_labelledby=f"{id}-title")
