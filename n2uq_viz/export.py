"""Figure files that carry the state they were drawn from: a picture on a slide can be opened again.

A figure is saved late and in a hurry: a file must never be half written and never take the place
of another, whatever else happens. The state travels as JSON in a place that each format has for
such things, so any viewer shows the file as usual: a ``<metadata>`` element (SVG), ``Keywords``
(PDF) or an iTXt chunk (PNG). The same figure and state give the same bytes, so that a figure under
version control changes only when the picture does.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from n2uq_viz import files
from n2uq_viz import state as states
from n2uq_viz.state import StateError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What a saved figure can be; the suffix of the file's name decides.
SUFFIXES = (".svg", ".pdf", ".png")
#: Name of the state in a file: ``id`` of the SVG's metadata element, keyword of the PNG's text.
STATE_KEY = "n2uq_viz-state"
#: Dots per inch of a PNG: a figure of 8 x 6 inches is 1600 pixels wide, enough for a projector.
PNG_DPI = 200
_CREATOR = "n2uq_viz"
_UNTITLED = "Figure by n2uq_viz"
#: matplotlib's settings that count when a figure is drawn, not when it is made.
_DRAWN_WITH = (
    "agg.",
    "axes.formatter.",
    "axes.unicode_minus",
    "font.",
    "hatch.",
    "mathtext.",
    "path.",
    "pdf.",
    "savefig.",
    "svg.",
    "text.",
)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def save(
    figure: Figure,
    path: str | os.PathLike[str],
    state: Mapping[str, Any] | None,
    *,
    text_alternative: str = "",
    overwrite: bool = False,
) -> Path:
    """Save a figure with the state it was drawn from; nothing that exists is lost.

    Parameters
    ----------
    figure
        Any matplotlib figure; it is left as it was.
    path
        Where to; the suffix ``.svg``, ``.pdf`` or ``.png`` decides the format. A missing folder is
        made.
    state
        State of an explorer, checked before anything is written; ``None`` for a figure without one.
    text_alternative
        What the picture shows, in words, for whoever cannot see it. Its first sentence is the title
        of the file.
    overwrite
        Whether a file of that name is replaced. If not, the next free name is taken:
        ``name-2.svg``, ``name-3.svg``, ... .

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ValueError
        The suffix is none of the three.
    n2uq_viz.state.StateError
        The state is not valid.
    OSError
        The folder cannot be made or written to.

    Examples
    --------
    >>> save(None, "figure.jpg", None)
    Traceback (most recent call last):
        ...
    ValueError: a figure is saved as .svg, .pdf, .png, got 'figure.jpg'
    """
    target = Path(path).expanduser()
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a figure is saved as {', '.join(SUFFIXES)}, got {os.fspath(path)!r}")
    content = _render(figure, target.suffix.lower(), _checked(state), text_alternative)
    return files.write_together(target.with_suffix(""), {target.suffix: content}, overwrite)[0]


def save_all(
    figure: Figure,
    stem_path: str | os.PathLike[str],
    state: Mapping[str, Any] | None,
    *,
    text_alternative: str = "",
    overwrite: bool = False,
) -> list[Path]:
    """Save a figure as SVG, PDF and PNG under one common name that none of the three has yet.

    Parameters
    ----------
    figure, state, text_alternative, overwrite
        As in ``save``.
    stem_path
        Folder and name without a suffix: ``figures/threshold``.

    Returns
    -------
    list of Path
        The three files, in the order of ``SUFFIXES``.

    Raises
    ------
    ValueError
        The name is empty.
    n2uq_viz.state.StateError, OSError
        As in ``save``.
    """
    stem = Path(stem_path).expanduser()
    if not stem.name:
        raise ValueError(f"a figure needs a name, got {os.fspath(stem_path)!r}")
    checked = _checked(state)
    contents = {suffix: _render(figure, suffix, checked, text_alternative) for suffix in SUFFIXES}
    return files.write_together(stem, contents, overwrite)


def png_bytes(figure: Figure, dpi: float = PNG_DPI) -> bytes:
    """Return a figure as a PNG that carries nothing but its pixels, for use inside a page."""
    buffer = io.BytesIO()
    with _fixed_settings():
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def read_state(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the state that a saved figure was drawn from, validated.

    Parameters
    ----------
    path
        A figure written by ``save``, or the page of an explorer; its content decides what it is,
        not its suffix.

    Raises
    ------
    n2uq_viz.state.StateError
        The file is none of these, is damaged, or holds no state or one that cannot be shown.
    OSError
        The file cannot be read.
    """
    path = Path(path).expanduser()
    content = path.read_bytes()
    read: Callable[[bytes], str | None]
    if content.startswith(b"%PDF-"):
        kind, read = "PDF", _state_in_pdf
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, read = "PNG", _state_in_png
    elif content[:15].lower() == b"<!doctype html>":
        kind, read = "page", _state_in_page
    elif b"<svg" in content:
        kind, read = "SVG", _state_in_svg
    else:
        raise StateError(
            f"{path} must be an SVG, PDF or PNG figure or an explorer's page, and is none of them"
        )
    try:
        text = read(content)
    except Exception as error:  # the three libraries raise errors of many kinds for damaged files
        raise StateError(f"{path} is a damaged {kind}: {error}") from None
    if not text:
        raise StateError(
            f"{path} is a {kind} without a state: save a figure with n2uq_viz to have one"
        )
    try:
        return states.loads(text)
    except StateError as error:
        raise StateError(f"{path} holds a state that cannot be shown: {error}") from None


def _checked(state: Mapping[str, Any] | None) -> str | None:
    return None if state is None else states.dumps(states.validate(state))


# --- Writing: one function per format -------------------------------------------------------------


def _render(figure: Figure, suffix: str, state: str | None, alternative: str) -> bytes:
    alternative = _NOT_IN_XML.sub("\ufffd", alternative).strip()
    title = re.split(r"(?<=[.!?])\s", alternative, maxsplit=1)[0] or _UNTITLED
    write = {".svg": _svg, ".pdf": _pdf, ".png": _png}[suffix]
    with _fixed_settings():
        return write(figure, state, title, alternative)


@contextmanager
def _fixed_settings() -> Iterator[None]:
    """Settings that decide about a file's bytes, the same whatever a user's matplotlibrc says."""
    import matplotlib

    everything: Mapping[Any, Any] = matplotlib.rcParamsDefault
    settings: dict[Any, Any] = {
        key: value for key, value in everything.items() if key.startswith(_DRAWN_WITH)
    }
    settings |= {"svg.fonttype": "none", "svg.hashsalt": _CREATOR, "pdf.fonttype": 42}
    with matplotlib.rc_context(settings):
        yield


def _svg(figure: Figure, state: str | None, title: str, alternative: str) -> bytes:
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    drawn = buffer.getvalue()
    # A page that embeds the file reads title and description out as the picture's name and text.
    ours = [f'<title id="{_CREATOR}-title">{escape(title)}</title>']
    labels = f"{_CREATOR}-title"
    if alternative:
        ours.append(f'<desc id="{_CREATOR}-desc">{escape(alternative)}</desc>')
        labels += f" {_CREATOR}-desc"
    if state is not None:
        ours.append(f'<metadata id="{STATE_KEY}">{escape(state)}</metadata>')
    root = re.search(r"<svg\b[^>]*(?=>)", drawn)
    assert root is not None, "matplotlib writes an <svg> element"
    head, tail = drawn[: root.end()], drawn[root.end() + 1 :]
    body = "\n ".join(ours)
    return f'{head} role="img" aria-labelledby="{labels}">\n {body}{tail}'.encode()


def _pdf(figure: Figure, state: str | None, title: str, alternative: str) -> bytes:
    metadata = {
        "Title": title,
        "Subject": alternative or None,
        "Keywords": state,
        "Creator": _CREATOR,
        "Producer": "matplotlib",
        "CreationDate": None,
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format="pdf", metadata=metadata)
    return buffer.getvalue()


def _png(figure: Figure, state: str | None, title: str, alternative: str) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    texts = {"Title": title, "Description": alternative, "Software": _CREATOR, STATE_KEY: state}
    for key, text in texts.items():
        if text:
            info.add_itxt(key, text)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PNG_DPI, pil_kwargs={"pnginfo": info})
    return buffer.getvalue()


# --- Reading -------------------------------------------------------------------------------------


def _state_in_page(content: bytes) -> str | None:
    block = f'<script type="application/json" id="{STATE_KEY}">(.*?)</script>'
    found = re.search(block, content.decode("utf-8"), re.DOTALL)
    return found and found[1]


def _state_in_svg(content: bytes) -> str | None:
    root = ElementTree.fromstring(content)
    for element in root.iter("{http://www.w3.org/2000/svg}metadata"):
        if element.get("id") == STATE_KEY:
            return element.text
    return None


def _state_in_pdf(content: bytes) -> str | None:
    from pypdf import PdfReader

    found = PdfReader(io.BytesIO(content)).metadata
    return None if found is None else found.get("/Keywords")


def _state_in_png(content: bytes) -> str | None:
    from PIL.PngImagePlugin import PngImageFile

    with PngImageFile(io.BytesIO(content)) as image:
        return image.text.get(STATE_KEY)
