"""Files of PyTorch: tensors only (``weights_only=True``), mapped instead of loaded."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz.tensors.source import Array, Source, TensorInfo, one_line, quoted

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TorchFile"]

#: What is not a zip, and what has to be copied, is loaded as a whole up to this size.
WHOLE = 256 * 2**20
#: Depth to which dictionaries in dictionaries are followed.
DEPTH = 16


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
        self._mapped = zipfile.is_zipfile(path)
        size = path.stat().st_size
        if self._mapped:
            with zipfile.ZipFile(path) as members:
                if any(each.compress_type != zipfile.ZIP_STORED for each in members.infolist()):
                    raise self.error(
                        "it is a compressed zip, which PyTorch does not write; save it again with "
                        "torch.save"
                    )
        if not self._mapped and size > WHOLE:
            raise self.error(
                f"it is in PyTorch's old format, which must be loaded as a whole, so at most "
                f"{WHOLE:,} bytes, got {size:,}; save it anew with torch.save"
            )
        for name, tensor in self._load().items():
            nbytes = tensor.numel() * tensor.element_size()
            kind = str(tensor.dtype).removeprefix("torch.")
            self.add(TensorInfo(name, tuple(tensor.shape), kind, nbytes))
        if not self.tensors:
            raise self.error("it holds no tensors; save a state dict or a tensor with torch.save")

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
        self._flatten(loaded, "", found, 0)
        return found

    def _flatten(self, value: Any, name: str, found: dict[str, Tensor], depth: int) -> None:
        if isinstance(value, self._torch.Tensor):
            found[name or self.path.stem] = value.detach()
        elif depth < DEPTH and isinstance(value, Mapping):
            for key, each in value.items():
                self._flatten(each, f"{name}.{key}" if name else str(key), found, depth + 1)
        elif depth < DEPTH and isinstance(value, list | tuple):
            for k, each in enumerate(value):
                self._flatten(each, f"{name}.{k}" if name else str(k), found, depth + 1)

    def _parts(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array]:
        flat, passed = self._flat(name), 0
        for start in starts:
            part = flat[start : start + size]
            if part.is_floating_point() and part.dtype not in self._as_they_are:
                part = part.float()
            yield part.numpy().copy()
            passed += size * flat.element_size()
            if passed >= WHOLE and self._mapped:
                # Mapped pages that were read count as memory; a new map has none.
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
        tensor = tensor.permute(sorted(range(tensor.ndim), key=lambda k: -tensor.stride()[k]))
        if not tensor.is_contiguous() and tensor.numel() * tensor.element_size() > WHOLE:
            raise self.error(
                f"tensor {quoted(name)} is a view of another that has to be copied, so at most "
                f"{WHOLE:,} bytes; save it with .contiguous()"
            )
        return tensor.contiguous().view(-1)
