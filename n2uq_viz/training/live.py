"""One training run in a process of its own, told what to do by lines of JSON: what a notebook runs.

``python -m n2uq_viz.training.live`` reads a configuration on its first line of standard input, and
after that commands: ``{"do": "pause"}``, ``{"do": "go"}`` or ``{"do": "stop"}``. It writes lines of
JSON to standard output, each with a ``kind``:

- ``epoch``: ``summary`` of the run so far, at most some ten times a second;
- ``paused`` and ``going``: no step is made between these two;
- ``ended``: ``summary`` of the whole run; the last line;
- ``failed``: ``message``, one line that says why there is no run; the last line too.

It ends at once where its input closes, so that it never outlives whoever has started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, TextIO

from n2uq_viz.training import TrainingConfig, TrainingRun, train
from n2uq_viz.training.summary import summarize_run

__all__ = ["main"]

#: Least time between two summaries, in seconds: eyes and connections need no more.
EVERY_SECONDS = 0.1
NO_TORCH = 'training needs PyTorch: pip install "n2uq_viz[train]" ({error})'


class _Session:
    """One run, and what it is told meanwhile."""

    def __init__(self, commands: TextIO, answers: TextIO) -> None:
        self._commands, self._answers = commands, answers
        self._changed = threading.Condition()
        self._paused = self._stopped = False
        self._told = -EVERY_SECONDS
        self._untold: TrainingRun | None = None

    def run(self) -> None:
        try:
            config = _config(self._commands.readline())
            threading.Thread(target=self._listen, daemon=True).start()
            run = train(config, on_epoch=self._tell, should_stop=self._should_stop)
        except ImportError as error:
            self._say("failed", message=NO_TORCH.format(error=error))
        except ValueError as error:
            self._say("failed", message=str(error))
        else:
            self._say("ended", summary=summarize_run(run))

    def _listen(self) -> None:
        """Take commands until the input closes, and then end the process."""
        try:
            for line in self._commands:
                command = json.loads(line)["do"]
                with self._changed:
                    self._paused = command == "pause"
                    self._stopped |= command == "stop"
                    self._changed.notify()
        finally:
            os._exit(0)  # nobody is there any more who could want the result

    def _should_stop(self) -> bool:
        """Wait here between two steps as long as the run is paused."""
        with self._changed:
            if self._paused and not self._stopped:
                if self._untold is not None:
                    self._tell(self._untold, now=True)
                self._say("paused")
                self._changed.wait_for(lambda: self._stopped or not self._paused)
                self._say("going")
            return self._stopped

    def _tell(self, run: TrainingRun, now: bool = False) -> None:
        self._untold = run
        if now or time.monotonic() - self._told >= EVERY_SECONDS:
            self._untold = None
            self._say("epoch", summary=summarize_run(run))
            self._told = time.monotonic()

    def _say(self, kind: str, **values: Any) -> None:
        self._answers.write(json.dumps({"kind": kind, **values}) + "\n")
        self._answers.flush()


def _config(line: str) -> TrainingConfig:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ValueError(f"the first line must be a configuration in JSON: {error}") from None
    if not isinstance(found, Mapping):
        raise ValueError(f"the first line must be a JSON object, got {line.strip()[:80]!r}")
    return TrainingConfig.from_dict(found)


def main() -> None:
    """Train as the lines on standard input say."""
    # Libraries may print; only what belongs to the protocol goes where it is expected.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _Session(sys.stdin, answers).run()
    answers.close()
    # Without waiting for the thread that listens, which a closing interpreter would do.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
