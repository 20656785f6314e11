"""The evidence's own arithmetic: cases computed by hand, a network whose truth is known."""

import re
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from attribution import Network, neuron_integrated_gradients
from benchmarks.evidence import faithfulness as measure
from benchmarks.evidence import (
    figures,
    networks,
    page,
    plan,
    rankings,
    runner,
    statistics,
    tables,
)
from benchmarks.evidence.split import Split
from dashboard.views import about

WEIGHTS = np.array([4.0, 3.0, 2.0, 1.0])


def linear(kept: np.ndarray) -> np.ndarray:
    """A score that is the sum of what is kept, on top of 5."""
    return 5 + kept @ WEIGHTS


def test_keeping_curves_by_hand() -> None:
    """Of four units 10 % and less are none, 20 % is one (0.8 rounds up), 50 % two, 100 % all."""
    order = np.array([0, 1, 2, 3])
    f = measure.faithfulness(linear, order)
    np.testing.assert_allclose(f, [0, 0, 0, 0, 0, 0, 0, 0, 0.4, 0.7, 1])
    # Straight between 0.1 and 0.2, 0.2 and 0.5, 0.5 and 1.
    assert measure.cpr(f) == pytest.approx(0.1 * 0.2 + 0.3 * 0.55 + 0.5 * 0.85)
    assert measure.cmd(f) == pytest.approx(0.1 * 1 + 0.1 * 0.8 + 0.3 * 0.45 + 0.5 * 0.15)


def test_an_overshoot_helps_cpr_and_costs_cmd() -> None:
    """A unit that opposes: keeping the two others first gives more than the whole."""
    weights = np.array([3.0, 2.0, -1.0, 0.0])
    f = measure.faithfulness(lambda kept: kept @ weights, np.array([0, 1, 2, 3]))
    np.testing.assert_allclose(f[-3:], [0.75, 1.25, 1])
    assert measure.cmd(f) == pytest.approx(0.1 + 0.1 * 0.625 + 0.3 * 0.25 + 0.5 * 0.125)


def test_removal_by_hand() -> None:
    left = np.array([10, 6, 3, 1, 0]) / 10
    assert measure.removal(linear, np.array([0, 1, 2, 3])) == pytest.approx(left.mean())


def test_removal_of_many_is_measured_at_few() -> None:
    """Of equal units the score falls on a straight line: the mean share that is left is 1/2."""
    sets = []

    def measured(kept: np.ndarray) -> np.ndarray:
        sets.append(kept)
        return kept.sum(1).astype(float)

    assert measure.removal(measured, np.arange(200)) == pytest.approx(0.5)
    assert len(np.concatenate(sets)) <= measure.COUNTS + 1


def test_no_set_is_measured_twice() -> None:
    asked = []

    def measured(kept: np.ndarray) -> np.ndarray:
        asked.extend(kept.tolist())
        return linear(kept)

    known, order = measure.Remembered(measured), np.array([0, 1, 2, 3])
    assert measure.cpr(measure.faithfulness(known, order)) == measure.cpr(
        measure.faithfulness(linear, order)
    )
    assert measure.removal(known, order) == measure.removal(linear, order)
    assert len(asked) == len({tuple(row) for row in asked})


def test_joint_changes_by_hand() -> None:
    kept = np.array([[True, False, True, True], [False, True, True, False]])
    assert measure.joint(linear, WEIGHTS, kept) == pytest.approx((1.0, 0.0))
    _, error = measure.joint(linear, np.array([4, 3, 2, 2.0]), kept)
    assert error == pytest.approx(1 / 8)  # measured 3 and 5, predicted 3 and 6


def test_auroc_by_hand() -> None:
    truth = np.array([True, True, False, False])
    assert measure.auroc(np.array([3, -1, 2, 0.5]), truth) == pytest.approx(3 / 4)


def test_statistics_by_hand() -> None:
    np.testing.assert_allclose(statistics.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    assert statistics.jaccard([1, 2, 3], [2, 3, 4]) == 0.5
    values = np.arange(40.0)
    mean, low, high = statistics.interval(values, 2000, 7)
    assert (mean, low, high) == statistics.interval(values, 2000, 7)
    wide = 1.96 * values.std() / np.sqrt(40)  # of a normal distribution
    assert (low, high) == pytest.approx((mean - wide, mean + wide), abs=0.6)
    assert np.isnan(statistics.interval(values[:6], 2000, 7)[1])
    assert statistics.chance(values, 2000, 7) == 2 / 2000
    assert statistics.chance(values - values.mean(), 2000, 7) > 0.5


def test_a_set_that_every_input_agrees_on_is_settled() -> None:
    same = np.tile([5.0, -4, 3, 0.1, 0.2, 0.3], (20, 1))
    assert (statistics.settled(same, 3, 50, 1) == 1).all()
    # Each input has one unit of its own: the first three of 20 are whom the draw favours.
    assert statistics.settled(np.eye(20), 3, 50, 1).mean() < 0.5


def test_few_units_pruned_and_labels_of_both_kinds() -> None:
    logits = np.array([[2.0, -1, 0.5], [-1, 3, 1]])
    np.testing.assert_array_equal(networks.correct(logits, np.array([0, 2])), [1, 0])
    wanted = np.array([[True, False, False], [False, True, True]])
    np.testing.assert_allclose(networks.correct(logits, wanted), [2 / 3, 1])


def case(model: keras.Model, layer: str, x: np.ndarray) -> rankings.Case:
    split, origin = Split(model, layer), np.zeros_like(x)
    return rankings.Case(
        net=Network(model),
        layer=layer,
        split=split,
        target=0,
        x=x,
        origin=origin,
        h=split.hidden(x),
        h0=split.hidden(origin),
        plan=replace(plan.read(quick=True), permutations=400),
        rng=np.random.default_rng(0),
        tolerance=0.01,
        exact=True,
    )


@pytest.fixture(scope="module")
def cancelling() -> rankings.Case:
    """y = relu(relu(x1) - relu(x2) - 1) at (3, 1)."""
    x = keras.Input((2,))
    h = keras.layers.Dense(2, "relu", name="h", kernel_initializer="identity")(x)
    y = keras.layers.Dense(1, "relu")
    model = keras.Model(x, y(h))
    y.set_weights([np.array([[1.0], [-1.0]]), np.array([-1.0])])
    return case(model, "h", np.array([[3.0, 1.0]], "float32"))


@pytest.mark.parametrize(
    ("name", "scores"),
    [
        ("NIG, converged", (1.5, -0.5)),
        ("NIG, 5 right steps", (1.8, -0.6)),
        ("DeepLIFT Rescale", (1.5, -0.5)),
        ("layer IG", (1.5, -0.5)),
        ("single effect", (1, -1)),
        ("Shapley", (1.5, -0.5)),
        ("gradient x difference", (3, -1)),
        ("activation", (3, 1)),
    ],
)
def test_rankings_by_hand(cancelling: rankings.Case, name: str, scores: tuple[float, ...]) -> None:
    found, _ = (rankings.RANKINGS | rankings.COSTLY)[name](cancelling)
    np.testing.assert_allclose(found, scores, atol=0.1 if name == "Shapley" else 1e-5)


def test_the_planted_truth_is_what_it_says_and_is_found() -> None:
    """Contributions by hand, from the weights: w (min(h, 1) at x - at zero)."""
    given = networks.subject("planted", 3, 5)
    assert given.truth is not None
    split = Split(given.model, "hidden")
    weights = given.model.layers[-1].get_weights()[0][: split.units, 0]
    h, h0 = split.hidden(given.x), split.hidden(np.zeros_like(given.x))
    expected = weights * (np.minimum(h, 1) - np.minimum(h0, 1))
    found = neuron_integrated_gradients(
        Network(given.model), given.x, "hidden", target=0, exact=True
    )
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)
    for scores in expected:
        moved = given.truth & (scores != 0)
        assert measure.auroc(scores, moved) == 1
        assert not scores[~given.truth].any()


def test_a_shuffled_network_keeps_its_weights_in_another_order() -> None:
    model = networks.subject("planted", 1, 5).model
    other = runner.shuffled(model, 1)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))
    assert (model.get_weights()[0] != other.get_weights()[0]).any()


@pytest.fixture(scope="module")
def kept() -> pd.DataFrame:
    return tables.results(page.RESULTS, plan.read(quick=False))


def test_the_page_is_what_the_kept_results_say(kept: pd.DataFrame) -> None:
    found = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(kept, plan.read(quick=False)) == found
    shown = re.findall(r"\]\((evidence/[\w-]+\.svg)\)", found)
    assert {f"evidence/question-{q}.svg" for q in tables.QUESTIONS} <= set(shown)
    assert all((page.PAGE.parent / file).exists() for file in shown)


def test_the_kept_results_are_whole(kept: pd.DataFrame) -> None:
    """All that the plan lists, of one fingerprint, and small enough to be kept."""
    asked = plan.read(quick=False)
    assert page.RESULTS.stat().st_size < 2_000_000
    inputs = kept[kept.study == "cost"].groupby(["network", "layer"]).input.nunique()
    wanted = {(n, layer): asked.inputs[n] for n in asked.inputs for layer in asked.layers[n]}
    assert inputs.to_dict() == wanted


def test_values_of_the_page_by_hand(kept: pd.DataFrame) -> None:
    """A mean over clusters of means over inputs, from the rows alone."""
    rows = kept[(kept.study == "faithful") & (kept.intervention == "reference")]
    for network in kept.network.unique():
        own = rows[(rows.network == network) & (rows.ranking == "DeepLIFT Rescale")]
        by_hand = own.groupby("cluster").cpr.mean().mean()
        table = tables.cells(own, tables.METRICS["cpr"], plan.read(quick=True), pooled=True)
        (found,) = table["mean"]
        assert found == pytest.approx(by_hand)
        assert np.isfinite(table.low).all() == (own.cluster.nunique() >= statistics.FEW)


def test_what_the_page_about_says_was_found(kept: pd.DataFrame) -> None:
    """Its numbers, from the rows alone."""

    def mean(name: str, ranking: str, *networks: str) -> pd.Series:
        own = kept[kept.network.isin(networks) & (kept.ranking == ranking)]
        return own.groupby(["network", "layer"])[name].mean()

    complete, gradient = "DeepLIFT Rescale", "gradient x difference"
    auroc = [mean("auroc", r, "planted").item() for r in (tables.NIG, complete, gradient)]
    errors = [mean("joint_error", r, "tal1-gata1").mean() for r in (complete, tables.NIG)]
    assert [f"{v:.2f}" for v in auroc] == ["1.00", "1.00", "0.89"]
    assert [f"{v:.2f}" for v in errors] == ["0.09", "0.13"]
    assert mean("shared", complete, "digits", "tal1-gata1").min() >= 0.9
    assert 0.4 < mean("shared", complete, "efficientnet-lite0").mean() < 0.6
    alike = [mean("joint_error", r, "digits").mean() for r in (complete, tables.NIG)]
    assert alike[0] == pytest.approx(alike[1], rel=0.02)
    assert "AUROC 1.00 against 0.89" in about.FOUND
    assert "error 0.09 against 0.13" in about.FOUND
    assert "90 % or more" in about.FOUND
    assert "photographs about half" in about.FOUND


@pytest.mark.slow
def test_the_quick_form_from_plan_to_tables_and_figures(tmp_path: Path) -> None:
    asked = plan.read(quick=True)
    place = runner.run(asked, tmp_path)
    files = {f.name: f.stat().st_mtime_ns for f in place.glob("*.parquet")}
    assert len(files) == sum((n + 1) * len(asked.layers[name]) for name, n in asked.inputs.items())
    first = sorted(files)[0]
    (place / first).unlink()
    runner.run(asked, tmp_path)  # resumed: that one alone is computed
    again = {f.name: f.stat().st_mtime_ns for f in place.glob("*.parquet")}
    assert {n for n in again if again[n] != files[n]} == {first}
    frame = tables.results(place, asked)
    text = tables.written(frame, asked)
    assert all(f"## ({question})" in text for question in tables.QUESTIONS)
    assert figures.drawn(frame, asked).keys() == tables.QUESTIONS.keys()
    planted = frame[(frame.network == "planted") & (frame.study == "predicts")]
    means = planted.groupby("ranking").auroc.mean()
    assert means["NIG, converged"] > 0.95 > means["random"]
    errors = frame[frame.study == "error"]
    assert len(errors) == 4 * len(asked.tolerances)
    assert isinstance(errors, pd.DataFrame)
