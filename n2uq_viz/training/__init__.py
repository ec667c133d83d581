"""Train a small net with each quantizer, and keep what happened in a file that can be trusted.

Configurations and results are plain data and need NumPy only; `train` and `resume` need PyTorch:
``pip install "n2uq_viz[train]"``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from n2uq_viz.training.config import ARMS, METHODS, TASKS, TrainingConfig
from n2uq_viz.training.run import LayerHistory, RunFileError, TrainingRun, load_run

__all__ = [
    "ARMS",
    "METHODS",
    "TASKS",
    "LayerHistory",
    "RunFileError",
    "TrainingConfig",
    "TrainingRun",
    "load_run",
    "resume",
    "train",
]


def train(
    config: TrainingConfig,
    *,
    folder: str | Path | None = None,
    progress: bool = False,
    on_epoch: Callable[[TrainingRun], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingRun:
    """Train the net that a configuration describes, and return what happened.

    The same configuration, versions and processor give the same numbers, whatever else runs: one
    thread, every random number from the seed. The caller's threads and generators are left alone.

    Parameters
    ----------
    config
        What to train.
    folder
        Where the run is saved when it ends, under ``config.file_name``, in place of one that is
        there. Until then a checkpoint lies there, renewed after every epoch
        (``config.checkpoint_name``); one left by an interrupted run is gone on with.
    progress
        Whether to show a bar with the accuracy so far, on standard error.
    on_epoch
        Called before the first epoch and after each with the run so far, whose status is
        ``"stopped"`` until it has finished and whose test results are NaN.
    should_stop
        Asked after every step. Once it says True, training ends with the last finished epoch, and
        the status is ``"stopped"``.

    Returns
    -------
    TrainingRun
        Its status says how it ended. A run that was stopped keeps its checkpoint.

    Raises
    ------
    ImportError
        PyTorch or scikit-learn is not installed.
    KeyboardInterrupt
        Ctrl-C; the checkpoint of the last finished epoch stays in the folder.
    OSError
        The folder cannot be written.
    """
    from n2uq_viz.training.loop import run_training

    return run_training(
        config, folder=folder, progress=progress, on_epoch=on_epoch, should_stop=should_stop
    )


def resume(
    path: str | Path,
    *,
    progress: bool = False,
    on_epoch: Callable[[TrainingRun], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingRun:
    """Go on with an interrupted run from its checkpoint file, in the folder where that lies.

    The result equals that of a run without interruption, bit for bit on the same machine and
    versions. Arguments and errors are those of `train`.

    Raises
    ------
    RunFileError
        The file is no checkpoint, is damaged, or belongs to other versions of PyTorch or NumPy,
        which would go on differently.
    """
    from n2uq_viz.training.loop import resume_training

    return resume_training(path, progress=progress, on_epoch=on_epoch, should_stop=should_stop)
