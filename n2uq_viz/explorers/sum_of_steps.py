"""The Sum-of-steps explorer: many levels are many binary steps, one after the other."""

from __future__ import annotations

from typing import Any

from n2uq_viz import state as states
from n2uq_viz.explorers.kit import presets
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer


class SumOfStepsExplorer(Stage):
    """Add up binary steps, each with its own ramp, and see where G-STE and plain STE part.

    Parameters
    ----------
    quantizer
        At most 15 steps; by default 2 bits with unequal segments over [0, 2].
    shown
        How many steps are added up at the start; all without it.
    **state
        Other keys of the state: ``view``, ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> e = SumOfStepsExplorer(shown=1)
    >>> e.quantizer.slopes.round(2)
    array([1.93, 0.95, 0.7 ])
    """

    explorer = "sum-of-steps"

    def __init__(
        self, quantizer: Quantizer | None = None, shown: int | None = None, **state: Any
    ) -> None:
        q = presets()["nonuniform"][2] if quantizer is None else checked(quantizer)
        state.setdefault("view", states.default_view(q.edges))
        super().__init__(self._opening(q, {"shown": shown}, state))
