# %% [markdown]
# # The zoo of estimators, and its limits
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Go from a noise to the slope that it implies, and back.
# - Say of a slope from a paper whether any noise stands behind it, and if not, why not.
# - Measure bias and noise of several estimators on one problem of which the true slope is known.
# - Say where the argument of this course ends.
#
# **Time:** about 60 minutes. **It builds on** [The mean of many coins](02_expectation.ipynb), where
# a threshold jitters, and on [Many levels](03_levels.ipynb).

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course
from n2uq_viz.explorers import SurrogateExplorer
from n2uq_viz.surrogates import TABLE

# %% [markdown]
# ## Guess first
#
# A *surrogate* is a slope that stands in for that of a staircase, which is 0. The clipped STE is
# one of many.

# %%
course.predict("no_noise")

# %% [markdown]
# ## 1. From noise to slope
#
# Put noise $\varepsilon$ on the input of a sign. The output is then up or down by chance, and its
# mean is smooth. Choose two surrogates below, or drag the input: the lowest panel of each column is
# the noise, the middle one the slope that it implies.

# %%
SurrogateExplorer("clipped_ste", "ede", x=0.2)

# %% [markdown]
# Why is the slope the density times 2? The output turns where $x + \varepsilon$ passes 0. If $x$
# rises by a little, the mean changes only by the noises right there, at $\varepsilon = -x$, and
# each of them makes the output rise by 2. With pdf for the density of the noise:
#
# $$\frac{d}{dx}\, E\left[\mathrm{sign}(x + \varepsilon)\right] = 2\,\mathrm{pdf}(-x)$$
#
# So every noise gives a slope. (Additive noise in general: Spallanzani et al., arXiv 2203.11323.)
# Here is the rule for the noise of EDE, whose parameter $t$ says how narrow it is, by throwing
# noise at two inputs close to each other:

# %%
ede = TABLE["ede"]
noise = ede.noise(np.random.default_rng(0), 1_000_000, t=2.0)
h, x = 0.05, 0.3
up, down = (np.where(x + d + noise > 0, 1, -1).mean() for d in (h, -h))
print(f"from throws: {(up - down) / (2 * h):.3f}")
print(f"2 · pdf(−x): {2 * ede.density(-x, t=2.0):.3f}")
print(f"EDE's slope: {ede.derivative(x, t=2.0):.3f}")

# %% [markdown]
# ### Exercise: the slope behind a noise
#
# The noise is spread evenly between −0.5 and 0.5. What is the slope of the mean of
# $\mathrm{sign}(x + \varepsilon)$ at $x = 0.2$, and what at $x = 0.7$? Give both as a list.

# %%
answer = ...
course.check("slope_of_noise", answer)

# %%
course.hint("slope_of_noise")

# %%
course.solution("slope_of_noise")

# %% [markdown]
# ## 2. From slope to noise
#
# Now the other way around. A slope $g(x)$ from a paper is that of some noise if $g(-e)/2$, as a
# function of the noise $e$, is a density: never below 0, and with the area 1. So two things can go
# amiss: $g$ falls below 0, or its area is not 2. The table asks every surrogate of this course
# (where there are several steps, each of them has a noise of its own: section 3):

# %%
for surrogate in TABLE.values():
    reason = surrogate.no_noise()
    laws = "" if reason else ", ".join(sorted({law.name for law in surrogate.laws()}))
    print(f"{surrogate.title:22} {'noise: ' + laws if laws else 'none. ' + reason}")
print(f"EDE with t = 0.5       none. {ede.no_noise(t=0.5)}")

# %% [markdown]
# And in one picture. Thin is the staircase, the line is the slope, and shaded is the noise where
# there is one:

# %%
course.show_figure("surrogates")

# %% [markdown]
# "None" does not mean "bad". It means that the sentence *the slope of a mean* does not say why it
# works. ReSTE, and EDE below $t = 1$, have too large an area, as if the step were higher: they
# change how strongly gradients pass, as a learning rate does. EWGS makes the slope depend on
# the sign of the gradient from above, and no noise on the input can know that.
#
# ### Exercise: the noise behind a slope
#
# ApproxSign passes back $2 - 2|x|$ between −1 and 1, and 0 outside. Complete the function: the
# density of the noise behind it, at a noise `e`.


# %%
def implied_noise(e):
    return ...


course.check("implied_noise", implied_noise)

# %%
course.hint("implied_noise")

# %%
course.solution("implied_noise")

# %% [markdown]
# ### Exercise: how wide may it be?
#
# Somebody passes back the slope 3 between $-c$ and $c$, and 0 outside, for a step from −1 to 1. For
# which $c$ is it the slope of a mean?

# %%
answer = ...
course.check("how_wide", answer)

# %%
course.hint("how_wide")

# %%
course.solution("how_wide")

# %% [markdown]
# ## 3. More than two levels
#
# With many levels each threshold may have a noise of its own. G-STE's are uniform and as wide as
# their segments, so that they tile the range without a gap. DSQ has a logistic noise in every step,
# cut off at the ends of its segment (*truncated*). Both are below, for four levels. Try LSQ and
# PACT from the menus: they learn where the range ends, and inside of it their slope for $x$ is
# plain STE's.

# %%
SurrogateExplorer("gste", "dsq", x=0.7)

# %%
inputs = np.linspace(-0.5, 2.5, 7)
rng = np.random.default_rng(1)
throws = np.mean([TABLE["gste"].sample(inputs, rng) for _ in range(20_000)], axis=0)
print("means of throws:", throws.round(2))
print("G-STE's curve:  ", TABLE["gste"].smooth(inputs).round(2))

# %% [markdown]
# ## 4. One problem, one truth
#
# Which of them is best? Take a problem small enough that the truth is known. A coin $\tilde Q$
# shows 1 with the chance $(1 + x)/2$ and −1 otherwise, and something follows: $f(\tilde Q)$. Then
#
# $$\frac{d}{dx}\, E[f(\tilde Q)] = \frac{f(1) - f(-1)}{2} \quad\text{between −1 and 1}$$
#
# Four estimators are asked at $x = 0.3$ for $f = \exp$, each with the same 200,000 coins. The STE
# takes $f'$ at the output without coins; the sampled STE at the output of the coin; the score
# function needs no $f'$ at all (it measures $f$ from the middle of its two values, as in
# [02](02_expectation.ipynb)); and common random numbers look at two inputs with the same coin.

# %%
x, draws, h = 0.3, 200_000, 0.05
f = df = np.exp
u = np.random.default_rng(2).random(draws)
q = np.where(u < (1 + x) / 2, 1.0, -1.0)
up, down = (np.where(u < (1 + x + d) / 2, 1.0, -1.0) for d in (h, -h))

truth = (f(1) - f(-1)) / 2
estimates = {
    "STE": np.full(draws, df(1.0)),
    "sampled STE": df(q),
    "score function": (f(q) - (f(1) + f(-1)) / 2) * np.where(q > 0, 1 / (1 + x), -1 / (1 - x)),
    "common random numbers": (f(up) - f(down)) / (2 * h),
}
bias = {name: each.mean() - truth for name, each in estimates.items()}
spread = {name: each.std() for name, each in estimates.items()}
for name in estimates:
    print(f"{name:22} bias {bias[name]:+.3f}, one draw is off by {spread[name]:.3f}")

# %% [markdown]
# The two STEs are biased, and more draws do not mend that. The other two are right on average, and
# their single draws are wilder. What counts in training is both: with $N$ draws the mean squared
# error is $\mathrm{bias}^2 + \mathrm{variance}/N$.

# %%
for count in (1, 10, 100, 1000):
    error = {name: bias[name] ** 2 + spread[name] ** 2 / count for name in estimates}
    best = min(error, key=error.get)
    print(f"{count:5} draws: " + ", ".join(f"{n} {e:.3f}" for n, e in error.items()), "→", best)

# %% [markdown]
# In this problem the score function is best from the first draw on. Is that a rule? Ask for the
# slope of the mean itself, $f(y) = y$, and move the input close to an edge, where the coin is
# nearly sure. The numbers are for one draw; the true slope is 1 at all four inputs:

# %%
for place in (0.0, 0.5, 0.9, 0.99):
    score = nv.simulate_gradient(
        nv.Quantizer.binary(), place, 100_000, seed=3, method="score_function"
    )
    common = nv.simulate_gradient(
        nv.Quantizer.binary(), place, 100_000, seed=3, half_width=min(0.1, (1 - place) / 2)
    )
    off = {n: float(e.standard_error) * 100_000**0.5 for n, e in (("s", score), ("c", common))}
    print(f"x = {place:4}: score function off by {off['s']:5.2f}, common numbers {off['c']:5.2f}")

# %% [markdown]
# In the middle the score function is never off. The closer to the edge, the more it is off; near
# the edge so are common random numbers, whose two inputs have to stay closer together there. And
# the STE, the most biased of the four for $\exp$, is exact here at every input, without any draw.
# So there is no order among them that holds everywhere.
#
# The figure shows $\exp$ again, at all inputs: the true slope, and what stands in for it.

# %%
course.show_figure("bias_of_ste")

# %% [markdown]
# ### Exercise: a bias by hand
#
# Now $f(y) = y^2$ follows the coin, and $x = 0.3$. What is the true slope of $E[f(\tilde Q)]$, and
# what does the STE say, with $f'$ at the output $Q(0.3) = 1$? Give both as a list.

# %%
answer = ...
course.check("bias_by_hand", answer)

# %%
course.hint("bias_by_hand")

# %%
course.solution("bias_by_hand")

# %% [markdown]
# ## 5. Where the argument ends
#
# "The STE is the slope of a mean" is exact for one quantizer and one number. These are its limits,
# and the notebooks that show them:
#
# 1. **A mean does not pass through a curve.** $E[f(Q)] \neq f(E[Q])$, so with something bent behind
#    the quantizer the straight-through gradient is biased ([02](02_expectation.ipynb)).
# 2. **The network is another one.** It runs with the staircase, and the slope is that of a version
#    with coins. Each output differs from its mean by up to half a step.
# 3. **It is one smoothing.** Another noise gives another slope for the same staircase: this
#    notebook.
# 4. **Outside the outer edges** the coin is sure and the slope is 0. A slope that goes on there, as
#    identity STE's does, is not covered.
# 5. **Squared error wants even thresholds.** With even levels the thresholds of least error lie
#    midway between them. Others pay through the loss of a task ([08](08_your_own_tensors.ipynb)).
# 6. **Descent ends elsewhere.** Following G-STE does not lead to the best thresholds of the
#    staircase ([04](04_learnable_thresholds.ipynb)).
# 7. **A gain has several causes.** Most of what is won over STE in a fixed range may be the learned
#    range ([05](05_train_a_toy_net.ipynb)).
#
# What is known about why the STE works in spite of all this: Yin et al., ICLR 2019, arXiv
# 1903.05662; Shekhovtsov and Yanush, arXiv 2006.06880; Spallanzani et al., arXiv 2203.11323.

# %% [markdown]
# ## The claim, checked
#
# Noise implies a slope; some slopes are implied by none; and no estimator is the best everywhere.

# %%
grid = np.linspace(-3, 3, 6001)
for name, surrogate in TABLE.items():
    if surrogate.no_noise() is None and surrogate.staircase()[0].size == 1:
        slope, density = surrogate.derivative(grid), surrogate.density(-grid)
        kinks = np.abs(grid[:, None] - surrogate.kinks()).min(axis=1) < 1e-9
        assert np.allclose(slope[~kinks], 2 * density[~kinks]), name
assert TABLE["swish_sign"].derivative(1.0) < 0
assert abs(bias["score function"]) < 0.01 < bias["sampled STE"] < bias["STE"]
assert spread["STE"] == 0 < spread["score function"]
print("A noise has a slope. A slope need not have a noise.")

# %% [markdown]
# ## What this does not show
#
# - **Which trains best.** Bias and noise at one input of one small problem are not the accuracy of
#   a network, where errors of many units add up or cancel.
# - **All of the zoo.** Papers have more surrogates than the twelve here, and most of them change
#   with the epochs of a training, which a picture of one slope does not show.
# - **Noise that is really there.** Some nets are run with coins, too. Then the slope is that of the
#   net itself, and point 2 of the limits falls away.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-07_the_zoo_and_its_limits.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# Enough of curves. **What about my network?** Bring its tensors:
# [Your own tensors](08_your_own_tensors.ipynb).

# %%
course.contents()
