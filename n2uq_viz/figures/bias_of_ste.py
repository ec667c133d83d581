"""Where "the STE is unbiased" ends: behind a quantizer, f bends, and four slopes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import style
from n2uq_viz.figures import bias, frame
from n2uq_viz.figures.sheet import MARGIN, Sheet
from n2uq_viz.plots.labels import short, wrap
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from n2uq_viz.style import Theme

#: Width and height in inches.
SIZES = {
    "print": (7.2, 3.3),
    "light": (10.0, 4.4),
    "dark": (10.0, 4.4),
    "projector": (13.33, 7.5),
}
VIEW = (-1.3, 1.3)
LIMITS = (-0.15, 3.0)
#: Inputs on curves, and how far from a jump they show it.
POINTS, JUMP = 401, 1e-9
#: Color, line style and width (next to the theme's) of each slope; wide ones lie under narrow ones.
LOOKS: dict[str, tuple[str, Any, float]] = {
    "true": ("expectation", "-", 1.8),
    "sampled": ("ste", "--", 1.2),
    "deterministic": ("deterministic", "-", 0.7),
    "of_mean": ("gste", ":", 1.4),
}
#: Size of dots next to the theme's markers.
DOT = 0.8
PLACE_MARK = 1.6
#: Distance of words from where the numbers are taken, in units of the axes.
ASIDE, ABOVE = 0.12, 0.5
# In units of the theme's font size.
GUTTER = 2.0
FOOT = 2.2
LEGEND_GAP = 1.2
#: Width of the legend next to the whole figure's.
LEGEND_SHARE = 0.29


def bias_of_ste(theme: str = "print") -> Figure:
    """Draw E[f(Q)] beside f(E[Q]), and four slopes beside each other, for f = exp and binary Q.

    The numbers are those of ``n2uq_viz.figures.bias``.

    Raises
    ------
    ValueError
        No such theme.
    """
    look = style.theme(theme)
    with frame.look(look):
        sheet = Sheet(look, SIZES[theme])
        top = sheet.title(say("figure.bias_of_ste.title"))
        numbers = sheet.left_room(["0", "1", "2"])
        legend = LEGEND_SHARE * sheet.width
        width = (sheet.width - 2.0 * numbers - GUTTER - LEGEND_GAP - legend - MARGIN) / 2.0
        heads = [
            (say(f"figure.bias_of_ste.{side}.title"), say(f"figure.bias_of_ste.{side}.text"))
            for side in ("values", "slopes")
        ]
        head = sheet.head_height(heads, width)
        height = sheet.height - top - head - FOOT - MARGIN
        axes = []
        for k, words in enumerate(heads):
            left = numbers + k * (width + GUTTER + numbers)
            ax = sheet.axes(left, top + head, width, height)
            ax.set_xlim(*VIEW)
            ax.set_ylim(*LIMITS)
            sheet.head(ax, words, head, width)
            sheet.upright_numbers(ax)
            frame.label_ticks(ax.xaxis, [-1.0, 0.0, 1.0])
            ax.set_xlabel(say("figure.threshold.input"), fontsize=frame.SMALL * look.font_size)
            axes.append(ax)
        found = bias.simulated(bias.DOTS)
        _values(axes[0], look, found)
        entries = _slopes(axes[1], look, found)
        frame.legend(
            axes[1],
            look,
            say("figure.bias_of_ste.legend", place=short(bias.PLACE)),
            entries,
            offset=look.font_size * LEGEND_GAP,
            width=look.font_size * legend,
        )
        axes[1].annotate(
            wrap(
                say("figure.bias_of_ste.affine"),
                look.font_size * legend,
                frame.SMALL * look.font_size,
            ),
            xy=(1.0, 0.0),
            xycoords="axes fraction",
            xytext=(look.font_size * LEGEND_GAP, 0.0),
            textcoords="offset points",
            va="bottom",
            fontsize=frame.SMALL * look.font_size,
            linespacing=frame.LINE_SPACING,
            annotation_clip=False,
        )
    return sheet.figure


def _line(ax: Axes, theme: Theme, name: str, x: Any, y: Any) -> Line2D:
    color, line, wider = LOOKS[name]
    (found,) = ax.plot(
        x,
        y,
        color=theme.color[color],
        linestyle=line,
        linewidth=wider * theme.line_width,
        zorder=2.4 - 0.1 * wider,
    )
    return found


def _dots(ax: Axes, theme: Theme, x: Any, y: Any) -> Line2D:
    (found,) = ax.plot(
        x,
        y,
        linestyle="",
        marker=style.MARKER["monte_carlo"],
        markersize=DOT * theme.marker_size,
        markeredgewidth=0.0,
        color=theme.color["monte_carlo"],
        zorder=2.5,
    )
    return found


def _place(ax: Axes, theme: Theme, heights: list[float]) -> None:
    """Mark where the numbers are taken: a line, and a diamond on each curve."""
    ax.axvline(bias.PLACE, color=theme.color["muted"], linewidth=frame.SPINE_WIDTH, zorder=1.5)
    ax.plot(
        [bias.PLACE] * len(heights),
        heights,
        linestyle="",
        marker="D",
        markersize=PLACE_MARK * theme.marker_size,
        color=theme.color["ink"],
        markerfacecolor=theme.color["panel"],
        zorder=3.0,
    )


def _label(
    ax: Axes, theme: Theme, words: str, at: tuple[float, float], ha: str, color: str
) -> None:
    ax.text(
        *at,
        words,
        color=theme.color[color],
        fontsize=frame.SMALL * theme.font_size,
        ha=ha,
        va="center",
        zorder=3.5,
    )


def _values(ax: Axes, theme: Theme, found: bias.Simulated) -> None:
    x = np.linspace(*VIEW, POINTS)
    mean = bias.BINARY.expectation(x)
    _line(ax, theme, "true", x, bias.mean_value(x))
    _line(ax, theme, "of_mean", x, np.exp(mean))
    _dots(ax, theme, found.x, found.value)
    heights = [float(bias.mean_value(bias.PLACE)), float(np.exp(bias.PLACE))]
    _place(ax, theme, heights)
    for key, value, away, ha, color in (
        ("mean_value", heights[0], -1.0, "right", "expectation"),
        ("value_of_mean", heights[1], 1.0, "left", "gste"),
    ):
        ax.text(
            bias.PLACE + away * ASIDE,
            value - away * ABOVE,
            say(f"figure.bias_of_ste.{key}", value=f"{value:.3f}"),
            color=theme.color[color],
            fontsize=frame.SMALL * theme.font_size,
            ha=ha,
            va="center",
            linespacing=frame.LINE_SPACING,
            zorder=3.5,
        )


def _slopes(ax: Axes, theme: Theme, found: bias.Simulated) -> list[frame.Entry]:
    x = np.linspace(*VIEW, POINTS)
    # On both sides of the gate's ends and of the tie, so that jumps are upright.
    x = np.unique(
        np.concatenate((x, *(np.array([-1.0, 0.0, 1.0]) + side for side in (-1e-9, 1e-9))))
    )
    curves, there = bias.slopes(x), bias.slopes(bias.PLACE)
    values = {name: float(getattr(there, name)) for name in LOOKS}
    lines = {name: _line(ax, theme, name, x, getattr(curves, name)) for name in LOOKS}
    _dots(ax, theme, found.x, found.true)
    dots = _dots(ax, theme, found.x, found.sampled)
    _place(ax, theme, list(values.values()))
    entries: list[frame.Entry] = [
        (lines[name], say(f"figure.bias_of_ste.{name}", value=f"{values[name]:.3f}"))
        for name in sorted(LOOKS, key=lambda name: -values[name])
    ]
    return [*entries, (dots, say("figure.bias_of_ste.dots", draws=f"{bias.DRAWS:,}"))]
