"""What the notebook on weights asks: their scale, codes by hand, the way back, sums from planes."""

from __future__ import annotations

import math

import numpy as np

from n2uq_viz.course.answers import near, number, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Choice, Exercise, Mistake, Number, Prediction
from n2uq_viz.summaries import entropy_bits
from n2uq_viz.weights import gamma, weight_codes, weight_thresholds
from n2uq_viz.words import say

SETUP = """\
import numpy as np
from n2uq_viz import weights
"""

# --- Prediction: the commonest code --------------------------------------------------------------

LEVELS = 4


def _gaussian_shares() -> list[float]:
    """Return the share of a standard normal density on each of four levels, N2UQ's scale."""
    scale = gamma(LEVELS) * math.sqrt(2.0 / math.pi)  # of which the root is the mean size
    ends = [-math.inf, *weight_thresholds(LEVELS, scale).tolist(), math.inf]
    below = [0.5 * (1.0 + math.erf(end / math.sqrt(2.0))) for end in ends]
    return np.diff(below).tolist()


def _commonest_code() -> dict[str, float | str]:
    shares = _gaussian_shares()
    inner, outer = shares[1] + shares[2], shares[0] + shares[3]
    code = "inner" if inner > outer else "outer"
    return {"code": code, "entropy": entropy_bits(shares)}


COMMONEST_CODE = Prediction(
    name="commonest_code",
    fields=(
        Choice(
            "code",
            {
                name: say(f"course.weights_and_hardware.commonest_code.option.{name}")
                for name in ("inner", "outer", "equal")
            },
        ),
        Number("entropy", tolerance=0.06),
    ),
    truth=_commonest_code,
    remarks=(
        Mistake(
            "equal",
            lambda a: a["code"] == "equal",
            ({"code": "equal", "entropy": 2}, {"code": "equal", "entropy": 1.5}),
        ),
        Mistake(
            "outer",
            lambda a: a["code"] == "outer",
            ({"code": "outer", "entropy": 1.98},),
        ),
        Mistake(
            "too_many_bits",
            lambda a: float(a["entropy"]) > 2.0,
            ({"code": "inner", "entropy": 4},),
        ),
        Mistake(
            "far_from_two",
            lambda a: float(a["entropy"]) < 1.9,
            ({"code": "inner", "entropy": 1.5},),
        ),
    ),
)

# --- Exercise: the factor for 3 bits -------------------------------------------------------------

FACTOR = Exercise(
    name="factor",
    read=number(),
    is_right=near(gamma(8)),
    mistakes=(
        Mistake("two_bits", near(gamma(4)), (1.5, "3/2")),
        Mistake("four_bits", near(gamma(16)), (1.875,)),
        Mistake("eight_over_four", near(2.0), (2, "8/4")),
        Mistake("upside_down", near(4.0 / 7.0), ("4/7", 0.5714)),
        Mistake("over_levels", near(7.0 / 8.0), (0.875, "7/8")),
    ),
    solution="answer = weights.gamma(8)",
    right_answers=(1.75, "7/4", "1,75"),
)

# --- Exercise: codes by hand ---------------------------------------------------------------------

CHANNEL = np.array([-1.2, 1.7, -3.0, 0.1])
_CODES = weight_codes(CHANNEL[None], LEVELS)[0].astype(float)
#: What is rounded to codes.
_PLACES = (np.clip(CHANNEL / 2.25, -1.0, 1.0) + 1.0) * 1.5

CODES = Exercise(
    name="weight_codes",
    read=numbers(),
    is_right=near(_CODES),
    mistakes=(
        Mistake(
            "largest",
            near(weight_codes(CHANNEL, LEVELS, axis=None, scale=3.0).astype(float)),
            ([1, 2, 0, 2],),
        ),
        Mistake(
            "levels",
            near([-0.75, 2.25, -2.25, 0.75]),
            ([-0.75, 2.25, -2.25, 0.75],),
        ),
        Mistake("signed", near(2.0 * _CODES - 3.0), ([-1, 3, -3, 1],)),
        Mistake("from_one", near(_CODES + 1.0), ([2, 4, 1, 3],)),
        Mistake(
            "without_factor",
            near(weight_codes(CHANNEL, LEVELS, axis=None, scale=1.5).astype(float)),
            ([0, 3, 0, 2],),
        ),
        Mistake("from_above", near(3.0 - _CODES), ([2, 0, 3, 1],)),
        Mistake("sorted", near(np.sort(_CODES)), ([0, 1, 2, 3],)),
        Mistake("not_rounded", near(_PLACES), ([0.7, 2.6333, 0, 1.5667],)),
        Mistake("cut_off", near(np.floor(_PLACES)), ([0, 2, 0, 1],)),
        Mistake("count", lambda v: v.shape != (4,), ([1, 3, 0],)),
    ),
    solution="answer = weights.weight_codes([[-1.2, 1.7, -3, 0.1]], 4)[0]",
    right_answers=([1, 3, 0, 2], "1; 3; 0; 2", np.array([1, 3, 0, 2])),
)

# --- Exercise: the way back to the weights -------------------------------------------------------

#: Weight, gradient from above, scale.
_BACK = ((0.5, 2.0, 1.5), (-1.25, -3.0, 1.5), (2.0, 4.0, 1.5), (-9.0, 1.0, 3.0))
_W, _G, _F = np.array(_BACK).T
_MASK = (np.abs(_W) < _F).astype(float)

CHAIN_RULE = Exercise(
    name="chain_rule",
    read=function(_BACK, ("w", "upstream", "scale")),
    is_right=near(_G * _MASK),
    mistakes=(
        Mistake("reference", near(_G / _F), (lambda _w, upstream, scale: upstream / scale,)),
        Mistake("no_mask", near(_G), (lambda _w, upstream, _scale: upstream,)),
        Mistake(
            "divided",
            near(_G * _MASK / _F),
            (lambda w, upstream, scale: upstream / scale * (abs(w) < scale),),
        ),
        Mistake(
            "multiplied",
            near(_G * _MASK * _F),
            (lambda w, upstream, scale: upstream * scale * (abs(w) < scale),),
        ),
        Mistake("mask_only", near(_MASK), (lambda w, _upstream, scale: float(abs(w) < scale),)),
        Mistake(
            "outside",
            near(_G * (1.0 - _MASK)),
            (lambda w, upstream, scale: upstream * (abs(w) >= scale),),
        ),
        Mistake(
            "one_side",
            near(_G * (_W < _F)),
            (lambda w, upstream, scale: upstream * (w < scale),),
        ),
        Mistake(
            "fixed_range",
            near(_G * (np.abs(_W) < 1.0)),
            (lambda w, upstream, _scale: upstream * (abs(w) < 1),),
        ),
    ),
    solution=("def chain_rule(w, upstream, scale):\n    return upstream * (abs(w) < scale)"),
    right_answers=(
        lambda w, upstream, scale: upstream * (abs(w) < scale),
        lambda w, upstream, scale: upstream if -scale < w < scale else 0,
        lambda w, upstream, scale: np.where(np.abs(w) / scale <= 1, upstream, 0.0),
    ),
)

# --- Exercise: a sum of signed products from codes -----------------------------------------------

K, M, STEPS = np.array([0, 3, 2, 1]), np.array([1, 0, 3, 2]), 3
_SUM = float(np.sum((2 * K - STEPS) * M))
_KM, _ALL = float(np.sum(K * M)), float(np.sum(M))

FROM_CODES = Exercise(
    name="from_codes",
    read=number(),
    is_right=near(_SUM),
    mistakes=(
        Mistake("codes_only", near(_KM), (8,)),
        Mistake("doubled", near(2.0 * _KM), (16,)),
        Mistake("minus_once", near(2.0 * _KM - _ALL), (10,)),
        Mistake("not_doubled", near(_KM - STEPS * _ALL), (-10,)),
        Mistake("turned", near(-_SUM), (2,)),
    ),
    solution="k, m, L = np.array([0, 3, 2, 1]), np.array([1, 0, 3, 2]), 3\n"
    "answer = 2 * (k @ m) - L * m.sum()",
    right_answers=(-2, "-2", -2.0),
)

CHAPTER = Chapter(
    notebook="06_weights_and_hardware",
    predictions=(COMMONEST_CODE,),
    exercises=(FACTOR, CODES, CHAIN_RULE, FROM_CODES),
    setup=SETUP,
)
