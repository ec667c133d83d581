"""Tensors of one's own: from files of any size, in pieces, and without unpickling anything.

In a notebook, `n2uq_viz.tensors.picker` lists those of a file to choose from.
"""

from n2uq_viz.tensors.file import TensorFile, open_tensors
from n2uq_viz.tensors.source import TensorFileError, TensorInfo
from n2uq_viz.tensors.survey import Survey, survey

__all__ = ["Survey", "TensorFile", "TensorFileError", "TensorInfo", "open_tensors", "survey"]
