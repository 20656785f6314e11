"""A small network of grey pictures with its card, and pictures for it, for tests of profiles."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image

CARD = """\
title: Shapes
inputs:
  x: {kind: image, size: [8, 8], colours: grey, range: [0, 1]}
outputs: {kind: classes, names: [round, square, long]}
layer: hidden
"""


def network(seed: int = 1) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x = keras.Input((8, 8, 1), name="x")
    h = layers.Conv2D(4, 3, name="conv")(x)
    h = layers.ReLU(name="relu")(h)
    h = layers.Dense(5, "tanh", name="hidden")(layers.Flatten()(h))
    return keras.Model(x, layers.Dense(3, "softmax", name="out")(h), name="shapes")


def write(folder: Path, each: int = 10) -> Path:
    """shapes.keras and its card, and `pictures` with a folder for each of two classes."""
    network().save(folder / "shapes.keras")
    (folder / "shapes.yaml").write_text(CARD)
    generator = np.random.default_rng(5)
    for label in ("round", "square"):
        (folder / "pictures" / label).mkdir(parents=True)
        for number in range(each):
            pixels = generator.integers(0, 256, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / f"pictures/{label}/{number:02}.png")
    return folder
