"""A sample of any size as one small JSON object, so that data can travel with its picture.

A summary holds a histogram fine enough to count samples per output level while a threshold is
dragged, and small enough to go with a state into a figure, a browser or a file. Values that many
samples share (the zeros after a ReLU, the few gray values of a scan) are kept apart, exactly,
because a threshold that crosses one moves all of its samples at once.
"""

from __future__ import annotations

import hashlib
import math
import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, number, real_array, whole_number

if TYPE_CHECKING:
    from n2uq_viz.quantizer import Quantizer

#: JSON-ready; ``summarize`` describes its keys.
Summary = dict[str, Any]

#: Equal cells of a summary's histogram.
CELLS = 512
#: A value shared by more than this part of the samples is kept exactly.
ATOM_SHARE = 0.01
#: A sample with at most this many distinct values keeps all of them exactly.
MAX_DISTINCT = 64
#: Most exact values that a summary can hold: 99 above ``ATOM_SHARE`` and one left over.
MAX_ATOMS = 100
#: Percentiles between which the bulk of a sample lies.
BULK = (0.5, 99.5)
#: Counts above this are not whole numbers in every reader of JSON.
MAX_COUNT = 2**53
SUMMARY_KEYS = ("count", "low", "high", "cells", "atoms", "range", "sha256")


def finite_sample(values: ArrayLike) -> FloatArray:
    """Return `values`, finite and at least one, as a flat float64 array.

    Raises ValueError for no numbers, and for any that are NaN or infinite.

    >>> finite_sample([[1, 2], [3, 4]])
    array([1., 2., 3., 4.])
    """
    flat = real_array("a sample", values).ravel()
    if flat.size == 0:
        raise ValueError("a sample must hold at least 1 number, got none")
    bad = np.flatnonzero(~np.isfinite(flat))
    if bad.size:
        raise ValueError(
            f"a sample must be finite numbers, got {bad.size} others, the first of them "
            f"{flat[bad[0]]} at place {bad[0]}; leave them out"
        )
    low, high = float(flat.min()), float(flat.max())
    if not math.isfinite(high - low):
        raise ValueError(f"a sample must not span more than float64 holds, got {low} to {high}")
    return flat


def summarize(values: ArrayLike) -> Summary:
    """Return a small, JSON-ready picture of a sample of any size.

    Parameters
    ----------
    values
        Finite numbers, any shape, at least one.

    Returns
    -------
    dict with

    ``count``
        number of samples;
    ``atoms``
        ``[[value, count], ...]`` in increasing order: values that alone hold more than 1 % of the
        samples, or every value when there are at most 64 different ones;
    ``cells``
        counts of all other samples in 512 equal cells over ``[low, high]``; empty if there are
        none;
    ``low``, ``high``
        least and greatest of those other samples, or of the atoms if there are no others;
    ``range``
        the 0.5 and 99.5 percentiles of all samples;
    ``sha256``
        of the samples as little-endian float64, in their order.

    Raises
    ------
    ValueError
        No samples, or some that are NaN, infinite or no real numbers.

    Examples
    --------
    >>> s = summarize([0.0, 0.0, 0.5])
    >>> s["atoms"], s["cells"], s["low"], s["high"]
    ([[0.0, 2], [0.5, 1]], [], 0.0, 0.5)
    """
    flat = finite_sample(values)
    # Adding zero turns -0.0 into 0.0: one atom, not one of two names.
    distinct, counts = np.unique(flat + 0.0, return_counts=True)
    exact = counts > ATOM_SHARE * flat.size
    # A single value left over has no width to spread cells over.
    if len(distinct) <= MAX_DISTINCT or np.count_nonzero(~exact) == 1:
        exact[:] = True
    spread, weights = distinct[~exact], counts[~exact]
    ends = spread if spread.size else distinct
    low, high = float(ends[0]), float(ends[-1])
    cells: list[int] = []
    if spread.size:
        # Not np.histogram: it refuses a range so narrow that cells share a float.
        cell = np.minimum((spread - low) / (high - low) * CELLS, CELLS - 1).astype(np.int64)
        per_cell = np.zeros(CELLS, dtype=np.int64)
        np.add.at(per_cell, cell, weights)
        cells = per_cell.tolist()
    bulk = np.percentile(flat, BULK)
    return {
        "count": int(flat.size),
        "low": low,
        "high": high,
        "cells": cells,
        "atoms": [[float(v), int(c)] for v, c in zip(distinct[exact], counts[exact], strict=True)],
        "range": [float(bulk[0]), float(bulk[1])],
        "sha256": hashlib.sha256(flat.astype("<f8").tobytes()).hexdigest(),
    }


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{name} must be two numbers, got {reprlib.repr(value)}")
    return value[0], value[1]


def check_summary(mapping: Any) -> Summary:
    """Return a canonical copy of a summary that came from outside (a file, a browser).

    Parameters
    ----------
    mapping
        What ``summarize`` returns, perhaps after a journey through JSON; unknown keys are left out.

    Raises
    ------
    ValueError
        A key is missing or breaks its rule; the message says which and what it holds.

    Examples
    --------
    >>> s = summarize([0.0, 0.0, 0.5])
    >>> check_summary(s) == s
    True
    """
    if not isinstance(mapping, Mapping):
        raise ValueError(f"a summary must be a JSON object, got {type(mapping).__name__}")
    for key in SUMMARY_KEYS:
        if key not in mapping:
            raise ValueError(
                f"a summary must have the keys {', '.join(SUMMARY_KEYS)}; {key!r} is missing"
            )
    for key in ("cells", "atoms"):
        if not isinstance(mapping[key], list | tuple):
            raise ValueError(f"{key} must be a list, got {reprlib.repr(mapping[key])}")
    count = whole_number("count", mapping["count"], 1, MAX_COUNT)
    low, high = number("low", mapping["low"]), number("high", mapping["high"])
    cells = [whole_number(f"cells[{k}]", c, 0, count) for k, c in enumerate(mapping["cells"])]
    if len(cells) not in (0, CELLS):
        raise ValueError(f"cells must be {CELLS} counts or none, got {len(cells)}")
    if not (low < high or (low == high and not cells)) or not math.isfinite(high - low):
        raise ValueError(f"low must be below high, and not infinitely far, got {low} and {high}")
    if len(mapping["atoms"]) > MAX_ATOMS:
        raise ValueError(f"atoms must be at most {MAX_ATOMS}, got {len(mapping['atoms'])}")
    atoms = []
    for k, pair in enumerate(mapping["atoms"]):
        value, share = _pair(f"atoms[{k}]", pair)
        atoms.append(
            [number(f"atoms[{k}][0]", value), whole_number(f"atoms[{k}][1]", share, 1, count)]
        )
        if k and not atoms[k - 1][0] < atoms[k][0]:
            raise ValueError(
                f"atoms must increase, got {atoms[k][0]} at place {k} after {atoms[k - 1][0]}"
            )
    total = sum(cells) + sum(int(share) for _, share in atoms)
    if total != count:
        raise ValueError(f"cells and atoms must add up to count = {count}, got {total}")
    first, last = _pair("range", mapping["range"])
    bulk = [number("range[0]", first), number("range[1]", last)]
    if bulk[0] > bulk[1]:
        raise ValueError(f"range must be [low, high], got {bulk}")
    digest = mapping["sha256"]
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"sha256 must be 64 hexadecimal digits, got {reprlib.repr(digest)}")
    return {
        "count": count,
        "low": low,
        "high": high,
        "cells": cells,
        "atoms": atoms,
        "range": bulk,
        "sha256": digest,
    }


def points(summary: Mapping[str, Any]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return a summary as weighted points: atoms at their values, cells at their centers.

    Returns
    -------
    values
        float64, increasing; empty cells are left out.
    counts
        int64, same shape, positive.

    Examples
    --------
    >>> values, counts = points(summarize([0.0, 0.0, 0.5]))
    >>> values.tolist(), counts.tolist()
    ([0.0, 0.5], [2, 1])
    """
    low, high = float(summary["low"]), float(summary["high"])
    cells = np.asarray(summary["cells"], dtype=np.int64)
    filled = np.flatnonzero(cells)
    centers = low + (filled + 0.5) * ((high - low) / CELLS)
    values = np.concatenate([np.array([float(v) for v, _ in summary["atoms"]]), centers])
    counts = np.concatenate(
        [np.array([c for _, c in summary["atoms"]], dtype=np.int64), cells[filled]]
    )
    order = np.argsort(values, kind="stable")
    return values[order], counts[order]


def occupancy(quantizer: Quantizer, summary: Mapping[str, Any]) -> FloatArray:
    """Return the share of the samples on each output level, shape (L + 1,), adding up to 1.

    Exact for atoms; a cell counts as a whole where its center falls, so that each threshold can
    misplace at most the samples of one cell.

    Examples
    --------
    >>> from n2uq_viz.quantizer import Quantizer
    >>> occupancy(Quantizer.binary(), summarize([-1.0, 0.0, 0.0, 2.0])).tolist()
    [0.75, 0.25]
    """
    values, counts = points(summary)
    per_level = np.bincount(
        quantizer.codes(values), weights=counts, minlength=len(quantizer.levels)
    )
    return np.asarray(per_level / counts.sum(), dtype=np.float64)


def entropy_bits(shares: ArrayLike) -> float:
    """Return the entropy in bits of a distribution; a level without samples adds nothing.

    Examples
    --------
    >>> entropy_bits([0.25, 0.25, 0.25, 0.25]), entropy_bits([1.0, 0.0])
    (2.0, 0.0)
    """
    p = np.asarray(shares, dtype=np.float64)
    if p.ndim != 1 or not np.all(p >= 0.0) or not math.isclose(float(p.sum()), 1.0, abs_tol=1e-9):
        raise ValueError(
            f"shares must be numbers from 0 to 1 that add up to 1, got {reprlib.repr(shares)}"
        )
    used = p[p > 0.0]
    # Adding zero: a certain level gives 0.0, not -0.0.
    return float(-(used * np.log2(used)).sum()) + 0.0
