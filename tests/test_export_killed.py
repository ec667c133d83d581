"""A process that is killed while it saves leaves the old file or the new one, and never a half."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from n2uq_viz import export, files, state

ROOT = Path(__file__).parents[1]
#: Where a moment counts: each line that is run there is one.
OURS = (str(Path(export.__file__).parent), files.__file__)
#: Kills spread over all moments, and over those in which files are written and named.
SPREAD, WRITING = 20, 20
#: How much of a file is written when the kernel ends the process, as shares of the whole.
SHARES = (0.0, 0.3, 0.6, 0.95)
OLD, NEW = ({"version": 1, "edges": [0, high], "levels": [0, 2]} for high in (1, 2))


def figure() -> Figure:
    """Return a figure that is drawn soon: no words."""
    found = Figure(figsize=(2, 1.5))
    axes = found.subplots()
    axes.plot([0, 1], marker="o")
    axes.set_axis_off()
    return found


def save_one(folder: Path, shown: dict[str, Any]) -> None:
    export.save(figure(), folder / "a.png", shown, overwrite=True, dpi=60)


def save_all(folder: Path, shown: dict[str, Any]) -> None:
    export.save_all(figure(), folder / "a", shown, overwrite=True, dpi=60, notes=True)


def save_animation(folder: Path, shown: dict[str, Any]) -> None:
    figures = [figure(), figure()]
    export.save_animation(figures, folder / "a.gif", shown, overwrite=True, dpi=60, progress=False)


SAVES: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "one": save_one,
    "all": save_all,
    "animation": save_animation,
}


# --- What runs in a process of its own, which has no threads and can be copied at any moment -----


@contextmanager
def at_every_line(moment: Callable[[str], None]) -> Iterator[None]:
    """Call ``moment(file)`` before every line of ours that runs."""

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            moment(frame.f_code.co_filename)
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)


def copy_that(does: Callable[[], None]) -> int:
    """Let a copy of this process do something; return the signal that ended it, 0 if none."""
    child = os.fork()
    if not child:
        try:
            does()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def killed_at(number: int, save: Callable[[], None]) -> Callable[[], None]:
    left = iter(range(number, -1, -1))

    def moment(_file: str) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def does() -> None:
        with at_every_line(moment):
            save()

    return does


def ended_after(size: int, save: Callable[[], None]) -> Callable[[], None]:
    """Have the kernel end the process when a file has that many bytes and is to have more."""

    def does() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        save()

    return does


def kill_again_and_again(place: str, kind: str) -> None:
    """Print what became of the files each time: how the process ended, and which file is which."""
    folder, save = Path(place), SAVES[kind]
    wanted: dict[str, dict[str, bytes]] = {}
    for name, shown in (("new", NEW), ("old", OLD)):
        save(folder, shown)
        wanted[name] = {path.name: path.read_bytes() for path in folder.iterdir()}

    def attempt() -> None:
        save(folder, NEW)

    moments: list[str] = []
    with at_every_line(moments.append):
        attempt()
    every = np.linspace(0, len(moments) - 1, SPREAD).round()
    writing = np.flatnonzero([name == files.__file__ for name in moments])
    chosen = {*every, *writing[np.linspace(0, writing.size - 1, WRITING).round().astype(int)]}
    ways = [killed_at(int(number), attempt) for number in sorted(chosen)]
    longest = max(map(len, wanted["new"].values()))
    ways += [ended_after(int(share * longest), attempt) for share in SHARES]
    for way in ways:
        # What the last one left would add moments to this one, in which it is looked at.
        for path in folder.iterdir():
            path.unlink()
        for name, content in wanted["old"].items():
            (folder / name).write_bytes(content)
        ended = copy_that(way)
        print(json.dumps({"ended": ended, "files": dict(seen(folder, wanted))}))  # noqa: T201


def seen(folder: Path, wanted: dict[str, dict[str, bytes]]) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        content = path.read_bytes()
        is_same = [name for name in wanted if wanted[name].get(path.name) == content]
        if is_same and path.suffix != export.NOTES_SUFFIX:
            export.read_state(path)
        yield path.name, " or ".join(is_same) or "something else"


# --- The tests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SAVES)
def test_every_file_is_the_old_one_or_the_new_one(kind: str, tmp_path: Path) -> None:
    script = (
        "import sys; from tests.test_export_killed import kill_again_and_again; "
        "kill_again_and_again(*sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), kind],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    attempts = [json.loads(line) for line in done.stdout.splitlines()]
    ends = Counter(attempt["ended"] for attempt in attempts)
    assert ends[signal.SIGKILL] >= SPREAD
    assert ends[signal.SIGXFSZ] == len(SHARES)
    assert set(ends) == {signal.SIGKILL, signal.SIGXFSZ}
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == set(attempts[0]["files"])
    found = Counter(what for attempt in attempts for what in attempt["files"].values())
    assert set(found) <= {"old", "new", "new or old"}
    # It is killed both before and after the file gets its name.
    assert min(found["old"], found["new"]) > 0
    check_what_is_left(kind, tmp_path, names)


def check_what_is_left(kind: str, folder: Path, names: set[str]) -> None:
    """Hidden files are left, which disturb nobody and are gone after a day."""

    def hidden() -> set[Path]:
        return {path for path in folder.iterdir() if path.name.startswith(".")}

    left = hidden()
    assert left
    SAVES[kind](folder, NEW)
    assert hidden() == left  # a process that saves just now may be writing to them
    assert {path.name for path in folder.iterdir()} - {path.name for path in left} == names
    for name in names - {f"a{export.NOTES_SUFFIX}"}:
        assert export.read_state(folder / name) == state.validate(NEW)
    yesterday = time.time() - 25 * 60 * 60
    for path in left:
        os.utime(path, (yesterday, yesterday))
    foreign = folder / ".n2uq_viz-mine"
    foreign.touch()
    os.utime(foreign, (yesterday, yesterday))
    SAVES[kind](folder, NEW)
    assert hidden() == {foreign}
