"""A training that an explorer has begun: how far it is, in words, and what it may be told."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from n2uq_viz.training import TrainingConfig
from n2uq_viz.training.process import LiveTraining
from n2uq_viz.words import say

__all__ = ["LiveSession"]


class LiveSession:
    """At most one training at a time, in a process of its own.

    Parameters
    ----------
    tell
        Method to be called whenever `status` is another one, often in a thread of the training.
    end
        Method that takes the summary of a run that has ended. Both belong to one object, which is
        not kept alive for them.
    """

    def __init__(self, tell: Callable[[], object], end: Callable[[dict[str, Any]], object]) -> None:
        self.lock = threading.RLock()
        #: What a browser is told: ``status`` ("idle" where nothing is trained), ``summary`` of the
        #: run so far or None, and the words ``said`` about it.
        self.status: dict[str, Any] = {"status": "idle", "summary": None, "said": ""}
        self._tell, self._end = weakref.WeakMethod(tell), weakref.WeakMethod(end)
        self._training: LiveTraining | None = None

    @property
    def running(self) -> bool:
        """Whether something is trained, paused or not."""
        return bool(self.status["status"] != "idle")

    def begin(self, config: TrainingConfig | Mapping[str, Any]) -> None:
        """Begin to train; ValueError for a bad configuration, or if something is trained."""
        with self.lock:
            if self.running:
                raise ValueError(say("training.live.running"))
            if not isinstance(config, TrainingConfig):
                config = TrainingConfig.from_dict(config)
            self._training = LiveTraining(config, self._hear)
            self._change("starting")

    def command(self, command: str) -> None:
        """Tell the training ``"pause"``, ``"go"`` or ``"stop"``; nothing if there is none."""
        with self.lock:
            if self.running and self._training is not None:
                getattr(self._training, command)()
                self._change({"pause": "pausing", "go": "training", "stop": "stopping"}[command])

    def wait(self, timeout: float | None) -> bool:
        """Wait until it has ended, `timeout` seconds at most; return whether it has."""
        return self._training is None or self._training.wait(timeout)

    def close(self) -> None:
        """End it now, without a result."""
        if self._training is not None:
            self._training.close()

    def refuse(self, reason: object) -> None:
        """Say why what was asked for was not done."""
        self.status = {**self.status, "said": say("training.live.failed", reason=reason)}

    def _change(self, status: str, words: str = "", **values: Any) -> None:
        """Have another status, said in its own words or in others."""
        summary = None if status == "idle" else self.status["summary"]
        said = say(f"training.live.{words or status}", **values)
        self.status = {"status": status, "summary": summary, "said": said}
        tell = self._tell()
        if tell is not None:
            tell()

    def _hear(self, message: Mapping[str, Any]) -> None:
        """Take what the process says."""
        with self.lock:
            kind, status = message["kind"], self.status["status"]
            if kind == "epoch":
                self.status = {**self.status, "summary": message["summary"]}
                # What was asked for comes later than an epoch that was under way.
                self._change("training" if status == "starting" else status)
            elif kind == "paused" and status == "pausing":
                run = self.status["summary"]
                self._change("paused", epoch=run["epochs"], epochs=run["config"]["epochs"])
            elif kind in ("failed", "closed"):
                self._change("idle", kind, reason=message.get("message"))
            elif kind == "ended":
                run = message["summary"]
                end = self._end()
                try:
                    if end is not None:
                        end(run)
                finally:
                    # Also when a reader's own callback fails: the run is there by then.
                    values = {"epoch": run["epochs"], "step": run["diverged_at"]}
                    self._change("idle", run["status"], **values)
