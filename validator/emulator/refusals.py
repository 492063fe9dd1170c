"""What an operation is refused with: a modelled error's code and one sentence."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of this program
    """An operation that is not carried out: `code` is the error's code on the wire."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(code, message)
