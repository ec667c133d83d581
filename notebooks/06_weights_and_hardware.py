# %% [markdown]
# # Weights and hardware
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Quantize the weights of a layer as N2UQ does, and say how evenly their codes are used.
# - Tell two rules for the way back to the weights apart, and say what an optimizer hides of them.
# - Run a trained net with whole numbers alone, and say what "equal" can mean.
# - Say what even output levels save: what others would cost, product by product.
#
# **Time:** about 50 minutes. **It builds on**
# [Train a toy network](05_train_a_toy_net.ipynb), where activations were quantized and weights were
# floats.

# %%
from time import perf_counter

from IPython.display import Markdown

import numpy as np

from n2uq_viz import comparison, course, datasets, weights
from n2uq_viz.explorers import WeightExplorer

# %% [markdown]
# ## Guess first

# %%
course.predict("commonest_code")

# %% [markdown]
# ## 1. Levels for weights
#
# Weights lie on both sides of zero, and each output channel of a layer has weights of its own size.
# So each channel gets even levels from $-f$ to $f$, with a *scale* $f$ of its own. Drag the scale
# below, and watch the shares of the levels: with a large scale the outer levels stay empty, with a
# small one most weights are clipped to them. The button *max|w|* sets the scale to the largest
# weight, which clips nothing, and *γ·mean|w|* to N2UQ's choice.

# %%
WeightExplorer()

# %% [markdown]
# N2UQ takes the mean size of the channel's weights, times a factor that depends on the number $n$
# of bits:
#
# $$f = \gamma \cdot \mathrm{mean}|W| \qquad \gamma = \frac{2^n - 1}{2^{n-1}}
# \qquad W_q = f\left(\frac{2}{L}\,
# \mathrm{round}\left(\left(\mathrm{clip}(W/f, -1, 1) + 1\right)\frac{L}{2}\right) - 1\right)$$
#
# As before, $L = 2^n - 1$ is the number of steps. The rounded number in the middle is the *code* of
# the weight, from 0 for the level $-f$ to $L$ for the level $f$.
#
# The authors call it *entropy preserving*: codes are used evenly, so that they tell as much as they
# can. (Liu et al., CVPR 2022, section on weights.) In Python, with one row for each channel and the
# number of levels, 4 for 2 bits:

# %%
w = np.random.default_rng(0).normal(0.0, 0.2, (1, 10_000))
codes = weights.weight_codes(w, 4)
shares = np.bincount(codes.ravel(), minlength=4) / codes.size
print("shares of the codes 0 to 3:", shares.round(3))
print("entropy:", round(datasets.entropy_bits(shares), 3), "of 2 bits")

# %% [markdown]
# ### Exercise: the factor for 3 bits
#
# What is γ for 3 bits?

# %%
answer = ...
course.check("factor", answer)

# %%
course.hint("factor")

# %%
course.solution("factor")

# %% [markdown]
# ### Exercise: codes by hand
#
# A channel has the weights −1.2, 1.7, −3 and 0.1, and gets 2 bits. Which codes, 0 to 3, do they get
# with N2UQ's scale? Give them as a list, in this order.

# %%
answer = ...
course.check("weight_codes", answer)

# %%
course.hint("weight_codes")

# %%
course.solution("weight_codes")

# %% [markdown]
# ## 2. Nearly even
#
# The figure shows the same for one set of weights: with the largest weight as the scale, and with
# N2UQ's.

# %%
course.show_figure("weight_occupancy")

# %% [markdown]
# How evenly are codes used, for two shapes of weights and 1 to 4 bits? A bell curve has few weights
# far out; the Laplace distribution has more of them, and more near zero.

# %%
rng = np.random.default_rng(1)
entropy = {}
for shape, some in (("Gaussian", rng.normal(size=10**6)), ("Laplace", rng.laplace(size=10**6))):
    for bits in (1, 2, 3, 4):
        codes = weights.weight_codes(some[None], 2**bits)
        entropy[shape, bits] = datasets.entropy_bits(np.bincount(codes.ravel()) / codes.size)
    print(f"{shape:9}", [round(entropy[shape, bits], 3) for bits in (1, 2, 3, 4)], "bits")

# %% [markdown]
# So "preserving" means nearly. What a channel's codes can tell is a little less than its bits.

# %% [markdown]
# ## 3. The way back to the weights
#
# Rounding is flat again, so something has to stand in for its slope. The chain rule with a straight
# line in place of the rounding divides by $f$, clips, and multiplies by $f$ again. In the authors'
# published code the last factor is missing on the way back, and so is the gate of the clipping:
#
# $$\text{chain rule:}\quad \frac{\partial \ell}{\partial W} =
# \frac{\partial \ell}{\partial W_q}\,[\,|W| < f\,] \qquad\qquad
# \text{reference:}\quad \frac{\partial \ell}{\partial W} =
# \frac{\partial \ell}{\partial W_q} \cdot \frac{1}{f}$$
#
# The bracket is the gate: 1 where $|W| < f$, and 0 elsewhere. Both treat $f$ as a constant. In the
# explorer above, the lower panel draws both. Here are their values for a channel of which one
# weight is clipped, with 1 as every gradient from above:

# %%
channel = np.array([[-0.9, -0.1, 0.2, 0.3]])
for rule in weights.GRADIENTS:
    print(f"{rule:9}", weights.weight_gradient(channel, np.ones((1, 4)), 4, gradient=rule))

# %% [markdown]
# Which of the two differences does training feel? An optimizer such as Adam divides each step by
# the size of recent gradients, so a factor that stays the same hides: $1/f$ does. A gate does not
# hide, since it turns a gradient into 0 for some weights and not for others. Plain descent, SGD,
# hides neither: there $1/f$ multiplies the learning rate, in each channel by another number.
#
# ### Exercise: what the chain rule passes back
#
# Complete the function: for one weight, the gradient from above and the channel's scale, all
# numbers, it returns what the chain rule passes back to the weight.


# %%
def chain_rule(w, upstream, scale):
    return ...


course.check("chain_rule", chain_rule)

# %%
course.hint("chain_rule")

# %%
course.solution("chain_rule")

# %% [markdown]
# ## 4. Both quantized
#
# Now the nets for the digits are trained with weights *and* activations of 1 to 4 bits, all but the
# first and the last layer, ten seeds each. The table has their mean accuracies on the test data,
# and in brackets how many runs ended: in some of LSQ's the loss went beyond all bounds. It comes
# from stored runs; `n2uq-viz sweep --tasks digits` trains them again.

# %%
results = datasets.stored_results()
both = [r for r in results if r.task == "digits" and r.weight_bits == r.activation_bits]
methods = ("ste", "lsq", "gste")
print("bits  ", "  ".join(f"{method:>13}" for method in methods))
for bits in (1, 2, 3, 4):
    row = []
    for method in methods:
        scores = [r.score for r in both if (r.weight_bits, r.method) == (bits, method)]
        ended = [score for score in scores if np.isfinite(score)]
        row.append(f"{np.mean(ended):.2f} ({len(ended)})" if ended else "–")
    print(f"{bits}     ", "  ".join(f"{cell:>13}" for cell in row))

# %% [markdown]
# Before you read an order into these means: compare them seed by seed, as in the last notebook. In
# words, for 2 bits (W2A2: weights 2, activations 2):

# %%
two = [r for r in both if r.weight_bits == 2]
ahead = [comparison.compare(two, other, "gste") for other in ("ste", "lsq")]
Markdown("- " + comparison.conclusion(*ahead).replace(". ", ".\n- "))

# %% [markdown]
# ## 5. Whole numbers
#
# What are even levels good for? Say the activation's output is its code $m$ times one step, and the
# weight is $2k - L$ times $f/L$. Then all of these factors can be taken out of a sum, and what is
# left are whole numbers:
#
# $$\sum_j W_j\,x_j = \frac{f}{L}\,s_2 D \cdot \underbrace{\sum_j (2k_j - L)\,m_j}_{\text{a whole
# number}}$$
#
# What follows, scale, batch normalization and the comparison with the thresholds, never falls or
# never rises as that sum grows. So each threshold can be moved back to the sum: below some whole
# number the code is lower, from there on it is higher. Such a net needs no floats between its first
# layer and its last. Here is a trained one, with weights and activations of 2 bits:

# %%
from n2uq_viz import integer
from n2uq_viz.training.tasks import load_task

stored = datasets.stored_integer_net()
net, test = stored.net, load_task("digits").test
codes = net.stem_codes(test.x)
start = perf_counter()
whole = net.run(codes)
seconds = perf_counter() - start
right = int((whole.classes == test.y).sum())
print(f"{right} of {len(test.y)} right, {1000 * seconds:.0f} ms for all")
print("the first sums of image 0:", whole.accumulators[0][0, 0, 0])
print("their thresholds:         ", net.layers[0].thresholds[0])
print("and so their codes:       ", whole.codes[1][0, 0, 0])

# %% [markdown]
# ### What "equal" means
#
# Equal to what? Floats are added up in some order and rounded each time, so a float net may differ
# from itself in the last digits when the batch size changes. So the whole numbers are compared with
# a *simulation* that convolves the same whole numbers as floats. That is exact as long as no sum
# leaves the range in which float32 holds every whole number, up to 2²⁴. With these sums the
# simulation takes the net's own next steps, in floats, in one fixed order.

# %%
found = integer.differences(whole, integer.simulate(net, codes))
print(f"differ: {sum(found.accumulators)} sums, {sum(found.codes)} codes, {found.classes} classes")

# %% [markdown]
# Not one number differs, on any image. Next to ordinary *fake quantization*, floats that take only
# the values of the levels, nothing is promised; here is what was found, for batches of all images
# and of one:

# %%
trained = integer.float_net(stored)
for one in integer.compare_floats(trained, net, test.x, test.y, [len(test.y), 1]):
    print(
        f"batches of {one.batch_size:3}: {sum(one.codes)} codes and {one.classes} classes differ; "
        f"nearest to a threshold: {min(one.distance):.1e}"
    )

# %% [markdown]
# ### Planes of bits
#
# A machine has instructions for 64 bits at once: *and*, and counting the ones. So take the codes of
# many weights apart into *planes*: $K_0$ holds the last bit of every code $k_j$, and $K_1$ the bit
# before it, which counts twice. $M_0$ and $M_1$ do the same for the activations' codes. Then sums
# of products need no multiplication ($\wedge$ is *and*, bit by bit):
#
# $$\sum_j (2k_j - L)\,m_j = 2\sum_j k_j m_j - L \sum_j m_j \qquad
# \sum_j k_j m_j = \sum_{p,\,q} 2^{p+q}\,\mathrm{ones}\left(K_p \wedge M_q\right)$$

# %%
planes = net.run(codes, integer.count_up)
same = integer.differences(whole, planes).none
print("the same sums, codes and classes from planes of bits:", same)

# %% [markdown]
# ### Exercise: a signed sum from codes
#
# Four weights of 2 bits have the codes $k$ = 0, 3, 2, 1, four activations the codes $m$ = 1, 0, 3,
# 2. What is $\sum (2k - 3)\,m$?

# %%
answer = ...
course.check("from_codes", answer)

# %%
course.hint("from_codes")

# %%
course.solution("from_codes")

# %% [markdown]
# ## 6. What other levels would cost
#
# Suppose the levels could be anywhere, where they fit the data best. Then a product of a weight and
# an activation is no product of whole numbers any more. It has to be computed in floats or looked
# up in a table; the figure counts one look-up for every product.

# %%
course.show_figure("integer_costs")

# %% [markdown]
# And is it worth that? Here the same nets, trained in floats, get levels by six methods:
#
# - even levels, and even levels with thresholds such that each is used equally often;
# - levels that are sums of two powers of two (in the manner of APoT, arXiv 1909.13144);
# - the free levels of least error (Lloyd–Max);
# - even levels of which the scales were trained on the loss afterwards, and the same with
#   thresholds as well (N2UQ).

# %%
course.show_figure("uniform_or_not")

# %% [markdown]
# Free levels have the least error, as they must. The nets that answer best are those in which
# something was trained on the loss: with 2 bits the scales alone do about as well as scales and
# thresholds. Training them gains more than free levels do, and keeps whole numbers.

# %%
after = datasets.stored_after()
mean = {
    method: np.mean([row.accuracy for row in after if (row.bits, row.method) == (2, method)])
    for method in ("uniform", "lloyd_max", "scales", "n2uq")
}
{method: round(float(value), 1) for method, value in mean.items()}

# %% [markdown]
# ## The claim, checked
#
# N2UQ's scale uses the codes nearly evenly; the net in whole numbers is exactly the simulated one;
# and on these tensors training even levels gains more than freeing them.

# %%
assert abs(entropy["Gaussian", 2] - 1.9837) < 0.002
assert entropy["Gaussian", 2] < 2
assert found.none
assert same
assert mean["n2uq"] > mean["lloyd_max"] > mean["uniform"]
print("Whole numbers, exactly: that is what even levels are for.")

# %% [markdown]
# ## What this does not show
#
# - **A small net on small images.** What free levels gain and cost depends on the net and on the
#   chip; the counts are those of products, not of seconds.
# - **Time in NumPy is no time on a chip.** Planes of bits pay where a machine has the instructions,
#   and where layers are large.
# - **Not everything is in whole numbers.** The first layer and the last one are floats here, as in
#   the paper. A sum of two branches, or an average, before a threshold would need a scale of its
#   own.
# - **The two rules for weights were not compared in training.** With Adam they differ by the gate
#   alone.
# - **The six methods were not trained alike.** Free levels could be trained on the loss as well.
#   What the figure shows is that error and accuracy are two things.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-06_weights_and_hardware.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# So far the straight-through estimator was the slope of one kind of coin. Other coins have other
# slopes. **Is the STE the only one?** That is the question of
# [The zoo of estimators, and its limits](07_the_zoo_and_its_limits.ipynb).

# %%
course.contents()
