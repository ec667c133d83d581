"""Training itself: one loop for every net and quantizer, the same steps each time.

Everything random comes from the seed and the number of the epoch, so a run needs nothing of the
past but weights, optimizer and records to go on as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from n2uq_viz.files import make_folder
from n2uq_viz.nn import set_fused
from n2uq_viz.training import checkpoint, evaluation
from n2uq_viz.training.config import TrainingConfig
from n2uq_viz.training.nets import build, calibrate
from n2uq_viz.training.records import Records
from n2uq_viz.training.run import TrainingRun
from n2uq_viz.training.tasks import Task, load_task

__all__ = ["Trainer", "one_thread", "resume_training", "run_training"]

OnEpoch = Callable[[TrainingRun], object] | None
ShouldStop = Callable[[], bool] | None


def run_training(
    config: TrainingConfig,
    *,
    folder: str | Path | None,
    progress: bool,
    on_epoch: OnEpoch,
    should_stop: ShouldStop,
) -> TrainingRun:
    """Do what `n2uq_viz.training.train` promises."""
    place = None if folder is None else make_folder(Path(folder))
    with one_thread():
        trainer = Trainer(config)
        if place is not None and (place / config.checkpoint_name).exists():
            checkpoint.load(place / config.checkpoint_name, trainer)
        return _train(trainer, place, progress, on_epoch, should_stop)


def resume_training(
    path: str | Path, *, progress: bool, on_epoch: OnEpoch, should_stop: ShouldStop
) -> TrainingRun:
    """Do what `n2uq_viz.training.resume` promises."""
    with one_thread():
        trainer = Trainer(checkpoint.config_in(path))
        checkpoint.load(path, trainer)
        return _train(trainer, Path(path).parent, progress, on_epoch, should_stop)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, so that sums are made in the same order wherever it runs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Compiling takes longer than such a net, and rounds sums in another way.
        with set_fused("never"), torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)


class Trainer:
    """A net, its optimizer and its data, and what has happened to them so far."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config
        self.task: Task = load_task(config.task, config.seed)
        self.x, self.y = (torch.from_numpy(a) for a in (self.task.train.x, self.task.train.y))
        self.net = build(config)
        if self.task.classes:  # else the levels are given, and all begin with even thresholds
            calibrate(self.net, self.x)
        self.parameters = [p for p in self.net.parameters() if p.requires_grad]
        # An optimizer of nothing is refused, though a fixed quantizer alone has no parameters.
        self.optimizer = torch.optim.Adam(
            self.parameters or [nn.Parameter(torch.zeros(1))], foreach=False
        )
        self.steps_in_epoch = -(-len(self.x) // config.batch_size)
        self.records = Records(config, self.task, self.net)
        self.epoch = 0
        self.diverged_at: int | None = None

    def train_epoch(self, should_stop: ShouldStop) -> bool:
        """Train one epoch; False if it was stopped, and then nothing of it is recorded.

        A loss that is no longer finite ends the epoch: `diverged_at` says at which step.
        """
        began = time.perf_counter()
        self.net.train()
        rng = np.random.default_rng([self.config.seed, self.epoch])
        order = torch.from_numpy(rng.permutation(len(self.x)))
        if len(order) <= self.config.batch_size:
            order = order.sort().values  # one batch of all: its order is nobody's matter
        for i, rows in enumerate(order.split(self.config.batch_size)):
            if should_stop is not None and should_stop():
                return False
            if len(rows) == 1 and len(order) > 1:
                continue  # one sample has no spread to be normalized by
            x = self.x[rows]
            if x.ndim == 4:
                x = shifted(x, rng)
            if not self._step(i, x, self.y[rows]):
                self.diverged_at = self.epoch * self.steps_in_epoch + i + 1
                break
        self.epoch += 1
        self.records.finish_epoch(self.net, time.perf_counter() - began)
        return True

    def _step(self, i: int, x: Tensor, y: Tensor) -> bool:
        """Make one step; False if the loss is not finite."""
        share = (self.epoch * self.steps_in_epoch + i) / (self.config.epochs * self.steps_in_epoch)
        rate = self.config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * share))
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.zero_grad()
        try:
            output = self.net(x)
        except ValueError:
            # A learned step size or range went to 0 or below: there is no quantizer any more.
            return False
        loss = evaluation.loss(output, y)
        found = loss.item()
        if not math.isfinite(found):
            return False
        if self.parameters:
            loss.backward()
            self.optimizer.step()
        self.records.add_step(self.net, found, output.detach(), y, rate)
        return True


def shifted(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Return images, (n, 1, h, w), each moved by -1, 0 or 1 pixel in both directions.

    What comes in at the border is the lowest value of the batch, paper without ink.
    """
    count, _, height, width = images.shape
    padded = functional.pad(images, (1, 1, 1, 1), value=float(images.min()))
    by = torch.from_numpy(rng.integers(3, size=(2, count, 1, 1)))
    rows = by[0] + torch.arange(height)[:, None]
    columns = by[1] + torch.arange(width)
    return padded[torch.arange(count)[:, None, None], 0, rows, columns].unsqueeze(1)


def _train(
    trainer: Trainer,
    folder: Path | None,
    progress: bool,
    on_epoch: OnEpoch,
    should_stop: ShouldStop,
) -> TrainingRun:
    config, records = trainer.config, trainer.records
    status = "finished"
    if on_epoch is not None:
        on_epoch(records.run("stopped", None))
    bar = tqdm(
        total=config.epochs,
        initial=trainer.epoch,
        desc=config.label,
        unit="epoch",
        disable=not progress,
    )
    with bar:
        while trainer.epoch < config.epochs:
            if not trainer.train_epoch(should_stop):
                status = "stopped"
                break
            if trainer.diverged_at is not None:
                status = "diverged"
            bar.update()
            bar.set_postfix_str(records.words())
            if status == "diverged" or trainer.epoch == config.epochs:
                break  # what is told and saved below is the whole run
            if folder is not None:
                checkpoint.save(folder, trainer)
            if on_epoch is not None:
                on_epoch(records.run("stopped", None))
    if status != "stopped":
        records.test(trainer.net)
    run = records.run(status, trainer.diverged_at)
    if on_epoch is not None and status != "stopped":
        on_epoch(run)
    if folder is not None and status != "stopped":
        run.save(folder, overwrite=True)
        (folder / config.checkpoint_name).unlink(missing_ok=True)
    return run
