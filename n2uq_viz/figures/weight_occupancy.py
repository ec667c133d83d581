"""Weights and their codes before and after N2UQ's scaling: what becomes what, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.occupied import KINDS, Occupied, Weights, default_state, weights_of
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.estimates import HATCH
from n2uq_viz.plots.histogram import STRIP_ROOM, histogram_top
from n2uq_viz.plots.labels import axes_size, short, text_width
from n2uq_viz.weights import gamma
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 36.8
#: Empty space beside the weights, as a share of the largest.
ASIDE = 0.05
#: How far a number may reach beyond the ends of the axis, in units of the theme's font size.
OVERHANG = 0.3
#: Width of a bar next to the distance of two codes; two stand side by side.
BAR = 0.4
#: Room above the highest bar, as a share of it.
ROOM = 1.15
#: Widths of histograms next to that of the bars.
SHARES = (1.1, 1.0)
#: Height that the legend keeps free, next to that of the bars.
LEGEND_SHARE = 0.55
LEVEL_MARK, LEVEL_SIZE = "^", 1.3


def weight_occupancy(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw weights with the cells of their levels, and how often each code is used, twice.

    Once with levels over ``±max|w|``, once scaled by ``gamma * mean|w|``, N2UQ's entropy-preserving
    scaling of one output channel. How exact the numbers are that come from a summary is said in
    ``n2uq_viz.figures.occupied.weights_of``.

    Source: Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Threshold explorer: its data are the weights (those with a name shifted to
        mean 0), and it has as many levels. Without it 4 levels and normally distributed weights.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.

    Raises
    ------
    ValueError
        A state that cannot be shown, or no such theme or size.

    Examples
    --------
    >>> state = {"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "laplace"}
    >>> len(weight_occupancy(state).axes)
    3
    """
    shown, look, size = read(default_state() if state is None else state, theme, size)
    with frame.look(look):
        return _draw(weights_of(shown), shown["data"], look, size)


def claim(found: Weights) -> str:
    """Return what the figure claims of its weights."""
    values = {"before": found.before.entropy, "after": found.after.entropy, "most": found.most}
    texts = {name: short(value) for name, value in values.items()}
    return say(f"figure.weight_occupancy.title.{found.kind}", count=found.levels, **texts)


def _draw(found: Weights, data: Any, theme: Theme, size: str) -> Figure:
    sheet = Sheet(theme, size, PAGE)
    top = sheet.title(claim(found))
    percents = (0.0, 100.0 * histogram_top(found.summary))
    tallest = max(float(getattr(found, name).shares.max()) for name in KINDS)
    named = isinstance(data, str)
    weights = say(
        f"figure.weight_occupancy.weights.{'named' if named else 'own'}",
        data=say(f"data.{data}") if named else "",
    )
    each = {
        name: panels.Panel(
            percents,
            (say(f"figure.weight_occupancy.{name}"), _scale_words(found, name)),
            notes=STRIP_ROOM,
            below=panels.NAMED if name == KINDS[-1] else panels.NUMBERS,
        )
        for name in KINDS
    }
    each["codes"] = panels.Panel(
        (0.0, 100.0 * ROOM * tallest),
        (say("figure.weight_occupancy.codes"), weights),
        below=panels.NAMED,
    )
    columns = [panels.Column({name: each[name] for name in KINDS}, share=SHARES[0])]
    columns.append(panels.Column({"codes": each["codes"]}, share=SHARES[1]))
    if not sheet.narrow:
        rest = panels.Panel((0.0, 1.0), numbers=[""], share=LEGEND_SHARE)
        columns[1] = panels.Column({"codes": each["codes"], "legend": rest}, share=SHARES[1])
    places = panels.arrange(sheet, top, columns)
    if not sheet.narrow:
        # It has kept the place of the legend.
        places.pop("legend").ax.remove()
    for name in KINDS:
        sheet.name_upright(
            places[name].ax, say("figure.weight_occupancy.axis.share"), places[name].name_at
        )
        mark = _histogram(sheet, places[name].ax, found, getattr(found, name))
    sheet.name_below(places[KINDS[-1]].ax, say("figure.weight_occupancy.axis.weight"))
    ax = places["codes"].ax
    sheet.name_upright(ax, say("figure.weight_occupancy.axis.share"), places["codes"].name_at)
    entries = _bars(sheet, ax, found)
    entries.append((mark, say("figure.weight_occupancy.level")))
    last = places[KINDS[-1]].ax
    scale = frame.POINTS_PER_INCH * sheet.figure.get_size_inches()[0] / theme.font_size
    room = sheet.width - MARGIN - scale * last.get_position().x1
    # In a column it stands below all panels, else beside the lower histogram.
    at = ax if sheet.narrow else last
    sheet.legend(at, say("figure.weight_occupancy.legend"), entries, room=room)
    return sheet.finish()


def _scale_words(found: Weights, name: str) -> str:
    """Return how far the levels reach and why, and the entropy of the codes."""
    each: Occupied = getattr(found, name)
    return say(
        f"figure.weight_occupancy.scale.{name}",
        gamma=short(gamma(found.levels)),
        mean=short(found.mean_size),
        largest=short(found.largest),
        entropy=short(each.entropy),
        most=short(found.most),
    )


def _histogram(sheet: Sheet, ax: Axes, found: Weights, each: Occupied) -> Line2D:
    """Draw the weights in the colors of their levels, and where these levels are."""
    theme = sheet.theme
    # The same view for both: which levels reach how far is what is to be seen.
    reach = (1.0 + ASIDE) * max(found.before.scale, found.after.scale)
    ax.set_xlim(-reach, reach)
    drawn = plots.draw_histogram(ax, found.summary, each.rounding, theme, (-reach, reach))
    # Only one bin can be cut; where a threshold parts it, both halves would say so.
    for note in drawn.notes[1:]:
        note.remove()
    sheet.upright_numbers(ax)
    sheet.input_numbers(ax, seen=True, beyond=OVERHANG)
    (mark,) = ax.plot(
        each.rounding.levels,
        np.zeros(found.levels),
        linestyle="",
        marker=LEVEL_MARK,
        markersize=LEVEL_SIZE * theme.marker_size,
        markeredgewidth=0.0,
        color=theme.color["ink"],
        clip_on=False,
        zorder=4.0,
    )
    return mark


def _bars(sheet: Sheet, ax: Axes, found: Weights) -> list[frame.Entry]:
    """Draw a pair of bars for each code, and the line at which all would stand if even."""
    theme = sheet.theme
    codes = np.arange(found.levels)
    ax.set_xlim(-0.6, found.levels - 0.4)
    sheet.upright_numbers(ax)
    looks: dict[str, dict[str, Any]] = {
        "before": {"facecolor": theme.color["panel"], "edgecolor": theme.color["muted"]},
        "after": {"facecolor": theme.color["expectation"], "edgecolor": theme.color["expectation"]},
    }
    looks["before"]["hatch"] = HATCH
    entries: list[frame.Entry] = []
    for name, side in zip(KINDS, (-0.5, 0.5), strict=True):
        bars: Artist = ax.bar(
            codes + side * BAR,
            100.0 * getattr(found, name).shares,
            width=BAR,
            linewidth=0.5 * theme.line_width,
            **looks[name],
        )[0]
        entries.append((bars, say(f"figure.weight_occupancy.bar.{name}")))
    line = ax.axhline(
        100.0 / found.levels, color=theme.color["ink"], linestyle="--", linewidth=theme.line_width
    )
    entries.append((line, say("figure.weight_occupancy.even")))
    size = frame.SMALL * theme.font_size
    width, _ = axes_size(ax)
    low, high = ax.get_xlim()
    room = text_width(str(found.levels - 1), size) + 0.5 * frame.WORD_ROOM * size
    ticks = frame.thin_ticks(codes.tolist(), width / (high - low), room)
    ax.xaxis.set_ticks(ticks, labels=[str(int(code)) for code in ticks])
    sheet.name_below(ax, say("figure.weight_occupancy.axis.code"))
    return entries
