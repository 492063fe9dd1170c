"""An interrupt heard where it does no harm: before a call, or while an answer is waited for.

Python raises KeyboardInterrupt wherever it happens to be, even where exceptions are ignored (a finalizer, a callback of
the garbage collector), and there it is lost.
"""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class InsistedError(KeyboardInterrupt):
    """A second interrupt: whatever is being done is not waited for."""


class _State:
    asked = told = waiting = False
    again: threading.Timer | None = None


# Seconds after which a second interrupt is raised again: where that is surely needed, and where it may have been.
_IN_VAIN, _UNHEARD = 0.02, 1.0


@contextmanager
def heeded(*, insist: bool = True) -> Iterator[None]:
    """While inside, the first interrupt is raised by `heed` or `Waiting`, and a second at once, if `insist`.

    Only the main thread hears signals; in any other nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if _State.asked:
            if insist:
                in_vain = _in_vain(frame)
                _say_again(number, _IN_VAIN if in_vain else _UNHEARD)
                if not in_vain:
                    raise InsistedError
            return
        _State.asked = True
        if _State.waiting:
            heed()

    _State.asked = _State.told = _State.waiting = False
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        if _State.again is not None:
            _State.again.cancel()
        signal.signal(signal.SIGINT, before)
        _State.asked, _State.again = False, None


def _say_again(number: int, seconds: float) -> None:
    if _State.again is not None:
        _State.again.cancel()
    _State.again = threading.Timer(seconds, signal.raise_signal, (number,))
    _State.again.daemon = True
    _State.again.start()


def _in_vain(frame: FrameType | None) -> bool:
    """Whether what is raised here is ignored: Hypothesis has itself called by the garbage collector."""
    return frame is not None and any(getattr(each, "__code__", None) is frame.f_code for each in gc.callbacks)


def heed() -> None:
    """KeyboardInterrupt when there was an interrupt that nobody was told of."""
    if _State.asked and not _State.told:
        _State.told = True
        raise KeyboardInterrupt


class Waiting:
    """While inside, an interrupt is raised where it happens."""

    def __enter__(self) -> None:
        _State.waiting = True
        heed()

    def __exit__(self, *exception: object) -> None:
        _State.waiting = False


def sleep(seconds: float) -> None:
    """Wait, and be woken by an interrupt."""
    with Waiting():
        time.sleep(seconds)
