"""Every notebook, run from top to bottom by a real kernel, then answered, then opened again."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from n2uq_viz.course import registry
from n2uq_viz.course.items import Chapter
from tests.answered import CHECK, PREDICT, answered, as_it_comes

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
#: Seconds after which a cell hangs, also on a slow machine; how long they take, a benchmark says.
HANGS = 600
#: Runs before the first cell: a warning is an error, and nothing but this machine can be reached.
GUARD = """
import ipaddress, socket, warnings
warnings.simplefilter("error")

def _only_here(connect):
    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            if not ipaddress.ip_address(address[0]).is_loopback:
                raise AssertionError(f"the notebook reached for the network: {address}")
        return connect(self, address)
    return guarded

def _no_names(host, *_arguments, **_options):
    raise AssertionError(f"the notebook asked the network for {host}")

for _name in ("connect", "connect_ex"):
    setattr(socket.socket, _name, _only_here(getattr(socket.socket, _name)))
socket.getaddrinfo = socket.gethostbyname = _no_names
"""


def _chapter(source: Path) -> Chapter:
    (found,) = [chapter for chapter in registry.chapters() if chapter.notebook == source.stem]
    return found


def _run(cells: list[Any], folder: Path) -> Any:
    """Run cells with a kernel that starts in the folder."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(GUARD), *cells])
    client = NotebookClient(
        notebook,
        timeout=HANGS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    del notebook.cells[0]
    return notebook


def _asks(cell: Any) -> bool:
    """Whether a cell asks a question, or says what is done."""
    asking = r"course\.(predict|check|progress)\("
    return cell.cell_type == "code" and re.search(asking, cell.source) is not None


def _imports(cell: Any) -> bool:
    lines = ast.parse(cell.source).body if cell.cell_type == "code" else []
    return bool(lines) and all(isinstance(line, (ast.Import, ast.ImportFrom)) for line in lines)


class Runs:
    """One notebook in one folder: as it comes, answered in the same kernel, opened again.

    So does a reader, who is told to run everything first and answers cell by cell. For what a
    restarted kernel knows, questions and imports are enough.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self.source, self.folder, self.chapter = source, folder, _chapter(source)
        cells = as_it_comes(source).cells
        answers = [cell for cell in answered(source).cells if _asks(cell)]
        self.fresh = _run([*cells, *answers], folder)
        self.solved = nbformat.v4.new_notebook(cells=self.fresh.cells[len(cells) :])
        del self.fresh.cells[len(cells) :]
        few = [cell for cell in as_it_comes(source).cells if _asks(cell) or _imports(cell)]
        self.again = _run(few, folder)


@pytest.fixture(scope="module", params=SOURCES, ids=[source.stem for source in SOURCES])
def runs(request: Any, tmp_path_factory: Any) -> Runs:
    return Runs(request.param, tmp_path_factory.mktemp("notebooks"))


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _html(cell: Any) -> str:
    parts = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return "".join("".join(part) for part in parts)


def _verdicts(notebook: Any) -> dict[str, str]:
    found = {}
    for cell in _code(notebook):
        if check := CHECK.search(cell.source):
            (output,) = cell.outputs
            found[check[1]] = output["data"]["text/plain"]
    return found


def _forms(notebook: Any) -> dict[str, str]:
    cells = [(PREDICT.search(cell.source), cell) for cell in _code(notebook)]
    return {found[1]: _html(cell) for found, cell in cells if found}


# --- The text ------------------------------------------------------------------------------------

each_source = pytest.mark.parametrize("source", SOURCES, ids=[source.stem for source in SOURCES])


def test_there_are_notebooks() -> None:
    names = [source.stem for source in SOURCES]
    assert names == list(registry.NOTEBOOKS[: len(names)])
    assert names[5] == "05_train_a_toy_net"


def test_the_way_to_a_trained_net_asks_enough() -> None:
    asked = [len(_chapter(source).exercises) for source in SOURCES[:6]]
    assert min(asked[2:]) >= 4
    assert sum(asked) >= 20


@each_source
def test_text_to_notebook_to_text_loses_nothing(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    as_ipynb = jupytext.writes(jupytext.reads(text, fmt="py:percent"), fmt="ipynb")
    back = jupytext.reads(as_ipynb, fmt="ipynb")
    back.metadata["jupytext"] = {"notebook_metadata_filter": "-all"}
    assert jupytext.writes(back, fmt="py:percent") == text


@each_source
def test_the_text_has_what_every_notebook_has(source: Path) -> None:
    notebook, chapter = as_it_comes(source), _chapter(source)
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert "Run All Cells" in first.source
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("## What you will be able to do", "minutes", "It builds on"):
        assert part in prose
    assert "## What this does not show" in prose
    code = [cell.source for cell in _code(notebook)]
    assert any(line.startswith("assert ") for cell in code for line in cell.split("\n"))
    # Nothing but imports comes before the opening question.
    opening = next(k for k, cell in enumerate(code) if PREDICT.search(cell))
    for line in "\n".join(code[:opening]).split("\n"):
        assert line == "" or line.startswith(("import ", "from ")), line
    asked = [found[1] for cell in code if (found := PREDICT.search(cell))]
    assert asked == [prediction.name for prediction in chapter.predictions]
    exercises = [found[1] for cell in code if (found := CHECK.search(cell))]
    assert exercises == [exercise.name for exercise in chapter.exercises]
    assert len(exercises) >= 3
    for name in exercises:
        assert code.count(f'course.hint("{name}")') == 1
        assert code.count(f'course.solution("{name}")') == 1


@each_source
def test_links_in_the_text_lead_somewhere(source: Path) -> None:
    prose = "\n".join(
        cell.source for cell in as_it_comes(source).cells if cell.cell_type == "markdown"
    )
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if not target.startswith(("https://", "#")):
            path = source.parent / target.split("#")[0]
            assert path.exists() or path.with_suffix(".py").exists(), target


def test_the_bug_that_is_shown_is_the_one_to_be_found() -> None:
    source = ROOT / "notebooks" / "01_binary_and_ste.py"
    (shown,) = [cell for cell in _code(as_it_comes(source)) if "def buggy(" in cell.source]
    chapter, exercise = registry.find_exercise("mended")
    names: dict[str, Any] = {}
    exec(chapter.setup, names)
    exec(shown.source, names)
    verdict = exercise.judge(names["buggy"], chapter.key)
    assert (verdict.kind, verdict.mistake) == ("not_yet", "no_gate")
    # One line is at fault, and the solution mends no other.
    wanted = exercise.solution.replace("mended", "buggy").split("\n")
    given = shown.source.split("\n")[: len(wanted)]
    differing = [k for k in range(len(wanted)) if wanted[k] != given[k]]
    assert ["gate" in wanted[k] for k in differing] == [True]


# --- As it comes ---------------------------------------------------------------------------------


def test_nothing_goes_wrong_and_nothing_is_grumbled(runs: Runs) -> None:
    for notebook in (runs.fresh, runs.solved, runs.again):
        for cell in _code(notebook):
            for output in cell.outputs:
                assert output.output_type != "error", cell.source
                assert output.get("name") != "stderr", output.get("text")


def test_widgets_are_real(runs: Runs) -> None:
    state = runs.fresh.metadata.widgets[WIDGET_STATE]["state"]
    for cell in _code(runs.fresh):
        last = cell.source.strip().split("\n")[-1]
        views = [o["data"][WIDGET_VIEW] for o in cell.outputs if WIDGET_VIEW in o.get("data", {})]
        if re.match(r"((course|pictures)\.(predict|show)|\w*Explorer\(|explorer$)", last):
            assert len(views) == 1, cell.source
        for view in views:
            model = state[view["model_id"]]
            assert model["model_name"] in ("VBoxModel", "AnyModel", "IntSliderModel")
            # Whatever the widget shows is there too.
            for child in model["state"].get("children", ()):
                assert child.removeprefix("IPY_MODEL_") in state


def test_pictures_have_words_and_a_button_that_saves(runs: Runs) -> None:
    state = runs.fresh.metadata.widgets[WIDGET_STATE]["state"]
    labels = [model["state"].get("description") for model in state.values()]
    shown = stills = 0
    for cell in _code(runs.fresh):
        page = BeautifulSoup(_html(cell), "html.parser")
        for image in page.select("img"):
            assert len(str(image.get("alt", ""))) > 30, cell.source
        if re.search(r"Explorer\(|^explorer$", cell.source, re.MULTILINE) and page.select("img"):
            # Where no widget runs, a still picture of it is left, which says what it is.
            assert page.select_one("figure > img") is not None
            assert page.figcaption is not None
            assert "still picture" in page.figcaption.text
            stills += 1
        if re.search(
            r"^(course\.show_(figure|picture)|pictures\.show)\(", cell.source, re.MULTILINE
        ):
            shown += 1
            assert page.figcaption is not None
            assert len(page.figcaption.text) > 20
    assert labels.count("Save figure") == shown
    assert stills >= 1


def test_unanswered_exercises_say_so_kindly(runs: Runs) -> None:
    verdicts = _verdicts(runs.fresh)
    assert len(verdicts) == len(runs.chapter.exercises)
    assert {text.split(". ")[0] for text in verdicts.values()} == {"Not answered yet"}


def test_no_result_is_shown_before_the_prediction(runs: Runs) -> None:
    forms = _forms(runs.fresh)
    assert len(forms) == len(runs.chapter.predictions)
    for html in forms.values():
        assert "<img" not in html
        assert "Something else happens" not in html


def test_links_in_outputs_lead_somewhere(runs: Runs) -> None:
    for cell in _code(runs.fresh):
        for link in BeautifulSoup(_html(cell), "html.parser").select("a"):
            assert (runs.folder / str(link["href"])).exists()


# --- Solved, and opened again --------------------------------------------------------------------


def test_every_solution_passes_in_its_place(runs: Runs) -> None:
    verdicts = _verdicts(runs.solved)
    assert len(verdicts) == len(runs.chapter.exercises)
    for name, text in verdicts.items():
        assert text.startswith("Right. "), name


def test_every_prediction_is_drawn_once_made(runs: Runs) -> None:
    for html in _forms(runs.solved).values():
        assert BeautifulSoup(html, "html.parser").img is not None
        assert "Right." in html


def test_answers_survive_a_restart(runs: Runs) -> None:
    for html in _forms(runs.again).values():
        assert "Right." in html
    for text in _verdicts(runs.again).values():
        assert "You solved this before" in text
    done = len(runs.chapter.exercises) + len(runs.chapter.predictions)
    (progress,) = [c for c in _code(runs.again) if c.source == "course.progress()"]
    assert progress.outputs[0]["data"]["text/plain"].startswith(f"{done} of ")
