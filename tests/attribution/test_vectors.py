"""The numeric cases, through the public functions alone. DeepLIFT's have a file of their own."""

from typing import Any

import numpy as np

import attribution
from attribution import Network
from tests.vectors import (
    Case,
    assert_close,
    build,
    expected,
    inputs,
    layer_names,
    parametrize,
    request,
)

TIGHT: dict[str, Any] = {"tolerance": 1e-4, "steps": 4001}


@parametrize("conductance", "ig")
def test_neuron_integrated_gradients(case: Case) -> None:
    """Integrated gradients of the input are the conductance of its InputLayer."""
    net, x, asked = Network(build(case)), inputs(case), request(case)
    results = [
        attribution.neuron_integrated_gradients(net, x, name, **asked, **TIGHT)
        for name in layer_names(case)
    ]
    assert_close(case, *[result.scores for result in results])


@parametrize("conductance")
def test_direct_conductance(case: Case) -> None:
    found = [
        attribution.direct_conductance(Network(build(case)), inputs(case), n, **request(case))
        for n in layer_names(case)
    ]
    # 256 uniform points: an error of up to half an interval at each kink
    for split, wanted in zip(found, expected(case), strict=True):
        allowed = case["tolerance"] + np.abs(wanted).max() / 100
        np.testing.assert_allclose(split.sum(1), wanted, rtol=0, atol=allowed)


@parametrize("internal_influence")
def test_internal_influence(case: Case) -> None:
    (layer,) = layer_names(case)
    result = attribution.internal_influence(
        Network(build(case)), inputs(case), layer, **request(case), **TIGHT
    )
    assert_close(case, result.scores)


@parametrize("gradient")
def test_gradient_is_internal_influence_on_a_path_of_no_length(case: Case) -> None:
    (layer,) = layer_names(case)
    asked = request(case) | {"baseline": inputs(case)}
    result = attribution.internal_influence(Network(build(case)), inputs(case), layer, **asked)
    assert_close(case, result.scores)


@parametrize("layer_gradient_x_activation", "grad_x_input")
def test_gradient_times_activation(case: Case) -> None:
    (layer,) = layer_names(case)
    result = attribution.gradient_times_activation(
        Network(build(case)), inputs(case), layer, **request(case)
    )
    assert_close(case, result.scores)


@parametrize("layer_activation")
def test_activations(case: Case) -> None:
    (layer,) = layer_names(case)
    assert_close(case, Network(build(case)).activations(inputs(case), layer))


@parametrize("neuron_conductance")
def test_conductance_by_input(case: Case) -> None:
    (layer,) = layer_names(case)
    net, x = Network(build(case)), inputs(case)
    asked = request(case)
    results = attribution.conductance_by_input(
        net, x, layer, tuple(case["neuron"]), **asked, **TIGHT
    )
    if not isinstance(results, dict):
        results = dict.fromkeys(x, results)
    # JSON names the inputs on the path; those off it are fed too, and score 0
    found = {name: result.scores for name, result in results.items()}
    for name in set(x) - set(case["input"]):
        np.testing.assert_array_equal(found.pop(name), 0)
    if case.get("multiply_by_inputs") is False:
        found = {n: s / (x[n] - asked["baseline"][n]) for n, s in found.items()}
    values = list(found.values())
    (wanted,) = expected(case)
    np.testing.assert_allclose(
        values if len(values) > 1 else values[0], wanted, rtol=0, atol=case["tolerance"]
    )


@parametrize("neuron_ig")
def test_neuron_ig_is_the_path_integral_of_another_network(case: Case) -> None:
    """The integrated gradients of a neuron's own value: of the network that ends at the neuron."""
    model = build(case)
    kept = next(i for i, e in enumerate(case["layers"]) if e["name"] == case["layer"])
    short = case | {"layers": case["layers"][: kept + 1], "target": case["target"]}
    units = model.get_layer(case["layer"]).output.shape[-1]
    chosen = range(2, units) if case["neuron"] == "sum_from_2" else case["neuron"]
    asked = request(short) | {"target": dict.fromkeys(chosen, 1.0)}
    net = Network(build(short))
    found = [
        attribution.neuron_integrated_gradients(net, inputs(case), n, **asked, **TIGHT).scores
        for n in case["input"]
    ]
    (wanted,) = expected(case)
    np.testing.assert_allclose(
        found if len(found) > 1 else found[0], wanted, rtol=0, atol=case["tolerance"]
    )


@parametrize("layer_ablation")
def test_ablation(case: Case) -> None:
    """Each unit, or group of units, held at zero or at the case's values: what the score loses."""
    (layer,) = layer_names(case)
    net, x, asked = Network(build(case)), inputs(case), request(case)
    (wanted,) = expected(case)
    units = list(np.ndindex(wanted.shape[1:]))
    groups = case.get("layer_mask", range(len(units)))
    sets = [[u for u, g in zip(units, groups, strict=True) if g == own] for own in groups]
    held = attribution.ablate(net, x, layer, sets, to=case.get("layer_baseline", 0), **asked)
    lost = net.score(x, asked["target"], asked["output"]) - held
    assert_close(case, lost.T.reshape(wanted.shape))
