"""One object holds all of the mathematics, so that every picture and every estimate agree.

A quantizer with L steps is given by L + 1 *segment edges* ``b_0 < ... < b_L`` and L + 1 *output
levels* ``y_0 < ... < y_L``. Step i is taken by a coin whose probability rises from 0 to 1 across
segment i, from ``b_{i-1}`` to ``b_i``. Rounding that coin gives the deterministic staircase, whose
thresholds are the midpoints of the segments; averaging it gives the polyline through the points
``(b_i, y_i)``; the slope of that polyline is the generalized straight-through estimator (G-STE).

Source: Liu et al., "Nonuniform-to-Uniform Quantization: Towards Accurate Quantization via
Generalized Straight-Through Estimation", CVPR 2022, arXiv 2111.14826.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz import moves
from n2uq_viz.checks import (
    FloatArray,
    choice,
    increasing,
    inputs,
    low_high,
    number,
    real_array,
    sequence,
    whole_number,
)

__all__ = ["Quantizer"]


class Quantizer:
    """A staircase of L steps, its stochastic counterpart, and every curve that follows from them.

    Parameters
    ----------
    edges, levels : 1-D, real, finite, strictly increasing, of the same length L + 1 >= 2.
        Edges are in units of the input, levels in units of the output.

    Attributes
    ----------
    edges, levels : shape (L + 1,).
    intervals : widths of the segments, shape (L,).
    thresholds : midpoints of the segments, where the deterministic output steps, shape (L,).
    slopes : of the expectation on each segment, output per input, shape (L,).

    Notes
    -----
    Inputs ``x`` may have any shape; results have the same shape (a NumPy scalar for a scalar). NaN
    stays NaN and the infinities saturate. A quantizer never changes: its arrays are read-only
    float64, and moves return a new one.

    Raises ValueError for anything else, and where an interval or a slope would overflow or vanish.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826.

    Examples
    --------
    >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
    >>> q.thresholds
    array([0.5, 2. ])
    >>> q([0.5, 0.6, float("inf"), float("nan")])  # at a tie: the lower level
    array([ 0.,  1.,  2., nan])
    >>> q.gradient([0.0, 1.0, 2.0])  # at a kink: the slope on the left
    array([0. , 1. , 0.5])
    >>> Quantizer([0.0, 2.0, 1.0], [0.0, 1.0, 2.0])
    Traceback (most recent call last):
    ValueError: edges must be strictly increasing, got edges[2] = 1.0 after edges[1] = 2.0; sort \
them and drop repeats
    """

    __slots__ = ("__weakref__", "edges", "intervals", "levels", "slopes", "thresholds")

    edges: FloatArray
    levels: FloatArray
    intervals: FloatArray
    thresholds: FloatArray
    slopes: FloatArray

    def __init__(self, edges: ArrayLike, levels: ArrayLike) -> None:
        b = increasing("edges", edges)
        y = increasing("levels", levels)
        if b.size != y.size:
            raise ValueError(
                f"edges and levels must have equal lengths, got {b.size} edges and {y.size} "
                "levels; L steps take L + 1 of each"
            )
        with np.errstate(over="ignore", under="ignore"):
            intervals = np.diff(b)
            slopes = np.diff(y) / intervals
        for name, derived in (("intervals", intervals), ("slopes", slopes)):
            bad = np.flatnonzero(~(np.isfinite(derived) & (derived > 0.0)))
            if bad.size:
                i = int(bad[0])
                raise ValueError(
                    f"{name} must be finite and above 0, got {name}[{i}] = {derived[i]} from edges "
                    f"{b[i]}, {b[i + 1]} and levels {y[i]}, {y[i + 1]}; use less extreme numbers"
                )
        for name, array in (
            ("edges", b),
            ("levels", y),
            ("intervals", intervals),
            ("thresholds", 0.5 * b[:-1] + 0.5 * b[1:]),
            ("slopes", slopes),
        ):
            object.__setattr__(self, name, _read_only(array))

    @classmethod
    def binary(cls, edges: ArrayLike = (-1.0, 1.0), levels: ArrayLike = (-1.0, 1.0)) -> Quantizer:
        """Return the quantizer with one step: sign, unless other edges or levels are given.

        Its expectation is ``clip(x, -1, 1)``, whose derivative is the clipped STE.

        >>> Quantizer.binary().expectation([-2.0, 0.25, 2.0])
        array([-1.  ,  0.25,  1.  ])
        >>> Quantizer.binary(edges=(0.0, 1.0, 2.0))
        Traceback (most recent call last):
        ValueError: edges of a binary quantizer must be 2 numbers, got 3
        """
        for name, values in (("edges", edges), ("levels", levels)):
            size = real_array(name, values).size
            if size != 2:
                raise ValueError(f"{name} of a binary quantizer must be 2 numbers, got {size}")
        return cls(edges, levels)

    @classmethod
    def uniform(cls, bits: int, low: float = 0.0, high: float = 2.0) -> Quantizer:
        """Return ``2**bits - 1`` equal segments over [low, high] with levels equal to the edges.

        `bits` is a whole number from 1 to 8 and ``low < high``; otherwise ValueError. Every slope
        is 1, so G-STE and the plain STE are the same. This is where training of N2UQ starts.

        >>> Quantizer.uniform(1).edges
        array([0., 2.])
        >>> Quantizer.uniform(2, high=3).thresholds
        array([0.5, 1.5, 2.5])
        """
        steps = 2 ** whole_number("bits", bits, 1, 8) - 1
        start, end = low_high(low, high)
        return cls(np.linspace(start, end, steps + 1), np.linspace(start, end, steps + 1))

    @classmethod
    def from_intervals(
        cls,
        intervals: ArrayLike,
        start: ArrayLike = 0.0,
        low: float = 0.0,
        high: float = 2.0,
        input_scale: ArrayLike = 1.0,
        output_scale: ArrayLike = 1.0,
        *,
        eps: float = 1e-3,
    ) -> Quantizer:
        """Return the quantizer that N2UQ trains through its start, intervals and two scales.

        `intervals` has shape (L,) with any finite values: those at or below `eps` act as `eps`.
        Edges are ``(start + running sum of intervals) / input_scale``; levels are equidistant,
        ``output_scale * linspace(low, high, L + 1)``. Both scales are above 0 and ``low < high``,
        since a quantizer increases; otherwise ValueError.

        Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on threshold learning.

        >>> q = Quantizer.from_intervals([0.5, -1.0, 1.5], input_scale=2.0)
        >>> q.edges  # the negative interval acts as 0.001, then everything is halved
        array([0.    , 0.25  , 0.2505, 1.0005])
        """
        widths = sequence("intervals", intervals)
        if widths.size < 1:
            raise ValueError("intervals must hold at least 1 number, got 0; give one for each step")
        floor = number("eps", eps, positive=True)
        first = number("start", start)
        scale_in = number("input_scale", input_scale, positive=True)
        scale_out = number("output_scale", output_scale, positive=True)
        bottom, top = low_high(low, high)
        widths = np.where(widths > floor, widths, floor)
        # One addition after the other, as in training: another order can differ in the last bit
        # and so flip an input that lies exactly on a threshold.
        with np.errstate(over="ignore"):
            edges = np.cumsum(np.concatenate(([first], widths))) / scale_in
            levels = scale_out * np.linspace(bottom, top, widths.size + 1)
        return cls(edges, levels)

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Quantizer:
        """Return the quantizer that `to_dict` described; keys other than its two are ignored.

        Raises ValueError when `d` is no mapping, lacks a key, or holds unusable numbers.

        >>> Quantizer.from_dict({"edges": [0, 1], "levels": [0, 1], "seed": 3})
        Quantizer(edges=[0.0, 1.0], levels=[0.0, 1.0])
        """
        if not isinstance(d, Mapping):
            raise ValueError(
                f'a quantizer is read from a dict with keys "edges" and "levels", got '
                f"{reprlib.repr(d)}"
            )
        for key in ("edges", "levels"):
            if key not in d:
                raise ValueError(
                    f'key "{key}" is missing, got keys {sorted(map(str, d))}; a quantizer takes '
                    '"edges" and "levels"'
                )
        return cls(d["edges"], d["levels"])

    def to_dict(self) -> dict[str, list[float]]:
        """Return ``{"edges": [...], "levels": [...]}`` of plain floats, ready for JSON.

        >>> Quantizer.binary().to_dict()
        {'edges': [-1.0, 1.0], 'levels': [-1.0, 1.0]}
        """
        return {"edges": self.edges.tolist(), "levels": self.levels.tolist()}

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Return the deterministic output: the level reached by the thresholds below `x`.

        Exactly on a threshold the output is the lower level. Any shape; NaN stays NaN.

        >>> Quantizer.binary()([-0.5, 0.0, 0.5])
        array([-1., -1.,  1.])
        """
        x = inputs(x)
        missing = np.isnan(x)
        codes = np.searchsorted(self.thresholds, x, side="left")
        return _finish(np.where(missing, np.nan, self.levels[codes]))

    def codes(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return the index of the deterministic output among the levels, 0..L, as int64.

        Raises ValueError where `x` holds NaN, which no integer can stand for.

        >>> Quantizer.uniform(2).codes([-1.0, 0.4, 1.0, 9.0])  # 1.0 is a tie
        array([0, 1, 1, 3])
        """
        x = _without_nan(x, "codes")
        codes: NDArray[np.int64] = np.searchsorted(self.thresholds, x, side="left").astype(np.int64)
        return codes

    def segment(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return the number of edges below `x`, as int64.

        0 means at or below the first edge, i = 1..L inside segment i (its right edge included),
        L + 1 above the last edge. Raises ValueError where `x` holds NaN.

        >>> Quantizer.binary().segment([-1.0, 0.0, 1.0, 1.5])
        array([0, 1, 1, 2])
        """
        x = _without_nan(x, "segment")
        count: NDArray[np.int64] = np.searchsorted(self.edges, x, side="left").astype(np.int64)
        return count

    def outcomes(self, x: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return ``(lower, upper, probability)`` of the one coin that decides at each `x`.

        The stochastic output is `upper` with that probability and `lower` otherwise. At or below
        the first edge the probability is 0, above the last one 1. All three are NaN where `x` is.

        >>> lower, upper, probability = Quantizer.uniform(2, high=3).outcomes([-5.0, 1.25, 2.0])
        >>> lower, upper, probability
        (array([0., 1., 1.]), array([1., 2., 2.]), array([0.  , 0.25, 1.  ]))
        """
        x = inputs(x)
        k, probability = self._coin(x)
        missing = np.isnan(x)
        lower = np.where(missing, np.nan, self.levels.take(k))
        upper = np.where(missing, np.nan, self.levels.take(k + 1))
        return _finish(lower), _finish(upper), _finish(probability)

    def step_probability(self, x: ArrayLike) -> FloatArray:
        """Return the probability that the step of the segment around `x` is taken, in [0, 1].

        0 up to the first edge, 1 beyond the last one, NaN where `x` is NaN.

        >>> Quantizer.binary().step_probability([-3.0, 0.0, 0.5, 3.0])
        array([0.  , 0.5 , 0.75, 1.  ])
        """
        return _finish(self._coin(inputs(x))[1])

    def _coin(self, x: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """Return the segment around each `x`, 0..L-1, and the probability of its step."""
        # Below the first inner edge and above the last one are the outer segments.
        k = self.edges[1:-1].searchsorted(x, side="left")
        inside = np.minimum(np.maximum(x, self.edges[0]), self.edges[-1])
        return k, (inside - self.edges.take(k)) / self.intervals.take(k)

    def sample(self, x: ArrayLike, rng: np.random.Generator) -> FloatArray:
        """Return one stochastic draw for each element of `x`, from one ``rng.random(x.shape)``.

        Raises ValueError when `rng` is not a NumPy Generator: make one with
        ``numpy.random.default_rng(seed)``.

        >>> Quantizer.binary().sample([-1.0, 0.0, 1.0, 2.0], np.random.default_rng(0))
        array([-1.,  1.,  1.,  1.])
        """
        if not isinstance(rng, np.random.Generator):
            raise ValueError(
                f"rng must be a numpy.random.Generator, got {reprlib.repr(rng)}; make one with "
                "numpy.random.default_rng(seed)"
            )
        x = inputs(x)
        lower, upper, probability = self.outcomes(x)
        return _finish(np.where(rng.random(x.shape) < probability, upper, lower))

    def expectation(self, x: ArrayLike) -> FloatArray:
        """Return the mean of the stochastic output: the polyline through (edges, levels).

        Flat outside the edges. It never falls, not even by a rounding error, and meets every
        level exactly at its edge. Any shape; NaN stays NaN.

        Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on G-STE.

        >>> Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]).expectation([-1.0, 0.5, 2.0, 3.0])
        array([0. , 0.5, 1.5, 2. ])
        """
        lower, upper, probability = self.outcomes(x)
        # At 1 the sum can miss upper by one rounding error; below 1 it cannot exceed it.
        ramp = lower + (upper - lower) * probability
        return _finish(np.where(probability == 1.0, upper, ramp))

    def variance(self, x: ArrayLike) -> FloatArray:
        """Return the variance of one stochastic draw, in squared output units; 0 outside.

        >>> Quantizer.binary().variance([-1.0, 0.0, 2.0])
        array([0., 1., 0.])
        """
        lower, upper, probability = self.outcomes(x)
        return _finish((upper - lower) ** 2 * (probability * (1.0 - probability)))

    def gradient(self, x: ArrayLike) -> FloatArray:
        """Return G-STE, the derivative of the expectation: the slope of the segment around `x`.

        The slope of segment i for ``b_{i-1} < x <= b_i`` (at a kink: the limit from the left), 0
        up to the first edge and beyond the last one. Any shape; NaN stays NaN.

        Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on G-STE.

        >>> Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]).gradient([0.0, 0.1, 1.0, 3.0, 3.1])
        array([0. , 1. , 1. , 0.5, 0. ])
        """
        x = inputs(x)
        padded = np.concatenate(([0.0], self.slopes, [0.0]))
        slope = padded[np.searchsorted(self.edges, x, side="left")]
        return _finish(np.where(np.isnan(x), np.nan, slope))

    def ste_gradient(self, x: ArrayLike, slope: str = "chord") -> FloatArray:
        """Return the plain straight-through estimate: one slope for ``b_0 < x <= b_L``, else 0.

        `slope` is ``"chord"``, the rise over the run of the whole staircase, or ``"unit"``, the 1
        of the textbooks; they agree when levels and edges span the same. Anything else raises
        ValueError. Any shape; NaN stays NaN.

        Source: Bengio et al., 2013, arXiv 1308.3432; clipped to the range of the quantizer.

        >>> q = Quantizer([0.0, 1.0, 4.0], [0.0, 1.0, 2.0])
        >>> q.ste_gradient([0.0, 2.0, 4.0]), q.ste_gradient(2.0, slope="unit")
        (array([0. , 0.5, 0.5]), np.float64(1.0))
        """
        value = 1.0
        if choice("slope", slope, ("chord", "unit")) == "chord":
            rise = self.levels[-1] - self.levels[0]
            value = float(rise / (self.edges[-1] - self.edges[0]))
        x = inputs(x)
        inside = (x > self.edges[0]) & (x <= self.edges[-1])
        return _finish(np.where(np.isnan(x), np.nan, np.where(inside, value, 0.0)))

    def parts(self) -> tuple[Quantizer, ...]:
        """Return the L binary quantizers that this one is the sum of, one for each segment.

        Part i steps from 0 to ``y_i - y_{i-1}``; ``levels[0]`` plus the sum of all parts is the
        whole, for the deterministic output, the expectation and the gradient alike.

        >>> Quantizer([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).parts()[1]
        Quantizer(edges=[1.0, 3.0], levels=[0.0, 2.0])
        """
        rises = np.diff(self.levels)
        return tuple(Quantizer(self.edges[i : i + 2], (0.0, rises[i])) for i in range(rises.size))

    def edge_limits(self, i: int, min_width: float = 1e-3) -> tuple[float, float]:
        """Return ``(low, high)``, between which edge `i` can move, in input units.

        Each neighboring segment keeps `min_width`, or its present width if that is less. The first
        edge has no limit below and the last none above. Raises ValueError for an index outside
        0..L and for a width that is not above 0.

        >>> Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]).edge_limits(1, min_width=0.5)
        (0.5, 2.5)
        >>> Quantizer.binary().edge_limits(0, min_width=0.5)
        (-inf, 0.5)
        """
        return moves.edge_limits(self.edges.tolist(), i, min_width)

    def move_edge(self, i: int, to: float, min_width: float = 1e-3) -> Quantizer:
        """Return the quantizer whose edge `i` (0..L) is at `to`, clamped to `edge_limits`.

        The thresholds on both sides follow by half of the move. Raises ValueError for an index out
        of range, a `to` that is not finite, or one so far out that a width overflows.

        >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
        >>> q.move_edge(1, 2.0).thresholds
        array([1. , 2.5])
        >>> q.move_edge(1, 99.0).edges
        array([0.   , 2.999, 3.   ])
        """
        return Quantizer(moves.move_edge(self.edges.tolist(), i, to, min_width), self.levels)

    def threshold_limits(self, i: int, min_width: float = 1e-3) -> tuple[float, float]:
        """Return ``(low, high)``, between which threshold `i` can slide, in input units.

        Its neighboring segments keep `min_width`, or their present width if that is less; where
        there is no neighbor there is no limit. Raises ValueError for an index outside 0..L-1 and
        for a width that is not above 0.

        >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
        >>> q.threshold_limits(0, min_width=0.5), q.threshold_limits(1, min_width=0.5)
        ((-inf, 2.0), (1.5, inf))
        """
        return moves.threshold_limits(self.edges.tolist(), i, min_width)

    def move_threshold(self, i: int, to: float, min_width: float = 1e-3) -> Quantizer:
        """Return the quantizer whose threshold `i` (0..L-1) is at `to`, within `threshold_limits`.

        L thresholds do not determine L + 1 edges, so the move is defined as this: the segment
        around the threshold slides rigidly and its neighbors give or take the width; at either end
        the outermost edge slides freely. Raises ValueError as `move_edge` does. Where the floating
        grid is too coarse to hold the slid segment, it is kept one float wide.

        >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
        >>> q.move_threshold(0, 1.0).edges
        array([0.5, 1.5, 3. ])
        """
        return Quantizer(moves.move_threshold(self.edges.tolist(), i, to, min_width), self.levels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantizer):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((tuple(self.edges.tolist()), tuple(self.levels.tolist())))

    def __repr__(self) -> str:
        return f"Quantizer(edges={self.edges.tolist()}, levels={self.levels.tolist()})"

    def __reduce__(self) -> tuple[type[Quantizer], tuple[list[float], list[float]]]:
        return Quantizer, (self.edges.tolist(), self.levels.tolist())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Quantizer does not change, got {name} = ...; make a new one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Quantizer does not change, got del {name}; make a new one")


def _without_nan(x: ArrayLike, name: str) -> FloatArray:
    array = inputs(x)
    missing = int(np.count_nonzero(np.isnan(array)))
    if missing:
        raise ValueError(
            f"{name} must be whole numbers, which cannot stand for NaN, got {missing} NaN in x; "
            "drop or replace them first"
        )
    return array


def _read_only(array: FloatArray) -> FloatArray:
    # An array over immutable bytes cannot be made writeable again, unlike one with a flag set.
    return np.frombuffer(array.tobytes(), dtype=np.float64)


def _finish(result: FloatArray) -> FloatArray:
    """Return a NumPy scalar for a 0-d array, as NumPy's own functions do, else the array."""
    unwrapped: FloatArray = result[()]
    return unwrapped
