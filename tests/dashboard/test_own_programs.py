"""Programs of models that are not bundled run as printed, beside the model's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.export.subject import Subject
from dashboard.kinds import KINDS
from dashboard.work.answer import Place
from dashboard.work.engine import Engine
from tests.dashboard.conftest import APP, picture
from tests.dashboard.test_shelf import _letters, _save, _scans

L = keras.layers
CARD = """title: Scans
inputs:
  scan: {kind: image, size: [20, 28], colours: grey, range: [0, 255]}
samples:
  - {file: samples/stripes.png, title: Stripes}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the models lie, and the programs run."""
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(model: str, **query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update({"model": model, **query})
    app.run()
    assert not app.exception
    return app


def check(app: AppTest) -> str:
    """Run the program of what the page shows; it comes to the same scores."""
    last = app.session_state["session"].last
    kind = KINDS[last.known.form.kind]
    engine = Engine()
    engine.open(last.known.model.name, print)
    shown = (engine, kind, last.known, last.asked, "", last.item)
    subject = Subject(*shown, last.prediction, last.answer, Place(0), "channel")
    (file,) = [f for f in kind.files(subject) if f.name.endswith(".py")]
    program = file.build().decode()
    names: dict[str, Any] = {}
    exec(compile(program, "printed.py", "exec"), names)
    scores = last.answer.result.scores
    scale = float(np.abs(scores).max())
    np.testing.assert_allclose(names["result"].scores, scores, atol=1e-5 * scale)
    assert scale > 0
    return program


def test_a_model_without_a_card(folder: Path) -> None:
    """Its neutral sample is made again; nothing names a place of the server's."""
    _save(_scans(), folder / "my scans.keras")
    program = check(opened("my scans"))
    assert "attribution.load('my scans.keras')" in program
    assert str(folder) not in program


def test_a_sample_of_the_models_own_card(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    (folder / "scans.yaml").write_text(CARD)
    (folder / "samples").mkdir()
    (folder / "samples" / "stripes.png").write_bytes(picture())
    app = opened("scans", baseline="noise", seed="3")
    assert app.session_state["session"].last.asked.input == "stripes"
    assert "samples/stripes.png" in check(app)


def test_a_file_of_ones_own(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    data = picture()
    (folder / "mine.png").write_bytes(data)
    app = opened("scans")
    app.file_uploader[0].set_value([("mine.png", data, "image/png")]).run()
    assert "Path('mine.png')" in check(app)


def test_letters_of_any_length(folder: Path) -> None:
    _save(_letters(), folder / "letters.h5")
    check(opened("letters"))


def test_a_hostile_name_stays_a_name(folder: Path) -> None:
    given = keras.Input((6, 5, 4), name="a'\"\\u202e")
    hidden = L.Conv2D(3, 3, activation="relu", name="hidden")(given)
    model = keras.Model(given, L.Dense(2, activation="softmax")(L.GlobalMaxPooling2D()(hidden)))
    _save(model, folder / 'x"""\nraise SystemExit.keras')
    check(opened('x"""\nraise SystemExit'))
