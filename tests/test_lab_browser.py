"""What JupyterLab itself leaves behind when a reader runs, changes and saves a notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from n2uq_viz import notebooks
from tests import browser
from tests.clones import make_clone

TEXT = """\
# %% [markdown]
# # A slider

# %%
import ipywidgets

slider = ipywidgets.IntSlider(3)
slider
"""


def command(page: Page, name: str) -> None:
    """Run one of JupyterLab's own commands, and wait until it is done."""
    page.evaluate("async (name) => { await window.jupyterapp.commands.execute(name) }", name)


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_notebook_that_was_run_and_saved_is_unchanged_and_stays_alive(tmp_path: Path) -> None:
    folder = make_clone(tmp_path / "clone") / "notebooks"
    source = folder / "00_start_here.py"
    source.write_text(TEXT, encoding="utf-8")
    with (
        browser.running_lab(folder.parent, tmp_path / "private") as address,
        browser.chromium() as chromium,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        browser.open_lab(page, address)
        # Neither a question about news nor a word about pairing with a text.
        expect(page.locator(".Toastify__toast")).to_have_count(0)
        commands: list[str] = page.evaluate("() => window.jupyterapp.commands.listCommands()")
        assert "notebook:run-all-cells" in commands
        assert [name for name in commands if "jupytext" in name.lower()] == []

        browser.run_all(page)
        expect(page.locator(".jupyter-widgets.widget-slider")).to_be_visible(
            timeout=browser.PATIENCE
        )
        # As a reader does: run the last cell once more, which makes an empty one below it.
        command(page, "notebook:run-cell-and-select-next")
        command(page, "docmanager:save")
        saved = load(folder / "00_start_here.ipynb")
        assert len(saved["cells"]) == 3
        assert "application/vnd.jupyter.widget-state+json" in saved["metadata"]["widgets"]
        assert saved["metadata"][notebooks.RECORD]["source"] == "00_start_here.py"
        assert "jupytext" not in saved["metadata"]
        assert notebooks.convert(source).action == "unchanged"

        page.keyboard.press("Enter")
        page.keyboard.type("mine = 1")
        command(page, "docmanager:save")
        assert source.read_text(encoding="utf-8") == TEXT
    assert notebooks.convert(source).action == "kept"
    source.write_text(TEXT + "\n# %%\nslider.value\n", encoding="utf-8")
    assert notebooks.convert(source).notebook.name == "00_start_here.new.ipynb"
    assert "mine = 1" in (folder / "00_start_here.ipynb").read_text(encoding="utf-8")
