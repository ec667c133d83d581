"""One surrogate in one picture: the step forward, its slope backward, the noise behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme
    from n2uq_viz.surrogates import Surrogate

View = tuple[float, float]

#: Inputs on a curve, besides those on both sides of its kinks.
POINTS = 201
#: Distance of an input from a kink that it stands beside, as a share of the view.
ASIDE = 1e-9
#: Empty space above and below everything that is drawn, as a share of its height.
MARGIN = 0.08
#: Line width of the staircase next to that of the derivative.
THINNER = 0.6
ORDER = {"noise": 2.0, "forward": 2.4, "derivative": 2.8}


def curve_inputs(surrogate: Surrogate, view: View, **params: Any) -> FloatArray:
    """Return inputs over `view`, increasing, with one close to each kink on either side.

    >>> from n2uq_viz.surrogates import TABLE
    >>> x = curve_inputs(TABLE["clipped_ste"], (-2.0, 2.0))
    >>> TABLE["clipped_ste"].derivative(x[(x > 0.99) & (x < 1.01)])
    array([1., 0.])
    """
    kinks = surrogate.kinks(**params)
    aside = ASIDE * (view[1] - view[0])
    even = np.linspace(*view, POINTS)
    # On the kink itself, the densities of two neighbors may both count.
    even = even[np.abs(even[:, None] - kinks).min(axis=1) > aside]
    x = np.concatenate((even, kinks - aside, kinks + aside))
    return np.unique(x[(view[0] <= x) & (x <= view[1])])


def noise_slope(surrogate: Surrogate, x: FloatArray, **params: Any) -> FloatArray | None:
    """Return the density of the noise that just reaches a threshold from `x`, times its rise.

    Summed over the thresholds, this is the slope of the mean of the noisy staircase, computed from
    the densities alone. None where there is no noise.

    >>> from n2uq_viz.surrogates import TABLE
    >>> noise_slope(TABLE["approx_sign"], np.array([-0.5, 0.0, 2.0]))
    array([1., 2., 0.])
    """
    thresholds, levels = surrogate.staircase(**params)
    total = np.zeros(x.shape)
    for k, (threshold, rise) in enumerate(zip(thresholds, np.diff(levels), strict=True)):
        density = surrogate.density(threshold - x, k + 1, **params)
        if density is None:
            return None
        total += rise * density
    return total


def surrogate_limits(surrogate: Surrogate, view: View, **params: Any) -> View:
    """Return the y range that holds the levels, the derivative over `view`, and 0.

    >>> from n2uq_viz.surrogates import TABLE
    >>> low, high = surrogate_limits(TABLE["approx_sign"], (-2.0, 2.0))
    >>> round(low, 2), round(high, 2)
    (-1.24, 2.24)
    """
    slope = surrogate.derivative(curve_inputs(surrogate, view, **params), **params)
    levels = surrogate.staircase(**params)[1]
    low = min(float(slope.min()), float(levels[0]), 0.0)
    high = max(float(slope.max()), float(levels[-1]))
    room = MARGIN * (high - low)
    return low - room, high + room


@dataclass(frozen=True)
class SurrogateArtists:
    """What is drawn of a surrogate; the noise is empty where there is none."""

    forward: Line2D
    derivative: Line2D
    noise: PolyCollection


def draw_surrogate(
    ax: Axes, surrogate: Surrogate, theme: Theme, view: View, **params: Any
) -> SurrogateArtists:
    """Draw staircase, derivative and noise over `view`; output units, and per input unit."""
    noise = PolyCollection([], facecolor=theme.color["band"], linewidth=0.0, zorder=ORDER["noise"])
    ax.add_collection(noise, autolim=False)
    (forward,) = ax.plot(
        [],
        [],
        color=theme.color["deterministic"],
        linewidth=THINNER * theme.line_width,
        solid_joinstyle="miter",
        zorder=ORDER["forward"],
    )
    (derivative,) = ax.plot(
        [],
        [],
        color=theme.color["gste"],
        linewidth=theme.line_width,
        solid_joinstyle="miter",
        zorder=ORDER["derivative"],
    )
    artists = SurrogateArtists(forward, derivative, noise)
    update_surrogate(artists, surrogate, view, **params)
    return artists


def update_surrogate(
    artists: SurrogateArtists, surrogate: Surrogate, view: View, **params: Any
) -> None:
    """Move everything to `surrogate` with these parameters."""
    thresholds, levels = surrogate.staircase(**params)
    seen = (view[0] < thresholds) & (thresholds < view[1])
    first = int(np.searchsorted(thresholds, view[0], side="right"))
    x = np.concatenate(([view[0]], np.repeat(thresholds[seen], 2), [view[1]]))
    artists.forward.set_data(x, np.repeat(levels[first : first + int(seen.sum()) + 1], 2))
    x = curve_inputs(surrogate, view, **params)
    artists.derivative.set_data(x, surrogate.derivative(x, **params))
    density = noise_slope(surrogate, x, **params)
    if density is None:
        artists.noise.set_verts([])
        return
    top = np.column_stack((x, density))
    artists.noise.set_verts([np.concatenate(([[x[0], 0.0]], top, [[x[-1], 0.0]]))])
