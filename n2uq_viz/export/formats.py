"""A figure as the content of a file: one function per format, which also puts the state inside."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from n2uq_viz import state as states
from n2uq_viz.checks import choice, number
from n2uq_viz.export import tex

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DPI_LIMITS",
    "PNG_DPI",
    "STATE_KEY",
    "SUFFIXES",
    "TEXTS",
    "Options",
    "check_dpi",
    "check_state",
    "described",
    "png_bytes",
    "render",
]

#: What a saved figure can be; the suffix of the file's name decides.
SUFFIXES = (".svg", ".pdf", ".png")
#: Name of the state in a file: ``id`` of the SVG's metadata element, keyword of the PNG's text.
STATE_KEY = "n2uq_viz-state"
#: Dots per inch of a PNG: a figure of 8 x 6 inches is 1600 pixels wide, enough for a projector.
PNG_DPI = 200
#: Fewest and most dots per inch: below, words cannot be read; above, no printer follows.
DPI_LIMITS = (30.0, 1200.0)
#: What words are in an SVG: text, which can be searched and edited, or the outlines of letters.
TEXTS = ("text", "paths")
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


@dataclass(frozen=True)
class Options:
    """How figures are drawn into files, checked when made: ValueError for what cannot be.

    >>> Options(dpi=10)
    Traceback (most recent call last):
        ...
    ValueError: dpi must be a number from 30 to 1200, got 10
    """

    text: str = TEXTS[0]
    dpi: float = PNG_DPI
    usetex: bool = False

    def __post_init__(self) -> None:
        choice("text", self.text, TEXTS)
        check_dpi(self.dpi)


def check_dpi(dpi: float) -> float:
    """Return dots per inch if they are within ``DPI_LIMITS``; else raise ValueError.

    >>> check_dpi(1200)
    1200.0
    """
    low, high = DPI_LIMITS
    rule = f"dpi must be a number from {low:g} to {high:g}, got {dpi!r}"
    try:
        found = number("dpi", dpi)
    except ValueError:
        raise ValueError(rule) from None
    if not low <= found <= high:
        raise ValueError(rule)
    return found


def check_state(state: Mapping[str, Any] | None) -> str | None:
    """Return the text of a state, once it is known to be valid; StateError if it is not.

    >>> check_state(None) is None
    True
    """
    return None if state is None else states.dumps(states.validate(state))


def described(alternative: str) -> tuple[str, str]:
    """Return the title of a file, which is the first sentence of its text, and that text.

    Both without signs that no file can hold.

    >>> described("A ramp. It rises."), described(" ")
    (('A ramp.', 'A ramp. It rises.'), ('Figure by n2uq_viz', ''))
    """
    text = _NOT_IN_XML.sub("\ufffd", alternative).strip()
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0] or _UNTITLED, text


def render(
    figure: Figure, suffix: str, state: str | None, alternative: str, options: Options
) -> bytes:
    """Return a figure as a file of that kind: one of ``SUFFIXES``; the figure is left as it was."""
    title, alternative = described(alternative)
    write: Callable[..., bytes] = {".svg": _svg, ".pdf": _pdf, ".png": _png}[suffix]
    words = tex.in_tex(figure) if options.usetex else nullcontext()
    with _fixed_settings(options.text), words:
        return write(figure, state, title, alternative, options)


def png_bytes(figure: Figure, dpi: float = PNG_DPI, compression: int = 6) -> bytes:
    """Return a figure as a PNG that carries nothing but its pixels, for use inside a page.

    `compression` is from 0, none, to 9, the smallest file.
    """
    buffer = io.BytesIO()
    with _fixed_settings():
        figure.savefig(
            buffer,
            format="png",
            dpi=dpi,
            metadata={"Software": None},
            pil_kwargs={"compress_level": compression},
        )
    return buffer.getvalue()


@contextmanager
def _fixed_settings(text: str = TEXTS[0]) -> Iterator[None]:
    """Settings that decide about a file's bytes, the same whatever a user's matplotlibrc says."""
    import matplotlib

    everything: Mapping[Any, Any] = matplotlib.rcParamsDefault
    settings: dict[Any, Any] = {
        key: value for key, value in everything.items() if key.startswith(_DRAWN_WITH)
    }
    letters = "path" if text == "paths" else "none"
    # 42 embeds the fonts as TrueType: every reader and printer shows the same letters.
    settings |= {"svg.fonttype": letters, "svg.hashsalt": _CREATOR, "pdf.fonttype": 42}
    with matplotlib.rc_context(settings):
        yield


def _svg(
    figure: Figure, state: str | None, title: str, alternative: str, _options: Options
) -> bytes:
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


def _pdf(
    figure: Figure, state: str | None, title: str, alternative: str, _options: Options
) -> bytes:
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


def _png(
    figure: Figure, state: str | None, title: str, alternative: str, options: Options
) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    texts = {"Title": title, "Description": alternative, "Software": _CREATOR, STATE_KEY: state}
    for key, text in texts.items():
        if text:
            info.add_itxt(key, text)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=options.dpi, pil_kwargs={"pnginfo": info})
    return buffer.getvalue()
