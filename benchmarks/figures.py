"""How fast figures are drawn: each one cold and warm, and moving artists against drawing anew.

*Cold* is the first figure of a fresh process, imports apart; *warm* the median of later ones. Both
build the figure and render it to pixels. *Bare* is matplotlib alone: as many empty Axes with ticks,
rendered as often in the same run. Ratios belong to this machine and run.

Run: ``python -m benchmarks.figures``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.report import digits, is_quick, table, times
from n2uq_viz import datasets, figures, plots, style
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.quantizer import Quantizer

WARM, TURNS = 5, 30
EVERY_WHEN_QUICK = 6  # of the figures, each drawn once
THEME = style.theme("light")
VIEW = (-0.3, 2.3)
DRAWS, SEED, POINTS = 200, 0, 121
COLD = """
import sys, time
from matplotlib.backends.backend_agg import FigureCanvasAgg
from n2uq_viz import figures
began = time.perf_counter()
FigureCanvasAgg(figures.NAMES[sys.argv[1]](theme="light")).draw()
print(time.perf_counter() - began)
"""


def milliseconds(action: Callable[[], object]) -> float:
    """Time of one call."""
    began = time.perf_counter()
    action()
    return 1000.0 * (time.perf_counter() - began)


def render(figure: Figure) -> None:
    """Draw a figure to pixels."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()


def bare(like: Figure) -> None:
    """Draw a figure of that size with as many empty Axes, and nothing else."""
    figure = Figure(figsize=tuple(like.get_size_inches()))
    for ax in like.axes:
        figure.add_axes(ax.get_position().bounds)
    render(figure)


def every_figure(quick: bool) -> None:
    """Measure each named figure and print the table."""
    rows = []
    for name in list(figures.NAMES)[:: EVERY_WHEN_QUICK if quick else 1]:
        draw = figures.NAMES[name]
        done = subprocess.run(
            [sys.executable, "-c", COLD, name], check=True, capture_output=True, text=True
        )
        made = draw(theme="light")
        warm, empty = [], []
        for _ in range(1 if quick else WARM):
            warm.append(milliseconds(lambda: render(draw(theme="light"))))  # noqa: B023
            empty.append(milliseconds(lambda: bare(made)))  # noqa: B023
        middle, alone = statistics.median(warm), statistics.median(empty)
        cold = 1000.0 * float(done.stdout)
        rows.append([name, digits(cold), digits(middle), digits(alone), times(middle / alone)])
    print(table(["figure", "cold, ms", "warm, ms", "bare, ms", "warm / bare"], rows))


def moved(k: int) -> Quantizer:
    """A quantizer of 4 bits whose edges differ a little at every turn."""
    edges = np.linspace(0.0, 1.0, 16) ** (1.2 + 0.4 * np.sin(0.7 * k))
    return Quantizer(2.0 * edges, np.linspace(0.0, 2.0, 16))


def new_axes() -> tuple[Figure, list[Any]]:
    """Three panels with limits, as the Threshold explorer has them."""
    figure = Figure(figsize=(8.0, 6.0))
    axes = list(figure.subplots(3))
    for ax in axes:
        ax.set_xlim(*VIEW)
    axes[0].set_ylim(-0.2, 2.2)
    axes[1].set_ylim(0.0, 3.0)
    return figure, axes


def drawn(axes: list[Any], q: Quantizer, summary: datasets.Summary) -> dict[str, Any]:
    """Draw everything, and return the artists that can be moved."""
    top, middle, bottom = axes
    mc = simulate_shared(q, np.linspace(*VIEW, POINTS), DRAWS, SEED)
    return {
        "band": plots.draw_band(top, q, DRAWS, THEME, VIEW),
        "expectation": plots.draw_expectation(top, q, THEME, VIEW),
        "quantizer": plots.draw_quantizer(top, q, THEME, VIEW),
        "dots": plots.draw_monte_carlo(top, mc, THEME),
        "gradients": plots.draw_gradients(middle, q, THEME, VIEW),
        "guides": plots.draw_guides(middle, q, THEME, VIEW),
        "histogram": plots.draw_histogram(bottom, summary, q, THEME, VIEW),
    }


def update(artists: dict[str, Any], q: Quantizer, summary: datasets.Summary) -> None:
    """Move everything that `drawn` has drawn."""
    mc = simulate_shared(q, np.linspace(*VIEW, POINTS), DRAWS, SEED)
    plots.update_band(artists["band"], q, DRAWS, VIEW)
    plots.update_expectation(artists["expectation"], q, VIEW)
    plots.update_quantizer(artists["quantizer"], q, VIEW)
    plots.update_monte_carlo(artists["dots"], mc)
    plots.update_gradients(artists["gradients"], q, VIEW)
    plots.update_guides(artists["guides"], q, VIEW)
    plots.update_histogram(artists["histogram"], summary, q, VIEW)


def moving(turns: int) -> None:
    """Measure moving artists against drawing anew, in turns, with and without pixels."""
    summary = datasets.summary("normal")
    figure, axes = new_axes()
    artists = drawn(axes, moved(0), summary)
    render(figure)
    taken: dict[str, list[float]] = {}
    for k in range(turns):
        q = moved(k)
        taken.setdefault("update, artists", []).append(
            milliseconds(lambda: update(artists, q, summary))  # noqa: B023
        )
        taken.setdefault("update, pixels", []).append(milliseconds(lambda: render(figure)))
        fresh, panels = new_axes()
        taken.setdefault("anew, artists", []).append(
            milliseconds(lambda: drawn(new_axes()[1], q, summary))  # noqa: B023
        )
        drawn(panels, q, summary)
        taken.setdefault("anew, pixels", []).append(milliseconds(lambda: render(fresh)))  # noqa: B023
    middle = {name: statistics.median(found) for name, found in taken.items()}
    rows = []
    for part in ("artists", "pixels"):
        moved_, anew = middle[f"update, {part}"], middle[f"anew, {part}"]
        rows.append([part, digits(moved_), digits(anew), times(anew / moved_)])
    print(f"\n4 bits, three panels, {turns} turns; the same draws are simulated in both.\n")
    print(table(["", "update, ms", "anew, ms", "anew / update"], rows))


def main(quick: bool = False) -> None:
    """Measure and print both tables."""
    print(f"Theme light, size page; warm and bare: median of {1 if quick else WARM}.\n")
    every_figure(quick)
    moving(3 if quick else TURNS)


if __name__ == "__main__":
    main(is_quick(__doc__))
