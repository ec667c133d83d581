"""The result of one training run: frozen, plain arrays, in one file that says what it holds.

The file is NumPy's ``.npz`` without pickle. It carries the configuration, the versions it was made
with, and a SHA-256 over everything else, so that a damaged, cut or foreign file is told from a
result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray
from n2uq_viz.files import write_together
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.training.config import TrainingConfig

__all__ = ["LayerHistory", "Regions", "RunFileError", "TrainingRun", "load_run"]

FORMAT = "n2uq_viz training run"
VERSION = 1
#: How a run ended.
STATUSES = ("finished", "stopped", "diverged")
#: Per-epoch numbers of a run, in the order of its fields.
CURVES = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
)


class RunFileError(ValueError):
    """A file that is no training run that can be read; says which file, and what is wrong."""


@dataclass(frozen=True)
class LayerHistory:
    """One quantizer of activations through the epochs; row 0 is before training.

    With E epochs done, L steps, B bins:

    - ``edges`` and ``levels``: float64, (E + 1, L + 1), in the units of the layer's input and
      output, of the quantizer that the layer then was; NaN where it was no increasing one; of
      shape (E + 1, 0) for a layer that does not quantize.
    - ``bins``: float64, (B + 1,), edges of the bins of the layer's input, in its units.
    - ``counts``: int64, (E + 1, B), validation inputs in each bin; the outermost bins hold
      everything beyond them too.
    """

    name: str
    edges: FloatArray
    levels: FloatArray
    bins: FloatArray
    counts: NDArray[np.int64]

    @property
    def thresholds(self) -> FloatArray:
        """Midpoints of neighbouring edges, (E + 1, L)."""
        return (self.edges[:, 1:] + self.edges[:, :-1]) / 2.0

    def quantizer(self, epoch: int) -> Quantizer | None:
        """Return the quantizer after that many epochs; None if there was none."""
        edges, levels = self.edges[epoch], self.levels[epoch]
        if edges.size == 0 or np.isnan(edges).any():
            return None
        return Quantizer(edges, levels)


@dataclass(frozen=True)
class Regions:
    """What a net of two inputs answers on a grid, through the epochs.

    ``x``, (n,), and ``y``, (m,), float64, are the inputs; ``classes``, uint8, (E + 1, m, n), the
    answers. ``points``, float64, (k, 2), and ``labels``, uint8, (k,), are the validation data.
    """

    x: FloatArray
    y: FloatArray
    classes: NDArray[np.uint8]
    points: FloatArray
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingRun:
    """What happened in one training run; E epochs are done.

    - ``config``, and ``versions`` of Python, NumPy, PyTorch, scikit-learn and this package.
    - ``status``: ``"finished"``, ``"stopped"`` by hand before its last epoch, or ``"diverged"``:
      the loss was no longer finite, or a learned step size no longer positive, at step
      ``diverged_at`` (counted from 1), where training ended.
    - ``train_loss``, ``train_accuracy``: float64, (E,), mean over the batches of the epoch, as they
      were when trained on. ``validation_loss``, ``validation_accuracy``: float64, (E + 1,), after
      each epoch; row 0 is before training. Accuracies are shares from 0 to 1; NaN for the task
      "regression", whose loss is the mean squared error. Other losses are cross-entropy in nats.
    - ``learning_rate``: float64, (E,), mean over the steps of the epoch.
    - ``test_loss``, ``test_accuracy``: of the last weights on the test data, looked at once.
    - ``layers``: a `LayerHistory` for each place where activations are quantized, or could be.
    - ``gradient_norms``: name of a module -> float64, (E,), mean over the steps of the epoch of the
      Euclidean norm of its parameters' gradient.
    - ``regions``: of tasks with two inputs, else None.
    - ``seconds``: float64, (E,), that the steps of each epoch took.
    """

    config: TrainingConfig
    versions: Mapping[str, str]
    status: str
    diverged_at: int | None
    train_loss: FloatArray
    train_accuracy: FloatArray
    validation_loss: FloatArray
    validation_accuracy: FloatArray
    learning_rate: FloatArray
    test_loss: float
    test_accuracy: float
    layers: tuple[LayerHistory, ...]
    gradient_norms: Mapping[str, FloatArray]
    regions: Regions | None
    seconds: FloatArray

    @property
    def epochs(self) -> int:
        """Epochs that are done."""
        return len(self.train_loss)

    @property
    def digest(self) -> str:
        """SHA-256 over all but versions and seconds: equal runs have equal ones."""
        arrays = {name: array for name, array in _arrays(self).items() if name != "seconds"}
        return checksum({**_head(self), "versions": None}, arrays)

    def to_bytes(self) -> bytes:
        """Return the contents of the file that `load_run` reads."""
        head, arrays = _head(self), _arrays(self)
        return pack({**head, "checksum": checksum(head, arrays)}, arrays)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Save the run in a folder under its configuration's `file_name`, and return where.

        A missing folder is made. If the file exists, a free name beside it is taken unless
        `overwrite` is given. Raises OSError where the folder cannot be written.
        """
        stem = Path(folder) / self.config.file_name.removesuffix(".npz")
        return write_together(stem, {".npz": self.to_bytes()}, overwrite)[0]


def load_run(path: str | Path) -> TrainingRun:
    """Return the run in a file that `TrainingRun.save` wrote.

    Raises
    ------
    RunFileError
        The file is damaged, cut, of another kind, or of a version that this package does not read.
    OSError
        It cannot be read.
    """
    try:
        return from_bytes(Path(path).read_bytes())
    except RunFileError as error:
        raise RunFileError(f"{path} {error}") from None


def from_bytes(content: bytes) -> TrainingRun:
    """Return the run that `TrainingRun.to_bytes` gave; RunFileError for anything else."""
    head, arrays = unpack(content, FORMAT, VERSION)
    if head.pop("checksum", None) != checksum(head, arrays):
        raise RunFileError("is damaged: its numbers do not give the checksum that it carries")
    try:
        return _run(head, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise RunFileError(f"holds no run that can be shown: {error!r}") from None


def pack(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an ``.npz`` of arrays, with a JSON object among them; the same bytes each time."""
    text = np.frombuffer(json.dumps(head, sort_keys=True).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, head=text, **dict(arrays))  # type: ignore[arg-type]
    return file.getvalue()


def unpack(content: bytes, kind: str, version: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `pack` was given, if the object in it says that it is of that kind and version.

    Raises RunFileError for anything else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(bytes(arrays.pop("head")))
        found = head["format"], head["version"]
    except (
        *(OSError, ValueError, KeyError, TypeError, EOFError, AttributeError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    ) as error:
        reason = str(error) or type(error).__name__
        if isinstance(error, KeyError):
            reason = f"{reason} is missing"
        raise RunFileError(f"is no {kind}, or only part of one ({reason})") from None
    if found[0] != kind:
        raise RunFileError(f"must hold a {kind}, got {found[0]!r}")
    if found[1] != version:
        raise RunFileError(
            f"must be of version {version} to be read here, got version {found[1]!r}; train again, "
            "or use the version of n2uq_viz that wrote it"
        )
    return head, arrays


def _head(run: TrainingRun) -> dict[str, Any]:
    """Everything but the arrays."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "config": run.config.to_dict(),
        "versions": dict(run.versions),
        "status": run.status,
        "diverged_at": run.diverged_at,
        "layers": [layer.name for layer in run.layers],
        "gradient_norms": list(run.gradient_norms),
    }


def _arrays(run: TrainingRun) -> dict[str, NDArray[Any]]:
    """All arrays by the names that they have in the file."""
    found: dict[str, NDArray[Any]] = {name: getattr(run, name) for name in CURVES}
    found |= {"test": np.array([run.test_loss, run.test_accuracy]), "seconds": run.seconds}
    for i, layer in enumerate(run.layers):
        for name in ("edges", "levels", "bins", "counts"):
            found[f"layer{i}_{name}"] = getattr(layer, name)
    for i, norms in enumerate(run.gradient_norms.values()):
        found[f"gradient{i}"] = norms
    if run.regions is not None:
        for field in dataclasses.fields(run.regions):
            found[f"regions_{field.name}"] = getattr(run.regions, field.name)
    return found


def checksum(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of a JSON object and arrays with their names, kinds and shapes."""
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _run(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TrainingRun:
    for array in arrays.values():
        array.setflags(write=False)
    layers = [
        LayerHistory(
            name, *(arrays[f"layer{i}_{part}"] for part in ("edges", "levels", "bins", "counts"))
        )
        for i, name in enumerate(head["layers"])
    ]
    norms = {name: arrays[f"gradient{i}"] for i, name in enumerate(head["gradient_norms"])}
    regions = None
    if "regions_x" in arrays:
        fields = dataclasses.fields(Regions)
        regions = Regions(*(arrays[f"regions_{field.name}"] for field in fields))
    if head["status"] not in STATUSES:
        raise ValueError(f"status {head['status']!r}")
    test_loss, test_accuracy = arrays["test"].tolist()
    return TrainingRun(
        config=TrainingConfig.from_dict(head["config"]),
        versions=head["versions"],
        status=head["status"],
        diverged_at=head["diverged_at"],
        **{name: arrays[name] for name in CURVES},
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        layers=tuple(layers),
        gradient_norms=norms,
        regions=regions,
        seconds=arrays["seconds"],
    )
