"""The walk along the path, and the convergence of the rules, against closed forms."""

import keras
import numpy as np
import pytest

import attribution
from attribution import InvalidRequest, Network
from attribution.convergences import convergence
from attribution.walks import walk

X = np.array([[3.0, 1.0]], np.float32)


@pytest.fixture(scope="module")
def net() -> Network:
    """F = relu(a1 - a2 - 0.6) with a = relu(x): along x = (3, 1) a, F = relu(2 a - 0.6)."""
    inputs = keras.Input((2,), name="x")
    hidden = keras.layers.ReLU(name="hidden")(inputs)
    dense = keras.layers.Dense(1, name="dense")(hidden)
    model = keras.Model(inputs, keras.layers.ReLU(name="y")(dense))
    model.get_layer("dense").set_weights([np.array([[1.0], [-1.0]]), np.array([-0.6])])
    return Network(model)


def test_a_walk_follows_the_closed_form(net: Network) -> None:
    found = walk(net, X, "hidden", target=0, tolerance=0.001)
    a = found.nodes
    assert a[0] == 0
    assert a[-1] == 1
    assert (np.diff(a) > 0).all()
    np.testing.assert_allclose(found.f, np.maximum(2 * a - 0.6, 0), atol=1e-6)
    np.testing.assert_allclose(found.activations, np.stack([3 * a, a], 1), rtol=1e-6)
    np.testing.assert_array_equal(found.gradients, np.where(a > 0.3, 1, 0)[:, None] * [1, -1])
    after = np.maximum(a - 0.3, 0)
    np.testing.assert_allclose(found.accumulated, np.stack([3 * after, -after], 1), atol=0.01)
    np.testing.assert_allclose(found.accumulated[-1], [2.1, -0.7], atol=2e-3)


def test_the_nodes_gather_at_the_kink(net: Network) -> None:
    nodes = walk(net, X, "hidden", target=0, tolerance=1e-4).nodes
    before, after = nodes[nodes <= 0.3].max(), nodes[nodes >= 0.3].min()
    assert after - before < 1e-3
    assert len(nodes) < 129  # where a uniform grid needs a thousand


@pytest.fixture(scope="module")
def picture() -> tuple[Network, np.ndarray]:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6, 5, 1), name="x")
    hidden = keras.layers.Conv2D(3, 3, activation="tanh", name="hidden")(inputs)
    flat = keras.layers.Flatten()(hidden)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(flat))
    return Network(model), np.random.default_rng(0).normal(size=(1, 6, 5, 1)).astype("float32")


def test_channels_are_their_positions_together(picture: tuple[Network, np.ndarray]) -> None:
    net, x = picture
    whole = walk(net, x, "hidden", target=1, steps=33, tolerance=0)
    places = [(r, c) for r in range(4) for c in range(3)]
    each = [walk(net, x, "hidden", target=1, steps=33, tolerance=0, position=p) for p in places]
    np.testing.assert_allclose(
        whole.activations, np.mean([w.activations for w in each], 0), atol=1e-6
    )
    np.testing.assert_allclose(whole.gradients, np.sum([w.gradients for w in each], 0), atol=1e-5)
    np.testing.assert_allclose(
        whole.accumulated, np.sum([w.accumulated for w in each], 0), atol=1e-5
    )


def test_the_end_of_a_walk_is_the_attribution(picture: tuple[Network, np.ndarray]) -> None:
    net, x = picture
    whole = walk(net, x, "hidden", target=1)
    result = attribution.neuron_integrated_gradients(net, x, "hidden", target=1)
    np.testing.assert_allclose(whole.accumulated[-1], result.channels()[0], atol=1e-5)
    np.testing.assert_allclose(whole.f[[-1, 0]], [result.f_input[0], result.f_baseline[0]])
    assert len(whole.nodes) == result.evaluations[0]


@pytest.mark.parametrize("position", [(4, 0), (0,), (0, 0, 0), (-1, 0), (0, 0.5)])
def test_a_position_outside_the_layer_is_refused(
    picture: tuple[Network, np.ndarray], position: tuple
) -> None:
    with pytest.raises(InvalidRequest, match="position"):
        walk(*picture, "hidden", position=position)


def test_a_walk_is_one_path_of_one_layer(net: Network) -> None:
    with pytest.raises(InvalidRequest, match="one of each"):
        walk(net, np.repeat(X, 2, 0), "hidden", target=0)
    with pytest.raises(InvalidRequest, match="one of each"):
        walk(net, X, "hidden", target=0, baseline=[np.zeros(2), np.ones(2)])
    with pytest.raises(InvalidRequest, match="one layer"):
        walk(net, X, "all", target=0)


def test_progress_covers_the_walk_and_may_end_it(net: Network) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk(net, X, "hidden", target=0, progress=stop)


def test_the_errors_of_the_rules_are_those_of_the_closed_form(net: Network) -> None:
    seen: list[tuple[int, int]] = []
    found = convergence(
        net,
        X,
        "hidden",
        target=0,
        finest=129,
        progress=lambda done, total: seen.append((done, total)),
    )
    exact, norm = np.array([2.1, -0.7]), 2.8
    for rule, first in {
        "right, uniform": [2.25, -0.75],
        "trapezoid, uniform": [1.875, -0.625],
    }.items():
        evaluations, errors = found.curves[rule]
        np.testing.assert_array_equal(evaluations, [5, 9, 17, 33, 65])
        np.testing.assert_allclose(errors[0], np.abs(first - exact).sum() / norm, atol=1e-3)
    # Nodes at multiples of 1/4: from 1/4 to 1/2 the gradient 1 holds for 0.8 of the way.
    evaluations, errors = found.curves["secant, uniform"]
    np.testing.assert_array_equal(evaluations, [5, 9, 17])
    np.testing.assert_allclose(errors[0], 0, atol=1e-3)
    evaluations, errors = found.curves["trapezoid, adaptive"]
    np.testing.assert_array_equal(evaluations, [5, 9, 17, 33, 65])
    assert errors[-1] < found.curves["trapezoid, uniform"][1][-1] / 50  # the only kink is found
    assert found.neurons == 2
    assert found.reference == 129
    assert found.reference_error < 1e-5
    whole = 129 + 65 + 2 * 2 * (4 + 8 + 16)
    assert seen[-1] == (whole, whole)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("finest", [2, 16, 64, 100])
def test_the_grids_must_fit_into_each_other(net: Network, finest: int) -> None:
    with pytest.raises(InvalidRequest, match="power of two and one"):
        convergence(net, X, "hidden", target=0, finest=finest)
