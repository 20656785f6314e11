"""The estimated error against the true one, where NumPy computes the conductance by hand."""

from itertools import pairwise

import keras
import numpy as np

import attribution

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
