"""Several layers in one pass: which are summed once, and which get nodes of their own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.integration import guide
from attribution.integration.estimate import Refinement
from attribution.integration.quadrature import FIRST_NODES
from attribution.integration.search import Limits, Search
from attribution.questions.matrices import sampling
from attribution.trace.twins import twin
from benchmarks.estimated_error import truth

RNG = np.random.default_rng(7)


class Gate(keras.layers.Layer):
    """x where x exceeds 1, else 0: a mask that moves along the path without a derivative."""

    def call(self, x: Any) -> Any:
        return x * tf.cast(x > 1, x.dtype)


class Shifted(keras.layers.Layer):
    """3 - 2x."""

    def call(self, x: Any) -> Any:
        return 3.0 - 2.0 * x


class Spread(keras.layers.Layer):
    """x times each of three numbers: more neurons than x has."""

    def call(self, x: Any) -> Any:
        return x * tf.constant([[1.0, 2.0, 3.0]])


def _normalised() -> keras.Model:
    """Convolutions with normalisations, as in most networks of pictures, weights not trivial."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(6, 3, name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(6.0, name="relu")(x)
    x = keras.layers.Conv2D(6, 3, padding="same", name="inner")(x)
    x = keras.layers.BatchNormalization(name="inner_norm")(x)
    x = keras.layers.Add(name="add")([x, keras.layers.ReLU(name="bypass")(x)])
    x = Shifted(name="shifted")(x)
    x = keras.layers.Flatten(name="flat")(x)
    x = keras.layers.Dense(5, activation="relu", name="hidden")(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))
    for layer in model.layers:
        drawn = [
            RNG.uniform(0.2, 1.0, w.shape) if w.ndim == 1 else RNG.normal(0, 0.3, w.shape)
            for w in layer.get_weights()
        ]
        layer.set_weights(drawn)
    return model


def _twins(net: Network) -> dict[str, str]:
    graph = net.graph()
    found = {name: twin(graph, name) for name in graph.gradients}
    return {name: same for name, same in found.items() if same != name}


def test_layers_that_score_the_same_are_found() -> None:
    net = Network(_normalised())
    # What `inner_norm` gives has two readers; the activation inside `hidden` is none of its own.
    assert _twins(net) == {
        "norm": "conv",
        "inner_norm": "inner",
        "shifted": "add",
        "flat": "add",
    }


def test_each_of_several_layers_scores_as_if_alone() -> None:
    net, x = Network(_normalised()), RNG.standard_normal((2, 8, 8, 3)).astype(np.float32)
    together = attribution.neuron_integrated_gradients(net, x, "all", target=1, tolerance=0.003)
    assert list(together) == list(net.graph().gradients)
    for name, result in together.items():
        alone = attribution.neuron_integrated_gradients(net, x, name, target=1, tolerance=1e-4)
        assert result.converged.all()
        assert result.scores.shape == alone.scores.shape
        norm = np.abs(alone.scores).sum((*range(1, alone.scores.ndim),))
        missed = np.abs(result.scores - alone.scores).sum((*range(1, alone.scores.ndim),)) / norm
        assert (missed <= result.error + 1e-3).all(), name


def test_a_mask_that_moves_is_not_a_fixed_factor() -> None:
    """From 0 to 2 through x * (x > 1) the input scores 1, and the layer after it 2."""
    inputs = keras.Input((1,), name="x")
    net = Network(keras.Model(inputs, Shifted(name="out")(Gate(name="gate")(inputs))))
    assert _twins(net) == {"out": "gate"}
    results = attribution.neuron_integrated_gradients(
        net, np.full((1, 1), 2.0, np.float32), ["x", "gate"], target=0, steps=513, tolerance=0.0
    )
    np.testing.assert_allclose(results["gate"].scores, [[-4.0]], atol=1e-2)
    np.testing.assert_allclose(results["x"].scores, [[-2.0]], atol=1e-2)


def test_a_factor_that_makes_more_neurons_is_none_either() -> None:
    inputs = keras.Input((1,), name="x")
    net = Network(keras.Model(inputs, keras.layers.Dense(1)(Spread(name="spread")(inputs))))
    assert "spread" not in _twins(net)


@pytest.mark.parametrize("shape", [(32, 32, 16), (64, 64, 24), (224, 224, 3), (112, 112, 32)])
def test_a_sample_sees_every_channel(shape: tuple[int, ...]) -> None:
    neurons = int(np.prod(shape))
    stride = sampling(tf.zeros((1, *shape)), neurons, 1024)
    assert -(-neurons // stride) <= 1024
    assert set(np.arange(0, neurons, stride) % shape[-1]) == set(range(shape[-1]))


def test_an_error_that_a_sample_does_not_see_is_not_none() -> None:
    """A layer of 32 x 32 positions whose channel 0 is dead, beside one that is not a cut."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((32, 32, 3), name="image")
    hidden = keras.layers.Conv2D(16, 1, activation="relu", name="hidden")(inputs)
    kernel, bias = model_weights(hidden, inputs)
    around = keras.layers.Conv2D(4, 1, activation="relu", name="around")(inputs)
    joined = keras.layers.Concatenate()([hidden, around])
    pooled = keras.layers.GlobalAveragePooling2D()(joined)
    squashed = keras.layers.Dense(6, activation="tanh")(pooled)
    model = keras.Model(inputs, keras.layers.Dense(1)(squashed))
    kernel[..., 0], bias[0] = 0, -1
    model.get_layer("hidden").set_weights([kernel, bias])
    x = 3 * RNG.standard_normal((1, 32, 32, 3)).astype(np.float32)
    net, request = Network(model), {"target": 0, "tolerance": 0.0}
    results = attribution.neuron_integrated_gradients(
        net, x, ["hidden", "around"], **request, steps=9
    )
    for name, result in results.items():
        fine = attribution.neuron_integrated_gradients(net, x, name, **request, steps=513).scores
        assert not result.is_cut
        assert 0 < np.abs(result.scores - fine).sum() / np.abs(fine).sum() <= result.error[0]


def model_weights(made: Any, inputs: Any) -> list[np.ndarray]:
    """The kernel and the bias of the one layer between two tensors."""
    return keras.Model(inputs, made).layers[-1].get_weights()


def test_parts_of_nothing_are_not_an_error_of_nothing() -> None:
    total = Refinement()
    total.add(np.ones(3), np.array([0.0, 0.5, 0.5]), *np.zeros((2, 5, 1)))
    assert total.estimates.max() == pytest.approx(1.0 * 2.5 / np.sqrt(2))
    assert total.error >= total.estimates.max() / np.sqrt(2)


def test_a_small_layer_beside_a_large_one_reaches_the_tolerance_too() -> None:
    """Both choose the nodes together, and for the large one, which sees no kink, a few will do."""
    rng = np.random.default_rng(0)
    inputs = keras.Input((4,), name="x")
    loud = keras.layers.Dense(3, name="loud")(inputs)
    calm = keras.layers.Dense(5, name="calm")(inputs)
    many = keras.layers.Dense(300, activation="relu", name="many")(calm)
    both = keras.layers.Concatenate()([loud, many])
    model = keras.Model(inputs, keras.layers.Dense(1, name="out")(both))
    weights = {
        "loud": [rng.normal(0, 1, (4, 3)), np.zeros(3)],
        "calm": [rng.normal(0, 1, (4, 5)), np.zeros(5)],
        "many": [rng.normal(0, 1, (5, 300)), rng.normal(0, 1, 300)],
        "out": [np.r_[rng.normal(0, 1, (3, 1)), rng.normal(0, 1e-4, (300, 1))], np.zeros(1)],
    }
    for name, values in weights.items():
        model.get_layer(name).set_weights(values)
    net, x = Network(model), np.ones((1, 4), np.float32)
    request = {"target": 0, "tolerance": 0.0005}
    results = attribution.neuron_integrated_gradients(net, x, ["loud", "calm"], **request)
    alone = attribution.neuron_integrated_gradients(net, x, "calm", tolerance=1e-4, target=0)
    assert all(result.converged.all() for result in results.values())
    missed = np.abs(results["calm"].scores - alone.scores).sum()
    assert missed <= 0.001 * np.abs(alone.scores).sum()


def test_no_request_adds_to_the_graph_twice(late_kinks: keras.Model) -> None:
    net, x = Network(late_kinks), 2 * RNG.standard_normal((1, 6)).astype(np.float32)
    operations = net.graph()._wrapped.graph.get_operations
    names = list(net.graph().gradients)
    for first in range(30):  # more sets of layers than functions are kept
        chosen = [names[(first * k) % len(names)] for k in (1, 2, 3)]
        attribution.neuron_integrated_gradients(net, x, chosen, target=0, steps=9)
    before = len(operations())
    for first in range(30):
        chosen = [names[(first * k) % len(names)] for k in (1, 2, 3)]
        attribution.neuron_integrated_gradients(net, x, chosen, target=0, steps=9)
    assert len(operations()) == before


@pytest.fixture(scope="module")
def late_kinks() -> keras.Model:
    """A layer near the output whose many kinks are each its own; below they only add up."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((6,), name="x")
    calm = inputs
    for name, width in {"calm": 40, "second": 20, "third": 20, "neck": 8}.items():
        calm = keras.layers.Dense(width, activation="tanh", name=name)(calm)
    many = keras.layers.Dense(300, name="many", kernel_initializer="he_normal")(calm)
    turned = keras.layers.ReLU(name="turned")(keras.layers.Rescaling(30.0, name="wide")(many))
    model = keras.Model(inputs, keras.layers.Dense(1, name="out")(turned))
    model.get_layer("many").bias.assign(0.3 * RNG.standard_normal(300))
    return model


def test_a_layer_with_kinks_of_its_own_gets_its_own_nodes(
    late_kinks: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide, "names", lambda *_: ("out",))  # which sees no kink at all
    net, x = Network(late_kinks), 2 * RNG.standard_normal((1, 6)).astype(np.float32)
    results = attribution.neuron_integrated_gradients(net, x, "all", target=0, tolerance=0.01)
    spent = {name: int(r.evaluations[0]) for name, r in results.items()}
    assert FIRST_NODES < spent["out"] < min(spent["neck"], spent["many"])
    for name in ("calm", "neck", "many", "turned"):
        exact = truth(late_kinks, name, x[0], 0, 8192)
        assert results[name].converged.all(), name
        # The estimate holds in 95 of 100 cases, not in each; twice it must.
        missed = np.abs(results[name].scores[0] - exact).sum() / np.abs(exact).sum()
        assert missed <= 2 * 0.01, name


def test_the_cap_holds_for_every_layer(
    late_kinks: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide, "_NARROW", 10)
    net, x = Network(late_kinks), 2 * RNG.standard_normal((1, 6)).astype(np.float32)
    results = attribution.neuron_integrated_gradients(
        net, x, "all", target=0, tolerance=1e-6, steps=9
    )
    assert not results["many"].converged.any()
    assert results["many"].error[0] > 1e-6
    assert results["many"].evaluations[0] == 2 * 9  # to choose the nodes, and to sum over them


def test_the_chunk_does_not_choose_the_nodes(
    late_kinks: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide, "_NARROW", 10)
    x = 2 * RNG.standard_normal((1, 6)).astype(np.float32)
    found = []
    for rows in (2, 5, 64):
        monkeypatch.setattr(Network, "chunk", lambda *_, rows=rows, **__: rows)
        net = Network(late_kinks)
        found.append(
            attribution.neuron_integrated_gradients(net, x, "all", target=0, tolerance=0.01)
        )
    for other in found[1:]:
        for name, result in found[0].items():
            assert result.evaluations == other[name].evaluations
            np.testing.assert_allclose(result.error, other[name].error, rtol=1e-2, atol=1e-5)
            np.testing.assert_allclose(
                result.scores, other[name].scores, atol=1e-5 * np.abs(result.scores).sum()
            )


def test_a_layer_that_needs_more_nodes_than_there_are_does_not_doubt_the_others() -> None:
    """The gradient of the first is noise that grows with the nodes, the second is linear."""
    search = Search((0, 0), [0, 1], 129)
    noise = np.random.default_rng(5)
    ratios = []
    while search.wanted:
        for a in search.wanted:
            loud = 0.065 * len(search.path.nodes) ** 0.6 * noise.normal()
            search.add(a, a, np.array([a, a]), np.array([1 + loud, 1.0]), finite=True)
        search.judge([None, None], Limits(0.05, 1 / 16, np.inf), 129 - len(search.path.nodes))
        value, error = search.found[0]
        ratios.append(error / np.abs(value).sum() / 0.05)
    assert len(search.path.nodes) == 129
    assert 1 < ratios[-1] < 4  # not so far off that the others go on without it
    assert search.path.resolution <= 1 / 16
    assert list(search.settled) == [False, True]
