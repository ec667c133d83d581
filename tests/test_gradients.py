"""Both estimators mean what the formulas say, vary as much as they say, and say where they fail."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from n2uq_viz.montecarlo import (
    GradientEstimate,
    simulate,
    simulate_gradient,
    simulate_gradient_shared,
    simulate_shared,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import uniforms
from tests.strategies import quantizers_with_inputs

Case = tuple[Quantizer, NDArray[np.float64]]
CRN, SCORE = "common_random_numbers", "score_function"
BINARY = Quantizer.binary()
UNEVEN = Quantizer([0.0, 0.2, 1.0, 4.0], [-3.0, 5.0, 5.5, 6.0])
EVERYWHERE = np.linspace(-1.0, 5.0, 241)
METHODS = pytest.mark.parametrize("method", [CRN, SCORE])


def estimate(
    x: Any, draws: int, method: str, sampling: str, half_width: float | None = None, seed: int = 0
) -> GradientEstimate:
    if sampling == "shared":
        return simulate_gradient_shared(UNEVEN, x, draws, seed, method, half_width)
    return simulate_gradient(UNEVEN, x, draws, seed, method, half_width, sampling=sampling)


def quotient(q: Quantizer, x: NDArray[np.float64], h: float) -> NDArray[np.float64]:
    rise = q.expectation(x + h) - q.expectation(x - h)
    return np.asarray(rise / ((x + h) - (x - h)))


# What one draw gives


@given(quantizers_with_inputs(), st.sampled_from((0.01, 0.3, 1.0, 5.0)), st.integers(0, 2**53 - 1))
def test_common_random_numbers_draw_by_draw(case: Case, relative: float, seed: int) -> None:
    q, x = case
    x = x[np.isfinite(x)]
    if not x.size:
        return
    h, draws = relative * float(q.intervals.min()), 30
    found = simulate_gradient_shared(q, x, draws, seed, CRN, h)
    u = uniforms(seed, x.size, draws)
    sides = []
    for side in (x + h, x - h):
        lower, upper, p = (part[:, None] for part in q.outcomes(side))
        sides.append(np.where(u < p, upper, lower))
    with np.errstate(invalid="ignore"):
        sample = (sides[0] - sides[1]) / ((x + h) - (x - h))[:, None]
    scale = np.abs(found.value).max(axis=-1) * 1e-12
    close = np.abs(found.mean - sample.mean(axis=1)) <= scale
    assert np.all(close | np.isnan(found.mean))
    assert np.array_equal(np.isnan(found.mean), x + h == x - h)
    spread = np.sqrt(sample.var(axis=1) / draws)
    assert np.all((np.abs(found.standard_error - spread) <= 1e3 * scale) | np.isnan(found.mean))


@given(quantizers_with_inputs(), st.integers(0, 2**53 - 1))
def test_the_score_function_draw_by_draw(case: Case, seed: int) -> None:
    q, x = case
    draws = 30
    found = simulate_gradient_shared(q, x, draws, seed, SCORE)
    lower, upper, p = (part[:, None] for part in q.outcomes(x))
    heads = uniforms(seed, x.size, draws) < p
    # The derivative of log P: p rises by 1 over the width of the segment, 1 - p falls.
    k = np.clip(np.searchsorted(q.edges, x), 1, q.intervals.size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        score = np.where(heads, 1 / p, -1 / (1 - p)) / q.intervals[k - 1, None]
        sample = (np.where(heads, upper, lower) - (lower + upper) / 2) * score
    inside = (p[:, 0] > 1e-300) & (p[:, 0] < 1)
    # The middle of two levels is known to so many digits only.
    accuracy = 1e-12 + 4 * np.spacing(np.abs(q.levels).max()) / (upper - lower)[inside, 0]
    expected = sample.mean(axis=1)[inside]
    assert np.all(np.abs(found.mean[inside] - expected) <= accuracy * np.abs(expected))
    outside = (x < q.edges[0]) | (x > q.edges[-1])
    assert np.all(found.mean[outside] == 0)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        beyond = ~np.isfinite(0.5 * q.gradient(x) / p[:, 0])
    certain = (p[:, 0] == 0) | (p[:, 0] == 1)
    assert np.array_equal(np.isnan(found.mean), ~outside & (certain | beyond))


@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
@pytest.mark.parametrize("half_width", [None, 0.15, 0.7, 3.0])
def test_outcomes_come_up_as_often_as_their_probability(
    sampling: str, half_width: float | None
) -> None:
    draws = 20_000
    found = estimate(EVERYWHERE, draws, CRN, sampling, half_width, seed=4)
    expected = draws * found.probability
    assert np.all(found.count[expected == 0] == 0)
    usual = ((expected > 5) | (expected == 0)).all(axis=-1)
    seen, expected = found.count[usual], expected[usual]
    possible = expected > 0
    freedom = possible.sum() - usual.sum()
    assert freedom > 150
    statistic = np.sum((seen - expected)[possible] ** 2 / expected[possible])
    assert 1e-4 < stats.chi2.cdf(statistic, freedom) < 1 - 1e-4


# The mean


@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
@pytest.mark.parametrize("half_width", [None, 0.15, 0.7, 3.0])
def test_common_random_numbers_are_unbiased_for_the_quotient(
    sampling: str, half_width: float | None
) -> None:
    # Across edges, too, and across several of them.
    found = estimate(EVERYWHERE, 20_000, CRN, sampling, half_width, seed=1)
    h = UNEVEN.intervals.min() / 20 if half_width is None else half_width
    assert found.half_width == h
    target = quotient(UNEVEN, EVERYWHERE, h)
    assert np.allclose(found.target, target, rtol=1e-9, atol=1e-9)
    chance = found.variance > 0
    assert np.allclose(found.mean[~chance], target[~chance], rtol=1e-9, atol=1e-9)
    z = (found.mean - target)[chance] / np.sqrt(found.variance[chance] / found.draws)
    # A rare outcome is not normal; together the squares have this mean and this spread.
    kurtosis = moment(found, 4)[chance] / found.variance[chance] ** 2
    spread = np.sqrt(np.sum((kurtosis - 3) / found.draws + 2))
    assert abs(np.sum(z**2) - z.size) < 4 * spread
    assert np.abs(z).max() < 6


@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
def test_the_score_function_is_unbiased_for_the_slope(sampling: str) -> None:
    found = estimate(EVERYWHERE, 20_000, SCORE, sampling, seed=2)
    inside = ~np.isnan(found.target)
    assert np.allclose(found.target[inside], UNEVEN.gradient(EVERYWHERE)[inside], rtol=1e-12)
    chance = inside & (np.nan_to_num(found.variance) > 1e-9)
    z = (found.mean - found.target)[chance] / np.sqrt(found.variance[chance] / found.draws)
    assert chance.sum() > 150
    assert 1e-4 < stats.chi2.cdf(z @ z, z.size) < 1 - 1e-4
    assert np.allclose(found.mean[inside & ~chance], found.target[inside & ~chance])


@given(quantizers_with_inputs(), st.floats(1e-3, 2.0))
def test_targets_are_the_formulas(case: Case, relative: float) -> None:
    q, x = case
    x = x[np.isfinite(x)]
    if not x.size:
        return
    h = relative * float(q.intervals.min())
    found = simulate_gradient(q, x, 1, half_width=h)
    with np.errstate(invalid="ignore"):
        target = quotient(q, x, h)
    rounding = 8 * np.spacing(np.abs(q.levels).max()) / h + 1e-9 * np.abs(target)
    assert np.all((np.abs(found.target - target) <= rounding) | (x + h == x - h))
    # Away from edges the quotient is the slope; rounding x moves p by so many digits only.
    clear = ~found.near_edge & (np.abs(x[:, None] - q.edges).min(axis=1) > 0)
    digits = 4 * np.spacing(np.abs(x) + np.abs(q.edges).max()) / h + 1e-9
    slope = q.gradient(x)
    assert np.all(
        (np.abs(found.target - slope) <= digits * np.abs(slope) + rounding)[clear]
        | (x + h == x - h)[clear]
    )
    score = simulate_gradient(q, x, 1, method=SCORE)
    p = q.step_probability(x)
    inside = (p > 1e-300) & (p < 1)
    assert np.allclose(score.target[inside], slope[inside], rtol=1e-12)


# The variance


@pytest.mark.parametrize("q", [BINARY, UNEVEN, Quantizer.uniform(3)])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.4])
def test_closed_form_of_common_random_numbers(q: Quantizer, share: float) -> None:
    h = share * float(q.intervals.min())
    for left, right, slope in zip(q.edges, q.edges[1:], q.slopes, strict=False):
        x = np.linspace(left + 1.01 * h, right - 1.01 * h, 20)
        found = simulate_gradient(q, x, 1, half_width=h)
        assert not found.near_edge.any()
        expected = slope**2 * ((right - left) / (2 * h) - 1)
        assert np.allclose(found.variance, expected, rtol=1e-9)


@pytest.mark.parametrize("q", [BINARY, UNEVEN, Quantizer.uniform(3)])
def test_closed_form_of_the_score_function(q: Quantizer) -> None:
    for left, right, slope in zip(q.edges, q.edges[1:], q.slopes, strict=False):
        p = np.linspace(0.001, 0.999, 101)
        found = simulate_gradient(q, left + p * (right - left), 1, method=SCORE)
        expected = slope**2 * (1 / (4 * p * (1 - p)) - 1)
        assert np.allclose(found.variance, expected, rtol=1e-9, atol=1e-9 * slope**2)


def test_neither_method_is_the_less_noisy_one_everywhere() -> None:
    x = [0.0, 0.5, 0.9, 0.99]
    common = simulate_gradient(BINARY, x[:3], 1, half_width=0.1)
    assert np.allclose(common.variance, 9.0)
    # At .99 the quotient would reach across the edge: nearer to it, a smaller h is needed.
    assert simulate_gradient(BINARY, x[3], 1, half_width=0.1).near_edge
    score = simulate_gradient(BINARY, x, 1, method=SCORE)
    assert np.allclose(score.variance, [0.0, 1 / 3, 81 / 19, 9801 / 199])
    assert score.variance.round(2).tolist() == [0.0, 0.33, 4.26, 49.25]


def moment(found: GradientEstimate, order: int) -> NDArray[np.float64]:
    """Central moment of one draw, from its outcomes and their probabilities."""
    off = found.value - found.target[..., None]
    return np.asarray((off**order * found.probability).sum(axis=-1))


@METHODS
@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
def test_closed_form_and_sample_variance_are_the_same(method: str, sampling: str) -> None:
    draws = 50_000
    x = np.concatenate([np.linspace(a, b, 12)[1:-1] for a, b in ((0, 0.2), (0.2, 1), (1, 4))])
    found = estimate(x, draws, method, sampling, seed=8)
    sample = found.standard_error**2 * draws
    spread = np.sqrt((moment(found, 4) - found.variance**2) / draws)
    assert np.allclose(moment(found, 2), found.variance)
    # 30 estimates: 4.5 standard deviations are passed by chance in one of 5000 such tests.
    assert np.all(np.abs(sample - found.variance) < 4.5 * spread + found.variance * 10 / draws)


@METHODS
def test_errors_shrink_as_the_standard_error_says(method: str) -> None:
    x = np.full(2000, 0.6)
    for draws in (100, 10_000):
        found = simulate_gradient(BINARY, x, draws, 3, method)
        spread = np.std(found.mean)
        # The standard deviation of 2000 estimates is known to 1.6 %, more of the skewed ones.
        assert spread == pytest.approx(np.sqrt(found.variance[0] / draws), rel=0.1)
        assert np.sqrt(np.mean(found.standard_error**2)) == pytest.approx(spread, rel=0.1)


# Edges


def test_near_edge_tells_where_the_quotient_reaches_across() -> None:
    q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
    x = np.array([-0.3, -0.25, -0.2, 0.0, 0.2, 0.25, 0.3, 0.75, 0.8, 1.0, 1.25, 2.9, 3.25, 3.3])
    found = simulate_gradient(q, x, 1, half_width=0.25)
    expected = [False, False, True, True, True, False, False, False, True, True, False, True]
    assert found.near_edge.tolist() == [*expected, False, False]
    assert not simulate_gradient(q, x, 1, method=SCORE).near_edge.any()
    # Where it does, the target is a mean of both slopes; where not, it is the slope.
    assert found.target[x == 1.0] == pytest.approx(0.75)
    assert np.allclose(found.target[~found.near_edge], q.gradient(x)[~found.near_edge])


def test_the_score_function_on_an_edge_is_not_a_number() -> None:
    x = [-0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 4.0, 4.1]
    for sampling in ("draws", "counts", "shared"):
        found = estimate(x, 10, SCORE, sampling)
        on_edge = np.isin(x, UNEVEN.edges)
        for array in (found.mean, found.standard_error, found.target, found.variance):
            assert np.array_equal(np.isnan(array), on_edge)
        assert np.all(found.count[on_edge] == 0)
        assert found.mean[0] == found.mean[-1] == 0.0


@METHODS
@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
def test_nan_stays_nan_and_far_out_the_slope_is_0(method: str, sampling: str) -> None:
    x = [np.nan, -np.inf, -1e300, -9.0, 9.0, 1e300, np.inf]
    half_width = 0.5 if method == CRN else None
    found = estimate(x[:5] + x[6:], 10, method, sampling, half_width)
    expected = [np.nan, 0, 0 if method == SCORE else np.nan, 0, 0, 0]
    for array in (found.mean, found.standard_error, found.target, found.variance):
        assert np.array_equal(array, expected, equal_nan=True)
    assert found.count.sum(axis=-1).tolist() == [0 if np.isnan(e) else 10 for e in expected]


# What a reader should know


def test_too_wide_a_half_width_is_told_with_where() -> None:
    x = np.linspace(-1, 5, 61)
    found = simulate_gradient(UNEVEN, x, 10, half_width=0.25)
    (text,) = found.warnings
    near = x[found.near_edge]
    assert text.startswith("The half-width 0.25 is wider than the smallest interval, 0.2: at ")
    assert f"at {near.size} of 61 inputs, between x = {near[0]:g} and x = {near[-1]:g}, " in text
    away = simulate_gradient(UNEVEN, [2.0, 2.5], 10, half_width=0.25)
    assert "at none of the 2 inputs" in away.warnings[0]
    assert np.allclose(away.target, UNEVEN.gradient([2.0, 2.5]))
    for fine in (None, 0.01, 0.2):
        assert simulate_gradient(UNEVEN, x, 10, half_width=fine).warnings == ()
    assert simulate_gradient(UNEVEN, x, 10, method=SCORE).warnings == ()


def test_too_narrow_a_half_width_is_told_with_where() -> None:
    q = Quantizer([1.0, 2.0], [0.0, 1.0])
    found = simulate_gradient(q, [0.0, 1.25, 1.5, 1e9], 100, half_width=1e-17)
    (text,) = found.warnings
    assert text.startswith("The half-width 1e-17 is too narrow for the floating-point numbers at 3")
    assert "of 4 inputs, between x = 1.25 and x = 1e+09" in text
    assert np.array_equal(np.isnan(found.mean), [False, True, True, True])
    # Barely wide enough: what is divided by is the distance that rounding left.
    barely = simulate_gradient(q, [1.5], 10**6, half_width=1.5e-16, sampling="counts")
    assert len(barely.warnings) == 1
    assert barely.target[0] == 1.0


def test_extreme_half_widths_give_no_python_warning() -> None:
    for h in (5e-324, 1e-300, 1e300, 1.7e308):
        found = simulate_gradient(UNEVEN, [0.1, 2.0, 1e300], 10, half_width=h)
        assert len(found.warnings) == 1
        assert found.mean.shape == found.variance.shape == (3,)


# Reproducible, any shape, unchanging


@METHODS
@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
def test_the_seed_decides(method: str, sampling: str) -> None:
    first = estimate(EVERYWHERE, 50, method, sampling, seed=3)
    again = estimate(EVERYWHERE, 50, method, sampling, seed=3)
    assert np.array_equal(first.count, again.count)
    other = estimate(EVERYWHERE, 50, method, sampling, seed=4)
    assert not np.array_equal(first.count, other.count)
    assert (first.draws, first.seed, first.method, first.sampling) == (50, 3, method, sampling)


def test_the_draws_at_both_sides_are_those_of_simulate_shared() -> None:
    # At a distance that no rounding blurs, the mean is the quotient of two means that were drawn.
    x, h = np.linspace(-1, 5, 13), 0.25
    found = simulate_gradient_shared(UNEVEN, x, 500, seed=6, half_width=h)
    right, left = (simulate_shared(UNEVEN, x + side, 500, seed=6).mean for side in (h, -h))
    assert np.allclose(found.mean, (right - left) / (2 * h), rtol=1e-12, atol=1e-12)


@METHODS
@pytest.mark.parametrize("sampling", ["draws", "counts", "shared"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_any_shape(method: str, sampling: str, shape: tuple[int, ...]) -> None:
    found = estimate(np.full(shape, 0.5), 20, method, sampling)
    for array in (found.x, found.mean, found.standard_error, found.target, found.variance):
        assert array.shape == shape
    assert found.near_edge.shape == shape
    outcomes = 3 if method == CRN else 2
    for shape_of_outcomes in (found.count.shape, found.value.shape, found.probability.shape):
        assert shape_of_outcomes == (*shape, outcomes)


def test_it_is_frozen() -> None:
    found = simulate_gradient(BINARY, [0.0], 20)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.draws = 5  # type: ignore[misc]
    for array in (found.x, found.count, found.value, found.probability):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_astronomical_numbers_of_draws() -> None:
    found = simulate_gradient(UNEVEN, EVERYWHERE, 10**12, sampling="counts")
    error = np.sqrt(found.variance / found.draws)
    assert np.all(np.abs(found.mean - found.target) <= 5 * error + 1e-9)


def test_slopes_and_outputs_fit_each_other() -> None:
    # Stepping from one estimate of the output to the next along the estimated slopes.
    x = np.linspace(0.21, 0.99, 40)
    slopes = simulate_gradient(UNEVEN, x, 10**10, sampling="counts", half_width=0.01).mean
    outputs = simulate(UNEVEN, x, 10**10, method="counts").mean
    climbed = outputs[0] + np.cumsum(slopes[:-1] * np.diff(x))
    assert np.allclose(climbed, outputs[1:], atol=1e-4)


# Bad input


@pytest.mark.parametrize("half_width", [-0.1, 0.0, np.nan, np.inf, "1", [0.1, 0.2], True])
def test_half_widths_that_are_none(half_width: Any) -> None:
    text = "half_width must be one finite number above 0, got "
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=text):
            run(BINARY, [0.0], 10, half_width=half_width)


def test_the_score_function_has_no_half_width() -> None:
    text = 'half_width must be None for method "score_function", which has none, got 0.1'
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=text):
            run(BINARY, [0.0], 10, method=SCORE, half_width=0.1)


@pytest.mark.parametrize("name", ["crn", "", None, 1])
def test_names_of_nothing(name: Any) -> None:
    text = 'method must be one of "common_random_numbers", "score_function", got '
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=text):
            run(BINARY, [0.0], 10, method=name)
    with pytest.raises(ValueError, match='sampling must be one of "draws", "counts", got '):
        simulate_gradient(BINARY, [0.0], 10, sampling=name)


@pytest.mark.parametrize("draws", [0, 2.5, True, "100", None, 10**12 + 1])
def test_draws_that_are_not_positive_and_whole(draws: Any) -> None:
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=r"draws must be a whole number from 1 to \d+, got "):
            run(BINARY, [0.0], draws)


@pytest.mark.parametrize("seed", [-1, 2**53, 0.5, True, "0", None])
def test_seeds_that_are_none(seed: Any) -> None:
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to \d+, got "):
            run(BINARY, [0.0], 10, seed=seed)


@pytest.mark.parametrize("x", ["0", [None], [True], [1j], [[0.0], [0.0, 1.0]]])
def test_inputs_that_are_no_numbers(x: Any) -> None:
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=r"x must be real numbers, got .*; give ints or"):
            run(BINARY, x, 10)


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_no_input_at_all(shape: tuple[int, ...]) -> None:
    for run in (simulate_gradient, simulate_gradient_shared):
        with pytest.raises(ValueError, match=r"x must hold at least 1 number, got shape \("):
            run(BINARY, np.zeros(shape), 10)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        ([[1, 2, 3]], r"count must sum to draws = 4 at each x"),
        ([[-1, 2, 3]], r"count must sum to draws = 4 at each x"),
        (np.array([[2**63, 2**63, 4]], dtype=np.uint64), r"count must sum to draws = 4 at each x"),
        ([[2, 2]], r"count must be whole numbers of shape \(1, 3\), one for each outcome"),
        ([[1.0, 1.0, 2.0]], r"count must be whole numbers of shape \(1, 3\), one for each outcome"),
    ],
)
def test_counts_that_do_not_fit(count: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        GradientEstimate(BINARY, np.zeros(1), 4, CRN, 0.1, 0, "draws", count)
