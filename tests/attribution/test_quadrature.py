"""The quadrature on integrals with closed forms; NumPy only."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.quadrature import FIRST_NODES, Path, Refinement, contractions, trapezoid
from tests.vectors import parametrize


def refined(h, g, nodes: int) -> Path:  # type: ignore[no-untyped-def]
    """A path of int g(a) . h'(a) da with that many nodes, added as the engine adds them."""
    path = Path()
    while len(path.nodes) < nodes:
        wanted = FIRST_NODES if not path.nodes else min(8, nodes - len(path.nodes))
        for a in path.propose(wanted):
            path.add(a, np.atleast_1d(h(a)), np.atleast_1d(g(a)))
    return path


@parametrize("quadrature_weights")
def test_the_weights_sum_to_one(case: dict) -> None:
    """int g da with g = 1 at one node and 0 elsewhere is that node's weight."""
    for name in ("n2", "n3"):
        known = case["expected"][name]
        nodes = np.array(known["nodes"])
        h = np.repeat(nodes[:, None], len(nodes), 1)
        weights, _, _ = trapezoid(h, np.eye(len(nodes)))
        np.testing.assert_allclose(weights, known["correct_weights"], atol=case["tolerance"])
        assert np.abs(weights - known["captum_weights"]).max() > 0.05
    nodes = np.array(case["expected"]["n4_nodes"])
    weights, _, _ = trapezoid(np.repeat(nodes[:, None], 4, 1), np.eye(4))
    np.testing.assert_allclose(weights, np.array([1, 2, 2, 1]) / 6, atol=case["tolerance"])


def test_first_nodes_are_even_and_hold_both_ends() -> None:
    assert Path().propose(5) == [0.0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    ("h", "g", "exact"),
    [
        (lambda a: a, lambda a: 3.0, 3.0),
        (lambda a: a**2, lambda a: a, 2 / 3),
        (lambda a: np.sin(3 * a), np.exp, 0.3 * (np.e * (np.cos(3) + 3 * np.sin(3)) - 1)),
        (lambda a: max(a - 0.3, 0), lambda a: float(a > 0.71), 0.29),
        (lambda a: np.tanh(40 * a), lambda a: np.tanh(40 * a), np.tanh(40) ** 2 / 2),
    ],
    ids=["constant", "polynomial", "smooth", "kinks", "steep"],
)  # fmt: skip
def test_closed_forms(h, g, exact: float) -> None:  # type: ignore[no-untyped-def]
    """d(sin 3a) = 3 cos 3a da, and int 3 e^a cos 3a da = 0.3 e^a (cos 3a + 3 sin 3a)."""
    value, error = refined(h, g, 129).integrate()
    assert value == pytest.approx(exact, abs=2e-3)
    assert abs(value[0] - exact) <= 4 * error + 1e-9


def test_nodes_go_where_the_integrand_changes() -> None:
    """A jump at 0.71 seen by moving activations draws nodes; where nothing moves, none go."""
    jump = refined(lambda a: a, lambda a: float(a > 0.71), 65)
    near = [a for a in jump.nodes if abs(a - 0.71) < 0.01]
    assert len(near) > 20
    still = refined(lambda a: min(a, 0.5), lambda a: float(a > 0.25) + float(a > 0.75), 65)
    assert len([a for a in still.nodes if 0.5 < a < 1]) <= FIRST_NODES // 2 + 1


def test_bisection_stops_at_the_grain_of_float32() -> None:
    path = refined(lambda a: a, lambda a: float(a > 1 / 3), 20)
    for _ in range(40):
        for a in path.propose(4):
            path.add(a, np.array([a]), np.array([float(a > 1 / 3)]))
    singles = np.float32(path.nodes)
    assert (np.diff(singles) > 0).all()


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_the_sum_reversed_changes_its_sign(seed: int, nodes: int) -> None:
    h, g = np.random.default_rng(seed).normal(size=(2, nodes, 3))
    there, back = trapezoid(h, g)[0], trapezoid(h[::-1], g[::-1])[0]
    np.testing.assert_allclose(there, -back, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_sum_and_difference_by_their_definitions(seed: int, nodes: int) -> None:
    h, g = np.random.default_rng(seed).normal(size=(2, nodes, 3))
    value, difference, parts = trapezoid(h, g)
    fine = sum((g[k] + g[k - 1]) / 2 * (h[k] - h[k - 1]) for k in range(1, nodes))
    ends = list(range(0, nodes, 2))
    coarse = sum(
        ((g[b] + g[a]) / 2 * (h[b] - h[a]) for a, b in pairwise(ends)),
        np.zeros(3),
    )
    if nodes % 2 == 0:
        coarse = coarse + (g[-1] + g[-2]) / 2 * (h[-1] - h[-2])
    np.testing.assert_allclose(value, fine, atol=1e-12)
    np.testing.assert_allclose(difference, fine - coarse, atol=1e-12)
    assert len(parts) == (nodes - 1) // 2
    assert parts.sum() >= np.abs(difference).sum() - 1e-12


@given(st.integers(0, 2**32 - 1), st.integers(2, 20))
def test_contractions_are_the_same_sums(seed: int, nodes: int) -> None:
    h, g = np.random.default_rng(seed).normal(size=(2, nodes, 3))
    value, difference, _ = trapezoid(h, g)
    for matrix, wanted in zip(contractions(nodes), (value, difference), strict=True):
        np.testing.assert_allclose((h * (matrix @ g)).sum(0), wanted, atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_stretches_add_up(seed: int, pairs: int) -> None:
    """A sum taken in stretches of two intervals is the sum over all, and so is its estimate."""
    h, g = np.random.default_rng(seed).normal(size=(2, 2 * pairs + 1, 3))
    whole, parted = Refinement(), Refinement()
    whole.add(*trapezoid(h, g))
    for k in range(0, 2 * pairs, 2):
        parted.add(*trapezoid(h[k : k + 3], g[k : k + 3]))
    np.testing.assert_allclose(parted.value, whole.value, atol=1e-12)
    assert parted.error == pytest.approx(whole.error, rel=1e-9)


def test_a_linear_head_has_no_error() -> None:
    rng = np.random.default_rng(1)
    value, difference, _ = trapezoid(rng.normal(size=(9, 4)), np.ones((9, 4)))
    np.testing.assert_allclose(difference, 0, atol=1e-12)
    total = Refinement()
    total.add(value, np.zeros(4), np.zeros(4))
    assert total.error == 0


def jumps(places: np.ndarray, weights: np.ndarray) -> Path:
    return refined(lambda a: a * weights, lambda a: (a > places).astype(float), 33)


def test_the_estimate_covers_a_kink_anywhere() -> None:
    """g jumps at a place drawn at random: the estimate holds in 95 of 100, within 4x in most."""
    rng = np.random.default_rng(3)
    held = close = 0
    for _ in range(200):
        places = rng.random(12)
        weights = rng.normal(size=12)
        value, error = jumps(places, weights).integrate()
        true = np.abs(value - weights * (1 - places)).sum()
        held += true <= error
        close += error <= 4 * true
    assert held >= 190
    assert close >= 120
