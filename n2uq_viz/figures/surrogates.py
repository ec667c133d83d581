"""The zoo on one page: what runs forward, what runs backward, and whose mean slope it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import state as states
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.figures.side import SIDES, Side, side_of
from n2uq_viz.plots.backward import gradient_top
from n2uq_viz.plots.labels import text_width
from n2uq_viz.plots.surrogates import THINNER, draw_surrogate, surrogate_limits
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE, Surrogate
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

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
#: How far a number may reach beyond the ends of the axis.
OVERHANG = 0.3
#: Room above the highest level, as a share of it.
ABOVE = 1.08


def surrogates(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw every surrogate of ``n2uq_viz.surrogates.TABLE`` in a panel of its own.

    Parameters
    ----------
    state
        A state of the Surrogate explorer: its quantizer is that of the panel of G-STE, and the
        surrogates on its two sides have their parameters from it (from the left where both are the
        same); all others have their defaults.
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
    shown, look, size = read(state, theme, size, "surrogate")
    settings = settings_of(shown)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.surrogates.title"))
        columns = 2 if sheet.narrow else COLUMNS
        rows = -(-len(TABLE) // columns)
        free = sheet.width - 2.0 * MARGIN - columns * TICKS_LEFT - (columns - 1) * GUTTER
        width = free / columns
        entries = _entries(look)
        legend = 0.0 if sheet.narrow else LEGEND * -(-len(entries) // _in_line(sheet, entries))
        taken = top + legend + MARGIN + rows * (HEAD + TICKS_BELOW) + (rows - 1) * ROW_GAP
        height = sheet.down(COLUMN * rows, taken) / rows
        axes = []
        for k, surrogate in enumerate(TABLE.values()):
            row, column = divmod(k, columns)
            left = MARGIN + TICKS_LEFT + column * (TICKS_LEFT + width + GUTTER)
            down = top + legend + HEAD + row * (HEAD + height + TICKS_BELOW + ROW_GAP)
            ax = sheet.axes(left, down, width, height)
            axes.append(ax)
            _head(sheet, ax, surrogate, settings[surrogate.key])
            _panel(sheet, ax, surrogate, settings[surrogate.key])
        _legend(sheet, entries, top)
    return sheet.finish()


def settings_of(state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parameters of every surrogate that are not its defaults, by their names.

    >>> from n2uq_viz.figures.shown import default_state
    >>> any(settings_of(default_state("surrogate")).values())
    False
    """
    given: dict[str, dict[str, Any]] = {}
    for name in reversed(SIDES):
        side = side_of(state, name)
        given[side.surrogate.key] = side.parameters
    given["gste"] = {"quantizer": Quantizer(state["edges"], state["levels"])}
    return {
        key: {
            name: value
            for name, value in given.get(key, {}).items()
            if value != surrogate.parameters[name].default
        }
        for key, surrogate in TABLE.items()
    }


def _head(sheet: Sheet, ax: Axes, surrogate: Surrogate, settings: dict[str, Any]) -> None:
    """Put the name above the left end of a panel, and its noise above the right one."""
    em = sheet.theme.font_size
    none = surrogate.no_noise(**settings) is not None
    noise = noise_words(surrogate, **settings)
    for words, at, away, size, weight, color in (
        (surrogate.title, 0.0, -em * NAME_LEFT, frame.SMALL * em, "bold", "ink"),
        (noise, 1.0, 0.0, frame.SMALL * em, "normal", "ste" if none else "ink"),
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


def noise_words(surrogate: Surrogate, **settings: Any) -> str:
    """Return the name of the noise behind a surrogate, or that there is none and why.

    `settings` are those of its parameters that are not its defaults.

    >>> noise_words(TABLE["ede"]), noise_words(TABLE["identity_ste"])
    ('logistic', '✗ area ∞')
    """
    reason = surrogate.why_none(**settings)
    if reason is None and settings and surrogate.key != "gste":
        return say(f"noise.{surrogate.laws(**settings)[0].name}")
    if reason is None:
        return say(f"figure.surrogates.noise.{surrogate.key}")
    return say(f"figure.surrogates.none.{reason.reason}", area=f"{reason.area:.3g}")


def _view(surrogate: Surrogate, settings: dict[str, Any]) -> View:
    """Return the inputs that are shown: another staircase needs others."""
    if not settings or surrogate.key not in VIEWS:
        return VIEWS.get(surrogate.key, SIGN_VIEW)
    places = np.concatenate((surrogate.kinks(**settings), surrogate.staircase(**settings)[0]))
    low, high = states.default_view([float(places.min()), float(places.max())])
    return low, high


def _panel(sheet: Sheet, ax: Axes, surrogate: Surrogate, settings: dict[str, Any]) -> None:
    view = _view(surrogate, settings)
    ax.set_xlim(*view)
    low, high = surrogate_limits(surrogate, view, **settings)
    cut = surrogate.key == "gste" and "quantizer" in settings
    if cut:
        # As in all figures with slopes: those of far steeper segments leave the panel.
        q = settings["quantizer"]
        high = min(high, max(gradient_top(q), ABOVE * float(q.levels[-1])))
    ax.set_ylim(low, high)
    sheet.input_numbers(ax, seen=True, beyond=OVERHANG if settings else None)
    artists = draw_surrogate(ax, surrogate, sheet.theme, view, **settings)
    sheet.upright_numbers(ax)
    if len(ax.get_yticks()) < 2:
        # No two round numbers have room: then 0 and the peak.
        peak = float(np.max(np.asarray(artists.derivative.get_ydata())))
        frame.label_ticks(ax.yaxis, [0.0, peak])


def _entries(theme: Theme) -> list[frame.Entry]:
    """Return what the lines of all panels are."""
    lines = [
        Line2D([], [], color=theme.color[role], linewidth=width * theme.line_width)
        for role, width in (("deterministic", THINNER), ("gste", 1.0))
    ]
    noise = Patch(facecolor=theme.color["band"], linewidth=0.0)
    return [
        (lines[0], say("figure.surrogates.forward")),
        (lines[1], say("figure.surrogates.derivative")),
        (noise, say("figure.surrogates.noise")),
    ]


def _in_line(sheet: Sheet, entries: list[frame.Entry]) -> int:
    """Return how many entries have room side by side."""
    em = frame.SMALL * sheet.theme.font_size
    handle = (frame.HANDLE + frame.HANDLE_GAP + frame.WORD_ROOM) * em
    needed = sum(text_width(words, em) + handle for _, words in entries)
    # As wide as words are drawn at most, next to what their outlines say.
    room = sheet.theme.font_size * (sheet.width - 2.0 * MARGIN) / frame.DRAWN
    return len(entries) if needed <= room else len(entries) - 1


def _legend(sheet: Sheet, entries: list[frame.Entry], top: float) -> None:
    """Say below the title what the lines of all panels are."""
    theme = sheet.theme
    if sheet.narrow:
        sheet.legend(sheet.figure.axes[-1], "", entries, room=sheet.width)
        return
    size = frame.SMALL * theme.font_size
    handles: list[Any] = [handle for handle, _ in entries]
    sheet.figure.legend(
        handles,
        [words for _, words in entries],
        loc="upper left",
        bbox_to_anchor=(MARGIN / sheet.width, 1.0 - top / sheet.height),
        ncols=_in_line(sheet, entries),
        borderaxespad=0.0,
        borderpad=0.0,
        columnspacing=2.0,
        handlelength=frame.HANDLE,
        handletextpad=frame.HANDLE_GAP,
        fontsize=size,
        frameon=False,
        labelcolor=theme.color["ink"],
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentence holds, and the values that caption and text alternative name."""
    settings = settings_of(settle(state, "surrogate"))
    why = {key: each.no_noise(**settings[key]) for key, each in TABLE.items()}
    with_noise = [each for key, each in TABLE.items() if why[key] is None]
    without = [each for key, each in TABLE.items() if why[key] is not None]
    own = [
        say(
            "figure.surrogates.settings",
            name=TABLE[key].title,
            settings=Side(TABLE[key], given, *TABLE[key].staircase(**given)).settings,
        )
        for key, given in settings.items()
        if given
    ]
    return ["own" if own else "default"], {
        "own": ", ".join(own),
        "count": str(len(TABLE)),
        "with": str(len(with_noise)),
        "without": ", ".join(each.title for each in without),
        "explained": ", ".join(each.title for each in with_noise),
        "each": " ".join(_spoken(each, settings[each.key]) for each in TABLE.values()),
        "sources": "; ".join(f"{each.title}: {each.source}" for each in TABLE.values()),
    }


def _spoken(surrogate: Surrogate, settings: dict[str, Any]) -> str:
    """Return one sentence on the noise behind a surrogate, or two on why there is none."""
    why = surrogate.no_noise(**settings)
    key = "each" if why is None else "each_none"
    noise = noise_words(surrogate, **settings)
    return say(f"figure.surrogates.{key}", name=surrogate.title, noise=noise, why=why)
