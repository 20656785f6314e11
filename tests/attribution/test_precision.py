"""Half precision is computed in float32; what cannot be, and quantised layers, are refused."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import attribution
from attribution import Network, UnsupportedModel
from attribution.trace import precision

X = np.random.default_rng(3).normal(size=(2, 6, 6, 2)).astype("float16")


class Scaled(layers.Layer):
    """Casts to its own compute dtype, as layers of users do."""

    def call(self, x: Any) -> Any:
        return keras.ops.cast(x, self.compute_dtype) * 3


def build(dtype: Any, between: Any = lambda h: h) -> keras.Model:
    """Products and sums that overflow or underflow float16, so that the two would differ."""
    keras.utils.set_random_seed(4)
    a = layers.Input((6, 6, 2), dtype=getattr(dtype, "compute_dtype", dtype).removeprefix("mixed_"))
    inner = keras.Model(
        a, layers.Conv2D(4, 3, activation="gelu", dtype=dtype, name="c")(a), name="inner"
    )
    x = layers.Input(a.shape[1:], dtype=a.dtype, name="x")
    h = layers.BatchNormalization(dtype=dtype, name="bn")(inner(x))
    h = between(Scaled(dtype=dtype, name="scaled")(h))
    h = layers.GlobalAveragePooling2D(dtype=dtype, name="gap")(h)
    return keras.Model(x, layers.Dense(3, "softmax", dtype=dtype, name="o")(h))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "map"])
def test_halves_are_explained_as_the_float32_model_with_their_weights(dtype: str) -> None:
    policy: Any = dtype
    if dtype == "map":
        policy = keras.dtype_policies.DTypePolicyMap(default_policy="mixed_float16")
    half, full = build(policy), build("float32")
    weights = [np.asarray(tf.cast(w.value, tf.float32)) for w in half.weights]
    full.set_weights(weights)
    found, wanted = Network(half), Network(full)
    np.testing.assert_allclose(found.score(X, 1), wanted.score(X, 1), rtol=1e-6)
    ours = attribution.neuron_integrated_gradients(found, X, ["x", "inner/c"], target=1)
    theirs = attribution.neuron_integrated_gradients(wanted, X, ["x", "inner/c"], target=1)
    for name, result in ours.items():
        scale = np.abs(theirs[name].scores).max()
        np.testing.assert_allclose(result.scores, theirs[name].scores, rtol=0, atol=1e-5 * scale)
    assert half.get_layer("bn").compute_dtype == half.get_layer("bn").dtype_policy.compute_dtype
    assert half.get_layer("bn").compute_dtype.endswith("float16")


def test_gradients_that_underflow_float16_are_there() -> None:
    x = layers.Input((3,), dtype="float16", name="x")
    h = layers.Rescaling(2.0**-14, dtype="float16", name="small")(x)
    model = keras.Model(x, layers.Rescaling(2.0**-14, dtype="float16", name="smaller")(h))
    found = attribution.gradient_times_difference(Network(model), np.ones((1, 3)), "x", target=0)
    np.testing.assert_allclose(found.scores, [[2.0**-28, 0, 0]], rtol=1e-6)


def test_a_cast_to_halves_by_hand_is_refused_by_name() -> None:
    cast = layers.Lambda(lambda t: tf.cast(t, tf.float16), name="by_hand")
    with pytest.raises(UnsupportedModel, match=r"'by_hand'.*float16.*cast") as refused:
        Network(build("float32", between=cast))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(k, m) for k in ("dense", "einsum") for m in ("int8", "int4", "float8")]
    + [("embedding", "int8"), ("embedding", "int4")],
)
def test_quantised_layers_are_refused_by_name(kind: str, mode: str) -> None:
    x = layers.Input((5,), dtype="int32" if kind == "embedding" else "float32", name="x")
    made = {
        "dense": lambda: layers.Dense(4, name="q"),
        "einsum": lambda: layers.EinsumDense("ab,bc->ac", 4, name="q"),
        "embedding": lambda: layers.Embedding(7, 4, name="q"),
    }[kind]()
    h = made(x)
    h = layers.Flatten(name="f")(h)
    inner = keras.Model(x, h, name="inner")
    y = layers.Input(x.shape[1:], dtype=x.dtype, name="y")
    model = keras.Model(y, layers.Dense(2, name="o")(inner(y)))
    made.quantize(mode)
    with pytest.raises(UnsupportedModel, match=rf"'q' is quantized \({mode}"):
        Network(model)


def test_lora_is_no_quantisation() -> None:
    x = layers.Input((5,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(layers.Dense(4, name="d")(x)))
    model.get_layer("d").enable_lora(2)
    values = np.ones((1, 5), "float32")
    np.testing.assert_allclose(Network(model).predict(values), model(values), rtol=1e-5)


def test_another_backend_is_refused_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for ask in (lambda: Network(object()), lambda: attribution.load("tal1-gata1")):
        with pytest.raises(UnsupportedModel, match=r"'jax'.*KERAS_BACKEND=tensorflow") as refused:
            ask()
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("capability", "enabled", "said"),
    [((8, 6), True, True), ((7, 5), True, False), ((8, 6), False, False)],
)
def test_tf32_is_said_in_results(
    capability: tuple[int, int], enabled: bool, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Network(build("float32"))
    config = tf.config.experimental
    monkeypatch.setattr(config, "tensor_float_32_execution_enabled", lambda: enabled)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["gpu"])
    details = {"compute_capability": capability}
    monkeypatch.setattr(config, "get_device_details", lambda device: details)
    result = attribution.gradient_times_difference(net, X, "gap", target=0)
    assert any("TF32" in note for note in result.notes) == said
    assert bool(precision.caveat()) == said
