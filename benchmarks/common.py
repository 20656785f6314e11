"""The question that the benchmarks share, its slow answer, and the words for the machine."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import datetime
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution import images, zoo
from attribution.bundled import ASSETS

MODEL, SAMPLE, LAYER, TARGET = "efficientnet-lite0", "cat", "block6d_add", 282
_ROWS = 16


def model() -> keras.Model:
    """EfficientNet-Lite0 up to its logits."""
    whole = keras.models.load_model(ASSETS / "models" / f"{MODEL}.keras", compile=False)
    return keras.Model(whole.inputs, whole.get_layer("logits").output)


def picture() -> np.ndarray:
    """The cat as the network sees it, (1, 224, 224, 3)."""
    card = zoo.cards()[MODEL]
    (sample,) = (s for s in card.samples if s.name == SAMPLE)
    encode = card.encoding()
    return encode.encode(images.fit(images.decode(sample.file.read_bytes()), encode.size))[None]


def truth(
    network: keras.Model, layers: Sequence[str], x: np.ndarray, steps: int
) -> dict[str, np.ndarray]:
    """Conductance from a zero baseline over a uniform grid, by `tf.GradientTape` alone.

    None of the code under test takes part. Float32 products of neighbours, float64 sums.
    """
    read = keras.Model(network.inputs, [network.get_layer(n).output for n in layers])
    whole = keras.Model(network.inputs, [*read.outputs, *network.outputs])

    @tf.function(reduce_retracing=True)
    def stretch(points: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(points)
            *h, logits = whole(points, training=False)
            score = logits[:, TARGET]
        pairs = zip(tape.gradient(score, h), h, strict=True)
        return [tf.reduce_sum((g[1:] + g[:-1]) / 2 * (v[1:] - v[:-1]), 0) for g, v in pairs]

    sums: list[Any] = [0.0] * len(layers)
    for first in range(0, steps, _ROWS):
        a = np.arange(first, min(first + _ROWS, steps) + 1) / steps
        points = tf.constant(a[:, None, None, None] * x, tf.float32)
        sums = [s + t.numpy().astype(float) for s, t in zip(sums, stretch(points), strict=True)]
    return dict(zip(layers, sums, strict=True))


def error(scores: np.ndarray, exact: np.ndarray) -> float:
    """L1 distance to the truth relative to its L1 norm."""
    return float(np.abs(scores.reshape(exact.shape) - exact).sum() / np.abs(exact).sum())


def seconds(run: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def machine() -> str:
    """Processor, cores, system, versions and date, for the head of a table."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return (
        f"{names[0] if names else platform.processor() or platform.machine()}, "
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}; {datetime.date.today()}"
    )
