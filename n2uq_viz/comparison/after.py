"""What came of quantizing trained nets by different levels: one row each, in a table of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.comparison import csv_file
from n2uq_viz.randomness import check_seed

__all__ = ["COLUMNS", "METHODS", "After", "load_after", "save_after"]

#: Levels by samples alone, then those whose scales, or scales and thresholds, follow the loss.
METHODS = ("uniform", "quantile", "apot", "lloyd_max", "scales", "n2uq")


@dataclass(frozen=True)
class After:
    """What came of one net, one number of bits and one method.

    Parameters
    ----------
    seed
        Of the net.
    bits
        Of weights and activations between the first and the last layer, 1 to 8.
    method
        One of `METHODS`: see `n2uq_viz.training.after.quantize_after`.
    accuracy
        On the test data, in percent.
    weight_error, activation_error
        Mean over the layers of the squared error, as a share of the tensor's variance.
    entropy
        Mean over the layers of the entropy of the activations' codes, in bits.

    Raises
    ------
    ValueError
        A value breaks its rule.
    """

    seed: int
    bits: int
    method: str
    accuracy: float
    weight_error: float
    activation_error: float
    entropy: float

    def __post_init__(self) -> None:
        check_seed(self.seed)
        whole_number("bits", self.bits, 1, 8)
        choice("method", self.method, METHODS)
        if not 0.0 <= self.accuracy <= 100.0:
            raise ValueError(f"accuracy must be a percentage from 0 to 100, got {self.accuracy}")


COLUMNS = tuple(field.name for field in fields(After))


def save_after(path: str | Path, rows: Iterable[After]) -> Path:
    """Save rows as comma-separated values, in place of a file that is there, and return where.

    Raises
    ------
    ValueError
        The name does not end in ``.csv``.
    OSError
        The folder cannot be made or written to; a file that is there stays as it was.
    """
    return csv_file.save(path, COLUMNS, ([_cell(v) for v in astuple(row)] for row in rows))


def load_after(path: str | Path) -> list[After]:
    """Return the rows in a file that `save_after` wrote.

    Raises
    ------
    ValueError
        The file has other columns, or a value breaks its rule; says in which line.
    OSError
        It cannot be read.
    """
    return csv_file.load(path, COLUMNS, _after)


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _after(row: list[str]) -> After:
    seed, bits, method, *numbers = row
    return After(int(seed), int(bits), method, *map(float, numbers))
