"""Predictions and exercises as plain data, so that content can be read, tested and translated.

Nothing here shows anything: a question is judged by pure functions, and its words live in
``n2uq_viz/words`` under ``course.<chapter>.<name>.<part>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from n2uq_viz.course import answers
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

Kind = Literal["right", "not_yet", "differs", "not_answered", "unreadable"]
#: A prediction's answer or its truth: field -> a number, or the name of an option.
Answer = Mapping[str, "float | str"]


@dataclass(frozen=True)
class Verdict:
    """What an answer is told.

    Attributes
    ----------
    question
        Name of the exercise or prediction.
    kind
        ``"right"``, ``"not_yet"`` (an exercise), ``"differs"`` (a prediction), ``"not_answered"``
        or ``"unreadable"``.
    text
        Why, in plain words, with `code` in backticks.
    mistake
        Name of the mistake that was recognized, if one was.
    value
        The answer as it was read, or None.
    """

    question: str
    kind: Kind
    text: str
    mistake: str | None = None
    value: Any = None

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.kind == "right"

    @property
    def heading(self) -> str:
        """The verdict in two or three words."""
        return say(f"course.verdict.{self.kind}")

    def __str__(self) -> str:
        return f"{self.heading} {self.text}"


@dataclass(frozen=True)
class Mistake:
    """A common wrong answer, recognized so that it can be answered by name.

    Attributes
    ----------
    name
        Key of its words.
    recognizes
        Whether an answer, as read, is this mistake. Mistakes are tried in order.
    examples
        Answers that a learner might give; each must be recognized (the tests try them all).
    """

    name: str
    recognizes: Callable[[Any], bool]
    examples: tuple[Any, ...]


@dataclass(frozen=True)
class Exercise:
    """A task whose answer is checked.

    Attributes
    ----------
    name
        Unique in the whole course.
    read
        What the learner gives -> the value to judge (see ``n2uq_viz.course.answers``).
    is_right, mistakes
        Judges of that value.
    solution
        Python lines that take the place of the placeholder in the notebook's cell.
    right_answers
        Different ways to give the right answer; each must pass (the tests try them all).
    """

    name: str
    read: Callable[[Any], Any]
    is_right: Callable[[Any], bool]
    mistakes: tuple[Mistake, ...]
    solution: str
    right_answers: tuple[Any, ...]

    def judge(self, answer: Any, chapter: str) -> Verdict:
        """The verdict on an answer of any kind at all; never raises because of the answer.

        Parameters
        ----------
        chapter
            Key of the chapter, for the words.
        """
        words = f"course.{chapter}.{self.name}"
        try:
            value = self.read(answer)
        except answers.NotAnswered:
            return Verdict(self.name, "not_answered", say("course.answer.blank"))
        except answers.Unreadable as error:
            return Verdict(self.name, "unreadable", str(error))
        if self.is_right(value):
            return Verdict(self.name, "right", say(f"{words}.right"), value=value)
        for mistake in self.mistakes:
            if mistake.recognizes(value):
                text = say(f"{words}.mistake.{mistake.name}")
                return Verdict(self.name, "not_yet", text, mistake.name, value)
        return Verdict(self.name, "not_yet", say(f"{words}.otherwise"), value=value)


@dataclass(frozen=True)
class Number:
    """A field of a prediction that takes a number.

    Attributes
    ----------
    name
        Key of its words and keyword of ``.answer``.
    tolerance
        How far a prediction may be from the result and still be right, in the field's units.
    signed
        Whether to write a plus sign, as for a move.
    """

    name: str
    tolerance: float = 0.005
    signed: bool = False

    def read(self, answer: Any) -> float:
        """The number in the answer; raises what ``answers.number`` raises."""
        return answers.number()(answer)

    def agrees(self, answer: float | str, truth: float | str) -> bool:
        """Whether the prediction is right."""
        return abs(float(answer) - float(truth)) <= self.tolerance

    def show(self, value: float | str) -> str:
        """The number as people write it."""
        return answers.show_number(float(value), signed=self.signed)


@dataclass(frozen=True)
class Choice:
    """A field of a prediction that takes one of several options.

    Attributes
    ----------
    name
        Key of its words and keyword of ``.answer``.
    options
        Name of each option -> its label.
    """

    name: str
    options: Mapping[str, str]

    def read(self, answer: Any) -> str:
        """The name of the option, given as such or as its label; see ``answers.choice``."""
        return answers.choice({name: (label,) for name, label in self.options.items()})(answer)

    def agrees(self, answer: float | str, truth: float | str) -> bool:
        """Whether the prediction is right."""
        return answer == truth

    def show(self, value: float | str) -> str:
        """The option's label."""
        return self.options[str(value)]


@dataclass(frozen=True)
class Prediction:
    """A question that is answered before the result is shown.

    Attributes
    ----------
    name
        Unique in the whole course.
    fields
        What is asked.
    truth
        Computes the result, field by field, with the package itself.
    remarks
        Common wrong predictions, each with a sentence of its own.
    draw
        Optional: draws the situation on an axes, prediction and result together.
    """

    name: str
    fields: tuple[Number | Choice, ...]
    truth: Callable[[], dict[str, float | str]]
    remarks: tuple[Mistake, ...] = ()
    draw: Callable[[Axes, Theme, Answer, Answer], None] | None = None

    def read(self, raw: Mapping[str, Any], chapter: str) -> dict[str, float | str]:
        """The answer to every field.

        Raises
        ------
        answers.NotAnswered
            A field is empty.
        answers.Unreadable
            A field cannot be read; the text starts with its label.
        """
        found: dict[str, float | str] = {}
        for field in self.fields:
            try:
                found[field.name] = field.read(raw.get(field.name, ...))
            except answers.Unreadable as error:
                raise answers.Unreadable(f"{self.label(field, chapter)}: {error}") from None
        return found

    def judge(self, answer: Answer, truth: Answer, chapter: str) -> Verdict:
        """The verdict on a prediction that has been read: a remark if one fits, then why."""
        words = f"course.{chapter}.{self.name}"
        why = say(f"{words}.why")
        if all(field.agrees(answer[field.name], truth[field.name]) for field in self.fields):
            return Verdict(self.name, "right", why, value=answer)
        for remark in self.remarks:
            if remark.recognizes(answer):
                text = f"{say(f'{words}.remark.{remark.name}')} {why}"
                return Verdict(self.name, "differs", text, remark.name, answer)
        return Verdict(self.name, "differs", why, value=answer)

    def label(self, field: Number | Choice, chapter: str) -> str:
        """A field's label."""
        return say(f"course.{chapter}.{self.name}.field.{field.name}")


@dataclass(frozen=True)
class Chapter:
    """One notebook's predictions and exercises, in the order in which they come.

    Attributes
    ----------
    notebook
        File name without its suffix, such as ``"00_start_here"``.
    predictions, exercises
        Its questions.
    setup
        Python lines that stand in the notebook before the exercises, which their solutions may use.
    """

    notebook: str
    predictions: tuple[Prediction, ...]
    exercises: tuple[Exercise, ...]
    setup: str = ""

    @property
    def key(self) -> str:
        """The chapter's part of every word's key.

        Examples
        --------
        >>> Chapter("00_start_here", (), ()).key
        'start_here'
        """
        return self.notebook.split("_", 1)[1]
