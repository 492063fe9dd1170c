"""HAR 1.2, as browsers, mitmproxy and Polly.js write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from validator.errors import UnusableInputError
from validator.formed import flat
from validator.recordings.calls import Call, to_bytes, to_exchange
from validator.recordings.recording import Format, Read, Recording, View
from validator.reshape import to_epoch


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a HAR: a log with entries."""
    log = document.get("log") if isinstance(document, Mapping) else None
    return isinstance(log, Mapping) and isinstance(log.get("entries"), list)


def read(document: Any, recording: Recording) -> Read:
    """Each entry, in the order of the file."""
    for index, entry in enumerate(document["log"]["entries"]):
        try:
            call = to_call(entry)
        except (UnusableInputError, KeyError, TypeError, AttributeError) as error:
            what = error.what if isinstance(error, UnusableInputError) else f"it has no {error}"
            yield recording.unchecked(f"not a whole entry: {what}", index)
            continue
        yield to_exchange(call, recording, recording.at(index))


def to_call(entry: Mapping[str, Any]) -> Call:
    """One entry as an HTTP call; a status of 0 means that no answer came."""
    request, response = entry["request"], entry.get("response") or {}
    sent, content = request.get("postData") or {}, response.get("content") or {}
    body = to_bytes(sent.get("text"), base64_text=sent.get("encoding") == "base64")
    if not body and sent.get("params"):
        body = urlencode([(param["name"], param.get("value", "")) for param in sent["params"]]).encode()
    headers = _headers(request.get("headers"))
    if "content-type" not in headers and sent.get("mimeType"):
        headers["content-type"] = str(sent["mimeType"])
    status = response.get("status")
    recorded, elapsed = to_epoch(entry.get("startedDateTime")), entry.get("time")
    return Call(
        str(request["method"]).upper(),
        str(request["url"]),
        headers,
        body,
        (status or None) if isinstance(status, int) else None,
        _headers(response.get("headers")),
        to_bytes(content.get("text"), base64_text=content.get("encoding") == "base64"),
        recorded if isinstance(recorded, (int, float)) else None,
        elapsed / 1000 if isinstance(elapsed, (int, float)) and elapsed >= 0 else None,
    )


def _headers(listed: Any) -> dict[str, str]:
    return flat({header["name"]: header.get("value", "") for header in listed or ()})


FORMAT = Format(
    "har", "HAR 1.2 of browsers, mitmproxy and Polly.js", "a `log` with `entries`", fits, read, View(filters=True)
)
