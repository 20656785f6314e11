"""Exact integration against uniform sums of Keras in float64, which must close in on it.

    python -m benchmarks.exact [--steps 4096 8192 16384] [--networks tal1-gata1 digits]

None of the code under test takes part in the sums: the model made again in float64, a tape, the
gradients at the middles of the steps. The yardstick is the worse one of the two networks.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import attribution
import benchmarks.common as common
from attribution import zoo
from attribution.bundled import ASSETS

NETWORKS = {"tal1-gata1": ("relu1", 0), "digits": ("pool1", None)}
"""Network -> the layer, and the class; None: the predicted one."""
_ROWS = 128


def question(name: str) -> tuple[np.ndarray, np.ndarray]:
    """An input and its reference, one example each."""
    if name == "digits":
        picture = np.load(ASSETS / "data" / "digits.npz")["pictures"][:1]
        x = picture.reshape(1, 28, 28, 1).astype("float32")
        return x, np.zeros_like(x)
    letters = np.random.default_rng(0).integers(0, 4, (1, 200))
    return np.eye(4, dtype="float32")[letters], np.full((1, 200, 4), 0.25, "float32")


def in_float64(name: str) -> keras.Model:
    """The bundled network up to its logits, made again in float64 with the same weights."""
    whole = keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
    said = json.dumps(whole.get_config()).replace('"float32"', '"float64"')
    wide = type(whole).from_config(json.loads(said))
    wide.set_weights(whole.get_weights())
    return keras.Model(wide.inputs, wide.get_layer("logits").output)


def uniform(
    model: keras.Model, layer: str, target: int, ends: tuple[np.ndarray, np.ndarray], steps: int
) -> np.ndarray:
    """The sum over so many steps, (*layer shape)."""
    x, origin = (e.astype(float) for e in ends)
    read = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])

    @tf.function(reduce_retracing=True)
    def stretch(nodes: tf.Tensor, middles: tf.Tensor) -> tf.Tensor:
        h, _ = read(nodes, training=False)
        with tf.GradientTape() as tape:
            middle, logits = read(middles, training=False)
            score = logits[:, target]
        return tf.reduce_sum(tape.gradient(score, middle) * (h[1:] - h[:-1]), 0)

    total: Any = 0.0
    for first in range(0, steps, _ROWS):
        a = np.arange(first, min(first + _ROWS, steps) + 1) / steps
        between = (a[1:] + a[:-1]) / 2
        points = [
            tf.constant(origin + p.reshape(-1, *[1] * (x.ndim - 1)) * (x - origin))
            for p in (a, between)
        ]
        total = total + stretch(*points).numpy()
    return np.asarray(total)


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[4096, 8192, 16384])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    given = parser.parse_args()
    print(common.machine())
    for name in given.networks:
        layer, target = NETWORKS[name]
        net, (x, origin) = zoo.load(name), question(name)
        start, spent = time.perf_counter(), time.process_time()
        found = attribution.neuron_integrated_gradients(
            net, x, layer, target=target, baseline=origin, exact=True
        )
        seconds, spent = time.perf_counter() - start, time.process_time() - spent
        print(
            f"\n{name}, {layer}: {found.evaluations[0]:,} stretches, {seconds:.1f} s "
            f"({spent:.1f} s of processor), gap {found.gap[0]:.1e}\n"
            "\n| steps | distance |\n|---|---|"
        )
        wide, index = in_float64(name), int(found.target[0])
        for steps in given.steps:
            sums = uniform(wide, layer, index, (x, origin), steps)
            print(f"| {steps:,} | {common.error(sums, found.scores[0]):.2e} |", flush=True)


if __name__ == "__main__":
    main()
