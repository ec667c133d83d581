"""Estimates agree with the formulas as closely as chance allows, and say how closely that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from n2uq_viz.montecarlo import (
    MonteCarlo,
    null_band,
    simulate,
    simulate_gradient,
    simulate_running,
    simulate_shared,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import uniforms
from tests.strategies import quantizers, quantizers_with_inputs

Simulate = Callable[..., MonteCarlo]
Case = tuple[Quantizer, NDArray[np.float64]]
COUNTS = partial(simulate, method="counts")
METHODS = {"draws": simulate, "counts": COUNTS, "shared": simulate_shared}
EACH = pytest.mark.parametrize("run", METHODS.values(), ids=METHODS)
THROWN = pytest.mark.parametrize("run", [simulate, simulate_shared])
UNEVEN = Quantizer([0.0, 0.01, 1.0, 4.0], [-3.0, 5.0, 5.5, 6.0])


def at_zero(counts: Any, draws: int) -> MonteCarlo:
    """What a sign with a fair coin would have given, had its coin come up `counts` times."""
    counts = np.asarray(counts)
    return MonteCarlo(Quantizer.binary(), np.zeros(counts.shape), draws, counts)


# The estimates


@EACH
@pytest.mark.parametrize("q", [Quantizer.binary(), Quantizer.uniform(3), UNEVEN])
def test_counts_are_binomial_around_the_formula(run: Simulate, q: Quantizer) -> None:
    draws = 2000
    mc = run(q, np.linspace(q.edges[0], q.edges[-1], 203)[1:-1], draws, seed=6)
    p = q.step_probability(mc.x)
    thrown = (p > 0) & (p < 1)
    assert np.array_equal(mc.count[~thrown], draws * p[~thrown])
    # Exact two-sided tail of each count, Bonferroni over the points: one seed in 10 000 fails.
    count, p = mc.count[thrown], p[thrown]
    tail = np.minimum(stats.binom.cdf(count, draws, p), stats.binom.sf(count - 1, draws, p))
    assert tail.min() > 1e-4 / 2 / p.size
    # Points where normal theory holds; their squared scores sum to chi-square.
    usual = draws * p * (1 - p) > 20
    scores = (count - draws * p)[usual] / np.sqrt(draws * p * (1 - p))[usual]
    assert usual.sum() > 150
    assert 1e-4 < stats.chi2.cdf(scores @ scores, usual.sum()) < 1 - 1e-4


@EACH
@given(case=quantizers_with_inputs())
def test_the_mean_is_the_formula_with_the_share_for_the_probability(
    run: Simulate, case: Case
) -> None:
    q, x = case
    mc = run(q, x, 7, seed=1)
    lower, upper, p = q.outcomes(x)
    assert np.allclose(mc.mean, lower + (upper - lower) * mc.count / 7, rtol=1e-12)
    assert np.all((mc.mean >= lower) & (mc.mean <= upper))
    certain = (p == 0) | (p == 1)
    assert np.array_equal(mc.mean[certain], q.expectation(x)[certain])
    share = mc.count / 7
    expected = (upper - lower) * np.sqrt(share * (1 - share) / 7)
    assert np.allclose(mc.standard_error, expected, rtol=1e-12, atol=0)
    low, high = mc.interval()
    assert np.all((lower <= low) & (low <= mc.mean) & (mc.mean <= high) & (high <= upper))
    assert np.all((low < high) | certain)
    for end in (low, high):
        assert np.array_equal(end[certain], q.expectation(x)[certain])


def test_the_sample_itself_has_that_mean_and_variance() -> None:
    q, x, draws = UNEVEN, np.array([0.004, 0.3, 2.0]), 40_000
    mc = simulate_shared(q, x, draws, seed=8)
    lower, upper, p = q.outcomes(x)
    sample = np.where(uniforms(8, 3, draws) < p[:, None], upper[:, None], lower[:, None])
    assert np.allclose(mc.mean, sample.mean(axis=1), rtol=1e-12)
    assert np.allclose(mc.standard_error, sample.std(axis=1) / np.sqrt(draws), rtol=1e-9)
    # 4.5 standard deviations of the mean, and the variance that such a share would give.
    off = 4.5 * np.sqrt(p * (1 - p) / draws)
    step = upper - lower
    assert np.all(np.abs(mc.mean - q.expectation(x)) <= step * off)
    allowed = step**2 * (np.abs(1 - 2 * p) * off + off**2) * (1 + 1e-9)
    assert np.all(np.abs(sample.var(axis=1) - q.variance(x)) <= allowed)


@EACH
def test_the_error_shrinks_with_the_root_of_the_draws(run: Simulate) -> None:
    x = np.linspace(-0.9, 0.9, 51)
    errors = [
        float(np.sqrt(np.mean((run(Quantizer.binary(), x, n, seed=4).mean - x) ** 2)))
        for n in (100, 10_000)
    ]
    # A hundred times the draws: a tenth of the error; 51 squared scores leave it within 40 %.
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.4)


# Reproducible, and at any size


@EACH
def test_the_seed_decides(run: Simulate) -> None:
    x = np.linspace(-1, 1, 30)
    first = run(Quantizer.binary(), x, 100, seed=3)
    assert np.array_equal(first.count, run(Quantizer.binary(), x, 100, seed=3).count)
    assert not np.array_equal(first.count, run(Quantizer.binary(), x, 100, seed=4).count)
    assert np.array_equal(
        run(Quantizer.binary(), x, 100).count, run(Quantizer.binary(), x, 100, seed=0).count
    )
    assert (first.draws, first.seed) == (100, 3)
    assert first.method == next(name for name, other in METHODS.items() if other is run)


@EACH
def test_inputs_with_the_same_probability_get_different_coins(run: Simulate) -> None:
    count = run(Quantizer.binary(), np.zeros(200), 1000, seed=9).count
    variance = count.var(ddof=1) / 250
    assert stats.chi2.ppf(1e-4, 199) / 199 < variance < stats.chi2.ppf(1 - 1e-4, 199) / 199


@given(quantizers(), st.integers(0, 2**53 - 1), st.integers(1, 60))
def test_shared_draws_are_those_of_the_table(q: Quantizer, seed: int, draws: int) -> None:
    x = np.linspace(q.edges[0] - 1, q.edges[-1] + 1, 12).reshape(3, 4)
    mc = simulate_shared(q, x, draws, seed)
    heads = uniforms(seed, x.size, draws) < q.step_probability(x).reshape(-1, 1)
    assert np.array_equal(mc.count, heads.sum(axis=1).reshape(x.shape))


def test_a_random_number_equal_to_the_probability_does_not_take_the_step() -> None:
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    u = uniforms(7, 50, 1)[:, 0]
    assert not simulate_shared(q, u, 1, seed=7).count.any()
    assert simulate_shared(q, np.nextafter(u, 1.0), 1, seed=7).count.all()


def test_dragging_does_not_reshuffle_shared_draws() -> None:
    x = np.linspace(-2, 2, 101)
    counts = [
        simulate_shared(Quantizer.binary((-1 + shift, 1 + shift)), x, 50, seed=2).count
        for shift in np.linspace(0, 1, 20)
    ]
    # To the right the probability falls everywhere: no coin may come up again.
    assert np.all(np.diff(counts, axis=0) <= 0)
    assert len({count.tobytes() for count in counts}) == 20


@EACH
def test_the_counts_of_many_points_do_not_hang_together(run: Simulate) -> None:
    count = run(Quantizer.binary(), np.full((2000, 2), 0.3), 40, seed=1).count
    # The correlation of 2000 pairs that have none is below 0.1 but for one seed in 100 000.
    assert abs(np.corrcoef(count[:, 0], count[:, 1])[0, 1]) < 0.1
    assert abs(np.corrcoef(count[:-1, 0], count[1:, 0])[0, 1]) < 0.1


@pytest.mark.parametrize("method", ["draws", "counts"])
def test_what_starts_from_one_seed_shares_no_random_numbers(method: str) -> None:
    q, x = Quantizer.binary(), np.full(2000, 0.2)
    output = simulate(q, x, 20, seed=3, method=method).count
    slopes = simulate_gradient(q, x, 20, seed=3, method="score_function", sampling=method)
    assert abs(np.corrcoef(output, slopes.count[:, 0])[0, 1]) < 0.1


# The same coins after some of the draws


STOPS = [3, 10, 64, 1000, 70_000]


def test_running_estimates_end_where_simulate_does() -> None:
    x = np.linspace(-0.1, 4.1, 30)
    *_, last = simulate_running(UNEVEN, x, STOPS, seed=5)
    assert np.array_equal(last.count, simulate(UNEVEN, x, STOPS[-1], seed=5).count)
    assert simulate_running(UNEVEN, x, [7], seed=5)[0].draws == 7


@pytest.mark.parametrize("method", ["draws", "counts"])
def test_running_estimates_are_nested_and_each_part_is_binomial(method: str) -> None:
    x = np.append(np.linspace(-0.9, 0.9, 400), [-2.0, 2.0, np.nan])
    found = simulate_running(Quantizer.binary(), x, STOPS, seed=2, method=method)
    assert [mc.draws for mc in found] == STOPS
    assert {mc.method for mc in found} == {method}
    for mc in found:
        assert mc.count[-3:].tolist() == [0, mc.draws, 0]
    counts = np.array([mc.count[:-3] for mc in found])
    parts, p = np.diff(counts, axis=0, prepend=0), (x[:-3] + 1) / 2
    for part, n in zip(parts, np.diff(STOPS, prepend=0), strict=True):
        assert part.min() >= 0
        assert part.max() <= n
        scores = (part - n * p) / np.sqrt(n * p * (1 - p))
        assert 1e-4 < stats.chi2.cdf(scores @ scores, p.size) < 1 - 1e-4
    # What comes later knows nothing of what came before.
    scores = (parts - parts.mean(axis=1, keepdims=True)) / parts.std(axis=1, keepdims=True)
    residuals = parts - np.outer(np.diff(STOPS, prepend=0), p)
    assert np.all(np.abs(np.corrcoef(residuals)[~np.eye(len(STOPS), dtype=bool)]) < 0.22)


def test_one_binomial_for_each_input_however_many_draws() -> None:
    draws, p = 10**12, 0.3
    count = COUNTS(Quantizer([0.0, 1.0], [0.0, 1.0]), np.full(4000, p), draws).count
    z = (count - draws * p) / np.sqrt(draws * p * (1 - p))
    assert stats.kstest(z, "norm").pvalue > 1e-3


@pytest.mark.parametrize("draws", [1, 10, 60, 10_000])
@pytest.mark.parametrize("p", [0.001, 0.07, 0.5, 0.93])
@EACH
def test_the_whole_distribution_is_binomial(run: Simulate, p: float, draws: int) -> None:
    q, size = Quantizer([0.0, 1.0], [0.0, 1.0]), 3000 if draws <= 60 else 500
    count = run(q, np.full(size, p), draws, seed=11).count
    edges = np.unique(stats.binom.ppf(np.linspace(0.05, 0.95, 12), draws, p))
    expected = size * np.diff(stats.binom.cdf(edges, draws, p), prepend=0.0, append=1.0)
    seen = np.bincount(np.searchsorted(edges, count), minlength=expected.size)
    usual = expected > 0
    assert np.all(seen[~usual] == 0)
    statistic = np.sum((seen - expected)[usual] ** 2 / expected[usual])
    assert stats.chi2.sf(statistic, max(usual.sum() - 1, 1)) > 1e-5


# Any input


@EACH
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_any_shape(run: Simulate, shape: tuple[int, ...]) -> None:
    mc = run(UNEVEN, np.full(shape, 0.5), 20)
    for array in (mc.x, mc.count, mc.mean, mc.standard_error, *mc.interval()):
        assert array.shape == shape
    assert mc.count.dtype == np.int64


@EACH
def test_nan_stays_nan_and_certain_outputs_are_exact(run: Simulate) -> None:
    x = [np.nan, -np.inf, 0.0, 0.01, 4.0, 9.0, np.inf]
    mc = run(UNEVEN, x, 5)
    expected = [np.nan, -3.0, -3.0, 5.0, 6.0, 6.0, 6.0]
    assert mc.count.tolist() == [0, 0, 0, 5, 5, 5, 5]
    for array in (mc.mean, *mc.interval(0.9), *null_band(UNEVEN, x, 5)):
        assert np.array_equal(array, expected, equal_nan=True)
    assert np.array_equal(mc.standard_error, [np.nan, 0, 0, 0, 0, 0, 0], equal_nan=True)


# Intervals


@pytest.mark.parametrize("draws", [1, 2, 10, 57, 10_000])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_intervals_are_wilsons(draws: int, confidence: float) -> None:
    counts = np.unique(np.linspace(0, draws, 21).astype(int))
    low, high = at_zero(counts, draws).interval(confidence)
    for k, a, b in zip(counts.tolist(), low, high, strict=True):
        wilson = stats.binomtest(k, draws).proportion_ci(confidence, method="wilson")
        # Outputs run from -1 to 1, shares from 0 to 1.
        assert a == pytest.approx(2 * wilson.low - 1, abs=1e-12)
        assert b == pytest.approx(2 * wilson.high - 1, abs=1e-12)


@pytest.mark.parametrize(("draws", "floor"), [(20, 0.83), (50, 0.83), (200, 0.83)])
def test_intervals_cover_as_often_as_they_say(draws: int, floor: float) -> None:
    counts = np.arange(draws + 1)
    low, high = at_zero(counts, draws).interval(0.95)
    p = np.linspace(0, 1, 2001)[1:-1, None]
    # Exact: the probability of all counts whose interval holds the truth.
    covered = (low <= 2 * p - 1) & (2 * p - 1 <= high)
    coverage = (stats.binom.pmf(counts, draws, p) * covered).sum(axis=1)
    assert coverage.mean() == pytest.approx(0.95, abs=0.01)
    # Known of this interval: low close to 0 and 1, nowhere far off in between.
    assert coverage.min() > floor
    middle = (p[:, 0] > 0.1) & (p[:, 0] < 0.9)
    assert coverage[middle].min() > 0.91


def test_an_interval_is_not_empty_where_every_draw_was_the_same() -> None:
    low, high = at_zero([0, 30], 30).interval()
    assert low[0] == -1.0
    assert high[1] == 1.0
    assert high[0] > -0.8
    assert low[1] < 0.8
    assert at_zero([0, 30], 30).standard_error.tolist() == [0.0, 0.0]


def test_ends_that_are_known_are_exact() -> None:
    for draws in range(1, 300):
        mc = MonteCarlo(
            Quantizer([0.0, 1.0], [0.0, 1.0]), np.full(2, 0.5), draws, np.array([0, draws])
        )
        low, high = mc.interval()
        assert (low[0], high[1]) == (0.0, 1.0)
        assert (mc.mean[0], mc.mean[1]) == (0.0, 1.0)
    # A level that lower + (upper - lower) misses by a rounding error.
    assert -8.3 + (4.2 - -8.3) != 4.2
    mc = MonteCarlo(Quantizer([0.0, 1.0], [-8.3, 4.2]), np.array([0.5, 1.0]), 9, np.full(2, 9))
    assert mc.mean.tolist() == [4.2, 4.2]
    assert mc.interval()[1].tolist() == [4.2, 4.2]


def test_more_confidence_is_a_wider_interval() -> None:
    mc = at_zero([3], 10)
    widths = [np.subtract(*mc.interval(c)[::-1])[0] for c in (1e-9, 0.5, 0.9, 0.99, 1 - 1e-15)]
    assert all(a < b for a, b in pairwise(widths))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8])
def test_the_null_band_holds_the_mean_as_often_as_it_says(p: float) -> None:
    draws = 1000
    low, high = null_band(Quantizer.binary(), 2 * p - 1, draws, confidence=0.95)
    mean = 2 * np.arange(draws + 1) / draws - 1
    inside = stats.binom.pmf(np.arange(draws + 1), draws, p)[(low <= mean) & (mean <= high)].sum()
    # Counts are whole: the normal approximation is off by at most two of them, one at each end.
    assert inside == pytest.approx(0.95, abs=2 * 0.0585 / np.sqrt(draws * p * (1 - p)))


@given(quantizers_with_inputs())
def test_the_null_band_is_centered_on_the_expectation(case: Case) -> None:
    q, x = case
    low, high = null_band(q, x, 400, confidence=0.6826894921370859)
    atol = 16 * float(np.spacing(np.max(np.abs(q.levels))))
    assert np.allclose((low + high) / 2, q.expectation(x), rtol=0, atol=atol)
    # One standard deviation holds 68.27 % of a normal distribution.
    assert np.allclose(high - low, 2 * np.sqrt(q.variance(x)) / 20, rtol=1e-9, atol=atol)


# A result does not change, and does not lie


def test_it_is_frozen() -> None:
    x, count = np.zeros(2), np.array([1, 2])
    mc = MonteCarlo(Quantizer.binary(), x, 4, count)
    x[0] = count[0] = 3
    assert (mc.x.tolist(), mc.count.tolist()) == ([0.0, 0.0], [1, 2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        mc.draws = 5  # type: ignore[misc]
    for array in (mc.x, mc.count):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("count", "text"),
    [
        ([1], r"count must have the shape of x, got \(1,\) for x of shape \(2,\)"),
        ([0, 5], r"count must be whole numbers from 0 to draws = 4, got "),
        ([-1, 0], r"count must be whole numbers from 0 to draws = 4, got "),
        ([0.5, 1.0], r"count must be whole numbers from 0 to draws = 4, got "),
        ([True, False], r"count must be whole numbers from 0 to draws = 4, got "),
    ],
)
def test_counts_that_do_not_fit(count: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        MonteCarlo(Quantizer.binary(), np.zeros(2), 4, count)


# Bad input


@EACH
@pytest.mark.parametrize("draws", [0, -1, 2.5, True, "100", None, np.nan, np.inf, 10**12 + 1])
def test_draws_that_are_not_positive_and_whole(run: Simulate, draws: Any) -> None:
    with pytest.raises(ValueError, match=r"draws must be a whole number from 1 to \d+, got "):
        run(Quantizer.binary(), [0.0], draws)
    with pytest.raises(ValueError, match=r"draws must be a whole number from 1 to 10{12}, got "):
        null_band(Quantizer.binary(), [0.0], draws)


def test_the_most_draws() -> None:
    mc = at_zero([10**12], 10**12)
    assert mc.mean.tolist() == [1.0]
    with pytest.raises(ValueError, match="draws must be a whole number from 1 to 4294967296, got "):
        simulate_shared(Quantizer.binary(), [0.0], 2**32 + 1)


@EACH
@pytest.mark.parametrize("seed", [-1, 2**53, 0.5, True, "0", None])
def test_seeds_that_are_none(run: Simulate, seed: Any) -> None:
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to \d+, got "):
        run(Quantizer.binary(), [0.0], 10, seed=seed)


@EACH
@pytest.mark.parametrize("x", ["0", ["0"], [None], [True], [1j], [[0.0], [0.0, 1.0]]])
def test_inputs_that_are_no_numbers(run: Simulate, x: Any) -> None:
    with pytest.raises(ValueError, match=r"x must be real numbers, got .*; give ints or floats"):
        run(Quantizer.binary(), x, 10)


@pytest.mark.parametrize("method", ["coins", "", None, 1])
def test_a_method_of_another_name(method: Any) -> None:
    text = 'method must be one of "draws", "counts", got '
    with pytest.raises(ValueError, match=text):
        simulate(Quantizer.binary(), [0.0], 10, method=method)
    with pytest.raises(ValueError, match=text):
        simulate_running(Quantizer.binary(), [0.0], [10], method=method)


@EACH
@pytest.mark.parametrize("shape", [(0,), (2, 0, 3)])
def test_no_input_at_all(run: Simulate, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"x must hold at least 1 number, got shape \("):
        run(Quantizer.binary(), np.zeros(shape), 10)


@pytest.mark.parametrize("draws", [[], [10, 10], [10, 5], 10, None])
def test_running_draws_that_do_not_increase(draws: Any) -> None:
    text = r"draws must be increasing whole numbers, at least one, such as .*, got "
    with pytest.raises(ValueError, match=text):
        simulate_running(Quantizer.binary(), [0.0], draws)


@pytest.mark.parametrize("draws", [[0, 1], [1, 2.5], [1, 10**13], ["1"]])
def test_running_draws_of_which_one_is_none(draws: Any) -> None:
    with pytest.raises(ValueError, match=r"draws must be a whole number from 1 to 10{12}, got "):
        simulate_running(Quantizer.binary(), [0.0], draws)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, 95])
def test_confidence_outside_0_to_1(confidence: float) -> None:
    text = rf"confidence must lie between 0 and 1, both excluded, got {confidence}"
    with pytest.raises(ValueError, match=text):
        at_zero([1], 2).interval(confidence)
    with pytest.raises(ValueError, match=text):
        null_band(Quantizer.binary(), 0.0, 10, confidence)


@pytest.mark.parametrize("confidence", [np.nan, "0.95", None, True])
def test_confidence_that_is_no_number(confidence: Any) -> None:
    with pytest.raises(ValueError, match="confidence must be one finite number, got "):
        at_zero([1], 2).interval(confidence)
