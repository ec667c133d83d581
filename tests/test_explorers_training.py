"""The Training explorer's Python side: runs of every kind, and a training that it has begun."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from n2uq_viz import datasets, export, state
from n2uq_viz.explorers import ThresholdExplorer, TrainingExplorer
from n2uq_viz.state import StateError
from n2uq_viz.training import RunFileError, TrainingConfig
from n2uq_viz.training.summary import summarize_run
from tests.made_runs import made_run
from tests.test_training_live import LONG, PATIENCE

RUN = made_run(epochs=6)
OTHER = made_run("spirals", "ste", epochs=3, weight_bits=None)
DIGEST = summarize_run(RUN)["sha256"]


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of the only stored run."""
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    return RUN.save(tmp_path / "training" / "runs").stem


def sent(e: TrainingExplorer) -> dict[str, Any]:
    """The state as the browser has it."""
    found: dict[str, Any] = e.get_state("state")["state"]
    return found


def test_runs_may_be_runs_files_summaries_or_names(stored: str, tmp_path: Path) -> None:
    path = OTHER.save(tmp_path / "mine")
    own = summarize_run(OTHER)
    for given in (OTHER, path, str(path), own):
        e = TrainingExplorer(runs=[stored, given], epoch=2, layer=1)
        assert e.state["runs"] == [stored, own]
        assert (e.state["epoch"], e.state["layer"]) == (2, 1)
        assert e.state["edges"] == summarize_run(RUN)["layers"][1]["edges"][2]
    assert TrainingExplorer().state["runs"] == [stored]
    assert TrainingExplorer(runs=[OTHER]).state["epoch"] == 3


def test_without_stored_runs_it_opens_without_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    e = TrainingExplorer()
    assert (e.state["runs"], e.state["epoch"]) == ([], 0)
    assert state.validate(e.state) == e.state


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"runs": [RUN, RUN, RUN]}, "runs must be a list of at most 2 runs"),
        ({"runs": RUN}, "runs must be a list of at most 2 runs"),
        ({"runs": ["no such run"]}, r"runs\[0\] must be a stored run .* got 'no such run'"),
        ({"runs": [3]}, r"runs\[0\] must be a stored run .* got 3"),
        ({"runs": [RUN], "epoch": 7}, "epoch must be a whole number from 0 to 6, .* got 7"),
        ({"runs": [RUN], "layer": 2}, "layer must be a whole number from 0 to 1, .* got 2"),
        ({"runs": [], "colour": 1}, "keywords must be quantizer, .*, got 'colour'"),
    ],
)
def test_bad_arguments_are_one_clear_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError, match=message):
        TrainingExplorer(**arguments)


def test_files_that_are_no_runs_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(RunFileError, match=r"a\.npz is no n2uq_viz training run"):
        TrainingExplorer(runs=[tmp_path / "a.npz"])
    with pytest.raises(OSError, match=r"b\.npz"):
        TrainingExplorer(runs=[str(tmp_path / "b.npz")])


def test_a_state_travels_light_and_is_whole_in_python() -> None:
    e = TrainingExplorer(runs=[RUN, OTHER])
    assert sent(e)["runs"] == [DIGEST, summarize_run(OTHER)["sha256"]]
    assert len(json.dumps(sent(e))) < 1000
    told: list[dict[str, Any]] = []
    e.on_change(told.append)
    e.set_state({"state": {**sent(e), "epoch": 2}})
    assert (e.state["epoch"], e.state["runs"][0]) == (2, summarize_run(RUN))
    assert [each["epoch"] for each in told] == [2]
    for broken in (["0" * 64], [DIGEST[:-1]], DIGEST, [None]):
        with pytest.raises(StateError):
            e.set_state({"state": {**sent(e), "runs": broken}})
    assert e.state["epoch"] == 2
    again = TrainingExplorer.from_state(json.loads(json.dumps(e.state)))
    assert again.state == e.state
    assert sent(again) == sent(e)


def test_its_state_opens_in_the_threshold_explorer() -> None:
    e = TrainingExplorer(runs=[RUN], epoch=3)
    other = ThresholdExplorer.from_state(e.state)
    assert other.quantizer == e.quantizer
    back = TrainingExplorer.from_state(other.state)
    assert back.state["runs"] == []
    assert back.quantizer == e.quantizer


def test_files_of_own_runs_hold_them_once(tmp_path: Path) -> None:
    e = TrainingExplorer(runs=[RUN, OTHER], epoch=1)
    for path in (e.save_html(tmp_path / "a.html"), e.save_figure(tmp_path / "a.svg")):
        found = export.read_state(path)
        assert found == e.state
        assert TrainingExplorer.from_state(found).state == e.state
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count(DIGEST) == 1


def ask(e: TrainingExplorer, kind: str, **content: Any) -> dict[str, Any]:
    """Ask as the browser does, and return the answer."""
    answers: list[dict[str, Any]] = []
    e.send = lambda content, *_: answers.append(content)
    try:
        e._answer(e, {"kind": kind, "id": "7", **content}, [])
    finally:
        del e.send
    (answer,) = (each for each in answers if each.get("id") == "7")
    return answer


def test_a_stored_run_comes_when_the_browser_asks_for_it(stored: str) -> None:
    e = TrainingExplorer(runs=[OTHER])
    assert stored not in e._data
    assert ask(e, "live")["stored"] == [stored]
    assert ask(e, "run", name=stored)["kind"] == "run"
    assert e._data[stored] == summarize_run(RUN)
    e.set_state({"state": {**sent(e), "runs": [stored]}})
    assert e.state["runs"] == [stored]
    assert "no such" in ask(e, "run", name="no such")["live"]["said"]
    answer = ask(e, "state", state={**sent(e), "epoch": 1})
    assert (answer["state"]["epoch"], answer["state"]["runs"]) == (1, [stored])


# --- Live ---


@pytest.fixture
def live() -> Iterator[TrainingExplorer]:
    e = TrainingExplorer(runs=[RUN], epoch=1, layer=1)
    yield e
    e.close()
    assert e.wait(PATIENCE)


def test_a_trained_run_takes_the_first_place_in_one_change(live: TrainingExplorer) -> None:
    told: list[dict[str, Any]] = []
    live.on_change(told.append)
    config = TrainingConfig("regression", "ste", epochs=3)
    live.train(config)
    assert live.running
    with pytest.raises(ValueError, match="a training is running; stop it first"):
        live.train(config)
    assert live.wait(PATIENCE)
    assert not live.running
    assert len(told) == 1
    first, second = live.state["runs"]
    assert (first["label"], first["status"], second) == (
        config.label,
        "finished",
        summarize_run(RUN),
    )
    assert (live.state["epoch"], live.state["layer"]) == (3, 1)
    assert sent(live)["runs"] == [first["sha256"], DIGEST]
    assert live._live.status["said"] == "Trained: it is run 1 now."
    live.train({"task": "regression", "method": "thresholds", "epochs": 2})
    live.wait(PATIENCE)
    assert [run["config"]["method"] for run in live.state["runs"]] == ["thresholds", "gste"]


def test_pause_resume_and_stop(live: TrainingExplorer) -> None:
    for nothing in (live.pause, live.resume, live.stop):
        nothing()
    assert not live.running
    heard: queue.Queue[str] = queue.Queue()
    statuses: list[str] = []
    live.send = lambda content, *_: heard.put(content["live"]["status"])

    def until(status: str) -> None:
        while statuses[-1:] != [status]:
            statuses.append(heard.get(timeout=PATIENCE))

    live.train(LONG)
    until("training")
    live.pause()
    until("paused")
    epochs = live._live.status["summary"]["epochs"]
    assert live._live.status["said"] == f"Paused after epoch {epochs} of 10000."
    live.resume()
    live.stop()
    until("idle")
    assert live.wait(PATIENCE)
    assert live._live.status["said"].startswith("Stopped after epoch ")
    assert live.state["runs"][0]["status"] == "stopped"
    ordered = ["starting", "training", "pausing", "paused", "training", "stopping", "idle"]
    assert [a for a, b in zip(statuses, ["", *statuses], strict=False) if a != b] == ordered


def test_a_training_that_diverges_says_at_which_step(live: TrainingExplorer) -> None:
    live.train(TrainingConfig("moons", "lsq", epochs=20, learning_rate=1e30))
    live.wait(PATIENCE)
    run = live.state["runs"][0]
    assert run["status"] == "diverged"
    said = live._live.status["said"]
    assert said.startswith(f"The loss was no longer finite at step {run['diverged_at']}:")


def test_what_the_browser_asks_for_wrongly_is_said(live: TrainingExplorer) -> None:
    for content, reason in (
        ({"config": {"task": "cats"}}, "task must be one of"),
        ({"config": {"cats": 1}}, "a configuration has the keys"),
        ({"config": 3}, "int"),
        ({}, "config"),
    ):
        answer = ask(live, "train", **content)
        assert answer["live"]["status"] == "idle"
        assert answer["live"]["said"].startswith("No training: ")
        assert reason in answer["live"]["said"]
    assert not live.running


def test_closing_the_explorer_ends_the_process(live: TrainingExplorer) -> None:
    live.train(LONG)
    live.close()
    assert live.wait(PATIENCE)
    assert not live.running
    assert live.state["runs"] == [summarize_run(RUN)]
