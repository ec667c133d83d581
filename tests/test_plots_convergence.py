"""Funnels and errors: what is drawn is the runs, and what is expected of them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from n2uq_viz import plots, style
from n2uq_viz.montecarlo import simulate_running
from n2uq_viz.quantizer import Quantizer

THEME = style.theme("light")
UNEVEN = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 1.0, 1.5, 3.0])
DRAWS = np.array([10.0, 100.0, 1000.0])


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot(xscale="log", xlim=(5.0, 2000.0))


def test_funnel_is_the_normal_quantile_of_a_mean_within_the_levels() -> None:
    low, high = plots.funnel(UNEVEN, 0.3, np.array([1.0, 100.0, 10_000.0]))
    spread = 1.959964 * np.sqrt(0.75 * 0.25) / np.array([1.0, 10.0, 100.0])
    np.testing.assert_allclose(low, np.maximum(0.75 - spread, 0.0), rtol=1e-6)
    np.testing.assert_allclose(high, np.minimum(0.75 + spread, 1.0), rtol=1e-6)


def test_funnel_holds_its_share_of_runs() -> None:
    """Outside with a chance of 1e-6, given the exact chance that a mean lies in the funnel."""
    runs, n, x = 20_000, 1000, 0.7
    (mc,) = simulate_running(UNEVEN, np.full(runs, x), [n], seed=2, method="counts")
    low, high = plots.funnel(UNEVEN, x, np.array([float(n)]))
    p = float(UNEVEN.step_probability(x))
    ends = (np.array([low[0], high[0]]) - 1.0) / 0.5 * n
    chance = stats.binom.cdf(np.floor(ends[1]), n, p) - stats.binom.cdf(np.ceil(ends[0]) - 1, n, p)
    assert chance == pytest.approx(0.95, abs=0.01)
    held = int(np.count_nonzero((mc.mean >= low) & (mc.mean <= high)))
    assert stats.binomtest(held, runs, chance).pvalue > 1e-6


def test_running_means_are_drawn_and_move(ax: Axes) -> None:
    means = np.array([[0.7, 0.74, 0.76], [0.9, 0.8, 0.75]])
    artists = plots.draw_running(ax, UNEVEN, 0.3, DRAWS, means, THEME)
    assert len(artists.runs) == 2
    for line, run in zip(artists.runs, means, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), DRAWS)
        np.testing.assert_array_equal(line.get_ydata(), run)
    np.testing.assert_allclose(np.asarray(artists.expectation.get_ydata()), [0.75, 0.75])
    (path,) = artists.funnel.get_paths()
    corners = np.asarray(path.vertices)[:-1]
    below, above = np.split(corners, 2)
    low, high = plots.funnel(UNEVEN, 0.3, below[:, 0])
    np.testing.assert_array_equal(below[:, 1], low)
    np.testing.assert_array_equal(above[::-1, 1], high)
    assert below[[0, -1], 0] == pytest.approx([10.0, 1000.0])
    plots.update_running(artists, UNEVEN, 1.55, DRAWS, means + 1.0)
    np.testing.assert_array_equal(artists.runs[1].get_ydata(), means[1] + 1.0)
    np.testing.assert_allclose(np.asarray(artists.expectation.get_ydata()), 2.25)


def test_expected_error_is_that_of_independent_draws() -> None:
    x = np.array([0.1, 0.7, 1.9])
    bias = np.array([0.3, 0.0, -0.1])
    n = np.array([1.0, 25.0])
    expected = np.sqrt(sum(UNEVEN.variance(x) / 3.0) / n + (0.09 + 0.01) / 3.0)
    np.testing.assert_allclose(plots.expected_error(UNEVEN.variance(x), n, bias), expected)


def test_expected_error_is_what_runs_have() -> None:
    """Roots of mean squares of 60,000 errors: within 1.5 %, five standard errors."""
    x = np.array([0.1, 0.7, 1.9])
    runs = simulate_running(UNEVEN, np.tile(x, (20_000, 1)), [10, 100], seed=5, method="counts")
    ramp = Quantizer(UNEVEN.edges[[0, -1]], UNEVEN.levels[[0, -1]])
    for curve in (UNEVEN, ramp):
        bias = UNEVEN.expectation(x) - curve.expectation(x)
        found = [np.sqrt(np.mean((mc.mean - curve.expectation(x)) ** 2)) for mc in runs]
        expected = plots.expected_error(UNEVEN.variance(x), np.array([10.0, 100.0]), bias)
        np.testing.assert_allclose(found, expected, rtol=0.015)


def test_errors_are_drawn_and_move(ax: Axes) -> None:
    errors = np.array([[0.3, 0.1, 0.03], [0.1, 0.02, 0.01], [0.2, 0.3, 0.4]])
    variance, bias = np.array([0.25, 0.1]), np.array([0.2, 0.1])
    artists = plots.draw_decay(ax, DRAWS, errors, variance, bias, THEME, shown=2)
    np.testing.assert_array_equal(artists.one.get_xdata(), [*DRAWS, *DRAWS])
    np.testing.assert_array_equal(artists.one.get_ydata(), errors[:2].ravel())
    np.testing.assert_array_equal(artists.together.get_xdata(), DRAWS)
    np.testing.assert_allclose(
        np.asarray(artists.together.get_ydata()),
        np.sqrt([(0.09 + 0.01 + 0.04) / 3, 0.1004 / 3, 0.161 / 3]),
    )
    along = np.asarray(artists.expected.get_xdata())
    np.testing.assert_allclose(np.asarray(artists.expected.get_ydata()), np.sqrt(0.175 / along))
    np.testing.assert_allclose(
        np.asarray(artists.biased.get_ydata()), np.sqrt(0.175 / along + 0.025)
    )
    assert artists.biased.get_linestyle() != artists.expected.get_linestyle()
    plots.update_decay(artists, DRAWS, 2.0 * errors, variance, None)
    np.testing.assert_array_equal(artists.one.get_ydata(), 2.0 * errors[:2].ravel())
    assert np.size(artists.biased.get_xdata()) == 0


def test_all_runs_are_shown_unless_fewer_are_asked_for(ax: Axes) -> None:
    errors = np.full((4, 3), 0.1)
    artists = plots.draw_decay(ax, DRAWS, errors, np.array([1.0]), None, THEME)
    assert np.size(artists.one.get_xdata()) == 12
