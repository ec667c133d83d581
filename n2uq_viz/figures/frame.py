"""What all figures share: sizes per theme, axes in their own colors, legends beside the data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple

from n2uq_viz import style
from n2uq_viz.plots.labels import short, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

    from n2uq_viz.style import Theme

#: One line of a legend: what it shows (several side by side in a tuple), and its words.
Entry = tuple["Artist | tuple[Artist, ...]", str]

POINTS_PER_INCH = 72.0
#: Font sizes of ticks and legends, next to the theme's.
SMALL = 0.9
#: Width of bold words next to plain ones, at most.
BOLDER = 1.15
#: Width of words as they are drawn next to what their outlines say, at most.
DRAWN = 1.04
#: Line spacing, in units of the font size.
LINE_SPACING = 1.2
#: Handles of a legend: length, and distance to the words, in units of the legend's font size.
HANDLE, HANDLE_GAP = 2.0, 0.7
TICK_LENGTH, TICK_PAD = 3.0, 3.0
#: Least distance of numbers below an axis from it, in units of their font size.
CLEARANCE = 0.75
SPINE_WIDTH = 0.8
#: Least distance between tick labels, in units of their font size: one above the other (from center
#: to center), and side by side (from word to word).
LINE_ROOM, WORD_ROOM = 1.9, 2.0
#: Most ticks on an axis of round numbers.
MOST_TICKS = 7


@contextmanager
def look(theme: Theme) -> Iterator[None]:
    """Draw with matplotlib's defaults and this theme, whatever the user's own settings are."""
    with matplotlib.style.context(["default", style.rc(theme)]):
        yield


def new_figure(theme: Theme, size: tuple[float, float]) -> Figure:
    """Return an empty figure of `size` in inches."""
    return Figure(figsize=size, facecolor=theme.color["background"])


def number_pad(theme: Theme) -> float:
    """Return the distance, in points, of numbers from the ticks below an axis.

    Enough for a number at the left end not to touch the lowest one of the upright axis.
    """
    return max(TICK_PAD, CLEARANCE * SMALL * theme.font_size - TICK_LENGTH)


def add_axes(
    figure: Figure, theme: Theme, left: float, top: float, width: float, height: float
) -> Axes:
    """Return Axes in the theme's colors, placed in points from the figure's left and top."""
    total_width, total_height = (POINTS_PER_INCH * inches for inches in figure.get_size_inches())
    ax = figure.add_axes(
        (
            left / total_width,
            1.0 - (top + height) / total_height,
            width / total_width,
            height / total_height,
        ),
        facecolor=theme.color["panel"],
    )
    # Ticks are made late, when other settings may hold: so everything about them is said here.
    ax.tick_params(
        color=theme.color["muted"],
        labelcolor=theme.color["ink"],
        labelsize=SMALL * theme.font_size,
        length=TICK_LENGTH,
        width=SPINE_WIDTH,
        pad=TICK_PAD,
        grid_color=theme.color["grid"],
        grid_linewidth=SPINE_WIDTH,
    )
    ax.tick_params(axis="x", pad=number_pad(theme))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(color=theme.color["muted"], linewidth=SPINE_WIDTH)
    ax.set_axisbelow(True)
    return ax


def legend(
    ax: Axes,
    theme: Theme,
    title: str,
    entries: Sequence[Entry],
    *,
    offset: float,
    width: float,
) -> Legend:
    """Add a legend right of the Axes, `offset` points away and at most `width` points wide."""
    box_width = POINTS_PER_INCH * ax.get_window_extent().width / ax.figure.dpi
    return _legend(ax, theme, title, entries, (1.0 + offset / box_width, 1.0), width, 1)


def legend_below(
    ax: Axes,
    theme: Theme,
    title: str,
    entries: Sequence[Entry],
    *,
    aside: float,
    drop: float,
    width: float,
) -> Legend:
    """Add a legend `drop` points below the Axes, from `aside` points left of them.

    Short words stand in two columns of the `width`, in points.
    """
    box = ax.get_window_extent()
    wide, high = (POINTS_PER_INCH * size / ax.figure.dpi for size in (box.width, box.height))
    size = SMALL * theme.font_size
    half = 0.5 * (width - WORD_ROOM * size)
    room = (half - (HANDLE + HANDLE_GAP) * size) / DRAWN
    columns = 2 if all(text_width(words, size) <= room for _, words in entries) else 1
    at = (-aside / wide, -drop / high)
    return _legend(ax, theme, title, entries, at, half if columns == 2 else width, columns)


def _legend(
    ax: Axes,
    theme: Theme,
    title: str,
    entries: Sequence[Entry],
    at: tuple[float, float],
    width: float,
    columns: int,
) -> Legend:
    """Add a legend with its upper left corner at a point of the Axes, in columns of that width."""
    size = SMALL * theme.font_size
    room = (width - (HANDLE + HANDLE_GAP) * size) / DRAWN
    found = ax.legend(
        [handle for handle, _ in entries],
        [wrap(words, room, size) for _, words in entries],
        title=wrap(title, width * columns / BOLDER, size),
        title_fontproperties={"weight": "bold", "size": size},
        alignment="left",
        loc="upper left",
        bbox_to_anchor=at,
        ncols=columns,
        columnspacing=WORD_ROOM,
        borderaxespad=0.0,
        borderpad=0.0,
        labelspacing=0.4,
        handlelength=HANDLE,
        handletextpad=HANDLE_GAP,
        fontsize=size,
        frameon=False,
        labelcolor=theme.color["ink"],
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.0)},
    )
    found.get_title().set_color(theme.color["ink"])
    found.get_title().set_multialignment("left")
    return found


def thin_ticks(values: Sequence[float], scale: float, room: float) -> list[float]:
    """Return every k-th of some increasing values, so that neighbors are `room` points apart.

    Both ends stay; `scale` is in points per unit. Uneven values are taken one by one instead.

    >>> thin_ticks([0.0, 1.0, 2.0, 3.0], scale=10.0, room=25.0)
    [0.0, 3.0]
    """
    last = len(values) - 1
    for stride in range(1, last + 1):
        chosen = list(values[::stride])
        apart = all((b - a) * scale >= room for a, b in itertools.pairwise(chosen))
        if last % stride == 0 and apart and (stride < last or last == 1):
            return chosen
    chosen = [values[0]]
    for value in values[1:-1]:
        if (value - chosen[-1]) * scale >= room and (values[-1] - value) * scale >= room:
            chosen.append(value)
    return [*chosen, values[-1]] if (values[-1] - values[0]) * scale >= room else chosen


def label_ticks(axis: Any, values: Sequence[float], digits: int = 3) -> None:
    """Put ticks at `values`, written with that many significant digits."""
    axis.set_ticks(list(values), labels=[short(value, digits) for value in values])


def round_ticks(
    low: float, high: float, length: float, size: float, *, upright: bool = False
) -> tuple[list[float], int]:
    """Return round values for ticks on [low, high], an axis of `length` points, and their digits.

    The step is the smallest round one that keeps the labels well apart, at font size `size`: side
    by side, or one above the other on an `upright` axis.

    >>> round_ticks(-0.3, 2.3, 200.0, 10.0)
    ([0.0, 0.5, 1.0, 1.5, 2.0], 2)
    """
    scale = length / (high - low)
    power = 10.0 ** math.floor(math.log10((high - low) / 100.0))
    values: list[float] = []
    digits = 1
    for step in (power * first * 10.0**k for k in range(4) for first in (1.0, 2.0, 5.0)):
        if step * scale < size:
            continue
        # A tick on the very end must not be lost to rounding.
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        values = [k * step for k in range(first, last + 1)]
        digits = 2 + math.floor(math.log10(max(abs(first), abs(last), 1)))
        widths = [text_width(short(value, digits), size) for value in values]
        room = size * LINE_ROOM if upright else max(widths, default=0.0) + size * WORD_ROOM
        if room <= step * scale and len(values) <= MOST_TICKS:
            break
    return values, digits
