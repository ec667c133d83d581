"""What the notebook on learning asks: who pushes an edge, gradients by hand, the best step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.course.learnable_thresholds_predictions import FIRST_PUSH, FROM_THE_BEST
from n2uq_viz.quantizer import Quantizer

SETUP = """\
import numpy as np
import n2uq_viz as nv

q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
"""
_Q = Quantizer.from_intervals([0.5, 1.0, 0.5])
_STEP = 2.0 / 3.0

# --- Exercise: one edge, all inputs --------------------------------------------------------------

#: Inputs outside, in segments 1 and 2, in segment 3 and outside: none lies on an edge.
_POINTS = np.array([-0.5, 0.3, 0.7, 1.0, 1.3, 1.6, 1.75, 1.9, 2.5])
_IN_2 = (_POINTS > 0.5) & (_POINTS < 1.5)
_IN_3 = (_POINTS > 1.5) & (_POINTS < 2.0)
_ALONG = _Q.step_probability(_POINTS)
_SLOPE = _Q.gradient(_POINTS)


def _tent(in_2: Any, in_3: Any) -> FloatArray:
    return np.where(_IN_2, in_2, np.where(_IN_3, in_3, 0.0))


_BY_EDGE = _tent(-_SLOPE * _ALONG, -_SLOPE * (1.0 - _ALONG))


def _by_edge(
    in_2: Callable[[float], float], in_3: Callable[[float], float], outside: float = 0.0
) -> Callable[[float], float]:
    """A learner's function, by segments; each part is given the share of the way along its own."""

    def by_edge(x: float) -> float:
        if 0.5 < x <= 1.5:
            return in_2(x - 0.5)
        return in_3((x - 1.5) / 0.5) if 1.5 < x <= 2.0 else outside

    return by_edge


BY_EDGE = Exercise(
    name="by_edge",
    read=function(_POINTS),
    is_right=near(_BY_EDGE),
    mistakes=(
        Mistake(
            "sign",
            near(-_BY_EDGE),
            (_by_edge(lambda p: _STEP * p, lambda p: 2.0 * _STEP * (1.0 - p)),),
        ),
        Mistake(
            "left_only",
            near(_tent(_BY_EDGE, 0.0)),
            (_by_edge(lambda p: -_STEP * p, lambda _p: 0.0),),
        ),
        Mistake(
            "right_only",
            near(_tent(0.0, _BY_EDGE)),
            (_by_edge(lambda _p: 0.0, lambda p: -2.0 * _STEP * (1.0 - p)),),
        ),
        Mistake(
            "shares_swapped",
            near(_tent(-_SLOPE * (1.0 - _ALONG), -_SLOPE * _ALONG)),
            (_by_edge(lambda p: -_STEP * (1.0 - p), lambda p: -2.0 * _STEP * p),),
        ),
        Mistake(
            "same_share",
            lambda v: (
                near(_tent(-_SLOPE * _ALONG, -_SLOPE * _ALONG))(v)
                or near(_tent(-_SLOPE * (1.0 - _ALONG), -_SLOPE * (1.0 - _ALONG)))(v)
            ),
            (
                _by_edge(lambda p: -_STEP * p, lambda p: -2.0 * _STEP * p),
                _by_edge(lambda p: -_STEP * (1.0 - p), lambda p: -2.0 * _STEP * (1.0 - p)),
            ),
        ),
        Mistake(
            "one_slope",
            lambda v: any(
                near(_tent(-slope * _ALONG, -slope * (1.0 - _ALONG)))(v)
                for slope in (1.0, _STEP, 2.0 * _STEP)
            ),
            (
                _by_edge(lambda p: -_STEP * p, lambda p: -_STEP * (1.0 - p)),
                _by_edge(lambda p: -p, lambda p: -(1.0 - p)),
            ),
        ),
        Mistake(
            "whole_slope",
            near(_tent(-_SLOPE, -_SLOPE)),
            (_by_edge(lambda _p: -_STEP, lambda _p: -2.0 * _STEP),),
        ),
        Mistake(
            "other_input",
            lambda v: near(_SLOPE)(v) or near(-_SLOPE)(v),
            (_Q.gradient, lambda x: -_Q.gradient(x)),
        ),
        Mistake(
            "outside",
            lambda v: near(_BY_EDGE[_IN_2 | _IN_3])(v[_IN_2 | _IN_3]),
            (
                _by_edge(lambda p: -_STEP * p, lambda p: -2.0 * _STEP * (1.0 - p), 1.0),
                lambda x: -_STEP * (x - 0.5) if x <= 1.5 else -2.0 * _STEP * (2.0 - x) / 0.5,
            ),
        ),
        Mistake("staircase", near(np.zeros(_POINTS.size)), (lambda _x: 0.0,)),
    ),
    solution="""\
def by_edge(x):
    if 0.5 < x <= 1.5:
        return -(2 / 3) / 1.0 * (x - 0.5) / 1.0
    if 1.5 < x <= 2:
        return -(2 / 3) / 0.5 * (1 - (x - 1.5) / 0.5)
    return 0""",
    right_answers=(
        _by_edge(lambda p: -_STEP * p, lambda p: -2.0 * _STEP * (1.0 - p)),
        lambda x: np.where(
            (x > 0.5) & (x < 1.5),
            -(x - 0.5) / 1.5,
            np.where((x > 1.5) & (x < 2), 8 * (x - 2) / 3, 0),
        ),
        lambda x: (
            (
                _Q.move_edge(2, 1.5 + 1e-6).expectation(x)
                - _Q.move_edge(2, 1.5 - 1e-6).expectation(x)
            )
            / 2e-6
        ),
    ),
)

# --- Exercise: who pushes ------------------------------------------------------------------------

_INPUTS = np.array([-0.2, 0.3, 0.6, 1.2, 1.7, 2.4])
_PUSHING = _INPUTS[1:4]


def _read_inputs(answer: Any) -> FloatArray:
    """The inputs, whatever their order; one that is given twice counts once."""
    return np.unique(numbers()(answer))


WHO_PUSHES = Exercise(
    name="who_pushes",
    read=_read_inputs,
    is_right=near(_PUSHING),
    mistakes=(
        Mistake("unknown", lambda v: not np.isin(v, _INPUTS).all(), ([2, 3, 4], [0.5, 1.0])),
        Mistake("all", near(_INPUTS), ([-0.2, 0.3, 0.6, 1.2, 1.7, 2.4],)),
        Mistake(
            "saturated",
            lambda v: bool(np.isin((-0.2, 2.4), v).any()),
            ([-0.2, 0.3, 0.6, 1.2], [0.3, 0.6, 1.2, 2.4]),
        ),
        Mistake("edge_2", near(_INPUTS[2:5]), ([0.6, 1.2, 1.7],)),
        Mistake("inside", near(_INPUTS[1:5]), ([0.3, 0.6, 1.2, 1.7],)),
        Mistake("left_only", near(_INPUTS[1:2]), ([0.3], 0.3)),
        Mistake("right_only", near(_INPUTS[2:4]), ([0.6, 1.2],)),
        Mistake("nearest", near(_INPUTS[1:3]), ([0.3, 0.6], [0.6, 0.3])),
    ),
    solution="answer = [0.3, 0.6, 1.2]",
    right_answers=([0.3, 0.6, 1.2], [1.2, 0.3, 0.6], "0.3; 0.6; 1.2", np.array([0.3, 0.6, 1.2])),
)

# --- Exercise: by hand ---------------------------------------------------------------------------

WIDTHS, AT, UPSTREAM = np.array([0.4, 0.8, 0.8]), 0.56, 2.4
_PULL = UPSTREAM * _STEP / WIDTHS[1]
_SHARE = (AT - WIDTHS[0]) / WIDTHS[1]
_BY_HAND = -_PULL * np.array([1.0, 1.0, _SHARE, 0.0])


def _second(share: float) -> Callable[[FloatArray], bool]:
    """Whether all is right but the share that interval 2 has."""
    return near([_BY_HAND[0], _BY_HAND[1], -_PULL * share, 0.0])


BY_HAND = Exercise(
    name="by_hand",
    read=numbers(),
    is_right=near(_BY_HAND),
    mistakes=(
        Mistake("count", lambda v: v.shape != (4,), (-2, [-2, -0.4, 0], [-2, -2, -0.4])),
        Mistake("sign", near(-_BY_HAND), ([2, 2, 0.4, 0],)),
        Mistake("no_upstream", near(_BY_HAND / UPSTREAM), (_BY_HAND / 2.4,)),
        Mistake("of_edges", near([0.0, -1.6, -0.4, 0.0]), ([0, -1.6, -0.4, 0],)),
        Mistake("left_share", _second(1.0 - _SHARE), ([-2, -2, -1.6, 0],)),
        Mistake("not_divided", _second(AT - WIDTHS[0]), ([-2, -2, -0.32, 0],)),
        Mistake(
            "from_zero",
            lambda v: any(_second(AT / width)(v) for width in (0.8, 1.0, 1.2)),
            ([-2, -2, -1.4, 0], [-2, -2, -1.12, 0]),
        ),
        Mistake("whole", _second(1.0), ([-2, -2, -2, 0],)),
        Mistake("own_width", near([-2.0, -4.0, -0.4, 0.0]), ([-2, -4, -0.4, 0],)),
        Mistake(
            "one_slope",
            near(_BY_HAND * UPSTREAM / _PULL),
            ([-2.4, -2.4, -0.48, 0],),
        ),
        Mistake(
            "later",
            lambda v: near(_BY_HAND[:3])(v[:3]) or near([-2.0] * 4)(v),
            ([-2, -2, -0.4, -2], [-2, -2, -2, -2], [-2, -2, -0.4, -0.4]),
        ),
        Mistake(
            "own_only",
            lambda v: near([-2.0, 0.0, -0.4, 0.0])(v) or near([0.0, 0.0, -0.4, 0.0])(v),
            ([-2, 0, -0.4, 0], [0, 0, -0.4, 0]),
        ),
        Mistake("start_still", near([0.0, *_BY_HAND[1:]]), ([0, -2, -0.4, 0],)),
    ),
    solution="""\
pull = 2.4 * (2 / 3) / 0.8
share = (0.56 - 0.4) / 0.8
answer = [-pull, -pull, -pull * share, 0]""",
    right_answers=([-2, -2, -0.4, 0], "-2; -2; -2/5; 0", _BY_HAND, [-2.0, "-2", "-2/5", 0.0]),
)

# --- Exercise: find the bug ----------------------------------------------------------------------

_PAIRS = [
    (0.3, 1.0),
    (5.0, 1.0),
    (-1.0, 2.0),
    (1.0, -1.5),
    (1.8, 3.0),
    (0.1, 2.0),
    (2.1, 1.0),
    (1.9, 0.6),
]
_U, _UPSTREAM = np.array(_PAIRS).T
_START = -_UPSTREAM * _Q.gradient(_U)
_OUTSIDE = (_U < 0.0) | (_U > 2.0)


def _mended(gate: Callable[[float, float], Any], sign: float = -1.0) -> Callable[..., float]:
    """A learner's ``start_mended`` with a gate of one kind or another."""

    def start_mended(u: float, upstream: float) -> float:
        i = int(np.searchsorted(_Q.edges[1:-1], u))
        return sign * upstream * float(_Q.slopes[i]) * float(gate(u, upstream))

    return start_mended


START_MENDED = Exercise(
    name="start_mended",
    read=function(_PAIRS, ("u", "upstream")),
    is_right=near(_START),
    mistakes=(
        Mistake("stands_still", near(np.zeros(_U.size)), (_mended(lambda _u, _g: 0.0),)),
        Mistake(
            "upside_down",
            lambda v: near(0.0)(v[0]) and not near(np.zeros(3))(v[_OUTSIDE]),
            (_mended(lambda u, _g: u <= 0.0 or u > 2.0),),
        ),
        Mistake("sign", near(-_START), (_mended(lambda u, _g: 0.0 < u <= 2.0, 1.0),)),
        Mistake("mask_only", near(-_Q.gradient(_U)), (lambda u, _g: -_Q.gradient(u),)),
        Mistake(
            "thresholds",
            near(_START * (np.abs(_U - 1.0) < 0.75)),
            (_mended(lambda u, _g: 0.25 < u <= 1.75),),
        ),
        Mistake(
            "gate_on_gradient",
            lambda v: not near(0.0)(v[1]) and near(0.0)(v[4]),
            (_mended(lambda _u, g: abs(g) <= 1.0),),
        ),
        Mistake(
            "half_gated",
            lambda v: near(_START[~_OUTSIDE])(v[~_OUTSIDE]) and near(0.0)(v[1]) != near(0.0)(v[2]),
            (_mended(lambda u, _g: u <= 2.0), _mended(lambda u, _g: u > 0.0)),
        ),
        Mistake(
            "no_gate",
            lambda v: not near(0.0)(v[1]) and not near(0.0)(v[2]),
            (_mended(lambda _u, _g: 1.0), _mended(lambda u, _g: abs(u) <= 10.0)),
        ),
        Mistake(
            "too_open",
            lambda v: near(_START[:6])(v[:6]) and not near(0.0)(v[6]),
            (_mended(lambda u, _g: -0.3 < u < 2.3),),
        ),
    ),
    solution="""\
def start_mended(u, upstream):
    i = np.searchsorted(q.edges[1:-1], u)  # the segment, counted from 0
    inside = q.edges[0] < u <= q.edges[-1]
    return -upstream * q.slopes[i] * inside""",
    right_answers=(
        _mended(lambda u, _g: 0.0 < u <= 2.0),
        _mended(lambda u, _g: 0.0 <= u < 2.0),
        lambda u, upstream: -upstream * _Q.gradient(u),
    ),
)

# --- Exercise: derive the best step --------------------------------------------------------------

_LEVELS = [(0.0, 2.0), (1.0, 3.0), (0.5, 1.5), (2.0, 7.0), (0.0, 0.5)]
_LOWER, _UPPER = np.array(_LEVELS).T
_MIDDLE = 0.5 * (_LOWER + _UPPER)

BEST_STEP = Exercise(
    name="best_step",
    read=function(_LEVELS, ("lower", "upper")),
    is_right=near(np.sqrt(_MIDDLE)),
    mistakes=(
        Mistake("middle", near(_MIDDLE), (lambda a, b: (a + b) / 2,)),
        Mistake(
            "middle_of_inputs",
            near(0.5 * (np.sqrt(_LOWER) + np.sqrt(_UPPER))),
            (lambda a, b: (a**0.5 + b**0.5) / 2,),
        ),
        Mistake("squared", near(_MIDDLE**2), (lambda a, b: ((a + b) / 2) ** 2,)),
        Mistake(
            "not_halved",
            lambda v: near(np.sqrt(2.0 * _MIDDLE))(v) or near(0.5 * np.sqrt(2.0 * _MIDDLE))(v),
            (lambda a, b: (a + b) ** 0.5, lambda a, b: (a + b) ** 0.5 / 2),
        ),
        Mistake(
            "difference",
            near(np.sqrt(0.5 * (_UPPER - _LOWER))),
            (lambda a, b: ((b - a) / 2) ** 0.5,),
        ),
        Mistake("upper", near(np.sqrt(_UPPER)), (lambda _a, b: b**0.5,)),
        Mistake("lower", near(np.sqrt(_LOWER)), (lambda a, _b: a**0.5,)),
        Mistake("negative", near(-np.sqrt(_MIDDLE)), (lambda a, b: -(((a + b) / 2) ** 0.5),)),
        Mistake(
            "root_mean_square",
            near(np.sqrt(0.5 * (_LOWER**2 + _UPPER**2))),
            (lambda a, b: ((a**2 + b**2) / 2) ** 0.5,),
        ),
    ),
    solution="def best_step(lower, upper):\n    return np.sqrt((lower + upper) / 2)",
    right_answers=(
        lambda lower, upper: ((lower + upper) / 2) ** 0.5,
        lambda a, b: np.sqrt(0.5 * a + 0.5 * b),
        lambda a, b: np.exp(0.5 * np.log((a + b) / 2)),
    ),
)

CHAPTER = Chapter(
    notebook="04_learnable_thresholds",
    predictions=(FIRST_PUSH, FROM_THE_BEST),
    exercises=(BY_EDGE, WHO_PUSHES, BY_HAND, START_MENDED, BEST_STEP),
    setup=SETUP,
)
