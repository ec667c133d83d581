"""The article's four figures: what they draw is what the quantizer and its draws say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from n2uq_viz import figures, plots, style
from n2uq_viz import state as states
from n2uq_viz.figures.figure2 import single_draws
from n2uq_viz.figures.learned import parameter_line
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.quantizer import Quantizer

LIGHT = style.theme("light")
UNEVEN = Quantizer([0.0, 0.4, 1.1, 2.0], np.linspace(0.0, 2.0, 4))
WIDE = Quantizer([-1.0, 0.0, 0.25, 4.0, 5.0], [0.0, 1.0, 1.5, 4.0, 4.5])
VIEW = (-1.5, 5.5)
STEP = 1e-6
PARAMETERS = [(q, k) for q in (UNEVEN, WIDE) for k in range(q.levels.size)]


def moved(q: Quantizer, k: int, by: float) -> Quantizer:
    """The quantizer with its start (k = 0) or its k-th interval changed."""
    edges = q.edges.copy()
    edges[k:] += by
    return Quantizer(edges, q.levels)


@pytest.mark.parametrize(("q", "k"), PARAMETERS)
def test_lines_of_parameters_are_slopes_of_the_expectation(q: Quantizer, k: int) -> None:
    x = np.linspace(*VIEW, 701)
    x = x[np.abs(x[:, None] - q.edges).min(axis=1) > 10.0 * STEP]
    rise = moved(q, k, STEP).expectation(x) - moved(q, k, -STEP).expectation(x)
    corners, heights = parameter_line(q, k, VIEW)
    np.testing.assert_allclose(np.interp(x, corners, heights), rise / (2.0 * STEP), atol=1e-6)


def test_lines_of_parameters_begin_and_end_with_the_view() -> None:
    for view in ((0.1, 0.2), (-3.0, -2.0), (0.3, 1.5), (6.0, 7.0)):
        x, y = parameter_line(UNEVEN, 1, view)
        assert (x[0], x[-1]) == view
        assert np.all(np.diff(x) >= 0.0)
        assert np.all(np.isfinite(y))


def test_single_draws_are_those_that_are_counted() -> None:
    x = np.linspace(-1.5, 1.5, 31)
    y, up = single_draws(Quantizer.binary(), x, 50, seed=3)
    counted = simulate_shared(Quantizer.binary(), x, 50, 3)
    np.testing.assert_allclose(y.mean(axis=1), counted.mean)
    assert set(np.unique(y[up])) == {1.0}


def lines(ax: Axes, role: str) -> list[NDArray[np.float64]]:
    """Points (n, 2) of every line of that color."""
    found: list[Line2D] = [a for a in ax.lines if to_hex(a.get_color()) == LIGHT.color[role]]
    return [np.column_stack((np.asarray(a.get_xdata()), np.asarray(a.get_ydata()))) for a in found]


def holds(found: list[NDArray[np.float64]], wanted: tuple[Any, Any]) -> bool:
    """Whether one of the lines goes through exactly these points."""
    points = np.column_stack(wanted)
    return any(
        each.shape == points.shape and np.allclose(each, points, equal_nan=True) for each in found
    )


def state_of(name: str, q: Quantizer) -> dict[str, Any]:
    view = [float(q.edges[0]) - 0.5, float(q.edges[-1]) + 0.5]
    found = {"version": 1, **q.to_dict(), "view": view, "draws": 300, "seed": 5}
    return states.validate(found, figures.explorer_of(name))


@pytest.mark.parametrize("q", [Quantizer.binary(), UNEVEN, WIDE], ids=["1", "3", "4"])
@pytest.mark.parametrize("name", ["figure2_binary", "figure3_sum_of_steps", "figure4_n2uq"])
def test_expectation_and_slope_are_the_quantizers(name: str, q: Quantizer) -> None:
    state = state_of(name, q)
    view = (state["view"][0], state["view"][1])
    axes = figures.NAMES[name](state, "light").axes
    assert any(holds(lines(ax, "expectation"), plots.expectation_line(q, view)) for ax in axes)
    assert any(holds(lines(ax, "gste"), plots.gste_line(q, view)) for ax in axes)
    assert any(holds(lines(ax, "deterministic"), plots.staircase(q, view)) for ax in axes)


@pytest.mark.parametrize("q", [Quantizer.binary(), UNEVEN], ids=["1", "3"])
@pytest.mark.parametrize("name", ["figure2_binary", "figure4_n2uq"])
def test_evidence_is_simulated_from_the_state(name: str, q: Quantizer) -> None:
    one = state_of(name, q)
    dots = [
        [
            each
            for ax in figures.NAMES[name](state, "light").axes
            for each in lines(ax, "monte_carlo")
        ]
        for state in (one, {**one, "seed": 6}, one)
    ]
    same = [np.array_equal(a, b, equal_nan=True) for a, b in zip(dots[0], dots[2], strict=True)]
    assert dots[0]
    assert all(same)
    assert any(a.shape != b.shape or not np.allclose(a, b) for a, b in zip(*dots[:2], strict=False))


def test_first_figure_marks_every_tie() -> None:
    forward, true, _ = figures.figure1_ste(state_of("figure1_ste", UNEVEN), "light").axes
    ties = UNEVEN.thresholds
    filled = np.column_stack((ties, UNEVEN.levels[:-1]))
    assert any(
        each.shape == filled.shape and np.allclose(each, filled)
        for each in lines(forward, "deterministic")
    )
    holes = np.column_stack((ties, np.zeros(3)))
    assert any(
        each.shape == holes.shape and np.allclose(each, holes)
        for each in lines(true, "deterministic")
    )


def test_words_have_the_numbers_of_the_state() -> None:
    words = figures.text_alternative("figure4_n2uq", state_of("figure4_n2uq", UNEVEN))
    for slope in ("1.67", "0.952", "0.741"):
        assert slope in words
    for name in ("figure1_ste", "figure2_binary", "figure3_sum_of_steps", "figure4_n2uq"):
        assert "CVPR 2022" in figures.caption(name)


def test_bias_keeps_its_numbers_and_follows_the_state() -> None:
    default = figures.caption("bias_of_ste")
    for number in ("1.175", "1.896", "2.718", "1.350"):
        assert number in default
    other = {**figures.default_state("bias_of_ste"), "x": -0.5}
    assert figures.caption("bias_of_ste", other) != default


def test_weights_use_their_codes_more_evenly_after_scaling() -> None:
    words = figures.caption("weight_occupancy")
    assert "1.98" in words


def test_compander_and_rounding_make_the_quantizer() -> None:
    x = np.linspace(-0.5, 2.5, 3001)
    apart = np.abs(x[:, None] - UNEVEN.thresholds).min(axis=1) > 1e-9
    step = float(UNEVEN.levels[1] - UNEVEN.levels[0])
    through = step * np.ceil(UNEVEN.expectation(x) / step - 0.5)
    np.testing.assert_allclose(through[apart], UNEVEN(x)[apart], atol=1e-12)
    axes = figures.NAMES["compander"](state_of("compander", UNEVEN), "light").axes
    view = (-0.5, 2.5)
    assert any(holds(lines(ax, "expectation"), plots.expectation_line(UNEVEN, view)) for ax in axes)
    assert any(holds(lines(ax, "deterministic"), plots.staircase(UNEVEN, view)) for ax in axes)
