"""Two ways to estimate a gradient by coins alone, and which of them is noisier where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.noise import Estimates, claim, estimate, number, rms
from n2uq_viz.figures.sheet import NAMED_BELOW, Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.plots.estimates import HATCH
from n2uq_viz.plots.labels import power_of_ten, short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 43.2
#: Height of all its panels together in a column.
COLUMN = 17.0
#: Heights of the rows next to each other.
SHARES = (0.55, 0.45)
# In units of the theme's font size.
GUTTER, ROW_GAP = 1.4, 1.3
#: Numbers of one column may reach so far towards the other.
OVERHANG = 0.5
RIGHT = 12.6
PASSES = 3
NOTE_ROOM = 1.5
#: The panels reach so far over this share of the band, but no further than so many times the
#: slopes.
SLACK, INNER, MOST = 1.15, 0.9, 3.0
EVEN = 1001
#: From this share of the range on, the stretches where the one has less noise can be seen.
SEEN = 0.005
#: Standard errors are shown down to this part of the least slope, and up to this multiple of the
#: noise that common random numbers have almost everywhere.
FLOOR, CEILING, ALMOST = 0.1, 8.0, 0.98


def gradient_estimates(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw two Monte-Carlo estimates of the gradient, and the noise of one draw along x.

    Left by common random numbers, a difference quotient of the state's half-width; right by the
    score function. Both with the band that the closed form of their variance predicts, and G-STE.

    Parameters
    ----------
    state
        A state of the Threshold explorer; without it 2 bits with unequal segments. Its draws,
        seed and half-width are used; both estimators are drawn, whichever it asks for.
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
    >>> state = {"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"}
    >>> len(gradient_estimates(state).axes)
    3
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _draw(estimate(shown), look, size)


def _draw(estimates: Estimates, theme: Theme, size: str) -> Figure:
    sheet = Sheet(theme, size, PAGE)
    q = estimates.quantizer
    top = sheet.title(claim(estimates))
    limits, noise = _limits(estimates), _noise_limits(estimates)
    powers = range(math.ceil(math.log10(noise[0])), math.floor(math.log10(noise[1])) + 1)
    heads = {method: _head(estimates, method) for method in GRADIENT_METHODS}
    notes = NOTE_ROOM if np.any(q.slopes > plots.gradient_top(q)) else 0.0
    numbers = [power_of_ten(k) for k in powers]
    # How wide the numbers are depends on the height of the panels, and that on the lines above
    # them, which depend on the width that the numbers leave.
    for _ in range(PASSES):
        left = sheet.left_room(numbers)
        width = 0.5 * (sheet.width - left - GUTTER - sheet.beside(RIGHT) - MARGIN)
        head = sheet.head_height(list(heads.values()), width) + notes
        free = sheet.down(COLUMN, top + head + 2.0 * NAMED_BELOW + ROW_GAP + MARGIN)
        high = free * SHARES[0]
        numbers = [*numbers[: len(powers)], *sheet.upright_labels(limits, high)]
    top += head
    entries: list[frame.Entry] = []
    axes = [sheet.axes(left + k * (width + GUTTER), top, width, high) for k in range(2)]
    for k, (ax, method) in enumerate(zip(axes, GRADIENT_METHODS, strict=True)):
        ax.set_xlim(*estimates.view)
        ax.set_ylim(*limits)
        plots.draw_guides(ax, q, theme, estimates.view)
        own = _estimates(ax, estimates, method, theme)
        entries += own
        sheet.upright_numbers(ax)
        if k:
            ax.set_yticks(ax.get_yticks(), labels=[])
            ax.tick_params(axis="y", length=0.0)
        sheet.input_numbers(ax, seen=True, beyond=OVERHANG)
        sheet.head(ax, heads[method], head, width)
    sheet.name_upright(axes[0], say("figure.gradient_estimates.axis.gradient"))
    sheet.name_below(axes[1], say("figure.threshold.input"))
    sheet.legend(axes[1], say("figure.gradient_estimates.dots"), _together(entries), room=RIGHT)
    top += high + NAMED_BELOW + ROW_GAP
    ax = sheet.axes(left, top, 2.0 * width + GUTTER, free * SHARES[1])
    ax.set_xlim(*estimates.view)
    ax.set_yscale("log")
    ax.set_ylim(*noise)
    plots.draw_guides(ax, q, theme, estimates.view)
    below = _noise(ax, estimates, theme)
    sheet.powers(ax, "y")
    sheet.input_numbers(ax, seen=True)
    sheet.name_upright(ax, say("figure.gradient_estimates.axis.noise"))
    sheet.name_below(ax, say("figure.threshold.input"))
    sheet.legend(ax, say("figure.gradient_estimates.noise"), below, room=RIGHT)
    return sheet.finish()


def _together(entries: list[frame.Entry]) -> list[frame.Entry]:
    """Return one entry for each text, with all different looks that stand for it."""
    found: dict[str, list[Artist]] = {}
    for handle, words in entries:
        found.setdefault(words, []).extend(handle if isinstance(handle, tuple) else [handle])
    return [
        (
            tuple(handles)
            if isinstance(handles[0], Line2D) and handles[0].get_marker() != "None"
            else handles[0],
            words,
        )
        for words, handles in found.items()
    ]


def _head(estimates: Estimates, method: str) -> tuple[str, ...]:
    lines = [
        say(f"figure.gradient_estimates.{method}"),
        say(f"figure.gradient_estimates.{method}.text"),
        say(
            f"figure.gradient_estimates.{method}.error",
            h=short(estimates.half_width),
            rms=number(rms(estimates, method)),
        ),
    ]
    # The result's own warnings are whole sentences: the caption has them.
    if method == GRADIENT_METHODS[0] and estimates.half_width > estimates.quantizer.intervals.min():
        lines.append(say("figure.gradient_estimates.wide"))
    elif method == GRADIENT_METHODS[0] and estimates.found[method].warnings:
        lines.append(say("figure.gradient_estimates.narrow"))
    return tuple(lines)


def _limits(estimates: Estimates) -> tuple[float, float]:
    """Return the range of gradients that is shown: most of both bands, and all slopes but a few."""
    q = estimates.quantizer
    bottom, top = plots.gradient_limits(q)
    ends = [_most_of_band(estimates, method) for method in GRADIENT_METHODS]
    # Arrows at the top stand for slopes that are cut, so the top is where they are.
    cut = np.any(q.slopes > top)
    most = top if cut else min(max(top, *(SLACK * end for _, end in ends)), MOST * top)
    return max(min(bottom, *(start for start, _ in ends)), -most), most


def _most_of_band(estimates: Estimates, method: str) -> tuple[float, float]:
    """Return between which gradients the band stays on most of the range."""
    x, (low, high) = estimates.x, estimates.band[method]
    # The fine inputs are dense at the edges: even ones count every place alike.
    even = np.linspace(*estimates.view, EVEN)
    known = np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return 0.0, 0.0
    x, low, high = x[known], low[known], high[known]
    return (
        float(np.quantile(np.interp(even, x, low), 1.0 - INNER)),
        float(np.quantile(np.interp(even, x, high), INNER)),
    )


def _noise_limits(estimates: Estimates) -> tuple[float, float]:
    """Return the range of standard errors that is shown."""
    q = estimates.quantizer
    crn = estimates.deviation[GRADIENT_METHODS[0]]
    known = np.isfinite(crn)
    most = 0.0
    # A half-width that is lost in rounding leaves a few inputs at most, and those beside 0.
    if known.mean() > 0.5:
        even = np.interp(np.linspace(*estimates.view, EVEN), estimates.x[known], crn[known])
        most = float(np.quantile(even, ALMOST))
    return FLOOR * float(q.slopes.min()), CEILING * max(most, float(q.slopes.max()))


def _estimates(ax: Axes, estimates: Estimates, method: str, theme: Theme) -> list[frame.Entry]:
    found = estimates.found[method]
    gste = plots.draw_gradients(ax, estimates.quantizer, theme, estimates.view, ("gste",)).gste
    if gste is not None:
        # No second line lies on it here, and the dots are to be seen.
        gste.set_linewidth(theme.line_width)
    outline = (estimates.x, *estimates.band[method])
    artists = plots.draw_estimate(ax, method, found.x, found.mean, found.near_edge, outline, theme)
    entries: list[frame.Entry] = [
        (artists.dots, say("figure.gradient_estimates.mean", draws=f"{found.draws:,}")),
        (Patch(color=theme.color["band"], linewidth=0.0), say("figure.gradient_estimates.band")),
    ]
    if gste is not None:
        entries.append((gste, say("figure.gradient_estimates.gste")))
    if np.any(found.near_edge):
        entries.append((artists.near_edge, say("figure.gradient_estimates.near_edge")))
    arrows = [each for each in (artists.above, artists.below) if np.size(each.get_xdata())]
    if arrows:
        entries.append((tuple(arrows), say("figure.gradient_estimates.beyond")))
    return entries


def _noise(ax: Axes, estimates: Estimates, theme: Theme) -> list[frame.Entry]:
    artists = plots.draw_noise(ax, estimates.x, estimates.deviation, theme)
    entries: list[frame.Entry] = [
        (artists.lines[method], say(f"figure.gradient_estimates.{method}.line"))
        for method in GRADIENT_METHODS
    ]
    if estimates.share > SEEN:
        patch = Patch(facecolor="none", edgecolor=theme.color["muted"], hatch=HATCH, linewidth=0.0)
        entries.append((patch, say("figure.gradient_estimates.region")))
    return entries
