# %% [markdown]
# # One step and the straight-through estimator
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Say why the true derivative of a step teaches a network nothing.
# - Write the backward pass of the straight-through estimator (STE), with its range gate, and
#   recognize two common bugs in it.
# - Derive the clipped STE as the slope of the mean of a coin.
# - Throw the coins, and judge with a p-value whose mean they have.
#
# **Time:** about 50 minutes. **It builds on** [Start here](00_start_here.ipynb), where thresholds,
# edges and levels are explained, and on the chain rule. You need to know nothing about statistics.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course, gates
from n2uq_viz.explorers import BinaryExplorer, ThresholdExplorer

# %% [markdown]
# ## Guess first

# %%
course.predict("where_it_stops")

# %% [markdown]
# ## 1. A step has no slope
#
# The smallest quantizer has one step and two levels, −1 and +1. This is *binarization*: one bit
# for each number, and a product of two such numbers needs no multiplier, since it only asks
# whether two bits are equal. Drag the diamond, the threshold of the step. Wherever it is, the
# output is flat on both sides.

# %%
sign = nv.Quantizer.binary()
COINS = ["monte_carlo", "band", "monte_carlo_gradient"]
SLOPES = ["gste", "ste"]
ThresholdExplorer(sign, view=[-2, 2], hidden=["expectation", "histogram", *SLOPES, *COINS])

# %% [markdown]
# As a formula, with the threshold at 0, it is Eq. 1 of the paper by Liu et al. (CVPR 2022, arXiv
# 2111.14826), which this course follows:
#
# $$Q(x) = \begin{cases} -1 & x \le 0 \\ +1 & x > 0 \end{cases}$$
#
# Its slope takes only one value, wherever you measure it. At the step itself there is none:

# %%
grid = np.linspace(-2.0, 2.0, 401)
slopes = (sign(grid + 1e-6) - sign(grid - 1e-6)) / 2e-6
np.unique(slopes[np.abs(grid) > 1e-3])

# %% [markdown]
# Descent multiplies by that slope. So it stays where it starts, however large the loss is:

# %%
stays = gates.descend("derivative", target=-1, start=0.3)
print(f"after {stays.size - 1} steps with the true derivative: x = {stays[-1]}")

# %% [markdown]
# ## 2. The trick
#
# The **straight-through estimator** keeps the step on the way forward. On the way back it acts as
# if the step had been a ramp of slope 1.

# %%
course.show_figure("figure1_ste")

# %% [markdown]
# Drag the squares, the edges of the ramp: the box below, the slope that is used on the way back,
# reaches from edge to edge. Its height is the rise of the output, 2, over the distance of the
# edges: for edges at −1 and 1 it is 1.

# %%
ThresholdExplorer(sign, view=[-2, 2], hidden=["expectation", "gste", "histogram", *COINS])

# %% [markdown]
# Let $\ell$ be the loss. The chain rule wants the slope of the loss with respect to the output, the
# *upstream gradient* $\partial \ell/\partial Q$, times the slope of the step. The STE replaces that
# second factor. The bracket is 1 where its condition holds and 0 where it does not:
#
# $$\frac{\partial \ell}{\partial x} = \frac{\partial \ell}{\partial Q} \cdot \frac{dQ}{dx}
# \qquad\text{becomes}\qquad
# \frac{\partial \ell}{\partial x} = \frac{\partial \ell}{\partial Q} \cdot [-1 < x \le 1]$$
#
# The bracket is the *range gate*, and with it this is the *clipped* STE. In the question at the
# top the upstream gradient of the loss $(Q + 1)^2$ is $2\,(Q + 1)$:

# %%
place = 0.3
for _ in range(10):
    place = place - 0.05 * 2 * (sign(place) + 1) * sign.ste_gradient(place, slope="unit")
print(f"the clipped STE stops at x = {place:.1f}, where the loss is {(sign(place) + 1) ** 2}")

# %% [markdown]
# ### Exercise: two starts
#
# You minimize $(\mathrm{sign}(x) - 1)^2$ with the clipped STE. Each step moves $x$ by −0.1 times
# the slope of the loss. Where does $x$ stop if it starts at −0.7, and where if it starts at −1.5?
# Give both numbers as a list. Predict it on paper before you compute.

# %%
answer = ...
course.check("two_starts", answer)

# %%
course.hint("two_starts")

# %%
course.solution("two_starts")

# %% [markdown]
# ## 3. Two ways to make one bit
#
# The trick works, but the step has slope 1 nowhere. Which function does? Here is a second way to
# binarize: a coin decides. On the left is the step, which always gives the same output. On the
# right a coin is thrown for the same input, again and again. Drag the triangle, the input, and
# throw: where is the coin sure of itself, and where does it fall on either side?

# %%
BinaryExplorer(hidden=["expectation", "band"])

# %% [markdown]
# Side by side, the step (*deterministic* binarization, Eq. 1) and the coin (*stochastic*
# binarization, Eq. 2). The coin shows +1 with a chance $p$ that rises evenly from 0 at −1 to 1
# at +1:
#
# $$Q(x) = \begin{cases} +1 & x > 0 \\ -1 & x \le 0 \end{cases}
# \qquad\qquad
# \tilde{Q}(x) = \begin{cases} +1 & \text{with chance } p \\ -1 & \text{with chance } 1 - p
# \end{cases}
# \qquad p = \mathrm{clip}\left(\frac{x + 1}{2},\ 0,\ 1\right)$$
#
# The panel *Chance of the upper output* draws $p$. The deterministic output is what the coin shows
# more often: $p > 1/2$ means $x > 0$.

# %%
few, rng = np.array([-2.0, -0.9, -0.3, 0.3, 0.9, 2.0]), np.random.default_rng(0)
rows = {"input": few, "step": sign(few)}
rows |= {f"throw {k}": sign.sample(few, rng) for k in range(1, 6)}
for name, row in rows.items():
    print(f"{name:7}", *(f"{number:4g}" for number in row))

# %% [markdown]
# ### Exercise: the mean of a coin
#
# Derive the mean of $\tilde{Q}(x)$ from the formula above: each of the two values times its
# chance, added up. Then complete the function. It takes any number `x`, inside the range or
# outside.


# %%
def coin_mean(x):
    return ...


course.check("coin_mean", coin_mean)

# %%
course.hint("coin_mean")

# %%
course.solution("coin_mean")

# %% [markdown]
# ## 4. The mean has a slope
#
# Now each dot is the mean of a thousand throws. In the lower panel each dot estimates the slope of
# that mean from the same throws. Both follow a line. Drag an edge, and set *Draws* to 10 and to
# 10000.

# %%
ThresholdExplorer(sign, view=[-2, 2], draws=1000, hidden=["ste", "histogram"])

# %% [markdown]
# The line on top is the mean that you derived, written $E$ for *expectation*. The line below is
# its slope:
#
# $$E[\tilde{Q}(x)] = p \cdot 1 + (1 - p) \cdot (-1) = 2p - 1 = \mathrm{clip}(x, -1, 1)
# \qquad
# \frac{d}{dx}\,E[\tilde{Q}(x)] = [-1 < x \le 1]$$
#
# **The slope is the clipped STE, gate included.** At the two edges the mean has a bend and no slope
# of its own. There this package takes the slope from the left, so its gate is closed at −1 and open
# at 1. Others leave it open at both, which changes nothing that matters.
#
# You need not believe the formula. Throw ten thousand coins at each of 401 inputs, and estimate
# the slope as well: the same random numbers at $x + h$ and at $x - h$, the difference of the two
# means divided by $2h$. Within $h$ of an edge the two sides have different slopes, and the estimate
# is a mixture of both, so those inputs are left out here.
#
# The dots in the lower panel above are made in this way: $h$ is the *Half-width* at the side.
# Triangles are dots that lie above the panel, and rings are dots within $h$ of an edge. *Score
# function* is another way, which weighs each throw by how much $x$ changes its chance; a later
# notebook treats it. The *RMS error* at the side says how far dots are from their line: the root of
# the mean of the squared distances.

# %%
coins = nv.simulate(sign, grid, draws=10_000, seed=0)
estimate = nv.simulate_gradient(sign, grid, draws=10_000, seed=0)
away = ~estimate.near_edge

off = np.abs(coins.mean - np.clip(grid, -1, 1)).max()
print(f"means: none is further than {off:.3f} from clip(x, -1, 1)")
off = np.abs(estimate.mean - sign.gradient(grid))[away].max()
print(f"slopes: none is further than {off:.3f} from the clipped STE (h = {estimate.half_width})")

# %% [markdown]
# ### Is that near enough?
#
# Chance alone keeps the means off the line. How far off is too far? `agreement` answers with a
# **p-value**: if the curve were the true mean, how often would coins stray from it at least as
# much as these did? A p-value like 0.4 is no reason to doubt the curve. One like 0.03 comes up by
# chance once in about thirty times, so by itself it means little. One below 0.001 is a reason:
# either something that rare has happened, or the curve is not the mean. The unit of straying is
# the *standard error*, how far a mean typically is off by chance. Among some hundred dots the
# furthest is usually about 3 standard errors off.
#
# A test is worth something only if it can fail. So here are four curves. One is the mean of the
# coins, one leaves out the gate, and two are smooth curves that people also use in place of a
# step:

# %%
curves = {
    "clip(x, -1, 1)": np.clip(grid, -1, 1),
    "x, without a gate": grid,
    "tanh(x)": np.tanh(grid),
    "sin(x pi/2), clipped": np.sin(np.clip(grid, -1, 1) * np.pi / 2),
}
for name, curve in curves.items():
    fit = nv.agreement(coins, curve)
    print(
        f"{name:20} p-value {fit.p_value:5.3g}, furthest dot {fit.max_z:2.0f} standard errors off"
    )

# %% [markdown]
# A p-value near 1 is fine too: these coins happened to lie close. A p-value of 0 is one too small
# to be written, or an impossibility. The curve without a gate is the second case: between −1 and 1
# it is the same as the first one, but beyond it asks for means below −1 and above 1, which no
# throws of −1 and +1 can have. (The furthest dot is one of those between.) The last two belong to
# other coins, whose chance rises in another way. Their slopes are other estimators.

# %% [markdown]
# ### Exercise: how many draws?
#
# The *variance* of one draw, the mean squared distance from its mean, is $4p(1 - p)$. The mean of
# $N$ draws has the standard error $\sqrt{4p(1 - p)/N}$, which says how far it typically is off. How
# many draws do you need at $x = 0.6$ for a standard error of 0.01?

# %%
answer = ...
course.check("enough", answer)

# %%
course.hint("enough")

# %%
course.solution("enough")

# %% [markdown]
# ## 5. Why the gate?
#
# The gate is no extra: it is the flat part of the mean. Outside the edges the coin always falls on
# the same side, so the mean does not change, and its slope is 0. Drag the squares here: wherever
# the ramp is, the gate is.

# %%
ThresholdExplorer(sign, view=[-2, 2], hidden=["ste", "histogram", *COINS])

# %% [markdown]
# Two bugs are common. The first leaves the gate out. The second confuses two things that sound
# alike: `hardtanh(grad)` clips the *gradient* to [−1, 1], where the gate asks whether the *input*
# is in [−1, 1]. With $g$ for the upstream gradient,
#
# $$\text{gate: } g \cdot [-1 < x \le 1] \qquad \text{no gate: } g
# \qquad \text{hardtanh: } \mathrm{clip}(g, -1, 1)$$
#
# Take an upstream gradient of 5 at $x = 0.2$, and one of 0.5 at $x = 3$:

# %%
for rule in ("gate", "no_gate", "hardtanh"):
    print(f"{rule:9} passes back", gates.passed(rule, x=[0.2, 3.0], upstream=[5.0, 0.5]))

# %% [markdown]
# Only the gate passes all of the first and nothing of the second. `hardtanh` does the opposite of
# what is wanted: it cuts the gradient that counts and lets through the one that cannot matter.
#
# Does it do harm? Let one threshold learn. The output $\mathrm{sign}(x - t)$ should come as close
# as possible to $x$ itself, measured by the squared error. Thirty inputs lie around 0 and three
# far out, at 4, 5 and 6. For those three the output is +1 whatever the threshold does, and the
# error is large and stays.

# %%
course.show_figure("range_gate")

# %%
low, high = gates.best_thresholds()
print(f"the squared error is least for t between {low:.2f} and {high:.2f}")
for rule in gates.RULES:
    run = gates.learn(rule)
    print(f"{rule:10} ends at t = {run.thresholds[-1]:5.2f}, squared error {run.loss[-1]:.3f}")

# %% [markdown]
# Without the gate three inputs, for which nothing can be done, drag the threshold away from the
# thirty for which something can: they ask for a larger output, and a lower threshold seems to give
# it. (The gate asks whether $x - t$ is in the range.) With `hardtanh(grad)` each of the three still
# pulls, but only with strength 1, so here it does little harm. And where no other inputs pull back,
# nothing stops the drift. Here the output is asked for 2, which it cannot give:

# %%
for rule in ("gate", "no_gate"):
    path = gates.descend(rule, target=2, start=0.3, steps=1000)
    print(f"{rule:8} after 1000 steps: x = {path[-1]:6.1f}, the output is {sign(path[-1]):.0f}")

# %% [markdown]
# The gate has its price, as the first exercise showed: what is outside the range gets no gradient,
# so nothing brings it back. Binary *weights* are often clipped to [−1, 1] after every step, which
# keeps them in the range (Courbariaux et al., 2016, arXiv 1602.02830).

# %% [markdown]
# ### Exercise: write the backward pass
#
# Complete the function. It takes the input `x` of the step and the upstream gradient, one number
# each, and returns what the clipped STE passes back.


# %%
def pass_back(x, upstream):
    return ...


course.check("pass_back", pass_back)

# %%
course.hint("pass_back")

# %%
course.solution("pass_back")

# %% [markdown]
# ### Exercise: find the bug
#
# This function should minimize $(\mathrm{sign}(x) + 1)^2$ with the clipped STE. From 0.3 it stops
# at −0.1, as it should. From 2.9 it should stay, since the gate is closed there, but it runs.


# %%
def buggy(x):
    for _ in range(50):
        y = sign(x)
        upstream = 2 * (y + 1)
        gate = abs(y) <= 1
        x = x - 0.05 * upstream * gate
    return x


print(f"from 0.3 to {buggy(0.3):.1f}, and from 2.9 to {buggy(2.9):.1f}")

# %% [markdown]
# Copy the function into the next cell, in place of the line with the three dots. Call it `mended`
# and mend the line that is at fault.

# %%
mended = ...
course.check("mended", mended)

# %%
course.hint("mended")

# %%
course.solution("mended")

# %% [markdown]
# ## The claim, checked
#
# The true derivative is useless; the clipped STE is the slope of the coin's mean, and the gate
# belongs to it; without the gate a threshold is dragged away.

# %%
assert np.all(slopes[np.abs(grid) > 1e-3] == 0)
assert stays[-1] == 0.3
assert round(place, 6) == -0.1

assert np.array_equal(sign.gradient(grid), sign.ste_gradient(grid, slope="unit"))
noise = np.sqrt(estimate.variance / estimate.draws)
assert np.all(np.abs(estimate.mean - sign.gradient(grid))[away] <= 5 * noise[away])
assert nv.agreement(coins, np.clip(grid, -1, 1)).p_value > 0.001
assert nv.agreement(coins, grid).p_value == 0
assert nv.agreement(coins, np.tanh(grid)).p_value < 0.001

assert low <= gates.learn("gate").thresholds[-1] <= high
assert gates.learn("no_gate").thresholds[-1] < gates.learn("hardtanh").thresholds[-1] < low
print("The clipped STE is the slope of the mean of a coin.")

# %% [markdown]
# ## What this does not show
#
# - **The mean is that of one quantizer and one number.** If what follows it is curved, the slope of
#   its mean is not what the STE passes back. The next notebook measures by how much.
# - **The network runs without coins.** What you differentiate is the mean of another network, in
#   which coins decide.
# - **It is one coin among many.** Its chance rises evenly from −1 to 1. A chance that rises like
#   tanh gives a mean like tanh and another slope. Nothing here says which of them trains best.
# - **The STE without a gate is not covered.** Its slope, 1 everywhere, belongs to the mean of no
#   coin, as the p-value of 0 says. That people train with it nonetheless is another matter.
# - **The example with the far inputs is small and made to be clear.** In a network the harm of a
#   missing gate depends on how many inputs lie outside, and on what pulls at them.
# - **A p-value does not prove a curve.** It says whether these coins speak against it. A curve
#   that is only slightly off needs more draws to be refused.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-01_binary_and_ste.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# You have seen that the STE is the slope of a mean. [The mean of many coins](02_expectation.ipynb)
# asks what that is worth: **why does the trick work**, how many coins does it take to see it, and
# where does it end?

# %%
course.contents()
