"""Weights of a state, channel by channel, before and after scaling: as data and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.figures.occupied import SAME
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.state import weights
from n2uq_viz.summaries import entropy_bits
from n2uq_viz.weights import gamma, weight_codes, weight_thresholds
from n2uq_viz.words import say

#: Fewest and most bars of a histogram.
BINS = (8, 48)


@dataclass(frozen=True)
class Scaled:
    """A channel on even levels from ``-f`` to ``f``.

    Attributes
    ----------
    f
        The scale, in units of the weights; 0 where all of them are 0.
    shares
        Of the weights on each level, shape (L + 1,).
    clipped
        Share of the weights beyond the outermost levels.
    blocked
        Share of those to which the chain rule gives no gradient, ``|w| >= f``.
    """

    f: float
    shares: FloatArray
    clipped: float
    blocked: float

    @property
    def entropy(self) -> float:
        """Return the entropy of the codes, in bits."""
        return entropy_bits(self.shares)

    @property
    def thresholds(self) -> FloatArray:
        """Return the weights at which the next level begins, shape (L,)."""
        return weight_thresholds(self.shares.size, self.f)

    @property
    def levels(self) -> FloatArray:
        """Return the levels, shape (L + 1,)."""
        return self.f * np.linspace(-1.0, 1.0, self.shares.size)


@dataclass(frozen=True)
class Weighed:
    """What a state of the Weight explorer shows: one channel, and the entropy of all of them."""

    name: str
    total: int
    channel: Mapping[str, Any]
    indices: list[int]
    after: Scaled
    before: Scaled
    every_after: FloatArray
    every_before: FloatArray

    @property
    def count(self) -> int:
        """Return the number of levels, L + 1."""
        return self.after.shares.size

    @property
    def most(self) -> float:
        """Return the entropy of codes that are all used equally, in bits."""
        return float(np.log2(self.count))

    @property
    def slope(self) -> float:
        """Return what the reference gradient multiplies the one from above by."""
        return 1.0 / self.after.f if self.after.f else 0.0

    @property
    def kind(self) -> str:
        """Say whether scaling makes the codes more even: "more", "less", "same" or "silent"."""
        if self.after.f == 0.0:
            return "silent"
        gain = self.after.entropy - self.before.entropy
        return "same" if abs(gain) < SAME else "more" if gain > 0.0 else "less"


def scaled(channel: Mapping[str, Any], levels: int, rule: str | float) -> Scaled:
    """Return a settled channel on even levels; `rule` as `n2uq_viz.state.weights.scale_of` has it.

    >>> scaled({"values": [-1.0, 0.25, 3.0], "counts": [1, 2, 1]}, 2, "none").shares.tolist()
    [0.25, 0.75]
    """
    f = weights.scale_of(channel, levels, rule)
    values, counts = np.array(channel["values"]), np.array(channel["counts"], dtype=np.float64)
    codes = weight_codes(values, levels, axis=None, scale=f)
    shares = np.bincount(codes, weights=counts, minlength=levels) / counts.sum()
    clipped, blocked = (
        float(counts[beyond].sum() / counts.sum())
        for beyond in (np.abs(values) > f, np.abs(values) >= f)
    )
    return Scaled(f, shares, clipped, blocked)


def weighed(state: Mapping[str, Any]) -> Weighed:
    """Return what a valid state of the Weight explorer shows."""
    entry, named, levels = weights.entry_of(state), state["weights"], len(state["levels"])
    after, before = (
        [scaled(each, levels, state[key]) for each in entry["channels"]]
        for key in ("scale", "before")
    )
    k = state["channel"]
    return Weighed(
        say(f"weights.{named}") if isinstance(named, str) else entry["name"],
        entry["total"],
        entry["channels"][k],
        [each["index"] for each in entry["channels"]],
        after[k],
        before[k],
        np.array([each.entropy for each in after]),
        np.array([each.entropy for each in before]),
    )


def bars(channel: Mapping[str, Any], wide: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of a histogram's bars, (n + 1,), and the share of the weights in each, (n,).

    An even number over ±the largest weight, more for more weights. Where all are 0 there is a
    single one, `wide` on both sides of 0.
    """
    size, counts = weights.largest(channel), np.array(channel["counts"], dtype=np.float64)
    if size == 0.0:
        return np.array([-wide, wide]), np.ones(1)
    number = 2 * int(np.clip(np.sqrt(counts.sum()), BINS[0] / 2, BINS[1] / 2) + 0.5)
    places = np.floor((np.array(channel["values"]) / size + 1.0) * (number / 2)).astype(int)
    found = np.bincount(np.minimum(places, number - 1), weights=counts, minlength=number)
    return size * (2.0 * np.arange(number + 1) / number - 1.0), found / counts.sum()


def claim(found: Weighed, series: Sequence[str]) -> str:
    """Return in one line what scaling does to the channel's codes, if `series` shows that."""
    told = "before" in series or found.kind == "silent"
    return say(
        f"figure.weight.claim.{found.kind if told else 'alone'}",
        index=found.channel["index"],
        before=short(found.before.entropy),
        after=short(found.after.entropy),
        most=short(found.most),
    )


def scale_words(state: Mapping[str, Any], found: Weighed) -> str:
    """Return how large the scale is, and why."""
    own = not isinstance(state["scale"], str)
    return say(
        f"figure.weight.scale{'.own' if own else ''}",
        f=short(found.after.f),
        rule="" if own else say(f"scale.{state['scale']}"),
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "weight")
    found = weighed(shown)
    series = visible(shown)
    values = {
        "claim": claim(found, series),
        "name": found.name,
        "index": str(found.channel["index"]),
        "total": str(found.total),
        "weights": f"{sum(found.channel['counts']):,}",
        "mean": short(weights.mean_size(found.channel)),
        "largest": short(weights.largest(found.channel)),
        "scale": scale_words(shown, found),
        "gamma": short(gamma(found.count)),
        "count": str(found.count),
        "most": short(found.most),
        "rule": say(f"scale.{shown['before']}"),
        "slope": short(found.slope),
        "blocked": percent(found.after.blocked),
        "channels": str(len(found.indices)),
    }
    for key, each in (("after", found.after), ("before", found.before)):
        every: FloatArray = getattr(found, f"every_{key}")
        values |= {
            f"f_{key}": short(each.f),
            f"entropy_{key}": short(each.entropy),
            f"shares_{key}": ", ".join(percent(share) for share in each.shares.tolist()),
            f"levels_{key}": number_list(each.levels.tolist()),
            f"thresholds_{key}": number_list(each.thresholds.tolist()),
            f"clipped_{key}": percent(each.clipped),
            f"low_{key}": short(float(every.min())),
            f"high_{key}": short(float(every.max())),
        }
    gradients = {"reference", "chain"}
    if found.kind == "silent":
        series = [name for name in series if name not in gradients] + ["silent"]
    elif gradients <= set(series):
        series.append("hides")
    return [*series, "source"], values
