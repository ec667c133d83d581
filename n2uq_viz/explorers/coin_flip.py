"""The Coin-flip explorer: means that settle, and the law by which they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from n2uq_viz import state as states
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer

_VIEW = [-1.5, 1.5]
_POINTS = (-0.6, 0.0, 0.8)


class CoinFlipExplorer(Stage):
    """Watch the mean of the stochastic output settle on its expectation, at inputs you choose.

    Parameters
    ----------
    quantizer
        By default the sign function with its ramp from -1 to 1.
    points
        One to four inputs; without them three of the default quantizer, or of any other the same
        places along its edges.
    thrown
        Coins thrown at each of them at the start, 0 to 10,000.
    seed
        Seed of Philox4x32-10 that the coins come from.
    **state
        Other keys of the state: ``view``, ``speed`` (coins per second), ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> CoinFlipExplorer(points=[0.25], thrown=0, speed=10).state["points"]
    [0.25]
    """

    explorer = "coin-flip"

    def __init__(
        self,
        quantizer: Quantizer | None = None,
        points: Sequence[float] | None = None,
        thrown: int = 30,
        seed: int = 0,
        **state: Any,
    ) -> None:
        q = Quantizer.binary() if quantizer is None else checked(quantizer)
        view = _VIEW if quantizer is None else states.default_view(q.edges)
        if points is None:
            low, high = float(q.edges[0]), float(q.edges[-1])
            points = [low + 0.5 * (1.0 + place) * (high - low) for place in _POINTS]
        state.setdefault("view", view)
        known = {"points": _listed(points), "thrown": thrown, "seed": seed}
        super().__init__(self._opening(q, known, state))


def _listed(points: Any) -> Any:
    """An array of numbers, or NumPy's numbers in a list, as a list of Python's."""
    if isinstance(points, np.ndarray):
        return points.tolist()
    if isinstance(points, Sequence) and not isinstance(points, (str, bytes)):
        return [x.item() if isinstance(x, np.generic) else x for x in points]
    return points
