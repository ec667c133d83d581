# %% [markdown]
# # Your own tensors
#
# **First run everything, each time you open this:** open the menu **Run** and choose
# **Run All Cells**. Wait until it has reached the end, half a minute at most, and then scroll back
# up to here. If something does not show, the last section of [Start here](00_start_here.ipynb)
# helps.

# %% [markdown]
# ## What you will be able to do
#
# - Open a file of tensors of any size, and see what is in it before you trust it.
# - Record what passes through the layers of your own net.
# - Fit quantizers to a tensor, and say what each of them is good for.
# - Look into a checkpoint in the naming of N2UQ's authors, layer by layer.
#
# **Time:** about 45 minutes. **It builds on**
# [Learnable thresholds](04_learnable_thresholds.ipynb) and
# [Train a toy network](05_train_a_toy_net.ipynb).

# %%
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import torch

from n2uq_viz import course, datasets, fits, inspection, integer
from n2uq_viz.explorers import TensorExplorer
from n2uq_viz.nn import N2UQActivation, N2UQConv2d, record_activations
from n2uq_viz.tensors.picker import TensorPicker
from n2uq_viz.training.tasks import load_task

# %% [markdown]
# ## Guess first

# %%
course.predict("three_modes")

# %% [markdown]
# ## 1. Open a file
#
# This cell makes a file, so that there is one to open: the weights of a trained net, by name. Put
# the path of a file of yours in place of `folder / "net.pt"`: `.npy`, `.npz`, `.csv` (numbers in
# every column), `.safetensors`, or a state dict that `torch.save` wrote. No objects in it are
# unpickled, and it may be larger than the memory.

# %%
stored = datasets.stored_integer_net()
net = integer.float_net(stored)
folder = Path(mkdtemp())
torch.save(net.state_dict(), folder / "net.pt")

file = datasets.open_tensors(folder / "net.pt")
print("\n".join(inspection.listing_lines(file)[:8]))

# %% [markdown]
# Opening reads names and shapes only. Choose one below to see its values: the field filters the
# names, and the list works with the arrow keys.

# %%
TensorPicker(file).widget

# %% [markdown]
# What it shows is a *survey*, which reads one tensor, piece by piece, and counts what you want to
# know before you compute with it: is there anything that is no number? Are most values zero? How
# far do they reach? It keeps a fair sample of the values, and that is all that stays in memory.

# %%
first = next(iter(file.tensors))  # or the name of another one, as a text
survey = datasets.survey(file, first)
print("\n".join(inspection.survey_lines(survey)))

# %% [markdown]
# In a terminal, `n2uq-viz inspect net.pt` says the same, and with `--out pictures` it leaves a
# picture and a page with handles to drag.
#
# ### Exercise: a file from a stranger
#
# Somebody sends you a file. Which of these calls is made so that it runs no code that was put into
# the file?
#
# - a: `pickle.load(open("net.pkl", "rb"))`
# - b: `torch.load("net.pt", weights_only=False)`
# - c: `torch.load("net.pt", weights_only=True)`
# - d: `np.load("values.npy", allow_pickle=True)`

# %%
answer = ...
course.check("safe_call", answer)

# %%
course.hint("safe_call")

# %%
course.solution("safe_call")

# %% [markdown]
# ## 2. What passes through your net
#
# Thresholds belong to activations, and these are in no file: they appear when the net runs.
# `record_activations` runs it on batches of yours and surveys what comes out of each layer, or goes
# into it. For a net of yours, `record_activations(net, batches, layers=torch.nn.ReLU)` has what
# comes out of every ReLU; names of layers will do as well. Here is what goes into the quantizers of
# the net from above, for the 450 test images of the digits:

# %%
test = load_task("digits").test
batches = torch.from_numpy(test.x).split(64)
recorded = record_activations(net, batches, layers=N2UQActivation, of="input")
for name, found in recorded.items():
    print(f"{name:5} {found.seen:7,} values from {found.low:.2f} to {found.high:.2f}")

# %% [markdown]
# The levels of these quantizers begin at 0, as after a ReLU: whatever is below becomes 0. So cut
# that part off, and drag what is left, layer by layer. Choose a layer and a number of bits. Three
# quantizers stand side by side: even thresholds (**Uniform**), thresholds for equal use of the
# codes (**Quantile**), and thresholds that followed G-STE (**Learned**). Each has its error, its
# entropy, its steepest slope, and the share of values outside of its edges, which get no gradient.
# Begin from one of them and drag: which of the four numbers changes for the better, and which one
# pays for it? (A steep slope is neither good nor bad: it says how much is passed back at most.)

# %%
into = {name: np.maximum(found.sample, 0) for name, found in recorded.items()}
TensorExplorer(into)

# %% [markdown]
# ### Exercise: thresholds for equal use
#
# A small tensor has the values 0, 0, 0.1, 0.2, 0.4, 0.9, 1.6 and 4. Give three thresholds with
# which each of four codes is used equally often. Put them between values, so that there is no tie.

# %%
answer = ...
course.check("equal_use", answer)

# %%
course.hint("equal_use")

# %%
course.solution("equal_use")

# %% [markdown]
# ## 3. What a fit is good for
#
# The *error* is the mean squared distance between values and their levels, here as a share of the
# values' variance:
#
# $$\text{relative error} = \frac{E\left[(x - Q(x))^2\right]}{\mathrm{Var}[x]} \qquad
# \text{entropy} = -\sum_k r_k \log_2 r_k$$
#
# where $r_k$ is the share of the values on level $k$. All fits of one tensor in a table. Lloyd–Max
# puts its levels wherever they err least. APoT-like levels are sums of two powers of two, as in
# notebook 06; with 2 bits and no values below 0 they are even.

# %%
last = list(into)[-1]
found = fits.fit_all(into[last], 2)
print("\n".join(inspection.fit_lines(found, 2)))

# %% [markdown]
# Read it column by column, and you see that no row is best in all:
#
# - **Error.** Lloyd–Max errs least, since its levels may be anywhere. Of those with even levels,
#   the even thresholds do.
# - **Entropy.** Equal use has the most, where it can be had. Here many values are exactly 0, and a
#   value cannot be shared between two codes.
# - **Slopes.** Narrow segments are steep: there G-STE passes back the most.
# - **Outside.** More than half of the values are exactly 0. Even thresholds have their first edge
#   at 0 too, and on it there is no gradient. G-STE moved that edge below 0, which takes them in.
#
# ### Exercise: an error by hand
#
# The values 0, 1, 2 and 3 get one bit, with the levels 0.5 and 2.5. What is the relative error?

# %%
answer = ...
course.check("relative_error", answer)

# %%
course.hint("relative_error")

# %%
course.solution("relative_error")

# %% [markdown]
# ### Exercise: which thresholds err least?
#
# The levels are even and stay where they are. Which of the fits has the thresholds with the least
# squared error: `"uniform"`, `"quantile"`, `"learned"` or `"lloyd_max"`?

# %%
answer = ...
course.check("least_error", answer)

# %%
course.hint("least_error")

# %%
course.solution("least_error")

# %% [markdown]
# So with even levels, thresholds that are not even are no better *fit*. They are for what a loss
# wants: the tensor is passed on to something, and what that needs is told by its gradient and not
# by a squared error. Equal use of the codes is not what it needs either. Here are nets that were
# trained in floats and got levels of 2 bits afterwards, as in notebook 06: ten nets for digits, and
# the error is again a share of the variance. Only in the last row were scales and thresholds then
# trained on the loss:

# %%
rows = [row for row in datasets.stored_after() if row.bits == 2]
for method in ("uniform", "quantile", "lloyd_max", "n2uq"):
    own = [row for row in rows if row.method == method]
    error, right = (np.mean([getattr(r, n) for r in own]) for n in ("activation_error", "accuracy"))
    print(f"{method:10} error {error:.2f}, {right:.1f} % right")

# %% [markdown]
# ### Thresholds without edges
#
# A fit for equal use may want thresholds that are no middles of any edges, as in the question at
# the top. Then the nearest ones that are get taken, and the fit says so:

# %%
from n2uq_viz.course.your_own_tensors import three_modes

wanted = fits.fit(three_modes(), 3, "quantile")
print("moved:", wanted.moved, "by at most", round(wanted.shift, 3))
print("entropy:", round(wanted.entropy, 2), "of 3 bits")

# %% [markdown]
# ## 4. A checkpoint of the authors
#
# The authors of N2UQ publish trained networks: ResNet-18, 34 and 50 with 2, 3 and 4 bits, and
# MobileNet-V2 with 4. The README of their repository, liuzechun/Nonuniform-to-Uniform-Quantization,
# has the links. Download one, and look into it:
#
# `n2uq-viz inspect model.pth.tar --bits 2 --out pictures`
#
# No such file comes with this course, so this cell writes one in the same naming, from the net that
# you have seen already:

# %%
state = {}
for name, layer in net.named_modules():
    if isinstance(layer, N2UQActivation):
        state[f"module.{name}.start"] = layer.start.detach().reshape(1)
        state[f"module.{name}.a"] = layer.intervals.detach()
        state[f"module.{name}.scale1"] = layer.input_scale.detach().reshape(1)
        state[f"module.{name}.scale2"] = layer.output_scale.detach().reshape(1)
    elif isinstance(layer, N2UQConv2d):
        state[f"module.{name}.weight"] = layer.weight.detach()
        state[f"module.{name}.clip_val"] = torch.tensor([2.0])
report = inspection.read_checkpoint(state, weight_bits=2)
print("\n".join(inspection.checkpoint_lines(report)))

# %% [markdown]
# Each layer learned thresholds of its own. Their function in one picture, layer by layer: where a
# curve is steep, the layer tells its inputs apart finely.

# %%
from n2uq_viz.figures.layers import layers, layers_alternative

course.show_picture(
    layers(report.quantizers),
    "layers",
    caption="The learned function of each layer, in its own units.",
    alternative=layers_alternative(report.quantizers),
)

# %% [markdown]
# ## The claim, checked
#
# Free levels err least; with even levels even thresholds do; equal use has the most entropy; G-STE
# takes the zeros in; and where thresholds for equal use have no edges, the fit says that it moved
# them.

# %%
even = ["uniform", "quantile", "learned"]
assert min(found, key=lambda name: found[name].error) == "lloyd_max"
assert min(even, key=lambda name: found[name].error) == "uniform"
assert max(even, key=lambda name: found[name].entropy) == "quantile"
assert np.mean(into[last] == 0) > 0.5
assert found["uniform"].quantizer.edges[0] == 0
assert found["learned"].quantizer.edges[0] < 0
assert wanted.moved
assert wanted.entropy < 3
for name, layer in report.quantizers.items():
    assert np.allclose(layer.thresholds, net.get_submodule(name).quantizer().thresholds)
print("What a fit is good for depends on what you want of it.")

# %% [markdown]
# ## What this does not show
#
# - **A fit is a start, not an end.** What a net does with these thresholds is told by running it,
#   and what training makes of them by training.
# - **A sample is a sample.** Counts and ends are of all values. The fits are of some of them: of a
#   tensor in a file a million at most, of a recorded layer 65,536 if you do not ask for more.
# - **Squared error is one measure.** Others, of the layer's output for instance, have other bests.
# - **The authors' files were not looked into here.** The reader was tested on made files in their
#   naming; their numbers are theirs.

# %% [markdown]
# ## What you have done
#
# Your answers are kept in the file `progress-08_your_own_tensors.json` beside this notebook.

# %%
course.progress()

# %% [markdown]
# ## What comes next
#
# You know your tensors now. The layer that learns thresholds for them is `N2UQActivation`, from
# notebook 05; its method `calibrate` starts it from values like those above. **Which mistakes do
# people really make** when they put it into a net? Eight of them, to find before you read their
# names: [A gallery of bugs](09_bug_gallery.ipynb).

# %%
course.contents()
