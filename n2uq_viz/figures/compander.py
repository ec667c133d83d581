"""The compander: a quantizer as rounding of a learned curve, drawn as one more panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch, Rectangle

from n2uq_viz import plots
from n2uq_viz.plots.labels import axes_size
from n2uq_viz.style import MARKER
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.figures.frame import Entry
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Width of the stripes along an axis, in units of the theme's font size.
STRIPE = 0.7
#: Levels whose colors the legend shows, at most.
LEGEND_LEVELS = 4
WAY = 0.8
#: Differences between steps up to this share of one are rounding.
ROUNDING = 1e-9
ORDER = {"stripe": 1.8, "way": 2.2}


def middles(q: Quantizer) -> FloatArray:
    """Return the heights midway between two levels, where rounding changes its mind: shape (L,).

    >>> from n2uq_viz.quantizer import Quantizer
    >>> middles(Quantizer.uniform(2, high=3)).tolist()
    [0.5, 1.5, 2.5]
    """
    return np.asarray(0.5 * q.levels[:-1] + 0.5 * q.levels[1:])


def is_even(q: Quantizer) -> bool:
    """Whether all levels are equally far apart but for rounding, so that rounding is uniform."""
    steps = np.diff(q.levels)
    return bool(np.ptp(steps) <= ROUNDING * steps.max())


def level_bounds(q: Quantizer, ends: View) -> FloatArray:
    """Return the heights between which each level is the nearest, within `ends`: shape (L + 2,).

    >>> from n2uq_viz.quantizer import Quantizer
    >>> level_bounds(Quantizer.uniform(2, high=3), (-0.5, 3.5)).tolist()
    [-0.5, 0.5, 1.5, 2.5, 3.5]
    """
    return np.concatenate(([ends[0]], middles(q), [ends[1]]))


def draw_stripes(ax: Axes, bounds: FloatArray, theme: Theme, *, upright: bool) -> list[Rectangle]:
    """Draw a stripe for each level beside the upright axis, or along the horizontal one.

    Level k lies between ``bounds[k]`` and ``bounds[k + 1]``; the Axes has its place already.
    """
    width, height = axes_size(ax)
    thick = STRIPE * theme.font_size / (width if upright else height)
    found = []
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    for color, (low, high) in zip(theme.levels(bounds.size - 1), pairs, strict=True):
        at, size = (
            ((0.0, low), (thick, high - low)) if upright else ((low, 0.0), (high - low, thick))
        )
        stripe = Rectangle(
            at,
            *size,
            transform=ax.get_yaxis_transform() if upright else ax.get_xaxis_transform(),
            facecolor=color,
            edgecolor=theme.color["panel"],
            linewidth=0.5 * theme.line_width,
            zorder=ORDER["stripe"],
        )
        ax.add_patch(stripe)
        found.append(stripe)
    return found


def draw_compander(
    ax: Axes, q: Quantizer, theme: Theme, view: View, ends: View | None = None
) -> list[Entry]:
    """Draw the curve, the stripes of the levels, and the ways from them to the thresholds.

    The Axes must have its place in the figure and its limits already. The stripes fill the upright
    axis between `ends`, or all of it. Returns entries for a legend.
    """
    bottom, top = ax.get_ylim()
    heights = middles(q)
    colors = theme.levels(q.levels.size)
    draw_stripes(ax, level_bounds(q, ends or (bottom, top)), theme, upright=True)
    # From the axis to the curve, and down to the threshold.
    ways = [
        np.array([[view[0], height], [t, height], [t, bottom]])
        for t, height in zip(q.thresholds, heights, strict=True)
        if t >= view[0]
    ]
    lines = LineCollection(
        ways,
        colors=[theme.color["threshold"]],
        linewidths=[WAY * theme.line_width],
        zorder=ORDER["way"],
    )
    ax.add_collection(lines, autolim=False)
    curve = plots.draw_expectation(ax, q, theme, view)
    ax.plot(
        q.thresholds,
        heights,
        linestyle="",
        marker=MARKER["threshold"],
        markersize=theme.marker_size,
        color=theme.color["threshold"],
    )
    step = max(1, -(-len(colors) // LEGEND_LEVELS))
    patches = tuple(Patch(color=color, linewidth=0.0) for color in colors[::step])
    return [
        (curve, say("figure.threshold.curve")),
        (patches, say(f"figure.threshold.stripes{'.even' if is_even(q) else ''}")),
    ]
