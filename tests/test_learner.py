"""One learner's way through the course in real JupyterLab, from notebook to notebook by links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from n2uq_viz.export import read_state
from n2uq_viz.words import say
from tests import browser as lab
from tests.journeys import Hand, play_and_pause
from tests.shown import assert_shows

#: Number of the front notebook's first cell whose text matches, or -1.
FIND_CELL = """(pattern) => {
    const { model } = window.jupyterapp.shell.currentWidget.content;
    const matches = (cell) => new RegExp(pattern, "m").test(cell.sharedModel.source);
    return [...model.cells].findIndex(matches);
}"""
SHOW_CELL = """async (index) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = index;
    await content.scrollToItem(index, "start");
}"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the notebooks, in a clone that may be written to."""
    return lab.copy_of_clone(tmp_path_factory.mktemp("clone")) / "notebooks"


@pytest.fixture(scope="module")
def page(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    private = tmp_path_factory.mktemp("private")
    with lab.running_lab(notebooks.parent, private) as address, lab.chromium() as chromium:
        found = chromium.new_page(viewport={"width": 1280, "height": 1000})
        lab.open_lab(found, address)
        yield found


def cell_with(page: Page, pattern: str) -> Locator:
    """Bring the first cell whose text matches into view."""
    index = page.evaluate(FIND_CELL, pattern)
    assert index >= 0, pattern
    page.evaluate(SHOW_CELL, index)
    return page.locator(f'.jp-NotebookPanel:visible .jp-Cell[data-windowed-list-index="{index}"]')


def run_up_to(page: Page, pattern: str) -> None:
    """Run the front notebook's cells down to the first one whose text matches, that one too."""
    cell_with(page, pattern)
    for command in ("run-all-above", "run-cell"):
        page.evaluate("(name) => window.jupyterapp.commands.execute(name)", f"notebook:{command}")


def follow(page: Page, link: Locator, name: str) -> None:
    """Click on a link to a notebook, and wait until that is in front with a kernel at rest."""
    link.click()
    lab.wait_for_notebook(page, f"{name}.ipynb")


def hand_of(page: Page, pattern: str, name: str) -> Hand:
    """The explorer that is the output of the first cell whose text matches, in step with Python."""
    title = say(f"explorer.{name}.title")
    cell = cell_with(page, pattern)
    stage = cell.locator(f".n2uq-stage[aria-label='{title}']")
    expect(stage).to_have_attribute("data-python", "in-step", timeout=lab.PATIENCE)
    (number,) = re.findall(r"\d+", cell.locator(".jp-InputArea-prompt").inner_text())

    def read() -> dict[str, Any]:
        expect(stage).to_have_attribute("data-python", "in-step", timeout=lab.PATIENCE)
        code = f"import n2uq_viz.state as _s; print(_s.dumps(Out[{number}].state))"
        found: dict[str, Any] = json.loads(lab.in_kernel(page, code))
        return found

    return Hand(page, stage, name, read)


def answer(page: Page, exercise: str, text: str) -> Locator:
    """Type an answer into an exercise's cell in place of what stands there, and run it."""
    cell = cell_with(page, rf'^course\.check\("{exercise}"')
    cell.locator(".cm-line").first.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(f"answer = {text}")
    page.keyboard.press("Control+Enter")
    return cell.locator(".jp-OutputArea-output")


def go_by_the_map(page: Page, notebook: str) -> None:
    """Follow a link of the map of the course, which is at the end of every notebook."""
    title = say(f"course.contents.{notebook}.title")
    links = cell_with(page, r"^course\.contents\(\)").get_by_role("link", name=title, exact=True)
    follow(page, links, notebook)


def saved_beside(notebooks: Path, message: Locator) -> Path:
    """The file that a message of a saved figure names, as SVG."""
    expect(message).to_contain_text(".svg", timeout=lab.PATIENCE)
    found = re.search(r"[\w-]+\.svg", message.inner_text())
    assert found
    return notebooks / "figures" / found.group()


def test_from_the_first_drag_to_a_trained_net(page: Page, notebooks: Path) -> None:
    # 00: drag, and see that Python has it.
    lab.run_all(page)
    hand = hand_of(page, r"^explorer = ThresholdExplorer", "threshold")
    before = hand.state()
    hand.drag("edge-1", 60)
    after = hand.state()
    assert after["edges"][1] > before["edges"][1]
    assert after["edges"][2:] == before["edges"][2:]

    # On to 01 by its link.
    link = cell_with(page, r"^## Map of the course").get_by_role("link")
    follow(page, link, "01_binary_and_ste")
    lab.run_all(page)

    # An exercise, wrong and then right: what was wrong is said, and the solution stays closed.
    told = answer(page, "two_starts", "[0.1, 0.1]")
    expect(told).to_contain_text(say("course.verdict.not_yet"), timeout=lab.PATIENCE)
    expect(told).to_contain_text(say("course.binary_and_ste.two_starts.mistake.no_gate"))
    told = answer(page, "two_starts", "[0.1, -1.5]")
    expect(told).to_contain_text(say("course.verdict.right"), timeout=lab.PATIENCE)
    kept = json.loads((notebooks / "progress-01_binary_and_ste.json").read_text(encoding="utf-8"))
    assert kept["exercises"]["two_starts"]["done"] is True

    # The figure of an explorer is saved, and it gives its state back.
    hand = hand_of(page, r"^BinaryExplorer\(", "binary")
    hand.handle("probe").press("PageUp")
    hand.find("[data-action=save]").click()
    found = read_state(saved_beside(notebooks, hand.find("[data-readout=saved]")))
    assert found["x"] > 0.3
    assert_shows(hand.stage, found)

    # By the map to 04: play, and watch the edges go.
    go_by_the_map(page, "04_learnable_thresholds")
    run_up_to(page, r"GradientFlowExplorer\(")
    play_and_pause(hand_of(page, r"GradientFlowExplorer\(", "gradient-flow"), "steps", at_least=8)

    # By the map of 04 to 05: scrub through the epochs of a run.
    run_up_to(page, r"^course\.contents\(\)")
    go_by_the_map(page, "05_train_a_toy_net")
    run_up_to(page, r"TrainingExplorer\(")
    hand = hand_of(page, r"TrainingExplorer\(", "training")
    hand.handle("epoch").press("Home")
    assert hand.state()["epoch"] == 0
    hand.drag("epoch", 120)
    assert hand.state()["epoch"] > 0
