"""Tensors from files: what is read is what was written, in pieces and fairly sampled."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file
from scipy.stats import chi2

from n2uq_viz import datasets
from n2uq_viz.summaries import check_summary
from n2uq_viz.tensors import Survey, TensorFileError, open_tensors, survey
from n2uq_viz.tensors import text as text_files
from n2uq_viz.tensors import torch_file as torch_files
from n2uq_viz.tensors.survey import BLOCK, BLOCKS, Surveyor, survey_pieces
from tests.bad_files import make_bad_files
from tests.permissions import unreadable

#: Most memory so far, in bytes; on Linux not of what came before this program in the process.
PEAK = """
import resource, sys
from pathlib import Path

def peak():
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(7, 11, 13))
TYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u4", "u2", "u1", "?")


def surveyed(path: Path, name: str | None = None, **options: Any) -> Survey:
    with open_tensors(path) as file:
        return survey(file, name or next(iter(file.tensors)), **options)


def read(path: Path, name: str | None = None) -> Any:
    with open_tensors(path) as file:
        return file.read(name or next(iter(file.tensors)))


# --- Every format --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*TYPES, ">f8", ">i4"])
def test_npy_and_npz_of_every_type(tmp_path: Path, dtype: str) -> None:
    values = (100.0 * VALUES).astype(dtype)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "b.npz", first=values, second=values[0])
    np.savez_compressed(tmp_path / "c.npz", only=values)
    wanted = values.astype(np.float64)
    np.testing.assert_array_equal(read(tmp_path / "a.npy"), wanted)
    np.testing.assert_array_equal(read(tmp_path / "b.npz", "second"), wanted[0])
    np.testing.assert_array_equal(read(tmp_path / "c.npz"), wanted)


def test_an_array_in_fortran_order_is_read_in_its_own(tmp_path: Path) -> None:
    turned = np.asfortranarray(VALUES)
    np.save(tmp_path / "a.npy", turned)
    np.savez_compressed(tmp_path / "b.npz", a=turned)
    for name in ("a.npy", "b.npz"):
        np.testing.assert_array_equal(read(tmp_path / name, "a"), VALUES)
        with open_tensors(tmp_path / name) as file:
            pieces = list(file.pieces("a", 100))
        assert max(piece.size for piece in pieces) <= 100
        np.testing.assert_array_equal(np.concatenate(pieces), VALUES.ravel(order="F"))


def test_long_floats_and_nan_that_signals_become_float64(tmp_path: Path) -> None:
    np.save(tmp_path / "long.npy", np.array([np.finfo(np.longdouble).max, 1.5]))
    signaling = np.array([0x7F800001, 0x3FC00000], dtype="<u4").view("<f4")
    np.save(tmp_path / "signaling.npy", signaling)
    assert read(tmp_path / "long.npy").tolist() == [float(np.finfo(np.longdouble).max), 1.5]
    np.testing.assert_array_equal(read(tmp_path / "signaling.npy"), [math.nan, 1.5])


def test_a_file_of_python_2_is_read_without_a_warning(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1L,), }"
    data = b"\x93NUMPY\x01\x00" + bytes([len(header) + 1, 0]) + header + b"\n"
    (tmp_path / "a.npy").write_bytes(data + np.array([2.5]).tobytes())
    assert read(tmp_path / "a.npy").tolist() == [2.5]


@pytest.mark.parametrize("dtype", TYPES)
def test_safetensors_of_every_type(tmp_path: Path, dtype: str) -> None:
    values = (100.0 * VALUES).astype(dtype)
    save_file({"net.weight": values, "net.bias": values[0, 0]}, tmp_path / "a.safetensors")
    np.testing.assert_array_equal(read(tmp_path / "a.safetensors", "net.weight"), values)
    np.testing.assert_array_equal(read(tmp_path / "a.safetensors", "net.bias"), values[0, 0])


@pytest.mark.parametrize("kind", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_brain_floats_and_others_from_torch(tmp_path: Path, kind: torch.dtype) -> None:
    values = torch.from_numpy(VALUES).to(kind)
    save_torch_file({"a": values}, tmp_path / "a.safetensors")
    torch.save({"state_dict": {"a": values}, "epoch": 3}, tmp_path / "a.pth.tar")
    wanted = values.double().numpy()
    np.testing.assert_array_equal(read(tmp_path / "a.safetensors"), wanted)
    np.testing.assert_array_equal(read(tmp_path / "a.pth.tar", "state_dict.a"), wanted)


def test_torch_files_of_both_formats_and_any_nesting(tmp_path: Path) -> None:
    value = {"nets": [{"w": torch.arange(6).reshape(2, 3)}, torch.ones(2, dtype=torch.bool)]}
    torch.save(value, tmp_path / "new.pt")
    torch.save(value, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.arange(4.0), tmp_path / "alone.pt")
    for name in ("new.pt", "old.pt"):
        with open_tensors(tmp_path / name) as file:
            assert list(file.tensors) == ["nets.0.w", "nets.1"]
            assert file.read("nets.0.w").tolist() == [[0, 1, 2], [3, 4, 5]]
            assert file.read("nets.1").tolist() == [1, 1]
    assert read(tmp_path / "alone.pt", "alone").tolist() == [0, 1, 2, 3]


def test_a_torch_tensor_in_another_order_has_the_same_values(tmp_path: Path) -> None:
    value = torch.from_numpy(VALUES)
    torch.save({"turned": value.permute(2, 0, 1), "part": value[:, ::2, 3]}, tmp_path / "a.pt")
    with open_tensors(tmp_path / "a.pt") as file:
        turned = np.concatenate(list(file.pieces("turned", 100)))
        part = np.concatenate(list(file.pieces("part")))
        np.testing.assert_array_equal(file.read("turned"), VALUES.transpose(2, 0, 1))
        np.testing.assert_array_equal(file.read("part"), VALUES[:, ::2, 3])
    np.testing.assert_array_equal(np.sort(turned), np.sort(VALUES.ravel()))
    np.testing.assert_array_equal(np.sort(part), np.sort(VALUES[:, ::2, 3].ravel()))


def test_lists_of_the_same_lists_are_followed_once(tmp_path: Path) -> None:
    """Followed each time, they would lead to 10**9 tensors."""
    value: Any = [torch.ones(1)]
    for _ in range(9):
        value = [value] * 10
    torch.save(value, tmp_path / "a.pt")
    with open_tensors(tmp_path / "a.pt") as file:
        assert list(file.tensors) == [".".join("0" * 10)]


def test_a_large_torch_tensor_is_mapped_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"a": torch.from_numpy(VALUES)}, tmp_path / "a.pt")
    monkeypatch.setattr(torch_files, "MAPPED", 1000)
    with open_tensors(tmp_path / "a.pt") as file:
        np.testing.assert_array_equal(np.concatenate(list(file.pieces("a", 64))), VALUES.ravel())


@pytest.mark.parametrize(
    ("text", "names", "columns"),
    [
        ("1,2\n3,4\n", ["a"], [[1, 2], [3, 4]]),
        ("\ufeff1;2\n\n3;4\n", ["a"], [[1, 2], [3, 4]]),
        ("0,5; 1,5\n2,5;3\n", ["a"], [[0.5, 1.5], [2.5, 3]]),
        ("1\t2\r\n3\t4", ["a"], [[1, 2], [3, 4]]),
        ("  1 2e-3 \n 3   nan\n", ["a"], [[1, 0.002], [3, math.nan]]),
        ('"low","high"\n1,2\n3,inf\n', ["low", "high"], [[1, 3], [2, math.inf]]),
        ("5\n6\n7\n", ["a"], [5, 6, 7]),
        ("# x y\n1 2\n# and more\n3 4\n", ["a"], [[1, 2], [3, 4]]),
    ],
)
def test_text_of_every_kind(
    tmp_path: Path, text: str, names: list[str], columns: list[Any]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with open_tensors(path) as file:
        assert list(file.tensors) == names
        if len(names) > 1:
            np.testing.assert_array_equal([file.read(name) for name in names], columns)
        else:
            np.testing.assert_array_equal(file.read("a"), columns)


def test_pieces_of_text_are_no_larger_than_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,6\n")
    with open_tensors(tmp_path / "a.csv") as file:
        assert [piece.tolist() for piece in file.pieces("a", 2)] == [[1, 2], [3, 4], [5, 6]]


def test_long_lines_are_not_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("".join(f"{k}.{'0' * 1000}\n" for k in range(50)))
    monkeypatch.setattr(text_files, "SIGNS", 3000)
    with open_tensors(tmp_path / "a.csv") as file:
        pieces = list(file.pieces("a"))
    assert max(piece.size for piece in pieces) == 3
    np.testing.assert_array_equal(np.concatenate(pieces), np.arange(50))


def test_names_lead_to_near_ones(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", conv1=VALUES, conv2=VALUES)
    with open_tensors(tmp_path / "a.npz") as file:
        with pytest.raises(TensorFileError, match="no tensor is called 'conv3'; near: conv"):
            file.read("conv3")
        with pytest.raises(TensorFileError, match="there are: conv1, conv2"):
            file.read("x")


def test_only_small_tensors_are_read_as_a_whole(tmp_path: Path) -> None:
    np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.uint8, (2**26 + 1,)).flush()
    with (
        open_tensors(tmp_path / "a.npy") as file,
        pytest.raises(TensorFileError, match=r"at most 67,108,864 values .* take it in pieces"),
    ):
        file.read("a")


# --- Bad files -----------------------------------------------------------------------------------


def test_every_bad_file_gets_one_line_and_nothing_is_unpickled(tmp_path: Path) -> None:
    bad = make_bad_files(tmp_path)
    assert len(bad) >= 40
    for path, words in bad.items():
        with pytest.raises(TensorFileError) as told:
            surveyed(path)
        line = str(told.value)
        assert line.startswith(str(path)), line
        assert "\n" not in line
        assert len(line) < 400 + len(str(path))
        assert re.search(words, line), f"{path.name}: {line}"
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("torch", "a.pt", r'takes PyTorch: pip install "n2uq_viz\[train\]"'),
        ("safetensors", "a.safetensors", r'pip install "n2uq_viz\[tensors\]"'),
    ],
)
def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, words: str
) -> None:
    (tmp_path / name).write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TensorFileError, match=words):
        open_tensors(tmp_path / name)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    with (
        unreadable(tmp_path / "a.npy") as path,
        pytest.raises(TensorFileError, match="may not read it"),
    ):
        open_tensors(path)


def test_bad_files_take_little_memory(tmp_path: Path) -> None:
    """All of them, in a process of their own, next to one that opens a good file."""
    np.save(tmp_path / "good.npy", VALUES)
    (tmp_path / "bad").mkdir()
    make_bad_files(tmp_path / "bad")
    code = """
import safetensors, torch
from n2uq_viz.tensors import TensorFileError, open_tensors, survey
before = peak()
failed = 0
for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.name != "pipe.npy":
        try:
            with open_tensors(path) as file:
                survey(file, next(iter(file.tensors)))
        except TensorFileError:
            failed += 1
print(failed, peak() - before)
"""
    found = subprocess.run(
        [sys.executable, "-c", PEAK + code, tmp_path / "bad"],
        check=True,
        capture_output=True,
        text=True,
    )
    failed, grown = map(int, found.stdout.split())
    assert failed >= 40
    assert grown < 100e6


# --- Surveys -------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6)),
    st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), max_size=20),
    st.integers(1, 50),
)
def test_counts_and_moments_are_numpys(values: Any, others: list[float], size: int) -> None:
    mixed = np.random.default_rng(1).permutation([*values, *others])
    pieces = [mixed[k : k + size] for k in range(0, mixed.size, size)]
    found = survey_pieces(pieces, "a", mixed.shape, "float64")
    assert (found.seen, found.finite) == (mixed.size, values.size)
    assert found.nan == np.isnan(mixed).sum()
    assert found.positive_infinity == (mixed == np.inf).sum()
    assert found.negative_infinity == (mixed == -np.inf).sum()
    assert found.zeros == (values == 0.0).sum()
    assert (found.low, found.high) == (values.min(), values.max())
    size_ = float(np.abs(values).max())
    assert found.mean == pytest.approx(values.mean(), abs=1e-12 * size_ + 1e-300)
    assert found.deviation == pytest.approx(values.std(), abs=1e-9 * size_ + 1e-300)
    np.testing.assert_array_equal(np.sort(found.sample), np.sort(values))
    check_summary(found.summary())


@pytest.mark.parametrize("piece", [20, 1000])
def test_every_value_is_as_likely_in_the_sample(piece: int) -> None:
    """Where each of 1000 values is in samples of 50, over 200 seeds, judged in ten groups."""
    values, size, seeds = np.arange(1000.0), 50, 200
    hits = np.zeros(10)
    for seed in range(seeds):
        surveyor = Surveyor(size, seed)
        for start in range(0, values.size, piece):
            surveyor.add(values[start : start + piece])
        sample = surveyor.result("a", values.shape, "float64").sample
        assert np.unique(sample).size == size
        hits += np.bincount((sample // 100).astype(int), minlength=10)
    expected = seeds * size / 10
    # Samples without replacement vary a little less than the chi-square distribution says.
    statistic = float(((hits - expected) ** 2 / expected).sum())
    assert chi2.sf(statistic, 9) > 1e-3
    assert chi2.cdf(statistic, 9) > 1e-3


def test_the_seed_decides_and_pieces_of_any_size_are_as_good() -> None:
    values = RNG.normal(size=10_000)
    first, again, other = (
        survey_pieces([values], "a", values.shape, "f8", size=100, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.sample, again.sample)
    assert not np.array_equal(first.sample, other.sample)


def test_nothing_finite_is_said_and_has_no_summary() -> None:
    found = survey_pieces([np.array([np.nan, np.inf])], "a", (2,), "f8")
    assert (found.nan, found.positive_infinity, found.finite) == (1, 1, 0)
    assert math.isnan(found.low)
    with pytest.raises(ValueError, match="must hold a finite value, got none"):
        found.summary()


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.integers(0, 50), elements=st.floats(allow_nan=False)))
def test_histograms_of_any_range(values: Any) -> None:
    found = survey_pieces([values], "a", values.shape, "f8")
    shares, ends = found.histogram(7)
    finite = values[np.isfinite(values)]
    assert (shares.shape, ends.shape) == ((7,), (8,))
    assert shares.sum() == pytest.approx(1.0 if finite.size else 0.0)
    assert np.isfinite(ends).all()
    assert (np.diff(ends) >= 0.0).all()
    if finite.size:
        assert ends[0] <= finite.min()
        assert finite.max() <= ends[-1]


def test_a_histogram_is_numpys() -> None:
    values = RNG.normal(size=1000)
    shares, ends = survey_pieces([values], "a", values.shape, "f8").histogram(20)
    counts, wanted = np.histogram(values, bins=20)
    np.testing.assert_allclose(shares, counts / 1000)
    np.testing.assert_allclose(ends, wanted, atol=1e-12)


def test_a_quick_survey_sees_a_part_that_is_spread(tmp_path: Path) -> None:
    size = 4 * BLOCKS * BLOCK
    values = np.linspace(0.0, 1.0, size, dtype=np.float32)
    np.save(tmp_path / "a.npy", values)
    found = surveyed(tmp_path / "a.npy", quick=True, size=1000)
    assert (found.seen, found.count, found.whole) == (BLOCKS * BLOCK, size, False)
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.mean == pytest.approx(0.5, abs=1e-3)
    assert np.histogram(found.sample, bins=4, range=(0, 1))[0].min() > 190
    told: list[int] = []
    whole = surveyed(tmp_path / "a.npy", progress=lambda seen, _: told.append(seen))
    assert whole.whole
    assert told[-1] == size
    assert told == sorted(told)


def test_a_tensor_larger_than_what_is_kept(tmp_path: Path) -> None:
    """160 MB of a file that takes no room on disk, in a process of its own."""
    path = tmp_path / "sparse.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (40_000_000,)}
        )
        file.truncate(file.tell() + 160_000_000)
    code = """
from n2uq_viz.tensors import open_tensors, survey
with open_tensors(sys.argv[1]) as file:
    found = survey(file, "sparse")
print(found.zeros, peak())
"""
    found = subprocess.run(
        [sys.executable, "-c", PEAK + code, path], check=True, capture_output=True, text=True
    )
    zeros, most = map(int, found.stdout.split())
    assert zeros == 40_000_000
    assert most < 250e6  # of which 120 MB are Python, NumPy and the sample


def test_tensors_are_among_the_data() -> None:
    assert datasets.open_tensors is open_tensors
