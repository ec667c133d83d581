"""States that move: what a teacher would play, as animations have it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from n2uq_viz import datasets, descent, explorers, state
from n2uq_viz.figures import frames
from n2uq_viz.figures.shown import default_state

JAVASCRIPT = Path(explorers.__file__).parent / "js"
#: Explorer -> the keys that change from frame to frame.
MOVES = {
    "threshold": {"edges"},
    "binary": {"x"},
    "coin-flip": {"thrown"},
    "sum-of-steps": {"shown"},
    "gradient-flow": {"steps", "edges"},
    "training": {"epoch", "edges", "levels"},
    "surrogate": {"x"},
    "tensor": {"edges"},
    "weight": {"scale"},
}
THERE_AND_BACK = ["threshold", "binary", "surrogate", "tensor", "weight"]


def settled(**keys: Any) -> dict[str, Any]:
    return state.validate({"version": 1, "edges": [0, 0.5, 2], "levels": [0, 1, 2], **keys})


# --- For every explorer --------------------------------------------------------------------------


def test_every_explorer_moves() -> None:
    assert set(MOVES) == set(state.EXPLORERS)


@pytest.mark.parametrize("name", MOVES)
def test_frames_are_valid_and_differ_in_what_moves(name: str) -> None:
    shown = default_state(name)
    found = frames.frames(shown)
    assert 2 <= len(found) <= 121
    for frame in found:
        assert state.validate(frame) == frame
        assert {key for key in frame if frame[key] != shown[key]} <= MOVES[name]
    moved = {key for frame in found for key in frame if frame[key] != found[0][key]}
    assert moved == MOVES[name]
    assert frames.frames(shown) == found


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("count", [2, 3, 7])
def test_as_many_frames_as_asked_for_with_the_same_ends(name: str, count: int) -> None:
    shown = default_state(name)
    found = frames.frames(shown, count)
    assert len(found) == count
    ends = frames.frames(shown)
    assert (found[0], found[-1]) == (ends[0], ends[-1])


@pytest.mark.parametrize("name", MOVES)
def test_figures_have_one_size_and_one_range_of_inputs(name: str) -> None:
    figures = list(frames.animate(default_state(name), "light", "slide", 3))
    assert len({tuple(figure.get_size_inches()) for figure in figures}) == 1
    first, *others = figures
    for figure in others:
        assert len(figure.axes) == len(first.axes)
        assert figure.axes[0].get_xlim() == first.axes[0].get_xlim()


@pytest.mark.parametrize("name", THERE_AND_BACK)
def test_there_and_back_begins_and_ends_with_the_state(name: str) -> None:
    shown = default_state(name)
    found = frames.frames(shown)
    assert found[0] == found[-1] == shown


@pytest.mark.parametrize("count", [1, 0, 10_001, 2.5, "many"])
def test_counts_that_cannot_be(count: Any) -> None:
    with pytest.raises(ValueError, match="count must be a whole number from 2 to 10000, got"):
        frames.frames(default_state(), count)


def test_state_that_cannot_be_shown() -> None:
    with pytest.raises(state.StateError, match="'edges' is missing"):
        frames.frames({"version": 1, "levels": [0, 1]})
    with pytest.raises(state.StateError, match="'edges' is missing"):
        frames.animate({"version": 1, "levels": [0, 1]})
    with pytest.raises(ValueError, match="theme"):
        next(frames.animate(default_state(), "pink"))


# --- One by one ----------------------------------------------------------------------------------


def test_edge_goes_as_near_to_its_neighbors_as_can_be_seen() -> None:
    found = frames.frames(settled(data="normal"))
    edges = np.array([frame["edges"] for frame in found])
    assert np.all(edges[:, [0, 2]] == [0.0, 2.0])
    assert edges[:, 1].max() == 2.0 - 0.125
    assert edges[:, 1].min() == 0.125
    # To the right first, and at one speed, but for the frames in which it turns.
    assert edges[1, 1] > edges[0, 1]
    steps = np.abs(np.diff(edges[:, 1]))
    assert steps.max() < 1.2 * np.median(steps)


def test_only_threshold_slides_as_far_as_its_segment_is_seen() -> None:
    shown = settled(edges=[-1, 1], levels=[-1, 1], view=[-3, 4], data="normal")
    edges = np.array([frame["edges"] for frame in frames.frames(shown)])
    assert edges[:, 0].min() == pytest.approx(-3.0)
    assert edges[:, 1].max() == pytest.approx(4.0)
    assert np.diff(edges) == pytest.approx(2.0)
    beyond = settled(edges=[10, 12], levels=[-1, 1], view=[0, 1], data="normal")
    assert frames.frames(beyond)[0] == beyond


@pytest.mark.parametrize("name", ["binary", "surrogate"])
def test_input_crosses_the_view(name: str) -> None:
    found = frames.frames(settled(explorer=name, view=[-1, 3], x=0.25))
    places = [frame["x"] for frame in found]
    assert (min(places), max(places)) == (-1.0, 3.0)
    outside = frames.frames(settled(explorer=name, view=[-1, 3], x=5.0))
    assert max(frame["x"] for frame in outside) == outside[0]["x"] == 5.0


def test_coins_grow_by_equal_factors_and_no_frame_twice() -> None:
    thrown = [frame["thrown"] for frame in frames.frames(default_state("coin-flip"))]
    assert (thrown[0], thrown[-1]) == (1, state.MAX_DRAWS)
    assert np.all(np.diff(thrown) > 0)
    late = np.array(thrown[-20:], dtype=float)
    assert late[1:] / late[:-1] == pytest.approx(late[1] / late[0], rel=0.01)


def test_steps_are_added_from_none_to_all() -> None:
    shown = settled(explorer="sum-of-steps", shown=1)
    assert [frame["shown"] for frame in frames.frames(shown)] == [0, 1, 2]


def test_descent_goes_from_its_start_to_the_state() -> None:
    shown = default_state("gradient-flow")
    found = frames.frames(shown)
    assert [frame["steps"] for frame in found] == list(range(shown["steps"] + 1))
    assert found[0]["edges"] == shown["start"]
    assert found[-1] == shown


def test_descent_that_has_not_begun_takes_some_steps_in_one_view() -> None:
    shown = settled(explorer="gradient-flow", target="step", learning_rate=1.0, view=[0, 2])
    found = frames.frames(shown)
    assert [frame["steps"] for frame in found] == list(range(101))
    assert all(frame["start"] == shown["edges"] for frame in found)
    assert len({tuple(frame["view"]) for frame in found}) == 1
    low, high = found[0]["view"]
    for frame in found:
        assert low <= frame["edges"][0] < frame["edges"][-1] <= high


def test_long_descent_is_told_in_fewer_frames() -> None:
    begun = settled(explorer="gradient-flow")
    steps = [frame["steps"] for frame in frames.frames(begun, 10_000)]
    assert (steps[0], steps[-1]) == (0, 100)
    long = {**begun, "steps": state.MAX_DESCENT}
    long["edges"] = descent.of_state(long)[1].edges[-1].tolist()
    steps = [frame["steps"] for frame in frames.frames(long)]
    assert (len(steps), steps[0], steps[-1]) == (121, 0, state.MAX_DESCENT)


def test_training_passes_all_epochs() -> None:
    shown = default_state("training")
    last = max(datasets.run_summary(name)["epochs"] for name in shown["runs"])
    found = frames.frames({**shown, "epoch": 3})
    assert [frame["epoch"] for frame in found] == list(range(last + 1))


def test_training_without_runs_stands_still() -> None:
    shown = settled(explorer="training")
    assert frames.frames(shown) == [shown]
    assert frames.frames(shown, 2) == [shown, shown]


# --- The pace is that of Play --------------------------------------------------------------------


def constant(file: str, name: str) -> float:
    found = re.search(rf"^const {name} = ([\d.]+);", (JAVASCRIPT / file).read_text("utf-8"), re.M)
    assert found is not None
    return float(found[1])


def test_pace_is_that_of_the_explorers() -> None:
    steps = frames.pace(default_state("sum-of-steps"), 4)
    assert 1000.0 / steps == pytest.approx(constant("sum_of_steps.js", "EVERY_MS"))
    flow = frames.pace(default_state("gradient-flow"), 41)
    assert flow == constant("gradient_flow.js", "STEPS_PER_SECOND")
    seconds = constant("training.js", "PLAY_SECONDS")
    assert frames.pace(default_state("training"), 101) == 100 / seconds
    assert frames.pace(default_state("training"), 3) == constant("training.js", "SLOWEST")
