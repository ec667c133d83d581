"""The noise behind each surrogate, by integration and by throwing it; and where there is none, why.

Counts of throws are held against the binomial law with the probability that the formulas give. Both
tails of every count must be above ``RARE``: with some 2000 counts in this file, a correct program
fails for one choice of seeds in 2500.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE, Noise, Surrogate
from n2uq_viz.surrogates.noise import (
    exponential,
    logistic,
    normal,
    triangular,
    truncated_logistic,
    uniform,
)

THROWS = 20_000
RARE = 1e-7

LAWS: dict[str, Noise] = {
    "uniform": uniform(0.7),
    "triangular": triangular(1.3),
    "logistic": logistic(0.4),
    "truncated": truncated_logistic(2.2),
    "hardly truncated": truncated_logistic(14.0, 0.8),
    "almost even": truncated_logistic(1e-3),
    "normal": normal(0.6),
    "exponential": exponential(0.5),
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)

#: Surrogates that are said to have noise, with views that hold all of their range.
UNEVEN = Quantizer([-1.0, 0.5, 1.0, 4.0], [0.0, 1.0, 3.0, 4.0])
NOISY: list[tuple[str, dict[str, Any], tuple[float, float]]] = [
    ("clipped_ste", {}, (-1.5, 1.5)),
    ("approx_sign", {}, (-1.5, 1.5)),
    ("ede", {"t": 1.0}, (-3.0, 3.0)),
    ("ede", {"t": 4.0}, (-1.5, 1.5)),
    ("dsq", {}, (-0.5, 3.5)),
    ("dsq", {"alpha": 0.01, "bits": 1}, (-0.5, 1.5)),
    ("dsq", {"alpha": 0.9}, (-0.5, 3.5)),
    ("pact", {}, (-1.0, 4.0)),
    ("pact", {"alpha": 0.7, "bits": 3}, (-0.2, 1.0)),
    ("lsq", {}, (-3.0, 2.0)),
    ("lsq", {"step_size": 0.8, "bits": 1}, (-1.5, 1.5)),
    ("lsq", {"step_size": 0.5, "bits": 3, "tensor": "activations"}, (-0.5, 4.5)),
    ("gste", {}, (-0.3, 2.3)),
    ("gste", {"quantizer": UNEVEN}, (-1.5, 4.5)),
    ("additive_noise", {}, (-2.5, 1.0)),
    ("additive_noise", {"family": "normal", "scale": 1.0}, (-3.0, 3.0)),
    ("additive_noise", {"family": "triangular", "scale": 0.5}, (-1.0, 1.0)),
    ("additive_noise", {"family": "logistic"}, (-3.0, 3.0)),
]
noisy = pytest.mark.parametrize(("key", "params", "view"), NOISY)
SILENT: list[tuple[str, dict[str, Any], str]] = [
    ("identity_ste", {}, "Its area is infinite."),
    ("swish_sign", {}, "It turns negative, and no density does."),
    (
        "ede",
        {"t": 0.5},
        "Its area is 4. A density times the height of the step, 2, ",
    ),
    ("reste", {}, "Its area is 2.29."),
    ("ewgs", {}, "It depends on the sign of the gradient from above"),
]


def quad(function: Any, low: float, high: float) -> float:
    return float(integrate.quad(function, low, high, epsabs=1e-12, limit=200)[0])


def by_parts(function: Any, ends: list[float]) -> float:
    return sum(quad(function, a, b) for a, b in pairwise(ends))


def expect_counts(counts: Any, throws: int, p: Any) -> None:
    """Counts of a chance p: each as likely as `RARE` at least, and exact where there is none."""
    k, p = np.asarray(counts), np.clip(p, 0.0, 1.0)
    certain = (p < 1e-14) | (p > 1.0 - 1e-14)
    np.testing.assert_array_equal(k[certain], throws * np.round(p[certain]))
    tails = np.minimum(stats.binom.cdf(k, throws, p), stats.binom.sf(k - 1, throws, p))
    assert tails[~certain].size == 0 or tails[~certain].min() > RARE


# --- The laws themselves --------------------------------------------------------------------------


def inner(law: Noise) -> tuple[float, float]:
    """The support, or what holds all but 1e-15 of the law."""
    low, high = law.support
    return max(low, -40.0), min(high, 40.0)


@every_law
def test_density_is_one(law: Noise) -> None:
    low, high = inner(law)
    e = np.linspace(low - 1.0, high + 1.0, 4001)
    density = law.density(e)
    assert (density >= 0.0).all()
    assert not density[(e < law.support[0]) | (e > law.support[1])].any()
    ends = [low, *np.linspace(max(low, -3.0), min(high, 3.0), 13).tolist(), high]
    area = by_parts(lambda v: float(law.density(np.array(v))), sorted({*ends, 0.0}))
    assert area == pytest.approx(1.0, abs=1e-9)


@every_law
def test_cumulative_is_the_integral_of_the_density(law: Noise) -> None:
    low, high = inner(law)
    ends = np.linspace(max(low, -3.0), min(high, 3.0), 25)
    parts = [quad(lambda v: float(law.density(np.array(v))), a, b) for a, b in pairwise(ends)]
    np.testing.assert_allclose(np.diff(law.cumulative(ends)), parts, atol=1e-9)
    np.testing.assert_allclose(law.cumulative(np.array([-np.inf, np.inf])), [0.0, 1.0], atol=1e-12)


@every_law
def test_sampler_follows_the_density(law: Noise) -> None:
    """Kolmogorov and Smirnov's test; a correct sampler fails it with probability `RARE`."""
    found = law.sampler(np.random.default_rng(5), THROWS)
    assert stats.kstest(found, law.cumulative).pvalue > RARE
    assert law.sampler(np.random.default_rng(5), (3, 4)).shape == (3, 4)


@pytest.mark.parametrize(
    ("law", "reference"),
    [
        (uniform(0.7), stats.uniform(-0.7, 1.4)),
        (triangular(1.3), stats.triang(0.5, -1.3, 2.6)),
        (logistic(0.4), stats.logistic(0.0, 0.4)),
        (normal(0.6), stats.norm(0.0, 0.6)),
        (exponential(0.5), stats.expon(-0.5, 0.5)),
    ],
)
def test_laws_are_those_of_another_library(law: Noise, reference: Any) -> None:
    e = np.linspace(-2.0, 3.0, 101) + 1e-3
    np.testing.assert_allclose(law.density(e), reference.pdf(e), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(law.cumulative(e), reference.cdf(e), rtol=1e-10, atol=1e-15)


# --- Where noise is claimed: by integration -------------------------------------------------------


def points(surrogate: Surrogate, params: dict[str, Any], view: tuple[float, float]) -> Any:
    x = np.linspace(*view, 97) + 1e-3
    return x[np.abs(x[:, None] - surrogate.kinks(**params)).min(axis=1) > 1e-9]


@noisy
def test_derivative_is_made_of_the_densities(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    """Each threshold adds its rise times the density of the noise that just reaches it."""
    entry = TABLE[key]
    x = points(entry, params, view)
    thresholds, levels = entry.staircase(**params)
    total = np.zeros(x.size)
    for k, (t, rise) in enumerate(zip(thresholds, np.diff(levels), strict=True)):
        density = entry.density(t - x, k + 1, **params)
        assert density is not None
        total += rise * density
    np.testing.assert_allclose(entry.derivative(x, **params), total, rtol=1e-9, atol=1e-13)
    if key in ("clipped_ste", "approx_sign", "ede", "additive_noise"):
        mirrored = entry.density(-x, **params)
        assert mirrored is not None
        np.testing.assert_allclose(entry.derivative(x, **params), 2.0 * mirrored, rtol=1e-9)


@noisy
def test_densities_of_the_table_are_densities(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    entry = TABLE[key]
    reach = 40.0 * (view[1] - view[0])
    for k in range(entry.staircase(**params)[0].size):

        def density(e: float, k: int = k) -> float:
            found = entry.density(e, k + 1, **params)
            assert found is not None
            return float(found)

        assert all(density(e) >= 0.0 for e in np.linspace(-reach, reach, 501))
        law = entry.laws(**params)[k % len(entry.laws(**params))]
        low, high = max(law.support[0], -reach), min(law.support[1], reach)
        ends = sorted({low, *[e for e in (-1.0, 0.0, 1.0) if low < e < high], high})
        assert by_parts(density, ends) == pytest.approx(1.0, abs=1e-8)


@noisy
def test_curve_is_the_integral_of_the_derivative(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    entry = TABLE[key]
    ends = np.unique(np.concatenate((np.linspace(*view, 9), entry.kinks(**params))))
    parts = [quad(lambda x: float(entry.derivative(x, **params)), a, b) for a, b in pairwise(ends)]
    np.testing.assert_allclose(np.diff(entry.smooth(ends, **params)), parts, atol=1e-9)


# --- Where noise is claimed: by throwing it -------------------------------------------------------


def lower_and_rise(entry: Surrogate, params: dict[str, Any], mean: Any) -> tuple[Any, Any]:
    """The two levels around each mean: the lower, and how far up the next one is."""
    levels = entry.staircase(**params)[1]
    k = np.clip(np.searchsorted(levels, mean, side="right") - 1, 0, levels.size - 2)
    return levels[k], np.diff(levels)[k]


@noisy
def test_mean_of_noisy_outputs_is_the_curve(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    entry, rng = TABLE[key], np.random.default_rng(11)
    x = np.linspace(*view, 41)
    mean = entry.smooth(x, **params)
    lower, rise = lower_and_rise(entry, params, mean)
    outputs = entry.sample(np.broadcast_to(x, (THROWS, x.size)), rng, **params)
    upper = np.isclose(outputs, lower + rise, rtol=1e-12)
    assert (upper | np.isclose(outputs, lower, rtol=1e-12, atol=1e-12)).all()
    expect_counts(upper.sum(axis=0), THROWS, (mean - lower) / rise)


@noisy
def test_slope_of_the_mean_is_the_derivative(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    """With the same noise on both sides, every throw either stays or takes one step up."""
    entry = TABLE[key]
    h = 0.004 * (view[1] - view[0])
    x = np.linspace(*view, 41)
    x = x[np.abs(x[:, None] - entry.kinks(**params)).min(axis=1) > h]
    shape = (THROWS, x.size)
    up = entry.sample(np.broadcast_to(x + h, shape), np.random.default_rng(12), **params)
    down = entry.sample(np.broadcast_to(x - h, shape), np.random.default_rng(12), **params)
    steps = up - down
    _, rise = lower_and_rise(entry, params, entry.smooth(x, **params))
    taken = np.isclose(steps, rise, rtol=1e-12)
    assert (taken | (np.abs(steps) < 1e-12)).all()
    across = [quad(lambda v: float(entry.derivative(v, **params)), v - h, v + h) for v in x]
    expect_counts(taken.sum(axis=0), THROWS, np.array(across) / rise)


@noisy
def test_noise_alone_follows_its_density(
    key: str, params: dict[str, Any], view: tuple[float, float]
) -> None:
    del view
    entry = TABLE[key]
    for k in range(entry.staircase(**params)[0].size):
        found = entry.noise(np.random.default_rng(13), THROWS, k + 1, **params)
        law = entry.laws(**params)[k % len(entry.laws(**params))]
        assert stats.kstest(found, law.cumulative).pvalue > RARE


def test_gste_thresholds_jitter_over_their_own_segments() -> None:
    """Each throw draws one threshold in its segment; how often x is above it is the coin."""
    q, entry = UNEVEN, TABLE["gste"]
    for k in range(q.intervals.size):
        jitter = entry.noise(np.random.default_rng(k), THROWS, k + 1, quantizer=q)
        assert np.abs(jitter).max() <= 0.5 * q.intervals[k]
        x = np.linspace(q.edges[k], q.edges[k + 1], 11)
        above = (x > q.thresholds[k] + jitter[:, None]).sum(axis=0)
        expect_counts(above, THROWS, np.linspace(0.0, 1.0, 11))
        # And its slope: rise over width.
        h = 0.01 * q.intervals[k]
        middle = q.thresholds[k] + jitter
        between = int(((x[5] - h < middle) & (middle <= x[5] + h)).sum())
        expect_counts([between], THROWS, [2.0 * h / q.intervals[k]])
        slope = np.diff(q.levels)[k] / q.intervals[k]
        assert entry.derivative(x[5], quantizer=q) == pytest.approx(slope)


def test_gste_covers_the_clipped_ste_and_stochastic_rounding() -> None:
    x = np.linspace(-2.0, 5.0, 701) + 1e-4
    sign: dict[str, Any] = {"quantizer": Quantizer.binary()}
    even: dict[str, Any] = {"quantizer": Quantizer.uniform(2, 0.0, 3.0)}
    np.testing.assert_array_equal(
        TABLE["gste"].derivative(x, **sign), TABLE["clipped_ste"].derivative(x)
    )
    np.testing.assert_allclose(
        TABLE["gste"].derivative(x, **even), TABLE["pact"].derivative(x, alpha=3.0)
    )


# --- Learned parameters ---------------------------------------------------------------------------


def test_pact_derivative_for_alpha_is_that_of_the_mean() -> None:
    """By common random numbers; the rare event of 5 standard errors has probability 6e-7."""
    entry, h = TABLE["pact"], 0.05
    x = np.array([-0.4, 0.3, 1.1, 2.6, 3.2, 4.0])
    shape = (THROWS, x.size)
    up = entry.sample(np.broadcast_to(x, shape), np.random.default_rng(21), alpha=3.0 + h)
    down = entry.sample(np.broadcast_to(x, shape), np.random.default_rng(21), alpha=3.0 - h)
    quotient = (up - down) / (2.0 * h)
    error = quotient.std(axis=0, ddof=1) / math.sqrt(THROWS)
    off = np.abs(quotient.mean(axis=0) - entry.derivative(x, "alpha", alpha=3.0))
    assert (off <= 5.0 * error + 1e-12).all()


def test_lsq_derivative_for_the_step_is_not_that_of_the_mean() -> None:
    """Inside the range the mean does not move with s, and LSQ's own term averages to 0."""
    entry, x = TABLE["lsq"], np.array([-1.7, -0.9, 0.2, 0.6])
    assert (entry.smooth(x, step_size=1.0) == entry.smooth(x, step_size=1.05)).all()
    assert (np.abs(entry.derivative(x, "step_size")) > 0.05).all()
    codes = entry.sample(np.broadcast_to(x, (THROWS, x.size)), np.random.default_rng(22))
    lower = np.floor(x)
    expect_counts((codes > lower).sum(axis=0), THROWS, x - lower)  # so the mean code is x/s itself


# --- Where there is none --------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "params", "reason"), SILENT)
def test_no_noise_has_its_reason(key: str, params: dict[str, Any], reason: str) -> None:
    entry = TABLE[key]
    words = entry.no_noise(**params)
    assert words is not None
    assert words.startswith(reason)
    assert entry.density([0.0, 1.0], **params) is None
    rng = np.random.default_rng(0)
    for call in (
        lambda: entry.laws(**params),
        lambda: entry.noise(rng, 3, **params),
        lambda: entry.sample([0.0], rng, **params),
    ):
        with pytest.raises(ValueError, match=f"no noise stands behind {entry.title}, got a call"):
            call()


@noisy
def test_noise_needs_no_reason(key: str, params: dict[str, Any], view: tuple[float, float]) -> None:
    del view
    assert TABLE[key].no_noise(**params) is None


def test_together_these_are_all_of_the_table() -> None:
    assert {key for key, *_ in NOISY} | {key for key, *_ in SILENT} == set(TABLE)


def test_identity_has_no_finite_area_but_fits_rounding() -> None:
    entry = TABLE["identity_ste"]
    for reach in (1.0, 100.0, 10_000.0):
        area = quad(lambda x: float(entry.derivative(x)), -reach, reach)
        assert area == pytest.approx(2.0 * reach)
    # Rounding with noise that is even over one step: the mean is x itself, of slope 1.
    x = np.linspace(-2.0, 2.0, 21)
    noise = uniform(0.5).sampler(np.random.default_rng(31), (THROWS, x.size))
    codes = np.ceil(x + noise - 0.5)
    lower = np.floor(x + 1e-12)
    assert set(np.unique(codes - lower)) <= {0.0, 1.0}
    expect_counts(
        (codes > lower).sum(axis=0), THROWS, np.where(np.isclose(x, lower), 0.0, x - lower)
    )


@pytest.mark.parametrize("beta", [1.0, 5.0])
def test_swish_sign_turns_negative_where_it_says(beta: float) -> None:
    entry = TABLE["swish_sign"]
    turn = optimize.brentq(lambda u: u * math.tanh(0.5 * u) - 2.0, 1.0, 4.0)
    assert round(turn, 1) == 2.4
    for side in (-1.0, 1.0):
        assert entry.derivative(side * 0.999 * turn / beta, beta=beta) > 0.0
        assert entry.derivative(side * 1.001 * turn / beta, beta=beta) < 0.0
    reach = 60.0 / beta
    ends = np.linspace(-reach, reach, 41).tolist()
    area = by_parts(lambda x: float(entry.derivative(x, beta=beta)), ends)
    assert area == pytest.approx(2.0, abs=1e-9)
    negative = [-reach, -turn / beta, turn / beta, reach]
    outside = quad(lambda x: float(entry.derivative(x, beta=beta)), *negative[2:])
    assert outside < -0.19  # and not by a little, whatever beta is


@pytest.mark.parametrize("t", [0.1, 0.5, 0.99])
def test_ede_below_1_belongs_to_a_higher_step(t: float) -> None:
    entry = TABLE["ede"]
    ends = np.linspace(-40.0 / t, 40.0 / t, 41).tolist()
    area = by_parts(lambda x: float(entry.derivative(x, t=t)), ends)
    assert area == pytest.approx(2.0 / t, rel=1e-9)
    assert area > 2.0
    x = np.linspace(-5.0, 5.0, 101)
    expected = 2.0 / t * stats.logistic(0.0, 0.5 / t).pdf(-x)
    np.testing.assert_allclose(entry.derivative(x, t=t), expected, rtol=1e-9)


@pytest.mark.parametrize("o", [1.0, 3.0, 30.0, 100.0])
def test_reste_belongs_to_a_higher_step(o: float) -> None:
    entry = TABLE["reste"]
    ends = [-2.0, *entry.kinks(o=o).tolist(), 2.0]
    area = by_parts(lambda x: float(entry.derivative(x, o=o)), ends)
    assert area == pytest.approx(2.0 * 1.5 ** (1.0 / o), rel=1e-9)
    assert area > 2.008  # so not even almost 2 within the range of o
    assert (entry.derivative(np.linspace(-2.0, 2.0, 401), o=o) >= 0.0).all()
    np.testing.assert_allclose(entry.smooth([-2.0, 2.0], o=o), [-0.5 * area, 0.5 * area])


def test_ewgs_asks_for_another_noise_with_each_sign() -> None:
    entry, count = TABLE["ewgs"], 3
    cells = np.linspace(0.0, 1.0, count + 1)
    x = np.linspace(0.0, 1.0, 601) + 1e-4
    x = x[x < 1.0]
    up, down = entry.derivative(x, g=1.0), entry.derivative(x, g=-1.0)
    for g, slope in ((1.0, up), (-1.0, down)):
        # Alone, either one is a density around each threshold, times the rise of the step.
        assert (slope >= 0.0).all()
        for a, b in pairwise(cells):
            ends = [a, 0.5 * (a + b), b]
            area = by_parts(lambda v, g=g: float(entry.derivative(v, g=g)), ends)
            assert area == pytest.approx(1.0 / count, rel=1e-9)
    assert np.abs(up - down).max() > 0.3
    np.testing.assert_allclose(0.5 * (up + down), 1.0)


@pytest.mark.parametrize("size", [2.5, "a", True, -1, (2, -1), [2]])
def test_a_size_that_is_none(size: Any) -> None:
    with pytest.raises(ValueError, match=r"size must be a whole number from 0 on, or a tuple"):
        TABLE["clipped_ste"].noise(np.random.default_rng(0), size)


@pytest.mark.parametrize("key", ["clipped_ste", "ewgs"])
def test_shapes_that_do_not_fit(key: str) -> None:
    with pytest.raises(ValueError, match=r"upstream must have a shape that broadcasts with x"):
        TABLE[key].backward([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"g must have a shape that broadcasts with x, got \(2,\)"):
        TABLE["ewgs"].derivative([1.0, 2.0, 3.0], g=[1.0, 2.0])
