"""What the picture of a quantizer shows, as data and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz import state as states
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return the series that a state shows, and the numbers that are said about it, as text."""
    shown = default_state() if state is None else states.validate(state)
    q = Quantizer(shown["edges"], shown["levels"])
    shares = datasets.occupancy(q, summary_of(shown))
    data = shown["data"] if isinstance(shown["data"], str) else "own"
    low, high = shown["view"]
    return [name for name in states.SERIES if name not in shown["hidden"]], {
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


def _list(values: Any) -> str:
    return ", ".join(short(float(value)) for value in values)
