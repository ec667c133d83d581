"""What the nets learn: real digits, points in the plane, one curve; split once, and checked.

Test data are looked at once, by the last weights of a run. Learning rates were chosen on validation
data alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray, choice
from n2uq_viz.descent import samples
from n2uq_viz.randomness import check_seed
from n2uq_viz.training.config import TASKS

__all__ = ["REGRESSION_TARGET", "Part", "Task", "load_task"]

#: Decides the split of the digits, which is the same for every seed of a run.
_SPLIT_SEED = 0
#: Of the 1797 digits; the rest, 1078, is for training.
_DIGITS_TEST, _DIGITS_VALIDATION = 450, 269
#: Pixels of the task "pixels" are ink raised to this power: most of what tells digits apart then
#: lies in a small part of the range, where even thresholds are too coarse.
PIXELS_POWER = 4.0
#: Points in the plane: training, validation, test.
_SIZES = (1000, 600, 2000)
_MOONS_NOISE = 0.2
_SPIRALS_NOISE = 0.04
_SPIRALS_TURNS = 2.0
#: The curve of the task "regression", one of `n2uq_viz.descent.TARGETS`, on [0, 2].
REGRESSION_TARGET = "sqrt"
_REGRESSION_COUNT = 1000


@dataclass(frozen=True)
class Part:
    """Inputs, float32, (n, ...), and answers: classes, int64, (n,), or numbers, float32, (n, 1)."""

    x: NDArray[np.float32]
    y: NDArray[Any]


@dataclass(frozen=True)
class Task:
    """Data in three parts, and the number of classes (0: numbers are to be found)."""

    name: str
    classes: int
    train: Part
    validation: Part
    test: Part


def load_task(name: str, seed: int = 0) -> Task:
    """Return the data of a task.

    Parameters
    ----------
    name
        ``"digits"``: scikit-learn's 1797 scanned digits as images, (n, 1, 8, 8), split once into
        1078 for training, 269 for validation and 450 for tests with even shares of each class, less
        the mean and divided by the deviation of the pixels of the training part.
        ``"pixels"``: the same digits and split as 64 numbers from 0 to 1, ink to the power 4.
        ``"moons"``, ``"spirals"``: points in the plane of two classes, 1000 for training, 600 for
        validation and 2000 for tests, standardized by the training part.
        ``"regression"``: 1000 numbers spread evenly over [0, 2], and their image under a square
        root that maps [0, 2] onto itself; all three parts are the same.
    seed
        Draws the points of moons and spirals; the others are the same for every seed.

    Raises
    ------
    ValueError
        No such task, or a seed that is no whole number from 0 to 2**53 - 1.
    ImportError
        scikit-learn is not installed; spirals and regression do without it.

    Examples
    --------
    >>> task = load_task("spirals", seed=1)
    >>> task.train.x.shape, task.classes
    ((1000, 2), 2)
    """
    choice("task", name, TASKS)
    check_seed(seed)
    if name in ("digits", "pixels"):
        return _digits(name)
    if name == "regression":
        return _regression()
    points, labels = (_moons if name == "moons" else _spirals)(seed)
    return _task(name, 2, points, labels, np.split(np.arange(len(labels)), np.cumsum(_SIZES)[:-1]))


def _task(
    name: str, classes: int, x: FloatArray, y: NDArray[Any], rows: list[NDArray[Any]]
) -> Task:
    """Standardize by the first part, and cut."""
    first = x[rows[0]]
    # Points have a unit in each direction, images one for all pixels.
    axis = 0 if x.ndim == 2 else None
    x = (x - first.mean(axis)) / first.std(axis)
    return Task(name, classes, *(Part(x[part].astype(np.float32), y[part]) for part in rows))


@cache
def _digits(name: str) -> Task:
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise ImportError(_missing(name)) from error
    images, labels = load_digits(return_X_y=True)
    labels = labels.astype(np.int64)
    rows = np.arange(len(labels))
    rest, test = train_test_split(
        rows, test_size=_DIGITS_TEST, stratify=labels, random_state=_SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=_DIGITS_VALIDATION, stratify=labels[rest], random_state=_SPLIT_SEED
    )
    ink = images / 16.0
    if name == "digits":
        return _task(name, 10, ink.reshape(-1, 1, 8, 8), labels, [train, validation, test])
    x = (ink**PIXELS_POWER).astype(np.float32)
    return Task(name, 10, *(Part(x[part], labels[part]) for part in (train, validation, test)))


def _moons(seed: int) -> tuple[FloatArray, NDArray[np.int64]]:
    try:
        from sklearn.datasets import make_moons
    except ImportError as error:
        raise ImportError(_missing("moons")) from error
    state = int(np.random.default_rng(seed).integers(2**32))  # scikit-learn takes no larger ones
    x, y = make_moons(sum(_SIZES), noise=_MOONS_NOISE, random_state=state)
    return x, y.astype(np.int64)


def _spirals(seed: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """Two arms that wind around each other."""
    rng = np.random.default_rng(seed)
    size = sum(_SIZES)
    labels = rng.integers(2, size=size)
    radius = np.sqrt(rng.random(size))
    angle = 2.0 * np.pi * _SPIRALS_TURNS * radius + np.pi * labels
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + rng.normal(0.0, _SPIRALS_NOISE, points.shape), labels


def _regression() -> Task:
    learned = samples(REGRESSION_TARGET, [0.0, 2.0], count=_REGRESSION_COUNT)
    part = Part(
        learned.x[:, None].astype(np.float32),
        learned.wanted[:, None].astype(np.float32),
    )
    return Task("regression", 0, part, part, part)


def _missing(name: str) -> str:
    return (
        f"the task {name} comes from scikit-learn, which is not installed: "
        'pip install "n2uq_viz[train]"; spirals and regression do without it'
    )
