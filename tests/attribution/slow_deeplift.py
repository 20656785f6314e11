"""The rules of DeepLIFT in plain NumPy, neuron by neuron: an independent yardstick.

It reads the networks of `tests/vectors` (a list of `{name, class, inbound, ...}`) and shares
nothing with the code under test. Every layer is unrolled into scalar neurons: a weighted sum, a
function of one neuron, or a maximum. A neuron keeps its value at x and at the reference, and the
positive and the negative part of the difference; multipliers are found from the target backwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (lambda v: v, lambda v: 1.0),
    "relu": (lambda v: max(v, 0.0), lambda v: float(v > 0)),
    "relu6": (lambda v: min(max(v, 0.0), 6.0), lambda v: float(0 < v < 6)),
    "tanh": (math.tanh, lambda v: 1 - math.tanh(v) ** 2),
    "sigmoid": (
        lambda v: 1 / (1 + math.exp(-v)),
        lambda v: math.exp(-v) / (1 + math.exp(-v)) ** 2,
    ),
    "softplus": (lambda v: math.log1p(math.exp(v)), lambda v: 1 / (1 + math.exp(-v))),
    "elu": (
        lambda v: v if v > 0 else math.expm1(v),
        lambda v: 1.0 if v > 0 else math.exp(v),
    ),
}


@dataclass(eq=False)
class Neuron:
    """A scalar at x (`x`) and at the reference (`x0`), with the parts of its difference."""

    x: float
    x0: float
    up: float = 0.0
    down: float = 0.0
    m_up: float = 0.0  # multipliers, summed over what reads this neuron
    m_down: float = 0.0
    back: Callable[[Neuron], None] = field(default=lambda self: None)

    @property
    def moved(self) -> float:
        return self.x - self.x0

    def split(self) -> Neuron:
        """The parts of a neuron of which nothing more is known: those of the sign."""
        self.up, self.down = max(self.moved, 0.0), min(self.moved, 0.0)
        return self

    def receive(self, m_up: float, m_down: float) -> None:
        self.m_up += m_up
        self.m_down += m_down

    def one_multiplier(self) -> float:
        """What applies to the net difference."""
        if self.moved == 0:
            return (self.m_up + self.m_down) / 2
        return self.m_up if self.moved > 0 else self.m_down

    @property
    def score(self) -> float:
        return self.m_up * self.up + self.m_down * self.down


def start(x: float, x0: float) -> Neuron:
    return Neuron(x, x0).split()


def weighted(terms: Sequence[tuple[Neuron, float]], bias: float) -> Neuron:
    """sum of w * neuron + bias, as a dense layer or a convolution."""
    made = Neuron(sum(n.x * w for n, w in terms) + bias, sum(n.x0 * w for n, w in terms) + bias)
    shares = [n.moved * w for n, w in terms]
    made.up, made.down = sum(s for s in shares if s > 0), sum(s for s in shares if s < 0)

    def back(self: Neuron) -> None:
        for n, w in terms:
            share = n.moved * w
            if n.moved == 0:
                m = w * (self.m_up + self.m_down) / 2
            else:
                m = w * (self.m_up if share > 0 else self.m_down)
            n.receive(m, m)

    made.back = back
    return made


def total(terms: Sequence[tuple[Neuron, float]], bias: float = 0.0) -> Neuron:
    """sum of c * neuron + bias that hands the parts on: add, average, batch norm, rescaling."""
    made = Neuron(sum(n.x * c for n, c in terms) + bias, sum(n.x0 * c for n, c in terms) + bias)
    made.up = sum(c * (n.up if c > 0 else n.down) for n, c in terms)
    made.down = sum(c * (n.down if c > 0 else n.up) for n, c in terms)

    def back(self: Neuron) -> None:
        for n, c in terms:
            up, down = (self.m_up, self.m_down) if c > 0 else (self.m_down, self.m_up)
            n.receive(c * up, c * down)

    made.back = back
    return made


def applied(name: str, n: Neuron, rule: str) -> Neuron:
    """An activation, monotone and increasing."""
    f, slope = FUNCTIONS[name]
    made = Neuron(f(n.x), f(n.x0))

    def quotient(a: float, step: float) -> float:
        if abs(step) < 1e-12:
            return slope(a)
        return (f(a + step) - f(a)) / step

    if rule == "rescale":
        by_up = by_down = quotient(n.x0, n.moved)
    else:
        by_up = (quotient(n.x0, n.up) + quotient(n.x0 + n.down, n.up)) / 2
        by_down = (quotient(n.x0, n.down) + quotient(n.x0 + n.up, n.down)) / 2
    made.up, made.down = by_up * n.up, by_down * n.down
    made.back = lambda self: n.receive(self.m_up * by_up, self.m_down * by_down)
    return made


def largest(window: Sequence[Neuron]) -> Neuron:
    """Max pool: all credit to the first winner of the side whose maximum is larger."""
    at_x, at_x0 = max(window, key=lambda n: n.x), max(window, key=lambda n: n.x0)
    made = Neuron(at_x.x, at_x0.x0).split()

    def back(self: Neuron) -> None:
        if self.moved == 0:
            return
        winner = at_x if self.moved > 0 else at_x0
        m = self.one_multiplier() * self.moved / winner.moved
        winner.receive(m, m)

    made.back = back
    return made


def scores(
    layers: Sequence[Mapping[str, Any]],
    x: Mapping[str, Array],
    reference: Mapping[str, Array],
    target: int | Mapping[Any, float],
    rule: str,
) -> dict[str, Array]:
    """m+ D+ + m- D- of every neuron of every layer and input: name -> (batch, *shape)."""
    batch = len(next(iter(x.values())))
    rows = [
        _one(
            layers,
            {k: v[i] for k, v in x.items()},
            {k: v[i] for k, v in reference.items()},
            target,
            rule,
        )
        for i in range(batch)
    ]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _one(layers: Any, x: Any, reference: Any, target: Any, rule: str) -> dict[str, Array]:
    made: dict[str, Array] = {}
    order: list[Neuron] = []
    for name, values in x.items():
        flat = zip(values.reshape(-1).tolist(), reference[name].reshape(-1).tolist(), strict=True)
        made[name] = _objects([start(a, b) for a, b in flat], values.shape)
        order += list(made[name].reshape(-1))
    for entry in layers:
        made[entry["name"]] = _layer(entry, [made[n] for n in entry["inbound"]], rule, order)
    outputs = made[layers[-1]["name"]]
    weights = target.items() if isinstance(target, Mapping) else [(target, 1.0)]
    for index, weight in weights:
        outputs[index].receive(float(weight), float(weight))
    for neuron in reversed(order):
        neuron.back(neuron)
    return {name: np.vectorize(lambda n: n.score)(neurons) for name, neurons in made.items()}


def _layer(entry: Any, given: list[Array], rule: str, order: list[Neuron]) -> Array:
    """One Keras layer, channels last, padding valid, as an array of neurons."""
    (a, *others), kind = given, entry["class"]
    if kind == "Dense":
        kernel = np.array(entry["kernel"], float)
        made = [
            weighted(list(zip(row, k, strict=True)), b)
            for row in a.reshape(-1, a.shape[-1])
            for k, b in _units(entry, kernel)
        ]
        result = _objects(made, (*a.shape[:-1], kernel.shape[-1]))
    elif kind in ("Conv1D", "Conv2D"):
        kernel = np.array(entry["kernel"], float)
        units = [(k.reshape(-1), b) for k, b in _units(entry, kernel)]
        made = [
            weighted(list(zip(w.reshape(-1), k, strict=True)), b)
            for w in _windows(a, kernel.shape[:-2], entry.get("strides", 1))
            for k, b in units
        ]
        places = _places(a.shape, kernel.shape[:-2], entry.get("strides", 1))
        result = _objects(made, (*places, kernel.shape[-1]))
    elif kind.startswith(("MaxPooling", "AveragePooling")):
        rank = a.ndim - 1
        size = tuple(np.broadcast_to(entry["pool_size"], rank).tolist())
        made = []
        for window in _windows(a, size, entry.get("strides", size)):
            for column in window.reshape(-1, a.shape[-1]).T:
                pooled = [(n, 1 / len(column)) for n in column]
                made.append(largest(list(column)) if kind.startswith("Max") else total(pooled))
        places = _places(a.shape, size, entry.get("strides", size))
        result = _objects(made, (*places, a.shape[-1]))
    elif kind == "Flatten":
        return a.reshape(-1)
    elif kind == "Concatenate":
        return np.concatenate(given, -1)
    elif kind == "Add":
        pairs = zip(*[g.reshape(-1) for g in given], strict=True)
        result = _objects([total([(n, 1.0) for n in pair]) for pair in pairs], a.shape)
    elif kind == "Activation":
        made = [applied(entry["activation"], n, rule) for n in a.reshape(-1)]
        result = _objects(made, a.shape)
    elif kind in ("Rescaling", "BatchNormalization"):
        scale, offset = _affine(entry, a.shape[-1])
        made = [
            total([(n, scale[i % len(scale)])], offset[i % len(scale)])
            for i, n in enumerate(a.reshape(-1))
        ]
        result = _objects(made, a.shape)
    else:
        raise NotImplementedError(kind)
    assert not (others and kind not in ("Add", "Concatenate"))
    order += list(result.reshape(-1))
    if "activation" in entry and kind != "Activation":
        own = {"class": "Activation", "activation": entry["activation"]}
        return _layer(own, [result], rule, order)
    return result


def _units(entry: Any, kernel: Array) -> list[tuple[Array, float]]:
    return [(kernel[..., j], float(b)) for j, b in enumerate(entry["bias"])]


def _affine(entry: Any, channels: int) -> tuple[list[float], list[float]]:
    if entry["class"] == "Rescaling":
        return [float(entry.get("scale", 1))], [float(entry.get("offset", 0))]
    gamma, beta, mean, variance = (
        np.array(entry[k], float) for k in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + entry["epsilon"])
    assert len(scale) == channels
    return scale.tolist(), (beta - mean * scale).tolist()


def _places(shape: Any, size: Any, strides: Any) -> tuple[int, ...]:
    steps = np.broadcast_to(strides, len(size))
    return tuple((n - k) // s + 1 for n, k, s in zip(shape, size, steps, strict=False))


def _windows(a: Array, size: Any, strides: Any) -> list[Array]:
    steps = np.broadcast_to(strides, len(size))
    return [
        a[tuple(slice(p * s, p * s + k) for p, s, k in zip(place, steps, size, strict=True))]
        for place in np.ndindex(_places(a.shape, size, strides))
    ]


def _objects(neurons: list[Neuron], shape: Any) -> Array:
    array = np.empty(len(neurons), object)
    array[:] = neurons
    return array.reshape(shape)
