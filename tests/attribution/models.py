"""One small model of every kind that Keras can make, for tests. Weights are random but seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

RNG = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


@dataclass(frozen=True)
class Kind:
    """A model's builder, the layers that must be found in it, and those of them that are cuts.

    read : how the target score follows from the model's own (first) output.
    """

    build: Callable[[Path], tuple[keras.Model, Any]]
    layers: str
    cuts: str
    target: Any = 0
    read: Callable[[np.ndarray], np.ndarray] = lambda y: y.reshape(len(y), -1)[:, 0]


KINDS: dict[str, Kind] = {}


def kind(layers: str, cuts: str, **more: Any) -> Callable[[Any], Any]:
    def note(build: Any) -> Any:
        KINDS[build.__name__] = Kind(build, layers, cuts, **more)
        return build

    return note


# A contrast of two logits is the log of the ratio of their probabilities.
SOFTMAX: dict[str, Any] = {
    "target": {0: 1, 1: -1},
    "read": lambda y: np.log(y[..., 0]) - np.log(y[..., 1]),
}
SIGMOID: dict[str, Any] = {"read": lambda y: np.log(y[:, 0]) - np.log(1 - y[:, 0])}


def x5() -> keras.KerasTensor:
    return layers.Input((5,), name="x")


@kind("x h o", "x h", **SOFTMAX)
def functional_with_fused_activations(_: Path) -> Any:
    x = x5()
    h = layers.Dense(6, "relu", name="h")(x)
    return keras.Model(x, layers.Dense(3, "softmax", name="o")(h)), normal(2, 5)


@kind("x d relu multiply add o softmax", "x d add o", **SOFTMAX)
def functional_operations(_: Path) -> Any:
    keras.utils.clear_session()  # operations are named by a global count
    x = x5()
    h = layers.Dense(4, name="d")(x)
    h = keras.ops.relu(h) + h * 2
    return keras.Model(x, keras.ops.softmax(layers.Dense(3, name="o")(h))), normal(2, 5)


@kind("x sequential_d sequential_o", "x sequential_d", **SIGMOID)
def sequential_with_input(_: Path) -> Any:
    parts = [
        layers.Input((5,), name="x"),
        layers.Dense(4, "gelu", name="sequential_d"),
        layers.Dense(1, "sigmoid", name="sequential_o"),
    ]
    return keras.Sequential(parts), normal(2, 5)


def bare_sequential() -> keras.Model:
    model = keras.Sequential([layers.Dense(4, "relu", name="d"), layers.Dense(3, name="o")])
    model(normal(1, 5))
    return model


@kind("* d o", "* d o")
def sequential_without_input(_: Path) -> Any:
    return bare_sequential(), normal(2, 5)


@kind("* d o", "* d o")
def sequential_without_input_from_keras_file(folder: Path) -> Any:
    bare_sequential().save(folder / "bare.keras")
    return keras.models.load_model(folder / "bare.keras"), normal(2, 5)


@kind("* d o", "* d o")
def sequential_without_input_from_h5(folder: Path) -> Any:
    bare_sequential().save(folder / "bare.h5")
    return keras.models.load_model(folder / "bare.h5", compile=False), normal(2, 5)


@kind("x h o", "x h", **SOFTMAX)
def functional_from_h5_with_a_list_of_inputs(folder: Path) -> Any:
    model, x = functional_with_fused_activations(folder)
    model.save(folder / "list.h5")
    model = keras.models.load_model(folder / "list.h5", compile=False)
    if not isinstance(model.input, list):  # as files of older Keras versions are read
        model = keras.Model(model.inputs, model.outputs)
    assert isinstance(model.input, list)
    return model, x


@kind(
    "x mid/inner/d mid/inner/r mid/inner mid/d mid o",
    "x mid/inner/d mid/inner/r mid/inner mid/d mid o",
)
def nested_twice_deep(_: Path) -> Any:
    a = layers.Input((5,))
    inner = keras.Model(a, layers.ReLU(name="r")(layers.Dense(4, name="d")(a)), name="inner")
    b = layers.Input((5,))
    mid = keras.Model(b, layers.Dense(4, name="d")(inner(b)), name="mid")
    x = x5()
    return keras.Model(x, layers.Dense(2, name="o")(mid(x))), normal(2, 5)


@kind(
    "x inner/d inner/r inner inner#2/d inner#2/r inner#2 o",
    "x inner/d inner/r inner inner#2/d inner#2/r inner#2 o",
)
def nested_model_called_twice(_: Path) -> Any:
    a = layers.Input((5,))
    inner = keras.Model(a, layers.ReLU(name="r")(layers.Dense(5, name="d")(a)), name="inner")
    x = x5()
    return keras.Model(x, layers.Dense(2, name="o")(inner(inner(x)))), normal(2, 5)


@kind("x a/d a b/d b add o", "x add o")
def nested_models_with_layers_of_the_same_name(_: Path) -> Any:
    parts = []
    for name in "ab":
        i = layers.Input((5,))
        parts.append(keras.Model(i, layers.Dense(4, "relu", name="d")(i), name=name))
    x = x5()
    h = layers.Add(name="add")([part(x) for part in parts])
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 5)


@kind("x d relu d#2 relu#2 o", "x d relu d#2 relu#2 o")
def shared_layers(_: Path) -> Any:
    relu, d, x = layers.ReLU(name="relu"), layers.Dense(5, name="d"), x5()
    return keras.Model(x, layers.Dense(2, name="o")(relu(d(relu(d(x)))))), normal(2, 5)


@kind("a b add h q p", "add h p")
def dicts_of_inputs_and_outputs(_: Path) -> Any:
    """The first output is the first by name, as TensorFlow orders dicts."""
    a, b = layers.Input((5,), name="a"), layers.Input((5,), name="b")
    h = layers.Dense(6, "relu", name="h")(layers.Add(name="add")([a, b]))
    out = {"second": layers.Dense(3, name="q")(h), "first": layers.Dense(2, name="p")(h)}
    return keras.Model({"b": b, "a": a}, out), {"a": normal(2, 5), "b": normal(2, 5)}


@kind("a b left add o", "add o")
def lists_of_inputs_and_outputs(_: Path) -> Any:
    a, b = layers.Input((5,), name="a"), layers.Input((3,), name="b")
    h = layers.Add(name="add")([layers.Dense(3, "tanh", name="left")(a), b])
    return keras.Model([a, b], [layers.Dense(2, name="o")(h), h]), [normal(2, 5), normal(2, 3)]


class Residual(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.a = layers.Dense(6, "relu", name="a")
        self.blocks = [layers.Dense(6, "relu", name=n) for n in ("b0", "b1")]
        self.o = layers.Dense(2, name="o")

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.a(x)
        for block in self.blocks:
            h = h + block(h)
        return self.o(h)


@kind("input a b0 b1 o", "input a o")
def subclassed(_: Path) -> Any:
    model = Residual()
    model(normal(1, 5))
    return model, normal(2, 5)


class Gated(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.a = layers.Dense(6, "relu", name="a")
        self.o = layers.Dense(2, name="o")

    def call(self, inputs: Any) -> Any:
        left, gate = inputs.values() if isinstance(inputs, dict) else inputs
        return self.o(self.a(left) * gate)


@kind("input_0 input_1 a o", "o")
def subclassed_with_a_list(_: Path) -> Any:
    model, x = Gated(), [normal(2, 5), normal(2, 6)]
    model(x)
    return model, x


@kind("left gate a o", "o")
def subclassed_with_a_dict(_: Path) -> Any:
    model, x = Gated(), {"left": normal(2, 5), "gate": normal(2, 6)}
    model(x)
    return model, x


class GatedArguments(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.a = layers.Dense(6, "relu", name="a")
        self.o = layers.Dense(2, name="o")

    def build(self, left_shape: Any, gate_shape: Any) -> None:
        self.a.build(left_shape)
        self.o.build(gate_shape)

    def call(self, left: Any, gate: Any) -> Any:
        return self.o(self.a(left) * gate)


@kind("left gate a o", "o")
def subclassed_with_several_arguments(_: Path) -> Any:
    model, x = GatedArguments(), {"left": normal(2, 5), "gate": normal(2, 6)}
    model(**x)
    return model, x


@kind("x lstm lstm:1 lstm:2 gap cat o", "x cat o")
def a_layer_with_several_outputs(_: Path) -> Any:
    x = layers.Input((5, 3), name="x")
    y, h, c = layers.LSTM(4, name="lstm", return_sequences=True, return_state=True)(x)
    parts = [layers.GlobalAveragePooling1D(name="gap")(y), h, c]
    return keras.Model(x, layers.Dense(2, name="o")(layers.Concatenate(name="cat")(parts))), normal(
        2, 5, 3
    )


@kind("x bi/forward_gru bi/backward_gru bi o", "x bi o")
def a_wrapped_gru(_: Path) -> Any:
    x = layers.Input((5, 3), name="x")
    h = layers.Bidirectional(layers.GRU(4, name="gru"), name="bi")(x)
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 5, 3)


@kind("x lstm o", "x lstm o", target=(6, 1), read=lambda y: y[:, 6, 1])
def a_recurrent_layer_of_any_length(_: Path) -> Any:
    x = layers.Input((None, 3), name="x")
    h = layers.LSTM(4, name="lstm", return_sequences=True)(x)
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 7, 3)


@kind(
    "x mha/query mha/key mha/value mha/attention_output mha add ln gap o",
    "x add ln gap o",
)
def attention_and_layer_normalization(_: Path) -> Any:
    x = layers.Input((6, 8), name="x")
    h = layers.MultiHeadAttention(2, 4, name="mha")(x, x)
    h = layers.LayerNormalization(name="ln")(layers.Add(name="add")([x, h]))
    y = layers.Dense(2, name="o")(layers.GlobalAveragePooling1D(name="gap")(h))
    return keras.Model(x, y), normal(2, 6, 8)


@kind("x c bn relu g o", "x c bn relu g o")
def batch_normalization(_: Path) -> Any:
    x = layers.Input((6, 6, 2), name="x")
    h = layers.BatchNormalization(name="bn")(layers.Conv2D(3, 3, name="c")(x))
    h = layers.GlobalMaxPooling2D(name="g")(layers.ReLU(6.0, name="relu")(h))
    model = keras.Model(x, layers.Dense(2, name="o")(h))
    moments = [normal(3) ** 2 + 0.1, normal(3), normal(3), normal(3) ** 2 + 0.5]
    model.get_layer("bn").set_weights(moments)
    return model, normal(2, 6, 6, 2)


@kind("x inner/d inner bn o sm", "x inner/d inner bn o", **SOFTMAX)
def mixed_float16(_: Path) -> Any:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        a = layers.Input((5,))
        inner = keras.Model(a, layers.Dense(4, "relu", name="d")(a), name="inner")
        x = x5()
        h = layers.Dense(3, name="o")(layers.BatchNormalization(name="bn")(inner(x)))
        y = layers.Softmax(dtype="float32", name="sm")(h)
        return keras.Model(x, y), normal(2, 5)
    finally:
        keras.config.set_dtype_policy(before)


@kind("x h o", "x h o")
def half_precision_throughout(_: Path) -> Any:
    x = layers.Input((5,), name="x", dtype="float16")
    h = layers.Dense(6, "relu", name="h", dtype="float16")(x)
    return keras.Model(x, layers.Dense(2, name="o", dtype="float16")(h)), normal(2, 5)


@kind("x h o", "x h o")
def bfloat16_variables(_: Path) -> Any:
    x = x5()
    h = layers.Dense(6, "relu", name="h", dtype="bfloat16")(x)
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 5)


@kind("x h o", "x h o")
def double_and_single_precision(_: Path) -> Any:
    x = x5()
    h = layers.Dense(6, "relu", name="h", dtype="float64")(x)
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 5)


@kind("x c g o", "x c g o")
def variable_length(_: Path) -> Any:
    x = layers.Input((None, 4), name="x")
    h = layers.GlobalMaxPooling1D(name="g")(layers.Conv1D(6, 3, activation="relu", name="c")(x))
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 11, 4)


@kind(
    "x c o", "x c", target={(3, 0): 1, (3, 1): -1},
    read=lambda y: np.log(y[:, 3, 0]) - np.log(y[:, 3, 1]),
)  # fmt: skip
def an_output_for_each_position(_: Path) -> Any:
    x = layers.Input((None, 4), name="x")
    h = layers.Conv1D(6, 3, activation="relu", padding="same", name="c")(x)
    return keras.Model(x, layers.Conv1D(3, 1, activation="softmax", name="o")(h)), normal(2, 8, 4)


@kind("e c g o", "e c g o")
def integers_and_an_embedding(_: Path) -> Any:
    x = layers.Input((6,), dtype="int32", name="x")
    h = layers.Conv1D(5, 3, activation="relu", name="c")(layers.Embedding(10, 4, name="e")(x))
    y = layers.Dense(2, name="o")(layers.GlobalAveragePooling1D(name="g")(h))
    return keras.Model(x, y), RNG.integers(0, 10, (2, 6))


@kind("q e f cat o", "cat o")
def integers_beside_numbers(_: Path) -> Any:
    ids, q = layers.Input((6,), dtype="int32", name="ids"), layers.Input((3,), name="q")
    e = layers.Flatten(name="f")(layers.Embedding(10, 4, name="e")(ids))
    y = layers.Dense(2, name="o")(layers.Concatenate(name="cat")([e, q]))
    return keras.Model([ids, q], y), [RNG.integers(0, 10, (2, 6)), normal(2, 3)]


@kind("x rs c f o", "x rs c f o")
def pixels_as_bytes(_: Path) -> Any:
    x = layers.Input((4, 4, 3), dtype="uint8", name="x")
    h = layers.Conv2D(3, 2, activation="relu", name="c")(layers.Rescaling(1 / 255, name="rs")(x))
    y = layers.Dense(2, name="o")(layers.Flatten(name="f")(h))
    return keras.Model(x, y), RNG.integers(0, 256, (2, 4, 4, 3)).astype("uint8")


@kind("x d sq o", "x d sq o")
def a_lambda_layer(_: Path) -> Any:
    x = x5()
    h = layers.Lambda(lambda t: t * t, name="sq")(layers.Dense(4, name="d")(x))
    return keras.Model(x, layers.Dense(2, name="o")(h)), normal(2, 5)


class Gate(layers.Layer):
    """Unknown to Keras: not registered."""

    def build(self, shape: Any) -> None:
        self.inner = layers.Dense(shape[-1], name="inner")
        self.inner.build(shape)

    def call(self, x: Any) -> Any:
        return x * keras.ops.sigmoid(self.inner(x))


@kind("x gate/inner gate o", "x gate o")
def a_custom_layer(_: Path) -> Any:
    x = x5()
    return keras.Model(x, layers.Dense(2, name="o")(Gate(name="gate")(x))), normal(2, 5)


@kind("x d total", "x d total", read=lambda y: y)
def a_single_number(_: Path) -> Any:
    x = x5()
    h = layers.Dense(3, "tanh", name="d")(x)
    y = layers.Lambda(lambda t: keras.ops.sum(t, -1), output_shape=(), name="total")(h)
    return keras.Model(x, y), normal(2, 5)
