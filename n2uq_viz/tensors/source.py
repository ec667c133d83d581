"""What all kinds of files have in common: names and shapes at once, values in pieces."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["PIECE", "FlatFile", "Source", "TensorFileError", "TensorInfo", "as_real"]

#: Values that are in memory at a time, as float64: 8 MiB.
PIECE = 2**20
#: Most characters that are quoted from a file.
QUOTED = 40
#: Kinds of NumPy's types that are real numbers.
REAL = "fiub"

Array = NDArray[Any]


class TensorFileError(ValueError):
    """A file that cannot be read, in one line: the rule, what the file holds, what would do."""


@dataclass(frozen=True)
class TensorInfo:
    """Name, shape and type of a tensor in a file; `dtype` as the file's library writes it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int

    @property
    def size(self) -> int:
        """Return how many values it has."""
        return math.prod(self.shape)


class Source(ABC):
    """An open file of tensors of one format."""

    #: What the format is called.
    format: str

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tensors: dict[str, TensorInfo] = {}
        #: Name -> axes from the slowest to the fastest, where that is not their own order.
        self.axes: dict[str, tuple[int, ...]] = {}

    @abstractmethod
    def pieces(self, name: str, size: int) -> Iterator[Array]:
        """Yield all values, at most `size` at a time, flat and with a type of real numbers."""

    def spread(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array] | None:  # noqa: ARG002 - for those that can
        """Yield `size` values from each of some places on; None where that would read all."""
        return None

    def close(self) -> None:  # noqa: B027 - most have nothing open
        """Let go of the file."""

    def error(self, words: str) -> TensorFileError:
        """Return an error that names the file."""
        return TensorFileError(f"{self.path}: {words}")

    def add(self, info: TensorInfo) -> None:
        """Take up a tensor, of which names must differ."""
        if info.name in self.tensors:
            raise self.error(f"two tensors bear the name {quoted(info.name)}; names must differ")
        self.tensors[info.name] = info


class FlatFile(Source):
    """A format in which a tensor's values lie one behind the other, at a known place."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        #: Name -> place of the first byte, and type of the values.
        self.places: dict[str, tuple[int, np.dtype[Any]]] = {}

    def pieces(self, name: str, size: int) -> Iterator[Array]:
        """Yield the values in the file's order."""
        total = self.tensors[name].size
        yield from self._read(name, range(0, total, size), size)

    def spread(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array] | None:
        """Yield the values from each place on."""
        return self._read(name, starts, size)

    def decoded(self, name: str, values: Array) -> Array:  # noqa: ARG002 - for those that need it
        """Return values as they were stored as real numbers."""
        return values

    def _read(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array]:
        first, dtype = self.places[name]
        total = self.tensors[name].size
        # By reads, not a memory map: mapped pages count as memory until the system takes them back.
        with self.path.open("rb") as file:
            for start in starts:
                count = min(size, total - start)
                file.seek(first + start * dtype.itemsize)
                values = np.fromfile(file, dtype=dtype, count=count)
                if values.size < count:
                    raise self.error(
                        f"it ends within tensor {quoted(name)}: {total} values are announced; it "
                        "was cut short, so copy it again"
                    )
                yield self.decoded(name, values)


def quoted(text: object) -> str:
    """Return something from a file as one short printable line in quotes.

    >>> quoted("a" * 60)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'"
    """
    line = str(text)
    return repr(line if len(line) <= QUOTED else line[: QUOTED - 1] + "…")


def one_line(error: object) -> str:
    """Return the first line of an error, cut."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return line if len(line) <= 160 else line[:159] + "…"


def as_real(dtype: np.dtype[Any]) -> str | None:
    """Return why a type is none of real numbers, or None if it is one."""
    if dtype.kind in REAL and dtype.names is None and dtype.subdtype is None:
        return None
    if dtype.hasobject:
        return "it holds Python objects, which would have to be unpickled, and nothing is"
    return f"it holds {dtype} and not real numbers"


def size_of(file: BinaryIO) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size
