"""Cards on the command line: found, given, guessed, and measured."""

import json
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import attribution
from attribution import cards, cli
from attribution.commands.codes import FINE, UNSURE

CARD = """title: Shades
inputs:
  x: {kind: image, size: [8, 8], range: [0, 1]}
outputs: {kind: classes, names: [dark, bright]}
layer: hidden
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says "bright" above a half of 0 to 1, one of a table, and twenty pictures."""
    folder = tmp_path_factory.mktemp("saved")
    given = keras.Input((8, 8, 3), name="x")
    pooled = keras.layers.GlobalAveragePooling2D(name="hidden")(given)
    out = keras.layers.Dense(2, activation="softmax", name="out")
    model = keras.Model(given, out(pooled))
    out.set_weights([np.float32([[0, 10]] * 3), np.float32([0, -15])])
    model.save(folder / "my.keras")
    row = keras.Input((2,), name="row")
    keras.Model(row, keras.layers.Dense(1, name="price")(row)).save(folder / "rows.keras")
    for name, shade in (("bright", 180), ("dark", 40)):
        (folder / "data" / name).mkdir(parents=True)
        for i in range(10):
            Image.new("RGB", (9, 9), (shade, shade, shade + i)).save(
                folder / "data" / name / f"{i}.png"
            )
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy, with the card beside the model."""
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    (copy / "my.yaml").write_text(CARD)
    return copy


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    try:
        code = cli.main([str(w) for w in words])
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_card_beside_the_model_is_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = folder / "data" / "bright" / "0.png"
    out = folder / "found.json"
    code, _, err = run(capsys, "explain", folder / "my.keras", picture, "--out", out)
    assert code == FINE
    assert err == "The card my.yaml beside the model is used.\n"
    found = json.loads(out.read_text())
    ((layer, about),) = found["layers"].items()
    (example,) = about["examples"]
    assert (layer, example["class"]) == ("hidden", "bright")
    net = attribution.load(folder / "my.keras")
    x = np.full((1, 8, 8, 3), 180 / 255, np.float32)
    assert example["f_input"] == pytest.approx(net.score(x, 1)[0], rel=1e-5)


def test_a_given_card_goes_before_that_beside_the_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.yaml").write_text(CARD.replace("bright]", "light]"))
    code, out, err = run(
        capsys, "explain", folder / "my.keras", folder / "data/bright/0.png", "--card",
        folder / "other.yaml", "--target", "light",
    )  # fmt: skip
    assert (code, err) == (FINE, "")
    assert "light" in out


def test_without_a_card_the_scale_must_be_said(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = saved / "data/bright/0.png"
    code, _, err = run(capsys, "explain", saved / "my.keras", picture, "--layer", "hidden")
    assert code == 2
    assert "write a card (card guess), or say --subtract and --divide" in err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("layer: hidden", "layer: hiden", "The card's layer is not the model's"),
        ("bright]", "bright, grey]", "The card has 3 names for output 'out', which has 2"),
        ("title:", "titel:", "my.yaml, line 1: titel is no field of a card; did you mean title?"),
    ],
)
def test_a_wrong_card_is_refused(
    old: str, new: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "my.yaml").write_text(CARD.replace(old, new))
    for command in ("explain", "check"):
        code, out, err = run(capsys, command, folder / "my.keras", folder / "data/bright/0.png")
        assert (code, out) == (2, "")
        assert told in err


def test_names_of_features_come_from_the_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rows.yaml").write_text(
        "inputs: {row: {kind: table, features: [age, dose]}}\nlayer: row\n"
    )
    (folder / "a.csv").write_text("1,2\n")
    code, out, _ = run(capsys, "explain", folder / "rows.keras", folder / "a.csv")
    assert code == FINE
    assert "age" in out
    (folder / "b.csv").write_text("dose,age\n1,2\n")
    code, _, err = run(capsys, "explain", folder / "rows.keras", folder / "b.csv")
    assert code == 2
    assert "b.csv: its column 1 is 'dose', and that of the model's card is 'age'" in err


def test_letters_in_another_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = keras.Input((3, 4), name="x")
    keras.Model(given, keras.layers.Dense(1, name="out")(keras.layers.Flatten()(given))).save(
        tmp_path / "dna.keras"
    )
    (tmp_path / "dna.yaml").write_text(
        "inputs: {x: {kind: sequence, length: 3, alphabet: TGCA}}\nlayer: x\n"
    )
    (tmp_path / "a.fa").write_text(">a\nAAT\n")
    words = ("explain", tmp_path / "dna.keras", tmp_path / "a.fa", "--by", "neuron", "--out")
    words = (*words, tmp_path / "a.json")
    code, _, err = run(capsys, *words)
    assert code == FINE, err
    found = json.loads((tmp_path / "a.json").read_text())["layers"]["x"]["examples"][0]
    one_hot = np.float32([[[0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0]]])
    net = attribution.load(tmp_path / "dna.keras")
    assert found["f_input"] == pytest.approx(float(net.predict(one_hot)[0, 0]), rel=1e-5)


def test_a_wrong_range_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = folder / "data"
    code, out, _ = run(capsys, "check", folder / "my.keras", "--data", data)
    assert code == FINE
    assert "which is right for 20 of 20 files" in out
    (folder / "my.yaml").write_text(CARD.replace("[0, 1]", "[0, 255]"))
    lines = [f"data/{f.parent.name}/{f.name},{f.parent.name}" for f in sorted(data.glob("*/*"))]
    (folder / "labels.csv").write_text("file,label\n" + "\n".join(lines) + "\n")
    shutil.make_archive(str(folder / "labelled"), "zip", data)
    for source in (data, folder / "labels.csv", folder / "labelled.zip"):
        code, out, _ = run(capsys, "check", folder / "my.keras", "--data", source)
        assert code == UNSURE
        assert "0 to 1 is right for 20 of 20 files, the card's for 10" in out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("data/bright/0.png,1,2\n", "Line 1 of labels.csv is 'data/bright/0.png,1,2'; a file and"),
        ("none.png,dark\n", "Line 1 of labels.csv: there is no file 'none.png'"),
        ("data/bright/0.png,pink\n", "The label 'pink' is no class"),
        ("file,label\n", "holds no labelled pictures"),
    ],
)
def test_data_that_is_none(
    text: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "labels.csv").write_text(text)
    code, _, err = run(capsys, "check", folder / "my.keras", "--data", folder / "labels.csv")
    assert code == 2
    assert told in err


def test_a_zip_is_bounded_and_classes_without_names_are_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(folder / "large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dark/0.png", bytes(2**26 + 1))
    code, _, err = run(capsys, "check", folder / "my.keras", "--data", folder / "large.zip")
    assert (code, "large.zip unpacks to more than 64 MB" in err) == (2, True)
    (folder / "my.yaml").write_text(CARD.replace(", names: [dark, bright]", ""))
    code, _, err = run(capsys, "check", folder / "my.keras", "--data", folder / "data")
    assert code == 2
    assert "write their names under outputs, in the model's order, or label by index, 0 to 1" in err


def test_data_needs_a_card_and_no_input(
    saved: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder / "data"
    code, _, err = run(capsys, "check", saved / "my.keras", "--data", data)
    assert (code, "there is none: give --card" in err) == (2, True)
    picture = data / "bright/0.png"
    code, _, err = run(capsys, "check", folder / "my.keras", picture, "--data", data)
    assert (code, "leave INPUT out, or --data" in err) == (2, True)
    code, _, err = run(capsys, "check", folder / "my.keras", "--data", folder / "my.keras")
    assert (code, "give a folder with a folder for each class" in err) == (2, True)


def test_a_guess_becomes_the_card(
    saved: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "my.yaml").unlink()
    code, out, _ = run(capsys, "card", "guess", saved / "my.keras")
    assert code == FINE
    card = cards.parse(out)
    assert card.input == cards.ImageEntry(kind="image", size=(8, 8), range=(0, 1))
    words = ("card", "guess", folder / "my.keras", "--out", folder / "my.yaml")
    code, out, err = run(capsys, *words)
    assert (code, out) == (FINE, "")
    assert "card.schema.json" in err
    assert cards.read(folder / "my.yaml") == card
    assert json.loads((folder / "card.schema.json").read_text("utf-8")) == cards.schema()
    picture = folder / "data/bright/0.png"
    assert run(capsys, "explain", folder / "my.keras", picture, "--layer", "hidden")[0] == FINE
    code, _, err = run(capsys, *words)
    assert (code, "which is there already" in err) == (2, True)
    words = ("card", "guess", folder / "my.keras", "--out", folder / "my.json")
    assert run(capsys, *words)[0] == 2


def test_the_schema_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "card", "schema")
    assert (code, json.loads(out)) == (FINE, cards.schema())
    assert run(capsys, "card", "schema", "--out", tmp_path / "s.json")[0] == FINE
    assert json.loads((tmp_path / "s.json").read_text("utf-8")) == cards.schema()
