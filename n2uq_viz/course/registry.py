"""Which notebooks the course has and where a question is: content is found by name, loaded late.

A notebook that is not in the folder is listed too, and becomes a link as soon as its file is there.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from n2uq_viz.course.items import Chapter, Exercise, Prediction

#: Every notebook of the course, in order; words for the map are under ``course.contents.<name>``.
NOTEBOOKS = (
    "00_start_here",
    "01_binary_and_ste",
    "02_expectation",
    "03_levels",
    "04_learnable_thresholds",
    "05_train_a_toy_net",
    "06_weights_and_hardware",
    "07_the_zoo_and_its_limits",
    "08_your_own_tensors",
    "09_bug_gallery",
    "A_glossary_and_map",
)


@cache
def chapters() -> tuple[Chapter, ...]:
    """The content of every notebook that has some, in order.

    A notebook's content is the object ``CHAPTER`` of the module named like it, without the number.

    Examples
    --------
    >>> chapters()[0].notebook
    '00_start_here'
    """
    found = []
    for notebook in NOTEBOOKS:
        module = f"{__package__}.{notebook.split('_', 1)[1]}"
        if find_spec(module) is not None:
            found.append(import_module(module).CHAPTER)
    return tuple(found)


def find_prediction(name: str) -> tuple[Chapter, Prediction]:
    """The prediction of that name and its chapter.

    Raises
    ------
    ValueError
        No such prediction; the message names the nearest ones.
    """
    known = {item.name: (chapter, item) for chapter in chapters() for item in chapter.predictions}
    if not isinstance(name, str) or name not in known:
        raise ValueError(unknown("prediction", name, list(known)))
    return known[name]


def find_exercise(name: str) -> tuple[Chapter, Exercise]:
    """The exercise of that name and its chapter.

    Raises
    ------
    ValueError
        No such exercise; the message names the nearest ones.

    Examples
    --------
    >>> find_exercise("memry")
    Traceback (most recent call last):
        ...
    ValueError: there is no exercise 'memry'; did you mean 'memory'?
    """
    known = {item.name: (chapter, item) for chapter in chapters() for item in chapter.exercises}
    if not isinstance(name, str) or name not in known:
        raise ValueError(unknown("exercise", name, list(known)))
    return known[name]


def unknown(kind: str, name: object, known: list[str]) -> str:
    """The line that says that a name is not known, and which one may be meant."""
    close = difflib.get_close_matches(name, known, n=1) if isinstance(name, str) else []
    advice = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
    return f"there is no {kind} {name!r}; {advice}"
