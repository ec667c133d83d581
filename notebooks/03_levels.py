# %% [markdown]
# # Many levels
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Take a quantizer of many levels apart into binary steps, and put it together again.
# - Write the generalized straight-through estimator (G-STE): one slope for each step.
# - Say when one slope for all is enough, and by how much it is off when it is not.
# - Tell edges from thresholds, and say why some thresholds have no edges at all.
#
# **Time:** about 60 minutes. **It builds on** [The mean of many coins](02_expectation.ipynb): the
# coin of one step, its mean, and the straight-through estimator (STE) as the slope of that mean.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course, feasible
from n2uq_viz.explorers import SumOfStepsExplorer, ThresholdExplorer

# %% [markdown]
# ## Guess first
#
# With one step there is one ramp, and one slope, which the STE passes back. **With many levels, why
# should there be only one STE?**

# %%
course.predict("three_slopes")

# %% [markdown]
# ## 1. Many steps, one sum
#
# One step makes one bit. Two bits name four *levels*, so three steps: a staircase. Choose **None**
# and then **Step**, three times. Each time another binary step is put on top: a jump at its
# *threshold* (the diamond), and a ramp, the mean of its coin, between two *edges* (the squares).
# Then drag a square: only the two ramps that meet there change, and their slopes with them.

# %%
q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
steps = SumOfStepsExplorer(q, shown=3)
steps

# %% [markdown]
# Write $b_0 < b_1 < \dots < b_L$ for the edges and $y_0 < y_1 < \dots < y_L$ for the levels.
# *Segment* $i$ goes from $b_{i-1}$ to $b_i$, it is $a_i = b_i - b_{i-1}$ wide, and its threshold is
# its middle, $t_i = (b_{i-1} + b_i)/2$. There are $L$ steps, and with $n$ bits $L = 2^n - 1$. The
# staircase is the lowest level and, for each threshold that the input has passed, one *rise*:
#
# $$Q(x) = y_0 + \sum_{i=1}^{L} (y_i - y_{i-1}) \cdot
# \begin{cases} 1 & x > t_i \\ 0 & \text{otherwise} \end{cases}$$
#
# In Python, `parts` are the binary quantizers. Each one steps from 0 to its rise:

# %%
for part in q.parts():
    print(f"edges {part.edges}, threshold {part.thresholds}, levels {part.levels.round(3)}")

# %%
grid = np.linspace(-0.5, 2.5, 601)
total = q.levels[0] + sum(part(grid) for part in q.parts())
print(f"sum of the parts minus the quantizer: at most {np.abs(total - q(grid)).max():g}")

# %% [markdown]
# This holds for any widths of the segments, and for any heights of the steps.
#
# Now let coins decide, one for each step. The coin of step $i$ comes up with the chance
#
# $$p_i(x) = \mathrm{clip}\left(\frac{x - b_{i-1}}{a_i},\ 0,\ 1\right)$$
#
# and, if it does, adds its rise. For one step between −1 and 1 this is the coin of the last two
# notebooks (Eq. 2). The segments lie side by side. So at any input, at most one of the coins is
# undecided: those of the segments on its left have all come up, and those on its right have not.

# %%
for x in (0.25, 1.0, 1.9):
    chances = [part.step_probability(x) for part in q.parts()]
    low, high, _ = q.outcomes(x)
    print(f"x = {x:4}: chances {np.round(chances, 2)}, output {low:.2f} or {high:.2f}")

# %% [markdown]
# Write $\tilde{Q}$ for the quantizer with coins. The mean of a sum is the sum of the means. So the
# mean is a sum of ramps, a line through the points $(b_i, y_i)$, and flat outside:
#
# $$E[\tilde{Q}(x)] = y_0 + \sum_{i=1}^{L} (y_i - y_{i-1})\, p_i(x)$$

# %%
course.show_figure("figure3_sum_of_steps", steps.state)

# %% [markdown]
# ### Exercise: three coins and their mean
#
# A quantizer has the edges −1, 0, 2 and 3 and the levels 1, 2, 5 and 6. At $x = 1.5$: what are the
# chances of its three coins, and what is the mean of the output? Give the four numbers as a list,
# the mean last. Work it out on paper.

# %%
answer = ...
course.check("three_coins", answer)

# %%
course.hint("three_coins")

# %%
course.solution("three_coins")

# %% [markdown]
# ## 2. One slope for each step
#
# The slope of a sum is the sum of the slopes, and at each input only one of the ramps rises. So the
# slope of the mean is
#
# $$\frac{d}{dx}\,E[\tilde{Q}(x)] = \frac{y_i - y_{i-1}}{b_i - b_{i-1}}
# \quad \text{for } b_{i-1} < x \le b_i,
# \qquad 0 \ \text{outside}$$
#
# This is the *generalized straight-through estimator* (G-STE). Forward, the staircase; backward,
# not its slope but the slope of the mean, as for one bit: for one step between −1 and 1 it is the
# clipped STE of notebook 01. (Exactly on an edge the slope of the segment on its left counts. That
# is a convention.)
#
# Hide and show the lines here with the boxes of the legend. The lower panel is the slope, and the
# dots are coins' own estimates of it, as in the last notebook:

# %%
ThresholdExplorer(q, draws=1000, hidden=["ste", "histogram", "deterministic"])

# %% [markdown]
# Your guess at the top, as the package computes it:

# %%
print("G-STE in the three segments:", q.gradient(q.thresholds).round(3))
print("one slope, the plain STE:   ", q.ste_gradient(q.thresholds).round(3))

# %% [markdown]
# Notebook 02 had another way to see it: a coin is a threshold that jitters. Here each threshold
# jitters within its own segment. A wide segment is a threshold that jitters far, so its mean rises
# slowly. Together the three boxes of jitter fill the range from the first edge to the last without
# a gap, which is why G-STE is nowhere 0 in between:

# %%
rng = np.random.default_rng(0)
jitter = rng.uniform(q.edges[:-1], q.edges[1:], size=(100_000, 3))  # one threshold per segment
few = np.array([0.25, 0.75, 1.25, 1.9])
thrown = [q.levels[0] + np.sum((x > jitter) * np.diff(q.levels), axis=1).mean() for x in few]
print("jittering thresholds:", np.round(thrown, 2))
print("mean by the formula: ", q.expectation(few).round(2))

# %% [markdown]
# ### Exercise: write G-STE
#
# Complete the function. It takes one input `x`, the `edges` and the `levels` of any quantizer (both
# NumPy arrays, with as many levels as edges), and returns the slope of the mean at `x`.


# %%
def gste(x, edges, levels):
    return ...


course.check("gste", gste)

# %%
course.hint("gste")

# %%
course.solution("gste")

# %% [markdown]
# ## 3. When one slope is enough
#
# Before G-STE, and still in most code, there is one slope between the first edge and the last,
# whatever the steps are: the *plain STE*. Two such slopes are in use. The **unit** slope is 1. The
# **chord** is the slope of one ramp from the first edge to the last and from the lowest level to
# the highest, $(y_L - y_0)/(b_L - b_0)$. They agree if the outputs span as much as the inputs, as
# they do here, from 0 to 2. Where nothing else is said, plain STE means the chord.
#
# Choose **Make segments unequal** here, then **Make segments equal**, and compare the dashed line,
# the plain STE, with the boxes.

# %%
SumOfStepsExplorer(nv.Quantizer.uniform(2))

# %% [markdown]
# With **equal segments and equal steps** all slopes are the same, and G-STE *is* the plain STE. For
# 1 to 4 bits:

# %%
inside = np.linspace(0.001, 1.999, 999)
for bits in (1, 2, 3, 4):
    even = nv.Quantizer.uniform(bits)
    apart = np.abs(even.gradient(inside) - even.ste_gradient(inside)).max()
    print(f"{bits} bits, {even.slopes.size:2} steps: G-STE and plain STE differ by {apart:g}")

# %% [markdown]
# That is why nobody missed G-STE: even quantizers do not need it. What counts is that rises and
# widths are in proportion. Equal segments alone are not enough:

# %%
print("equal segments, unequal steps:", nv.Quantizer([0, 1, 2], [0, 0.5, 2]).slopes)
print("unequal segments, equal steps:", nv.Quantizer([0, 0.5, 2], [0, 1, 2]).slopes)
print("unequal both, in proportion:  ", nv.Quantizer([0, 0.5, 2], [0, 0.5, 2]).slopes)

# %% [markdown]
# And where the outputs span more than the inputs, the unit slope has that scale missing:

# %%
tall = nv.Quantizer([0, 0.5, 1.5, 2], [0, 1, 2, 3])
for slope in ("unit", "chord"):
    print(f"{slope:5} slope: {tall.ste_gradient(1.0, slope)}")
weighted = np.average(tall.slopes, weights=tall.intervals)
print(f"mean of the slopes, each weighted by the width of its segment: {weighted}")

# %% [markdown]
# So there is no reason for one slope. It went unnoticed, because with equal segments and equal
# steps the slopes are all the same. And the chord is the mean of G-STE's slopes, if every stretch
# of input counts the same: slope times width is a rise, and all rises add up to $y_L - y_0$. So the
# plain STE with this slope is right on average over the range, and off in the segments.

# %% [markdown]
# ### Exercise: levels that need one slope only
#
# Keep the edges of `q`, 0, 0.5, 1.5 and 2. The lowest level stays 0, and the highest 2. Which four
# levels make all three slopes the same?

# %%
answer = ...
course.check("levels_wanted", answer)

# %%
course.hint("levels_wanted")

# %%
course.solution("levels_wanted")

# %% [markdown]
# ## 4. Ask the coins
#
# G-STE is the slope of one curve, and the plain STE that of another. Throw the coins, and see which
# of the curves is their mean. Each coin was made for its segment, so the bent one is to be
# expected: the throws check the algebra above, and measure how far off the one slope is. They
# cannot say whether these coins are the right ones to throw.

# %%
course.predict("whose_mean")

# %% [markdown]
# Drag the squares until all three segments are equally wide. Or choose edge 1 under *Selected
# handle* and type 2/3 as its *Value*, then edge 2 and 4/3. Only then are the two lines in the lower
# panel the same everywhere. The dots in both panels are the coins' own opinion.

# %%
explorer = ThresholdExplorer(q, draws=1000, hidden=["deterministic", "histogram"])
explorer

# %% [markdown]
# **By how much** is the one slope off? Take 10,000 throws at each of 241 inputs. The curve of the
# plain STE is the ramp from the first edge to the last. The p-value says how likely chance alone
# makes such a misfit (notebook 01), and the RMS error how far the means are from a curve, in units
# of the output:

# %%
inputs = np.linspace(-0.2, 2.2, 241)
ramp = nv.Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])
coins = nv.simulate(q, inputs, draws=10_000, seed=1)

fits_gste = nv.agreement(coins, q.expectation)
fits_ste = nv.agreement(coins, ramp.expectation)
print(f"three slopes (G-STE):  p-value {fits_gste.p_value:.3g}, RMS error {fits_gste.rmse:.4f}")
print(f"one slope (plain STE): p-value {fits_ste.p_value:.3g}, RMS error {fits_ste.rmse:.4f}")

# %% [markdown]
# The same in a picture, for the quantizer that you dragged. Run this cell again after dragging:

# %%
course.show_figure("agreement", explorer.state)

# %% [markdown]
# With the edges of `q`, as at the start, crosses mark where the one ramp is impossible. Beyond the
# first inner edge, for example, it asks for a mean below the lower of the two levels that the coin
# there can show. To be fair to the plain STE, ask only where its curve is possible at all. How many
# throws does it take to refuse it there?

# %%
lower, upper, _ = q.outcomes(inputs)
fair = inputs[(lower <= ramp.expectation(inputs)) & (ramp.expectation(inputs) <= upper)]
for draws in (1, 3, 10, 30):
    again = nv.simulate(q, fair, draws=draws, seed=0)
    fits = [nv.agreement(again, curve).p_value for curve in (q.expectation, ramp.expectation)]
    print(f"{draws:4} throws: p-value {fits[0]:.3f} for three slopes, {fits[1]:.2g} for one")

# %% [markdown]
# Ten are enough: with those the p-value of the one slope is far below 0.001.
#
# And the slopes themselves, estimated from coins. Inputs whose difference quotient reaches across
# an edge are left out, since there it mixes two slopes:

# %%
estimate = nv.simulate_gradient(q, inputs, draws=10_000, seed=1)
clear = ~estimate.near_edge
off_gste = np.sqrt(np.mean((estimate.mean - q.gradient(inputs))[clear] ** 2))
off_ste = np.sqrt(np.mean((estimate.mean - q.ste_gradient(inputs))[clear] ** 2))
print(f"RMS distance of these slopes from G-STE {off_gste:.3f}, from the plain STE {off_ste:.3f}")

# %% [markdown]
# What is left at G-STE is the noise of the coins, and it shrinks with more throws. What is left at
# the plain STE does not: the slopes 4/3 and 2/3 are both 1/3 away from 1. (It is a little less over
# all inputs, since some lie outside the edges, where both slopes are 0.)

# %% [markdown]
# ### Exercise: find the bug
#
# This function should return G-STE for `q`. Beside it is what the coins say:


# %%
def buggy_slope(x):
    i = np.searchsorted(q.thresholds, x)
    if i == 0 or i == len(q.edges):
        return 0.0
    return (q.levels[i] - q.levels[i - 1]) / (q.edges[i] - q.edges[i - 1])


places = np.array([-0.3, 0.1, 0.4, 0.7, 1.4, 1.6, 1.9, 2.3])
by_coins = nv.simulate_gradient(q, places, draws=100_000, seed=0).mean
for place, slope in zip(places, by_coins, strict=True):
    print(f"x = {place:4}: function {buggy_slope(place):.2f}, coins {slope:.2f}")

# %% [markdown]
# Copy the function into the next cell, in place of the line with the three dots. Call it
# `mended_slope` and mend it.

# %%
mended_slope = ...
course.check("mended_slope", mended_slope)

# %%
course.hint("mended_slope")

# %%
course.solution("mended_slope")

# %% [markdown]
# ## 5. Edges are not thresholds
#
# The staircase knows only thresholds, and the mean knows only edges. They hang together: a
# threshold is the middle of its segment. It is where the coin is fair, $p_i = 1/2$, and beyond it
# the step is taken more often than not. Drag a square here: the two diamonds beside it follow by
# half. Drag a diamond: its segment slides as a whole, and its neighbors give way.

# %%
ThresholdExplorer(q, hidden=["ste", "histogram", "monte_carlo", "band", "monte_carlo_gradient"])

# %% [markdown]
# Edges say where the thresholds are. It does not work the other way round: there is one threshold
# fewer than edges. Move the edges in a *zigzag*, every other one to the right and the rest to the
# left by the same $d$, and no threshold moves:

# %%
zigzag = np.array([1, -1, 1, -1])
for d in (-0.2, 0, 0.2):
    other = nv.Quantizer(q.edges + d * zigzag, q.levels)
    print(f"d = {d:4}: thresholds {other.thresholds}, slopes {other.slopes.round(2)}")

# %% [markdown]
# The same staircase forward, and other slopes backward. So whoever gives you thresholds has not
# said what G-STE is.

# %% [markdown]
# ### Exercise: how far may a zigzag go?
#
# The edges 0, 0.4, 1 and 2 move in a zigzag: edges 0 and 2 by $d$ to the right, edges 1 and 3 by
# $d$ to the left. (A negative $d$ turns it around.) Each segment must keep some width. Between
# which two values may $d$ lie? Give them as a list, the lower one first.

# %%
answer = ...
course.check("zigzag", answer)

# %%
course.hint("zigzag")

# %%
course.solution("zigzag")

# %% [markdown]
# It is stranger still: some thresholds have no edges.

# %%
course.predict("which_thresholds")

# %% [markdown]
# Write $h_i$ for half the width of segment $i$ (and not, as before, for a step of a difference
# quotient). Neighbors touch, so their half-widths fill the distance between their thresholds:
#
# $$h_i + h_{i+1} = t_{i+1} - t_i \qquad\Rightarrow\qquad h_{i+1} = (t_{i+1} - t_i) - h_i$$
#
# The first half-width decides all the others, and all of them must be above 0. `feasible` walks
# along this line and says between which values the first one must lie:

# %%
for thresholds in ([0.1, 0.9, 1.0], [0.1, 0.2, 0.9, 1.0]):
    low, high = feasible.half_width_range(thresholds)
    fits_it = "edges exist" if feasible.has_edges(thresholds) else "there are none"
    print(f"{thresholds}: above {low:.1f} and below {high:.1f}, so {fits_it}")

# %% [markdown]
# "Above 0.0 and below −0.5" is an empty range. With three thresholds there is always room. Four
# have none where the middle gap is at least as wide as the two others together, here 0.7 against
# 0.1 + 0.1. It happens: ask for thresholds with one eighth of the data between any two neighbors.
# Where the data have two humps of unequal size, there may be no edges for them, as for the data set
# *bimodal* of this course. Then you have to settle for thresholds near by that have some.

# %% [markdown]
# ### Exercise: edges for thresholds
#
# The thresholds should be 0.5, 1 and 2. Give four edges that have them, as a list. Many are right.

# %%
answer = ...
course.check("edges_wanted", answer)

# %%
course.hint("edges_wanted")

# %%
course.solution("edges_wanted")

# %% [markdown]
# ## The claim, checked
#
# A quantizer is a sum of binary ones; G-STE is the slope of its mean, and the plain STE is the same
# only if all slopes are equal; the coins side with G-STE.

# %%
assert np.allclose(total, q(grid))
assert np.allclose(q.levels[0] + sum(p.expectation(grid) for p in q.parts()), q.expectation(grid))
assert np.allclose(sum(part.gradient(grid) for part in q.parts()), q.gradient(grid))
assert np.allclose(q.gradient(q.thresholds), [4 / 3, 2 / 3, 4 / 3])
assert np.abs(thrown - q.expectation(few)).max() < 0.01

for bits in (1, 2, 3, 4):
    even = nv.Quantizer.uniform(bits)
    assert np.allclose(even.gradient(inside), even.ste_gradient(inside))
assert not np.allclose(q.gradient(inside), q.ste_gradient(inside))

assert fits_gste.p_value > 0.001
assert fits_ste.p_value < 0.001
assert fits_ste.rmse > 20 * fits_gste.rmse
assert off_gste < off_ste / 5

for d in (-0.2, 0.1, 0.2):
    assert np.allclose(nv.Quantizer(q.edges + d * zigzag, q.levels).thresholds, q.thresholds)
assert feasible.has_edges([0.1, 0.9, 1.0])
assert not feasible.has_edges([0.1, 0.2, 0.9, 1.0])
print("One slope for each step: the coins side with G-STE.")

# %% [markdown]
# ## What this does not show
#
# - **The right slope of what?** G-STE is the slope of the mean of a quantizer with coins. The
#   network has the staircase in its forward pass, which differs from that mean by up to half a
#   step.
# - **Exact for one quantizer and its mean.** What follows may bend, and then the bias of notebook
#   02 is back, whatever the number of slopes.
# - **It is one way to smooth.** The thresholds jitter evenly within their segments. Other laws of
#   jitter give other slopes for the same staircase. Nothing here says which of them trains best.
# - **Off by 1/3 is not worse by 1/3.** By how much a wrong slope hurts a network is a question for
#   experiments, and notebook 05 makes one. A slope that is right on average over the range may do.
# - **Outside the outer edges** all coins are certain, and G-STE is 0. An STE without a gate is not
#   covered.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-03_levels.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# Segments may have any widths, and there is a slope for each. So far *you* chose them. But the mean
# depends on the edges, and what a mean depends on has a slope too.
# [Learnable thresholds](04_learnable_thresholds.ipynb) asks: **what can learn now?**

# %%
course.contents()
