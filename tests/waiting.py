"""Waiting for what other processes do: as long as it takes, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = 60.0) -> T:
    """Ask until the answer is true in Python's sense, and return it; fail after that time."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"not within {seconds:g} s"
        time.sleep(0.01)
    return answer
