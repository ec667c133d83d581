"""A hand in real JupyterLab: what is dragged, pressed, typed and saved is what Python has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from n2uq_viz import datasets, export, plots, state
from n2uq_viz.montecarlo import simulate_gradient_shared, simulate_shared
from n2uq_viz.quantizer import Quantizer
from tests import browser as lab

#: Numbers in the page and in the kernel are the same doubles; this allows for a last digit.
EQUAL = 1e-9


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab.copy_of_clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def address(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with lab.running_lab(clone, tmp_path_factory.mktemp("private") / "lab") as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with lab.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What went wrong in the page: exceptions and console errors."""
    return []


@pytest.fixture(scope="module")
def opened(address: str, chromium: Browser, complaints: list[str]) -> Page:
    """Notebook 00, opened from the address that the command printed, with all cells run."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    lab.open_lab(page, address)
    lab.run_all(page)
    lab.wait_for_stage(page)
    return page


@pytest.fixture
def page(opened: Page) -> Page:
    """The opened notebook with its explorer as it was at the start, and in view."""
    within(opened).scroll_into_view_if_needed()
    within(opened, "[data-action=reset]").click()
    lab.wait_for_stage(opened)
    return opened


def within(page: Page, selector: str = "") -> Locator:
    """An element of the notebook's first explorer, or the explorer itself."""
    stage = page.locator(".n2uq-stage").first
    return stage.locator(selector) if selector else stage


def handle(page: Page, name: str) -> Locator:
    return within(page, f"[data-handle={name}]")


def shown(page: Page, name: str) -> float:
    value = handle(page, name).get_attribute("aria-valuenow")
    assert value is not None
    return float(value)


def center(page: Page, name: str) -> tuple[float, float]:
    box = handle(page, name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def kernel_state(page: Page) -> dict[str, Any]:
    """State of the notebook's explorer in Python, once the page says that Python has it."""
    lab.wait_for_stage(page)
    text = lab.in_kernel(page, "from n2uq_viz import state as _s; print(_s.dumps(explorer.state))")
    found: dict[str, Any] = json.loads(text)
    return found


def assert_page_and_kernel_agree(page: Page) -> Quantizer:
    """Compare every number that the page shows with the kernel's state and with NumPy."""
    found = kernel_state(page)
    q = Quantizer(found["edges"], found["levels"])
    for kind, values in (("edge", q.edges), ("threshold", q.thresholds)):
        first = 0 if kind == "edge" else 1
        on_page = [shown(page, f"{kind}-{i + first}") for i in range(len(values))]
        np.testing.assert_allclose(on_page, values, rtol=0, atol=EQUAL)
    x = np.linspace(found["view"][0], found["view"][1], state.GRID_POINTS)
    mc = simulate_shared(q, x, found["draws"], found["seed"])
    summary = datasets.summary(found["data"])
    shares = datasets.occupancy(q, summary)
    expected = {
        "error": np.max(np.abs(mc.mean - q.expectation(x))),
        "entropy": datasets.entropy_bits(shares),
    }
    for name, value in expected.items():
        text = within(page, f"[data-readout={name}]").get_attribute("data-value")
        assert text is not None
        assert float(text) == pytest.approx(float(value), abs=EQUAL), name
    assert_gradient_agrees(page, found, q, x)
    inside = (q.edges[0] < x) & (x < q.edges[-1])
    rms = np.sqrt(np.mean((mc.mean - q.expectation(x))[inside] ** 2))
    text = within(page, "[data-readout=error]").get_attribute("data-rms")
    assert text is not None
    assert float(text) == pytest.approx(rms, abs=EQUAL, nan_ok=True)
    spans = within(page, "[data-readout=occupancy] [data-value]")
    on_page = [float(v) for v in spans.evaluate_all("(all) => all.map((e) => e.dataset.value)")]
    np.testing.assert_allclose(on_page, shares, rtol=0, atol=EQUAL)
    return q


def assert_gradient_agrees(
    page: Page, found: dict[str, Any], q: Quantizer, x: NDArray[np.float64]
) -> None:
    """Compare the gradient's dots and their errors with NumPy's."""
    method = found["gradient_method"]
    half_width = found["half_width"] if method == "common_random_numbers" else None
    estimate = simulate_gradient_shared(q, x, found["draws"], found["seed"], method, half_width)
    readout = within(page, "[data-readout=gradient]")
    if "monte_carlo_gradient" in found["hidden"]:
        expect(readout).to_be_hidden()
        expect(within(page, "path.n2uq-monte-carlo-gradient")).to_be_hidden()
        return
    inside = (q.edges[0] < x) & (x < q.edges[-1])
    judged = inside & np.isfinite(estimate.mean) & ~estimate.near_edge

    def rms(slope: NDArray[np.float64]) -> float:
        apart = (estimate.mean - slope)[judged]
        return float(np.sqrt(np.mean(apart**2))) if apart.size else float("nan")

    expected = {
        "points": judged.sum(),
        "gste": rms(q.gradient(x)),
        "ste": rms(q.ste_gradient(x)),
    }
    for name, value in expected.items():
        text = readout.get_attribute(f"data-{name}")
        assert text is not None
        assert float(text) == pytest.approx(float(value), rel=1e-9, nan_ok=True), name
    top = plots.gradient_top(q)
    drawn = {
        "monte-carlo-gradient": estimate.mean <= top,
        "mixed": (estimate.mean <= top) & estimate.near_edge,
        "beyond": estimate.mean > top,
    }
    for name, dots in drawn.items():
        path = within(page, f"path.n2uq-{name}").get_attribute("d")
        assert path is not None
        assert path.count("M") == dots.sum(), name


def with_gradient_dots(page: Page) -> None:
    """Show the dots of the gradient, which the notebook's explorer hides at the start."""
    button = within(page, "[data-series=monte_carlo_gradient]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    lab.wait_for_stage(page)


def fits(page: Page) -> tuple[float, float]:
    """P-values on the page, against G-STE's ramp and plain STE's, once they are there."""
    lab.wait_for_stage(page)
    readout = within(page, "[data-readout=agreement]")
    expect(readout).to_have_attribute("data-gste", re.compile(r"\d"), timeout=lab.PATIENCE)
    found = [readout.get_attribute(f"data-{name}") for name in ("gste", "ste")]
    return float(found[0] or "nan"), float(found[1] or "nan")


def kernel_fits(page: Page) -> tuple[float, float]:
    """The same by the functions that a reader of the notebook would call."""
    text = lab.in_kernel(
        page,
        """
import json as _json, numpy as _np
from n2uq_viz import Quantizer as _Quantizer, state as _state
from n2uq_viz.montecarlo import agreement as _agreement, simulate_shared as _simulate
_q, _s = explorer.quantizer, explorer.state
_mc = _simulate(_q, _np.linspace(*_s["view"], _state.GRID_POINTS), _s["draws"], _s["seed"])
_line = _Quantizer(_q.edges[[0, -1]], _q.levels[[0, -1]])
_ramps = (_q.expectation, _line.expectation)
print(_json.dumps([_agreement(_mc, ramp).p_value for ramp in _ramps]))
""",
    )
    gste, ste = json.loads(text)
    return gste, ste


def rest(page: Page, frames: int) -> None:
    """Let the page draw that many frames."""
    page.evaluate(
        """(frames) => new Promise((done) => {
            const look = () => (frames-- > 0 ? requestAnimationFrame(look) : done());
            look();
        })""",
        frames,
    )


def test_the_lab_opens_on_a_complete_picture(page: Page) -> None:
    q = assert_page_and_kernel_agree(page)
    assert q == Quantizer.uniform(2)
    expect(handle(page, "edge-0")).to_have_attribute("role", "slider")
    assert within(page, "[data-handle]").count() == 7


def test_a_threshold_follows_the_mouse(page: Page) -> None:
    x, y = center(page, "threshold-2")
    pixels = center(page, "edge-2")[0] - center(page, "edge-1")[0]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels / 4, y, steps=6)
    page.mouse.up()
    q = assert_page_and_kernel_agree(page)
    # The segment between edges 1 and 2 is 2/3 wide on the axis; a pixel is what the hand can aim
    # at.
    assert q.thresholds[1] == pytest.approx(1.0 + (2 / 3) / 4, abs=(2 / 3) / pixels)
    np.testing.assert_allclose(q.edges[[0, 3]], [0.0, 2.0])
    assert q.intervals[1] == pytest.approx(2 / 3)


def test_an_edge_follows_a_finger(page: Page) -> None:
    x, y = center(page, "edge-1")
    pixels = center(page, "edge-2")[0] - x
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": left, "y": top} for left, top in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    try:
        touch("touchStart", (x, y))
        for k in range(1, 6):
            touch("touchMove", (x + k * pixels / 10, y + 3 * k))
        touch("touchEnd")
    finally:
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    q = assert_page_and_kernel_agree(page)
    assert q.edges[1] == pytest.approx(1.0, abs=(2 / 3) / pixels)


def test_another_follows_the_arrow_keys(page: Page) -> None:
    handle(page, "threshold-1").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    q = assert_page_and_kernel_agree(page)
    assert q.thresholds[0] == pytest.approx(1 / 3 + 0.11)
    page.keyboard.press("End")
    q = assert_page_and_kernel_agree(page)
    assert q.intervals[1] == pytest.approx(1e-3)
    page.keyboard.press("Control+z")
    q = assert_page_and_kernel_agree(page)
    assert q.thresholds[0] == pytest.approx(1 / 3 + 0.11)


def test_an_edge_takes_a_typed_value(page: Page) -> None:
    within(page, "[data-control=handle]").select_option("edge-1")
    field = within(page, "[data-control=value]")
    field.fill("0.5")
    field.press("Enter")
    q = assert_page_and_kernel_agree(page)
    assert q.edges[1] == 0.5
    assert q.thresholds[:2].tolist() == pytest.approx([0.25, (0.5 + 4 / 3) / 2])
    field.fill("7")
    field.press("Enter")
    q = assert_page_and_kernel_agree(page)
    assert q.edges[1] == pytest.approx(4 / 3 - 1e-3)
    expect(within(page, "[data-readout=message]")).to_contain_text("edge 1 stopped at 1.332")


def test_letters_in_the_stage_are_no_commands_of_the_notebook(page: Page) -> None:
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(count)
    handle(page, "edge-1").focus()
    for key in ("a", "b", "d", "d", "x"):
        page.keyboard.press(key)
    assert page.evaluate(count) == before
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.handle") == "threshold-2"


def test_escape_in_a_drag_brings_everything_back(page: Page) -> None:
    before = kernel_state(page)
    x, y = center(page, "edge-2")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert kernel_state(page) == before


def test_a_number_with_a_comma_and_what_is_no_number(page: Page) -> None:
    within(page, "[data-control=handle]").select_option("edge-1")
    field = within(page, "[data-control=value]")
    for typed, value, words in (
        ("2/3", 2 / 3, ""),
        ("0,5", 0.5, ""),
        ("half", 0.5, "“half” is no number"),
        ("", 0.5, "“” is no number"),
        ("-1e308", 1e-3, "edge 1 stopped at 0.001"),
        ("99", 4 / 3 - 1e-3, "edge 1 stopped at 1.332"),
        ("98", 4 / 3 - 1e-3, "edge 1 stopped at 1.332"),
    ):
        field.fill(typed)
        field.press("Enter")
        q = assert_page_and_kernel_agree(page)
        assert q.edges[1] == pytest.approx(value)
        assert float(field.input_value()) == pytest.approx(value, abs=1e-6)
        expect(within(page, "[data-readout=message]")).to_contain_text(words)
    within(page, "[data-control=handle]").select_option("edge-3")
    field.fill("1.7e308")
    field.press("Enter")
    q = assert_page_and_kernel_agree(page)
    assert q.edges[3] == state.LARGEST / 10


def test_a_slider_that_ends_where_it_began_is_let_go(page: Page) -> None:
    box = within(page, "[data-control=value-range]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=3)
    page.mouse.move(x, y, steps=3)
    page.mouse.up()
    assert_page_and_kernel_agree(page)
    lab.in_kernel(page, "explorer.state = {**explorer.state, 'seed': 6}")
    expect(within(page, "[data-control=seed]")).to_have_value("6")
    assert_page_and_kernel_agree(page)


def test_reset_in_a_drag_ends_the_drag(page: Page) -> None:
    before = kernel_state(page)
    x, y = center(page, "edge-2")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=3)
    within(page, "[data-action=reset]").focus()
    page.keyboard.press("Enter")
    page.mouse.move(x - 60, y, steps=3)
    page.mouse.up()
    assert kernel_state(page) == before
    assert_page_and_kernel_agree(page)


def test_reset_while_the_slider_is_held(page: Page) -> None:
    within(page, "[data-control=handle]").select_option("threshold-1")
    box = within(page, "[data-control=value-range]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=3)
    within(page, "[data-action=reset]").evaluate("(button) => button.click()")
    page.mouse.move(x + 40, y, steps=3)
    page.mouse.up()
    q = assert_page_and_kernel_agree(page)
    # The move that comes after the reset starts from the reset: only threshold 1's segment slid.
    np.testing.assert_allclose(q.edges[2:], [4 / 3, 2.0])
    assert q.intervals[0] == pytest.approx(2 / 3)


def test_the_menu_says_what_a_drag_made_of_the_preset(page: Page) -> None:
    expect(within(page, "[data-control=preset]")).to_have_value("uniform")
    x, y = center(page, "edge-2")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=3)
    page.mouse.up()
    expect(within(page, "[data-control=preset]")).to_have_value("own")


def test_a_callback_in_python_has_the_last_word(page: Page) -> None:
    lab.in_kernel(
        page,
        "stop = explorer.on_change(lambda s: setattr(explorer, 'state', {**s, 'draws': 50}))",
    )
    try:
        handle(page, "edge-1").focus()
        page.keyboard.press("ArrowRight")
        expect(within(page, "[data-control=draws]")).to_have_value("50")
        q = assert_page_and_kernel_agree(page)
        assert q.edges[1] == pytest.approx(2 / 3 + 0.01)
    finally:
        lab.in_kernel(page, "stop()")


def test_a_picture_that_changes_out_of_sight_is_drawn_when_it_is_back(page: Page) -> None:
    # As when a notebook takes a cell off the page just while a change is to be drawn.
    picture = within(page, ".n2uq-picture")
    before = picture.get_attribute("viewBox")
    within(page).evaluate(
        """(stage) => {
            const host = stage.parentElement;
            const svg = stage.querySelector(".n2uq-picture");
            window.drawnFor = [];
            new MutationObserver(() => window.drawnFor.push(svg.getAttribute("viewBox")))
                .observe(svg, { attributeFilter: ["viewBox"] });
            stage.querySelector("[data-control=preset]").value = "nonuniform";
            stage.querySelector("[data-control=preset]").dispatchEvent(new Event("change"));
            host.style.display = "none";
            requestAnimationFrame(() => { host.style.display = ""; });
        }"""
    )
    expect(handle(page, "edge-1")).not_to_have_attribute("aria-valuenow", str(2 / 3))
    assert picture.get_attribute("viewBox") == before
    assert page.evaluate("() => window.drawnFor") == []  # never for a width that it has not
    assert_page_and_kernel_agree(page)


def test_panels_with_nothing_to_show_make_room(page: Page) -> None:
    def titles() -> list[str]:
        found = within(page, ".n2uq-title").all_text_contents()
        return [title.partition(":")[0] for title in found]

    assert titles() == ["Forward", "Backward", "Data"]
    for name in ("gste", "ste", "histogram"):
        within(page, f"[data-series={name}]").click()
    lab.wait_for_stage(page)
    assert titles() == ["Forward"]
    expect(within(page, "[data-readout=occupancy]")).to_be_hidden()
    with_gradient_dots(page)
    lab.wait_for_stage(page)
    assert titles() == ["Forward", "Backward"]
    assert_page_and_kernel_agree(page)


def test_menus_buttons_and_fields(page: Page) -> None:
    within(page, "[data-control=preset]").select_option("nonuniform")
    within(page, "[data-control=bits]").select_option("4")
    within(page, "[data-control=data]").select_option("digit_pixels")
    for name, value in (("draws", "1000"), ("seed", "42")):
        within(page, f"[data-control={name}]").fill(value)
        within(page, f"[data-control={name}]").press("Enter")
    within(page, "[data-series=ste]").click()
    q = assert_page_and_kernel_agree(page)
    assert len(q.thresholds) == 15
    found = kernel_state(page)
    assert (found["draws"], found["seed"], found["data"]) == (1000, 42, "digit_pixels")
    assert found["hidden"] == ["ste", "monte_carlo_gradient"]
    within(page, "[data-control=draws]").fill("0")
    within(page, "[data-control=draws]").press("Enter")
    expect(within(page, "[data-readout=message]")).to_contain_text("whole number from 1 to 10000")
    assert kernel_state(page)["draws"] == 1
    within(page, "[data-action=undo]").click()
    assert kernel_state(page)["draws"] == 1000
    within(page, "[data-action=redo]").click()
    assert kernel_state(page)["draws"] == 1
    assert_page_and_kernel_agree(page)


def test_gradient_dots_by_both_methods_and_any_half_width(page: Page) -> None:
    with_gradient_dots(page)
    within(page, "[data-control=preset]").select_option("nonuniform")
    assert_page_and_kernel_agree(page)
    field = within(page, "[data-control=half-width]")
    message = within(page, "[data-readout=message]")
    for typed, value, shown_value, words in (
        ("0,05", 0.05, "0.05", ""),
        ("1/4", 0.25, "0.25", ""),
        ("1.5", 1.5, "1.5", ""),
        ("-1", 1.5, "1.5", "“-1” is no half-width: nothing changed"),
        ("0", 1.5, "1.5", "Type a number above 0, or nothing for automatic"),
        ("wide", 1.5, "1.5", "“wide” is no half-width"),
        ("", None, "", ""),
        ("1e-9", 1e-9, "1e-9", ""),
        ("Automatic", None, "", ""),
    ):
        field.fill(typed)
        field.press("Enter")
        expect(message).to_contain_text(words)
        expect(field).to_have_value(shown_value)
        assert_page_and_kernel_agree(page)
        assert kernel_state(page)["half_width"] == value
        readout = within(page, "[data-readout=gradient]")
        if value == 1.5:  # which reaches from any dot inside across an edge
            expect(readout).to_contain_text("no dot to compare")
            expect(readout).to_contain_text("Within half-width 1.5 of an edge: ")
        else:
            expect(readout).to_contain_text("Gradient against G-STE")
    within(page, "[data-control=gradient-method]").select_option("score_function")
    expect(field).to_be_disabled()
    assert_page_and_kernel_agree(page)
    assert kernel_state(page)["gradient_method"] == "score_function"
    within(page, "[data-action=undo]").click()
    expect(field).to_be_enabled()
    assert_page_and_kernel_agree(page)


def test_dots_above_the_panel_are_seen_at_its_top(page: Page) -> None:
    with_gradient_dots(page)
    lab.in_kernel(page, "explorer.state = {**explorer.state, 'draws': 5, 'half_width': 0.002}")
    expect(within(page, "[data-control=draws]")).to_have_value("5")
    assert_page_and_kernel_agree(page)
    box = within(page, "path.n2uq-beyond").bounding_box()
    assert box is not None
    assert 4 < box["height"] < 12
    expect(within(page, "[data-readout=gradient]")).to_contain_text("5 draws are too few")


@pytest.mark.parametrize("steps", [2, 4, 6])
def test_a_preset_after_a_quantizer_with_any_number_of_steps(page: Page, steps: int) -> None:
    lab.in_kernel(
        page,
        f"import numpy as np; explorer.state = {{**explorer.state, 'edges': np.arange({steps}+1.)"
        f".tolist(), 'levels': np.arange({steps}+1.).tolist()}}",
    )
    expect(handle(page, f"threshold-{steps}")).to_be_attached()
    within(page, "[data-control=preset]").select_option("nonuniform")
    q = assert_page_and_kernel_agree(page)
    assert q.thresholds.size == {2: 3, 4: 3, 6: 7}[steps]
    expect(within(page, "[data-control=bits]")).to_have_value({2: "2", 4: "2", 6: "3"}[steps])


def test_thousands_and_what_was_said_of_an_earlier_change(page: Page) -> None:
    for typed, draws in (("10,000", 10_000), ("1 000", 1_000), ("0x10", 1_000)):
        within(page, "[data-control=draws]").fill(typed)
        within(page, "[data-control=draws]").press("Enter")
        assert kernel_state(page)["draws"] == draws
    message = within(page, "[data-readout=message]")
    expect(message).to_contain_text("“0x10” is no number")
    within(page, "[data-action=throw]").click()
    expect(message).to_be_empty()


def test_a_callback_that_fails_does_not_hold_up_the_page(page: Page) -> None:
    lab.in_kernel(page, "_stop = explorer.on_change(lambda state: 1 / 0)")
    before = kernel_state(page)["seed"]
    within(page, "[data-action=throw]").click()
    # Sooner than the page would give up on Python.
    expect(within(page)).to_have_attribute("data-python", "in-step", timeout=4000)
    assert kernel_state(page)["seed"] == before + 1
    lab.in_kernel(page, "_stop()")


def test_words_over_a_slope_that_is_cut_lie_on_no_others(page: Page) -> None:
    # A narrow segment at the left, below the panel's title, and one at the right border.
    for edges in ([0.0, 0.05, 0.051, 2.0], [0.0, 1.0, 1.999, 2.0]):
        lab.in_kernel(page, f"explorer.state = {{**explorer.state, 'edges': {edges}}}")
        lab.wait_for_stage(page)
        cut = within(page, ".n2uq-note").filter(has_text="▲ 667").first
        expect(cut).to_be_visible()
        boxes = within(page, ".n2uq-picture text:visible").evaluate_all(
            """(all, cut) => all.filter((other) => other.textContent !== cut).map((other) => {
                const [a, b] = [other, all.find((one) => one.textContent === cut)]
                    .map((one) => one.getBoundingClientRect());
                const aside = a.right < b.left || b.right < a.left;
                return aside || a.bottom < b.top || b.bottom < a.top ? "" : other.textContent;
            })""",
            cut.text_content(),
        )
        assert len(boxes) > 10
        assert not any(boxes), boxes


def test_hidden_dots_are_not_spoken_of(page: Page) -> None:
    with_gradient_dots(page)
    dots = within(page, "path.n2uq-monte-carlo-gradient")
    for name, words in (("monte_carlo_gradient", "gradient"), ("monte_carlo", "agreement")):
        within(page, f"[data-series={name}]").click()
        expect(within(page, f"[data-readout={words}]")).to_be_hidden()
    expect(dots).to_be_hidden()
    expect(within(page, "[data-readout=points]")).to_be_hidden()
    within(page, "[data-series=monte_carlo_gradient]").click()
    expect(dots).to_be_visible()
    expect(within(page, "[data-readout=points]")).to_contain_text("Between the outer edges")


def test_what_is_hidden_is_not_spoken_of(page: Page) -> None:
    error, agreement = (within(page, f"[data-readout={name}]") for name in ("error", "agreement"))
    expect(error).to_contain_text("95 % band")
    within(page, "[data-series=band]").click()
    expect(error).not_to_contain_text("band")
    expect(within(page, "[data-readout=inside]")).to_be_hidden()
    for name in ("expectation", "gste"):
        within(page, f"[data-series={name}]").click()
        expect(agreement).to_be_visible()
    within(page, "[data-series=ste]").click()
    expect(agreement).to_be_hidden()
    within(page, "[data-series=gste]").click()
    assert fits(page) == kernel_fits(page)
    expect(agreement).to_be_visible()
    with_gradient_dots(page)
    draws = within(page, "[data-control=draws]")
    draws.fill("1")
    draws.press("Enter")
    expect(within(page, "[data-readout=gradient]")).to_contain_text("1 draw is too few")
    assert_page_and_kernel_agree(page)


def test_python_says_whether_the_means_fit(page: Page) -> None:
    within(page, "[data-control=preset]").select_option("nonuniform")
    readout = within(page, "[data-readout=agreement]")
    seen = set()
    for seed in ("1", "2", "3"):
        within(page, "[data-control=seed]").fill(seed)
        within(page, "[data-control=seed]").press("Enter")
        gste, ste = fits(page)
        assert (gste, ste) == kernel_fits(page)
        assert gste > 0.001 > ste
        seen.add(gste)
        expect(readout).to_contain_text(f"G-STE’s ramp: p\u00a0=\u00a0{float(f'{gste:.2g}'):g}")
        expect(readout).to_contain_text("Plain STE’s: p\u00a0<\u00a00.0001, they do not")
    assert len(seen) == 3
    within(page, "[data-control=preset]").select_option("uniform")
    fits(page)
    expect(readout).to_contain_text("here the same for G-STE and plain STE")


def test_python_is_asked_when_the_hand_rests_and_not_before(page: Page) -> None:
    fits(page)
    lab.in_kernel(
        page,
        "asked = []; spy = lambda _, content, __: asked.append(content['kind'])\n"
        "explorer.on_msg(spy)",
    )
    try:
        x, y = center(page, "threshold-2")
        page.mouse.move(x, y)
        page.mouse.down()
        for k in range(30):
            page.mouse.move(x + k, y)
            rest(page, 1)
        lab.wait_for_stage(page)
        rest(page, 60)  # held still, for longer than the page waits after a drag
        during: list[str] = json.loads(
            lab.in_kernel(page, "import json; print(json.dumps(asked)); asked.clear()")
        )
        assert "state" in during
        assert "agreement" not in during
        expect(within(page, "[data-readout=agreement]")).to_contain_text("Waiting for Python")
        page.mouse.up()
        found = fits(page)
        assert found == kernel_fits(page)
        expect(within(page, ".n2uq-live")).to_contain_text("Means and G-STE’s ramp: p")
        rest(page, 60)
        after: list[str] = json.loads(lab.in_kernel(page, "print(json.dumps(asked))"))
        assert after.count("agreement") == 1
    finally:
        lab.in_kernel(page, "explorer.on_msg(spy, remove=True)")


def test_an_old_answer_is_dropped(page: Page) -> None:
    fits(page)
    within(page, "[data-control=preset]").select_option("nonuniform")
    fits(page)
    # Answers about the fit wait in the kernel until they are let go, as on a slow line.
    lab.in_kernel(
        page,
        "waiting = []; send = explorer.send\n"
        "explorer.send = lambda content, *rest: (\n"
        "    waiting.append(content) if content['kind'] == 'agreement' else send(content, *rest))",
    )
    readout = within(page, "[data-readout=agreement]")

    def number_waiting(count: int) -> None:
        for _ in range(200):
            if lab.in_kernel(page, "print(len(waiting))") == str(count):
                return
            rest(page, 3)
        raise AssertionError(f"not {count} questions")

    try:
        for seed in ("11", "12"):
            within(page, "[data-control=seed]").fill(seed)
            within(page, "[data-control=seed]").press("Enter")
            assert_page_and_kernel_agree(page)
            rest(page, 40)
            number_waiting(1)  # the second question waits for the answer to the first
        lab.in_kernel(page, "send(waiting[0])")
        number_waiting(2)
        expect(readout).to_contain_text("Waiting for Python")
        lab.in_kernel(page, "send(waiting[1])")
        assert fits(page) == kernel_fits(page)
    finally:
        lab.in_kernel(page, "del explorer.send")


def test_the_dark_theme_is_dark(page: Page) -> None:
    within(page, "[data-control=theme]").select_option("dark")
    expect(within(page)).to_have_css("background-color", "rgb(20, 23, 27)")


def test_full_screen_shows_all_of_it_on_a_projector(page: Page) -> None:
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": 1280, "height": 720})
    within(page, "[data-action=fullscreen]").click()
    page.wait_for_function("() => document.fullscreenElement?.matches('.n2uq-stage')")
    try:
        stage = within(page)
        expect(within(page, "[data-action=fullscreen]")).to_have_text("Leave full screen")
        page.wait_for_function(
            "(svg) => svg.getBoundingClientRect().height > 420",
            arg=within(page, ".n2uq-picture").element_handle(),
        )
        assert stage.evaluate("(e) => e.scrollHeight <= e.clientHeight && e.clientHeight === 720")
        assert stage.evaluate("(e) => e.scrollWidth <= e.clientWidth && e.clientWidth === 1280")
    finally:
        within(page, "[data-action=fullscreen]").click()
        page.wait_for_function("() => document.fullscreenElement === null")
        page.set_viewport_size(before)


def test_python_moves_the_picture(page: Page) -> None:
    lab.in_kernel(page, "explorer.state = {**explorer.state, 'edges': [0.0, 0.4, 1.1, 2.2]}")
    expect(handle(page, "edge-1")).to_have_attribute("aria-valuenow", "0.4")
    assert_page_and_kernel_agree(page)


def test_a_slider_of_ones_own_drives_the_explorer_and_follows_it(page: Page) -> None:
    lab.in_kernel(page, "slider.value = 512")
    expect(within(page, "[data-control=draws]")).to_have_value("512")
    assert kernel_state(page)["draws"] == 512
    field = within(page, "[data-control=draws]")
    field.fill("33")
    field.press("Enter")
    assert_page_and_kernel_agree(page)
    assert lab.in_kernel(page, "print(slider.value)") == "33"


def test_what_python_sets_waits_while_a_handle_is_held(page: Page) -> None:
    x, y = center(page, "edge-1")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=3)
    lab.in_kernel(
        page, "explorer.state = {**explorer.state, 'seed': 77, 'edges': [0, 0.1, 0.2, 2]}"
    )
    page.mouse.move(x + 30, y, steps=3)
    assert shown(page, "edge-1") > 0.6  # still under the hand
    page.mouse.up()
    expect(handle(page, "edge-1")).to_have_attribute("aria-valuenow", "0.1")
    assert kernel_state(page)["seed"] == 77
    assert_page_and_kernel_agree(page)


def test_a_click_and_python_at_the_same_moment_end_in_step(page: Page) -> None:
    for seed in range(80, 90):
        within(page, "[data-series=band]").click()
        lab.in_kernel(page, f"explorer.state = {{**explorer.state, 'seed': {seed}}}")
        assert_page_and_kernel_agree(page)
        found = kernel_state(page)  # whichever came last, with all that belongs to it
        expect(within(page, "[data-control=seed]")).to_have_value(str(found["seed"]))
        pressed = "false" if "band" in found["hidden"] else "true"
        expect(within(page, "[data-series=band]")).to_have_attribute("aria-pressed", pressed)


def test_a_saved_figure_gives_its_state_back(page: Page, clone: Path) -> None:
    within(page, "[data-control=value]").fill("0.45")
    within(page, "[data-control=value]").press("Enter")
    expected = kernel_state(page)
    within(page, "[data-control=file-name]").fill("my slide")
    for number in ("", "-2"):
        within(page, "[data-action=save]").click()
        message = within(page, "[data-readout=saved]")
        expect(message).to_contain_text(f"my slide{number}.png", timeout=lab.PATIENCE)
        for suffix in export.SUFFIXES:
            path = clone / "notebooks" / "figures" / f"my slide{number}{suffix}"
            assert export.read_state(path) == expected


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_downloads_carry_the_state(page: Page, tmp_path: Path, suffix: str) -> None:
    expected = kernel_state(page)
    with page.expect_download() as waiting:
        within(page, f"[data-action=download-{suffix[1:]}]").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.suffix == suffix
    assert export.read_state(path) == expected


def test_nothing_went_wrong_in_the_page(page: Page, complaints: list[str]) -> None:
    lab.wait_for_stage(page)
    assert complaints == []


def test_a_kernel_that_is_gone_is_told_and_dragging_goes_on(page: Page) -> None:
    stage = within(page)
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()"
    )
    handle(page, "threshold-3").focus()
    before = shown(page, "threshold-3")
    page.keyboard.press("ArrowRight")
    expect(stage).to_have_attribute("data-python", "silent", timeout=lab.PATIENCE)
    expect(within(page, "[data-readout=python]")).to_contain_text("Python does not answer")
    expect(within(page, "[data-readout=agreement]")).to_contain_text("needs Python")
    assert shown(page, "threshold-3") == pytest.approx(before + 0.01)
