"""The measured check of the preprocessing, on networks whose weights are written down."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import attribution
from attribution import InvalidRequest, cards

DARK, BRIGHT = 40, 180


def bright_or_dark(order: str = "channels_last") -> attribution.Network:
    """Class 1 where the mean of the values is above a half: pixels of 0 to 1 are meant."""
    given = x = keras.Input((8, 8, 3) if order == "channels_last" else (3, 8, 8), name="x")
    if order == "channels_first":
        x = keras.layers.Permute((2, 3, 1))(x)
    out = keras.layers.Dense(2, activation="softmax", name="out")
    model = keras.Model(given, out(keras.layers.GlobalAveragePooling2D()(x)))
    out.set_weights([np.float32([[0, 10]] * 3), np.float32([0, -15])])
    return attribution.Network(model)


def red_or_blue() -> attribution.Network:
    """Class 0 where the first channel is above the third."""
    given = keras.Input((8, 8, 3), name="x")
    out = keras.layers.Dense(2, activation="softmax", name="out")
    model = keras.Model(given, out(keras.layers.GlobalAveragePooling2D()(given)))
    out.set_weights([np.float32([[9, 0], [0, 0], [0, 9]]), np.zeros(2, np.float32)])
    return attribution.Network(model)


def card(**entry: object) -> cards.Card:
    return cards.Card(
        inputs={"x": {"kind": "image", "size": (8, 8), **entry}},
        outputs={"kind": "classes", "names": ["dark", "bright"]},
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder for each class, of ten pictures."""
    generator = np.random.default_rng(0)
    for name, shade in (("bright", BRIGHT), ("dark", DARK)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(10):
            noise = generator.integers(-20, 20, (12, 12, 3))
            picture = Image.fromarray(np.uint8(shade + noise))
            picture.save(tmp_path / "data" / name / f"{i}.png")
    return tmp_path / "data"


def measure(
    net: attribution.Network, given: cards.Card, data: Path
) -> cards.PreprocessingComparison:
    files = sorted(data.glob("*/*.png"))
    return cards.compare_preprocessing(net, given, files, [f.parent.name for f in files])


@pytest.mark.parametrize("order", ["channels_last", "channels_first"])
def test_a_wrong_range_is_caught(order: str, data: Path) -> None:
    found = measure(bright_or_dark(order), card(range=(0, 255), order=order), data)
    own, *others = found.ways
    assert own.accuracy == 0.5  # all are bright to it
    assert found.best is not None
    assert found.best.name == "0 to 1"
    assert found.best.accuracy == 1
    assert (found.best.better, found.best.worse) == (10, 0)
    assert found.best.p == pytest.approx(2 / 2**10)
    assert "range: [0.0, 1.0]" in found.sentence
    assert "very likely wrong" in found.sentence
    assert [w.accuracy for w in others] == sorted((w.accuracy for w in others), reverse=True)
    assert "clearly better" in str(found)


def test_a_right_range_is_left_alone(data: Path) -> None:
    found = measure(bright_or_dark(), card(range=(0, 1)), data)
    assert found.ways[0].accuracy == 1
    assert "0 to 1" not in [way.name for way in found.ways]  # it is the card's own
    assert found.best is None
    assert "is right for 20 of 20 files" in found.sentence


def test_few_files_say_nothing_for_sure(data: Path) -> None:
    """Seven disagreements of seven have p = 2 / 2^7 = .016."""
    for file in sorted((data / "dark").iterdir())[7:]:
        file.unlink()
    found = measure(bright_or_dark(), card(range=(0, 255)), data)
    best = next(way for way in found.ways if way.name == "0 to 1")
    assert (best.better, best.worse) == (7, 0)
    assert best.p == pytest.approx(2 / 2**7)
    assert found.best is None


def test_exchanged_colours_are_caught(tmp_path: Path) -> None:
    files, labels = [], []
    for i in range(16):
        colour = (200, 50, 20 + i) if i % 2 else (20 + i, 50, 200)
        files.append(tmp_path / f"{i}.png")
        Image.new("RGB", (9, 9), colour).save(files[-1])
        labels.append(0 if i % 2 else 1)
    right = card(range=(0, 1))
    wrong = card(range=(0, 1), colours="bgr")
    assert cards.compare_preprocessing(red_or_blue(), right, files, labels).best is None
    found = cards.compare_preprocessing(red_or_blue(), wrong, files, labels)
    assert found.ways[0].accuracy == 0
    assert found.best is not None
    assert found.best.accuracy == 1
    assert "colours: rgb" in found.sentence


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1), (5, 5, 1), (1, 0, 1), (3, 1, 10 / 16), (9, 1, 22 / 1024), (1, 9, 22 / 1024)],
)
def test_the_exact_test(better: int, worse: int, p: float) -> None:
    entry = cards.ImageEntry(kind="image", range=(0, 1))
    way = cards.Preprocessing("a", entry, np.ones(1, bool), better, worse)
    assert way.p == pytest.approx(p)


def test_what_cannot_be_measured(data: Path) -> None:
    net, files = bright_or_dark(), sorted(data.glob("*/*.png"))
    for given, some, labels, told in (
        (card(range=(0, 1)), [], [], "0 files and 0 labels"),
        (card(range=(0, 1)), files[:2], ["dark"], "2 files and 1 labels"),
        (card(range=(0, 1)), files[:1], ["darkish"], "'darkish' is no class"),
        (card(range=(0, 1)), files[:1], [2], "'2' is no class: give an index from 0 to 1"),
        (cards.Card(inputs={"x": {"kind": "table"}}), files[:1], [0], "the first of kind table"),
    ):
        with pytest.raises(InvalidRequest, match=told):
            cards.compare_preprocessing(net, given, some, labels)
