"""Network: names, shapes, scores and the errors for what does not fit."""

import threading
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from attribution import InvalidRequest, LayerInfo, Network, UnknownLayer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 6, 3)).astype("float32")


@pytest.fixture(scope="module")
def net() -> Network:
    """A trunk of any length with two heads: classes, and a number for each position."""
    keras.utils.set_random_seed(2)
    x = layers.Input((None, 3), name="x")
    h = layers.Conv1D(4, 3, activation="relu", padding="same", name="conv")(x)
    classes = layers.Dense(3, "softmax", name="classes")(layers.GlobalMaxPooling1D(name="pool")(h))
    return Network(keras.Model(x, [classes, layers.Conv1D(1, 1, name="places")(h)]))


def test_layers_in_graph_order(net: Network) -> None:
    assert net.layer("x") == LayerInfo("x", "InputLayer", (None, 3), True, 1)
    assert net.layer("conv") == LayerInfo("conv", "Conv1D", (None, 4), True, 1)
    assert net.layer("pool") == LayerInfo("pool", "GlobalMaxPooling1D", (4,), True, 0)
    names = [info.name for info in net.layers]
    assert names.index("x") < names.index("conv") < names.index("pool") < names.index("classes")
    assert not net.layer("places").is_cut
    assert net.input_shapes == {"x": (None, 3)}
    assert net.output_shapes == {"classes": (3,), "places": (None, 1)}


def test_an_unknown_layer_is_a_key_error_with_matches(net: Network) -> None:
    with pytest.raises(KeyError) as error:
        net.layer("Pol")
    assert isinstance(error.value, UnknownLayer)
    assert error.value.matches[0] == "pool"
    with pytest.raises(UnknownLayer):
        net.activations(X, ["conv", "pol"])


def test_predictions_and_activations_are_those_of_keras(net: Network) -> None:
    classes, places = (np.asarray(y) for y in net.model(X))
    found = net.predict(X)
    np.testing.assert_allclose(found["classes"], classes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["places"], places, rtol=1e-5, atol=1e-6)
    hidden = np.asarray(net.model.get_layer("conv")(X))
    both = net.activations(X, ["conv", "pool"])
    np.testing.assert_allclose(both["conv"], hidden, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(both["pool"], hidden.max(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(net.activations(X, "conv"), both["conv"])


def test_scores(net: Network) -> None:
    classes, places = (np.asarray(y, float) for y in net.model(X))
    log = np.log(classes)
    np.testing.assert_allclose(net.score(X, 1, "output"), classes[:, 1], rtol=1e-5)
    np.testing.assert_allclose(net.score(X, {0: 1, 2: -1}), log[:, 0] - log[:, 2], rtol=1e-4)
    single = [net.score(X[[i]], t)[0] for i, t in enumerate([0, 1, 2, 1, 0])]
    np.testing.assert_allclose(net.score(X, [0, 1, 2, 1, 0]), single, rtol=1e-5)
    best = classes.argmax(1)
    np.testing.assert_allclose(net.score(X), net.score(X, best), rtol=1e-6)
    np.testing.assert_allclose(net.score(X, ("places", (4, 0))), places[:, 4, 0], rtol=1e-5)
    each = [[i, 0] for i in range(5)]
    wanted = places[range(5), range(5), 0]
    np.testing.assert_allclose(net.score(X, ("places", each)), wanted, rtol=1e-5)
    np.testing.assert_allclose(net.score(X, ("places",)), places.max((1, 2)), rtol=1e-5)


def logit_model(kind: str) -> keras.Model:
    x = layers.Input((4,), name="x")
    if kind == "fused":
        return keras.Model(x, layers.Dense(3, "softmax", name="o")(x))
    h = layers.Dense(3, name="o")(x)
    if kind == "layer":
        return keras.Model(x, layers.Softmax(name="s")(h))
    if kind == "activation":
        return keras.Model(x, layers.Activation("softmax", name="s")(h))
    if kind == "operation":
        return keras.Model(x, keras.ops.softmax(h))
    if kind == "reshaped":
        return keras.Model(x, layers.Reshape((3,))(layers.Softmax(name="s")(h)))
    nested = layers.Input((3,))
    return keras.Model(x, keras.Model(nested, layers.Softmax(name="s")(nested), name="head")(h))


@pytest.mark.parametrize(
    "kind", ["fused", "layer", "activation", "operation", "reshaped", "nested"]
)
def test_the_logit_is_found_wherever_the_softmax_sits(kind: str) -> None:
    model = logit_model(kind)
    x = X[:, 0, [0, 1, 2, 0]]
    kernel, bias = model.get_weights()
    net = Network(model)
    np.testing.assert_allclose(net.score(x, 2), (x @ kernel + bias)[:, 2], rtol=1e-5, atol=1e-6)
    own = np.asarray(model(x))[:, 2]
    np.testing.assert_allclose(net.score(x, 2, output="output"), own, rtol=1e-5)


def test_a_softmax_inside_is_not_the_last() -> None:
    x = layers.Input((4,), name="x")
    h = layers.Dense(3, "softmax", name="attention")(x)
    model = keras.Model(x, layers.Dense(2, name="o")(h))
    values = X[:, 0, [0, 1, 2, 0]]
    np.testing.assert_allclose(
        Network(model).score(values, 1), np.asarray(model(values))[:, 1], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (X[0], "Add the batch axis"),
        (X[..., :2], r"\(batch, any, 3\) is expected"),
        (X[:0], "has shape"),
        (np.full_like(X, np.nan), "NaN"),
        (X.astype("complex64"), "numbers are expected"),
        (np.array([["a"]]), "numbers are expected"),
        ({"y": X}, "the inputs are"),
        ([X, X], "is expected"),
        ([X[0].tolist(), X[0, :2].tolist()], "not an array"),
    ],
)
def test_inputs_that_do_not_fit(net: Network, x: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        net.predict(x)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (3, "classes run from 0 to 2"),
        (-4, "outside"),
        ((0, 1), "does not fit"),
        (1.5, "class index"),
        ([0, 1], "2 classes for 5 examples"),
        ([[0], [1, 2]], "class index"),
        (("other", 1), "no output 'other'"),
        (("places", 2), r"give \(position, class\)"),
        ({}, "empty contrast"),
    ],
    ids=str,
)
def test_targets_that_do_not_fit(net: Network, target: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        net.score(X, target)


def test_integers_are_not_rounded_in_silence() -> None:
    ids = layers.Input((3,), dtype="int32", name="ids")
    h = layers.Flatten()(layers.Embedding(5, 2, name="e")(ids))
    net = Network(keras.Model(ids, layers.Dense(2, name="o")(h)))
    whole = np.array([[0.0, 1.0, 4.0]])
    np.testing.assert_array_equal(net.score(whole, 0), net.score(whole.astype(int), 0))
    with pytest.raises(InvalidRequest, match="no int32"):
        net.score(whole + 0.5, 0)


def test_the_weights_are_read_anew(net: Network) -> None:
    x = layers.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(x))
    fresh, values = Network(model), X[:, 0]
    before = fresh.score(values, 0)
    model.set_weights([2 * w for w in model.get_weights()])
    np.testing.assert_allclose(fresh.score(values, 0), 2 * before, rtol=1e-6)


def test_several_threads_may_ask_at_once(net: Network) -> None:
    fresh = Network(net.model)
    wanted = [net.score(X, ("places", (i, 0))) for i in range(6)]
    found: dict[int, Any] = {}

    def ask(i: int) -> None:
        found[i] = fresh.score(X, ("places", (i, 0)))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(6):
        np.testing.assert_allclose(found[i], wanted[i], rtol=1e-6)
