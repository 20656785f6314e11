"""The sampled integral: right in the mean over chance, as unsure as it says, alike in any batch."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest

import attribution
from attribution import InvalidRequest, profile
from attribution.profile import chance
from attribution.profile.estimate import estimate
from attribution.profile.plan import PILOT, Plan, order, plan
from tests.attribution.test_written_gradients import honest, network, reversed_

DRAWS = 900
COARSE = Plan(nodes=4, edges=(0.0, 0.2, 0.5, 1.0), chances=(0.3, 0.4, 0.3))
EACH = {6, 18, 66}
"""Evaluations of an input, by how often its path is refined."""


@pytest.fixture(scope="module")
def kinked() -> attribution.Network:
    """Two ReLU layers whose kinks lie between the fixed nodes, and a smooth layer between."""
    keras.utils.set_random_seed(4)
    x = keras.Input((6, 3))
    h = keras.layers.Conv1D(5, 3, name="conv", bias_initializer="random_normal")(x)
    h = keras.layers.ReLU(name="relu")(h)
    h = keras.layers.Dense(4, activation="tanh", name="smooth")(keras.layers.Flatten()(h))
    h = keras.layers.Dense(8, activation="relu", bias_initializer="random_normal", name="top")(h)
    return attribution.Network(keras.Model(x, keras.layers.Dense(2)(h)))


def many(net, layers, x, given, target=0, baseline=None):
    """The estimates of one input at DRAWS places of a manifest."""
    return estimate(
        net, layers, np.repeat(x, DRAWS, axis=0), np.arange(DRAWS), target, baseline, given
    )


def test_the_mean_over_chance_is_the_integral(kinked):
    x = np.random.default_rng(0).normal(size=(1, 6, 3)).astype("float32") * 3
    layers = ["relu", "smooth"]
    found = many(kinked, layers, x, COARSE)
    exact = attribution.neuron_integrated_gradients(kinked, x, layers, target=0, tolerance=1e-4)
    for name in layers:
        scores, true = found.units[name], exact[name].channels()[0]
        noise = scores.std(0, ddof=1)
        away = np.abs(scores.mean(0) - true)
        assert noise.max() > 0.05 * np.abs(true).mean()  # else nothing was drawn
        allowed = 4 * noise / np.sqrt(DRAWS) + 1e-3 * np.abs(true).max()
        assert (away < allowed).all()
        once = found.evaluations == min(EACH)  # of these alone, it is not
        biased = np.abs(scores[once].mean(0) - true) > 4 * scores[once].std(0) / np.sqrt(once.sum())
        assert biased.mean() > 0.5
    np.testing.assert_allclose(found.score, kinked.score(x, 0)[0], rtol=1e-5)
    np.testing.assert_allclose(found.reference, kinked.score(0 * x, 0)[0], rtol=1e-4)
    np.testing.assert_allclose(
        found.activations["relu"][0], kinked.activations(x, "relu")[0].mean(0), rtol=1e-5
    )
    assert set(found.evaluations) == EACH
    assert found.evaluations.mean() == pytest.approx(COARSE.evaluations, rel=0.1)
    assert found.target.tolist() == [0] * DRAWS


def test_a_closed_form():
    """F = h1 h2, h = (x, x²) from 0: int h2 dh1 = x³/3, int h1 dh2 = 2x³/3; the sums by hand."""
    x = keras.Input((1,))
    h = keras.layers.Concatenate(name="h")([x, keras.layers.Multiply()([x, x])])
    halves = keras.layers.Lambda(lambda t: t[:, :1] * t[:, 1:])(h)
    given = dataclasses.replace(COARSE, left=0.5)
    net = attribution.Network(keras.Model(x, halves))
    found = many(net, ["h"], np.array([[3.0]], "float32"), given)
    scores = found.units["h"]
    away = np.abs(scores.mean(0) - [9, 18]) / (scores.std(0) / np.sqrt(DRAWS))
    assert away.max() < 3.5

    def trapezoid(a):
        h = np.stack([3 * a, 9 * a**2], -1)
        g = h[:, ::-1]
        return ((g[1:] + g[:-1]) / 2 * np.diff(h, axis=0)).sum(0)

    for place, (lot, moved) in enumerate(chance.uniform(np.arange(DRAWS), 2, 0)):
        wholes, corrections = [], []
        for level in range(1 + (lot < 0.1) + (lot < 0.01)):
            count = 4 * 4**level
            share = (np.arange(count) + moved * 4**level % 1) / count
            inner = np.interp(share, [0, 0.3, 0.7, 1], [0, 0.2, 0.5, 1])
            all_, even, odd = (
                trapezoid(np.concatenate([[0], inner[k::step], [1]]))
                for k, step in ((0, 1), (0, 2), (1, 2))
            )
            corrections.append((all_ - (even + odd) / 2) / 3)
            wholes.append(all_ + corrections[-1])
        expected = wholes[0] + sum(
            (b - a) * 10**k for k, (a, b) in enumerate(itertools.pairwise(wholes), 1)
        )
        np.testing.assert_allclose(scores[place], expected, rtol=1e-4, atol=2e-3)
        np.testing.assert_allclose(
            found.quadrature["h"][place], corrections[0] ** 2 / 2, rtol=0.02, atol=1e-4
        )


def test_several_baselines_are_averaged(kinked):
    x = np.random.default_rng(1).normal(size=(1, 6, 3)).astype("float32") * 3
    baselines = [np.zeros_like(x[0]), x[0, ::-1] * 0.5 + 1]
    found = many(kinked, ["relu"], x, COARSE, baseline=baselines)
    exact = attribution.neuron_integrated_gradients(
        kinked, x, "relu", target=0, baseline=baselines, tolerance=1e-4
    )
    scores, true = found.units["relu"], exact.channels()[0]
    allowed = 4 * scores.std(0) / np.sqrt(DRAWS) + 1e-3 * np.abs(true).max()
    assert (np.abs(scores.mean(0) - true) < allowed).all()
    np.testing.assert_allclose(found.reference, exact.f_baseline[0], rtol=1e-4)
    assert found.evaluations.mean() == pytest.approx(2 * COARSE.evaluations, rel=0.1)


def test_an_input_has_the_same_scores_in_any_batch_and_however_calls_are_cut(kinked, monkeypatch):
    x = np.random.default_rng(2).normal(size=(5, 6, 3)).astype("float32")
    places = np.array([11, 4, 700, 1, 33])
    whole = estimate(kinked, ["relu"], x, places, None, None, COARSE)
    alone = estimate(kinked, ["relu"], x[2:3], places[2:3], None, None, COARSE)
    np.testing.assert_allclose(alone.units["relu"][0], whole.units["relu"][2], atol=1e-5)
    for rows in (1, 3, 5):
        monkeypatch.setattr(attribution.Network, "chunk", lambda *_, rows=rows: rows)
        cut = estimate(kinked, ["relu"], x, places, None, None, COARSE)
        np.testing.assert_allclose(cut.units["relu"], whole.units["relu"], atol=1e-5)
        np.testing.assert_allclose(cut.quadrature["relu"], whole.quadrature["relu"], atol=1e-5)
        assert (cut.evaluations >= whole.evaluations).all()
    assert (cut.evaluations > whole.evaluations).any()
    other = dataclasses.replace(COARSE, seed=1)
    moved = estimate(kinked, ["relu"], x, places, None, None, other)
    assert not np.allclose(moved.units["relu"], whole.units["relu"], atol=1e-4)


def test_a_plan_of_a_pilot_is_better_than_an_even_one_and_says_by_how_much_it_widens(kinked):
    x = np.random.default_rng(3).normal(size=(60, 6, 3)).astype("float32") * 3
    chosen = plan(kinked, ["relu"], x[order(60)[:PILOT]], target=0)
    assert sum(chosen.chances) == pytest.approx(1)
    assert chosen.evaluations <= 16
    assert chosen.pilot > 0
    even = dataclasses.replace(chosen, edges=(0.0, 1.0), chances=(1.0,))
    exact = attribution.neuron_integrated_gradients(
        kinked, x, "relu", target=0, tolerance=1e-3
    ).channels()
    off, said = {}, {}
    for name, given in {"chosen": chosen, "even": even}.items():
        found = [
            estimate(kinked, ["relu"], x, np.arange(60) + 60 * k, 0, None, given) for k in range(4)
        ]
        off[name] = np.mean([(f.units["relu"] - exact) ** 2 for f in found])
        said[name] = np.mean([f.quadrature["relu"] for f in found])
    assert off["chosen"] < off["even"]
    assert 0.8 < said["chosen"] / off["chosen"] < 3
    assert np.sqrt(1 + off["chosen"] / exact.var(0).mean()) < 1.1
    again = plan(kinked, ["relu"], x[order(60)[:PILOT]], target=0)
    assert again == chosen


def test_a_gradient_that_is_no_derivative_is_refused_by_name(tmp_path):
    """Above the odd layer all is well, and where the written gradient is the derivative."""
    x = np.random.default_rng(4).normal(0, 2, (12, 4)).astype("float32")
    data = tmp_path / "data.npz"
    np.savez(data, x=x, label=np.arange(12) % 2)
    odd = network(reversed_, around=True)
    why = r"gradient of \w+ in odd after it need not be its derivative.* Take a layer after it"
    for tolerance in (None, 0.05):
        asked = {"target": 0, "tolerance": tolerance}
        with pytest.raises(InvalidRequest, match=why):
            profile.run(odd, data, tmp_path / "run", layers=["lower"], **asked)
        assert not (tmp_path / "run").exists()
    for net, layer in ((odd, "upper"), (network(honest, around=True), "lower")):
        found = profile.run(net, data, tmp_path / layer, layers=[layer], target=0)
        assert found.status().finished
