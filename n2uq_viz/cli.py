"""The command ``n2uq-viz``: what the package does, for people who are not in Python just now.

Thin on purpose: each command checks what it was given, calls the module that does the work, and
tells a user's mistake in one line with exit status 2. Modules are imported when they are needed, so
that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from n2uq_viz import cli_figures, cli_inspect, cli_integer, cli_training
from n2uq_viz.cli_figures import state_in
from n2uq_viz.cli_training import Mistake
from n2uq_viz.words import table

app = typer.Typer(
    name="n2uq-viz",
    help="See why the straight-through estimator works, and what learnable thresholds change.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say which.")] = False,
) -> None:
    """See why the straight-through estimator works, and what learnable thresholds change."""
    if version:
        from n2uq_viz import __version__

        typer.echo(f"n2uq-viz {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _port(text: object) -> int:
    number = int(str(text)) if str(text).isdecimal() else 0
    if not 1 <= number <= 65535:
        raise typer.BadParameter(f"a port must be a whole number from 1 to 65535, got {text!r}")
    return number


@app.command(epilog="Example: n2uq-viz lab --notebook 00_start_here --port 8890")
def lab(
    port: Annotated[
        int,
        typer.Option(parser=_port, metavar="NUMBER", help="Where to listen, on this machine only."),
    ] = 8888,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser, or only say where.")
    ] = True,
    notebook: Annotated[
        str, typer.Option(metavar="NAME", help="The notebook to open.")
    ] = "00_start_here",
    convert_only: Annotated[
        bool, typer.Option("--convert-only", help="Make the notebooks, for another program.")
    ] = False,
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTION...]", help="Options for JupyterLab itself."),
    ] = None,
) -> None:
    """Open the course in JupyterLab; Ctrl-C stops it.

    The notebooks are made from their texts first. One that you have changed is never touched.
    """
    from n2uq_viz import lab as course
    from n2uq_viz import lab_server

    try:
        folder = course.find_notebooks(Path.cwd())
        course.check_packages()
        name = course.choose_notebook(folder, notebook)
        if not convert_only:
            # Before anything is written: a lab that still runs may have these notebooks open.
            course.check_port(port)
        for line in course.prepare(folder):
            typer.echo(line)
        if convert_only:
            return
        lab_server.serve(folder, name, port, browser, typer.echo, options or ())
    except course.LabError as error:
        raise Mistake(str(error)) from None
    typer.echo("the lab has stopped")


app.command(epilog="Example: n2uq-viz figures overview --format svg,png --out slides")(
    cli_figures.figures
)


def _explorer_names() -> str:
    """Return the names of all explorers, as the words have them: importing them takes long."""
    keys = (key.split(".") for key in table())
    return ", ".join(key[1] for key in keys if len(key) == 3 and key[::2] == ["explorer", "about"])


@app.command(epilog="Example: n2uq-viz explorer threshold --out threshold.html")
def explorer(
    name: Annotated[str | None, typer.Argument(help=f"One of {_explorer_names()}.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All of them, with an index.html that leads to them.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="File for the page (NAME.html without it), or with --all a folder."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Show the state of this figure, page or JSON file."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that have these names.")
    ] = False,
) -> None:
    """Write explorers as pages that need no Python and no network.

    A page is one file: for a disk, a web server or a course system. One that exists is kept and the
    next free name is taken, unless --overwrite is given. With --from alone, the state says which
    explorer it is for.
    """
    from n2uq_viz import explorers
    from n2uq_viz.explorers import page
    from n2uq_viz.state import StateError

    if every == (name is not None or source is not None):
        raise Mistake("name one explorer, or a file with --from, or --all of them")
    if name is not None and name not in explorers.NAMES:
        raise Mistake(f"an explorer must be one of {', '.join(explorers.NAMES)}, got {name!r}")
    try:
        if every:
            for path in page.save_all(out or Path("explorers"), overwrite=overwrite):
                typer.echo(str(path))
            return
        state = None if source is None else state_in(source)
        chosen = name or (state or {})["explorer"]
        found = explorers.NAMES[chosen]
        shown = found.opened() if state is None else found.from_state(state)
        typer.echo(str(shown.save_html(out or Path(f"{chosen}.html"), overwrite=overwrite)))
    except (OSError, ImportError, ValueError, StateError) as error:
        raise Mistake(str(error)) from None


app.command(
    epilog="Example: n2uq-viz train --task moons --method gste --bits 2 --seed 1 --out runs"
)(cli_training.train)
app.command(
    epilog="Example: n2uq-viz sweep --tasks moons --methods ste,gste --bits 1-4 --seeds 0-9"
)(cli_training.sweep)
app.command(epilog="Example: n2uq-viz inspect features.npy --bits 2 --out pictures")(
    cli_inspect.inspect
)
app.command(epilog="Example: n2uq-viz integer --onnx digits.onnx --batch-sizes 64,1 --json")(
    cli_integer.integer
)


def main() -> None:
    """Run the command; a mistake is one line on standard error and exit status 2."""
    try:
        status = app(prog_name="n2uq-viz", standalone_mode=False)
    except Mistake as error:
        line = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        typer.echo(f"n2uq-viz: {line}", err=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
