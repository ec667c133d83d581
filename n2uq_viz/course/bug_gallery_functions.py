"""Exercises of the notebook on bugs whose answer is a rule: rounding, a width, a pair of tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Exercise, Mistake

__all__ = ["BUGGY", "HALF_DOWN", "TWO_TESTS", "WIDTH_ABOVE_ZERO"]

# --- Exercise: round halves down -----------------------------------------------------------------

_V = np.array([-1.5, -0.5, -0.2, 0.2, 0.5, 0.7, 1.0, 1.5, 2.5, 2.6, 3.5, 4.5])
_DOWN = np.ceil(_V - 0.5)
_TIES = _V % 1.0 == 0.5

HALF_DOWN = Exercise(
    name="half_down",
    read=function(_V, ("v",)),
    is_right=near(_DOWN),
    mistakes=(
        Mistake("half_even", near(np.round(_V)), (round, np.round, np.rint)),
        Mistake(
            "half_up",
            near(np.floor(_V + 0.5)),
            (lambda v: np.floor(v + 0.5), lambda v: math.floor(v + 0.5)),
        ),
        Mistake(
            "toward_zero",
            near(np.sign(_V) * np.ceil(np.abs(_V) - 0.5)),
            (lambda v: math.copysign(math.ceil(abs(v) - 0.5), v),),
        ),
        Mistake(
            "away_from_zero",
            near(np.sign(_V) * np.floor(np.abs(_V) + 0.5)),
            (
                lambda v: math.copysign(math.floor(abs(v) + 0.5), v),
                lambda v: int(v + 0.5 * (-1) ** (v < 0)),
            ),
        ),
        Mistake(
            "cut_off",
            lambda v: near(np.floor(_V))(v) or near(np.trunc(_V))(v),
            (np.floor, int, lambda v: v // 1),
        ),
        Mistake("always_up", near(np.ceil(_V)), (np.ceil, math.ceil)),
        Mistake(
            "one_off",
            lambda v: near(_DOWN + 1.0)(v) or near(_DOWN - 1.0)(v),
            (lambda v: np.ceil(v + 0.5), lambda v: np.ceil(v - 1.5)),
        ),
        Mistake("shifted", lambda v: near(_DOWN[_TIES])(v[_TIES]), (lambda v: v - 0.5,)),
        Mistake(
            "nudged",
            lambda v: bool(np.allclose(v, _DOWN, atol=0.05)),
            (lambda v: np.ceil(v - 0.5) + 0.01,),
        ),
    ),
    solution="def half_down(v):\n    return np.ceil(v - 0.5)",
    right_answers=(
        lambda v: np.ceil(v - 0.5),
        lambda v: math.ceil(v - 0.5),
        lambda v: -np.floor(-v + 0.5),
        lambda v: math.floor(v) + (v - math.floor(v) > 0.5),
        lambda v: round(v) - (v % 1 == 0.5) * (round(v) > v),
    ),
)

# --- Exercise: a width above zero ----------------------------------------------------------------

_RAW = np.array([-40.0, -3.0, -0.5, 0.0, 0.2, 0.5, 1.0, 2.0])
_NEGATIVE = _RAW < 0.0


def _grows(v: FloatArray) -> bool:
    """Whether the width never falls, and grows where the raw number is well above zero."""
    return bool(np.all(np.diff(v) >= -1e-12) and np.all(np.diff(v[-3:]) > 1e-6))


WIDTH_ABOVE_ZERO = Exercise(
    name="width_above_zero",
    read=function(_RAW, ("a",)),
    is_right=lambda v: bool(np.all(v > 0.0)) and _grows(v),
    mistakes=(
        Mistake("unchanged", near(_RAW, 1e-6), (lambda a: a, lambda a: a + 0.0)),
        Mistake(
            "touches",
            lambda v: bool(np.all(v >= 0.0) and np.any(v == 0.0)) and _grows(v),
            (lambda a: max(a, 0), lambda a: np.maximum(a, 0.0)),
        ),
        Mistake(
            "folded",
            lambda v: bool(np.all(v >= 0.0)) and v[0] > v[3] and v[-1] > v[3],
            (abs, lambda a: a**2, lambda a: abs(a) + 0.001),
        ),
        Mistake(
            "constant",
            lambda v: bool(np.ptp(v) < 1e-9) and v[0] > 0,
            (lambda _a: 0.001, lambda _a: 1),
        ),
        Mistake(
            "stuck",
            lambda v: bool(np.all(v > 0.0)) and not _grows(v),
            (lambda a: min(max(a, 0.001), 0.5), lambda a: 1 / (1 + max(a, 0.0))),
        ),
        Mistake(
            "shifted",
            lambda v: bool(np.all(np.diff(v) > 0.0) and v[0] < 0.0),
            (lambda a: a + 0.001, lambda a: a + 1, lambda a: 2 * a),
        ),
        Mistake(
            "upside_down",
            lambda v: bool(np.all(np.diff(v) <= 0.0)),
            (lambda a: -a, lambda a: min(-a, 0.001)),
        ),
        Mistake("floor_below", lambda v: bool(np.any(v <= 0.0)), (lambda a: max(a, -0.001),)),
    ),
    solution="def width_above_zero(a):\n    return max(a, 0.001)",
    right_answers=(
        lambda a: max(a, 1e-3),
        lambda a: a if a > 1e-3 else 1e-3,
        math.exp,
        lambda a: np.logaddexp(0.0, a),
        lambda a: np.maximum(a, 0.0) + 0.001,
    ),
)

# --- Exercise: two tests that see all ------------------------------------------------------------

#: What each kind of buggy code passes back, and what is wanted: those of the notebook.
_LOW, _HIGH = 0.0, 2.0


def _inside(x: float) -> bool:
    return _LOW < x <= _HIGH


def _wanted(x: float, upstream: float) -> float:
    return upstream * _inside(x)


BUGGY: dict[str, Callable[[float, float], float]] = {
    "missing_gate": lambda _x, g: g,
    "grad_one": lambda x, _g: 1.0 * _inside(x),
    "hardtanh": lambda _x, g: min(max(g, -1.0), 1.0),
    "uphill": lambda x, g: -g * _inside(x),
}


def _unseen(v: FloatArray) -> list[str]:
    """The bugs that both pairs leave unseen."""
    pairs = [(float(v[k]), float(v[k + 1])) for k in (0, 2)]
    return [name for name, rule in BUGGY.items() if all(rule(*p) == _wanted(*p) for p in pairs)]


def _pairs(test: Any) -> Any:
    return lambda v: v.shape == (4,) and test(v)


TWO_TESTS = Exercise(
    name="two_tests",
    read=numbers(),
    is_right=_pairs(lambda v: not _unseen(v)),
    mistakes=(
        Mistake("count", lambda v: v.shape != (4,), (1, [1, 5], [1, 5, 3, 0.5, 1, 1], [(0.5, 3)])),
        Mistake(
            "blind",
            lambda v: bool(np.all(v[1::2] == 0.0)),
            ([(1, 0), (3, 0)], "1; 0; 3; 0"),
        ),
        Mistake(
            "one_blind",
            lambda v: bool(np.any(v[1::2] == 0.0)),
            ([(1, 5), (3, 0)], [(1, 0), (3, 0.5)]),
        ),
        Mistake(
            "all_inside",
            lambda v: _inside(v[0]) and _inside(v[2]),
            ([(0.5, 5), (1, 0.5)], [(1, 1), (0.4, 1)]),
        ),
        Mistake(
            "all_outside",
            lambda v: not _inside(v[0]) and not _inside(v[2]),
            ([(3, 5), (-1, 0.5)], [(3, 1), (4, 1)]),
        ),
        Mistake(
            "upstream_one",
            lambda v: _unseen(v) == ["grad_one"],
            ([(1, 1), (3, 0.5)], [(1, 1), (3, 1)]),
        ),
    ),
    solution="answer = [(0.2, 5), (3, 0.5)]",
    right_answers=(
        [(0.2, 5), (3, 0.5)],
        [(3, 0.5), (0.2, 5)],
        [0.7, -2, -1, 1],
        "1; 0.5; 4; 2",
        np.array([[1.0, 5.0], [3.0, 0.5]]),
    ),
)
