"""What was computed beforehand is what is computed now."""

import json
import math
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.build_results import describe, record
from attribution import Attribution
from attribution.filters import Field
from attribution.zoo import cards
from dashboard.request.catalogue import RESULTS, Model, catalogue
from dashboard.work import records
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Overview, Pattern, Prediction
from tests.dashboard.conftest import APP, asked

LITE0 = catalogue().models["efficientnet-lite0"]


def test_the_layers_of_the_catalogue_are_those_of_the_networks() -> None:
    written = json.loads((RESULTS / "catalogue.json").read_text(encoding="utf-8"))
    found = {name: describe(name, card) for name, card in cards().items()}
    assert written == found, "run: python -m assets.build_results"


MODELS = list(catalogue().models.values())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_sample_has_a_small_record(model: Model) -> None:
    for sample in model.card.samples:
        assert records.path(model.name, sample.name).stat().st_size < 100 * 1024


def same(kept: Any, made: Any, place: str = "") -> None:
    """Numbers to the rounding of a run on another machine, all else as it is."""
    if isinstance(made, np.ndarray) and made.dtype == np.uint8:
        loss = np.abs(kept.astype(int) - made).mean()  # it is stored compressed
        assert loss < (16 if "noise" in place else 6), place
    elif isinstance(made, np.ndarray) and made.dtype.kind == "f":
        np.testing.assert_array_equal(np.isnan(kept), np.isnan(made), err_msg=place)
        norm, alone = np.nansum(np.abs(made)), 1e-3 if made.size == 1 else 0.0
        assert np.nansum(np.abs(kept - made)) <= 1e-3 * norm + alone, place
    elif isinstance(made, float):
        assert kept == pytest.approx(made, abs=1e-3, rel=1e-3, nan_ok=True), place
    elif is_dataclass(made):
        assert type(kept) is type(made)
        for field in fields(made):
            if field.name not in ("seconds", "request", "versions"):
                same(getattr(kept, field.name), getattr(made, field.name), f"{place}.{field.name}")
    elif isinstance(made, dict):
        assert list(kept) == list(made)
        for name in made:
            same(kept[name], made[name], f"{place}[{name}]")
    elif isinstance(made, tuple):
        for i, (one, other) in enumerate(zip(kept, made, strict=True)):
            same(one, other, f"{place}[{i}]")
    else:
        np.testing.assert_array_equal(kept, made, err_msg=place)


def test_a_record_is_what_the_pages_show_of_the_default_request() -> None:
    kept = records.load(records.path(LITE0.name, "coffee"))
    coffee = LITE0.card.sample("coffee")
    assert coffee
    made = record(Engine(recorded=False), LITE0, coffee, overview=False)
    assert len(made) == len(kept) - 1 == 3
    same({key: kept[key] for key in made}, made)
    assert {type(v) for v in kept.values()} == {Answer, Prediction, Overview, dict}


@pytest.mark.parametrize("name", ["tal1-gata1", "splice-donor"])
def test_a_record_of_a_sequence_is_what_its_page_shows(name: str) -> None:
    model = catalogue().models[name]
    kept = records.load(records.path(name, model.card.samples[0].name))
    made = record(Engine(recorded=False), model, model.card.samples[0])
    types = {Answer, Prediction, Overview, Pattern, Field, np.ndarray}
    assert {type(v) for v in made.values()} >= types
    same(kept, dict(made))


FIRST_PAGES = """
import sys
from streamlit.testing.v1 import AppTest
from dashboard.request.catalogue import catalogue
from dashboard.work.engine import Engine
Engine.warm = lambda *_: None  # it loads the network behind the page's back
for model in catalogue().models.values():
    for sample in model.card.samples if model.kind == "sequence" else ():
        page = AppTest.from_file(sys.argv[1], default_timeout=60)
        page.query_params.update({"model": model.name, "input": sample.name})
        page.run()
        assert not page.exception and not page.error, sample.name
        assert len(page.get("plotly_chart")) >= 5, sample.name
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""


def test_the_first_page_of_a_sequence_loads_no_tensorflow() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FIRST_PAGES, APP]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_finding_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    scores = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    one = np.array([math.nan])
    about = {"layer": "a", "method": "deeplift_rescale", "is_cut": False, "target": {(0, 1): 2.0}}
    result = Attribution(scores, one, one, None, np.array([1]), one, one, **about, channel_axis=0)
    found = {"an answer": Answer(result, np.zeros((3, 2), np.float16), math.inf), "none": None}
    records.save(found, tmp_path / "x.npz")
    loaded = records.load(tmp_path / "x.npz")
    assert loaded["none"] is None
    kept = loaded["an answer"]
    assert math.isinf(kept.seconds)
    assert kept.activations.dtype == np.float32
    np.testing.assert_array_equal(kept.result.scores, scores)
    assert (kept.result.channel_axis, kept.result.target) == (0, {(0, 1): 2.0})
    assert kept.result.converged is None


def test_a_record_answers_its_own_request_only() -> None:
    engine = Engine()
    for name in ("efficientnet-lite0", "tal1-gata1"):
        model = catalogue().models[name]
        sample = model.card.samples[0].name
        public, usual = asked(engine, name, sample)
        assert engine.seen(public, usual) is not None
        assert engine.seen(replace(public, owner="someone"), usual) is None
        others = [
            {"target": str((usual.target or 0) + 1)},
            {"layer": model.layers[-2].name},
            {"baseline": "zeros" if name == "tal1-gata1" else "noise"},
            {"fit": "letterbox"} if model.kind == "image" else {"tolerance": "0.1"},
        ]
        for other in others:
            assert engine.seen(*asked(engine, name, sample, **other)) is None, other
