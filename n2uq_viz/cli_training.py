"""The commands ``n2uq-viz train`` and ``n2uq-viz sweep``: one training run, and many.

What a program reads stands on standard output, one JSON object a run; how far it is, and what went
wrong, on standard error. `n2uq_viz.cli` takes them up.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from n2uq_viz.training import TrainingConfig, TrainingRun

__all__ = ["Mistake", "sweep", "train"]

#: What typer raises for any mistake on the command line: it has no public name for it.
Mistake: type[Exception] = typer.BadParameter.__mro__[2]

#: Where results go that are sent nowhere else.
RUNS = Path("runs")
#: The most numbers that a list on the command line may hold.
MAX_NUMBERS = 10_000
INTERRUPTED = 130


def _whole(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, got {text!r}") from None


def _real(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        raise typer.BadParameter(f"must be a number, got {text!r}") from None


def _number(parser: Callable[[object], object], words: str) -> Any:
    return typer.Option(parser=parser, metavar="NUMBER", help=words)


Epochs = Annotated[
    int | None, _number(_whole, "Passes over the training data; without it, the task's.")
]
Quantize = Annotated[
    str | None,
    typer.Option(help="both, activations or weights; some tasks have activations only.  [both]"),
]
LearningRate = Annotated[
    float | None,
    _number(_real, "Adam's at the start; without it, the one tuned for task and method."),
]
BatchSize = Annotated[int | None, _number(_whole, "Samples in a step; without it, the task's.")]
WeightGradient = Annotated[
    str | None, typer.Option(help="Through quantized weights: reference or chain.  [reference]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Say what came of it as JSON, for programs.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Train again, in its place, what is damaged or was made with other versions.",
    ),
]


def train(
    task: Annotated[
        str | None,
        typer.Option(help="digits, moons, spirals, regression or pixels.  [digits]"),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="float, ste, lsq, pact, scales, thresholds or gste.  [gste]"),
    ] = None,
    bits: Annotated[int | None, _number(_whole, "1 to 4.  [2]")] = None,
    seed: Annotated[int | None, _number(_whole, "Of everything random.  [0]")] = None,
    epochs: Epochs = None,
    quantize: Quantize = None,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    weight_gradient: WeightGradient = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the run and its checkpoint.  [runs]")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="Go on with this file, which says all the rest."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train one small net and keep what happened in a file.

    Ctrl-C stops it, and the same command goes on from the last finished epoch. A run that is there
    already is not trained again. Exit status 1 says that the loss diverged; the run is kept.
    """
    from n2uq_viz.sweep import report

    given = _given(
        task=task,
        method=method,
        bits=bits,
        seed=seed,
        epochs=epochs,
        quantize=quantize,
        learning_rate=learning_rate,
        batch_size=batch_size,
        weight_gradient=weight_gradient,
    )
    with _told_in_one_line():
        if resume is None:
            folder = out or RUNS
            run = _trained(given, folder, overwrite)
        else:
            folder = resume.parent
            run = _resumed(resume, given | _given(out=out))
    path = folder / run.config.file_name
    if as_json:
        typer.echo(report.run_json(run, path))
    elif run.status != "diverged":
        words = f"{report.run_words(run)}, {run.seconds.sum():.1f} s, saved in {path}"
        typer.echo(f"{run.config.label}: {words}")
    if run.status == "diverged":
        typer.echo(
            f"n2uq-viz: the loss was not finite any more at step {run.diverged_at}, in epoch "
            f"{run.epochs} of {run.config.epochs}; the run is kept in {path}; a --learning-rate "
            f"below {run.config.learning_rate:g} may do",
            err=True,
        )
        raise typer.Exit(1)


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given; the others are left to those who know their defaults."""
    return {name: value for name, value in options.items() if value is not None}


def _trained(given: dict[str, Any], folder: Path, overwrite: bool) -> TrainingRun:
    """Return the run that is asked for: the one in the folder, or a new one."""
    from n2uq_viz import training
    from n2uq_viz.sweep import find_results, single, versions_here

    defaults = {"task": "digits", "method": "gste", "bits": 2, "seed": 0}
    config = single(**{**defaults, **given})
    with _told_where_it_stopped() as on_epoch:
        if find_results([config], folder, versions_here(), overwrite):
            typer.echo("n2uq-viz: this run is there already, and is not trained again", err=True)
            return training.load_run(folder / config.file_name)
        return training.train(config, folder=folder, progress=True, on_epoch=on_epoch)


def _resumed(path: Path, given: dict[str, Any]) -> TrainingRun:
    """Return the run of a checkpoint, which nothing else may be said about."""
    from n2uq_viz import training
    from n2uq_viz.sweep import versions_here

    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise Mistake(f"a checkpoint says what is trained, and where: leave out {names}")
    with _told_where_it_stopped() as on_epoch:
        versions_here()
        return training.resume(path, progress=True, on_epoch=on_epoch)


def _numbers(text: object) -> list[int]:
    """Return the whole numbers in ``0-2,7``: 0, 1, 2 and 7."""
    found: list[int] = []
    for part in str(text).split(","):
        ends = re.fullmatch(r"\s*(\d{1,16})(?:\s*-\s*(\d{1,16}))?\s*", part, re.ASCII)
        first = int(ends[1]) if ends else 0
        last = int(ends[2] or ends[1]) if ends else -1
        if first > last:
            raise typer.BadParameter(
                f"whole numbers and ranges with commas between, such as 0-9 or 0,1,5, got {text!r}"
            )
        if len(found) + last - first >= MAX_NUMBERS:
            raise typer.BadParameter(f"at most {MAX_NUMBERS:,} numbers, got {text!r}")
        found += range(first, last + 1)
    return found


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def sweep(
    tasks: Annotated[
        str, typer.Option(help="digits, moons, spirals, regression, pixels; commas between.")
    ] = "digits",
    methods: Annotated[
        str,
        typer.Option(help="float, ste, lsq, pact, scales, thresholds, gste; commas between."),
    ] = "float,ste,lsq,gste",
    bits: Annotated[
        Any, typer.Option(parser=_numbers, metavar="NUMBERS", help="1 to 4, such as 2-4.")
    ] = "1-4",
    seeds: Annotated[
        Any, typer.Option(parser=_numbers, metavar="NUMBERS", help="Such as 0-9 or 0,1,5.")
    ] = "0-9",
    epochs: Epochs = None,
    quantize: Quantize = None,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    weight_gradient: WeightGradient = None,
    out: Annotated[Path, typer.Option(help="Folder for the runs.")] = RUNS,
    workers: Annotated[
        int | None, _number(_whole, "Processes on this machine; without it, one a core.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Train on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train every combination of tasks, methods, bits and seeds that is not in the folder yet.

    Ctrl-C stops it, and the same command goes on with what is missing. At the end a table has the
    means; with --json, one line for each run stands on standard output as soon as it is there.
    """
    from n2uq_viz import sweep as sweeping
    from n2uq_viz.sweep import report

    given = _given(
        epochs=epochs,
        quantize=quantize,
        learning_rate=learning_rate,
        batch_size=batch_size,
        weight_gradient=weight_gradient,
    )
    runs: list[TrainingRun] = []

    def on_result(run: TrainingRun, path: Path) -> None:
        runs.append(run)
        if as_json:
            typer.echo(report.run_json(run, path))

    configs: list[TrainingConfig] = []
    with _told_in_one_line():
        configs = sweeping.grid(_names(tasks), _names(methods), bits, seeds, **given)
        try:
            sweeping.run_sweep(
                *(configs, out),
                workers=workers,
                scheduler=scheduler,
                overwrite=overwrite,
                on_result=on_result,
            )
        except KeyboardInterrupt:
            _say_how_to_go_on(f"stopped with {len(runs)} of {len(configs)} runs done")
    if not as_json:
        typer.echo(report.table(runs))


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Turn what prevents training into the one line of a mistake."""
    from n2uq_viz.sweep import SweepError

    try:
        yield
    except (OSError, ImportError, ValueError, SweepError) as error:
        raise Mistake(str(error)) from None


@contextmanager
def _told_where_it_stopped() -> Iterator[Any]:
    """Give what `train` calls after each epoch; at Ctrl-C, say after which one it stopped."""
    last: list[TrainingRun] = []

    def on_epoch(run: TrainingRun) -> None:
        last[:] = [run]

    try:
        yield on_epoch
    except KeyboardInterrupt:
        if last and last[0].epochs:
            _say_how_to_go_on(f"stopped after epoch {last[0].epochs} of {last[0].config.epochs}")
        _say_how_to_go_on("stopped before the end of the first epoch", "to begin again")


def _say_how_to_go_on(stopped: str, words: str = "to go on from there") -> NoReturn:
    command = shlex.join(["n2uq-viz", *sys.argv[1:]])
    typer.echo(f"n2uq-viz: {stopped}; {words}: {command}", err=True)
    raise typer.Exit(INTERRUPTED) from None
