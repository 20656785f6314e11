"""Where nearly nothing is explained, a note says so; truth is a linear score's closed form."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import attribution
from attribution import Network


@pytest.fixture(scope="module")
def net() -> Network:
    """F = x0 - x1, and a branch of the same that is no cut."""
    x = layers.Input((2,), name="x")
    branch = layers.Dense(1, use_bias=False, name="branch")(x)
    outputs = layers.Add(name="out")([branch, layers.Dense(1, use_bias=False, name="rest")(x)])
    model = keras.Model(x, outputs)
    model.get_layer("branch").set_weights([np.array([[0.5], [-0.5]], "f4")])
    model.get_layer("rest").set_weights([np.array([[0.5], [-0.5]], "f4")])
    return Network(model)


def notes(result: Any) -> list[str]:
    return [note for note in result.notes if "nearly nothing" in note]


@pytest.mark.parametrize("method", ["nig", "deeplift_rescale"])
@pytest.mark.parametrize(
    ("left", "said"),
    # The scores are 1 and -(1 - left): what is left is a part left / (2 - left) of their sizes.
    [(0.03, "0.03, 1.5% of"), (-0.01, "-0.01, 0.5% of"), (0.0, "0, 0.0% of"), (0.05, "")],
)
def test_a_difference_that_is_nearly_none_is_said(
    method: str, left: float, said: str, net: Network
) -> None:
    x = np.array([[1.0, 1 - left]], "f4")
    found = attribution.METHODS[method].run(net, x, "x", target=0)
    assert [said in note for note in notes(found)] == [True] * bool(said)


def test_of_several_examples_the_least_is_named(net: Network) -> None:
    x = np.array([[1, 0], [1, 0.98], [1, 0.999], [0, 0], [2, 1]], "f4")
    (told,) = notes(attribution.neuron_integrated_gradients(net, x, "x", target=0))
    assert "for example 2 (and 1 more): F(x) - F(baseline) is 0.001," in told


def test_layers_that_do_not_sum_to_it_say_nothing(net: Network) -> None:
    x = np.array([[1, 1]], "f4")
    branch = attribution.neuron_integrated_gradients(net, x, "branch", target=0)
    assert not branch.is_cut
    assert not notes(branch)
    assert not notes(attribution.internal_influence(net, x, "x", target=0))


def test_an_input_that_is_the_baseline_has_nothing_that_cancels(net: Network) -> None:
    zeros = np.zeros((1, 2), "f4")
    assert not notes(attribution.neuron_integrated_gradients(net, zeros, "x", target=0))
