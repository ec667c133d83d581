from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image
from pypdf import PdfReader

from n2uq_viz import datasets, export, state
from tests.permissions import files_of_at_most, read_only

SVG = "{http://www.w3.org/2000/svg}"
ALTERNATIVE = "The mean − a ramp. It rises & stays <flat> outside; τ₁ = ½."


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0, 1, 0], marker="o", label="expectation")
    axes.set_title("Staircase − τ")
    axes.legend()
    return figure


@pytest.fixture
def shown() -> dict[str, Any]:
    return state.validate(
        {"version": 1, "edges": [0, 0.1, 2], "levels": [0, 1, 2], "seed": 7, "hidden": ["ste"]}
    )


# --- What is in a file ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*export.SUFFIXES, ".SVG", ".Png"])
def test_state_comes_back_as_it_was(
    suffix: str, figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / f"a{suffix}", shown)
    assert path == tmp_path / f"a{suffix}"
    assert export.read_state(path) == shown


def test_state_with_own_data_comes_back_from_every_format(figure: Figure, tmp_path: Path) -> None:
    summary = datasets.summarize([0.0] * 50 + [0.1 * k for k in range(300)])
    shown = state.validate({"version": 1, "edges": [0, 2], "levels": [0, 2], "data": summary})
    for path in export.save_all(figure, tmp_path / "own", shown):
        assert export.read_state(path) == shown


def test_content_decides_not_the_name(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    for path in export.save_all(figure, tmp_path / "a", shown):
        assert export.read_state(path.rename(path.with_suffix(".sent"))) == shown


def test_svg_says_what_it_shows_and_keeps_text_as_text(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / "a.svg", shown, text_alternative=ALTERNATIVE)
    root = ElementTree.parse(path).getroot()
    assert [child.tag for child in root][:3] == [f"{SVG}title", f"{SVG}desc", f"{SVG}metadata"]
    assert root[0].text == "The mean − a ramp."
    assert root[1].text == ALTERNATIVE
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    assert "Staircase − τ" in {element.text for element in root.iter(f"{SVG}text")}


def test_pdf_says_what_it_shows_and_no_date(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / "a.pdf", shown, text_alternative=ALTERNATIVE)
    reader = PdfReader(path)
    assert reader.metadata is not None
    assert reader.metadata.title == "The mean − a ramp."
    assert reader.metadata.subject == ALTERNATIVE
    assert str(reader.metadata["/Keywords"]) == state.dumps(shown)
    assert reader.metadata.creation_date is None
    assert "Staircase − τ" in reader.pages[0].extract_text()


def test_png_says_what_it_shows_at_a_projectors_size(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / "a.png", shown, text_alternative=ALTERNATIVE)
    with Image.open(path) as image:
        assert image.size == (4 * export.PNG_DPI, 3 * export.PNG_DPI)
        assert image.info["Title"] == "The mean − a ramp."
        assert image.info["Description"] == ALTERNATIVE


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_text_that_no_file_can_hold_is_replaced(
    suffix: str, figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / f"a{suffix}", shown, text_alternative="bell \x07 \ud800.")
    assert export.read_state(path) == shown


def test_figure_is_left_as_it_was(figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    before = (figure.dpi, type(figure.canvas), tuple(figure.get_size_inches()))
    export.save_all(figure, tmp_path / "a", shown)
    assert (figure.dpi, type(figure.canvas), tuple(figure.get_size_inches())) == before


def test_same_figure_gives_the_same_bytes_whatever_the_settings(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    first = export.save_all(figure, tmp_path / "first", shown)
    mine: dict[Any, Any] = {
        "savefig.bbox": "tight",
        "svg.fonttype": "path",
        "savefig.dpi": 30,
        "pdf.fonttype": 3,
    }
    mine |= {"savefig.transparent": True, "font.family": ["serif"]}
    with matplotlib.rc_context(mine):
        second = export.save_all(figure, tmp_path / "second", shown)
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_same_state_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    script = """if True:
        import sys
        from matplotlib.figure import Figure
        from n2uq_viz import export, state
        figure = Figure()
        figure.subplots().plot([0, 1], marker="o", label="τ")
        shown = state.validate({"version": 1, "edges": [0, 2], "levels": [0, 2]})
        export.save_all(figure, sys.argv[1], shown, text_alternative="τ")
    """
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": f"10000000{seed}"},
            cwd=Path(export.__file__).parents[1],
            check=True,
        )
    for suffix in export.SUFFIXES:
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()


# --- Where it goes -------------------------------------------------------------------------------


def test_missing_folders_are_made_and_nothing_else_is_left(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / "a" / "b" / "c.svg", shown)
    assert list(path.parent.iterdir()) == [path]


def test_home_is_understood(
    figure: Figure, shown: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert export.save(figure, "~/a.png", shown) == tmp_path / "a.png"


def test_what_exists_is_never_overwritten(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "v1.2.svg").write_text("mine")
    (tmp_path / "v1.2-2.svg").mkdir()
    assert export.save(figure, tmp_path / "v1.2.svg", shown) == tmp_path / "v1.2-3.svg"
    assert (tmp_path / "v1.2.svg").read_text() == "mine"


def test_overwrite_replaces(figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("old")
    paths = export.save_all(figure, tmp_path / "a", shown, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]
    assert [export.read_state(path) for path in paths] == [shown] * 3


def test_all_formats_get_one_common_free_name(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_text("mine")
    (tmp_path / "a-2.pdf").write_text("mine")
    paths = export.save_all(figure, tmp_path / "a", shown)
    assert [path.name for path in paths] == ["a-3.svg", "a-3.pdf", "a-3.png"]
    assert len(list(tmp_path.iterdir())) == 5


# --- What goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jpg", "a", ".svg", "a.svg.gz", ""])
def test_unknown_suffix(name: str, figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.svg, \.pdf, \.png, got"):
        export.save(figure, tmp_path / name, shown)
    assert list(tmp_path.iterdir()) == []


def test_empty_name(figure: Figure, shown: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a figure needs a name, got ''"):
        export.save_all(figure, "", shown)


def test_null_character_in_a_name(figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot save under the name"):
        export.save(figure, tmp_path / "a\0b.svg", shown)
    assert list(tmp_path.iterdir()) == []


def test_invalid_state_writes_nothing(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(state.StateError, match="strictly increasing"):
        export.save(
            figure, tmp_path / "new" / "a.svg", {"version": 1, "edges": [1, 0], "levels": [0, 1]}
        )
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_to(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "shut").mkdir()
    export.save(figure, tmp_path / "a.svg", shown)  # everything is imported before rights go
    with read_only(tmp_path / "shut") as shut:
        with pytest.raises(
            OSError, match=rf"cannot save 'a' in {shut} \(Permission denied\); choose"
        ):
            export.save(figure, shut / "a.svg", shown)
        with pytest.raises(OSError, match=r"\(Permission denied\)"):
            export.save(figure, shut / "new" / "a.svg", shown)
        assert list(shut.iterdir()) == []


def test_folder_that_is_a_file(figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=rf"cannot save 'a' in {tmp_path / 'file'} \("):
        export.save(figure, tmp_path / "file" / "a.svg", shown)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_full_disk_leaves_nothing_half_written(
    overwrite: bool, figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a.svg").write_text("mine")
    with files_of_at_most(2000), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        export.save_all(figure, tmp_path / "a", shown, overwrite=overwrite)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.svg"]
    assert (tmp_path / "a.svg").read_text() == "mine"


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_figure_without_a_state(suffix: str, figure: Figure, tmp_path: Path) -> None:
    path = export.save(figure, tmp_path / f"a{suffix}", None)
    with pytest.raises(state.StateError, match="without a state"):
        export.read_state(path)


def test_somebody_elses_figure(tmp_path: Path, figure: Figure) -> None:
    for suffix in export.SUFFIXES:
        figure.savefig(tmp_path / f"a{suffix}")
        with pytest.raises(state.StateError, match="without a state"):
            export.read_state(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", export.SUFFIXES)
@pytest.mark.parametrize("part", [0.02, 0.5])
def test_damaged_file(
    suffix: str, part: float, figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(figure, tmp_path / f"a{suffix}", shown)
    content = path.read_bytes()
    path.write_bytes(content[: max(300, int(part * len(content)))])
    with pytest.raises(state.StateError, match=rf"{path} is a damaged {suffix[1:].upper()}: "):
        export.read_state(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"\xff\xfe\x00"])
def test_not_a_figure(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(content)
    with pytest.raises(
        state.StateError, match="must be an SVG, PDF or PNG figure or an explorer's page, and"
    ):
        export.read_state(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be JSON"),
        ('{"version": 2, "edges": [0, 1], "levels": [0, 1]}', "from a newer n2uq_viz"),
        ('{"version": 1, "levels": [0, 1]}', "'edges' is missing"),
    ],
)
def test_state_that_cannot_be_shown(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><metadata id="{export.STATE_KEY}">{text}'
        "</metadata></svg>"
    )
    with pytest.raises(state.StateError, match=rf"{path} holds a state that .*{message}"):
        export.read_state(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.svg"):
        export.read_state(tmp_path / "nowhere.svg")
