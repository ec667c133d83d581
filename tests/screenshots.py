"""Pictures of the explorers, to look at, written to ``screenshots/``: in the lab and as pages."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from n2uq_viz import explorers
from n2uq_viz.checks import FloatArray
from n2uq_viz.explorers.kit import presets
from n2uq_viz.explorers.stage import Stage
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors
from n2uq_viz.training import TrainingConfig, TrainingRun, train
from n2uq_viz.words import say
from tests import browser as lab

FOLDER = lab.ROOT / "screenshots"
TINY = Quantizer([0.0, 0.8, 0.801, 2.0], [0.0, 2 / 3, 4 / 3, 2.0])
FOUR_BITS = presets()["nonuniform"][4]
WIDTHS = (480, 800, 1280)
THEMES = ("light", "dark")


def learned(steps: int, quantizer: Quantizer | None = None, **keys: Any) -> Stage:
    """A Gradient-flow explorer after so many steps."""
    found = explorers.GradientFlowExplorer(quantizer, **keys)
    found.step(steps)
    return found


def trained(task: str, method: str, bits: int | None, epochs: int) -> TrainingRun:
    """A net trained for so many epochs."""
    keys: dict[str, Any] = {} if task == "regression" else {"weight_bits": None}
    return train(TrainingConfig(task, method, activation_bits=bits, epochs=epochs, **keys))


def many_layers() -> list[dict[str, Any]]:
    """As many tensors as there may be, of two humps, for which equal use has no edges."""
    entry = tensors.stored("two_humps")
    return [{**entry, "name": f"stage{k // 8}.block{k % 8}.activation"} for k in range(64)]


def pruned() -> FloatArray:
    """Weights of many channels, most of them 0."""
    rng = np.random.default_rng(0)
    return np.where(rng.random((100, 2000)) < 0.6, 0.0, 1e-3 * rng.normal(size=(100, 2000)))


def cases() -> dict[str, Stage]:
    """Name of a picture -> explorer: the smallest, the usual, the largest, and the odd."""
    threshold, surrogate = explorers.ThresholdExplorer, explorers.SurrogateExplorer
    score = "score_function"
    return {
        "threshold-1-bit": threshold(presets()["binary"][1], "normal", gradient_method=score),
        "threshold-2-bits": threshold(presets()["uniform"][2], "digit_filter"),
        "threshold-4-bits": threshold(FOUR_BITS, "digit_pixels", compander=True),
        "threshold-tiny-segment": threshold(TINY, "bimodal"),
        "binary": explorers.BinaryExplorer(),
        "binary-none-thrown": explorers.BinaryExplorer(x=-1.4, thrown=0),
        "binary-many-levels": explorers.BinaryExplorer(FOUR_BITS, x=0.5, thrown=10_000),
        "coin-flip": explorers.CoinFlipExplorer(),
        "coin-flip-none-thrown": explorers.CoinFlipExplorer(points=[0.2], thrown=0),
        "coin-flip-most": explorers.CoinFlipExplorer(
            TINY, points=[-0.2, 0.79, 0.8005, 1.4], thrown=10_000
        ),
        "sum-of-steps": explorers.SumOfStepsExplorer(),
        "sum-of-steps-none": explorers.SumOfStepsExplorer(shown=0),
        "sum-of-steps-4-bits": explorers.SumOfStepsExplorer(FOUR_BITS, shown=9),
        "sum-of-steps-tiny-segment": explorers.SumOfStepsExplorer(TINY),
        "gradient-flow": learned(0),
        "gradient-flow-learned": learned(60),
        "gradient-flow-4-bits": learned(500, FOUR_BITS, target="sigmoid"),
        "gradient-flow-data": learned(12, target="data", data="bimodal"),
        "training": explorers.TrainingExplorer(),
        "training-none": explorers.TrainingExplorer(runs=[]),
        "training-1-bit": explorers.TrainingExplorer([trained("moons", "pact", 1, 1)]),
        "training-4-bits": explorers.TrainingExplorer([trained("digits", "gste", 4, 3)], layer=1),
        "training-plane": explorers.TrainingExplorer(
            [trained("spirals", method, 2, 100) for method in ("gste", "ste")], epoch=40
        ),
        "training-float": explorers.TrainingExplorer(
            [trained("digits", "float", None, 2), trained("regression", "gste", 2, 400)]
        ),
        "tensor": explorers.TensorExplorer(),
        "tensor-1-bit": explorers.TensorExplorer("digits_act1", bits=1, method="quantile"),
        "tensor-4-bits": explorers.TensorExplorer(tensor=3, bits=4, method="learned"),
        "tensor-many": explorers.TensorExplorer(many_layers(), 4, "quantile", tensor=63),
        "weight": explorers.WeightExplorer(),
        "weight-1-bit": explorers.WeightExplorer(bits=1, scale="none", before="none", channel=15),
        "weight-4-bits": explorers.WeightExplorer(bits=4, channel=3),
        "weight-pruned": explorers.WeightExplorer(pruned(), 3, 2e-4, name="stage3.block2.conv1"),
        "weight-silent": explorers.WeightExplorer([[0.0, 0.0], [1.0, -2.0]]),
        "surrogate": surrogate(),
        "surrogate-none": surrogate("swish_sign", "identity_ste"),
        "surrogate-levels": surrogate("dsq", "gste", quantizer=FOUR_BITS),
        "surrogate-noise": surrogate("additive_noise", "reste"),
    }


def still(page: Page, stage: str) -> None:
    """Wait until an explorer has stood still for some frames at the top of the view."""
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
        stage,
    )


def take(page: Page, name: str, stage: str = ".n2uq-stage", *, all_of_it: bool = True) -> None:
    """Save an explorer alone, or what the window shows of it."""
    still(page, stage)
    path = FOLDER / f"{name}.png"
    if all_of_it:
        page.locator(stage).first.screenshot(path=path)
    else:
        page.screenshot(path=path)
    print(path.relative_to(lab.ROOT))


def take_pages(browser: Browser, folder: Path) -> None:
    """Every case as a page of its own: themes, widths, a projector, high contrast, print."""
    for name, explorer in cases().items():
        path = explorer.save_html(folder / f"{name}.html")
        for theme in THEMES:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                page.goto(path.as_uri())
                page.wait_for_selector("[data-handle]", state="attached")
                take(page, f"{name}-{theme}-{width}")
                page.close()
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(path.as_uri())
        page.locator("[data-action=fullscreen]").click()
        page.wait_for_function("() => document.fullscreenElement !== null")
        take(page, f"{name}-projector", all_of_it=False)
        page.locator("[data-action=fullscreen]").click()
        page.emulate_media(forced_colors="active")
        take(page, f"{name}-high-contrast")
        page.close()


def take_lab(browser: Browser, folder: Path) -> None:
    """Every explorer in a notebook, as the lab shows it, light and dark."""
    clone = lab.copy_of_clone(folder / "clone")
    names = list(explorers.NAMES)
    cells = [
        f"# %%\nfrom n2uq_viz import explorers\nexplorers.NAMES[{n!r}].opened()" for n in names
    ]
    text = "\n\n".join(["# %% [markdown]\n# # Every explorer", *cells]) + "\n"
    (clone / "notebooks" / "A_all.py").write_text(text, encoding="utf-8")
    with lab.running_lab(clone, folder / "private") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        lab.open_lab(page, address.replace("00_start_here", "A_all"))
        lab.run_all(page)
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            page.evaluate(
                """async (theme) => {
                    const { commands } = window.jupyterapp;
                    await commands.execute("apputils:change-theme", { theme });
                }""",
                theme,
            )
            for k, name in enumerate(names):
                page.evaluate(
                    """async (index) => {
                        const { content } = window.jupyterapp.shell.currentWidget;
                        await content.scrollToItem(index, "start");
                    }""",
                    1 + k,
                )
                title = json.dumps(say(f"explorer.{name}.title"))
                stage = f".n2uq-stage[aria-label={title}]"
                page.wait_for_selector(f"{stage} [data-handle]", state="attached")
                take(page, f"lab-{name}-{theme.split()[1].lower()}", stage, all_of_it=False)


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, lab.chromium() as browser:
        take_pages(browser, Path(folder))
        take_lab(browser, Path(folder))


if __name__ == "__main__":
    main()
