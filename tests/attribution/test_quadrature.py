"""The quadrature on integrals with closed forms; NumPy only."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.integration.estimate import Refinement, contractions, trapezoid
from attribution.integration.quadrature import FIRST_NODES, Path, resolution
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
        weights, _ = trapezoid(h, np.eye(len(nodes)))
        np.testing.assert_allclose(weights, known["correct_weights"], atol=case["tolerance"])
        assert np.abs(weights - known["captum_weights"]).max() > 0.05
    nodes = np.array(case["expected"]["n4_nodes"])
    weights, _ = trapezoid(np.repeat(nodes[:, None], 4, 1), np.eye(4))
    np.testing.assert_allclose(weights, np.array([1, 2, 2, 1]) / 6, atol=case["tolerance"])


def test_first_nodes_hold_both_ends_and_read_the_same_from_either() -> None:
    for count in range(2, 40):
        nodes = np.array(Path().propose(count))
        assert len(nodes) == count
        assert (nodes[0], nodes[-1]) == (0, 1)
        np.testing.assert_allclose(nodes, 1 - nodes[::-1], atol=1e-12)
        assert np.diff(nodes).max() <= 1.35 / (count - 1)
        assert np.diff(nodes).min() >= 0.65 / (count - 1)


def test_no_period_fits_the_nodes() -> None:
    """A wave of any period that the nodes can see is nowhere near constant on them."""
    path = Path()
    while len(path.nodes) < 65:
        for a in path.propose(16, wide=16):
            path.add(a, np.array([a]), np.array([1.0]))
    nodes = np.array(path.nodes)
    for waves in np.arange(1, 65):
        for shift in (0, np.pi / 2):
            assert np.ptp(np.sin(2 * np.pi * waves * nodes + shift)) > 1


@pytest.mark.parametrize("widest", [1 / 16, 1 / 27, 1 / 40, 0.3])
@pytest.mark.parametrize("first", [3, 11, 17])
def test_wide_stretches_are_cut_until_none_is_left(first: int, widest: float) -> None:
    path = Path()
    for a in path.propose(first):
        path.add(a, np.array([a]), np.array([1.0]))
    lacking = path.lacking(widest)
    places = path.propose(lacking, wide=lacking, widest=widest)
    assert len(places) == lacking
    for a in places:
        path.add(a, np.array([a]), np.array([1.0]))
    assert path.resolution <= widest
    assert path.lacking(widest) == 0
    assert len(path.nodes) <= max(first, 1.9 / widest)  # a regular grid needs 1 / widest


def test_a_part_of_the_nodes_goes_where_nothing_was_seen() -> None:
    """All spread is at 0.1, and half of the nodes go into the widest stretches all the same."""
    path = refined(lambda a: a, lambda a: float(a > 0.1), 33)
    before = path.resolution
    places = path.propose(16, wide=8)
    assert len(places) == 16
    assert sum(a > 0.2 for a in places) >= 6
    for a in places:
        path.add(a, np.array([a]), np.array([float(a > 0.1)]))
    assert path.resolution < before


def test_finer_tolerances_look_closer() -> None:
    assert resolution(0.05) == 1 / 16
    assert resolution(0.2) == 1 / 16
    found = [resolution(t) for t in (0.05, 0.04, 0.03, 0.02, 0.0)]
    assert found == sorted(found, reverse=True)
    assert len(set(found[:4])) == 4


def test_each_layer_counts_by_the_norm_of_its_scores() -> None:
    """A loud layer jumps at 0.2, one a thousand times smaller at 0.7: both draw nodes."""
    path = Path([0, 1])
    while len(path.nodes) < 65:
        for a in path.propose(8 if path.nodes else 11):
            h, g = np.array([a, a]), np.array([1000 * float(a > 0.2), float(a > 0.7)])
            path.add(a, h, g)
        found = [path.integrate(k) for k in (0, 1)]
    assert found[0][0] == pytest.approx(800, rel=1e-2)
    assert found[1][0] == pytest.approx(0.3, rel=1e-2)
    for place in (0.2, 0.7):
        assert sum(abs(a - place) < 0.01 for a in path.nodes) > 10


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
    value, difference = trapezoid(h, g)
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


@given(st.integers(0, 2**32 - 1), st.integers(2, 20))
def test_contractions_are_the_same_sums(seed: int, nodes: int) -> None:
    h, g = np.random.default_rng(seed).normal(size=(2, nodes, 3))
    steps, means, sums = contractions(nodes)
    for row, wanted in zip(sums @ ((steps @ h) * (means @ g)), trapezoid(h, g), strict=True):
        np.testing.assert_allclose(row, wanted, atol=1e-5)


def test_a_constant_neuron_scores_exactly_nothing() -> None:
    rng = np.random.default_rng(2)
    h, g = np.full((9, 3), 0.1, np.float32), rng.normal(size=(9, 3)).astype(np.float32)
    steps, means, sums = contractions(9)
    assert (sums @ ((steps @ h) * (means @ g)) == 0).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_stretches_add_up(seed: int, pairs: int) -> None:
    """A sum taken in stretches of two intervals is the sum over all, and so is its estimate."""
    h, g = np.random.default_rng(seed).normal(size=(2, 2 * pairs + 1, 3))
    whole, parted = Refinement(), Refinement()
    whole.add(*trapezoid(h, g), h, g)
    for k in range(0, 2 * pairs, 2):
        stretch = h[k : k + 3], g[k : k + 3]
        parted.add(*trapezoid(*stretch), *stretch)
    np.testing.assert_allclose(parted.value, whole.value, atol=1e-12)
    assert parted.error == pytest.approx(whole.error, rel=1e-9)


def test_a_linear_head_has_no_error() -> None:
    h, g = np.random.default_rng(1).normal(size=(9, 4)), np.ones((9, 4))
    value, difference = trapezoid(h, g)
    np.testing.assert_allclose(difference, 0, atol=1e-12)
    total = Refinement()
    total.add(value, difference, h, g)
    assert total.error == 0


@given(st.integers(0, 2**32 - 1), st.integers(3, 20))
def test_both_pairings_count(seed: int, nodes: int) -> None:
    """By its definition: the sum over every second node, from the first and from the second."""
    h, g = np.random.default_rng(seed).normal(size=(2, nodes, 3))
    total = Refinement()
    total.add(*trapezoid(h, g), h, g)

    def part(a: int, b: int) -> np.ndarray:
        return (g[a] + g[b]) / 2 * (h[b] - h[a])

    wanted = []
    for start in (0, 1):
        pairs = np.array(
            [part(k, k + 1) + part(k + 1, k + 2) - part(k, k + 2)
             for k in range(start, nodes - 2, 2)] or [np.zeros(3)]
        )  # fmt: skip
        sizes = np.abs(pairs).sum(1)
        effective = sizes.sum() ** 2 / (sizes**2).sum() if sizes.any() else 1
        wanted.append(np.abs(pairs.sum(0)).sum() * (1 + 1.5 / np.sqrt(effective)) / np.sqrt(2))
    assert list(total.estimates) == pytest.approx(wanted, rel=1e-9)
    assert total.error == pytest.approx(np.hypot(*wanted) / np.sqrt(2), rel=1e-9)


@pytest.mark.parametrize(("middle", "factor"), [(0.5, 1 / 3), (1 / 3, 1 / 2), (2 / 3, 1 / 2)])
def test_a_kink_anywhere_in_a_pair_on_average(middle: float, factor: float) -> None:
    """g jumps somewhere between 0 and 1, with a node at `middle`: mean squares of error and d."""
    jumps = (np.arange(4000) + 0.5) / 4000
    nodes = np.array([0.0, middle, 1.0])
    h, g = np.repeat(nodes[:, None], len(jumps), 1), (nodes[:, None] > jumps).astype(float)
    value, difference = trapezoid(h, g)
    square = np.mean((value - (1 - jumps)) ** 2)
    assert square == pytest.approx(factor * np.mean(difference**2), rel=1e-2)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["h", "g"])
def test_what_is_not_finite_has_no_error(wrong: float, where: str) -> None:
    rows = dict(zip("hg", np.random.default_rng(1).normal(size=(2, 9, 4)), strict=True))
    rows[where][4, 1] = wrong
    total = Refinement()
    with np.errstate(invalid="ignore"):
        total.add(*trapezoid(**rows), **rows)
        assert np.isnan(total.error)


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
