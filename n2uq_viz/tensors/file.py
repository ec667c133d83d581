"""Opening a file of tensors by its name, whatever its format: nothing in it is ever unpickled."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from n2uq_viz.checks import FloatArray, whole_number
from n2uq_viz.tensors.npy import Npy, Npz
from n2uq_viz.tensors.safe import SafeTensors
from n2uq_viz.tensors.source import (
    PIECE,
    Array,
    Source,
    TensorFileError,
    TensorInfo,
    quoted,
)
from n2uq_viz.tensors.text import Text
from n2uq_viz.tensors.torch_file import TorchFile

__all__ = ["SUFFIXES", "WHOLE", "TensorFile", "open_tensors"]

#: Ends of file names, and what reads such files.
SUFFIXES: dict[str, Callable[[Path], Source]] = {
    ".npy": Npy,
    ".npz": Npz,
    ".csv": Text,
    ".tsv": Text,
    ".txt": Text,
    ".safetensors": SafeTensors,
    ".pt": TorchFile,
    ".pth": TorchFile,
    ".tar": TorchFile,
    ".bin": TorchFile,
    ".ckpt": TorchFile,
}
#: Values that `TensorFile.read` takes into memory at most: 512 MiB of float64.
WHOLE = 2**26


class TensorFile:
    """An open file of tensors; use it in a ``with`` statement, or close it.

    Attributes
    ----------
    path, format
        Which file, and ``"npy"``, ``"npz"``, ``"text"``, ``"safetensors"`` or ``"torch"``.
    tensors
        Name -> `TensorInfo`, in the file's order.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.path = source.path
        self.format = source.format
        self.tensors: dict[str, TensorInfo] = dict(source.tensors)

    def pieces(self, name: str, size: int = PIECE) -> Iterator[FloatArray]:
        """Yield all values of a tensor as float64, flat, at most `size` at a time.

        Their order is fixed, and need not be that of the indices.

        Raises
        ------
        TensorFileError
            No such tensor, one that holds no real numbers, or a damaged file.
        """
        info = self.info(name)
        size = whole_number("size", size, 1, WHOLE)
        seen = 0
        for piece in self._source.pieces(info.name, size):
            seen += piece.size
            yield _floats(piece)
        if seen != info.size:
            raise TensorFileError(
                f"{self.path}: tensor {quoted(name)} must have {info.size} values, got {seen}"
            )

    def spread(self, name: str, starts: Sequence[int], size: int) -> Iterator[FloatArray] | None:
        """Yield `size` values from each of some places on; None where the format has no places."""
        found = self._source.spread(self.info(name).name, starts, size)
        return None if found is None else map(_floats, found)

    def read(self, name: str) -> FloatArray:
        """Return a tensor of at most `WHOLE` values with its shape, as float64.

        Raises TensorFileError for a larger one, and as `pieces` does.
        """
        info = self.info(name)
        if info.size > WHOLE:
            raise TensorFileError(
                f"{self.path}: tensor {quoted(name)} must have at most {WHOLE:,} values to be read "
                f"as a whole, got {info.size:,}; take it in pieces"
            )
        parts = list(self.pieces(name))
        flat = np.concatenate(parts) if parts else np.empty(0)
        axes = self._source.axes.get(name, tuple(range(len(info.shape))))
        try:
            stored = flat.reshape([info.shape[axis] for axis in axes])
        except (ValueError, OverflowError):  # more sides, or longer ones, than NumPy has
            raise TensorFileError(
                f"{self.path}: tensor {quoted(name)} has a shape that NumPy does not have, "
                f"{quoted(info.shape)}; take it in pieces"
            ) from None
        return stored.transpose(np.argsort(axes)) if axes else stored

    def info(self, name: str) -> TensorInfo:
        """Return what is known of a tensor; raises TensorFileError with near names for none."""
        if name in self.tensors:
            return self.tensors[name]
        near = difflib.get_close_matches(name, self.tensors, n=3)
        advice = f"; near: {', '.join(near)}" if near else ""
        if not near and len(self.tensors) <= 8:
            advice = f"; there are: {', '.join(self.tensors)}"
        raise TensorFileError(f"{self.path}: no tensor is called {quoted(name)}{advice}")

    def state(self) -> dict[str, Any]:
        """Return the torch tensors of a torch file by name, mapped where the format allows it.

        Raises TensorFileError for another format.
        """
        if not isinstance(self._source, TorchFile):
            raise TensorFileError(f"{self.path}: a state dict is in a file of PyTorch")
        return self._source.state()

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def __enter__(self) -> TensorFile:
        """Return the file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _floats(piece: Array) -> FloatArray:
    """Return real numbers of any type as float64."""
    with np.errstate(over="ignore", invalid="ignore"):  # longer floats, and NaN that signal
        return piece.astype(np.float64)


def open_tensors(path: str | os.PathLike[str]) -> TensorFile:
    """Open a file of tensors and read names, shapes and types, but no values.

    Parameters
    ----------
    path
        ``.npy``, ``.npz``, ``.csv``, ``.tsv``, ``.txt``, ``.safetensors``, or one that
        ``torch.save`` wrote: ``.pt``, ``.pth``, ``.tar``, ``.bin``, ``.ckpt``.

    Raises
    ------
    TensorFileError
        A name of another kind, or a file that is not there, may not be read, is damaged, or holds
        something other than real numbers: in one line.

    Examples
    --------
    >>> open_tensors("net.onnx")
    Traceback (most recent call last):
    n2uq_viz.tensors.source.TensorFileError: net.onnx: its name must end in .npy, .npz, .csv, ...
    """
    target = Path(path)
    opener = SUFFIXES.get(target.suffix.lower())
    if opener is None:
        raise TensorFileError(
            f"{target}: its name must end in {', '.join(SUFFIXES)}, got {target.suffix or 'no end'}"
        )
    try:
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise TensorFileError(f"{target}: it must be a file, got a folder; name a file in it")
        if not stat.S_ISREG(mode):
            raise TensorFileError(f"{target}: it must be a file on disk, got a pipe or a device")
        if target.stat().st_size == 0:
            raise TensorFileError(f"{target}: it is empty; save it again")
        return TensorFile(opener(target))
    except FileNotFoundError:
        raise TensorFileError(f"{target}: there is no such file; check folder and name") from None
    except PermissionError:
        raise TensorFileError(f"{target}: you may not read it; chmod u+r may do") from None
    except OSError as error:
        raise TensorFileError(f"{target}: it cannot be read ({error.strerror})") from None
