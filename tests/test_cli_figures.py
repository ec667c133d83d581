"""The command that draws figures: into files, slides and a contact sheet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from n2uq_viz import cli, export, figures
from n2uq_viz import state as states
from tests.permissions import read_only
from tests.test_cli import mistake, run

Command = Callable[..., subprocess.CompletedProcess[str]]

MINIMAL = {"version": 1, "edges": [0.0, 0.5, 2.0], "levels": [0.0, 1.0, 2.0]}


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command within this process, where imports take time once, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["n2uq-viz", "figures", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return start


# --- Files ---------------------------------------------------------------------------------------


def test_figures_are_drawn_with_their_state_and_never_over_others(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    arguments = ["figures", "threshold", "--out", str(out), "--format", "svg, PNG"]
    arguments += ["--theme", "dark"]
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "1/1 threshold\n")
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


def test_all_figures_in_every_format(tmp_path: Path) -> None:
    done = run("figures", "--out", str(tmp_path))
    assert done.returncode == 0
    count = len(figures.NAMES)
    assert done.stderr.splitlines() == [
        f"{k}/{count} {name}" for k, name in enumerate(figures.NAMES, start=1)
    ]
    names = [f"{name}{end}" for name in figures.NAMES for end in export.SUFFIXES]
    assert done.stdout.splitlines() == [str(tmp_path / name) for name in names]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_formats_of_one_figure_have_one_name(command: Command, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figure1_ste.pdf").write_text("mine")
    done = command("figure1_ste", "figure1_ste", "--format", "svg,pdf,svg", "--notes")
    names = [f"figures/figure1_ste-2{end}" for end in (".svg", ".pdf", ".md")]
    assert done.stdout.splitlines() == names
    assert (tmp_path / "figures" / "figure1_ste.pdf").read_text() == "mine"
    notes = (tmp_path / names[2]).read_text(encoding="utf-8")
    assert "(figure1_ste-2.svg)" in notes
    assert "The puzzle" in notes


def test_size_resolution_and_letters(command: Command, tmp_path: Path) -> None:
    command("why_quantize", "--format", "png,svg", "--size", "slide", "--dpi", "72")
    with Image.open(tmp_path / "figures" / "why_quantize.png") as picture:
        assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.01)
        slide = picture.width
    arguments = ("--format", "png,svg", "--size", "column", "--svg-text", "paths", "--overwrite")
    command("why_quantize", "--dpi", "72", *arguments)
    with Image.open(tmp_path / "figures" / "why_quantize.png") as picture:
        assert picture.width < slide
    drawn = (tmp_path / "figures" / "why_quantize.svg").read_text(encoding="utf-8")
    assert "<text" not in drawn


def test_an_explorers_figure_moves(command: Command, tmp_path: Path) -> None:
    arguments = ("sum_of_steps", "--format", "gif,svg", "--dpi", "30", "--notes")
    done = command(*arguments)
    assert (done.returncode, done.stderr) == (0, "1/1 sum_of_steps\n")
    names = ["figures/sum_of_steps.svg", "figures/sum_of_steps.md", "figures/sum_of_steps.gif"]
    assert done.stdout.splitlines() == names
    with Image.open(tmp_path / "figures" / "sum_of_steps.gif") as picture:
        assert getattr(picture, "n_frames", 1) == 4
    assert export.read_state(tmp_path / "figures" / "sum_of_steps.gif") == figures.default_state(
        "sum_of_steps"
    )


# --- Which figures, and from what ----------------------------------------------------------------


def test_the_help_names_every_figure_and_option() -> None:
    words = run("figures", "--help").stdout.replace(",", " ").replace(";", " ").split()
    assert set(figures.NAMES) <= set(words)
    options = "--out --format --theme --size --state --notes --dpi --svg-text --deck --list"
    assert {*options.split(), "--contact-sheet", "--overwrite"} <= set(words)


def test_the_list_says_what_each_figure_is_and_draws_nothing(
    command: Command, tmp_path: Path
) -> None:
    done = command("--list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 60
    named = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert named == list(figures.NAMES)
    said = " ".join(done.stdout.split())
    assert "why_quantize What fewer bits save. " in said
    assert list(tmp_path.iterdir()) == []
    assert command("arms", "--list").stdout.startswith("arms  Gains from one arm to the next,")


def test_a_state_without_a_name_draws_the_figures_of_its_explorer(
    command: Command, tmp_path: Path
) -> None:
    state = states.validate({**MINIMAL, "explorer": "surrogate", "x": -0.5})
    (tmp_path / "a.JSON").write_text(json.dumps(state))
    done = command("--state", "a.JSON", "--format", "svg")
    own = [name for name in figures.NAMES if figures.explorer_of(name) == "surrogate"]
    assert done.stdout.splitlines() == [f"figures/{name}.svg" for name in own]
    assert "surrogate" in own
    assert export.read_state(tmp_path / "figures" / "surrogate.svg") == state
    # What was drawn is a state again, and figures of other explorers take what they know of it.
    done = command("sum_of_steps", "--state", "figures/surrogate.svg", "--format", "pdf")
    assert done.stdout == "figures/sum_of_steps.pdf\n"
    assert export.read_state(tmp_path / "figures" / "sum_of_steps.pdf") == states.validate(
        state, "sum-of-steps"
    )


def test_a_state_that_names_no_explorer(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(MINIMAL))
    assert command("--list", "--state", "a.json").stdout.startswith("threshold ")


# --- Slides and contact sheet --------------------------------------------------------------------


def test_slides_and_contact_sheet_instead_of_files(command: Command, tmp_path: Path) -> None:
    names = ("why_quantize", "figure1_ste")
    arguments = (*names, "--deck", "talk/slides.html", "--contact-sheet", "all.pdf")
    done = command(*arguments)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["all.pdf", "talk/slides.html"]
    assert done.stderr.splitlines() == ["1/2 why_quantize", "2/2 figure1_ste"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.pdf", "talk"]
    slides = (tmp_path / "talk" / "slides.html").read_text(encoding="utf-8")
    assert re.findall(r'<section class="slide" id="(\w+)"', slides) == list(names)
    before = (tmp_path / "all.pdf").read_bytes()
    assert command(*arguments).stdout.splitlines() == ["all-2.pdf", "talk/slides-2.html"]
    assert (tmp_path / "all-2.pdf").read_bytes() == before
    assert (tmp_path / "talk" / "slides-2.html").read_text(encoding="utf-8") == slides


def test_slides_beside_files(command: Command, tmp_path: Path) -> None:
    done = command("why_quantize", "--deck", "a.html", "--out", "b", "--format", "png")
    assert done.stdout.splitlines() == ["b/why_quantize.png", "a.html"]
    dark = command("why_quantize", "--deck", "dark.html", "--theme", "dark")
    assert dark.stdout == "dark.html\n"
    assert '"color-scheme" content="dark"' in (tmp_path / "dark.html").read_text("utf-8")


# --- Mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none"], "a figure must be one of threshold, .* got 'none'$"),
        (["treshold"], "got 'treshold'; did you mean 'threshold'"),
        (["--format", "jpg"], "a format must be one of svg, pdf, png, gif, mp4, got 'jpg'"),
        (["--format", ""], "a format must be one of svg, pdf, png, gif, mp4, got ''"),
        (["--format", "svg,"], "a format must be one of .* got ''"),
        (["agreement", "--format", "gif"], "gif needs the figure of an explorer, .* 'agreement'"),
        (["--format", "svg,mp4"], "mp4 needs the figure of an explorer, .* is none"),
        (["--theme", "pink"], "a theme must be one of print, light, dark, projector, got 'pink'"),
        (["--size", "A4"], "a size must be one of .* got 'A4'"),
        (["--svg-text", "no"], "text in an SVG must be one of text, paths, got 'no'"),
        (["--dpi", "29"], "dots per inch must be from 30 to 1200, got 29"),
        (["--dpi", "1201"], "dots per inch must be from 30 to 1200, got 1201"),
        (["--dpi", "x"], "'--dpi': must be a whole number, got 'x'"),
        (["--out", "file"], r"cannot make the folder .*/file \(File exists\)"),
        (["--deck", "a.pdf"], r"slides are saved as \.html, got 'a\.pdf'"),
        (["--deck", "folder"], r"slides are saved as \.html, got 'folder'"),
        (["--contact-sheet", "a.png"], r"a contact sheet is saved as \.pdf, got 'a\.png'"),
        (["why_quantize", "--deck", "file/a.html"], r"cannot save 'a' in .*/file \("),
        (["why_quantize", "--contact-sheet", "file/a.pdf"], r"cannot save 'a' in .*/file \("),
        (["--state", "folder"], "Is a directory: 'folder'; name a file in it"),
        (["--state", "missing.svg"], r"No such file or directory: 'missing\.svg'"),
        (["--state", "plain.svg"], r"plain\.svg is a SVG without a state"),
        (["--state", "file"], "file must be an SVG, PDF or PNG figure"),
        (["--state", "broken.json"], r"broken\.json holds a state .*: a state must be JSON"),
        (["--state", "less.json"], r"less\.json holds a state .* 'levels' is missing"),
        (["--state", "rule.json"], r"rule\.json holds a state .*: draws must be .* got -1"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_line(
    arguments: list[str], line: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    contents = {
        "file": "mine",
        "plain.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "broken.json": '{"version": 1,',
        "less.json": '{"version": 1, "edges": [0, 1]}',
        "rule.json": json.dumps({**MINIMAL, "draws": -1}),
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    before = sorted(tmp_path.rglob("*"))
    done = command(*arguments)
    said = done.stderr.removeprefix("1/1 why_quantize\n")
    assert re.search(line, mistake(subprocess.CompletedProcess([], 2, done.stdout, said)).strip())
    assert done.returncode == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    # Everything is imported before rights go.
    assert command("why_quantize", "--format", "svg").returncode == 0
    with read_only(tmp_path / "shut") as shut:
        done = command("why_quantize", "--format", "svg", "--out", str(shut))
        assert list(shut.iterdir()) == []
    assert (done.returncode, done.stdout) == (2, "")
    assert "(Permission denied); choose another place" in done.stderr
