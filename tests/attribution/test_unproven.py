"""What the graph does not prove is said, what it proves is answered, and the words are true."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import attribution
from attribution import InvalidRequest, Network, UnsupportedModel
from benchmarks.estimated_error import truth
from tests.attribution.batches import between, normal


def looked_up(lookup: layers.Layer) -> keras.Model:
    """Integers, a table that makes indices of them, and an embedding."""
    keras.utils.set_random_seed(4)
    ids = layers.Input((4,), dtype="int64", name="ids")
    e = layers.Flatten(name="f")(layers.Embedding(5, 3, name="e")(lookup(ids)))
    return keras.Model(ids, layers.Dense(2, name="o")(layers.Dense(4, "tanh", name="h")(e)))


@pytest.mark.parametrize(
    "lookup",
    [lambda: layers.IntegerLookup(vocabulary=[3, 5, 7]), lambda: layers.Hashing(5)],
    ids=["table", "hash"],
)
def test_a_lookup_keeps_examples_apart(lookup: Any) -> None:
    model, ids = looked_up(lookup()), np.array([[3, 5, 7, 9], [5, 5, 3, 1]])
    net = Network(model)
    assert net.graph().cause is None
    wanted = np.asarray(model(ids))[:, 1]
    np.testing.assert_allclose(net.score(ids, 1), wanted, rtol=1e-5)
    result = attribution.deeplift(net, ids, "f", target=1)
    change = wanted - np.asarray(model(0 * ids))[:, 1]
    np.testing.assert_allclose(result.total, change, rtol=1e-4, atol=1e-5)


def test_a_score_and_a_method_may_both_try_what_is_not_proven() -> None:
    """They feed other tensors, and the function that tries is one for each of these."""
    keras.utils.set_random_seed(4)
    ids = layers.Input((4,), dtype="int32", name="ids")
    e = layers.Embedding(5, 3, name="e")(ids)
    h = layers.Lambda(lambda t: tf.map_fn(tf.tanh, t), output_shape=(4, 3), name="loop")(e)
    model = keras.Model(ids, layers.Dense(2, name="o")(layers.Flatten(name="f")(h)))
    net, x = Network(model), np.array([[1, 2, 3, 4], [4, 4, 1, 0]])
    wanted = np.asarray(model(x))[:, 0]
    np.testing.assert_allclose(net.score(x, 0), wanted, rtol=1e-5)
    for name in ("e", "f"):
        found = attribution.gradient_times_difference(net, x, name, target=0)
        np.testing.assert_allclose(found.f_input, wanted, rtol=1e-5)
    np.testing.assert_allclose(net.score(x, 0), wanted, rtol=1e-5)


@pytest.fixture(scope="module")
def spectrogram() -> keras.Model:
    """A spectrogram in front; its frames are cut by lengths that the graph computes."""
    return sounds(power_to_db=False)


def sounds(**more: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = layers.Input((256,), name="x")
    setting = {"fft_length": 64, "sequence_stride": 32, "sampling_rate": 800, "num_mel_bins": 4}
    h = layers.MelSpectrogram(**setting, **more, name="mel")(x)
    h = layers.Flatten(name="f")(layers.Rescaling(0.05, name="scaled")(h))
    return keras.Model(x, layers.Dense(2, name="o")(layers.Dense(4, "tanh", name="h")(h)))


def test_a_spectrogram_is_answered(spectrogram: keras.Model) -> None:
    net, x = Network(spectrogram), normal(2, 256)
    assert net.graph().cause is None
    result = attribution.neuron_integrated_gradients(net, x, "scaled", target=0, tolerance=0.02)
    exact = truth(spectrogram, "scaled", x[1], 0, 512)
    assert np.abs(result.scores[1] - exact).sum() <= 0.03 * np.abs(exact).sum()
    assert not [n for n in result.notes if "other" in n]


def test_a_spectrogram_that_is_cut_at_the_loudest_of_the_batch_is_refused() -> None:
    """Keras takes the maximum over all examples: they have no answer of their own."""
    model = sounds()
    loud, soft = normal(1, 256) * 1000, normal(1, 256) / 1000
    mel = keras.Model(model.input, model.get_layer("mel").output)
    beside = np.asarray(mel(np.concatenate([soft, loud])))[0]
    assert np.abs(beside - np.asarray(mel(soft))[0]).max() > 1
    with pytest.raises(UnsupportedModel, match=r"'mel' lets the examples .* \(Max\)"):
        attribution.deeplift(Network(model), soft, "h", target=0)


class Counting(layers.Layer):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.count = tf.Variable(0.0)

    def call(self, x: Any) -> Any:
        y = x * (1 + self.count)
        self.count.assign_add(1.0)
        return y


def test_a_variable_that_is_read_and_written_is_called_so() -> None:
    x = layers.Input((5,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(Counting(name="counting")(x)))
    with pytest.raises(UnsupportedModel, match="'counting' keeps state between calls") as refused:
        Network(model).score(normal(2, 5), 0)
    assert "random" not in str(refused.value)


def test_text_is_refused_when_the_network_is_made() -> None:
    x = layers.Input((3,), dtype="string", name="words")
    e = layers.Embedding(4, 2)(layers.StringLookup(vocabulary=["a", "b"])(x))
    with pytest.raises(UnsupportedModel, match="Input 'words' takes text"):
        Network(keras.Model(x, layers.Dense(2)(layers.Flatten()(e))))


def test_a_path_that_ends_in_rounding_is_refused_by_the_operation() -> None:
    x = layers.Input((5,), name="x")
    bins = layers.Lambda(lambda t: ops.one_hot(ops.digitize(t, [-1.0, 1.0]), 3))(x)
    with pytest.raises(UnsupportedModel, match="'x' through Bucketize"):
        Network(keras.Model(x, layers.Dense(2)(bins)))


def test_what_could_only_be_tried_is_said() -> None:
    net, x = Network(between(lambda x: tf.map_fn(tf.tanh, x))), normal(2, 4)
    curve_of = attribution.gradient_times_difference(net, x, "before", target=0)
    for notes in (
        curve_of.notes,
        attribution.neuron_integrated_gradients(net, x, "before", target=0).notes,
        attribution.walk(net, x[:1], "before", target=0).notes,
        attribution.convergence(net, x[:1], "before", target=0, finest=33).notes,
        attribution.ablation_curve(net, x, curve_of).notes,
    ):
        (told,) = (n for n in notes if "cannot be read from the graph" in n)
        assert "'culprit'" in told
    (row,) = (f for f in attribution.check(net, x).findings if f.topic == "Rows")
    assert "cannot be read from the graph" in row.sentence
    proven = Network(between(tf.tanh))
    assert not attribution.gradient_times_difference(proven, x, "before", target=0).notes


def test_an_input_that_is_held_is_told_by_paths_and_curves() -> None:
    keras.utils.set_random_seed(3)
    x, flags = layers.Input((4,), name="x"), layers.Input((4,), dtype="bool", name="flags")
    h = layers.Dense(4, name="h")(x)
    y = layers.Dense(2, name="o")(layers.Lambda(lambda t: ops.where(t[1], t[0], 0))([h, flags]))
    net = Network(keras.Model([x, flags], y))
    given = {"x": normal(1, 4), "flags": np.array([[True, False, True, True]])}
    scores = attribution.gradient_times_difference(net, given, "h", target=0)
    for notes in (
        attribution.walk(net, given, "h", target=0).notes,
        attribution.convergence(net, given, "h", target=0, finest=33).notes,
        attribution.ablation_curve(net, given, scores).notes,
    ):
        assert [n for n in notes if "Held at x" in n and "flags (through SelectV2)" in n]


def test_a_target_that_does_not_fit_is_shown_as_it_was_given() -> None:
    x = layers.Input((3, 4), name="x")
    net = Network(keras.Model(x, layers.Dense(2, name="o")(x)))
    with pytest.raises(InvalidRequest, match=r"target 1 does not fit an output of shape \(3, 2\)"):
        net.score(normal(1, 3, 4), 1)


def test_outputs_in_a_dict_of_lists_are_named_by_their_path() -> None:
    x = layers.Input((4,), name="x")
    h = layers.Dense(3, "tanh", name="h")(x)
    heads = [layers.Dense(1, name="p")(h), layers.Dense(2, name="q")(h)]
    model = keras.Model(x, {"main": layers.Dense(2, name="o")(h), "heads": heads})
    net, v = Network(model), normal(2, 4)
    wanted = model(v)
    assert list(net.output_shapes) == ["heads/0", "heads/1", "main"]
    np.testing.assert_allclose(net.predict(v)["heads/1"], wanted["heads"][1], rtol=1e-5)
    np.testing.assert_allclose(net.score(v, ("heads/1", 1)), wanted["heads"][1][:, 1], rtol=1e-5)
    np.testing.assert_allclose(net.score(v, ("main", 0)), wanted["main"][:, 0], rtol=1e-5)
