"""Slides out of figures: one HTML file with everything in it, for a lecture hall without a network.

Each figure stands in the page as an SVG of its own with the state it was drawn from, so that no
name inside of one can meet a name inside of another. A Content-Security-Policy allows the one
script and the one style sheet that the page holds, by their hashes, and forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING

from n2uq_viz import files, style
from n2uq_viz.words import say

if TYPE_CHECKING:
    from n2uq_viz.pictures import Picture
    from n2uq_viz.style import Theme

__all__ = ["SIZE", "SUFFIX", "THEME", "page", "save"]

SUFFIX = ".html"
#: How figures are drawn for slides, unless another theme is asked for.
THEME, SIZE = "projector", "slide"
#: Captions longer than this are set smaller.
LONG_CAPTION = 1100
_ROLES = ("ink", "muted", "grid", "background", "expectation", "selected")


def page(pictures: Sequence[Picture]) -> str:
    """Return slides as the text of an HTML page: an overview, then one for each figure.

    Parameters
    ----------
    pictures
        Figures in the order of the slides, of one theme, each at most once.

    Raises
    ------
    ValueError
        There is no figure.

    Examples
    --------
    >>> page([])
    Traceback (most recent call last):
    ValueError: a deck must have at least one figure, got none
    """
    if not pictures:
        raise ValueError("a deck must have at least one figure, got none")
    look = style.theme(pictures[0].theme)
    css = f"\n{_colors(look)}\n@media print {{ {_colors(style.theme('print'))} }}\n"
    css += _source("deck.css")
    script = f"\n{_source('deck.js')}"
    count = len(pictures) + 1
    slides = "\n".join(_slide(picture, k, count) for k, picture in enumerate(pictures, start=2))
    policy = f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(script)}'; "
    policy += "img-src data:; base-uri 'none'; form-action 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="n2uq_viz">
<meta name="color-scheme" content="{"dark" if look.name == "dark" else "light"}">
<link rel="icon" href="data:,">
<title>{_words("deck.title")}</title>
<style>{css}</style>
</head>
<body>
<main>
{_first(pictures, count)}
{slides}
</main>
{_controls(count)}
<script type="module">{script}</script>
</body>
</html>
"""


def save(pictures: Sequence[Picture], path: str | Path, *, overwrite: bool = False) -> Path:
    """Write `page` to a file and return where.

    If the file exists, the next free name beside it is taken unless `overwrite` is given.

    Raises
    ------
    ValueError
        There is no figure, or the suffix is not ``.html``.
    OSError
        The folder cannot be made or written to.
    """
    return files.write_as(path, SUFFIX, "a deck", lambda: page(pictures).encode(), overwrite)


def _first(pictures: Sequence[Picture], count: int) -> str:
    entries = "\n".join(
        f'<li><a href="#{picture.name}">{picture.name}</a> '
        f'<span class="claim">{html.escape(picture.claim)}</span></li>'
        for picture in pictures
    )
    return f"""<section class="slide first" id="title" {_labels(1, count, say("deck.overview"))}>
<h1>{_words("deck.title")}</h1>
<p>{_words("deck.about")}</p>
<p class="help">{_words("deck.help")}</p>
<noscript><p>{_words("deck.no_script")}</p></noscript>
<ol start="2">
{entries}
</ol>
</section>"""


def _slide(picture: Picture, number: int, count: int) -> str:
    source = base64.b64encode(picture.content(".svg", text="paths")).decode()
    caption = picture.caption
    long = ' class="long"' if len(caption) > LONG_CAPTION else ""
    return f"""<section class="slide" id="{picture.name}" {_labels(number, count, picture.claim)}>
<h1 class="unseen">{html.escape(picture.claim)}</h1>
<figure>
<img src="data:image/svg+xml;base64,{source}" alt="{html.escape(picture.alternative)}">
<figcaption><p{long}>{html.escape(caption)}</p></figcaption>
</figure>
<aside class="words"><h2>{_words("deck.speaker")}</h2><p>{html.escape(picture.speaker)}</p></aside>
</section>"""


def _labels(number: int, count: int, title: str) -> str:
    label = say("deck.slide", number=number, count=count, title=title.rstrip("."))
    short = say("deck.number", number=number, count=count)
    return f'aria-label="{html.escape(label)}" data-number="{html.escape(short)}"'


def _controls(count: int) -> str:
    def button(name: str, shown: str = "", more: str = "") -> str:
        words = _words(f"deck.{name}")
        label = f' aria-label="{words}" title="{words}"' if shown else ""
        return f'<button type="button" data-deck="{name}"{label}{more}>{shown or words}</button>'

    return "\n".join(
        (
            f'<nav aria-label="{_words("deck.controls")}">',
            button("previous", "←"),
            '<span data-deck="number" aria-hidden="true"></span>',
            button("next", "→"),
            f'<progress data-deck="bar" max="{count}" value="1" aria-hidden="true"></progress>',
            button("overview"),
            button("speaker", more=' aria-pressed="false" aria-keyshortcuts="s"'),
            button("fullscreen", more=' aria-keyshortcuts="f"'),
            '<p class="unseen" role="status" data-deck="status"></p>',
            "</nav>",
        )
    )


def _colors(look: Theme) -> str:
    """Return colors as custom properties; on paper those of a page, whatever a screen shows."""
    colors = " ".join(f"--{role}: {look.color[role]};" for role in _ROLES)
    return f":root {{ {colors} }}"


def _words(key: str) -> str:
    return html.escape(say(key))


def _source(name: str) -> str:
    return (resources(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
