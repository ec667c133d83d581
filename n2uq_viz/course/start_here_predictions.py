"""What the first notebook asks before it shows: what an edge moves, and where many coins land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz.course.answers import near
from n2uq_viz.course.items import Answer, Choice, Mistake, Number, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

#: The quantizer of the whole notebook: its middle segment is twice as wide as the outer ones.
EXAMPLE = Quantizer.from_intervals([0.5, 1.0, 0.5])

# --- Prediction: pull an edge --------------------------------------------------------------------

PULL = 0.2
_PULLED = EXAMPLE.move_edge(1, float(EXAMPLE.edges[1]) + PULL)


def _edge_pull() -> dict[str, float | str]:
    moved = _PULLED.thresholds - EXAMPLE.thresholds
    raised = float(np.max(np.abs(_PULLED.levels - EXAMPLE.levels)))
    return {"threshold_1": float(moved[0]), "threshold_2": float(moved[1]), "levels": raised}


def _draw_edge_pull(ax: Axes, look: Theme, answer: Answer, _truth: Answer) -> None:
    """Draw the staircase before, as predicted and as it is."""
    from n2uq_viz.course.pictures import draw_staircase  # here, since matplotlib takes long

    moved = np.array([float(answer["threshold_1"]), float(answer["threshold_2"]), 0.0])
    predicted = EXAMPLE.thresholds + moved
    levels = EXAMPLE.levels + float(answer["levels"])
    view = (-0.3, 2.3)
    stairs = {
        "before": (EXAMPLE.thresholds, EXAMPLE.levels),
        "true": (_PULLED.thresholds, _PULLED.levels),
        "predicted": (predicted, levels),
    }
    for role, (thresholds, heights) in stairs.items():
        draw_staircase(ax, look, role, thresholds, heights, view, say(f"course.picture.{role}"))
    ax.set_xlim(*view)
    ax.set_ylim(EXAMPLE.levels[0] - 0.45, EXAMPLE.levels[-1] + 0.35)
    ax.legend(loc="upper left")
    _draw_pull(ax, look)
    ax.set_xlabel(say("course.start_here.edge_pull.axis_x"))
    ax.set_ylabel(say("course.start_here.edge_pull.axis_y"))


def _draw_pull(ax: Axes, look: Theme) -> None:
    """Draw edge 1 as a square on the axis, and the way it was pulled."""
    start, end = float(EXAMPLE.edges[1]), float(_PULLED.edges[1])
    y = EXAMPLE.levels[0] - 0.25
    color = look.color["edge"]
    ax.plot([start], [y], "s", color=color, fillstyle="none", markersize=7.0)
    ax.plot([end], [y], "s", color=color, markersize=7.0)
    ax.annotate("", (end, y), (start, y), arrowprops={"arrowstyle": "->", "color": color})
    ax.annotate(
        say("course.start_here.edge_pull.edge"),
        (end, y),
        (8.0, 0.0),
        textcoords="offset points",
        va="center",
        color=color,
        fontsize=look.font_size * 0.9,
    )


def _both(answer: Answer) -> tuple[float, float]:
    return float(answer["threshold_1"]), float(answer["threshold_2"])


EDGE_PULL = Prediction(
    name="edge_pull",
    fields=(
        Number("threshold_1", signed=True),
        Number("threshold_2", signed=True),
        Number("levels", signed=True),
    ),
    truth=_edge_pull,
    remarks=(
        Mistake(
            "as_far",
            lambda a: near((PULL, PULL))(_both(a)),
            ({"threshold_1": 0.2, "threshold_2": 0.2, "levels": 0},),
        ),
        Mistake(
            "none",
            lambda a: near((0.0, 0.0))(_both(a)),
            ({"threshold_1": 0, "threshold_2": 0, "levels": 0},),
        ),
        Mistake(
            "opposite",
            lambda a: min(_both(a)) < 0.0,
            (
                {"threshold_1": "0.1", "threshold_2": "-0.1", "levels": 0},
                {"threshold_1": -0.2, "threshold_2": -0.2, "levels": 0},
            ),
        ),
        Mistake(
            "one_only",
            lambda a: 0.0 in _both(a),
            (
                {"threshold_1": 0.1, "threshold_2": 0, "levels": 0},
                {"threshold_1": 0, "threshold_2": "0,2", "levels": 0},
            ),
        ),
        Mistake(
            "levels",
            lambda a: near((PULL / 2, PULL / 2))(_both(a)),
            ({"threshold_1": 0.1, "threshold_2": "1/10", "levels": 0.2},),
        ),
    ),
    draw=_draw_edge_pull,
)

# --- Prediction: where the mean of many coins lands ----------------------------------------------

#: A quarter of the way through the second segment.
QUARTER = float(EXAMPLE.edges[1] + 0.25 * EXAMPLE.intervals[1])
_SHARES = {"lower": 0.0, "quarter": 0.25, "half": 0.5, "upper": 1.0}


def _quarter_way() -> dict[str, float | str]:
    lower, upper = EXAMPLE.levels[1:3]
    share = float((EXAMPLE.expectation(QUARTER) - lower) / (upper - lower))
    return {"mean": min(_SHARES, key=lambda name: abs(_SHARES[name] - share))}


def _draw_quarter_way(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the step around the input, the mean as predicted and as it is."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark, draw_staircase

    start, end = float(EXAMPLE.edges[1]), float(EXAMPLE.edges[2])
    view = (start - 0.15, end + 0.15)
    lower, upper = float(EXAMPLE.levels[1]), float(EXAMPLE.levels[2])
    label = say("course.start_here.quarter_way.staircase")
    draw_staircase(ax, look, "before", EXAMPLE.thresholds[1:2], [lower, upper], view, label)
    color = look.color["expectation"]
    ax.plot(
        [start, end], [lower, upper], color=color, label=say("course.start_here.quarter_way.ramp")
    )
    ax.axvline(QUARTER, color=look.color["grid"], linewidth=1.2, zorder=0.5)
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        draw_mark(ax, look, role, QUARTER, lower + (upper - lower) * _SHARES[str(chosen["mean"])])
    ax.set_xlim(*view)
    ax.set_ylim(lower - 0.1, upper + 0.35)
    ax.set_xticks(
        [start, QUARTER, end],
        [say(f"course.start_here.quarter_way.tick.{name}") for name in ("edge_1", "x", "edge_2")],
    )
    ax.set_yticks(
        [lower, upper],
        [say(f"course.start_here.quarter_way.tick.{name}") for name in ("lower", "upper")],
    )
    ax.legend(loc="upper left")


QUARTER_WAY = Prediction(
    name="quarter_way",
    fields=(
        Choice(
            "mean",
            {name: say(f"course.start_here.quarter_way.option.{name}") for name in _SHARES},
        ),
    ),
    truth=_quarter_way,
    remarks=(
        Mistake("rounded", lambda a: a["mean"] == "lower", ({"mean": "lower"},)),
        Mistake("fair", lambda a: a["mean"] == "half", ({"mean": "half"},)),
    ),
    draw=_draw_quarter_way,
)
