"""A descent of edges as its figure shows it: how it went, who pushes now, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import descent
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from n2uq_viz.checks import FloatArray

#: Samples are taken together in so many ranges of equal width.
RANGES = 40


@dataclass(frozen=True)
class Flow:
    """A descent up to now.

    Attributes
    ----------
    quantizer, start
        Now, and where it began: plain STE stays there.
    learned
        The samples.
    run
        Edges and loss after every step; the last ones are those of `quantizer`.
    """

    quantizer: Quantizer
    start: Quantizer
    learned: descent.Samples
    run: descent.Descent

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self.run.loss.size - 1


@dataclass(frozen=True)
class Pushes:
    """Pushes on edges, in loss per unit of x, positive to the right.

    Attributes
    ----------
    at
        Middles of the ranges of samples, shape (RANGES,), and their width.
    of
        Push of each range on each edge, shape (RANGES, L + 1).
    """

    at: FloatArray
    width: float
    of: FloatArray

    @property
    def total(self) -> FloatArray:
        """Return the push of all samples on each edge, shape (L + 1,)."""
        result: FloatArray = self.of.sum(axis=0)
        return result

    @property
    def reach(self) -> float:
        """Return the height of the highest stack, up or down; 0 where nothing pushes."""
        up, down = (np.maximum(side * self.of, 0.0).sum(axis=1) for side in (1.0, -1.0))
        return float(max(up.max(), down.max()))


def flow(state: Mapping[str, Any]) -> Flow:
    """Return the descent of a valid state of the Gradient-flow explorer."""
    learned, run = descent.of_state(state)
    q, start = (Quantizer(state[key], state["levels"]) for key in ("edges", "start"))
    # A browser's edges may differ from these by rounding, and they are the ones that are shown.
    edges, loss = run.edges.copy(), run.loss.copy()
    edges[-1], loss[-1] = q.edges, descent.loss(q, learned)
    return Flow(q, start, learned, descent.Descent(edges, loss))


def gather(q: Quantizer, learned: descent.Samples) -> Pushes:
    """Return the pushes of samples that lie together, added up edge by edge.

    >>> q = Quantizer.uniform(1)
    >>> learned = descent.samples("sqrt", q.levels)
    >>> bool(np.allclose(gather(q, learned).total, -descent.edge_gradient(q, learned)))
    True
    """
    segment, left, right = descent.pushes(q, learned)
    low, high = float(learned.x.min()), float(learned.x.max())
    width = (high - low) / RANGES or 1.0
    place = np.clip((learned.x - low) / width, 0, RANGES - 1).astype(np.int64)
    inside = (segment >= 1) & (segment < q.edges.size)
    of = np.zeros((RANGES, q.edges.size))
    np.add.at(of, (place[inside], segment[inside] - 1), left[inside])
    np.add.at(of, (place[inside], segment[inside]), right[inside])
    return Pushes(low + width * (np.arange(RANGES, dtype=np.float64) + 0.5), width, of)


def claim(found: Flow) -> str:
    """Return in one line what became of the loss."""
    before, after = (float(value) for value in found.run.loss[[0, -1]])
    if not found.steps:
        key = "none"
    elif short(before) == short(after):
        key = "same"
    else:
        key = "less" if after < before else "more"
    return say(
        f"figure.gradient_flow.claim.{key}",
        count=steps_words(found.steps),
        before=short(before),
        after=short(after),
    )


def steps_words(steps: int) -> str:
    """Return a number of steps as people say it.

    >>> steps_words(1), steps_words(40)
    ('1 step', '40 steps')
    """
    return say(f"figure.gradient_flow.count{'.one' if steps == 1 else ''}", steps=steps)


def target_words(state: Mapping[str, Any]) -> str:
    """Return what a quantizer is to output, as people say it."""
    if state["target"] != "data":
        return say(f"figure.gradient_flow.target.{state['target']}")
    data = state["data"] if isinstance(state["data"], str) else "own"
    return say("figure.gradient_flow.target.data", data=say(f"data.{data}"))


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "gradient-flow")
    found = flow(shown)
    q = found.quantizer
    total = gather(q, found.learned).total
    values = {
        "claim": claim(found),
        "count": steps_words(found.steps),
        "rate": short(float(shown["learning_rate"])),
        "target": target_words(shown),
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
        "start": number_list(found.start.edges.tolist()),
        "edges": number_list(q.edges.tolist()),
        "thresholds": number_list(q.thresholds.tolist()),
        "fixed": number_list(found.start.thresholds.tolist()),
        "pushes": ", ".join(_pushed(i, push) for i, push in enumerate(total.tolist())),
        "before": short(float(found.run.loss[0])),
        "after": short(float(found.run.loss[-1])),
    }
    return visible(shown), values


def _pushed(edge: int, push: float) -> str:
    side = "none" if push == 0.0 else "right" if push > 0.0 else "left"
    return say(f"figure.gradient_flow.push.{side}", i=edge, size=short(abs(push)))
