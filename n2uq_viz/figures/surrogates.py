"""The zoo on one page: what runs forward, what runs backward, and whose mean slope it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz.figures import frame
from n2uq_viz.figures.sheet import MARGIN, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.surrogates import draw_surrogate, surrogate_limits
from n2uq_viz.surrogates import TABLE, Surrogate
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 39.2
COLUMNS = 4
#: Height of a panel in a column.
COLUMN = 6.0
SIGN_VIEW: View = (-2.0, 2.0)
#: Where staircases of more levels have theirs.
VIEWS: dict[str, View] = {
    "dsq": (-0.5, 3.5),
    "pact": (-0.75, 3.75),
    "lsq": (-2.75, 1.75),
    "ewgs": (-0.2, 1.2),
    "gste": (-0.35, 2.35),
}
# In units of the theme's font size.
TICKS_LEFT, TICKS_BELOW = 2.5, 1.8
GUTTER, ROW_GAP = 0.6, 0.5
HEAD = 1.6
HEAD_GAP = 0.5
#: How far a name begins left of its panel.
NAME_LEFT = 2.2
LEGEND = 1.7


def surrogates(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw every surrogate of ``n2uq_viz.surrogates.TABLE`` with its own defaults.

    Parameters
    ----------
    state
        A state of the Surrogate explorer, which the figure carries: it opens there. XXX
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
    """
    _, look, size = read(state, theme, size, "surrogate")
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.surrogates.title"))
        columns = 2 if sheet.narrow else COLUMNS
        rows = -(-len(TABLE) // columns)
        free = sheet.width - 2.0 * MARGIN - columns * TICKS_LEFT - (columns - 1) * GUTTER
        width = free / columns
        taken = top + LEGEND + MARGIN + rows * (HEAD + TICKS_BELOW) + (rows - 1) * ROW_GAP
        height = sheet.down(COLUMN * rows, taken) / rows
        axes = []
        for k, surrogate in enumerate(TABLE.values()):
            row, column = divmod(k, columns)
            left = MARGIN + TICKS_LEFT + column * (TICKS_LEFT + width + GUTTER)
            down = top + LEGEND + HEAD + row * (HEAD + height + TICKS_BELOW + ROW_GAP)
            ax = sheet.axes(left, down, width, height)
            axes.append(ax)
            _head(sheet, ax, surrogate)
            _panel(sheet, ax, surrogate)
        _legend(sheet, axes[0], top)
    return sheet.finish()


def _head(sheet: Sheet, ax: Axes, surrogate: Surrogate) -> None:
    """Put the name above the left end of a panel, and its noise above the right one."""
    em = sheet.theme.font_size
    none = surrogate.no_noise() is not None
    for words, at, away, size, weight, color in (
        (surrogate.title, 0.0, -em * NAME_LEFT, frame.SMALL * em, "bold", "ink"),
        (noise_words(surrogate), 1.0, 0.0, frame.SMALL * em, "normal", "ste" if none else "ink"),
    ):
        ax.annotate(
            words,
            xy=(at, 1.0),
            xycoords="axes fraction",
            xytext=(away, em * HEAD_GAP),
            textcoords="offset points",
            ha="right" if at else "left",
            va="baseline",
            fontsize=size,
            fontweight=weight,
            color=sheet.theme.color[color],
            annotation_clip=False,
        )


def noise_words(surrogate: Surrogate) -> str:
    """Return the name of the noise behind a surrogate, or that there is none and why.

    >>> noise_words(TABLE["ede"]), noise_words(TABLE["identity_ste"])
    ('logistic', '✗ area ∞')
    """
    reason = surrogate.why_none()
    if reason is None:
        return say(f"figure.surrogates.noise.{surrogate.key}")
    return say(f"figure.surrogates.none.{reason.reason}", area=f"{reason.area:.3g}")


def _panel(sheet: Sheet, ax: Axes, surrogate: Surrogate) -> None:
    view = VIEWS.get(surrogate.key, SIGN_VIEW)
    ax.set_xlim(*view)
    ax.set_ylim(*surrogate_limits(surrogate, view))
    sheet.input_numbers(ax, seen=True)
    artists = draw_surrogate(ax, surrogate, sheet.theme, view)
    sheet.upright_numbers(ax)
    if len(ax.get_yticks()) < 2:
        # No two round numbers have room: then 0 and the peak.
        peak = float(np.max(np.asarray(artists.derivative.get_ydata())))
        frame.label_ticks(ax.yaxis, [0.0, peak])


def _legend(sheet: Sheet, ax: Axes, top: float) -> None:
    """Say in one line below the title what the lines of all panels are."""
    theme = sheet.theme
    forward, derivative = ax.lines[:2]
    entries = [
        (forward, say("figure.surrogates.forward")),
        (derivative, say("figure.surrogates.derivative")),
        (Patch(facecolor=theme.color["band"], linewidth=0.0), say("figure.surrogates.noise")),
    ]
    if sheet.narrow:
        sheet.legend(sheet.figure.axes[-1], "", entries, room=sheet.width)
        return
    size = frame.SMALL * theme.font_size
    sheet.figure.legend(
        [handle for handle, _ in entries],
        [words for _, words in entries],
        loc="upper left",
        bbox_to_anchor=(MARGIN / sheet.width, 1.0 - top / sheet.height),
        ncols=len(entries),
        borderaxespad=0.0,
        borderpad=0.0,
        columnspacing=2.0,
        handlelength=frame.HANDLE,
        handletextpad=frame.HANDLE_GAP,
        fontsize=size,
        frameon=False,
        labelcolor=theme.color["ink"],
    )


def words() -> dict[str, str]:
    """Return the values that caption and text alternative name."""
    with_noise = [each for each in TABLE.values() if each.no_noise() is None]
    without = [each for each in TABLE.values() if each.no_noise() is not None]
    return {
        "count": str(len(TABLE)),
        "with": str(len(with_noise)),
        "without": ", ".join(each.title for each in without),
        "explained": ", ".join(each.title for each in with_noise),
        "each": " ".join(_spoken(each) for each in TABLE.values()),
        "sources": "; ".join(f"{each.title}: {each.source}" for each in TABLE.values()),
    }


def _spoken(surrogate: Surrogate) -> str:
    """Return one sentence on the noise behind a surrogate, or two on why there is none."""
    why = surrogate.no_noise()
    key = "each" if why is None else "each_none"
    return say(
        f"figure.surrogates.{key}", name=surrogate.title, noise=noise_words(surrogate), why=why
    )
