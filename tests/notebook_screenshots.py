"""Pictures of notebooks in the lab from top to bottom, to look at, written to ``screenshots/``.

``python -m tests.notebook_screenshots [NAME...] [--answered] [--theme dark] [--width 1280]``
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import jupytext
from playwright.sync_api import Page

from tests import browser as lab
from tests.answered import answered

FOLDER = lab.ROOT / "screenshots"
HEIGHT = 1400
#: Every cell is on the page at once, so that scrolling makes none anew.
SETTINGS = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}


def write_settings(folder: Path) -> None:
    """Settings of the lab, in the folder that JUPYTERLAB_SETTINGS_DIR names."""
    for name, values in SETTINGS.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def take(page: Page, name: str) -> None:
    """Save what the notebook in front shows, window by window."""
    # The lab opens again what was open before, with the sidebar as it was.
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()", None)
    outer = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer")
    shown, number = -1, 1
    while True:
        # The lab itself scrolls to a cell now and then: ask where it is, and wait until it rests.
        page.wait_for_timeout(500)
        now = outer.evaluate(
            """(panel, top) => {
                panel.scrollTo({ top, behavior: "instant" });
                return panel.scrollTop;
            }""",
            (number - 1) * (HEIGHT - 200),
        )
        if now == shown:
            return
        page.wait_for_timeout(500)
        path = FOLDER / f"{name}-{number:02}.png"
        outer.screenshot(path=path)
        sys.stdout.write(f"{path.relative_to(lab.ROOT)}\n")
        shown, number = now, number + 1


def main() -> None:
    """Take the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="notebooks, such as 02_expectation; default: all")
    parser.add_argument("--answered", action="store_true", help="with every question answered")
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--width", type=int, default=1280)
    given = parser.parse_args()
    names = given.names or sorted(path.stem for path in (lab.ROOT / "notebooks").glob("*.py"))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as text, lab.chromium() as browser:
        folder = Path(text)
        clone = lab.copy_of_clone(folder / "clone")
        for name in names:
            if given.answered:
                source = clone / "notebooks" / f"{name}.py"
                jupytext.write(answered(source), source, fmt="py:percent")
        write_settings(folder / "private" / "settings")
        with lab.running_lab(clone, folder / "private") as address:
            for name in names:
                page = browser.new_page(viewport={"width": given.width, "height": HEIGHT})
                lab.open_lab(page, address.replace("00_start_here", name))
                if given.theme == "dark":
                    page.evaluate(
                        """() => window.jupyterapp.commands.execute(
                            "apputils:change-theme", { theme: "JupyterLab Dark" })""",
                        None,
                    )
                lab.run_all(page)
                state = "answered" if given.answered else "fresh"
                take(page, f"notebook-{name}-{state}-{given.theme}-{given.width}")
                page.close()


if __name__ == "__main__":
    main()
