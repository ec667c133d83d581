"""Faults that no other test brings about, and a look at the table of all of them, FAULTS.md."""

from __future__ import annotations

import ast
import json
import locale
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from matplotlib.figure import Figure
from playwright.sync_api import Browser, Page, expect

from n2uq_viz import explorers, export, files, lab, notebooks, state
from n2uq_viz.sweep import grid, run_sweep
from n2uq_viz.tensors import open_tensors
from n2uq_viz.training import TrainingConfig, TrainingRun, train
from tests import browser
from tests.clones import REPOSITORY, TEXT, make_clone
from tests.permissions import files_of_at_most
from tests.test_sweep import (
    LONG,
    checkpoints,
    command,
    digests,
    results,
    started,
    times,
    trained_here,
)
from tests.waiting import until

TABLE = Path(__file__).with_name("FAULTS.md")
#: What a folder may be called.
NAME = "my 量子化 フォルダ 양자화"
SHOWN = state.validate({"version": 1, "edges": [0, 0.1, 2.25], "levels": [0, 1.5, 2]})


# --- The table -----------------------------------------------------------------------------------


def rows() -> list[list[str]]:
    """The cells of every row of the table, without its head."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def expects_an_error(test: str) -> bool:
    """Whether a test, by the name that pytest gives it, is about something that is refused."""
    file, _, name = test.strip().partition("::")
    wanted = name.partition("[")[0]
    return bool(wanted) and any(
        (isinstance(node, ast.Name) and node.id == "mistake")
        or (isinstance(node, ast.Attribute) and node.attr == "raises")
        for function in functions(REPOSITORY / file)
        if function.name == wanted
        for node in ast.walk(function)
    )


@cache
def functions(file: Path) -> list[ast.FunctionDef]:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return [node for node in body if isinstance(node, ast.FunctionDef)]


def test_what_is_counted_as_bad_input() -> None:
    assert expects_an_error("tests/test_sweep.py::test_a_grid_that_cannot_be[bits]")
    assert expects_an_error("tests/test_cli.py::test_mistake_is_one_line[lba]")
    assert not expects_an_error("tests/test_cli.py::test_version")
    assert not expects_an_error("2 tests collected in 1.00s")


def test_every_row_names_tests_that_exist_or_a_command() -> None:
    assert len({row[0] for row in rows()}) == len(rows()) > 10
    for fault, happens, shown in rows():
        assert happens, fault
        assert "`" in shown or shown == "not tried", fault
        for file, name in re.findall(r"(tests/\w+\.py)::(\w+)", shown):
            known = {function.name for function in functions(REPOSITORY / file)}
            assert name in known, f"{fault}: {file}::{name}"


# --- Processes that are killed -------------------------------------------------------------------


def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    with started(*command(NAME, "--workers=1"), folder=tmp_path) as process:
        runs = tmp_path / NAME
        # The first run is there, and the second is in the middle.
        until(lambda: results(runs) and checkpoints(runs), seconds=180)
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert psutil.wait_procs(below, timeout=10)[1] == []
    before = {path.name: times(runs)[path.name] for path in results(runs)}
    assert len(before) == 1
    configs = grid(["moons"], ["gste"], [2], [0, 1], epochs=LONG)
    run_sweep(configs, runs, workers=1, progress=False)
    assert digests(runs) == trained_here(configs)
    assert before.items() <= times(runs).items()


# --- A full disk ---------------------------------------------------------------------------------


def test_a_full_disk_ends_a_training_that_can_go_on_later(tmp_path: Path) -> None:
    config = TrainingConfig("moons", "gste", epochs=3)
    with ExitStack() as full:

        def fill(run: TrainingRun) -> None:
            if run.epochs == 1:
                full.enter_context(files_of_at_most(1000))

        with pytest.raises(OSError, match=r"\(File too large\); choose another place"):
            train(config, folder=tmp_path, on_epoch=fill)
    assert [path.name for path in tmp_path.iterdir()] == [config.checkpoint_name]
    assert train(config, folder=tmp_path).digest == train(config).digest
    assert [path.name for path in tmp_path.iterdir()] == [config.file_name]


def test_a_full_disk_leaves_the_notebooks_as_they_were(tmp_path: Path) -> None:
    folder = make_clone(tmp_path) / "notebooks"
    lab.prepare(folder)
    before = {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}
    for source in notebooks.sources(folder):
        source.write_text(TEXT + "\n# %%\nheads\n", encoding="utf-8")
    with files_of_at_most(200), pytest.raises(lab.LabError, match=r"\(File too large\); choose"):
        lab.prepare(folder)
    assert [path for path in folder.iterdir() if path.name.startswith(".")] == []
    assert {path.name: path.read_bytes() for path in folder.glob("*.ipynb")} == before


# --- A clock that is set back --------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1000, 1000])
def test_dates_of_files_decide_nothing(days: int, tmp_path: Path) -> None:
    """What was there before the clock was set back is dated ahead, and else long ago."""
    folder = make_clone(tmp_path) / "notebooks"
    lab.prepare(folder)
    unsaved = folder / ".n2uq_viz-0123456789abcdef.svg"
    unsaved.touch()
    for path in folder.iterdir():
        then = path.stat().st_mtime + days * 24 * 60 * 60
        os.utime(path, (then, then))
    assert lab.prepare(folder) == []
    source = folder / "01_coins.py"
    dated = source.stat()
    source.write_text(TEXT + "\n# %%\nheads\n", encoding="utf-8")
    os.utime(source, ns=(dated.st_atime_ns, dated.st_mtime_ns))
    assert notebooks.convert(source).action == "replaced"
    # A file that somebody may be writing to stays; one of long ago is cleared away.
    assert unsaved.exists() == (days > 0)
    content: dict[str, files.Content] = {".json": b"{}"}
    assert files.write_together(folder / "a", content, overwrite=False) == [folder / "a.json"]


# --- Numbers with a decimal comma ----------------------------------------------------------------


def numbers_with_a_comma(folder: Path) -> None:
    """Write a locale whose numbers are written as in German, in the format of the C library."""
    # Its number, and of each of its six values where it begins.
    values = [b",\0", b".\0", b"\3\3\0\0", b",\0\0\0", b".\0\0\0", b"UTF-8\0"]
    starts = np.cumsum([8 + 4 * len(values), *map(len, values)])[:-1]
    head = struct.pack(f"{2 + len(values)}I", 0x20031114, len(values), *starts.tolist())
    folder.mkdir(parents=True)
    (folder / "LC_NUMERIC").write_bytes(head + b"".join(values))


def write_everything(folder: Path) -> dict[str, bytes]:
    """Write every kind of file with fractions in it, and return what is in them."""
    figure = Figure(figsize=(2, 1.5))
    figure.subplots().plot([0, 0.5, 1], [0, 0.25, 1.5])
    for path in export.save_all(figure, folder / "figure", SHOWN, dpi=60, notes=True):
        assert export.read_state(path) == SHOWN
    with closing(explorers.BinaryExplorer()) as explorer:
        explorer.save_html(folder / "page.html")
    (folder / "state.json").write_text(json.dumps(SHOWN), encoding="utf-8")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_decimal_comma_changes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.csv").write_text("a,b\n0.5,1.25\n-2.75,1e-3\n", encoding="utf-8")

    def read() -> dict[str, Any]:
        with open_tensors(tmp_path / "own.csv") as found:
            return {name: found.read(name).tolist() for name in found.tensors}

    with_point, numbers = write_everything(tmp_path / "point"), read()
    numbers_with_a_comma(tmp_path / "locales" / "xx_XX.UTF-8")
    monkeypatch.setenv("LOCPATH", str(tmp_path / "locales"))
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "xx_XX.UTF-8")
        assert f"{1234.5:n}" == "1.234,5"
        assert write_everything(tmp_path / "comma") == with_point
        assert read() == numbers
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    assert len(with_point) == 6


# --- Folders with odd names, no network, a home that is shut -------------------------------------

#: Runs the command after its arguments, and ends it where it reaches for the network.
OFFLINE = """
import sys

def stay(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit(f"reached for the network: {event} {arguments}")

sys.addaudithook(stay)
from n2uq_viz.cli import main
main()
"""
#: Starts Python again with the arguments that follow, as one who may write only where the mode of
#: a folder says so. Root may write anywhere, unless it gives that right up.
OBEDIENT = """
import ctypes, os, sys

CAPBSET_DROP, DAC_OVERRIDE = 24, 1
if os.geteuid() == 0:
    ctypes.CDLL(None).prctl(CAPBSET_DROP, DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@contextmanager
def shut_home(folder: Path) -> Iterator[dict[str, str]]:
    """Variables of somebody in whose home nothing can be made; check that nothing was."""
    home = folder / "home"
    home.mkdir(mode=0o555)
    own = {k: v for k, v in os.environ.items() if not re.match("JUPYTER|IPYTHON|MPL|XDG", k)}
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    yield {**own, "HOME": str(home), "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
    assert list(home.iterdir()) == []


def test_figures_without_a_network_or_a_home_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    with shut_home(tmp_path) as environment:
        done = subprocess.run(
            [
                *(sys.executable, "-c", OBEDIENT, "-c", OFFLINE, "figures", "range_gate"),
                *("--format", "svg,png", "--out", str(folder), "--deck", f"{NAME}.html"),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    made = [folder / "range_gate.svg", folder / "range_gate.png", Path(f"{NAME}.html")]
    assert done.stdout.splitlines() == [str(path) for path in made]
    assert export.read_state(made[0]) == export.read_state(made[1])
    assert (tmp_path / made[2]).stat().st_size > 10_000


# --- Two labs, a kernel that is killed, a tab that is closed -------------------------------------

NOTEBOOK = """\
# %%
import json
from n2uq_viz import explorers
shown = explorers.SumOfStepsExplorer()
shown
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = make_clone(tmp_path_factory.mktemp("clones") / NAME)
    (clone / "notebooks" / "00_start_here.py").write_text(NOTEBOOK, encoding="utf-8")
    return clone


@pytest.fixture(scope="module")
def labs(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of two labs in one clone; whoever started the second has a home that is shut."""
    folder = tmp_path_factory.mktemp("homes")
    start = [sys.executable, "-c", OBEDIENT, "-m", "n2uq_viz.cli", "lab", "--no-browser"]
    start += ["--port", str(browser.free_port()), "--", "--LabApp.expose_app_in_browser=True"]
    pattern = r"http://127\.0\.0\.1:\d+/\S*token=\w+"
    with (
        browser.running_lab(clone, folder / "private") as first,
        shut_home(folder) as environment,
        browser.announced(start, clone, environment, pattern) as second,
    ):
        yield first, second


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as found:
        yield found


def opened(chromium: Browser, address: str) -> Page:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    browser.open_lab(page, address)
    return page


def edges(page: Page) -> list[float]:
    found: list[float] = json.loads(
        browser.in_kernel(page, "print(json.dumps(shown.state['edges']))")
    )
    return found


def take(page: Page, name: str, by: float) -> None:
    """Take a handle with the mouse and move it to the right, without letting go."""
    move(page, name, 0)
    page.mouse.down()
    move(page, name, by)


def move(page: Page, name: str, by: float) -> None:
    """Move the mouse to some pixels beside the middle of a handle."""
    box = page.locator(f"[data-handle={name}]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + by, box["y"] + box["height"] / 2, steps=5)


def test_two_labs_in_one_folder(labs: tuple[str, str], chromium: Browser, clone: Path) -> None:
    """Each has kernels of its own; what one has saved, the other does not replace unasked."""
    places = [address.replace("00_start_here", "01_coins") for address in labs]
    one, other = (opened(chromium, place) for place in places)
    pids = {browser.in_kernel(page, "import os; print(os.getpid())") for page in (one, other)}
    assert len(pids) == 2
    path = clone / "notebooks" / "01_coins.ipynb"
    save = "() => void window.jupyterapp.commands.execute('docmanager:save')"
    for page, text in ((one, "first = 1"), (other, "second = 2")):
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.type(f"{text}\n")
        page.evaluate(save)
        if page is one:
            until(lambda: "first = 1" in path.read_text(encoding="utf-8"))
    expect(other.locator(".jp-Dialog")).to_contain_text("changed on disk", timeout=90_000)
    assert "second = 2" not in path.read_text(encoding="utf-8")
    for page in (one, other):
        page.close()


def test_a_tab_that_is_closed_and_a_kernel_that_is_killed_in_a_drag(
    labs: tuple[str, str], chromium: Browser
) -> None:
    page = opened(chromium, labs[0])
    browser.run_all(page)
    browser.wait_for_stage(page)
    before = edges(page)
    take(page, "edge-1", 30)
    page.close()
    page = opened(chromium, labs[0])
    # The kernel goes on, and has what it was told last.
    assert np.all(np.diff(edges(page)) > 0)
    assert edges(page)[1] > before[1]
    browser.run_all(page)
    browser.wait_for_stage(page)
    pid = int(browser.in_kernel(page, "import os; print(os.getpid())"))
    handle = page.locator("[data-handle=edge-1]")
    start = float(handle.get_attribute("aria-valuenow") or "nan")
    take(page, "edge-1", 15)
    os.kill(pid, signal.SIGKILL)
    move(page, "edge-1", 15)
    page.mouse.up()
    stage = page.locator(".n2uq-stage")
    expect(stage).to_have_attribute("data-python", "silent", timeout=browser.PATIENCE)
    expect(stage.locator("[data-readout=python]")).to_contain_text("Python does not answer")
    assert float(handle.get_attribute("aria-valuenow") or "nan") > start
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("It will restart automatically", timeout=browser.PATIENCE)
    dialog.get_by_role("button").last.click()
    browser.wait_for_notebook(page, "00_start_here.ipynb")
    browser.run_all(page)
    browser.wait_for_stage(page)
    assert edges(page) == before
    page.close()
