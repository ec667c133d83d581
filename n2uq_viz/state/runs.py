"""What a state says of training runs: which, after which epoch, and which of their layers.

A run is the name of a stored one, or a summary of one's own, as data are. The quantizer of a state
with runs is the one that the first run then had, so that such a state opens in other explorers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as brief
from typing import Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state.rules import MAX_STEPS, Settled, StateError, drawable
from n2uq_viz.training.summary import check_run_summary

__all__ = ["MAX_RUNS", "epoch", "follow", "frame", "input_range", "layer", "runs", "summaries"]

#: Most runs side by side.
MAX_RUNS = 2
#: Summaries that have been checked, by their hashes: a state is settled ten times a second.
_checked: dict[str, dict[str, Any]] = {}
_MOST_CHECKED = 32
#: How far edges may stretch the range of inputs, as a share of it.
_ROOM_FOR_EDGES = 0.5


def runs(value: Any, _: Settled) -> list[Any]:
    """Which runs: names of stored ones, or summaries."""
    if not isinstance(value, (list, tuple)) or len(value) > MAX_RUNS:
        raise StateError(f"runs must be a list of at most {MAX_RUNS} runs, got {brief(value)}")
    return [_run(f"runs[{k}]", entry) for k, entry in enumerate(value)]


def _run(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _settled(name, value)
    stored = datasets.stored_runs()
    if not isinstance(value, str) or value not in stored:
        listed = ", ".join(stored) or "none here"
        raise StateError(f"{name} must be a stored run ({listed}) or a summary, got {brief(value)}")
    return value


def _settled(name: str, value: Mapping[str, Any]) -> Any:
    digest = value.get("sha256")
    if isinstance(digest, str) and _checked.get(digest) is value:
        return value
    try:
        found = check_run_summary(value)
    except (ValueError, OverflowError) as error:
        raise StateError(f"{name}: {error}") from None
    if len(_checked) >= _MOST_CHECKED:
        del _checked[next(iter(_checked))]
    return _checked.setdefault(found["sha256"], found)


def summaries(state: Settled) -> list[dict[str, Any]]:
    """Return the summaries of the runs that a settled state names or holds.

    >>> summaries({"runs": []})
    []
    """
    return [
        datasets.run_summary(entry) if isinstance(entry, str) else entry for entry in state["runs"]
    ]


def frame(summary: Mapping[str, Any], epoch: int) -> int:
    """Return the place of the last frame of a run that is no later than that epoch.

    >>> frame({"frames": [0, 2, 4]}, 3)
    1
    """
    return int(np.searchsorted(summary["frames"], epoch, side="right")) - 1


def input_range(found: Sequence[Mapping[str, Any]], layer: int) -> list[float] | None:
    """Return the range of the inputs and edges of that layer of summaries; None if there is none.

    Edges that ran away stretch it by half of the inputs' own range at most.
    """
    ends: list[float] = []
    for summary in found:
        for there in summary["layers"][layer : layer + 1] or summary["layers"][-1:]:
            low, high, count = there["bins"]
            some = np.flatnonzero(np.any(there["counts"], axis=0))
            bins = np.linspace(low, high, count + 1)
            first, last = (bins[some[0]], bins[some[-1] + 1]) if some.size else (low, high)
            known = [edge for edges in there["edges"] for edge in edges or ()]
            room = _ROOM_FOR_EDGES * (last - first)
            ends += [float(first), float(last)]
            ends += [float(np.clip(edge, first - room, last + room)) for edge in known]
    return [min(ends), max(ends)] if ends else None


def epoch(value: Any, settled: Settled) -> int:
    """How many epochs have passed; None for all."""
    last = max((summary["epochs"] for summary in summaries(settled)), default=0)
    return _place("epoch", value, last, last, "the epochs of the longest run")


def layer(value: Any, settled: Settled) -> int:
    """Which layer, counted from 0; None for the first."""
    most = max((len(summary["layers"]) for summary in summaries(settled)), default=0)
    return _place("layer", value, 0, max(most - 1, 0), "the last layer")


def _place(name: str, value: Any, default: int, high: int, what: str) -> int:
    if value is None:
        return default
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value <= high:
        raise StateError(
            f"{name} must be a whole number from 0 to {high}, {what}, or None for {default}, got "
            f"{brief(value)}"
        )
    return int(value)


def follow(state: dict[str, Any]) -> None:
    """Take the quantizer of the first run's layer at the epoch, where there was one to show."""
    for summary in summaries(state)[:1]:
        if not summary["layers"]:
            return
        last = len(summary["layers"]) - 1
        there, k = summary["layers"][min(state["layer"], last)], frame(summary, state["epoch"])
        edges, levels = there["edges"][k], there["levels"][k]
        if edges is None or len(edges) > MAX_STEPS + 1:
            return
        try:
            found = Quantizer(edges, levels).to_dict()
            for key in ("edges", "levels"):
                drawable(key, found[key])
        except ValueError:
            return
        state.update(found)
