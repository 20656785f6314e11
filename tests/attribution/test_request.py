"""A result knows what was asked, and what is built on it holds to that."""

import hashlib
import io
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import attribution
from attribution import Attribution, InvalidRequest, Network, Request

X = np.random.default_rng(3).normal(size=(2, 4)).astype("float32")


@pytest.fixture(scope="module")
def net() -> Network:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(5, "relu", name="hidden")(inputs)
    return Network(keras.Model(inputs, keras.layers.Dense(3, "softmax", name="y")(hidden)))


def again(result: Attribution) -> Attribution:
    file = io.BytesIO()
    result.save(file)
    file.seek(0)
    return Attribution.load(file)


def asked(result: Any) -> Request:
    assert isinstance(result.request, Request)
    return result.request


ASKED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a class": {"target": 1},
    "classes": {"target": [0, 2]},
    "an array of classes": {"target": np.array([0, 2])},
    "a contrast": {"target": {0: 1, 2: -0.5}},
    "the output itself": {"output": "output"},
    "a number": {"baseline": 0.5},
    "an array": {"baseline": np.ones(4, "float32")},
    "a list of numbers": {"baseline": [1.0, 0.0, 0.5, 2.0]},
    "several": {"baseline": [np.zeros((1, 4)), np.ones(4)]},
    "a tolerance and steps": {"tolerance": 0.01, "steps": 33},
}


@pytest.mark.parametrize("name", ASKED)
def test_what_was_asked_is_kept_and_saved(net: Network, name: str) -> None:
    given = ASKED[name]
    result = attribution.neuron_integrated_gradients(net, X, "hidden", **given)
    request = asked(result)
    assert request.method == "neuron_integrated_gradients"
    assert request.output == given.get("output", "logit")
    assert request.tolerance == given.get("tolerance", 0.05)
    assert request.steps == given.get("steps")
    target = given.get("target")
    assert request.target == (target.tolist() if isinstance(target, np.ndarray) else target)
    assert request.versions["keras"] == keras.__version__
    assert again(result).request == request


@pytest.mark.parametrize("method", attribution.METHODS)
def test_every_method_keeps_it(net: Network, method: str) -> None:
    results = attribution.METHODS[method].run(net, X, ["x", "hidden"], target=0)
    for result in results.values():
        assert asked(result).method == result.method
        assert again(result).request == result.request
        assert (asked(result).tolerance is None) == (not attribution.METHODS[method].estimated)


def test_a_split_over_the_input_keeps_whose_it_is(net: Network) -> None:
    result = attribution.conductance_by_input(net, X, "hidden", (3,), target=0, tolerance=0.1)
    assert asked(result).options == {"layer": "hidden", "neuron": (3,)}
    assert asked(result).tolerance == result.tolerance == 0.1
    assert asked(again(result)).options == {"layer": "hidden", "neuron": (3,)}


def test_digests_tell_models_inputs_and_baselines_apart(net: Network) -> None:
    def request(model: Network = net, x: Any = X, **given: Any) -> Request:
        return asked(attribution.gradient_times_difference(model, x, "hidden", target=0, **given))

    first = request()
    assert request() == first
    assert request(x={"x": X.astype(float)}) == first  # as the model takes it
    assert request(x=X + 1).input != first.input
    one, two, both = (
        request(baseline=b).baseline
        for b in (np.zeros((1, 4)), np.ones((1, 4)), [np.zeros((1, 4)), np.ones((1, 4))])
    )
    assert both == (one, two)
    assert request(baseline=[0.0, 1.0, 2.0, 3.0]).baseline not in (one, two)
    other = keras.models.clone_model(net.model)
    other.set_weights(net.model.get_weights())
    assert request(Network(other)).model == first.model
    other.layers[1].kernel.assign(other.layers[1].kernel + 1e-3)
    assert request(Network(other)).model != first.model
    tanh = keras.models.clone_model(
        net.model,
        clone_function=lambda layer: layer.__class__.from_config(
            layer.get_config() | ({"activation": "tanh"} if layer.name == "hidden" else {})
        ),
    )
    tanh.set_weights(net.model.get_weights())
    assert request(Network(tanh)).model != first.model


def same(net: Network, other: keras.Model) -> bool:
    return Network(other).digest() == net.digest()


def lambda_of(factor: float) -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Lambda(lambda x: x * factor)(inputs))


class Shifted(keras.layers.Layer):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = tf.Variable(by)  # which Keras does not count among the weights

    def call(self, x: Any) -> Any:
        return x + self.by


def shifted(by: float) -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, Shifted(by)(inputs))


def leaky(slope: float) -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.LeakyReLU(slope)(inputs))


@pytest.mark.parametrize("made", [lambda_of, shifted, leaky])
def test_a_digest_knows_what_is_no_weight(made: Any) -> None:
    assert same(Network(made(0.25)), made(0.25))  # under other names
    assert not same(Network(made(0.25)), made(0.75))


def test_a_digest_is_that_of_the_model_not_of_what_was_found_out_about_it() -> None:
    def turned(x: Any) -> Any:
        return tf.transpose(tf.math.betainc(tf.ones_like(x), 2 + 0 * x, tf.sigmoid(x)))

    inputs = keras.Input((4,))
    back = keras.layers.Lambda(tf.transpose, output_shape=(4,))
    there = keras.layers.Lambda(turned, output_shape=(4,), name="there")(inputs)
    net = Network(keras.Model(inputs, keras.layers.Dense(2)(back(there))))
    before = net.digest()
    result = attribution.neuron_integrated_gradients(net, X, net.layers[0].name)
    assert net.digest() == before
    attribution.ablation_curve(net, X, result, counts=[0])
    net.clear()
    assert net.digest() == before


def test_several_inputs_have_baselines_by_value_and_by_digest() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    both = Network(keras.Model([a, b], keras.layers.Dense(1)(keras.layers.Concatenate()([a, b]))))
    x = {"a": np.ones((1, 2), "float32"), "b": np.ones((1, 3), "float32")}

    def kept(baseline: Any) -> Any:
        return asked(
            attribution.activation_difference(both, x, "a", target=0, baseline=baseline)
        ).baseline

    one, other = ({"a": np.full(2, v), "b": np.zeros(3)} for v in (0.1, 0.2))
    assert kept([one, other]) == kept([dict(one), {"b": [0, 0, 0], "a": [0.2, 0.2]}])
    assert kept([one, other]) != kept([one, one])
    assert kept(one) == kept([[np.full(2, 0.1), np.zeros(3)]])
    assert kept(0.5) == 0.5
    assert kept(None) is None


def test_the_same_baseline_is_the_same_in_any_form(net: Network) -> None:
    forms = [np.ones(4, "float32"), np.ones(4), [1, 1, 1, 1], np.ones((1, 4)), [np.ones(4)]]
    found = {
        asked(attribution.activation_difference(net, X, "hidden", baseline=form)).baseline
        for form in forms
    }
    assert len(found) == 1


@pytest.mark.parametrize("target", [tf.constant([1, 2]), pd.Series([1, 2])])
def test_targets_of_other_libraries_are_saved(net: Network, target: Any) -> None:
    result = attribution.activation_difference(net, X, "hidden", target=target)
    assert asked(again(result)).target == [1, 2]


def test_the_digest_is_sha256_of_what_the_model_takes(net: Network) -> None:
    expected = hashlib.sha256(b"array <f4 (2, 4) " + X.tobytes()).hexdigest()
    assert asked(attribution.activation_difference(net, X, "hidden")).input == expected


def test_a_curve_measures_what_was_explained(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(
        net, X, "hidden", target=1, output="output", baseline=0.25
    )
    curve = attribution.ablation_curve(net, X, result, counts=[0, 5])
    np.testing.assert_allclose(curve.scores[:, 0], np.asarray(net.model(X))[:, 1], rtol=1e-5)
    held = np.full((2, 4), 0.25, "float32")  # all neurons at their values at the baseline
    np.testing.assert_allclose(curve.scores[:, 1], np.asarray(net.model(held))[:, 1], rtol=1e-5)
    logits = attribution.ablation_curve(net, X, result, counts=[0], output="logit")
    assert not np.allclose(logits.scores, curve.scores[:, :1])


def test_a_curve_of_something_else_is_refused(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=1)
    with pytest.raises(InvalidRequest, match="of another input"):
        attribution.ablation_curve(net, X + 1, result)
    other = keras.models.clone_model(net.model)
    with pytest.raises(InvalidRequest, match="of another model"):
        attribution.ablation_curve(Network(other), X, result)
    array = attribution.neuron_integrated_gradients(net, X, "hidden", baseline=np.ones(4))
    with pytest.raises(InvalidRequest, match="pass the same baseline="):
        attribution.ablation_curve(net, X, array)
    attribution.ablation_curve(net, X, array, baseline=np.ones(4))
    attribution.ablation_curve(net, X + 1, replace(result, request=None))


def test_a_table_of_all_neurons(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(
        net, X, "hidden", baseline=[np.zeros(4), np.ones(4)]
    )
    frame = result.to_frame()
    assert list(frame) == ["example", "axis 0", "channel", "score", "standard_error"]
    assert len(frame) == result.scores.size
    for row in frame.itertuples(index=False):
        assert row[3] == result.scores[row[0], row[1]]
    assert (frame["channel"] == frame["axis 0"]).all()


def test_a_notebook_shows_the_verdict_first(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=1)
    shown = result._repr_html_()
    assert shown.index("Converged") < shown.index("estimated error</th>") < shown.index("<td>")
    top = int(np.abs(result.scores[0]).argmax())
    assert f"channel {top}: {result.scores[0, top]:.4g}" in shown
    few = attribution.neuron_integrated_gradients(net, X, "hidden", tolerance=1e-6, steps=3)
    assert "Not to be relied on: 2 of 2 examples did not converge" in few._repr_html_()
    hostile = replace(result, layer="<script>x</script>", notes=("<b>bold</b>",))._repr_html_()
    assert "<script>" not in hostile
    assert "<b>bold" not in hostile
    unknown = attribution.gradient_times_difference(net, X, "hidden")._repr_html_()
    assert "No error is known for this method" in unknown
