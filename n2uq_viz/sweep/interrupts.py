"""Ctrl-C at moments when it would do harm: it is heard a little later, or by one process only."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["interrupts_later", "start_deaf"]


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Let Ctrl-C wait until this is over, and raise KeyboardInterrupt then.

    An import of PyTorch that is interrupted ends in errors of all kinds.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread is ever interrupted
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt


@contextmanager
def start_deaf() -> Iterator[None]:
    """Let processes that start meanwhile never hear Ctrl-C, which a terminal sends to all.

    Whoever starts them hears it and tells them.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
