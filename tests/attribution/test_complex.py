"""Spectra between the input and a layer: derivatives pass through complex numbers as well."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import attribution
from attribution import Network, UnsupportedOperation
from attribution.trace.twins import twin

RNG = np.random.default_rng(8)
FILTER = (RNG.normal(size=9) + 1j * RNG.normal(size=9)).astype("complex64")


def lambda_layer(function: Any, name: str) -> layers.Layer:
    return layers.Lambda(function, name=name)


def magnitudes(x: Any) -> Any:
    return lambda_layer(lambda t: tf.abs(tf.signal.rfft(t)), "spectrum")(x)


def log_power(x: Any) -> Any:
    def power(t: Any) -> Any:
        re, im = ops.rfft(t)
        return ops.log(re * re + im * im + 1)

    return lambda_layer(power, "spectrum")(x)


def both_parts(x: Any) -> Any:
    parts = layers.Lambda(ops.rfft, output_shape=((9,), (9,)), name="parts")(x)
    return layers.Concatenate(name="spectrum")(parts)


def filtered(x: Any) -> Any:
    return lambda_layer(lambda t: tf.signal.irfft(tf.signal.rfft(t) * FILTER), "spectrum")(x)


def whole_transform(x: Any) -> Any:
    def power(t: Any) -> Any:
        return tf.abs(tf.signal.ifft(tf.signal.fft(tf.cast(t, tf.complex64)) * 1j)) ** 2

    return lambda_layer(power, "spectrum")(x)


FRONTS = [magnitudes, log_power, both_parts, filtered, whole_transform]


def build(front: Any, *, beside: bool) -> keras.Model:
    keras.utils.set_random_seed(2)
    x = layers.Input((16,), name="x")
    h = layers.Dense(16, "tanh", name="h")(x)
    y = layers.Dense(4, name="after")(front(h))
    if beside:
        y = layers.Add(name="add")([y, layers.Dense(4, name="beside")(h)])
    return keras.Model(x, layers.Dense(2, name="o")(layers.Activation("tanh", name="r")(y)))


def oracle(model: keras.Model, layer: str, x: np.ndarray, points: int = 400) -> np.ndarray:
    """int dF/dh h'(a) da by midpoints, with Keras and two tapes alone."""
    below = keras.Model(model.input, model.get_layer(layer).output)
    above = tail(model, layer)
    a = tf.constant((np.arange(points) + 0.5) / points, tf.float32)[:, None]
    with tf.autodiff.ForwardAccumulator(a, tf.ones_like(a)) as along:
        h = below(a * x)
    with tf.GradientTape() as tape:
        tape.watch(h)
        f = above(h, a * x)[:, 0]
    return np.asarray(tf.reduce_mean(tape.gradient(f, h) * along.jvp(h), 0))


def tail(model: keras.Model, layer: str) -> Any:
    """The model from a layer on, given also its input."""

    def run(value: Any, x: Any) -> Any:
        outputs: dict[int, Any] = {}
        for node in model.layers:
            if isinstance(node, layers.InputLayer):
                outputs[id(node.output)] = x
                continue
            given = [outputs[id(t)] for t in tf.nest.flatten(node.input)]
            found = value if node.name == layer else node(given[0] if len(given) == 1 else given)
            outputs |= {
                id(t): v
                for t, v in zip(tf.nest.flatten(node.output), tf.nest.flatten(found), strict=True)
            }
        return outputs[id(model.output)]

    return run


@pytest.mark.parametrize("front", FRONTS, ids=lambda f: f.__name__)
def test_layers_around_a_spectrum_are_cuts_and_complete(front: Any) -> None:
    model = build(front, beside=False)
    net, x = Network(model), RNG.normal(size=(1, 16)).astype("float32")
    cuts = {n.name for n in net.layers if n.is_cut}
    assert {"x", "h", "spectrum", "after", "r", "o"} <= cuts
    results = attribution.neuron_integrated_gradients(net, x, "all", target=0, tolerance=0.01)
    delta = (np.asarray(model(x)) - np.asarray(model(x * 0)))[0, 0]
    for name in cuts:
        np.testing.assert_allclose(results[name].delta, delta, rtol=1e-4, atol=1e-5)
        norm = np.abs(results[name].scores).sum()
        assert abs(results[name].total[0] - delta) <= 0.01 * norm + 1e-5, name
        assert results[name].converged.all()
    wanted = oracle(model, "h", x)
    assert np.abs(results["h"].scores[0] - wanted).sum() <= 0.02 * np.abs(wanted).sum()


@pytest.mark.parametrize("front", FRONTS, ids=lambda f: f.__name__)
def test_a_layer_beside_a_spectrum_is_no_cut(front: Any) -> None:
    model = build(front, beside=True)
    net, x = Network(model), RNG.normal(size=(1, 16)).astype("float32")
    cuts = {n.name for n in net.layers if n.is_cut}
    assert {"x", "h", "add", "r", "o"} <= cuts
    assert not {"spectrum", "after", "beside"} & cuts
    asked = ["h", "beside", "after", "add"]
    results = attribution.neuron_integrated_gradients(net, x, asked, target=0, tolerance=0.01)
    for name in asked:
        wanted = oracle(model, name, x)
        found = results[name].scores[0]
        assert np.abs(found - wanted).sum() <= 0.02 * np.abs(wanted).sum(), name
    shares = results["beside"].total + results["after"].total
    norm = sum(np.abs(results[name].scores).sum() for name in ("beside", "after", "add"))
    assert abs(shares - results["add"].total)[0] <= 0.01 * norm


def test_a_layer_that_a_spectrum_reads_too_has_no_twin_after_it() -> None:
    """A scaled copy of h scores the same as h only where nothing else reads h."""
    x = layers.Input((16,), name="x")
    h = layers.Dense(16, "tanh", name="h")(x)
    twice = layers.Rescaling(2.0, name="twice")(h)
    y = layers.Concatenate()([twice, magnitudes(h)])
    net = Network(keras.Model(x, layers.Dense(1, name="o")(y)))
    assert twin(net.graph(), "twice") == "twice"


def test_the_integral_methods_answer_before_a_spectrogram() -> None:
    keras.utils.set_random_seed(2)
    x = layers.Input((200,), name="x")
    h = lambda_layer(lambda t: tf.math.log(tf.abs(tf.signal.stft(t, 32, 16)) + 0.1), "spectrogram")(
        x
    )
    h = layers.Conv1D(4, 3, activation="relu", name="c")(h)
    model = keras.Model(x, layers.Dense(2, name="o")(layers.GlobalAveragePooling1D(name="g")(h)))
    net, sound = Network(model), RNG.normal(size=(1, 200)).astype("float32")
    assert {"x", "spectrogram", "c", "g", "o"} == {n.name for n in net.layers if n.is_cut}
    by_input = attribution.conductance_by_input(net, sound, "c", 1, target=0)
    whole = attribution.neuron_integrated_gradients(net, sound, "c", target=0).channels()[0, 1]
    norm = np.abs(by_input.scores).sum()
    assert abs(by_input.total[0] - whole) <= 0.05 * norm
    influence = attribution.internal_influence(net, sound, "spectrogram", target=0)
    assert np.isfinite(influence.scores).all()
    assert influence.scores.any()
    assert net.layer("c").channel_axis == 1  # as Keras marks it: no axis is followed through here
    walked = attribution.walk(net, sound, "c", target=0)
    np.testing.assert_allclose(walked.f[-1], np.asarray(model(sound))[0, 0], rtol=1e-4)


@pytest.mark.parametrize(
    ("rule", "front"),
    [
        ("rescale", magnitudes),
        ("rescale", filtered),
        ("reveal_cancel", whole_transform),
        ("genomics", filtered),
    ],
)
def test_deeplift_refuses_before_a_spectrum_and_answers_after_it(rule: str, front: Any) -> None:
    net, x = Network(build(front, beside=True)), RNG.normal(size=(1, 16)).astype("float32")
    for name in ("x", "h"):
        with pytest.raises(UnsupportedOperation, match=r"FFT.*neuron_integrated_gradients"):
            attribution.deeplift(net, x, name, target=0, rule=rule)
    result = attribution.deeplift(net, x, "add", target=0, rule=rule)
    np.testing.assert_allclose(result.gap, 0, atol=1e-4)
