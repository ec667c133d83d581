"""A training run as a small piece of JSON: what an explorer needs of it, and nothing else.

A run holds every epoch in full; a state travels in files, pages and notebooks and has to stay
small. So at most `MAX_FRAMES` epochs keep their quantizers, histograms and regions, and numbers
keep six significant digits. The curves keep every epoch.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray
from n2uq_viz.training.run import LayerHistory, Regions, TrainingRun
from n2uq_viz.training.summary_rules import (
    CURVES,
    MAX_CLASSES,
    MAX_FRAMES,
    MAX_POINTS,
    checked,
    entry,
    unpack_classes,
)

__all__ = [
    "CURVES",
    "MAX_CLASSES",
    "MAX_FRAMES",
    "MAX_POINTS",
    "check_run_summary",
    "summarize_run",
    "unpack_classes",
]

DIGITS = 6
#: How far a grid may be from an evenly spaced one, next to its range.
_EVEN = 1e-6


def summarize_run(run: TrainingRun) -> dict[str, Any]:
    """Return what an explorer needs of a run, ready for JSON.

    Returns
    -------
    dict
        With E epochs done and F frames (epochs that are kept in full):

        - ``label``: of the configuration; ``config``: its values; ``status``, ``diverged_at``,
          ``epochs`` (E), ``test_loss``, ``test_accuracy``: as in `TrainingRun`.
        - ``frames``: at most `MAX_FRAMES` epochs, evenly spaced, from 0 (before training) to E.
        - ``curves``: ``train_loss`` and ``train_accuracy``, E numbers; ``validation_loss`` and
          ``validation_accuracy``, E + 1.
        - ``layers``: for each its ``name``; ``edges`` and ``levels``, per frame a list of L + 1
          numbers, or None without a quantizer; ``bins``, ``[low, high, B]``, evenly spaced;
          ``counts``, per frame B whole numbers.
        - ``regions``: None, or ``x``, ``[low, high, n]``, and ``y``, ``[low, high, m]``, both
          ends among the inputs; ``classes``, per frame a text for `unpack_classes`; ``points``, at
          most `MAX_POINTS` pairs, and their ``labels``.
        - ``sha256``: of all the rest.

        Numbers keep six significant digits; those that are not finite are None.

    Raises
    ------
    ValueError
        The run has more than four classes, or bins or a grid that are not evenly spaced.
    """
    frames = _frames(run.epochs)
    found: dict[str, Any] = {
        "label": run.config.label,
        "config": run.config.to_dict(),
        "status": run.status,
        "diverged_at": run.diverged_at,
        "epochs": run.epochs,
        "frames": frames,
        "curves": {name: _list(getattr(run, name)) for name in CURVES},
        "test_loss": _short(run.test_loss),
        "test_accuracy": _short(run.test_accuracy),
        "layers": [_layer(layer, frames) for layer in run.layers],
        "regions": None if run.regions is None else _regions(run.regions, frames),
    }
    return check_run_summary({**found, "sha256": _digest(checked(found))})


def check_run_summary(summary: Any) -> dict[str, Any]:
    """Return a canonical copy of what `summarize_run` gave, maybe after a trip through JSON.

    Keys that it does not know are left out.

    Raises
    ------
    ValueError
        A key is missing or a value breaks its rule; says which, and what came instead. The hash is
        among them: it must be that of all the rest.

    Examples
    --------
    >>> check_run_summary([])
    Traceback (most recent call last):
    ValueError: a run summary must be an object, got []
    """
    valid = checked(summary)
    digest = entry("a run summary", summary, "sha256")
    if digest != _digest(valid):
        raise ValueError(
            f"sha256 must be that of the rest of the run summary, got {reprlib.repr(digest)}; "
            "summarize the run again"
        )
    return {**valid, "sha256": digest}


def _frames(epochs: int) -> list[int]:
    count = min(MAX_FRAMES, epochs + 1)
    return [round(k * epochs / max(count - 1, 1)) for k in range(count)]


def _short(value: float) -> float | None:
    # Adding zero turns −0, which a browser writes as 0, into that.
    return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None


def _list(values: FloatArray) -> list[float | None]:
    return [_short(value) for value in values.tolist()]


def _increasing(values: FloatArray) -> list[float | None] | None:
    """Return short numbers, in full where they would fall together; None unless they rise."""
    if values.size == 0 or not np.isfinite(values).all() or np.any(np.diff(values) <= 0.0):
        return None
    shortened = _list(values)
    together = len(set(shortened)) < values.size
    return (values + 0.0).tolist() if together else shortened


def _ends(name: str, values: FloatArray) -> tuple[float, float]:
    """Return both ends of evenly spaced values."""
    low, high = float(values[0]), float(values[-1])
    even = np.linspace(low, high, values.size)
    if np.abs(values - even).max() > _EVEN * (high - low):
        raise ValueError(f"{name} must be evenly spaced to be summarized, got {values.tolist()}")
    return float(f"{low:.{DIGITS}g}") + 0.0, float(f"{high:.{DIGITS}g}") + 0.0


def _layer(layer: LayerHistory, frames: list[int]) -> dict[str, Any]:
    edges = [_increasing(layer.edges[k]) for k in frames]
    levels = [_increasing(layer.levels[k]) for k in frames]
    there = [a is not None and b is not None for a, b in zip(edges, levels, strict=True)]
    return {
        "name": layer.name,
        "edges": [value if some else None for value, some in zip(edges, there, strict=True)],
        "levels": [value if some else None for value, some in zip(levels, there, strict=True)],
        "bins": [*_ends("bins", layer.bins), layer.bins.size - 1],
        "counts": [layer.counts[k].tolist() for k in frames],
    }


def _regions(regions: Regions, frames: list[int]) -> dict[str, Any]:
    count = int(max(regions.classes.max(initial=0), regions.labels.max(initial=0))) + 1
    if count > MAX_CLASSES:
        raise ValueError(f"a run summary holds regions of at most 4 classes, got {count}")
    total = len(regions.points)
    kept = np.unique(np.linspace(0, total - 1, min(total, MAX_POINTS)).round().astype(int))
    return {
        "x": [*_ends("x", regions.x), regions.x.size],
        "y": [*_ends("y", regions.y), regions.y.size],
        "classes": [_pack_classes(regions.classes[k]) for k in frames],
        "points": [_list(point) for point in regions.points[kept]],
        "labels": regions.labels[kept].tolist(),
    }


def _pack_classes(classes: NDArray[np.uint8]) -> str:
    cells = classes.ravel()
    cells = np.pad(cells, (0, -cells.size % 4)).reshape(-1, 4) << np.array([0, 2, 4, 6], np.uint8)
    return base64.b64encode(np.bitwise_or.reduce(cells, axis=1).tobytes()).decode()


def _digest(rest: Mapping[str, Any]) -> str:
    text = json.dumps(rest, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
