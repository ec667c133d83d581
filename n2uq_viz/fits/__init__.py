"""Quantizers for given samples: even, for equal use, learned, and with levels anywhere.

`sample` puts samples in order, `ranges` finds where even levels lie, `levels` where others go, and
`fit` makes quantizers of that and says what they do to the samples.
"""

from n2uq_viz.fits.fit import EVEN, METHODS, Fit, fit, fit_all
from n2uq_viz.fits.levels import apot_levels, lloyd_max_levels, quantile_thresholds
from n2uq_viz.fits.ranges import RANGES, level_range
from n2uq_viz.fits.sample import Ordered

__all__ = [
    "EVEN",
    "METHODS",
    "RANGES",
    "Fit",
    "Ordered",
    "apot_levels",
    "fit",
    "fit_all",
    "level_range",
    "lloyd_max_levels",
    "quantile_thresholds",
]
