"""What a browser needs to check a state by the same rules, where no Python is at hand."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

from n2uq_viz import datasets, state, summaries, surrogates
from n2uq_viz.descent import TARGETS
from n2uq_viz.fits.fit import CLOSE, LEAST_WIDTH
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.randomness import MAX_SEED
from n2uq_viz.state import _OWN, _SHARED, rules, tensors, weights
from n2uq_viz.state.runs import MAX_RUNS
from n2uq_viz.training import config as training
from n2uq_viz.training import summary_rules
from n2uq_viz.training.rates import RATES_OF_BITS, tuned_rate
from n2uq_viz.training.run import STATUSES

__all__ = ["for_browser"]


def for_browser() -> dict[str, Any]:
    """Return the numbers, names and defaults that ``explorers/js/validate.js`` goes by, for JSON.

    Returns
    -------
    dict with

    ``version``, ``required``, ``explorers``, ``themes``, ``gradientMethods``, ``targets``
        as in ``n2uq_viz.state``;
    ``dataNames``
        every data set there is; not each is to be had everywhere;
    ``series``
        explorer -> what can be hidden;
    ``defaults``
        explorer -> optional key -> default, in the order of a valid state;
    ``viewMargin``
        share of the outermost edges' distance;
    ``limits``
        by name: the numbers that values are compared with;
    ``summary``
        the same for summaries of data;
    ``surrogates``
        name -> parameter -> ``default``, ``low``, ``high``, ``shown``, ``kind``, ``words``;
        None where a bound is infinite. Objects, which JSON cannot hold, are left out;
    ``tensors``
        names, methods, and how near thresholds and edges may come, see ``n2uq_viz.fits``;
    ``weights``
        names, rules for scales, and how many channels and values there may be;
    ``training``
        what a configuration of a training run and a summary of one may hold.

    Examples
    --------
    >>> for_browser()["defaults"]["sum-of-steps"]
    {'shown': None, 'hidden': [], 'theme': 'auto'}
    >>> for_browser()["surrogates"]["ede"]["t"]["shown"]
    [0.1, 10.0]
    """
    return {
        "version": state.VERSION,
        "required": list(state.REQUIRED),
        "explorers": list(state.EXPLORERS),
        "themes": list(rules.THEMES),
        "gradientMethods": list(GRADIENT_METHODS),
        "targets": list(TARGETS),
        "dataNames": list(datasets.NAMES),
        "series": {name: list(series) for name, series in rules.SERIES.items()},
        "defaults": {
            name: {key: copy.deepcopy(default) for key, (_, default) in {**own, **_SHARED}.items()}
            for name, own in _OWN.items()
        },
        "viewMargin": state.VIEW_MARGIN,
        "limits": {
            "largest": rules.LARGEST,
            "maxDraws": rules.MAX_DRAWS,
            "maxSteps": rules.MAX_STEPS,
            "maxPoints": rules.MAX_POINTS,
            "maxDescent": rules.MAX_DESCENT,
            "learningRates": list(rules.LEARNING_RATES),
            "speeds": list(rules.SPEEDS),
            "maxSeed": MAX_SEED,
            "maxRuns": MAX_RUNS,
        },
        "tensors": {
            "names": list(tensors.NAMES),
            "methods": list(tensors.METHODS),
            "reference": tensors.REFERENCE,
            "bits": list(tensors.BITS),
            "most": tensors.MAX_TENSORS,
            "maxName": tensors.MAX_NAME,
            "leastWidth": LEAST_WIDTH,
            "close": CLOSE,
        },
        "weights": {
            "names": list(weights.NAMES),
            "scales": list(weights.SCALES),
            "before": list(weights.BEFORE),
            "most": weights.MAX_CHANNELS,
            "mostValues": weights.MAX_VALUES,
            "maxName": weights.MAX_NAME,
        },
        "summary": {
            "keys": list(summaries.SUMMARY_KEYS),
            "cells": summaries.CELLS,
            "maxAtoms": summaries.MAX_ATOMS,
            "maxCount": summaries.MAX_COUNT,
        },
        "surrogates": {
            name: {
                key: _parameter(parameter)
                for key, parameter in entry.parameters.items()
                if parameter.kind != "object"
            }
            for name, entry in surrogates.TABLE.items()
        },
        "training": _training(),
    }


def _training() -> dict[str, Any]:
    low, high = training.BITS
    fields = dataclasses.fields(training.TrainingConfig)
    defaults = {field.name: field.default for field in fields}
    unset, usual = defaults["activation_bits"], training.TrainingConfig().activation_bits
    return {
        "tasks": list(training.TASKS),
        "withWeights": list(training.WITH_WEIGHTS),
        "methods": list(training.METHODS),
        "weightGradients": list(training.WEIGHT_GRADIENTS),
        "defaults": defaults,
        "bits": {"low": low, "high": high, "default": unset, "usual": usual},
        "epochs": dict(training.EPOCHS),
        "batch": dict(training.BATCH),
        "rates": {
            task: {method: tuned_rate(task, method) for method in training.METHODS}
            for task in training.TASKS
        },
        "ratesOfBits": {
            " ".join(str(part or "") for part in key): rate for key, rate in RATES_OF_BITS.items()
        },
        "maxEpochs": training.MAX_EPOCHS,
        "maxBatch": training.MAX_BATCH,
        "maxSeed": MAX_SEED,
        "maxWhole": summaries.MAX_COUNT,
        "statuses": list(STATUSES),
        "curves": dict(summary_rules.CURVES),
        "maxFrames": summary_rules.MAX_FRAMES,
        "maxPoints": summary_rules.MAX_POINTS,
        "maxClasses": summary_rules.MAX_CLASSES,
        "maxLayers": summary_rules.MAX_LAYERS,
        "maxLevels": summary_rules.MAX_LEVELS,
        "maxBins": summary_rules.MAX_BINS,
        "maxGrid": summary_rules.MAX_GRID,
        "maxText": summary_rules.MAX_TEXT,
    }


def _parameter(parameter: surrogates.Parameter) -> dict[str, Any]:
    return {
        "default": parameter.default,
        "low": _finite(parameter.low),
        "high": _finite(parameter.high),
        "shown": [_finite(end) for end in parameter.shown],
        "kind": parameter.kind,
        "words": list(parameter.words),
    }


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
