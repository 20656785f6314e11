"""One-hot encodings, counts and bins of an input: the path runs in them, as in an embedding."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import attribution
from attribution import Network

RNG = np.random.default_rng(5)


def buckets() -> tuple[keras.Model, Any, Any]:
    """The numbers themselves beside the bins that they fall into."""
    x = layers.Input((4,), name="x")
    bins = layers.Discretization(bin_boundaries=[-1.0, 0.0, 1.0], output_mode="multi_hot")
    return x, x, bins(x)


def categories(mode: str) -> Any:
    def build() -> tuple[Any, Any, Any]:
        x, ids = layers.Input((4,), name="x"), layers.Input((1,), dtype="int32", name="ids")
        return [x, ids], x, layers.CategoryEncoding(4, output_mode=mode)(ids)

    return build


def crossed() -> tuple[Any, Any, Any]:
    x, ids = layers.Input((4,), name="x"), layers.Input((1,), dtype="int32", name="ids")
    return [x, ids], x, layers.HashedCrossing(6, output_mode="one_hot")((ids, ids))


@pytest.mark.parametrize(
    "build",
    [buckets, *map(categories, ["one_hot", "multi_hot", "count"]), crossed],
    ids=["bins", "one_hot", "multi_hot", "count", "crossed"],
)
def test_the_path_runs_in_what_encodes_indices(build: Any) -> None:
    """Of a model that is linear behind its numbers and encodings, the scores are a product."""
    keras.utils.set_random_seed(8)
    inputs, numbers, encoded = build()
    both = layers.Concatenate(name="both")([numbers, encoded])
    model = keras.Model(inputs, layers.Dense(2, name="o")(both))
    values = RNG.normal(0, 1.5, (3, 4)).astype("float32")
    ids = np.array([[1], [3], [2]], "int32")
    x = {"x": values, "ids": ids} if len(model.inputs) > 1 else values
    zero = {k: np.zeros_like(v) for k, v in x.items()} if isinstance(x, dict) else 0 * x
    weights = np.asarray(model.layers[-1].kernel)[:, 1]
    ends = [np.asarray(keras.Model(inputs, both)(given)) for given in (x, zero)]
    wanted = (ends[0] - ends[1]) * weights
    net = Network(model)
    explainable, proven = net.explainable(), build is not crossed
    assert (net.graph().cause is None) == proven
    for method in ("nig", "deeplift_rescale", "gradient_times_difference"):
        if not proven and "deeplift" in method:
            continue
        assert [explainable[n][method] for n in ("x", "both")] == [None, None]
        own = attribution.METHODS[method].run(net, x, "x", target=1)
        np.testing.assert_allclose(own.scores, wanted[:, :4], rtol=1e-4, atol=1e-5)
        found = attribution.METHODS[method].run(net, x, "both", target=1)
        np.testing.assert_allclose(found.scores, wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.f_baseline, np.asarray(model(zero))[:, 1], rtol=1e-4)
        np.testing.assert_allclose(net.score(zero, 1), found.f_baseline, rtol=1e-4)
        assert not any("Held" in note for note in found.notes)
        assert any("is read as indices" in note for note in found.notes)
    every = attribution.neuron_integrated_gradients(net, x, "all", target=1)
    assert every["both"].is_cut
    np.testing.assert_allclose(every["x"].scores, wanted[:, :4], rtol=1e-4, atol=1e-5)


def test_counts_that_are_weighted_are_refused() -> None:
    """They have a derivative by the weights, which TensorFlow does not know."""
    ids, w = layers.Input((3,), dtype="int32", name="ids"), layers.Input((3,), name="w")
    counts = layers.CategoryEncoding(4, output_mode="count", name="counts")(ids, count_weights=w)
    with pytest.raises(attribution.UnsupportedModel, match=r"No gradient.*DenseBincount"):
        Network(keras.Model([ids, w], layers.Dense(2, name="o")(counts)))
