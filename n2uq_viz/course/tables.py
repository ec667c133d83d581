"""The last notebook's tables: equations with their tests, papers, published results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from n2uq_viz.course import pages
from n2uq_viz.course.index import EQUATIONS, REFERENCES, RESULTS
from n2uq_viz.words import say

__all__ = ["equations", "references", "results"]


def equations(folder: Path) -> pages.Page:
    """Where each equation is explained, what computes it, and which test checks that.

    Notebooks become links where they are in `folder`.
    """
    rows, lines = [], []
    for each in EQUATIONS:
        what = say(f"course.equations.name.{each.name}")
        if each.paper is not None:
            what = f"{what} ({say('course.equations.paper', number=each.paper)})"
        number = each.notebook.split("_", 1)[0]
        target = f"{each.notebook}.ipynb"
        here = (folder / target).is_file()
        rows.append(
            [
                pages.plain(what),
                f"${each.formula}$",
                pages.link(target, number) if here else pages.plain(number),
                _code(each.function.removeprefix("n2uq_viz.")),
                _code(each.test),
            ]
        )
        lines.append(" | ".join([what, each.formula, each.notebook, each.function, each.test]))
    return _page("equations", ("what", "formula", "notebook", "function", "test"), rows, lines)


def references() -> pages.Page:
    """The papers that the course rests on or names."""
    cells = [[r.authors, r.title, r.where, r.arxiv] for r in REFERENCES]
    rows = [[*map(pages.plain, row)] for row in cells]
    return _page(
        "references", ("authors", "title", "where", "arxiv"), rows, [" | ".join(c) for c in cells]
    )


def results() -> pages.Page:
    """Published results on ImageNet, which are not this project's."""
    cells = [[r.net, r.method, *map(_percent, r.accuracies)] for r in RESULTS]
    rows = [[*map(pages.plain, row)] for row in cells]
    return _page("results", ("net", "method", "2", "3", "4"), rows, [" | ".join(c) for c in cells])


def _code(name: str) -> str:
    """Return a long name as code that may be broken anywhere, so that the table keeps its width.

    On a telephone the table scrolls instead: no name stands there letter below letter.
    """
    broken = "display: inline-block; min-width: 11em; overflow-wrap: anywhere; white-space: normal"
    return f'<code style="{broken}">{pages.plain(name)}</code>'


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _page(name: str, columns: Sequence[str], rows: list[list[str]], lines: list[str]) -> pages.Page:
    caption = say(f"course.{name}.caption")
    head = [say(f"course.{name}.head.{column}") for column in columns]
    return pages.Page(pages.table(caption, head, rows), "\n".join([caption, *lines]))
