"""A sheet with a claim on top and panels below: what all figures are drawn on.

All distances are in units of the theme's font size (em). So the size decides how a figure is laid
out, and the theme how it looks: the same slide is 13.33 x 7.5 inches for a projector and half as
wide in print.

On a slide and on a page every place is known beforehand, and legends stand beside the panels. A
column is too narrow for that: there, panels stand one above the other with their legends below
them, and the sheet is as high as it turns out to be (`Sheet.finish`).
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from n2uq_viz.checks import choice
from n2uq_viz.figures import frame
from n2uq_viz.plots.labels import axes_size, power_of_ten, short, text_width, wrap
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from n2uq_viz.style import Theme

#: Widths of the sizes. At the font sizes of themes: a slide for a projector is 13.33 inches wide, a
#: page in print 7.2 (both columns of a paper), a column 3.5.
WIDTHS = {"slide": 48.0, "column": 28.0, "page": 57.6}
#: Names of the sizes.
SIZES = tuple(WIDTHS)
SLIDE_HEIGHT = 27.0
#: Height of a column until it is known; of its highest panels, and least of all.
TALL = 400.0
HIGH_PANEL, LOW_PANEL = 10.0, 4.5
#: In a column: distance from a row of panels, or its legend, to the next one, and from panels to
#: their legend.
ROW_GAP, BELOW_GAP = 1.4, 0.7
MARGIN = 0.8
#: Size of the claim, and its distance from what is below it.
TITLE, TITLE_GAP = 1.15, 0.7
#: Distance of the lines above a panel from it.
HEAD_GAP = 0.5
#: Height of a line above its baseline, in units of its font size.
ASCENT = 0.76
#: Room for the name of an upright axis, left of the widest number.
NAME = 1.7
TICKS_BELOW = 1.8
#: What `Sheet.name_below` needs below an axis, numbers and all.
NAMED_BELOW = 3.0
LEGEND_OFFSET = 1.3
#: How far rounding may put a whole number beside itself.
WHOLE = 1e-6


class Sheet:
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
        self._placed: list[tuple[Axes, tuple[float, float, float, float]]] = []
        #: Lines with their distance from the upper end, and at the lower end with their height.
        self._titles: list[tuple[Text, float]] = []
        self._feet: list[tuple[Text, float]] = []
        self._legends: list[tuple[Axes, str, Sequence[frame.Entry]]] = []
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

    def head_lines(self, head: tuple[str, ...], width: float) -> tuple[str, str]:
        """Return the claim of a column and what follows it, broken into lines of that width."""
        em = self.theme.font_size
        claim, *rest = head
        wrapped = [wrap(text, em * width, frame.SMALL * em) for text in rest]
        return wrap(claim, em * width / frame.BOLDER, em), "\n".join(wrapped)

    def head_height(self, heads: Sequence[tuple[str, ...]], width: float) -> float:
        """Return the room that the highest of some heads needs, each `width` wide at most."""
        rooms = []
        for head in heads:
            claim, rest = self.head_lines(head, width)
            small = frame.SMALL * (1 + rest.count("\n")) if rest else 0.0
            rooms.append(frame.LINE_SPACING * (1 + claim.count("\n") + small))
        return HEAD_GAP + max(rooms)

    def head(self, ax: Axes, head: tuple[str, ...], height: float, width: float) -> None:
        """Put a bold line and some small ones above Axes, from `height` above them downwards."""
        em = self.theme.font_size
        claim, rest = self.head_lines(head, width)
        down = height
        for block, size, weight in ((claim, em, "bold"), (rest, frame.SMALL * em, "normal")):
            for line in block.splitlines():
                # By baselines: tops depend on the letters, and panels stand side by side.
                ax.annotate(
                    line,
                    xy=(0.0, 1.0),
                    xycoords="axes fraction",
                    xytext=(0.0, em * down - ASCENT * size),
                    textcoords="offset points",
                    ha="left",
                    va="baseline",
                    fontsize=size,
                    fontweight=weight,
                    color=self.theme.color["ink"],
                    annotation_clip=False,
                )
                down -= frame.LINE_SPACING * size / em

    def left_room(self, numbers: Sequence[str]) -> float:
        """Return the room left of panels, for the name of the axis and the widest number."""
        em = self.theme.font_size
        widest = max((text_width(text, frame.SMALL * em) for text in numbers), default=0.0)
        return MARGIN + NAME + (widest + frame.TICK_LENGTH + frame.TICK_PAD) / em

    def name_upright(self, ax: Axes, words: str, at: float = MARGIN) -> None:
        """Name the upright axis, `at` from the left of the figure."""
        ax.set_ylabel(words)
        ax.yaxis.set_label_coords(
            (at + 0.5 * frame.LINE_SPACING) / self.width,
            0.5,
            transform=blended_transform_factory(self.figure.transFigure, ax.transAxes),
        )

    def upright_numbers(self, ax: Axes) -> None:
        """Put round numbers on the upright axis, whose limits are set already."""
        _, height = axes_size(ax)
        size = frame.SMALL * self.theme.font_size
        frame.label_ticks(ax.yaxis, *frame.round_ticks(*ax.get_ylim(), height, size, upright=True))
        ax.grid(visible=True, axis="y")

    def upright_labels(self, limits: tuple[float, float], height: float) -> list[str]:
        """Return the numbers that `upright_numbers` puts on an axis of that height."""
        em = self.theme.font_size
        values, digits = frame.round_ticks(*limits, em * height, frame.SMALL * em, upright=True)
        return [short(value, digits) for value in values]

    def input_numbers(
        self,
        ax: Axes,
        *,
        seen: bool,
        beyond: float | None = None,
        whole: bool = False,
        closer: float = 1.0,
    ) -> None:
        """Put round numbers on the input axis; only the ticks unless they are to be seen.

        A number that would reach `beyond` either end of the axis by more than that is left out, and
        so is one that is not `whole`, if that is asked for. How close they may be to each other is
        `closer` times what is usual.
        """
        em = self.theme.font_size
        (width, _), (low, high), size = axes_size(ax), ax.get_xlim(), frame.SMALL * em
        values, digits = frame.round_ticks(low, high, width, closer * size)
        if whole:
            values = [value for value in values if abs(value - round(value)) < WHOLE]
        labels = [short(value, digits) for value in values]
        if beyond is not None:
            for k, (value, label) in enumerate(zip(values, labels, strict=True)):
                inside = min(value - low, high - value) * width / (high - low)
                if 0.5 * text_width(label, size) - inside > em * beyond:
                    labels[k] = ""
        ax.xaxis.set_ticks(values, labels=labels)
        if not seen:
            ax.tick_params(axis="x", labelbottom=False, length=0.0)

    def level_numbers(self, ax: Axes, levels: Sequence[float]) -> None:
        """Put numbers at output levels, increasing, as many as have room, on the upright axis."""
        (low, high), (_, height) = ax.get_ylim(), axes_size(ax)
        room = frame.LINE_ROOM * frame.SMALL * self.theme.font_size
        frame.label_ticks(ax.yaxis, frame.thin_ticks(levels, height / (high - low), room))
        ax.grid(visible=True, axis="y")

    def powers(self, axis_of: Axes, name: Literal["x", "y"], *, seen: bool = True) -> None:
        """Put powers of ten on the logarithmic axis `name`, as many as have room."""
        horizontal = name == "x"
        axis = axis_of.xaxis if horizontal else axis_of.yaxis
        low, high = axis_of.get_xlim() if horizontal else axis_of.get_ylim()
        width, height = axes_size(axis_of)
        size = frame.SMALL * self.theme.font_size
        values, labels = power_ticks(low, high, width if horizontal else height, size, horizontal)
        axis.set_ticks(values, labels=labels if seen else [""] * len(labels))
        axis.set_ticks([], minor=True)
        axis_of.grid(visible=True, axis=name)
        if not seen:
            axis_of.tick_params(axis=name, length=0.0)

    def name_input(self, ax: Axes, words: str | None = None, beyond: float = 0.0) -> None:
        """Name the horizontal axis at its end, behind the last number; below it in a column.

        Its numbers are `beyond` what else is there.
        """
        if self.narrow:
            self.name_below(ax, say("figure.threshold.input") if words is None else words, beyond)
            return
        em = self.theme.font_size
        labels = [label for label in ax.get_xticklabels() if label.get_text()]
        away = em * LEGEND_OFFSET
        if labels:
            last = labels[-1]
            at = ax.transData.transform((last.get_position()[0], ax.get_ylim()[0]))[0]
            end = frame.POINTS_PER_INCH * (at - ax.bbox.x1) / ax.figure.dpi
            overhang = 0.5 * text_width(last.get_text(), frame.SMALL * em)
            away = max(away, end + overhang + 0.5 * frame.WORD_ROOM * frame.SMALL * em)
        ax.annotate(
            say("figure.threshold.input") if words is None else words,
            xy=(1.0, 0.0),
            xycoords="axes fraction",
            xytext=(away, -frame.TICK_LENGTH - frame.number_pad(self.theme) - em * beyond),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=frame.SMALL * em,
            annotation_clip=False,
        )

    def name_below(self, ax: Axes, words: str, beyond: float = 0.0) -> None:
        """Name the horizontal axis below its numbers, which are `beyond` what else is there."""
        em = self.theme.font_size
        numbers = (
            frame.TICK_LENGTH
            + frame.number_pad(self.theme)
            + frame.LINE_SPACING * (frame.SMALL * em)
        )
        ax.annotate(
            words,
            xy=(0.5, 0.0),
            xycoords="axes fraction",
            xytext=(0.0, -numbers - em * beyond),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=frame.SMALL * em,
            annotation_clip=False,
        )

    def note(self, ax: Axes, words: str, color: str = "muted") -> None:
        """Put words in the middle of Axes that have nothing else to show."""
        em = self.theme.font_size
        width, _ = axes_size(ax)
        ax.text(
            0.5,
            0.5,
            wrap(words, width - em, frame.SMALL * em),
            transform=ax.transAxes,
            ha="center",
            va="center",
            fontsize=frame.SMALL * em,
            linespacing=frame.LINE_SPACING,
            color=self.theme.color[color],
            bbox={"facecolor": self.theme.color["panel"], "edgecolor": "none", "pad": 0.3 * em},
        )

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
        frame.legend(
            ax,
            self.theme,
            title,
            entries,
            offset=em * (beyond + LEGEND_OFFSET),
            width=em * (room - LEGEND_OFFSET),
        )

    def aside(self, ax: Axes, words: str, *, room: float) -> None:
        """Put small words right of the lower end of Axes, in the room of a legend; not in a column.

        So they must be words that the caption has as well.
        """
        if self.narrow:
            return
        em = self.theme.font_size
        ax.annotate(
            wrap(words, em * (room - LEGEND_OFFSET), frame.SMALL * em),
            xy=(1.0, 0.0),
            xycoords="axes fraction",
            xytext=(em * LEGEND_OFFSET, 0.0),
            textcoords="offset points",
            va="bottom",
            fontsize=frame.SMALL * em,
            linespacing=frame.LINE_SPACING,
            annotation_clip=False,
        )

    def finish(self) -> Figure:
        """Return the figure; in a column, its rows are now put one below the other."""
        if not self.narrow:
            return self.figure
        em = self.theme.font_size
        renderer = RendererAgg(1.0, 1.0, self.figure.dpi)  # type: ignore[no-untyped-call]
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
        return self.figure

    def _in_em(self, pixels: float) -> float:
        return pixels * frame.POINTS_PER_INCH / (self.figure.dpi * self.theme.font_size)

    def _extent(
        self, row: Sequence[tuple[Axes, tuple[float, float, float, float]]], renderer: RendererAgg
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


def power_ticks(
    low: float, high: float, length: float, size: float, horizontal: bool
) -> tuple[list[float], list[str]]:
    """Return the powers of ten on [low, high], a logarithmic axis of `length` points, in words.

    Every k-th one, so that the labels keep apart at font size `size`.

    >>> power_ticks(1.0, 2e4, 60.0, 10.0, horizontal=False)
    ([1.0, 100.0, 10000.0], ['1', '100', '10⁴'])
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    scale = length / (math.log10(high) - math.log10(low))
    labels = {k: power_of_ten(k) for k in range(first, last + 1)}
    widest = max((text_width(text, size) for text in labels.values()), default=0.0)
    room = widest + 0.5 * frame.WORD_ROOM * size if horizontal else frame.LINE_ROOM * size
    stride = max(1, math.ceil(room / scale - 1e-9))
    chosen = list(range(first, last + 1, stride))
    return [10.0**k for k in chosen], [labels[k] for k in chosen]


def number_list(values: Sequence[float]) -> str:
    """Return numbers as they stand in a sentence.

    >>> number_list([0.25, -1.0])
    '0.25, −1'
    """
    return ", ".join(short(float(value)) for value in values)
