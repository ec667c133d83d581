"""What must hold before the course is opened in JupyterLab, and the notebooks made ready for it.

Whatever prevents a start is found before anything is changed, and told in one line.
"""

from __future__ import annotations

import errno
import importlib.util
import itertools
import os
import socket
import sys
import tempfile
import tomllib
from pathlib import Path

from n2uq_viz import notebooks

ADDRESS = "127.0.0.1"


class LabError(Exception):
    """Why the lab cannot start, and what would help, in one line for people."""


def find_notebooks(start: Path) -> Path:
    """Return the folder ``notebooks`` of the clone of n2uq_viz that ``start`` is in.

    Raises
    ------
    LabError
        ``start`` is not inside a clone.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and _project_name(folder) == "n2uq_viz":
            return folder / "notebooks"
    raise LabError(
        f"the notebooks are part of a clone of n2uq_viz, and {start} is not inside one: "
        "change into the clone, then start the lab again"
    )


def _project_name(folder: Path) -> str | None:
    try:
        with (folder / "pyproject.toml").open("rb") as file:
            name = tomllib.load(file)["project"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(name)


def check_packages() -> None:
    """Make sure that the packages of the lab are there.

    Raises
    ------
    LabError
        One is missing; the message says how to install it.
    """
    for name, module in {"JupyterLab": "jupyterlab", "jupytext": "jupytext"}.items():
        if importlib.util.find_spec(module) is None:
            raise LabError(
                f"{name} is not installed for {sys.executable}: run, in the clone, "
                f'{sys.executable} -m pip install -c constraints.txt -e ".[lab]"'
            )


def check_folder(folder: Path) -> None:
    """Make sure that notebooks and answers can be saved in a folder.

    Raises
    ------
    LabError
        Nothing can be written there.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LabError(
            f"{folder} cannot be written to ({error.strerror}), and the lab saves your work there: "
            "clone n2uq_viz into a folder of your own"
        ) from None


def check_port(port: int) -> None:
    """Make sure that a port is free on this machine.

    Raises
    ------
    LabError
        It is not; the message names one that is.
    """
    error = _why_not(port)
    if error is None:
        return
    taken = error.errno == errno.EADDRINUSE
    reason = (
        "is in use, perhaps by a lab that still runs" if taken else f"is shut ({error.strerror})"
    )
    free = next(p for p in itertools.count(max(port, 8888) + 1) if _why_not(p) is None)
    raise LabError(
        f"port {port} {reason}: stop that one, or choose another: "
        f"n2uq-viz lab --port {free} (make lab PORT={free})"
    )


def _why_not(port: int) -> OSError | None:
    with socket.socket() as probe:
        if os.name == "posix":  # as the server does: a port that was just left is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            return error
    return None


def choose_notebook(folder: Path, name: str) -> str:
    """Return the name, without suffix, of the notebook that is meant.

    Raises
    ------
    LabError
        There is no such notebook; the message names those there are.
    """
    names = [source.stem for source in notebooks.sources(folder)]
    wanted = Path(name).name.removesuffix(".ipynb").removesuffix(".py")
    if wanted not in names:
        raise LabError(f"no notebook {name!r} in {folder}; there are: {', '.join(names) or 'none'}")
    return wanted


def prepare(folder: Path) -> list[str]:
    """Convert every notebook of a folder, and return a line for each thing a reader should know.

    Raises
    ------
    LabError
        The folder cannot be written to, or a notebook in it cannot be read.
    """
    check_folder(folder)
    try:
        conversions = [notebooks.convert(source) for source in notebooks.sources(folder)]
    except OSError as error:
        raise LabError(str(error)) from None
    lines = []
    for done in conversions:
        name = done.notebook.name
        lines += [f"{path.name} is no notebook; it was left alone" for path in done.broken]
        if done.older or done.broken:
            lines += [f"{path.name} was left as you changed it" for path in done.older]
            lines.append(f"the newest text of it is in {name}")
        elif done.action == "made":
            lines.append(f"{name} made")
        elif done.action == "replaced":
            lines.append(f"{name} replaced by its newer text; you had not changed it")
    return lines
