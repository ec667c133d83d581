"""The Tensor explorer: what quantizers do to tensors of one's own, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import traitlets
from numpy.typing import ArrayLike
from tqdm import tqdm

from n2uq_viz import state as states
from n2uq_viz.checks import whole_number
from n2uq_viz.explorers.stage import Stage, checked
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors as rules
from n2uq_viz.words import say

#: From so many tensors on, a bar shows how far their fits are: each takes about a second.
_MANY = 4


class TensorExplorer(Stage):
    """Drag the thresholds of a quantizer over a tensor, beside those that were fitted to it.

    Even thresholds, thresholds for equal use, learned ones and one's own, side by side: how often
    each level is used, error, entropy and slope. Levels anywhere (Lloyd-Max) are the reference. A
    slider leads through the layers of a model.

    Parameters
    ----------
    tensors
        A tensor: numbers of any shape, a summary (`n2uq_viz.datasets.summarize`), or anything that
        has one, such as `n2uq_viz.tensors.Survey`. Or several by name: what
        `n2uq_viz.nn.record_activations` returns, or a dict of arrays. Or a list as states have it.
        Only summaries go to the browser and into files. At most 64; by default stored ones, of a
        net for digits.
    bits
        1 to 4: the quantizer has ``2 ** bits`` levels.
    method
        From which fit the hand begins: ``"uniform"``, ``"quantile"`` or ``"learned"``, see
        `n2uq_viz.fits.fit`.
    tensor
        Which of the tensors is shown, counted from 0.
    quantizer
        Where the hand begins instead.
    **state
        Other keys of the state: ``view``, ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A tensor that is no finite numbers, or all of whose numbers are alike; another value that
        breaks its rule; or a keyword that is no key of the state.

    Examples
    --------
    >>> e = TensorExplorer(tensor=1, bits=1)
    >>> e.state["edges"] == e.tensors["digits net, into act1"]["fits"][0]["uniform"]["edges"]
    True
    """

    explorer = "tensor"

    def __init__(
        self,
        tensors: Any = None,
        bits: int = 2,
        method: str = "uniform",
        tensor: int = 0,
        quantizer: Quantizer | None = None,
        **state: Any,
    ) -> None:
        known = {"tensors": _listed(tensors), "tensor": tensor, "method": method}
        # Any quantizer will do until the fits are known.
        q = Quantizer.uniform(1) if quantizer is None else checked(quantizer)
        valid = self._opening(q, known, state)
        found = rules.entries(valid)[valid["tensor"]]
        if quantizer is None:
            try:
                whole = whole_number("bits", bits, rules.BITS[0], rules.BITS[-1])
            except ValueError as error:
                raise states.StateError(str(error)) from None
            q = rules.quantizer_of(found, whole, valid["method"])
        if "view" not in state:
            low, high = found["data"]["range"]
            valid["view"] = states.default_view(q.edges, (low, high))
        super().__init__({**valid, **q.to_dict()}, _by_key(valid["tensors"]))

    @property
    def tensors(self) -> dict[str, dict[str, Any]]:
        """Name -> ``name``, ``data`` (a summary) and ``fits`` for 1 to 4 bits, as states have them.

        Of tensors with the same name the last one.
        """
        return {
            _name(each): entry
            for each, entry in zip(self.state["tensors"], rules.entries(self.state), strict=True)
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> TensorExplorer:
        """An explorer that shows a state, perhaps one that another explorer has saved.

        Raises
        ------
        n2uq_viz.state.StateError
            The state cannot be shown.
        """
        valid = states.validate(state, cls.explorer)
        found = cls(valid["tensors"])
        found.state = valid
        return found

    # --- Tensors are long: between Python and the browser, those in _data go by their keys. ---

    @staticmethod
    def _named(state: Any, explorer: TensorExplorer) -> Any:
        def short(entry: Any) -> Any:
            key = rules.key_of(entry) if isinstance(entry, Mapping) else None
            return key if key in explorer._data else entry

        return {**state, "tensors": [short(entry) for entry in state.get("tensors", ())]}

    @staticmethod
    def _in_full(state: Any, explorer: TensorExplorer) -> Any:
        given = state.get("tensors") if isinstance(state, Mapping) else None
        if not isinstance(given, list):
            return state
        own = {key: entry for key, entry in explorer._data.items() if key not in rules.NAMES}
        full = [own.get(each, each) if isinstance(each, str) else each for each in given]
        return {**state, "tensors": full}

    state = traitlets.Dict().tag(sync=True, echo_update=False, to_json=_named, from_json=_in_full)

    def _page_data(self) -> dict[str, Any]:
        return {key: entry for key, entry in self._data.items() if key in rules.NAMES}


def _listed(tensors: Any) -> Any:
    """Tensors as a state holds them; what is no list of such is left for the rule that refuses."""
    if tensors is None:
        return list(rules.NAMES)
    if isinstance(tensors, str):
        return [tensors]
    if isinstance(tensors, (list, tuple)) and all(
        isinstance(each, str) or (isinstance(each, Mapping) and "fits" in each) for each in tensors
    ):
        return tensors
    try:
        if isinstance(tensors, Mapping) and not {"cells", "atoms"} <= set(tensors):
            if len(tensors) > rules.MAX_TENSORS:
                return list(tensors)
            return [_fitted(name, each) for name, each in _watched(tensors)]
        return [_fitted(getattr(tensors, "name", None) or say("tensor.own"), tensors)]
    except ValueError as error:
        raise states.StateError(str(error)) from None


def _watched(tensors: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    few = len(tensors) < _MANY
    bar: Iterable[tuple[str, Any]] = tqdm(tensors.items(), unit="tensor", disable=few)
    return bar


def _fitted(name: str, values: ArrayLike | Mapping[str, Any] | Any) -> dict[str, Any]:
    if isinstance(values, Mapping) and "fits" in values:
        return dict(values)
    summary = getattr(values, "summary", None)
    return rules.fitted(name, summary() if callable(summary) else values)


def _name(tensor: Any) -> str:
    """Return the name of a tensor of a state, for people."""
    return say(f"tensor.{tensor}") if isinstance(tensor, str) else str(tensor["name"])


def _by_key(tensors: Iterable[Any]) -> dict[str, Any]:
    """Return all stored tensors by name, and one's own by their keys."""
    own = {rules.key_of(each): each for each in tensors if isinstance(each, Mapping)}
    return {**{name: rules.stored(name) for name in rules.NAMES}, **own}
