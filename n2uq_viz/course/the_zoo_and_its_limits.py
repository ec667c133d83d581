"""What the notebook on the zoo asks: which curves noise can make, slopes from noise, and bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.course.answers import near, number, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Answer, Chapter, Choice, Exercise, Mistake, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

SETUP = """\
import numpy as np
import n2uq_viz as nv
from n2uq_viz.surrogates import TABLE
"""

# --- Prediction: a curve that no noise makes -----------------------------------------------------

#: Derivatives in place of that of a sign, and how they are drawn.
CURVES = {"clipped_ste": "-", "approx_sign": "--", "swish_sign": "-.", "ede": ":"}
PARAMETERS: dict[str, dict[str, Any]] = {"swish_sign": {"beta": 5.0}, "ede": {"t": 2.0}}
_WORDS = "course.the_zoo_and_its_limits.no_noise"


def _no_noise() -> dict[str, float | str]:
    without = [key for key in CURVES if TABLE[key].why_none(**PARAMETERS.get(key, {}))]
    return {"curve": without[0]}


def _draw_no_noise(ax: Axes, look: Theme, _answer: Answer, _truth: Answer) -> None:
    """Draw the four derivatives, of which one falls below zero."""
    x = np.linspace(-2.0, 2.0, 801)
    roles = ("expectation", "gste", "second", "ink")
    for (key, line), role in zip(CURVES.items(), roles, strict=True):
        slope = TABLE[key].derivative(x, **PARAMETERS.get(key, {}))
        ax.plot(x, slope, line, color=look.color[role], label=TABLE[key].title)
    ax.axhline(0.0, color=look.color["muted"], linewidth=0.6 * look.line_width)
    ax.set_ylim(-1.0, 8.5)
    ax.legend(loc="upper left")
    ax.set_xlabel(say(f"{_WORDS}.axis_x"))
    ax.set_ylabel(say(f"{_WORDS}.axis_y"))


NO_NOISE = Prediction(
    name="no_noise",
    fields=(Choice("curve", {key: say(f"{_WORDS}.option.{key}") for key in CURVES}),),
    truth=_no_noise,
    remarks=(
        Mistake("clipped", lambda a: a["curve"] == "clipped_ste", ({"curve": "clipped_ste"},)),
        Mistake("pointed", lambda a: a["curve"] == "approx_sign", ({"curve": "approx_sign"},)),
        Mistake("endless", lambda a: a["curve"] == "ede", ({"curve": "ede"},)),
    ),
    draw=_draw_no_noise,
)

# --- Exercise: the noise behind a slope ----------------------------------------------------------

_AT = (-1.5, -0.75, -0.2, 0.0, 0.4, 1.2)
_E = np.array(_AT)
_TENT = np.maximum(1.0 - np.abs(_E), 0.0)

IMPLIED_NOISE = Exercise(
    name="implied_noise",
    read=function(_AT, ("e",)),
    is_right=near(_TENT),
    mistakes=(
        Mistake("not_halved", near(2.0 * _TENT), (lambda e: np.maximum(2.0 - 2.0 * abs(e), 0.0),)),
        Mistake("not_clipped", near(1.0 - np.abs(_E)), (lambda e: 1.0 - abs(e),)),
        Mistake(
            "not_clipped_nor_halved", near(2.0 - 2.0 * np.abs(_E)), (lambda e: 2.0 - 2.0 * abs(e),)
        ),
        Mistake(
            "box",
            lambda v: near(0.5 * (np.abs(_E) < 1.0))(v) or near(1.0 * (np.abs(_E) < 1.0))(v),
            (lambda e: 0.5 * (abs(e) < 1), lambda e: 1.0 * (abs(e) < 1)),
        ),
        Mistake(
            "one_side",
            near(np.where(_E >= 0.0, _TENT, 0.0)),
            (lambda e: max(1 - e, 0) if e >= 0 else 0,),
        ),
        Mistake("no_size", near(np.maximum(1.0 - _E, 0.0)), (lambda e: max(1 - e, 0),)),
    ),
    solution="def implied_noise(e):\n    return max(1 - abs(e), 0)",
    right_answers=(
        lambda e: max(1 - abs(e), 0),
        lambda e: TABLE["approx_sign"].density(e),
        lambda e: np.interp(e, [-1, 0, 1], [0, 1, 0]),
    ),
)

# --- Exercise: the slope behind a noise ----------------------------------------------------------

SLOPE_OF_NOISE = Exercise(
    name="slope_of_noise",
    read=numbers(),
    is_right=near([2.0, 0.0]),
    mistakes=(
        Mistake("count", lambda v: v.shape != (2,), (2, [2], [2, 0, 0])),
        Mistake("density", near([1.0, 0.0]), ([1, 0],)),
        Mistake("wide_noise", near([1.0, 1.0]), ([1, 1],)),
        Mistake("no_gate", near([2.0, 2.0]), ([2, 2],)),
        Mistake("half", near([0.5, 0.0]), ([0.5, 0],)),
        Mistake("too_dense", near([4.0, 0.0]), ([4, 0],)),
        Mistake("swapped", near([0.0, 2.0]), ([0, 2],)),
    ),
    solution="answer = [2 * 1.0, 2 * 0.0]",
    right_answers=([2, 0], "2; 0", Quantizer.binary((-0.5, 0.5)).gradient([0.2, 0.7])),
)

# --- Exercise: how wide may it be ----------------------------------------------------------------

HOW_WIDE = Exercise(
    name="how_wide",
    read=number(),
    is_right=near(1.0 / 3.0, 0.011),  # 0.33 is as good
    mistakes=(
        Mistake("area_one", near(1.0 / 6.0), ("1/6",)),
        Mistake("both_sides", near(2.0 / 3.0), ("2/3",)),
        Mistake("upside_down", near(3.0), (3,)),
        Mistake("usual", near(1.0), (1,)),
    ),
    solution="answer = 2 / (2 * 3)",
    right_answers=("1/3", 1 / 3, 0.3333, 0.33),
)

# --- Exercise: a bias by hand --------------------------------------------------------------------

BIAS_BY_HAND = Exercise(
    name="bias_by_hand",
    read=numbers(),
    is_right=near([0.0, 2.0]),
    mistakes=(
        Mistake("count", lambda v: v.shape != (2,), (0, [2], [0, 2, 2])),
        Mistake("of_the_mean", near([0.6, 2.0]), ([0.6, 2],)),
        Mistake("both_of_the_mean", near([0.6, 0.6]), ([0.6, 0.6],)),
        Mistake("slope_at_the_mean", near([0.0, 0.6]), ([0, 0.6],)),
        Mistake("same", near([2.0, 2.0]), ([2, 2],)),
        Mistake("value", near([1.0, 2.0]), ([1, 2],)),
        Mistake("swapped", near([2.0, 0.0]), ([2, 0],)),
        Mistake("both_zero", near([0.0, 0.0], 1e-9), ([0, 0],)),
    ),
    solution="true = (1**2 - (-1) ** 2) / 2\nste = 2 * 1 * 1\nanswer = [true, ste]",
    right_answers=([0, 2], "0; 2", np.array([0.0, 2.0])),
)

CHAPTER = Chapter(
    notebook="07_the_zoo_and_its_limits",
    predictions=(NO_NOISE,),
    exercises=(SLOPE_OF_NOISE, IMPLIED_NOISE, HOW_WIDE, BIAS_BY_HAND),
    setup=SETUP,
)
