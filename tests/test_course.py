"""What a notebook cell calls: forms, verdicts, what is opened on demand, progress and the map."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from n2uq_viz import course, export
from n2uq_viz.course import registry

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    course.keep_answers_in(tmp_path)
    yield tmp_path
    course.keep_answers_in(None)


def _restart_kernel(folder: Path) -> None:
    course.keep_answers_in(folder)


def _submit(form: Any, **values: Any) -> None:
    """Answer as a hand does: fill the fields, press the button."""
    for name, value in values.items():
        form.fields[name].value = value
    form.button.click()


def _everything(form: Any) -> str:
    """All that the form shows or carries with it to the browser."""

    def texts(widget: Any) -> list[str]:
        inner = [text for child in getattr(widget, "children", ()) for text in texts(child)]
        return [json.dumps(widget.get_state(), default=repr), *inner]

    return "\n".join([*texts(form.widget), form._repr_mimebundle_()["text/html"]])


def _picture(html: str) -> Image.Image:
    image = BeautifulSoup(html, "html.parser").figure.img  # type: ignore[union-attr]
    assert image is not None
    kind, data = str(image["src"]).split(",", 1)
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


# --- Predictions ---------------------------------------------------------------------------------


def test_a_prediction_is_a_form_of_real_widgets() -> None:
    form = course.predict("edge_pull")
    bundle = form._repr_mimebundle_()
    assert bundle[WIDGET_VIEW]["model_id"] == form.widget.model_id
    assert [type(field) for field in form.fields.values()] == [ipywidgets.Text] * 3
    assert form.fields["threshold_1"].description == "Threshold 1 moves by"
    assert form.button.description == "Show what happens"
    choice = course.predict("quarter_way").fields["mean"]
    assert isinstance(choice, ipywidgets.RadioButtons)
    assert choice.value is None
    assert len(choice.options) == 4


def test_nothing_of_the_result_is_there_before_the_answer() -> None:
    form = course.predict("edge_pull")
    assert not form.revealed
    assert form.verdict is None
    shown = _everything(form)
    assert "base64" not in shown
    assert "half of the pull" not in shown
    assert "A threshold is the middle" not in shown


def test_an_answer_by_hand_reveals_the_result_and_why() -> None:
    form = course.predict("edge_pull")
    _submit(form, threshold_1="0.1", threshold_2=" 1/10", levels="0")
    assert form.verdict is not None
    assert form.verdict.right
    assert "follow by half of the pull" in form.message.value
    picture = _picture(form.result.value)
    assert picture.format == "PNG"
    assert len(np.unique(np.asarray(picture.convert("L")))) > 20
    page = BeautifulSoup(form.result.value, "html.parser")
    assert page.img is not None
    alternative = str(page.img["alt"])
    assert "Threshold 2 moves by: you predicted +0.1, the result is +0.1" in alternative
    assert page.figcaption is not None
    assert "as you predicted it" in page.figcaption.text
    assert all(field.disabled for field in form.fields.values())
    assert "base64" in form._repr_mimebundle_()["text/html"]


def test_answering_from_code_is_the_same_as_by_hand() -> None:
    by_hand, by_code = course.predict("edge_pull"), course.predict("edge_pull")
    _submit(by_hand, threshold_1="0.2", threshold_2="0.2", levels="0")
    assert by_code.answer(0.2, "1/5", levels=0) is by_code
    assert by_code.verdict == by_hand.verdict
    assert by_code.result.value == by_hand.result.value
    assert by_code.fields["threshold_1"].value == "+0.2"


def test_the_picture_depends_on_the_prediction() -> None:
    form = course.predict("edge_pull")
    first = form.answer(0.1, 0.1, 0).result.value
    assert form.answer(0.2, 0.1, 0).result.value != first


def test_an_incomplete_form_asks_for_the_rest() -> None:
    form = course.predict("edge_pull")
    _submit(form, threshold_1="0.1")
    assert not form.revealed
    assert "Answer every part first" in form.message.value
    course.predict("quarter_way").button.click()


@pytest.mark.parametrize("nonsense", ["banana", "1/0", "nan", "<script>alert(1)</script>"])
def test_nonsense_in_a_form_names_the_field_and_reveals_nothing(nonsense: str) -> None:
    form = course.predict("edge_pull")
    _submit(form, threshold_1="0.1", threshold_2=nonsense, levels="0")
    assert not form.revealed
    assert "Threshold 2 moves by:" in form.message.value
    assert "<script>" not in form.message.value
    assert form.result.value == ""


def test_enter_in_a_field_submits() -> None:
    form = course.predict("edge_pull")
    for name, value in {"threshold_1": "0.1", "threshold_2": "0.1", "levels": "0"}.items():
        form.fields[name].value = value
    form.fields["levels"]._handle_custom_msg({"event": "submit"}, [])
    assert form.revealed


def test_predicting_again_hides_the_result_first() -> None:
    form = course.predict("edge_pull").answer(0.2, 0.2, 0)
    assert form.button.description == "Predict again"
    form.button.click()
    assert not form.revealed
    assert "base64" not in _everything(form)
    assert not any(field.disabled for field in form.fields.values())
    _submit(form, threshold_1="0.1", threshold_2="0.1", levels="0")
    assert form.verdict is not None
    assert form.verdict.right


def test_predictions_survive_a_restart(folder: Path) -> None:
    before = course.predict("edge_pull").answer(0.2, 0.1, 0)
    course.predict("quarter_way").answer("half of the way up")
    _restart_kernel(folder)
    after = course.predict("edge_pull")
    assert after.verdict == before.verdict
    assert after.fields["threshold_1"].value == "+0.2"
    assert "base64" in after.result.value
    assert course.predict("quarter_way").fields["mean"].value == "half"


def test_a_saved_prediction_that_fits_no_more_is_asked_anew(folder: Path) -> None:
    path = folder / "progress-00_start_here.json"
    for kept in ({"levels": 0.0}, {"threshold_1": "x", "threshold_2": 0, "levels": 0}, 3):
        record = {"version": 1, "predictions": {"edge_pull": {"answer": kept}}}
        path.write_text(json.dumps(record), encoding="utf-8")
        _restart_kernel(folder)
        assert not course.predict("edge_pull").revealed


def test_answering_with_the_wrong_names_is_an_error() -> None:
    form = course.predict("edge_pull")
    with pytest.raises(ValueError, match="one value for each of threshold_1, threshold_2, levels"):
        form.answer(1, 2, 3, 4)
    with pytest.raises(ValueError, match="got 1 values, threshold_1"):
        form.answer(1, threshold_1=2)
    with pytest.raises(ValueError, match="got 0 values, color"):
        form.answer(color="red")


# --- Exercises -----------------------------------------------------------------------------------


def test_a_right_answer_a_wrong_one_and_none() -> None:
    assert course.check("memory", 1_500_000).right
    wrong = course.check("memory", 12_000_000)
    assert not wrong.right
    assert wrong.verdict.mistake == "bits"
    assert "A byte has 8 of them" in wrong._repr_html_()
    assert course.check("memory").verdict.kind == "not_answered"
    assert course.check("memory", ...).verdict.kind == "not_answered"
    assert course.check("memory", "pear").verdict.kind == "unreadable"


def test_a_verdict_is_told_in_words_and_html_is_escaped() -> None:
    page = course.check("memory", "<b>pear</b>")
    assert "&lt;b&gt;pear" in page._repr_html_()
    assert "<b>" not in page._repr_html_()
    assert repr(page).startswith("This answer cannot be read. ")
    assert 'role="status"' in page._repr_html_()


def test_check_never_shows_the_solution() -> None:
    for answer in (..., 7, "pear", 12_000_000):
        page = course.check("memory", answer)
        assert "1500" not in page._repr_html_()
        assert "* 2 / 8" not in page._repr_html_()


def test_hint_and_solution_stay_closed_until_opened() -> None:
    for page in (course.hint("memory"), course.solution("memory")):
        details = BeautifulSoup(page._repr_html_(), "html.parser").details
        assert details is not None
        assert not details.has_attr("open")
        assert details.summary is not None
        assert "click to open" in details.summary.text
        # In a terminal nothing can be folded, so the prompt shows only how to open it.
        assert page.text not in repr(page)
    assert "answer = 6_000_000 * 2 / 8" in course.solution("memory")._repr_html_()
    assert "* 2 / 8" not in course.hint("memory")._repr_html_()


def test_a_solved_exercise_stays_solved(folder: Path) -> None:
    course.check("memory", 1_500_000)
    course.check("memory", 7)
    _restart_kernel(folder)
    assert "You solved this before" in repr(course.check("memory"))
    kept = json.loads((folder / "progress-00_start_here.json").read_text(encoding="utf-8"))
    assert kept["exercises"]["memory"] == {"done": True, "answer": 7.0}


def test_code_is_judged_by_its_values(folder: Path) -> None:
    assert course.check("chance", lambda x: np.clip((x - 0.5) / 2, 0, 1)).right
    kept = json.loads((folder / "progress-00_start_here.json").read_text(encoding="utf-8"))
    assert kept["exercises"]["chance"]["done"] is True


@pytest.mark.parametrize("call", [course.check, course.hint, course.solution])
def test_an_unknown_exercise_is_an_error_that_helps(call: Any) -> None:
    with pytest.raises(ValueError, match="no exercise 'memroy'; did you mean 'memory'"):
        call("memroy")
    with pytest.raises(ValueError, match=r"no exercise 7; there are memory, "):
        call(7)


def test_an_unknown_prediction_is_an_error_that_helps() -> None:
    with pytest.raises(ValueError, match="no prediction 'edge_push'; did you mean 'edge_pull'"):
        course.predict("edge_push")


# --- Progress and the map ------------------------------------------------------------------------


def _status(page: Any) -> dict[str, str]:
    rows = BeautifulSoup(page._repr_html_(), "html.parser").select("tbody tr")
    cells = [[cell.text for cell in row.select("td")] for row in rows]
    return {row[0]: row[-1].split()[-1] for row in cells}


def test_progress_shows_what_is_done(folder: Path) -> None:
    asked = sum(len(c.predictions) + len(c.exercises) for c in registry.chapters())
    assert repr(course.progress()).startswith(f"0 of {asked} questions done")
    course.predict("edge_pull").answer(0.2, 0.2, 0)
    course.check("memory", 1_500_000)
    course.check("midpoints", [1, 2, 3])
    course.check("slopes")
    _restart_kernel(folder)
    page = course.progress()
    assert repr(page).startswith(f"2 of {asked} questions done")
    status = _status(page)
    assert status["Pull an edge"] == "done"
    assert status["Count the bytes"] == "done"
    assert status["From edges to thresholds"] == "tried"
    assert status["Slopes of the ramps"] == "open"
    folds = BeautifulSoup(page._repr_html_(), "html.parser").select("details")
    assert next(fold.summary.text for fold in folds if fold.summary) == "Start here: 2 of 7 done"
    assert ["open" in fold.attrs for fold in folds] == [True] + [False] * (len(folds) - 1)


def test_progress_lists_the_questions_of_the_notebook_that_was_begun_last() -> None:
    course.check("memory", 1_500_000)
    course.check("enough", 1)
    folds = BeautifulSoup(course.progress()._repr_html_(), "html.parser").select("details")
    (shown,) = [fold for fold in folds if "open" in fold.attrs]
    assert shown.summary is not None
    assert shown.summary.text == "One step and the straight-through estimator: 0 of 6 done"


def test_what_cannot_be_saved_is_said_once_and_again_by_progress(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    course.keep_answers_in(in_the_way)
    line = f"Your answers cannot be saved in {in_the_way} (Not a directory)."
    assert line in course.check("memory", 1_500_000)._repr_html_()
    assert "cannot be saved" not in course.check("memory", 1_500_000)._repr_html_()
    assert "cannot be saved" not in course.predict("edge_pull").answer(0, 0, 0).message.value
    assert repr(course.progress()).count(line) == 1
    assert _status(course.progress())["Count the bytes"] == "done"


def test_a_damaged_file_is_told_with_the_next_answer(folder: Path) -> None:
    (folder / "progress-00_start_here.json").write_text("{", encoding="utf-8")
    _restart_kernel(folder)
    page = course.check("memory", 7)
    assert "set aside as progress-00_start_here.broken.json" in page._repr_html_()
    assert "set aside" not in repr(course.progress())


def test_the_map_links_only_what_is_here(folder: Path) -> None:
    (folder / "01_binary_and_ste.ipynb").write_text("{}", encoding="utf-8")
    page = BeautifulSoup(course.contents()._repr_html_(), "html.parser")
    rows = page.select("tbody tr")
    assert len(rows) == len(registry.NOTEBOOKS) == 11
    assert [a["href"] for a in page.select("a")] == ["01_binary_and_ste.ipynb"]
    for row, notebook in zip(rows, registry.NOTEBOOKS, strict=True):
        expected = "here" if notebook.startswith("01") else "not here"
        assert row.select("td")[-1].text == expected


def test_answers_are_kept_where_the_kernel_runs(tmp_path: Path, monkeypatch: Any) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    course.keep_answers_in(None)
    course.check("memory", 1_500_000)
    monkeypatch.chdir(other)
    course.check("midpoints", [0.2, 0.7, 1.5])
    assert (tmp_path / "progress-00_start_here.json").is_file()
    assert list(other.iterdir()) == []


# --- Figures -------------------------------------------------------------------------------------


def test_a_figure_has_caption_text_alternative_and_a_button_that_saves(folder: Path) -> None:
    view = course.show_figure("overview")
    bundle = view._repr_mimebundle_()
    assert bundle[WIDGET_VIEW]["model_id"] == view.widget.model_id
    page = BeautifulSoup(bundle["text/html"], "html.parser")
    assert page.img is not None
    assert len(str(page.img["alt"])) > 40
    assert page.figcaption is not None
    assert len(page.figcaption.text) > 20
    assert _picture(bundle["text/html"]).width > 600
    view.button.click()
    names = ["overview.svg", "overview.pdf", "overview.png"]
    assert view.saved == [folder / "figures" / name for name in names]
    assert all(path.is_file() for path in view.saved)
    assert f"Saved overview.svg, overview.pdf, overview.png in {folder / 'figures'}" in (
        view.message.value
    )
    view.button.click()
    assert [path.name for path in view.saved] == [
        "overview-2.svg",
        "overview-2.pdf",
        "overview-2.png",
    ]


def test_a_figure_of_a_state_carries_it(folder: Path) -> None:
    state = {"version": 1, "edges": [0.0, 0.5, 2.0], "levels": [0.0, 1.0, 2.0], "data": "normal"}
    view = course.show_figure("threshold", state)
    for path in view.save():
        assert path.parent == folder / "figures"
        assert export.read_state(path)["edges"] == [0.0, 0.5, 2.0]


def test_a_figure_that_cannot_be_saved_says_so(folder: Path) -> None:
    (folder / "figures").write_text("in the way", encoding="utf-8")
    view = course.show_figure("overview")
    view.button.click()
    assert view.saved == []
    assert re.search(r"cannot save .*overview.* in ", view.message.value)


def test_an_unknown_figure_is_an_error_that_helps() -> None:
    with pytest.raises(ValueError, match=r"no figure 'overvew'; did you mean 'overview'"):
        course.show_figure("overvew")


# --- Lightness -----------------------------------------------------------------------------------


def test_nothing_heavy_is_imported_before_something_is_shown(tmp_path: Path) -> None:
    code = (
        "import sys; from n2uq_viz import course;"
        "course.check('memory', 7); course.hint('memory'); course.progress(); course.contents();"
        "print([m for m in ('matplotlib', 'ipywidgets', 'torch', 'sklearn', 'IPython') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(course.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
