"""``import n2uq_viz`` stays light: who wants numbers waits for no plots, widgets or torch."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "matplotlib",
    "ipywidgets",
    "anywidget",
    "scipy",
    "sklearn",
    "pypdf",
    "PIL",
    "tqdm",
)


def modules_after(statement: str) -> set[str]:
    code = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("name", ["quantizer", "montecarlo", "datasets", "state", "style", "words"])
def test_the_core_imports_nothing_heavy(name: str) -> None:
    found = modules_after(f"import n2uq_viz, n2uq_viz.{name}")
    assert "numpy" in found
    assert not found.intersection(HEAVY)


def test_explorers_import_no_matplotlib_and_no_torch() -> None:
    found = modules_after("import n2uq_viz.explorers")
    assert "anywidget" in found
    assert not found.intersection({"matplotlib", "torch", "scipy", "sklearn"})


def test_the_public_surface_is_what_all_says() -> None:
    import n2uq_viz

    assert {name for name in n2uq_viz.__all__ if not hasattr(n2uq_viz, name)} == set()
    assert {"Quantizer", "simulate", "simulate_gradient", "agreement"} <= set(n2uq_viz.__all__)


def test_what_notebooks_reach_through_the_top_is_there() -> None:
    import n2uq_viz

    for name in n2uq_viz.montecarlo.__all__:
        assert getattr(n2uq_viz.montecarlo, name).__doc__
