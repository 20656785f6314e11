"""The saturating toy against a Riemann sum of its own definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.work.toy import Toy

amounts = some.floats(0, 2).map(lambda v: round(v, 2))


@given(amounts, amounts)
def test_conductance_is_the_integral_along_the_path(first: float, second: float) -> None:
    a = (np.arange(20_000) + 0.5) / 20_000
    gradient = a * (first + second) < 1  # of min(1, h1 + h2), by either neuron
    expected = gradient.mean() * np.array([first, second])
    np.testing.assert_allclose(Toy(first, second).conductance, expected, atol=2e-4)


@given(amounts, amounts)
def test_the_scores_sum_to_the_difference(first: float, second: float) -> None:
    toy = Toy(first, second)
    assert sum(toy.conductance) == pytest.approx(min(1.0, first + second))
    assert toy.curve()[1][-1] == pytest.approx(toy.f)


def test_the_gradient_is_blind_to_what_is_saturated() -> None:
    assert Toy(1.2, 0.6).gradient == (0.0, 0.0)
    assert Toy(0.3, 0.4).gradient == (0.3, 0.4)
    assert Toy(1.2, 0.6).slope == 0
