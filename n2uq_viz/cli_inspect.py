"""The command ``n2uq-viz inspect``: what is in a file of tensors, and what N2UQ would do with it.

What was found stands on standard output, in lines for people or as one JSON object; how far it is,
on standard error. `n2uq_viz.cli` takes it up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from n2uq_viz.cli_training import Mistake

if TYPE_CHECKING:
    from n2uq_viz.inspection import CheckpointReport, TensorReport
    from n2uq_viz.tensors import Survey, TensorFile

__all__ = ["inspect"]

MOST_BITS = 4


def _bits(text: object) -> int:
    number = int(str(text)) if str(text).isdecimal() and len(str(text)) < 4 else 0
    if not 1 <= number <= MOST_BITS:
        raise typer.BadParameter(f"bits must be a whole number from 1 to {MOST_BITS}, got {text!r}")
    return number


def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=".npy, .npz, .csv, .tsv, .txt, .safetensors, or of PyTorch: .pt, .pth, .tar, "
            ".bin, .ckpt.",
        ),
    ],
    tensor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which one; needed where there are several."),
    ] = None,
    bits: Annotated[
        int, typer.Option(parser=_bits, metavar="NUMBER", help="Of the quantizers, 1 to 4.")
    ] = 2,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for pictures, and for a page to drag; without it there are none."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say all of it as JSON, for programs.")
    ] = False,
) -> None:
    """Say what is in a file of tensors, and fit quantizers to one of them.

    Files may be larger than memory; nothing in them is unpickled. A checkpoint in the naming of
    N2UQ's authors is told layer by layer; a file with several tensors is listed.
    """
    from n2uq_viz.inspection import checkpoint_lines, is_reference, listing_lines
    from n2uq_viz.tensors import open_tensors

    with _told_in_one_line(), open_tensors(file) as found:
        if tensor is None and found.format == "torch" and is_reference(found.tensors):
            report = _checkpoint(found, bits)
            _say(report.to_dict(), checkpoint_lines(report), as_json)
            if out is not None and report.activations:
                _tell(_layers_picture(report, out, file), as_json)
        elif tensor is None and len(found.tensors) > 1:
            listed = {"tensors": [_listed(found, name) for name in found.tensors]}
            advice = "Choose one with --tensor NAME."
            _say(listed, [*listing_lines(found), "", advice], as_json)
        else:
            _one(found, tensor or next(iter(found.tensors)), bits, out, as_json)


def _listed(file: TensorFile, name: str) -> dict[str, Any]:
    info = file.tensors[name]
    return {"tensor": name, "shape": list(info.shape), "dtype": info.dtype, "values": info.size}


def _one(file: TensorFile, name: str, bits: int, out: Path | None, as_json: bool) -> None:
    """Tell of one tensor: of a large one a part at first, so that a picture is there soon."""
    from n2uq_viz.inspection import fit_lines, fitted, survey_lines
    from n2uq_viz.tensors import survey

    found = survey(file, name, quick=True)
    report = fitted(found, bits)
    lines = [*survey_lines(found), ""]
    if report.fits:
        lines += fit_lines(report.fits, bits)
    elif found.finite:
        lines.append("All values are alike: there is nothing to quantize.")
    else:
        lines.append("No value is finite: there is nothing to quantize.")
    if not as_json:
        typer.echo("\n".join(lines))
    if out is not None and report.fits:
        _tell(_tensor_pictures(report, out), as_json)
    if not found.whole:
        found = _whole_survey(file, name)
        report = type(report)(found, bits, report.fits)
        if not as_json:
            typer.echo("\n".join(["", "all values:", *survey_lines(found)]))
    if as_json:
        typer.echo(json.dumps(report.to_dict(), allow_nan=False))


def _whole_survey(file: TensorFile, name: str) -> Survey:
    from tqdm import tqdm

    from n2uq_viz.tensors import survey

    total = file.tensors[name].size
    with tqdm(total=total, unit="value", unit_scale=True, desc="reading all", leave=False) as bar:
        return survey(file, name, progress=lambda seen, _: bar.update(seen - bar.n))


def _checkpoint(file: TensorFile, bits: int) -> CheckpointReport:
    from n2uq_viz.inspection import read_checkpoint

    state = {name.removeprefix("state_dict."): value for name, value in file.state().items()}
    return read_checkpoint(state, bits)


def _tensor_pictures(report: TensorReport, out: Path) -> Iterator[Path]:
    """Draw the tensor and its fits, with the learned one in the hand: pictures, a page to drag."""
    from n2uq_viz.explorers import TensorExplorer

    stem = out / _stem(report.survey.name)
    summary = {report.survey.name: report.survey.summary()}
    explorer = TensorExplorer(summary, bits=report.bits, method="learned")
    for end in (".png", ".svg"):
        yield explorer.save_figure(stem.with_name(stem.name + end))
    yield explorer.save_html(stem.with_name(stem.name + ".html"))


def _layers_picture(report: CheckpointReport, out: Path, file: Path) -> list[Path]:
    from n2uq_viz import export
    from n2uq_viz.figures.layers import layers, layers_alternative

    figure, words = layers(report.quantizers), layers_alternative(report.quantizers)
    name = _stem(file.name.split(".")[0])
    return [
        export.save(figure, out / f"{name}-layers{end}", None, text_alternative=words)
        for end in (".png", ".svg")
    ]


def _stem(name: str) -> str:
    """Return a file's name from a tensor's: signs that could lead elsewhere become dashes."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "tensor"


def _tell(paths: Iterable[Path], as_json: bool) -> None:
    """Say where each file is as soon as it is there; aside where a program reads."""
    for path in paths:
        typer.echo(str(path), err=as_json)


def _say(report: dict[str, Any], lines: list[str], as_json: bool) -> None:
    typer.echo(json.dumps(report, allow_nan=False) if as_json else "\n".join(lines))


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Turn what prevents reading or writing into the one line of a mistake."""
    try:
        yield
    except (OSError, ImportError, ValueError, MemoryError) as error:
        raise Mistake(str(error) or "there is not enough memory") from None
