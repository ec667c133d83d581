# %% [markdown]
# # A gallery of bugs
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Recognize eight bugs of quantized training by what they do.
# - Write the check that fails because of each of them, and say which usual check does not.
# - Mend them, and say what the mend costs.
#
# **Time:** about 60 minutes. **It builds on** [One step](01_binary_and_ste.ipynb) for the range
# gate, on [Learnable thresholds](04_learnable_thresholds.ipynb), and on some PyTorch, which it
# needs.
#
# Each of these bugs has been reported in public code, or something close to it; where that is so, a
# link says where. The code here is our own, as short as it can be, and shows the bug alone. None of
# them raises an error. Most of them let a network train, only worse.

# %%
import numpy as np

import n2uq_viz as nv
from n2uq_viz import course, datasets, gates, weights
from n2uq_viz.course import bug_gallery_bench as bench
from n2uq_viz.course import bug_gallery_pictures as pictures
from n2uq_viz.explorers import SurrogateExplorer, ThresholdExplorer

# %% [markdown]
# ## Guess first

# %%
course.predict("gate_or_clip")

# %% [markdown]
# ## How to walk through it
#
# In each room there is a piece of code first. **Read it and find the bug before you scroll on.**
# Then come what it does, a check that fails, and the mend, for which the same check passes.
#
# Two tools stand on the bench. `bench.passed_back(operation, x, upstream)` sends the gradient
# `upstream` back through an operation of PyTorch and returns what arrives at `x`. And
# `bench.compare(what, found, wanted, at)` is the check: one line that says where two rows of
# numbers differ. (In a test of your own, `np.testing.assert_allclose(found, wanted)` does that.)

# %%
import torch

from n2uq_viz import nn

torch.set_default_dtype(torch.float64)  # so that what differs is not a rounding error
q = nv.Quantizer.uniform(2)  # levels 0, 2/3, 4/3, 2; edges at the same places
print("levels", q.levels.round(2), "thresholds", q.thresholds.round(2))
three = [1.0, 2.0, 3.0]
bench.compare("slope of x²", bench.passed_back(torch.square, three), [2, 4, 9], three)

# %% [markdown]
# (That one fails on purpose: the slope of $x^2$ at 3 is 6.) What is wanted of the quantizer `q`
# comes from this package, $g$ being the upstream gradient and $b_0 = 0$ and $b_L = 2$ the outer
# edges:
#
# $$\text{wanted: } g \cdot [b_0 < x \le b_L] \qquad \text{the clipped STE, here with slope 1}$$

# %% [markdown]
# ## Room 1: a rounding
#
# Forward, this rounds to the levels of `q`. Backward, it is an STE.


# %%
class Rounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x.clamp(0, 2) * 1.5) / 1.5

    @staticmethod
    def backward(ctx, upstream):
        return upstream


# %% [markdown]
# ### Exercise: where does it show?
#
# You test it at the inputs −0.5, 0.4, 1.3, 2.2 and 6, with an upstream gradient of 1 at each. At
# which of them does the test fail? Give a list.

# %%
answer = ...
course.check("seen_at", answer)

# %%
course.hint("seen_at")

# %%
course.solution("seen_at")

# %% [markdown]
# The check:

# %%
tried = np.array([-0.5, 0.4, 1.3, 2.2, 6.0])
gate = q.ste_gradient(tried, "unit")
fails_1 = bench.compare("Rounded", bench.passed_back(Rounded.apply, tried), gate, tried)
fails_1

# %% [markdown]
# **The range mask is missing.** The gradient of inputs that are out of range is not canceled. Here
# are the two rules for one step, the identity STE on the left and the clipped STE on the right.
# Drag the input out of the range: both outputs stay, and only one slope says so.

# %%
SurrogateExplorer("identity_ste", "clipped_ste")

# %% [markdown]
# The mend remembers the input and looks at it:


# %%
class Gated(Rounded):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return Rounded.forward(ctx, x)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * ((x > 0) & (x <= 2))


# %%
mended_1 = bench.compare("Gated", bench.passed_back(Gated.apply, tried), gate, tried)
mended_1

# %% [markdown]
# What did it do? Let a shift $b$ learn, so that $Q(x + b)$ comes close to $x$. Of 42 inputs three
# lie far out, at 4, 5 and 6. For those the output is 2 whatever the shift is:

# %%
values = torch.cat([torch.linspace(0.05, 1.95, 39), torch.tensor([4.0, 5.0, 6.0])])


def shifted(op):
    b = torch.tensor(-0.5, requires_grad=True)
    return bench.learn(lambda: ((op.apply(values + b) - values) ** 2).sum(), b, 0.002, 100)


gated, ungated = shifted(Gated), shifted(Rounded)
print(f"squared error: with gate {gated.loss[-1]:.1f}, without {ungated.loss[-1]:.1f}")

# %%
line = np.linspace(-1, 4, 501)
slopes = [bench.passed_back(op.apply, line) for op in (Gated, Rounded)]
steps = np.arange(101)
pictures.show("missing_gate", (line, *slopes), (steps, gated.values, ungated.values))

# %% [markdown]
# **Seen in**
# [eladhoffer/quantized.pytorch #5](https://github.com/eladhoffer/quantized.pytorch/issues/5) and,
# for weights with a learned step, in
# [hustzxd/LSQuantization #1](https://github.com/hustzxd/LSQuantization/issues/1). There the author
# reports an accuracy of about 60 % on ImageNet without the mask, and a reader about 70 % with it.
# These are two programs in two frameworks, so the difference need not be the mask's alone.

# %% [markdown]
# ## Room 2: all quiet
#
# This one has its gate. And the quickest test there is passes:


# %%
class Quiet(Gated):
    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return ((x > 0) & (x <= 2)).to(x.dtype)


leaf = torch.tensor(tried, requires_grad=True)
Quiet.apply(leaf).sum().backward()
passes_2 = bench.compare("Quiet, by y.sum().backward()", leaf.grad.numpy(), gate, tried)
passes_2

# %% [markdown]
# ### Exercise: the blind test
#
# In the range the bug shows for every upstream gradient but one. For which one does it not show?

# %%
answer = ...
course.check("blind_upstream", answer)

# %%
course.hint("blind_upstream")

# %%
course.solution("blind_upstream")

# %% [markdown]
# **The upstream gradient is missing.** What is returned is the slope of this one operation. The
# chain rule wants it *times* what comes from above:
#
# $$\frac{\partial \ell}{\partial x} = \frac{\partial \ell}{\partial y} \cdot
# \frac{\partial y}{\partial x} \qquad\text{and not}\qquad \frac{\partial y}{\partial x}$$
#
# Send random gradients, and it shows. The mend is the line of room 1:

# %%
rng = np.random.default_rng(0)
upstream = rng.normal(size=tried.size)
back = [bench.passed_back(op.apply, tried, upstream) for op in (Quiet, Gated)]
fails_2 = bench.compare("Quiet, random upstream", back[0], upstream * gate, tried)
mended_2 = bench.compare("Gated, random upstream", back[1], upstream * gate, tried)
print(fails_2, mended_2, sep="\n")

# %% [markdown]
# What it does: the loss has no say. An input at 0.3 should give the output 2, so it has to go up.
# It goes down, as it would for any loss:


# %%
def moved(op, start=0.3, wanted=2.0, moves=20):
    x = torch.tensor(start, requires_grad=True)
    return bench.learn(lambda: (op.apply(x) - wanted) ** 2, x, rate=0.05, steps=moves)


right_way, quiet = moved(Gated), moved(Quiet)
print(f"gated ends at x = {right_way.values[-1]:.2f}, quiet at x = {quiet.values[-1]:.2f}")

# %%
above = np.linspace(-3, 3, 121)
sides = [bench.passed_back(op.apply, 0.4, above) for op in (Gated, Quiet)]
pictures.show("grad_one", (above, *sides), (np.arange(21), right_way.loss, quiet.loss))

# %% [markdown]
# **Seen in** [PannenetsF/TQT #4](https://github.com/PannenetsF/TQT/issues/4).

# %% [markdown]
# ## Room 3: five and a half
#
# The question at the top was about this one:


# %%
class Clipped(Rounded):
    @staticmethod
    def backward(ctx, upstream):
        return torch.nn.functional.hardtanh(upstream)


asked = gates.passed("hardtanh", [0.2, 3.0], [5.0, 0.5])
print("passed back for 5 at x = 0.2 and 0.5 at x = 3:", asked)
back = bench.passed_back(Clipped.apply, tried, 3 * upstream)
fails_3 = bench.compare("Clipped", back, 3 * upstream * gate, tried)
fails_3

# %% [markdown]
# **The gradient is clipped where the input should be looked at.** The name misleads: hardtanh as an
# *activation*, in front of the step, has the slope $[-1 < x < 1]$ and so brings the gate along. As
# a function *of the gradient* it is another thing. (The range here is from 0 to 2, so 0.2 is in it
# and 3 is not, as in the question.)

# %%
sides = [
    (above, *(bench.passed_back(op.apply, x, above) for op in (Gated, Clipped))) for x in (0.2, 3.0)
]
pictures.show("hardtanh", *sides)

# %% [markdown]
# Why is it not noticed? Most losses are *means* over many outputs, and the gradient of a mean of a
# thousand squared errors is a thousandth of each. Nothing in it is above 1, so nothing is clipped.
# What is left is the missing gate. With a sum instead of a mean the same code does something else:


# %%
def gradient_of(loss, op):
    x = torch.linspace(0.1, 1.9, 1000, requires_grad=True)
    loss((op.apply(x) - 8) ** 2).backward()
    return x.grad.abs().max().item()


for name, loss in (("mean", torch.mean), ("sum", torch.sum)):
    clipped, full = gradient_of(loss, Clipped), gradient_of(loss, Gated)
    print(f"{name:4} of errors: largest gradient {full:6.3f}, clipped {clipped:6.3f}")

# %% [markdown]
# The mend is the gate of room 1. If you want to limit gradients, do it once for all of them, after
# the backward pass (`torch.nn.utils.clip_grad_norm_`), and not in the middle of the chain rule.
# Clipping within it changes the direction of descent.

# %%
back = bench.passed_back(Gated.apply, tried, 3 * upstream)
mended_3 = bench.compare("Gated", back, 3 * upstream * gate, tried)
mended_3

# %% [markdown]
# **Seen in** tutorials, and compared with the gate in
# [AngusG/cleverhans-attacking-bnns #2](https://github.com/AngusG/cleverhans-attacking-bnns/issues/2):
# one program zeroes the gradient of inputs out of range, the other bounds the gradient.

# %% [markdown]
# ## Room 4: a matter of brackets
#
# Many write the STE without a class. `t.detach()` is the number in `t`, cut off from where it came
# from: on the way back its slope is 0. So one can add and subtract something, and detach part of
# it. These four give the same numbers on the way forward:


# %%
def levels_of(c):
    return torch.round(c * 1.5) / 1.5


def parts(x):
    c = x.clamp(0, 2)
    return c, levels_of(c)  # c has the gate as its slope, and round has slope 0


# %%
LINES = {
    "A": lambda x, c, q: c + (q - c).detach(),
    "B": lambda x, c, q: c.detach() + (q - c),
    "C": lambda x, c, q: x + (q - x).detach(),
    "D": lambda x, c, q: q + (c - c.detach()),
}
for letter, rule in LINES.items():
    x = torch.tensor([1.1, 3.0])
    print(letter, rule(x, *parts(x)).numpy().round(3))

# %% [markdown]
# ### Exercise: what does a detach leave?
#
# Which slope does each line pass back, at x = 1.1 and at x = 3? Give eight numbers: A at 1.1, A at
# 3, B at 1.1, and so on.

# %%
answer = ...
course.check("detach_slopes", answer)

# %%
course.hint("detach_slopes")

# %%
course.solution("detach_slopes")

# %%
for letter, rule in LINES.items():
    slope = bench.passed_back(lambda x, rule=rule: rule(x, *parts(x)), tried)
    print(bench.compare(letter, slope, gate, tried))

# %% [markdown]
# B is the worst of them: the loss rises, which at least is noticed. Now for one that nobody
# notices. The step $s$ should be learned, as in LSQ (*learned step size quantization*, Esser et
# al., ICLR 2020, arXiv 1902.08153): the output is $s$ times a code from 0 to 3. What does $s$ get?


# %%
def inside_detach(x, s):
    c = x.clamp(0, 3 * s.item())
    return c + (s * torch.round(c / s) - c).detach()


def outside_detach(x, s):
    v = (x / s).clamp(0, 3)
    return s * (v + (torch.round(v) - v).detach())


# %% [markdown]
# **The first one has the step inside the `detach`, so the step gets no gradient.** A test of what
# goes back to $x$ passes, since that is the same for both. With $v = x/s$, the LSQ paper wants for
# the step
#
# $$\frac{\partial y}{\partial s} = \begin{cases} \mathrm{round}(v) - v & 0 < v < 3 \\
# 0 & v \le 0 \\ 3 & v \ge 3 \end{cases}$$
#
# and this package has a layer that does it, `nn.LSQActivation`. (Like the paper it divides the
# gradient by $\sqrt{3n}$ for $n$ inputs.)


# %%
def step_gradient(op, x, at=0.7):
    s = torch.tensor(at, requires_grad=True)
    op(torch.tensor(x, requires_grad=True), s).sum().backward()
    return 0.0 if s.grad is None else s.grad.item()


# %%
peer = nn.LSQActivation(2)
with torch.no_grad():
    peer.step_size.fill_(0.7)
wide = rng.normal(1.0, 1.0, 500)
peer(torch.tensor(wide)).sum().backward()
of_peer = peer.step_size.grad.item() * (3 * wide.size) ** 0.5

# %%
of_x = [
    bench.passed_back(lambda x, op=op: op(x, torch.tensor(0.7)), wide)
    for op in (inside_detach, outside_detach)
]
same_4 = bench.compare("what goes back to x", *of_x)
fails_4 = bench.compare("step inside", step_gradient(inside_detach, wide), of_peer)
mended_4 = bench.compare("step outside", step_gradient(outside_detach, wide), of_peer)
print(same_4, fails_4, mended_4, sep="\n")

# %% [markdown]
# What it does: nothing at all, and that is the symptom. A step that starts too large stays:

# %%
sample = torch.tensor(np.abs(rng.normal(size=2000)), requires_grad=True)


def trained_step(op):
    s = torch.tensor(1.5, requires_grad=True)
    return bench.learn(lambda: ((op(sample, s) - sample.detach()) ** 2).mean(), s, 0.1, 100)


outside, inside = trained_step(outside_detach), trained_step(inside_detach)
print(f"squared error: outside {outside.loss[-1]:.4f}, inside {inside.loss[-1]:.4f}")

# %%
places = np.linspace(0.01, 3, 150)
saws = [[step_gradient(op, [x]) for x in places] for op in (outside_detach, inside_detach)]
pictures.show("detach", (places, *saws), (steps, outside.values, inside.values))

# %% [markdown]
# A check that sees it in any net: after one backward pass, every parameter has a gradient that is
# not 0. **Seen**, with other code around it, in
# [pytorch/ao #2280](https://github.com/pytorch/ao/pull/2280), where learned scales got no gradient,
# and in [larq/larq #172](https://github.com/larq/larq/pull/172), where a parameter of the backward
# rule was left fixed, since a first attempt to learn it did not get its gradient. That such lines
# are hard to read is seen in
# [daniel03c1/masked_wavelet_nerf #10](https://github.com/daniel03c1/masked_wavelet_nerf/issues/10).

# %% [markdown]
# ## Room 5: the even and the odd
#
# The pixels of the digits in this course are whole numbers from 0 to 16. To store fewer, somebody
# drops their last bit: the code is half the pixel, rounded.

# %%
pixels = datasets.load("digit_pixels") * 8  # they come scaled to [0, 2]
v = pixels[pixels > 0] / 2
even = torch.round(torch.tensor(v)).numpy()
print("code:  ", np.arange(1, 9))
print("pixels:", np.bincount(even.astype(int))[1:])

# %% [markdown]
# Why should every other code be so much more frequent? Look for the bug before you read on: which
# code does `torch.round` give to v = 0.5, 1.5, 2.5 and 3.5?
#
# **Ties.** A number halfway between two codes lies exactly on a threshold, and `torch.round` sends
# it to the *even* one, as NumPy and Python do. Real numbers hardly ever lie there. Whole numbers
# and images do, all the time:

# %%
print(f"{np.mean(v % 1 == 0.5):.0%} of these pixels lie on a threshold")

# %% [markdown]
# There is nothing bad about even codes as such. On average that rounding hardly errs at all, and
# sending all halves down makes codes too low. It becomes a bug when training and hardware have
# *different* rules. Hardware compares, $v > t$, and on a threshold
# that gives the lower code. So does this package, and so does the code of N2UQ's authors:

# %%
codes = nv.Quantizer(np.arange(9), np.arange(9))  # thresholds at 0.5, 1.5, ... 7.5
halves = np.arange(17) / 2
of_torch = torch.round(torch.tensor(halves)).numpy()
fails_5 = bench.compare("torch.round", of_torch, codes(halves), halves)
mended_5 = bench.compare("ceil(v − 1/2)", np.ceil(halves - 0.5), codes(halves), halves)
print(fails_5, mended_5, sep="\n")

# %%
down = np.ceil(v - 0.5)
print(f"mean error: halves to even {np.mean(even - v):.3f}, halves down {np.mean(down - v):.3f}")
counts = [np.bincount(found.astype(int), minlength=9)[1:] for found in (down, even)]
pictures.show("ties", (np.arange(1, 9), *counts), (halves, codes(halves), of_torch))

# %% [markdown]
# ### Exercise: halves go down
#
# Write the rule that hardware has, for one number `v`: the nearest whole number, and halves go
# down. It should work below 0 as well.


# %%
def half_down(v):
    return ...


course.check("half_down", half_down)

# %%
course.hint("half_down")

# %%
course.solution("half_down")

# %% [markdown]
# Three more that belong in this room. A binary net gets a third level; two thresholds that should
# be the same are not, and an input is above one and not above the other; and levels are off by a
# rounding error, here with steps at 0.1, 0.3 and 0.5, so that `==` does not find them:

# %%
print("sign(0):", torch.sign(torch.tensor(0.0)).item())

x = 3 * 0.1
print("3 * 0.1 > 3 / 10:", x > 3 / 10, " 3 * 0.1 > 0.1 + 0.1 + 0.1:", x > 0.1 + 0.1 + 0.1)

x = torch.linspace(0.001, 1.999, 2000, dtype=torch.float32)
y = (x[:, None] > torch.tensor([0.1, 0.3, 0.5])).sum(1) * torch.tensor(2 / 3, dtype=x.dtype)
for form, value in {"x + (y - x)": x + (y - x), "y + (x - x)": y + (x - x)}.items():
    print(f"{form} is not y for {(value != y).sum():2} of 2000 inputs")

# %% [markdown]
# A binary step is better written `torch.where(x > 0, 1.0, -1.0)`. **Seen in**
# [larq/larq #32](https://github.com/larq/larq/issues/32) (sign(0) = 0),
# [larq/larq #144](https://github.com/larq/larq/pull/144) (which side of a threshold, in the
# documentation), and [jax-ml/jax #9032](https://github.com/jax-ml/jax/issues/9032) (off the levels
# by a rounding error).

# %% [markdown]
# ## Room 6: a step too far
#
# Back to the learned step of room 4, in its mended form `outside_detach`. The activations of a
# layer, 256 for each of 64 samples, go through it, and the loss adds up over the 256. What happens
# if the first move is too long?

# %%
course.predict("dead_step")

# %%
torch.manual_seed(0)
acts = torch.randn(64, 256).abs()


def squared_error(s):
    return ((outside_detach(acts, s) - acts) ** 2).sum(1).mean()


s = torch.tensor(1.0, requires_grad=True)
dead = bench.learn(lambda: squared_error(s), s, rate=0.05, steps=30)
print("step:", dead.values[:4].round(3), " gradient at the end:", s.grad.item())

# %% [markdown]
# **The learned step has become negative.** Its gradient is a sum over all inputs, so it is large:
# one move took it from 1 below 0. There every positive input has the code 0, no output depends on
# the step any more, and it is dead. (Without a ReLU in front there are negative inputs as well.
# Those it quantizes now, and they keep the step moving, in place of the positive ones.)
#
# The check is short, `step > 0`, and should be made in every move. This package does:

# %%
fails_6 = bench.compare("sign of the step", np.sign(dead.values[:3]), np.ones(3))
print(fails_6)
try:
    with torch.no_grad():
        peer.step_size.fill_(dead.values[-1])
    peer(acts)
except ValueError as refused:
    print("LSQActivation:", refused)

# %% [markdown]
# Two mends, and here both of them. The LSQ paper divides the gradient by $\sqrt{n\,Q_P}$, with
# $n$ numbers in a sample and the highest code $Q_P = 3$. That keeps moves short, but it promises
# nothing. And the step can be learned as a logarithm, $s = e^r$, which is above 0 whatever $r$ is:

# %%
r = torch.tensor(0.0, requires_grad=True)
rate = 0.05 / (256 * 3) ** 0.5
alive = bench.learn(lambda: squared_error(torch.exp(r)), r, rate, steps=30)
mended_6 = bench.compare("sign of the step", np.sign(np.exp(alive.values)), np.ones(31))
print(f"step at the end: {np.exp(alive.values[-1]):.3f}")
mended_6

# %%
line = np.linspace(-2, 3, 501)
stairs = [
    outside_detach(torch.tensor(line), torch.tensor(step)).numpy()
    for step in (np.exp(alive.values[-1]), dead.values[-1])
]
pictures.show("negative_step", (line, *stairs), (np.arange(31), alive.loss, dead.loss))

# %% [markdown]
# With the logarithm alone, and the old rate, the step does stay above 0, but see where:

# %%
r = torch.tensor(0.0, requires_grad=True)
jumps = bench.learn(lambda: squared_error(torch.exp(r)), r, rate=0.05, steps=30)
print("first steps:", np.exp(jumps.values[:3]).round(2), f" last: {np.exp(jumps.values[-1]):.1e}")

# %% [markdown]
# **Seen in** [ZouJiu1/LSQplus #12](https://github.com/ZouJiu1/LSQplus/issues/12) and
# [OpenPPL/ppq #518](https://github.com/OpenPPL/ppq/issues/518). In the second one the advice is to
# take the absolute value of the scale at the end.

# %% [markdown]
# ## Room 7: three thresholds
#
# Three thresholds are trained as three numbers of their own. To find the code of an input, this
# asks about the middle threshold first and then about one of the others, as fast code does
# (`np.searchsorted`, `torch.bucketize`, comparators in a tree):


# %%
def by_search(x, thresholds):
    first, middle, last = thresholds
    if x > middle:
        return 3 if x > last else 2
    return 1 if x > first else 0


at_first = [1 / 3, 1, 5 / 3]
print("at first:", [by_search(x, at_first) for x in (0.1, 0.9, 1.1, 1.9)])

# %% [markdown]
# ### Exercise: the lost code
#
# After training the thresholds are 0.3, 1.2 and 1.0. Which of the codes 0 to 3 does no input get
# any more?

# %%
answer = ...
course.check("lost_code", answer)

# %%
course.hint("lost_code")

# %%
course.solution("lost_code")

# %% [markdown]
# **Two thresholds have crossed.** A search takes for granted that they are in order. Counting,
# $\sum_i [x > t_i]$, does not; so training that counts and hardware that searches are two
# networks. Slopes suffer as well: $D/a_i$ with a negative width $a_i$ is negative, where the output
# rises. The check, and a quantizer that makes it for you:

# %%
trained, line = [0.3, 1.2, 1.0], np.linspace(0, 2, 401)
counted = (line[:, None] > np.array(trained)).sum(axis=1)
searched = np.array([by_search(x, trained) for x in line])
print(bench.compare("searching, against counting", searched, counted, line))
fails_7 = bench.compare("distances above 0", np.sign(np.diff(trained)), [1, 1])
print(fails_7)
try:
    nv.Quantizer([0, 1.3, 1.1, 2], [0, 1, 2, 3])
except ValueError as refused:
    print("Quantizer:", refused)

# %% [markdown]
# Try to make them cross here, by dragging edge 1 beyond edge 2: neither edges nor thresholds let
# you.

# %%
COINS = ["monte_carlo", "band", "monte_carlo_gradient"]
ThresholdExplorer(q, hidden=["ste", "histogram", *COINS])

# %% [markdown]
# How do they cross in training? Two of them may want the same place, and the noise of small batches
# takes one past the other. Here the output should be 0 below 0.7, 2/3 up to 1.1, and 2 above: the
# level 4/3 is not wanted, so thresholds 2 and 3 both want 1.1.

# %%
D = 2 / 3
inputs = torch.linspace(0.005, 1.995, 200)
target = torch.where(inputs < 0.7, 0.0, torch.where(inputs < 1.1, D, 2.0))


def on_a_batch(thresholds):
    k = torch.randint(200, (4,))
    x = inputs[k]
    ramps = ((x[:, None] - thresholds) / D + 0.5).clamp(0, 1)
    taken = (x[:, None] > thresholds).to(ramps.dtype)
    y = D * (ramps + (taken - ramps).detach()).sum(1)
    return ((y - target[k]) ** 2).mean()


# %%
torch.manual_seed(0)
t = torch.tensor([1 / 3, 1, 5 / 3], requires_grad=True)
free = bench.learn(lambda: on_a_batch(t), t, rate=0.3, steps=100)
gaps = np.diff(free.values, axis=1).min(axis=1)
print(f"out of order after {np.mean(gaps < 0):.0%} of the moves, first after {np.argmax(gaps < 0)}")

# %% [markdown]
# ### Exercise: a width above zero
#
# The mend is to learn widths instead of places: a first threshold, and then the distance to each
# next one. But a raw number `a` that descent moves can become negative. Write a function that makes
# a width of it: above 0 for every `a`, never falling where `a` rises, and growing where `a` is
# large.


# %%
def width_above_zero(a):
    return ...


course.check("width_above_zero", width_above_zero)

# %%
course.hint("width_above_zero")

# %%
course.solution("width_above_zero")


# %%
def in_order(w):
    return torch.cumsum(torch.cat([w[:1], w[1:].clamp_min(0.001)]), 0)


torch.manual_seed(0)
w = torch.tensor([1 / 3, D, D], requires_grad=True)
widths = bench.learn(lambda: on_a_batch(in_order(w)), w, rate=0.06, steps=100)
kept = np.maximum(widths.values[:, 1:], 0.001).min(axis=1)
mended_7 = bench.compare("distances above 0", np.sign(kept), np.ones(101))
mended_7

# %%
lost = [[by_search(x, found) for x in line] for found in (sorted(trained), trained)]
pictures.show("crossing", (line, *lost), (steps, kept, gaps))

# %% [markdown]
# (The rate is lower, since a width moves all thresholds to its right and so has a larger gradient.
# With widths the order is kept at any rate. A low rate alone makes crossing less likely.) This is
# how N2UQ trains, with edges in place of thresholds: start and intervals, and a floor of 0.001.
#
# For learned thresholds we know of no public report. A tool for hardware has met the matter in
# [blue-oil/blueoil #912](https://github.com/blue-oil/blueoil/pull/912), where its test of the order
# of thresholds had to be mended.

# %% [markdown]
# ## Room 8: whole numbers
#
# A layer with 64 inputs and 16 outputs is trained and its weights are quantized to 2 bits. Now they
# should go to hardware.

# %%
course.predict("after_cast")

# %%
w = np.random.default_rng(0).normal(0.0, 0.1, (16, 64))
fake = nn.quantize_weight(torch.tensor(w), bits=2)
whole = fake.to(torch.int8)
print("one row:", fake[0].unique().numpy().round(3), fake.dtype)
print("cast:   ", whole.unique().numpy(), whole.dtype)

# %% [markdown]
# **Fake-quantized weights were taken for integers.** Quantized here means: on few levels. The
# levels are still floats, and different ones in each row, so training can go on with them; hence
# the name *fake quantization*. What a checkpoint holds is one step further back: the float weights
# *before* they are quantized. Whoever opens it and looks for four values finds thousands.
#
# Both hold the integers, though. With $f$ for the scale of a row and $L = 3$ steps,
#
# $$w_q = f \cdot \left(\frac{2k}{L} - 1\right) = \frac{f}{L}\,(2k - L) \qquad
# k \in \{0, 1, 2, 3\}$$
#
# ### Exercise: what hardware stores
#
# A row has the scale $f = 0.06$, and its quantized weights are 0.02, −0.06, 0.06 and −0.02. Which
# four codes $k$ are stored?

# %%
answer = ...
course.check("stored_codes", answer)

# %%
course.hint("stored_codes")

# %%
course.solution("stored_codes")

# %% [markdown]
# In sums, hardware uses the whole numbers $2k - L$, and multiplies by $f/L$ once at the end. The
# check is that the layer's outputs are the same:

# %%
k, f = weights.weight_codes(w, levels=4), weights.weight_scale(w, levels=4)
x = rng.integers(0, 4, 64)  # codes of activations
wanted = fake.numpy() @ x
after_cast = whole.numpy().astype(int) @ x
by_codes = f[:, 0] / 3 * ((2 * k - 3) @ x)
fails_8 = bench.compare("outputs after the cast", after_cast, wanted)
mended_8 = bench.compare("outputs by scale and codes", by_codes, wanted)
print(fails_8, mended_8, sep="\n")

# %%
order = np.argsort(w[0])
rows = (f * (2 * k - 3) / 3)[0, order], whole.numpy()[0, order].astype(float)
pictures.show("cast", (np.arange(64), *rows), (np.arange(16), by_codes, after_cast.astype(float)))

# %% [markdown]
# **Seen in** the N2UQ repository,
# [liuzechun/Nonuniform-to-Uniform-Quantization #7](https://github.com/liuzechun/Nonuniform-to-Uniform-Quantization/issues/7),
# and in [IntelLabs/distiller #520](https://github.com/IntelLabs/distiller/issues/520): somebody
# looks for integers in training code or in a checkpoint, and finds floats.

# %% [markdown]
# ## Which test sees which bug?
#
# Four of the bugs are in the backward pass: rooms 1 to 3, and line B of room 4. Here are three
# tests. The first is the one that most people write.


# %%
def uphill(x):
    return LINES["B"](x, *parts(x))


suspects = [Rounded.apply, Quiet.apply, Clipped.apply, uphill, Gated.apply]
names = ["Rounded", "Quiet", "Clipped", "uphill", "Gated"]
tests = {
    "sum, in the range": (tried[1:3], 1.0),
    "random, in the range": (tried[1:3], 3 * upstream[1:3]),
    "random, everywhere": (tried, 3 * upstream),
}

# %%
seen = {}
for test, (x, g) in tests.items():
    want = g * q.ste_gradient(x, "unit")
    passed = [bench.compare("", bench.passed_back(op, x, g), want).passes for op in suspects]
    seen[test] = {name for name, fine in zip(names, passed, strict=True) if not fine}
    print(f"{test:20} sees", ", ".join(sorted(seen[test])))

# %% [markdown]
# ### Exercise: two tests that see all
#
# Each test is an input and an upstream gradient. Give two pairs, `[(x, upstream), (x, upstream)]`,
# such that each of these four programs fails at least one of them: no gate (`Rounded`), the gate
# alone (`Quiet`), hardtanh (`Clipped`) and the one that goes uphill. The range is from 0 to 2.

# %%
answer = ...
course.check("two_tests", answer)

# %%
course.hint("two_tests")

# %%
course.solution("two_tests")

# %% [markdown]
# The last test compares with a formula. There is an independent witness too: the package's own
# operation, whose gradient is that of an expectation. With even segments it is the clipped STE:

# %%
one = torch.ones(1)
widths_of_q = torch.tensor(q.intervals)


def gste(x):
    return nn.gste_quantize(x, 0 * one, widths_of_q, one, one)


many = rng.uniform(-1, 3, 1000)
g = rng.normal(size=1000)
witness = bench.passed_back(gste, many, g)
agrees = bench.compare(
    "Gated, against gste_quantize", bench.passed_back(Gated.apply, many, g), witness
)
agrees

# %% [markdown]
# ## The claim, checked
#
# Eight bugs, each with a check that fails, and a mend for which the check passes. The usual test
# sees one of the four in the backward pass.

# %%
fails = [fails_1, fails_2, fails_3, fails_4, fails_5, fails_6, fails_7, fails_8]
mended = [mended_1, mended_2, mended_3, mended_4, mended_5, mended_6, mended_7, mended_8]
assert not any(check.passes for check in fails)
assert all(check.passes for check in mended)

assert passes_2.passes
assert seen["sum, in the range"] == {"uphill"}
assert seen["random, in the range"] == {"Quiet", "Clipped", "uphill"}
assert seen["random, everywhere"] == {"Rounded", "Quiet", "Clipped", "uphill"}
assert agrees.passes

assert np.array_equal(asked, [1.0, 0.5])
assert gated.loss[-1] < ungated.loss[-1]
assert right_way.loss[-1] < 1e-12 < quiet.loss[-1]
assert same_4.passes
assert dead.values[-1] < 0
assert s.grad.item() == 0
assert gaps.min() < 0 < kept.min()
assert np.abs(by_codes - wanted).max() < 1e-12
print("Eight bugs, eight checks, eight mends.")

# %% [markdown]
# ## What this does not show
#
# - **How much each of them costs a network.** The runs here are small and made to show one thing.
#   In a net, a missing mask may cost nothing or ten points; that depends on how many values lie out
#   of range, on the loss and on the optimizer. Adam hides some of it, since it divides gradients by
#   their own size.
# - **That the mends are the only ones.** A clip of the weights after each move, a projection back
#   into order, a lower rate for a step: people use them, and they work for many.
# - **That what is mended is then correct.** The clipped STE is the slope of the mean of a quantizer
#   with coins, and the network has none (notebook 02). A check against a formula says that code and
#   formula agree.
# - **Who is to blame.** The reports are cited for what was asked and answered in them. Code
#   changes, and what was a bug in one version may be mended in the next. Some of them are questions
#   that turned out to be no bug at all, and were worth an answer.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-09_bug_gallery.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# What a symbol meant, and where an equation is, stands in the glossary, together with plans for
# lessons. The map:

# %%
course.contents()
