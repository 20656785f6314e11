"""Models with several inputs: every page, programs, baselines, words that are looked up."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from tests.dashboard.conftest import says, seen, visit
from tests.dashboard.test_own_programs import check, folder, opened
from tests.dashboard.test_shelf import _save

L = keras.layers
__all__ = ["folder"]


def both() -> keras.Model:
    """A row of numbers and a series, side by side."""
    keras.utils.set_random_seed(4)
    row, series = keras.Input((5,), name="row"), keras.Input((12, 3), name="series")
    seen_ = L.GlobalAveragePooling1D()(L.Conv1D(4, 3, activation="relu", name="conv")(series))
    hidden = L.Dense(6, activation="tanh", name="hidden")(L.Concatenate()([row, seen_]))
    said = L.Dense(3, activation="softmax", name="said")(hidden)
    return keras.Model([row, series], said)


def words() -> keras.Model:
    """A row of numbers and the ids of words."""
    keras.utils.set_random_seed(4)
    row, ids = keras.Input((5,), name="row"), keras.Input((6,), dtype="int32", name="ids")
    read = L.GlobalAveragePooling1D()(L.Embedding(9, 4, name="looked_up")(ids))
    hidden = L.Dense(6, activation="tanh", name="hidden")(L.Concatenate()([row, read]))
    return keras.Model([row, ids], L.Dense(1, name="said")(hidden))


def picture() -> keras.Model:
    """A row of numbers and a picture of whole numbers."""
    keras.utils.set_random_seed(4)
    row = keras.Input((5,), name="row")
    pixels = keras.Input((16, 20, 3), dtype="uint8", name="pixels")
    read = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, name="conv")(L.Rescaling(1 / 255)(pixels)))
    hidden = L.Dense(6, activation="tanh", name="hidden")(L.Concatenate()([row, read]))
    return keras.Model([row, pixels], L.Dense(1, name="said")(hidden))


@pytest.mark.parametrize("build", [both, words, picture])
def test_every_page_answers_and_the_program_runs(folder: Path, build) -> None:
    _save(build(), folder / "mine.keras")
    app = opened("mine")
    assert not says(app)
    last = app.session_state["session"].last
    x = last.item.encode()
    net = attribution.load(folder / "mine.keras")
    assert {name: values.shape[1:] for name, values in x.items()} == net.input_shapes
    target = last.answer.target
    assert last.answer.f_input == pytest.approx(float(net.score(x, target)[0]), rel=1e-4)
    check(app)
    for page in ("overview", "compare", "ablate", "path"):
        visit(app, page)
        assert not says(app)
        assert app.get("plotly_chart")


@pytest.mark.parametrize("baseline", ["zeros", "mean", "noise"])
def test_baselines_of_each_input(folder: Path, baseline: str) -> None:
    """F(baseline) is Keras' own, for a baseline that is made here of each input alone."""
    model = words()
    _save(model, folder / "mine.keras")
    app = opened("mine", baseline=baseline)
    last = app.session_state["session"].last
    row = last.item.encode()["row"]
    made = {
        "zeros": lambda: np.zeros_like(row),
        "mean": lambda: np.full_like(row, np.mean(row)),
        "noise": lambda: attribution.baselines.noise(row, 0, 1)[0],
    }[baseline]()
    own = model.predict({"row": made, "ids": np.zeros((1, 6), int)}, verbose=0)[0, 0]
    assert last.answer.f_baseline == pytest.approx(float(own), abs=1e-5)
    assert any("ids begins at its padding" in seen(c.value) for c in app.caption)
    check(app)


def test_a_file_with_an_array_for_each(folder: Path) -> None:
    _save(both(), folder / "mine.keras")
    generator, data = np.random.default_rng(1), io.BytesIO()
    x = {"row": generator.normal(size=(2, 5)), "series": generator.normal(size=(2, 12, 3))}
    np.savez(data, allow_pickle=True, **x)
    app = upload(opened("mine"), data.getvalue())
    (folder / "mine.npz").write_bytes(data.getvalue())
    app.number_input(key="example").set_value(1).run()
    last = app.session_state["session"].last
    np.testing.assert_allclose(last.item.encode()["series"][0], x["series"][1], rtol=1e-6)
    check(app)
    wrong = io.BytesIO()
    np.savez(wrong, allow_pickle=True, row=x["row"])
    app = upload(app, wrong.getvalue())
    assert "an array for each input is expected: row, series" in says(app)


def test_a_split_over_both_adds_up(folder: Path) -> None:
    _save(both(), folder / "mine.keras")
    app = visit(opened("mine"), "path")
    app.button(key="split_go").click().run()
    assert not app.exception
    assert any("through row" in seen(c.value) for c in app.caption)


def upload(app: AppTest, data: bytes) -> AppTest:
    app.file_uploader(key="array_file").set_value(("mine.npz", data, "application/zip")).run()
    assert not app.exception
    return app
