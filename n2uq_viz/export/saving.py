"""Figures into files, one or several under one name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz import files
from n2uq_viz.export import tex
from n2uq_viz.export.formats import (
    PNG_DPI,
    SUFFIXES,
    TEXTS,
    Options,
    check_state,
    render,
)
from n2uq_viz.export.notes import markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NOTES_SUFFIX", "save", "save_all"]

#: What stands beside a figure if notes are asked for.
NOTES_SUFFIX = ".md"


def save(
    figure: Figure,
    path: str | os.PathLike[str],
    state: Mapping[str, Any] | None,
    *,
    text_alternative: str = "",
    caption: str = "",
    overwrite: bool = False,
    text: str = TEXTS[0],
    dpi: float = PNG_DPI,
    notes: bool = False,
    usetex: bool = False,
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
    caption
        What stands below the figure, for the notes.
    overwrite
        Whether a file of that name is replaced. If not, the next free name is taken:
        ``name-2.svg``, ``name-3.svg``, ... .
    text
        What words are in an SVG: ``"text"``, which can be searched and edited, or ``"paths"``, for
        programs without the font. A PDF holds its fonts, and a PNG is made of pixels.
    dpi
        Dots per inch of a PNG, from 30 to 1200.
    notes
        Whether ``name.md`` is written as well, under the same free name: picture, caption and text
        alternative in Markdown.
    usetex
        Whether LaTeX sets the words; it must be installed.

    Returns
    -------
    Path
        The figure that was written.

    Raises
    ------
    ValueError
        The suffix is none of the three, an option breaks its rule, or there is no LaTeX.
    n2uq_viz.state.StateError
        The state is not valid.
    OSError
        The folder cannot be made or written to.

    Examples
    --------
    >>> save(None, "figure.jpg", None)
    Traceback (most recent call last):
        ...
    ValueError: a figure is saved as .svg, .pdf, .png, got 'figure.jpg'; an animation is saved as \
.gif, .mp4 by save_animation
    """
    target = Path(path).expanduser()
    if target.suffix.lower() not in SUFFIXES:
        folder = ", a folder: add the name of a file" if target.is_dir() else ""
        raise ValueError(
            f"a figure is saved as {', '.join(SUFFIXES)}, got {os.fspath(path)!r}{folder}; an "
            "animation is saved as .gif, .mp4 by save_animation"
        )
    options = Options(text, dpi, usetex)
    words = (text_alternative, caption)
    return _save(
        figure, target.with_suffix(""), [target.suffix], state, words, options, overwrite, notes
    )[0]


def save_all(
    figure: Figure,
    stem_path: str | os.PathLike[str],
    state: Mapping[str, Any] | None,
    *,
    text_alternative: str = "",
    caption: str = "",
    overwrite: bool = False,
    text: str = TEXTS[0],
    dpi: float = PNG_DPI,
    notes: bool = False,
    usetex: bool = False,
) -> list[Path]:
    """Save a figure as SVG, PDF and PNG under one common name that none of the three has yet.

    Parameters
    ----------
    figure, state, text_alternative, caption, overwrite, text, dpi, notes, usetex
        As in ``save``; the picture of the notes is the SVG.
    stem_path
        Folder and name without a suffix: ``figures/threshold``.

    Returns
    -------
    list of Path
        The three files, in the order of ``SUFFIXES``.

    Raises
    ------
    ValueError
        The name is empty, or an option breaks its rule.
    n2uq_viz.state.StateError, OSError
        As in ``save``.
    """
    stem = Path(stem_path).expanduser()
    if not stem.name:
        raise ValueError(f"a figure needs a name, got {os.fspath(stem_path)!r}")
    options = Options(text, dpi, usetex)
    words = (text_alternative, caption)
    return _save(figure, stem, SUFFIXES, state, words, options, overwrite, notes)


def _save(
    figure: Figure,
    stem: Path,
    suffixes: Sequence[str],
    state: Mapping[str, Any] | None,
    words: tuple[str, str],
    options: Options,
    overwrite: bool,
    notes: bool,
) -> list[Path]:
    """Write the figures, and their notes if asked for, under one name; return the figures."""
    checked = check_state(state)
    alternative, caption = words
    if options.usetex:
        tex.check_programs([suffix.lower() for suffix in suffixes])
    contents: dict[str, files.Content] = {
        suffix: render(figure, suffix.lower(), checked, alternative, options) for suffix in suffixes
    }
    if notes:
        contents[NOTES_SUFFIX] = lambda name: markdown(
            name + suffixes[0], caption, alternative
        ).encode()
    return files.write_together(stem, contents, overwrite)[: len(suffixes)]
