"""What becomes of a notebook when its text changes, its reader changes it, or both do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

from n2uq_viz import notebooks
from tests.clones import REPOSITORY
from tests.permissions import read_only

TEXT = '''\
# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Somebody else's
#     language: python
#     name: other
# ---

# %% [markdown]
# # Coins × α
#
# A line with two spaces at its end@@
# and `# %%` inside.

# %% tags=["hide-input"]
# %matplotlib inline
import numpy as np


def heads(n):
    """Count.

    Twice.
    """
    return np.sum(n)


# %% [markdown] slideshow={"slide_type": "slide"}
# ## Empty code cell below

# %%

# %% [raw]
# kept as it is

# %%
heads(3); print("ὅς 🎉")
'''.replace("@@", "  ")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "01_coins.py"
    path.write_text(TEXT, encoding="utf-8")
    return path


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def change(path: Path, text: str, cell: int = 1) -> bytes:
    """Write into a cell as a reader does, and return the file as it is then."""
    notebook = load(path)
    notebook["cells"][cell]["source"] = [text]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.read_bytes()


def update(source: Path, number: int = 1) -> None:
    """Change the source as a new version of the course does."""
    source.write_text(TEXT.replace("# Coins", f"# Coins, version {number}"), encoding="utf-8")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".ipynb")


# --- From text to notebook -----------------------------------------------------------------------


def test_notebook_is_valid_and_paired_with_nothing(source: Path) -> None:
    made = notebooks.convert(source)
    assert (made.action, made.notebook.name) == ("made", "01_coins.ipynb")
    notebook = nbformat.read(made.notebook, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec == notebooks.KERNEL
    assert "jupytext" not in notebook.metadata
    assert "formats" not in made.notebook.read_text(encoding="utf-8")
    kinds = ["markdown", "code", "markdown", "code", "raw", "code"]
    assert [cell.cell_type for cell in notebook.cells] == kinds
    assert notebook.cells[1].metadata.tags == ["hide-input"]
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_same_text_gives_the_same_bytes(source: Path) -> None:
    first = notebooks.convert(source).notebook.read_bytes()
    source.with_suffix(".ipynb").unlink()
    assert notebooks.convert(source).notebook.read_bytes() == first


def body(text: str) -> str:
    """Return a py:percent text without its header."""
    if not text.startswith("# ---\n"):
        return text.strip()
    return text.split("\n# ---\n", 1)[1].strip()


def test_text_to_notebook_to_text_loses_nothing(source: Path) -> None:
    texts = [source, *notebooks.sources(REPOSITORY / "notebooks")]
    assert len(texts) >= 2
    for path in texts:
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.from_dict(notebooks.to_notebook(text, path.name))
        assert body(jupytext.writes(notebook, fmt="py:percent")) == body(text)


def test_line_ends_of_another_system_are_the_same_text(source: Path) -> None:
    notebooks.convert(source)
    source.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert notebooks.convert(source).action == "unchanged"


def test_sources_are_the_course_and_not_a_readers_scripts(tmp_path: Path) -> None:
    for name in ("10_b.py", "02_a.py", "A_map.py", "mine.py", "1_x.py", "02_a.txt", "AB_x.py"):
        (tmp_path / name).write_text("# %%")
    found = [path.name for path in notebooks.sources(tmp_path)]
    assert found == ["02_a.py", "10_b.py", "A_map.py"]


# --- Nobody changed it ---------------------------------------------------------------------------


def test_nothing_changed(source: Path) -> None:
    before = notebooks.convert(source).notebook.read_bytes()
    again = notebooks.convert(source)
    assert (again.action, again.older, again.broken) == ("unchanged", (), ())
    assert again.notebook.read_bytes() == before


def test_untouched_notebook_is_replaced_when_the_source_changes(source: Path) -> None:
    notebooks.convert(source)
    update(source)
    done = notebooks.convert(source)
    assert (done.action, names(source.parent)) == ("replaced", ["01_coins.ipynb"])
    assert "version 1" in load(done.notebook)["cells"][0]["source"]


def run_all(path: Path) -> None:
    """Leave what Jupyter leaves behind when everything is run and saved."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell.metadata["scrolled"] = True
        if cell.cell_type == "code":
            cell.execution_count = number + 1
            cell.outputs = [nbformat.v4.new_output("stream", text="3\n")]
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    nbformat.write(notebook, path)


def test_running_a_notebook_does_not_change_it(source: Path) -> None:
    path = notebooks.convert(source).notebook
    run_all(path)
    before = path.read_bytes()
    assert notebooks.convert(source).action == "unchanged"
    assert path.read_bytes() == before
    update(source)
    assert notebooks.convert(source).action == "replaced"


def test_header_alone_changed(source: Path) -> None:
    notebooks.convert(source)
    source.write_text(TEXT.replace("Somebody else's", "Mine"), encoding="utf-8")
    assert notebooks.convert(source).action == "replaced"
    assert notebooks.convert(source).action == "unchanged"


def test_deleted_notebook_is_made_again(source: Path) -> None:
    path = notebooks.convert(source).notebook
    path.unlink()
    assert notebooks.convert(source).action == "made"
    assert path.is_file()


# --- A reader changed it -------------------------------------------------------------------------


def test_changed_notebook_is_kept_while_the_source_is_the_same(source: Path) -> None:
    path = notebooks.convert(source).notebook
    mine = change(path, "my answer")
    done = notebooks.convert(source)
    assert (done.action, done.notebook, done.older) == ("kept", path, ())
    assert path.read_bytes() == mine


def add_cell(notebook: dict[str, Any]) -> None:
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "a note"})


def remove_cell(notebook: dict[str, Any]) -> None:
    del notebook["cells"][-1]


def swap_cells(notebook: dict[str, Any]) -> None:
    notebook["cells"].reverse()


def paste_picture(notebook: dict[str, Any]) -> None:
    notebook["cells"][0]["attachments"] = {"me.png": {"image/png": "iVBOR="}}


def make_it_code(notebook: dict[str, Any]) -> None:
    notebook["cells"][0]["cell_type"] = "code"


EDITS = [add_cell, remove_cell, swap_cells, paste_picture, make_it_code]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_kind_of_change_is_seen(source: Path, edit: Any) -> None:
    path = notebooks.convert(source).notebook
    notebook = load(path)
    edit(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    mine = path.read_bytes()
    assert notebooks.convert(source).action == "kept"
    update(source)
    done = notebooks.convert(source)
    assert (done.action, done.notebook.name, done.older) == ("made", "01_coins.new.ipynb", (path,))
    assert path.read_bytes() == mine


def test_both_changed(source: Path) -> None:
    path = notebooks.convert(source).notebook
    mine = change(path, "my answer")
    update(source)
    done = notebooks.convert(source)
    assert (done.action, done.older) == ("made", (path,))
    assert done.notebook.name == "01_coins.new.ipynb"
    assert "version 1" in load(done.notebook)["cells"][0]["source"]
    assert path.read_bytes() == mine
    again = notebooks.convert(source)
    assert (again.action, again.notebook, again.older) == ("unchanged", done.notebook, (path,))
    assert names(source.parent) == ["01_coins.ipynb", "01_coins.new.ipynb"]


def test_untouched_new_notebook_is_replaced(source: Path) -> None:
    mine = change(notebooks.convert(source).notebook, "my answer")
    for number in (1, 2):
        update(source, number)
        done = notebooks.convert(source)
    assert (done.action, done.notebook.name) == ("replaced", "01_coins.new.ipynb")
    assert "version 2" in load(done.notebook)["cells"][0]["source"]
    assert source.with_suffix(".ipynb").read_bytes() == mine


def test_changed_new_notebook_is_kept_too(source: Path) -> None:
    first = notebooks.convert(source).notebook
    mine = {first: change(first, "my answer")}
    for number, name in enumerate(["new", "new-2", "new-3"], start=1):
        update(source, number)
        done = notebooks.convert(source)
        assert (done.action, done.notebook.name) == ("made", f"01_coins.{name}.ipynb")
        assert done.older == tuple(mine)
        mine[done.notebook] = change(done.notebook, f"my answer, {number}")
        assert notebooks.convert(source).action == "kept"
    assert {path: path.read_bytes() for path in mine} == mine
    assert len(names(source.parent)) == 4


def test_new_notebook_moved_into_place_is_the_notebook(source: Path) -> None:
    path = notebooks.convert(source).notebook
    change(path, "my answer")
    update(source)
    notebooks.convert(source).notebook.replace(path)
    assert notebooks.convert(source).action == "unchanged"
    assert names(source.parent) == ["01_coins.ipynb"]


def test_reader_who_wrote_the_new_text_already_has_it(source: Path) -> None:
    path = notebooks.convert(source).notebook
    new = load(path)["cells"][0]["source"].replace("# Coins", "# Coins, version 1")
    mine = change(path, new, cell=0)
    update(source)
    done = notebooks.convert(source)
    assert (done.action, done.older) == ("unchanged", ())
    assert path.read_bytes() == mine


def test_record_taken_out_by_another_program(source: Path) -> None:
    path = notebooks.convert(source).notebook
    notebook = load(path)
    del notebook["metadata"][notebooks.RECORD]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert notebooks.convert(source).action == "unchanged"
    mine = change(path, "my answer")
    done = notebooks.convert(source)
    assert (done.action, done.notebook.name) == ("made", "01_coins.new.ipynb")
    assert path.read_bytes() == mine


# --- What cannot be read -------------------------------------------------------------------------

BROKEN = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"[" * 100_000,
    b'{"cells": 1}',
    b'{"cells": [1]}',
    b'{"cells": [{"source": 1}]}',
    b'{"nbformat": 3, "worksheets": []}',
]


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:20]))
def test_file_that_is_no_notebook_is_left_alone(source: Path, content: bytes) -> None:
    path = source.with_suffix(".ipynb")
    path.write_bytes(content)
    done = notebooks.convert(source)
    assert (done.action, done.notebook.name) == ("made", "01_coins.new.ipynb")
    assert (done.older, done.broken) == ((), (path,))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "metadata", [None, [], {notebooks.RECORD: []}, {notebooks.RECORD: {"cells": 3}}]
)
def test_odd_record_counts_as_none(source: Path, metadata: Any) -> None:
    path = notebooks.convert(source).notebook
    notebook = load(path)
    notebook["metadata"] = metadata
    notebook["cells"][0]["source"] = "mine"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert notebooks.convert(source).older == (path,)


def test_folder_and_link_to_nowhere_are_left_alone(source: Path) -> None:
    path = source.with_suffix(".ipynb")
    path.mkdir()
    link = source.with_name("01_coins.new.ipynb")
    link.symlink_to(source.parent / "nowhere")
    done = notebooks.convert(source)
    assert (done.action, done.notebook.name) == ("made", "01_coins.new-2.ipynb")
    assert done.broken == (path, link)
    assert link.is_symlink()


def test_folder_that_may_not_be_written_to(source: Path) -> None:
    notebooks.convert(source)
    update(source)
    with (
        read_only(source.parent) as folder,
        pytest.raises(OSError, match=r"cannot save '01_coins' in .*\(Permission denied\)"),
    ):
        notebooks.convert(folder / "01_coins.py")
