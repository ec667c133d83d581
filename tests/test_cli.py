from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from n2uq_viz import __version__, export, figures
from tests.clones import REPOSITORY, TEXT, make_clone


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
        assert {"lab", "figures"} <= {line.split()[0] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize("command", ["lab", "figures"])
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
        (["figures", "--format", "jpg"], "a format must be svg, pdf or png, got 'jpg'"),
        (["figures", "--format", ""], "a format must be svg, pdf or png, got ''"),
        (["figures", "--theme", "pink"], "a theme must be one of print, light, dark, projector"),
        (["figures", "none"], "a figure must be one of threshold, "),
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


# --- Figures -------------------------------------------------------------------------------------


def test_figures_are_drawn_with_their_state_and_never_over_others(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    arguments = (
        "figures",
        "threshold",
        "--out",
        str(out),
        "--format",
        "svg, PNG",
        "--theme",
        "dark",
    )
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    names = ["threshold.svg", "threshold.png"]
    assert done.stdout.splitlines() == [str(out / name) for name in names]
    assert export.read_state(out / "threshold.svg") == export.read_state(out / "threshold.png")
    assert run(*arguments).stdout.splitlines() == [
        str(out / "threshold-2.svg"),
        str(out / "threshold-2.png"),
    ]
    (out / "threshold.svg").write_text("old")
    assert run(*arguments, "--overwrite").stdout == done.stdout
    assert len(list(out.iterdir())) == 4
    assert export.read_state(out / "threshold.svg")["version"] == 1


def test_the_help_names_every_figure() -> None:
    words = run("figures", "--help").stdout.replace(",", " ").replace(";", " ").split()
    assert set(figures.NAMES) <= set(words)


def test_all_figures_in_every_format(tmp_path: Path) -> None:
    done = run("figures", "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(f"{name}{end}" for name in figures.NAMES for end in export.SUFFIXES)


def test_figures_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    line = mistake(run("figures", "threshold", "--out", str(tmp_path / "file")))
    assert f"cannot save 'threshold' in {tmp_path / 'file'} (" in line
