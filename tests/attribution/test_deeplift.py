"""DeepLIFT as a whole: properties on random networks, the arguments, and the check of the sums."""

import importlib
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution
from attribution import AttributionError, InvalidRequest, Network, UnknownLayer
from tests.attribution import slow_deeplift
from tests.vectors import build

Layers = list[dict[str, Any]]


def random_layers(rng: np.random.Generator, smooth: bool) -> Layers:
    """Conv, batch norm, pool, dense, residual sum; each with an activation of its own."""
    names = ["tanh", "sigmoid", "softplus", "elu"] if smooth else ["relu", "relu6"]

    def activation() -> str:
        return str(rng.choice(names))

    def normal(*shape: int) -> list[Any]:
        return np.round(rng.normal(0, 0.8, shape), 3).tolist()

    pool = str(rng.choice(["MaxPooling1D", "AveragePooling1D"]))
    return [
        {
            "name": "conv",
            "class": "Conv1D",
            "inbound": ["x"],
            "kernel": normal(2, 2, 3),
            "bias": normal(3),
            "strides": 1,
        },
        {
            "name": "bn",
            "class": "BatchNormalization",
            "inbound": ["conv"],
            "gamma": normal(3),
            "beta": normal(3),
            "moving_mean": normal(3),
            "moving_variance": [0.5, 1.0, 2.0],
            "epsilon": 0.001,
        },
        {"name": "a1", "class": "Activation", "inbound": ["bn"], "activation": activation()},
        {"name": "pool", "class": pool, "inbound": ["a1"], "pool_size": 2, "strides": 1},
        {"name": "flat", "class": "Flatten", "inbound": ["pool"]},
        {
            "name": "d1",
            "class": "Dense",
            "inbound": ["flat"],
            "kernel": normal(9, 4),
            "bias": normal(4),
        },
        {"name": "a2", "class": "Activation", "inbound": ["d1"], "activation": activation()},
        {
            "name": "d2",
            "class": "Dense",
            "inbound": ["a2"],
            "kernel": normal(4, 4),
            "bias": normal(4),
        },
        {"name": "sum", "class": "Add", "inbound": ["a2", "d2"]},
        {"name": "a3", "class": "Activation", "inbound": ["sum"], "activation": activation()},
        {
            "name": "out",
            "class": "Dense",
            "inbound": ["a3"],
            "kernel": normal(4, 2),
            "bias": normal(2),
        },
    ]


def as_case(layers: Layers, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"layers": layers, "input": {"x": np.zeros((1, *shape))}}


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), smooth=st.booleans(), reveal=st.booleans())
def test_random_networks(seed: int, smooth: bool, reveal: bool) -> None:
    """Agreement with the slow rules, completeness, batch independence, and the swap of x and x'."""
    rng = np.random.default_rng(seed)
    layers = random_layers(rng, smooth)
    x, reference = (rng.normal(0, 1, (3, 5, 2)).astype(np.float32) for _ in range(2))
    rule = "reveal_cancel" if reveal else "rescale"
    net = Network(build(as_case(layers, (5, 2))))
    asked: dict[str, Any] = {"target": {0: 1.0, 1: -0.5}, "rule": rule}
    found = attribution.deeplift(net, x, "all", baseline=reference, **asked)
    slow = slow_deeplift.scores(
        layers, {"x": x.astype(float)}, {"x": reference.astype(float)}, asked["target"], rule
    )
    for name, result in found.items():
        size = np.abs(slow[name]).max() + 1e-3
        np.testing.assert_allclose(result.scores, slow[name], atol=2e-4 * size, err_msg=name)
        assert result.converged.all(), result.notes
        if result.is_cut:
            norm = np.abs(result.scores).reshape(3, -1).sum(1)
            assert (np.abs(result.gap) <= 1e-4 * norm + 1e-5).all()
        else:
            assert np.isnan(result.gap).all()
    alone = attribution.deeplift(net, x[2:], "all", baseline=reference[2:], **asked)
    for name in found:
        np.testing.assert_allclose(alone[name].scores[0], found[name].scores[2], atol=1e-5)
    if rule == "rescale":  # RevealCancel starts both its orders at the reference
        swapped = attribution.deeplift(net, reference, "all", baseline=x, **asked)
        for name, result in found.items():
            np.testing.assert_allclose(swapped[name].scores, -result.scores, atol=1e-5)


def test_a_linear_network_scores_gradient_times_difference() -> None:
    rng = np.random.default_rng(0)
    x = keras.Input((6,), name="x")
    h = keras.layers.Dense(5, name="h")(x)
    net = Network(keras.Model(x, keras.layers.Dense(2)(keras.layers.BatchNormalization()(h))))
    a, b = (rng.normal(size=(4, 6)).astype(np.float32) for _ in range(2))
    for rule in ("rescale", "reveal_cancel", "genomics"):
        found = attribution.deeplift(net, a, ["x", "h"], target=1, baseline=b, rule=rule)
        for name, result in found.items():
            wanted = attribution.gradient_times_difference(net, a, name, target=1, baseline=b)
            np.testing.assert_allclose(result.scores, wanted.scores, atol=1e-5)


@pytest.fixture(scope="module")
def net() -> Network:
    """relu(relu(x1 - 1) - relu(x2)): its Rescale scores at (3, 1) are (2, -1)."""
    x = keras.Input((2,), name="x")
    first, second = keras.layers.Dense(2, "relu", name="a"), keras.layers.Dense(1, name="d")
    model = keras.Model(x, keras.layers.ReLU(name="y")(second(first(x))))
    first.set_weights([np.eye(2, dtype=np.float32), np.array([-1, 0], np.float32)])
    second.set_weights([np.array([[1], [-1]], np.float32), np.zeros(1, np.float32)])
    return Network(model)


X = np.array([[3, 1], [0.5, 2], [4, 0]], np.float32)


def test_one_layer_and_several(net: Network) -> None:
    one = attribution.deeplift(net, X, "a", target=0)
    np.testing.assert_allclose(one.scores[0], [2, -1])
    assert np.isnan(one.error).all()
    assert (one.evaluations == 1).all()
    assert one.method == "deeplift_rescale"
    several = attribution.deeplift(net, X, "all", target=0)
    assert list(several) == [info.name for info in net.layers]
    np.testing.assert_array_equal(several["a"].scores, one.scores)


def test_several_references_are_averaged(net: Network) -> None:
    references = [np.zeros(2), np.array([1.0, 1.0]), np.array([5.0, 0.5])]
    found = attribution.deeplift(net, X, "x", target=0, baseline=references)
    singles = [attribution.deeplift(net, X, "x", target=0, baseline=r) for r in references]
    np.testing.assert_allclose(found.scores, np.mean([s.scores for s in singles], 0), atol=1e-6)
    np.testing.assert_allclose(found.f_baseline, np.mean([s.f_baseline for s in singles], 0))
    spread = np.std([s.scores for s in singles], 0, ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(found.standard_error, spread, atol=1e-5)
    assert (found.evaluations == 3).all()


def test_progress_is_told_and_may_stop_the_work(net: Network) -> None:
    seen: list[tuple[int, int]] = []
    attribution.deeplift(net, np.repeat(X, 4, 0), "a", progress=lambda *at: seen.append(at))
    assert seen[-1] == (12, 12)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attribution.deeplift(net, X, "a", progress=stop)


def test_multipliers_make_the_scores(net: Network) -> None:
    for rule in ("rescale", "reveal_cancel"):
        m = attribution.deeplift_multipliers(net, X, "d", target=0, rule=rule)
        scores = attribution.deeplift(net, X, "d", target=0, rule=rule).scores
        made = m.positive * m.increase + m.negative * m.decrease
        np.testing.assert_allclose(made, scores, atol=1e-6)
        moved = net.activations(X, "d") - net.activations(X * 0, "d")
        np.testing.assert_allclose(m.increase + m.decrease, moved, atol=1e-6)
    assert (m.increase[0], m.decrease[0]) == (2, -1), "by their effect, not by the sign of the sum"


def test_multipliers_of_several_references_are_told_apart(net: Network) -> None:
    """A mean multiplier times a mean difference is not the score; the mean of the products is."""
    x = np.array([[3.0, 1], [-1, 2]], np.float32)
    references = [np.zeros(2), np.array([1.0, 2]), np.array([2.0, -1])]
    for rule in ("rescale", "reveal_cancel"):
        asked: dict[str, Any] = {"target": 0, "rule": rule}
        m = attribution.deeplift_multipliers(net, x, "a", baseline=references, **asked)
        assert m.positive.shape == (3, 2, *net.layer("a").shape)
        scores = attribution.deeplift(net, x, "a", baseline=references, **asked).scores
        made = m.positive * m.increase + m.negative * m.decrease
        np.testing.assert_allclose(made.mean(0), scores, atol=1e-6)
        moved = [net.activations(x, "a") - net.activations(r[None], "a") for r in references]
        np.testing.assert_allclose(m.increase + m.decrease, moved, atol=1e-6)
        for i, reference in enumerate(references):
            for one in (reference, [reference]):
                alone = attribution.deeplift_multipliers(net, x, "a", baseline=one, **asked)
                for whole, single in zip(m, alone, strict=True):
                    np.testing.assert_allclose(whole[i], single, atol=1e-6)
    means = [v.mean(0) for v in m]
    assert abs(means[0] * means[2] + means[1] * means[3] - scores).max() > 0.1


def test_the_same_input_and_reference_score_nothing(net: Network) -> None:
    result = attribution.deeplift(net, X, "a", target=0, baseline=X)
    np.testing.assert_array_equal(result.scores, 0)
    assert result.converged.all()


def test_hypothetical_contributions_hold_the_actual_ones() -> None:
    rng = np.random.default_rng(1)
    x = keras.Input((7, 4), name="dna")
    h = keras.layers.MaxPooling1D(2)(keras.layers.Conv1D(5, 3, activation="relu")(x))
    model = keras.Model(x, keras.layers.Dense(1)(keras.layers.Flatten()(h)))
    dna, reference = (np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, 7))] for _ in range(2))
    for rule in ("rescale", "genomics", "reveal_cancel"):
        asked: dict[str, Any] = {"baseline": [reference, reference * 0 + 0.25], "rule": rule}
        found = attribution.hypothetical_contributions(Network(model), dna, **asked)
        scores = attribution.deeplift(Network(model), dna, "dna", **asked).scores
        np.testing.assert_allclose((found * dna).sum(2), scores.sum(2), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"rule": "epsilon"}, InvalidRequest, "reveal_cancel"),
        ({"layer": "b"}, UnknownLayer, "no layer"),
        ({"output": "probability"}, InvalidRequest, "logit"),
        ({"baseline": np.zeros(3)}, InvalidRequest, "baseline"),
    ],
)
def test_requests_that_do_not_fit(
    net: Network, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        attribution.deeplift(net, X, **({"layer": "a"} | options))


def test_hypothetical_contributions_need_letters(net: Network) -> None:
    with pytest.raises(InvalidRequest, match="letters"):
        attribution.hypothetical_contributions(net, X)


def test_sums_that_part_are_reported(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TensorFlow's own gradients for rules, the first ReLU from the output is to blame."""
    module = importlib.import_module("attribution.contributions")
    monkeypatch.setattr(module, "OVERRIDES", {"rescale": {}})
    other = np.array([[0.5, -3.0], [3, 1]], np.float32)
    found = attribution.deeplift(
        Network(net.model), other, ["x", "a", "d", "y"], target=0, baseline=np.array([3.0, 1.0])
    )
    assert found["y"].converged.all()
    assert found["d"].converged.tolist() == [False, True]
    assert found["x"].converged.tolist() == [False, True]
    assert "part at layer d." in found["x"].notes[-1]
    assert "example 0" in found["x"].notes[-1]


@tf.RegisterGradient("test.relu_by_its_gradient")
def _relu_by_its_gradient(op: tf.Operation, m: tf.Tensor) -> tf.Tensor:
    return m * tf.cast(op.outputs[0] > 0, m.dtype)


def test_multipliers_whose_sums_part_are_refused(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the gradient for a rule at ReLUs, as above; multipliers carry no note."""
    module = importlib.import_module("attribution.contributions")
    wrong = dict(module.OVERRIDES["rescale"]) | {"Relu": "test.relu_by_its_gradient"}
    monkeypatch.setattr(module, "OVERRIDES", {"rescale": wrong})
    fresh, asked = Network(net.model), {"target": 0, "baseline": np.array([3.0, 1.0])}
    attribution.deeplift_multipliers(fresh, np.array([[0.5, -3.0]]), "y", **asked)
    for name in ("x", "a", "d"):
        with pytest.raises(AttributionError, match=r"part at layer d\. Do not rely"):
            attribution.deeplift_multipliers(fresh, np.array([[0.5, -3.0]]), name, **asked)
    letters = keras.Input((5, 4), name="dna")
    h = keras.layers.Dense(3, "relu", name="s")(keras.layers.Flatten(name="f")(letters))
    model = keras.Model(letters, keras.layers.Dense(1, name="y")(h))
    model.set_weights([w - 0.5 if w.ndim == 1 else abs(w) for w in model.get_weights()])
    with pytest.raises(AttributionError, match=r"part at layer f\."):
        attribution.hypothetical_contributions(Network(model), np.eye(4)[None, [0, 1, 2, 3, 0]])


def test_nothing_is_left_behind(net: Network) -> None:
    before = {layer.name: dict(vars(layer)) for layer in net.model.layers}
    weights = [w.copy() for w in net.model.get_weights()]
    again = attribution.deeplift(Network(net.model), X, "all", target=0, rule="reveal_cancel")
    once_more = attribution.deeplift(Network(net.model), X, "all", target=0, rule="reveal_cancel")
    for name in again:
        np.testing.assert_array_equal(again[name].scores, once_more[name].scores)
    for old, new in zip(weights, net.model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert {layer.name: set(vars(layer)) for layer in net.model.layers} == {
        name: set(attributes) for name, attributes in before.items()
    }
