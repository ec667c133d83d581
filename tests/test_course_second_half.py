"""Notebooks 06 to 08: their answers by other ways, and the numbers that their prose names."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import norm, triang

from n2uq_viz import feasible
from n2uq_viz.course import registry
from n2uq_viz.course.the_zoo_and_its_limits import CURVES, PARAMETERS
from n2uq_viz.course.your_own_tensors import DEVIATION, EACH, MODES, SAMPLE, equal_use, three_modes
from n2uq_viz.nn import quantize_weight
from n2uq_viz.surrogates import TABLE
from n2uq_viz.words import table

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def verdict(name: str, answer: Any) -> Any:
    chapter, exercise = registry.find_exercise(name)
    return exercise.judge(answer, chapter.key)


def truth(name: str) -> dict[str, Any]:
    return dict(registry.find_prediction(name)[1].truth())


# --- 06_weights_and_hardware ---------------------------------------------------------------------


def test_shares_of_a_bell_curve_are_those_of_its_distribution() -> None:
    scale = 1.5 * np.sqrt(2.0 / np.pi)
    outer = norm.sf(2.0 * scale / 3.0)
    shares = np.array([outer, 0.5 - outer, 0.5 - outer, outer])
    entropy = -(shares * np.log2(shares)).sum()
    assert truth("commonest_code") == {"code": "inner", "entropy": pytest.approx(entropy)}
    assert entropy == pytest.approx(1.9837, abs=1e-4)
    why = table()["course.weights_and_hardware.commonest_code.why"]
    assert f"{2 * scale / 3:.2f} standard" in why
    assert f"{100 * shares[1]:.2f} %" in why
    assert f"{100 * outer:.2f} %" in why
    assert f"{entropy:.2f} bits" in why


def test_codes_by_hand_are_those_of_torch() -> None:
    channel = torch.tensor([[-1.2, 1.7, -3.0, 0.1]])
    rounded = quantize_weight(channel, 2)[0].tolist()
    levels = sorted({-2.25, -0.75, 0.75, 2.25})
    assert verdict("weight_codes", [levels.index(round(v, 6)) for v in rounded]).right


def test_the_chain_rule_is_that_of_autograd_with_a_straight_line_for_rounding() -> None:
    def by_autograd(w: float, upstream: float, scale: float) -> float:
        x = torch.tensor(w, requires_grad=True)
        (scale * torch.clamp(x / scale, -1.0, 1.0)).backward(torch.tensor(upstream))
        assert x.grad is not None
        return float(x.grad)

    assert verdict("chain_rule", by_autograd).right


def test_a_signed_sum_is_the_sum_of_signed_products() -> None:
    pairs = zip([0, 3, 2, 1], [1, 0, 3, 2], strict=True)
    assert verdict("from_codes", sum((2 * k - 3) * m for k, m in pairs)).right


# --- 07_the_zoo_and_its_limits -------------------------------------------------------------------


def test_of_the_curves_exactly_one_falls_below_zero_and_the_others_have_the_area_2() -> None:
    x = np.linspace(-200.0, 200.0, 2_000_001)
    for key in CURVES:
        slope = TABLE[key].derivative(x, **PARAMETERS.get(key, {}))
        if key == truth("no_noise")["curve"]:
            assert slope.min() < 0.0
        else:
            assert slope.min() >= 0.0
            assert np.trapezoid(slope, x) == pytest.approx(2.0, abs=1e-3)


def test_the_tent_is_a_triangular_law() -> None:
    assert verdict("implied_noise", lambda e: triang(0.5, -1.0, 2.0).pdf(e)).right


def test_slopes_of_a_narrow_noise_by_differences_of_its_chance() -> None:
    def mean(x: float) -> float:
        return float(2.0 * np.clip(x + 0.5, 0.0, 1.0) - 1.0)

    found = [(mean(x + 1e-3) - mean(x - 1e-3)) / 2e-3 for x in (0.2, 0.7)]
    assert verdict("slope_of_noise", found).right
    c = 1.0 / 3.0
    assert verdict("how_wide", c).right
    assert 3.0 * 2.0 * c == pytest.approx(2.0)


def test_the_bias_is_that_of_all_outcomes() -> None:
    def mean_of_square(x: float) -> float:
        return (1 + x) / 2 * 1.0**2 + (1 - x) / 2 * (-1.0) ** 2

    true = (mean_of_square(0.3 + 1e-4) - mean_of_square(0.3 - 1e-4)) / 2e-4
    assert verdict("bias_by_hand", [round(true, 9), 2.0]).right


def test_the_notebooks_estimators_have_the_published_biases() -> None:
    """1.175, 1.896 and 2.718 for f = exp at 0.3, from all outcomes instead of throws."""
    x, f = 0.3, np.exp
    true = (f(1) - f(-1)) / 2
    sampled = (1 + x) / 2 * f(1) + (1 - x) / 2 * f(-1)
    score = (1 + x) / 2 * f(1) / (1 + x) - (1 - x) / 2 * f(-1) / (1 - x)
    assert (true, sampled, f(1)) == pytest.approx((1.175, 1.896, 2.718), abs=5e-4)
    assert score == pytest.approx(true)


# --- 08_your_own_tensors -------------------------------------------------------------------------


def test_octiles_of_three_humps_have_no_edges() -> None:
    """By the humps' own distribution, and by trying every first half-width."""
    x = np.linspace(-2.0, 4.0, 600_001)
    below = np.mean([norm.cdf((x - mode) / DEVIATION) for mode in MODES], axis=0)
    octiles = np.interp(np.arange(1, 8) / 8.0, below, x)
    np.testing.assert_allclose(equal_use().wanted, octiles, atol=2e-3)
    assert not feasible.has_edges(octiles)
    gaps = np.diff(octiles)
    for first in np.linspace(1e-4, gaps[0], 500):
        halves = [first]
        for gap in gaps:
            halves.append(gap - halves[-1])
        assert min(halves) <= 1e-12
    found = truth("three_modes")
    assert found["possible"] == "no_edges"
    sides = np.searchsorted(equal_use().quantizer.thresholds, three_modes(), side="left")
    shares = np.bincount(sides, minlength=8) / (EACH * len(MODES))
    entropy = -(shares * np.log2(shares)).sum()
    assert found["entropy"] == pytest.approx(entropy)
    assert f"{entropy:.2f} bits" in table()["course.your_own_tensors.three_modes.why"]


def test_every_set_of_thresholds_between_the_right_values_counts() -> None:
    order = np.sort(SAMPLE)
    for shares in itertools.product((0.25, 0.75), repeat=3):
        places = [
            order[k] + share * (order[k + 1] - order[k])
            for k, share in zip((1, 3, 5), shares, strict=True)
        ]
        assert verdict("equal_use", places).right
    assert not verdict("equal_use", [0.15, 0.3, 1.2]).right


def test_an_error_by_hand() -> None:
    values, levels = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.5, 2.5])
    nearest = levels[np.abs(values[:, None] - levels).argmin(1)]
    assert verdict("relative_error", np.mean((values - nearest) ** 2) / values.var()).right


@pytest.mark.parametrize("number", ["06", "07", "08"])
def test_links_in_prose_name_notebooks_that_are_here(number: str) -> None:
    (path,) = NOTEBOOKS.glob(f"{number}_*.py")
    links = re.findall(r"\]\((\w+)\.ipynb\)", path.read_text(encoding="utf-8"))
    assert links
    assert {link for link in links if not (NOTEBOOKS / f"{link}.py").is_file()} == set()
