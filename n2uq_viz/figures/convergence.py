"""More draws, less error: running means that settle, and the line that their error follows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import HIGH_PANEL, MARGIN
from n2uq_viz.figures.running import POWERS, RUNS, SHOWN, Runs, run
from n2uq_viz.figures.sheet import HEAD_GAP, TICKS_BELOW, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import power_of_ten, short, wrap
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 35.2
#: Height of a panel with means in a column.
COLUMN = 5.5
# In units of the theme's font size.
#: Room above every panel with means, for the input, and how far that is from the panel.
ROW_GAP, LABEL_GAP = 1.6, 0.3
RIGHT = 12.6
PASSES = 3
#: Empty space left and right of the draws, as powers of ten.
BESIDE = 0.2
#: Empty space around the means of a panel, as a share of their range.
SLACK = 0.1
#: Empty space around the errors on their logarithmic axis, as a factor.
AROUND = 1.6


def convergence(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw running means at three inputs, and their error against the number of draws.

    Eight runs are drawn, from ten draws to a million, and the error of many more is taken
    together: the root mean square over the three inputs. The line is its closed form, the root of
    the mean variance over the number of draws. Against plain STE's ramp, where that is another
    curve, the error levels off at the distance of the two curves.

    Parameters
    ----------
    state
        A state of the Threshold explorer; without it 2 bits with unequal segments.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.

    Raises
    ------
    ValueError
        A state that cannot be shown, edges with no float between them, or no such theme or size.

    Examples
    --------
    >>> figure = convergence({"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"})
    >>> len(figure.axes)
    4
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _draw(run(shown), look, size)


def _draw(runs: Runs, theme: Theme, size: str) -> Figure:
    sheet = Sheet(theme, size, PAGE)
    top = sheet.title(say("figure.convergence.title"))
    inputs, size_of_labels = range(runs.x.size), frame.SMALL * theme.font_size
    ranges = [_mean_limits(runs, k) for k in inputs]
    heads = _heads(runs)
    low, high = _error_limits(runs)
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    between = sheet.left_room([power_of_ten(k) for k in powers])
    numbers: list[str] = []
    # How wide the numbers are depends on the height of the panels, and that on the lines above
    # them, which depend on the width that the numbers leave.
    for _ in range(PASSES):
        left = sheet.left_room(numbers)
        width = 0.5 * (sheet.width - left - between - RIGHT - MARGIN)
        if sheet.narrow:
            left = max(left, between)
            width = sheet.width - left - 2.0 * MARGIN
        labels = [wrap(_at(runs, k), theme.font_size * width, size_of_labels) for k in inputs]
        gap = ROW_GAP + frame.SMALL * frame.LINE_SPACING * max(a.count("\n") for a in labels)
        head = sheet.head_height(heads, width) + gap - HEAD_GAP
        free = sheet.down(COLUMN * len(ranges), top + head + TICKS_BELOW + MARGIN)
        panel = (free - gap * (len(ranges) - 1)) / len(ranges)
        numbers += [text for ends in ranges for text in sheet.upright_labels(ends, panel)]
    top += head
    limits = (10.0 ** (POWERS[0] - BESIDE), 10.0 ** (POWERS[1] + BESIDE))
    entries: list[frame.Entry] = []
    for k, ends in enumerate(ranges):
        ax = sheet.axes(left, top + k * (panel + gap), width, panel)
        ax.set(xscale="log", xlim=limits, ylim=ends)
        sheet.upright_numbers(ax)
        entries = _means(ax, runs, k, theme, labels[k])
        sheet.powers(ax, "x", seen=k == len(ranges) - 1)
        sheet.name_upright(ax, say("figure.convergence.axis.mean"))
        if k == 0:
            sheet.head(ax, heads[0], head, width)
    beyond = left + width + between
    if sheet.narrow:
        sheet.name_below(ax, say("figure.convergence.axis.draws"))
        ax_errors = sheet.axes(left, top + free + ROW_GAP, width, HIGH_PANEL)
    else:
        ax_errors = sheet.axes(beyond, top, width, free)
    ax_errors.set(xscale="log", yscale="log", xlim=limits, ylim=(low, high))
    sheet.head(ax_errors, heads[1], head, width)
    own = _errors(ax_errors, runs, theme)
    sheet.powers(ax_errors, "x")
    sheet.powers(ax_errors, "y")
    name_at = MARGIN if sheet.narrow else left + width + MARGIN
    sheet.name_upright(ax_errors, say("figure.convergence.axis.error"), name_at)
    sheet.name_input(ax_errors, say("figure.convergence.axis.draws"))
    sheet.legend(ax_errors, say("figure.convergence.legend"), [*entries, *own], room=RIGHT)
    return sheet.finish()


def _heads(runs: Runs) -> tuple[tuple[str, ...], ...]:
    return (
        (
            say("figure.convergence.means"),
            say("figure.convergence.means.text", inputs=runs.x.size, runs=SHOWN),
        ),
        (
            say("figure.convergence.errors"),
            say("figure.convergence.errors.line"),
            say("figure.convergence.errors.slope", slope=short(runs.slope)),
        ),
    )


def _mean_limits(runs: Runs, k: int) -> tuple[float, float]:
    """Return the range of means that is shown at one input: the funnel, and every run drawn."""
    funnel = plots.funnel(runs.quantizer, float(runs.x[k]), runs.draws[:1])
    all_of_them = np.concatenate((*funnel, runs.means[:SHOWN, :, k].ravel()))
    low, high = float(all_of_them.min()), float(all_of_them.max())
    margin = SLACK * (high - low)
    return low - margin, high + margin


def _at(runs: Runs, k: int) -> str:
    """Return what stands above the panel of an input."""
    x = float(runs.x[k])
    return say("figure.convergence.at", x=short(x), y=short(float(runs.quantizer.expectation(x))))


def _means(ax: Axes, runs: Runs, k: int, theme: Theme, label: str) -> list[frame.Entry]:
    q, x = runs.quantizer, float(runs.x[k])
    artists = plots.draw_running(ax, q, x, runs.draws, runs.means[:SHOWN, :, k], theme)
    ax.annotate(
        label,
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0.0, LABEL_GAP * theme.font_size),
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontsize=frame.SMALL * theme.font_size,
        linespacing=frame.LINE_SPACING,
        annotation_clip=False,
    )
    return [
        (artists.runs[0], say("figure.convergence.run")),
        (Patch(color=theme.color["band"], linewidth=0.0), say("figure.convergence.funnel")),
    ]


def _error_limits(runs: Runs) -> tuple[float, float]:
    none = np.zeros(1)
    along = [plots.expected_error(runs.variance, runs.draws, none), runs.pooled]
    if runs.bias is not None:
        along.append(plots.expected_error(runs.variance, runs.draws, runs.bias))
    found = np.concatenate([values.ravel() for values in (*along, runs.errors[:SHOWN])])
    found = found[found > 0.0]
    low = max(float(found.min()), float(along[0].min()) / 10.0)
    return low / AROUND, float(found.max()) * AROUND


def _errors(ax: Axes, runs: Runs, theme: Theme) -> list[frame.Entry]:
    artists = plots.draw_decay(
        ax, runs.draws, runs.errors, runs.variance, runs.bias, theme, shown=SHOWN
    )
    entries: list[frame.Entry] = [
        (artists.one, say("figure.convergence.one")),
        (artists.together, say("figure.convergence.together", runs=RUNS)),
        (artists.expected, say("figure.convergence.expected")),
    ]
    if runs.bias is not None:
        entries.append((artists.biased, say("figure.convergence.biased")))
    return entries
