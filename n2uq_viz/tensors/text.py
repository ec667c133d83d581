"""Numbers as text: lines of cells, parted by commas, semicolons, tabs or spaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from n2uq_viz.tensors.source import Array, Source, TensorInfo, quoted

__all__ = ["Text"]

#: Longest line, in bytes: text of numbers has shorter ones, and no line may fill the memory.
LINE = 2**20
#: Lines that are read at a time, at most, cells in them, and signs, about.
LINES, CELLS, SIGNS = 10_000, 2**20, 2**22
DELIMITERS = (";", "\t", ",")


class Text(Source):
    """A text file: a tensor for each column if the first line names them, otherwise one of all."""

    format = "text"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        lines = self._lines()
        number, first = next(lines, (0, ""))
        if not number:
            raise self.error("it has no lines of numbers; a line is such as 0.5, 1.25, 3")
        self._delimiter = next((each for each in DELIMITERS if each in first), None)
        cells = self._cells(first)
        self._columns = len(cells)
        self._names = [] if all(map(_is_number, cells)) else [cell.strip("\"' ") for cell in cells]
        if self._names and any(map(_is_number, cells)):
            word = next(cell for cell in cells if not _is_number(cell))
            raise self._no_number(number, word)
        rows = sum(1 for _ in lines) + (not self._names)
        if not rows:
            raise self.error("it has a line of names and no lines of numbers below it")
        if self._names:
            for k, name in enumerate(self._names):
                self.add(TensorInfo(name or f"column {k + 1}", (rows,), "text", 8 * rows))
        else:
            shape = (rows, self._columns) if self._columns > 1 else (rows,)
            self.add(TensorInfo(path.stem, shape, "text", 8 * rows * self._columns))

    def pieces(self, name: str, size: int) -> Iterator[Array]:
        """Yield the values of the lines in their order."""
        column = list(self.tensors).index(name) if self._names else None
        lines = self._lines()
        if self._names:
            next(lines)
        at_once = max(1, min(LINES, CELLS // self._columns))
        while some := _some(lines, at_once):
            values = self._numbers(some)
            flat = (values if column is None else values[:, column]).ravel()
            yield from (flat[start : start + size] for start in range(0, flat.size, size))

    def _numbers(self, lines: list[tuple[int, str]]) -> Array:
        rows = []
        for number, line in lines:
            cells = self._cells(line)
            if len(cells) != self._columns:
                raise self.error(
                    f"line {number} must have {self._columns} numbers as the first line has, got "
                    f"{len(cells)}: {quoted(line)}"
                )
            try:
                if "_" in line:  # Python reads 1_5 as 15, which no table means
                    raise ValueError
                rows.append([float(cell) for cell in cells])
            except ValueError:
                word = next(cell for cell in cells if not _is_number(cell))
                raise self._no_number(number, word) from None
        return np.array(rows)

    def _no_number(self, number: int, word: str) -> Exception:
        return self.error(f"line {number} must hold numbers, got {quoted(word.strip())}")

    def _cells(self, line: str) -> list[str]:
        if self._delimiter == ";":  # where commas are decimal, semicolons part the cells
            line = line.replace(",", ".")
        return line.split(self._delimiter)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the text of each line that is neither blank nor a comment (#)."""
        number = 0
        with self.path.open("rb") as file:
            while line := file.readline(LINE + 1):
                number += 1
                if len(line) > LINE:
                    raise self.error(
                        f"line {number} must have at most {LINE:,} bytes; is this a text file?"
                    )
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise self.error(
                        f"line {number} is no text in UTF-8; save it as UTF-8"
                    ) from None
                if "\0" in text:
                    raise self.error(f"line {number} holds a zero byte; is this a text file?")
                text = text.strip()
                if text and not text.startswith("#"):
                    yield number, text


def _some(lines: Iterator[tuple[int, str]], most: int) -> list[tuple[int, str]]:
    """Return the next lines, fewer where they are long."""
    found, signs = [], 0
    for line in lines:
        found.append(line)
        signs += len(line[1])
        if len(found) == most or signs >= SIGNS:
            break
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
