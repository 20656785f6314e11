"""The logit of an output: in the output's own axes, or the output itself, and said to be."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import attribution
from attribution import Network

RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 3, 3)).astype("float32")


def model(tail: Callable[[Any], Any], *shape: int | None) -> tuple[keras.Model, keras.Model]:
    """A linear layer `d` and what follows it; and the model that ends at the linear layer."""
    keras.utils.set_random_seed(1)
    x = layers.Input(shape or (3, 3), name="x")
    d = layers.Dense(3, name="d")(x)
    return keras.Model(x, tail(d)), keras.Model(x, d)


def permuted(d: Any) -> Any:
    return layers.Permute((2, 1))(d)


def in_double_precision(d: Any) -> Any:
    return ops.cast(ops.softmax(ops.cast(d, "float64"), axis=1), "float32")


TAILS: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "softmax over the first axis": (layers.Softmax(axis=1), lambda z: z),
    "softmax, permuted": (lambda d: permuted(layers.Softmax()(d)), lambda z: z.mT),
    "over the first axis, permuted": (
        lambda d: permuted(layers.Softmax(axis=1)(d)),
        lambda z: z.mT,
    ),
    "permuted there and back": (lambda d: permuted(layers.Softmax()(permuted(d))), lambda z: z),
    "permuted and flat": (
        lambda d: layers.Flatten()(permuted(ops.softmax(d))),
        lambda z: z.mT.reshape(-1, 9),
    ),
    "log-softmax over the first axis": (lambda d: ops.log_softmax(d, axis=1), lambda z: z),
    "in double precision": (in_double_precision, lambda z: z),
    "sigmoid, reshaped": (
        lambda d: layers.Reshape((9, 1))(ops.sigmoid(d)),
        lambda z: z.reshape(-1, 9, 1),
    ),
    "turned round": (lambda d: ops.flip(ops.softmax(d), axis=1), lambda z: z[:, ::-1]),
    "an axis more and one less": (
        lambda d: ops.squeeze(ops.transpose(ops.softmax(d)[:, None], (0, 3, 1, 2)), 2),
        lambda z: z.mT,
    ),
}


@pytest.mark.parametrize("name", TAILS)
def test_every_place_has_its_own_logit(name: str) -> None:
    tail, moved = TAILS[name]
    whole, linear = model(tail)
    net, wanted = Network(whole), moved(np.asarray(linear(X))).astype(float)
    found = np.zeros_like(wanted)
    for place in np.ndindex(wanted.shape[1:]):
        found[:, *place] = net.score(X, place)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    first = (0,) * (wanted.ndim - 1)
    own = np.asarray(whole(X))[:, *first]
    np.testing.assert_allclose(net.score(X, first, "output"), own, rtol=1e-4)
    assert net.graph().squash is None


def test_of_any_length() -> None:
    whole, linear = model(lambda d: permuted(layers.Softmax(axis=1)(d)), None, 3)
    net = Network(whole)
    for length in (3, 5):
        x = RNG.normal(size=(2, length, 3)).astype("float32")
        wanted = np.asarray(linear(x))
        for step, cls in np.ndindex(length, 3):
            found = net.score(x, (cls, step))
            np.testing.assert_allclose(found, wanted[:, step, cls], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["over the first axis, permuted", "permuted and flat"])
def test_the_one_neuron_of_that_place_has_the_whole_score(name: str) -> None:
    whole, linear = model(TAILS[name][0])
    net = Network(whole)
    moved = np.asarray(linear(X)) - np.asarray(linear(X * 0))
    target = (2, 1) if "flat" not in name else 2 * 3 + 1
    wanted = np.zeros_like(moved)
    wanted[:, 1, 2] = moved[:, 1, 2]
    for method in (attribution.neuron_integrated_gradients, attribution.deeplift):
        result = method(net, X, "d", target=target)
        np.testing.assert_allclose(result.scores, wanted, atol=1e-5)
        assert result.converged.all()
        assert not result.notes


UNREAD: dict[str, Callable[[Any], Any]] = {
    "mean of two softmaxes": lambda d: (ops.softmax(d) + ops.softmax(2 * d)) / 2,
    "softmax, then a product": lambda d: ops.softmax(d) * 2,
    "one class of a softmax": lambda d: ops.softmax(d)[..., 1:2],
    "softmax by hand": lambda d: ops.exp(d) / ops.sum(ops.exp(d), -1, keepdims=True),
    "sigmoid by hand": lambda d: 1 / (1 + ops.exp(-d)),
    "softmax over two axes": layers.Softmax(axis=(1, 2)),
    "logarithm of a sigmoid": ops.log_sigmoid,
    "within a tf.function": layers.Lambda(lambda t: tf.function(tf.nn.softmax)(t)),
    "mean over positions": lambda d: ops.mean(ops.sigmoid(d), 1),
}
PLAIN: dict[str, Callable[[Any], Any]] = {
    "linear": lambda d: d,
    "rectified": ops.relu,
    "exponential": ops.exp,
    "softplus": ops.softplus,
    "unit length": lambda d: d / ops.sqrt(ops.sum(d * d, -1, keepdims=True) + 1),
    "divided by a scale": lambda d: (d - 1) / ops.exp(d),
    "attention, then weights": lambda d: layers.Dense(2)(ops.softmax(d)),
    "read back": layers.Softmax(),
}


@pytest.mark.parametrize("name", [*UNREAD, *PLAIN])
def test_an_output_that_is_explained_itself_is_said_to_be(name: str) -> None:
    whole, _ = model((UNREAD | PLAIN)[name])
    net = Network(whole)
    options: dict[str, Any] = {"target": (0,) * (len(whole.output.shape) - 1)}
    result = attribution.gradient_times_difference(net, X, "d", **options)
    said = [n for n in result.notes if "output itself is explained" in n]
    assert len(said) == (name in UNREAD)
    if name in UNREAD:
        own = np.asarray(whole(X))[:, *options["target"]]
        np.testing.assert_allclose(net.score(X, options["target"]), own, rtol=1e-5)
    asked = attribution.gradient_times_difference(net, X, "d", **options, output="output")
    assert not any("output itself" in n for n in asked.notes)
