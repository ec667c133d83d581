"""What is written down while a net is trained, and the run that comes of it."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from n2uq_viz import __version__
from n2uq_viz.training import evaluation
from n2uq_viz.training.config import WITH_WEIGHTS, TrainingConfig
from n2uq_viz.training.nets import activations
from n2uq_viz.training.run import CURVES, LayerHistory, Regions, TrainingRun
from n2uq_viz.training.tasks import Task

__all__ = ["Records", "versions"]

#: Bins of the histogram of each layer's input.
BINS = 64
#: Validation points that are kept with the regions.
_POINTS = 300


def versions() -> dict[str, str]:
    """Return the versions on which the numbers of a run depend."""
    import sklearn

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__.partition("+")[0],
        "scikit-learn": sklearn.__version__,
        "n2uq_viz": __version__,
    }


class Records:
    """Lists that grow by a row each epoch; of what follows a net's state, row 0 is before training.

    ``lists`` are the rows, by names from which `run` makes the arrays of a `TrainingRun`.
    """

    def __init__(self, config: TrainingConfig, task: Task, net: nn.Sequential) -> None:
        self.config, self.task = config, task
        self.tested = (math.nan, math.nan)
        self.layers = list(activations(net))
        self.modules = [
            name
            for name, module in net.named_children()
            if any(p.requires_grad for p in module.parameters())
        ]
        self.grid = evaluation.grid(task)
        names = [*CURVES, "seconds", *(f"gradient {name}" for name in self.modules)]
        for name in self.layers:
            names += [f"edges {name}", f"levels {name}", f"counts {name}"]
        if self.grid is not None:
            names.append("classes")
        self.lists: dict[str, list[Any]] = {name: [] for name in names}
        inputs = evaluation.activation_inputs(net, task.validation.x)
        # What lies in the data stays as it is; what a layer makes of them grows in training.
        room = 0.5 if config.task in WITH_WEIGHTS else 0.0
        self.bins = {name: _bins(values, room) for name, values in inputs.items()}
        self._begin_epoch()
        self._look(net)

    def _begin_epoch(self) -> None:
        self._sums = dict.fromkeys(("samples", "steps", "loss", "right", "rate"), 0.0)
        self._norms = dict.fromkeys(self.modules, 0.0)

    def add_step(
        self, net: nn.Sequential, loss: float, output: Tensor, y: Tensor, rate: float
    ) -> None:
        """Count one step, whose gradients are still there."""
        sums = self._sums
        sums["samples"] += len(y)
        sums["steps"] += 1
        sums["loss"] += loss * len(y)
        sums["rate"] += rate
        if self.task.classes:
            sums["right"] += int((output.argmax(1) == y).sum())
        for name in self.modules:
            parameters = net.get_submodule(name).parameters()
            norms = [torch.linalg.vector_norm(p.grad) for p in parameters if p.grad is not None]
            self._norms[name] += float(torch.linalg.vector_norm(torch.stack(norms)))

    def finish_epoch(self, net: nn.Sequential, seconds: float) -> None:
        """Write down the means of the epoch's steps, and what the net is now.

        `seconds` is the time that its steps took.
        """
        sums, lists = self._sums, self.lists
        samples, steps = sums["samples"] or math.nan, sums["steps"] or math.nan
        lists["train_loss"].append(sums["loss"] / samples)
        accuracy = sums["right"] / samples if self.task.classes else math.nan
        lists["train_accuracy"].append(accuracy)
        lists["learning_rate"].append(sums["rate"] / steps)
        lists["seconds"].append(seconds)
        for name in self.modules:
            lists[f"gradient {name}"].append(self._norms[name] / steps)
        self._begin_epoch()
        self._look(net)

    def _look(self, net: nn.Sequential) -> None:
        """Write down validation results, quantizers, histograms and regions as they are now."""
        lists, validation = self.lists, self.task.validation
        loss, accuracy = evaluation.score(net, validation)
        lists["validation_loss"].append(loss)
        lists["validation_accuracy"].append(accuracy)
        inputs = evaluation.activation_inputs(net, validation.x)
        for name, module in activations(net).items():
            edges, levels = evaluation.quantizer(module, self.config.activation_bits)
            lists[f"edges {name}"].append(edges)
            lists[f"levels {name}"].append(levels)
            bins = self.bins[name]
            values = inputs.get(name, np.empty(0))
            values = np.clip(values[np.isfinite(values)], bins[0], bins[-1])
            lists[f"counts {name}"].append(np.histogram(values, bins)[0].astype(np.int64))
        if self.grid is not None:
            lists["classes"].append(evaluation.answers(net, self.grid))

    def test(self, net: nn.Sequential) -> None:
        """Write down the test results: once, at the end."""
        self.tested = evaluation.score(net, self.task.test)

    def words(self) -> str:
        """Return the last validation result in short."""
        if self.task.classes:
            return f"validation accuracy {100.0 * self.lists['validation_accuracy'][-1]:.1f} %"
        return f"mean squared error {self.lists['validation_loss'][-1]:.5f}"

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was written down, for `restore`."""
        rows = {f"list {name}": np.array(rows) for name, rows in self.lists.items()}
        return rows | {f"bins {name}": bins for name, bins in self.bins.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `arrays` gave."""
        self.lists = {name: list(arrays[f"list {name}"]) for name in self.lists}
        self.bins = {name: arrays[f"bins {name}"] for name in self.bins}

    def run(self, status: str, diverged_at: int | None) -> TrainingRun:
        """Return the run so far."""
        lists = self.lists

        def rows(name: str) -> NDArray[np.float64]:
            found = np.array(lists[name], dtype=np.float64)
            found.setflags(write=False)
            return found

        layers = [
            LayerHistory(
                name,
                rows(f"edges {name}"),
                rows(f"levels {name}"),
                self.bins[name],
                np.array(lists[f"counts {name}"]),
            )
            for name in self.layers
        ]
        regions = None
        if self.grid is not None:
            shown = self.task.validation
            points, labels = shown.x[:_POINTS].astype(np.float64), shown.y[:_POINTS]
            classes = np.array(lists["classes"])
            regions = Regions(*self.grid, classes, points, labels.astype(np.uint8))
        return TrainingRun(
            config=self.config,
            versions=versions(),
            status=status,
            diverged_at=diverged_at,
            **{name: rows(name) for name in CURVES},
            test_loss=self.tested[0],
            test_accuracy=self.tested[1],
            layers=tuple(layers),
            gradient_norms={name: rows(f"gradient {name}") for name in self.modules},
            regions=regions,
            seconds=rows("seconds"),
        )


def _bins(values: NDArray[np.float64], room: float) -> NDArray[np.float64]:
    """Edges of bins over the values, with room on both sides as a share of their range."""
    low, high = float(values.min()), float(values.max())
    wider = room * (high - low)
    return np.linspace(low - wider, high + wider, BINS + 1)
