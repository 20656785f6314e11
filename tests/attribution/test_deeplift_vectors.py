"""DeepLIFT's numeric cases, through the public functions alone."""

from typing import Any

import keras
import numpy as np
import pytest

import attribution
from attribution import Network
from tests.attribution import slow_deeplift
from tests.vectors import (
    Case,
    assert_close,
    build,
    cases,
    expected,
    inputs,
    layer_names,
    parametrize,
    request,
)

SCORED = [
    "deeplift_rescale",
    "deeplift_revealcancel",
    "layer_deeplift_rescale",
    "layer_deeplift_revealcancel",
]


def rule(case: Case) -> str:
    return "reveal_cancel" if "revealcancel" in case["method"] else "rescale"


@parametrize(*SCORED)
def test_scores(case: Case) -> None:
    results = attribution.deeplift(
        Network(build(case)), inputs(case), layer_names(case), rule=rule(case), **request(case)
    )
    assert_close(case, *[results[name].scores for name in layer_names(case)])
    assert all(result.converged.all() for result in results.values())


@pytest.mark.parametrize("case", cases(*SCORED), ids=lambda case: case["id"])
def test_the_slow_implementation_agrees(case: Case) -> None:
    """The yardstick of the property tests is itself held to the published numbers."""
    asked = request(case)
    found = slow_deeplift.scores(
        case["layers"], inputs(case), asked["baseline"], asked["target"], rule(case)
    )
    names = [n.replace("#2", "_call2") for n in layer_names(case)]
    assert_close(case, *[found[name] for name in names])


@parametrize("deeplift_multipliers", "layer_deeplift_multipliers")
def test_multipliers(case: Case) -> None:
    net, x = Network(build(case)), inputs(case)
    found = [
        attribution.deeplift_multipliers(net, x, name, **request(case))
        for name in layer_names(case)
    ]
    assert_close(case, *[m.positive for m in found])
    assert_close(case, *[m.negative for m in found])


@parametrize("pos_neg_contributions")
def test_parts_of_the_difference(case: Case) -> None:
    found = attribution.deeplift_multipliers(
        Network(build(case)), inputs(case), case["layer"], rule="reveal_cancel", **request(case)
    )
    (wanted,) = expected(case)
    np.testing.assert_allclose([found.increase, found.decrease], wanted, atol=case["tolerance"])


@parametrize("neuron_deeplift_rescale")
def test_contributions_to_a_neuron(case: Case) -> None:
    """A neuron is explained as the output of a network that ends there."""
    model = build(case)
    net = Network(keras.Model(model.inputs, model.get_layer(case["layer"]).output))
    asked: dict[str, Any] = request(case) | {"target": tuple(case["neuron"])}
    results = attribution.deeplift(net, inputs(case), list(case["input"]), **asked)
    for name, wanted in zip(case["input"], case["expected"], strict=True):
        np.testing.assert_allclose(results[name].scores, wanted, atol=case["tolerance"])


@parametrize("hypothetical_contributions")
def test_hypothetical_contributions(case: Case) -> None:
    """The case gives the multipliers: those of a network with one linear layer."""
    multipliers = np.array(case["input"]["multipliers"], np.float32)
    x, reference = (np.array(case[k]["x"], np.float32) for k in ("input", "baseline"))
    given = keras.Input(x.shape[1:])
    dense = keras.layers.Dense(1)
    model = keras.Model(given, dense(keras.layers.Flatten()(given)))
    dense.set_weights([multipliers.reshape(-1, 1), np.zeros(1, np.float32)])
    found = attribution.hypothetical_contributions(Network(model), x, baseline=reference, target=0)
    wanted = case["expected"]
    np.testing.assert_allclose(found, wanted["hypothetical"], atol=case["tolerance"])
    np.testing.assert_allclose(found * x, wanted["actual"], atol=case["tolerance"])
