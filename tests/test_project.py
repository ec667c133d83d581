"""What holds for the project as a whole: its lists agree, and its files can be given to anyone."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from functools import cache
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import n2uq_viz

ROOT = Path(__file__).parents[1]
#: Names that conda gives to packages it calls otherwise.
CONDA_NAMES = {"pytorch": "torch"}
#: Which extras environment.yml stands for.
IN_CONDA = ("lab", "train", "test")
MEBIBYTE = 2**20


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def needs(*extras: str) -> list[Requirement]:
    table = project()["project"]
    lists = [table["dependencies"], *(table["optional-dependencies"][extra] for extra in extras)]
    found = [Requirement(line) for lines in lists for line in lines]
    return [need for need in found if need.name != "n2uq_viz"]


@cache
def tracked() -> tuple[Path, ...]:
    """Files that go with the project: those that git has, or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


@cache
def texts() -> dict[Path, str]:
    found = {}
    for path in tracked():
        try:
            found[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            assert path.suffix in {".npz", ".pdf", ".png"}, f"{path} is no UTF-8 text"
    return found


# --- Lists that agree ----------------------------------------------------------------------------


def bounds(needs: list[Requirement]) -> dict[str, str]:
    return {canonicalize_name(need.name): str(need.specifier) for need in needs}


def test_environment_has_the_packages_and_bounds_of_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    listed = [line for line in environment["dependencies"] if isinstance(line, str)]
    (by_pip,) = [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)]
    found = bounds([Requirement(line) for line in [*listed, *by_pip] if line != "-e ."])
    found = {CONDA_NAMES.get(name, name): bound for name, bound in found.items()}
    expected = bounds(needs(*IN_CONDA)) | bounds(
        [Requirement(line) for line in project()["build-system"]["requires"]]
    )
    assert found.pop("python") == project()["project"]["requires-python"]
    assert found.pop("pip") == ""
    assert found == expected
    assert "-e ." in by_pip
    assert environment["channels"] == ["conda-forge"]


def test_every_dependency_has_a_lower_bound_and_no_other() -> None:
    for need in needs(*project()["project"]["optional-dependencies"]):
        assert [part.operator for part in need.specifier] == [">="], str(need)


def pins() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    for pin in (pin for several in pins().values() for pin in several):
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(pin.specifier)), str(pin)
        assert pin.url is None
        assert not pin.extras


def pin_here(name: str) -> str:
    """Version that constraints.txt gives a package on this machine."""
    fits = [p for p in pins().get(name, []) if p.marker is None or p.marker.evaluate()]
    assert len(fits) == 1, f"constraints.txt must pin {name} once here, and does {len(fits)} times"
    return str(fits[0].specifier).removeprefix("==")


def closure() -> dict[str, str]:
    """Version of every installed package that the project needs, by whatever way."""
    found: dict[str, str] = {}
    waiting = [(need, "") for need in needs(*IN_CONDA)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        need, extra = waiting.pop()
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(need.name)
        found[name] = distribution(name).version
        for wanted in ("", *need.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                below = distribution(name).requires or []
                waiting += [(Requirement(line), wanted) for line in below]
    return found


def test_constraints_pin_everything_that_is_installed_for_the_project() -> None:
    installed = closure()
    assert len(installed) > 100
    # "+cpu" is PyTorch's name for the same version without a GPU's libraries.
    here = {name: version.partition("+")[0] for name, version in installed.items()}
    assert here == {name: pin_here(name) for name in here}


def test_constraints_hold_what_other_extras_need() -> None:
    for need in needs(*project()["project"]["optional-dependencies"]):
        assert need.specifier.contains(pin_here(canonicalize_name(need.name))), str(need)


def test_version_stands_in_both_places() -> None:
    assert project()["project"]["version"] == n2uq_viz.__version__


def test_command_is_there() -> None:
    (target,) = project()["project"]["scripts"].values()
    module, _, name = target.partition(":")
    assert callable(getattr(import_module(module), name))


def test_package_data_is_there() -> None:
    for pattern in project()["tool"]["setuptools"]["package-data"]["n2uq_viz"]:
        assert [p for p in (ROOT / "n2uq_viz").glob(pattern) if p.is_file()], pattern


def test_ci_runs_the_readmes_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    command = lines[-1]
    assert command == "make test"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^{command}( +#.*)?$", readme, re.MULTILINE)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


# --- The Makefile --------------------------------------------------------------------------------


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    # These tests may run below a make of their own, whose choices are not theirs.
    own = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    listed = {line.split()[0] for line in make().stdout.splitlines()[1:]}
    assert listed == phony
    assert {"lab", "test", "lint", "figures", "bench", "screenshots", "clean"} <= listed


@pytest.fixture
def empty_clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def test_python_that_is_too_old(empty_clone: Path) -> None:
    old = empty_clone / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make("lab", f"PYTHON={old}", folder=empty_clone)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        f"n2uq_viz needs Python 3.11 or newer, and there is none ({old}): "
        "install one, or name it: make lab PYTHON=/path/to/python3.12"
    )
    assert not (empty_clone / ".venv").exists()


def test_python_without_venv(empty_clone: Path) -> None:
    bare = empty_clone / "bare-python"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    bare.chmod(0o755)
    done = make("lab", f"PYTHON={bare}", folder=empty_clone)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith(
        f"{bare} has no venv module: install it (on Debian"
    )


def test_clean_leaves_what_people_made(empty_clone: Path) -> None:
    kept = [
        *("notebooks/01_mine.ipynb", "notebooks/figures/a.svg", "figures/b.svg", "notes.txt"),
        *("notebooks/.ipynb_checkpoints/01_mine.ipynb", "notebooks/progress-01_mine.json"),
    ]
    gone = [".venv/bin/x", "n2uq_viz/__pycache__/x.pyc", ".pytest_cache/x", "screenshots/a.png"]
    for name in [*kept, *gone]:
        (empty_clone / name).parent.mkdir(parents=True, exist_ok=True)
        (empty_clone / name).write_text("x")
    assert make("clean", folder=empty_clone).returncode == 0
    assert all((empty_clone / name).is_file() for name in kept)
    assert not any((empty_clone / name).exists() for name in gone)


# --- Files that can be given to anyone -----------------------------------------------------------


def test_no_notebook_is_tracked() -> None:
    assert [path for path in tracked() if path.suffix == ".ipynb"] == []


def test_no_file_is_large() -> None:
    assert len(tracked()) > 30
    assert [path for path in tracked() if path.stat().st_size >= MEBIBYTE] == []


def test_what_people_make_is_ignored() -> None:
    made = [
        "notebooks/00_start_here.ipynb",
        "notebooks/figures/a.svg",
        ".venv/x",
        "screenshots/a.png",
    ]
    made += ["notebooks/progress-00_start_here.json", "notebooks/.lab/x", "n2uq_viz.egg-info/x"]
    done = subprocess.run(
        ["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == made


#: Written in parts, so that this file does not name what it looks for.
REGISTRIES = [
    *("pypi" + ".org", "pythonhosted" + ".org", "download." + "pytorch", "npmjs" + ".org"),
    *("registry." + "npm", "debian" + ".org/debian", "conda." + "anaconda", "anaconda" + ".org"),
]


def test_no_file_names_a_registry() -> None:
    named = {
        (str(path), host) for path, text in texts().items() for host in REGISTRIES if host in text
    }
    assert named == set()


def test_no_file_names_a_place_of_one_machine() -> None:
    absolute = re.compile(r"(?<![\w./~$)}\"'>-])/(?:home|root|Users|work|opt|mnt|srv)/\w+")
    named = {
        (str(path), found) for path, text in texts().items() for found in absolute.findall(text)
    }
    named |= {(str(path), str(ROOT)) for path, text in texts().items() if f"{ROOT}/" in text}
    assert named == set()


def test_readme_shows_the_default_state_of_the_explorer() -> None:
    from n2uq_viz import export
    from n2uq_viz.figures.shown import default_state

    for name in re.findall(r"\]\((docs/[^)]+)\)", (ROOT / "README.md").read_text("utf-8")):
        assert (ROOT / name).is_file()
    assert export.read_state(ROOT / "docs" / "figures" / "threshold.png") == default_state()
