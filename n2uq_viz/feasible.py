"""Which thresholds have edges: a segment on each of them, one beside the other.

A threshold is the middle of its segment. So the half-width h of the first segment decides where
the second one begins, hence how wide that is, and so on: ``h_{i+1} = (t_{i+1} - t_i) - h_i``. All
of them are above 0 only while the first one lies in some interval, which may be empty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, increasing, number, sequence

__all__ = ["edges_for", "half_width_range", "half_widths", "has_edges", "nearest_edges"]

#: A range no wider than so many rounding errors of a threshold, for each of them, counts as empty.
ROUNDING = 4.0


def half_widths(thresholds: ArrayLike, first: float) -> FloatArray:
    """Return the half-widths, shape (L,), that segments around thresholds must have.

    Parameters
    ----------
    thresholds
        Strictly increasing, finite, shape (L,) with L >= 1, in units of the input.
    first
        Half-width of the first segment, finite, in the same units.

    Returns
    -------
    FloatArray
        Those of all segments; one at or below 0 says that there is no such segment.

    Raises
    ------
    ValueError
        Thresholds that do not increase, or a `first` that is no finite number.

    Examples
    --------
    >>> half_widths([1.0, 2.0, 4.0], first=0.25)
    array([0.25, 0.75, 1.25])
    >>> half_widths([1.0, 2.0, 2.5], first=0.25)  # the third segment would end before it begins
    array([ 0.25,  0.75, -0.25])
    """
    t = _thresholds(thresholds)
    found = [number("first", first)]
    for gap in np.diff(t).tolist():
        found.append(gap - found[-1])
    return np.array(found)


def half_width_range(thresholds: ArrayLike) -> tuple[float, float]:
    """Return ``(low, high)``, between which the first half-width must lie, ends excluded.

    It is empty, ``low >= high``, where no edges have these thresholds. With at most three
    thresholds it never is; with four it is where the middle gap is at least the sum of the others.
    A range as narrow as rounding errors counts as empty.

    Parameters
    ----------
    thresholds
        Strictly increasing, finite, shape (L,) with L >= 1, in units of the input.

    Raises
    ------
    ValueError
        Thresholds that do not increase.

    Examples
    --------
    >>> half_width_range([1.0, 2.0, 2.5])
    (0.5, 1.0)
    >>> low, high = half_width_range([0.0, 1.0, 4.0, 5.0])  # narrow, wide, narrow
    >>> low < high
    False
    >>> half_width_range([3.0])
    (0.0, inf)
    """
    # Every second half-width grows with the first one, and the others shrink by as much.
    t = _thresholds(thresholds)
    at_zero = half_widths(t, 0.0)
    low = float(np.max(-at_zero[::2])) + 0.0  # no minus zero
    high = float(np.min(at_zero[1::2], initial=np.inf))
    unit = float(np.finfo(np.float64).eps * np.abs(t).max())
    rounded = 0.0 < high - low <= ROUNDING * t.size * unit
    return low, low if rounded else high


def has_edges(thresholds: ArrayLike) -> bool:
    """Return whether some edges have these thresholds as the middles between them.

    Raises ValueError for thresholds that do not increase, see `half_width_range`.

    >>> has_edges([0.0, 0.75, 1.0]), has_edges([0.0, 0.25, 1.0, 1.25])
    (True, False)
    """
    low, high = half_width_range(thresholds)
    return low < high


def edges_for(thresholds: ArrayLike, first: float | None = None) -> FloatArray:
    """Return edges, shape (L + 1,), whose middles are the thresholds, shape (L,).

    There are many of them, one set for each half-width of the first segment.

    Parameters
    ----------
    thresholds
        Strictly increasing, finite, shape (L,) with L >= 1, in units of the input.
    first
        Half-width of the first segment; by default the middle of `half_width_range` (1 for a
        single threshold, where any will do).

    Raises
    ------
    ValueError
        Thresholds that do not increase or have no edges, or a `first` out of its range.

    Examples
    --------
    >>> edges_for([1.0, 2.0, 2.5], first=0.75)
    array([0.25, 1.75, 2.25, 2.75])
    >>> edges_for([0.0, 1.0, 4.0, 5.0])
    Traceback (most recent call last):
        ...
    ValueError: thresholds must leave room for segments around them, got [0.0, 1.0, 4.0, 5.0], \
whose first half-width would have to lie above 0.0 and below -1.0; make wide gaps between narrow \
ones smaller
    """
    t = _thresholds(thresholds)
    low, high = half_width_range(t)
    if low >= high:
        raise ValueError(
            f"thresholds must leave room for segments around them, got {t.tolist()}, whose first "
            f"half-width would have to lie above {low:.6} and below {high:.6}; make wide gaps "
            "between narrow ones smaller"
        )
    if first is None:
        first = 0.5 * (low + high) if np.isfinite(high) else low + 1.0
    if not low < number("first", first) < high:
        raise ValueError(
            f"first must lie between {low:.6} and {high:.6} for these thresholds, got {first}"
        )
    h = half_widths(t, first)
    return np.concatenate(([t[0] - h[0]], t + h))


def nearest_edges(thresholds: ArrayLike, min_width: float) -> FloatArray:
    """Return edges, shape (L + 1,), whose middles come as near to the thresholds as edges allow.

    They have the least sum of squared distances to the thresholds of all edges with segments at
    least `min_width` wide. Where edges hit the thresholds exactly, the first half-width is in the
    middle of what it can be, as in `edges_for`.

    Parameters
    ----------
    thresholds
        Finite, shape (L,) with L >= 1, in units of the input; need not increase.
    min_width
        Least width of a segment, above 0, in the same units.

    Raises
    ------
    ValueError
        Thresholds or a width that break their rule.

    Examples
    --------
    >>> b = nearest_edges([0.0, 1.0, 4.0, 5.0], min_width=0.01)  # narrow, wide, narrow
    >>> (0.5 * (b[1:] + b[:-1])).round(4)
    array([-0.101,  1.202,  3.798,  5.101])
    >>> nearest_edges([1.0, 2.0, 2.5], min_width=0.01)
    array([0.25, 1.75, 2.25, 2.75])
    """
    t = sequence("thresholds", thresholds)
    least = number("min_width", min_width, positive=True)
    if t.size < 1:
        raise ValueError("thresholds must hold at least 1 number, got 0; give one for each step")
    # The least half-width is that of every segment, those that grow with the first one and others.
    ordered = t.size == 1 or bool(np.all(np.diff(t) > 0.0))
    if ordered:
        at_zero = half_widths(t, 0.0)
        low = float(np.max(0.5 * least - at_zero[::2]))
        high = float(np.min(at_zero[1::2] - 0.5 * least, initial=np.inf))
        if low <= high:
            return edges_for(t, 0.5 * (low + high) if np.isfinite(high) else low + 1.0)
    from scipy.optimize import lsq_linear

    # Unknown are the first edge and the widths: t_i = b_0 + a_1 + ... + a_{i-1} + a_i / 2.
    lines = np.tril(np.ones((t.size, t.size)), -1) + 0.5 * np.eye(t.size)
    lines = np.concatenate([np.ones((t.size, 1)), lines], axis=1)
    lowest = np.concatenate([[-np.inf], np.full(t.size, least)])
    # Around the middle and in units of the spread, where numbers are about 1.
    middle, unit = float(t.mean()), max(float(np.ptp(t)), least)
    found = lsq_linear(lines, (t - middle) / unit, (lowest / unit, np.inf), method="bvls")
    start = middle + unit * found.x[0]
    # Rounding must not leave a segment narrower than was asked for.
    return np.asarray(
        start + np.concatenate([[0.0], np.cumsum(np.maximum(unit * found.x[1:], least))])
    )


def _thresholds(values: ArrayLike) -> FloatArray:
    """Return thresholds as an array; ValueError for none, and for any that do not increase."""
    t = sequence("thresholds", values)
    if t.size < 1:
        raise ValueError("thresholds must hold at least 1 number, got 0; give one for each step")
    return t if t.size == 1 else increasing("thresholds", t)
