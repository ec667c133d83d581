"""Training runs that a state shows: which, at which epoch, and what is said about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.comparison import bits_words
from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import short
from n2uq_viz.plots.training import finite, last, tracks
from n2uq_viz.state.runs import frame, summaries
from n2uq_viz.words import say

if TYPE_CHECKING:
    from n2uq_viz.checks import FloatArray

#: Roles of the runs, in their order.
ROLES = ("first", "second")
#: A loss is shown up to so many times the one before training.
TALLEST = 3.0
#: Empty space around curves, as a share of their range.
SLACK = 0.06


@dataclass(frozen=True)
class Shown:
    """The runs of a state, as summaries, and their names in words."""

    state: dict[str, Any]
    runs: list[dict[str, Any]]
    names: list[str]

    @property
    def longest(self) -> int:
        """Epochs of the longest run."""
        return max((run["epochs"] for run in self.runs), default=0)

    def at(self, run: Mapping[str, Any]) -> int:
        """Return the place of the frame of a run that is shown at the state's epoch."""
        return frame(run, min(self.state["epoch"], run["epochs"]))

    def layer(self, run: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the layer of a run that the state chose, the last one where it has fewer."""
        layers = run["layers"]
        found: dict[str, Any] | None = (
            layers[min(self.state["layer"], len(layers) - 1)] if layers else None
        )
        return found


def shown(state: Mapping[str, Any] | None) -> Shown:
    """Return what a state of the Training explorer shows; ValueError if it cannot be shown."""
    settled = settle(state, "training")
    runs = summaries(settled)
    return Shown(settled, runs, names_of(runs))


def names_of(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what tells runs apart, as short as that can be.

    >>> names_of([])
    []
    """
    configs = [run["config"] for run in runs]
    names = [say(f"method.{config['method']}.short") for config in configs]
    tasks = [_task(config) for config in configs]
    if len(set(tasks)) > 1:
        names = [f"{name}, {task}" for name, task in zip(names, tasks, strict=True)]
    elif len(set(names)) < len(names):
        seeds = [say("figure.training.seed", seed=config["seed"]) for config in configs]
        names = [f"{name}, {seed}" for name, seed in zip(names, seeds, strict=True)]
    if len(set(names)) < len(names):
        names = [say("figure.training.same", name=n, k=k) for k, n in enumerate(names, start=1)]
    return names


def _task(config: Mapping[str, Any]) -> str:
    """Return task and bits of a configuration in words."""
    bits = bits_words(config["weight_bits"], config["activation_bits"])
    return say("figure.training.task", task=say(f"task.{config['task']}"), bits=bits)


def loss_limits(runs: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return a range for the loss, from 0; one that grows without end is cut.

    >>> loss_limits([])
    (0.0, 1.0)
    """
    found = _values(runs, "loss")
    if not found.size:
        return 0.0, 1.0
    begun = [run["curves"]["validation_loss"][0] for run in runs]
    most = TALLEST * max((value for value in begun if value), default=math.inf)
    return 0.0, (1.0 + SLACK) * (min(float(found.max()), most) or 1.0)


def accuracy_limits(runs: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Return a range for the accuracy in percent; None if no run has one."""
    found = 100.0 * _values(runs, "accuracy")
    if not found.size:
        return None
    room = SLACK * (100.0 - float(found.min()) or 1.0)
    return max(float(found.min()) - room, -room), 100.0 + room


def _values(runs: Sequence[Mapping[str, Any]], name: str) -> FloatArray:
    """Return all finite values of a curve."""
    parts = [finite(run["curves"][f"{kind}_{name}"]) for run in runs for kind in _KINDS]
    parts += [finite([run[f"test_{name}"]]) for run in runs]
    found: FloatArray = np.concatenate([*parts, np.zeros(0)])
    return np.asarray(found[np.isfinite(found)])


_KINDS = ("train", "validation")


def result(run: Mapping[str, Any], name: str, place: int) -> str:
    """Return a validation result of a run after an epoch, as text; an accuracy where there is one.

    `name` is "validation", or "test" for the last one on the test data.
    """
    scores = {
        key: run["curves"][f"validation_{key}"][place]
        if name == "validation"
        else run[f"test_{key}"]
        for key in ("accuracy", "loss")
    }
    if scores["accuracy"] is not None:
        return say("figure.training.accuracy", value=f"{100.0 * scores['accuracy']:.1f}")
    if scores["loss"] is not None:
        return say("figure.training.loss", value=short(scores["loss"]))
    return say("figure.training.unknown")


def claim(found: Shown) -> str:
    """Return in one line what the runs came to at the epoch."""
    if not found.runs:
        return say("figure.training.title.none")
    epoch = found.state["epoch"]
    results = []
    for run, name in zip(found.runs, found.names, strict=True):
        place = min(epoch, run["epochs"])
        results.append(
            say("figure.training.of", name=name, result=result(run, "validation", place))
        )
    return say(
        "figure.training.title",
        tasks=_tasks(found),
        epoch=epoch,
        longest=found.longest,
        results=_and(results),
    )


def outcome(found: Shown) -> str:
    """Return in one line what the runs came to in the end, on the test data where they saw them."""
    if not found.runs:
        return say("figure.training.title.none")
    kind = "validation" if any(run["test_loss"] is None for run in found.runs) else "test"
    results = [
        say("figure.training.of", name=name, result=result(run, kind, run["epochs"]))
        for run, name in zip(found.runs, found.names, strict=True)
    ]
    return say(f"figure.training_curves.title.{kind}", tasks=_tasks(found), results=_and(results))


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold of a state, and the numbers that they name, as text."""
    found = shown(state)
    series = visible(found.state)
    if not found.runs:
        return ["none"], {}
    layers = [found.layer(run) for run in found.runs]
    quantized = any(layer and tracks(layer)[0].shape[1] for layer in layers)
    there = {
        "histogram": any(layers),
        "deterministic": quantized,
        "thresholds": quantized,
        "history": any(layers),
        "regions": any(run["regions"] for run in found.runs),
        "points": any(run["regions"] for run in found.runs),
    }
    parts = ["runs", *(name for name in series if there.get(name, True))]
    diverged = [run for run in found.runs if run["status"] == "diverged"]
    if diverged:
        parts.append("diverged")
    names = [layer["name"] for layer in layers if layer]
    return parts, values_of(found) | {
        "claim": claim(found),
        "layer": ", ".join(dict.fromkeys(names)),
        "thresholds": _and([_thresholds(found, run) for run in found.runs]),
        "step": ", ".join(str(run["diverged_at"]) for run in diverged),
    }


def values_of(found: Shown) -> dict[str, str]:
    """Return the numbers that the words of every figure with runs may name, as text."""
    return {
        "tasks": _tasks(found),
        "runs": _and(found.names),
        "epochs": _and([str(run["epochs"]) for run in found.runs]),
        "epoch": str(found.state["epoch"]),
        "train": _and([_end(run["curves"]["train_loss"]) for run in found.runs]),
        "losses": _and([_end(run["curves"]["validation_loss"]) for run in found.runs]),
        "validation": _and([result(run, "validation", run["epochs"]) for run in found.runs]),
        "test": _and([result(run, "test", run["epochs"]) for run in found.runs]),
    }


def _end(values: Sequence[float | None]) -> str:
    """Return the last number of a curve in words."""
    value = last(values)
    return say("figure.training.unknown") if math.isnan(value) else short(value)


def _thresholds(found: Shown, run: Mapping[str, Any]) -> str:
    layer = found.layer(run)
    edges = layer["edges"][found.at(run)] if layer else None
    if edges is None:
        return say("figure.training.no_quantizer")
    values = 0.5 * (np.asarray(edges)[1:] + np.asarray(edges)[:-1])
    return ", ".join(short(float(value)) for value in values)


def _tasks(found: Shown) -> str:
    return _and(list(dict.fromkeys(_task(run["config"]) for run in found.runs)))


def _and(texts: Sequence[str]) -> str:
    """Return texts in one; those of two runs are parted by a word."""
    return say("figure.training.and").join(texts)
