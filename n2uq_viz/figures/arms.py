"""What range, thresholds and estimator each add, seed by seed: the figure of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from n2uq_viz import plots
from n2uq_viz.comparison.results import LOWER_IS_BETTER
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import LOW_PANEL, MARGIN
from n2uq_viz.figures.sheet import NAMED_BELOW, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.figures.steps import Group, groups, stored
from n2uq_viz.plots.arms import BAR, DOT, MEAN
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.comparison import Result
    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 36.8
# In units of the theme's font size.
RIGHT, GUTTER, GAP, LABELS = 10.4, 1.6, 0.8, 5.6
#: Panels -> panels side by side; otherwise `COLUMNS`.
FEW = {1: 1, 2: 2, 4: 2}
COLUMNS = 3
#: How close numbers on an axis may be, next to what is usual.
CLOSER = 0.7


def arms(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
    *,
    results: Sequence[Result] | None = None,
) -> Figure:
    """Draw the steps from fixed range to G-STE, one cause each: every seed, the mean, its interval.

    A panel for each task, of which each has its own scale; right of 0 the method with more in it is
    ahead. Intervals are 95 % bootstrap intervals of the mean, see `n2uq_viz.comparison.compare`.

    Parameters
    ----------
    state
        A state of the Training explorer, which the figure carries and opens in. Nothing of it is
        drawn: what is compared are results of many runs, which no state holds.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.
    results
        Of runs with 2 bits for activations; without them the stored ones. Tasks of which an arm is
        missing are left out.

    Raises
    ------
    ValueError
        A state that cannot be shown, no such theme or size, or results that cannot be compared.

    Examples
    --------
    >>> len(arms(results=[]).axes)  # nothing to compare: only that is said
    1
    """
    _, look, size = read(state, theme, size, "training")
    found = groups(stored() if results is None else results)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        if not found:
            ax = sheet.axes(MARGIN, MARGIN, sheet.width - 2 * MARGIN, sheet.height - 2 * MARGIN)
            ax.set_axis_off()
            sheet.note(ax, say("figure.arms.none"))
            return sheet.finish()
        _draw(sheet, found)
    return sheet.finish()


def _draw(sheet: Sheet, found: list[Group]) -> None:
    theme = sheet.theme
    top = sheet.title(say("figure.arms.title"))
    columns = 1 if sheet.narrow else FEW.get(len(found), COLUMNS)
    rows = -(-len(found) // columns)
    right = MARGIN + sheet.beside(RIGHT - MARGIN)
    free = sheet.width - MARGIN - LABELS - right - GUTTER * (columns - 1)
    width = free / columns
    head = sheet.head_height([(group.name,) for group in found], width)
    taken = top + MARGIN + GAP * (rows - 1) + rows * (head + NAMED_BELOW)
    height = sheet.down(LOW_PANEL * rows, taken) / rows
    for k, group in enumerate(found):
        row, column = divmod(k, columns)
        left = MARGIN + LABELS + column * (width + GUTTER)
        down = top + row * (head + height + NAMED_BELOW + GAP) + head
        ax = sheet.axes(left, down, width, height)
        plots.draw_steps(ax, group.steps, theme)
        sheet.head(ax, (group.name,), head, width)
        sheet.input_numbers(ax, seen=True, closer=CLOSER)
        ax.grid(visible=True, axis="x")
        unit = "loss" if group.task in LOWER_IS_BETTER else "points"
        sheet.name_below(ax, say(f"figure.arms.axis.{unit}"))
        _name_rows(ax, group, seen=column == 0)
        if k == (len(found) if sheet.narrow else columns) - 1:
            sheet.legend(ax, say("figure.arms.legend"), _entries(theme), room=RIGHT)


def _name_rows(ax: Axes, group: Group, *, seen: bool) -> None:
    """Put what each step changes beside its row, in the first column."""
    names = [say(f"figure.arms.row.{step.second}") if seen else "" for step in group.steps]
    ax.yaxis.set_ticks(range(len(names)), labels=names)
    ax.tick_params(axis="y", length=0.0)


def _entries(theme: Theme) -> list[frame.Entry]:
    color = theme.color
    dot = Line2D([], [], linestyle="", marker="o", markersize=DOT * theme.marker_size)
    dot.set(markerfacecolor="none", markeredgecolor=color["muted"])
    dot.set_markeredgewidth(0.5 * theme.line_width)
    entries: list[frame.Entry] = [(dot, say("figure.arms.dot"))]
    for key, face in (("stands", "first"), ("open", "panel")):
        mean = Line2D([], [], color=color["first"], linewidth=BAR * theme.line_width, marker="D")
        mean.set(markersize=MEAN * theme.marker_size, markerfacecolor=color[face])
        mean.set(markeredgecolor=color["first"], markeredgewidth=0.8 * theme.line_width)
        entries.append((mean, say(f"figure.arms.{key}")))
    return entries
