"""A notebook as somebody leaves it who predicted everything and solved everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext

from n2uq_viz.course import registry

#: The last line of a cell that checks an exercise, and a cell that asks for a prediction.
CHECK = re.compile(r'course\.check\("(\w+)", (\w+)\)\s*$')
PREDICT = re.compile(r'course\.predict\("(\w+)"\)')


def as_it_comes(source: Path) -> Any:
    """The notebook of a text."""
    return jupytext.read(source, fmt="py:percent")


def answered(source: Path) -> Any:
    """The notebook of a text, with the solutions in their places and true predictions."""
    notebook = as_it_comes(source)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if found := CHECK.search(cell.source):
            _, exercise = registry.find_exercise(found[1])
            cell.source = f"{exercise.solution}\n\n{found[0]}"
        elif found := PREDICT.search(cell.source):
            _, prediction = registry.find_prediction(found[1])
            cell.source = f"{found[0]}.answer(**{prediction.truth()!r})"
    return notebook
