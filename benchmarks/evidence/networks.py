"""The networks of the protocol, their inputs, and what these are compared with."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from attribution import baselines, images, zoo
from attribution.bundled import ASSETS

Array = np.ndarray[Any, Any]

PLANTED = 12
"""Units of the planted network that the answer follows from; as many look alike and do not."""
_CROP = 2 / 3
"""Of the height and width of a photograph: its middle, the second input that is made of it."""


@dataclass(frozen=True)
class Subject:
    """A network, its inputs, what they are compared with, and what is known of its units.

    baselines : by name, an array like x each; the first is the usual one.
    unused : further inputs, and which logits should be the largest (digits) or above 0 (DNA).
    clusters : of each input; what is not independent is in one.
    truth : of the planted network, which units the answer follows from.
    """

    name: str
    model: keras.Model
    x: Array
    baselines: dict[str, Array]
    clusters: Array
    unused: tuple[Array, Array] | None = None
    truth: Array | None = None


def subject(name: str, count: int, seed: int, unused: int = 0) -> Subject:
    """The network of that name with so many inputs, and so many more."""
    rng = np.random.default_rng(seed)
    if name == "planted":
        model, x = _planted(seed), rng.normal(size=(50 * count, 16)).astype("float32")
        # A share of F(x) - F(baseline) says something only where that is well above zero.
        rise = np.asarray(model(x))[:, 0] - np.asarray(model(np.zeros_like(x[:1])))[:, 0]
        x = x[rise > 1][:count]
        compared = {"zeros": np.zeros_like(x)}
        return Subject(name, model, x, compared, np.arange(count), truth=_relevant())
    whole = keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
    model = keras.Model(whole.input, whole.get_layer("logits").output)
    if name == "digits":
        return _digits(model, count, unused, rng)
    if name == "tal1-gata1":
        return _dna(model, count, unused, rng, seed)
    x = _photographs(name)[:count]
    compared = {"zeros": np.zeros_like(x), "blurred": baselines.blur(x, 20)}
    return Subject(name, model, x, compared, np.arange(count) // 2)


def correct(logits: Array, wanted: Array) -> Array:
    """(rows,) whether, or in what share of its labels, an answer is right."""
    if wanted.ndim == 1:
        return (logits.argmax(-1) == wanted).astype(float)
    return ((logits > 0) == wanted).mean(-1)


def _digits(model: keras.Model, count: int, unused: int, rng: np.random.Generator) -> Subject:
    with np.load(ASSETS / "data" / "digits.npz") as file:
        pictures, labels = file["pictures"].astype("float32")[..., None], file["labels"]
    order = rng.permutation(len(pictures))
    own, further = order[:count], order[count : count + unused]
    x = pictures[own]
    compared = {
        "zeros": np.zeros_like(x),
        "mean": np.broadcast_to(pictures.mean(0), x.shape),
        "blurred": baselines.blur(x, 3.0),
    }
    rest = pictures[further], labels[further].astype(int)
    return Subject("digits", model, x, compared, np.arange(count), rest)


def _dna(
    model: keras.Model, count: int, unused: int, rng: np.random.Generator, seed: int
) -> Subject:
    """Bundled sequences with both motifs; the further ones are of all kinds."""
    letters, labels = list[list[int]](), list[list[bool]]()
    with gzip.open(ASSETS / "data" / "tal1-gata1.fasta.gz", "rt") as file:
        for line in file.read().splitlines():
            if line[0] == ">":
                said = line.partition("label=")[2]
                labels.append([said == "both", *(said in (n, "both") for n in ("GATA1", "TAL1"))])
            else:
                letters.append(["ACGT".index(letter) for letter in line])
    sequences, wanted = np.eye(4, dtype="float32")[np.array(letters)], np.array(labels)
    order = rng.permutation(len(sequences))
    own = order[wanted[order, 0]][:count]
    further = order[~np.isin(order, own)][:unused]
    x = sequences[own]
    shuffled = baselines.dinucleotide_shuffle(x, seed, 1)[0]
    compared = {"quarter": np.full_like(x, 0.25), "shuffled": shuffled}
    rest = sequences[further], wanted[further]
    return Subject("tal1-gata1", model, x, compared, np.arange(count), rest)


def _photographs(name: str) -> Array:
    """Each bundled photograph, and the middle of it."""
    card = zoo.cards()[name]
    encode, found = card.encoding(), []
    for sample in card.samples:
        picture = images.decode(sample.file.read_bytes())
        top, left = (round(n * (1 - _CROP) / 2) for n in picture.size)
        middle = replace(picture, pixels=picture.pixels[top:-top, left:-left])
        found += [encode.encode(images.fit(p, encode.size)) for p in (picture, middle)]
    return np.stack(found)


def _relevant() -> Array:
    return np.arange(3 * PLANTED) < PLANTED


def _planted(seed: int) -> keras.Model:
    """Units whose contribution is known: F = sum over the first of w min(h, 1).

    The next as many feed another output alone; the last are read twice with opposite signs, so
    that a change of theirs changes nothing. By hand the contribution of unit j is w_j (min(h_j, 1)
    at x - at the baseline), for each path.
    """
    rng, n = np.random.default_rng(seed), PLANTED
    x = keras.Input((16,))
    h = keras.layers.Dense(3 * n, "relu", name="hidden")(x)
    capped = keras.ops.minimum(h, 1.0)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Concatenate()([capped, h, -h]))
    model = keras.Model(x, logits)
    weights = np.zeros((9 * n, 2), "float32")
    weights[:n, 0] = rng.uniform(0.5, 2, n) * rng.choice([-1, 1], n)
    weights[n : 2 * n, 1] = rng.normal(size=n)
    weights[5 * n : 6 * n, 0] = weights[8 * n :, 0] = rng.uniform(1, 3, n)
    kernel = rng.normal(size=(16, 3 * n)).astype("float32") / 3
    model.set_weights([kernel, np.full(3 * n, 0.1, "float32"), weights, np.zeros(2, "float32")])
    return model
