"""The networks of the protocol, their inputs, and each cut in two at a layer by Keras alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution import baselines, images, zoo
from attribution.bundled import ASSETS

Array = np.ndarray[Any, Any]

PLANTED = 12
"""Units of the planted network that the answer follows from; as many look alike and do not."""


@dataclass(frozen=True)
class Subject:
    """A network, its inputs, what they are compared with, and what is known of its units.

    baselines : by name, an array like x each; the first is the usual one.
    truth : of the planted network, which units the answer follows from.
    """

    name: str
    model: keras.Model
    x: Array
    baselines: dict[str, Array]
    truth: Array | None = None


def subject(name: str, count: int, seed: int) -> Subject:
    """The network of that name with so many inputs."""
    rng = np.random.default_rng(seed)
    if name == "planted":
        model, x = _planted(seed), rng.normal(size=(50 * count, 16)).astype("float32")
        # A share of F(x) - F(baseline) says something only where that is well above zero.
        rise = np.asarray(model(x))[:, 0] - np.asarray(model(np.zeros_like(x[:1])))[:, 0]
        x = x[rise > 1][:count]
        return Subject(name, model, x, {"zeros": np.zeros_like(x)}, _relevant())
    whole = keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
    model = keras.Model(whole.input, whole.get_layer("logits").output)
    if name == "digits":
        pictures = np.load(ASSETS / "data" / "digits.npz")["pictures"].astype("float32")
        x = pictures[rng.permutation(len(pictures))[:count], :, :, None]
        mean = np.broadcast_to(pictures.mean(0)[:, :, None], x.shape)
        others = {"mean": mean, "blurred": np.stack([baselines.blur(p, 3.0) for p in x])}
        return Subject(name, model, x, {"zeros": np.zeros_like(x), **others})
    if name == "tal1-gata1":
        x = np.eye(4, dtype="float32")[rng.integers(0, 4, (count, 200))]
        # Motifs of both factors, so that there is something to explain.
        for row, word in enumerate(["CAGATGTTTATCT", "AGATAAGGCAGATG"] * count):
            if row < count:
                place = int(rng.integers(20, 160))
                x[row, place : place + len(word)] = np.eye(4)[["ACGT".index(c) for c in word]]
        shuffled = baselines.dinucleotide_shuffle(x, seed, 1)[0]
        return Subject(name, model, x, {"quarter": np.full_like(x, 0.25), "shuffled": shuffled})
    card = zoo.cards()[name]
    encode = card.encoding()
    x = np.stack(
        [
            encode.encode(images.fit(images.decode(s.file.read_bytes()), encode.size))
            for s in card.samples[:count]
        ]
    )
    return Subject(name, model, x, {"zeros": np.zeros_like(x)})


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


class Split:
    """A network cut in two at a layer: h of an input, and the score of h. Units are channels."""

    def __init__(self, model: keras.Model, layer: str, target: int) -> None:
        hidden = model.get_layer(layer).output
        self.head = keras.Model(model.input, hidden)
        self.tail = keras.Model(hidden, model.output)
        self.target = target
        self.units = int(hidden.shape[-1])

    def hidden(self, x: Array) -> Array:
        return np.asarray(self.head(x, training=False))

    def score(self, h: Array) -> Array:
        """(rows,) the target's logit for activations (rows, *layer)."""
        parts = [h[i : i + 64] for i in range(0, len(h), 64)]
        return np.concatenate([np.asarray(self.tail(p, training=False)) for p in parts])[
            :, self.target
        ].astype(float)

    def slope(self, h: Array) -> Array:
        """The gradient of the score by h, (rows, *layer)."""
        found = []
        for first in range(0, len(h), 32):
            with tf.GradientTape() as tape:
                point = tf.constant(h[first : first + 32])
                tape.watch(point)
                score = self.tail(point, training=False)[:, self.target]
            found.append(tape.gradient(score, point).numpy())
        return np.concatenate(found)

    def mixed(self, h: Array, other: Array, kept: Array) -> Array:
        """(sets, *layer): h where a unit is kept, bool (sets, units), and the other elsewhere."""
        shape = (len(kept), *[1] * (h.ndim - 2), self.units)
        return np.where(kept.reshape(shape), h, other).astype("float32")

    def by_unit(self, scores: Array) -> Array:
        """(*layer) -> (units,), summed over positions."""
        return scores.reshape(-1, self.units).sum(0, dtype=float)
