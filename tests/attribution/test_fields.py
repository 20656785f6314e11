"""Where positions look, against the arithmetic of convolutions and layers made to mislead."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import attribution
from attribution import InvalidRequest, Network, UnknownLayer, fields

layers = keras.layers
C1, C2, C3 = layers.Conv1D, layers.Conv2D, layers.Conv3D


def measured(
    shape: tuple[int, ...], *more: Any, dtype: str = "float32"
) -> fields.FieldOfView | None:
    """The field of the last of some layers."""
    keras.utils.set_random_seed(1)
    given = h = keras.Input(shape, dtype=dtype)
    for layer in more:
        h = layer(h)
    net = Network(keras.Model(given, h))
    generator = np.random.default_rng(1)
    x = (
        generator.normal(size=(1, *shape))
        if dtype == "float32"
        else generator.integers(0, 9, (1, *shape))
    )
    return fields.measure(net, net.layers[-1].name, x)


def bands(field: fields.FieldOfView | None) -> list[Any]:
    assert field is not None
    return [a and (a.axis, a.stride, a.offset, a.width) for a in field.axes]


PLAIN = {
    "series": ((40, 4), [C1(6, 7)], [(0, 1, 0, 7)]),
    "padded": ((40, 4), [C1(6, 7, padding="same")], [(0, 1, -3, 7)]),
    "dilated": ((40, 4), [C1(6, 5, dilation_rate=3)], [(0, 1, 0, 13)]),
    "causal": ((40, 4), [C1(6, 5, padding="causal")], [(0, 1, -4, 5)]),
    "strided, long": ((1000, 4), [C1(6, 5, strides=2)], [(0, 2, 0, 5)]),
    "picture": ((24, 30, 3), [C2(6, (3, 5), strides=(2, 3))], [(0, 2, 0, 3), (1, 3, 0, 5)]),
    "half padded": ((24, 30, 3), [C2(6, 5, strides=2, padding="same")],
                    [(0, 2, -1, 5), (1, 2, -1, 5)]),
    "volume": ((10, 12, 14, 2), [C3(6, (3, 2, 5), strides=(1, 2, 2))],
               [(0, 1, 0, 3), (1, 2, 0, 2), (2, 2, 0, 5)]),
    "pool": ((24, 24, 3), [layers.MaxPooling2D(4)], [(0, 4, 0, 4), (1, 4, 0, 4)]),
    "two positions": ((8, 8, 3), [layers.AveragePooling2D(4)], [(0, 4, 0, 4), (1, 4, 0, 4)]),
    "mean": ((24, 24, 3), [layers.AveragePooling2D(3, strides=2)], [(0, 2, 0, 3), (1, 2, 0, 3)]),
    # Position p of an upsampling is place floor(p / 2), whose mean is p / 2 - 1 / 4.
    "enlarged": ((12, 10, 3), [layers.UpSampling2D(2)], [(0, 0.5, -0.25, 1), (1, 0.5, -0.25, 1)]),
    # Place i reaches 2 i, 2 i + 1 and 2 i + 2: position p sees those from p / 2 - 1 to p / 2.
    "transposed": ((12, 10, 3), [layers.Conv2DTranspose(5, 3, strides=2, padding="same")],
                   [(0, 0.5, -1, 2), (1, 0.5, -1, 2)]),
    "channels first": ((3, 12, 10), [layers.AveragePooling2D(2, data_format="channels_first")],
                       [(1, 2, 0, 2), (2, 2, 0, 2)]),
    "turned": ((12, 10, 3), [C2(5, 3), layers.Permute((2, 1, 3))], [(1, 1, 0, 3), (0, 1, 0, 3)]),
    "channels to the front": ((12, 10, 3), [C2(5, 3), layers.Permute((3, 2, 1))],
                              [(1, 1, 0, 3), (0, 1, 0, 3)]),
    "along the features": ((30, 12), [layers.Permute((2, 1)), C1(5, 3)], [(1, 1, 0, 3)]),
    "depthwise": ((12, 10, 3), [layers.DepthwiseConv2D(3, padding="same")],
                  [(0, 1, -1, 3), (1, 1, -1, 3)]),
    "electrodes": ((8, 50, 1), [C2(4, (1, 9), padding="same"), layers.DepthwiseConv2D((8, 1))],
                   [None, (1, 1, -4, 9)]),
    "table": ((30,), [layers.Reshape((30, 1)), C1(4, 5)], [(0, 1, 0, 5)]),
    "cropped": ((12, 12, 3), [layers.Cropping2D(2)], [(0, 1, 2, 1), (1, 1, 2, 1)]),
    "backwards": ((30, 4), [lambda h: keras.ops.flip(C1(5, 3)(h), axis=1)], [(0, -1, 27, 3)]),
    "digits": ((28, 28, 1), [C2(8, 3, activation="relu"), layers.MaxPooling2D(2)] * 1
               + [C2(8, 3, activation="relu"), layers.MaxPooling2D(2), C2(8, 3, activation="relu")],
               [(0, 4, 0, 18), (1, 4, 0, 18)]),
}  # fmt: skip


@pytest.mark.parametrize("what", PLAIN)
def test_by_arithmetic(what: str) -> None:
    shape, more, expected = PLAIN[what]
    field = measured(shape, *more)
    assert bands(field) == expected
    assert field is not None
    assert all(along is None or along.exact for along in field.axes)


def test_tokens() -> None:
    field = measured((20,), layers.Embedding(10, 4), C1(4, 3), dtype="int32")
    assert bands(field) == [(0, 1, 0, 3)]


def heads(h: Any) -> Any:
    return layers.MultiHeadAttention(2, 8)(h, h, return_attention_scores=True)[1]


def patches(h: Any) -> Any:
    return layers.Reshape((36, 8))(C2(8, 4, strides=4)(h))


NOWHERE = {
    "global": ((12, 10, 3), [layers.GlobalAveragePooling2D()]),
    "global, axes kept": ((12, 10, 3), [layers.GlobalAveragePooling2D(keepdims=True)]),
    "dense": ((12, 10, 3), [layers.Flatten(), layers.Dense(9)]),
    "dense of a table": ((9,), [layers.Dense(5)]),
    "a dense layer as a picture": ((12, 10, 3), [layers.Flatten(), layers.Dense(256),
                                                 layers.Reshape((8, 8, 4))]),
    "a small one": ((3,), [layers.Dense(4, "relu"), layers.Reshape((2, 2, 1))]),
    "and convolved": ((30, 4), [layers.Flatten(), layers.Dense(64, "relu"),
                                layers.Reshape((8, 8, 1)),
                                layers.Conv2DTranspose(4, 3, strides=2, padding="same")]),
    "pixels in one row": ((12, 10, 3), [layers.Reshape((120, 3))]),
    "patches in one row": ((24, 24, 3), [patches]),
    "attention": ((20, 6), [heads]),
    "attention, heads last": ((20, 6), [heads, layers.Permute((2, 3, 1))]),
    "attention of patches": ((24, 24, 3), [patches, heads, layers.Permute((2, 3, 1))]),
}  # fmt: skip


@pytest.mark.parametrize("what", NOWHERE)
def test_what_lies_nowhere(what: str) -> None:
    shape, more = NOWHERE[what]
    assert measured(shape, *more) is None


def gated(h: Any) -> Any:
    h = C2(8, 5, padding="same")(h)
    gate = layers.Dense(8, "sigmoid")(layers.GlobalAveragePooling2D()(h))
    return layers.Multiply()([h, layers.Reshape((1, 1, 8))(gate)])


def residual(h: Any) -> Any:
    h = layers.Dense(16)(h)
    return layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 8)(h, h))


@pytest.mark.parametrize(
    ("shape", "layer", "expected"),
    [
        ((24, 20, 3), gated, [(0, 1, -2, 5), (1, 1, -2, 5)]),
        ((20, 6), residual, [(0, 1, 0, 1)]),
        ((24, 24, 3), lambda h: layers.Reshape((6, 6, 16))(residual(patches(h))),
         [(0, 4, 0, 4), (1, 4, 0, 4)]),
    ],
)  # fmt: skip
def test_what_sees_all_but_mostly_its_place(shape: Any, layer: Any, expected: Any) -> None:
    field = measured(shape, layer)
    assert bands(field) == expected
    assert field is not None
    assert not any(along and along.exact for along in field.axes)


def test_recurrence_ends_at_its_place() -> None:
    """Position p has read the places up to p, or from the end on down to its own."""
    for back, stride, end in ((False, 1, 0), (True, -1, 29)):
        layer = layers.GRU(8, return_sequences=True, go_backwards=back)
        (along,) = getattr(measured((30, 4), layer), "axes")  # noqa: B009
        assert (along.axis, along.stride, along.exact) == (0, stride, False)
        last = along.offset + (0 if back else along.width - 1)
        assert last == end


def test_a_skip_of_a_u_net() -> None:
    """3 of the skip, or 2 * 3 above the pool and one on either side of it: 5 places each way."""

    def skip(h: Any) -> Any:
        a = C2(8, 3, padding="same", activation="relu")(h)
        b = C2(8, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(a))
        return C2(8, 3, padding="same")(layers.Concatenate()([a, layers.UpSampling2D(2)(b)]))

    assert bands(measured((32, 24, 3), skip)) == [(0, 1, -5, 11), (1, 1, -5, 11)]


def test_of_several_inputs_one_is_said() -> None:
    a, b = keras.Input((12, 2), name="a"), keras.Input((9,), name="b")
    h = layers.Multiply(name="m")(
        [C1(3, 3, name="c")(a), layers.Reshape((1, 3))(layers.Dense(3)(b))]
    )
    net = Network(keras.Model([a, b], layers.Dense(1)(layers.Flatten()(h))))
    x = {"a": np.ones((1, 12, 2)), "b": np.ones((1, 9))}
    assert bands(fields.measure(net, "m", x, "a")) == [(0, 1, 0, 3)]
    found = fields.measure(net, ["c", "m"], x, input="b")
    assert found == {"c": None, "m": None}
    for wrong in (None, "z"):
        with pytest.raises(InvalidRequest, match="say input="):
            fields.measure(net, "m", x, wrong)
    with pytest.raises(UnknownLayer):
        fields.measure(net, "n", x, "a")


def test_the_number_of_inputs_is_bounded_and_the_answer_is_the_same(monkeypatch) -> None:
    net = Network(keras.Sequential([keras.Input((300, 200, 3)), C2(2, 3, strides=8, name="c")]))
    rows = list[int]()
    run = Network.activations

    def counted(self: Network, x: Any, layer: Any) -> Any:
        rows.append(len(next(iter(x.values()))))
        return run(self, x, layer)

    monkeypatch.setattr(Network, "activations", counted)
    x = np.random.default_rng(0).normal(size=(2, 300, 200, 3))
    field = fields.measure(net, "c", x)
    assert bands(field) == [(0, 8, 0, 3), (1, 8, 0, 3)]
    assert sum(rows) <= 200
    assert fields.measure(net, "c", x) == field


def test_layers_of_a_bundled_network() -> None:
    net = attribution.load("tal1-gata1")
    names = [i.name for i in net.layers if len(i.shape) == 2]
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (2, 200))]
    for name, field in fields.measure(net, names, x).items():
        found = attribution.filters.receptive_field(net, name, 200)
        assert bands(field)[0] == (0, found.stride, found.offset, found.width), name


@pytest.mark.slow
def test_layers_of_efficientnet_follow_rows_and_columns() -> None:
    """(Every eighth: all 141 take minutes.)"""
    net = attribution.load("efficientnet-lite0")
    names = [i.name for i in net.layers if len(i.shape) == 3][::-8]
    x = np.random.default_rng(0).normal(size=(1, 224, 224, 3)).astype(np.float32)
    for name, field in fields.measure(net, names, x).items():
        assert field is not None, name
        rows, columns = field.axes[:2]
        for axis, along in enumerate((rows, columns)):
            assert along is not None
            count = along.positions
            assert along.axis == axis
            assert along.stride == pytest.approx(224 / count, rel=0.15), name
            middle = along.centre((count - 1) / 2)
            assert middle == pytest.approx(111.5, abs=max(8.0, 112 / count)), name
