"""Formulas as MathML: a renderer for Sphinx, so that a page needs no script to show them."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from math_core import LatexToMathML

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

#: Extra room below a row, which the converter does not know: ``\\[2ex]``.
_ROOM = re.compile(r"\\\\\[[^]]*\]")


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML()


def mathml(formula: str, *, block: bool = False) -> str:
    r"""A formula in LaTeX as MathML, with its source as what a reader without pictures hears.

    Parameters
    ----------
    formula
        LaTeX without dollar signs.
    block
        Whether it stands on a line of its own.

    Raises
    ------
    ValueError
        It has a command that the converter does not know.

    Examples
    --------
    >>> mathml("x^2")
    '<math alttext="x^2"><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> mathml(r"\nonsense")
    Traceback (most recent call last):
    ValueError: a formula must be LaTeX that math-core knows, got '\\nonsense'
    """
    plain = _ROOM.sub(r"\\\\", formula.strip())
    try:
        found = _converter().convert_with_local_state(plain, displaystyle=block)
    except Exception as error:
        raise ValueError(
            f"a formula must be LaTeX that math-core knows, got {formula!r}"
        ) from error
    return found.replace("<math", f'<math alttext="{html.escape(plain, quote=True)}"', 1)


def _visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(mathml(node.astext()))
    _skip()


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{mathml(node.astext(), block=True)}</div>')
    _skip()


def _skip() -> None:
    from docutils.nodes import SkipNode

    raise SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the renderer."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
