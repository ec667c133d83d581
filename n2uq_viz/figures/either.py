"""Uniform levels or others: accuracy, error and operations of both, as data and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz.checks import FloatArray
from n2uq_viz.comparison.after import METHODS, After
from n2uq_viz.figures.savings import bits_of, quantizer_of
from n2uq_viz.figures.shown import settle
from n2uq_viz.plots.labels import short
from n2uq_viz.words import say

#: Bits that were tried.
BITS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Operations:
    """What one product of a weight and an activation takes, and adding it to a sum."""

    multiplications: int = 0
    shifts: int = 0
    look_ups: int = 0
    additions: int = 1

    @property
    def total(self) -> int:
        """Return how many these are."""
        return self.multiplications + self.shifts + self.look_ups + self.additions


@dataclass(frozen=True)
class Row:
    """What came of one method, over the seeds, which are the same for all: arrays of shape (n,).

    Accuracy in percent; errors are squared errors as shares of the variance; entropy in bits.
    """

    method: str
    accuracy: FloatArray
    error: FloatArray
    weight_error: FloatArray
    entropy: FloatArray
    operations: Operations

    @property
    def even(self) -> bool:
        """Return whether products are those of integers: both of weights and activations."""
        return self.operations.multiplications > 0

    @property
    def name(self) -> str:
        """Return the method in words."""
        return say(f"figure.uniform_or_not.method.{self.method}")


def operations(method: str, bits: int) -> Operations:
    """Return what a product of a weight and an activation takes, both with so many bits.

    Even levels are integers times one scale, so one multiplication of integers. Levels that are
    sums of powers of two take a shift for each pair of their terms, and an addition for each; see
    `n2uq_viz.fits.apot_levels`. Free levels take a look-up in a table of all products.

    >>> operations("n2uq", 2)
    Operations(multiplications=1, shifts=0, look_ups=0, additions=1)
    >>> operations("apot", 4).shifts, operations("lloyd_max", 4).look_ups
    (4, 1)
    """
    if method == "apot":
        # A weight's first bit is its sign; with one bit left there is one term.
        pairs = min(bits, 2) * min(max(bits - 1, 1), 2)
        return Operations(shifts=pairs, additions=pairs)
    if method == "lloyd_max":
        return Operations(look_ups=1)
    return Operations(multiplications=1)


def bits_shown(state: Mapping[str, Any] | None = None) -> int:
    """Return the bits that a state's levels take, or the nearest that were tried."""
    return int(np.clip(bits_of(quantizer_of(settle(state)).levels.size), BITS[0], BITS[-1]))


def stored() -> list[After]:
    """Return the stored results; none outside of a clone of the repository."""
    try:
        return datasets.stored_after()
    except FileNotFoundError:
        return []


def rows(results: Sequence[After], bits: int) -> list[Row]:
    """Return a row for each method with so many bits, in the order of `METHODS`."""
    found = []
    for method in METHODS:
        own = [r for r in results if r.bits == bits and r.method == method]
        if own:
            found.append(
                Row(
                    method,
                    np.array([r.accuracy for r in own]),
                    np.array([r.activation_error for r in own]),
                    np.array([r.weight_error for r in own]),
                    np.array([r.entropy for r in own]),
                    operations(method, bits),
                )
            )
    return found


def operation_words(taken: Operations) -> str:
    """Return operations in words.

    >>> operation_words(Operations(look_ups=1))
    '1 look-up, 1 add'
    """
    parts = (
        (kind, getattr(taken, kind))
        for kind in ("multiplications", "shifts", "look_ups", "additions")
    )
    return ", ".join(
        say(f"figure.uniform_or_not.{kind}.{'one' if count == 1 else 'many'}", count=count)
        for kind, count in parts
        if count
    )


def words(
    state: Mapping[str, Any] | None = None, results: Sequence[After] | None = None
) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    bits = bits_shown(state)
    found = rows(stored() if results is None else results, bits)
    if not found:
        return ["none"], {}
    told = [
        say(
            "figure.uniform_or_not.each",
            method=row.name,
            accuracy=short(float(row.accuracy.mean())),
            lowest=short(float(row.accuracy.min())),
            error=short(float(row.error.mean()), 2),
            weight_error=short(float(row.weight_error.mean()), 2),
            entropy=short(float(row.entropy.mean())),
            operations=operation_words(row.operations),
        )
        for row in found
    ]
    least = min(found, key=lambda row: float(row.error.mean()))
    best = max(found, key=lambda row: float(row.accuracy.mean()))
    return ["rows"], {
        "bits": say(f"figure.uniform_or_not.bits.{'one' if bits == 1 else 'many'}", bits=bits),
        "nets": str(found[0].accuracy.size),
        "rows": " ".join(told),
        "least": least.name,
        "best": best.name,
        "best_accuracy": short(float(best.accuracy.mean())),
        "least_accuracy": short(float(least.accuracy.mean())),
    }
