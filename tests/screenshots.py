"""Pictures of the explorers in real JupyterLab, to look at, written to ``screenshots/``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from n2uq_viz.explorers.kit import presets
from n2uq_viz.quantizer import Quantizer
from tests import browser as lab

FOLDER = lab.ROOT / "screenshots"
STAGE = ".n2uq-stage"
#: Name -> quantizer, data set and way to estimate the gradient: the smallest, the usual, the
#: largest, and one with a tiny segment.
CASES = {
    "1-bit": (presets()["binary"][1], "normal", "score_function"),
    "2-bits": (presets()["uniform"][2], "digit_filter", "common_random_numbers"),
    "4-bits": (presets()["nonuniform"][4], "digit_pixels", "common_random_numbers"),
    "tiny-segment": (
        Quantizer([0.0, 0.8, 0.801, 2.0], [0.0, 2 / 3, 4 / 3, 2.0]),
        "bimodal",
        "common_random_numbers",
    ),
}
WIDTHS = (480, 800, 1280)


def show(page: Page, case: str, theme: str) -> None:
    """Put a case on screen from Python, as a cell would, and wait until it is drawn."""
    quantizer, data, method = CASES[case]
    wanted = {**quantizer.to_dict(), "data": data, "gradient_method": method}
    wanted |= {"theme": theme, "hidden": []}
    code = f"""
import json as _json
from n2uq_viz import datasets as _datasets, state as _state
_wanted = _json.loads({json.dumps(json.dumps(wanted))})
_view = _state.default_view(_wanted["edges"], _datasets.summary(_wanted["data"])["range"])
explorer.state = {{**explorer.state, **_wanted, "view": _view}}
"""
    lab.in_kernel(page, code)
    page.wait_for_function(
        """([selector, theme, last]) => {
            const stage = document.querySelector(selector);
            const edges = stage.querySelectorAll("[data-handle^=edge]");
            return stage.dataset.theme === theme
                && Number([...edges].at(-1).getAttribute("aria-valuenow")) === last;
        }""",
        arg=[STAGE, theme, float(quantizer.edges[-1])],
        timeout=lab.PATIENCE,
    )
    # Until Python has said whether the means fit.
    page.wait_for_function(
        "(e) => e.dataset.gste !== ''",
        arg=page.locator(f"{STAGE} [data-readout=agreement]").first.element_handle(),
        timeout=lab.PATIENCE,
    )


def take(page: Page, name: str) -> None:
    """Save the explorer alone, once it has stood still for some frames at the top of the view."""
    page.evaluate(
        """(selector) => new Promise((done) => {
            const stage = document.querySelector(selector);
            let [still, before] = [0, ""];
            const look = () => {
                stage.scrollIntoView({ block: "start" });
                const { top, left, width, height } = stage.getBoundingClientRect();
                const now = String([top, left, width, height]);
                still = now === before ? still + 1 : 0;
                before = now;
                if (still < 5) requestAnimationFrame(look);
                else done();
            };
            look();
        })""",
        STAGE,
    )
    path = FOLDER / f"{name}.png"
    page.locator(STAGE).first.screenshot(path=path)
    print(path.relative_to(lab.ROOT))


def main() -> None:
    """Open the first notebook and take every case in every theme and width, and full screen."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, lab.chromium() as browser:
        clone = lab.copy_of_clone(Path(folder) / "clone")
        with lab.running_lab(clone, Path(folder) / "private") as address:
            page = browser.new_page(viewport={"width": 1780, "height": 1300})
            lab.open_lab(page, address)
            lab.run_all(page)
            lab.wait_for_stage(page)
            page.screenshot(path=FOLDER / "lab.png")
            for theme in ("light", "dark"):
                for case in CASES:
                    show(page, case, theme)
                    for width in WIDTHS:
                        page.locator(STAGE).first.evaluate(f"(e) => e.style.width = '{width}px'")
                        take(page, f"threshold-{case}-{theme}-{width}")
            page.set_viewport_size({"width": 1280, "height": 720})
            page.locator(STAGE).first.evaluate("(e) => e.style.width = ''")
            for case in CASES:
                show(page, case, "light")
                page.locator("[data-action=fullscreen]").first.click()
                page.wait_for_function("() => document.fullscreenElement !== null")
                take(page, f"threshold-{case}-projector")
                page.locator("[data-action=fullscreen]").first.click()
                page.wait_for_function("() => document.fullscreenElement === null")


if __name__ == "__main__":
    main()
