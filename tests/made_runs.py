"""Training runs that nobody trained: what figures and summaries are tested on, made in a moment."""

from __future__ import annotations

from typing import Any

import numpy as np

from n2uq_viz.quantizer import Quantizer
from n2uq_viz.training import LayerHistory, TrainingConfig, TrainingRun
from n2uq_viz.training.run import Regions

BINS = 16
GRID = 12


def made_layer(
    name: str, bits: int | None, epochs: int, rng: np.random.Generator, broken: bool = False
) -> LayerHistory:
    """A layer whose edges wander; `broken` leaves no quantizer at the last epoch."""
    count = 0 if bits is None else 2**bits
    start = Quantizer.uniform(bits or 1)
    edges = np.empty((epochs + 1, count))
    levels = np.empty((epochs + 1, count))
    ends = rng.uniform(-0.8, 0.8, size=start.intervals.size)
    for k in range(epochs + 1 if count else 0):
        widths = start.intervals * np.exp(ends * k / max(epochs, 1))
        edges[k] = np.concatenate(([0.0], np.cumsum(widths)))
        levels[k] = start.levels * (1.0 + 0.01 * k)
    if broken:
        edges[-1], levels[-1] = np.nan, np.nan
    counts = rng.multinomial(500, np.full(BINS, 1.0 / BINS), size=epochs + 1)
    return LayerHistory(name, edges, levels, np.linspace(-1.0, 3.0, BINS + 1), counts)


def made_regions(epochs: int, rng: np.random.Generator, points: int = 40) -> Regions:
    x, y = np.linspace(-2.0, 2.0, GRID), np.linspace(-1.5, 1.5, GRID - 1)
    line = rng.normal(size=(epochs + 1, 1, 1))
    classes = (x[None, None, :] * line > y[None, :, None]).astype(np.uint8)
    return Regions(
        x, y, classes, rng.normal(size=(points, 2)), rng.integers(2, size=points).astype(np.uint8)
    )


def made_run(
    task: str = "digits", method: str = "gste", epochs: int = 6, *, seed: int = 0, **keys: Any
) -> TrainingRun:
    """A run of plausible shape; other keywords are those of the configuration, or fields."""
    fields = {
        name: keys.pop(name) for name in list(keys) if name in TrainingRun.__dataclass_fields__
    }
    points = keys.pop("points", 40)
    config = TrainingConfig(task, method, seed=seed, epochs=max(epochs, 1), **keys)
    rng = np.random.default_rng([seed, epochs])
    names = ["act"] if task in ("regression", "pixels") else ["act1", "act2"]
    along = np.linspace(0.0, 1.0, epochs + 1)
    loss = 2.0 * np.exp(-3.0 * along) + 0.1 + 0.02 * rng.random(epochs + 1)
    accuracy = 0.95 - 0.8 * np.exp(-4.0 * along) - 0.02 * rng.random(epochs + 1)
    if task == "regression":
        accuracy = np.full(epochs + 1, np.nan)
    values: dict[str, Any] = {
        "config": config,
        "versions": {"numpy": np.__version__, "torch": "2.13.0"},
        "status": "finished",
        "diverged_at": None,
        "train_loss": 0.9 * loss[1:],
        "train_accuracy": accuracy[1:] + 0.02,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
        "learning_rate": np.full(epochs, 0.01),
        "test_loss": float(loss[-1]),
        "test_accuracy": float(accuracy[-1]) - 0.01,
        "layers": tuple(made_layer(n, config.activation_bits, epochs, rng) for n in names),
        "gradient_norms": {"head": np.ones(epochs)},
        "regions": made_regions(epochs, rng, points) if task in ("moons", "spirals") else None,
        "seconds": np.full(epochs, 0.5),
    }
    return TrainingRun(**{**values, **fields})
