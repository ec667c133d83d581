"""The names of edges and thresholds, each where its guide line arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz.plots.labels import axes_size, place, symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

# In units of the theme's font size, the line in units of the ruler's own.
FONT = 0.9
PAD = 0.35
LINE = 1.15
#: What the two rows need.
RULER_HEIGHT = PAD + 2.0 * LINE * FONT


def draw_ruler(
    ax: Axes,
    q: Quantizer,
    theme: Theme,
    view: tuple[float, float],
    *,
    below: bool,
    away: float = 0.0,
) -> None:
    """Name edges (b) in one row and thresholds (t) in the next, below or above the Axes.

    Names that would collide become one, such as "b₁, b₂" or "t₁ … t₄". `away` is what stands
    between an Axes and its ruler above, in points.
    """
    size = FONT * theme.font_size
    width, _ = axes_size(ax)
    scale = width / (view[1] - view[0])
    rows = (("edge", "b", 0, q.edges), ("threshold", "t", 1, q.thresholds))
    for row, (role, letter, start, positions) in enumerate(rows):
        seen = np.flatnonzero((view[0] <= positions) & (positions <= view[1]))
        names = [symbol(letter, start + int(i)) for i in seen]

        def text(first: int, last: int, names: list[str] = names) -> str:
            between = ", " if last == first + 1 else " … "
            return names[first] if first == last else names[first] + between + names[last]

        at = ((positions[seen] - view[0]) * scale).tolist()
        distance = PAD * theme.font_size + row * LINE * size
        for center, words in place(at, width, size, text):
            ax.annotate(
                words,
                xy=(view[0] + center / scale, 0.0 if below else 1.0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0.0, -distance if below else distance + away),
                textcoords="offset points",
                ha="center",
                va="top" if below else "bottom",
                fontsize=size,
                color=theme.color[role],
                annotation_clip=False,
            )
