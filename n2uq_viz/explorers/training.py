"""The Training explorer: runs of small nets epoch by epoch, stored ones, one's own, or live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets

from n2uq_viz import datasets
from n2uq_viz import state as states
from n2uq_viz.explorers.live import LiveSession
from n2uq_viz.explorers.stage import RefusedState, Stage, checked
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state.runs import input_range, summaries
from n2uq_viz.training import TrainingConfig, TrainingRun, load_run
from n2uq_viz.training.summary import summarize_run

#: What the explorer opens with, where it is stored: the runs whose names begin so.
OPENING = ("digits-gste-w32a2-seed0", "digits-ste-w32a2-seed0")
#: Epochs that have passed then, if there are so many.
OPENING_EPOCH = 5
#: What the browser asks besides: how far the training is, for a stored run, or to train.
_QUESTIONS = ("live", "run", "train", "pause", "resume", "stop")
Run = TrainingRun | str | Path | Mapping[str, Any]


class TrainingExplorer(Stage):
    """Scrub through the epochs of one or two training runs, or train a net and watch.

    Loss and accuracy, and one layer: its staircase, the inputs that it really gets, its thresholds
    through the epochs; for inputs in the plane also what the net answers where.

    Parameters
    ----------
    runs
        At most two: a `TrainingRun` or its summary, the path of its file, or the name of a stored
        run (``n2uq_viz.datasets.stored_runs()``). By default two stored ones that differ in the
        estimator.
    epoch
        How many epochs have passed, 0 to those of the longest run; by default all.
    layer
        Which layer, counted from 0.
    quantizer
        What the state holds where no run says; with this alone, there is no run.
    **state
        Other keys of the state: ``view``, ``hidden``, ``theme``.

    Raises
    ------
    n2uq_viz.state.StateError
        A value breaks its rule, or a keyword is no key of the state.
    n2uq_viz.training.RunFileError
        A file is no training run.
    OSError
        A file cannot be read.

    Examples
    --------
    >>> e = TrainingExplorer(runs=[])
    >>> e.state["epoch"], e.running
    (0, False)
    """

    explorer = "training"

    def __init__(
        self,
        runs: Sequence[Run] | None = None,
        epoch: int | None = None,
        layer: int = 0,
        quantizer: Quantizer | None = None,
        **state: Any,
    ) -> None:
        q = Quantizer.uniform(2) if quantizer is None else checked(quantizer)
        opening = runs is None and quantizer is None
        known = {
            "runs": _opening_runs() if opening else _listed(runs),
            "epoch": epoch,
            "layer": layer,
        }
        valid = self._opening(q, known, state)
        if opening and epoch is None:
            opened = {**valid, "epoch": min(OPENING_EPOCH, valid["epoch"])}
            valid = states.validate(opened, self.explorer)
        if "view" not in state:
            valid["view"] = _view(valid)
        self._live = LiveSession(self._tell, self._end)
        super().__init__(valid, _by_key(valid["runs"]))

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> TrainingExplorer:
        """An explorer that shows a state, perhaps one that another explorer has saved.

        Raises
        ------
        n2uq_viz.state.StateError
            The state cannot be shown.
        """
        valid = states.validate(state, cls.explorer)
        found = cls(runs=valid["runs"])
        found.state = valid
        return found

    # --- Summaries are long: between Python and the browser, those in _data go by their hashes. ---

    @staticmethod
    def _named(state: Any, explorer: TrainingExplorer) -> Any:
        data = explorer._data
        runs = [
            run["sha256"] if isinstance(run, Mapping) and run["sha256"] in data else run
            for run in state.get("runs", ())
        ]
        return {**state, "runs": runs}

    @staticmethod
    def _in_full(state: Any, explorer: TrainingExplorer) -> Any:
        runs = state.get("runs") if isinstance(state, Mapping) else None
        if not isinstance(runs, list):
            return state
        own = {key: run for key, run in explorer._data.items() if key == run["sha256"]}
        full = [own.get(run, run) if isinstance(run, str) else run for run in runs]
        return {**state, "runs": full}

    state = traitlets.Dict().tag(sync=True, echo_update=False, to_json=_named, from_json=_in_full)

    @traitlets.validate("state")
    def _validated(self, proposal: Any) -> dict[str, Any]:
        try:
            valid = states.validate(proposal["value"], self.explorer)
            self._keep(run for run in valid["runs"] if isinstance(run, str))
        except (OSError, ValueError) as error:
            raise RefusedState(str(error)) from None
        return valid

    def _keep(self, runs: Iterable[Any]) -> None:
        """Have the browser know runs before a state names them."""
        new = {key: run for key, run in _by_key(runs).items() if key not in self._data}
        if new:
            self._data = {**self._data, **new}

    def _page_data(self) -> dict[str, Any]:
        own = [run["sha256"] for run in self.state["runs"] if isinstance(run, Mapping)]
        return {key: run for key, run in self._data.items() if key not in own}

    # --- Training live ----------------------------------------------------------------------------

    def train(self, config: TrainingConfig | Mapping[str, Any]) -> None:
        """Begin to train a net, in a process of its own, as the button does.

        When it ends, the run takes the first place; the one that was there takes the second, if
        that is free. All of that is one step of undo.

        Parameters
        ----------
        config
            What to train, or the values of a `TrainingConfig`.

        Raises
        ------
        ValueError
            A value breaks its rule, or a training is running already.
        """
        self._live.begin(config)

    @property
    def running(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self._live.running

    def pause(self) -> None:
        """Make no more steps until `resume`; nothing happens where none are made."""
        self._live.command("pause")

    def resume(self) -> None:
        """Go on with a training that was paused."""
        self._live.command("go")

    def stop(self) -> None:
        """End the training with the last finished epoch."""
        self._live.command("stop")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the training has ended, `timeout` seconds at most; return whether it has."""
        return self._live.wait(timeout)

    def close(self) -> None:
        """End the training, and take the explorer off the page."""
        # A widget whose making has failed is closed as well.
        if "_live" in vars(self):
            self._live.close()
        super().close()

    def _tell(self) -> None:
        self.send({"kind": "live", "live": self._live.status})

    def _end(self, summary: dict[str, Any]) -> None:
        before = self.state
        self._keep([summary])
        runs = [summary, *(before["runs"][1:] or before["runs"])]
        last = max(len(run["layers"]) for run in summaries({"runs": runs})) - 1
        layer = min(before["layer"], max(last, 0))
        wanted = {**before, "runs": runs, "epoch": summary["epochs"], "layer": layer}
        valid = states.validate(wanted, self.explorer)
        self.state = {**valid, "view": _view(valid)}

    def _answer(self, widget: object, content: Mapping[str, Any], buffers: object) -> None:
        kind = str(content.get("kind"))
        with self._live.lock:
            if kind not in _QUESTIONS:
                super()._answer(widget, content, buffers)
                return
            try:
                if kind == "train":
                    self.train(content["config"])
                elif kind == "run":
                    self._keep([content["name"]])
                elif kind != "live":
                    getattr(self, kind)()
            except (OSError, ValueError, TypeError, KeyError) as error:
                self._live.refuse(error)
            known = {"live": self._live.status, "stored": list(datasets.stored_runs())}
            self.send({"kind": kind, "id": content.get("id"), **known})


def _view(state: Mapping[str, Any]) -> list[float]:
    """All inputs of the layer on show, in every epoch."""
    found = input_range(summaries(state), state["layer"])
    return states.default_view(state["edges"]) if found is None else found


def _opening_runs() -> list[str]:
    stored = datasets.stored_runs()
    found = [name for start in OPENING for name in stored if name.startswith(start)]
    return list(found or stored)[: states.MAX_RUNS]


def _listed(runs: Any) -> Any:
    """Runs as a state holds them; what is no list is left for the rule that refuses it."""
    if not isinstance(runs, (list, tuple)):
        return [] if runs is None else runs
    return [_summarized(run) for run in runs]


def _summarized(run: Any) -> Any:
    if isinstance(run, str) and run not in datasets.stored_runs() and run.endswith(".npz"):
        run = Path(run)
    if isinstance(run, Path):
        run = load_run(run)
    return summarize_run(run) if isinstance(run, TrainingRun) else run


def _by_key(runs: Iterable[Any]) -> dict[str, Any]:
    """Names, and summaries by their hashes, with what they stand for."""
    return {
        run if isinstance(run, str) else run["sha256"]: (
            datasets.run_summary(run) if isinstance(run, str) else run
        )
        for run in runs
    }
