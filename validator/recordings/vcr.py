"""vcrpy cassettes, YAML and JSON: bodies as text, bytes, gzip, base64, or parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from validator.errors import UnusableInputError
from validator.formed import flat
from validator.recordings.calls import Call, to_bytes, to_exchange
from validator.recordings.recording import Format, Read, Recording, View
from validator.reshape import to_epoch


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a cassette: a list of interactions, each a request to a URI and what came back."""
    if not isinstance(document, Mapping) or not isinstance(document.get("interactions"), list):
        return False
    return all(
        isinstance(each, Mapping) and isinstance(each.get("request"), Mapping) for each in document["interactions"][:20]
    )


def read(document: Any, recording: Recording) -> Read:
    """Each interaction."""
    for index, interaction in enumerate(document["interactions"]):
        location = recording.at(index)
        try:
            call = to_call(interaction)
        except (UnusableInputError, KeyError, TypeError, AttributeError) as error:
            what = error.what if isinstance(error, UnusableInputError) else f"it has no {error}"
            yield recording.unchecked(f"not a whole interaction: {what}", index)
            continue
        yield to_exchange(call, recording, location)


def to_call(interaction: Mapping[str, Any]) -> Call:
    """One interaction as an HTTP call."""
    request, response = interaction["request"], interaction.get("response") or {}
    status = response.get("status")
    code = status.get("code") if isinstance(status, Mapping) else status
    headers = flat(response.get("headers") or {})
    recorded = to_epoch(interaction.get("recorded_at") or headers.get("date"))
    return Call(
        str(request.get("method", "GET")).upper(),
        str(request.get("uri") or request["url"]),
        flat(request.get("headers") or {}),
        _body(request),
        code if isinstance(code, int) else None,
        headers,
        _body(response),
        recorded if isinstance(recorded, (int, float)) else None,
    )


def _body(message: Mapping[str, Any]) -> bytes:
    if "parsed_body" in message:
        return json.dumps(message["parsed_body"]).encode()
    body = message.get("body", message.get("content"))
    if isinstance(body, Mapping):
        if "base64_string" in body:
            return to_bytes(body["base64_string"], base64_text=True)
        if "string" in body:
            body = body["string"]
    if isinstance(body, (Mapping, list)):
        return json.dumps(body).encode()
    return to_bytes(body)


FORMAT = Format("vcr", "vcrpy cassettes, YAML or JSON", "a list of `interactions`", fits, read, View(filters=True))
