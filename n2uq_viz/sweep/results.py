"""Results in a folder: which are there and can be trusted, and one more where none is.

Numbers that were made with other versions are other numbers. They look the same, so a folder holds
results of one set of versions, and whoever asks for more is told.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from n2uq_viz.sweep.interrupts import interrupts_later
from n2uq_viz.training import RunFileError, TrainingConfig, TrainingRun, load_run, train

__all__ = [
    "SweepError",
    "find_result",
    "find_results",
    "result_or_train",
    "versions_here",
]


class SweepError(Exception):
    """Why a sweep cannot go on, and what would help, in one line for people."""


def versions_here() -> dict[str, str]:
    """Return the versions of packages on which results depend: NumPy, PyTorch, ..., this one.

    Raises ImportError if PyTorch or scikit-learn is not installed.
    """
    for module, name in (("torch", "PyTorch"), ("sklearn", "scikit-learn")):
        if importlib.util.find_spec(module) is None:
            raise ImportError(
                f"{name} is not installed, and training needs it: "
                'pip install "n2uq_viz[train]" brings it'
            )
    with interrupts_later():
        from n2uq_viz.training.records import versions

    return {name: version for name, version in versions().items() if name != "python"}


def find_result(
    config: TrainingConfig, folder: Path, versions: Mapping[str, str]
) -> TrainingRun | None:
    """Return the result of a configuration that is in the folder, whole and of these versions.

    None if there is none, or one that was stopped before its end. Raises SweepError for a file
    that is damaged, holds something else, or was made with other versions; OSError for one that
    cannot be read.
    """
    path = folder / config.file_name
    try:
        run = load_run(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except RunFileError as error:
        raise SweepError(str(error)) from None
    if run.config != config:
        raise SweepError(
            f"{path} must hold the run that it is named after, got {run.config.file_name}; "
            "give it its name back"
        )
    _check_versions(path, run, versions)
    return None if run.status == "stopped" else run


def find_results(
    configs: Iterable[TrainingConfig], folder: Path, versions: Mapping[str, str], overwrite: bool
) -> set[str]:
    """Return the keys of the configurations whose results are in the folder.

    Raises SweepError where `find_result` does, unless `overwrite` says that such files are to be
    replaced; and for results of other versions that are not among the configurations, since
    nothing would replace them.
    """
    found = set()
    troubles = []
    expected = set()
    for config in configs:
        expected.add(folder / config.file_name)
        try:
            if find_result(config, folder, versions) is not None:
                found.add(config.key)
        except SweepError as error:
            troubles.append(str(error))
    if troubles and not overwrite:
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        raise SweepError(
            f"{troubles[0]}{more}; choose another folder, or --overwrite to train again in "
            "its place"
        )
    for path in sorted(folder.glob("*.npz")):
        if path not in expected:
            try:
                _check_versions(path, load_run(path), versions)
            except (RunFileError, OSError):
                continue  # a checkpoint, a file that is being written, or nobody's result
            except SweepError as error:
                raise SweepError(f"{error}; choose another folder") from None
    return found


def _check_versions(path: Path, run: TrainingRun, versions: Mapping[str, str]) -> None:
    others = difference(run.versions, versions)
    if others is not None:
        raise SweepError(f"{path} was made with {others}: results of both do not go together")


def difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    """Say which versions are not ours, and what is here; None if all are.

    >>> difference({"numpy": "2.0.0", "torch": "2.8.0"}, {"numpy": "2.1.0", "torch": "2.8.0"})
    'numpy 2.0.0, and here is numpy 2.1.0'
    """
    names = [name for name in ours if theirs.get(name) != ours[name]]
    if not names:
        return None
    there = ", ".join(f"{name} {theirs.get(name, 'unknown')}" for name in names)
    here = ", ".join(f"{name} {ours[name]}" for name in names)
    return f"{there}, and here is {here}"


def result_or_train(
    config: TrainingConfig,
    folder: Path,
    versions: Mapping[str, str],
    should_stop: Callable[[], bool],
) -> TrainingRun:
    """Return the result in the folder, else train it there: what a worker does.

    A worker may have died after it had saved its result and before it could tell.
    """
    try:
        found = find_result(config, folder, versions)
    except SweepError:
        found = None  # the sweep has asked before it began, and been told to replace it
    if found is not None:
        # Nor before it could remove the checkpoint, which nobody needs any more.
        (folder / config.checkpoint_name).unlink(missing_ok=True)
        return found
    return train(config, folder=folder, should_stop=should_stop)
