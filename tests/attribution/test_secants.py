"""The secant rule: DeepLIFT from node to node, against a slow one and against its two ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.contributions import secants
from attribution.convergences import convergence
from tests.attribution import slow_deeplift

NODES = [0.0, 0.1, 0.35, 0.6, 1.0]
RNG = np.random.default_rng(4)
X, REFERENCE = RNG.normal(0, 2, (2, 1, 5)).astype(np.float32)


def _entry(name: str, before: str, shape: tuple[int, int], activation: str) -> dict[str, Any]:
    return {
        "class": "Dense",
        "name": name,
        "inbound": [before],
        "kernel": RNG.normal(0, 0.8, shape).tolist(),
        "bias": RNG.normal(0, 0.3, shape[1]).tolist(),
        "activation": activation,
    }


ENTRIES = [
    _entry("first", "x", (5, 7), "tanh"),
    _entry("second", "first", (7, 6), "relu"),
    _entry("out", "second", (6, 2), "linear"),
]


@pytest.fixture(scope="module")
def net() -> Network:
    made = inputs = keras.Input((5,), name="x")
    for e in ENTRIES:
        made = keras.layers.Dense(len(e["bias"]), e["activation"], name=e["name"])(made)
    model = keras.Model(inputs, made)
    for e in ENTRIES:
        model.get_layer(e["name"]).set_weights([np.array(e["kernel"]), np.array(e["bias"])])
    return Network(model)


def _secants(net: Network, layer: str, nodes: list[float], **more: Any) -> np.ndarray:
    return secants(net, X, layer, nodes, target=1, baseline=REFERENCE, **more)


@pytest.mark.parametrize("layer", ["x", "first", "second"])
def test_each_step_is_deeplift_by_hand(net: Network, layer: str) -> None:
    points = [REFERENCE + a * (X - REFERENCE) for a in NODES]
    each = [
        slow_deeplift.scores(ENTRIES, {"x": b}, {"x": a}, 1, "rescale")[layer][0]
        for a, b in pairwise(points)
    ]
    np.testing.assert_allclose(_secants(net, layer, NODES), np.sum(each, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("chunk", [2, 3, 64])
def test_the_sum_is_whole_at_any_nodes_and_chunks(
    net: Network, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Network, "chunk", lambda *_, **__: chunk)
    f = net.score(np.concatenate([X, REFERENCE]), 1)
    seen: list[tuple[int, int]] = []
    found = _secants(net, "first", NODES, progress=lambda *done: seen.append(done))
    np.testing.assert_allclose(found.sum(), f[0] - f[1], rtol=1e-4)
    assert seen[-1] == (4, 4)


def test_one_step_is_deeplift_and_many_are_the_integral(net: Network) -> None:
    request = {"target": 1, "baseline": REFERENCE}
    once = attribution.deeplift(net, X, "first", **request).scores[0]
    np.testing.assert_allclose(_secants(net, "first", [0.0, 1.0]), once, rtol=1e-4, atol=1e-6)
    integral = attribution.neuron_integrated_gradients(
        net, X, "first", tolerance=1e-4, **request
    ).scores[0]
    many = _secants(net, "first", np.linspace(0, 1, 1025).tolist())
    assert np.abs(many - integral).sum() < 1e-3 * np.abs(integral).sum()
    assert np.abs(once - integral).sum() > 0.05 * np.abs(integral).sum()  # the two do differ


def test_every_second_neuron(net: Network) -> None:
    np.testing.assert_allclose(
        _secants(net, "first", NODES, stride=2), _secants(net, "first", NODES)[::2], rtol=1e-5
    )


class Chain(keras.layers.Layer):
    """An operation that DeepLIFT has no rule for."""

    def call(self, x: Any) -> Any:
        return tf.math.cumprod(x, axis=1)


def test_a_network_without_a_secant_says_why() -> None:
    inputs = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    net = Network(keras.Model(inputs, keras.layers.Dense(1)(Chain(name="chain")(hidden))))
    found = convergence(net, np.full((1, 3), 0.3, np.float32), "hidden", target=0, finest=33)
    assert set(found.refused) == {"secant, uniform", "secant, adaptive"}
    assert "chain" in found.refused["secant, uniform"]
    assert set(found.curves) == {"right, uniform", "trapezoid, uniform", "trapezoid, adaptive"}
