# %% [markdown]
# # Learnable thresholds
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Say which inputs push which edge, in which direction, and how hard.
# - Write the gradients of N2UQ's parameters, and say which inputs have no part in them.
# - See N2UQ as two simple things, one after the other: a learned curve and uniform rounding.
# - Derive where thresholds should be for squared error, and say why descent with G-STE ends
#   somewhere else.
#
# **Time:** about 60 minutes. **It builds on** [Many levels](03_levels.ipynb), where each segment
# got a slope of its own: the generalized straight-through estimator, G-STE.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course, datasets, descent, optimum
from n2uq_viz.explorers import GradientFlowExplorer, ThresholdExplorer

# %% [markdown]
# ## Guess first

# %%
course.predict("first_push")

# %% [markdown]
# ## 1. The mean depends on the edges
#
# So far a slope belonged to the input $x$. **What can learn now?** Edges can, and thresholds with
# them; the levels stay where they are. But for a threshold to learn, the output must have a slope
# with respect to the threshold. The staircase has none: shift a threshold a little, and the output
# at $x$ stays the same, unless $x$ lies right on the step. It is the puzzle of notebook 01 again,
# and the way out is the same: ask the mean.
#
# Drag the square of edge 1 and watch the line, the mean. Where does it change, and where does it
# not? The two diamonds beside the edge follow by half.

# %%
q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
COINS = ["monte_carlo", "band", "monte_carlo_gradient"]
ThresholdExplorer(q, hidden=["gste", "ste", "histogram", *COINS])

# %% [markdown]
# The mean is a line with a corner at each edge: at edge $b_i$ it has the height of level $y_i$.
# Moving an edge moves that corner sideways, and the two pieces that end in it tilt. In segment $i$,
# $a_i = b_i - b_{i-1}$ wide, with $p$ for how far along the segment $x$ is, from 0 to 1:
#
# $$E[Q(x)] = y_{i-1} + (y_i - y_{i-1})\,p \qquad p = \frac{x - b_{i-1}}{b_i - b_{i-1}}$$
#
# Only two edges are in it. Differentiate $p$ with respect to each of them, and write
# $\text{slope}_i = (y_i - y_{i-1})/a_i$:
#
# $$\frac{\partial E}{\partial b_{i-1}} = -\,\text{slope}_i \cdot (1 - p) \qquad
# \frac{\partial E}{\partial b_i} = -\,\text{slope}_i \cdot p \qquad
# \text{every other edge: } 0$$
#
# The minus sign: move an edge to the right, and the ramp beside it comes later and is lower. The
# nearer edge has the larger share. Outside of all segments the mean is flat, and no edge changes
# it. Check it at one input, a quarter of the way along segment 2. Move each edge a little both
# ways, and divide the change of the mean by the distance:

# %%
h = 1e-6
for i in range(q.edges.size):
    lower, upper = (q.move_edge(i, q.edges[i] + d).expectation(0.75) for d in (-h, h))
    print(f"edge {i}: {(upper - lower) / (2 * h) + 0:6.3f}")
print(f"slope {q.gradient(0.75):.3f}, times 3/4 and times 1/4, both negative")

# %% [markdown]
# ### Exercise: one edge, all inputs
#
# Edge 2 of `q` is at 1.5. It ends segment 2 (0.5 to 1.5) and starts segment 3 (1.5 to 2). Each step
# is 2/3 high. Complete the function: for any input `x` it returns the derivative of the mean at `x`
# with respect to edge 2.


# %%
def by_edge(x):
    return ...


course.check("by_edge", by_edge)

# %%
course.hint("by_edge")

# %%
course.solution("by_edge")

# %% [markdown]
# ## 2. Inputs push edges
#
# Now let the edges learn. Below, the output should be $\sqrt{2x}$, the dotted line, for 200 inputs
# spread evenly from 0 to 2. The middle panel shows how inputs push edges, in one color for each
# edge: stems that point up push to the right, stems that point down to the left.
#
# 1. Before you play: which colors are there between edge 1 and edge 2?
# 2. Press **Play**. The edges follow the arrows, and the loss falls.
# 3. Choose **Back to start**, drag edge 3 to 1.5, and look at the inputs beyond it. Which edges do
#    they push?

# %%
GradientFlowExplorer(target="sqrt", learning_rate=0.2)

# %% [markdown]
# An input $x$ wants the output $f(x)$ and gets $Q(x)$, the staircase. Its part of the loss is
# $w \cdot (Q(x) - f(x))^2$, where $w$ is its weight: here one over the number of inputs, so that
# the loss is a mean. The *upstream gradient* is the slope of the loss with respect to the output,
# $g = 2w \cdot (Q(x) - f(x))$. A *push* is what descent does, so minus the gradient,
# $-g \cdot \partial E/\partial b$:
#
# $$\text{push on } b_{i-1} = g \cdot \text{slope}_i \cdot (1 - p) \qquad
# \text{push on } b_i = g \cdot \text{slope}_i \cdot p$$
#
# Mind what meets here. The error in $g$ is that of the staircase, and the slopes are those of the
# mean. This is no ordinary derivative of the loss, which would be 0; it is the straight-through
# trick, done to edges. Section 6 asks where it leads.
#
# - An output that is **too low** ($g < 0$) pushes both edges of its segment **to the left**, which
#   lifts the ramp there. One that is too high pushes both to the right.
# - An input **outside the outer edges pushes none**. Its output is *saturated*: it is the lowest or
#   the highest level, and no small move of an edge changes that.
# - *All* inputs of a segment push, not only those near its threshold.
#
# Five inputs, which all want the output 1:

# %%
x = np.array([-0.2, 0.2, 0.75, 1.8, 2.4])
five = descent.Samples(x, wanted=np.ones(5), weight=np.ones(5))
for k, (segment, left, right) in enumerate(zip(*descent.pushes(q, five), strict=True)):
    print(
        f"x = {x[k]:4}, output {q(x[k]):.2f}, segment {segment}: "
        f"pushes its left edge by {left:5.2f} and its right edge by {right:5.2f}"
    )

# %% [markdown]
# "Segment" 0 is left of all edges and 4 is right of them: those two push nothing. Added up edge by
# edge, and with the other sign, the pushes are the gradient of the edges:

# %%
descent.edge_gradient(q, five).round(3)

# %% [markdown]
# And the thresholds? They have no gradient of their own. A threshold is the middle of its segment,
# on the way forward as well. So it moves by half of what its left edge moves, plus half of what its
# right edge moves.

# %% [markdown]
# ### Exercise: who pushes?
#
# The edges are 0, 0.5, 1.5 and 2, as those of `q`. Six inputs lie at −0.2, 0.3, 0.6, 1.2, 1.7 and
# 2.4, and none gets the output that it wants. Which of them push edge 1? Give their inputs as a
# list. Predict it on paper.

# %%
answer = ...
course.check("who_pushes", answer)

# %%
course.hint("who_pushes")

# %%
course.solution("who_pushes")

# %% [markdown]
# ## 3. What N2UQ trains
#
# Edges that learn freely could overtake each other. N2UQ (*nonuniform-to-uniform quantization*, the
# paper by Liu et al., CVPR 2022, arXiv 2111.14826) trains these numbers instead, one set for each
# quantizer:
#
# With $L$ steps ($L = 3$ for 2 bits) and the step $D = 2/L$:
#
# | symbol | name | at first | what it does |
# |---|---|---|---|
# | $s$ | start | 0 | where edge 0 is |
# | $a_1, \dots, a_L$ | intervals | $D$ each | how wide the segments are |
# | $s_1$ | input scale | 1 | the edges stand at values of $u = s_1 x$ |
# | $s_2$ | output scale | 1 | the levels are $0,\ s_2 D,\ 2 s_2 D,\ \dots,\ 2 s_2$ |
#
# So $b_0 = s$ and $b_i = b_{i-1} + a_i$. Segments are learned, and the levels stay evenly spaced.

# %%
course.show_figure("figure4_n2uq")

# %% [markdown]
# The lowest panel answers: if you change a parameter, how does the mean at $x$ change? The start
# moves all edges. Interval $k$ moves the edges from $b_k$ on, all of them. For an input in segment
# $i$, interval $k$ therefore moves
#
# - both edges of the segment, if $k < i$: the ramp shifts as a whole;
# - only its right edge, if $k = i$;
# - neither, if $k > i$.
#
# Take interval 1 and an input in segment 2. Both edges of the segment move along, with the shares
# $1 - p$ and $p$, which add up to 1: the mean falls by the whole slope, $s_2 D/a_2$ (each step is
# $s_2 D$ high). The other cases go the same way. Write $\ell$ for the loss and $G = g \cdot s_2$,
# and let $u$ be in segment $i$:
#
# $$\frac{\partial \ell}{\partial s} = -G \frac{D}{a_i} \qquad
# \frac{\partial \ell}{\partial a_k} = \begin{cases}
# -G \dfrac{D}{a_i} & k < i \\[2ex]
# -G \dfrac{D}{a_i} \cdot \dfrac{u - b_{i-1}}{a_i} & k = i \\[2ex]
# 0 & k > i \end{cases}
# \qquad
# \frac{\partial \ell}{\partial x} = G\, s_1 \frac{D}{a_i} \qquad
# \frac{\partial \ell}{\partial s_1} = G\, x \frac{D}{a_i}$$
#
# These are for one input. For many, those of the parameters are added up. An input outside the
# outer edges has 0 in all of them. The output scale is another matter: the output *is* $s_2$ times
# $D$ times the number of steps taken. So $\partial \ell/\partial s_2$ is $g$ times $D$ times that
# number, also outside, and it needs no estimator.
#
# In Python: `parameter_gradient` turns the gradient of the edges into that of start and intervals.
# Beside it is the quotient of differences again, for 200 inputs at once. The upstream gradients are
# held fixed meanwhile, and only the mean moves, as G-STE has it:

# %%
learned = descent.samples("sqrt", q.levels)
upstream = 2 * learned.weight * (q(learned.x) - learned.wanted)
of_start, of_intervals = descent.parameter_gradient(descent.edge_gradient(q, learned))


def through_mean(start, intervals):
    return upstream @ nv.Quantizer.from_intervals(intervals, start).expectation(learned.x)


quotients = [(through_mean(h, q.intervals) - through_mean(-h, q.intervals)) / (2 * h)]
for step in h * np.eye(3):
    change = through_mean(0, q.intervals + step) - through_mean(0, q.intervals - step)
    quotients.append(change / (2 * h))
print("start and intervals: ", np.array([of_start, *of_intervals]).round(5))
print("quotients:           ", np.array(quotients).round(5))

# %% [markdown]
# ### Exercise: by hand
#
# The start is 0, the intervals are 0.4, 0.8 and 0.8, both scales are 1, and $D = 2/3$. One input
# lies at $u = 0.56$, and its upstream gradient is $g = 2.4$. Give the gradients of the start and of
# the three intervals, as a list of four numbers.

# %%
answer = ...
course.check("by_hand", answer)

# %%
course.hint("by_hand")

# %%
course.solution("by_hand")

# %% [markdown]
# ### The floor
#
# An interval must stay above 0. N2UQ uses $a_i$ where it is larger than $\varepsilon = 0.001$, and
# $\varepsilon$ where it is not. Below that floor the mean does not depend on the interval any more,
# so its gradient is 0. Its neighbors still learn. Here interval 2 is −0.2, and then −0.1:

# %%
for second in (-0.2, -0.1):
    print(second, nv.Quantizer.from_intervals([0.5, second, 0.5]).edges)

# %% [markdown]
# The edges are the same. And so gradient descent alone never brings a floored interval back: where
# a gate is closed nothing learns, as with inputs out of range in notebook 01.

# %% [markdown]
# ### Exercise: find the bug
#
# This function should return what one input adds to the gradient of the start, for `q`. Inside it
# is right. But an input at 5 keeps the highest level when the start moves a little, and still it
# counts.


# %%
def buggy(u, upstream):
    i = np.searchsorted(q.edges[1:-1], u)  # the segment, counted from 0
    return -upstream * q.slopes[i]


print(f"at 0.3: {buggy(0.3, 1.0):.2f}, at 5: {buggy(5.0, 1.0):.2f}")

# %% [markdown]
# Copy the function into the next cell, in place of the line with the three dots. Call it
# `start_mended` and mend it.

# %%
start_mended = ...
course.check("start_mended", start_mended)

# %%
course.hint("start_mended")

# %%
course.solution("start_mended")

# %% [markdown]
# ## 4. A learned curve, then uniform rounding
#
# There is another way to look at it. In the lower panel the mean is drawn as a curve, $c(x)$, and
# its height is rounded to the nearest level: each colored stripe is what becomes one level. Where
# the curve passes midway between two levels there is a threshold. Drag the squares: you bend the
# curve, and the rounding stays as it is.

# %%
ThresholdExplorer(q, compander=True, hidden=["gste", "ste", "histogram", *COINS])

# %% [markdown]
# Such a curve is called a *compander*, from compress and expand: where it is steep, inputs are told
# apart finely, and where it is flat, coarsely. In the next figure $v = c(x)$ is its height:

# %%
course.show_figure("compander")

# %% [markdown]
# As a formula, with $y_0$ for the lowest level, $D$ for the step, and $\lceil \cdot \rceil$ for
# rounding up to a whole number:
#
# $$Q(x) = y_0 + D \cdot \left\lceil \frac{c(x) - y_0}{D} - \frac12 \right\rceil$$

# %%
x = np.linspace(-0.3, 2.3, 1001)
away = np.abs(x[:, None] - q.thresholds).min(axis=1) > 1e-9
D = q.levels[1] - q.levels[0]
rounded = q.levels[0] + D * np.ceil((q.expectation(x) - q.levels[0]) / D - 0.5)
print(f"largest difference: {np.abs(rounded - q(x))[away].max():.0e}")

# %% [markdown]
# (Inputs that lie exactly on a threshold are left out, since there the last digit decides.) What
# comes out is a whole number times one scale, whatever the curve: *nonuniform to uniform*. All that
# is learned sits in front of the rounding.

# %% [markdown]
# ## 5. Where should the thresholds be?
#
# Learned for what? First take the simplest aim: the output should be the input itself, as exactly
# as possible in squared error. Drag the diamonds and the squares here and watch the loss at the
# side. Can you get below where it starts? Then choose *the data* as the target, and other data: now
# the inputs are those of a data set, as many as there are of each, and the output should be the
# input again. The loss is another, but can you beat the start now?

# %%
best = nv.Quantizer.uniform(2)
GradientFlowExplorer(best, target="identity", hidden=["pushes", "history"])

# %% [markdown]
# You cannot. Here is why. Let the target be $f$, an increasing function, and let $\rho(x)$ be the
# density of the inputs: how many of them lie around $x$. Shift threshold $t_i$ to the right by a
# little, $\delta$. Then the inputs between $t_i$ and $t_i + \delta$, about $\rho(t_i)\,\delta$ of
# them, fall from level $y_i$ to level $y_{i-1}$, and nothing else changes. So
#
# $$\frac{\partial\,\text{loss}}{\partial t_i} = \rho(t_i) \cdot
# \left[(y_{i-1} - f(t_i))^2 - (y_i - f(t_i))^2\right]$$
#
# The bracket is below 0 while $f(t_i)$ is nearer to the lower level, and above 0 once it is nearer
# to the upper one. So the loss falls up to the place where $f(t_i)$ is midway between them, and
# rises behind it. The best threshold is
#
# $$t_i^* = f^{-1}\!\left(\frac{y_{i-1} + y_i}{2}\right)$$
#
# The density only multiplies the bracket, so **it does not matter where the inputs lie**. (Where
# there are none at all, every threshold is as good as the next.) If the output should be the input
# itself, $f(x) = x$, the best thresholds are the middles between the levels: evenly spaced levels
# want evenly spaced thresholds. Ask four data sets, each with a thousand random sets of edges:

# %%
rng = np.random.default_rng(0)
rivals = [nv.Quantizer(np.sort(rng.uniform(-0.5, 2.5, 4)), best.levels) for _ in range(1000)]
for name in ("normal", "half_normal", "laplace", "bimodal"):
    data = descent.samples("data", best.levels, datasets.summary(name))
    nearest = min(descent.loss(rival, data) for rival in rivals)
    print(f"{name:12} loss {descent.loss(best, data):.5f}, best of the rivals {nearest:.5f}")

# %% [markdown]
# So with even levels, unequal thresholds never pay off by fitting the input better. They can when
# the output should be something else than the input, as for $\sqrt{2x}$ above, and in a network,
# where the loss is that of the task.

# %% [markdown]
# ### Exercise: derive the best step
#
# The output should be $x^2$, for positive $x$. There are two levels, `lower` and `upper`, neither
# negative. Complete the function: at which input should the step between them be?


# %%
def best_step(lower, upper):
    return ...


course.check("best_step", best_step)

# %%
course.hint("best_step")

# %%
course.solution("best_step")

# %% [markdown]
# ## 6. Where the descent really ends
#
# Back to the question at the top: the target is the input itself, and the thresholds stand where
# squared error wants them, at 1/3, 1 and 5/3. The true gradient is 0. Is G-STE's? Here are both, as
# pushes on edges 0 to 3. (The true push on a threshold goes to its two edges, half to each.)

# %%
true, gste = optimum.edge_gradients(best, "identity")
print("true pushes:   ", (-true).round(4) + 0)
print("G-STE's pushes:", (-gste).round(4) + 0)
print(f"D² / 24 = {D**2 / 24:.4f}")

# %% [markdown]
# **Edge 0 is pushed to the left and edge 3 to the right.** Look at segment 1. With $p$ for how far
# along it $x$ is, the output is too low by $D p$ before the threshold, and too high by $D (1 - p)$
# behind it. On edge 0 each input has the share $1 - p$, and the slope here is $D/D = 1$. The inputs
# between $p$ and $p + dp$ are $\frac{1}{2} D\,dp$ of all inputs (they are spread evenly over a
# range of 2), so before the threshold they push by
# $2 \cdot Dp \cdot (1 - p) \cdot \frac{1}{2} D\,dp = D^2\, p\,(1 - p)\,dp$. Added up over the
# segment, the pushes to the left and to the right are $D^2$ times
#
# $$\text{left: } \int_0^{1/2} p\,(1 - p)\,dp = \frac{1}{12} \qquad
# \text{right: } \int_{1/2}^1 (1 - p)\,(1 - p)\,dp = \frac{1}{24}$$
#
# Left wins by 1/24. On edge 1 the inputs of segment 1 have the share $p$, and there right wins by
# 1/24. But segment 2 pushes edge 1 to the left by as much, and the two cancel. Edge 0 has no
# segment on its other side, so nothing cancels.
#
# What is behind this? The formula mixes two quantizers. The error $Q(x) - f(x)$ is that of the
# staircase, since the forward pass is deterministic. The slope is that of the mean, so of the
# quantizer with coins. If the error were that of the mean too, there would be no push at all here,
# since the mean is the target itself:

# %%
inside = np.linspace(0, 2, 1001)
print(f"mean minus target: at most {np.abs(best.expectation(inside) - inside).max():.0e}")

# %% [markdown]
# So at the best place there is a push. What if you follow it?

# %%
course.predict("from_the_best")

# %% [markdown]
# Press **Play**, and watch the loss and the outer edges. (The explorer has only 200 inputs, so its
# numbers are a little coarser: they push edge 0 by 0.0174, and edges 1 and 2 not quite by 0.)

# %%
GradientFlowExplorer(best, target="identity", learning_rate=0.2)

# %% [markdown]
# The same 500 steps with 30,000 inputs. `excess_loss` says how much larger the loss is than at the
# best thresholds:

# %%
many = descent.samples("identity", best.levels, count=30_000)
run = descent.descend(best, many, steps=500, rate=0.2)
end = nv.Quantizer(run.edges[-1], best.levels)
least = optimum.least_loss("identity", best.levels)
excess = optimum.excess_loss(end, "identity")
print("edges at the end:     ", end.edges.round(3))
print("thresholds at the end:", end.thresholds.round(3))
print(f"loss: {least:.5f} at the start, {least + excess:.5f} at the end")

# %% [markdown]
# It does not run away either. Put edge 0 at other places and leave the rest: the true push is 0 at
# 0, and G-STE's is 0 near −0.1. So the two rules lead to two places near each other. (The descent
# ends further left still, since its other edges move too.)

# %%
for place in (-0.3, -0.2, -0.1, 0.0, 0.1):
    true, gste = optimum.edge_gradients(best.move_edge(0, place), "identity")
    print(f"edge 0 at {place:4}: true push {-true[0] + 0:7.4f}, G-STE's push {-gste[0] + 0:7.4f}")

# %% [markdown]
# The whole way in one picture, as the explorer goes it. Its 200 inputs are a coarser grain than
# 30,000: the loss ends at 0.0383 here, and the last pushes, below 0.001, only move it to and fro:

# %%
walker = GradientFlowExplorer(best, target="identity", learning_rate=0.2)
walker.step(500)

# %%
course.show_figure("gradient_flow", walker.state)

# %% [markdown]
# Is it the same for other targets? Start with equal segments, and let G-STE lead. (The sigmoid is
# $2/(1 + e^{-8(x/2 - 1/2)})$, an S from nearly 0 to nearly 2. That the best loss of the square root
# is also $D^2/12$, like that of the input itself, is no mistake.)

# %%
for target in optimum.INCREASING:
    way = descent.descend(best, descent.samples(target, best.levels, count=3000), 500, rate=0.2)
    least_here = optimum.least_loss(target, best.levels)
    print(
        f"{target:8} best possible {least_here:.4f}; start {way.loss[0]:.4f}, "
        f"lowest on the way {way.loss.min():.4f}, end {way.loss[-1]:.4f}"
    )

# %% [markdown]
# For the square root the loss falls to less than a quarter, and then a little of it comes back: the
# descent passes near the best place and goes on. For the sigmoid it ends a third above the best
# loss. So G-STE helps a lot where there is something to learn, but it does not end at the optimum,
# and how far off it ends depends on the target.

# %% [markdown]
# ## The claim, checked
#
# The gradients are those of the mean; inputs outside push nothing; N2UQ is uniform rounding of a
# curve; the best thresholds for squared error are the middles, and G-STE does not stay there.

# %%
assert np.allclose([of_start, *of_intervals], quotients, rtol=1e-6)
_, left, right = descent.pushes(q, five)
assert np.all((left != 0) == [False, True, True, True, False])
assert np.all((right != 0) == [False, True, True, True, False])
floored = [nv.Quantizer.from_intervals([0.5, second, 0.5]).edges for second in (-0.2, -0.1)]
assert np.array_equal(*floored)
assert np.allclose(rounded[away], q(x)[away])

assert np.allclose(optimum.best_thresholds("identity", best.levels), best.thresholds)
true, gste = optimum.edge_gradients(best, "identity")
assert np.allclose(true, 0)
assert not np.allclose(gste, 0)
assert np.isclose(gste[0], D**2 / 24, rtol=1e-3)
assert np.isclose(gste[3], -(D**2) / 24, rtol=1e-3)
assert np.allclose(end.thresholds, [0.287, 1, 1.713], atol=1e-3)
assert np.allclose([least, least + excess], [0.03704, 0.03846], atol=2e-5)
print("At the best thresholds G-STE still pushes.")

# %% [markdown]
# ## What this does not show
#
# - **One quantizer, one number, all inputs at once.** The targets are small and made to be clear.
#   In a network, layers before and after learn too, the loss is another, and inputs come in
#   batches.
# - **The forward pass has no coins.** The slope is that of the mean of another quantizer, and so
#   none of the three descents ended at its optimum. A network inherits that. How much it matters
#   there is a question for an experiment.
# - **It is one way to smooth.** Other coins give other slopes, other pushes, and another end.
# - **Inputs outside push no edge.** If all inputs lie outside, nothing here brings the edges to
#   them: the input scale gets no gradient from them either. So it matters where training starts.
# - **The levels are fixed and even.** Where levels may be placed freely, squared error wants
#   unequal ones for most data. Then the outputs are no longer whole numbers times one scale.
# - **A gain need not come from the estimator.** When edges learn, the range learns too, and much of
#   what a network gains may come from the range alone. The next notebook separates them.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-04_learnable_thresholds.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# Edges can learn, and you know what pushes them and where that ends. To give back the input itself,
# squared error has no use for unequal thresholds, so it is the task that must want them. Does it?
# [Train a toy network](05_train_a_toy_net.ipynb) asks: **does it help a network?**

# %%
course.contents()
