"""What a target may be, what is refused, and which output is explained where none is named."""

from fractions import Fraction
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import attribution
from attribution import InvalidRequest, Network, UnsupportedModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 3)).astype("float32")


@pytest.fixture(scope="module")
def net() -> Network:
    """Numbers for 4 places and 3 classes; and one for each of 3 classes."""
    keras.utils.set_random_seed(2)
    x = layers.Input((4, 3), name="x")
    places = layers.Dense(3, name="places")(x)
    classes = layers.Dense(3, name="classes")(layers.Flatten()(places))
    return Network(keras.Model(x, [classes, places]))


@pytest.mark.parametrize(
    "target",
    [
        1.5,
        "3",
        b"1",
        True,
        np.True_,
        1j,
        np.nan,
        np.float32(1),
        np.array(1.0),
        {1.5: 1},
        {"1": 1},
        {True: 1},
        {None: 1},
        {1: np.nan},
        {1: np.inf},
        {1: 1e300},
        {1: 10**400},
        {1: "2"},
        {1: 1j},
        {1: None},
        {1: [1, 2]},
        {1: 1, -2: 1},
        {},
        (1.5,),
        (0, 1.5),
        (0, True),
        (),
        [],
        [1, True],
        [1.0, 2.0],
        [1, None],
        ["0", "1"],
        [[0], [1, 2]],
        [[[0]], [[1]]],
        [[], []],
        [0, 1, 2],
        np.array([0.0, 1.0]),
        np.array([True, False]),
        np.array([[0, 1], [1, 2]]),
        np.zeros((2, 0), int),
        np.array([0, 1], object),
        {0, 1},
        pytest.param(object(), id="an object"),
        3,
        -4,
        [0, 3],
        2**70,
        ("places", 1),
        ("places", (0, 1.5)),
        ("places", [0, 1]),
        ("places", [[0, 1], [4, 0]]),
        ("places", {(0, 1, 2): 1}),
        ("nowhere", 1),
    ],
    ids=lambda v: " ".join(repr(v).split())[:40],
)
def test_refused_in_one_line(net: Network, target: Any) -> None:
    for output in ("logit", "output"):
        with pytest.raises(InvalidRequest) as refused:
            net.score(X, target, output)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400
    with pytest.raises(InvalidRequest):
        attribution.gradient_times_difference(net, X, "places", target=target)


@pytest.mark.parametrize(
    ("target", "kept", "place"),
    [
        (1, [1, 1], [(0, 1), (1, 1)]),
        (-1, [2, 2], [(0, 2), (1, 2)]),
        (np.uint8(1), [1, 1], [(0, 1), (1, 1)]),
        (np.array(2), [2, 2], [(0, 2), (1, 2)]),
        ([0, -3], [0, 0], [(0, 0), (1, 0)]),
        (np.array([[-1], [1]], np.int8), [[2], [1]], [(0, 2), (1, 1)]),
        (range(2), [0, 1], [(0, 0), (1, 1)]),
    ],
    ids=str,
)
def test_the_class_that_is_meant_is_kept(net: Network, target: Any, kept: Any, place: Any) -> None:
    classes = np.asarray(net.model(X)[0])
    wanted = [classes[p] for p in place]
    np.testing.assert_allclose(net.score(X, target), wanted, rtol=1e-5)
    result = attribution.gradient_times_difference(net, X, "places", target=target)
    np.testing.assert_array_equal(result.target, kept)
    np.testing.assert_allclose(result.f_input, wanted, rtol=1e-5)


def test_contrasts_and_places_are_kept_as_meant(net: Network) -> None:
    classes, places = (np.asarray(y, float) for y in net.model(X))
    find = attribution.gradient_times_difference
    result = find(net, X, "places", target={-1: Fraction(1, 2), np.int64(0): np.float32(-2)})
    assert result.target == {2: 0.5, 0: -2.0}
    np.testing.assert_allclose(result.f_input, classes[:, 2] / 2 - 2 * classes[:, 0], rtol=1e-4)
    result = find(net, X, "places", target=("places", (-1, np.int16(1))))
    assert result.target == ("places", (3, 1))
    np.testing.assert_allclose(result.f_input, places[:, 3, 1], rtol=1e-5)
    result = find(net, X, "places", target=("places", {(0, -1): 3}))
    assert result.target == ("places", {(0, 2): 3.0})
    np.testing.assert_allclose(result.f_input, 3 * places[:, 0, 2], rtol=1e-5)


def index_first() -> keras.Model:
    keras.utils.set_random_seed(4)
    x = layers.Input((3,), name="x")
    d = layers.Dense(4, name="d")(x)
    index = layers.Lambda(lambda t: ops.argmax(t, -1), output_shape=(), name="index")(d)
    number = layers.Lambda(
        lambda t: ops.cast(ops.argmax(t, -1), "float32"), output_shape=(), name="number"
    )(d)
    text = layers.Lambda(lambda t: tf.strings.as_string(t), output_shape=(4,), name="text")(d)
    sure = layers.Lambda(lambda t: t > 0, name="sure")(d)
    chance = layers.Softmax(name="chance")(d)
    return keras.Model(x, [index, number, text, sure, chance, d])


def test_the_first_output_that_has_a_derivative_is_explained() -> None:
    model, x = index_first(), X[:, 0]
    net = Network(model)
    index, number, text, sure, chance, d = (np.asarray(y) for y in model(x))
    names = list(net.output_shapes)
    assert names[4] in repr(net)
    assert names[0] not in repr(net)
    found = net.predict(x)
    assert list(found) == names
    for name, own in zip(names, (index, number, text, sure), strict=False):
        np.testing.assert_array_equal(found[name], own)
    np.testing.assert_allclose(found[names[4]], chance, rtol=1e-5)
    np.testing.assert_allclose(net.score(x, 2), d[:, 2], rtol=1e-5)
    result = attribution.neuron_integrated_gradients(net, x, "d")
    np.testing.assert_array_equal(result.target, d.argmax(1))
    np.testing.assert_allclose(result.gap, 0, atol=1e-5)
    (note,) = result.notes
    assert repr(names[4]) in note
    assert all(n in note for n in names[:4])
    named = attribution.neuron_integrated_gradients(net, x, "d", target=(names[4], 2))
    assert not named.notes
    for name in names[:4]:
        with pytest.raises(InvalidRequest, match="no derivative.*" + names[4]):
            net.score(x, (name, 0))


def test_no_output_has_a_derivative() -> None:
    model = index_first()
    for k in (0, 1, 3):
        with pytest.raises(UnsupportedModel, match="No differentiable path"):
            Network(keras.Model(model.inputs, model.outputs[k]))
    with pytest.raises(UnsupportedModel, match="No differentiable path"):
        Network(keras.Model(model.inputs, model.outputs[:4]))
