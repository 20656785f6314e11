"""Models with several inputs: each is given by itself, as its kind has it."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.controls.session import Shown
from dashboard.work import several
from tests.dashboard.conftest import says, seen
from tests.dashboard.test_own_programs import check, folder, opened

L = keras.layers
__all__ = ["folder"]
CARD = """inputs:
  row: {kind: table, features: [age, smoker], categories: {smoker: ["no", "yes"]}}
  photo: {kind: image, size: [8, 12], colours: grey, range: [0, 1]}
  words: {kind: tokens, vocabulary: ["", "[UNK]", "good", "bad"], length: 4}
  dna: {kind: sequence, length: 8}
  trace: {kind: series, length: 6, channels: [left]}
  kept: {kind: array, shape: [2]}
"""


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A sum of six inputs, of which the last is only compared."""
    keras.utils.set_random_seed(3)
    row, photo = keras.Input((2,), name="row"), keras.Input((8, 12, 1), name="photo")
    words, dna = keras.Input((4,), dtype="int32", name="words"), keras.Input((8, 4), name="dna")
    trace, kept = keras.Input((6, 1), name="trace"), keras.Input((2,), dtype="int32", name="kept")
    seen_ = L.GlobalAveragePooling2D()(L.Conv2D(3, 3, name="conv")(photo))
    said = L.GlobalAveragePooling1D()(L.Embedding(4, 3, name="looked_up")(words))
    read = L.GlobalAveragePooling1D()(L.Conv1D(3, 3, name="filters")(dna))
    heard = L.GlobalAveragePooling1D()(L.Conv1D(3, 3, name="times")(trace))
    many = L.Dense(3)(keras.ops.cast(keras.ops.greater(kept, 0), "float32"))
    parts = [L.Dense(3)(row), seen_, said, read, heard, many]
    hidden = L.Dense(5, activation="tanh", name="hidden")(L.Add()(parts))
    return keras.Model([row, photo, words, dna, trace, kept], L.Dense(2, name="said")(hidden))


@pytest.fixture
def app(folder: Path, model: keras.Model) -> AppTest:
    model.save(folder / "mine.keras")
    (folder / "mine.yaml").write_text(CARD)
    found = opened("mine")
    assert not says(found)
    return found


def last(app: AppTest) -> Shown:
    assert not app.exception
    found = app.session_state["session"].last
    assert isinstance(found, Shown)
    return found


def given(app: AppTest) -> dict[str, np.ndarray]:
    return {n: x[0] for n, x in last(app).item.encode().items()}


def test_each_input_has_its_own_control_and_the_program_runs(app: AppTest, folder: Path) -> None:
    first = given(app)
    app.text_area(key="part mine words typed").set_value("Good, odd").run()
    app.selectbox(key="part mine row typed 1").set_value(1).run()
    app.number_input(key="part mine row typed 0").set_value(44.0).run()
    app.text_area(key="part mine dna typed").set_value("ACGTacgt").run()
    picture = io.BytesIO()
    Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12)).save(picture, "PNG")
    app.file_uploader(key="part mine photo").set_value(
        ("p.png", picture.getvalue(), "image/png")
    ).run()
    app.file_uploader(key="part mine trace").set_value(
        ("t.csv", b"left\n1\n2\n3\n4\n5\n6\n", "text/csv")
    ).run()
    assert not says(app)
    x = given(app)
    np.testing.assert_array_equal(x["words"], [2, 1, 0, 0])
    np.testing.assert_array_equal(x["row"], [44, 1])
    np.testing.assert_array_equal(x["dna"], np.tile(np.eye(4), (2, 1)))
    np.testing.assert_allclose(x["photo"][..., 0] * 255, np.arange(96).reshape(8, 12), rtol=1e-5)
    np.testing.assert_array_equal(x["trace"][:, 0], range(1, 7))
    np.testing.assert_array_equal(x["kept"], first["kept"])
    assert last(app).asked.input.startswith("file-")
    (folder / last(app).item.file).write_bytes(several.packed([x]))
    check(app)


def test_those_held_are_said(app: AppTest) -> None:
    told = [seen(c.value) for c in app.caption if "Held:" in c.value]
    assert len(told) == 1
    assert "through Greater alone" in told[0]


def test_several_rows_are_several_examples(app: AppTest) -> None:
    """The other inputs stay as they are in each; the link is the same for the same parts."""
    rows = b"age,smoker\n30,no\n40,yes\n50,no\n"
    before = given(app)
    send = app.file_uploader(key="part mine row")
    send.set_value(("rows.csv", rows, "text/csv")).run()
    name = last(app).asked.input
    app.number_input(key="example").set_value(1).run()
    x = given(app)
    np.testing.assert_array_equal(x["row"], [40, 1])
    np.testing.assert_array_equal(x["photo"], before["photo"])
    app.selectbox(key="input").set_value("noise").run()
    app.file_uploader(key="part mine row").set_value(("again.csv", rows, "text/csv")).run()
    assert last(app).asked.input == name


def test_what_does_not_fit_is_one_sentence_and_the_example_stays(app: AppTest) -> None:
    before = given(app)
    app.text_area(key="part mine dna typed").set_value("ACG").run()
    assert "dna, “ACG”: " in says(app)
    app.file_uploader(key="part mine photo").set_value(("p.png", b"no", "image/png")).run()
    assert "photo, p.png: " in says(app)
    np.testing.assert_array_equal(given(app)["dna"], before["dna"])


def test_the_export_holds_the_file_that_the_program_reads(app: AppTest) -> None:
    app.number_input(key="part mine row typed 0").set_value(7.0).run()
    name = last(app).asked.input
    held = app.session_state["session"].own["array"].held[name]
    assert held.title == "Noise with row: typed"
    loaded = np.load(io.BytesIO(held.parts[0]))
    assert loaded["row"][0, 0] == 7
    assert held.file == f"input-{name.removeprefix('file-')}.npz"
