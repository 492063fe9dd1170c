"""botocore's `examples-1.json`: what AWS wrote down as an example of each operation."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from validator import services
from validator import validate as validating
from validator.exchange import Exchange
from validator.recordings.recording import Format, Read, Recording, View
from validator.reshape import Schema, Spelling, is_base64, json_scalar, reshape


def _scalar(schema: Schema, value: Any) -> Any:
    if schema.get("contentEncoding") == "base64" and isinstance(value, str) and not is_base64(value):
        # Examples hold blobs as boto3 takes them: plain text.
        return base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
    return json_scalar(schema, value)


_SPELLING = Spelling("examples", scalar=_scalar)


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a file of examples."""
    if not isinstance(document, Mapping) or not isinstance(document.get("examples"), Mapping):
        return False
    return all(isinstance(each, list) for each in document["examples"].values())


def read(document: Any, recording: Recording) -> Read:
    """Each example of each operation; the service is named by the folder, as botocore lays its data out."""
    service = recording.service
    if service is None:
        folders = recording.path.parts[-3:-1]
        service = next((name for name in reversed(folders) if name in services.known()), None)
    if service is None:
        yield recording.unchecked("examples do not say whose they are; pass --service", 0)
        return
    contract = validating.load(service)
    index = -1
    for name, examples in document["examples"].items():
        for example in examples:
            index += 1
            if name not in contract.operations:
                yield recording.unchecked(f"{service} has no operation {name!r}", index, service=service)
                continue
            operation = contract.operation(name)
            parts = {}
            for direction, part in (("request", "input"), ("response", "output")):
                shape = operation.shape(direction)
                if isinstance(example, Mapping) and isinstance(example.get(part), Mapping):
                    instance = example[part]
                    parts[direction] = (
                        instance if shape is None else reshape(contract, contract.define(shape), instance, _SPELLING)
                    )
            yield Exchange(service, name, **parts, location=recording.at(index))


FORMAT = Format("examples", "botocore's examples-1.json", "`examples`: operation to a list", fits, read, View())
