"""Estimates of a gradient: dots where they were estimated, bands and noise by the closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from n2uq_viz import plots, style
from n2uq_viz.montecarlo import simulate_gradient
from n2uq_viz.plots.estimates import LOOKS
from n2uq_viz.quantizer import Quantizer

THEME = style.theme("light")
UNEVEN = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 1.0, 1.5, 3.0])
VIEW = (-0.5, 2.5)
METHODS = tuple(LOOKS)


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot(xlim=VIEW, ylim=(-1.0, 4.0))


def test_estimators_are_told_apart_without_color() -> None:
    markers = [marker for _, marker, _ in LOOKS.values()]
    dashes = [dashes for _, _, dashes in LOOKS.values()]
    assert markers[0] != markers[1]
    assert dashes[0] != dashes[1]


@pytest.mark.parametrize("view", [VIEW, (0.45, 0.5), (50.0, 60.0), (1.1, 9.0)])
def test_fine_inputs_cover_the_view_and_no_edge(view: tuple[float, float]) -> None:
    h = 0.01
    x = plots.fine_inputs(UNEVEN, view, h)
    assert np.all(np.diff(x) > 0.0)
    assert view[0] <= x[0] < view[0] + 1e-3
    assert x[-1] == view[1]
    assert not np.isin(x, UNEVEN.edges).any()
    assert np.diff(x).max() <= (view[1] - view[0]) / 100
    turns = np.concatenate((UNEVEN.edges - h, UNEVEN.edges + h, UNEVEN.thresholds))
    for turn in turns[(view[0] < turns) & (turns < view[1])]:
        assert np.abs(x - turn).min() < 1e-15


def test_band_follows_from_the_variance_inside_a_segment() -> None:
    slope, a, h, n = 2.5, 0.4, 0.02, 400
    one = simulate_gradient(UNEVEN, [0.2, 0.1], 1, half_width=h)
    low, high = plots.estimate_band(one, n)
    half = 1.959964 * slope * np.sqrt((a / (2 * h) - 1) / n)
    np.testing.assert_allclose([low, high], [[slope - half] * 2, [slope + half] * 2], rtol=1e-6)
    score = simulate_gradient(UNEVEN, [0.2, 0.1], 1, method="score_function")
    low, high = plots.estimate_band(score, n)
    p = np.array([0.5, 0.25])
    half = 1.959964 * slope * np.sqrt((1 / (4 * p * (1 - p)) - 1) / n)
    np.testing.assert_allclose(low, slope - half, rtol=1e-6)
    np.testing.assert_allclose(high, slope + half, rtol=1e-6)


def test_band_ends_where_no_draw_goes() -> None:
    one = simulate_gradient(UNEVEN, [0.2], 1, half_width=1e-6)
    low, high = plots.estimate_band(one, 1)
    # The same coin on both sides: never down. And never up by more than a step.
    assert low[0] == 0.0
    assert high[0] == pytest.approx(2.5 * 1.0 + 1.959964 * 2.5 * np.sqrt(0.4 / 2e-6 - 1))
    few = simulate_gradient(UNEVEN, [0.2], 1, half_width=0.19)
    assert plots.estimate_band(few, 1)[1][0] == pytest.approx(1.0 / 0.38)


@pytest.mark.parametrize("method", METHODS)
def test_band_holds_95_percent_of_the_estimates(method: str) -> None:
    """Outside 94 to 96 % of 20,000 with a chance below 1e-9, and counts are fine enough."""
    width = 0.05 if method == METHODS[0] else None
    x, draws = 0.3, 10**7
    found = simulate_gradient(
        UNEVEN,
        np.full(20_000, x),
        draws,
        seed=8,
        method=method,
        half_width=width,
        sampling="counts",
    )
    low, high = plots.estimate_band(found, draws)
    held = int(np.count_nonzero((found.mean >= low) & (found.mean <= high)))
    assert stats.binom.sf(0.96 * 20_000, 20_000, 0.95) < 1e-9
    assert 0.94 < held / 20_000 < 0.96


@pytest.mark.parametrize("method", METHODS)
def test_estimates_are_drawn_by_kind_and_move(ax: Axes, method: str) -> None:
    x = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    mean = np.array([1.0, 2.0, np.nan, 9.0, -7.0, 0.0])
    near = np.array([True, False, False, False, True, False])
    along = np.linspace(-0.5, 2.5, 4)
    outline = (along, np.full(4, -np.inf), np.array([1.0, 2.0, np.nan, 50.0]))
    artists = plots.draw_estimate(ax, method, x, mean, near, outline, THEME)

    def places(line: Any) -> list[tuple[float, float]]:
        return list(zip(line.get_xdata(), line.get_ydata(), strict=True))

    assert places(artists.dots) == [(0.5, 2.0), (2.5, 0.0)]
    assert places(artists.near_edge) == [(0.0, 1.0)]
    # Arrows on the border of what is beyond, near an edge or not.
    assert places(artists.above) == [(1.5, 4.0)]
    assert places(artists.below) == [(2.0, -1.0)]
    assert artists.near_edge.get_markerfacecolor() == THEME.color["panel"]
    assert {each.get_marker() for each in (artists.dots, artists.near_edge)} == {LOOKS[method][1]}
    (path,) = artists.band.get_paths()
    corners = np.asarray(path.vertices)[:-1].tolist()
    # Without bound is five units beyond the panel; what is not known is left out.
    assert corners == [[-0.5, -6.0], [0.5, -6.0], [2.5, -6.0], [2.5, 9.0], [0.5, 2.0], [-0.5, 1.0]]
    plots.update_estimate(artists, x, mean + 1.0, ~near, (along, along, along + 1.0))
    assert places(artists.dots) == [(0.0, 2.0)]
    assert places(artists.near_edge) == [(0.5, 3.0), (2.5, 1.0)]


def test_quieter_stretches() -> None:
    x = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
    first, second = np.array([0.0, 3.0, 0.0, 0.0, 3.0]), np.ones(5)
    assert plots.quieter(x, first, second) == [(0.0, 0.5), (1.5, 4.5)]
    assert plots.quieter(x, second, first) == [(0.5, 1.5), (4.5, 5.0)]
    assert plots.quieter(x, np.full(5, np.nan), second) == []
    assert plots.quieter(x, second, np.full(5, np.inf)) == [(0.0, 5.0)]


def test_noise_is_drawn_with_the_stretches_and_moves() -> None:
    ax = Figure().add_subplot(yscale="log", xlim=(0.0, 3.0), ylim=(0.1, 10.0))
    x = np.arange(4.0)
    noise = {METHODS[0]: np.array([1.0, 1.0, 1.0, 0.0]), METHODS[1]: np.array([5.0, 0.5, 2.0, 0.0])}
    artists = plots.draw_noise(ax, x, noise, THEME)
    first, second = (artists.lines[method] for method in METHODS)
    np.testing.assert_array_equal(np.asarray(first.get_ydata())[:3], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(np.asarray(second.get_ydata())[:3], [5.0, 0.5, 2.0])
    # No noise at all: under the panel, where the line leads.
    assert 0.0 < np.asarray(first.get_ydata())[3] < 0.1

    def stretches() -> list[list[float]]:
        return [
            np.unique(np.asarray(p.vertices)[:, 0]).tolist() for p in artists.region.get_paths()
        ]

    assert stretches() == [[0.0, 0.5], [1.5, 2.5]]
    assert artists.region.get_hatch()
    plots.update_noise(artists, x, dict(zip(METHODS, reversed(noise.values()), strict=True)))
    np.testing.assert_array_equal(np.asarray(first.get_ydata())[:3], [5.0, 0.5, 2.0])
    assert stretches() == [[0.5, 1.5]]
