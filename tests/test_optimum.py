"""The best thresholds and both gradients, against searches and differences that know no formula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from n2uq_viz import Quantizer
from n2uq_viz.descent import loss, samples
from n2uq_viz.optimum import (
    INCREASING,
    best_thresholds,
    edge_gradients,
    excess_loss,
    least_loss,
)

every_target = pytest.mark.parametrize("target", INCREASING)
LEVELS = np.linspace(0.0, 2.0, 4)


def loss_of(thresholds: np.ndarray, target: str, levels: np.ndarray = LEVELS) -> float:
    """Mean squared error of the staircase with these thresholds, counted sample by sample."""
    learned = samples(target, levels, count=20_000)
    output = levels[(learned.x[:, None] > thresholds).sum(1)]
    return float(np.mean((output - learned.wanted) ** 2))


@every_target
def test_best_thresholds_are_found_by_a_search_too(target: str) -> None:
    best = best_thresholds(target, LEVELS)
    for i in range(len(best)):

        def moved(to: float, i: int = i) -> float:
            return loss_of(np.where(np.arange(len(best)) == i, to, best), target)

        low = 0.0 if i == 0 else best[i - 1]
        high = 2.0 if i == len(best) - 1 else best[i + 1]
        found = minimize_scalar(moved, bounds=(low, high), method="bounded")
        assert found.x == pytest.approx(best[i], abs=5e-3)
    assert least_loss(target, LEVELS) == pytest.approx(loss_of(best, target), rel=1e-3)


@every_target
def test_the_true_gradient_is_the_slope_of_the_loss(target: str) -> None:
    rng = np.random.default_rng(4)
    for _ in range(5):
        edges = np.sort(rng.uniform(0.1, 1.9, 4))
        true, _ = edge_gradients(Quantizer(edges, LEVELS), target)
        learned, h = samples(target, LEVELS, count=2_000_000), 1e-3
        for i in range(4):
            up, down = (edges + s * h * (np.arange(4) == i) for s in (1, -1))
            thresholds = [(e[1:] + e[:-1]) / 2 for e in (up, down)]
            losses = [
                np.mean((LEVELS[np.searchsorted(t, learned.x)] - learned.wanted) ** 2)
                for t in thresholds
            ]
            assert true[i] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=2e-3)


def test_gste_pulls_at_the_optimum_as_the_paper_and_pencil_say() -> None:
    """For the identity: plus and minus D squared / 24 on the outermost edges, 0 on the others."""
    true, gste = edge_gradients(Quantizer.uniform(2), "identity")
    rise = 2.0 / 3.0
    np.testing.assert_allclose(true, 0.0, atol=1e-12)
    np.testing.assert_allclose(gste, [rise**2 / 24, 0.0, 0.0, -(rise**2) / 24], atol=1e-5)


@pytest.mark.parametrize("target", ["sqrt", "sigmoid"])
def test_gste_does_not_stand_still_at_other_optima(target: str) -> None:
    t = best_thresholds(target, LEVELS)
    # Edges with these thresholds, whose middle segment is as wide as may be.
    h = 0.5 * min(t[0], t[1] - t[0], t[2] - t[1])
    edges = np.array([t[0] - h, t[0] + h, 2 * t[1] - t[0] - h, 2 * t[2] - 2 * t[1] + t[0] + h])
    q = Quantizer(edges, LEVELS)
    np.testing.assert_allclose(q.thresholds, t)
    true, gste = edge_gradients(q, target)
    np.testing.assert_allclose(true, 0.0, atol=1e-12)
    assert np.abs(gste).max() > 1e-3
    assert excess_loss(q, target) == pytest.approx(0.0, abs=1e-6)


def test_excess_is_never_below_zero() -> None:
    rng = np.random.default_rng(0)
    for target in INCREASING:
        for _ in range(20):
            q = Quantizer(np.sort(rng.uniform(-0.5, 2.5, 4)), LEVELS)
            assert excess_loss(q, target) > -1e-7
            assert excess_loss(q, target) == pytest.approx(
                loss(q, samples(target, LEVELS, count=200_000)) - least_loss(target, LEVELS)
            )


def test_levels_the_sigmoid_does_not_reach() -> None:
    levels = np.linspace(0.0, 2.0, 256)
    assert np.isnan(best_thresholds("sigmoid", levels)[[0, -1]]).all()
    with pytest.raises(ValueError, match="best thresholds must be finite"):
        least_loss("sigmoid", levels)


@pytest.mark.parametrize("call", [best_thresholds, least_loss])
def test_other_targets_have_no_known_optimum(call: object) -> None:
    with pytest.raises(ValueError, match=r'target must be one of "identity", "sqrt", "sigmoid"'):
        call("sine", LEVELS)  # type: ignore[operator]
    with pytest.raises(ValueError, match="target must be one of"):
        edge_gradients(Quantizer.uniform(2), "step")
