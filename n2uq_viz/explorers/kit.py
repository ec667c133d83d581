"""What the browser shares with Python: words, colors, numbers, quantizers to start from, data."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from n2uq_viz import datasets, style, words
from n2uq_viz import state as states
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state.browser import for_browser

#: Widths of the nonuniform preset grow in proportion to i ** this, so that thresholds crowd near
#: zero.
_NONUNIFORM_POWER = 1.6
#: Words of the notebooks, the command line and the figures, which the browser never says.
_UNSAID = ("course.", "figure.", "cli.", "page.", "comparison.")


def presets() -> dict[str, dict[int, Quantizer]]:
    """Quantizers to start from: family -> bits -> quantizer.

    ``binary`` is the sign function, ``uniform`` has equal segments over [0, 2], and ``nonuniform``
    keeps the uniform levels on segments that are narrow near zero and wide at the far end.

    Examples
    --------
    >>> presets()["nonuniform"][2].edges.round(3)
    array([0.   , 0.345, 1.045, 2.   ])
    """
    uniform = {bits: Quantizer.uniform(bits) for bits in range(1, 5)}
    nonuniform = {
        bits: Quantizer(
            2.0 * np.linspace(0.0, 1.0, 2**bits) ** _NONUNIFORM_POWER, uniform[bits].levels
        )
        for bits in range(2, 5)
    }
    return {"binary": {1: Quantizer.binary()}, "uniform": uniform, "nonuniform": nonuniform}


def kit(explorer: str) -> dict[str, Any]:
    """Everything that is the same for all states of an explorer, JSON-ready."""
    return {
        "name": explorer,
        "words": {key: text for key, text in words.table().items() if not key.startswith(_UNSAID)},
        "palette": style.for_browser(),
        "schema": for_browser(),
        "constants": {
            "gridPoints": states.GRID_POINTS,
            # Room for the view's margin around it.
            "largest": states.LARGEST / 10,
            "viewMargin": states.VIEW_MARGIN,
            "unequalPower": _NONUNIFORM_POWER,
            "presets": {
                family: {bits: q.to_dict() for bits, q in members.items()}
                for family, members in presets().items()
            },
        },
    }


@cache
def summaries() -> dict[str, Any]:
    """Summaries of all data sets that can be had: without scikit-learn there are no digits."""
    found = {}
    for name in datasets.NAMES:
        with suppress(ImportError):
            found[name] = datasets.summary(name)
    return found
