"""Switching units off: on networks where what must happen is known."""

import keras
import numpy as np
import pytest
from scipy import stats

import attribution
from attribution.errors import InvalidRequest
from attribution.profile.proof import RANDOM, pruning, removals

WEIGHTS = np.array([5.0, -2.0, 3.0, 0.0, 0.1, 0.0])


@pytest.fixture(scope="module")
def linear() -> attribution.Network:
    """F = sum of w_j h_j with h = x in two places: a unit's score is its part of the sum."""
    x = keras.Input((2, 6))
    h = keras.layers.Activation("linear", name="h")(x)
    out = keras.layers.Dense(2, name="out", use_bias=False)(
        keras.layers.GlobalAveragePooling1D()(h)
    )
    model = keras.Model(x, out)
    model.get_layer("out").set_weights([np.stack([WEIGHTS, -WEIGHTS], 1).astype("float32")])
    return attribution.Network(model)


def test_above_a_linear_head_what_is_predicted_is_measured(linear):
    x = np.random.default_rng(0).normal(1, 0.1, size=(30, 2, 6)).astype("float32")
    predicted = WEIGHTS * x.mean((0, 1))
    order = np.argsort(-np.abs(predicted))
    found = removals(linear, x, "h", order, predicted, target=0, counts=(1, 2, 3, 50))
    assert found["count"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(found["measured"], found["predicted"], rtol=1e-4)
    single = WEIGHTS[0] * x[:, :, 0].mean(1)
    half = stats.t.ppf(0.975, 29) * stats.sem(single)
    np.testing.assert_allclose(
        found.loc[0, ["low", "high"]].astype(float),
        single.mean() + half * np.array([-1, 1]),
        rtol=1e-4,
    )
    effects = WEIGHTS * x.mean((0, 1))
    assert (found["random_low"] <= found["random"]).all()
    assert min(effects[1:]) - 1e-4 <= found.loc[0, "random_low"]
    assert found.loc[0, "random_high"] <= max(effects[1:]) + 1e-4
    assert RANDOM >= 5


def test_units_that_do_nothing_are_pruned_and_no_more(linear):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2, 6)).astype("float32")
    label = linear.predict(x).argmax(1)
    order = np.argsort(np.abs(WEIGHTS), kind="stable")
    found = pruning(linear, x, label, "h", order, counts=range(7))
    assert found.curve["accuracy"][0] == 1
    assert found.units.tolist()[:2] == [3, 5]
    assert len(found.units) <= 3
    by_hand = (x.mean(1)[:, [0]] * 5 > 0).squeeze() == (label == 0)
    assert found.curve["accuracy"][5] == pytest.approx(by_hand.mean())
    assert (found.curve["low"] <= found.curve["accuracy"]).all()
    everything = pruning(linear, x, label, "h", order, allowed=1.0)
    assert len(everything.units) == 6


def test_what_proves_nothing_is_refused(linear):
    x = np.ones((1, 2, 6), "float32")
    with pytest.raises(InvalidRequest, match="two or more"):
        removals(linear, x, "h", [0], WEIGHTS)
    given = keras.Input((3,))
    hidden = keras.layers.Dense(2, name="h")(given)
    number = attribution.Network(keras.Model(given, keras.layers.Dense(1)(hidden)))
    with pytest.raises(InvalidRequest, match="no accuracy"):
        pruning(number, np.ones((2, 3), "float32"), np.zeros(2), "h", [0, 1])
