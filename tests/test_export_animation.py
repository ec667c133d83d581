from __future__ import annotations

import io
import os
import re
import signal
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from matplotlib.figure import Figure
from mutagen.mp4 import MP4
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from n2uq_viz import datasets, export, state
from n2uq_viz.explorers import SumOfStepsExplorer, ThresholdExplorer
from n2uq_viz.export import mp4
from tests.permissions import files_of_at_most

SUFFIXES = export.ANIMATION_SUFFIXES
ALTERNATIVE = "A dot = it; moves # up. It \\ stays\nred − τ₁."
DPI = 50


def drawn(height: float, size: tuple[float, float] = (4, 3)) -> Figure:
    figure = Figure(figsize=size)
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axhspan(0, height, color="tab:red")
    axes.plot([0, 1], [height, 1 - height], color="black")
    return figure


@pytest.fixture
def figures() -> list[Figure]:
    return [drawn(height) for height in (0.2, 0.4, 0.6, 0.8)]


@pytest.fixture
def shown() -> dict[str, Any]:
    return state.validate({"version": 1, "edges": [0, 0.1, 2], "levels": [0, 1, 2], "seed": 7})


def pixels_of(figure: Figure) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(export.png_bytes(figure, DPI))) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int64)


def frames_of(path: Path) -> list[NDArray[np.int64]]:
    """Return the frames of an animation as other programs see them."""
    if path.suffix == ".gif":
        with Image.open(path) as image:
            return [
                np.asarray(frame.convert("RGB"), dtype=np.int64)
                for frame in ImageSequence.Iterator(image)
            ]
    width, height = map(int, re.findall(r", (\d+)x(\d+)", about(path))[0])
    raw = ffmpeg("-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1").stdout
    found = np.frombuffer(raw, dtype=np.uint8).astype(np.int64)
    return list(found.reshape(-1, height, width, 3))


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [mp4.find_ffmpeg(), "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, check=False)


def about(path: Path) -> str:
    """Return what ffmpeg says of a file."""
    return ffmpeg("-i", str(path)).stderr.decode()


# --- What is in a file ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".GIF", ".Mp4"])
def test_state_comes_back_as_it_was(
    suffix: str, figures: list[Figure], shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save_animation(figures, tmp_path / f"a{suffix}", shown, dpi=DPI)
    assert path == tmp_path / f"a{suffix}"
    assert list(tmp_path.iterdir()) == [path]
    assert export.read_state(path.rename(tmp_path / "sent")) == shown


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_long_state_comes_back(suffix: str, figures: list[Figure], tmp_path: Path) -> None:
    runs = [datasets.run_summary(name) for name in datasets.stored_runs()]
    longest = sorted(runs, key=lambda run: len(state.dumps(run)))[-2:]
    long = state.validate(
        {"version": 1, "explorer": "training", "edges": [0, 1], "levels": [0, 1], "runs": longest}
    )
    assert len(state.dumps(long)) > 100_000
    path = export.save_animation(figures[:2], tmp_path / f"a{suffix}", long, dpi=DPI)
    assert export.read_state(path) == long


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_frame_is_the_figure(suffix: str, figures: list[Figure], tmp_path: Path) -> None:
    found = frames_of(export.save_animation(figures, tmp_path / f"a{suffix}", None, dpi=DPI))
    assert len(found) == len(figures)
    for frame, figure in zip(found, figures, strict=True):
        wanted = pixels_of(figure)
        assert frame.shape == wanted.shape
        off = np.abs(frame - wanted)
        assert np.mean(off) < (0.5 if suffix == ".gif" else 2.0)
        # Plain areas have their color: a palette keeps it, and a video nearly.
        assert np.median(off) == 0
        red = np.all(wanted == wanted[-60, 100], axis=-1)
        assert red.sum() > 1000
        assert np.median(off[red]) <= (0 if suffix == ".gif" else 3)


def test_gif_plays_for_ever_at_its_pace(figures: list[Figure], tmp_path: Path) -> None:
    path = export.save_animation(figures, tmp_path / "a.gif", None, fps=12, dpi=DPI)
    with Image.open(path) as image:
        assert image.info["loop"] == 0
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
        assert image.disposal_method == 1  # type: ignore[attr-defined]
    assert times == [80, 90, 80, 80]
    assert sum(times) == 330


def test_gif_with_more_colors_than_it_can_hold(tmp_path: Path) -> None:
    figure = drawn(0.3)
    figure.axes[0].imshow(np.arange(900.0).reshape(30, 30), extent=(0, 1, 0, 1), cmap="turbo")
    path = export.save_animation([figure, drawn(0.5)], tmp_path / "a.gif", None, dpi=DPI)
    first, second = frames_of(path)
    assert np.abs(first - pixels_of(figure)).mean() < 3.0
    assert np.abs(second - pixels_of(drawn(0.5))).mean() < 0.5
    with Image.open(path) as image:
        assert len(image.getcolors(256) or []) > 200


def test_what_does_not_move_is_seen_as_long(tmp_path: Path) -> None:
    path = export.save_animation(
        [drawn(0.5)] * 5 + [drawn(0.6)], tmp_path / "a.gif", None, fps=10, dpi=DPI
    )
    with Image.open(path) as image:
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert times == [500, 100]


def test_transparent_figure_is_seen_on_white(tmp_path: Path) -> None:
    figure = drawn(0.5)
    figure.set_facecolor("none")
    for suffix in SUFFIXES:
        (frame,) = frames_of(export.save_animation([figure], tmp_path / f"a{suffix}", None))
        assert np.all(frame[3, 3] >= 254)


def test_mp4_is_what_everything_plays(figures: list[Figure], tmp_path: Path) -> None:
    path = export.save_animation(
        figures, tmp_path / "a.mp4", None, fps=1 / 0.9, dpi=DPI, text_alternative=ALTERNATIVE
    )
    said = about(path)
    assert re.search(r"Video: h264 .*yuv420p\(tv, bt709, progressive\), 200x150", said)
    assert "Duration: 00:00:03.60" in said
    tags = MP4(path).tags
    assert tags is not None
    assert tags["\xa9nam"] == ["A dot = it; moves # up."]
    assert tags["desc"] == [ALTERNATIVE]
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert b"creation" not in content
    assert struct.unpack_from(">I", content, content.index(b"mvhd") + 8)[0] == 0  # no date


def test_odd_sizes_grow_by_one(tmp_path: Path) -> None:
    figure = drawn(0.5, (3.02, 2.06))
    wanted = pixels_of(figure)
    assert wanted.shape == (103, 151, 3)
    (frame,) = frames_of(export.save_animation([figure], tmp_path / "a.mp4", None, dpi=DPI))
    assert frame.shape == (104, 152, 3)
    assert np.abs(frame[:-1, :-1] - wanted).mean() < 2.0
    assert np.abs(frame[-1, :-1] - wanted[-1]).mean() < 2.0


# --- How frames come -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_figures_are_drawn_one_by_one(suffix: str, tmp_path: Path) -> None:
    alive: list[weakref.ref[Figure]] = []
    most = 0

    def draw() -> Iterator[Figure]:
        nonlocal most
        for k in range(8):
            figure = drawn(k / 8)
            alive.append(weakref.ref(figure))
            yield figure
            del figure
            # Figures hold each other in circles until Python looks for them.
            import gc

            gc.collect()
            most = max(most, sum(ref() is not None for ref in alive))

    done: list[int] = []
    path = export.save_animation(
        draw, tmp_path / f"a{suffix}", None, count=8, dpi=DPI, progress=done.append
    )
    assert len(frames_of(path)) == 8
    assert done == list(range(1, 9))
    assert most <= 2


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_short_one_shows_no_bar(
    suffix: str, figures: list[Figure], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export.save_animation(iter(figures), tmp_path / f"a{suffix}", None, dpi=DPI)
    said = capsys.readouterr()
    assert "frame" not in said.err.replace("\r", "")
    assert said.out == ""


def test_figures_are_left_as_they_were(figures: list[Figure], tmp_path: Path) -> None:
    before = [(f.dpi, type(f.canvas), tuple(f.get_size_inches())) for f in figures]
    export.save_animation(figures, tmp_path / "a.gif", None, dpi=DPI)
    assert [(f.dpi, type(f.canvas), tuple(f.get_size_inches())) for f in figures] == before


# --- Where it goes -------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_exists_is_never_overwritten_unless_asked(
    suffix: str, figures: list[Figure], shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / f"a{suffix}").write_text("mine")
    path = export.save_animation(figures, tmp_path / f"a{suffix}", shown, dpi=DPI)
    assert path == tmp_path / f"a-2{suffix}"
    assert (tmp_path / f"a{suffix}").read_text() == "mine"
    again = export.save_animation(figures, tmp_path / f"a{suffix}", shown, dpi=DPI, overwrite=True)
    assert again.read_bytes() == path.read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_names_that_a_command_could_misread(
    figures: list[Figure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-y/-i %d.mp4", "pipe:1/a b.mp4", "http:/a.mp4"):
        path = export.save_animation(figures[:1], name, None, dpi=DPI)
        assert path.is_file()
        assert str(path) == name


# --- What goes wrong -----------------------------------------------------------------------------


def refused(match: str, path: Path, kind: type[Exception] = ValueError, **options: Any) -> None:
    options = {"figures": [drawn(0.5)], "state": None, "dpi": DPI, **options}
    before = sorted(path.parent.iterdir())
    with pytest.raises(kind, match=match):
        export.save_animation(path=path, **options)
    assert sorted(path.parent.iterdir()) == before


def test_unknown_suffix_names_what_is_possible(tmp_path: Path) -> None:
    for name in ("a.avi", "a", ".gif", "a.svg"):
        refused(r"saved as \.gif, \.mp4, got .*a figure is saved as \.svg, \.pdf", tmp_path / name)
    (tmp_path / "folder").mkdir()
    refused("folder', a folder: add the name of a file", tmp_path / "folder")
    (tmp_path / "b.gif").mkdir()
    refused(r"\(Is a directory\)", tmp_path / "b.gif", OSError, overwrite=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_options_that_cannot_be(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    for fps in (0, 51, -1, float("inf"), "fast", None):
        refused(
            re.escape(f"fps must be a number from 0.1 to 50 frames per second, got {fps!r}"),
            path,
            fps=fps,
        )
    refused("dpi must be a number from 30 to 1200, got 2", path, dpi=2)
    refused("count must be a whole number from 1 to 10000, got 0", path, count=0)
    refused("strictly increasing", path, state={"version": 1, "edges": [1, 0], "levels": [0, 1]})
    refused("'levels' is missing", path, state={"version": 1, "edges": [1, 0]})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_that_make_no_animation(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    refused("an animation needs at least 1 figure, got none", path, figures=[])
    several = [drawn(0.1), drawn(0.2), drawn(0.3, (4, 3.5))]
    sizes = "all frames must have one size, got 200 x 175 pixels in frame 3 after 200 x 150; draw"
    refused(sizes, path, figures=several)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("overwrite", [False, True])
def test_full_disk_leaves_the_old_file(suffix: str, overwrite: bool, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("mine")
    several = [drawn(k / 12) for k in range(12)]
    with files_of_at_most(2500):
        refused(
            rf"cannot save 'a' in {tmp_path} \(.*File too large.*\); choose another place",
            path,
            OSError,
            figures=several,
            overwrite=overwrite,
        )
    assert path.read_text() == "mine"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_figures_raise_is_passed_on(suffix: str, tmp_path: Path) -> None:
    def draw() -> Iterator[Figure]:
        yield drawn(0.5)
        raise LookupError("no such figure")

    refused("no such figure", tmp_path / f"a{suffix}", LookupError, figures=draw)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_interrupt_leaves_no_file_and_no_process(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_text("mine")

    def draw() -> Iterator[Figure]:
        for k in range(100):
            if k == 5:
                os.kill(os.getpid(), signal.SIGINT)
            yield drawn(k / 100)

    with pytest.raises(KeyboardInterrupt):
        export.save_animation(draw, tmp_path / f"a{suffix}", None, dpi=DPI, overwrite=True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    names = [child.name() for child in psutil.Process().children()]
    assert not any(name.startswith("ffmpeg") for name in names)


def test_without_the_packages_for_video(
    figures: list[Figure],
    shown: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = export.save_animation(figures, tmp_path / "a.mp4", shown, dpi=DPI)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setitem(sys.modules, "mutagen.mp4", None)
    wanted = r'pip install "n2uq_viz\[video\]"'
    refused(rf"made by ffmpeg, which is not installed: {wanted}", tmp_path / "b.mp4", ImportError)
    with pytest.raises(ImportError, match=rf"mutagen, which is not installed: {wanted}"):
        export.read_state(path)
    assert export.save_animation(figures, tmp_path / "a.gif", None, dpi=DPI).is_file()


# --- Reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_animation_without_a_state(suffix: str, figures: list[Figure], tmp_path: Path) -> None:
    path = export.save_animation(figures, tmp_path / f"a{suffix}", None, dpi=DPI)
    with pytest.raises(state.StateError, match=f"a {suffix[1:].upper()} without a state: save"):
        export.read_state(path)


def test_somebody_elses_comment(figures: list[Figure], tmp_path: Path) -> None:
    with Image.fromarray(pixels_of(figures[0]).astype(np.uint8)) as image:
        image.save(tmp_path / "a.gif", comment=b"Made with love \xff")
    with pytest.raises(state.StateError, match="a GIF without a state"):
        export.read_state(tmp_path / "a.gif")
    mp4.write(tmp_path / "a.mp4", [export.png_bytes(figures[0])], 20.0, {"comment": "Mine"})
    with pytest.raises(state.StateError, match="a MP4 without a state"):
        export.read_state(tmp_path / "a.mp4")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_damaged_file(
    suffix: str, part: float, figures: list[Figure], shown: dict[str, Any], tmp_path: Path
) -> None:
    path = export.save_animation(figures, tmp_path / f"a{suffix}", shown, dpi=DPI)
    content = path.read_bytes()
    path.write_bytes(content[: max(40, int(part * len(content)))])
    with pytest.raises(state.StateError, match=rf"{path} is a damaged {suffix[1:].upper()}: "):
        export.read_state(path)


WRITERS: dict[str, Callable[[Path, str], object]] = {
    ".gif": lambda path, text: Image.new("P", (9, 9)).save(path, comment=text.encode()),
    ".mp4": lambda path, text: mp4.write(
        path, [export.png_bytes(drawn(0.5), DPI)], 20.0, {"comment": text}
    ),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "must be JSON"), ('{"version": 1, "levels": [0, 1]}', "'edges' is missing")],
)
def test_state_that_cannot_be_shown(suffix: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, text)
    with pytest.raises(state.StateError, match=rf"{path} holds a state that .*{message}"):
        export.read_state(path)


# --- Of an explorer ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_explorer_saves_what_it_plays(suffix: str, tmp_path: Path) -> None:
    e = SumOfStepsExplorer()
    path = e.save_animation(tmp_path / "new folder" / f"steps{suffix}", theme="dark")
    assert export.read_state(path) == e.state
    found = frames_of(path)
    assert len(found) == len(e.state["levels"])
    wanted = e.figure("dark")
    for shown, frame in ((0, found[0]), (None, found[-1])):
        e.state = {**e.state, "shown": shown}
        with Image.open(io.BytesIO(export.png_bytes(e.figure("dark"), export.ANIMATION_DPI))) as it:
            size = it.size
            off = np.abs(
                np.asarray(it.convert("RGB"), dtype=np.int64) - frame[: size[1], : size[0]]
            )
        assert off.mean() < 1.5
    assert tuple(wanted.get_size_inches() * export.ANIMATION_DPI) == pytest.approx(size, abs=1)


def test_explorer_takes_a_free_name_and_another_pace(tmp_path: Path) -> None:
    e = ThresholdExplorer(data="normal", draws=10)
    for name in ("a.gif", "a-2.gif"):
        assert e.save_animation(tmp_path / "a.gif", count=2, fps=4).name == name
    again = e.save_animation(tmp_path / "a.gif", count=4, fps=4, overwrite=True, progress=False)
    with Image.open(again) as image:
        assert image.info["duration"] == 250
        assert image.n_frames == 4  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="count must be a whole number from 2 to 10000, got 1"):
        e.save_animation(tmp_path / "b.gif", count=1)
