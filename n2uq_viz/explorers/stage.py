"""The Stage: one anywidget that is the whole explorer, and the Python side of it.

The browser draws, computes the piecewise-linear geometry and never waits. Python is the authority:
it validates every state as a whole, holds the data, and draws the figures that are saved. The
JavaScript is a handful of small ES modules under ``js/``; ``javascript`` joins them, so that there
is no build step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from n2uq_viz import state as states
from n2uq_viz import words
from n2uq_viz.quantizer import Quantizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where the "Save figure" button of an explorer puts its files, beside the notebook.
FIGURE_FOLDER = "figures"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def source(name: str) -> str:
    """Text of one file under ``explorers/js``."""
    return (files(__package__) / "js" / name).read_text(encoding="utf-8")


def javascript(entry: str, constants: Mapping[str, Any]) -> str:
    """One ES module out of ``entry`` and all that it imports, with constants above them.

    Parameters
    ----------
    entry
        File under ``explorers/js``.
    constants
        Name -> JSON-ready value, declared before everything else.

    Raises
    ------
    ValueError
        Two modules declare the same name at their top: joined, one would hide the other.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        for needed in _IMPORT.findall(source(name)):
            visit(needed)
        order.append(name)

    visit(entry)
    parts = [
        f"const {name} = {json.dumps(value, sort_keys=True)};" for name, value in constants.items()
    ]
    declared: dict[str, str] = {}
    for name in order:
        body = _IMPORT.sub("", source(name))
        for top in _DECLARED.findall(body):
            if top in declared:
                raise ValueError(
                    f"{top} must have one home, got it in {declared[top]} and in {name}; rename one"
                )
            declared[top] = name
        parts.append(re.sub(r"^export (?!default)", "", body, flags=re.MULTILINE))
    return "\n".join(parts)


@cache
def style_sheet() -> str:
    """The explorers' CSS."""
    return source("stage.css")


class RefusedState(states.StateError, traitlets.TraitError):
    """A state that an explorer does not take; as a TraitError it makes widgets keep the old one."""


class Stage(anywidget.AnyWidget):
    """What all explorers share on the Python side; use one of its subclasses.

    ``state`` is the one synced trait. Assign a whole state to it, ``{**e.state, "draws": 500}``; an
    invalid one raises ``StateError`` and leaves the old state as it was.
    """

    #: Name of the explorer: in states, in words and among the figures.
    explorer = ""
    #: What else the browser may ask: kind of question -> its answer for a state.
    _answers: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

    # No echo: the browser knows what it sent, and an echo of an old state would fight with the
    # hand.
    state = traitlets.Dict().tag(sync=True, echo_update=False)
    _data = traitlets.Dict().tag(sync=True)

    def __init__(self, state: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        super().__init__(state=dict(state), _data=dict(data))
        self.on_msg(self._answer)

    @traitlets.validate("state")
    def _validated(self, proposal: Any) -> dict[str, Any]:
        try:
            valid = states.validate(proposal["value"], self.explorer)
        except states.StateError as error:
            raise RefusedState(str(error)) from None
        if isinstance(valid["data"], str) and valid["data"] not in self._data:
            raise RefusedState(
                f"data must be one of {', '.join(self._data)} here, got {valid['data']!r}: "
                'it comes with scikit-learn, pip install "n2uq_viz[lab]"'
            )
        return valid

    @property
    def quantizer(self) -> Quantizer:
        """The quantizer on screen."""
        return Quantizer(self.state["edges"], self.state["levels"])

    def on_change(self, callback: Callable[[dict[str, Any]], object]) -> Callable[[], None]:
        """Call ``callback(state)`` after every change, from either side.

        Returns a function that ends it.

        Examples
        --------
        >>> from n2uq_viz.explorers import ThresholdExplorer
        >>> e = ThresholdExplorer(data="normal")
        >>> stop = e.on_change(lambda state: print(state["draws"]))
        >>> e.state = {**e.state, "draws": 500}
        500
        >>> stop()
        """

        def changed(change: Any) -> None:
            callback(change["new"])

        self.observe(changed, names="state")
        return lambda: self.unobserve(changed, names="state")

    def figure(self, theme: str | None = None) -> Figure:
        """The state on screen as a matplotlib figure.

        Parameters
        ----------
        theme
            One of ``n2uq_viz.style.THEMES``; without it the state's own, light where that is
            "auto".
        """
        from n2uq_viz import (
            figures,
        )  # here, since matplotlib takes long and a drag needs none of it

        return figures.NAMES[self.explorer](self.state, theme=theme)

    def save_figure(self, path: str | Path, theme: str | None = None) -> Path:
        """Save the state on screen and return where.

        The suffix of ``path`` says how: ``.svg``, ``.pdf`` or ``.png``. A missing folder is made.
        If the file exists, a free name beside it is taken instead. The file carries the state:
        ``n2uq_viz.export.read_state`` gets it back.

        Raises
        ------
        ValueError
            Another suffix.
        OSError
            The folder cannot be written.
        """
        from n2uq_viz import export, figures

        alternative = figures.text_alternative(self.explorer, self.state)
        return export.save(self.figure(theme), path, self.state, text_alternative=alternative)

    def save_figures(self, name: str, theme: str | None = None) -> list[Path]:
        """Do what the "Save figure" button does: SVG, PDF and PNG under one free name.

        They go to the folder ``FIGURE_FOLDER``, beside the notebook, whatever ``name`` says: signs
        that could lead elsewhere become dashes. Raises OSError where the folder cannot be written.
        """
        from n2uq_viz import export, figures

        stem = re.sub(r"[^\w. -]", "-", name).strip(". -") or self.explorer
        alternative = figures.text_alternative(self.explorer, self.state)
        target = Path(FIGURE_FOLDER) / stem
        return export.save_all(self.figure(theme), target, self.state, text_alternative=alternative)

    def _answer(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        """Take the browser's state if it sends one, and answer with the state as it is.

        Before that, save a figure if asked to. Or answer another question, if there is an answer.
        """
        reply: dict[str, Any] = {"kind": "state", "id": content.get("id")}
        if content.get("kind") in self._answers:
            kind = str(content["kind"])
            self.send({**reply, "kind": kind, **self._answers[kind](self.state)})
            return
        try:
            if "state" in content:
                # As if the trait had been sent: nothing goes back but the answer. A refused state
                # changes nothing, and the browser sees that in the answer.
                with suppress(states.StateError):
                    self.set_state({"state": content["state"]})
            if content.get("kind") == "save":
                reply |= self._saved(content)
        finally:
            # Also when a reader's own callback fails: the change itself has been made by then.
            self.send({**reply, "state": self.state})

    def _saved(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Save what is on screen as the browser asks, and say where, or why not."""
        try:
            name, theme = str(content.get("name", "")), str(content.get("theme", "light"))
            return {"kind": "saved", "paths": [str(p) for p in self.save_figures(name, theme)]}
        except (OSError, ValueError) as error:
            return {"kind": "failed", "message": words.say("stage.save.failed", reason=error)}
