"""Agreement of two scorings, against SciPy-free textbook numbers and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.work.comparison import compare, largest, spearman

# The worked example of Spearman's rho at en.wikipedia.org (IQ and hours of TV): -29/165.
IQ = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], float)
TV = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17], float)

scores = some.lists(some.integers(-50, 50), min_size=2, max_size=30)


def test_spearman_of_the_textbook() -> None:
    assert spearman(IQ, TV) == pytest.approx(-29 / 165)


def test_ties_share_their_mean_rank() -> None:
    # Ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): Pearson's r of these is 4.5 / sqrt(4.5 * 5).
    assert spearman(np.array([1, 2, 2, 3.0]), np.array([1, 2, 3, 4.0])) == pytest.approx(
        4.5 / np.sqrt(4.5 * 5)
    )


def test_a_constant_has_no_rank_correlation() -> None:
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))


@given(scores)
def test_any_rising_function_keeps_the_ranks(values: list[int]) -> None:
    first = np.array(values, float)
    again = spearman(first, first**3)
    assert np.isnan(again) if len(set(values)) == 1 else again == pytest.approx(1)
    turned = spearman(first, -first)
    assert np.isnan(turned) if len(set(values)) == 1 else turned == pytest.approx(-1)


def test_overlap_counts_the_largest_without_their_signs() -> None:
    first, second = np.array([5.0, -4, 3, 0.1]), np.array([-5.0, 0.1, 3, 4])
    assert compare(first, second, k=2).overlap == 1  # {0, 1} and {0, 3}
    assert compare(first, second, k=3).overlap == 2  # {0, 1, 2} and {0, 2, 3}
    assert compare(first, second, k=99).overlap == 4


def test_the_largest_disagreements_come_first() -> None:
    found = compare(np.array([1.0, 2, 3]), np.array([1.5, -2, 3.1]), count=2)
    assert [d.unit for d in found.largest] == [1, 0]
    assert (found.largest[0].first, found.largest[0].second) == (2.0, -2.0)


def test_signs_agree_where_neither_is_zero() -> None:
    assert compare(np.array([1.0, -1, 0, 2]), np.array([3.0, 1, 5, 0])).same_sign == 0.5
    assert np.isnan(compare(np.zeros(3), np.ones(3)).same_sign)


def test_equal_sizes_keep_their_order() -> None:
    assert largest(np.array([1.0, -1, 1, 2]), 3) == [3, 0, 1]


def test_arrays_of_different_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        compare(np.ones(3), np.ones(4))


def test_noise_around_zero_has_no_rank() -> None:
    first = np.array([2.0, 1, 0, 0, 0, 0])
    noise = np.array([0, 0, 1e-7, -2e-7, 0, 3e-7])
    assert compare(first, first + noise).spearman == pytest.approx(1)
