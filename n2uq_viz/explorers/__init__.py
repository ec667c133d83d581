"""Explorers: figures that a hand can drag, in a notebook or on a page of their own."""

from n2uq_viz.explorers.binary import BinaryExplorer
from n2uq_viz.explorers.coin_flip import CoinFlipExplorer
from n2uq_viz.explorers.gradient_flow import GradientFlowExplorer
from n2uq_viz.explorers.stage import Stage
from n2uq_viz.explorers.sum_of_steps import SumOfStepsExplorer
from n2uq_viz.explorers.surrogate import SurrogateExplorer
from n2uq_viz.explorers.tensor import TensorExplorer
from n2uq_viz.explorers.threshold import ThresholdExplorer
from n2uq_viz.explorers.training import TrainingExplorer
from n2uq_viz.explorers.weight import WeightExplorer

__all__ = [
    "NAMES",
    "BinaryExplorer",
    "CoinFlipExplorer",
    "GradientFlowExplorer",
    "SumOfStepsExplorer",
    "SurrogateExplorer",
    "TensorExplorer",
    "ThresholdExplorer",
    "TrainingExplorer",
    "WeightExplorer",
]

#: Name of an explorer -> its class, in the order of the course.
NAMES: dict[str, type[Stage]] = {
    found.explorer: found
    for found in (
        BinaryExplorer,
        CoinFlipExplorer,
        SumOfStepsExplorer,
        ThresholdExplorer,
        GradientFlowExplorer,
        TrainingExplorer,
        SurrogateExplorer,
        TensorExplorer,
        WeightExplorer,
    )
}
