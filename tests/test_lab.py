from __future__ import annotations

import json
import os
import shutil
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

from n2uq_viz import lab, notebooks
from tests.permissions import read_only

REPOSITORY = Path(__file__).parents[1]
TEXT = "# %% [markdown]\n# # Coins\n\n# %%\nheads = 1\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((lab.ADDRESS, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone"))


def make_clone(folder: Path) -> Path:
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    (folder / "notebooks").mkdir()
    for name in ("00_start_here.py", "01_coins.py"):
        (folder / "notebooks" / name).write_text(TEXT)
    return folder


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

    def __init__(self, clone: Path, home: Path, port: int, until: str = "Ctrl-C") -> None:
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
        # A start that hangs must fail the test, not stop it for ever.
        alarm = threading.Timer(lab.START_TIME, self.process.kill)
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
        status = self.process.wait(lab.STOP_TIME + 15)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def running(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(clone, tmp_path_factory.mktemp("home"), free_port()) as started:
        yield started


# --- The server ----------------------------------------------------------------------------------


def test_lab_says_what_it_made_and_where_it_is(running: Lab) -> None:
    start = f"http://127.0.0.1:{running.port}/lab/tree/00_start_here.ipynb?token="
    assert running.lines == [
        "00_start_here.ipynb made",
        "01_coins.ipynb made",
        f"JupyterLab runs at {start}{running.token}",
        "Ctrl-C stops it",
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
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
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
    with Lab(make_clone(tmp_path), tmp_path / "home", free_port(), until="01_coins") as started:
        below = started.processes()[1:]
        assert started.end() == 0
        assert started.lines[2:] == ["the lab has stopped"]
        assert psutil.wait_procs(below, timeout=10)[1] == []


@pytest.mark.parametrize("listens", [False, True])
def test_server_whose_port_was_taken_meanwhile_is_told(clone: Path, listens: bool) -> None:
    with socket.socket() as holder:
        holder.bind((lab.ADDRESS, 0))
        if listens:  # and is never heard of again
            holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(lab.LabError, match=r"ended before it answered \(exit status 1\)"):
            lab.serve(clone / "notebooks", "00_start_here", port, False, pytest.fail)


# --- What prevents a start -----------------------------------------------------------------------


def test_clone_is_found_from_inside(clone: Path) -> None:
    for start in (clone, clone / "notebooks", clone / "not" / "there"):
        assert lab.find_notebooks(start) == clone / "notebooks"


@pytest.mark.parametrize("project", [None, "[project]\nname = 'other'", "[project", "project = 1"])
def test_not_in_a_clone(project: str | None, tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)
    with pytest.raises(lab.LabError, match=rf"{tmp_path} is not inside one: change into the clone"):
        lab.find_notebooks(tmp_path)


def test_clone_without_notebooks(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    with pytest.raises(lab.LabError, match="is not inside one"):
        lab.find_notebooks(tmp_path)


def test_packages_are_here() -> None:
    lab.check_packages()


def test_folder_that_may_not_be_written_to(clone: Path) -> None:
    with (
        read_only(clone / "notebooks") as shut,
        pytest.raises(lab.LabError, match=rf"{shut} cannot be written to \(Permission denied\)"),
    ):
        lab.prepare(shut)


def test_port_in_use_is_named_with_one_that_is_free() -> None:
    with socket.socket() as holder:
        holder.bind((lab.ADDRESS, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(lab.LabError, match=rf"port {port} is in use") as caught:
            lab.check_port(port)
    free = int(str(caught.value).partition("--port ")[2].split()[0])
    assert free != port
    lab.check_port(free)
    assert f"make lab PORT={free}" in str(caught.value)


def test_port_in_use_on_every_address() -> None:
    with socket.socket() as holder:
        holder.bind(("", 0))
        holder.listen()
        with pytest.raises(lab.LabError, match="is in use"):
            lab.check_port(holder.getsockname()[1])


@pytest.mark.parametrize(
    "name", ["01_coins", "01_coins.ipynb", "01_coins.py", "notebooks/01_coins.py"]
)
def test_notebook_by_any_of_its_names(name: str, clone: Path) -> None:
    assert lab.choose_notebook(clone / "notebooks", name) == "01_coins"


def test_unknown_notebook(clone: Path) -> None:
    with pytest.raises(lab.LabError, match=r"no notebook '99'.*there are: 00_start_here, 01_coins"):
        lab.choose_notebook(clone / "notebooks", "99")


# --- What is said about notebooks ----------------------------------------------------------------


def test_lines_about_notebooks(tmp_path: Path) -> None:
    folder = make_clone(tmp_path) / "notebooks"
    changed, untouched = folder / "00_start_here.ipynb", folder / "01_coins.ipynb"
    lab.prepare(folder)
    assert lab.prepare(folder) == []
    changed.write_text(changed.read_text().replace("heads = 1", "mine = 1"))
    assert lab.prepare(folder) == []
    for source in notebooks.sources(folder):
        source.write_text(TEXT + "\n# %%\nheads\n")
    assert lab.prepare(folder) == [
        "00_start_here.ipynb was left as you changed it",
        "the newest text of it is in 00_start_here.new.ipynb",
        "01_coins.ipynb replaced by its newer text; you had not changed it",
    ]
    untouched.write_text("{")
    assert lab.prepare(folder)[2:] == [
        "01_coins.ipynb is no notebook; it was left alone",
        "the newest text of it is in 01_coins.new.ipynb",
    ]
