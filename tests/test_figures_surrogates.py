"""The zoo of surrogates, the bias of the STE, the first figure: their numbers and their words."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from n2uq_viz import figures, style
from n2uq_viz.figures import bias
from n2uq_viz.figures.surrogates import VIEWS
from n2uq_viz.plots.surrogates import (
    curve_inputs,
    draw_surrogate,
    noise_slope,
    surrogate_limits,
    update_surrogate,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE
from tests.test_figures import line

NAMES = ("surrogates", "bias_of_ste", "figure1_ste")
LIGHT = style.theme("light")
SIGN_VIEW = (-2.0, 2.0)


def points(found: Line2D) -> np.ndarray:
    """The points of a line, (n, 2)."""
    return np.column_stack((np.asarray(found.get_xdata()), np.asarray(found.get_ydata())))


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("name", ["bias_of_ste", "figure1_ste"])
def test_no_words_lie_on_a_curve(name: str, theme: str) -> None:
    """Words inside the panels keep clear of every line but the grid's."""
    figure = figures.NAMES[name](theme=theme)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    for ax in figure.axes:
        for text in ax.texts:
            box = text.get_window_extent(canvas.get_renderer())
            for each in ax.lines:
                path = each.get_path().transformed(each.get_transform())
                hit = path.intersects_bbox(box, filled=False)
                assert not hit, f"{text.get_text()!r} lies on a line at {points(each)[:1]}"


# --- One surrogate --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TABLE)
def test_a_panel_shows_what_the_surrogate_says(key: str) -> None:
    entry, view = TABLE[key], VIEWS.get(key, SIGN_VIEW)
    artists = draw_surrogate(Figure().add_subplot(), entry, LIGHT, view)
    x = points(artists.derivative)[:, 0]
    np.testing.assert_array_equal(artists.derivative.get_ydata(), entry.derivative(x))
    assert (x[0], x[-1]) == view
    assert (np.diff(x) > 0.0).all()
    # The staircase, between its corners.
    corners = points(artists.forward)[:, 0]
    thresholds, levels = entry.staircase()
    np.testing.assert_array_equal(corners[1:-1:2], thresholds)
    np.testing.assert_array_equal(points(artists.forward)[:, 1][::2], levels)
    # The shading: where there is noise, it reaches up to the derivative, and nowhere else.
    outlines = [np.asarray(path.vertices) for path in artists.noise.get_paths()]
    assert len(outlines) == (entry.no_noise() is None)
    for outline in outlines:
        top = outline[1 : x.size + 1]
        np.testing.assert_array_equal(top[:, 0], x)
        np.testing.assert_allclose(top[:, 1], entry.derivative(x), rtol=1e-6, atol=1e-12)
    low, high = surrogate_limits(entry, view)
    assert low < min(0.0, levels[0], entry.derivative(x).min())
    assert high > max(levels[-1], entry.derivative(x).max())


def test_an_updated_panel_is_a_new_one() -> None:
    axes = Figure().add_subplot(), Figure().add_subplot()
    moved = draw_surrogate(axes[0], TABLE["ede"], LIGHT, SIGN_VIEW)
    for key, params, view in (
        ("ede", {"t": 0.5}, SIGN_VIEW),
        ("pact", {"alpha": 1.5}, (-1.0, 1.0)),
        ("gste", {"quantizer": Quantizer.uniform(1)}, (0.2, 0.3)),
        ("dsq", {}, (0.6, 2.0)),
    ):
        update_surrogate(moved, TABLE[key], view, **params)
        fresh = draw_surrogate(axes[1], TABLE[key], LIGHT, view, **params)
        for one, other in ((moved.forward, fresh.forward), (moved.derivative, fresh.derivative)):
            np.testing.assert_array_equal(points(one), points(other))
        paths = [
            [np.asarray(path.vertices).tolist() for path in each.noise.get_paths()]
            for each in (moved, fresh)
        ]
        assert paths[0] == paths[1]


def test_noise_of_a_step_in_part_of_the_view() -> None:
    """A view without any threshold still shows what reaches it."""
    entry, view = TABLE["clipped_ste"], (0.5, 1.5)
    x = curve_inputs(entry, view)
    slope = noise_slope(entry, x)
    assert slope is not None
    np.testing.assert_array_equal(slope, np.where(x < 1.0, 1.0, 0.0))
    artists = draw_surrogate(Figure().add_subplot(), entry, LIGHT, view)
    assert points(artists.forward)[:, 1].tolist() == [1.0, 1.0]


# --- The zoo --------------------------------------------------------------------------------------


def test_the_zoo_has_a_panel_for_every_surrogate() -> None:
    figure = figures.surrogates(theme="light")
    assert len(figure.axes) == len(TABLE)
    for ax, entry in zip(figure.axes, TABLE.values(), strict=True):
        title, tag = (text.get_text() for text in ax.texts)
        assert title == entry.title
        shaded = [c for c in ax.collections if isinstance(c, PolyCollection) and c.get_paths()]
        assert len(shaded) == (entry.no_noise() is None)
        assert tag.startswith("✗") == (entry.no_noise() is not None)
        derivative = line(ax, LIGHT.color["gste"])
        x = points(derivative)[:, 0]
        np.testing.assert_array_equal(derivative.get_ydata(), entry.derivative(x))
        assert len(ax.get_xticks()) >= 2
        assert len(ax.get_yticks()) >= 2


def test_words_of_the_zoo_count_what_is_true() -> None:
    caption = figures.caption("surrogates")
    silent = [entry.title for entry in TABLE.values() if entry.density(0.0) is None]
    assert caption.startswith(f"{len(TABLE)} derivatives")
    assert f"holds for {len(TABLE) - len(silent)} of them" in caption
    assert f"The others ({', '.join(silent)})" in caption
    assert set(re.findall(r"arXiv \d{4}\.\d{5}", caption)) == {
        entry.source[-16:] for entry in TABLE.values() if entry.source[-16:].startswith("arXiv")
    }
    assert all(entry.source in caption for entry in TABLE.values())
    alternative = figures.text_alternative("surrogates")
    assert "ReSTE: none. Its area is 2.29." in alternative
    assert "EDE: logistic." in alternative
    assert "✗" not in alternative


# --- The bias of the STE --------------------------------------------------------------------------


def test_four_slopes_at_the_published_place() -> None:
    """Sinh 1, cosh 1 + 0.3 sinh 1, e and e^0.3, against enumeration of both outcomes."""
    found = bias.slopes(0.3)
    low, high = 0.35, 0.65  # chances of −1 and of +1
    assert float(found.true) == pytest.approx((math.e - 1.0 / math.e) / 2.0)
    assert float(found.sampled) == pytest.approx(low / math.e + high * math.e)
    assert float(found.deterministic) == pytest.approx(math.e)
    assert float(found.of_mean) == pytest.approx(math.exp(0.3))
    published = {"true": 1.175, "sampled": 1.896, "deterministic": 2.718, "of_mean": 1.350}
    for name, value in published.items():
        assert float(getattr(found, name)) == pytest.approx(value, abs=5e-4)


def test_only_the_true_slope_is_the_slope_of_the_mean() -> None:
    """Finite differences of E[f(Q)], which is enumerated here, for three functions."""
    x, h = np.linspace(-1.4, 1.4, 57) + 1e-3, 1e-6
    functions: list[tuple[Any, Any]] = [
        (np.exp, np.exp),
        (lambda y: y**3 - y, lambda y: 3.0 * y**2 - 1.0),
        (np.sin, np.cos),
    ]
    for f, derivative in functions:

        def mean(at: Any, f: Any = f) -> Any:
            chance = np.clip(0.5 * (1.0 + at), 0.0, 1.0)
            return (1.0 - chance) * f(-1.0) + chance * f(1.0)

        found = bias.slopes(x, f, derivative)
        slope = (mean(x + h) - mean(x - h)) / (2.0 * h)
        np.testing.assert_allclose(bias.mean_value(x, f), mean(x), atol=1e-12)
        np.testing.assert_allclose(found.true, slope, atol=1e-8)
        inside = np.abs(x) < 1.0
        for other in (found.sampled, found.deterministic, found.of_mean):
            assert np.abs(other - found.true)[inside].max() > 0.3
            assert not other[~inside].any()


def test_straight_functions_leave_no_bias() -> None:
    x = np.linspace(-1.2, 1.2, 25) + 1e-3
    found = bias.slopes(x, lambda y: 3.0 - 2.0 * y, lambda y: np.full_like(y, -2.0))
    for other in (found.sampled, found.deterministic, found.of_mean):
        np.testing.assert_allclose(other, found.true, atol=1e-12)


def test_simulation_agrees_with_true_and_sampled_and_with_no_other() -> None:
    """At most 4.5 standard errors for each of 74 means: a false alarm once in 2000 seeds."""
    found, exact = bias.simulated(bias.DOTS), bias.slopes(bias.DOTS)
    for mean, error, wanted in (
        (found.true, found.true_error, exact.true),
        (found.sampled, found.sampled_error, exact.sampled),
    ):
        assert np.abs((mean - wanted) / error).max() < 4.5
        for other in (exact.true, exact.sampled, exact.deterministic, exact.of_mean):
            if other is not wanted:
                assert np.abs((mean - other) / error).max() > 10.0
    np.testing.assert_array_equal(found.value, found.sampled)  # as exp is its own derivative


def test_standard_errors_are_those_of_the_draws() -> None:
    """Spread over 400 seeds at one place: its own error is 3.5 %, and 5 of them are allowed."""
    x = np.array([0.3])
    runs = [bias.simulated(x, draws=200, seed=seed) for seed in range(400)]
    for name in ("true", "sampled"):
        means = np.array([getattr(run, name)[0] for run in runs])
        (claimed,) = getattr(runs[0], f"{name}_error")
        assert means.std(ddof=1) == pytest.approx(claimed, rel=5.0 / math.sqrt(2.0 * 400))


def test_bias_figure_draws_those_numbers() -> None:
    values, slopes = figures.bias_of_ste(theme="light").axes
    color = LIGHT.color
    found = bias.simulated(bias.DOTS)
    dots = line(values, color["monte_carlo"], "None", "o")
    np.testing.assert_array_equal(dots.get_ydata(), found.value)
    chord = line(values, color["expectation"])
    x = points(chord)[:, 0]
    np.testing.assert_array_equal(chord.get_ydata(), bias.mean_value(x))
    curves = {
        "true": line(slopes, color["expectation"]),
        "sampled": line(slopes, color["ste"], "--"),
        "deterministic": line(slopes, color["deterministic"]),
        "of_mean": line(slopes, color["gste"], ":"),
    }
    for name, curve in curves.items():
        x = points(curve)[:, 0]
        np.testing.assert_array_equal(curve.get_ydata(), getattr(bias.slopes(x), name))
    drawn = [
        points(each)[:, 1]
        for each in slopes.lines
        if to_hex(each.get_color()) == color["monte_carlo"]
    ]
    np.testing.assert_array_equal(drawn, [found.true, found.sampled])
    legend = slopes.get_legend()
    assert legend is not None
    entries = [text.get_text().split()[0] for text in legend.get_texts()]
    assert entries == ["2.718", "1.896", "1.350", "1.175", "simulated,"]


def test_words_of_the_bias_name_its_numbers() -> None:
    for words in (figures.caption("bias_of_ste"), figures.text_alternative("bias_of_ste")):
        for number in ("x = 0.3", "1.175", "1.896", "2.718", "1.350", "10,000 draws"):
            assert number in words
    found = bias.simulated(bias.DOTS)
    k = bias.DOTS.round(12).tolist().index(0.3)
    half = 1.96 * found.true_error[k]
    assert f"{found.true[k]:.2f} ± {half:.2f}" in figures.caption("bias_of_ste")


def test_heads_of_panels_stand_on_one_line() -> None:
    """On the same baseline, also where one has letters with a tail or a tilde and another none."""
    for name in ("bias_of_ste", "figure1_ste"):
        panels = figures.NAMES[name](theme="projector").axes
        for k in range(2):
            heads: list[Any] = [ax.texts[k] for ax in panels]
            assert {text.get_verticalalignment() for text in heads} == {"baseline"}
            assert len({text.xyann for text in heads}) == 1


# --- The first figure -----------------------------------------------------------------------------


def solid(ax: Axes) -> list[Line2D]:
    return [each for each in ax.lines if to_hex(each.get_color()) == LIGHT.color["deterministic"]]


def test_first_figure_shows_step_slope_and_estimator() -> None:
    forward, true, ste = figures.figure1_ste(theme="light").axes
    q = Quantizer.binary()
    treads = line(forward, LIGHT.color["deterministic"])
    np.testing.assert_array_equal(treads.get_ydata(), [-1.0, -1.0, np.nan, 1.0, 1.0])
    filled, hollow = (each for each in forward.lines if each.get_marker() == "o")
    assert points(filled).tolist() == [[0.0, float(q(0.0))]]
    assert points(hollow).tolist() == [[0.0, 1.0]]
    # The true slope: 0 on both sides and a hole where it is undefined, again in the third panel.
    for ax in (true, ste):
        flat, hole = [each for each in solid(ax) if len(points(each)) in (1, 5)]
        x, y = points(flat).T
        assert x[0] == ax.get_xlim()[0]
        assert x[-1] == ax.get_xlim()[1]
        np.testing.assert_array_equal(y[np.isfinite(x)], 0.0)
        assert points(hole).tolist() == [[0.0, 0.0]]
        assert to_hex(hole.get_markerfacecolor()) == LIGHT.color["panel"]
    estimator = line(ste, LIGHT.color["ste"], "--")
    np.testing.assert_array_equal(estimator.get_ydata(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(points(estimator)[:, 0][1:-1], [-1.0, -1.0, 1.0, 1.0])
    (gate,) = ste.patches
    extent = gate.get_extents().transformed(ste.transData.inverted())
    assert (extent.x0, extent.x1) == pytest.approx((-1.0, 1.0))
    assert forward.get_ylabel() == "output y"
    assert true.get_ylabel() == ste.get_ylabel() == "dy/dx"
    for ax in (forward, true, ste):
        assert "input x" in {text.get_text() for text in ax.texts}
    # The words name the gate as it is: closed at its left end, open at its right end.
    assert [float(q.ste_gradient(end, slope="unit")) for end in q.edges] == [0.0, 1.0]
    said = [text.get_text().replace("\n", " ").replace("\xa0", " ") for text in ste.texts]
    assert any("−1 < x ≤ 1" in words for words in said)
