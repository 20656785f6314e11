"""Which units come first, and which label a unit stands for: only what the data settle."""

import numpy as np
import pytest
from scipy import stats

from attribution.errors import InvalidRequest
from attribution.profile import naming
from attribution.profile.moments import Moments
from attribution.profile.ranking import difference, ranking
from attribution.profile.resampling import Resamples

N = 200


def of(scores, draws=1000):
    return Resamples.of(np.arange(len(scores)), scores, draws), Moments.of(scores, scores)


def drawn(seed, means):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(N, 1))  # what all units have in common says nothing of their order
    return np.array(means) + np.sign(means) * shared + 0.3 * rng.normal(size=(N, len(means)))


def test_a_set_is_settled_where_every_pair_is_and_else_names_the_units_that_are_not():
    found = ranking(*of(drawn(0, [-3, 2.5, 2, 1, -0.9, 0.5])), count=3)
    assert found.first.tolist() == [0, 1, 2]
    assert found.settled
    assert found.jaccard == 1
    near = ranking(*of(drawn(1, [-3, 2.5, 2, 1.99, -0.9, 0.5])), count=3)
    assert sorted(near.undecided.tolist()) == [2, 3]
    assert 0.5 < near.jaccard < 1
    assert ranking(*of(drawn(1, [3, 2]))).settled  # all there are


def test_a_settled_set_is_wrong_seldom():
    """Two units with one true mean: neither is before the other, so no set of one is right."""
    trials = [drawn(seed, [2, 2, -2, 1]) for seed in range(100)]
    settled = [ranking(*of(scores, 400), count=1).settled for scores in trials]
    assert stats.binomtest(sum(settled), 100, 0.05, "greater").pvalue > 0.05


def test_a_difference_is_paired():
    scores = drawn(3, [2, -1.9, 0.2])
    gap, low, high = difference(*of(scores), 0, 1)
    paired = scores[:, 0] + scores[:, 1]
    assert gap == pytest.approx(paired.mean())
    half = stats.norm.ppf(0.975) * stats.sem(paired)
    assert (high - low) / 2 == pytest.approx(half, rel=0.15)
    assert half < stats.sem(scores[:, 0])


def test_the_area_and_its_error_are_those_of_pairs_and_of_resamples():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.7, size=(40, 2)).round(1), rng.normal(size=(60, 2)).round(1)
    found, error = naming.area(a, b)
    pairs = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    np.testing.assert_allclose(found, pairs.mean((0, 1)))
    again = [
        naming.area(a[rng.integers(0, 40, 40)], b[rng.integers(0, 60, 60)])[0] for _ in range(600)
    ]
    np.testing.assert_allclose(error, np.std(again, axis=0), rtol=0.12)


def test_a_name_only_where_the_interval_is_clear_of_chance():
    rng = np.random.default_rng(5)
    stripes, spots = rng.random((2, 300)) < 0.3
    values = rng.normal(size=(300, 30))
    values[:, 4] += 2 * stripes
    values[:, 7] -= 2 * spots
    values[:, 9] = np.where(spots, 5, 0) + rng.random(300)
    rare = np.zeros(300)
    rare[:3] = 1
    unknown = np.where(np.arange(300) < 200, stripes, np.nan)
    found = naming.names(values, {"stripes": unknown, "spots": spots, "rare": rare})
    named = found[found["name"] != ""].set_index("unit")
    assert named["name"].to_dict() == {4: "stripes", 7: "spots", 9: "spots"}
    assert named.loc[4, "low"] > 0.5
    assert named.loc[7, "high"] < 0.5
    assert named.loc[9, "area"] == 1
    assert 0.8 < named.loc[9, "low"] < 1
    assert named.loc[4, "inputs"] == stripes[:200].sum()


def test_by_chance_hardly_anything_is_named():
    rng = np.random.default_rng(6)
    false = 0
    for _ in range(100):
        attributes = {str(k): rng.random(80) < 0.4 for k in range(4)}
        false += (naming.names(rng.normal(size=(80, 10)), attributes)["name"] != "").any()
    assert stats.binomtest(int(false), 100, 0.05, "greater").pvalue > 0.05
    assert naming.names(rng.normal(size=(8, 10)), {"few": np.arange(8) < 2}).empty


def test_own_names_are_read_from_yaml_and_refused_in_a_sentence(tmp_path):
    file = tmp_path / "names.yaml"
    file.write_text("top: {0: stripes, 12: ' dots '}\n")
    assert naming.own_names(file) == {"top": {0: "stripes", 12: "dots"}}
    for text in ("top: [1]", "3", "top: {a: b}", "top: {1: ''}", "a: [", "top: {1: 2}"):
        file.write_text(text)
        with pytest.raises(InvalidRequest, match=r"names\.yaml"):
            naming.own_names(file)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        naming.own_names(tmp_path / "none.yaml")
