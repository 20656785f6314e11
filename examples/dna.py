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
# # DNA: which filters find the motifs, and which bases carry them?
#
# Open this file as a notebook with [Jupytext](https://jupytext.readthedocs.io), or run it as it is:
# `python examples/dna.py`. It needs `pip install .[dashboard]`, whose Plotly draws the figures.
#
# The network tells from 200 bases whether the motifs of GATA1 and TAL1 were embedded in them.

# %%
import numpy as np
import plotly.express as px

import attribution
from attribution import baselines, filters, motifs, sequences

net = attribution.load("tal1-gata1")
card = attribution.zoo.cards()["tal1-gata1"]
record = sequences.read(card.samples[0].file.read_bytes())[0]
x = sequences.encode(record.letters)[None]
for label, probability in zip(card.labels, net.predict(x)[0], strict=True):
    print(f"{label}: {probability:.2f}")

# %% [markdown]
# Ten shuffles that keep every pair of neighbouring bases are the references: the same composition,
# no motif. DeepLIFT answers for the bases and for the filters in one call.

# %%
shuffled = baselines.dinucleotide_shuffle(x, seed=0, count=10)
results = attribution.deeplift(
    net, x, ["sequence", "relu1"], target=0, baseline=shuffled, rule="genomics"
)
bases = results["sequence"].scores[0].sum(-1)
print(
    f"F(x) - F(references) = {results['sequence'].delta[0]:.2f}, sum over bases {bases.sum():.2f}"
)
px.bar(x=np.arange(len(bases)), y=bases, labels={"x": "base", "y": "contribution"})

# %% [markdown]
# The known motifs, and how much of the evidence lies in them.

# %%
for match in motifs.scan(x[0]):
    inside = bases[match.start : match.end].sum()
    print(f"{match.motif} at {match.start} to {match.end - 1} ({match.strand}): {inside:.2f}")

# %% [markdown]
# The filters that decide, what each looks for, and whether the references agree about it.

# %%
relu = results["relu1"]
kernels = filters.kernel(net, "relu1")
for row in relu.top(5).itertuples():
    likeness = motifs.nearest(kernels[..., row.index])[0]
    print(f"filter {row.index}: {row.score:.2f}, most like {likeness.motif.name}")

# %% [markdown]
# What any other base would contribute in each place: what motif discovery takes as its input.

# %%
other = attribution.hypothetical_contributions(
    net, x, target=0, baseline=shuffled, rule="genomics"
)[0]
limit = float(np.abs(other).max())
px.imshow(other.T, y=list("ACGT"), color_continuous_scale="RdBu_r", zmin=-limit, zmax=limit)

# %% [markdown]
# The test of the claim: take the motif of GATA1 out, by shuffling its bases alone.

# %%
found = next(match for match in motifs.scan(x[0]) if match.motif == "Gata1")
without = x.copy()
generator = np.random.default_rng(0)
without[0, found.start : found.end] = generator.permutation(x[0, found.start : found.end])
print(f"logit {net.score(x, 0)[0]:.2f}, without GATA1's motif {net.score(without, 0)[0]:.2f}")
