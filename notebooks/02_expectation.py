# %% [markdown]
# # The mean of many coins
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Say how far the mean of $N$ throws is off, and where it is noisiest.
# - See a coin as a sharp step whose threshold jitters, and read the STE off the jitter.
# - Estimate a slope from coins alone in two ways, and say what makes each of them noisy.
# - Say what a p-value tests, and which of two such tests is honest.
# - Say when the STE is exact, and by how much it is off when it is not.
#
# **Time:** about 60 minutes. **It builds on**
# [One step and the straight-through estimator](01_binary_and_ste.ipynb): the coin, its mean, the
# clipped STE and the p-value.

# %%
import numpy as np
from scipy.stats import chi2

import n2uq_viz as nv
from n2uq_viz import course
from n2uq_viz.explorers import BinaryExplorer, CoinFlipExplorer
from n2uq_viz.explorers import SurrogateExplorer, ThresholdExplorer

# %% [markdown]
# ## Guess first
#
# The last notebook ended with a claim: the STE is the slope of the mean of a coin. **Why does the
# trick work**, then, and how far? First look at the mean itself:

# %%
course.predict("noisiest")

# %% [markdown]
# ## 1. A mean settles
#
# Here is the coin of the last notebook, at three inputs. Throw 10 coins, then 100, or press
# *Play*. On the upper right you see the three means settle, on the lower right how far they are
# still off. Both axes there are logarithmic. Drag one of the inputs to 0.95, and another one
# beyond 1.

# %%
sign = nv.Quantizer.binary()
coin_flips = CoinFlipExplorer(sign, points=[-0.6, 0.0, 0.8], thrown=30, view=[-1.3, 1.3])
coin_flips

# %% [markdown]
# One throw $\tilde{Q}(x)$ shows +1 with the chance $p = (x + 1)/2$ and −1 otherwise; its mean is
# $E[\tilde{Q}(x)] = 2p - 1 = x$ for $x$ between −1 and 1. Its *variance*, the mean squared distance
# from that mean, and the typical error of a mean of $N$ throws, the *standard error*, are
#
# $$\mathrm{Var}\,\tilde{Q}(x) = 4p(1 - p) = 1 - x^2
# \qquad\qquad
# \text{standard error} = \sqrt{\frac{1 - x^2}{N}}$$
#
# The coin is noisiest at $x = 0$, where it is fair. At −1 and 1 it always shows the same side. And
# since $\log \sqrt{1/N} = -\frac{1}{2} \log N$, the error falls on log axes along a line of slope
# −1/2. Here are 400 means at $x = 0.6$, and the root of the mean of their squared errors (RMS):

# %%
same = np.full(400, 0.6)
stops = [10, 100, 1000, 10_000, 100_000]
running = nv.montecarlo.simulate_running(sign, same, stops, seed=0)

rms = np.array([np.sqrt(np.mean((mc.mean - 0.6) ** 2)) for mc in running])
for draws, error in zip(stops, rms, strict=True):
    print(f"{draws:6} throws: RMS error {error:.4f}, formula {np.sqrt(0.64 / draws):.4f}")
decay = np.polyfit(np.log10(stops), np.log10(rms), 1)[0]
print(f"slope on log axes: {decay:.2f}")

# %% [markdown]
# A hundred times as many throws make the error ten times smaller. That is slow, and it is all that
# throwing can do. But there is no floor: the coins aim at the right place from the first throw.

# %%
course.show_figure("convergence", coin_flips.state)

# %% [markdown]
# ### Exercise: half as noisy
#
# Nothing but the input changes: at which $x$ is the standard error half of what it is at $x = 0$,
# for the same number of throws? One such $x$ is enough. Work it out on paper.

# %%
answer = ...
course.check("half_as_noisy", answer)

# %%
course.hint("half_as_noisy")

# %%
course.solution("half_as_noisy")

# %% [markdown]
# ## 2. The mean at every input
#
# Now do this at many inputs at once. On the right, single throws are piled up beyond their level,
# dots are means of 100 throws, and the band says where 95 % of such means should fall. (How the
# dots at the lower right are made, is the matter of section 4.) It is about two standard errors
# wide on either side of $\mathrm{clip}(x, -1, 1)$: widest in the middle, and closed at the edges.

# %%
course.show_figure("figure2_binary")

# %%
grid = np.linspace(-1.5, 1.5, 301)
inside = np.abs(grid) < 1
for draws in (100, 10_000):
    coins = nv.simulate(sign, grid, draws, seed=0)
    low, high = nv.montecarlo.null_band(sign, grid, draws)
    share = np.mean((low <= coins.mean) & (coins.mean <= high), where=inside)
    width = (high - low).max()
    print(f"{draws:6} throws: band {width:.3f} wide at x = 0, {100 * share:.0f} % of means in it")

# %% [markdown]
# Below the mean, in the same figure, is its slope: the clipped STE. **That is what the trick is.**
# The step has no slope to follow, but the mean of coins has one, and the STE passes on exactly
# that. The rest of this notebook asks where the box comes from, whether coins can find it without a
# formula, and, in section 6, whether it is still right once something follows the step.

# %% [markdown]
# ## 3. A coin is a threshold that jitters
#
# A coin seems to be another thing than a step. It is not. Let the step stay sharp, and let its
# *threshold* jump to a new place before every throw. In the left column below the step is at 0 at
# the top, the lowest panel says how the place jumps (all places between −1 and 1 equally often),
# and the smooth curve at the top is the mean. The middle panel is the slope of that mean. Drag the
# input, then look at the right column: jumps that stay closer to 0 make another curve and another
# slope. (The menus hold more of them, which are for a later notebook.)

# %%
SurrogateExplorer("clipped_ste", "approx_sign", x=0.2)

# %% [markdown]
# Try it with coins. Each of the 10,000 rows has a threshold of its own, and in each row all inputs
# meet the same one:

# %%
few = np.array([-1.5, -0.9, -0.3, 0.0, 0.6, 0.9, 1.5])
thresholds = np.random.default_rng(0).uniform(-1, 1, size=(10_000, 1))
jittered = np.where(few > thresholds, 1, -1).mean(axis=0)

print("input          ", *(f"{x:6.2f}" for x in few))
print("sharp steps    ", *(f"{mean:6.2f}" for mean in jittered))
print("clip(x, -1, 1) ", *(f"{mean:6.2f}" for mean in sign.expectation(few)))

# %% [markdown]
# It is not only the same mean, it is the same coin. A coin shows +1 where a random number $u$,
# uniform between 0 and 1, lies below $p = (x + 1)/2$. And $u < (x + 1)/2$ says the same as
# $x > 2u - 1$, where $t = 2u - 1$ is uniform between −1 and 1:

# %%
u = (thresholds + 1) / 2
print("the same throw in every row:", np.array_equal(u < (few + 1) / 2, few > thresholds))

# %% [markdown]
# Let $w(t)$ be the density of the threshold: here a box, $1/2$ between −1 and 1, and 0 outside. The
# mean adds up the sharp steps $Q(x - t)$ for all places $t$, each with its weight. Such a sum is
# called a *convolution*, a sliding average of $Q$:
#
# $$E[\tilde{Q}(x)] = \int Q(x - t)\, w(t)\, dt
# \qquad\qquad
# \frac{d}{dx}\,E[\tilde{Q}(x)] = 2\, w(x)$$
#
# The slope follows because moving $x$ by a little makes a difference only if the threshold lies
# right there, and then the output rises by 2, the height of the step. **So the STE is the density
# of the jitter times the height of the step.** Its box is that box, and the range gate is where the
# box ends.

# %%
fine = np.linspace(-3, 3, 6001)
box = np.where(np.abs(fine) < 1, 0.5, 0.0)
step = fine[1] - fine[0]
smooth = np.convolve(sign(fine), box, mode="same") * step

middle = np.abs(fine) < 1.9  # farther out the window has no data on one side
off = np.abs(smooth - sign.expectation(fine))[middle].max()
print(f"step, averaged by a box of width 2: at most {off:.4f} from clip(x, -1, 1)")
some = slice(1800, 4201, 400)
print("input:                           ", fine[some].round(1))
print("slope of the average:            ", (np.gradient(smooth, step)[some]).round(1))
print("height of the step times density:", 2 * box[some])

# %% [markdown]
# ### Exercise: the mean of a jittering step
#
# A step from −1 to +1 has a threshold that is uniform over an interval of width `width` with its
# middle at `threshold`. Complete the function: the mean of the output at `x`, for any three numbers
# (`width` is above 0). Derive it from the chance that $x$ lies above the threshold.


# %%
def jitter_mean(x, threshold, width):
    return ...


course.check("jitter_mean", jitter_mean)

# %%
course.hint("jitter_mean")

# %%
course.solution("jitter_mean")

# %% [markdown]
# ## 4. A slope from coins alone
#
# Suppose that you do not know the formula for the mean and can only throw. There are two ways to
# its slope, and this section explains both. Look first: each dot in the lower panel is the mean of
# 1000 estimates, and the line is the clipped STE (labeled *G-STE*, which is the same for one step).
# Set *Gradient dots* to *score function* and back, and set *Half-width*, the $h$ of the first way,
# to 0.02 and to 0.5. Where is the cloud of dots tight, and where not?

# %%
estimates = ThresholdExplorer(
    sign,
    view=[-1.3, 1.3],
    draws=1000,
    half_width=0.1,
    hidden=["ste", "histogram", "monte_carlo", "band", "deterministic"],
)
estimates

# %% [markdown]
# **Common random numbers.** Throw at $x + h$ and at $x - h$ with the *same* random number, so with
# the same threshold $t$, and divide the difference by $2h$. The two outputs differ only if $t$ lies
# between them. Of all places for $t$, a length 2, that is a length $2h$: the chance is $h$, and
# then the estimate is $2/2h = 1/h$. In all other cases it is 0:
#
# $$\text{mean: } h \cdot \frac{1}{h} = 1 \qquad\qquad
# \text{variance: } h \cdot \frac{1}{h^2} - 1^2 = \frac{1}{h} - 1$$
#
# It does not depend on $x$, as long as $x - h$ and $x + h$ both lie between the edges.
#
# **Score function.** Throw at $x$ alone. Write $P(q; x)$ for the chance that the coin shows $q$, so
# $P(\pm 1; x) = (1 \pm x)/2$. The mean is a sum over both sides, and so is its slope. In the second
# step each term is multiplied and divided by its chance, and that turns the sum into a mean that
# can be thrown:
#
# $$\frac{d}{dx} \sum_q q\, P(q; x) = \sum_q q\, \frac{dP(q; x)}{dx}
# = \sum_q P(q; x) \cdot q\, \frac{d \log P(q; x)}{dx}
# = E\left[ \tilde{Q}\, \frac{d \log P(\tilde{Q}; x)}{dx} \right]$$
#
# The derivative of $\log P$ is called the *score*. It is large for a side that rarely comes up.

# %% [markdown]
# ### Exercise: write the score-function estimate
#
# Complete the function. It takes an input `x` between −1 and 1 and what one throw of the coin
# showed, 1 or −1, and returns the estimate of the slope from this one throw. Compute the derivative
# of $\log P$ by hand.


# %%
def score_slope(x, coin):
    return ...


course.check("score_slope", score_slope)

# %%
course.hint("score_slope")

# %%
course.solution("score_slope")

# %% [markdown]
# The score-function estimate is $1/(1 + x)$ or $1/(1 - x)$, with the chances $(1 \pm x)/2$. So its
# mean square is $\frac{1}{2} \left( \frac{1}{1 + x} + \frac{1}{1 - x} \right) = \frac{1}{1 - x^2}$,
# and its variance is $\frac{1}{1 - x^2} - 1$: none at all in the middle, where both sides are
# equally likely and every throw says 1, and more than any number at the edges, where one side
# hardly ever comes up and then counts enormously. Here are both, for one estimate, by the formula
# (`variance` needs no throw, and nor does `target`, the mean that an estimate aims at):

# %%
places = [0.0, 0.5, 0.9, 0.99]
score = nv.simulate_gradient(sign, places, 1, method="score_function")
print("variance of one estimate at x =   ", *(f"{x:6g}" for x in places))
print("score function                    ", *(f"{v:6.2f}" for v in score.variance))
for h in (0.1, 0.01):
    common = nv.simulate_gradient(sign, places, 1, half_width=h)
    print(f"common random numbers, h = {h:<4}    ", *(f"{v:6.2f}" for v in common.variance))
    print(f"  what they aim at, h = {h:<4}       ", *(f"{v:6.2f}" for v in common.target))

# %% [markdown]
# With $h = 0.1$ common random numbers have the variance 9 wherever both sides stay inside. At 0.99
# they reach across the edge: that looks quieter, but it aims at 0.55 instead of 1, a mixture of the
# slopes on both sides of the edge. A small $h$ brings the right aim back, and 99 as the variance.
# So for this coin the score function is the quieter one wherever both aim at the slope: there
# $1 - x^2$ is above $h$.
#
# But it is not quiet by nature. It owes that to the levels, −1 and 1, whose middle is 0. Shift both
# levels of the coin by 10. The slope of the mean stays, and so does the mean of the estimate, since
# the scores average to 0. Its noise does not. At $x = 0$ it takes two very different values now:

# %%
q, score_of_q = np.array([11, 9]), np.array([1, -1])
raw = q * score_of_q
print(f"estimates {raw}, each with chance 1/2: mean {raw.mean():g}, variance {raw.var():g}")

# %% [markdown]
# **So there is no general order of the two.** (The package measures the output from the middle of
# the two levels, whatever they are.) And none of this noise is in the STE: it has the formula, 1
# between the edges and 0 outside. It costs no throw and is what both clouds scatter around.

# %%
course.show_figure("gradient_estimates", estimates.state)

# %%
draws = 10_000
common = nv.simulate_gradient(sign, places[:3], draws, seed=0, half_width=0.1)
score = nv.simulate_gradient(sign, places[:3], draws, seed=0, method="score_function")
print("input                 ", *(f"{x:6g}" for x in places[:3]))
for name, found in (("common random numbers", common), ("score function       ", score)):
    print(name, "", *(f"{m:6.3f}" for m in found.mean))
    noise = np.sqrt(found.variance / draws)
    print("   its standard error ", *(f"{e:6.3f}" for e in noise))
print("clipped STE           ", *(f"{m:6.3f}" for m in sign.gradient(places[:3])))

# %% [markdown]
# All are within three standard errors of 1. (0.918 is chance, and not the edge: at 0.9 both sides
# are still inside.)
#
# ### Exercise: find the bug
#
# This function should estimate the slope by common random numbers with $h = 0.1$ and 1000 throws.
# One such estimate has the standard error $\sqrt{9/1000} = 0.095$. The mean of its results is
# right, but look at how much they scatter:


# %%
def buggy(x, rng):
    h, draws = 0.1, 1000
    right = np.where(rng.random(draws) < (x + h + 1) / 2, 1, -1)
    left = np.where(rng.random(draws) < (x - h + 1) / 2, 1, -1)
    return np.mean(right - left) / (2 * h)


rng = np.random.default_rng(0)
results = np.array([buggy(0.2, rng) for _ in range(400)])
print(f"mean {results.mean():.2f}, standard deviation {results.std():.3f}")

# %% [markdown]
# Copy the function into the next cell, in place of the line with the three dots. Call it
# `shared_coins` and mend it. It still takes `x` and the generator `rng`.

# %%
shared_coins = ...
course.check("shared_coins", shared_coins)

# %%
course.hint("shared_coins")

# %%
course.solution("shared_coins")

# %% [markdown]
# ## 5. A test that can fail, and one that fails too often
#
# In the last notebook a p-value judged whether a curve is the mean of the coins. Here only 50 coins
# are thrown for each dot, and the curve is the true one. Press *Throw again* a dozen times and read
# **p** at the side. It jumps all over the place between 0 and 1, and it should: if the curve is
# true, a p-value is below 0.5 in half of all cases, and below 0.05 in 5 % of them.

# %%
ThresholdExplorer(
    sign,
    view=[-1.3, 1.3],
    draws=50,
    hidden=["gste", "ste", "monte_carlo_gradient", "histogram", "deterministic"],
)

# %% [markdown]
# What is tested is one sentence: *the curve is the mean of the coins*. If it is, the curve itself
# says how the coins fall at every input. Where it is at $m$, the coin shows +1 with the chance
# $p = (m + 1)/2$, so the number of +1 among $N$ throws has a known law, with the standard error
# $\sqrt{4p(1 - p)/N}$. `agreement` measures the distance of every dot in this unit, and asks how
# often chance alone brings such distances together: the sum of their squares follows the
# *chi-square* law, `chi2` below.
#
# A tempting short cut takes the standard error from the throws instead, from the share of +1 that
# was seen. But that share is noisy too, and where it is too near 0 or 1 it makes the unit too
# small and the distance too large. So it raises false alarms. A test at 5 % should give 5 % of
# them:

# %%
inputs = np.linspace(-0.95, 0.95, 39)
for draws in (50, 200):
    from_curve, from_throws = [], []
    for seed in range(1000):
        mc = nv.simulate(sign, inputs, draws, seed=seed, method="counts")
        from_curve.append(nv.agreement(mc, inputs).p_value)
        known = mc.standard_error > 0
        z = (mc.mean - inputs)[known] / mc.standard_error[known]
        from_throws.append(chi2.sf(np.sum(z**2), known.sum()))  # the p-value of all distances z
    false_alarms = [100 * np.mean(np.array(p) < 0.05) for p in (from_curve, from_throws)]
    print(
        f"{draws:3} throws: errors from the curve {false_alarms[0]:4.1f} % false alarms, "
        f"from the throws {false_alarms[1]:4.1f} %"
    )

# %% [markdown]
# And it must be able to fail. Here the curve is too flat by 2 %, which no eye would see:

# %%
flat = []
for draws in (100, 1000, 10_000, 100_000):
    mc = nv.simulate(sign, inputs, draws, seed=0, method="counts")
    flat.append(nv.agreement(mc, 0.98 * inputs).p_value)
    print(f"{draws:6} throws: p-value {flat[-1]:.2g} for 0.98 x")

# %% [markdown]
# A p-value that is not small is no proof. It says that so many throws see no difference. With more
# of them even this curve is refused.

# %% [markdown]
# ## 6. What comes after the coin
#
# So far nothing followed the coin. In a network a function $f$ does, and you want the slope of the
# mean of $f(\tilde{Q})$. With coins in the forward pass, the *sampled* straight-through estimate is
# $f'(\tilde{Q})$ times the slope 1 of the mean. If $f$ is a straight line, $f(y) = c\,y + d$ (the
# word for that is *affine*), both are the same:
#
# $$E[f(\tilde{Q})] = c\,E[\tilde{Q}] + d = c\,x + d
# \qquad\Rightarrow\qquad
# \frac{d}{dx}\,E[f(\tilde{Q})] = c = f'(\tilde{Q})$$
#
# **If what follows is affine, the straight-through estimate is exact in the mean**, and here even
# throw by throw. With several coins it is enough to be affine in each of them, the others held. For
# example $f = \tilde{Q}_1 \tilde{Q}_2$, two coins that are thrown separately. The true slope for
# the first is $x_2$. What is passed back to it is $\tilde{Q}_2$, which is +1 or −1. So no single
# throw is right, but their mean is:

# %%
x_1, x_2 = 0.3, -0.5
second = sign.sample(np.full(100_000, x_2), np.random.default_rng(0))
print(f"passed back to coin 1: {second.mean():.3f} on average; slope of the mean x_1 x_2: {x_2}")

# %% [markdown]
# And if $f$ bends?

# %%
course.predict("behind_exp")

# %% [markdown]
# The function is asked at −1 and at 1 and nowhere else, since the coin shows nothing else. So the
# mean lies on the straight line between these two values, the *chord*, and not on the curve:
#
# $$E[f(\tilde{Q})] = \frac{1 + x}{2} f(1) + \frac{1 - x}{2} f(-1) \ \ne\ f(E[\tilde{Q}])
# \qquad\qquad
# \frac{d}{dx}\,E[f(\tilde{Q})] = \frac{f(1) - f(-1)}{2}$$
#
# The STE knows nothing of the chord. It asks for the slope of $f$ where the output happens to be,
# which is a tangent. Drag the input here, then run the cell below it again:

# %%
probe = BinaryExplorer(x=0.3, hidden=["band"])
probe

# %%
course.show_figure("bias_of_ste", probe.state)

# %% [markdown]
# Here are the four numbers at $x = 0.3$, one cell for each: what is true, and three that are not,
# the first two also by a million throws. **True** is the slope of the chord; the throws are by
# common random numbers:

# %%
place, h = 0.3, 0.1
true_slope = (np.exp(1) - np.exp(-1)) / 2
u = np.random.default_rng(0).random(1_000_000)
left, at, right = (np.where(u < (x + 1) / 2, 1, -1) for x in (place - h, place, place + h))
thrown = np.mean((np.exp(right) - np.exp(left)) / (2 * h))
print(f"slope of the mean of exp: {true_slope:.3f}, by throws {thrown:.3f}")

# %% [markdown]
# **Sampled STE.** A coin in the forward pass, and $f'$ of what it showed on the way back. (The
# exponential function is its own derivative.) On average:

# %%
p = (place + 1) / 2
sampled = p * np.exp(1) + (1 - p) * np.exp(-1)
print(f"mean of the sampled STE:  {sampled:.3f}, by throws {np.exp(at).mean():.3f}")

# %% [markdown]
# **Deterministic STE.** No coin: the output is $\mathrm{sign}(0.3) = 1$. This is what most networks
# do:

# %%
deterministic = np.exp(sign(place))
print(f"deterministic STE:        {deterministic:.3f}")

# %% [markdown]
# **Slope at the mean.** As if the mean, 0.3, ran through $f$. Nothing in the network does:

# %%
of_mean = np.exp(sign.expectation(place))
print(f"slope of exp at the mean: {of_mean:.3f}")

# %% [markdown]
# The sampled STE is too large by 61 %, the deterministic one by 131 %, and no number of throws
# mends that: it is not noise but *bias*. How large it is depends on how much $f$ bends between the
# two levels. For an affine $f$ all four numbers are the same.

# %%
print(f"too large by {100 * (sampled / true_slope - 1):.0f} % and", end=" ")
print(f"{100 * (deterministic / true_slope - 1):.0f} %")

# %% [markdown]
# ### Exercise: behind a squared error
#
# A loss that every network knows: $f(y) = (y - 0.5)^2$ behind the coin, at $x = 0.3$. Derive three
# numbers and give them as a list: the true slope of $E[f(\tilde{Q})]$, the mean of the sampled STE,
# and the deterministic STE.

# %%
answer = ...
course.check("squared_loss", answer)

# %%
course.hint("squared_loss")

# %%
course.solution("squared_loss")

# %% [markdown]
# ## The claim, checked
#
# The error of a mean falls as $1/\sqrt{N}$; a coin is a step with a jittering threshold; both
# estimates from coins scatter around the STE, each with its own noise; the honest test gives as
# many false alarms as it says; and behind a bend the STE is biased.

# %%
assert abs(decay + 0.5) < 0.03
assert sign.variance(grid).argmax() == np.abs(grid).argmin()

assert np.array_equal(u < (place + 1) / 2, place > 2 * u - 1)
assert np.abs(jittered - sign.expectation(few)).max() < 0.05
assert off < 0.001

for estimate in (common, score):
    noise = np.sqrt(estimate.variance / estimate.draws)
    assert np.all(np.abs(estimate.mean - sign.gradient(places[:3])) <= 5 * noise)
assert np.allclose(common.variance, 9)
assert np.allclose(score.variance, [0, 1 / 3, 0.81 / 0.19])

assert false_alarms[0] < 8 < false_alarms[1]
assert flat[0] > 0.001 > flat[-1]

four = [true_slope, sampled, deterministic, of_mean]
assert np.round(four, 3).tolist() == [1.175, 1.896, 2.718, 1.35]
assert abs(thrown - true_slope) < 0.02
print("The STE is the slope of a mean, and exact as long as nothing bends behind it.")

# %% [markdown]
# ## What this does not show
#
# - **A network is not affine behind its coins.** Nonlinearities and losses bend. For them the
#   argument gives no exact slope, and the bias can even turn the sign, as in the last exercise. Why
#   training so often works nonetheless is a question about the whole network (Yin et al., ICLR
#   2019, arXiv 1903.05662; Shekhovtsov and Yanush, arXiv 2006.06880).
# - **The network runs without coins.** Its forward pass is the sharp step. Whose mean you
#   differentiate is another network, with coins. For one step between −1 and 1 the step and the
#   mean of the coin differ by at most 1, half the height of the step.
# - **It is the slope of one smoothing among many.** Another law of the threshold gives another
#   slope (Spallanzani et al., arXiv 2203.11323). Nothing here says which is best for training.
# - **Outside the edges there is nothing to estimate.** There every throw is the same and every
#   slope 0. The STE without a gate is not covered.
# - **The comparison of the two estimators is about one coin.** With many coins and a loss behind
#   them the score function has to carry the noise of all of them, and a difference quotient needs
#   two forward passes for each coin.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-02_expectation.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# One coin has one ramp and one slope. A quantizer of several bits has many steps, and a plain STE
# still uses one slope for all of them. [Many levels](03_levels.ipynb) asks: **many levels, so why
# only one STE?**

# %%
course.contents()
