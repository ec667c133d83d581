"""The named teaching figures, each with its caption and its text alternative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from n2uq_viz.checks import choice
from n2uq_viz.figures import overview as _overview
from n2uq_viz.figures import savings, shown
from n2uq_viz.figures import threshold as _threshold
from n2uq_viz.figures import why_quantize as _why_quantize
from n2uq_viz.words import say

__all__ = ["NAMES", "caption", "overview", "text_alternative", "threshold", "why_quantize"]

overview = _overview.overview
threshold = _threshold.threshold
why_quantize = _why_quantize.why_quantize

#: Name -> function; those drawn from a state take it first, all take ``theme``.
NAMES: dict[str, Callable[..., Figure]] = {
    "threshold": threshold,
    "why_quantize": why_quantize,
    "overview": overview,
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


def _text(name: str, state: Mapping[str, Any] | None, kind: str) -> str:
    choice("a figure", name, NAMES)
    if name == "threshold":
        series, values = shown.words(state)
        # One sentence for each series that is seen, and none for those that are hidden.
        keys = [kind, *(f"{kind}.{part}" for part in series)]
        return " ".join(say(f"figure.{name}.{key}", **values) for key in keys)
    values = _overview.words() if name == "overview" else savings.words()
    return say(f"figure.{name}.{kind}", **values)
