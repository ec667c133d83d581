"""The first notebook as an app: Voila serves it without code, and its explorer can be dragged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from n2uq_viz import notebooks
from tests import browser as lab


@contextmanager
def running_voila(folder: Path, private: Path) -> Iterator[str]:
    """Serve the folder's first notebook on the loopback interface; yields the address."""
    command = [sys.executable, "-m", "voila", "00_start_here.ipynb", "--no-browser"]
    command += [f"--port={lab.free_port()}", "--Voila.ip=127.0.0.1"]
    environment = lab.private_environment(private)
    with lab.announced(command, folder, environment, r"http://127\.0\.0\.1:\d+/") as found:
        yield found


def test_the_first_notebook_is_an_app(tmp_path: Path) -> None:
    clone = lab.copy_of_clone(tmp_path / "clone")
    notebooks.convert(clone / "notebooks" / "00_start_here.py")
    with running_voila(clone / "notebooks", tmp_path / "private") as address, lab.chromium() as b:
        page = b.new_page(viewport={"width": 1280, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # Voila's own page asks the network for icons: it must do without.
        page.route(
            lambda url: not url.startswith((address, "data:", "blob:")), lambda route: route.abort()
        )
        page.goto(address, timeout=lab.PATIENCE)
        stage = page.locator(".n2uq-stage").first
        expect(stage).to_have_attribute("data-python", "in-step", timeout=lab.PATIENCE)
        handle = stage.locator("[data-handle=edge-1]")
        handle.scroll_into_view_if_needed()
        before = float(handle.get_attribute("aria-valuenow") or "nan")
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y, steps=6)
        page.mouse.up()
        expect(stage).to_have_attribute("data-python", "in-step", timeout=lab.PATIENCE)
        assert float(handle.get_attribute("aria-valuenow") or "nan") > before
        # No code on the page, and Python is there: it says whether the means fit.
        expect(page.locator(".jp-InputArea-editor, .input_area")).to_have_count(0)
        readout = stage.locator("[data-readout=agreement]")
        expect(readout).not_to_have_attribute("data-gste", "", timeout=lab.PATIENCE)
        assert complaints == []
