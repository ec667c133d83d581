"""Means of draws against a curve: where they should fall if the curve is their expectation.

Nothing in the dots tells which curve they belong to, so the same dots are drawn against any curve.
What a curve allows follows from its own chances, never from the sample: the band is narrow where
the curve says that a coin hardly ever falls on its other side, and where a curve leaves the two
levels in reach no coin can follow it at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection

from n2uq_viz.montecarlo.estimate import normal_quantile
from n2uq_viz.style import LINE, MARKER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import Agreement, MonteCarlo
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]
Curve = Callable[[Any], "FloatArray"]

#: Points per segment on the outline of a band, closest where it turns.
BAND_POINTS = 24
#: What a mean and a curve may be apart by rounding, in units in the last place of the levels.
ROUNDING = 8.0
#: Width of the outline of the band and of rings and crosses, next to the theme's lines.
THIN = 0.5
#: Size of rings and crosses next to dots: they cover less.
LARGER = 1.35
ORDER = {"band": 2.0, "curve": 2.4, "inside": 2.6, "outside": 2.7, "impossible": 2.8}


def curve_band(
    q: Quantizer, curve: Curve, x: FloatArray, draws: int, confidence: float = 0.95
) -> FloatArray:
    """Return how far means of `draws` draws fall from `curve` with that probability.

    Half the height of the band around the curve, in output units, if the curve were the expectation
    of the draws: the normal approximation with the chance that curve and levels give. 0 where a
    level, or no level in reach, is on the curve.

    >>> import numpy as np
    >>> from n2uq_viz.quantizer import Quantizer
    >>> q = Quantizer.binary()
    >>> curve_band(q, q.expectation, np.array([-3.0, 0.0]), draws=100).round(3)
    array([0.   , 0.196])
    """
    lower, upper, _ = q.outcomes(x)
    rise = upper - lower
    share = np.clip((curve(x) - lower) / np.where(rise > 0.0, rise, 1.0), 0.0, 1.0)
    z = normal_quantile(confidence)
    spread: FloatArray = z * rise * np.sqrt(share * (1.0 - share) / draws)
    return spread


def curve_band_outline(
    q: Quantizer, curve: Curve, draws: int, view: View, *, around_zero: bool = False
) -> FloatArray:
    """Return the outline, (n, 2), of the 95 % band around `curve`, or `around_zero` for errors."""
    # On a segment of the expectation the width goes as sqrt(p (1 - p)): even in this angle.
    p = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, BAND_POINTS + 1))
    inside = (q.edges[:-1, None] + q.intervals[:, None] * p).ravel()
    # A band of another curve jumps at an edge, where other levels come into reach.
    after = np.nextafter(q.edges, np.inf)
    x = np.unique(np.clip(np.concatenate((inside, after, view)), *view))
    spread = curve_band(q, curve, x, draws)
    middle = np.zeros(x.size) if around_zero else curve(x)
    low, high = np.column_stack((x, middle - spread)), np.column_stack((x, middle + spread))
    return np.concatenate((low, high[::-1]))


def draw_curve_band(
    ax: Axes,
    q: Quantizer,
    curve: Curve,
    draws: int,
    theme: Theme,
    view: View,
    *,
    around_zero: bool = False,
) -> PolyCollection:
    """Draw where 95 % of means of `draws` draws fall if `curve` is their expectation."""
    band = PolyCollection(
        [],
        facecolors=[theme.color["band"]],
        edgecolors=[theme.color["band"]],
        linewidths=[THIN],
        zorder=ORDER["band"],
    )
    ax.add_collection(band, autolim=False)
    update_curve_band(band, q, curve, draws, view, around_zero=around_zero)
    return band


def update_curve_band(
    band: PolyCollection,
    q: Quantizer,
    curve: Curve,
    draws: int,
    view: View,
    *,
    around_zero: bool = False,
) -> None:
    """Move the band to that of `curve`."""
    band.set_verts([curve_band_outline(q, curve, draws, view, around_zero=around_zero)])


def draw_ramp(ax: Axes, ramp: Quantizer, theme: Theme, view: View) -> Line2D:
    """Draw the curve whose slope plain STE takes: the expectation of a quantizer of one step."""
    (line,) = ax.plot(
        [],
        [],
        color=theme.color["ste"],
        linestyle=LINE["ste"],
        linewidth=theme.line_width,
        zorder=ORDER["curve"],
    )
    update_ramp(line, ramp, view)
    return line


def update_ramp(line: Line2D, ramp: Quantizer, view: View) -> None:
    """Move the ramp to that of `ramp` over `view`."""
    inside = ramp.edges[(view[0] < ramp.edges) & (ramp.edges < view[1])]
    x = np.concatenate(([view[0]], inside, [view[1]]))
    line.set_data(x, ramp.expectation(x))


@dataclass(frozen=True)
class Verdicts:
    """What each mean is to a curve: one of three, as flags of the shape of `x`; none where NaN."""

    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    #: No coin with these two levels has such an expectation, or no such mean.
    impossible: NDArray[np.bool_]


def verdicts(mc: MonteCarlo, found: Agreement, confidence: float = 0.95) -> Verdicts:
    """Return which means lie in the band around the curve that they were compared with.

    `found` is what ``agreement(mc, curve)`` returned.

    >>> import numpy as np
    >>> from n2uq_viz.montecarlo import MonteCarlo, agreement
    >>> from n2uq_viz.quantizer import Quantizer
    >>> mc = MonteCarlo(Quantizer.binary(), [-2.0, 0.0, 0.1], draws=100, count=[0, 50, 99])
    >>> verdicts(mc, agreement(mc, np.clip(mc.x, -1.0, 1.0))).inside
    array([ True,  True, False])
    """
    z = normal_quantile(confidence)
    judged = np.isfinite(found.z)
    near = np.abs(np.where(judged, found.z, np.inf)) <= z
    rounding = ROUNDING * np.spacing(np.abs(mc.quantizer.levels).max())
    match = np.abs(mc.mean - found.curve) <= rounding
    known = ~np.isnan(mc.mean)
    return Verdicts(
        inside=known & np.where(judged, near, match),
        outside=judged & ~near,
        impossible=known & ~judged & ~match,
    )


@dataclass(frozen=True)
class DotArtists:
    """Dots in the band, rings outside of it, crosses where no coin could follow the curve."""

    inside: Line2D
    outside: Line2D
    impossible: Line2D


def draw_dots(ax: Axes, x: FloatArray, y: FloatArray, found: Verdicts, theme: Theme) -> DotArtists:
    """Draw `y` at `x`: means in output units, or their distances from a curve."""
    size, thin = theme.marker_size, THIN * theme.line_width
    looks: dict[str, dict[str, Any]] = {
        "inside": {"marker": MARKER["monte_carlo"], "markersize": size, "markeredgewidth": 0.0},
        "outside": {
            "marker": MARKER["monte_carlo"],
            "markersize": LARGER * size,
            "markeredgewidth": 2.0 * thin,
            "markerfacecolor": theme.color["panel"],
        },
        "impossible": {"marker": "x", "markersize": LARGER * size, "markeredgewidth": 2.0 * thin},
    }
    lines = {
        name: ax.plot(
            [],
            [],
            linestyle="",
            color=theme.color["monte_carlo"],
            zorder=ORDER[name],
            **look,
        )[0]
        for name, look in looks.items()
    }
    artists = DotArtists(**lines)
    update_dots(artists, x, y, found)
    return artists


def update_dots(artists: DotArtists, x: FloatArray, y: FloatArray, found: Verdicts) -> None:
    """Move the dots, each to the kind that it belongs to."""
    for name in ("inside", "outside", "impossible"):
        chosen = getattr(found, name)
        getattr(artists, name).set_data(x[chosen], y[chosen])
