"""Explorers as pages of their own, opened from a disk: everything that needs no Python works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from n2uq_viz import explorers, export
from n2uq_viz import state as states
from n2uq_viz.explorers import page as pages
from n2uq_viz.quantizer import Quantizer
from tests import browser as lab
from tests import journeys
from tests.journeys import Hand
from tests.shown import assert_shows
from tests.thorough import in_turn

every_explorer = pytest.mark.parametrize("name", explorers.NAMES)
LARGEST_PAGE = 400_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "with spaces & äöü"
    pages.save_all(folder)
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with lab.chromium() as found:
        yield found


class Watched:
    """A page that remembers its complaints and its requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    found = Watched(context.new_page())
    yield found
    context.close()
    assert found.complaints == []
    # The page itself, and pictures made in it on their way into a file.
    others = [url for url in found.requests if not url.startswith(("file:", "blob:", "data:"))]
    assert others == []
    assert len([url for url in found.requests if url.startswith("file:")]) >= 1


def opened(watched: Watched, path: Path, name: str, fragment: str = "") -> Hand:
    """A page with its state on show, so that it can be read."""
    watched.page.goto(path.as_uri() + fragment)
    stage = watched.page.locator(".n2uq-stage")
    expect(stage).to_have_attribute("data-python", "alone")
    stage.locator("[data-action=state]").click()
    area = stage.locator("[data-control=state]")

    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(area.input_value())
        return found

    return Hand(watched.page, stage, name, read)


@pytest.fixture
def hand(watched: Watched, site: Path, name: str) -> Hand:
    return opened(watched, site / f"{name}.html", name)


@every_explorer
def test_a_page_is_one_small_file_that_forbids_requests(site: Path, name: str) -> None:
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST_PAGE
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    found = export.read_state(site / f"{name}.html")
    assert found["explorer"] == name


@every_explorer
def test_drag(hand: Hand) -> None:
    journeys.drag_and_come_back(hand)


@every_explorer
def test_keys(hand: Hand) -> None:
    journeys.press_keys(hand)


@every_explorer
def test_typed_value_and_own_controls(hand: Hand) -> None:
    journeys.type_a_value(hand)
    hand.find("[data-action=reset]").click()
    journeys.use_own_controls(hand)


@every_explorer
def test_theme_and_accessibility(hand: Hand) -> None:
    journeys.change_theme(hand)
    journeys.hide_and_show(hand)


@every_explorer
def test_a_link_carries_the_state(hand: Hand, watched: Watched, site: Path, name: str) -> None:
    watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    journeys.type_a_value(hand)
    wanted = hand.state()
    hand.find("[data-action=copy-link]").click()
    expect(hand.find("[data-readout=state]")).to_contain_text("Copied")
    link = watched.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith((site / f"{name}.html").as_uri() + "#state=")
    watched.page.goto("about:blank")
    watched.page.goto(link)
    area = watched.page.locator("[data-control=state]")
    watched.page.locator("[data-action=state]").click()
    assert json.loads(area.input_value()) == wanted
    watched.page.locator("[data-action=copy-embed]").click()
    frame = watched.page.evaluate("navigator.clipboard.readText()")
    assert frame.startswith(f'<iframe src="{name}.html#state=')
    assert "</iframe>" in frame


@every_explorer
def test_a_state_is_pasted_or_refused(hand: Hand, name: str) -> None:
    before = hand.state()
    area = hand.find("[data-control=state]")
    take, said = hand.find("[data-action=take-state]"), hand.find("[data-readout=state]")
    for broken, words in (
        ("{", "no JSON"),
        ("[]", "must be a JSON object"),
        (json.dumps({**before, "edges": [1, 0]}), "increas"),
        (json.dumps({**before, "version": 2}), "version must be 1"),
        (json.dumps({key: before[key] for key in ("version", "edges")}), "levels"),
    ):
        area.fill(broken)
        take.click()
        expect(said).to_contain_text(words)
        assert_shows(hand.stage, before)
    other = {"version": 1, **Quantizer.uniform(2, 0.0, 4.0).to_dict(), "theme": "dark"}
    area.fill(json.dumps(other))
    take.click()
    assert hand.state() == states.validate(other, name)
    hand.find("[data-action=undo]").click()
    assert hand.state() == before


@every_explorer
def test_downloads_carry_the_state(hand: Hand, watched: Watched, tmp_path: Path, name: str) -> None:
    journeys.type_a_value(hand)
    wanted = hand.state()
    for kind in ("svg", "png"):
        with watched.page.expect_download() as waiting:
            hand.find(f"[data-action=download-{kind}]").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == f"{name}.{kind}"
        assert export.read_state(path) == wanted


def test_a_held_handle_stays_under_the_hand_where_it_passes_others(
    watched: Watched, site: Path
) -> None:
    hand = opened(watched, site / "coin-flip.html", "coin-flip")
    hand.handle("point-1").scroll_into_view_if_needed()
    x, y = hand.center("point-1")
    watched.page.mouse.move(x, y)
    watched.page.mouse.down()
    for by in range(10, 260, 10):
        watched.page.mouse.move(x + by, y)
        hand.rest()
        assert hand.center("point-1")[0] == pytest.approx(x + by, abs=0.51)
    watched.page.mouse.up()
    hand.rest()
    hand.state()


def test_tab_goes_from_left_to_right_though_inputs_pass_each_other(
    watched: Watched, site: Path
) -> None:
    hand = opened(watched, site / "coin-flip.html", "coin-flip")
    hand.handle("point-1").focus()
    for _ in range(10):
        watched.page.keyboard.press("Shift+PageUp")
    hand.rest()
    assert watched.page.evaluate("document.activeElement.dataset.handle") == "point-1"
    hand.handle("point-2").focus()
    seen = []
    for _ in range(3):
        seen.append(watched.page.evaluate("document.activeElement.dataset.handle"))
        watched.page.keyboard.press("Tab")
    assert seen == ["point-2", "point-1", "point-3"]


def test_crowded_handles_can_be_hit_each(chromium: Browser, tmp_path: Path) -> None:
    """15 narrow segments in a narrow picture: each handle has 24 pixels, and its own click."""
    edges = [0.001 * k for k in range(15)] + [2.0]
    q = Quantizer(edges, [float(k) for k in range(16)])
    explorer = explorers.ThresholdExplorer(q, data="normal", view=[-0.3, 2.3])
    path = explorer.save_html(tmp_path / "crowded.html")
    page = chromium.new_page(viewport={"width": 480, "height": 900})
    watched = Watched(page)
    hand = opened(watched, path, "threshold")
    boxes = {}
    for handle in hand.find("[data-handle]").all():
        box = handle.locator(".n2uq-hit").bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 23.999
        boxes[handle.get_attribute("data-handle")] = (box["x"] + 12, box["y"] + 12)
    assert len(boxes) == 31
    for kind in ("edge", "threshold"):
        places = [place for name, place in boxes.items() if str(name).startswith(kind)]
        for k, (x, y) in enumerate(places):
            for other_x, other_y in places[:k]:
                # Not quite 24 where 16 of them share less than 16 times that.
                assert (x - other_x) ** 2 + (y - other_y) ** 2 >= 23**2
    before = hand.state()
    hand.find("svg.n2uq-picture").scroll_into_view_if_needed()
    for name in boxes:
        x, y = hand.center(str(name))
        page.mouse.click(x, y)
        hand.rest()
        expect(hand.find("[data-control=handle]")).to_have_value(str(name))
    assert hand.state() == before
    # The hand takes hold where the handle stands, and moves what belongs to it by as much.
    hand.drag("edge-15", -20)
    assert hand.state()["edges"][:15] == before["edges"][:15]
    assert hand.state()["edges"][15] < 2.0
    assert watched.complaints == []
    page.close()


def test_own_tensors_come_with_their_page(watched: Watched, tmp_path: Path) -> None:
    """All fits are there without Python, and the state can be taken elsewhere."""
    rng = np.random.default_rng(1)
    layers = {"conv1": rng.normal(size=2000), "tiny": 1e-6 * np.exp(rng.normal(size=2000))}
    explorer = explorers.TensorExplorer(layers, bits=1)
    hand = opened(watched, explorer.save_html(tmp_path / "own.html"), "tensor")
    assert hand.state() == explorer.state
    hand.find("[data-control=tensor]").select_option("1")
    hand.find("[data-control=bits]").select_option("3")
    hand.find("[data-action=begin-quantile]").click()
    found = hand.state()
    wanted = explorers.TensorExplorer(list(explorer.state["tensors"]), 3, "quantile", 1).state
    assert found == wanted
    expect(hand.find("[data-readout=tensor]")).to_contain_text("Tensor 2 of 2: tiny; 2,000 values")
    hand.drag("threshold-3", 20)
    moved = hand.state()
    # However small the numbers are, a hand can move them.
    assert moved["edges"][3] > found["edges"][3]
    text = states.dumps({**moved, "bits": "of another explorer"})
    hand.find("[data-control=state]").fill(text)
    hand.find("[data-action=take-state]").click()
    assert hand.state() == moved


def test_an_address_with_nonsense_shows_the_page_itself(watched: Watched, site: Path) -> None:
    for fragment in ("#state=%", "#state=" + quote('{"version": 1}'), "#other", "#state="):
        watched.page.goto("about:blank")
        hand = opened(watched, site / "threshold.html", "threshold", fragment)
        assert hand.state()["edges"] == Quantizer.uniform(2).edges.tolist()


def test_another_fragment_is_another_state_and_can_be_undone(watched: Watched, site: Path) -> None:
    hand = opened(watched, site / "binary.html", "binary")
    before = hand.state()
    other = states.dumps({**before, "x": -0.5, "thrown": 3})
    watched.page.evaluate(
        "(text) => { location.hash = 'state=' + encodeURIComponent(text); }", other
    )
    hand.rest(4)
    assert hand.state()["x"] == -0.5
    hand.find("[data-action=undo]").click()
    assert hand.state() == before


def test_the_index_leads_to_every_page(watched: Watched, site: Path) -> None:
    watched.page.goto((site / "index.html").as_uri())
    links = watched.page.locator("main a")
    assert links.count() == len(explorers.NAMES)
    for k in range(links.count()):
        watched.page.goto((site / "index.html").as_uri())
        links.nth(k).click()
        expect(watched.page.locator(".n2uq-stage [data-handle]").first).to_be_visible()


def test_less_motion_is_asked_for(chromium: Browser, site: Path) -> None:
    page = chromium.new_page(reduced_motion="reduce")
    watched = Watched(page)
    hand = opened(watched, site / "gradient-flow.html", "gradient-flow")
    hand.find("[data-action=play]").click()
    page.wait_for_function(
        "() => Number(document.querySelector('[data-readout=steps]').dataset.value) > 2"
    )
    hand.find("[data-action=play]").click()
    assert hand.state()["steps"] > 2
    page.emulate_media(reduced_motion="no-preference")
    hand.find("[data-action=play]").click()
    hand.rest()
    page.emulate_media(reduced_motion="reduce")
    expect(hand.find("[data-action=play]")).to_have_attribute("aria-pressed", "false")
    assert watched.complaints == []
    page.close()


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *(pytest.param(name, 480, id=f"{name}, narrowest") for name in explorers.NAMES),
        *in_turn({name: [name] for name in explorers.NAMES}, (640, 800, 1280)),
    ],
)
def test_nothing_sticks_out_at_any_width(
    chromium: Browser, site: Path, name: str, width: int
) -> None:
    """No text of the picture lies on another or leaves it, also at twice the size of print."""
    for zoom in (1, 2):
        page = chromium.new_page(viewport={"width": width // zoom, "height": 700})
        watched = Watched(page)
        watched.page.goto((site / f"{name}.html").as_uri())
        expect(page.locator(".n2uq-stage [data-handle]").first).to_be_attached()
        found = page.evaluate(
            """() => {
                const svg = document.querySelector(".n2uq-picture");
                const frame = svg.getBoundingClientRect();
                const texts = [...svg.querySelectorAll("text")]
                    .filter((text) => text.textContent.trim() && text.getClientRects().length)
                    .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }))
                    .filter(({ box }) => box.width > 0);
                const out = texts.filter(({ box }) => box.left < frame.left - 0.5
                    || box.right > frame.right + 0.5 || box.top < frame.top - 0.5
                    || box.bottom > frame.bottom + 0.5).map(({ words }) => words);
                const over = [];
                texts.forEach(({ words, box }, k) => texts.slice(0, k).forEach((other) => {
                    const wide = Math.min(box.right, other.box.right)
                        - Math.max(box.left, other.box.left);
                    const high = Math.min(box.bottom, other.box.bottom)
                        - Math.max(box.top, other.box.top);
                    if (wide > 1 && high > 4) over.push(`${words} / ${other.words}`);
                }));
                const page = document.scrollingElement;
                return { out, over, wider: page.scrollWidth - page.clientWidth };
            }"""
        )
        page.close()
        if zoom == 1:
            assert found["out"] == [], (name, width)
            assert found["over"] == [], (name, width)
            assert found["wider"] <= 0
        elif width == 1280:
            assert found["out"] == [], (name, width)
            assert found["wider"] <= 0
        assert watched.complaints == []
