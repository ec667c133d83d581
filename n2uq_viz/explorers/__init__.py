"""Explorers: figures that a hand can drag, in a notebook or on a page of their own."""

from n2uq_viz.explorers.threshold import ThresholdExplorer

__all__ = ["ThresholdExplorer"]
