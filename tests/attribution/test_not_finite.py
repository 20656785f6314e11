"""What is not finite on the path is said, layer by layer; what is finite is answered as ever."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import attribution
from attribution import Network
from attribution.integration import guide


class Called(layers.Layer):
    """A function as a layer."""

    def __init__(self, function: Any, **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def network(poison: Any) -> Network:
    """The layers `sick` and `cured` have values or gradients that are not finite; F is finite."""
    keras.utils.set_random_seed(1)
    x = layers.Input((3,), name="x")
    lower = layers.Dense(5, "tanh", name="lower")(x)
    beside = layers.Dense(4, name="beside")(x)
    sick = Called(poison, name="sick")(beside)
    cured = Called(lambda t: tf.clip_by_value(t, -1.0, 1.0), name="cured")(sick)
    both = layers.Concatenate(name="both")([lower, cured])
    upper = layers.Dense(6, "relu", name="upper")(both)
    return Network(keras.Model(x, layers.Dense(1, name="out")(upper)))


def endless(t: Any) -> Any:
    """Infinite above 0.2, where the clip behind it gives 1."""
    return tf.where(t > 0.2, np.inf, t)


X = np.random.default_rng(0).normal(0, 2, (1, 3)).astype(np.float32)


def asked(net: Network, layer: Any, x: np.ndarray = X, **options: Any) -> Any:
    return attribution.neuron_integrated_gradients(net, x, layer, target=0, **options)


@pytest.mark.parametrize("narrow", [100_000, 10, 0])
def test_the_other_layers_still_answer(narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever layers choose the nodes: all, or one that may be the broken one."""
    monkeypatch.setattr(guide, "_NARROW", narrow)
    net = network(endless)
    results = asked(net, "all")
    assert not results["sick"].converged.any()
    assert np.isnan(results["sick"].error).all()
    assert "not finite" in " ".join(results["sick"].notes)
    for name, wanted in exact(net).items():
        found = results[name]
        assert found.converged.all(), name
        assert np.abs(found.scores[0] - wanted).sum() <= 0.05 * np.abs(wanted).sum(), name
        assert "not finite" not in " ".join(found.notes)


def exact(net: Network) -> dict[str, np.ndarray]:
    """Conductance by hand: a fine trapezoid sum in float64, with what comes of the poison."""
    (w1, b1), (w2, b2), (w3, b3), (w4, _) = (
        [w.astype(float) for w in net.model.get_layer(n).get_weights()]
        for n in ("lower", "beside", "upper", "out")
    )
    points = np.linspace(0, 1, 8193)[:, None] * X.astype(float)
    lower, t = np.tanh(points @ w1 + b1), points @ w2 + b2
    both = np.concatenate([lower, np.where(t > 0.2, 1.0, np.clip(t, -1, 1))], 1)
    z = both @ w3 + b3
    slope = ((z > 0) * w4[:, 0]) @ w3.T
    curves = {"lower": (lower, slope[:, :5]), "upper": (np.maximum(z, 0), 0 * z + w4[:, 0])}
    return {
        name: ((g[1:] + g[:-1]) / 2 * np.diff(h, axis=0)).sum(0) for name, (h, g) in curves.items()
    }


@pytest.mark.parametrize("name", ["sick", "guided"])
def test_a_broken_layer_alone_ends_and_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "guided":
        monkeypatch.setattr(guide, "names", lambda question, layers: ("sick",))
    net = network(endless)
    results = asked(net, ["sick", "upper"])
    assert np.isnan(results["sick"].error).all()
    assert results["upper"].converged.all()
    alone = asked(net, "sick")
    assert np.isnan(alone.error).all()
    assert not alone.converged.any()
    assert np.isnan(alone.scores).all()
    assert alone.evaluations[0] < 100


def test_one_example_does_not_break_another() -> None:
    """Several paths share a call: what is not finite on one stays there."""
    net = network(endless)
    beside = np.abs(np.asarray(net.model.get_layer("beside")(X))).max()
    healthy = (0.1 / beside * X).astype(np.float32)
    both = np.concatenate([X, healthy, X])
    results = asked(net, "all", both)
    alone = asked(net, "all", healthy)
    for name, result in results.items():
        np.testing.assert_allclose(
            result.scores[1], alone[name].scores[0], rtol=1e-4, atol=1e-6, err_msg=name
        )
        assert result.converged[1]
    assert list(np.isnan(results["sick"].error)) == [True, False, True]


@pytest.mark.parametrize("wrong", [np.inf, np.nan])
def test_a_score_that_is_not_finite_is_said_of_all_layers(wrong: float) -> None:
    """F is finite at both ends, and not where the layer `h` is between .3 and .4."""
    x = layers.Input((1,), name="x")
    h = layers.Dense(1, use_bias=False, name="h")(x)
    y = Called(lambda t: tf.where((t > 0.3) & (t < 0.4), t * wrong, t), name="y")(h)
    net = Network(keras.Model(x, layers.Dense(1, use_bias=False, name="out")(y)))
    net.model.set_weights([np.ones((1, 1)), np.ones((1, 1))])
    one = np.ones((1, 1), np.float32)
    results = {**asked(net, "all", one), "h alone": asked(net, "h", one)}
    for result in results.values():
        assert np.isnan(result.error).all()
        assert not result.converged.any()
        assert "not finite" in " ".join(result.notes)


def test_a_gradient_that_is_not_finite_is_noticed_as_well() -> None:
    """The square root has an infinite slope at the baseline, 0; its values are finite."""
    x = layers.Input((2,), name="x")
    h = Called(lambda t: tf.sqrt(tf.abs(t)), name="root")(x)
    net = Network(keras.Model(x, layers.Dense(1, name="out")(h)))
    one = np.ones((1, 2), np.float32)
    results = asked(net, "all", one)
    assert np.isnan(results["x"].error).all()
    assert not results["x"].converged.any()
    for name in ("root", "out"):
        assert results[name].converged.all()
        assert np.isfinite(results[name].scores).all()


def test_the_split_over_the_input_does_not_turn_it_into_no_error() -> None:
    x = layers.Input((2,), name="x")
    h = Called(lambda t: tf.sqrt(tf.abs(t)), name="root")(x)
    net = Network(keras.Model(x, layers.Dense(1, name="out")(h)))
    one = np.ones((1, 2), np.float32)
    split = attribution.conductance_by_input(net, one, "root", 0, target=0)
    assert np.isnan(split.error).all()
    assert not split.converged.any()


def test_several_references_of_which_one_is_broken() -> None:
    x = layers.Input((2,), name="x")
    h = Called(lambda t: tf.sqrt(tf.abs(t)), name="root")(x)
    net = Network(keras.Model(x, layers.Dense(1, name="out")(h)))
    one = np.ones((1, 2), np.float32)
    found = asked(net, "x", one, baseline=[0.5 * one, 0 * one])
    assert np.isnan(found.error).all()
    assert not found.converged.any()


@tf.custom_gradient
def honest(t: Any) -> Any:
    """t, with a gradient that somebody wrote, which is right."""
    return 1.0 * t, lambda upstream: upstream


def test_a_cut_that_cannot_vouch_breaks_nothing() -> None:
    """The nearest cut before the layer is the input, whose gradient is NaN at the baseline."""
    x = layers.Input((3,), name="x")
    beside = layers.Dense(4, use_bias=False, name="beside")(x)
    steep = Called(lambda t: tf.sqrt(tf.abs(t)), name="steep")(x)
    both = Called(honest, name="honest")(layers.Concatenate(name="both")([beside, steep]))
    net = Network(keras.Model(x, layers.Dense(1, use_bias=False, name="out")(both)))
    found = asked(net, "beside")
    h = np.asarray(net.model.get_layer("beside")(X))
    np.testing.assert_allclose(found.scores, h * net.model.weights[-1][:4, 0], rtol=1e-5, atol=1e-6)
    assert found.converged.all()
    assert not [note for note in found.notes if "not finite" in note]
