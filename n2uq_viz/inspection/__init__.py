"""What is in a file of tensors, and what N2UQ would do with it: the work behind ``inspect``."""

from n2uq_viz.inspection.checkpoint import CheckpointReport, is_reference, read_checkpoint
from n2uq_viz.inspection.report import checkpoint_lines, columns, fit_lines

__all__ = [
    "CheckpointReport",
    "checkpoint_lines",
    "columns",
    "fit_lines",
    "is_reference",
    "read_checkpoint",
]
