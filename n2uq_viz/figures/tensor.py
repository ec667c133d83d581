"""The picture of the Tensor explorer: a quantizer over a tensor, beside fits to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib.lines import Line2D

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.fitted import OWN, ROWS, Row, claim, error_words, fitted
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.plots.guides import WIDTH as GUIDE_WIDTH
from n2uq_viz.plots.histogram import STRIP_ROOM
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 38.0
#: Room for the legend at the lower end, in units of the theme's font size.
LEGEND = 1.6
#: Width of the column of fits next to that of the quantizer's own panels.
NARROWER = 0.55
#: Room for the numbers of a fit beside its panel, and how far from it and above it they begin.
RIGHT, AWAY, HIGHER = 12.8, 0.8, 0.3
#: Of the numbers of shares.
WIDEST = "100 %"
#: How far below the rest the fits stand in a column, until all is put together.
BEYOND = 100.0
#: Half the width of a level's bar, where levels are 1 apart, and empty space beside the bars.
HALF, BESIDE = 0.4, 0.7
#: Height of the panel next to the highest bar.
ABOVE = 1.08
#: Size of the marks of levels anywhere, next to the theme's markers, and how far above the axis
#: they stand, as a share of the panel.
MARK, MARK_AT = 1.8, 0.05
#: Dashes of the line of equal use.
EQUAL: Any = (0, (5.0, 2.5))
ORDER = {"bars": 2.0, "equal": 2.4, "mark": 3.4}


def tensor(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw a quantizer over a tensor, and what it and three fits to the tensor come to.

    Left: the quantizer, and the values by its levels, with the levels of least error (Lloyd-Max).
    Right: the share of the values on each level for even thresholds, for equal use, for learned
    ones and for the quantizer; the line says what equal use would be.

    Parameters
    ----------
    state
        A state of the Tensor explorer; without it 2 bits over a stored tensor, from equal use.
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
    >>> len(tensor({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    6
    """
    shown, look, size = read(state, theme, size, "tensor")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.shown = theme, visible(state)
        self.found = found = fitted(state)
        self.q = found.rows[OWN].quantizer
        self.view: View = (state["view"][0], state["view"][1])
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(found))
        left, right = self._left(), self._right()
        if sheet.narrow:
            # Below the quantizer, two by two: columns are put together only after each other.
            halves = [panels.Column(pair) for pair in _pairs(right.panels)]
            places = panels.arrange(sheet, top, [left])
            places |= panels.arrange(sheet, top + BEYOND, halves)
        else:
            places = panels.arrange(sheet, top, [left, right])
        entries = self._forward(places["forward"].ax) + self._histogram(places["histogram"].ax)
        for name in ROWS:
            entries += self._shares(places[name].ax, name)
        for name, place in places.items():
            axis = name if name in ("forward", "histogram") else "shares"
            sheet.name_upright(place.ax, say(f"figure.tensor.axis.{axis}"), place.name_at)
        self._legend(entries, places[OWN].ax)

    # --- Layout ----------------------------------------------------------------------------------

    def _left(self) -> panels.Column:
        found = self.found
        forward = say("figure.tensor.thresholds", thresholds=self._some(self.q.thresholds.tolist()))
        low, high = (short(each, 3) for each in found.summary["range"])
        about = say("figure.tensor.about", low=low, high=high)
        best = say("figure.tensor.best", error=error_words(found.reference.error))
        return panels.Column(
            {
                "forward": panels.output_panel(
                    self.q, head=(say("figure.tensor.head.forward"), forward), below=panels.CLOSE
                ),
                "histogram": panels.Panel(
                    self._histogram_limits(),
                    (say("figure.tensor.head.histogram"), about, best),
                    notes=STRIP_ROOM,
                    below=panels.NAMED + self._below(),
                ),
            }
        )

    def _right(self) -> panels.Column:
        rows = self.found.rows
        top = ABOVE * max(float(row.shares.max()) for row in rows.values())
        narrow = self.sheet.narrow
        return panels.Column(
            {
                name: panels.Panel(
                    (0.0, 100.0 * top),
                    (say(f"fit.{name}"), *self._numbers(row)) if narrow else (),
                    numbers=[WIDEST],
                    below=panels.NAMED + self._below() if name == OWN else panels.CLOSE,
                )
                for name, row in rows.items()
            },
            share=NARROWER,
            right=RIGHT,
        )

    def _below(self) -> float:
        return self.sheet.beside(LEGEND)

    def _some(self, values: list[float]) -> str:
        """Return values in words; of many, the ends."""
        told = [short(value, 2) for value in values]
        return ", ".join(told if len(told) < 4 else [*told[:2], "…", told[-1]])

    def _numbers(self, row: Row) -> tuple[str, ...]:
        """Return what is said of a row, in short lines: its column is narrow."""
        outside = percent(row.outside).replace(" ", "\u00a0")
        entropy = short(row.entropy, 3)
        bits = say(f"figure.tensor.bits{'.one' if entropy == '1' else ''}", entropy=entropy)
        return (
            say("figure.tensor.error", error=error_words(row.error), entropy=bits),
            say("figure.tensor.steepest", steepest=short(row.steepest, 3), outside=outside),
        )

    # --- Panels ----------------------------------------------------------------------------------

    def _forward(self, ax: Axes) -> list[frame.Entry]:
        theme, q = self.theme, self.q
        ax.set_xlim(*self.view)
        self.sheet.level_numbers(ax, q.levels.tolist())
        plots.draw_guides(ax, q, theme, self.view)
        entries: list[frame.Entry] = []
        if "expectation" in self.shown:
            line = plots.draw_expectation(ax, q, theme, self.view)
            entries.append((line, say("figure.threshold.expectation")))
        if "deterministic" in self.shown:
            treads = plots.draw_quantizer(ax, q, theme, self.view).treads
            entries.append((treads, say("figure.threshold.deterministic")))
        if not entries:
            self.sheet.note(ax, say("figure.binary.hidden"))
        self.sheet.input_numbers(ax, seen=False)
        return [*entries, *panels.guide_entries(theme)]

    def _histogram_limits(self) -> View:
        figure = frame.new_figure(self.theme, (1.0, 1.0))
        ax = figure.add_subplot()
        plots.draw_histogram(ax, self.found.summary, self.q, self.theme, self.view)
        return 0.0, float(ax.get_ylim()[1])

    def _histogram(self, ax: Axes) -> list[frame.Entry]:
        theme = self.theme
        ax.set_xlim(*self.view)
        plots.draw_guides(ax, self.q, theme, self.view)
        limits = ax.get_ylim()
        if "histogram" in self.shown:
            plots.draw_histogram(ax, self.found.summary, self.q, theme, self.view)
        ax.set_ylim(*limits)
        self.sheet.upright_numbers(ax)
        self.sheet.input_numbers(ax, seen=True)
        self.sheet.name_below(ax, say("figure.threshold.input"))
        if "lloyd_max" not in self.shown:
            return []
        levels = self.found.reference.quantizer.levels
        inside = levels[(self.view[0] <= levels) & (levels <= self.view[1])]
        (marks,) = ax.plot(
            inside,
            np.full(inside.size, MARK_AT),
            transform=ax.get_xaxis_transform(),
            linestyle="",
            marker="^",
            markersize=MARK * theme.marker_size,
            markerfacecolor=theme.color["selected"],
            markeredgecolor=theme.color["background"],
            markeredgewidth=0.6 * theme.line_width,
            zorder=ORDER["mark"],
        )
        return [(marks, say("figure.tensor.lloyd_max"))]

    def _shares(self, ax: Axes, name: str) -> list[frame.Entry]:
        theme, row = self.theme, self.found.rows[name]
        count = row.shares.size
        ax.set_xlim(-BESIDE, count - 1 + BESIDE)
        ax.bar(
            np.arange(count),
            100.0 * row.shares,
            width=2.0 * HALF,
            color=theme.levels(count),
            edgecolor=theme.color["muted"],
            linewidth=0.4 * frame.SPINE_WIDTH,
            zorder=ORDER["bars"],
        )
        line = ax.axhline(
            100.0 / count,
            color=theme.color["ink"],
            linestyle=EQUAL,
            linewidth=GUIDE_WIDTH * theme.line_width,
            zorder=ORDER["equal"],
        )
        self.sheet.upright_numbers(ax)
        ticks = ax.get_yticks().tolist()
        ax.yaxis.set_ticks(ticks, labels=[f"{short(tick)} %" for tick in ticks])
        self.sheet.input_numbers(ax, seen=name == OWN or self.sheet.narrow, whole=True)
        if name == OWN or (self.sheet.narrow and name == ROWS[1]):
            self.sheet.name_below(ax, say("figure.tensor.level"))
        if not self.sheet.narrow:
            self._beside(ax, say(f"fit.{name}"), self._numbers(row))
        mark = Line2D([], [])
        mark.update_from(line)
        return [(mark, say("figure.tensor.equal"))] if name == ROWS[0] else []

    def _beside(self, ax: Axes, name: str, lines: tuple[str, ...]) -> None:
        em = self.theme.font_size
        down = HIGHER
        for k, line in enumerate((name, *lines)):
            ax.annotate(
                line,
                xy=(1.0, 1.0),
                xycoords="axes fraction",
                xytext=(em * AWAY, em * down),
                textcoords="offset points",
                va="top",
                fontsize=em if k == 0 else frame.SMALL * em,
                fontweight="normal" if k else "bold",
                annotation_clip=False,
            )
            down -= frame.LINE_SPACING * (frame.SMALL if k else 1.0)

    def _legend(self, entries: list[frame.Entry], last: Axes) -> None:
        """Explain the marks in a line at the lower end; in a column, below everything."""
        sheet, em = self.sheet, self.theme.font_size
        if sheet.narrow:
            sheet.legend(last, say("figure.tensor.legend"), entries, room=0.0)
            return
        sheet.figure.legend(
            [cast("Artist", mark) for mark, _ in entries],
            [text for _, text in entries],
            loc="lower left",
            bbox_to_anchor=(MARGIN / sheet.width, 0.5 * MARGIN / sheet.height),
            ncols=len(entries),
            columnspacing=1.0,
            handlelength=1.6,
            handletextpad=0.5,
            frameon=False,
            borderaxespad=0.0,
            borderpad=0.0,
            fontsize=frame.SMALL * em,
            labelcolor=self.theme.color["ink"],
        )


def _pairs(found: Mapping[str, panels.Panel]) -> list[dict[str, panels.Panel]]:
    each = list(found.items())
    return [dict(each[k : k + 2]) for k in range(0, len(each), 2)]
