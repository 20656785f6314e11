"""The models of tables, text, series and digits answer as their cards and the README say.

Files are read here by hand, not with the library's own readers.
"""

import csv
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml
from PIL import Image

import attribution
from assets import machine, reviews
from tests.assets.bundle import EXPECTED

ASSETS = Path(__file__).parents[2] / "assets"
NAMES = ("digits", "wine", "reviews", "machine")
CARDS = {n: yaml.safe_load((ASSETS / f"models/{n}.yaml").read_text("utf-8")) for n in NAMES}
SAMPLES = [(n, s["file"]) for n in NAMES for s in CARDS[n]["samples"]]


@cache
def model(name: str) -> keras.Model:
    return keras.models.load_model(ASSETS / f"models/{name}.keras", compile=False)


def read(path: Path) -> np.ndarray:
    """The examples of a sample's file, as its model takes them."""
    if path.suffix == ".png":
        with Image.open(path) as image:
            return np.asarray(image, np.float32)[None, ..., None]
    if path.suffix == ".txt":
        words = (ASSETS / "models/reviews.txt").read_text("ascii").split()
        found = [words.index(w) if w in words else 1 for w in path.read_text("ascii").split()]
        return np.array([found + [0] * (24 - len(found))], np.int32)
    with path.open(newline="") as file:
        _, *rows = csv.reader(file)
    table = np.array(rows, np.float32)
    return table if path.stem == "wine" else table[None]


@pytest.mark.parametrize("name", NAMES)
def test_a_card_fits_its_model(name: str) -> None:
    card, net = CARDS[name], model(name)
    ((title, entry),) = card["inputs"].items()
    (layer,) = (tensor for tensor in net.inputs)
    lengths = {
        "image": lambda: (*entry["size"], 1),
        "table": lambda: (len(entry["features"]),),
        "series": lambda: (entry["length"], len(entry["channels"])),
        "tokens": lambda: (entry["length"],),
    }
    assert (layer.name, layer.shape[1:]) == (title, lengths[entry["kind"]]())
    assert net.output_shape[-1] == len(card["outputs"]["names"])
    assert net.get_layer(card["layer"])
    assert all(s["credit"] and s["licence"] and s["look_for"] for s in card["samples"])


@pytest.mark.parametrize(("name", "file"), SAMPLES)
def test_each_sample_is_answered_as_its_card_says(name: str, file: str) -> None:
    (sample,) = (s for s in CARDS[name]["samples"] if s["file"] == file)
    found = model(name)(read(ASSETS / "models" / file)).numpy()
    assert found.shape[1] == len(CARDS[name]["outputs"]["names"])
    labels = CARDS[name]["outputs"]["kind"] == "labels"
    answers = (found > 0.5).astype(int) if labels else found.argmax(axis=1)
    assert answers.tolist() == EXPECTED[Path(file).stem]["answers"]
    if name == "machine":
        truth = {"quiet": (0, 0), "knock": (1, 0), "surge": (0, 1), "both": (1, 1)}
        np.testing.assert_array_equal(found[0] > 0.5, truth[Path(file).stem.split("-")[1]])
    elif name == "digits" and "read as" in sample["title"]:
        assert found.argmax() == int(sample["title"][-1]) != sample["target"]
    elif name != "wine":
        assert found.argmax() == sample["target"]


def test_the_wines_of_the_sample_are_told_as_the_card_says() -> None:
    found = model("wine")(read(ASSETS / "samples/wine.csv")).numpy().argmax(-1)
    assert found.tolist() == [0] * 4 + [1, 0] + [1] * 5 + [2] * 9


def test_unseen_digits_are_read_as_often_as_the_readme_says() -> None:
    with np.load(ASSETS / "data/digits.npz") as data:
        pictures, labels = data["pictures"], data["labels"]
    assert pictures.shape == (1000, 28, 28)
    np.testing.assert_array_equal(np.bincount(labels), [100] * 10)
    found = model("digits").predict(pictures[..., None], batch_size=250, verbose=0).argmax(-1)
    assert 980 <= (found == labels).sum() <= 988


@pytest.mark.parametrize(
    ("review", "total"),
    [
        ("the film was good", 1),
        ("the film was not good", -1),
        ("never very bad but hardly really great", 0),
        ("not the good film", 1),  # it turns what comes right after it
        ("the film", 0),
    ],
)
def test_the_planted_rule(review: str, total: int) -> None:
    assert reviews.total(review) == total


@pytest.mark.parametrize(("words", "sign"), [(reviews.PRAISE, 1), (reviews.BLAME, -1)])
def test_the_rule_shows_in_the_words(words: tuple[str, ...], sign: int) -> None:
    """Each word of praise or blame speaks as the rule says, and "not" turns it round."""
    net = attribution.Network(model("reviews"))

    def scores(verdicts: list[str]) -> np.ndarray:
        x = reviews.ids([f"the film was {verdict}" for verdict in verdicts])
        unknown = (x > 0).astype("int32")  # 1 for each word
        question = {"target": {2: 1, 0: -1}, "baseline": unknown}  # positive against negative
        return sign * attribution.deeplift(net, x, "embedding", **question).scores.sum(-1)

    alone = scores(list(words))
    assert (alone[:, 3] > 2 * np.abs(alone[:, :3]).max(1)).all()
    assert (scores([f"not {word}" for word in words])[:, 3:5].sum(1) < 0).all()


@pytest.mark.parametrize("label", range(2), ids=machine.LABELS)
def test_what_was_planted_is_where_the_scores_are(label: int) -> None:
    """Of 20 series with the event, nearly all have their largest score within it."""
    net = attribution.Network(model("machine"))
    data = machine.watch(60, seed=11)
    with_it = np.flatnonzero(data.labels[:, label])[:20]
    x, starts = data.series[with_it], data.starts[with_it, label]
    result = attribution.deeplift(
        net, x, "series", target=label, baseline=attribution.baselines.mean(x)
    )
    assert (result.scores.sum(1).argmax(-1) == label).mean() > 0.9  # the channel it is in
    peaks = result.scores[..., label].argmax(-1)
    assert ((peaks >= starts - 2) & (peaks <= starts + 42)).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_can_be_explained(name: str) -> None:
    """All but the last, which comes after the score; DeepLIFT is exact on each."""
    net = attribution.Network(model(name))
    x = read(ASSETS / "models" / CARDS[name]["samples"][0]["file"])[:4]
    assert attribution.check(net, x).fine
    found = attribution.deeplift(net, x, "all", target=0)
    assert set(found) == {layer.name for layer in net.layers} - {"predictions"}
    for result in found.values():
        np.testing.assert_allclose(result.total, result.delta, rtol=1e-4, atol=1e-4)


def test_the_library_reads_the_samples_as_they_are_read_by_hand() -> None:
    about = {name: next(iter(CARDS[name]["inputs"].values())) for name in NAMES}
    vocabulary = attribution.tokens.read_vocabulary(
        (ASSETS / "models/reviews.txt").read_bytes(), "reviews.txt"
    )
    assert (vocabulary.words, vocabulary.padding, vocabulary.unknown) == (reviews.VOCABULARY, 0, 1)
    for name, file in SAMPLES:
        path = ASSETS / "models" / file
        data, entry = path.read_bytes(), about[name]
        if name == "digits":
            continue  # pictures have readers of their own
        if name == "wine":
            found = attribution.tables.read(data, path.name, entry["features"]).rows
        elif name == "machine":
            (series,) = attribution.series.read(data, path.name, entry["channels"], entry["rate"])
            found = series.values[None]
        else:
            found = attribution.tokens.read(data, vocabulary, entry["length"]).ids[None]
        np.testing.assert_array_equal(found.astype(read(path).dtype), read(path), err_msg=file)
