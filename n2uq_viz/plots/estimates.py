"""Estimates of a gradient from draws: dots with their band, and how noisy one draw is along x.

Two estimators share these pictures, so each has a marker and a line style of its own. An estimate
beyond the panel is not lost: it becomes an arrow on the border that it is beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection

from n2uq_viz.montecarlo.estimate import normal_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import GradientEstimate
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Role, marker and line style of each estimator.
LOOKS: dict[str, tuple[str, str, Any]] = {
    "common_random_numbers": ("monte_carlo", "o", "-"),
    "score_function": ("ink", "D", (0, (4.0, 1.2, 1.0, 1.2))),
}
#: Distances from an edge and from the middle of a segment at which a curve is looked at, in units
#: of the segment: noise grows without bound, or vanishes, there.
NEAR = np.geomspace(1e-6, 0.25, 41)
THIN = 0.5
#: Size of diamonds, of rings, and of arrows next to dots.
DIAMOND, RING, ARROW = 0.85, 1.25, 1.6
HATCH = "////"
ORDER = {"region": 1.0, "band": 2.0, "line": 2.6, "dots": 2.9, "arrow": 3.0}


def fine_inputs(q: Quantizer, view: View, half_width: float = 0.0) -> FloatArray:
    """Return inputs over `view`, increasing: densest at edges, at middles, and `half_width` off.

    No input is exactly on an edge, where the score function has no value.
    """
    parts = np.concatenate((NEAR, 0.5 - NEAR, [0.5], 0.5 + NEAR, 1.0 - NEAR))
    inside = q.edges[:-1, None] + q.intervals[:, None] * parts
    turns = (q.edges[:, None] + half_width * np.array([-1.0, 1.0])).ravel()
    outside = q.edges[[0, -1]] + q.intervals[[0, -1]] * (-NEAR[0], NEAR[0])
    even = np.linspace(*view, 201)
    x = np.unique(np.clip(np.concatenate((inside.ravel(), turns, outside, even)), *view))
    return x[~np.isin(x, q.edges)]


def estimate_band(
    estimate: GradientEstimate, draws: int, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return ``(low, high)``, between which means of `draws` draws fall with that probability.

    From the closed form of what `estimate` aims at and of the variance of one draw, whatever was
    drawn for it: the normal approximation, no further than single draws can be. It is good where a
    draw that is not 0 is expected several times.

    >>> from n2uq_viz.montecarlo import simulate_gradient
    >>> from n2uq_viz.quantizer import Quantizer
    >>> one = simulate_gradient(Quantizer.binary(), [0.0], 1, half_width=0.1)
    >>> low, high = estimate_band(one, draws=100)
    >>> low.round(3), high.round(3)
    (array([0.412]), array([1.588]))
    """
    z = normal_quantile(confidence)
    spread = z * np.sqrt(estimate.variance / draws)
    least, most = estimate.value.min(axis=-1), estimate.value.max(axis=-1)
    return np.maximum(estimate.target - spread, least), np.minimum(estimate.target + spread, most)


@dataclass(frozen=True)
class BandedArtists:
    """Means of one estimator, where they should be, and arrows for those beyond the panel."""

    band: PolyCollection
    dots: Line2D
    #: Rings: close to an edge, where the difference quotient is not the slope.
    near_edge: Line2D
    above: Line2D
    below: Line2D


def draw_estimate(
    ax: Axes,
    method: str,
    x: FloatArray,
    mean: FloatArray,
    near_edge: NDArray[np.bool_],
    outline: tuple[FloatArray, FloatArray, FloatArray],
    theme: Theme,
) -> BandedArtists:
    """Draw the means of one estimator, output units per input unit; y limits must be set already.

    Parameters
    ----------
    method
        ``"common_random_numbers"`` or ``"score_function"``: how the dots look.
    x, mean, near_edge
        Of equal shape; a mean that is NaN is not drawn.
    outline
        ``(x, low, high)`` of the band.
    """
    role, marker, _ = LOOKS[method]
    size = theme.marker_size * (DIAMOND if marker == "D" else 1.0)
    thin = THIN * theme.line_width
    band = PolyCollection(
        [],
        facecolors=[theme.color["band"]],
        edgecolors=[theme.color["band"]],
        linewidths=[THIN],
        zorder=ORDER["band"],
    )
    ax.add_collection(band, autolim=False)
    common: dict[str, Any] = {"linestyle": "", "color": theme.color[role]}
    (dots,) = ax.plot(
        [],
        [],
        **common,
        marker=marker,
        markersize=size,
        markeredgewidth=0.0,
        zorder=ORDER["dots"],
    )
    (rings,) = ax.plot(
        [],
        [],
        **common,
        marker=marker,
        markersize=RING * size,
        markeredgewidth=2.0 * thin,
        markerfacecolor=theme.color["panel"],
        zorder=ORDER["dots"],
    )
    arrows = [
        ax.plot(
            [],
            [],
            **common,
            marker=shape,
            markersize=ARROW * theme.marker_size,
            # Hollow: a full one is where a slope is cut.
            markeredgewidth=2.0 * thin,
            markerfacecolor=theme.color["panel"],
            clip_on=False,
            zorder=ORDER["arrow"],
        )[0]
        for shape in ("^", "v")
    ]
    artists = BandedArtists(band, dots, rings, *arrows)
    update_estimate(artists, x, mean, near_edge, outline)
    return artists


def update_estimate(
    artists: BandedArtists,
    x: FloatArray,
    mean: FloatArray,
    near_edge: NDArray[np.bool_],
    outline: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Move dots and band to these."""
    axes = artists.dots.axes
    assert axes is not None
    bottom, top = axes.get_ylim()
    above, below = mean > top, mean < bottom
    seen = ~(above | below | np.isnan(mean))
    artists.dots.set_data(x[seen & ~near_edge], mean[seen & ~near_edge])
    artists.near_edge.set_data(x[seen & near_edge], mean[seen & near_edge])
    artists.above.set_data(x[above], np.full(int(above.sum()), top))
    artists.below.set_data(x[below], np.full(int(below.sum()), bottom))
    along, low, high = outline
    # Without bound towards an edge: far outside of the panel is far enough.
    span = top - bottom
    low, high = np.clip(low, bottom - span, top + span), np.clip(high, bottom - span, top + span)
    known = ~(np.isnan(low) | np.isnan(high))
    corners = (np.column_stack((along, low))[known], np.column_stack((along, high))[known][::-1])
    artists.band.set_verts([np.concatenate(corners)])


def quieter(x: FloatArray, first: FloatArray, second: FloatArray) -> list[View]:
    """Return the stretches of `x`, increasing, on which `first` is less than `second`.

    From half-way to the input before to half-way to the input after; comparisons with NaN are
    false.

    >>> import numpy as np
    >>> quieter(np.arange(4.0), np.array([1.0, 0.0, 0.0, 1.0]), np.full(4, 0.5))
    [(0.5, 2.5)]
    """
    less = np.concatenate(([False], first < second, [False]))
    borders = np.concatenate((x[:1], 0.5 * x[:-1] + 0.5 * x[1:], x[-1:]))
    changes = np.flatnonzero(less[1:] != less[:-1])
    return [(float(borders[a]), float(borders[b])) for a, b in pairwise(changes)][::2]


@dataclass(frozen=True)
class NoiseArtists:
    """Standard errors of one draw by estimator, and where the first of them has less noise."""

    lines: dict[str, Line2D]
    region: PolyCollection


def draw_noise(
    ax: Axes, x: FloatArray, deviations: Mapping[str, FloatArray], theme: Theme
) -> NoiseArtists:
    """Draw the standard error of one draw along `x`, by estimator, on a logarithmic axis.

    The limits must be set already. Hatched is where the first estimator has less noise than the
    second; a standard error of 0 runs off the bottom.
    """
    lines = {}
    for method in deviations:
        role, _, dashes = LOOKS[method]
        (lines[method],) = ax.plot(
            [],
            [],
            color=theme.color[role],
            linestyle=dashes,
            linewidth=theme.line_width,
            zorder=ORDER["line"],
        )
    region = PolyCollection(
        [],
        facecolors=["none"],
        edgecolors=[theme.color["muted"]],
        linewidths=[0.0],
        hatch=HATCH,
        zorder=ORDER["region"],
        transform=ax.get_xaxis_transform(),
    )
    ax.add_collection(region, autolim=False)
    artists = NoiseArtists(lines, region)
    update_noise(artists, x, deviations)
    return artists


def update_noise(
    artists: NoiseArtists, x: FloatArray, deviations: Mapping[str, FloatArray]
) -> None:
    """Move the lines to these standard errors."""
    axes = artists.region.axes
    assert axes is not None
    bottom = axes.get_ylim()[0]
    for method, line in artists.lines.items():
        noise = deviations[method]
        # No logarithm of 0: below the panel, and the line still leads there.
        line.set_data(x, np.where(noise > 0.0, noise, 1e-3 * bottom))
    first, second = deviations.values()
    artists.region.set_verts(
        [
            np.array([[start, 0.0], [end, 0.0], [end, 1.0], [start, 1.0]])
            for start, end in quieter(x, first, second)
        ]
    )
