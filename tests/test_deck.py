"""Slides in one page, opened from a disk in a real browser."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pypdf import PdfReader

from n2uq_viz import deck, export, figures, pictures
from tests import browser as lab

NAMES = list(figures.NAMES)
COUNT = len(NAMES) + 1
#: Slides are turned in a deck of a few figures, which opens in a moment.
FEW = NAMES[:5]
LARGEST_DECK = 10_000_000
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talk") / "with spaces & äöü"
    return deck.save(pictures.choose(theme=deck.THEME, size=deck.SIZE), folder / "talk.html")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = pictures.choose(FEW, theme=deck.THEME, size=deck.SIZE)
    return deck.save(chosen, tmp_path_factory.mktemp("short") / "talk.html")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with lab.chromium() as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A window that remembers complaints and requests, of which there must be none."""
    found = chromium.new_context(viewport={"width": 1280, "height": 720}, has_touch=True)
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on(
            "request",
            lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url),
        )

    found.on("page", watch)
    yield found
    found.close()
    assert wrong == []


@pytest.fixture
def page(context: BrowserContext, short: Path) -> Page:
    found = context.new_page()
    found.goto(short.as_uri())
    return found


@pytest.fixture
def whole(context: BrowserContext, path: Path) -> Page:
    """The deck of all figures."""
    found = context.new_page()
    found.goto(path.as_uri())
    return found


def current(page: Page) -> Locator:
    return page.locator(".slide:visible")


def expect_slide(page: Page, number: int, names: list[str] = FEW) -> None:
    """Only this slide is seen, and everything says so."""
    expect(current(page)).to_have_count(1)
    name, count = "title" if number == 1 else names[number - 2], len(names) + 1
    expect(current(page)).to_have_id(name)
    expect(page.locator("[data-deck=number]")).to_have_text(f"{number} of {count}")
    expect(page.get_by_role("status")).to_contain_text(f"Slide {number} of {count}: ")
    assert page.locator("progress").evaluate("bar => bar.value") == number
    assert page.evaluate("location.hash") == ("" if number == 1 else f"#{name}")


# --- The file ------------------------------------------------------------------------------------


def test_a_deck_is_one_file_that_forbids_requests(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST_DECK
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', text) == []


def test_every_slide_holds_its_figure_words_and_state(path: Path, whole: Page) -> None:
    assert whole.locator(".slide").count() == COUNT
    for picture in pictures.choose():
        slide = whole.locator(f"#{picture.name}")
        image = slide.locator("img")
        expect(image).to_have_attribute("alt", picture.alternative)
        assert slide.locator("figcaption").text_content() == picture.caption
        said = slide.locator("aside p").text_content()
        assert said == figures.speaker_text(picture.name, picture.state)
        source = str(image.get_attribute("src"))
        drawn = base64.b64decode(source.removeprefix("data:image/svg+xml;base64,"))
        (path.parent / "one.svg").write_bytes(drawn)
        assert export.read_state(path.parent / "one.svg") == picture.state
        # Letters are outlines: a hall's computer may not have the font.
        assert ElementTree.fromstring(drawn).find(f".//{SVG}text") is None
        # The browser has drawn it, in the shape of a screen.
        width, height = image.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert width / height == pytest.approx(16 / 9, rel=0.02)


def test_the_same_figures_give_the_same_bytes_in_another_process() -> None:
    names = ["figure1_ste", "why_quantize"]
    code = (
        "import sys, hashlib\n"
        "from n2uq_viz import deck, pictures\n"
        f"found = deck.page(pictures.choose({names!r}, theme='dark', size='slide'))\n"
        "sys.stdout.write(hashlib.sha256(found.encode()).hexdigest())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = deck.page(pictures.choose(names, theme="dark", size="slide"))
    assert done.stdout == hashlib.sha256(here.encode()).hexdigest()


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    chosen = pictures.choose(["why_quantize"])
    target = tmp_path / "a" / "b.html"
    assert deck.save(chosen, target) == target
    target.write_text("mine")
    assert deck.save(chosen, target) == target.with_name("b-2.html")
    assert target.read_text() == "mine"
    assert deck.save(chosen, target, overwrite=True) == target
    assert target.read_bytes() == target.with_name("b-2.html").read_bytes()
    with pytest.raises(ValueError, match=r"a deck is saved as \.html, got"):
        deck.save(chosen, tmp_path / "b.pdf")


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_something_to_say(name: str) -> None:
    said = figures.speaker_text(name, figures.default_state(name))
    assert "{" not in said
    assert said.endswith((".", "?"))
    assert said != figures.caption(name, figures.default_state(name))


# --- In the browser ------------------------------------------------------------------------------


def test_keys_turn_slides(page: Page) -> None:
    expect_slide(page, 1)
    last = len(FEW) + 1
    steps: list[tuple[str, int]] = [
        *(("ArrowRight", 2), ("PageDown", 3), (" ", 4), ("Shift+ ", 3), ("ArrowLeft", 2)),
        *(("PageUp", 1), ("ArrowLeft", 1), ("End", last), ("ArrowRight", last), ("Home", 1)),
    ]
    for key, number in steps:
        page.keyboard.press(key.replace(" ", "Space"))
        expect_slide(page, number)
    page.keyboard.press("Control+ArrowRight")
    expect_slide(page, 1)


def test_buttons_turn_slides_and_say_when_there_are_no_more(page: Page) -> None:
    previous = page.get_by_role("button", name="Previous slide")
    following = page.get_by_role("button", name="Next slide")
    expect(previous).to_be_disabled()
    following.click()
    expect_slide(page, 2)
    # On a button the space bar is the button's: one slide, not two.
    following.press("Space")
    expect_slide(page, 3)
    previous.click()
    expect_slide(page, 2)
    page.keyboard.press("End")
    expect(following).to_be_disabled()
    page.get_by_role("button", name="Overview").click()
    expect_slide(page, 1)


def test_the_overview_leads_to_every_slide_and_the_address_stays(whole: Page) -> None:
    links = whole.locator(".first ol a")
    assert links.all_text_contents() == NAMES
    links.nth(2).click()
    expect_slide(whole, 4, NAMES)
    whole.reload()
    expect_slide(whole, 4, NAMES)
    whole.evaluate("location.hash = 'nothing'")
    expect(current(whole)).to_have_id("title")


def test_the_speakers_words_open_and_close(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    words = current(page).locator("aside")
    button = page.get_by_role("button", name="What to say")
    expect(words).to_be_hidden()
    page.keyboard.press("s")
    expect(words).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(current(page).locator("aside")).to_be_visible()
    button.click()
    expect(current(page).locator("aside")).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_full_screen(page: Page) -> None:
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(1)
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator("html:fullscreen")).to_have_count(0)


def test_a_swipe_turns_slides(page: Page, context: BrowserContext) -> None:
    device = context.new_cdp_session(page)

    def swipe(start: tuple[int, int], end: tuple[int, int]) -> None:
        def touch(kind: str, points: list[dict[str, Any]]) -> None:
            device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", [{"x": start[0], "y": start[1]}])
        touch("touchMove", [{"x": end[0], "y": end[1]}])
        touch("touchEnd", [])

    swipe((900, 300), (600, 310))
    expect_slide(page, 2)
    swipe((600, 300), (900, 290))
    expect_slide(page, 1)
    swipe((600, 500), (560, 200))  # along a page that is read
    expect_slide(page, 1)


#: What of the slide that is seen does not fit: a box with more inside than it shows, or beyond it.
_TOO_LARGE = """() => {
    const slide = document.querySelector(".slide.current");
    const found = [];
    for (const box of [document.documentElement, slide, ...slide.querySelectorAll("*")]) {
        if (box.matches(".unseen") || getComputedStyle(box).display === "inline") continue;
        const wide = box.scrollWidth > box.clientWidth + 1;
        const high = box.scrollHeight > box.clientHeight + 1;
        if (wide || (high && !ARGUMENT)) found.push(`${slide.id} ${box.tagName}`);
    }
    return found;
}"""


def test_everything_fits_on_a_projector(whole: Page) -> None:
    check = _TOO_LARGE.replace("ARGUMENT", "false")
    for number in range(1, COUNT + 1):
        expect_slide(whole, number, NAMES)
        assert whole.evaluate(check) == []
        if number > 1:
            box = current(whole).locator("img").bounding_box()
            assert box is not None
            assert box["height"] > 360
        whole.keyboard.press("ArrowRight")


@pytest.mark.parametrize("size", [(480, 900), (360, 640)])
def test_a_phone_reads_downwards(whole: Page, size: tuple[int, int]) -> None:
    whole.set_viewport_size({"width": size[0], "height": size[1]})
    whole.keyboard.press("s")
    check = _TOO_LARGE.replace("ARGUMENT", "true")
    for _ in range(COUNT):
        assert whole.evaluate(check) == []
        whole.keyboard.press("ArrowRight")
    words = current(whole).locator("aside p")
    words.scroll_into_view_if_needed()
    expect(words).to_be_in_viewport()


@pytest.mark.parametrize("speaker", [False, True])
def test_on_paper_each_slide_has_a_page(page: Page, speaker: bool) -> None:
    if speaker:
        page.keyboard.press("s")
    printed = page.pdf(prefer_css_page_size=True)
    sheets = [" ".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(printed)).pages]
    assert len(sheets) == len(FEW) + 1
    assert ["What to say" in sheet for sheet in sheets[1:]] == [speaker] * len(FEW)


def test_without_scripts_the_slides_stand_below_one_another(chromium: Browser, path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".slide:visible")).to_have_count(COUNT)
    expect(page.locator("nav")).to_be_hidden()
    context.close()


def test_accessibility(page: Page) -> None:
    for key in ("Home", "ArrowRight", "s"):
        page.keyboard.press(key)
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_reduced_motion_and_dark(chromium: Browser, tmp_path: Path) -> None:
    chosen = pictures.choose(["why_quantize"], theme="dark", size="slide")
    target = deck.save(chosen, tmp_path / "dark.html")
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(target.as_uri())
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    page.emulate_media(media="print")
    # On paper the words are dark.
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    context.close()
