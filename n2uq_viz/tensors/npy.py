"""NumPy's own files: one array, or a zip of them. Headers are NumPy's to read, values are not."""

from __future__ import annotations

import io
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from n2uq_viz.tensors.source import (
    Array,
    FlatFile,
    Source,
    TensorFileError,
    TensorInfo,
    as_real,
    one_line,
    quoted,
    size_of,
)

__all__ = ["Npy", "Npz"]

MAGIC = b"\x93NUMPY"
#: A member of a zip that grows by more than this factor to more than so many bytes is a bomb.
BOMB_RATIO, BOMB_BYTES = 100, 256 * 2**20
#: Most arrays of one zip.
MEMBERS = 100_000
#: Bytes in which a header ends; NumPy itself takes no longer ones from strangers.
HEADER = 2**14


#: What NumPy raises for headers that are none.
_UNREADABLE = (
    ValueError,
    EOFError,
    TypeError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    MemoryError,
)


def _header(file: IO[bytes], words: Source) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    """Return shape, type, and whether the first index runs fastest; go to behind the header."""
    # Not from the file itself: a header may claim to be as long as the file, and would be read.
    start = io.BytesIO(file.read(HEADER))
    try:
        with warnings.catch_warnings():  # about files of Python 2, and signs in broken headers
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(start)
            if version == (1, 0):
                shape, fortran, dtype = np.lib.format.read_array_header_1_0(start)
            elif version == (2, 0):
                shape, fortran, dtype = np.lib.format.read_array_header_2_0(start)
            else:
                raise ValueError(f"version {version[0]}.{version[1]} of it is not known here")
    except _UNREADABLE as error:
        raise words.error(f"it has no readable .npy header ({one_line(error)})") from None
    file.seek(start.tell())
    if reason := as_real(dtype):
        raise words.error(f"{reason}; save numbers, as with np.save(path, array.astype(float))")
    if any(side < 0 for side in shape):
        raise words.error(f"its shape must have no negative side, got {shape}")
    return shape, dtype, fortran


def _info(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> TensorInfo:
    info = TensorInfo(name, shape, dtype.name, 0)
    return TensorInfo(name, shape, dtype.name, info.size * dtype.itemsize)


class Npy(FlatFile):
    """A ``.npy`` file: one tensor, by the name of the file."""

    format = "npy"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise self.error("it does not begin as a .npy file does; was it renamed?")
            file.seek(0)
            shape, dtype, fortran = _header(file, self)
            info, first, size = _info(path.stem, shape, dtype), file.tell(), size_of(file)
        if size < first + info.nbytes:
            raise self.error(
                f"its header announces {info.nbytes:,} bytes of values, got {size - first:,}; it "
                "was cut short, so copy it again"
            )
        self.add(info)
        self.places[info.name] = first, dtype
        if fortran:
            self.axes[info.name] = tuple(reversed(range(len(shape))))


class _Told:
    """Turns what unpacking damaged data raises into an error that names the array."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name = source, name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Say it in one line."""
        kinds = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
        if isinstance(error, kinds) and not isinstance(error, TensorFileError):
            words = f"{quoted(self._name)} is damaged ({one_line(error)}); copy the file again"
            raise self._source.error(words) from None


class Npz(Source):
    """A ``.npz`` file: arrays by name in a zip, compressed or not."""

    format = "npz"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError) as error:
            raise self.error(f"it is no zip of arrays ({one_line(error)})") from None
        self._types: dict[str, np.dtype[Any]] = {}
        try:
            self._list()
        except BaseException:
            self.close()
            raise

    def _list(self) -> None:
        members = self._zip.infolist()
        if len(members) > MEMBERS:
            raise self.error(f"it must hold at most {MEMBERS:,} arrays, got {len(members):,}")
        for member in members:
            if not member.filename.endswith(".npy"):
                raise self.error(
                    f"its members must be .npy, got {quoted(member.filename)}; save it with "
                    "np.savez"
                )
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self.error(
                    f"{quoted(member.filename)} is packed in a way that NumPy does not use; save "
                    "it with np.savez"
                )
            if member.file_size > BOMB_BYTES and (
                member.file_size > BOMB_RATIO * max(member.compress_size, 1)
            ):
                raise self.error(
                    f"{quoted(member.filename)} would grow from {member.compress_size:,} to "
                    f"{member.file_size:,} bytes; more than {BOMB_RATIO} times is refused"
                )
            name = member.filename.removesuffix(".npy")
            with self._opened(member) as stream, _Told(self, name):
                shape, dtype, fortran = _header(stream, self)
                info, rest = _info(name, shape, dtype), member.file_size - stream.tell()
                if info.nbytes > rest:
                    raise self.error(
                        f"{quoted(name)} announces {info.nbytes:,} bytes of values, got {rest:,}"
                    )
            self.add(info)
            self._types[name] = dtype
            if fortran:
                self.axes[name] = tuple(reversed(range(len(shape))))

    def pieces(self, name: str, size: int) -> Iterator[Array]:
        """Yield the values as they are unpacked."""
        dtype, left = self._types[name], self.tensors[name].size
        member = self._zip.getinfo(f"{name}.npy")
        with self._opened(member) as stream, _Told(self, name):
            _header(stream, self)
            while left:
                count = min(size, left)
                data = stream.read(count * dtype.itemsize)
                if len(data) < count * dtype.itemsize:
                    raise self.error(f"it ends within {quoted(name)}; it was cut short")
                yield np.frombuffer(data, dtype=dtype)
                left -= count

    def _opened(self, member: zipfile.ZipInfo) -> IO[bytes]:
        try:
            return self._zip.open(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise self.error(f"{quoted(member.filename)}: {one_line(error)}") from None

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()
