"""Means on their way to the expectation, and how their error shrinks with the number of draws.

Both axes that count draws are logarithmic: a funnel that closes like one over the square root, and
a straight line of slope minus one half. The horizontal limits must be set before drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection

from n2uq_viz.montecarlo.estimate import normal_quantile
from n2uq_viz.style import LINE, MARKER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

#: Points on the outline of a funnel and on a curve of errors, evenly spaced in their logarithm.
POINTS = 61
#: Width of the rings, and of the lines of single runs, next to the theme's line width.
MEDIUM, THIN = 0.75, 0.5
#: Size of the ring for all runs together next to the dots of single runs.
LARGER = 2.0
ORDER = {"funnel": 2.0, "run": 2.4, "curve": 2.6, "one": 2.7, "all": 2.8}


def funnel(
    q: Quantizer, x: float, draws: FloatArray, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return ``(low, high)``, between which the mean of that many draws at `x` falls.

    The expectation, less and plus a normal quantile times the standard deviation of the mean, no
    further than the two levels in reach: in output units, of the shape of `draws`.

    >>> import numpy as np
    >>> from n2uq_viz.quantizer import Quantizer
    >>> low, high = funnel(Quantizer.binary(), 0.0, np.array([1.0, 100.0]))
    >>> low.round(3), high.round(3)
    (array([-1.   , -0.196]), array([1.   , 0.196]))
    """
    z = normal_quantile(confidence)
    lower, upper, _ = q.outcomes(x)
    middle = float(q.expectation(x))
    spread = z * np.sqrt(float(q.variance(x)) / draws)
    return np.maximum(middle - spread, lower), np.minimum(middle + spread, upper)


@dataclass(frozen=True)
class RunningArtists:
    """Running means of several runs at one input, in the funnel that 95 % of them are in."""

    funnel: PolyCollection
    expectation: Line2D
    runs: list[Line2D]


def draw_running(
    ax: Axes, q: Quantizer, x: float, draws: FloatArray, means: FloatArray, theme: Theme
) -> RunningArtists:
    """Draw how means at one `x` settle.

    Parameters
    ----------
    draws
        Numbers of draws at which the means were looked at, increasing, shape (n,).
    means
        Output units, shape (runs, n).
    """
    band = PolyCollection(
        [], facecolors=[theme.color["band"]], linewidths=[0.0], zorder=ORDER["funnel"]
    )
    ax.add_collection(band, autolim=False)
    (middle,) = ax.plot(
        [],
        [],
        color=theme.color["expectation"],
        linewidth=theme.line_width,
        zorder=ORDER["curve"],
    )
    runs = [
        ax.plot(
            [],
            [],
            color=theme.color["monte_carlo"],
            linewidth=THIN * theme.line_width,
            zorder=ORDER["run"],
        )[0]
        for _ in means
    ]
    artists = RunningArtists(band, middle, runs)
    update_running(artists, q, x, draws, means)
    return artists


def update_running(
    artists: RunningArtists, q: Quantizer, x: float, draws: FloatArray, means: FloatArray
) -> None:
    """Move funnel, expectation and running means to those at `x`."""
    along = np.geomspace(draws[0], draws[-1], POINTS)
    low, high = funnel(q, x, along)
    outline = (np.column_stack((along, low)), np.column_stack((along, high))[::-1])
    artists.funnel.set_verts([np.concatenate(outline)])
    artists.expectation.set_data(draws[[0, -1]], np.full(2, q.expectation(x)))
    for run, line in zip(means, artists.runs, strict=True):
        line.set_data(draws, run)


def expected_error(variance: FloatArray, draws: FloatArray, bias: FloatArray) -> FloatArray:
    """Return the root-mean-square error to be expected of means over some inputs.

    ``sqrt(mean(variance) / draws + mean(bias ** 2))``, where `variance` is that of one draw at each
    input and `bias` the distance of the expectation from what the means are compared with: with no
    bias it falls as one over the square root of the number of draws, otherwise it levels off.

    >>> import numpy as np
    >>> expected_error(np.array([1.0]), np.array([1.0, 100.0]), np.array([0.0]))
    array([1. , 0.1])
    """
    result: FloatArray = np.sqrt(np.mean(variance) / draws + np.mean(np.square(bias)))
    return result


@dataclass(frozen=True)
class DecayArtists:
    """Errors of single runs and of all together, and what is expected of them."""

    expected: Line2D
    #: Against a curve that is not the expectation; nothing where there is none.
    biased: Line2D
    one: Line2D
    together: Line2D
    shown: int | None


def draw_decay(
    ax: Axes,
    draws: FloatArray,
    errors: FloatArray,
    variance: FloatArray,
    bias: FloatArray | None,
    theme: Theme,
    shown: int | None = None,
) -> DecayArtists:
    """Draw errors against the number of draws; both axes are to be logarithmic.

    Parameters
    ----------
    draws
        Shape (n,).
    errors
        Root-mean-square errors over some inputs, of every run: shape (runs, n), above 0.
    variance, bias
        Closed form, at each of those inputs: see `expected_error`. Without `bias` only the line
        without one is drawn.
    shown
        How many of the runs get dots of their own; all of them if it is not said.
    """
    lines: dict[str, Line2D] = {}
    for name, role in (("expected", "expectation"), ("biased", "ste")):
        (lines[name],) = ax.plot(
            [],
            [],
            color=theme.color[role],
            linestyle=LINE.get(role, "-"),
            linewidth=theme.line_width,
            zorder=ORDER["curve"],
        )
    dots: dict[str, Any] = {
        "linestyle": "",
        "marker": MARKER["monte_carlo"],
        "color": theme.color["monte_carlo"],
    }
    (one,) = ax.plot(
        [], [], **dots, markersize=theme.marker_size, markeredgewidth=0.0, zorder=ORDER["one"]
    )
    (together,) = ax.plot(
        [],
        [],
        **dots,
        markersize=LARGER * theme.marker_size,
        markeredgewidth=MEDIUM * theme.line_width,
        markerfacecolor="none",
        markeredgecolor=theme.color["ink"],
        zorder=ORDER["all"],
    )
    artists = DecayArtists(lines["expected"], lines["biased"], one, together, shown)
    update_decay(artists, draws, errors, variance, bias)
    return artists


def update_decay(
    artists: DecayArtists,
    draws: FloatArray,
    errors: FloatArray,
    variance: FloatArray,
    bias: FloatArray | None,
) -> None:
    """Move errors and lines to these."""
    along = np.geomspace(draws[0], draws[-1], POINTS)
    artists.expected.set_data(along, expected_error(variance, along, np.zeros(1)))
    artists.biased.set_data([], [])
    if bias is not None:
        artists.biased.set_data(along, expected_error(variance, along, bias))
    some = errors[: artists.shown]
    artists.one.set_data(np.tile(draws, some.shape[0]), some.ravel())
    artists.together.set_data(draws, np.sqrt(np.mean(np.square(errors), axis=0)))
