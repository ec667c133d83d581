"""Run JupyterLab for one person on this machine, and end it with everything it started.

It takes no settings from the reader's own Jupyter (a password, another address, a program that
rewrites notebooks): the course must open the same everywhere, and be reached from nowhere else. The
look is the reader's own: theme, font sizes and keyboard shortcuts.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from n2uq_viz import notebooks
from n2uq_viz.lab import ADDRESS, LabError

CONFIG = Path(__file__).with_name("lab_config")
#: Seconds: a first start from a slow disk may take long; a stop that takes longer is forced.
START_TIME, STOP_TIME = 120, 15


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
        Called with a line when the lab starts, and with one that holds the address and its token
        once it answers.
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
        _requests_to_end() as requests,
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
            announce("JupyterLab is starting; Ctrl-C stops it")
            if _wait_until_it_answers(server, port, token, requests):
                announce(f"JupyterLab runs at http://{ADDRESS}:{port}{page}?token={token}")
                _wait_until_it_ends(server, requests)
        finally:
            _stop(server)


def _hidden(folder: Path) -> list[str]:
    return ["__pycache__", "*.pyc", "*~", ".DS_Store", *(p.name for p in notebooks.sources(folder))]


def _environment(folder: Path, empty: str, token: str) -> dict[str, str]:
    """Return the variables that make Jupyter look for its settings where they are meant to be."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

    looks = Path(jupyter_config_dir()) / "lab" / "user-settings"
    given = {"JUPYTERLAB_SETTINGS_DIR": str(looks), **os.environ}
    for name in ("JUPYTER_NO_CONFIG", "JUPYTER_PATH"):
        given.pop(name, None)
    if not _can_be_written(Path(jupyter_runtime_dir())):
        # A home that is full or read-only is no reason not to start.
        given |= dict.fromkeys(("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"), empty)
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


def _can_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def _requests_to_end() -> Iterator[list[int]]:
    """Collect requests to end: Ctrl-C, a closed terminal, another program's.

    They are remembered instead of interrupting, so that none can come between the start of the
    server and the line from which on it would be stopped.
    """
    requests: list[int] = []

    def remember(number: int, _frame: object) -> None:
        requests.append(number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, remember) for number in numbers}
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_it_answers(
    server: subprocess.Popen[bytes], port: int, token: str, requests: list[int]
) -> bool:
    """Wait for the server; False if it is asked to end before it answers."""
    end = time.monotonic() + START_TIME
    while time.monotonic() < end:
        if requests:
            return False
        if server.poll() is not None:
            raise LabError(
                f"JupyterLab ended before it answered (exit status {server.returncode}); "
                "what it said is above"
            )
        # With the token, since another program may have taken the port; and then without it.
        if _status(port, "/api/status", token) == http.HTTPStatus.OK:
            if _status(port, "/lab", "") == http.HTTPStatus.OK:
                raise LabError(
                    "JupyterLab would answer without its token, and was stopped: "
                    "leave out the option that makes it do so"
                )
            return True
        time.sleep(0.05)
    raise LabError(f"JupyterLab did not answer on port {port} within {START_TIME} s")


def _wait_until_it_ends(server: subprocess.Popen[bytes], requests: list[int]) -> None:
    while not requests:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if server.wait(0.2) != 0:
                raise LabError(f"JupyterLab ended with exit status {server.returncode}")
            return


def _status(port: int, path: str, token: str) -> int | None:
    """Ask for a page, and return the status of the answer, or None if there is none."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"token {token}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
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
