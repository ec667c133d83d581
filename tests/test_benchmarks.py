"""Benchmarks are all on the page, their tables are Markdown, and the exponents are right.

Nothing is timed here: how fast something is belongs to the machine.
"""

from __future__ import annotations

import doctest
import platform
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import benchmarks.__main__ as page
from benchmarks import growth, report, scale
from benchmarks.growth import Row, Series

FOLDER = Path(page.__file__).parent
MEBIBYTE = 2**20


def own_modules() -> dict[str, object]:
    names = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
    return {name: import_module(f"benchmarks.{name}") for name in names}


def test_page_has_every_benchmark_and_each_can_be_run_by_itself() -> None:
    runnable = {name for name, module in own_modules().items() if hasattr(module, "main")}
    assert {*page.SECTIONS, *page.APART} == runnable
    assert not set(page.APART) & set(page.SECTIONS)
    for name in runnable:
        source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        assert re.search(rf"``python -m benchmarks\.{name}\b[^`]*``", " ".join(source.split()))
        assert 'if __name__ == "__main__":' in source


def test_read_me_explains_every_benchmark() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == {*page.SECTIONS, *page.APART}


@pytest.mark.parametrize("module", [report, growth, scale])
def test_examples_in_docstrings_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


# --- The page ------------------------------------------------------------------------------------


def run_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, modules: dict[str, str], *arguments: str
) -> int:
    """Make a page of small benchmarks that are written for it."""
    package = tmp_path / "benchmarks"
    package.mkdir()
    for name, source in {"__init__": "", **modules}.items():
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "SECTIONS", {name: f"Title of {name}" for name in modules})
    return page.main([*arguments])


def test_page_goes_on_after_a_benchmark_that_fails_and_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    modules = {
        "broken": "print('half a table'); raise SystemExit(3)",
        "whole": "import sys; print('| a table |', *sys.argv[1:])",
    }
    out = tmp_path / "RESULTS.md"
    out.write_text("an older page", encoding="utf-8")
    assert run_page(monkeypatch, tmp_path, modules, "--quick", "--out", str(out)) == 1
    text = out.read_text(encoding="utf-8")
    assert re.search(r"Title of broken.*half a table.*failed, with exit status 3", text, re.DOTALL)
    assert text.index("Title of whole") > text.index("exit status 3")
    assert "| a table | --quick" in text
    shown = capfd.readouterr()
    assert text.strip() == shown.out.strip()
    assert "failed: broken" in shown.err


def test_page_has_only_what_was_asked_for_and_writes_only_if_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    modules = {"one": "print(1)", "two": "print(2)"}
    assert run_page(monkeypatch, tmp_path, modules, "two") == 0
    shown = capfd.readouterr().out
    assert "Title of two" in shown
    assert "Title of one" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["benchmarks"]


def test_page_says_which_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        page.main(["gsté"])
    assert raised.value.code == 2
    assert "NAME must be one of interaction, montecarlo" in capsys.readouterr().err


def test_machine_is_described_without_its_name_or_paths() -> None:
    known = dict(report.machine())
    assert list(known)[:5] == ["processor", "cores", "memory", "system", "Python"]
    assert set(report.PACKAGES) <= set(known)
    assert known["numpy"] == np.__version__
    node = platform.node()
    for value in known.values():
        assert value
        assert str(FOLDER.parent) not in value
        assert not node or node not in value.split()


# --- Tables --------------------------------------------------------------------------------------


def test_table_is_markdown_whose_columns_stand_in_line() -> None:
    rows = [["short", "1.00 [0.90, 1.10]"], ["much longer than its title", "2"]]
    lines = report.table(["", "ms | all"], rows).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    for line in lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == 3
    assert re.fullmatch(r"\|:-+\|-+:\|", lines[1])
    assert lines[3].endswith(" 2 |")


def test_table_refuses_rows_of_another_length() -> None:
    with pytest.raises(ValueError, match="zip"):
        report.table(["a", "b"], [["1", "2"], ["1"]])


def test_table_of_a_group_shows_what_was_left_out_and_stays_within_100_columns() -> None:
    for group in scale.groups():
        found = {
            name: [Row(n, 123.456 * k, 1000.1 * MEBIBYTE) for k, n in enumerate(series.sizes, 1)]
            for name, series in group.series.items()
        }
        shortest = next(iter(found))
        found[shortest] = found[shortest][:2]
        lines = scale.group_table(group, found).splitlines()
        sizes = {n for series in group.series.values() for n in series.sizes}
        assert len(lines) == 2 + len(sizes) + 3
        assert max(map(len, lines)) <= 100
        assert lines[2 + 2].split("|")[2].strip() == "–"
        assert max(len(line) for line in group.about.splitlines()) <= 100


# --- Growth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_exponent_of_a_power_law_is_found(exponent: float) -> None:
    sizes = [10**k for k in range(2, 9)]
    assert growth.slope(sizes, [3e-9 * n**exponent for n in sizes]) == pytest.approx(exponent)


def test_exponent_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
    values = sizes**0.7 * np.exp(rng.normal(size=5))
    expected = np.polyfit(np.log(sizes), np.log(values), 1)[0]
    assert growth.slope(sizes.tolist(), values.tolist()) == pytest.approx(expected)


def test_fit_leaves_out_where_the_constant_cost_prevails() -> None:
    rows = [Row(n, 1e-3 + 1e-7 * n, 0.0) for n in (10**k for k in range(2, 9))]
    found = growth.time_fit(rows)
    assert found is not None
    assert (found.low, found.high) == (10**5, 10**8)
    assert found.exponent == pytest.approx(1.0, abs=0.02)
    assert growth.slope([row.size for row in rows], [row.seconds for row in rows]) < 0.9


def test_fit_of_what_does_not_grow_takes_the_three_largest() -> None:
    found = growth.time_fit([Row(10**k, 2.0, 0.0) for k in range(2, 9)])
    assert found is not None
    assert (found.low, found.high) == (10**6, 10**8)
    assert found.exponent == pytest.approx(0.0)


def test_fit_of_memory_takes_what_stands_out() -> None:
    rows = [Row(n, 1.0, 16.0 * n) for n in (10**k for k in range(4, 9))]
    found = growth.memory_fit(rows)
    assert found is not None
    assert found.low == 10**6
    assert found.exponent == pytest.approx(1.0)
    assert growth.memory_fit(rows[:4]) is None
    assert growth.time_fit(rows[:2]) is None
    assert growth.time_fit([]) is None


def test_climb_gives_each_size_and_sees_memory_grow() -> None:
    kept: list[object] = []

    def prepare(size: int) -> Callable[[], object]:
        kept.clear()
        return lambda: kept.append(np.ones(size * MEBIBYTE // 8))

    rows = list(growth.climb(Series((1, 32, 64), prepare, fresh=True)))
    assert [row.size for row in rows] == [1, 32, 64]
    assert rows[2].memory > 48 * MEBIBYTE
    assert all(row.seconds > 0.0 for row in rows)


def test_climb_ends_before_the_budget_would_be_exceeded() -> None:
    rows = list(growth.climb(Series((1, 10**12), lambda _size: lambda: sum(range(1000)))))
    assert [row.size for row in rows] == [1]


def test_a_series_runs_in_a_process_of_its_own() -> None:
    names = [name for group in scale.groups() for name in group.series]
    rows = growth.in_process("benchmarks.scale", f"0 {names[0]}", quick=True)
    assert [row.size for row in rows] == [100, 1000, 10**4]
