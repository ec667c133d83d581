"""What the notebook on the mean asks before it shows: where it is noisiest, exp behind a coin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz.course.answers import near, show_number
from n2uq_viz.course.items import Answer, Choice, Mistake, Number, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

SIGN = Quantizer.binary()

# --- Prediction: where the mean is noisiest ------------------------------------------------------

#: Three inputs, and how often the coin is thrown at each: first few times, then many times.
INPUTS = {"left": -0.9, "middle": 0.0, "right": 0.6}
FEW, MANY = 100, 10_000
#: Inputs on the curves of the typical error, which rise steeply at both ends.
_CURVE = np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 201))


def _error(x: ArrayLike, draws: int) -> FloatArray:
    """The standard error of the mean of that many throws."""
    return np.sqrt(SIGN.variance(x) / draws)


def _noisiest() -> dict[str, float | str]:
    errors = {name: float(_error(x, FEW)) for name, x in INPUTS.items()}
    largest = [name for name, error in errors.items() if near(max(errors.values()))(error)]
    there = INPUTS[largest[0]]
    return {
        "place": largest[0] if len(largest) == 1 else "same",
        "factor": float(_error(there, FEW) / _error(there, MANY)),
    }


def _draw_noisiest(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the typical error at every input, and the inputs that were chosen."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark  # matplotlib takes long

    words = "course.expectation.noisiest"
    for draws, color, dashes in ((FEW, "expectation", "-"), (MANY, "muted", "--")):
        ax.plot(
            _CURVE,
            _error(_CURVE, draws),
            color=look.color[color],
            linestyle=dashes,
            linewidth=look.line_width,
            label=say(f"{words}.throws", draws=f"{draws:,}"),
        )
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        place = str(chosen["place"])
        for x in INPUTS.values() if place == "same" else (INPUTS[place],):
            draw_mark(ax, look, role, x, float(_error(x, FEW)))
    ax.set_xlim(-1.05, 1.05)
    ax.set_xticks([-1.0, 0.0, 1.0])
    ax.set_yticks([0.0, 0.05, 0.1])
    ax.set_ylim(0.0, 0.16)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


NOISIEST = Prediction(
    name="noisiest",
    fields=(
        Choice(
            "place",
            {name: say(f"course.expectation.noisiest.option.{name}") for name in (*INPUTS, "same")},
        ),
        Number("factor", tolerance=0.05),
    ),
    truth=_noisiest,
    remarks=(
        Mistake("same", lambda a: a["place"] == "same", ({"place": "same", "factor": 10},)),
        Mistake(
            "left",
            lambda a: a["place"] == "left",
            ({"place": "left", "factor": 10}, {"place": "left", "factor": 100}),
        ),
        Mistake("right", lambda a: a["place"] == "right", ({"place": "right", "factor": 10},)),
        Mistake(
            "proportional",
            lambda a: near(100.0)(a["factor"]),
            ({"place": "middle", "factor": 100}, {"place": "middle", "factor": "10000/100"}),
        ),
        Mistake("digits", lambda a: near(2.0)(a["factor"]), ({"place": "middle", "factor": 2},)),
        Mistake("stays", lambda a: near(1.0)(a["factor"]), ({"place": "middle", "factor": 1},)),
        Mistake(
            "upside_down",
            lambda a: float(a["factor"]) < 1.0,
            ({"place": "middle", "factor": "1/10"}, {"place": "middle", "factor": -10}),
        ),
    ),
    draw=_draw_noisiest,
)

# --- Prediction: a function that bends behind the coin -------------------------------------------

#: Where the coin is thrown, and how often at most.
PLACE, THROWS = 0.3, 1_000_000
#: Largest share by which "a little" and "some" are off.
_LITTLE, _SOME = 0.1, 0.5
_COMPARED = ("small", "equal", "little", "some", "much")
_WITH_MORE = ("closes", "stays")


def _slopes() -> tuple[float, float]:
    """The slope of the mean of exp, and the mean of what the sampled STE passes back."""
    from n2uq_viz.figures import bias  # brings matplotlib

    found = bias.slopes(PLACE)
    return float(found.true), float(found.sampled)


def _behind_exp() -> dict[str, float | str]:
    true, sampled = _slopes()
    off = sampled / true - 1.0
    if near(true)(sampled):
        compared = "equal"
    elif off < 0.0:
        compared = "small"
    else:
        compared = "little" if off < _LITTLE else "some" if off < _SOME else "much"
    lower, upper, chance = SIGN.outcomes(PLACE)
    deviation = np.sqrt(chance * (1.0 - chance)) * (np.exp(upper) - np.exp(lower))
    is_noise = abs(sampled - true) <= 5.0 * deviation / np.sqrt(THROWS)
    return {"compared": compared, "more": "closes" if is_noise else "stays"}


def _draw_behind_exp(ax: Axes, look: Theme, _answer: Answer, _truth: Answer) -> None:
    """Draw exp with its tangents at the levels, the chord, and the two slopes at the input."""
    words = "course.expectation.behind_exp"
    true, sampled = _slopes()
    level = np.array([-1.0, 1.0])
    height = float(np.interp(PLACE, level, np.exp(level)))
    x = np.linspace(-1.0, 1.0, 101)
    lines = (
        ("mean", "expectation", "-", 1.4, level, np.exp(level)),
        ("ste", "ste", "--", 1.2, PLACE + 0.7 * level, height + 0.7 * sampled * level),
        ("exp", "gste", ":", 1.4, x, np.exp(x)),
    )
    for name, color, dashes, wider, across, up in lines:
        ax.plot(
            across,
            up,
            color=look.color[color],
            linestyle=dashes,
            linewidth=wider * look.line_width,
            label=say(f"{words}.line.{name}", true=f"{true:.3f}", sampled=f"{sampled:.3f}"),
        )
    for end in level:  # where the STE asks for a slope
        near_end = end + 0.3 * level
        ax.plot(
            near_end,
            np.exp(end) * (1.0 + 0.3 * level),
            color=look.color["ste"],
            linewidth=0.7 * look.line_width,
        )
    ax.plot(
        level,
        np.exp(level),
        linestyle="",
        marker="s",
        markersize=5.0,
        color=look.color["deterministic"],
    )
    ax.plot(
        [PLACE],
        [height],
        linestyle="",
        marker="o",
        markersize=5.0,
        color=look.color["expectation"],
    )
    ax.set_xlim(-1.4, 1.4)
    ticks = [-1.0, PLACE, 1.0]
    ax.set_xticks(ticks, [show_number(x) for x in ticks])
    ax.set_ylim(0.0, 5.0)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


BEHIND_EXP = Prediction(
    name="behind_exp",
    fields=(
        Choice(
            "compared",
            {name: say(f"course.expectation.behind_exp.option.{name}") for name in _COMPARED},
        ),
        Choice(
            "more",
            {name: say(f"course.expectation.behind_exp.option.{name}") for name in _WITH_MORE},
        ),
    ),
    truth=_behind_exp,
    remarks=(
        Mistake(
            "equal",
            lambda a: a["compared"] == "equal",
            ({"compared": "equal", "more": "closes"}, {"compared": "equal", "more": "stays"}),
        ),
        Mistake(
            "small",
            lambda a: a["compared"] == "small",
            ({"compared": "small", "more": "stays"}, {"compared": "small", "more": "closes"}),
        ),
        Mistake(
            "not_that_little",
            lambda a: a["compared"] in ("little", "some"),
            ({"compared": "little", "more": "stays"}, {"compared": "some", "more": "closes"}),
        ),
        Mistake(
            "noise", lambda a: a["more"] == "closes", ({"compared": "much", "more": "closes"},)
        ),
    ),
    draw=_draw_behind_exp,
)
