# %% [markdown]
# # Glossary and map
#
# **First run everything:** open the menu **Run** and choose **Run All Cells**. Then come back up
# to here.
#
# This notebook is for looking things up: symbols and words, where an equation is, which function
# computes it and which test checks it, the papers, plans for two lessons, and what has been
# published about N2UQ. You need not read it from top to bottom.

# %% [markdown]
# ## What you will be able to do
#
# - Say for every symbol what it is, and along which axis it is measured.
# - Find the function that computes an equation, and the test that would notice if it did not.
# - Plan a lesson of 45 or 90 minutes with these notebooks.
# - Read the published results, with what they do not tell.
#
# **Time:** about 15 minutes for the questions. **It builds on** the notebooks 00 to 04.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course
from n2uq_viz.explorers import ThresholdExplorer

# %% [markdown]
# ## Guess first

# %%
course.predict("which_axis")

# %% [markdown]
# ## Symbols
#
# | symbol | what it is | measured along | in Python | first in |
# |---|---|---|---|---|
# | $x$ | input | x | `x` | [00](00_start_here.ipynb) |
# | $y = Q(x)$ | output of the staircase | y | `q(x)` | [00](00_start_here.ipynb) |
# | $L$ | number of steps; $n$ bits mean $L = 2^n - 1$ | – | `q.thresholds.size` | [00](00_start_here.ipynb) |
# | $b_0 < \dots < b_L$ | edges | x | `q.edges` | [00](00_start_here.ipynb) |
# | $a_i = b_i - b_{i-1}$ | widths of the segments | x | `q.intervals` | [00](00_start_here.ipynb) |
# | $t_i = (b_{i-1} + b_i)/2$ | thresholds | x | `q.thresholds` | [00](00_start_here.ipynb) |
# | $y_0 < \dots < y_L$ | levels | y | `q.levels` | [00](00_start_here.ipynb) |
# | $(y_i - y_{i-1})/a_i$ | slopes | y per x | `q.slopes` | [00](00_start_here.ipynb) |
# | $p_i$ | chance that the coin of step i shows "up" | – | `q.outcomes(x)` | [00](00_start_here.ipynb) |
# | $E[Q(x)]$ | mean over the coins, the expectation | y | `q.expectation(x)` | [00](00_start_here.ipynb) |
# | $N$ | draws: how often a coin is thrown | – | `mc.draws` | [02](02_expectation.ipynb) |
# | $h$ | half-width of a difference quotient | x | `half_width` | [02](02_expectation.ipynb) |
# | $\tilde{Q}$ | the staircase with coins; inside $E[\dots]$ often written $Q$ | y | `q.sample(x, rng)` | [01](01_binary_and_ste.ipynb) |
# | $Q_i$ | the part of the staircase that is step i | y | `q.parts()` | [03](03_levels.ipynb) |
# | $h_i$ | half the width of segment i | x | `q.intervals / 2` | [03](03_levels.ipynb) |
# | $u = s_1 x$ | scaled input | u | – | [04](04_learnable_thresholds.ipynb) |
# | $s$ | start: the first edge along u | u | `act.start` | [04](04_learnable_thresholds.ipynb) |
# | $a_k$ in training | intervals along u | u | `act.intervals` | [04](04_learnable_thresholds.ipynb) |
# | $s_1$ | input scale | u per x | `act.input_scale` | [04](04_learnable_thresholds.ipynb) |
# | $s_2$ | output scale | y | `act.output_scale` | [04](04_learnable_thresholds.ipynb) |
# | $D = 2/L$ | step of the levels before the output scale | – | `2 / L` | [04](04_learnable_thresholds.ipynb) |
# | $\varepsilon$ | least width of a segment in training | u | `eps` | [04](04_learnable_thresholds.ipynb) |
# | $c(x)$ | compander: the mean as a curve that inputs pass before even rounding | y | `q.expectation` | [04](04_learnable_thresholds.ipynb) |
# | $f(x)$, $t_i^*$ | a target, and the best thresholds for it | y, x | `optimum.best_thresholds` | [04](04_learnable_thresholds.ipynb) |
# | $f$, $\gamma$ | scale of a channel of weights, and its factor | weight, – | `weight_scale`, `gamma` | [06](06_weights_and_hardware.ipynb) |
# | $k$, $m$ | codes: numbers of the levels of a weight and of an activation | – | `q.codes(x)` | [06](06_weights_and_hardware.ipynb) |
# | $\ell$ | loss | – | `loss` | [01](01_binary_and_ste.ipynb) |
# | $g$ | gradient that arrives from above | loss per y | `upstream` | [01](01_binary_and_ste.ipynb) |
#
# A bracket such as $[x > t_i]$ is 1 where its condition holds and 0 where it does not, and $\#$
# counts. In notebook 07 $\varepsilon$ is a noise.
#
# Most of these symbols can be seen at once. Below, squares are edges, diamonds are thresholds, the
# heights of the stairs are levels, and the line through them is the expectation.

# %%
start, intervals = 0.2, [0.4, 0.6, 0.8]
input_scale, output_scale = 2.0, 1.5
q = nv.Quantizer.from_intervals(
    intervals, start=start, input_scale=input_scale, output_scale=output_scale
)
ThresholdExplorer(q, hidden=["ste"])

# %% [markdown]
# The letter $a$ stands for widths twice: in a `Quantizer` they are measured along x, in training
# along u. So does $t$ for thresholds: where it is compared with $u$, it lies along u. Multiplying by
# the input scale leads from x to u, and the next cell does so for the widths.

# %%
q.intervals * input_scale

# %% [markdown]
# ### Exercise: from parameters to thresholds
#
# Work it out by hand first: which thresholds, measured along x, does the quantizer with the start,
# intervals and scales of the explorer above have? Give them from left to right, as a list.

# %%
answer = ...
course.check("from_parameters", answer)

# %%
course.hint("from_parameters")

# %%
course.solution("from_parameters")

# %% [markdown]
# ### Exercise: inputs in other units
#
# From tomorrow on your inputs arrive in other units: every number is ten times as large as before.
# You may change the input scale and nothing else. To what, so that every output stays?

# %%
answer = ...
course.check("tenfold", answer)

# %%
course.hint("tenfold")

# %%
course.solution("tenfold")

# %% [markdown]
# ## Words
#
# | word | what it means here |
# |---|---|
# | agreement | whether coins that were thrown fit a curve; a p-value far below 0.05 says that they do not |
# | bias | how far the mean of an estimate is from what it estimates; more draws do not lower it |
# | bit | a number of $n$ bits is one of $2^n$ |
# | chord | one slope for the whole range: the whole rise over the whole width |
# | code | the number of a level, counted from 0; what is stored and computed with |
# | coin | the chance that decides a step: "up" or not |
# | common random numbers | the same coins at $x + h$ and $x - h$, so that their difference is less noisy |
# | edge | where a segment ends and the next one begins; a square in the pictures |
# | entropy | how evenly the codes are used, in bits; at most $n$ for $n$ bits |
# | expectation | the mean of infinitely many draws |
# | fake quantization | floats that take only the values of the levels; no integers yet |
# | feasible | thresholds that are the middles of some edges; not all are |
# | forward, backward | computing the output; passing the gradient back to the inputs |
# | gate | what lets a gradient pass inside the range only |
# | G-STE | the straight-through estimator with a slope for each segment: the slope of the mean |
# | level | a value that the output can take |
# | noise | what is added at random to an input or a threshold |
# | occupancy | the share of the data on each level |
# | saturate | lie beyond the outer edges, where the output does not change any more |
# | score function | a gradient estimate from the chances alone, without a second input |
# | segment | from one edge to the next; its threshold is in its middle |
# | slope | how fast a curve rises: rise over run |
# | STE | the straight-through estimator: passes the gradient as if the staircase were a straight line |
# | surrogate | a slope that stands in for that of the staircase, which is 0 |
# | threshold | where the output jumps; a diamond in the pictures |
# | tie | an input exactly on a threshold; it takes the lower level |

# %% [markdown]
# ## Equations, functions, tests
#
# For each equation: the notebook that explains it, the function of `n2uq_viz` that computes it, and
# one test that would fail if it did not. Put a `?` behind a function's name to read what it takes,
# and `??` to read its code. The tests are files of the repository.

# %%
course.equations()

# %% [markdown]
# The map is data, so Python can follow it. Here it imports every function that the table names.

# %%
from importlib import import_module

from n2uq_viz.course.index import EQUATIONS


def found(path):
    """The object at a dotted path, or None."""
    names = path.split(".")
    for k in range(len(names), 0, -1):
        try:
            here = import_module(".".join(names[:k]))
        except ModuleNotFoundError as error:
            if error.name == "torch":
                return "needs PyTorch"
            continue
        for name in names[k:]:
            here = getattr(here, name, None)
        return here
    return None


lost = [e.function for e in EQUATIONS if found(e.function) is None]
assert lost == []
print(f"{len(EQUATIONS)} equations, and every function is there")

# %% [markdown]
# ## A lesson of 45 minutes
#
# One idea: the straight-through estimator is the slope of a mean. Beforehand open the five notebooks
# and run all cells of each, half a minute at most. Project the explorers with **Full screen**, at
# the right above each of them; a projector of 1280 × 720 is enough.
#
# | minutes | notebook | what you drag | what you ask and say |
# |---|---|---|---|
# | 0–5 | [00](00_start_here.ipynb) | edge 1 of the first explorer to the right | How far do the thresholds go? Half as far: they are middles. |
# | 5–12 | [01](01_binary_and_ste.ipynb) | nothing; show the figure of section 2, with its two slopes | A step has slope 0. What would you pass back? The trick is to pass 1 inside a range. |
# | 12–25 | [02](02_expectation.ipynb) | section 5: set *Draws* to 1, 10, 100, then to 10000; click *G-STE* in the legend | Each dot is a mean of coins. Which line do they settle on? What is its slope? That is the trick. |
# | 25–35 | [03](03_levels.ipynb) | section 1: *Steps shown* from one to all; then one edge | A staircase is a sum of steps, each with its own ramp. Unequal segments have unequal slopes: G-STE. |
# | 35–42 | [04](04_learnable_thresholds.ipynb) | section 2: press *Play* | What depends on the edges has a slope too, so they can learn. Where does it end? |
# | 42–45 | [00](00_start_here.ipynb) | – | What the sentence does not cover: the mean does not pass through a curve. |
#
# ## A lesson of 90 minutes
#
# | minutes | notebook | what you drag | what you ask and say |
# |---|---|---|---|
# | 0–10 | [00](00_start_here.ipynb) | edges and thresholds over the digits | Predict first, each alone. Then read the shares of the levels. |
# | 10–20 | [01](01_binary_and_ste.ipynb) | section 2: the edges, which are the ends of the range gate | Section 5: the descent with and without the gate. What runs away? |
# | 20–40 | [02](02_expectation.ipynb) | section 5: *Draws*; section 6: the input of the coin | Mean, band, and the error that falls as $1/\sqrt{N}$; then $E[f(Q)] \neq f(E[Q])$. |
# | 40–55 | [03](03_levels.ipynb) | section 5: all edges in a zigzag, to the right and to the left in turn by the same amount | The staircase stays and the slopes change. Which of the two estimators do the coins side with? |
# | 55–70 | [04](04_learnable_thresholds.ipynb) | section 6: *Play*, from the best thresholds | G-STE does not end at the best thresholds. Why not? |
# | 70–80 | [05](05_train_a_toy_net.ipynb) | section 1: *Epoch*; then show the figure of the four arms | What does the range bring, what the thresholds, what the estimator? |
# | 80–90 | [09](09_bug_gallery.ipynb) | – | Groups of two: find the bug before you read its name. |
#
# Export pictures for your slides with **Save figure**, or all at once:
# `n2uq-viz figures --deck slides.html`. `n2uq-viz explorer --all --out explorers` writes pages that
# students open without installing anything.

# %% [markdown]
# ## What has been published
#
# These numbers are the authors', not ours. They stand in the README of the repository
# liuzechun/Nonuniform-to-Uniform-Quantization, which also quotes those of LSQ, PACT and
# DoReFa-Net. ImageNet, top-1 accuracy in percent. In the rows of N2UQ all convolutions but the first
# are quantized; the README does not say so of the others.

# %%
course.results()

# %%
from n2uq_viz.course.index import RESULTS

by = {(r.net, r.method): r.accuracies for r in RESULTS}
ahead = [a - b for a, b in zip(by["ResNet-18", "N2UQ"], by["ResNet-18", "LSQ"], strict=True)]
print("ResNet-18, N2UQ minus LSQ, for 2, 3, 4 bits:", [f"{points:+.1f}" for points in ahead])

# %% [markdown]
# Before you quote them:
#
# - **The recipe differs as well.** N2UQ was trained with a teacher network, with another activation
#   function (PReLU) and with learned biases. LSQ's numbers come from another training.
# - **Rows for ResNet-50 of other methods are left out.** In that README the rows of PACT and LSQ
#   for ResNet-50 repeat those for ResNet-18 digit for digit, so they cannot be meant.
# - **One run each.** No spread over seeds is given.
#
# ### Exercise: what a margin tells
#
# With 2 bits and ResNet-18, N2UQ is 1.8 points ahead of LSQ. How much of that does the estimator,
# G-STE, bring by itself? Answer `"all"`, `"most"`, `"none"` or `"not_told"`.

# %%
answer = ...
course.check("margin", answer)

# %%
course.hint("margin")

# %%
course.solution("margin")

# %% [markdown]
# ## Papers

# %%
course.references()

# %% [markdown]
# ## The claim, checked
#
# Two claims stood in this notebook: trained intervals are widths along u, and an input scale takes
# up the units of the input.

# %%
tenth = nv.Quantizer.from_intervals(
    intervals, start=start, input_scale=input_scale / 10, output_scale=output_scale
)
x = np.linspace(-0.5, 1.5, 1001)
x = x[np.abs(x[:, None] - q.thresholds).min(axis=1) > 1e-9]  # a tie may fall to either side
assert np.allclose(q.intervals * input_scale, intervals)
assert np.array_equal(tenth(10 * x), q(x))
print("Units of the input are the input scale's business alone.")

# %% [markdown]
# ## What this does not show
#
# - **A map is not the land.** One test for each equation is named here; the tests of the
#   repository are many more, and none of them shows that an equation is useful.
# - **Published numbers were not measured again.** Training on ImageNet is beyond a notebook.
# - **Names differ between papers.** What is called threshold here is a decision level, a transition
#   point or a bin edge elsewhere, and "edge" here is none of these: it is where a ramp begins.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-A_glossary_and_map.json` beside this notebook.

# %%
course.progress()

# %%
course.contents()
