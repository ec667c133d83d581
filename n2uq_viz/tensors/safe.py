"""Files of the safetensors format: the library judges the header, values are read by place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from n2uq_viz.tensors.source import Array, FlatFile, TensorInfo, one_line, quoted

__all__ = ["SafeTensors"]

#: Names of types in the format -> NumPy's; a brain float is read as whole numbers and widened.
TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}


class SafeTensors(FlatFile):
    """A ``.safetensors`` file."""

    format = "safetensors"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            from safetensors import SafetensorError, safe_open
        except ImportError:
            raise self.error(
                'reading it takes the package safetensors: pip install "n2uq_viz[tensors]"'
            ) from None
        try:
            with safe_open(path, framework="numpy"):
                pass
        except (SafetensorError, OSError, ValueError) as error:
            raise self.error(f"it is no valid safetensors file ({one_line(error)})") from None
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            kind, (begin, end) = entry["dtype"], entry["data_offsets"]
            self.add(TensorInfo(name, tuple(entry["shape"]), kind, end - begin))
            if kind in TYPES:
                self.places[name] = 8 + length + begin, np.dtype(TYPES[kind])

    def decoded(self, name: str, values: Array) -> Array:
        """Return float32 of brain floats, which are its upper halves."""
        if self.tensors[name].dtype == "BF16":
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def _read(self, name: str, starts: Sequence[int], size: int) -> Iterator[Array]:
        if name not in self.places:
            raise self.error(
                f"tensor {quoted(name)} is of type {self.tensors[name].dtype}; can be read: "
                f"{', '.join(TYPES)}"
            )
        return super()._read(name, starts, size)
