"""A board with words and numbers: heads, names and ticks, by the same rules in all figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from matplotlib.transforms import blended_transform_factory

from n2uq_viz.figures import frame
from n2uq_viz.figures.board import LEGEND_OFFSET, MARGIN, Board
from n2uq_viz.plots.labels import axes_size, power_of_ten, short, text_width, wrap
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

#: Distance of the lines above a panel from it.
HEAD_GAP = 0.5
#: Height of a line above its baseline, in units of its font size.
ASCENT = 0.76
#: Room for the name of an upright axis, left of the widest number.
NAME = 1.7
TICKS_BELOW = 1.8
#: What `Sheet.name_below` needs below an axis, numbers and all.
NAMED_BELOW = 3.0
#: How far rounding may put a whole number beside itself.
WHOLE = 1e-6


class Sheet(Board):
    """A figure in the making, with places in units of the theme's font size."""

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
        return MARGIN + NAME + (frame.DRAWN * widest + frame.TICK_LENGTH + frame.TICK_PAD) / em

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
        if beyond is None and self.narrow:
            beyond = MARGIN
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
        below = frame.TICK_LENGTH + frame.number_pad(self.theme)
        self._ends.append(self.height - self._in_em(ax.bbox.y0) + below / em + beyond)
        ax.annotate(
            say("figure.threshold.input") if words is None else words,
            xy=(1.0, 0.0),
            xycoords="axes fraction",
            xytext=(away, -below - em * beyond),
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
