"""Exact integration: closed forms, and properties that no sum over a grid has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import attribution
from attribution import Attribution, Network, neuron_integrated_gradients
from attribution.exact import conductance
from benchmarks import exact as benchmark


def explain(model: keras.Model, x: np.ndarray, layer: str = "h", **more: Any) -> Attribution:
    given: dict[str, Any] = {"target": 0, "exact": True, **more}
    return neuron_integrated_gradients(Network(model), x, layer, **given)


def fixed(weights: list[list[float]], bias: list[float], name: str, kind: Any = "relu") -> Any:
    """A dense layer with these weights."""
    return layers.Dense(
        len(bias),
        kind,
        name=name,
        kernel_initializer=keras.initializers.Constant(np.array(weights, "float32")),
        bias_initializer=keras.initializers.Constant(np.array(bias, "float32")),
    )


def test_units_that_cancel_as_computed_by_hand() -> None:
    x = layers.Input((2,))
    h = fixed([[1, 0], [0, 1]], [0, 0], "h")(x)
    model = keras.Model(x, fixed([[1], [-1]], [-1], "o")(h))
    found = explain(model, np.array([[3.0, 1.0]], "float32"))
    np.testing.assert_allclose(found.scores, [[1.5, -0.5]], rtol=0, atol=1e-15)


def test_a_saturated_unit_as_computed_by_hand() -> None:
    x = layers.Input((1,))
    h = fixed([[2]], [0], "h", None)(x)
    model = keras.Model(x, ops.minimum(h, 1.0))
    np.testing.assert_allclose(explain(model, np.ones((1, 1), "float32")).scores, 1, atol=1e-15)


@pytest.mark.parametrize("exponent", [4, 9, 14])
def test_a_notch_far_narrower_than_any_grid(exponent: int) -> None:
    """F = relu(h2 - notch(h1)), both h = a: idle between the two places where the notch is a."""
    w = 2.0**-exponent
    x = layers.Input((2,))
    h = fixed([[1, 0], [0, 1]], [0, 0], "h")(x)
    sides = fixed([[1, 1, 1, 0], [0, 0, 0, 1]], [w - 0.5, -0.5, -w - 0.5, 0], "sides")(h)
    model = keras.Model(x, fixed([[-1 / w], [2 / w], [-1 / w], [1]], [0], "o")(sides))
    found = explain(model, np.ones((1, 2), "float32"))
    first, last = (0.5 - w) / (1 - w), (0.5 + w) / (1 + w)
    np.testing.assert_allclose(found.scores, [[last - first, first + 1 - last]], atol=1e-11)
    assert found.error[0] < 1e-11


@pytest.fixture(scope="module")
def network() -> Network:
    """Two inputs, a skip, several layers, ten units each."""
    keras.utils.set_random_seed(5)
    a, b = layers.Input((4,), name="a"), layers.Input((3,), name="b")
    first = layers.Dense(10, "relu", name="first")(layers.Concatenate(name="both")([a, b]))
    second = layers.Dense(10, "relu", name="second")(first)
    added = layers.Add(name="added")([first, second])
    out = layers.Dense(3, "softmax", name="out")(layers.Dense(10, "relu", name="third")(added))
    return Network(keras.Model([a, b], out))


def given(seed: int, batch: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {n: rng.normal(size=(batch, k)).astype("float32") for n, k in (("a", 4), ("b", 3))}


def test_all_layers_at_once_each_cut_complete(network: Network) -> None:
    weights = [w.copy() for w in network.model.get_weights()]
    found = neuron_integrated_gradients(
        network, given(0), "all", target={0: 1.0, 2: -0.5}, baseline=given(1), exact=True
    )
    cuts = [n for n, r in found.items() if r.is_cut]
    assert {"first", "added", "third"} <= set(cuts)
    assert "second" in found
    for name in cuts:
        assert np.abs(found[name].gap).max() < 1e-13
    for before, now in zip(weights, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, now)
    alone = neuron_integrated_gradients(
        network, given(0), "second", target={0: 1.0, 2: -0.5}, baseline=given(1), exact=True
    )
    np.testing.assert_allclose(alone.scores, found["second"].scores, atol=1e-14)
    rough = neuron_integrated_gradients(
        network, given(0), "second", target={0: 1.0, 2: -0.5}, baseline=given(1), tolerance=0.002
    )
    off = np.abs(rough.scores - alone.scores).sum(1)
    assert (off < 0.01 * np.abs(alone.scores).sum(1)).all()


def test_swapped_ends_negate_the_scores(network: Network) -> None:
    there = neuron_integrated_gradients(
        network, given(0), "added", target=1, baseline=given(1), exact=True
    )
    back = neuron_integrated_gradients(
        network, given(1), "added", target=1, baseline=given(0), exact=True
    )
    np.testing.assert_allclose(there.scores, -back.scores, atol=1e-13)


def test_a_batch_is_its_examples_and_references_are_averaged(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = [given(1), given(2)]
    whole = neuron_integrated_gradients(
        network, given(0), "added", target=[0, 1, 2], baseline=references, exact=True
    )
    monkeypatch.setattr(conductance, "_FEWEST_ROWS", 2)
    monkeypatch.setattr(Network, "chunk", lambda *_: 4)  # two rows a call
    single = []
    for reference in references:
        for e in range(3):
            one = {n: v[e : e + 1] for n, v in given(0).items()}
            base = {n: v[e : e + 1] for n, v in reference.items()}
            single.append(
                neuron_integrated_gradients(
                    network, one, "added", target=e, baseline=base, exact=True
                ).scores[0]
            )
    expected = np.stack(single).reshape(2, 3, 10)
    np.testing.assert_allclose(whole.scores, expected.mean(0), atol=1e-13)
    assert whole.standard_error is not None
    spread = expected.std(0, ddof=1) / np.sqrt(2)
    np.testing.assert_allclose(whole.standard_error, spread, atol=1e-9)


def test_a_result_says_that_it_is_certified_and_is_kept(network: Network, tmp_path: Path) -> None:
    found = neuron_integrated_gradients(network, given(0), "first", exact=True)
    rough = neuron_integrated_gradients(network, given(0), "first")
    assert found.certified
    assert not rough.certified
    assert found.scores.dtype == np.float64
    assert rough.scores.dtype == np.float32
    assert found.converged is not None
    assert found.converged.all()
    assert found.error.max() < 1e-12
    assert (found.resolution == 0).all()
    assert "certified" in repr(found)
    assert "certified" not in repr(rough)
    assert any("differs by" in note for note in found.notes)
    found.save(tmp_path / "exact.npz")
    again = Attribution.load(tmp_path / "exact.npz")
    assert again.certified
    assert again.request == found.request
    np.testing.assert_array_equal(again.scores, found.scores)


def test_path_through_an_embedding() -> None:
    keras.utils.set_random_seed(0)
    x = layers.Input((7,), dtype="int32")
    h = layers.Conv1D(5, 3, activation="relu", name="h")(layers.Embedding(11, 4)(x))
    model = keras.Model(x, layers.Dense(2)(layers.GlobalMaxPooling1D()(h)))
    ids = np.array([[1, 5, 3, 9, 10, 2, 2]])
    found = explain(model, ids, baseline=np.zeros((1, 7), int))
    rough = explain(
        model, ids, baseline=np.zeros((1, 7), int), exact=False, tolerance=0.002, steps=4097
    )
    assert abs(found.gap[0]) < 1e-13
    assert np.abs(found.scores - rough.scores).sum() < 0.004 * np.abs(found.scores).sum()


def test_progress_goes_up_to_all_and_what_it_raises_ends_the_work(network: Network) -> None:
    seen: list[tuple[int, int]] = []
    ask: dict[str, Any] = {"exact": True, "baseline": [given(1), given(2)]}
    neuron_integrated_gradients(
        network, given(0), "added", progress=lambda *told: seen.append(told), **ask
    )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        neuron_integrated_gradients(network, given(0), "added", progress=stop, **ask)


@pytest.mark.slow
def test_uniform_sums_of_keras_in_float64_close_in_on_the_network_of_dna() -> None:
    net, ends = attribution.load("tal1-gata1"), benchmark.question("tal1-gata1")
    found = neuron_integrated_gradients(
        net, ends[0], "relu1", target=0, baseline=ends[1], exact=True
    )
    wide = benchmark.in_float64("tal1-gata1")
    truth = found.scores[0]
    off = [
        np.abs(benchmark.uniform(wide, "relu1", 0, ends, n) - truth).sum() / np.abs(truth).sum()
        for n in (512, 1024, 2048)
    ]
    assert off[2] < off[1] < off[0] < 2e-3
    assert off[2] < off[0] / 2
    assert abs(found.gap[0]) < 1e-12


def test_it_is_a_method_like_any_other(network: Network) -> None:
    found = attribution.METHODS["nig"].run(network, given(0), "first", exact=True)
    assert found.certified
