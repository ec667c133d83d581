"""The puzzle that all the rest answers: a step forward, no slope backward, and the STE instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots, style
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.forward import THIN, TIE_SIZE
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 24.8
BINARY = Quantizer.binary()
VIEW = (-2.3, 2.3)
OUTPUT, SLOPE = (-1.6, 1.6), (-0.25, 1.75)
#: Where words stand: heights in the two panels of slopes, and the distance from the tie.
SIDE_AT, FLOW_AT, TIE_AT, GATE_AT = 0.2, 0.55, 1.2, 1.42
ASIDE, ABOVE = 0.14, 0.25
#: Height of the bracket over the open gate, and of its ends.
BRACKET, HOOK = 1.2, 0.06
# In units of the theme's font size.
GUTTER = 1.2


def figure1_ste(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw the sign forward, its true derivative, and the clipped STE that takes its place.

    After the first figure of Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv
    2111.14826. The estimator is that of Bengio et al., 2013, arXiv 1308.3432, with the range gate
    of binarized networks, arXiv 1602.02830.

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
        top = sheet.title(say("figure.figure1_ste.title"))
        drawings = {"forward": _forward, "true": _true, "ste": _ste}
        columns = [
            panels.Column({name: _panel(name)}, right=0.0 if name == "ste" else GUTTER)
            for name in drawings
        ]
        for name, place in panels.arrange(sheet, top, columns).items():
            ax, forward = place.ax, name == "forward"
            ax.set_xlim(*VIEW)
            frame.label_ticks(ax.xaxis, [-1.0, 0.0, 1.0])
            frame.label_ticks(ax.yaxis, [-1.0, 0.0, 1.0] if forward else [0.0, 1.0])
            ax.grid(visible=True, axis="y")
            sheet.name_below(ax, say("figure.threshold.input"))
            upright = say(f"figure.threshold.{'output' if forward else 'gradient'}")
            sheet.name_upright(ax, upright, place.name_at)
            drawings[name](ax, look)
    return sheet.finish()


def _panel(name: str) -> panels.Panel:
    head = (say(f"figure.figure1_ste.{name}.title"), say(f"figure.figure1_ste.{name}.text"))
    limits, numbers = (OUTPUT, [short(-1.0)]) if name == "forward" else (SLOPE, ["0"])
    return panels.Panel(limits, head, numbers=numbers, below=panels.NAMED)


def _say(
    ax: Axes, theme: Theme, key: str, at: tuple[float, float], color: str, ha: str = "center"
) -> None:
    ax.text(
        *at,
        say(f"figure.figure1_ste.{key}"),
        color=theme.color[color],
        fontsize=frame.SMALL * theme.font_size,
        ha=ha,
        va="center",
        linespacing=frame.LINE_SPACING,
        zorder=3.5,
    )


def _forward(ax: Axes, theme: Theme) -> None:
    plots.draw_quantizer(ax, BINARY, theme, VIEW)
    (threshold,) = BINARY.thresholds
    _say(ax, theme, "tie", (threshold + ASIDE, float(BINARY.levels[0]) + ABOVE), "ink", "left")


def _true_slope(ax: Axes, theme: Theme, width: float) -> None:
    """Draw the derivative of the staircase: 0, but for the tie, where there is none."""
    (threshold,) = BINARY.thresholds
    color = theme.color["deterministic"]
    ax.plot(
        [VIEW[0], threshold, np.nan, threshold, VIEW[1]],
        [0.0] * 5,
        color=color,
        linewidth=width * theme.line_width,
        solid_capstyle="butt",
        zorder=2.4,
    )
    ax.plot(
        [threshold],
        [0.0],
        linestyle="",
        marker="o",
        markersize=TIE_SIZE * theme.marker_size,
        color=color,
        markerfacecolor=theme.color["panel"],
        markeredgewidth=THIN * theme.line_width,
        zorder=3.2,
    )


def _true(ax: Axes, theme: Theme) -> None:
    _true_slope(ax, theme, 1.0)
    (threshold,) = BINARY.thresholds
    ax.axvline(
        threshold,
        color=theme.color["muted"],
        linestyle=style.LINE["edge"],
        linewidth=frame.SPINE_WIDTH,
        zorder=1.5,
    )
    for end in VIEW:
        _say(ax, theme, "zero", (0.5 * (end + threshold), SIDE_AT), "ink")
    _say(ax, theme, "undefined", (threshold + ASIDE, TIE_AT), "ink", "left")


def _ste(ax: Axes, theme: Theme) -> None:
    low, high = BINARY.edges.tolist()
    ax.axvspan(low, high, color=theme.color["grid"], linewidth=0.0, zorder=0.5)
    _true_slope(ax, theme, THIN)
    plots.draw_gradients(ax, BINARY, theme, VIEW, ("ste",))
    ax.plot(
        [low, low, high, high],
        [BRACKET - HOOK, BRACKET, BRACKET, BRACKET - HOOK],
        color=theme.color["ink"],
        linewidth=frame.SPINE_WIDTH,
        zorder=3.0,
    )
    middle = 0.5 * (low + high)
    _say(ax, theme, "open", (middle, GATE_AT), "ink")
    _say(ax, theme, "passed", (middle, FLOW_AT), "ste")
    for end, edge in ((VIEW[0], low), (VIEW[1], high)):
        _say(ax, theme, "closed", (0.5 * (end + edge), SIDE_AT), "ink")


def words() -> dict[str, str]:
    """Return the numbers that caption and text alternative name."""
    low, high = BINARY.edges.tolist()
    inside = float(BINARY.ste_gradient(0.5 * (low + high)))
    return {
        "tie": short(float(BINARY(BINARY.thresholds)[0])),
        "threshold": short(float(BINARY.thresholds[0])),
        "low": short(low),
        "high": short(high),
        "inside": short(inside),
        "lower": short(float(BINARY.levels[0])),
        "upper": short(float(BINARY.levels[1])),
    }
