"""The Threshold explorer: edges and thresholds under the hand, over real data."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz import datasets, style, words
from n2uq_viz import state as states
from n2uq_viz.explorers.stage import Stage, javascript, style_sheet
from n2uq_viz.montecarlo import GRADIENT_METHODS, agreement, simulate_shared
from n2uq_viz.quantizer import Quantizer

#: Widths of the nonuniform preset grow in proportion to i ** this, so that thresholds crowd near
#: zero.
_NONUNIFORM_POWER = 1.6


def presets() -> dict[str, dict[int, Quantizer]]:
    """Quantizers to start from: family -> bits -> quantizer.

    ``binary`` is the sign function, ``uniform`` has equal segments over [0, 2], and ``nonuniform``
    keeps the uniform levels on segments that are narrow near zero and wide at the far end.

    Examples
    --------
    >>> presets()["nonuniform"][2].edges.round(3)
    array([0.   , 0.345, 1.045, 2.   ])
    """
    uniform = {bits: Quantizer.uniform(bits) for bits in range(1, 5)}
    nonuniform = {
        bits: Quantizer(
            2.0 * np.linspace(0.0, 1.0, 2**bits) ** _NONUNIFORM_POWER, uniform[bits].levels
        )
        for bits in range(2, 5)
    }
    return {"binary": {1: Quantizer.binary()}, "uniform": uniform, "nonuniform": nonuniform}


#: Words of the notebooks and the figures, which the browser never says.
_UNSAID = ("course.", "figure.")
#: Keys of the state that can be given as they are.
_OTHER_KEYS = ("view", "gradient_method", "half_width", "hidden", "theme")


def _kit() -> dict[str, Any]:
    """Words, colors and numbers that the browser shares with Python."""
    return {
        "words": {key: text for key, text in words.table().items() if not key.startswith(_UNSAID)},
        "palette": style.for_browser(),
        "constants": {
            "gridPoints": states.GRID_POINTS,
            "maxDraws": states.MAX_DRAWS,
            # Room for the view's margin around it.
            "largest": states.LARGEST / 10,
            "viewMargin": states.VIEW_MARGIN,
            "series": states.SERIES["threshold"],
            "gradientMethods": GRADIENT_METHODS,
            "presets": {
                family: {bits: q.to_dict() for bits, q in members.items()}
                for family, members in presets().items()
            },
        },
    }


def fits(state: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the means on screen fit the ramps of G-STE and of plain STE.

    Parameters
    ----------
    state
        A state of the Threshold explorer.

    Returns
    -------
    dict
        ``gste`` and ``ste``: p-values of ``n2uq_viz.agreement`` for the expectation, and for the
        straight ramp between the outer edges whose slope is plain STE's; ``points``: how many means
        were judged; ``about``: the part of the state that all this is about.

    Examples
    --------
    Where all segments are alike, both ramps are one, and both are right:

    >>> state = states.validate({"version": 1, "edges": [0, 1, 2], "levels": [0, 1, 2]})
    >>> found = fits(state)
    >>> found["gste"] == found["ste"] > 0.05
    True
    """
    q = Quantizer(state["edges"], state["levels"])
    low, high = state["view"]
    grid = np.linspace(low, high, states.GRID_POINTS)
    mc = simulate_shared(q, grid, state["draws"], state["seed"], progress=False)
    found = agreement(mc, q.expectation)
    straight = Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])
    return {
        "gste": found.p_value,
        "ste": agreement(mc, straight.expectation).p_value,
        "points": found.points,
        "about": {key: state[key] for key in ("edges", "levels", "view", "draws", "seed")},
    }


def _summaries() -> dict[str, Any]:
    """Summaries of all data sets that can be had: without scikit-learn there are no digits."""
    found = {}
    for name in datasets.NAMES:
        with suppress(ImportError):
            found[name] = datasets.summary(name)
    return found


class ThresholdExplorer(Stage):
    """Drag the edges and thresholds of a quantizer that lies over data.

    The staircase, its stochastic expectation, both gradients, Monte-Carlo estimates of all that and
    the data per level follow the hand. When it rests, Python says whether the means fit.

    Parameters
    ----------
    quantizer
        At most 15 steps; by default 2 bits, uniform over [0, 2] (over the bulk of the data, if
        those are yours).
    data
        A name out of ``n2uq_viz.datasets.NAMES``, or your own numbers of any shape; by default the
        responses of a fixed filter on real digits. Only a summary of them goes to the browser and
        into files.
    draws, seed
        Coins thrown per point, 1 to 10,000, and the seed of Philox4x32-10 that they come from.
    **state
        Other keys of the state: ``view``, ``gradient_method``, ``half_width``, ``hidden``,
        ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> import n2uq_viz as nv
    >>> e = ThresholdExplorer(nv.Quantizer.uniform(2), data="normal")
    >>> e.state = {**e.state, **e.quantizer.move_edge(1, 0.5).to_dict()}
    >>> e.quantizer.thresholds.round(3)
    array([0.25 , 0.917, 1.667])
    """

    explorer = "threshold"
    _esm = javascript("widget.js", {"KIT": _kit()})
    _css = style_sheet()
    _answers: ClassVar = {"agreement": fits}

    def __init__(
        self,
        quantizer: Quantizer | None = None,
        data: str | Mapping[str, Any] | ArrayLike | None = None,
        draws: int = 200,
        seed: int = 0,
        **state: Any,
    ) -> None:
        own = set(state) - set(_OTHER_KEYS)
        if own:
            raise states.StateError(
                f"keywords must be quantizer, data, draws, seed, {', '.join(_OTHER_KEYS[:-1])} or "
                f"{_OTHER_KEYS[-1]}, "
                f"got {sorted(own)[0]!r}"
            )
        chosen: Any = states.DEFAULT_DATA if data is None else data
        if not isinstance(chosen, str):
            mapping = isinstance(chosen, Mapping)
            chosen = datasets.check_summary(chosen) if mapping else datasets.summarize(chosen)
        if isinstance(chosen, str) and chosen in datasets.NAMES:
            datasets.summary(chosen)  # where scikit-learn is missing, this says so
        known = _summaries()
        if quantizer is None:
            low, high = chosen["range"] if isinstance(chosen, Mapping) else (0.0, 2.0)
            quantizer = Quantizer.uniform(2, low, high) if low < high else Quantizer.uniform(2)
        shown = chosen if isinstance(chosen, Mapping) else known.get(chosen)
        bulk = tuple(shown["range"]) if shown else None
        full = {
            "version": states.VERSION,
            **quantizer.to_dict(),
            "view": states.default_view(quantizer.edges, bulk),
            "data": chosen,
            "draws": draws,
            "seed": seed,
            **state,
        }
        super().__init__(states.validate(full, self.explorer), known)
