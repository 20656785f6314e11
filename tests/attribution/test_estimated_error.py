"""The estimated error against the true one, where NumPy computes the conductance by hand."""

from itertools import pairwise

import keras
import numpy as np

import attribution
from benchmarks import nasty

FINE = 8192
SIZES = (10, 20, 20, 1)
TOLERANCES = (0.1, 0.03)
FUNCTIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}


def exact(weights, x, name):
    """Conductance of the first hidden layer from zeros: a fine trapezoid sum in float64."""
    f, slope = FUNCTIONS[name]
    (w1, b1), (w2, b2), (w3, _) = [[p.astype(float) for p in pair] for pair in weights]
    a = np.arange(FINE + 1)[:, None] / FINE
    h = f(a * x @ w1 + b1)
    g = (slope(h @ w2 + b2) * w3[:, 0]) @ w2.T
    return ((g[1:] + g[:-1]) / 2 * np.diff(h, axis=0)).sum(0)


def test_the_true_error_is_within_the_estimate_which_is_not_far_off():
    covered, ratios = [], []
    for seed in range(15):
        rng = np.random.default_rng(seed)
        weights = [
            (rng.normal(size=(m, n)) / np.sqrt(m), rng.normal(size=n) / 2)
            for m, n in pairwise(SIZES)
        ]
        x = 2 * rng.normal(size=SIZES[0]).astype(np.float32)
        for name in FUNCTIONS:
            model = keras.Sequential(
                [keras.Input((SIZES[0],))]
                + [keras.layers.Dense(n, activation=name) for n in SIZES[1:-1]]
                + [keras.layers.Dense(1)]
            )
            for layer, pair in zip(model.layers, weights, strict=True):
                layer.set_weights([p.astype(np.float32) for p in pair])
            truth = exact(weights, x.astype(float), name)
            net = attribution.Network(model)
            for tolerance in TOLERANCES:
                result = attribution.neuron_integrated_gradients(
                    net, x[None], model.layers[0].name, tolerance=tolerance
                )
                assert result.converged.all()
                true = np.abs(result.scores[0] - truth).sum() / np.abs(truth).sum()
                covered.append(true <= result.error[0])
                ratios.append(result.error[0] / true)
    assert np.mean(covered) >= 0.95
    assert np.median(ratios) <= 4


def test_narrow_and_nasty_functions_are_within_the_estimate_where_the_nodes_could_see_them():
    """A few of each family; benchmarks.estimated_error draws many more."""
    rows = list(nasty.held(2, 0.05, seed=1))
    rows += nasty.held(6, 0.05, seed=2, families=("bump",))
    seen = [(true, error) for _, _, true, error, visible in rows if visible]
    assert len(seen) > 80
    assert np.mean([true <= max(error, 0.05) for true, error in seen]) >= 0.95
    assert np.mean([error <= 0.05 for _, error in seen]) >= 0.9


def test_what_is_narrower_than_the_resolution_is_said_to_be():
    """A bump of a thousandth of the path cannot be seen, and no one says that it was."""
    rng = np.random.default_rng(0)
    shape = nasty.bump(rng, 0.001)
    x, weights = nasty.drawn(shape, False, rng)
    net = nasty.Nets().of(shape, False, weights)
    for tolerance, widest in ((0.05, 1 / 16), (0.02, 1 / 31)):
        found = attribution.neuron_integrated_gradients(
            net, x[None].astype(np.float32), "lower", target=0, tolerance=tolerance
        )
        assert shape.width < found.resolution[0] <= widest


def test_without_nodes_enough_nothing_has_converged():
    """A linear head has no error at any number of nodes, but few of them have not looked."""
    x = keras.Input((2,), name="x")
    net = attribution.Network(keras.Model(x, keras.layers.Dense(1, name="out")(x)))
    one = np.ones((1, 2), np.float32)
    few = attribution.neuron_integrated_gradients(net, one, "x", target=0, steps=9)
    assert few.error[0] < 1e-5
    assert not few.converged.any()
    assert few.resolution[0] > 1 / 16
    enough = attribution.neuron_integrated_gradients(net, one, "x", target=0)
    assert enough.converged.all()
    assert enough.resolution[0] <= 1 / 16
    several = attribution.neuron_integrated_gradients(net, one, ["x", "out"], target=0, steps=9)
    assert not any(r.converged.any() for r in several.values())
