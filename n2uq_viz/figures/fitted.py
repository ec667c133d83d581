"""A tensor with the quantizers of a state and of its fits, as data and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.fits import Ordered
from n2uq_viz.fits.fit import CLOSE
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors
from n2uq_viz.summaries import Summary, entropy_bits
from n2uq_viz.words import say

#: The state's own quantizer, beside the fits.
OWN = "own"
ROWS = (*tensors.METHODS, OWN)


@dataclass(frozen=True)
class Row:
    """A quantizer and what it does to a tensor.

    Attributes
    ----------
    shares
        Of all values on each level, shape (L + 1,).
    error
        Mean squared error as a share of the variance.
    entropy
        Of the codes, in bits.
    outside
        Share of the values outside the outer edges, where the gradient is 0.
    """

    quantizer: Quantizer
    shares: FloatArray
    error: float
    entropy: float
    outside: float

    @property
    def steepest(self) -> float:
        """Return the greatest slope, in units of the output per unit of the input."""
        return float(self.quantizer.slopes.max())


@dataclass(frozen=True)
class Fitted:
    """A tensor of a state, with a row for each of `ROWS`, and one for levels anywhere.

    `shift` is how far the thresholds for equal use had to go to have edges, in units of the tensor;
    0 where they had some.
    """

    name: str
    summary: Summary
    rows: dict[str, Row]
    reference: Row
    shift: float


def judged(q: Quantizer, sample: Ordered) -> Row:
    """Return what a quantizer does to samples, at least two of them different.

    >>> judged(Quantizer.uniform(1, 0.0, 4.0), Ordered([0.0, 1.0, 3.0, 4.0])).error
    0.2
    """
    shares = sample.occupancy(q.thresholds)
    below, _, above = sample.occupancy(q.edges[[0, -1]])
    error = sample.error(q.thresholds, q.levels) / sample.error([], [sample.mean])
    return Row(q, shares, error, entropy_bits(shares), float(below + above))


def fitted(state: Mapping[str, Any]) -> Fitted:
    """Return what a valid state of the Tensor explorer shows."""
    entry, bits = tensors.entries(state)[state["tensor"]], tensors.bits_of(state["levels"])
    sample = Ordered(entry["data"])
    quantizers = {each: tensors.quantizer_of(entry, bits, each) for each in tensors.METHODS}
    quantizers[OWN] = Quantizer(state["edges"], state["levels"])
    reference = tensors.quantizer_of(entry, bits, tensors.REFERENCE)
    quantile = quantizers["quantile"]
    wanted = np.asarray(entry["fits"][bits - 1]["quantile"]["wanted"])
    shift = float(np.max(np.abs(quantile.thresholds - wanted)))
    named = state["tensors"][state["tensor"]]
    return Fitted(
        say(f"tensor.{named}") if isinstance(named, str) else entry["name"],
        entry["data"],
        {name: judged(q, sample) for name, q in quantizers.items()},
        judged(reference, sample),
        shift if shift > CLOSE * float(np.ptp(quantile.levels)) else 0.0,
    )


def error_words(error: float) -> str:
    """Return a share of the variance in percent.

    >>> error_words(0.04926).split()
    ['4.93', '%']
    """
    return f"{short(float(f'{100.0 * error:.3g}'))}\u00a0%"


def claim(found: Fitted) -> str:
    """Return in one line how one's own quantizer compares with the least error there is."""
    return say(
        "figure.tensor.claim",
        name=found.name,
        error=error_words(found.rows[OWN].error),
        least=error_words(found.reference.error),
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "tensor")
    found = fitted(shown)
    q = found.rows[OWN].quantizer
    low, high = found.summary["range"]
    values = {
        "claim": claim(found),
        "name": found.name,
        "count": f"{found.summary['count']:,}",
        "low": short(low),
        "high": short(high),
        "edges": number_list(q.edges.tolist()),
        "thresholds": number_list(q.thresholds.tolist()),
        "levels": number_list(q.levels.tolist()),
        "best": number_list(found.reference.quantizer.levels.tolist()),
        "least": error_words(found.reference.error),
        "shift": short(found.shift),
        "rows": " ".join(_said(name, row) for name, row in found.rows.items()),
    }
    return [*visible(shown), *(["moved"] if found.shift else []), "aims"], values


def _said(name: str, row: Row) -> str:
    return say(
        "figure.tensor.row",
        name=say(f"fit.{name}"),
        error=error_words(row.error),
        entropy=short(row.entropy),
        most=short(float(np.log2(row.shares.size))),
        steepest=short(row.steepest),
        outside=percent(row.outside),
        shares=", ".join(percent(share) for share in row.shares.tolist()),
    )
