"""Ablation against a forward pass of the rest of the network, written out in NumPy."""

import keras
import numpy as np
import pytest

import attribution
from attribution import InvalidRequest, Network

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 6, 2)).astype("float32")
REFERENCE = RNG.normal(size=(6, 2)).astype("float32")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Conv (4 channels, 4 positions), ReLU, a skip around one channel's sum, two dense classes."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 2), name="x")
    hidden = keras.layers.Conv1D(4, 3, activation="relu", name="hidden")(inputs)
    pooled = keras.layers.GlobalAveragePooling1D(name="pooled")(hidden)
    skip = keras.layers.GlobalMaxPooling1D(name="skip")(inputs)
    joined = keras.layers.Concatenate(name="joined")([pooled, skip])
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="out")(joined))


@pytest.fixture(scope="module")
def net(model: keras.Model) -> Network:
    return Network(model)


def hidden_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    kernel, bias = (np.asarray(w) for w in model.get_layer("hidden").weights)
    windows = np.stack([x[:, i : i + 3] for i in range(4)], 1)  # (batch, 4, window, 2)
    return np.maximum(np.einsum("bpwi,wio->bpo", windows, kernel) + bias, 0)


def logits_of(model: keras.Model, hidden: np.ndarray, x: np.ndarray) -> np.ndarray:
    kernel, bias = (np.asarray(w) for w in model.get_layer("out").weights)
    return np.concatenate([hidden.mean(1), x.max(1)], 1) @ kernel + bias


def test_an_empty_set_leaves_the_score(net: Network) -> None:
    np.testing.assert_allclose(
        attribution.ablate(net, X, "hidden", [], target=1), net.score(X, 1), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("neurons", "index"),
    [([2], np.s_[..., 2]), ([0, 3], np.s_[..., [0, 3]]), ([(1, 2), (3, 0)], np.s_[[1, 3], [2, 0]])],
)
@pytest.mark.parametrize("to", [None, 0, 1.5, "mean", "array", "each"])
def test_the_rest_is_computed_as_usual(
    model: keras.Model, net: Network, neurons: list, index: tuple, to: object
) -> None:
    hidden = hidden_of(model, X)
    values = {
        None: np.broadcast_to(hidden_of(model, REFERENCE[None]), hidden.shape),
        0: np.zeros_like(hidden),
        1.5: np.full_like(hidden, 1.5),
        "mean": np.broadcast_to(hidden.mean(1, keepdims=True), hidden.shape),
        "array": np.broadcast_to(np.arange(16.0).reshape(4, 4), hidden.shape),
        "each": np.arange(48.0).reshape(3, 4, 4),
    }[to]
    for row, value in zip(hidden, values, strict=True):
        row[index] = value[index]
    given = values[0] if to == "array" else values if to == "each" else to
    found = attribution.ablate(
        net, X, "hidden", neurons, to=given, target=[0, 1, 1], baseline=REFERENCE
    )
    wanted = logits_of(model, hidden, X)[np.arange(3), [0, 1, 1]]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_several_sets_are_the_single_ones_in_one_pass(net: Network) -> None:
    sets = [[0], [(1, 2)], [1, 2, 3], []]
    together = attribution.ablate(net, X, "hidden", sets, target=0, baseline=REFERENCE)
    apart = [attribution.ablate(net, X, "hidden", s, target=0, baseline=REFERENCE) for s in sets]
    assert together.shape == (4, 3)
    np.testing.assert_allclose(together, apart, rtol=1e-6)


def test_several_baselines_are_averaged(net: Network) -> None:
    both = attribution.ablate(net, X, "hidden", [1], target=0, baseline=[REFERENCE, 2 * REFERENCE])
    one, two = (
        attribution.ablate(net, X, "hidden", [1], target=0, baseline=r)
        for r in (REFERENCE, 2 * REFERENCE)
    )
    np.testing.assert_allclose(both, (one + two) / 2, rtol=1e-6)


def test_an_example_does_not_depend_on_its_batch(net: Network) -> None:
    for to in (None, "mean"):
        alone = attribution.ablate(net, X[1:2], "hidden", [1], to=to, target=0)
        np.testing.assert_allclose(
            attribution.ablate(net, X, "hidden", [1], to=to, target=0)[1:2], alone, rtol=1e-6
        )


def test_the_input_and_everything_between_can_be_held(net: Network, model: keras.Model) -> None:
    silent = X.copy()
    silent[:, :, 1] = 0
    np.testing.assert_allclose(
        attribution.ablate(net, X, "x", [1], target=0), net.score(silent, 0), rtol=1e-6
    )


def test_a_curve_is_the_ablation_of_the_first_units(model: keras.Model, net: Network) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=0)
    curve = attribution.ablation_curve(net, X, result)
    np.testing.assert_array_equal(curve.counts, range(5))
    for e in range(3):
        ranked = list(np.argsort(-np.abs(result.scores[e].sum(0)), kind="stable"))
        np.testing.assert_array_equal(curve.order[e], ranked)
        hidden, null = hidden_of(model, X[e : e + 1]), hidden_of(model, 0 * X[e : e + 1])
        classes = []
        for k in range(5):
            hidden[..., ranked[:k]] = null[..., ranked[:k]]
            logits = logits_of(model, hidden, X[e : e + 1])[0]
            np.testing.assert_allclose(curve.scores[e, k], logits[0], rtol=1e-5, atol=1e-6)
            classes.append(logits.argmax())
        changed = [k for k in range(5) if classes[k] != classes[0]]
        np.testing.assert_equal(curve.flips[e], changed[0] if changed else np.nan)
    np.testing.assert_allclose(
        curve.area, (curve.scores[:, :-1] + curve.scores[:, 1:]).mean(1) / 2, rtol=1e-6
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_have_no_order(net: Network, value: float) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=0)
    result.scores.flat[-1] = value
    for order in ("score", "least"):
        with pytest.raises(InvalidRequest, match=r"The scores are not all finite.*\.$"):
            attribution.ablation_curve(net, X, result, order=order)
    for order in ("activation", "random"):
        attribution.ablation_curve(net, X, result, order=order, counts=[0])


def test_the_orders(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=0)
    by = {
        order: attribution.ablation_curve(net, X, result, order=order, counts=[0], by="neuron")
        for order in ("score", "least", "activation", "random")
    }
    sizes = np.abs(result.scores).reshape(3, -1)
    activations = np.abs(net.activations(X, "hidden")).reshape(3, -1)
    rows = np.arange(3)[:, None]
    assert (np.diff(sizes[rows, by["score"].order]) <= 0).all()
    assert (np.diff(sizes[rows, by["least"].order]) >= 0).all()
    assert (np.diff(activations[rows, by["activation"].order]) <= 0).all()
    again = attribution.ablation_curve(
        net, X[:1], _first(result), order="random", counts=[0], by="neuron"
    )
    np.testing.assert_array_equal(again.order, by["random"].order[:1])
    other = attribution.ablation_curve(
        net, X, result, order="random", counts=[0], by="neuron", seed=1
    )
    assert (other.order != by["random"].order).any()


def _first(result: attribution.Attribution) -> attribution.Attribution:
    return attribution.Attribution(
        **{
            **vars(result),
            "scores": result.scores[:1],
            "target": result.target[:1],
            "request": None,  # which is of all examples
        }
    )


def test_a_flip_of_one_sigmoid_is_a_change_of_sign() -> None:
    inputs = keras.Input((3,), name="x")
    out = keras.layers.Dense(1, activation="sigmoid", name="y")(inputs)
    model = keras.Model(inputs, out)
    model.set_weights([np.array([[3.0], [2.0], [1.0]]), np.array([-2.5])])
    net, x = Network(model), np.ones((1, 3), "float32")
    result = attribution.neuron_integrated_gradients(net, x, "x")
    np.testing.assert_allclose(result.scores, [[3, 2, 1]], rtol=1e-5)
    curve = attribution.ablation_curve(net, x, result)
    np.testing.assert_allclose(curve.scores, [[3.5, 0.5, -1.5, -2.5]], rtol=1e-5)
    np.testing.assert_array_equal(curve.flips, [2])
    np.testing.assert_allclose(curve.area, [(1.75 + 0.5 - 1.5 - 1.25) / 3], rtol=1e-5)


def test_a_number_without_classes_never_flips() -> None:
    model = keras.Sequential([keras.Input((2,), name="x"), keras.layers.Dense(1, name="y")])
    net, x = Network(model), np.ones((1, 2), "float32")
    curve = attribution.ablation_curve(net, x, attribution.neuron_integrated_gradients(net, x, "x"))
    assert np.isnan(curve.flips).all()


@pytest.mark.parametrize(
    ("neurons", "to", "words"),
    [
        ([4], None, "outside the layer"),
        ([(0, 0, 0)], None, "does not fit"),
        (["a"], None, "does not fit"),
        ("a", None, "list"),
        ([0], "median", "not 'median'"),
        ([0], np.zeros(3), "shape"),
    ],
)
def test_requests_that_do_not_fit(net: Network, neurons: object, to: object, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        attribution.ablate(net, X, "hidden", neurons, to=to, target=0)


def test_a_mean_needs_positions(net: Network) -> None:
    with pytest.raises(InvalidRequest, match="positions"):
        attribution.ablate(net, X, "pooled", [0], to="mean", target=0)


def test_a_curve_needs_the_examples_of_its_attribution(net: Network) -> None:
    result = attribution.neuron_integrated_gradients(net, X, "hidden", target=0)
    with pytest.raises(InvalidRequest, match="of 1 examples"):
        attribution.ablation_curve(net, X[:2], _first(result))
    with pytest.raises(InvalidRequest, match="counts"):
        attribution.ablation_curve(net, X, result, counts=[9])


@pytest.mark.parametrize("to", [None, 0])
def test_the_whole_output_of_several_sets(model: keras.Model, net: Network, to: object) -> None:
    logits = []
    for chosen in ([], [2], [0, 1, 2, 3]):
        hidden = hidden_of(model, X)
        hidden[..., chosen] = 0 if to == 0 else hidden_of(model, REFERENCE[None])[..., chosen]
        logits.append(logits_of(model, hidden, X))
    expected = np.stack(logits)
    sets = [[], [2], [0, 1, 2, 3]]
    found = attribution.ablated_outputs(
        net, X, "hidden", sets, to=to, baseline=REFERENCE, output="logit"
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)
    probabilities = attribution.ablated_outputs(net, X, "hidden", [2], to=to, baseline=REFERENCE)
    powers = np.exp(expected[1])
    np.testing.assert_allclose(probabilities, powers / powers.sum(-1, keepdims=True), atol=1e-6)


def test_a_curve_needs_scores(net: Network) -> None:
    """A layer's name is no ranking, nor is the dict that several layers give."""
    several = attribution.gradient_times_difference(net, X, ["x", "hidden"], target=0)
    for given, words in (
        ("hid den\n", r"attribution is 'hid den\\n'; .*gradients\(net, x, 'hid den'\)"),
        (None, "of type NoneType; a result is expected"),
        (several, r"a dict of several layers; .* attribution\[layer\]"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            attribution.ablation_curve(net, X, given)  # type: ignore[arg-type]
