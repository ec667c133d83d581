"""Which curve do the draws speak for? G-STE's and plain STE's, side by side, over the same dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import plots, style
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.judged import Judged, claim, judge, rounded, verdict
from n2uq_viz.figures.sheet import TICKS_BELOW, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 46.4
#: Height of all its panels together in a column.
COLUMN = 20.0
COLUMNS = ("gste", "ste")
#: Heights of the rows next to each other.
SHARES = {"output": 0.42, "error": 0.36, "slope": 0.22}
# In units of the theme's font size.
GUTTER, ROW_GAP = 1.4, 0.9
#: Numbers of one column may reach so far towards the other.
OVERHANG = 0.5
RIGHT = 12.6
PASSES = 3
NOTE_ROOM = 1.5
#: Empty space above and below the errors, as a share of their range; the least range, in steps.
SLACK, LEAST = 0.08, 1e-6


def agreement(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Compare the means of a state's draws with the expectation and with plain STE's ramp.

    Left the expectation, whose slope is G-STE; right the straight ramp whose slope is plain STE;
    both with the same dots, the distances of the dots from the curve, and the slope. The numbers
    above are those of ``n2uq_viz.agreement``.

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
        A state that cannot be shown, or no such theme or size.

    Examples
    --------
    >>> figure = agreement({"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"})
    >>> len(figure.axes)
    6
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _draw(judge(shown), (shown["view"][0], shown["view"][1]), look, size)


def _draw(judged: Judged, view: tuple[float, float], theme: Theme, size: str) -> Figure:
    sheet = Sheet(theme, size, PAGE)
    q = judged.quantizer
    top = sheet.title(claim(judged))
    limits = {
        "output": plots.forward_limits(q),
        "error": _error_limits(judged, view),
        "slope": plots.gradient_limits(q),
    }
    heads = {name: _head(judged, name) for name in COLUMNS}
    notes = NOTE_ROOM if np.any(q.slopes > plots.gradient_top(q)) else 0.0
    numbers: list[str] = []
    # How wide the numbers are depends on the height of the panels, and that on the lines above
    # them, which depend on the width that the numbers leave.
    for _ in range(PASSES):
        left = sheet.left_room(numbers)
        width = 0.5 * (sheet.width - left - GUTTER - sheet.beside(RIGHT) - MARGIN)
        head = sheet.head_height(list(heads.values()), width)
        gaps = (head, ROW_GAP, ROW_GAP + notes)
        free = sheet.down(COLUMN, top + sum(gaps) + TICKS_BELOW + MARGIN)
        numbers = [short(level) for level in q.levels.tolist()]
        for name in ("error", "slope"):
            numbers += sheet.upright_labels(limits[name], free * SHARES[name])
    rows: dict[str, tuple[Axes, Axes]] = {}
    for (name, share), gap in zip(SHARES.items(), gaps, strict=True):
        top += gap
        row = [sheet.axes(left + k * (width + GUTTER), top, width, free * share) for k in range(2)]
        rows[name] = (row[0], row[1])
        top += free * share
    for name, row_axes in rows.items():
        for ax in row_axes:
            ax.set_xlim(*view)
            ax.set_ylim(*limits[name])
            plots.draw_guides(ax, q, theme, view)
    for k, name in enumerate(COLUMNS):
        sheet.head(rows["output"][k], heads[name], head, width)
    entries = {
        "output": _output(rows["output"], judged, theme, view),
        "error": _error(rows["error"], judged, theme, view),
        "slope": _slope(rows["slope"], judged, theme, view),
    }
    for name, row_axes in rows.items():
        first, last = row_axes
        if name == "output":
            sheet.level_numbers(first, q.levels.tolist())
        else:
            sheet.upright_numbers(first)
        last.set_yticks(first.get_yticks(), labels=[])
        last.tick_params(axis="y", length=0.0)
        last.grid(visible=True, axis="y")
        sheet.name_upright(first, say(f"figure.agreement.axis.{name}"))
        for ax in row_axes:
            sheet.input_numbers(ax, seen=name == "slope", beyond=OVERHANG)
        sheet.legend(last, say(f"figure.agreement.{name}"), entries[name], room=RIGHT)
    sheet.name_input(rows["slope"][1])
    return sheet.finish()


def _head(judged: Judged, name: str) -> tuple[str, str, str]:
    found = getattr(judged, name)
    rmse = rounded(judged.rmse(name))
    errors = say("figure.agreement.errors", rmse=rmse, largest=short(found.max_error, 2))
    return say(f"figure.agreement.column.{name}"), errors, verdict(judged, name)


def _error_limits(judged: Judged, view: tuple[float, float]) -> tuple[float, float]:
    """Return the range of the panels with errors: all dots and both bands are in it."""
    found = [np.zeros(1)]
    for name, curve in _curves(judged).items():
        outline = plots.curve_band_outline(
            judged.quantizer, curve, judged.means.draws, view, around_zero=True
        )
        found += [outline[:, 1], judged.means.mean - getattr(judged, name).curve]
    errors = np.concatenate(found)
    low, high = float(errors.min()), float(errors.max())
    # Without coins there are no errors but of rounding: a step then gives the scale.
    step = float(np.diff(judged.quantizer.levels).min())
    if high - low < LEAST * step:
        low, high = -0.5 * step, 0.5 * step
    slack = SLACK * (high - low)
    return low - slack, high + slack


def _curves(judged: Judged) -> dict[str, plots.Curve]:
    return {"gste": judged.quantizer.expectation, "ste": judged.ramp.expectation}


def _output(
    axes: tuple[Axes, Axes], judged: Judged, theme: Theme, view: tuple[float, float]
) -> list[frame.Entry]:
    q, means = judged.quantizer, judged.means
    lines, dots = [], []
    for ax, (name, curve) in zip(axes, _curves(judged).items(), strict=True):
        plots.draw_curve_band(ax, q, curve, means.draws, theme, view)
        if name == "gste":
            lines.append(plots.draw_expectation(ax, q, theme, view))
        else:
            lines.append(plots.draw_ramp(ax, judged.ramp, theme, view))
        dots.append(plots.draw_dots(ax, means.x, means.mean, judged.sorted(name), theme))
    return [
        (lines[0], say("figure.agreement.expectation")),
        (lines[1], say("figure.agreement.ramp")),
        (dots[0].inside, say("figure.agreement.dots", draws=f"{means.draws:,}")),
    ]


def _error(
    axes: tuple[Axes, Axes], judged: Judged, theme: Theme, view: tuple[float, float]
) -> list[frame.Entry]:
    q, means = judged.quantizer, judged.means
    for ax, (name, curve) in zip(axes, _curves(judged).items(), strict=True):
        plots.draw_curve_band(ax, q, curve, means.draws, theme, view, around_zero=True)
        role = "expectation" if name == "gste" else "ste"
        ax.plot(
            view,
            (0.0, 0.0),
            color=theme.color[role],
            linestyle=style.LINE.get(role, "-"),
            linewidth=theme.line_width,
        )
        errors = means.mean - getattr(judged, name).curve
        dots = plots.draw_dots(ax, means.x, errors, judged.sorted(name), theme)
    entries: list[frame.Entry] = [
        (Patch(color=theme.color["band"], linewidth=0.0), say("figure.agreement.band")),
        (dots.outside, say("figure.agreement.outside")),
    ]
    if any(judged.sorted(name).impossible.any() for name in COLUMNS):
        entries.append((dots.impossible, say("figure.agreement.impossible")))
    return entries


def _slope(
    axes: tuple[Axes, Axes], judged: Judged, theme: Theme, view: tuple[float, float]
) -> list[frame.Entry]:
    entries: list[frame.Entry] = []
    for ax, name in zip(axes, COLUMNS, strict=True):
        artists = plots.draw_gradients(ax, judged.quantizer, theme, view, (name,))
        line = artists.gste if name == "gste" else artists.ste
        if line is not None:
            entries.append((line, say(f"figure.agreement.slope.{name}")))
    return entries
