"""What the notebook on learning asks before it shows: the first push at the best place, its end."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz import descent
from n2uq_viz.course.items import Answer, Choice, Mistake, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

#: Where squared error wants the thresholds if the output is to be the input.
BEST = Quantizer.uniform(2)
TARGET = "identity"
#: A multiple of the levels' spacing in the number of inputs keeps thresholds off them.
COUNT = 3000
#: A push smaller than this, in loss per unit of x, is none.
NO_PUSH = 1e-6

# --- Prediction: which way the first edge is pushed ----------------------------------------------

_SIDES = {"left": -1.0, "right": 1.0, "none": 0.0}
#: Length of an arrow, in units of x, and where it flies, in units of y.
_ARROW = 0.2
_FLOOR = -0.58
_LANES = {"monte_carlo": -0.2, "deterministic": -0.42}


def _first_push() -> dict[str, float | str]:
    push = -descent.edge_gradient(BEST, descent.samples(TARGET, BEST.levels, count=COUNT))[0]
    return {"side": "none" if abs(push) < NO_PUSH else "right" if push > 0.0 else "left"}


def _draw_first_push(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the first steps, what is wanted, and edge 0 with its push as predicted and as it is."""
    from n2uq_viz import plots  # here, since matplotlib takes long
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark, draw_staircase

    words = "course.learnable_thresholds.first_push"
    view = (-0.4, 1.15)
    draw_staircase(
        ax,
        look,
        "before",
        BEST.thresholds[:2],
        BEST.levels[:3],
        view,
        say(f"{words}.staircase"),
    )
    plots.draw_expectation(ax, BEST, look, view).set_label(say(f"{words}.mean"))
    edge = float(BEST.edges[0])
    ax.plot([edge, edge], [_FLOOR, 0.0], color=look.color["grid"], linewidth=1.2, zorder=0.5)
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        y, to = _LANES[role], edge + _ARROW * _SIDES[str(chosen["side"])]
        if to == edge:
            draw_mark(ax, look, role, edge, y)
        else:
            style = {"arrowstyle": "->", "color": look.color[role], "linewidth": look.line_width}
            ax.annotate("", (to, y), (edge, y), arrowprops=style)
        ax.annotate(
            say(f"course.picture.{'predicted' if role == PREDICTED else 'true'}"),
            (edge + 1.4 * _ARROW, y),
            va="center",
            color=look.color[role],
            fontsize=look.font_size * 0.9,
        )
    ax.plot([edge], [0.0], "s", color=look.color["edge"], markersize=7.0)
    ax.annotate(
        say(f"{words}.edge"),
        (edge, 0.0),
        (-4.0, 8.0),
        textcoords="offset points",
        ha="right",
        color=look.color["edge"],
        fontsize=look.font_size * 0.9,
    )
    ax.set_xlim(*view)
    ax.set_ylim(_FLOOR, 1.95)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


FIRST_PUSH = Prediction(
    name="first_push",
    fields=(
        Choice(
            "side",
            {name: say(f"course.learnable_thresholds.first_push.option.{name}") for name in _SIDES},
        ),
    ),
    truth=_first_push,
    remarks=(
        Mistake("rests", lambda a: a["side"] == "none", ({"side": "none"},)),
        Mistake("inward", lambda a: a["side"] == "right", ({"side": "right"},)),
    ),
    draw=_draw_first_push,
)

# --- Prediction: what becomes of the loss --------------------------------------------------------

STEPS, RATE = 500, 0.2
_OPTIONS = ("stays", "falls", "settles", "runs")
#: The loss at the end is compared with that at half of the way.
_SETTLED = 1.02
_SAME = 1.002


@cache
def _way() -> descent.Descent:
    learned = descent.samples(TARGET, BEST.levels, count=COUNT)
    return descent.descend(BEST, learned, STEPS, RATE)


def _from_the_best() -> dict[str, float | str]:
    loss = _way().loss
    first, half, last = (float(loss[k]) for k in (0, STEPS // 2, STEPS))
    if last > first * _SAME:
        return {"loss": "settles" if last < half * _SETTLED else "runs"}
    return {"loss": "stays" if last * _SAME > first else "falls"}


def _draw_from_the_best(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the loss after every step, and the ends as predicted and as it is."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark

    words = "course.learnable_thresholds.from_the_best"
    loss = _way().loss
    first, last = float(loss[0]), float(loss[-1])
    rise = last - first
    ends = {"stays": first, "falls": first - 0.6 * rise, "settles": last, "runs": last + 0.9 * rise}
    ax.axhline(
        first,
        color=look.color["muted"],
        linestyle="--",
        linewidth=look.line_width,
        label=say(f"{words}.best"),
    )
    ax.plot(
        np.arange(STEPS + 1),
        loss,
        color=look.color["gste"],
        linewidth=look.line_width,
        label=say(f"{words}.way"),
    )
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        draw_mark(ax, look, role, 1.04 * STEPS, ends[str(chosen["loss"])])
    ax.set_xlim(0.0, 1.1 * STEPS)
    ax.set_xticks(range(0, STEPS + 1, 100))
    ax.set_ylim(first - rise, last + 1.6 * rise)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


FROM_THE_BEST = Prediction(
    name="from_the_best",
    fields=(
        Choice(
            "loss",
            {
                name: say(f"course.learnable_thresholds.from_the_best.option.{name}")
                for name in _OPTIONS
            },
        ),
    ),
    truth=_from_the_best,
    remarks=(
        Mistake("stays", lambda a: a["loss"] == "stays", ({"loss": "stays"},)),
        Mistake("falls", lambda a: a["loss"] == "falls", ({"loss": "falls"},)),
        Mistake("runs", lambda a: a["loss"] == "runs", ({"loss": "runs"},)),
    ),
    draw=_draw_from_the_best,
)
