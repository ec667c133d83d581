"""The named teaching figures, each with its caption and its text alternative."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from n2uq_viz.checks import choice
from n2uq_viz.figures import agreement as _agreement
from n2uq_viz.figures import arms as _arms
from n2uq_viz.figures import (
    bias,
    either,
    figure1,
    figure2,
    figure3,
    figure4,
    fitted,
    flips,
    flow,
    judged,
    learned,
    noise,
    occupied,
    running,
    savings,
    scaled,
    shown,
    side,
    steps,
    thrown,
    trained,
)
from n2uq_viz.figures import bias_of_ste as _bias_of_ste
from n2uq_viz.figures import binary as _binary
from n2uq_viz.figures import coin_flip as _coin_flip
from n2uq_viz.figures import compander_figure as _compander
from n2uq_viz.figures import convergence as _convergence
from n2uq_viz.figures import gradient_estimates as _gradient_estimates
from n2uq_viz.figures import gradient_flow as _gradient_flow
from n2uq_viz.figures import integer_costs as _integer_costs
from n2uq_viz.figures import overview as _overview
from n2uq_viz.figures import range_gate as _range_gate
from n2uq_viz.figures import sum_of_steps as _sum_of_steps
from n2uq_viz.figures import surrogate as _surrogate
from n2uq_viz.figures import surrogates as _surrogates
from n2uq_viz.figures import tensor as _tensor
from n2uq_viz.figures import threshold as _threshold
from n2uq_viz.figures import threshold_history as _threshold_history
from n2uq_viz.figures import training as _training
from n2uq_viz.figures import training_curves as _training_curves
from n2uq_viz.figures import uniform_or_not as _uniform_or_not
from n2uq_viz.figures import weight as _weight
from n2uq_viz.figures import weight_occupancy as _weight_occupancy
from n2uq_viz.figures import why_quantize as _why_quantize
from n2uq_viz.figures.board import SIZES
from n2uq_viz.words import say

__all__ = [
    "NAMES",
    "SIZES",
    "agreement",
    "arms",
    "bias_of_ste",
    "binary",
    "caption",
    "coin_flip",
    "compander",
    "convergence",
    "default_state",
    "explorer_of",
    "figure1_ste",
    "figure2_binary",
    "figure3_sum_of_steps",
    "figure4_n2uq",
    "gradient_estimates",
    "gradient_flow",
    "integer_costs",
    "overview",
    "range_gate",
    "speaker_text",
    "sum_of_steps",
    "surrogate",
    "surrogates",
    "tensor",
    "text_alternative",
    "threshold",
    "threshold_history",
    "training",
    "training_curves",
    "uniform_or_not",
    "weight",
    "weight_occupancy",
    "why_quantize",
]

agreement = _agreement.agreement
arms = _arms.arms
bias_of_ste = _bias_of_ste.bias_of_ste
binary = _binary.binary
coin_flip = _coin_flip.coin_flip
compander = _compander.compander
convergence = _convergence.convergence
figure1_ste = figure1.figure1_ste
figure2_binary = figure2.figure2_binary
figure3_sum_of_steps = figure3.figure3_sum_of_steps
figure4_n2uq = figure4.figure4_n2uq
gradient_estimates = _gradient_estimates.gradient_estimates
gradient_flow = _gradient_flow.gradient_flow
integer_costs = _integer_costs.integer_costs
overview = _overview.overview
range_gate = _range_gate.range_gate
sum_of_steps = _sum_of_steps.sum_of_steps
surrogate = _surrogate.surrogate
surrogates = _surrogates.surrogates
tensor = _tensor.tensor
threshold = _threshold.threshold
threshold_history = _threshold_history.threshold_history
training = _training.training
training_curves = _training_curves.training_curves
uniform_or_not = _uniform_or_not.uniform_or_not
weight = _weight.weight
weight_occupancy = _weight_occupancy.weight_occupancy
why_quantize = _why_quantize.why_quantize

#: Name -> function of ``(state=None, theme="print", size=None)``.
NAMES: dict[str, Callable[..., Figure]] = {
    "threshold": threshold,
    "binary": binary,
    "coin_flip": coin_flip,
    "sum_of_steps": sum_of_steps,
    "gradient_flow": gradient_flow,
    "surrogate": surrogate,
    "tensor": tensor,
    "weight": weight,
    "why_quantize": why_quantize,
    "overview": overview,
    "figure1_ste": figure1_ste,
    "figure2_binary": figure2_binary,
    "figure3_sum_of_steps": figure3_sum_of_steps,
    "figure4_n2uq": figure4_n2uq,
    "agreement": agreement,
    "convergence": convergence,
    "gradient_estimates": gradient_estimates,
    "surrogates": surrogates,
    "bias_of_ste": bias_of_ste,
    "range_gate": range_gate,
    "compander": compander,
    "weight_occupancy": weight_occupancy,
    "training": training,
    "training_curves": training_curves,
    "threshold_history": threshold_history,
    "arms": arms,
    "uniform_or_not": uniform_or_not,
    "integer_costs": integer_costs,
}
#: Name -> function that returns the values which caption and text alternative name, or a tuple of
#: the parts that have a sentence of their own and these values. It takes the state if the figure
#: does.
_WORDS: dict[str, Callable[..., Any]] = {
    "threshold": shown.words,
    "binary": thrown.words,
    "coin_flip": flips.words,
    "sum_of_steps": _sum_of_steps.words,
    "gradient_flow": flow.words,
    "surrogate": side.words,
    "tensor": fitted.words,
    "weight": scaled.words,
    "why_quantize": savings.words,
    "overview": _overview.words,
    "figure1_ste": figure1.words,
    "figure2_binary": figure2.words,
    "figure3_sum_of_steps": figure3.words,
    "figure4_n2uq": learned.words,
    "range_gate": _range_gate.words,
    "agreement": judged.words,
    "convergence": running.words,
    "gradient_estimates": noise.words,
    "surrogates": _surrogates.words,
    "bias_of_ste": bias.words,
    "compander": _compander.words,
    "weight_occupancy": occupied.words,
    "training": trained.words,
    "training_curves": _training_curves.words,
    "threshold_history": _threshold_history.words,
    "arms": steps.words,
    "uniform_or_not": either.words,
    "integer_costs": _integer_costs.words,
}
#: Name -> the explorer that a figure is drawn from, and opens in again, where it has another name.
_EXPLORERS = {
    "why_quantize": "threshold",
    "overview": "sum-of-steps",
    "figure1_ste": "binary",
    "figure2_binary": "binary",
    "figure3_sum_of_steps": "sum-of-steps",
    "figure4_n2uq": "threshold",
    "agreement": "threshold",
    "convergence": "threshold",
    "gradient_estimates": "threshold",
    "surrogates": "surrogate",
    "bias_of_ste": "binary",
    "range_gate": "binary",
    "compander": "threshold",
    "weight_occupancy": "threshold",
    "training_curves": "training",
    "threshold_history": "training",
    "arms": "training",
    "uniform_or_not": "threshold",
    "integer_costs": "threshold",
}
#: Name -> function that returns the state without one, where it is not that of the explorer.
_DEFAULTS: dict[str, Callable[[], dict[str, Any]]] = {
    "weight_occupancy": occupied.default_state,
}


def caption(name: str, state: Mapping[str, Any] | None = None) -> str:
    """Return what stands below a figure: what is seen, with its numbers and their source.

    Parameters
    ----------
    name
        One of ``NAMES``.
    state
        What the figure was drawn from; without it the figure's own default.

    Raises
    ------
    ValueError
        No such figure, or a state that cannot be shown.

    Examples
    --------
    >>> caption("why_quantize").split(".")[0]
    'What fewer bits save'
    """
    return _text(name, state, "caption")


def text_alternative(name: str, state: Mapping[str, Any] | None = None) -> str:
    """Return the figure in words, for those who cannot see it.

    Arguments and errors as for `caption`.

    Examples
    --------
    >>> state = {"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"}
    >>> text_alternative("threshold", {**state, "hidden": ["band", "histogram"]}).split(". ")[1]
    'Thresholds: 1'
    """
    return _text(name, state, "alternative")


def speaker_text(name: str, state: Mapping[str, Any] | None = None) -> str:
    """Return what a lecturer may say about a figure.

    Arguments and errors as for `caption`.
    """
    choice("a figure", name, NAMES)
    return say(f"figure.{name}.speaker", **_values(_WORDS[name], state)[1])


def explorer_of(name: str) -> str:
    """Return the explorer whose states a figure is drawn from, one of ``n2uq_viz.state.EXPLORERS``.

    Raises
    ------
    ValueError
        No such figure.

    Examples
    --------
    >>> explorer_of("coin_flip"), explorer_of("agreement")
    ('coin-flip', 'threshold')
    """
    choice("a figure", name, NAMES)
    return _EXPLORERS.get(name, name.replace("_", "-"))


def default_state(name: str) -> dict[str, Any]:
    """Return the state that a figure is drawn from without one.

    Raises
    ------
    ValueError
        No such figure.

    Examples
    --------
    >>> default_state("coin_flip")["explorer"], default_state("why_quantize")["explorer"]
    ('coin-flip', 'threshold')
    """
    own = _DEFAULTS.get(name)
    return shown.default_state(explorer_of(name)) if own is None else own()


def _values(
    words: Callable[..., Any], state: Mapping[str, Any] | None
) -> tuple[list[str], dict[str, str]]:
    """Return the parts of a figure that are seen, and the values that its words name."""
    said = words(state) if "state" in inspect.signature(words).parameters else words()
    return said if isinstance(said, tuple) else ([], said)


def _text(name: str, state: Mapping[str, Any] | None, kind: str) -> str:
    choice("a figure", name, NAMES)
    # One sentence for each part that is seen, and none for those that are hidden.
    parts, values = _values(_WORDS[name], state)
    keys = [kind, *(f"{kind}.{part}" for part in parts)]
    return " ".join(say(f"figure.{name}.{key}", **values) for key in keys)
