# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The paper's comparison: Neuron Integrated Gradients against DeepLIFT
#
# Shrikumar, Su and Kundaje, [Computationally Efficient Measures of Internal Neuron
# Importance](https://arxiv.org/abs/1807.09946), ask which hidden neurons made a network answer as
# it did, and set two methods side by side: Neuron Integrated Gradients, which follows the path from
# a baseline to the input, and DeepLIFT, which looks at its two ends alone. Their notebook is no
# longer to be had. This one asks its question again, on a network of handwritten digits.
#
# Open it with [Jupytext](https://jupytext.readthedocs.io), or run it as it is: `python
# examples/paper.py`. It needs `pip install .[dashboard]`, whose Plotly draws the figures. Some
# minutes on a laptop; with `PAPER_DIGITS=3` in the environment, seconds.

# %%
import os

import keras
import numpy as np
import pandas as pd
import plotly.express as px

import attribution
from attribution import images

digits = int(os.environ.get("PAPER_DIGITS", "60"))
card = attribution.zoo.cards()["digits"]
bundled = card.samples[0].file.parent.parent  # models and data of the library
model = keras.models.load_model(bundled / "models" / "digits.keras", compile=False)
net = attribution.Network(model)
frame = card.encoding()
samples = [images.fit(images.decode(s.file.read_bytes()), frame.size) for s in card.samples]
x = frame.encode(samples[0])[None]
said = net.predict(x)[0]
target = int(said.argmax())
print(f"read as a {target}, by {said[target]:.3f}")
px.imshow(samples[0].squeeze(), color_continuous_scale="gray", title=card.samples[0].title)

# %% [markdown]
# ## What is asked
#
# F is the logit of the answer, x the picture, x' a baseline: here a black picture. F(x) - F(x') is
# divided among the neurons of a hidden layer. Which layer is a choice; this is the second
# convolution after its pooling, 64 channels of 7 x 7 positions.

# %%
layer = "pool2"
baseline = np.zeros_like(x)
rise = float(net.score(x, target)[0] - net.score(baseline, target)[0])
print(f"F(x) - F(baseline) = {rise:.2f}")
print(f"{layer} is a cut: {net.layer(layer).is_cut}")

# %% [markdown]
# ## Neuron Integrated Gradients, from the formula
#
# With h(a) the layer's activations at x' + a (x - x'), the score of neuron j is
#
# $$\int_0^1 \frac{\partial F}{\partial h_j}(a)\; h_j'(a)\; da \;\approx\;
# \sum_{k=1}^n \frac{\partial F}{\partial h_j}(a_k)\; \bigl(h_j(a_k) - h_j(a_{k-1})\bigr)$$
#
# The sum on the right is what one writes first: n steps of equal size, the gradient at their right
# ends. `gradient_times_difference` is one such step. So a path in n pieces, each asked for one
# step, is the formula without any help of ours.


# %%
def right_endpoint_sum(steps):
    """The formula above, (1, *layer)."""
    ends = np.linspace(0, 1, steps + 1)[:, None, None, None, None] * (x - baseline) + baseline
    pieces = attribution.gradient_times_difference(
        net, ends[1:, 0], layer, target=target, baseline=ends[:-1, 0]
    )
    return pieces.scores.sum(0, keepdims=True)


for steps in (5, 10, 50, 250):
    total = right_endpoint_sum(steps).sum()
    print(
        f"{steps:4} steps: the scores sum to {total:.2f}, {total / rise - 1:+.1%} of the rise off"
    )

# %% [markdown]
# The library puts its nodes where the network changes, and says how far off it still is.

# %%
nig = attribution.neuron_integrated_gradients(net, x, layer, target=target, tolerance=0.01)
print(f"{nig.evaluations[0]} evaluations, estimated error {nig.error[0]:.1%}, gap {nig.gap[0]:.3f}")
far = {n: np.abs(right_endpoint_sum(n) - nig.scores).sum() for n in (5, 10, 50, 250)}
off = pd.Series(far) / np.abs(nig.scores).sum()
px.bar(x=off.index.astype(str), y=off, labels={"x": "steps", "y": "L1 distance to the library's"})

# %% [markdown]
# ## DeepLIFT, from its definition
#
# DeepLIFT never leaves the two ends. Where a ReLU changes its input by D and its output by E, the
# Rescale rule hands back E / D of what arrives, whatever the derivative at x is:
#
# $$C_j = m_j \; (h_j(x) - h_j(x')), \qquad m_{in} = \frac{E}{D}\; m_{out}$$
#
# Above the layer there are here a dense layer, its ReLU, and the logits, so it takes three lines.

# %%
weights, bias = model.get_layer("dense").get_weights()
out = model.get_layer("logits").get_weights()[0][:, target]
h = [net.activations(v, layer).reshape(1, -1) for v in (x, baseline)]
before = [v @ weights + bias for v in h]
ratio = np.diff(np.maximum(np.concatenate(before), 0), axis=0) / np.diff(
    np.concatenate(before), axis=0
)
by_hand = ((ratio * out) @ weights.T) * (h[0] - h[1])
rescale = attribution.deeplift(net, x, layer, target=target, rule="rescale")
reveal = attribution.deeplift(net, x, layer, target=target, rule="reveal_cancel")
apart = np.abs(by_hand - rescale.scores.reshape(1, -1)).max()
print(f"the library's Rescale and the three lines differ by {apart:.1e} at most")

# %% [markdown]
# ## How far are they apart?
#
# Channel by channel, for this one picture. On the line both say the same.

# %%
by_channel = pd.DataFrame(
    {
        "NIG": nig.channels()[0],
        "Rescale": rescale.channels()[0],
        "RevealCancel": reveal.channels()[0],
    }
)
print(by_channel.corr().round(3))
px.scatter(by_channel, x="NIG", y=["Rescale", "RevealCancel"])

# %% [markdown]
# One picture proves nothing, and neither does one layer. Over more digits that the network never
# saw: the L1 distance of DeepLIFT's channels to those of NIG, relative to the L1 norm of these.

# %%
with np.load(bundled / "data" / "digits.npz") as file:
    some = np.random.default_rng(0).permutation(len(file["pictures"]))[:digits]
    pictures = file["pictures"][some].astype("float32")[..., None]
layers = ["pool1", "pool2", "dense_relu"]
path = attribution.neuron_integrated_gradients(net, pictures, layers)
ends = {
    r: attribution.deeplift(net, pictures, layers, rule=r) for r in ("rescale", "reveal_cancel")
}
for name in layers:
    own = path[name].channels()
    for rule, result in ends.items():
        distance = np.abs(result[name].channels() - own).sum(1) / np.abs(own).sum(1)
        print(f"{name:10} {rule:14} {distance.mean():.3f}, largest {distance.max():.3f}")

# %% [markdown]
# ## Which ranking is the more faithful?
#
# The channels are switched off one by one (to what they are at the baseline), in the order of each
# ranking. The faster the logit falls, the better the ranking found what carries it.

# %%
methods = {
    "NIG": attribution.METHODS["nig"],
    "DeepLIFT Rescale": attribution.METHODS["deeplift_rescale"],
    "DeepLIFT RevealCancel": attribution.METHODS["deeplift_reveal_cancel"],
    "gradient x difference": attribution.METHODS["gradient_times_difference"],
    "activation": attribution.METHODS["activation_difference"],
}
counts = [0, 1, 2, 4, 8, 16, 32, 64]
found = {name: method.run(net, pictures, layer) for name, method in methods.items()}
curves = {
    name: attribution.ablation_curve(net, pictures, result, counts=counts)
    for name, result in found.items()
}
curves["random"] = attribution.ablation_curve(
    net, pictures, found["NIG"], counts=counts, order="random"
)


# %%
def share_left(curve):
    """(digits, counts): of F(x) - F(baseline), what is left; 1 before, 0 when all are off."""
    scores = curve.scores
    return (scores - scores[:, -1:]) / (scores[:, :1] - scores[:, -1:])


left = pd.DataFrame({name: share_left(curve).mean(0) for name, curve in curves.items()}, counts)
print(left.round(2).to_string())
px.line(left, labels={"index": "channels switched off", "value": "share of the logit's rise left"})

# %% [markdown]
# How sure is that of so many digits? The area under each digit's curve, less that of NIG: a 95 %
# interval by resampling digits. Above 0, NIG is better.

# %%
area = {n: np.trapezoid(share_left(c), counts, axis=1) / counts[-1] for n, c in curves.items()}
draws = np.random.default_rng(1).integers(0, digits, (2000, digits))
for name in area:
    more = area[name] - area["NIG"]
    low, high = np.quantile(more[draws].mean(1), [0.025, 0.975])
    print(f"{name:24} {more.mean():+.3f}  [{low:+.3f}, {high:+.3f}]")

# %% [markdown]
# ## What does each cost?
#
# Passes through the network and back, in gradient evaluations.

# %%
cost = {name: float(np.median(result.evaluations)) for name, result in found.items()}
print(pd.Series(cost, name="gradient evaluations").astype(int))

# %% [markdown]
# ## The answer
#
# For this network the two methods rank the channels much alike, and DeepLIFT costs a fraction of
# the path. Where they part, no single number settles who is right: removal is one measure, and the
# gradient is what single removals favour by construction. More networks, layers, measures and
# controls, with what speaks against the method, are in the documentation under *Evidence*.
