"""Weights from a summary, quantized twice: what the figure of their codes shows, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz import datasets
from n2uq_viz import state as states
from n2uq_viz.checks import FloatArray
from n2uq_viz.figures import shown
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.weights import gamma, weight_codes
from n2uq_viz.words import say

#: With a scale of their own, and with N2UQ's.
KINDS = ("before", "after")
#: Differences of entropy below this, in bits, are none.
SAME = 5e-3
#: Scale that stands for none, so that weights that are all 0 can be drawn.
SILENT = 1.0


class Rounding(Quantizer):
    """Even levels from ``-scale`` to ``scale``: a weight on a threshold gets the even code."""

    def __init__(self, levels: int, scale: float) -> None:
        """Make it for a scale above 0."""
        places = scale * np.linspace(-1.0, 1.0, levels)
        super().__init__(places, places)

    def codes(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return the number of each weight's level, as `n2uq_viz.weights` has it."""
        return weight_codes(x, self.levels.size, scale=float(self.levels[-1]))


@dataclass(frozen=True)
class Occupied:
    """One way to quantize some weights.

    Attributes
    ----------
    rounding
        The levels and thresholds.
    shares
        Of all weights on each level, shape (L + 1,), adding up to 1.
    """

    rounding: Rounding
    shares: FloatArray

    @property
    def scale(self) -> float:
        """Return the highest level, in units of the weights."""
        return float(self.rounding.levels[-1])

    @property
    def entropy(self) -> float:
        """Return the entropy of the codes in bits."""
        return datasets.entropy_bits(self.shares)


@dataclass(frozen=True)
class Weights:
    """Weights as a state has them, and quantized before and after N2UQ's scaling."""

    summary: datasets.Summary
    mean_size: float
    largest: float
    before: Occupied
    after: Occupied

    @property
    def levels(self) -> int:
        """Return the number of levels, L + 1."""
        return int(self.after.shares.size)

    @property
    def most(self) -> float:
        """Return the entropy, in bits, if all levels were used equally."""
        return float(np.log2(self.levels))

    @property
    def kind(self) -> str:
        """Say whether the scaling makes the codes more even (``"more"``, ``"less"``, ``"same"``).

        ``"silent"``: all weights are 0.
        """
        if self.mean_size == 0.0:
            return "silent"
        gain = self.after.entropy - self.before.entropy
        if abs(gain) < SAME:
            return "same"
        return "more" if gain > 0.0 else "less"


def default_state() -> dict[str, Any]:
    """Return what the figure shows without a state: 2 bits, and normally distributed weights.

    >>> default_state()["data"]
    'normal'
    """
    state = {**shown.default_state("threshold"), "data": "normal"}
    return states.validate(state, "threshold")


def weights_of(state: Mapping[str, Any]) -> Weights:
    """Return the weights of a valid state of the Threshold explorer, quantized both ways.

    One's own data are taken as they are. The named data sets are activations, so they are shifted
    to have mean 0 first, as weights about have. Before: levels over ``±max|w|``; after: over
    ``±gamma * mean|w|``, in both cases as many as the state's.

    A summary has values that many weights share exactly, and counts of all others in 512 cells, of
    which each stands at its center. So ``mean|w|`` is off by less than half a cell, a thousandth of
    the weights' range, and each threshold can misplace at most the weights of one cell.
    """
    levels = len(state["levels"])
    summary = shown.summary_of(state)
    if isinstance(state["data"], str):
        summary = _centered(summary)
    values, counts = datasets.points(summary)
    mean_size = float(counts @ np.abs(values) / counts.sum())
    ends = [summary["low"], summary["high"]] if summary["cells"] else []
    largest = max(abs(value) for value in (*ends, *(value for value, _ in summary["atoms"])))

    def occupied(scale: float) -> Occupied:
        rounding = Rounding(levels, scale or SILENT)
        return Occupied(rounding, datasets.occupancy(rounding, summary))

    return Weights(
        summary, mean_size, largest, occupied(largest), occupied(gamma(levels) * mean_size)
    )


def _centered(summary: datasets.Summary) -> datasets.Summary:
    """Return a summary of the same samples less their mean."""
    values, counts = datasets.points(summary)
    mean = float(counts @ values / counts.sum())
    return {
        **summary,
        "low": summary["low"] - mean,
        "high": summary["high"] - mean,
        "range": [each - mean for each in summary["range"]],
        "atoms": [[value - mean, count] for value, count in summary["atoms"]],
    }


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that are said, as text."""
    settled = default_state() if state is None else shown.settle(state)
    found = weights_of(settled)
    named = isinstance(settled["data"], str)
    values = {
        "data": say(f"data.{settled['data'] if named else 'own'}"),
        "count": str(found.levels),
        "last": str(found.levels - 1),
        "most": short(found.most),
        "gamma": short(gamma(found.levels)),
        "mean": short(found.mean_size),
        "largest": short(found.largest),
        "even": percent(1.0 / found.levels),
    }
    for name in KINDS:
        each: Occupied = getattr(found, name)
        values |= {
            f"scale_{name}": short(0.0 if found.kind == "silent" else each.scale),
            f"entropy_{name}": short(each.entropy),
            f"shares_{name}": ", ".join(percent(share) for share in each.shares.tolist()),
            f"levels_{name}": number_list(each.rounding.levels.tolist()),
        }
    return ["named" if named else "own", found.kind, "source"], values
