"""Answers on disk: kept, merged, never lost, and honest about it where nothing can be kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from n2uq_viz.course.store import AnswerStore
from tests.permissions import files_of_at_most, read_only


def _store(folder: Path) -> AnswerStore:
    return AnswerStore(folder, "00_start_here")


def test_answers_outlive_the_kernel(tmp_path: Path) -> None:
    _store(tmp_path).keep("predictions", "edge_pull", {"answer": {"levels": 0.0}})
    _store(tmp_path).keep("exercises", "memory", {"done": True, "answer": 250000.0})
    again = _store(tmp_path)
    assert again.find("predictions", "edge_pull") == {"answer": {"levels": 0.0}}
    assert again.find("exercises", "memory") == {"done": True, "answer": 250000.0}
    assert again.find("exercises", "chance") is None
    assert again.take_lines() == []
    assert [path.name for path in tmp_path.iterdir()] == ["progress-00_start_here.json"]


def test_a_record_can_be_forgotten(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.keep("exercises", "memory", {"done": True})
    store.keep("exercises", "memory", None)
    assert _store(tmp_path).find("exercises", "memory") is None


def test_two_windows_do_not_overwrite_each_other(tmp_path: Path) -> None:
    one, two = _store(tmp_path), _store(tmp_path)
    one.keep("exercises", "memory", {"done": True})
    two.keep("exercises", "chance", {"done": True})
    one.keep("exercises", "slopes", {"done": False})
    assert set(json.loads(one.path.read_text(encoding="utf-8"))["exercises"]) == {
        "memory",
        "chance",
        "slopes",
    }


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1, "predictions": []}',
        '{"version": "1"}',
        '{"version": true}',
        '{"version": 0}',
        "[" * 100_000,
        "\ufffd",
    ],
    ids=range(10),
)
def test_a_broken_file_is_set_aside_and_said(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "progress-00_start_here.json"
    path.write_text(broken, encoding="utf-8")
    store = _store(tmp_path)
    (line,) = store.take_lines()
    assert "was damaged, so it was set aside as progress-00_start_here.broken.json" in line
    assert store.take_lines() == []
    aside = tmp_path / "progress-00_start_here.broken.json"
    assert aside.read_text(encoding="utf-8") == broken
    store.keep("exercises", "memory", {"done": True})
    assert _store(tmp_path).find("exercises", "memory") == {"done": True}


def test_bytes_that_are_no_text_are_set_aside_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "progress-00_start_here.json"
    path.write_bytes(b"\xff\xfe\x00\x80")
    assert "set aside" in _store(tmp_path).take_lines()[0]
    aside = tmp_path / "progress-00_start_here.broken.json"
    assert aside.read_bytes() == b"\xff\xfe\x00\x80"


def test_no_earlier_broken_file_is_replaced(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / "progress-00_start_here.json").write_text(f"broken {n}", encoding="utf-8")
        _store(tmp_path)
    kept = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert kept == {
        "progress-00_start_here.broken.json": "broken 0",
        "progress-00_start_here.broken-2.json": "broken 1",
        "progress-00_start_here.broken-3.json": "broken 2",
    }


def test_a_file_broken_while_the_kernel_runs_loses_nothing(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.keep("exercises", "memory", {"done": True})
    store.path.write_text("broken", encoding="utf-8")
    store.keep("exercises", "chance", {"done": True})
    again = _store(tmp_path)
    assert again.find("exercises", "memory") == {"done": True}
    assert again.find("exercises", "chance") == {"done": True}
    assert (tmp_path / "progress-00_start_here.broken.json").read_text(encoding="utf-8") == "broken"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    text = '{"version": 2, "answers": "of another kind"}'
    path = tmp_path / "progress-00_start_here.json"
    path.write_text(text, encoding="utf-8")
    store = _store(tmp_path)
    assert "was written by a newer version of this package" in store.take_lines()[0]
    store.keep("exercises", "memory", {"done": True})
    assert store.find("exercises", "memory") == {"done": True}
    assert path.read_text(encoding="utf-8") == text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_read_only_folder_costs_only_the_saving(tmp_path: Path) -> None:
    with read_only(tmp_path) as folder:
        store = _store(folder)
        assert store.take_lines() == []
        store.keep("exercises", "memory", {"done": True})
        (line,) = store.take_lines()
        assert line == store.trouble
        assert line.startswith(f"Your answers cannot be saved in {folder} (Permission denied).")
        store.keep("exercises", "chance", {"done": True})
        assert store.take_lines() == []
        assert store.find("exercises", "memory") == {"done": True}
        assert store.find("exercises", "chance") == {"done": True}


def test_saving_goes_on_when_it_becomes_possible(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    store = _store(folder)
    store.keep("exercises", "memory", {"done": True})
    assert store.trouble is not None
    folder.mkdir()
    store.keep("exercises", "chance", {"done": True})
    assert store.trouble is None
    assert _store(folder).find("exercises", "memory") == {"done": True}


def test_a_broken_file_in_a_read_only_folder_stays_and_is_said(tmp_path: Path) -> None:
    (tmp_path / "progress-00_start_here.json").write_text("broken", encoding="utf-8")
    with read_only(tmp_path) as folder:
        store = _store(folder)
        assert "is damaged and cannot be set aside (Permission denied)" in store.take_lines()[0]
        store.keep("exercises", "memory", {"done": True})
        assert store.path.read_text(encoding="utf-8") == "broken"
        assert store.find("exercises", "memory") == {"done": True}


def test_a_full_disk_leaves_the_earlier_answers_whole(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.keep("exercises", "memory", {"done": True})
    before = store.path.read_bytes()
    with files_of_at_most(len(before)):
        store.keep("exercises", "chance", {"answer": "x" * 1000})
    assert "cannot be saved" in store.take_lines()[0]
    assert store.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [store.path]


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "progress-00_start_here.json").mkdir()
    store = _store(tmp_path)
    assert "cannot be opened" in store.take_lines()[0]
    store.keep("exercises", "memory", {"done": True})
    assert store.find("exercises", "memory") == {"done": True}
    assert (tmp_path / "progress-00_start_here.json").is_dir()
