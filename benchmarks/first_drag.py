"""How long it takes from an empty clone to the first threshold that moves under the hand.

Clones this repository (what is committed), follows the README in it, ``make lab``, and does what
its reader does in the page: **Run ▸ Run All Cells**, then drag an edge. Needs what the tests need,
and the network; ``--cold`` downloads every package anew, else pip's own cache serves. It takes
minutes, so it is no part of the page of all benchmarks.

Run: ``python -m benchmarks.first_drag [--cold]``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.report import table
from tests import browser

#: What `make lab` prints once the lab can be opened, and how long that may take.
ADDRESS = r"http://127\.0\.0\.1:\d+/\S*token=\w+"
SECONDS = 1800


def run_all_cells(page: Page) -> None:
    """Run the notebook as a hand does, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def drag(page: Page) -> None:
    """Drag the first explorer's second edge, and see that it moved."""
    stage = page.locator(".n2uq-stage").first
    expect(stage).to_have_attribute("data-python", "in-step", timeout=browser.PATIENCE)
    handle = stage.locator("[data-handle=edge-1]")
    handle.scroll_into_view_if_needed()
    before = handle.get_attribute("aria-valuenow")
    box = handle.bounding_box()
    if box is None or before is None:
        raise RuntimeError("the first explorer shows no handle to drag")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.up()
    expect(handle).not_to_have_attribute("aria-valuenow", before)


def measure(cold: bool) -> list[tuple[str, float]]:
    """Seconds since the start at which each step was done."""
    found = []
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
        clone, private = Path(folder) / "n2uq_viz", Path(folder) / "private"
        environment = browser.private_environment(private)
        # The interpreter of this environment would be found first, and is none to make another of.
        environment.pop("VIRTUAL_ENV", None)
        environment["BROWSER"] = "true"  # a command that does nothing: the page is opened here
        if cold:
            environment["PIP_NO_CACHE_DIR"] = environment["UV_NO_CACHE"] = "1"
        start = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(browser.ROOT), str(clone)], check=True)
        found.append(("cloned", time.perf_counter() - start))
        command = ["make", "lab", f"PORT={browser.free_port()}"]
        with browser.announced(command, clone, environment, ADDRESS, SECONDS) as address:
            found.append(("installed, lab started", time.perf_counter() - start))
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address, wait_until="domcontentloaded")
            page.locator(".jp-Cell").first.wait_for(timeout=browser.PATIENCE)
            found.append(("notebook on the page", time.perf_counter() - start))
            run_all_cells(page)
            drag(page)
            found.append(("first drag", time.perf_counter() - start))
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cold", action="store_true", help="download every package anew")
    rows = [[what, f"{seconds:.0f}"] for what, seconds in measure(parser.parse_args().cold)]
    print(f"{os.cpu_count()} cores; seconds since the start.\n")
    print(table(["done", "s"], rows))


if __name__ == "__main__":
    main()
