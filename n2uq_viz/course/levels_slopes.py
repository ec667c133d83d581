"""Exercises of the notebook on many levels whose answer is a function: a slope per segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Exercise, Mistake
from n2uq_viz.course.levels_predictions import UNEVEN
from n2uq_viz.quantizer import Quantizer

__all__ = ["GSTE", "MENDED_SLOPE"]

# --- Exercise: write G-STE -----------------------------------------------------------------------

#: What a learner's function is tried on: other widths, other rises, another number of segments.
TRIED = (UNEVEN, Quantizer([-2.0, -1.5, 1.0, 2.0, 4.0], [-1.0, 1.0, 2.0, 4.0, 4.5]))


def _points(q: Quantizer) -> FloatArray:
    """Inputs on all edges, in both halves of each segment, and outside."""
    low, high = q.edges[0] - 0.7, q.edges[-1] + 0.7
    quarters = q.edges[:-1] + 0.25 * q.intervals
    return np.array([low, *q.edges, *quarters, *(quarters + 0.5 * q.intervals), high])


def _tried(rule: Callable[[Quantizer, FloatArray], FloatArray]) -> FloatArray:
    """A rule's values at all points of all quantizers, in the order in which they are read."""
    return np.concatenate([rule(q, _points(q)) for q in TRIED])


def _read_gste(answer: Any) -> FloatArray:
    """A function of (x, edges, levels), as its values on the quantizers that are tried."""
    found = []
    for q in TRIED:
        given = answer
        if callable(answer):

            def given(x: Any, q: Quantizer = q) -> Any:
                return answer(x, q.edges.copy(), q.levels.copy())

        found.append(function(_points(q))(given))
    return np.concatenate(found)


def _padded(of: FloatArray, x: FloatArray, slopes: FloatArray) -> FloatArray:
    """Slopes that change at the places ``of``, 0 below the first."""
    padded = np.concatenate(([0.0], slopes, [0.0]))
    return padded[np.searchsorted(of, x, side="left")]


def _from_the_right(q: Quantizer, x: FloatArray) -> FloatArray:
    padded = np.concatenate(([0.0], q.slopes, [0.0]))
    return padded[np.searchsorted(q.edges, x, side="right")]


def _closed(q: Quantizer, x: FloatArray) -> FloatArray:
    return np.where(x == q.edges[0], q.slopes[0], q.gradient(x))


def _open(q: Quantizer, x: FloatArray) -> FloatArray:
    return np.where(x == q.edges[-1], 0.0, _from_the_right(q, x))


def _with(slopes: Callable[[Quantizer], FloatArray]) -> Callable[[Quantizer, FloatArray], Any]:
    return lambda q, x: _padded(q.edges, x, slopes(q))


def _is(*rules: Callable[[Quantizer, FloatArray], FloatArray]) -> Callable[[FloatArray], bool]:
    wanted = [near(_tried(rule)) for rule in rules]
    return lambda v: any(test(v) for test in wanted)


def _as_answer(rule: Callable[[Quantizer, Any], Any]) -> Callable[..., Any]:
    """A learner's function that does what a rule says."""
    return lambda x, edges, levels: rule(Quantizer(edges, levels), np.float64(x))


def _between_thresholds(q: Quantizer, x: FloatArray) -> FloatArray:
    return _padded(q.thresholds, x, q.slopes)


def _one(q: Quantizer) -> FloatArray:
    return np.ones(q.slopes.size)


def _whole_range(q: Quantizer) -> FloatArray:
    return np.diff(q.levels) / float(np.sum(q.intervals))


_INSIDE = _tried(lambda q, x: q.edges[0] < x) * _tried(lambda q, x: x <= q.edges[-1]) == 1.0
_GSTE = _tried(lambda q, x: q.gradient(x))

GSTE = Exercise(
    name="gste",
    read=_read_gste,
    is_right=near(_GSTE),
    mistakes=(
        Mistake("closed", _is(_closed), (_as_answer(_closed),)),
        Mistake(
            "from_the_right",
            _is(_from_the_right, _open, lambda q, x: np.maximum(_open(q, x), _closed(q, x))),
            (_as_answer(_from_the_right),),
        ),
        Mistake(
            "not_gated",
            lambda v: near(_GSTE[_INSIDE])(v[_INSIDE]),
            (
                lambda x, b, y: (
                    np.diff(y)[min(max(np.searchsorted(b, x) - 1, 0), len(b) - 2)]
                    / np.diff(b)[min(max(np.searchsorted(b, x) - 1, 0), len(b) - 2)]
                ),
            ),
        ),
        Mistake(
            "thresholds",
            _is(_between_thresholds),
            (_as_answer(_between_thresholds),),
        ),
        Mistake(
            "one_slope",
            _is(lambda q, x: q.ste_gradient(x), lambda q, x: q.ste_gradient(x, "unit")),
            (
                _as_answer(lambda q, x: q.ste_gradient(x)),
                lambda x, b, _y: 1.0 if b[0] < x <= b[-1] else 0.0,
            ),
        ),
        Mistake(
            "whole_range",
            _is(_with(_whole_range)),
            (_as_answer(_with(_whole_range)),),
        ),
        Mistake(
            "upside_down",
            _is(_with(lambda q: 1.0 / q.slopes)),
            (_as_answer(_with(lambda q: 1.0 / q.slopes)),),
        ),
        Mistake(
            "no_rise",
            _is(_with(lambda q: 1.0 / q.intervals)),
            (_as_answer(_with(lambda q: 1.0 / q.intervals)),),
        ),
        Mistake(
            "no_width",
            _is(_with(lambda q: np.diff(q.levels))),
            (_as_answer(_with(lambda q: np.diff(q.levels))),),
        ),
        Mistake(
            "forward",
            _is(lambda q, x: q.expectation(x), lambda q, x: q(x)),
            (
                _as_answer(lambda q, x: q.expectation(x)),
                lambda x, b, y: np.interp(x, b, y),
                _as_answer(lambda q, x: q(x)),
            ),
        ),
        Mistake("derivative", near(np.zeros(_GSTE.size)), (lambda _x, _b, _y: 0.0,)),
    ),
    solution="""\
def gste(x, edges, levels):
    i = np.searchsorted(edges, x)  # how many edges are below x
    if i == 0 or i == len(edges):
        return 0.0
    return (levels[i] - levels[i - 1]) / (edges[i] - edges[i - 1])""",
    right_answers=(
        lambda x, edges, levels: Quantizer(edges, levels).gradient(x),
        lambda x, edges, levels: sum(
            (levels[i] - levels[i - 1]) / (edges[i] - edges[i - 1]) * (edges[i - 1] < x <= edges[i])
            for i in range(1, len(edges))
        ),
        lambda x, edges, levels: np.sum(
            np.diff(levels) / np.diff(edges) * ((edges[:-1] < x) & (x <= edges[1:]))
        ),
        _as_answer(lambda q, x: sum(part.gradient(x) for part in q.parts())),
    ),
)

# --- Exercise: find the bug ----------------------------------------------------------------------

_SHOWN = np.array([-0.3, 0.1, 0.4, 0.7, 1.0, 1.4, 1.6, 1.9, 2.3])
_SLOPES = UNEVEN.gradient(_SHOWN)


def _slope_by(
    places: Any = lambda: UNEVEN.edges,
    closed: int = 4,
    width: Any = lambda i: UNEVEN.edges[i] - UNEVEN.edges[i - 1],
) -> Callable[[Any], float]:
    """A learner's ``mended_slope`` with one thing changed."""

    def mended_slope(x: Any) -> float:
        i = int(np.searchsorted(places(), x))
        if i == 0 or i == closed:
            return 0.0
        return float((UNEVEN.levels[i] - UNEVEN.levels[i - 1]) / width(i))

    return mended_slope


_BUGGY = np.array([_slope_by(lambda: UNEVEN.thresholds)(x) for x in _SHOWN])

MENDED_SLOPE = Exercise(
    name="mended_slope",
    read=function(_SHOWN),
    is_right=near(_SLOPES),
    mistakes=(
        Mistake("unchanged", near(_BUGGY), (_slope_by(lambda: UNEVEN.thresholds),)),
        Mistake(
            "gate_only",
            lambda v: near(np.where(_SHOWN > 2.0, 0.0, _BUGGY))(v),
            (lambda x: 0.0 if x > 2.0 else _slope_by(lambda: UNEVEN.thresholds)(x),),
        ),
        Mistake("derivative", near(np.zeros(_SHOWN.size)), (lambda _x: 0.0,)),
        Mistake(
            "one_off",
            lambda v: (
                near(UNEVEN.gradient(_SHOWN + 0.5)[2:4])(v[2:4]) or near(_SLOPES[0:1])(v[1:2])
            ),
            (
                _slope_by(lambda: UNEVEN.edges[1:]),
                lambda x: _slope_by(lambda: UNEVEN.edges[1:], closed=5)(x),
            ),
        ),
        Mistake(
            "threshold_widths",
            lambda v: near(2 / 3 / 0.75)(v[2]),
            (_slope_by(width=lambda _i: 0.75),),
        ),
        Mistake(
            "one_slope",
            near(UNEVEN.ste_gradient(_SHOWN)),
            (UNEVEN.ste_gradient, lambda x: 1.0 if 0 < x <= 2 else 0.0),
        ),
    ),
    solution="""\
def mended_slope(x):
    i = np.searchsorted(q.edges, x)
    if i == 0 or i == len(q.edges):
        return 0.0
    return (q.levels[i] - q.levels[i - 1]) / (q.edges[i] - q.edges[i - 1])""",
    right_answers=(
        _slope_by(),
        UNEVEN.gradient,
        lambda x: 4 / 3 if 0 < x < 0.5 or 1.5 < x < 2 else 2 / 3 if 0.5 <= x <= 1.5 else 0,
    ),
)
