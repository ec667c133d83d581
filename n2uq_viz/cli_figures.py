"""The command ``n2uq-viz figures``: the named figures as files, slides and a contact sheet.

What was written stands on standard output, a path a line; how far it is, on standard error.
`n2uq_viz.cli` takes it up.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from n2uq_viz.cli_training import Mistake
from n2uq_viz.words import table

if TYPE_CHECKING:
    from n2uq_viz.pictures import Picture

__all__ = ["figures", "state_in"]

#: Where figures go that are sent nowhere else, and what they are written as.
FOLDER, FORMATS = Path("figures"), "svg,pdf,png"


def _figure_names() -> str:
    """Return the names of all figures: those with a caption, since asking matplotlib takes long."""
    keys = (key.split(".") for key in table())
    return ", ".join(key[1] for key in keys if len(key) == 3 and key[::2] == ["figure", "caption"])


def _whole(text: object) -> int:
    if not str(text).isdecimal():
        raise typer.BadParameter(f"must be a whole number, got {text!r}")
    return int(str(text))


def figures(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Any of {_figure_names()}; all if none is named."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files.  [figures]")] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Any of svg, pdf, png, gif and mp4, with commas between; an explorer's figure "
            "moves in the last two.  [svg,pdf,png]",
        ),
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="print, light, dark or projector.  [print]")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="slide, column or page.  [page; slide with the theme projector]"),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw from the state in this figure, page or JSON file; without a name, the "
            "figures of its explorer.",
        ),
    ] = None,
    notes: Annotated[
        bool, typer.Option("--notes", help="Put NAME.md with caption and words beside each figure.")
    ] = False,
    dpi: Annotated[
        int | None,
        typer.Option(parser=_whole, metavar="NUMBER", help="Dots per inch of PNG, GIF and MP4."),
    ] = None,
    svg_text: Annotated[
        str, typer.Option(help="Letters in an SVG: text, or paths that look the same everywhere.")
    ] = "text",
    deck: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html", help="Slides in one page that needs no network, instead of files."
        ),
    ] = None,
    contact_sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pdf", help="All figures small on A4 pages, instead of files."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that have these names.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Say which figures there are, and draw nothing.")
    ] = False,
) -> None:
    """Draw the named figures into files, slides or a contact sheet.

    A file that exists is kept and the next free name is taken, unless --overwrite is given. With
    --deck or --contact-sheet, files are written too if --out or --format is given.
    """
    from n2uq_viz import contact_sheet as sheets
    from n2uq_viz import deck as decks
    from n2uq_viz import export, files, pictures, style
    from n2uq_viz import figures as gallery

    known = (*export.SUFFIXES, *export.ANIMATION_SUFFIXES)
    suffixes = _suffixes(FORMATS if formats is None else formats, known)
    _check("a theme", theme, tuple(style.THEMES))
    _check("a size", size, gallery.SIZES)
    _check("text in an SVG", svg_text, export.TEXTS)
    low, high = export.DPI_LIMITS
    if dpi is not None and not low <= dpi <= high:
        raise Mistake(f"dots per inch must be from {low:g} to {high:g}, got {dpi}")
    _check_suffix("slides are", deck, decks.SUFFIX)
    _check_suffix("a contact sheet is", contact_sheet, sheets.SUFFIX)
    options: dict[str, Any] = {"overwrite": overwrite, **({} if dpi is None else {"dpi": dpi})}
    with _told_in_one_line():
        shown = None if state is None else state_in(state)
        chosen = pictures.choose(names or (), shown, theme=theme or "print", size=size)
        if listed:
            typer.echo("\n".join(_lines(chosen)))
            return
        as_files = (
            out is not None or formats is not None or (deck is None and contact_sheet is None)
        )
        if as_files:
            moving = [suffix for suffix in suffixes if suffix in export.ANIMATION_SUFFIXES]
            still = [suffix for suffix in suffixes if suffix not in moving]
            if moving:
                _check_moving(chosen, moving[0])
            folder = files.make_folder((out or FOLDER).expanduser())
            for picture in _counted(chosen):
                stem = folder / picture.name
                paths = picture.save(stem, still, notes=notes, text=svg_text, **options)
                paths += [
                    picture.save_animation(
                        stem.with_suffix(suffix), progress=sys.stderr.isatty(), **options
                    )
                    for suffix in moving
                ]
                typer.echo("\n".join(map(str, paths)))
        if contact_sheet is not None:
            small = chosen if as_files else _drawn(chosen, sheets.SUFFIX)
            typer.echo(str(sheets.save(small, contact_sheet, overwrite=overwrite)))
        if deck is not None:
            look = {"theme": theme or decks.THEME, "size": size or decks.SIZE}
            slides = _drawn(pictures.choose(names or (), shown, **look), ".svg", text="paths")
            typer.echo(str(decks.save(slides, deck, overwrite=overwrite)))


def state_in(path: Path) -> dict[str, Any]:
    """Return the state that a file holds: a figure, a page or JSON.

    Raises
    ------
    n2uq_viz.state.StateError
        It holds none, or one that cannot be shown.
    OSError
        It cannot be read.
    """
    from n2uq_viz import export
    from n2uq_viz.state import StateError, loads

    if path.is_dir():
        raise IsADirectoryError(f"Is a directory: {str(path)!r}; name a file in it")
    if path.suffix.lower() != ".json":
        return export.read_state(path)
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, StateError) as error:
        raise StateError(f"{path} holds a state that cannot be shown: {error}") from None


def _suffixes(formats: str, known: Sequence[str]) -> list[str]:
    """Return the suffixes for formats with commas between, each once."""
    wanted = [name.strip().lower().lstrip(".") for name in formats.split(",")]
    for name in wanted:
        _check("a format", name, [suffix[1:] for suffix in known])
    return [f".{name}" for name in dict.fromkeys(wanted)]


def _check(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise Mistake(f"{what} must be one of {', '.join(known)}, got {value!r}")


def _check_suffix(what: str, path: Path | None, suffix: str) -> None:
    """Raise a mistake before anything is drawn, which may take long."""
    if path is not None and path.suffix.lower() != suffix:
        raise Mistake(f"{what} saved as {suffix}, got {str(path)!r}")


def _check_moving(chosen: Sequence[Picture], suffix: str) -> None:
    """Raise a mistake if a figure is to move that nothing moves in."""
    for picture in chosen:
        if not picture.moves:
            raise Mistake(
                f"{suffix[1:]} needs the figure of an explorer, in which something moves, and "
                f"{picture.name!r} is none; leave out one of them"
            )


def _lines(chosen: Sequence[Picture]) -> Iterator[str]:
    """Name figures with their claims, as wide as the terminal."""
    wide = max(len(picture.name) for picture in chosen) + 2
    for picture in chosen:
        yield textwrap.fill(
            picture.claim,
            width=shutil.get_terminal_size().columns,
            initial_indent=picture.name.ljust(wide),
            subsequent_indent=" " * wide,
        )


def _counted(chosen: Sequence[Picture]) -> Iterator[Picture]:
    """Yield figures, each told before it is drawn."""
    for k, picture in enumerate(chosen, start=1):
        typer.echo(f"{k}/{len(chosen)} {picture.name}", err=True)
        yield picture


def _drawn(chosen: Sequence[Picture], suffix: str, **options: Any) -> Sequence[Picture]:
    """Draw figures in one format, which is most of the work for slides and sheets."""
    for picture in _counted(chosen):
        picture.content(suffix, **options)
    return chosen


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Turn what prevents figures into the one line of a mistake."""
    from n2uq_viz.state import StateError

    try:
        yield
    except (OSError, ImportError, ValueError, StateError) as error:
        raise Mistake(str(error)) from None
