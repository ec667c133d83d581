"""Where "the STE is unbiased" ends: behind a quantizer, f bends, and four slopes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import style
from n2uq_viz.figures import bias, frame, panels
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 26.4
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
GUTTER, RIGHT = 2.0, 17.0


def bias_of_ste(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw E[f(Q)] beside f(E[Q]), and four slopes beside each other, for f = exp and binary Q.

    The numbers are those of ``n2uq_viz.figures.bias``.

    Parameters
    ----------
    state
        A state of the Binary explorer, which the figure carries: it opens there. XXX
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
    _, look, size = read(state, theme, size, "binary")
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.bias_of_ste.title"))
        columns = [
            panels.Column({name: _panel(name)}, right=right)
            for name, right in (("values", GUTTER), ("slopes", RIGHT))
        ]
        places = panels.arrange(sheet, top, columns)
        for place in places.values():
            place.ax.set_xlim(*VIEW)
            sheet.upright_numbers(place.ax)
            frame.label_ticks(place.ax.xaxis, [-1.0, 0.0, 1.0])
            sheet.name_below(place.ax, say("figure.threshold.input"))
        found = bias.simulated(bias.DOTS)
        _values(places["values"].ax, look, found)
        entries = _slopes(places["slopes"].ax, look, found)
        title = say("figure.bias_of_ste.legend", place=short(bias.PLACE))
        sheet.legend(places["slopes"].ax, title, entries, room=RIGHT)
        sheet.aside(places["slopes"].ax, say("figure.bias_of_ste.affine"), room=RIGHT)
    return sheet.finish()


def _panel(name: str) -> panels.Panel:
    head = (say(f"figure.bias_of_ste.{name}.title"), say(f"figure.bias_of_ste.{name}.text"))
    return panels.Panel(LIMITS, head, below=panels.NAMED)


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
