"""A sweep on this machine: worker processes, each replaced when it dies.

Every worker is a pool of one. A pool of many cannot say which of its processes died over which
run, and ends them all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from pathlib import Path

from n2uq_viz.sweep.interrupts import start_deaf
from n2uq_viz.sweep.results import SweepError, result_or_train
from n2uq_viz.training.config import TrainingConfig

__all__ = ["ATTEMPTS", "cores", "run_here"]

#: Workers that may die over one run before the sweep gives up.
ATTEMPTS = 3

#: In a worker: whether it is to stop, and whether it has come to training.
_stopped, _training = threading.Event(), threading.Event()


def cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_here(
    configs: Sequence[TrainingConfig],
    folder: Path,
    versions: Mapping[str, str],
    workers: int,
    ended: Callable[[TrainingConfig], object],
) -> None:
    """Train configurations in that many processes; `ended` is called when a result is saved.

    Raises SweepError when `ATTEMPTS` workers have died over one run, and whatever a worker raises.
    All workers have stopped when this returns or raises.
    """
    # Not by fork, which copies PyTorch's locks in whatever state they are.
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    crew = [_Worker(context, reader) for _ in range(min(workers, len(configs)))]
    idle = list(crew)
    waiting, attempts = deque(configs), Counter[str]()
    running: dict[Future[None], tuple[TrainingConfig, _Worker]] = {}
    try:
        while waiting or running:
            while idle and waiting:
                config, worker = waiting.popleft(), idle.pop()
                attempts[config.key] += 1
                running[worker.start(config, folder, versions)] = config, worker
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                config, worker = running.pop(future)
                idle.append(worker)
                try:
                    future.result()
                except BrokenProcessPool:
                    if attempts[config.key] == ATTEMPTS:
                        raise SweepError(
                            f"{ATTEMPTS} workers ended while they trained {config.label}: perhaps "
                            "memory is short; try again with fewer workers"
                        ) from None
                    waiting.appendleft(config)
                else:
                    ended(config)
    finally:
        writer.close()  # which all of them notice
        with ThreadPoolExecutor(len(crew)) as threads:  # a worker takes a second to end
            list(threads.map(_Worker.end, crew))
        reader.close()


class _Worker:
    """One process, or the one that took its place."""

    def __init__(self, context: SpawnContext, reader: Connection) -> None:
        self._context, self._reader = context, reader
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, mp_context=self._context, initializer=_begin, initargs=(self._reader,)
        )

    def start(
        self, config: TrainingConfig, folder: Path, versions: Mapping[str, str]
    ) -> Future[None]:
        with start_deaf():
            try:
                return self._pool.submit(_work, config, folder, dict(versions))
            except BrokenProcessPool:
                self.end()
                self._pool = self._new_pool()
                return self._pool.submit(_work, config, folder, dict(versions))

    def end(self) -> None:
        self._pool.shutdown()


def _begin(reader: Connection) -> None:
    """Prepare a worker, which stops when nobody holds the other end of that pipe any more."""
    from tqdm import tqdm

    # Where `start_deaf` does nothing.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its own lock is one between processes, about which Python complains when this one is killed.
    tqdm.set_lock(threading.RLock())
    threading.Thread(target=_await_end, args=[reader], daemon=True).start()


def _await_end(reader: Connection) -> None:
    reader.poll(None)
    _stopped.set()
    # While PyTorch is imported, which may take long, there is nothing to lose yet.
    if _training.is_set():
        sweep = multiprocessing.parent_process()
        if sweep is not None:
            sweep.join()
    os._exit(1)  # a sweep that was killed asks for nothing more; files are whole at any moment


def _work(config: TrainingConfig, folder: Path, versions: Mapping[str, str]) -> None:
    def should_stop() -> bool:
        _training.set()
        return _stopped.is_set()

    result_or_train(config, folder, versions, should_stop)
