"""A p-value that means what it says: uniform for the truth, tiny for a curve slightly off it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import stats

from n2uq_viz.montecarlo import (
    Agreement,
    MonteCarlo,
    agreement,
    null_band,
    simulate,
    simulate_gradient,
    simulate_running,
    simulate_shared,
)
from n2uq_viz.quantizer import Quantizer
from tests.strategies import quantizers_with_inputs

Case = tuple[Quantizer, NDArray[np.float64]]
UNEVEN = Quantizer([0.0, 0.2, 1.0, 4.0], [-3.0, 5.0, 5.5, 6.0])
BENT = Quantizer([0.0, 0.4, 1.5, 2.0], [0.0, 2 / 3, 4 / 3, 2.0])  # a trained 2-bit quantizer
INSIDE = np.linspace(0.0, 4.0, 14)[1:-1]
MOSTLY_OUTSIDE = np.concatenate(
    [np.linspace(-9.0, 0.0, 20), INSIDE[::3], np.linspace(4.0, 9.0, 20)]
)
REPETITIONS = 4000


def p_values(x: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """Of draws that do come from the quantizer whose expectation they are held against."""
    counts = simulate(UNEVEN, np.tile(x, (REPETITIONS, 1)), draws, seed=5, method="counts").count
    curve = UNEVEN.expectation(x)
    return np.array(
        [
            agreement(MonteCarlo(UNEVEN, x, draws, count, seed), curve).p_value
            for seed, count in enumerate(counts)
        ]
    )


def one_slope(q: Quantizer) -> Quantizer:
    """The ramp whose derivative is the plain STE's."""
    return Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])


# If the curve is the expectation


@pytest.mark.parametrize("draws", [10, 50, 200, 1000])
@pytest.mark.parametrize("x", [INSIDE, MOSTLY_OUTSIDE], ids=["inside", "mostly outside"])
def test_p_values_are_uniform_for_the_truth(x: NDArray[np.float64], draws: int) -> None:
    found = p_values(x, draws)
    # 5 % of 4000: one standard deviation of the share is 0.34 %.
    assert 0.04 < np.mean(found < 0.05) < 0.06
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_errors_from_the_sample_would_reject_the_truth() -> None:
    # What the check above would show for the test that suggests itself: z with sample errors.
    draws = 50
    counts = simulate(UNEVEN, np.tile(INSIDE, (2000, 1)), draws, method="counts").count
    share, p = counts / draws, UNEVEN.step_probability(INSIDE)
    error = np.sqrt(np.maximum(share * (1 - share), 1e-9) / draws)
    found = stats.chi2.sf((((share - p) / error) ** 2).sum(axis=1), p.size)
    assert np.mean(found < 0.05) > 0.1


@pytest.mark.parametrize("method", ["draws", "counts", "shared"])
def test_every_way_to_draw_fits_the_formula(method: str) -> None:
    x = np.linspace(-1.0, 5.0, 301)
    if method == "shared":
        mc = simulate_shared(UNEVEN, x, 2000, seed=3)
    else:
        mc = simulate(UNEVEN, x, 2000, seed=3, method=method)
    found, p = agreement(mc, UNEVEN.expectation), UNEVEN.step_probability(x)
    assert 1e-3 < found.p_value < 1 - 1e-3
    assert found.points == np.sum((p > 0) & (p < 1))
    assert found.coverage == pytest.approx(0.95, abs=0.05)
    assert 2.0 < found.max_z < 4.5


def test_an_astronomical_number_of_draws_fits_too() -> None:
    # Where the standard error is a millionth of a step, rounding must not look like a deviation.
    q = Quantizer([1000.0, 1000.7, 1003.0], [-1e4, -1e4 + 0.3, -1e4 + 1.0])
    x = np.linspace(999.9, 1003.1, 60)
    found = [
        agreement(simulate(q, x, 10**12, seed=s, method="counts"), q.expectation).p_value
        for s in range(20)
    ]
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_the_randomizer_shares_no_numbers_with_the_coins() -> None:
    # Of coins thrown once, the p-value rests on the randomizer; both start from the same seed.
    found = [
        agreement(simulate(UNEVEN, INSIDE, 1, seed=s), UNEVEN.expectation, seed=s).p_value
        for s in range(1500)
    ]
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_the_seed_decides_and_draws_started_otherwise_are_judged_otherwise() -> None:
    mc = simulate(UNEVEN, INSIDE, 10, seed=1)
    first = agreement(mc, UNEVEN.expectation, seed=2)
    assert first.p_value == agreement(mc, UNEVEN.expectation, seed=2).p_value
    assert first.p_value == agreement(mc, UNEVEN.expectation(mc.x), seed=2).p_value
    assert first.p_value != agreement(mc, UNEVEN.expectation, seed=3).p_value
    other = dataclasses.replace(mc, seed=4)
    assert first.p_value != agreement(other, UNEVEN.expectation, seed=2).p_value


# If it is not


@pytest.mark.parametrize("method", ["draws", "counts"])
def test_a_curve_off_by_a_hundredth_of_a_level_is_seen(method: str) -> None:
    x = np.linspace(0.02, 3.98, 25)
    mc = simulate(UNEVEN, x, 10**6, seed=2, method=method)
    lower, upper, p = UNEVEN.outcomes(x)
    true = UNEVEN.expectation(x)
    assert agreement(mc, true).p_value > 1e-3
    hundredth = 0.01 * (upper - lower)
    within = true + np.where(p < 0.5, hundredth, -hundredth)
    assert np.all((within > lower) & (within < upper))
    found = agreement(mc, within)
    assert found.p_value < 1e-12
    assert (found.points, found.coverage) == (25, 0.0)
    # Even where it is off at a single point.
    assert agreement(mc, np.where(np.arange(25) == 12, within, true)).p_value < 1e-12
    beyond = np.where(p < 0.3, lower - hundredth, true)
    assert np.any(beyond < lower)
    assert agreement(mc, beyond).p_value == 0.0


def test_the_draws_side_with_g_ste_and_against_ste() -> None:
    x = np.linspace(-0.5, 2.5, 121)
    ramp = one_slope(BENT)
    for seed in range(5):
        mc = simulate(BENT, x, 10_000, seed=seed)
        assert agreement(mc, BENT.expectation).p_value > 1e-3
        assert agreement(mc, ramp.expectation).p_value == 0.0
        # Not only since one slope leaves the levels in reach; also where it does not.
        lower, upper, _ = BENT.outcomes(x)
        kept = (ramp.expectation(x) >= lower) & (ramp.expectation(x) <= upper)
        some = MonteCarlo(BENT, x[kept], mc.draws, mc.count[kept], seed)
        assert 20 < np.sum(kept & (x > 0) & (x < 2)) < 80
        assert agreement(some, ramp.expectation).p_value < 1e-12
        assert agreement(some, BENT.expectation).p_value > 1e-3


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_for_equal_segments_both_are_right(bits: int) -> None:
    q = Quantizer.uniform(bits, low=-1.3, high=0.9)
    mc = simulate(q, np.linspace(-1.5, 1.0, 101), 10_000, seed=6)
    assert agreement(mc, one_slope(q).expectation).p_value > 1e-3


def test_it_sees_dots_that_agree_too_little_not_too_well() -> None:
    draws, x = 10_000, np.linspace(-0.9, 0.9, 41)
    exact = np.rint(draws * (x + 1) / 2).astype(int)
    found = agreement(MonteCarlo(Quantizer.binary(), x, draws, exact), x)
    assert found.p_value > 1 - 1e-12
    assert found.coverage == 1.0


# The numbers in the result


def test_the_result_by_hand() -> None:
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0, np.nan])
    mc = MonteCarlo(Quantizer.binary(), x, 100, np.array([0, 35, 50, 72, 100, 0]))
    found = agreement(mc, [-1.0, -0.5, 0.0, 0.5, 1.0, np.nan])
    assert found.points == 3
    assert np.allclose(
        found.z,
        [np.nan, 10 / np.sqrt(18.75), 0, -3 / np.sqrt(18.75), np.nan, np.nan],
        equal_nan=True,
    )
    assert found.max_z == pytest.approx(10 / np.sqrt(18.75))
    assert found.coverage == pytest.approx(2 / 3)
    assert found.rmse == pytest.approx(np.sqrt((0.2**2 + 0.06**2) / 5))
    assert found.max_error == pytest.approx(0.2)
    assert found.curve[3] == 0.5
    assert "points=3" in repr(found)


def test_the_p_value_by_hand() -> None:
    # One coin, thrown once: the transform of heads is uniform on the upper part of [0, 1].
    q, scores = Quantizer([0.0, 1.0], [0.0, 1.0]), []
    for heads in (0, 1):
        mc = MonteCarlo(q, np.array([0.3]), 1, np.array([heads]))
        found = np.array([agreement(mc, [0.3], seed=s).p_value for s in range(2000)])
        v = np.linspace(0.0005, 0.9995, 20_001)
        u = 0.7 * v if heads == 0 else 0.7 + 0.3 * v
        expected = stats.chi2.sf(stats.norm.ppf(u) ** 2, 1)
        assert stats.ks_2samp(found, expected).pvalue > 1e-3
        scores.append(found)
    assert stats.ks_2samp(*scores).pvalue < 1e-3


@pytest.mark.parametrize("draws", [7, 1000, 10**6])
def test_tails_are_those_of_the_binomial(draws: int) -> None:
    # With one judged point the p-value lies between those of the two ends of the count's step.
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    p = 0.37
    for k in sorted({0, 1, draws // 3, draws // 2, draws - 1, draws}):
        found = agreement(MonteCarlo(q, np.array([p]), draws, np.array([k])), [p]).p_value
        ends = stats.binom.cdf([k - 1, k], draws, p)
        rest = stats.binom.sf([k - 1, k], draws, p)
        sizes = 2 * np.minimum(ends, rest)
        low, high = sizes.min(), 1.0 if ends[0] < 0.5 < ends[1] else sizes.max()
        assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


@pytest.mark.parametrize("draws", [1, 100, 10**12])
@pytest.mark.parametrize("p", [1e-300, 1e-12, 0.5, 1 - 1e-12])
@pytest.mark.parametrize("share", [0, 1])
def test_counts_beyond_belief_give_no_warning(draws: int, p: float, share: int) -> None:
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    found = agreement(MonteCarlo(q, np.array([0.5]), draws, np.array([share * draws])), [p])
    expected = p if share else 1 - p
    with np.errstate(under="ignore"):
        likely = expected**draws
    assert 0.0 <= found.p_value <= 1.0
    if likely < 1e-6:
        assert found.p_value < 1e-5
    assert np.isfinite(found.max_z)


@given(quantizers_with_inputs())
def test_any_quantizer_any_input(case: Case) -> None:
    q, x = case
    mc = simulate(q, x, 20, seed=3)
    found = agreement(mc, q.expectation)
    p = q.step_probability(x)
    assert found.points == np.sum((p > 0) & (p < 1))
    assert np.array_equal(np.isnan(found.z), (p == 0) | (p == 1))
    # At most 100 examples, the same ones in every run.
    assert found.p_value > 1e-5
    assert found.max_error >= found.rmse >= 0
    low, high = null_band(q, x, 20)
    within = (low <= mc.mean) & (mc.mean <= high)
    judged = np.isfinite(found.z)
    clear = judged & (np.abs(np.abs(found.z) - 1.959964) > 1e-3)
    assert np.array_equal(within[clear], (np.abs(found.z) < 1.959964)[clear])


# Where nothing is left to chance


def test_certain_points_must_match_and_leave_the_test() -> None:
    x = np.array([-3.0, 0.0, 3.0])
    good = MonteCarlo(Quantizer.binary(), x, 100, np.array([0, 50, 100]))
    curve = [-1.0, 0.0, 1.0]
    found = agreement(good, curve)
    assert (found.points, found.max_z, found.coverage) == (1, 0.0, 1.0)
    assert found.p_value > 0.5
    for count in ([1, 50, 100], [0, 50, 99]):
        found = agreement(MonteCarlo(Quantizer.binary(), x, 100, np.array(count)), curve)
        assert (found.p_value, found.points, found.max_z) == (0.0, 1, 0.0)


def test_nothing_to_judge() -> None:
    x = np.array([-3.0, 3.0])
    matching = agreement(MonteCarlo(Quantizer.binary(), x, 9, np.array([0, 9])), [-1.0, 1.0])
    assert (matching.p_value, matching.points, matching.rmse) == (1.0, 0, 0.0)
    assert np.isnan([matching.max_z, matching.coverage]).all()
    missed = agreement(MonteCarlo(Quantizer.binary(), x, 9, np.array([0, 8])), [-1.0, 1.0])
    assert (missed.p_value, missed.points) == (0.0, 0)
    unknown = agreement(simulate(Quantizer.binary(), [np.nan], 9), [np.nan])
    assert (unknown.p_value, unknown.points) == (1.0, 0)
    assert np.isnan([unknown.rmse, unknown.max_error, unknown.max_z]).all()


def test_a_level_missed_by_rounding_is_that_level() -> None:
    q = Quantizer([0.0, 1.0, 2.0], [0.1, 0.7, 1.9])
    x = np.array([-1.0, 1.0, 3.0])
    mc = simulate(q, x, 10)
    levels = q.expectation(x)
    for ulps in (-3, 3):
        off = levels + ulps * np.spacing(1.9)
        assert agreement(mc, off).p_value == 1.0
        assert agreement(mc, levels + 1e3 * ulps * np.spacing(1.9)).p_value == 0.0


def test_a_probability_lost_in_the_sum_is_still_known() -> None:
    # One float beyond the edge, the expectation is the level, though the coin can come up.
    q = Quantizer([0.0, 1.0], [1e4, 1e4 + 1.0])
    x = np.array([1e-13])
    assert q.expectation(x)[0] == 1e4
    found = agreement(MonteCarlo(q, x, 10**12, np.array([1])), q.expectation)
    assert found.p_value > 1e-3
    assert found.points == 1


def test_running_estimates_are_each_judged() -> None:
    running = simulate_running(BENT, np.linspace(0.1, 1.9, 19), [10, 100, 1000], seed=1)
    for mc in running:
        assert agreement(mc, BENT.expectation).p_value > 1e-3


# Any shape; nothing changes


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_any_shape(shape: tuple[int, ...]) -> None:
    mc = simulate(UNEVEN, np.full(shape, 0.5), 20)
    found = agreement(mc, UNEVEN.expectation)
    assert found.z.shape == found.curve.shape == shape
    assert found.points == np.full(shape, 0.5).size
    assert isinstance(found.p_value, float)


def test_it_is_frozen() -> None:
    curve = np.array([0.0])
    found: Agreement = agreement(simulate(Quantizer.binary(), [0.0], 20), curve)
    curve[0] = 3.0
    assert found.curve[0] == 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.p_value = 1.0  # type: ignore[misc]
    for array in (found.curve, found.z):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


# Bad input


@pytest.mark.parametrize("curve", [[0.0], [[0.0, 0.0]], 0.0, lambda x: x[:1]])
def test_curves_of_another_shape(curve: Any) -> None:
    mc = simulate(Quantizer.binary(), [0.0, 0.5], 10)
    text = r"curve must have one value for each x, shape \(2,\), got shape "
    with pytest.raises(ValueError, match=text):
        agreement(mc, curve)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_curves_that_are_not_finite(bad: float) -> None:
    mc = simulate(Quantizer.binary(), [np.nan, 0.5, 0.6], 10)
    with pytest.raises(ValueError, match=rf"curve must be finite, got {bad} at x = 0.6"):
        agreement(mc, [0.0, 0.5, bad])
    assert agreement(mc, [np.nan, 0.5, 0.6]).points == 2


@pytest.mark.parametrize("curve", ["0", ["a", "b"], None, [True, False]])
def test_curves_that_are_no_numbers(curve: Any) -> None:
    with pytest.raises(ValueError, match="curve must be real numbers, got "):
        agreement(simulate(Quantizer.binary(), [0.0, 0.5], 10), curve)


@pytest.mark.parametrize("seed", [-1, 0.5, "0", None, True])
def test_seeds_that_are_none(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to \d+, got "):
        agreement(simulate(Quantizer.binary(), [0.0], 10), [0.0], seed=seed)


# Where floats end


def test_beside_an_edge_at_zero_every_number_is_finite() -> None:
    q = Quantizer([0.0, 1.0, 4.0], [0.0, 1.0, 2.0])
    for x in ([5e-324, 0.5], np.nextafter(q.edges, 9.0), np.nextafter(q.edges, -9.0)):
        found = agreement(simulate(q, x, 7), q.expectation)
        assert found.p_value > 0.001
        assert not found.max_z > 3.0  # NaN where none is judged


@pytest.mark.parametrize("precision", [np.float16, np.float32])
def test_a_curve_may_be_off_by_the_rounding_of_its_own_precision(precision: type) -> None:
    q = Quantizer([0.1, 0.7, 1.9, 2.3], [-0.3, 0.1, 0.2, 7.7])
    mc = simulate(q, np.linspace(-1.0, 3.0, 101), 1000)
    rounded: NDArray[Any] = q.expectation(mc.x).astype(precision)
    assert not np.array_equal(rounded, q.expectation(mc.x))
    assert agreement(mc, rounded).p_value > 0.01
    # As doubles the same numbers mean what they say, and no draw of the top level gives 7.699.
    assert agreement(mc, rounded.astype(np.float64)).p_value == 0.0
    assert agreement(mc, rounded + precision(0.1)).p_value == 0.0


def test_huge_errors_and_levels_do_not_overflow() -> None:
    mc = simulate(Quantizer.binary(), [-0.5, 0.5], 10)
    assert agreement(mc, np.full(2, 1e160)).rmse == pytest.approx(1e160)
    huge = Quantizer([0.0, 1.0, 2.0], [-1e300, 0.0, 1e300])
    low, high = null_band(huge, [0.0, 0.5, 1.0, 2.0], 100)
    np.testing.assert_allclose(low, [-1e300, -0.5e300 - 0.0979982e300, 0.0, 1e300], rtol=1e-6)
    np.testing.assert_allclose(high, [-1e300, -0.5e300 + 0.0979982e300, 0.0, 1e300], rtol=1e-6)
    uneven = Quantizer([0.0, 1.0, 2.0, 3.0], [0.0, 1e-300, 1.0, 1e300])
    assert agreement(simulate(uneven, [0.5, 2.5], 10), uneven.expectation).p_value > 0.001


def test_things_of_another_kind_are_refused_in_words() -> None:
    x = [0.0]
    for call in (
        lambda: simulate({"edges": [0, 1]}, x, 10),  # type: ignore[arg-type]
        lambda: simulate_shared(None, x, 10),  # type: ignore[arg-type]
        lambda: simulate_gradient([0, 1], x, 10),  # type: ignore[arg-type]
        lambda: null_band(None, x, 10),  # type: ignore[arg-type]
        lambda: MonteCarlo(None, x, 10, [3]),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=r"quantizer must be a Quantizer, got .*make one by"):
            call()
    estimate = simulate_gradient(Quantizer.binary(), x, 10)
    for thing in (None, [1], estimate):
        with pytest.raises(ValueError, match=r"mc must be a MonteCarlo, got .*simulate makes one"):
            agreement(thing, Quantizer.binary().expectation)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="draws must be a whole number"):
        simulate(Quantizer.binary(), x, np.timedelta64(5))  # type: ignore[arg-type]
