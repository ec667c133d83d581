"""The whole story on one page: from a step without a slope to thresholds that learn."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots, style
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.descent import STEPS, descend
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import axes_size, short, symbol, wrap
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 40.0
COLUMNS = 3
PANELS = ("step", "coin", "mean", "slope", "sum", "learn")
BINARY = Quantizer.binary()
BINARY_VIEW: View = (-2.0, 2.0)
#: Inputs in the pictures with coins, throws per input, and draws behind each mean.
INPUTS, THROWS, DRAWS = 61, 5, 100
#: Distance of throws at one input from each other (output units); size next to other dots.
LIFT, COIN = 0.12, 0.7
SEED = 1
#: Empty space around the edges and the levels of a sum of ramps, as shares of their range: right
#: of the last edge is room for words.
BEFORE, BEYOND = 0.15, 0.45
BELOW, ABOVE = 0.075, 0.175
#: Height of the words on a slope above the lower end of its ramp, as a share of its step.
BESIDE = 0.35
# In units of the theme's font size.
#: Height of a panel in a column.
COLUMN = 8.0
GUTTER, ROW_GAP = 2.2, 0.4
TICKS_LEFT, TICKS_BELOW = 2.2, 1.8
TICKS_SLACK = 0.4
HEAD_GAP = 0.6
#: Where names of axes stand in the upper left corner.
CORNER = 0.4
NUMBER = 1.5
#: How much the areas of a sum of ramps cover.
AREA = 0.55


def overview(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw six pictures in a row of thought: step, coin, mean, slope, sum of ramps, learning.

    Source: Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Sum-of-steps explorer: panel 5 adds up all the ramps of its quantizer. The
        other panels have a binary quantizer and a descent of their own.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.

    Raises
    ------
    ValueError
        A state that cannot be shown, or no such theme or size.
    """
    shown, look, size = read(state, theme, size, "sum-of-steps")
    q = Quantizer(shown["edges"], shown["levels"])
    drawings = (_step, _coin, _mean, _slope, partial(_sum, q), _learn)
    with frame.look(look):
        em = look.font_size
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.overview.title"))
        columns = 2 if sheet.narrow else COLUMNS
        column = (sheet.width - 2.0 * MARGIN - (columns - 1) * GUTTER) / columns
        words = [
            wrap(say(f"figure.overview.{name}"), em * (column - NUMBER) / frame.BOLDER, em)
            for name in PANELS
        ]
        heads = [
            HEAD_GAP + frame.LINE_SPACING * (1 + max(text.count("\n") for text in row))
            for row in (words[k : k + columns] for k in range(0, len(words), columns))
        ]
        below = sum(heads) + len(heads) * (TICKS_BELOW + ROW_GAP) + MARGIN - TICKS_SLACK
        panel = sheet.down(COLUMN * len(heads), top + below) / len(heads)
        for row, head in enumerate(heads):
            top += ROW_GAP + head
            for place in range(columns):
                k = columns * row + place
                left = MARGIN + TICKS_LEFT + place * (column + GUTTER)
                ax = sheet.axes(left, top, column - TICKS_LEFT, panel)
                _head(ax, look, k + 1, words[k], head)
                drawings[k](ax, look)
            top += panel + TICKS_BELOW
    return sheet.finish()


def _head(ax: Axes, theme: Theme, number: int, claim: str, above: float) -> None:
    em = theme.font_size
    for words, away, color in ((str(number), 0.0, "expectation"), (claim, NUMBER, "ink")):
        ax.annotate(
            words,
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(em * (away - TICKS_LEFT), em * above),
            textcoords="offset points",
            va="top",
            fontweight="bold",
            color=theme.color[color],
            linespacing=frame.LINE_SPACING,
            annotation_clip=False,
        )


def _axes(
    ax: Axes,
    theme: Theme,
    x: View,
    y: View,
    ticks: tuple[list[float], list[float]],
    names: tuple[str, str] = ("x", "y"),
) -> None:
    """Set limits, ticks and the names at the ends of the axes."""
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    frame.label_ticks(ax.xaxis, ticks[0])
    frame.label_ticks(ax.yaxis, ticks[1])
    ax.grid(visible=True, axis="y")
    corner = CORNER * theme.font_size
    for key, at, away, ha in (
        (names[0], (1.0, 0.0), (0.0, -frame.TICK_LENGTH - frame.number_pad(theme)), "right"),
        (names[1], (0.0, 1.0), (corner, -corner), "left"),
    ):
        if key:
            ax.annotate(
                say(f"figure.overview.axis.{key}"),
                xy=at,
                xycoords="axes fraction",
                xytext=away,
                textcoords="offset points",
                ha=ha,
                va="top",
                fontsize=frame.SMALL * theme.font_size,
                color=theme.color["muted"],
                annotation_clip=False,
            )


def _binary_axes(ax: Axes, theme: Theme) -> None:
    _axes(ax, theme, BINARY_VIEW, (-1.45, 1.45), ([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]))


def _label(
    ax: Axes, theme: Theme, key: str, at: View, color: str, ha: str = "center", **values: Any
) -> None:
    ax.text(
        *at,
        say(f"figure.overview.{key}", **values),
        color=theme.color[color],
        fontsize=frame.SMALL * theme.font_size,
        ha=ha,
        va="center",
        linespacing=frame.LINE_SPACING,
    )


def _step(ax: Axes, theme: Theme) -> None:
    _binary_axes(ax, theme)
    plots.draw_quantizer(ax, BINARY, theme, BINARY_VIEW)
    _label(ax, theme, "slope.value", (-1.0, -0.65), "gste", slope=0)
    _label(ax, theme, "slope.value", (1.0, 0.65), "gste", slope=0)


def _coin(ax: Axes, theme: Theme) -> None:
    _binary_axes(ax, theme)
    x = np.linspace(*BINARY_VIEW, INPUTS)
    # Throws at one input stand above each other, so that more of them make a denser column.
    for k in range(THROWS):
        drawn = simulate_shared(BINARY, x, 1, SEED + k).mean
        ax.plot(
            x,
            drawn + LIFT * (k - 0.5 * (THROWS - 1)),
            linestyle="",
            marker=style.MARKER["monte_carlo"],
            markersize=COIN * theme.marker_size,
            markeredgewidth=0.0,
            color=theme.color["monte_carlo"],
        )
    _label(ax, theme, "coin.more", (0.0, 0.0), "ink")


def _mean(ax: Axes, theme: Theme) -> None:
    _binary_axes(ax, theme)
    x = np.linspace(*BINARY_VIEW, INPUTS)
    plots.draw_band(ax, BINARY, DRAWS, theme, BINARY_VIEW)
    plots.draw_monte_carlo(ax, simulate_shared(BINARY, x, DRAWS, SEED), theme)
    plots.draw_expectation(ax, BINARY, theme, BINARY_VIEW)
    _label(ax, theme, "mean.dots", (-0.7, 0.55), "monte_carlo", draws=DRAWS)
    _label(ax, theme, "mean.line", (0.2, -0.7), "expectation", "left")


def _slope(ax: Axes, theme: Theme) -> None:
    _axes(ax, theme, BINARY_VIEW, (-0.08, 1.45), ([-1.0, 0.0, 1.0], [0.0, 1.0]), ("x", "slope"))
    plots.draw_gradients(ax, BINARY, theme, BINARY_VIEW, ("gste",))
    _label(ax, theme, "slope.value", (0.0, 0.5), "gste", slope=1)


def _sum(q: Quantizer, ax: Axes, theme: Theme) -> None:
    edges, levels = (float(q.edges[0]), float(q.edges[-1])), q.levels
    wide, rise = edges[1] - edges[0], float(levels[-1] - levels[0])
    view = (edges[0] - BEFORE * wide, edges[1] + BEYOND * wide)
    limits = (float(levels[0]) - BELOW * rise, float(levels[-1]) + ABOVE * rise)
    size = frame.SMALL * theme.font_size
    width, height = axes_size(ax)
    across, _ = frame.round_ticks(*view, width, size)
    upward, _ = frame.round_ticks(*limits, height, size, upright=True)
    # Beyond the last edge stands the name of the axis.
    _axes(ax, theme, view, limits, ([tick for tick in across if tick <= edges[1]], upward))
    x = np.unique(np.concatenate((view, q.edges)))
    low = np.full(x.size, q.levels[0])
    for color, part in zip(theme.levels(q.levels.size), q.parts(), strict=False):
        high = low + part.expectation(x)
        ax.fill_between(x, low, high, color=color, alpha=AREA, linewidth=0.0)
        low = high
    plots.draw_expectation(ax, q, theme, view)
    places = levels[:-1] + BESIDE * np.diff(levels)
    at = view[1] - 0.02 * wide
    scale = height / (limits[1] - limits[0])
    if np.diff(places).min(initial=np.inf) * scale < frame.LINE_SPACING * size:
        # No room for one line each.
        ends = {"low": short(float(q.slopes.min()), 2), "high": short(float(q.slopes.max()), 2)}
        middle = 0.5 * float(levels[0]) + 0.5 * float(levels[-1])
        _label(ax, theme, "slopes", (at, middle), "ink", "right", count=q.slopes.size, **ends)
        return
    for place, slope in zip(places.tolist(), q.slopes.tolist(), strict=True):
        _label(ax, theme, "slope.value", (at, place), "ink", "right", slope=short(slope, 2))


def _learn(ax: Axes, theme: Theme) -> None:
    run = descend()
    steps = np.arange(run.loss.size)
    last = float(steps[-1])
    limits = ((-0.02 * last, 1.2 * last), (-0.15, 2.35))
    _axes(ax, theme, *limits, ([0.0, last], [0.0, 1.0, 2.0]), ("", ""))
    ax.set_xticks([0.0, last], labels=["0", say("figure.overview.learn.steps", steps=STEPS)])
    for k, path in enumerate((0.5 * (run.edges[:, :-1] + run.edges[:, 1:])).T):
        ax.plot(steps, path, color=theme.color["threshold"], linewidth=theme.line_width)
        ax.annotate(
            symbol("t", k + 1),
            xy=(last, path[-1]),
            xytext=(theme.font_size, 0.0),
            textcoords="offset points",
            va="center",
        )
    size = frame.SMALL * theme.font_size
    before, after = (short(float(loss), 2) for loss in (run.loss[0], run.loss[-1]))
    words = say("figure.overview.learn.loss", before=before, after=after)
    ax.text(
        0.5,
        1.0,
        wrap(words, axes_size(ax)[0], size),
        transform=ax.transAxes,
        fontsize=size,
        ha="center",
        va="top",
        linespacing=frame.LINE_SPACING,
    )


def words(state: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the numbers that caption and text alternative name."""
    shown, run = settle(state, "sum-of-steps"), descend()
    q = Quantizer(shown["edges"], shown["levels"])
    return {
        "draws": str(DRAWS),
        "ramps": str(q.slopes.size),
        "slopes": ", ".join(short(float(slope), 2) for slope in q.slopes),
        "steps": str(STEPS),
        "before": short(float(run.loss[0]), 2),
        "after": short(float(run.loss[-1]), 2),
    }
