"""The data under the quantizer, colored by the level that each sample falls to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.transforms import blended_transform_factory

from n2uq_viz.plots.labels import axes_size, percent, text_width
from n2uq_viz.summaries import occupancy
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Bins that the cells of a summary are drawn in.
BINS = 64
#: Width of the bar of a single value, as a share of the view.
ATOM_WIDTH = 1.0 / 120.0
#: A bar this many times taller than the next is cut, so that the others can be seen.
OUTLIER = 2.5
#: Height of the panel next to the tallest bar: with a note on a cut bar above it, and without.
ROOM_WITH_CUT, ROOM = 1.3, 1.12
#: Height of the strip of level colors, its distance from the panel, and the font of its labels,
#: in units of the theme's font size.
STRIP, STRIP_GAP, STRIP_FONT = 0.4, 0.25, 0.9
#: Distance of those labels from the panel.
STRIP_LABELS = STRIP_GAP + STRIP + 0.15 * STRIP_FONT
#: What the strip and its labels need above the panel, in units of the theme's font size.
STRIP_ROOM = STRIP_GAP + STRIP + 1.3 * STRIP_FONT
NOTE_SIZE = 0.9
ORDER = {"bins": 2.0, "atoms": 2.2, "note": 3.0}


class Bars(NamedTuple):
    """Bars of a histogram: left ends, widths (input units), shares of all samples, level codes."""

    left: FloatArray
    width: FloatArray
    share: FloatArray
    level: NDArray[np.int64]


def bars(summary: Mapping[str, Any], q: Quantizer, view: View) -> tuple[Bars, Bars]:
    """Return the bars of bins and those of single values, over and beyond `view`.

    A bin is cut in two where a threshold crosses it: both parts keep the height of the whole.
    """
    cells = np.asarray(summary["cells"], dtype=np.float64)
    low, high = float(summary["low"]), float(summary["high"])
    per_bin = cells.reshape(BINS, -1).sum(axis=1) if cells.size else np.zeros(0)
    ends = np.linspace(low, high, per_bin.size + 1)
    crossing = q.thresholds[(low < q.thresholds) & (q.thresholds < high)]
    cuts = np.unique(np.concatenate((ends, crossing))) if cells.size else np.zeros(1)
    middle = 0.5 * cuts[:-1] + 0.5 * cuts[1:]
    share = per_bin[np.searchsorted(ends, middle, side="left") - 1] / summary["count"]
    filled = share > 0.0
    in_bins = Bars(cuts[:-1][filled], np.diff(cuts)[filled], share[filled], q.codes(middle[filled]))
    values = np.array([float(value) for value, _ in summary["atoms"]])
    counts = np.array([float(count) for _, count in summary["atoms"]])
    width = ATOM_WIDTH * (view[1] - view[0])
    single = Bars(
        values - 0.5 * width,
        np.full(values.size, width),
        counts / summary["count"],
        q.codes(values),
    )
    return in_bins, single


def histogram_top(summary: Mapping[str, Any]) -> float:
    """Return the share at the top of the picture: all bars fit, except one that dwarfs the rest."""
    cells = np.asarray(summary["cells"], dtype=np.float64)
    counts = [float(count) for _, count in summary["atoms"]]
    if cells.size:
        counts.extend(cells.reshape(BINS, -1).sum(axis=1))
    first, second, *_ = [*sorted(counts, reverse=True), 0.0]
    if second > 0.0 and first > OUTLIER * second:
        return float(ROOM_WITH_CUT * second / summary["count"])
    return float(ROOM * first / summary["count"])


@dataclass
class HistogramArtists:
    """Bars, the strip of level colors above them, and their words."""

    ax: Axes
    theme: Theme
    bins: PolyCollection
    atoms: PolyCollection
    strip: PolyCollection
    labels: list[Text]
    notes: list[Text]


def draw_histogram(
    ax: Axes, summary: Mapping[str, Any], q: Quantizer, theme: Theme, view: View
) -> HistogramArtists:
    """Draw the share of samples per bar, colored by level, with the levels named above the panel.

    The Axes must have its place in the figure already, with ``STRIP_ROOM`` font sizes above it.
    """
    artists = HistogramArtists(
        ax,
        theme,
        PolyCollection([], linewidths=0.0, zorder=ORDER["bins"]),
        PolyCollection([], linewidths=0.0, zorder=ORDER["atoms"]),
        PolyCollection(
            [],
            linewidths=0.0,
            antialiased=False,
            transform=blended_transform_factory(ax.transData, ax.transAxes),
            clip_on=False,
        ),
        [],
        [],
    )
    for collection in (artists.bins, artists.atoms, artists.strip):
        ax.add_collection(collection, autolim=False)
    update_histogram(artists, summary, q, view)
    return artists


def _boxes(left: FloatArray, right: FloatArray, low: Any, high: Any) -> Any:
    """Return rectangles as vertices, (n, 4, 2)."""
    low, high = np.broadcast_to(low, left.shape), np.broadcast_to(high, left.shape)
    corners = ((left, low), (left, high), (right, high), (right, low))
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)


def _outlines(found: Bars, top: float) -> tuple[list[FloatArray], list[int]]:
    """Return the outline and the level of every run of touching bars of one level.

    One outline instead of many bars, because viewers of vector files leave hairlines between bars.
    """
    right = found.left + found.width
    height = 100.0 * np.minimum(found.share, top)
    new = np.ones(found.left.size, dtype=bool)
    gap = 1e-6 * found.width[1:]
    new[1:] = (np.diff(found.level) != 0) | (found.left[1:] > right[:-1] + gap)
    outlines, levels = [], []
    for run in np.split(np.arange(found.left.size), np.flatnonzero(new)[1:]):
        if run.size:
            x = np.column_stack((found.left[run], right[run])).ravel()
            corners = np.column_stack((x, np.repeat(height[run], 2)))
            outlines.append(np.vstack(([x[0], 0.0], corners, [x[-1], 0.0])))
            levels.append(int(found.level[run[0]]))
    return outlines, levels


def update_histogram(
    artists: HistogramArtists, summary: Mapping[str, Any], q: Quantizer, view: View
) -> None:
    """Recolor the bars for `q`, or draw another summary or view."""
    ax, theme = artists.ax, artists.theme
    colors = np.array(theme.levels(q.levels.size))
    top = histogram_top(summary)
    ax.set_ylim(0.0, 100.0 * top)
    width, height = axes_size(ax)
    scale = width / (view[1] - view[0])
    for text in (*artists.labels, *artists.notes):
        text.remove()
    artists.labels, artists.notes = [], []

    for collection, found in zip(
        (artists.bins, artists.atoms), bars(summary, q, view), strict=True
    ):
        right = found.left + found.width
        seen = (right > view[0]) & (found.left < view[1])
        shown = Bars(found.left[seen], found.width[seen], found.share[seen], found.level[seen])
        outlines, levels = _outlines(shown, top)
        collection.set_verts(outlines)
        collection.set_facecolor(colors[levels].tolist())
        for k in np.flatnonzero(seen & (found.share > top)).tolist():
            sides = (float(found.left[k]), float(right[k]))
            artists.notes.append(_note(artists, *sides, float(found.share[k]), view))

    starts = np.clip(np.concatenate(([view[0]], q.thresholds)), *view)
    ends = np.clip(np.concatenate((q.thresholds, [view[1]])), *view)
    em = theme.font_size / height
    bottom = 1.0 + STRIP_GAP * em
    artists.strip.set_verts(_boxes(starts, ends, bottom, bottom + STRIP * em))
    artists.strip.set_facecolor(colors.tolist())
    size = STRIP_FONT * theme.font_size
    room = (ends - starts) * scale - 0.6 * size
    for k, words in enumerate(_strip_words(occupancy(q, summary), room, size)):
        if words:
            artists.labels.append(
                ax.text(
                    0.5 * (starts[k] + ends[k]),
                    1.0 + STRIP_LABELS * em,
                    words,
                    transform=artists.strip.get_transform(),
                    ha="center",
                    va="bottom",
                    fontsize=size,
                    color=theme.color["ink"],
                )
            )


def _strip_words(shares: FloatArray, room: FloatArray, size: float) -> list[str]:
    """Return the longest wording that fits on every level that has room for its number at all."""
    forms = [
        [say(key, i=i, share=percent(float(share))) for i, share in enumerate(shares)]
        for key in ("figure.level.long", "figure.level.short", "figure.level.number")
    ]
    has_room = [
        text_width(number, size) <= free for number, free in zip(forms[-1], room, strict=True)
    ]
    for form in forms[:-1]:
        fits = [text_width(words, size) <= free for words, free in zip(form, room, strict=True)]
        if all(fit or not any_room for fit, any_room in zip(fits, has_room, strict=True)):
            break
    else:
        form = forms[-1]
    return [words if fit else "" for words, fit in zip(form, has_room, strict=True)]


def _note(artists: HistogramArtists, left: float, right: float, share: float, view: View) -> Text:
    """Say how tall a cut bar is, beside its top, on the side that has more room."""
    theme = artists.theme
    on_right = view[1] - right > left - view[0]
    return artists.ax.annotate(
        f"▲ {percent(share)}",
        xy=(right if on_right else left, 1.0),
        xycoords=artists.ax.get_xaxis_transform(),
        xytext=((0.35 if on_right else -0.35) * theme.font_size, -0.1 * theme.font_size),
        textcoords="offset points",
        ha="left" if on_right else "right",
        va="top",
        fontsize=NOTE_SIZE * theme.font_size,
        color=theme.color["ink"],
        zorder=ORDER["note"],
        bbox={"facecolor": theme.color["panel"], "edgecolor": "none", "pad": 0.6},
        annotation_clip=False,
    )
