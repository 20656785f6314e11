"""What a page says of a run: classes, quantiles, likeness, differences, against slow ways."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.words import profile as words
from dashboard.work import seen
from dashboard.work.profiled import Profiled, apart, likeness

CLASSES = ("cat", "dog")


def table(means: np.ndarray, half: float, classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    """The statistics of means (classes, units), all intervals as wide."""
    rows = [
        {
            "class": name,
            "unit": unit,
            "mean": mean,
            "positive": max(mean, 0.0),
            "simultaneous_low": mean - half,
            "simultaneous_high": mean + half,
        }
        for name, of_class in zip(classes, means, strict=True)
        for unit, mean in enumerate(of_class)
    ]
    return pd.DataFrame(rows)


def profiled(scores: np.ndarray, half: float = 0.1) -> Profiled:
    """Inputs of two classes in turn, at every second place of a manifest."""
    group = np.arange(len(scores)) % 2
    means = np.stack([scores[group == c].mean(axis=0) for c in (0, 1)])
    index = 2 * np.arange(len(scores))
    return Profiled("hidden", CLASSES, index, group, group + 5, scores, table(means, half))


def test_examples_lie_at_the_quantiles_of_their_class() -> None:
    scores = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    found = profiled(scores)
    values = scores[1::2, 2]
    for example in found.examples("dog", 2, (0.0, 0.1, 0.5, 0.9, 1.0)):
        assert example.score == scores[example.place // 2, 2]
        assert (example.place // 2) % 2 == 1
        below = (values < example.score).mean()
        assert below == pytest.approx(example.level, abs=0.01)
    assert [e.score for e in found.examples("dog", 2, (0.0, 1.0))] == [values.min(), values.max()]


def test_of_one_input_there_is_one_example() -> None:
    found = profiled(np.array([[1.0], [2.0]], np.float32))
    assert [e.score for e in found.examples("cat", 0)] == [1.0]
    assert found.targets == {0: 5, 2: 6}


def test_usual_is_the_share_that_lies_below_among_those_that_were_explained_alike() -> None:
    scores = np.arange(20, dtype=np.float32)[:, None]
    found = profiled(scores)
    assert found.usual(5, 0, 9.0) == (0.5, 10)  # 0, 2, 4, 6, 8 of 0 to 18
    assert found.usual(6, 0, 9.0) == (0.45, 10)  # 1, 3, 5, 7 and half of 9
    assert found.usual(7, 0, 9.0)[1] == 0


def test_shares_of_the_evidence_add_up_to_one_and_rank_by_size() -> None:
    scores = np.array([[3.0, -8.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]], np.float32)
    found = profiled(scores)
    np.testing.assert_allclose(found.of_class("cat")["share"], [0.75, 0, 0.25, 0])
    assert found.ranked("cat") == [1, 0, 2, 3]


def test_a_set_is_settled_unless_two_units_at_its_border_cannot_be_told_apart() -> None:
    """Twenty units with means 20, 19, ... 1, whichever way they speak; then the eleventh, 10, is as
    large as the tenth is, 11, in inputs of its own."""
    rng = np.random.default_rng(3)
    means = np.arange(20.0, 0.0, -1.0)
    scores = means + 0.5 * rng.normal(size=(400, 20))
    scores[:, ::2] *= -1
    found = profiled(scores.astype(np.float32)).settled("cat")
    assert (found.first, found.undecided) == (list(range(10)), [])
    assert found.jaccard == 1
    scores[:, 10] = -(11 + 0.5 * rng.normal(size=400))
    near = profiled(scores.astype(np.float32)).settled("cat")
    assert sorted(near.undecided) == [9, 10]
    assert 9 / 11 < near.jaccard < 1  # one of ten changes, or none


def test_likeness_puts_like_units_side_by_side_whatever_their_sizes() -> None:
    rng = np.random.default_rng(2)
    kinds = rng.normal(size=(3, 6))
    of = rng.permutation(np.repeat([0, 1, 2], 5))
    means = (kinds[of] * rng.uniform(0.2, 5, size=(15, 1))).T
    classes = tuple("abcdef")
    whole = np.zeros(0, int)
    found = Profiled(
        "x", classes, whole, whole, whole, np.zeros((0, 15)), table(means, 0.1, classes)
    )
    ordered, names, units = likeness(found, 100)
    assert sorted(names) == list(classes)
    np.testing.assert_array_equal(ordered, means[np.ix_([classes.index(n) for n in names], units)])
    assert sum(a != b for a, b in zip(of[units], of[units[1:]], strict=False)) == 2
    largest = set(np.argsort(-np.abs(means).max(axis=0))[:4])
    assert set(likeness(found, 4)[2]) == largest


def test_units_of_two_runs_part_where_their_intervals_do() -> None:
    first = table(np.array([[0.0, 1.0, 2.0]]), 0.2, ("cat",))
    second = table(np.array([[0.0, 1.3, 2.5]]), 0.2, ("cat",))
    found = apart(first, second)
    assert [(each.unit, each.parts) for each in found] == [(2, True), (1, False), (0, False)]
    assert (found[0].first, found[0].second) == (2.0, 2.5)


def test_baselines_of_several_inputs_are_compared_input_by_input(tmp_path: Path) -> None:
    basis = SimpleNamespace(basis=SimpleNamespace(seed=0))
    ran: Any = SimpleNamespace(title="t", run=SimpleNamespace(folder=str(tmp_path), job=basis))
    x = {"a": np.ones((1, 2), "f4"), "b b": np.ones((1, 3), "f4")}
    none = {name: np.zeros_like(value) for name, value in x.items()}
    half = {**none, "a": none["a"] + 0.5}
    for word, same, other in (("a=0.5,b%20b=zeros", half, none), ("zeros", none, half)):
        ran.baseline = word
        assert seen.same_baseline(ran, x, [same])
        assert not seen.same_baseline(ran, x, [other])
        assert not seen.same_baseline(ran, x, [same, same])
    assert words.baseline("a=0.5,b%20b=zeros") == "0.5 (a), zeros (b b)"
    assert words.baseline("mean 0123abc") == "mean"
