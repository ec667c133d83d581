"""The last notebook's map: every function, test, notebook and paper that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from n2uq_viz import course
from n2uq_viz.course import tables
from n2uq_viz.course.index import EQUATIONS, REFERENCES, RESULTS, Equation
from n2uq_viz.course.registry import NOTEBOOKS

ROOT = Path(__file__).parents[1]
#: As it stands in notebooks and code.
ARXIV = re.compile(r"arXiv[:\s#]+(\d{4}\.\d{4,5})")


@cache
def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def imported(path: str) -> Any:
    names = path.split(".")
    for k in range(len(names), 0, -1):
        try:
            here = import_module(".".join(names[:k]))
        except ModuleNotFoundError:
            continue
        for name in names[k:]:
            here = getattr(here, name)
        return here
    raise AssertionError(path)


@pytest.mark.parametrize("equation", EQUATIONS, ids=[each.name for each in EQUATIONS])
def test_an_equation_leads_to_its_function_test_and_notebook(equation: Equation) -> None:
    assert imported(equation.function).__doc__
    file, test = equation.test.split("::")
    assert test in functions_in(file)
    assert equation.notebook in NOTEBOOKS
    assert (ROOT / "notebooks" / f"{equation.notebook}.py").is_file()
    if equation.paper is not None:
        text = (ROOT / "notebooks" / f"{equation.notebook}.py").read_text(encoding="utf-8")
        assert f"Eq. {equation.paper}" in text


def test_equations_are_told_apart_and_shown(tmp_path: Path) -> None:
    names = [each.name for each in EQUATIONS]
    assert len(names) == len(set(names))
    (tmp_path / "03_levels.ipynb").write_text("{}", encoding="utf-8")
    page = tables.equations(tmp_path)
    assert 'href="03_levels.ipynb"' in page.html
    assert 'href="02_expectation.ipynb"' not in page.html  # which is not there
    for each in EQUATIONS:
        assert each.test in page.html
        assert each.function.removeprefix("n2uq_viz.") in page.html
        assert each.function in repr(page)


def test_every_paper_that_a_notebook_names_is_in_the_list() -> None:
    listed = {reference.arxiv for reference in REFERENCES}
    assert len(listed) == len(REFERENCES)
    assert all(re.fullmatch(r"\d{4}\.\d{4,5}", number) for number in listed)
    named: set[str] = set()
    for file in (ROOT / "notebooks").glob("*.py"):
        text = re.sub(r"\n# ?", " ", file.read_text(encoding="utf-8"))
        named |= set(ARXIV.findall(text))
    assert named
    assert named <= listed
    page = course.references()
    assert all(number in page.html for number in listed)


def test_published_results_are_shown_as_they_were_published() -> None:
    page = course.results()
    for result in RESULTS:
        row = [result.net, result.method]
        row += ["–" if a is None else f"{a:.1f}" for a in result.accuracies]
        assert " | ".join(row) in repr(page)
    # Digit for digit those of ResNet-18 in their source, so left out.
    assert {r.method for r in RESULTS if r.net == "ResNet-50"} == {"N2UQ"}
