"""Which axis holds the channels, against the same network with the channels last."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.errors import InvalidRequest
from attribution.questions.matrices import sampling
from tests.attribution.batches import Own, normal

layers = keras.layers


def convolutional(form: str) -> keras.Model:
    """A little network of pictures, (3, 6, 6) or (6, 6, 3)."""
    keras.utils.set_random_seed(5)
    first = form == "channels_first"
    given = keras.Input((3, 6, 6) if first else (6, 6, 3), name="x")
    options = {"data_format": form}
    h = layers.Rescaling(0.5, name="rescaled")(given)
    h = layers.ZeroPadding2D(1, name="padded", **options)(h)
    h = layers.Conv2D(5, 3, name="conv", **options)(h)
    h = layers.BatchNormalization(axis=1 if first else -1, name="normal")(h)
    h = layers.Activation("softplus", name="act")(h)
    h = layers.MaxPooling2D(name="pool", **options)(h)
    h = layers.GlobalAveragePooling2D(name="mean", **options)(h)
    return keras.Model(given, layers.Dense(2, name="readout")(h))


@pytest.fixture(scope="module")
def pair() -> tuple[Network, Network, np.ndarray]:
    first, last = convolutional("channels_first"), convolutional("channels_last")
    last.set_weights(first.get_weights())
    return Network(first), Network(last), normal(2, 6, 6, 3)


def forward(x: np.ndarray) -> np.ndarray:
    """(batch, ..., channels) -> (batch, channels, ...)."""
    return np.moveaxis(x, -1, 1)


def same(found: Any, wanted: Any, **more: Any) -> None:
    np.testing.assert_allclose(found, wanted, **{"rtol": 1e-3, "atol": 1e-4, **more})


def test_the_axis_of_every_layer(pair: tuple[Network, Network, np.ndarray]) -> None:
    first, last, _ = pair
    wide = {info.name: len(info.shape) for info in last.layers}
    assert {i.name: i.channel_axis for i in first.layers} == dict.fromkeys(wide, 0)
    assert {i.name: i.channel_axis for i in last.layers} == {n: r - 1 for n, r in wide.items()}


@pytest.mark.parametrize("layer", ["x", "conv", "pool"])
def test_scores_and_rankings(layer: str, pair: tuple[Network, Network, np.ndarray]) -> None:
    first, last, x = pair
    found = attribution.neuron_integrated_gradients(first, forward(x), layer, target=1)
    wanted = attribution.neuron_integrated_gradients(last, x, layer, target=1)
    size = float(np.abs(wanted.channels()).max())
    assert found.channel_axis == 0
    same(found.channels(), wanted.channels(), atol=2e-2 * size)
    same(found.channels(axis=1), found.scores.sum((1, 3)))
    top, best = found.top(1, example=0), wanted.top(1, example=0)
    assert top["index"].tolist() == best["index"].tolist()


def test_interventions(pair: tuple[Network, Network, np.ndarray]) -> None:
    first, last, x = pair
    for to in (None, 0.25, "mean"):
        same(
            attribution.ablate(first, forward(x), "conv", [[1], [0, (3, 2, 1)]], to=to, target=0),
            attribution.ablate(last, x, "conv", [[1], [0, (2, 1, 3)]], to=to, target=0),
        )
    curves = []
    for net, given in ((first, forward(x)), (last, x)):
        scores = attribution.gradient_times_difference(net, given, "act", target=0)
        curves.append(attribution.ablation_curve(net, given, scores))
    same(curves[0].scores, curves[1].scores)
    np.testing.assert_array_equal(curves[0].order, curves[1].order)


def test_paths(pair: tuple[Network, Network, np.ndarray]) -> None:
    first, last, x = pair
    for position in (None, (2, 3)):
        found = attribution.walk(first, forward(x[:1]), "act", target=0, position=position)
        wanted = attribution.walk(last, x[:1], "act", target=0, position=position)
        same(found.accumulated[-1], wanted.accumulated[-1], atol=2e-2)
        same(found.activations[-1], wanted.activations[-1])
        assert found.gradients.shape[1] == 5
    with pytest.raises(InvalidRequest, match="position"):
        attribution.walk(first, forward(x[:1]), "act", target=0, position=(2, 3, 4))


def test_splits(pair: tuple[Network, Network, np.ndarray]) -> None:
    first, last, x = pair
    found = attribution.conductance_by_input(first, forward(x[:1]), "act", 4, target=0)
    wanted = attribution.conductance_by_input(last, x[:1], "act", 4, target=0)
    assert (found.channel_axis, wanted.channel_axis) == (0, 2)
    same(found.channels(), wanted.channels(), atol=5e-2 * float(np.abs(wanted.channels()).max()))
    with pytest.raises(InvalidRequest, match="outside the layer"):
        attribution.conductance_by_input(first, forward(x[:1]), "act", 5, target=0)


def scores_of_attention() -> Network:
    """x -> (heads, to, from) -> a number, whose axes are no channels."""
    given = keras.Input((4, 6), name="x")

    def attend(x: Any) -> Any:
        heads = tf.transpose(tf.reshape(x, (-1, 4, 2, 3)), (0, 2, 1, 3))
        return tf.nn.softmax(heads @ tf.transpose(heads, (0, 1, 3, 2)))

    h = Own(attend, name="scores")(layers.Dense(6, name="d")(given))
    return Network(keras.Model(given, layers.Dense(1)(layers.Flatten()(h))))


def test_where_the_channels_are_not_known_it_is_said() -> None:
    net, x = scores_of_attention(), normal(2, 4, 6)
    assert net.layer("scores").channel_axis is None
    assert (net.layer("x").channel_axis, net.layer("d").channel_axis) == (1, 1)
    result = attribution.gradient_times_difference(net, x, "scores", target=0)
    assert result.channel_axis is None
    for ask in (
        result.channels,
        lambda: result.top(1, example=0),
        lambda: attribution.ablate(net, x, "scores", [0], target=0),
        lambda: attribution.ablation_curve(net, x, result),
        lambda: attribution.ablate(net, x, "scores", [(0, 0, 0)], to="mean", target=0),
        lambda: attribution.walk(net, x[:1], "scores", target=0),
        lambda: attribution.conductance_by_input(net, x, "scores", 0, target=0),
    ):
        with pytest.raises(InvalidRequest, match=r"'scores', of shape \(2, 4, 4\).* axis="):
            ask()
    same(result.channels(axis=0), result.scores.sum((2, 3)))
    assert len(result.top(9, example=0, axis=1)) == 4
    assert len(result.top(3, by="neuron", example=0)) == 3
    one = attribution.ablate(net, x, "scores", [(0, 0, 0)], target=0)
    assert one.shape == (2,)
    head = attribution.ablate(net, x, "scores", [1], axis=0, target=0)
    places = [(1, i, j) for i in range(4) for j in range(4)]
    same(head, attribution.ablate(net, x, "scores", places, target=0))
    assert attribution.ablation_curve(net, x, result, axis=0).order.shape == (2, 2)
    assert attribution.walk(net, x[:1], "scores", axis=2, target=0).activations.shape[1] == 4
    split = attribution.conductance_by_input(net, x, "scores", 1, axis=0, target=0)
    assert split.channel_axis == 1
    with pytest.raises(InvalidRequest, match="axis is 3"):
        result.channels(axis=3)


def head(*more: Any) -> keras.Sequential:
    return keras.Sequential([*more, layers.Flatten(), layers.Dense(1)])


@pytest.mark.parametrize(
    ("shape", "made", "wanted"),
    [
        ((12, 4), lambda: [layers.Conv1D(3, 2, name="a")], {"input": 1, "a": 1}),
        ((12, 4), lambda: [layers.LSTM(3, return_sequences=True, name="a")], {"input": 1, "a": 1}),
        ((12, 4), lambda: [layers.Bidirectional(layers.GRU(3), name="a")], {"input": 1, "a": 0}),
        ((12, 4), lambda: [layers.LayerNormalization(name="a")], {"input": 1, "a": 1}),
        ((12, 4), lambda: [layers.Permute((2, 1), name="a"), layers.Conv1D(3, 2, name="b")],
         {"input": 0, "a": 1, "b": 1}),
        ((12, 4), lambda: [layers.Conv1D(3, 2, name="b"), layers.Permute((2, 1), name="a")],
         {"b": 1, "a": 0}),
        ((12, 4), lambda: [], {"input": 1}),
        ((12, 12), lambda: [], {"input": None}),
        ((12, 4), lambda: [layers.Dense(6, name="d"), layers.Reshape((6, 3, 4), name="r")],
         {"input": 1, "d": 1, "r": None}),
        ((6, 6, 3), lambda: [layers.UpSampling2D(name="u"), layers.Conv2DTranspose(2, 3, name="t")],
         {"input": 2, "u": 2, "t": 2}),
        ((6, 6, 3), lambda: [layers.SeparableConv2D(2, 3, name="s"), layers.ReLU(name="r")],
         {"input": 2, "s": 2, "r": 2}),
        ((5, 6, 6, 3), lambda: [layers.ConvLSTM2D(2, 3, name="c", return_sequences=True)],
         {"input": 3, "c": 3}),
    ],
)  # fmt: skip
def test_conventions(shape: tuple[int, ...], made: Any, wanted: dict[str, int | None]) -> None:
    given = keras.Input(shape, name="input")
    net = Network(keras.Model(given, head(*made())(given)))
    found = {info.name.split("/")[-1]: info.channel_axis for info in net.layers}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("shape", [(16, 32, 32), (3, 224, 224), (24, 7, 7), (64, 5)])
def test_a_sample_sees_every_channel_where_these_are_first(shape: tuple[int, ...]) -> None:
    neurons = int(np.prod(shape))
    stride = sampling(tf.zeros((1, *shape)), neurons, 1024, 0)
    assert -(-neurons // stride) <= 1024
    places = np.unravel_index(np.arange(0, neurons, stride), shape)
    assert set(places[0].tolist()) == set(range(shape[0]))
