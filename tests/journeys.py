"""What a hand does with an explorer, the same in JupyterLab and on a page of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from n2uq_viz import state as states
from n2uq_viz import style
from n2uq_viz.state import tensors, weights
from n2uq_viz.state.runs import summaries as runs_of
from n2uq_viz.words import say
from tests.shown import assert_shows

#: Explorer -> a handle to move, what its value is in a state, and a number to type.
HANDLES: dict[str, tuple[str, Callable[[dict[str, Any]], float], float]] = {
    "binary": ("probe", lambda s: s["x"], -0.75),
    "coin-flip": ("point-2", lambda s: s["points"][1], 0.4),
    "sum-of-steps": ("edge-1", lambda s: s["edges"][1], 0.7),
    "threshold": ("edge-2", lambda s: s["edges"][2], 1.1),
    "gradient-flow": ("edge-1", lambda s: s["edges"][1], 0.7),
    "training": ("epoch", lambda s: s["epoch"], 7),
    "surrogate": ("probe", lambda s: s["x"], 1.25),
    "tensor": ("edge-1", lambda s: s["edges"][1], 0.7),
    "weight": ("scale", lambda s: scale_in(s), 0.3),
}
#: Impacts of accessibility findings that must not occur.
SERIOUS = ("serious", "critical")


def scale_in(found: dict[str, Any]) -> float:
    """The scale that a state of the Weight explorer comes to."""
    channel = weights.entry_of(found)["channels"][found["channel"]]
    return weights.scale_of(channel, len(found["levels"]), found["scale"])


@dataclass(frozen=True)
class Hand:
    """One explorer on a page, and how to learn the state that it is in."""

    page: Page
    stage: Locator
    name: str
    read: Callable[[], dict[str, Any]]

    def find(self, selector: str) -> Locator:
        """An element of the explorer."""
        return self.stage.locator(selector)

    def handle(self, name: str) -> Locator:
        """A handle by its name."""
        return self.find(f"[data-handle={name}]")

    def center(self, name: str) -> tuple[float, float]:
        """Middle of a handle in pixels of the page."""
        box = self.handle(name).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def rest(self, frames: int = 2) -> None:
        """Let the page draw that many frames."""
        self.page.evaluate(
            """(frames) => new Promise((done) => {
                const look = () => (frames-- > 0 ? requestAnimationFrame(look) : done());
                look();
            })""",
            frames,
        )

    def state(self) -> dict[str, Any]:
        """The state, which is valid and complete; and the page shows exactly that."""
        self.rest()
        found = self.read()
        assert states.validate(found, self.name) == found
        assert_shows(self.stage, found)
        return found

    def drag(self, name: str, by: float, steps: int = 8) -> None:
        """Drag a handle with the mouse by so many pixels to the right."""
        self.stage.scroll_into_view_if_needed()
        self.handle(name).scroll_into_view_if_needed()
        x, y = self.center(name)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by, y, steps=steps)
        self.page.mouse.up()


def drag_and_come_back(hand: Hand) -> None:
    name, value, _ = HANDLES[hand.name]
    before = hand.state()
    hand.drag(name, 30)
    moved = hand.state()
    assert value(moved) > value(before)
    hand.drag(name, -30)
    hand.page.keyboard.press("Control+z")
    assert hand.state() == moved
    hand.page.keyboard.press("Control+z")
    assert hand.state() == before
    expect(hand.find("[data-action=undo]")).to_be_disabled()
    hand.find("[data-action=redo]").click()
    assert hand.state() == moved
    hand.find("[data-action=undo]").click()
    assert hand.state() == before


def press_keys(hand: Hand) -> None:
    name, value, _ = HANDLES[hand.name]
    before = hand.state()
    handle = hand.handle(name)
    handle.focus()
    low, high = before["view"]
    step = 10.0 ** math.floor(math.log10((high - low) / 100))
    if name == "epoch":
        step = 1.0
    expected = value(before)
    for key, distance in (
        ("ArrowRight", step),
        ("ArrowUp", step),
        ("ArrowLeft", -step),
        ("Shift+ArrowRight", 10 * step),
        ("PageUp", 10 * step),
        ("ArrowDown", -step),
        ("PageDown", -10 * step),
    ):
        hand.page.keyboard.press(key)
        expected += distance
        assert value(hand.state()) == pytest.approx(expected, abs=1e-9), key
    for key, name_of_limit in (("Home", "aria-valuemin"), ("End", "aria-valuemax")):
        limit = handle.get_attribute(name_of_limit)
        assert limit is not None
        hand.page.keyboard.press(key)
        assert value(hand.state()) == pytest.approx(float(limit), abs=1e-9)
    assert hand.page.evaluate("document.activeElement.dataset.handle") == name
    expect(hand.find("[aria-live=polite]")).not_to_be_empty()
    hand.find("[data-action=reset]").click()
    assert hand.state() == before


def type_a_value(hand: Hand) -> None:
    name, value, wanted = HANDLES[hand.name]
    hand.find("[data-control=handle]").select_option(name)
    field = hand.find("[data-control=value]")
    field.fill(str(wanted).replace(".", ","))
    field.press("Enter")
    assert value(hand.state()) == wanted
    field.fill("much")
    field.press("Enter")
    assert value(hand.state()) == wanted
    expect(hand.find("[data-readout=message]")).to_contain_text("“much” is no number")
    expect(field).to_have_value(str(wanted))


def use_own_controls(hand: Hand) -> None:
    """What only this explorer has: a preset, a step, another surrogate."""
    {
        "binary": throw_coins,
        "coin-flip": throw_at_more_inputs,
        "sum-of-steps": add_steps,
        "threshold": choose_a_preset,
        "gradient-flow": descend,
        "training": compare_runs,
        "surrogate": compare_others,
        "tensor": compare_fits,
        "weight": scale_channels,
    }[hand.name](hand)


def throw_coins(hand: Hand) -> None:
    hand.find("[data-action=throw-10]").click()
    hand.find("[data-action=throw-1]").click()
    assert hand.state()["thrown"] == 21
    hand.find("[data-action=none-thrown]").click()
    assert hand.state()["thrown"] == 0
    hand.find("[data-action=throw]").click()
    hand.find("[data-action=step]").click()
    found = hand.state()
    assert (found["thrown"], found["seed"]) == (1, 1)
    hand.find("[data-control=thrown]").fill("plenty")
    hand.find("[data-control=thrown]").press("Enter")
    expect(hand.find("[data-readout=message]")).to_contain_text("“plenty” is no number")
    expect(hand.find("[data-control=thrown]")).to_have_value("1")
    hand.find("[data-control=thrown]").fill("20000")
    hand.find("[data-control=thrown]").press("Enter")
    assert hand.state()["thrown"] == states.MAX_DRAWS
    play_and_pause(hand, "thrown", at_least=3)


def throw_at_more_inputs(hand: Hand) -> None:
    hand.find("[data-control=points]").select_option("4")
    hand.find("[data-action=throw-100]").click()
    found = hand.state()
    assert (len(found["points"]), found["thrown"]) == (4, 130)
    hand.find("[data-control=speed]").select_option("1000")
    play_and_pause(hand, "thrown", at_least=300)
    hand.find("[data-control=points]").select_option("1")
    assert len(hand.state()["points"]) == 1


def play_and_pause(hand: Hand, key: str, at_least: int) -> None:
    """Play until there is that much; all of it is one step of undo."""
    before = hand.state()
    play, line = hand.find("[data-action=play]"), hand.find(f"[data-readout={key}]")
    old = line.get_attribute("data-value")
    play.click()
    # Where it was at its end, it begins again at 0; until that is drawn, the line says the old end.
    hand.page.wait_for_function(
        "([line, least, old]) => line.dataset.value !== old && Number(line.dataset.value) >= least",
        arg=[line.element_handle(), at_least, old],
    )
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    played = hand.state()
    assert played[key] >= at_least
    hand.find("[data-action=undo]").click()
    undone = hand.state()
    # Play at the end begins at the start again, which is a step of its own.
    assert undone[key] in (before[key], 0)


def add_steps(hand: Hand) -> None:
    hand.find("[data-action=none-shown]").click()
    assert hand.state()["shown"] == 0
    hand.find("[data-action=step]").click()
    assert hand.state()["shown"] == 1
    play_and_pause(hand, "shown", at_least=2)
    hand.find("[data-control=bits]").select_option("4")
    assert hand.state()["shown"] == 15
    outer = hand.state()["edges"]
    hand.find("[data-action=segments]").click()
    found = hand.state()
    expect(hand.find("[data-readout=apart]")).to_contain_text("the same as G-STE")
    widths = [b - a for a, b in itertools.pairwise(found["edges"])]
    assert widths == pytest.approx([widths[0]] * len(widths))
    hand.find("[data-action=segments]").click()
    expect(hand.find("[data-readout=apart]")).to_contain_text("off by up to")
    again = hand.state()["edges"]
    assert [again[0], again[-1]] == pytest.approx([outer[0], outer[-1]])


def choose_a_preset(hand: Hand) -> None:
    hand.find("[data-control=bits]").select_option("4")
    hand.find("[data-control=preset]").select_option("nonuniform")
    found = hand.state()
    assert len(found["edges"]) == 16
    hand.find("[data-action=compander]").click()
    assert hand.state()["compander"] is True
    expect(hand.find(".n2uq-way")).to_be_visible()
    hand.find("[data-control=data]").select_option("bimodal")
    hand.find("[data-action=throw]").click()
    found = hand.state()
    assert (found["data"], found["seed"]) == ("bimodal", 1)


def descend(hand: Hand) -> None:
    for _ in range(3):
        hand.find("[data-action=step]").click()
    found = hand.state()
    assert found["steps"] == 3
    play_and_pause(hand, "steps", at_least=8)
    rate = hand.find("[data-control=learning-rate]")
    rate.fill("100")
    rate.press("Enter")
    expect(hand.find("[data-readout=message]")).to_contain_text("“100” is no learning rate")
    expect(rate).to_have_value("0.2")
    hand.find("[data-control=target]").select_option("data")
    hand.find("[data-control=data]").select_option("laplace")
    hand.find("[data-action=step]").click()
    found = hand.state()
    assert (found["target"], found["data"], found["steps"]) == ("data", "laplace", 1)
    hand.find("[data-action=restart]").click()
    again = hand.state()
    assert again["edges"] == again["start"] == found["start"]
    hand.drag("edge-1", 20)
    moved = hand.state()
    assert (moved["steps"], moved["start"]) == (0, moved["edges"])


def compare_runs(hand: Hand) -> None:
    """Other layers, other runs, and all epochs in a row."""
    before = hand.state()
    hand.find("[data-control=layer]").select_option("1")
    found = hand.state()
    assert found["layer"] == 1
    assert found["edges"] != before["edges"]
    first, second = before["runs"]
    hand.find("[data-control=run-1]").select_option(second)
    assert hand.state()["runs"] == [second, second]
    hand.find("[data-control=run-2]").select_option(first)
    assert hand.state()["runs"] == [second, first]
    hand.find("[data-control=run-2]").select_option("")
    assert hand.state()["runs"] == [second]
    expect(hand.find("[data-readout=difference]")).to_be_hidden()
    hand.find("[data-action=step]").click()
    assert hand.state()["epoch"] == before["epoch"] + 1
    play_and_pause(hand, "epoch", at_least=before["epoch"] + 3)
    value = hand.find("[data-control=value]")
    for typed, took in (("1000", max(run["epochs"] for run in runs_of(hand.state()))), ("2,6", 3)):
        value.fill(typed)
        value.press("Enter")
        assert hand.state()["epoch"] == took
        expect(hand.find("[data-readout=message]")).to_contain_text("must be a whole number")


def compare_fits(hand: Hand) -> None:
    """Another tensor, other bits and other fits, and a hand that moves away from them."""

    def fit_of(found: dict[str, Any]) -> list[float]:
        bits = int(math.log2(len(found["levels"])))
        entry = tensors.entries(found)[found["tensor"]]
        edges: list[float] = tensors.quantizer_of(entry, bits, found["method"]).edges.tolist()
        return edges

    before = hand.state()
    hand.find("[data-control=tensor]").select_option("1")
    hand.find("[data-control=bits]").select_option("4")
    hand.find("[data-action=begin-learned]").click()
    found = hand.state()
    assert (found["tensor"], found["method"], len(found["levels"])) == (1, "learned", 16)
    assert found["edges"] == fit_of(found) != before["edges"]
    expect(hand.find("[data-action=begin-learned]")).to_have_attribute("aria-pressed", "true")
    hand.drag("edge-7", 15)
    expect(hand.find("[data-action=begin-learned]")).to_have_attribute("aria-pressed", "false")
    assert hand.state()["edges"] != found["edges"]
    slider = hand.find("[data-control=tensor-range]")
    slider.focus()
    slider.press("ArrowRight")
    found = hand.state()
    assert (found["tensor"], found["edges"]) == (2, fit_of(found))
    expect(slider).to_have_attribute("aria-valuetext", say("tensor.digits_act2"))
    hand.find("[data-control=bits]").select_option("1")
    hand.find("[data-action=begin-quantile]").click()
    found = hand.state()
    assert (found["method"], len(found["levels"])) == ("quantile", 2)
    expect(hand.find("[data-readout=quantile]")).to_contain_text("entropy in bits 1 of 1")
    hand.find("[data-action=undo]").click()
    hand.find("[data-action=undo]").click()
    assert hand.state()["tensor"] == 2


def scale_channels(hand: Hand) -> None:
    """Another channel, other bits, other rules, and a scale of one's own."""
    before = hand.state()
    hand.find("[data-control=channel]").select_option("3")
    hand.find("[data-control=bits]").select_option("4")
    found = hand.state()
    assert (found["channel"], len(found["levels"]), found["scale"]) == (3, 16, "mean")
    assert scale_in(found) != scale_in(before)
    slider = hand.find("[data-control=channel-range]")
    slider.focus()
    slider.press("ArrowRight")
    assert hand.state()["channel"] == 4
    expect(slider).to_have_attribute("aria-valuetext", "channel 16")
    for rule in ("largest", "none"):
        hand.find(f"[data-action=scale-{rule}]").click()
        assert hand.state()["scale"] == rule
        expect(hand.find(f"[data-action=scale-{rule}]")).to_have_attribute("aria-pressed", "true")
    assert hand.state()["view"][1] > 1.0
    hand.drag("scale", -30)
    moved = hand.state()
    assert 0.5 < moved["scale"] < 1.0
    expect(hand.find("[data-action=scale-none]")).to_have_attribute("aria-pressed", "false")
    expect(hand.find("[data-readout=scale]")).to_contain_text("set by hand")
    hand.find("[data-control=before]").select_option("none")
    assert hand.state()["before"] == "none"
    hand.find("[data-action=undo]").click()
    assert hand.state() == moved


def compare_others(hand: Hand) -> None:
    hand.find("[data-control=surrogate-left]").select_option("additive_noise")
    hand.find("[data-control=left-family]").select_option("normal")
    for typed in ("wide", "1e9"):
        hand.find("[data-control=left-scale]").fill(typed)
        hand.find("[data-control=left-scale]").press("Enter")
    expect(hand.find("[data-control=left-scale]")).to_have_value("1000000")
    hand.find("[data-control=left-scale]").fill("0.25")
    hand.find("[data-control=left-scale]").press("Enter")
    hand.find("[data-control=surrogate-right]").select_option("gste")
    found = hand.state()
    assert found["left"]["parameters"] == {"family": "normal", "scale": 0.25}
    assert found["right"] == {"surrogate": "gste", "parameters": {}}
    hand.find("[data-control=surrogate-right]").select_option("dsq")
    slider = hand.find("[data-control=right-bits-range]")
    slider.focus()
    slider.press("ArrowRight")
    assert hand.state()["right"]["parameters"]["bits"] == 3


def change_theme(hand: Hand) -> None:
    for name in ("dark", "light"):
        hand.find("[data-control=theme]").select_option(name)
        expect(hand.stage).to_have_attribute("data-theme", name)
        wanted = style.theme(name).color["background"]
        color = [int(wanted[k : k + 2], 16) for k in (1, 3, 5)]
        expect(hand.stage).to_have_css(
            "background-color", f"rgb({color[0]}, {color[1]}, {color[2]})"
        )
        assert_accessible(hand)


def assert_accessible(hand: Hand) -> None:
    """No serious finding of axe in the explorer, and sliders that say what they are."""
    found = Axe().run(hand.page, context=".n2uq-stage")
    serious = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found.response["violations"]
        if each["impact"] in SERIOUS
    ]
    assert not serious, serious
    for handle in hand.find("[data-handle]").all():
        assert handle.get_attribute("role") == "slider"
        label = handle.get_attribute("aria-label")
        words = handle.get_attribute("aria-valuetext")
        low, now, high = (
            float(handle.get_attribute(f"aria-value{name}") or "nan")
            for name in ("min", "now", "max")
        )
        assert label
        assert words is not None
        assert label in words
        assert low <= now <= high


def hide_and_show(hand: Hand) -> None:
    """Every series can be hidden and shown again, without a word of complaint."""
    before = hand.state()
    for button in hand.find("[data-series]").all():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
    hand.rest()
    assert hand.read()["hidden"] == list(states.SERIES[hand.name])
    for button in hand.find("[data-series]").all():
        button.click()
    assert hand.state() == before
