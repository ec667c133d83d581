"""Fits: against published tables, brute force, the quantizers themselves, and the torch op."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2uq_viz import Quantizer, datasets
from n2uq_viz.checks import FloatArray
from n2uq_viz.feasible import edges_for, has_edges, nearest_edges
from n2uq_viz.fits import (
    EVEN,
    METHODS,
    RANGES,
    Ordered,
    apot_levels,
    fit,
    fit_all,
    level_range,
    lloyd_max_levels,
    quantile_thresholds,
)
from n2uq_viz.nn import gste_quantize

GAUSS = np.random.default_rng(0).normal(size=400_000)
#: Mean squared error of the best quantizers of a normal density with deviation 1: J. Max,
#: "Quantizing for minimum distortion", 1960, tables I (levels anywhere) and II (even ones).
MAX_ANYWHERE = {1: 0.3634, 2: 0.1175, 3: 0.03454, 4: 0.009497}
MAX_EVEN = {1: 0.3634, 2: 0.1188, 3: 0.03744, 4: 0.01154}

sizes = st.lists(st.integers(-60, 60), min_size=2, max_size=60).filter(lambda v: len(set(v)) > 1)
values_of = sizes.map(lambda v: np.array(v) / 8.0)


def direct(q: Quantizer, x: FloatArray) -> tuple[float, FloatArray]:
    """Return error and occupancy as the quantizer itself gives them."""
    shares = np.bincount(q.codes(x), minlength=q.levels.size) / x.size
    return float(np.mean((q(x) - x) ** 2)), shares


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_normal_samples_give_the_published_errors(bits: int) -> None:
    # 400,000 samples miss a mean square of about 1 by some 0.2 %; the error's own spread is less
    # than twice that.
    free = fit(GAUSS, bits, "lloyd_max")
    assert free.relative_error == pytest.approx(MAX_ANYWHERE[bits], rel=0.01)
    assert fit(GAUSS, bits, "uniform").relative_error == pytest.approx(MAX_EVEN[bits], rel=0.01)


def test_levels_of_a_normal_density_are_the_published_ones() -> None:
    assert lloyd_max_levels(Ordered(GAUSS), 3) == pytest.approx(
        [-1.510, -0.4528, 0.4528, 1.510], abs=0.02
    )


@settings(max_examples=60, deadline=None)
@given(values_of, st.integers(1, 3))
def test_free_levels_have_the_least_error_of_all(x: FloatArray, steps: int) -> None:
    sample = Ordered(x)
    levels = lloyd_max_levels(sample, steps)
    assert levels.size == steps + 1
    found = sample.error(0.5 * (levels[1:] + levels[:-1]), levels)
    distinct = np.unique(x)
    least = np.inf
    for cuts in itertools.combinations(range(1, distinct.size), min(steps, distinct.size - 1)):
        parts = [
            x[(x >= low) & (x <= high)]
            for low, high in zip(
                distinct[[0, *cuts]], distinct[[c - 1 for c in (*cuts, distinct.size)]], strict=True
            )
        ]
        least = min(least, sum(float(((p - p.mean()) ** 2).sum()) for p in parts) / x.size)
    assert found == pytest.approx(least, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(values_of, st.integers(1, 4), st.sampled_from(METHODS), st.sampled_from(RANGES))
def test_what_a_fit_says_is_what_its_quantizer_does(
    x: FloatArray, bits: int, method: str, kind: str
) -> None:
    found = fit(x, bits, method, kind)
    q = found.quantizer
    error, shares = direct(q, x)
    assert found.error == pytest.approx(error, abs=1e-9 * (1.0 + np.ptp(x) ** 2))
    assert found.relative_error == pytest.approx(error / x.var(), rel=1e-6, abs=1e-9)
    assert found.occupancy == pytest.approx(shares)
    assert found.outside == pytest.approx(np.mean((x <= q.edges[0]) | (x > q.edges[-1])))
    assert found.slopes == (q.slopes.min(), q.slopes.max())
    used = shares[shares > 0.0]
    assert found.entropy == pytest.approx(-np.sum(used * np.log2(used)), abs=1e-12)
    assert found.moved == (found.shift > 1e-6 * np.ptp(q.levels))
    if method in ("uniform", "apot", "lloyd_max"):
        # A threshold midway between two levels: the nearer one is taken.
        nearest = np.abs(x[:, None] - q.levels).min(axis=1)
        assert error == pytest.approx(np.mean(nearest**2), abs=1e-9 * (1.0 + np.ptp(x) ** 2))
        assert not found.moved


@settings(max_examples=20, deadline=None)
@given(values_of, st.integers(1, 3))
def test_even_thresholds_have_the_least_error_with_even_levels(x: FloatArray, bits: int) -> None:
    """Thresholds for equal use, or learned ones, are never better than even ones."""
    found = fit_all(x, bits)
    for method in EVEN:
        levels = found[method].quantizer.levels
        even = direct(Quantizer.uniform(bits, levels[0], levels[-1]), x)[0]
        assert even <= found[method].error + 1e-9
    assert all(found["lloyd_max"].error <= other.error + 1e-9 for other in found.values())


@pytest.mark.parametrize("method", EVEN)
@pytest.mark.parametrize("x", [GAUSS[:500] + 0.3, np.abs(GAUSS[:500])], ids=["signed", "positive"])
def test_parameters_compute_the_same_in_the_op(method: str, x: FloatArray) -> None:
    found = fit(x, 2, method)
    p = found.parameters()
    offset = p.pop("offset")
    assert (offset == 0.0) == (x.min() >= 0.0)
    names = ("start", "intervals", "input_scale", "output_scale")
    tensors = [torch.as_tensor(np.atleast_1d(p[name]), dtype=torch.float64) for name in names]
    output = gste_quantize(torch.from_numpy(x), *tensors).numpy() + offset
    assert output == pytest.approx(found.quantizer(x))
    # Nothing is at the floor, below which an interval would no longer be learned.
    assert np.all(p["intervals"] > 1e-3)


def test_only_even_levels_have_parameters() -> None:
    with pytest.raises(ValueError, match="even levels, and those of 'apot' are not"):
        fit(GAUSS[:100], 2, "apot").parameters()


@settings(max_examples=100, deadline=None)
@given(values_of, st.integers(1, 7))
def test_quantiles_part_samples_as_evenly_as_ties_allow(x: FloatArray, steps: int) -> None:
    sample = Ordered(x)
    t = quantile_thresholds(sample, steps)
    assert t.shape == (steps,)
    assert np.all(np.diff(t) >= 0.0)
    shares = sample.occupancy(t) * x.size
    largest = float(sample.counts.max())
    # Without ties each share is within one sample of an equal one; a tie can add its own size.
    assert shares.max() <= np.ceil(x.size / (steps + 1)) + largest
    if np.unique(x).size >= steps + 1:
        assert np.all(shares >= 1.0)


def test_a_continuous_sample_is_parted_equally() -> None:
    for bits in (1, 2, 3, 4):
        assert fit(GAUSS, bits, "quantile").entropy == pytest.approx(bits, abs=1e-4)


def test_zeros_after_a_relu_keep_a_level_and_the_others_share_the_rest() -> None:
    found = fit(np.maximum(GAUSS, 0.0), 2, "quantile")
    assert found.occupancy == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6], abs=0.005)


def test_two_humps_have_thresholds_without_edges_and_it_is_said() -> None:
    found = fit(datasets.load("bimodal"), 3, "quantile")
    assert not has_edges(found.wanted)
    assert found.moved
    assert found.shift > 0.01
    assert found.entropy < 3.0 - 0.01
    assert found.quantizer.edges == pytest.approx(
        nearest_edges(found.wanted, 1e-3 * np.ptp(found.quantizer.levels))
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=9, unique=True), st.integers(1, 8))
def test_nearest_edges_are_the_nearest(places: list[int], least: int) -> None:
    t, width = np.sort(np.array(places)) / 8.0, least / 16.0
    edges = nearest_edges(t, width)
    assert edges.shape == (t.size + 1,)
    assert np.all(np.diff(edges) >= width * (1.0 - 1e-9))
    off = 0.5 * (edges[1:] + edges[:-1]) - t
    if has_edges(t) and np.all(np.diff(edges_for(t)) >= width):
        assert np.abs(off).max() < 1e-9
    # The least of a convex function on a convex set: no direction that is allowed lowers it, which
    # are the first edge, either way, and wider segments, or narrower ones where there is room.
    of_edges = np.zeros(edges.size)
    of_edges[:-1] += 0.5 * off
    of_edges[1:] += 0.5 * off
    of_widths = np.cumsum(of_edges[::-1])[::-1]
    assert of_widths[0] == pytest.approx(0.0, abs=1e-7)
    assert np.all(of_widths[1:] >= -1e-7)
    free = np.diff(edges) > width * (1.0 + 1e-6)
    assert np.all(np.abs(of_widths[1:][free]) < 1e-7)


def test_nearest_edges_do_with_thresholds_that_do_not_increase() -> None:
    edges = nearest_edges([0.0, 0.0, 0.0], 0.1)
    assert 0.5 * (edges[1:] + edges[:-1]) == pytest.approx([-0.1, 0.0, 0.1])


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("signed", [False, True])
def test_apot_levels_are_sums_of_two_powers_of_two(bits: int, signed: bool) -> None:
    levels = apot_levels(bits, signed)
    assert levels.size <= 2**bits
    assert levels[-1] == 1.0
    assert np.all(np.diff(levels) > 0.0)
    assert (levels[0] < 0.0) == signed
    if signed:
        assert np.array_equal(levels, -levels[::-1])
    # Times the largest sum, which is 1 or 1.5, each is a sum of at most two powers of two.
    powers = [0.0, *(2.0**-k for k in range(40))]
    sums = np.unique([a + b for a in powers for b in powers])
    for top in (1.0, 1.5):
        if np.all(np.isclose(np.abs(levels)[:, None] * top, sums, rtol=0, atol=1e-13).any(axis=1)):
            break
    else:
        raise AssertionError(levels)


def test_a_summary_stands_for_its_samples() -> None:
    x = datasets.load("digit_filter")
    for method in METHODS:
        whole, small = fit(x, 2, method), fit(datasets.summarize(x), 2, method)
        assert small.relative_error == pytest.approx(whole.relative_error, rel=0.02)
        assert small.entropy == pytest.approx(whole.entropy, abs=0.02)


def test_ranges() -> None:
    x = np.abs(GAUSS[:10_000])
    low, high = level_range(Ordered(x), 3, "percentile")
    assert (low, high) == (0.0, np.quantile(x, 0.995, method="inverted_cdf"))
    # No end on a fine grid does better than the one that was found.
    low, high = level_range(Ordered(x), 3, "mse")
    assert low == 0.0
    best = min(
        direct(Quantizer.uniform(2, 0.0, end), x)[0] for end in np.linspace(0.5, x.max(), 400)
    )
    assert direct(Quantizer.uniform(2, low, high), x)[0] <= best * (1.0 + 1e-3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "at least 1 number"),
        ([1.0, np.nan], "must be finite"),
        ([2.0, 2.0], "at least 2 different values.*got only 2"),
    ],
)
def test_samples_that_will_not_do(values: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit(values, 2, range=(0.0, 1.0))


def test_other_arguments_that_will_not_do() -> None:
    for arguments, words in [
        ((2, "best"), 'method must be one of "uniform"'),
        ((2, "uniform", "all"), 'range must be one of "percentile", "mse"'),
        ((9,), "bits must be a whole number from 1 to 8"),
    ]:
        with pytest.raises(ValueError, match=words):
            fit([0.0, 1.0], *arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="min_width"):
        nearest_edges([0.0, 1.0], 0.0)


def test_free_levels_that_no_sample_needs_still_increase() -> None:
    found = fit([0.0, 1.0, 1.0], 3, "lloyd_max")
    assert found.error < 1e-15
    assert found.quantizer.levels.size == 8
