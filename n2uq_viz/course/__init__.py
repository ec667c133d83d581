"""The course's teacher: asks before it shows, says why an answer is wrong, remembers what was done.

A notebook cell calls one of the functions below and shows what it returns::

    course.predict("edge_pull")          # a question to answer before the result is drawn
    course.check("midpoints", answer)    # a verdict on an exercise, with the reason
    course.hint("midpoints")             # opened on demand
    course.solution("midpoints")         # opened on demand
    course.progress()                    # what is done
    course.contents()                    # the map of the course
    course.equations()                   # where each equation is; references() and results() too
    course.show_figure("overview")       # a named figure, its words and a save button
    course.show_picture(figure, ...)     # any other figure

What a notebook asks is in the module named like it (``start_here`` for ``00_start_here``). What
draws, and what makes widgets, is imported when something is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz.course import pages, tables
from n2uq_viz.course.answers import for_saving
from n2uq_viz.course.registry import NOTEBOOKS, chapters, find_exercise, find_prediction, unknown
from n2uq_viz.course.store import AnswerStore
from n2uq_viz.course.tables import references, results
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from n2uq_viz.course.forms import FigureView, PredictionForm
    from n2uq_viz.course.items import Chapter

__all__ = [
    "check",
    "contents",
    "equations",
    "hint",
    "keep_answers_in",
    "predict",
    "progress",
    "references",
    "results",
    "show_figure",
    "show_picture",
    "solution",
]

_folder: Path | None = None
_stores: dict[str, AnswerStore] = {}


def keep_answers_in(folder: str | Path | None) -> None:
    """Choose where answers and figures are kept.

    Parameters
    ----------
    folder
        The notebooks' folder; None for the folder in which the kernel runs, which is where Jupyter
        starts it: beside the notebook. That is also what happens without this call.
    """
    global _folder
    _folder = None if folder is None else Path(folder)
    _stores.clear()


def predict(name: str) -> PredictionForm:
    """Ask for a prediction; the result is drawn only once it has been made.

    Parameters
    ----------
    name
        Name of the prediction.

    Returns
    -------
    PredictionForm
        Shows itself in a notebook; ``.answer(...)`` answers from code.

    Raises
    ------
    ValueError
        No such prediction.
    """
    from n2uq_viz.course.forms import PredictionForm

    chapter, prediction = find_prediction(name)
    return PredictionForm(prediction, chapter.key, _store(chapter))


def check(name: str, answer: Any = ...) -> pages.Checked:
    """Judge an answer and say why.

    Parameters
    ----------
    name
        Name of the exercise.
    answer
        Anything; the placeholder ``...`` counts as not answered yet.

    Returns
    -------
    Checked
        A page with the verdict; ``.right`` and ``.verdict`` for code.

    Raises
    ------
    ValueError
        No such exercise. An answer, however strange, raises nothing.

    Examples
    --------
    >>> check("memory")
    Not answered yet. Put your answer in place of the three dots and run the cell again.
    """
    chapter, exercise = find_exercise(name)
    verdict = exercise.judge(answer, chapter.key)
    store = _store(chapter)
    before = store.find("exercises", name) or {}
    done = before.get("done") is True
    lines = []
    if verdict.kind in ("right", "not_yet"):
        record = {"done": done or verdict.right, "answer": for_saving(verdict.value)}
        store.keep("exercises", name, record)
    elif verdict.kind == "not_answered" and done:
        lines.append(say("course.check.done_before"))
    return pages.verdict(verdict, [*lines, *store.take_lines()])


def hint(name: str) -> pages.Page:
    """A hint for an exercise, closed until it is opened; ValueError for an unknown name."""
    chapter, exercise = find_exercise(name)
    text = say(f"course.{chapter.key}.{exercise.name}.hint")
    return pages.fold(say("course.hint.open"), text)


def solution(name: str) -> pages.Page:
    """The solution of an exercise, closed until it is opened; ValueError for an unknown name."""
    chapter, exercise = find_exercise(name)
    text = say(f"course.{chapter.key}.{exercise.name}.solution")
    return pages.fold(say("course.solution.open"), text, exercise.solution)


def progress() -> pages.Page:
    """What is done, notebook by notebook; the questions of the last one begun are listed."""
    head = [say(f"course.progress.head.{c}") for c in ("question", "kind", "status")]
    notes: list[str] = []
    parts: list[tuple[str, list[list[str]], bool]] = []
    for chapter in chapters():
        store = _store(chapter)
        notes += [store.trouble] if store.trouble else []
        notes += [line for line in store.take_lines() if line != store.trouble]
        asked = [("predictions", item.name) for item in chapter.predictions]
        asked += [("exercises", item.name) for item in chapter.exercises]
        rows = []
        for part, name in asked:
            title = say(f"course.{chapter.key}.{name}.title")
            status = _status(part, store.find(part, name))
            rows.append([title, say(f"course.progress.{part}"), say(f"course.progress.{status}")])
        begun = any(row[-1] != say("course.progress.open") for row in rows)
        parts.append((say(f"course.contents.{chapter.notebook}.title"), rows, begun))
    last = max((k for k, (_, _, begun) in enumerate(parts) if begun), default=0)
    caption = say(
        "course.progress.caption", **_counts([row for _, rows, _ in parts for row in rows])
    )
    blocks, lines = [pages.prose(caption)], [caption]
    for k, (title, rows, _) in enumerate(parts):
        line = say("course.progress.notebook", title=title, **_counts(rows))
        table = pages.table("", head, [[pages.plain(cell) for cell in row] for row in rows])
        blocks.append(pages.folded(line, table, is_open=k == last))
        lines += [line, *("  " + " | ".join(row) for row in rows)]
    blocks += [pages.prose(note) for note in notes]
    return pages.Page("".join(blocks), "\n".join([*lines, *notes]))


def _status(part: str, kept: Mapping[str, Any] | None) -> str:
    """How far a question is: ``"open"``, ``"tried"`` or ``"done"``."""
    if kept is None:
        return "open"
    return "tried" if part == "exercises" and kept.get("done") is not True else "done"


def _counts(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """How many questions there are, and how many are done."""
    done = say("course.progress.done")
    return {"done": sum(row[-1] == done for row in rows), "all": len(rows)}


def contents() -> pages.Page:
    """The map of the course: a link for every notebook that is here."""
    rows, lines = [], []
    for notebook in NOTEBOOKS:
        title, question = (
            say(f"course.contents.{notebook}.{part}") for part in ("title", "question")
        )
        here = (_where() / f"{notebook}.ipynb").is_file()
        status = say(f"course.contents.{'here' if here else 'not_here'}")
        first = pages.link(f"{notebook}.ipynb", title) if here else pages.plain(title)
        rows.append(
            [
                pages.plain(notebook.split("_", 1)[0]),
                first,
                pages.plain(question),
                pages.plain(status),
            ]
        )
        lines.append(" | ".join([notebook, question, status]))
    caption = say("course.contents.caption")
    head = [say(f"course.contents.head.{c}") for c in ("number", "notebook", "question", "status")]
    return pages.Page(pages.table(caption, head, rows), "\n".join([caption, *lines]))


def equations() -> pages.Page:
    """Where each equation is explained, what computes it, and which test checks that."""
    return tables.equations(_where())


def show_figure(
    name: str, state: Mapping[str, Any] | None = None, *, theme: str = "light"
) -> FigureView:
    """Show a named figure with its caption, its text alternative and a button that saves it.

    Parameters
    ----------
    name
        Name of a figure of ``n2uq_viz.figures``.
    state
        What to draw it from; without it the figure's own default.
    theme
        Name of a theme of ``n2uq_viz.style``.

    Returns
    -------
    FigureView
        Shows itself in a notebook; ``.save()`` does what its button does: SVG, PDF and PNG in the
        folder ``figures`` beside the notebook, never over an earlier file.

    Raises
    ------
    ValueError
        No such figure, or a state that cannot be drawn.
    """
    from n2uq_viz import figures

    if name not in figures.NAMES:
        raise ValueError(unknown("figure", name, list(figures.NAMES)))
    state = figures.default_state(name) if state is None else state
    return show_picture(
        figures.NAMES[name](state, theme),
        name,
        caption=figures.caption(name, state),
        alternative=figures.text_alternative(name, state),
        state=state,
    )


def show_picture(
    figure: Figure,
    name: str,
    *,
    caption: str,
    alternative: str,
    state: Mapping[str, Any] | None = None,
) -> FigureView:
    """Show any figure with its words and a button that saves it, as `show_figure` does.

    Parameters
    ----------
    figure
        From matplotlib.
    name
        Of its files, without a suffix.
    caption, alternative
        What stands below it, and the figure in words, for those who cannot see it.
    state
        What its files carry, if it was drawn from a state.
    """
    from n2uq_viz import export
    from n2uq_viz.course.forms import FigureView

    def save(stem: Path) -> list[Path]:
        return export.save_all(figure, stem, state, text_alternative=alternative)

    where = _where() / "figures"
    return FigureView(figure, name, save, where, alternative=alternative, caption=caption)


def _where() -> Path:
    global _folder
    if (
        _folder is None
    ):  # kept from the first time on, since a notebook may change its directory later
        _folder = Path.cwd()
    return _folder


def _store(chapter: Chapter) -> AnswerStore:
    if chapter.notebook not in _stores:
        _stores[chapter.notebook] = AnswerStore(_where(), chapter.notebook)
    return _stores[chapter.notebook]
