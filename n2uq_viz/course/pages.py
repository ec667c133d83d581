"""The course's HTML in one place: small, escaped, readable in light and dark, and as text too.

Pages need no script and no style sheet, so they look the same in JupyterLab, in VS Code and in a
notebook that was exported. No meaning is carried by color alone.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from n2uq_viz import style
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from n2uq_viz.course.items import Verdict

#: CSS pixels per inch of a figure, and how many dots the picture has for each of them.
CSS_PER_INCH = 96
DOTS_PER_CSS = 2
WIDTH = "46rem"
#: Narrowest that a picture is shown, in CSS pixels.
READABLE = 600
#: Widgets would otherwise set text as wide apart as buttons.
LINE_HEIGHT = 1.5
_SIGN = {"right": "✓", "not_yet": "○", "differs": "≠", "not_answered": "…", "unreadable": "?"}
_ROLE = {
    "right": "gste",
    "not_yet": "monte_carlo",
    "differs": "monte_carlo",
    "not_answered": "muted",
    "unreadable": "muted",
}


@dataclass(frozen=True)
class Page:
    """Something to look at: a notebook shows its HTML, a terminal its text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, repr=False)
class Checked(Page):
    """A verdict on an answer, as a page."""

    verdict: Verdict

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.verdict.right


def prose(text: str) -> str:
    """Text as HTML paragraphs: escaped, blank lines part them, backticks mark code.

    Examples
    --------
    >>> prose("Is `a < b`?")
    '<p style="line-height: 1.5">Is <code>a &lt; b</code>?</p>'
    """
    parts = [_inline(part) for part in re.split(r"\n\s*\n", text.strip())]
    return "".join(f'<p style="line-height: {LINE_HEIGHT}">{part}</p>' for part in parts)


def box(kind: str, heading: str, text: str, lines: Iterable[str] = ()) -> str:
    """A framed remark: a sign and a heading in words, a text, then small print."""
    color = style.theme("light").color[_ROLE[kind]]
    small = "".join(f"<p><small>{_inline(line)}</small></p>" for line in lines)
    return (
        f'<div role="status" style="border-left: 4px solid {color}; padding: 0 0 0 12px; '
        f'max-width: {WIDTH}"><p><strong><span aria-hidden="true">{_SIGN[kind]} </span>'
        f"{html.escape(heading)}</strong></p>{prose(text)}{small}</div>"
    )


def verdict(found: Verdict, lines: Sequence[str] = ()) -> Checked:
    """The page of a verdict, with further lines in small print."""
    text = "\n".join([str(found), *lines])
    return Checked(box(found.kind, found.heading, found.text, lines), text, found)


def fold(summary: str, text: str, code: str = "") -> Page:
    """Something that stays closed until the learner opens it."""
    block = f"<pre><code>{html.escape(code)}</code></pre>" if code else ""
    body = folded(summary, prose(text) + block)
    # A terminal cannot fold, so there the text is what `print` shows and not what the prompt shows.
    return Fold(body, "\n\n".join(part for part in (text, code) if part), summary)


@dataclass(frozen=True, repr=False)
class Fold(Page):
    """A page whose content is opened on demand; its ``text`` holds the content."""

    summary: str

    def __repr__(self) -> str:
        return say("course.fold.terminal", summary=self.summary)


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already, with column headings; a caption may be empty."""
    first = "".join(f'<th scope="col" style="text-align: left">{html.escape(h)}</th>' for h in head)
    cell = '<td style="text-align: left; vertical-align: top">'
    body = "".join("<tr>" + "".join(f"{cell}{c}</td>" for c in row) + "</tr>" for row in rows)
    said = f'<caption style="text-align: left">{html.escape(caption)}</caption>' if caption else ""
    return f"<table>{said}<thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"


def folded(summary: str, block: str, *, is_open: bool = False) -> str:
    """A line that opens and closes a block, which is HTML already."""
    return (
        f'<details style="max-width: {WIDTH}"{" open" if is_open else ""}>'
        f'<summary style="cursor: pointer">{html.escape(summary)}</summary>{block}</details>'
    )


def plain(text: str) -> str:
    """Text as HTML, escaped, with backticks for code."""
    return _inline(text)


def link(target: str, text: str) -> str:
    """A link in HTML."""
    return f'<a href="{html.escape(target, quote=True)}">{html.escape(text)}</a>'


def picture(figure: Figure, alternative: str, caption: str) -> str:
    """A matplotlib figure as an HTML figure: a PNG with its text alternative and its caption."""
    width = round(figure.get_size_inches()[0] * CSS_PER_INCH)
    source = base64.b64encode(png(figure)).decode("ascii")
    # In a narrow window the picture scrolls rather than shrink until nobody can read it; its width
    # does not count, or the caption would grow as wide.
    return (
        f'<figure style="margin: 0; max-width: {width}px">'
        '<div style="overflow-x: auto; contain: inline-size">'
        f'<img src="data:image/png;base64,{source}" alt="{html.escape(alternative, quote=True)}" '
        f'style="width: {width}px; max-width: 100%; min-width: {min(width, READABLE)}px; '
        f'height: auto"></div><figcaption>{prose(caption)}</figcaption></figure>'
    )


def png(figure: Figure) -> bytes:
    """The figure as a PNG that is sharp on a fine screen."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=CSS_PER_INCH * DOTS_PER_CSS)
    return buffer.getvalue()


def bundle(widget: Any, static: str, text: str) -> dict[str, Any]:
    """What a cell shows: the live widget, and the same as HTML where no widget can live."""
    shown: dict[str, Any] = widget._repr_mimebundle_()
    return {**shown, "text/html": static, "text/plain": text}


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
