"""Functions that are hard to integrate, as small networks; NumPy computes their conductance.

    x -> lower (linear) -> shapes (an activation) -> mid (ReLU) -> out,     p = lower[0] = the place
         `lower` also goes around `shapes` to `mid`, so that `shapes` is no cut, or does not.

On the path from 0 to x, p runs from 0 to 1 and `shapes` makes of it bumps, steps and waves. Nothing
here is shared with the library: activations, gradients and sums are written out in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

import attribution

LOWER, PLAIN, MID = 4, 3, 6
FINE = 2**15

Array = np.ndarray
Weights = dict[str, tuple[Array, Array]]
ACTIVATIONS: dict[str, tuple[Any, Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (keras.ops.relu, lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "sigmoid": (
        keras.ops.sigmoid,
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
    ),
    "sin": (keras.ops.sin, np.sin, np.cos),
    "square": (keras.ops.square, np.square, lambda z: 2 * z),
    "quartic": (lambda z: keras.ops.power(z, 4), lambda z: z**4, lambda z: 4 * z**3),
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What `shapes` makes of p: its activation; the slopes and offsets of its units; their weights.

    width : of its narrowest feature, in parts of the path; what is narrower than the nodes see is
        not promised. gain : by which `mid` takes its sum.
    """

    activation: str
    slopes: Array
    offsets: Array
    weights: Array
    width: float
    gain: float = 1.0


def bump(rng: np.random.Generator, width: float | None = None) -> Shape:
    """A tent anywhere on the path, of a height that matters."""
    width = float(rng.uniform(0.01, 0.2)) if width is None else width
    at = rng.uniform(width / 2, 1 - width / 2)
    height = rng.uniform(0.5, 3) * rng.choice([-1, 1])
    places = np.array([at - width / 2, at, at + width / 2])
    return Shape("relu", np.ones(3), -places, np.array([1, -2, 1]) * 2 * height / width, width)


def two_bumps(rng: np.random.Generator) -> Shape:
    """Two tents, of which a search may find one and miss the other."""
    one, two = bump(rng), bump(rng)
    both = (np.concatenate(pair) for pair in ((one.slopes, two.slopes), (one.offsets, two.offsets),
                                              (one.weights, two.weights)))  # fmt: skip
    return Shape("relu", *both, min(one.width, two.width))


def end_kink(rng: np.random.Generator) -> Shape:
    """A change of slope right after the start, or right before the end."""
    gap = rng.uniform(0.0005, 0.02)
    places = np.array([gap, 1 - gap, rng.uniform(0, 1)])
    return Shape("relu", np.ones(3), -places, rng.normal(0, 3, 3), 1.0)


def steps(rng: np.random.Generator) -> Shape:
    """Steep sigmoids: steps up and down."""
    width = rng.uniform(0.01, 0.2)
    places, weights = rng.uniform(0.05, 0.95, 4), rng.normal(0, 2, 4)
    steep = np.full(4, 6 / width)  # from 5 % to 95 % within the width
    return Shape("sigmoid", steep, -steep * places, weights, width)


def waves(rng: np.random.Generator) -> Shape:
    """Periods of every kind: those of a regular grid, and others."""
    count = rng.integers(1, 9) * rng.choice([1, 1, rng.uniform(0.8, 1.2)])
    turns = 2 * np.pi * np.array([count, count])
    offsets = np.array([0, np.pi / 2]) + rng.uniform(0, 2 * np.pi)
    return Shape("sin", turns, offsets, rng.normal(0, 1, 2), 0.5 / count)


def oscillation(rng: np.random.Generator) -> Shape:
    """Several waves that no common period holds."""
    counts = rng.uniform(0.5, 7, 5)
    weights = rng.normal(0, 1, 5)
    return Shape("sin", 2 * np.pi * counts, rng.uniform(0, 6, 5), weights, 0.5 / counts.max())


def cancellation(rng: np.random.Generator) -> Shape:
    """Large parts of opposite sign that leave little."""
    places = np.sort(rng.uniform(0, 1, 6))
    weights = rng.normal(0, 30, 6)
    return Shape("relu", np.ones(6), -places, weights - weights.mean(), 1.0, 0.3)


def square(rng: np.random.Generator) -> Shape:
    """Growth without kinks below."""
    return Shape("square", rng.normal(0, 2, 4), rng.normal(0, 1, 4), rng.normal(0, 1, 4), 1.0)


def quartic(rng: np.random.Generator) -> Shape:
    """Faster growth."""
    return Shape("quartic", rng.normal(0, 1.5, 4), rng.normal(0, 1, 4), rng.normal(0, 1, 4), 1.0)


FAMILIES: dict[str, Callable[[np.random.Generator], Shape]] = {
    "bump": bump, "two bumps": two_bumps, "kink at an end": end_kink, "steep steps": steps,
    "waves": waves, "oscillation": oscillation, "cancellation": cancellation,
    "square": square, "quartic": quartic,
}  # fmt: skip


class Nets:
    """A network for each activation, number of units and way around, traced once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int, bool], attribution.Network] = {}

    def of(self, shape: Shape, around: bool, weights: Weights) -> attribution.Network:
        """The network with these weights."""
        units = len(shape.slopes) + PLAIN
        key = shape.activation, units, around
        if key not in self._made:
            x = keras.Input((3,), name="x")
            lower = keras.layers.Dense(LOWER, name="lower")(x)
            z = keras.layers.Dense(units, name="before")(lower)
            h = keras.layers.Activation(ACTIVATIONS[shape.activation][0], name="shapes")(z)
            both = keras.layers.Concatenate()([lower, h]) if around else h
            mid = keras.layers.Dense(MID, "relu", name="mid")(both)
            model = keras.Model(x, keras.layers.Dense(1, name="out")(mid))
            self._made[key] = attribution.Network(model)
        net = self._made[key]
        for name, pair in weights.items():
            net.model.get_layer(name).set_weights([w.astype(np.float32) for w in pair])
        return net


def drawn(shape: Shape, around: bool, rng: np.random.Generator) -> tuple[Array, Weights]:
    """An input and weights: p is the place on the path, the other neurons are whatever they are."""
    x = rng.normal(0, 1, 3).astype(np.float32).astype(float)
    lower = rng.normal(0, 1, (3, LOWER))
    lower[:, 0] = x / (x @ x)
    units = len(shape.slopes)
    before = rng.normal(0, 0.5, (LOWER, units + PLAIN))
    before[:, :units] = 0
    before[0, :units] = shape.slopes
    offsets = np.concatenate([shape.offsets, rng.normal(0, 0.5, PLAIN)])
    mid = rng.normal(0, 0.5, ((LOWER if around else 0) + units + PLAIN, MID))
    first = LOWER if around else 0
    mid[first : first + units] = np.outer(shape.weights, rng.normal(0, 1, MID)) * shape.gain
    weights = {
        "lower": (lower, np.r_[0, rng.normal(0, 0.5, LOWER - 1)]),
        "before": (before, offsets),
        "mid": (mid, rng.normal(0, 0.5, MID)),
        "out": (rng.normal(0, 1, (MID, 1)), np.zeros(1)),
    }
    exact = {n: tuple(w.astype(np.float32).astype(float) for w in p) for n, p in weights.items()}
    return x, exact  # type: ignore[return-value]


def truth(shape: Shape, around: bool, x: Array, weights: Weights) -> dict[str, Array]:
    """Conductance of `lower` and `shapes` from a zero baseline, over a uniform fine grid."""
    _, f, slope = ACTIVATIONS[shape.activation]
    (w0, b0), (w1, b1), (w2, b2), (w3, _) = weights.values()
    total = {"lower": np.zeros(len(b0)), "shapes": np.zeros(len(b1))}
    for first in range(0, FINE, 2**13):
        a = np.arange(first, first + 2**13 + 1) / FINE
        lower = a[:, None] * (x @ w0) + b0
        z = lower @ w1 + b1
        h = f(z)
        both = np.concatenate([lower, h], 1) if around else h
        g = ((both @ w2 + b2 > 0) * w3[:, 0]) @ w2.T
        by_h = g[:, LOWER:] if around else g
        by_lower = (by_h * slope(z)) @ w1.T + (g[:, :LOWER] if around else 0)
        for name, values, gradient in (("lower", lower, by_lower), ("shapes", h, by_h)):
            middle = (gradient[1:] + gradient[:-1]) / 2
            total[name] += (middle * np.diff(values, axis=0)).sum(0)
    return total


def held(
    draws: int, tolerance: float, seed: int = 0, families: Any = FAMILIES
) -> Iterator[tuple[str, str, float, float, bool]]:
    """Family, how it was asked, true error, estimated error, whether the nodes could see it all."""
    nets = Nets()
    for family in families:
        rng = np.random.default_rng([seed, *family.encode()])
        for number in range(draws):
            around = bool(number % 2)
            shape = FAMILIES[family](rng)
            x, weights = drawn(shape, around, rng)
            net, exact = nets.of(shape, around, weights), truth(shape, around, x, weights)
            ask = {"target": 0, "tolerance": tolerance}
            row = x[None].astype(np.float32)
            several = attribution.neuron_integrated_gradients(net, row, "all", **ask)
            for name, wanted in exact.items():
                alone = attribution.neuron_integrated_gradients(net, row, name, **ask)
                norm = np.abs(wanted).sum()
                for how, found in (("alone", alone), ("all layers", several[name])):
                    true = float(np.abs(found.scores[0] - wanted).sum() / norm)
                    seen = bool(shape.width > found.resolution[0])
                    yield family, how, true, float(found.error[0]), seen
