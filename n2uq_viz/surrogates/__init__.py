"""The surrogate derivatives of the literature, side by side, and the noise behind each.

The straight-through estimator is one of many. Each entry of ``TABLE`` holds what runs forward, what
runs backward, the density of the noise whose mean has that slope (or why there is none), formulas
and source. Everything here is NumPy and can be read aloud; ``n2uq_viz.figures.surrogates`` draws
it.

The rule behind the noise: a step of height h at t, taken where ``x + e > t`` with noise e of
density p, has a mean with the slope ``h · p(t − x)``. So the mean of ``sign(x + e)`` has the slope
``2 p(−x)``, and a surrogate for sign is the slope of such a mean exactly if it is never negative
and its area is 2.
"""

from __future__ import annotations

from types import MappingProxyType

from n2uq_viz.surrogates import of_rounding, of_sign
from n2uq_viz.surrogates.noise import Noise
from n2uq_viz.surrogates.of_rounding import lsq_initial_step
from n2uq_viz.surrogates.rule import Latex, Parameter
from n2uq_viz.surrogates.surrogate import Surrogate

__all__ = ["TABLE", "Latex", "Noise", "Parameter", "Surrogate", "lsq_initial_step"]

#: Key -> surrogate: those for sign, those for more levels, and the rule that covers them.
TABLE: MappingProxyType[str, Surrogate] = MappingProxyType(
    {
        entry.key: entry
        for entry in (
            of_sign.IDENTITY_STE,
            of_sign.CLIPPED_STE,
            of_sign.APPROX_SIGN,
            of_sign.SWISH_SIGN,
            of_sign.EDE,
            of_sign.RESTE,
            of_rounding.DSQ,
            of_rounding.PACT,
            of_rounding.LSQ,
            of_rounding.EWGS,
            of_rounding.GSTE,
            of_sign.ADDITIVE_NOISE,
        )
    }
)
