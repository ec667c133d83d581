"""What the notebook on many levels asks before it shows: slopes, whose mean, which thresholds."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz import feasible
from n2uq_viz.course.answers import near
from n2uq_viz.course.items import Answer, Choice, Mistake, Number, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

# --- Prediction: three slopes, and the one of the plain STE --------------------------------------

WIDTHS = (0.5, 1.0, 0.5)
UNEVEN = Quantizer.from_intervals(WIDTHS)
_SEGMENTS = ("segment_1", "segment_2", "segment_3")
#: Highest slope that the drawing shows, and where it has its marks for the plain STE.
_TOP, _BESIDE = 2.4, 2.25


def _three_slopes() -> dict[str, float | str]:
    found: dict[str, float | str] = dict(zip(_SEGMENTS, UNEVEN.slopes.tolist(), strict=True))
    return {**found, "plain": float(UNEVEN.ste_gradient(1.0))}


def _slopes(answer: Answer) -> FloatArray:
    return np.array([float(answer[name]) for name in _SEGMENTS])


def _draw_three_slopes(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the slopes over their segments, as predicted and as they are."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark  # matplotlib takes long

    words = "course.levels.three_slopes"
    edges, middles = UNEVEN.edges, UNEVEN.thresholds
    for role, values, line in ((TRUE, truth, "-"), (PREDICTED, answer, "--")):
        slopes = np.clip(_slopes(values), 0.0, _TOP)
        plain = min(max(float(values["plain"]), 0.0), _TOP)
        ax.hlines(slopes, edges[:-1], edges[1:], color=look.color[role], linestyle=line)
        for at, slope in zip(middles, slopes, strict=True):
            draw_mark(ax, look, role, float(at), float(slope))
        draw_mark(ax, look, role, _BESIDE, plain)
    plain = float(truth["plain"])
    ax.plot(
        [edges[0], edges[-1]],
        [plain, plain],
        color=look.color["ste"],
        linestyle=":",
        label=say(f"{words}.short.plain"),
    )
    ax.vlines(edges, 0.0, _TOP, color=look.color["grid"], linewidth=1.0, zorder=0.5)
    ax.set_xlim(-0.15, _BESIDE + 0.2)
    ax.set_xticks(edges)
    ax.set_ylim(0.0, _TOP)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper center", fontsize=look.font_size * 0.9)


THREE_SLOPES = Prediction(
    name="three_slopes",
    fields=(*(Number(name, tolerance=0.01) for name in _SEGMENTS), Number("plain", tolerance=0.01)),
    truth=_three_slopes,
    remarks=(
        Mistake(
            "all_alike",
            lambda a: float(np.ptp(_slopes(a))) < 0.01,
            (
                {"segment_1": 1, "segment_2": 1, "segment_3": 1, "plain": 1},
                {"segment_1": "2/3", "segment_2": "2/3", "segment_3": "2/3", "plain": 1},
            ),
        ),
        Mistake(
            "upside_down",
            lambda a: near(1.0 / UNEVEN.slopes, 0.01)(_slopes(a)),
            ({"segment_1": 0.75, "segment_2": 1.5, "segment_3": "3/4", "plain": 1},),
        ),
        Mistake(
            "wide_is_steep",
            lambda a: _slopes(a)[1] > _slopes(a)[0],
            (
                {"segment_1": 0.67, "segment_2": 1.33, "segment_3": 0.67, "plain": 1},
                {"segment_1": 0.5, "segment_2": 1, "segment_3": 0.5, "plain": 1},
            ),
        ),
        Mistake(
            "four_steps",
            lambda a: near([1.0, 0.5, 1.0], 0.01)(_slopes(a)),
            ({"segment_1": 1, "segment_2": 0.5, "segment_3": 1, "plain": 1},),
        ),
        Mistake(
            "rise_of_one",
            lambda a: near([2.0, 1.0, 2.0], 0.01)(_slopes(a)),
            ({"segment_1": 2, "segment_2": 1, "segment_3": 2, "plain": 1},),
        ),
        Mistake(
            "mean_slope",
            lambda a: near(10 / 9, 0.01)(a["plain"]),
            ({"segment_1": "4/3", "segment_2": "2/3", "segment_3": "4/3", "plain": "10/9"},),
        ),
        Mistake(
            "plain",
            lambda a: near(UNEVEN.slopes, 0.01)(_slopes(a)),
            ({"segment_1": 1.33, "segment_2": 0.67, "segment_3": 1.33, "plain": 0.67},),
        ),
    ),
    draw=_draw_three_slopes,
)

# --- Prediction: whose mean the coins have -------------------------------------------------------

#: The ramp whose slope is the plain STE.
RAMP = Quantizer(UNEVEN.edges[[0, -1]], UNEVEN.levels[[0, -1]])
POINTS, DRAWS, SEED = np.linspace(-0.2, 2.2, 49), 200, 1
#: A curve whose p-value is below this is given up.
LEAST = 1e-3
_CURVES = ("gste", "ste", "both", "neither")


def _whose_mean() -> dict[str, float | str]:
    from n2uq_viz import montecarlo

    coins = montecarlo.simulate(UNEVEN, POINTS, DRAWS, seed=SEED)
    fits = [
        montecarlo.agreement(coins, curve).p_value >= LEAST
        for curve in (UNEVEN.expectation, RAMP.expectation)
    ]
    fitting = [name for name, fits_it in zip(("gste", "ste"), fits, strict=True) if fits_it]
    return {"curve": fitting[0] if len(fitting) == 1 else "both" if fitting else "neither"}


def _draw_whose_mean(ax: Axes, look: Theme, _answer: Answer, _truth: Answer) -> None:
    """Draw the means of the coins over both curves."""
    from n2uq_viz import montecarlo, plots

    view = (float(POINTS[0]), float(POINTS[-1]))
    words = "course.levels.whose_mean"
    plots.draw_expectation(ax, UNEVEN, look, view).set_label(say(f"{words}.option.gste"))
    ax.plot(
        *plots.expectation_line(RAMP, view),
        color=look.color["ste"],
        linestyle="--",
        linewidth=look.line_width,
        label=say(f"{words}.option.ste"),
    )
    coins = montecarlo.simulate(UNEVEN, POINTS, DRAWS, seed=SEED)
    dots = plots.draw_monte_carlo(ax, coins, look)
    dots.set_label(say(f"{words}.dots", draws=DRAWS))
    ax.set_xlim(*view)
    ax.set_ylim(-0.15, 2.75)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


WHOSE_MEAN = Prediction(
    name="whose_mean",
    fields=(
        Choice(
            "curve",
            {name: say(f"course.levels.whose_mean.option.{name}") for name in _CURVES},
        ),
    ),
    truth=_whose_mean,
    remarks=(
        Mistake("one_slope", lambda a: a["curve"] == "ste", ({"curve": "ste"},)),
        Mistake("no_difference", lambda a: a["curve"] == "both", ({"curve": "both"},)),
        Mistake("none", lambda a: a["curve"] == "neither", ({"curve": "neither"},)),
    ),
    draw=_draw_whose_mean,
)

# --- Prediction: which thresholds have edges -----------------------------------------------------

LISTS = {"a": (0.1, 0.9, 1.0), "b": (0.1, 0.2, 0.9, 1.0)}
_OPTIONS = ("both", "only_a", "only_b", "neither")
#: Half-width of the outer segments where there is no way to have them all.
_OUTER = 0.03
_ROWS = {"a": 1.0, "b": 0.0}
_HEIGHT = 0.34


def _which_thresholds() -> dict[str, float | str]:
    a, b = (feasible.has_edges(LISTS[name]) for name in ("a", "b"))
    return {"lists": "both" if a and b else "only_a" if a else "only_b" if b else "neither"}


def segments_of(name: str) -> list[tuple[float, float]]:
    """Segments around a list's thresholds; where they cannot all touch, built from both ends.

    >>> [(round(a, 2), round(b, 2)) for a, b in segments_of("b")]
    [(0.07, 0.13), (0.13, 0.27), (0.83, 0.97), (0.97, 1.03)]
    """
    t = np.array(LISTS[name])
    if feasible.has_edges(t):
        edges = feasible.edges_for(t)
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    half = t.size // 2
    h = np.concatenate(
        (
            feasible.half_widths(t[:half], _OUTER),
            feasible.half_widths(-t[half:][::-1], _OUTER)[::-1],
        )
    )
    return list(zip((t - h).tolist(), (t + h).tolist(), strict=True))


def _draw_which_thresholds(ax: Axes, look: Theme, _answer: Answer, _truth: Answer) -> None:
    """Draw the segments of both lists around their thresholds, and the hole that stays."""
    words = "course.levels.which_thresholds"
    for name, row in _ROWS.items():
        segments = segments_of(name)
        for k, (start, end) in enumerate(segments):
            ax.broken_barh(
                [(start, end - start)],
                (row - _HEIGHT / 2, _HEIGHT),
                facecolor=look.color["band" if k % 2 else "grid"],
                edgecolor=look.color["edge"],
                linewidth=1.0,
            )
        ax.plot(
            LISTS[name],
            [row] * len(LISTS[name]),
            linestyle="",
            marker="D",
            markersize=6.0,
            color=look.color["threshold"],
            label=say(f"{words}.threshold") if name == "a" else None,
        )
        for (_, start), (end, _) in pairwise(segments):
            if end - start > 1e-6:
                ax.annotate(
                    "",
                    (end, row),
                    (start, row),
                    arrowprops={"arrowstyle": "<->", "color": look.color["ste"]},
                )
                ax.text(
                    0.5 * (start + end),
                    row + 0.06,
                    say(f"{words}.hole"),
                    ha="center",
                    va="bottom",
                    color=look.color["ste"],
                    fontsize=look.font_size * 0.9,
                )
    ax.set_yticks(list(_ROWS.values()), [say(f"{words}.row.{name}") for name in _ROWS])
    ax.set_ylim(-0.5, 1.75)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


WHICH_THRESHOLDS = Prediction(
    name="which_thresholds",
    fields=(
        Choice(
            "lists",
            {name: say(f"course.levels.which_thresholds.option.{name}") for name in _OPTIONS},
        ),
    ),
    truth=_which_thresholds,
    remarks=(
        Mistake("anything_goes", lambda a: a["lists"] == "both", ({"lists": "both"},)),
        Mistake("even_only", lambda a: a["lists"] == "neither", ({"lists": "neither"},)),
        Mistake("symmetric", lambda a: a["lists"] == "only_b", ({"lists": "only_b"},)),
    ),
    draw=_draw_which_thresholds,
)
