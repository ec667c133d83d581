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
_ELSEWHERE = """
.. rubric:: From other modules

.. currentmodule:: {package}

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
    """The source of one page: what other pages describe is listed, with links to them."""
    module = import_module(name)
    elsewhere = {
        public: home
        for public in vars(module).get("__all__", ())
        if (home := _home(getattr(module, public))) not in (None, name)
    }
    options = []
    if "__all__" in vars(module):
        # What a package has in __all__ stands in its modules; elsewhere, imports are not its own.
        options += [":imported-members:", ":member-order: groupwise"]
    if elsewhere:
        options.append(f":exclude-members: {', '.join(elsewhere)}")
    page = _PAGE.format(name=name, line="=" * len(name), options=_lines(options))
    if not elsewhere:
        return page
    names = [f"{home}.{public}".removeprefix(f"{PACKAGE}.") for public, home in elsewhere.items()]
    return page + _ELSEWHERE.format(package=PACKAGE, names=_lines(names))


def _home(thing: Any) -> str | None:
    """Module or package below the top that describes a class or function; None for a value."""
    path = getattr(thing, "__module__", "").split(".")
    home = ".".join(path[:2])
    ours = path[0] == PACKAGE and getattr(thing, "__name__", None) in _public(home)
    return home if ours else None


def _public(name: str) -> Collection[str]:
    module = vars(import_module(name))
    return module["__all__"] if "__all__" in module else list(module)


def _lines(names: Collection[str]) -> str:
    return "\n   ".join(names)
