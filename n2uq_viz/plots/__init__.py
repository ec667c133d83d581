"""Drawing apart from computing: arrays and quantizers in, artists on a given Axes out.

No function here makes a figure, shows one or touches global settings, so the same pictures can be
put together in any figure. Every ``draw_x`` returns the artists that ``update_x`` moves, and a draw
is nothing but an update of empty artists: the two cannot differ.
"""

from n2uq_viz.plots.backward import (
    GradientArtists,
    draw_gradients,
    gradient_limits,
    gradient_top,
    gste_line,
    ste_line,
    update_gradients,
)
from n2uq_viz.plots.forward import (
    QuantizerArtists,
    band_outline,
    draw_band,
    draw_expectation,
    draw_monte_carlo,
    draw_quantizer,
    expectation_line,
    forward_limits,
    staircase,
    update_band,
    update_expectation,
    update_monte_carlo,
    update_quantizer,
)
from n2uq_viz.plots.guides import GuideArtists, draw_guides, update_guides
from n2uq_viz.plots.histogram import (
    Bars,
    HistogramArtists,
    bars,
    draw_histogram,
    histogram_top,
    update_histogram,
)

__all__ = [
    "Bars",
    "GradientArtists",
    "GuideArtists",
    "HistogramArtists",
    "QuantizerArtists",
    "band_outline",
    "bars",
    "draw_band",
    "draw_expectation",
    "draw_gradients",
    "draw_guides",
    "draw_histogram",
    "draw_monte_carlo",
    "draw_quantizer",
    "expectation_line",
    "forward_limits",
    "gradient_limits",
    "gradient_top",
    "gste_line",
    "histogram_top",
    "staircase",
    "ste_line",
    "update_band",
    "update_expectation",
    "update_gradients",
    "update_guides",
    "update_histogram",
    "update_monte_carlo",
    "update_quantizer",
]
