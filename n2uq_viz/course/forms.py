"""The live parts of the course: the form of a prediction, and a figure with its save button.

Real ipywidgets, since a question must be answerable by hand; each also has a static HTML form, for
places where no widget can live.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from n2uq_viz.course import pages
from n2uq_viz.course.answers import NotAnswered, Unreadable, for_saving
from n2uq_viz.course.items import Choice, Number, Prediction, Verdict
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from n2uq_viz.course.store import AnswerStore


class PredictionForm:
    """A question, its fields and, once it is answered, the prediction beside the result.

    Attributes
    ----------
    fields : dict
        Name -> ipywidget of every field.
    button : ipywidgets.Button
        Submits the prediction; afterwards it opens the form again.
    widget : ipywidgets.VBox
        The whole form, as the notebook shows it.
    verdict : Verdict or None
        What a submitted prediction was told; None before.
    """

    def __init__(self, prediction: Prediction, chapter: str, store: AnswerStore) -> None:
        self.prediction, self.chapter, self.store = prediction, chapter, store
        self.verdict: Verdict | None = None
        self.fields = {field.name: self._field(field) for field in prediction.fields}
        self.button = ipywidgets.Button(layout={"width": "auto", "max_width": "16rem"})
        self.button.on_click(lambda _button: self._pressed())
        self.message = ipywidgets.HTML()
        self.result = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HTML(self._question()),
                *self.fields.values(),
                self.button,
                self.message,
                self.result,
            ]
        )
        self._open()
        self._restore()

    @property
    def revealed(self) -> bool:
        """Whether the result is on view."""
        return self.verdict is not None

    def answer(self, *values: Any, **named: Any) -> PredictionForm:
        """Predict from code, as the form does by hand.

        Parameters
        ----------
        *values, **named
            One value for each field, in order or by name.

        Raises
        ------
        ValueError
            Too many values, or a name that is no field.
        """
        names = list(self.fields)
        extra = [name for name in named if name not in names or name in names[: len(values)]]
        if len(values) > len(names) or extra:
            given = ", ".join([f"{len(values)} values", *extra])
            raise ValueError(f"answer takes one value for each of {', '.join(names)}; got {given}")
        self._submit({**dict(zip(names, values, strict=False)), **named}, fill=True)
        return self

    def _pressed(self) -> None:
        if self.revealed:
            self._open()
        else:
            self._submit({name: field.value for name, field in self.fields.items()})

    def _submit(self, raw: Mapping[str, Any], *, fill: bool = False) -> None:
        try:
            answer = self.prediction.read(raw, self.chapter)
        except NotAnswered:
            self._say("not_answered", say("course.predict.incomplete"))
            return
        except Unreadable as error:
            self._say("unreadable", str(error))
            return
        if fill:
            self._fill(answer)
        kept = {name: for_saving(value) for name, value in answer.items()}
        self.store.keep("predictions", self.prediction.name, {"answer": kept})
        self._reveal(answer)

    def _reveal(self, answer: dict[str, float | str]) -> None:
        from n2uq_viz.course import pictures

        truth = self.prediction.truth()
        verdict = self.prediction.judge(answer, truth, self.chapter)
        figure = pictures.compare(self.prediction, self.chapter, answer, truth)
        words = pictures.alternative(self.prediction, self.chapter, answer, truth)
        caption = say(f"course.{self.chapter}.{self.prediction.name}.caption")
        self.verdict = verdict
        self.message.value = pages.box(
            verdict.kind, verdict.heading, verdict.text, self.store.take_lines()
        )
        self.result.value = pages.picture(figure, words, caption)
        self.button.description = say("course.predict.again")
        self.button.button_style = ""
        for field in self.fields.values():
            field.disabled = True

    def _open(self) -> None:
        """Ready for a prediction; nothing of the result is left, not even out of sight."""
        self.verdict = None
        self.result.value = ""
        self.message.value = ""
        self.button.description = say("course.predict.submit")
        self.button.button_style = "primary"
        for field in self.fields.values():
            field.disabled = False

    def _restore(self) -> None:
        kept = self.store.find("predictions", self.prediction.name)
        if kept is None or not isinstance(kept.get("answer"), dict):
            return
        try:
            answer = self.prediction.read(kept["answer"], self.chapter)
        except (NotAnswered, Unreadable):  # the question has changed since: it is asked anew
            return
        self._fill(answer)
        self._reveal(answer)

    def _fill(self, answer: Mapping[str, float | str]) -> None:
        for field in self.prediction.fields:
            value = answer[field.name]
            self.fields[field.name].value = (
                field.show(value) if isinstance(field, Number) else value
            )

    def _say(self, kind: str, text: str) -> None:
        heading = say(f"course.verdict.{kind}")
        self.message.value = pages.box(kind, heading, text, self.store.take_lines())

    def _field(self, field: Number | Choice) -> Any:
        label = self.prediction.label(field, self.chapter)
        labels = [self.prediction.label(each, self.chapter) for each in self.prediction.fields]
        longest = max(map(len, labels))
        style = {"description_width": "initial" if isinstance(field, Choice) else f"{longest}ch"}
        if isinstance(field, Choice):
            return ipywidgets.RadioButtons(
                options=[(text, name) for name, text in field.options.items()],
                value=None,
                description=label,
                style=style,
                layout={"width": "auto", "max_width": pages.WIDTH},
            )
        text = ipywidgets.Text(
            description=label,
            placeholder=say("course.predict.number"),
            style=style,
            layout={"width": "32rem", "max_width": "98%"},
        )
        text.on_msg(self._entered)
        return text

    def _entered(self, _field: Any, content: Any, _buffers: Any) -> None:
        """Enter in a field submits, as forms do."""
        if isinstance(content, dict) and content.get("event") == "submit" and not self.revealed:
            self._pressed()

    def _question(self) -> str:
        title = html.escape(say(f"course.{self.chapter}.{self.prediction.name}.title"))
        text = pages.prose(say(f"course.{self.chapter}.{self.prediction.name}.question"))
        return f'<div style="max-width: {pages.WIDTH}"><p><strong>{title}</strong></p>{text}</div>'

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        asked = say(f"course.{self.chapter}.{self.prediction.name}.question")
        end = self.message.value + self.result.value or pages.prose(say("course.predict.static"))
        return pages.bundle(self.widget, self._question() + end, asked)


class FigureView:
    """A named figure with its caption, its text alternative and a button that saves it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        What is shown and saved.
    widget : ipywidgets.VBox
        The figure and the button.
    saved : list of pathlib.Path
        The files of the last save.
    """

    def __init__(
        self,
        figure: Figure,
        name: str,
        save: Callable[[Path], list[Path]],
        folder: Path,
        *,
        alternative: str,
        caption: str,
    ) -> None:
        self.figure, self.name, self.folder = figure, name, folder
        self._save = save
        self.saved: list[Path] = []
        self._html = pages.picture(figure, alternative, caption)
        self._text = alternative
        self.button = ipywidgets.Button(
            description=say("course.figure.save"),
            tooltip=say("course.figure.save_tip", folder=folder),
            layout={"width": "auto"},
        )
        self.button.on_click(lambda _button: self.save())
        self.message = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [ipywidgets.HTML(self._html), ipywidgets.HBox([self.button, self.message])]
        )

    def save(self) -> list[Path]:
        """Write the figure as SVG, PDF and PNG and say where; trouble is said, not raised."""
        try:
            self.saved = self._save(self.folder / self.name)
        except OSError as error:
            self.saved = []
            self.message.value = html.escape(str(error))
        else:
            names = ", ".join(path.name for path in self.saved)
            folder = self.folder.absolute()
            self.message.value = html.escape(say("course.figure.saved", names=names, folder=folder))
        return self.saved

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return pages.bundle(self.widget, self._html, self._text)
