"""Exact integration of every operation that bends, and what is refused by name.

The truth is Keras in float64 on a fine uniform grid, whose error falls as one over its
steps. Completeness tells the rest: no sum over a grid closes to 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from attribution import Attribution, Network, neuron_integrated_gradients
from attribution.errors import AttributionError, InvalidRequest, UnsupportedOperation
from attribution.exact import conductance

STEPS = 8192


@contextmanager
def float64() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def uniform(
    model: keras.Model, layer: str, x: np.ndarray, origin: np.ndarray, steps: int
) -> np.ndarray:
    """Conductance of one example for output 0, by Keras and a tape alone, at the middles."""
    read = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])

    def at(a: np.ndarray) -> tf.Tensor:
        along = a.reshape(-1, *[1] * x.ndim)
        return tf.constant(origin + along * (x - origin))

    h, _ = read(at(np.arange(steps + 1) / steps), training=False)
    with tf.GradientTape() as tape:
        points = at((np.arange(steps) + 0.5) / steps)
        tape.watch(points)
        middle, y = read(points, training=False)
        score = tf.reduce_sum(tf.reshape(y, [steps, -1])[:, 0])
    slope = tape.gradient(score, middle)
    return tf.reduce_sum(slope * (h[1:] - h[:-1]), 0).numpy()


def explain(model: keras.Model, x: np.ndarray, layer: str = "h", **more: Any) -> Attribution:
    given: dict[str, Any] = {"target": 0, "exact": True, **more}
    return neuron_integrated_gradients(Network(model), x, layer, **given)


def hidden(x: Any) -> Any:
    return layers.Dense(6, "relu", name="h")(x)


def through(bend: Callable[[Any], Any]) -> Callable[[], keras.Model]:
    """A dense network with a bend of that kind above the layer, and one below."""

    def build() -> keras.Model:
        x = layers.Input((5,))
        below = bend(layers.Dense(6)(x) * 2)
        above = bend(layers.Dense(6)(hidden(below)) * 2)
        return keras.Model(x, layers.Dense(2)(layers.Flatten()(above)))

    return build


def over(size: int, *parts: Callable[[], Any]) -> Callable[[], keras.Model]:
    """A network along a sequence."""

    def build() -> keras.Model:
        x = layers.Input((size, 2))
        h = layers.Conv1D(4, 3, padding="same", activation="relu", name="h")(x)
        for part in parts:
            h = part()(h)
        return keras.Model(x, layers.Dense(2)(layers.Flatten()(h)))

    return build


def plane(*parts: Callable[[], Any]) -> Callable[[], keras.Model]:
    """A network over a picture."""

    def build() -> keras.Model:
        x = layers.Input((7, 6, 1))
        h = layers.Conv2D(3, 3, activation="relu", padding="same", name="h")(x)
        for part in parts:
            h = part()(h)
        return keras.Model(x, layers.Dense(2)(layers.Flatten()(h)))

    return build


def conv(**more: Any) -> Callable[[], Any]:
    return lambda: layers.Conv1D(4, 3, padding="same", **more)


def both(x: Any) -> tuple[Any, Any]:
    return layers.Dense(4)(x), layers.Dense(4)(x)


class Fused(layers.Layer):
    """Batch normalisation as one operation, at inference."""

    def call(self, x: Any) -> Any:
        four = tf.reshape(x, [-1, 1, 1, 6])
        scale = tf.constant([1.0, -1, 2, 0.5, 1, -2])
        found = tf.raw_ops.FusedBatchNormV3(
            x=four,
            scale=scale,
            offset=scale / 3,
            mean=scale / 2,
            variance=scale**2,
            is_training=False,
        )
        return tf.reshape(found.y, [-1, 6])

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


OPERATIONS: dict[str, Callable[[], keras.Model]] = {
    "relu": through(ops.relu),
    "relu6": through(lambda x: ops.relu6(6 - 4 * x)),
    "leaky": through(lambda x: layers.LeakyReLU(0.3)(x)),
    "prelu": through(lambda x: layers.PReLU(alpha_initializer="uniform")(x)),
    "relu with a ceiling": through(lambda x: layers.ReLU(0.5, negative_slope=0.1)(x)),
    "abs": through(ops.abs),
    "hard sigmoid": through(lambda x: ops.hard_sigmoid(2 * x)),
    "hard tanh": through(ops.hard_tanh),
    "clip": through(lambda x: ops.clip(x, -0.3, 0.4)),
    "soft shrink": through(lambda x: ops.soft_shrink(x, 0.2)),
    "sparse sigmoid": through(ops.sparse_sigmoid),
    "where": through(lambda x: ops.where(x > 0.1, 3 * x - 0.3, x - 0.1)),
    "a mask": through(lambda x: x * ops.cast(x > 0, x.dtype)),
    "a mask of masks": through(lambda x: ops.where((x > -0.2) & ~(x > 0), 0.0, x) * (x > 0)),
    "maximum": through(lambda x: ops.maximum(*both(x))),
    "minimum": through(lambda x: ops.minimum(*both(x)) + ops.minimum(x[:, :4], 0.2)),
    "max": through(lambda x: ops.max(ops.reshape(x, (-1, 2, 3)), 1)),
    "max of two axes": through(lambda x: ops.max(ops.reshape(x, (-1, 2, 3)), (1, 2))[:, None]),
    "min": through(lambda x: ops.min(ops.reshape(x, (-1, 2, 3)), -1, keepdims=True)[..., 0]),
    "median of three": through(lambda x: ops.maximum(ops.minimum(x[:, :3], x[:, 3:]), -1)),
    "maxout with itself": through(lambda x: ops.maximum(x, x)),
    "normalised": through(lambda x: layers.BatchNormalization(epsilon=0.5)(ops.relu(x))),
    "normalised at once": through(lambda x: ops.relu(Fused(dtype=x.dtype)(x))),
    "pool": over(10, lambda: layers.MaxPooling1D(2)),
    "pool that overlaps": over(11, lambda: layers.MaxPooling1D(4, 2, padding="same")),
    "global pool": over(12, conv(), layers.GlobalMaxPooling1D),
    "dilated": over(9, conv(dilation_rate=2, activation="relu")),
    "causal": over(9, lambda: layers.Conv1D(4, 3, padding="causal", activation="relu")),
    "average": over(10, lambda: layers.AveragePooling1D(3, padding="same"), layers.ReLU),
    "each step": over(6, lambda: layers.TimeDistributed(layers.Dense(3, "relu"))),
    "pools": plane(lambda: layers.MaxPooling2D((3, 2), (2, 1), padding="same"), layers.ReLU),
    "depthwise": plane(lambda: layers.DepthwiseConv2D(3, activation="relu6")),
    "transposed": plane(lambda: layers.Conv2DTranspose(2, 3, 2, activation="leaky_relu")),
    "upsampled": plane(layers.UpSampling2D, lambda: layers.MaxPooling2D(3, 2)),
    "separable": plane(lambda: layers.SeparableConv2D(3, 2, activation="relu")),
    "squeezed maxima": plane(layers.GlobalMaxPooling2D, lambda: layers.Dense(4, "relu")),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_that_bends_against_keras_in_float64(name: str) -> None:
    keras.utils.set_random_seed(len(name))
    model = OPERATIONS[name]()
    rng = np.random.default_rng(len(name))
    shape = model.input_shape[1:]
    x, origin = rng.normal(size=(2, 1, *shape)).astype("float32")
    found = explain(model, x, baseline=origin)
    norm = np.abs(found.scores).sum()
    assert norm > 0.01
    assert abs(found.gap[0]) < 1e-12 * max(norm, 1)
    assert found.converged is not None
    assert found.converged[0]
    if name == "normalised at once":  # which TensorFlow itself cannot do in float64
        rough = neuron_integrated_gradients(
            Network(model), x, "h", target=0, baseline=origin, tolerance=0.005
        )
        np.testing.assert_allclose(found.scores, rough.scores, atol=0.01 * norm)
        return
    with float64():
        twin = OPERATIONS[name]()
        twin.set_weights(model.get_weights())
        truth = uniform(twin, "h", x[0].astype(float), origin[0].astype(float), STEPS)
    assert np.abs(found.scores[0] - truth).sum() < 40 / STEPS * norm


def _jump(x: Any) -> Any:
    return ops.where(x > 0.1, x, 0.0)


@tf.custom_gradient
def _reversed(x: Any) -> Any:
    return tf.identity(x), lambda given: -given


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "tanh": (ops.tanh, "Tanh"),
    "gelu": (ops.gelu, "Pow|Erfc|Erf"),
    "softmax": (ops.softmax, "Softmax"),
    "square": (ops.square, "Square"),
    "a gate": (lambda x: x * ops.relu(x), "Mul"),
    "a quotient": (lambda x: 1.0 / (1.0 + ops.relu(x)), "RealDiv"),
    "floor": (lambda x: x + ops.floor(x), "Floor"),
    "sign": (lambda x: x * ops.sign(x), "Sign"),
    "an index": (lambda x: x + tf.cast(tf.argmax(x, -1), x.dtype)[:, None], "ArgMax"),
    "a stop": (lambda x: x + ops.stop_gradient(x), "StopGradient"),
    "a written gradient": (_reversed, "IdentityN"),
    "sorted": (lambda x: ops.sort(x, -1), "TopKV2|SortV2|Sort"),
    "a jump": (_jump, "Greater"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_piecewise_linear_is_refused_by_name(name: str) -> None:
    do, op = REFUSED[name]
    x = layers.Input((5,))
    bent = layers.Lambda(do, output_shape=lambda shape: shape, name="bent")(hidden(x) - 0.2)
    model = keras.Model(x, layers.Dense(2)(bent))
    with pytest.raises(UnsupportedOperation, match=rf"'bent'.*({op})\b.*leave out exact=True"):
        explain(model, np.ones((1, 5), "float32") * 3)


def test_a_softmax_at_the_end_is_left_for_its_logit_alone() -> None:
    x = layers.Input((5,))
    model = keras.Model(x, layers.Dense(3, "softmax", name="o")(hidden(x)))
    ones = np.ones((1, 5), "float32")
    assert explain(model, ones).certified
    with pytest.raises(UnsupportedOperation, match="Softmax"):
        explain(model, ones, output="output")


def test_an_operation_without_a_float64_form_is_refused_by_name() -> None:
    x = layers.Input((4, 4, 4, 1))
    h = layers.AveragePooling3D(2, name="pool")(layers.Conv3D(2, 3, padding="same", name="h")(x))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(h)))
    with pytest.raises(UnsupportedOperation, match=r"'pool'.*AvgPool3D.*float64"):
        explain(model, np.ones((1, 4, 4, 4, 1), "float32"))


def test_too_many_stretches_are_refused_with_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductance, "MOST_STRETCHES", 1)
    model = OPERATIONS["relu"]()
    with pytest.raises(InvalidRequest, match="bends more than 1 times"):
        explain(model, np.ones((1, 5), "float32"), baseline=-np.ones((1, 5), "float32"))


def test_a_path_that_is_not_finite_is_refused() -> None:
    x = layers.Input((1,))
    h = layers.Dense(1, kernel_initializer="ones", name="h")(x)
    for _ in range(12):
        h = layers.Rescaling(3e38)(h)
    model = keras.Model(x, h)
    with pytest.raises(AttributionError, match="finite"):
        explain(model, np.ones((1, 1), "float32"))
