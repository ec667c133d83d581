"""Thresholds on their way to less error: the smallest run of learning that a picture can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.quantizer import Quantizer

STEPS, RATE = 60, 0.2


@dataclass(frozen=True)
class Descent:
    """A quantizer on its way: edges after every step, (steps + 1, L + 1), and the loss there."""

    edges: FloatArray
    loss: FloatArray
    best: FloatArray


def target(x: FloatArray) -> FloatArray:
    """Return what the quantizer is to output: a square root from 0 to 2."""
    return np.sqrt(2.0 * x)


def descend(steps: int = STEPS, rate: float = RATE, samples: int = 2000) -> Descent:
    """Let the thresholds of a uniform 2-bit quantizer learn `target` by G-STE.

    Full-batch descent on the mean squared error of the deterministic output over inputs spread
    evenly over [0, 2]; the gradient of the edges is that of the expectation, as in Liu et al.,
    CVPR 2022. `best` holds the thresholds of least error, where the target passes midway between
    two levels: G-STE ends near them, not at them.

    >>> run = descend()
    >>> bool(run.loss[-1] < 0.25 * run.loss[0])
    True
    """
    q = Quantizer.uniform(2)
    x = np.linspace(1.0 / samples, 2.0 - 1.0 / samples, samples)
    wanted = target(x)
    edges, loss = [q.edges], []
    for _ in range(steps + 1):
        error = q(x) - wanted
        loss.append(float(np.mean(error**2)))
        k = q.segment(x)
        inside = (k >= 1) & (k < q.edges.size)
        i, position = k[inside], x[inside]
        along = (position - q.edges[i - 1]) / q.intervals[i - 1]
        # Of the ramp of a segment: how its height at x changes with its two ends.
        pull = 2.0 / samples * error[inside] * q.slopes[i - 1]
        gradient = np.zeros(q.edges.size)
        np.add.at(gradient, i - 1, -pull * (1.0 - along))
        np.add.at(gradient, i, -pull * along)
        q = Quantizer(q.edges - rate * gradient, q.levels)
        edges.append(q.edges)
    middle = 0.5 * (q.levels[:-1] + q.levels[1:])
    return Descent(np.array(edges[:-1]), np.array(loss), 0.5 * middle**2)
