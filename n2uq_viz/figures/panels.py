"""Panels in columns, each with a line above it: what the figures of the explorers share.

All distances are in units of the theme's font size, as in ``n2uq_viz.figures.sheet``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import HIGH_PANEL, LOW_PANEL, MARGIN
from n2uq_viz.figures.sheet import HEAD_GAP, NAMED_BELOW, TICKS_BELOW, Sheet
from n2uq_viz.plots.guides import WIDTH as GUIDE_WIDTH
from n2uq_viz.plots.labels import short
from n2uq_viz.style import LINE
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: How wide numbers are depends on how high panels are, and that on the lines above them.
PASSES = 3
#: Distance from a panel to the next one below it, of which the horizontal axis has no numbers.
CLOSE = 0.9
#: Room for numbers, and for numbers and a name, below a panel.
NUMBERS, NAMED = TICKS_BELOW, NAMED_BELOW
#: Size of the dot at an input that is looked at, next to other dots.
PROBE_SIZE = 2.2
#: Dashes of the line there: longer than those of thresholds and edges.
PROBE_LINE: Any = (0, (6.0, 3.0))
PROBE_ORDER = 3.6
#: Outlines of the areas of steps, next to the theme's lines, and where the areas lie.
AREA_OUTLINE, AREA_ORDER = 0.5, 1.2
#: Colors of steps shown in a legend, at most.
LEGEND_STEPS = 4


@dataclass(frozen=True)
class Panel:
    """What the layout needs to know of a panel.

    Attributes
    ----------
    limits
        Of its upright axis.
    head
        Lines above it: a bold one, and more.
    share
        Its height, next to those of the others in its column.
    numbers
        On the upright axis; without them the round ones of the limits.
    notes
        Room between the lines above it and itself.
    below
        Room below it: ``CLOSE``, ``NUMBERS`` or ``NAMED``.
    """

    limits: View
    head: tuple[str, ...] = ()
    share: float = 1.0
    numbers: Sequence[str] | None = None
    notes: float = 0.0
    below: float = NUMBERS


@dataclass(frozen=True)
class Column:
    """Panels one above the other, by name, and what is beside them."""

    panels: Mapping[str, Panel]
    #: Its width, next to those of the other columns.
    share: float = 1.0
    #: Room for legends on its right.
    right: float = 0.0


@dataclass(frozen=True)
class Place:
    """Axes, and where the name of their upright axis stands, from the left of the figure."""

    ax: Axes
    name_at: float


def arrange(sheet: Sheet, top: float, columns: Sequence[Column]) -> dict[str, Place]:
    """Place panels below `top`, side by side and one above the other, and write their heads.

    In a column of a paper all stand one above the other, those of the first column first.
    """
    if sheet.narrow:
        return _pile(sheet, top, columns)
    numbers: list[list[str]] = [[] for _ in columns]
    for _ in range(PASSES):
        lefts = [sheet.left_room(found) for found in numbers]
        free = sheet.width - sum(lefts) - sum(each.right for each in columns) - MARGIN
        widths = [free * each.share / sum(other.share for other in columns) for each in columns]
        heads = _heads(sheet, columns, widths)
        heights = [
            _heights(sheet.height - top - MARGIN, column, above)
            for column, above in zip(columns, heads, strict=True)
        ]
        numbers = [
            [
                text
                for panel, height in zip(column.panels.values(), own, strict=True)
                for text in (panel.numbers or sheet.upright_labels(panel.limits, height))
            ]
            for column, own in zip(columns, heights, strict=True)
        ]
    places: dict[str, Place] = {}
    start = 0.0
    for k, column in enumerate(columns):
        down, left = top, start + lefts[k]
        for (name, panel), head, height in zip(
            column.panels.items(), heads[k], heights[k], strict=True
        ):
            down += head + panel.notes
            ax = sheet.axes(left, down, widths[k], height)
            ax.set_ylim(*panel.limits)
            if panel.head:
                sheet.head(ax, panel.head, head + panel.notes, widths[k])
            places[name] = Place(ax, start + MARGIN)
            down += height + panel.below
        start = left + widths[k] + column.right
    return places


def _pile(sheet: Sheet, top: float, columns: Sequence[Column]) -> dict[str, Place]:
    """Place panels one above the other; `Sheet.finish` moves them where there is room.

    Two columns that follow each other and have as many panels each stay side by side.
    """
    places: dict[str, Place] = {}
    rest = list(columns)
    while rest:
        pair = len(rest) > 1 and 1 < len(rest[0].panels) == len(rest[1].panels)
        beside = [rest.pop(0) for _ in range(2 if pair else 1)]
        heights = [_pile_heights(column) for column in beside]
        numbers = [
            text
            for column, own in zip(beside, heights, strict=True)
            for panel, height in zip(column.panels.values(), own, strict=True)
            for text in (panel.numbers or sheet.upright_labels(panel.limits, height))
        ]
        left = sheet.left_room(numbers)
        width = sheet.width / len(beside) - left - 1.5 * MARGIN
        heads = _heads(sheet, beside, [width] * len(beside))
        for k, column in enumerate(beside):
            start, down = k * sheet.width / len(beside), top
            for (name, panel), height, head in zip(
                column.panels.items(), heights[k], heads[k], strict=True
            ):
                ax = sheet.axes(start + left, down, width, height)
                ax.set_ylim(*panel.limits)
                if panel.head:
                    sheet.head(ax, panel.head, head + panel.notes, width)
                places[name] = Place(ax, start + MARGIN)
                down += height
        top = down
    return places


def _pile_heights(column: Column) -> list[float]:
    shares = [panel.share for panel in column.panels.values()]
    return [max(HIGH_PANEL * share / max(shares), LOW_PANEL) for share in shares]


def _heads(sheet: Sheet, columns: Sequence[Column], widths: Sequence[float]) -> list[list[float]]:
    """Return the room above every panel; panels side by side have the same."""
    heads = [
        [
            sheet.head_height([panel.head], width) if panel.head else HEAD_GAP
            for panel in column.panels.values()
        ]
        for column, width in zip(columns, widths, strict=True)
    ]
    side_by_side = len({len(each) for each in heads}) == 1
    for row in range(len(heads[0]) if side_by_side else 1):
        most = max(each[row] for each in heads)
        for each in heads:
            each[row] = most
    return heads


def _heights(room: float, column: Column, heads: Sequence[float]) -> list[float]:
    panels = column.panels.values()
    free = room - sum(heads) - sum(panel.notes + panel.below for panel in panels)
    return [free * panel.share / sum(each.share for each in panels) for panel in panels]


def output_panel(q: Quantizer, **keys: Any) -> Panel:
    """Return a panel for the output of a quantizer."""
    return Panel(
        plots.forward_limits(q), numbers=[short(level) for level in q.levels.tolist()], **keys
    )


def draw_band(ax: Axes, q: Quantizer, draws: int, theme: Theme, view: View) -> PolyCollection:
    """Draw where 95 % of means of `draws` draws should fall, no further than draws themselves."""
    band = plots.draw_band(ax, q, draws, theme, view)
    outline = plots.band_outline(q, draws, view)
    lower, upper, _ = q.outcomes(outline[:, 0])
    outline[:, 1] = np.clip(outline[:, 1], lower, upper)
    band.set_verts([outline])
    return band


def draw_probe(
    ax: Axes, x: float, y: float | None, theme: Theme, role: str = "selected", marker: str = "o"
) -> Line2D:
    """Mark an input by a line over the height of the panel, and its value, if it has one."""
    ax.axvline(
        x,
        color=theme.color[role],
        linestyle=PROBE_LINE,
        linewidth=0.5 * theme.line_width,
        zorder=PROBE_ORDER - 2.0,
    )
    (dot,) = ax.plot(
        [] if y is None else [x],
        [] if y is None else [y],
        linestyle="",
        marker=marker,
        markersize=PROBE_SIZE * theme.marker_size,
        markeredgewidth=0.6 * theme.line_width,
        markeredgecolor=theme.color["ink"],
        markerfacecolor=theme.color[role],
        zorder=PROBE_ORDER,
    )
    return dot


def fill_steps(
    ax: Axes, shapes: Sequence[FloatArray], colors: Sequence[str], cover: float, theme: Theme
) -> tuple[Patch, ...]:
    """Fill a shape, (n, 2), for each step, and return some of their colors for a legend."""
    areas = PolyCollection(
        shapes,
        facecolors=colors,
        alpha=cover,
        edgecolors=theme.color["ink"],
        linewidths=AREA_OUTLINE * theme.line_width,
        zorder=AREA_ORDER,
    )
    ax.add_collection(areas, autolim=False)
    stride = max(1, -(-len(colors) // LEGEND_STEPS))
    return tuple(Patch(facecolor=color, alpha=cover, linewidth=0.0) for color in colors[::stride])


def guide_entries(theme: Theme) -> list[frame.Entry]:
    """Return the lines of a legend that say what the guides of edges and thresholds are."""
    entries: list[frame.Entry] = []
    for role in ("edge", "threshold"):
        line = Line2D([], [], color=theme.color[role])
        line.set(linestyle=LINE[role], linewidth=GUIDE_WIDTH * theme.line_width)
        entries.append((line, say(f"figure.threshold.{role}")))
    return entries
