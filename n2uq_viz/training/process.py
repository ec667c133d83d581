"""Whoever trains live: starts the process of `n2uq_viz.training.live`, and hears what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from n2uq_viz.training.config import TrainingConfig

__all__ = ["LiveTraining"]

#: Longest end of what a failed process has written that is passed on, in characters.
_LAST_WORDS = 300


class LiveTraining:
    """A training run in a process of its own.

    Parameters
    ----------
    config
        What to train.
    heard
        Called with each message of the process, in a thread of its own. The last one has the kind
        ``"ended"``, ``"failed"`` or, after `close`, ``"closed"``.

    Examples
    --------
    >>> heard = []
    >>> training = LiveTraining(TrainingConfig("regression", "ste", epochs=2), heard.append)
    >>> training.wait(), heard[-1]["summary"]["status"]
    (True, 'finished')
    """

    def __init__(self, config: TrainingConfig, heard: Callable[[dict[str, Any]], object]) -> None:
        self._heard = heard
        self._closed = False
        # Closed by the thread that listens, when the process has ended.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        # A session of its own: what interrupts a cell is not meant for the training.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "n2uq_viz.training.live"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
            start_new_session=True,
        )
        self._send(config.to_dict())
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def running(self) -> bool:
        """Whether the process has not ended, or its last message has not been heard."""
        return self._listener.is_alive()

    def pause(self) -> None:
        """Make no more steps until `go`; the message ``"paused"`` says from when on."""
        self._send({"do": "pause"})

    def go(self) -> None:
        """Go on after `pause`."""
        self._send({"do": "go"})

    def stop(self) -> None:
        """End the training with the last finished epoch."""
        self._send({"do": "stop"})

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, `timeout` seconds at most; return whether it has."""
        self._listener.join(timeout)
        return not self.running

    def close(self) -> None:
        """End the process now, whatever it does, and without a result."""
        self._closed = True
        self._process.kill()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has ended by itself in the meantime, and its last message says how

    def _listen(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        last: dict[str, Any] = {"kind": ""}
        with self._process.stdout as lines:
            for line in lines:
                last = json.loads(line)
                self._heard(last)
        status = self._process.wait()
        self._process.stdin.close()
        if self._closed:
            self._heard({"kind": "closed"})
        elif last["kind"] not in ("ended", "failed"):
            self._heard({"kind": "failed", "message": self._last_words(status)})
        self._errors.close()

    def _last_words(self, status: int) -> str:
        self._errors.seek(0)
        said = " ".join(self._errors.read().split())[-_LAST_WORDS:]
        return f"the training process ended with status {status}: {said}"
