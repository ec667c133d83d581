"""The reference as sources for Sphinx: a page for each module, and one that lists them."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Any

import n2uq_viz

PACKAGE = n2uq_viz.__name__
_INDEX = """Reference
=========

Every public name, by module. A link at the side of a name leads to its source.

.. autosummary::

   {names}

.. toctree::
   :hidden:

   {names}
"""
_PAGE = """{name}
{line}

.. automodule:: {name}
   {options}
"""
_TOP = """
.. autosummary::

   {names}
"""


def modules() -> list[str]:
    """Names of the package and of its modules and packages one level below, commands left out."""
    found = [module.name for module in pkgutil.iter_modules(n2uq_viz.__path__)]
    public = [name for name in found if not name.startswith(("_", "cli"))]
    return [PACKAGE, *(f"{PACKAGE}.{name}" for name in sorted(public))]


def write(folder: Path, names: Collection[str]) -> None:
    """Write a source for each module of these names, and ``index.rst`` that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.rst").write_text(_page(name), encoding="utf-8")
    (folder / "index.rst").write_text(_INDEX.format(names=_lines(names)), encoding="utf-8")


def _page(name: str) -> str:
    module = import_module(name)
    if name == PACKAGE:  # the names at the top have their homes in modules, which describe them
        homes = [_home(getattr(module, public)) for public in module.__all__]
        page = _PAGE.format(name=name, line="=" * len(name), options=":no-members:")
        return page + _TOP.format(names=_lines(homes))
    # What a package has in __all__ stands in its modules; elsewhere, imports are not its own.
    listed = "__all__" in vars(module)
    options = ":imported-members:\n   :member-order: groupwise" if listed else ""
    return _PAGE.format(name=name, line="=" * len(name), options=options)


def _home(thing: Any) -> str:
    """Where a class or function is described, below the package: a module and its own name."""
    return f"{thing.__module__.split('.')[1]}.{thing.__name__}"


def _lines(names: Collection[str]) -> str:
    return "\n   ".join(names)
