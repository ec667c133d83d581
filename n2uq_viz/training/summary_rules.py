"""What a run summary may hold: every rule, so that a state never carries half a run.

A summary comes back from files, pages and browsers. Each value is checked and copied here, and
one sentence says which of them breaks its rule.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import math
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import increasing, whole_number
from n2uq_viz.training.config import TrainingConfig
from n2uq_viz.training.run import STATUSES

__all__ = [
    "CURVES",
    "MAX_CLASSES",
    "MAX_FRAMES",
    "MAX_POINTS",
    "checked",
    "entry",
    "unpack_classes",
]

MAX_FRAMES = 61
#: Validation points that are kept.
MAX_POINTS = 300
#: Classes that two bits tell apart.
MAX_CLASSES = 4
#: Curve -> how many more entries than epochs it has.
CURVES = {"train_loss": 0, "train_accuracy": 0, "validation_loss": 1, "validation_accuracy": 1}
MAX_LAYERS, MAX_LEVELS, MAX_BINS, MAX_GRID, MAX_TEXT = 64, 16, 1000, 500, 200
#: Most that a whole number may be: a browser holds it exactly.
_LONGEST = 2**53

Rule = Callable[[str, Any], Any]


def unpack_classes(text: str, n: int, m: int) -> NDArray[np.uint8]:
    """Return the answers on a grid of n by m inputs, uint8 of shape (m, n), from one frame's text.

    The text is base64 of two bits per cell, row by row from the lowest y, each from the lowest x;
    of the four cells in a byte the first has the lowest bits. Raises ValueError for another length
    and for what is no base64.

    >>> unpack_classes("Bg==", 3, 1)
    array([[2, 1, 0]], dtype=uint8)
    """
    if not isinstance(text, str):
        raise ValueError(f"must be a text in base64, got {reprlib.repr(text)}")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"must be base64, got {reprlib.repr(text)} ({error})") from None
    wanted = -(-n * m // 4)
    if len(content) != wanted:
        raise ValueError(f"must hold {wanted} bytes for {n} × {m} cells, got {len(content)}")
    cells = np.frombuffer(content, dtype=np.uint8)[:, None] >> np.array([0, 2, 4, 6], np.uint8)
    return np.asarray((cells & 3).ravel()[: n * m].reshape(m, n), dtype=np.uint8)


def checked(summary: Any) -> dict[str, Any]:
    """Return a canonical copy of a run summary but for its hash.

    Raises ValueError, which says which value breaks its rule.

    >>> checked({"config": {"task": "digits"}})
    Traceback (most recent call last):
    ValueError: a run summary must have the key 'epochs', which is missing
    """
    where = "a run summary"
    config = _config(entry(where, summary, "config"))
    epochs = whole_number("epochs", entry(where, summary, "epochs"), 0, config.epochs or 0)
    status = entry(where, summary, "status")
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}, got {reprlib.repr(status)}")
    diverged_at = entry(where, summary, "diverged_at")
    if (diverged_at is not None) != (status == "diverged"):
        raise ValueError(
            f"diverged_at must be a step if the status is diverged, else null, got {diverged_at!r}"
        )
    frames = _list_of(_whole(0, epochs))("frames", entry(where, summary, "frames"))
    ordered = all(a < b for a, b in itertools.pairwise(frames))
    if not frames or len(frames) > MAX_FRAMES or [frames[0], frames[-1]] != [0, epochs]:
        ordered = False
    if not ordered:
        raise ValueError(
            f"frames must be at most {MAX_FRAMES} increasing whole numbers from 0 to {epochs}, "
            f"got {reprlib.repr(frames)}"
        )
    curves = entry(where, summary, "curves")
    layers = _list_of(lambda name, layer: _checked_layer(name, layer, len(frames)), MAX_LAYERS)
    regions = entry(where, summary, "regions")
    return {
        "label": _text("label", entry(where, summary, "label")),
        "config": config.to_dict(),
        "status": status,
        "diverged_at": None if diverged_at is None else _whole(1)("diverged_at", diverged_at),
        "epochs": epochs,
        "frames": frames,
        "curves": {
            name: _list_of(
                _share if name.endswith("accuracy") else _number, length=epochs + CURVES[name]
            )(f"curves.{name}", entry("curves", curves, name))
            for name in CURVES
        },
        "test_loss": _number("test_loss", entry(where, summary, "test_loss")),
        "test_accuracy": _share("test_accuracy", entry(where, summary, "test_accuracy")),
        "layers": layers("layers", entry(where, summary, "layers")),
        "regions": None if regions is None else _checked_regions(regions, len(frames)),
    }


def _checked_layer(where: str, layer: Any, frames: int) -> dict[str, Any]:
    bins = _range(f"{where}.bins", entry(where, layer, "bins"), MAX_BINS, 1)
    steps = {
        key: _list_of(_steps, length=frames)(f"{where}.{key}", entry(where, layer, key))
        for key in ("edges", "levels")
    }
    pairs = list(zip(steps["edges"], steps["levels"], strict=True))
    if any((a is None) != (b is None) or (a and len(a) != len(b)) for a, b in pairs):
        raise ValueError(f"{where}.edges and {where}.levels must be of the same lengths, per frame")
    if len({len(a) for a, _ in pairs if a is not None}) > 1:
        raise ValueError(f"{where}.edges must be as many in every frame that has some")
    counts = _list_of(_list_of(_whole(0), length=bins[2]), length=frames)
    return {
        "name": _text(f"{where}.name", entry(where, layer, "name")),
        **steps,
        "bins": bins,
        "counts": counts(f"{where}.counts", entry(where, layer, "counts")),
    }


def _checked_regions(regions: Any, frames: int) -> dict[str, Any]:
    x, y = (
        _range(f"regions.{key}", entry("regions", regions, key), MAX_GRID, 2) for key in ("x", "y")
    )
    classes = entry("regions", regions, "classes")
    for k, text in enumerate(_list_of(_any, length=frames)("regions.classes", classes)):
        try:
            unpack_classes(text, x[2], y[2])
        except ValueError as error:
            raise ValueError(f"regions.classes[{k}] {error}") from None
    points = _list_of(_list_of(_finite, length=2), MAX_POINTS)
    found = points("regions.points", entry("regions", regions, "points"))
    labels = _list_of(_whole(0, MAX_CLASSES - 1), length=len(found))
    return {
        "x": x,
        "y": y,
        "classes": list(classes),
        "points": found,
        "labels": labels("regions.labels", entry("regions", regions, "labels")),
    }


def entry(where: str, values: Any, key: str) -> Any:
    """Return the value of a key; ValueError if it is missing or `values` is no mapping."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{where} must be an object, got {reprlib.repr(values)}")
    if key not in values:
        raise ValueError(f"{where} must have the key {key!r}, which is missing")
    return values[key]


def _config(values: Any) -> TrainingConfig:
    if not isinstance(values, Mapping):
        raise ValueError(f"config must be an object, got {reprlib.repr(values)}")
    try:
        return TrainingConfig.from_dict(values)
    except ValueError as error:
        raise ValueError(f"config: {error}") from None


def _list_of(rule: Rule, most: int | None = None, *, length: int | None = None) -> Rule:
    """Return the rule for a list of that length, or of `most` at most, with a rule for each."""
    wanted = f"of {length} entries" if length is not None else f"of at most {most} entries"

    def check(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} must be a list, got {reprlib.repr(value)}")
        if (length is not None and len(value) != length) or (most and len(value) > most):
            raise ValueError(f"{name} must be a list {wanted}, got {len(value)}")
        return [rule(f"{name}[{k}]", entry) for k, entry in enumerate(value)]

    return check


def _whole(low: int, high: int = _LONGEST) -> Rule:
    """Return the rule for a whole number from `low` to `high`."""
    return lambda name, value: whole_number(name, value, low, high)


def _any(_: str, value: Any) -> Any:
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError(
            f"{name} must be a text of at most {MAX_TEXT} characters, got {reprlib.repr(value)}"
        )
    return value


def _finite(name: str, value: Any) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if not usable or not abs(value) < math.inf:
        raise ValueError(f"{name} must be one finite number, got {reprlib.repr(value)}")
    return float(value) + 0.0


def _number(name: str, value: Any) -> float | None:
    return None if value is None else _finite(name, value)


def _share(name: str, value: Any) -> float | None:
    found = _number(name, value)
    if found is not None and not 0.0 <= found <= 1.0:
        raise ValueError(f"{name} must be a share from 0 to 1, got {found}")
    return found


def _steps(name: str, value: Any) -> list[float] | None:
    if value is None:
        return None
    numbers = _list_of(_finite, MAX_LEVELS)(name, value)
    found: list[float] = increasing(name, numbers).tolist()
    return found


def _range(name: str, value: Any, most: int, least: int) -> list[Any]:
    low, high, count = _list_of(_any, length=3)(name, value)
    ends = [_finite(f"{name}[{k}]", end) for k, end in enumerate((low, high))]
    if not ends[0] < ends[1]:
        raise ValueError(f"{name} must go from a lower to a higher number, got {ends}")
    return [*ends, whole_number(f"{name}[2]", count, least, most)]
