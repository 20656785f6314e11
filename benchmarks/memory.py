"""What a Network keeps after many questions, and the peak of one question on large inputs.

    python -m benchmarks.memory                       # all tables; about half an hour
    python -m benchmarks.memory --growth small        # or efficientnet-lite0
    python -m benchmarks.memory --peak "fully convolutional, 512 x 512"

Each number is that of a fresh process, interpreter and TensorFlow included.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import common  # first: it quiets TensorFlow

import keras  # isort: skip
import numpy as np
from keras import layers

import attribution

FIRST, LAST = 25, 500
NETWORKS = ("small", common.MODEL)
Request = tuple[str, dict[str, Any]]


def small() -> keras.Model:
    """Convolutions, a residual sum and two dense layers on 16 x 16 x 3."""
    keras.utils.set_random_seed(0)
    x = layers.Input((16, 16, 3), name="x")
    h = layers.Conv2D(8, 3, activation="relu", padding="same", name="a")(x)
    h = layers.Conv2D(8, 3, activation="relu", padding="same", name="b")(h)
    h = layers.Add(name="add")([h, layers.Conv2D(8, 1, name="c")(h)])
    h = layers.GlobalAveragePooling2D(name="gap")(layers.ReLU(name="r")(h))
    h = layers.Dense(16, "relu", name="d")(h)
    return keras.Model(x, layers.Dense(10, "softmax", name="o")(h))


def fully_convolutional() -> keras.Model:
    """A small encoder and decoder that takes pictures of any size."""
    x = layers.Input((None, None, 3), name="x")
    h = layers.Conv2D(16, 3, activation="relu", padding="same", name="a")(x)
    h = layers.Conv2D(32, 3, 2, activation="relu", padding="same", name="b")(h)
    h = layers.UpSampling2D(name="up")(layers.Conv2D(32, 3, padding="same", name="c")(h))
    h = layers.Conv2D(16, 3, activation="relu", padding="same", name="d")(h)
    y = layers.GlobalAveragePooling2D(name="gap")(h)
    return keras.Model(x, layers.Dense(4, name="o")(y))


def any_length() -> keras.Model:
    """Dilated convolutions over bases, of any length."""
    x = h = layers.Input((None, 4), name="x")
    for i in range(6):
        h = layers.Conv1D(64, 9, dilation_rate=2**i, padding="same", name=f"c{i}")(h)
        h = layers.ReLU(name=f"r{i}")(h)
    return keras.Model(x, layers.Dense(2, name="o")(layers.GlobalMaxPooling1D(name="gap")(h)))


def recurrent() -> keras.Model:
    """An LSTM over any length."""
    x = layers.Input((None, 16), name="x")
    return keras.Model(x, layers.Dense(2, name="o")(layers.LSTM(64, name="lstm")(x)))


PEAKS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "fully convolutional, 512 x 512": (fully_convolutional, (1, 512, 512, 3)),
    "fully convolutional, 1024 x 1024": (fully_convolutional, (1, 1024, 1024, 3)),
    "convolutions over 20,000 bases": (any_length, (1, 20_000, 4)),
    "LSTM over 2,000 steps": (recurrent, (1, 2_000, 16)),
}


def requests(net: attribution.Network) -> Iterator[Request]:
    """Questions without end, no two alike: methods, layers, sets of layers, targets, neurons."""
    rng = np.random.default_rng(0)
    names = [i.name for i in net.layers if i.name in net.graph().gradients]
    classes = next(iter(net.output_shapes.values()))[-1]
    one = ("neuron_integrated_gradients", "internal_influence", "gradient_times_difference",
           "gradient_times_activation", "activation_difference", "deeplift", "deeplift_multipliers",
           "walk", "ablate", "conductance_by_input", "activations")  # fmt: skip
    while True:
        method = str(rng.choice(one))
        layer: Any = str(rng.choice(names))
        more: dict[str, Any] = {"target": int(rng.integers(classes))}
        if (
            method in ("neuron_integrated_gradients", "activations", "deeplift")
            and rng.random() < 0.5
        ):
            count = int(rng.integers(2, min(6, len(names))))
            layer = [str(n) for n in rng.choice(names, count, replace=False)]
        if method in ("neuron_integrated_gradients", "walk", "conductance_by_input"):
            more |= {"tolerance": 0.3}
        if method.startswith("deeplift"):
            more |= {"rule": str(rng.choice(["rescale", "reveal_cancel", "genomics"]))}
        if method in ("ablate", "conductance_by_input"):
            neuron = int(rng.integers(net.layer(layer).shape[-1]))
            more |= {"neurons": [neuron]} if method == "ablate" else {"neuron": neuron}
        yield method, {"layer": layer, **more}


def ask(net: attribution.Network, x: np.ndarray, method: str, request: dict[str, Any]) -> None:
    """Put one question; one that the network cannot answer is a question too."""
    more = dict(request)
    layer = more.pop("layer")
    try:
        if method == "activations":
            net.activations(x, layer)
        elif method == "ablate":
            attribution.ablate(net, x, layer, more.pop("neurons"), **more)
        else:
            getattr(attribution, method)(net, x, layer, **more)
    except attribution.AttributionError:
        pass


def growth(name: str) -> None:
    """Resident memory, operations and functions kept after 25 and after 500 questions."""
    if name == "small":
        net = attribution.Network(small())
        x = np.random.default_rng(1).normal(size=(1, 16, 16, 3)).astype("float32")
    else:
        net, x = attribution.load(name), common.picture()
    for number, (method, request) in enumerate(requests(net), 1):
        ask(net, x, method, request)
        if number in (FIRST, 100, 200, 300, 400, LAST):
            gc.collect()
            kept = sum(len(g._wrapped.graph.get_operations()) for g in net._graphs.values())
            print(f"  {name}, {number:3} questions: {_status('VmRSS'):6.0f} MB, peak "
                  f"{_status('VmHWM'):6.0f} MB, {kept:7} operations in {len(net._graphs)} graphs",
                  flush=True)  # fmt: skip
        if number == LAST:
            return


def peak(name: str) -> None:
    """The peak of all layers at the default tolerance, at most 65 nodes."""
    build, shape = PEAKS[name]
    keras.utils.set_random_seed(0)
    net = attribution.Network(build())
    before = _status("VmHWM")
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    attribution.neuron_integrated_gradients(net, x, "all", target=0, steps=65)
    print(f"  {name}: peak {_status('VmHWM'):6.0f} MB ({before:.0f} MB before the question)")


def _status(field: str) -> float:
    """A field of this process's status, in MB (10^6 bytes); Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(n for n in lines if n.startswith(f"{field}:")).split()[1]) * 1024 / 1e6


def main() -> None:
    """All tables, each row in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--growth", choices=NETWORKS)
    parser.add_argument("--peak", choices=PEAKS)
    given = parser.parse_args()
    if given.growth:
        growth(given.growth)
    elif given.peak:
        peak(given.peak)
    else:
        print(common.machine(), flush=True)
        for option, names in (("--growth", NETWORKS), ("--peak", tuple(PEAKS))):
            for name in names:
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.memory", option, name], check=True
                )


if __name__ == "__main__":
    main()
