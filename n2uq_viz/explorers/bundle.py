"""The explorers' JavaScript and style sheet, joined into one text each: there is no build step.

The modules under ``js/`` are small, have no dependencies and import each other by name, so that
Node runs them as they are. A browser gets one module, out of an entry and all that it imports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


@cache
def source(name: str) -> str:
    """Text of one file under ``explorers/js``."""
    return (files(__package__) / "js" / name).read_text(encoding="utf-8")


def javascript(
    entry: str, constants: Mapping[str, Any], explorer: tuple[str, str] | None = None
) -> str:
    """One ES module out of ``entry`` and all that it imports, with constants above them.

    Parameters
    ----------
    entry
        File under ``explorers/js``.
    constants
        Name -> JSON-ready value, declared before everything else.
    explorer
        Module and function that the entry is to know as EXPLORER.

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

    if explorer is not None:
        visit(explorer[0])
    visit(entry)
    parts = [f"const {name} = {_literal(value)};" for name, value in constants.items()]
    if explorer is not None:
        parts.append(f"const EXPLORER = {explorer[1]};")
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


def _literal(value: Any) -> str:
    # "</" would end the script of a page.
    return json.dumps(value, sort_keys=True).replace("</", "<\\/")


@cache
def style_sheet() -> str:
    """The explorers' CSS."""
    return source("stage.css")
