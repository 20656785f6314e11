"""The card in the page: a form from the schema, its sentences, and where it goes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attribution import cards
from attribution.cards.entries import INPUTS
from dashboard.controls import card_form as form
from tests.dashboard.conftest import says, seen
from tests.dashboard.test_own_programs import folder, opened
from tests.dashboard.test_shelf import _save, _scans

L = keras.layers
__all__ = ["folder"]


def test_every_field_of_every_kind_has_a_control() -> None:
    """Each control's own words for a value come back as that value."""
    entries = {
        "image": {"size": [20, 28], "colours": "bgr", "mean": [1.5, 2, 3], "std": 2.0,
                  "order": "channels_first"},
        "sequence": {"length": 30, "alphabet": "ACGU"},
        "table": {"features": ["age", "sex"], "units": {"age": "years"},
                  "categories": {"sex": ["f", "m"]}},
        "series": {"length": 9, "channels": ["x"], "rate": 2.5},
        "tokens": {"vocabulary": ["", "good"], "padding": 0, "length": 7},
        "array": {"shape": [20, None]},
    }  # fmt: skip
    assert {*entries} == {*INPUTS}
    forms = {
        (kind, name): form._form(spec)
        for kind, entry in INPUTS.items()
        for name, spec in entry.model_json_schema()["properties"].items()
        if "const" not in spec
    }
    for (kind, name), control in forms.items():
        value = entries[kind].get(name)
        if value is not None and control == "other":
            assert json.loads(form._shown(control, value)) == value
    wanted = {
        ("image", "size"): "pair", ("image", "colours"): "choice", ("image", "range"): "pair",
        ("image", "mean"): "other", ("sequence", "length"): "whole", ("series", "rate"): "number",
        ("sequence", "alphabet"): "text", ("table", "features"): "names",
        ("tokens", "vocabulary"): "names", ("table", "units"): "other",
    }  # fmt: skip
    assert {place: forms[place] for place in wanted} == wanted


def test_the_form_begins_as_the_guess_with_its_reasons_and_writes_nothing(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    assert app.selectbox(key="card scans inputs scan kind").value == "image"
    assert app.number_input(key="card scans inputs scan range 1").value == 255
    assert any("Guessed:" in seen(c.value) and "multiplies" in seen(c.value) for c in app.caption)
    assert not says(app)
    assert sorted(p.name for p in folder.iterdir()) == ["scans.keras"]


def test_an_error_is_the_cards_own_sentence(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    app.number_input(key="card scans inputs scan range 1").set_value(None).run()
    assert not app.exception
    assert "scans.yaml, line " in says(app)
    assert "inputs.scan" in says(app)
    assert app.button(key="card_use").disabled
    app.number_input(key="card scans inputs scan range 1").set_value(1.0).run()
    app.text_area(key="card scans outputs names").set_value("a\nb").run()
    assert "2 names for output 'said', which has 3" in says(app)
    assert app.button(key="card_save").disabled


def test_a_changed_card_holds_for_who_has_the_link(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    app.number_input(key="card scans inputs scan range 1").set_value(1.0).run()
    app.text_area(key="card scans outputs names").set_value("cell\nnucleus\nnothing").run()
    app.button(key="card_use").click().run()
    assert not app.exception
    name = app.query_params["model"]
    name = name[0] if isinstance(name, list) else name
    assert name.startswith("own-")
    last = app.session_state["session"].last
    assert last.known.model.outputs[0] == "cell"
    assert float(np.max(last.item.encode())) <= 1
    assert name not in opened("scans").selectbox(key="model").options
    assert opened(name).session_state["session"].last.known.model.outputs[0] == "cell"
    assert sorted(p.name for p in folder.iterdir()) == ["scans.keras"]


def test_saved_beside_the_model_it_holds_for_all(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    app.text_input(key="card scans title").set_value("Scans of mine").run()
    app.text_area(key="card scans outputs names").set_value("cell\nnucleus\nnothing").run()
    app.button(key="card_save").click().run()
    assert not app.exception
    assert not app.error
    assert sorted(p.name for p in folder.iterdir()) == ["scans.keras", "scans.yaml"]
    card = cards.read(folder / "scans.yaml")
    assert (card.title, card.labels) == ("Scans of mine", ("cell", "nucleus", "nothing"))
    assert card.samples == ()
    assert app.session_state["session"].last.known.model.outputs[1] == "nucleus"
    assert opened("scans").session_state["session"].last.known.model.title == "Scans of mine"


def test_a_folder_that_nobody_may_write_to_offers_no_saving(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(_scans(), folder / "scans.keras")
    real = os.access  # root may write everywhere, so the answer of the system is stood in for
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))
    app = opened("scans")
    assert not [b for b in app.button if b.key == "card_save"]


def test_names_from_a_file(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    uploader = app.file_uploader(key="card_names card scans outputs names")
    uploader.set_value(("names.txt", b"cell\nnucleus\nnothing\n", "text/plain")).run()
    assert app.text_area(key="card scans outputs names").value == "cell\nnucleus\nnothing"
    assert not says(app)
    uploader = app.file_uploader(key="card_names card scans outputs names")
    uploader.set_value(("names.json", b"[1, 2]", "application/json")).run()
    assert "names.json holds no names" in says(app)


def test_bundled_models_have_no_form(app: AppTest) -> None:
    app.query_params["model"] = "tal1-gata1"
    app.run()
    assert not [b for b in app.button if b.key == "card_use"]
