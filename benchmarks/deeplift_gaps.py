"""DeepLIFT: how far the scores miss F(x) - F(baseline), network by network, and what they cost.

Lite0 has its trained weights and a photograph, the others (keras.applications) random weights and
noise. Since activations of networks that were never trained vanish or explode, the statistics of
their normalisation are those of a batch of noise.

    python -m benchmarks.deeplift_gaps [--only NAME ...] [--layers 6] [--size 96]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import attribution
from benchmarks import common
from benchmarks.common import LAYER, TARGET

NETWORKS = (
    "VGG16",
    "ResNet50",
    "DenseNet121",
    "InceptionV3",
    "MobileNetV3Small",
    "EfficientNetB0",
    "ConvNeXtTiny",
)
BYTES_IN = ("MobileNetV3Small", "EfficientNetB0", "ConvNeXtTiny")  # they scale pixels themselves
RULES = ("rescale", "reveal_cancel")
LIMIT = 1e-4
ONE_LAYER, ALL_LAYERS, FIRST_CALL = 1.5, 4.0, 3.0


def random_network(name: str, size: int) -> tuple[keras.Model, np.ndarray]:
    """A network of keras.applications with random weights, and two noise pictures for it."""
    keras.utils.set_random_seed(0)
    make = getattr(keras.applications, name)
    model = make(weights=None, classes=10, input_shape=(size, size, 3))
    low, high = (0, 255) if name in BYTES_IN else (-2, 2)
    x = np.random.default_rng(0).uniform(low, high, (2, size, size, 3)).astype(np.float32)
    norms = [n for n in model.layers if isinstance(n, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    if norms:
        model(x, training=True)
    return model, x


def gaps(net: attribution.Network, x: Any, layers: Sequence[str], **asked: Any) -> float:
    """The largest gap of these layers, relative to the L1 norm of the scores."""
    found = attribution.deeplift(net, x, layers, **asked)
    return max(
        float((np.abs(r.gap) / np.abs(r.scores).reshape(len(x), -1).sum(1)).max())
        for r in found.values()
    )


def chosen(net: attribution.Network, count: int) -> list[str]:
    """So many cuts, evenly spaced, that come before the logit."""
    known = net.graph().gradients
    cuts = [info.name for info in net.layers if info.is_cut and info.name in known]
    places = np.linspace(0, len(cuts) - 1, count).astype(int)
    return [cuts[i] for i in dict.fromkeys(places.tolist())]


def table(names: Sequence[str], count: int, size: int) -> Iterator[tuple[str, ...]]:
    """Rows of the table of gaps."""
    for name in names:
        model, x = random_network(name, size)
        net = attribution.Network(model)
        layers = chosen(net, count)
        cells = []
        for rule in RULES:
            try:
                cells.append(f"{gaps(net, x, layers, target=1, rule=rule):.0e}")
            except attribution.UnsupportedOperation as error:
                cells.append(f"refused: {error.op}")
        yield name, str(len(layers)), *cells
        keras.backend.clear_session()


def plain(model: keras.Model, x: np.ndarray) -> Callable[[], Any]:
    """Forward and gradient of the same two rows to the input, and nothing else."""
    rows = tf.constant(np.concatenate([x, np.zeros_like(x)]))

    @tf.function
    def run() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(rows)
            score = model(rows, training=False)[:, TARGET]
        return score, tape.gradient(score, rows)

    return lambda: [t.numpy() for t in run()]


def costs(net: attribution.Network, model: keras.Model, x: np.ndarray, rounds: int) -> None:
    """Ratios to a plain forward-and-gradient, timed in turn; the first call, in seconds."""
    bare = plain(model, x)
    kinds: dict[str, Any] = {"one layer": LAYER, "the input": net.layers[0].name, "all": "all"}
    runs = {k: _run(net, x, layer) for k, layer in kinds.items()}
    print(f"first call, trace included: {common.seconds(runs['one layer']):.1f} s")
    new = common.seconds(_run(net, x, "block3b_add"))
    print(f"first call on a new layer: {new:.1f} s (at most {FIRST_CALL:g})")
    for kind, run in runs.items():
        bare()
        run()
        ratios = []
        for _ in range(rounds):
            once = common.seconds(bare)
            ratios.append(common.seconds(run) / once)
        limit = {"one layer": ONE_LAYER, "all": ALL_LAYERS}.get(kind)
        bound = f" (at most {limit:g})" if limit else ""
        print(f"{kind}: {median(ratios):.2f} x a plain forward and gradient{bound}")


def _run(net: attribution.Network, x: np.ndarray, layer: str) -> Callable[[], Any]:
    return lambda: attribution.deeplift(net, x, layer, target=TARGET)


def main() -> None:
    """Print the costs and the table of gaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["Lite0", *NETWORKS])
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    print(common.machine())
    if "Lite0" in given.only:
        net, model, x = attribution.load(common.MODEL), common.model(), common.picture()
        costs(net, model, x, given.rounds)
        every = chosen(net, len(net.layers))
        for rule in RULES:
            worst = gaps(net, x, every, target=TARGET, rule=rule)
            print(f"Lite0, {rule}: largest gap of all {len(every)} cuts {worst:.0e}")
    print("| network | layers | " + " | ".join(RULES) + f" | (at most {LIMIT:g})")
    for row in table([n for n in given.only if n != "Lite0"], given.layers, given.size):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
