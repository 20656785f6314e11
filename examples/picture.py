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
# # A picture: which channels say "tiger cat", and where do they look?
#
# Open this file as a notebook with [Jupytext](https://jupytext.readthedocs.io), or run it as it is:
# `python examples/picture.py`. It needs `pip install .[dashboard]`, whose Plotly draws the figures.

# %%
import numpy as np
import plotly.express as px

import attribution
from attribution import baselines, images

net = attribution.load("efficientnet-lite0")
card = attribution.zoo.cards()["efficientnet-lite0"]
encoding = card.encoding()
picture = images.decode(card.samples[0].file.read_bytes())
pixels = images.fit(picture, encoding.size)
x = encoding.encode(pixels)[None]
px.imshow(pixels, title=card.samples[0].title)

# %% [markdown]
# What does the network say, and how much is there to explain? F is the logit of the class.

# %%
result = attribution.neuron_integrated_gradients(net, x, card.layer)
target = int(result.target[0])
print(f"{card.labels[target]}: F(x) - F(baseline) = {result.delta[0]:.2f}")
print(f"estimated error {result.error[0]:.1%}, gap {result.gap[0]:.3f}")

# %% [markdown]
# The channels that decide. A negative score speaks against the class.

# %%
top = result.top(10)
px.bar(top.astype({"index": str}), x="index", y="score", title="Ten channels of 192")

# %% [markdown]
# Where the first of them looks: its scores over the positions of the layer.

# %%
first = int(top["index"].iloc[0])
places = result.scores[0, ..., first]
limit = float(np.abs(places).max())
px.imshow(
    places, color_continuous_scale="RdBu_r", zmin=-limit, zmax=limit, title=f"Channel {first}"
)

# %% [markdown]
# And where in the picture it gets them from: the conductance of the channel, split over the pixels.

# %%
split = attribution.conductance_by_input(net, x, card.layer, first, target=target, tolerance=0.2)
by_pixel = split.scores[0].sum(-1)
limit = float(np.abs(by_pixel).max())
px.imshow(by_pixel, color_continuous_scale="RdBu_r", zmin=-limit, zmax=limit)

# %% [markdown]
# Does the ranking hold when the channels are switched off? The logit should fall with those that
# rank highest, and not with those that rank lowest.

# %%
curves = {
    order: attribution.ablation_curve(net, x, result, order=order, counts=[0, 2, 5, 10])
    for order in ("score", "least")
}
for order, curve in curves.items():
    print(f"{order:6}", curve.scores[0].round(2))

# %% [markdown]
# Another baseline asks another question: against the same picture out of focus.

# %%
blurred = baselines.blur(x, 20)
other = attribution.neuron_integrated_gradients(net, x, card.layer, target=target, baseline=blurred)
both = set(top["index"]) & set(other.top(10)["index"])
print(f"{len(both)} of the first 10 channels are the same against the blurred picture")
