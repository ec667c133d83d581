"""Coins at one input, in words: what is certain there, and what they showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from n2uq_viz.figures import coins
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping


def claim(q: Quantizer, x: float) -> str:
    """Return what is true at one input, in one line."""
    _, upper, chance = q.outcomes(x)
    key = "coin" if 0.0 < chance < 1.0 else "certain"
    return say(
        f"figure.binary.claim.{key}",
        x=short(x),
        y=short(float(q(x))),
        upper=short(float(upper)),
        p=short(float(chance)),
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "binary")
    q, x, thrown = Quantizer(shown["edges"], shown["levels"]), shown["x"], shown["thrown"]
    last = coins.throw(q, [x], thrown, shown["seed"]).last
    lower, upper, chance = (float(value) for value in q.outcomes(x))
    series = visible(shown)
    thrown_only = ("coins", "monte_carlo", "band")
    parts = [name for name in series if thrown or name not in thrown_only]
    if not thrown:
        parts.append("none")
    values = {
        "claim": claim(q, x),
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
        "x": short(x),
        "y": short(float(q(x))),
        "lower": short(lower),
        "upper": short(upper),
        "p": short(chance),
        "expected": short(float(q.expectation(x))),
        "thresholds": number_list(q.thresholds.tolist()),
        "edges": number_list(q.edges.tolist()),
        "count": say(f"figure.binary.count{'.one' if thrown == 1 else ''}", count=f"{thrown:,}"),
        "up": f"{0 if last is None else int(last.count[0]):,}",
        "down": f"{0 if last is None else thrown - int(last.count[0]):,}",
        "mean": "" if last is None else short(float(last.mean[0])),
    }
    return parts, values
