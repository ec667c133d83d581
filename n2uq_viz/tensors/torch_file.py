"""Files of PyTorch: tensors only (``weights_only=True``), mapped instead of loaded."""

from __future__ import annotations

import mmap
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz.tensors.source import Array, Source, TensorFileError, TensorInfo, one_line, quoted

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TorchFile"]

#: What is not a zip, and what has to be copied, is loaded as a whole up to this size.
WHOLE = 256 * 2**20
#: After so many bytes a file is mapped anew: mapped pages that were read count as memory.
MAPPED = 64 * 2**20
#: Longest description of tensors in a zip, in bytes: what is in it takes many times as much.
DESCRIPTION = 2**24
#: Depth to which dictionaries in dictionaries are followed, and how many tensors there may be.
DEPTH, TENSORS = 16, 100_000
#: The one thing that PyTorch would make as long as a number in the file says, and fill.
FILLS = b"bytearray"
#: How a zip begins.
ZIP = b"PK\x03\x04"
#: What tensors are looked for in.
PARTS = (Mapping, list, tuple)
#: What Python's zip reader raises: a name may be no text, a size no number that a file can have.
DAMAGED = (zipfile.BadZipFile, NotImplementedError, ValueError, RuntimeError, EOFError)


class TorchFile(Source):
    """A file that ``torch.save`` wrote: a tensor, or dictionaries and lists of them."""

    format = "torch"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            import torch
        except ImportError:
            raise self.error('reading it takes PyTorch: pip install "n2uq_viz[train]"') from None
        self._torch = torch
        self._as_they_are = (torch.float32, torch.float64)
        with path.open("rb") as file:
            self._mapped = file.read(len(ZIP)) == ZIP  # as torch decides it
        if self._mapped:
            self._check_zip()
        else:
            self._check_old(path.stat().st_size)
        for name, tensor in self._load().items():
            nbytes = tensor.numel() * tensor.element_size()
            kind = str(tensor.dtype).removeprefix("torch.")
            self.add(TensorInfo(name, tuple(tensor.shape), kind, nbytes))
            axes = self._axes(tensor)
            if list(axes) != sorted(axes):
                self.axes[name] = axes
        if not self.tensors:
            raise self.error("it holds no tensors; save a state dict or a tensor with torch.save")

    def _check_zip(self) -> None:
        """Refuse what would take more memory than it has bytes."""
        try:
            with zipfile.ZipFile(self.path) as members:
                packed = [m for m in members.infolist() if m.compress_type != zipfile.ZIP_STORED]
                described = [m for m in members.infolist() if m.filename.endswith("data.pkl")]
                longest = max((m.file_size for m in described), default=0)
                fills = longest <= DESCRIPTION and any(FILLS in members.read(m) for m in described)
        except DAMAGED as error:
            raise self.error(f"it is a damaged zip ({one_line(error)}); copy it again") from None
        if packed:
            raise self.error(
                "it is a compressed zip, which PyTorch does not write; save it again with "
                "torch.save"
            )
        if longest > DESCRIPTION:
            raise self.error(
                f"what it says of its tensors must have at most {DESCRIPTION:,} bytes, got "
                f"{longest:,}; save a state dict alone"
            )
        if fills:
            raise self._fills()

    def _check_old(self, size: int) -> None:
        """Refuse what would take much more memory than the new format."""
        if size > WHOLE:
            raise self.error(
                f"it is in PyTorch's old format, which must be loaded as a whole, so at most "
                f"{WHOLE:,} bytes, got {size:,}; save it anew with torch.save"
            )
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            if mapped.find(FILLS) >= 0:
                raise self._fills()

    def _fills(self) -> TensorFileError:
        return self.error("it holds a bytearray, which is no tensor; save a state dict alone")

    def pieces(self, name: str, size: int) -> Iterator[Array]:
        """Yield the values in the order in which they are stored."""
        yield from self._parts(name, range(0, self.tensors[name].size, size), size)

    def spread(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array] | None:
        """Yield the values from each place on."""
        return self._parts(name, starts, size)

    def state(self) -> dict[str, Tensor]:
        """Return all tensors by name, mapped where that is possible."""
        return self._load()

    def _load(self) -> dict[str, Tensor]:
        torch = self._torch
        try:
            with warnings.catch_warnings():  # about old protocols, which do not matter here
                warnings.simplefilter("ignore")
                loaded = torch.load(
                    self.path, map_location="cpu", weights_only=True, mmap=self._mapped
                )
        except pickle.UnpicklingError:
            raise self.error(
                "it holds more than tensors, numbers, text and lists of them, and nothing else is "
                "unpickled; save a state dict: torch.save(model.state_dict(), path)"
            ) from None
        except Exception as error:  # whatever damaged bytes lead to: torch names no list
            raise self.error(f"PyTorch cannot read it ({one_line(error)})") from None
        found: dict[str, Tensor] = {}
        self._flatten(loaded, (), found, set())
        return found

    def _flatten(
        self, value: Any, way: tuple[str, ...], found: dict[str, Tensor], passed: set[int]
    ) -> None:
        if isinstance(value, self._torch.Tensor):
            name = ".".join(way) or self.path.stem
            if name in found:
                raise self.error(f"two tensors bear the name {quoted(name)}; names must differ")
            if value.is_nested:
                raise self.error(f"tensor {quoted(name)} is nested; save its parts one by one")
            if len(found) == TENSORS:
                raise self.error(f"it must hold at most {TENSORS:,} tensors, got more")
            found[name] = value.detach()
        # What is there twice is listed once: lists of the same lists would grow without end.
        elif isinstance(value, PARTS) and len(way) < DEPTH and id(value) not in passed:
            passed.add(id(value))
            for key, each in value.items() if isinstance(value, Mapping) else enumerate(value):
                if isinstance(each, (self._torch.Tensor, *PARTS)):
                    self._flatten(each, (*way, str(key)), found, passed)

    def _parts(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array]:
        flat, passed = self._flat(name), 0
        for start in starts:
            part = flat[start : start + size]
            if part.is_floating_point() and part.dtype not in self._as_they_are:
                part = part.float()
            try:
                values = part.numpy().copy()
            except (TypeError, RuntimeError) as error:  # types that NumPy does not have
                raise self.error(f"tensor {quoted(name)}: {one_line(error)}") from None
            yield values
            passed += size * flat.element_size()
            if passed >= MAPPED and self._mapped:
                del part, flat
                flat, passed = self._flat(name), 0

    def _flat(self, name: str) -> Tensor:
        tensor = self._load()[name]
        strided = tensor.layout == self._torch.strided and not tensor.is_quantized
        if not strided or tensor.is_complex() or tensor.is_meta:
            raise self.error(
                f"tensor {quoted(name)} must hold real numbers in rows, got {tensor.dtype} as "
                f"{tensor.layout}"
            )
        # Any order will do, and the stored one needs no copy.
        tensor = tensor.permute(self._axes(tensor))
        if not tensor.is_contiguous() and tensor.numel() * tensor.element_size() > WHOLE:
            raise self.error(
                f"tensor {quoted(name)} is a view of another that has to be copied, so at most "
                f"{WHOLE:,} bytes; save it with .contiguous()"
            )
        return tensor.contiguous().view(-1)

    def _axes(self, tensor: Tensor) -> tuple[int, ...]:
        """Return the axes of a tensor from the one with the longest steps to the shortest."""
        if tensor.layout != self._torch.strided:
            return tuple(range(tensor.ndim))
        return tuple(sorted(range(tensor.ndim), key=lambda k: -tensor.stride()[k]))
