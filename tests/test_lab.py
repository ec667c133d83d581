from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from n2uq_viz import lab, notebooks
from tests.clones import REPOSITORY, TEXT, make_clone
from tests.permissions import read_only


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone"))


# --- What prevents a start -----------------------------------------------------------------------


def test_clone_is_found_from_inside(clone: Path) -> None:
    for start in (clone, clone / "notebooks", clone / "not" / "there"):
        assert lab.find_notebooks(start) == clone / "notebooks"


@pytest.mark.parametrize("project", [None, "[project]\nname = 'other'", "[project", "project = 1"])
def test_not_in_a_clone(project: str | None, tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)
    with pytest.raises(lab.LabError, match=rf"{tmp_path} is not inside one: change into the clone"):
        lab.find_notebooks(tmp_path)


def test_clone_without_notebooks(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    with pytest.raises(lab.LabError, match="is not inside one"):
        lab.find_notebooks(tmp_path)


def test_packages_are_here() -> None:
    lab.check_packages()


def test_folder_that_may_not_be_written_to(clone: Path) -> None:
    with (
        read_only(clone / "notebooks") as shut,
        pytest.raises(lab.LabError, match=rf"{shut} cannot be written to \(Permission denied\)"),
    ):
        lab.prepare(shut)


def test_port_in_use_is_named_with_one_that_is_free() -> None:
    with socket.socket() as holder:
        holder.bind((lab.ADDRESS, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(lab.LabError, match=rf"port {port} is in use") as caught:
            lab.check_port(port)
    free = int(str(caught.value).partition("--port ")[2].split()[0])
    assert free != port
    lab.check_port(free)
    assert f"make lab PORT={free}" in str(caught.value)


def test_port_in_use_on_every_address() -> None:
    with socket.socket() as holder:
        holder.bind(("", 0))
        holder.listen()
        with pytest.raises(lab.LabError, match="is in use"):
            lab.check_port(holder.getsockname()[1])


@pytest.mark.parametrize(
    "name", ["01_coins", "01_coins.ipynb", "01_coins.py", "notebooks/01_coins.py"]
)
def test_notebook_by_any_of_its_names(name: str, clone: Path) -> None:
    assert lab.choose_notebook(clone / "notebooks", name) == "01_coins"


def test_unknown_notebook(clone: Path) -> None:
    with pytest.raises(lab.LabError, match=r"no notebook '99'.*there are: 00_start_here, 01_coins"):
        lab.choose_notebook(clone / "notebooks", "99")


# --- What is said about notebooks ----------------------------------------------------------------


def test_lines_about_notebooks(tmp_path: Path) -> None:
    folder = make_clone(tmp_path) / "notebooks"
    changed, untouched = folder / "00_start_here.ipynb", folder / "01_coins.ipynb"
    lab.prepare(folder)
    assert lab.prepare(folder) == []
    changed.write_text(changed.read_text().replace("heads = 1", "mine = 1"))
    assert lab.prepare(folder) == []
    for source in notebooks.sources(folder):
        source.write_text(TEXT + "\n# %%\nheads\n")
    assert lab.prepare(folder) == [
        "00_start_here.ipynb was left as you changed it",
        "the newest text of it is in 00_start_here.new.ipynb",
        "01_coins.ipynb replaced by its newer text; you had not changed it",
    ]
    untouched.write_text("{")
    assert lab.prepare(folder)[2:] == [
        "01_coins.ipynb is no notebook; it was left alone",
        "the newest text of it is in 01_coins.new.ipynb",
    ]
