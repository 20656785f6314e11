"""One example's answer is what Keras says of it alone, or the model is refused by name."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.errors import InvalidRequest, UnsupportedModel
from tests.attribution.batches import ALONE, CHANCE, MIXING, TRIED, Own, between, normal

layers = keras.layers
MIXED = {**MIXING, **{name: (f, [], "Own 'culprit'") for name, f in TRIED.items()}}


def alone(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What Keras says of each example, one call each."""
    return np.concatenate([np.asarray(model(x[i : i + 1], training=False)) for i in range(len(x))])


@pytest.mark.parametrize("name", MIXING | CHANCE)
def test_what_mixes_examples_or_draws_is_refused_by_name(name: str) -> None:
    f, parts, said = (MIXING | CHANCE)[name]
    net = Network(between(f, *[part() for part in parts]))
    for ask in (
        lambda: net.score(normal(3, 4), 0),
        lambda: net.score(normal(1, 4), 0),
        lambda: attribution.neuron_integrated_gradients(net, normal(1, 4), "after", target=0),
        lambda: attribution.deeplift(net, normal(1, 4), "before"),
        lambda: attribution.ablate(net, normal(1, 4), "before", [0]),
        lambda: attribution.walk(net, normal(1, 4), "x", target=0),
    ):
        with pytest.raises(UnsupportedModel) as caught:
            ask()
        assert said in str(caught.value)
        assert "culprit" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [n for n in MIXED if n != "foreign noise"])
def test_a_model_that_mixes_still_says_what_keras_says_of_each_example(name: str) -> None:
    f, parts, _ = MIXED[name]
    model = between(f, *[part() for part in parts])
    net, x = Network(model), normal(3, 4)
    np.testing.assert_allclose(net.predict(x), alone(model, x), rtol=1e-4, atol=1e-5)
    before = model.get_layer("before")(x)
    culprit, found = model.get_layer("culprit"), net.activations(x, ["before", "culprit"])
    np.testing.assert_allclose(found["before"], before, rtol=1e-4, atol=1e-5)
    wanted = np.concatenate([culprit(before[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(found["culprit"], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", TRIED)
def test_what_the_graph_does_not_show_is_tried(name: str) -> None:
    net = Network(between(TRIED[name]))
    for _ in range(2):  # the second time, from memory
        with pytest.raises(UnsupportedModel, match="culprit"):
            attribution.gradient_times_difference(net, normal(2, 4), "after", target=0)
        with pytest.raises(UnsupportedModel, match="culprit"):
            net.score(normal(2, 4), 0)


@pytest.mark.parametrize("name", ALONE)
def test_what_keeps_examples_apart_is_proven_to(name: str) -> None:
    f, parts, shape = ALONE[name]
    model = between(f, *[part() for part in parts], shape=shape)
    net, x = Network(model), normal(3, *shape)
    graph = net.graph()
    assert graph.cause is None
    assert not [n for n, t in graph.tensors.items() if graph.examples.cause(t)]
    wanted = alone(model, x)[:, 1]
    np.testing.assert_allclose(net.score(x, 1), wanted, rtol=1e-4, atol=1e-5)
    found = attribution.gradient_times_difference(net, x, "all", target=1)
    one = attribution.gradient_times_difference(net, x[1:2], "all", target=1)
    for layer, result in found.items():
        np.testing.assert_allclose(result.f_input, wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(result.scores[1:2], one[layer].scores, rtol=1e-3, atol=1e-4)
    values = net.activations(x, "after")
    np.testing.assert_allclose(values[1:2], net.activations(x[1:2], "after"), atol=1e-5)


def test_a_function_shared_by_two_models_is_followed_in_both() -> None:
    """The gradient of the first trace leaves further outputs in the function."""
    f = tf.function(lambda x: tf.nn.relu(x) * 2 + tf.tanh(x))
    nets = [Network(between(f)) for _ in range(2)]
    for net in nets:
        assert net.graph().cause is None
        assert attribution.deeplift(net, normal(2, 4), "after", target=0).converged.all()


def mapped(x: Any) -> Any:
    """Row by row, by a loop over the batch."""
    return tf.map_fn(lambda row: tf.nn.relu(row) * tf.reduce_sum(row), x)


def test_a_loop_over_the_batch_is_tried_and_accepted() -> None:
    model = between(mapped)
    net, x = Network(model), normal(3, 4)
    assert net.graph().cause is not None
    result = attribution.neuron_integrated_gradients(net, x, "culprit", target=0, tolerance=0.02)
    change = alone(model, x) - alone(model, 0 * x)
    np.testing.assert_allclose(result.total, change[:, 0], atol=0.03 * np.abs(result.scores).sum())
    np.testing.assert_allclose(net.predict(x), alone(model, x), rtol=1e-4, atol=1e-6)
    plain = between(lambda x: tf.nn.relu(x) * tf.reduce_sum(x, 1, keepdims=True))
    plain.set_weights(model.get_weights())
    again = attribution.neuron_integrated_gradients(
        Network(plain), x, "culprit", target=0, tolerance=0.02
    )
    np.testing.assert_allclose(result.scores, again.scores, rtol=1e-3, atol=1e-4)


def test_a_trial_finds_the_windows_that_a_loop_hides() -> None:
    """(N, 8) -> (N * 4, 2), each row by a loop -> (N, 8)."""
    keras.utils.set_random_seed(2)
    given = keras.Input((5,), name="x")
    wide = layers.Dense(8, name="wide")(given)
    rows = Own(lambda x: mapped(tf.reshape(x, (-1, 2))), name="rows")(wide)
    flat = Own(lambda x: tf.reshape(x, (-1, 8)), name="flat")(rows)
    net = Network(keras.Model(given, layers.Dense(2, name="readout")(flat)))
    x = normal(3, 5)
    result = attribution.gradient_times_activation(net, x, "rows", target=1)
    assert result.scores.shape == (3, 4, 2)
    assert net.layer("rows").shape == (4, 2)
    flat_result = attribution.gradient_times_activation(net, x, "flat", target=1)
    np.testing.assert_allclose(result.scores.reshape(3, 8), flat_result.scores, atol=1e-5)


def test_a_layer_whose_examples_cannot_be_told_apart_is_left_out_of_all_with_a_note() -> None:
    """(N, 8) -> (4, 2 N): half of an example's entries lie in another row than the rest."""
    keras.utils.set_random_seed(2)
    given = keras.Input((5,), name="x")
    wide = layers.Dense(8, name="wide")(given)
    torn = Own(lambda x: tf.tanh(tf.reshape(x, (4, -1))), name="torn")(wide)
    flat = Own(lambda x: tf.reshape(x, (-1, 8)), name="flat")(torn)
    net = Network(keras.Model(given, layers.Dense(2, name="readout")(flat)))
    x = normal(3, 5)
    with pytest.raises(InvalidRequest, match="torn"):
        attribution.neuron_integrated_gradients(net, x, "torn", target=0)
    found = attribution.neuron_integrated_gradients(net, x, "all", target=0)
    assert list(found) == ["x", "wide", "flat", "readout"]
    assert all(any("torn" in note for note in result.notes) for result in found.values())
    one = attribution.neuron_integrated_gradients(net, x[2:], "wide", target=0)
    np.testing.assert_allclose(found["wide"].scores[2:], one.scores, atol=2e-2)


def test_a_function_that_learns_its_statistics_inside_a_model_of_ones_own() -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.d, self.bn = layers.Dense(3), layers.BatchNormalization(name="bn")

        def call(self, x: Any) -> Any:
            return self.bn(self.d(x), training=True)

    model = Model()
    model(normal(2, 4))
    with pytest.raises(UnsupportedModel, match=r"BatchNormalization 'bn' .* training=False"):
        Network(model).score(normal(2, 4), 0)


def test_rows_that_pass_a_trial_do_not_vouch_for_the_rows_of_other_requests() -> None:
    def kinds(x: Any) -> Any:
        """Adds how many of the values False and True the whole batch holds."""
        signs = tf.cast(tf.reshape(x, [-1]) > 0, tf.int32)
        return x + tf.cast(tf.size(tf.unique(signs)[0]), x.dtype)

    net = Network(between(kinds))
    before = keras.Model(net.model.inputs, net.model.get_layer("before").output)
    x = next(v[None] for v in normal(50, 4) if np.ptp(np.sign(before(v[None]))))
    net.score(np.concatenate([x, x]), 0)
    with pytest.raises(UnsupportedModel, match="culprit"):  # all are False at 0
        attribution.gradient_times_difference(net, x, "after", target=0)


def test_ragged_rows_are_tried_and_accepted() -> None:
    def ragged(x: Any) -> Any:
        """The sum of a row's values above 0, which are another number in every row."""
        kept = tf.ragged.boolean_mask(x, x > 0)
        return tf.reduce_sum(kept.to_tensor(shape=[None, x.shape[1]]), 1, keepdims=True) + x

    model = between(ragged)
    net, x = Network(model), normal(3, 4)
    result = attribution.neuron_integrated_gradients(net, x, "after", target=0)
    np.testing.assert_allclose(result.f_input, alone(model, x)[:, 0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(result.f_baseline, alone(model, 0 * x)[:, 0], rtol=1e-4, atol=1e-5)
