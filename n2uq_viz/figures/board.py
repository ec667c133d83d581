"""The board that a figure is put together on: its size, and where everything stands.

All distances are in units of the theme's font size (em). So the size decides how a figure is laid
out, and the theme how it looks: the same slide is 13.33 x 7.5 inches for a projector and half as
wide in print.

On a slide and on a page every place is known beforehand, and legends stand beside the panels. A
column is too narrow for that: there, panels stand one above the other with their legends below
them, and the board is as high as it turns out to be (`Board.finish`).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.lines import Line2D

from n2uq_viz.checks import choice
from n2uq_viz.figures import frame
from n2uq_viz.plots.labels import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    from n2uq_viz.style import Theme

#: Left, top, width and height.
Box = tuple[float, float, float, float]

#: Widths of the sizes. At the font sizes of themes: a slide for a projector is 13.33 inches wide, a
#: page in print 7.2 (both columns of a paper), a column 3.5.
WIDTHS = {"slide": 48.0, "column": 28.0, "page": 57.6}
#: Names of the sizes.
SIZES = tuple(WIDTHS)
SLIDE_HEIGHT = 27.0
#: Height of a column until it is known; of its highest panels, and least of all.
TALL = 400.0
HIGH_PANEL, LOW_PANEL = 10.0, 4.5
#: In a column, distance from a row of panels, or its legend, to the next one; and anywhere, from
#: a legend to what is above it.
ROW_GAP, BELOW_GAP = 1.4, 0.7
MARGIN = 0.8
#: Size of the claim, and its distance from what is below it.
TITLE, TITLE_GAP = 1.15, 0.7
LEGEND_OFFSET = 1.3


class Board:
    """A figure in the making, with places in units of the theme's font size."""

    def __init__(self, theme: Theme, size: str, height: float) -> None:
        """Begin a figure of a size out of ``SIZES``; `height` is that of a page."""
        self.theme, self.size = theme, size
        #: Whether there is no room beside panels.
        self.narrow = size == "column"
        self.width = WIDTHS[size]
        self.height = {"slide": SLIDE_HEIGHT, "column": TALL}.get(size, height)
        scale = theme.font_size / frame.POINTS_PER_INCH
        self.figure: Figure = frame.new_figure(theme, (scale * self.width, scale * self.height))
        #: Axes with their left, top, width and height.
        self._placed: list[tuple[Axes, Box]] = []
        #: Lines with their distance from the upper end, and at the lower end with their height.
        self._titles: list[tuple[Text, float]] = []
        self._feet: list[tuple[Text, float]] = []
        self._legends: list[tuple[Axes, str, Sequence[frame.Entry]]] = []
        #: Legends beside Axes, and their distance from them.
        self._beside: list[tuple[Legend, Axes, float]] = []
        #: From where on names at the ends of horizontal axes need the room of legends.
        self._ends: list[float] = []
        self._top = MARGIN

    def title(self, claim: str) -> float:
        """Put the claim on top and return where the rest begins."""
        em = self.theme.font_size
        lines = wrap(claim, em * (self.width - 2.0 * MARGIN) / frame.BOLDER, TITLE * em)
        found = self.figure.text(
            MARGIN / self.width,
            1.0 - MARGIN / self.height,
            lines,
            fontsize=TITLE * em,
            fontweight="bold",
            va="top",
            linespacing=frame.LINE_SPACING,
            color=self.theme.color["ink"],
        )
        self._titles.append((found, MARGIN))
        rows = 1 + lines.count("\n")
        self._top = MARGIN + rows * TITLE * frame.LINE_SPACING + TITLE_GAP
        return self._top

    def foot(self, words: str) -> None:
        """Put small lines at the lower end of the figure, a source for instance."""
        em = self.theme.font_size
        size = frame.SMALL * em
        lines = wrap(words, em * (self.width - 2.0 * MARGIN), size)
        found = self.figure.text(
            MARGIN / self.width,
            MARGIN / self.height,
            lines,
            fontsize=size,
            color=self.theme.color["muted"],
            va="bottom",
            linespacing=frame.LINE_SPACING,
        )
        self._feet.append((found, frame.SMALL * frame.LINE_SPACING * (1 + lines.count("\n"))))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return Axes at that place."""
        em = self.theme.font_size
        box = (left, top, width, height)
        ax = frame.add_axes(self.figure, self.theme, *(em * a for a in box))
        self._placed.append((ax, box))
        return ax

    def beside(self, room: float) -> float:
        """Return the room for legends beside panels: none in a column."""
        return 0.0 if self.narrow else room

    def down(self, height: float, taken: float) -> float:
        """Return the height that is left for panels when `taken` is; in a column, `height`."""
        return height if self.narrow else self.height - taken

    def legend(
        self,
        ax: Axes,
        title: str,
        entries: Sequence[frame.Entry],
        *,
        room: float,
        beyond: float = 0.0,
    ) -> None:
        """Add a legend of width `room`, right of the Axes and of what lies `beyond` them.

        In a column it stands below the Axes and what else is in their row.
        """
        if self.narrow:
            self._legends.append((ax, title, entries))
            return
        em = self.theme.font_size
        found = frame.legend(
            ax,
            self.theme,
            title,
            entries,
            offset=em * (beyond + LEGEND_OFFSET),
            width=em * (room - LEGEND_OFFSET),
        )
        self._beside.append((found, ax, beyond + LEGEND_OFFSET))

    def finish(self) -> Figure:
        """Return the figure, with legends that keep apart and, in a column, rows that do."""
        renderer = RendererAgg(1.0, 1.0, self.figure.dpi)  # type: ignore[no-untyped-call]
        if self.narrow:
            self._pile(renderer)
        else:
            self._part_legends(renderer)
        return self.figure

    def _part_legends(self, renderer: RendererAgg) -> None:
        """Move legends that stand one above the other apart, down first, and up from the end."""
        boxes = [found.get_window_extent(renderer) for found, _, _ in self._beside]
        tops = [self.height - self._in_em(box.y1) for box in boxes]
        heights = [self._in_em(box.height) for box in boxes]
        order = sorted(range(len(boxes)), key=lambda k: tops[k])
        for above, below in itertools.pairwise(order):
            tops[below] = max(tops[below], tops[above] + heights[above] + BELOW_GAP)
        # Not over the names at the ends of axes.
        end = min([self.height - 0.5 * MARGIN, *(end - 0.5 * BELOW_GAP for end in self._ends)])
        for k in reversed(order):
            tops[k] = min(tops[k], end - heights[k])
            end = tops[k] - BELOW_GAP
        for k, (found, ax, offset) in enumerate(self._beside):
            width, height = (self._in_em(side) for side in (ax.bbox.width, ax.bbox.height))
            upper = self.height - self._in_em(ax.bbox.y1)
            at = (1.0 + offset / width, 1.0 - (tops[k] - upper) / height)
            found.set_bbox_to_anchor(at, transform=ax.transAxes)

    def _pile(self, renderer: RendererAgg) -> None:
        """Put rows and their legends one below the other."""
        em = self.theme.font_size
        down = self._top
        tops: dict[Axes, float] = {}
        placed = sorted(self._placed, key=lambda each: each[1][1])
        for _, group in itertools.groupby(placed, key=lambda each: each[1][1]):
            row = list(group)
            above, height, below = self._extent(row, renderer)
            tops |= {ax: down + above for ax, _ in row}
            down += above + height + below
            last = placed[-1] in row
            for ax, title, entries in self._legends:
                # A single legend is about the whole figure, and stands at its end.
                if any(ax is each for each, _ in row) if len(self._legends) > 1 else last:
                    anchor, place = next((a, box) for a, box in row if last or a is ax)
                    found = frame.legend_below(
                        anchor,
                        self.theme,
                        title,
                        entries,
                        aside=em * (place[0] - MARGIN),
                        drop=em * (down + BELOW_GAP - tops[anchor] - place[3]),
                        width=em * (self.width - 2.0 * MARGIN),
                    )
                    box = found.get_window_extent(renderer)
                    down += BELOW_GAP + self._in_em(box.height)
            down += ROW_GAP
        room = sum(height for _, height in self._feet)
        self._resize(down - (0.0 if room else ROW_GAP) + room + MARGIN, tops)

    def _in_em(self, pixels: float) -> float:
        return pixels * frame.POINTS_PER_INCH / (self.figure.dpi * self.theme.font_size)

    def _extent(
        self, row: Sequence[tuple[Axes, Box]], renderer: RendererAgg
    ) -> tuple[float, float, float]:
        """Return the room above Axes side by side, their height, and the room below them."""
        above, below = 0.0, 0.0
        for ax, _ in row:
            # A line without points would count as one at the corner of the figure.
            drawn = [
                each
                for each in ax.get_default_bbox_extra_artists()
                if not isinstance(each, Line2D) or np.size(each.get_xdata())
            ]
            box = ax.get_tightbbox(renderer, bbox_extra_artists=drawn)
            if box is not None:
                above = max(above, self._in_em(box.y1 - ax.bbox.y1))
                below = max(below, self._in_em(ax.bbox.y0 - box.y0))
        return above, max(box[3] for _, box in row), below

    def _resize(self, height: float, tops: dict[Axes, float]) -> None:
        """Cut the figure to its height and put everything where it belongs."""
        self.height = height
        scale = self.theme.font_size / frame.POINTS_PER_INCH
        self.figure.set_size_inches(scale * self.width, scale * height)
        for text, top in self._titles:
            text.set_y(1.0 - top / height)
        for text, _ in self._feet:
            text.set_y(MARGIN / height)
        for ax, (left, _, width, high) in self._placed:
            bottom = 1.0 - (tops[ax] + high) / height
            ax.set_position((left / self.width, bottom, width / self.width, high / height))


def size_of(theme: Theme, size: str | None) -> str:
    """Return a size, checked; where it is None, a slide for a projector and a page otherwise.

    Raises ValueError for a size that is none of ``SIZES``.
    """
    if size is None:
        return "slide" if theme.name == "projector" else "page"
    choice("size", size, SIZES)
    return size
