"""What was computed beforehand is what is computed now."""

import json

import numpy as np
import pytest
from dashboard.record import Record, record_path

from assets.build_results import compute, describe
from dashboard import request
from dashboard.catalogue import RESULTS, catalogue
from dashboard.engine import Engine, Source
from dashboard.form import Known

LITE0 = catalogue().models["efficientnet-lite0"]


def test_the_layers_of_the_catalogue_are_those_of_the_networks() -> None:
    written = json.loads((RESULTS / "catalogue.json").read_text(encoding="utf-8"))
    assert written == describe(), "run: python -m assets.build_results"


@pytest.mark.parametrize("model", catalogue().of_kind("image"))
def test_every_sample_has_a_small_record(model) -> None:
    for sample in model.samples:
        assert record_path(model.name, sample.name).stat().st_size < 100 * 1024


def test_a_record_is_the_answer_to_the_default_request() -> None:
    kept = Record.load(record_path(LITE0.name, "coffee"))
    made = compute(Engine(recorded=False), LITE0, "coffee")
    assert kept.query == made.query
    np.testing.assert_allclose(kept.probabilities, made.probabilities, atol=1e-4)
    norm = np.abs(made.answer.scores).sum()
    assert np.abs(kept.answer.scores - made.answer.scores).sum() < 1e-3 * norm
    np.testing.assert_allclose(kept.answer.activations, made.answer.activations, atol=0.02)
    for name in ("target", "layer", "method", "is_cut", "converged", "tolerance", "notes"):
        assert getattr(kept.answer, name) == getattr(made.answer, name)
    assert kept.answer.f_input == pytest.approx(made.answer.f_input, abs=1e-3)
    assert {n: r.score for n, r in kept.references.items()} == pytest.approx(
        {n: r.score for n, r in made.references.items()}, abs=1e-3
    )
    difference = kept.picture.astype(int) - made.picture
    assert np.abs(difference).mean() < 6  # it is stored compressed


def test_a_record_answers_its_own_request_only() -> None:
    engine = Engine()
    sample = LITE0.samples[0]
    public = Source(sample.name, sample.title, "", sample.path.read_bytes)
    private = Source(sample.name, sample.title, "someone", sample.path.read_bytes)

    def asked(**query: str) -> request.Request:
        values, _ = request.read(query, catalogue(), catalogue().methods)
        return request.request(Known(catalogue(), catalogue().methods, values))

    assert engine.seen(public, asked()) is not None
    assert engine.seen(public, asked(target="282")) is not None  # the predicted class
    assert engine.seen(private, asked()) is None
    for other in (
        {"target": "281"},
        {"layer": "head_relu"},
        {"baseline": "black"},
        {"fit": "letterbox"},
    ):
        assert engine.seen(public, asked(**other)) is None
