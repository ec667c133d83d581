from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from n2uq_viz import files
from tests.permissions import files_of_at_most


def test_many_at_once_each_get_a_name(tmp_path: Path) -> None:
    def write(number: int) -> list[Path]:
        content = str(number).encode()
        return files.write_together(
            tmp_path / "a", {".svg": content, ".pdf": content}, overwrite=False
        )

    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(write, range(40)))
    assert len({path for pair in placed for path in pair}) == 80
    assert len(list(tmp_path.iterdir())) == 80
    for number, (one, other) in enumerate(placed):
        assert one.stem == other.stem
        assert one.read_bytes() == other.read_bytes() == str(number).encode()


def test_file_system_without_hard_links(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    files._claim_without_links(source, target)
    assert target.read_text() == "new"
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        files._claim_without_links(source, target)
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


def test_full_disk_without_hard_links(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new" * 1000)
    with files_of_at_most(2000), pytest.raises(OSError, match="File too large"):
        files._claim_without_links(source, target)
    assert list(tmp_path.iterdir()) == [source]
