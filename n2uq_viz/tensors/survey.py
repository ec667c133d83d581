"""What a tensor of any size holds: counts, moments and a fair sample, in one pass."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from n2uq_viz.checks import FloatArray, whole_number
from n2uq_viz.randomness import check_seed
from n2uq_viz.summaries import Summary, summarize
from n2uq_viz.tensors.file import TensorFile
from n2uq_viz.tensors.source import PIECE, TensorFileError, quoted

__all__ = ["SAMPLE", "Survey", "Surveyor", "survey", "survey_pieces"]

#: Values of the sample, at most.
SAMPLE = 2**20
#: Blocks of a quick survey, of at most so many values.
BLOCKS, BLOCK = 128, 2**14


@dataclass(frozen=True)
class Survey:
    """What was seen of a tensor.

    Attributes
    ----------
    name, shape, dtype
        Which tensor.
    seen
        Values that were looked at; all of them but in a quick survey.
    nan, positive_infinity, negative_infinity
        How many of these were no finite numbers, and of which kind.
    zeros
        How many were exactly 0.
    low, high, mean, deviation
        Of the finite ones; NaN where there are none. The deviation divides by their number.
    sample
        At most `SAMPLE` of the finite ones, each as likely as any other; float64, shape (n,).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    seen: int
    nan: int
    positive_infinity: int
    negative_infinity: int
    zeros: int
    low: float
    high: float
    mean: float
    deviation: float
    sample: FloatArray

    @property
    def count(self) -> int:
        """Return how many values the tensor has."""
        return math.prod(self.shape)

    @property
    def whole(self) -> bool:
        """Say whether all of them were seen."""
        return self.seen == self.count

    @property
    def finite(self) -> int:
        """Return how many of those that were seen are finite."""
        return self.seen - self.nan - self.positive_infinity - self.negative_infinity

    def summary(self) -> Summary:
        """Return the sample as explorers and states take it, see `n2uq_viz.datasets.summarize`.

        Raises ValueError where no value is finite.
        """
        if not self.sample.size:
            raise ValueError(f"tensor {self.name} must hold a finite value, got none")
        return summarize(self.sample)

    def histogram(self, bins: int = 64) -> tuple[FloatArray, FloatArray]:
        """Return shares of the sample in equal bins, shape (bins,), and their ends, (bins + 1,).

        Where all values are alike the bins reach a little to both sides; without any they are
        empty.
        """
        bins = whole_number("bins", bins, 1, 2**16)
        ends = (self.sample.min(), self.sample.max()) if self.sample.size else (0.5, 0.5)
        low, high = map(float, ends)
        if low == high:
            reach, most = max(0.5, abs(low) / 1024.0), sys.float_info.max
            low, high = max(low - reach, -most), min(high + reach, most)
        # Not np.histogram: it refuses a range so narrow that bins share a float, and the widest.
        part = 0.5 if math.isinf(high - low) else 1.0
        along = (self.sample * part - low * part) / (high * part - low * part)
        place = np.minimum(along * bins, bins - 1).astype(np.int64)
        shares = np.bincount(place, minlength=bins) / max(self.sample.size, 1)
        steps = np.linspace(0.0, 1.0, bins + 1)
        return shares, low * (1.0 - steps) + high * steps


class Surveyor:
    """Takes pieces of a tensor one after the other; see `Survey` for what comes of it.

    The sample is the one of least keys, where every value has a random key: so any value is as
    likely in it as any other, however the pieces are cut. Once it is full, only the number of keys
    below its greatest one is drawn, and their places: the others could not be in it.
    """

    def __init__(self, size: int = SAMPLE, seed: int = 0) -> None:
        self._size = whole_number("size", size, 1, 2**24)
        self._rng = np.random.default_rng(check_seed(seed))
        self._values, self._keys = [np.empty(0)], [np.empty(0)]
        #: Values that are kept for now, and the key from which on none will be in the sample.
        self._held, self._limit = 0, math.inf
        self.seen = self.nan = self.above = self.below = self.zeros = 0
        self.low, self.high = math.inf, -math.inf
        self._mean = self._squares = 0.0

    def add(self, piece: FloatArray) -> None:
        """Take values up: float64, flat."""
        self.seen += piece.size
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(piece.sum())
        if not math.isfinite(total):
            finite = np.isfinite(piece)
            self.nan += int(np.count_nonzero(np.isnan(piece)))
            self.above += int(np.count_nonzero(piece == np.inf))
            self.below += int(np.count_nonzero(piece == -np.inf))
            piece = piece[finite]
        if not piece.size:
            return
        before = self.seen - self.nan - self.above - self.below - piece.size
        self.zeros += piece.size - int(np.count_nonzero(piece))
        self.low = min(self.low, float(piece.min()))
        self.high = max(self.high, float(piece.max()))
        with np.errstate(over="ignore", invalid="ignore"):  # squares may be beyond floats
            self._moments(piece, before)
        self._sample(piece)

    def _moments(self, piece: FloatArray, before: int) -> None:
        """Join mean and sum of squares of two sets, as Chan, Golub and LeVeque do (1979)."""
        mean = float(piece.mean())
        away = piece - mean
        total = before + piece.size
        apart = mean - self._mean
        self._mean += apart * (piece.size / total)
        self._squares += float(away @ away) + apart * apart * (before * (piece.size / total))

    def _sample(self, piece: FloatArray) -> None:
        if math.isinf(self._limit):
            self._keep(piece, self._rng.random(piece.size))
            return
        count = int(self._rng.binomial(piece.size, self._limit))
        places = self._rng.choice(piece.size, count, replace=False, shuffle=False)
        self._keep(piece[places], self._limit * self._rng.random(count))

    def _keep(self, values: FloatArray, keys: FloatArray) -> None:
        """Put values aside; once there are twice too many, drop those of the greatest keys."""
        self._values.append(values)
        self._keys.append(keys)
        self._held += values.size
        if self._held >= 2 * self._size:
            self._drop()

    def _drop(self) -> None:
        values, keys = np.concatenate(self._values), np.concatenate(self._keys)
        if values.size > self._size:
            order = np.argpartition(keys, self._size - 1)[: self._size]
            values, keys = values[order], keys[order]
            self._limit = float(keys.max())
        self._values, self._keys, self._held = [values], [keys], values.size

    def result(self, name: str, shape: tuple[int, ...], dtype: str) -> Survey:
        """Return what was seen so far."""
        self._drop()
        finite = self.seen - self.nan - self.above - self.below
        return Survey(
            name=name,
            shape=shape,
            dtype=dtype,
            seen=self.seen,
            nan=self.nan,
            positive_infinity=self.above,
            negative_infinity=self.below,
            zeros=self.zeros,
            low=self.low if finite else math.nan,
            high=self.high if finite else math.nan,
            mean=self._mean if finite else math.nan,
            deviation=math.sqrt(self._squares / finite) if finite else math.nan,
            sample=self._values[0],
        )


def survey_pieces(
    pieces: Iterable[FloatArray],
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    *,
    size: int = SAMPLE,
    seed: int = 0,
) -> Survey:
    """Return what pieces of a tensor hold; other arguments as for `survey`."""
    surveyor = Surveyor(size, seed)
    for piece in pieces:
        surveyor.add(piece)
    return surveyor.result(name, shape, dtype)


def survey(
    file: TensorFile,
    name: str,
    *,
    size: int = SAMPLE,
    seed: int = 0,
    quick: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Survey:
    """Return what a tensor holds, reading it piece by piece.

    Parameters
    ----------
    file
        From `n2uq_viz.tensors.open_tensors`.
    name
        Of the tensor.
    size
        Values of the sample at most, 1 to 2**24.
    seed
        Decides which values are in the sample.
    quick
        Look at 128 blocks of 16,384 values spread over the tensor, where the format allows it and
        the tensor is larger. Then counts and ends are those of what was seen.
    progress
        Called with the number of values seen so far and of all of them.

    Raises
    ------
    TensorFileError
        No such tensor, an empty one, or one that cannot be read.
    ValueError
        Other arguments that break their rule.
    """
    info = file.info(name)
    if not info.size:
        raise TensorFileError(
            f"{file.path}: tensor {quoted(name)} must hold a value, got shape {info.shape}"
        )
    pieces = None
    if quick and info.size > 2 * BLOCKS * BLOCK:
        places = np.linspace(0, info.size - BLOCK, BLOCKS).astype(np.int64)
        pieces = file.spread(name, places.tolist(), BLOCK)
    surveyor = Surveyor(size, seed)
    for piece in file.pieces(name, PIECE) if pieces is None else pieces:
        surveyor.add(piece)
        if progress is not None:
            progress(surveyor.seen, info.size)
    return surveyor.result(name, info.shape, info.dtype)
