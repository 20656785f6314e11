"""Overview, Compare, Ablate and Path of DNA: they answer, and their programs answer the same."""

import functools
import io
import re
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from streamlit.testing.v1 import AppTest

import attribution
from attribution import sequences
from attribution.zoo import cards
from dashboard.export.sheet import sheet_files
from dashboard.words.numbers import signed
from tests.dashboard.conftest import click_chart, headline, says, seen, visit
from tests.dashboard.reports import hold_the_same

MODEL, LAYER = "tal1-gata1", "relu1"
LAYERS = ("sequence", "conv1", "relu1", "conv2", "relu2", "pool", "dense", "dense_relu", "logits")
FIGURES = {
    "overview": ["network"],
    "compare": ["map_A", "map_B", "agreement", "apart", "channel_A", "channel_B"],
    "ablate": ["switches", "off_map", "change", "classes", "curves"],
    "path": ["path", "toy_path", "toy_scores"],
}

Array = np.ndarray[Any, Any]


@pytest.fixture
def dna(app: AppTest) -> AppTest:
    app.query_params["model"] = MODEL
    return app


def turned(dna: AppTest, page: str) -> AppTest:
    dna.run()
    assert not dna.exception
    return visit(dna, page)


def drawn(dna: AppTest) -> list[str]:
    """The figures by their keys; each has a sentence for who cannot see it."""
    charts = dna.main.get("plotly_chart")  # not the network that the sidebar draws
    assert all(chart.proto.alt.endswith(".") for chart in charts)
    return [chart.proto.id.rpartition("-")[2] for chart in charts]


def printed(taken: list[Any]) -> dict[str, Any]:
    """What the program of the menu ends with."""
    (program,) = (f.build().decode() for f in sheet_files(taken[-1]) if f.key == "python")
    names: dict[str, Any] = {}
    exec(compile(program, "printed.py", "exec"), names)
    return names


def table(taken: list[Any], name: str) -> pd.DataFrame:
    files = {file.key: file for file in sheet_files(taken[-1])}
    return pd.read_csv(io.BytesIO(files[f"{name}-csv"].build()))


@functools.cache
def halves() -> tuple[keras.Model, keras.Model]:
    """The network in Keras alone: from the letters to the layer, from there to the logits."""
    model = attribution.load(MODEL).model
    layer, logits = model.get_layer(LAYER), model.get_layer("logits")
    lower = keras.Model(model.input, layer.output)
    return lower, keras.Model(layer.output, logits.output)


def sample() -> Array:
    (record,) = sequences.read(cards()[MODEL].samples[0].file.read_bytes())
    return np.asarray(sequences.encode(record.letters)[None])


def logit(x: Array) -> float:
    """Of "both", the first output."""
    lower, upper = halves()
    return float(upper(lower(x)).numpy()[0, 0])


def difference() -> float:
    x = sample()
    return logit(x) - logit(np.full_like(x, 0.25))


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_and_its_report_answer_with_the_same_figures(
    dna: AppTest, taken: list[Any], name: str
) -> None:
    turned(dna, name)
    hold_the_same(dna, taken[-1])
    assert dna.header
    assert not says(dna)
    assert drawn(dna) == FIGURES[name]


def test_what_is_switched_off_is_what_the_scores_foretell_to_go(dna: AppTest) -> None:
    turned(dna, "ablate")
    alts = {c.proto.id.rsplit("-", 1)[1]: c.proto.alt for c in dna.get("plotly_chart")}
    shown = re.match(r"What is switched off contributes \+([\d.]+) to 'both'", alts["off_map"])
    foretold = re.search(r"foretell a change of −([\d.]+)", alts["change"])
    assert shown
    assert foretold
    assert shown[1] == foretold[1]


def test_overview_says_what_all_layers_pass_on(dna: AppTest, taken: list[Any]) -> None:
    turned(dna, "overview")
    assert f"{len(LAYERS)} layers pass on all of the difference" in headline(dna)
    assert f"{signed(difference())} for 'both'" in headline(dna)
    found, ours = printed(taken)["table"], table(taken, "layers")
    assert list(found["layer"]) == list(ours["layer"]) == list(LAYERS)
    for name in ("supports", "opposes", "gap", "error"):
        np.testing.assert_allclose(found[name], ours[name], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours["sum"] - difference(), ours["gap"], atol=1e-3)


def test_compare_holds_two_methods_against_each_other(dna: AppTest, taken: list[Any]) -> None:
    turned(dna, "compare")
    assert headline(dna).startswith("A and B share ")
    numbers, found = taken[-1].numbers, printed(taken)
    assert numbers["delta_a"] == pytest.approx(difference(), abs=1e-3)
    assert numbers["delta_b"] == pytest.approx(difference(), abs=1e-3)
    assert found["spearman"] == pytest.approx(numbers["spearman"], abs=1e-3)
    ours = table(taken, "channels").sort_values("channel")
    for name in ("A", "B"):
        np.testing.assert_allclose(found["table"][name], ours[name], atol=1e-4)
    assert ours["B"].sum() == pytest.approx(difference(), abs=1e-3)  # DeepLIFT's sums close

    click_chart(dna, "agreement", 7)
    assert dna.query_params["channel"] == "7"
    assert any("Channel 7: " in seen(m.value).replace("**", "") for m in dna.markdown)


def test_ablate_switches_filters_off_as_keras_does(dna: AppTest, taken: list[Any]) -> None:
    turned(dna, "ablate")
    assert headline(dna).startswith("Without 10 channels")
    off = list(table(taken, "off")["channel"])
    lower, upper = halves()
    x = sample()
    held, there = (lower(of).numpy() for of in (np.full_like(x, 0.25), x))
    there[..., off] = held[..., off]
    numbers, found = taken[-1].numbers, printed(taken)
    assert numbers["before"] == pytest.approx(logit(x), abs=1e-3)
    assert numbers["after"] == pytest.approx(float(upper(there).numpy()[0, 0]), abs=1e-3)
    for name in ("before", "after", "predicted"):
        assert found[name] == pytest.approx(numbers[name], abs=1e-4)
    curves = table(taken, "curves")
    np.testing.assert_allclose(found["table"], curves.drop(columns="off"), atol=1e-3)

    click_chart(dna, "switches", int(off[0]))
    assert headline(dna).startswith("Without 9 channels")
    assert dna.query_params["off"] == ",".join(map(str, sorted(off[1:])))


def test_path_follows_a_filter_as_a_sum_by_hand_does(dna: AppTest, taken: list[Any]) -> None:
    dna.query_params["channel"] = "5"
    turned(dna, "path")
    numbers, found = taken[-1].numbers, printed(taken)
    assert headline(dna).startswith("Channel 5 on the way from the baseline: ")
    assert headline(dna).endswith(f"{signed(numbers['score'])} for both")
    assert numbers["f_input"] - numbers["f_baseline"] == pytest.approx(difference(), abs=1e-3)
    by_hand = conductance()
    assert abs(numbers["score"] - by_hand[5]) < 0.05 * np.abs(by_hand).sum()
    ours = table(taken, "path")
    for name in ours.columns:
        scale = float(ours[name].abs().max())
        np.testing.assert_allclose(found["table"][name], ours[name], atol=1e-4 * scale)


def conductance(steps: int = 200) -> Array:
    """(filters,): gradients at the middle of each step times what the layer changes over it."""
    lower, upper = halves()
    x = sample()
    start, places = np.full_like(x, 0.25), np.arange(steps)[:, None, None] / steps
    along = [lower(start + (places + part / steps) * (x - start)) for part in (0, 0.5, 1)]
    with tf.GradientTape() as tape:
        tape.watch(along[1])
        score = tf.reduce_sum(upper(along[1])[:, 0])
    gradient = tape.gradient(score, along[1])
    return np.asarray(tf.reduce_sum(gradient * (along[2] - along[0]), axis=(0, 1)))


@pytest.mark.parametrize("name", ["", "path"])
def test_a_filters_score_is_split_over_the_bases(dna: AppTest, taken: list[Any], name: str) -> None:
    filter_ = 0 if name else 1
    dna.query_params["channel"] = str(filter_)
    turned(dna, name) if name else dna.run()
    dna.button(key="split_go").click()
    dna.run()
    assert not dna.exception
    assert "split" in drawn(dna)
    said = next(
        c.value for c in dna.caption if f"The bases through which channel {filter_} " in c.value
    )
    assert "of all of them, counted without their signs, within the 10 % asked for" in seen(said)
    if name:
        over = taken[-1].arrays["over_the_input"]
        assert over.shape == (200, 4)
        assert over.sum() == pytest.approx(conductance()[filter_], rel=0.05)
        np.testing.assert_allclose(printed(taken)["split"].scores[0], over, atol=1e-4)
        assert [d.name for d in taken[-1].drawings] == ["path", "input", "toy_path", "toy_scores"]
    hold_the_same(dna, taken[-1])


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("model", "layer"), [(MODEL, "dense"), ("splice-donor", "logits")])
def test_layers_without_positions_have_no_map_but_an_answer(
    app: AppTest, taken: list[Any], model: str, layer: str, name: str
) -> None:
    app.query_params.update({"model": model, "layer": layer, "method": "deeplift_rescale"})
    turned(app, name)
    assert not says(app)
    assert drawn(app) == [
        k for k in FIGURES[name] if not k.startswith(("map_", "channel_", "off_map"))
    ]
    assert printed(taken)


@pytest.mark.parametrize("name", ["compare", "ablate", "path"])
def test_a_layer_beyond_the_score_is_refused_in_a_sentence(dna: AppTest, name: str) -> None:
    dna.query_params["layer"] = "predictions"
    turned(dna, name)
    assert len(dna.error) == 1
    assert "has no gradient: it comes after the score" in says(dna)


def test_what_is_chosen_on_one_page_stands_on_the_others(dna: AppTest) -> None:
    dna.query_params.update({"edits": "148G", "baseline": "shuffle", "shuffles": "3"})
    turned(dna, "path")
    assert "of the references it takes the first" in " ".join(seen(c.value) for c in dna.caption)
    for page in ("ablate", "compare", "overview"):
        visit(dna, page)
        assert not says(dna)
        assert dict(dna.query_params) == {
            "model": MODEL,
            "edits": "148G",
            "baseline": "shuffle",
            "shuffles": "3",
        }
