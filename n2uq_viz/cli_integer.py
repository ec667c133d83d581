"""The command ``n2uq-viz integer``: a trained net in whole numbers, against floats.

What a program reads stands on standard output, as one JSON object; how far training is, and what is
missing, on standard error. `n2uq_viz.cli` takes it up.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from n2uq_viz.cli_training import Mistake

if TYPE_CHECKING:
    from n2uq_viz.integer import StoredNet

__all__ = ["integer"]

#: Images at a time in float inference: all 450 of the digits' test images, and fewer.
BATCH_SIZES = "450,256,64,7,1"
MOST_SIZES = 20


def _whole(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, got {text!r}") from None


def _sizes(text: object) -> list[int]:
    """Return the batch sizes in ``450,64,1``."""
    parts = [part.strip() for part in str(text).split(",")]
    found = [int(part) if part.isdecimal() and len(part) < 10 else 0 for part in parts]
    if min(found) < 1 or len(found) > MOST_SIZES:
        raise typer.BadParameter(
            f"up to {MOST_SIZES} whole numbers from 1 on with commas between, such as 64,1, got "
            f"{text!r}"
        )
    return found


def integer(
    net: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="A net that --save wrote; without it, a stored one."),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train one instead, on digits: half a minute.")
    ] = False,
    bits: Annotated[
        int | None,
        typer.Option(
            parser=_whole,
            metavar="NUMBER",
            help="With --train, of weights and activations: 1 to 4.  [2]",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=_whole, metavar="NUMBER", help="With --train, of everything random.  [0]"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            parser=_whole, metavar="NUMBER", help="With --train, passes over the data.  [40]"
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Keep the net, in floats and in integers."),
    ] = None,
    onnx: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.onnx",
            help="Write an ONNX model of integer operators and comparisons, and run it, too.",
        ),
    ] = None,
    batch_sizes: Annotated[
        Any,
        typer.Option(
            parser=_sizes, metavar="NUMBERS", help="Of float inference, with commas between."
        ),
    ] = BATCH_SIZES,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that have these names.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what came of it as JSON, for programs.")
    ] = False,
) -> None:
    """Run a trained net in integers, and compare.

    Its sums, codes and classes equal those of a float simulation of the same whole numbers on every
    test image; against ordinary fake quantization, differences are counted. A table tells what even
    output levels take, and what others would. Exit status 1 says that something was not equal.

    The ONNX model multiplies and compares whole numbers; pairs of QuantizeLinear and
    DequantizeLinear could not hold thresholds that are unevenly spaced.
    """
    trained = {"bits": bits, "seed": seed, "epochs": epochs}
    given = {name: value for name, value in trained.items() if value is not None}
    if given and not train:
        raise Mistake(f"--{', --'.join(given)} is for training: add --train")
    if train and net is not None:
        raise Mistake("name a net with --net, or --train one, not both")
    try:
        stored = _trained(**given) if train else _read(net)
        _compare(stored, batch_sizes, save, onnx, overwrite=overwrite, as_json=as_json)
    except (OSError, ImportError, ValueError) as error:
        raise Mistake(str(error)) from None


def _trained(*, bits: int = 2, seed: int = 0, **others: Any) -> StoredNet:
    from n2uq_viz.sweep import versions_here
    from n2uq_viz.training import TrainingConfig

    config = TrainingConfig("digits", "gste", bits, bits, seed, **others)
    versions_here()
    from n2uq_viz.integer.trained import train_net

    return train_net(config, progress=True)


def _read(path: Path | None) -> StoredNet:
    from n2uq_viz.datasets import stored_integer_net
    from n2uq_viz.integer import load_net

    return stored_integer_net() if path is None else load_net(path)


def _compare(
    stored: StoredNet,
    batch_sizes: list[int],
    save: Path | None,
    onnx: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    from n2uq_viz.integer import save_onnx, to_onnx
    from n2uq_viz.integer.report import make_report, report_dict, report_words
    from n2uq_viz.training.tasks import load_task

    test = load_task(stored.config.task, stored.config.seed).test
    model = None if onnx is None else to_onnx(stored.net)
    report = make_report(stored, test.x, test.y, batch_sizes, model)
    files = []
    if save is not None:
        files.append(str(stored.save(save, overwrite=overwrite)))
    if onnx is not None:
        files.append(str(save_onnx(stored.net, onnx, overwrite=overwrite)))
    if as_json:
        typer.echo(json.dumps({**report_dict(report), "files": files}, allow_nan=False))
    else:
        typer.echo("\n".join([report_words(report), *(f"saved in {path}" for path in files)]))
    if "simulation" not in report.exact:
        typer.echo(
            "n2uq-viz: PyTorch is not installed, so the integers were not compared with floats: "
            'pip install "n2uq_viz[train]" brings it',
            err=True,
        )
    if not report.equal:
        typer.echo("n2uq-viz: what must be equal is not: see the table above", err=True)
        raise typer.Exit(1)
