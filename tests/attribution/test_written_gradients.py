"""Gradients that are not derivatives: noticed by the sums of cuts, also for layers around them.

Each network is x -> lower -> (beside, [around]) -> out, where `beside` runs through an operation
whose gradient somebody wrote. The truth of the sums comes from Keras alone: F(x) - F(0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import attribution
from attribution import InvalidRequest, Network
from attribution.trace.suspects import suspects

Function = Callable[[Any], Any]
X = np.random.default_rng(3).normal(0, 2, (2, 4)).astype(np.float32)


@tf.custom_gradient
def reversed_(x: Any) -> Any:
    return tf.identity(x), lambda upstream: -upstream


@tf.custom_gradient
def scaled(x: Any) -> Any:
    return tf.identity(x), lambda upstream: 3 * upstream


@tf.custom_gradient
def straight_through(x: Any) -> Any:
    return tf.round(x), lambda upstream: upstream


@tf.custom_gradient
def honest(x: Any) -> Any:
    return x**3 / 10, lambda upstream: upstream * 3 * x**2 / 10


def stopped(x: Any) -> Any:
    return 0.5 * x + tf.stop_gradient(0.5 * x)


def rounded(x: Any) -> Any:
    return x + tf.round(2 * x)


def jumping(x: Any) -> Any:
    return x + tf.cast(x > 0.3, x.dtype)


def fake_quantized(x: Any) -> Any:
    return tf.quantization.fake_quant_with_min_max_args(x, -4, 4, num_bits=3)


def python(x: Any) -> Any:
    """TensorFlow differentiates what tf.py_function computes."""
    y = tf.py_function(lambda t: t * t / 3, [x], x.dtype)
    return tf.ensure_shape(y, x.shape)


def numpy(x: Any) -> Any:
    """But not what tf.numpy_function computes."""
    y = tf.numpy_function(lambda t: t * t / 3, [x], x.dtype)
    return tf.ensure_shape(y, x.shape) + 0.1 * x


@tf.function
def inside(x: Any) -> Any:
    return reversed_(x)


DISHONEST: list[Function] = [
    reversed_, scaled, straight_through, stopped, rounded, jumping, fake_quantized, numpy, inside,
]  # fmt: skip
HONEST: list[Function] = [honest, tf.nn.silu, python, keras.ops.gelu, tf.nn.relu6, tf.nn.elu]


class Called(layers.Layer):
    """A function as a layer."""

    def __init__(self, function: Function, **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def network(function: Function, *, around: bool) -> Network:
    keras.utils.set_random_seed(5)
    x = layers.Input((4,), name="x")
    lower = layers.Dense(6, "tanh", name="lower")(x)
    beside = layers.Dense(6, name="beside")(lower)
    y = Called(function, name="odd")(beside)
    if around:
        y = layers.Add(name="add")([y, layers.Dense(6, "tanh", name="other")(lower)])
    return Network(keras.Model(x, layers.Dense(1, name="out")(layers.ReLU(name="upper")(y))))


def asked(net: Network, layer: Any, **options: Any) -> Any:
    return attribution.neuron_integrated_gradients(net, X, layer, target=0, **options)


@pytest.mark.parametrize("function", DISHONEST, ids=lambda f: getattr(f, "__name__", "inside"))
def test_a_dishonest_gradient_is_noticed(function: Function) -> None:
    net = network(function, around=True)
    assert not net.layer("beside").is_cut
    for results in (asked(net, "all"), {n: asked(net, n) for n in ("beside", "lower")}):
        for name in {"beside", "lower", "x"} & set(results):
            found = results[name]
            assert not found.converged.any(), name
            told = " ".join(found.notes)
            assert "do not sum to F(x) - F(baseline)" in told
            assert "in odd after it" in told
        for name in {"odd", "upper", "out"} & set(results):  # nothing is amiss above them
            assert results[name].converged.all(), name


@pytest.mark.parametrize("function", DISHONEST, ids=lambda f: getattr(f, "__name__", "inside"))
def test_a_dishonest_gradient_on_the_only_way_is_noticed(function: Function) -> None:
    net = network(function, around=False)
    found = asked(net, "beside")
    assert found.is_cut
    assert not found.converged.any()
    assert "the sums part at layer beside" in found.notes[-1]
    # The gap that it names is real, and more nodes do not mend it: they are not asked for.
    f = np.asarray(net.model(X))[:, 0] - np.asarray(net.model(np.zeros_like(X)))[:, 0]
    np.testing.assert_allclose(found.total - found.gap, f, rtol=1e-4, atol=1e-5)
    assert (found.evaluations < 500).all()


@pytest.mark.parametrize("function", HONEST, ids=lambda f: f.__name__)
@pytest.mark.parametrize("around", [True, False])
def test_an_honest_gradient_passes(function: Function, around: bool) -> None:
    net = network(function, around=around)
    for result in [*asked(net, "all").values(), asked(net, "beside"), asked(net, "lower")]:
        assert result.converged.all(), result.layer
        assert "Do not rely" not in " ".join(result.notes)


def test_no_gradient_at_all_is_refused_by_name() -> None:
    net = network(tf.round, around=False)
    with pytest.raises(InvalidRequest, match="beside"):
        asked(net, "beside")


def test_what_lies_above_is_what_counts() -> None:
    net = network(reversed_, around=True)
    ahead = suspects(net.graph())
    assert {"x", "lower", "beside"} <= set(ahead)
    assert not {"odd", "add", "other", "upper", "out"} & set(ahead)


def test_where_nothing_is_suspect_it_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(tf.nn.relu6, around=True)
    assert not suspects(net.graph())
    seen = []
    original = Network.chunk
    monkeypatch.setattr(Network, "chunk", lambda s, n, *a: seen.append(n) or original(s, n, *a))
    asked(net, "beside")
    assert {n for names in seen for n in names} == {"beside"}


def test_one_bad_example_does_not_doubt_the_other() -> None:
    """The jump is at 0.3 of a layer that the second example does not move."""
    net = network(jumping, around=True)
    x = np.stack([X[0], np.zeros(4, np.float32)])
    found = attribution.neuron_integrated_gradients(net, x, "beside", target=0)
    assert list(found.converged) == [False, True]
    assert "example 0" in found.notes[-1]
