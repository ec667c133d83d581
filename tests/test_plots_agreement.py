"""Dots against a curve: the band is what the curve allows, and every dot is of one kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2uq_viz import plots, style
from n2uq_viz.montecarlo import MonteCarlo, agreement, null_band, simulate
from n2uq_viz.quantizer import Quantizer

THEME = style.theme("light")
VIEW = (-0.5, 2.5)
UNEVEN = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 1.0, 1.5, 3.0])
QUANTIZERS = {
    "uniform": Quantizer.uniform(2),
    "uneven": UNEVEN,
    "steep": Quantizer.from_intervals([0.8, 1e-3, 0.5, 1e-3, 0.7]),
    "binary": Quantizer.binary(),
}
every_quantizer = pytest.mark.parametrize("q", QUANTIZERS.values(), ids=QUANTIZERS)


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def ramp_of(q: Quantizer) -> Quantizer:
    return Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])


@every_quantizer
def test_band_of_the_expectation_is_the_null_band(q: Quantizer) -> None:
    x = np.linspace(-1.5, 2.5, 201)
    half = plots.curve_band(q, q.expectation, x, 37)
    low, high = null_band(q, x, 37)
    np.testing.assert_allclose(2.0 * half, high - low, atol=1e-8)


def test_band_of_another_curve_follows_from_its_own_chances() -> None:
    x = np.array([0.1, 0.7, 1.5])
    # Three quarters of the way up, exactly on the lower level, and below it.
    levels = np.array([[0.0, 1.0], [1.0, 1.5], [1.5, 3.0]])
    curve = np.array([0.75, 1.0, 1.4])
    half = plots.curve_band(UNEVEN, lambda _: curve, x, 100, confidence=0.9)
    rise = levels[:, 1] - levels[:, 0]
    np.testing.assert_allclose(half, 1.6448536 * rise * [np.sqrt(0.1875 / 100), 0.0, 0.0])


@every_quantizer
@pytest.mark.parametrize("around_zero", [False, True])
def test_outline_goes_there_and_back(q: Quantizer, around_zero: bool) -> None:
    ramp = ramp_of(q)
    outline = plots.curve_band_outline(q, ramp.expectation, 50, VIEW, around_zero=around_zero)
    low, high = np.split(outline, 2)
    high = high[::-1]
    x = low[:, 0]
    np.testing.assert_array_equal(high[:, 0], x)
    assert (x[0], x[-1]) == VIEW
    assert np.all(np.diff(x) > 0.0)
    middle = np.zeros(x.size) if around_zero else ramp.expectation(x)
    half = plots.curve_band(q, ramp.expectation, x, 50)
    np.testing.assert_allclose(high[:, 1], middle + half)
    np.testing.assert_allclose(low[:, 1], middle - half)


def test_band_of_another_curve_jumps_where_other_levels_come_into_reach() -> None:
    outline = plots.curve_band_outline(UNEVEN, ramp_of(UNEVEN).expectation, 50, VIEW)
    x, low = np.split(outline, 2)[0].T
    half = ramp_of(UNEVEN).expectation(x) - low
    # The ramp is at 0.6 there, between the levels 0 and 1 on the left, below both on the right.
    before, after = half[x == 0.4], half[x == np.nextafter(0.4, 1.0)]
    assert before == pytest.approx(1.959964 * np.sqrt(0.6 * 0.4 / 50))
    assert after == 0.0


@every_quantizer
def test_every_dot_is_of_one_kind_and_the_share_inside_is_the_coverage(q: Quantizer) -> None:
    mc = simulate(q, np.linspace(-1.5, 2.5, 301), draws=60, seed=4)
    for curve in (q.expectation, ramp_of(q).expectation):
        found = agreement(mc, curve)
        kinds = plots.verdicts(mc, found)
        together = np.stack([kinds.inside, kinds.outside, kinds.impossible])
        np.testing.assert_array_equal(together.sum(axis=0), 1)
        judged = np.isfinite(found.z)
        assert judged.sum() == found.points
        assert kinds.inside[judged].mean() == pytest.approx(found.coverage)
        assert not kinds.impossible[judged].any()
        # What cannot happen is what makes the p-value 0, and nothing else does so here.
        assert bool(kinds.impossible.any()) == (curve != q.expectation and found.p_value == 0.0)


def test_a_dot_is_impossible_where_the_curve_leaves_the_levels() -> None:
    x = np.array([-1.0, 0.2, 0.7, 1.5, 2.5])
    mc = MonteCarlo(UNEVEN, x, 10, np.array([0, 5, 5, 5, 10]))
    curve = np.array([0.0, 0.6, 0.9, 3.1, 3.0])
    kinds = plots.verdicts(mc, agreement(mc, curve))
    assert kinds.inside.tolist() == [True, True, False, False, True]
    assert kinds.outside.tolist() == [False] * 5
    assert kinds.impossible.tolist() == [False, False, True, True, False]


def test_nan_is_of_no_kind() -> None:
    mc = MonteCarlo(UNEVEN, np.array([np.nan, 0.2]), 10, np.array([0, 5]))
    kinds = plots.verdicts(mc, agreement(mc, UNEVEN.expectation))
    assert [kinds.inside[0], kinds.outside[0], kinds.impossible[0]] == [False] * 3
    assert kinds.inside[1]


def test_dots_are_drawn_by_kind_and_move(ax: Axes) -> None:
    mc = simulate(UNEVEN, np.linspace(-0.5, 2.5, 61), draws=40, seed=1)
    ramp = ramp_of(UNEVEN)
    kinds = plots.verdicts(mc, agreement(mc, ramp.expectation))
    artists = plots.draw_dots(ax, mc.x, mc.mean, kinds, THEME)
    for name in ("inside", "outside", "impossible"):
        line, chosen = getattr(artists, name), getattr(kinds, name)
        assert chosen.any()
        np.testing.assert_array_equal(line.get_xdata(), mc.x[chosen])
        np.testing.assert_array_equal(line.get_ydata(), mc.mean[chosen])
        assert line.get_linestyle() == "None"
    # Told apart without color: filled, hollow, crossed.
    assert artists.inside.get_markerfacecolor() == THEME.color["monte_carlo"]
    assert artists.outside.get_markerfacecolor() == THEME.color["panel"]
    assert artists.impossible.get_marker() == "x"
    errors = mc.mean - UNEVEN.expectation(mc.x)
    fitting = plots.verdicts(mc, agreement(mc, UNEVEN.expectation))
    plots.update_dots(artists, mc.x, errors, fitting)
    np.testing.assert_array_equal(artists.inside.get_ydata(), errors[fitting.inside])
    assert np.size(artists.impossible.get_xdata()) == 0


def test_band_is_drawn_and_moves(ax: Axes) -> None:
    band = plots.draw_curve_band(ax, UNEVEN, UNEVEN.expectation, 50, THEME, VIEW)

    def corners() -> Any:
        (path,) = band.get_paths()
        return np.asarray(path.vertices)[:-1]  # the first one closes it

    first = plots.curve_band_outline(UNEVEN, UNEVEN.expectation, 50, VIEW)
    np.testing.assert_array_equal(corners(), first)
    curve = ramp_of(UNEVEN).expectation
    plots.update_curve_band(band, UNEVEN, curve, 9, VIEW, around_zero=True)
    second = plots.curve_band_outline(UNEVEN, curve, 9, VIEW, around_zero=True)
    np.testing.assert_array_equal(corners(), second)


def test_ramp_has_the_slope_of_plain_ste(ax: Axes) -> None:
    line = plots.draw_ramp(ax, ramp_of(UNEVEN), THEME, VIEW)
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    np.testing.assert_array_equal(x, [-0.5, 0.0, 2.0, 2.5])
    slopes = UNEVEN.ste_gradient(0.5 * (x[1:] + x[:-1]))
    np.testing.assert_allclose(np.diff(y) / np.diff(x), slopes)
    plots.update_ramp(line, ramp_of(UNEVEN), (0.5, 1.0))
    np.testing.assert_allclose(np.asarray(line.get_ydata()), [0.75, 1.5])
