"""All figures on a few A4 pages, small: to choose from, and to print for a folder.

Each picture is the page of the figure's own PDF, so it stays sharp at any size. matplotlib writes
the words; pypdf puts the pictures between them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from n2uq_viz import files, style
from n2uq_viz.words import say

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

    from n2uq_viz.pictures import Picture

__all__ = ["PER_PAGE", "SUFFIX", "contact_sheet", "save"]

SUFFIX = ".pdf"
#: A4, upright, in points.
WIDTH, HEIGHT = 595.28, 841.89
COLUMNS, ROWS = 2, 4
PER_PAGE = COLUMNS * ROWS
#: Around everything, and between two columns or two rows, in points.
MARGIN, GAP = 40.0, 18.0
#: Height of the line on top of a page, and distance between a picture and its words.
HEAD, WORDS_GAP = 28.0, 4.0
#: Font sizes of that line, of a name and of a claim.
HEAD_SIZE, NAME_SIZE, CLAIM_SIZE = 11.0, 9.0, 8.0
_POINTS_PER_INCH = 72.0


@dataclass(frozen=True)
class _Cell:
    """A figure's place on a page: its box without the words, in points from the lower left."""

    picture: Picture
    left: float
    bottom: float
    width: float
    height: float
    claim: str


def contact_sheet(pictures: Sequence[Picture]) -> bytes:
    """Return a PDF with small pictures of figures, each with its name and its claim below.

    Parameters
    ----------
    pictures
        Figures in their order, `PER_PAGE` on a page, of one theme.

    Raises
    ------
    ValueError
        There is no figure.

    Examples
    --------
    >>> contact_sheet([])
    Traceback (most recent call last):
    ValueError: a contact sheet must have at least one figure, got none
    """
    from pypdf import PdfReader, PdfWriter

    if not pictures:
        raise ValueError("a contact sheet must have at least one figure, got none")
    title = say("contact_sheet.title")
    starts = range(0, len(pictures), PER_PAGE)
    writer = PdfWriter()
    for number, start in enumerate(starts, start=1):
        cells = _cells(pictures[start : start + PER_PAGE])
        head = say("contact_sheet.page", title=title, number=number, count=len(starts))
        page = writer.add_page(PdfReader(io.BytesIO(_words(cells, head))).pages[0])
        for k, cell in enumerate(cells):
            own = PdfReader(io.BytesIO(cell.picture.content(SUFFIX))).pages[0]
            _put(writer, page, f"/Figure{k}", own, cell)
        page.compress_content_streams()
    writer.metadata = {"/Title": title, "/Creator": "n2uq_viz", "/Producer": "pypdf"}
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def save(pictures: Sequence[Picture], path: str | Path, *, overwrite: bool = False) -> Path:
    """Write `contact_sheet` to a file and return where.

    If the file exists, the next free name beside it is taken unless `overwrite` is given.

    Raises
    ------
    ValueError
        There is no figure, or the suffix is not ``.pdf``.
    OSError
        The folder cannot be made or written to.
    """
    return files.write_as(
        path, SUFFIX, "a contact sheet", lambda: contact_sheet(pictures), overwrite
    )


def _put(writer: PdfWriter, page: PageObject, name: str, own: PageObject, cell: _Cell) -> None:
    """Draw the page of a figure on another one, at the left and right above its words, like them.

    As a form of its own (ISO 32000-1, 8.10): its names of fonts and colors meet no others, and
    what it draws is not read again.
    """
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

    wide, high = float(own.mediabox.width), float(own.mediabox.height)
    scale = min(cell.width / wide, cell.height / high)
    content = own.get_contents()
    form = DecodedStreamObject()
    form.set_data(b"" if content is None else content.get_data())
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(own.mediabox)
    form[NameObject("/Resources")] = own["/Resources"].clone(writer)
    if "/Group" in own:
        form[NameObject("/Group")] = own["/Group"].clone(writer)
    placed = writer._add_object(form.flate_encode())  # pypdf has no other name for it
    resources = cast("DictionaryObject", page["/Resources"].get_object())
    forms = resources.setdefault(NameObject("/XObject"), DictionaryObject())
    cast("DictionaryObject", forms.get_object())[NameObject(name)] = placed
    drawn = page.get_contents()
    assert drawn is not None, "a page with words has contents"
    place = f"\nq {scale:.6f} 0 0 {scale:.6f} {cell.left:.3f} {cell.bottom:.3f} cm {name} Do Q"
    drawn.set_data(drawn.get_data() + place.encode())
    page.replace_contents(drawn)


def _cells(pictures: Sequence[Picture]) -> list[_Cell]:
    """Return the places of at most `PER_PAGE` figures, row by row, with their claims in lines."""
    from n2uq_viz.figures.frame import LINE_SPACING
    from n2uq_viz.plots.labels import wrap

    width = (WIDTH - 2.0 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
    row = (HEIGHT - 2.0 * MARGIN - HEAD - (ROWS - 1) * GAP) / ROWS
    claims = [wrap(picture.claim, width, CLAIM_SIZE) for picture in pictures]
    lines = max(claim.count("\n") + 1 for claim in claims)
    words = WORDS_GAP + LINE_SPACING * (NAME_SIZE + lines * CLAIM_SIZE)
    return [
        _Cell(
            picture,
            left=MARGIN + (k % COLUMNS) * (width + GAP),
            bottom=HEIGHT - MARGIN - HEAD - (k // COLUMNS) * (row + GAP) - row + words,
            width=width,
            height=row - words,
            claim=claim,
        )
        for k, (picture, claim) in enumerate(zip(pictures, claims, strict=True))
    ]


def _words(cells: Sequence[_Cell], head: str) -> bytes:
    """Return a page, as a PDF, with everything but the pictures."""
    from n2uq_viz.figures import frame
    from n2uq_viz.pictures import content

    look = style.theme(cells[0].picture.theme)
    with frame.look(look):
        figure = frame.new_figure(look, (WIDTH / _POINTS_PER_INCH, HEIGHT / _POINTS_PER_INCH))

        def write(text: str, left: float, top: float, size: float, role: str, weight: str) -> None:
            figure.text(
                *(left / WIDTH, top / HEIGHT, text),
                fontsize=size,
                color=look.color[role],
                fontweight=weight,
                linespacing=frame.LINE_SPACING,
                va="top",
            )

        write(head, MARGIN, HEIGHT - MARGIN, HEAD_SIZE, "ink", "bold")
        for cell in cells:
            top = cell.bottom - WORDS_GAP
            write(cell.picture.name, cell.left, top, NAME_SIZE, "ink", "bold")
            top -= frame.LINE_SPACING * NAME_SIZE
            write(cell.claim, cell.left, top, CLAIM_SIZE, "muted", "normal")
    return content(figure, SUFFIX, None, head)
