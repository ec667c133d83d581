from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import matplotlib
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from pypdf import PdfReader

from n2uq_viz import datasets, export, figures, state
from n2uq_viz.export import formats, tex
from n2uq_viz.words import table
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
        figures = [Figure((4, 3)) for _ in range(3)]
        for k, figure in enumerate(figures):
            figure.subplots().plot([0, k], marker="o", label="τ")
        shown = state.validate({"version": 1, "edges": [0, 2], "levels": [0, 2]})
        options = {"text_alternative": "τ"}
        export.save_all(figures[0], sys.argv[1], shown, **options)
        for suffix in export.ANIMATION_SUFFIXES:
            export.save_animation(figures, sys.argv[1] + suffix, shown, **options)
    """
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": f"10000000{seed}"},
            cwd=Path(export.__file__).parents[2],
            check=True,
        )
    for suffix in (*export.SUFFIXES, *export.ANIMATION_SUFFIXES):
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()


# --- How it is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["print", "projector"])
def test_every_font_of_a_pdf_is_inside(theme: str, tmp_path: Path) -> None:
    path = export.save(figures.threshold(theme=theme), tmp_path / "a.pdf", None)
    fonts = PdfReader(path).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    found = [font for name in fonts for font in pieces(fonts[name])]
    assert found
    for font in found:
        assert font["/Subtype"] == "/CIDFontType2", "TrueType, as it is"
        assert font["/FontDescriptor"]["/FontFile2"].get_data()


def pieces(font: Any) -> list[Any]:
    """Return a font, or those it is made of, which hold the letters."""
    return [piece.get_object() for piece in font.get("/DescendantFonts", [font])]


def test_words_of_an_svg_can_be_paths(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    text, paths = (
        export.save(figure, tmp_path / f"{kind}.svg", shown, text=kind) for kind in export.TEXTS
    )
    assert next(ElementTree.parse(text).iter(f"{SVG}text"), None) is not None
    assert next(ElementTree.parse(paths).iter(f"{SVG}text"), None) is None
    assert export.read_state(paths) == shown
    assert ElementTree.parse(paths).getroot().get("role") == "img"


def test_unknown_kind_of_words(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='text must be one of "text", "paths", got \'outlines\''):
        export.save(figure, tmp_path / "a.svg", None, text="outlines")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dpi", [30, 100.0, 1200])
def test_dots_per_inch(dpi: float, tmp_path: Path) -> None:
    small = Figure(figsize=(1, 0.5))
    path = export.save(small, tmp_path / "a.png", None, dpi=dpi)
    with Image.open(path) as image:
        assert image.size == (dpi, dpi / 2)


@pytest.mark.parametrize("dpi", [29.9, 1201, 0, -200, float("nan"), "200", None, True])
def test_dots_per_inch_that_cannot_be(dpi: Any, figure: Figure, tmp_path: Path) -> None:
    rule = f"dpi must be a number from 30 to 1200, got {dpi!r}"
    with pytest.raises(ValueError, match=re.escape(rule)):
        export.save(figure, tmp_path / "a.png", None, dpi=dpi)
    with pytest.raises(ValueError, match=re.escape(rule)):
        export.save_all(figure, tmp_path / "a", None, dpi=dpi)
    assert list(tmp_path.iterdir()) == []


# --- Words by LaTeX ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_words_by_latex_where_there_is_none(
    suffix: str, figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"usetex=True needs .* latex, .*cannot be found"):
        export.save(figure, tmp_path / f"a{suffix}", None, usetex=True)
    assert list(tmp_path.iterdir()) == []


def test_latex_that_fails_leaves_the_figure_as_it_was(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    # matplotlib keeps what LaTeX has set before, so these are words that it never has.
    figure.suptitle(str(tmp_path))
    figure.draw_without_rendering()
    before = words_of(figure)
    formatter = figure.axes[0].xaxis.get_major_formatter()
    with pytest.raises(ValueError, match=r"LaTeX could not set the words of this figure \("):
        formats.render(figure, ".pdf", None, "", formats.Options(usetex=True))
    assert words_of(figure) == before
    assert figure.axes[0].xaxis.get_major_formatter() is formatter


def words_of(figure: Figure) -> list[tuple[str, bool]]:
    return [(text.get_text(), bool(text.get_usetex())) for text in figure.findobj(Text)]


def test_words_are_set_by_latex_while_it_lasts() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set(xlim=(-1, 1), title="50 % of n2uq_viz − τ₁", xlabel="$\\alpha$ & $x_1$", ylabel="✗ no")
    figure.draw_without_rendering()
    before = words_of(figure)
    with tex.in_tex(figure):
        inside = dict(words_of(figure))
        labels = axes.xaxis.get_major_formatter().format_ticks([-1.0, 0.5])
    assert inside["50 \\% of n2uq\\_viz $-$ $\\tau _{1}$"]
    assert inside["$\\alpha$ \\& $x_1$"]
    assert not inside["✗ no"]
    assert labels == ["$-$1.0", "0.5"]
    assert words_of(figure) == before


def test_most_words_of_figures_can_be_set() -> None:
    left = [key for key, text in table().items() if "figure." in key and tex.to_tex(text) is None]
    assert len(left) < 20


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a_b^c # 1 & {2} ~ \\", r"a\_b\textasciicircum{}c \# 1 \& \{2\} \textasciitilde{} "),
        ("5 $", r"5 \$"),
        (r"\$5 and $x$", r"\$5 and $x$"),
        ("“G-STE’s” – x̃", r"``G-STE's'' -- $\tilde{x}$"),
        ("$τ$×2", r"$\tau \times $2"),
        ("", ""),
    ],
)
def test_words_as_latex_reads_them(text: str, wanted: str) -> None:
    assert (tex.to_tex(text) or "").removesuffix(r"\textbackslash{}") == wanted


# --- Notes beside it -----------------------------------------------------------------------------

CAPTION = "# 1. A *ramp* with n2uq_viz & <b>: [τ₁](x) costs `$5`, ~~or~~ 1 > 0 \\ more."


def read_markdown(path: Path) -> list[str]:
    """Return what a reader sees of each paragraph; there is nothing else."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text("utf-8"))
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    return [seen(token.children or []) for token in tokens if token.type == "inline"]


def seen(pieces: Sequence[Token]) -> str:
    assert {piece.type for piece in pieces} <= {"image", "text", "text_special"}
    return "".join(
        f"{piece.attrs['src']}: {seen(piece.children or [])}"
        if piece.type == "image"
        else piece.content
        for piece in pieces
    )


def test_notes_are_markdown_that_says_what_was_meant(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save(
        figure,
        tmp_path / "a (1) ü.svg",
        shown,
        text_alternative=ALTERNATIVE,
        caption=CAPTION,
        notes=True,
    )
    notes = path.with_suffix(".md")
    assert sorted(tmp_path.iterdir()) == [notes, path]
    picture, caption, words = read_markdown(notes)
    assert unquote(picture) == "a (1) ü.svg: The mean − a ramp."
    assert caption == CAPTION
    assert words == ALTERNATIVE
    assert notes.read_text("utf-8").endswith(".\n")


@pytest.mark.parametrize("caption", ["- a", "+ a", "1) a", "= a", "> a", "| a | b |", "-----"])
def test_notes_hold_no_blocks(caption: str, figure: Figure, tmp_path: Path) -> None:
    path = export.save(figure, tmp_path / "a.png", None, caption=caption, notes=True)
    assert read_markdown(path.with_suffix(".md"))[1:] == [caption]


def test_notes_share_the_free_name_and_name_it(
    figure: Figure, shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("mine")
    (tmp_path / "a-2.pdf").write_text("mine")
    paths = export.save_all(figure, tmp_path / "a", shown, caption="It.", notes=True)
    assert [path.name for path in paths] == ["a-3.svg", "a-3.pdf", "a-3.png"]
    assert read_markdown(tmp_path / "a-3.md") == ["a-3.svg: Figure by n2uq_viz", "It."]
    assert (tmp_path / "a.md").read_text() == "mine"
    again = export.save_all(figure, tmp_path / "a", shown, notes=True, overwrite=True)
    assert [path.name for path in again] == ["a.svg", "a.pdf", "a.png"]
    assert read_markdown(tmp_path / "a.md") == ["a.svg: Figure by n2uq_viz"]


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


def test_unknown_suffix_names_what_is_possible(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"as \.gif, \.mp4 by save_animation"):
        export.save(figure, tmp_path / "a.gif", None)


def test_path_that_is_a_folder(figure: Figure, shown: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(ValueError, match=rf"got '{tmp_path}', a folder: add the name of a file"):
        export.save(figure, tmp_path, shown)
    with pytest.raises(OSError, match=rf"cannot save 'a' in {tmp_path} \(Is a directory\); choose"):
        export.save(figure, tmp_path / "a.svg", shown, overwrite=True)
    (tmp_path / "b.pdf").mkdir()
    (tmp_path / "b.svg").write_text("mine")
    with pytest.raises(OSError, match=r"\(Is a directory\)"):
        export.save_all(figure, tmp_path / "b", shown, overwrite=True)
    assert (tmp_path / "b.svg").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.pdf", "b.svg"]
    with pytest.raises(state.StateError, match=rf"{tmp_path} must be .*, and is a folder: name a"):
        export.read_state(tmp_path)


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
        state.StateError, match="must be an SVG, PDF or PNG figure or an explorer's page, or a GIF"
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
