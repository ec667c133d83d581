"""Edges that follow G-STE: gradient descent small enough to be watched.

A quantizer is to output a target. The loss is the mean squared error of its deterministic output;
the gradient of the edges is that of the expectation, as in N2UQ (Liu et al., CVPR 2022, arXiv
2111.14826). A sample inside segment i pushes the two edges of that segment and no other: the ramp
there is y_{i-1} + (y_i - y_{i-1}) (x - b_{i-1}) / a_i. Samples outside the outer edges push none.

N2UQ trains a start and intervals. Their gradient is that of the edges added up from the right:
moving the start moves all edges, and interval k all edges from k on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz import datasets
from n2uq_viz.checks import (
    FloatArray,
    choice,
    increasing,
    instance,
    number,
    real_array,
    whole_number,
)
from n2uq_viz.quantizer import Quantizer

__all__ = [
    "TARGETS",
    "Descent",
    "Samples",
    "descend",
    "edge_gradient",
    "follows",
    "loss",
    "of_state",
    "parameter_gradient",
    "pushes",
    "samples",
]

#: What the quantizer is to output; "data": the inputs themselves, taken from data.
TARGETS = ("identity", "sqrt", "sigmoid", "step", "sine", "data")
#: Inputs spread evenly, where the target is a function.
COUNT = 200
#: Steepness of the sigmoid, per length of the range.
_SIGMOID_RATE = 8.0
#: Decimals of exp and sin, whose last digits are not the same everywhere. Each sample that an edge
#: crosses makes a jump: from another last digit, a large rate makes another way.
_DECIMALS = 10
#: A state that was written down may have lost digits; hands move edges farther.
_SAME = 1e-6
#: No step makes a segment narrower than this, or than it is, in units of x.
MIN_WIDTH = 1e-3
#: Where an edge stops that a huge step throws out.
FAR = 1e99
#: Keys of a state on which the way of a descent depends.
_COURSE = ("target", "data", "levels", "start", "learning_rate")


@dataclass(frozen=True)
class Samples:
    """Inputs, what is wanted there, and weights that add up to 1; three arrays of shape (n,)."""

    x: FloatArray
    wanted: FloatArray
    weight: FloatArray


@dataclass(frozen=True)
class Descent:
    """A quantizer on its way: edges after every step, (steps + 1, L + 1), and the loss there."""

    edges: FloatArray
    loss: FloatArray


def samples(
    target: str,
    levels: ArrayLike,
    summary: Mapping[str, Any] | None = None,
    count: int = COUNT,
) -> Samples:
    """Return what a quantizer with these levels is to learn.

    Parameters
    ----------
    target
        One of ``TARGETS``: a function from the range of the levels onto itself, of `count` inputs
        spread evenly over it; or ``"data"``, where output and input are to be the same.
    levels
        Output levels, increasing, shape (L + 1,).
    summary
        The data, as ``n2uq_viz.datasets.summarize`` returns them; needed for ``"data"`` only.

    Raises
    ------
    ValueError
        No such target, levels that do not increase, or no data where they are needed.

    Examples
    --------
    >>> found = samples("sqrt", [0.0, 2.0], count=4)
    >>> found.x, found.wanted.round(2)
    (array([0.25, 0.75, 1.25, 1.75]), array([0.71, 1.22, 1.58, 1.87]))
    """
    choice("target", target, TARGETS)
    ends = increasing("levels", levels)[[0, -1]]
    low, span = float(ends[0]), float(ends[1] - ends[0])
    if target == "data":
        if summary is None:
            raise ValueError('the target "data" needs a summary of data, got None')
        x, counts = datasets.points(datasets.check_summary(summary))
        return Samples(x, x, counts / np.sum(counts))
    count = whole_number("count", count, 1, 10**7)
    u = (np.arange(count) + 0.5) / count
    if target == "sqrt":
        shape = np.sqrt(u)
    elif target == "sigmoid":
        shape = np.round(1.0 / (1.0 + np.exp(-_SIGMOID_RATE * (u - 0.5))), _DECIMALS)
    elif target == "step":
        shape = np.where(u > 0.5, 1.0, 0.0)
    elif target == "sine":
        shape = np.round(0.5 + 0.5 * np.sin(2.0 * np.pi * u), _DECIMALS)
    else:
        shape = u
    return Samples(low + span * u, low + span * shape, np.full(count, 1.0 / count))


def loss(q: Quantizer, learned: Samples) -> float:
    """Return the mean squared error of the deterministic output, in output units squared.

    Infinite where it is more than a float holds.

    >>> round(loss(Quantizer.uniform(2), samples("identity", [0.0, 2.0])), 4)
    0.037
    """
    _check(q, learned)
    with np.errstate(over="ignore"):
        return float(np.sum(learned.weight * (q(learned.x) - learned.wanted) ** 2))


def _check(q: Quantizer, learned: Samples) -> None:
    instance("q", q, Quantizer, "make one by Quantizer(edges, levels)")
    instance("learned", learned, Samples, "make them by samples(target, levels)")


def pushes(q: Quantizer, learned: Samples) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Return where each sample pushes which edges, by minus its part of the loss's gradient.

    Returns
    -------
    segment
        Number of the segment around each sample, shape (n,): 0 and L + 1 are outside.
    left, right
        Push on the left and on the right edge of that segment, shape (n,), in units of loss per
        unit of x; positive to the right, 0 outside.

    Source: mathematically the derivative of the expectation, Liu et al., CVPR 2022,
    arXiv 2111.14826, equations for the intervals, written for edges.

    >>> q = Quantizer([0.0, 2.0], [0.0, 2.0])
    >>> pushes(q, Samples(np.array([0.5]), np.array([1.0]), np.array([1.0])))[1:]
    (array([-1.5]), array([-0.5]))
    """
    _check(q, learned)
    segment = q.segment(learned.x)
    inside = (segment >= 1) & (segment < q.edges.size)
    i = np.clip(segment, 1, q.edges.size - 1)
    # What is far outside may overflow: it pushes nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        upstream = np.where(inside, 2.0 * learned.weight * (q(learned.x) - learned.wanted), 0.0)
        pull = upstream * q.slopes[i - 1]
        along = np.where(inside, (learned.x - q.edges[i - 1]) / q.intervals[i - 1], 0.0)
    return segment, pull * (1.0 - along), pull * along


def edge_gradient(q: Quantizer, learned: Samples) -> FloatArray:
    """Return the gradient of the loss with respect to the edges, shape (L + 1,).

    It is minus the sum of `pushes`, edge by edge.

    >>> q = Quantizer.uniform(2)  # where squared error wants it: and yet the outer edges move
    >>> edge_gradient(q, samples("identity", q.levels, count=30000)).round(4) + 0.0
    array([ 0.0185,  0.    ,  0.    , -0.0185])
    """
    segment, left, right = pushes(q, learned)
    inside = (segment >= 1) & (segment < q.edges.size)
    gradient = np.zeros(q.edges.size)
    np.add.at(gradient, segment[inside] - 1, -left[inside])
    np.add.at(gradient, segment[inside], -right[inside])
    return gradient


def parameter_gradient(gradient: ArrayLike) -> tuple[float, FloatArray]:
    """Return the gradient of N2UQ's start and intervals, shape (L,), from that of the edges.

    >>> parameter_gradient([1.0, 2.0, 3.0])
    (6.0, array([5., 3.]))
    """
    found = real_array("gradient", gradient)
    if found.ndim != 1 or found.size < 2:
        raise ValueError(
            f"gradient must hold a number for each edge, at least 2, got shape {found.shape}"
        )
    sums = np.cumsum(found[::-1])[::-1]
    return float(sums[0]), sums[1:]


def _next(q: Quantizer, learned: Samples, rate: float) -> Quantizer:
    """Return the quantizer after one step; no segment gets narrower than the least width."""
    with np.errstate(over="ignore", invalid="ignore"):
        step = np.nan_to_num(rate * edge_gradient(q, learned), nan=0.0, posinf=FAR, neginf=-FAR)
    wanted = np.clip(q.edges - step, -FAR, FAR).tolist()
    rooms = np.minimum(q.intervals, MIN_WIDTH).tolist()
    edges = wanted[:1]
    for room, edge in zip(rooms, wanted[1:], strict=True):
        edges.append(max(edge, edges[-1] + room, float(np.nextafter(edges[-1], np.inf))))
    return Quantizer(edges, q.levels)


def descend(q: Quantizer, learned: Samples, steps: int, rate: float) -> Descent:
    """Let the edges of a quantizer follow G-STE, `steps` times the whole of the samples.

    Parameters
    ----------
    q
        Where the descent starts.
    learned
        What is to be learned.
    steps
        From 0 on.
    rate
        Learning rate, positive: units of x per unit of gradient.

    Raises
    ------
    ValueError
        One of them breaks its rule.

    Examples
    --------
    >>> q = Quantizer.uniform(2)
    >>> run = descend(q, samples("sqrt", q.levels), steps=60, rate=0.2)
    >>> run.edges.shape, bool(run.loss[-1] < 0.25 * run.loss[0])
    ((61, 4), True)
    """
    _check(q, learned)
    steps = whole_number("steps", steps, 0, 10**6)
    rate = number("rate", rate)
    if not rate > 0.0:
        raise ValueError(f"rate must be a positive number, got {rate:g}")
    edges, losses = [q.edges], [loss(q, learned)]
    for _ in range(steps):
        q = _next(q, learned, rate)
        edges.append(q.edges)
        losses.append(loss(q, learned))
    return Descent(np.array(edges), np.array(losses))


def of_state(state: Mapping[str, Any]) -> tuple[Samples, Descent]:
    """Return what a state of the Gradient-flow explorer learns, and its way from the start.

    >>> from n2uq_viz.state import validate
    >>> q = Quantizer.uniform(1)
    >>> state = validate({"version": 1, **q.to_dict()}, "gradient-flow")
    >>> of_state(state)[1].edges
    array([[0., 2.]])
    """
    learned = _learned(state)
    q = Quantizer(state["start"], state["levels"])
    return learned, descend(q, learned, state["steps"], state["learning_rate"])


def _learned(state: Mapping[str, Any]) -> Samples:
    data, summary = state["data"], None
    if state["target"] == "data":
        summary = datasets.summary(data) if isinstance(data, str) else data
    return samples(state["target"], state["levels"], summary)


def follows(state: Mapping[str, Any]) -> bool:
    """Whether the steps of a state lead from its start to its edges, but for rounding."""
    way = _way(json.dumps({key: state[key] for key in _COURSE}))
    end = way.at(state["steps"])
    span = max(abs(value) for value in (*state["edges"], *state["start"]))
    return bool(np.max(np.abs(np.array(state["edges"]) - end)) <= _SAME * span)


class _Way:
    """A descent that goes on from where it was: a state that is played asks for one step more."""

    def __init__(self, learned: Samples, start: Quantizer, rate: float) -> None:
        self.learned, self.rate = learned, rate
        self.way = [start]

    def at(self, step: int) -> FloatArray:
        while len(self.way) <= step:
            self.way.append(_next(self.way[-1], self.learned, self.rate))
        return self.way[step].edges


@lru_cache(maxsize=16)
def _way(course: str) -> _Way:
    state = json.loads(course)
    start = Quantizer(state["start"], state["levels"])
    return _Way(_learned(state), start, state["learning_rate"])
