"""What filters see, against networks whose fields are known by construction."""

import keras
import numpy as np
import pytest

import attribution
from attribution import InvalidRequest
from attribution.filters import kernel, receptive_field


def network(*layers: keras.layers.Layer, length: int | None = 40) -> attribution.Network:
    return attribution.Network(keras.Sequential([keras.Input((length, 4), name="dna"), *layers]))


def conv(width: int, **more) -> keras.layers.Layer:
    return keras.layers.Conv1D(6, width, **more)


@pytest.mark.parametrize(
    ("layers", "width", "offset", "stride"),
    [
        ([conv(7)], 7, 0, 1),
        ([conv(7, padding="same")], 7, -3, 1),
        ([conv(5, dilation_rate=3)], 13, 0, 1),
        ([conv(5, strides=2)], 5, 0, 2),
        ([conv(3), keras.layers.MaxPooling1D(4), conv(3)], 14, 0, 4),
        ([conv(5, padding="same"), keras.layers.ReLU(), conv(5, padding="same")], 9, -4, 1),
    ],
)
def test_receptive_field_by_arithmetic(layers, width: int, offset: int, stride: int) -> None:
    net = network(*layers)
    field = receptive_field(net, net.layers[-1].name)
    assert (field.width, field.offset, field.stride) == (width, offset, stride)
    assert field.positions == net.layers[-1].shape[0]
    assert field.centre(2) == 2 * stride + offset + (width - 1) / 2


def test_a_layer_without_positions_sees_everything() -> None:
    net = network(conv(5), keras.layers.GlobalMaxPooling1D(), length=None)
    field = receptive_field(net, net.layers[-1].name, length=31)
    assert (field.positions, field.width, field.offset) == (1, 31, 0)
    with pytest.raises(InvalidRequest, match="any length"):
        receptive_field(net, net.layers[-1].name)


def test_kernel_of_a_convolution_and_of_what_follows_it() -> None:
    net = network(conv(5, name="c"), keras.layers.ReLU(name="r"), conv(5, name="d"))
    expected = net.model.get_layer("c").get_weights()[0]
    np.testing.assert_array_equal(kernel(net, "c"), expected)
    np.testing.assert_array_equal(kernel(net, "r"), expected)
    assert kernel(net, "d") is None
    assert kernel(net, "dna") is None


def test_kernel_of_a_dense_layer_is_laid_out_along_the_sequence() -> None:
    net = network(keras.layers.Flatten(), keras.layers.Dense(3, name="d"), length=10)
    found = kernel(net, "d")
    assert found is not None
    assert found.shape == (10, 4, 3)
    x = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 3, 2, 1, 0, 0, 2]][None]
    bias = net.model.get_layer("d").get_weights()[1]
    by_hand = np.einsum("lb,lbf->f", x[0], found) + bias
    np.testing.assert_allclose(net.activations(x, "d")[0], by_hand, rtol=1e-5)


def test_kernel_is_scaled_by_a_batch_normalisation() -> None:
    net = network(conv(3, name="c"), keras.layers.BatchNormalization(name="b"))
    scale = np.array([1.0, -2.0, 0.5, 3.0, 1.0, -1.0])
    zeros, ones = np.zeros(6), np.ones(6)
    net.model.get_layer("b").set_weights([scale, zeros, zeros, ones])
    expected = net.model.get_layer("c").get_weights()[0] * scale / np.sqrt(1.001)
    np.testing.assert_allclose(kernel(net, "b"), expected, rtol=1e-5)


def test_an_image_network_is_refused() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    with pytest.raises(InvalidRequest, match=r"\(length, 4\)"):
        receptive_field(attribution.Network(model), "flatten")
