"""Chunks are sized from the shapes that are really fed."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution import Network, neuron_integrated_gradients
from attribution.trace import chunks


def fully_convolutional(size: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = layers.Input((*size, 3), name="x")
    h = layers.Conv2D(8, 3, 2, activation="relu", padding="same", name="a")(x)
    h = layers.UpSampling2D(name="up")(layers.Conv2D(4, 3, padding="same", name="b")(h))
    return keras.Model(x, layers.Dense(2, name="o")(layers.GlobalAveragePooling2D(name="g")(h)))


def row_bytes(model: keras.Model, x: np.ndarray, names: list[str]) -> int:
    net = Network(model)
    return chunks.row_bytes(net.graph(), names, net.arrays(x))


@pytest.mark.parametrize("names", [[], ["a"], ["b", "up"]], ids=str)
@pytest.mark.parametrize("size", [(8, 8), (64, 96)])
def test_an_open_shape_counts_like_the_same_shape_built_in(
    size: tuple[int, int], names: list[str]
) -> None:
    x = np.zeros((2, *size, 3), "float32")
    known = row_bytes(fully_convolutional(size), x, names)
    assert row_bytes(fully_convolutional((None, None)), x, names) == known
    assert row_bytes(fully_convolutional((size[0], None)), x, names) == known


def test_the_estimate_covers_the_tensors_and_grows_with_the_picture() -> None:
    """Layers from `a` on, forward and back: at least their bytes, and not many times as much."""
    model = fully_convolutional((None, None))
    for side in (32, 128):
        x = np.zeros((1, side, side, 3), "float32")
        held = 4 * side**2 * (8 / 4 + 4 / 4 + 4)  # a, b and up, float32
        assert 2 * held <= row_bytes(model, x, ["a"]) <= 8 * held


def test_a_large_picture_goes_in_small_chunks_and_a_small_one_in_large() -> None:
    net = Network(fully_convolutional((None, None)))

    def rows(side: int) -> int:
        return net.chunk(["a"], net.graph(), [np.zeros((1, side, side, 3), "float32")])

    assert rows(4) > 1000
    assert rows(512) <= 8
    assert rows(4096) == 1
    assert rows(4) > 1000  # each shape is remembered for itself


def test_what_no_layer_returns_counts_where_it_is_the_largest() -> None:
    class Wide(layers.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.max(x[:, :, None] * keras.ops.ones((1, 1, 5000)), -1)

    x = layers.Input((10,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(Wide(name="wide")(x)))
    assert row_bytes(model, np.zeros((1, 10), "float32"), ["o"]) >= 4 * 10 * 5000


def test_windows_folded_into_the_first_axis_count_all() -> None:
    x = layers.Input((64, 32), name="x")
    h = keras.ops.reshape(x, (-1, 32))
    h = layers.Dense(256, "relu", name="wide")(h)
    y = keras.ops.max(keras.ops.reshape(h, (-1, 64, 256)), (1, 2))[:, None]
    model = keras.Model(x, layers.Dense(2, name="o")(y))
    assert row_bytes(model, np.zeros((3, 64, 32), "float32"), ["o"]) >= 4 * 64 * 256


def test_the_steps_of_a_loop_count() -> None:
    """An LSTM keeps at least the cell and three gates of each step for the way back."""
    x = layers.Input((None, 3), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(layers.LSTM(32, name="lstm")(x)))
    net = Network(model)
    sizes = [
        chunks.row_bytes(net.graph(), ["x"], [np.zeros((1, steps, 3), "float32")])
        for steps in (50, 100, 200)
    ]
    assert all(
        size >= 4 * 4 * 32 * steps for size, steps in zip(sizes, (50, 100, 200), strict=True)
    )
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), rel=0.05)


def test_the_scores_do_not_depend_on_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network(fully_convolutional((None, None)))
    x = np.random.default_rng(0).normal(size=(2, 12, 10, 3)).astype("float32")
    wide = neuron_integrated_gradients(net, x, "a", target=0)
    monkeypatch.setattr(chunks, "PROCESSOR", chunks.Room(chunk=1, most=1, cache=1))
    narrow = neuron_integrated_gradients(net, x, "a", target=0)
    np.testing.assert_allclose(narrow.scores, wide.scores, rtol=1e-4, atol=1e-6)
    assert wide.scores.shape == (2, 6, 5, 8)


def test_a_gpu_gets_more_rows_of_a_large_network(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network(fully_convolutional((256, 256)))
    x = [np.zeros((1, 256, 256, 3), "float32")]
    before = net.chunk(["a"], net.graph(), x)
    assert before == chunks.PROCESSOR.most
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: ["GPU:0"])
    assert before < net.chunk(["a"], net.graph(), x) <= chunks.ACCELERATOR.most
