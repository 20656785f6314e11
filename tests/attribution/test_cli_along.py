"""Recordings and texts on the command line, read by the model's card."""

import json
import wave
from pathlib import Path

import keras
import numpy as np
import pytest

import attribution
from attribution import cards
from tests.attribution.test_cli_cards import run

L = keras.layers
SERIES = (
    "inputs:\n  x: {kind: series, length: 6, channels: [left, right], rate: 100}\nlayer: hidden\n"
)
WORDS = (
    "inputs:\n  x: {kind: tokens, length: 5, padding: 1, vocabulary: ['[UNK]', '', good, bad]}\n"
    "layer: hidden\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keras.utils.set_random_seed(1)
    found = tmp_path_factory.mktemp("along")
    x = keras.Input((6, 2), name="x")
    hidden = L.Conv1D(3, 2, activation="tanh", name="hidden")(x)
    keras.Model(x, L.Dense(2, name="out")(L.Flatten()(hidden))).save(found / "series.keras")
    ids = keras.Input((5,), dtype="int32", name="x")
    hidden = L.Conv1D(3, 2, activation="tanh", name="hidden")(L.Embedding(4, 3)(ids))
    keras.Model(ids, L.Dense(2, name="out")(L.Flatten()(hidden))).save(found / "words.keras")
    (found / "series.yaml").write_text(SERIES)
    (found / "words.yaml").write_text(WORDS)
    return found


def explained(folder: Path, capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    out = folder / "out.json"
    code, _, err = run(capsys, "explain", *map(str, words), "--target", "0", "--out", out)
    assert code == 0, err
    return json.loads(out.read_text("utf-8"))


def f_inputs(answers: dict) -> list[float]:
    return [float(e["f_input"]) for e in _examples(answers)]


def _examples(found: object) -> list[dict]:
    """Every part of the answer that holds numbers of an example."""
    if isinstance(found, dict):
        own = [found] if "f_input" in found else []
        return own + [e for part in found.values() for e in _examples(part)]
    return [e for part in found for e in _examples(part)] if isinstance(found, list) else []


def said(folder: Path, model: str, x: np.ndarray) -> np.ndarray:
    """(batch,) by Keras alone."""
    loaded = keras.models.load_model(folder / f"{model}.keras", compile=False)
    return loaded.predict(x, verbose=0)[:, 0]


def test_recordings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    rows = "\n".join(f"{b},{i / 100},{a}" for i, (a, b) in enumerate(x.tolist()))
    (folder / "run.csv").write_text(f"right,time,left\n{rows}\n")
    model = folder / "series.keras"
    code, _, err = run(capsys, "explain", model, folder / "run.csv")
    assert (code, "has 10 times, and the model takes 6: --fit window takes its middle" in err) == (
        2, True,
    )  # fmt: skip
    found = explained(folder, capsys, model, folder / "run.csv", "--fit", "window")
    np.testing.assert_allclose(f_inputs(found), said(folder, "series", x[None, 2:8]), rtol=1e-4)
    np.save(folder / "many.npy", np.stack([x[:6], x[4:]]))
    found = explained(folder, capsys, model, folder / "many.npy")
    both = said(folder, "series", np.stack([x[:6], x[4:]]))
    np.testing.assert_allclose(f_inputs(found), both, rtol=1e-4)
    pcm = (np.clip(x[:6], -1, 1) * 32767).astype("<i2")
    with wave.open(str(folder / "run.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(100)
        file.writeframes(pcm.tobytes())
    found = explained(folder, capsys, model, folder / "run.wav", "--baseline", "smooth:3")
    heard = said(folder, "series", pcm[None] / np.float32(32768))
    np.testing.assert_allclose(f_inputs(found), heard, rtol=1e-4)


def test_texts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words that are not known are [UNK]; the end is the card's padding, which is not 0 here."""
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("Good, odd: BAD!")
    (folder / "texts" / "b.csv").write_text("2,2,3,1,1\n0,3,1,1,1\n")
    model = folder / "words.keras"
    found = explained(folder, capsys, model, folder / "texts", "--baseline", "padding")
    x = np.array([[2, 0, 3, 1, 1], [2, 2, 3, 1, 1], [0, 3, 1, 1, 1]])
    np.testing.assert_allclose(f_inputs(found), said(folder, "words", x), rtol=1e-4)
    nothing = said(folder, "words", np.ones((1, 5), int))[0]
    for each in _examples(found):
        assert each["f_baseline"] == pytest.approx(nothing, abs=1e-5)
    (folder / "long.txt").write_text("good " * 6)
    code, _, err = run(capsys, "explain", model, folder / "long.txt")
    assert (code, "has 6 words, and at most 5 are taken" in err) == (2, True)


def test_ids_without_a_vocabulary_are_padded_by_the_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = folder / "ids.yaml"
    card.write_text("inputs:\n  x: {kind: tokens, length: 5, padding: 3}\nlayer: hidden\n")
    (folder / "ids.txt").write_text("2 0 1")
    words = folder / "words.keras", folder / "ids.txt", "--card", card
    found = explained(folder, capsys, *words)
    x = np.array([[2, 0, 1, 3, 3]])
    np.testing.assert_allclose(f_inputs(found), said(folder, "words", x), rtol=1e-4)


def test_noise_is_what_the_first_layers_have_seen(tmp_path: Path) -> None:
    """Rows about the means that a Normalization was adapted to; ids that an embedding has."""
    seen = np.random.default_rng(0).normal([1000, -3], [50, 0.1], (500, 2))
    normal = L.Normalization()
    normal.adapt(seen)
    row, ids = keras.Input((2,), name="row"), keras.Input((1,), dtype="int32", name="ids")
    looked_up = L.Flatten()(L.Embedding(3, 2)(ids))
    model = keras.Model([row, ids], L.Dense(1)(L.Concatenate()([normal(row), looked_up])))
    net = attribution.Network(model)
    card = cards.ready(cards.guess(net), net.input_shapes, tmp_path, cards.noise(net))
    noise = np.load(card.samples[0].file)
    assert (np.abs(noise["row"] - [1000, -3]) < [250, 0.5]).all()
    assert 0 <= noise["ids"].min() <= noise["ids"].max() < 3
    assert np.equal(noise["ids"], np.rint(noise["ids"])).all()
