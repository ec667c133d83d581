"""What the picture of a quantizer shows, as data and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz import state as states
from n2uq_viz.montecarlo import simulate_gradient_shared
from n2uq_viz.plots.backward import gradient_top
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import GradientEstimate


def default_state() -> dict[str, Any]:
    """Return what is drawn without a state: 2 bits, with thresholds closer together near zero."""
    edges = 2.0 * np.linspace(0.0, 1.0, 4) ** 1.6
    levels = np.linspace(0.0, 2.0, 4)
    state = {"version": states.VERSION, "edges": edges.tolist(), "levels": levels.tolist()}
    bulk = datasets.summary(states.DEFAULT_DATA)["range"]
    return states.validate({**state, "view": states.default_view(edges, (bulk[0], bulk[1]))})


def summary_of(state: Mapping[str, Any]) -> datasets.Summary:
    """Return the summary of the data that a valid state shows."""
    data = state["data"]
    return datasets.summary(data) if isinstance(data, str) else data


def estimate_of(state: Mapping[str, Any]) -> GradientEstimate:
    """Return the dots of the gradient that a valid state shows."""
    method, (low, high) = state["gradient_method"], state["view"]
    return simulate_gradient_shared(
        Quantizer(state["edges"], state["levels"]),
        np.linspace(low, high, states.GRID_POINTS),
        state["draws"],
        state["seed"],
        method,
        state["half_width"] if method == "common_random_numbers" else None,
        progress=False,
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return the series that a state shows, and the numbers that are said about it, as text."""
    shown = default_state() if state is None else states.validate(state)
    q = Quantizer(shown["edges"], shown["levels"])
    shares = datasets.occupancy(q, summary_of(shown))
    data = shown["data"] if isinstance(shown["data"], str) else "own"
    low, high = shown["view"]
    series = [name for name in states.SERIES if name not in shown["hidden"]]
    estimated = "monte_carlo_gradient" in series
    return series, (_gradient_words(shown, q) if estimated else {}) | {
        "count": str(q.levels.size),
        "draws": f"{shown['draws']:,}",
        "data": say(f"data.{data}"),
        "low": short(low),
        "high": short(high),
        "edges": _list(q.edges),
        "thresholds": _list(q.thresholds),
        "levels": _list(q.levels),
        "slopes": _list(q.slopes),
        "chord": short(float((q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0]))),
        "shares": ", ".join(percent(float(share)) for share in shares),
        "entropy": short(datasets.entropy_bits(shares)),
        "most": short(float(np.log2(q.levels.size))),
    }


def _gradient_words(state: Mapping[str, Any], q: Quantizer) -> dict[str, str]:
    """Return what is said of the dots of the gradient."""
    found = estimate_of(state)
    # Outside the outer edges the output is certain, and near an edge two slopes are mixed.
    valued, near = np.isfinite(found.mean), found.near_edge
    judged = valued & ~near & (q.edges[0] < found.x) & (found.x < q.edges[-1])
    half_width = "" if found.half_width is None else short(found.half_width)
    values = {"method": say(f"figure.threshold.{found.method}", half_width=half_width)}
    for name, slope in (("gste", q.gradient), ("ste", q.ste_gradient)):
        values[f"rms_{name}"] = _rms(found.mean[judged] - slope(found.x[judged]))
    across = np.count_nonzero(valued & near)
    key = "figure.threshold.across.count" + (".one" if across == 1 else "")
    values["across"] = say(key, count=across) if across else ""
    above = np.count_nonzero(found.mean > gradient_top(q))
    values["beyond"] = say("figure.threshold.beyond.count", count=above) if above else ""
    return values


def _rms(error: FloatArray) -> str:
    if not error.size:
        return "–"
    largest = float(np.abs(error).max()) or 1.0  # in units of which no square overflows
    return short(largest * float(np.sqrt(np.mean((error / largest) ** 2))))


def _list(values: Any) -> str:
    return ", ".join(short(float(value)) for value in values)
