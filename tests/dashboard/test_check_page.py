"""The measured check in the page, and the input as the network sees it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.words import scale
from dashboard.work import labelled
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import says, seen
from tests.dashboard.test_own_programs import folder, opened
from tests.dashboard.test_shelf import _save, _scans

L = keras.layers
__all__ = ["folder"]
CARD = """inputs:
  given: {kind: image, size: [16, 16], colours: grey, range: [0, 1]}
outputs: {kind: classes, names: [bright, dark]}
"""


def brightness() -> keras.Model:
    """Bright where the mean is above zero, so it is made for -1 to 1: by hand, exactly."""
    given = keras.Input((16, 16, 1), name="given")
    mean = L.GlobalAveragePooling2D()(L.Conv2D(1, 1, use_bias=False, name="same")(given))
    said = L.Dense(2, activation="softmax", use_bias=False, name="said")(mean)
    model = keras.Model(given, said)
    model.get_layer("same").set_weights([np.ones((1, 1, 1, 1))])
    model.get_layer("said").set_weights([np.array([[5.0, -5.0]])])
    return model


def shade(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((16, 16), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(**more: bytes) -> bytes:
    """Ten pictures of either class, in a folder each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(10):
            archive.writestr(f"set/bright/{i}.png", shade(180 + i))
            archive.writestr(f"set/dark/{i}.png", shade(60 + i))
        archive.writestr("__MACOSX/dark/._0.png", b"no picture")
        for name, data in more.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def send(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    given = [(name, data, "application/octet-stream") for name, data in files]
    app.file_uploader(key="check_files").set_value(given).run()
    assert not app.exception
    return app


def test_a_wrong_range_is_measured_and_taken_over(folder: Path) -> None:
    """With 0 to 1 everything is bright: 10 of 20 are right; with -1 to 1 all 20 are."""
    _save(brightness(), folder / "mine.keras")
    (folder / "mine.yaml").write_text(CARD)
    app = send(opened("mine"), ("set.zip", zipped()))
    assert not says(app)
    app.button(key="check_go").click().run()
    assert "-1 to 1 is right for 20 of 20 files, the card's for 10" in says(app)
    app.button(key="check_take").click().run()
    assert not app.exception
    assert app.number_input(key="card mine inputs given range 0").value == -1
    assert "very likely wrong" not in says(app)
    app.button(key="check_go").click().run()
    assert any("No other preprocessing does clearly better" in seen(s.value) for s in app.success)
    app.button(key="card_use").click().run()
    assert app.session_state["session"].last.known.model.card.input.range == (-1, 1)
    app.button(key="card_save").click().run()
    assert (folder / "mine.yaml").read_text().startswith("inputs:")  # no schema lies beside it
    assert app.button(key="check_go").label == "Measure with 20 pictures"  # not to be sent again
    app.button(key="check_go").click().run()
    assert any("No other preprocessing does clearly better" in seen(s.value) for s in app.success)


def test_single_pictures_of_a_chosen_class(folder: Path) -> None:
    _save(brightness(), folder / "mine.keras")
    (folder / "mine.yaml").write_text(CARD)
    app = opened("mine")
    app.selectbox(key="check_class").set_value("dark").run()
    app = send(app, ("a.png", shade(60)), ("b.png", b"no picture"))
    assert "b.png" in says(app)
    app.button(key="check_go").click().run()
    assert any("right for 0 of 1 files" in seen(s.value) for s in app.success)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK no zip", "no .zip file"),
        (zipped()[:600], "no .zip file"),
        (zipped(**{"dark/zeros.png": bytes(2**26 + 1)}), "unpacks to more than 64 MB"),
        (zipped(**{f"dark/more{i}.png": b"x" for i in range(90)}), "more than 100 pictures"),
    ],
    ids=["no zip", "cut", "bomb", "many"],
)
def test_hostile_archives_are_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        labelled.unpack(data, "set.zip")
    assert str(refused.value).isprintable()


def test_members_are_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = labelled.unpack(zipped(**{"../../evil/a.png": b"x", "/evil/b.png": b"y"}), "set.zip")
    assert ("evil", b"x") in found
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("values", "expects", "fits"),
    [
        ([0, 255], ("r", 0, 255), True),
        ([0, 1], ("r", 0, 255), False),
        ([-1, 1], ("r", 0, 255), False),
        ([0, 255], ("r", 0, 1), False),
        ([0, 0], ("r", 0, 255), True),
        ([0, 9], None, True),
    ],
)
def test_the_input_against_what_the_first_scaling_is_made_for(values, expects, fits) -> None:
    said, good = scale.seen(np.array(values, float), expects)
    assert good == fits
    assert f"from {values[0]} to {values[1]}" in said


def test_the_page_says_it_of_every_picture(folder: Path) -> None:
    _save(_scans(), folder / "scans.keras")
    app = opened("scans")
    assert any("is made for 0 to 255" in seen(c.value) for c in app.caption)
    card = "inputs:\n  scan: {kind: image, size: [20, 28], colours: grey, range: [0, 1]}\n"
    (folder / "scans.yaml").write_text(card)
    assert "very likely wrong" in says(opened("scans"))
