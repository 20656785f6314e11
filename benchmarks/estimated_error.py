"""How honest is `error`? The estimate against the true error, over many networks and inputs.

The truth is a trapezoid sum over a uniform fine grid, computed here in NumPy from activations and
gradients of a plain `tf.GradientTape` over sub-models: none of the code under test. Beside them
stand functions made to be missed (`nasty`), whose truth is written out in NumPy alone.

    python -m benchmarks.estimated_error
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import attribution
from attribution import images, zoo
from attribution.bundled import ASSETS
from benchmarks import nasty

FINE = 8192
TOLERANCES = (0.1, 0.05, 0.02)

Case = tuple[str, keras.Model, str, np.ndarray, int]


def truth(model: keras.Model, layer: str, x: np.ndarray, target: int, fine: int) -> np.ndarray:
    """Conductance of a layer's neurons from a zero baseline by brute force; models give logits."""
    lower = keras.Model(model.inputs, model.get_layer(layer).output)
    upper = keras.Model(model.get_layer(layer).output, model.outputs[0])

    @tf.function(reduce_retracing=True)
    def at(points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            h = lower(points, training=False)
            tape.watch(h)
            score = upper(h, training=False)[:, target]
        return h, tape.gradient(score, h)

    total = np.zeros(1)
    last: tuple[np.ndarray, np.ndarray] | None = None
    rows = 16 if x.size > 10_000 else 512
    for first in range(0, fine + 1, rows):
        a = np.arange(first, min(first + rows, fine + 1)) / fine
        points = (a.reshape(-1, *[1] * x.ndim) * x).astype(np.float32)
        h, g = (t.numpy().astype(np.float64) for t in at(points))
        if last is not None:
            h, g = np.concatenate([last[0], h]), np.concatenate([last[1], g])
        total = total + ((g[1:] + g[:-1]) / 2 * np.diff(h, axis=0)).sum(0)
        last = h[-1:], g[-1:]
    return total


def cases() -> Iterator[Case]:
    """Random and trained, piecewise linear and smooth, dense and convolutional."""
    rng = np.random.default_rng(0)
    for activation in ("relu", "tanh", "gelu", "sigmoid", "softplus"):
        for depth in (2, 4):
            for seed in range(3):
                keras.utils.set_random_seed(seed)
                layers: list[Any] = [keras.Input((12,))]
                for i in range(depth):
                    layers += [
                        keras.layers.Dense(24, bias_initializer="normal", name=f"dense{i}"),
                        keras.layers.Activation(activation, name=f"act{i}"),
                    ]
                model = keras.Sequential([*layers, keras.layers.Dense(3)])
                x = 2 * rng.standard_normal(12).astype(np.float32)
                for layer in ("dense0", "act0"):
                    yield f"random {activation} MLP", model, layer, x, 0
    for name in ("tal1-gata1", "splice-donor"):
        card = zoo.cards()[name]
        model = keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
        logits = keras.Model(model.inputs, model.layers[-1].input)
        relus = [i.name for i in logits.layers if isinstance(i, keras.layers.ReLU)]
        for sample in card.samples:
            letters = attribution.sequences.read(sample.file.read_bytes())[0].letters
            x = attribution.sequences.encode(letters)
            for layer in [logits.layers[1].name, *relus[:2]]:
                yield name, logits, layer, x, 0
    name = "efficientnet-lite0"
    card = zoo.cards()[name]
    model = keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    encode = card.encoding()
    for sample in card.samples[:3]:
        picture = images.decode(sample.file.read_bytes())
        x = encode.encode(images.fit(picture, encode.size))
        target = int(np.argmax(logits(x[None])))
        for layer in ("block6d_add", "block7a_project_bn"):
            yield "efficientnet-lite0", logits, layer, x, target


Pairs = dict[str, list[tuple[float, float]]]


def trained_and_random() -> dict[str, Pairs]:
    """How a layer was asked for -> family -> (true error, estimated error) of each case.

    Twice: the layer alone, and among all layers of its network in one pass.
    """
    found: dict[str, Pairs] = {"alone": {}, "all layers": {}}
    networks: dict[int, attribution.Network] = {}
    seen: dict[tuple[bytes, float], dict[str, attribution.Attribution]] = {}
    before: Any = None
    for family, model, layer, x, target in cases():
        if (id(model), x.tobytes()) != before:  # the layers of one input come one after another
            before = id(model), x.tobytes()
            seen.clear()
        net = networks.setdefault(id(model), attribution.Network(model))
        exact = truth(model, layer, x, target, FINE if x.size < 10_000 else FINE // 2)
        norm = np.abs(exact).sum()
        for tolerance in TOLERANCES:
            key = x.tobytes(), tolerance
            request = {"target": target, "tolerance": tolerance}
            if key not in seen:
                seen[key] = attribution.neuron_integrated_gradients(net, x[None], "all", **request)
            alone = attribution.neuron_integrated_gradients(net, x[None], layer, **request)
            for how, result in (("alone", alone), ("all layers", seen[key][layer])):
                true = np.abs(result.scores[0] - exact).sum() / norm
                found[how].setdefault(family, []).append((float(true), float(result.error[0])))
    return found


def show(how: str, families: Pairs) -> None:
    """A line for each family: how often the truth is within the estimate, and by how much."""
    print(f"{how:24} {'cases':>5} {'true <= error':>14} {'error/true: median':>19} {'<= 4':>6}")
    everything = [pair for pairs in families.values() for pair in pairs]
    for family, pairs in [*families.items(), ("together", everything)]:
        true, error = np.array(pairs).T
        # Below a thousandth both are float32 rounding or an exactly linear head.
        covered = (true <= error) | (true < 1e-4)
        visible = true >= 1e-4
        ratio = error[visible] / true[visible]
        print(
            f"{family:24} {len(true):5} {covered.mean():14.1%} "
            + (f"{np.median(ratio):19.2f} {(ratio <= 4).mean():6.0%}" if len(ratio) else ""),
            flush=True,
        )


def show_nasty(draws: int) -> None:
    """Cases whose features are wider than the nodes' resolution: how often the estimate holds."""
    found: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    narrow = 0
    for tolerance in TOLERANCES:
        for family, how, true, error, seen in nasty.held(draws, tolerance):
            narrow += not seen
            if seen:
                within = true <= max(error, tolerance) + 1e-5
                found.setdefault((family, how), []).append((within, true))
                found.setdefault(("together", how), []).append((within, true))
    print(f"{'nasty':24} {'':12} {'cases':>5} {'within':>8} {'worst true':>11}")
    for (family, how), rows in found.items():
        within, true = np.array(rows).T
        print(f"{family:24} {how:12} {len(rows):5} {within.mean():8.1%} {true.max():11.1%}")
    print(f"{narrow} cases were narrower than the resolution", flush=True)


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="of each nasty family and tolerance")
    parser.add_argument("--part", choices=("old", "nasty"), help="only this")
    given = parser.parse_args()
    if given.part in (None, "nasty"):
        show_nasty(given.draws)
    if given.part in (None, "old"):
        for how, families in trained_and_random().items():
            show(how, families)


if __name__ == "__main__":
    main()
