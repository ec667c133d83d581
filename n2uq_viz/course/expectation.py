"""What the notebook on the mean asks: noise of a mean, a threshold that jitters, a bend behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, Unreadable, near, number, numbers
from n2uq_viz.course.expectation_estimates import SCORE_SLOPE, SHARED_COINS, any_of
from n2uq_viz.course.expectation_predictions import BEHIND_EXP, NOISIEST
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.quantizer import Quantizer

SETUP = """\
import numpy as np
import n2uq_viz as nv

sign = nv.Quantizer.binary()
"""

# --- Exercise: half as noisy ---------------------------------------------------------------------

_QUIET = 0.75**0.5


def _read_place(answer: Any) -> float:
    """One input; who gives the two that mirror each other gave one of them."""
    try:
        return number()(answer)
    except Unreadable as error:
        try:
            first, second = numbers(2)(answer)
        except Unreadable:
            raise error from None
        if not near(-first)(second):
            raise
        return float(first)


def _away(*wanted: float) -> Callable[[float], bool]:
    """Whether the input is one of these, on either side of 0."""
    return lambda v: any(near(one)(abs(v)) for one in wanted)


HALF_AS_NOISY = Exercise(
    name="half_as_noisy",
    read=_read_place,
    is_right=_away(_QUIET),
    mistakes=(
        Mistake("rounded", lambda v: 0.859 < abs(v) < 0.873, (0.87, -0.87, 0.86)),
        Mistake("halved_input", _away(0.5), (0.5, "1/2", -0.5)),
        Mistake("no_root", _away(0.75), (0.75, "3/4", -0.75)),
        Mistake("variance", _away(0.5**0.5), (0.7071, "sqrt(1/2)", "-sqrt(0.5)")),
        Mistake(
            "chance",
            _away(0.5 * (1.0 + _QUIET), 0.5 * (1.0 - _QUIET)),
            (0.933, 0.067, "(1 + sqrt(3)/2)/2"),
        ),
        Mistake("squared_twice", _away((15.0 / 16.0) ** 0.5), (0.9682, "sqrt(15)/4")),
        Mistake("shares", _away(0.25), (0.25, "1/4")),
        Mistake("middle", _away(0.0), (0, "0.0")),
        Mistake("no_noise", _away(1.0), (1, -1)),
        Mistake("outside", lambda v: abs(v) > 1.0, (2, "sqrt(3)", -1.5)),
    ),
    solution="answer = np.sqrt(1 - (1 / 2) ** 2)",
    right_answers=(0.866, -0.866, "sqrt(3)/2", "-sqrt(0.75)", [0.8660254], [-0.866, 0.866]),
)

# --- Exercise: the mean of a jittering step ------------------------------------------------------

#: Points are x, threshold, width: inside the interval on both sides, and outside of it.
_TRIPLES = [
    (0.3, 0.0, 2.0),
    (-0.6, 0.0, 2.0),
    (0.7, 0.5, 1.0),
    (0.2, 0.5, 1.0),
    (-1.1, -1.0, 0.8),
    (2.0, 1.0, 4.0),
    (-0.5, 1.0, 5.0),
    (1.8, 0.5, 2.0),
    (-3.0, -1.0, 0.5),
]
_X, _T, _W = np.array(_TRIPLES).T
_SHIFT = _X - _T
_CHANCE = np.clip(0.5 + _SHIFT / _W, 0.0, 1.0)
_JITTERED = 2.0 * _CHANCE - 1.0


def _clipped(values: FloatArray) -> FloatArray:
    return np.clip(values, -1.0, 1.0)


def _by_throws(x: float, threshold: float, width: float) -> float:
    """What a learner gets who throws the threshold 2000 times."""
    t = np.random.default_rng(0).uniform(threshold - width / 2, threshold + width / 2, 2000)
    return float(np.where(x > t, 1, -1).mean())


JITTER_MEAN = Exercise(
    name="jitter_mean",
    read=function(_TRIPLES, ("x", "threshold", "width")),
    is_right=near(_JITTERED),
    mistakes=(
        Mistake(
            "chance",
            any_of(_CHANCE, 0.5 + _SHIFT / _W),
            (lambda x, t, w: np.clip(0.5 + (x - t) / w, 0, 1), lambda x, t, w: 0.5 + (x - t) / w),
        ),
        Mistake("not_clipped", near(2.0 * _SHIFT / _W), (lambda x, t, w: 2 * (x - t) / w,)),
        Mistake(
            "half_width",
            any_of(_clipped(_SHIFT / _W), _SHIFT / _W),
            (lambda x, t, w: np.clip((x - t) / w, -1, 1), lambda x, t, w: (x - t) / w),
        ),
        Mistake(
            "from_left_end",
            near(_clipped(2.0 * _SHIFT / _W - 1.0)),
            (lambda x, t, w: 2 * np.clip((x - t) / w, 0, 1) - 1,),
        ),
        Mistake(
            "up_only",
            any_of(2.0 * _CHANCE, _CHANCE - 1.0, np.clip(2.0 * _SHIFT / _W, 0.0, 1.0)),
            (
                lambda x, t, w: 2 * np.clip(0.5 + (x - t) / w, 0, 1),
                lambda x, t, w: np.clip(2 * (x - t) / w, 0, 1),
            ),
        ),
        Mistake(
            "ignores_threshold",
            any_of(_clipped(2.0 * _X / _W), 2.0 * _X / _W),
            (lambda x, _t, w: np.clip(2 * x / w, -1, 1),),
        ),
        Mistake(
            "ignores_width",
            any_of(_clipped(_SHIFT), _SHIFT, _clipped(2.0 * _SHIFT)),
            (lambda x, t, _w: np.clip(x - t, -1, 1), lambda x, t, _w: x - t),
        ),
        Mistake("ignores_both", near(_clipped(_X)), (lambda x, _t, _w: np.clip(x, -1, 1),)),
        Mistake(
            "multiplied",
            any_of(_clipped(2.0 * _SHIFT * _W), _clipped(_SHIFT * _W), _clipped(_SHIFT * _W / 2)),
            (
                lambda x, t, w: np.clip(2 * (x - t) * w, -1, 1),
                lambda x, t, w: np.clip((x - t) * w / 2, -1, 1),
            ),
        ),
        Mistake(
            "added",
            near(_clipped(2.0 * (_X + _T) / _W)),
            (lambda x, t, w: np.clip(2 * (x + t) / w, -1, 1),),
        ),
        Mistake("step", near(np.sign(_SHIFT)), (lambda x, t, _w: 1 if x > t else -1,)),
        Mistake(
            "slope",
            lambda v: any(near(one * (np.abs(_JITTERED) < 1))(v) for one in (2.0 / _W, 1.0 / _W)),
            (
                lambda x, t, w: 2 / w if abs(x - t) < w / 2 else 0,
                lambda x, t, w: (abs(x - t) < w / 2) / w,
            ),
        ),
        Mistake(
            "upside_down",
            near(-_JITTERED),
            (lambda x, t, w: np.clip(2 * (t - x) / w, -1, 1),),
        ),
        Mistake("estimate", near(_JITTERED, 0.1), (_by_throws,)),
    ),
    solution="""\
def jitter_mean(x, threshold, width):
    chance = np.clip((x - (threshold - width / 2)) / width, 0, 1)
    return chance * 1 + (1 - chance) * (-1)""",
    right_answers=(
        lambda x, t, w: np.clip(2 * (x - t) / w, -1, 1),
        lambda x, t, w: max(-1, min(1, (x - t) / (w / 2))),
        lambda x, t, w: Quantizer.binary((t - w / 2, t + w / 2)).expectation(x),
        lambda x, t, w: np.interp(x, [t - w / 2, t + w / 2], [-1, 1]),
    ),
)

# --- Exercise: behind a squared error ------------------------------------------------------------

#: The true slope, the mean of the sampled STE and the deterministic STE.
_THREE = np.array([-1.0, -0.4, 1.0])


def _at(k: int, *wanted: float) -> Callable[[FloatArray], bool]:
    """Whether the number at place k is one of these."""
    return lambda v: any(near(one)(v[k]) for one in wanted)


SQUARED_LOSS = Exercise(
    name="squared_loss",
    read=numbers(),
    is_right=near(_THREE),
    mistakes=(
        Mistake("count", lambda v: v.shape != (3,), (-1, [-1, -0.4], [-1, -0.4, 1, 0])),
        Mistake(
            "order",
            lambda v: near(_THREE)(np.sort(v)),
            ([1, -0.4, -1], [-0.4, -1, 1], "1; -1; -0.4"),
        ),
        Mistake("negative", near(-_THREE), ([1, 0.4, -1],)),
        Mistake("no_2", lambda v: near(0.5 * _THREE[1:])(v[1:]), ([-1, -0.2, 0.5],)),
        Mistake("at_the_mean", _at(0, -0.4), ([-0.4, -0.4, 1], [-0.4, -0.4, -0.4])),
        Mistake("rise_only", _at(0, -2.0), ([-2, -0.4, 1],)),
        Mistake("falls", _at(0, 1.0, 2.0), ([1, -0.4, 1], [2, -0.4, 1])),
        Mistake("value", _at(0, 0.95), ([0.95, -0.4, 1],)),
        Mistake("equal_weights", _at(1, -1.0), ([-1, -1, 1], [-1, -1, -1])),
        Mistake("x_for_p", _at(1, -1.8), ([-1, -1.8, 1],)),
        Mistake("one_throw", _at(1, 1.0, -3.0), ([-1, 1, 1], [-1, -3, 1])),
        Mistake("f_not_slope", _at(1, 0.95), ([-1, 0.95, 0.25],)),
        Mistake("not_the_output", _at(2, -0.4), ([-1, -0.4, -0.4],)),
        Mistake("other_level", _at(2, -3.0), ([-1, -0.4, -3],)),
        Mistake("true_derivative", _at(2, 0.0), ([-1, -0.4, 0],)),
        Mistake("f_of_sign", _at(2, 0.25), ([-1, -0.4, 0.25],)),
    ),
    solution="""\
chance = (0.3 + 1) / 2
answer = [
    ((1 - 0.5) ** 2 - (-1 - 0.5) ** 2) / 2,
    chance * 2 * (1 - 0.5) + (1 - chance) * 2 * (-1 - 0.5),
    2 * (sign(0.3) - 0.5),
]""",
    right_answers=([-1, -0.4, 1], "-1; -2/5; 1", _THREE, ["-1", "2 * (0.3 - 0.5)", 1.0]),
)

CHAPTER = Chapter(
    notebook="02_expectation",
    predictions=(NOISIEST, BEHIND_EXP),
    exercises=(HALF_AS_NOISY, JITTER_MEAN, SCORE_SLOPE, SHARED_COINS, SQUARED_LOSS),
    setup=SETUP,
)
