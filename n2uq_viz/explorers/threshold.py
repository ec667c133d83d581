"""The Threshold explorer: edges and thresholds under the hand, over real data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz import datasets
from n2uq_viz import state as states
from n2uq_viz.explorers.kit import summaries
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.montecarlo import agreement, simulate_shared
from n2uq_viz.quantizer import Quantizer


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


def chosen_data(data: str | Mapping[str, Any] | ArrayLike | None) -> str | dict[str, Any]:
    """The name of a data set, or a summary of one's own data; None for the default.

    Raises ValueError for samples or a summary that will not do, and ImportError where the digits
    are asked for and scikit-learn is missing.
    """
    chosen: Any = states.DEFAULT_DATA if data is None else data
    if not isinstance(chosen, str):
        mapping = isinstance(chosen, Mapping)
        chosen = datasets.check_summary(chosen) if mapping else datasets.summarize(chosen)
    if isinstance(chosen, str) and chosen in datasets.NAMES:
        datasets.summary(chosen)  # where scikit-learn is missing, this says so
    found: str | dict[str, Any] = chosen
    return found


def bulk_of(chosen: str | Mapping[str, Any]) -> tuple[float, float] | None:
    """Between which values the bulk of the data lies; None for a name that is not known."""
    shown = chosen if isinstance(chosen, Mapping) else summaries().get(chosen)
    return (shown["range"][0], shown["range"][1]) if shown else None


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
        Other keys of the state: ``view``, ``gradient_method``, ``half_width``, ``compander`` (True
        for a panel more: N2UQ as uniform rounding of a learned curve), ``hidden``, ``theme``.

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
    _answers: ClassVar = {"agreement": fits}

    def __init__(
        self,
        quantizer: Quantizer | None = None,
        data: str | Mapping[str, Any] | ArrayLike | None = None,
        draws: int = 200,
        seed: int = 0,
        **state: Any,
    ) -> None:
        chosen = chosen_data(data)
        if quantizer is None:
            low, high = chosen["range"] if isinstance(chosen, Mapping) else (0.0, 2.0)
            quantizer = Quantizer.uniform(2, low, high) if low < high else Quantizer.uniform(2)
        q = checked(quantizer)
        bulk = bulk_of(chosen)
        known = {"data": chosen, "draws": draws, "seed": seed}
        state.setdefault("view", states.default_view(q.edges, bulk))
        super().__init__(self._opening(q, known, state), summaries())
