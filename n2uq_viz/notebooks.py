"""Notebooks from text, one way: the course can be updated without touching what a learner wrote.

The text is the only copy of a notebook in the project; the ``.ipynb`` beside it belongs to whoever
works in it. Nothing is ever carried back, so that no program decides which of two versions wins.
Each ``.ipynb`` made here records what it was made from: its source's hash, and a hash of its cells
as they were then. With these it is known, later, whether the source changed, and whether the
reader did.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n2uq_viz import files

#: Where an ``.ipynb`` keeps its record: a key of the notebook's metadata.
RECORD = "n2uq_viz"
#: Jupyter's name for the Python that runs the lab itself.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_NAME = re.compile(r"(\d\d|[A-Z])_\w+\.py")


@dataclass(frozen=True)
class Conversion:
    """What became of one source.

    Attributes
    ----------
    source
        The text.
    notebook
        The ``.ipynb`` that now has the newest text, maybe with a reader's changes.
    action
        ``"made"``: there was none. ``"replaced"``: nobody had changed the old one. ``"unchanged"``:
        it has this text already. ``"kept"``: it has this text, and a reader's changes.
    older
        Notebooks of that name that a reader changed, left alone, whose text is not the newest.
    broken
        Files of that name that are no notebooks, left alone.
    """

    source: Path
    notebook: Path
    action: str
    older: tuple[Path, ...] = ()
    broken: tuple[Path, ...] = ()


def sources(folder: Path) -> list[Path]:
    """Return the texts in a folder that are notebooks of the course, in the order to read them.

    They are named by a number of two digits or one capital letter; any other Python file in the
    folder is somebody's own.
    """
    return sorted(path for path in folder.glob("*.py") if _NAME.fullmatch(path.name))


def convert(source: Path) -> Conversion:
    """Bring the ``.ipynb`` of one source up to date, without changing what a reader wrote.

    A notebook whose cells are as they were made is replaced when the source has changed; outputs
    and empty cells do not count as changes. One that a reader changed is left alone; if the source
    has changed too, the newest text goes to ``NAME.new.ipynb`` beside it, for which the same holds
    (then ``NAME.new-2.ipynb``, ...).

    Parameters
    ----------
    source
        A notebook as text in the py:percent format.

    Raises
    ------
    OSError
        The folder cannot be written to, or a notebook not be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder, "01_coins.py")
    ...     _ = source.write_text("# %% [markdown]")
    ...     convert(source).action, convert(source).action
    ('made', 'unchanged')
    """
    text = source.read_text(encoding="utf-8")
    made = to_notebook(text, source.name)
    record = made["metadata"][RECORD]
    older: list[Path] = []
    broken: list[Path] = []
    for path in _names(source):
        found = _read(path) if os.path.lexists(path) else None
        if found is not None:
            action = _compare(found, record)
        else:
            action = "broken" if os.path.lexists(path) else "made"
        if action == "older":
            older.append(path)
        elif action == "broken":
            broken.append(path)
        else:
            break
    if action in ("made", "replaced"):
        path = _write(path, made, overwrite=action == "replaced")
    return Conversion(source, path, action, tuple(older), tuple(broken))


def _compare(found: Mapping[str, Any], record: Mapping[str, str]) -> str:
    """Say what a notebook is to the one that would be made now: see ``Conversion``."""
    old, cells = _record(found), _hash_of_cells(found)
    if cells == old.get("cells") and old != record:
        return "replaced"
    if cells == record["cells"]:
        return "unchanged"
    return "kept" if old.get("hash") == record["hash"] else "older"


def to_notebook(text: str, name: str) -> dict[str, Any]:
    """Turn a text in the py:percent format into a notebook; the same text gives the same notebook.

    Parameters
    ----------
    text
        The notebook as text.
    name
        File name of the text, for the record.

    Returns
    -------
    dict
        In Jupyter's format 4.5, without outputs and without anything that pairs it with its text.
    """
    import jupytext

    notebook: dict[str, Any] = jupytext.reads(text, fmt="py:percent")
    for number, cell in enumerate(notebook["cells"]):
        # Jupyter wants a name per cell; a random one would make every conversion another file.
        cell["id"] = f"{number:03d}-{_hash(cell['source'])[:8]}"
    notebook["metadata"].pop("jupytext", None)
    notebook["metadata"]["kernelspec"] = KERNEL
    notebook["metadata"][RECORD] = {
        "source": name,
        "hash": _hash(text),
        "cells": _hash_of_cells(notebook),
    }
    return notebook


def _names(source: Path) -> Iterator[Path]:
    for number in itertools.count():
        ending = ("", ".new")[number] if number < 2 else f".new-{number}"
        yield source.with_name(f"{source.stem}{ending}.ipynb")


def _write(path: Path, notebook: Mapping[str, Any], overwrite: bool) -> Path:
    content = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    suffix = path.suffix
    return files.write_together(path.with_suffix(""), {suffix: content.encode()}, overwrite)[0]


def _read(path: Path) -> dict[str, Any] | None:
    """Return the notebook in a file, or None for a file that is none."""
    if not path.is_file():  # a folder, or a link to nowhere
        return None
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    cells = found.get("cells") if isinstance(found, dict) else None
    whole = isinstance(cells, list) and all(
        isinstance(cell, dict) and isinstance(cell.get("source"), (str, list)) for cell in cells
    )
    return found if whole else None


def _record(notebook: Mapping[str, Any]) -> dict[str, Any]:
    metadata = notebook.get("metadata")
    record = metadata.get(RECORD) if isinstance(metadata, dict) else None
    return record if isinstance(record, dict) else {}


def _hash_of_cells(notebook: Mapping[str, Any]) -> str:
    """Hash what a reader writes: kind, text and pasted pictures of every cell that has any."""
    written = []
    for cell in notebook["cells"]:
        source = cell["source"]
        text = source if isinstance(source, str) else "".join(map(str, source))
        pictures = cell.get("attachments") or None
        # Running the last cell makes an empty one below it; that is no change.
        if text.strip() or pictures:
            written.append([cell.get("cell_type"), text, pictures])
    return _hash(json.dumps(written, sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
