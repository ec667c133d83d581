"""Where thresholds went while a net was trained, over what their layers were really given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import style
from n2uq_viz.figures import frame, panels, trained
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots import training as drawing
from n2uq_viz.plots.labels import short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 40.0
RIGHT = 10.0
#: Layers of a run that are shown, at most: the first ones.
MOST = 3
#: Empty space behind the last epoch, as a share of all, and between rows.
BEHIND, BETWEEN = 0.03, 0.7


def threshold_history(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw the thresholds and edges of each layer over the epochs, a row for each run.

    Below them lies the histogram of the layer's inputs on the validation data, epoch by epoch: the
    darker, the more of them are there; shades go by the square root of the share. Of more than
    three layers the first three are shown.

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
    >>> len(threshold_history({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    1
    """
    _, look, size = read(state, theme, size, "training")
    found = trained.shown(state)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(_title(found))
        count = max((len(run["layers"][:MOST]) for run in found.runs), default=0)
        if not count:
            ax = sheet.axes(4.0, top, sheet.width - 6.0, sheet.height - top - 4.0)
            sheet.name_upright(ax, say("figure.threshold.input"))
            sheet.name_below(ax, say("figure.training.axis.epoch"))
            sheet.note(ax, say("figure.training.none"))
            return sheet.finish()
        columns = [
            panels.Column(_panels(found, k), right=RIGHT if k == count - 1 else 0.0)
            for k in range(count)
        ]
        places = panels.arrange(sheet, top, columns)
        rows = len(found.runs)
        for row, run in enumerate(found.runs):
            for k, layer in enumerate(run["layers"][:MOST]):
                place = places[f"{row} {k}"]
                if k == 0:
                    sheet.name_upright(place.ax, say("figure.threshold.input"), place.name_at)
                limits = place.ax.get_ylim()
                drawing.draw_threshold_history(place.ax, layer, run["frames"], look)
                place.ax.set_ylim(*limits)
                sheet.upright_numbers(place.ax)
                place.ax.grid(visible=False)
                place.ax.set_xlim(-0.5, run["epochs"] + max(0.5, BEHIND * run["epochs"]))
                sheet.input_numbers(place.ax, seen=True, beyond=0.6, whole=True)
                if row == rows - 1 or f"{row + 1} {k}" not in places:
                    sheet.name_below(place.ax, say("figure.training.axis.epoch"))
        entries = history_entries(look, heat=True, lines=True)
        last = places[f"0 {count - 1}"] if f"0 {count - 1}" in places else places[f"1 {count - 1}"]
        sheet.legend(last.ax, say("figure.threshold_history.legend"), entries, room=RIGHT)
    return sheet.finish()


def _title(found: trained.Shown) -> str:
    if not found.runs:
        return say("figure.training.title.none")
    return say("figure.threshold_history.title", **trained.values_of(found))


def _panels(found: trained.Shown, k: int) -> dict[str, panels.Panel]:
    """Return a column: the k-th layer of each run that has one."""
    own = {}
    for row, run in enumerate(found.runs):
        if k >= len(run["layers"]):
            continue
        layer = run["layers"][k]
        head = say("figure.threshold_history.head", run=found.names[row], layer=layer["name"])
        below = panels.NAMED if row == len(found.runs) - 1 else panels.NUMBERS + BETWEEN
        own[f"{row} {k}"] = panels.Panel(drawing.input_limits(layer), (head,), below=below)
    return own


def history_entries(theme: Theme, *, heat: bool, lines: bool) -> list[frame.Entry]:
    """Return what a legend says of a history of thresholds."""
    entries: list[frame.Entry] = []
    looks = (("threshold", "-", 1.0), ("edge", style.LINE["edge"], drawing.FINE))
    for role, line_style, width in looks if lines else ():
        line = Line2D([], [], color=theme.color[role])
        line.set(
            linestyle=line_style,
            linewidth=width * theme.line_width,
            marker=style.MARKER[role],
            markersize=drawing.END * theme.marker_size,
        )
        entries.append((line, say(f"figure.training.{role}")))
    if heat:
        entries.append(
            (Patch(color=theme.color["band"], linewidth=0.0), say("figure.training.heat"))
        )
    return entries


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    found = trained.shown(state)
    if not found.runs:
        return ["none"], {}
    moved = []
    for run, name in zip(found.runs, found.names, strict=True):
        for layer in run["layers"][:MOST]:
            _, thresholds = drawing.tracks(layer)
            known = thresholds[np.isfinite(thresholds).all(axis=1)]
            if not known.size:
                continue
            ends = [", ".join(short(float(t)) for t in row) for row in (known[0], known[-1])]
            moved.append(
                say(
                    "figure.threshold_history.moved",
                    run=name,
                    layer=layer["name"],
                    first=ends[0],
                    last=ends[1],
                )
            )
    values = trained.values_of(found) | {"moved": " ".join(moved), "most": str(MOST)}
    return ["runs", *(["moved"] if moved else [])], values
