"""Means of coins at a few inputs: how far they are off, and the words that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.figures import coins
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray


def errors(throws: coins.Throws) -> FloatArray:
    """Return how far the means are from the expectation: shape (numbers of draws, inputs)."""
    found: FloatArray = np.abs(throws.means - throws.quantizer.expectation(throws.x))
    return found


def claim(throws: coins.Throws) -> str:
    """Return in one line how far the means are off."""
    if not np.any(throws.quantizer.variance(throws.x) > 0.0):
        return say("figure.coin_flip.claim.certain")
    if throws.last is None:
        return say("figure.coin_flip.claim.none")
    return say(
        f"figure.coin_flip.claim{'.one' if throws.last.draws == 1 else ''}",
        thrown=f"{throws.last.draws:,}",
        off=short(float(errors(throws)[-1].max()), 2),
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "coin-flip")
    q, thrown = Quantizer(shown["edges"], shown["levels"]), shown["thrown"]
    throws = coins.throw(q, shown["points"], thrown, shown["seed"])
    x, deviation = throws.x, np.sqrt(q.variance(throws.x))
    decided: NDArray[np.bool_] = deviation > 0.0
    parts = [
        name
        for name in visible(shown)
        if (thrown or name in ("expectation", "band", "error_law"))
        and (decided.any() or name not in ("error", "error_law"))
        and (thrown or decided.any() or name != "band")
    ]
    if not decided.all():
        parts.append("certain")
    if not thrown:
        parts.append("none")
    values = {
        "claim": claim(throws),
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
        "edges": number_list(q.edges.tolist()),
        "x": number_list(x.tolist()),
        "expectations": number_list(q.expectation(x).tolist()),
        "certain": number_list(x[~decided].tolist()),
        "count": say(f"figure.binary.count{'.one' if thrown == 1 else ''}", count=f"{thrown:,}"),
    }
    if thrown:
        values["means"] = number_list(throws.means[-1].tolist())
        values["errors"] = _few(errors(throws)[-1][decided])
        values["typical"] = _few(deviation[decided] / thrown**0.5)
    values["spread"] = _few(deviation[decided])
    return parts, values


def _few(found: FloatArray) -> str:
    return ", ".join(short(float(value), 2) for value in found)
