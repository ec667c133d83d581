"""What the notebook on one step asks before it shows: where descent stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz import gates
from n2uq_viz.course.answers import near
from n2uq_viz.course.items import Answer, Mistake, Number, Prediction
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

# --- Prediction: where descent stops -------------------------------------------------------------

#: Minimize (sign(x) - TARGET)² from START, at this rate.
TARGET, START, RATE, STEPS = -1.0, 0.3, 0.05, 8
_RULES = {"derivative": "derivative", "ste": "gate"}


def _where_it_stops() -> dict[str, float | str]:
    paths = {name: gates.descend(rule, TARGET, START, RATE) for name, rule in _RULES.items()}
    return {name: float(path[-1]) for name, path in paths.items()}


def _draw_where_it_stops(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw both paths step by step, and where each was said to end."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark  # matplotlib takes long

    steps = np.arange(STEPS + 1)
    for name, rule in _RULES.items():
        color, dashes = ("muted", "--") if name == "derivative" else ("gste", "-")
        ax.plot(
            steps,
            gates.descend(rule, TARGET, START, RATE, STEPS),
            color=look.color[color],
            linestyle=dashes,
            marker=".",
            label=say(f"course.binary_and_ste.where_it_stops.short.{name}"),
        )
        # Side by side, so that neither pair of marks covers the other.
        at = STEPS + (0.6 if name == "derivative" else 1.4)
        for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
            inside = min(max(float(chosen[name]), -1.15), 1.15)
            draw_mark(ax, look, role, at, inside)
    ax.axhline(0.0, color=look.color["deterministic"], linewidth=0.8)
    ax.annotate(
        say("course.binary_and_ste.where_it_stops.step"),
        (STEPS, 0.0),
        (0.0, 3.0),
        textcoords="offset points",
        ha="right",
        color=look.color["deterministic"],
        fontsize=look.font_size * 0.9,
    )
    ax.set_xlim(-0.4, STEPS + 2.0)
    ax.set_xticks(range(0, STEPS + 1, 2))
    ax.set_ylim(-1.2, 1.2)
    ax.set_xlabel(say("course.binary_and_ste.where_it_stops.axis_x"))
    ax.set_ylabel(say("course.binary_and_ste.where_it_stops.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


WHERE_IT_STOPS = Prediction(
    name="where_it_stops",
    fields=(Number("derivative"), Number("ste")),
    truth=_where_it_stops,
    remarks=(
        Mistake(
            "derivative_moves",
            lambda a: not near(START, 0.02)(a["derivative"]),
            (
                {"derivative": -0.1, "ste": -0.1},
                {"derivative": 0, "ste": 0},
                {"derivative": -1, "ste": "-1"},
            ),
        ),
        Mistake(
            "ste_stays",
            lambda a: near(START)(a["ste"]),
            ({"derivative": 0.3, "ste": 0.3},),
        ),
        Mistake(
            "one_step",
            lambda a: near(0.1, 0.02)(a["ste"]),
            ({"derivative": 0.3, "ste": 0.1},),
        ),
        Mistake(
            "on_the_step",
            lambda a: abs(float(a["ste"])) < 0.005,
            ({"derivative": 0.3, "ste": 0}, {"derivative": "0.3", "ste": "0.0"}),
        ),
        Mistake(
            "to_the_target",
            lambda a: float(a["ste"]) <= -0.995,
            ({"derivative": 0.3, "ste": -1}, {"derivative": 0.3, "ste": "-1.1"}),
        ),
        Mistake(
            "too_far",
            lambda a: -0.995 < float(a["ste"]) < -0.105,
            ({"derivative": 0.3, "ste": -0.3}, {"derivative": 0.3, "ste": -0.5}),
        ),
        Mistake(
            "uphill",
            lambda a: float(a["ste"]) > START,
            ({"derivative": 0.3, "ste": 0.5}, {"derivative": 0.3, "ste": 1.1}),
        ),
    ),
    draw=_draw_where_it_stops,
)
