"""Numbers as people write them: ``1/4``, ``25 %``, ``0,25``, ``2^-2``, ``1,000,000``, ``250 kB``.

An expression is evaluated by a few rules of arithmetic and never as Python, since it is typed into
a form.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

#: Most characters that are read.
LONGEST = 200
_SIGNS = {"−": "-", "×": "*", "·": "*", "^": "**"}
_OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_NAMES = {"pi": math.pi, "e": math.e}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
}


class Ambiguous(ValueError):
    """A comma that can mean two things; the text of the error is the number without it."""


def split(text: str) -> list[str]:
    """The numbers in a text, as texts.

    Examples
    --------
    >>> split("[0.1, 1/5]"), split("0,1; 0,2"), split("1 2")
    (['0.1', ' 1/5'], ['0,1', ' 0,2'], ['1', '2'])
    """
    inside = text.strip().strip("[](){}")
    parts = inside.split(";") if ";" in inside else inside.split(",")
    return parts if len(parts) > 1 else inside.split()


def value(text: str, units: Mapping[str, float]) -> float:
    """The number that a text says; it may still be infinite.

    Parameters
    ----------
    text
        A number or an arithmetic expression, perhaps followed by a unit. A comma may part decimals,
        or thousands where that is clear.
    units
        Unit in lower case -> what one of it counts as; percent is always understood.

    Raises
    ------
    Ambiguous
        A comma may part either decimals or thousands.
    ValueError
        The text says no number.

    Examples
    --------
    >>> value("1/4", {}), value("25 %", {}), value("0,25", {}), value("2 kB", {"kb": 1000.0})
    (0.25, 0.25, 0.25, 2000.0)
    """
    clean = text.strip()
    for sign, meant in _SIGNS.items():
        clean = clean.replace(sign, meant)
    if not clean or len(clean) > LONGEST:
        raise ValueError("too short or too long")
    factor = 1.0
    # The longest unit first, so that "kB" is not read as a "k" and a "B".
    for unit, size in sorted({"%": 0.01, **units}.items(), key=lambda item: -len(item[0])):
        if clean.casefold().endswith(unit):
            clean, factor = clean[: -len(unit)].rstrip(), size
            break
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", clean):
        raise Ambiguous(clean.replace(",", ""))
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3}){2,}(\.\d*)?", clean):
        clean = clean.replace(",", "")
    elif re.fullmatch(r"[+-]?\d*,\d+", clean):
        clean = clean.replace(",", ".")
    try:
        return _evaluate(ast.parse(clean, mode="eval").body) * factor
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None


def _evaluate(node: ast.AST) -> float:
    """The value of an expression; everything is a float, so no power can take forever."""
    result: Any = None
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        result = float(str(node.value))
    elif isinstance(node, ast.Name):
        result = _NAMES.get(node.id)
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        result = _OPERATIONS[type(node.op)](_evaluate(node.left), _evaluate(node.right))
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        result = _OPERATIONS[type(node.op)](_evaluate(node.operand))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        function = _FUNCTIONS.get(node.func.id)
        result = function(_evaluate(node.args[0])) if function else None
    if not isinstance(result, float):  # not arithmetic; or complex, as a power of a negative number
        raise ValueError("no real number")
    return result
