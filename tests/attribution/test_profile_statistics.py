"""The statistics of a profile: against NumPy and SciPy, merged in any order, held to their 95 %."""

import functools
import itertools
import operator

import numpy as np
import pytest
from scipy import stats

from attribution.profile import resampling
from attribution.profile.galleries import ENDS, KEPT, Gallery
from attribution.profile.histograms import EDGES, Histogram
from attribution.profile.moments import Moments
from attribution.profile.resampling import Resamples, weights
from attribution.profile.rows import Rows
from attribution.profile.statistics import Summary, table

RNG = np.random.default_rng(5)
SCORES = RNG.gamma(1.5, size=(700, 12)) * RNG.normal(size=12)
INDEX = RNG.permutation(2000)[:700]
VARIANCE = RNG.gamma(2, 0.01, size=SCORES.shape)
CUTS = (0, 3, 40, 333, 334, 700)


def rows(index, label, scores, target=None):
    n = len(index)
    flat = np.zeros(n, np.float32)
    wide = scores.astype(np.float32)
    return Rows(
        index=np.asarray(index),
        label=np.asarray(label),
        target=np.asarray(label if target is None else target),
        score=flat,
        reference=flat,
        evaluations=np.ones(n, int),
        units={"layer": wide},
        quadrature={"layer": np.full_like(wide, 0.04)},
        activations={"layer": wide},
    )


def merged(make, order):
    parts = [make(slice(CUTS[k], CUTS[k + 1])) for k in order]
    return functools.reduce(operator.add, parts)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 2, 0, 1, 3), (3, 4, 1, 0, 2)])
def test_sums_are_those_of_numpy_and_scipy_in_any_order(order):
    found = merged(lambda s: Moments.of(SCORES[s], VARIANCE[s]), order)
    assert found.count == 700
    np.testing.assert_allclose(found.mean, SCORES.mean(0))
    np.testing.assert_allclose(found.m2 / 700, SCORES.var(0))
    np.testing.assert_allclose(found.m3 / 700, stats.moment(SCORES, 3), atol=1e-9)
    np.testing.assert_allclose(found.m4 / 700, stats.moment(SCORES, 4))
    np.testing.assert_allclose(found.standard_error, stats.sem(SCORES))
    np.testing.assert_allclose(found.quadrature_error, np.sqrt(VARIANCE.sum(0)) / 700)
    np.testing.assert_allclose(found.size, np.abs(SCORES).sum(0))
    np.testing.assert_allclose(found.positive + found.negative, SCORES.sum(0))
    tenth = np.argsort(-np.abs(SCORES), axis=1)[:, :10]
    np.testing.assert_array_equal(found.first, np.bincount(tenth.ravel(), minlength=12))


def test_units_that_stay_at_zero_are_not_among_the_first():
    scores = np.zeros((4, 30))
    scores[:, :3] = 1
    found = Moments.of(scores, scores)
    np.testing.assert_array_equal(found.first, [4, 4, 4, *[0] * 27])


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 2, 0, 1, 3)])
def test_resamples_histograms_and_examples_add_up_in_any_order(order):
    whole, found = (
        merged(lambda s: Summary.of(INDEX[s], SCORES[s], VARIANCE[s]), order),
        Summary.of(INDEX, SCORES, VARIANCE),
    )
    np.testing.assert_allclose(found.resamples.first, whole.resamples.first)
    np.testing.assert_allclose(found.resamples.second, whole.resamples.second)
    np.testing.assert_array_equal(found.histogram.counts, whole.histogram.counts)
    np.testing.assert_array_equal(found.gallery.index, whole.gallery.index)
    np.testing.assert_array_equal(found.gallery.ends, whole.gallery.ends)
    np.testing.assert_allclose(found.intervals, whole.intervals)


def test_resamples_are_what_repeating_inputs_gives():
    w = weights(INDEX, 7)
    found = Resamples.of(INDEX, SCORES, 7)
    for draw in range(7):
        repeated = np.repeat(SCORES, w[draw].astype(int), axis=0)
        np.testing.assert_allclose(found.means[draw], repeated.mean(0))
        moments = Moments.of(SCORES, VARIANCE)
        error = repeated.std(0) / np.sqrt(699)
        np.testing.assert_allclose(
            found.studentised(moments)[draw], np.abs(repeated.mean(0) - SCORES.mean(0)) / error
        )


def test_weights_are_poisson_numbers_of_mean_one_and_do_not_go_together():
    w = weights(np.arange(3000), 400)
    seen = np.bincount(w.astype(int).ravel(), minlength=8)
    expected = stats.poisson.pmf(np.arange(7), 1)
    expected = np.append(expected, 1 - expected.sum()) * w.size
    assert stats.chisquare([*seen[:7], seen[7:].sum()], expected).pvalue > 0.001
    for array in (w[:60], w.T[:60]):  # neighbouring draws, neighbouring inputs
        away = np.corrcoef(array)[np.triu_indices(60, 1)] * np.sqrt(array.shape[1])
        assert abs(away.std() - 1) < 0.1
        assert abs(away.mean()) < 0.1


def test_intervals_of_normal_scores_are_those_of_student_and_of_the_largest_of_many():
    rng = np.random.default_rng(2)
    n, units = 60, 40
    scores = rng.normal(size=(n, units))
    moments = Moments.of(scores, scores**2)
    plain, joint = resampling.intervals(Resamples.of(np.arange(n), scores, 4000), moments)
    student = stats.t.ppf(0.975, n - 1) * moments.standard_error
    assert np.mean(plain / student) == pytest.approx(1, abs=0.03)
    sidak = stats.t.ppf((1 + 0.95 ** (1 / units)) / 2, n - 1) * moments.standard_error
    np.testing.assert_allclose(joint / sidak, 1, atol=0.1)


def test_intervals_of_skewed_scores_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(3)
    n, units, trials = 60, 15, 300
    truth = np.ones(units)
    plain_held, joint_held = [], []
    for _ in range(trials):
        shared = rng.exponential(size=(n, 1))
        scores = 0.5 * shared + 0.5 * rng.exponential(size=(n, units))
        moments = Moments.of(scores, scores)
        plain, joint = resampling.intervals(Resamples.of(np.arange(n), scores), moments)
        away = np.abs(moments.mean - truth)
        plain_held.append(away[3] <= plain[3])
        joint_held.append((away <= joint).all())
    for held in (plain_held, joint_held):
        assert stats.binomtest(sum(held), trials, 0.95).pvalue > 0.05


def test_no_bound_where_too_few_inputs_make_the_spread():
    scores = RNG.normal(size=(50, 4))
    scores[:, 1] = 0
    scores[:, 2] = 7.25
    scores[:, 3] = 0
    scores[:2, 3] = 1
    moments = Moments.of(scores, scores)
    plain, joint = resampling.intervals(Resamples.of(np.arange(50), scores), moments)
    for half in (plain, joint):
        np.testing.assert_array_equal(np.isinf(half), [False, True, True, True])
    assert joint[0] == plain[0]  # nothing to be simultaneous with


def test_the_table_is_the_same_for_any_shards_in_any_order():
    label = RNG.integers(-1, 2, 700)
    target = np.where(label < 0, 1, 0)
    parts = [
        rows(INDEX[a:b], label[a:b], SCORES[a:b], target[a:b]) for a, b in itertools.pairwise(CUTS)
    ]
    first = table(parts, ["cat", "dog"], "layer")
    second = table(iter(parts[::-1]), ["cat", "dog"], "layer")
    assert first.equals(second)
    assert list(first.columns)[:11] == [
        "class",
        "unit",
        "count",
        "mean",
        "standard_error",
        "quadrature_error",
        "low",
        "high",
        "simultaneous_low",
        "simultaneous_high",
        "first_10",
    ]
    dogs = SCORES[np.where(label < 0, target, label) == 1].astype(np.float32)
    found = first[first["class"] == "dog"]
    np.testing.assert_allclose(found["mean"], dogs.mean(0), rtol=1e-6)
    np.testing.assert_array_equal(found["count"], len(dogs))
    np.testing.assert_allclose(found["quadrature_error"], np.sqrt(0.04 / len(dogs)), rtol=1e-6)
    assert (found["simultaneous_low"] < found["low"]).all()
    assert (found["positive"] + found["negative"] - found["mean"]).abs().max() < 1e-9


def test_inputs_without_finite_scores_are_left_out():
    scores = SCORES[:20].copy()
    scores[3, 2] = np.nan
    found = table([rows(np.arange(20), np.full(20, -1), scores)], [], "layer")
    assert set(found["class"]) == {"all"}
    assert set(found["count"]) == {19}


def test_histograms_count_each_input_once_between_its_bounds():
    found = Histogram.of(SCORES)
    np.testing.assert_array_equal(found.counts.sum(1), 700)
    for unit in range(12):
        np.testing.assert_array_equal(found.counts[unit], np.histogram(SCORES[:, unit], EDGES)[0])
    low, high = found.quantile(0.3)
    true = np.quantile(SCORES, 0.3, axis=0, method="inverted_cdf")
    assert ((low <= true) & (true <= high)).all()


def test_examples_come_from_all_of_the_range_with_their_share_of_the_effect():
    n = 400
    scores = RNG.permutation(n)[:, None].astype(float)
    parts = Gallery.of(np.arange(n) * 3, scores).parts(0, count=5, each=4)
    assert [(p.low, p.high) for p in parts] == [(k * 80, k * 80 + 79) for k in range(5)]
    sums = [sum(range(k * 80, k * 80 + 80)) for k in range(5)]
    np.testing.assert_allclose([p.share for p in parts], np.array(sums) / sum(range(n)))
    for p in parts:
        np.testing.assert_array_equal(scores[p.places // 3, 0], p.scores)
        assert (np.diff(p.scores) > 10).all()


def test_of_many_inputs_examples_are_drawn_and_the_ends_are_kept():
    n = 3 * KEPT
    found = Gallery.of(np.arange(n), np.arange(n, dtype=float)[:, None])
    assert len(found.index) == KEPT
    low, high = found.scores.min(), found.scores.max()
    assert low < n / 20 and high > n - n / 20  # noqa: PT018
    places, scores = found.strongest(0)
    np.testing.assert_array_equal(places, [*range(ENDS), *range(n - ENDS, n)])
    np.testing.assert_array_equal(scores, places)
