"""Small pictures of all figures on A4 pages, as a PDF."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from n2uq_viz import contact_sheet, pictures

NAMES = ("figure1_ste", "why_quantize", "range_gate")
A4 = (595.28, 841.89)


@pytest.fixture(scope="module")
def sheet() -> PdfReader:
    return PdfReader(io.BytesIO(contact_sheet.contact_sheet(pictures.choose())))


def words_and_pictures(page: PageObject) -> tuple[list[list[float]], list[list[float]]]:
    """Left, baseline and size of each line of words; left, bottom, width, height of pictures."""
    contents = page.get_contents()
    assert contents is not None
    drawn = contents.get_data().decode("latin-1")
    words = re.findall(r"1 0 -0 1 (\S+) (\S+) cm\nBT\n/F\d+ (\S+) Tf", drawn)
    boxes = []
    for scale, left, bottom, name in re.findall(
        r"q (\S+) 0 0 \1 (\S+) (\S+) cm (/Figure\d) Do", drawn
    ):
        _, _, width, height = page["/Resources"]["/XObject"][name]["/BBox"]  # type: ignore[index]
        shrunk = [float(scale) * float(width), float(scale) * float(height)]
        boxes.append([float(left), float(bottom), *shrunk])
    return [[float(number) for number in line] for line in words], boxes


def fonts(resources: Any) -> Iterator[Any]:
    resources = resources.get_object()
    for font in resources.get("/Font", {}).values():
        yield font.get_object()
    for child in resources.get("/XObject", {}).values():
        if "/Resources" in child.get_object():
            yield from fonts(child.get_object()["/Resources"])


def test_every_figure_is_there_with_its_name_and_claim(sheet: PdfReader) -> None:
    chosen = pictures.choose()
    assert len(sheet.pages) == -(-len(chosen) // contact_sheet.PER_PAGE)
    for k, page in enumerate(sheet.pages):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4)
        text = " ".join(page.extract_text().split())
        assert f"page {k + 1} of {len(sheet.pages)}" in text
        start = k * contact_sheet.PER_PAGE
        for picture in chosen[start : start + contact_sheet.PER_PAGE]:
            assert picture.name in text
            assert " ".join(picture.claim.split()) in text
    assert sheet.metadata is not None
    assert sheet.metadata.title == "Figures of n2uq_viz"


def test_words_and_pictures_keep_apart_and_on_the_page(sheet: PdfReader) -> None:
    margin, pictures_seen = contact_sheet.MARGIN, 0
    for page in sheet.pages:
        words, boxes = words_and_pictures(page)
        assert len(words) >= 1 + 2 * len(boxes)
        pictures_seen += len(boxes)
        for (x1, y1, size), (x2, y2, _) in itertools.combinations(words, 2):
            assert abs(x1 - x2) > 1.0 or abs(y1 - y2) >= size
        for left, bottom, width, height in boxes:
            assert margin <= left < left + width <= A4[0] - margin + 0.01
            assert margin <= bottom < bottom + height <= A4[1] - margin
            for x, y, size in words:
                below, above = y + size <= bottom, y >= bottom + height
                assert below or above or not left <= x <= left + width
        assert min(y for _, y, _ in words) >= margin - 1.0
    assert pictures_seen == len(pictures.choose())


def test_every_font_is_inside(sheet: PdfReader) -> None:
    seen = 0
    for page in sheet.pages:
        for font in fonts(page["/Resources"]):
            for each in font.get("/DescendantFonts", [font]):
                found = each.get_object()["/FontDescriptor"].get_object()
                assert "/FontFile2" in found or "/FontFile3" in found
                seen += 1
    assert seen > len(sheet.pages)


def test_the_same_figures_give_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys, hashlib\n"
        "from n2uq_viz import contact_sheet, pictures\n"
        f"found = contact_sheet.contact_sheet(pictures.choose({NAMES!r}))\n"
        "sys.stdout.write(hashlib.sha256(found).hexdigest())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = contact_sheet.contact_sheet(pictures.choose(NAMES))
    assert done.stdout == hashlib.sha256(here).hexdigest()


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    chosen = pictures.choose(NAMES[:1], theme="dark")
    path = tmp_path / "a" / "all.pdf"
    assert contact_sheet.save(chosen, path) == path
    path.write_text("mine")
    assert contact_sheet.save(chosen, path) == path.with_name("all-2.pdf")
    assert path.read_text() == "mine"
    assert contact_sheet.save(chosen, path, overwrite=True) == path
    assert path.read_bytes() == path.with_name("all-2.pdf").read_bytes()
    with pytest.raises(ValueError, match=re.escape("a contact sheet is saved as .pdf, got")):
        contact_sheet.save(chosen, tmp_path / "a.svg")
    assert sorted(found.name for found in path.parent.iterdir()) == ["all-2.pdf", "all.pdf"]
