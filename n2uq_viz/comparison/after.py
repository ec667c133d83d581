"""What came of quantizing trained nets by different levels: one row each, in a table of text."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.files import write_together
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


def save_after(path: str | os.PathLike[str], rows: Iterable[After]) -> Path:
    """Save rows as comma-separated values, in place of a file that is there, and return where.

    Raises
    ------
    ValueError
        The name does not end in ``.csv``.
    OSError
        The folder cannot be made or written to; a file that is there stays as it was.
    """
    target = Path(path)
    if target.suffix != ".csv":
        raise ValueError(f"results are saved as .csv, got {os.fspath(path)!r}")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in astuple(row))
    contents = {".csv": text.getvalue().encode()}
    return write_together(target.with_suffix(""), contents, overwrite=True)[0]


def load_after(path: str | os.PathLike[str]) -> list[After]:
    """Return the rows in a file that `save_after` wrote.

    Raises
    ------
    ValueError
        The file has other columns, or a value breaks its rule; says in which line.
    OSError
        It cannot be read.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = tuple(next(rows, []))
        if header != COLUMNS:
            raise ValueError(
                f"{path} must have the columns {', '.join(COLUMNS)}, got {', '.join(header)}"
            )
        found = []
        for row in rows:
            try:
                seed, bits, method, *numbers = row
                found.append(After(int(seed), int(bits), method, *map(float, numbers)))
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path}, line {rows.line_num}: {error}") from None
    return found
