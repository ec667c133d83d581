"""Uniform levels or others, on the same trained tensors: accuracy, error and operations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib.lines import Line2D

from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.either import Row, bits_shown, operation_words, rows, stored
from n2uq_viz.figures.sheet import NAMED_BELOW, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import text_width
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.comparison.after import After
    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 25.4
# In units of the theme's font size: between panels, and from names to the first panel.
GUTTER, PAD = 2.0, 0.8
#: Height of a panel in a column, and room above the legend.
PANEL, GAP = 11.0, 0.8
#: Numbers on a logarithmic axis, next to powers of ten.
BETWEEN = (1.0, 2.0, 5.0)
#: Sizes of dots and of the mean next to the theme's markers; where they lie in their row.
DOT, MEAN, CLOUD, BELOW = 1.2, 2.4, 0.16, 0.2
#: Empty space on both sides of values, as a share of their range.
SLACK = 0.06
#: Height of a bar in its row; rows have words above their bar.
BAR, BAR_AT, WORDS_AT = 0.24, 0.2, -0.16


def uniform_or_not(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
    *,
    results: Sequence[After] | None = None,
) -> Figure:
    """Draw what uniform levels cost and save next to others: accuracy, error, operations.

    Nets are trained in floats once; then weights and activations between their first and their last
    layer get levels by six methods, see `n2uq_viz.training.after.quantize_after`.

    Parameters
    ----------
    state
        A state of the Threshold explorer: the bits of its levels, 1 to 4, are those that are shown.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.
    results
        Without them the stored ones.

    Raises
    ------
    ValueError
        A state that cannot be shown, or no such theme or size.

    Examples
    --------
    >>> len(uniform_or_not(results=[]).axes)  # nothing to compare: only that is said
    1
    """
    shown, look, size = read(state, theme, size, "threshold")
    bits = bits_shown(shown)
    found = rows(stored() if results is None else results, bits)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        if not found:
            ax = sheet.axes(MARGIN, MARGIN, sheet.width - 2 * MARGIN, sheet.height - 2 * MARGIN)
            ax.set_axis_off()
            sheet.note(ax, say("figure.uniform_or_not.none"))
            return sheet.finish()
        _draw(sheet, found, bits)
    return sheet.finish()


def _draw(sheet: Sheet, found: list[Row], bits: int) -> None:
    em = sheet.theme.font_size
    kind = "one" if bits == 1 else "many"
    said = say(f"figure.uniform_or_not.bits.{kind}", bits=bits)
    top = sheet.title(say("figure.uniform_or_not.title", bits=said))
    names = max(text_width(row.name, frame.SMALL * em) for row in found)
    left = MARGIN + frame.DRAWN * names / em + PAD
    panels = ("accuracy", "error", "operations")
    columns = 1 if sheet.narrow else len(panels)
    width = (sheet.width - left - MARGIN - GUTTER * (columns - 1)) / columns
    heads = {name: (say(f"figure.uniform_or_not.head.{name}"),) for name in panels}
    head = sheet.head_height(list(heads.values()), width)
    deep = len(panels) // columns
    legend = GAP + frame.SMALL * frame.LINE_SPACING
    taken = top + MARGIN + legend + deep * (head + NAMED_BELOW)
    height = sheet.down(PANEL * deep, taken) / deep
    for k, name in enumerate(panels):
        across, down = (0, k) if sheet.narrow else (k, 0)
        ax = sheet.axes(
            left + across * (width + GUTTER),
            top + down * (head + height + NAMED_BELOW) + head,
            width,
            height,
        )
        ax.set_ylim(len(found) - 0.45, -0.55)
        sheet.head(ax, heads[name], head, width)
        if name == "operations":
            _operations(ax, found, sheet.theme)
        else:
            _values(sheet, ax, found, name)
        seen = sheet.narrow or k == 0
        labels = [row.name if seen else "" for row in found]
        ax.yaxis.set_ticks(range(len(found)), labels=labels)
        ax.tick_params(axis="y", length=0.0)
        if name != "operations":
            sheet.name_below(ax, say(f"figure.uniform_or_not.axis.{name}"))
    _legend(sheet, ax)


def _values(sheet: Sheet, ax: Axes, found: list[Row], name: str) -> None:
    theme = sheet.theme
    values = [getattr(row, name) for row in found]
    low, high = float(min(map(np.min, values))), float(max(map(np.max, values)))
    if name == "error":
        ax.set_xscale("log")
        ax.minorticks_off()
        factor = (high / low) ** SLACK
        ax.set_xlim(low / factor, high * factor)
        frame.label_ticks(ax.xaxis, _round(*ax.get_xlim()))
        ax.grid(visible=True, axis="x")
    else:
        room = SLACK * max(high - low, 1.0)
        ax.set_xlim(low - room, high + room)
        sheet.input_numbers(ax, seen=True)
        ax.grid(visible=True, axis="x")
    for k, (row, own) in enumerate(zip(found, values, strict=True)):
        _dots(ax, own, k, theme, even=row.even)


def _round(low: float, high: float) -> list[float]:
    """Return round numbers on a logarithmic axis: powers of ten, and more where those are few.

    >>> _round(0.004, 0.3), _round(0.06, 0.4)
    ([0.01, 0.1], [0.1, 0.2])
    """
    for between in (BETWEEN[:1], BETWEEN):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [float(f"{k * 10.0**power:.1g}") for power in powers for k in between]
        inside = [value for value in found if low <= value <= high]
        if len(inside) > 1:
            break
    return inside


def _dots(ax: Axes, values: FloatArray, row: int, theme: Theme, *, even: bool) -> None:
    away = CLOUD * np.linspace(-1.0, 1.0, values.size) if values.size > 1 else np.zeros(1)
    _dot(ax, values, row - 0.5 * BELOW + away, theme)
    _mean(ax, [float(values.mean())], [row + BELOW], theme, even=even)


def _dot(ax: Axes | None, x: Any, y: Any, theme: Theme) -> Line2D:
    line = Line2D(
        x,
        y,
        linestyle="",
        marker="o",
        markersize=DOT * theme.marker_size,
        markerfacecolor="none",
        markeredgecolor=theme.color["muted"],
        markeredgewidth=0.5 * theme.line_width,
        zorder=2.0,
    )
    return line if ax is None else ax.add_line(line)


def _mean(ax: Axes | None, x: Any, y: Any, theme: Theme, *, even: bool) -> Line2D:
    role = _role(even)
    line = Line2D(
        x,
        y,
        linestyle="",
        marker="D" if even else "s",
        markersize=MEAN * theme.marker_size,
        markerfacecolor=theme.color[role if even else "panel"],
        markeredgecolor=theme.color[role],
        markeredgewidth=0.8 * theme.line_width,
        zorder=2.6,
    )
    return line if ax is None else ax.add_line(line)


def _role(even: bool) -> str:
    return "first" if even else "second"


def _operations(ax: Axes, found: list[Row], theme: Theme) -> None:
    """Draw a bar for each row with its operations in words above it."""
    ax.set_xlim(0.0, 1.02 * max(row.operations.total for row in found))
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    for k, row in enumerate(found):
        ax.barh(
            k + BAR_AT,
            row.operations.total,
            height=BAR,
            color=theme.color[_role(row.even) if row.even else "panel"],
            edgecolor=theme.color[_role(row.even)],
            linewidth=0.8 * theme.line_width,
        )
        ax.text(
            0.0,
            k + WORDS_AT,
            operation_words(row.operations),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=frame.SMALL * theme.font_size,
            color=theme.color["ink"],
        )


def _legend(sheet: Sheet, last: Axes) -> None:
    """Explain the marks: in a line at the lower end, or below all panels of a column."""
    theme, em = sheet.theme, sheet.theme.font_size
    entries: list[frame.Entry] = [
        (_dot(None, [], [], theme), say("figure.uniform_or_not.legend.dot")),
        (_mean(None, [], [], theme, even=True), say("figure.uniform_or_not.legend.even")),
        (_mean(None, [], [], theme, even=False), say("figure.uniform_or_not.legend.uneven")),
    ]
    if sheet.narrow:
        sheet.legend(last, say("figure.uniform_or_not.legend"), entries, room=0.0)
        return
    sheet.figure.legend(
        [cast(Line2D, mark) for mark, _ in entries],
        [words for _, words in entries],
        loc="lower left",
        bbox_to_anchor=(MARGIN / sheet.width, 0.5 * MARGIN / sheet.height),
        ncols=len(entries),
        frameon=False,
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=frame.SMALL * em,
        labelcolor=theme.color["ink"],
    )
