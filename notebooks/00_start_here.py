# %% [markdown]
# # Start here
#
# **First run everything, each time you open this:** open the menu **Run** and choose **Run All
# Cells**. The first time, nothing shows before that. Wait until it has reached the end, half a
# minute at most, and then scroll back up to here.
#
# **When you open it again** later, the explorers can be dragged at once, without running a cell,
# from where you left them. They say so when Python is not there yet: *Python does not answer*. Then
# run all cells, as above, to have the rest back.
#
# To run one cell again, click into it and press Shift+Enter. You cannot break anything: the menu
# **Kernel ▸ Restart Kernel and Run All Cells** brings everything back, and your answers are kept.
# If something does not show, the last section of this notebook helps.

# %% [markdown]
# ## What you will be able to do
#
# - Drag the thresholds of a quantizer over real data, and say what follows what.
# - Say what quantization saves: bytes, energy, and units that need only whole numbers.
# - Say in one sentence why the straight-through estimator works.
# - Name what that sentence does not cover.
#
# **Time:** about 40 minutes. **It builds on** the idea that a derivative is a slope, and on a
# little Python. You need to know nothing about quantization.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course, datasets
from n2uq_viz.explorers import ThresholdExplorer

# %% [markdown]
# ## Guess first
#
# A quantizer replaces every number by one of a few. Drawn as a curve, it is a staircase: the
# input runs along the bottom, and at each *threshold* the output jumps up to the next *level*.
# The stairs are laid out between *edges*: each step sits in the middle between two neighboring
# edges.

# %%
course.predict("edge_pull")

# %% [markdown]
# ## Why quantize at all?
#
# A trained network is a long list of numbers, and running it means multiplying and adding them.
# Fewer bits for each number save three things: bytes to store and to move, energy for each
# operation, and, since whole numbers are enough, the floating-point units themselves.

# %%
course.show_figure("why_quantize")

# %% [markdown]
# The energies are published estimates, read from a small table that comes with this course: M.
# Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, for chips made
# in a 45 nm process. Newer chips need less energy for everything. How much more a float costs
# than an integer also depends on the chip.

# %%
picojoules = {(o.operation, o.number, o.bits): o.low for o in datasets.operation_energy()}
ratio = picojoules["multiply", "float", 32] / picojoules["multiply", "integer", 8]
print(f"A multiplication of 32-bit floats costs {ratio:.1f} times one of 8-bit integers.")

# %% [markdown]
# ### Exercise: count the bytes
#
# A network has six million weights. Each one is stored in 2 bits. How many bytes do they take?
#
# Put your answer in place of the three dots and run the cell. Below it are a hint and a solution,
# which stay closed until you open them.

# %%
answer = ...
course.check("memory", answer)

# %%
course.hint("memory")

# %%
course.solution("memory")

# %% [markdown]
# ## The whole story in one picture
#
# This is where the course goes. Do not try to understand every panel now: the first five come
# again below, with handles to drag, and the last one is for a later notebook.

# %%
course.show_figure("overview")

# %% [markdown]
# ## Drag it
#
# Below is a quantizer, laid over the responses of a small filter to real handwritten digits. The
# symbols in the pictures and formulas are these:
#
# | symbol | name | in Python | where |
# |---|---|---|---|
# | $x$ | input | `x` | along the bottom |
# | $y$ | output | `q(x)` | upward |
# | $b_0 < b_1 < \dots < b_L$ | edges | `q.edges` | squares on the axis |
# | $a_i = b_i - b_{i-1}$ | widths of the $L$ segments | `q.intervals` | from square to square |
# | $t_i = (b_{i-1} + b_i)/2$ | thresholds, the middles | `q.thresholds` | diamonds on the steps |
# | $y_0 < y_1 < \dots < y_L$ | levels | `q.levels` | heights of the stairs |
#
# Edges and levels count from 0, segments and thresholds from 1. So edge 1 ends segment 1 and
# starts segment 2. Python counts everything from 0, so threshold 1 is `q.thresholds[0]`.
#
# - **Drag** a square or a diamond with the mouse or a finger.
# - **Keys:** press Tab until a handle is selected. The arrow keys move it a little, with Shift or
#   with Page Up and Page Down ten times as far, and Home and End to its limits.
# - **Type:** choose the handle under *Selected handle* and type its value.
# - **Read:** the side says how much of the data lands on each level. *Entropy* says how evenly:
#   it is largest when all levels hold the same share. A bar with ▲ is cut at the top, and its
#   share is written beside it. **p** and **RMS** at the side compare dots and lines; the next
#   notebook explains them.
# - **Undo** takes back a move (Ctrl+Z), **Reset** all of them. Click a name in the legend to hide
#   or show its curve.
# - **Save figure** writes an SVG, a PDF and a PNG of what you see into the folder `figures`
#   beside this notebook. It never overwrites a file, and it says where the files are. The
#   download buttons give them to your browser instead.
# - **Open it again:** each of these files holds what was on screen. After
#   `from n2uq_viz import export`, the line
#   `explorer.state = export.read_state("figures/threshold.svg")` brings it back, and dragging never
#   changes a quantizer that you made in Python yourself.

# %%
explorer = ThresholdExplorer(hidden=["monte_carlo_gradient"])
explorer

# %% [markdown]
# Try this:
#
# 1. Drag the square of edge 1. The two diamonds beside it follow, each half as far, and the levels
#    stay. Was your guess right?
# 2. Drag a diamond. The whole segment slides, and its neighbors give way.
# 3. Choose another data set. The shares of the levels, at the side, say how much of the data
#    lands on each level.
# 4. Set *Draws* to 10 and then to 10000, and watch the dots. What they are comes in section 2.
#
# What you drag is also a Python object. Run the next cell after dragging: the two columns are the
# thresholds, and the middles between the edges. They are always the same.

# %%
dragged = explorer.quantizer
np.column_stack([dragged.thresholds, (dragged.edges[:-1] + dragged.edges[1:]) / 2])

# %% [markdown]
# It also works the other way: an assignment to `explorer.state` moves the picture. So any control
# of your own can drive it. Here a slider sets the number of draws, and follows when you change
# that number in the explorer.

# %%
import ipywidgets

slider = ipywidgets.IntSlider(explorer.state["draws"], min=1, max=10_000, description="draws")


def set_draws(change):
    explorer.state = {**explorer.state, "draws": change["new"]}


slider.observe(set_draws, "value")
explorer.on_change(lambda state: setattr(slider, "value", state["draws"]))
slider

# %% [markdown]
# ### Exercise: from edges to thresholds
#
# A quantizer has the edges 0, 0.4, 1 and 2. Give its thresholds, from left to right, as a list.

# %%
answer = ...
course.check("midpoints", answer)

# %%
course.hint("midpoints")

# %%
course.solution("midpoints")

# %% [markdown]
# ## 1. A step has no slope to follow
#
# A network learns by following slopes: it moves every weight in the direction in which the error
# falls. Here is a quantizer with nothing but its staircase. Wherever you drag its handles, each
# stair is flat.

# %%
q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
COINS = ["monte_carlo", "band", "monte_carlo_gradient"]
ThresholdExplorer(q, hidden=["expectation", "gste", "ste", *COINS])

# %% [markdown]
# As a formula, the staircase $Q$ adds up its steps. The bracket is 1 where its condition holds
# and 0 where it does not:
#
# $$Q(x) = y_0 + \sum_{i=1}^{L} (y_i - y_{i-1})\,[x > t_i]$$
#
# Exactly on a threshold the output is the lower level. The slope, measured between two inputs
# close to each other, takes only one value:

# %%
x = np.linspace(-0.3, 2.3, 101)
slopes = (q(x + 1e-6) - q(x - 1e-6)) / 2e-6
np.unique(slopes[np.abs(x[:, None] - q.thresholds).min(axis=1) > 1e-3])

# %% [markdown]
# It is 0 everywhere except at the thresholds themselves, where there is no slope at all. A
# network that follows this slope stands still.
#
# So people cheat. To learn, a network works its way back from the error and multiplies slopes step
# by step. On this way back they replace the staircase by a straight line of slope 1: the
# **straight-through estimator**, or STE. It works well. Why should a lie work?

# %% [markdown]
# ## 2. Throw a coin

# %%
course.predict("quarter_way")

# %% [markdown]
# Replace each sharp step by a coin. In segment $i$ the coin shows "up" with the probability
#
# $$p_i = \mathrm{clip}\left(\frac{x - b_{i-1}}{a_i},\ 0,\ 1\right)$$
#
# where clip keeps a number between 0 and 1. (For a single step from −1 to 1 this is Eq. 2 of the
# paper by Liu et al., CVPR 2022, arXiv 2111.14826, which this course follows.) Each dot is the
# mean of many throws at one input. Change *Draws*, throw again, and drag: the dots stay near one
# line.

# %%
ThresholdExplorer(q, hidden=["gste", "ste", "monte_carlo_gradient"])

# %%
coins = nv.simulate(q, x, draws=10_000, seed=0)
gap = np.abs(coins.mean - q.expectation(x)).max()
print(f"{coins.draws} draws for each dot: none is further than {gap:.3f} from the line")

# %% [markdown]
# ### Exercise: the chance of going up
#
# A segment reaches from 0.5 to 2.5. Complete the function: it takes an input `x`, any number, and
# returns the probability that this segment's coin shows "up".


# %%
def chance(x):
    return ...


course.check("chance", chance)

# %%
course.hint("chance")

# %%
course.solution("chance")

# %% [markdown]
# ## 3. The mean has a slope
#
# Drag again, and look at the lower panel. The mean of the coins is a ramp across each segment,
# and a ramp has a slope.

# %%
ThresholdExplorer(q, hidden=COINS)

# %% [markdown]
# A coin that shows "up" with probability $p$ adds, on average, the share $p$ of its step. So the
# mean, written $E$ for *expectation*, and its slope are as follows. Inside $E[\dots]$, $Q$ stands
# for the version with coins:
#
# $$E[Q(x)] = y_0 + \sum_{i=1}^{L} (y_i - y_{i-1})\,p_i
# \qquad
# \frac{d}{dx} E[Q(x)] = \frac{y_i - y_{i-1}}{a_i}\ \text{ in segment } i,\quad 0 \text{ outside.}$$
#
# For one step from −1 to 1 the slope is 1 between −1 and 1, and 0 outside. That is the
# straight-through estimator with its usual limits (the *clipped* STE; `"unit"` is its slope 1, and
# otherwise `ste_gradient` takes the whole rise over the whole width):

# %%
sign = nv.Quantizer.binary()
sign.gradient([-2.0, -0.5, 0.5, 2.0]), sign.ste_gradient([-2.0, -0.5, 0.5, 2.0], slope="unit")

# %% [markdown]
# **So the STE is no lie: it is the slope of the mean of a coin.** With many steps each segment
# has a coin and a slope of its own. That is the *generalized* straight-through estimator,
# **G-STE**. One slope for everything is right only when all segments have the same slope:

# %%
middles = q.thresholds
print("G-STE, segment by segment:", q.gradient(middles))
print("one STE for everything:   ", q.ste_gradient(middles))

# %% [markdown]
# ### Exercise: slopes of the ramps
#
# A quantizer has the edges 0, 1, 1.5 and 4 and the levels 0, 1, 2 and 3. What is the slope of the
# mean in each of its three segments, from left to right? That is what G-STE passes back.

# %%
answer = ...
course.check("slopes", answer)

# %%
course.hint("slopes")

# %%
course.solution("slopes")

# %% [markdown]
# ## 4. Edges say more than thresholds
#
# A staircase with many steps is a sum of staircases with one step each, and each has its own coin
# and its own ramp. Drag a handle of this one: it changes the ramps beside it and leaves the
# others alone.

# %%
ThresholdExplorer(nv.Quantizer.uniform(3), hidden=["ste", *COINS])

# %% [markdown]
# Written $Q_i$, the part of segment $i$ steps once, from 0 to $y_i - y_{i-1}$. The sum holds for
# the staircases, and so for their means:
#
# $$Q(x) = y_0 + \sum_{i=1}^{L} Q_i(x) \qquad E[Q(x)] = y_0 + \sum_{i=1}^{L} E[Q_i(x)]$$

# %%
total = q.levels[0] + sum(part.expectation(x) for part in q.parts())
gap = np.abs(total - q.expectation(x)).max()
print(f"The sum of the ramps and the mean differ by at most {gap:.1e}")

# %% [markdown]
# Edges decide where the thresholds are. Is it also true the other way around?
#
# ### Exercise: two quantizers, one staircase
#
# The edges of `q` are 0, 0.5, 1.5 and 2. Find four *other* edges whose thresholds are the same as
# those of `q`. Such a quantizer has the same staircase but other slopes.

# %%
answer = ...
course.check("same_staircase", answer)

# %%
course.hint("same_staircase")

# %%
course.solution("same_staircase")

# %% [markdown]
# This is the point of the course's later parts. When slopes depend on the edges, and the edges
# can be learned, a network can choose where its thresholds are. The levels stay evenly spaced, so
# that the outputs remain whole numbers times one scale, and the hardware stays simple. This is
# what N2UQ does (*nonuniform-to-uniform quantization*).

# %% [markdown]
# ## The claim, checked
#
# Claims in this course end in an `assert`: Python stops with an error if it does not hold. Here
# are four: G-STE is the slope of the mean; for one step it is the STE; thresholds are the middles
# between edges; and simulated coins agree. The last one is about chance: a band holds each mean
# with a probability of 95 %, so a few of the means may lie outside.

# %%
h = 1e-6
away = np.abs(x[:, None] - q.edges).min(axis=1) > h
slope_of_mean = (q.expectation(x + h) - q.expectation(x - h)) / (2 * h)
assert np.allclose(slope_of_mean[away], q.gradient(x)[away])

assert np.array_equal(sign.gradient(x), sign.ste_gradient(x, slope="unit"))
assert np.allclose(q.thresholds, (q.edges[:-1] + q.edges[1:]) / 2)

low, high = nv.montecarlo.null_band(q, x, coins.draws)
inside = np.mean((low <= coins.mean) & (coins.mean <= high))
assert inside > 0.9
print(f"{100 * inside:.0f} % of the simulated means lie in their 95 % band")

# %% [markdown]
# ## What this does not show
#
# The sentence "the STE is the slope of a mean" is exact for one quantizer and one number. A
# network does more with the output than pass it on, and there the argument ends. Let $f$ be what
# follows, for example the exponential function, and let the input be $x = 0.3$. The output is 1
# with probability $(1 + x)/2$ and −1 otherwise, so the mean of $f(Q)$ has the slope $(f(1) -
# f(-1))/2$. The STE takes the slope of $f$ at the output $Q(x)$ instead:

# %%
true_slope = sign.gradient(0.3) * (np.exp(1) - np.exp(-1)) / 2
ste_slope = sign.gradient(0.3) * np.exp(sign(0.3))
print(f"slope of the mean of exp(Q): {true_slope:.3f}; what the STE says: {ste_slope:.3f}")

# %% [markdown]
# - **A mean does not pass through a curve.** The mean of $f(Q)$ is not $f$ of the mean of $Q$,
#   unless $f$ is a straight line. This and the next point are why the two numbers above differ.
# - **The network runs without coins.** The output that is used is the sharp staircase. The
#   network whose mean has this slope is a different one; for one quantizer the two differ by at
#   most half a level step.
# - **Other coins give other slopes.** This coin's chance rises evenly. Another law gives another
#   estimator.
# - **Outside the edges the slope is 0.** The unclipped STE, slope 1 everywhere, is not explained
#   by this.
# - **Nonuniform thresholds do not fit the data better in squared error** when the levels are
#   fixed and evenly spaced: thresholds halfway between the levels are best. Others can only pay
#   off through what the network does next.
# - **Following G-STE does not end exactly at the best staircase**, since it follows the slope of
#   the mean and not that of the staircase.
# - **Not every gain is due to the estimator.** Much of what learned quantizers win over a fixed
#   one comes from learning the range.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-00_start_here.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## Map of the course
#
# A notebook that says *not here* is missing in this folder: start the lab again, and it is there.
# The next question is: **how do you differentiate a step?** Go on with
# [One step and the straight-through estimator](01_binary_and_ste.ipynb).

# %%
course.contents()

# %% [markdown]
# ## If something does not show
#
# - **There is no picture at all:** run all cells (menu **Run ▸ Run All Cells**). Then look for a
#   cell with a red error message: it says what is missing.
# - **A line of text stands where a picture or form should be**, such as `ThresholdExplorer(...)`
#   or "Error displaying widget": save, reload the page in the browser, and run all cells again.
#   In another program than JupyterLab, the packages `anywidget` and `ipywidgets` must be known to
#   it; `n2uq-viz lab` opens a JupyterLab that knows them.
# - **A still picture** stands there, with a line below it that says so: widgets do not run in that
#   program, or this page was made for reading only. Open the notebook with `n2uq-viz lab`.
# - **A red broken chain** stands over a picture or a form: Python has been started anew since it
#   was drawn. Run all cells.
# - **The explorer says that Python does not answer:** dragging still works. Choose **Kernel ▸
#   Restart Kernel and Run All Cells** to have Python back.
# - **The digits are missing:** they come with the package scikit-learn. Install it, or start with
#   other data: `ThresholdExplorer(data="normal")`.
# - **You read this on a web page:** there nothing can be dragged. Get the project's files and
#   start the lab as its README says.
