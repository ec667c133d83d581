"""What every run tries, and what only a thorough one: ``make test THOROUGH=1``.

Some checks have more combinations than anybody waits for. Every run takes each value of each
choice, and a thorough one all combinations of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

THOROUGH = os.environ.get("N2UQ_VIZ_THOROUGH", "") not in ("", "0")


def in_turn(cases: Mapping[str, Sequence[Any]], values: Sequence[Any]) -> list[Any]:
    """Parameters of a test: every case with the next of some values, or with all of them.

    `cases` has the parameters of each case by its name; the value comes behind them.
    """
    return [
        pytest.param(*parameters, value, id=f"{name}, {value}")
        for k, (name, parameters) in enumerate(cases.items())
        for value in (values if THOROUGH else [values[k % len(values)]])
    ]
