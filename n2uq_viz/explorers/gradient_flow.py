"""The Gradient-flow explorer: samples push edges, edges follow, and the loss says what for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike

from n2uq_viz import state as states
from n2uq_viz.explorers.kit import summaries
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.explorers.threshold import bulk_of, chosen_data
from n2uq_viz.quantizer import Quantizer


class GradientFlowExplorer(Stage):
    """Let edges learn a target by gradient descent with G-STE, beside plain STE, where none can.

    Parameters
    ----------
    quantizer
        Where the descent starts; by default 2 bits, uniform over [0, 2].
    target
        What the output is to be: ``"identity"``, ``"sqrt"``, ``"sigmoid"``, ``"step"`` or
        ``"sine"`` of inputs spread evenly over the range of the levels, or ``"data"``: the data
        themselves.
    learning_rate
        0.001 to 10, in units of x per unit of gradient.
    data
        For the target ``"data"``: a name out of ``n2uq_viz.datasets.NAMES``, or your own numbers.
    **state
        Other keys of the state: ``steps`` from ``start`` to the quantizer, ``view``, ``hidden``,
        ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> e = GradientFlowExplorer(target="sqrt", learning_rate=0.5)
    >>> e.step(20)
    >>> e.state["steps"], bool(e.quantizer.thresholds[0] < 0.2)
    (20, True)
    """

    explorer = "gradient-flow"

    def __init__(
        self,
        quantizer: Quantizer | None = None,
        target: str = "sqrt",
        learning_rate: float = 0.2,
        data: str | Mapping[str, Any] | ArrayLike | None = None,
        **state: Any,
    ) -> None:
        q = Quantizer.uniform(2) if quantizer is None else checked(quantizer)
        chosen = chosen_data(data) if data is not None or target == "data" else states.DEFAULT_DATA
        learned = bulk_of(chosen) if target == "data" else None
        bulk = learned or (float(q.levels[0]), float(q.levels[-1]))
        state.setdefault("view", states.default_view(q.edges, bulk))
        known = {"target": target, "learning_rate": learning_rate, "data": chosen}
        super().__init__(self._opening(q, known, state), summaries())

    def step(self, count: int = 1) -> None:
        """Go on by so many steps of descent, 500 in all at most.

        Raises
        ------
        ValueError
            Not a whole number from 0 to 500.
        """
        from n2uq_viz.checks import whole_number
        from n2uq_viz.descent import of_state

        steps = self.state["steps"] + whole_number("count", count, 0, states.MAX_DESCENT)
        wanted = {**self.state, "steps": min(steps, states.MAX_DESCENT)}
        _, run = of_state(wanted)
        edges, (low, high) = run.edges[-1].tolist(), wanted["view"]
        if edges[0] < low or edges[-1] > high:
            ends = [min(low, edges[0]), max(high, edges[-1])]
            wanted["view"] = states.default_view(edges, (ends[0], ends[1]))
        self.state = {**wanted, "edges": edges}
