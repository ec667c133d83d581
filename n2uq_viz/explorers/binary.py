"""The Binary explorer: a step that is certain beside one that throws a coin."""

from __future__ import annotations

from typing import Any

from n2uq_viz import state as states
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer

_VIEW = [-2.0, 2.0]


class BinaryExplorer(Stage):
    """Deterministic beside stochastic binarization: move an input, see its chance, throw its coins.

    Parameters
    ----------
    quantizer
        By default the sign function with its ramp from -1 to 1; one with more steps works too.
    x
        The input that is looked at.
    thrown
        Coins thrown there at the start, 0 to 10,000.
    seed
        Seed of Philox4x32-10 that the coins come from.
    **state
        Other keys of the state: ``view``, ``speed``, ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> e = BinaryExplorer(x=0.5, thrown=0)
    >>> e.state = {**e.state, "thrown": 100}
    >>> e.quantizer.expectation(e.state["x"])
    np.float64(0.5)
    """

    explorer = "binary"

    def __init__(
        self,
        quantizer: Quantizer | None = None,
        x: float = 0.3,
        thrown: int = 10,
        seed: int = 0,
        **state: Any,
    ) -> None:
        q = Quantizer.binary() if quantizer is None else checked(quantizer)
        view = _VIEW if quantizer is None else states.default_view(q.edges)
        state.setdefault("view", view)
        super().__init__(self._opening(q, {"x": x, "thrown": thrown, "seed": seed}, state))
