"""The file from which an interrupted run goes on: weights, optimizer, records.

Like a result it is an ``.npz`` without pickle that is renamed into place, so that a run killed at
any moment leaves the last finished epoch behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from n2uq_viz.files import write_together
from n2uq_viz.training.config import TrainingConfig
from n2uq_viz.training.records import versions
from n2uq_viz.training.run import RunFileError, checksum, pack, unpack

if TYPE_CHECKING:
    from n2uq_viz.training.loop import Trainer

__all__ = ["config_in", "load", "save"]

FORMAT = "n2uq_viz training checkpoint"
VERSION = 1


def save(folder: Path, trainer: Trainer) -> Path:
    """Write the checkpoint of the epochs done so far, in place of an older one."""
    arrays = trainer.records.arrays()
    for name, tensor in trainer.net.state_dict().items():
        arrays[f"net {name}"] = tensor.numpy()
    for i, values in trainer.optimizer.state_dict()["state"].items():
        for name, tensor in values.items():
            arrays[f"optimizer {i} {name}"] = tensor.numpy()
    head = {
        "format": FORMAT,
        "version": VERSION,
        "config": trainer.config.to_dict(),
        "versions": versions(),
        "epoch": trainer.epoch,
    }
    content = pack({**head, "checksum": checksum(head, arrays)}, arrays)
    stem = folder / trainer.config.checkpoint_name.removesuffix(".npz")
    return write_together(stem, {".npz": content}, overwrite=True)[0]


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    try:
        head, arrays = unpack(Path(path).read_bytes(), FORMAT, VERSION)
        if head.pop("checksum", None) != checksum(head, arrays):
            raise RunFileError("is damaged: its numbers do not give the checksum that it carries")
    except RunFileError as error:
        raise RunFileError(f"{path} {error}") from None
    return head, arrays


def config_in(path: str | Path) -> TrainingConfig:
    """Return the configuration of the run that a checkpoint belongs to.

    Raises RunFileError for a file that is no whole checkpoint, OSError if it cannot be read.
    """
    return TrainingConfig.from_dict(_read(path)[0]["config"])


def load(path: str | Path, trainer: Trainer) -> None:
    """Put a trainer of the same configuration where the checkpoint was written.

    Raises RunFileError for another configuration, for versions that would go on differently, and
    for a file that is no whole checkpoint; OSError if it cannot be read.
    """
    head, arrays = _read(path)
    if head["config"] != trainer.config.to_dict():
        raise RunFileError(f"{path} belongs to another configuration; train that one, or elsewhere")
    now = versions()
    if head["versions"] != now:
        others = [f"{name} {found}" for name, found in head["versions"].items()]
        here = [f"{name} {found}" for name, found in now.items()]
        raise RunFileError(
            f"{path} was written with {', '.join(others)}, here are {', '.join(here)}, which may "
            "go on differently; delete it to train from the start, or use those versions"
        )
    state = {
        name.removeprefix("net "): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith("net ")
    }
    trainer.net.load_state_dict(state)
    optimizer = trainer.optimizer.state_dict()
    for key, array in arrays.items():
        if key.startswith("optimizer "):
            _, i, name = key.split(" ", 2)
            optimizer["state"].setdefault(int(i), {})[name] = torch.from_numpy(array)
    trainer.optimizer.load_state_dict(optimizer)
    trainer.records.restore(arrays)
    trainer.epoch = head["epoch"]
