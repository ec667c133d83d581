"""Start JupyterLab on the course, for one person on this machine.

The lab takes no settings from the reader's own Jupyter (a password, another address, a program
that rewrites notebooks): the course must open the same everywhere, and be reached from nowhere
else. The look is the reader's own: theme, font sizes and keyboard shortcuts. Whatever prevents a
start is found before anything is changed, and told in one line.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import importlib.util
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from n2uq_viz import notebooks

ADDRESS = "127.0.0.1"
FIRST_NOTEBOOK = "00_start_here"
CONFIG = Path(__file__).with_name("lab_config")
#: Seconds: a first start from a slow disk may take long; a stop that takes longer is forced.
START_TIME, STOP_TIME = 120, 15


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


def serve(
    folder: Path,
    notebook: str,
    port: int,
    browser: bool,
    announce: Callable[[str], None],
    options: Sequence[str] = (),
) -> None:
    """Run JupyterLab until it is stopped: from its menu, by Ctrl-C, or by ending this process.

    Parameters
    ----------
    folder
        The notebooks.
    notebook
        Name, without suffix, of the one to open.
    port
        Where to listen, on this machine only.
    browser
        Whether to open the reader's browser.
    announce
        Called with the address, which holds the token, once the lab answers.
    options
        Further options for JupyterLab. It refuses one that is set here already, the address to
        listen on among them.

    Raises
    ------
    LabError
        JupyterLab did not start, or ended by itself with an error.
    """
    token = secrets.token_hex(24)
    page = f"/lab/tree/{quote(notebook)}.ipynb"
    command = [
        *(sys.executable, "-P", "-m", "jupyterlab"),
        f"--ServerApp.ip={ADDRESS}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.open_browser={browser}",
        f"--LabApp.default_url={page}",
        # The texts stand beside the notebooks, and are not what a reader is here for.
        *(f"--ContentsManager.hide_globs={name}" for name in _hidden(folder)),
        *options,
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with (
        tempfile.TemporaryDirectory(prefix="n2uq_viz-lab-") as empty,
        _ends_like_control_c(),
        subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder, empty, token),
            stdin=subprocess.DEVNULL,
            # Ctrl-C comes to this process, which then ends the server.
            process_group=0 if os.name == "posix" else None,
        ) as server,
    ):
        try:
            _wait_until_it_answers(server, port, token)
            announce(f"http://{ADDRESS}:{port}{page}?token={token}")
            if server.wait() != 0:
                raise LabError(f"JupyterLab ended with exit status {server.returncode}")
        except KeyboardInterrupt:
            pass
        finally:
            _stop(server)


def _hidden(folder: Path) -> list[str]:
    return ["__pycache__", "*.pyc", "*~", ".DS_Store", *(p.name for p in notebooks.sources(folder))]


def _environment(folder: Path, empty: str, token: str) -> dict[str, str]:
    """Return the variables that make Jupyter look for its settings where they are meant to be."""
    from jupyter_core.paths import jupyter_config_dir

    looks = Path(jupyter_config_dir()) / "lab" / "user-settings"
    given = {"JUPYTERLAB_SETTINGS_DIR": str(looks), **os.environ}
    for name in ("JUPYTER_NO_CONFIG", "JUPYTER_PATH"):
        given.pop(name, None)
    # Settings that are named for this very start count, after those of the course.
    settings = [str(CONFIG), *filter(None, [given.get("JUPYTER_CONFIG_PATH")])]
    return {
        **given,
        "JUPYTER_CONFIG_DIR": empty,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(settings),
        # Which notebooks are open is remembered per clone.
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".lab"),
        # python3 is the Python that runs this, whatever kernels the reader has.
        "JUPYTER_PREFER_ENV_PATH": "1",
        # Not an argument: arguments can be read by everyone on a shared machine.
        "JUPYTER_TOKEN": token,
    }


@contextlib.contextmanager
def _ends_like_control_c() -> Iterator[None]:
    """Let a request to end, or a closed terminal, stop the server too."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    # Ctrl-C itself is among them because a shell takes it away from what it runs in the background.
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int, token: str) -> None:
    end = time.monotonic() + START_TIME
    while time.monotonic() < end:
        if server.poll() is not None:
            raise LabError(
                f"JupyterLab ended before it answered (exit status {server.returncode}); "
                "what it said is above"
            )
        if _answers(port, token):
            return
        time.sleep(0.05)
    raise LabError(f"JupyterLab did not answer on port {port} within {START_TIME} s")


def _answers(port: int, token: str) -> bool:
    """Whether a server is there that knows the token: another program's may have come first."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", "/api/status", headers={"Authorization": f"token {token}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server if it still runs; it ends its notebooks' kernels."""
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(STOP_TIME)
    except subprocess.TimeoutExpired:
        server.kill()
