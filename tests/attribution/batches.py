"""Models that are hard on batches: what mixes examples, what only looks as if it did."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers


class Own(layers.Layer):
    """A layer of one's own, which calls a function, or other layers with options of their own."""

    def __init__(self, f: Callable[[Any], Any], *parts: layers.Layer, **more: Any) -> None:
        super().__init__(**more)
        self.f, self.parts = f, list(parts)

    def call(self, x: Any) -> Any:
        return self.f(x, *self.parts)


def between(
    f: Callable[..., Any], *parts: layers.Layer, shape: tuple[int, ...] = (4,), classes: int = 2
) -> keras.Model:
    """x -> dense "before" -> f, as layer "culprit" -> tanh "after" -> flat -> dense "readout"."""
    keras.utils.set_random_seed(1)
    given = keras.Input(shape, name="x")
    before = layers.Dense(6, name="before")(given)
    after = layers.Activation("tanh", name="after")(Own(f, *parts, name="culprit")(before))
    flat = layers.Flatten(name="flat")(after)
    return keras.Model(given, layers.Dense(classes, name="readout")(flat))


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def random_layer(x: Any) -> Any:
    return x + keras.random.normal(tf.shape(x))


MIXING: dict[str, tuple[Callable[..., Any], list[Callable[[], layers.Layer]], str]] = {
    "mean": (lambda x: x - tf.reduce_mean(x, 0, keepdims=True), [], "Mean"),
    "mean over everything": (lambda x: x / (1 + tf.reduce_mean(x * x)), [], "Mean"),
    # Of rows that are alike up to a scale, the maximum may be the row itself.
    "maximum that is not active": (
        lambda x: tf.minimum(x, 100 + tf.reduce_max(x, 0, keepdims=True)),
        [],
        "Max",
    ),
    "sort": (lambda x: tf.sort(x, axis=0), [], "examples of a batch"),
    "softmax over the batch": (lambda x: tf.nn.softmax(x, 0), [], "Softmax"),
    "cumulative sum": (lambda x: tf.cumsum(x, 0), [], "Cumsum"),
    "turned around": (lambda x: x[::-1], [], "StridedSlice"),
    "reversed": (lambda x: tf.reverse(x, [0]), [], "ReverseV2"),
    "rolled": (lambda x: tf.roll(x, 1, 0), [], "Roll"),
    "the first example": (lambda x: x + x[:1], [], "StridedSlice"),
    "every other": (lambda x: x @ tf.transpose(x) @ x, [], "MatMul"),
    "distances": (
        lambda x: x + tf.reduce_sum(tf.abs(x[:, None] - x[None]), 1),
        [],
        "examples of a batch",
    ),
    "einsum": (lambda x: x + tf.einsum("bi,ci->bi", x, x), [], "Einsum"),
    "sum by another einsum": (lambda x: x + tf.einsum("bi->i", x), [], "Einsum"),
    "folded attention": (
        lambda x: tf.reshape(
            tf.nn.softmax(tf.reshape(x, (1, -1, 6)), axis=1) * tf.reshape(x, (1, -1, 6)), (-1, 6)
        ),
        [],
        "Softmax",
    ),
    "batch normalisation": (
        lambda x, bn: bn(x, training=True),
        [lambda: layers.BatchNormalization(name="bn")],
        "BatchNormalization 'culprit/bn' normalises by its batch: call it with training=False",
    ),
}
"""Name -> a function (and layers for it) that lets examples act on each other; what is said."""

CHANCE: dict[str, tuple[Callable[..., Any], list[Callable[[], layers.Layer]], str]] = {
    "dropout": (
        lambda x, d: d(x, training=True),
        [lambda: layers.Dropout(0.5, name="d")],
        "Dropout 'culprit/d' draws random numbers",
    ),
    "noise": (
        lambda x, d: d(x, training=True),
        [lambda: layers.GaussianNoise(0.5, name="d")],
        "GaussianNoise 'culprit/d' draws random numbers",
    ),
    "keras.random": (random_layer, [], "Own 'culprit' draws random numbers"),
    "the same draw for all": (
        lambda x: x * keras.random.uniform((6,)),
        [],
        "Own 'culprit' draws random numbers",
    ),
    "tf.random": (lambda x: x + tf.random.normal(tf.shape(x)), [], "RandomStandardNormal"),
    "shuffled": (lambda x: tf.random.shuffle(x), [], "RandomShuffle"),
    "a stateless draw for each row": (
        lambda x: x + tf.random.stateless_normal(tf.shape(x), [1, 2]),
        [],
        "draws random numbers",
    ),
}

COUNTER = itertools.count(1)
TRIED: dict[str, Callable[..., Any]] = {
    "the batch's size": lambda x: x * tf.cast(tf.shape(x)[0], x.dtype),
    "a place in the batch": lambda x: x + tf.cast(tf.range(tf.shape(x)[0]), x.dtype)[:, None],
    "another row by number": lambda x: (
        x + tf.gather_nd(x, (tf.range(tf.shape(x)[0]) // 2)[:, None])
    ),
    "a mean by segments": lambda x: (
        x + tf.math.unsorted_segment_sum(x, tf.zeros(tf.shape(x)[:1], tf.int32), 1)
    ),
    "rows until one is done": lambda x: tf.while_loop(
        lambda t: tf.reduce_sum(tf.abs(t)) > 1, lambda t: (t / 2,), [x]
    )[0],
    "foreign noise": lambda x: (
        tf.ensure_shape(
            tf.numpy_function(lambda v: v * np.float32(next(COUNTER)), [x], tf.float32),
            x.shape,
        )
        + x
    ),
}
"""What the graph alone does not show, and numbers do."""


def windows(x: Any, size: int = 2) -> Any:
    """(N, 4, 4, C) -> (N * 4, 2, 2, C), as in Swin."""
    n, c = 4 // size, x.shape[-1]
    x = tf.reshape(x, (-1, n, size, n, size, c))
    return tf.reshape(tf.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, size, size, c))


def merged(x: Any, size: int = 2) -> Any:
    """The inverse of `windows`."""
    n, c = 4 // size, x.shape[-1]
    x = tf.reshape(x, (-1, n, n, size, size, c))
    return tf.reshape(tf.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 4, 4, c))


ALONE: dict[str, tuple[Callable[..., Any], list[Callable[[], layers.Layer]], tuple[int, ...]]] = {
    "a token for all": (
        lambda x: tf.concat([tf.tile(tf.ones((1, 1, 6)), (tf.shape(x)[0], 1, 1)), x], 1),
        [],
        (3, 4),
    ),
    "a token by broadcasting": (
        lambda x: tf.concat([tf.broadcast_to(tf.ones((6,)), (tf.shape(x)[0], 1, 6)), x], 1),
        [],
        (3, 4),
    ),
    "positions": (
        lambda x, e: x + e(tf.range(3)),
        [lambda: layers.Embedding(3, 6)],
        (3, 4),
    ),
    "fixed random features": (
        lambda x: tf.cos(x @ tf.random.stateless_normal((6, 5), [3, 4])),
        [],
        (4,),
    ),
    "a fixed seed of Keras": (lambda x: x @ keras.random.normal((6, 5), seed=3), [], (4,)),
    "dense layers on any length": (
        lambda x: tf.tensordot(x, tf.ones((6, 5)), [[-1], [0]]),
        [],
        (3, 4),
    ),
    "a dilated convolution": (
        lambda x, c: c(x),
        [lambda: layers.Conv1D(5, 2, dilation_rate=2, activation="relu")],
        (7, 4),
    ),
    "time distributed": (
        lambda x, t: t(x),
        [lambda: layers.TimeDistributed(layers.Dense(3))],
        (3, 4),
    ),
    "groups": (lambda x, g: g(x), [lambda: layers.GroupNormalization(2)], (3, 4)),
    "layers": (lambda x, g: g(x), [lambda: layers.LayerNormalization()], (3, 4)),
    "units": (lambda x, g: g(x), [lambda: layers.UnitNormalization()], (3, 4)),
    "batch normalisation at inference": (
        lambda x, g: g(x),
        [lambda: layers.BatchNormalization()],
        (3, 4),
    ),
    "einsum": (lambda x: tf.einsum("...ti,ij->...tj", x, tf.ones((6, 5))), [], (3, 4)),
    "products of examples with themselves": (
        lambda x: tf.einsum("bti,bsi->bts", x, x),
        [],
        (3, 4),
    ),
    "cyclic shift": (lambda x: tf.roll(x, (1, 1), (1, 2)), [], (4, 4, 4)),
    "windows": (lambda x: merged(windows(x) ** 2), [], (4, 4, 4)),
    "sorted within": (lambda x: tf.sort(x, 1), [], (3, 4)),
    "both halves by one call": (
        lambda x: tf.add(*tf.split(tf.concat([x, 2 * x], 0), 2, 0)),
        [],
        (4,),
    ),
    "recurrent": (
        lambda x, r: r(x),
        [lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True))],
        (5, 4),
    ),
    "recurrent, steps first": (
        lambda x, r: r(tf.transpose(x, (0, 2, 1))),
        [lambda: layers.GRU(3)],
        (5, 4),
    ),
    "attention": (
        lambda x, a: a(x, x),
        [lambda: layers.MultiHeadAttention(2, 3)],
        (5, 4),
    ),
    "a function of TensorFlow": (tf.function(lambda x: tf.nn.relu(x) - 1), [], (4,)),
}
"""Name -> a function that keeps examples apart, provably; its layers; the shape of the input."""
