"""Training in a process of its own: told by lines, and gone with whoever has started it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from n2uq_viz.training import TrainingConfig, train
from n2uq_viz.training.process import LiveTraining
from n2uq_viz.training.summary import check_run_summary, summarize_run

#: Longest that the next message may take on a slow machine, in seconds.
PATIENCE = 60
SHORT = TrainingConfig("spirals", "gste", weight_bits=None, epochs=3)
#: Never over by itself in a test.
LONG = TrainingConfig("spirals", "ste", weight_bits=None, epochs=10_000)
Message = dict[str, Any]


class Heard:
    """A live training, and its messages one after another."""

    def __init__(self, config: TrainingConfig) -> None:
        self.messages: queue.Queue[Message] = queue.Queue()
        self.training = LiveTraining(config, self.messages.put)

    def next(self) -> Message:
        return self.messages.get(timeout=PATIENCE)

    def until(self, kind: str) -> list[Message]:
        """Messages up to the next one of that kind."""
        found = [self.next()]
        while found[-1]["kind"] != kind:
            found.append(self.next())
        return found


@pytest.fixture
def start() -> Iterator[Callable[[TrainingConfig], Heard]]:
    every: list[Heard] = []

    def begin(config: TrainingConfig) -> Heard:
        every.append(Heard(config))
        return every[-1]

    yield begin
    for each in every:
        each.training.close()
        assert each.training.wait(PATIENCE)


def test_epochs_come_and_the_run_is_that_of_train(start: Callable[..., Heard]) -> None:
    heard = start(SHORT)
    messages = heard.until("ended")
    assert [m["kind"] for m in messages[:-1]] == ["epoch"] * (len(messages) - 1)
    epochs = [m["summary"]["epochs"] for m in messages]
    assert epochs[0] == 0
    assert epochs == sorted(epochs)
    assert heard.training.wait(PATIENCE)
    assert not heard.training.running
    for each in messages:
        assert check_run_summary(each["summary"]) == each["summary"]
    assert messages[0]["summary"]["status"] == "stopped"
    assert messages[-1]["summary"] == summarize_run(train(SHORT))


def test_no_epoch_passes_while_paused_and_stop_keeps_the_run_so_far(
    start: Callable[..., Heard],
) -> None:
    heard = start(LONG)
    heard.until("epoch")
    for _ in range(2):
        heard.training.pause()
        before = heard.until("paused")
        heard.training.go()
        # Lines come in order: one of an epoch in between would come before this.
        assert heard.next() == {"kind": "going"}
        after = heard.until("epoch")
        shown = [m["summary"]["epochs"] for m in [*before, *after] if m["kind"] == "epoch"]
        assert shown == sorted(shown)
    heard.training.pause()
    last = heard.until("paused")[:-1]
    heard.training.stop()
    messages = heard.until("ended")
    assert [m["kind"] for m in messages] == ["going", "ended"]
    run = check_run_summary(messages[-1]["summary"])
    assert run["status"] == "stopped"
    if last:
        assert run["epochs"] == last[-1]["summary"]["epochs"]
    assert run["test_loss"] is None


def test_what_is_told_after_the_end_does_no_harm(start: Callable[..., Heard]) -> None:
    heard = start(TrainingConfig("regression", "ste", epochs=1))
    heard.until("ended")
    assert heard.training.wait(PATIENCE)
    heard.training.pause()
    heard.training.stop()
    heard.training.close()
    assert heard.messages.empty()


def test_closed_and_lost_processes_are_told(start: Callable[..., Heard]) -> None:
    heard = start(LONG)
    heard.until("epoch")
    heard.training.close()
    heard.until("closed")
    assert heard.training.wait(PATIENCE)
    lost = start(LONG)
    lost.until("epoch")
    (child,) = (
        each for each in psutil.Process().children() if "n2uq_viz.training.live" in each.cmdline()
    )
    child.kill()
    message = lost.until("failed")[-1]["message"]
    assert message == "the training process ended with status -9: "


def live(lines: str) -> tuple[list[Message], int]:
    """What the process answers to some lines, after which its input is closed."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "n2uq_viz.training.live"],
        input=lines,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.stderr == ""
    return [json.loads(line) for line in run.stdout.splitlines()], run.returncode


@pytest.mark.parametrize("lines", ["", '{"do": "pause"}\n'])
def test_it_ends_where_its_input_closes(lines: str) -> None:
    messages, status = live(json.dumps(LONG.to_dict()) + "\n" + lines)
    assert status == 0
    assert all(message["kind"] in ("epoch", "paused") for message in messages)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "the first line must be a configuration in JSON: "),
        ("{", "the first line must be a configuration in JSON: "),
        ("[1, 2]", "the first line must be a JSON object, got '[1, 2]'"),
        ('{"task": "cats"}', 'task must be one of "digits", '),
        ('{"tasks": "digits"}', "a configuration has the keys task, "),
        ('{"epochs": 0}', "epochs must be a whole number from 1 to 10000, got 0"),
    ],
)
def test_a_bad_configuration_is_one_clear_line(line: str, said: str) -> None:
    (message,), status = live(line + "\n")
    assert status == 0
    assert message["kind"] == "failed"
    assert message["message"].startswith(said)
    assert "\n" not in message["message"]


def test_without_torch_it_says_what_to_install(
    start: Callable[..., Heard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError(\"No module named 'torch'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert start(SHORT).next() == {
        "kind": "failed",
        "message": 'training needs PyTorch: pip install "n2uq_viz[train]" '
        "(No module named 'torch')",
    }
