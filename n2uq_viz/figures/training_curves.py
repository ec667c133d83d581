"""How one or two nets learned: loss and accuracy after every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from n2uq_viz import style
from n2uq_viz.figures import frame, panels, trained
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.figures.trained import ROLES, Shown
from n2uq_viz.plots import training as drawing
from n2uq_viz.plots.training import THICK, THIN
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 35.2
RIGHT = 12.6
SERIES = ["train", "validation"]
#: Empty space before the first epoch and behind the last one, as a share of all.
BESIDE = 0.03
#: Dashes of the line at the chosen epoch.
CHOSEN: Any = (0, (6.0, 3.0))


def training_curves(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw loss and accuracy of one or two runs: training thin, validation thick, test marked.

    A value on the training data is the mean over an epoch, as the net was when it trained on each
    sample, and stands in the middle of that epoch; validation comes after each epoch. What a state
    hides in the explorer is drawn here all the same.

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
    >>> len(training_curves({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    1
    """
    _, look, size = read(state, theme, size, "training")
    found = trained.shown(state)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(trained.outcome(found))
        column = panels.Column(curve_panels(found), right=RIGHT)
        places = panels.arrange(sheet, top, [column])
        entries = draw_run_curves(sheet, places, found, SERIES, mark=False)
        if found.runs:
            sheet.legend(places["loss"].ax, say("figure.training.legend"), entries, room=RIGHT)
        else:
            sheet.note(places["loss"].ax, say("figure.training.none"))
    return sheet.finish()


def curve_panels(found: Shown) -> dict[str, panels.Panel]:
    """Return a panel for each curve that some run has."""
    accuracy = trained.accuracy_limits(found.runs)
    both = {
        "loss": panels.Panel(
            trained.loss_limits(found.runs),
            (say("figure.training.head.loss"),),
            below=panels.CLOSE if accuracy else panels.NAMED,
        )
    }
    if accuracy:
        both["accuracy"] = panels.Panel(
            accuracy, (say("figure.training.head.accuracy"),), below=panels.NAMED
        )
    return both


def draw_run_curves(
    sheet: Sheet, places: Mapping[str, panels.Place], found: Shown, seen: list[str], mark: bool
) -> list[frame.Entry]:
    """Draw the curves of all runs in their panels, and return what a legend says of them."""
    theme = sheet.theme
    names = [name for name in ("loss", "accuracy") if name in places]
    for name in names:
        ax = places[name].ax
        room = BESIDE * max(found.longest, 1)
        ax.set_xlim(-room, max(found.longest, 1) + room)
        sheet.upright_numbers(ax)
        sheet.input_numbers(ax, seen=name == names[-1], whole=True)
        sheet.name_upright(ax, say(f"figure.training.axis.{name}"), places[name].name_at)
        for run, role in zip(found.runs, ROLES, strict=False):
            artists = drawing.draw_curves(ax, run, name, role, theme)
            if "train" not in seen:
                artists.train.remove()
            if "validation" not in seen:
                artists.validation.remove()
                artists.test.remove()
        if mark:
            ax.axvline(
                found.state["epoch"],
                color=theme.color["selected"],
                linestyle=CHOSEN,
                linewidth=theme.line_width,
                zorder=1.8,
            )
    sheet.name_below(places[names[-1]].ax, say("figure.training.axis.epoch"))
    return _curve_entries(theme, found, seen, mark)


def _curve_entries(theme: Theme, found: Shown, seen: list[str], mark: bool) -> list[frame.Entry]:
    entries: list[frame.Entry] = []
    if {"train", "validation"} & set(seen):
        for name, role in zip(found.names, ROLES, strict=False):
            line = Line2D([], [], color=theme.color[role], linewidth=THICK * theme.line_width)
            line.set(linestyle=style.LINE.get(role, "-"))
            entries.append((line, name))
    for name, width in (("validation", THICK), ("train", THIN)):
        if name in seen:
            line = Line2D([], [], color=theme.color["ink"], linewidth=width * theme.line_width)
            entries.append((line, say(f"figure.training.{name}")))
    tested = any(run["test_loss"] is not None for run in found.runs)
    if "validation" in seen and tested:
        markers = tuple(
            Line2D(
                [],
                [],
                linestyle="",
                marker=style.MARKER[role],
                markersize=drawing.TEST * theme.marker_size,
                markerfacecolor="none",
                markeredgecolor=theme.color[role],
                markeredgewidth=theme.line_width,
            )
            for role in ROLES[: len(found.runs)]
        )
        entries.append((markers, say("figure.training.test")))
    if mark:
        line = Line2D([], [], color=theme.color["selected"], linestyle=CHOSEN)
        line.set_linewidth(theme.line_width)
        entries.append((line, say("figure.training.chosen", epoch=found.state["epoch"])))
    return entries


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    found = trained.shown(state)
    if not found.runs:
        return ["none"], {}
    parts = ["runs"]
    if trained.accuracy_limits(found.runs):
        parts.append("accuracy")
    return parts, trained.values_of(found) | {"claim": trained.outcome(found)}
