"""The bundled files are what the cards and the README say they are.

The photographs are prepared here with Pillow alone, not with the project's own image code: a
mistake shared by both would otherwise pass.
"""

import hashlib
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from attribution.bundled import MODELS
from tests.assets.bundle import ASSETS, CARDS, EXPECTED, SAMPLES

README = (ASSETS / "README.md").read_text(encoding="utf-8")
PHOTOGRAPHS = [name for name, found in EXPECTED.items() if "top1" in found]


@pytest.fixture(scope="module")
def network():
    return keras.models.load_model(ASSETS / "models/efficientnet-lite0.keras", compile=False)


def prepare(path: Path) -> np.ndarray:
    """The central 87.5 % of the short side, bicubic to 224 x 224, (pixel - 127) / 128."""
    with Image.open(path) as image:
        width, height = image.size
        side = 0.875 * min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
        small = image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC, box=box)
    return (np.asarray(small, np.float32)[None] - 127) / 128


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_network_recognises_the_photograph(network, name):
    probabilities = network(prepare(SAMPLES[name]["file"])).numpy()[0]
    assert probabilities.argmax() == EXPECTED[name]["top1"]


def test_probabilities_of_the_cat(network):
    """Values measured with the weights in float32, before they were rounded for storage."""
    labels = json.loads((ASSETS / "labels/imagenet.json").read_text(encoding="utf-8"))
    probabilities = network(prepare(ASSETS / "samples/cat.png")).numpy()[0]
    cats = {labels[index]: probabilities[index] for index in (281, 282, 285)}
    assert cats == pytest.approx(
        {"tabby": 0.1691, "tiger cat": 0.3845, "Egyptian cat": 0.3655}, abs=0.002
    )


def expected_layers() -> list[str]:
    """Every layer's name, from the published table of stages: (repeats, expand)."""
    stages = [(1, 1), (2, 6), (2, 6), (3, 6), (3, 6), (4, 6), (1, 6)]
    names = ["image", "stem_conv", "stem_bn", "stem_relu"]
    for number, (repeats, expand) in enumerate(stages, start=1):
        for repeat in range(repeats):
            parts = ["expand_conv", "expand_bn", "expand_relu"] if expand > 1 else []
            parts += ["depthwise", "depthwise_bn", "depthwise_relu", "project_conv", "project_bn"]
            # Within a stage, every block but the first keeps size and width: it has a skip.
            parts += ["add"] if repeat > 0 else []
            names += [f"block{number}{'abcd'[repeat]}_{part}" for part in parts]
    return [*names, "head_conv", "head_bn", "head_relu", "avg_pool", "logits", "predictions"]


def test_layer_names_are_the_fixed_ones(network):
    assert [layer.name for layer in network.layers] == expected_layers()
    assert network.name == "efficientnet-lite0"
    assert network.count_params() == 4_694_024


def test_target_is_a_linear_layer_before_a_softmax(network):
    assert network.get_layer("logits").activation is keras.activations.linear
    assert network.get_layer("predictions").activation is keras.activations.softmax
    assert network.get_layer("block6d_add").output.shape == (None, 7, 7, 192)


def test_labels_are_a_thousand_different_names():
    labels = json.loads((ASSETS / "labels/imagenet.json").read_text(encoding="utf-8"))
    assert len(labels) == len({label.casefold() for label in labels}) == 1000
    assert labels[0] == "tench"
    assert labels[282] == "tiger cat"
    assert labels[999] == "toilet tissue"


def named_files() -> set[str]:
    """Every file of the bundle but the cards, which programs and people read alike."""
    folders = [(ASSETS / name).iterdir() for name in ("models", "labels", "samples", "data")]
    files = [path for folder in folders for path in folder if path.suffix != ".yaml"]
    return {"motifs.json"} | {path.relative_to(ASSETS).as_posix() for path in files}


def test_every_model_has_a_card_and_every_sample_belongs_to_one():
    assert set(MODELS) == set(CARDS) == {path.stem for path in (ASSETS / "models").glob("*.keras")}
    files = {sample["file"] for sample in SAMPLES.values()}
    assert files == set((ASSETS / "samples").iterdir())
    assert sum(len(card["samples"]) for card in CARDS.values()) == len(SAMPLES)
    assert set(SAMPLES) == set(EXPECTED)


@pytest.mark.parametrize("entry", SAMPLES.values(), ids=SAMPLES)
def test_every_sample_says_what_to_look_for_and_whom_to_credit(entry):
    missing = [key for key in ("title", "look_for", "credit", "licence") if not entry.get(key)]
    assert missing == []


def test_checksums_in_the_readme_match_the_files():
    listed = dict(reversed(pair) for pair in re.findall(r"^([0-9a-f]{64})  (\S+)$", README, re.M))
    actual = {
        name: hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() for name in named_files()
    }
    assert listed == actual


def test_the_readme_gives_a_source_and_a_licence_of_every_file():
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", README, re.M))
    assert set(rows) == named_files()
    assert [name for name, row in rows.items() if not all(row.split(" | "))] == []


def test_the_folder_stays_small():
    files = (path for path in ASSETS.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert sum(path.stat().st_size for path in files) < 15_000_000
