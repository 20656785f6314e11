"""Guesses: models of every kind, built on the spot, each with the card its builder would write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import attribution
from attribution import cards

layers = keras.layers


def ends(x: Any, units: int = 3, activation: str | None = "softmax") -> Any:
    return layers.Dense(units, activation=activation, name="out")(x)


def image(
    *first: Any, shape: tuple[int | None, ...] = (32, 48, 3), name: str = "mine"
) -> keras.Model:
    """A small convolutional network, behind these layers."""
    x = given = keras.Input(shape, name="x")
    for layer in first:
        x = layer(x)
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    return keras.Model(given, ends(layers.GlobalAveragePooling2D()(x)), name=name)


def normalised(mean: float, std: float) -> Any:
    return layers.Normalization(mean=[mean] * 3, variance=[std**2] * 3)


def seen(mean: float) -> Any:
    layer = layers.BatchNormalization()
    layer.build((None, 32, 48, 3))
    layer.moving_mean.assign([mean] * 3)
    return layer


def channels_first() -> keras.Model:
    return image(layers.Permute((2, 3, 1)), shape=(3, 32, 48))


def unet() -> keras.Model:
    given = keras.Input((16, 16, 1), name="x")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(given)
    return keras.Model(given, layers.Conv2D(2, 1, activation="softmax", name="out")(x))


def sequence(length: int | None = 30) -> keras.Model:
    given = keras.Input((length, 4), name="x")
    x = layers.Conv1D(5, 3, activation="relu", name="conv")(given)
    return keras.Model(given, ends(layers.GlobalMaxPooling1D()(x), 2, "sigmoid"))


def series() -> keras.Model:
    given = keras.Input((20, 3), name="x")
    return keras.Model(given, ends(layers.LSTM(4, return_sequences=False, name="lstm")(given)))


def table() -> keras.Model:
    given = keras.Input((5,), name="x")
    scaled = layers.Normalization(mean=[1.0] * 5, variance=[2.0] * 5)(given)
    hidden = layers.Dense(6, activation="relu", name="hidden")(scaled)
    return keras.Model(given, ends(hidden, 1, None))


def ids() -> keras.Model:
    given = keras.Input((8,), dtype="int32", name="x")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(50, 4, mask_zero=True)(given))
    return keras.Model(given, ends(x, 1, "sigmoid"))


def flat_picture() -> keras.Model:
    given = keras.Input((28, 28), name="x")
    return keras.Model(given, ends(layers.Dense(7, "relu")(layers.Flatten()(given))))


def volume() -> keras.Model:
    given = keras.Input((6, 5, 4, 2), name="x")
    return keras.Model(given, ends(layers.GlobalMaxPooling3D()(layers.Conv3D(3, 3)(given))))


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3, name="out")])


def nested() -> keras.Model:
    return image(image(layers.Rescaling(1 / 127.5, -1), name="inner").layers[1])


def wrapped() -> keras.Model:
    """The first layers stand in a model within."""
    given = keras.Input((32, 48, 3), name="x")
    inner = keras.Sequential([keras.Input((32, 48, 3)), layers.Rescaling(1 / 255)], name="inner")
    x = layers.Conv2D(4, 3, name="conv")(inner(given))
    return keras.Model(given, ends(layers.GlobalAveragePooling2D()(x)))


PICTURE = {"kind": "image", "size": (32, 48), "colours": "rgb"}
CLASSES = {"kind": "classes"}
CASES: dict[str, tuple[Callable[[], keras.Model], dict[str, Any], dict[str, Any], str | None]] = {
    "a picture": (image, {**PICTURE, "range": (0, 1)}, CLASSES, "conv"),
    "rescaled by 255": (
        lambda: image(layers.Rescaling(1 / 255)), {**PICTURE, "range": (0, 255)}, CLASSES, "conv",
    ),
    "rescaled to -1 to 1": (nested, {**PICTURE, "range": (0, 255)}, CLASSES, "conv"),
    "rescaled from 0 to 1": (
        lambda: image(layers.Rescaling(2.0, -1)), {**PICTURE, "range": (0, 1)}, CLASSES, "conv",
    ),
    "rescaled in a model within": (wrapped, {**PICTURE, "range": (0, 255)}, CLASSES, "conv"),
    "normalised pixels": (
        lambda: image(normalised(120, 60)), {**PICTURE, "range": (0, 255)}, CLASSES, "conv",
    ),
    "normalised of 0 to 1": (
        lambda: image(normalised(0.45, 0.22)), {**PICTURE, "range": (0, 1)}, CLASSES, "conv",
    ),
    "dropped before it is rescaled": (
        lambda: image(layers.Dropout(0.1), layers.Rescaling(1 / 255)),
        {**PICTURE, "range": (0, 255)}, CLASSES, "conv",
    ),
    "a batch normalisation that saw pixels": (
        lambda: image(seen(118)), {**PICTURE, "range": (0, 255)}, CLASSES, None,
    ),
    "a name that is known": (
        lambda: image(name="mobilenetv2_1.00_224"), {**PICTURE, "range": (-1, 1)}, CLASSES, "conv",
    ),
    "a name whose networks take BGR": (
        lambda: image(name="vgg16"),
        {**PICTURE, "colours": "bgr", "mean": (103.939, 116.779, 123.68), "std": 1.0}, CLASSES,
        "conv",
    ),
    "grey, of any size": (
        lambda: image(shape=(None, None, 1)),
        {"kind": "image", "colours": "grey", "range": (0, 1)}, CLASSES, "conv",
    ),
    "four channels": (
        lambda: image(shape=(32, 48, 4)), {**PICTURE, "colours": "rgba", "range": (0, 1)}, CLASSES,
        "conv",
    ),
    "channels first": (
        channels_first, {**PICTURE, "order": "channels_first", "range": (0, 1)}, CLASSES, None,
    ),
    "six channels": (
        lambda: image(shape=(32, 48, 6)), {"kind": "array", "shape": (32, 48, 6)}, CLASSES, "conv",
    ),
    "a class at each place": (
        unet, {"kind": "image", "size": (16, 16), "colours": "grey", "range": (0, 1)},
        {"kind": "positions"}, "down",
    ),
    "DNA": (
        sequence, {"kind": "sequence", "length": 30, "alphabet": "ACGT"}, {"kind": "labels"},
        "conv",
    ),
    "DNA of any length": (
        lambda: sequence(None), {"kind": "sequence", "alphabet": "ACGT"}, {"kind": "labels"},
        "conv",
    ),
    "a series": (series, {"kind": "series", "length": 20}, CLASSES, None),
    "a table": (table, {"kind": "table"}, {"kind": "number"}, "hidden"),
    "ids of words": (
        ids, {"kind": "tokens", "padding": 0, "length": 8}, {"kind": "labels"}, None,
    ),
    "a picture without an axis of colours": (
        flat_picture, {"kind": "array", "shape": (28, 28)}, CLASSES, None,
    ),
    "a volume": (volume, {"kind": "array", "shape": (6, 5, 4, 2)}, CLASSES, None),
    "logits": (sequential, {"kind": "table"}, {"kind": "number"}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_guess_is_what_its_builder_would_write(name: str, tmp_path: Path) -> None:
    build, entry, output, layer = CASES[name]
    model = build()
    net = attribution.Network(model)
    card = cards.guess(net)
    assert card.input.model_dump(exclude_unset=True) == entry
    assert card.outputs is not None
    assert card.outputs.model_dump(exclude_unset=True) == output
    if layer is not None:
        assert card.layer == layer
    assert cards.fits(net, card) == ()
    cards.write(card, tmp_path / "my.yaml")
    assert cards.read(tmp_path / "my.yaml") == card
    written = (tmp_path / "my.yaml").read_text("utf-8")
    for place, told in card.reasons.items():  # each with its field, or in place of it
        (line,) = [w for w in written.splitlines() if w.endswith(told) and f"{place[-1]}:" in w]
        assert "#" in line
    said = {place[-1] for place in card.reasons}
    assert set(entry) <= said | {"std"}
    if card.layer:
        assert ("layer",) in card.reasons


def test_an_uncertain_range_says_so_and_a_certain_one_says_why() -> None:
    where = ("inputs", "x", "range")
    told = cards.guess(image()).reasons[where]
    assert told.startswith("a guess")
    assert "[-1, 1], [0, 255]" in told
    sure = cards.guess(image(layers.Rescaling(1 / 255, name="scale"))).reasons[where]
    assert "guess" not in sure
    assert "'scale'" in sure


def text_model(name: str = "words") -> keras.Model:
    words = layers.TextVectorization(
        max_tokens=50, output_sequence_length=6, vocabulary=["good", "bad"], name=name
    )
    given = keras.Input((1,), dtype="string", name="text")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(50, 4)(words(given)))
    return keras.Model(given, ends(x, 1, "sigmoid"))


def test_a_model_of_text(tmp_path: Path) -> None:
    card = cards.guess(text_model())
    entry = {"kind": "tokens", "padding": 0, "length": 6}
    assert card.inputs["text"].model_dump(exclude_unset=True) == entry
    assert "'words'" in card.reasons["inputs", "text", "kind"]
    assert card.outputs is not None
    assert card.outputs.model_dump(exclude_unset=True) == {"kind": "labels"}
    cards.write(card, tmp_path / "my.yaml")
    assert cards.read(tmp_path / "my.yaml") == card


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    age = keras.Input((1,), name="age")
    photo = keras.Input((8, 8, 3), name="photo")
    word = keras.Input((1,), dtype="int64", name="word")
    known = layers.IntegerLookup(vocabulary=[3, 5], name="lookup")
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(photo)))
    near = layers.Flatten()(layers.Embedding(9, 2)(word))
    x = layers.Concatenate(name="all")([age, pooled, near])
    outputs = [ends(x, 4), layers.Dense(1, name="price")(x)]
    net = attribution.Network(keras.Model([age, photo, word], outputs))
    card = cards.guess(net)
    found = {name: entry.model_dump(exclude_unset=True) for name, entry in card.inputs.items()}
    assert found["age"] == {"kind": "table", "features": ("age",)}
    assert found["photo"]["range"] == (0, 255)
    assert found["word"]["kind"] == "tokens"
    assert {n: o.kind for n, o in card.outputs.items()} == {"out": "classes", "price": "number"}
    assert cards.fits(net, card) == ()
    cards.write(card, tmp_path / "my.yaml")
    assert cards.read(tmp_path / "my.yaml") == card
    assert known.get_vocabulary()[1:] == [3, 5]


def test_a_word_out_of_a_list() -> None:
    given = keras.Input((1,), dtype="string", name="colour")
    other = keras.Input((2,), name="size")
    lookup = layers.StringLookup(vocabulary=["red", "blue"], output_mode="one_hot")
    x = layers.Concatenate()([lookup(given), other])
    card = cards.guess(keras.Model([given, other], ends(x)))
    entry = card.inputs["colour"].model_dump(exclude_unset=True)
    words = ("[UNK]", "red", "blue")
    assert entry == {"kind": "table", "features": ("colour",), "categories": {"colour": words}}
    assert card.inputs["size"].kind == "table"


def test_guesses_of_the_bundled_models_are_nearly_their_cards() -> None:
    for name in ("tal1-gata1", "splice-donor"):
        net, card = attribution.load(name), cards.bundled()[name]
        found = cards.guess(net)
        assert found.inputs == card.inputs
        assert found.output().kind == card.output().kind
        assert cards.fits(net, card) == ()


def test_names_of_strangers_stay_comments() -> None:
    card = cards.guess(text_model("a\nsource: evil # b"))
    assert any("evil" in told for told in card.reasons.values())
    assert cards.parse(cards.text(card)) == card
    assert card.source == ""


def test_what_a_guess_is_made_of() -> None:
    with pytest.raises(attribution.UnsupportedModel):
        cards.guess(np.zeros(3))  # type: ignore[arg-type]


def test_what_is_smaller_than_any_picture_is_an_array() -> None:
    net = attribution.Network(image(shape=(6, 5, 4)))
    assert cards.guess(net).input.kind == "array"
