"""A tensor of a file: what it holds, and quantizers that fit it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from n2uq_viz.fits import Fit, fit_all

if TYPE_CHECKING:
    from n2uq_viz.tensors import Survey

__all__ = ["TensorReport", "fitted"]


@dataclass(frozen=True)
class TensorReport:
    """What a tensor holds, and its fits by name; none where its finite values are all alike."""

    survey: Survey
    bits: int
    fits: dict[str, Fit]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it but the sample, ready for JSON; a number that is none is None."""
        s = self.survey
        return {
            "tensor": s.name,
            "shape": list(s.shape),
            "dtype": s.dtype,
            "values": s.count,
            "seen": s.seen,
            "nan": s.nan,
            "positive_infinity": s.positive_infinity,
            "negative_infinity": s.negative_infinity,
            "zeros": s.zeros,
            **{
                name: value if math.isfinite(value) else None
                for name in ("low", "high", "mean", "deviation")
                for value in [getattr(s, name)]
            },
            "bits": self.bits,
            "fits": {name: _fit(found) for name, found in self.fits.items()},
        }


def _fit(found: Fit) -> dict[str, Any]:
    q = found.quantizer
    even = found.method in ("uniform", "quantile", "learned")
    parameters = found.parameters() if even else None
    if parameters is not None:
        parameters["intervals"] = parameters["intervals"].tolist()
    return {
        "edges": q.edges.tolist(),
        "thresholds": q.thresholds.tolist(),
        "levels": q.levels.tolist(),
        "slopes": q.slopes.tolist(),
        "occupancy": found.occupancy.tolist(),
        "relative_error": found.relative_error,
        "entropy": found.entropy,
        "outside": found.outside,
        "thresholds_wanted": found.wanted.tolist(),
        "thresholds_moved": found.moved,
        "n2uq_parameters": parameters,
    }


def fitted(survey: Survey, bits: int) -> TensorReport:
    """Return a survey with the fits of its sample.

    Raises ValueError for bits that are not 1 to 8.
    """
    several = survey.finite > 0 and survey.low < survey.high
    return TensorReport(survey, bits, fit_all(survey.sample, bits) if several else {})
