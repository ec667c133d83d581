"""What came of runs, in words for people and in JSON for programs."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from pathlib import Path

from n2uq_viz.training import TrainingRun

__all__ = ["run_json", "run_words", "table"]


def run_words(run: TrainingRun) -> str:
    """Return what came of a run, in a few words for people."""
    if run.status == "diverged":
        return f"diverged at step {run.diverged_at}"
    if math.isnan(run.test_accuracy):
        return f"test loss {run.test_loss:.3g}"
    return f"test accuracy {100.0 * run.test_accuracy:.1f} %"


def run_json(run: TrainingRun, path: Path) -> str:
    """Return a run and where it is saved as one line of JSON; a number that is none is null."""

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return json.dumps(
        {
            "label": run.config.label,
            "config": run.config.to_dict(),
            "status": run.status,
            "diverged_at": run.diverged_at,
            "test_accuracy": finite(run.test_accuracy),
            "test_loss": finite(run.test_loss),
            "seconds": float(run.seconds.sum()),
            "digest": run.digest,
            "file": str(path),
        },
        allow_nan=False,
    )


def table(runs: Iterable[TrainingRun]) -> str:
    """Return mean and standard deviation over the seeds of each task, method and bits, in lines.

    Runs that diverged are counted and left out of the mean. The task "regression" has a loss.
    """
    groups: dict[str, list[TrainingRun]] = {}
    for run in sorted(runs, key=lambda run: run.config.label):
        groups.setdefault(run.config.label.rpartition("-seed")[0], []).append(run)
    rows = [("", "runs", "diverged", "on test data: mean ± standard deviation")]
    for name, group in groups.items():
        ended = [run for run in group if run.status == "finished"]
        rows.append((name, str(len(group)), str(len(group) - len(ended)), _mean(ended)))
    wide = max(len(row[0]) for row in rows)
    lines = [f"{name:{wide}}  {count:>4}  {lost:>8}  {mean}" for name, count, lost, mean in rows]
    return "\n".join(line.rstrip() for line in lines)


def _mean(runs: list[TrainingRun]) -> str:
    if not runs:
        return "–"
    accuracies = [100.0 * run.test_accuracy for run in runs]
    is_loss = math.isnan(accuracies[0])
    values = [run.test_loss for run in runs] if is_loss else accuracies
    digits, unit = (".5f", " (loss)") if is_loss else (".2f", " %")
    spread = f" ± {statistics.stdev(values):{digits}}" if len(values) > 1 else ""
    return f"{statistics.mean(values):{digits}}{spread}{unit}"
