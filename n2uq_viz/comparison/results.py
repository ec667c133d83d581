"""What is compared of many runs: one score each, in a table that a spreadsheet opens.

A comparison of methods needs hundreds of runs and of each a single number. Those numbers are kept
as text, so that they can be read, sorted and checked without this package.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.comparison import csv_file
from n2uq_viz.randomness import check_seed
from n2uq_viz.training.config import BITS, METHODS, TASKS
from n2uq_viz.training.run import STATUSES

if TYPE_CHECKING:
    from n2uq_viz.training.run import TrainingRun

__all__ = ["COLUMNS", "LOWER_IS_BETTER", "Result", "load_results", "results_of", "save_results"]

#: Tasks whose score is a loss.
LOWER_IS_BETTER = ("regression",)
COLUMNS = (
    "task",
    "method",
    "weight_bits",
    "activation_bits",
    "seed",
    "score",
    "status",
    "test_loss",
    "learning_rate",
    "key",
    "torch",
)


@dataclass(frozen=True)
class Result:
    """What came of one run.

    Parameters
    ----------
    task, method, weight_bits, activation_bits, seed
        As in `n2uq_viz.training.TrainingConfig`; bits are None for float.
    score
        Accuracy on the test data in percent; for the task "regression" the loss on the test data,
        of which less is better. NaN if the run has none.
    status
        How the run ended: ``"finished"``, ``"stopped"`` or ``"diverged"``.
    test_loss, learning_rate
        For the record; NaN if they are not known.
    key
        The configuration's.
    torch
        Version of PyTorch that trained it.

    Raises
    ------
    ValueError
        A value breaks its rule.

    Examples
    --------
    >>> Result("digits", "gste", 2, 2, seed=0, score=97.5).status
    'finished'
    >>> Result("digits", "gste", 2, 2, seed=0, score=975.0)
    Traceback (most recent call last):
    ValueError: score must be a percentage from 0 to 100 for the task digits, got 975.0
    """

    task: str
    method: str
    weight_bits: int | None
    activation_bits: int | None
    seed: int
    score: float
    status: str = "finished"
    test_loss: float = math.nan
    learning_rate: float = math.nan
    key: str = ""
    torch: str = ""

    def __post_init__(self) -> None:
        choice("task", self.task, TASKS)
        choice("method", self.method, METHODS)
        choice("status", self.status, STATUSES)
        check_seed(self.seed)
        for name in ("weight_bits", "activation_bits"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), *BITS)
        percentage = self.task not in LOWER_IS_BETTER
        if percentage and not math.isnan(self.score) and not 0.0 <= self.score <= 100.0:
            raise ValueError(
                f"score must be a percentage from 0 to 100 for the task {self.task}, "
                f"got {self.score}"
            )


def results_of(runs: Iterable[TrainingRun]) -> list[Result]:
    """Return what came of each run, in their order.

    A run that was stopped by hand has no test result; its score is NaN.
    """
    found = []
    for run in runs:
        config = run.config
        loss = config.task in LOWER_IS_BETTER
        found.append(
            Result(
                config.task,
                config.method,
                config.weight_bits,
                config.activation_bits,
                config.seed,
                run.test_loss if loss else 100.0 * run.test_accuracy,
                run.status,
                run.test_loss,
                config.learning_rate,
                config.key,
                run.versions["torch"],
            )
        )
    return found


def save_results(path: str | Path, results: Iterable[Result]) -> Path:
    """Save results as comma-separated values, in place of a file that is there, and return where.

    A number reads back as the same float; float bits and what is not known are empty.

    Raises
    ------
    ValueError
        The name does not end in ``.csv``.
    OSError
        The folder cannot be made or written to; a file that is there stays as it was.
    """
    rows = ([_cell(getattr(result, name)) for name in COLUMNS] for result in results)
    return csv_file.save(path, COLUMNS, rows)


def load_results(path: str | Path) -> list[Result]:
    """Return the results in a file that `save_results` wrote.

    Raises
    ------
    ValueError
        The file has other columns, or a value breaks its rule; says in which line.
    OSError
        It cannot be read.
    """
    return csv_file.load(path, COLUMNS, _result)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


def _result(row: list[str]) -> Result:
    cells = dict(zip(COLUMNS, row, strict=True))
    score, test_loss, learning_rate = (
        float(cells[name] or "nan") for name in ("score", "test_loss", "learning_rate")
    )
    return Result(
        cells["task"],
        cells["method"],
        int(cells["weight_bits"]) if cells["weight_bits"] else None,
        int(cells["activation_bits"]) if cells["activation_bits"] else None,
        seed=int(cells["seed"]),
        score=score,
        status=cells["status"],
        test_loss=test_loss,
        learning_rate=learning_rate,
        key=cells["key"],
        torch=cells["torch"],
    )
