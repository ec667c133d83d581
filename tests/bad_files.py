"""Files of tensors that cannot be read, one for each way to break one."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

__all__ = ["make_bad_files"]


class _Harm:
    """What would make a file if it were unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.proof, "harm"))


class _Fill:
    """What would fill memory with so many bytes, by a function that torch deems safe."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __reduce__(self) -> tuple[Any, ...]:
        return (bytearray, (self.size,))


def _npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def _npy_header(text: str, version: tuple[int, int] = (1, 0)) -> bytes:
    body = text.encode() + b"\n"
    length = struct.pack("<H" if version == (1, 0) else "<I", len(body))
    return b"\x93NUMPY" + bytes(version) + length + body


def _npz(members: dict[str, bytes], **options: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _bomb() -> bytes:
    """Return a zip of 300 MiB of zeros, which take less than a third of a megabyte."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.npy", "w", force_zip64=True) as member,
    ):
        count = 300 * 2**20
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count},), }}"
        member.write(_npy_header(header))
        for _ in range(300):
            member.write(bytes(2**20))
    return stream.getvalue()


def _safe(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _torch(value: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def make_bad_files(folder: Path) -> dict[Path, str]:
    """Write the files and return each with words that its error must have.

    Opening, or reading the first tensor, must fail. `folder` / "harm" appears if something was
    unpickled that should not have been.
    """
    harm, fill = _Harm(folder / "harm"), {"a": torch.ones(2), "b": _Fill(2**30)}
    good = _npy(np.arange(1000.0))
    net = {"weight": torch.arange(1000.0)}
    f32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    files: dict[str, tuple[bytes, str]] = {
        "truncated.npy": (good[:-100], "cut short"),
        "half_header.npy": (good[:30], "header"),
        "text.npy": (b"0.5, 1.5\n", "does not begin as a .npy"),
        "objects.npy": (_npy(np.array([harm, None]), allow_pickle=True), "unpickled"),
        "words.npy": (_npy(np.array(["a", "b"])), "not real numbers"),
        "complex.npy": (_npy(np.array([1j])), "not real numbers"),
        "records.npy": (_npy(np.zeros(2, dtype=[("a", "f4")])), "not real numbers"),
        "negative.npy": (
            _npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-4,), }"),
            "negative side",
        ),
        "huge.npy": (
            _npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (10**18,), }"),
            "header",
        ),
        "huge_number.npy": (
            _npy_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**18},), }}"),
            "cut short",
        ),
        "code.npy": (_npy_header("__import__('os').getcwd()"), "header"),
        "unclosed.npy": (_npy_header("{'descr': (\n'<f8'"), "header"),
        "version.npy": (_npy_header("{}", (9, 9)), "header"),
        "empty_tensor.npy": (_npy(np.empty(0)), "must hold a value"),
        "empty.npy": (b"", "empty"),
        "no_zip.npz": (b"PK\x03\x04 but no more", "no zip"),
        "truncated.npz": (_npz({"a.npy": good})[:-300], "no zip"),
        "bomb.npz": (_bomb(), "would grow"),
        "objects.npz": (
            _npz({"a.npy": _npy(np.array([harm, None]), allow_pickle=True)}),
            "unpickled",
        ),
        "other_members.npz": (_npz({"readme.md": b"hello"}), "members must be .npy"),
        "lying_member.npz": (_npz({"a.npy": good[:-100]}), "announces"),
        "lzma.npz": (_npz({"a.npy": good}, compression=zipfile.ZIP_LZMA), "NumPy does not use"),
        "damaged.npz": (
            _damaged(_npz({"a.npy": good}, compression=zipfile.ZIP_DEFLATED)),
            "damaged",
        ),
        "words.csv": (b"0.5,1.5\n0.25,high\n", "line 2 must hold numbers, got 'high'"),
        "underscores.csv": (b"1,2\n1,1_5\n", "line 2 must hold numbers, got '1_5'"),
        "ragged.csv": (b"1,2\n3\n", "line 2 must have 2 numbers"),
        "names_only.csv": (b"a,b\n", "no lines of numbers"),
        "blank.csv": (b"\n\n", "no lines of numbers"),
        "bytes.csv": (b"\xff\xfe\x00\x01\n", "UTF-8"),
        "zeros.txt": (bytes(4096), "zero byte"),
        "one_line.csv": (b"1" * (2**20 + 5), "at most"),
        "lying_length.safetensors": (_safe({"a": f32}, bytes(8), length=2**60), "no valid"),
        "lying_offsets.safetensors": (
            _safe({"a": {**f32, "data_offsets": [0, 800]}}, bytes(8)),
            "no valid",
        ),
        "overlapping.safetensors": (_safe({"a": f32, "b": f32}, bytes(8)), "no valid"),
        "lying_shape.safetensors": (_safe({"a": {**f32, "shape": [99]}}, bytes(8)), "no valid"),
        "short.safetensors": (b"\x01\x02", "no valid"),
        "eight_bits.safetensors": (
            _safe({"a": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}, bytes(2)),
            "can be read",
        ),
        "harm.pt": (pickle.dumps({"a": harm}), "nothing else is unpickled"),
        "harm_zip.pt": (_torch({"a": harm}), "nothing else is unpickled"),
        "model.pt": (_torch(torch.nn.Linear(2, 2)), "nothing else is unpickled"),
        "text.pt": (b"not a checkpoint\n", "PyTorch cannot read it|nothing else is unpickled"),
        "truncated.pt": (_torch(net)[:-200], "damaged zip"),
        "squeezed.pt": (
            _npz({"archive/data.pkl": bytes(1000)}, compression=zipfile.ZIP_DEFLATED),
            "compressed zip",
        ),
        "directory.pt": (_torch(net).replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged zip"),
        "fill.pt": (_torch(fill), "bytearray"),
        "fill_old.pt": (_torch(fill, _use_new_zipfile_serialization=False), "bytearray"),
        "same_names.pt": (_torch({"a.b": net["weight"], "a": {"b": net["weight"]}}), "two tensors"),
        "no_numpy.pt": (_torch({"a": torch.zeros(2, dtype=torch.bits8)}), "ScalarType"),
        "numbers.pth": (_torch(OrderedDict(epoch=3)), "no tensors"),
        "complex.pt": (_torch({"a": torch.ones(2, dtype=torch.complex64)}), "real numbers"),
        "net.onnx": (b"\x08\x07", "must end in"),
    }
    made = {}
    for name, (data, words) in files.items():
        (folder / name).write_bytes(data)
        made[folder / name] = words
    # A header that claims all of a large file, which takes no room on disk.
    with (folder / "long_header.npy").open("wb") as file:
        file.write(b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**29) + b"{")
        file.truncate(2**29 + 100)
    made[folder / "long_header.npy"] = "header"
    (folder / "folder.npy").mkdir()
    made[folder / "folder.npy"] = "got a folder"
    made[folder / "missing.npy"] = "no such file"
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.npy")
        made[folder / "pipe.npy"] = "got a pipe"
    (folder / "broken_link.npy").symlink_to(folder / "gone.npy")
    made[folder / "broken_link.npy"] = "no such file"
    save_file({"a": np.zeros(0, dtype=np.float32)}, folder / "nothing.safetensors")
    made[folder / "nothing.safetensors"] = "must hold a value"
    return made


def _damaged(data: bytes) -> bytes:
    """Return a zip with some of its packed bytes turned over."""
    middle = len(data) // 2
    return data[:middle] + bytes(255 - b for b in data[middle : middle + 20]) + data[middle + 20 :]
