"""What the cells of a notebook show on a page without a kernel; runs in the notebook's own kernel.

Explorers become pages of their own in frames, which can be dragged. Questions show what was asked,
with the answer closed until it is opened. Pictures go into files.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import ipywidgets
from IPython.core.getipython import get_ipython

from docs.mathml import mathml
from n2uq_viz.course import pages
from n2uq_viz.course.forms import FigureView, PredictionForm
from n2uq_viz.course.items import Choice
from n2uq_viz.explorers.stage import Stage
from n2uq_viz.words import say

_PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
_NOTEBOOK = re.compile(r'href="(\w+)\.ipynb"')
_TAG = re.compile(r"(<[^>]*>)")
_FORMULA = re.compile(r"\$([^$]+)\$")


def register(extra: str, notebook: str) -> None:
    """Have the running kernel show the course's things as HTML alone.

    Parameters
    ----------
    extra
        Folder for pictures and for pages of explorers; pages find it beside their own folder.
    notebook
        Name of the notebook, for the names of these pages.
    """
    folder = Path(extra)

    def page(shown: pages.Page) -> dict[str, str]:
        return _bundle(shown.html, repr(shown), folder)

    def form(asked: PredictionForm) -> dict[str, str]:
        static = asked._repr_mimebundle_()
        return _bundle(static["text/html"] + answer(asked), static["text/plain"], folder)

    def figure(view: FigureView) -> dict[str, str]:
        static = view._repr_mimebundle_()
        return _bundle(static["text/html"], static["text/plain"], folder)

    def explorer(stage: Stage) -> dict[str, str]:
        name = f"{notebook}-{stage.explorer}.html"
        saved = stage.save_html(folder / "explorers" / name)
        title = say(f"explorer.{stage.explorer}.title")
        return _bundle(frame(f"../explorers/{saved.name}", title), title, folder)

    ways: dict[type, Any] = {
        pages.Page: page,
        pages.Checked: lambda _checked: _bundle(*_note("site.check"), folder),
        PredictionForm: form,
        FigureView: figure,
        Stage: explorer,
        ipywidgets.Widget: lambda _widget: _bundle(*_note("site.widget"), folder),
    }
    formatter = get_ipython().display_formatter.mimebundle_formatter  # type: ignore[union-attr]
    for kind, way in ways.items():
        formatter.for_type(kind, way)


def frame(address: str, title: str) -> str:
    """A page in a frame, as HTML, with a link to the page alone."""
    said = html.escape(title, quote=True)
    return (
        f'<div class="explorer"><iframe src="{address}" title="{said}" loading="lazy" '
        f'allow="fullscreen"></iframe><p>{pages.link(address, say("site.alone", title=title))}'
        "</p></div>"
    )


def answer(asked: PredictionForm) -> str:
    """What happens, as HTML that stays closed until it is opened, and what there was to choose."""
    prediction, chapter = asked.prediction, asked.chapter
    truth = prediction.truth()
    options, results = "", ""
    for field in prediction.fields:
        label = pages.plain(prediction.label(field, chapter))
        results += f"<li>{label} <strong>{pages.plain(field.show(truth[field.name]))}</strong></li>"
        if isinstance(field, Choice):
            each = "".join(f"<li>{pages.plain(text)}</li>" for text in field.options.values())
            options += f"<p>{label}</p><ul>{each}</ul>"
    why = prediction.judge(truth, truth, chapter).text
    return options + pages.folded(say("site.answer"), f"<ul>{results}</ul>{pages.prose(why)}")


def _note(key: str) -> tuple[str, str]:
    return f'<p class="site-note">{html.escape(say(key))}</p>', say(key)


def _bundle(shown: str, text: str, folder: Path) -> dict[str, str]:
    """HTML for a page of the site and the same as text.

    Pictures go into files, formulas become MathML, links lead to pages.
    """

    def picture(found: re.Match[str]) -> str:
        content = base64.b64decode(found[1])
        path = folder / "pictures" / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f'loading="lazy" src="../pictures/{path.name}"'

    def formula(found: re.Match[str]) -> str:
        return mathml(html.unescape(found[1]))

    parts = _TAG.split(_NOTEBOOK.sub(r'href="\1.html"', _PICTURE.sub(picture, shown)))
    parts[::2] = [_FORMULA.sub(formula, text) for text in parts[::2]]
    return {
        "text/html": "".join(parts),
        "text/plain": text,
    }
