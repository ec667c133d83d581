"""The Weight explorer: what scaling does to weights, channel by channel, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from n2uq_viz import state as states
from n2uq_viz.checks import whole_number
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import weights as rules
from n2uq_viz.words import say

#: Bits that there is a choice of.
BITS = (1, 4)


class WeightExplorer(Stage):
    """Drag the scale of N2UQ's weights: which codes are used, and what comes back to the weights.

    Weights are rounded to even levels from -f to f. Beside N2UQ's f, ``gamma * mean(|w|)`` of each
    output channel, stand the largest weight and no scaling (f = 1): how often each code is used,
    its entropy, and both gradients of `n2uq_viz.weights.weight_gradient`.

    Parameters
    ----------
    weights
        Finite numbers of shape (out, ...), as PyTorch has them; a tensor of PyTorch will do. Or the
        name of stored ones, or weights as states have them. Only sorted values of at most 64
        channels go to the browser and into files, see `n2uq_viz.state.weights.gathered`. By default
        stored ones, of a net for digits.
    bits
        1 to 4: there are ``2 ** bits`` levels.
    scale
        ``"mean"`` for N2UQ's rule, ``"largest"`` for ``max(|w|)``, ``"none"`` for 1; or one number
        above 0 for all channels.
    channel
        Which of the channels is shown, counted from 0.
    before
        What stands beside it: ``"largest"`` or ``"none"``.
    name
        What the weights are called, if they are your own.
    quantizer
        Of which the number of levels holds instead of `bits`, but nothing else: the levels of
        weights are even.
    **state
        Other keys of the state: ``view``, ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        Weights that are no finite numbers; another value that breaks its rule; or a keyword that is
        no key of the state.

    Examples
    --------
    >>> e = WeightExplorer([[0.5, -0.25], [0.0, 1.0]], bits=2, channel=1)
    >>> e.scale
    0.75
    >>> e.state = {**e.state, "scale": "largest"}
    >>> e.scale
    1.0
    """

    explorer = "weight"

    def __init__(
        self,
        weights: str | Mapping[str, Any] | ArrayLike | None = None,
        bits: int = 2,
        scale: str | float = rules.SCALES[0],
        channel: int = 0,
        before: str = rules.BEFORE[0],
        *,
        name: str | None = None,
        quantizer: Quantizer | None = None,
        **state: Any,
    ) -> None:
        q = _even(bits) if quantizer is None else checked(quantizer)
        known = {
            "weights": _chosen(weights, name),
            "channel": channel,
            "scale": scale,
            "before": before,
        }
        valid = self._opening(q, known, state)
        if "view" not in state:
            valid["view"] = rules.view_of(valid)
        super().__init__(valid, _by_key(valid["weights"]))

    @property
    def scale(self) -> float:
        """The scale f of the channel on screen, in units of the weights; 0 if all of them are 0."""
        entry, channel = rules.entry_of(self.state), self.state["channel"]
        levels = len(self.state["levels"])
        return rules.scale_of(entry["channels"][channel], levels, self.state["scale"])

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> WeightExplorer:
        """An explorer that shows a state, perhaps one that another explorer has saved.

        Raises
        ------
        n2uq_viz.state.StateError
            The state cannot be shown.
        """
        valid = states.validate(state, cls.explorer)
        found = cls(valid["weights"])
        found.state = valid
        return found

    # --- Weights are long: between Python and the browser, those in _data go by their keys. ---

    @staticmethod
    def _named(state: Any, explorer: WeightExplorer) -> Any:
        entry = state.get("weights")
        key = rules.key_of(entry) if isinstance(entry, Mapping) else None
        return {**state, "weights": key} if key in explorer._data else state

    @staticmethod
    def _in_full(state: Any, explorer: WeightExplorer) -> Any:
        key = state.get("weights") if isinstance(state, Mapping) else None
        if isinstance(key, str) and key in explorer._data and key not in rules.NAMES:
            return {**state, "weights": explorer._data[key]}
        return state

    state = traitlets.Dict().tag(sync=True, echo_update=False, to_json=_named, from_json=_in_full)

    def _page_data(self) -> dict[str, Any]:
        return {key: entry for key, entry in self._data.items() if key in rules.NAMES}


def _even(bits: Any) -> Quantizer:
    """Even levels from -1 to 1: what rounds weights once they are divided by their scale."""
    try:
        places = np.linspace(-1.0, 1.0, 2 ** whole_number("bits", bits, *BITS))
    except ValueError as error:
        raise states.StateError(str(error)) from None
    return Quantizer(places, places)


def _chosen(weights: Any, name: str | None) -> Any:
    """Weights as a state holds them."""
    if weights is None:
        return rules.NAMES[0]
    if isinstance(weights, (str, Mapping)):
        return weights
    try:
        return rules.gathered(say("weights.own") if name is None else name, weights)
    except ValueError as error:
        raise states.StateError(str(error)) from None


def _by_key(weights: Any) -> dict[str, Any]:
    """Return all stored weights by name, and one's own by their key."""
    own = {rules.key_of(weights): weights} if isinstance(weights, Mapping) else {}
    return {**{name: rules.stored(name) for name in rules.NAMES}, **own}
