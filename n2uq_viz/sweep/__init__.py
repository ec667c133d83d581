"""Many training runs: on this machine's cores, or on a Dask cluster, with the same results.

A folder holds the results, one file for each configuration, so a sweep that was stopped, or whose
worker was killed, goes on with what is missing. It needs ``pip install "n2uq_viz[train]"``, and a
cluster ``"n2uq_viz[train,sweep]"`` on every machine of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from n2uq_viz.checks import number, whole_number
from n2uq_viz.files import make_folder
from n2uq_viz.sweep.local import cores, run_here
from n2uq_viz.sweep.plan import QUANTIZE, grid, single
from n2uq_viz.sweep.report import run_words
from n2uq_viz.sweep.results import (
    SweepError,
    find_result,
    find_results,
    versions_here,
)
from n2uq_viz.training import TrainingConfig, TrainingRun, load_run

__all__ = [
    "QUANTIZE",
    "SweepError",
    "find_result",
    "find_results",
    "grid",
    "run_sweep",
    "single",
    "versions_here",
]

MAX_WORKERS = 1024
#: Seconds that a scheduler has to answer, and then to have a worker.
TIMEOUT = 15.0

OnResult = Callable[[TrainingRun, Path], object]


def run_sweep(
    configs: Iterable[TrainingConfig],
    folder: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    overwrite: bool = False,
    progress: bool = True,
    timeout: float = TIMEOUT,
    on_result: OnResult | None = None,
) -> list[Path]:
    """Train every configuration whose result is not in the folder yet.

    A worker that is killed loses nothing: its run goes to another one, and on from the last epoch
    where the folder has its checkpoint. Runs that diverge are results like others. In a script,
    call it below ``if __name__ == "__main__":``, since workers import the script.

    Parameters
    ----------
    configs
        What to train, for instance a `grid`; equal ones are trained once.
    folder
        Where results lie, under each configuration's ``file_name``; it is made if missing.
    workers
        Processes on this machine, 1 to 1024; by default one for each core.
    scheduler
        Address of a Dask scheduler, such as ``"tcp://127.0.0.1:8786"``: its workers train, in
        place of this machine. Those that see the same folder save results there themselves.
    overwrite
        Whether to train again, in their place, configurations whose files are damaged or were made
        with other versions. Results that are fine are never trained again.
    progress
        Whether to show a bar on standard error.
    timeout
        Seconds that the scheduler has to answer, and then to have a worker.
    on_result
        Called with each run and its file: first those that were there, then each as it ends.

    Returns
    -------
    list of Path
        The file of each configuration, in their order; `n2uq_viz.training.load_run` reads one.

    Raises
    ------
    SweepError
        A file in the folder is no result of these versions; three workers died over one run; the
        scheduler does not answer, has no worker, or goes away. What has ended is kept.
    ValueError
        An argument breaks its rule.
    ImportError
        PyTorch or scikit-learn is not installed, or Dask for a scheduler.
    OSError
        The folder cannot be written.
    KeyboardInterrupt
        Ctrl-C: workers have stopped, and the same call goes on from there.

    Examples
    --------
    >>> configs = grid(["moons"], ["float", "gste"], [1, 2], range(3))
    >>> paths = run_sweep(configs, "runs")  # doctest: +SKIP
    """
    configs = list({config.key: config for config in configs}.values())
    count = whole_number("workers", cores() if workers is None else workers, 1, MAX_WORKERS)
    timeout = number("timeout", timeout, positive=True)
    if scheduler is not None:
        from n2uq_viz.sweep.cluster import check_scheduler

        check_scheduler(scheduler)
    place = make_folder(Path(folder))
    versions = versions_here()

    from tqdm import tqdm

    found = find_results(configs, place, versions, overwrite)
    waiting = [config for config in configs if config.key not in found]
    with tqdm(total=len(configs), unit="run", disable=not progress) as bar:

        def ended(config: TrainingConfig) -> None:
            path = place / config.file_name
            run = load_run(path)
            bar.set_postfix_str(f"{config.label} {run_words(run)}", refresh=False)
            bar.update()
            if on_result is not None:
                on_result(run, path)

        for config in configs:
            if config.key in found:
                ended(config)
        if waiting and scheduler is not None:
            from n2uq_viz.sweep.cluster import run_on_cluster

            run_on_cluster(scheduler, waiting, place, versions, timeout, ended)
        elif waiting:
            run_here(waiting, place, versions, count, ended)
    return [place / config.file_name for config in configs]
