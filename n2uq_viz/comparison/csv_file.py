"""Rows as comma-separated values: written whole, read back with the line of what is not right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from n2uq_viz.files import write_as

__all__ = ["load", "save"]

Row = TypeVar("Row")


def save(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Save a row of names and rows of cells, in place of a file that is there, and return where.

    Raises ValueError for a name without ``.csv``, OSError where nothing can be written.
    """

    def content() -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return text.getvalue().encode()

    return write_as(path, ".csv", "a table", content, overwrite=True)


def load(path: str | Path, columns: Sequence[str], make: Callable[[list[str]], Row]) -> list[Row]:
    """Return what `make` makes of each row.

    Raises
    ------
    ValueError
        The file has other columns, a row has another number of cells, or `make` raises it; says in
        which line.
    OSError
        It cannot be read.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if header != list(columns):
            raise ValueError(
                f"{path} must have the columns {', '.join(columns)}, got {', '.join(header)}"
            )
        found = []
        for row in rows:
            try:
                if len(row) != len(columns):
                    raise ValueError(f"a row must have {len(columns)} cells, got {len(row)}")
                found.append(make(row))
            except ValueError as error:
                raise ValueError(f"{path}, line {rows.line_num}: {error}") from None
    return found
