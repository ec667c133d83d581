"""The Surrogate explorer: two of the literature's derivatives, and the noise behind each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from n2uq_viz.explorers.stage import Stage
from n2uq_viz.quantizer import Quantizer

_QUANTIZER = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 2.0 / 3.0, 4.0 / 3.0, 2.0])
_VIEW = [-2.5, 2.5]


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
        q = _QUANTIZER if quantizer is None else quantizer
        state.setdefault("view", _VIEW)
        super().__init__(self._opening(q, {"left": left, "right": right}, state))
