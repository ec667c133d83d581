"""What the notebook on own tensors asks: equal use, an error by hand, what is least, safe files."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.course.answers import choice, near, number, numbers
from n2uq_viz.course.items import Answer, Chapter, Choice, Exercise, Mistake, Number, Prediction
from n2uq_viz.fits import Fit, fit
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

SETUP = """\
import numpy as np
from n2uq_viz import fits
"""

# --- Prediction: three modes, eight codes --------------------------------------------------------

MODES, DEVIATION, BITS = (0.0, 1.0, 2.0), 0.15, 3
#: Values of one mode.
EACH = 2000
_OPTIONS = ("yes", "no_edges", "no_thresholds")


@cache
def three_modes() -> FloatArray:
    """Return 6000 values of a density with three modes, evenly spread in probability."""
    places = (np.arange(EACH) + 0.5) / EACH
    one = np.array([NormalDist().inv_cdf(place) for place in places.tolist()])
    return np.concatenate([mode + DEVIATION * one for mode in MODES])


@cache
def equal_use() -> Fit:
    """Return what comes nearest to equal use of eight codes."""
    return fit(three_modes(), BITS, "quantile")


def _three_modes() -> dict[str, float | str]:
    found = equal_use()
    return {"possible": "no_edges" if found.moved else "yes", "entropy": found.entropy}


def _draw_three_modes(ax: Axes, look: Theme, _answer: Answer, _truth: Answer) -> None:
    """Draw the density, the thresholds for equal use, and the nearest that have edges."""
    x = np.linspace(MODES[0] - 0.6, MODES[-1] + 0.6, 600)
    density = np.mean([np.exp(-(((x - mode) / DEVIATION) ** 2) / 2) for mode in MODES], axis=0)
    ax.fill_between(x, density, color=look.color["grid"], label=say(f"{_WORDS}.density"))
    found = equal_use()
    top = float(density.max())
    line: Any
    for name, places, color, line, height in (
        ("wanted", found.wanted, "first", "-", 1.12),
        ("nearest", found.quantizer.thresholds, "second", "--", 1.0),
    ):
        lines = ax.vlines(
            places,
            0.0,
            height * top,
            colors=look.color[color],
            linestyles=line,
            linewidth=look.line_width,
        )
        lines.set_label(say(f"{_WORDS}.{name}"))
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(0.0, 1.75 * top)
    ax.set_yticks([])
    ax.legend(loc="upper left")
    ax.set_xlabel(say(f"{_WORDS}.axis_x"))


_WORDS = "course.your_own_tensors.three_modes"

THREE_MODES = Prediction(
    name="three_modes",
    fields=(
        Choice("possible", {name: say(f"{_WORDS}.option.{name}") for name in _OPTIONS}),
        Number("entropy", tolerance=0.12),
    ),
    truth=_three_modes,
    remarks=(
        Mistake(
            "yes",
            lambda a: a["possible"] == "yes",
            ({"possible": "yes", "entropy": 3},),
        ),
        Mistake(
            "no_thresholds",
            lambda a: a["possible"] == "no_thresholds",
            ({"possible": "no_thresholds", "entropy": 2.5},),
        ),
        Mistake(
            "too_many_bits",
            lambda a: float(a["entropy"]) >= 3.0,
            ({"possible": "no_edges", "entropy": 3}, {"possible": "no_edges", "entropy": 8}),
        ),
        Mistake(
            "too_low",
            lambda a: float(a["entropy"]) < 2.6,
            ({"possible": "no_edges", "entropy": 1.5},),
        ),
    ),
    draw=_draw_three_modes,
)

# --- Exercise: thresholds for equal use ----------------------------------------------------------

SAMPLE = np.array([0.0, 0.0, 0.1, 0.2, 0.4, 0.9, 1.6, 4.0])


def _shares(thresholds: FloatArray) -> FloatArray:
    ends = [-np.inf, *thresholds.tolist(), np.inf]
    return np.histogram(SAMPLE, bins=ends)[0] / SAMPLE.size


def _increasing(values: FloatArray) -> bool:
    return values.shape == (3,) and bool((np.diff(values) > 0.0).all())


def _equal(values: FloatArray) -> bool:
    off = np.isin(values, SAMPLE).any()  # a tie would go to the lower side, and is not asked for
    return _increasing(values) and not off and bool(np.all(_shares(values) == 0.25))


EQUAL_USE = Exercise(
    name="equal_use",
    read=numbers(),
    is_right=_equal,
    mistakes=(
        Mistake("count", lambda v: v.shape != (3,), ([0.05, 0.3, 1.2, 2], [0.3])),
        Mistake("order", lambda v: not _increasing(v), ([1.2, 0.3, 0.05],)),
        Mistake("even", near([1.0, 2.0, 3.0]), ([1, 2, 3],)),
        Mistake("shares", near([0.25, 0.5, 0.75]), ([0.25, 0.5, 0.75],)),
        Mistake("midpoints_of_levels", near([2 / 3, 2.0, 10 / 3], 0.01), ([0.667, 2, 3.333],)),
        Mistake(
            "on_a_value",
            lambda v: bool(np.isin(v, SAMPLE).any()),
            ([0.0, 0.2, 0.9], [0.1, 0.4, 1.6]),
        ),
    ),
    solution="answer = [0.05, 0.3, 1.2]",
    right_answers=([0.05, 0.3, 1.2], "0.02; 0.25; 1.5", np.array([0.09, 0.39, 0.91])),
)

# --- Exercise: an error by hand ------------------------------------------------------------------

FOUR = np.array([0.0, 1.0, 2.0, 3.0])
_LEVELS = np.array([0.5, 2.5])
_ERROR = float(np.mean((FOUR - np.where(FOUR > 1.5, *_LEVELS[::-1])) ** 2))
_VARIANCE = float(FOUR.var())

RELATIVE_ERROR = Exercise(
    name="relative_error",
    read=number(units={"%": 0.01}),
    is_right=near(_ERROR / _VARIANCE),
    mistakes=(
        Mistake("absolute", near(_ERROR), (0.25, "1/4")),
        Mistake("root", near(0.5), (0.5,)),
        Mistake("not_squared", near(0.5 / _VARIANCE), (0.4,)),
        Mistake("of_deviations", near((_ERROR / _VARIANCE) ** 0.5), (0.4472, 0.447)),
        Mistake("sample_variance", near(_ERROR / float(FOUR.var(ddof=1))), (0.15,)),
        Mistake("upside_down", near(_VARIANCE / _ERROR), (5,)),
        Mistake("variance", near(_VARIANCE), (1.25,)),
        Mistake("explained", near(1.0 - _ERROR / _VARIANCE), (0.8,)),
        Mistake("percent", near(100.0 * _ERROR / _VARIANCE), (20,)),
    ),
    solution=(
        "x = np.array([0, 1, 2, 3])\n"
        "y = np.array([0.5, 0.5, 2.5, 2.5])\n"
        "answer = np.mean((x - y) ** 2) / x.var()"
    ),
    right_answers=(0.2, "20 %", "0,2"),
)

# --- Exercise: which thresholds have the least error ---------------------------------------------

LEAST_ERROR = Exercise(
    name="least_error",
    read=choice(
        {
            "uniform": ("even",),
            "quantile": ("equal use",),
            "learned": ("G-STE",),
            "lloyd_max": ("Lloyd-Max", "Lloyd–Max"),
        }
    ),
    is_right=lambda value: value == "uniform",
    mistakes=(
        Mistake("quantile", lambda value: value == "quantile", ("quantile", "equal use")),
        Mistake("learned", lambda value: value == "learned", ("learned", "G-STE")),
        Mistake("lloyd_max", lambda value: value == "lloyd_max", ("lloyd_max", "Lloyd-Max")),
    ),
    solution='answer = "uniform"',
    right_answers=("uniform", "even", "Uniform"),
)

# --- Exercise: a file from a stranger ------------------------------------------------------------

SAFE_CALL = Exercise(
    name="safe_call",
    read=choice({"a": (), "b": (), "c": (), "d": ()}),
    is_right=lambda value: value == "c",
    mistakes=(
        Mistake("pickle", lambda value: value == "a", ("a",)),
        Mistake("not_only", lambda value: value == "b", ("b",)),
        Mistake("allowed", lambda value: value == "d", ("d",)),
    ),
    solution='answer = "c"',
    right_answers=("c", "C", " c "),
)

CHAPTER = Chapter(
    notebook="08_your_own_tensors",
    predictions=(THREE_MODES,),
    exercises=(SAFE_CALL, EQUAL_USE, RELATIVE_ERROR, LEAST_ERROR),
    setup=SETUP,
)
