"""Train ``models/wine.keras``: which of three cultivars is a wine made of, by its analysis?

scikit-learn ships the 178 wines of UCI's data set with 13 measurements of each. Every third wine of
a cultivar is held out (58); of these, 20 are the sample ``samples/wine.csv``: the five that the
network is least sure of, and others as they are drawn. Measurements go in as they were taken: the
first layer holds the training wines' means and variances. Run: ``python -m assets.build_wine``.
"""

import csv
from pathlib import Path

import keras
import numpy as np
from keras import Input, Model, layers

from assets import training
from assets.wheels import Wheel, open_wheel

ASSETS = Path(__file__).parent
TARGET = ASSETS / "models" / "wine.keras"
SOURCE = Wheel(
    "scikit-learn==1.9.1",
    "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
)
MEMBER = "sklearn/datasets/data/wine_data.csv"
FEATURES = (  # in the file's order; it names none, its description does
    *("alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols"),
    *("flavanoids", "nonflavanoid phenols", "proanthocyanins", "color intensity", "hue"),
    *("OD280/OD315 of diluted wines", "proline"),
)
SEED = 3000
EPOCHS = 60
SAMPLES = 20
UNSURE = 5  # of the samples: those that speak least for their cultivar


def wines() -> tuple[np.ndarray, np.ndarray]:
    """Measurements, float32 (178, 13), and cultivars from 0, int (178,)."""
    with open_wheel(SOURCE) as wheel:
        text = wheel.read(MEMBER).decode("ascii").splitlines()[1:]
    rows = np.loadtxt(text, delimiter=",")
    return rows[:, :-1].astype(np.float32), rows[:, -1].astype(int)


def build(seen: np.ndarray) -> Model:
    """The network, untrained but for the normalisation."""
    wine = Input((len(FEATURES),), name="wine")
    normalise = layers.Normalization(name="normalise")
    normalise.adapt(seen)
    x = normalise(wine)
    for number, units in enumerate((16, 8), start=1):
        weak = keras.regularizers.L2(1e-3)
        x = layers.Dense(units, kernel_regularizer=weak, name=f"dense{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.Dense(3, name="logits")(x)
    x = layers.Softmax(name="predictions")(x)
    return Model(wine, x, name="wine")


def main() -> None:
    """Download, train, write."""
    training.seeded(SEED)
    x, cultivars = wines()
    held_out = np.concatenate([np.flatnonzero(cultivars == c)[2::3] for c in range(3)])
    seen = np.setdiff1d(np.arange(len(x)), held_out)
    model = build(x[seen])
    training.fit(model, x[seen], cultivars[seen], epochs=EPOCHS, rate=1e-2)
    found = training.write(model, TARGET, x[held_out], cultivars[held_out])
    order = found[np.arange(len(held_out)), cultivars[held_out]].argsort()
    others = np.random.default_rng(SEED).choice(order[UNSURE:], SAMPLES - UNSURE, replace=False)
    shown = np.sort([*order[:UNSURE], *others])
    with (ASSETS / "samples" / "wine.csv").open("w", encoding="ascii", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(FEATURES)
        table.writerows([[f"{value:g}" for value in row] for row in x[held_out[shown]]])
    for row, index in enumerate(shown, start=1):
        print(f"sample {row}: cultivar {cultivars[held_out[index]] + 1}", found[index].round(3))


if __name__ == "__main__":
    main()
