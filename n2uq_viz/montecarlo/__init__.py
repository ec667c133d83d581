"""Throwing the coins, so that the formulas are something one can see happen.

The expectation of a stochastic quantizer and its derivative are formulas; here both are estimated
from draws alone, with an honest error, which is what makes comparing the two an argument. Whether
they agree is then a question for a test, and `agreement` is one whose p-value means what it says.
"""

from n2uq_viz.montecarlo.comparison import Agreement, agreement, null_band, root_mean_square
from n2uq_viz.montecarlo.estimate import MonteCarlo
from n2uq_viz.montecarlo.gradient_estimate import METHODS as GRADIENT_METHODS
from n2uq_viz.montecarlo.gradient_estimate import GradientEstimate
from n2uq_viz.montecarlo.gradients import simulate_gradient, simulate_gradient_shared
from n2uq_viz.montecarlo.simulation import simulate, simulate_running, simulate_shared

__all__ = [
    "GRADIENT_METHODS",
    "Agreement",
    "GradientEstimate",
    "MonteCarlo",
    "agreement",
    "null_band",
    "root_mean_square",
    "simulate",
    "simulate_gradient",
    "simulate_gradient_shared",
    "simulate_running",
    "simulate_shared",
]
