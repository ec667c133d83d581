"""What is in a file of tensors, and what N2UQ would do with it: the work behind ``inspect``."""

from n2uq_viz.inspection.checkpoint import CheckpointReport, is_reference, read_checkpoint
from n2uq_viz.inspection.report import (
    checkpoint_lines,
    columns,
    fit_lines,
    listing_lines,
    survey_lines,
)
from n2uq_viz.inspection.tensor import TensorReport, fitted

__all__ = [
    "CheckpointReport",
    "TensorReport",
    "checkpoint_lines",
    "columns",
    "fit_lines",
    "fitted",
    "is_reference",
    "listing_lines",
    "read_checkpoint",
    "survey_lines",
]
