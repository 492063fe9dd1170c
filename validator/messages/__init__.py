"""The sentences AWS answers when input is wrong: written, read back, and compared."""

from validator.messages.compare import same_complaint
from validator.messages.complaint import ServiceViolation, complaints
from validator.messages.parse import parse
from validator.messages.render import render
from validator.messages.serialization import serialization_message

__all__ = ["ServiceViolation", "complaints", "parse", "render", "same_complaint", "serialization_message"]
