"""Models of the server's folder: found, opened when chosen, dropped when their file changes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from dashboard.kinds import FORMS, KINDS
from dashboard.request.form import Known
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.shelf import Shelf
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import APP, visit

L = keras.layers


def _save(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


def _scans(size: tuple[int | None, int | None] = (20, 28), classes: int = 3) -> keras.Model:
    keras.utils.set_random_seed(1)
    given = keras.Input((*size, 1), name="scan")
    hidden = L.Conv2D(6, 3, activation="relu", name="edges")(L.Rescaling(1 / 255)(given))
    pooled = L.GlobalAveragePooling2D()(hidden)
    return keras.Model(given, L.Dense(classes, activation="softmax", name="said")(pooled))


def _letters() -> keras.Model:
    keras.utils.set_random_seed(2)
    given = keras.Input((None, 4), name="dna")
    hidden = L.Conv1D(5, 7, activation="relu", name="filters")(given)
    return keras.Model(given, L.Dense(1, activation="sigmoid")(L.GlobalMaxPooling1D()(hidden)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _save(_scans(), tmp_path / "scans.keras")
    _save(_letters(), tmp_path / "letters.h5")
    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04 no more")
    (tmp_path / "notes.txt").write_text("no model")
    return tmp_path


def test_of_two_files_of_one_name_the_newer_format_is_read(folder: Path) -> None:
    _save(_scans(), folder / "scans.h5")
    books = Shelf(folder).books()
    assert {*books} == {"scans", "letters", "broken"}
    assert books["scans"].path.name == "scans.keras"
    assert "scans.h5" in books["scans"].note


def test_a_bundled_name_stays_the_bundled_model(folder: Path) -> None:
    _save(_scans(), folder / "tal1-gata1.keras")
    shelf = Shelf(folder)
    assert shelf.source("tal1-gata1") == "tal1-gata1"
    assert shelf.source("tal1-gata1 (yours)") == folder / "tal1-gata1.keras"


def test_what_is_known_is_what_keras_says(folder: Path) -> None:
    engine = _engine(folder)
    engine.open("scans", _wait)
    model = engine.models["scans"]
    assert model.kind == "image"
    assert model.shape == (20, 28, 1)
    assert [layer.name for layer in model.layers][-1] == "said"
    assert model.layer("edges").shape == (18, 26, 6)
    assert model.layer("edges").lies
    assert model.outputs.heads[0].form == "classes"
    assert model.card.layer == "edges"


def test_open_lengths_are_closed_and_measured(folder: Path) -> None:
    engine = _engine(folder)
    engine.open("letters", _wait)
    model = engine.models["letters"]
    length = model.shape[0]
    assert model.kind == "sequence"
    assert model.layer("filters").shape == (length - 6, 5)
    assert {s.name for s in model.card.samples} == {"noise", "zeros"}


def test_a_card_that_does_not_fit_is_not_used_and_said(folder: Path) -> None:
    (folder / "scans.yaml").write_text(
        "title: Scans\ninputs:\n  scan: {kind: image, size: [9, 9], colours: grey, range: [0, 1]}\n"
    )
    engine = _engine(folder)
    engine.open("scans", _wait)
    model = engine.models["scans"]
    assert model.title == "scans"
    assert any("9x9" in note for note in model.notes)
    assert any("not used" in note for note in model.notes)


def test_a_changed_file_is_opened_again(folder: Path) -> None:
    engine = _engine(folder)
    engine.open("scans", _wait)
    assert len(engine.models["scans"].outputs) == 3
    _save(_scans(classes=4), folder / "scans.keras")
    os.utime(folder / "scans.keras", (1, 1))
    engine.forget_changed()
    assert "scans" not in engine.models
    engine.open("scans", _wait)
    assert len(engine.models["scans"].outputs) == 4
    (folder / "scans.keras").unlink()
    engine.forget_changed()
    assert "scans" not in engine.models
    assert "scans" not in engine.shelf


def test_what_cannot_be_loaded_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(Refused, match=r"broken\.keras"):
        _engine(folder).open("broken", _wait)


def test_a_given_model_is_known_to_those_who_know_its_name(folder: Path) -> None:
    engine = _engine(folder)
    book = engine.shelf.books()["scans"]
    engine.shelf.give("own-0123456789ab", book)
    engine.open("own-0123456789ab", _wait)
    found = engine.shelf.catalogue()
    assert "own-0123456789ab" in found.models
    assert "own-0123456789ab" not in found.offered


@pytest.mark.parametrize("view", ["home", "overview", "compare", "ablate", "path"])
def test_every_page_answers_for_a_model_of_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    app = _app(folder, monkeypatch)
    app.query_params["model"] = "scans"
    app.run()
    if view != "home":
        visit(app, view)
    assert not app.exception
    assert not app.error
    assert not app.warning
    last = app.session_state["session"].last
    net = attribution.load(folder / "scans.keras")
    x = last.item.encode()
    assert x.shape == (1, 20, 28, 1)
    target = int(net.predict(x)[0].argmax())
    np.testing.assert_allclose(last.answer.f_input, net.score(x, target)[0], rtol=1e-4)


def test_a_refused_model_leaves_the_page_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _app(folder, monkeypatch)
    app.query_params["model"] = "scans"
    app.run()
    app.selectbox(key="model").set_value("broken").run()
    assert not app.exception
    assert "broken.keras" in " ".join(str(e.value) for e in app.warning).replace("\\", "")
    assert app.query_params["model"] == "scans"


def _app(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(folder))
    return AppTest.from_file(str(APP), default_timeout=120)


def _engine(folder: Path) -> Engine:
    engine = Engine()
    engine.shelf = Shelf(folder)
    return engine


def _wait(_ahead: int) -> None:
    pass


def _zeros(engine: Engine, name: str) -> Item:
    known = Known(FORMS["image"], engine.shelf.catalogue(), {"model": name, "fit": "crop"})
    sample = known.model.card.sample("zeros")
    assert sample
    return KINDS["image"].sample(engine, known, sample)


def test_samples_of_one_name_are_those_of_their_model(folder: Path) -> None:
    """Zeros are black for one model and grey for another of the same size."""
    for name, low in (("first", -1), ("second", 0)):
        _save(_scans(), folder / f"{name}.keras")
        (folder / f"{name}.yaml").write_text(
            f"inputs:\n  scan: {{kind: image, size: [20, 28], colours: grey, range: [{low}, 1]}}\n"
        )
    engine = _engine(folder)
    for name in ("first", "second"):
        engine.open(name, _wait)
    for name in ("first", "second", "first"):
        np.testing.assert_allclose(_zeros(engine, name).encode(), 0, atol=0.005)


def test_what_was_found_of_a_file_is_not_said_of_the_next(folder: Path) -> None:
    engine = _engine(folder)
    engine.open("scans", _wait)
    before = engine.prediction(_zeros(engine, "scans")).outputs
    model = _scans()
    model.layers[-1].bias.assign([3.0, 0.0, -3.0])
    _save(model, folder / "scans.keras")
    os.utime(folder / "scans.keras", (1, 1))
    engine.forget_changed()
    engine.open("scans", _wait)
    item = _zeros(engine, "scans")
    after = engine.prediction(item).outputs
    assert abs(after - before).max() > 0.1
    np.testing.assert_allclose(after, model(item.encode())[0], rtol=1e-4)


def test_a_file_that_changes_while_its_page_asks_is_refused(folder: Path) -> None:
    engine = _engine(folder)
    engine.open("scans", _wait)
    item = _zeros(engine, "scans")

    def encode() -> np.ndarray:
        os.utime(folder / "scans.keras", (2, 2))
        engine.forget_changed()
        return item.encode()

    with pytest.raises(Refused, match="changed meanwhile"):
        engine.prediction(replace(item, encode=encode))


def test_a_file_that_a_card_names_counts_as_the_model(folder: Path) -> None:
    (folder / "names.txt").write_text("cell\nnucleus\nnothing\n")
    (folder / "scans.yaml").write_text(
        "inputs:\n  scan: {kind: image, size: [20, 28], colours: grey, range: [0, 255]}\n"
        "outputs: {kind: classes, names: names.txt}\n"
    )
    engine = _engine(folder)
    engine.open("scans", _wait)
    assert engine.models["scans"].outputs[0] == "cell"
    (folder / "names.txt").write_text("stroma\nnucleus\nnothing\n")
    engine.forget_changed()
    engine.open("scans", _wait)
    assert engine.models["scans"].outputs[0] == "stroma"


def test_a_given_model_whose_file_has_gone_is_no_model(folder: Path) -> None:
    engine = _engine(folder)
    engine.shelf.give("own-0123456789ab", engine.shelf.books()["scans"])
    (folder / "scans.keras").unlink()
    with pytest.raises(Refused, match=r"scans\.keras"):
        engine.open("own-0123456789ab", _wait)
    assert "own-0123456789ab" not in engine.shelf
