"""Whether one method is ahead of another, and how sure that is: nothing is claimed beyond it.

Methods are compared on the same seeds, so initial weights and the order of batches cancel. What is
said is made from the numbers, so it cannot say more than they do: a difference whose interval holds
0 is called none, and the word "estimator" stands only beside the one step that changes just that.
"""

from n2uq_viz.comparison.difference import Difference, bits_words, compare, interval
from n2uq_viz.comparison.results import Result, load_results, results_of, save_results
from n2uq_viz.comparison.sentences import amount, caveats, conclusion, of_step, span
from n2uq_viz.comparison.tables import ArmRow, arms_table, steps, table

__all__ = [
    "ArmRow",
    "Difference",
    "Result",
    "amount",
    "arms_table",
    "bits_words",
    "caveats",
    "compare",
    "conclusion",
    "interval",
    "load_results",
    "of_step",
    "results_of",
    "save_results",
    "span",
    "steps",
    "table",
]
