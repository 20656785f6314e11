"""Layers whose first axis is not the batch, against the same network with the examples first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.errors import UnsupportedOperation
from tests.attribution.batches import Own, merged, normal, windows

layers = keras.layers


def by_windows(x: Any) -> Any:
    """(N, 4, 4, C) -> (N, 4, 2, 2, C), with the examples first."""
    cut = tf.transpose(tf.reshape(x, (-1, 2, 2, 2, 2, x.shape[-1])), (0, 1, 3, 2, 4, 5))
    return tf.reshape(cut, (-1, 4, 2, 2, x.shape[-1]))


def together(x: Any) -> Any:
    """The inverse of `by_windows`."""
    return merged(tf.reshape(x, (-1, 2, 2, x.shape[-1])))


def turned(x: Any) -> Any:
    return tf.transpose(x, (1, 0, 2))


FOLDS: dict[str, tuple[tuple[int, ...], Any, Any, Any, Any]] = {
    "windows": ((4, 4, 3), windows, merged, by_windows, together),
    "steps first": ((5, 3), turned, turned, lambda x: x, lambda x: x),
    "positions": (
        (5, 3),
        lambda x: tf.reshape(x, (-1, x.shape[-1])),
        lambda x: tf.reshape(x, (-1, 5, x.shape[-1])),
        lambda x: x,
        lambda x: x,
    ),
}
"""Name -> shape of the input; there and back in the batch; there and back beside it."""


def network(shape: tuple[int, ...], there: Any, back: Any) -> keras.Model:
    """x -> there -> dense "inside" -> softplus "act" -> back -> dense -> mean -> readout."""
    keras.utils.set_random_seed(3)
    given = keras.Input(shape, name="x")
    inside = layers.Dense(4, name="inside")(Own(there, name="there")(given))
    act = layers.Activation("softplus", name="act")(inside)
    h = Own(back, name="back")(act)
    h = layers.Dense(5, "tanh", name="mixed")(layers.Flatten(name="flat")(h))
    return keras.Model(given, layers.Dense(2, name="readout")(h))


@pytest.fixture(scope="module", params=FOLDS)
def pair(request: Any) -> tuple[Network, Network, np.ndarray]:
    """The network that folds, the same one that does not, and some examples."""
    shape, there, back, there_beside, back_beside = FOLDS[request.param]
    folds = network(shape, there, back)
    plain = network(shape, there_beside, back_beside)
    plain.set_weights(folds.get_weights())
    return Network(folds), Network(plain), normal(3, *shape)


def same(found: Any, wanted: Any, **more: Any) -> None:
    np.testing.assert_allclose(found, wanted, **{"rtol": 1e-3, "atol": 1e-4, **more})


def test_shapes_channels_and_activations(pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    for name in ("there", "inside", "act"):
        a, b = folds.layer(name), plain.layer(name)
        assert (a.shape, a.channel_axis, a.is_cut) == (b.shape, b.channel_axis, b.is_cut), name
        same(folds.activations(x, name), plain.activations(x, name))
    one = [np.asarray(folds.model(x[i : i + 1])) for i in range(3)]
    same(folds.predict(x), np.concatenate(one))


METHODS: dict[str, Callable[..., Any]] = {
    "nig": lambda *a: attribution.neuron_integrated_gradients(*a, target=1, tolerance=0.002),
    "influence": lambda *a: attribution.internal_influence(*a, target=1, tolerance=0.002),
    "difference": lambda *a: attribution.gradient_times_difference(*a, target=1),
    "activation": lambda *a: attribution.gradient_times_activation(*a, target=1),
    "change": lambda *a: attribution.activation_difference(*a, target=1),
    "deeplift": lambda *a: attribution.deeplift(*a, target=1),
    "reveal": lambda *a: attribution.deeplift(*a, target=1, rule="reveal_cancel"),
}


@pytest.mark.parametrize("method", METHODS)
def test_scores(method: str, pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    halved = folds.graph().halved(folds.graph().tensors["act"])
    for layer in ("inside", "act"):
        if not halved and (method, layer) in (("deeplift", "inside"), ("reveal", "inside")):
            with pytest.raises(UnsupportedOperation, match="keep examples apart"):
                METHODS[method](folds, x, layer)
            continue
        if not halved and method == "reveal":
            with pytest.raises(UnsupportedOperation, match="act"):
                METHODS[method](folds, x, layer)
            continue
        found, wanted = METHODS[method](folds, x, layer), METHODS[method](plain, x, layer)
        assert found.channel_axis == wanted.channel_axis
        size = float(np.abs(wanted.scores).max())
        same(found.scores, wanted.scores, atol=5e-3 * size)
        same(found.channels(), wanted.channels(), atol=2e-2 * size)
        same(found.gap, wanted.gap, atol=5e-2 * size)


def test_all_layers_in_one_pass(pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    found = attribution.neuron_integrated_gradients(folds, x, "all", target=0)
    wanted = attribution.neuron_integrated_gradients(plain, x, "all", target=0)
    assert list(found) == list(wanted)
    for name, result in found.items():
        size = float(np.abs(wanted[name].scores).max())
        same(result.scores, wanted[name].scores, atol=3e-2 * size)


def test_ablation(pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    place = tuple(0 for _ in folds.layer("act").shape)
    for neurons in ([0, 2], [place], [[1], [place, 3]]):
        for to in (None, 0.5, "mean"):
            same(
                attribution.ablate(folds, x, "act", neurons, to=to, target=0),
                attribution.ablate(plain, x, "act", neurons, to=to, target=0),
            )
    same(
        attribution.ablated_outputs(folds, x, "act", [1]),
        attribution.ablated_outputs(plain, x, "act", [1]),
    )
    for by in ("channel", "neuron"):
        curves = [
            attribution.ablation_curve(
                net, x, attribution.gradient_times_difference(net, x, "act", target=1), by=by
            )
            for net in (folds, plain)
        ]
        same(curves[0].scores, curves[1].scores)
        np.testing.assert_array_equal(curves[0].order, curves[1].order)


def test_one_path(pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    walks = [attribution.walk(net, x[:1], "act", target=1) for net in (folds, plain)]
    same(walks[0].accumulated[-1], walks[1].accumulated[-1])
    same(walks[0].activations[-1], walks[1].activations[-1])
    found, wanted = (
        attribution.convergence(net, x[:1], "inside", target=1, finest=33) for net in (folds, plain)
    )
    assert found.neurons == wanted.neurons
    for rule in ("right, uniform", "trapezoid, uniform"):
        same(found.curves[rule][1], wanted.curves[rule][1], atol=1e-3)


def test_splits_over_the_input(pair: tuple[Network, Network, np.ndarray]) -> None:
    folds, plain, x = pair
    for neuron in (1, tuple(0 for _ in folds.layer("act").shape)):
        found, wanted = (
            attribution.conductance_by_input(net, x[:2], "act", neuron, target=1, tolerance=0.01)
            for net in (folds, plain)
        )
        same(found.scores, wanted.scores, atol=2e-2 * float(np.abs(wanted.scores).max()))
    found, wanted = (
        attribution.direct_conductance(net, x[:1], "act", target=1, points=4)
        for net in (folds, plain)
    )
    same(found, wanted)


def test_windows_cut_by_hand() -> None:
    """The values of a folded layer are Keras's own of one example, cut into windows by slices."""
    shape, there, back, *_ = FOLDS["windows"]
    model = network(shape, there, back)
    x = normal(2, *shape)
    kernel, bias = model.get_layer("inside").get_weights()
    found = Network(model).activations(x, "inside")
    for example in range(2):
        for window in range(4):
            row, column = 2 * (window // 2), 2 * (window % 2)
            part = x[example, row : row + 2, column : column + 2]
            same(found[example, window], part @ kernel + bias)


def test_an_output_with_steps_first() -> None:
    keras.utils.set_random_seed(4)
    given = keras.Input((5, 3), name="x")
    h = layers.Dense(4, "tanh", name="h")(given)
    model = keras.Model(given, Own(turned, name="turned")(layers.Dense(2, name="o")(h)))
    net, x = Network(model), normal(3, 5, 3)
    assert net.predict(x).shape == (3, 5, 2)
    assert net.output_shapes == {"turned": (5, 2)}
    same(net.score(x, (4, 1)), np.asarray(model(x))[4, :, 1])
    result = attribution.neuron_integrated_gradients(net, x, "h", target=(4, 1))
    same(result.delta, result.total, atol=2e-2)


def test_an_embedding_that_runs_steps_first() -> None:
    keras.utils.set_random_seed(4)
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    first = Own(lambda t: tf.transpose(t), name="first")(tokens)
    embedded = layers.Embedding(7, 3, name="embedded")(first)
    h = Own(lambda e: tf.reshape(turned(e), (-1, 15)), name="h")(embedded)
    folds = keras.Model(tokens, layers.Dense(2)(layers.Dense(4, "tanh")(h)))
    beside = layers.Embedding(7, 3, name="embedded")(tokens)
    h = Own(lambda e: tf.reshape(e, (-1, 15)), name="h")(beside)
    plain = keras.Model(tokens, layers.Dense(2)(layers.Dense(4, "tanh")(h)))
    plain.set_weights(folds.get_weights())
    x = np.random.default_rng(0).integers(0, 7, (3, 5))
    found, wanted = (
        attribution.neuron_integrated_gradients(Network(m), x, "embedded", target=1)
        for m in (folds, plain)
    )
    same(found.scores, wanted.scores)
