"""Targets: something that carries out an operation and answers, whatever lies between.

Every target takes an operation and a canonical instance, possibly broken on purpose, and gives an `Exchange`; or
`Unchecked` with the reason, when the instance cannot be put on the wire or the target does not offer the operation.
"""

from validator.transport.client import ClientTarget
from validator.transport.http import HttpTarget
from validator.transport.memory import MemoryTarget
from validator.transport.moto import MotoTarget
from validator.transport.target import Answer, Limited, Target
from validator.transport.wire import Message, decode, encode, from_json, to_json

__all__ = [
    "Answer",
    "ClientTarget",
    "HttpTarget",
    "Limited",
    "MemoryTarget",
    "Message",
    "MotoTarget",
    "Target",
    "decode",
    "encode",
    "from_json",
    "to_json",
]
