"""Lines that lead the eye from one panel to the next: where edges and thresholds are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection

from n2uq_viz.style import LINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Line width of guides next to that of curves.
WIDTH = 0.55
#: Guides stay behind what they lead to: how much they cover, and the number of steps from which on
#: they fade, so that many of them are no darker than a few.
COVER = 0.65
FADE_FROM = 5.0
ORDER = 1.5


@dataclass
class GuideArtists:
    """Guide lines of edges and of thresholds in one panel."""

    edges: LineCollection
    thresholds: LineCollection
    #: Whether the lines hang from the curves of a forward panel.
    from_curves: bool


def _drops(x: FloatArray, tops: FloatArray, bottom: float, view: View) -> list[FloatArray]:
    seen = (view[0] <= x) & (x <= view[1])
    return [
        np.array([[at, bottom], [at, top]]) for at, top in zip(x[seen], tops[seen], strict=True)
    ]


def draw_guides(
    ax: Axes, q: Quantizer, theme: Theme, view: View, *, from_curves: bool = False
) -> GuideArtists:
    """Draw a vertical line at every edge and every threshold inside `view`.

    Over the whole height of the panel; with `from_curves`, in the forward panel, from the corner of
    the expectation or the foot of the step downwards (its y limits must be set already).
    """
    lines = {}
    for role in ("edge", "threshold"):
        lines[role] = LineCollection(
            [],
            colors=[theme.color[role]],
            linestyles=[LINE[role]],
            linewidths=[WIDTH * theme.line_width],
            zorder=ORDER,
            transform=ax.transData if from_curves else ax.get_xaxis_transform(),
        )
        ax.add_collection(lines[role], autolim=False)
    artists = GuideArtists(lines["edge"], lines["threshold"], from_curves)
    update_guides(artists, q, view)
    return artists


def update_guides(artists: GuideArtists, q: Quantizer, view: View) -> None:
    """Move the guide lines to the edges and thresholds of `q`."""
    bottom, edge_tops, threshold_tops = 0.0, np.ones(q.edges.size), np.ones(q.thresholds.size)
    if artists.from_curves:
        axes = artists.edges.axes
        assert axes is not None
        bottom, edge_tops, threshold_tops = axes.get_ylim()[0], q.levels, q.levels[:-1]
    cover = COVER * min(1.0, FADE_FROM / q.thresholds.size)
    for lines in (artists.edges, artists.thresholds):
        lines.set_alpha(cover)
    artists.edges.set_segments(_drops(q.edges, edge_tops, bottom, view))
    artists.thresholds.set_segments(_drops(q.thresholds, threshold_tops, bottom, view))
