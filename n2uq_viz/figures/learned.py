"""What N2UQ learns, as data and in words: how the expectation answers to each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots
from n2uq_viz.figures.article import equal_steps
from n2uq_viz.figures.judged import is_one_ramp
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import estimate_of, settle
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from n2uq_viz.checks import FloatArray

View = tuple[float, float]


def parameter_line(q: Quantizer, k: int, view: View) -> tuple[FloatArray, FloatArray]:
    """Return the derivative of the expectation by a parameter, over `view`, as a line (x, y).

    `k` is 0 for the start s, the first edge, and i = 1..L for the interval a_i; units are output
    per input. A change of a_i moves all edges from b_i on: before its segment nothing changes, on
    it the derivative goes from 0 to minus the slope, and from there on it is minus each slope.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on threshold learning.

    >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
    >>> x, y = parameter_line(q, 1, (-1.0, 4.0))
    >>> x, y
    (array([-1.,  0.,  0.,  1.,  1.,  3.,  3.,  4.]), \
array([ 0. ,  0. , -0. , -1. , -0.5, -0.5,  0. ,  0. ]))
    """
    low, high = view
    x, y = [low], [0.0]
    if low < q.edges[0]:
        x, y = [low, min(float(q.edges[0]), high)], [0.0, 0.0]
    for i in range(1, q.levels.size):
        start, width = float(q.edges[i - 1]), float(q.intervals[i - 1])
        slope = float(q.slopes[i - 1])
        ends = [max(start, low), min(float(q.edges[i]), high)]
        if ends[0] >= ends[1]:
            continue
        shares = [float(i > k), float(i > k)]
        if i == k:
            shares = [(end - start) / width for end in ends]
        if len(x) == 1:
            x, y = [], []
        x += ends
        y += [-slope * share for share in shares]
    if high > q.edges[-1]:
        x += [max(float(q.edges[-1]), low), high]
        y += [0.0, 0.0]
    return np.array(x), np.array(y)


def claim(q: Quantizer) -> str:
    """Return what is true of segments and steps, in one line."""
    if q.thresholds.size == 1:
        key = "one"
    elif not equal_steps(q):
        key = "unequal"
    else:
        key = "same" if is_one_ramp(q) else "equal"
    return say(f"figure.figure4_n2uq.claim.{key}", step=short(float(np.diff(q.levels)[0])))


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state)
    q = Quantizer(shown["edges"], shown["levels"])
    found = estimate_of(shown)
    half_width = "" if found.half_width is None else short(found.half_width)
    equal = equal_steps(q)
    parts = ["equal" if equal else "unequal", "gradients"]
    if np.any(found.near_edge & np.isfinite(found.mean)):
        parts.append("rings")
    if np.any(q.slopes > plots.gradient_top(q)):
        parts.append("cut")
    parts.append("source")
    return parts, {
        "claim": claim(q),
        "steps": str(q.thresholds.size),
        "count": str(q.levels.size),
        "low": short(float(q.edges[0])),
        "high": short(float(q.edges[-1])),
        "edges": number_list(q.edges.tolist()),
        "intervals": number_list(q.intervals.tolist()),
        "thresholds": number_list(q.thresholds.tolist()),
        "levels": number_list(q.levels.tolist()),
        "step": short(float(np.diff(q.levels)[0])),
        "rises": number_list(np.diff(q.levels).tolist()),
        "slopes": number_list(q.slopes.tolist()),
        "draws": f"{shown['draws']:,}",
        "method": say(f"figure.threshold.{found.method}", half_width=half_width),
    }
