"""The training runs that the course speaks of, and how they are made again.

``python -m n2uq_viz.study`` trains whatever is missing in its folder of runs and writes what the
course reads into ``data/training``: the score of every run, the rates that were tried, what became
of nets that were quantized after training, and a few runs in full. Which, is said here and nowhere
else.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from n2uq_viz.comparison import results_of, save_results
from n2uq_viz.comparison.after import METHODS as AFTER_METHODS
from n2uq_viz.comparison.after import After, save_after
from n2uq_viz.files import write_together
from n2uq_viz.sweep import grid, run_sweep
from n2uq_viz.training import METHODS, TrainingConfig, TrainingRun, load_run
from n2uq_viz.training.rates import GRID

__all__ = ["RATE_COLUMNS", "after", "best_rates", "compared", "rate_rows", "shown", "tuning"]

SEEDS = tuple(range(10))
BITS = (1, 2, 3, 4)
#: Seeds of the runs that learning rates are chosen by; no comparison uses them.
TUNING_SEEDS = (1000, 1001, 1002)
TUNED_TASKS = ("pixels", "spirals", "moons", "digits")
#: Methods whose rate is chosen again for other bits: sizes that they learn shrink with more bits.
TUNED_AGAIN = ("lsq", "gste")
#: Tasks and methods whose rate is chosen again with activations alone of other bits.
OVER_BITS = ("pixels", "spirals", "digits")
TUNED_OVER_BITS = ("lsq", "scales", "thresholds", "gste")
RATE_COLUMNS = (
    "task",
    "method",
    "weight_bits",
    "activation_bits",
    "learning_rate",
    "validation_accuracy",
    "validation_loss",
)
OUT = Path(__file__).resolve().parent.parent / "data" / "training"


def tuning() -> list[TrainingConfig]:
    """Return the runs that learning rates are chosen by.

    Every task and method with activations of 2 bits; and, over two seeds, by methods that learn
    sizes: activations alone of the other bits, and, without the lowest rate, digits with weights
    and activations of 1 to 4 bits.
    """
    found = []
    for rate in GRID:
        found += grid(TUNED_TASKS, METHODS, [2], TUNING_SEEDS, "activations", learning_rate=rate)
    seeds = TUNING_SEEDS[:2]
    for rate in GRID[1:]:
        found += grid(["digits"], TUNED_AGAIN, BITS, seeds, learning_rate=rate)
    others = [bits for bits in BITS if bits != 2]
    for rate in GRID:
        found += grid(OVER_BITS, TUNED_OVER_BITS, others, seeds, "activations", learning_rate=rate)
    return found


def compared() -> list[TrainingConfig]:
    """Return the runs that the course compares.

    Ten seeds each. Digits with weights and activations of 1 to 4 bits, by the methods that have a
    name elsewhere; with activations of 2 bits alone all tasks and methods, and with 1 to 4 bits
    three tasks by all but PACT. The regression once for each method and 1 to 4 bits, since nothing
    in it is random.
    """
    found = grid(["digits"], ("float", "ste", "lsq", "gste"), BITS, SEEDS)
    found += grid(TUNED_TASKS, METHODS, [2], SEEDS, "activations")
    over_bits = [method for method in METHODS if method != "pact"]
    found += grid(OVER_BITS, over_bits, BITS, SEEDS, "activations")
    found += grid(["regression"], [m for m in METHODS if m != "float"], BITS, [0])
    return list({config.key: config for config in found}.values())


def shown() -> list[TrainingConfig]:
    """Return the runs that are kept in full, to be looked at epoch by epoch."""
    found = grid(["digits", "spirals", "pixels"], ("float", "ste", "gste"), [2], [0], "activations")
    found += grid(["spirals"], ["thresholds"], [2], [0], "activations")
    found += grid(["digits"], ["gste"], [2, 4], [0])
    found += grid(["regression"], ["ste", "gste"], [2], [0])
    return [config for config in found if (config.task, config.method) != ("pixels", "float")]


def after(seeds: Iterable[int] = SEEDS) -> Iterator[After]:
    """Yield what comes of nets for the digits that are trained in floats and quantized after that.

    Ten nets by default; weights and activations of 1 to 4 bits, by every method.
    """
    from n2uq_viz.training.after import quantize_after
    from n2uq_viz.training.loop import Trainer, one_thread

    for seed in seeds:
        with one_thread():
            trainer = Trainer(TrainingConfig("digits", "float", seed=seed))
            while trainer.epoch < trainer.config.epochs:
                trainer.train_epoch(None)
            for bits in BITS:
                for method in AFTER_METHODS:
                    yield quantize_after(trainer.net, trainer.task, bits, method, seed)


def best_rates(rows: Iterable[Sequence[str]]) -> dict[tuple[str, str, str, str], float]:
    """Return the best rate of each task, method and bits, from rows of `RATE_COLUMNS`, all text.

    The best has the highest accuracy, and of equal ones the least loss.

    >>> rows = [("moons", "ste", "", "2", "0.01", "0.9", "0.3")]
    >>> best_rates([*rows, ("moons", "ste", "", "2", "0.03", "0.9", "0.2")])
    {('moons', 'ste', '', '2'): 0.03}
    """
    best: dict[tuple[str, str, str, str], tuple[float, float, float]] = {}
    for task, method, weight_bits, activation_bits, rate, accuracy, loss in rows:
        found = (float(accuracy), -float(loss), float(rate))
        key = (task, method, weight_bits, activation_bits)
        best[key] = max(best.get(key, found), found)
    return {key: found[2] for key, found in best.items()}


def rate_rows(runs: Iterable[TrainingRun]) -> list[tuple[str, ...]]:
    """Return rows of `RATE_COLUMNS`: mean validation results of runs that differ in seed alone."""
    groups: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for run in runs:
        config = run.config
        bits = (str(b or "") for b in (config.weight_bits, config.activation_bits))
        key = (config.task, config.method, *bits, f"{config.learning_rate:g}")
        # A run that broke off is the worst there is, whatever it was before.
        last = float(run.validation_accuracy[-1]), float(run.validation_loss[-1])
        groups.setdefault(key, []).append(last if run.status == "finished" else (0.0, math.inf))
    means = {key: np.mean(found, axis=0) for key, found in groups.items()}
    return [(*key, f"{a:.6f}", f"{loss:.6f}") for key, (a, loss) in sorted(means.items())]


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RATE_COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode()


def main() -> None:
    """Train what is missing, and write the tables and the runs."""
    parser = argparse.ArgumentParser(description="Make the stored training results again.")
    parser.add_argument("--runs", type=Path, default=Path("build/runs"), help="folder of all runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the course reads")
    parser.add_argument("--scheduler", help="address of a Dask scheduler")
    given = parser.parse_args()

    def trained(configs: list[TrainingConfig]) -> list[TrainingRun]:
        paths = run_sweep(configs, given.runs, scheduler=given.scheduler)
        return [load_run(path) for path in paths]

    rates = _table(rate_rows(trained(tuning())))
    write_together(given.out / "rates", {".csv": rates}, overwrite=True)
    save_results(given.out / "results.csv", results_of(trained(compared())))
    every = len(SEEDS) * len(BITS) * len(AFTER_METHODS)
    rows = tqdm(after(), total=every, desc="quantized after training", unit="net")
    save_after(given.out / "after.csv", rows)
    for run in trained(shown()):
        name = given.out / "runs" / run.config.label
        write_together(name, {".npz": run.to_bytes()}, overwrite=True)
    sys.stderr.write(f"written to {given.out}\n")


if __name__ == "__main__":
    main()
