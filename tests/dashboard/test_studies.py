"""Picks, studies and their keys: against the core called directly, and the definitions."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import attribution
from dashboard.request.catalogue import catalogue
from dashboard.request.picks import PICKS
from dashboard.request.request import Request
from dashboard.work import picks, records, studies
from dashboard.work.answer import Answer, Place
from dashboard.work.engine import Engine
from dashboard.work.findings import LayerSum, Overview
from dashboard.work.item import Item
from tests.dashboard.conftest import asked as question

LITE0 = catalogue().models["efficientnet-lite0"]
SAMPLE = LITE0.card.samples[0]


def nothing(*_: int) -> None:
    pass


def cat(**query: str) -> tuple[Item, Request]:
    return question(Engine(), LITE0.name, SAMPLE.name, **query)


def asked(**query: str) -> Request:
    return cat(**query)[1]


ITEM, _ = cat()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_python_ends_in_peace_while_a_network_still_loads() -> None:
    program = (
        "from dashboard.work.engine import Engine\n"
        "engine = Engine()\n"
        "engine.warm('efficientnet-lite0')\n"
        "assert 'efficientnet-lite0' not in engine.networks\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def answer(engine: Engine) -> Answer:
    found = engine.seen(ITEM, asked())
    assert found
    return found


@pytest.fixture(scope="module")
def core(engine: Engine) -> tuple[attribution.Network, np.ndarray]:
    """The network and the input, made without the engine."""
    net = attribution.load("efficientnet-lite0")
    encoding = LITE0.card.encoding()
    picture = attribution.images.decode(SAMPLE.file.read_bytes())
    return net, encoding.encode(attribution.images.fit(picture, encoding.size, "crop"))[None]


@pytest.mark.parametrize("name", [p for p in PICKS if p not in ("own", "random")])
def test_a_pick_is_a_permutation_in_its_order(answer: Answer, name: str) -> None:
    found = picks.order(answer, name)
    values = answer.scores.sum(axis=(0, 1), dtype=float)
    key = {
        "supporting": -values,
        "opposing": values,
        "largest": -abs(values),
        "smallest": abs(values),
        "activation": -abs(answer.activations).sum(axis=(0, 1), dtype=float),
    }[name]
    assert sorted(found) == list(range(192))
    assert (np.diff(key[found]) >= -1e-6).all()


def test_a_draw_is_repeatable_and_draws_differ(answer: Answer) -> None:
    assert picks.order(answer, "random", 3) == picks.order(answer, "random", 3)
    assert picks.order(answer, "random", 3) != picks.order(answer, "random", 4)
    assert picks.order(answer, "random 2", 1) == picks.order(answer, "random", 3)


@pytest.mark.parametrize(("hold", "to"), [("baseline", None), ("zero", 0), ("mean", "mean")])
def test_ablation_says_what_the_core_measures(
    engine: Engine,
    answer: Answer,
    core: tuple[attribution.Network, np.ndarray],
    hold: str,
    to: object,
) -> None:
    net, x = core
    chosen = picks.order(answer, "supporting")[:3]
    found = studies.ablate(engine, ITEM, asked(), answer, chosen, hold, nothing)
    expected = attribution.ablate(net, x, answer.layer, chosen, to=to, target=answer.target)
    assert found.after == pytest.approx(float(expected[0]), abs=1e-4)
    assert found.before == pytest.approx(answer.f_input, abs=1e-4)
    assert found.predicted == pytest.approx(-answer.scores[:, :, chosen].sum(), abs=1e-4)
    np.testing.assert_allclose(found.probabilities[0], net.predict(x)[0], atol=1e-5)
    np.testing.assert_allclose(found.probabilities.sum(1), 1, atol=1e-5)


def test_the_curves_agree_with_the_core(
    engine: Engine, answer: Answer, core: tuple[attribution.Network, np.ndarray]
) -> None:
    net, x = core
    found = studies.curves(engine, ITEM, asked(), answer, "baseline", 0, nothing, nothing)
    result = attribution.gradient_times_difference(net, x, answer.layer, target=answer.target)
    result = replace(result, scores=answer.scores[None])  # only the scores decide the order
    for name, order in (("largest", "score"), ("smallest", "least"), ("activation", "activation")):
        expected = attribution.ablation_curve(net, x, result, order=order, counts=range(0, 41, 8))
        np.testing.assert_allclose(found[name].scores[::8], expected.scores[0], atol=1e-3)
    assert all(len(c.scores) == 41 for c in found.values())
    flips = found["supporting"].flips
    assert flips is not None
    off = list(found["supporting"].channels[:flips])
    flipped = attribution.ablated_outputs(net, x, answer.layer, off)[0].argmax()
    assert flipped == found["supporting"].becomes != answer.target


def test_a_trail_ends_at_the_answer(engine: Engine, answer: Answer) -> None:
    found = studies.trail(engine, ITEM, asked(), Place(112), answer.target, nothing, nothing)
    np.testing.assert_allclose(
        found.walk.accumulated[-1], answer.scores.sum(axis=(0, 1), dtype=float), atol=1e-3
    )
    assert found.walk.f[-1] == pytest.approx(answer.f_input, abs=1e-4)
    assert len(found.walk.nodes) == answer.evaluations
    assert found.baseline.std() == 0  # grey


def test_what_plays_no_part_is_not_in_the_key() -> None:
    one, other = asked(), asked(layer="block6c_add", tolerance="0.1")
    assert studies.overview_key(one) == studies.overview_key(other)
    assert studies.trail_key(one, Place(3)) == studies.trail_key(one, Place(5))
    assert studies.trail_key(one, Place(3)) != studies.trail_key(other, Place(3))
    assert studies.race_key(one) == studies.race_key(asked(method="gradient_times_difference"))
    assert studies.ablation_key(one, [1, 2], "zero") == studies.ablation_key(one, [2, 1], "zero")


def test_the_samples_have_an_overview_at_once(engine: Engine) -> None:
    for sample in LITE0.card.samples:
        item, about = question(engine, LITE0.name, sample.name)
        found = engine.recall(studies.overview_key(about), item)
        assert found
        assert found.layer(LITE0.card.layer)
        for layer in found.layers:
            assert layer.is_cut == LITE0.layer(layer.name).is_cut
            if layer.is_cut:
                assert layer.net == pytest.approx(found.delta + layer.gap, abs=1e-3)
                assert abs(layer.gap) < 0.1 * abs(found.delta)
    assert engine.recall(studies.overview_key(asked(baseline="black")), ITEM) is None


def test_an_overview_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    layers = (
        LayerSum("a", 2.5, -1.25, 0.125, 0.5, True),
        LayerSum("b", 1.0, 0.0, 0.25, float("nan"), False),
    )
    saved = Overview(layers, 0.75, 7, "nig", 65)
    records.save(saved, tmp_path / "x.npz")
    found = records.load(tmp_path / "x.npz")
    assert found.layers[0] == layers[0]
    assert np.isnan(found.layers[1].gap)
    assert replace(found, layers=()) == replace(saved, layers=())
