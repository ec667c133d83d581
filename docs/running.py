"""A notebook of the course, run from top to bottom and made ready for pages without a kernel."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from n2uq_viz import notebooks
from n2uq_viz.words import say

ROOT = Path(__file__).parents[1]
#: Seconds that a cell may take.
LONGEST = 300
_TO_A_NOTEBOOK = re.compile(r"\[([^]]+)\]\((\w+)\.ipynb(?:#[^)]*)?\)")


def run(source: Path, folder: Path, extra: Path, together: Collection[str]) -> Path:
    """Run a notebook and write it, with what it shows, as ``.ipynb``.

    Parameters
    ----------
    source
        A notebook as text in the py:percent format.
    folder
        Where the ``.ipynb`` is written; the kernel starts there.
    extra
        Where the kernel puts pictures and pages of explorers.
    together
        Names of all notebooks of the site; links to others become text.

    Returns
    -------
    Path
        The ``.ipynb``.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell fails.
    """
    notebook = nbformat.from_dict(
        notebooks.to_notebook(source.read_text(encoding="utf-8"), source.name)
    )
    prelude = f"from docs import shown\nshown.register({str(extra)!r}, {source.stem!r})"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(prelude))
    client = NotebookClient(
        notebook,
        timeout=LONGEST,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
    )
    # With an event loop of its own, which is closed in the end, in whatever thread this is.
    try:
        asyncio.run(client.async_execute(env={**os.environ, "PYTHONPATH": str(ROOT)}))
    except CellExecutionError as error:
        error.add_note(f"The cell is in {source.name}.")
        raise
    del notebook.cells[0]
    _prepare(notebook, together)
    path = folder / f"{source.stem}.ipynb"
    nbformat.write(notebook, path)
    return path


def _prepare(notebook: Any, together: Collection[str]) -> None:
    """Say at the top what the page is, and leave no link to a notebook that is not there."""

    def link(found: re.Match[str]) -> str:
        return found[0] if found[2] in together else found[1]

    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in texts:
        cell.source = _TO_A_NOTEBOOK.sub(link, cell.source)
    title, _, rest = texts[0].source.partition("\n")
    texts[0].source = f"{title}\n\n```{{note}}\n{say('site.note')}\n```\n{rest}"
