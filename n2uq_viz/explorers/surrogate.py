"""The Surrogate explorer: two of the literature's derivatives, and the noise behind each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE

_QUANTIZER = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 2.0 / 3.0, 4.0 / 3.0, 2.0])
#: What is seen of the input: this far from 0, and farther where a staircase goes on.
_WIDTH, _BESIDE = 2.5, 0.5


class SurrogateExplorer(Stage):
    """Two surrogate derivatives side by side, with the noise whose mean has each as its slope.

    Parameters
    ----------
    left, right
        Keys of ``n2uq_viz.surrogates.TABLE``, or ``{"surrogate": key, "parameters": {...}}``.
    quantizer
        The staircase of G-STE, where that is shown; by default 2 bits with unequal segments.
    **state
        Other keys of the state: ``x`` (the input that is looked at), ``view``, ``hidden``,
        ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.

    Examples
    --------
    >>> e = SurrogateExplorer("approx_sign", {"surrogate": "ede", "parameters": {"t": 4.0}})
    >>> e.state["right"]
    {'surrogate': 'ede', 'parameters': {'t': 4.0}}
    """

    explorer = "surrogate"

    def __init__(
        self,
        left: str | Mapping[str, Any] = "clipped_ste",
        right: str | Mapping[str, Any] = "ede",
        quantizer: Quantizer | None = None,
        **state: Any,
    ) -> None:
        q = _QUANTIZER if quantizer is None else checked(quantizer)
        known = {"left": left, "right": right}
        opening = self._opening(q, known, state)
        if "view" not in state:
            opening["view"] = _view(opening)
        super().__init__(opening)


def _view(state: Mapping[str, Any]) -> list[float]:
    """Range of x in which both staircases are seen."""
    kinks = []
    for side in ("left", "right"):
        name, parameters = state[side]["surrogate"], state[side]["parameters"]
        own = {"quantizer": Quantizer(state["edges"], state["levels"])} if name == "gste" else {}
        kinks += TABLE[name].kinks(**parameters, **own).tolist()
    low, high = min(kinks) - _BESIDE, max(kinks) + _BESIDE
    return [min(-_WIDTH, low), max(_WIDTH, high)]
