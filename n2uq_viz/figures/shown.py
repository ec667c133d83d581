"""What the picture of a quantizer shows, as data and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import datasets, descent, style
from n2uq_viz import state as states
from n2uq_viz.checks import choice
from n2uq_viz.figures.board import size_of
from n2uq_viz.figures.compander import is_even, middles
from n2uq_viz.montecarlo import root_mean_square, simulate_gradient_shared
from n2uq_viz.plots.backward import gradient_top
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.plots.training import input_limits
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors, weights
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import GradientEstimate
    from n2uq_viz.style import Theme


#: 2 bits, with thresholds closer together near zero.
_UNEVEN = Quantizer(2.0 * np.linspace(0.0, 1.0, 4) ** 1.6, np.linspace(0.0, 2.0, 4))


def read(
    state: Mapping[str, Any] | None,
    theme: str | None,
    size: str | None,
    explorer: str = "threshold",
) -> tuple[dict[str, Any], Theme, str]:
    """Return state, theme and size of a figure: those given, checked, or their defaults.

    Without a state it is `default_state` of that explorer; without a theme the state's own, "light"
    where that is "auto"; without a size a slide for a projector, a page otherwise. Raises
    ValueError for a state that cannot be shown, and if there is no such theme or size.
    """
    shown = settle(state, explorer)
    chosen = theme if theme is not None else shown["theme"]
    look = style.theme("light" if chosen == "auto" else chosen)
    return shown, look, size_of(look, size)


def settle(state: Mapping[str, Any] | None, explorer: str = "threshold") -> dict[str, Any]:
    """Return a state of an explorer, checked, or its default; raise ValueError as `read` does."""
    return default_state(explorer) if state is None else states.validate(state, explorer)


def visible(state: Mapping[str, Any]) -> list[str]:
    """Return the series that a valid state shows, in their order.

    >>> visible(states.validate({**default_state("surrogate"), "hidden": ["noise", "smooth"]}))
    ['deterministic', 'derivative']
    """
    own = states.SERIES[state["explorer"]]
    return [name for name in own if name not in state["hidden"]]


def counted(found: GradientEstimate) -> NDArray[np.bool_]:
    """Return which dots of a gradient count in its RMS error.

    Not those outside the outer edges, where the output is certain; nor those nearer than the
    half-width to an edge, which estimate a mixture of two slopes.
    """
    x, edges = found.x, found.quantizer.edges
    inside = (edges[0] < x) & (x < edges[-1])
    return np.asarray(inside & ~found.near_edge & np.isfinite(found.mean))


def default_state(explorer: str = "threshold") -> dict[str, Any]:
    """Return what the figure of an explorer shows without a state.

    Raises ValueError for a name that is none of ``n2uq_viz.state.EXPLORERS``.

    >>> default_state("coin-flip")["points"], default_state("sum-of-steps")["shown"]
    ([-0.6, 0.0, 0.8], 3)
    """
    choice("explorer", explorer, states.EXPLORERS)
    plain = {"version": states.VERSION, "explorer": explorer}
    if explorer == "gradient-flow":
        return _learned(plain)
    if explorer == "training":
        return _trained(plain)
    if explorer == "tensor":
        return _fitted(plain)
    if explorer == "weight":
        return _weighed(plain)
    own: dict[str, tuple[Quantizer, dict[str, Any]]] = {
        "binary": (Quantizer.binary(), {"view": [-2.0, 2.0]}),
        "coin-flip": (Quantizer.binary(), {"view": [-1.5, 1.5], "thrown": 1000}),
        "surrogate": (
            Quantizer([0.0, 0.4, 1.1, 2.0], np.linspace(0.0, 2.0, 4)),
            {"view": [-2.5, 2.5]},
        ),
    }
    q, keys = own.get(explorer, (_UNEVEN, {}))
    if explorer == "threshold":
        bulk = datasets.summary(states.DEFAULT_DATA)["range"]
        keys = {"view": states.default_view(q.edges, (bulk[0], bulk[1]))}
    return states.validate({**plain, **q.to_dict(), **keys})


def _learned(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a descent that has come some way, as a state."""
    q = Quantizer.uniform(2)
    keys = {"start": q.edges.tolist(), "steps": 40, "learning_rate": 0.2, "target": "sqrt"}
    run = descent.descend(q, descent.samples("sqrt", q.levels), 40, 0.2)
    edges = run.edges[-1].tolist()
    both = sorted((*edges, *q.edges.tolist()))
    view = states.default_view(both)
    return states.validate({**plain, **q.to_dict(), **keys, "edges": edges, "view": view})


def _fitted(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a stored tensor with thresholds for equal use, as a state."""
    k, method = 1, "quantile"
    entry = tensors.stored(tensors.NAMES[k])
    q, (low, high) = tensors.quantizer_of(entry, 2, method), entry["data"]["range"]
    view = states.default_view(q.edges, (low, high))
    keys = {"tensor": k, "method": method, "view": view}
    return states.validate({**plain, **q.to_dict(), **keys})


def _weighed(plain: dict[str, Any]) -> dict[str, Any]:
    """Return 2 bits over a channel of stored weights, as a state."""
    places = np.linspace(-1.0, 1.0, 4).tolist()
    valid = states.validate({**plain, "edges": places, "levels": places})
    return {**valid, "view": weights.view_of(valid)}


def _trained(plain: dict[str, Any]) -> dict[str, Any]:
    """Return stored runs over the range of their inputs, as a state; without runs where none are.

    A task in the plane comes first, since its answers can be seen, and G-STE beside fixed range.
    """
    stored = datasets.stored_runs()
    names = list(stored[:2])
    for task in ("regression", "pixels", "digits", "moons", "spirals"):
        first, second = (
            [name for name in stored if name.startswith(f"{task}-{method}-")][:1]
            for method in ("gste", "ste")
        )
        if first and second:
            names = [*first, *second]
    state = states.validate({**plain, **_UNEVEN.to_dict(), "runs": names})
    ranges = [
        input_limits(run["layers"][0]) for run in map(datasets.run_summary, names) if run["layers"]
    ]
    if not ranges:
        return state
    view = [min(low for low, _ in ranges), max(high for _, high in ranges)]
    return states.validate({**state, "view": view})


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
    shown = settle(state)
    q = Quantizer(shown["edges"], shown["levels"])
    shares = datasets.occupancy(q, summary_of(shown))
    data = shown["data"] if isinstance(shown["data"], str) else "own"
    low, high = shown["view"]
    series = [name for name in states.SERIES["threshold"] if name not in shown["hidden"]]
    estimated = "monte_carlo_gradient" in series
    parts = [*series]
    if shown["compander"]:
        parts += ["compander", "compander.even"] if is_even(q) else ["compander"]
    return parts, (_gradient_words(shown, q) if estimated else {}) | {
        "count": str(q.levels.size),
        "draws": f"{shown['draws']:,}",
        "data": say(f"data.{data}"),
        "low": short(low),
        "high": short(high),
        "edges": _list(q.edges),
        "thresholds": _list(q.thresholds),
        "levels": _list(q.levels),
        "middles": _list(middles(q)),
        "slopes": _list(q.slopes),
        "chord": short(float((q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0]))),
        "shares": ", ".join(percent(float(share)) for share in shares),
        "entropy": short(datasets.entropy_bits(shares)),
        "most": short(float(np.log2(q.levels.size))),
    }


def _gradient_words(state: Mapping[str, Any], q: Quantizer) -> dict[str, str]:
    """Return what is said of the dots of the gradient."""
    found = estimate_of(state)
    judged = counted(found)
    half_width = "" if found.half_width is None else short(found.half_width)
    values = {"method": say(f"figure.threshold.{found.method}", half_width=half_width)}
    for name, slope in (("gste", q.gradient), ("ste", q.ste_gradient)):
        values[f"rms_{name}"] = _error(found.mean[judged] - slope(found.x[judged]))
    across = np.count_nonzero(np.isfinite(found.mean) & found.near_edge)
    key = "figure.threshold.across.count" + (".one" if across == 1 else "")
    values["across"] = say(key, count=across) if across else ""
    above = np.count_nonzero(found.mean > gradient_top(q))
    values["beyond"] = say("figure.threshold.beyond.count", count=above) if above else ""
    return values


def _error(errors: FloatArray) -> str:
    return short(root_mean_square(errors)) if errors.size else "–"


def _list(values: Any) -> str:
    return ", ".join(short(float(value)) for value in values)
