"""One object, and everything that has to be true of its curves."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from n2uq_viz.quantizer import Quantizer
from tests.strategies import (
    clear_of_thresholds,
    equidistant_quantizers,
    quantizers,
    quantizers_with_inputs,
    sizes,
)

Case = tuple[Quantizer, NDArray[np.float64]]
EPS = float(np.finfo(np.float64).eps)
UNEVEN = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 3.0])


def output_rounding(q: Quantizer) -> float:
    """A few rounding errors of the largest output."""
    return 8.0 * float(np.spacing(np.max(np.abs(q.levels))))


# What it is made of


@given(quantizers())
def test_derived_arrays_follow_their_definitions(q: Quantizer) -> None:
    for i in range(q.edges.size - 1):
        assert q.intervals[i] == q.edges[i + 1] - q.edges[i]
        assert q.thresholds[i] == pytest.approx((q.edges[i] + q.edges[i + 1]) / 2, rel=1e-15)
        assert q.edges[i] < q.thresholds[i] < q.edges[i + 1]
        assert q.slopes[i] == (q.levels[i + 1] - q.levels[i]) / q.intervals[i]
    assert q.intervals.size == q.thresholds.size == q.slopes.size == q.edges.size - 1


def test_midpoints_do_not_overflow() -> None:
    assert Quantizer([1e308, 1.5e308], [0.0, 1e300]).thresholds[0] == pytest.approx(1.25e308)


@pytest.mark.parametrize("name", ["edges", "levels", "intervals", "thresholds", "slopes"])
def test_arrays_are_float64_and_cannot_be_made_writeable(name: str) -> None:
    array = getattr(Quantizer([0, 1, 3], [0, 1, 2]), name)
    assert array.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True


def test_it_is_frozen() -> None:
    q = Quantizer.binary()
    with pytest.raises(AttributeError, match="a Quantizer does not change, got edges = "):
        q.edges = np.array([0.0, 1.0])
    with pytest.raises(AttributeError, match="a Quantizer does not change, got color = "):
        q.color = "red"
    with pytest.raises(AttributeError, match="a Quantizer does not change, got del levels"):
        del q.levels


def test_arrays_given_to_it_are_copied() -> None:
    edges, levels = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    q = Quantizer(edges, levels)
    edges[0] = levels[0] = -5.0
    assert q == Quantizer([0.0, 1.0], [0.0, 1.0])


@given(quantizers())
def test_it_survives_every_way_of_being_written_down(q: Quantizer) -> None:
    copies = [
        copy.copy(q),
        copy.deepcopy(q),
        pickle.loads(pickle.dumps(q)),
        eval(repr(q)),
        Quantizer.from_dict(q.to_dict()),
        Quantizer.from_dict(json.loads(json.dumps(q.to_dict()))),
    ]
    for other in copies:
        assert other == q
        assert hash(other) == hash(q)


def test_equality_is_by_edges_and_levels() -> None:
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    assert q == Quantizer((0, 1), np.array([0, 1]))
    assert q != Quantizer([0.0, 1.0], [0.0, 2.0])
    assert q != Quantizer([0.0, 2.0], [0.0, 1.0])
    assert q != Quantizer([0.0, 1.0, 2.0], [0.0, 1.0, 2.0])
    assert q != "Quantizer(edges=[0.0, 1.0], levels=[0.0, 1.0])"
    minus_zero = Quantizer([-0.0, 1.0], [0.0, 1.0])
    assert q == minus_zero
    assert hash(q) == hash(minus_zero)
    assert len({q, minus_zero, Quantizer.binary()}) == 2


# How it is made


def test_binary_is_sign_with_the_clipped_ste() -> None:
    q = Quantizer.binary()
    x = np.linspace(-2, 2, 401)
    assert q.thresholds.tolist() == [0.0]
    assert np.array_equal(q(x), np.where(x > 0, 1.0, -1.0))
    assert np.allclose(q.expectation(x), np.clip(x, -1, 1), rtol=0, atol=1e-15)
    assert np.array_equal(q.gradient(x), ((x > -1) & (x <= 1)).astype(float))


@given(st.integers(1, 8), st.floats(-1e3, 1e3), sizes())
def test_uniform_has_equal_segments_and_the_plain_ste(bits: int, low: float, span: float) -> None:
    q = Quantizer.uniform(bits, low, low + span)
    assert q.levels.size == 2**bits
    assert (q.edges[0], q.edges[-1]) == (low, low + span)
    assert np.array_equal(q.edges, q.levels)
    # linspace rounds each edge on the scale of the largest, so widths differ by as much.
    assert np.allclose(
        q.intervals, span / (2**bits - 1), rtol=0, atol=4 * np.spacing(abs(low) + span)
    )
    x = np.linspace(low - span, low + 2 * span, 301)
    assert np.array_equal(q.gradient(x), q.ste_gradient(x, "chord"))
    assert np.array_equal(q.gradient(x), q.ste_gradient(x, "unit"))


def test_uniform_accepts_numpy_integers_and_whole_floats() -> None:
    assert Quantizer.uniform(np.int64(2)) == Quantizer.uniform(2)  # type: ignore[arg-type]
    assert Quantizer.uniform(2.0) == Quantizer.uniform(2)  # type: ignore[arg-type]


@given(
    st.lists(st.one_of(sizes(), st.floats(-2.0, 2.0)), min_size=1, max_size=15),
    st.floats(-10, 10),
    sizes(),
    sizes(),
)
def test_from_intervals_adds_one_interval_after_the_other(
    intervals: list[float], start: float, input_scale: float, output_scale: float
) -> None:
    q = Quantizer.from_intervals(
        intervals, start, 0.0, 2.0, input_scale=input_scale, output_scale=output_scale
    )
    edge = start
    assert q.edges[0] == start / input_scale
    for i, interval in enumerate(intervals):
        edge += interval if interval > 1e-3 else 1e-3
        assert q.edges[i + 1] == edge / input_scale
    step = 2.0 / len(intervals)
    expected = output_scale * step * np.arange(len(intervals) + 1)
    assert np.allclose(q.levels, expected, rtol=1e-14, atol=0)


def test_from_intervals_floors_strictly_and_takes_another_floor() -> None:
    assert Quantizer.from_intervals([1e-3, -5.0]).intervals == pytest.approx([1e-3, 1e-3])
    assert Quantizer.from_intervals([0.1, 0.3], eps=0.2).edges == pytest.approx([0.0, 0.2, 0.5])


def test_from_intervals_starts_where_training_starts() -> None:
    q = Quantizer.from_intervals(np.full(3, 2 / 3), np.zeros(1), input_scale=np.ones(1))
    assert np.allclose(q.edges, Quantizer.uniform(2).edges, rtol=1e-15)
    assert np.array_equal(q.levels, Quantizer.uniform(2).levels)


# The staircase


@given(quantizers_with_inputs())
def test_deterministic_output_counts_the_thresholds_below(case: Case) -> None:
    q, x = case
    codes = np.array([sum(value > t for t in q.thresholds) for value in x])
    assert np.array_equal(q.codes(x), codes)
    assert q.codes(x).dtype == np.int64
    assert np.array_equal(q(x), q.levels[codes])


@given(quantizers())
def test_a_tie_gives_the_lower_level(q: Quantizer) -> None:
    assert np.array_equal(q(q.thresholds), q.levels[:-1])
    assert np.array_equal(q(np.nextafter(q.thresholds, np.inf)), q.levels[1:])
    assert q.codes(q.thresholds).tolist() == list(range(q.thresholds.size))


@given(quantizers_with_inputs())
def test_deterministic_output_is_the_rounded_coin(case: Case) -> None:
    q, x = case
    x = x[clear_of_thresholds(q, x)]
    lower, upper, probability = q.outcomes(x)
    assert np.array_equal(q(x), np.where(probability > 0.5, upper, lower))
    assert np.array_equal(probability, q.step_probability(x))


@given(quantizers_with_inputs(equidistant_quantizers()))
def test_n2uq_is_uniform_rounding_after_a_compander(case: Case) -> None:
    q, x = case
    # The step as the whole span has it; single differences of levels carry rounding errors.
    step = (q.levels[-1] - q.levels[0]) / (q.levels.size - 1)
    position = (q.expectation(x) - q.levels[0]) / step - 0.5
    # Offsets of 1e3 over widths of 1e-3 leave about 1e-9 of a step; a tie may go either way.
    clear = np.abs(position - np.round(position)) > 1e-6
    expected = q.levels[0] + step * np.ceil(position)
    assert np.allclose(q(x)[clear], expected[clear], rtol=0, atol=16 * output_rounding(q))


# The sum of its parts


@given(quantizers_with_inputs())
def test_parts_sum_to_the_whole(case: Case) -> None:
    q, x = case
    parts = q.parts()
    atol = q.levels.size * output_rounding(q)
    assert len(parts) == q.thresholds.size
    assert [part.thresholds[0] for part in parts] == q.thresholds.tolist()
    for curve in (Quantizer.__call__, Quantizer.expectation):
        total = q.levels[0] + sum(curve(part, x) for part in parts)
        assert np.allclose(total, curve(q, x), rtol=0, atol=atol)
    assert np.array_equal(sum(part.gradient(x) for part in parts), q.gradient(x))
    # At any x only one coin is undecided, so the variances of the parts add up as well.
    assert np.allclose(sum(part.variance(x) for part in parts), q.variance(x), rtol=1e-12)


def test_parts_start_at_zero_and_tile_the_range() -> None:
    assert UNEVEN.parts() == (
        Quantizer([0.0, 1.0], [0.0, 1.0]),
        Quantizer([1.0, 3.0], [0.0, 2.0]),
    )
    assert Quantizer.binary().parts() == (Quantizer([-1.0, 1.0], [0.0, 2.0]),)


# The expectation and its derivative


@given(quantizers_with_inputs())
def test_expectation_is_the_polyline_through_edges_and_levels(case: Case) -> None:
    q, x = case
    span = np.max(np.abs(q.edges)) / q.intervals.min()
    steepest = float(np.diff(q.levels).max()) * 8 * EPS * span
    expected = np.interp(x, q.edges, q.levels)
    assert np.allclose(q.expectation(x), expected, rtol=0, atol=output_rounding(q) + steepest)


@given(quantizers_with_inputs())
def test_expectation_is_what_the_outcomes_average_to(case: Case) -> None:
    q, x = case
    lower, upper, p = q.outcomes(x)
    mean = (1 - p) * lower + p * upper
    assert np.allclose(q.expectation(x), mean, rtol=0, atol=output_rounding(q))
    second = (1 - p) * (lower - mean) ** 2 + p * (upper - mean) ** 2
    # Squares of differences that were themselves rounded on the scale of the outputs.
    atol = 8 * output_rounding(q) * float(np.diff(q.levels).max() + output_rounding(q))
    assert np.allclose(q.variance(x), second, rtol=1e-12, atol=atol)


@given(quantizers_with_inputs())
def test_expectation_never_falls_and_meets_the_levels(case: Case) -> None:
    q, x = case
    x = np.sort(np.concatenate([x, q.edges, np.nextafter(q.edges, np.inf)]))
    assert np.all(np.diff(q.expectation(x)) >= 0)
    assert np.all((q.expectation(x) >= q.levels[0]) & (q.expectation(x) <= q.levels[-1]))
    assert np.array_equal(q.expectation(q.edges), q.levels)
    outside = np.array([-np.inf, q.edges[0] - 1, q.edges[-1] + 1, np.inf])
    assert q.expectation(outside).tolist() == q.levels[[0, 0, -1, -1]].tolist()


@pytest.mark.parametrize(("low", "high"), [(-7.4, 1.4), (-8.3, 4.2)])
def test_expectation_meets_levels_that_a_sum_misses(low: float, high: float) -> None:
    assert low + (high - low) != high
    q = Quantizer([0.0, 1.0], [low, high])
    x = np.linspace(1 - 1e-15, 1, 10)
    assert q.expectation(1.0) == high
    assert np.all(q.expectation(x) <= high)


@given(quantizers(), st.data())
def test_expectation_is_continuous(q: Quantizer, data: st.DataObject) -> None:
    # Lipschitz: it rises no faster than its steepest slope, across edges too.
    gap = float(q.intervals.min()) * data.draw(st.sampled_from((1e-12, 1e-6, 0.1, 3.0)))
    x = np.sort(np.concatenate([q.edges - gap / 2, q.edges, q.edges + gap / 2, q.thresholds]))
    rise, run = np.diff(q.expectation(x)), np.diff(x)
    coordinate = 8 * np.spacing(np.max(np.abs(q.edges)))
    assert np.all(rise <= q.slopes.max() * (run + coordinate) + output_rounding(q))


@given(quantizers(), st.floats(0.1, 0.9))
def test_gradient_is_the_difference_quotient_of_the_expectation(q: Quantizer, share: float) -> None:
    x = q.edges[:-1] + share * q.intervals
    left, right = x - 0.05 * q.intervals, x + 0.05 * q.intervals
    rise = q.expectation(right) - q.expectation(left)
    # The rise is a tenth of a step: it loses what the output and the input lose to rounding.
    lost = np.max(np.abs(q.levels)) / np.diff(q.levels) + np.max(np.abs(q.edges)) / q.intervals
    assert np.all(np.abs(rise / (right - left) / q.gradient(x) - 1) <= 100 * EPS * (1 + lost))


@given(quantizers())
def test_gradient_takes_the_limit_from_the_left_at_a_kink(q: Quantizer) -> None:
    assert np.array_equal(q.gradient(q.edges), [0.0, *q.slopes])
    assert np.array_equal(q.gradient(np.nextafter(q.edges, np.inf)), [*q.slopes, 0.0])
    assert q.gradient([-np.inf, np.inf]).tolist() == [0.0, 0.0]
    assert q.slopes @ q.intervals == pytest.approx(q.levels[-1] - q.levels[0], rel=1e-12)


@given(quantizers_with_inputs())
def test_plain_ste_has_one_slope_on_the_support_of_gste(case: Case) -> None:
    q, x = case
    inside = (x > q.edges[0]) & (x <= q.edges[-1])
    chord = (q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0])
    assert np.array_equal(q.ste_gradient(x), np.where(inside, chord, 0.0))
    assert np.array_equal(q.ste_gradient(x, slope="unit"), np.where(inside, 1.0, 0.0))
    assert np.array_equal(q.gradient(x) > 0, inside)
    # The chord is the mean of the slopes over the range, so they cannot all be on one side of it.
    assert q.slopes.min() <= chord * (1 + 1e-9)
    assert q.slopes.max() >= chord * (1 - 1e-9)


@given(quantizers_with_inputs())
def test_segment_counts_the_edges_below(case: Case) -> None:
    q, x = case
    assert q.segment(x).tolist() == [sum(value > b for b in q.edges) for value in x]
    padded = np.array([0.0, *q.slopes, 0.0])
    assert np.array_equal(q.gradient(x), padded[q.segment(x)])


# Draws


@pytest.mark.parametrize(
    "q",
    [
        Quantizer.binary(),
        Quantizer.uniform(2),
        Quantizer([0.0, 0.01, 1.0, 4.0], [-3.0, 5.0, 5.5, 6.0]),
    ],
)
def test_draws_have_the_mean_and_variance_of_the_formulas(q: Quantizer) -> None:
    n, rng = 200_000, np.random.default_rng(20220619)
    x = np.linspace(q.edges[0] - 0.5, q.edges[-1] + 0.5, 23)
    draws = q.sample(np.broadcast_to(x, (n, x.size)), rng)
    lower, upper, p = q.outcomes(x)
    assert np.all((draws == lower) | (draws == upper))
    # 5 standard deviations: all 69 points together would fail for 1 seed in 25 000.
    share_error = 5 * np.sqrt(p * (1 - p) / n)
    step = upper - lower
    rounding = output_rounding(q)
    assert np.all(np.abs(draws.mean(axis=0) - q.expectation(x)) <= step * share_error + rounding)
    # f(1 - f) - p(1 - p) = (1 - 2p)(f - p) - (f - p)^2 for a share f of upper levels.
    allowed = step**2 * (np.abs(1 - 2 * p) * share_error + share_error**2)
    assert np.all(np.abs(draws.var(axis=0) - q.variance(x)) <= allowed + 40 * rounding)


def test_one_draw_takes_one_random_number_for_each_element() -> None:
    x = np.array([[0.2, -4.0, 0.0], [np.nan, 0.9, 4.0]])
    q = Quantizer.binary()
    u = np.random.default_rng(5).random(x.shape)
    expected = np.where(np.isnan(x), np.nan, np.where(u < (np.clip(x, -1, 1) + 1) / 2, 1, -1))
    rng = np.random.default_rng(5)
    assert np.array_equal(q.sample(x, rng), expected, equal_nan=True)
    rest = np.random.default_rng(5)
    rest.random(x.size)
    assert rng.random() == rest.random()


def test_a_random_number_equal_to_the_probability_does_not_take_the_step() -> None:
    # Random numbers include 0 and not 1, so that a probability of 0 is never and 1 always enough.
    u = np.random.default_rng(3).random(100)
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    assert np.array_equal(q.step_probability(u), u)
    assert not q.sample(u, np.random.default_rng(3)).any()
    assert q.sample(np.nextafter(u, 1.0), np.random.default_rng(3)).all()


def test_draws_are_certain_at_the_edges_and_outside() -> None:
    rng = np.random.default_rng(0)
    x = np.array([-np.inf, -1.0, 0.0, 1.0, 3.0, 9.0, np.inf])
    for _ in range(50):
        assert UNEVEN.sample(x, rng).tolist() == [0.0, 0.0, 0.0, 1.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize("rng", [None, 0, np.random, "seed"])
def test_sample_wants_a_generator(rng: Any) -> None:
    with pytest.raises(
        ValueError, match=r"rng must be a numpy.random.Generator, got .*default_rng"
    ):
        Quantizer.binary().sample(0.0, rng)


# Any input

CURVES = ["__call__", "expectation", "variance", "gradient", "ste_gradient", "step_probability"]


@pytest.mark.parametrize("name", CURVES)
def test_nan_stays_nan_and_the_infinities_saturate(name: str) -> None:
    curve = getattr(UNEVEN, name)
    result = curve([np.nan, -np.inf, np.inf, -9.0, 9.0])
    assert np.isnan(result[0])
    assert np.array_equal(result[1:3], result[3:])
    assert np.isnan(curve(np.nan))


@pytest.mark.parametrize("name", [*CURVES, "codes", "segment"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (2, 3), (2, 0, 3), (1, 2, 3, 4)])
def test_any_shape(name: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).uniform(-1, 4, shape)
    before = x.copy()
    curve = getattr(UNEVEN, name)
    result = curve(x)
    assert result.shape == shape
    assert result.ravel().tolist() == [curve(value) for value in x.ravel()]
    assert np.array_equal(x, before)


@pytest.mark.parametrize("x", [1, 1.0, np.float32(1), np.array(1), True + np.int8(0)])
def test_a_scalar_gives_a_numpy_scalar(x: Any) -> None:
    q: Any = UNEVEN
    for name in CURVES:
        assert type(getattr(q, name)(x)) is np.float64
    assert type(q.sample(x, np.random.default_rng(0))) is np.float64
    assert [type(value) for value in q.outcomes(x)] == [np.float64] * 3
    assert type(q.codes(x)) is np.int64
    assert type(q.segment(x)) is np.int64


@pytest.mark.parametrize("name", [*CURVES, "codes", "segment", "outcomes"])
@pytest.mark.parametrize("x", ["1", ["1"], [None], [1j], [[1.0], [1.0, 2.0]], [True]])
def test_inputs_that_are_no_numbers(name: str, x: Any) -> None:
    with pytest.raises(ValueError, match=r"x must be real numbers, got .*; give ints or floats"):
        getattr(UNEVEN, name)(x)


@pytest.mark.parametrize("name", ["codes", "segment"])
@pytest.mark.parametrize(("x", "count"), [(np.nan, 1), ([0.0, np.nan, np.nan], 2)])
def test_whole_numbers_cannot_stand_for_nan(name: str, x: Any, count: int) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be whole numbers, .* got {count} NaN in x"):
        getattr(UNEVEN, name)(x)


# Bad input

GOOD = [0.0, 1.0, 2.0]
BAD = [
    ([], r"must hold at least 2 numbers, .*, got 0"),
    ([1.0], r"must hold at least 2 numbers, .*, got 1"),
    (1.0, r"must be a 1-D sequence of numbers, got shape \(\)"),
    ([[0.0, 1.0], [2.0, 3.0]], r"must be a 1-D sequence of numbers, got shape \(2, 2\)"),
    (
        [0.0, 2.0, 1.0],
        r"must be strictly increasing, got \w+\[2\] = 1.0 after \w+\[1\] = 2.0; sort",
    ),
    (
        [0.0, 1.0, 1.0],
        r"must be strictly increasing, got \w+\[2\] = 1.0 after \w+\[1\] = 1.0; sort",
    ),
    ([0.0, -0.0, 1.0], r"must be strictly increasing, got \w+\[1\] = -0.0 after"),
    ([0.0, np.nan, 2.0], r"must be finite, got \w+\[1\] = nan; replace it by a number"),
    ([-np.inf, 0.0, 1.0], r"must be finite, got \w+\[0\] = -inf; replace it by a number"),
    ([0.0, 1.0, np.inf], r"must be finite, got \w+\[2\] = inf; replace it by a number"),
    (["0", "1", "2"], r"must be real numbers, got \['0', '1', '2'\]; give ints or floats"),
    ("012", r"must be real numbers, got '012'; give ints or floats"),
    ([0.0, "1", 2.0], r"must be real numbers, got \[0.0, '1', 2.0\]; give ints or floats"),
    ([False, True, 2], r"must be real numbers, got \[False, True, 2\]; give ints or floats"),
    ([0.0, 1.0 + 1.0j, 2.0], r"must be real numbers, got "),
    ([[0.0], [1.0, 2.0]], r"must be real numbers, got "),
    (None, r"must be real numbers, got None; give ints or floats"),
]


@pytest.mark.parametrize(("bad", "text"), BAD)
def test_edges_and_levels_that_make_no_quantizer(bad: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^edges {text}"):
        Quantizer(bad, GOOD)
    with pytest.raises(ValueError, match=f"^levels {text}"):
        Quantizer(GOOD, bad)
    with pytest.raises(ValueError, match=f"^edges {text}"):
        Quantizer.from_dict({"edges": bad, "levels": GOOD})


def test_lengths_that_differ() -> None:
    text = "edges and levels must have equal lengths, got 3 edges and 2 levels; L steps take L . 1"
    with pytest.raises(ValueError, match=text):
        Quantizer(GOOD, [0.0, 1.0])


@pytest.mark.parametrize(
    ("edges", "levels", "text"),
    [
        ([-1.7e308, 1.7e308], [0, 1], r"intervals must be finite and above 0, got .*\[0\] = inf"),
        ([0, 5e-324], [0, 1], r"slopes must be finite and above 0, got slopes\[0\] = inf"),
        ([0, 1e300], [0, 5e-324], r"slopes must be finite and above 0, got slopes\[0\] = 0.0"),
        ([0, 1, 2], [0, 1, 1.5e308], None),
        ([0, 1], [-1.7e308, 1.7e308], r"slopes must be finite .* use less extreme numbers"),
    ],
)
def test_numbers_too_extreme_to_compute_with(edges: Any, levels: Any, text: str | None) -> None:
    if text is None:
        assert np.all(np.isfinite(Quantizer(edges, levels).slopes))
    else:
        with pytest.raises(ValueError, match=text):
            Quantizer(edges, levels)


@pytest.mark.parametrize("bits", [0, 9, -1, 2.5, True, False, "2", None, np.nan, [2]])
def test_bits_that_are_not_1_to_8(bits: Any) -> None:
    with pytest.raises(ValueError, match="bits must be a whole number from 1 to 8, got "):
        Quantizer.uniform(bits)


@pytest.mark.parametrize(("low", "high"), [(2.0, 0.0), (1.0, 1.0)])
def test_a_range_upside_down(low: float, high: float) -> None:
    text = f"low must be less than high, got low = {low} and high = {high}"
    with pytest.raises(ValueError, match=text):
        Quantizer.uniform(2, low, high)
    with pytest.raises(ValueError, match=text):
        Quantizer.from_intervals([1.0], low=low, high=high)


@pytest.mark.parametrize("value", [np.nan, np.inf, "1", None, True])
@pytest.mark.parametrize("name", ["low", "high"])
def test_a_range_that_is_no_number(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be one finite number, got "):
        Quantizer.uniform(2, **{name: value})


@pytest.mark.parametrize("values", [[0.0], [0.0, 1.0, 2.0], []])
def test_binary_takes_two_of_each(values: list[float]) -> None:
    text = f"of a binary quantizer must be 2 numbers, got {len(values)}"
    with pytest.raises(ValueError, match=f"edges {text}"):
        Quantizer.binary(edges=values)
    with pytest.raises(ValueError, match=f"levels {text}"):
        Quantizer.binary(levels=values)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"intervals": []}, "intervals must hold at least 1 number, got 0; give one for each step"),
        ({"intervals": [1.0, np.nan]}, r"intervals must be finite, got intervals\[1\] = nan"),
        ({"intervals": 1.0}, r"intervals must be a 1-D sequence of numbers, got shape \(\)"),
        ({"intervals": ["1"]}, r"intervals must be real numbers, got \['1'\]"),
        ({"start": np.inf}, "start must be one finite number, got inf"),
        ({"input_scale": 0.0}, "input_scale must be one finite number above 0, got 0.0"),
        ({"input_scale": -1.0}, "input_scale must be one finite number above 0, got -1.0"),
        ({"output_scale": -1.0}, "output_scale must be one finite number above 0, got -1.0"),
        ({"output_scale": [1.0, 2.0]}, "output_scale must be one finite number above 0, got"),
        ({"eps": 0.0}, "eps must be one finite number above 0, got 0.0"),
        ({"start": 1e30}, "edges must be strictly increasing, got .*1e.30"),
        ({"input_scale": 1e-308, "start": 1e10}, r"edges must be finite, got edges\[0\] = inf"),
    ],
)
def test_bad_parameters_of_n2uq(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Quantizer.from_intervals(**{"intervals": [1.0, 1.0], **arguments})


@pytest.mark.parametrize("missing", ["edges", "levels"])
def test_a_dict_that_lacks_a_key(missing: str) -> None:
    d: dict[str, Any] = {**Quantizer.binary().to_dict(), "seed": 1}
    del d[missing]
    with pytest.raises(ValueError, match=f'key "{missing}" is missing, got keys .*; a quantizer'):
        Quantizer.from_dict(d)


@pytest.mark.parametrize("d", [None, [0.0, 1.0], "edges", 1])
def test_what_is_no_dict(d: Any) -> None:
    with pytest.raises(ValueError, match='a quantizer is read from a dict with keys "edges" and'):
        Quantizer.from_dict(d)


@pytest.mark.parametrize("slope", ["tangent", "", None, 1.0, ["chord"]])
def test_a_slope_of_another_name(slope: Any) -> None:
    with pytest.raises(ValueError, match='slope must be one of "chord", "unit", got '):
        Quantizer.binary().ste_gradient(0.0, slope=slope)


# Numbers from the authors' own code

GOLDEN = Path(__file__).parent / "data" / "n2uq_reference.npz"


def activation_cases() -> list[str]:
    with np.load(GOLDEN, allow_pickle=False) as archive:
        return sorted(
            key[: -len("/x")]
            for key in archive
            if key.startswith("activation/") and key.endswith("/x")
        )


def test_there_are_reference_cases_for_every_number_of_bits() -> None:
    cases = activation_cases()
    assert len(cases) == 16
    assert {case.split("/")[2] for case in cases} == {"1bit", "2bit", "3bit", "4bit"}


@pytest.mark.parametrize("case", activation_cases())
def test_reference_outputs_and_input_gradients(case: str) -> None:
    with np.load(GOLDEN, allow_pickle=False) as archive:
        given = {
            key.rsplit("/", 1)[1]: archive[key] for key in archive if key.startswith(case + "/")
        }
    q = Quantizer.from_intervals(
        given["intervals"],
        given["start"],
        input_scale=given["input_scale"],
        output_scale=given["output_scale"],
    )
    x = given["x"]
    assert q.levels.size == 2 ** int(given["bits"])
    clear = clear_of_thresholds(q, x)
    assert clear.mean() > 0.99
    assert np.allclose(q(x)[clear], given["y"][clear], rtol=1e-9, atol=1e-12)
    # The gradient changes at edges, not at thresholds; none of the inputs lies on an inner one.
    on_edge = np.abs(x[..., None] - q.edges).min(axis=-1) < 1e-12
    assert on_edge.mean() < 0.01
    expected = given["grad_x"][~on_edge]
    assert np.allclose(
        (given["grad_out"] * q.gradient(x))[~on_edge], expected, rtol=1e-9, atol=1e-12
    )
