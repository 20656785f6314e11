"""The least of two inputs: its closed forms against the library, on a network of two neurons."""

import keras
import numpy as np
import pytest

import attribution
from dashboard.work.minimum import Minimum

PAIRS = ((2.0, 1.0), (0.5, 2.0), (1.2, 0.6), (1.0, 1.0), (0.0, 1.5), (0.7, 0.0))


@pytest.fixture(scope="module")
def net() -> attribution.Network:
    """F = i1 - relu(i1 - i2)."""
    inputs = keras.Input((2,), name="inputs")
    difference = keras.layers.Dense(1, use_bias=False, name="difference")(inputs)
    rectified = keras.layers.ReLU(name="rectified")(difference)
    both = keras.layers.Concatenate(name="both")([inputs, rectified])
    out = keras.layers.Dense(1, use_bias=False, name="out")(both)
    model = keras.Model(inputs, out)
    model.get_layer("difference").set_weights([np.array([[1.0], [-1.0]])])
    model.get_layer("out").set_weights([np.array([[1.0], [0.0], [-1.0]])])
    return attribution.Network(model)


@pytest.mark.parametrize("pair", PAIRS)
def test_every_method_gives_what_the_library_gives(
    net: attribution.Network, pair: tuple[float, float]
) -> None:
    x, found = np.array([pair], np.float32), Minimum(*pair)
    assert net.predict(x)[0, 0] == pytest.approx(found.f)
    asked = {
        "nig": found.integrated,
        "deeplift_rescale": found.rescale,
        "deeplift_reveal_cancel": found.reveal_cancel,
    }
    for method, scores in asked.items():
        result = attribution.METHODS[method].run(net, x, "inputs", target=0)
        np.testing.assert_allclose(result.scores[0], scores, atol=5e-3, err_msg=method)
        assert sum(scores) == pytest.approx(found.f)
