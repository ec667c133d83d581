from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from n2uq_viz import __version__, cli, explorers, export
from n2uq_viz import state as states
from n2uq_viz.quantizer import Quantizer
from tests.clones import REPOSITORY, TEXT, make_clone
from tests.permissions import read_only

Start = Callable[..., subprocess.CompletedProcess[str]]


def run(
    *arguments: str, folder: Path = REPOSITORY, python: tuple[str, ...] = (), path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Start the command as a person does, in a process of its own."""
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), path, os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *python, "-m", "n2uq_viz.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


def mistake(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a mistake is told in."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("n2uq-viz: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


# --- Help ----------------------------------------------------------------------------------------


def test_help_lists_the_commands() -> None:
    for done in (run(), run("--help")):
        assert (done.returncode, done.stderr) == (0, "")
        assert "Usage: n2uq-viz" in done.stdout
        assert {"lab", "figures", "explorer"} <= {
            line.split()[0] for line in done.stdout.splitlines() if line
        }


@pytest.mark.parametrize("command", ["lab", "figures", "explorer"])
def test_help_of_a_command_shows_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"Example: n2uq-viz {command}" in done.stdout


def test_version() -> None:
    assert run("--version").stdout == f"n2uq-viz {__version__}\n"


# --- Mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["lba"], "No such command 'lba'"),
        (["lab", "--prot", "1"], "No such option"),
        (["lab", "--port", "0"], "a port must be a whole number from 1 to 65535, got '0'"),
        (["lab", "--port", "65536"], "a port must be a whole number from 1 to 65535, got '65536'"),
        (["lab", "--port", "x"], "a port must be a whole number from 1 to 65535, got 'x'"),
    ],
    ids=" ".join,
)
def test_mistake_is_one_line(arguments: list[str], line: str) -> None:
    assert line in mistake(run(*arguments))


# --- The lab (a real one is started in test_lab_server) ------------------------------------------


def test_lab_outside_a_clone(tmp_path: Path) -> None:
    assert f"{tmp_path} is not inside one" in mistake(run("lab", folder=tmp_path))


def test_lab_on_a_port_in_use_touches_nothing(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        line = mistake(run("lab", "--no-browser", "--port", str(port), folder=clone))
    assert f"port {port} is in use" in line
    assert list((clone / "notebooks").glob("*.ipynb")) == []


def test_lab_with_an_unknown_notebook(tmp_path: Path) -> None:
    line = mistake(run("lab", "--notebook", "99_x", folder=make_clone(tmp_path)))
    assert "no notebook '99_x'" in line
    assert "there are: 00_start_here, 01_coins" in line


@pytest.mark.parametrize(
    ("package", "name"), [("jupyterlab", "JupyterLab"), ("jupytext", "jupytext")]
)
def test_lab_without_a_package(package: str, name: str, tmp_path: Path) -> None:
    """A Python that has every package but one, by links to those that this one has."""
    here = Path(sysconfig.get_paths()["purelib"])
    there = tmp_path / "packages"
    there.mkdir()
    for path in here.iterdir():
        if path.name != package:
            (there / path.name).symlink_to(path)
    clone = make_clone(tmp_path)
    line = mistake(run("lab", folder=clone, python=("-S",), path=str(there)))
    assert f"{name} is not installed" in line
    assert '-m pip install -c constraints.txt -e ".[lab]"' in line


def test_convert_only_makes_the_notebooks_and_stops(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    done = run("lab", "--convert-only", folder=clone / "notebooks")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "00_start_here.ipynb made\n01_coins.ipynb made\n"
    assert (clone / "notebooks" / "00_start_here.py").read_text() == TEXT
    assert run("lab", "--convert-only", folder=clone).stdout == ""


# --- Explorers -----------------------------------------------------------------------------------


@pytest.fixture
def started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Start:
    """The command within this process, in a folder of its own: starting many takes long."""
    monkeypatch.chdir(tmp_path)

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["n2uq-viz", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return start


def some_state(explorer: str = "gradient-flow") -> dict[str, Any]:
    """A state that no explorer opens with."""
    q = Quantizer([0.0, 0.25, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0])
    return states.validate({"version": 1, **q.to_dict(), "theme": "dark"}, explorer)


def test_the_help_names_every_explorer() -> None:
    said = run("explorer", "--help").stdout.replace(",", " ").replace(".", " ").split()
    assert set(explorers.NAMES) <= set(said)
    assert {"--all", "--out", "--from", "--overwrite"} <= set(said)


@pytest.mark.parametrize("name", explorers.NAMES)
def test_an_explorer_by_name(name: str, started: Start, tmp_path: Path) -> None:
    done = started("explorer", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{name}.html\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.html"]
    assert export.read_state(tmp_path / f"{name}.html") == explorers.NAMES[name].opened().state


def test_a_page_that_exists_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    arguments = ("explorer", "binary", "--out", str(path))
    assert run(*arguments).stdout == f"{path}\n"
    path.write_text("mine")
    assert run(*arguments).stdout == f"{path.with_name('page-2.html')}\n"
    assert path.read_text() == "mine"
    assert run(*arguments, "--overwrite").stdout == f"{path}\n"
    assert path.read_bytes() == path.with_name("page-2.html").read_bytes()
    assert sorted(found.name for found in path.parent.iterdir()) == ["page-2.html", "page.html"]


def test_all_explorers_with_an_index_that_leads_to_them(tmp_path: Path) -> None:
    out = tmp_path / "site & more"
    done = run("explorer", "--all", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    names = [f"{name}.html" for name in (*explorers.NAMES, "index")]
    assert done.stdout.splitlines() == [str(out / name) for name in names]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    index = (out / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]*)">([^<]+)</a>', index)
    assert [link for link, _ in links] == names[:-1]
    for link, title in links:
        assert (out / link).is_file()
        assert f"<title>{title}</title>" in (out / link).read_text(encoding="utf-8")
    # Again: nothing is written, unless files are to be replaced.
    (out / "binary.html").unlink()
    (out / "surrogate.html").write_text("mine")
    line = mistake(run("explorer", "--all", "--out", str(out)))
    assert f"{out / 'coin-flip.html'} exists already; choose another folder, or --ov" in line
    assert not (out / "binary.html").exists()
    assert (out / "surrogate.html").read_text() == "mine"
    again = run("explorer", "--all", "--out", str(out), "--overwrite")
    assert again.stdout == done.stdout
    assert export.read_state(out / "surrogate.html")["explorer"] == "surrogate"


def test_all_explorers_keep_an_index_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "explorers").mkdir()
    (tmp_path / "explorers" / "index.html").write_text("mine")
    line = mistake(run("explorer", "--all", folder=tmp_path))
    assert "explorers/index.html exists already" in line
    assert [path.name for path in (tmp_path / "explorers").iterdir()] == ["index.html"]


def saved(kind: str, folder: Path, state: dict[str, Any]) -> Path:
    """A file of that kind which holds a state."""
    path = folder / f"saved{kind}"
    e = explorers.NAMES[state["explorer"]].from_state(state)
    if kind in (".json", ".JSON"):
        path.write_text(json.dumps(state, indent=1), encoding="utf-8")
        return path
    return e.save_html(path) if kind == ".html" else e.save_figure(path)


@pytest.mark.parametrize("kind", [*export.SUFFIXES, ".html", ".json", ".JSON"])
def test_a_file_with_a_state_opens_in_its_explorer(
    kind: str, started: Start, tmp_path: Path
) -> None:
    state = some_state()
    path = saved(kind, tmp_path, state)
    done = started("explorer", "--from", path.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "gradient-flow.html\n"
    assert export.read_state(tmp_path / "gradient-flow.html") == state


def test_a_file_with_a_state_opens_in_another_explorer(tmp_path: Path) -> None:
    path = saved(".svg", tmp_path, some_state())
    done = run("explorer", "sum-of-steps", "--from", str(path), "--out", str(tmp_path / "a.html"))
    assert (done.returncode, done.stderr) == (0, "")
    assert export.read_state(tmp_path / "a.html") == some_state("sum-of-steps")


def test_a_page_made_from_itself_is_kept(tmp_path: Path) -> None:
    path = saved(".html", tmp_path, some_state("threshold")).rename(tmp_path / "threshold.html")
    content = path.read_bytes()
    assert run("explorer", "--from", path.name, folder=tmp_path).stdout == "threshold-2.html\n"
    assert path.read_bytes() == content == (tmp_path / "threshold-2.html").read_bytes()


def test_a_state_that_names_no_explorer_opens_in_the_threshold_explorer(
    started: Start, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text('{"version": 1, "edges": [0, 2], "levels": [0, 2]}')
    assert started("explorer", "--from", "a.json").stdout == "threshold.html\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "name one explorer, or a file with --from, or --all of them"),
        (["binary", "--all"], "name one explorer, or a file with --from, or --all of them"),
        (["--all", "--from", "a.svg"], "name one explorer, or a file with --from, or --all of"),
        (["binary", "coin-flip"], "unexpected extra argument"),
        (["none"], "an explorer must be one of binary, coin-flip, .*, got 'none'"),
        (["coin_flip"], "an explorer must be one of .* got 'coin_flip'"),
        (["binary", "--out", "a.svg"], r"a page is saved as \.html, got 'a\.svg'"),
        (["binary", "--out", "folder"], r"a page is saved as \.html, got 'folder'"),
        (["binary", "--out", "file/a.html"], r"cannot save 'a' in .*/file \("),
        (["--all", "--out", "file"], r"cannot save 'binary' in .*/file \("),
        (["--from", "missing.svg"], "No such file or directory: 'missing.svg'"),
        (["--from", "missing.json"], "No such file or directory: 'missing.json'"),
        (["--from", "folder"], "Is a directory: 'folder'"),
        (["--from", "folder.json"], r"Is a directory: 'folder\.json'"),
        (["binary", "--from", "file"], "file must be an SVG, PDF or PNG figure or an explorer's"),
        (["--from", "plain.svg"], r"plain\.svg is a SVG without a state: save a figure with"),
        (["--from", "plain.html"], r"plain\.html is a page without a state"),
        (["--from", "broken.json"], r"broken\.json holds a state .*: a state must be JSON: Expect"),
        (["--from", "long.json"], r"long\.json holds .*: a state must be JSON: a number is too lo"),
        (
            ["--from", "latin.json"],
            r"latin\.json holds a state that cannot be shown: 'utf-8' codec",
        ),
        (["--from", "list.json"], r"list\.json holds .*: a state must be a JSON object, got list"),
        (["--from", "newer.json"], r"newer\.json holds .*: version must be 1, got 2; .* newer"),
        (["--from", "rule.json"], r"rule\.json holds a state .*: thrown must be .* got -1"),
    ],
    ids=" ".join,
)
def test_a_mistake_about_explorers_is_one_line(
    arguments: list[str], line: str, started: Start, tmp_path: Path
) -> None:
    for name in ("folder", "folder.json"):
        (tmp_path / name).mkdir()
    minimal = {"version": 1, "edges": [0, 2], "levels": [0, 2]}
    contents = {
        "file": "mine",
        "plain.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "plain.html": "<!DOCTYPE html><title>mine</title>",
        "broken.json": '{"version": 1,',
        "long.json": json.dumps(minimal).replace("[0, 2]", f"[0, {'9' * 5000}]"),
        "list.json": "[1, 2]",
        "newer.json": json.dumps({**minimal, "version": 2}),
        "rule.json": json.dumps({**minimal, "explorer": "binary", "thrown": -1}),
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "latin.json").write_bytes(b'{"note": "Gr\xf6\xdfe"}')
    before = sorted(tmp_path.iterdir())
    assert re.search(line, mistake(started("explorer", *arguments)))
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "out"), [(["binary"], "page.html"), (["--all"], "."), (["--all"], "new")]
)
def test_explorers_into_a_folder_that_cannot_be_written(
    arguments: list[str], out: str, started: Start, tmp_path: Path
) -> None:
    (tmp_path / "shut").mkdir()
    # Everything is imported before rights go.
    assert started("explorer", *arguments, "--out", str(tmp_path / "open" / out)).returncode == 0
    with read_only(tmp_path / "shut") as shut:
        line = mistake(started("explorer", *arguments, "--out", str(shut / out)))
        assert list(shut.iterdir()) == []
    assert "(Permission denied); choose another place" in line
