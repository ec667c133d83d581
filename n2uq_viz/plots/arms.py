"""Gains of methods over others, seed by seed: a dot for each, their mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    from n2uq_viz.comparison import Difference
    from n2uq_viz.style import Theme

#: Height of the cloud of dots around its row, and how far below it the interval lies, in rows.
CLOUD, BELOW = 0.16, 0.3
#: Sizes of dots and of the mean next to the theme's markers; width of an interval to its lines.
DOT, MEAN, BAR = 1.2, 2.4, 1.6
#: Empty space on both sides of dots, as a share of their range.
SLACK = 0.08
ORDER = {"zero": 1.5, "dot": 2.0, "bar": 2.4, "mean": 2.6}


@dataclass(frozen=True)
class StepArtists:
    """Dots of all seeds, one mean and one interval per difference, and the line at zero."""

    dots: list[Line2D]
    means: list[Line2D]
    intervals: LineCollection
    zero: Line2D


def draw_steps(ax: Axes, differences: Sequence[Difference], theme: Theme) -> StepArtists:
    """Draw differences in rows from top to bottom, row k at height k, and set both axes to them.

    A mean whose difference stands is filled, others are hollow.
    """
    zero = ax.axvline(
        0.0, color=theme.color["ink"], linewidth=0.6 * theme.line_width, zorder=ORDER["zero"]
    )
    dots, means = [], []
    for row, difference in enumerate(differences):
        count = len(difference.seeds)
        # Spread by seed, the same in every row, so that a seed can be followed.
        away = CLOUD * np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
        (some,) = ax.plot(
            difference.differences,
            row + away - BELOW / 2.0,
            linestyle="",
            marker="o",
            markersize=DOT * theme.marker_size,
            markerfacecolor="none",
            markeredgecolor=theme.color["muted"],
            markeredgewidth=0.5 * theme.line_width,
            zorder=ORDER["dot"],
        )
        (mean,) = ax.plot(
            [difference.mean],
            [row + BELOW],
            linestyle="",
            marker="D",
            markersize=MEAN * theme.marker_size,
            markerfacecolor=theme.color["first" if difference.stands else "panel"],
            markeredgecolor=theme.color["first"],
            markeredgewidth=0.8 * theme.line_width,
            zorder=ORDER["mean"],
        )
        dots.append(some)
        means.append(mean)
    rows = np.arange(len(differences)) + BELOW
    intervals = ax.hlines(
        rows,
        [each.low for each in differences],
        [each.high for each in differences],
        colors=theme.color["first"],
        linewidths=BAR * theme.line_width,
        zorder=ORDER["bar"],
    )
    ax.set_ylim(len(differences) - 0.4, -0.6)
    ax.set_xlim(*gain_limits(differences))
    return StepArtists(dots, means, intervals, zero)


def gain_limits(differences: Sequence[Difference]) -> tuple[float, float]:
    """Return a range that holds all gains, their intervals and 0, with room on both sides."""
    found: list[Any] = [0.0]
    for each in differences:
        found += [each.low, each.high, *each.differences.tolist()]
    low, high = float(min(found)), float(max(found))
    room = SLACK * (high - low) or 1.0
    return low - room, high + room
