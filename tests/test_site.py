"""The site, built from two notebooks and one module, looked at as a reader's browser does.

The network is off: what a page needs, it has to bring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from nbclient.exceptions import CellExecutionError
from playwright.sync_api import Browser, Page, expect

from docs import reference
from docs.build import MARK, build
from docs.mathml import mathml
from tests import browser as lab

ROOT = Path(__file__).parents[1]
#: With an explorer, every kind of question, a control, pictures, tables and formulas.
NOTEBOOKS = ("00_start_here", "A_glossary_and_map")
MODULE = "n2uq_viz.quantizer"
PAGES = (
    "index.html",
    *(f"notebooks/{name}.html" for name in NOTEBOOKS),
    "reference/index.html",
    f"reference/{MODULE}.html",
    f"_modules/{MODULE.replace('.', '/')}.html",
    "genindex.html",
    "search.html",
)
#: Looked at by axe, which takes seconds for a long page: narrow and dark, wide and light.
AXED = {480: PAGES[:2], 1280: (f"reference/{MODULE}.html", "search.html")}
SERIOUS = ("serious", "critical")


def sources(*names: str) -> list[Path]:
    return [ROOT / "notebooks" / f"{name}.py" for name in names]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with spaces & äöü") / "site"
    assert build(folder, sources(*NOTEBOOKS), [MODULE]) == folder / "index.html"
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with lab.chromium() as found:
        yield found


class Watched:
    """A page without a network that remembers its complaints and its requests."""

    def __init__(self, browser: Browser, width: int, scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            offline=True,
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.complaints.append(url)


@pytest.fixture
def watched(chromium: Browser, width: int, scheme: str) -> Iterator[Watched]:
    found = Watched(chromium, width, scheme)
    yield found
    found.context.close()
    assert found.complaints == []


narrow_and_wide = pytest.mark.parametrize(("width", "scheme"), [(480, "dark"), (1280, "light")])
wide = pytest.mark.parametrize(("width", "scheme"), [(1280, "light")])


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def of_sphinx(site: Path) -> list[Path]:
    return [path for path in site.rglob("*.html") if path.parent.name != "explorers"]


def serious(page: Page) -> list[tuple[str, list[str]]]:
    # Messages into frames and requests of its own would be refused on pages from a disk.
    options = {"iframes": False, "preload": False, "resultTypes": ["violations"]}
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in Axe().run(page, options=options).response["violations"]
        if each["impact"] in SERIOUS
    ]


# --- The files -----------------------------------------------------------------------------------


def test_all_pages_are_there(site: Path) -> None:
    assert {str(path.relative_to(site)) for path in of_sphinx(site)} >= set(PAGES)
    assert list(site.glob("explorers/00_start_here-threshold*.html"))
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_every_link_leads_somewhere(site: Path) -> None:
    followed = 0
    for path in of_sphinx(site):
        for tag in parsed(path).find_all(["a", "link", "script", "img", "iframe"]):
            address = urlsplit(str(tag.get("href") or tag.get("src") or ""))
            if address.scheme or address.netloc:
                # Only a reader who clicks leaves the disk.
                assert tag.name == "a" or address.scheme == "data", (path, tag)
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.is_file(), (path, tag)
            if address.fragment and target.suffix == ".html":
                assert parsed(target).find(id=unquote(address.fragment)) is not None, (path, tag)
            followed += 1
    assert followed > 300
    for sheet in site.rglob("*.css"):
        for found in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text(encoding="utf-8")):
            here = sheet.parent / found.partition("?")[0]
            assert found.startswith(("data:", "#")) or here.is_file(), (sheet, found)


def test_pictures_and_frames_say_what_they_show(site: Path) -> None:
    shown = 0
    for name in NOTEBOOKS:
        page = parsed(site / f"notebooks/{name}.html")
        for image in page.select("article img"):
            assert len(str(image.get("alt", ""))) > 30, image
            shown += 1
        for frame in page.select("iframe"):
            assert str(frame["title"]).endswith("explorer")
            shown += 1
    assert shown >= 7


def test_questions_can_be_read_without_a_kernel(site: Path) -> None:
    page = parsed(site / "notebooks/00_start_here.html")
    folds = [fold.summary.text for fold in page.select("details") if fold.summary is not None]
    source = sources("00_start_here")[0].read_text(encoding="utf-8")
    for kind, summary in (("hint", "Hint"), ("solution", "Solution"), ("predict", "What happens")):
        asked = source.count(f"course.{kind}(")
        assert asked >= 1
        assert len([text for text in folds if text.startswith(summary)]) == asked
    answers = [fold.text for fold in page.select("details") if "What happens" in fold.text]
    assert "+0.1" in answers[0]
    text = page.text
    for left_over in ("Explorer(", "IntSlider(", "PredictionForm", "Not answered yet"):
        outputs = [output for output in page.select(".cell_output") if left_over in output.text]
        assert outputs == []
    assert "In JupyterLab, a control stands here." in text


def test_names_lead_to_the_reference(site: Path) -> None:
    page = parsed(site / "notebooks/A_glossary_and_map.html")
    links = {str(link["href"]) for link in page.select("td a")}
    assert f"../reference/{MODULE}.html#{MODULE}.Quantizer.expectation" in links
    assert "00_start_here.html" in links


def test_notebooks_that_are_not_there_are_no_links(site: Path) -> None:
    page = parsed(site / "notebooks/00_start_here.html")
    assert "One step and the straight-through estimator" in page.text
    assert page.select('article a[href^="01_"]') == []


# --- In a browser --------------------------------------------------------------------------------


@narrow_and_wide
def test_every_page_is_clean_and_accessible(watched: Watched, site: Path, width: int) -> None:
    page = watched.page
    for name in PAGES:
        page.goto((site / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        for image in page.locator("article img").all():
            image.scroll_into_view_if_needed()
            expect(image).to_have_js_property("complete", value=True)
            assert image.evaluate("image => image.naturalWidth") > 0
        if name in AXED[width]:
            assert serious(page) == [], name


@narrow_and_wide
def test_explorers_are_alive(watched: Watched, site: Path, scheme: str) -> None:
    page = watched.page
    page.goto((site / "notebooks/00_start_here.html").as_uri())
    place = page.locator(".explorer iframe").first
    place.scroll_into_view_if_needed()
    stage = page.frame_locator(".explorer iframe").first.locator(".n2uq-stage")
    expect(stage).to_have_attribute("data-python", "alone")
    expect(stage).to_have_attribute("data-theme", scheme)
    value = stage.locator("[data-control=value]")
    handle = stage.locator("[data-handle]").first
    handle.focus()
    before = value.input_value()
    page.keyboard.press("ArrowRight")
    expect(value).not_to_have_value(before)
    # The frame is as high as what is in it.
    high = stage.evaluate("stage => stage.ownerDocument.body.offsetHeight")
    expect(place).to_have_css("height", f"{high}px")


@wide
def test_formulas_are_drawn_with_the_font_that_comes_along(watched: Watched, site: Path) -> None:
    page = watched.page
    page.goto((site / "notebooks/00_start_here.html").as_uri())
    block = page.locator("div.math math").first
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    assert box is not None
    assert box["height"] > 25
    assert page.evaluate(
        "async () => (await document.fonts.load('16px \"STIX Two Math of this site\"')).length"
    )


@wide
def test_search_finds(watched: Watched, site: Path) -> None:
    watched.page.goto((site / "search.html").as_uri() + "?q=threshold")
    links = watched.page.locator("#search-results li a")
    expect(links.first).to_be_visible()
    assert any("00_start_here.html" in str(link.get_attribute("href")) for link in links.all())


@wide
def test_keys_skip_to_the_content(watched: Watched, site: Path) -> None:
    page = watched.page
    page.goto((site / "notebooks/00_start_here.html").as_uri())
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#furo-main-content"
    for landmark in ("article[role=main]", "aside[aria-label]", "footer"):
        expect(page.locator(landmark).first).to_be_attached()


# --- The parts -----------------------------------------------------------------------------------


def test_a_site_takes_the_place_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="must be an earlier site, empty or missing"):
        build(tmp_path, [], [MODULE])
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_a_notebook_that_fails_leaves_the_earlier_site(tmp_path: Path) -> None:
    out, source = tmp_path / "site", tmp_path / "00_fails.py"
    out.mkdir()
    (out / MARK).write_text("earlier")
    source.write_text("# %% [markdown]\n# # It fails\n\n# %%\n1 / 0\n")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        build(out, [source], [MODULE])
    assert (out / MARK).read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00_fails.py", "site"]


def test_formulas_of_all_notebooks_can_be_written() -> None:
    found = 0
    for source in (ROOT / "notebooks").glob("*.py"):
        prose = re.sub(r"^# ?", "", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for block, inline in re.findall(r"\$\$(.+?)\$\$|(?<![\\$\"'{])\$([^$\n]+)\$", prose, re.S):
            assert mathml(block or inline, block=bool(block)).startswith("<math alttext=")
            found += 1
    assert found > 100


def test_a_formula_keeps_its_source_and_its_rows() -> None:
    found = BeautifulSoup(mathml(r"\begin{cases} a < b \\[2ex] c \end{cases}"), "html.parser")
    assert found.math is not None
    assert "a < b" in str(found.math["alttext"])
    assert len(found.select("mtr")) == 2
    assert "ex" not in found.text
    with pytest.raises(ValueError, match=r"LaTeX that math-core knows, got '\\\\nonsense'"):
        mathml(r"\nonsense")


def test_the_reference_has_every_module_but_commands() -> None:
    found = reference.modules()
    files = {path.stem for path in (ROOT / "n2uq_viz").glob("[a-z]*.py")}
    folders = {path.parent.name for path in (ROOT / "n2uq_viz").glob("[a-z]*/__init__.py")}
    wanted = {name for name in files | folders if not name.startswith("cli")}
    assert {name.removeprefix("n2uq_viz.") for name in found[1:]} == wanted


def test_what_a_module_has_from_another_is_described_there(tmp_path: Path) -> None:
    reference.write(tmp_path, ["n2uq_viz", MODULE])
    top = (tmp_path / "n2uq_viz.rst").read_text(encoding="utf-8")
    assert re.search(r":exclude-members: .*\bQuantizer\b", top)
    assert "   quantizer.Quantizer\n" in top
    assert "exclude" not in (tmp_path / f"{MODULE}.rst").read_text(encoding="utf-8")
