"""The picture of the Training explorer: curves, thresholds over real activations, and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels, trained
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.figures.threshold_history import history_entries
from n2uq_viz.figures.trained import Shown
from n2uq_viz.figures.training_curves import CHOSEN, curve_panels, draw_run_curves
from n2uq_viz.plots import training as drawing
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 48.0
RIGHT = 10.2
#: Width of the curves' column next to that of a run.
CURVES_SHARE = 0.9
#: How close numbers of inputs may be, next to what is usual.
CLOSER = 0.7
SHARES = {"deterministic": 0.9, "histogram": 1.0, "history": 1.1, "regions": 1.3}


def training(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw one or two training runs as a state of the Training explorer shows them.

    Left: loss and accuracy per epoch, training thin and validation thick, the chosen epoch marked.
    Beside it for each run: the quantizer of the chosen layer at that epoch, the histogram of what
    it is given, its thresholds through the epochs, and in the plane what the net answers.

    Parameters
    ----------
    state
        A state of the Training explorer; without it two of the stored runs, where there are some.
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
    FileNotFoundError
        The state names a stored run, and the package runs outside of a clone of its repository.

    Examples
    --------
    >>> state = {"version": 1, "explorer": "training", "edges": [0, 2], "levels": [0, 2]}
    >>> len(training(state).axes)  # no run: only that is said
    1
    """
    _, look, size = read(state, theme, size, "training")
    with frame.look(look):
        return _Drawing(trained.shown(state), look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, found: Shown, theme: Theme, size: str) -> None:
        self.found, self.theme, self.seen = found, theme, visible(found.state)
        self.view = (found.state["view"][0], found.state["view"][1])
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(trained.claim(found))
        rows = [self._rows(k) for k in range(len(found.runs))]
        columns = [panels.Column(curve_panels(found), share=CURVES_SHARE)]
        columns += [panels.Column(own) for own in rows if own]
        columns[-1] = panels.Column(
            columns[-1].panels, share=columns[-1].share, right=RIGHT if found.runs else 0.0
        )
        places = panels.arrange(sheet, top, columns)
        if not found.runs:
            self._nothing(places)
            return
        entries = draw_run_curves(sheet, places, found, self.seen, mark=True)
        self.own: dict[str, frame.Entry] = {}
        for k in range(len(found.runs)):
            self._run(k, {name: places[f"{name} {k}"] for name in self._names(k)})
        sheet.legend(
            places[next(iter(columns[-1].panels))].ax,
            say("figure.training.legend"),
            [*entries, *self._entries()],
            room=RIGHT,
        )

    def _nothing(self, places: Mapping[str, panels.Place]) -> None:
        place = places["loss"]
        place.ax.set_xlim(0.0, 1.0)
        self.sheet.name_upright(place.ax, say("figure.training.axis.loss"), place.name_at)
        self.sheet.upright_numbers(place.ax)
        self.sheet.input_numbers(place.ax, seen=True, whole=True)
        self.sheet.name_below(place.ax, say("figure.training.axis.epoch"))
        self.sheet.note(place.ax, say("figure.training.none"))

    def _names(self, k: int) -> list[str]:
        """Return the panels of a run, from top to bottom."""
        run = self.found.runs[k]
        layer = self.found.layer(run)
        over_input = ("deterministic", "histogram", "history") if layer is not None else ()
        names: list[str] = [name for name in over_input if name in self.seen]
        if run["regions"] is not None and {"regions", "points"} & set(self.seen):
            names.append("regions")
        return names

    def _rows(self, k: int) -> dict[str, panels.Panel]:
        run, names = self.found.runs[k], self._names(k)
        over_input = [name for name in names if name != "regions"]
        rows = {}
        for name in names:
            below = panels.CLOSE if name in over_input[:-1] else panels.NAMED
            head = (self.found.names[k],) if name == names[0] else ()
            rows[f"{name} {k}"] = panels.Panel(
                self._limits(name, run), head, SHARES[name], below=below
            )
        return rows

    def _quantizer(self, run: Mapping[str, Any]) -> Quantizer | None:
        layer, at = self.found.layer(run), self.found.at(run)
        if layer is None or layer["edges"][at] is None:
            return None
        return Quantizer(layer["edges"][at], layer["levels"][at])

    def _limits(self, name: str, run: Mapping[str, Any]) -> tuple[float, float]:
        if name == "regions":
            low, high, count = run["regions"]["y"]
            half = 0.5 * (high - low) / (count - 1)
            return low - half, high + half
        if name == "deterministic":
            q = self._quantizer(run)
            return plots.forward_limits(q) if q is not None else (0.0, 1.0)
        if name == "history":
            return -0.5, run["epochs"] + 0.5
        layer = self.found.layer(run)
        counts = np.asarray(layer["counts"][self.found.at(run)] if layer else [1.0])
        return 0.0, 115.0 * float(counts.max()) / max(float(counts.sum()), 1.0) or 1.0

    def _run(self, k: int, places: Mapping[str, panels.Place]) -> None:
        run, sheet = self.found.runs[k], self.sheet
        over_input = [name for name in places if name != "regions"]
        # Rows of a slide are too low for long names.
        key = "short." if sheet.size == "slide" else ""
        for name, place in places.items():
            sheet.name_upright(place.ax, say(f"figure.training.axis.{key}{name}"), place.name_at)
            if name == "regions":
                self._regions(place.ax, run)
                continue
            place.ax.set_xlim(*self.view)
            {
                "deterministic": self._staircase,
                "histogram": self._histogram,
                "history": self._history,
            }[name](place.ax, run)
            sheet.input_numbers(place.ax, seen=name == over_input[-1], closer=CLOSER)
        if over_input:
            sheet.name_below(places[over_input[-1]].ax, say("figure.threshold.input"))

    def _guides(self, ax: Axes, q: Quantizer | None) -> None:
        if q is not None and "thresholds" in self.seen:
            plots.draw_guides(ax, q, self.theme, self.view)

    def _staircase(self, ax: Axes, run: Mapping[str, Any]) -> None:
        q = self._quantizer(run)
        self.sheet.upright_numbers(ax)
        self._guides(ax, q)
        if q is None:
            self.sheet.note(ax, say("figure.training.no_quantizer"))
            return
        plots.draw_quantizer(ax, q, self.theme, self.view)

    def _histogram(self, ax: Axes, run: Mapping[str, Any]) -> None:
        layer = self.found.layer(run)
        self.sheet.upright_numbers(ax)
        if layer is not None and "histogram" in self.seen:
            drawing.draw_layer_histogram(ax, layer, self.found.at(run), self.theme)
            patches = tuple(Patch(color=c, linewidth=0.0) for c in self.theme.levels(4))
            self.own["histogram"] = (patches, say("figure.training.histogram"))
        self._guides(ax, self._quantizer(run))

    def _history(self, ax: Axes, run: Mapping[str, Any]) -> None:
        layer = self.found.layer(run)
        if layer is not None:
            drawing.draw_threshold_history(
                ax,
                layer,
                run["frames"],
                self.theme,
                upright=True,
                heat=True,
                lines="thresholds" in self.seen,
            )
        ax.axhline(
            min(self.found.state["epoch"], run["epochs"]),
            color=self.theme.color["selected"],
            linestyle=CHOSEN,
            linewidth=self.theme.line_width,
            zorder=1.8,
        )
        self.sheet.upright_numbers(ax)
        ax.grid(visible=False)
        ax.invert_yaxis()

    def _regions(self, ax: Axes, run: Mapping[str, Any]) -> None:
        regions = run["regions"]
        low, high, count = regions["x"]
        half = 0.5 * (high - low) / (count - 1)
        limits = ax.get_ylim()
        if "regions" in self.seen:
            drawing.draw_regions(ax, regions, self.found.at(run), self.theme)
            colors = drawing.class_colors(regions, self.theme)
            patches = tuple(Patch(color=c, alpha=drawing.REGION, linewidth=0.0) for c in colors)
            self.own["regions"] = (patches, say("figure.training.regions"))
        if "points" in self.seen:
            dots = drawing.draw_points(ax, regions, self.theme)
            self.own["points"] = (tuple(dots), say("figure.training.points"))
        ax.set_xlim(low - half, high + half)
        ax.set_ylim(*limits)
        self.sheet.upright_numbers(ax)
        ax.grid(visible=False)
        self.sheet.input_numbers(ax, seen=True)
        self.sheet.name_below(ax, say("figure.training.axis.first"))

    def _entries(self) -> list[frame.Entry]:
        layers = [self.found.layer(run) for run in self.found.runs]
        lines = "thresholds" in self.seen and any(
            layer is not None and drawing.tracks(layer)[0].shape[1] for layer in layers
        )
        heat = "history" in self.seen and any(layer is not None for layer in layers)
        history = history_entries(self.theme, heat=heat, lines=lines)
        there = {name: [entry] for name, entry in self.own.items()} | {"history": history}
        order = ("histogram", "history", "regions", "points")
        return [entry for name in order for entry in there.get(name, [])]
