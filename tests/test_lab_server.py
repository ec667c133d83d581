from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from n2uq_viz import lab, lab_server, notebooks
from tests.browser import free_port
from tests.clones import REPOSITORY, TEXT, make_clone


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone"))


def hostile_home(folder: Path) -> dict[str, str]:
    """Make a home whose Jupyter is set to do what the lab must never do."""
    jupyter = folder / ".jupyter"
    kernel = folder / ".local" / "share" / "jupyter" / "kernels" / "python3"
    for made in (jupyter, kernel):
        made.mkdir(parents=True)
    settings = """
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.allow_remote_access = True
c.ServerApp.disable_check_xsrf = True
c.IdentityProvider.token = ""
c.ServerApp.contents_manager_class = "jupytext.TextFileContentsManager"
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": True}
"""
    for name in ("server", "lab"):
        (jupyter / f"jupyter_{name}_config.py").write_text(settings)
    (folder / ".jupytext.toml").write_text('formats = "ipynb,py:percent"')
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "No", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    own = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return {**own, "HOME": str(folder), "PYTHONPATH": paths, "JUPYTER_PATH": str(kernel.parents[1])}


class Lab:
    """The command, started as a reader starts it, and asked as a browser asks."""

    def __init__(self, clone: Path, home: Path, port: int, until: str = "http://") -> None:
        self.port = port
        self.environment = hostile_home(home)
        command = [sys.executable, "-m", "n2uq_viz.cli", "lab", "--no-browser", f"--port={port}"]
        self.process = subprocess.Popen(
            command,
            cwd=clone,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # A start that hangs must fail the test, not stop it for ever: as long as one process below
        # the command lives, it keeps the end of what is read here open.
        alarm = threading.Timer(lab_server.START_TIME, self._kill)
        alarm.start()
        assert self.process.stdout is not None
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if until in line:
                break
        alarm.cancel()
        self.address = next((line.split()[-1] for line in self.lines if "http://" in line), "")
        self.token = self.address.partition("token=")[2]

    def _kill(self) -> None:
        for process in self.processes():
            process.kill()

    def ask(self, path: str, token: str | None, method: str = "GET", body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://{lab.ADDRESS}:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={} if token is None else {"Authorization": f"token {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def processes(self) -> list[psutil.Process]:
        whole = psutil.Process(self.process.pid)
        return [whole, *whole.children(recursive=True)]

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        status = self.process.wait(lab_server.STOP_TIME + 15)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def running(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(clone, tmp_path_factory.mktemp("home"), free_port()) as started:
        yield started


def test_lab_says_what_it_made_and_where_it_is(running: Lab) -> None:
    start = f"http://127.0.0.1:{running.port}/lab/tree/00_start_here.ipynb?token="
    assert running.lines == [
        "00_start_here.ipynb made",
        "01_coins.ipynb made",
        "JupyterLab is starting; Ctrl-C stops it",
        f"JupyterLab runs at {start}{running.token}",
    ]
    assert len(running.token) == 48


@pytest.mark.parametrize("token", [None, "", "0" * 48])
@pytest.mark.parametrize("path", ["/api/contents", "/api/kernels", "/lab/api/settings"])
def test_nothing_without_the_token(running: Lab, path: str, token: str | None) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        running.ask(path, token)


def test_page_without_the_token_is_the_question_for_it(running: Lab) -> None:
    assert "Token authentication is enabled" in running.ask("/lab/tree/00_start_here.ipynb", None)


def test_token_is_in_no_argument(running: Lab) -> None:
    arguments = [word for process in running.processes() for word in process.cmdline()]
    assert "jupyterlab" in arguments
    assert not any(running.token in word for word in arguments)


def test_notebooks_are_listed_and_their_texts_are_not(running: Lab) -> None:
    listed = running.ask("/api/contents", running.token)["content"]
    assert sorted(entry["name"] for entry in listed) == ["00_start_here.ipynb", "01_coins.ipynb"]


def test_page_opens_with_the_courses_settings(running: Lab) -> None:
    page = running.ask("/lab/tree/00_start_here.ipynb", running.token)
    config = json.loads(
        page.partition('id="jupyter-config-data" type="application/json">')[2].partition(
            "</script>"
        )[0]
    )
    assert "jupyterlab-jupytext" in config["disabledExtensions"]
    widgets = running.ask(
        "/lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin", running.token
    )
    assert widgets["schema"]["properties"]["saveState"]["default"] is True
    news = running.ask(
        "/lab/api/settings/@jupyterlab/apputils-extension:notification", running.token
    )
    found = {key: value["default"] for key, value in news["schema"]["properties"].items()}
    assert found["fetchNews"] == "false"
    assert found["checkForUpdates"] is False


@contextmanager
def kernel(running: Lab) -> Iterator[BlockingKernelClient]:
    """Start a kernel as a notebook does, and wait until it answers."""
    started = running.ask("/api/kernels", running.token, "POST", {"name": "python3"})
    runtime = Path(running.environment["HOME"], ".local", "share", "jupyter", "runtime")
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{started['id']}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)  # its beat of one second is too strict for a busy machine
    try:
        client.kernel_info(reply=True, timeout=60)
        yield client
    finally:
        client.stop_channels()


def value(client: BlockingKernelClient, expression: str) -> str:
    """Let a kernel work out an expression."""
    answer = client.execute("", user_expressions={"it": expression}, reply=True, timeout=60)
    return str(answer["content"]["user_expressions"]["it"]["data"]["text/plain"])


def test_kernel_is_this_python_and_everything_is_on_loopback(running: Lab) -> None:
    with kernel(running) as client:
        assert value(client, "__import__('sys').executable") == repr(sys.executable)
        listening = [
            connection.laddr.ip
            for process in running.processes()
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
    assert len(listening) >= 6  # the server, and what a kernel is spoken to through
    assert set(listening) == {"127.0.0.1"}


def test_saving_a_notebook_never_writes_its_text(running: Lab, clone: Path) -> None:
    path = clone / "notebooks" / "01_coins.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"]["jupytext"] = {"formats": "ipynb,py:percent"}
    notebook["cells"][1]["source"] = "mine = 1"
    body = {"type": "notebook", "content": notebook}
    running.ask("/api/contents/01_coins.ipynb", running.token, "PUT", body)
    assert "mine = 1" in path.read_text()
    assert (clone / "notebooks" / "01_coins.py").read_text() == TEXT
    assert notebooks.convert(clone / "notebooks" / "01_coins.py").action == "kept"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_lab_stops_cleanly(number: int, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Lab(make_clone(tmp_path), tmp_path / "home", free_port()) as started:
        with kernel(started):
            below = started.processes()[1:]
            assert len(below) >= 2
            assert started.end(number) == 0
        assert started.lines[-1] == "the lab has stopped"
        assert psutil.wait_procs(below, timeout=10)[1] == []
        lab.check_port(started.port)


def test_lab_stopped_while_it_starts_says_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Lab(make_clone(tmp_path), tmp_path / "home", free_port(), until="is starting") as started:
        below = started.processes()[1:]
        assert started.end() == 0
        assert started.lines[3:] == ["the lab has stopped"]
        assert psutil.wait_procs(below, timeout=10)[1] == []


def test_lab_that_would_answer_without_a_token_is_stopped(clone: Path) -> None:
    lines: list[str] = []
    port, options = free_port(), ["--IdentityProvider.token="]
    with pytest.raises(lab.LabError, match="would answer without its token, and was stopped"):
        lab_server.serve(clone / "notebooks", "00_start_here", port, False, lines.append, options)
    assert lines == ["JupyterLab is starting; Ctrl-C stops it"]
    lab.check_port(port)


def test_another_address_is_refused(clone: Path) -> None:
    lines: list[str] = []
    port, options = free_port(), ["--ip=0.0.0.0"]
    with pytest.raises(lab.LabError, match="ended before it answered"):
        lab_server.serve(clone / "notebooks", "00_start_here", port, False, lines.append, options)


@pytest.mark.parametrize("listens", [False, True])
def test_server_whose_port_was_taken_meanwhile_is_told(clone: Path, listens: bool) -> None:
    with socket.socket() as holder:
        holder.bind((lab.ADDRESS, 0))
        if listens:  # and is never heard of again
            holder.listen()
        port = holder.getsockname()[1]
        lines: list[str] = []
        with pytest.raises(lab.LabError, match=r"ended before it answered \(exit status 1\)"):
            lab_server.serve(clone / "notebooks", "00_start_here", port, False, lines.append)
    assert lines == ["JupyterLab is starting; Ctrl-C stops it"]
