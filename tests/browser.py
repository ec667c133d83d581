"""A real JupyterLab and a real Chromium, for the browser tests, the screenshots and the benchmark.

The lab runs with settings of its own in a temporary folder, so that nothing of the user's decides a
test and no test changes anything of the user's.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import ARGUMENTS, ensure

ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 90
_STOP_SECONDS = 30
#: Longest that a page, a kernel or a widget may take on a slow machine, in milliseconds.
PATIENCE = 90_000


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_of_clone(target: Path) -> Path:
    """Notebooks, data and project file of this clone, in a folder that a test may write to."""
    for name in ("notebooks", "data"):
        shutil.copytree(
            ROOT / name, target / name, ignore=shutil.ignore_patterns("*.ipynb", "figures", ".*")
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def private_environment(folder: Path) -> dict[str, str]:
    """Environment in which Jupyter and IPython keep all they write below ``folder``."""
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def running_lab(clone: Path, private: Path) -> Iterator[str]:
    """Run ``n2uq-viz lab --no-browser`` in a clone; yields the address that it prints."""
    command = [sys.executable, "-m", "n2uq_viz.cli", "lab", "--no-browser"]
    command += ["--port", str(free_port())]
    # Gives the page window.jupyterapp, through which a test runs JupyterLab's own commands.
    command += ["--", "--LabApp.expose_app_in_browser=True"]
    environment = private_environment(private)
    with announced(command, clone, environment, r"http://127\.0\.0\.1:\d+/\S*token=\w+") as found:
        yield found


@contextmanager
def announced(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    pattern: str,
    patience: float = _START_SECONDS,
) -> Iterator[str]:
    """Run a server until the end of the block; yields what it prints that matches `pattern`.

    `patience` is how many seconds it may take until then.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    found = threading.Event()
    address: list[str] = []

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            match = re.search(pattern, line)
            if match and not address:
                address.append(match.group())
                found.set()
        found.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        found.wait(patience)
        if not address:
            raise RuntimeError(f"{command} printed no address:\n" + "".join(lines))
        yield address[0]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        listener.join()
        process.stdout.close()


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Headless Chromium, found or installed as ``tests.chromium`` does."""
    with sync_playwright() as playwright:
        always = ("--headless", "--no-sandbox", "--disable-gpu", *ARGUMENTS)
        browser = playwright.chromium.launch(executable_path=ensure(), args=[*always, *arguments])
        try:
            yield browser
        finally:
            browser.close()


def open_lab(page: Page, address: str) -> None:
    """Load the lab and wait until the address's notebook is in front, with a kernel at rest."""
    page.goto(address, wait_until="domcontentloaded")
    wait_for_notebook(page, unquote(urlsplit(address).path).rpartition("/")[2])


def wait_for_notebook(page: Page, name: str) -> None:
    """Wait until a notebook is in front, with a kernel at rest."""
    page.wait_for_function(
        """(name) => {
            const panel = window.jupyterapp?.shell?.currentWidget;
            if (panel?.context?.path !== name) return false;
            const session = panel.sessionContext;
            const status = session?.isReady && session.session?.kernel?.status;
            return panel.content?.model && status === "idle";
        }""",
        arg=name,
        timeout=PATIENCE,
    )


def run_all(page: Page) -> None:
    """Run all cells of the notebook in front and wait until the last one is done."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')", None)


def wait_for_stage(page: Page) -> None:
    """Wait until the page's first explorer is drawn and in step with Python."""
    page.wait_for_function(
        """() => {
            const stage = document.querySelector(".n2uq-stage");
            return stage?.dataset.python === "in-step" && stage.querySelector("[data-handle]");
        }""",
        timeout=PATIENCE,
    )
    # What was asked for last is drawn in the next frame at the latest.
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def in_kernel(page: Page, code: str) -> str:
    """Run code in the front notebook's kernel, as a cell would, and return what it prints."""
    found: dict[str, str] = page.evaluate(
        """async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code, store_history: false });
            let printed = "", failed = "";
            future.onIOPub = ({ header, content }) => {
                const stream = header.msg_type === "stream" && content.name;
                if (stream === "stdout") printed += content.text;
                if (header.msg_type === "error") failed = content.traceback.join("\\n");
            };
            await future.done;
            return { printed, failed };
        }""",
        code,
    )
    if found["failed"]:
        raise RuntimeError(found["failed"])
    return found["printed"].strip()
