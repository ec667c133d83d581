"""See why the straight-through estimator (STE) works.

It is the derivative of the expectation of a stochastic quantizer.

The names below are all there is at the top; explorers, figures and torch layers live in
``n2uq_viz.explorers``, ``n2uq_viz.figures`` and ``n2uq_viz.nn``, so that this import stays light.
"""

from n2uq_viz.montecarlo import (
    Agreement,
    GradientEstimate,
    MonteCarlo,
    agreement,
    simulate,
    simulate_gradient,
    simulate_running,
)
from n2uq_viz.quantizer import Quantizer

__all__ = [
    "Agreement",
    "GradientEstimate",
    "MonteCarlo",
    "Quantizer",
    "agreement",
    "simulate",
    "simulate_gradient",
    "simulate_running",
]
__version__ = "0.1.0"
