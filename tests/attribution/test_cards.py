"""Cards: read, written and held against their model; what is wrong is said with file and line."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import keras
import numpy as np
import pytest
import yaml

import attribution
from attribution import InvalidCard, InvalidRequest, cards
from attribution.bundled import ASSETS

ROOT = Path(__file__).parents[2]
EMOTIONS = """title: Emotions
inputs:
  input_1: {kind: image, size: [48, 64], colours: grey, range: [-1, 1]}
outputs: {kind: classes, names: [angry, no, 3, sad]}
layer: hidden
"""
EVERY_KIND = """
title: 'Every: kind # of input'
summary: |
  On two
  lines.
inputs:
  a: {kind: image, order: channels_first, colours: bgr, mean: [103.939, 116.779, 123.68], std: 1}
  b: {kind: sequence, length: 200, alphabet: TGCA}
  c:
    kind: table
    features: [age, 'yes', "1e5", smoker]
    units: {age: years}
    categories: {smoker: [no, yes]}
  d: {kind: series, length: 100, channels: [left, right], rate: 44.1}
  e: {kind: tokens, vocabulary: ['', '[UNK]', good, "0x1f"], padding: 0, length: 8}
  '7': {kind: array, shape: [20, null, 3]}
outputs:
  price: {kind: number, unit: €}
  what: {kind: labels, names: [a, b]}
layer: conv
source: me
licence: MIT
"""


def read(text: str, tmp_path: Path) -> cards.Card:
    path = tmp_path / "my.yaml"
    path.write_text(text, encoding="utf-8")
    return cards.read(path)


def test_a_card_says_what_it_says(tmp_path: Path) -> None:
    card = read(EMOTIONS, tmp_path)
    assert card.title == "Emotions"
    assert card.input.size == (48, 64)
    assert card.input.shape == (48, 64, 1)
    assert card.labels == ("angry", "no", "3", "sad")
    assert card.layer == "hidden"
    with pytest.raises(ValueError, match="frozen"):
        card.title = "Other"


@pytest.mark.parametrize("text", [EMOTIONS, EVERY_KIND], ids=["small", "every kind"])
def test_a_written_card_is_read_as_the_same(text: str, tmp_path: Path) -> None:
    card = read(text, tmp_path)
    again = tmp_path / "again.yaml"
    cards.write(card, again)
    assert cards.read(again) == card
    assert again.read_text("utf-8").startswith("# yaml-language-server: $schema=")
    plain = yaml.safe_load(again.read_text("utf-8"))  # other readers see the same
    assert plain["title"] == card.title
    assert list(plain["inputs"]) == list(card.inputs)
    jsonschema.validate(plain, cards.schema())


def test_names_out_of_files(tmp_path: Path) -> None:
    wanted = ("cat", "no", "3")
    (tmp_path / "sub").mkdir()
    (tmp_path / "names.txt").write_text("cat\nno\n3\n")
    (tmp_path / "names.json").write_text('["cat", "no", "3"]')
    (tmp_path / "sub" / "names.yaml").write_text("- cat\n- no\n- 3\n")
    for file in ("names.txt", "names.json", "sub/names.yaml"):
        text = EMOTIONS.replace("[angry, no, 3, sad]", file)
        assert read(text, tmp_path).labels == wanted


def test_a_vocabulary_may_begin_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\n[UNK]\ngood\n")
    card = read("inputs: {x: {kind: tokens, vocabulary: words.txt}}", tmp_path)
    assert card.input.vocabulary == ("", "[UNK]", "good")


def test_samples_lie_beside_the_card(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"")
    text = EMOTIONS + "samples:\n  - {file: cat.png, title: A cat, target: 2}\n"
    card = read(text, tmp_path)
    sample = card.sample("cat")
    assert sample is not None
    assert (sample.file, sample.title, sample.target) == (tmp_path / "cat.png", "A cat", 2)
    cards.write(card, tmp_path / "again.yaml")
    assert "file: cat.png" in (tmp_path / "again.yaml").read_text()
    assert cards.read(tmp_path / "again.yaml") == card
    (tmp_path / "sub").mkdir()
    with pytest.raises(InvalidCard, match="outside the card's folder: copy it there"):
        cards.write(card, tmp_path / "sub" / "again.yaml")


def changed(*pairs: tuple[str, str]) -> str:
    text = EMOTIONS
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


WRONG = [
    ("colours: grey", "colours: gray", "3: inputs.input_1.colours is 'gray'; expected is rgb"),
    ("range: [-1, 1]", "rnge: [0, 1]", "3: inputs.input_1.rnge is no field of a card; did you me"),
    (", range: [-1, 1]", "", "3: inputs.input_1: it must say how pixels become numbers, once: ra"),
    ("range: [-1, 1]", "range: [1, 1]", "3: inputs.input_1: black and white become the same"),
    ("range: [-1, 1]", "range: [0, a]", "3: inputs.input_1.range.1 is 'a'; expected is .low, hi"),
    ("range: [-1, 1]", "range: [0, 1], std: 2", "3: inputs.input_1: it must say how pixels becom"),
    ("range: [-1, 1]", "mean: [1, 2]", "3: inputs.input_1: mean has 2 numbers, and grey has 1"),
    ("range: [-1, 1]", "mean: .5, std: 255", "3: inputs.input_1: mean is of pixels 0 to 1, and"),
    ("range: [-1, 1]", "mean: 127, std: .5", "3: inputs.input_1: std is of pixels 0 to 1, and me"),
    ("range: [-1, 1]", "mean: 1, std: 0", "3: inputs.input_1: std must be above 0"),
    ("range: [-1, 1]", "mean: .nan", "3: .nan is no number; a finite one is expected"),
    ("range: [-1, 1]", "mean: 1e999", "3: inputs.input_1.mean is inf; expected is a number, or o"),
    ("range: [-1, 1]", "mean: true", "3: inputs.input_1.mean is True; expected is a number"),
    ("[48, 64]", "[48]", r"3: inputs.input_1.size is .48.; expected is .height, width. in pixels"),
    ("[48, 64]", "[48, 64.5]", "3: inputs.input_1.size.1 is 64.5; expected is .height, width."),
    ("[48, 64]", "[48, 0]", "3: inputs.input_1.size.1 is 0; expected is .height, width."),
    ("[48, 64]", "48", "3: inputs.input_1.size is 48; expected is .height, width."),
    ("kind: image", "kind: picture", "3: inputs.input_1.kind is 'picture'; give one of image, s"),
    ("kind: image, ", "", "3: inputs.input_1 has no kind; give one of image, sequence, table"),
    ("kind: classes, ", "", "4: outputs has no kind; give classes, labels, number or positions"),
    ("kind: classes", "kind: class", "4: outputs.kind is 'class'; expected is classes, labels"),
    ("angry", "null", "4: outputs.names.0 is None; expected is the names of the last axis"),
    ("angry", "''", "4: outputs.names.0 is ''; expected is the names of the last axis"),
    ("names:", "unit: m, names:", "4: outputs: unit is for numbers, and this output is of kind c"),
    ("[angry, no, 3, sad]", "none.txt", "4: outputs.names: there is no file 'none.txt' in the c"),
    ("layer:", "layr:", "5: layr is no field of a card; did you mean layer"),
    ("layer: hidden", "layer: [a]", "5: layer is .'a'.; expected is the name of a layer"),
    ("inputs:", "input:", "1: the card has no inputs; give the name of an input"),
    ("layer: hidden", "samples:\n- file: a.png", "6: samples.0.file: there is no file 'a.png'"),
    ("layer: hidden", "samples:\n- titel: a", "6: samples.0 has no file; give the name of a file"),
    ("layer: hidden", "samples: 3", "5: samples is 3; expected is a list of entries"),
    ("title: Emotions", "title: {a: b}", "1: title is {'a': 'b'}; expected is a text"),
    ("title: Emotions", "title: a\ntitle: b", "2: 'title' stands twice; keep one of them"),
    ("title: Emotions", "[a]: b", "1: a key must be a text before a colon"),
    ("title: Emotions", "title: [", "3: this is no YAML: "),
    ("title: Emotions", "title: a\n---", "2: a second document begins; a card is one"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidCard, match=f"^my.yaml, line {told}") as refused:
        read(changed((old, new)), tmp_path)
    said = str(refused.value)
    assert "\n" not in said
    assert said[-1] in ".?"
    assert len(said) < 400


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{kind: sequence, alphabet: ACGA}", "alphabet is 'ACGA'; different letters"),
        ("{kind: table, features: [a, a]}", "features holds a name twice"),
        ("{kind: table, features: [a], units: {b: m}}", "units names 'b', which is not among"),
        ("{kind: table, features: [a], categories: {a: [x], c: [y]}}", "categories names 'c'"),
        ("{kind: series, rate: 0}", "rate is 0; expected is samples for each second"),
        ("{kind: tokens, padding: -1}", "padding is -1; expected is the id"),
        ("{kind: array, shape: [2, x]}", "shape.1 is 'x'; expected is of one example"),
    ],
)
def test_each_kind_is_checked(entry: str, told: str) -> None:
    with pytest.raises(InvalidCard, match=rf"card, line 1: inputs\.x[:.]? ?{told}"):
        cards.parse(f"inputs: {{x: {entry}}}")


def test_files_that_are_no_card(tmp_path: Path) -> None:
    for path, told in (
        (tmp_path / "none.yaml", "is not there; give a .yaml file"),
        (tmp_path, "is no file; give a .yaml file"),
    ):
        with pytest.raises(InvalidCard, match=told):
            cards.read(path)
    path = tmp_path / "my.yaml"
    for data, told in (
        (b"\xff\xfe\x00", "is no text in UTF-8"),
        (b"- a\n- b\n", "my.yaml is no card: lines such as"),
        (b"", "my.yaml, line 1: the card has no inputs"),
        (b"title: \x07", "my.yaml is no YAML: unacceptable character"),
        (b"#" * (2**20 + 1), "my.yaml is larger than 1 MB"),
    ):
        path.write_bytes(data)
        with pytest.raises(InvalidCard, match=told):
            cards.read(path)


@pytest.mark.parametrize(
    ("fields", "black", "grey", "white"),
    [  # of pixels 0, 51 and 255
        ({"range": (0, 1)}, 0, 0.2, 1),
        ({"range": (-1, 1)}, -1, -0.6, 1),
        ({"range": (0, 255)}, 0, 51, 255),
        ({"range": (1, 0)}, 1, 0.8, 0),
        ({"mean": 127, "std": 128}, -127 / 128, -76 / 128, 1),
        ({"mean": 0.5, "std": 0.5}, -1, -0.6, 1),
        ({"mean": 51}, -51, 0, 204),
    ],
)
def test_pixels_become_what_the_entry_says(
    fields: dict[str, Any], black: float, grey: float, white: float
) -> None:
    entry = cards.ImageEntry(kind="image", size=(1, 3), colours="grey", **fields)
    x = entry.encoding().encode(np.uint8([[0, 51, 255]]))
    np.testing.assert_allclose(x[0, :, 0], [black, grey, white], atol=1e-6)


def test_means_of_channels_are_in_the_models_order() -> None:
    caffe = {"colours": "bgr", "mean": (103.939, 116.779, 123.68), "order": "channels_first"}
    entry = cards.ImageEntry(kind="image", **caffe)
    assert entry.shape == (3, None, None)
    x = entry.encoding((1, 1)).encode(np.uint8([[[200, 100, 50]]]))
    np.testing.assert_allclose(x[:, 0, 0], [50 - 103.939, 100 - 116.779, 200 - 123.68], rtol=1e-6)
    with pytest.raises(InvalidRequest, match="leaves the size of pictures open"):
        entry.encoding()


def network() -> attribution.Network:
    given = keras.Input((48, 64, 1), name="input_1")
    hidden = keras.layers.Conv2D(2, 3, activation="relu", name="hidden")(given)
    flat = keras.layers.Flatten()(hidden)
    return attribution.Network(keras.Model(given, keras.layers.Dense(4, name="out")(flat)))


def test_a_card_that_fits_its_model(tmp_path: Path) -> None:
    assert cards.fits(network(), read(EMOTIONS, tmp_path)) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("input_1", "input_2", "The model has no input 'input_2', which the card names: 'input_1'"),
        ("input_1", "input_2", "The card has no entry for input 'input_1'"),
        (
            "[48, 64]",
            "[64, 48]",
            "input 'input_1' is image of shape 64x48x1, and the model takes 48",
        ),
        ("colours: grey", "colours: rgb", "shape 48x64x3, and the model takes 48x64x1"),
        ("colours: grey", "order: channels_first, colours: grey", "shape 1x48x64, and the"),
        ("sad]", "sad, glad]", "The card has 5 names for output 'out', which has 4"),
        ("kind: classes", "kind: positions", "is of kind positions, and the model's has shape 4"),
        ("outputs: {", "outputs: {age: {", "The model has no output 'age', which the card names"),
        ("layer: hidden", "layer: hiden", "The card's layer is not the model's. .*'hidden'"),
        ("layer: hidden", "samples: [{file: my.yaml, target: 4}]", "has the target 4, and the m"),
    ],
)
def test_a_card_that_contradicts_its_model(old: str, new: str, told: str, tmp_path: Path) -> None:
    text = changed((old, new)).replace("sad]}\n", "sad]}}\n" if "age" in new else "sad]}\n")
    found = cards.fits(network(), read(text, tmp_path))
    assert any(re.search(told, sentence) for sentence in found), found


def test_the_published_schema_is_that_of_the_cards() -> None:
    published = json.loads((ROOT / "docs" / cards.writing.SCHEMA).read_text("utf-8"))
    assert published == cards.schema()
    jsonschema.Draft202012Validator.check_schema(published)
    for path in (ASSETS / "models").glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), published)
        first = (
            path.read_text("utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        )
        assert (path.parent / first).resolve() == ROOT / "docs" / "card.schema.json"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"inputs": {"x": {"kind": "image", "colour": "grey"}}}, published)
