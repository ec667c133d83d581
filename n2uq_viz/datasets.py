"""The only reader of real data, so that all else sees plain samples or a small summary of them.

Files of one's own are read by `n2uq_viz.tensors`, whose names are here as well.
"""

from __future__ import annotations

import copy
import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.checks import FloatArray, choice
from n2uq_viz.comparison.after import After, load_after
from n2uq_viz.comparison.results import Result, load_results
from n2uq_viz.randomness import check_seed
from n2uq_viz.summaries import (
    Summary,
    check_summary,
    entropy_bits,
    occupancy,
    points,
    summarize,
)
from n2uq_viz.tensors import Survey, TensorFile, TensorFileError, open_tensors, survey
from n2uq_viz.training.run import TrainingRun, load_run
from n2uq_viz.training.summary import summarize_run

if TYPE_CHECKING:
    from n2uq_viz.integer.storage import StoredNet

__all__ = [
    "NAMES",
    "OperationEnergy",
    "Summary",
    "Survey",
    "TensorFile",
    "TensorFileError",
    "check_summary",
    "entropy_bits",
    "load",
    "occupancy",
    "open_tensors",
    "operation_energy",
    "points",
    "run_summary",
    "stored_after",
    "stored_integer_net",
    "stored_results",
    "stored_run",
    "stored_runs",
    "summarize",
    "summary",
    "survey",
]

#: Every data set that ``load`` knows.
NAMES = ("digit_filter", "digit_pixels", "normal", "half_normal", "laplace", "bimodal")
#: Samples in each synthetic data set.
SYNTHETIC_SIZE = 50_000

#: A stroke detector: positive along an upright line, negative beside it. Its scale is such that
#: 99.5 % of the responses on the digits lie below 2.4. The odd decimals keep responses off any
#: regular grid, so that none but the zeros of the ReLU is likely to lie exactly on a threshold.
FILTER = np.array(
    [
        [-0.5108, 0.8089, -0.2449],
        [-0.5592, 1.3790, -0.3543],
        [-0.4620, 0.9024, -0.1506],
    ]
)
FILTER.setflags(write=False)

_DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"


def load(name: str, seed: int = 0) -> FloatArray:
    """Return the samples of one data set.

    Parameters
    ----------
    name
        ``"digit_filter"``: ReLU responses of ``FILTER`` at all 36 places inside each of the 1797
        digits of scikit-learn (8 x 8 pixels, divided by 16). ``"digit_pixels"``: those pixels
        divided by 8, so 17 values from 0 to 2. Synthetic, ``SYNTHETIC_SIZE`` samples each:
        ``"normal"`` (mean 1, deviation 0.45), ``"half_normal"`` (deviation 0.9, negative half set
        to 0 by a ReLU), ``"laplace"`` (center 1, scale 0.3), ``"bimodal"`` (60 % around 0.5 with
        deviation 0.18, 40 % around 1.55 with 0.2).
    seed
        Seed of the synthetic ones; the digits are the same for every seed.

    Returns
    -------
    float64 array of shape (n,); no unit.

    Raises
    ------
    ValueError
        No such data set, or a seed that is no whole number from 0 to 2**53 - 1.
    ImportError
        The digits are asked for and scikit-learn is not installed.

    Examples
    --------
    >>> float(load("half_normal").min())
    0.0
    """
    choice("data", name, NAMES)
    rng = np.random.default_rng(check_seed(seed))
    size = SYNTHETIC_SIZE
    if name == "digit_filter":
        images = _digits() / 16.0
        # Nine sums of whole arrays, in this order: the same bits on every machine.
        responses = np.zeros((len(images), 6, 6))
        for row, column in np.ndindex(FILTER.shape):
            responses += FILTER[row, column] * images[:, row : row + 6, column : column + 6]
        return np.maximum(responses, 0.0).ravel()
    if name == "digit_pixels":
        return (_digits() / 8.0).ravel()
    if name == "normal":
        return rng.normal(1.0, 0.45, size)
    if name == "half_normal":
        return np.maximum(rng.normal(0.0, 0.9, size), 0.0)
    if name == "laplace":
        return rng.laplace(1.0, 0.3, size)
    first = rng.random(size) < 0.6
    return np.where(first, rng.normal(0.5, 0.18, size), rng.normal(1.55, 0.2, size))


def _digits() -> FloatArray:
    """Scikit-learn's scanned digits, (1797, 8, 8), whole numbers from 0 to 16."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: "
            'pip install "n2uq_viz[lab]"; normal, half_normal, laplace and bimodal do without it'
        ) from error
    return np.asarray(load_digits().images, dtype=np.float64)


@cache
def _summary(name: str) -> Summary:
    return summarize(load(name))


def summary(name: str) -> Summary:
    """``summarize(load(name))``, computed once; the caller gets a copy of its own.

    Examples
    --------
    >>> len(summary("digit_pixels")["atoms"])
    17
    """
    choice("data", name, NAMES)
    return copy.deepcopy(_summary(name))


@dataclass(frozen=True)
class OperationEnergy:
    """Energy of one operation: ``low`` to ``high`` picojoules, equal if one value is published."""

    operation: str
    number: str
    bits: int
    low: float
    high: float
    source: str


def operation_energy() -> tuple[OperationEnergy, ...]:
    """Return the published energy per operation in a 45 nm process at 0.9 V, in picojoules.

    Source: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.

    Raises
    ------
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the file.

    Examples
    --------
    >>> [row.low for row in operation_energy() if row.operation == "multiply"]
    [0.2, 3.1, 1.1, 3.7]
    """
    path = _stored("operation_energy.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            OperationEnergy(
                row["operation"],
                row["number"],
                int(row["bits"]),
                float(row["low_pj"]),
                float(row["high_pj"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        )


def stored_after() -> list[After]:
    """Return what came of all nets that were quantized after training.

    Raises
    ------
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the file.
    """
    return load_after(_stored("training/after.csv"))


def stored_integer_net() -> StoredNet:
    """Return the net for digits that is stored in whole numbers, and in floats.

    Raises
    ------
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the file.
    """
    from n2uq_viz.integer.storage import load_net  # which reads energies from this module

    return load_net(_stored("integer/digits-gste-w2a2-seed0.npz"))


def stored_results() -> list[Result]:
    """Return what came of all stored training runs: the scores behind the course's comparisons.

    Raises
    ------
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the file.
    """
    return load_results(_stored("training/results.csv"))


def stored_runs() -> tuple[str, ...]:
    """Return the names of the training runs that are stored in full; none outside of a clone."""
    return tuple(sorted(path.stem for path in (_DATA_FOLDER / "training/runs").glob("*.npz")))


def stored_run(name: str) -> TrainingRun:
    """Return one of the training runs that are stored in full.

    Raises
    ------
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the runs.
    ValueError
        No run has that name.
    """
    _stored("training/runs")
    choice("a stored run", name, stored_runs())
    return load_run(_stored(f"training/runs/{name}.npz"))


def run_summary(name: str) -> dict[str, Any]:
    """``summarize_run(stored_run(name))``, computed once, and to be left as it is.

    A state names runs and is checked many times a second. Errors are those of `stored_run`.
    """
    return _run_summary(name, _DATA_FOLDER)


@cache
def _run_summary(name: str, _folder: Path) -> dict[str, Any]:
    return summarize_run(stored_run(name))


def _stored(name: str) -> Path:
    """Return the path of something in the data folder; FileNotFoundError if it is not there."""
    path = _DATA_FOLDER / name
    if not path.exists():
        raise FileNotFoundError(
            f"data/{name} must lie beside the package, as in a clone of n2uq_viz; "
            f"not found at {path}: clone the repository and install it with pip install -e ."
        )
    return path
