"""Thresholds on their way to less error: the smallest run of learning that a picture can show."""

from __future__ import annotations

import numpy as np

from n2uq_viz import descent
from n2uq_viz.checks import FloatArray
from n2uq_viz.quantizer import Quantizer

STEPS, RATE = 60, 0.2
START = Quantizer.uniform(2)


def descend() -> descent.Descent:
    """Let the thresholds of a uniform 2-bit quantizer learn a square root from 0 to 2.

    >>> run = descend()
    >>> bool(run.loss[-1] < 0.25 * run.loss[0])
    True
    """
    learned = descent.samples("sqrt", START.levels, count=2000)
    return descent.descend(START, learned, STEPS, RATE)


def best() -> FloatArray:
    """Return the thresholds of least error, where the square root is midway between two levels."""
    middle = 0.5 * (START.levels[:-1] + START.levels[1:])
    return np.asarray(0.5 * middle**2)
