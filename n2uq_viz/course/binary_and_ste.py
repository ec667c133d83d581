"""What the notebook on one step asks: coins, descent through a step, its gate, enough draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near, number, numbers
from n2uq_viz.course.binary_and_ste_predictions import WHERE_IT_STOPS
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.quantizer import Quantizer

SETUP = """\
import numpy as np
import n2uq_viz as nv

sign = nv.Quantizer.binary()
"""
_SIGN = Quantizer.binary()

# --- Exercise: two starts ------------------------------------------------------------------------


def _second(wanted: float) -> Any:
    return lambda v: v.shape == (2,) and near(wanted, 0.02)(v[1])


def _first(wanted: float) -> Any:
    return lambda v: v.shape == (2,) and abs(v[0] - wanted) < 1e-3


TWO_STARTS = Exercise(
    name="two_starts",
    read=numbers(),
    is_right=near([0.1, -1.5]),
    mistakes=(
        Mistake("count", lambda v: v.shape != (2,), (0.1, [0.1], [0.1, -1.5, 1])),
        Mistake("swapped", near([-1.5, 0.1]), ([-1.5, 0.1],)),
        Mistake("derivative", near([-0.7, -1.5]), ([-0.7, -1.5],)),
        Mistake("other_loss", _first(-0.1), ([-0.1, -1.5], [-0.1, -0.1])),
        Mistake("no_gate", near([0.1, 0.1]), ([0.1, 0.1], "0.1; 0.1")),
        Mistake(
            "to_the_target",
            lambda v: _first(1.0)(v) or (_first(0.1)(v) and _second(1.0)(v)),
            ([1, 1], [1, -1.5], [0.1, 1]),
        ),
        Mistake("on_the_step", lambda v: 0.0 in v, ([0, -1.5], [0, 0])),
        Mistake("one_step", _first(-0.3), ([-0.3, -1.5], [-0.3, -1.1])),
        Mistake("too_far", lambda v: v[0] > 0.101, ([0.5, -1.5], [0.9, -1.5])),
        Mistake("uphill", lambda v: v[0] < -0.701, ([-1.1, -1.5], [-1.1, -1.9])),
        Mistake("outside", _first(0.1), ([0.1, -1], [0.1, -1.1])),
    ),
    solution="""\
answer = []
for x in (-0.7, -1.5):
    for _ in range(100):
        x = x - 0.1 * 2 * (sign(x) - 1) * sign.ste_gradient(x, slope="unit")
    answer.append(x)""",
    right_answers=([0.1, -1.5], "0.1; -1.5", np.array([0.1, -1.5]), ["1/10", "-3/2"]),
)

# --- Exercise: the mean of the coin --------------------------------------------------------------

_POINTS = np.array([-2.0, -1.0, -0.5, 0.1, 0.3, 0.9, 1.0, 2.5])
_MEAN = np.clip(_POINTS, -1.0, 1.0)
_CHANCE = np.clip(0.5 * (_POINTS + 1.0), 0.0, 1.0)


def _only_levels(values: FloatArray) -> bool:
    return bool(np.isin(values, (-1.0, 1.0)).all())


COIN_MEAN = Exercise(
    name="coin_mean",
    read=function(_POINTS),
    is_right=near(_MEAN),
    mistakes=(
        Mistake(
            "chance",
            lambda v: near(_CHANCE)(v) or near(0.5 * (_POINTS + 1.0))(v),
            (
                lambda x: np.clip((x + 1) / 2, 0, 1),
                _SIGN.step_probability,
                lambda x: (x + 1) / 2,
            ),
        ),
        Mistake(
            "not_clipped",
            near(_POINTS),
            (lambda x: x, lambda x: (x + 1) / 2 - (1 - x) / 2),
        ),
        Mistake("step", near(_SIGN(_POINTS)), (_SIGN, lambda x: 1 if x > 0 else -1)),
        Mistake(
            "one_throw",
            _only_levels,
            (lambda x: _SIGN.sample(x, np.random.default_rng(7)),),
        ),
        Mistake(
            "up_only",
            lambda v: near(2.0 * _CHANCE)(v) or near(_CHANCE - 1.0)(v),
            (lambda x: np.clip(x + 1, 0, 2), lambda x: np.clip((x - 1) / 2, -1, 0)),
        ),
        Mistake("upside_down", near(-_MEAN), (lambda x: -np.clip(x, -1, 1),)),
        Mistake(
            "estimate",
            near(_MEAN, 0.1),
            (
                lambda x: np.mean(
                    [_SIGN.sample(x, rng) for rng in map(np.random.default_rng, range(2000))]
                ),
            ),
        ),
    ),
    solution="""\
def coin_mean(x):
    p = np.clip((x + 1) / 2, 0, 1)
    return p * 1 + (1 - p) * (-1)""",
    right_answers=(
        lambda x: np.clip(x, -1, 1),
        lambda x: max(-1, min(1, x)),
        lambda x: 2 * np.clip((x + 1) / 2, 0, 1) - 1,
        _SIGN.expectation,
    ),
)

# --- Exercise: how many draws --------------------------------------------------------------------

#: The standard error of the mean at INPUT is to be WANTED.
INPUT, WANTED = 0.6, 0.01
_VARIANCE = float(_SIGN.variance(INPUT))
_NEEDED = _VARIANCE / WANTED**2

ENOUGH = Exercise(
    name="enough",
    read=number(),
    is_right=near(_NEEDED),
    mistakes=(
        Mistake("zero_one", near(_NEEDED / 4.0), (1600, "0.16 / 0.01**2")),
        Mistake(
            "not_squared",
            lambda v: near(_VARIANCE / WANTED)(v) or near(_VARIANCE**0.5 / WANTED)(v),
            (64, 80, "0.64/0.01"),
        ),
        Mistake(
            "x_for_p",
            near(4.0 * INPUT * (1.0 - INPUT) / WANTED**2),
            (9600, "4 * 0.6 * 0.4 / 0.01^2"),
        ),
        Mistake("fair", near(1.0 / WANTED**2), (10_000, "100^2")),
        Mistake("deviation", near(_VARIANCE**0.5 / WANTED**2), (8_000,)),
        Mistake("no_variance", near(1.0 / WANTED), (100,)),
        Mistake("below_one", lambda v: v < 1.0, (0.008, -6400, 0.01)),
    ),
    solution="answer = sign.variance(0.6) / 0.01**2",
    right_answers=(6400, "0.64 / 0.01^2", "6400", [_NEEDED], np.float64(6400)),
)

# --- Exercise: write the backward pass -----------------------------------------------------------

_PAIRS = [(0.2, 5.0), (3.0, 0.5), (-0.9, -2.0), (-1.7, -4.0), (0.5, 0.3), (-0.1, -7.0)]
_X, _UPSTREAM = np.array(_PAIRS).T
_INSIDE = np.where(np.abs(_X) < 1.0, 1.0, 0.0)
_CLIPPED = np.clip(_UPSTREAM, -1.0, 1.0)
_SMALL = np.where(np.abs(_UPSTREAM) <= 1.0, _UPSTREAM, 0.0)

PASS_BACK = Exercise(
    name="pass_back",
    read=function(_PAIRS, ("x", "upstream")),
    is_right=near(_UPSTREAM * _INSIDE),
    mistakes=(
        Mistake(
            "mask_only",
            near(_INSIDE),
            (lambda x, _u: 1.0 if abs(x) <= 1 else 0.0, lambda x, _u: _SIGN.gradient(x)),
        ),
        Mistake("no_gate", near(_UPSTREAM), (lambda _x, u: u,)),
        Mistake(
            "hardtanh",
            lambda v: near(_CLIPPED)(v) or near(_CLIPPED * _INSIDE)(v),
            (
                lambda _x, u: np.clip(u, -1, 1),
                lambda x, u: np.clip(u, -1, 1) * (abs(x) <= 1),
            ),
        ),
        Mistake(
            "gate_on_gradient",
            lambda v: near(_SMALL)(v) or near(_SMALL * _INSIDE)(v),
            (lambda _x, u: u if abs(u) <= 1 else 0,),
        ),
        Mistake(
            "upside_down",
            near(_UPSTREAM * (1.0 - _INSIDE)),
            (lambda x, u: u * (abs(x) > 1),),
        ),
        Mistake(
            "swapped",
            lambda v: near(_X * (np.abs(_UPSTREAM) <= 1.0))(v),
            (lambda upstream, x: upstream * (-1 < x <= 1),),
        ),
        Mistake("negative", near(-_UPSTREAM * _INSIDE), (lambda x, u: -u * (-1 < x <= 1),)),
        Mistake("doubled", near(2.0 * _UPSTREAM * _INSIDE), (lambda x, u: 2 * u * (-1 < x <= 1),)),
        Mistake("derivative", near(np.zeros(6)), (lambda _x, _u: 0.0,)),
        Mistake(
            "times_output",
            lambda v: (
                near(_UPSTREAM * _INSIDE * np.sign(_X))(v) or near(_UPSTREAM * np.sign(_X))(v)
            ),
            (lambda x, u: u * (abs(x) <= 1) * (1 if x > 0 else -1), lambda x, u: u * _SIGN(x)),
        ),
        Mistake(
            "forward",
            lambda v: near(np.clip(_X, -1.0, 1.0))(v) or near(_SIGN(_X))(v),
            (lambda x, _u: np.clip(x, -1, 1), lambda x, _u: _SIGN(x)),
        ),
        Mistake(
            "half_gated",
            lambda v: near((_UPSTREAM * _INSIDE)[_X > -1.0])(v[_X > -1.0]),
            (lambda x, u: u * (x <= 1),),
        ),
    ),
    solution="def pass_back(x, upstream):\n    return upstream * (-1 < x <= 1)",
    right_answers=(
        lambda x, upstream: upstream if abs(x) <= 1 else 0,
        lambda x, upstream: upstream * _SIGN.ste_gradient(x, slope="unit"),
        lambda x, upstream: np.where((x > -1) & (x < 1), upstream, 0.0),
    ),
)

# --- Exercise: find the bug ----------------------------------------------------------------------

_STARTS = np.array([0.3, 2.9, -0.5, 0.9, 1.5, -2.9])
_ENDS = np.array([-0.1, 2.9, -0.5, -0.1, 1.5, -2.9])


def _descent(
    gate: Any = lambda x: abs(x) <= 1.0, upstream: Any = lambda y: 2.0 * (y + 1.0), rate: Any = 0.05
) -> Any:
    """A learner's ``mended`` with one line changed."""

    def mended(x: float) -> float:
        for _ in range(50):
            x = x - rate * upstream(float(_SIGN(x))) * gate(x)
        return x

    return mended


def _one_round(x: float) -> float:
    return x - 0.05 * 2.0 * (float(_SIGN(x)) + 1.0) * (abs(x) <= 1.0)


def _from_outside(values: FloatArray) -> bool:
    """Whether it moves from 2.9, where the output cannot change."""
    return not near(_STARTS[1])(values[1])


MENDED = Exercise(
    name="mended",
    read=function(_STARTS),
    is_right=near(_ENDS),
    mistakes=(
        Mistake(
            "stands_still",
            near(_STARTS),
            (
                _descent(lambda x: abs(2.0 * (_SIGN(x) + 1.0)) <= 1.0),
                _descent(lambda _x: 0.0),
                lambda x: x,
            ),
        ),
        Mistake(
            "upside_down",
            lambda v: near(_STARTS[0])(v[0]) and _from_outside(v),
            (_descent(lambda x: abs(x) > 1.0),),
        ),
        Mistake(
            "hardtanh",
            lambda v: near(0.4, 0.02)(v[1]) or (not _from_outside(v) and -0.06 < v[0] < 0.01),
            (
                _descent(lambda _x: 1.0, lambda y: np.clip(2.0 * (y + 1.0), -1.0, 1.0)),
                _descent(upstream=lambda y: np.clip(2.0 * (y + 1.0), -1.0, 1.0)),
            ),
        ),
        Mistake(
            "no_gate",
            _from_outside,
            (
                _descent(lambda x: abs(_SIGN(x)) <= 1.0),
                _descent(lambda _x: 1.0),
                _descent(lambda x: _SIGN.ste_gradient(_SIGN(x))),
                _descent(lambda x: x > -1.0),
            ),
        ),
        Mistake(
            "too_open",
            lambda v: near(_ENDS[:4])(v[:4]) and not near(_ENDS[4])(v[4]),
            (_descent(lambda x: abs(x) <= 2.0),),
        ),
        Mistake("one_round", lambda v: near(0.1)(v[0]), (_one_round,)),
        Mistake(
            "uphill",
            lambda v: v[0] > _STARTS[0],
            (_descent(rate=-0.05),),
        ),
    ),
    solution="""\
def mended(x):
    for _ in range(50):
        y = sign(x)
        upstream = 2 * (y + 1)
        gate = abs(x) <= 1
        x = x - 0.05 * upstream * gate
    return x""",
    right_answers=(
        _descent(),
        _descent(lambda x: -1.0 < x <= 1.0),
        _descent(lambda x: x <= 1.0),  # below 0 the loss is 0, so nothing tells these apart
        _descent(lambda x: _SIGN.ste_gradient(x, slope="unit")),
    ),
)

CHAPTER = Chapter(
    notebook="01_binary_and_ste",
    predictions=(WHERE_IT_STOPS,),
    exercises=(TWO_STARTS, COIN_MEAN, ENOUGH, PASS_BACK, MENDED),
    setup=SETUP,
)
