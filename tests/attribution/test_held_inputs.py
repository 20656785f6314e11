"""F at the end of the path is the model's own F(baseline), or the result says what is held at x."""

import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import attribution
from attribution import InvalidRequest, Network

RNG = np.random.default_rng(5)
IDS = np.array([[1, 2, 3, 4, 0, 0], [1, 2, 3, 4, 5, 6]])


def masked(dtype: str = "int32") -> keras.Model:
    keras.utils.set_random_seed(3)
    ids = layers.Input((6,), dtype=dtype, name="ids")
    e = layers.Embedding(10, 4, mask_zero=True, name="e")(ids)
    h = layers.LSTM(5, name="lstm")(e)
    return keras.Model(ids, layers.Dense(2, name="o")(h))


def numbers(note: str) -> list[float]:
    """The two values of F in the note of an input that is held."""
    found = re.search(r"here, is (\S+), and the model's own F\(baseline\) is (\S+) \(", note)
    assert found
    return [float(v) for v in found.groups()]


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_a_mask_is_held_and_said_with_both_numbers(dtype: str) -> None:
    model = masked(dtype)
    net, baseline = Network(model), np.array([[7, 8, 0, 0, 0, 0]])
    embedding, lstm, dense = model.layers[1:]
    # By hand: the baseline's letters under the mask of x.
    h = lstm(embedding(np.repeat(baseline, 2, 0)), mask=IDS != 0)
    ends = np.asarray(dense(h))[:, 1]
    own = np.asarray(model(baseline))[0, 1]
    for method in (attribution.neuron_integrated_gradients, attribution.gradient_times_difference):
        result = method(net, IDS, "lstm", target=1, baseline=baseline)
        np.testing.assert_allclose(result.f_baseline, ends, rtol=1e-4, atol=1e-6)
        (note,) = (n for n in result.notes if "Held at x" in n)
        assert "ids (through NotEqual)" in note
        worst = int(np.abs(ends - own).argmax())
        assert f"(example {worst}, of 2" in note
        np.testing.assert_allclose(numbers(note), [ends[worst], own], rtol=1e-4, atol=1e-6)
    assert any("output of e, because ids is read as indices" in n for n in result.notes)


def test_a_mask_that_stays_the_same_parts_nothing() -> None:
    net = Network(masked())
    other = np.where(IDS, 9, 0)
    result = attribution.neuron_integrated_gradients(net, IDS, "lstm", target=1, baseline=other)
    np.testing.assert_allclose(result.f_baseline, net.score(other, 1), rtol=1e-5)
    (note,) = (n for n in result.notes if "Held at x" in n)
    assert "all the same" in note


def test_several_references_are_averaged_in_the_note() -> None:
    net = Network(masked())
    others = [IDS[:1] * 0 + 7, np.array([[1, 0, 0, 0, 0, 0]])]
    result = attribution.gradient_times_difference(net, IDS[:1], "lstm", target=1, baseline=others)
    (note,) = (n for n in result.notes if "Held at x" in n)
    own = np.mean([net.score(b, 1) for b in others])
    np.testing.assert_allclose(numbers(note), [result.f_baseline[0], own], rtol=1e-4)


def gated(a: Any, b: Any) -> Any:
    return a * ops.cast(b > 0.5, "float32")


def compared() -> tuple[keras.Model, Any, Any, str]:
    a, b = layers.Input((3,), name="a"), layers.Input((3,), name="b")
    h = layers.Lambda(lambda t: gated(*t), name="h")([a, b])
    x = {"a": np.ones((1, 3)), "b": np.ones((1, 3))}
    baseline = {"a": np.full((1, 3), 0.5), "b": np.zeros((1, 3))}
    return keras.Model([a, b], layers.Dense(1, name="o")(h)), x, baseline, "b (through Greater)"


def rounded() -> tuple[keras.Model, Any, Any, str]:
    a, b = layers.Input((3,), name="a"), layers.Input((1,), name="b")
    h = layers.Lambda(lambda t: t[0] * ops.cast(ops.cast(t[1], "int32"), "float32"), name="h")
    x = {"a": np.ones((1, 3)), "b": np.full((1, 1), 2.7)}
    baseline = {"a": np.full((1, 3), 0.5), "b": np.full((1, 1), 1.2)}
    return (
        keras.Model([a, b], layers.Dense(1, name="o")(h([a, b]))),
        x,
        baseline,
        "b (through Cast)",
    )


def cast_and_compared() -> tuple[keras.Model, Any, Any, str]:
    p = layers.Input((3,), dtype="uint8", name="p")
    h = layers.Lambda(lambda t: ops.cast(t, "float32") * ops.cast(t > 100, "float32"), name="h")
    x, baseline = np.full((1, 3), 200), np.full((1, 3), 90)
    return keras.Model(p, layers.Dense(1, name="o")(h(p))), x, baseline, "p (through Greater)"


def a_mask_of_its_own() -> tuple[keras.Model, Any, Any, str]:
    a, keep = layers.Input((3,), name="a"), layers.Input((3,), dtype="bool", name="keep")
    h = layers.Lambda(lambda t: ops.where(t[1], t[0], 0.0), name="h")([a, keep])
    x = {"a": np.ones((1, 3)), "keep": np.ones((1, 3), bool)}
    baseline = {"a": np.full((1, 3), 0.5), "keep": np.zeros((1, 3), bool)}
    return keras.Model([a, keep], layers.Dense(1, name="o")(h)), x, baseline, "keep (through "


@pytest.mark.parametrize("build", [compared, rounded, cast_and_compared, a_mask_of_its_own])
def test_what_is_held_is_named(build: Any) -> None:
    keras.utils.set_random_seed(6)
    model, x, baseline, named = build()
    net = Network(model)
    own = float(net.score(baseline, 0)[0])
    call = baseline if isinstance(baseline, dict) else baseline.astype("uint8")
    np.testing.assert_allclose(own, np.asarray(model(call))[0, 0], rtol=1e-5, atol=1e-6)
    result = attribution.neuron_integrated_gradients(net, x, "h", target=0, baseline=baseline)
    (note,) = result.notes
    assert named in note
    np.testing.assert_allclose(numbers(note), [result.f_baseline[0], own], rtol=1e-4, atol=1e-6)
    assert abs(result.f_baseline[0] - own) > 1e-3
    np.testing.assert_allclose(result.gap, 0, atol=1e-4)


def moves_along() -> tuple[keras.Model, Any, Any]:
    """The comparison reads what moves: nothing is held."""
    a = layers.Input((3,), name="a")
    h = layers.Lambda(lambda t: gated(t, t), name="h")(a)
    return keras.Model(a, layers.Dense(1, name="o")(h)), np.ones((1, 3)), np.zeros((1, 3))


def pixels() -> tuple[keras.Model, Any, Any]:
    p = layers.Input((3,), dtype="uint8", name="p")
    h = layers.Rescaling(1 / 255, name="h")(p)
    return keras.Model(p, layers.Dense(1, name="o")(h)), np.full((1, 3), 200), np.full((1, 3), 90.0)


def doubles() -> tuple[keras.Model, Any, Any]:
    """1/3 is another number in float32: both sides see that one."""
    a = layers.Input((3,), name="a")
    h = layers.Dense(3, name="h")(a)
    return keras.Model(a, layers.Dense(1, name="o")(h)), np.full((1, 3), 1 / 3), np.full(3, -1e-9)


def letters() -> tuple[keras.Model, Any, Any]:
    ids = layers.Input((6,), dtype="int32", name="ids")
    h = layers.Flatten(name="h")(layers.Embedding(10, 4, name="e")(ids))
    return keras.Model(ids, layers.Dense(1, name="o")(h)), IDS[:1], IDS[1:]


class Placed(layers.Layer):
    """Adds what an embedding says of each position, which no input decides."""

    def build(self, shape: Any) -> None:
        self.places = layers.Embedding(shape[1], shape[2], name="places")
        self.places.build(None)

    def call(self, x: Any) -> Any:
        return x + self.places(ops.arange(ops.shape(x)[1]))


def positions() -> tuple[keras.Model, Any, Any]:
    ids = layers.Input((6,), dtype="int32", name="ids")
    h = layers.Dense(4, name="h")(layers.Embedding(10, 4, name="e")(ids))
    y = layers.Flatten()(Placed(name="placed")(h))
    return keras.Model(ids, layers.Dense(1, name="o")(y)), IDS[:1], IDS[1:]


@pytest.mark.parametrize("build", [moves_along, pixels, doubles, letters, positions])
def test_nothing_is_held_and_nothing_differs(build: Any) -> None:
    keras.utils.set_random_seed(6)
    model, x, baseline = build()
    net = Network(model)
    result = attribution.neuron_integrated_gradients(net, x, "h", target=0, baseline=baseline)
    own = net.score(np.broadcast_to(baseline, x.shape), 0)
    np.testing.assert_allclose(result.f_baseline, own, rtol=1e-5, atol=1e-6)
    assert not any("Held" in n for n in result.notes)
    assert result.is_cut
    assert net.graph().starts == (
        ("e",) if "e" in [n.name for n in net.layers] else net.graph().starts
    )


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("float32", 1e39), ("float32", -1e300), ("int8", 128), ("bool", 2)],
)
def test_values_that_the_input_cannot_hold_are_refused(dtype: str, value: float) -> None:
    a = layers.Input((2,), dtype=dtype, name="a")
    h = layers.Lambda(lambda t: ops.cast(t, "float32"), name="h")(a)
    net = Network(keras.Model(a, layers.Dense(1, name="o")(h)))
    good, bad = np.ones((1, 2)), np.array([[1, value]])
    for ask in (net.score, net.predict, lambda x: net.activations(x, "h")):
        with pytest.raises(InvalidRequest, match=f"x for input 'a' holds values.*{dtype}"):
            ask(bad)
    with pytest.raises(InvalidRequest, match=f"baseline for input 'a' holds values.*{dtype}"):
        attribution.deeplift(net, good, "h", baseline=[good[0], bad[0]])


def test_ends_too_far_apart_are_refused() -> None:
    a = layers.Input((2,), name="a")
    net = Network(keras.Model(a, layers.Dense(1, name="o")(a)))
    far = np.array([[3e38, 0.0]])
    with pytest.raises(InvalidRequest, match="further apart than float32"):
        attribution.neuron_integrated_gradients(net, far, "a", baseline=-far)


@pytest.mark.parametrize("baseline", ["zeros", np.array([1j, 0]), [[1.0], [1.0, 2.0]], object()])
def test_baselines_that_are_no_numbers_are_refused(baseline: Any) -> None:
    a = layers.Input((2,), name="a")
    net = Network(keras.Model(a, layers.Dense(1, name="o")(a)))
    with pytest.raises(InvalidRequest, match="baseline for input 'a'"):
        attribution.neuron_integrated_gradients(net, np.ones((1, 2)), "a", baseline=baseline)
