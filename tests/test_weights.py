"""N2UQ's weights in NumPy: against the reference numbers, against torch, against closed forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import laplace, norm

from n2uq_viz.nn import quantize_weight
from n2uq_viz.summaries import entropy_bits
from n2uq_viz.weights import (
    GRADIENTS,
    MAX_LEVELS,
    gamma,
    quantize_weights,
    weight_codes,
    weight_gradient,
    weight_scale,
    weight_thresholds,
)

GOLDEN = Path(__file__).parent / "data/n2uq_reference.npz"


def reference_cases() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    with np.load(GOLDEN, allow_pickle=False) as archive:
        for key in archive:
            if key.startswith("weight/"):
                case, _, name = key.rpartition("/")
                found.setdefault(case, {})[name] = archive[key]
    return found


@pytest.mark.parametrize("case", reference_cases())
def test_reference_numbers(case: str) -> None:
    given = reference_cases()[case]
    levels = 2 ** int(case.split("/")[2].removesuffix("bit"))
    np.testing.assert_allclose(
        quantize_weights(given["weight"], levels), given["quantized"], rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(
        weight_gradient(given["weight"], given["grad_quantized"], levels),
        given["grad_weight"],
        rtol=1e-9,
    )


@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 4), (4, 2, 3, 3)])
@pytest.mark.parametrize("bits", range(1, 9))
def test_it_is_torchs(bits: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(bits)
    w, upstream = rng.normal(size=shape), rng.normal(size=shape)
    w[0] = 0.0  # a silent channel
    for gradient in GRADIENTS:
        weight = torch.tensor(w, requires_grad=True)
        quantized = quantize_weight(weight, bits, gradient=gradient)
        quantized.backward(torch.tensor(upstream))
        assert weight.grad is not None
        np.testing.assert_allclose(
            quantize_weights(w, 2**bits), quantized.detach().numpy(), rtol=1e-12, atol=1e-15
        )
        np.testing.assert_allclose(
            weight_gradient(w, upstream, 2**bits, gradient=gradient),
            weight.grad.numpy(),
            rtol=1e-12,
        )


@pytest.mark.parametrize(
    ("law", "expected"),
    [(norm, (1.0, 1.9837, 2.9787, 3.9483)), (laplace, (1.0, 1.949, 2.909, 3.848))],
)
def test_entropy_is_nearly_the_number_of_bits(law: Any, expected: tuple[float, ...]) -> None:
    w = law.ppf((np.arange(400_000) + 0.5) / 400_000)
    for bits, entropy in enumerate(expected, start=1):
        counts = np.bincount(weight_codes(w, 2**bits, axis=None), minlength=2**bits)
        assert entropy_bits(counts / counts.sum()) == pytest.approx(entropy, abs=1e-3)


@pytest.mark.parametrize("levels", [2, 3, 4, 7, 16, MAX_LEVELS])
def test_levels_codes_and_thresholds_belong_together(levels: int) -> None:
    w = np.random.default_rng(0).normal(size=(3, 400))
    scale, codes = weight_scale(w, levels), weight_codes(w, levels)
    np.testing.assert_allclose(scale[:, 0], gamma(levels) * np.abs(w).mean(axis=1))
    quantized = quantize_weights(w, levels)
    np.testing.assert_allclose(quantized, scale * (2.0 * codes / (levels - 1) - 1.0))
    for row, f in zip(range(3), scale[:, 0].tolist(), strict=True):
        thresholds = weight_thresholds(levels, f)
        assert thresholds.shape == (levels - 1,)
        np.testing.assert_array_equal(codes[row], np.searchsorted(thresholds, w[row]))
        # No other level is nearer.
        every = np.linspace(-f, f, levels)
        nearest = np.abs(w[row][:, None] - every).min(axis=1)
        np.testing.assert_allclose(np.abs(w[row] - quantized[row]), nearest, atol=1e-12)


def test_gamma_is_that_of_bits() -> None:
    for bits in range(1, 9):
        assert gamma(2**bits) == (2**bits - 1) / 2 ** (bits - 1)


def test_channels_of_zeros_stay_zero() -> None:
    w = np.array([[0.0, -0.0], [1.0, -3.0]])
    found = quantize_weights(w, 4)
    assert found[0].tolist() == [0.0, 0.0]
    assert not np.signbit(found[0]).any()
    for gradient in GRADIENTS:
        assert weight_gradient(w, np.ones((2, 2)), 4, gradient=gradient)[0].tolist() == [0.0, 0.0]


def test_channels_on_another_axis_and_one_scale_for_all() -> None:
    w = np.random.default_rng(1).normal(size=(3, 4, 5))
    moved = np.moveaxis(w, 2, 0)
    for axis in (2, -1):
        np.testing.assert_array_equal(
            np.moveaxis(quantize_weights(w, 4, axis), 2, 0), quantize_weights(moved, 4)
        )
    np.testing.assert_array_equal(
        quantize_weights(w, 4, None).ravel(), quantize_weights(w.ravel(), 4, None)
    )
    given = quantize_weights(w, 4, scale=np.abs(w).max())
    assert np.abs(given - w).max() <= np.abs(w).max() / 3.0 + 1e-12  # half a step: nothing is cut


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([], {}, "weights must hold at least 1 number"),
        ([1.0, np.nan], {}, "weights must be finite, got nan at place 1"),
        (["1"], {}, "weights must be real numbers"),
        (1.0, {}, "weights must have an axis of channels"),
        ([1.0], {"levels": 1}, "levels must be a whole number from 2 to 256, got 1"),
        ([1.0], {"axis": 1}, "axis must be a whole number from -1 to 0, got 1"),
        ([1.0], {"scale": -1.0}, "scale must be finite and at least 0"),
        ([1.0, 2.0], {"scale": [1.0, 2.0, 3.0]}, r"scale must broadcast .* \(2,\), got \(3,\)"),
    ],
)
def test_what_is_refused(values: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quantize_weights(values, **{"levels": 4, **options})


def test_gradients_that_are_refused() -> None:
    with pytest.raises(ValueError, match='gradient must be one of "reference", "chain"'):
        weight_gradient([1.0], [1.0], 4, gradient="true")
    with pytest.raises(ValueError, match=r"upstream must have the shape .* \(1,\), got \(2,\)"):
        weight_gradient([1.0], [1.0, 2.0], 4)
